"""The least entries of each row of a matrix of distances."""

import numpy as np

from cython.parallel cimport prange
from libc.stdint cimport int64_t

ctypedef fused real_t:
    float
    double

cdef extern from "ranking.hpp" nogil:
    cdef cppclass Ranking:
        Ranking(double*, int64_t*, Py_ssize_t)
        double bound()
        bint push(double, int64_t)
        void sort()


cdef void least_of_row(const real_t* row, Py_ssize_t n, Py_ssize_t k, double* distance,
                       int64_t* index) noexcept nogil:
    cdef Ranking* ranking = new Ranking(distance, index, k)
    cdef Py_ssize_t j
    cdef double bound = ranking.bound()
    for j in range(n):
        # Equal entries come in the order of their columns: a later one never displaces.
        if row[j] < bound or j < k:
            ranking.push(row[j], j)
            bound = ranking.bound()
    ranking.sort()
    del ranking


def least(const real_t[:, ::1] D, Py_ssize_t k, int n_threads=1):
    """The k least entries of each row, ascending; of equal ones the first.

    Parameters
    ----------
    D : ndarray of float32 or float64, shape (n, m)
        Without NaN.
    k : int
        1 to m.
    n_threads : int

    Returns
    -------
    distance : ndarray of float64, shape (n, k)
    index : ndarray of int64, shape (n, k)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.select import least
    >>> least(np.array([[3.0, 1.0, 2.0]]), 2)
    (array([[1., 2.]]), array([[1, 2]]))
    """
    cdef Py_ssize_t i, n = D.shape[0], m = D.shape[1]
    if not 1 <= k <= m:
        raise ValueError(f"k={k} must be between 1 and the number of columns, {m}")
    distance, index = np.empty((n, k)), np.empty((n, k), dtype=np.int64)
    cdef double[:, ::1] d = distance
    cdef int64_t[:, ::1] columns = index
    for i in prange(n, nogil=True, schedule="dynamic", chunksize=8, num_threads=n_threads):
        least_of_row(&D[i, 0], m, k, &d[i, 0], &columns[i, 0])
    return distance, index
