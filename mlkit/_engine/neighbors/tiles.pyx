"""Distances of all pairs of rows, and their sums by group, over tiles that stay in cache.

Differences are taken entry by entry, in float64, so that close rows far from the origin keep all
their digits. A row's result depends on that row and the targets alone: the number of threads
changes no bit.
"""

import numpy as np

from cython.parallel cimport prange

cdef extern from "tiles.hpp" nogil:
    enum: TILE_LANES
    enum: TILE_QUERIES
    enum: TILE_SIDE
    void tile_distances(const double*, Py_ssize_t, const double*, Py_ssize_t, Py_ssize_t, int,
                        double*, Py_ssize_t)
    void tile_sums(const double*, Py_ssize_t, const double*, const Py_ssize_t*, const Py_ssize_t*,
                   Py_ssize_t, Py_ssize_t, int, double*)
    void tile_pair_sums(const double*, const double*, Py_ssize_t, const Py_ssize_t*,
                        const Py_ssize_t*, Py_ssize_t, Py_ssize_t, int, double*)
    void tile_mirror(const double*, Py_ssize_t, const double*, Py_ssize_t, Py_ssize_t, int,
                     double*, double*, Py_ssize_t)

METRICS = {"sqeuclidean": 0, "euclidean": 1, "manhattan": 2, "chebyshev": 3}

# Entries of a tile of targets: 256 KiB, half of a small second-level cache.
cdef enum:
    TILE_ENTRIES = 1 << 15

# Rows for which a tile is read from that cache.
cdef enum:
    TILE_ROWS = 32

# Accumulators of `pair_sums`, and so the threads that it can use.
cdef enum:
    PAIR_PARTS = 8
PAIR_MEMORY = PAIR_PARTS


def _pack(Y, size):
    """Rows of Y by group, in blocks as tiles.hpp says; return them and where groups start."""
    n_blocks = -(-size // TILE_LANES)
    start = np.concatenate([[0], np.cumsum(n_blocks)]).astype(np.intp)
    padded = np.zeros((start[-1] * TILE_LANES, Y.shape[1]))
    if len(size) == 1:
        padded[:len(Y)] = Y
    else:
        first = np.concatenate([[0], np.cumsum(size)])[:-1]
        shift = np.repeat(start[:-1] * TILE_LANES - first, size)
        padded[np.arange(len(Y)) + shift] = Y
    blocks = padded.reshape(-1, TILE_LANES, Y.shape[1])
    return np.ascontiguousarray(blocks.transpose(0, 2, 1)), start[:-1].copy(), padded


def _rows(X, Y, metric):
    X, Y = np.ascontiguousarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    if X.ndim != 2 or Y.ndim != 2 or X.shape[1] != Y.shape[1]:
        raise ValueError(f"X and Y must be matrices of one width, got {X.shape} and {Y.shape}")
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r}: tiles know {sorted(METRICS)}")
    return X, Y


cdef void fill(
    const double[:, ::1] X, const double[:, :, ::1] packed, int metric, Py_ssize_t task,
    double[:, ::1] out,
) noexcept nogil:
    """Some rows of out: those of one task, all tiles of targets."""
    cdef Py_ssize_t first = task * TILE_ROWS, d = X.shape[1], n = out.shape[1], tile, block
    cdef Py_ssize_t n_queries, query, n_blocks = max(TILE_ENTRIES // (TILE_LANES * d), 1)
    cdef Py_ssize_t last = min(first + TILE_ROWS, X.shape[0])
    for tile in range((packed.shape[0] + n_blocks - 1) // n_blocks):
        block = tile * n_blocks
        query = first
        while query < last:
            n_queries = min(<Py_ssize_t>TILE_QUERIES, last - query)
            tile_distances(
                &X[query, 0], n_queries, &packed[block, 0, 0],
                min(n_blocks * TILE_LANES, n - block * TILE_LANES), d, metric,
                &out[query, block * TILE_LANES], n,
            )
            query += n_queries


cdef void fill_both(
    const double[:, ::1] X, const double[:, :, ::1] packed, int metric, Py_ssize_t band,
    double[:, ::1] out,
) noexcept nogil:
    """A band of rows of a symmetric out from the diagonal on, and the columns they mirror."""
    cdef Py_ssize_t first = band * TILE_SIDE, n = X.shape[0], d = X.shape[1], tile, to
    cdef Py_ssize_t n_rows = min(<Py_ssize_t>TILE_SIDE, n - first)
    for tile in range(band, (n + TILE_SIDE - 1) // TILE_SIDE):
        to = tile * TILE_SIDE
        tile_mirror(
            &X[first, 0], n_rows, &packed[to // TILE_LANES, 0, 0],
            min(<Py_ssize_t>TILE_SIDE, n - to), d, metric, &out[first, to], &out[to, first], n,
        )


def distances(X, Y, metric, out=None, int n_threads=1):
    """Distance of each row of X from each row of Y; of X from itself, each is computed once.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
    Y : ndarray of shape (m, n_columns)
    metric : {"sqeuclidean", "euclidean", "manhattan", "chebyshev"}
    out : ndarray of float64, shape (n, m), default None
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, m)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.tiles import distances
    >>> distances(np.zeros((1, 2)), np.array([[3.0, 4.0]]), "euclidean")
    array([[5.]])
    """
    same = X is Y
    X, Y = _rows(X, Y, metric)
    if out is None:
        out = np.empty((len(X), len(Y)))
    elif out.shape != (len(X), len(Y)):
        raise ValueError(f"out has shape {out.shape}, not {(len(X), len(Y))}")
    if not out.size:
        return out
    if not X.shape[1]:
        out[:] = 0
        return out
    packed, _, _ = _pack(Y, np.array([len(Y)]))
    cdef const double[:, ::1] x = X
    cdef const double[:, :, ::1] y = packed
    cdef double[:, ::1] to = out
    cdef int code = METRICS[metric]
    cdef Py_ssize_t task
    if same:
        for task in prange((x.shape[0] + TILE_SIDE - 1) // TILE_SIDE, nogil=True,
                           schedule="dynamic", chunksize=1, num_threads=n_threads):
            fill_both(x, y, code, task, to)
        return out
    for task in prange((x.shape[0] + TILE_ROWS - 1) // TILE_ROWS, nogil=True,
                       schedule="dynamic", chunksize=1, num_threads=n_threads):
        fill(x, y, code, task, to)
    return out


def distance_sums(X, Y, size, metric, int n_threads=1):
    """Sum of the distances of each row of X from the rows of each group of Y.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
    Y : ndarray of shape (m, n_columns)
        Its first ``size[0]`` rows are the first group, and so on.
    size : ndarray of int, shape (n_groups,)
    metric : {"sqeuclidean", "euclidean", "manhattan", "chebyshev"}
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, n_groups)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.tiles import distance_sums
    >>> Y = np.array([[1.0], [2.0], [5.0]])
    >>> distance_sums(np.zeros((1, 1)), Y, np.array([2, 1]), "manhattan")
    array([[3., 5.]])
    """
    X, Y = _rows(X, Y, metric)
    size = np.ascontiguousarray(size, dtype=np.intp)
    if size.ndim != 1 or (size < 0).any() or size.sum() != len(Y):
        raise ValueError(f"sizes of groups must sum to the {len(Y)} rows of Y: {size}")
    out = np.zeros((len(X), len(size)))
    if not out.size or not Y.size:
        return out
    packed, start, _ = _pack(Y, size)
    cdef const double[:, ::1] x = X
    cdef const double[:, :, ::1] y = packed
    cdef const Py_ssize_t[::1] starts = start, sizes = size
    cdef double[:, ::1] to = out
    cdef int code = METRICS[metric]
    cdef Py_ssize_t task
    for task in prange((x.shape[0] + TILE_QUERIES - 1) // TILE_QUERIES, nogil=True,
                       schedule="dynamic", chunksize=8, num_threads=n_threads):
        tile_sums(
            &x[task * TILE_QUERIES, 0],
            min(<Py_ssize_t>TILE_QUERIES, x.shape[0] - task * TILE_QUERIES), &y[0, 0, 0],
            &starts[0], &sizes[0], sizes.shape[0], x.shape[1], code, &to[task * TILE_QUERIES, 0],
        )
    return out


cdef void add_pairs(
    const double[:, ::1] X, const double[:, :, ::1] packed, const Py_ssize_t[::1] group,
    const Py_ssize_t[::1] size, int metric, Py_ssize_t part, double[:, :, ::1] out,
) noexcept nogil:
    """The blocks dealt to one accumulator."""
    cdef Py_ssize_t own = part
    while own < packed.shape[0]:
        tile_pair_sums(&X[0, 0], &packed[0, 0, 0], own, &group[0], &size[0], packed.shape[0],
                       X.shape[1], metric, &out[part, 0, 0])
        own += PAIR_PARTS


def pair_sums(X, size, metric, int n_threads=1):
    """`distance_sums` of X from itself, each distance computed once.

    Takes memory of PAIR_MEMORY times the result: blocks of rows are dealt to as many accumulators,
    which are added in order, so that the number of threads changes no bit.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
        Its first ``size[0]`` rows are the first group, and so on.
    size : ndarray of int, shape (n_groups,)
    metric : {"sqeuclidean", "euclidean", "manhattan", "chebyshev"}
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, n_groups)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.tiles import pair_sums
    >>> pair_sums(np.array([[1.0], [2.0], [5.0]]), np.array([2, 1]), "manhattan")
    array([[1., 4.],
           [1., 3.],
           [7., 0.]])
    """
    X, _ = _rows(X, X, metric)
    size = np.ascontiguousarray(size, dtype=np.intp)
    if size.ndim != 1 or (size < 0).any() or size.sum() != len(X):
        raise ValueError(f"sizes of groups must sum to the {len(X)} rows of X: {size}")
    if not X.size:
        return np.zeros((len(X), len(size)))
    packed, start, padded = _pack(X, size)
    n_blocks = len(packed)
    group = np.repeat(np.arange(len(size)), -(-size // TILE_LANES))
    filled = np.minimum(size[group] - (np.arange(n_blocks) - start[group]) * TILE_LANES, TILE_LANES)
    parts = np.zeros((PAIR_PARTS, len(size), n_blocks * TILE_LANES))
    cdef const double[:, ::1] x = padded
    cdef const double[:, :, ::1] y = packed
    cdef const Py_ssize_t[::1] groups = group, sizes = filled
    cdef double[:, :, ::1] to = parts
    cdef int code = METRICS[metric]
    cdef Py_ssize_t part
    for part in prange(PAIR_PARTS, nogil=True, schedule="dynamic", chunksize=1,
                       num_threads=n_threads):
        add_pairs(x, y, groups, sizes, code, part, to)
    held = np.arange(n_blocks * TILE_LANES) % TILE_LANES < np.repeat(filled, TILE_LANES)
    return parts.sum(axis=0)[:, held].T
