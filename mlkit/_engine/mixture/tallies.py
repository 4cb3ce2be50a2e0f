"""Sums over the rows of each class, of counts that may be sparse."""

import numpy as np

from ..._core.parallel import n_threads
from ..native.grouped import grouped_sums

# Waking threads costs about what a pass over this many values does.
_WORTH_THREADS = 1 << 17


def class_totals(codes, n_classes, weight=None):
    """Rows of each class, or the sum of their weights, in float64."""
    return np.bincount(codes, weight, minlength=n_classes).astype(np.float64)


def class_tallies(X, codes, n_classes, weight=None):
    """``Σ wᵢ xᵢⱼ`` over the rows i of each class, in float64.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
    codes : ndarray of int, shape (n_rows,)
        Class of each row, in ``0 … n_classes − 1``.
    n_classes : int
    weight : ndarray of shape (n_rows,), default None

    Returns
    -------
    ndarray of shape (n_classes, n_columns)

    Examples
    --------
    >>> import numpy as np
    >>> class_tallies(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0]), 2).tolist()
    [[5.0], [2.0]]
    """
    if isinstance(X, np.ndarray):
        if weight is not None:
            X = X * weight[:, None]
        threads = n_threads() if X.size >= _WORTH_THREADS else 1
        return grouped_sums(X, codes, n_classes, n_threads=threads)
    width = X.shape[1]
    size = np.diff(X.indptr)
    cells = np.repeat(codes * width, size) + X.indices
    values = X.data if weight is None else X.data * np.repeat(weight, size)
    return np.bincount(cells, values, minlength=n_classes * width).reshape(n_classes, width)
