# distutils: extra_compile_args = -O3
"""Whether rows are probabilities, in one pass: extremes of the entries and of the rows' sums."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport INFINITY

ctypedef fused real_t:
    float
    double

# Rows a task takes: the grid depends on the number of rows alone.
cdef enum:
    BLOCK = 4096


cdef void scan_block(
    const real_t[:, ::1] X, Py_ssize_t block, double[:, ::1] out
) noexcept nogil:
    """least, most, worst |Σ − 1| of the rows of a block; NaN entries make `bad` positive."""
    cdef Py_ssize_t i, j, n = X.shape[1]
    cdef const real_t* row
    cdef real_t least = <real_t>INFINITY, most = <real_t>(-INFINITY)
    cdef double total, worst = 0.0, bad = 0.0
    for i in range(block * BLOCK, min((block + 1) * BLOCK, X.shape[0])):
        row = &X[i, 0]
        total = 0.0
        for j in range(n):
            total += row[j]
            least = row[j] if row[j] < least else least
            most = row[j] if row[j] > most else most
        if total != total:
            bad += 1.0
        total = total - 1.0 if total > 1.0 else 1.0 - total
        worst = total if total > worst else worst
    out[block, 0] = least
    out[block, 1] = most
    out[block, 2] = worst
    out[block, 3] = bad


def _scan(const real_t[:, ::1] X, int n_threads):
    cdef Py_ssize_t block, n_blocks = (X.shape[0] + BLOCK - 1) // BLOCK
    out = np.empty((n_blocks, 4))
    cdef double[:, ::1] view = out
    for block in prange(n_blocks, nogil=True, schedule="static", num_threads=n_threads):
        scan_block(X, block, view)
    return out


def row_extremes(X, int n_threads=1):
    """Least and greatest entry, and the largest distance of a row's sum from 1.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
        Not empty.
    n_threads : int, default 1

    Returns
    -------
    least, most, worst : float
        All NaN if an entry is.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.simplex import row_extremes
    >>> row_extremes(np.array([[0.5, 0.5], [0.25, 1.0]]))
    (0.25, 1.0, 0.25)
    """
    X = np.ascontiguousarray(X, dtype=np.float32 if X.dtype == np.float32 else np.float64)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"X must be a matrix with entries, got shape {X.shape}")
    out = _scan(X, n_threads)
    if out[:, 3].any():
        return (float("nan"),) * 3
    return float(out[:, 0].min()), float(out[:, 1].max()), float(out[:, 2].max())
