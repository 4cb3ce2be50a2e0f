# distutils: language = c++
"""Growth of trees on codes: one object a fit, which keeps its memory from tree to tree."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "grow_kernels.hpp" nogil:
    cppclass Cell:
        int64_t first
        int64_t second

    cppclass Split:
        double gain
        int32_t feature
        int32_t code
        cbool missing_left
        cbool categorical

cdef extern from "walk_codes.hpp" nogil:
    cppclass GrowTable:
        const uint8_t* codes
        int code_bytes
        Py_ssize_t stride
        Py_ssize_t n_rows
        Py_ssize_t n_columns
        const int32_t* n_bins
        const uint8_t* missing
        const uint8_t* categorical
        const int8_t* monotone
        const int32_t* group_start
        const int32_t* group
        Py_ssize_t n_groups

    cppclass GrowSettings:
        Py_ssize_t max_leaves
        Py_ssize_t max_depth
        int64_t min_rows
        double l2
        double min_curvature
        double column_share
        cbool by_depth
        int n_threads
        Py_ssize_t pool_bytes
        Py_ssize_t n_outputs

    cppclass GrowNode:
        int32_t left
        int32_t right
        int32_t depth
        int32_t set
        Py_ssize_t begin
        Py_ssize_t end
        double gradient
        double curvature
        double value
        Split split
        vector[double] values

    cppclass GrowerImpl "Grower":
        GrowerImpl(const GrowTable&, const GrowSettings&) except +
        cbool load(const double*, const double*, Py_ssize_t, Py_ssize_t) except +
        void grow(const int32_t*, Py_ssize_t, uint64_t) except +
        vector[GrowNode] nodes
        vector[uint32_t] sets
        vector[int32_t] order
        Py_ssize_t n_words

    cppclass NodeValues:
        const double* of_node
        Py_ssize_t n
        Py_ssize_t k

    void add_walked(const GrowerImpl&, const GrowTable&, const uint8_t*, Py_ssize_t,
                    const NodeValues&, double*, int)
    void add_grown(const GrowerImpl&, const NodeValues&, double*, int)


# Of each node: the column that it looks at (−2 at a leaf) and the code up to which rows go left,
# its children, the side of missing values, its set of codes (−1: none), its rows, where they begin
# and end in `Grower.rows`, and its distance from the root.
INTEGERS = (
    "feature", "code", "left", "right", "missing_left", "set", "n_samples", "begin", "end", "depth",
)
# Newton's step, gain of the split, sum of curvatures, and gradient times step.
REALS = ("value", "gain", "curvature", "loss")


cdef class Grower:
    """Grows trees on one table of codes.

    Parameters
    ----------
    codes : ndarray of uint8 or uint16, shape (n_rows, stride), C order
        Rows are padded to a multiple of 8 codes. Code of column f: 0 to ``n_bins[f] − 1``,
        ``n_bins[f]`` for a missing value.
    n_bins : ndarray of int32, shape (n_columns,)
    missing : ndarray of bool, shape (n_columns,)
        Whether a code of missing values occurs.
    categorical : ndarray of bool, shape (n_columns,)
    monotone : ndarray of int8, shape (n_columns,)
        1 where predictions must not fall with the column, −1 where they must not rise.
    groups : list of ndarray of int, or None
        Columns that may meet on a path; None lets all.
    settings : dict
        max_leaves, max_depth (−1: no limit), min_rows, l2, min_curvature, column_share, by_depth,
        n_threads, pool_bytes; n_outputs, 1 if it is not given: the numbers that a leaf predicts.
    """

    cdef GrowerImpl* impl
    cdef GrowTable table
    cdef readonly object codes, n_bins, missing, categorical, monotone, group_start, group
    cdef readonly int n_threads
    cdef readonly Py_ssize_t n_outputs
    cdef bint has_terms, has_tree

    def __cinit__(self, codes, n_bins, missing, categorical, monotone, groups, settings):
        self.impl = NULL
        n_columns = len(n_bins)
        if codes.ndim != 2 or codes.dtype not in (np.uint8, np.uint16) or (
            codes.shape[1] < n_columns or codes.shape[1] % 8 or not codes.flags.c_contiguous
        ):
            raise ValueError("codes must be of 8 or 16 bits, in C order, rows of a multiple of 8")
        if not 0 < codes.shape[0] < 2**31:
            raise ValueError(f"trees grow on 1 to 2^31 - 1 rows, got {codes.shape[0]}")
        self.codes = codes
        self.n_bins = np.ascontiguousarray(n_bins, dtype=np.int32)
        self.missing = self._flags(missing, np.uint8)
        self.categorical = self._flags(categorical, np.uint8)
        self.monotone = self._flags(monotone, np.int8)
        if n_columns and (codes[:, :n_columns].max(axis=0) > self.n_bins).any():
            raise ValueError("a code is above the number of bins of its column")
        self._set_groups(groups)
        self._open(settings)

    def _flags(self, array, dtype):
        array = np.ascontiguousarray(array, dtype=dtype)
        if array.shape != self.n_bins.shape:
            raise ValueError(f"one entry a column is wanted: {array.shape}")
        return array

    def _set_groups(self, groups):
        groups = [] if groups is None else [np.asarray(group) for group in groups]
        sizes = np.cumsum([0, *map(len, groups)])
        joined = np.concatenate(groups) if groups else np.zeros(0)
        if len(joined) and not (0 <= joined.min() and joined.max() < len(self.n_bins)):
            raise ValueError(f"groups hold columns 0 to {len(self.n_bins) - 1}")
        self.group_start = sizes.astype(np.int32)
        self.group = np.ascontiguousarray(joined, dtype=np.int32)

    cdef _open(self, settings):
        cdef GrowSettings s
        cdef Py_ssize_t n_columns = len(self.n_bins)
        s.max_leaves, s.max_depth = settings["max_leaves"], settings["max_depth"]
        s.min_rows, s.l2 = settings["min_rows"], settings["l2"]
        s.min_curvature, s.column_share = settings["min_curvature"], settings["column_share"]
        s.by_depth, s.n_threads = settings["by_depth"], settings["n_threads"]
        s.pool_bytes, s.n_outputs = settings["pool_bytes"], settings.get("n_outputs", 1)
        if s.n_outputs < 1 or (s.n_outputs > 1 and self.monotone.any()):
            raise ValueError("values of several outputs have no bounds")
        self.n_outputs = s.n_outputs
        self.n_threads = s.n_threads
        self.table.codes = <const uint8_t*> <size_t> self.codes.ctypes.data
        self.table.code_bytes = self.codes.itemsize
        self.table.stride = self.codes.strides[0]
        self.table.n_rows, self.table.n_columns = self.codes.shape[0], n_columns
        self.table.n_bins = <const int32_t*> <size_t> self.n_bins.ctypes.data
        self.table.missing = <const uint8_t*> <size_t> self.missing.ctypes.data
        self.table.categorical = <const uint8_t*> <size_t> self.categorical.ctypes.data
        self.table.monotone = <const int8_t*> <size_t> self.monotone.ctypes.data
        self.table.group_start = <const int32_t*> <size_t> self.group_start.ctypes.data
        self.table.group = <const int32_t*> <size_t> self.group.ctypes.data
        self.table.n_groups = len(self.group_start) - 1
        self.impl = new GrowerImpl(self.table, s)

    def __dealloc__(self):
        del self.impl

    def load(self, const double[:, ::1] gradient, const double[:, ::1] curvature,
             Py_ssize_t column):
        """Take a column of gradients and of curvatures (None: all 1); all, for several outputs.

        Raises
        ------
        FloatingPointError
            If they are not finite.
        """
        cdef Py_ssize_t k = gradient.shape[1]
        cdef const double* h = NULL
        if gradient.shape[0] != self.table.n_rows or not 0 <= column < k:
            raise ValueError(f"gradients of {self.table.n_rows} rows are wanted")
        if curvature is not None:
            if curvature.shape[0] != gradient.shape[0] or curvature.shape[1] != k:
                raise ValueError("curvatures must have the shape of the gradients")
            h = &curvature[0, column]
        if self.n_outputs > 1 and (k != self.n_outputs or column != 0):
            raise ValueError(f"gradients of {self.n_outputs} outputs are wanted, and column 0")
        cdef cbool finite = True
        cdef Py_ssize_t output
        with nogil:
            for output in range(self.n_outputs):
                finite &= self.impl.load(&gradient[0, column + output], h, k, output)
                if h != NULL:
                    h += 1
        self.has_terms = finite
        if not finite:
            raise FloatingPointError("gradients or curvatures of the loss are not finite")

    cdef _check_rows(self, rows):
        if not self.has_terms:
            raise ValueError("load gradients first")
        if rows is None:
            return
        if not 0 < len(rows) <= self.table.n_rows:
            raise ValueError(f"1 to {self.table.n_rows} rows are wanted, got {len(rows)}")
        if np.min(rows) < 0 or np.max(rows) >= self.table.n_rows:
            raise ValueError("a row is out of range")

    def grow(self, uint64_t seed, const int32_t[::1] rows=None):
        """Grow a tree on `rows` (ascending; None: all); return its number of leaves."""
        cdef Py_ssize_t n = self.table.n_rows
        cdef const int32_t* first = NULL
        self._check_rows(None if rows is None else np.asarray(rows))
        if rows is not None:
            n, first = rows.shape[0], &rows[0]
        with nogil:
            self.impl.grow(first, n, seed)
        self.has_tree = True
        return (self.impl.nodes.size() + 1) // 2

    def tree(self):
        """Return the nodes of the tree as (integers, reals, bitsets), a column a node.

        The rows of the first two are named by `INTEGERS` and `REALS`; bitsets are those of
        `bitsets`.
        """
        cdef Py_ssize_t n = self.impl.nodes.size() if self.has_tree else 0, i
        integers = np.empty((len(INTEGERS), n), dtype=np.int64)
        reals = np.empty((len(REALS), n))
        cdef int64_t[:, ::1] whole = integers
        cdef double[:, ::1] real = reals
        cdef const GrowNode* node
        cdef bint leaf
        for i in range(n):
            node = &self.impl.nodes[i]
            leaf = node.left < 0
            whole[0, i] = -2 if leaf else node.split.feature
            whole[1, i] = -1 if leaf else node.split.code
            whole[2, i], whole[3, i] = node.left, node.right
            whole[4, i] = not leaf and node.split.missing_left
            whole[5, i] = -1 if leaf else node.set
            whole[6, i] = node.end - node.begin
            whole[7, i], whole[8, i], whole[9, i] = node.begin, node.end, node.depth
            real[0, i] = node.value
            real[1, i] = 0.0 if leaf else node.split.gain
            real[2, i] = node.curvature
            real[3, i] = node.gradient * node.value
        return integers, reals, self.bitsets()

    def values(self):
        """Return the values of the tree's nodes, (n_nodes, n_outputs)."""
        cdef Py_ssize_t n = self.impl.nodes.size() if self.has_tree else 0, i, j
        out = np.empty((n, self.n_outputs))
        cdef double[:, ::1] value = out
        for i in range(n):
            if self.n_outputs == 1:
                value[i, 0] = self.impl.nodes[i].value
                continue
            for j in range(self.n_outputs):
                value[i, j] = self.impl.nodes[i].values[j]
        return out

    def bitsets(self):
        """Codes that go left, (n_sets, n_words) words of 32 bits."""
        cdef Py_ssize_t n = self.impl.sets.size(), i
        out = np.empty(n, dtype=np.uint32)
        cdef uint32_t[::1] words = out
        for i in range(n):
            words[i] = self.impl.sets[i]
        return out.reshape(-1, self.impl.n_words)

    @property
    def rows(self):
        """Rows by leaf, the rows of a leaf in order; the tree's `begin` and `end` cut it."""
        cdef Py_ssize_t n = self.impl.nodes[0].end if self.has_tree else 0, i
        out = np.empty(n, dtype=np.int32)
        cdef int32_t[::1] rows = out
        for i in range(n):
            rows[i] = self.impl.order[i]
        return out

    def add_grown(self, value, double[:, ::1] out, Py_ssize_t column):
        """Add ``value[node]`` to the entries of `out` whose rows the tree was grown on.

        A value of several numbers, (n_nodes, n), is added to as many columns from `column` on.
        """
        self._check(value, out, column, self.table.n_rows)
        cdef NodeValues values = self._of_nodes(value, out)
        with nogil:
            add_grown(self.impl[0], values, &out[0, column], self.n_threads)

    def add_walked(self, codes, value, double[:, ::1] out, Py_ssize_t column):
        """Add ``value[leaf]`` of each row of another table with this one's coding."""
        if codes.dtype != self.codes.dtype or codes.ndim != 2 or (
            codes.shape[1] != self.codes.shape[1] or not codes.flags.c_contiguous
        ):
            raise ValueError("codes must be a table like the one that the tree was grown on")
        self._check(value, out, column, codes.shape[0])
        if not len(codes):
            return
        cdef const uint8_t* first = <const uint8_t*> <size_t> codes.ctypes.data
        cdef Py_ssize_t n = codes.shape[0]
        cdef NodeValues values = self._of_nodes(value, out)
        with nogil:
            add_walked(self.impl[0], self.table, first, n, values, &out[0, column],
                       self.n_threads)

    cdef NodeValues _of_nodes(self, value, double[:, ::1] out):
        cdef NodeValues values
        values.of_node = <const double*> <size_t> value.ctypes.data
        values.n = 1 if value.ndim == 1 else value.shape[1]
        values.k = out.shape[1]
        return values

    cdef _check(self, value, double[:, ::1] out, Py_ssize_t column, Py_ssize_t n):
        if not self.has_tree or len(value) != <Py_ssize_t> self.impl.nodes.size():
            raise ValueError("one value a node of the last tree is wanted")
        if value.dtype != np.float64 or not value.flags.c_contiguous or value.ndim > 2:
            raise ValueError("values must be of 64 bits and in C order")
        width = 1 if value.ndim == 1 else value.shape[1]
        if out.shape[0] != n or not 0 <= column <= out.shape[1] - width:
            raise ValueError(f"out must have {n} rows and a column {column}")


def grow_together(growers, seeds, const int32_t[::1] rows=None):
    """Grow a tree with each grower, a thread each; as `Grower.grow` does for one."""
    cdef Py_ssize_t count = len(growers), i, n
    cdef const int32_t* first = NULL
    cdef vector[GrowerImpl*] impls
    cdef vector[uint64_t] seed_of
    cdef Grower grower
    if not count or len(set(map(id, growers))) < count or len(seeds) != count:
        raise ValueError("different growers are wanted, and a seed for each")
    n = growers[0].codes.shape[0]
    for grower, seed in zip(growers, seeds, strict=True):
        if grower.table.n_rows != n:
            raise ValueError("growers of one number of rows are wanted")
        grower._check_rows(None if rows is None else np.asarray(rows))
        impls.push_back(grower.impl)
        seed_of.push_back(seed)
    if rows is not None:
        n, first = rows.shape[0], &rows[0]
    for i in prange(count, nogil=True, schedule="static", num_threads=count,
                    use_threads_if=count > 1):
        impls[i].grow(first, n, seed_of[i])
    for grower in growers:
        grower.has_tree = True
