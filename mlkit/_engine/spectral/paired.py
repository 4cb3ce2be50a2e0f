"""Pairs of directions of two centred tables, found one after the other with deflation."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .svd import svd_flip

# Deflation leaves rounding errors where directions were removed; below this share of the largest
# singular value they are taken for nothing.
_NULL = 1e6 * np.finfo(np.float64).eps
# What is left of a column of Y below this share of it is rounding.
_SPENT = 10 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class LatentPairs:
    """``X ≈ T Pᵀ`` and ``Y ≈ U Qᵀ`` with columns of T and U that covary.

    Attributes
    ----------
    x_weights, y_weights : ndarray of shape (p, k) and (q, k)
        Directions in the deflated tables.
    x_scores, y_scores : ndarray of shape (n, k)
        T and U.
    x_loadings, y_loadings : ndarray of shape (p, k) and (q, k)
        P and Q.
    n_iter : list of int
        Iterations for each pair that was found; the others are zeros.
    converged : bool
    """

    x_weights: np.ndarray
    y_weights: np.ndarray
    x_scores: np.ndarray
    y_scores: np.ndarray
    x_loadings: np.ndarray
    y_loadings: np.ndarray
    n_iter: list
    converged: bool


class Covariance:
    """Maps between directions of greatest covariance: ``w ∝ XᵀY c`` and ``c ∝ YᵀX w``.

    The matrix between them is formed where it has fewer entries than X and Y, so that an iteration
    does not meet the rows.
    """

    def __init__(self, X, Y):
        self.X, self.Y = X, Y
        self.matrix = X.T @ Y if X.shape[1] * Y.shape[1] <= X.size + Y.size else None

    def forward(self, c):
        """``XᵀY c``."""
        return self.X.T @ (self.Y @ c) if self.matrix is None else self.matrix @ c

    def backward(self, w):
        """``YᵀX w``."""
        return self.Y.T @ (self.X @ w) if self.matrix is None else w @ self.matrix


class Correlation:
    """Maps between directions of greatest correlation: ``w ∝ X⁺Y c`` and ``c ∝ Y⁺X w``."""

    def __init__(self, X, Y):
        self.to_x, self.to_y = _least_squares(X, Y), _least_squares(Y, X)

    def forward(self, c):
        """``X⁺Y c``."""
        return self.to_x @ c

    def backward(self, w):
        """``Y⁺X w``."""
        return self.to_y @ w


def _least_squares(A, B):
    """``A⁺B``."""
    left, values, right = linalg.svd(A, full_matrices=False, check_finite=False)
    kept = values > _NULL * values[0]
    return right[kept].T @ ((left[:, kept].T @ B) / values[kept, None])


@dataclass(frozen=True)
class PowerIteration:
    """The leading pair by turns, until the squared step of w is below `tol`."""

    max_iter: int
    tol: float

    def __call__(self, maps, c):
        """Return w, c of unit length, the iterations, and whether they ended by `tol`."""
        before = None
        for n_iter in range(1, self.max_iter + 1):
            w = _unit(maps.forward(c))
            c = _unit(maps.backward(w))
            if len(c) == 1 or (before is not None and np.sum((w - before) ** 2) < self.tol):
                return w, c, n_iter, True
            before = w
        return w, c, self.max_iter, False


@dataclass(frozen=True)
class SingularPair:
    """The leading pair as singular vectors of the matrix of covariances."""

    def __call__(self, maps, c):
        """Return w, c of unit length, one for the iterations, and True."""
        left, _, right = linalg.svd(maps.X.T @ maps.Y, full_matrices=False, check_finite=False)
        return left[:, 0], right[0], 1, True


def _unit(vector):
    length = np.linalg.norm(vector)
    return vector / length if length else vector


def latent_pairs(X, Y, count, maps, leading, canonical):
    """Find `count` pairs of directions, each in what the earlier ones leave of X and Y.

    ``w`` and ``c`` are the leading pair of `maps`; the scores are ``t = Xw`` and ``u = Yc``. What
    is left of X is ``X − t pᵀ``, p = Xᵀt/t·t. Of Y it is ``Y − u qᵀ``, q = Yᵀu/u·u, if `canonical`;
    else Y is predicted from t: ``Y − t qᵀ`` with q = Yᵀt/t·t, and c is scaled to q.

    All this commutes with an orthogonal map of the rows, so where the maps cost a factorisation a
    long X is exchanged for a triangle first.

    Parameters
    ----------
    X, Y : ndarray of shape (n, p) and (n, q)
        float64 with columns of mean 0; both are overwritten.
    count : int
    maps : Covariance or Correlation
    leading : PowerIteration or SingularPair
    canonical : bool

    Returns
    -------
    LatentPairs
        Fewer than `count` are found if nothing is left of Y.

    References
    ----------
    J. A. Wegelin, "A survey of partial least squares methods, with emphasis on the two-block
    case", Technical Report 371, University of Washington (2000).
    """
    p, q = X.shape[1], Y.shape[1]
    basis = None
    if maps is Correlation and len(X) > p + q:
        basis, triangle = linalg.qr(np.hstack([X, Y]), mode="economic", check_finite=False)
        X, Y = triangle[:, :p].copy(), triangle[:, p:].copy()
    sizes = np.linalg.norm(Y, axis=0)
    pairs, n_iter, converged = [], [], True
    while len(pairs) < count:
        rest = np.linalg.norm(Y, axis=0) > _SPENT * sizes
        Y[:, ~rest] = 0
        if not rest.any():
            break
        w, c, turns, ended = leading(maps(X, Y), np.eye(q)[rest.argmax()])
        pairs.append(_deflate(X, Y, *_turned(w, c), canonical))
        n_iter.append(turns)
        converged &= ended
    columns = [np.zeros((rows, count)) for rows in (p, q, len(X), len(Y), p, q)]
    for k, pair in enumerate(pairs):
        for column, values in zip(columns, pair, strict=True):
            column[:, k] = values
    if basis is not None:
        columns[2:4] = [basis @ scores for scores in columns[2:4]]
    return LatentPairs(*columns, n_iter, converged)


def _turned(w, c):
    """The pair with the greatest entry of w positive."""
    w, c = svd_flip(w[:, None], c[None, :])
    return w[:, 0], c[0]


def _deflate(X, Y, w, c, canonical):
    """Take the pair out of X and Y, in place; return weights, scores and loadings."""
    t = X @ w
    if not canonical:
        c = _share(Y, t)
    u = Y @ c / (c @ c or 1.0)
    x_loading = _share(X, t)
    y_loading = _share(Y, u) if canonical else c
    X -= np.multiply.outer(t, x_loading)
    Y -= np.multiply.outer(u if canonical else t, y_loading)
    return w, c, t, u, x_loading, y_loading


def _share(A, score):
    """``Aᵀs / s·s``, and 0 for s = 0."""
    return score @ A / (score @ score or 1.0)
