# distutils: extra_compile_args = -O3
"""Values of B-spline bases, by the recursion of de Boor and Cox."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport floor, isnan
from libc.stdint cimport int64_t

ctypedef fused real_t:
    float
    double

cdef enum:
    MOST = 64   # greatest degree + 1
    FEW = 16    # intervals
    ROWS = 256  # a thread takes at a time

cdef enum Beyond:
    ENDS, CONTINUE, PERIODIC


cdef Py_ssize_t _span(const double* knots, Py_ssize_t degree, Py_ssize_t n_bases,
                      double x) noexcept nogil:
    """The m of ``degree … n_bases − 1`` with knots[m] ≤ x < knots[m + 1], the nearest beyond."""
    cdef Py_ssize_t low = degree, high = n_bases, middle
    if high - low <= FEW:  # comparing with all is quicker than guessing where branches go
        for middle in range(degree + 1, n_bases):
            low += knots[middle] <= x
        return low
    while high - low > 1:
        middle = (low + high) // 2
        if knots[middle] <= x:
            low = middle
        else:
            high = middle
    return low


cdef inline void _basis(const double* knots, const double* inverse, Py_ssize_t length,
                        Py_ssize_t degree, Py_ssize_t m, double x, double* out) noexcept nogil:
    """The degree + 1 basis functions that are not zero between knots m and m + 1.

    ``inverse[(d − 1) * length + i]`` is ``1 / (knots[i + d] − knots[i])``, 0 for equal knots.
    """
    cdef double left[MOST]
    cdef double right[MOST]
    cdef double carried, share
    cdef Py_ssize_t d, r
    out[0] = 1
    for d in range(1, degree + 1):
        left[d] = x - knots[m + 1 - d]
        right[d] = knots[m + d] - x
        carried = 0
        for r in range(d):
            share = out[r] * inverse[(d - 1) * length + m + 1 - d + r]
            out[r] = carried + right[r + 1] * share
            carried = left[d - r] * share
        out[d] = carried


cdef inline Py_ssize_t _values(const double* knots, const double* inverse, Py_ssize_t degree,
                               Py_ssize_t n_bases, int beyond, const double* ends, double x,
                               double* out) noexcept nogil:
    """Write the bases that are not zero at x; return the first one's number."""
    cdef Py_ssize_t m, k
    cdef double low = knots[degree], high = knots[n_bases]
    cdef const double* at
    if beyond == PERIODIC:
        x = low + (x - low) - floor((x - low) / (high - low)) * (high - low)
    elif beyond == ENDS and (x < low or x > high):
        at = ends if x < low else ends + 2 * (degree + 1)
        for k in range(degree + 1):
            out[k] = at[k] + (x - (low if x < low else high)) * at[degree + 1 + k]
        return 0 if x < low else n_bases - 1 - degree
    m = _span(knots, degree, n_bases, x)
    if degree == 3:  # the compiler unrolls the usual one
        _basis(knots, inverse, n_bases + 4, 3, m, x, out)
    else:
        _basis(knots, inverse, n_bases + degree + 1, degree, m, x, out)
    return m - degree


cdef void _block(const real_t[:, :] X, Py_ssize_t first, Py_ssize_t last,
                 const double[:, ::1] knots, const double[:, ::1] inverse, Py_ssize_t degree,
                 Py_ssize_t n_bases, Py_ssize_t n_splines, Py_ssize_t width, int beyond,
                 const double[:, ::1] ends, bint dense, real_t[:, :] out,
                 int64_t[:, ::1] columns) noexcept nogil:
    cdef double value[MOST]
    cdef Py_ssize_t i, j, k, start, spline
    cdef double x
    for i in range(first, last):
        for j in range(X.shape[1]):
            x = X[i, j]
            if isnan(x):
                for k in range(0 if dense else degree + 1):
                    columns[i, j * (degree + 1) + k] = -1
                continue
            start = _values(&knots[j, 0], &inverse[j, 0], degree, n_bases, beyond, &ends[j, 0], x,
                            value)
            for k in range(degree + 1):
                spline = start + k
                if spline >= n_splines:
                    spline = spline - n_splines
                if dense:
                    if spline < width:
                        out[i, j * width + spline] += <real_t>value[k]
                else:
                    out[i, j * (degree + 1) + k] = <real_t>value[k]
                    columns[i, j * (degree + 1) + k] = j * width + spline if spline < width else -1


cdef void _run(const real_t[:, :] X, const double[:, ::1] knots, const double[:, ::1] inverse,
               Py_ssize_t degree, Py_ssize_t n_bases, Py_ssize_t n_splines, Py_ssize_t width,
               int beyond, const double[:, ::1] ends, bint dense, real_t[:, :] out,
               int64_t[:, ::1] columns, int n_threads) noexcept:
    cdef Py_ssize_t n = X.shape[0], block
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _block(X, block * ROWS, min(n, (block + 1) * ROWS), knots, inverse, degree, n_bases,
               n_splines, width, beyond, ends, dense, out, columns)


def _inverse_gaps(knots, Py_ssize_t degree):
    """``1 / (knots[i + d] − knots[i])`` for d = 1 … degree, of each column in a row."""
    out = np.zeros((len(knots), max(degree, 1), knots.shape[1]))
    for d in range(1, degree + 1):
        gap = knots[:, d:] - knots[:, :-d]
        # Between equal knots nothing is asked, but at the last of them: 0 / 0 counts as 0.
        np.divide(1, gap, out=out[:, d - 1, :-d], where=gap != 0)
    return out.reshape(len(knots), -1)


def spline_bases(X, knots, int degree, str beyond, ends, bint bias, bint dense, str order,
                 int n_threads=1):
    """Values of the B-splines of each column.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
        A value that is NaN has no basis.
    knots : ndarray of float64, shape (n_columns, n_knots + 2 * degree), ascending
    degree : int
    beyond : {"ends", "continue", "periodic"}
        Outside the inner knots: the line given by `ends`, the outer polynomials, or periods.
    ends : ndarray of float64, shape (n_columns, 4 * (degree + 1))
        The bases that are not zero at the first inner knot, their slopes, and so at the last.
    bias : bool
        Whether the last spline of a column comes out.
    dense : bool
    order : {"C", "F"}
        Of a dense result.
    n_threads : int, default 1

    Returns
    -------
    out : ndarray of shape (n_rows, n_columns * n_splines)
        Or, if not `dense`, of shape (n_rows, n_columns * (degree + 1)), values that may be stored.
    columns : ndarray of int64, of the shape of `out`
        Their columns, −1 for none; empty if `dense`.
    """
    n_columns, length = knots.shape
    if n_columns != X.shape[1] or ends.shape != (n_columns, 4 * (degree + 1)):
        raise ValueError(f"knots are {knots.shape} and ends {ends.shape}, X is {X.shape}")
    if not 0 <= degree < MOST or length < 2 * degree + 2:
        raise ValueError(f"degree {degree} must be below {MOST} and fit {length} knots")
    n_bases = length - degree - 1
    n_splines = n_bases - degree if beyond == "periodic" else n_bases
    width = n_splines - 1 + bias
    shape = (len(X), n_columns * (width if dense else degree + 1))
    out = np.zeros(shape, dtype=X.dtype, order=order if dense else "C")
    columns = np.empty((0, 0) if dense else shape, dtype=np.int64)
    kind = {"ends": ENDS, "continue": CONTINUE, "periodic": PERIODIC}[beyond]
    knots = np.ascontiguousarray(knots, dtype=np.float64)
    inverse = _inverse_gaps(knots, degree)
    if X.dtype == np.float32:
        _run[float](X, knots, inverse, degree, n_bases, n_splines, width, kind, ends, dense, out,
                    columns, n_threads)
    else:
        _run[double](X, knots, inverse, degree, n_bases, n_splines, width, kind, ends, dense, out,
                     columns, n_threads)
    return out, columns
