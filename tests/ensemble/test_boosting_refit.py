"""Histogram boosting after the fit: new values for old trees, scores of several tables by round."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRanker,
    HistGradientBoostingRegressor,
)
from mlkit.metrics import mean_squared_error


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 5))
    signal = np.column_stack([X[:, 0] + X[:, 1] * X[:, 2], X[:, 3], np.abs(X[:, 4])])
    y = signal + 0.3 * rng.normal(size=signal.shape)
    X[rng.random(X.shape) < 0.05] = np.nan
    return X, y


def models(X, y):
    """Fitted models of all kinds, with the y that they take."""
    label = y.argmax(axis=1)
    settings = {"max_iter": 12, "l2_regularization": 0.5}
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    for model, target in [
        (HistGradientBoostingRegressor(**settings), y[:, 0]),
        (HistGradientBoostingRegressor(**settings), y),
        (HistGradientBoostingRegressor(vector_leaves=True, **settings), y),
        (HistGradientBoostingRegressor("absolute_error", **settings), y),
        (HistGradientBoostingRegressor("quantile", quantile=[0.2, 0.7], **settings), y[:, 0]),
        (HistGradientBoostingRegressor("poisson", **settings), np.exp(y[:, 0])),
        (HistGradientBoostingRegressor("normal", **settings), y[:, 0]),
        (HistGradientBoostingClassifier(**settings), label),
        (HistGradientBoostingClassifier(vector_leaves=True, **settings), label),
        (HistGradientBoostingClassifier(**settings), label > 0),
    ]:
        for each in (None, weight):
            yield model.fit(X, target, each), target, each


def test_the_rows_of_the_fit_give_the_values_of_the_fit(data):
    """Whatever decay is; so leaves, sums and steps of a refit are those of the fit."""
    X, y = data
    for model, target, weight in models(X, y):
        before = model._raw_predict(X)
        for decay in (0.5, 0.0):
            model.refit(X, target, weight, decay=decay)
            assert_allclose(model._raw_predict(X), before, rtol=1e-7, atol=1e-8)


def test_decay_is_the_share_of_the_old_values(data):
    X, y = data
    rounds = {"max_iter": 1, "learning_rate": 1.0}
    old, new, half = (HistGradientBoostingRegressor(**rounds).fit(X, y[:, 0]) for _ in range(3))
    half.refit(X, 3 * y[:, 0] + 1, decay=0.5)
    new.refit(X, 3 * y[:, 0] + 1, decay=0.0)
    assert_allclose(half.predict(X), (old.predict(X) + new.predict(X)) / 2)
    old_predictions = old.predict(X)
    assert_array_equal(old.refit(X, 3 * y[:, 0] + 1, decay=1.0).predict(X), old_predictions)


def test_leaves_without_rows_stay(data):
    X, y = data
    model = HistGradientBoostingRegressor(max_iter=3).fit(X, y[:, 0])
    left = X[:, 0] < 0
    leaf = model._trees.apply(X)
    before = model._trees.value.copy()
    model.refit(X[left], y[left, 0] + 5, decay=0.0)
    for tree in range(3):
        nodes = np.arange(model._trees.offset[tree], model._trees.offset[tree + 1])
        unseen = np.setdiff1d(np.arange(len(nodes)), leaf[left, tree])
        assert_array_equal(model._trees.value[nodes[unseen]], before[nodes[unseen]])


def test_refit_follows_what_has_changed(data):
    X, y = data
    model = HistGradientBoostingRegressor(max_iter=60).fit(X, y[:, 0])
    moved = 2 * y[:, 0]
    before = model.score(X, moved)
    assert model.refit(X, moved, decay=0.0).score(X, moved) > before + 0.1


def test_refit_of_rankings(data):
    X, y = data
    grade = np.digitize(y[:, 0], [0, 1])
    model = HistGradientBoostingRanker(max_iter=8).fit(X, grade, group=[40] * 20)
    before = model.predict(X)
    model.refit(X, grade, decay=0.0, group=[40] * 20)
    assert_allclose(model.predict(X), before, rtol=1e-7, atol=1e-9)


def test_what_refit_does_not_know_is_refused(data):
    X, y = data
    for settings in ({"drop_rate": 0.2}, {"monotonic_cst": [1, 0, 0, 0, 0]}):
        model = HistGradientBoostingRegressor(max_iter=2, **settings).fit(X, y[:, 0])
        with pytest.raises(ValueError, match="fit anew"):
            model.refit(X, y[:, 0])
    model = HistGradientBoostingRegressor(max_iter=2).fit(X, y[:, 0])
    with pytest.raises(ValueError, match="decay"):
        model.refit(X, y[:, 0], decay=2)
    with pytest.raises(ValueError, match="features"):
        model.refit(X[:, :3], y[:, 0])


# ---------------------------------------------------------------- scores of several tables
def test_several_tables_by_several_metrics(data):
    X, y = data
    y = y[:, 0]

    def spread(model, rows, _, sample_weight=None):
        return np.ptp(model.predict(rows))

    weight = np.arange(len(X)) % 3
    model = HistGradientBoostingRegressor(max_iter=6).fit(
        X[:500],
        y[:500],
        eval_sets={"seen": (X[:500], y[:500]), "new": (X[500:], y[500:], weight[500:])},
        eval_scoring={"mse": "neg_mean_squared_error", "spread": spread, "loss": "loss"},
    )
    assert set(model.evals_result_) == {"seen", "new"}
    found = model.evals_result_["new"]
    assert set(found) == {"mse", "spread", "loss"}
    stages = [np.full(300, y[:500].mean()), *model.staged_predict(X[500:])]
    wanted = [-mean_squared_error(y[500:], z, sample_weight=weight[500:]) for z in stages]
    assert_allclose(found["mse"], wanted)
    assert_allclose(found["loss"], np.array(wanted) / 2)
    assert_allclose(found["spread"], [np.ptp(z) for z in stages], atol=1e-12)
    assert model.n_iter_ == 6


def test_tables_do_not_change_the_fit(data):
    X, y = data
    label = np.array(["a", "b", "c"])[y.argmax(axis=1)]
    plain = HistGradientBoostingClassifier(max_iter=5).fit(X, label)
    assert plain.evals_result_ == {}
    watched = HistGradientBoostingClassifier(max_iter=5).fit(
        X, label, eval_sets=[(X, label), (X[:50], label[:50])], eval_scoring=["accuracy", "loss"]
    )
    assert_array_equal(plain.predict_proba(X), watched.predict_proba(X))
    assert list(watched.evals_result_) == ["eval_0", "eval_1"]
    assert watched.evals_result_["eval_0"]["accuracy"][-1] == watched.score(X, label)
    assert (np.diff(watched.evals_result_["eval_0"]["loss"]) > 0).all()
    with pytest.raises(ValueError, match="labels that y has not"):
        HistGradientBoostingClassifier().fit(X, label, eval_sets=[(X[:2], ["a", "z"])])
