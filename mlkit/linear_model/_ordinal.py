"""Classification into ordered classes."""

import numpy as np

from .._core.params import fitted
from .._core.roles import Classifier
from .._core.tags import Traits
from .._core.targets import encode_labels
from .._engine.loss.ordered import OrderedLogistic
from ._base import check_weight
from ._generalized import GeneralizedLinearModel
from ._tables import margins_of


class OrdinalClassifier(Classifier, GeneralizedLinearModel):
    """Classes in an order, that of their sorted labels: proportional odds.

    ``P(y ≤ c) = σ(θ_c − Xβ)`` with σ the logistic function and cuts θ that rise. Minimises the mean
    of −log P of the classes plus the penalty Ω(β), which is that of `GeneralizedLinearRegressor`;
    the cuts are not penalised. One vector of weights serves all classes.

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical
    Society B 42.

    Examples
    --------
    >>> from mlkit.linear_model import OrdinalClassifier
    >>> X = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]
    >>> model = OrdinalClassifier(alpha=0.1).fit(X, [1, 1, 2, 2, 3, 3])
    >>> model.predict([[-1.0], [2.5], [6.0]])
    array([1, 2, 3])
    """

    traits = Traits(sparse=("csr", "csc"), poor_score=True)

    fit_intercept = True
    classes_ = fitted("(n_classes,)", "Labels, in order.")
    coef_ = fitted("(n_features,)", "Weights.")
    thresholds_ = fitted("(n_classes - 1,)", "Cuts between classes, rising.")
    n_iter_ = fitted("int", "Iterations run.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights and the cuts.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels, whose sorted order is that of the classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._read_fit(X, y)
        weight = check_weight(sample_weight, X)
        self.classes_, codes = encode_labels(y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes in the data, but the "
                f"data contains only one class: {self.classes_[0]!r}"
            )
        start = None
        shapes = len(getattr(self, "coef_", ())), len(getattr(self, "thresholds_", ()))
        if self.warm_start and shapes == (X.shape[1], len(self.classes_) - 1):
            start = self.coef_[:, None], self.thresholds_
        loss = OrderedLogistic(n_levels=len(self.classes_))
        solution = self._solve(X, codes, loss, weight, start=start)
        self.coef_ = np.ascontiguousarray(solution.coef[:, 0], dtype=X.dtype)
        self.thresholds_ = solution.intercept.astype(np.float64)
        self.n_iter_ = solution.n_iter
        return self

    def decision_function(self, X):
        """Return log-probabilities; for two classes the excess of ``X coef_`` over their cut.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, positive where the second is likelier.
        """
        X = self._read(X)
        if len(self.thresholds_) == 1:
            return margins_of(X, self.coef_, 0.0) - self.thresholds_[0]
        with np.errstate(divide="ignore"):
            return np.log(self._probabilities(X))

    def _probabilities(self, X):
        loss = OrderedLogistic(n_levels=len(self.classes_))
        return loss.probabilities(margins_of(X, self.coef_, 0.0), self.thresholds_)

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns are in the order of ``classes_``.
        """
        return self._probabilities(self._read(X))

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

    def predict(self, X):
        """Return the likeliest class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
