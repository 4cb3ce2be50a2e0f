"""Histogram boosting with leaves that are linear in the columns of their path."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRanker,
    HistGradientBoostingRegressor,
)
from mlkit.inspection import partial_dependence


def make_data(n=1500, missing=0.0):
    """Slopes that change with the sign of another column; the last column holds categories."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 5))
    X[:, 4] = rng.integers(0, 5, n)
    y = 2 * X[:, 0] + 1.5 * np.where(X[:, 1] > 0, X[:, 2], -X[:, 2]) + (X[:, 4] == 2)
    y = y + 0.1 * rng.normal(size=n)
    X[rng.random(X.shape) < missing] = np.nan
    return X, y


def model(**settings):
    settings = {"max_iter": 20, "linear_leaves": True, "random_state": 0, **settings}
    return HistGradientBoostingRegressor(**settings)


@pytest.mark.parametrize("missing", [0.0, 0.02])
def test_slopes_fit_a_smooth_function_better(missing):
    """Friedman's first function (1991)."""
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(2000, 10))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    y = y + 10 * X[:, 3] + 5 * X[:, 4] + rng.normal(size=2000)
    X[rng.random(X.shape) < missing] = np.nan
    constant, linear = (
        model(linear_leaves=each, max_iter=60).fit(X[:1300], y[:1300]) for each in (False, True)
    )
    gap = [1 - each.score(X[1300:], y[1300:]) for each in (constant, linear)]
    assert gap[1] < (0.9 if missing == 0 else 1) * gap[0]


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("l2, linear_l2", [(0.0, 0.0), (2.0, 5.0)])
def test_each_leaf_minimises_its_loss(loss, l2, linear_l2):
    """One round, leaf by leaf: no change of value or slopes lowers the penalised quadratic."""
    X, y = make_data(600)
    y = np.exp(y / 4) if loss == "poisson" else y
    fitted = model(
        loss=loss,
        max_iter=1,
        learning_rate=1.0,
        max_leaf_nodes=6,
        l2_regularization=l2,
        linear_l2=linear_l2,
    ).fit(X, y)
    raw = fitted._baseline[0]
    h = np.ones(len(y)) if loss == "squared_error" else np.full(len(y), np.exp(raw))
    g = (raw - y) if loss == "squared_error" else np.exp(raw) - y
    added = fitted._raw_predict(X)[:, 0] - raw
    tree, linear = fitted._trees, fitted._linear
    leaf = tree.apply(X)[:, 0]
    sloped = 0
    for node in np.unique(leaf):
        rows = leaf == node
        terms = slice(linear.start[node], linear.start[node + 1])
        slope, center = linear.terms[:2, terms]
        Z = X[rows][:, linear.feature[terms]] - center
        assert_allclose(added[rows], tree.value[node, 0, 0] + Z @ slope, atol=1e-10)
        spread = h[rows] @ Z**2 / h[rows].sum()
        derivative = Z.T @ (g[rows] + h[rows] * added[rows]) + linear_l2 * spread * slope
        assert_allclose(derivative, 0, atol=1e-5 * np.abs(Z.T @ g[rows]).max(initial=1e-9))
        value = tree.value[node, 0, 0]
        assert_allclose((g[rows] + h[rows] * added[rows]).sum() + l2 * value, 0, atol=1e-6)
        sloped += len(slope) > 0
    assert sloped


def test_columns_are_those_of_the_path():
    X, y = make_data(600)
    fitted = model(max_iter=3, categorical_features=[4]).fit(X, y)
    trees, linear = fitted._trees, fitted._linear
    parent = trees.parents()
    for node in np.flatnonzero(trees.is_leaf):
        path, at = set(), parent[node]
        while at >= 0:
            path.add(int(trees.feature[at]))
            at = parent[at]
        found = linear.feature[linear.start[node] : linear.start[node + 1]].tolist()
        assert set(found) in (path - {4}, set())


def test_rows_that_miss_a_column_get_the_constant():
    X, y = make_data(600)
    fitted = model(max_iter=1).fit(X, y)
    gone = np.full((1, 5), np.nan)
    leaf = fitted._trees.apply(gone)[0, 0]
    wanted = fitted._baseline[0] + fitted._trees.value[leaf, 0, 0]
    assert_allclose(fitted.predict(gone), wanted)


def test_slopes_end_where_the_rows_of_the_leaf_end():
    X, y = make_data(600)
    fitted = model(learning_rate=1.0).fit(X, y)
    far = np.clip(X, None, None)
    far[:, 0] = 1e9
    near = far.copy()
    near[:, 0] = X[:, 0].max()
    assert_allclose(fitted.predict(far), fitted.predict(near))


def test_collinear_and_constant_columns():
    X, y = make_data(300)
    X = np.column_stack([X, X[:, 0], 1e9 + 1e-9 * X[:, 0], np.zeros(300)])
    assert np.isfinite(model(linear_l2=0.0).fit(X, y).predict(X)).all()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"subsample": 0.5, "sampling": "mvs"},
        {"early_stopping": True, "scoring": "r2", "max_iter": 300, "n_iter_no_change": 3},
        {"early_stopping": True},
        {"categorical_features": [4], "max_features": 0.6},
        {"loss": "normal", "learning_rate": 0.05},
    ],
    ids=["plain", "rows", "scorer", "loss", "columns", "distribution"],
)
def test_stages_and_copies(settings):
    X, y = make_data(700, missing=0.03)
    fitted = model(**settings).fit(X, y)
    assert fitted.score(X, y) > 0.5
    staged = list(fitted.staged_predict(X))
    assert len(staged) == fitted.n_iter_
    assert_allclose(staged[-1], fitted.predict(X), rtol=1e-9, atol=1e-12)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))
    if settings.get("early_stopping") is True and "scoring" not in settings:
        scores = model(**settings).fit(X, y, X_val=X, y_val=y).validation_score_
        assert_allclose(scores[-1], -0.5 * np.mean((_last(settings, X, y) - y) ** 2))


def _last(settings, X, y):
    return model(**settings).fit(X, y, X_val=X, y_val=y).predict(X)


def test_scored_tables_and_longer_runs():
    X, y = make_data(500)
    fitted = model(max_iter=4, warm_start=True).fit(X, y)
    fitted.set_params(max_iter=9).fit(X, y, eval_sets=[(X, y)], eval_scoring="r2")
    whole = model(max_iter=9).fit(X, y)
    assert_allclose(fitted.predict(X), whole.predict(X), rtol=1e-12)
    assert_allclose(fitted.evals_result_["eval_0"]["r2"][-1], whole.score(X, y))
    fitted._keep_stages(4)
    assert_allclose(fitted.predict(X), model(max_iter=4).fit(X, y).predict(X), rtol=1e-12)
    with pytest.raises(ValueError, match="leave it as it was"):
        fitted.set_params(linear_leaves=False, max_iter=12).fit(X, y)


def test_classes_and_rankings():
    X, y = make_data()
    label = np.digitize(y, [-1, 1])
    settings = {"max_iter": 20, "linear_leaves": True}
    classes = HistGradientBoostingClassifier(**settings).fit(X[:1000], label[:1000])
    assert classes.score(X[1000:], label[1000:]) > 0.85
    assert_allclose(list(classes.staged_predict_proba(X))[-1], classes.predict_proba(X))
    ranks = HistGradientBoostingRanker(**settings).fit(X, label, group=[50] * 30)
    assert ranks.score(X, label, group=[50] * 30) > 0.95
    several = model().fit(X, np.column_stack([y, -y]))
    assert_allclose(several.predict(X)[:, 0], model().fit(X, y).predict(X), rtol=1e-6)


def test_weight_two_is_the_row_twice():
    X, y = make_data(300)
    weight = np.random.default_rng(0).integers(1, 4, 300)
    rows = np.repeat(np.arange(300), weight)
    settings = {"min_samples_leaf": 1, "max_leaf_nodes": 5, "max_iter": 5}
    weighted = model(**settings).fit(X, y, weight)
    repeated = model(**settings).fit(X[rows], y[rows])
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)


def test_the_same_for_any_number_of_threads(monkeypatch):
    X, y = make_data(6000)
    X = np.tile(X, (1, 3))
    found = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(
            "mlkit.ensemble._boosting_rounds.n_threads", lambda threads=threads: threads
        )
        found.append(model(max_iter=4).fit(X, y).predict(X))
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


def test_what_slopes_do_not_go_with_is_refused():
    X, y = make_data(200)
    for settings, name in [
        ({"drop_rate": 0.1}, "drop_rate"),
        ({"monotonic_cst": [1, 0, 0, 0, 0]}, "monotonic_cst"),
        ({"loss": "absolute_error"}, "loss"),
    ]:
        with pytest.raises(ValueError, match=f"does not go with {name}"):
            model(**settings).fit(X, y)
    with pytest.raises(ValueError, match="does not go with vector_leaves"):
        model(vector_leaves=True).fit(X, np.column_stack([y, y]))
    fitted = model(max_iter=2).fit(X, y)
    with pytest.raises(NotImplementedError, match="constant leaves"):
        fitted._tree_sum(X)
    with pytest.raises(NotImplementedError, match="brute"):
        partial_dependence(fitted, X, [0], method="recursion")
    assert partial_dependence(fitted, X, [0], method="brute")["average"].shape[0] == 1
    with pytest.raises(ValueError, match="slopes of linear_leaves"):
        fitted.refit(X, y)
