"""Linear one-class support vector machine fitted by stochastic gradient descent."""

from dataclasses import replace

import numpy as np

from .._core import shared
from .._core.arrays import check_sample_weight
from .._core.domains import between, one_of, real
from .._core.estimator import Estimator
from .._core.linear import margins
from .._core.params import fitted, param
from .._core.roles import OutlierDetector
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.glm.rows import Rows
from .._engine.glm.stochastic import Goal, Kind
from . import _stochastic as steps


def _positional(declared):
    return replace(declared, kw_only=False)


class SGDOneClassSVM(steps.StochasticModel, OutlierDetector, Estimator):
    """Half-space that holds most rows and is far from the origin.

    Brings down ``ν (‖w‖² / 2 + b) + mean max(0, 1 − (Xw + b))`` row by row, with b = 1 − ρ: the
    one-class support vector machine of a linear kernel. Rows with ``Xw < ρ`` are outliers; about a
    share ν of those fitted. With `mlkit.kernel_approximation` it stands in for other kernels at a
    cost linear in rows.

    References
    ----------
    Schölkopf, B., Platt, J., Shawe-Taylor, J., Smola, A. and Williamson, R. (2001). Estimating the
    support of a high-dimensional distribution. Neural Computation 13.

    Examples
    --------
    >>> from mlkit.linear_model import SGDOneClassSVM
    >>> X = [[-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0]]
    >>> SGDOneClassSVM(random_state=42, tol=None, max_iter=100).fit(X).predict([[4.0, 4.0]])
    array([1])
    """

    traits = Traits(sparse=("csr",), order="C")

    nu: float = param(
        0.5,
        between(0, 1, closed="right"),
        "Greatest share of outliers among the rows fitted, least share of support vectors.",
        kw_only=False,
    )
    fit_intercept: bool = _positional(shared.fit_intercept)
    max_iter: int = _positional(steps.max_iter)
    tol: float = _positional(steps.tol)
    shuffle: bool = _positional(steps.shuffle)
    verbose: int = _positional(shared.verbose)
    random_state: object = _positional(shared.random_state)
    learning_rate: str = param(
        "optimal",
        one_of("constant", "optimal", "invscaling", "adaptive"),
        'Length of step t: "optimal" ``1 / α(t + t₀)`` with α = ν, "constant" η₀, '
        '"invscaling" ``η₀ / t^power``, "adaptive" η₀ and a fifth of it at each stall.',
        kw_only=False,
    )
    eta0: float = _positional(steps.eta0)
    power_t: float = param(0.5, real, 'Power of the fall of "invscaling".', kw_only=False)
    warm_start: bool = _positional(shared.warm_start)
    average: object = _positional(steps.average)

    coef_ = fitted("(n_features,)", "Weights w.")
    offset_ = fitted("(1,)", "ρ: scores below it are outliers'.")
    n_iter_ = fitted("int", "Epochs run.")
    t_ = fitted("float", "Steps taken, plus one.")

    def _loss_parts(self):
        return Kind.HINGE, 1.0

    def _penalty_parts(self):
        return self.nu, 0.0, True

    def _goal(self):
        return Goal(Kind.HINGE, 1.0, self.nu, 0.0, True, self.fit_intercept, one_class=True)

    def _expose(self, coef, intercept):
        self.coef_, self.offset_ = coef[0], 1.0 - intercept

    def _public_intercept(self):
        return 1.0 - self.offset_

    def fit(self, X, y=None, coef_init=None, offset_init=None, sample_weight=None):
        """Fit the half-space.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        coef_init : array-like of shape (n_features,), default=None
            Weights to start from; zeros by default.
        offset_init : array-like of shape (1,), default=None
            ρ to start from; 0 by default.
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of steps.

        Returns
        -------
        self
        """
        self._check_params()
        schedule = self._schedule(None)
        X = self._check_fit(X)
        if self.warm_start and self._started():
            coef_init = self.coef_ if coef_init is None else coef_init
            offset_init = self.offset_ if offset_init is None else offset_init
        self._begin_at(X, coef_init, offset_init)
        self._descend(X, sample_weight, schedule)
        self._check_converged()
        return self

    def partial_fit(self, X, y=None, sample_weight=None):
        """Run one epoch on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        self._check_params()
        schedule = self._schedule(1)
        first = not self._started()
        X = self._check_fit(X, reset=first)
        if first:
            self._begin_at(X, None, None)
        self._descend(X, sample_weight, schedule)
        return self

    def _begin_at(self, X, coef, offset):
        offset = self._given("offset_init", offset, (1,), X.dtype)
        self._begin((1, X.shape[1]), X.dtype, coef, 1.0 - offset)

    def _descend(self, X, sample_weight, schedule):
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        weight = None if weight is None else weight.astype(np.float64)
        seed = steps.draw_seed(check_random_state(self.random_state))
        ones = np.ones(X.shape[0])
        result = self._run(Rows(X), ones, 0, seed, self._goal(), schedule, weight=weight)
        self._keep([result], X)

    def score_samples(self, X):
        """Return ``X coef_``, the lower the stranger.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return margins(self._check_X(X), self.coef_, 0.0).ravel()

    def decision_function(self, X):
        """Return ``X coef_ − offset_``, negative for outliers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return 1 for inliers and −1 for outliers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        return np.where(self.decision_function(X) >= 0, 1, -1)
