"""Medians of the lines of a compressed matrix, and the dense product of two of them.

Functions take the three arrays of a matrix: values of float32 or float64, indices and run bounds
of int32 or int64. The *major* axis is the compressed one (rows of CSR, columns of CSC). Results
do not depend on the number of threads: a line belongs to one thread.
"""

import numpy as np

from cython.parallel import prange
from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t

ctypedef fused real_t:
    float
    double

ctypedef fused index_t:
    int32_t
    int64_t

cdef extern from "<algorithm>" namespace "std" nogil:
    void nth_element[P, Less](P first, P nth, P last, Less less)

cdef extern from *:
    """
    // Numbers in order, NaN behind them all.
    struct NanLast {
        template <class T> bool operator()(T a, T b) const { return a < b || (b != b && a == a); }
    };
    """
    cdef cppclass NanLast:
        NanLast() nogil


def _check_runs(const index_t[::1] indptr, Py_ssize_t n_stored):
    if indptr.shape[0] < 1 or indptr[0] != 0 or indptr[indptr.shape[0] - 1] > n_stored:
        raise ValueError("the runs of the sparse matrix do not fit its values")
    if (np.diff(indptr) < 0).any():
        raise ValueError("the runs of the sparse matrix overlap")


cdef inline double _at_rank(real_t* values, Py_ssize_t n, Py_ssize_t n_negative,
                            Py_ssize_t n_zeros, Py_ssize_t rank) noexcept nogil:
    """Entry of a rank among `n` stored values and `n_zeros` zeros that are not."""
    if rank >= n_negative:
        if rank < n_negative + n_zeros:
            return 0.0
        rank -= n_zeros
    nth_element(values, values + rank, values + n, NanLast())
    return values[rank]


def major_medians(const real_t[::1] data, const index_t[::1] indptr, Py_ssize_t n_minor,
                  int n_threads=1):
    """Return the median of each line, zeros that are not stored included, NaN ranked last.

    Parameters
    ----------
    data, indptr : ndarrays
        Of the compressed matrix, no entry stored twice.
    n_minor : int
        Length of a line.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_major,)
        NaN for lines without entries (``n_minor=0``).

    Raises
    ------
    ValueError
        If runs are out of bounds or longer than a line.
    """
    _check_runs(indptr, data.shape[0])
    if np.diff(indptr).max(initial=0) > n_minor:
        raise ValueError("a run of the sparse matrix is longer than a line")
    cdef Py_ssize_t n_major = indptr.shape[0] - 1
    out = np.full(n_major, NAN)
    if n_minor == 0:
        return out
    cdef double[::1] median = out
    # Selection moves entries about, within their runs.
    cdef real_t[::1] values = np.array(data)
    cdef Py_ssize_t line, i, n, n_negative
    cdef real_t* run
    for line in prange(n_major, nogil=True, schedule="guided", num_threads=n_threads):
        n = indptr[line + 1] - indptr[line]
        run = &values[indptr[line]] if n > 0 else NULL
        n_negative = 0
        for i in range(n):
            n_negative = n_negative + (run[i] < 0)
        median[line] = _at_rank(run, n, n_negative, n_minor - n, n_minor // 2)
        if n_minor % 2 == 0:
            # Rounded as the mean of two numbers of the matrix's own dtype is.
            median[line] = <real_t>(0.5 * (
                median[line] + _at_rank(run, n, n_negative, n_minor - n, n_minor // 2 - 1)
            ))
    return out


def product(const real_t[::1] a_data, const index_t[::1] a_indices, const index_t[::1] a_indptr,
            const real_t[::1] b_data, const index_t[::1] b_indices, const index_t[::1] b_indptr,
            real_t[:, :] out not None, int n_threads=1):
    """Write the product of two CSR matrices over `out`: each row is a sum of rows of the second.

    Parameters
    ----------
    a_data, a_indices, a_indptr : ndarrays
        CSR matrix of shape (n, k).
    b_data, b_indices, b_indptr : ndarrays
        CSR matrix of shape (k, m).
    out : ndarray of shape (n, m)
        Overwritten.
    n_threads : int, default 1

    Raises
    ------
    ValueError
        If indices are out of bounds or shapes do not fit.
    """
    _check_runs(a_indptr, a_data.shape[0])
    _check_runs(b_indptr, b_data.shape[0])
    _check_indices(a_indices, a_data.shape[0], b_indptr.shape[0] - 1)
    _check_indices(b_indices, b_data.shape[0], out.shape[1])
    if out.shape[0] != a_indptr.shape[0] - 1:
        raise ValueError("out must have a row for each row of the first matrix")
    cdef Py_ssize_t row, column, i, j, k
    cdef real_t factor
    for row in prange(out.shape[0], nogil=True, schedule="guided", num_threads=n_threads):
        for column in range(out.shape[1]):
            out[row, column] = 0
        for i in range(a_indptr[row], a_indptr[row + 1]):
            factor = a_data[i]
            k = a_indices[i]
            for j in range(b_indptr[k], b_indptr[k + 1]):
                out[row, b_indices[j]] += factor * b_data[j]


def _check_indices(const index_t[::1] indices, Py_ssize_t n_stored, Py_ssize_t n_minor):
    cdef Py_ssize_t i
    cdef bint sound = indices.shape[0] == n_stored
    with nogil:
        for i in range(indices.shape[0]):
            sound = sound and 0 <= indices[i] < n_minor
    if not sound:
        raise ValueError("an index of the sparse matrix is out of bounds")
