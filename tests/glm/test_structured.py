"""Every loss with every penalty: stationary points by their definition, steps by theirs."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from scipy.optimize import lsq_linear

from mlkit._engine.glm._structured import fused_step
from mlkit._engine.glm.problem import Problem, solve
from mlkit._engine.glm.structured import Composite
from mlkit._engine.glm.structures import (
    Entrywise,
    Fused,
    Groups,
    Mcp,
    Scad,
    Slope,
    Structured,
)
from mlkit._engine.loss.families import Binomial, FamilyLoss, NegativeBinomial, Tweedie
from mlkit._engine.loss.links import Cauchit, ComplementaryLogLog, Log, Probit
from mlkit._engine.loss.losses import (
    AbsoluteError,
    BinaryLogistic,
    GammaLoss,
    HingeLoss,
    HuberLoss,
    Multinomial,
    PinballLoss,
    PoissonLoss,
    SquaredError,
    SquaredHingeLoss,
)
from mlkit._engine.loss.ordered import OrderedLogistic
from mlkit._engine.loss.survival import CoxLoss

N, P, ALPHA = 150, 9, 0.05
LABELS = np.repeat(np.arange(3), 3)
STRUCTURES = {
    "none": Entrywise(0.0),
    "l1": Entrywise(ALPHA),
    "mcp": Mcp(ALPHA),
    "scad": Scad(ALPHA, 3.7),
    "group": Groups(LABELS, np.full(3, 2 * ALPHA)),
    "sparse group": Groups(LABELS, np.full(3, ALPHA), ALPHA / 2),
    "slope": Slope(ALPHA * np.linspace(1.0, 0.3, P)),
    "fused": Fused(ALPHA, ALPHA / 2),
}
BOUNDS = {"free": (-np.inf, np.inf), "positive": (0.0, np.inf), "box": (-0.1, 0.2)}
LOSSES = ("squared", "huber", "logistic", "poisson", "gamma", "negative binomial", "probit")
LOSSES += ("cloglog", "cauchit", "squared hinge", "ordered", "cox", "efron")
CORNERS = ("pinball", "absolute", "hinge")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, P)) + 0.5 * rng.normal(size=(N, 1))
    X[:, 3] *= 10.0
    z = X @ np.array([1, -1, 0.5, 0.05, 0, 0, 0.2, 0, 0]) * 0.6
    time, event = np.round(rng.exponential(np.exp(-z)), 1), rng.random(N) < 0.7
    real = z + rng.normal(size=N)
    binary = (rng.random(N) < 1 / (1 + np.exp(-z))).astype(float)
    count = rng.poisson(np.exp(np.clip(z, -3, 3))).astype(float)
    amount = rng.gamma(2.0, np.exp(z) / 2)
    return X, {
        "squared": (real, SquaredError()),
        "huber": (real, HuberLoss(0.7)),
        "logistic": (binary, BinaryLogistic()),
        "poisson": (count, PoissonLoss()),
        "gamma": (amount, GammaLoss()),
        "negative binomial": (count, FamilyLoss(Log(), NegativeBinomial(0.5))),
        "inverse gaussian": (amount + 0.3, FamilyLoss(Log(), Tweedie(3))),
        "probit": (binary, FamilyLoss(Probit(), Binomial())),
        "cloglog": (binary, FamilyLoss(ComplementaryLogLog(), Binomial())),
        "cauchit": (binary, FamilyLoss(Cauchit(), Binomial())),
        "squared hinge": (2 * binary - 1, SquaredHingeLoss()),
        "ordered": (np.digitize(z, [-1, 0, 1.5]).astype(float), OrderedLogistic(n_levels=4)),
        "cox": (event.astype(float), CoxLoss(time, event)),
        "efron": (event.astype(float), CoxLoss(time, event, efron=True)),
        "pinball": (real, PinballLoss(0.3)),
        "absolute": (real, AbsoluteError()),
        "hinge": (2 * binary - 1, HingeLoss()),
        "multinomial": (rng.integers(0, 3, N).astype(float), Multinomial(3)),
    }


def fitted(X, y, loss, penalty, **options):
    options.setdefault("fit_intercept", not loss.shift_free)
    return solve(X, y, Problem(loss, penalty, Composite(500, 1e-7)), **options)


def smooth_part(X, y, loss, penalty, weight=None):
    """f(β, b) and its gradient by X's own columns, from the loss's values alone."""
    factor = 1.0 / (len(y) if weight is None else weight.sum())

    def value(coef, constants):
        z = X @ coef + (0.0 if loss.n_cuts else constants)
        if loss.n_cuts:
            each = loss.value_of(y, z[:, 0], constants)
            total = factor * float(each.sum() if weight is None else weight @ each)
        else:
            total = factor * loss.value(y, z, weight)
        return total + 0.5 * float(np.sum(penalty.l2 * coef**2))

    return value


def slopes(value, coef, constants, h=1e-5):
    """Central differences of f in each coefficient and constant."""
    by_coef, by_constant = np.empty(coef.shape), np.empty(len(constants))
    for index in np.ndindex(coef.shape):
        step = np.zeros(coef.shape)
        step[index] = h
        by_coef[index] = (value(coef + step, constants) - value(coef - step, constants)) / (2 * h)
    for k in range(len(constants)):
        step = np.zeros(len(constants))
        step[k] = h
        by_constant[k] = (value(coef, constants + step) - value(coef, constants - step)) / (2 * h)
    return by_coef, by_constant


@pytest.mark.parametrize("bounds", sorted(BOUNDS))
@pytest.mark.parametrize("structure", sorted(STRUCTURES))
@pytest.mark.parametrize("loss", LOSSES)
def test_solution_is_a_fixed_point_of_the_proximal_step(data, loss, structure, bounds):
    """β = prox(β − s ∇f(β)), with ∇f by finite differences of the loss's own values."""
    X, problems = data
    y, loss = problems[loss]
    penalty = Structured(STRUCTURES[structure], 0.01, *BOUNDS[bounds])
    found = fitted(X, y, loss, penalty)
    assert found.converged
    value = smooth_part(X, y, loss, penalty)
    gradient, by_constant = slopes(value, found.coef, found.intercept)
    step = np.full((P, 1), 0.02)
    assert penalty.violation(found.coef, gradient, step).max() < 2e-5
    if not loss.shift_free:
        assert np.abs(by_constant).max() < 2e-6


@pytest.mark.parametrize("structure", ["l1", "group", "mcp"])
@pytest.mark.parametrize("loss", CORNERS)
def test_no_step_improves_on_a_loss_with_corners(data, loss, structure):
    X, problems = data
    y, loss = problems[loss]
    penalty = Structured(STRUCTURES[structure], 0.01)
    found = fitted(X, y, loss, penalty)
    value = smooth_part(X, y, loss, penalty)
    best = value(found.coef, found.intercept) + penalty.value(found.coef)
    rng = np.random.default_rng(0)
    for size in (1e-1, 1e-2, 1e-3, 1e-4):
        for _ in range(40):
            coef = found.coef + size * rng.normal(size=(P, 1)) * (rng.random((P, 1)) < 0.4)
            there = value(coef, found.intercept + size * rng.normal()) + penalty.value(coef)
            assert there > best - 2e-6


def test_pinball_with_l1_is_the_linear_programme(data):
    from mlkit.linear_model import QuantileRegressor

    X, problems = data
    y = problems["pinball"][0]
    penalty = Structured(Entrywise(0.02))
    found = fitted(X, y, PinballLoss(0.3), penalty)
    exact = QuantileRegressor(quantile=0.3, alpha=0.02).fit(X, y)
    value = smooth_part(X, y, PinballLoss(0.3), penalty)
    least = value(exact.coef_[:, None], np.array([exact.intercept_]))
    least += penalty.value(exact.coef_[:, None])
    assert value(found.coef, found.intercept) + penalty.value(found.coef) < least * (1 + 1e-6)


@pytest.mark.parametrize("structure", ["l1", "group", "sparse group", "mcp"])
def test_working_sets_find_the_same(structure):
    """Columns beyond those of a first set: the optimality conditions hold for all."""
    rng = np.random.default_rng(1)
    n, p = 120, 900
    X = rng.normal(size=(n, p))
    y = X[:, :5] @ [2.0, -1.5, 1.0, 1.0, -2.0] + 0.1 * rng.normal(size=n)
    labels = np.arange(p) // 3
    choose = {
        "l1": Entrywise(0.1),
        "mcp": Mcp(0.3),
        "group": Groups(labels, np.full(300, 0.15)),
        "sparse group": Groups(labels, np.full(300, 0.1), 0.05),
    }
    penalty = Structured(choose[structure])
    found = fitted(X, y, SquaredError(), penalty)
    assert found.converged
    gradient = -X.T @ (y - (X @ found.coef)[:, 0] - found.intercept) / n
    step = np.full((p, 1), 1.0)
    assert penalty.violation(found.coef, gradient[:, None], step).max() < 1e-5
    assert 0 < found.coef.any(axis=1).sum() < 100


@pytest.mark.parametrize("structure", ["l1", "group"])
def test_classes_share_a_penalty(data, structure):
    X, problems = data
    y, loss = problems["multinomial"]
    penalty = Structured(STRUCTURES[structure], 0.0)
    found = fitted(X, y, loss, penalty)
    assert found.converged
    if structure == "group":
        active = np.stack([found.coef[g == LABELS].any(axis=0) for g in range(3)])
        assert (active.all(axis=1) | ~active.any(axis=1)).all()


@pytest.mark.parametrize("loss", ["squared", "logistic", "ordered", "cox", "efron", "probit"])
def test_sparse_is_dense_and_weight_two_is_a_row_twice(data, loss):
    X, problems = data
    y, objective = problems[loss]
    X = X * (np.abs(X) > 0.5)
    penalty = Structured(STRUCTURES["sparse group"], 0.01)
    dense = fitted(X, y, objective, penalty)
    for make in (scipy.sparse.csr_array, scipy.sparse.csc_array):
        sparse = fitted(make(X), y, objective, penalty)
        assert_allclose(sparse.coef, dense.coef, atol=1e-6)
        assert_allclose(sparse.intercept, dense.intercept, atol=1e-6)
    if loss == "efron":  # a row twice is a tie
        return
    weight = np.random.default_rng(0).integers(0, 3, N).astype(float)
    rows = np.repeat(np.arange(N), weight.astype(int))
    again = objective
    if loss == "cox":
        again = CoxLoss(-objective.moment[rows].astype(float), objective.event[rows])
    one = fitted(X, y, objective, penalty, weight=weight)
    other = fitted(X[rows], y[rows], again, penalty)
    assert_allclose(one.coef, other.coef, atol=1e-6)


def test_standardised_columns_make_the_scale_of_no_matter(data):
    X, problems = data
    y, loss = problems["logistic"]
    scale = 10.0 ** np.arange(-4, 5)
    penalty = Structured(STRUCTURES["l1"], 0.01, low=-0.5)
    one = fitted(X, y, loss, penalty, standardize=True)
    bounded = Structured(STRUCTURES["l1"], 0.01, low=(-0.5 / scale)[:, None])
    other = fitted(X * scale, y, loss, bounded, standardize=True)
    assert_allclose(one.coef[:, 0], other.coef[:, 0] * scale, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 60])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 2.0, 100.0])
def test_fused_step_solves_the_dual(n, threshold):
    """u = s − Dᵀv with v the box-constrained least-squares solution."""
    signal = np.random.default_rng(n).normal(size=n).cumsum()
    out = np.empty(n)
    fused_step(signal, threshold, out)
    if n == 1 or threshold == 0:
        assert_allclose(out, signal)
        return
    difference = np.diff(np.eye(n), axis=0)
    dual = lsq_linear(difference.T, signal, (-threshold, threshold), tol=1e-14)
    assert_allclose(out, signal - difference.T @ dual.x, atol=1e-6)


@pytest.mark.parametrize("structure", sorted(STRUCTURES))
@pytest.mark.parametrize("bounds", sorted(BOUNDS))
def test_proximal_step_is_the_least_of_its_objective(structure, bounds):
    rng = np.random.default_rng(5)
    penalty = Structured(STRUCTURES[structure], 0.0, *BOUNDS[bounds])
    low, high = BOUNDS[bounds]
    point = 0.3 * rng.normal(size=(P, 1))
    step = np.full((P, 1), 1.3)
    there = penalty.proximal(point, step)

    def cost(coef):
        return ((coef - point) ** 2 / (2 * step)).sum() + penalty.value(coef)

    assert (there >= low).all() and (there <= high).all()
    for size in (1.0, 0.1, 1e-2, 1e-3):
        for _ in range(60):
            near = np.clip(there + size * rng.normal(size=(P, 1)), low, high)
            near[rng.random((P, 1)) < 0.3] = np.clip(0.0, low, high)
            assert cost(near) >= cost(there) - 1e-12


@pytest.mark.parametrize("structure", [Mcp(0.3, 3.0), Scad(0.3, 3.7)], ids=["mcp", "scad"])
def test_concave_penalties_have_the_slopes_that_define_them(structure):
    size, h = np.linspace(0.01, 2.0, 100), 1e-6
    slope = (structure.each(size + h, 0.3) - structure.each(size - h, 0.3)) / (2 * h)
    gamma = structure.concavity
    if isinstance(structure, Mcp):
        expected = np.maximum(0.3 - size / gamma, 0.0)
    else:
        expected = np.where(size <= 0.3, 0.3, np.maximum(gamma * 0.3 - size, 0) / (gamma - 1))
    assert_allclose(slope, expected, atol=1e-6)
