"""Isotonic least squares on a line: ties pooled, adjacent violators pooled, and interpolation."""

import numpy as np

from cython.parallel cimport prange

# Queries that a thread takes at a time.
cdef enum:
    CHUNK = 8192


cdef Py_ssize_t pool_tied(
    const double[::1] x, const double[::1] y, const double[::1] w, const Py_ssize_t[::1] order,
    double gap, double[::1] x_out, double[::1] y_out, double[::1] w_out,
) noexcept nogil:
    """Weighted means of y over runs of x closer than `gap` to the first of the run."""
    cdef Py_ssize_t i, row, n = order.shape[0], last = -1
    cdef double first = 0.0, weight, total = 0.0, mass = 0.0
    for i in range(n):
        row = order[i]
        weight = 1.0 if w is None else w[row]
        if last < 0 or x[row] - first >= gap:
            last += 1
            first = x_out[last] = x[row]
            total = mass = 0.0
            y_out[last] = y[row]
            w_out[last] = weight
            total = weight * y[row]
            mass = weight
        else:
            total += weight * y[row]
            mass += weight
            y_out[last] = total / mass
            w_out[last] = mass
    return last + 1


cdef void pool_violators(
    double[::1] y, double[::1] w, Py_ssize_t[::1] end, double sign,
) noexcept nogil:
    """Replace y by its best increasing fit (decreasing for a sign of -1); w is overwritten.

    A stack of blocks lies in the arrays' own beginning: mean, weight and end of each. A block that
    is not above the one before is merged into it, so each row enters and leaves once. A block of
    one row keeps its value to the bit.
    """
    cdef Py_ssize_t i, top = -1, row
    cdef double mean, weight
    for i in range(y.shape[0]):
        mean = y[i]
        weight = w[i]
        while top >= 0 and sign * y[top] >= sign * mean:
            # The weighted mean as a step from one of the two: exact for equal values.
            mean = mean + (y[top] - mean) * (w[top] / (w[top] + weight))
            weight += w[top]
            top -= 1
        top += 1
        y[top] = mean
        w[top] = weight
        end[top] = i + 1
    # From the last block, as a block's rows are not before its place in the stack.
    row = y.shape[0]
    while top >= 0:
        mean = y[top]
        i = 0 if top == 0 else end[top - 1]
        while row > i:
            row -= 1
            y[row] = mean
        top -= 1


def unique_means(x, y, weight, order, double gap):
    """Pool rows of (nearly) the same x: first x, mean of y and weight of each run.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
    weight : ndarray of shape (n,) or None
    order : ndarray of int
        Rows in the order of x; not all need be there.
    gap : float
        Least distance from the first x of a run that begins the next one.

    Returns
    -------
    x, y, weight : ndarrays of float64, shape (n_runs,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.pava import unique_means
    >>> x = np.array([1.0, 1.0, 2.0])
    >>> [part.tolist() for part in unique_means(x, x * [1, 3, 1], None, np.arange(3), 1e-15)]
    [[1.0, 2.0], [2.0, 2.0], [2.0, 1.0]]
    """
    x = np.ascontiguousarray(x, dtype=np.float64)
    y = np.ascontiguousarray(y, dtype=np.float64)
    order = np.ascontiguousarray(order, dtype=np.intp)
    if x.ndim != 1 or y.shape != x.shape:
        raise ValueError(f"x and y must be vectors of one length, got {x.shape} and {y.shape}")
    if weight is not None:
        weight = np.ascontiguousarray(weight, dtype=np.float64)
        if weight.shape != x.shape:
            raise ValueError(f"weight has shape {weight.shape}, x has {x.shape}")
    if len(order) and (order.min() < 0 or order.max() >= len(x)):
        raise ValueError("order must hold rows of x")
    out = np.empty((3, len(order)))
    cdef double[:, ::1] view = out
    cdef const double[::1] x_view = x, y_view = y, w_view = weight
    cdef const Py_ssize_t[::1] order_view = order
    cdef Py_ssize_t n
    with nogil:
        n = pool_tied(x_view, y_view, w_view, order_view, gap, view[0], view[1], view[2])
    return out[0, :n], out[1, :n], out[2, :n]


def isotonic(y, weight=None, bint increasing=True):
    """Return the monotonic z that minimises ``Σ w(y − z)²``, in time linear in the length.

    Pool adjacent violators (Barlow, Bartholomew, Bremner and Brunk, 1972).

    Parameters
    ----------
    y : array-like of shape (n,)
    weight : array-like of shape (n,), default None
        Above 0; None is 1.
    increasing : bool, default True

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> from mlkit._engine.native.pava import isotonic
    >>> isotonic([1.0, 3.0, 2.0]).tolist()
    [1.0, 2.5, 2.5]
    """
    y = np.array(y, dtype=np.float64)
    weight = np.ones(len(y)) if weight is None else np.array(weight, dtype=np.float64)
    if y.ndim != 1 or weight.shape != y.shape:
        raise ValueError(
            f"y and weight must be vectors of one length, got {y.shape} and {weight.shape}"
        )
    cdef double[::1] y_view = y, w_view = weight
    cdef Py_ssize_t[::1] end = np.empty(len(y), dtype=np.intp)
    cdef double sign = 1.0 if increasing else -1.0
    with nogil:
        pool_violators(y_view, w_view, end, sign)
    return y


cdef inline Py_ssize_t last_not_above(const double* x, Py_ssize_t n, double t) noexcept nogil:
    """Index of the last of the increasing x that is at most t; 0 if none is."""
    cdef Py_ssize_t half, base = 0
    while n > 1:
        half = n >> 1
        # A conditional move: a branch would be mispredicted half of the time.
        base = base + half if x[base + half] <= t else base
        n -= half
    return base


cdef void interpolate_range(
    const double[::1] t, const double[::1] x, const double[::1] y, double[::1] out,
    Py_ssize_t start, Py_ssize_t stop,
) noexcept nogil:
    cdef Py_ssize_t i, j, n = x.shape[0]
    cdef double rise
    for i in range(start, stop):
        j = last_not_above(&x[0], n, t[i])
        if j == n - 1 or t[i] <= x[j]:
            out[i] = y[j]
        else:
            rise = (y[j + 1] - y[j]) / (x[j + 1] - x[j])
            out[i] = rise * (t[i] - x[j]) + y[j]


def interpolate(t, x, y, int n_threads=1):
    """Values at `t` of the line through points of increasing x, constant beyond the ends.

    Parameters
    ----------
    t : array-like of shape (n,)
    x, y : array-like of shape (n_points,), at least one
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> from mlkit._engine.native.pava import interpolate
    >>> interpolate([0.0, 1.5, 9.0], [1.0, 2.0], [10.0, 20.0]).tolist()
    [10.0, 15.0, 20.0]
    """
    t = np.ascontiguousarray(t, dtype=np.float64)
    x = np.ascontiguousarray(x, dtype=np.float64)
    y = np.ascontiguousarray(y, dtype=np.float64)
    if t.ndim != 1 or x.ndim != 1 or y.shape != x.shape or not len(x):
        raise ValueError(
            f"t, x and y must be vectors, x and y of one length above 0; got {t.shape}, "
            f"{x.shape} and {y.shape}"
        )
    out = np.empty(len(t))
    cdef const double[::1] t_view = t, x_view = x, y_view = y
    cdef double[::1] out_view = out
    cdef Py_ssize_t chunk, n = len(t), n_chunks = (n + CHUNK - 1) // CHUNK
    if n_chunks < 2:
        interpolate_range(t_view, x_view, y_view, out_view, 0, n)
        return out
    for chunk in prange(n_chunks, nogil=True, schedule="static", num_threads=n_threads):
        interpolate_range(
            t_view, x_view, y_view, out_view, chunk * CHUNK, min(n, (chunk + 1) * CHUNK)
        )
    return out
