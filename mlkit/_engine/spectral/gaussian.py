"""The Gaussian of factor models, ``N(0, WᵀW + Ψ)`` with few rows of W and a diagonal Ψ."""

import math

import numpy as np
from scipy import linalg


def covariance(loadings, noise):
    """``WᵀW + Ψ``.

    Parameters
    ----------
    loadings : ndarray of shape (k, p)
        W.
    noise : float or ndarray of shape (p,)
        Diagonal of Ψ.

    Returns
    -------
    ndarray of shape (p, p)
    """
    found = loadings.T @ loadings
    found.flat[:: len(found) + 1] += noise
    return found


def posterior(loadings, noise):
    """Scaled loadings ``B = WΨ^{−½}`` and the Cholesky factor of ``I + BBᵀ``.

    The factors given an observation x have precision ``I + BBᵀ`` and mean
    ``(I + BBᵀ)⁻¹ B Ψ^{−½}x``.

    Parameters
    ----------
    loadings : ndarray of shape (k, p)
    noise : ndarray of shape (p,)
        Positive.

    Returns
    -------
    scaled : ndarray of shape (k, p)
    factor : ndarray of shape (k, k)
        Lower triangular.
    """
    scaled = loadings / np.sqrt(noise)
    inner = scaled @ scaled.T
    inner.flat[:: len(inner) + 1] += 1
    return scaled, np.linalg.cholesky(inner)


def posterior_mean(X, loadings, noise):
    """Mean of the factors given each row of X, of shape (n, k)."""
    noise = _spread(noise, X)
    scaled, factor = posterior(loadings, noise)
    return _solved(factor, scaled @ (X / np.sqrt(noise)).T).T


def precision(loadings, noise):
    """``(WᵀW + Ψ)⁻¹``, by inverting a k × k matrix (Woodbury) where Ψ is positive.

    With a noise of 0 somewhere it is the inverse of the covariance, on its range where that is
    singular.
    """
    width = loadings.shape[1]
    noise = np.broadcast_to(np.asarray(noise, dtype=loadings.dtype), (width,))
    if not noise.min() > 0:
        values, vectors = _range(covariance(loadings, noise))
        return (vectors / values) @ vectors.T
    scaled, factor = posterior(loadings, noise)
    half = linalg.solve_triangular(factor, scaled, lower=True, check_finite=False)
    half /= np.sqrt(noise)
    found = -(half.T @ half)
    found.flat[:: width + 1] += 1 / noise
    return found


def log_density(X, loadings, noise):
    """``log N(x | 0, WᵀW + Ψ)`` of each row.

    With z = Ψ^{−½}x, B = WΨ^{−½} and m the posterior mean, ``xᵀ(WᵀW + Ψ)⁻¹x`` is
    ``‖z − Bᵀm‖² + ‖m‖²``: a sum of what is positive, so nothing cancels. With a noise of 0 it is
    the density on the range of the covariance.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Centred.
    loadings : ndarray of shape (k, p)
    noise : float or ndarray of shape (p,)

    Returns
    -------
    ndarray of shape (n,)
    """
    noise = _spread(noise, X)
    if not noise.min() > 0:
        values, vectors = _range(covariance(loadings, noise))
        square = (((X @ vectors) ** 2) / values).sum(axis=1)
        return -0.5 * (square + np.log(values).sum() + len(values) * math.log(2 * math.pi))
    scaled, factor = posterior(loadings, noise)
    Z = X / np.sqrt(noise)
    mean = _solved(factor, scaled @ Z.T).T
    square = ((Z - mean @ scaled) ** 2).sum(axis=1) + (mean**2).sum(axis=1)
    log_determinant = np.log(noise).sum() + 2 * np.log(np.diagonal(factor)).sum()
    return -0.5 * (square + log_determinant + X.shape[1] * math.log(2 * math.pi))


def _spread(noise, X):
    return np.broadcast_to(np.asarray(noise, dtype=X.dtype), (X.shape[1],))


def _solved(factor, right):
    return linalg.cho_solve((factor, True), right, check_finite=False)


def _range(matrix):
    """Eigenpairs of a positive semidefinite matrix but those that are rounding."""
    values, vectors = linalg.eigh(matrix, check_finite=False)
    kept = values > len(values) * np.finfo(matrix.dtype).eps * max(values[-1], 0)
    return values[kept], vectors[:, kept]
