from cython cimport floating

cdef void gemm(
    bint trans_a, bint trans_b, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, floating alpha,
    const floating* a, Py_ssize_t lda, const floating* b, Py_ssize_t ldb, floating beta,
    floating* c, Py_ssize_t ldc,
) noexcept nogil

cdef void gemv(
    bint trans, Py_ssize_t m, Py_ssize_t n, floating alpha, const floating* a, Py_ssize_t lda,
    const floating* x, floating beta, floating* y,
) noexcept nogil

cdef floating dot(Py_ssize_t n, const floating* x, const floating* y) noexcept nogil

cdef void axpy(Py_ssize_t n, floating alpha, const floating* x, floating* y) noexcept nogil
