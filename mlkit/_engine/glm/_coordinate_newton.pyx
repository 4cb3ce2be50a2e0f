# distutils: language = c++
"""Coordinate descent on a Newton model of a loss, on sparse columns: no Hessian is formed."""

from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t


def weigh_columns(
    const int64_t[::1] starts,
    const int32_t[::1] rows,
    const double[::1] values,
    const double[::1] weight,
    double[::1] weighted,
    double[::1] mass,
    double[::1] square,
):
    """Fill ``w_i x_ij`` for each entry, ``Σ_i w_i x_ij`` and ``Σ_i w_i x_ij²`` for each column."""
    cdef Py_ssize_t p = starts.shape[0] - 1, j, e
    cdef double product, total, squares
    check_columns(starts, rows, values, weight.shape[0])
    if weighted.shape[0] != values.shape[0] or mass.shape[0] != p or square.shape[0] != p:
        raise ValueError("arrays of weighed columns disagree in length")
    with nogil:
        for j in range(p):
            total = squares = 0.0
            for e in range(starts[j], starts[j + 1]):
                product = weight[rows[e]] * values[e]
                weighted[e] = product
                total += product
                squares += product * values[e]
            mass[j], square[j] = total, squares


def descend_model(
    const int64_t[::1] starts,
    const int32_t[::1] rows,
    const double[::1] values,
    const double[::1] weighted,
    const double[::1] mass,
    const double[::1] bend,
    const double[::1] l2,
    const double[::1] threshold,
    double total,
    double shift,
    double[::1] slope,
    double[::1] coef,
    int max_epochs,
    double share,
):
    """Descend on ``gᵀz + Σ w z² / 2 + Σ_j l2_j β_j² / 2 + t_j |β_j|``, z the change of margins.

    An unpenalised constant in z has its best value throughout where `total`, the sum of w, is
    above zero; it costs each coordinate one operation, and columns need no centring. `slope` is
    ``g + w z`` but for the constant's part, ``w shift``; `bend` is the curvature along a
    coordinate, l2 included. Epochs over all coordinates alternate with some over those that are
    not zero; it ends when one over all gains no more than `share` of what was gained in all.

    Returns
    -------
    tuple of float, float and int
        The constant's change, the decrease that coordinates made, and epochs.
    """
    cdef Py_ssize_t p = coef.shape[0], j, e
    cdef int epoch = 0
    cdef double gain, gained = 0.0, latest = 0.0
    cdef bint everywhere = True
    check_columns(starts, rows, values, slope.shape[0])
    if (
        starts.shape[0] != p + 1 or weighted.shape[0] != values.shape[0] or mass.shape[0] != p
        or bend.shape[0] != p or l2.shape[0] != p or threshold.shape[0] != p
    ):
        raise ValueError("arrays of a model disagree in length")
    cdef double pull, there, change, size
    with nogil:
        while epoch < max_epochs:
            epoch += 1
            gain = 0.0
            for j in range(p):
                if bend[j] <= 0.0 or (not everywhere and coef[j] == 0.0):
                    continue
                pull = shift * mass[j] + l2[j] * coef[j]
                for e in range(starts[j], starts[j + 1]):
                    pull += values[e] * slope[rows[e]]
                there = coef[j] * bend[j] - pull
                size = fabs(there)
                there *= 0.0 if size <= threshold[j] else (1.0 - threshold[j] / size) / bend[j]
                change = there - coef[j]
                if change == 0.0:
                    continue
                gain -= change * (pull + 0.5 * bend[j] * change)
                gain -= threshold[j] * (fabs(there) - fabs(coef[j]))
                coef[j] = there
                for e in range(starts[j], starts[j + 1]):
                    slope[rows[e]] += change * weighted[e]
                if total > 0.0:
                    shift -= change * mass[j] / total
            gained += gain
            if everywhere:
                if gain <= share * gained:
                    break
                latest = gain
                everywhere = False
            elif gain <= 0.5 * share * gained or gain <= 0.1 * latest:
                everywhere = True
    return shift, gained, epoch


cdef int check_columns(
    const int64_t[::1] starts, const int32_t[::1] rows, const double[::1] values, Py_ssize_t n
) except -1:
    """Raise where columns are not within their arrays, or rows not within n."""
    cdef Py_ssize_t j, e
    cdef bint right = starts.shape[0] > 0 and starts[0] == 0
    if right:
        for j in range(starts.shape[0] - 1):
            right = right and starts[j] <= starts[j + 1]
        right = right and starts[starts.shape[0] - 1] == values.shape[0] == rows.shape[0]
    for e in range(rows.shape[0]):
        right = right and 0 <= rows[e] < n
    if not right:
        raise ValueError("columns and rows of a sparse matrix are out of bounds")
    return 0
