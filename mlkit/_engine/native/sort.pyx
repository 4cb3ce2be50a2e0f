# distutils: extra_compile_args = -O3
"""Sorting rows by a key in linear time, and what metrics of rankings sum over sorted rows.

A stable radix sort: rows with equal keys keep their order, −0 equals 0, and NaN comes last (first
where the order descends). The result is the same for any number of threads.
"""

from threading import Thread

import numpy as np

from libc.stdint cimport int64_t, uint8_t, uint64_t

ctypedef fused key_t:
    float
    double
    int64_t
    uint64_t

ctypedef fused real_t:
    float
    double

cdef extern from "sort.hpp" namespace "mlkit_sort" nogil:
    void argsort_rows "mlkit_sort::argsort"[T](
        const T*, Py_ssize_t, bint, int, Py_ssize_t*) except +
    cdef cppclass Rows[T]:
        const T* score
        const uint8_t* positive
        const double* weight
        Py_ssize_t n
        int n_threads
    cdef cppclass Halves[T]:
        const T* low
        const T* high
        Py_ssize_t n_low, n_high
    void split_rows "mlkit_sort::split"[T](const T*, const uint8_t*, Py_ssize_t, T*, T*)
    Py_ssize_t counts_of "mlkit_sort::running_counts"[S, T](
        const S&, double*, double*, T*) except +
    Py_ssize_t bends_of "mlkit_sort::running_bends"[S, T](
        const S&, double*, double*, T*) except +
    double area_of "mlkit_sort::roc_area"[S](const S&, double*) except +
    double precision_of "mlkit_sort::precision_area"[S](const S&, double*) except +

# Rows are numbered by 32 bits while they are sorted.
MOST_ROWS = 2**32 - 1


def _argsort(const key_t[::1] x, bint descending, int n_threads):
    cdef Py_ssize_t n = x.shape[0]
    order = np.empty(n, dtype=np.intp)
    cdef Py_ssize_t[::1] view = order
    if n:
        with nogil:
            argsort_rows(&x[0], n, descending, n_threads, &view[0])
    return order


def _sortable(x):
    """x as a contiguous vector of a dtype that the kernels read; the order is kept."""
    x = np.asarray(x)
    kind, size = x.dtype.kind, x.dtype.itemsize
    if x.ndim != 1:
        raise ValueError(f"argsort takes a vector; got an array of shape {x.shape}")
    if kind == "f" and size <= 8:
        dtype = np.float64 if size == 8 else np.float32
    elif kind in "bi" or (kind == "u" and size < 8):
        dtype = np.int64
    elif kind == "u":
        dtype = np.uint64
    else:
        raise ValueError(f"argsort takes numbers of at most 8 bytes; got {x.dtype}")
    if len(x) > MOST_ROWS:
        raise ValueError(f"argsort takes at most {MOST_ROWS} rows; got {len(x)}")
    return np.ascontiguousarray(x, dtype=dtype)


def argsort(x, *, bint descending=False, int n_threads=1):
    """Rows in increasing order of x; equal ones in the order in which they come.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Bool, integer or floating, of at most 8 bytes. NaN comes last.
    descending : bool, default False
        Greatest first, NaN before all; equal rows still in the order in which they come.
    n_threads : int, default 1

    Returns
    -------
    ndarray of intp, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.sort import argsort
    >>> argsort(np.array([2.0, 1.0, 2.0, -1.0])).tolist()
    [3, 1, 0, 2]
    >>> argsort(np.array([2.0, 1.0, 2.0, -1.0]), descending=True).tolist()
    [0, 2, 1, 3]
    """
    return _argsort(_sortable(x), descending, n_threads)


def _ranking(score, positive, weight):
    """Scores, labels and weights as the kernels read them."""
    score = np.asarray(score)
    score = np.ascontiguousarray(score, np.float32 if score.dtype == np.float32 else np.float64)
    positive = np.ascontiguousarray(positive, dtype=bool).view(np.uint8)
    if weight is not None:
        weight = np.ascontiguousarray(weight, dtype=np.float64)
    shapes = {each.shape for each in (score, positive, weight) if each is not None}
    if shapes != {(len(score),)} or not 0 < len(score) <= MOST_ROWS:
        raise ValueError(f"scores, labels and weights must be vectors of one length: {shapes}")
    return score, positive, weight


def _halves(const real_t[::1] score, const uint8_t[::1] positive, int n_threads):
    """Sorted scores of the negative and of the positive rows, each after an entry of −∞.

    NumPy sorts bare numbers with the widest registers that there are, twice as quickly as rows
    can be sorted by a key.
    """
    cdef Py_ssize_t n = score.shape[0], n_high = np.count_nonzero(positive)
    dtype = np.float32 if real_t is float else np.float64
    # One entry more, for what is written and not kept.
    low, high = np.empty(n - n_high + 2, dtype=dtype), np.empty(n_high + 2, dtype=dtype)
    cdef real_t[::1] low_view = low, high_view = high
    with nogil:
        split_rows(&score[0], &positive[0], n, &low_view[0], &high_view[0])
    low, high = low[:n - n_high + 1], high[:n_high + 1]
    if n_threads > 1:
        beside = Thread(target=low[1:].sort)
        beside.start()
        high[1:].sort()
        beside.join()
    else:
        low[1:].sort()
        high[1:].sort()
    # NaN is sorted to the end.
    if np.isnan(low_view[n - n_high]) or np.isnan(high_view[n_high]):
        raise ValueError("score has NaN, which is neither above nor below a threshold")
    return low, high


cdef Halves[real_t] as_halves(const real_t[::1] low, const real_t[::1] high) noexcept:
    cdef Halves[real_t] halves
    halves.low, halves.high = &low[0], &high[0]
    halves.n_low, halves.n_high = low.shape[0] - 1, high.shape[0] - 1
    return halves


cdef Rows[real_t] as_rows(
    const real_t[::1] score, const uint8_t[::1] positive, const double[::1] weight, int n_threads,
) noexcept:
    cdef Rows[real_t] rows
    rows.score, rows.positive, rows.weight = &score[0], &positive[0], &weight[0]
    rows.n, rows.n_threads = score.shape[0], n_threads
    return rows


def _counts(const real_t[::1] score, const uint8_t[::1] positive, const double[::1] weight,
            bint bends, int n_threads):
    """Counts and thresholds with a place before them, of 0, 0 and infinity."""
    cdef Py_ssize_t n = score.shape[0], m
    cdef Halves[real_t] halves
    cdef Rows[real_t] rows
    fps, tps = np.empty(n + 1), np.empty(n + 1)
    thresholds = np.empty(n + 1, dtype=np.float32 if real_t is float else np.float64)
    cdef double[::1] fps_view = fps, tps_view = tps
    cdef real_t[::1] thresholds_view = thresholds
    fps[0] = tps[0] = 0.0
    thresholds[0] = np.inf
    cdef double* fp = &fps_view[0] + 1
    cdef double* tp = &tps_view[0] + 1
    cdef real_t* threshold = &thresholds_view[0] + 1
    if weight is None:
        low, high = _halves(score, positive, n_threads)
        halves = as_halves[real_t](low, high)
        with nogil:
            m = bends_of(halves, fp, tp, threshold) if bends else (
                counts_of(halves, fp, tp, threshold))
    else:
        rows = as_rows[real_t](score, positive, weight, n_threads)
        with nogil:
            m = bends_of(rows, fp, tp, threshold) if bends else (
                counts_of(rows, fp, tp, threshold))
    counts = fps[:m + 1], tps[:m + 1], thresholds[:m + 1]
    # What was reserved and not touched costs no memory, unless it is most of an array.
    return counts if 4 * m >= n else tuple(each.copy() for each in counts)


def running_counts(score, positive, weight=None, *, int n_threads=1):
    """Weight of the negative and of the positive rows whose score reaches each threshold.

    Parameters
    ----------
    score : ndarray of shape (n,)
        float32 is read as it is, anything else as float64; without NaN.
    positive : ndarray of bool, shape (n,)
    weight : ndarray of shape (n,), default None
        None is a weight of 1.
    n_threads : int, default 1

    Returns
    -------
    fps, tps : ndarrays of float64, shape (n_thresholds,)
    thresholds : ndarray of shape (n_thresholds,)
        The distinct scores, decreasing.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.sort import running_counts
    >>> fps, tps, thresholds = running_counts(np.array([1.0, 3.0, 3.0]), np.array([0, 1, 0]))
    >>> fps.tolist(), tps.tolist(), thresholds.tolist()
    ([1.0, 2.0], [1.0, 1.0], [3.0, 1.0])
    """
    counts = _counts(*_ranking(score, positive, weight), False, n_threads)
    return tuple(each[1:] for each in counts)


def roc_points(score, positive, weight=None, *, bint bends=True, int n_threads=1):
    """`running_counts` after the point (0, 0) at the threshold ∞.

    With `bends` without the points between equal steps. Other parameters as there.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.sort import roc_points
    >>> fps, tps, thresholds = roc_points(np.arange(4.0), np.array([0, 1, 1, 1]))
    >>> fps.tolist(), tps.tolist(), thresholds.tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 3.0, 3.0], [inf, 3.0, 1.0, 0.0])
    """
    return _counts(*_ranking(score, positive, weight), bends, n_threads)


def _area(const real_t[::1] score, const uint8_t[::1] positive, const double[::1] weight,
          bint precision, int n_threads):
    cdef double totals[2]
    cdef double area
    cdef Halves[real_t] halves
    cdef Rows[real_t] rows
    if weight is None:
        low, high = _halves(score, positive, n_threads)
        halves = as_halves[real_t](low, high)
        with nogil:
            area = precision_of(halves, totals) if precision else area_of(halves, totals)
    else:
        rows = as_rows[real_t](score, positive, weight, n_threads)
        with nogil:
            area = precision_of(rows, totals) if precision else area_of(rows, totals)
    return area, totals[0], totals[1]


def roc_area(score, positive, weight=None, *, int n_threads=1):
    """Return (A, N, P): the area under the curve of `running_counts`, and the last of each.

    ``A / (N P)`` is the share of pairs of a negative and a positive row that the score puts in
    order, ties counting half. Parameters are those of `running_counts`.
    """
    return _area(*_ranking(score, positive, weight), False, n_threads)


def precision_area(score, positive, weight=None, *, int n_threads=1):
    """Return (A, N, P) with A the sum over thresholds of the precision times what tps gained.

    ``A / P`` is the average precision. Parameters are those of `running_counts`.
    """
    return _area(*_ranking(score, positive, weight), True, n_threads)
