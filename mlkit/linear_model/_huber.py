"""Regression that outliers pull on by their number, not by their size."""

import numpy as np

from .._core import shared
from .._core.domains import at_least, integer
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.concomitant import HuberScale
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredError
from ._base import LinearRegressor, check_weight, margins, store, warn_not_converged


class HuberRegressor(LinearRegressor, Estimator):
    """Weights and scale of the errors together, robust to outliers in y.

    Minimises ``Σ w (σ + σ H((y − Xβ − b) / σ)) + α ‖β‖²`` over β, b and σ, with H(z) = z² for
    |z| ≤ ε and 2ε|z| − ε² beyond, by Newton's method. Scaling y scales the result.

    References
    ----------
    Huber, P. J. and Ronchetti, E. M. (2009). Robust Statistics.

    Owen, A. B. (2007). A robust hybrid of lasso and ridge regression.

    Examples
    --------
    >>> from mlkit.linear_model import HuberRegressor
    >>> X = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]
    >>> y = [0.0, 1.1, 1.9, 3.1, 3.9, 5.0, 50.0]
    >>> HuberRegressor(alpha=0).fit(X, y).coef_.round(1)
    array([1.])
    """

    traits = Traits(sparse=("csr", "csc"))

    epsilon: float = param(
        1.35, at_least(1), "Residuals beyond ε σ are outliers; 1.35 keeps 95 % efficiency."
    )
    max_iter: int = param(100, integer(0), "Iterations at most.")
    alpha: float = param(0.0001, at_least(0), "Strength of the L2 penalty.")
    warm_start: bool = shared.warm_start
    fit_intercept: bool = shared.fit_intercept
    tol: float = shared.tol(1e-5, "Greatest entry of the mean's gradient at which to stop.")

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    scale_ = fitted("float", "σ, by which residuals are divided.")
    n_iter_ = fitted("int", "Iterations run.")
    outliers_ = fitted("(n_samples,)", "Whether a row's residual is beyond ε σ.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights and the scale.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        start = scale = None
        if self.warm_start and hasattr(self, "coef_") and self.coef_.shape == (X.shape[1],):
            start, scale = (self.coef_[:, None], np.array([self.intercept_])), self.scale_
        total = float(X.shape[0] if weight is None else weight.sum(dtype=np.float64))
        solver = HuberScale(self.epsilon, self.max_iter, self.tol, scale)
        solution = solve(
            X,
            y,
            Problem(SquaredError(), L2(2.0 * self.alpha / total), solver),
            weight=weight,
            fit_intercept=self.fit_intercept,
            start=start,
        )
        store(self, solution, X, 1)
        self.scale_, self.n_iter_ = solution.details["scale"], solution.n_iter
        if not solution.converged:
            warn_not_converged(self, "newton", solution)
        residual = np.abs(y - margins(X, self.coef_, self.intercept_))
        self.outliers_ = residual > self.scale_ * self.epsilon
        return self
