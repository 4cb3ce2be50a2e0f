"""The dual solver of kernel machines, and the sums of kernels that they predict by.

Results do not depend on the number of threads.
"""

import numpy as np

from cython.parallel cimport prange, threadid
from libc.stdint cimport int8_t, int32_t, int64_t

ctypedef fused real_t:
    float
    double

cdef extern from "dual.hpp" nogil:
    enum: DUAL_LANES
    enum: DUAL_QUERIES
    cdef struct KernelForm:
        int kind
        int degree
        double gamma
        double constant
    void gather_tile(const KernelForm&, const float*, Py_ssize_t, const float*, Py_ssize_t,
                     Py_ssize_t, const double*, Py_ssize_t, double*)
    void gather_tile(const KernelForm&, const double*, Py_ssize_t, const double*, Py_ssize_t,
                     Py_ssize_t, const double*, Py_ssize_t, double*)

cdef extern from "rows.hpp" namespace "mlkit_dual" nogil:
    cdef cppclass CsrRows:
        const double* data
        const int32_t* indices
        const int64_t* indptr
        Py_ssize_t n_rows
        Py_ssize_t n_columns
        double square(Py_ssize_t)
    void sparse_sums "mlkit_dual::SparseRows<double>::sparse_sums"(
        const KernelForm&, const CsrRows&, const double*, const CsrRows&, const int32_t*,
        Py_ssize_t, const double*, Py_ssize_t, double*, Py_ssize_t, int) except +

cdef extern from "solver.hpp" namespace "mlkit_dual" nogil:
    cdef cppclass Problem:
        Py_ssize_t n_variables
        Py_ssize_t n_groups
        const int32_t* row
        const int8_t* group
        const double* linear
        const double* lower
        const double* upper
        double tol
        int64_t max_iter
        double cache_bytes
        bint shrinking
        int n_threads
    cdef cppclass Outcome:
        int64_t n_iter
        bint converged
        double gap
    Outcome solve_dense_rows "mlkit_dual::solve_dense"(
        const Problem&, const KernelForm&, const double*, Py_ssize_t, Py_ssize_t, bint, double*,
        double*) except +
    Outcome solve_sparse_rows "mlkit_dual::solve_sparse"(
        const Problem&, const KernelForm&, const CsrRows&, bint, double*, double*) except +
    Outcome solve_stored_rows "mlkit_dual::solve_stored"(
        const Problem&, const double*, Py_ssize_t, const int32_t*, Py_ssize_t, bint, double*,
        double*) except +

KINDS = {"linear": 0, "poly": 1, "rbf": 2, "sigmoid": 3}
LANES = DUAL_LANES


cdef KernelForm form_of(kernel) except *:
    cdef KernelForm form
    if kernel.kind not in KINDS:
        raise ValueError(f"kind={kernel.kind!r}: the kernels here are {sorted(KINDS)}")
    form.kind, form.degree = KINDS[kernel.kind], kernel.degree
    form.gamma, form.constant = kernel.gamma, kernel.constant
    return form


cdef class Csr:
    """Checked CSR arrays: data in float64, indices in int32, indptr in int64."""

    cdef const double[::1] data
    cdef const int32_t[::1] indices
    cdef const int64_t[::1] indptr
    cdef double[::1] squares
    cdef CsrRows rows

    def __init__(self, X):
        cdef Py_ssize_t row, n = X.shape[0], d = X.shape[1]
        # An empty view has no address.
        data = np.append(np.asarray(X.data, dtype=np.float64), 0.0)
        indices = np.append(np.asarray(X.indices), 0)
        indptr = np.ascontiguousarray(X.indptr, dtype=np.int64)
        stored = int(indptr[n])
        if (
            len(indptr) != n + 1
            or indptr[0] != 0
            or stored >= min(len(data), len(indices))
            or (np.diff(indptr) < 0).any()
            or indices.min() < 0
            or int(indices.max()) >= max(d, 1)
            or d > np.iinfo(np.int32).max
        ):
            raise ValueError("the arrays of the sparse matrix do not fit one another")
        self.data, self.indptr = data, indptr
        self.indices = indices.astype(np.int32, copy=False)
        self.rows.data, self.rows.indices = &self.data[0], &self.indices[0]
        self.rows.indptr = &self.indptr[0]
        self.rows.n_rows, self.rows.n_columns = n, d
        self.squares = np.zeros(max(n, 1))
        for row in range(n):
            self.squares[row] = self.rows.square(row)


cdef class Posed:
    """A checked dual problem, its start and what the solver writes to."""

    cdef const int32_t[::1] row
    cdef const int8_t[::1] group
    cdef const double[::1] linear, lower, upper
    cdef double[::1] value, gradient
    cdef Problem problem

    def __init__(self, dual, value, Py_ssize_t n_rows, settings):
        size = len(dual.row)
        each = (dual.group, dual.linear, dual.lower, dual.upper, value)
        if not size or any(len(one) != size for one in each):
            raise ValueError("a dual problem needs as many entries of each kind, and one at least")
        if dual.row.min() < 0 or dual.row.max() >= n_rows:
            raise ValueError(f"a variable stands for a row beyond the {n_rows} that there are")
        if not 1 <= dual.n_groups <= 2 or dual.group.min() < 0 or dual.group.max() >= dual.n_groups:
            raise ValueError("variables are of one group or two, which n_groups says")
        self.row, self.group, self.linear = dual.row, dual.group, dual.linear
        self.lower, self.upper, self.value = dual.lower, dual.upper, value
        self.gradient = np.empty(size)
        self.problem.n_variables, self.problem.n_groups = size, dual.n_groups
        self.problem.row, self.problem.group = &self.row[0], &self.group[0]
        self.problem.linear, self.problem.lower = &self.linear[0], &self.lower[0]
        self.problem.upper = &self.upper[0]
        self.problem.tol, self.problem.max_iter = settings.tol, settings.max_iter
        self.problem.cache_bytes = settings.cache_bytes
        self.problem.shrinking = settings.shrinking
        self.problem.n_threads = settings.n_threads


def solve_dense(dual, value, kernel, const double[:, ::1] X, bint exact, settings):
    """Solve a dual problem on rows of X, from `value`, which is overwritten.

    Parameters
    ----------
    dual : Dual
    value : ndarray of float64, shape (n_variables,)
    kernel : Kernel
    X : ndarray of float64, shape (n, n_columns)
    exact : bool
        Keep rows of the kernel in float64; float32 takes half the memory and another round.
    settings : Settings

    Returns
    -------
    gradient : ndarray of shape (n_variables,)
    n_iter : int
    gap : float
    """
    cdef Posed posed = Posed(dual, value, X.shape[0], settings)
    cdef KernelForm form = form_of(kernel)
    cdef const double* x = &X[0, 0] if X.shape[1] else NULL
    cdef Outcome outcome
    with nogil:
        outcome = solve_dense_rows(posed.problem, form, x, X.shape[0], X.shape[1], exact,
                                   &posed.value[0], &posed.gradient[0])
    return np.asarray(posed.gradient), outcome.n_iter, outcome.gap


def solve_sparse(dual, value, kernel, Csr X, bint exact, settings):
    """Solve a dual problem on rows of a CSR matrix; as `solve_dense`."""
    cdef Posed posed = Posed(dual, value, X.rows.n_rows, settings)
    cdef KernelForm form = form_of(kernel)
    cdef Outcome outcome
    with nogil:
        outcome = solve_sparse_rows(posed.problem, form, X.rows, exact, &posed.value[0],
                                    &posed.gradient[0])
    return np.asarray(posed.gradient), outcome.n_iter, outcome.gap


def solve_stored(dual, value, const double[:, ::1] K, const int32_t[::1] index, bint exact,
                 settings):
    """Solve a dual problem on the rows and columns `index` of a kernel; as `solve_dense`."""
    cdef Posed posed = Posed(dual, value, index.shape[0], settings)
    inside = np.asarray(index)
    if inside.min() < 0 or inside.max() >= min(K.shape[0], K.shape[1]):
        raise ValueError(f"rows beyond the kernel of shape {(K.shape[0], K.shape[1])}")
    cdef Outcome outcome
    with nogil:
        outcome = solve_stored_rows(posed.problem, &K[0, 0], K.shape[1], &index[0],
                                    index.shape[0], exact, &posed.value[0], &posed.gradient[0])
    return np.asarray(posed.gradient), outcome.n_iter, outcome.gap


cdef void gather_rows(
    const KernelForm& form, const real_t* x, Py_ssize_t count, const real_t[:, :, ::1] packed,
    const double[:, :, ::1] coef, const int64_t[::1] start, double* lanes, double* out,
) noexcept nogil:
    """Sums of a few rows: one group after the other, lane by lane, then over lanes in order."""
    cdef Py_ssize_t g, q, r, k, n_out = coef.shape[1], n_groups = start.shape[0] - 1
    cdef double total
    for g in range(n_groups):
        for k in range(count * n_out * DUAL_LANES):
            lanes[k] = 0.0
        if start[g + 1] > start[g]:
            gather_tile(
                form, x, count, &packed[start[g], 0, 0], start[g + 1] - start[g], packed.shape[1],
                &coef[start[g], 0, 0], n_out, lanes,
            )
        for q in range(count):
            for r in range(n_out):
                total = 0.0
                for k in range(DUAL_LANES):
                    total += lanes[(q * n_out + r) * DUAL_LANES + k]
                out[(q * n_groups + g) * n_out + r] = total


def dense_sums(kernel, const real_t[:, ::1] X, const real_t[:, :, ::1] packed,
               const double[:, :, ::1] coef, const int64_t[::1] start, int n_threads=1):
    """Weighted sums of the kernels of each row of X and packed rows, group by group.

    Parameters
    ----------
    kernel : Kernel
    X : ndarray of shape (n, n_columns)
    packed : ndarray of shape (n_blocks, n_columns, LANES), of X's dtype
    coef : ndarray of float64, shape (n_blocks, n_out, LANES)
        0 for what fills up a block.
    start : ndarray of int64, shape (n_groups + 1,)
        Blocks at which groups begin and end.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, n_groups, n_out)
    """
    bounds = np.asarray(start)
    if (
        packed.shape[2] != DUAL_LANES
        or coef.shape[2] != DUAL_LANES
        or packed.shape[0] != coef.shape[0]
        or packed.shape[1] != X.shape[1]
        or len(bounds) < 2
        or bounds[0] < 0
        or (np.diff(bounds) < 0).any()
        or bounds[len(bounds) - 1] > packed.shape[0]
    ):
        raise ValueError("X, packed rows, coefficients and groups do not fit one another")
    cdef Py_ssize_t n = X.shape[0], n_groups = start.shape[0] - 1, n_out = coef.shape[1]
    cdef Py_ssize_t n_tasks = (n + DUAL_QUERIES - 1) // DUAL_QUERIES, t
    out = np.zeros((n, n_groups, n_out))
    if not out.size or not packed.shape[0] or not X.shape[1]:
        return out
    lanes = np.empty((max(n_threads, 1), DUAL_QUERIES * n_out * DUAL_LANES))
    cdef double[:, :, ::1] to = out
    cdef double[:, ::1] scratch = lanes
    cdef KernelForm form = form_of(kernel)
    for t in prange(n_tasks, nogil=True, schedule="dynamic", num_threads=n_threads):
        gather_rows[real_t](
            form, &X[t * DUAL_QUERIES, 0],
            min(<Py_ssize_t>DUAL_QUERIES, n - t * DUAL_QUERIES), packed, coef, start,
            &scratch[threadid(), 0], &to[t * DUAL_QUERIES, 0, 0],
        )
    return out


def csr_sums(kernel, Csr X, Csr rows, const double[:, ::1] coef, const int64_t[::1] start,
             int n_threads=1):
    """Weighted sums of the kernels of each row of X and of `rows`, group by group; all CSR.

    Parameters
    ----------
    kernel : Kernel
    X, rows : Csr
    coef : ndarray of float64, shape (n_rows, n_out)
    start : ndarray of int64, shape (n_groups + 1,)
        Rows at which groups begin and end.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n, n_groups, n_out)
    """
    bounds = np.asarray(start)
    if (
        X.rows.n_columns != rows.rows.n_columns
        or coef.shape[0] != rows.rows.n_rows
        or len(bounds) < 2
        or bounds[0] < 0
        or (np.diff(bounds) < 0).any()
        or bounds[len(bounds) - 1] > rows.rows.n_rows
    ):
        raise ValueError("X, rows, coefficients and groups do not fit one another")
    cdef Py_ssize_t n = X.rows.n_rows, n_groups = start.shape[0] - 1, n_out = coef.shape[1], g
    out = np.zeros((n, n_groups, n_out))
    if not out.size or not rows.rows.n_rows:
        return out
    cdef double[:, :, ::1] to = out
    cdef KernelForm form = form_of(kernel)
    cdef const int32_t[::1] order = np.arange(rows.rows.n_rows, dtype=np.int32)
    for g in range(n_groups):
        if start[g + 1] == start[g]:
            continue
        with nogil:
            sparse_sums(
                form, X.rows, &X.squares[0], rows.rows, &order[start[g]], start[g + 1] - start[g],
                &coef[start[g], 0], n_out, &to[0, g, 0], n_groups * n_out, n_threads,
            )
    return out
