# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Predictions of leaves that are linear in some columns."""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport isnan
from libc.stdint cimport int32_t, int64_t


cdef double slope_part(
    const floating* row, const int32_t* feature, const double* coef, const double* center,
    const double* low, const double* high, int64_t begin, int64_t end,
) noexcept nogil:
    """``Σ coef (x − center)``, x kept between low and high; 0 where one is missing."""
    cdef double total = 0.0, x
    cdef int64_t q
    for q in range(begin, end):
        x = row[feature[q]]
        if isnan(x):
            return 0.0
        x = low[q] if x < low[q] else x
        x = high[q] if x > high[q] else x
        total += coef[q] * (x - center[q])
    return total


def add_slopes(
    const int64_t[:, ::1] leaf, const int64_t[::1] offset, const int64_t[::1] start,
    const int32_t[::1] feature, const double[:, ::1] terms, const floating[:, ::1] X,
    double[:, ::1] out, const int32_t[::1] column, int n_threads,
):
    """Add what the leaves' slopes say to ``out[i, column[t]]``, for each row i and tree t.

    Parameters
    ----------
    leaf : ndarray of int64, shape (n_rows, n_trees)
        Nodes, counted from the root of each tree, which is node ``offset[t]`` of all.
    start : ndarray of int64
        Node n has the terms ``start[n]`` to ``start[n + 1] − 1``.
    feature : ndarray of int32, shape (n_terms,)
    terms : ndarray of float64, shape (4, n_terms)
        Slopes, centers, least and greatest values.
    """
    cdef Py_ssize_t n = leaf.shape[0], n_trees = leaf.shape[1], n_terms = feature.shape[0]
    cdef Py_ssize_t i, t
    cdef int64_t node
    if X.shape[0] != n or out.shape[0] != n or column.shape[0] != n_trees:
        raise ValueError("leaf, X, out and column do not fit together")
    if offset.shape[0] < n_trees or terms.shape[0] != 4 or terms.shape[1] != n_terms:
        raise ValueError("offset or terms do not fit")
    if not n or not n_trees or not n_terms:
        return
    if np.min(feature) < 0 or np.max(feature) >= X.shape[1]:
        raise ValueError(f"a feature is not among the {X.shape[1]} of X")
    if np.min(column) < 0 or np.max(column) >= out.shape[1]:
        raise ValueError(f"a column is not among the {out.shape[1]} of out")
    nodes = np.asarray(leaf) + np.asarray(offset)[:n_trees]
    if nodes.min() < 0 or nodes.max() >= start.shape[0] - 1 or np.min(leaf) < 0:
        raise ValueError("a leaf is no node")
    if start[0] < 0 or np.diff(start).min() < 0 or start[start.shape[0] - 1] > n_terms:
        raise ValueError("start must rise within the terms")
    for i in prange(n, nogil=True, schedule="static", num_threads=n_threads,
                    use_threads_if=n_threads > 1):
        for t in range(n_trees):
            node = offset[t] + leaf[i, t]
            out[i, column[t]] += slope_part(
                &X[i, 0], &feature[0], &terms[0, 0], &terms[1, 0], &terms[2, 0], &terms[3, 0],
                start[node], start[node + 1],
            )
