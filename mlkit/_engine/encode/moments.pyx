# distutils: extra_compile_args = -O3
"""Moments of targets by category and fold, and values looked up by both.

A column is one thread's alone and its rows are met in order: results do not depend on the number
of threads.
"""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t

cdef enum:
    ROWS = 1024  # a thread takes at a time


cdef void _column(const int32_t[:] codes, const int32_t[::1] fold, const double[::1] y,
                  int64_t first, int64_t last, double[:, :, ::1] out) noexcept nogil:
    """Count, mean and sum of squared deviations, into ``out[fold, :, first + code]``."""
    cdef Py_ssize_t i, k, at, n = codes.shape[0], wide = out.shape[2], step = 3 * wide
    cdef bint folded = out.shape[0] > 1
    cdef double* cell = &out[0, 0, 0] + first
    cdef double gap
    for i in range(n):
        if codes[i] >= 0:
            at = codes[i] + (fold[i] * step if folded else 0)
            cell[at] += 1
            cell[at + wide] += y[i]
    for k in range(out.shape[0]):
        for i in range(last - first):
            at = k * step + i
            if cell[at] > 0:
                cell[at + wide] /= cell[at]
    for i in range(n):
        if codes[i] >= 0:
            at = codes[i] + (fold[i] * step if folded else 0)
            gap = y[i] - cell[at + wide]
            cell[at + 2 * wide] += gap * gap


def _ready(codes, offsets, fold, Py_ssize_t n_folds):
    """Codes, offsets and folds as the kernels take them, within bounds."""
    codes = np.asarray(codes, dtype=np.int32)
    offsets = np.ascontiguousarray(offsets, dtype=np.int64)
    if codes.ndim != 2 or offsets.shape != (len(codes) + 1,):
        raise ValueError(f"codes have shape {codes.shape}, offsets {offsets.shape}")
    if offsets[0] != 0 or (np.diff(offsets) < 0).any():
        raise ValueError("offsets must begin at 0 and not descend")
    for column, size in zip(codes, np.diff(offsets), strict=True):
        if len(column) and column.max() >= size:
            raise ValueError(f"a code is {column.max()}, its column has {size} categories")
    if n_folds == 1:
        return codes, offsets, np.zeros(1, dtype=np.int32)
    fold = np.ascontiguousarray(fold, dtype=np.int32)
    if fold.shape != codes.shape[1:]:
        raise ValueError(f"fold has shape {fold.shape}, codes have {codes.shape[1]} rows")
    if len(fold) and (fold.min() < 0 or fold.max() >= n_folds):
        raise ValueError(f"folds must be in 0 … {n_folds - 1}")
    return codes, offsets, fold


def fold_moments(codes, offsets, targets, fold=None, Py_ssize_t n_folds=1, *, int n_threads=1):
    """Rows, mean and squared deviations of each target in each category, by fold.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_columns, n_rows)
        Negative for no category.
    offsets : ndarray of int64, shape (n_columns + 1,)
        Where the categories of each column begin among all.
    targets : ndarray of float64, shape (n_targets, n_rows)
    fold : ndarray of int32, shape (n_rows,), optional
    n_folds : int, default 1
        With 1 `fold` is not read.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_targets, n_folds, 3, n_categories)
        The mean of a category without rows is 0.
    """
    codes, offsets, fold = _ready(codes, offsets, fold, n_folds)
    targets = np.ascontiguousarray(targets, dtype=np.float64)
    if targets.ndim != 2 or targets.shape[1] != codes.shape[1]:
        raise ValueError(f"targets have shape {targets.shape}, codes {codes.shape}")
    out = np.zeros((len(targets), n_folds, 3, offsets[len(offsets) - 1]))
    cdef const int32_t[:, :] code_view = codes
    cdef const int64_t[::1] begin = offsets
    cdef const int32_t[::1] fold_view = fold
    cdef const double[:, ::1] target_view = targets
    cdef double[:, :, :, ::1] out_view = out
    cdef Py_ssize_t n_columns = len(codes), job, j, t
    if out.size:
        for job in prange(n_columns * target_view.shape[0], nogil=True, schedule="static",
                          num_threads=n_threads):
            j = job % n_columns
            t = job // n_columns
            _column(code_view[j], fold_view, target_view[t], begin[j], begin[j + 1], out_view[t])
    return out


cdef void _leave_out(const double[:, :, ::1] own, double[:, :, ::1] out) noexcept nogil:
    cdef Py_ssize_t k, other, c, n_folds = own.shape[0]
    cdef double count, mean, within, gap
    for k in range(n_folds):
        for c in range(own.shape[2]):
            count = mean = within = 0
            for other in range(n_folds):
                if other != k:
                    count = count + own[other, 0, c]
                    mean = mean + own[other, 0, c] * own[other, 1, c]
            if count > 0:
                mean = mean / count
            for other in range(n_folds):
                if other != k:
                    gap = own[other, 1, c] - mean
                    within = within + own[other, 2, c] + own[other, 0, c] * gap * gap
            out[k, 0, c] = count
            out[k, 1, c] = mean
            out[k, 2, c] = within


def leave_out(moments):
    """The moments of all other folds, for each fold.

    Parameters
    ----------
    moments : ndarray of float64, shape (n_targets, n_folds, 3, n_categories)
        As of `fold_moments`.

    Returns
    -------
    ndarray of float64, of the same shape
    """
    moments = np.ascontiguousarray(moments, dtype=np.float64)
    if moments.ndim != 4 or moments.shape[2] != 3:
        raise ValueError(f"moments have shape {moments.shape}")
    out = np.empty_like(moments)
    cdef const double[:, :, :, ::1] view = moments
    cdef double[:, :, :, ::1] out_view = out
    cdef Py_ssize_t t
    with nogil:
        for t in range(view.shape[0]):
            _leave_out(view[t], out_view[t])
    return out


cdef void _rows(const double[:, :, ::1] tables, const double[:, ::1] unknown,
                const int32_t[:, :] codes, const int64_t[::1] begin, const int32_t[::1] fold,
                Py_ssize_t first, Py_ssize_t last, double[:, ::1] out) noexcept nogil:
    cdef Py_ssize_t i, j, t, k = 0, n_targets = tables.shape[0]
    for j in range(codes.shape[0]):
        for i in range(first, last):
            if tables.shape[1] > 1:
                k = fold[i]
            for t in range(n_targets):
                out[i, j * n_targets + t] = (
                    tables[t, k, begin[j] + codes[j, i]] if codes[j, i] >= 0 else unknown[t, k]
                )


def look_up(tables, unknown, codes, offsets, fold=None, *, int n_threads=1):
    """The value of each entry's category in the table of its row's fold.

    Parameters
    ----------
    tables : ndarray of float64, shape (n_targets, n_folds, n_categories)
    unknown : ndarray of float64, shape (n_targets, n_folds)
        For a negative code.
    codes, offsets, fold, n_threads : as of `fold_moments`

    Returns
    -------
    ndarray of float64, shape (n_rows, n_columns * n_targets)
        The targets of the first column, those of the second, ...
    """
    tables = np.ascontiguousarray(tables, dtype=np.float64)
    unknown = np.ascontiguousarray(unknown, dtype=np.float64)
    codes, offsets, fold = _ready(codes, offsets, fold, tables.shape[1])
    if unknown.shape != tables.shape[:2] or tables.shape[2] != offsets[len(offsets) - 1]:
        raise ValueError(f"tables have shape {tables.shape}, unknown {unknown.shape}")
    cdef Py_ssize_t n = codes.shape[1], block
    out = np.empty((n, len(codes) * len(tables)))
    cdef const double[:, :, ::1] table_view = tables
    cdef const double[:, ::1] unknown_view = unknown
    cdef const int32_t[:, :] code_view = codes
    cdef const int64_t[::1] begin = offsets
    cdef const int32_t[::1] fold_view = fold
    cdef double[:, ::1] out_view = out
    for block in prange((n + ROWS - 1) // ROWS, nogil=True, schedule="static",
                        num_threads=n_threads):
        _rows(table_view, unknown_view, code_view, begin, fold_view, block * ROWS,
              min(n, (block + 1) * ROWS), out_view)
    return out
