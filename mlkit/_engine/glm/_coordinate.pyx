# distutils: language = c++
"""Coordinate descent on a quadratic with an L1 or a group penalty, from its matrix."""

from libc.math cimport fabs, sqrt

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

    H is `matrix`, whose rows are contiguous, plus l2 I. `rest` is q − Hβ throughout.
    β_j is the j-th row, whose K = 1 entry has its absolute value for
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


def settle_quadratic(
    const double[:, ::1] matrix,
    const double[::1] correlation,
    double y_square,
    double l1,
    double l2,
    bint positive,
    double[::1] coef,
    double[::1] rest,
    double goal,
    int max_epochs,
):
    """Descend on all coordinates of one output in turn until the duality gap is within `goal`.

    The objective is ``(‖y‖² − 2 qᵀβ + βᵀGβ) / 2 + l1 ‖β‖₁ + l2 ‖β‖² / 2`` with G the `matrix`,
    q the `correlation`; `rest` is q − Gβ − l2 β throughout.

    Returns
    -------
    tuple of int and float
        Epochs, and the gap.
    """
    cdef Py_ssize_t p = coef.shape[0], j
    cdef int epoch = 0
    cdef double bend, pull, size, there, change, gap
    if (
        matrix.shape[0] != p or matrix.shape[1] != p or correlation.shape[0] != p
        or rest.shape[0] != p or p == 0
    ):
        raise ValueError("arrays of a quadratic disagree in length, or are empty")
    with nogil:
        gap = gap_of(p, &correlation[0], y_square, l1, l2, positive, &coef[0], &rest[0])
        while epoch < max_epochs and gap > goal:
            epoch += 1
            for j in range(p):
                bend = matrix[j, j] + l2
                if bend <= 0.0:
                    continue
                pull = rest[j] + coef[j] * bend
                size = pull if pull >= 0.0 or positive else -pull
                there = 0.0
                if size > l1:
                    there = pull * (1.0 - l1 / size) / bend
                change = there - coef[j]
                if change != 0.0:
                    coef[j] = there
                    axpy[double](p, -change, &matrix[j, 0], &rest[0])
                    rest[j] -= change * l2
            gap = gap_of(p, &correlation[0], y_square, l1, l2, positive, &coef[0], &rest[0])
    return epoch, gap


cdef double gap_of(
    Py_ssize_t p, const double* correlation, double y_square, double l1, double l2, bint positive,
    const double* coef, const double* rest,
) noexcept nogil:
    """The gap of `penalties.RowNorms`, for one output."""
    cdef double explained = 0.0, left = 0.0, norm = 0.0, square = 0.0, excess = 0.0, top = 0.0
    cdef double pull, plain, primal, fitted, residual, scale, gap = -1.0
    cdef Py_ssize_t j
    for j in range(p):
        plain = rest[j] + l2 * coef[j]
        explained += correlation[j] * coef[j]
        left += coef[j] * plain
        norm += fabs(coef[j])
        square += coef[j] * coef[j]
        pull = max(plain, 0.0) if positive else fabs(plain)
        excess += max(pull - l1, 0.0) ** 2
        top = max(top, max(rest[j], 0.0) if positive else fabs(rest[j]))
    fitted = y_square - explained
    residual = max(fitted - left, 0.0)
    primal = 0.5 * residual + l1 * norm + 0.5 * l2 * square
    if l2 > 0.0:
        gap = primal - (fitted - 0.5 * residual - 0.5 * excess / l2)
    if l1 > 0.0:
        scale = l1 / top if top > l1 else 1.0
        primal -= scale * fitted - 0.5 * scale * scale * (residual + l2 * square)
        gap = min(gap, primal) if l2 > 0.0 else primal
    if l1 <= 0.0 and l2 <= 0.0:
        gap = excess
    return max(gap, 0.0)


def settle_rows(
    const double[:, ::1] matrix,
    const double[:, ::1] correlation,
    double y_square,
    double l1,
    double l2,
    double[:, ::1] coef,
    double[:, ::1] rest,
    double goal,
    int max_epochs,
):
    """`settle_quadratic` for the norms of rows of several outputs, all arrays (p, K).

    Returns
    -------
    tuple of int and float
        Epochs, and the gap.
    """
    cdef Py_ssize_t p = coef.shape[0], n_outputs = coef.shape[1], j, k, i
    cdef int epoch = 0
    cdef double bend, factor, change, gap
    cdef double *b, *r
    if (
        matrix.shape[0] != p or matrix.shape[1] != p or correlation.shape[0] != p
        or correlation.shape[1] != n_outputs or rest.shape[0] != p or rest.shape[1] != n_outputs
        or p == 0 or n_outputs == 0
    ):
        raise ValueError("arrays of a quadratic disagree in length, or are empty")
    with nogil:
        gap = gap_of_rows(
            p, n_outputs, &correlation[0, 0], y_square, l1, l2, &coef[0, 0], &rest[0, 0]
        )
        while epoch < max_epochs and gap > goal:
            epoch += 1
            for j in range(p):
                bend = matrix[j, j] + l2
                if bend <= 0.0:
                    continue
                b, r = &coef[j, 0], &rest[j, 0]
                factor = shrinkage(n_outputs, bend, l1, b, r, False)
                for k in range(n_outputs):
                    change = factor * (b[k] * bend + r[k]) - b[k]
                    if change != 0.0:
                        b[k] += change
                        for i in range(p):
                            rest[i, k] -= change * matrix[j, i]
                        r[k] -= change * l2
            gap = gap_of_rows(
                p, n_outputs, &correlation[0, 0], y_square, l1, l2, &coef[0, 0], &rest[0, 0]
            )
    return epoch, gap


cdef double gap_of_rows(
    Py_ssize_t p, Py_ssize_t n_outputs, const double* correlation, double y_square, double l1,
    double l2, const double* coef, const double* rest,
) noexcept nogil:
    """The gap of `penalties.RowNorms`."""
    cdef double explained = 0.0, left = 0.0, norm = 0.0, square = 0.0, excess = 0.0, top = 0.0
    cdef double pull, augmented, size, plain, primal, fitted, residual, scale, gap = -1.0
    cdef Py_ssize_t j, k, at
    for j in range(p):
        pull = augmented = size = 0.0
        for k in range(n_outputs):
            at = j * n_outputs + k
            plain = rest[at] + l2 * coef[at]
            explained += correlation[at] * coef[at]
            left += coef[at] * plain
            size += coef[at] * coef[at]
            pull += plain * plain
            augmented += rest[at] * rest[at]
        square += size
        norm += sqrt(size)
        excess += max(sqrt(pull) - l1, 0.0) ** 2
        top = max(top, sqrt(augmented))
    fitted = y_square - explained
    residual = max(fitted - left, 0.0)
    primal = 0.5 * residual + l1 * norm + 0.5 * l2 * square
    if l2 > 0.0:
        gap = primal - (fitted - 0.5 * residual - 0.5 * excess / l2)
    if l1 > 0.0:
        scale = l1 / top if top > l1 else 1.0
        primal -= scale * fitted - 0.5 * scale * scale * (residual + l2 * square)
        gap = min(gap, primal) if l2 > 0.0 else primal
    if l1 <= 0.0 and l2 <= 0.0:
        gap = excess
    return max(gap, 0.0)


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
