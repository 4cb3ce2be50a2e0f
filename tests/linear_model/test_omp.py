"""Orthogonal matching pursuit."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.linear_model import (
    LinearRegression,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    orthogonal_mp,
    orthogonal_mp_gram,
)
from mlkit.model_selection import KFold


def problem(n=25, p=35, n_targets=3, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, p)
    X /= np.linalg.norm(X, axis=0)
    return X, X[:, :5] @ rng.randn(5, n_targets) + 0.05 * rng.randn(n, n_targets)


def greedy(X, y, n_chosen):
    """The definition, by least squares at each step."""
    chosen, coef = [], np.zeros(X.shape[1])
    for _ in range(n_chosen):
        chosen.append(int(np.abs(X.T @ (y - X @ coef)).argmax()))
        coef = np.zeros(X.shape[1])
        coef[chosen] = np.linalg.lstsq(X[:, chosen], y, rcond=None)[0]
    return coef


@pytest.mark.parametrize("precompute", [False, True, "auto"])
@pytest.mark.parametrize("shape", [(25, 35), (50, 20)])
def test_each_step_takes_the_best_column(precompute, shape):
    X, Y = problem(*shape)
    coef, counts = orthogonal_mp(X, Y, n_nonzero_coefs=6, precompute=precompute, return_n_iter=True)
    path = orthogonal_mp(X, Y, n_nonzero_coefs=6, precompute=precompute, return_path=True)
    assert path.shape == (shape[1], 3, 6) and counts == [6, 6, 6]
    for k in range(3):
        assert_allclose(coef[:, k], greedy(X, Y[:, k], 6), atol=1e-10)
        for step in range(6):
            assert_allclose(path[:, k, step], greedy(X, Y[:, k], step + 1), atol=1e-10)
    assert_allclose(orthogonal_mp(X, Y[:, 0], n_nonzero_coefs=6), coef[:, 0], atol=1e-10)


@pytest.mark.parametrize("precompute", [False, True])
def test_columns_are_taken_until_the_error_is_small(precompute):
    X, Y = problem()
    tol = 0.05
    coef, counts = orthogonal_mp(X, Y, tol=tol, precompute=precompute, return_n_iter=True)
    for k in range(3):
        error = ((Y[:, k] - X @ coef[:, k]) ** 2).sum()
        before = ((Y[:, k] - X @ greedy(X, Y[:, k], counts[k] - 1)) ** 2).sum()
        assert error <= tol < before
    squares = (Y**2).sum(axis=0)
    known = orthogonal_mp_gram(X.T @ X, X.T @ Y, tol=tol, norms_squared=squares)
    assert_allclose(known, coef, atol=1e-9)


def test_gram_alone_is_enough():
    X, Y = problem()
    coef = orthogonal_mp(X, Y, n_nonzero_coefs=4)
    assert_allclose(orthogonal_mp_gram(X.T @ X, X.T @ Y, n_nonzero_coefs=4), coef, atol=1e-10)
    theirs = sklearn.linear_model.orthogonal_mp(X, Y, n_nonzero_coefs=4)
    assert_allclose(coef, theirs, atol=1e-10)
    single = orthogonal_mp_gram((X.T @ X).astype(np.float32), X.T @ Y, n_nonzero_coefs=4)
    assert single.dtype == np.float32
    assert np.count_nonzero(orthogonal_mp(X, Y[:, 0])) == 3


@pytest.mark.parametrize("precompute", [False, True])
def test_dependent_columns_end_the_pursuit(precompute):
    X = problem()[0]
    X[:, 1] = X[:, 0]
    y = 3 * X[:, 0]
    with pytest.warns(RuntimeWarning, match="linear combinations"):
        coef = orthogonal_mp(X, y, n_nonzero_coefs=3, precompute=precompute)
    assert_allclose(X @ coef, y)
    with pytest.warns(RuntimeWarning):
        assert not orthogonal_mp(X, 0 * y, n_nonzero_coefs=2, precompute=precompute).any()
    with pytest.warns(RuntimeWarning):
        path = orthogonal_mp(X, y, n_nonzero_coefs=3, precompute=precompute, return_path=True)
    assert path.shape[1] >= 1


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("precompute", [False, True])
def test_estimator_is_the_function_on_centred_data(intercept, kind, precompute):
    X, Y = problem(40, 12)
    X, Y = X + 1, Y + 2
    model = OrthogonalMatchingPursuit(
        n_nonzero_coefs=3, fit_intercept=intercept, precompute=precompute
    ).fit(kind(X), Y)
    mean, level = (X.mean(axis=0), Y.mean(axis=0)) if intercept else (0, 0)
    expected = orthogonal_mp(X - mean, Y - level, n_nonzero_coefs=3)
    assert_allclose(model.coef_, expected.T, atol=1e-9)
    assert_allclose(model.intercept_, level - np.dot(mean, expected) if intercept else 0.0)
    assert model.n_nonzero_coefs_ == 3 and model.n_iter_ == [3, 3, 3]
    one = OrthogonalMatchingPursuit(tol=1.0, fit_intercept=intercept).fit(X, Y[:, 0])
    assert one.coef_.shape == (12,) and one.n_nonzero_coefs_ is None
    assert ((Y[:, 0] - one.predict(X)) ** 2).sum() <= 1.0


def test_all_columns_are_least_squares():
    X, Y = problem(40, 6)
    model = OrthogonalMatchingPursuit(n_nonzero_coefs=6).fit(X, Y[:, 0])
    assert_allclose(model.coef_, LinearRegression().fit(X, Y[:, 0]).coef_)


def test_cross_validation_counts_columns():
    X, Y = problem(60, 12, n_targets=1)
    y = Y[:, 0]
    model = OrthogonalMatchingPursuitCV(cv=3, max_iter=8).fit(X, y)
    errors = np.zeros(8)
    for train, test in KFold(3).split(X):
        for k in range(8):
            one = OrthogonalMatchingPursuit(n_nonzero_coefs=k + 1).fit(X[train], y[train])
            errors[k] += ((y[test] - one.predict(X[test])) ** 2).mean()
    assert model.n_nonzero_coefs_ == errors.argmin() + 1 == model.n_iter_
    whole = OrthogonalMatchingPursuit(n_nonzero_coefs=model.n_nonzero_coefs_).fit(X, y)
    assert_array_equal(model.coef_, whole.coef_)
    theirs = sklearn.linear_model.OrthogonalMatchingPursuitCV(cv=3, max_iter=8).fit(X, y)
    assert model.n_nonzero_coefs_ == theirs.n_nonzero_coefs_


def test_bad_input_is_named():
    X, Y = problem()
    with pytest.raises(ValueError, match="more than the 35 columns"):
        orthogonal_mp(X, Y, n_nonzero_coefs=36)
    with pytest.raises(ValueError, match="norms_squared"):
        orthogonal_mp_gram(X.T @ X, X.T @ Y, tol=1.0)
