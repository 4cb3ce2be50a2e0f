"""Isotonic regression: optimality, scikit-learn's fits, and the edges."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats
import sklearn.isotonic as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.base import clone
from mlkit.datasets import load_diabetes
from mlkit.exceptions import NotFittedError
from mlkit.isotonic import IsotonicRegression, check_increasing, isotonic_regression
from mlkit.isotonic import _rank_correlation as rank_correlation


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X[:, 2], y


@pytest.mark.parametrize("increasing", [True, False, "auto"])
@pytest.mark.parametrize("bounds", [(None, None), (100, None), (120.0, 180.0)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_as_scikit_learn(diabetes, increasing, bounds, weighted, dtype):
    x, y = (part.astype(dtype) for part in diabetes)
    weight = np.random.RandomState(0).randint(0, 4, len(y)) if weighted else None
    options = {"increasing": increasing, "y_min": bounds[0], "y_max": bounds[1]}
    ours = IsotonicRegression(**options).fit(x, y, weight)
    theirs = reference.IsotonicRegression(**options).fit(x, y, weight)
    tolerance = {"rtol": 1e-10 if dtype == "f8" else 1e-6}
    for name in ("X_thresholds_", "y_thresholds_", "X_min_", "X_max_"):
        assert_allclose(getattr(ours, name), getattr(theirs, name), **tolerance)
        assert getattr(ours, name).dtype == dtype
    t = np.linspace(-0.2, 0.2, 333).astype(dtype)
    assert_allclose(ours.predict(t), theirs.predict(t), **tolerance)
    assert ours.predict(t).dtype == theirs.predict(t).dtype == dtype
    assert ours.increasing_ == theirs.increasing_


def test_small_samples_with_ties_as_scikit_learn():
    rng = np.random.RandomState(0)
    for _ in range(200):
        n = rng.randint(1, 12)
        x, y = rng.randint(0, 6, n) / 10, rng.randint(0, 5, n) * 1.0
        weight = rng.randint(0, 3, n)
        weight[0] = 1
        options = {"out_of_bounds": "clip", "increasing": bool(rng.randint(2))}
        t = rng.rand(10)
        assert_allclose(
            IsotonicRegression(**options).fit(x, y, weight).predict(t),
            reference.IsotonicRegression(**options).fit(x, y, weight).predict(t),
            atol=1e-12,
        )


def test_no_monotonic_change_is_better(diabetes):
    """At the optimum Σ w (y − z) d ≤ 0 for each direction d that keeps z monotonic."""
    y, weight = diabetes[1], np.random.RandomState(0).rand(442) + 0.1
    z = isotonic_regression(y, sample_weight=weight)
    assert (np.diff(z) >= 0).all()
    residual = weight * (y - z)
    tails = np.cumsum(residual[::-1])[::-1]  # directions (0, …, 0, 1, …, 1)
    assert tails[0] == pytest.approx(0, abs=1e-9)
    assert (tails <= 1e-9).all()
    assert residual @ z == pytest.approx(0, abs=1e-6)


def test_weight_two_is_a_row_twice(diabetes):
    x, y = diabetes
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    twice = IsotonicRegression().fit(np.repeat(x, weight), np.repeat(y, weight))
    weighted = IsotonicRegression().fit(x, y, weight)
    assert_allclose(weighted.y_thresholds_, twice.y_thresholds_, rtol=1e-12)
    assert_array_equal(weighted.X_thresholds_, twice.X_thresholds_)


def test_row_order_changes_nothing(diabetes):
    x, y = diabetes
    rows = np.random.RandomState(0).permutation(len(y))
    found = IsotonicRegression().fit(x[rows], y[rows])
    expected = IsotonicRegression().fit(x, y)
    assert_allclose(found.y_thresholds_, expected.y_thresholds_, rtol=1e-12)


def test_out_of_bounds():
    x, y = [2.0, 1.0, 3.0], [2.0, 1.0, 5.0]
    t = [0.0, 1.0, 2.5, 3.0, 4.0]
    found = IsotonicRegression().fit(x, y).predict(t)
    assert_array_equal(found, [np.nan, 1, 3.5, 5, np.nan])
    found = IsotonicRegression(out_of_bounds="clip").fit(x, y).predict(t)
    assert_array_equal(found, [1, 1, 3.5, 5, 5])
    model = IsotonicRegression(out_of_bounds="raise").fit(x, y)
    assert_array_equal(model.predict(t[1:4]), [1, 3.5, 5])
    with pytest.raises(ValueError, match=r"outside the range seen in fit, \[1.0, 3.0\]"):
        model.predict(t)
    assert_array_equal(IsotonicRegression().fit([1.0, 1.0], [1, 3]).predict([1.0, 7.0]), [2, 2])


def test_shapes(diabetes):
    x, y = diabetes
    model = IsotonicRegression().fit(x[:, None], y)
    assert_array_equal(model.predict(x[:, None]), model.transform(x))
    assert_array_equal(model.f_(x), model.predict(x))
    for bad in (np.ones((3, 2)), np.ones((3, 1, 1)), 1.0):
        with pytest.raises((ValueError, TypeError)):
            model.predict(bad)
    with pytest.raises(ValueError, match="2d array with 1 feature"):
        IsotonicRegression().fit(np.ones((3, 2)), [1, 2, 3])
    assert_array_equal(model.get_feature_names_out(), ["isotonicregression0"])
    frame = IsotonicRegression().set_output(transform="pandas").fit_transform(x, y)
    assert list(frame.columns) == ["isotonicregression0"]


def test_state(diabetes):
    model = IsotonicRegression(out_of_bounds="clip").fit(*diabetes)
    t = np.linspace(-1, 1, 50)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(t), model.predict(t))
    with pytest.raises(NotFittedError):
        clone(model).predict(t)
    pickle.loads(pickle.dumps(clone(model)))


def test_rank_correlation():
    rng = np.random.RandomState(0)
    for _ in range(50):
        x, y = rng.randint(0, 9, 20), rng.randint(0, 9, 20)
        assert rank_correlation(x, y) == pytest.approx(scipy.stats.spearmanr(x, y).statistic)


def test_check_increasing():
    x = np.arange(10)
    assert check_increasing(x, np.exp(x)) and not check_increasing(x, -(x**3))
    assert not check_increasing(x, np.zeros(10))
    with pytest.warns(UserWarning, match="interval.* spans zero"):
        check_increasing(x, [3, 1, 2, 1, 3, 2, 1, 3, 2, 2])


def test_bad_input(diabetes):
    x, y = diabetes
    with pytest.raises(ValueError, match="must be above 0"):
        isotonic_regression(y, sample_weight=np.zeros(len(y)) + (x > 0))
    with pytest.raises(ValueError, match="zero"):
        IsotonicRegression().fit(x, y, np.zeros(len(y)))
    with pytest.raises(ValueError, match="inconsistent"):
        IsotonicRegression().fit(x, y[:-1])
    with pytest.raises(ValueError, match="NaN"):
        IsotonicRegression().fit(np.where(x > 0, np.nan, x), y)
    with pytest.raises(ValueError, match="NaN"):
        IsotonicRegression().fit(x, y).predict([np.nan])
    with pytest.raises(ValueError, match="'out_of_bounds' parameter"):
        IsotonicRegression(out_of_bounds="zero").fit(x, y)
    with pytest.raises(ValueError, match="1d array"):
        isotonic_regression([[1.0, 2.0]])


def test_no_heavy_import():
    code = "import sys, mlkit.isotonic; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
