"""Leading factors of centred rows that come in batches."""

from dataclasses import dataclass

import numpy as np

from ..native.scan import column_moments
from .leading import Factors, by_svd


@dataclass(frozen=True)
class Running:
    """Mean, variance and leading factors of all rows so far.

    Attributes
    ----------
    count : int
        Rows.
    mean, squares : ndarray of shape (n_columns,)
        Mean and ``Σ(x − mean)²`` of each column.
    factors : Factors
        Of the centred rows, as far as they are kept.
    """

    count: int
    mean: np.ndarray
    squares: np.ndarray
    factors: Factors


def begin(X, n_components, overwrite=False):
    """The state after a first batch.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    n_components : int
        At most ``min(n_rows, n_columns)``.
    overwrite : bool
        Whether X may be centred in place.

    Returns
    -------
    Running
    """
    _, mean, squares = column_moments(X)
    in_place = overwrite and X.flags.writeable and X.dtype == np.float64
    centred = np.subtract(X, mean, out=X if in_place else None)
    return Running(len(X), mean, squares, by_svd(centred, n_components, overwrite=True))


def extend(running, X, n_components):
    """The state after a further batch (Ross, Lim, Lin and Yang, 2008).

    The Gram matrix of all rows about their common mean is that of ``diag(s) V``, of the batch
    about its own mean, and of one row ``√(n m / (n + m)) (mean of n before − mean of m new)``,
    stacked; what the factors before left out stays out.

    Parameters
    ----------
    running : Running
    X : ndarray of shape (n_rows, n_columns)
    n_components : int
        How many factors to keep.

    Returns
    -------
    Running
    """
    before, batch = running.count, len(X)
    count = before + batch
    _, mean, squares = column_moments(X)
    gap = running.mean - mean
    kept = len(running.factors.values)
    stacked = np.empty((kept + batch + 1, X.shape[1]))
    np.multiply(running.factors.values[:, None], running.factors.right, out=stacked[:kept])
    np.subtract(X, mean, out=stacked[kept:-1])
    np.multiply(gap, np.sqrt(before * batch / count), out=stacked[-1])
    return Running(
        count,
        running.mean - gap * (batch / count),
        running.squares + squares + gap * gap * (before * batch / count),
        by_svd(stacked, min(n_components, *stacked.shape), overwrite=True),
    )
