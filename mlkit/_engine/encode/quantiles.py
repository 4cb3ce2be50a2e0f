"""Quantiles of columns whose rows weigh the same, by selection rather than sorting."""

import numpy as np

from ..._core.parallel import n_threads
from .select import gather, select


def column_quantiles(X, probabilities):
    """Quantiles of each column, NaN left out, interpolated between order statistics.

    With x₍₀₎ ≤ … ≤ x₍ₙ₋₁₎ the values present, the q-quantile is the point at q(n − 1) on
    the broken line through (i, x₍ᵢ₎).

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Floats.
    probabilities : sequence of float in [0, 1], length n_probabilities

    Returns
    -------
    ndarray of float64, shape (n_probabilities, n_columns)
        NaN for a column without values.

    Examples
    --------
    >>> import numpy as np
    >>> column_quantiles(np.array([[1.0], [4.0], [np.nan], [2.0]]), [0.5, 1.0]).ravel()
    array([2., 4.])
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    values, counts = gather(_floats(X), _threads(X))
    place = probabilities * np.maximum(counts - 1, 0)[:, np.newaxis]
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0)[:, np.newaxis])
    below, above = _at(values, counts, low, high, _threads(X))
    share = place - low
    # From the nearer end, so that the result is exact at both and monotone between them.
    step = above - below
    found = np.where(share < 0.5, below + share * step, above - (1 - share) * step)
    found[counts == 0] = np.nan
    return found.T


def order_statistics(X, ranks):
    """The values of given ranks, counted from 0, of each column; X has no NaN.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Floats.
    ranks : ndarray of int, shape (n_ranks,)

    Returns
    -------
    ndarray of float64, shape (n_ranks, n_columns)
    """
    values, counts = gather(_floats(X), _threads(X))
    ranks = np.tile(ranks, (X.shape[1], 1))
    return _at(values, counts, ranks, ranks, _threads(X))[0].T


def _at(values, counts, low, high, threads):
    """Values of two sets of ranks in each column."""
    wanted = np.concatenate([low, high], axis=1)
    order = np.argsort(wanted, axis=1, kind="stable")
    found = np.empty(wanted.shape)
    ordered = select(values, counts, np.take_along_axis(wanted, order, axis=1), threads)
    np.put_along_axis(found, order, ordered, axis=1)
    return found[:, : low.shape[1]], found[:, low.shape[1] :]


def _floats(X):
    return X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)


# Waking threads costs about what gathering this many values does.
_WORTH_THREADS = 1 << 15


def _threads(X):
    return n_threads() if X.size >= _WORTH_THREADS else 1


def quantiles(values, probabilities, n_zeros=0):
    """Quantiles of one column as in `column_quantiles`.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
    probabilities : ndarray of float in [0, 1]
    n_zeros : int, default 0
        Zeros that belong to the column but are not stored.

    Returns
    -------
    ndarray of float64, shape of `probabilities`
    """
    if n_zeros:
        values = np.concatenate([values, np.zeros(n_zeros, dtype=values.dtype)])
    return column_quantiles(values[:, np.newaxis], probabilities)[:, 0]
