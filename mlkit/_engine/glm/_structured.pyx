# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""Descent by blocks of coefficients under separable penalties, and the step to a fused signal."""

from libc.math cimport INFINITY, fabs, sqrt
from libc.stdlib cimport free, malloc

from ..native.blas cimport axpy

# How a penalty on one coefficient continues beyond its kink.
cdef enum:
    LINEAR = 0
    MCP = 1
    SCAD = 2


cdef struct Shape:
    int kind
    double concavity


cdef double penalty_at(Shape shape, double threshold, double size) noexcept nogil:
    """The penalty of a coefficient of that absolute value."""
    cdef double gamma = shape.concavity
    if shape.kind == MCP:
        if size <= gamma * threshold:
            return threshold * size - 0.5 * size * size / gamma
        return 0.5 * gamma * threshold * threshold
    if shape.kind == SCAD:
        if size <= threshold:
            return threshold * size
        if size <= gamma * threshold:
            return (
                (2.0 * gamma * threshold * size - size * size - threshold * threshold)
                / (2.0 * (gamma - 1.0))
            )
        return 0.5 * threshold * threshold * (gamma + 1.0)
    return threshold * size


cdef double clipped(double value, double low, double high) noexcept nogil:
    return low if value < low else (high if value > high else value)


cdef double concave_step(
    Shape shape, double threshold, double bend, double center, double low, double high,
) noexcept nogil:
    """argmin of ``bend (b − center)² / 2 + p(|b|)`` within bounds, the best of all stationary b."""
    cdef double candidates[6]
    cdef double size = fabs(center), sign = 1.0 if center >= 0.0 else -1.0
    cdef double gamma = shape.concavity, slope, value, best = INFINITY, there = 0.0, b
    cdef int i, count = 4
    candidates[0] = 0.0
    candidates[1] = size
    candidates[2] = gamma * threshold
    if shape.kind == MCP:
        slope = bend - 1.0 / gamma
        candidates[3] = (bend * size - threshold) / slope if slope > 0.0 else 0.0
        candidates[3] = clipped(candidates[3], 0.0, gamma * threshold)
    else:
        candidates[3] = clipped(size - threshold / bend, 0.0, threshold)
        slope = bend - 1.0 / (gamma - 1.0)
        if slope > 0.0:
            candidates[4] = (bend * size - gamma * threshold / (gamma - 1.0)) / slope
            candidates[4] = clipped(candidates[4], threshold, gamma * threshold)
            count = 5
    for i in range(count):
        b = clipped(sign * candidates[i], low, high)
        value = 0.5 * bend * (b - center) * (b - center) + penalty_at(shape, threshold, fabs(b))
        if value < best:
            best = value
            there = b
    return there


cdef double convex_step(
    double threshold, double bend, double center, double low, double high,
) noexcept nogil:
    """argmin of ``bend (b − center)² / 2 + t |b|`` within bounds."""
    cdef double excess = fabs(center) - threshold / bend
    cdef double there = 0.0 if excess <= 0.0 else (excess if center >= 0.0 else -excess)
    return clipped(there, low, high)


cdef double block_step(
    Shape shape, Py_ssize_t size, const Py_ssize_t* members, double bend, const double* threshold,
    const double* low, const double* high, const double* coef, const double* rest, double* target,
) noexcept nogil:
    """Where the entries of a block would go each by itself; returns the norm of that."""
    cdef Py_ssize_t i, j
    cdef double center, norm = 0.0
    for i in range(size):
        j = members[i]
        center = coef[j] + rest[j] / bend
        if shape.kind == LINEAR:
            target[i] = convex_step(threshold[j], bend, center, low[j], high[j])
        else:
            target[i] = concave_step(shape, threshold[j], bend, center, low[j], high[j])
        norm += target[i] * target[i]
    return sqrt(norm)


cdef check_blocks(
    const Py_ssize_t[::1] starts, const Py_ssize_t[::1] members, Py_ssize_t n_blocks, Py_ssize_t p,
):
    """Raise where a block leaves its arrays."""
    cdef Py_ssize_t b, i
    for b in range(n_blocks):
        if starts[b] < 0 or starts[b + 1] < starts[b] or starts[b + 1] > members.shape[0]:
            raise ValueError("blocks begin after they end")
    for i in range(members.shape[0]):
        if members[i] < 0 or members[i] >= p:
            raise ValueError("a block has a coefficient that is none")


def descend_blocks(
    const double[:, ::1] matrix,
    const Py_ssize_t[::1] starts,
    const Py_ssize_t[::1] members,
    const double[::1] bends,
    const double[::1] threshold,
    const double[::1] block_threshold,
    const double[::1] low,
    const double[::1] high,
    int kind,
    double concavity,
    double[::1] coef,
    double[::1] rest,
    int max_epochs,
    double tol,
):
    """Minimise ``βᵀHβ / 2 − qᵀβ + Σ_j p_j(|β_j|) + Σ_b g_b ‖β_b‖`` within bounds, in place.

    H is `matrix`, `rest` is q − Hβ throughout. Block b holds the coefficients
    ``members[starts[b] : starts[b + 1]]`` and ``bends[b]`` is at least the greatest eigenvalue of
    its part of H. p_j is ``threshold[j]`` times the absolute value near zero, and levels off for
    a `kind` of 1 (MCP) and 2 (SCAD), which blocks of one coefficient have alone. Bounds of
    coefficients that share a block are 0 or infinite. An epoch moves each block once.

    Returns
    -------
    tuple of int and float
        Epochs, and the longest move of the last one in the norm of the curvature.
    """
    cdef Py_ssize_t p = coef.shape[0], n_blocks = starts.shape[0] - 1, b, i, j, first, last
    cdef int epoch = 0
    cdef double bend, change, largest = 0.0, moved, norm, factor
    cdef Shape shape
    cdef double* target
    if (
        (matrix.shape[0], matrix.shape[1], rest.shape[0], threshold.shape[0]) != (p, p, p, p)
        or (low.shape[0], high.shape[0]) != (p, p)
        or (bends.shape[0], block_threshold.shape[0]) != (n_blocks, n_blocks)
    ):
        raise ValueError("arrays of a descent by blocks disagree in length")
    check_blocks(starts, members, n_blocks, p)
    if p == 0:
        return 0, 0.0
    shape.kind, shape.concavity = kind, concavity
    target = <double*> malloc(p * sizeof(double))
    if target == NULL:
        raise MemoryError
    with nogil:
        while epoch < max_epochs:
            epoch += 1
            largest = 0.0
            for b in range(n_blocks):
                first, last, bend = starts[b], starts[b + 1], bends[b]
                if bend <= 0.0 or first == last:
                    continue
                norm = bend * block_step(
                    shape, last - first, &members[first], bend, &threshold[0], &low[0], &high[0],
                    &coef[0], &rest[0], target)
                factor = 1.0 - block_threshold[b] / norm if norm > block_threshold[b] else 0.0
                moved = 0.0
                for i in range(first, last):
                    j = members[i]
                    change = factor * target[i - first] - coef[j]
                    if change != 0.0:
                        coef[j] += change
                        moved += change * change
                        axpy[double](p, -change, &matrix[j, 0], &rest[0])
                largest = max(largest, moved * bend)
            if largest <= tol * tol:
                break
    free(target)
    return epoch, sqrt(largest)


def fused_step(const double[::1] signal, double threshold, double[::1] out):
    """argmin_u ``‖u − signal‖² / 2 + t Σ |u_{i+1} − u_i|``, in linear time.

    A dynamic programme (Johnson, 2013). Let m_i(b) be the least of the terms up to u_i = b. Its
    derivative is piecewise linear and increasing; that of ``min_u m_i(u) + t |u − b|`` is the same
    one clipped to ±t. Its knots lie in a deque, which each step enters from both ends, and
    the places of clipping, `low` and `high`, lead back from the last value to the first.
    """
    cdef Py_ssize_t n = signal.shape[0], i, first, last
    cdef double slope, level, goal
    cdef double *knot
    cdef double *rise
    cdef double *lift
    cdef double *low
    cdef double *high
    if out.shape[0] != n:
        raise ValueError("out has another length than the signal")
    if not threshold > 0.0 or n < 2:
        out[:] = signal
        return
    knot = <double*> malloc(8 * n * sizeof(double))
    if knot == NULL:
        raise MemoryError
    rise, lift = knot + 2 * n, knot + 4 * n
    low, high = knot + 6 * n, knot + 7 * n
    with nogil:
        first, last = n, n - 1
        for i in range(n):
            # Left of all knots the derivative is `slope` b + `level`; the first has no past.
            goal = 0.0 if i == n - 1 else -threshold
            slope, level = 1.0, -signal[i] - (threshold if i > 0 else 0.0)
            while first <= last and slope * knot[first] + level <= goal:
                slope += rise[first]
                level += lift[first]
                first += 1
            low[i] = (goal - level) / slope
            if i == n - 1:
                break
            first -= 1
            knot[first], rise[first], lift[first] = low[i], slope, level + threshold
            slope, level = 1.0, -signal[i] + (threshold if i > 0 else 0.0)
            while last > first and slope * knot[last] + level >= threshold:
                slope -= rise[last]
                level -= lift[last]
                last -= 1
            high[i] = (threshold - level) / slope
            last += 1
            knot[last], rise[last], lift[last] = high[i], -slope, threshold - level
        out[n - 1] = low[n - 1]
        for i in range(n - 2, -1, -1):
            out[i] = clipped(out[i + 1], low[i], high[i])
    free(knot)
