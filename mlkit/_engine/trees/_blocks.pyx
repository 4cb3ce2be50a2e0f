# distutils: language = c++
"""Sums of leaf values over trees, for blocks of rows in codes."""

import numpy as np

from cython cimport floating
from cython.parallel cimport prange, threadid
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t
from libcpp.vector cimport vector

cdef extern from "block_kernels.hpp" nogil:
    const Py_ssize_t BLOCK
    cppclass BlockStep:
        pass
    cppclass BlockTask:
        const BlockStep* steps
        const int64_t* start
        const int64_t* first_leaf
        const double* value
        Py_ssize_t n_trees
        const int32_t* target
        const uint8_t* tables
        Py_ssize_t table_size
        int code_bytes
        const uint8_t* codes
        uint8_t* slots
        double* sums
    cppclass BlockKernels:
        void (*walk)(const BlockTask&)
    const BlockKernels& block_kernels()
    cppclass CodeTask[T]:
        const T* values
        Py_ssize_t step
        Py_ssize_t n
        const T* edges
        int levels
        uint16_t missing
        uint8_t* out
        Py_ssize_t out_step
        int code_bytes
    void encode_block(const CodeTask[float]&)
    void encode_block(const CodeTask[double]&)

cdef extern from "walk_blocks.hpp" nogil:
    cppclass CodedTrees:
        const int64_t* offset
        Py_ssize_t n_trees
        const int32_t* left
        const int32_t* right
        const int32_t* column
        const int32_t* shift
        const int32_t* width
        const int32_t* table
        const double* value
    cppclass BlockProgram:
        void build(const CodedTrees&) except +
        vector[BlockStep] steps
        vector[int64_t] start
        vector[int64_t] first_leaf
        vector[double] value
        Py_ssize_t n_slots
        Py_ssize_t most_leaves


cdef class Blocks:
    """Steps of all trees; see `walk_blocks.hpp`.

    Parameters
    ----------
    trees : Trees
        Checked by its walker; of one value a leaf.
    column, shift, width, table : ndarray of int32, shape (n_nodes,)
        Of inner nodes: where its codes are among those of a block, and which go left.
    tables : ndarray of uint8, shape (n_tables, n_codes)
    features : ndarray of int32, shape (n_columns,)
        Columns of X that are coded.
    levels, n_bins : ndarray of int32, shape (n_columns,)
    """

    cdef BlockProgram program
    cdef const uint8_t[:, ::1] tables
    cdef const int32_t[::1] features, levels, n_bins
    cdef int code_bytes
    cdef Py_ssize_t n_trees

    def __init__(self, trees, column, shift, width, table, tables, features, levels, n_bins,
                 int code_bytes):
        cdef const int64_t[::1] offset = trees.offset
        cdef const int32_t[::1] left = trees.left, right = trees.right
        cdef const int32_t[::1] column_ = column, shift_ = shift, width_ = width, table_ = table
        cdef const double[::1] value = np.ascontiguousarray(trees.value[:, 0, 0])
        cdef CodedTrees coded
        n_nodes = len(trees.feature)
        arrays = (trees.left, trees.right, column, shift, width, table, trees.value)
        if not n_nodes or any(len(each) != n_nodes for each in arrays):
            raise ValueError(f"one entry for each of {n_nodes} nodes is wanted")
        inner = trees.left >= 0
        if inner.any() and not (0 <= column[inner].min() and column[inner].max() < len(features)):
            raise ValueError("a node looks at a column that is not coded")
        if table.max() >= len(tables) or tables.shape[1] < 256 ** code_bytes:
            raise ValueError("a table is missing or too short")
        coded.offset, coded.n_trees = &offset[0], len(offset) - 1
        coded.left, coded.right, coded.column = &left[0], &right[0], &column_[0]
        coded.shift, coded.width, coded.table = &shift_[0], &width_[0], &table_[0]
        coded.value = &value[0]
        self.program.build(coded)
        if self.program.most_leaves > 256 ** code_bytes:
            raise ValueError("a tree has more leaves than a code can number")
        self.tables, self.code_bytes, self.n_trees = tables, code_bytes, len(offset) - 1
        self.features, self.levels, self.n_bins = features, levels, n_bins

    def add_to(self, double[:, ::1] out, const floating[:, :] X, const floating[::1] edges,
               const int32_t[::1] start, const int32_t[::1] target, int n_threads):
        """Add the leaf values of each row of X to ``out[row, target[tree]]``, in order."""
        cdef Py_ssize_t n = X.shape[0], n_blocks = (n + BLOCK - 1) // BLOCK, block
        cdef Py_ssize_t n_columns = self.features.shape[0], size, n_codes
        cdef Py_ssize_t k
        if out.shape[0] != n or start.shape[0] != n_columns:
            raise ValueError(f"out has {out.shape[0]} rows, X {n}")
        if target is not None and (
            target.shape[0] != self.n_trees or np.min(target) < 0
            or np.max(target) >= out.shape[1]
        ):
            raise ValueError("a column of out for each tree is wanted")
        for k in range(n_columns):
            if not 0 <= self.features[k] < X.shape[1]:
                raise ValueError(f"X has {X.shape[1]} columns, a tree looks at more")
            if start[k] < 0 or start[k] + (1 << self.levels[k]) - 1 > edges.shape[0]:
                raise ValueError("edges are out of range")
        if n == 0 or not out.shape[1]:
            return
        n_codes = BLOCK * (n_columns + self.program.n_slots) * self.code_bytes
        size = n_codes + BLOCK * out.shape[1] * <Py_ssize_t> sizeof(double)
        n_threads = max(1, min(n_threads, n_blocks))
        # Zeros: rows that a last block lacks are walked, too, by codes that must be in range.
        cdef uint8_t[:, ::1] scratch = np.zeros((n_threads, size), dtype=np.uint8)
        for block in prange(n_blocks, nogil=True, schedule="dynamic", chunksize=4,
                            num_threads=n_threads, use_threads_if=n_threads > 1):
            self.add_block(out, X, edges, start, target, block * BLOCK, &scratch[threadid(), 0],
                           n_codes)

    cdef void add_block(
        self, double[:, ::1] out, const floating[:, :] X, const floating[::1] edges,
        const int32_t[::1] start, const int32_t[::1] target, Py_ssize_t row, uint8_t* scratch,
        Py_ssize_t n_codes,
    ) noexcept nogil:
        cdef CodeTask[floating] code
        cdef BlockTask task
        cdef Py_ssize_t n_columns = self.features.shape[0], i, j
        cdef Py_ssize_t here = min(BLOCK, X.shape[0] - row)
        code.step = X.strides[0] // <Py_ssize_t> sizeof(floating)
        code.n = here
        code.code_bytes = self.code_bytes
        code.out_step = self.code_bytes
        for j in range(n_columns):
            code.values = &X[row, self.features[j]]
            code.edges = &edges[start[j]]
            code.levels = self.levels[j]
            code.missing = self.n_bins[j]
            code.out = scratch + j * BLOCK * self.code_bytes
            encode_block(code)
        task.codes = scratch
        task.slots = scratch + n_columns * BLOCK * self.code_bytes
        task.sums = <double*> (scratch + n_codes)
        for j in range(out.shape[1]):
            for i in range(here):
                task.sums[j * BLOCK + i] = out[row + i, j]
            for i in range(here, BLOCK):
                task.sums[j * BLOCK + i] = 0.0
        task.steps, task.start = self.program.steps.data(), self.program.start.data()
        task.first_leaf, task.value = self.program.first_leaf.data(), self.program.value.data()
        task.n_trees, task.code_bytes = self.n_trees, self.code_bytes
        task.target = <const int32_t*> NULL
        if target is not None:
            task.target = &target[0]
        task.tables = <const uint8_t*> NULL
        task.table_size = self.tables.shape[1]
        if self.tables.shape[0]:
            task.tables = &self.tables[0, 0]
        block_kernels().walk(task)
        for j in range(out.shape[1]):
            for i in range(here):
                out[row + i, j] = task.sums[j * BLOCK + i]
