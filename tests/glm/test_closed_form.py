"""Least squares: the normal equations, least norm, constraints, and each method against all."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from mlkit._engine.glm.closed_form import SVD, Cholesky, NonNegative
from mlkit._engine.glm.iterative import LSQR, ConjugateGradient
from mlkit._engine.glm.penalties import L2, NoPenalty
from mlkit._engine.glm.problem import Problem, solve
from mlkit._engine.loss.losses import SquaredError

METHODS = [Cholesky(), SVD(), LSQR(tol=1e-12), ConjugateGradient(tol=1e-12)]
SHAPES = [(60, 5), (20, 40)]


def data(n, p, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + rng.normal(size=p) * 3
    X[rng.random((n, p)) < 0.5] = 0.0
    y = rng.normal(size=(n, 3)) + X[:, :1]
    return X, y, rng.integers(1, 4, size=n).astype(float)


def fit(X, y, penalty, method, **options):
    return solve(X, y, Problem(SquaredError(), penalty, method), **options)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("alpha", [0.5, np.array([0.1, 1.0, 10.0])], ids=["one", "per target"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_ridge_solves_the_normal_equations(method, shape, alpha, fit_intercept, form):
    X, y, weight = data(*shape)
    found = fit(form(X), y, L2(alpha), method, weight=weight, fit_intercept=fit_intercept)
    residual = weight[:, None] * (y - X @ found.coef - found.intercept)
    assert_allclose(X.T @ residual, alpha * found.coef, atol=1e-6)
    if fit_intercept:
        assert_allclose(residual.sum(axis=0), 0.0, atol=1e-8)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("method", METHODS[:3], ids=lambda m: type(m).__name__)
def test_unpenalised_solution_has_least_norm(method, shape, weighted, form):
    X, y, weight = data(*shape)
    X = np.c_[X, X[:, 0], X[:, 1] + X[:, 2]]
    weight = weight if weighted else None
    found = fit(form(X), y, NoPenalty(), method, weight=weight)
    root = np.sqrt(np.ones(len(y)) if weight is None else weight)[:, None]
    mean = np.average(X, axis=0, weights=weight)
    expected = np.linalg.pinv(root * (X - mean)) @ (root * (y - np.average(y, 0, weight)))
    assert_allclose(found.coef, expected, atol=1e-6)


def test_cholesky_is_as_exact_as_svd_on_ill_conditioned_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)) * 10.0 ** np.arange(-6, 6, 2)
    X[:, 1] = X[:, 0] * 100 + 1e-2 * X[:, 1]
    truth = 10.0 ** -np.arange(-6.0, 6, 2)
    y = X @ truth
    for method in (Cholesky(), SVD()):
        found = fit(X, y, NoPenalty(), method, fit_intercept=False)
        assert_allclose(X @ found.coef[:, 0], y, atol=1e-7)


def test_large_offset_does_not_spoil_the_slope():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X @ [1.0, 2.0, 3.0]
    found = fit(X + 1e6, y + 1e6, NoPenalty(), Cholesky())
    assert_allclose(found.coef[:, 0], [1, 2, 3], rtol=1e-7)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("shape", [(60, 5), (40, 30), (15, 30)], ids=str)
def test_non_negative_solution_is_optimal(shape, fit_intercept, alpha):
    """β ≥ 0, −∇f ≤ 0, and one of the two is zero for each coefficient."""
    X, y, weight = data(*shape)
    found = fit(X, y, L2(alpha), NonNegative(), weight=weight, fit_intercept=fit_intercept)
    residual = weight[:, None] * (y - X @ found.coef - found.intercept)
    descent = X.T @ residual - alpha * found.coef
    assert (found.coef >= 0).all()
    assert (found.coef > 0).any()
    assert descent.max() <= 1e-7
    assert_allclose(descent * found.coef, 0.0, atol=1e-6)


def test_float32_precision():
    X, y, _ = data(60, 5)
    double = fit(X, y, L2(1.0), Cholesky())
    single = fit(X.astype(np.float32), y.astype(np.float32), L2(1.0), Cholesky())
    assert_allclose(single.coef, double.coef, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    "method", [Cholesky(), SVD(), NonNegative()], ids=lambda m: type(m).__name__
)
def test_constant_columns_have_no_weight(method, form):
    """0.1 has a mean that is not 0.1: the rounding must not be taken for a column."""
    X, y, weight = data(60, 5)
    more = np.c_[np.full(60, 0.1), X, np.full(60, 1e8 / 3), np.zeros(60)]
    plain = fit(X, y, NoPenalty(), method, weight=weight)
    found = fit(form(more), y, NoPenalty(), method, weight=weight)
    assert_allclose(found.coef[1:6], plain.coef, atol=1e-7)
    assert_allclose(found.coef[[0, 6, 7]], 0.0, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-150, 1e-20, 1e100, 1e200])
def test_scales_at_the_ends_of_the_doubles(scale):
    X, y, _ = data(60, 5)
    plain = fit(X, y, NoPenalty(), Cholesky())
    found = fit(X * scale, y, NoPenalty(), Cholesky())
    assert_allclose(found.coef * scale, plain.coef, atol=1e-9)
