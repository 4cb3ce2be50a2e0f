# distutils: extra_compile_args = -O3
"""Nearest rows and rows within a radius, by brute force or down a tree.

A query's result depends on that query and the rows searched alone, and pairs are ordered by
distance and then by row: neither the number of threads nor the kind of search changes a bit.
"""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from "search.hpp" nogil:
    enum: SCREEN_LANES
    enum: ROW_LANES
    cdef struct Measure:
        int kind
        double p
        Py_ssize_t n_columns, width
    cdef struct Targets:
        const double* rows
        const float* blocks
        const float* reach
        const int64_t* order
        Py_ssize_t n
        double scale
    cdef struct Tree:
        const int64_t* start
        const int64_t* end
        const int64_t* first_block
        const double* low
        const double* high
        const double* radius
        const double* weight
        const double* node_weight
        Py_ssize_t n_nodes
        int metric
    cdef struct Queries:
        const double* rows
        const float* floats
        const float* reach
        Py_ssize_t n
    cdef struct Tally:
        int64_t calls, trims, leaves, splits
    cdef struct Found:
        double* distance
        int64_t* index
        Py_ssize_t size, capacity
    cdef struct Kernel:
        int name
        double h, atol, rtol, log_norm
    cdef cppclass SearchKernels:
        int nearest(const Measure*, const Targets*, const Queries*, Py_ssize_t, double*, int64_t*)
        int tree_nearest(const Measure*, const Targets*, const Tree*, const Queries*, Py_ssize_t,
                         int, double*, int64_t*, Tally*)
        int within(const Measure*, const Targets*, const Queries*, const double*, Found*, int64_t*)
        int tree_within(const Measure*, const Targets*, const Tree*, const Queries*,
                        const double*, Found*, int64_t*, Tally*)
        int log_kernel_sum(const Measure*, const Targets*, const Tree*, const Queries*,
                           const Kernel*, int, double*, Tally*)
        void ball(const Measure*, const double*, Py_ssize_t, int, double*, double*)
    const SearchKernels& search_kernels()

cdef extern from "planting.hpp" nogil:
    void bound_rows(const double*, Py_ssize_t, Py_ssize_t, double*, double*)
    bint halve(double*, Py_ssize_t, int64_t*, Py_ssize_t, const double*, const double*)
    bint sort_pairs(double*, int64_t*, Py_ssize_t, bint)

LANES = SCREEN_LANES
PADDING = ROW_LANES
KERNELS = {"gaussian": 0, "tophat": 1, "epanechnikov": 2, "exponential": 3, "linear": 4,
           "cosine": 5}

# Queries of a task: enough that a tile of targets, once in cache, is met by many.
cdef enum:
    CHUNK = 120
    TREE_CHUNK = 32


cdef void prepare_measure(Measure* out, kind, double p, Py_ssize_t n_columns, Py_ssize_t width):
    out.kind, out.p, out.n_columns, out.width = kind, p, n_columns, width


cdef class Searched:
    """The rows that are searched, with or without a tree, and what is measured.

    Parameters
    ----------
    kind : int
        Of ``measure.hpp``.
    p : float
        Exponent of Minkowski's distance.
    n_columns : int
    rows : ndarray of float64, shape (n, width)
        Padded with zeros to a multiple of `PADDING` columns; in the order of the tree, if any.
    blocks : ndarray of float32, shape (n_blocks, n_columns, LANES), or None
        The screen, for the kinds that have one.
    reach : ndarray of float32, shape (n_blocks,), or None
    scale : float
    tree : mapping of arrays, or None
        order, start, end, first_block, low, high or radius, and maybe weight and node_weight.
    metric : bool
        Whether the triangle inequality holds.
    """

    cdef Measure measure
    cdef Targets targets
    cdef Tree tree
    cdef bint has_tree
    cdef object kept

    def __init__(self, kind, p, n_columns, rows, blocks, reach, scale, tree=None, metric=True):
        cdef const double[:, ::1] r = rows
        cdef const float[:, :, ::1] b
        cdef const float[::1] a
        if rows.shape[1] % ROW_LANES or not 0 < n_columns <= rows.shape[1] or not len(rows):
            raise ValueError(f"rows of shape {rows.shape} are not {n_columns} columns, padded")
        self.kept = [rows, blocks, reach, tree]
        prepare_measure(&self.measure, kind, p, n_columns, rows.shape[1])
        self.targets.rows = &r[0, 0]
        self.targets.n = rows.shape[0]
        self.targets.scale = scale
        if blocks is not None:
            b, a = blocks, reach
            least = -(-len(rows) // SCREEN_LANES)
            if (blocks.shape[1:] != (n_columns, SCREEN_LANES) or len(reach) != len(blocks)
                    or len(blocks) < least):
                raise ValueError(f"blocks of shape {blocks.shape} do not hold {len(rows)} rows")
            self.targets.blocks = &b[0, 0, 0]
            self.targets.reach = &a[0]
        self.has_tree = tree is not None
        if tree is not None:
            self.set_tree(tree, metric)

    cdef set_tree(self, tree, bint metric):
        cdef const int64_t[::1] order = tree["order"], start = tree["start"], end = tree["end"]
        cdef const int64_t[::1] first = tree["first_block"]
        cdef const double[:, ::1] low = tree["low"], high
        cdef const double[::1] radius, weight, node_weight
        n, n_nodes, width = self.targets.n, len(tree["start"]), self.measure.width
        blocks = self.kept[1]
        if (
            n_nodes % 2 != 1 or len(end) != n_nodes or len(first) != n_nodes or len(order) != n
            or low.shape[0] != n_nodes or low.shape[1] != width
            or np.min(tree["start"]) < 0 or np.max(tree["end"]) > n
            or (tree["start"] >= tree["end"]).any()
            or np.min(tree["order"]) < 0 or np.max(tree["order"]) >= n
        ):
            raise ValueError("the arrays of the tree do not belong together")
        if blocks is not None:
            leaves = slice((n_nodes - 1) // 2, None)
            size = -(-(tree["end"][leaves] - tree["start"][leaves]) // SCREEN_LANES)
            if (tree["first_block"][leaves] + size > len(blocks)).any() or np.min(first) < 0:
                raise ValueError("leaves reach beyond the blocks")
        self.targets.order = &order[0]
        self.tree.start, self.tree.end, self.tree.first_block = &start[0], &end[0], &first[0]
        self.tree.low, self.tree.n_nodes, self.tree.metric = &low[0, 0], n_nodes, metric
        if tree.get("high") is not None:
            high = tree["high"]
            if high.shape[0] != n_nodes or high.shape[1] != width:
                raise ValueError("boxes need a lower and an upper corner for each node")
            self.tree.high = &high[0, 0]
        else:
            radius = tree["radius"]
            if radius.shape[0] != n_nodes:
                raise ValueError(f"{n_nodes} balls need as many radii")
            self.tree.radius = &radius[0]
        if tree.get("weight") is not None:
            weight, node_weight = tree["weight"], tree["node_weight"]
            if weight.shape[0] != n or node_weight.shape[0] != n_nodes:
                raise ValueError("weights need one for each row and each node")
            self.tree.weight, self.tree.node_weight = &weight[0], &node_weight[0]

    cdef Queries queries(self, rows, floats, reach) except *:
        cdef Queries out
        cdef const double[:, ::1] r = rows
        cdef const float[:, ::1] f
        cdef const float[::1] a
        if rows.shape[1] != self.measure.width:
            raise ValueError(f"queries have {rows.shape[1]} columns, not {self.measure.width}")
        out.n = rows.shape[0]
        out.rows = &r[0, 0] if out.n else NULL
        out.floats = out.reach = NULL
        if self.targets.blocks != NULL:
            f, a = floats, reach
            if floats.shape != (len(rows), self.measure.n_columns) or len(reach) != len(rows):
                raise ValueError("queries need a screened row each")
            if out.n:
                out.floats, out.reach = &f[0, 0], &a[0]
        return out


cdef Queries part(const Queries* queries, const Measure* measure, Py_ssize_t start,
                  Py_ssize_t size) noexcept nogil:
    """`size` queries, fewer at the end, from `start` on."""
    cdef Queries out
    out.n = min(size, queries.n - start)
    out.rows = queries.rows + start * measure.width
    out.floats = out.reach = NULL
    if queries.floats != NULL:
        out.floats = queries.floats + start * measure.n_columns
        out.reach = queries.reach + start
    return out


cdef class Scratch:
    """What each task counts, and the pairs that it finds."""

    cdef Tally* tally
    cdef Found* found
    cdef int* done
    cdef Py_ssize_t n

    def __cinit__(self, Py_ssize_t n):
        self.n = n
        self.tally = <Tally*>calloc(max(n, 1), sizeof(Tally))
        self.found = <Found*>calloc(max(n, 1), sizeof(Found))
        self.done = <int*>calloc(max(n, 1), sizeof(int))
        if self.tally == NULL or self.found == NULL or self.done == NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.found != NULL:
            for i in range(self.n):
                free(self.found[i].distance)
                free(self.found[i].index)
        free(self.found)
        free(self.tally)
        free(self.done)

    cdef finish(self, counts):
        """Raise if a task ran out of memory; add its counts to `counts`."""
        cdef Py_ssize_t i
        for i in range(self.n):
            if not self.done[i]:
                raise MemoryError("no memory for the neighbours")
            if counts is not None:
                counts += (self.tally[i].calls, self.tally[i].trims, self.tally[i].leaves,
                           self.tally[i].splits)


def nearest(Searched searched, rows, floats, reach, Py_ssize_t k, bint best_first=False,
            counts=None, int n_threads=1):
    """The k nearest rows of each query.

    Parameters
    ----------
    searched : Searched
    rows : ndarray of float64, shape (n_queries, width)
    floats : ndarray of float32, shape (n_queries, n_columns), or None
    reach : ndarray of float32, shape (n_queries,), or None
        Greatest modulus in each row of `floats`.
    k : int
        1 to the number of rows.
    best_first : bool
        Visit the nodes of the tree by their distance, not depth first.
    counts : ndarray of int64, shape (4,), or None
        Gets distances, trimmed nodes, leaves and splits added.
    n_threads : int

    Returns
    -------
    distance : ndarray of float64, shape (n_queries, k)
        Ascending.
    index : ndarray of int64, shape (n_queries, k)
    """
    if not 1 <= k <= searched.targets.n:
        raise ValueError(f"k={k} must be between 1 and the number of rows, {searched.targets.n}")
    cdef Queries all_queries = searched.queries(rows, floats, reach), some
    distance = np.empty((len(rows), k))
    index = np.empty((len(rows), k), dtype=np.int64)
    if not len(rows):
        return distance, index
    cdef double[:, ::1] d = distance
    cdef int64_t[:, ::1] i = index
    cdef Py_ssize_t task, size = TREE_CHUNK if searched.has_tree else CHUNK
    # Few queries are shared out: a thread with nothing to do costs more than a tile read twice.
    size = max(1, min(size, len(rows) // max(n_threads, 1)))
    cdef Py_ssize_t n_tasks = (all_queries.n + size - 1) // size
    cdef Scratch scratch = Scratch(n_tasks)
    for task in prange(n_tasks, nogil=True, schedule="dynamic", num_threads=n_threads):
        some = part(&all_queries, &searched.measure, task * size, size)
        if searched.has_tree:
            scratch.done[task] = search_kernels().tree_nearest(
                &searched.measure, &searched.targets, &searched.tree, &some, k, best_first,
                &d[task * size, 0], &i[task * size, 0], &scratch.tally[task])
        else:
            scratch.done[task] = search_kernels().nearest(
                &searched.measure, &searched.targets, &some, k, &d[task * size, 0],
                &i[task * size, 0])
    scratch.finish(counts)
    return distance, index


def within(Searched searched, rows, floats, reach, radius, bint count_only=False, by="index",
           counts=None, int n_threads=1):
    """The rows within a radius of each query.

    Parameters
    ----------
    searched, rows, floats, reach, counts, n_threads
        As in `nearest`.
    radius : ndarray of float64, shape (n_queries,)
    count_only : bool
    by : {"index", "distance"}
        What the rows of a query are sorted by; those equally far by index.

    Returns
    -------
    indptr : ndarray of int64, shape (n_queries + 1,)
        With `count_only` the counts alone, of shape (n_queries,).
    distance : ndarray of float64
        Those of query q from ``indptr[q]`` on.
    index : ndarray of int64
    """
    cdef const double[::1] radii = np.ascontiguousarray(radius, dtype=np.float64)
    if radii.shape[0] != len(rows):
        raise ValueError(f"{len(rows)} queries need as many radii, got {radii.shape[0]}")
    cdef Queries all_queries = searched.queries(rows, floats, reach), some
    indptr = np.zeros(len(rows) + 1, dtype=np.int64)
    cdef int64_t[::1] count = indptr[1:]
    cdef Py_ssize_t task, size = max(1, min(TREE_CHUNK, len(rows) // max(n_threads, 1)))
    cdef Py_ssize_t n_tasks = (all_queries.n + size - 1) // size
    cdef Scratch scratch = Scratch(n_tasks)
    for task in prange(n_tasks, nogil=True, schedule="dynamic", num_threads=n_threads):
        some = part(&all_queries, &searched.measure, task * size, size)
        if searched.has_tree:
            scratch.done[task] = search_kernels().tree_within(
                &searched.measure, &searched.targets, &searched.tree, &some,
                &radii[task * size], <Found*>NULL if count_only else &scratch.found[task],
                &count[task * size], &scratch.tally[task])
        else:
            scratch.done[task] = search_kernels().within(
                &searched.measure, &searched.targets, &some, &radii[task * size],
                <Found*>NULL if count_only else &scratch.found[task], &count[task * size])
    scratch.finish(counts)
    if count_only:
        return indptr[1:]
    np.cumsum(indptr, out=indptr)
    distance, index = gathered(scratch, indptr[len(rows)])
    sort_rows(indptr, distance, index, by, n_threads)
    return indptr, distance, index


cdef gathered(Scratch scratch, Py_ssize_t total):
    """The pairs of all tasks behind one another."""
    distance, index = np.empty(total), np.empty(total, dtype=np.int64)
    cdef double[::1] d = distance
    cdef int64_t[::1] i = index
    cdef Py_ssize_t task, at = 0
    cdef Found* found
    for task in range(scratch.n):
        found = &scratch.found[task]
        if found.size:
            memcpy(&d[at], found.distance, found.size * sizeof(double))
            memcpy(&i[at], found.index, found.size * sizeof(int64_t))
            at += found.size
    return distance, index


def sort_rows(const int64_t[::1] indptr, double[::1] distance, int64_t[::1] index, by,
              int n_threads=1):
    """Sort the pairs of each row by "index" or by "distance", in place.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
    distance : ndarray of float64
    index : ndarray of int64
    by : {"index", "distance"}
    n_threads : int
    """
    cdef Py_ssize_t q, n = indptr.shape[0] - 1, failed = 0
    cdef bint by_distance = {"index": False, "distance": True}[by]
    if indptr[n] != distance.shape[0] or indptr[n] != index.shape[0]:
        raise ValueError(f"{indptr[n]} pairs, but {distance.shape[0]} distances and "
                         f"{index.shape[0]} indices")
    if not indptr[n]:
        return
    for q in prange(n, nogil=True, schedule="dynamic", chunksize=64, num_threads=n_threads):
        if indptr[q + 1] - indptr[q] > 1:
            failed += not sort_pairs(
                &distance[indptr[q]], &index[indptr[q]], indptr[q + 1] - indptr[q], by_distance)
    if failed:
        raise MemoryError("no memory to sort neighbours")


def log_kernel_sums(Searched searched, rows, floats, reach, kernel, double h, double atol,
                    double rtol, double log_norm, bint best_first=False, counts=None,
                    int n_threads=1):
    """``log Σᵢ wᵢ K(d(x, xᵢ) / h)`` of each query x, down a tree.

    Parameters
    ----------
    searched, rows, floats, reach, best_first, counts, n_threads
        As in `nearest`.
    kernel : str
        One of `KERNELS`.
    h : float
        Bandwidth.
    atol, rtol : float
        Error allowed in ``exp(log_norm) Σ``: ``atol + rtol Σ``.
    log_norm : float

    Returns
    -------
    ndarray of float64, shape (n_queries,)
        -inf where no kernel reaches.
    """
    if not searched.has_tree:
        raise ValueError("sums of kernels go down a tree")
    cdef Queries all_queries = searched.queries(rows, floats, reach), some
    cdef Kernel profile
    profile.name, profile.h, profile.atol, profile.rtol = KERNELS[kernel], h, atol, rtol
    profile.log_norm = log_norm
    result = np.empty(len(rows))
    if not len(rows):
        return result
    cdef double[::1] out = result
    cdef Py_ssize_t task, size = max(1, min(TREE_CHUNK, len(rows) // max(n_threads, 1)))
    cdef Py_ssize_t n_tasks = (all_queries.n + size - 1) // size
    cdef Scratch scratch = Scratch(n_tasks)
    for task in prange(n_tasks, nogil=True, schedule="dynamic", num_threads=n_threads):
        some = part(&all_queries, &searched.measure, task * size, size)
        scratch.done[task] = search_kernels().log_kernel_sum(
            &searched.measure, &searched.targets, &searched.tree, &some, &profile, best_first,
            &out[task * size], &scratch.tally[task])
    scratch.finish(counts)
    return result


def plant(double[:, ::1] rows, int n_levels, int n_threads=1):
    """Cut rows in halves, `n_levels` − 1 times, at the median of the widest column, in place.

    Parameters
    ----------
    rows : ndarray of float64, shape (n, width)
        At least ``2**(n_levels - 1)`` rows of a multiple of `PADDING` columns; brought into the
        order of the leaves.
    n_levels : int
    n_threads : int

    Returns
    -------
    dict of ndarray
        order : the numbers of the rows in their new order. start, end : places of each node. low,
        high : its box. Children of node v are 2v + 1 and 2v + 2.
    """
    cdef Py_ssize_t n = rows.shape[0], width = rows.shape[1]
    if not 1 <= n_levels <= 40 or n < 1 << (n_levels - 1) or not width or width % ROW_LANES:
        raise ValueError(f"{n} rows of {width} columns do not fill {n_levels} levels")
    cdef Py_ssize_t n_nodes = (1 << n_levels) - 1, level, v, first, failed = 0, inner
    order = np.arange(n, dtype=np.int64)
    start, end = np.zeros(n_nodes, dtype=np.int64), np.zeros(n_nodes, dtype=np.int64)
    low, high = np.empty((n_nodes, width)), np.empty((n_nodes, width))
    cdef int64_t[::1] o = order, s = start, e = end
    cdef double[:, ::1] least = low, most = high
    e[0] = n
    inner = n_nodes // 2
    for level in range(n_levels):
        first = (1 << level) - 1
        for v in prange(first, 2 * first + 1, nogil=True, schedule="dynamic",
                        num_threads=n_threads):
            bound_rows(&rows[s[v], 0], width, e[v] - s[v], &least[v, 0], &most[v, 0])
            if v < inner:
                failed += not halve(&rows[s[v], 0], width, &o[s[v]], e[v] - s[v], &least[v, 0],
                                    &most[v, 0])
                s[2 * v + 1] = s[v]
                e[2 * v + 1] = s[2 * v + 2] = s[v] + (e[v] - s[v]) // 2
                e[2 * v + 2] = e[v]
    if failed:
        raise MemoryError("no memory to build the tree")
    return {"order": order, "start": start, "end": end, "low": low, "high": high}


def extent(const double[:, ::1] rows):
    """Least and greatest entry of each column of padded rows.

    Parameters
    ----------
    rows : ndarray of float64, shape (n, width)

    Returns
    -------
    low, high : ndarray of float64, shape (width,)
    """
    if not rows.shape[0] or not rows.shape[1] or rows.shape[1] % ROW_LANES:
        raise ValueError(f"rows of shape {np.shape(rows)} are none, or not padded")
    low, high = np.empty(rows.shape[1]), np.empty(rows.shape[1])
    cdef double[::1] least = low, most = high
    bound_rows(&rows[0, 0], rows.shape[1], rows.shape[0], &least[0], &most[0])
    return low, high


cdef float pack_block(
    const double* rows, Py_ssize_t width, Py_ssize_t n, const double[::1] centre, double scale,
    float* block,
) noexcept nogil:
    """Write a block of n rows; return the greatest modulus in it."""
    cdef Py_ssize_t lane, j, d = centre.shape[0]
    cdef float entry, most = 0
    for lane in range(SCREEN_LANES):
        for j in range(d):
            entry = 0
            if lane < n:
                entry = <float>((rows[lane * width + j] - centre[j]) * scale)
            block[j * SCREEN_LANES + lane] = entry
            entry = -entry if entry < 0 else entry
            most = entry if entry > most else most
    return most


def pack(const double[:, ::1] rows, const int64_t[::1] start, const int64_t[::1] end,
         const double[::1] centre, double scale, int n_threads=1):
    """The screen of rows: each run of them in blocks of its own.

    Parameters
    ----------
    rows : ndarray of float64, shape (n, width)
    start, end : ndarray of int64, shape (n_runs,)
    centre : ndarray of float64, shape (n_columns,)
        What is subtracted.
    scale : float
        What the difference is multiplied by.
    n_threads : int

    Returns
    -------
    blocks : ndarray of float32, shape (n_blocks, n_columns, LANES)
    reach : ndarray of float32, shape (n_blocks,)
        Greatest modulus in each.
    first : ndarray of int64, shape (n_runs,)
        First block of each run.
    """
    cdef Py_ssize_t n_runs = start.shape[0], run, block, place, width = rows.shape[1]
    size = np.asarray(end) - np.asarray(start)
    if (size < 0).any() or np.min(start) < 0 or np.max(end) > rows.shape[0]:
        raise ValueError("runs reach beyond the rows")
    if centre.shape[0] > width:
        raise ValueError(f"{centre.shape[0]} columns in rows of {width}")
    counts = -(-size // SCREEN_LANES)
    first = np.zeros(n_runs, dtype=np.int64)
    np.cumsum(counts[:-1], out=first[1:])
    blocks = np.empty((first[n_runs - 1] + counts[n_runs - 1], centre.shape[0], SCREEN_LANES),
                      dtype=np.float32)
    reach = np.empty(len(blocks), dtype=np.float32)
    owner = np.repeat(np.arange(n_runs), counts)
    cdef float[:, :, ::1] to = blocks
    cdef float[::1] most = reach
    cdef const int64_t[::1] runs = owner, begin = first
    for block in prange(to.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        run = runs[block]
        place = start[run] + (block - begin[run]) * SCREEN_LANES
        most[block] = pack_block(&rows[place, 0], width, end[run] - place, centre, scale,
                                 &to[block, 0, 0])
    return blocks, reach, first


def balls(Searched searched, const int64_t[::1] start, const int64_t[::1] end,
          double[:, ::1] centre, bint member, int n_threads=1):
    """Radius of the ball about each centre that holds the rows of a node.

    Parameters
    ----------
    searched : Searched
        Without a tree, of the rows in the order of the leaves.
    start, end : ndarray of int64, shape (n_nodes,)
    centre : ndarray of float64, shape (n_nodes, width)
    member : bool
        Replace the centre by the row that is nearest to it.
    n_threads : int

    Returns
    -------
    ndarray of float64, shape (n_nodes,)
    """
    cdef Py_ssize_t v, n_nodes = start.shape[0], width = searched.measure.width
    if end.shape[0] != n_nodes or centre.shape[0] != n_nodes or centre.shape[1] != width:
        raise ValueError("start, end and centre are of different numbers of nodes")
    if np.min(start) < 0 or np.max(end) > searched.targets.n:
        raise ValueError("nodes reach beyond the rows")
    out = np.empty(n_nodes)
    cdef double[::1] radius = out
    for v in prange(n_nodes, nogil=True, schedule="dynamic", chunksize=16, num_threads=n_threads):
        search_kernels().ball(
            &searched.measure, searched.targets.rows + start[v] * width, end[v] - start[v],
            member, &centre[v, 0], &radius[v])
    return out
