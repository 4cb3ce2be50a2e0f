"""Naive Bayes with a normal distribution of each column in each class."""

import math

import numpy as np

from .._core.domains import array_like, at_least, none
from .._core.params import fitted, param
from .._engine.mixture.grouped import add_moments, class_moments, spread_of_all
from .._engine.mixture.likelihood import scaled_squares
from ._base import NaiveBayes, check_priors


class GaussianNB(NaiveBayes):
    """Naive Bayes with normal columns: ``xⱼ | y = k ~ N(θₖⱼ, σ²ₖⱼ + ε)``.

    The statistics of batches are merged exactly (Chan, Golub and LeVeque, 1983), so that
    ``partial_fit`` in any pieces is ``fit`` on all of them. ε is `var_smoothing` times the largest
    variance of a column and keeps columns that are constant in a class from deciding alone.

    Examples
    --------
    >>> from mlkit.naive_bayes import GaussianNB
    >>> model = GaussianNB().fit([[-2.0], [-1.0], [1.0], [2.0]], ["a", "a", "b", "b"])
    >>> model.theta_.ravel().tolist(), model.predict([[0.5]]).tolist()
    ([-1.5, 1.5], ['b'])
    """

    priors: object = param(
        None,
        array_like | none,
        "``P(y)`` of each class, in the order of `classes_`; None takes the shares of the rows.",
    )
    var_smoothing: float = param(
        1e-9, at_least(0), "ε over the largest variance of a column, added to all variances."
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    class_count_ = fitted("(n_classes,)", "Rows of each class, or the sum of their weights.")
    class_prior_ = fitted("(n_classes,)", "``P(y)``.")
    theta_ = fitted("(n_classes, n_features)", "Means.")
    var_ = fitted("(n_classes, n_features)", "Variances, with ε added.")
    epsilon_ = fitted("float", "What is added to the variances.")

    def _forget(self, n_features):
        shape = len(self.classes_), n_features
        self.class_count_ = np.zeros(shape[0])
        self.theta_ = np.zeros(shape)
        self._squares = np.zeros(shape)

    def _learn(self, X, codes, weight):
        if self.priors is None:
            prior = None
        else:
            prior = check_priors(self, "priors", self.priors, len(self.classes_))
        seen = self.class_count_, self.theta_, self._squares
        new = class_moments(X, codes, len(self.classes_), weight)
        count, mean, squares = add_moments(seen, new)
        self.class_count_, self.theta_, self._squares = count, mean, squares
        self.class_prior_ = count / count.sum() if prior is None else prior
        self.epsilon_ = self.var_smoothing * spread_of_all(count, mean, squares).max()
        rows = np.where(count > 0, count, 1.0)[:, None]
        self.var_ = squares / rows + self.epsilon_

    def _joint(self, X):
        with np.errstate(divide="ignore"):
            level = np.log(self.class_prior_)
            level -= 0.5 * np.log(2 * math.pi * self.var_).sum(axis=1)
            precision = 1 / self.var_
        return level - 0.5 * scaled_squares(X, self.theta_, precision)
