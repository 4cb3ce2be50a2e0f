"""Loops over rows of a stage of boosting: rows drawn, sums and quantiles by leaf, one step on."""

import numpy as np

from libc.math cimport ceil
from libc.stdint cimport int32_t, uint8_t
from libcpp.algorithm cimport nth_element, sort
from libcpp.utility cimport pair
from libcpp.vector cimport vector


def select_rows(const double[::1] uniform, Py_ssize_t n_wanted):
    """Draw `n_wanted` of n rows in one pass; each subset is as likely as any other.

    A row is taken with probability (still wanted) / (still to come): algorithm S of Knuth, The Art
    of Computer Programming 2, section 3.4.2.

    Parameters
    ----------
    uniform : ndarray of float64, shape (n,)
        A number in [0, 1) for each row.
    n_wanted : int

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    cdef Py_ssize_t i, n = uniform.shape[0]
    cdef Py_ssize_t missing = n_wanted
    taken = np.zeros(n, dtype=np.uint8)
    cdef uint8_t[::1] mask = taken
    with nogil:
        for i in range(n):
            if uniform[i] * (n - i) < missing:
                mask[i] = 1
                missing -= 1
    return taken.view(bool)


def leaf_sums(
    const int32_t[::1] leaf, Py_ssize_t n_nodes, const double[:] first, const double[:] second,
    const double[::1] weight,
):
    """Sum two numbers of each row by leaf; rows of leaf −1 are left out.

    Parameters
    ----------
    leaf : ndarray of int32, shape (n,)
    n_nodes : int
    first : ndarray of float64, shape (n,)
    second : ndarray of float64, shape (n,), or None for ones
    weight : ndarray of float64, shape (n,), or None

    Returns
    -------
    ndarray of float64, shape (n_nodes, 2)
        ``Σ w first`` and ``Σ w second``, in the order of the rows.
    """
    cdef Py_ssize_t i, n = leaf.shape[0]
    cdef int32_t node
    cdef double w
    if first.shape[0] != n or (second is not None and second.shape[0] != n):
        raise ValueError("leaf_sums: one number a row is needed")
    if weight is not None and weight.shape[0] != n:
        raise ValueError("leaf_sums: one weight a row is needed")
    out = np.zeros((n_nodes, 2))
    cdef double[:, ::1] total = out
    with nogil:
        for i in range(n):
            node = leaf[i]
            if node < 0 or node >= n_nodes:
                continue
            w = 1.0 if weight is None else weight[i]
            total[node, 0] += w * first[i]
            total[node, 1] += w if second is None else w * second[i]
    return out


def advance(double[:] raw, const int32_t[::1] leaf, const double[::1] step):
    """Add ``step[leaf]`` to the raw prediction of each row; leaf −1 adds nothing."""
    cdef Py_ssize_t i, n = leaf.shape[0]
    cdef int32_t node
    cdef Py_ssize_t n_nodes = step.shape[0]
    if raw.shape[0] != n:
        raise ValueError("advance: one leaf a row is needed")
    with nogil:
        for i in range(n):
            node = leaf[i]
            if 0 <= node < n_nodes:
                raw[i] += step[node]


cdef double quantile_of(vector[double]& values, double level) noexcept nogil:
    """The least value with at least a share `level` of the values at or below it."""
    cdef Py_ssize_t n = values.size()
    # The product is rounded: a share met but for the last digits counts as met.
    cdef Py_ssize_t place = <Py_ssize_t> ceil(level * n - 1e-15 * n) - 1
    place = max(0, min(place, n - 1))
    nth_element(values.begin(), values.begin() + place, values.end())
    return values[place]


cdef double weighted_quantile_of(vector[pair[double, double]]& values, double level) noexcept nogil:
    cdef size_t k
    cdef double total = 0.0, reached = 0.0
    sort(values.begin(), values.end())
    for k in range(values.size()):
        total += values[k].second
    for k in range(values.size()):
        reached += values[k].second
        if reached >= level * total * (1.0 - 1e-15):
            return values[k].first
    return values.back().first


def leaf_quantiles(
    const int32_t[::1] leaf, Py_ssize_t n_nodes, const double[::1] value,
    const double[::1] weight, double level,
):
    """The quantile of the values in each leaf: the least that a share `level` does not exceed.

    Parameters
    ----------
    leaf : ndarray of int32, shape (n,)
        Rows of leaf −1, or of weight 0, are left out.
    n_nodes : int
    value : ndarray of float64, shape (n,)
    weight : ndarray of float64, shape (n,), or None
    level : float
        In [0, 1].

    Returns
    -------
    ndarray of float64, shape (n_nodes,)
        0 for a node without rows.
    """
    cdef Py_ssize_t i, n = leaf.shape[0]
    cdef Py_ssize_t node
    cdef vector[vector[double]] plain
    cdef vector[vector[pair[double, double]]] weighted
    if value.shape[0] != n or (weight is not None and weight.shape[0] != n):
        raise ValueError("leaf_quantiles: one value a row is needed")
    out = np.zeros(n_nodes)
    cdef double[::1] found = out
    with nogil:
        if weight is None:
            plain.resize(n_nodes)
            for i in range(n):
                if 0 <= leaf[i] < n_nodes:
                    plain[leaf[i]].push_back(value[i])
            for node in range(n_nodes):
                if not plain[node].empty():
                    found[node] = quantile_of(plain[node], level)
        else:
            weighted.resize(n_nodes)
            for i in range(n):
                if 0 <= leaf[i] < n_nodes and weight[i] > 0:
                    weighted[leaf[i]].push_back(pair[double, double](value[i], weight[i]))
            for node in range(n_nodes):
                if not weighted[node].empty():
                    found[node] = weighted_quantile_of(weighted[node], level)
    return out
