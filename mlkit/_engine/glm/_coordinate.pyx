# distutils: language = c++
"""Coordinate descent on a quadratic with an L1 term, from its matrix."""

from libc.math cimport fabs, sqrt


def descend_quadratic(
    const double[:, ::1] hessian,
    const double[::1] gradient,
    const double[::1] start,
    const double[::1] threshold,
    double[::1] step,
    double[::1] image,
    int max_epochs,
    double tol,
):
    """Minimise ``gᵀd + dᵀHd/2 + Σ t |w + d|`` over d; return the number of epochs.

    `step` is d, where it starts and ends; `image` is H d throughout. An epoch over all
    coordinates is followed by epochs over those with ``w + d ≠ 0`` until they rest; it ends when
    a full epoch changes no coordinate by more than `tol` in the norm of the curvature.
    """
    cdef Py_ssize_t p = gradient.shape[0], j, i
    cdef int epoch = 0
    cdef bint full = True
    cdef double bend, here, there, change, largest
    if (
        hessian.shape[0] != p or hessian.shape[1] != p or start.shape[0] != p
        or threshold.shape[0] != p or step.shape[0] != p or image.shape[0] != p
    ):
        raise ValueError("arrays of a quadratic disagree in length")
    with nogil:
        while epoch < max_epochs:
            epoch += 1
            largest = 0.0
            for j in range(p):
                bend = hessian[j, j]
                here = start[j] + step[j]
                if bend <= 0.0 or (not full and here == 0.0):
                    continue
                there = here - (gradient[j] + image[j]) / bend
                if there > threshold[j] / bend:
                    there -= threshold[j] / bend
                elif there < -threshold[j] / bend:
                    there += threshold[j] / bend
                else:
                    there = 0.0
                change = there - here
                if change == 0.0:
                    continue
                largest = max(largest, fabs(change) * sqrt(bend))
                step[j] = there - start[j]
                for i in range(p):
                    image[i] += change * hessian[j, i]
            if largest <= tol:
                if full:
                    break
                full = True
            else:
                full = False
    return epoch
