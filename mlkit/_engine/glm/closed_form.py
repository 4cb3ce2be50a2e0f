"""Least squares with or without an L2 penalty, from a factorisation.

Minimises ``Σ w (y − Xβ − b)² + Σ α β²`` for each target: here the sum, not the mean, and without
the half, as the literature on ridge regression writes it.
"""

from dataclasses import dataclass

import numpy as np

from .design import Design
from .linalg import factorise, solve_factorised
from .problem import Solution

# Reciprocal condition of the unit-diagonal Gram matrix above which its Cholesky factor, after one
# step of refinement, gives coefficients as good as an orthogonal factorisation's.
_WELL_POSED = 1e-8


@dataclass(frozen=True)
class LeastSquares:
    """Data of a least-squares problem, moved to its (weighted) means.

    Attributes
    ----------
    design : Design
        Centred where there is an intercept.
    y : ndarray of shape (n, K), double
        Centred likewise.
    weight : ndarray of shape (n,), double, or None
    """

    design: Design
    y: np.ndarray
    weight: np.ndarray | None
    y_mean: np.ndarray

    @classmethod
    def of(cls, task):
        design = Design(task.X, n_threads=task.n_threads)
        weight = None if task.weight is None else task.weight.astype(np.float64)
        y = task.y.astype(np.float64)
        if not task.fit_intercept:
            return cls(design, y, weight, np.zeros(y.shape[1]))
        design = design.transformed(design.mean(weight), None)
        y_mean = np.average(y, axis=0, weights=weight)
        return cls(design, y - y_mean, weight, y_mean)

    def weighted(self, values):
        return values if self.weight is None else values * self.weight[:, None]

    def rooted(self, values):
        return values if self.weight is None else values * np.sqrt(self.weight)[:, None]

    def solution(self, coef, **details):
        coef, intercept = self.design.to_raw(coef, self.y_mean)
        n_iter, converged = details.pop("n_iter", 1), details.pop("converged", True)
        return Solution(coef, intercept, n_iter, converged, details=details)


def targets_by_alpha(alpha, n_targets):
    """(α, targets that have it) for a number or one α a target."""
    alpha = np.asarray(alpha, dtype=np.float64).reshape(-1)
    if len(alpha) == 1:
        return [(float(alpha[0]), slice(None))]
    values, place = np.unique(alpha, return_inverse=True)
    assert len(alpha) == n_targets
    return [(float(a), np.flatnonzero(place == i)) for i, a in enumerate(values)]


@dataclass(frozen=True)
class Cholesky:
    """Normal equations on the smaller side of X, with an orthogonal method where they fail.

    With p ≤ n it factorises ``XᵀX + αI``, else ``XXᵀ + αI``. Where the matrix is near singular the
    singular values of X decide, and the solution is that of least norm.
    """

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        factors = Gram(LeastSquares.of(task))
        coef = factors.coef(getattr(task.penalty, "alpha", 0.0))
        if coef is None:
            return SVD().solve(task)
        return factors.data.solution(coef, **self._spectrum(task, factors))

    def _spectrum(self, task, factors):
        """Rank and singular values of an unpenalised X, which is well posed if it comes here."""
        if hasattr(task.penalty, "alpha"):
            return {}
        gram = factors.matrix()
        values = np.linalg.eigvalsh(gram)[::-1]
        return {
            "rank": np.count_nonzero(np.diagonal(gram)),
            "singular": np.sqrt(np.maximum(values, 0.0)),
        }


class Gram:
    """The products of X's columns, or of its rows where these are fewer, for one α after another.

    It is formed when it is first needed. Rows serve only penalised fits.
    """

    def __init__(self, data):
        self.data, self._matrix = data, None
        n, p = data.design.shape
        self.of_columns = p <= n

    def matrix(self):
        """``X̃ᵀ diag(w) X̃``, or ``X̃ X̃ᵀ``."""
        if self._matrix is None:
            design = self.data.design
            # An overflow shows as a bad condition; then singular values decide.
            with np.errstate(over="ignore", invalid="ignore"):
                self._matrix = (
                    design.gram(self.data.weight) if self.of_columns else design.row_gram()
                )
        return self._matrix

    def coef(self, alpha):
        """β (p, K) for one α, or one a target; None where the matrix is near singular."""
        y = self.data.y
        coef = np.zeros((self.data.design.shape[1], y.shape[1]))
        for each, targets in targets_by_alpha(alpha, y.shape[1]):
            if self.of_columns:
                found = solve_primal(self.data, self.matrix(), y[:, targets], each)
            elif each > 0:
                found = solve_dual(self.data, self.matrix(), y[:, targets], each)
            else:
                return None
            if found is None:
                return None
            coef[:, targets] = found
        return coef


def solve_primal(data, gram, y, alpha):
    """β from ``(XᵀWX + αI) β = XᵀWy``, refined once; None where that is near singular."""
    matrix = gram.copy()
    matrix.reshape(-1)[:: len(matrix) + 1] += alpha
    factor, inverse_root, condition = factorise(matrix)
    if condition < (_WELL_POSED if alpha == 0 else np.finfo(np.float64).eps):
        return None
    coef = solve_factorised(factor, inverse_root, data.design.pull(data.weighted(y)))
    residual = y - data.design.margins(coef)
    correction = data.design.pull(data.weighted(residual)) - alpha * coef
    return coef + solve_factorised(factor, inverse_root, correction)


def solve_dual(data, row_gram, y, alpha):
    """β = XᵀW^½ a from ``(W^½XXᵀW^½ + αI) a = W^½y``; None where that is near singular."""
    matrix = row_gram.copy()
    if data.weight is not None:
        root = np.sqrt(data.weight)
        matrix *= root[:, None] * root
    matrix.reshape(-1)[:: len(matrix) + 1] += alpha
    factor, inverse_root, condition = factorise(matrix)
    if condition < np.finfo(np.float64).eps:
        return None
    dual = solve_factorised(factor, inverse_root, data.rooted(y))
    return data.design.pull(data.rooted(dual))


@dataclass(frozen=True)
class SVD:
    """β = V diag(s / (s² + α)) Uᵀy from the singular values of the centred, weighted X.

    Singular values below ``cut`` times the largest are zero; None is the precision of X's dtype
    times max(n, p).
    """

    cut: float | None = None

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        data = LeastSquares.of(task)
        left, values, right = thin_svd(data.design.columns.centred(data.design.center, data.weight))
        cut = self.cut
        if cut is None:
            # Centring leaves rounding of the data's own precision where a column is constant.
            cut = max(task.X.shape) * np.finfo(task.X.dtype).eps
        singular = values
        kept = values > cut * values.max(initial=0.0)
        left, values, right = left[:, kept], values[kept], right[kept]
        projected = left.T @ data.rooted(data.y)
        coef = np.empty((task.X.shape[1], data.y.shape[1]))
        for alpha, targets in targets_by_alpha(getattr(task.penalty, "alpha", 0.0), coef.shape[1]):
            # 1 / s, not s / s², which underflows for the least numbers
            shrunk = values / (values**2 + alpha) if alpha else 1.0 / values
            coef[:, targets] = right.T @ (shrunk[:, None] * projected[:, targets])
        return data.solution(coef, rank=len(values), singular=singular)


def thin_svd(X):
    """U, s, Vᵀ by divide and conquer, or by QR iteration where that does not converge."""
    from scipy.linalg import svd

    try:
        return svd(X, full_matrices=False, check_finite=False)
    except np.linalg.LinAlgError:
        return svd(X, full_matrices=False, check_finite=False, lapack_driver="gesvd")


@dataclass(frozen=True)
class NonNegative:
    """Least squares with β ≥ 0, by active sets on the Gram matrix.

    The method of Lawson and Hanson (1974) with the passive set's normal equations, as Bro and
    de Jong (1997): the coefficient whose gradient is steepest becomes free; a step that would
    leave the orthant stops at its border.
    """

    max_iter: int | None = None

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        data = LeastSquares.of(task)
        gram = data.design.gram(data.weight)
        right = data.design.pull(data.weighted(data.y))
        coef, rounds, converged = np.zeros(right.shape), 0, True
        for alpha, targets in targets_by_alpha(getattr(task.penalty, "alpha", 0.0), right.shape[1]):
            matrix = gram + alpha * np.eye(len(gram))
            for k in np.arange(right.shape[1])[targets]:
                coef[:, k], n, met = active_set(matrix, right[:, k], self.max_iter)
                rounds, converged = max(rounds, n), converged and met
        return data.solution(coef, n_iter=rounds, converged=converged)


def active_set(gram, right, max_iter=None):
    """argmin βᵀGβ/2 − rᵀβ over β ≥ 0, how many coefficients were freed, whether that was all."""
    p = len(right)
    coef, free = np.zeros(p), np.zeros(p, dtype=bool)
    # Below this a gradient is rounding of the products that make it.
    floor = 10 * p * np.finfo(np.float64).eps * max(np.abs(right).max(initial=0.0), 1e-300)
    limit = 3 * p if max_iter is None else max_iter
    for n_iter in range(limit + 1):
        descent = right - gram @ coef
        descent[free | (np.diagonal(gram) <= 0)] = -np.inf
        best = int(descent.argmax()) if p else 0
        if not p or descent[best] <= floor:
            return coef, n_iter, True
        if n_iter == limit:
            break
        free[best] = True
        while True:
            candidate = np.zeros(p)
            index = np.flatnonzero(free)
            candidate[index] = _solve_free(gram[np.ix_(index, index)], right[index])
            leaving = free & (candidate <= 0)
            if not leaving.any():
                coef = candidate
                break
            ratio = coef[leaving] / np.maximum(coef[leaving] - candidate[leaving], 1e-300)
            coef = coef + ratio.min() * (candidate - coef)
            stopped = free & (coef <= 1e-15 * coef.max(initial=0.0))
            stopped |= leaving & (coef <= 0)
            if not stopped.any():  # rounding: the one that reached the border first must leave
                stopped[np.flatnonzero(leaving)[ratio.argmin()]] = True
            coef[stopped] = 0.0
            free &= ~stopped
    return coef, limit, False


def _solve_free(gram, right):
    if not len(right):
        return right
    factor, inverse_root, condition = factorise(gram)
    if condition > np.finfo(np.float64).eps:
        return solve_factorised(factor, inverse_root, right)[:, 0]
    return np.linalg.lstsq(gram, right, rcond=None)[0]
