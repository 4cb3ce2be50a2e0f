"""The perceptron."""

from dataclasses import replace

from .._core import shared
from .._core.domains import integer, none
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.stochastic import Kind, Rate
from . import _stochastic as steps


class Perceptron(steps.StochasticClassifier, Estimator):
    """Adds η₀ y x to the weights wherever ``y (xw + b) ≤ 0``, row by row.

    This is stochastic descent on ``max(0, −y z)`` with steps of constant length; one problem for
    two classes, else one for each class against the rest.

    References
    ----------
    Rosenblatt, F. (1958). The perceptron: a probabilistic model for information storage and
    organization in the brain. Psychological Review 65.

    Examples
    --------
    >>> from mlkit.linear_model import Perceptron
    >>> X, y = [[-1, -1], [-2, -1], [1, 1], [2, 1]], [1, 1, 2, 2]
    >>> Perceptron().fit(X, y).predict([[-0.8, -1], [3, 1]])
    array([1, 2])
    """

    traits = Traits(sparse=("csr",), order="C")

    penalty: str = replace(steps.penalty, default=None)
    alpha: float = replace(steps.alpha, doc="Penalty strength.")
    l1_ratio: float = steps.l1_ratio
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = steps.max_iter
    tol: float = steps.tol
    shuffle: bool = steps.shuffle
    verbose: int = shared.verbose
    eta0: float = replace(steps.eta0, default=1.0, doc="Length η₀ of steps.")
    n_jobs: int = param(
        None, integer() | none, "Threads for the problems of several classes; −1 is all."
    )
    random_state: object = replace(shared.random_state, default=0)
    early_stopping: bool = steps.early_stopping
    validation_fraction: float = steps.validation_fraction
    n_iter_no_change: int = steps.n_iter_no_change
    class_weight: object = steps.class_weight
    warm_start: bool = shared.warm_start

    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    classes_ = fitted("(n_classes,)", "Labels.")
    n_iter_ = fitted("int", "Epochs run; the most of any class.")
    t_ = fitted("float", "Steps taken, plus one.")

    def _loss_parts(self):
        return Kind.HINGE, 0.0

    def _rate_parts(self):
        return Rate.CONSTANT, self.eta0, 0.0

    def fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        coef_init : array-like of shape (n_classes, n_features), default=None
            Weights to start from; zeros by default.
        intercept_init : array-like of shape (n_classes,), default=None
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of steps.

        Returns
        -------
        self
        """
        return self._fit(X, y, coef_init, intercept_init, sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Run one epoch on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels there are; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, classes, sample_weight)
