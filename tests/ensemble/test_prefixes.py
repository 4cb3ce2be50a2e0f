"""Grids over the number of stages: one run a setting, and to the bit the fits of all."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from mlkit.base import clone
from mlkit.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from mlkit.model_selection import GridSearchCV

REGRESSION = tuple(part[:200] for part in load_diabetes(return_X_y=True))
BINARY = tuple(part[:200] for part in load_breast_cancer(return_X_y=True))
CLASSES = load_iris(return_X_y=True)
SEED = {"random_state": 0}
MODELS = {
    "forest": (RandomForestRegressor(**SEED), REGRESSION),
    "forest of classes": (RandomForestClassifier(max_features=1, **SEED), CLASSES),
    "extra trees": (ExtraTreesClassifier(bootstrap=True, max_samples=0.5, **SEED), BINARY),
    "boosting": (GradientBoostingRegressor(subsample=0.7, max_features=3, **SEED), REGRESSION),
    "stopped boosting": (
        GradientBoostingRegressor(n_iter_no_change=2, tol=0.1, **SEED),
        REGRESSION,
    ),
    "boosting of classes": (GradientBoostingClassifier(**SEED), CLASSES),
    "histograms": (HistGradientBoostingRegressor(max_features=0.5, **SEED), REGRESSION),
    "stopped histograms": (
        HistGradientBoostingClassifier(
            early_stopping=True, n_iter_no_change=2, tol=0.05, scoring="accuracy", **SEED
        ),
        BINARY,
    ),
    "histograms of classes": (
        HistGradientBoostingClassifier(early_stopping=True, n_iter_no_change=3, **SEED),
        CLASSES,
    ),
}


def axis(model):
    return "max_iter" if "max_iter" in model.get_params() else "n_estimators"


@pytest.mark.parametrize("name", MODELS)
def test_cut_back_it_is_the_shorter_run(name):
    model, (X, y) = MODELS[name]
    candidates = [{axis(model): n} for n in (3, 12, 1, 7)]
    weight = np.random.RandomState(0).randint(1, 3, len(y)).astype(float)
    order = []
    for index, found in model.__mlkit_fit_candidates__(X, y, candidates, sample_weight=weight):
        order.append(index)
        alone = clone(model).set_params(**candidates[index]).fit(X, y, sample_weight=weight)
        assert repr(found) == repr(alone)
        for method in ("predict", "predict_proba", "decision_function"):
            if hasattr(alone, method):
                np.testing.assert_array_equal(getattr(found, method)(X), getattr(alone, method)(X))
        np.testing.assert_array_equal(found.feature_importances_, alone.feature_importances_)
        for attribute in ("n_estimators_", "n_iter_", "train_score_", "validation_score_"):
            if hasattr(alone, attribute):
                np.testing.assert_array_equal(
                    getattr(found, attribute), getattr(alone, attribute), err_msg=attribute
                )
        if hasattr(alone, "estimators_"):
            assert np.shape(found.estimators_) == np.shape(alone.estimators_)
        if hasattr(alone, "staged_predict"):
            steps = zip(found.staged_predict(X), alone.staged_predict(X), strict=True)
            assert all(np.array_equal(a, b) for a, b in steps)
    assert order == [1, 3, 0, 2]


@pytest.mark.parametrize("name", ["forest", "boosting", "histograms"])
def test_a_search_is_the_loop(name):
    model, data = MODELS[name]
    grid = {axis(model): [2, 9, 5], "min_samples_leaf": [1, 20]}
    Own = type("Own", (type(model),), {"__module__": "mine"})
    alone = Own(**model.get_params(deep=False))
    assert alone.__mlkit_fit_candidates__(*data, [{axis(model): n} for n in (1, 2)]) is None
    found, expected = (GridSearchCV(each, grid, cv=3).fit(*data) for each in (model, alone))
    for key in ("split0_test_score", "split2_test_score", "rank_test_score"):
        np.testing.assert_array_equal(found.cv_results_[key], expected.cv_results_[key])


def test_what_needs_all_stages_is_fitted_alone():
    X, y = REGRESSION
    two = [{"n_estimators": 1}, {"n_estimators": 2}]
    forest = RandomForestRegressor(oob_score=True)
    assert forest.__mlkit_fit_candidates__(X, y, two) is None
    boosting = GradientBoostingRegressor()
    assert boosting.__mlkit_fit_candidates__(X, y, two, monitor=lambda *args: False) is None
    assert clone(boosting).set_params(verbose=1).__mlkit_fit_candidates__(X, y, two) is None
    assert boosting.__mlkit_fit_candidates__(X, y, [{**two[0], "verbose": 1}, two[1]]) is None
