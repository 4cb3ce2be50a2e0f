"""Distances of rows from centres, each column of each centre on its own scale."""

import numpy as np

# Values of a tile of rows: 256 KiB of float64 stay in the second level of cache.
_TILE = 1 << 15


def scaled_squares(X, mean, precision):
    """``Σⱼ (xᵢⱼ − mₖⱼ)² pₖⱼ`` of each row i and centre k.

    Differences are taken entry by entry, so that rows far from the origin keep their digits.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    mean, precision : ndarray of float64, shape (n_centres, n_columns)

    Returns
    -------
    ndarray of float64, shape (n_rows, n_centres)

    Examples
    --------
    >>> import numpy as np
    >>> scaled_squares(np.array([[3.0]]), np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]]))
    array([[4., 2.]])
    """
    out = np.empty((len(X), len(mean)))
    step = max(1, _TILE // max(1, X.shape[1]))
    for first in range(0, len(X), step):
        rows = X[first : first + step]
        away = np.empty(rows.shape)
        for k, (centre, scale) in enumerate(zip(mean, precision, strict=True)):
            np.subtract(rows, centre, out=away)
            np.square(away, out=away)
            np.matmul(away, scale, out=out[first : first + step, k])
    return out
