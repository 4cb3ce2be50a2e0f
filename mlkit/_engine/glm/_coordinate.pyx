# distutils: language = c++
"""Coordinate descent on a quadratic with an L1 or a group penalty, from its matrix."""

from libc.math cimport sqrt

from ..native.blas cimport axpy, dot


def descend_quadratic(
    const double[:, :] matrix,
    double l2,
    const double[::1] threshold,
    const Py_ssize_t[::1] order,
    double[:, ::1] coef,
    double[:, ::1] rest,
    bint positive,
    int max_epochs,
    double tol,
):
    """Minimise ``Σ_k (β_kᵀHβ_k / 2 − q_kᵀβ_k) + Σ_j t_j ‖β_j‖`` over β (p, K) in place.

    H is `matrix`, whose rows are contiguous, plus l2 I. `rest` is q − Hβ throughout. β_j is the j-th row, whose K = 1 entry has its absolute value for
    a norm; with `positive` it stays at or above zero. An epoch meets the coordinates in `order`.
    It ends when an epoch moves no row by more than `tol` in the norm of its curvature.

    Returns
    -------
    tuple of int and float
        Epochs, and the longest move of the last one.
    """
    cdef Py_ssize_t p = coef.shape[0], n_outputs = coef.shape[1], at, j, k, i, epoch = 0
    cdef Py_ssize_t stride = matrix.strides[0] // <Py_ssize_t> sizeof(double)
    cdef double bend, factor, change, moved, largest = 0.0
    cdef double *b, *r
    cdef const double* row
    if (
        matrix.shape[0] != p or matrix.shape[1] != p or threshold.shape[0] != p
        or rest.shape[0] != p or rest.shape[1] != n_outputs
    ):
        raise ValueError("arrays of a quadratic disagree in length")
    if p > 1 and (matrix.strides[1] != <Py_ssize_t> sizeof(double) or stride < p):
        raise ValueError("rows of the matrix must be contiguous and apart")
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
                row = &matrix[0, 0] + j * stride
                bend = row[j] + l2
                if bend <= 0.0:
                    continue
                b, r = &coef[j, 0], &rest[j, 0]
                factor = shrinkage(n_outputs, bend, threshold[j], b, r, positive)
                moved = 0.0
                for k in range(n_outputs):
                    change = factor * (b[k] * bend + r[k]) - b[k]
                    if change == 0.0:
                        continue
                    moved += change * change
                    b[k] += change
                    if n_outputs == 1:
                        axpy[double](p, -change, row, &rest[0, 0])
                    else:
                        for i in range(p):
                            rest[i, k] -= change * row[i]
                    r[k] -= change * l2
                largest = max(largest, moved * bend)
            if largest <= tol * tol:
                break
    return epoch, sqrt(largest)


def descend_columns(
    const double[:, ::1] lines,
    const double[::1] squares,
    double l2,
    const double[::1] threshold,
    const Py_ssize_t[::1] order,
    double[:] coef,
    double[::1] residual,
    double total,
    bint positive,
    int max_epochs,
    double tol,
):
    """Minimise ``‖r‖² / 2W + l2 ‖β‖² / 2 + Σ_j t_j |β_j|`` over β (p,) in place, W the `total`.

    A column is a row of `lines` (p, n) and `squares` its squared norm over W; `residual` is
    r = y − Xβ throughout. The rest is as in `descend_quadratic`.

    Returns
    -------
    tuple of int and float
        Epochs, and the longest move of the last one.
    """
    cdef Py_ssize_t p = lines.shape[0], n = lines.shape[1], at, j
    cdef int epoch = 0
    cdef double bend, there, change, pull, size, largest = 0.0
    if (
        squares.shape[0] != p or threshold.shape[0] != p or coef.shape[0] != p
        or residual.shape[0] != n
    ):
        raise ValueError("arrays of a descent disagree in length")
    for at in range(order.shape[0]):
        if order[at] < 0 or order[at] >= p:
            raise ValueError("order names a coordinate that is none")
    if p == 0 or n == 0:
        return 0, 0.0
    with nogil:
        while epoch < max_epochs:
            epoch += 1
            largest = 0.0
            for at in range(order.shape[0]):
                j = order[at]
                bend = squares[j] + l2
                if squares[j] <= 0.0:
                    continue
                pull = dot[double](n, &lines[j, 0], &residual[0]) / total + squares[j] * coef[j]
                size = pull if pull >= 0.0 or positive else -pull
                there = 0.0
                if size > threshold[j]:
                    there = pull * (1.0 - threshold[j] / size) / bend
                change = there - coef[j]
                if change == 0.0:
                    continue
                coef[j] = there
                axpy[double](n, -change, &lines[j, 0], &residual[0])
                largest = max(largest, change * change * bend)
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
