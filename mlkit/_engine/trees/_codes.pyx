# distutils: language = c++
"""Tables of numbers to tables of codes."""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, uint8_t, uint16_t

cdef extern from "code_kernels.hpp" nogil:
    cdef cppclass CodeTask[T]:
        const T* values
        Py_ssize_t step
        Py_ssize_t n
        const T* edges
        int levels
        uint16_t missing
        uint8_t* out
        Py_ssize_t out_step
        int code_bytes
    void encode_column(const CodeTask[float]&)
    void encode_column(const CodeTask[double]&)

# Rows whose codes are written before the next rows are read: a few hundred stay in cache.
cdef enum:
    ROWS_AT_ONCE = 512


cdef void encode_rows(
    const floating[:, :] X, Py_ssize_t row, const floating[::1] edges, const int32_t[::1] start,
    const int32_t[::1] levels, const int32_t[::1] n_bins, uint8_t* out, Py_ssize_t stride,
    int code_bytes,
) noexcept nogil:
    cdef CodeTask[floating] task
    cdef Py_ssize_t f
    task.step = X.strides[0] // <Py_ssize_t> sizeof(floating)
    task.n = min(<Py_ssize_t> ROWS_AT_ONCE, X.shape[0] - row)
    task.out_step, task.code_bytes = stride, code_bytes
    for f in range(X.shape[1]):
        task.values = &X[row, f]
        task.edges = &edges[start[f]]
        task.levels = levels[f]
        task.missing = n_bins[f]
        task.out = out + row * stride + f * code_bytes
        encode_column(task)


def encode_table(const floating[:, :] X, const floating[::1] edges, const int32_t[::1] start,
                 const int32_t[::1] levels, const int32_t[::1] n_bins, out, int n_threads=1):
    """Fill `out` with the codes of X: the number of edges below a value, ``n_bins`` for NaN.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
    edges : ndarray of the dtype of X
        Column f has the ``2^levels[f] − 1`` ascending ones from ``start[f]`` on.
    start, levels, n_bins : ndarray of int32, shape (n_columns,)
    out : ndarray of uint8 or uint16, shape (n_rows, at least n_columns), C order
    n_threads : int, default 1
    """
    cdef Py_ssize_t n = X.shape[0], d = X.shape[1], stride, chunk, f
    cdef int code_bytes = out.itemsize
    if out.dtype not in (np.uint8, np.uint16) or not out.flags.c_contiguous or out.ndim != 2:
        raise ValueError("out must be a table of 8 or 16 bits in C order")
    if out.shape[0] != n or out.shape[1] < d:
        raise ValueError(f"out has shape {out.shape}, X {(n, d)}")
    if start.shape[0] != d or levels.shape[0] != d or n_bins.shape[0] != d:
        raise ValueError(f"edges of {d} columns are wanted")
    for f in range(d):
        if not 0 <= levels[f] <= 16 or start[f] < 0 or (
            start[f] + (1 << levels[f]) - 1 > edges.shape[0]
        ):
            raise ValueError(f"the edges of column {f} are out of range")
        if not (1 << levels[f]) - 1 < 256 ** code_bytes or not 0 <= n_bins[f] < 256 ** code_bytes:
            raise ValueError(f"column {f} has more bins than a code can number")
        if X.strides[0] % <Py_ssize_t> sizeof(floating):
            raise ValueError("X must be aligned")
    if n == 0 or d == 0:
        return
    stride = out.strides[0]
    cdef uint8_t* to = <uint8_t*> <size_t> out.ctypes.data
    for chunk in prange((n + ROWS_AT_ONCE - 1) // ROWS_AT_ONCE, nogil=True, schedule="static",
                        num_threads=n_threads, use_threads_if=n_threads > 1 and n * d > 65536):
        encode_rows[floating](X, chunk * ROWS_AT_ONCE, edges, start, levels, n_bins, to, stride,
                              code_bytes)
