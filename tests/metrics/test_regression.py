"""Errors of numbers against their definitions, and the constants at which they are least."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

from mlkit._core import scores
from mlkit.metrics import (
    d2_absolute_error_score,
    d2_pinball_score,
    d2_tweedie_score,
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_squared_log_error,
    mean_tweedie_deviance,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
    root_mean_squared_log_error,
)

ERRORS = [
    mean_squared_error,
    root_mean_squared_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_log_error,
    root_mean_squared_log_error,
    mean_pinball_loss,
    median_absolute_error,
]
SHARES = [r2_score, explained_variance_score, d2_pinball_score, d2_absolute_error_score]


@pytest.fixture
def problem(rng):
    y = rng.random((30, 3)) + 0.5
    return y, y + rng.normal(size=y.shape) / 4, rng.integers(0, 4, 30)


def test_by_definition(problem):
    y, p, w = problem
    y, p = y[:, 0], p[:, 0]
    r = y - p
    expected = {
        mean_squared_error: np.mean(r**2),
        root_mean_squared_error: np.sqrt(np.mean(r**2)),
        mean_absolute_error: np.mean(abs(r)),
        mean_absolute_percentage_error: np.mean(abs(r) / y),
        mean_squared_log_error: np.mean(np.log((1 + y) / (1 + p)) ** 2),
        median_absolute_error: np.median(abs(r)),
        max_error: abs(r).max(),
        r2_score: 1 - np.sum(r**2) / np.sum((y - y.mean()) ** 2),
        explained_variance_score: 1 - r.var() / y.var(),
        d2_absolute_error_score: 1 - np.sum(abs(r)) / np.sum(abs(y - np.median(y))),
    }
    for function, value in expected.items():
        assert_allclose(function(y, p), value, err_msg=function.__name__)
    pinball = np.mean(np.where(r > 0, 0.3 * r, -0.7 * r))
    assert_allclose(mean_pinball_loss(y, p, alpha=0.3), pinball)
    centre = np.average(y, weights=w)
    share = 1 - np.sum(w * r**2) / np.sum(w * (y - centre) ** 2)
    assert_allclose(r2_score(y, p, sample_weight=w), share)


@pytest.mark.parametrize("function", ERRORS + SHARES)
def test_outputs_weights_and_rows(problem, function):
    y, p, weight = problem
    if function is median_absolute_error:
        weight[np.argmax(weight)] += 1 - weight.sum() % 2  # odd: no tie of two middle rows
    each = [function(y[:, k], p[:, k]) for k in range(3)]
    assert_allclose(function(y, p, multioutput="raw_values"), each)
    assert_allclose(function(y, p), np.mean(each))
    mixed = function(y, p, multioutput=[1, 2, 5])
    assert_allclose(mixed, np.average(each, weights=[1, 2, 5]))
    again = np.repeat(y, weight, axis=0), np.repeat(p, weight, axis=0)
    assert_allclose(function(y, p, sample_weight=weight), function(*again))
    assert isinstance(function(y[:, 0], p[:, :1]), float)
    low = function(y.astype(np.float32), p.astype(np.float32))
    assert_allclose(low, function(y, p), rtol=1e-5)


def test_outputs_weighted_by_variance(problem):
    y, p, _ = problem
    for function in (r2_score, explained_variance_score):
        each = function(y, p, multioutput="raw_values")
        found = function(y, p, multioutput="variance_weighted")
        assert_allclose(found, np.average(each, weights=y.var(axis=0)))


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.75])
def test_pinball_is_least_at_the_quantile(rng, alpha):
    y = rng.normal(size=101)
    best = min(y, key=lambda c: mean_pinball_loss(y, np.full(101, c), alpha=alpha))
    assert_allclose(best, np.quantile(y, alpha), atol=0.1)
    assert_allclose(d2_pinball_score(y, np.full(101, best), alpha=alpha), 0, atol=1e-12)


@pytest.mark.parametrize("power", [-1.5, 0, 1, 1.3, 2, 2.5, 3])
def test_deviance_is_the_integral_of_its_variance_function(rng, power):
    """d(y, m) = 2 ∫ₘʸ (y − t) / t^p dt."""
    y, m = rng.random(8) + 0.5, rng.random(8) + 0.5
    integral = [
        2 * quad(lambda t, a=a: (a - t) / t**power, b, a)[0] for a, b in zip(y, m, strict=True)
    ]
    assert_allclose(mean_tweedie_deviance(y, m, power=power), np.mean(integral), rtol=1e-7)
    weight = rng.integers(0, 3, 8)
    again = np.repeat(y, weight), np.repeat(m, weight)
    weighted = mean_tweedie_deviance(y, m, power=power, sample_weight=weight)
    assert_allclose(weighted, mean_tweedie_deviance(*again, power=power))
    assert mean_tweedie_deviance(y, y, power=power) < 1e-14
    at_mean = d2_tweedie_score(y, np.full(8, y.mean()), power=power)
    assert_allclose(at_mean, 0, atol=1e-12)


def test_deviances_by_name(rng):
    y, m = rng.integers(0, 3, 20), rng.random(20) + 0.1
    assert mean_poisson_deviance(y, m) == mean_tweedie_deviance(y, m, power=1)
    assert mean_gamma_deviance(y + 1, m) == mean_tweedie_deviance(y + 1, m, power=2)
    assert_allclose(mean_tweedie_deviance(y, m), mean_squared_error(y, m))
    assert_allclose(d2_tweedie_score(y, m), r2_score(y, m))


def test_constant_targets(problem):
    for function in (r2_score, explained_variance_score):
        assert function([2.0, 2.0], [2.0, 2.0]) == 1
        assert function([2.0, 2.0], [1.0, 3.0]) == 0
        assert np.isnan(function([2.0, 2.0], [2.0, 2.0], force_finite=False))
        assert function([2.0, 2.0], [1.0, 3.0], force_finite=False) == -np.inf
    assert d2_tweedie_score([2.0, 2.0], [2.0, 2.0]) == 1
    assert d2_tweedie_score([2.0, 2.0], [1.0, 2.0]) == 0
    for function in (r2_score, d2_pinball_score, d2_tweedie_score):
        with pytest.warns(UserWarning, match="fewer than two rows"):
            assert np.isnan(function([1.0], [2.0]))


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: mean_squared_error([1, 2], [1, 2, 3]), "as many rows"),
        (lambda: mean_squared_error([], []), "one row"),
        (lambda: mean_squared_error([[1, 2]], [[1, 2, 3]]), "outputs"),
        (lambda: mean_squared_error([1, np.inf], [1, 2]), "infinity"),
        (lambda: mean_squared_error([1, 2], [1, np.nan]), "NaN"),
        (lambda: mean_squared_error(["a", "b"], [1, 2]), "a"),
        (lambda: mean_squared_error([1, 2], [1, 2], multioutput="mean"), "multioutput"),
        (lambda: mean_squared_error([1, 2], [1, 2], multioutput=[1, 2]), "one output"),
        (lambda: mean_squared_error([[1, 2]], [[1, 2]], multioutput=[1]), "outputs"),
        (lambda: mean_squared_log_error([-1, 2], [1, 2]), "greater than -1"),
        (lambda: max_error([[1, 2]], [[1, 2]]), "one output"),
        (lambda: mean_poisson_deviance([-1, 1], [1, 1]), "at least 0"),
        (lambda: mean_poisson_deviance([1, 1], [0, 1]), "positive y_pred"),
        (lambda: mean_gamma_deviance([0, 1], [1, 1]), "positive y_true"),
        (lambda: mean_tweedie_deviance([0, 1], [1, 1], power=0.5), "power"),
        (lambda: mean_pinball_loss([0, 1], [1, 1], alpha=1.5), "alpha"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_scores_of_estimators_are_these_metrics(problem, rng):
    y, p, weight = problem
    assert_allclose(scores.r2(y, p, weight), r2_score(y, p, sample_weight=weight))
    assert_allclose(scores.r2(y[:, 0], p[:, :1]), r2_score(y[:, 0], p[:, 0]))
    with pytest.raises(ValueError, match="shapes"):
        scores.r2(y, p[:, :2])
    a, b = rng.integers(0, 2, (20, 2)), rng.integers(0, 2, (20, 2))
    assert scores.accuracy(a, b) == (a == b).all(axis=1).mean()
    assert scores.accuracy([["x"], ["y"]], ["x", "x"]) == 0.5
    with pytest.raises(ValueError, match="words"):
        scores.accuracy(["x"], [1])
    with pytest.raises(ValueError, match="one row"):
        scores.accuracy([], [])
    with pytest.raises(ValueError, match="one weight a row"):
        scores.accuracy([1, 2], [1, 2], np.ones(3))
