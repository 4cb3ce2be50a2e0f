# distutils: extra_compile_args = -O3 -fno-math-errno
"""Distances of sparse rows, from products that only meet what is stored."""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport sqrt
from libc.string cimport memset

# Where ‖x − y‖² is so small a part of ‖x‖² + ‖y‖², half of the digits are lost to cancellation.
cdef double CANCELLED = 1e-7


cdef double apart(
    const int* x_index, const double* x, Py_ssize_t n, const int* y_index, const double* y,
    Py_ssize_t m,
) noexcept nogil:
    """``‖x − y‖²`` by differences of two rows with sorted indices."""
    cdef Py_ssize_t i = 0, j = 0
    cdef double away, total = 0
    while i < n or j < m:
        if j == m or (i < n and x_index[i] < y_index[j]):
            away = x[i]
            i += 1
        elif i == n or y_index[j] < x_index[i]:
            away = y[j]
            j += 1
        else:
            away = x[i] - y[j]
            i += 1
            j += 1
        total += away * away
    return total


cdef void fill_row(
    const int* x_index, const double* x, Py_ssize_t n, double x_square, const int[::1] y_ptr,
    const int[::1] y_index, const double[::1] y, const double[::1] y_square, const int[::1] c_ptr,
    const int[::1] c_index, const double[::1] c, bint cosine, double* out,
) noexcept nogil:
    """Distances of one row from all rows y; c holds the columns of y."""
    cdef Py_ssize_t a, b, j, m = y_square.shape[0]
    cdef double value
    memset(out, 0, m * sizeof(double))
    for a in range(n):
        for b in range(c_ptr[x_index[a]], c_ptr[x_index[a] + 1]):
            out[c_index[b]] += x[a] * c[b]
    if cosine:
        for j in range(m):
            value = 1 - out[j]
            out[j] = value if value > 0 else 0.0
        return
    for j in range(m):
        out[j] = x_square + y_square[j] - 2 * out[j]
    # Passes of their own, so that all but this one are of whole registers.
    for j in range(m):
        if out[j] < CANCELLED * (x_square + y_square[j]):
            out[j] = x_square
            if y.shape[0]:
                out[j] = apart(x_index, x, n, &y_index[0] + y_ptr[j], &y[0] + y_ptr[j],
                               y_ptr[j + 1] - y_ptr[j])
    for j in range(m):
        out[j] = sqrt(out[j])


def distances(x_ptr, x_index, x_data, x_square, y_ptr, y_index, y_data, y_square, c_ptr, c_index,
              c_data, bint cosine, int n_threads=1):
    """Distances of sparse rows x from sparse rows y.

    Parameters
    ----------
    x_ptr, x_index, x_data : ndarray of int32, int32, float64
        Rows x in CSR, indices of a row sorted.
    x_square : ndarray of float64, shape (n,)
        ``‖x‖²``.
    y_ptr, y_index, y_data, y_square
        Rows y likewise.
    c_ptr, c_index, c_data
        Rows y in CSC.
    cosine : bool
        ``1 − ⟨x, y⟩``, for rows of length 1, instead of ``‖x − y‖``.
    n_threads : int

    Returns
    -------
    ndarray of float64, shape (n, m)
    """
    cdef const int[::1] xp = x_ptr, xi = x_index, yp = y_ptr, yi = y_index, cp = c_ptr, ci = c_index
    cdef const double[::1] x = x_data, xs = x_square, y = y_data, ys = y_square, c = c_data
    cdef Py_ssize_t i, n = xp.shape[0] - 1, m = yp.shape[0] - 1
    if (xs.shape[0] != n or ys.shape[0] != m or xi.shape[0] != x.shape[0]
            or yi.shape[0] != y.shape[0] or ci.shape[0] != c.shape[0] or xp[n] > x.shape[0]
            or yp[m] > y.shape[0] or cp[cp.shape[0] - 1] > c.shape[0]):
        raise ValueError("the arrays of the rows do not belong together")
    if (x.shape[0] and (np.min(x_index) < 0 or np.max(x_index) > cp.shape[0] - 2)
            or c.shape[0] and (np.min(c_index) < 0 or np.max(c_index) >= m)):
        raise ValueError("an index is beyond the columns, or the rows")
    out = np.empty((n, m))
    if not n or not m:
        return out
    cdef double[:, ::1] to = out
    cdef const int* first_index = &xi[0] if x.shape[0] else NULL
    cdef const double* first = &x[0] if x.shape[0] else NULL
    for i in prange(n, nogil=True, schedule="dynamic", chunksize=8, num_threads=n_threads):
        fill_row(first_index + xp[i], first + xp[i], xp[i + 1] - xp[i], xs[i], yp, yi, y, ys, cp,
                 ci, c, cosine, &to[i, 0])
    return out
