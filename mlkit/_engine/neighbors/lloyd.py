"""k-means by Lloyd's rounds: seeds, assignment, means, empty clusters, convergence."""

import math
from dataclasses import dataclass

import numpy as np

from ..._core.parallel import n_threads
from . import _lloyd

# Waking threads costs about what this many products of a round do.
_WORTH_THREADS = 1 << 19


class DensePoints:
    """Rows of an array with weights, as Lloyd's rounds ask them.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n, d), in C order
    weight : ndarray of shape (n,), default None
    threads : int, default None
        None is all processors, for rounds that are worth it.
    """

    def __init__(self, X, weight=None, threads=None):
        self.X, self.threads = X, threads
        self.weight = None if weight is None else np.ascontiguousarray(weight, dtype=X.dtype)

    @property
    def shape(self):
        return self.X.shape

    def take(self, rows):
        """The points of some rows."""
        weight = None if self.weight is None else self.weight[rows]
        return type(self)(self.X[rows], weight, self.threads)

    def values(self, rows):
        """Some rows as a dense array."""
        return self.X[rows]

    def weight_of(self, rows):
        """Weights of some rows."""
        return np.ones(len(rows)) if self.weight is None else self.weight[rows]

    def probability(self):
        """The weights over their sum."""
        n = self.shape[0]
        return np.full(n, 1 / n) if self.weight is None else self.weight / self.weight.sum()

    def _workers(self, k):
        if self.threads is not None:
            return self.threads
        return n_threads() if self.X.size * k >= _WORTH_THREADS else 1

    def assign(self, centres, labels):
        """Write the label of each row's nearest centre."""
        centres = np.ascontiguousarray(centres, dtype=self.X.dtype)
        _lloyd.assign(self.X, centres, None, labels, None, None, self._workers(len(centres)))

    def gather(self, centres, labels):
        """Label the rows; return ``Σ w x`` and ``Σ w`` of each centre."""
        k, d = centres.shape
        parts = _lloyd.n_chunks(len(self.X), k, d)
        sums, totals = np.empty((parts, k, d)), np.empty((parts, k))
        _lloyd.assign(
            self.X, centres, self.weight, labels, sums, totals, self._workers(len(centres))
        )
        return _ordered_sum(sums), _ordered_sum(totals)

    def own_squares(self, centres, labels):
        """Squared distance of each row from the centre of its label."""
        centres = np.ascontiguousarray(centres, dtype=self.X.dtype)
        return _lloyd.own_squares(self.X, centres, labels, self._workers(1))

    def bounds(self, centres):
        """The rows with bounds of their distances, for rounds that mostly look at those."""
        return BoundedPoints(self, centres)

    def seeding(self):
        """The rows as `plus_plus` asks them."""
        return DenseSeeding(self)


def _ordered_sum(parts):
    return parts[0] if len(parts) == 1 else np.add.accumulate(parts, axis=0)[-1]


class BoundedPoints:
    """`DensePoints` between rounds: bounds of distances, and sums that follow the rows that move.

    The triangle inequality spares most rows of a late round: one whose distance from its centre is
    at most so much, and from the others at least so much more, keeps its label unseen.
    """

    def __init__(self, points, centres):
        (n, d), k = points.shape, len(centres)
        parts, dtype = _lloyd.n_chunks(n, k, d), points.X.dtype
        self.points = points
        self.sums, self.totals = np.zeros((parts, k, d)), np.zeros((parts, k))
        self.upper = np.zeros(n, dtype=dtype)
        self.lower = np.zeros((n, -(-k // _lloyd.LANES)), dtype=dtype)
        self.before = centres

    def gather(self, centres, labels):
        """As `DensePoints.gather`; labels are −1 in the first round."""
        away = centres.astype(np.float64) - self.before
        moved = np.zeros(self.lower.shape[1] * _lloyd.LANES)
        moved[: len(centres)] = np.sqrt(np.einsum("kj,kj->k", away, away))
        # Rounded up, so that bounds hold in the precision of X too.
        moved = (moved * (1 + 4 * np.finfo(self.upper.dtype).eps)).astype(self.upper.dtype)
        self.before = centres
        _lloyd.bounded(
            self.points.X,
            centres,
            self.points.weight,
            labels,
            self.sums,
            self.totals,
            self.upper,
            self.lower,
            moved[: len(centres)],
            moved.reshape(-1, _lloyd.LANES).max(axis=1),
            self.points._workers(len(centres)),
        )
        # What a centre that lost all its rows has left is rounding.
        lost = np.bincount(labels, minlength=len(centres)) == 0
        self.sums[:, lost] = 0
        self.totals[:, lost] = 0
        return _ordered_sum(self.sums), _ordered_sum(self.totals)


class SparsePoints(DensePoints):
    """Rows of a CSR matrix with weights, as Lloyd's rounds ask them."""

    def values(self, rows):
        return self.X[rows].toarray()

    def _workers(self, k):
        if self.threads is not None:
            return self.threads
        return n_threads() if self.X.nnz * k >= _WORTH_THREADS else 1

    def assign(self, centres, labels):
        X = self.X
        centres = np.ascontiguousarray(centres, dtype=X.dtype)
        threads = self._workers(len(centres))
        _lloyd.assign_sparse(X.data, X.indices, X.indptr, centres, labels, threads)

    def gather(self, centres, labels):
        self.assign(centres, labels)
        X, (k, d) = self.X, centres.shape
        size = np.diff(X.indptr)
        cells = np.repeat(labels.astype(np.int64) * d, size) + X.indices
        values = X.data if self.weight is None else X.data * np.repeat(self.weight, size)
        sums = np.bincount(cells, values, minlength=k * d).reshape(k, d)
        return sums, np.bincount(labels, self.weight, minlength=k).astype(np.float64)

    def own_squares(self, centres, labels):
        """``‖x‖² − 2 x·c + ‖c‖²``, at least 0."""
        X, centres = self.X, np.asarray(centres, dtype=np.float64)
        rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        data = X.data.astype(np.float64, copy=False)
        there = centres[labels[rows], X.indices]
        # Stored entries by their differences: all that cancels is ‖c‖² beyond them.
        terms = (data - there) ** 2 - there**2
        out = np.bincount(rows, terms, minlength=X.shape[0])
        return np.maximum(out + np.einsum("kj,kj->k", centres, centres)[labels], 0.0)

    def bounds(self, centres):
        return self

    def seeding(self):
        return SparseSeeding(self)


class DenseSeeding:
    """Packed rows and their squared distance from the nearest seed so far."""

    def __init__(self, points):
        self.points, self.packed = points, _lloyd.pack(points.X)
        self.closest = np.full(len(points.X), np.inf)
        weight = points.weight
        self.weight = None if weight is None else weight.astype(np.float64)
        self.threads = points._workers(1)

    def pots(self, rows, keep=False):
        """What ``Σ w min(closest, ‖x − xᵣ‖²)`` would be with each row r as a further seed."""
        candidates = np.ascontiguousarray(self.points.X[rows])
        return _lloyd.seed(
            self.packed, candidates, self.closest, self.weight, keep, n_threads=self.threads
        )


class SparseSeeding(DenseSeeding):
    """As `DenseSeeding` for CSR rows."""

    def __init__(self, points):
        X = points.X
        self.points = points
        self.closest = np.full(X.shape[0], np.inf)
        weight = points.weight
        self.weight = None if weight is None else weight.astype(np.float64)
        self.squares = X.multiply(X).sum(axis=1, dtype=np.float64)
        self.squares = np.asarray(self.squares).ravel()

    def pots(self, rows, keep=False):
        X = self.points.X
        inner = (X[rows].astype(np.float64) @ X.T.astype(np.float64)).toarray()
        squares = np.maximum(self.squares[rows][:, None] - 2 * inner + self.squares, 0.0)
        squares[np.arange(len(rows)), rows] = 0
        np.minimum(squares, self.closest, out=squares)
        if keep:
            self.closest = squares[0].copy()
        return squares.sum(axis=1) if self.weight is None else squares @ self.weight


def points_of(X, weight=None, threads=None):
    """Rows of an array or CSR matrix as Lloyd's rounds ask them."""
    kind = DensePoints if isinstance(X, np.ndarray) else SparsePoints
    return kind(X, weight, threads)


# ------------------------------------------------------------------------------- seeds
def plus_plus(points, k, rng, n_trials=None):
    """Rows as seeds, each drawn by its squared distance from those before.

    Of `n_trials` rows drawn the one is kept that leaves the least sum of squares (D. Arthur and
    S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, section 5.2).

    Parameters
    ----------
    points : DensePoints or SparsePoints
    k : int
    rng : RandomState
    n_trials : int, default None
        None is ``2 + ⌊log k⌋``.

    Returns
    -------
    ndarray of int, shape (k,)
    """
    n_trials = 2 + int(math.log(k)) if n_trials is None else n_trials
    n = points.shape[0]
    chosen = np.empty(k, dtype=np.intp)
    chosen[0] = rng.choice(n, p=points.probability())
    seeding = points.seeding()
    pot = seeding.pots(chosen[:1], keep=True)[0]
    for i in range(1, k):
        draws = rng.uniform(size=n_trials) * pot
        weighted = seeding.closest
        if seeding.weight is not None:
            weighted = seeding.weight * weighted
        tried = np.searchsorted(np.cumsum(weighted), draws).clip(max=n - 1)
        best = int(np.argmin(seeding.pots(tried)))
        chosen[i] = tried[best]
        pot = seeding.pots(tried[best : best + 1], keep=True)[0]
    return chosen


# ------------------------------------------------------------------------------ rounds
@dataclass
class Clustering:
    """Labels, the weighted sum of squared distances, centres, and the rounds it took."""

    labels: np.ndarray
    inertia: float
    centres: np.ndarray
    n_iter: int

    def same_partition(self, other):
        """Whether two clusterings differ by the numbers of their clusters alone."""
        k = len(self.centres)
        pairs = np.unique(self.labels.astype(np.int64) * k + other.labels)
        return len(np.unique(pairs // k)) == len(pairs) == len(np.unique(pairs % k))


def labels_and_inertia(points, centres):
    """Label of each row and the weighted sum of squared distances."""
    labels = np.zeros(points.shape[0], dtype=np.int32)
    points.assign(centres, labels)
    return labels, inertia_of(points, centres, labels)


def inertia_of(points, centres, labels):
    """``Σ w ‖x − c‖²`` of rows and the centres of their labels."""
    squares = points.own_squares(centres, labels)
    return float(squares.sum() if points.weight is None else (squares * points.weight).sum())


def lloyd(points, centres, *, max_iter, tol, by_bounds=False, report=None):
    """k-means from given centres, until no label changes or the centres hardly move.

    Parameters
    ----------
    points : DensePoints or SparsePoints
    centres : ndarray of shape (k, d)
    max_iter : int
    tol : float
        Sum of the squared moves of the centres at which to stop.
    by_bounds : bool, default False
        Keep bounds of distances between rounds; the labels are the same.
    report : callable, default None
        Called with a line of text about each round.

    Returns
    -------
    Clustering
    """
    centres = np.ascontiguousarray(centres, dtype=points.X.dtype)
    labels = np.full(points.shape[0], -1, dtype=np.int32)
    source = points.bounds(centres) if by_bounds else points
    settled = False
    for n_iter in range(1, max_iter + 1):
        before = labels.copy()
        sums, totals = source.gather(centres, labels)
        if report is not None:
            inertia = inertia_of(points, centres, labels)
            report(f"Iteration {n_iter - 1}, inertia {inertia}.")
        updated = _means(points, centres, labels, sums, totals)
        if np.array_equal(before, labels):
            settled = True
            if report is not None:
                report(f"Converged at iteration {n_iter - 1}: strict convergence.")
            centres = updated
            break
        shift = float(((updated.astype(np.float64) - centres) ** 2).sum())
        centres = updated
        if shift <= tol:
            if report is not None:
                report(
                    f"Converged at iteration {n_iter - 1}: center shift {shift} within "
                    f"tolerance {tol}."
                )
            break
    if not settled:
        points.assign(centres, labels)
    return Clustering(labels, inertia_of(points, centres, labels), centres, n_iter)


def _means(points, centres, labels, sums, totals):
    """Means of the clusters; those without rows take the rows that are farthest off."""
    empty = np.flatnonzero(totals == 0)
    if len(empty):
        sums, totals = _relocated(points, centres, labels, sums.copy(), totals.copy(), empty)
    filled = totals > 0
    means = np.divide(sums, totals[:, None], out=np.empty_like(sums), where=filled[:, None])
    if not filled.all():
        means[~filled] = means[totals.argmax()]
    return means.astype(centres.dtype, copy=False)


def _relocated(points, centres, labels, sums, totals, empty):
    squares = points.own_squares(centres, labels)
    if squares.max() == 0:
        return sums, totals
    farthest = np.argpartition(squares, -len(empty))[-len(empty) :]
    farthest = farthest[np.lexsort((farthest, -squares[farthest]))]
    values = points.values(farthest).astype(np.float64)
    weights = points.weight_of(farthest)
    for cluster, row, value, weight in zip(empty, farthest, values, weights, strict=True):
        left = labels[row]
        sums[left] -= weight * value
        totals[left] -= weight
        sums[cluster] = weight * value
        totals[cluster] = weight
    return sums, totals
