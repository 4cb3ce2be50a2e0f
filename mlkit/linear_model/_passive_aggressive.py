"""Passive-aggressive learning."""

import numpy as np

from .._core import shared
from .._core.domains import between, integer, none, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.stochastic import Rate
from . import _stochastic as steps

_C = param(
    1.0, between(0, np.inf, closed="right"), "Greatest step; weight of the squared slack in PA-II."
)


class _PassiveAggressive:
    """No penalty; steps that end on the margin, cut or damped by C."""

    def _penalty_parts(self):
        return 0.0, 0.0, False

    def _rate_parts(self):
        return (Rate.PASSIVE_SQUARED if "squared" in self.loss else Rate.PASSIVE), self.C, 0.0


class PassiveAggressiveClassifier(_PassiveAggressive, steps.StochasticClassifier, Estimator):
    """Changes the weights as little as puts each row on its side of the margin.

    Where ``ℓ = max(0, 1 − y (xw + b))`` is positive, ``τ y x`` is added to the weights, with τ =
    min(C, ℓ / ‖x‖²) for the loss "hinge" (PA-I) and ℓ / (‖x‖² + 1 / 2C) for "squared_hinge"
    (PA-II). One problem for two classes, else one for each class against the rest.

    References
    ----------
    Crammer, K., Dekel, O., Keshet, J., Shalev-Shwartz, S. and Singer, Y. (2006). Online
    passive-aggressive algorithms. Journal of Machine Learning Research 7.

    Examples
    --------
    >>> from mlkit.linear_model import PassiveAggressiveClassifier
    >>> X, y = [[-1, -1], [-2, -1], [1, 1], [2, 1]], [1, 1, 2, 2]
    >>> PassiveAggressiveClassifier(random_state=0).fit(X, y).predict([[-0.8, -1], [3, 1]])
    array([1, 2])
    """

    traits = Traits(sparse=("csr",), order="C")

    C: float = _C
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = steps.max_iter
    tol: float = steps.tol
    early_stopping: bool = steps.early_stopping
    validation_fraction: float = steps.validation_fraction
    n_iter_no_change: int = steps.n_iter_no_change
    shuffle: bool = steps.shuffle
    verbose: int = shared.verbose
    loss: str = param("hinge", one_of("hinge", "squared_hinge"), "PA-I or PA-II; see above.")
    n_jobs: int = param(
        None, integer() | none, "Threads for the problems of several classes; −1 is all."
    )
    random_state: object = shared.random_state
    warm_start: bool = shared.warm_start
    class_weight: object = steps.class_weight
    average: object = steps.average

    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    classes_ = fitted("(n_classes,)", "Labels.")
    n_iter_ = fitted("int", "Epochs run; the most of any class.")
    t_ = fitted("float", "Steps taken, plus one.")

    def _loss_parts(self):
        # The margin's shortfall decides on the step in both; PA-II squares the slack, not the loss.
        return steps.loss_named("hinge")

    def fit(self, X, y, coef_init=None, intercept_init=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        coef_init : array-like of shape (n_classes, n_features), default=None
            Weights to start from; zeros by default.
        intercept_init : array-like of shape (n_classes,), default=None

        Returns
        -------
        self
        """
        return self._fit(X, y, coef_init, intercept_init)

    def partial_fit(self, X, y, classes=None):
        """Run one epoch on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels there are; needed in the first call.

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, classes)


class PassiveAggressiveRegressor(_PassiveAggressive, steps.StochasticRegressor, Estimator):
    """Changes the weights as little as brings each row's error down to ε.

    Where ``ℓ = max(0, |y − xw − b| − ε)`` is positive, τ x is added with the sign of the error, τ =
    min(C, ℓ / ‖x‖²) for the loss "epsilon_insensitive" (PA-I) and ℓ / (‖x‖² + 1 / 2C) for
    "squared_epsilon_insensitive" (PA-II).

    References
    ----------
    Crammer, K., Dekel, O., Keshet, J., Shalev-Shwartz, S. and Singer, Y. (2006). Online
    passive-aggressive algorithms. Journal of Machine Learning Research 7.

    Examples
    --------
    >>> from mlkit.linear_model import PassiveAggressiveRegressor
    >>> X, y = [[-1.0], [0.0], [1.0], [2.0]], [-2.0, 0.0, 2.0, 4.0]
    >>> model = PassiveAggressiveRegressor(epsilon=0.01, random_state=0).fit(X, y)
    >>> model.predict([[1.5]]).round(1)
    array([3.])
    """

    traits = Traits(sparse=("csr",), order="C")

    C: float = _C
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = steps.max_iter
    tol: float = steps.tol
    early_stopping: bool = steps.early_stopping
    validation_fraction: float = steps.validation_fraction
    n_iter_no_change: int = steps.n_iter_no_change
    shuffle: bool = steps.shuffle
    verbose: int = shared.verbose
    loss: str = param(
        "epsilon_insensitive",
        one_of("epsilon_insensitive", "squared_epsilon_insensitive"),
        "PA-I or PA-II; see above.",
    )
    epsilon: float = steps.epsilon
    random_state: object = shared.random_state
    warm_start: bool = shared.warm_start
    average: object = steps.average

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("(1,)", "Constant term.")
    n_iter_ = fitted("int", "Epochs run.")
    t_ = fitted("float", "Steps taken, plus one.")

    def _loss_parts(self):
        return steps.loss_named("epsilon_insensitive", self.epsilon)

    def fit(self, X, y, coef_init=None, intercept_init=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        coef_init : array-like of shape (n_features,), default=None
            Weights to start from; zeros by default.
        intercept_init : array-like of shape (1,), default=None

        Returns
        -------
        self
        """
        return self._fit(X, y, coef_init, intercept_init)

    def partial_fit(self, X, y):
        """Run one epoch on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self
        """
        return self._partial_fit(X, y)
