"""One estimator of each role, written by the guide alone: each under 60 lines, each complete.

They show the idiom, and they fail when the contract in ``mlkit._core`` becomes awkward.
"""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from mlkit._core import shared
from mlkit._core.arrays import check_is_fitted, check_sample_weight
from mlkit._core.domains import above, at_least, has_methods, integer
from mlkit._core.errors import InvalidParameterError
from mlkit._core.estimator import Estimator
from mlkit._core.params import clone, fitted, param, required
from mlkit._core.roles import (
    Classifier,
    Clusterer,
    Meta,
    OneToOneColumns,
    Regressor,
    Transformer,
)
from mlkit._core.seeds import check_random_state
from mlkit._core.tags import Traits, get_tags
from mlkit._core.targets import encode_labels


class ShrunkLine(Regressor, Estimator):
    """Least squares with an L2 penalty: minimises ``Σ w(y − Xβ − b)² + α‖β‖²``."""

    traits = Traits(multi_output=True)

    alpha: float = param(1.0, at_least(0), "Penalty strength.", kw_only=False)
    fit_intercept: bool = shared.fit_intercept

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term.")

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        weight = np.ones(len(X), X.dtype) if weight is None else weight
        zero = np.zeros(1, X.dtype)
        x_mean = np.average(X, axis=0, weights=weight) if self.fit_intercept else zero
        y_mean = np.average(y, axis=0, weights=weight) if self.fit_intercept else zero[0]
        centred = X - x_mean
        gram = (centred.T * weight) @ centred + self.alpha * np.eye(X.shape[1], dtype=X.dtype)
        self.coef_ = np.linalg.lstsq(gram, (centred.T * weight) @ (y - y_mean), rcond=None)[0].T
        self.intercept_ = y_mean - x_mean @ self.coef_.T if self.fit_intercept else 0.0
        return self

    def predict(self, X):
        return self._check_X(X) @ self.coef_.T + self.intercept_


class NearestMean(Classifier, Estimator):
    """Predict the class whose weighted mean is nearest."""

    shrink: float = param(0.0, at_least(0), "Pull of the class means to the overall mean.")

    classes_ = fitted("(n_classes,)", "Labels.")
    means_ = fitted("(n_classes, n_features)", "Mean of each class.")

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        weight = check_sample_weight(sample_weight, X)
        weight = np.ones(len(X)) if weight is None else weight
        self.classes_, codes = encode_labels(y)
        if len(self.classes_) < 2:
            raise ValueError(f"NearestMean needs 2 classes, got one class: {self.classes_}")
        shares = np.equal.outer(np.arange(len(self.classes_)), codes) * weight
        means = (shares @ X) / np.maximum(shares.sum(1, keepdims=True), 1e-300)
        overall = np.average(X, axis=0, weights=weight)
        self.means_ = (means + self.shrink * overall) / (1 + self.shrink)
        return self

    def predict(self, X):
        X = self._check_X(X)
        distance = (self.means_**2).sum(1) - 2 * X @ self.means_.T
        return self.classes_[distance.argmin(axis=1)]


class Spread(OneToOneColumns, Transformer, Estimator):
    """Divide each column by its standard deviation."""

    traits = Traits(missing=True, preserves=("float64", "float32"))

    floor: float = param(1e-12, above(0), "Deviation below which a column is left alone.")

    scale_ = fitted("(n_features,)", "Deviation of each column.")

    def fit(self, X, y=None):
        X = self._check_fit(X)
        deviation = np.nanstd(X, axis=0)
        self.scale_ = np.where(deviation > self.floor, deviation, 1).astype(X.dtype)
        return self

    def transform(self, X):
        return self._check_X(X) / self.scale_

    def inverse_transform(self, X):
        return self._check_X(X) * self.scale_


class Lloyd(Clusterer, Estimator):
    """Minimise ``Σ min_k ‖x − μ_k‖²`` by alternation."""

    n_clusters: int = param(3, integer(1), "Number of clusters.")
    max_iter: int = shared.max_iter(20)
    random_state: object = shared.random_state

    centers_ = fitted("(n_clusters, n_features)", "Cluster centres.")
    labels_ = fitted("(n_samples,)", "Cluster of each row.")
    n_iter_ = fitted("int", "Rounds run.")

    def fit(self, X, y=None, sample_weight=None):
        X = self._check_fit(X)
        weight = check_sample_weight(sample_weight, X)
        weight = np.ones(len(X)) if weight is None else weight
        rng = check_random_state(self.random_state)
        rows = np.unique(X[weight > 0], axis=0)  # so that weight 2 is a row twice
        self.centers_ = rows[rng.permutation(len(rows))[: self.n_clusters]]
        for _ in range(self.max_iter):
            codes = self._nearest(X)
            for k in range(len(self.centers_)):
                if weight[codes == k].sum() > 0:
                    inside = codes == k
                    self.centers_[k] = np.average(X[inside], axis=0, weights=weight[inside])
        self.labels_, self.n_iter_ = self._nearest(X), self.max_iter
        return self

    def _nearest(self, X):
        distance = ((X[:, None, :] - self.centers_) ** 2).sum(axis=2)
        return distance.round(12).argmin(axis=1)

    def predict(self, X):
        return self._nearest(self._check_X(X))


class Flipped(Meta, Regressor, Estimator):
    """Fit another regressor to −y, and flip its predictions back."""

    inner: object = param(required, has_methods("fit", "predict"), "A regressor.", kw_only=False)

    inner_ = fitted("estimator", "The fitted regressor.")

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.inner_ = clone(self.inner).fit(X, -y, **weights)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return -self.inner_.predict(X)


ALL = [ShrunkLine(), NearestMean(), Spread(), Lloyd(), Flipped(ShrunkLine())]


@pytest.mark.parametrize("estimator", ALL, ids=lambda each: type(each).__name__)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 30


@pytest.mark.parametrize("estimator", ALL, ids=lambda each: type(each).__name__)
def test_it_is_declared_once(estimator):
    """Signature, get_params, docs and the check at fit come from the declaration."""
    cls = type(estimator)
    for name, declared in cls._params.items():
        assert name in estimator.get_params(deep=False)
        assert f"{name} : " in cls.__doc__
        assert declared.doc.split()[0] in cls.__doc__
    assert type(clone(estimator)) is cls
    assert get_tags(estimator).input_tags.allow_nan is cls.traits.missing


def test_a_value_outside_the_domain_is_named():
    with pytest.raises(InvalidParameterError, match=r"'alpha' parameter of ShrunkLine.*-1"):
        ShrunkLine(alpha=-1).fit([[1.0], [2.0]], [1.0, 2.0])
    with pytest.raises(TypeError, match="positional"):
        ShrunkLine(1.0, False)
