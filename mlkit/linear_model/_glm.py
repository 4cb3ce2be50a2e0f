"""Regression with the exponential dispersion family: counts, positive amounts, both."""

import numpy as np

from .._core import shared
from .._core.domains import at_least, one_of, real
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Regressor
from .._core.tags import Traits
from .._engine.glm.lbfgs import LBFGS
from .._engine.glm.newton import NewtonCholesky
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import (
    GammaLoss,
    PoissonLoss,
    SquaredError,
    TweedieIdentityLoss,
    TweedieLoss,
)
from ._base import check_weight, margins, store, warn_not_converged
from ._summary import Summarised, deviance_fit, refuse

_SOLVERS = {"lbfgs": LBFGS, "newton-cholesky": NewtonCholesky}


class DevianceRegressor(Summarised, Regressor, Estimator):
    """Minimises half the mean deviance plus ``α ‖β‖² / 2``; the loss is a subclass's."""

    traits = Traits(sparse=("csr", "csc"), positive_y=True)

    alpha: float = param(1.0, at_least(0), "Penalty strength; 0 is none.")
    fit_intercept: bool = shared.fit_intercept
    solver: str = param(
        "lbfgs",
        one_of(*_SOLVERS),
        '"lbfgs", or "newton-cholesky" for many rows and few columns.',
    )
    max_iter: int = shared.max_iter(100)
    tol: float = shared.tol(1e-4, "Greatest entry of the gradient at which to stop.")
    warm_start: bool = shared.warm_start
    verbose: int = shared.verbose

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Iterations run.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            In the domain of the deviance.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        loss = self._loss()
        self._check_domain(loss, y)
        start = None
        if self.warm_start and hasattr(self, "coef_") and self.coef_.shape == (X.shape[1],):
            start = self.coef_[:, None], np.array([self.intercept_], dtype=np.float64)
        solution = solve(
            X,
            y,
            Problem(loss, L2(self.alpha), _SOLVERS[self.solver](self.max_iter, self.tol)),
            weight=weight,
            fit_intercept=self.fit_intercept,
            start=start,
            on_iteration=self._report if self.verbose else None,
        )
        self.n_iter_ = solution.n_iter
        if not solution.converged:
            warn_not_converged(self, self.solver, solution)
        return store(self, solution, X, 1)

    def _check_plain(self):
        if self.alpha > 0:
            refuse(type(self).__name__, f"alpha={self.alpha} penalises the weights", "use alpha=0")

    def _fit_of(self, X, y, weight):
        y, raw = y.astype(np.float64), margins(X, self.coef_, self.intercept_)
        loss, power = self._loss(), self._power()
        mean = loss.link.inverse(raw)
        logarithm = loss.link.inverse(np.zeros(1))[0] == 1.0
        constant = loss.link(np.average(y, weights=weight)) if self.fit_intercept else 0.0
        deviances = [
            2.0 * (loss.value(y, z, weight) - best_value(y, power, loss) @ weight)
            for z in (raw, np.full(len(y), constant))
        ]
        return deviance_fit(y, mean, logarithm, power, *deviances)

    def _report(self, n_iter, value, violation, solution):
        name = type(self).__name__
        print(f"{name} {n_iter}: objective {value:.8g}, gradient {violation:.2g}")
        return False

    def _check_domain(self, loss, y):
        if not loss.admits(y):
            raise ValueError(
                f"{type(self).__name__}: some value(s) of y are out of the valid range of the "
                f"deviance: y must be {self._domain()}, its least value is {np.min(y)}"
            )

    def _domain(self):
        power = self._power()
        return "real" if power <= 0 else ("positive" if power >= 2 else "non-negative")

    def predict(self, X):
        """Return the mean of y: the inverse link of ``X coef_ᵀ + intercept_``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        raw = margins(self._check_X(X), self.coef_, self.intercept_)
        return self._loss().link.inverse(raw)

    def score(self, X, y, sample_weight=None):
        """Return D², the share of deviance explained: ``1 − D(y, μ) / D(y, ȳ)``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            At most 1; the constant ȳ has 0.
        """
        X = self._check_X(X)
        raw = margins(X, self.coef_, self.intercept_).astype(np.float64)
        loss, y = self._loss(), np.asarray(y, dtype=np.float64)
        self._check_domain(loss, y)
        weight = check_weight(sample_weight, X)
        weight = None if weight is None else weight.astype(np.float64)
        mean = loss.link(np.average(y, weights=weight))
        # ℓ leaves out terms in y, which deviances have.
        best = best_value(y, self._power(), loss) * (1.0 if weight is None else weight)
        constant = loss.value(y, np.full(len(y), mean), weight) - best.sum()
        return float(1.0 - (loss.value(y, raw, weight) - best.sum()) / constant)


def best_value(y, power, loss):
    """ℓ(y, z) where the mean is y itself, which half the deviance is the excess over."""
    if loss.kind == SquaredError.kind:
        return np.zeros(len(y))
    if power == 1:
        return y - y * np.log(np.where(y > 0, y, 1.0))
    if power == 2:
        return 1.0 + np.log(y)
    if power == 0:
        return -0.5 * y * y
    return -np.power(np.maximum(y, 0.0), 2.0 - power) / ((1.0 - power) * (2.0 - power))


class PoissonRegressor(DevianceRegressor):
    """Log-linear model of counts: minimises ``Σ w (e^z − y z) / Σ w + α ‖β‖² / 2``, z = Xβ + b.

    The mean of y ≥ 0 is e^z; the loss is half the Poisson deviance.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models.

    Examples
    --------
    >>> from mlkit.linear_model import PoissonRegressor
    >>> model = PoissonRegressor(alpha=0).fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0])
    >>> model.predict([[3.0]]).round(2)
    array([8.])
    """

    max_iter: int = shared.max_iter(100)

    def _loss(self):
        return PoissonLoss()

    def _power(self):
        return 1


class GammaRegressor(DevianceRegressor):
    """Log-linear model of y > 0: minimises ``Σ w (z + y e^−z) / Σ w + α ‖β‖² / 2``, z = Xβ + b.

    The mean of y is e^z; the loss is half the gamma deviance.

    Examples
    --------
    >>> from mlkit.linear_model import GammaRegressor
    >>> model = GammaRegressor(alpha=0).fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0])
    >>> model.predict([[3.0]]).round(2)
    array([8.])
    """

    max_iter: int = shared.max_iter(100)

    def _loss(self):
        return GammaLoss()

    def _power(self):
        return 2


class TweedieRegressor(DevianceRegressor):
    """Model of the mean under Tweedie's deviance, whose variance is the mean to a `power`.

    Minimises half the mean deviance plus ``α ‖β‖² / 2``; `power` 0 is the normal distribution, 1
    Poisson's, between 1 and 2 sums of a random number of gamma amounts, 2 gamma, 3 inverse
    Gaussian. None has a power between 0 and 1.

    References
    ----------
    Jørgensen, B. (1987). Exponential dispersion models. Journal of the Royal Statistical Society B
    49.

    Examples
    --------
    >>> from mlkit.linear_model import TweedieRegressor
    >>> model = TweedieRegressor(power=1.5, alpha=0).fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0])
    >>> model.predict([[3.0]]).round(2)
    array([8.])
    """

    power: float = param(0.0, real, "Power of the mean that the variance is proportional to.")
    link: str = param(
        "auto",
        one_of("auto", "identity", "log"),
        'z from the mean; "auto" is the identity for a power of 0 or less, else the logarithm.',
    )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.power > 0
        return tags

    def _power(self):
        return self.power

    def _loss(self):
        if 0 < self.power < 1:
            raise ValueError(
                f"TweedieRegressor: no distribution has power={self.power}; use one of 0 or less, "
                "or 1 and more"
            )
        if self.link == "log" or (self.link == "auto" and self.power > 0):
            return TweedieLoss(self.power)
        return SquaredError() if self.power == 0 else TweedieIdentityLoss(self.power)
