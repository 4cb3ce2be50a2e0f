"""Paths of penalties: a grid of strengths, and solutions that start from one another."""

import numpy as np

from ..._core.parallel import blas_threads
from .closed_form import LeastSquares
from .coordinate_data import data_of
from .design import Design
from .penalties import RowNorms
from .problem import Task

# Columns up to which a path forms the whole Gram matrix, if rows are half as many.
_NARROW = 2500
# The least strength of a grid where y has no correlation with X.
_NOTHING = 1e-15


def correlation(squares, total):
    """``X̃ᵀ diag(w) y / W``, (p, K)."""
    return squares.design.pull(squares.weighted(squares.y)) / total


def strengths(correlation, l1_ratio, eps, n_alphas, positive=False):
    """`n_alphas` strengths α from the least whose solution is zero down to `eps` of it.

    That solution is zero where no row of ``X̃ᵀy / W`` is longer than ``α l1_ratio``.
    """
    pulls = RowNorms(0.0, positive=positive).pulls(correlation)
    largest = pulls.max(initial=0.0) / l1_ratio
    if largest <= _NOTHING:
        return np.full(n_alphas, _NOTHING)
    return np.geomspace(largest, largest * eps, num=n_alphas)


def elastic(alpha, l1_ratio, positive=False):
    """α (r ‖β‖ + (1 − r) ‖β‖² / 2) as an object."""
    return RowNorms(alpha * l1_ratio, alpha * (1.0 - l1_ratio), positive)


def least_squares(X, y, weight=None, fit_intercept=True, n_threads=1):
    """`LeastSquares` of arrays, and the sum of weights."""
    columns = Design(X, n_threads=n_threads).columns
    y = y[:, None] if y.ndim == 1 else y
    task = Task(columns, y, None, None, weight, fit_intercept, n_threads=n_threads)
    return LeastSquares.of(task), task.total_weight


def follow(data, penalties, solver, coef, eps=2.0**-52, report=None):
    """The `Solution` of each penalty in the design's coordinates, from the one before.

    Parameters
    ----------
    data : GramData or ColumnData
    penalties : iterable of RowNorms
    solver : CoordinateDescent
    coef : ndarray of shape (p, K)
        Where the first starts.
    eps : float
        Rounding of the data.
    report : callable, optional
        Told of each solution as it is found.
    """
    found = []
    with blas_threads(1):  # products are many and small
        for penalty in penalties:
            found.append(solver.descend(data, penalty, coef, eps))
            coef = found[-1].coef
            if report is not None:
                report(found[-1])
    return found


def path_data(squares, total, gram=None):
    """As `data_of`; the whole Gram matrix serves more columns when it serves a path."""
    n, p = squares.design.shape
    if gram is None and p <= min(_NARROW, 2 * n):
        gram = True
    return data_of(squares, total, gram)
