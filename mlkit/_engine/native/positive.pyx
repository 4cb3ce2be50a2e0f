"""The least positive entry of a vector, for step lengths along paths of solutions."""

import numpy as np

ctypedef fused real_t:
    float
    double


cdef inline real_t _lesser(real_t value, real_t least) noexcept nogil:
    return value if 0 < value < least else least


cdef double _least(const real_t* x, Py_ssize_t n, double greatest) noexcept nogil:
    """Four minima side by side: one alone waits for each comparison before the next."""
    cdef Py_ssize_t i, whole = n - n % 4
    cdef real_t a = <real_t>greatest, b = a, c = a, d = a
    for i in range(0, whole, 4):
        a = _lesser(x[i], a)
        b = _lesser(x[i + 1], b)
        c = _lesser(x[i + 2], c)
        d = _lesser(x[i + 3], d)
    for i in range(whole, n):
        a = _lesser(x[i], a)
    return min(min(a, b), min(c, d))


cdef double FLOAT32_MAX = np.finfo(np.float32).max
cdef double FLOAT64_MAX = np.finfo(np.float64).max


def min_pos(X):
    """Least entry above zero; the greatest number of the dtype where there is none.

    Parameters
    ----------
    X : ndarray of float32 or float64
        NaN is passed over.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For another dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.arrayfuncs import min_pos
    >>> min_pos(np.array([0.0, -1.0, 2.0]))
    2.0
    """
    cdef const float[::1] single
    cdef const double[::1] double_
    X = np.ravel(X, order="K") if getattr(X, "ndim", 0) != 1 or not X.flags.c_contiguous else X
    if X.dtype == np.float64:
        double_ = X
        return _least(&double_[0], double_.shape[0], FLOAT64_MAX) if len(X) else FLOAT64_MAX
    if X.dtype == np.float32:
        single = X
        return _least(&single[0], single.shape[0], FLOAT32_MAX) if len(X) else FLOAT32_MAX
    raise ValueError(f"min_pos: X is {X.dtype}; pass float32 or float64")
