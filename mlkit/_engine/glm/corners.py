"""Linear machines with distances (not squares), exactly.

The minimum of ``‖w̃‖² / 2 + Σ C_i d(w̃ x̃_i)`` is ``w̃ = Σ β_i x̃_i`` with β = ±C outside the interval,
0 inside, and between for rows at an end of it. Once those are known the rest is linear equations.
"""

import numpy as np

from .design import Design
from .interior import Hinges, Pieces, interior_point

# Dual variables this close to a bound, next to it, are at it.
_AT_BOUND = 1e-6
# Equations and inequalities of a corner hold to this, next to the numbers in them.
_HOLDS = 1e-9


class WithBias:
    """Rows of X with one more entry, the bias, in double."""

    def __init__(self, X, bias):
        self.design = Design(X.astype(np.float64, copy=False))
        self.n, self.p = X.shape
        self.bias = bias
        self.column_sums = np.full(self.p + 1, float(self.n))

    def margins(self, weights):
        return self.design.margins(weights[:-1, None])[:, 0] + self.bias * weights[-1]

    def pull(self, force):
        return np.append(self.design.pull(force[:, None])[:, 0], self.bias * force.sum())

    def gram(self, weight):
        out = np.empty((self.p + 1, self.p + 1))
        out[:-1, :-1] = self.design.gram(weight)
        out[-1, :-1] = out[:-1, -1] = self.bias * self.design.pull(weight[:, None])[:, 0]
        out[-1, -1] = self.bias**2 * weight.sum()
        return out

    def take(self, rows):
        picked = self.design.columns.X[rows]
        picked = picked.toarray() if hasattr(picked, "toarray") else picked
        return np.hstack([picked, np.full((len(rows), 1), self.bias)])


def by_interior_point(rows, machine, max_iter=100):
    """Dual variables β, steps taken, and whether the gap was closed; every cost is positive."""
    lower, upper, cost = machine.lower, machine.upper, machine.cost
    below, above = np.isfinite(lower), np.isfinite(upper)
    force = np.zeros(rows.n)
    if (lower == upper).all():
        families, start = (Hinges(np.ones(rows.n), upper, 2.0 * cost),), 0.5
        force = -cost
    elif (below ^ above).all():
        target = np.where(above, upper, -np.where(below, lower, 0.0))
        families, start = (Hinges(np.where(above, 1.0, -1.0), target, cost),), 0.5
    else:
        ones = np.ones(rows.n)
        families, start = (Hinges(ones, upper, cost), Hinges(-ones, -lower, cost)), 0.25
    pieces = Pieces(rows, np.ones(rows.p + 1), force, families)
    point = interior_point(pieces, start=start, max_iter=max_iter)
    beta = -force - sum(each.sign * dual for each, dual in zip(families, point.duals, strict=True))
    return beta, point


def at_corners(rows, machine, beta):
    """w̃ and β from which rows are where, by `beta`; None if that is not the minimum.

    Returns weights with the bias's last. Conditions of optimality are checked, so that what is
    returned is the minimum to rounding.
    """
    cost, lower, upper = machine.cost, machine.lower, machine.upper
    bound = np.abs(beta) >= (1.0 - _AT_BOUND) * cost
    inside = (np.abs(beta) <= _AT_BOUND * cost) & (lower < upper)
    free = np.flatnonzero(~bound & ~inside)
    if len(free) > rows.p + 1:
        return None
    beta = np.where(bound, np.sign(beta) * cost, 0.0) + np.where(bound | inside, 0.0, beta)
    ends = np.where(beta[free] > 0, lower[free], upper[free])
    beta[free] = 0.0
    weights = rows.pull(beta)
    if len(free):
        block = rows.take(free)
        missing = ends - block @ weights
        solution = np.linalg.lstsq(block @ block.T, missing, rcond=None)[0]
        beta[free] = solution
        weights = weights + block.T @ solution
    z = rows.margins(weights)
    slack = _HOLDS * (1.0 + np.abs(z))
    fits = np.where(
        bound,
        np.where(beta > 0, z <= lower + slack, z >= upper - slack),
        (z >= lower - slack) & (z <= upper + slack),
    )
    least = np.where(np.isfinite(upper), -cost, 0.0)[free] - _HOLDS * cost[free]
    most = np.where(np.isfinite(lower), cost, 0.0)[free] + _HOLDS * cost[free]
    # Of an interval with an inside, β > 0 holds up at the lower end and β < 0 down at the upper.
    signs = (np.sign(beta[free]) == np.where(ends == lower[free], 1.0, -1.0)) | (
        lower[free] == upper[free]
    )
    good = fits.all() and ((beta[free] >= least) & (beta[free] <= most)).all() and signs.all()
    return (weights, beta) if good else None
