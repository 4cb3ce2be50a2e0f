# distutils: extra_compile_args = -O3
"""Rows through trees: leaves, and sums of their values."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libcpp cimport bool as cbool

ctypedef fused real_t:
    float
    double

cdef extern from "walk.hpp" namespace "mlkit_walk" nogil:
    cdef cppclass TreesView:
        const int64_t* offset
        Py_ssize_t n_trees
        const int32_t* feature
        const int32_t* left
        const int32_t* right
        const int32_t* category
        const double* threshold
        const uint8_t* missing_left
        const uint32_t* bitsets
        Py_ssize_t n_words, n_features
        cbool single
    cdef cppclass Forest:
        void build(const TreesView&) except +
    cdef cppclass Rows[T]:
        const T* data
        Py_ssize_t n_rows, row_step, column_step
        const int64_t* indptr
        const int64_t* indices
    cdef cppclass LeafIds:
        int64_t* out
        Py_ssize_t n_trees
    cdef cppclass LeafValues:
        double* out
        Py_ssize_t step, width
        const double* value
        const int64_t* offset
        const int32_t* column
    cbool leaf_ids[T](const Forest&, const Rows[T]&, const LeafIds&, int) except +
    cbool leaf_values[T](const Forest&, const Rows[T]&, const LeafValues&, int) except +


cdef class Walker:
    """`Trees` laid out for walking.

    Parameters
    ----------
    trees : Trees
        Checked: children lie behind their parents, features are columns of X.
    """

    cdef Forest forest
    cdef Py_ssize_t n_trees, n_features, width
    cdef bint single
    cdef const int64_t[::1] offset
    cdef const double[:, :, ::1] value

    def __init__(self, trees):
        _check(trees)
        cdef TreesView view
        cdef const int64_t[::1] offset = trees.offset
        cdef const int32_t[::1] feature = _filled(trees.feature, np.int32)
        cdef const int32_t[::1] left = _filled(trees.left, np.int32)
        cdef const int32_t[::1] right = _filled(trees.right, np.int32)
        cdef const double[::1] threshold = _filled(trees.threshold, np.float64)
        cdef const uint8_t[::1] missing_left = _filled(trees.missing_left, np.uint8)
        cdef const int32_t[::1] category
        cdef const uint32_t[:, ::1] bitsets
        view.offset, view.n_trees = &offset[0], len(offset) - 1
        view.feature, view.left, view.right = &feature[0], &left[0], &right[0]
        view.threshold, view.missing_left = &threshold[0], &missing_left[0]
        view.category = NULL
        view.bitsets = NULL
        view.n_words = 0
        if trees.category is not None and trees.bitsets.size:
            category, bitsets = trees.category, trees.bitsets
            view.category, view.bitsets = &category[0], &bitsets[0, 0]
            view.n_words = bitsets.shape[1]
        view.n_features, view.single = trees.n_features, trees.single
        self.n_trees, self.n_features = view.n_trees, trees.n_features
        self.offset, self.value, self.single = offset, trees.value, trees.single
        self.width = self.value.shape[1] * self.value.shape[2]
        self.forest.build(view)

    def apply(self, X, int n_threads=1):
        """Leaf of each row in each tree, int64 of shape (n_rows, n_trees)."""
        out = np.empty((X.shape[0], self.n_trees), dtype=np.int64)
        cdef int64_t[:, ::1] view = out
        cdef LeafIds sink
        if out.size == 0:
            return out
        sink.out, sink.n_trees = &view[0, 0], self.n_trees
        data, indptr, indices = self._parts(X)
        if data.dtype == np.float32:
            self._ids[float](data, indptr, indices, X.shape[0], sink, n_threads)
        else:
            self._ids[double](data, indptr, indices, X.shape[0], sink, n_threads)
        return out

    def add_to(self, double[:, ::1] out, X, column=None, int n_threads=1):
        """Add the values of each row's leaves to its row of `out`."""
        cdef LeafValues sink
        cdef const int32_t[::1] column_view
        cdef Py_ssize_t first = 0, last = 0
        sink.column = NULL
        if column is not None:
            column_view = np.ascontiguousarray(column, dtype=np.int32)
            if column_view.shape[0] != self.n_trees:
                raise ValueError(f"{column_view.shape[0]} columns for {self.n_trees} trees")
            if self.n_trees:
                first, last = np.min(column_view), np.max(column_view)
                sink.column = &column_view[0]
        if out.shape[0] != X.shape[0] or first < 0 or last + self.width > out.shape[1]:
            raise ValueError(
                f"out of shape {(out.shape[0], out.shape[1])} does not hold the sums of "
                f"{X.shape[0]} rows, {last + self.width} values each"
            )
        if out.shape[0] == 0 or self.n_trees == 0:
            return
        sink.out, sink.step, sink.width = &out[0, 0], out.shape[1], self.width
        sink.value, sink.offset = &self.value[0, 0, 0], &self.offset[0]
        data, indptr, indices = self._parts(X)
        if data.dtype == np.float32:
            self._values[float](data, indptr, indices, X.shape[0], sink, n_threads)
        else:
            self._values[double](data, indptr, indices, X.shape[0], sink, n_threads)

    cdef _parts(self, X):
        """Values, and row pointers and column indices of a CSR matrix or None, checked."""
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"X must have {self.n_features} columns, its shape is {X.shape}")
        if not isinstance(X, np.ndarray):
            X = X.tocsr()
            indptr = np.ascontiguousarray(X.indptr, dtype=np.int64)
            indices = np.ascontiguousarray(X.indices, dtype=np.int64)
            if len(indices) and (indices.min() < 0 or indices.max() >= self.n_features):
                raise ValueError("X has column indices beyond its width")
            steps = np.diff(indptr)
            if indptr[0] != 0 or (steps < 0).any() or indptr[-1] > len(indices):
                raise ValueError("X has row pointers that are not in order")
            data = X.data if X.dtype == np.float32 else np.asarray(X.data, dtype=np.float64)
            return np.ascontiguousarray(data)[None, :], indptr, indices
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float64)
        if X.strides[0] % X.itemsize or X.strides[1] % X.itemsize or not X.flags.aligned:
            X = np.ascontiguousarray(X)
        return X, None, None

    cdef _ids(self, const real_t[:, :] data, const int64_t[::1] indptr, const int64_t[::1] indices,
              Py_ssize_t n_rows, LeafIds sink, int n_threads):
        cdef Rows[real_t] rows
        cdef cbool strange
        rows.n_rows = n_rows
        fill(&rows, data, indptr, indices)
        with nogil:
            strange = leaf_ids(self.forest, rows, sink, n_threads)
        if strange and self.single:
            refuse_infinity(data)

    cdef _values(self, const real_t[:, :] data, const int64_t[::1] indptr,
                 const int64_t[::1] indices, Py_ssize_t n_rows, LeafValues sink, int n_threads):
        cdef Rows[real_t] rows
        cdef cbool strange
        rows.n_rows = n_rows
        fill(&rows, data, indptr, indices)
        with nogil:
            strange = leaf_values(self.forest, rows, sink, n_threads)
        if strange and self.single:
            refuse_infinity(data)


cdef fill(Rows[real_t]* rows, const real_t[:, :] data, const int64_t[::1] indptr,
          const int64_t[::1] indices):
    cdef Py_ssize_t size = sizeof(real_t)
    rows.data = NULL
    if data.shape[0] and data.shape[1]:
        rows.data = &data[0, 0]
    rows.row_step, rows.column_step = data.strides[0] // size, data.strides[1] // size
    rows.indptr = NULL
    rows.indices = NULL
    if indptr is not None:
        rows.indptr = &indptr[0]
        if indices.shape[0]:
            rows.indices = &indices[0]


def refuse_infinity(data):
    """Raise if a value is infinite as a float32."""
    with np.errstate(invalid="ignore"):
        if (np.abs(data) > np.finfo(np.float32).max).any():
            raise ValueError("Input X contains infinity or a value too large for dtype('float32').")


def _filled(values, dtype):
    """An array that has an address."""
    return np.ascontiguousarray(values, dtype=dtype) if len(values) else np.zeros(1, dtype=dtype)


def _check(trees):
    """Raise unless every walk stays inside the arrays and ends."""
    offset, left, right, n_nodes = trees.offset, trees.left, trees.right, len(trees.feature)
    sizes = np.diff(offset)
    sound = offset[0] == 0 and (sizes > 0).all() and offset[-1] == n_nodes
    names = ("threshold", "left", "right", "missing_left", "value")
    sound = sound and all(len(getattr(trees, name)) == n_nodes for name in names)
    if sound:
        inner = left >= 0
        own = np.arange(n_nodes) - np.repeat(offset[:-1], sizes)
        size, start = np.repeat(sizes, sizes), np.repeat(offset[:-1], sizes)
        at, first, second = own[inner], left[inner], right[inner]
        sound = bool(
            (first > at).all() and (second > at).all() and (first < size[inner]).all()
            and (second < size[inner]).all() and (trees.feature[inner] >= 0).all()
            and (trees.feature[inner] < trees.n_features).all()
        )
    if sound:
        both = np.concatenate([first + start[inner], second + start[inner]])
        sound = len(both) == n_nodes - len(sizes) and (np.bincount(both, minlength=1) <= 1).all()
    if sound and trees.category is not None:
        sound = len(trees.category) == n_nodes and trees.bitsets.ndim == 2
        sound = sound and trees.category.max(initial=-1) < len(trees.bitsets)
        sound = sound and trees.category.min(initial=-1) >= -1
    if not sound:
        raise ValueError("the arrays of these trees contradict one another")
