"""Ensembles of scikit-learn's models keep scikit-learn's own contract, and serve in its tools."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import check_estimator

from mlkit import ensemble
from mlkit.datasets import load_breast_cancer, load_diabetes

CLASSIFIERS = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(random_state=0))]
REGRESSORS = [("ridge", Ridge()), ("tree", DecisionTreeRegressor(random_state=0))]
# Rows are drawn, or ties are broken by rounding: scikit-learn excuses its own classes as well.
EXCUSED = dict.fromkeys(
    [
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ],
    "rows are drawn",
)
MODELS = [
    ensemble.VotingClassifier(CLASSIFIERS, voting="soft"),
    ensemble.VotingRegressor(REGRESSORS),
    ensemble.StackingClassifier(CLASSIFIERS, RidgeClassifier(), cv=2),
    ensemble.StackingRegressor(REGRESSORS, Ridge(), cv=2),
    ensemble.BaggingClassifier(GaussianNB(), n_estimators=3),
    ensemble.BaggingRegressor(Ridge(), n_estimators=3),
    ensemble.AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3),
    ensemble.AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=3),
    ensemble.GradientBoostingClassifier(init=GaussianNB(), n_estimators=3),
    ensemble.GradientBoostingRegressor(init=Ridge(), n_estimators=3),
]


def _name(model):
    return type(model).__name__


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_check_estimator(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(model, on_fail=None, on_skip=None, expected_failed_checks=EXCUSED)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 25


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_scikit_learn_searches_and_scores_it(model):
    load = load_breast_cancer if "Class" in _name(model) else load_diabetes
    X, y = load(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    least = 0.85 if "Class" in _name(model) else 0.05
    assert cross_val_score(model, X, y, cv=2).mean() > least
    inside = "init" if "Boosting" in _name(model) else None
    inside = inside or ("estimator" if hasattr(model, "estimator") else _first(model))
    known = model.get_params()
    names = [f"{inside}__{end}" for end in ("max_depth", "var_smoothing", "alpha")]
    name = next(each for each in names if each in known)
    search = GridSearchCV(model, {name: [1, 2]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def _first(model):
    return model.estimators[0][0]
