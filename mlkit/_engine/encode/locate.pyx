# distutils: extra_compile_args = -O3
"""Where values lie among sorted knots, column by column: counting edges and interpolating."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport isnan
from libc.stdint cimport int32_t

ctypedef fused real_t:
    float
    double

cdef extern from "normal.hpp" nogil:
    double normal_quantile(double p)

cdef enum:
    ROWS = 512      # of a block: its copy, 4 KiB, stays in the first cache
    FEW = 16        # edges that are compared one by one rather than searched


cdef inline Py_ssize_t n_at_most(const double* knots, Py_ssize_t n, double x) noexcept nogil:
    """Knots that are ≤ x, found by halving without a branch on the data."""
    cdef Py_ssize_t start = 0, half
    while n > 1:
        half = n >> 1
        start += half * (knots[start + half - 1] <= x)
        n -= half
    return start + (n == 1 and knots[start] <= x)


cdef inline Py_ssize_t n_below(const double* knots, Py_ssize_t n, double x) noexcept nogil:
    """Knots that are < x."""
    cdef Py_ssize_t start = 0, half
    while n > 1:
        half = n >> 1
        start += half * (knots[start + half - 1] < x)
        n -= half
    return start + (n == 1 and knots[start] < x)


cdef void _count_block(const double* x, Py_ssize_t n, const double* edges, Py_ssize_t n_edges,
                       int32_t* out) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef double edge
    for i in range(n):
        out[i] = 0
    if n_edges > FEW:
        for i in range(n):
            out[i] = <int32_t>n_at_most(edges, n_edges, x[i])
        return
    for k in range(n_edges):
        edge = edges[k]
        for i in range(n):
            out[i] += edge <= x[i]


cdef void _count_rows(const real_t[:, :] X, Py_ssize_t first, Py_ssize_t n, const double[::1] edges,
                      const Py_ssize_t[::1] starts, int32_t[:, ::1] out) noexcept nogil:
    cdef double x[ROWS]
    cdef int32_t found[ROWS]
    cdef Py_ssize_t i, j
    for j in range(X.shape[1]):
        for i in range(n):
            x[i] = X[first + i, j]
        _count_block(x, n, &edges[0] + starts[j], starts[j + 1] - starts[j], found)
        for i in range(n):
            out[first + i, j] = found[i]


cdef void _count(const real_t[:, :] X, const double[::1] edges, const Py_ssize_t[::1] starts,
                 int32_t[:, ::1] out, int n_threads) noexcept:
    cdef Py_ssize_t n = X.shape[0], block
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _count_rows(X, block * ROWS, min(ROWS, n - block * ROWS), edges, starts, out)


def count_edges(X, edges, int n_threads=1):
    """Count the edges of its column that each value reaches: ``#{k : edges[j][k] ≤ X[i, j]}``.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
    edges : list of n_columns ascending arrays
    n_threads : int, default 1

    Returns
    -------
    ndarray of int32, shape (n_rows, n_columns)

    Examples
    --------
    >>> import numpy as np
    >>> count_edges(np.array([[0.5], [2.0]]), [np.array([1.0, 2.0])]).ravel()
    array([0, 2], dtype=int32)
    """
    if len(edges) != X.shape[1]:
        raise ValueError(f"{len(edges)} lists of edges for {X.shape[1]} columns")
    starts = np.cumsum([0] + [len(each) for each in edges]).astype(np.intp)
    flat = np.concatenate([*edges, [0.0]]).astype(np.float64)  # never empty: its address is taken
    out = np.empty(X.shape, dtype=np.int32)
    if X.dtype == np.float32:
        _count[float](X, flat, starts, out, n_threads)
    else:
        _count[double](X.astype(np.float64, copy=False), flat, starts, out, n_threads)
    return out


cdef inline double _rank(const double* knots, const double* levels, Py_ssize_t n,
                         double x) noexcept nogil:
    """Level of x, the mean of both ends of a run of knots equal to it."""
    cdef Py_ssize_t after = n_at_most(knots, n, x)
    cdef double slope
    if after == 0:
        return levels[0]
    if knots[after - 1] == x:
        return 0.5 * (levels[after - 1] + levels[n_below(knots, n, x)])
    if after == n:
        return levels[n - 1]
    slope = (levels[after] - levels[after - 1]) / (knots[after] - knots[after - 1])
    return 0.5 * ((slope * (x - knots[after - 1]) + levels[after - 1])
                  + (levels[after] - slope * (knots[after] - x)))


cdef inline double _value(const double* levels, const double* knots, Py_ssize_t n,
                          double level) noexcept nogil:
    cdef Py_ssize_t after = n_at_most(levels, n, level)
    cdef double slope
    if after == 0:
        return knots[0]
    if after == n:
        return knots[n - 1]
    slope = (knots[after] - knots[after - 1]) / (levels[after] - levels[after - 1])
    return slope * (level - levels[after - 1]) + knots[after - 1]


cdef inline double _to_normal(double x, double rank, double least, double greatest, double margin,
                              double low, double high) noexcept nogil:
    cdef double z
    if x - margin < least:
        return low
    if x + margin > greatest:
        return high
    z = normal_quantile(rank)
    return min(max(z, low), high)


cdef void _line(const real_t[:, :] X, Py_ssize_t j, Py_ssize_t first, Py_ssize_t last,
                const double* knots, const double[::1] levels, bint inverse, double margin,
                double low, double high, real_t[:, :] out) noexcept nogil:
    cdef Py_ssize_t i, n = levels.shape[0]
    cdef double x, y
    for i in range(first, last):
        x = X[i, j]
        if isnan(x):
            out[i, j] = X[i, j]
            continue
        if inverse:
            y = _value(&levels[0], knots, n, x)
            if margin > 0 and x - margin < 0:
                y = knots[0]
            elif margin > 0 and x + margin > 1:
                y = knots[n - 1]
        else:
            y = _rank(knots, &levels[0], n, x)
            if x == knots[0]:
                y = 0
            elif x == knots[n - 1]:
                y = 1
            if margin > 0:
                y = _to_normal(x, y, knots[0], knots[n - 1], margin, low, high)
        out[i, j] = <real_t>y


cdef void _interpolate(const real_t[:, :] X, const double[:, ::1] knots, const double[::1] levels,
                       bint inverse, double margin, double low, double high,
                       real_t[:, :] out, int n_threads) noexcept:
    cdef Py_ssize_t n = X.shape[0], task, j, block, per_column = (X.shape[0] + ROWS - 1) // ROWS
    for task in prange(X.shape[1] * per_column, nogil=True, schedule="static",
                       num_threads=n_threads):
        j = task // per_column
        block = task % per_column
        _line(X, j, block * ROWS, min(n, (block + 1) * ROWS), &knots[j, 0], levels, inverse,
              margin, low, high, out)


def interpolate(X, knots, levels, bint inverse, double margin, ends, out, int n_threads=1):
    """Levels of values on broken lines through ``(knots[:, j], levels)``, or the reverse.

    Forward, a value that several knots equal has the mean of the least and the greatest of their
    levels, and the end knots have 0 and 1. NaN stays.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
    knots : ndarray of shape (n_levels, n_columns), ascending in each column
    levels : ndarray of shape (n_levels,), strictly ascending from 0 to 1
    inverse : bool
        From levels to values.
    margin : float
        Above 0, levels are those of a normal distribution: forward, its quantile is the result.
        What is within the margin of an end, or beyond it, is put at the end.
    ends : pair of float
        Least and greatest normal quantile.
    out : ndarray like X
        May be X.
    n_threads : int, default 1

    Returns
    -------
    out
    """
    if knots.shape != (len(levels), X.shape[1]) or len(levels) < 1:
        raise ValueError(f"knots are {knots.shape} for {len(levels)} levels, X is {X.shape}")
    if out.shape != X.shape or out.dtype != X.dtype:
        raise ValueError(f"out is {out.dtype} of shape {out.shape}, X {X.dtype} of {X.shape}")
    by_column = np.ascontiguousarray(knots.T, dtype=np.float64)
    levels = np.ascontiguousarray(levels, dtype=np.float64)
    cdef double low = ends[0], high = ends[1]
    if X.dtype == np.float32:
        _interpolate[float](X, by_column, levels, inverse, margin, low, high, out, n_threads)
    elif X.dtype == np.float64:
        _interpolate[double](X, by_column, levels, inverse, margin, low, high, out, n_threads)
    else:
        raise ValueError(f"X must be float32 or float64, got {X.dtype}")
    return out
