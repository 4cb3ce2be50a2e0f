"""Statistics of columns that can be taken in pieces and merged."""

from dataclasses import dataclass

import numpy as np

from ..._core.parallel import n_threads
from ..native import csr
from ..native.scan import column_moments, column_range


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


def moments(X, weight=None, threads=None):
    """Moments of the columns of a dense or sparse matrix in one pass over memory.

    Parameters
    ----------
    X : ndarray, or CSR/CSC matrix, of shape (n_rows, n_columns)
        Floats or integers; NaN is left out, sums are float64.
    weight : ndarray of shape (n_rows,), optional
        Weight of each row.
    threads : int, optional
        All processors by default; the result does not depend on it.

    Returns
    -------
    Moments
    """
    threads = _threads(X) if threads is None else threads
    if isinstance(X, np.ndarray):
        count, mean, squares = column_moments(X, weight, skip_nan=True, n_threads=threads)
    else:
        of_columns = X.format == "csc"
        count, mean, squares = csr.moments(*_parts(X), weight, major=of_columns, n_threads=threads)
    return Moments(count, np.where(count > 0, mean, 0.0), squares)


# Waking threads costs about what a pass over this many values does.
_WORTH_THREADS = 1 << 17


def _threads(X):
    size = X.size if isinstance(X, np.ndarray) else X.nnz
    return n_threads() if size >= _WORTH_THREADS else 1


def _parts(X):
    """Arrays of a CSR or CSC matrix and the length of its minor axis, as kernels take them."""
    data = X.data if X.data.dtype in (np.float32, np.float64) else X.data.astype(np.float64)
    indptr = X.indptr.astype(X.indices.dtype, copy=False)
    return data, X.indices, indptr, X.shape[1 if X.format == "csr" else 0]


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
        low, high = column_range(X, n_threads=_threads(X))
    else:
        low, high = csr.extremes(
            *_parts(X), major=X.format == "csc", skip_nan=True, n_threads=_threads(X)
        )
    kept = X.dtype if X.dtype.kind == "f" else low.dtype
    return Extremes(low.astype(kept, copy=False), high.astype(kept, copy=False))
