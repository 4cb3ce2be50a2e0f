"""Run the checks: at once, one by one, or as tests of pytest."""

import functools
import re
import unittest
import warnings

from .._core.domains import boolean, callable_, mapping, none, one_of
from .._core.errors import EstimatorCheckFailedWarning, SkipTestWarning, twin
from .._core.params import checked
from .._core.tags import get_tags
from ._suite import checks_of


def _refuse_classes(*estimators):
    for each in estimators:
        if isinstance(each, type):
            raise TypeError(f"{each.__name__} is a class: pass an instance, {each.__name__}()")


def _name(check):
    return check.func.__name__ if isinstance(check, functools.partial) else check.__name__


def _skipped(check, reason):
    """A check that skips itself."""

    @functools.wraps(check.func)
    def skip(estimator):
        raise unittest.SkipTest(f"{_name(check)} is expected to fail: {reason}")

    return skip


def _marked(estimator, check, expected, mark, xfail_strict):
    reason = (expected or {}).get(_name(check))
    if reason is None or mark is None:
        return estimator, check
    if mark == "skip":
        return estimator, _skipped(check, reason)
    import pytest

    strict = {} if xfail_strict is None else {"strict": xfail_strict}
    return pytest.param(estimator, check, marks=pytest.mark.xfail(reason=reason, **strict))


def estimator_checks_generator(
    estimator, *, legacy=True, expected_failed_checks=None, mark=None, xfail_strict=None
):
    """Yield the checks that apply to an estimator, each with the estimator.

    Parameters
    ----------
    estimator : estimator object
    legacy : bool, default=True
        With False only the checks of the programming interface, which fit next to nothing.
    expected_failed_checks : dict of str to str, default=None
        Reasons by names of checks that are expected to fail.
    mark : {"xfail", "skip"} or None, default=None
        How checks that are expected to fail are marked: for pytest, or as checks that raise
        ``unittest.SkipTest``.
    xfail_strict : bool, default=None
        With ``mark="xfail"``: whether a check that passes unexpectedly is a failure. None leaves
        that to pytest's configuration.

    Yields
    ------
    estimator, check : estimator object, callable
        ``check(estimator)`` returns None or raises; ``pytest.param`` where marked for pytest.

    Warns
    -----
    SkipTestWarning
        If the estimator takes no 2-D arrays, which all checks are made of, or its tags ask to be
        left out: then nothing is yielded.

    Examples
    --------
    >>> from mlkit.dummy import DummyRegressor
    >>> from mlkit.utils.estimator_checks import estimator_checks_generator
    >>> for estimator, check in estimator_checks_generator(DummyRegressor(), legacy=False):
    ...     check(estimator)
    """
    _refuse_classes(estimator)
    name = type(estimator).__name__
    tags = get_tags(estimator)
    if not tags.input_tags.two_d_array or tags._skip_test:
        why = "takes no 2-D arrays" if not tags._skip_test else "asks to be left out by its tags"
        warnings.warn(f"no checks for {name}: it {why}", twin(SkipTestWarning), stacklevel=2)
        return
    for each in checks_of(estimator, legacy=legacy):
        check = functools.partial(each, name)
        yield _marked(estimator, check, expected_failed_checks, mark, xfail_strict)


def _identify(value):
    """The id of a test for pytest: the estimator without blanks, or the name of the check."""
    if isinstance(value, functools.partial) or hasattr(value, "__wrapped__"):
        return _name(value)
    return re.sub(r"\s", "", repr(value)) if hasattr(value, "get_params") else None


def parametrize_with_checks(
    estimators, *, legacy=True, expected_failed_checks=None, xfail_strict=None
):
    """Decorate a test function so that pytest runs it for every check of every estimator.

    Parameters
    ----------
    estimators : list of estimator objects
    legacy : bool, default=True
        With False only the checks of the programming interface.
    expected_failed_checks : callable, default=None
        Takes an estimator and returns reasons by names of checks that are expected to fail.
    xfail_strict : bool, default=None
        Whether such a check that passes is a failure; None leaves it to pytest's configuration.

    Returns
    -------
    decorator
        ``pytest.mark.parametrize`` of the arguments `estimator` and `check`.

    Raises
    ------
    TypeError
        If one of `estimators` is a class.

    Examples
    --------
    >>> from mlkit.linear_model import LogisticRegression, Ridge
    >>> from mlkit.utils.estimator_checks import parametrize_with_checks
    >>> @parametrize_with_checks([Ridge(), LogisticRegression()])
    ... def test_contract(estimator, check):
    ...     check(estimator)
    """
    import pytest

    _refuse_classes(*estimators)
    pairs = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if callable(expected_failed_checks) else None
        pairs += estimator_checks_generator(
            estimator,
            legacy=legacy,
            expected_failed_checks=expected,
            mark="xfail",
            xfail_strict=xfail_strict,
        )
    return pytest.mark.parametrize("estimator, check", pairs, ids=_identify)


@checked(
    legacy=boolean,
    expected_failed_checks=mapping | none,
    on_skip=one_of("warn") | none,
    on_fail=one_of("raise", "warn") | none,
    callback=callable_ | none,
)
def check_estimator(
    estimator=None,
    *,
    legacy=True,
    expected_failed_checks=None,
    on_skip="warn",
    on_fail="raise",
    callback=None,
):
    """Check that an estimator keeps the contract: interface, input, weights, its role.

    Parameters
    ----------
    estimator : estimator object
        Any that follows scikit-learn's conventions. It is not fitted: checks work on clones.
    legacy : bool, default=True
        With False only the checks of the programming interface.
    expected_failed_checks : dict of str to str, default=None
        Reasons by names of checks that are expected to fail: they count as "xfail".
    on_skip : {"warn"} or None, default="warn"
        Whether a check that is skipped, for want of a package, warns.
    on_fail : {"raise", "warn"} or None, default="raise"
        Raise what the first failing check raises, warn at each, or only report.
    callback : callable, default=None
        Called after each check with the entries of its result as keywords. Not with
        ``on_fail="raise"``.

    Returns
    -------
    list of dict
        One a check: ``estimator``, ``check_name``, ``exception``, ``status`` ("passed", "failed",
        "xfail" or "skipped"), ``expected_to_fail`` and ``expected_to_fail_reason``.

    Raises
    ------
    TypeError
        If `estimator` is a class.
    ValueError
        If `callback` is given with ``on_fail="raise"``.
    Exception
        What the first failing check raises, if ``on_fail="raise"``.

    Warns
    -----
    SkipTestWarning, EstimatorCheckFailedWarning
        As `on_skip` and `on_fail` say.

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.utils.estimator_checks import check_estimator
    >>> {result["status"] for result in check_estimator(Ridge(), on_skip=None)}
    {'passed'}
    """
    _refuse_classes(estimator)
    if on_fail == "raise" and callback is not None:
        raise ValueError('check_estimator: callback needs on_fail="warn" or None, not "raise"')
    results = []
    for each, check in estimator_checks_generator(estimator, legacy=legacy):
        result = _result(each, check, expected_failed_checks or {})
        if result["status"] == "failed" and on_fail == "raise":
            raise result["exception"]
        _announce(result, on_skip, on_fail)
        results.append(result)
        if callback is not None:
            callback(**result)
    return results


def _result(estimator, check, expected):
    """Run one check; report it as a dict."""
    name = _name(check)
    status, exception = "passed", None
    try:
        check(estimator)
    except unittest.SkipTest as error:
        status, exception = "skipped", error
    except Exception as error:
        status, exception = "xfail" if name in expected else "failed", error
    return {
        "estimator": estimator,
        "check_name": name,
        "exception": exception,
        "status": status,
        "expected_to_fail": name in expected,
        "expected_to_fail_reason": expected.get(name, "no failure is expected"),
    }


def _announce(result, on_skip, on_fail):
    if result["status"] == "skipped" and on_skip == "warn":
        who = type(result["estimator"]).__name__
        warnings.warn(
            f"{result['check_name']} is skipped for {who}: {result['exception']}",
            twin(SkipTestWarning),
            stacklevel=3,
        )
    if result["status"] in ("failed", "xfail") and on_fail == "warn":
        warnings.warn(twin(EstimatorCheckFailedWarning)(**result), stacklevel=3)
