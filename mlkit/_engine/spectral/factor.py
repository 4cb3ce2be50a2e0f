"""Maximum likelihood of the factor model, and rotations of its loadings."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .leading import by_svd
from .svd import randomized_svd

# A noise variance of 0 would make the likelihood infinite.
_LEAST_NOISE = 1e-12
# Random vectors beyond those wanted: with so many in all, the random range is the whole space.
_OVERSAMPLES = 10


@dataclass(frozen=True)
class FactorModel:
    """``x ~ N(mean, WᵀW + Ψ)`` as fitted.

    Attributes
    ----------
    loadings : ndarray of shape (k, p)
        W.
    noise : ndarray of shape (p,)
        Diagonal of Ψ.
    likelihood : list of float
        Log-likelihood at each iteration.
    converged : bool
    """

    loadings: np.ndarray
    noise: np.ndarray
    likelihood: list
    converged: bool


class ExactSpectrum:
    """Leading eigenpairs of ``D⁻¹SD⁻¹``, S the covariance of the rows of A, D diagonal.

    S is formed once where A is longer than wide, so that an iteration costs p³ and not n p².
    """

    def __init__(self, operator, n_components):
        self.operator = operator
        self.count = n_components
        n_rows, n_columns = operator.shape
        self.gram = operator.gram() / n_rows if n_rows > n_columns else None

    def __call__(self, scale):
        """Return k eigenvalues in decreasing order, their vectors as rows, and the sum left."""
        if self.gram is None:
            scaled = self.operator.array() / (scale * np.sqrt(self.operator.shape[0]))
            found = by_svd(scaled, min(self.count, *scaled.shape), overwrite=True)
            return found.values**2, found.right, np.sum(np.square(found.rest))
        values, vectors = linalg.eigh(
            self.gram / np.multiply.outer(scale, scale), driver="evd", overwrite_a=True
        )
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        return values[: self.count], vectors[:, : self.count].T, values[self.count :].sum()


class RandomSpectrum:
    """The same from a random range of A (Halko, Martinsson and Tropp, 2011)."""

    def __init__(self, operator, n_components, n_iter, rng):
        self.operator, self.count, self.n_iter, self.rng = operator, n_components, n_iter, rng

    def __call__(self, scale):
        """Return k eigenvalues in decreasing order, their vectors as rows, and the sum left."""
        scaled = self.operator.array() / (scale * np.sqrt(self.operator.shape[0]))
        _, values, right = randomized_svd(
            scaled, self.count, n_oversamples=_OVERSAMPLES, n_iter=self.n_iter,
            random_state=self.rng,
        )  # fmt: skip
        values = values**2
        return values, right, max(np.vdot(scaled, scaled) - values.sum(), 0.0)


def spectrum(operator, n_components, n_iter, rng):
    """The cheaper of `RandomSpectrum` and `ExactSpectrum` where both are exact."""
    if n_components + _OVERSAMPLES >= min(operator.shape):
        return ExactSpectrum(operator, n_components)
    return RandomSpectrum(operator, n_components, n_iter, rng)


def fit(operator, leading, noise, max_iter, tol):
    """Maximise the likelihood of the factor model over W and Ψ in turn.

    Given Ψ, with eigenvalues sᵢ and vectors vᵢ of ``Ψ^{−½}SΨ^{−½}`` the best W has rows
    ``√(sᵢ − 1)₊ vᵢ Ψ^½``; given W, ``Ψ = diag(S − WᵀW)`` (Barber, 2012, algorithm 21.1).

    Parameters
    ----------
    operator : Operator
        The centred rows, in float64.
    leading : ExactSpectrum or RandomSpectrum
    noise : ndarray of shape (p,)
        First Ψ.
    max_iter : int
    tol : float
        Iteration stops when the log-likelihood grows by less.

    Returns
    -------
    FactorModel
    """
    n_rows, n_columns = operator.shape
    noise = np.array(noise, dtype=np.float64)
    variance = operator.squares / n_rows
    history, converged = [], False
    for _ in range(max_iter):
        scale = np.sqrt(noise) + _LEAST_NOISE
        values, vectors, left = leading(scale)
        loadings = np.sqrt(np.maximum(values - 1, 0))[:, None] * vectors * scale
        history.append(_log_likelihood(values, left, noise, n_rows, n_columns))
        if len(history) > 1 and history[-1] - history[-2] < tol:
            converged = True
            break
        noise = np.maximum(variance - (loadings**2).sum(axis=0), _LEAST_NOISE)
    return FactorModel(loadings, noise, history, converged)


def _log_likelihood(values, left, noise, n_rows, n_columns):
    """``−n/2 (p log 2π + log|C| + tr C⁻¹S)`` of the best W: factors below the noise have none."""
    factors = np.log(np.maximum(values, 1)).sum() + np.minimum(values, 1).sum()
    constant = n_columns * np.log(2 * np.pi) + np.log(noise).sum()
    return float(-n_rows / 2 * (constant + factors + left))


def rotate(loadings, uniformity, tol=1e-6, max_iter=100):
    """Turn loadings L (p × k) so that each factor has few large ones.

    Maximises ``Σⱼ [Σᵢ lᵢⱼ⁴ − γ/p (Σᵢ lᵢⱼ²)²]`` over rotations: γ = 1 is varimax, 0 quartimax. Each
    step moves to the rotation nearest to the gradient, the polar factor of
    ``Lᵀ(M³ − γ/p M diag(MᵀM))``, with M the loadings as they are turned.

    Parameters
    ----------
    loadings : ndarray of shape (k, p)
        Factors as rows.
    uniformity : float
        γ.
    tol : float
        Relative growth at which it stops.
    max_iter : int

    Returns
    -------
    ndarray of shape (k, p)

    References
    ----------
    H. F. Kaiser, "The varimax criterion for analytic rotation in factor analysis", Psychometrika
    23 (1958).
    """
    columns = loadings.T
    turn = np.eye(len(loadings))
    before = 0.0
    for _ in range(max_iter):
        turned = columns @ turn
        pull = uniformity * (turned**2).mean(axis=0)
        left, values, right = np.linalg.svd(columns.T @ (turned**3 - turned * pull))
        turn = left @ right
        if before > 0 and values.sum() < before * (1 + tol):
            break
        before = values.sum()
    return (columns @ turn).T
