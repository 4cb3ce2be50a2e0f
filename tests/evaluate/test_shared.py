"""The protocol of shared fits: names of settings, who may write into data, prefixes of a run."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor

from mlkit._engine.evaluate.intact import fresh, may_write
from mlkit._engine.evaluate.shared import fit_prefixes, grouped_by, settings_key, value_key
from mlkit.base import clone
from mlkit.linear_model import LinearRegression, Ridge
from mlkit.model_selection import GridSearchCV, validation_curve
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import FunctionTransformer, StandardScaler

X, Y = load_diabetes(return_X_y=True)


def test_values_that_are_equal_and_not_the_same():
    alike = [1, 1.0, True, np.float64(1), np.int64(1), "1", np.float32(1), 0.0, -0.0, None, (1,)]
    alike += [(1.0,), b"1", [1], [1]]
    keys = [value_key(each) for each in alike]
    assert len(set(keys)) == len(keys)


def test_values_that_are_the_same():
    estimator = Ridge()
    for make in (
        lambda: 1.5,
        lambda: float("nan"),
        lambda: "a",
        lambda: estimator,
        lambda: (1, "b"),
    ):
        assert value_key(make()) == value_key(make())
    assert value_key(np.float64(0.5)) == value_key(np.float64(0.5))
    assert settings_key({"a": 1, "b": 2}) == settings_key({"b": 2, "a": 1})
    assert grouped_by("abca") == [[0, 3], [1], [2]]


@pytest.mark.parametrize(
    ("model", "writes"),
    [
        (Ridge(), False),
        (StandardScaler(copy=False), True),
        (make_pipeline(StandardScaler(), Ridge()), False),
        (make_pipeline(StandardScaler(copy=False), Ridge()), True),
        (FunctionTransformer(), False),
        (FunctionTransformer(np.log1p), True),
        (GradientBoostingRegressor(), False),
        (type("Own", (LinearRegression,), {"__module__": "mine"})(), True),
        (make_pipeline(type("Own", (StandardScaler,), {"__module__": "mine"})(), Ridge()), True),
    ],
)
def test_who_may_write(model, writes):
    assert may_write(model) == writes
    assert may_write(Ridge(), {"copy_X": False})


def test_copies_are_copies():
    for data in (np.arange(3.0), [[1.0], [2.0]]):
        copied = fresh(data)
        copied[0] = copied[1]
        assert not np.array_equal(copied, data)
    assert fresh(None) is None


class Staged(GradientBoostingRegressor):
    """Boosting of which a grid over the number of stages fits the longest run only."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        Staged.fits += 1
        if self.learning_rate < 0:
            raise ValueError("asked to fail")
        return super().fit(X, y, sample_weight)

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):
        return fit_prefixes(self, X, y, candidates, "n_estimators", self.cut, **fit_params)

    @staticmethod
    def cut(model, stages):
        model.estimators_ = model.estimators_[:stages]
        model.n_estimators_ = stages
        return model


GRID = {"n_estimators": [2, 9, 5], "learning_rate": [0.1, 0.5], "max_depth": [2]}


@pytest.mark.filterwarnings("ignore")
def test_prefixes_are_the_fits_to_the_bit():
    plain = GridSearchCV(GradientBoostingRegressor(random_state=0), GRID, cv=3).fit(X, Y)
    Staged.fits = 0
    shared = GridSearchCV(Staged(random_state=0), GRID, cv=3, refit=False).fit(X, Y)
    assert Staged.fits == 3 * 2
    for key in ("params", "mean_test_score", "split2_test_score", "rank_test_score"):
        np.testing.assert_array_equal(shared.cv_results_[key], plain.cv_results_[key])
    piped = make_pipeline(StandardScaler(), Staged(random_state=0))
    Staged.fits = 0
    grid = {f"staged__{name}": values for name, values in GRID.items()}
    found = GridSearchCV(piped, grid, cv=3, refit=False).fit(X, Y)
    assert Staged.fits == 6
    theirs = make_pipeline(StandardScaler(), GradientBoostingRegressor(random_state=0))
    grid = {name.replace("staged", "gradientboostingregressor"): v for name, v in grid.items()}
    expected = GridSearchCV(theirs, grid, cv=3).fit(X, Y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected)


@pytest.mark.filterwarnings("ignore")
def test_curves_jobs_and_failures_share_too():
    Staged.fits = 0
    options = {"param_name": "n_estimators", "param_range": [1, 4, 2], "cv": 3}
    shared = validation_curve(Staged(random_state=0), X, Y, **options)
    assert Staged.fits == 3
    plain = validation_curve(GradientBoostingRegressor(random_state=0), X, Y, **options)
    np.testing.assert_array_equal(shared, plain)
    two = GridSearchCV(Staged(random_state=0), GRID, cv=3, n_jobs=2, refit=False).fit(X, Y)
    one = GridSearchCV(Staged(random_state=0), GRID, cv=3, refit=False).fit(X, Y)
    np.testing.assert_array_equal(
        two.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"]
    )
    grid = {"n_estimators": [2, 5], "learning_rate": [0.1, -1]}
    failed = GridSearchCV(Staged(random_state=0), grid, cv=3).fit(X, Y)
    # The rates vary slowest.
    np.testing.assert_array_equal(
        np.isnan(failed.cv_results_["mean_test_score"]), [False, False, True, True]
    )


def test_nothing_alike_is_not_shared():
    Staged.fits = 0
    model = Staged(random_state=0)
    assert model.__mlkit_fit_candidates__(X, Y, [{"max_depth": 1}, {"max_depth": 2}]) is None
    assert (
        model.__mlkit_fit_candidates__(X, Y, [{"n_estimators": 1}, {"n_estimators": "a"}]) is None
    )
    GridSearchCV(clone(model), {"max_depth": [1, 2]}, cv=2, refit=False).fit(X, Y)
    assert Staged.fits == 4
