"""Shapley values of fitted models add up and agree with what is known of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.datasets import load_diabetes, load_iris
from mlkit.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from mlkit.inspection import shap_values
from mlkit.linear_model import LinearRegression
from mlkit.tree import DecisionTreeClassifier, DecisionTreeRegressor

REGRESSORS = [
    DecisionTreeRegressor(max_depth=6),
    RandomForestRegressor(n_estimators=5, random_state=0),
    ExtraTreesRegressor(n_estimators=5, random_state=0),
    GradientBoostingRegressor(n_estimators=10, random_state=0),
    GradientBoostingRegressor(n_estimators=10, init=LinearRegression(), random_state=0),
    HistGradientBoostingRegressor(max_iter=10),
]
CLASSIFIERS = [
    (DecisionTreeClassifier(max_depth=4), "predict_proba"),
    (RandomForestClassifier(n_estimators=5, random_state=0), "predict_proba"),
    (GradientBoostingClassifier(n_estimators=5, random_state=0), "decision_function"),
    (HistGradientBoostingClassifier(max_iter=5), "decision_function"),
]


@pytest.mark.parametrize("place", range(len(REGRESSORS)))
def test_values_add_up_to_predictions(place):
    X, y = load_diabetes(return_X_y=True)
    model = REGRESSORS[place].fit(X, y)
    found = shap_values(model, X[:50])
    assert found.shap_values.shape == (50, 10)
    assert_allclose(
        found.shap_values.sum(axis=1) + found.base_values, model.predict(X[:50]), rtol=1e-9
    )
    assert_array_equal(shap_values(model, X[:50], n_jobs=1).shap_values, found.shap_values)


@pytest.mark.parametrize("place", range(len(CLASSIFIERS)))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_values_add_up_for_every_class(place, n_classes):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes]
    model, method = CLASSIFIERS[place]
    model.fit(X, y)
    found = shap_values(model, X)
    total = found.shap_values.sum(axis=1) + found.base_values
    assert_allclose(total, getattr(model, method)(X), atol=1e-10)


def test_a_sum_of_columns_is_told_apart():
    """Boosted stumps are a sum of functions of one column, and so are their Shapley values."""
    X, y = load_diabetes(return_X_y=True)
    model = GradientBoostingRegressor(max_depth=1, random_state=0).fit(X, y)
    values = shap_values(model, X).shap_values
    moved = X.copy()
    moved[:, 2] = X[0, 2]
    change = model.predict(X) - model.predict(moved)
    assert_allclose(values[:, 2] - values[0, 2], change, atol=1e-9)


def test_sparse_is_dense():
    sparse = pytest.importorskip("scipy.sparse")
    X, y = load_iris(return_X_y=True)
    X = np.where(X > 3, X, 0)
    model = DecisionTreeClassifier(random_state=0).fit(X, y)
    dense = shap_values(model, X).shap_values
    assert_array_equal(shap_values(model, sparse.csr_matrix(X)).shap_values, dense)


def test_what_is_no_tree_is_refused():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(TypeError, match="LinearRegression"):
        shap_values(LinearRegression().fit(X, y), X)
