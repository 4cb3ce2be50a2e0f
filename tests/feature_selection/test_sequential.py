"""Sequential selection by its definition, and scikit-learn's choice."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.cluster import KMeans

from mlkit import config_context
from mlkit.datasets import load_diabetes, load_wine
from mlkit.feature_selection import RFE, SequentialFeatureSelector
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.model_selection import GroupKFold, KFold, cross_val_score
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import OneHotEncoder

OPTIONS = [
    {},
    {"direction": "backward"},
    {"n_features_to_select": 3},
    {"n_features_to_select": 3, "direction": "backward"},
    {"n_features_to_select": 0.4},
    {"tol": 0.01},
    {"tol": 1e-4},
    {"tol": -0.01, "direction": "backward"},
    {"scoring": "neg_mean_absolute_error", "cv": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_as_scikit_learn(options):
    X, y = load_diabetes(return_X_y=True)
    found, expected = (
        cls(Ridge(0.1), **options).fit(X, y)
        for cls in (SequentialFeatureSelector, reference.SequentialFeatureSelector)
    )
    assert_array_equal(found.support_, expected.support_)
    assert found.n_features_to_select_ == expected.n_features_to_select_ == found.support_.sum()


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_each_round_takes_the_best(direction):
    X, y = load_diabetes(return_X_y=True)
    forward = direction == "forward"
    left = list(range(10))
    for _ in range(3):
        scores = {}
        for j in left:
            rest = [c for c in left if c != j]
            columns = sorted(set(range(10)) - set(rest)) if forward else rest
            scores[j] = cross_val_score(Ridge(0.1), X[:, columns], y, cv=4).mean()
        left.remove(max(scores, key=scores.get))
    model = SequentialFeatureSelector(
        Ridge(0.1), n_features_to_select=3 if forward else 7, direction=direction, cv=4
    ).fit(X, y)
    dropped = np.flatnonzero(~model.support_)
    assert_array_equal(left, dropped if forward else np.flatnonzero(model.support_))


def test_folds_are_stratified_for_classes():
    X, y = load_wine(return_X_y=True)  # sorted by class: plain folds would lack some
    found, expected = (
        cls(LogisticRegression(max_iter=300), n_features_to_select=2, cv=3).fit(X[:, :5], y)
        for cls in (SequentialFeatureSelector, reference.SequentialFeatureSelector)
    )
    assert_array_equal(found.support_, expected.support_)


def test_without_a_target():
    X, _ = load_wine(return_X_y=True)
    model = SequentialFeatureSelector(
        KMeans(2, n_init=1, random_state=0), n_features_to_select=2, cv=KFold(2)
    )
    assert model.fit(X[:, :4]).support_.sum() == 2


def test_sparse_and_jobs():
    X, y = load_diabetes(return_X_y=True)
    data = np.where(X > 0, X, 0)
    dense = SequentialFeatureSelector(Ridge(0.1), cv=3).fit(data, y)
    found = SequentialFeatureSelector(Ridge(0.1), cv=3).fit(sparse.csr_array(data), y)
    assert_array_equal(found.support_, dense.support_)
    assert_array_equal(found.transform(sparse.csr_array(data)).toarray(), dense.transform(data))
    jobs = SequentialFeatureSelector(Ridge(0.1), cv=3, n_jobs=2).fit(data, y)
    assert_array_equal(jobs.support_, dense.support_)


def test_metadata():
    X, y = load_diabetes(return_X_y=True)
    groups = np.arange(len(y)) % 3
    with config_context(enable_metadata_routing=True):
        model = SequentialFeatureSelector(Ridge(0.1), cv=GroupKFold(3)).fit(X, y, groups=groups)
    pairs = list(GroupKFold(3).split(X, y, groups))
    given = SequentialFeatureSelector(Ridge(0.1), cv=pairs).fit(X, y)
    assert_array_equal(model.support_, given.support_)
    with pytest.raises(ValueError, match="groups"):
        SequentialFeatureSelector(Ridge(), cv=GroupKFold(3)).fit(X, y, groups=groups)


def test_bad_parameters():
    X, y = load_diabetes(return_X_y=True)
    for options, match in (
        ({"n_features_to_select": 10}, "must be < n_features"),
        ({"n_features_to_select": 0}, "'n_features_to_select' parameter"),
        ({"tol": -1.0}, "above 0"),
        ({"direction": "sideways"}, "'direction' parameter"),
        ({"cv": 1}, "cv=1"),
        ({"scoring": "best"}, "best"),
    ):
        with pytest.raises(ValueError, match=match):
            SequentialFeatureSelector(Ridge(), **options).fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        SequentialFeatureSelector(Ridge()).fit(np.where(X > 0, np.nan, X), y)


@pytest.mark.parametrize("container", ["category", "str", "polars"])
def test_text_columns_reach_a_pipeline_that_encodes_them(container):
    rng = np.random.default_rng(0)
    word = rng.choice(["x", "y"], 60)
    frame = pd.DataFrame({"noise": rng.random(60), "word": word, "more": rng.random(60)})
    if container == "polars":
        frame = pl.DataFrame({name: frame[name].tolist() for name in frame})
    else:
        frame = frame.astype({"word": container})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    chosen = SequentialFeatureSelector(model, n_features_to_select=1).fit(frame, word == "y")
    assert_array_equal(chosen.get_support(), [False, True, False])
    assert_array_equal(chosen.transform(frame)[:, 0], word)
    with pytest.raises(ValueError, match="cannot become float64 by LogisticRegression"):
        RFE(LogisticRegression()).fit(frame, word == "y")


def test_categories_that_are_numbers_stay_numbers():
    frame = pd.DataFrame({"a": pd.Categorical([3, 1, 3, 1] * 5), "b": np.arange(20.0)})
    chosen = SequentialFeatureSelector(LogisticRegression(), n_features_to_select=1)
    assert chosen.fit_transform(frame, frame["a"] == 3).dtype == np.float64
