"""Naive Bayes of categories."""

import numpy as np

from .._core.domains import array_like, integer, none
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.mixture.tallies import class_totals
from ._counts import DiscreteNB


class CategoricalNB(DiscreteNB):
    """Naive Bayes of categories: ``P(xⱼ = t | y = k) = (Nₖⱼₜ + α) / (Nₖ + α nⱼ)``.

    X holds codes 0, 1, ... of categories, such as `OrdinalEncoder` makes; column j has nⱼ of them.

    Examples
    --------
    >>> from mlkit.naive_bayes import CategoricalNB
    >>> model = CategoricalNB().fit([[0, 1], [0, 0], [2, 1]], ["a", "a", "b"])
    >>> model.predict([[2, 1]]).tolist(), model.n_categories_.tolist()
    (['b'], [3, 2])
    """

    traits = Traits(positive=True, categorical=True, dtype="any", poor_score=True)

    min_categories: object = param(
        None,
        integer(1) | array_like | none,
        "Least number of categories, of all columns or of each; None counts up to the greatest "
        "code seen.",
    )

    category_count_ = fitted(
        "list of (n_classes, n_categories)", "Rows of each class and category, one array a column."
    )
    feature_log_prob_ = fitted(
        "list of (n_classes, n_categories)", "``log P(xⱼ | y)``, one array a column."
    )
    n_categories_ = fitted("(n_features,)", "Categories of each column.")

    def _check_fit(self, X, y, *, reset=True):
        return super()._check_fit(X, y, reset=reset, dtype=np.int64)

    def _check_X(self, X):
        X = super()._check_X(X, dtype=np.int64)
        beyond = np.greater_equal(X, self.n_categories_)
        if beyond.any():
            row, column = np.argwhere(beyond)[0]
            raise ValueError(
                f"{type(self).__name__}: category {X[row, column]} in row {row} of column {column} "
                f"was not seen in fit, which counted {self.n_categories_[column]}; set "
                "min_categories to make room for it"
            )
        return X

    def _forget(self, n_features):
        self.class_count_ = np.zeros(len(self.classes_))
        self.category_count_ = [np.zeros((len(self.classes_), 0))] * n_features

    def _least(self, n_features):
        """Least number of categories of each column."""
        if self.min_categories is None:
            return np.zeros(n_features, dtype=np.int64)
        least = np.asarray(self.min_categories)
        name = f"{type(self).__name__}: min_categories"
        if least.dtype.kind not in "iu":
            raise ValueError(f"{name} must hold integers, got {least.dtype}")
        if least.ndim and least.shape != (n_features,):
            raise ValueError(
                f"{name} has shape {least.shape}; it must be one number or have shape "
                f"{(n_features,)}"
            )
        return np.broadcast_to(least, n_features).astype(np.int64)

    def _learn(self, X, codes, weight):
        alpha = self._smoothing(X.shape[1])
        n_classes = len(self.classes_)
        self.class_count_ = self.class_count_ + class_totals(codes, n_classes, weight)
        self.n_categories_ = np.maximum(
            np.maximum(X.max(axis=0) + 1, self._least(X.shape[1])),
            [counts.shape[1] for counts in self.category_count_],
        )
        self.category_count_ = [
            self._recounted(counts, column, size, codes, weight)
            for counts, column, size in zip(
                self.category_count_, X.T, self.n_categories_.tolist(), strict=True
            )
        ]
        self._set_log_prior()
        self._set_log_prob(np.broadcast_to(alpha, X.shape[1]))

    def _recounted(self, counts, column, size, codes, weight):
        """Counts of a column with those of further rows, and room for their categories."""
        shape = len(self.classes_), size
        found = np.bincount(codes * size + column, weight, minlength=shape[0] * size)
        found = found.reshape(shape).astype(np.float64)
        found[:, : counts.shape[1]] += counts
        return found

    def _set_log_prob(self, alpha):
        with np.errstate(divide="ignore", invalid="ignore"):
            self.feature_log_prob_ = [
                np.log(counts + each) - np.log((counts + each).sum(axis=1, keepdims=True))
                for counts, each in zip(self.category_count_, alpha, strict=True)
            ]

    def _joint(self, X):
        joint = np.zeros((len(X), len(self.classes_)))
        for log_prob, column in zip(self.feature_log_prob_, X.T, strict=True):
            joint += log_prob.T[column]
        return joint + self.class_log_prior_
