"""Moments of the columns in each group of rows, that can be merged."""

import numpy as np

from ..._core.parallel import n_threads
from ..native.grouped import grouped_moments
from .counts import moments

# Waking threads costs about what a pass over this many values does.
_WORTH_THREADS = 1 << 17


def class_moments(X, codes, n_groups, weight=None):
    """Count, mean and ``Σ w (x − mean)²`` of the columns in each group of rows.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    codes : ndarray of int, shape (n_rows,)
        Group of each row, in ``0 … n_groups − 1``.
    n_groups : int
    weight : ndarray of shape (n_rows,), default None

    Returns
    -------
    count : ndarray of float64, shape (n_groups,)
    mean, squares : ndarray of float64, shape (n_groups, n_columns)
        0 for a group without weight.

    Examples
    --------
    >>> import numpy as np
    >>> X, codes = np.array([[1.0], [3.0], [9.0]]), np.array([0, 0, 1])
    >>> [part.tolist() for part in class_moments(X, codes, 2)]
    [[2.0, 1.0], [[2.0], [9.0]], [[2.0], [0.0]]]
    """
    if weight is None:
        threads = n_threads() if X.size >= _WORTH_THREADS else 1
        return grouped_moments(X, codes, n_groups, n_threads=threads)
    count = np.zeros(n_groups)
    mean, squares = np.zeros((2, n_groups, X.shape[1]))
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=n_groups))
    for group, rows in enumerate(np.split(order, ends[:-1])):
        if len(rows) and weight[rows].any():
            part = moments(X[rows], weight[rows].astype(np.float64))
            count[group], mean[group], squares[group] = part.count[0], part.mean, part.squares
    return count, mean, squares


def add_moments(one, other):
    """Moments of groups in both of two samples (Chan, Golub and LeVeque, 1983).

    Parameters
    ----------
    one, other : tuple of count, mean and squares
        As `class_moments` gives them.

    Returns
    -------
    tuple of count, mean and squares
    """
    total = one[0] + other[0]
    share = np.divide(other[0], total, out=np.zeros_like(total), where=total != 0)[:, None]
    away = other[1] - one[1]
    # From the larger side's mean when one side is empty, so that merging with nothing is exact.
    mean = np.where(share == 1, other[1], one[1] + away * share)
    return total, mean, one[2] + other[2] + away * away * one[0][:, None] * share


def spread_of_all(count, mean, squares):
    """Variance of each column over all groups together."""
    centre = count @ mean / count.sum()
    between = count @ (mean - centre) ** 2
    return (squares.sum(axis=0) + between) / count.sum()
