"""Searches: the best of the plain loop, and scikit-learn's table to the key."""

import numpy as np
import pytest
import scipy.stats
import sklearn.model_selection as reference
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlkit.base import clone
from mlkit.exceptions import NotFittedError
from mlkit.model_selection import (
    GridSearchCV,
    ParameterGrid,
    ParameterSampler,
    RandomizedSearchCV,
    cross_val_score,
)

X, Y = load_diabetes(return_X_y=True)
GRID = {"alpha": [0.1, 1, 10], "solver": ["auto", "cholesky"]}


def test_the_best_is_the_best_of_the_loop():
    search = GridSearchCV(Ridge(), GRID, cv=4).fit(X, Y)
    means = {
        i: cross_val_score(Ridge(**params), X, Y, cv=4).mean()
        for i, params in enumerate(ParameterGrid(GRID))
    }
    assert search.best_index_ == max(means, key=means.get)
    assert search.best_score_ == means[search.best_index_]
    refitted = Ridge(**search.best_params_).fit(X, Y)
    np.testing.assert_array_equal(search.predict(X), refitted.predict(X))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_train_score": True, "cv": 3},
        {"scoring": ["r2", "neg_mean_absolute_error"], "refit": "r2"},
        {"scoring": {"a": "r2"}, "refit": False},
        {"refit": lambda results: int(results["mean_test_score"].argmin())},
    ],
)
@pytest.mark.parametrize("grid", [GRID, [{"alpha": [1, 2]}, {"tol": [1e-3]}]])
def test_the_table_is_that_of_scikit_learn(options, grid):
    ours = GridSearchCV(Ridge(), grid, **options).fit(X, Y)
    theirs = reference.GridSearchCV(Ridge(), grid, **options).fit(X, Y)
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for key, expected in theirs.cv_results_.items():
        found = ours.cv_results_[key]
        if key == "params":
            assert found == expected
        elif "time" not in key:
            assert found.dtype == expected.dtype, key
            np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
            same = np.ma.asarray(found) == np.ma.asarray(expected)
            assert np.all(same) or np.allclose(found, expected, rtol=1e-10), key
    for name in ("best_index_", "best_params_", "n_splits_", "multimetric_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None)


@pytest.mark.parametrize(
    "distributions",
    [
        {"alpha": scipy.stats.uniform(0, 1)},
        {"alpha": [1, 2, 3, 4, 5, 6, 7]},
        [{"alpha": [1, 2, 3]}, {"alpha": [4, 5], "tol": [1e-3, 1e-4]}],
    ],
)
@pytest.mark.parametrize("seed", [0, 3])
def test_draws_are_those_of_scikit_learn(distributions, seed):
    ours = list(ParameterSampler(distributions, 4, random_state=seed))
    assert ours == list(reference.ParameterSampler(distributions, 4, random_state=seed))


def test_a_grid_is_indexed_as_it_is_iterated():
    grid = ParameterGrid([{"a": [1, 2], "b": [3, 4, 5]}, {}, {"c": [6]}])
    assert [grid[i] for i in range(len(grid))] == list(grid)
    with pytest.raises(IndexError):
        grid[len(grid)]


def test_nested_names_and_whole_steps_are_candidates():
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    grid = {"standardscaler": [StandardScaler(), "passthrough"], "logisticregression__C": [1, 10]}
    search = GridSearchCV(model, grid, cv=3).fit(*load_iris(return_X_y=True))
    assert len(search.cv_results_["params"]) == 4
    # What is tried are clones: the grid's own objects stay unfitted.
    assert not hasattr(grid["standardscaler"][0], "mean_")
    assert search.cv_results_["param_standardscaler"].dtype == object


def test_jobs_change_nothing():
    one = GridSearchCV(Ridge(), GRID).fit(X, Y).cv_results_["mean_test_score"]
    two = GridSearchCV(Ridge(), GRID, n_jobs=2).fit(X, Y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(one, two)


def test_weights_reach_fit_and_score():
    weight = np.random.RandomState(0).rand(len(Y))
    ours = GridSearchCV(Ridge(), GRID).fit(X, Y, sample_weight=weight)
    theirs = reference.GridSearchCV(Ridge(), GRID).fit(X, Y, sample_weight=weight)
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(ours.cv_results_[key], theirs.cv_results_[key], rtol=1e-10)


def test_a_randomised_search_repeats_itself():
    searches = [
        RandomizedSearchCV(Ridge(), {"alpha": scipy.stats.uniform(0, 1)}, n_iter=3, random_state=1)
        for _ in range(2)
    ]
    first, second = (search.fit(X, Y) for search in searches)
    assert first.cv_results_["params"] == second.cv_results_["params"]
    assert len(first.cv_results_["params"]) == 3


def test_methods_are_those_of_the_model():
    search = GridSearchCV(Ridge(), GRID)
    assert hasattr(search, "predict")
    assert not hasattr(search, "predict_proba")
    assert not hasattr(search, "n_features_in_")
    with pytest.raises(NotFittedError):
        search.predict(X)
    without = GridSearchCV(Ridge(), GRID, refit=False).fit(X, Y)
    with pytest.raises(AttributeError) as caught:
        without.predict
    assert "refit=False" in str(caught.value.__cause__)
    assert type(clone(search)) is GridSearchCV


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: GridSearchCV(Ridge(), {"beta": [1]}), ValueError, "beta"),
        (lambda: GridSearchCV(Ridge(), {"alpha": 1}), TypeError, "alpha"),
        (lambda: GridSearchCV(Ridge(), {"alpha": "12"}), TypeError, "alpha"),
        (lambda: GridSearchCV(Ridge(), {"alpha": []}), ValueError, "alpha.*empty"),
        (lambda: GridSearchCV(Ridge(), {"alpha": [[1]]}, refit=3), ValueError, "refit"),
        (lambda: GridSearchCV(Ridge(), []), ValueError, "no candidates"),
        (lambda: GridSearchCV(Ridge(), GRID, scoring=["r2", "max_error"]), ValueError, "max_error"),
        (lambda: GridSearchCV(Ridge(), GRID, refit=lambda _: 9), IndexError, "index 9"),
        (lambda: GridSearchCV(Ridge(), GRID, refit=lambda _: "a"), TypeError, "int"),
        (lambda: RandomizedSearchCV(Ridge(), {"alpha": 3}), TypeError, "alpha"),
        (lambda: RandomizedSearchCV(Ridge(), GRID, n_iter=0), ValueError, "n_iter"),
    ],
)
def test_bad_searches_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make().fit(X, Y)


def test_a_model_that_learns_from_y_is_not_searched_without_it():
    X = np.ones((6, 1))
    with pytest.raises(ValueError, match="GridSearchCV requires y to be passed.*LogisticRegr"):
        GridSearchCV(LogisticRegression(), {"C": [1.0]}).fit(X)
