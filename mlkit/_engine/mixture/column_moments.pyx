"""Count, mean and squared deviations of columns over blocks of rows."""

from cython.parallel import prange

import numpy as np

ctypedef fused floating:
    float
    double

# A tile of this many values (64 KiB of doubles) is read twice, the second time from cache.
cdef enum:
    TILE = 8192


cdef inline void _tile(const floating* x, Py_ssize_t row_step, Py_ssize_t column_step,
                       Py_ssize_t n_rows, Py_ssize_t n_columns, const double* weight,
                       double* work) noexcept nogil:
    """Merge the rows of one tile into count, mean and squares, the first three rows of `work`.

    The deviations are taken about the tile's own mean, so no digit is lost to
    cancellation; the merge is Chan's. Three rows of scratch follow in `work`.
    """
    cdef Py_ssize_t i, j
    cdef const floating* row
    cdef double value, w, total, gap, share
    cdef double* count = work
    cdef double* mean = work + n_columns
    cdef double* squares = work + 2 * n_columns
    cdef double* tile_count = work + 3 * n_columns
    cdef double* tile_mean = work + 4 * n_columns
    cdef double* tile_squares = work + 5 * n_columns
    for j in range(3 * n_columns):
        tile_count[j] = 0.0
    for i in range(n_rows):
        row = x + i * row_step
        w = weight[i] if weight != NULL else 1.0
        for j in range(n_columns):
            value = row[j * column_step]
            tile_count[j] += w if value == value else 0.0
            tile_mean[j] += w * value if value == value else 0.0
    for j in range(n_columns):
        tile_mean[j] = tile_mean[j] / tile_count[j] if tile_count[j] > 0.0 else 0.0
    for i in range(n_rows):
        row = x + i * row_step
        w = weight[i] if weight != NULL else 1.0
        for j in range(n_columns):
            value = row[j * column_step]
            gap = value - tile_mean[j] if value == value else 0.0
            tile_squares[j] += w * gap * gap
    for j in range(n_columns):
        total = count[j] + tile_count[j]
        if total > 0.0:
            share = tile_count[j] / total
            gap = tile_mean[j] - mean[j]
            squares[j] += tile_squares[j] + gap * gap * count[j] * share
            mean[j] = tile_mean[j] if share == 1.0 else mean[j] + gap * share
            count[j] = total


cdef void _block(const floating* x, Py_ssize_t row_step, Py_ssize_t column_step,
                 Py_ssize_t n_rows, Py_ssize_t n_columns, const double* weight,
                 double* work) noexcept nogil:
    cdef Py_ssize_t start = 0, height = TILE // n_columns
    cdef const double* w
    if height < 16:
        height = 16
    while start < n_rows:
        w = weight + start if weight != NULL else NULL
        # The literal steps let the compiler use vector loads where columns are adjacent.
        if column_step == 1:
            _tile(x + start * row_step, row_step, 1, min(height, n_rows - start), n_columns, w, work)
        else:
            _tile(x + start * row_step, row_step, column_step, min(height, n_rows - start),
                  n_columns, w, work)
        start += height


def block_moments(X, weight, Py_ssize_t rows, double[:, :, ::1] out not None, int n_threads):
    """Write count, mean and squared deviations of each column into ``out[block]``.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns), any strides
    weight : contiguous ndarray of float64, shape (n_rows,), or None
    rows : int
        Rows a block; block b holds rows ``b·rows … (b + 1)·rows − 1``.
    out : ndarray of float64, shape (n_blocks, 3, n_columns)
    n_threads : int
        A block is one thread's alone, so the result does not depend on it.
    """
    if rows < 1 or out.shape[1] != 3 or out.shape[2] != X.shape[1]:
        raise ValueError("out must have shape (n_blocks, 3, n_columns) and rows be positive")
    if out.shape[0] * rows < X.shape[0]:
        raise ValueError(f"{out.shape[0]} blocks of {rows} rows do not cover {X.shape[0]} rows")
    if weight is not None and weight.shape[0] != X.shape[0]:
        raise ValueError(f"{weight.shape[0]} weights for {X.shape[0]} rows")
    work = np.zeros((out.shape[0], 6, out.shape[2]))
    if X.dtype == np.float32:
        _run[float](X, weight, rows, work, n_threads)
    else:
        _run[double](X, weight, rows, work, n_threads)
    np.asarray(out)[:] = work[:, :3]


cdef void _run(const floating[:, :] X, weight, Py_ssize_t rows, double[:, :, ::1] work, int n_threads):
    cdef const double[::1] weights
    cdef const double* w = NULL
    cdef Py_ssize_t n_rows = X.shape[0], n_columns = X.shape[1], n_blocks = work.shape[0], b
    cdef Py_ssize_t row_step, column_step
    if n_rows == 0 or n_columns == 0:
        return
    if weight is not None:
        weights = weight
        w = &weights[0]
    row_step = X.strides[0] // <Py_ssize_t>sizeof(floating)
    column_step = X.strides[1] // <Py_ssize_t>sizeof(floating)
    for b in prange(n_blocks, nogil=True, schedule="static", num_threads=n_threads):
        _block(&X[0, 0] + b * rows * row_step, row_step, column_step,
               min(rows, n_rows - b * rows), n_columns,
               w + b * rows if w != NULL else NULL, &work[b, 0, 0])
