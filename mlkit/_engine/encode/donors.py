"""Nearest rows that have a value, and what they would give for a missing one."""

from dataclasses import dataclass

import numpy as np

from ..._core.parallel import n_threads
from ._donors import nearest

# Entries of a block of distances: 32 MiB of doubles.
_BLOCK = 1 << 22
# Nearest rows looked at first, in multiples of those needed: most have the value.
_AHEAD = 4


def nan_euclidean(X, Y):
    """``√(p/c · Σ (xⱼ − yⱼ)²)`` over the c columns of p that both rows have; NaN if there is none.

    Parameters
    ----------
    X : ndarray of shape (n_rows, p)
    Y : ndarray of shape (n_others, p)

    Returns
    -------
    ndarray of float64, shape (n_rows, n_others)

    Examples
    --------
    >>> import numpy as np
    >>> nan_euclidean(np.array([[0.0, np.nan]]), np.array([[3.0, 1.0]])).round(3)
    array([[4.243]])
    """
    has_x, has_y = ~np.isnan(X), ~np.isnan(Y)
    x, y = (np.where(has, Z, 0).astype(np.float64) for has, Z in ((has_x, X), (has_y, Y)))
    both_x, both_y = has_x.astype(np.float64), has_y.astype(np.float64)
    out = x @ y.T
    out *= -2
    out += (x * x) @ both_y.T
    out += both_x @ (y * y).T
    shared = both_x @ both_y.T
    with np.errstate(invalid="ignore", divide="ignore"):
        out /= shared
    out *= X.shape[1]
    # Rounding can make a square of nearly equal rows negative; NaN passes.
    return np.sqrt(np.maximum(out, 0, out=out), out=out)


@dataclass(frozen=True)
class Donors:
    """Rows that give values to others.

    Attributes
    ----------
    X : ndarray of shape (n_donors, n_columns)
    missing : ndarray of bool, of the shape of X
    n_neighbors : int
    weigh : callable
        Weights of neighbours from their distances, both of shape (n_rows, n_neighbors); None
        weighs all the same.
    distances : callable or None
        Distances of some rows to all of X, NaN where rows share no column; None takes those of
        `nan_euclidean`.
    """

    X: np.ndarray
    missing: np.ndarray
    n_neighbors: int
    weigh: object
    distances: object

    def fill(self, X, mask, columns):
        """Fill `X` where `mask`, in `columns`, by means over the nearest rows that have a value.

        Of rows equally far the first are taken. A row that shares no column with any donor gets
        the mean of the column.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Changed; rows are compared as they were.
        mask : ndarray of bool, of the shape of `X`
        columns : ndarray of bool, shape (n_columns,)
            Those in which some donor has a value.
        """
        rows = np.flatnonzero(mask[:, columns].any(axis=1))
        if self.distances is None:
            self._fill_by_kernel(X, mask, columns, rows)
            return
        step = max(1, _BLOCK // len(self.X))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            away = self.distances(X[block])
            away = np.where(np.isnan(away), np.inf, away)
            self._fill_block(X, mask & columns, block, away, _AHEAD * self.n_neighbors)

    def _fill_by_kernel(self, X, mask, columns, rows):
        """Fill as `fill` says, without a matrix of all distances."""
        wanted = mask[rows] & columns
        row, column = map(np.ascontiguousarray, np.nonzero(wanted))
        starts = np.concatenate([[0], np.cumsum(wanted.sum(axis=1))])
        has = np.ascontiguousarray(~self.missing.T, dtype=np.float64)
        donors = np.where(self.missing.T, 0, self.X.T).astype(np.float64, order="C")
        there = np.ascontiguousarray(~mask[rows], dtype=np.uint8)
        asking = np.where(mask[rows], 0, X[rows]).astype(np.float64, order="C")
        k = min(self.n_neighbors, len(self.X))
        near, distance = nearest(asking, there, donors, has, starts, column, k, n_threads())
        np.sqrt(distance, out=distance)
        for j in np.unique(column):
            here = column == j
            n = min(k, int(has[j].sum()))
            X[rows[row[here]], j] = self._means(j, near[here, :n], distance[here, :n])

    def _fill_block(self, X, mask, rows, away, n_ahead):
        n_donors = len(self.X)
        n_ahead = min(n_ahead, n_donors)
        near = _nearest(away, n_ahead)
        distance = np.take_along_axis(away, near, axis=1)
        again = np.zeros(len(rows), dtype=bool)
        filled = {}
        for j in np.flatnonzero(mask[rows].any(axis=0)):
            wanting = np.flatnonzero(mask[rows, j])
            has = ~self.missing[:, j]
            n = min(self.n_neighbors, int(has.sum()))
            usable = has[near[wanting]]
            rank = np.cumsum(usable, axis=1)
            chosen = usable & (rank <= n)
            # Beyond what was looked at, rows may be as near as the last.
            last = np.where(chosen, distance[wanting], -1).max(axis=1)
            found = rank[:, -1] >= n
            if n_ahead < n_donors:
                found &= last < distance[wanting, -1]
            again[wanting[~found]] = True
            wanting, chosen = wanting[found], np.nonzero(chosen[found])[1].reshape(-1, n)
            at = wanting[:, np.newaxis]
            filled[j] = wanting, self._means(j, near[at, chosen], distance[at, chosen])
        for j, (wanting, values) in filled.items():
            X[rows[wanting], j] = values
        if again.any():
            self._fill_block(
                X, mask & ~_done(mask, rows, filled), rows[again], away[again], n_donors
            )

    def _means(self, j, donors, distance):
        apart = np.isinf(distance)
        if self.weigh is None:
            weight = np.ones(distance.shape)
        else:
            weight = self.weigh(np.where(apart, np.nan, distance))
            weight = np.where(np.isnan(weight), 0.0, weight)
        weight = np.where(apart, 0.0, weight)
        values = np.where(apart, 0.0, self.X[donors, j])
        with np.errstate(invalid="ignore"):
            means = (values * weight).sum(axis=1) / weight.sum(axis=1)
        overall = self.X[~self.missing[:, j], j].mean()
        return np.where(apart.all(axis=1), overall, means)


def _done(mask, rows, filled):
    """Where `filled` has given values already."""
    out = np.zeros_like(mask)
    for j, (wanting, _) in filled.items():
        out[rows[wanting], j] = True
    return out


def _nearest(away, n):
    """The n nearest of each row, nearest first, of equally near ones the first first."""
    if n == away.shape[1]:
        return np.argsort(away, axis=1, kind="stable")
    near = np.sort(np.argpartition(away, n - 1, axis=1)[:, :n], axis=1)
    order = np.argsort(np.take_along_axis(away, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1)
