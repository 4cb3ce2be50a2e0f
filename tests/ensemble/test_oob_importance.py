"""Importances out of bag are covariances by definition, and no column gains by many values."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mlkit.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

RNG = np.random.RandomState(0)
X = RNG.randn(150, 4)
SIGNAL = X[:, 0] + X[:, 1] * (X[:, 2] > 0) + 0.3 * RNG.randn(150)
LABELS = np.array(["low", "middle", "high"])[np.digitize(SIGNAL, [-0.5, 0.5])]
BOTH = {
    "RandomForestClassifier": np.column_stack([LABELS, X[:, 3] > 0]),
    "RandomForestRegressor": np.column_stack([SIGNAL, X[:, 3] ** 2]),
}
FORESTS = {
    "RandomForestClassifier": (RandomForestClassifier, LABELS, {}),
    "RandomForestRegressor": (RandomForestRegressor, SIGNAL, {"max_features": 0.5}),
    "ExtraTreesClassifier": (ExtraTreesClassifier, LABELS, {"bootstrap": True}),
    "ExtraTreesRegressor": (ExtraTreesRegressor, SIGNAL, {"bootstrap": True}),
}


def make(name, n=6, **options):
    kind, _, own = FORESTS[name]
    return kind(n, oob_importances=True, random_state=1, **{**own, **options})


def by_definition(model, y, weight):
    """Sums over nodes and rows, one after another."""
    columns = y.reshape(len(y), -1)
    if hasattr(model, "classes_"):
        classes = model.classes_ if isinstance(model.classes_, list) else [model.classes_]
        targets = [(columns[:, [k]] == own).astype(float) for k, own in enumerate(classes)]
    else:
        targets = [columns[:, [k]].astype(float) for k in range(columns.shape[1])]
    out = np.zeros((len(model.estimators_), X.shape[1]))
    for t, (tree, drawn) in enumerate(
        zip(model.estimators_, model.estimators_samples_, strict=True)
    ):
        own, rows = tree.tree_, np.setdiff1d(np.arange(len(X)), drawn)
        path = tree.decision_path(X[rows]).toarray().astype(bool)
        for m in np.flatnonzero(own.children_left >= 0):
            inside = rows[path[:, m]]
            for child in (own.children_left[m], own.children_right[m]):
                there = rows[path[:, child]]
                for k, target in enumerate(targets):
                    if len(there):
                        mean = np.average(target[inside], axis=0, weights=weight[inside])
                        step = own.value[child, k] - own.value[m, k]
                        gain = (weight[there] @ (target[there] - mean)) @ step[: target.shape[1]]
                        out[t, own.feature[m]] += gain / len(targets)
        out[t] /= weight[rows].sum()
    return out.mean(axis=0)


@pytest.mark.parametrize("name", sorted(FORESTS))
@pytest.mark.parametrize("weighed", [False, True])
def test_importances_are_by_definition(name, weighed):
    y = FORESTS[name][1]
    weight = RNG.rand(len(y)) if weighed else np.ones(len(y))
    model = make(name).fit(X, y, sample_weight=weight if weighed else None)
    np.testing.assert_allclose(model.oob_importances_, by_definition(model, y, weight), atol=1e-12)


@pytest.mark.parametrize("name", sorted(BOTH))
def test_outputs_are_averaged(name):
    model = make(name, min_samples_leaf=3).fit(X, BOTH[name])
    expected = by_definition(model, BOTH[name], np.ones(len(X)))
    np.testing.assert_allclose(model.oob_importances_, expected, atol=1e-12)


def test_over_the_drawn_rows_they_are_the_decrease_of_impurity():
    from mlkit.ensemble._oob_importance import explained

    for name in ("RandomForestClassifier", "RandomForestRegressor"):
        model = make(name, 1).fit(X, FORESTS[name][1])
        drawn = model.estimators_samples_[0]
        y = FORESTS[name][1]
        y = np.searchsorted(model.classes_, y) if hasattr(model, "classes_") else y
        tree = model._trees.tree(0)
        got = explained(tree, tree.apply(X[drawn])[:, 0], y[drawn][:, None], np.ones(len(drawn)))
        np.testing.assert_allclose(got, tree.importances()[0], atol=1e-12)


@pytest.mark.parametrize("classes", [False, True])
def test_columns_of_many_values_that_say_nothing_have_none(classes):
    rng = np.random.RandomState(3)
    told = rng.randint(2, size=1000)
    table = np.column_stack([told, rng.randn(1000), rng.permutation(1000)])
    y = told + rng.randn(1000)
    y = (y > 0.5).astype(int) if classes else y
    kind = RandomForestClassifier if classes else RandomForestRegressor
    model = kind(60, max_features=1, oob_importances=True, random_state=0).fit(table, y)
    by_impurity, by_others = model.feature_importances_, model.oob_importances_
    assert (by_impurity[1:] > 1.5 * by_impurity[0]).all()  # what is to be mended
    assert by_others[0] > 8 * np.abs(by_others[1:]).max()


@pytest.mark.parametrize("name", sorted(FORESTS))
def test_threads_formats_pickles_and_parts_of_a_fit_change_nothing(name):
    y = FORESTS[name][1]
    model = make(name).fit(X, y)
    for other in (
        make(name, n_jobs=4).fit(X, y),
        make(name).fit(csr_matrix(X), y),
        pickle.loads(pickle.dumps(model)),
        make(name, 2, warm_start=True).fit(X, y).set_params(n_estimators=6).fit(X, y),
    ):
        np.testing.assert_array_equal(other.oob_importances_, model.oob_importances_)


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced_subsample"}])
@pytest.mark.parametrize("name", ["RandomForestClassifier", "RandomForestRegressor"])
def test_a_row_of_weight_two_is_two_rows(name, options):
    weight, y = RNG.randint(1, 4, len(X)), FORESTS[name][1]
    options = options if name.endswith("Classifier") else {}
    one = make(name, **options).fit(X, y, sample_weight=weight)
    two = make(name, **options).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(one.oob_importances_, two.oob_importances_, atol=1e-12)


def test_the_origin_of_y_does_not_matter():
    one = make("RandomForestRegressor", max_depth=4).fit(X, SIGNAL)
    two = make("RandomForestRegressor", max_depth=4).fit(X, SIGNAL + 1000.0)
    np.testing.assert_array_equal(one.apply(X), two.apply(X))
    np.testing.assert_allclose(one.oob_importances_, two.oob_importances_, atol=1e-9)


def test_no_row_out_of_bag_is_no_number_and_no_bootstrap_an_error():
    with pytest.raises(ValueError, match="bootstrap=True"):
        ExtraTreesRegressor(2, oob_importances=True).fit(X, SIGNAL)
    alone = make("RandomForestRegressor", 2).fit(X[:1], SIGNAL[:1])
    assert np.isnan(alone.oob_importances_).all()
    assert not hasattr(RandomForestRegressor(2).fit(X, SIGNAL), "oob_importances_")
