"""X as a design: dense or sparse columns, centred and scaled without a copy.

A design stands for the matrix whose column j is ``(x_j − center_j) / scale_j``. Solvers see that
matrix alone; `Design.to_raw` and `Design.from_raw` move coefficients between it and X. Weights of
an unpenalised intercept absorb the centring exactly, so it is free, and it makes raw scales safe.
"""

import numpy as np

from ..._core.parallel import blas_threads, n_threads
from ..native.scan import column_moments
from ._design import evaluate_csr, evaluate_dense

# Elements of X in a block of rows that is worked on in the cache.
_BLOCK = 1 << 16
# Rows of a block at least: fewer waste a matrix product.
_ROWS = 256
# Standard deviation over mean below which a column is constant and the rest is rounding: of
# centred entries in the first place, of a difference of squares in the second.
_CONSTANT, _CONSTANT_BY_DIFFERENCE = 1e-13, 3e-7
# Elements of X below which BLAS stays on one thread by itself.
_ONE_THREAD = 1 << 13
# Elements of X below which a second thread is not worth its start.
_THREADED = 1 << 18


class DenseColumns:
    """A float32 or float64 ndarray with contiguous rows or contiguous columns."""

    is_dense = True

    def __init__(self, X):
        near, far = sorted(X.strides)
        if near != X.dtype.itemsize or far < near * X.shape[X.strides.index(near)]:
            # Strided, backwards or broadcast: no form that BLAS knows.
            X = np.ascontiguousarray(X)
        self.X = X
        self.shape, self.dtype = X.shape, X.dtype

    def times(self, coef):
        """X β for β (p, K)."""
        return self.X @ coef.astype(self.dtype, copy=False)

    def transposed_times(self, residual):
        """Xᵀ r for r (n, K), in double."""
        return (self.X.T @ residual.astype(self.dtype, copy=False)).astype(np.float64, copy=False)

    def evaluate(self, *arguments):
        # Blocks are small, and rows are shared among threads outside them.
        with blas_threads(1 if self.X.size > _ONE_THREAD else None):
            return evaluate_dense(self.X, *arguments)

    def blocks(self):
        """Rows of X in double, a block at a time: (slice, block)."""
        step = max(_ROWS, _BLOCK // self.shape[1])
        for start in range(0, self.shape[0], step):
            rows = slice(start, start + step)
            yield rows, self.X[rows].astype(np.float64, copy=False)

    def projections(self, basis):
        """X B in double, a block of rows at a time: (slice, block)."""
        for rows, block in self.blocks():
            yield rows, block @ basis

    def mean(self, weight):
        """Weighted mean of each column."""
        mean = np.zeros(self.shape[1])
        for rows, block in self.blocks():
            mean += block.sum(axis=0) if weight is None else weight[rows] @ block
        return mean / (self.shape[0] if weight is None else weight.sum(dtype=np.float64))

    def moments(self, weight, center=True):
        """Weighted mean and variance of each column; around zero unless `center`."""
        threads = n_threads() if self.X.size > _THREADED else 1
        total, mean, spread = column_moments(self.X, weight, n_threads=threads)
        variance = spread / total
        if not center:
            return np.zeros(len(mean)), variance + np.square(mean)
        variance[np.sqrt(variance) <= _CONSTANT * np.abs(mean)] = 0.0
        return mean, variance

    def gram(self, weight, center):
        """``(X − 1 mᵀ)ᵀ diag(w) (X − 1 mᵀ)`` for w ≥ 0, by blocks in double."""
        out = np.zeros((self.shape[1],) * 2)
        for rows, block in self.blocks():
            if center is not None:
                block = block - center
            if weight is not None:
                block = block * np.sqrt(weight[rows, None], dtype=np.float64)
            out += block.T @ block
        total = self.shape[0] if weight is None else weight.sum(dtype=np.float64)
        return without_constants(out, center, total, _CONSTANT)

    def row_gram(self, center):
        """``(X − 1 mᵀ) (X − 1 mᵀ)ᵀ``, (n, n)."""
        X = self.X.astype(np.float64, copy=False)
        if center is not None:
            X = X - center
        return X @ X.T

    def take(self, columns):
        """Some of the columns."""
        return DenseColumns(self.X[:, columns])

    def grouped(self, groups, n_groups, weight):
        """Sums of the rows times their weights over groups of rows."""
        return gathering(groups, n_groups, weight) @ self.X

    def rooted(self, center, weight):
        """``diag(√w) (X − 1 mᵀ)`` as factors of products with others of the same rows."""
        return DenseFactor(self.centred(center, weight))

    def centred(self, center, weight):
        """A copy of ``diag(√w) (X − 1 mᵀ)`` in double."""
        X = self.X.astype(np.float64) if center is None else self.X - center
        return weighted_rows(X, center, weight)


class SparseColumns:
    """A SciPy CSR or CSC matrix of float32 or float64."""

    is_dense = False

    def __init__(self, X):
        if X.shape[1] > np.iinfo(np.int32).max:
            raise ValueError(f"X has {X.shape[1]} columns: more than 2**31 - 1")
        self.X = X
        self.shape, self.dtype = X.shape, X.dtype
        self._rows = self._by_column = None

    def _by_rows(self):
        # 64-bit offsets and 32-bit columns: one compiled variant, no copy of the columns.
        if self._rows is None:
            X = self.X.tocsr()
            indices = X.indices.astype(np.int32, copy=False)
            if len(indices) and not 0 <= indices.min() <= indices.max() < X.shape[1]:
                raise ValueError("X has column indices outside its shape")
            self._rows = X.indptr.astype(np.int64), indices, X.data
        return self._rows

    def times(self, coef):
        return np.asarray(self.X @ coef.astype(self.dtype, copy=False))

    def transposed_times(self, residual):
        return np.asarray(self.X.T @ residual.astype(self.dtype, copy=False)).astype(np.float64)

    def evaluate(self, *arguments):
        return evaluate_csr(*self._by_rows(), *arguments)

    def _squared(self):
        X = self.X.astype(np.float64)
        X.data **= 2
        return X

    def mean(self, weight):
        weight = np.ones(self.shape[0]) if weight is None else weight.astype(np.float64)
        return np.asarray(self.X.T @ weight).ravel() / weight.sum()

    def projections(self, basis):
        by_row = self.X.tocsr()
        step = max(_ROWS, _BLOCK // basis.shape[1])
        for start in range(0, self.shape[0], step):
            rows = slice(start, start + step)
            yield rows, by_row[rows] @ basis

    def moments(self, weight, center=True):
        mean = self.mean(weight) if center else np.zeros(self.shape[1])
        weight = np.ones(self.shape[0]) if weight is None else weight.astype(np.float64)
        square = np.asarray(self._squared().T @ weight).ravel() / weight.sum()
        variance = np.maximum(square - mean**2, 0.0)
        variance[np.sqrt(variance) <= _CONSTANT_BY_DIFFERENCE * np.abs(mean)] = 0.0
        return mean, variance

    def gram(self, weight, center):
        X = self.X.astype(np.float64, copy=False)
        weight = np.ones(self.shape[0]) if weight is None else weight.astype(np.float64)
        # multiply() of a row vector by the transpose keeps what is sparse sparse
        weighted = X.T.multiply(weight[None, :])
        out = (weighted @ X).toarray()
        if center is not None:
            sums = np.asarray(X.T @ weight).ravel()
            out -= np.outer(sums, center) + np.outer(center, sums - center * weight.sum())
        return without_constants(out, center, weight.sum(), _CONSTANT_BY_DIFFERENCE)

    def row_gram(self, center):
        X = self.X.astype(np.float64, copy=False)
        out = (X @ X.T).toarray()
        if center is not None:
            shift = np.asarray(X @ center).ravel()
            out -= shift[:, None] + shift[None, :] - center @ center
        return out

    def take(self, columns):
        if self._by_column is None:
            self._by_column = self.X.tocsc()
        return SparseColumns(self._by_column[:, columns])

    def grouped(self, groups, n_groups, weight):
        return (gathering(groups, n_groups, weight) @ self.X).toarray()

    def rooted(self, center, weight):
        return SparseFactor(self.X.astype(np.float64).tocsc(), center, weight)

    def centred(self, center, weight):
        X = self.X.toarray().astype(np.float64)
        if center is not None:
            X -= center
        return weighted_rows(X, center, weight)


def gathering(groups, n_groups, weight):
    """The matrix whose product with X sums its weighted rows over groups."""
    from scipy.sparse import csr_array

    rows = np.arange(len(groups))
    return csr_array((weight, (groups, rows)), shape=(n_groups, len(groups)))


class DenseFactor:
    """Columns that are multiplied with one another as they are."""

    def __init__(self, X):
        self.X = X

    def cross(self, other):
        """The products of these columns with the other's."""
        return self.X.T @ other.X


class SparseFactor:
    """Sparse columns X that stand for ``diag(√w) (X − 1 mᵀ)``."""

    def __init__(self, X, center, weight):
        n = X.shape[0]
        weight = np.ones(n) if weight is None else weight
        self.X, self.weighted = X, X.T.multiply(weight[None, :]).tocsr()
        self.total = weight.sum()
        self.sums = np.asarray(X.T @ weight).ravel()
        self.center = np.zeros(X.shape[1]) if center is None else center
        square = np.asarray(self.weighted.multiply(X.T).sum(axis=1)).ravel()
        square += self.center * (self.total * self.center - 2 * self.sums)
        # A difference of squares, which is rounding where a column is constant.
        ratio = np.sqrt(np.maximum(square, 0.0) / self.total)
        self.constant = ratio <= _CONSTANT_BY_DIFFERENCE * np.abs(self.center)

    def cross(self, other):
        """The products of these columns with the other's."""
        out = (self.weighted @ other.X).toarray()
        out -= np.outer(self.sums, other.center)
        out -= np.outer(self.center, other.sums - self.total * other.center)
        out[self.constant] = 0.0
        out[:, other.constant] = 0.0
        return out


def weighted_rows(X, center, weight):
    """``diag(√w) X`` in place, for centred X, with zeros for columns that are rounding alone."""
    if center is not None:
        X[:, np.abs(X).max(axis=0) <= _CONSTANT * np.abs(center)] = 0.0
    if weight is not None:
        X *= np.sqrt(weight[:, None], dtype=np.float64)
    return X


def without_constants(gram, center, total, ratio):
    """The Gram matrix with zeros for columns whose centred entries are rounding."""
    if center is not None:
        norm = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
        constant = norm <= ratio * total**0.5 * np.abs(center)
        if constant.any():
            gram[constant] = 0.0
            gram[:, constant] = 0.0
    return gram


class Design:
    """The matrix with columns ``(x_j − center_j) / scale_j``.

    Parameters
    ----------
    X : ndarray or SciPy CSR/CSC of shape (n, p), float32 or float64, or columns
        Columns are `DenseColumns`, or what has their products: rows in chunks, categories.
    center, scale : ndarray of shape (p,) or None
        None is 0 and 1.
    n_threads : int
    """

    def __init__(self, X, center=None, scale=None, n_threads=1):
        if hasattr(X, "transposed_times"):
            self.columns = X
        else:
            self.columns = DenseColumns(X) if isinstance(X, np.ndarray) else SparseColumns(X)
        self.shape, self.dtype = self.columns.shape, self.columns.dtype
        self.center, self.scale = center, scale
        self.n_threads = n_threads

    def transformed(self, center, scale):
        """The same columns under another centre and scale."""
        return Design(self.columns, center, scale, self.n_threads)

    def take(self, columns):
        """The design of some columns alone."""
        parts = [None if of is None else of[columns] for of in (self.center, self.scale)]
        return Design(self.columns.take(columns), *parts, self.n_threads)

    def rooted(self, weight=None):
        """``diag(√w) X̃`` for products with other columns; of a design without scale."""
        return self.columns.rooted(self.center, weight)

    def _unscaled(self, coef):
        return coef if self.scale is None else coef / self.scale[:, None]

    def _rescaled(self, product):
        return product if self.scale is None else product / self.scale[:, None]

    def _shift(self, coef):
        """``centerᵀ β``, by which margins of the centred columns fall short, (K,)."""
        return 0.0 if self.center is None else self.center @ coef

    def to_raw(self, coef, intercept):
        """Coefficients of X with the same predictions."""
        coef = self._unscaled(coef)
        return coef, intercept - self._shift(coef)

    def from_raw(self, coef, intercept):
        """Inverse of `to_raw`."""
        intercept = intercept + self._shift(coef)
        return (coef if self.scale is None else coef * self.scale[:, None]), intercept

    def raw_gradient(self, gradient, residual_sum):
        """∂/∂β of X itself, from that of the design and the intercept's."""
        if self.scale is not None:
            gradient = gradient * self.scale[:, None]
        if self.center is not None:
            gradient = gradient + self.center[:, None] * residual_sum
        return gradient

    def margins(self, coef, intercept=0.0):
        """``X̃ β + b`` for β (p, K), b (K,)."""
        coef = self._unscaled(coef)
        offset = intercept - self._shift(coef)
        return self.columns.times(coef) + np.asarray(offset, dtype=self.dtype)

    def pull(self, residual):
        """``X̃ᵀ r`` for r (n, K)."""
        product = self.columns.transposed_times(residual)
        if self.center is not None:
            product -= self.center[:, None] * residual.sum(axis=0, dtype=np.float64)
        return self._rescaled(product)

    def evaluate(self, loss, y, weight, factor, coef, intercept):
        """Margins, ``factor Σ w ℓ``, its gradient in β (p, K) and in b (K,): one pass over X.

        Two of a loss that is not compiled.
        """
        if loss.kind is None:
            margins = self.margins(coef, intercept)
            residual = np.empty_like(margins)
            value = loss.evaluate(y, margins, weight, factor=factor, gradient=residual)
            return margins, value, self.pull(residual), residual.sum(axis=0, dtype=np.float64)
        coef = self._unscaled(coef)
        offset = np.ascontiguousarray(intercept - self._shift(coef), dtype=self.dtype)
        margins = np.empty((self.shape[0], coef.shape[1]), dtype=self.dtype)
        gradient, residual_sum = np.empty(coef.shape), np.empty(coef.shape[1])
        value = self.columns.evaluate(
            y,
            weight,
            factor,
            loss.kind,
            loss.parameter,
            np.ascontiguousarray(coef, dtype=self.dtype),
            offset,
            margins,
            gradient,
            residual_sum,
            self.n_threads,
        )
        if self.center is not None:
            gradient -= self.center[:, None] * residual_sum
        return margins, value, self._rescaled(gradient), residual_sum

    def gram(self, weight=None):
        """``X̃ᵀ diag(w) X̃`` for w ≥ 0."""
        out = self.columns.gram(weight, self.center)
        if self.scale is not None:
            out /= self.scale[:, None]
            out /= self.scale
        return out

    def grouped(self, groups, n_groups, weight):
        """Sums of the rows times their weights over groups of rows, (n_groups, p)."""
        sums = self.columns.grouped(groups, n_groups, weight)
        if self.center is not None:
            total = np.bincount(groups, weights=weight, minlength=n_groups)
            sums -= total[:, None] * self.center
        return sums if self.scale is None else sums / self.scale

    def projections(self, basis):
        """``X̃ B`` in double, a block of rows at a time: (slice, block); of one without scale."""
        shift = self._shift(basis)
        for rows, block in self.columns.projections(basis):
            yield rows, block - shift

    def row_gram(self):
        """``X̃ X̃ᵀ`` of a design without scale."""
        return self.columns.row_gram(self.center)

    def mean(self, weight=None):
        """Weighted mean of the columns of X."""
        return self.columns.mean(weight)

    def moments(self, weight=None, center=True):
        """Weighted mean and variance of the columns of X."""
        return self.columns.moments(weight, center)
