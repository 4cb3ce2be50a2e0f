"""Quantiles of columns whose rows weigh the same, by selection rather than sorting."""

import numpy as np

# Quantiles from which on sorting is quicker than selecting each.
_MANY = 16


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
    out = np.empty((len(probabilities), X.shape[1]))
    for j in range(X.shape[1]):
        out[:, j] = quantiles(X[:, j], probabilities)
    return out


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
    present = values[~np.isnan(values)]
    if n_zeros:
        present = np.concatenate([present, np.zeros(n_zeros, dtype=present.dtype)])
    if not len(present):
        return np.full(len(probabilities), np.nan)
    place = probabilities * (len(present) - 1)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, len(present) - 1)
    if len(probabilities) > _MANY:
        present.sort()
    else:
        present.partition(np.unique(np.concatenate([low, high])))
    below = present[low].astype(np.float64)
    above = present[high].astype(np.float64)
    share = place - low
    # From the nearer end, so that the result is exact at both and monotone between them.
    step = above - below
    return np.where(share < 0.5, below + share * step, above - (1 - share) * step)
