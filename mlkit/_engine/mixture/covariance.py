"""Covariance matrices: as they are, shrunk, and shrunk by as much as pays."""

import numpy as np


def covariance(X):
    """``Σ (x − x̄)(x − x̄)ᵀ / n`` in float64."""
    centred = X - X.mean(axis=0, dtype=np.float64)
    return centred.T @ centred / len(X)


def shrunk(matrix, shrinkage):
    """``(1 − s) C + s tr(C)/d I``."""
    d = len(matrix)
    out = (1 - shrinkage) * matrix
    out[np.diag_indices(d)] += shrinkage * np.trace(matrix) / d
    return out


def ledoit_wolf(X):
    """Shrinkage of the covariance of X with the least expected squared error, and the result.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    Journal of Multivariate Analysis 88, 2004: with m the mean variance, s is b² / d² where
    ``d² = ‖C − mI‖²`` and ``b² = Σ ‖xxᵀ − C‖² / n²``, at most d².

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)

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
    centred = X - X.mean(axis=0, dtype=np.float64)
    matrix = centred.T @ centred / n
    if d == 1:
        return matrix, 0.0
    norm = np.vdot(matrix, matrix)
    away = norm - np.trace(matrix) ** 2 / d
    fourth = np.square(np.einsum("ij,ij->i", centred, centred)).sum() / n
    error = min((fourth - norm) / n, away)
    shrinkage = 0.0 if error <= 0 or away <= 0 else float(error / away)
    return shrunk(matrix, shrinkage), shrinkage


def scaled_ledoit_wolf(X):
    """`ledoit_wolf` of columns of variance 1, in the units of X."""
    scale = X.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    matrix, _ = ledoit_wolf((X - X.mean(axis=0, dtype=np.float64)) / scale)
    return scale[:, None] * matrix * scale
