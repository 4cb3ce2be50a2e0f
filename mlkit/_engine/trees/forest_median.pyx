"""The weighted median over models of what they predict for each row."""

import numpy as np

from libc.stdint cimport int64_t

cdef extern from "forest_median.hpp" namespace "mlkit_tree" nogil:
    void c_median_rows "mlkit_tree::median_rows"(
        const double*, const int64_t*, Py_ssize_t, Py_ssize_t, const double*, double*, int)


def median_rows(const double[:, ::1] values, const double[::1] weight, int n_threads=1):
    """Return, for each row, the least value that half of the weight is at or below.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows, n_models)
    weight : ndarray of float64, shape (n_models,)
        Of the models, not negative.
    n_threads : int, default 1
        The result does not depend on it.

    Returns
    -------
    ndarray of float64, shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.forest_median import median_rows
    >>> median_rows(np.array([[3.0, 1.0, 2.0]]), np.array([1.0, 1.0, 5.0])).tolist()
    [2.0]
    """
    out = np.empty(values.shape[0])
    cdef double[::1] to = out
    if weight.shape[0] != values.shape[1] or weight.shape[0] == 0:
        raise ValueError(f"{weight.shape[0]} weights for {values.shape[1]} models")
    if values.shape[0]:
        with nogil:
            c_median_rows(&values[0, 0], NULL, values.shape[0], values.shape[1], &weight[0],
                          &to[0], n_threads)
    return out


def median_of_leaves(const double[::1] value, const int64_t[:, ::1] place,
                     const double[::1] weight, int n_threads=1):
    """Return the same of ``value[place]``, which is not made."""
    out = np.empty(place.shape[0])
    cdef double[::1] to = out
    if weight.shape[0] != place.shape[1] or weight.shape[0] == 0:
        raise ValueError(f"{weight.shape[0]} weights for {place.shape[1]} models")
    if place.shape[0]:
        if np.min(place) < 0 or np.max(place) >= value.shape[0]:
            raise ValueError(f"places beyond the {value.shape[0]} values")
        with nogil:
            c_median_rows(&value[0], &place[0, 0], place.shape[0], place.shape[1], &weight[0],
                          &to[0], n_threads)
    return out
