"""Running the checks: results, marks, warnings and callbacks, as scikit-learn's functions do."""

import functools
import inspect
import unittest

import pytest
import sklearn.exceptions
from sklearn.utils import estimator_checks as theirs

from mlkit.exceptions import EstimatorCheckFailedWarning, SkipTestWarning
from mlkit.preprocessing import LabelEncoder
from mlkit.utils.estimator_checks import (
    check_estimator,
    estimator_checks_generator,
    parametrize_with_checks,
)

from .broken_data import NoLists
from .toys import Nearest, Spread

NAME = "check_lists"
EXPECTED = {NAME: "lists are strange"}


@pytest.mark.parametrize(
    "function", [check_estimator, estimator_checks_generator, parametrize_with_checks]
)
def test_signatures_are_those_of_scikit_learn(function):
    def shape(signature):
        return [(p.name, p.kind, p.default) for p in signature.parameters.values()]

    other = getattr(theirs, function.__name__)
    assert shape(inspect.signature(function)) == shape(inspect.signature(other))


def test_results():
    results = check_estimator(NoLists(), on_fail=None)
    keys = {"estimator", "check_name", "exception", "status", "expected_to_fail"}
    assert all(set(each) == {*keys, "expected_to_fail_reason"} for each in results)
    assert {each["check_name"] for each in results if each["status"] == "failed"} == {NAME}
    for each in results:
        assert (each["exception"] is None) == (each["status"] == "passed")
        assert not each["expected_to_fail"]


def test_the_first_failure_is_raised():
    with pytest.raises(AssertionError, match="lists give the results of arrays"):
        check_estimator(NoLists())


def test_failures_warn():
    for category in (EstimatorCheckFailedWarning, sklearn.exceptions.EstimatorCheckFailedWarning):
        with pytest.warns(category, match=NAME) as caught:
            check_estimator(NoLists(), on_fail="warn")
        (warning,) = [each.message for each in caught]
        assert (warning.check_name, warning.status) == (NAME, "failed")


def test_expected_failures():
    results = check_estimator(NoLists(), expected_failed_checks=EXPECTED)
    (result,) = [each for each in results if each["status"] != "passed"]
    assert result["status"] == "xfail" and result["expected_to_fail"]
    assert result["expected_to_fail_reason"] == EXPECTED[NAME]
    (result,) = [
        each
        for each in check_estimator(Nearest(), expected_failed_checks=EXPECTED)
        if each["expected_to_fail"]
    ]
    assert result["status"] == "passed"


def test_callback():
    seen = []
    results = check_estimator(NoLists(), on_fail=None, callback=lambda **each: seen.append(each))
    assert seen == results
    with pytest.raises(ValueError, match="callback"):
        check_estimator(Nearest(), callback=print)


def test_skips(monkeypatch):
    from mlkit.testing import _suite
    from mlkit.testing._subject import check

    @check()
    def check_skipping(subject):
        raise unittest.SkipTest("no reason")

    check_skipping.__module__ = _suite.checks_api.__name__
    monkeypatch.setattr(_suite.checks_api, "check_skipping", check_skipping, raising=False)
    with pytest.warns(SkipTestWarning, match=r"check_skipping.*Spread.*no reason"):
        results = check_estimator(Spread(), legacy=False)
    assert results[-1]["status"] == "skipped"
    check_estimator(Spread(), legacy=False, on_skip=None)


def test_legacy():
    few, many = (check_estimator(Spread(), legacy=legacy) for legacy in (False, True))
    assert 10 < len(few) < len(many)
    assert [r["check_name"] for r in many[: len(few)]] == [r["check_name"] for r in few]


@pytest.mark.parametrize(
    "options",
    [{"legacy": 1}, {"on_fail": "ignore"}, {"on_skip": "raise"}, {"expected_failed_checks": [1]}],
    ids=str,
)
def test_options_are_checked(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        check_estimator(Spread(), **options)


def test_classes_are_refused():
    for run in (check_estimator, lambda cls: parametrize_with_checks([cls])):
        with pytest.raises(TypeError, match=r"pass an instance, Spread\(\)"):
            run(Spread)
    with pytest.raises(TypeError, match="pass an instance"):
        list(estimator_checks_generator(Spread))


def test_what_takes_no_table_has_no_checks():
    with pytest.warns(SkipTestWarning, match="LabelEncoder"):
        assert check_estimator(LabelEncoder()) == []


def test_generator_yields_partials():
    """Others look up ``check.func.__name__`` to choose checks."""
    for estimator, check in estimator_checks_generator(Spread(), legacy=False):
        assert isinstance(check, functools.partial) and check.func.__name__.startswith("check_")
        assert check.func.__doc__.strip().endswith(".")
        check(estimator)


def test_marks():
    def of(mark, **options):
        pairs = estimator_checks_generator(
            NoLists(), mark=mark, expected_failed_checks=EXPECTED, **options
        )
        return [each for each in pairs if NAME in str(each)]

    ((estimator, check),) = of(None)
    with pytest.raises(AssertionError):
        check(estimator)
    marked = of("xfail", xfail_strict=True)[0].marks[0]
    assert marked.kwargs == {"reason": EXPECTED[NAME], "strict": True}
    assert "strict" not in of("xfail")[0].marks[0].kwargs
    skipping = [
        check
        for _, check in estimator_checks_generator(
            NoLists(), mark="skip", expected_failed_checks=EXPECTED
        )
        if not isinstance(check, functools.partial)
    ]
    assert len(skipping) == 1
    with pytest.raises(unittest.SkipTest, match=EXPECTED[NAME]):
        skipping[0](NoLists())


@parametrize_with_checks([Spread(), Nearest()], legacy=False)
def test_parametrized(estimator, check):
    check(estimator)


@parametrize_with_checks([NoLists()], expected_failed_checks=lambda each: EXPECTED)
def test_parametrized_with_expected_failures(estimator, check, request):
    if "check_lists" in request.node.name:
        assert "NoLists()" in request.node.name
        assert request.node.get_closest_marker("xfail")
    check(estimator)
