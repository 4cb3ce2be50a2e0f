"""Numbers beside categories as a design, without a column of zeros and ones for each category."""

from itertools import pairwise

import numpy as np

from ..loss._losses import evaluate_loss
from .design import DenseColumns


class TableColumns:
    """Columns of numbers, then for each categorical column one indicator a level.

    Parameters
    ----------
    numbers : ndarray of shape (n, p)
    codes : ndarray of int32 of shape (c, n)
        The level 0 … L−1 of each row, −1 for none of them.
    sizes : sequence of int
        L of each categorical column.
    """

    is_dense = False

    def __init__(self, numbers, codes, sizes):
        self.numbers, self.codes, self.sizes = numbers, codes, list(sizes)
        ends = numbers.shape[1] + np.cumsum([0, *self.sizes])
        self.levels = [slice(a, b) for a, b in pairwise(ends)]
        self.shape, self.dtype = (numbers.shape[0], int(ends[-1])), numbers.dtype
        self.first = numbers.shape[1]
        # Products with no column of numbers are left out.
        self.dense = DenseColumns(numbers) if self.first else None

    def times(self, coef):
        """X β for β (p, K)."""
        coef = coef.astype(self.dtype, copy=False)
        out = np.zeros((self.shape[0], coef.shape[1]), dtype=self.dtype)
        if self.dense is not None:
            out += self.dense.times(coef[: self.first])
        none = np.zeros((1, coef.shape[1]), dtype=self.dtype)
        for codes, levels in zip(self.codes, self.levels, strict=True):
            out += np.vstack([coef[levels], none])[codes]
        return out

    def _sums(self, codes, size, values):
        """Sums of values over the rows of each level."""
        return np.bincount(codes + 1, weights=values, minlength=size + 1)[1:]

    def transposed_times(self, residual):
        """Xᵀ r for r (n, K), in double."""
        out = np.empty((self.shape[1], residual.shape[1]))
        if self.dense is not None:
            out[: self.first] = self.dense.transposed_times(residual)
        for codes, levels, size in zip(self.codes, self.levels, self.sizes, strict=True):
            for k in range(residual.shape[1]):
                out[levels, k] = self._sums(codes, size, residual[:, k])
        return out

    def evaluate(
        self, y, weight, factor, kind, parameter, coef, offset, margins, gradient, total, n_threads
    ):
        """As of `DenseColumns`, in two passes."""
        margins[:] = self.times(coef) + offset
        residual = np.empty_like(margins)
        value = evaluate_loss(
            kind, parameter, y, margins, weight, factor, None, residual, None, n_threads
        )
        gradient[:] = self.transposed_times(residual)
        total[:] = residual.sum(axis=0, dtype=np.float64)
        return value

    def _weights(self, weight):
        return np.ones(self.shape[0]) if weight is None else weight.astype(np.float64)

    def mean(self, weight):
        """Weighted mean of each column."""
        return self.moments(weight)[0]

    def moments(self, weight, center=True):
        """Weighted mean and variance of each column; around zero unless `center`."""
        mean, variance = np.zeros(self.shape[1]), np.zeros(self.shape[1])
        if self.dense is not None:
            mean[: self.first], variance[: self.first] = self.dense.moments(weight, center)
        weight = self._weights(weight)
        for codes, levels, size in zip(self.codes, self.levels, self.sizes, strict=True):
            share = self._sums(codes, size, weight) / weight.sum()
            mean[levels] = share if center else 0.0
            variance[levels] = share * (1.0 - share) if center else share
        return mean, variance

    def gram(self, weight, center):
        """``(X − 1 mᵀ)ᵀ diag(w) (X − 1 mᵀ)`` for w ≥ 0, from counts of levels and of pairs."""
        given, weight = weight, self._weights(weight)
        out, p = np.zeros((self.shape[1],) * 2), self.first
        sums = np.empty(self.shape[1])
        if self.dense is not None:
            out[:p, :p] = self.dense.gram(given, None if center is None else center[:p])
            sums[:p] = self.dense.transposed_times(weight[:, None])[:, 0]
        for a, (codes, levels, size) in enumerate(
            zip(self.codes, self.levels, self.sizes, strict=True)
        ):
            sums[levels] = self._sums(codes, size, weight)
            out[levels, levels] = np.diag(sums[levels])
            for j in range(p):
                out[levels, j] = self._sums(codes, size, weight * self.numbers[:, j])
            out[:p, levels] = out[levels, :p].T
            for b in range(a):
                pairs = self._pairs(codes, size, self.codes[b], self.sizes[b], weight)
                out[levels, self.levels[b]], out[self.levels[b], levels] = pairs, pairs.T
        if center is not None:
            shift = np.outer(sums, center) + np.outer(center, sums - weight.sum() * center)
            shift[:p, :p] = 0.0  # those were centred before they were multiplied
            out -= shift
        return out

    def _pairs(self, codes, size, other, n_other, weight):
        """Weights of the rows of each pair of levels."""
        both = (codes.astype(np.intp) + 1) * (n_other + 1) + other + 1
        counts = np.bincount(both, weights=weight, minlength=(size + 1) * (n_other + 1))
        return counts.reshape(size + 1, n_other + 1)[1:, 1:]

    def take(self, columns):
        """Some of the columns, in their order."""
        columns = np.asarray(columns)
        codes, sizes = [], []
        for own, levels, size in zip(self.codes, self.levels, self.sizes, strict=True):
            kept = columns[(columns >= levels.start) & (columns < levels.stop)] - levels.start
            place = np.full(size + 1, -1, dtype=np.int32)  # the last is that of no level
            place[kept] = np.arange(len(kept), dtype=np.int32)
            codes.append(place[own])
            sizes.append(len(kept))
        return TableColumns(self.numbers[:, columns[columns < self.first]], codes, sizes)

    def grouped(self, groups, n_groups, weight):
        """Sums of the rows times their weights over groups of rows."""
        out = np.zeros((n_groups, self.shape[1]))
        if self.dense is not None:
            out[:, : self.first] = self.dense.grouped(groups, n_groups, weight)
        for codes, levels, size in zip(self.codes, self.levels, self.sizes, strict=True):
            both = groups * (size + 1) + codes + 1
            sums = np.bincount(both, weights=weight, minlength=n_groups * (size + 1))
            out[:, levels] = sums.reshape(n_groups, size + 1)[:, 1:]
        return out
