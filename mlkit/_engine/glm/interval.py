"""Linear machines: ``‖w̃‖² / 2 + Σ C_i d(w̃ x̃_i)`` or d², with d the distance to an interval.

With the interval [1, ∞) at positive labels and (−∞, −1] at the others d is the hinge; with
[y − ε, y + ε] it is the error beyond ε. x̃ is x with one more entry, the bias, whose weight times
the bias is the constant term; it is penalised with the rest.

The square is minimised by Newton's method where its Hessian can be formed (`newton`); everything
by coordinate descent on the dual (`descend_dual`).
"""

from dataclasses import dataclass, field

import numpy as np

from ..._core.parallel import blas_threads, n_threads
from ._dual import class_passes, interval_passes
from ._interval import IntervalSums
from .corners import WithBias, at_corners, by_interior_point
from .linalg import factorise, solve_factorised
from .rows import Rows

# Columns up to which a Hessian is formed, and up to which its products stay on one thread.
_FULL_HESSIAN, _NARROW = 2000, 256
# Passes before an interior point is tried instead.
_BUDGET = 100
# Multiplications of one call below which a second thread is not worth its start, and, where cores
# are busy, the wait for it: of margins, of products, and of a trial of a step.
_THREADED, _THREADED_PRODUCTS, _THREADED_TRIAL = 1 << 20, 1 << 23, 1 << 16
# Passes between two looks at whether the user has interrupted.
_PASSES = 20
# A gain as small as this next to the objective is rounding.
_STILL = 1e-15


@dataclass(frozen=True)
class Machine:
    """What is minimised: the interval and the cost of each row, distance or square, the bias."""

    lower: np.ndarray
    upper: np.ndarray
    cost: np.ndarray
    squared: bool
    bias: float = 0.0

    def take(self, rows):
        """The machine of some rows alone."""
        ends = self.lower[rows], self.upper[rows]
        return Machine(*ends, self.cost[rows], self.squared, self.bias)

    def value(self, margins, coef, bias_weight):
        """The objective, from ``w̃ x̃``."""
        distance = np.abs(self.signed_distance(margins))
        if self.squared:
            distance *= distance
        return 0.5 * (coef @ coef + bias_weight**2) + self.cost @ distance

    def signed_distance(self, margins):
        """How far margins are above (positive) or below their interval."""
        return margins - np.clip(margins, self.lower, self.upper)

    def sides(self, margins):
        """−1 below the interval, 0 inside, 1 above."""
        return (margins > self.upper).view(np.int8) - (margins < self.lower).view(np.int8)

    def dual_value(self, beta, coef, bias_weight):
        """A lower bound of the objective, from the dual variables and ``w̃ = Σ β x̃``."""
        ends = np.where(beta > 0, self.lower, np.where(beta < 0, self.upper, 0.0))
        value = beta @ ends - 0.5 * (coef @ coef + bias_weight**2)
        if self.squared:
            positive = self.cost > 0
            value -= 0.25 * (beta[positive] ** 2 / self.cost[positive]).sum()
        return float(value)


@dataclass(frozen=True)
class Found:
    """What a solver found: w, the bias's weight, iterations, whether it converged, dual variables.

    For several classes `coef` is (k, p) and `bias_weight` (k,).
    """

    coef: np.ndarray
    bias_weight: float
    n_iter: int
    converged: bool
    dual: np.ndarray = field(default=None, repr=False)


def solve_machine(X, machine, *, max_iter, tol, seed=1):
    """Minimise `machine` over rows of X, an ndarray or CSR; the square by Newton if it is narrow.

    Newton's method is exact when its last step is a whole one between rows that stay on their
    sides; `tol` is the greatest violation of optimality of the dual otherwise.
    """
    rows = Rows(X)
    n, p = rows.shape
    # A product of dense columns is some 20 times as quick an operation as one of a pass.
    quick = p <= max(n, 100) if rows.indices is None else n * p * p <= 200 * len(rows.data)
    narrow = p <= _FULL_HESSIAN and quick
    if machine.squared and narrow:
        return newton(rows, machine, max_iter)
    if machine.squared or not narrow or max_iter <= _BUDGET:
        return descend_dual(rows, machine, max_iter, tol, seed)
    return _exactly(X, rows, machine, tol, seed)


def _exactly(X, rows, machine, tol, seed):
    """Some passes of descent, which tell most rows' places; if not all, an interior point does."""
    kept = np.flatnonzero(machine.cost > 0)
    if len(kept) < len(machine.cost):
        X = X[kept]
        rows = Rows(X)
        machine = machine.take(kept)
    found = descend_dual(rows, machine, _BUDGET, tol, seed)
    table = WithBias(X, machine.bias)
    with blas_threads(1 if X.shape[1] <= _NARROW else None):
        corner = at_corners(table, machine, found.dual) if found.converged else None
        n_iter = found.n_iter
        if corner is None:
            beta, point = by_interior_point(table, machine)
            n_iter += point.n_iter
            corner = at_corners(table, machine, beta) or (point.theta, beta)
            if not point.converged:
                return found
    weights, beta = corner
    return Found(weights[:-1], weights[-1], n_iter, True, beta)


# ------------------------------------------------------------------------------- the primal
def newton(rows, machine, max_iter):
    """Newton's method on the piecewise quadratic with an exact search along each direction.

    The Hessian is ``I + 2 Σ C_i x̃ x̃ᵀ`` over the rows outside their interval. (Keerthi and DeCoste,
    2005: finitely many steps.) A whole step after which no row has changed sides ends at the
    minimum.
    """
    n, p = rows.shape
    sums = IntervalSums(rows, machine.lower, machine.upper, machine.cost, machine.bias)
    weights, margins, change = np.zeros(p + 1), np.zeros(n), np.empty(n)
    sides, whole, previous = None, False, np.inf
    many = n_threads()
    threads = many if n * p > _THREADED else 1
    for_products = many if n * p * p > _THREADED_PRODUCTS else 1
    for_trials = many if n > _THREADED_TRIAL else 1
    with blas_threads(1 if p <= _NARROW else None):
        for n_iter in range(1, max_iter + 1):
            now = machine.sides(margins)
            direction, value = _direction(sums, weights, margins, for_products)
            if (whole and np.array_equal(now, sides)) or previous - value <= _STILL * value:
                return Found(weights[:p], weights[p], n_iter, True)
            sides, previous = now, value
            sums.margins(direction[:p], direction[p], change, threads)
            length = _search(sums, margins, change, weights, direction, for_trials)
            whole = length == 1.0
            weights = weights + length * direction
            # Afresh, so that rounding does not add up.
            sums.margins(weights[:p], weights[p], margins, threads)
    return Found(weights[:p], weights[p], max_iter, False)


def _direction(sums, weights, margins, threads):
    """−H⁻¹ g, and the objective."""
    width = len(weights) + 1
    products = np.empty((width, width))
    sums.products(margins, products, threads)
    gradient, value = weights + products[:-1, -1], 0.5 * (weights @ weights + products[-1, -1])
    products.reshape(-1)[: -1 : width + 1] += 1.0
    hessian = products[:-1, :-1]
    factor, scale, _ = factorise(hessian)
    if factor is None:  # definite but for rounding, by costs beyond 1/ε
        return -gradient / np.diagonal(hessian), value
    return -solve_factorised(factor, scale, gradient)[:, 0], value


def _search(sums, margins, change, weights, direction, threads):
    """The step t that minimises the objective along a direction.

    The derivative is continuous, increasing and piecewise linear: Newton's steps on it, kept
    between bounds, end at its root.
    """
    slope, bend = weights @ direction, direction @ direction
    low, high, t = 0.0, np.inf, 1.0
    for _ in range(100):
        rise, curvature, size = sums.along(margins, change, t, threads)
        rise += slope + t * bend
        if abs(rise) <= 1e-13 * (abs(slope) + t * bend + size):
            return t
        low, high = (t, high) if rise < 0 else (low, t)
        following = t - rise / (curvature + bend)
        if not low < following < high:
            following = 2.0 * t if high == np.inf else 0.5 * (low + high)
        if following in (t, low, high):
            return t
        t = following
    return t


# --------------------------------------------------------------------------------- the dual
def descend_dual(rows, machine, max_iter, tol, seed=1):
    """Coordinate descent on the dual, in random order, with rows at rest left out.

    (Hsieh, Chang, Lin, Keerthi and Sundararajan, 2008; Ho and Lin, 2012.) Ends when no
    coordinate's derivative has a part beyond `tol` that would lower the objective.
    """
    n, p = rows.shape
    cost = machine.cost
    bound = np.where(cost > 0, np.inf, 0.0) if machine.squared else cost
    ridge = np.zeros(n)
    if machine.squared:
        np.divide(0.5, cost, out=ridge, where=cost > 0)
    curvature = rows.squares() + machine.bias**2 + ridge
    # Others have no part in w: rows of zeros, and rows without weight.
    active = np.flatnonzero((cost > 0) & (curvature > 0)).astype(np.int32)
    beta, coef, bias_weight = np.zeros(n), np.zeros(p), 0.0
    state = Standing(len(active), seed)
    while state.goes_on(max_iter):
        bias_weight = interval_passes(
            rows,
            machine.lower,
            machine.upper,
            bound,
            ridge,
            curvature,
            machine.bias,
            beta,
            coef,
            bias_weight,
            active,
            state,
            min(_PASSES, max_iter - state.n_iter),
            tol,
        )
    return Found(coef, bias_weight, state.n_iter, state.converged, beta)


def descend_classes(rows, labels, cost, n_classes, *, bias, max_iter, tol, seed=1):
    """Minimise ``Σ_k ‖w̃_k‖² / 2 + Σ_i C_i max_k (w̃_k x̃_i − w̃_{y_i} x̃_i + 1 − δ_{k y_i})``.

    (Crammer and Singer, 2001.) The dual variables of one row at a time (Keerthi, Sundararajan,
    Chang, Hsieh and Lin, 2008). Ends as `descend_dual` does.
    """
    n, p = rows.shape
    square = rows.squares() + bias**2
    active = np.flatnonzero((cost > 0) & (square > 0)).astype(np.int32)
    alpha, weights = np.zeros((n, n_classes)), np.zeros((p + 1, n_classes))
    labels = labels.astype(np.int32)
    state = Standing(len(active), seed)
    while state.goes_on(max_iter):
        class_passes(
            rows,
            labels,
            cost,
            square,
            bias,
            alpha,
            weights,
            active,
            state,
            min(_PASSES, max_iter - state.n_iter),
            tol,
        )
    return Found(weights[:p].T.copy(), weights[p], state.n_iter, state.converged, alpha)


@dataclass
class Standing:
    """How far a descent is: rows still met, the slack above which they are left out, the seed."""

    n_active: int
    seed: int
    limit: float = np.inf
    n_iter: int = 0
    converged: bool = False

    def goes_on(self, max_iter):
        return self.n_iter < max_iter and not self.converged
