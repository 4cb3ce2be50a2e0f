"""Least squares with Gaussian priors whose precisions are those of greatest evidence.

Noise has precision α, the weights have precisions λ, one for all or one each; the re-estimates
are MacKay's: a precision is the number of directions that the data determine, over their size.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class GammaPriors:
    """Shapes (`*_1`) and rates (`*_2`) of the gamma priors of the two kinds of precision."""

    alpha_1: float
    alpha_2: float
    lambda_1: float
    lambda_2: float

    def log_density(self, alpha, lambda_):
        """Logarithm of the priors at these precisions, up to a constant."""
        weights = np.sum(self.lambda_1 * np.log(lambda_) - self.lambda_2 * lambda_)
        return weights + self.alpha_1 * np.log(alpha) - self.alpha_2 * alpha

    def noise(self, n_rows, determined, residual):
        """Re-estimated precision of the noise."""
        return (n_rows - determined + 2 * self.alpha_1) / (residual + 2 * self.alpha_2)

    def weights(self, determined, squares):
        """Re-estimated precision of the weights."""
        return (determined + 2 * self.lambda_1) / (squares + 2 * self.lambda_2)


@dataclass
class Evidence:
    """A fit: weights, precisions, covariance of the weights, evidence of each iteration."""

    coef: np.ndarray
    alpha: float
    lambda_: object
    covariance: np.ndarray = None
    n_iter: int = 0
    converged: bool = False
    scores: list = field(default_factory=list)


def first_noise_precision(y, weight=None):
    """One over the variance of y, finite for a constant y."""
    mean = np.average(y, weights=weight)
    return 1.0 / (np.average((y - mean) ** 2, weights=weight) + np.finfo(np.float64).eps)


def rotated(X, y):
    """``QᵀX`` and ``Qᵀy`` of X = QR where rows are many, and ``‖y‖² − ‖Qᵀy‖²``."""
    if len(y) < 4 * X.shape[1]:
        return X, y, 0.0
    triangle = np.linalg.qr(np.column_stack([X, y]), mode="r")
    return triangle[:-1, :-1], triangle[:-1, -1], float(triangle[-1, -1] ** 2)


def one_precision(X, y, alpha, lambda_, n_rows, priors, max_iter, tol, want_scores):
    """Fit with one precision for all weights; X and y are centred and rooted by their weights.

    One singular value decomposition ``X = U S Vᵀ`` makes an iteration cost O(p·min(n, p)). Many
    rows are first rotated into as few as columns, which leaves all norms as they are.
    """
    X, y, beyond = rotated(X, y)
    U, singular, Vt = np.linalg.svd(X, full_matrices=False)
    eigen, target = singular**2, singular * (U.T @ y)
    n_columns = X.shape[1]

    def posterior(alpha, lambda_):
        coef = Vt.T @ (target / (eigen + lambda_ / alpha))
        return coef, float(np.sum((y - X @ coef) ** 2)) + beyond

    def score(alpha, lambda_, coef, residual):
        determinant = np.log(lambda_ + alpha * eigen).sum()
        determinant += (n_columns - len(eigen)) * np.log(lambda_)
        fit = n_columns * np.log(lambda_) + n_rows * np.log(alpha) - alpha * residual
        fit -= lambda_ * np.sum(coef**2) + determinant + n_rows * np.log(2 * np.pi)
        return priors.log_density(alpha, lambda_) + fit / 2

    fit, previous = Evidence(None, alpha, lambda_), None
    for fit.n_iter in range(1, max_iter + 1):
        coef, residual = posterior(alpha, lambda_)
        if want_scores:
            fit.scores.append(score(alpha, lambda_, coef, residual))
        determined = np.sum(alpha * eigen / (lambda_ + alpha * eigen))
        lambda_ = priors.weights(determined, np.sum(coef**2))
        alpha = priors.noise(n_rows, determined, residual)
        if previous is not None and np.abs(previous - coef).sum() < tol:
            fit.converged = True
            break
        previous = coef
    fit.coef, residual = posterior(alpha, lambda_)
    if want_scores:
        fit.scores.append(score(alpha, lambda_, fit.coef, residual))
    fit.alpha, fit.lambda_ = alpha, lambda_
    # (αXᵀX + λI)⁻¹: what X leaves open keeps the prior's variance.
    fit.covariance = (Vt.T / (alpha * eigen + lambda_)) @ Vt
    if len(eigen) < n_columns:
        fit.covariance += (np.eye(n_columns) - Vt.T @ Vt) / lambda_
    return fit


def _covariance(X, alpha, lambda_):
    """``(αXᵀX + diag λ)⁻¹``, by the smaller of the two systems."""
    n_rows, n_columns = X.shape
    if n_rows >= n_columns:
        return np.linalg.pinv(alpha * X.T @ X + np.diag(lambda_), hermitian=True)
    scaled = X / lambda_
    inner = np.linalg.pinv(np.eye(n_rows) / alpha + scaled @ X.T, hermitian=True)
    return np.diag(1 / lambda_) - scaled.T @ inner @ scaled


def own_precisions(X, y, alpha, threshold, priors, max_iter, tol, want_scores):
    """Fit with a precision for each weight; a weight whose precision passes `threshold` is 0."""
    n_rows, n_columns = X.shape
    coef, lambda_ = np.zeros(n_columns), np.ones(n_columns)
    kept = np.ones(n_columns, dtype=bool)
    fit, previous = Evidence(coef, alpha, lambda_), None
    for fit.n_iter in range(1, max_iter + 1):
        covariance = _covariance(X[:, kept], alpha, lambda_[kept])
        coef[kept] = alpha * covariance @ (X[:, kept].T @ y)
        residual = np.sum((y - X @ coef) ** 2)
        determined = 1 - lambda_[kept] * np.diag(covariance)
        lambda_[kept] = priors.weights(determined, coef[kept] ** 2)
        alpha = priors.noise(n_rows, determined.sum(), residual)
        kept = lambda_ < threshold
        coef[~kept] = 0
        if want_scores:
            _, determinant = np.linalg.slogdet(covariance)
            evidence = determinant + n_rows * np.log(alpha) + np.log(lambda_).sum()
            evidence -= alpha * residual + np.sum(lambda_ * coef**2)
            fit.scores.append(priors.log_density(alpha, lambda_) + evidence / 2)
        if previous is not None and np.abs(previous - coef).sum() < tol:
            fit.converged = True
            break
        previous = coef.copy()
        if not kept.any():
            fit.converged = True
            break
    fit.covariance = _covariance(X[:, kept], alpha, lambda_[kept])
    coef[kept] = alpha * fit.covariance @ (X[:, kept].T @ y)
    fit.alpha = alpha
    return fit
