# distutils: extra_compile_args = -O3
"""Steps of coordinate descent under ``≥ 0``, and products of factors where a matrix stores values.

A row is one thread's alone: results do not depend on the number of threads.
"""

import numpy as np

from cython.parallel cimport prange
from libc.math cimport fabs

ctypedef fused real_t:
    float
    double

ctypedef fused index_t:
    int
    long long


cdef enum:
    ROWS = 64  # met together: their entries stay in the first-level cache


cdef inline double _entry(real_t* w, const real_t* g, real_t cross, Py_ssize_t t,
                          Py_ssize_t k) noexcept nogil:
    """A Newton step on one entry of a row; what it violated before."""
    cdef Py_ssize_t r, fours = k - k % 4
    cdef real_t gradient, step, a = 0, b = 0, c = 0, d = 0
    cdef double violation
    for r in range(0, fours, 4):  # four sums that do not wait for one another
        a += g[r] * w[r]
        b += g[r + 1] * w[r + 1]
        c += g[r + 2] * w[r + 2]
        d += g[r + 3] * w[r + 3]
    for r in range(fours, k):
        a += g[r] * w[r]
    gradient = (a + b) + (c + d) - cross
    violation = fabs(gradient) if w[t] > 0 or gradient < 0 else 0
    if g[t] != 0:
        step = w[t] - gradient / g[t]
        w[t] = step if step > 0 else 0
    return violation


cdef void _rows(real_t[:, ::1] W, const real_t[:, ::1] gram, const real_t[:, ::1] cross,
                const Py_ssize_t[::1] order, double[::1] violation, Py_ssize_t first,
                Py_ssize_t last) noexcept nogil:
    """Steps on the entries of some rows, component by component: rows do not wait for others."""
    cdef Py_ssize_t s, t, i, k = W.shape[1]
    for i in range(first, last):
        violation[i] = 0
    for s in range(k):
        t = order[s]
        for i in range(first, last):
            violation[i] += _entry(&W[i, 0], &gram[t, 0], cross[i, t], t, k)


def _descend(real_t[:, ::1] W, const real_t[:, ::1] gram, const real_t[:, ::1] cross,
             const Py_ssize_t[::1] order, double[::1] violation, int n_threads):
    cdef Py_ssize_t block, n = W.shape[0]
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _rows(W, gram, cross, order, violation, block * ROWS, min(n, (block + 1) * ROWS))


def descend(W, gram, cross, order, int n_threads=1):
    """One step on each entry of W ≥ 0 towards the least ``½ tr(W G Wᵀ) − tr(W Cᵀ)``.

    Parameters
    ----------
    W : ndarray of shape (n_rows, k), C-contiguous
        Changed in place.
    gram : ndarray of shape (k, k)
        G, symmetric.
    cross : ndarray of shape (n_rows, k)
        C.
    order : ndarray of intp, shape (k,)
        In which the entries of a row take their turn.
    n_threads : int, default 1

    Returns
    -------
    float
        Sum of the moduli of the projected gradients that the steps met.
    """
    n_rows, k = W.shape
    order = np.ascontiguousarray(order, dtype=np.intp)
    gram = np.ascontiguousarray(gram, dtype=W.dtype)
    cross = np.ascontiguousarray(cross, dtype=W.dtype)
    if gram.shape != (k, k) or cross.shape != (n_rows, k) or order.shape != (k,):
        raise ValueError(f"W is {W.shape}, gram {gram.shape}, cross {cross.shape}")
    if k == 0 or n_rows == 0:
        return 0.0
    if order.min() < 0 or order.max() >= k:
        raise ValueError(f"order must be of 0 … {k - 1}")
    violation = np.empty(n_rows)
    _descend(W, gram, cross, order, violation, n_threads)
    return float(violation.sum())


cdef void _row_products(const real_t* w, const real_t[:, ::1] Ht, const index_t* indices,
                        Py_ssize_t n, real_t* out) noexcept nogil:
    cdef Py_ssize_t e, r
    cdef double total
    cdef const real_t* h
    for e in range(n):
        h = &Ht[indices[e], 0]
        total = 0
        for r in range(Ht.shape[1]):
            total += w[r] * h[r]
        out[e] = <real_t>total


def _products(const real_t[:, ::1] W, const real_t[:, ::1] Ht, const index_t[::1] indptr,
              const index_t[::1] indices, real_t[::1] out, int n_threads):
    cdef Py_ssize_t i
    for i in prange(W.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        if indptr[i + 1] > indptr[i]:
            _row_products(&W[i, 0], Ht, &indices[indptr[i]], indptr[i + 1] - indptr[i],
                          &out[indptr[i]])


def products_at(W, Ht, indptr, indices, int n_threads=1):
    """Entries of ``W Htᵀ`` where a CSR matrix stores values.

    Parameters
    ----------
    W : ndarray of shape (n_rows, k)
    Ht : ndarray of shape (n_columns, k)
    indptr, indices : ndarray of int, of a CSR matrix of shape (n_rows, n_columns)
    n_threads : int, default 1

    Returns
    -------
    ndarray of shape (len(indices),)
    """
    W = np.ascontiguousarray(W)
    Ht = np.ascontiguousarray(Ht, dtype=W.dtype)
    kind = np.int64 if np.int64 in (indptr.dtype, indices.dtype) else np.intc
    indptr, indices = (np.ascontiguousarray(each, dtype=kind) for each in (indptr, indices))
    out = np.zeros(len(indices), dtype=W.dtype)
    if W.shape[1] != Ht.shape[1] or indptr.shape != (len(W) + 1,):
        raise ValueError(f"W is {W.shape}, Ht {Ht.shape}, indptr {indptr.shape}")
    if not len(indices) or not W.shape[1]:
        return out
    if indptr[0] != 0 or (np.diff(indptr) < 0).any() or indptr[len(W)] != len(indices):
        raise ValueError("indptr must ascend from 0 to the number of indices")
    if indices.min() < 0 or indices.max() >= len(Ht):
        raise ValueError(f"indices must be in 0 … {len(Ht) - 1}")
    _products(W, Ht, indptr, indices, out, n_threads)
    return out
