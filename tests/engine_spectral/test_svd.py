"""Randomised SVD: the best approximation, whatever the storage, and signs by rule."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from scipy import linalg
from sklearn.utils import extmath as reference

from mlkit._core.errors import InvalidParameterError
from mlkit._engine.spectral.svd import randomized_eigh
from mlkit.utils.extmath import randomized_range_finder, randomized_svd, svd_flip


def low_rank(n, p, rank, noise=0.0, dtype=np.float64):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, p))
    return (X + noise * rng.standard_normal((n, p))).astype(dtype)


@pytest.mark.parametrize("normalizer", ["auto", "QR", "LU", "none"])
@pytest.mark.parametrize("transpose", ["auto", True, False])
@pytest.mark.parametrize("driver", ["gesdd", "gesvd"])
def test_triplets_of_a_low_rank_matrix_are_exact(normalizer, transpose, driver):
    X = low_rank(60, 40, 5)
    u, s, vh = randomized_svd(
        X, 5, power_iteration_normalizer=normalizer, transpose=transpose, random_state=0,
        svd_lapack_driver=driver, n_iter=2,
    )  # fmt: skip
    assert_allclose((u * s) @ vh, X, atol=1e-9)
    assert_allclose(s, linalg.svdvals(X)[:5], rtol=1e-10)
    assert_allclose(u.T @ u, np.eye(5), atol=1e-12)
    assert_allclose(vh @ vh.T, np.eye(5), atol=1e-12)


@pytest.mark.parametrize("shape", [(100, 60), (60, 100)])
@pytest.mark.parametrize("n_iter", ["auto", 0, 3])
def test_triplets_are_those_of_the_reference(shape, n_iter):
    X = low_rank(*shape, 8, noise=0.5)
    ours = randomized_svd(X, 4, n_iter=n_iter, random_state=3)
    theirs = reference.randomized_svd(X, 4, n_iter=n_iter, random_state=3)
    for mine, other in zip(ours, theirs, strict=True):
        assert_allclose(mine, other, atol=1e-10)


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array, sp.coo_matrix])
def test_sparse_is_dense(container):
    X = low_rank(50, 30, 6, noise=0.1) * (np.random.RandomState(1).random_sample((50, 30)) < 0.3)
    for mine, other in zip(
        randomized_svd(container(X), 3, random_state=0),
        randomized_svd(X, 3, random_state=0),
        strict=True,
    ):
        assert_allclose(mine, other, atol=1e-10)


def test_steep_spectra_do_not_break_the_normalizer():
    """The Gram matrix of such a block is singular in floating point."""
    X = low_rank(200, 50, 50) * np.logspace(0, -14, 50)
    s = randomized_svd(X, 5, n_iter=7, random_state=0)[1]
    assert_allclose(s, linalg.svdvals(X)[:5], rtol=1e-10)
    zero = randomized_svd(np.zeros((20, 10)), 2, n_iter=4, random_state=0)[1]
    assert_allclose(zero, 0)


def test_float32_stays():
    for part in randomized_svd(low_rank(30, 20, 4, dtype=np.float32), 2, random_state=0):
        assert part.dtype == np.float32


def test_range_is_orthonormal_and_holds_the_matrix():
    X = low_rank(40, 30, 5)
    Q = randomized_range_finder(X, size=7, n_iter=1, random_state=0)
    assert Q.shape == (40, 7)
    assert_allclose(Q.T @ Q, np.eye(7), atol=1e-12)
    assert_allclose(Q @ (Q.T @ X), X, atol=1e-10)


def test_eigenpairs_are_those_of_greatest_modulus():
    rng = np.random.RandomState(0)
    basis = linalg.qr(rng.standard_normal((30, 30)))[0]
    spectrum = np.concatenate([[5, -4, 3, -2], np.full(26, 0.01)])
    M = (basis * spectrum) @ basis.T
    values, vectors = randomized_eigh(M, 4, random_state=0)
    assert_allclose(values, [5, -4, 3, -2], rtol=1e-9)
    assert_allclose(M @ vectors, vectors * values, atol=1e-8)


@pytest.mark.parametrize("by_u", [True, False])
def test_the_greatest_entry_is_positive_and_the_product_stays(by_u):
    u, s, vh = linalg.svd(low_rank(8, 6, 6), full_matrices=False)
    flipped_u, flipped_v = svd_flip(u, vh, u_based_decision=by_u)
    assert_allclose((flipped_u * s) @ flipped_v, (u * s) @ vh, atol=1e-12)
    basis = flipped_u.T if by_u else flipped_v
    assert (basis[np.arange(len(basis)), abs(basis).argmax(axis=1)] > 0).all()
    alone = svd_flip(u if by_u else None, None if by_u else vh, by_u)
    assert_allclose(alone[0 if by_u else 1], flipped_u if by_u else flipped_v)


def test_slow_formats_warn_and_bad_parameters_are_refused():
    X = sp.lil_matrix(np.eye(20))
    with pytest.warns(sp.SparseEfficiencyWarning, match="csr_matrix"):
        randomized_svd(X, 2, n_iter=1, power_iteration_normalizer="none")
    with pytest.raises(InvalidParameterError, match="n_components"):
        randomized_svd(np.eye(3), 0)
    with pytest.raises(InvalidParameterError, match="power_iteration_normalizer"):
        randomized_svd(np.eye(3), 1, power_iteration_normalizer="SVD")
