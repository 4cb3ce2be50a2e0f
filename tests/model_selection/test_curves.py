"""Curves: each point is a cross-validation, and the numbers are scikit-learn's."""

import numpy as np
import pytest
import sklearn.model_selection as reference
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB

from mlkit.exceptions import FitFailedWarning
from mlkit.model_selection import (
    GroupKFold,
    KFold,
    cross_val_score,
    learning_curve,
    permutation_test_score,
    validation_curve,
)

DIABETES = load_diabetes(return_X_y=True)
IRIS = load_iris(return_X_y=True)


@pytest.mark.parametrize("sizes", [[0.1, 0.5, 1.0], [20, 100, 350], np.linspace(0.1, 1, 5)])
@pytest.mark.parametrize("shuffle", [False, True])
def test_learning_curve_is_that_of_scikit_learn(sizes, shuffle):
    options = {"train_sizes": sizes, "shuffle": shuffle, "random_state": 3}
    ours = learning_curve(Ridge(), *DIABETES, **options)
    theirs = reference.learning_curve(Ridge(), *DIABETES, **options)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other)
        assert mine.shape == other.shape


def test_incremental_learning_sees_the_same_rows():
    model = SGDClassifier(random_state=0, shuffle=False)
    options = {"exploit_incremental_learning": True, "shuffle": True, "random_state": 1}
    ours = learning_curve(model, *IRIS, **options)
    theirs = reference.learning_curve(model, *IRIS, **options)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)
    with pytest.raises(ValueError, match="partial_fit"):
        learning_curve(Ridge(), *DIABETES, exploit_incremental_learning=True)


def test_the_last_point_is_the_cross_validation():
    cv = KFold(3)
    _, _, scores, fit_times, score_times = learning_curve(
        Ridge(), *DIABETES, train_sizes=[0.2, 1.0], cv=cv, return_times=True
    )
    by_fold = [len(train) for train, _ in cv.split(DIABETES[0])]
    expected = cross_val_score(Ridge(), *DIABETES, cv=cv)
    full = [i for i, size in enumerate(by_fold) if size == by_fold[0]]
    np.testing.assert_array_equal(scores[-1][full], expected[full])
    assert fit_times.shape == score_times.shape == (2, 3)
    assert (fit_times > 0).all()


@pytest.mark.parametrize("sizes", [[0.0, 1.0], [0.5, 1.5], [0, 10], [10, 400]])
def test_sizes_out_of_range_are_refused(sizes):
    with pytest.raises(ValueError, match="train_sizes"):
        learning_curve(Ridge(), *DIABETES, train_sizes=sizes)


def test_equal_sizes_are_used_once():
    with pytest.warns(RuntimeWarning, match="same number"):
        sizes, _, _ = learning_curve(Ridge(), *DIABETES, train_sizes=[0.5, 0.5001])
    assert len(sizes) == 1


def test_validation_curve_is_that_of_scikit_learn():
    options = {"param_name": "alpha", "param_range": [0.01, 1, 100], "scoring": "r2"}
    ours = validation_curve(Ridge(), *DIABETES, **options)
    theirs = reference.validation_curve(Ridge(), *DIABETES, **options)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other)


def test_a_value_that_fails_scores_error_score():
    with pytest.warns(FitFailedWarning, match="fits failed"):
        _, scores = validation_curve(
            Ridge(), *DIABETES, param_name="alpha", param_range=[-1, 1], error_score=-5.0
        )
    assert (scores[0] == -5).all() and (scores[1] > -5).all()


@pytest.mark.parametrize("grouped", [False, True])
def test_permutations_are_those_of_scikit_learn(grouped):
    X, y = IRIS
    groups = np.arange(len(y)) % 4 if grouped else None
    cv = GroupKFold(3) if grouped else 3
    options = {"n_permutations": 10, "random_state": 7, "groups": groups, "cv": cv}
    model = GaussianNB()
    ours = permutation_test_score(model, X, y, **options)
    theirs = reference.permutation_test_score(model, X, y, **options)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other)
    assert ours[2] == 1 / 11


def test_the_p_value_of_noise_is_not_small():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    _, scores, pvalue = permutation_test_score(GaussianNB(), X, y, n_permutations=30)
    assert pvalue > 0.05
    assert abs(scores.mean() - 0.5) < 0.1
