"""Leading singular values and right vectors of an `Operator`: by SVD, Gram matrix, Lanczos, chance.

Signs follow one rule in all of them: in each right vector the entry of greatest modulus is
positive, so that the result does not depend on the solver.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .svd import randomized_svd, svd_flip

# A matrix this many times longer than wide is worth a triangular factor of its own.
_TALL = 1.2


@dataclass(frozen=True)
class Factors:
    """Singular values in decreasing order and the vectors that belong to them.

    Attributes
    ----------
    values : ndarray of shape (k,)
    right : ndarray of shape (k, n_columns)
        Right vectors as rows.
    left : ndarray of shape (n_rows, k), optional
        Left vectors, where the solver finds its own.
    rest : ndarray
        Further singular values, without their vectors.
    """

    values: np.ndarray
    right: np.ndarray
    left: np.ndarray = None
    rest: np.ndarray = ()

    def first(self, count):
        """The `count` leading factors; those behind them only as values."""
        return Factors(
            self.values[:count].copy(),
            self.right[:count].copy(),
            None if self.left is None else self.left[:, :count],
            np.concatenate([self.values[count:], self.rest]),
        )

    def projection(self, operator):
        """``U diag(s)``, which is ``A Vᵀ``."""
        return operator.project(self.right) if self.left is None else self.left * self.values


def _signed(values, right, left=None, rest=()):
    left, right = svd_flip(left, right, u_based_decision=False)
    return Factors(values[: len(right)], right, left, rest)


def by_svd(array, count=None, overwrite=False):
    """Factors of a dense array, to the accuracy of its entries.

    A long array is reduced to its triangular factor, so that its left vectors, which nobody asks
    for, are never formed; a wide one likewise, and only the right vectors wanted are formed.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_columns)
    count : int, optional
        How many leading vectors; all ``min(n_rows, n_columns)`` by default.
    overwrite : bool
        Whether its memory may be used.

    Returns
    -------
    Factors
        With all singular values.
    """
    n_rows, n_columns = array.shape
    count = min(array.shape) if count is None else count
    options = {"overwrite_a": overwrite, "check_finite": False}
    if n_columns >= _TALL * n_rows:
        return _by_transposed(array, count, options)
    if n_rows >= _TALL * n_columns:
        array = linalg.qr(array, mode="r", **options)[0][:n_columns]
        options["overwrite_a"] = True
    _, values, right = linalg.svd(array, full_matrices=False, **options)
    return _signed(values, right).first(count)


def _by_transposed(array, count, options):
    """From ``Aᵀ = QR``: the right vectors of A are Q times the left ones of R."""
    n_rows, n_columns = array.shape
    (reflectors, scales), triangle = linalg.qr(array.T, mode="raw", **options)
    left, values, _ = linalg.svd(triangle[:n_rows], overwrite_a=True, check_finite=False)
    padded = np.zeros((n_columns, count), array.dtype, order="F")
    padded[:n_rows] = left[:, :count]
    (multiply,) = linalg.get_lapack_funcs(("ormqr",), (reflectors,))
    size = int(multiply("L", "N", reflectors, scales, padded, -1)[1][0])
    right = multiply("L", "N", reflectors, scales, padded, size, overwrite_c=True)[0]
    return _signed(values, np.ascontiguousarray(right.T), rest=values[count:])


def by_gram(operator, n_components=None):
    """Factors from the eigenpairs of the Gram matrix on the smaller side.

    Singular values below ``√eps`` of the greatest are lost in rounding.

    Parameters
    ----------
    operator : Operator
    n_components : int, optional
        How many leading factors; all ``min(n_rows, n_columns)`` by default.

    Returns
    -------
    Factors
    """
    n_rows, n_columns = operator.shape
    wide = n_rows < n_columns
    gram = operator.outer_gram() if wide else operator.gram()
    size = len(gram)
    subset = None
    if n_components is not None and 0 < 4 * n_components < size:
        # Beyond a quarter, all pairs by divide and conquer are cheaper than some by bisection.
        subset = (size - n_components, size - 1)
    squares, vectors = linalg.eigh(
        gram,
        subset_by_index=subset,
        driver="evd" if subset is None else "evr",
        overwrite_a=True,
        check_finite=False,
    )
    kept = slice(None, None, -1) if n_components is None else slice(None, -n_components - 1, -1)
    values = np.sqrt(np.maximum(squares[kept], 0)).astype(operator.dtype)
    vectors = vectors[:, kept].astype(operator.dtype)
    if wide:
        # ``Aᵀu = σv``; QR also completes the basis where σ vanishes.
        spanned = np.asarray(operator.factor().T @ vectors)
        vectors = linalg.qr(spanned, mode="economic", overwrite_a=True, check_finite=False)[0]
    return _signed(values, np.ascontiguousarray(vectors.T))


def by_lanczos(operator, n_components, tol, rng):
    """Leading factors by ARPACK's implicitly restarted Lanczos method.

    Parameters
    ----------
    operator : Operator
    n_components : int
        Fewer than the smaller side.
    tol : float
        Relative accuracy of the singular values; 0 is that of the machine.
    rng : RandomState or Generator
        Draws the starting vector.

    Returns
    -------
    Factors
    """
    from scipy.sparse.linalg import LinearOperator, svds

    start = rng.uniform(-1, 1, min(operator.shape)).astype(operator.dtype)
    A = operator.factor()
    if not (operator.is_sparse and operator.is_centred):
        given = A
    else:
        given = LinearOperator(
            A.shape,
            matvec=A.__matmul__,
            rmatvec=A.T.__matmul__,
            matmat=A.__matmul__,
            rmatmat=A.T.__matmul__,
            dtype=A.dtype,
        )
    _, values, right = svds(given, k=n_components, tol=tol, v0=start)
    order = values.argsort()[::-1]
    return _signed(values[order], right[order])


def by_chance(operator, n_components, rng, *, n_oversamples, n_iter, normalizer):
    """Leading factors from a random range (Halko, Martinsson and Tropp, 2011).

    Parameters
    ----------
    operator : Operator
    n_components : int
    rng : RandomState or Generator
    n_oversamples : int
        Further random vectors.
    n_iter : int or "auto"
        Power iterations.
    normalizer : {"auto", "QR", "LU", "none"}
        What keeps the vectors apart between passes.

    Returns
    -------
    Factors
    """
    left, values, right = randomized_svd(
        operator.factor(),
        n_components,
        n_oversamples=n_oversamples,
        n_iter=n_iter,
        power_iteration_normalizer=normalizer,
        flip_sign=False,
        random_state=rng,
    )
    # Both sides are approximate: ``A Vᵀ`` is near ``U diag(s)``, but only that has norms s.
    return _signed(values, right, left)
