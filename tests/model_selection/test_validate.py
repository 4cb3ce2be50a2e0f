"""Cross-validation: equal to the loop it stands for, and to scikit-learn's."""

import numpy as np
import pytest
import sklearn.model_selection as reference
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC

from mlkit.base import BaseEstimator, ClassifierMixin
from mlkit.exceptions import FitFailedWarning
from mlkit.model_selection import (
    KFold,
    ShuffleSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)

DIABETES = load_diabetes(return_X_y=True)
IRIS = load_iris(return_X_y=True)


class Failing(ClassifierMixin, BaseEstimator):
    """Fails on training sets whose first row is not row 0, or always."""

    def __init__(self, always=False):
        self.always = always

    def fit(self, X, y):
        if self.always or X[0, 0] != IRIS[0][0, 0]:
            raise ValueError("deliberate")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def test_it_is_the_loop():
    X, y = DIABETES
    expected = []
    for train, test in KFold(4).split(X):
        model = Ridge(0.1).fit(X[train], y[train])
        expected.append(model.score(X[test], y[test]))
    np.testing.assert_array_equal(cross_val_score(Ridge(0.1), X, y, cv=KFold(4)), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"scoring": ["r2", "neg_mean_squared_error"], "return_train_score": True},
        {"scoring": {"a": "r2"}, "return_estimator": True},
        {"return_indices": True, "cv": 3},
        {"params": {"sample_weight": np.arange(442.0)}},
    ],
)
def test_tables_are_those_of_scikit_learn(options):
    ours = cross_validate(Ridge(), *DIABETES, **options)
    theirs = reference.cross_validate(Ridge(), *DIABETES, **options)
    assert list(ours) == list(theirs)
    for key in ours:
        if key.startswith(("test", "train")):
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-12)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_predictions_are_those_of_scikit_learn(method):
    ours = cross_val_predict(LogisticRegression(max_iter=1000), *IRIS, method=method)
    theirs = reference.cross_val_predict(LogisticRegression(max_iter=1000), *IRIS, method=method)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_jobs_change_nothing():
    one = cross_val_score(Ridge(), *DIABETES, n_jobs=1)
    two = cross_val_score(Ridge(), *DIABETES, n_jobs=2)
    np.testing.assert_array_equal(one, two)


def test_a_square_matrix_of_pairs_is_split_both_ways():
    X, y = IRIS
    ours = cross_val_score(SVC(kernel="precomputed"), X @ X.T, y)
    np.testing.assert_allclose(ours, cross_val_score(SVC(kernel="linear"), X, y))


def test_a_class_that_a_fold_lacks_has_probability_zero():
    X, y = IRIS
    model = LogisticRegression(max_iter=1000)
    with pytest.warns(RuntimeWarning, match="Number of classes"):
        proba = cross_val_predict(model, X, y, cv=KFold(3), method="predict_proba")
    assert proba.shape == (150, 3)
    for k in range(3):  # the folds are the classes, in order
        assert (proba[y == k, k] == 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_what_fails_scores_error_score_and_is_reported():
    with pytest.warns(FitFailedWarning, match=r"1 of 2 fits failed(.|\n)*deliberate"):
        scores = cross_val_score(Failing(), *IRIS, cv=KFold(2), error_score=-1.0)
    assert (scores == -1.0).sum() == 1
    with pytest.raises(ValueError, match="All 5 fits"):
        cross_val_score(Failing(always=True), *IRIS)
    with pytest.raises(ValueError, match=r"^deliberate$"):
        cross_val_score(Failing(always=True), *IRIS, error_score="raise")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cross_val_predict(Ridge(), *DIABETES, cv=ShuffleSplit(2)), "partitions"),
        (lambda: cross_val_score(Ridge(), *DIABETES, cv="five"), "cv"),
        (lambda: cross_val_score(Ridge(), *DIABETES, scoring="good"), "good"),
        (lambda: cross_val_score("ridge", *DIABETES), "estimator"),
        (lambda: cross_val_score(Ridge(), DIABETES[0], DIABETES[1][:-1]), "inconsistent"),
        (lambda: cross_val_predict(Ridge(), *DIABETES, method="fit"), "method"),
    ],
)
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
