"""Permutation importance: scikit-learn's draws, and what the number means."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.inspection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression as TheirLogistic

from mlkit.compose import make_column_transformer
from mlkit.inspection import permutation_importance
from mlkit.inspection._permutation import draw_rows
from mlkit.linear_model import LinearRegression, LogisticRegression
from mlkit.metrics import accuracy_score
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import OneHotEncoder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)
WEIGHT = RNG.uniform(size=80)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_repeats": 3, "max_samples": 0.3},
        {"max_samples": 17},
        {"scoring": ["accuracy", "neg_log_loss"]},
        {"scoring": {"a": "accuracy"}},
        {"sample_weight": WEIGHT},
        {"scoring": "roc_auc", "n_jobs": 2},
    ],
)
@pytest.mark.parametrize("estimator", [TheirLogistic, LogisticRegression])
def test_importances_are_scikit_learns(options, estimator):
    model = estimator().fit(X, Y)
    ours, theirs = (
        module(model, X, Y, random_state=3, **options)
        for module in (permutation_importance, reference.permutation_importance)
    )
    if "importances" in ours:
        ours, theirs = {"": ours}, {"": theirs}
    assert list(ours) == list(theirs)
    for name in theirs:
        for key in ("importances", "importances_mean", "importances_std"):
            assert_allclose(ours[name][key], theirs[name][key], atol=1e-10)


def test_a_column_is_shuffled_as_numpys_shuffle_says():
    rows, orders = draw_rows(10, 10, 3, seed=5)
    assert rows is None
    rng, shuffled, column = np.random.RandomState(5), np.arange(10), np.arange(10)
    for order in orders:
        rng.shuffle(shuffled)
        column = column[shuffled]
        assert_array_equal(column, order)


def test_importance_is_the_fall_of_the_score():
    model = LogisticRegression().fit(X, Y)
    found = permutation_importance(model, X, Y, random_state=0, n_repeats=2)
    _, orders = draw_rows(80, 80, 2, np.random.RandomState(0).randint(2**31))
    for j in range(4):
        for repeat, order in enumerate(orders):
            shuffled = X.copy()
            shuffled[:, j] = X[order, j]
            fall = model.score(X, Y) - accuracy_score(Y, model.predict(shuffled))
            assert_allclose(found.importances[j, repeat], fall, atol=1e-12)


def test_a_column_that_is_not_used_is_worth_nothing():
    y = 2 * X[:, 1]
    model = LinearRegression().fit(X[:, [1, 1]] * [1, 0], y)
    found = permutation_importance(model, X[:, [1, 2]], y, random_state=0)
    assert found.importances_mean[0] > 1
    assert (abs(found.importances[1]) < 1e-12).all()


def test_data_are_left_as_they_were():
    model = LogisticRegression().fit(X, Y)
    before = X.copy()
    permutation_importance(model, X, Y, random_state=0)
    assert_array_equal(X, before)


def mixed():
    frame = pd.DataFrame(X, columns=list("abcd"), index=np.arange(80)[::-1])
    frame["word"] = np.array(["u", "v"])[Y]
    frame["kind"] = frame["word"].astype("category")
    return frame


@pytest.mark.parametrize(
    "convert",
    [lambda f: f, pl.from_pandas, lambda f: pa.Table.from_pandas(f, preserve_index=False)],
)
def test_frames_stay_frames(convert):
    frame = convert(mixed())
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["word", "kind"]), remainder="passthrough"),
        LogisticRegression(),
    ).fit(frame, Y)
    found = permutation_importance(model, frame, Y, random_state=0)
    as_pandas = permutation_importance(
        make_pipeline(*[step for _, step in model.steps]).fit(mixed(), Y),
        mixed(),
        Y,
        random_state=0,
    )
    assert_array_equal(found.importances, as_pandas.importances)
    assert found.importances_mean[[4, 5]].max() > 0


def test_sparse_is_dense():
    sparse = np.where(abs(X) > 0.7, X, 0)
    model = LogisticRegression().fit(sparse, Y)
    dense = permutation_importance(model, sparse, Y, random_state=0)
    found = permutation_importance(model, csr_array(sparse), Y, random_state=0)
    assert_allclose(found.importances, dense.importances, atol=1e-12)


def test_workers_change_nothing():
    model = RandomForestRegressor(5, random_state=0).fit(X, Y)
    alone, many = (
        permutation_importance(model, X, Y, random_state=0, n_jobs=n).importances for n in (None, 2)
    )
    assert_array_equal(alone, many)


def test_without_labels():
    class Model(LinearRegression):
        def score(self, X, y=None):
            return -abs(self.predict(X)).mean()

    found = permutation_importance(Model().fit(X, Y), X, None, random_state=0)
    assert found.importances.shape == (4, 5)


def test_more_rows_than_there_are_cannot_be_drawn():
    with pytest.raises(ValueError, match="max_samples"):
        permutation_importance(LogisticRegression().fit(X, Y), X, Y, max_samples=81)
