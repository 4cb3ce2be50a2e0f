# distutils: language = c++
"""Means of trees with some columns fixed: the walk of `dependence.py`."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef extern from "dependence.hpp" namespace "mlkit_dependence" nogil:
    cdef cppclass Trees:
        const int64_t* offset
        Py_ssize_t n_trees, width
        const int32_t* feature
        const int32_t* left
        const int32_t* right
        const int32_t* category
        const double* threshold
        const double* weight
        const double* value
        const uint8_t* missing_left
        const uint32_t* bitsets
        Py_ssize_t n_words
    void add(const Trees&, const double*, Py_ssize_t, const int32_t*, const int32_t*,
             double*) except +


def add_means(trees, const double[:, ::1] grid, const int32_t[::1] fixed,
              const int32_t[::1] column, double[:, ::1] out):
    """Add the mean of tree t at each point to ``out[column[t]]``.

    `grid` has a row for each fixed column, `fixed` the row of each feature or -1.
    """
    cdef Trees t
    cdef Py_ssize_t n_points = grid.shape[1], i
    cdef const int64_t[::1] offset = trees.offset
    cdef const int32_t[::1] feature = trees.feature, left = trees.left, right = trees.right
    cdef const double[::1] threshold = trees.threshold, weight = trees.weight
    cdef const double[:, :, ::1] value = trees.value
    cdef const uint8_t[::1] missing_left = trees.missing_left
    cdef const int32_t[::1] category
    cdef const uint32_t[:, ::1] bitsets
    if fixed.shape[0] != trees.n_features or column.shape[0] != offset.shape[0] - 1:
        raise ValueError("fixed has an entry a feature, column an entry a tree")
    if weight.shape[0] != feature.shape[0] or out.shape[1] != n_points:
        raise ValueError("weight has an entry a node, out a column a point")
    for i in range(fixed.shape[0]):
        if fixed[i] >= grid.shape[0]:
            raise ValueError("fixed names a row that the grid does not have")
    for i in range(column.shape[0]):
        if column[i] < 0 or column[i] >= out.shape[0]:
            raise ValueError("column names a row that out does not have")
    if column.shape[0] == 0 or n_points == 0 or grid.shape[0] == 0:
        return
    t.offset, t.n_trees = &offset[0], column.shape[0]
    t.feature, t.left, t.right = &feature[0], &left[0], &right[0]
    t.threshold, t.weight, t.value = &threshold[0], &weight[0], &value[0, 0, 0]
    t.width = value.shape[1] * value.shape[2]
    t.missing_left = &missing_left[0]
    t.category = NULL
    t.bitsets = NULL
    t.n_words = 0
    if trees.category is not None and trees.bitsets.size:
        category, bitsets = trees.category, trees.bitsets
        t.category, t.bitsets, t.n_words = &category[0], &bitsets[0, 0], bitsets.shape[1]
    with nogil:
        add(t, &grid[0, 0], n_points, &fixed[0], &column[0], &out[0, 0])
