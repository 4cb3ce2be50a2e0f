"""Scores of columns against SciPy's tests, scikit-learn's figures and their definitions."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import sklearn.feature_selection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._core.errors import InvalidParameterError
from mlkit.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from mlkit.feature_selection import chi2, f_classif, f_oneway, f_regression, r_regression

CLASSES = [load_breast_cancer, load_digits, load_iris, load_wine]


def as_kind(X, kind):
    if kind == "fortran":
        return np.asfortranarray(X)
    return X if kind == "array" else getattr(sparse, kind)(X)


KINDS = ["array", "fortran", "csr_matrix", "csc_array", "coo_array"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("load", CLASSES)
@pytest.mark.parametrize("name", ["chi2", "f_classif"])
@pytest.mark.parametrize("kind", KINDS)
def test_classes_as_scikit_learn(load, name, kind):
    X, y = load(return_X_y=True)
    ours, theirs = globals()[name], getattr(reference, name)
    for found, expected in zip(ours(as_kind(X, kind), y), theirs(X, y), strict=True):
        assert_allclose(found, expected, rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("force_finite", [True, False])
@pytest.mark.filterwarnings("ignore")
def test_regression_as_scikit_learn(kind, center, force_finite):
    X, y = load_diabetes(return_X_y=True)
    X = np.column_stack([X, np.ones(len(X)), y, -y, np.zeros(len(X))])
    X[np.abs(X) < 0.01] = 0
    options = {"center": center, "force_finite": force_finite}
    found, expected = r_regression(as_kind(X, kind), y, **options), reference.r_regression
    # There a constant column has the sign of rounding times infinity, and F of ±1 is all rounding.
    certain = [j for j in range(X.shape[1]) if j != 10 or not center]
    assert_allclose(found[certain], expected(X, y, **options)[certain], rtol=1e-9, atol=1e-13)
    if center:
        assert found[10] == 0 if force_finite else np.isnan(found[10])
    plain = [j for j in certain if j not in (10, 11, 12)]
    for ours, theirs in zip(
        f_regression(as_kind(X, kind), y, **options),
        reference.f_regression(X, y, **options),
        strict=True,
    ):
        assert_allclose(ours[plain], theirs[plain], rtol=1e-9, atol=1e-300)


def test_f_oneway_is_scipys():
    groups = [np.random.RandomState(k).randn(20 + k, 4) + 0.2 * k for k in range(4)]
    for found, expected in zip(f_oneway(*groups), scipy.stats.f_oneway(*groups), strict=True):
        assert_allclose(found, expected, rtol=1e-12)
    for found, expected in zip(
        f_oneway(*(sparse.csc_array(group) for group in groups)), f_oneway(*groups), strict=True
    ):
        assert_allclose(found, expected, rtol=1e-10)


def test_f_oneway_of_vectors_and_integers():
    found = f_oneway([1, 2, 3], [2, 3, 9])
    assert_allclose(np.ravel(found), np.ravel(scipy.stats.f_oneway([1, 2, 3], [2, 3, 9])))
    X = np.random.RandomState(0).randint(0, 9, (10, 3))
    assert_allclose(f_oneway(X[:5], X[5:])[0], f_oneway(X[:5] * 1.0, X[5:] * 1.0)[0])
    with pytest.raises(ValueError, match="2 at least"):
        f_oneway(X)


def test_chi2_is_the_test_of_a_table():
    """Sums of a column by class are one row of a table, as SciPy's goodness of fit takes it."""
    X, y = load_digits(return_X_y=True)
    observed = np.array([X[y == k, 10].sum() for k in range(10)])
    expected = X[:, 10].sum() * np.bincount(y) / len(y)
    statistic, p = scipy.stats.chisquare(observed, expected)
    found = chi2(X, y)
    assert_allclose([found[0][10], found[1][10]], [statistic, p], rtol=1e-10)


def test_chi2_of_labels():
    rng = np.random.RandomState(0)
    X, Y = rng.poisson(2, (50, 4)), rng.randint(0, 2, (50, 3))
    for data in (X, sparse.csr_array(X)):
        for found, expected in zip(chi2(data, Y), reference.chi2(X, Y), strict=True):
            assert_allclose(found, expected, rtol=1e-10)


def test_labels_of_any_kind():
    X, y = load_iris(return_X_y=True)
    names = np.array(["a", "b", "c"])[y]
    for function in (chi2, f_classif):
        for labels in (names, names.astype(object), pd.Series(names), y * 10.0 - 3, list(names)):
            assert_array_equal(function(X, labels)[0], function(X, y)[0])


def test_row_order_and_single_precision():
    X, y = load_breast_cancer(return_X_y=True)
    rows = np.random.RandomState(0).permutation(len(y))
    for function in (chi2, f_classif, f_regression):
        expected = function(X, y)[0]
        assert_allclose(function(X[rows], y[rows])[0], expected, rtol=1e-9)
        assert_allclose(function(X.astype("f4"), y)[0], expected, rtol=1e-4)


def test_a_far_mean_costs_no_digits():
    X, y = load_iris(return_X_y=True)
    assert_allclose(f_classif(X + 1e7, y)[0], f_classif(X, y)[0], rtol=1e-6)
    assert_allclose(r_regression(X + 1e7, y), r_regression(X, y), rtol=1e-7)


def test_columns_that_do_not_vary():
    X, y = load_iris(return_X_y=True)
    X[:, 1] = 0.1
    with pytest.warns(UserWarning, match=r"Features \[1\] are constant"):
        statistic, p = f_classif(X, y)
    assert np.isnan(statistic[1]) and np.isnan(p[1])
    assert np.isfinite(np.delete(statistic, 1)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X[:, 2] = y  # parts the classes without rest
        X[:, 1] = np.arange(150)
        assert f_classif(X, y)[0][2] == np.inf
        X[:, 1] = 0
        assert np.isnan(chi2(X, y)[0][1])
        assert f_regression(X, y)[0][1] == 0 and f_regression(X, y)[1][1] == 1
        assert f_regression(X, y)[0][2] > 1e15 and f_regression(X, y)[1][2] < 1e-300


def test_bad_input():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="must be non-negative"):
        chi2(-X, y)
    with pytest.raises(ValueError, match="must be non-negative"):
        chi2(sparse.csr_array(-X), y)
    with pytest.raises(ValueError, match="one class"):
        f_classif(X, np.zeros(150))
    with pytest.raises(InvalidParameterError, match="'center' parameter of r_regression"):
        r_regression(X, y, center="yes")
    for function in (chi2, f_classif, f_regression):
        with pytest.raises(ValueError, match="y"):
            function(X, None)
        with pytest.raises(ValueError, match="inconsistent"):
            function(X, y[:-1])
        with pytest.raises(ValueError, match="NaN"):
            function(np.where(X > 5, np.nan, X), y)
