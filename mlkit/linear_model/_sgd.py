"""Linear models fitted by stochastic gradient descent."""

from dataclasses import replace

import numpy as np

from .._core import shared
from .._core.available import available_if
from .._core.domains import integer, none, one_of, real
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.loss.links import Logit
from . import _stochastic as steps

_RATES = param(
    "optimal",
    one_of(*steps.RATES),
    'Length of step t: "optimal" ``1 / α(t + t₀)``, "constant" η₀, "invscaling" ``η₀ / t^power``, '
    '"adaptive" η₀ and a fifth of it at each stall, "pa1" and "pa2" to the margin (passive-'
    "aggressive), at most η₀ and with a squared slack.",
)


def _has_probabilities(self):
    if self.loss in ("log_loss", "modified_huber"):
        return True
    raise AttributeError(
        f"{type(self).__name__}: probability estimates are not available for loss={self.loss!r}; "
        "use 'log_loss' or 'modified_huber'"
    )


class SGDClassifier(steps.StochasticClassifier, Estimator):
    """Linear classifier fitted row by row.

    Brings down the mean of ``ℓ(y, Xw + b)`` plus ``α ((1 − r) ‖w‖² / 2 + r ‖w‖₁)`` with y = ±1; one
    such problem for two classes, else one for each class against the rest. The loss "hinge" is a
    linear support vector machine, "log_loss" logistic regression, "perceptron" the perceptron;
    "modified_huber" and "squared_hinge" are smooth hinges. `fit` meets all rows in each epoch;
    `partial_fit` takes data in pieces. Columns should be of like scale.

    References
    ----------
    Bottou, L. (2010). Large-scale machine learning with stochastic gradient descent. COMPSTAT.

    Tsuruoka, Y., Tsujii, J. and Ananiadou, S. (2009). Stochastic gradient descent training for
    L1-regularized log-linear models with cumulative penalty. ACL-IJCNLP.

    Examples
    --------
    >>> from mlkit.linear_model import SGDClassifier
    >>> X, y = [[-1, -1], [-2, -1], [1, 1], [2, 1]], ["a", "a", "b", "b"]
    >>> SGDClassifier(random_state=0).fit(X, y).predict([[-0.8, -1]])
    array(['a'], dtype='<U1')
    """

    traits = Traits(sparse=("csr",), order="C")

    loss: str = param(
        "hinge", one_of(*steps.CLASSIFICATION_LOSSES), "The loss ℓ; see above.", kw_only=False
    )
    penalty: str = steps.penalty
    alpha: float = steps.alpha
    l1_ratio: float = steps.l1_ratio
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = steps.max_iter
    tol: float = steps.tol
    shuffle: bool = steps.shuffle
    verbose: int = shared.verbose
    epsilon: float = steps.epsilon
    n_jobs: int = param(
        None, integer() | none, "Threads for the problems of several classes; −1 is all."
    )
    random_state: object = shared.random_state
    learning_rate: str = _RATES
    eta0: float = steps.eta0
    power_t: float = param(0.5, real, 'Power of the fall of "invscaling".')
    early_stopping: bool = steps.early_stopping
    validation_fraction: float = steps.validation_fraction
    n_iter_no_change: int = steps.n_iter_no_change
    class_weight: object = steps.class_weight
    warm_start: bool = shared.warm_start
    average: object = steps.average

    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    classes_ = fitted("(n_classes,)", "Labels.")
    n_iter_ = fitted("int", "Epochs run; the most of any class.")
    t_ = fitted("float", "Steps taken, plus one.")

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

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Return the probability of each class, for the losses "log_loss" and "modified_huber".

        The logistic function of the score, or ``(clip(z, −1, 1) + 1) / 2`` (Zhang, 2004); of more
        than two classes these are normalised (Zadrozny and Elkan, 2002).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        scores = self._scores(X)
        if self.loss == "log_loss":
            share = Logit().inverse(scores)
        else:
            share = 0.5 * (np.clip(scores, -1.0, 1.0) + 1.0)
        if share.shape[1] == 1:
            return np.hstack([1.0 - share, share])
        total = share.sum(axis=1, keepdims=True)
        nowhere = total[:, 0] == 0.0
        share[nowhere], total[nowhere] = 1.0, share.shape[1]
        return share / total

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


class SGDRegressor(steps.StochasticRegressor, Estimator):
    """Linear regression fitted row by row.

    Brings down the mean of ``ℓ(y, Xw + b)`` plus ``α ((1 − r) ‖w‖² / 2 + r ‖w‖₁)``. The loss is
    half the square of the error, Huber's, or the error beyond ε ("epsilon_insensitive") and its
    square. Columns should be of like scale.

    References
    ----------
    Bottou, L. (2010). Large-scale machine learning with stochastic gradient descent. COMPSTAT.

    Examples
    --------
    >>> from mlkit.linear_model import SGDRegressor
    >>> X, y = [[-1.0], [0.0], [1.0], [2.0]], [-2.0, 0.0, 2.0, 4.0]
    >>> SGDRegressor(tol=1e-6, random_state=0).fit(X, y).predict([[1.5]]).round(1)
    array([3.])
    """

    traits = Traits(sparse=("csr",), order="C")

    loss: str = param(
        "squared_error", one_of(*steps.REGRESSION_LOSSES), "The loss ℓ; see above.", kw_only=False
    )
    penalty: str = steps.penalty
    alpha: float = steps.alpha
    l1_ratio: float = steps.l1_ratio
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = steps.max_iter
    tol: float = steps.tol
    shuffle: bool = steps.shuffle
    verbose: int = shared.verbose
    epsilon: float = steps.epsilon
    random_state: object = shared.random_state
    learning_rate: str = replace(_RATES, default="invscaling")
    eta0: float = steps.eta0
    power_t: float = param(0.25, real, 'Power of the fall of "invscaling".')
    early_stopping: bool = steps.early_stopping
    validation_fraction: float = steps.validation_fraction
    n_iter_no_change: int = steps.n_iter_no_change
    warm_start: bool = shared.warm_start
    average: object = steps.average

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("(1,)", "Constant term.")
    n_iter_ = fitted("int", "Epochs run.")
    t_ = fitted("float", "Steps taken, plus one.")

    def fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        coef_init : array-like of shape (n_features,), default=None
            Weights to start from; zeros by default.
        intercept_init : array-like of shape (1,), default=None
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of steps.

        Returns
        -------
        self
        """
        return self._fit(X, y, coef_init, intercept_init, sample_weight)

    def partial_fit(self, X, y, sample_weight=None):
        """Run one epoch on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, sample_weight)
