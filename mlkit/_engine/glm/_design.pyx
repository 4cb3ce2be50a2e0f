# distutils: language = c++
"""One pass over X for the value and the gradient of a loss of linear predictions.

Rows are met in blocks that stay in the second-level cache: margins of the block, loss and
residuals, then the block's part of Xᵀr, so that X is read from memory once.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from ..loss._losses cimport LOSS_LANES, evaluate
from ..native.blas cimport gemm, gemv

cdef enum:
    BLOCK_BYTES = 1 << 18     # of X in a block: a quarter of a common second-level cache
    MAX_CHUNKS = 16           # as many threads as are ever used by one evaluation
    CHUNK_WORK = 1 << 17      # multiplications below which a second thread costs more than it saves


cdef struct Problem:
    int kind
    double parameter
    double factor
    Py_ssize_t n        # rows
    Py_ssize_t p        # columns
    Py_ssize_t k        # outputs
    Py_ssize_t ky       # columns of y
    Py_ssize_t block    # rows in a block


def evaluate_dense(
    const floating[:, :] X,
    const floating[:, ::1] y,
    const floating[::1] weight,
    double factor,
    int kind,
    double parameter,
    const floating[:, ::1] coef,
    const floating[::1] offset,
    floating[:, ::1] margins,
    double[:, ::1] gradient,
    double[::1] residual_sum,
    int n_threads,
):
    """Return ``factor Σ w ℓ(y, Xβ + b)``; fill margins, ``Xᵀr`` and ``Σ r``.

    X is (n, p) with contiguous rows or contiguous columns; r is the gradient in the margins.
    """
    cdef Problem problem = check(
        X.shape[0], X.shape[1], y.shape[0], y.shape[1],
        X.shape[0] if weight is None else weight.shape[0], coef.shape[0], coef.shape[1],
        offset.shape[0], margins.shape[0], margins.shape[1], gradient.shape[0],
        gradient.shape[1], residual_sum.shape[0], kind,
    )
    cdef bint by_rows = X.strides[1] == <Py_ssize_t> sizeof(floating) or X.shape[1] == 1
    cdef Py_ssize_t stride = X.strides[0 if by_rows else 1] // <Py_ssize_t> sizeof(floating)
    if not by_rows and X.strides[0] != <Py_ssize_t> sizeof(floating) and X.shape[0] != 1:
        raise ValueError("X must have contiguous rows or contiguous columns")
    cdef Py_ssize_t lines = X.shape[0] if by_rows else X.shape[1]
    cdef Py_ssize_t width = X.shape[1] if by_rows else X.shape[0]
    if lines == 1:
        stride = max(stride, width)
    if stride < width:
        raise ValueError("X must not overlap itself or run backwards in memory")
    problem.parameter, problem.factor = parameter, factor
    problem.block = max(16, min(2048, BLOCK_BYTES // (problem.p * <Py_ssize_t> sizeof(floating))))
    cdef Py_ssize_t n_chunks = grid(problem, problem.n * problem.p * problem.k)
    cdef Py_ssize_t size = (problem.p + 1) * problem.k, chunk
    cdef double* sums = <double*> malloc(n_chunks * (size + 1) * sizeof(double))
    cdef const floating* w_ = NULL
    cdef const floating* b_ = &offset[0]
    cdef double value = 0.0
    cdef int failed = 0
    if weight is not None:
        w_ = &weight[0]
    if sums == NULL:
        raise MemoryError
    for chunk in prange(n_chunks, nogil=True, schedule="static", num_threads=n_threads,
                        use_threads_if=n_threads > 1 and n_chunks > 1):
        failed += dense_chunk[floating](
            problem, start_of(problem, chunk, n_chunks), start_of(problem, chunk + 1, n_chunks),
            &X[0, 0], by_rows, stride, &y[0, 0], w_, &coef[0, 0], b_, &margins[0, 0],
            sums + chunk * (size + 1),
        )
    if not failed:
        collect(sums, n_chunks, problem, gradient, residual_sum, &value)
    free(sums)
    if failed:
        raise MemoryError
    return value


def evaluate_csr(
    const int64_t[::1] indptr,
    const int32_t[::1] indices,
    const floating[::1] data,
    const floating[:, ::1] y,
    const floating[::1] weight,
    double factor,
    int kind,
    double parameter,
    const floating[:, ::1] coef,
    const floating[::1] offset,
    floating[:, ::1] margins,
    double[:, ::1] gradient,
    double[::1] residual_sum,
    int n_threads,
):
    """`evaluate_dense` for X in compressed rows, whose column indices the caller has checked."""
    cdef Problem problem = check(
        indptr.shape[0] - 1, coef.shape[0], y.shape[0], y.shape[1],
        indptr.shape[0] - 1 if weight is None else weight.shape[0], coef.shape[0], coef.shape[1],
        offset.shape[0], margins.shape[0], margins.shape[1], gradient.shape[0],
        gradient.shape[1], residual_sum.shape[0], kind,
    )
    problem.parameter, problem.factor = parameter, factor
    problem.block = 256
    # A chunk's buffer has p k entries: it must be small beside the chunk's own work.
    cdef Py_ssize_t work = indices.shape[0] * problem.k
    cdef Py_ssize_t n_chunks = min(grid(problem, work), max(1, work // (4 * problem.p * problem.k)))
    cdef Py_ssize_t size = (problem.p + 1) * problem.k, chunk
    cdef double* sums = <double*> malloc(n_chunks * (size + 1) * sizeof(double))
    cdef const floating* w_ = NULL
    cdef const int32_t* indices_ = NULL
    cdef const floating* data_ = NULL
    cdef double value = 0.0
    cdef int failed = 0
    if weight is not None:
        w_ = &weight[0]
    if indices.shape[0] > 0:
        indices_ = &indices[0]
        data_ = &data[0]
    if sums == NULL:
        raise MemoryError
    for chunk in prange(n_chunks, nogil=True, schedule="static", num_threads=n_threads,
                        use_threads_if=n_threads > 1 and n_chunks > 1):
        failed += csr_chunk[floating](
            problem, start_of(problem, chunk, n_chunks), start_of(problem, chunk + 1, n_chunks),
            &indptr[0], indices_, data_, &y[0, 0], w_, &coef[0, 0], &offset[0], &margins[0, 0],
            sums + chunk * (size + 1),
        )
    if not failed:
        collect(sums, n_chunks, problem, gradient, residual_sum, &value)
    free(sums)
    if failed:
        raise MemoryError
    return value


cdef Problem check(
    Py_ssize_t n, Py_ssize_t p, Py_ssize_t ny, Py_ssize_t ky, Py_ssize_t nw, Py_ssize_t pc,
    Py_ssize_t k, Py_ssize_t ko, Py_ssize_t nm, Py_ssize_t km, Py_ssize_t pg, Py_ssize_t kg,
    Py_ssize_t kr, int kind,
) except *:
    """Shapes that fit together, at the door."""
    cdef Problem problem
    if n < 1 or p < 1 or k < 1:
        raise ValueError(f"an empty problem: {n} rows, {p} columns, {k} outputs")
    if ny != n or nw != n or nm != n or pc != p or pg != p:
        raise ValueError("rows or columns of X, y, weight, coef, margins, gradient disagree")
    if ko != k or km != k or kg != k or kr != k or ky != (1 if kind == 11 else k):
        raise ValueError("outputs of y, coef, offset, margins, gradient disagree")
    problem.kind, problem.n, problem.p, problem.k, problem.ky = kind, n, p, k, ky
    problem.parameter, problem.factor, problem.block = 0.0, 1.0, 16
    return problem


cdef Py_ssize_t grid(Problem problem, Py_ssize_t work) noexcept nogil:
    """Chunks of rows: by the size of the problem alone, never by the number of threads."""
    cdef Py_ssize_t blocks = (problem.n + problem.block - 1) // problem.block
    return max(1, min(min(MAX_CHUNKS, blocks), work // CHUNK_WORK))


cdef Py_ssize_t start_of(Problem problem, Py_ssize_t chunk, Py_ssize_t n_chunks) noexcept nogil:
    cdef Py_ssize_t blocks = (problem.n + problem.block - 1) // problem.block
    return min(problem.n, blocks * chunk // n_chunks * problem.block)


cdef void collect(
    const double* sums, Py_ssize_t n_chunks, Problem problem, double[:, ::1] gradient,
    double[::1] residual_sum, double* value,
) noexcept nogil:
    """Add the chunks in order."""
    cdef Py_ssize_t size = (problem.p + 1) * problem.k, _chunk, j, k = problem.k
    cdef double* g = &gradient[0, 0]
    for j in range(problem.p * k):
        g[j] = sums[j]
    for j in range(k):
        residual_sum[j] = sums[problem.p * k + j]
    value[0] = sums[size]
    for _chunk in range(1, n_chunks):
        sums += size + 1
        for j in range(problem.p * k):
            g[j] += sums[j]
        for j in range(k):
            residual_sum[j] += sums[problem.p * k + j]
        value[0] += sums[size]


cdef int dense_chunk(
    Problem problem, Py_ssize_t start, Py_ssize_t stop, const floating* X, bint by_rows,
    Py_ssize_t stride, const floating* y, const floating* weight, const floating* coef,
    const floating* offset, floating* margins, double* sums,
) noexcept nogil:
    """The part of rows start … stop; sums takes Xᵀr (p, k), Σ r (k) and the value. 1: no memory."""
    cdef Py_ssize_t k = problem.k, p = problem.p, i, j, rows, at = start
    cdef double value = 0.0
    cdef const floating* x
    cdef const floating* w = NULL
    cdef floating* residual = <floating*> malloc(
        (problem.block * k + p * k) * sizeof(floating)
    )
    cdef floating* part = residual + problem.block * k
    cdef double* scratch = <double*> malloc(k * LOSS_LANES * sizeof(double))
    if residual == NULL or scratch == NULL:
        free(residual)
        free(scratch)
        return 1
    memset(sums, 0, (p + 1) * k * sizeof(double))
    while at < stop:
        rows = min(problem.block, stop - at)
        x = X + (at * stride if by_rows else at)
        for i in range(rows):
            for j in range(k):
                margins[(at + i) * k + j] = offset[j]
        if k == 1:
            if by_rows:
                gemv[floating](False, rows, p, 1, x, stride, coef, 1, margins + at)
            else:
                gemv[floating](True, p, rows, 1, x, stride, coef, 1, margins + at)
        else:
            gemm[floating](not by_rows, False, rows, k, p, 1, x, stride, coef, k, 1,
                           margins + at * k, k)
        if weight != NULL:
            w = weight + at
        value += evaluate[floating](
            problem.kind, problem.parameter, rows, k, y + at * problem.ky, margins + at * k, w,
            problem.factor, <floating*> NULL, residual, <floating*> NULL, scratch,
        )
        if k == 1:
            if by_rows:
                gemv[floating](True, rows, p, 1, x, stride, residual, 0, part)
            else:
                gemv[floating](False, p, rows, 1, x, stride, residual, 0, part)
        else:
            gemm[floating](by_rows, False, p, k, rows, 1, x, stride, residual, k, 0, part, k)
        for j in range(p * k):
            sums[j] += part[j]
        for i in range(rows):
            for j in range(k):
                sums[p * k + j] += residual[i * k + j]
        at += rows
    sums[(p + 1) * k] = value
    free(residual)
    free(scratch)
    return 0


cdef int csr_chunk(
    Problem problem, Py_ssize_t start, Py_ssize_t stop, const int64_t* indptr,
    const int32_t* indices, const floating* data, const floating* y, const floating* weight,
    const floating* coef, const floating* offset, floating* margins, double* sums,
) noexcept nogil:
    """The part of rows start … stop; sums takes Xᵀr (p, k), Σ r (k) and the value. 1: no memory."""
    cdef Py_ssize_t k = problem.k, p = problem.p, i, j, rows, at = start, column
    cdef int64_t e
    cdef double value = 0.0
    cdef const floating* w = NULL
    cdef floating* residual = <floating*> malloc(problem.block * k * sizeof(floating))
    cdef double* scratch = <double*> malloc(k * LOSS_LANES * sizeof(double))
    if residual == NULL or scratch == NULL:
        free(residual)
        free(scratch)
        return 1
    memset(sums, 0, (p + 1) * k * sizeof(double))
    while at < stop:
        rows = min(problem.block, stop - at)
        for i in range(at, at + rows):
            if k == 1:
                margins[i] = <floating> (offset[0] + sparse_dot[floating](
                    indptr[i + 1] - indptr[i], indices + indptr[i], data + indptr[i], coef
                ))
            else:
                for j in range(k):
                    scratch[j] = offset[j]
                for e in range(indptr[i], indptr[i + 1]):
                    column = indices[e]
                    for j in range(k):
                        scratch[j] += <double> data[e] * coef[column * k + j]
                for j in range(k):
                    margins[i * k + j] = <floating> scratch[j]
        if weight != NULL:
            w = weight + at
        value += evaluate[floating](
            problem.kind, problem.parameter, rows, k, y + at * problem.ky, margins + at * k, w,
            problem.factor, <floating*> NULL, residual, <floating*> NULL, scratch,
        )
        for i in range(rows):
            for e in range(indptr[at + i], indptr[at + i + 1]):
                column = indices[e]
                for j in range(k):
                    sums[column * k + j] += <double> data[e] * residual[i * k + j]
            for j in range(k):
                sums[p * k + j] += residual[i * k + j]
        at += rows
    sums[(p + 1) * k] = value
    free(residual)
    free(scratch)
    return 0


cdef double sparse_dot(
    Py_ssize_t n, const int32_t* indices, const floating* data, const floating* coef,
) noexcept nogil:
    """Σ data · coef[indices], in four sums so that additions need not wait for one another."""
    cdef double a = 0.0, b = 0.0, c = 0.0, d = 0.0
    cdef Py_ssize_t e = 0
    while e + 4 <= n:
        a += <double> data[e] * coef[indices[e]]
        b += <double> data[e + 1] * coef[indices[e + 1]]
        c += <double> data[e + 2] * coef[indices[e + 2]]
        d += <double> data[e + 3] * coef[indices[e + 3]]
        e += 4
    while e < n:
        a += <double> data[e] * coef[indices[e]]
        e += 1
    return (a + b) + (c + d)
