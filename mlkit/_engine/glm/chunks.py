"""Designs that are not one array: rows in chunks that come again and again."""

import numpy as np

from .design import DenseColumns, SparseColumns


class ChunkedColumns:
    """Rows of X in chunks; every product is one pass over them, and none is kept.

    Parameters
    ----------
    open_chunks : callable
        Each call returns an iterator over the same arrays (or CSR/CSC matrices), of one dtype.
    n_rows, n_columns : int
    dtype : dtype
    chosen : ndarray of intp or None
        Some of the columns; None is all.
    """

    is_dense = False

    def __init__(self, open_chunks, n_rows, n_columns, dtype, chosen=None):
        self.open_chunks, self.chosen = open_chunks, chosen
        self.shape = (n_rows, n_columns if chosen is None else len(chosen))
        self.dtype, self._n_columns = np.dtype(dtype), n_columns

    def parts(self):
        """(rows, columns) of each chunk in turn."""
        start = 0
        for X in self.open_chunks():
            columns = DenseColumns(X) if isinstance(X, np.ndarray) else SparseColumns(X)
            stop = start + X.shape[0]
            if stop > self.shape[0] or X.shape[1] != self._n_columns:
                break
            yield (
                slice(start, stop),
                (columns if self.chosen is None else columns.take(self.chosen)),
            )
            start = stop
        else:
            if start == self.shape[0]:
                return
        raise ValueError(
            f"chunks came back other than before: {self.shape[0]} rows of {self._n_columns} "
            "columns were seen first; give an iterable that starts anew with the same chunks"
        )

    def times(self, coef):
        """X β for β (p, K)."""
        out = np.empty((self.shape[0], coef.shape[1]), dtype=self.dtype)
        for rows, columns in self.parts():
            out[rows] = columns.times(coef)
        return out

    def transposed_times(self, residual):
        """Xᵀ r for r (n, K), in double."""
        out = np.zeros((self.shape[1], residual.shape[1]))
        for rows, columns in self.parts():
            out += columns.transposed_times(residual[rows])
        return out

    def evaluate(
        self, y, weight, factor, kind, parameter, coef, offset, margins, gradient, total, n_threads
    ):
        """As of `DenseColumns`, chunk by chunk: the sum of the values."""
        value, part, sums = 0.0, np.empty_like(gradient), np.empty_like(total)
        gradient[:], total[:] = 0.0, 0.0
        for rows, columns in self.parts():
            own = None if weight is None else weight[rows]
            value += columns.evaluate(
                y[rows], own, factor, kind, parameter, coef, offset, margins[rows], part, sums,
                n_threads,
            )  # fmt: skip
            gradient += part
            total += sums
        return value

    def mean(self, weight):
        """Weighted mean of each column."""
        return self.moments(weight)[0]

    def moments(self, weight, center=True):
        """Weighted mean and variance of each column; around zero unless `center`.

        Those of chunks are merged (Chan, Golub and LeVeque, 1983).
        """
        mean, square, total = np.zeros(self.shape[1]), np.zeros(self.shape[1]), 0.0
        for rows, columns in self.parts():
            own = None if weight is None else weight[rows]
            mass = float(rows.stop - rows.start if own is None else own.sum(dtype=np.float64))
            if mass == 0:
                continue
            one, variance = columns.moments(own, center)
            change = one - mean
            square += mass * variance + change**2 * (total * mass / (total + mass))
            mean += change * (mass / (total + mass))
            total += mass
        return mean, square / total

    def gram(self, weight, center):
        """``(X − 1 mᵀ)ᵀ diag(w) (X − 1 mᵀ)`` for w ≥ 0."""
        out = np.zeros((self.shape[1],) * 2)
        for rows, columns in self.parts():
            out += columns.gram(None if weight is None else weight[rows], center)
        return out

    def take(self, columns):
        """Some of the columns."""
        chosen = columns if self.chosen is None else self.chosen[columns]
        return ChunkedColumns(self.open_chunks, self.shape[0], self._n_columns, self.dtype, chosen)

    def grouped(self, groups, n_groups, weight):
        """Sums of the rows times their weights over groups of rows."""
        out = np.zeros((n_groups, self.shape[1]))
        for rows, columns in self.parts():
            out += columns.grouped(groups[rows], n_groups, weight[rows])
        return out
