"""Quantile regression, a linear program: ``Σ w (q (y − z)₊ + (1 − q) (z − y)₊) + λ ‖β‖₁``."""

import numpy as np
from scipy.linalg import qr

from ..._core.parallel import blas_threads
from .design import Design
from .interior import Hinges, Pieces, interior_point
from .linalg import newton_direction

# Columns up to which the linear algebra stays on one thread.
_NARROW = 256


class WithPenaltyRows:
    """X with a column of ones (or none), over rows of the identity whose hinges are an L1 norm.

    Columns are divided by their root mean square about their mean, which is taken off where there
    is a constant term: units do not matter to the steps.
    """

    def __init__(self, X, fit_intercept, n_penalty):
        plain = Design(X)
        mean, variance = plain.moments(None, center=fit_intercept)
        scale = np.sqrt(variance)
        scale[scale == 0.0] = 1.0
        self.design = plain.transformed(mean if fit_intercept else None, scale)
        self.scale = scale
        self.n, self.p = X.shape
        self.fit_intercept, self.n_penalty = fit_intercept, n_penalty
        self.column_sums = np.full(self.p + fit_intercept, float(self.n + n_penalty))

    def margins(self, theta):
        coef = theta[: self.p]
        z = self.design.margins(coef[:, None])[:, 0].astype(np.float64, copy=False)
        if self.fit_intercept:
            z = z + theta[self.p]
        return np.concatenate([z, coef / self.scale]) if self.n_penalty else z

    def pull(self, force):
        own = force[: self.n]
        out = self.design.pull(own[:, None])[:, 0]
        if self.n_penalty:
            out = out + force[self.n :] / self.scale
        return np.append(out, own.sum()) if self.fit_intercept else out

    def gram(self, weight):
        own, m = weight[: self.n], self.p + self.fit_intercept
        out = np.zeros((m, m))
        out[: self.p, : self.p] = self.design.gram(own)
        if self.fit_intercept:
            out[self.p, : self.p] = out[: self.p, self.p] = self.design.pull(own[:, None])[:, 0]
            out[self.p, self.p] = own.sum()
        if self.n_penalty:
            out[np.arange(self.p), np.arange(self.p)] += weight[self.n :] / self.scale**2
        return out

    def take(self, rows):
        """Rows of A, dense."""
        out = np.zeros((len(rows), self.p + self.fit_intercept))
        data = rows < self.n
        picked = self.design.columns.X[rows[data]]
        picked = picked.toarray() if hasattr(picked, "toarray") else picked
        if self.fit_intercept:
            picked = picked - self.design.center
            out[data, self.p] = 1.0
        out[data, : self.p] = picked / self.scale
        column = rows[~data] - self.n
        out[np.flatnonzero(~data), column] = 1.0 / self.scale[column]
        return out

    def to_raw(self, theta):
        """Coefficients and constant term of X itself."""
        intercept = theta[self.p :] if self.fit_intercept else np.zeros(1)
        coef, intercept = self.design.to_raw(theta[: self.p, None], intercept)
        return coef[:, 0], float(intercept[0]) if self.fit_intercept else 0.0


def solve_quantile(X, y, weight, *, quantile, penalty, fit_intercept, max_iter=100, tol=1e-10):
    """Return β, b, steps taken, whether the gap fell to `tol`, and the relative gap.

    The solution is moved to a vertex where that is no worse: as many residuals and coefficients
    are zero there, to rounding, as there are unknowns.

    Parameters
    ----------
    X : ndarray, CSR or CSC of shape (n, p)
    y, weight : ndarray of float64, shape (n,)
        Weights are positive.
    quantile : float in (0, 1)
    penalty : float
        λ.
    fit_intercept : bool
    max_iter : int
    tol : float
    """
    # In double: float32 products would leave the last digits of the gap to chance.
    X = X.astype(np.float64, copy=False)
    p = X.shape[1]
    n_penalty = p if penalty > 0 else 0
    rows = WithPenaltyRows(X, fit_intercept, n_penalty)
    # Weights of mean 1, and y of unit spread: the gap is relative to the objective, as λ is.
    level = weight.mean()
    centre = np.median(y) if fit_intercept else 0.0
    spread = np.abs(y - centre).mean() or 1.0
    target = np.concatenate([(y - centre) / spread, np.zeros(n_penalty)])
    below = np.concatenate([quantile * weight / level, np.full(n_penalty, penalty / level)])
    above = np.concatenate([(1 - quantile) * weight / level, np.full(n_penalty, penalty / level)])
    hinges = Hinges(np.ones(len(target)), target, above + below)
    pieces = Pieces(rows, np.zeros(p + fit_intercept), -below, (hinges,))
    # The force is zero at the start, so the dual's equation holds from there on.
    start = below / (above + below)
    # Waking threads for products of narrow blocks costs more than the products do.
    with blas_threads(1 if p <= _NARROW else None):
        theta = least_squares(rows, target)
        point = interior_point(pieces, theta=theta, start=(start,), max_iter=max_iter, tol=tol)
        theta, corners = at_vertex(pieces, point)
    coef, intercept = rows.to_raw(theta * spread)
    found = coef, intercept + centre
    if len(corners):
        found = through_rows(X, y, corners, fit_intercept, found)
    return *found, point.n_iter, point.converged, point.gap


def least_squares(rows, target):
    """θ with the least squares of the data's rows: a start with residuals of the right size."""
    weight = np.ones(rows.n + rows.n_penalty)
    return newton_direction(rows.gram(weight), rows.pull(target))


def through_rows(X, y, corners, fit_intercept, found):
    """β and b that pass through the rows of a vertex, by equations in X and y themselves.

    Free of the rounding of units; `found` where the equations are worse solved so.
    """
    coef, intercept = found
    n = len(y)
    through = np.sort(corners[corners < n])
    coef[corners[corners >= n] - n] = 0.0
    columns = np.setdiff1d(np.arange(X.shape[1]), corners[corners >= n] - n)
    block = X[through][:, columns]
    block = block.toarray() if hasattr(block, "toarray") else block
    if fit_intercept:
        block = np.hstack([block, np.ones((len(through), 1))])
    unknowns = np.append(coef[columns], intercept) if fit_intercept else coef[columns]
    try:
        direct = np.linalg.solve(block, y[through])
    except np.linalg.LinAlgError:
        return found
    missed = np.abs(block @ np.column_stack([direct, unknowns]) - y[through, None]).max(
        axis=0, initial=0.0
    )
    if not missed[0] <= missed[1]:
        return found
    coef[columns] = direct[: len(columns)]
    return coef, float(direct[-1]) if fit_intercept else 0.0


def at_vertex(pieces, point):
    """θ where as many terms as unknowns are at their corner, if that is as good as `point`.

    Returns θ and the rows of those terms, none where θ is the point's.
    """
    hinges, dual, theta = pieces.families[0], point.duals[0], point.theta
    inside = np.minimum(dual, hinges.slope - dual) / hinges.slope
    m = len(theta)
    order = np.argsort(-inside, kind="stable")[: min(len(inside), 3 * m)]
    rows = pieces.rows.take(order)
    # Of corners that depend on one another the ones that are surest come first.
    _, _, pivots = qr(rows.T * inside[order], mode="economic", pivoting=True)
    chosen = np.sort(pivots[:m])
    if len(chosen) < m:
        return theta, order[:0]
    try:
        vertex = np.linalg.solve(rows[chosen], hinges.target[order[chosen]])
    except np.linalg.LinAlgError:
        return theta, order[:0]
    value = pieces.value(theta)
    better = np.isfinite(vertex).all() and pieces.value(vertex) <= value + 1e-9 * abs(value)
    return (vertex, order[chosen]) if better else (theta, order[:0])
