"""Sums of hinges and a quadratic by a primal-dual interior point method.

Minimises ``θᵀ P θ / 2 + f₀ᵀ z + Σ v (σ z − t)₊`` over θ, with z = A θ, P diagonal and ≥ 0, σ = ±1:
linear machines (the hinge, the error beyond ε) and, with P = 0, quantile regression, where L1
penalties are rows of A. The dual variables λ of the hinges lie in [0, v] and
``P θ + Aᵀ (f₀ + Σ σ λ) = 0``. With σ z − t = s − r, r and s ≥ 0, the minimum is where r λ = 0 and
s (v − λ) = 0; Newton's method follows r λ = s (v − λ) = μ down to μ = 0, each step a weighted least
squares problem in θ (Portnoy and Koenker, 1997; Mehrotra, 1992).
"""

from dataclasses import dataclass

import numpy as np

from .linalg import factorise, solve_factorised

# Share of the way to the border that a step goes.
_STRIDE = 0.9995


@dataclass
class Hinges:
    """Terms ``v (σ z − t)₊``, one a row: sign σ, target t, slope v > 0."""

    sign: np.ndarray
    target: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True)
class Pieces:
    """A problem: A by its products, P's diagonal, the constant force f₀, and families of hinges.

    `rows` has ``margins(theta)``, ``pull(force)`` (Aᵀ f) and ``gram(weight)`` (Aᵀ diag(w) A).
    """

    rows: object
    quadratic: np.ndarray
    force: np.ndarray
    families: tuple

    def value(self, theta, z=None):
        """The objective."""
        z = self.rows.margins(theta) if z is None else z
        value = 0.5 * (self.quadratic * theta) @ theta + self.force @ z
        for each in self.families:
            value += each.slope @ np.maximum(each.sign * z - each.target, 0.0)
        return float(value)

    def dual_value(self, theta, duals):
        """A lower bound of the objective where ``P θ + Aᵀ (f₀ + Σ σ λ) = 0``."""
        value = -0.5 * (self.quadratic * theta) @ theta
        for each, dual in zip(self.families, duals, strict=True):
            value -= each.target @ dual
        return float(value)


@dataclass(frozen=True)
class Point:
    """What was found: θ, the dual variables, steps taken, the gap between the objectives."""

    theta: np.ndarray
    duals: tuple
    n_iter: int
    converged: bool
    gap: float


class _Side:
    """Where the variables of one family stand."""

    def __init__(self, hinges, z, start):
        self.sign, self.slope = hinges.sign, hinges.slope
        distance = self.sign * z - hinges.target
        room = 0.1 * np.abs(distance).mean() + 1e-3 * np.abs(distance).max(initial=0.0) + 1e-12
        self.above = np.maximum(distance, 0.0) + room
        self.below = np.maximum(-distance, 0.0) + room
        self.dual = start * self.slope

    def gap(self):
        return self.below @ self.dual + self.above @ (self.slope - self.dual)

    def prepare(self, mu, second=None):
        """Right-hand sides for the target μ, with the second-order terms of another step."""
        rest = self.slope - self.dual
        one, two = mu - self.below * self.dual, mu - self.above * rest
        if second is not None:
            one -= second[1] * second[0]
            two += second[2] * second[0]
        self.stiffness = self.below / self.dual + self.above / rest
        self.offset = two / rest - one / self.dual
        self.one, self.two, self.rest = one, two, rest

    def step(self, change):
        """(dλ, dr, ds) for a change of z."""
        dual = (self.sign * change - self.offset) / self.stiffness
        below = (self.one - self.below * dual) / self.dual
        return dual, below, (self.two + self.above * dual) / self.rest

    def longest(self, step):
        """How far one may go: in r and s, and in λ."""
        dual, below, above = step
        primal = min(_reach(self.below, below), _reach(self.above, above))
        return primal, min(_reach(self.dual, dual), _reach(self.rest, -dual))

    def gap_after(self, step, primal, dual):
        ahead = self.dual + dual * step[0]
        below, above = self.below + primal * step[1], self.above + primal * step[2]
        return below @ ahead + above @ (self.slope - ahead)

    def move(self, step, primal, dual):
        self.dual = self.dual + dual * step[0]
        self.below = self.below + primal * step[1]
        self.above = self.above + primal * step[2]


def _reach(position, step):
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(step < 0, -position / step, np.inf)
    return float(ratio.min(initial=np.inf))


def interior_point(pieces, *, theta=None, start=0.5, max_iter=100, tol=1e-10):
    """Minimise `pieces`.

    Parameters
    ----------
    pieces : Pieces
    theta : ndarray, optional
        Where to start; 0 by default.
    start : float or tuple
        λ / v at the start, for all hinges or a family each; in (0, 1).
    max_iter : int
    tol : float
        The gap of the objectives, relative to them, at which to stop.
    """
    theta = np.zeros(len(pieces.quadratic)) if theta is None else theta.copy()
    z = pieces.rows.margins(theta)
    starts = start if isinstance(start, tuple) else (start,) * len(pieces.families)
    sides = [_Side(*each) for each in zip(pieces.families, [z] * len(starts), starts, strict=True)]
    n_terms = 2 * sum(len(side.dual) for side in sides)
    best = None
    for n_iter in range(max_iter + 1):
        force = pieces.force + sum(side.sign * side.dual for side in sides)
        residual = pieces.quadratic * theta + pieces.rows.pull(force)
        gap = sum(side.gap() for side in sides)
        scale = 1.0 + abs(pieces.value(theta, z))
        amiss = max(gap / scale, _relative(residual, pieces.rows, pieces.force, sides))
        if best is None or amiss < best[0]:
            best = (amiss, theta.copy(), tuple(side.dual for side in sides))
        if amiss <= tol or n_iter == max_iter or amiss > 1e6 * best[0]:
            break
        theta, z = _advance(pieces, sides, theta, z, residual, gap / n_terms, n_terms)
    amiss, theta, duals = best
    # Past the square root of the precision the least squares problems can be too uneven to go on.
    return Point(theta, duals, n_iter, amiss <= max(tol, 1e-8), amiss)


def _relative(residual, rows, force, sides):
    """The greatest entry of the dual's residual, next to the terms that make it."""
    size = np.abs(force).max(initial=0.0) + sum(side.slope.max(initial=0.0) for side in sides)
    worst = (np.abs(residual) / rows.column_sums).max(initial=0.0)
    return float(worst / size) if size else 0.0


def _advance(pieces, sides, theta, z, residual, mu, n_terms):
    """One step of Mehrotra's: the affine one tells how far to aim, and its own second order."""
    for side in sides:
        side.prepare(0.0)
    solve = _solver(pieces, sum(1.0 / side.stiffness for side in sides))
    change, steps = _direction(pieces, sides, residual, solve)[1:]
    primal, dual = _lengths(pieces, sides, steps, 1.0)
    ahead = sum(side.gap_after(step, primal, dual) for side, step in zip(sides, steps, strict=True))
    centre = min(1.0, ahead / n_terms / mu) ** 3 * mu
    for side, step in zip(sides, steps, strict=True):
        side.prepare(centre, step)
    direction, change, steps = _direction(pieces, sides, residual, solve)
    primal, dual = _lengths(pieces, sides, steps, _STRIDE)
    for side, step in zip(sides, steps, strict=True):
        side.move(step, primal, dual)
    return theta + primal * direction, z + primal * change


def _solver(pieces, weight):
    matrix = pieces.rows.gram(weight)
    matrix[np.diag_indices_from(matrix)] += pieces.quadratic
    lift = 0.0
    factor, scale, _ = factorise(matrix)
    while factor is None:
        lift = max(1e-14, 100.0 * lift)
        factor, scale, _ = factorise(matrix, lift)
        if lift > 1.0:
            raise FloatingPointError("the weighted Gram matrix is not finite")
    return lambda right: solve_factorised(factor, scale, right)[:, 0]


def _direction(pieces, sides, residual, solve):
    pulled = sum(side.sign * side.offset / side.stiffness for side in sides)
    direction = solve(pieces.rows.pull(pulled) - residual)
    change = pieces.rows.margins(direction)
    return direction, change, [side.step(change) for side in sides]


def _lengths(pieces, sides, steps, stride):
    reach = [side.longest(step) for side, step in zip(sides, steps, strict=True)]
    primal = min(1.0, stride * min(each[0] for each in reach))
    dual = min(1.0, stride * min(each[1] for each in reach))
    if pieces.quadratic.any():
        # θ is in the dual's equation, too: one length for both keeps its residual falling.
        primal = dual = min(primal, dual)
    return primal, dual
