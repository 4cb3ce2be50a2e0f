# distutils: language = c++
"""Cholesky factors that gain and lose rows, and matching pursuit, which lives on them."""

from cython.parallel cimport prange
from libc.math cimport fabs, hypot, sqrt
from libc.stdlib cimport free, malloc

from ..native.blas cimport axpy, dot


def append_row(
    double[:, ::1] factor, Py_ssize_t size, const double[::1] cross, double square, double least
):
    """Extend the lower factor L of A by a row and column of A; tell whether that is definite.

    Parameters
    ----------
    factor : ndarray of shape (m, m)
        L in its first `size` rows.
    cross : ndarray of shape (size,)
        The new row of A, left of the diagonal.
    square : float
        Its diagonal entry.
    least : float
        Square of the pivot below which the row is taken for a combination of the others.
    """
    check(factor, size + 1)
    if cross.shape[0] != size:
        raise ValueError(f"a row of {cross.shape[0]} entries for a factor of {size}")
    return bool(append(&factor[0, 0], factor.shape[1], size, &cross[0] if size else &factor[0, 0],
                       square, least))


def remove_row(double[:, ::1] factor, Py_ssize_t size, Py_ssize_t index):
    """The lower factor of A without the row and column `index`, in place of that of A (size)."""
    cdef Py_ssize_t ld = factor.shape[1]
    cdef double* L = NULL
    check(factor, size)
    if index < 0 or index >= size:
        raise ValueError(f"row {index} of {size}")
    L = &factor[0, 0]
    with nogil:
        remove(L, ld, size, index)


def solve_rows(const double[:, ::1] factor, Py_ssize_t size, double[:, ::1] right):
    """Replace each row b of `right` (k, size) by the solution of ``L Lᵀ x = b``."""
    cdef Py_ssize_t k, ld = factor.shape[1]
    check(factor, size)
    if right.shape[1] != size:
        raise ValueError(f"right sides of {right.shape[1]} entries for a factor of {size}")
    if size == 0:
        return
    with nogil:
        for k in range(right.shape[0]):
            forward(&factor[0, 0], ld, size, &right[k, 0])
            backward(&factor[0, 0], ld, size, &right[k, 0])


def pursue(
    const double[:, ::1] gram,
    const double[:, ::1] correlation,
    const double[::1] squares,
    double tol,
    double[:, ::1] coef,
    Py_ssize_t[:, ::1] chosen,
    Py_ssize_t[::1] counts,
    Py_ssize_t[::1] dependent,
    double[:, :, ::1] path,
    int n_threads,
):
    """Orthogonal matching pursuit of several targets on a Gram matrix (Rubinstein et al., 2008).

    Parameters
    ----------
    gram : ndarray of shape (p, p)
    correlation : ndarray of shape (k, p)
        ``Xᵀy`` of each target.
    squares : ndarray of shape (k,) or None
        ``‖y‖²`` of each target: a pursuit then ends when its residual's square is within `tol`.
    coef : ndarray of shape (k, m)
        Coefficients in the order of choice, m the most that a pursuit may choose; filled.
    chosen : ndarray of shape (k, m)
        Columns in that order; filled.
    counts, dependent : ndarray of shape (k,)
        How many were chosen, and 1 where a pursuit ended at dependent columns; filled.
    path : ndarray of shape (k, m, m) or None
        Coefficients after each choice; filled.
    """
    cdef Py_ssize_t p = gram.shape[0], k = correlation.shape[0], m = chosen.shape[1], t
    cdef int failed = 0
    cdef double* path_ = NULL
    cdef const double* squares_ = NULL
    if gram.shape[1] != p or correlation.shape[1] != p or m > p:
        raise ValueError("gram, correlation and the number of choices disagree")
    if coef.shape[0] != k or coef.shape[1] != m or chosen.shape[0] != k:
        raise ValueError("coef and chosen must have a row a target and a column a choice")
    if counts.shape[0] != k or dependent.shape[0] != k:
        raise ValueError("counts and dependent must have an entry a target")
    if squares is not None and squares.shape[0] != k:
        raise ValueError("squares must have an entry a target")
    if path is not None and (path.shape[0] != k or path.shape[1] != m or path.shape[2] != m):
        raise ValueError("path must be (targets, choices, choices)")
    if k == 0 or m == 0:
        return
    if path is not None:
        path_ = &path[0, 0, 0]
    if squares is not None:
        squares_ = &squares[0]
    for t in prange(k, nogil=True, schedule="static", num_threads=n_threads,
                    use_threads_if=n_threads > 1 and k > 1):
        failed += pursue_one(
            &gram[0, 0], p, &correlation[t, 0], squares_, tol, t, m, &coef[t, 0], &chosen[t, 0],
            &counts[t], &dependent[t], path_,
        )
    if failed:
        raise MemoryError


cdef int check(const double[:, ::1] factor, Py_ssize_t size) except -1:
    if size < 0 or size > factor.shape[0] or factor.shape[0] != factor.shape[1]:
        raise ValueError(f"a factor of {size} rows in room for {factor.shape[0]}")
    return 0


cdef void forward(const double* L, Py_ssize_t ld, Py_ssize_t size, double* b) noexcept nogil:
    """b ← L⁻¹ b."""
    cdef Py_ssize_t i
    for i in range(size):
        b[i] = (b[i] - dot[double](i, L + i * ld, b)) / L[i * ld + i]


cdef void backward(const double* L, Py_ssize_t ld, Py_ssize_t size, double* b) noexcept nogil:
    """b ← L⁻ᵀ b."""
    cdef Py_ssize_t i
    for i in range(size - 1, -1, -1):
        b[i] /= L[i * ld + i]
        axpy[double](i, -b[i], L + i * ld, b)


cdef bint append(
    double* L, Py_ssize_t ld, Py_ssize_t size, const double* cross, double square, double least
) noexcept nogil:
    cdef double* row = L + size * ld
    cdef Py_ssize_t i
    cdef double pivot
    for i in range(size):
        row[i] = cross[i]
    forward(L, ld, size, row)
    pivot = square - dot[double](size, row, row)
    if not pivot > least:
        return False
    row[size] = sqrt(pivot)
    return True


cdef void remove(double* L, Py_ssize_t ld, Py_ssize_t size, Py_ssize_t index) noexcept nogil:
    """Shift the rows below up, and rotate away what then stands right of the diagonal."""
    cdef Py_ssize_t i, j, row
    cdef double length, c, s, here, beside
    for i in range(index, size - 1):
        for j in range(i + 2):
            L[i * ld + j] = L[(i + 1) * ld + j]
    for j in range(index, size - 1):
        length = hypot(L[j * ld + j], L[j * ld + j + 1])
        c, s = L[j * ld + j] / length, L[j * ld + j + 1] / length
        for row in range(j, size - 1):
            here, beside = L[row * ld + j], L[row * ld + j + 1]
            L[row * ld + j] = c * here + s * beside
            L[row * ld + j + 1] = c * beside - s * here


cdef int pursue_one(
    const double* gram, Py_ssize_t p, const double* correlation, const double* squares, double tol,
    Py_ssize_t target, Py_ssize_t m, double* coef, Py_ssize_t* chosen, Py_ssize_t* count,
    Py_ssize_t* dependent, double* path,
) noexcept nogil:
    """One target, whose number squares and path are told; 1 if there is no memory."""
    cdef double* rest = <double*> malloc((p + m * m + m) * sizeof(double))
    cdef double* L = rest + p
    cdef double* cross = L + m * m
    cdef Py_ssize_t i, j, best, step
    cdef double largest = 0.0, start = 0.0, left
    if rest == NULL:
        return 1
    count[0], dependent[0] = 0, 0
    if path != NULL:
        path += target * m * m
        for i in range(m * m):
            path[i] = 0.0
    for j in range(p):
        rest[j] = correlation[j]
    for i in range(m):
        coef[i], chosen[i] = 0.0, -1
    for step in range(m):
        if squares != NULL and squares[target] <= tol:
            break
        best, largest = 0, -1.0
        for j in range(p):
            if fabs(rest[j]) > largest:
                best, largest = j, fabs(rest[j])
        if step == 0:
            start = largest
        for i in range(step):
            if chosen[i] == best:
                largest = 0.0
            cross[i] = gram[best * p + chosen[i]]
        # A correlation that is rounding: all that the columns explain is explained.
        if largest <= 1e-14 * start or not append(
            L, m, step, cross, gram[best * p + best], 1e-14 * gram[best * p + best]
        ):
            dependent[0] = 1
            break
        chosen[step] = best
        for i in range(step + 1):
            coef[i] = correlation[chosen[i]]
        forward(L, m, step + 1, coef)
        backward(L, m, step + 1, coef)
        count[0] = step + 1
        if path != NULL:
            for i in range(step + 1):
                path[step * m + i] = coef[i]
        for j in range(p):
            rest[j] = correlation[j]
        left = 0.0
        for i in range(step + 1):
            axpy[double](p, -coef[i], gram + chosen[i] * p, rest)
            left += coef[i] * correlation[chosen[i]]
        if squares != NULL and squares[target] - left <= tol:
            break
    free(rest)
    return 0
