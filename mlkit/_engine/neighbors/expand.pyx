# distutils: extra_compile_args = -O3 -fno-math-errno
"""Distances from inner products, in one pass over them."""

from cython.parallel cimport prange
from libc.math cimport sqrt


cdef void finish_row(
    double* row, Py_ssize_t n, double x_square, const double* y_square, bint squared
) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value
    if squared:
        for j in range(n):
            value = row[j] + x_square + y_square[j]
            row[j] = value if value > 0 else 0.0
    else:
        for j in range(n):
            value = row[j] + x_square + y_square[j]
            row[j] = sqrt(value if value > 0 else 0.0)


def finish(double[:, ::1] products, const double[::1] x_square, const double[::1] y_square,
           bint squared=False, int n_threads=1):
    """Turn ``−2 ⟨x, y⟩`` into ``√max(0, ‖x‖² − 2 ⟨x, y⟩ + ‖y‖²)`` in place, or into its square.

    Parameters
    ----------
    products : ndarray of float64, shape (n, m)
    x_square : ndarray of float64, shape (n,)
    y_square : ndarray of float64, shape (m,)
    squared : bool, default False
    n_threads : int, default 1

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.expand import finish
    >>> products = np.array([[-6.0]])
    >>> finish(products, np.array([9.0]), np.array([1.0]))
    >>> products
    array([[2.]])
    """
    cdef Py_ssize_t i, n = products.shape[0], m = products.shape[1]
    if x_square.shape[0] != n or y_square.shape[0] != m:
        raise ValueError(
            f"squares of {x_square.shape[0]} and {y_square.shape[0]} rows for {n} x {m} products"
        )
    if not m:
        return
    for i in prange(n, nogil=True, schedule="static", num_threads=n_threads):
        finish_row(&products[i, 0], m, x_square[i], &y_square[0], squared)
