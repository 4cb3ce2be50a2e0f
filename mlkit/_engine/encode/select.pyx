# distutils: language = c++
"""Order statistics of columns: values gathered by column without NaN, and those of chosen ranks.
"""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport isnan
from libc.stddef cimport ptrdiff_t

cdef extern from "select.hpp" namespace "mlkit_select" nogil:
    void select_ranks "mlkit_select::select"[T](
        T* x, ptrdiff_t n, const ptrdiff_t* ranks, ptrdiff_t n_ranks, double* out)

ctypedef fused real_t:
    float
    double

cdef enum:
    TOGETHER = 8    # columns gathered at once: doubles of a cache line


cdef void _gather_columns(const real_t[:, :] X, Py_ssize_t first, Py_ssize_t last,
                          real_t[:, ::1] out, ptrdiff_t[::1] counts) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef ptrdiff_t place[TOGETHER]
    cdef real_t x
    for k in range(last - first):
        place[k] = 0
    for i in range(X.shape[0]):
        for k in range(last - first):
            x = X[i, first + k]
            # Written in any case and kept by moving on, which spares a branch on the data.
            out[first + k, place[k]] = x
            place[k] += not isnan(x)
    for k in range(last - first):
        counts[first + k] = place[k]


def _gather(const real_t[:, :] X, real_t[:, ::1] out, ptrdiff_t[::1] counts, int n_threads):
    cdef Py_ssize_t group, n = X.shape[1], step = TOGETHER
    if X.strides[0] < X.strides[1]:
        step = 1    # columns are together in memory
    for group in prange((n + step - 1) // step, nogil=True, schedule="static",
                        num_threads=n_threads):
        _gather_columns(X, group * step, min(n, (group + 1) * step), out, counts)


def gather(X, int n_threads=1):
    """Copy the columns of X, each without its NaNs.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
    n_threads : int, default 1

    Returns
    -------
    values : ndarray of shape (n_columns, n_rows)
        Row j begins with the values of column j; what follows them means nothing.
    counts : ndarray of intp, shape (n_columns,)
        How many those are.
    """
    # A value too many is written where a column ends in NaN.
    values = np.empty((X.shape[1], max(X.shape[0], 1)), dtype=X.dtype)
    counts = np.zeros(X.shape[1], dtype=np.intp)
    if not X.size:
        return values, counts
    if X.dtype not in (np.float32, np.float64):
        raise ValueError(f"X must be float32 or float64, got {X.dtype}")
    _gather(X, values, counts, n_threads)
    return values, counts


def _select(real_t[:, ::1] values, const ptrdiff_t[::1] counts, const ptrdiff_t[:, ::1] ranks,
            double[:, ::1] out, int n_threads):
    cdef Py_ssize_t j
    for j in prange(values.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        if counts[j] > 0:
            select_ranks(&values[j, 0], counts[j], &ranks[j, 0], ranks.shape[1], &out[j, 0])


def select(values, counts, ranks, int n_threads=1):
    """Values of some ranks, counted from 0, in each row of `values`.

    Parameters
    ----------
    values, counts
        From `gather`; `values` may be reordered.
    ranks : ndarray of intp, shape (n_columns, n_ranks)
        Ascending in each row, below the count; a row whose count is 0 is passed over.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_columns, n_ranks)
        NaN in a row whose count is 0.
    """
    ranks = np.ascontiguousarray(ranks, dtype=np.intp)
    if ranks.shape[0] != values.shape[0] or counts.shape != (values.shape[0],):
        raise ValueError(f"ranks are {ranks.shape} for {values.shape[0]} columns")
    out = np.full((ranks.shape[0], ranks.shape[1]), np.nan)
    some = counts > 0
    if ranks.shape[1] == 0 or not some.any():
        return out
    least, greatest = ranks[some].min(), (ranks[some].max(axis=1) - counts[some]).max()
    if least < 0 or greatest >= 0 or (np.diff(ranks[some], axis=1) < 0).any():
        raise ValueError("ranks must ascend from 0 to below the number of values")
    _select(values, counts, ranks, out, n_threads)
    return out
