"""Monomials of columns, ordered by degree and then by their columns."""

from dataclasses import dataclass
from math import comb

import numpy as np

from ..._core.parallel import n_threads
from .products import dense_products, sparse_products


@dataclass(frozen=True)
class Monomials:
    """All products of at most `most` columns out of `n_columns`, each column once if `distinct`.

    A product of degree d is a column times one of degree d − 1 whose first column is not before
    it. Those of one first column are a run, and what they are multiples of is a run too: the end
    of the products of degree d − 1. So products are made run by run.

    Attributes
    ----------
    n_columns, least, most : int
        Products of degrees from `least` (at least 1) to `most` come out.
    distinct, bias : bool
        With `bias` a one comes first.
    """

    n_columns: int
    least: int
    most: int
    distinct: bool
    bias: bool

    def count(self, n=None):
        """Products that come out for `n` columns, by default all, without the bias."""
        n = self.n_columns if n is None else n
        degrees = range(self.least, self.most + 1)
        return sum(comb(n, d) if self.distinct else comb(n + d - 1, d) for d in degrees)

    def starts(self):
        """Position of the first product of degree d and first column j, and the end of degree d.

        Returns
        -------
        ndarray of int64, shape (most + 1, n_columns + 1)
            Row 0 is not used. Position 0 is the first column.
        """
        out = np.zeros((max(self.most, 1) + 1, self.n_columns + 1), dtype=np.int64)
        out[1] = np.arange(self.n_columns + 1)
        for d in range(2, self.most + 1):
            after = out[d - 1, 1:] if self.distinct else out[d - 1, :-1]
            lengths = out[d - 1, -1] - after
            out[d] = out[d - 1, -1] + np.concatenate([[0], np.cumsum(lengths)])
        return out

    def powers(self):
        """Exponent of each column in each product that comes out.

        Returns
        -------
        ndarray of int64, shape (n_products, n_columns)
        """
        n, starts = self.n_columns, self.starts()
        out = np.zeros((int(starts[max(self.most, 1), -1]), n), dtype=np.int64)
        out[np.arange(n), np.arange(n)] = 1
        for d in range(2, self.most + 1):
            for j in range(n):
                left = starts[d - 1, j + self.distinct]
                block = out[starts[d, j] : starts[d, j + 1]]
                block[:] = out[left : starts[d - 1, -1]]
                block[:, j] += 1
        kept = out[self._dropped(starts) : starts[self.most, -1]] if self.most else out[:0]
        return np.concatenate([np.zeros((1, n), dtype=np.int64), kept]) if self.bias else kept

    def _dropped(self, starts):
        return int(starts[self.least, 0])

    def of_dense(self, X, order="C"):
        """Products of the columns of an array.

        Parameters
        ----------
        X : ndarray of float32 or float64, shape (n_rows, n_columns)
        order : {"C", "F"}

        Returns
        -------
        ndarray of the dtype of X, shape (n_rows, bias + n_products)
        """
        width = self.count() + self.bias
        if self.most == 0:
            return np.ones((len(X), width), dtype=X.dtype, order=order)
        starts = self.starts()
        if order == "C":
            out = np.empty((len(X), width), dtype=X.dtype)
            dropped = self._dropped(starts)
            return dense_products(X, starts, self.distinct, self.bias, dropped, out, n_threads())
        return self._by_column(X, starts, width)

    def _by_column(self, X, starts, width):
        dropped = self._dropped(starts)
        total = int(starts[self.most, -1])
        # Columns of lower degree are made even if they do not come out; room for the bias first.
        full = np.empty((len(X), 1 + total), dtype=X.dtype, order="F")
        full[:, 0] = 1
        items = full[:, 1:]
        items[:, : self.n_columns] = X
        for d in range(2, self.most + 1):
            for j in range(self.n_columns):
                left = items[:, starts[d - 1, j + self.distinct] : starts[d - 1, -1]]
                np.multiply(X[:, j : j + 1], left, out=items[:, starts[d, j] : starts[d, j + 1]])
        if self.bias and dropped == 0:
            return full
        out = np.empty((len(X), width), dtype=X.dtype, order="F")
        out[:, : self.bias] = 1
        out[:, self.bias :] = items[:, dropped:]
        return out

    def of_sparse(self, X):
        """Products of the columns of a CSR matrix, a CSR matrix."""
        width = self.count() + self.bias
        if not X.has_sorted_indices:
            X = X.copy()
            X.sort_indices()
        stored, which = np.unique(np.diff(X.indptr), return_inverse=True)
        sizes = np.array([self.count(int(m)) + self.bias for m in stored], dtype=np.int64)
        indptr = np.concatenate([[0], np.cumsum(sizes[which.ravel()])])
        data = np.empty(indptr[-1], dtype=X.dtype)
        indices = np.empty(indptr[-1], dtype=np.int64)
        starts = self.starts()
        sparse_products(
            X.data,
            X.indices.astype(np.int64),
            X.indptr.astype(np.int64),
            starts,
            (self.least, self.most, self.distinct, self.bias),
            (indptr, indices, data),
            n_threads(),
        )
        if max(width, len(data)) <= np.iinfo(np.int32).max:
            indices, indptr = indices.astype(np.int32), indptr.astype(np.int32)
        made = type(X)((data, indices, indptr), shape=(X.shape[0], width))
        made.has_sorted_indices = True
        return made
