# distutils: extra_compile_args = -O3
"""Whether rows are probabilities, and one entry of each, in one pass."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport INFINITY

ctypedef fused real_t:
    float
    double

# Rows a task takes: the grid depends on the number of rows alone.
cdef enum:
    BLOCK = 4096


cdef double worst_sum(
    const real_t[:, ::1] X, const Py_ssize_t[::1] column, real_t[::1] picked, Py_ssize_t start,
    Py_ssize_t stop,
) noexcept nogil:
    """Worst |Σ − 1| of rows, infinite if an entry is not in [0, 1]; picks entries on the way."""
    cdef Py_ssize_t i, j, n = X.shape[1], n_pairs = X.shape[1] // 2
    cdef const real_t* row
    cdef double even, odd, worst = 0.0
    cdef int bad = 0
    cdef bint picks = column.shape[0] > 0
    for i in range(start, stop):
        row = &X[i, 0]
        # Two sums, as one waits for its last addition; NaN is in no interval.
        even = odd = 0.0
        for j in range(n_pairs):
            even += row[2 * j]
            odd += row[2 * j + 1]
        if n % 2:
            even += row[n - 1]
        for j in range(n):
            bad |= not ((row[j] >= 0) & (row[j] <= 1))
        even = even + odd - 1.0
        even = even if even >= 0 else -even
        worst = even if even > worst else worst
        if picks:
            picked[i] = row[column[i]]
    return INFINITY if bad else worst


cdef void extremes(
    const real_t[:, ::1] X, Py_ssize_t start, Py_ssize_t stop, double* out
) noexcept nogil:
    """Least and greatest entry of rows; NaN both if an entry is."""
    cdef Py_ssize_t i, j
    cdef double x, least = INFINITY, most = -INFINITY
    for i in range(start, stop):
        for j in range(X.shape[1]):
            x = X[i, j]
            least = x if x < least or x != x else least
            most = x if x > most or x != x else most
            if x != x:
                out[0] = out[1] = x
                return
    out[0], out[1] = least, most


def _scan(const real_t[:, ::1] X, const Py_ssize_t[::1] column, real_t[::1] picked, int n_threads):
    cdef Py_ssize_t block, n_rows = X.shape[0], n_blocks = (X.shape[0] + BLOCK - 1) // BLOCK
    worst = np.empty(n_blocks)
    cdef double[::1] view = worst
    cdef double ends[2]
    for block in prange(n_blocks, nogil=True, schedule="static", num_threads=n_threads):
        view[block] = worst_sum(
            X, column, picked, block * BLOCK, min((block + 1) * BLOCK, n_rows)
        )
    furthest = float(worst.max())
    if furthest < INFINITY:
        return 0.0, 1.0, furthest
    extremes(X, 0, n_rows, ends)
    return ends[0], ends[1], furthest


def row_extremes(X, int n_threads=1, column=None):
    """Bounds of the entries, the largest distance of a row's sum from 1, and one entry of each row.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
        Not empty.
    n_threads : int, default 1
    column : ndarray of int, shape (n_rows,), default None
        Which entry of each row is picked.

    Returns
    -------
    least, most : float
        0 and 1 if all entries are between; else the extremes, NaN both if an entry is.
    worst : float
        Infinite if an entry is not between 0 and 1.
    picked : ndarray of shape (n_rows,), or None

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.simplex import row_extremes
    >>> row_extremes(np.array([[0.5, 0.5], [0.25, 1.0]]), column=np.array([0, 1]))
    (0.0, 1.0, 0.25, array([0.5, 1. ]))
    """
    X = np.ascontiguousarray(X, dtype=np.float32 if X.dtype == np.float32 else np.float64)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"X must be a matrix with entries, got shape {X.shape}")
    if column is None:
        return (*_scan(X, np.empty(0, dtype=np.intp), np.empty(0, dtype=X.dtype), n_threads), None)
    column = np.ascontiguousarray(column, dtype=np.intp)
    if column.shape != (len(X),) or column.min() < 0 or column.max() >= X.shape[1]:
        raise ValueError(f"column must hold {len(X)} numbers from 0 to {X.shape[1] - 1}")
    picked = np.empty(len(X), dtype=X.dtype)
    return (*_scan(X, column, picked, n_threads), picked)
