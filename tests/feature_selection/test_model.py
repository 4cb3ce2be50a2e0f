"""Selection by importances, against their definition and scikit-learn."""

import numpy as np
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from mlkit import config_context
from mlkit.base import BaseEstimator
from mlkit.datasets import load_breast_cancer, load_diabetes, load_iris
from mlkit.exceptions import NotFittedError
from mlkit.feature_selection import SelectFromModel
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler

THRESHOLDS = [None, "mean", "median", "1.5*mean", " 0.5 * median ", 0.1, -np.inf]


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("most", [None, 0, 3, 30])
def test_as_scikit_learn(cancer, threshold, most):
    X, y = cancer
    found, expected = (
        module(LogisticRegression(), threshold=threshold, max_features=most).fit(X, y)
        for module in (SelectFromModel, reference.SelectFromModel)
    )
    assert_array_equal(found.get_support(), expected.get_support())
    assert found.threshold_ == expected.threshold_


@pytest.mark.parametrize("order", [1, 2, np.inf, -np.inf, -1])
def test_norm_over_classes(order):
    X, y = load_iris(return_X_y=True)
    model = SelectFromModel(LogisticRegression(), norm_order=order).fit(X, y)
    norms = np.linalg.norm(model.estimator_.coef_, axis=0, ord=order)
    assert_array_equal(model.get_support(), norms >= norms.mean())


class Lasso(Ridge):
    """Only its name matters here."""


class ElasticNet(Ridge):
    l1_ratio = 1.0


def test_models_with_an_l1_penalty():
    X, y = load_diabetes(return_X_y=True)
    for model in (Lasso(), ElasticNet()):
        assert SelectFromModel(model).fit(X, y).threshold_ == 1e-5
    assert SelectFromModel(Ridge()).fit(X, y).threshold_ > 1


class Importances(BaseEstimator):
    def __init__(self, values=(1.0, 2.0, 3.0)):
        self.values = values

    def fit(self, X, y=None, sample_weight=None):
        self.feature_importances_ = np.array(self.values)
        self.held_ = Holder(self.values)
        self.weight_ = sample_weight
        self.n_features_in_ = X.shape[1]
        return self


class Holder:
    def __init__(self, values):
        self.coef_ = sparse.csr_array([values])


X3 = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize(
    "getter", ["auto", "held_.coef_", lambda model: model.feature_importances_]
)
def test_where_importances_are(getter):
    model = SelectFromModel(Importances(), importance_getter=getter).fit(X3)
    assert_array_equal(model.get_support(), [False, True, True])


def test_within_a_pipeline(cancer):
    X, y = cancer
    whole = make_pipeline(StandardScaler(), LogisticRegression())
    getter = "named_steps.logisticregression.coef_"
    found = SelectFromModel(whole, importance_getter=getter).fit(X, y)
    alone = SelectFromModel(LogisticRegression()).fit(StandardScaler().fit_transform(X), y)
    assert_array_equal(found.get_support(), alone.get_support())


def test_ties_of_the_most_important_go_to_the_first():
    model = SelectFromModel(Importances((1.0, 2.0, 2.0)), threshold=-np.inf, max_features=1)
    assert_array_equal(model.fit(X3).get_support(), [False, True, False])
    model.set_params(max_features=lambda X: X.shape[1] - 1)
    assert model.fit(X3).max_features_ == 2


def test_prefit(cancer):
    X, y = cancer
    fitted = LogisticRegression().fit(X, y)
    found = SelectFromModel(fitted, prefit=True)
    expected = SelectFromModel(LogisticRegression()).fit(X, y).transform(X)
    assert_array_equal(found.transform(X), expected)
    assert_array_equal(found.fit(X).transform(X), expected)
    assert found.estimator_ is not fitted
    with pytest.raises(NotFittedError, match="expected to be fitted"):
        SelectFromModel(LogisticRegression(), prefit=True).fit(X, y)
    with pytest.raises(NotFittedError, match="call fit first"):
        SelectFromModel(fitted, prefit=True, max_features=lambda X: 1).transform(X)


def test_partial_fit(cancer):
    X, y = cancer
    model = SelectFromModel(SGDClassifier(random_state=0))
    model.partial_fit(X[:200], y[:200], classes=[0, 1]).partial_fit(X[200:], y[200:])
    apart = SGDClassifier(random_state=0).partial_fit(X[:200], y[:200], classes=[0, 1])
    apart.partial_fit(X[200:], y[200:])
    assert_array_equal(model.estimator_.coef_, apart.coef_)
    assert not hasattr(SelectFromModel(Ridge()), "partial_fit")


def test_metadata():
    weight = np.arange(4.0)
    assert_array_equal(
        SelectFromModel(Importances()).fit(X3, sample_weight=weight).estimator_.weight_, weight
    )
    with config_context(enable_metadata_routing=True):
        model = SelectFromModel(Importances().set_fit_request(sample_weight=True))
        assert_array_equal(model.fit(X3, sample_weight=weight).estimator_.weight_, weight)


def test_sparse_is_dense(cancer):
    X, y = cancer
    data = np.where(X > 0.3, X, 0)
    dense = SelectFromModel(LogisticRegression(tol=1e-8)).fit(data, y)
    found = SelectFromModel(LogisticRegression(tol=1e-8)).fit(sparse.csr_array(data), y)
    assert_array_equal(found.get_support(), dense.get_support())
    assert_array_equal(found.transform(sparse.csr_array(data)).toarray(), dense.transform(data))


def test_bad_parameters():
    for options, match in (
        ({"threshold": "mode"}, "threshold='mode'"),
        ({"importance_getter": "nowhere_"}, "nowhere_"),
        ({"max_features": 4}, "max_features"),
        ({"norm_order": 0}, "norm_order"),
        ({"max_features": -1}, "max_features"),
    ):
        with pytest.raises((ValueError, AttributeError), match=match):
            SelectFromModel(Importances(), **options).fit(X3).transform(X3)
    with pytest.raises(ValueError, match="neither coef_ nor feature_importances_"):
        SelectFromModel(StandardScaler()).fit(X3).transform(X3)
