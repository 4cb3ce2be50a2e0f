"""`Operator`: a matrix, dense or sparse, centred or not, as the solvers of this engine take it."""

from functools import cached_property

import numpy as np

from ..._core.parallel import blas_threads, n_threads
from ..native import csr
from ..native.scan import column_moments

# Rows are centred and multiplied in blocks of about this many entries, which caches hold.
_TILE = 1 << 18
# Rows whose mean is the provisional centre of a one-pass Gram matrix.
_PILOT = 256
# Waking threads costs about what a pass over this many values does.
_WORTH_THREADS = 1 << 17
# Matrices of fewer entries are factored by one thread: several spend their time waiting for
# each other, the more so as NumPy and SciPy may each bring a BLAS with threads of its own.
_ALONE = 1 << 18


def threads_for(X):
    """A context that holds BLAS to one thread while a small X is worked on."""
    return blas_threads(1 if X.shape[0] * X.shape[1] < _ALONE else None)


class Difference:
    """``X − u vᵀ`` of a sparse X, known by its products, so that it stays sparse.

    Parameters
    ----------
    X : sparse matrix of shape (n_rows, n_columns)
    left, right : ndarray of shape (n_rows,) and (n_columns,)
    """

    __array_ufunc__ = None  # so that ``ndarray @ self`` comes here

    def __init__(self, X, left, right):
        self.X, self.left, self.right = X, left, right
        self.shape, self.dtype, self.ndim = X.shape, X.dtype, 2

    @property
    def T(self):
        """``Xᵀ − v uᵀ``."""
        return Difference(self.X.T, self.right, self.left)

    def __matmul__(self, other):
        return self.X @ other - np.multiply.outer(self.left, self.right @ other)

    def __rmatmul__(self, other):
        return (self.T @ other.T).T


class Operator:
    """``A = X`` or ``A = X − 1 meanᵀ``; means, Gram matrix and products of A.

    Parameters
    ----------
    X : ndarray or CSR/CSC matrix of shape (n_rows, n_columns)
        float32 or float64.
    centred : bool
        Whether the mean of the columns is subtracted.
    overwrite : bool
        Whether a dense X may be centred in place.

    Examples
    --------
    >>> import numpy as np
    >>> A = Operator(np.array([[1.0, 0.0], [3.0, 4.0]]), centred=True)
    >>> A.mean, A.array()
    (array([2., 2.]), array([[-1., -2.],
           [ 1.,  2.]]))
    """

    def __init__(self, X, centred=True, overwrite=False):
        self.X = X
        self.is_centred = centred
        self.overwrite = overwrite
        self.is_sparse = not isinstance(X, np.ndarray)
        self.shape, self.dtype = X.shape, X.dtype
        self._array = None

    @cached_property
    def _moments(self):
        """Mean and Σ(x − mean)² of each column, in float64."""
        X = self.X
        if not self.is_sparse:
            threads = n_threads() if X.size >= _WORTH_THREADS else 1
            return column_moments(X, n_threads=threads)[1:]
        threads = n_threads() if X.nnz >= _WORTH_THREADS else 1
        indptr = X.indptr.astype(X.indices.dtype, copy=False)
        rows_first = X.format == "csr"
        width = X.shape[1 if rows_first else 0]
        parts = (X.data, X.indices, indptr, width)
        return csr.moments(*parts, major=not rows_first, n_threads=threads)[1:]

    @property
    def mean(self):
        """Means of the columns of X, in its dtype."""
        return self._moments[0].astype(self.dtype)

    @property
    def squares(self):
        """``Σ(x − mean)²`` of each column, in float64."""
        return self._moments[1]

    def array(self):
        """A as a dense array, centred explicitly: small after large does not lose digits."""
        if self._array is None:
            X = self.X.toarray() if self.is_sparse else self.X
            if self.is_centred:
                in_place = self.is_sparse or (self.overwrite and X.flags.writeable)
                X = np.subtract(X, self.mean, out=X if in_place else None)
            self._array = X
        return self._array

    def factor(self):
        """A as an object with ``@`` and ``T``: an array, or sparse with its mean apart."""
        if not self.is_sparse:
            return self.array()
        if not self.is_centred:
            return self.X
        return Difference(self.X, np.ones(self.shape[0], self.dtype), self.mean)

    def project(self, directions):
        """``A directionsᵀ``, from the centred array if there is one."""
        if self._array is not None:
            return self._array @ directions.T
        product = self.X @ directions.T
        return product - self.mean @ directions.T if self.is_centred else product

    # ------------------------------------------------------------------ Gram matrices
    def gram(self):
        """``AᵀA`` in float64, of shape (n_columns, n_columns).

        Dense rows are read once: blocks are shifted by the mean s of some rows spread over X,
        and ``Σ(x − m)(x − m)ᵀ = Σ(x − s)(x − s)ᵀ − n (m − s)(m − s)ᵀ`` loses no digits since
        s is near m.
        """
        if self.is_sparse:
            gram = _dense(self.X.T @ self.X)
            if self.is_centred:
                mean = self._moments[0]
                gram -= np.multiply.outer(self.shape[0] * mean, mean)
            return gram
        if not self.is_centred or self._array is not None:
            return self._shifted_gram(self.array(), None)[0]
        step = max(1, self.shape[0] // _PILOT)
        shift = self.X[::step].mean(axis=0, dtype=np.float64).astype(self.dtype)
        gram, sums = self._shifted_gram(self.X, shift)
        offset = sums / self.shape[0]
        gram -= np.multiply.outer(sums, offset)
        self._moments = (shift + offset, gram.diagonal().copy())
        return gram

    def _shifted_gram(self, X, shift):
        n_rows, n_columns = X.shape
        rows = min(n_rows, max(_TILE // n_columns, n_columns))
        order = "C" if X.flags.c_contiguous else "F"
        buffer = None if shift is None else np.empty((rows, n_columns), X.dtype, order=order)
        total = np.zeros((n_columns, n_columns))
        sums = np.zeros(n_columns)
        product = np.empty((n_columns, n_columns), X.dtype)
        ones = np.ones(rows, X.dtype)
        for start in range(0, n_rows, rows):
            block = X[start : start + rows]
            if shift is not None:
                block = np.subtract(block, shift, out=buffer[: len(block)])
                sums += ones[: len(block)] @ block
            total += np.matmul(block.T, block, out=product)
        return total, sums

    def outer_gram(self):
        """``AAᵀ`` in float64, of shape (n_rows, n_rows)."""
        if not self.is_sparse:
            array = self.array()
            return (array @ array.T).astype(np.float64)
        outer = _dense(self.X @ self.X.T)
        if self.is_centred:
            # Taking the mean off the columns of X takes it off rows and columns of XXᵀ.
            outer -= outer.mean(axis=0)
            outer -= outer.mean(axis=1, keepdims=True)
        return outer


def _dense(product):
    return product.toarray().astype(np.float64, copy=False)
