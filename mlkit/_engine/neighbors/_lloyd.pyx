# distutils: depends = mlkit/_engine/neighbors/lloyd.hpp
"""One round of k-means over chunks of rows, and the passes that seed it.

Rows are cut into chunks by the shape of the data alone and the sums of chunks are added in their
order: the number of threads changes no bit.
"""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t

cdef extern from "lloyd.hpp" nogil:
    enum: LLOYD_LANES
    cdef cppclass Centres[T]:
        const T* packed
        const T* level
        Py_ssize_t n_blocks
        Py_ssize_t k
        Py_ssize_t d
    cdef cppclass Gathered[T]:
        const T* weight
        double* sums
        double* totals
    cdef cppclass Bounds[T]:
        T* upper
        T* lower
        const T* moved
        const T* block_moved
        const T* centres
    void lloyd_assign[T](const T*, Py_ssize_t, const Centres[T]&, const Gathered[T]&, int32_t*)
    void lloyd_bounded[T](const T*, Py_ssize_t, const Centres[T]&, const Gathered[T]&,
                          const Bounds[T]&, int32_t*)
    void lloyd_own[T](const T*, Py_ssize_t, Py_ssize_t, const T*, const int32_t*, double*)
    void lloyd_seed[T](const T*, Py_ssize_t, Py_ssize_t, const T*, Py_ssize_t, double*,
                       const double*, bint, double*)
    void lloyd_sparse[T](const T*, const int32_t*, const int32_t*, Py_ssize_t, Py_ssize_t,
                         const T*, const T*, Py_ssize_t, Py_ssize_t, T*, int32_t*)
    void lloyd_sparse[T](const T*, const int64_t*, const int64_t*, Py_ssize_t, Py_ssize_t,
                         const T*, const T*, Py_ssize_t, Py_ssize_t, T*, int32_t*)

ctypedef fused real_t:
    float
    double

ctypedef fused index_t:
    int32_t
    int64_t

LANES = LLOYD_LANES

cdef enum:
    CHUNK = 4096            # rows of a task where nothing is summed
    MOST_CHUNKS = 64        # tasks of a round: each has sums of its own
    SUMS_BYTES = 1 << 26    # that all sums together may take


def pack(rows):
    """Rows in blocks of LANES, column by column; what fills up the last block is 0."""
    n, d = rows.shape
    padded = np.zeros((-(-n // LLOYD_LANES) * LLOYD_LANES, d), dtype=rows.dtype)
    padded[:n] = rows
    blocks = padded.reshape(-1, LLOYD_LANES, d)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1))


def levels(centres):
    """``−‖c‖²/2`` of each centre, and −∞ for those that fill up the last block."""
    k = len(centres)
    level = np.full(-(-k // LLOYD_LANES) * LLOYD_LANES, -np.inf, dtype=centres.dtype)
    wide = centres.astype(np.float64, copy=False)
    level[:k] = -0.5 * np.einsum("kj,kj->k", wide, wide)
    return level


def n_chunks(Py_ssize_t n, Py_ssize_t k, Py_ssize_t d):
    """Chunks that rows are cut into where each has sums of its own."""
    by_rows = min(-(-n // CHUNK), MOST_CHUNKS)
    by_bytes = max(1, SUMS_BYTES // (8 * max(1, k * d)))
    return max(1, min(by_rows, by_bytes))


cdef Centres[real_t] as_centres(
    const real_t[:, :, ::1] packed, const real_t[::1] level, Py_ssize_t k
) noexcept:
    cdef Centres[real_t] c
    c.packed = &packed[0, 0, 0]
    c.level = &level[0]
    c.n_blocks, c.k, c.d = packed.shape[0], k, packed.shape[1]
    return c


cdef Gathered[real_t] gathered(
    const real_t[::1] weight, double[:, :, ::1] sums, double[:, ::1] totals, Py_ssize_t chunk,
    Py_ssize_t first,
) noexcept nogil:
    cdef Gathered[real_t] g
    g.weight = &weight[first] if weight is not None else NULL
    g.sums = &sums[chunk, 0, 0] if sums is not None else NULL
    g.totals = &totals[chunk, 0] if totals is not None else NULL
    return g


cdef inline Py_ssize_t cut(Py_ssize_t n, Py_ssize_t i, Py_ssize_t parts) noexcept nogil:
    """First row of part i of n rows."""
    return n // parts * i + min(i, n % parts)


def assign(
    const real_t[:, ::1] X, const real_t[:, ::1] centres, const real_t[::1] weight,
    int32_t[::1] labels, double[:, :, ::1] sums, double[:, ::1] totals, int n_threads=1,
):
    """Label each row with its nearest centre and, where wanted, sum the rows of each.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    centres : ndarray of shape (k, d), of the dtype of X
    weight : ndarray of shape (n,) or None
    labels : ndarray of int32, shape (n,)
        Written.
    sums : ndarray of shape (n_chunks, k, d) or None
        Written: ``Σ w x`` of each chunk and centre.
    totals : ndarray of shape (n_chunks, k) or None
        Written: ``Σ w``.
    n_threads : int, default 1
    """
    cdef Py_ssize_t n = X.shape[0], d = X.shape[1], k = centres.shape[0], parts, i, first
    if centres.shape[1] != d or labels.shape[0] != n or k == 0 or d == 0:
        raise ValueError("X, centres and labels do not fit one another")
    if weight is not None and weight.shape[0] != n:
        raise ValueError(f"{weight.shape[0]} weights for {n} rows")
    if sums is not None and (totals is None or sums.shape[0] != totals.shape[0]
                             or sums.shape[1] != k or sums.shape[2] != d or totals.shape[1] != k):
        raise ValueError("sums and totals must be of shape (n_chunks, k, d) and (n_chunks, k)")
    parts = sums.shape[0] if sums is not None else max(1, (n + CHUNK - 1) // CHUNK)
    cdef const real_t[:, :, ::1] packed = pack(np.asarray(centres))
    cdef const real_t[::1] level = levels(np.asarray(centres))
    cdef Centres[real_t] c = as_centres(packed, level, k)
    if sums is not None:
        sums[...] = 0
        totals[...] = 0
    if n == 0:
        return
    for i in prange(parts, nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads):
        first = cut(n, i, parts)
        if first < n:
            lloyd_assign(&X[first, 0], cut(n, i + 1, parts) - first, c,
                         gathered(weight, sums, totals, i, first), &labels[first])


def bounded(
    const real_t[:, ::1] X, const real_t[:, ::1] centres, const real_t[::1] weight,
    int32_t[::1] labels, double[:, :, ::1] sums, double[:, ::1] totals, real_t[::1] upper,
    real_t[:, ::1] lower, const real_t[::1] moved, const real_t[::1] block_moved, int n_threads=1,
):
    """As `assign`, by bounds of distances; sums and totals change by the rows that move.

    Parameters
    ----------
    X, centres, weight, labels, sums, totals
        As in `assign`; labels are −1 and sums 0 before the first round, and both are kept.
    upper : ndarray of shape (n,)
        Bound of the distance from the own centre, kept between rounds.
    lower : ndarray of shape (n, n_blocks)
        Bounds of the distances from other centres, by block; 0 before the first round.
    moved : ndarray of shape (k,)
        How far each centre moved since the last round.
    block_moved : ndarray of shape (n_blocks,)
        The most of each block.
    n_threads : int, default 1
    """
    cdef Py_ssize_t n = X.shape[0], d = X.shape[1], k = centres.shape[0], i, first
    cdef Py_ssize_t parts = sums.shape[0]
    cdef Py_ssize_t n_blocks = (k + LLOYD_LANES - 1) // LLOYD_LANES
    if (centres.shape[1] != d or labels.shape[0] != n or k == 0 or d == 0 or n == 0
            or sums.shape[1] != k or sums.shape[2] != d or totals.shape[0] != parts
            or totals.shape[1] != k or upper.shape[0] != n or lower.shape[0] != n
            or lower.shape[1] != n_blocks or moved.shape[0] != k
            or block_moved.shape[0] != n_blocks
            or (weight is not None and weight.shape[0] != n)):
        raise ValueError("shapes of rows, centres, sums and bounds do not fit one another")
    cdef const real_t[:, :, ::1] packed = pack(np.asarray(centres))
    cdef const real_t[::1] level = levels(np.asarray(centres))
    cdef Centres[real_t] c = as_centres(packed, level, k)
    for i in prange(parts, nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads):
        first = cut(n, i, parts)
        if first < n:
            bound_chunk(X, centres, weight, labels, sums, totals, upper, lower, moved,
                        block_moved, c, i, first, cut(n, i + 1, parts))


cdef void bound_chunk(
    const real_t[:, ::1] X, const real_t[:, ::1] centres, const real_t[::1] weight,
    int32_t[::1] labels, double[:, :, ::1] sums, double[:, ::1] totals, real_t[::1] upper,
    real_t[:, ::1] lower, const real_t[::1] moved, const real_t[::1] block_moved,
    const Centres[real_t]& c, Py_ssize_t chunk, Py_ssize_t first, Py_ssize_t last,
) noexcept nogil:
    cdef Bounds[real_t] b
    b.upper, b.lower = &upper[first], &lower[first, 0]
    b.moved, b.block_moved, b.centres = &moved[0], &block_moved[0], &centres[0, 0]
    lloyd_bounded(&X[first, 0], last - first, c, gathered(weight, sums, totals, chunk, first), b,
                  &labels[first])


def own_squares(
    const real_t[:, ::1] X, const real_t[:, ::1] centres, const int32_t[::1] labels,
    int n_threads=1,
):
    """Squared distance of each row from the centre of its label, in float64."""
    cdef Py_ssize_t n = X.shape[0], d = X.shape[1], i, first
    cdef Py_ssize_t parts = max(1, (n + CHUNK - 1) // CHUNK)
    known = np.asarray(labels)
    if len(known) != n or centres.shape[1] != d:
        raise ValueError("X, centres and labels do not fit one another")
    if n and (known.min() < 0 or known.max() >= centres.shape[0]):
        raise ValueError(f"labels must be in 0 … {centres.shape[0] - 1}")
    out = np.zeros(n)
    if n == 0 or d == 0:
        return out
    cdef double[::1] to = out
    for i in prange(parts, nogil=True, schedule="dynamic", chunksize=4, num_threads=n_threads):
        first = cut(n, i, parts)
        if first < n:
            lloyd_own(&X[first, 0], cut(n, i + 1, parts) - first, d, &centres[0, 0],
                      &labels[first], &to[first])
    return out


def seed(
    const real_t[:, :, ::1] packed, const real_t[:, ::1] candidates, double[::1] closest,
    const double[::1] weight, bint keep=False, int n_threads=1,
):
    """``Σ w min(closest, ‖x − c‖²)`` of each candidate c; with `keep`, closest becomes the least.

    Parameters
    ----------
    packed : ndarray of shape (n_blocks, d, LANES)
        Rows as `pack` makes them.
    candidates : ndarray of shape (n_candidates, d)
    closest : ndarray of shape (n,)
        Squared distance of each row from the nearest centre so far.
    weight : ndarray of shape (n,) or None
    keep : bool, default False
        For one candidate.
    n_threads : int, default 1

    Returns
    -------
    ndarray of shape (n_candidates,)
    """
    cdef Py_ssize_t n = closest.shape[0], d = packed.shape[1], tried = candidates.shape[0]
    cdef Py_ssize_t i, first, step = CHUNK, parts = max(1, (n + CHUNK - 1) // CHUNK)
    if (packed.shape[2] != LLOYD_LANES or packed.shape[0] != (n + LLOYD_LANES - 1) // LLOYD_LANES
            or candidates.shape[1] != d or (keep and tried != 1) or n == 0 or d == 0
            or (weight is not None and weight.shape[0] != n)):
        raise ValueError("rows, candidates, distances and weights do not fit one another")
    pots = np.zeros((parts, tried))
    if tried == 0:
        return pots[0]
    cdef double[:, ::1] pot = pots
    cdef const double* w = &weight[0] if weight is not None else NULL
    for i in prange(parts, nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads):
        first = i * step
        lloyd_seed(&packed[first // LLOYD_LANES, 0, 0], min(step, n - first), d, &candidates[0, 0],
                   tried, &closest[first], w + first if w != NULL else NULL, keep, &pot[i, 0])
    # In the order of the chunks, which does not depend on how NumPy adds.
    return np.add.accumulate(pots, axis=0)[-1]


def assign_sparse(
    const real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr,
    const real_t[:, ::1] centres, int32_t[::1] labels, int n_threads=1,
):
    """Label each row of a CSR matrix with its nearest centre.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the matrix.
    centres : ndarray of shape (k, n_columns)
    labels : ndarray of int32, shape (n,)
        Written.
    n_threads : int, default 1
    """
    cdef Py_ssize_t n = indptr.shape[0] - 1, k = centres.shape[0], i, first
    cdef Py_ssize_t parts = max(1, min((n + 255) // 256, 4 * max(1, n_threads)))
    known = np.asarray(indptr)
    if (labels.shape[0] != n or k == 0 or indices.shape[0] != data.shape[0] or n < 0
            or known[0] != 0 or known[-1] > data.shape[0] or (np.diff(known) < 0).any()):
        raise ValueError("the matrix, centres and labels do not fit one another")
    stored = np.asarray(indices)
    if len(stored) and (stored.min() < 0 or stored.max() >= centres.shape[1]):
        raise ValueError(f"column indices must be in 0 … {centres.shape[1] - 1}")
    level_of = levels(np.asarray(centres))
    cdef const real_t[::1] level = level_of
    cdef Py_ssize_t width = level.shape[0]
    turned_of = np.zeros((max(1, centres.shape[1]), width), dtype=level_of.dtype)
    turned_of[:centres.shape[1], :k] = np.asarray(centres).T
    cdef const real_t[:, ::1] turned = turned_of
    cdef real_t[:, ::1] scores = np.empty((parts, width), dtype=level_of.dtype)
    cdef const real_t* values = &data[0] if data.shape[0] else NULL
    cdef const index_t* columns = &indices[0] if indices.shape[0] else NULL
    if n == 0:
        return
    for i in prange(parts, nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads):
        first = cut(n, i, parts)
        lloyd_sparse(values, columns, &indptr[0], first, cut(n, i + 1, parts), &turned[0, 0],
                     &level[0], k, width, &scores[i, 0], &labels[0])
