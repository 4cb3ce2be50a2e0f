"""A number of 64 bits for each row of a table: equal for rows that are alike."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

ctypedef fused real_t:
    float
    double


# The mixing step of SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number
# generators", OOPSLA).
cdef inline uint64_t mixed(uint64_t x) noexcept nogil:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu
    return x ^ (x >> 31)


cdef inline uint64_t cell(real_t value, uint64_t key) noexcept nogil:
    """Of a value in the column of a key: 0 for zeros of both signs, so that they can be left out,
    and one number for all NaN."""
    cdef double wide = value
    cdef uint64_t bits
    if wide == 0:
        return 0
    if wide != wide:
        return mixed(key ^ 0x7FF8000000000000u)
    memcpy(&bits, &wide, sizeof(bits))
    return mixed(bits ^ key)


cdef inline uint64_t key_of(Py_ssize_t column, uint64_t seed) noexcept nogil:
    return mixed((<uint64_t>column + 1) * 0x9E3779B97F4A7C15u + seed)


def hash_dense(const real_t[:, :] X, uint64_t seed, bint single, uint64_t[::1] out, int n_threads):
    """Add to ``out[i]`` the number of row i of X; `single` rounds to float32 first."""
    cdef Py_ssize_t i, j, n_features = X.shape[1]
    cdef uint64_t[::1] keys = np.empty(max(n_features, 1), dtype=np.uint64)
    cdef uint64_t total
    if out.shape[0] != X.shape[0]:
        raise ValueError(f"out has {out.shape[0]} places for {X.shape[0]} rows")
    for j in range(n_features):
        keys[j] = key_of(j, seed)
    for i in prange(X.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        total = 0
        for j in range(n_features):
            if single:
                total = total + cell[float](<float>X[i, j], keys[j])
            else:
                total = total + cell[real_t](X[i, j], keys[j])
        out[i] += total


def hash_csr(const real_t[::1] data, const int64_t[::1] indices, const int64_t[::1] indptr,
             uint64_t seed, bint single, uint64_t[::1] out):
    """The same of a CSR matrix, which gives what the dense matrix does."""
    cdef Py_ssize_t i
    cdef int64_t k
    cdef uint64_t total
    if out.shape[0] + 1 != indptr.shape[0] or indices.shape[0] != data.shape[0]:
        raise ValueError("indptr, indices and data are of different matrices")
    if indptr[0] < 0 or indptr[out.shape[0]] > data.shape[0] or np.any(np.diff(indptr) < 0):
        raise ValueError("indptr does not ascend within data")
    with nogil:
        for i in range(out.shape[0]):
            total = 0
            for k in range(indptr[i], indptr[i + 1]):
                if single:
                    total = total + cell[float](<float>data[k], key_of(indices[k], seed))
                else:
                    total = total + cell[real_t](data[k], key_of(indices[k], seed))
            out[i] += total
