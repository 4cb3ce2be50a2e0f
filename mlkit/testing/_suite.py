"""All checks, in the order in which they run, and those that an estimator gets."""

from . import (
    checks_api,
    checks_classifier,
    checks_cluster,
    checks_data,
    checks_fit,
    checks_frames,
    checks_regressor,
    checks_transformer,
    checks_weights,
)
from ._subject import Subject, applies

# The interface comes first: what is wrong there makes the rest fail for no reason of its own.
_INTERFACE = (checks_api,)
_BEHAVIOUR = (
    checks_fit,
    checks_data,
    checks_frames,
    checks_weights,
    checks_classifier,
    checks_regressor,
    checks_transformer,
    checks_cluster,
)


def all_checks(*, legacy=True):
    """Every check, whatever it applies to.

    Parameters
    ----------
    legacy : bool, default=True
        With False only those of the programming interface.

    Returns
    -------
    list of callables ``check(name, estimator)``

    Examples
    --------
    >>> from mlkit.testing import all_checks
    >>> [check.__name__ for check in all_checks()][0]
    'check_constructor_names_its_parameters'
    """
    modules = _INTERFACE + (_BEHAVIOUR if legacy else ())
    return [
        value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("check_") and value.__module__ == module.__name__
    ]


def checks_of(estimator, *, legacy=True):
    """The checks that apply to an estimator."""
    subject = Subject(type(estimator).__name__, estimator)
    return [each for each in all_checks(legacy=legacy) if applies(each, subject)]
