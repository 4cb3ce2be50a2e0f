"""Least squares whose penalties are found from the data."""

import numpy as np

from .._core import shared
from .._core.domains import above, at_least, boolean, integer, none
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.evidence import (
    GammaPriors,
    first_noise_precision,
    one_precision,
    own_precisions,
)
from ._base import LinearRegressor, check_weight


class _EvidenceRegressor(LinearRegressor, Estimator):
    """What both models share: priors, centring, deviations of predictions."""

    traits = Traits(dtype="float")

    max_iter: int = param(300, integer(1), "Iterations at most.")
    tol: float = param(1e-3, above(0), "Change of the weights' sum at which to stop.")
    alpha_1: float = param(1e-6, at_least(0), "Shape of the prior of the noise's precision.")
    alpha_2: float = param(1e-6, at_least(0), "Rate of the prior of the noise's precision.")
    lambda_1: float = param(1e-6, at_least(0), "Shape of the prior of the weights' precision.")
    lambda_2: float = param(1e-6, at_least(0), "Rate of the prior of the weights' precision.")
    compute_score: bool = param(False, boolean, "Whether to keep the evidence of each iteration.")
    fit_intercept: bool = shared.fit_intercept
    copy_X: bool = shared.copy_X
    verbose: bool = param(False, boolean, "Whether to say when the iteration ended.")

    coef_ = fitted("(n_features,)", "Posterior mean of the weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    alpha_ = fitted("float", "Precision of the noise.")
    n_iter_ = fitted("int", "Iterations run.")
    X_offset_ = fitted("(n_features,)", "Mean of each column; zeros without an intercept.")
    X_scale_ = fitted("(n_features,)", "Ones.")

    def _priors(self):
        return GammaPriors(self.alpha_1, self.alpha_2, self.lambda_1, self.lambda_2)

    def _centred(self, X, y, weight=None):
        """X and y as doubles about their means, which are stored."""
        X, y = X.astype(np.float64), y.astype(np.float64)
        if not self.fit_intercept:
            return X, y, np.zeros(X.shape[1]), 0.0
        x_mean, y_mean = np.average(X, axis=0, weights=weight), np.average(y, weights=weight)
        return X - x_mean, y - y_mean, x_mean, y_mean

    def _store(self, found, dtype, x_mean, y_mean):
        self.coef_ = found.coef.astype(dtype)
        self.intercept_ = dtype.type(y_mean - x_mean @ found.coef) if self.fit_intercept else 0.0
        self.alpha_, self.n_iter_ = found.alpha, found.n_iter
        self.X_offset_, self.X_scale_ = x_mean.astype(dtype), np.ones(len(x_mean), dtype)
        self.sigma_ = found.covariance.astype(dtype)
        if self.compute_score:
            self.scores_ = np.array(found.scores)
        if self.verbose:
            ended = "converged" if found.converged else "stopped"
            print(f"{type(self).__name__}: {ended} after {found.n_iter} iterations")
        return self

    def predict(self, X, return_std=False):
        """Return the mean of the predicted distribution, and its standard deviation if wanted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        return_std : bool, default=False
            Also return ``√(1/α + (x − x̄)ᵀΣ(x − x̄))``.

        Returns
        -------
        ndarray of shape (n_samples,), or two of them
        """
        if not return_std:
            return super().predict(X)
        X = self._check_X(X)
        kept = self._kept(X - self.X_offset_)
        variance = np.sum((kept @ self.sigma_) * kept, axis=1) + 1 / self.alpha_
        return super().predict(X), np.sqrt(variance)


class BayesianRidge(_EvidenceRegressor):
    """Ridge regression whose noise and weights have the precisions α and λ of greatest evidence.

    The weights' posterior is normal with covariance ``(αXᵀX + λI)⁻¹`` and mean ``αΣXᵀy``; α and λ
    have gamma priors and are re-estimated until the weights settle.

    References
    ----------
    MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4.

    Tipping, M. E. (2001). Sparse Bayesian learning and the relevance vector machine. Journal of
    Machine Learning Research 1.

    Examples
    --------
    >>> from mlkit.linear_model import BayesianRidge
    >>> model = BayesianRidge().fit([[0.0], [1.0], [2.0], [3.0]], [0.0, 1.1, 1.9, 3.0])
    >>> mean, deviation = model.predict([[1.5]], return_std=True)
    >>> float(mean[0].round(2))
    1.5
    """

    alpha_init: float = param(
        None, above(0) | none, "First precision of the noise; one over y's variance by default."
    )
    lambda_init: float = param(None, above(0) | none, "First precision of the weights; 1.")

    lambda_ = fitted("float", "Precision of the weights.")
    sigma_ = fitted("(n_features, n_features)", "Posterior covariance of the weights.")
    scores_ = fitted("(n_iter_ + 1,)", "Log evidence, if `compute_score`.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights and their precisions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        weight = None if weight is None else weight.astype(np.float64)
        rows, target, x_mean, y_mean = self._centred(X, y, weight)
        alpha = self.alpha_init or first_noise_precision(target, weight)
        n_rows = float(len(y) if weight is None else weight.sum())
        if weight is not None:
            root = np.sqrt(weight)
            rows, target = rows * root[:, np.newaxis], target * root
        found = one_precision(
            rows,
            target,
            alpha,
            self.lambda_init or 1.0,
            n_rows,
            self._priors(),
            self.max_iter,
            self.tol,
            self.compute_score,
        )
        self.lambda_ = found.lambda_
        return self._store(found, X.dtype, x_mean, y_mean)

    def _kept(self, X):
        return X


class ARDRegression(_EvidenceRegressor):
    """Least squares with a precision λ of its own for each weight: automatic relevance.

    The weights' posterior is normal with covariance ``(αXᵀX + diag λ)⁻¹``; precisions are
    re-estimated, and a weight whose λ passes `threshold_lambda` is 0 from then on.

    References
    ----------
    MacKay, D. J. C. (1994). Bayesian non-linear modeling for the prediction competition. ASHRAE
    Transactions 100.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import ARDRegression
    >>> X = np.random.RandomState(0).randn(50, 3)
    >>> ARDRegression().fit(X, 2 * X[:, 1]).coef_.round(3)
    array([0., 2., 0.])
    """

    threshold_lambda: float = param(
        1e4, at_least(0), "Precision from which on a weight is taken to be 0."
    )

    lambda_ = fitted("(n_features,)", "Precision of each weight.")
    sigma_ = fitted("(n_kept, n_kept)", "Posterior covariance of the weights that are kept.")
    scores_ = fitted("(n_iter_,)", "Log evidence, if `compute_score`.")

    def fit(self, X, y):
        """Fit the weights and their precisions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y, min_rows=2)
        rows, target, x_mean, y_mean = self._centred(X, y)
        found = own_precisions(
            rows,
            target,
            first_noise_precision(target),
            self.threshold_lambda,
            self._priors(),
            self.max_iter,
            self.tol,
            self.compute_score,
        )
        self.lambda_ = found.lambda_.astype(X.dtype)
        return self._store(found, X.dtype, x_mean, y_mean)

    def _kept(self, X):
        return X[:, self.lambda_ < self.threshold_lambda]
