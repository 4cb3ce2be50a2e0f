"""The classifier that is calibrated when none is given: a linear support vector machine."""

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.estimator import Estimator
from .._core.params import fitted
from .._core.roles import Classifier
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import encode_labels
from .._engine.glm.lbfgs import LBFGS
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredHingeLoss


class MarginClassifier(Classifier, Estimator):
    """Minimises ``‖β‖² / 2 + Σ w max(0, 1 − y xβ)²`` over x with a column of ones, y = ±1.

    Of more than two classes, each against the rest.
    """

    traits = Traits(sparse=("csr", "csc"))

    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(n_features + 1, n_outputs)", "Weights, that of the column of ones last.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights."""
        X, y = self._check_fit(X, y)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        self.classes_, codes = encode_labels(y)
        n_outputs = len(self.classes_) if len(self.classes_) > 2 else 1
        positive = np.arange(n_outputs) if n_outputs > 1 else np.array([1])
        signs = np.where(codes[:, None] == positive, 1.0, -1.0)
        total = len(signs) if weight is None else weight.sum(dtype=np.float64)
        # The engine's objective is the mean loss.
        problem = Problem(SquaredHingeLoss(), L2(1.0 / total), LBFGS(max_iter=1000, tol=1e-6))
        bordered = with_ones(X)
        solutions = [
            solve(bordered, column, problem, weight=weight, fit_intercept=False)
            for column in signs.T
        ]
        self.coef_ = np.hstack([each.coef for each in solutions])
        return self

    def decision_function(self, X):
        """Scores: one of two classes, else one a class."""
        scores = self._check_X(X) @ self.coef_[:-1] + self.coef_[-1]
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X):
        """Labels."""
        scores = self.decision_function(X)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[codes]


def with_ones(X):
    """X and a column of ones at its right."""
    ones = np.ones((X.shape[0], 1), dtype=X.dtype)
    if not issparse(X):
        return np.hstack([X, ones])
    from scipy.sparse import hstack

    return hstack([X, ones], format="csr")
