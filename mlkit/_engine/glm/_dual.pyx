# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Passes of dual coordinate descent over rows; other threads run meanwhile."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint32_t

from ._stochastic import rows_of

cdef extern from "dual.hpp" nogil:
    cdef cppclass DualPass:
        Py_ssize_t n, p
        const void* x
        const int32_t* indices
        const int64_t* indptr
        const double* lower
        const double* upper
        const double* bound
        const double* ridge
        const double* curvature
        double bias
        double* beta
        double* w
        double w_bias
        int32_t* active
        Py_ssize_t n_rows, n_active
        uint32_t seed
        double limit, worst
        Py_ssize_t n_passes
        bint converged
    cdef cppclass ClassPass:
        Py_ssize_t n, p, k
        const void* x
        const int32_t* indices
        const int64_t* indptr
        const int32_t* label
        const double* cost
        const double* square
        double bias
        double* alpha
        double* w
        double* scratch
        int32_t* active
        Py_ssize_t n_rows, n_active
        uint32_t seed
        double limit, worst
        Py_ssize_t n_passes
        bint converged
    cdef cppclass DualKernels:
        void (*passes_f4)(DualPass&, Py_ssize_t, double)
        void (*passes_f8)(DualPass&, Py_ssize_t, double)
        void (*classes_f4)(ClassPass&, Py_ssize_t, double)
        void (*classes_f8)(ClassPass&, Py_ssize_t, double)
    const DualKernels& dual_kernels()


cdef const void* entries(data) except? NULL:
    """Where float32 or float64 values start."""
    cdef const float[::1] singles
    cdef const double[::1] doubles
    if data.size == 0:
        return NULL
    if data.dtype == np.float32:
        singles = data
        return &singles[0]
    doubles = data
    return &doubles[0]


cdef check_standing(standing, Py_ssize_t n_rows):
    if not 0 <= standing.n_active <= n_rows:
        raise ValueError(f"{standing.n_active} active rows of {n_rows}")


cdef note(standing, Py_ssize_t n_active, uint32_t seed, double limit, Py_ssize_t n_passes,
          bint converged):
    """Write down where passes ended."""
    standing.n_active, standing.seed, standing.limit = n_active, seed, limit
    standing.n_iter += n_passes
    standing.converged = converged


cdef check_active(int32_t[::1] active, Py_ssize_t n):
    cdef Py_ssize_t i
    for i in range(active.shape[0]):
        if not 0 <= active[i] < n:
            raise ValueError(f"active row {active[i]} of {n}")


cdef check_lengths(n, arrays):
    for array in arrays:
        if len(array) != n:
            raise ValueError(f"an array of length {len(array)} for {n} rows")


def interval_passes(
    rows, const double[::1] lower, const double[::1] upper, const double[::1] bound,
    const double[::1] ridge, const double[::1] curvature, double bias, double[::1] beta,
    double[::1] w, double w_bias, int32_t[::1] active, standing, Py_ssize_t most, double tol,
):
    """Meet the active rows `most` times at most; return the weight of the bias.

    `beta`, `w`, `active` and `standing` are changed in place. See ``dual.hpp`` for the problem.
    """
    cdef DualPass s
    cdef const int32_t[::1] indices = rows.indices
    cdef const int64_t[::1] indptr = rows.indptr
    s.n, s.p = rows.shape
    s.n_rows = active.shape[0]
    rows_of(rows.data, indices, indptr, s.n, s.p)
    check_lengths(s.n, (lower, upper, bound, ridge, curvature, beta))
    check_lengths(s.p, (w,))
    check_active(active, s.n)
    check_standing(standing, s.n_rows)
    if s.n_rows == 0:
        note(standing, 0, standing.seed, standing.limit, 1, True)
        return w_bias
    s.x = entries(rows.data)
    s.indices = NULL
    if indices is not None:
        s.indptr = &indptr[0]
        # Of a matrix without entries no index is read; the address only tells that it is sparse.
        s.indices = &indices[0] if indices.shape[0] else &active[0]
    s.lower, s.upper, s.bound = &lower[0], &upper[0], &bound[0]
    s.ridge, s.curvature = &ridge[0], &curvature[0]
    s.bias, s.beta, s.w_bias = bias, &beta[0], w_bias
    s.w = &w[0] if w.shape[0] else NULL
    s.active, s.n_active = &active[0], standing.n_active
    s.seed, s.limit = standing.seed, standing.limit
    cdef bint single = rows.data.dtype == np.float32
    with nogil:
        if single:
            dual_kernels().passes_f4(s, most, tol)
        else:
            dual_kernels().passes_f8(s, most, tol)
    note(standing, s.n_active, s.seed, s.limit, s.n_passes, s.converged)
    return s.w_bias


def class_passes(
    rows, const int32_t[::1] label, const double[::1] cost, const double[::1] square, double bias,
    double[:, ::1] alpha, double[:, ::1] w, int32_t[::1] active, standing, Py_ssize_t most,
    double tol,
):
    """The same for the dual of Crammer and Singer; `w` is (p + 1, k), its last row the bias's."""
    cdef ClassPass s
    cdef const int32_t[::1] indices = rows.indices
    cdef const int64_t[::1] indptr = rows.indptr
    s.n, s.p = rows.shape
    s.k, s.n_rows = w.shape[1], active.shape[0]
    rows_of(rows.data, indices, indptr, s.n, s.p)
    check_lengths(s.n, (label, cost, square, alpha))
    check_lengths(s.p + 1, (w,))
    check_active(active, s.n)
    check_standing(standing, s.n_rows)
    if alpha.shape[1] != s.k:
        raise ValueError(f"alpha has {alpha.shape[1]} columns for {s.k} classes")
    cdef Py_ssize_t i
    for i in range(s.n):
        if not 0 <= label[i] < s.k:
            raise ValueError(f"label {label[i]} of {s.k} classes")
    if s.n_rows == 0:
        note(standing, 0, standing.seed, standing.limit, 1, True)
        return
    cdef double[::1] scratch = np.empty(3 * s.k)
    s.x = entries(rows.data)
    s.indices = NULL
    if indices is not None:
        s.indptr = &indptr[0]
        s.indices = &indices[0] if indices.shape[0] else &active[0]
    s.label, s.cost, s.square, s.bias = &label[0], &cost[0], &square[0], bias
    s.alpha, s.w, s.scratch = &alpha[0, 0], &w[0, 0], &scratch[0]
    s.active, s.n_active = &active[0], standing.n_active
    s.seed, s.limit = standing.seed, standing.limit
    cdef bint single = rows.data.dtype == np.float32
    with nogil:
        if single:
            dual_kernels().classes_f4(s, most, tol)
        else:
            dual_kernels().classes_f8(s, most, tol)
    note(standing, s.n_active, s.seed, s.limit, s.n_passes, s.converged)
