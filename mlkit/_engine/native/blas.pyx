"""BLAS from code without the GIL: SciPy's, for row-major matrices."""

from scipy.linalg.cython_blas cimport daxpy, ddot, dgemm, dgemv, saxpy, sdot, sgemm, sgemv


cdef void gemm(
    bint trans_a, bint trans_b, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, floating alpha,
    const floating* a, Py_ssize_t lda, const floating* b, Py_ssize_t ldb, floating beta,
    floating* c, Py_ssize_t ldc,
) noexcept nogil:
    """C ← α op(A) op(B) + β C with C (m, n), op(A) (m, k), op(B) (k, n).

    All are row-major with the stride of a row in lda, ldb, ldc; BLAS reads them as their
    transposes, so it computes Cᵀ = op(B)ᵀ op(A)ᵀ.
    """
    cdef int m_ = <int> m, n_ = <int> n, k_ = <int> k
    cdef int lda_ = <int> lda, ldb_ = <int> ldb, ldc_ = <int> ldc
    cdef char ta = b"T" if trans_a else b"N"
    cdef char tb = b"T" if trans_b else b"N"
    if floating is double:
        dgemm(&tb, &ta, &n_, &m_, &k_, &alpha, <double*> b, &ldb_, <double*> a, &lda_, &beta,
              c, &ldc_)
    else:
        sgemm(&tb, &ta, &n_, &m_, &k_, &alpha, <float*> b, &ldb_, <float*> a, &lda_, &beta,
              c, &ldc_)


cdef void gemv(
    bint trans, Py_ssize_t m, Py_ssize_t n, floating alpha, const floating* a, Py_ssize_t lda,
    const floating* x, floating beta, floating* y,
) noexcept nogil:
    """y ← α op(A) x + β y for a row-major A (m, n)."""
    cdef int m_ = <int> m, n_ = <int> n, lda_ = <int> lda, one = 1
    cdef char t = b"N" if trans else b"T"
    if floating is double:
        dgemv(&t, &n_, &m_, &alpha, <double*> a, &lda_, <double*> x, &one, &beta, y, &one)
    else:
        sgemv(&t, &n_, &m_, &alpha, <float*> a, &lda_, <float*> x, &one, &beta, y, &one)


cdef floating dot(Py_ssize_t n, const floating* x, const floating* y) noexcept nogil:
    """Σ x y."""
    cdef int n_ = <int> n, one = 1
    if floating is double:
        return ddot(&n_, <double*> x, &one, <double*> y, &one)
    else:
        return sdot(&n_, <float*> x, &one, <float*> y, &one)


cdef void axpy(Py_ssize_t n, floating alpha, const floating* x, floating* y) noexcept nogil:
    """y ← y + α x."""
    cdef int n_ = <int> n, one = 1
    if floating is double:
        daxpy(&n_, &alpha, <double*> x, &one, y, &one)
    else:
        saxpy(&n_, &alpha, <float*> x, &one, y, &one)
