# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Epochs of stochastic gradient descent on one weight vector; other threads run meanwhile."""

import numpy as np

from libc.math cimport isfinite, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

ctypedef fused real_t:
    float
    double

cdef extern from "stochastic.hpp" nogil:
    cdef cppclass State "Descent":
        Py_ssize_t n, p
        const void* x
        const int32_t* indices
        const int64_t* indptr
        const double* y
        const double* weight
        const uint8_t* held
        int32_t* order
        int loss, rate
        double parameter, alpha, l1_ratio, eta0, power, weight_up, weight_down
        bint shuffle, intercepted, one_class, l2, l1, wants_objective
        double intercept_decay, average_from
        double* v
        double* drift
        double* taken
        double scale, lead, span, intercept, mean_intercept
        double squares, absolutes
        double t, t_zero, eta, cumulative
        uint32_t seed
        double loss_sum, objective_sum
        Py_ssize_t n_steps
    cdef cppclass StepKernels:
        void (*epoch_f4)(State&)
        void (*epoch_f8)(State&)
    const StepKernels& step_kernels()
    void settle(State&)


def rows_of(const real_t[::1] data, const int32_t[::1] indices, const int64_t[::1] indptr,
            Py_ssize_t n, Py_ssize_t p):
    """Refuse rows that would be read outside their bounds."""
    cdef Py_ssize_t i, k
    cdef bint sound = True
    if indices is None:
        sound = data.shape[0] == n * p
    else:
        sound = indptr.shape[0] == n + 1 and indices.shape[0] == data.shape[0]
        if sound and n:
            sound = indptr[0] >= 0 and indptr[n] <= data.shape[0]
        if sound:
            with nogil:
                for i in range(n):
                    sound = sound and indptr[i] <= indptr[i + 1]
                if sound:
                    for k in range(indices.shape[0]):
                        sound = sound and 0 <= indices[k] < p
    if not sound:
        raise ValueError(f"the rows of X do not fit a matrix of shape {(n, p)}")


cdef class Epochs:
    """The state of a descent: rows, what is minimised, and the weights so far.

    Parameters are attributes of ``stochastic.hpp``'s struct; `weights`, `mean` and `order` are
    changed in place. Arrays are kept alive by the object.
    """

    cdef State s
    cdef object kept
    cdef bint single
    cdef readonly object weights, mean, order

    def __init__(self, data, indices, indptr, shape, y, weight, held, order, weights, mean):
        cdef Py_ssize_t n = shape[0], p = shape[1]
        rows_of(data, indices, indptr, n, p)
        for array, length in ((y, n), (weight, n), (held, n), (order, n), (weights, p), (mean, p)):
            if array is not None and array.shape != (length,):
                raise ValueError(f"an array of shape {array.shape} where {(length,)} is needed")
        if n and (order.min() < 0 or order.max() >= n):
            raise ValueError(f"the order holds rows outside 0 … {n - 1}")
        taken = np.zeros(p)
        self.kept = (data, indices, indptr, y, weight, held, taken)
        self.weights, self.mean, self.order = weights, mean, order
        self.single = data.dtype == np.float32
        cdef const float[::1] singles
        cdef const double[::1] doubles
        if self.single:
            singles = data
            self.s.x = &singles[0] if data.size else NULL
        else:
            doubles = data
            self.s.x = &doubles[0] if data.size else NULL
        cdef const int32_t[::1] at
        cdef const int64_t[::1] starts
        self.s.indices = NULL
        if indices is not None:
            # An empty matrix is sparse, too.
            at = indices if indices.size else np.zeros(1, dtype=np.int32)
            starts = indptr
            self.kept += (at,)
            self.s.indices, self.s.indptr = &at[0], &starts[0]
        cdef const double[::1] target = y, row_weight
        cdef const uint8_t[::1] outside
        cdef int32_t[::1] rows = order
        cdef double[::1] v = weights, drift, owed = taken
        self.s.n, self.s.p, self.s.y, self.s.order = n, p, &target[0], &rows[0]
        self.s.weight = NULL
        self.s.held = NULL
        self.s.drift = NULL
        if weight is not None:
            row_weight = weight
            self.s.weight = &row_weight[0]
        if held is not None:
            outside = held
            self.s.held = &outside[0]
        if mean is not None:
            drift = mean
            self.s.drift = &drift[0]
        self.s.v, self.s.taken = &v[0], &owed[0]
        self.s.scale, self.s.lead, self.s.span = 1.0, 0.0, 1.0
        self.s.cumulative = 0.0
        self.s.average_from = 0.0
        self.s.seed = 1
        settle(self.s)

    def minimise(self, int loss, double parameter, double alpha, double l1_ratio, bint l2, bint l1,
                 bint one_class, bint intercepted, double intercept_decay):
        """Say what is minimised."""
        self.s.loss, self.s.parameter = loss, parameter
        self.s.alpha, self.s.l1_ratio = alpha, l1_ratio
        self.s.l2, self.s.l1, self.s.one_class = l2, l1, one_class
        self.s.intercepted, self.s.intercept_decay = intercepted, intercept_decay

    def step_by(self, int rate, double eta0, double power, double t, double t_zero,
                double weight_up, double weight_down, bint shuffle, uint32_t seed,
                bint wants_objective):
        """Say how long steps are and in which order rows are met."""
        self.s.rate, self.s.eta0, self.s.eta, self.s.power = rate, eta0, eta0, power
        self.s.t, self.s.t_zero = t, t_zero
        self.s.weight_up, self.s.weight_down = weight_up, weight_down
        self.s.shuffle, self.s.seed, self.s.wants_objective = shuffle, seed, wants_objective

    def start_at(self, double intercept, double mean_intercept, double average_from):
        """Say where the constant term stands, and from which step means are taken; 0 is never."""
        self.s.intercept, self.s.mean_intercept = intercept, mean_intercept
        if average_from > 0 and self.s.drift == NULL:
            raise ValueError("an average needs an array for its weights")
        self.s.average_from = average_from

    def run_epoch(self):
        """Meet each row once; false where weights are no longer finite."""
        cdef bint sound
        with nogil:
            if self.single:
                step_kernels().epoch_f4(self.s)
            else:
                step_kernels().epoch_f8(self.s)
            # A sum of squares is finite only if its terms are.
            sound = isfinite(self.s.intercept) and isfinite(self.s.scale * sqrt(self.s.squares))
        if not sound:
            settle(self.s)
            sound = bool(np.isfinite(self.weights).all()) and isfinite(self.s.intercept)
        return sound

    def settle(self):
        """Write the weights, and their mean, to the arrays."""
        settle(self.s)

    @property
    def intercept(self):
        return self.s.intercept

    @property
    def mean_intercept(self):
        return self.s.mean_intercept

    @property
    def eta(self):
        return self.s.eta

    @eta.setter
    def eta(self, double value):
        self.s.eta = value

    @property
    def t(self):
        return self.s.t

    @property
    def n_steps(self):
        return self.s.n_steps

    @property
    def norm(self):
        return self.s.scale * sqrt(self.s.squares)

    @property
    def mean_loss(self):
        """Mean loss over the last epoch, each row's before its step."""
        return self.s.loss_sum / self.s.n_steps

    @property
    def mean_objective(self):
        """The same with the penalty."""
        return self.s.objective_sum / self.s.n_steps
