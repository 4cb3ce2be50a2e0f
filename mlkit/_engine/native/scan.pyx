"""Scans of dense columns: moments and extremes, in one pass over memory.

X is cut into a grid of tiles that depends on its shape alone. A tile's moments are computed in
two passes while it is in cache, and the tiles of a column are combined from the first row to the
last (Chan, Golub & LeVeque, 1979), so that results do not depend on the number of threads.
"""

import numpy as np

from cython.parallel cimport prange

ctypedef fused real_t:
    float
    double

cdef extern from "scan.hpp" nogil:
    cdef cppclass ScanBlock[T]:
        const T* x
        Py_ssize_t n_rows, n_columns, row_step, column_step
        const double* weight
        bint skip_nan
    void scan_moments(const ScanBlock[float]&, double*, double*, double*)
    void scan_moments(const ScanBlock[double]&, double*, double*, double*)
    void scan_range(const ScanBlock[float]&, float*, float*)
    void scan_range(const ScanBlock[double]&, double*, double*)

# A tile is at most 256 KiB of doubles: it stays in the second-level cache for its second pass.
cdef enum:
    TILE_ENTRIES = 32768
    TILE_COLUMNS = 128
    LEAST_ROWS = 64


cdef struct Grid:
    Py_ssize_t rows, columns        # of a tile
    Py_ssize_t n_down, n_across     # tiles


cdef Grid make_grid(const real_t[:, :] X) noexcept nogil:
    """Tiles of X, one column wide where columns are contiguous."""
    cdef Grid grid
    cdef Py_ssize_t n_rows = X.shape[0], n_columns = X.shape[1], size = sizeof(real_t)
    cdef bint by_column = X.strides[0] == size and (X.strides[1] != size or n_columns == 1)
    grid.columns = 1 if by_column else max(1, min(n_columns, TILE_COLUMNS))
    grid.rows = max(LEAST_ROWS, TILE_ENTRIES // grid.columns)
    grid.n_down = (n_rows + grid.rows - 1) // grid.rows
    grid.n_across = (n_columns + grid.columns - 1) // grid.columns
    return grid


cdef void set_tile(
    ScanBlock[real_t]& block, const real_t[:, :] X, const double* weight, const Grid& grid,
    Py_ssize_t down, Py_ssize_t across,
) noexcept nogil:
    """Make `block` the tile (down, across) of X."""
    cdef Py_ssize_t row = down * grid.rows, column = across * grid.columns
    block.row_step = X.strides[0] // <Py_ssize_t>sizeof(real_t)
    block.column_step = X.strides[1] // <Py_ssize_t>sizeof(real_t)
    block.x = &X[0, 0] + row * block.row_step + column * block.column_step
    block.n_rows = min(grid.rows, X.shape[0] - row)
    block.n_columns = min(grid.columns, X.shape[1] - column)
    block.weight = NULL
    if weight != NULL:
        block.weight = weight + row


cdef void moments_of_tile(
    const real_t[:, :] X, const double* weight, bint skip_nan, const Grid& grid, Py_ssize_t task,
    double[:, ::1] total, double[:, ::1] mean, double[:, ::1] spread,
) noexcept nogil:
    cdef ScanBlock[real_t] block
    cdef Py_ssize_t down = task // grid.n_across, across = task % grid.n_across
    cdef Py_ssize_t column = across * grid.columns
    set_tile(block, X, weight, grid, down, across)
    block.skip_nan = skip_nan
    scan_moments(block, &total[down, column], &mean[down, column], &spread[down, column])


cdef void combine_down(
    const double[:, ::1] total, const double[:, ::1] mean, const double[:, ::1] spread,
    double[::1] total_out, double[::1] mean_out, double[::1] spread_out,
) noexcept nogil:
    """Moments of whole columns from those of their tiles, first to last."""
    cdef Py_ssize_t down, j
    cdef double weight, away, share
    for down in range(total.shape[0]):
        for j in range(total.shape[1]):
            weight = total[down, j]
            if weight == 0.0:
                continue
            away = mean[down, j] - mean_out[j]
            share = weight / (total_out[j] + weight)
            spread_out[j] += spread[down, j] + away * away * total_out[j] * share
            mean_out[j] += away * share
            total_out[j] += weight


def _moments(const real_t[:, :] X, const double[::1] weight, bint skip_nan, int n_threads):
    cdef Py_ssize_t n_columns = X.shape[1], task
    cdef Grid grid = make_grid(X)
    cdef const double* w = NULL
    if weight is not None:
        w = &weight[0]
    total, mean, spread = np.empty((3, grid.n_down, n_columns))
    cdef double[:, ::1] total_view = total, mean_view = mean, spread_view = spread
    out = np.zeros((3, n_columns))
    cdef double[:, ::1] out_view = out
    with nogil:
        for task in prange(grid.n_down * grid.n_across, schedule="dynamic", num_threads=n_threads):
            moments_of_tile(X, w, skip_nan, grid, task, total_view, mean_view, spread_view)
        combine_down(total_view, mean_view, spread_view, out_view[0], out_view[1], out_view[2])
    return out


def _range(const real_t[:, :] X, int n_threads):
    cdef Py_ssize_t n_columns = X.shape[1], task
    cdef Grid grid = make_grid(X)
    dtype = np.float32 if real_t is float else np.float64
    least, greatest = np.empty((2, grid.n_down, n_columns), dtype=dtype)
    cdef real_t[:, ::1] least_view = least, greatest_view = greatest
    with nogil:
        for task in prange(grid.n_down * grid.n_across, schedule="dynamic", num_threads=n_threads):
            range_of_tile(X, grid, task, least_view, greatest_view)
    return least.min(axis=0), greatest.max(axis=0)


cdef void range_of_tile(
    const real_t[:, :] X, const Grid& grid, Py_ssize_t task,
    real_t[:, ::1] least, real_t[:, ::1] greatest,
) noexcept nogil:
    cdef ScanBlock[real_t] block
    cdef Py_ssize_t down = task // grid.n_across, across = task % grid.n_across
    cdef Py_ssize_t column = across * grid.columns
    set_tile(block, X, NULL, grid, down, across)
    scan_range(block, &least[down, column], &greatest[down, column])


def _scannable(X):
    """X with float32 or float64 entries, rows or columns contiguous; a copy only where it must."""
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must have 2 dimensions, got {X.ndim}")
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    X = np.asarray(X, dtype=np.dtype(dtype).newbyteorder("="))
    fits = X.flags.aligned and X.itemsize in X.strides
    return X if fits else np.ascontiguousarray(X)


def column_moments(X, weight=None, *, skip_nan=False, int n_threads=1):
    """Return Σw, Σwx / Σw and Σw(x − mean)² of each column.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        float32 and float64 are read as they are, in any order; others are converted.
    weight : ndarray of shape (n_rows,), default None
        None is a weight of 1.
    skip_nan : bool, default False
        Leave NaN out; otherwise a column with NaN has NaN as mean.
    n_threads : int, default 1

    Returns
    -------
    total, mean, spread : ndarrays of float64, shape (n_columns,)
        The mean of a column without weight is NaN, its spread 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.native.scan import column_moments
    >>> total, mean, spread = column_moments(np.array([[1.0], [2.0], [6.0]]))
    >>> float(mean[0]), float(spread[0] / total[0])
    (3.0, 4.666666666666667)
    """
    X = _scannable(X)
    if weight is not None:
        weight = np.ascontiguousarray(weight, dtype=np.float64)
        if weight.shape != X.shape[:1]:
            raise ValueError(f"weight has shape {weight.shape}, X has {X.shape[0]} rows")
    if X.size == 0:
        total, mean, spread = np.zeros((3, X.shape[1]))
    else:
        total, mean, spread = _moments(X, weight, skip_nan, n_threads)
    mean[total == 0] = np.nan
    return total, mean, spread


def column_range(X, *, int n_threads=1):
    """Return the least and the greatest entry of each column, NaN left out.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    n_threads : int, default 1

    Returns
    -------
    least, greatest : ndarrays of shape (n_columns,)
        In the dtype of X (float64 unless that is float32); NaN for a column without entries.
    """
    X = _scannable(X)
    if X.size == 0:
        return tuple(np.full((2, X.shape[1]), np.nan, dtype=X.dtype))
    least, greatest = _range(X, n_threads)
    empty = least > greatest
    least[empty] = greatest[empty] = np.nan
    return least, greatest
