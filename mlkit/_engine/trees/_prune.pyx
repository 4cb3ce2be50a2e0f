"""Weakest links: the order in which inner nodes become leaves."""

import numpy as np

from libc.stdint cimport int32_t, uint8_t

cdef extern from "weakest_link.hpp" namespace "mlkit_tree" nogil:
    Py_ssize_t weakest_links(
        const int32_t*, const int32_t*, const double*, Py_ssize_t, double, uint8_t*, double*,
        double*, double*) except +


def collapse(const int32_t[::1] left, const int32_t[::1] right, const double[::1] risk,
             double alpha):
    """Turn inner nodes of one tree into leaves, the one that costs least each time.

    Parameters
    ----------
    left, right : ndarray of int32, shape (n_nodes,)
    risk : ndarray of float64, shape (n_nodes,)
        Impurity times share of the weight.
    alpha : float
        Nodes that cost more for each leaf saved stay.

    Returns
    -------
    leaf : ndarray of uint8, shape (n_nodes,)
        Whether a node is a leaf afterwards, or was before.
    alphas, risks : ndarray of float64, shape (n_steps + 1,)
        0 and the risk of all leaves, then after each step.
    """
    cdef Py_ssize_t n = left.shape[0], n_steps
    leaf = np.zeros(n, dtype=np.uint8)
    alphas, risks, total = np.zeros(n + 1), np.zeros(n + 1), np.zeros(1)
    cdef uint8_t[::1] leaf_view = leaf
    cdef double[::1] alpha_view = alphas, risk_view = risks, total_view = total
    with nogil:
        n_steps = weakest_links(
            &left[0], &right[0], &risk[0], n, alpha, &leaf_view[0], &alpha_view[1], &risk_view[1],
            &total_view[0],
        )
    risks[0] = total[0]
    return leaf, alphas[:n_steps + 1], risks[:n_steps + 1]
