# distutils: language = c++
"""Pairs of steps and changes of the gradient, and the block-diagonal model they start from.

Every entry of a vector counts alike, so matrices (p + 1, K) are met as vectors of their entries.
"""

import numpy as np

from libc.stdlib cimport free, malloc

from ..native.blas cimport axpy, dot

cdef double EPS = 2.0 ** -52


cdef class Pairs:
    """The last `memory` pairs (s, d, sᵀd) of steps and of the gradient's changes along them."""

    # One place more than pairs, where a pair stands until its curvature is known.
    cdef Py_ssize_t size, memory, places, count, last
    cdef double[:, ::1] steps, changes
    cdef double[::1] products, shares

    def __init__(self, Py_ssize_t size, Py_ssize_t memory):
        if size < 1 or memory < 1:
            raise ValueError(f"{memory} pairs of {size} entries")
        self.size, self.memory, self.places, self.count, self.last = size, memory, memory + 1, 0, -1
        self.steps, self.changes = np.empty((2, self.places, size))
        self.products, self.shares = np.empty((2, self.places))

    def __len__(self):
        return self.count

    def remember(
        self, const double[:, ::1] theta, const double[:, ::1] gradient,
        const double[:, ::1] next_theta, const double[:, ::1] next_gradient,
    ):
        """Keep the pair of a step taken, if the curvature along it is positive.

        Without curvature along the step the pair would make the model indefinite.
        """
        cdef Py_ssize_t i, to = (self.last + 1) % self.places
        cdef double product
        cdef double* step = &self.steps[to, 0]
        cdef double* change = &self.changes[to, 0]
        cdef const double* a = entries(theta, self.size)
        cdef const double* b = entries(next_theta, self.size)
        cdef const double* g = entries(gradient, self.size)
        cdef const double* h = entries(next_gradient, self.size)
        with nogil:
            for i in range(self.size):
                step[i] = b[i] - a[i]
                change[i] = h[i] - g[i]
            product = dot[double](self.size, step, change)
            if product > EPS * dot[double](self.size, change, change):
                self.products[to] = product
                self.last = to
                self.count = min(self.count + 1, self.memory)

    def downhill(self, const double[:, ::1] gradient, apply):
        """``H⁻¹ g`` for the model H that the pairs make of M; `apply` is ``g ↦ M⁻¹ g``.

        M counts up to a factor, which the last pair decides.
        """
        cdef Py_ssize_t i, k
        cdef double scale
        cdef double[:, ::1] result, image
        cdef double* r = NULL
        cdef const double* start = entries(gradient, self.size)
        out = np.empty((gradient.shape[0], gradient.shape[1]))
        result = out
        r = &result[0, 0]
        for i in range(self.size):
            r[i] = start[i]
        with nogil:
            for i in range(self.count):
                k = (self.last - i + self.places) % self.places
                self.shares[k] = dot[double](self.size, &self.steps[k, 0], r) / self.products[k]
                axpy[double](self.size, -self.shares[k], &self.changes[k, 0], r)
        out = apply(out)
        if self.count == 0:
            return out
        result = out
        entries(result, self.size)
        r = &result[0, 0]
        change = np.asarray(self.changes[self.last]).reshape(out.shape)
        image = apply(change)
        entries(image, self.size)
        with nogil:
            scale = self.products[self.last] / dot[double](
                self.size, &self.changes[self.last, 0], &image[0, 0]
            )
            for i in range(self.size):
                r[i] *= scale
            for i in range(self.count - 1, -1, -1):
                k = (self.last - i + self.places) % self.places
                axpy[double](
                    self.size,
                    self.shares[k]
                    - dot[double](self.size, &self.changes[k, 0], r) / self.products[k],
                    &self.steps[k, 0], r,
                )
        return out


cdef class Blocks:
    """``g ↦ M⁻¹ g`` for M of one matrix an output, a number for its intercept.

    Parameters
    ----------
    factors : ndarray of shape (K, p, p)
        Lower Cholesky factors of the matrices between `roots`.
    roots : ndarray of shape (K, p)
        D, the reciprocal roots of the diagonals, so that ``A⁻¹ = D L⁻ᵀ L⁻¹ D``.
    bend : ndarray of shape (K,) or None
        Of the intercepts, None without them.
    balanced : bool
        Whether vectors have sum zero over the outputs.
    """

    cdef double[:, :, ::1] factors
    cdef double[:, ::1] roots
    cdef double[::1] bend
    cdef bint balanced

    def __init__(self, double[:, :, ::1] factors, double[:, ::1] roots, bend, bint balanced):
        cdef Py_ssize_t K = factors.shape[0], p = factors.shape[1]
        if factors.shape[2] != p or roots.shape[0] != K or roots.shape[1] != p:
            raise ValueError("factors (K, p, p) and roots (K, p) disagree")
        if bend is not None and len(bend) != K:
            raise ValueError(f"{len(bend)} curvatures of intercepts for {K} outputs")
        self.factors, self.roots, self.bend, self.balanced = factors, roots, bend, balanced

    def __call__(self, const double[:, ::1] gradient):
        cdef Py_ssize_t K = self.factors.shape[0], p = self.factors.shape[1]
        cdef Py_ssize_t rows = p + (self.bend is not None), i, k
        cdef double* x = NULL
        cdef double[:, ::1] out
        if gradient.shape[0] != rows or gradient.shape[1] != K:
            raise ValueError(f"a gradient of {rows} x {K} entries is expected")
        result = np.array(gradient)
        out = result
        x = <double*> malloc((p + 1) * sizeof(double))
        if x == NULL:
            raise MemoryError
        with nogil:
            if self.balanced:
                balance(out)
            for k in range(K):
                for i in range(p):
                    x[i] = out[i, k] * self.roots[k, i]
                if p:
                    solve(&self.factors[k, 0, 0], p, x)
                for i in range(p):
                    out[i, k] = x[i] * self.roots[k, i]
                if rows > p:
                    out[p, k] /= self.bend[k]
            if self.balanced:
                balance(out)
            free(x)
        return result


cdef void balance(double[:, ::1] rows) noexcept nogil:
    """Take its mean from each row."""
    cdef Py_ssize_t i, k
    cdef double mean
    for i in range(rows.shape[0]):
        mean = 0.0
        for k in range(rows.shape[1]):
            mean += rows[i, k]
        mean /= rows.shape[1]
        for k in range(rows.shape[1]):
            rows[i, k] -= mean


cdef void solve(const double* L, Py_ssize_t p, double* x) noexcept nogil:
    """x ← L⁻ᵀ L⁻¹ x."""
    cdef Py_ssize_t i, j
    cdef double rest, share
    for i in range(p):
        # Few entries are done before a call would be.
        if i > 16:
            rest = dot[double](i, L + i * p, x)
        else:
            rest = 0.0
            for j in range(i):
                rest += L[i * p + j] * x[j]
        x[i] = (x[i] - rest) / L[i * p + i]
    for i in range(p - 1, -1, -1):
        x[i] /= L[i * p + i]
        share = x[i]
        for j in range(i):
            x[j] -= share * L[i * p + j]


cdef const double* entries(const double[:, ::1] matrix, Py_ssize_t size) except NULL:
    if matrix.shape[0] * matrix.shape[1] != size or size == 0:
        raise ValueError(
            f"{matrix.shape[0]} x {matrix.shape[1]} entries where {size} are expected"
        )
    return &matrix[0, 0]
