# distutils: language = c++
"""Coordinate descent on a quadratic with an L1 or a group penalty, from its matrix."""

from libc.math cimport sqrt

from ..native.blas cimport axpy


def descend_quadratic(
    const double[:, ::1] matrix,
    const double[::1] threshold,
    const Py_ssize_t[::1] order,
    double[:, ::1] coef,
    double[:, ::1] rest,
    bint positive,
    int max_epochs,
    double tol,
):
    """Minimise ``Σ_k (β_kᵀHβ_k / 2 − q_kᵀβ_k) + Σ_j t_j ‖β_j‖`` over β (p, K) in place.

    `rest` is q − Hβ throughout. β_j is the j-th row, whose K = 1 entry has its absolute value for
    a norm; with `positive` it stays at or above zero. An epoch meets the coordinates in `order`.
    It ends when an epoch moves no row by more than `tol` in the norm of its curvature.

    Returns
    -------
    tuple of int and float
        Epochs, and the longest move of the last one.
    """
    cdef Py_ssize_t p = coef.shape[0], n_outputs = coef.shape[1], at, j, k, i
    cdef int epoch = 0
    cdef double bend, factor, there, change, moved, largest = 0.0
    cdef double* b
    cdef double* r
    if (
        matrix.shape[0] != p or matrix.shape[1] != p or threshold.shape[0] != p
        or rest.shape[0] != p or rest.shape[1] != n_outputs
    ):
        raise ValueError("arrays of a quadratic disagree in length")
    if positive and n_outputs > 1:
        raise ValueError("rows of several coefficients have no sign")
    for at in range(order.shape[0]):
        if order[at] < 0 or order[at] >= p:
            raise ValueError("order names a coordinate that is none")
    if p == 0 or n_outputs == 0:
        return 0, 0.0
    with nogil:
        while epoch < max_epochs:
            epoch += 1
            largest = 0.0
            for at in range(order.shape[0]):
                j = order[at]
                bend = matrix[j, j]
                if bend <= 0.0:
                    continue
                b, r = &coef[j, 0], &rest[j, 0]
                factor = shrinkage(n_outputs, bend, threshold[j], b, r, positive)
                moved = 0.0
                for k in range(n_outputs):
                    there = factor * (b[k] * bend + r[k])
                    change = there - b[k]
                    if change == 0.0:
                        continue
                    moved += change * change
                    b[k] = there
                    if n_outputs == 1:
                        axpy[double](p, -change, &matrix[j, 0], &rest[0, 0])
                    else:
                        for i in range(p):
                            rest[i, k] -= change * matrix[j, i]
                largest = max(largest, moved * bend)
            if largest <= tol * tol:
                break
    return epoch, sqrt(largest)


cdef double shrinkage(
    Py_ssize_t n_outputs, double bend, double threshold, const double* b, const double* r,
    bint positive,
) noexcept nogil:
    """The factor that takes ``bend b + r`` to the row's minimum: ``(1 − t / ‖·‖)₊ / bend``."""
    cdef double norm = 0.0, there
    cdef Py_ssize_t k
    if n_outputs == 1:
        there = b[0] * bend + r[0]
        norm = there if there >= 0.0 or positive else -there
    else:
        for k in range(n_outputs):
            there = b[k] * bend + r[k]
            norm += there * there
        norm = sqrt(norm)
    return 0.0 if norm <= threshold else (1.0 - threshold / norm) / bend
