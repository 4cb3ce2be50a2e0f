"""Nearest rows that have a value, for each missing value of some rows."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc

cdef extern from "donors.hpp" nogil:
    void donor_distances(const double* x, const uint8_t* has_x, Py_ssize_t p, const double* y,
                         const double* has_y, Py_ssize_t n, double* out, double* shared)
    void donor_nearest(const double* distance, const double* has, Py_ssize_t n, Py_ssize_t k,
                       Py_ssize_t* index, double* nearest)

cdef enum:
    ROWS = 16       # of a task, which share its scratch memory
    TILE = 512      # counts of shared columns that the kernel keeps at once


cdef int _rows(const double[:, ::1] X, const uint8_t[:, ::1] has, Py_ssize_t first,
               Py_ssize_t last, const double[:, ::1] Y, const double[:, ::1] has_y,
               const Py_ssize_t[::1] starts, const Py_ssize_t[::1] columns, Py_ssize_t[:, ::1] near,
               double[:, ::1] distance) noexcept nogil:
    cdef Py_ssize_t i, m, j, n = Y.shape[1], k = near.shape[1]
    cdef double* away = <double*>malloc((n + TILE) * sizeof(double))
    if away == NULL:
        return 1
    for i in range(first, last):
        donor_distances(&X[i, 0], &has[i, 0], X.shape[1], &Y[0, 0], &has_y[0, 0], n, away,
                        away + n)
        for m in range(starts[i], starts[i + 1]):
            j = columns[m]
            donor_nearest(away, &has_y[j, 0], n, k, &near[m, 0], &distance[m, 0])
    free(away)
    return 0


def nearest(const double[:, ::1] X, const uint8_t[:, ::1] has, const double[:, ::1] Y,
            const double[:, ::1] has_y, const Py_ssize_t[::1] starts,
            const Py_ssize_t[::1] columns, int k, int n_threads=1):
    """The k nearest rows that have a value, for each value wanted.

    Parameters
    ----------
    X : ndarray of shape (n_rows, p)
        Rows that want values; what is missing may be anything finite.
    has : ndarray of uint8, shape (n_rows, p)
        Which values the rows have.
    Y : ndarray of shape (p, n_donors)
        Rows that give values, as columns; 0 where a value is missing.
    has_y : ndarray of float64, shape (p, n_donors)
        1 where there is a value, else 0.
    starts : ndarray of intp, shape (n_rows + 1,)
        ``columns[starts[i]:starts[i + 1]]`` are the columns wanted by row i.
    columns : ndarray of intp
    k : int
        At least 1.
    n_threads : int, default 1

    Returns
    -------
    index : ndarray of intp, shape (n_wanted, k)
        Nearest first, of equally near ones the first first.
    distance : ndarray of float64, shape (n_wanted, k)
        Squares, as of `donors.nan_euclidean`; infinite where there are fewer than k.
    """
    cdef Py_ssize_t n_rows = X.shape[0], p = X.shape[1], block
    cdef int failed = 0
    if (has.shape[0] != n_rows or has.shape[1] != p or Y.shape[0] != p or k < 1
            or has_y.shape[0] != p or has_y.shape[1] != Y.shape[1] or Y.shape[1] < 1
            or starts.shape[0] != n_rows + 1):
        raise ValueError("shapes of rows, donors and masks do not agree")
    held, wanted = np.asarray(starts), np.asarray(columns)
    if held[0] != 0 or held[len(held) - 1] != len(wanted) or (np.diff(held) < 0).any():
        raise ValueError("starts must ascend from 0 to the number of columns wanted")
    if len(wanted) and not 0 <= wanted.min() <= wanted.max() < p:
        raise ValueError(f"columns wanted are outside 0 to {p - 1}")
    index = np.empty((len(wanted), k), dtype=np.intp)
    distance = np.empty((len(wanted), k))
    cdef Py_ssize_t[:, ::1] near = index
    cdef double[:, ::1] away = distance
    for block in prange((n_rows + ROWS - 1) // ROWS, nogil=True, schedule="dynamic",
                        num_threads=n_threads):
        failed += _rows(X, has, block * ROWS, min(n_rows, (block + 1) * ROWS), Y, has_y, starts,
                        columns, near, away)
    if failed:
        raise MemoryError("no memory for the distances of a row")
    return index, distance
