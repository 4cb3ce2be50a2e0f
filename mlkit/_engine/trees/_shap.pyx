# distutils: language = c++
"""Shapley values of trees: the walk of `shap.py`."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef extern from "shap.hpp" namespace "mlkit_shap" nogil:
    cdef cppclass Tree:
        const int32_t* feature
        const int32_t* left
        const int32_t* right
        const int32_t* category
        const double* threshold
        const uint8_t* missing_left
        const uint32_t* bitsets
        Py_ssize_t n_words
        const double* share
        const double* value
        Py_ssize_t width
    cdef cppclass Forest:
        const int64_t* offset
        Py_ssize_t n_trees, n_features, depth, width, most_points
        Tree all
        const int32_t* column
        const int32_t* rule
        const int64_t* rule_start
        const double* point
        const double* weight
        const double* rest
    void add(const Forest&, const double*, Py_ssize_t, double*, Py_ssize_t, int) except +


def paths(trees):
    """Depth of each tree, and the most features that one of its paths tests.

    Parameters
    ----------
    trees : Trees
        Already checked by its `walker`.

    Returns
    -------
    depth, n_tested : ndarray of int32, shape (n_trees,)
    """
    cdef const int64_t[::1] offset = trees.offset
    cdef const int32_t[::1] feature = trees.feature, left = trees.left, right = trees.right
    cdef Py_ssize_t t, top, n_trees = offset.shape[0] - 1
    cdef int32_t node, child, tested
    cdef int64_t first
    largest = int(np.diff(trees.offset).max(initial=1))
    depths, counts = np.zeros(n_trees, dtype=np.int32), np.zeros(n_trees, dtype=np.int32)
    cdef int32_t[::1] depth = depths, most = counts
    # A node's children are entered one after the other: stack of nodes with the side that is next.
    cdef int32_t[::1] stack = np.empty(largest + 1, dtype=np.int32)
    cdef uint8_t[::1] stage = np.empty(largest + 1, dtype=np.uint8)
    cdef int32_t[::1] uses = np.zeros(max(trees.n_features, 1), dtype=np.int32)
    with nogil:
        for t in range(n_trees):
            first = offset[t]
            stack[0], stage[0], top, tested = 0, 0, 0, 0
            while top >= 0:
                node = stack[top]
                if left[first + node] < 0 or stage[top] == 2:
                    depth[t] = max(depth[t], <int32_t> top)
                    most[t] = max(most[t], tested)
                    if left[first + node] >= 0:
                        uses[feature[first + node]] -= 1
                        tested -= uses[feature[first + node]] == 0
                    top -= 1
                    continue
                if stage[top] == 0:
                    tested += uses[feature[first + node]] == 0
                    uses[feature[first + node]] += 1
                    child = left[first + node]
                else:
                    child = right[first + node]
                stage[top] += 1
                top += 1
                stack[top], stage[top] = child, 0
    return depths, counts


def add_shapley(trees, const double[::1] share, const double[:, ::1] X, double[:, :, ::1] out,
                const int32_t[::1] column, int depth, const int32_t[::1] rule,
                const int64_t[::1] rule_start, const double[::1] point, const double[::1] weight,
                const double[::1] rest, int n_threads):
    """Add the Shapley values of each row to ``out[row, feature, column]``.

    `rule` numbers each tree's quadrature, `rule_start` its place in `point`, `weight` and `rest`;
    `share` is the part of a parent's weight in each node.
    """
    cdef Forest f
    cdef const int64_t[::1] offset = trees.offset
    cdef const int32_t[::1] feature = trees.feature, left = trees.left, right = trees.right
    cdef const double[::1] threshold = trees.threshold
    cdef const uint8_t[::1] missing_left = trees.missing_left
    cdef const double[:, :, ::1] value = trees.value
    cdef const int32_t[::1] category
    cdef const uint32_t[:, ::1] bitsets
    n_trees, width = len(trees.offset) - 1, value.shape[1] * value.shape[2]
    if share.shape[0] != feature.shape[0] or X.shape[1] != trees.n_features:
        raise ValueError("share has an entry a node, X a column a feature")
    if out.shape[0] != X.shape[0] or out.shape[1] != X.shape[1]:
        raise ValueError("out has the rows and columns of X")
    if column.shape[0] != n_trees or rule.shape[0] != n_trees:
        raise ValueError("column and rule have an entry a tree")
    if n_trees == 0 or X.shape[0] == 0 or X.shape[1] == 0:
        return
    if np.min(column) < 0 or np.max(column) + width > out.shape[2]:
        raise ValueError(f"out has {out.shape[2]} columns, too few for the trees' values")
    starts = np.asarray(rule_start)
    if np.min(rule) < 0 or np.max(rule) + 1 >= len(starts) or (np.diff(starts) < 1).any():
        raise ValueError("rule numbers the parts of rule_start")
    if starts[0] < 0 or starts[len(starts) - 1] > min(len(point), len(weight), len(rest)):
        raise ValueError("rule_start goes beyond the points")
    if depth < int(paths(trees)[0].max()):
        raise ValueError("a tree is deeper than told")
    f.offset, f.n_trees, f.n_features = &offset[0], n_trees, X.shape[1]
    f.depth, f.width, f.most_points = depth, width, int(np.diff(starts).max())
    f.all.feature, f.all.left, f.all.right = &feature[0], &left[0], &right[0]
    f.all.threshold, f.all.missing_left = &threshold[0], &missing_left[0]
    f.all.category = NULL
    f.all.bitsets = NULL
    f.all.n_words = 0
    if trees.category is not None and trees.bitsets.size:
        category, bitsets = trees.category, trees.bitsets
        f.all.category, f.all.bitsets = &category[0], &bitsets[0, 0]
        f.all.n_words = bitsets.shape[1]
    f.all.share, f.all.value, f.all.width = &share[0], &value[0, 0, 0], width
    f.column, f.rule, f.rule_start = &column[0], &rule[0], &rule_start[0]
    f.point, f.weight, f.rest = &point[0], &weight[0], &rest[0]
    with nogil:
        add(f, &X[0, 0], X.shape[0], &out[0, 0, 0], out.shape[2], n_threads)
