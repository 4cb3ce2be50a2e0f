# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Loops of the losses over samples: sums, gradients and curvatures, for any number of threads."""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdlib cimport free, malloc

cdef extern from "loss_kernels.hpp" nogil:
    T* moved[T](T* pointer, Py_ssize_t offset)
    cdef cppclass LossBlock[T]:
        int kind
        double parameter
        Py_ssize_t n
        Py_ssize_t k
        const T* y
        const T* z
        const T* weight
        double factor
        T* values
        T* gradient
        T* curvature
        double* scratch
    double evaluate_block(const LossBlock[float]&)
    double evaluate_block(const LossBlock[double]&)


cdef double evaluate(
    int kind, double parameter, Py_ssize_t n, Py_ssize_t k, const floating* y, const floating* z,
    const floating* weight, double factor, floating* values, floating* gradient,
    floating* curvature, double* scratch,
) noexcept nogil:
    """``factor Σ w ℓ`` of n samples; fills what is not NULL. scratch: k · LOSS_LANES doubles."""
    cdef LossBlock[floating] block
    block.kind, block.parameter, block.n, block.k = kind, parameter, n, k
    block.y, block.z, block.weight, block.factor = y, z, weight, factor
    block.values, block.gradient, block.curvature = values, gradient, curvature
    block.scratch = scratch
    return evaluate_block(block)


# Rows that one thread takes at a time. The grid depends on the rows alone and partial sums are
# added in its order, so that the result does not depend on the number of threads.
cdef enum:
    CHUNK = 4096


def evaluate_loss(
    int kind,
    double parameter,
    const floating[:, ::1] y,
    const floating[:, ::1] z,
    const floating[::1] weight,
    double factor,
    floating[:, ::1] values,
    floating[:, ::1] gradient,
    floating[:, ::1] curvature,
    int n_threads,
):
    """Return ``factor Σ w ℓ(y, z)`` and fill the arrays that are not None, times ``w · factor``."""
    cdef Py_ssize_t n = z.shape[0], k = z.shape[1], columns = y.shape[1]
    cdef Py_ssize_t n_chunks = (n + CHUNK - 1) // CHUNK
    cdef Py_ssize_t chunk, start, stop
    cdef bint multinomial = kind == 11
    if y.shape[0] != n or columns != (1 if multinomial else k):
        raise ValueError(f"y has shape {(y.shape[0], columns)}, raw predictions have {(n, k)}")
    if weight is not None and weight.shape[0] != n:
        raise ValueError(f"{weight.shape[0]} weights for {n} samples")
    check_shape(values, n, columns)
    check_shape(gradient, n, k)
    check_shape(curvature, n, k)
    if n == 0 or k == 0:
        return 0.0
    cdef const floating* y_ = &y[0, 0]
    cdef const floating* z_ = &z[0, 0]
    cdef const floating* w_ = NULL
    cdef floating* v_ = NULL
    cdef floating* g_ = NULL
    cdef floating* h_ = NULL
    if weight is not None:
        w_ = &weight[0]
    if values is not None:
        v_ = &values[0, 0]
    if gradient is not None:
        g_ = &gradient[0, 0]
    if curvature is not None:
        h_ = &curvature[0, 0]
    cdef double* partial = <double*> malloc(n_chunks * (1 + k * LOSS_LANES) * sizeof(double))
    cdef double total = 0.0
    if partial == NULL:
        raise MemoryError
    try:
        for chunk in prange(n_chunks, nogil=True, schedule="static", num_threads=n_threads,
                            use_threads_if=n_threads > 1 and n_chunks > 1):
            start = chunk * CHUNK
            stop = min(n, start + CHUNK)
            partial[chunk] = evaluate[floating](
                kind, parameter, stop - start, k, y_ + start * columns, z_ + start * k,
                moved(w_, start), factor, moved(v_, start * columns), moved(g_, start * k),
                moved(h_, start * k), partial + n_chunks + chunk * k * LOSS_LANES,
            )
        for chunk in range(n_chunks):
            total += partial[chunk]
    finally:
        free(partial)
    return total


cdef check_shape(floating[:, ::1] out, Py_ssize_t n, Py_ssize_t k):
    if out is not None and (out.shape[0] != n or out.shape[1] != k):
        raise ValueError(f"out has shape {(out.shape[0], out.shape[1])}, wanted {(n, k)}")
