"""Candidates by Optuna: spaces, pruning, and what every search can."""

import numpy as np
import optuna
import pytest
import scipy.stats
from sklearn.datasets import load_diabetes, load_iris

from mlkit.base import BaseEstimator, RegressorMixin, clone
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.model_selection import GridSearchCV, OptunaSearchCV, cross_val_score
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import MinMaxScaler, StandardScaler

X, Y = load_diabetes(return_X_y=True)
SPACE = {"alpha": scipy.stats.loguniform(1e-4, 1e3)}


class Bowl(RegressorMixin, BaseEstimator):
    """Scores −(a − 3)² − b², whatever the data; counts its fits."""

    fits = 0

    def __init__(self, a=0.0, b=0.0, fail=False):
        self.a, self.b, self.fail = a, b, fail

    def fit(self, X, y):
        Bowl.fits += 1
        if self.fail:
            raise ValueError("asked to fail")
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def score(self, X, y):
        return -((self.a - 3) ** 2) - self.b**2


@pytest.fixture(autouse=True)
def count():
    Bowl.fits = 0


def test_it_learns_from_earlier_candidates():
    space = {"a": scipy.stats.uniform(-50, 100), "b": scipy.stats.norm(0, 10)}
    search = OptunaSearchCV(Bowl(), space, n_iter=60, cv=2, random_state=0).fit(X, Y)
    scores = search.cv_results_["mean_test_score"]
    assert np.median(scores[-20:]) > 5 * np.median(scores[:10])  # they are negative
    assert search.best_score_ > -5 and abs(search.best_params_["a"] - 3) < 2.5


def test_the_table_is_that_of_the_same_grid():
    search = OptunaSearchCV(Ridge(), SPACE, n_iter=6, cv=3, random_state=0).fit(X, Y)
    table = search.cv_results_
    for row, params in enumerate(table["params"]):
        alone = cross_val_score(Ridge(**params), X, Y, cv=3)
        np.testing.assert_array_equal([table[f"split{k}_test_score"][row] for k in range(3)], alone)
    grid = GridSearchCV(Ridge(), [{"alpha": [each["alpha"]]} for each in table["params"]], cv=3)
    expected = grid.fit(X, Y).cv_results_
    assert set(table) - set(expected) == {"pruned"} and not table["pruned"].any()
    np.testing.assert_array_equal(table["rank_test_score"], expected["rank_test_score"])
    assert search.best_estimator_.alpha == search.best_params_["alpha"]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_seed_repeats(n_jobs):
    first, second = (
        OptunaSearchCV(Ridge(), SPACE, n_iter=5, cv=3, random_state=3, n_jobs=jobs).fit(X, Y)
        for jobs in (None, n_jobs)
    )
    assert first.cv_results_["params"] == second.cv_results_["params"]


def test_spaces():
    scalers = [StandardScaler(), MinMaxScaler(), "passthrough"]
    space = {
        "scale": scalers,
        "model__C": optuna.distributions.FloatDistribution(0.1, 10, log=True),
        "model__max_iter": scipy.stats.randint(150, 160),
        "model__fit_intercept": [True, False],
        "model__tol": scipy.stats.expon(scale=1e-3),
        "model__intercept_scaling": np.array([1.0, 2.0]),
        "model__verbose": scipy.stats.binom(1, 1e-9),
    }
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.steps = [("scale", model[0]), ("model", model[1])]
    search = OptunaSearchCV(model, space, n_iter=25, cv=2, random_state=0)
    search.fit(*load_iris(return_X_y=True))
    for params in search.cv_results_["params"]:
        assert any(params["scale"] is each for each in scalers)
        assert 0.1 <= params["model__C"] <= 10 and 0 < params["model__tol"] < 1
        assert 150 <= params["model__max_iter"] < 160 and params["model__max_iter"] % 1 == 0
        assert type(params["model__fit_intercept"]) is bool
        assert params["model__verbose"] == 0
    chosen = {str(params["scale"]) for params in search.cv_results_["params"]}
    assert len(chosen) > 1


def test_a_function_draws_spaces_with_branches():
    def draw(trial):
        if trial.suggest_categorical("kind", ["a", "b"]) == "a":
            return {"a": trial.suggest_float("a", 2, 4)}
        return {"b": trial.suggest_float("b", -1, 1)}

    search = OptunaSearchCV(Bowl(), draw, n_iter=15, cv=2, random_state=0).fit(X, Y)
    assert {tuple(params) for params in search.cv_results_["params"]} == {("a",), ("b",)}
    assert np.ma.is_masked(search.cv_results_["param_a"])
    assert set(search.best_params_) == {"a"}


def test_pruning_on_folds():
    space = {"a": optuna.distributions.FloatDistribution(-20, 20)}
    options = {"n_iter": 30, "cv": 5, "random_state": 0}
    search = OptunaSearchCV(
        Bowl(), space, pruner=optuna.pruners.MedianPruner(n_startup_trials=4), **options
    ).fit(X, Y)
    table = search.cv_results_
    pruned = table["pruned"]
    assert 3 < pruned.sum() < 26
    fitted = np.isfinite([table[f"split{k}_test_score"] for k in range(5)])
    assert Bowl.fits == fitted.sum() + 1
    np.testing.assert_array_equal(fitted.all(axis=0), ~pruned)
    np.testing.assert_array_equal(np.isnan(table["mean_test_score"]), pruned)
    assert not pruned[search.best_index_]
    assert table["rank_test_score"][pruned].min() > table["rank_test_score"][~pruned].max()
    # What was given up was no better than half of what was not, so far.
    worst = -((np.array([p["a"] for p in table["params"]]) - 3) ** 2)
    assert worst[pruned].max() < search.best_score_
    states = {trial.state.name for trial in search.study_.trials}
    assert states == {"COMPLETE", "PRUNED"}


class Grown(Bowl):
    """A bowl that fills with its stages, those of a warm start counted once."""

    total = 0

    def __init__(self, a=0.0, stages=20, warm_start=False):
        super().__init__(a)
        self.stages, self.warm_start = stages, warm_start

    def fit(self, X, y):
        done = getattr(self, "done_", 0) if self.warm_start else 0
        Grown.total += self.stages - done
        self.done_ = self.stages
        return super().fit(X, y)

    def score(self, X, y):
        return -((self.a - 3) ** 2) - 1 / self.done_


def test_pruning_on_stages():
    space = {"a": optuna.distributions.FloatDistribution(-20, 20)}
    pruner = optuna.pruners.MedianPruner(n_startup_trials=4)
    options = {"n_iter": 30, "cv": 3, "random_state": 0, "resource": "stages", "n_steps": 4}
    Grown.total = 0
    search = OptunaSearchCV(Grown(), space, pruner=pruner, **options).fit(X, Y)
    table, trials = search.cv_results_, search.study_.trials
    assert 3 < table["pruned"].sum() < 26
    np.testing.assert_array_equal(np.isnan(table["mean_test_score"]), table["pruned"])
    reported = [sorted(trial.intermediate_values) for trial in trials]
    assert all(each == [5, 10, 15][: len(each)] for each in reported)
    reached = [
        each[-1] if trial.state.name == "PRUNED" else 20
        for each, trial in zip(reported, trials, strict=True)
    ]
    assert Grown.total == 3 * sum(reached) + 20
    best = table["mean_test_score"][search.best_index_]
    assert best == pytest.approx(-((search.best_params_["a"] - 3) ** 2) - 1 / 20)
    assert "stages" not in search.best_params_ and not search.best_estimator_.warm_start


def test_a_resource_that_is_searched_and_one_that_is_none():
    space = {"a": [0.0, 3.0], "stages": [3, 7]}
    options = {"pruner": optuna.pruners.NopPruner(), "n_iter": 6, "cv": 2, "random_state": 0}
    search = OptunaSearchCV(Grown(), space, resource="stages", **options).fit(X, Y)
    for params, trial in zip(search.cv_results_["params"], search.study_.trials, strict=True):
        assert sorted(trial.intermediate_values) == list(range(1, params["stages"]))
    for resource, pruner in (("nothing", optuna.pruners.NopPruner()), ("stages", None)):
        with pytest.raises(ValueError, match="resource"):
            OptunaSearchCV(Grown(), space, resource=resource, pruner=pruner).fit(X, Y)


def test_the_study_is_there_for_optunas_own_tools():
    space = {"a": scipy.stats.uniform(-5, 10), "b": [0.0, 0.001]}
    search = OptunaSearchCV(Bowl(), space, n_iter=25, cv=2, random_state=0).fit(X, Y)
    study = search.study_
    assert study.best_value == search.best_score_
    assert study.best_params["a"] == search.best_params_["a"]
    assert len(study.trials) == 25


def test_several_scores():
    options = {"n_iter": 4, "cv": 3, "random_state": 0}
    scoring = ["neg_mean_absolute_error", "r2"]
    search = OptunaSearchCV(Ridge(), SPACE, scoring=scoring, refit="r2", **options).fit(X, Y)
    assert (
        search.best_score_ == search.cv_results_["mean_test_r2"].max() == search.study_.best_value
    )
    with pytest.raises(ValueError, match="refit"):
        OptunaSearchCV(Ridge(), SPACE, scoring=scoring, refit=False, **options).fit(X, Y)
    pruned = OptunaSearchCV(
        Ridge(),
        SPACE,
        scoring=scoring,
        refit="r2",
        return_train_score=True,
        pruner=optuna.pruners.ThresholdPruner(lower=2.0, n_warmup_steps=1),
        **options,
    )
    # No score is above 2, but the last fold is not asked for.
    with pytest.raises(ValueError, match="every candidate"):
        pruned.fit(X, Y)


def test_failures_are_told_once():
    space = {"a": [1.0, 2.0], "fail": [True, False]}
    options = {"n_iter": 8, "cv": 2, "random_state": 0}
    with pytest.warns(Warning) as warned:
        search = OptunaSearchCV(Bowl(), space, **options).fit(X, Y)
    assert sum("asked to fail" in str(each.message) for each in warned) == 1
    assert not search.best_params_["fail"]
    with pytest.raises(ValueError, match="asked to fail"):
        OptunaSearchCV(Bowl(fail=True), {"a": [1.0]}, n_iter=2, cv=2).fit(X, Y)


def test_budget_and_journal(tmp_path):
    space = {"a": scipy.stats.uniform(-50, 100)}
    options = {"cv": 2, "random_state": 0, "journal": str(tmp_path / "journal")}
    first = OptunaSearchCV(Bowl(), space, n_iter=5, **options).fit(X, Y)
    assert Bowl.fits == 11
    # A longer search goes on from the shorter: the draws are the same.
    longer = OptunaSearchCV(Bowl(), space, n_iter=8, **options).fit(X, Y)
    assert Bowl.fits == 11 + 2 * 3 + 1
    assert longer.cv_results_["params"][:5] == first.cv_results_["params"]
    pruner = optuna.pruners.MedianPruner(n_startup_trials=2)
    again = clone(longer).set_params(pruner=pruner).fit(X, Y)
    assert again.cv_results_["params"][:2] == first.cv_results_["params"][:2]
    with pytest.warns(UserWarning, match="time_budget"):
        short = OptunaSearchCV(Bowl(), space, cv=2, time_budget=1e-9).fit(X, Y)
    assert len(short.cv_results_["params"]) == len(short.trials_) - 1 == 1
    assert short.best_params_ == short.cv_results_["params"][0]
    with pytest.raises(ValueError, match="random_state"):
        clone(first).set_params(random_state=None).fit(X, Y)


@pytest.mark.parametrize(
    ("space", "message"),
    [({"a": []}, "empty"), ({"a": type("Law", (), {"rvs": None})()}, "ppf")],
)
def test_spaces_that_are_none(space, message):
    with pytest.raises((TypeError, ValueError), match=message):
        OptunaSearchCV(Bowl(), space).fit(X, Y)
