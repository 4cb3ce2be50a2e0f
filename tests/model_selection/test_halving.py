"""Halving searches: who goes on with what is defined, and is scikit-learn's choice."""

import joblib
import numpy as np
import pytest
import scipy.stats
import sklearn.model_selection as reference
from sklearn.datasets import load_diabetes, load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.naive_bayes import GaussianNB

import mlkit.experimental.enable_halving_search_cv  # noqa: F401
from mlkit.ensemble import GradientBoostingRegressor
from mlkit.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV, KFold

X, Y = load_diabetes(return_X_y=True)
GRID = {"alpha": np.logspace(-3, 3, 11)}
# R² of a single row, as the smallest folds have, is undefined.
SCORING = "neg_mean_absolute_error"
DRAWS = {"alpha": scipy.stats.loguniform(1e-3, 1e3)}
PLANNED = [
    "n_resources_",
    "n_candidates_",
    "n_remaining_candidates_",
    "max_resources_",
    "min_resources_",
    "n_iterations_",
    "n_possible_iterations_",
    "n_required_iterations_",
    "best_index_",
]


def same(ours, theirs):
    for name in PLANNED:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    assert ours.cv_results_["params"] == list(theirs.cv_results_["params"])
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for name in ("iter", "n_resources", "mean_test_score", "std_train_score", "rank_test_score"):
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name])
        assert ours.cv_results_[name].dtype == theirs.cv_results_[name].dtype


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_resources": "smallest"},
        {"factor": 2, "min_resources": 20, "aggressive_elimination": True, "max_resources": 60},
        {"factor": 1.7, "cv": 3, "max_resources": 200},
        {"aggressive_elimination": True},
    ],
)
def test_a_grid_is_halved_as_scikit_learn_does(options):
    ours = HalvingGridSearchCV(Ridge(), GRID, random_state=0, scoring=SCORING, **options).fit(X, Y)
    theirs = reference.HalvingGridSearchCV(
        Ridge(), GRID, random_state=0, scoring=SCORING, **options
    ).fit(X, Y)
    same(ours, theirs)


@pytest.mark.parametrize(
    "options",
    [{}, {"n_candidates": 9}, {"n_candidates": 7, "min_resources": "exhaust", "factor": 2}],
)
def test_draws_are_halved_as_scikit_learn_does(options):
    ours = HalvingRandomSearchCV(Ridge(), DRAWS, random_state=1, scoring=SCORING, **options).fit(
        X, Y
    )
    theirs = reference.HalvingRandomSearchCV(
        Ridge(), DRAWS, random_state=1, scoring=SCORING, **options
    ).fit(X, Y)
    same(ours, theirs)


def test_classes_count_in_the_smallest_number_of_rows():
    data = load_iris(return_X_y=True)
    model, grid = GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1e-1, 1]}
    options = {"min_resources": "smallest", "cv": 3, "random_state": 0}
    ours = HalvingGridSearchCV(model, grid, **options).fit(*data)
    theirs = reference.HalvingGridSearchCV(model, grid, **options).fit(*data)
    same(ours, theirs)
    assert ours.min_resources_ == 3 * 2 * 3


def test_a_parameter_is_the_resource():
    model = SGDRegressor(random_state=0, tol=None, max_iter=5)
    options = {"resource": "max_iter", "max_resources": 40, "random_state": 0}
    grid = {"alpha": [1e-4, 1e-2, 1, 100]}
    ours = HalvingGridSearchCV(model, grid, **options).fit(X, Y)
    theirs = reference.HalvingGridSearchCV(model, grid, **options).fit(X, Y)
    same(ours, theirs)
    assert ours.best_estimator_.max_iter == ours.n_resources_[-1]


@pytest.mark.parametrize(
    "options",
    [
        {"cv": KFold(shuffle=True)},
        {"resource": "no_parameter"},
        {"resource": "max_iter"},
        {"resource": "alpha", "max_resources": 9},
        {"min_resources": 1000},
        {"scoring": ["r2"]},
    ],
)
def test_what_cannot_be_halved_is_refused(options):
    with pytest.raises(ValueError):
        HalvingGridSearchCV(Ridge(), GRID, **options).fit(X, Y)


def test_two_exhausts_are_refused():
    with pytest.raises(ValueError, match="both"):
        HalvingRandomSearchCV(Ridge(), DRAWS, min_resources="exhaust").fit(X, Y)


def test_a_function_chooses_among_all_iterations():
    search = HalvingGridSearchCV(Ridge(), GRID, refit=lambda table: 3, random_state=0).fit(X, Y)
    assert search.best_index_ == 3
    assert search.best_params_ == search.cv_results_["params"][3]
    assert search.best_score_ == search.cv_results_["mean_test_score"][3]


class Stages(Ridge):
    """Ridge that counts the stages it is fitted for, those of a warm start once."""

    total = 0

    def __init__(self, alpha=1.0, stages=1, warm_start=False):
        super().__init__(alpha)
        self.stages, self.warm_start = stages, warm_start

    def fit(self, X, y):
        done = getattr(self, "done_", 0) if self.warm_start else 0
        Stages.total += self.stages - done
        self.done_ = self.stages
        return super().fit(X, y)

    def score(self, X, y):
        return self.done_ - (self.alpha - 3) ** 2


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_those_left_go_on_where_they_were(n_jobs):
    grid = {"alpha": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]}
    options = {"resource": "stages", "max_resources": 9, "cv": 3, "random_state": 0}
    found, stages = [], []
    for warm_start in (False, True):
        Stages.total = 0
        with joblib.parallel_backend("threading"):
            search = HalvingGridSearchCV(
                Stages(), grid, warm_start=warm_start, n_jobs=n_jobs, **options
            ).fit(X, Y)
        found.append(search)
        stages.append(Stages.total)
    for name in ("mean_test_score", "mean_train_score", "n_resources", "params"):
        np.testing.assert_array_equal(*(each.cv_results_[name] for each in found))
    # Nine candidates of 1 stage, three of 3 and one of 9 on three folds, and the refit.
    assert stages == [3 * (9 + 9 + 9) + 9, 3 * (9 + 6 + 6) + 9]
    assert found[1].best_estimator_.get_params()["warm_start"] is False


def test_boosting_that_goes_on_is_boosting_anew():
    model = GradientBoostingRegressor(random_state=0)
    grid = {"learning_rate": [0.01, 0.1, 1.0], "max_depth": [1, 2, 3]}
    options = {"resource": "n_estimators", "max_resources": 18, "cv": 3, "random_state": 0}
    anew, on = (
        HalvingGridSearchCV(model, grid, warm_start=warm_start, **options).fit(X, Y)
        for warm_start in (False, True)
    )
    np.testing.assert_allclose(
        anew.cv_results_["mean_test_score"], on.cv_results_["mean_test_score"], rtol=1e-9
    )
    assert anew.best_params_ == on.best_params_


@pytest.mark.parametrize(
    ("model", "resource", "most"), [(Ridge(), "n_samples", "auto"), (Ridge(), "max_iter", 9)]
)
def test_what_cannot_go_on_is_refused(model, resource, most):
    options = {"resource": resource, "max_resources": most, "warm_start": True}
    with pytest.raises(ValueError, match="warm_start"):
        HalvingGridSearchCV(model, GRID, **options).fit(X, Y)
