# distutils: extra_compile_args = -O3
"""Sums over columns that are no matrix product: ``Σ |x − y|`` and ``Σ (x − y)² / (x + y)``."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport fabs

ctypedef fused real_t:
    float
    double

# Partial sums side by side, which the compiler keeps in vector registers.
cdef enum:
    LANES = 8


cdef double distance(const real_t* x, const real_t* y, Py_ssize_t n) noexcept nogil:
    cdef double partial[LANES]
    cdef double total = 0.0
    cdef Py_ssize_t i, k, whole = n - n % LANES
    for k in range(LANES):
        partial[k] = 0.0
    for i in range(0, whole, 8):
        for k in range(LANES):
            partial[k] += fabs(<double>x[i + k] - <double>y[i + k])
    for i in range(whole, n):
        total += fabs(<double>x[i] - <double>y[i])
    for k in range(LANES):
        total += partial[k]
    return total


cdef double chi2_distance(const real_t* x, const real_t* y, Py_ssize_t n) noexcept nogil:
    cdef double partial[LANES]
    cdef double total = 0.0, away, both
    cdef Py_ssize_t i, k, whole = n - n % LANES
    for k in range(LANES):
        partial[k] = 0.0
    for i in range(0, whole, 8):
        for k in range(LANES):
            away = <double>x[i + k] - <double>y[i + k]
            both = <double>x[i + k] + <double>y[i + k]
            # Two zeros are 0 apart: any divisor but 0 will do.
            partial[k] += away * away / (both if both != 0.0 else 1.0)
    for i in range(whole, n):
        away = <double>x[i] - <double>y[i]
        both = <double>x[i] + <double>y[i]
        total += away * away / (both if both != 0.0 else 1.0)
    for k in range(LANES):
        total += partial[k]
    return total


cdef void fill_row(
    const real_t[:, ::1] X, const real_t[:, ::1] Y, Py_ssize_t i, bint chi2, double[:, ::1] out,
) noexcept nogil:
    cdef Py_ssize_t j, n = X.shape[1]
    for j in range(Y.shape[0]):
        if chi2:
            out[i, j] = chi2_distance(&X[i, 0], &Y[j, 0], n)
        else:
            out[i, j] = distance(&X[i, 0], &Y[j, 0], n)


def _fill(const real_t[:, ::1] X, const real_t[:, ::1] Y, bint chi2, double[:, ::1] out,
          int n_threads):
    cdef Py_ssize_t i
    for i in prange(X.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        fill_row(X, Y, i, chi2, out)


def row_distances(X, Y, kind, int n_threads=1):
    """Distances of each row of X from each row of Y.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
    Y : ndarray of shape (m, n_columns)
        float32 if X is too, else both are read as float64.
    kind : {"manhattan", "chi2"}
        ``Σ |x − y|``, or ``Σ (x − y)² / (x + y)`` for entries that are not negative.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, m)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.kernels.sums import row_distances
    >>> row_distances(np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]]), "chi2").tolist()
    [[1.0]]
    """
    if kind not in ("manhattan", "chi2"):
        raise ValueError(f"kind={kind!r}: must be 'manhattan' or 'chi2'")
    dtype = np.float32 if X.dtype == Y.dtype == np.float32 else np.float64
    X, Y = np.ascontiguousarray(X, dtype=dtype), np.ascontiguousarray(Y, dtype=dtype)
    if X.ndim != 2 or Y.ndim != 2 or X.shape[1] != Y.shape[1]:
        raise ValueError(f"X and Y must be matrices of one width, got {X.shape} and {Y.shape}")
    out = np.zeros((len(X), len(Y)))
    if X.size and Y.size:
        _fill(X, Y, kind == "chi2", out, n_threads)
    return out
