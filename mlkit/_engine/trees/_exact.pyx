# distutils: extra_compile_args = -O3
"""Columns as ranks, and trees grown on them cut by cut."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

ctypedef fused real_t:
    float
    double

cdef extern from "exact.hpp" namespace "mlkit_tree" nogil:
    cdef cppclass Entry:
        pass
    cdef cppclass CColumns "mlkit_tree::Columns":
        Py_ssize_t n_rows, n_features
        const uint32_t* codes
        const uint32_t* by_row
        Py_ssize_t row_step
        cbool any_missing
        const Entry* lists
        const int64_t* indptr
        const int32_t* indices
        const uint32_t* stored
        const uint32_t* zero
        cbool keyed
        const float* values
        const int64_t* value_start
        const uint8_t* binned
        const uint32_t* reach
        const uint64_t* near
    cdef cppclass Target:
        const double* y
        const double* weighted
        const int32_t* code
        const double* weight
        Py_ssize_t n_outputs, n_values
        const int32_t* n_classes
        double total_weight
        Py_ssize_t n_rows
    cdef cppclass CLimits "mlkit_tree::Limits":
        int max_depth
        Py_ssize_t min_samples_split, min_samples_leaf, max_leaf_nodes, max_features
        double min_weight_leaf, min_impurity_decrease
        cbool random_cuts
        const int8_t* monotonic
    cdef cppclass Grown:
        vector[int32_t] feature, left, right
        vector[double] threshold, impurity, weight, value
        vector[uint8_t] missing_left
        vector[int64_t] n_samples
    void encode_dense[T](
        const T*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, uint32_t*, Entry*, float*,
        int64_t*, uint32_t*, int) except +
    cbool encode_keys[T](
        const T*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, uint32_t*, int) except +
    void encode_sparse[T](
        const T*, const int64_t*, const int32_t*, Py_ssize_t, Py_ssize_t, uint32_t*, uint32_t*,
        float*, int64_t*, uint32_t*, int) except +
    void mark_near(const float*, const int64_t*, Py_ssize_t, uint64_t*)
    void put_on_grids(const double*, const double*, Py_ssize_t, Py_ssize_t, double*, double*)
    void grow_tree(int, const CColumns&, const Target&, const CLimits&, uint32_t, Grown&,
                   int32_t*) except +


cdef class Columns:
    """Columns of X as ranks; see `prepare`."""

    cdef readonly Py_ssize_t n_rows, n_features
    cdef readonly bint is_sparse, is_keyed
    cdef bint keys_finite, any_missing
    cdef object codes_, by_row_, lists_, indptr, indices, stored, zero
    cdef const float[::1] values
    cdef const int64_t[::1] value_start
    cdef const uint8_t[::1] binned
    cdef const uint32_t[::1] reach
    cdef const uint64_t[::1] near

    @property
    def has_lists(self):
        """Whether the rows are there in the order of each column."""
        return self.lists_ is not None

    @property
    def has_codes(self):
        """Whether the codes of the rows are there."""
        return self.codes_ is not None or self.is_sparse

    @property
    def finite(self):
        """Whether no value is infinite as a float32."""
        cdef Py_ssize_t f, first, last
        cdef float low, high
        if self.is_keyed:
            return self.keys_finite
        for f in range(self.n_features):
            first, last = self.value_start[f], self.value_start[f + 1]
            if first < last:
                low, high = self.values[first], self.values[last - 1]
                if low - low != 0 or high - high != 0:
                    return False
        return True

    def table_of(self, Py_ssize_t f):
        """The values of a column's codes."""
        return np.asarray(self.values)[self.value_start[f]:self.value_start[f + 1]]

    def set_tables(self, tables, uint8_t[::1] binned):
        """Replace the values of the codes; those of columns that are `binned` are cuts."""
        if len(tables) != self.n_features or binned.shape[0] != self.n_features:
            raise ValueError(f"tables are for {len(tables)} columns of {self.n_features}")
        self.value_start = np.concatenate([[0], np.cumsum([len(t) for t in tables])])
        values = np.concatenate([*tables, np.zeros(1, dtype=np.float32)])
        cdef const float[::1] at = values
        cdef uint64_t[::1] near = np.zeros(len(values) // 64 + 1, dtype=np.uint64)
        mark_near(&at[0], &self.value_start[0], self.n_features, &near[0])
        reach = np.array(self.reach)
        reach[np.asarray(binned) != 0] = 0
        self.values, self.near, self.reach, self.binned = values, near, reach, binned

    def codes_of(self, f):
        """The codes of a column that are stored."""
        if self.is_sparse:
            return self.stored[self.indptr[f]:self.indptr[f + 1]]
        return self.lists_[f, :, 1] if self.codes_ is None else self.codes_[f]

    def recode(self, f, to):
        """Replace code k of a column by ``to[k]``."""
        codes = self.codes_of(f)
        codes[:] = to[codes]
        if self.is_sparse:
            self.zero[f] = to[self.zero[f]]

    def counts_of(self, f, n_values):
        """Rows of each value of a column."""
        codes = self.codes_of(f)
        counts = np.bincount(codes, minlength=n_values + 1)[:n_values]
        if self.is_sparse and len(codes) < self.n_rows:
            counts[self.zero[f]] += self.n_rows - len(codes)
        return counts

    def with_codes(self, features, codes):
        """These columns, dense, but that rows of `codes` are the codes of some features."""
        cdef Columns out = Columns()
        cdef Py_ssize_t f, most
        out.n_rows, out.n_features = self.n_rows, self.n_features
        out.is_sparse, out.is_keyed, out.keys_finite = False, self.is_keyed, self.keys_finite
        if not self.is_keyed:
            out.values, out.value_start, out.binned = self.values, self.value_start, self.binned
            out.reach, out.near = self.reach, self.near
        out.codes_ = None if self.codes_ is None else self.codes_.copy()
        out.lists_ = None if self.lists_ is None else self.lists_.copy()
        for f, own in zip(features, codes, strict=True):
            own = np.asarray(own, dtype=np.uint32)
            if not 0 <= f < self.n_features:
                raise ValueError(f"there is no column {f}")
            most = self.n_rows if self.is_keyed else self.value_start[f + 1] - self.value_start[f]
            if own.shape != (self.n_rows,) or own.max() > most:
                raise ValueError(f"codes of column {f} must be {self.n_rows} numbers up to {most}")
            if self.is_keyed:  # bits of floats, those of missing values stay
                keys = own.astype(np.float32).view(np.uint32) | np.uint32(1 << 31)
                out.codes_[f] = np.where(self.codes_[f] == 2**32 - 1, self.codes_[f], keys)
            elif self.codes_ is not None:
                out.codes_[f] = own
            if self.lists_ is not None:
                order = np.argsort(own.astype(np.uint16) if most < 2**16 else own, kind="stable")
                out.lists_[f, :, 0], out.lists_[f, :, 1] = order, own[order]
        return out

    def rows(self):
        """The codes row after row; for random cuts as many as are looked at side by side."""
        if not self.is_keyed:
            return np.ascontiguousarray(self.codes_.T)
        made = np.zeros((self.n_rows, (self.n_features + 7) // 8 * 8), dtype=np.uint32)
        made[:, :self.n_features] = self.codes_.T
        self.any_missing = bool((made == 2**32 - 1).any())
        return made

    cdef CColumns view(self, bint lists, bint by_row):
        cdef CColumns x
        cdef const uint32_t[:, ::1] codes, turned
        cdef const uint32_t[:, :, ::1] entries
        cdef const int64_t[::1] indptr
        cdef const int32_t[::1] indices
        cdef const uint32_t[::1] stored, zero
        x.n_rows, x.n_features = self.n_rows, self.n_features
        x.codes = x.by_row = NULL
        x.lists = NULL
        x.indptr = NULL
        if self.is_sparse:
            indptr, indices, stored, zero = self.indptr, self.indices, self.stored, self.zero
            x.indptr, x.indices, x.stored, x.zero = &indptr[0], &indices[0], &stored[0], &zero[0]
        elif lists:
            entries = self.lists_
            x.lists = <const Entry*>&entries[0, 0, 0]
        else:
            codes = self.codes_
            x.codes = &codes[0, 0]
            if by_row:
                if self.by_row_ is None:
                    made = self.rows()
                    if self.by_row_ is None:  # another tree may have been quicker, and use its own
                        self.by_row_ = made
                turned = self.by_row_
                x.by_row, x.row_step = &turned[0, 0], turned.shape[1]
                x.any_missing = self.any_missing
        x.keyed = self.is_keyed
        if x.keyed:
            return x
        x.values, x.value_start = &self.values[0], &self.value_start[0]
        x.reach, x.near, x.binned = &self.reach[0], &self.near[0], &self.binned[0]
        return x


cdef Columns columns_of(X):
    """An empty `Columns` for X, whose shape is checked."""
    cdef Columns out = Columns()
    out.n_rows, out.n_features = X.shape
    if out.n_rows == 0 or out.n_features == 0:
        raise ValueError(f"X of shape {X.shape} has nothing to split")
    if out.n_rows > 2**31 - 2:
        raise ValueError(f"X has {out.n_rows} rows; a tree takes at most 2³¹ − 2")
    return out


def encode_bits(X, int n_threads):
    """Turn the values of a dense X into codes of their order, for random cuts."""
    cdef Columns out = columns_of(X)
    X = _readable(X)
    out.is_keyed = True
    out.codes_ = np.empty((out.n_features, out.n_rows), dtype=np.uint32)
    if X.dtype == np.float32:
        _encode_keys[float](X, out, n_threads)
    else:
        _encode_keys[double](X, out, n_threads)
    return out


cdef _encode_keys(const real_t[:, :] X, Columns out, int n_threads):
    cdef uint32_t[:, ::1] codes = out.codes_
    cdef Py_ssize_t size = sizeof(real_t)
    with nogil:
        out.keys_finite = encode_keys(
            &X[0, 0], out.n_rows, out.n_features, X.strides[0] // size, X.strides[1] // size,
            &codes[0, 0], n_threads,
        )


def _readable(X):
    """X as float32 or float64 of whole strides."""
    if X.dtype not in (np.float32, np.float64):
        X = X.astype(np.float64)
    if X.strides[0] % X.itemsize or X.strides[1] % X.itemsize or not X.flags.aligned:
        X = np.ascontiguousarray(X)
    return X


def encode(X, bint lists, bint codes, int n_threads):
    """Rank the columns of X: a dense array of float32 or float64, or a CSC matrix."""
    cdef Columns out = columns_of(X)
    out.is_sparse = not isinstance(X, np.ndarray)
    n_values = np.zeros(out.n_features, dtype=np.int64)
    reach = np.zeros(out.n_features, dtype=np.uint32)
    if out.is_sparse:
        starts, tables = _encode_sparse(out, X, n_values, reach, n_threads)
    else:
        starts = np.arange(out.n_features) * out.n_rows
        tables = np.empty(out.n_features * out.n_rows, dtype=np.float32)
        out.codes_ = np.empty((out.n_features, out.n_rows), dtype=np.uint32) if codes else None
        out.lists_ = np.empty((out.n_features, out.n_rows, 2), dtype=np.uint32) if lists else None
        X = _readable(X)
        if X.dtype == np.float32:
            _encode_dense[float](X, out, tables, n_values, reach, n_threads)
        else:
            _encode_dense[double](X, out, tables, n_values, reach, n_threads)
    out.value_start = np.concatenate([[0], np.cumsum(n_values)])
    values = np.empty(max(out.value_start[out.n_features], 1), dtype=np.float32)
    cdef float[::1] to = values
    cdef const float[::1] table = tables
    cdef const int64_t[::1] count = n_values, start = starts
    cdef Py_ssize_t f
    for f in range(out.n_features):
        if count[f]:
            memcpy(&to[out.value_start[f]], &table[start[f]], count[f] * sizeof(float))
    cdef uint64_t[::1] near = np.zeros(len(values) // 64 + 1, dtype=np.uint64)
    mark_near(&to[0], &out.value_start[0], out.n_features, &near[0])
    out.values, out.reach, out.near = values, reach, near
    out.binned = np.zeros(out.n_features, dtype=np.uint8)
    return out


cdef _encode_dense(const real_t[:, :] X, Columns out, float[::1] tables, int64_t[::1] n_values,
                   uint32_t[::1] reach, int n_threads):
    cdef uint32_t[:, ::1] codes
    cdef uint32_t[:, :, ::1] lists
    cdef uint32_t* codes_at = NULL
    cdef Entry* lists_at = NULL
    cdef Py_ssize_t size = sizeof(real_t)
    if out.codes_ is not None:
        codes = out.codes_
        codes_at = &codes[0, 0]
    if out.lists_ is not None:
        lists = out.lists_
        lists_at = <Entry*>&lists[0, 0, 0]
    with nogil:
        encode_dense(
            &X[0, 0], out.n_rows, out.n_features, X.strides[0] // size, X.strides[1] // size,
            codes_at, lists_at, &tables[0], &n_values[0], &reach[0], n_threads,
        )


def _encode_sparse(Columns out, X, int64_t[::1] n_values, uint32_t[::1] reach, int n_threads):
    if not X.has_sorted_indices:
        X = X.copy()
        X.sort_indices()
    cdef const int64_t[::1] indptr = np.ascontiguousarray(X.indptr, dtype=np.int64)
    cdef const int32_t[::1] indices
    cdef const float[::1] data = _padded(np.asarray(X.data, dtype=np.float32))
    cdef uint32_t[::1] stored = np.zeros(max(len(X.data), 1), dtype=np.uint32)
    cdef uint32_t[::1] zero = np.zeros(out.n_features, dtype=np.uint32)
    indices = _padded(np.ascontiguousarray(X.indices, dtype=np.int32))
    tables = np.empty(len(X.data) + out.n_features, dtype=np.float32)
    cdef float[::1] to = tables
    if indices.shape[0] and (np.min(indices) < 0 or np.max(indices) >= out.n_rows):
        raise ValueError("X has row indices beyond its height")
    with nogil:
        encode_sparse(
            &data[0], &indptr[0], &indices[0], out.n_rows, out.n_features, &stored[0], &zero[0],
            &to[0], &n_values[0], &reach[0], n_threads,
        )
    out.indptr, out.indices = np.asarray(indptr), np.asarray(indices)
    out.stored, out.zero = np.asarray(stored), np.asarray(zero)
    return np.asarray(indptr)[:-1] + np.arange(out.n_features), tables


def _padded(values):
    """An array that has an address."""
    return values if len(values) else np.zeros(1, dtype=values.dtype)


cdef CLimits bounds_of(limits):
    cdef CLimits bounds
    cdef const int8_t[::1] monotonic
    bounds.max_depth, bounds.max_leaf_nodes = limits.max_depth, limits.max_leaf_nodes
    bounds.min_samples_split = limits.min_samples_split
    bounds.min_samples_leaf = limits.min_samples_leaf
    bounds.max_features = limits.max_features
    bounds.min_weight_leaf = limits.min_weight_leaf
    bounds.min_impurity_decrease = limits.min_impurity_decrease
    bounds.random_cuts = limits.random_cuts
    bounds.monotonic = NULL
    if limits.monotonic is not None:
        monotonic = limits.monotonic  # `limits` holds the array
        bounds.monotonic = &monotonic[0]
    return bounds


def grow_one(int kind, Columns columns, bint lists, y, const double[::1] weight,
             const int32_t[::1] n_classes, limits, uint32_t seed, leaf_of):
    """Grow one tree; a dict of the arrays of `Trees`. `leaf_of` takes the leaf of each row."""
    cdef CLimits bounds = bounds_of(limits)
    # Subtrees are met one after another, and their nodes look at many of the columns.
    cdef bint blocks = bounds.max_leaf_nodes <= 0 and columns.n_features <= 8 * bounds.max_features
    cdef CColumns x = columns.view(lists, blocks)
    cdef Target target
    cdef Grown grown
    cdef Py_ssize_t n_rows = weight.shape[0]
    cdef double[::1] on_grid = np.empty(n_rows)
    cdef double[::1] weighted
    cdef double* weighted_at = NULL
    cdef const double[:, ::1] numbers
    cdef const int32_t[:, ::1] codes
    cdef int32_t[::1] leaves
    cdef int32_t* leaves_at = NULL
    target.y = NULL
    target.code = NULL
    target.weighted = NULL
    if n_classes is None:
        numbers = y
        target.y, target.n_outputs, target.n_values = &numbers[0, 0], numbers.shape[1], 1
        target.n_classes = NULL
        weighted = np.empty(n_rows * target.n_outputs)
        weighted_at = &weighted[0]
        target.weighted = weighted_at
    else:
        codes = y
        target.code, target.n_outputs = &codes[0, 0], codes.shape[1]
        target.n_classes, target.n_values = &n_classes[0], np.max(n_classes)
    put_on_grids(target.y, &weight[0], n_rows, target.n_outputs, &on_grid[0], weighted_at)
    target.weight, target.total_weight = &on_grid[0], np.sum(on_grid)
    target.n_rows = n_rows
    if leaf_of is not None:
        leaves = leaf_of
        leaves_at = &leaves[0]
    with nogil:
        grow_tree(kind, x, target, bounds, seed, grown, leaves_at)
    n_nodes = grown.feature.size()
    return {
        "feature": int32_array(grown.feature),
        "left": int32_array(grown.left),
        "right": int32_array(grown.right),
        "threshold": double_array(grown.threshold),
        "impurity": double_array(grown.impurity),
        "weight": double_array(grown.weight),
        "value": double_array(grown.value).reshape(n_nodes, target.n_outputs, target.n_values),
        "missing_left": np.asarray(<const uint8_t[:n_nodes]>grown.missing_left.data()).copy(),
        "n_samples": np.asarray(<const int64_t[:n_nodes]>grown.n_samples.data()).copy(),
    }


cdef int32_array(vector[int32_t]& values):
    return np.asarray(<const int32_t[:values.size()]>values.data()).copy()


cdef double_array(vector[double]& values):
    return np.asarray(<const double[:values.size()]>values.data()).copy()
