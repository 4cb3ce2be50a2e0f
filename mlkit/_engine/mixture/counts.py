"""Statistics of columns that can be taken in pieces and merged."""

import os
from dataclasses import dataclass

import numpy as np

from .column_moments import block_moments

# Rows a thread takes at a time. The pieces, and the order in which they are merged, depend on
# the data alone, so that the number of threads does not show in the result.
_ROWS = 16384


@dataclass
class Moments:
    """Count, mean and sum of squared deviations of each column, NaN left out.

    Attributes
    ----------
    count : ndarray of float64, shape (n_columns,)
        Rows, or the sum of their weights.
    mean : ndarray of float64, shape (n_columns,)
        0 in a column without values.
    squares : ndarray of float64, shape (n_columns,)
        ``Σ wᵢ (xᵢ − mean)²``.
    """

    count: np.ndarray
    mean: np.ndarray
    squares: np.ndarray

    @property
    def variance(self):
        """``Σ wᵢ (xᵢ − mean)² / Σ wᵢ``, NaN in a column without values."""
        with np.errstate(invalid="ignore"):
            return self.squares / self.count

    def merge(self, other):
        """The moments of both samples together (Chan, Golub and LeVeque, 1983).

        Parameters
        ----------
        other : Moments

        Returns
        -------
        Moments

        Examples
        --------
        >>> import numpy as np
        >>> parts = moments(np.array([[1.0], [2.0]])).merge(moments(np.array([[6.0]])))
        >>> parts.mean, parts.variance
        (array([3.]), array([4.66666667]))
        """
        count = self.count + other.count
        share = np.divide(other.count, count, out=np.zeros_like(count), where=count > 0)
        gap = other.mean - self.mean
        return Moments(
            count,
            # Written from the larger side's mean when one side is empty: share is then 0 or 1.
            np.where(share == 1, other.mean, self.mean + gap * share),
            self.squares + other.squares + gap * gap * self.count * share,
        )


def moments(X, weight=None, n_threads=None):
    """Moments of the columns of a dense or sparse matrix in one pass over memory.

    Parameters
    ----------
    X : ndarray, or CSR/CSC matrix, of shape (n_rows, n_columns)
        Floats or integers; NaN is left out, sums are float64.
    weight : ndarray of shape (n_rows,), optional
        Weight of each row.
    n_threads : int, optional
        All processors by default; the result does not depend on it.

    Returns
    -------
    Moments
    """
    if not isinstance(X, np.ndarray):
        return _sparse_moments(X, weight)
    if X.dtype not in (np.float32, np.float64) or any(step % X.itemsize for step in X.strides):
        X = X.astype(np.result_type(X.dtype, np.float32) if X.dtype == np.float16 else np.float64)
    if weight is not None:
        weight = np.ascontiguousarray(weight, dtype=np.float64)
    n_columns = X.shape[1]
    total = Moments(np.zeros(n_columns), np.zeros(n_columns), np.zeros(n_columns))
    n_blocks = max(1, -(-X.shape[0] // _ROWS))
    out = np.zeros((n_blocks, 3, n_columns))
    n_threads = min(n_threads or os.cpu_count() or 1, n_blocks)
    block_moments(X, weight, _ROWS, out, n_threads)
    for count, mean, squares in out:
        total = total.merge(Moments(count, mean, squares))
    return total


def _sparse_moments(X, weight):
    """Moments with the zeros that are not stored: their squares are ``(Σw over zeros)·mean²``."""
    column, row, data = coordinates(X)
    n_rows, n_columns = X.shape
    row_weight = np.ones(n_rows) if weight is None else np.asarray(weight, dtype=np.float64)
    present = ~np.isnan(data)
    stored = row_weight[row]
    gone = np.bincount(column[~present], weights=stored[~present], minlength=n_columns)
    column, stored, data = column[present], stored[present], data[present].astype(np.float64)
    count = row_weight.sum() - gone
    total = np.bincount(column, weights=stored * data, minlength=n_columns)
    mean = np.divide(total, count, out=np.zeros(n_columns), where=count > 0)
    gap = data - mean[column]
    squares = np.bincount(column, weights=stored * gap * gap, minlength=n_columns)
    zeros = count - np.bincount(column, weights=stored, minlength=n_columns)
    return Moments(count, mean, squares + np.maximum(zeros, 0) * mean * mean)


def coordinates(X):
    """Column, row and value of each stored entry of a CSR or CSC matrix."""
    major = np.repeat(np.arange(len(X.indptr) - 1), np.diff(X.indptr))
    if X.format == "csr":
        return X.indices, major, X.data
    return major, X.indices, X.data


@dataclass
class Extremes:
    """Least and greatest value of each column, NaN left out; NaN in a column without values."""

    low: np.ndarray
    high: np.ndarray

    def merge(self, other):
        """The extremes of both samples together."""
        return Extremes(np.fmin(self.low, other.low), np.fmax(self.high, other.high))


def extremes(X):
    """Least and greatest values of the columns of a dense or sparse matrix.

    Parameters
    ----------
    X : ndarray, or CSR/CSC matrix, of shape (n_rows, n_columns)
        At least one row. In a sparse matrix an entry that is not stored is 0.

    Returns
    -------
    Extremes

    Examples
    --------
    >>> import numpy as np
    >>> extremes(np.array([[1.0, np.nan], [3.0, 2.0]])).high
    array([3., 2.])
    """
    if isinstance(X, np.ndarray):
        return Extremes(np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0))
    column, _, data = coordinates(X)
    n_rows, n_columns = X.shape
    low = np.full(n_columns, np.nan, dtype=X.dtype)
    high = low.copy()
    np.fmin.at(low, column, data)
    np.fmax.at(high, column, data)
    partial = np.bincount(column, minlength=n_columns) < n_rows
    low[partial] = np.fmin(low[partial], 0)
    high[partial] = np.fmax(high[partial], 0)
    return Extremes(low, high)
