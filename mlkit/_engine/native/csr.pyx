"""Sums, moments, extremes and scaling of compressed sparse rows and columns.

Functions take the three arrays of a CSR or CSC matrix. The *major* axis is the compressed one
(rows of CSR, columns of CSC), the *minor* axis the other. Entries that are not stored are zeros
and count as such; an entry stored twice counts as two entries, so sum duplicates first. Values
are float32 or float64, indices int32 or int64; sums are float64. Results do not depend on the
number of threads.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t

ctypedef fused real_t:
    float
    double

ctypedef fused index_t:
    int32_t
    int64_t

cdef extern from "csr.hpp" namespace "mlkit_csr" nogil:
    cdef cppclass Matrix[T, I]:
        T* data
        const I* indices
        const I* indptr
        Py_ssize_t n_major, n_minor, n_stored
    bint is_sound[T, I](const Matrix[T, I]&)
    void major_sums_of "mlkit_csr::major_sums"[T, I](
        const Matrix[T, I]&, bint squared, double*, int) except +
    void minor_sums_of "mlkit_csr::minor_sums"[T, I](
        const Matrix[T, I]&, bint squared, double*, int) except +
    void major_moments_of "mlkit_csr::major_moments"[T, I](
        const Matrix[T, I]&, const double*, double*, double*, double*, int) except +
    void minor_moments_of "mlkit_csr::minor_moments"[T, I](
        const Matrix[T, I]&, const double*, double*, double*, double*, int) except +
    void normalize_major_of "mlkit_csr::normalize_major"[T, I](
        const Matrix[T, I]&, int, double*, int) except +
    void scale_major_of "mlkit_csr::scale_major"[T, I](
        const Matrix[T, I]&, const double*, int) except +
    void scale_minor_of "mlkit_csr::scale_minor"[T, I](
        const Matrix[T, I]&, const double*, int) except +
    void major_range_of "mlkit_csr::major_range"[T, I](
        const Matrix[T, I]&, bint, T*, T*, int) except +
    void minor_range_of "mlkit_csr::minor_range"[T, I](
        const Matrix[T, I]&, bint, T*, T*) except +

_NORMS = {"l1": 1, "l2": 2, "max": 3}
_UNSOUND = "the arrays of the sparse matrix do not fit one another: an index is out of bounds"


cdef int describe(
    Matrix[real_t, index_t]& m, const real_t[::1] data, const index_t[::1] indices,
    const index_t[::1] indptr, Py_ssize_t n_minor,
) except -1:
    """Fill `m` and refuse arrays that would be read outside their bounds."""
    if indptr.shape[0] < 1 or indices.shape[0] != data.shape[0] or n_minor < 0:
        raise ValueError(_UNSOUND)
    m.data = NULL
    m.indices = NULL
    if data.shape[0] > 0:
        m.data = <real_t*>&data[0]
        m.indices = &indices[0]
    m.indptr = &indptr[0]
    m.n_major = indptr.shape[0] - 1
    m.n_minor = n_minor
    m.n_stored = data.shape[0]
    if not is_sound(m):
        raise ValueError(_UNSOUND)
    return 0


def _vector(values, Py_ssize_t length, what):
    """`values` as contiguous float64 of the given length."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.shape != (length,):
        raise ValueError(f"{what} must have shape ({length},), got {values.shape}")
    return values


cdef double* address(double[::1] values) noexcept:
    return &values[0] if values.shape[0] > 0 else NULL


def sums(
    const real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr,
    Py_ssize_t n_minor, *, bint major, bint squared=False, int n_threads=1,
):
    """Return Σx, or Σx² where `squared`, of each line along an axis.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the compressed matrix.
    n_minor : int
        Length of the axis that is not compressed.
    major : bool
        One sum for each major index; otherwise one for each minor index.
    squared : bool, default False
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_major,) or (n_minor,)

    Raises
    ------
    ValueError
        If an index is out of bounds.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mlkit._engine.native import csr
    >>> X = sp.csr_array([[1.0, 0.0], [2.0, 3.0]])
    >>> csr.sums(X.data, X.indices, X.indptr, 2, major=True).tolist()
    [1.0, 5.0]
    """
    cdef Matrix[real_t, index_t] m
    describe(m, data, indices, indptr, n_minor)
    out = np.zeros(m.n_major if major else n_minor)
    cdef double* target = address(out)
    with nogil:
        if major:
            major_sums_of(m, squared, target, n_threads)
        else:
            minor_sums_of(m, squared, target, n_threads)
    return out


def moments(
    const real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr,
    Py_ssize_t n_minor, weight=None, *, bint major, int n_threads=1,
):
    """Return Σw, Σwx / Σw and Σw(x − mean)² of each line along an axis, NaN left out.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the compressed matrix.
    n_minor : int
        Length of the axis that is not compressed.
    weight : ndarray, default None
        A weight for each entry of a line: shape (n_minor,) where `major`, else (n_major,).
    major : bool
        Moments of each major line; otherwise of each minor one.
    n_threads : int, default 1

    Returns
    -------
    total, mean, spread : ndarrays of float64
        The mean of a line without weight is NaN, its spread 0.

    Raises
    ------
    ValueError
        If an index is out of bounds, or `weight` has another length.
    """
    cdef Matrix[real_t, index_t] m
    describe(m, data, indices, indptr, n_minor)
    cdef const double* w = NULL
    if weight is not None:
        weight = _vector(weight, n_minor if major else m.n_major, "weight")
        w = address(weight)
    total, mean, spread = np.zeros((3, m.n_major if major else n_minor))
    cdef double* to_total = address(total)
    cdef double* to_mean = address(mean)
    cdef double* to_spread = address(spread)
    with nogil:
        if major:
            major_moments_of(m, w, to_total, to_mean, to_spread, n_threads)
        else:
            minor_moments_of(m, w, to_total, to_mean, to_spread, n_threads)
    empty = total == 0
    mean[empty], spread[empty] = np.nan, 0.0
    return total, mean, spread


def extremes(
    const real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr,
    Py_ssize_t n_minor, *, bint major, bint skip_nan=False, int n_threads=1,
):
    """Return the least and the greatest entry of each line along an axis.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the compressed matrix.
    n_minor : int
        Length of the axis that is not compressed.
    major : bool
        Extremes of each major line; otherwise of each minor one.
    skip_nan : bool, default False
        Leave NaN out; otherwise a line with NaN has NaN.
    n_threads : int, default 1

    Returns
    -------
    least, greatest : ndarrays in the dtype of `data`
        NaN for a line of which no entry counts.

    Raises
    ------
    ValueError
        If an index is out of bounds.
    """
    cdef Matrix[real_t, index_t] m
    describe(m, data, indices, indptr, n_minor)
    cdef Py_ssize_t n = m.n_major if major else n_minor
    dtype = np.float32 if real_t is float else np.float64
    least, greatest = np.full((2, n), np.nan, dtype=dtype)
    if n == 0:
        return least, greatest
    cdef real_t[::1] low = least, high = greatest
    with nogil:
        if major:
            major_range_of(m, skip_nan, &low[0], &high[0], n_threads)
        else:
            minor_range_of(m, skip_nan, &low[0], &high[0])
    return least, greatest


def normalize(
    real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr, Py_ssize_t n_minor,
    norm="l2", *, int n_threads=1,
):
    """Divide each major line by its norm, in place, and return the norms.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the compressed matrix; `data` is changed.
    n_minor : int
        Length of the axis that is not compressed.
    norm : {"l1", "l2", "max"}, default "l2"
        Σ|x|, √Σx² or max |x|.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_major,)
        0 for a line of zeros, which stays as it is.

    Raises
    ------
    ValueError
        If an index is out of bounds or the norm is not known.
    """
    cdef Matrix[real_t, index_t] m
    if norm not in _NORMS:
        raise ValueError(f"norm={norm!r}: must be one of {tuple(_NORMS)}")
    cdef int kind = _NORMS[norm]
    describe(m, data, indices, indptr, n_minor)
    norms = np.zeros(m.n_major)
    cdef double* target = address(norms)
    with nogil:
        normalize_major_of(m, kind, target, n_threads)
    return norms


def scale(
    real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr, Py_ssize_t n_minor,
    factors, *, bint major, int n_threads=1,
):
    """Multiply each line by its factor, in place.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the compressed matrix; `data` is changed.
    n_minor : int
        Length of the axis that is not compressed.
    factors : ndarray of shape (n_major,) or (n_minor,)
    major : bool
        A factor for each major index; otherwise one for each minor index.
    n_threads : int, default 1

    Raises
    ------
    ValueError
        If an index is out of bounds, or `factors` has another length.
    """
    cdef Matrix[real_t, index_t] m
    describe(m, data, indices, indptr, n_minor)
    factors = _vector(factors, m.n_major if major else n_minor, "factors")
    cdef const double* f = address(factors)
    with nogil:
        if major:
            scale_major_of(m, f, n_threads)
        else:
            scale_minor_of(m, f, n_threads)
