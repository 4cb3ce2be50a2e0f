"""Sums of the columns of a dense matrix over groups of rows, in one pass over memory.

Columns are dealt to threads in strips whose width depends on the shape alone, and the rows of a
strip are met in order: results do not depend on the number of threads.
"""

import numpy as np

from cython.parallel cimport prange

ctypedef fused real_t:
    float
    double

cdef extern from "grouped.hpp" nogil:
    cdef cppclass GroupedRows[T]:
        const T* x
        Py_ssize_t n_rows, width, row_step, column_step
        const Py_ssize_t* codes
        Py_ssize_t group_step
        const double* shift
        double* total
        double* squares
    void grouped_add(const GroupedRows[float]&)
    void grouped_add(const GroupedRows[double]&)

# Statistics of this many columns and some groups stay in the first-level cache.
cdef enum:
    STRIP = 128


cdef void strip_sums(
    const real_t[:, :] X, const Py_ssize_t[::1] codes, const double[:, ::1] shift,
    double[:, ::1] total, double[:, ::1] squares, bint deviations, Py_ssize_t first,
    Py_ssize_t width,
) noexcept nogil:
    cdef GroupedRows[real_t] rows
    cdef Py_ssize_t size = sizeof(real_t)
    rows.x = &X[0, first]
    rows.n_rows = X.shape[0]
    rows.width = width
    rows.row_step = X.strides[0] // size
    rows.column_step = X.strides[1] // size
    rows.codes = &codes[0]
    rows.group_step = total.shape[1]
    rows.shift = &shift[0, first] if deviations else NULL
    rows.total = &total[0, first]
    rows.squares = &squares[0, first]
    grouped_add(rows)


def _sums(const real_t[:, :] X, const Py_ssize_t[::1] codes, shift, Py_ssize_t n_groups,
          int n_threads):
    cdef bint deviations = shift is not None
    cdef Py_ssize_t n_columns = X.shape[1], strip, width = STRIP, n_strips
    total = np.zeros((n_groups, n_columns))
    squares = np.zeros((n_groups, n_columns)) if deviations else total
    cdef double[:, ::1] total_view = total, squares_view = squares
    cdef const double[:, ::1] shift_view = shift if deviations else total
    if X.strides[0] == <Py_ssize_t>sizeof(real_t):
        width = 4  # sums of one column would wait for one another
    n_strips = max(1, (n_columns + width - 1) // width)
    n_threads = min(n_threads, n_strips)
    for strip in prange(n_strips, nogil=True, schedule="static", num_threads=n_threads):
        strip_sums(
            X, codes, shift_view, total_view, squares_view, deviations, strip * width,
            min(width, n_columns - strip * width),
        )
    return total, squares


def _ready(X, codes, Py_ssize_t n_groups):
    """X as float32 or float64 with whole strides, codes as intp; both checked."""
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must have 2 dimensions, got {X.ndim}")
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    X = np.require(X, dtype=np.dtype(dtype).newbyteorder("="), requirements="A")
    if X.strides[0] % X.itemsize or X.strides[1] % X.itemsize:
        X = np.ascontiguousarray(X)
    codes = np.ascontiguousarray(codes, dtype=np.intp)
    if codes.shape != X.shape[:1]:
        raise ValueError(f"codes have shape {codes.shape}, X has {X.shape[0]} rows")
    if len(codes) and (codes.min() < 0 or codes.max() >= n_groups):
        raise ValueError(f"codes must be in 0 … {n_groups - 1}")
    return X, codes


def grouped_sums(X, codes, Py_ssize_t n_groups, *, int n_threads=1):
    """Return the sums of the columns over each group of rows, in float64.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        float32 and float64 are read as they are, in any order; others are converted.
    codes : ndarray of int, shape (n_rows,)
        Group of each row, in ``0 … n_groups − 1``.
    n_groups : int
    n_threads : int, default 1

    Returns
    -------
    ndarray of shape (n_groups, n_columns)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.grouped import grouped_sums
    >>> grouped_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0]), 2).tolist()
    [[5.0], [2.0]]
    """
    X, codes = _ready(X, codes, n_groups)
    if X.size == 0:
        return np.zeros((n_groups, X.shape[1]))
    return _sums(X, codes, None, n_groups, n_threads)[0]


def grouped_moments(X, codes, Py_ssize_t n_groups, *, int n_threads=1):
    """Return count, mean and squared deviations of the columns in each group of rows.

    Sums are of deviations from the first row of the group: what is constant in a group has a
    deviation of exactly 0, and a mean far from 0 costs no digits.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        float32 and float64 are read as they are, in any order; others are converted.
    codes : ndarray of int, shape (n_rows,)
        Group of each row, in ``0 … n_groups − 1``.
    n_groups : int
    n_threads : int, default 1

    Returns
    -------
    count : ndarray of float64, shape (n_groups,)
    mean, squares : ndarray of float64, shape (n_groups, n_columns)
        0 for a group without rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.grouped import grouped_moments
    >>> count, mean, squares = grouped_moments(np.array([[1.0], [3.0]]), np.array([0, 0]), 1)
    >>> count.tolist(), mean.tolist(), squares.tolist()
    ([2.0], [[2.0]], [[2.0]])
    """
    X, codes = _ready(X, codes, n_groups)
    count = np.bincount(codes, minlength=n_groups).astype(np.float64)
    shift = np.zeros((n_groups, X.shape[1]))
    if X.size == 0:
        return count, shift, np.zeros_like(shift)
    first = np.zeros(n_groups, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last assignment stays
    shift[:] = X[first]
    shift[count == 0] = 0
    total, squares = _sums(X, codes, shift, n_groups, n_threads)
    rows = np.maximum(count, 1)[:, None]
    squares -= total * total / rows
    return count, shift + total / rows, np.maximum(squares, 0)
