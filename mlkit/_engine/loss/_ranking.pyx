# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Losses and scores of queries, several queries at a time."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t
from libcpp cimport bool as cbool

cdef extern from "ranking.hpp" nogil:
    cppclass Query:
        const int32_t* rows
        Py_ssize_t n
        const double* score
        const double* gain
        const double* root
        double scale
        double* gradient
        double* curvature

    double lambda_loss(const Query&, double, double, Py_ssize_t, cbool)
    double softmax_loss(const Query&)
    double discounted_gain(const Query&, Py_ssize_t)


cdef class Rankings:
    """Documents by query.

    Parameters
    ----------
    gain : ndarray of float64, shape (n_rows,)
    rows : ndarray of int32
        Rows of the queries, one query after another; rows that are not named have no part.
    starts : ndarray of int64, shape (n_queries + 1,)
        Query q has ``rows[starts[q]:starts[q + 1]]``.
    scale : ndarray of float64, shape (n_queries,)
        Weight of each query.
    root : ndarray of float64, shape (n_rows,), or None
        Square roots of the weights of rows in their queries.
    """

    cdef readonly object gain, rows, starts, scale, root
    cdef const double* first_gain
    cdef const double* first_scale
    cdef const double* first_root
    cdef const int32_t* first_row
    cdef const int64_t* first_start
    cdef readonly Py_ssize_t n_rows, n_queries

    def __init__(self, gain, rows, starts, scale, root=None):
        n = len(gain)
        if len(rows) and not (0 <= np.min(rows) and np.max(rows) < n):
            raise ValueError(f"rows run from 0 to {n - 1}")
        if len(np.unique(rows)) != len(rows):
            raise ValueError("a row belongs to one query")
        if len(scale) != len(starts) - 1 or (root is not None and len(root) != n):
            raise ValueError("one scale a query and one root a row are wanted")
        if starts[0] != 0 or starts[len(scale)] != len(rows) or np.diff(starts).min() < 0:
            raise ValueError(f"starts must rise from 0 to {len(rows)}")
        self.gain, self.scale, self.root = gain, scale, root
        self.rows, self.starts = rows, starts
        self.n_rows, self.n_queries = n, len(scale)
        cdef const double[::1] gain_view = gain, scale_view = scale, root_view = root
        cdef const int32_t[::1] row_view = rows
        cdef const int64_t[::1] start_view = starts
        if not (n and len(rows)):
            raise ValueError("a ranking needs rows")
        self.first_gain, self.first_scale = &gain_view[0], &scale_view[0]
        self.first_row, self.first_start = &row_view[0], &start_view[0]
        self.first_root = NULL
        if root is not None:
            self.first_root = &root_view[0]

    def __reduce__(self):
        return type(self), (self.gain, self.rows, self.starts, self.scale, self.root)

    cdef _check(self, score, gradient, curvature):
        for array in (score, gradient, curvature):
            if array is not None and len(array) != self.n_rows:
                raise ValueError(f"one entry for each of {self.n_rows} rows is wanted")

    cdef Query query(self, Py_ssize_t q, const double* score, double* gradient,
                     double* curvature) noexcept nogil:
        cdef Query found
        found.rows = self.first_row + self.first_start[q]
        found.n = self.first_start[q + 1] - self.first_start[q]
        found.score, found.gain, found.root = score, self.first_gain, self.first_root
        found.scale = self.first_scale[q]
        found.gradient, found.curvature = gradient, curvature
        return found

    def lambdas(self, const double[::1] score, const double[::1] best, double sigmoid,
                Py_ssize_t depth, bint even, double[::1] gradient, double[::1] curvature,
                int n_threads):
        """Loss of each query over pairs; or NaN, and the two arrays that are not None filled.

        The gain of the best ranking of each query is `best`.
        """
        self._check(score, gradient, curvature)
        if best.shape[0] != self.n_queries:
            raise ValueError("one best gain a query is wanted")
        out = np.zeros(self.n_queries)
        cdef double[::1] value = out
        cdef Py_ssize_t q
        cdef double* g = NULL
        cdef double* h = NULL
        if gradient is not None:
            g = &gradient[0]
        if curvature is not None:
            h = &curvature[0]
        for q in prange(self.n_queries, nogil=True, schedule="dynamic", num_threads=n_threads,
                        use_threads_if=n_threads > 1):
            value[q] = lambda_loss(self.query(q, &score[0], g, h), best[q], sigmoid, depth, even)
        return out

    def softmax(self, const double[::1] score, double[::1] gradient, double[::1] curvature,
                int n_threads):
        """Cross-entropy of each query; fill the two arrays that are not None."""
        self._check(score, gradient, curvature)
        out = np.zeros(self.n_queries)
        cdef double[::1] value = out
        cdef Py_ssize_t q
        cdef double* g = NULL
        cdef double* h = NULL
        if gradient is not None:
            g = &gradient[0]
        if curvature is not None:
            h = &curvature[0]
        for q in prange(self.n_queries, nogil=True, schedule="dynamic", num_threads=n_threads,
                        use_threads_if=n_threads > 1):
            value[q] = softmax_loss(self.query(q, &score[0], g, h))
        return out

    def discounted(self, const double[::1] score, Py_ssize_t depth, int n_threads):
        """Discounted gain of each query's first `depth`."""
        self._check(score, None, None)
        out = np.zeros(self.n_queries)
        cdef double[::1] value = out
        cdef Py_ssize_t q
        for q in prange(self.n_queries, nogil=True, schedule="dynamic", num_threads=n_threads,
                        use_threads_if=n_threads > 1):
            value[q] = discounted_gain(self.query(q, &score[0], NULL, NULL), depth)
        return out
