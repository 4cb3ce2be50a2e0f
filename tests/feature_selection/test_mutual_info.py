"""Mutual information: known values, scikit-learn's estimates, and what must not change it."""

import numpy as np
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from mlkit.feature_selection import mutual_info_classif, mutual_info_regression


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_wine])
@pytest.mark.parametrize(
    "options", [{}, {"n_neighbors": 7}, {"discrete_features": True}, {"discrete_features": [0, 2]}]
)
def test_classes_as_scikit_learn(load, options):
    X, y = load(return_X_y=True)
    found = mutual_info_classif(X, y, random_state=1, **options)
    assert_allclose(
        found, reference.mutual_info_classif(X, y, random_state=1, **options), atol=1e-10
    )


@pytest.mark.parametrize("options", [{}, {"n_neighbors": 7}, {"discrete_features": [1]}])
def test_numbers_as_scikit_learn(options):
    X, y = load_diabetes(return_X_y=True)
    found = mutual_info_regression(X, y, random_state=1, **options)
    expected = reference.mutual_info_regression(X, y, random_state=1, **options)
    assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9])
def test_of_a_gaussian_pair(rho):
    """−½ log(1 − ρ²)."""
    X = np.random.RandomState(0).multivariate_normal([0, 0], [[1, rho], [rho, 1]], 20000)
    found = mutual_info_regression(X[:, :1], X[:, 1] * 5 + 3, random_state=0)
    assert_allclose(found, [-0.5 * np.log(1 - rho**2)], atol=0.02)


def test_of_parted_classes():
    """What tells the class tells log(number of classes)."""
    rng = np.random.RandomState(0)
    y = rng.randint(0, 4, 20000)
    X = np.column_stack([y * 10 + rng.rand(20000), rng.rand(20000), y])
    found = mutual_info_classif(X, y, discrete_features=[2], random_state=0)
    assert_allclose(found, [np.log(4), 0, np.log(4)], atol=0.02)


def test_of_a_table_by_definition():
    X, y = load_digits(return_X_y=True)
    x = X[:, 20]
    p = np.array([[((x == a) & (y == b)).mean() for b in range(10)] for a in np.unique(x)])
    expected = (p * np.log(p / p.sum(0) / p.sum(1, keepdims=True), where=p > 0, out=0 * p)).sum()
    found = mutual_info_classif(X, y, discrete_features=True)[20]
    assert_allclose(found, expected, rtol=1e-12)
    # Names of values do not matter, nor do gaps between them.
    for renamed in (x * 1e9, -x, np.exp(x)):
        again = mutual_info_classif(renamed[:, None], y, discrete_features=True)
        assert_allclose(again, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_array", "coo_array"])
def test_sparse_is_dense(kind):
    X, y = load_digits(return_X_y=True)
    data = getattr(sparse, kind)(X)
    expected = mutual_info_classif(X, y, discrete_features=True)
    assert_allclose(mutual_info_classif(data, y), expected, atol=1e-13)
    data = sparse.csc_array(data)
    data.data[:50] = 0  # stored zeros are zeros
    expected = mutual_info_classif(data.toarray(), y, discrete_features=True)
    assert_allclose(mutual_info_classif(data, y), expected, atol=1e-13)
    target = y + np.random.RandomState(0).rand(len(y))
    expected = mutual_info_regression(X, target, discrete_features=True, random_state=0)
    assert_allclose(
        mutual_info_regression(getattr(sparse, kind)(X), target, random_state=0), expected
    )


def test_each_column_stands_alone():
    X, y = load_breast_cancer(return_X_y=True)
    found = mutual_info_classif(X, y, random_state=0)
    assert_array_equal(mutual_info_classif(X, y, random_state=0, n_jobs=2), found)
    rows = np.random.RandomState(0).permutation(len(y))
    assert_allclose(mutual_info_classif(X[rows], y[rows], random_state=5), found, atol=0.02)
    names = np.array(["benign", "malignant"])[y]
    assert_array_equal(mutual_info_classif(X, names, random_state=0), found)


def test_copy():
    X, y = load_diabetes(return_X_y=True)
    before = X.copy()
    found = mutual_info_regression(X, y, random_state=0)
    assert_array_equal(X, before)
    assert_array_equal(mutual_info_regression(X, y, random_state=0, copy=False), found)
    assert not (before == X).any()


def test_constants_tell_nothing():
    X, y = load_wine(return_X_y=True)
    X[:, 0] = 7.0
    assert mutual_info_classif(X, y, random_state=0)[0] < 0.1
    assert mutual_info_classif(X, y, discrete_features=[0], random_state=0)[0] == 0
    assert mutual_info_classif(X, np.zeros(len(y)), random_state=0).max() < 1e-12


def test_bad_input():
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ValueError, match="can't have continuous features"):
        mutual_info_classif(sparse.csr_array(X), y, discrete_features=False)
    with pytest.raises(ValueError, match="'discrete_features' parameter"):
        mutual_info_classif(X, y, discrete_features="some")
    with pytest.raises(IndexError, match="mask of 2 columns, X has 13"):
        mutual_info_classif(X, y, discrete_features=[True, False])
    with pytest.raises(ValueError, match="n_neighbors"):
        mutual_info_regression(X[:3], X[:3, 0], n_neighbors=3)
    with pytest.raises(ValueError, match="n_neighbors"):
        mutual_info_classif(X, y, n_neighbors=0)
    with pytest.raises(ValueError, match="Unknown label type"):
        mutual_info_classif(X, X[:, 0])
