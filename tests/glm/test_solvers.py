"""Solvers: optimality by the gradient, agreement with one another, and data that breaks them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._engine.glm.lbfgs import LBFGS
from mlkit._engine.glm.newton import NewtonCG, NewtonCholesky
from mlkit._engine.glm.penalties import L2, NoPenalty
from mlkit._engine.glm.problem import Problem, solve
from mlkit._engine.loss.losses import (
    BinaryLogistic,
    GammaLoss,
    HuberLoss,
    Multinomial,
    PoissonLoss,
    SquaredError,
    SquaredHingeLoss,
    TweedieLoss,
)

SOLVERS = [LBFGS, NewtonCholesky, NewtonCG]
SMOOTH = [
    BinaryLogistic(),
    Multinomial(3),
    PoissonLoss(),
    GammaLoss(),
    TweedieLoss(1.5),
    SquaredError(),
    HuberLoss(1.35),
    SquaredHingeLoss(),
]


def data(loss, n=200, p=5, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * [1, 10, 0.1, 1, 3][:p] + [0, 30, 1, -2, 0][:p]
    signal = (X - X.mean(axis=0)) / X.std(axis=0) @ rng.normal(size=p) * 0.4
    if isinstance(loss, Multinomial):
        y = np.digitize(signal + rng.normal(size=n), [-0.5, 0.5])
    elif isinstance(loss, BinaryLogistic):
        y = signal + rng.normal(size=n) > 0
    elif isinstance(loss, SquaredHingeLoss):
        y = np.where(signal + rng.normal(size=n) > 0, 1, -1)
    else:
        y = np.exp(signal) * rng.gamma(3.0, size=n)
    return X.astype(dtype), np.asarray(y, dtype=dtype), rng.uniform(0.5, 2, n).astype(dtype)


def gradient(X, y, weight, loss, alpha, coef, intercept):
    """∂F/∂β and ∂F/∂b by the definition."""
    weight = np.ones(len(y)) if weight is None else weight
    raw = X @ coef + intercept
    raw = raw if isinstance(loss, Multinomial) else raw[:, 0]
    residual = loss.gradient(y, raw, weight).reshape(len(y), -1) / weight.sum()
    return X.T @ residual + alpha * coef, residual.sum(axis=0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("loss", SMOOTH, ids=repr)
def test_gradient_is_within_tol(loss, solver, fit_intercept, weighted):
    X, y, weight = data(loss)
    if not fit_intercept:
        X = X - X.mean(axis=0)
    weight = weight if weighted else None
    found = solve(
        X,
        y,
        Problem(loss, L2(0.1), solver(max_iter=200, tol=1e-7)),
        weight=weight,
        fit_intercept=fit_intercept,
    )
    assert found.converged
    slope, intercept_slope = gradient(X, y, weight, loss, 0.1, found.coef, found.intercept)
    assert abs(slope).max() <= 2e-7
    assert_allclose(abs(slope).max(), found.violation, atol=2e-8) if not fit_intercept else None
    if fit_intercept:
        assert abs(intercept_slope).max() <= 2e-7
    else:
        assert not found.intercept.any()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("loss", SMOOTH, ids=repr)
def test_weight_two_is_the_row_twice_and_sparse_is_dense(loss, solver):
    X, y, _ = data(loss)
    X = np.where(np.abs(X) > 0.3, X, 0.0)
    weight = np.random.default_rng(0).integers(0, 3, size=len(y)).astype(float)
    problem = Problem(loss, L2(0.05), solver(max_iter=300, tol=1e-9))
    weighted = solve(X, y, problem, weight=weight)
    times = weight.astype(int)
    repeated = solve(np.repeat(X, times, axis=0), np.repeat(y, times), problem)
    tolerance = {"rtol": 1e-5, "atol": 1e-6}
    assert_allclose(weighted.coef, repeated.coef, **tolerance)
    assert_allclose(weighted.intercept, repeated.intercept, **tolerance)
    for form in (sparse.csr_array, sparse.csc_array, np.asfortranarray):
        other = solve(form(X), y, problem, weight=weight)
        assert_allclose(weighted.coef, other.coef, **tolerance)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("loss", [BinaryLogistic(), Multinomial(3), PoissonLoss()], ids=repr)
def test_float32_agrees_with_float64(loss, solver):
    double = solve(*data(loss)[:2], Problem(loss, L2(0.1), solver(tol=1e-6)))
    single = solve(*data(loss, dtype=np.float32)[:2], Problem(loss, L2(0.1), solver()))
    assert single.converged
    assert_allclose(single.coef, double.coef, atol=2e-3)


@pytest.mark.parametrize("loss", [BinaryLogistic(), Multinomial(3)], ids=repr)
@pytest.mark.parametrize("solver", SOLVERS)
def test_separable_unpenalised_data_ends_with_a_small_gradient(loss, solver):
    X = np.linspace(-3, 3, 60)[:, None]
    y = np.digitize(X[:, 0], [0.0] if isinstance(loss, BinaryLogistic) else [-1.0, 1.0])
    found = solve(X, y.astype(float), Problem(loss, NoPenalty(), solver(max_iter=100)))
    assert np.isfinite(found.coef).all()
    assert found.violation < 1e-3
    raw = X @ found.coef + found.intercept
    predicted = raw.argmax(axis=1) if raw.shape[1] > 1 else (raw[:, 0] > 0)
    assert_array_equal(predicted, y)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("loss", [BinaryLogistic(), Multinomial(3), PoissonLoss()], ids=repr)
def test_collinear_constant_and_huge_columns(loss, solver):
    X, y, _ = data(loss)
    plain = solve(X, y, Problem(loss, NoPenalty(), solver(max_iter=300, tol=1e-8)))
    doubled = np.c_[X, X[:, 0], np.ones(len(X)), 1e6 * X[:, 1] + 1e9]
    found = solve(doubled, y, Problem(loss, NoPenalty(), solver(max_iter=300, tol=1e-6)))
    assert np.isfinite(found.coef).all()
    assert found.details["value"] <= plain.details["value"] + 1e-7


@pytest.mark.parametrize("solver", SOLVERS)
def test_more_columns_than_rows(solver):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 300)), rng.integers(2, size=30).astype(float)
    loss = BinaryLogistic()
    found = solve(X, y, Problem(loss, L2(0.1), solver(tol=1e-8, max_iter=200)))
    slope, _ = gradient(X, y, None, loss, 0.1, found.coef, found.intercept)
    assert abs(slope).max() <= 1e-7


def test_start_at_the_solution_needs_no_iteration():
    loss = Multinomial(3)
    X, y, _ = data(loss)
    problem = Problem(loss, L2(0.1), LBFGS(tol=1e-6))
    first = solve(X, y, problem)
    again = solve(X, y, problem, start=(first.coef, first.intercept))
    assert again.n_iter <= 1
    assert_allclose(again.coef, first.coef, atol=1e-6)


def test_on_iteration_sees_a_falling_value_and_can_stop():
    loss = Multinomial(3)
    X, y, _ = data(loss)
    values = []

    def stop(n_iter, value, violation, solution):
        values.append(value)
        assert_allclose(solution().details["value"], value)
        return n_iter == 3

    found = solve(X, y, Problem(loss, L2(0.01), LBFGS()), on_iteration=stop)
    assert found.n_iter == 3 == len(values)
    assert values == sorted(values, reverse=True)


def test_a_solver_says_what_it_cannot():
    from mlkit._engine.loss.losses import AbsoluteError

    with pytest.raises(ValueError, match="LBFGS cannot minimise AbsoluteError"):
        Problem(AbsoluteError(), L2(1.0), LBFGS())


@pytest.mark.parametrize("loss", [PoissonLoss(), GammaLoss(), BinaryLogistic(), Multinomial(2)])
def test_targets_outside_the_domain_are_refused(loss):
    with pytest.raises(ValueError, match="y must be"):
        solve(np.eye(3), np.array([-1.0, 0.0, 1.0]), Problem(loss, L2(1.0), LBFGS()))


@pytest.mark.parametrize("scale, shift", [(1e100, 0.0), (1e-3, 1e6), (1.0, 1e9)])
@pytest.mark.parametrize("solver", SOLVERS)
def test_scales_on_which_no_gradient_is_small(solver, scale, shift):
    """The gradient of such columns is rounding; the fit ends where the value can fall no more."""
    loss = BinaryLogistic()
    X, y, _ = data(loss)
    plain = solve(X, y, Problem(loss, NoPenalty(), solver(tol=1e-10)))
    found = solve(X * scale + shift, y, Problem(loss, NoPenalty(), solver()))
    assert found.converged
    assert_allclose(found.details["value"], plain.details["value"], rtol=1e-5)


def test_squares_that_overflow_are_named():
    with pytest.raises(ValueError, match="column 1 overflow"):
        solve(
            np.eye(3) * [1, 1e200, 1],
            np.array([0.0, 1.0, 1.0]),
            Problem(BinaryLogistic(), L2(1.0), LBFGS()),
        )
