"""Elastic-net problems: the subdifferential holds the negative gradient."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._engine.glm import coordinate_newton, proximal
from mlkit._engine.glm._coordinate import descend_quadratic, settle_rows
from mlkit._engine.glm._coordinate_newton import descend_model, weigh_columns
from mlkit._engine.glm.lbfgs import LBFGS
from mlkit._engine.glm.penalties import L2, ElasticNet, RowNorms
from mlkit._engine.glm.problem import Problem, solve
from mlkit._engine.glm.proximal import Proximal
from mlkit._engine.loss.losses import BinaryLogistic, Multinomial, PoissonLoss, SquaredError

LOSSES = [BinaryLogistic(), Multinomial(3), PoissonLoss(), SquaredError()]


def data(loss, n=150, p=12, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 2.0
    signal = X[:, :3] @ [1.0, -1.0, 0.5]
    if isinstance(loss, Multinomial):
        y = np.digitize(signal + rng.normal(size=n), [0.5, 1.5])
    elif isinstance(loss, BinaryLogistic):
        y = signal + rng.normal(size=n) > 1.0
    else:
        y = rng.poisson(np.exp(0.3 * signal))
    return X, y.astype(float), rng.uniform(0.5, 2, n)


@pytest.fixture(params=["newton", "accelerated", "columns"])
def method(request, monkeypatch):
    if request.param == "columns":  # of sparse X and one output; others are as without it
        monkeypatch.setattr(proximal, "_FEW", 0)
    monkeypatch.setattr(proximal, "_FULL_HESSIAN", 0 if request.param == "accelerated" else 10**6)
    return Proximal(max_iter=20_000, tol=1e-7)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.02])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_subgradient_optimality(loss, l2, fit_intercept, form, method):
    X, y, weight = data(loss)
    problem = Problem(loss, ElasticNet(0.05, l2), method)
    found = solve(form(X), y, problem, weight=weight, fit_intercept=fit_intercept)
    raw = X @ found.coef + found.intercept
    raw = raw if isinstance(loss, Multinomial) else raw[:, 0]
    residual = loss.gradient(y, raw, weight).reshape(len(y), -1) / weight.sum()
    slope = X.T @ residual + l2 * found.coef
    active = found.coef != 0
    assert 0 < active.sum() < active.size
    assert_allclose(slope[active], -0.05 * np.sign(found.coef[active]), atol=3e-7)
    assert np.abs(slope[~active]).max() <= 0.05 + 3e-7
    if fit_intercept:
        assert_allclose(residual.sum(axis=0), 0.0, atol=3e-7)


def test_strength_above_the_largest_gradient_leaves_nothing(method):
    loss = BinaryLogistic()
    X, y, _ = data(loss)
    null = (y.mean() - y) / len(y)
    strongest = np.abs(X.T @ null).max()
    assert not solve(X, y, Problem(loss, ElasticNet(1.01 * strongest), method)).coef.any()
    assert solve(X, y, Problem(loss, ElasticNet(0.99 * strongest), method)).coef.any()


def test_no_l1_is_ridge(method):
    loss = Multinomial(3)
    X, y, _ = data(loss)
    smooth = solve(X, y, Problem(loss, L2(0.1), LBFGS(tol=1e-9, max_iter=500)))
    found = solve(X, y, Problem(loss, ElasticNet(0.0, 0.1), method))
    assert_allclose(found.coef, smooth.coef, atol=1e-5)


def test_start_at_the_solution_needs_no_iteration(method):
    loss = Multinomial(3)
    X, y, _ = data(loss)
    problem = Problem(loss, ElasticNet(0.03, 0.01), method)
    first = solve(X, y, problem)
    again = solve(X, y, problem, start=(first.coef, first.intercept))
    assert again.n_iter <= 1
    assert_array_equal(again.coef != 0, first.coef != 0)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.7])
def test_quadratic_descent_reaches_the_minimum(l2, positive, n_outputs):
    """q − Hβ = t β_j / ‖β_j‖ in the support, and is no longer than t outside."""
    if positive and n_outputs > 1:
        pytest.skip("rows have no sign")
    rng = np.random.default_rng(0)
    root = rng.normal(size=(8, 6))
    H, q, t = root.T @ root, 2 * rng.normal(size=(6, n_outputs)), np.full(6, 2.5)
    start = np.abs(rng.normal(size=(6, n_outputs)))
    full = H + l2 * np.eye(6)
    coef, rest = start.copy(), q - full @ start
    order = rng.permutation(6)
    epochs, moved = descend_quadratic(H, l2, t, order, coef, rest, positive, 10_000, 1e-12)
    assert epochs < 10_000 and moved <= 1e-12
    assert_allclose(rest, q - full @ coef, atol=1e-10)
    sizes = np.linalg.norm(coef, axis=1)
    active = sizes > 0
    assert 0 < active.sum() < 6
    expected = 2.5 * coef[active] / sizes[active, None]
    assert_allclose(rest[active], expected, atol=1e-9)
    pull = rest[:, 0] if positive else np.linalg.norm(rest, axis=1)
    assert (pull[~active] <= 2.5 + 1e-9).all()
    assert not positive or (coef >= 0).all()


def test_quadratic_descent_checks_its_arrays():
    H, t, coef = np.eye(6), np.ones(6), np.zeros((6, 1))
    order = np.arange(6)
    for bad in [
        (H, 0.0, t[:5], order, coef, coef, False),
        (H, 0.0, t, order + 1, coef, coef, False),
        (H, 0.0, t, order, coef, coef[:5], False),
        (H, 0.0, t, order, np.zeros((6, 2)), np.zeros((6, 2)), True),
    ]:
        with pytest.raises(ValueError):
            descend_quadratic(*bad, 10, 1e-3)


def sparse_data(loss, n=300, p=150, dtype=np.float64):
    """Sparse columns of all scales, one constant, one empty, and one a copy of another."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.1) * 10.0 ** rng.uniform(-1, 1, p)
    X[:, 0], X[:, 1], X[:, 2] = 1.0, 0.0, X[:, 3]
    signal = X[:, 3:13] @ rng.normal(size=10)
    if isinstance(loss, BinaryLogistic):
        y = signal + rng.normal(size=n) > 1.0
    else:
        y = rng.poisson(np.exp(0.3 * np.clip(signal, -3, 3)))
    return X.astype(dtype), y.astype(dtype), rng.uniform(0.5, 2, n).astype(dtype)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("loss", [BinaryLogistic(), PoissonLoss()], ids=repr)
def test_many_sparse_columns(loss, fit_intercept, standardize, monkeypatch):
    """Columns alone, a few at first, lead to the objective that a whole Hessian leads to."""
    monkeypatch.setattr(coordinate_newton, "_LEAST", 4)
    X, y, weight = sparse_data(loss)
    penalty = ElasticNet(0.01, 0.001)
    options = {"weight": weight, "fit_intercept": fit_intercept, "standardize": standardize}
    found, dense = (
        solve(form(X), y, Problem(loss, penalty, Proximal(1000, 1e-6)), **options)
        for form in (sparse.csc_array, np.asarray)
    )
    assert found.converged and dense.converged
    assert_allclose(found.details["value"], dense.details["value"], rtol=1e-9)
    # Of a column and its copy any shares will do where the penalty is all but an L1 norm.
    assert_allclose(X @ found.coef + found.intercept, X @ dense.coef + dense.intercept, atol=1e-3)


def test_sparse_rows_of_weight_two_are_rows_twice():
    loss = BinaryLogistic()
    X, y, _ = sparse_data(loss)
    weight = np.where(np.arange(len(y)) % 3 == 0, 2.0, 1.0)
    rows = np.repeat(np.arange(len(y)), weight.astype(int))
    problem = Problem(loss, ElasticNet(0.01, 0.001), Proximal(1000, 1e-9))
    weighted = solve(sparse.csr_array(X), y, problem, weight=weight)
    repeated = solve(sparse.csr_array(X[rows]), y[rows], problem)
    assert_allclose(weighted.coef, repeated.coef, atol=1e-6)


def test_sparse_single_precision():
    loss = BinaryLogistic()
    X, y, _ = sparse_data(loss, dtype=np.float32)
    problem = Problem(loss, ElasticNet(0.01, 0.001), Proximal(1000, 1e-4))
    single = solve(sparse.csr_array(X), y, problem)
    double = solve(sparse.csr_array(X.astype(float)), y.astype(float), problem)
    assert_allclose(single.details["value"], double.details["value"], rtol=1e-5)


def test_separable_classes_on_sparse_columns():
    """A weak penalty leaves large coefficients, and rows almost without curvature."""
    loss = BinaryLogistic()
    X, _, _ = sparse_data(loss)
    y = (X[:, 3] + X[:, 4] > 0).astype(float)
    problem = Problem(loss, ElasticNet(1e-6), Proximal(5000, 1e-5))
    found = solve(sparse.csr_array(X), y, problem)
    assert found.converged
    residual = loss.gradient(y, (X @ found.coef + found.intercept)[:, 0]) / len(y)
    slope, coef = X.T @ residual, found.coef[:, 0]
    assert np.abs(slope).max() <= 1e-6 + 1e-5
    assert np.abs(slope + 1e-6 * np.sign(coef))[coef != 0].max() <= 1e-5


def test_model_kernel_checks_its_bounds():
    starts, rows, values = np.array([0, 2]), np.array([0, 5], dtype=np.int32), np.ones(2)
    one = np.ones(1)
    with pytest.raises(ValueError, match="out of bounds"):
        weigh_columns(starts, rows, values, np.ones(3), values.copy(), one, one.copy())
    with pytest.raises(ValueError, match="disagree"):
        weigh_columns(starts, rows, values, np.ones(6), values.copy(), np.ones(2), one)
    with pytest.raises(ValueError, match="disagree"):
        descend_model(
            starts, rows, values, values, one, np.ones(2), one, one, 0.0, 0.0, np.ones(6), one, 1, 0
        )


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("l1", [0.0, 0.05])
def test_rows_of_several_outputs_settle_within_the_gap(l1, l2):
    """The gap bounds what any other coefficients could gain, and is that of `RowNorms`."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 8)), rng.normal(size=(60, 3))
    gram, pull, square = X.T @ X / 60, X.T @ Y / 60, float(np.vdot(Y, Y)) / 60
    penalty, coef = RowNorms(l1, l2), np.zeros((8, 3))
    rest = pull.copy()
    epochs, gap = settle_rows(gram, pull, square, l1, l2, coef, rest, 1e-10, 10_000)
    assert 0 < epochs < 10_000 and gap <= 1e-10
    assert_allclose(rest, pull - gram @ coef - l2 * coef, atol=1e-12)
    residual = Y - X @ coef
    left, fitted = (float(np.vdot(residual, each)) / 60 for each in (residual, Y))
    assert_allclose(gap, penalty.gap(coef, X.T @ residual / 60, left, fitted), atol=1e-13)
    value = 0.5 * left + penalty.value(coef)
    for _ in range(50):
        other = coef + 1e-3 * rng.normal(size=coef.shape)
        assert np.square(Y - X @ other).sum() / 120 + penalty.value(other) >= value - 1e-10
    with pytest.raises(ValueError, match="disagree"):
        settle_rows(gram, pull[:5], square, l1, l2, coef, rest, 1e-10, 10)
