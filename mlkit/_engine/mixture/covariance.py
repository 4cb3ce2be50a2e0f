"""Covariance matrices: as they are, shrunk, and shrunk by as much as pays."""

import numpy as np


def _centred(X, is_centred):
    return np.asarray(X, dtype=np.float64) if is_centred else X - X.mean(axis=0, dtype=np.float64)


def covariance(X, is_centred=False):
    """``Σ (x − x̄)(x − x̄)ᵀ / n`` in float64, with x̄ = 0 where `is_centred`."""
    rows = _centred(X, is_centred)
    return rows.T @ rows / len(X)


def shrunk(matrix, shrinkage):
    """``(1 − s) C + s tr(C)/d I`` of each of one or several matrices."""
    d = matrix.shape[-1]
    out = (1 - shrinkage) * matrix
    diagonal = np.arange(d)
    out[..., diagonal, diagonal] += shrinkage * np.trace(matrix, axis1=-2, axis2=-1)[..., None] / d
    return out


def ledoit_wolf(X, is_centred=False, block=1000):
    """Shrinkage of the covariance of X with the least expected squared error, and the result.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    Journal of Multivariate Analysis 88, 2004: with m the mean variance, s is b² / d² where
    ``d² = ‖C − mI‖²`` and ``b² = Σ ‖xxᵀ − C‖² / n²``, at most d².

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    is_centred : bool, default False
        Whether the columns have mean 0 already.
    block : int, default 1000
        Columns whose products with all others are formed at a time.

    Returns
    -------
    matrix : ndarray of float64, shape (n_columns, n_columns)
    shrinkage : float

    Examples
    --------
    >>> import numpy as np
    >>> matrix, shrinkage = ledoit_wolf(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
    >>> 0 <= shrinkage <= 1
    True
    """
    n, d = X.shape
    rows = _centred(X, is_centred)
    matrix = np.empty((d, d))
    for first in range(0, d, block):
        matrix[first : first + block] = rows[:, first : first + block].T @ rows
    matrix /= n
    if d == 1:
        return matrix, 0.0
    norm = np.vdot(matrix, matrix)
    away = norm - np.trace(matrix) ** 2 / d
    fourth = np.square(np.einsum("ij,ij->i", rows, rows)).sum() / n
    error = min((fourth - norm) / n, away)
    shrinkage = 0.0 if error <= 0 or away <= 0 else float(error / away)
    return shrunk(matrix, shrinkage), shrinkage


def oas(X, is_centred=False):
    """The covariance of X and its shrinkage by the oracle approximation (Chen et al., 2010).

    ``s = (a + m²) / ((n + 1)(a − m²/d))``, at most 1, with m the mean variance and a the mean
    square of the entries of C.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    is_centred : bool, default False

    Returns
    -------
    matrix : ndarray of float64, shape (n_columns, n_columns)
    shrinkage : float
    """
    n, d = X.shape
    matrix = covariance(X, is_centred)
    if d == 1:
        return matrix, 0.0
    square, mean = np.mean(matrix**2), np.trace(matrix) / d
    below = (n + 1) * (square - mean**2 / d)
    shrinkage = 1.0 if below <= 0 else float(min((square + mean**2) / below, 1.0))
    return shrunk(matrix, shrinkage), shrinkage


def scaled_ledoit_wolf(X):
    """`ledoit_wolf` of columns of variance 1, in the units of X."""
    scale = X.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    matrix, _ = ledoit_wolf((X - X.mean(axis=0, dtype=np.float64)) / scale)
    return scale[:, None] * matrix * scale
