# distutils: extra_compile_args = -O3
"""Products of columns, made run by run; see `Monomials`."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy
from libcpp.vector cimport vector

ctypedef fused real_t:
    float
    double

cdef enum:
    ROWS = 64   # a thread takes at a time


cdef void _fill(const real_t[:, :] X, Py_ssize_t row, const int64_t[:, ::1] starts, bint distinct,
                real_t* items) noexcept nogil:
    """All products of a row, those of degree 1 first."""
    cdef Py_ssize_t n = X.shape[1], j, k, length, degree
    cdef const real_t* left
    cdef real_t* to
    cdef real_t x
    for j in range(n):
        items[j] = X[row, j]
    for degree in range(2, starts.shape[0]):
        for j in range(n):
            x = items[j]
            left = items + starts[degree - 1, j + distinct]
            to = items + starts[degree, j]
            length = starts[degree, j + 1] - starts[degree, j]
            for k in range(length):
                to[k] = x * left[k]


cdef void _dense_block(const real_t[:, :] X, Py_ssize_t first, Py_ssize_t last,
                       const int64_t[:, ::1] starts, bint distinct, bint bias, Py_ssize_t dropped,
                       real_t[:, ::1] out) noexcept nogil:
    cdef Py_ssize_t i, total = starts[starts.shape[0] - 1, X.shape[1]]
    cdef real_t* scratch = NULL
    if dropped > 0:
        scratch = <real_t*>malloc(total * sizeof(real_t))
    for i in range(first, last):
        if bias:
            out[i, 0] = 1
        if total == dropped:
            continue
        if dropped > 0:
            _fill(X, i, starts, distinct, scratch)
            memcpy(&out[i, bias], scratch + dropped, (total - dropped) * sizeof(real_t))
        else:
            _fill(X, i, starts, distinct, &out[i, bias])
    free(scratch)


cdef void _dense(const real_t[:, :] X, const int64_t[:, ::1] starts, bint distinct, bint bias,
                 Py_ssize_t dropped, real_t[:, ::1] out, int n_threads) noexcept:
    cdef Py_ssize_t n = X.shape[0], block
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _dense_block(X, block * ROWS, min(n, (block + 1) * ROWS), starts, distinct, bias, dropped,
                     out)


def dense_products(X, starts, bint distinct, bint bias, Py_ssize_t dropped, out, int n_threads=1):
    """Write the products of the columns of X into `out`, without the first `dropped`.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
    starts : ndarray of int64, shape (n_degrees + 1, n_columns + 1)
        As of `Monomials.starts`.
    distinct, bias : bool
    dropped : int
    out : C-contiguous ndarray of the dtype of X, shape (n_rows, bias + n_products)
    n_threads : int, default 1

    Returns
    -------
    out
    """
    width = int(starts[-1, -1]) - dropped + bias
    if out.shape != (len(X), width) or starts.shape[1] != X.shape[1] + 1 or out.dtype != X.dtype:
        raise ValueError(f"out is {out.dtype} of {out.shape}, X {X.dtype} of {X.shape}")
    if X.dtype == np.float32:
        _dense[float](X, starts, distinct, bias, dropped, out, n_threads)
    else:
        _dense[double](X, starts, distinct, bias, dropped, out, n_threads)
    return out


cdef void _sparse_row(const real_t* x, const int64_t* column, Py_ssize_t n,
                      const int64_t[:, ::1] starts, int64_t least, int64_t most, bint distinct,
                      bint bias, int64_t* indices, real_t* data) noexcept nogil:
    """Products of the stored values of a row; positions follow from those of what they multiply."""
    cdef vector[real_t] value, value_next
    cdef vector[int64_t] place, place_next
    cdef vector[Py_ssize_t] start, start_next
    cdef Py_ssize_t a, k, at = 0, degree
    cdef int64_t shift = bias - starts[least, 0], to, left
    if bias:
        indices[0] = 0
        data[0] = 1
        at = 1
    for a in range(n):
        value.push_back(x[a])
        place.push_back(column[a])
        start.push_back(a)
    start.push_back(n)
    for degree in range(1, most + 1):
        if degree > 1:
            value_next.clear()
            place_next.clear()
            start_next.clear()
            for a in range(n):
                start_next.push_back(<Py_ssize_t>value_next.size())
                to = starts[degree, column[a]]
                left = starts[degree - 1, column[a] + distinct]
                for k in range(start[a + distinct], <Py_ssize_t>value.size()):
                    value_next.push_back(x[a] * value[k])
                    place_next.push_back(to + place[k] - left)
            start_next.push_back(<Py_ssize_t>value_next.size())
            value.swap(value_next)
            place.swap(place_next)
            start.swap(start_next)
        if degree >= least:
            for k in range(<Py_ssize_t>value.size()):
                indices[at] = place[k] + shift
                data[at] = value[k]
                at += 1


cdef void _sparse(const real_t[::1] data, const int64_t[::1] indices, const int64_t[::1] indptr,
                  const int64_t[:, ::1] starts, int64_t least, int64_t most, bint distinct,
                  bint bias, const int64_t[::1] indptr_out, int64_t[::1] indices_out,
                  real_t[::1] data_out, int n_threads) noexcept:
    cdef Py_ssize_t n = indptr.shape[0] - 1, i
    for i in prange(n, nogil=True, schedule="static", num_threads=n_threads):
        if indptr_out[i + 1] > indptr_out[i]:
            _sparse_row(&data[0] + indptr[i], &indices[0] + indptr[i], indptr[i + 1] - indptr[i],
                        starts, least, most, distinct, bias, &indices_out[indptr_out[i]],
                        &data_out[indptr_out[i]])


def sparse_products(data, indices, indptr, starts, form, out, int n_threads=1):
    """Write the products of the columns of a CSR matrix into the arrays of another.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        float32 or float64, and int64; indices ascend within a row.
    starts : ndarray of int64
        As of `Monomials.starts`.
    form : tuple (least, most, distinct, bias)
    out : tuple (indptr, indices, data)
        The first is filled already.
    n_threads : int, default 1
    """
    least, most, distinct, bias = form
    indptr_out, indices_out, data_out = out
    if indptr_out[-1] != len(data_out) or len(indptr_out) != len(indptr) or most < 1:
        raise ValueError("indptr of the products does not fit their data or the matrix")
    if len(indices) and not 0 <= indices.min() <= indices.max() < starts.shape[1] - 1:
        raise ValueError("indices are beyond the columns")
    if len(data) == 0:  # an address is taken
        data, indices = np.zeros(1, dtype=data.dtype), np.zeros(1, dtype=np.int64)
    if data.dtype == np.float32:
        _sparse[float](data, indices, indptr, starts, least, most, distinct, bias, indptr_out,
                       indices_out, data_out, n_threads)
    else:
        _sparse[double](data, indices, indptr, starts, least, most, distinct, bias, indptr_out,
                        indices_out, data_out, n_threads)
