# distutils: extra_compile_args = -O3
"""Mutual information by counting neighbours, for many columns at once."""

import numpy as np

from cython.parallel cimport prange

cdef extern from "information.hpp" namespace "mlkit" nogil:
    double information_of_pair(
        const double* x, const double* y, const Py_ssize_t* x_order, const Py_ssize_t* y_order,
        Py_ssize_t n, Py_ssize_t k, const double* psi) noexcept
    double information_of_classes(
        const double* values, const Py_ssize_t* order, const Py_ssize_t* codes, Py_ssize_t n_rows,
        Py_ssize_t n_classes, Py_ssize_t k, const double* psi) noexcept


def _digamma(Py_ssize_t n):
    """ψ(m) for m from 0 to n; that of 0, which is never asked for, is 0."""
    from scipy.special import digamma

    psi = np.zeros(n + 1)
    psi[1:] = digamma(np.arange(1, n + 1))
    return psi


def _rows(values, name):
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"{name} must have 2 dimensions, got {values.ndim}")
    return values


def _sorted_rows(values):
    return np.argsort(values, axis=1).astype(np.intp, copy=False)


def with_continuous(columns, y, Py_ssize_t n_neighbors, int n_threads=1):
    """Estimate the mutual information of each continuous variable with a continuous target.

    Parameters
    ----------
    columns : ndarray of shape (n_columns, n_rows)
        A variable a row.
    y : ndarray of shape (n_rows,)
    n_neighbors : int
        From 1 to n_rows - 1.
    n_threads : int, default 1

    Returns
    -------
    ndarray of shape (n_columns,)
        In nats; below 0 by chance.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.information import with_continuous
    >>> x = np.arange(8.0)
    >>> with_continuous(x[None], x, 1).round(3)
    array([1.141])
    """
    columns = _rows(columns, "columns")
    y = np.ascontiguousarray(y, dtype=np.float64)
    if y.shape != columns.shape[1:]:
        raise ValueError(f"y has shape {y.shape}, columns have {columns.shape[1]} rows")
    if not 1 <= n_neighbors < max(len(y), 2):
        raise ValueError(f"n_neighbors={n_neighbors} must be from 1 to n_rows - 1 = {len(y) - 1}")
    cdef const double[:, ::1] x_view = columns
    cdef const double[::1] y_view = y, psi = _digamma(len(y))
    cdef const Py_ssize_t[:, ::1] x_order = _sorted_rows(columns)
    cdef const Py_ssize_t[::1] y_order = np.argsort(y).astype(np.intp, copy=False)
    out = np.zeros(len(columns))
    cdef double[::1] out_view = out
    cdef Py_ssize_t j, n = len(y)
    if n < 2:
        return out
    for j in prange(
        x_view.shape[0], nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads
    ):
        out_view[j] = information_of_pair(
            &x_view[j, 0], &y_view[0], &x_order[j, 0], &y_order[0], n, n_neighbors, &psi[0]
        )
    return out


def with_classes(columns, codes, Py_ssize_t n_neighbors, int n_threads=1):
    """Estimate the mutual information of continuous variables and classes.

    Parameters
    ----------
    columns : ndarray of shape (n_columns, n_rows), or (1, n_rows) for one variable with all classes
    codes : ndarray of int, shape (n_columns, n_rows), or (1, n_rows) for one target
        Classes from 0.
    n_neighbors : int
        At least 1; in a class of m points m - 1 at most are used.
    n_threads : int, default 1

    Returns
    -------
    ndarray of shape (n_columns,)
        In nats; below 0 by chance.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.information import with_classes
    >>> with_classes(np.arange(6.0)[None], np.array([[0, 0, 0, 1, 1, 1]]), 1).round(3)
    array([0.783])
    """
    columns = _rows(columns, "columns")
    codes = np.ascontiguousarray(codes, dtype=np.intp)
    if codes.ndim != 2 or codes.shape[1] != columns.shape[1]:
        raise ValueError(f"codes have shape {codes.shape}, columns have {columns.shape[1]} rows")
    if len(columns) != len(codes) and 1 not in (len(columns), len(codes)):
        raise ValueError(f"{len(columns)} columns do not go with {len(codes)} rows of codes")
    if n_neighbors < 1:
        raise ValueError(f"n_neighbors={n_neighbors} must be at least 1")
    if codes.size and codes.min() < 0:
        raise ValueError("codes must not be negative")
    cdef const double[:, ::1] x_view = columns
    cdef const double[::1] psi = _digamma(columns.shape[1])
    cdef const Py_ssize_t[:, ::1] order = _sorted_rows(columns), code_view = codes
    cdef const Py_ssize_t[::1] n_classes = (
        codes.max(axis=1) + 1 if codes.size else np.zeros(len(codes), dtype=np.intp)
    )
    cdef Py_ssize_t j, of_x = len(columns) > 1, of_code = len(codes) > 1, n = columns.shape[1]
    out = np.zeros(max(len(columns), len(codes)))
    cdef double[::1] out_view = out
    if n == 0:
        return out
    for j in prange(
        out_view.shape[0], nogil=True, schedule="dynamic", chunksize=1, num_threads=n_threads
    ):
        out_view[j] = information_of_classes(
            &x_view[j * of_x, 0], &order[j * of_x, 0], &code_view[j * of_code, 0], n,
            n_classes[j * of_code], n_neighbors, &psi[0]
        )
    return out
