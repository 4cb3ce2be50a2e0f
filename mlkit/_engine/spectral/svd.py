"""Randomised range finding, singular values and eigenpairs, and the rule for their signs."""

import warnings

import numpy as np
from scipy import linalg

from ..._core.domains import array_like, boolean, integer, one_of, random_state, sparse_matrix
from ..._core.linalg import safe_sparse_dot
from ..._core.params import checked
from ..._core.seeds import check_random_state

_NORMALIZERS = one_of("auto", "QR", "LU", "none")


def _triangular_factor(Y):
    """Lower factor of Y, which spans the range of Y at half the cost of QR."""
    return linalg.lu(Y, permute_l=True, check_finite=False)[0]


def _orthonormal(Y):
    return linalg.qr(Y, mode="economic", check_finite=False)[0]


def _whitened(Y):
    """Y R⁻¹ with R from the Cholesky factor of YᵀY: two matrix products instead of a factorisation.

    Squaring doubles the digits that are lost, so ill-conditioned blocks go through LU.
    """
    gram = Y.T @ Y
    try:
        factor = linalg.cholesky(gram, check_finite=False)
    except linalg.LinAlgError:
        return _triangular_factor(Y)
    diagonal = np.abs(np.diagonal(factor))
    # The ratio bounds the condition of R from below; its square must stay well above rounding.
    if not diagonal.min() > diagonal.max() * np.finfo(Y.dtype).eps ** 0.375:
        return _triangular_factor(Y)
    return linalg.solve_triangular(factor, Y.T, trans="T", check_finite=False).T


def _normalizer(name, n_iter):
    if name == "none" or (name == "auto" and n_iter <= 2):
        # Two passes lose too few digits to matter.
        return lambda Y: Y
    return {"auto": _whitened, "QR": _orthonormal, "LU": _triangular_factor}[name]


@checked(size=integer(1), n_iter=integer(0), power_iteration_normalizer=_NORMALIZERS)
def randomized_range_finder(
    A, *, size, n_iter, power_iteration_normalizer="auto", random_state=None
):
    """Orthonormal Q whose range nearly holds that of A: Q of ``(AAᵀ)^n_iter A Ω``, Ω Gaussian.

    Algorithm 4.4 of Halko, Martinsson and Tropp (2011).

    Parameters
    ----------
    A : {ndarray, sparse matrix, LinearOperator} of shape (n_rows, n_columns)
        float32 is worked on as float32.
    size : int
        Columns of Ω, hence of Q (at most n_rows).
    n_iter : int
        Power iterations.
    power_iteration_normalizer : {"auto", "QR", "LU", "none"}, default="auto"
        What keeps the columns apart between passes. "auto" does nothing up to two iterations and
        factors the Gram matrix (LU where that is ill-conditioned) beyond.
    random_state : int, RandomState, Generator or None, default=None

    Returns
    -------
    ndarray of shape (n_rows, min(size, n_rows))

    References
    ----------
    N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53
    (2011), arXiv:0909.4061.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import randomized_range_finder
    >>> A = np.outer([1.0, 2.0, 2.0], [1.0, 1.0])
    >>> Q = randomized_range_finder(A, size=1, n_iter=1, random_state=0)
    >>> bool(np.allclose(Q @ (Q.T @ A), A))
    True
    """
    if isinstance(A, (list, tuple)):
        A = np.asarray(A)
    rng = check_random_state(random_state)
    Q = rng.normal(size=(A.shape[1], size))
    if getattr(A, "dtype", None) is not None and A.dtype == np.float32:
        Q = Q.astype(np.float32)
    keep_apart = _normalizer(power_iteration_normalizer, n_iter)
    for _ in range(n_iter):
        Q = keep_apart(A @ Q)
        Q = keep_apart(A.T @ Q)
    return _orthonormal(np.asarray(A @ Q))


@checked(
    M=array_like | sparse_matrix,
    n_components=integer(1),
    n_oversamples=integer(0),
    n_iter=integer(0) | one_of("auto"),
    power_iteration_normalizer=_NORMALIZERS,
    transpose=boolean | one_of("auto"),
    flip_sign=boolean,
    random_state=random_state,
    svd_lapack_driver=one_of("gesdd", "gesvd"),
)
def randomized_svd(
    M,
    n_components,
    *,
    n_oversamples=10,
    n_iter="auto",
    power_iteration_normalizer="auto",
    transpose="auto",
    flip_sign=True,
    random_state=None,
    svd_lapack_driver="gesdd",
):
    """Leading singular triplets ``M ≈ U diag(s) Vᵀ`` from a random range of M.

    Parameters
    ----------
    M : {array-like, sparse matrix} of shape (n_rows, n_columns)
    n_components : int
        Triplets to return.
    n_oversamples : int, default=10
        Further random vectors; more make the last triplets better.
    n_iter : int or "auto", default="auto"
        Power iterations; "auto" is 7 for fewer than a tenth of the possible triplets, else 4.
    power_iteration_normalizer : {"auto", "QR", "LU", "none"}, default="auto"
        See `randomized_range_finder`.
    transpose : bool or "auto", default="auto"
        Work on Mᵀ; "auto" does where M is wider than long.
    flip_sign : bool, default=True
        Fix the signs by `svd_flip`.
    random_state : int, RandomState, Generator or None, default=None
    svd_lapack_driver : {"gesdd", "gesvd"}, default="gesdd"
        Divide and conquer, or the slower routine for matrices on which that fails.

    Returns
    -------
    u : ndarray of shape (n_rows, n_components)
    s : ndarray of shape (n_components,)
        In decreasing order.
    vh : ndarray of shape (n_components, n_columns)

    References
    ----------
    N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53
    (2011), arXiv:0909.4061.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import randomized_svd
    >>> u, s, vh = randomized_svd(np.diag([3.0, 2.0, 1.0]), n_components=2, random_state=0)
    >>> s.round(6).tolist()
    [3.0, 2.0]
    """
    if isinstance(M, (list, tuple)):
        M = np.asarray(M)
    _warn_slow_format(M)
    if n_iter == "auto":
        n_iter = 7 if n_components < 0.1 * min(M.shape) else 4
    if transpose == "auto":
        transpose = M.shape[0] < M.shape[1]
    if transpose:
        M = M.T
    Q = randomized_range_finder(
        M,
        size=n_components + n_oversamples,
        n_iter=n_iter,
        power_iteration_normalizer=power_iteration_normalizer,
        random_state=random_state,
    )
    small = np.asarray(safe_sparse_dot(Q.T, M))
    inner, s, vh = linalg.svd(small, full_matrices=False, lapack_driver=svd_lapack_driver)
    u = Q @ inner[:, :n_components]
    s, vh = s[:n_components], vh[:n_components]
    if transpose:
        u, vh = vh.T, u.T
    if flip_sign:
        # The factor that the decision is made on is the same whichever way M was turned.
        u, vh = svd_flip(u, vh)
    return u, s, vh


def _warn_slow_format(M):
    if getattr(M, "format", None) in ("lil", "dok"):
        from scipy.sparse import SparseEfficiencyWarning

        warnings.warn(
            f"randomized_svd: products with a {type(M).__name__} are expensive; "
            "pass a csr_matrix, which is more efficient",
            SparseEfficiencyWarning,
            stacklevel=4,
        )


def randomized_eigh(
    M,
    n_components,
    *,
    n_oversamples=10,
    n_iter="auto",
    power_iteration_normalizer="auto",
    random_state=None,
):
    """Eigenpairs of a symmetric matrix whose eigenvalues are greatest in modulus.

    The singular triplets of a symmetric matrix are its eigenpairs up to signs:
    ``λᵢ = sᵢ · sign(uᵢ · vᵢ)``.

    Parameters
    ----------
    M : {ndarray, sparse matrix} of shape (n, n)
    n_components : int
    n_oversamples, n_iter, power_iteration_normalizer, random_state
        See `randomized_svd`.

    Returns
    -------
    values : ndarray of shape (n_components,)
    vectors : ndarray of shape (n, n_components)
    """
    u, s, vh = randomized_svd(
        M,
        n_components,
        n_oversamples=n_oversamples,
        n_iter=n_iter,
        power_iteration_normalizer=power_iteration_normalizer,
        flip_sign=False,
        random_state=random_state,
    )
    return s * np.sign(np.einsum("ij,ji->i", vh, u)), u


def svd_flip(u, v, u_based_decision=True):
    """Turn pairs of singular vectors so that the entry of greatest modulus is positive.

    Parameters
    ----------
    u : ndarray of shape (n_rows, k) or None
        May be None with ``u_based_decision=False``.
    v : ndarray of shape (k, n_columns) or None
        Rows are right vectors. May be None with ``u_based_decision=True``.
    u_based_decision : bool, default=True
        Look at the columns of `u`, else at the rows of `v`; ties go to the first entry.

    Returns
    -------
    u, v : ndarray or None

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import svd_flip
    >>> u, v = svd_flip(np.array([[-2.0], [1.0]]), np.array([[3.0, 4.0]]))
    >>> u.ravel().tolist(), v.ravel().tolist()
    ([2.0, -1.0], [-3.0, -4.0])
    """
    basis = u.T if u_based_decision else v
    greatest = np.abs(basis).argmax(axis=1)
    signs = np.sign(basis[np.arange(len(basis)), greatest])
    return (None if u is None else u * signs), (None if v is None else v * signs[:, None])
