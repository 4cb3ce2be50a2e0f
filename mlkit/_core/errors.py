"""Exceptions and warnings, and classes that are also scikit-learn's when it is loaded."""

import sys
from functools import cache


class InvalidParameterError(ValueError, TypeError):
    """A parameter's value lies outside its domain."""


class NotFittedError(ValueError, AttributeError):
    """An estimator was used before ``fit``."""


class UnsetMetadataPassedError(ValueError):
    """Metadata was passed to a method of which nobody said whether it wants it.

    Parameters
    ----------
    message : str
    unrequested_params : dict
        The metadata for which no request is set.
    routed_params : dict
        The metadata that could be routed.
    """

    def __init__(self, *, message, unrequested_params, routed_params):
        ValueError.__init__(self, message)  # next in line may be scikit-learn's, by keyword
        self.unrequested_params = unrequested_params
        self.routed_params = routed_params


class ConvergenceWarning(UserWarning):
    """An iteration stopped before it reached the wanted accuracy."""


class DataConversionWarning(UserWarning):
    """Data was converted to another type or shape, implicitly."""


class DataDimensionalityWarning(UserWarning):
    """The number of columns looks doubtful for what was asked."""


class EfficiencyWarning(UserWarning):
    """The computation is correct but slower than it need be."""


class FitFailedWarning(RuntimeWarning):
    """A fit on one fold or candidate failed; its score is ``error_score``."""


class SkipTestWarning(UserWarning):
    """A check of an estimator was skipped."""


class UndefinedMetricWarning(UserWarning):
    """A metric is not defined for the given data."""


class PositiveSpectrumWarning(UserWarning):
    """The eigenvalues of a matrix that should be positive semi-definite are not."""


class EstimatorCheckFailedWarning(UserWarning):
    """A check of an estimator failed.

    Parameters
    ----------
    estimator : estimator object
    check_name : str
    exception : Exception
    status : {"failed", "xfail", "skipped"}
    expected_to_fail : bool
    expected_to_fail_reason : str or None
    """

    def __init__(
        self, *, estimator, check_name, exception, status, expected_to_fail, expected_to_fail_reason
    ):
        UserWarning.__init__(self, f"{estimator!r}: {check_name} {status}: {exception!r}")
        self.estimator = estimator
        self.check_name = check_name
        self.exception = exception
        self.status = status
        self.expected_to_fail = expected_to_fail
        self.expected_to_fail_reason = expected_to_fail_reason


@cache
def _join(ours, theirs):
    body = {"__doc__": ours.__doc__, "__module__": ours.__module__, "__reduce__": _reduce}
    return type(ours.__name__, (ours, theirs), body)


def _reduce(error):
    """Pickle an instance of a twin, which no module holds, by the class that is ours."""
    ours = type(error).__mro__[1]
    return _rebuild, (ours, error.args, dict(vars(error)))


def _rebuild(ours, args, state):
    cls = twin(ours)
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


def twin(cls):
    """Return `cls`, or, once scikit-learn is loaded, a subclass of both its and our `cls`.

    Code that catches or filters either class then sees what mlkit raises.
    """
    theirs = sys.modules.get("sklearn.exceptions")
    theirs = getattr(theirs, cls.__name__, None)
    return cls if theirs is None else _join(cls, theirs)


def import_optional(module, extra, purpose):
    """Import an optional third-party module, or say how to install it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ImportError(
            f"{purpose} needs {package}, which is not installed: pip install 'mlkit[{extra}]'"
        ) from error
