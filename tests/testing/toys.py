"""Small estimators that keep the contract, one of each kind: broken ones are made of them."""

import numpy as np

from mlkit._core.arrays import check_is_fitted, check_sample_weight
from mlkit._core.domains import anything, at_least, between, boolean, integer, mapping, none, one_of
from mlkit._core.params import clone, param
from mlkit._core.roles import (
    Classifier,
    Clusterer,
    Meta,
    OneToOneColumns,
    OutlierDetector,
    Regressor,
    Transformer,
)
from mlkit._core.seeds import check_random_state
from mlkit._core.sparse import issparse
from mlkit._core.tags import Traits
from mlkit._core.targets import compute_class_weight, encode_labels
from mlkit.base import BaseEstimator

_jobs = param(None, integer() | none, "Jobs.")
_seed = param(None, anything, "Seed.")


def weights(sample_weight, X):
    """Weights as an array, ones for None."""
    given = check_sample_weight(sample_weight, X)
    return np.ones(X.shape[0]) if given is None else given


class Line(Regressor, BaseEstimator):
    """Ridge regression by its normal equations; dense or sparse X, one target or several."""

    traits = Traits(multi_output=True, sparse=("csr",))
    alpha = param(0.1, at_least(0), "Penalty.", kw_only=False)
    max_iter = param(10, integer(1), "Rounds at most; one is enough.")
    n_jobs = _jobs
    verbose = param(0, integer(0) | boolean, "Nothing is printed.")

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        weight = weights(sample_weight, X)
        X = X.toarray() if issparse(X) else X
        x_mean = np.average(X, axis=0, weights=weight)
        y_mean = np.average(y, axis=0, weights=weight)
        scaled = (X - x_mean).T * weight
        gram = scaled @ (X - x_mean) + self.alpha * np.eye(X.shape[1])
        self.coef_ = np.linalg.solve(gram, scaled @ (y - y_mean))
        self.intercept_ = y_mean - x_mean @ self.coef_
        self.n_iter_ = 1
        return self

    def predict(self, X):
        return self._check_X(X) @ self.coef_ + self.intercept_


class One(Line):
    """A line for one target."""

    traits = Traits(sparse=("csr",))


class Growth(Regressor, BaseEstimator):
    """The exponential of a line, for targets above 0."""

    traits = Traits(positive_y=True, poor_score=True)

    def fit(self, X, y):
        X, y = self._check_fit(X, y)
        if (y <= 0).any():
            raise ValueError("Growth needs y above 0")
        self.line_ = Line().fit(X, np.log(y))
        return self

    def predict(self, X):
        X = self._check_X(X)
        return np.exp(self.line_.predict(X))


class Means(Classifier, BaseEstimator):
    """Linear discriminants of unit variance: the log density of each class, and its prior."""

    class_weight = param(None, mapping | one_of("balanced") | none, "Weights of classes.")
    random_state = _seed

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        weight = weights(sample_weight, X)
        check_random_state(self.random_state)
        self.classes_, codes = encode_labels(y)
        if self.class_weight is not None:
            # A sum of weights counts rows, so that a weight of 2 is a row twice here too.
            counted = np.repeat(y, 1) if sample_weight is None else np.repeat(y, weight.astype(int))
            known = counted if self.class_weight == "balanced" else y
            of_class = compute_class_weight(self.class_weight, classes=self.classes_, y=known)
            weight = weight * of_class[codes]
        shares = np.equal.outer(np.arange(len(self.classes_)), codes) * weight
        total = shares.sum(axis=1)
        kept = total > 0
        self.classes_, total, shares = self.classes_[kept], total[kept], shares[kept]
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes, got {self.classes_}")
        self.means_ = shares @ X / total[:, np.newaxis]
        self.prior_ = np.log(total / total.sum())
        return self

    def _scores(self, X):
        X = self._check_X(X)
        return self.prior_ - ((X[:, np.newaxis, :] - self.means_) ** 2).sum(axis=2) / 2

    def decision_function(self, X):
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X):
        scores = self._scores(X)
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        return likely / likely.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X):
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        best = self._scores(X).argmax(axis=1)
        return self.classes_[best]


class Pair(Means):
    """The same for two classes alone."""

    traits = Traits(multi_class=False)

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification: {len(self.classes_)} classes")
        return self


class Nearest(Classifier, BaseEstimator):
    """What the nearest row had, a label or several."""

    traits = Traits(multi_label=True, multi_output=True)

    def fit(self, X, y):
        X, y = self._check_fit(X, y)
        y = y.toarray() if issparse(y) else np.asarray(y)
        if y.ndim == 1:
            self.classes_ = np.unique(y)
        self.rows_, self.y_ = X, y
        return self

    def predict(self, X):
        X = self._check_X(X)
        return self.y_[((X[:, np.newaxis, :] - self.rows_) ** 2).sum(axis=2).argmin(axis=1)]


class Spread(OneToOneColumns, Transformer, BaseEstimator):
    """Each column less its mean; means can be taken in parts."""

    traits = Traits(preserves=("float64", "float32"))

    def fit(self, X, y=None):
        for name in ("count_", "mean_"):
            vars(self).pop(name, None)
        return self._take(X, reset=True)

    def partial_fit(self, X, y=None):
        return self._take(X, reset=not hasattr(self, "count_"))

    def _take(self, X, reset):
        X = self._check_fit(X, reset=reset)
        count = getattr(self, "count_", 0)
        total = getattr(self, "mean_", 0) * count + X.sum(axis=0)
        self.count_ = count + len(X)
        self.mean_ = (total / self.count_).astype(X.dtype)
        return self

    def transform(self, X):
        return self._less(self._check_X(X))

    def _less(self, X):
        return X - self.mean_

    def inverse_transform(self, X):
        return self._check_X(X) + self.mean_


class Root(OneToOneColumns, Transformer, BaseEstimator):
    """Square roots; nothing is learned, and nothing may be below 0."""

    traits = Traits(positive=True, requires_fit=False)

    def fit(self, X, y=None):
        self._check_fit(X)
        return self

    def transform(self, X):
        return np.sqrt(self._check_X(X))


class Fill(OneToOneColumns, Transformer, BaseEstimator):
    """NaN becomes the mean of the rest."""

    traits = Traits(missing=True)

    def fit(self, X, y=None):
        X = self._check_fit(X)
        self.mean_ = np.nanmean(X, axis=0)
        return self

    def transform(self, X):
        X = self._check_X(X)
        return np.where(np.isnan(X), self.mean_, X)


class Groups(Clusterer, BaseEstimator):
    """Lloyd's alternation from far rows."""

    n_clusters = param(3, integer(1), "Clusters.")
    max_iter = param(20, integer(1), "Rounds.")

    def fit(self, X, y=None):
        X = self._check_fit(X)
        centres = [X[0]]
        while len(centres) < min(self.n_clusters, len(X)):
            centres.append(X[self._distances(X, np.array(centres)).min(axis=1).argmax()])
        centres = np.array(centres)
        for _ in range(self.max_iter):
            codes = self._distances(X, centres).argmin(axis=1)
            centres = np.array(
                [X[codes == k].mean(axis=0) if (codes == k).any() else c
                 for k, c in enumerate(centres)]
            )  # fmt: skip
        codes = self._distances(X, centres).argmin(axis=1)
        found, self.labels_ = np.unique(codes, return_inverse=True)
        self.centres_, self.n_iter_ = centres[found], self.max_iter
        return self

    @staticmethod
    def _distances(X, centres):
        return ((X[:, np.newaxis, :] - centres) ** 2).sum(axis=2)

    def predict(self, X):
        return self._distances(self._check_X(X), self.centres_).argmin(axis=1)


class Far(OutlierDetector, BaseEstimator):
    """Rows far from the mean are outliers."""

    contamination = param(0.1, between(0, 0.5, closed="right"), "Share of outliers.")

    def fit(self, X, y=None):
        X = self._check_fit(X)
        self.mean_ = X.mean(axis=0)
        self.offset_ = np.percentile(self._closeness(X), 100 * self.contamination)
        return self

    def _closeness(self, X):
        return -((X - self.mean_) ** 2).sum(axis=1)

    def score_samples(self, X):
        return self._closeness(self._check_X(X))

    def decision_function(self, X):
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        return np.where(self.decision_function(X) >= 0, 1, -1)


class Turned(Meta, Regressor, BaseEstimator):
    """Fits another regressor to −y and turns its predictions."""

    inner = param(None, anything, "A regressor.", kw_only=False)

    def fit(self, X, y):
        X, y = self._check_fit(X, y)
        self.inner_ = clone(self.inner).fit(X, -y)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return -self.inner_.predict(self._check_X(X))


GOOD = [
    Line(),
    One(),
    Growth(),
    Means(),
    Pair(),
    Nearest(),
    Spread(),
    Root(),
    Fill(),
    Groups(),
    Far(),
    Turned(One()),
]
