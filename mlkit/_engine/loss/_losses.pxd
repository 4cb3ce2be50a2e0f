from cython cimport floating

cdef double evaluate(
    int kind, double parameter, Py_ssize_t n, Py_ssize_t k, const floating* y, const floating* z,
    const floating* weight, double factor, floating* values, floating* gradient,
    floating* curvature, double* scratch,
) noexcept nogil

cdef extern from "loss_kernels.hpp" nogil:
    const Py_ssize_t LOSS_LANES
