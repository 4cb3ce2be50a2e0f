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


cdef struct Line:
    # A broken line through the points (x[k], y[k]), and where to look for the end of a piece:
    # x[first[b] : first[b + 1]] are those in bucket b of [x[0], x[0] + n_buckets / scale).
    const double* x
    const double* y
    const double* slope
    const int32_t* first
    Py_ssize_t n
    double scale
    Py_ssize_t n_buckets


cdef inline Py_ssize_t _bucket(double x, double least, double scale,
                               Py_ssize_t n_buckets) noexcept nogil:
    """Bucket of x; a greater x is in no lower one."""
    cdef double place = (x - least) * scale
    if not place > 0:
        return 0
    if place >= n_buckets:
        return n_buckets - 1
    return <Py_ssize_t>place


cdef inline Py_ssize_t _after(const Line* line, double x) noexcept nogil:
    """Points whose x is at most this one: of its bucket's alone some may be and others not."""
    cdef Py_ssize_t b = _bucket(x, line.x[0], line.scale, line.n_buckets)
    cdef Py_ssize_t start = line.first[b]
    return start + n_at_most(line.x + start, line.first[b + 1] - start, x)


cdef inline double _rank(const Line* line, double x) noexcept nogil:
    """Level of x, the mean of both ends of a run of knots equal to it."""
    cdef Py_ssize_t after = _after(line, x)
    cdef double slope
    if after == 0:
        return line.y[0]
    if line.x[after - 1] == x:
        return 0.5 * (line.y[after - 1] + line.y[n_below(line.x, line.n, x)])
    if after == line.n:
        return line.y[line.n - 1]
    slope = line.slope[after - 1]
    return 0.5 * ((slope * (x - line.x[after - 1]) + line.y[after - 1])
                  + (line.y[after] - slope * (line.x[after] - x)))


cdef inline double _value(const Line* line, double level) noexcept nogil:
    cdef Py_ssize_t after = _after(line, level)
    if after == 0:
        return line.y[0]
    if after == line.n:
        return line.y[line.n - 1]
    return line.slope[after - 1] * (level - line.x[after - 1]) + line.y[after - 1]


cdef inline double _to_normal(double x, double rank, double least, double greatest, double margin,
                              double low, double high) noexcept nogil:
    cdef double z
    if x - margin < least:
        return low
    if x + margin > greatest:
        return high
    z = normal_quantile(rank)
    return min(max(z, low), high)


cdef void _map(const real_t[:, :] X, Py_ssize_t j, Py_ssize_t first, Py_ssize_t last,
               const Line* line, bint inverse, double margin, double low, double high,
               real_t[:, :] out) noexcept nogil:
    cdef Py_ssize_t i
    cdef double x, y, least = line.y[0], greatest = line.y[line.n - 1]
    if not inverse:
        least, greatest = line.x[0], line.x[line.n - 1]
    for i in range(first, last):
        x = X[i, j]
        if isnan(x):
            out[i, j] = X[i, j]
            continue
        if inverse:
            y = _value(line, x)
            if margin > 0 and x - margin < 0:
                y = least
            elif margin > 0 and x + margin > 1:
                y = greatest
        else:
            y = _rank(line, x)
            if x == least:
                y = 0
            elif x == greatest:
                y = 1
            if margin > 0:
                y = _to_normal(x, y, least, greatest, margin, low, high)
        out[i, j] = <real_t>y


cdef void _map_rows(const real_t[:, :] X, Py_ssize_t first, Py_ssize_t last,
                    const double[:, ::1] x, const double[:, ::1] y, const double[:, ::1] slope,
                    const int32_t[:, ::1] starts, const double[::1] scale, bint inverse,
                    double margin, double low, double high, real_t[:, :] out) noexcept nogil:
    cdef Py_ssize_t j
    cdef Line line
    line.n = x.shape[1]
    line.n_buckets = starts.shape[1] - 1
    for j in range(X.shape[1]):
        line.x, line.y, line.slope = &x[j, 0], &y[j, 0], &slope[j, 0]
        line.first, line.scale = &starts[j, 0], scale[j]
        _map(X, j, first, last, &line, inverse, margin, low, high, out)


cdef void _interpolate(const real_t[:, :] X, const double[:, ::1] x, const double[:, ::1] y,
                       const double[:, ::1] slope, const int32_t[:, ::1] starts,
                       const double[::1] scale, bint inverse, double margin, double low,
                       double high, real_t[:, :] out, int n_threads) noexcept:
    cdef Py_ssize_t n = X.shape[0], block
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _map_rows(X, block * ROWS, min(n, (block + 1) * ROWS), x, y, slope, starts, scale,
                  inverse, margin, low, high, out)


def _buckets(const double[:, ::1] x):
    """Where in each row of `x`, which ascends, the values of each of even buckets start."""
    cdef Py_ssize_t j, k, n = x.shape[1], n_buckets = 8, before, b
    while n_buckets < 2 * n and n_buckets < 1 << 14:
        n_buckets *= 2
    starts = np.empty((x.shape[0], n_buckets + 1), dtype=np.int32)
    scale = np.empty(x.shape[0])
    cdef int32_t[:, ::1] first = starts
    cdef double[::1] factor = scale
    for j in range(x.shape[0]):
        factor[j] = n_buckets / (x[j, n - 1] - x[j, 0]) if x[j, n - 1] > x[j, 0] else 0.0
        if not factor[j] < 1e300:   # a range so small that all are in one bucket
            factor[j] = 0.0
        before = 0
        for k in range(n):
            b = _bucket(x[j, k], x[j, 0], factor[j], n_buckets)
            while before <= b:
                first[j, before] = <int32_t>k
                before += 1
        while before <= n_buckets:
            first[j, before] = <int32_t>n
            before += 1
    return starts, scale


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
    knots = np.ascontiguousarray(knots.T, dtype=np.float64)
    levels = np.ascontiguousarray(np.broadcast_to(levels, knots.shape), dtype=np.float64)
    x, y = (levels, knots) if inverse else (knots, levels)
    with np.errstate(divide="ignore", invalid="ignore"):  # between equal knots, which is not asked
        slope = np.diff(y, axis=1, append=0.0) / np.diff(x, axis=1, append=0.0)
    starts, scale = _buckets(x)
    cdef double low = ends[0], high = ends[1]
    if X.dtype == np.float32:
        _interpolate[float](
            X, x, y, slope, starts, scale, inverse, margin, low, high, out, n_threads)
    elif X.dtype == np.float64:
        _interpolate[double](
            X, x, y, slope, starts, scale, inverse, margin, low, high, out, n_threads)
    else:
        raise ValueError(f"X must be float32 or float64, got {X.dtype}")
    return out
