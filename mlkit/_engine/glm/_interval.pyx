# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Sums over rows for Newton's method on squared distances to intervals.

Rows are dealt to threads in runs whose number depends on the shape alone, and what they sum is
added in order: results do not depend on the number of threads.
"""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from ..native.blas cimport gemm
from ._stochastic import rows_of

cdef extern from "interval.hpp" nogil:
    cdef cppclass IntervalRows:
        Py_ssize_t p
        const void* x
        const int32_t* indices
        const int64_t* indptr
        const double* lower
        const double* upper
        const double* cost
        double bias
    cdef cppclass Bend:
        double slope, curvature, size
    cdef cppclass IntervalKernels:
        void (*margins_f4)(const IntervalRows&, Py_ssize_t, Py_ssize_t, const double*, double,
                           double*)
        void (*margins_f8)(const IntervalRows&, Py_ssize_t, Py_ssize_t, const double*, double,
                           double*)
        Py_ssize_t (*gather_f4)(const IntervalRows&, Py_ssize_t, Py_ssize_t, const double*,
                                double*)
        Py_ssize_t (*gather_f8)(const IntervalRows&, Py_ssize_t, Py_ssize_t, const double*,
                                double*)
        Bend (*along)(const IntervalRows&, Py_ssize_t, Py_ssize_t, const double*, const double*,
                      double)
    const IntervalKernels& interval_kernels()

cdef enum:
    BLOCK = 256       # rows of a product: of 30 columns they fill a sixteenth of the second cache
    RUN = 8192        # rows below which a second thread is not worth its start
    MAX_RUNS = 16     # as many threads as are ever used
    NARROW = 256      # columns up to which each run has sums of its own


cdef class IntervalSums:
    """Rows with intervals, costs and a bias, and the sums that Newton's method wants of them."""

    cdef IntervalRows s
    cdef Py_ssize_t n, runs
    cdef bint single
    cdef object kept

    def __init__(self, rows, const double[::1] lower, const double[::1] upper,
                 const double[::1] cost, double bias):
        n, p = rows.shape
        rows_of(rows.data, rows.indices, rows.indptr, n, p)
        if n == 0 or not lower.shape[0] == upper.shape[0] == cost.shape[0] == n:
            raise ValueError(f"intervals of {lower.shape[0]} rows for {n} rows of X")
        self.n, self.s.p, self.s.bias = n, p, bias
        self.single = rows.data.dtype == np.float32
        self.runs = max(1, min(MAX_RUNS, self.n // RUN)) if p <= NARROW else 1
        cdef const float[::1] singles
        cdef const double[::1] doubles
        cdef const int32_t[::1] indices
        cdef const int64_t[::1] indptr
        self.s.x = NULL
        if rows.data.size and self.single:
            singles = rows.data
            self.s.x = &singles[0]
        elif rows.data.size:
            doubles = rows.data
            self.s.x = &doubles[0]
        self.s.indices = NULL
        held = [rows.data, lower, upper, cost]
        if rows.indices is not None:
            indices = rows.indices if rows.indices.size else np.zeros(1, dtype=np.int32)
            indptr = rows.indptr
            self.s.indices, self.s.indptr = &indices[0], &indptr[0]
            held += [indices, indptr]
        self.s.lower, self.s.upper, self.s.cost = &lower[0], &upper[0], &cost[0]
        self.kept = held

    cdef Py_ssize_t start(self, Py_ssize_t run) noexcept nogil:
        return run * self.n // self.runs

    def margins(self, const double[::1] w, double bias_weight, double[::1] out, int n_threads):
        """``w̃ x̃`` of each row."""
        cdef Py_ssize_t run
        cdef double constant = self.s.bias * bias_weight
        if w.shape[0] != self.s.p or out.shape[0] != self.n:
            raise ValueError(f"{w.shape[0]} weights and {out.shape[0]} margins do not fit X")
        if self.s.p == 0:
            out[:] = constant
            return
        for run in prange(self.runs, nogil=True, schedule="static", num_threads=n_threads,
                          use_threads_if=n_threads > 1 and self.runs > 1):
            if self.single:
                interval_kernels().margins_f4(
                    self.s, self.start(run), self.start(run + 1), &w[0], constant, &out[0])
            else:
                interval_kernels().margins_f8(
                    self.s, self.start(run), self.start(run + 1), &w[0], constant, &out[0])

    def products(self, const double[::1] margins, double[:, ::1] out, int n_threads):
        """``Σ 2C (x̃, d) (x̃, d)ᵀ``, (p + 2) square, over the rows outside their interval."""
        cdef Py_ssize_t width = self.s.p + 2, run, size = width * width, j
        if margins.shape[0] != self.n or out.shape[0] != width or out.shape[1] != width:
            raise ValueError("margins or products do not fit X")
        cdef double* work = <double*> malloc(
            self.runs * (size + BLOCK * width) * sizeof(double))
        if work == NULL:
            raise MemoryError
        for run in prange(self.runs, nogil=True, schedule="static", num_threads=n_threads,
                          use_threads_if=n_threads > 1 and self.runs > 1):
            self.products_of(
                self.start(run), self.start(run + 1), &margins[0],
                work + run * (size + BLOCK * width), work + run * (size + BLOCK * width) + size)
        cdef double* total = &out[0, 0]
        with nogil:
            memset(total, 0, size * sizeof(double))
            for run in range(self.runs):
                for j in range(size):
                    total[j] += work[run * (size + BLOCK * width) + j]
            free(work)

    cdef void products_of(self, Py_ssize_t first, Py_ssize_t last, const double* margins,
                          double* total, double* block) noexcept nogil:
        cdef Py_ssize_t width = self.s.p + 2, begin = first, end, found
        memset(total, 0, width * width * sizeof(double))
        while begin < last:
            end = min(last, begin + BLOCK)
            if self.single:
                found = interval_kernels().gather_f4(self.s, begin, end, margins, block)
            else:
                found = interval_kernels().gather_f8(self.s, begin, end, margins, block)
            if found:
                gemm[double](True, False, width, width, found, 1.0, block, width, block, width,
                             1.0, total, width)
            begin = end

    def along(self, const double[::1] margins, const double[::1] change, double t, int n_threads):
        """Of ``Σ C d(margins + t change)²`` in t: slope, curvature, and the slope's terms' size."""
        cdef Py_ssize_t run
        cdef Bend parts[MAX_RUNS]
        cdef double slope = 0.0, curvature = 0.0, size = 0.0
        if margins.shape[0] != self.n or change.shape[0] != self.n:
            raise ValueError("margins or their change do not fit X")
        for run in prange(self.runs, nogil=True, schedule="static", num_threads=n_threads,
                          use_threads_if=n_threads > 1 and self.runs > 1):
            parts[run] = interval_kernels().along(
                self.s, self.start(run), self.start(run + 1), &margins[0], &change[0], t)
        for run in range(self.runs):
            slope += parts[run].slope
            curvature += parts[run].curvature
            size += parts[run].size
        return slope, curvature, size
