"""Operator and its factors: one matrix, whatever the storage; every solver the same factors."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose

from mlkit._engine.spectral.evidence import evidence
from mlkit._engine.spectral.gaussian import covariance, log_density, posterior_mean, precision
from mlkit._engine.spectral.leading import by_chance, by_gram, by_lanczos, by_svd
from mlkit._engine.spectral.operator import Difference, Operator

STORES = [np.ascontiguousarray, np.asfortranarray, sp.csr_array, sp.csc_matrix]


def matrix(n, p, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)) * (rng.random((n, p)) < 0.5) * np.linspace(1, 3, p) + 0.0


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("shape", [(40, 15), (15, 40), (3000, 200)])
def test_products_are_those_of_the_array(store, centred, shape):
    X = matrix(*shape)
    exact = X - X.mean(axis=0) if centred else X
    A = Operator(store(X), centred=centred)
    V = np.random.default_rng(1).standard_normal((4, shape[1]))
    assert_allclose(A.project(V), exact @ V.T, atol=1e-11)
    factor = A.factor()
    assert_allclose(factor @ V.T, exact @ V.T, atol=1e-11)
    assert_allclose(factor.T @ exact[:, :3], exact.T @ exact[:, :3], atol=1e-10)
    fresh = Operator(store(X), centred=centred)
    assert_allclose(fresh.gram(), exact.T @ exact, atol=1e-10)
    assert_allclose(fresh.mean, X.mean(axis=0), atol=1e-13)
    assert_allclose(fresh.squares, X.var(axis=0) * shape[0], rtol=1e-11)
    if shape[0] < 100:
        assert_allclose(fresh.outer_gram(), exact @ exact.T, atol=1e-11)
        assert_allclose(fresh.array(), exact, atol=1e-13)


def test_difference_multiplies_from_both_sides():
    X, u, v = matrix(6, 4), np.arange(6.0), np.arange(4.0) + 1
    D = Difference(sp.csr_array(X), u, v)
    exact = X - np.outer(u, v)
    assert_allclose(D @ np.eye(4), exact)
    assert_allclose(D @ v, exact @ v)
    assert_allclose(np.eye(6) @ D, exact)
    assert_allclose(D.T @ np.eye(6), exact.T)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("shape", [(60, 12), (12, 60), (20, 20)])
def test_solvers_agree(store, shape):
    X = matrix(*shape)
    exact = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    for found in (
        by_svd(Operator(store(X)).array()),
        by_svd(Operator(store(X)).array(), 4),
        by_gram(Operator(store(X))),
        by_gram(Operator(store(X)), 2),
        by_lanczos(Operator(store(X)), 4, 0.0, np.random.default_rng(0)),
        by_chance(Operator(store(X)), 4, 0, n_oversamples=10, n_iter=20, normalizer="QR"),
    ):
        k = len(found.right)
        values = np.concatenate([found.values, found.rest])[:4]
        assert_allclose(values, exact[1][: len(values)], rtol=1e-6)
        assert_allclose(found.right @ found.right.T, np.eye(k), atol=1e-10)
        overlap = np.abs(np.sum(found.right[:2] * exact[2][:2], axis=1))
        assert_allclose(overlap, np.ones(2), atol=1e-6)
        greatest = np.abs(found.right).argmax(axis=1)
        assert (found.right[np.arange(k), greatest] > 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_wide_svd_forms_only_what_is_asked(dtype):
    X = matrix(10, 50).astype(dtype)
    found = by_svd(X.copy(), 3, overwrite=True)
    exact = np.linalg.svd(X.astype(float), full_matrices=False)
    tol = 1e-4 if dtype == np.float32 else 1e-11
    assert found.right.shape == (3, 50) and found.right.dtype == dtype
    assert_allclose(np.concatenate([found.values, found.rest]), exact[1], rtol=tol)
    assert_allclose(np.abs(found.right), np.abs(exact[2][:3]), atol=tol)


def test_gram_on_the_smaller_side_completes_the_basis():
    """Centred rows have rank n − 1; the last direction is any that is orthogonal to the others."""
    found = by_gram(Operator(matrix(8, 30)))
    assert_allclose(found.right @ found.right.T, np.eye(8), atol=1e-10)
    assert found.values[-1] < 1e-6 * found.values[0]


def test_evidence_is_minkas_formula():
    """Term by term, as it is written in the paper."""
    from scipy.special import gammaln

    spectrum, n = np.array([9.0, 4.0, 2.0, 0.7, 0.5]), 50
    d = len(spectrum)
    for k in range(1, d):
        noise = spectrum[k:].mean()
        estimate = np.concatenate([spectrum[:k], np.full(d - k, noise)])
        found = -k * np.log(2)
        for i in range(1, k + 1):
            found += gammaln((d - i + 1) / 2) - (d - i + 1) / 2 * np.log(np.pi)
        found -= n / 2 * np.log(spectrum[:k]).sum() + n * (d - k) / 2 * np.log(noise)
        m = d * k - k * (k + 1) / 2
        found += (m + k) / 2 * np.log(2 * np.pi)
        for i in range(k):
            for j in range(i + 1, d):
                gap = (1 / estimate[j] - 1 / estimate[i]) * (spectrum[i] - spectrum[j]) * n
                found -= np.log(gap) / 2
        found -= k / 2 * np.log(n)
        assert_allclose(evidence(spectrum, n)[k - 1], found, rtol=1e-12)


def test_evidence_refuses_components_of_rounding():
    found = evidence([3.0, 1.0, 1e-17, 0.0], 20)
    assert found[2] == -np.inf and np.isfinite(found[:2]).all()


@pytest.mark.parametrize("noise", [0.3, np.array([0.1, 0.5, 1.0, 2.0])])
def test_gaussian_of_factors(noise):
    rng = np.random.default_rng(0)
    W, X = rng.standard_normal((2, 4)), rng.standard_normal((10, 4))
    C = W.T @ W + np.diag(np.broadcast_to(noise, 4))
    assert_allclose(covariance(W, noise), C)
    assert_allclose(precision(W, noise), np.linalg.inv(C), atol=1e-12)
    square = np.einsum("ij,jk,ik->i", X, np.linalg.inv(C), X)
    expected = -0.5 * (square + np.linalg.slogdet(2 * np.pi * C)[1])
    assert_allclose(log_density(X, W, noise), expected)
    # E[f | x] of the joint Gaussian of factors and observations.
    assert_allclose(posterior_mean(X, W, noise), X @ np.linalg.inv(C) @ W.T, atol=1e-12)


def test_gaussian_without_noise_lives_on_its_range():
    W = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    assert_allclose(precision(W, 0.0), np.diag([1.0, 0.25, 0.0]), atol=1e-12)
    density = log_density(np.array([[1.0, 2.0, 0.0]]), W, 0.0)
    assert_allclose(density, -0.5 * (1 + 1 + 2 * np.log(2) + 2 * np.log(2 * np.pi)))


def test_density_does_not_cancel_where_the_noise_is_tiny():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((2, 5)) * 1e4
    exact = np.linalg.svd(W, full_matrices=False)
    f = rng.standard_normal((20, 2))
    X = f @ W  # on the plane of the factors: the residual is rounding
    found = log_density(X, W, 1e-3)
    values = exact[1] ** 2 + 1e-3
    square = ((X @ exact[2].T) ** 2 / values).sum(axis=1)
    log_det = np.log(values).sum() + 3 * np.log(1e-3)
    assert_allclose(found, -0.5 * (square + log_det + 5 * np.log(2 * np.pi)), rtol=1e-6)
