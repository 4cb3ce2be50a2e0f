"""Honest trees: one part of the rows chooses the splits, the other fills the leaves."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import mlkit.ensemble as ensemble
import mlkit.tree as tree
from mlkit._engine.trees import exact
from mlkit._engine.trees.honest import estimate
from mlkit.inspection import shap_values

RNG = np.random.RandomState(0)
X = RNG.randn(120, 4)
SIGNAL = X[:, 0] + X[:, 1] * (X[:, 2] > 0) + 0.3 * RNG.randn(120)
LABELS = np.array(["low", "middle", "high"])[np.digitize(SIGNAL, [-0.5, 0.5])]
WEIGHT = RNG.randint(1, 4, 120)
FORESTS = {
    "RandomForestClassifier": LABELS,
    "RandomForestRegressor": SIGNAL,
    "ExtraTreesClassifier": LABELS,
    "ExtraTreesRegressor": SIGNAL,
}
TREES = {
    "DecisionTreeClassifier": LABELS,
    "DecisionTreeRegressor": SIGNAL,
    "ExtraTreeClassifier": LABELS,
    "ExtraTreeRegressor": SIGNAL,
}
CRITERIA = {
    "squared_error": exact.SquaredError(),
    "absolute_error": exact.AbsoluteError(),
    "poisson": exact.Poisson(),
    "gini": exact.Gini((3, 3)),
    "entropy": exact.Entropy((3, 3)),
}


def make(name, n=5, honest=0.4, **options):
    return getattr(ensemble, name)(n, honest=honest, random_state=2, **options)


def says(model, rows=X):
    return (model.predict_proba if hasattr(model, "predict_proba") else model.predict)(rows)


def median(y, weight):
    order = np.argsort(y)
    below = np.cumsum(weight[order])
    at = np.searchsorted(below, below[-1] / 2)
    exactly = below[at] == below[-1] / 2 and at + 1 < len(y)
    return (y[order[at]] + y[order[at + 1 if exactly else at]]) / 2


def values_by_definition(own, y, weight, absolute):
    """Values of all nodes of a tree, node by node, by the rows with weight."""
    path = own.decision_path(X.astype(np.float32)).toarray().astype(bool)
    out = np.empty_like(own.value)
    parent = {
        child: m
        for m in range(own.node_count)
        for child in (own.children_left[m], own.children_right[m])
        if child >= 0
    }
    for m in range(own.node_count):
        inside = path[:, m] & (weight != 0)
        for k in range(out.shape[1]):
            if not inside.any():
                out[m, k] = out[parent[m], k]
            elif absolute:
                out[m, k] = median(y[inside, k], weight[inside])
            elif out.shape[2] > 1:
                shares = np.bincount(y[inside, k], weight[inside], minlength=out.shape[2])
                out[m, k] = shares / weight[inside].sum()
            else:
                out[m, k] = np.average(y[inside, k], weights=weight[inside])
    return out


def codes_of(y):
    columns = y.reshape(len(y), -1)
    if columns.dtype.kind == "f":
        return columns
    return np.stack([np.unique(own, return_inverse=True)[1] for own in columns.T], axis=1)


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("name", sorted(FORESTS))
def test_one_part_splits_and_the_other_fills_the_leaves(name, outputs):
    y = FORESTS[name]
    y = y if outputs == 1 else np.column_stack([y, y[::-1]])
    model = make(name, min_samples_leaf=2).fit(X, y)
    codes, drawn = codes_of(y), model.estimators_samples_
    for i, own in enumerate(model.estimators_):
        growing, estimating = model._parts_of(model._seeds[i], None, codes)
        counts = np.bincount(drawn[i], minlength=len(X))
        np.testing.assert_array_equal(growing + estimating, counts)
        assert not (growing * estimating).any()
        assert (estimating > 0).sum() == round(0.4 * (counts > 0).sum())
        alone = type(own)(
            max_features=model.max_features, min_samples_leaf=2, random_state=own.random_state
        ).fit(X, y, sample_weight=growing)
        for part in ("feature", "threshold", "children_left", "n_node_samples"):
            np.testing.assert_array_equal(getattr(own.tree_, part), getattr(alone.tree_, part))
        expected = values_by_definition(own.tree_, codes, estimating, False)
        np.testing.assert_allclose(own.tree_.value, expected, atol=1e-12)


@pytest.mark.parametrize("name", sorted(CRITERIA))
def test_the_rows_of_growing_give_the_values_of_growing(name):
    criterion, weight = CRITERIA[name], WEIGHT.astype(np.float64)
    y = np.column_stack([SIGNAL, X[:, 3]])
    y = np.abs(np.round(2 * y)) if name != "squared_error" else y
    y = np.minimum(y, 2).astype(np.int32) if hasattr(criterion, "n_classes") else y
    grown = exact.grow(exact.prepare(X), y, weight, criterion, exact.Limits(min_samples_leaf=3))
    again = estimate(grown, X, y, weight, criterion)
    np.testing.assert_allclose(again.value, grown.value, atol=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_medians_are_of_the_other_rows(share):
    y = np.round(SIGNAL, 1)[:, None]
    model = make("ExtraTreesRegressor", honest=share, criterion="absolute_error").fit(X, y[:, 0])
    for i, own in enumerate(model.estimators_):
        estimating = model._parts_of(model._seeds[i], None, y)[1]
        expected = values_by_definition(own.tree_, y, estimating, True)
        np.testing.assert_allclose(own.tree_.value, expected, atol=1e-12)


def test_targets_of_the_leaves_do_not_touch_the_splits():
    first = tree.DecisionTreeRegressor(honest=0.5, random_state=0).fit(X, SIGNAL)
    apart = tree.DecisionTreeRegressor(honest=0.5, random_state=0)
    for row in range(len(X)):
        changed = SIGNAL.copy()
        changed[row] += 1.0
        other = apart.fit(X, changed)
        if not np.array_equal(other.tree_.impurity, first.tree_.impurity):
            continue
        np.testing.assert_array_equal(other.tree_.threshold, first.tree_.threshold)
        assert not np.array_equal(other.tree_.value, first.tree_.value)
        break
    else:
        raise AssertionError("every row has a part in the splits")


@pytest.mark.parametrize("name", sorted(TREES))
def test_single_trees_are_honest_too(name):
    y = TREES[name]
    model = getattr(tree, name)(honest=0.3, random_state=1).fit(X, y)
    again = getattr(tree, name)(honest=0.3, random_state=1).fit(csr_matrix(X), y)
    np.testing.assert_array_equal(says(model), says(again))
    one = getattr(tree, name)(honest=0.3, random_state=1).fit(X, y, sample_weight=WEIGHT)
    twice = np.repeat(X, WEIGHT, 0), np.repeat(y, WEIGHT)
    two = getattr(tree, name)(honest=0.3, random_state=1).fit(*twice)
    np.testing.assert_allclose(says(one), says(two), atol=1e-12)
    assert model.tree_.n_node_samples[0] == 120 - round(0.3 * 120)


@pytest.mark.parametrize("name", sorted(FORESTS))
def test_threads_formats_pickles_and_parts_of_a_fit_change_nothing(name):
    y = FORESTS[name]
    model = make(name).fit(X, y)
    for other in (
        make(name, n_jobs=4).fit(X, y),
        make(name).fit(csr_matrix(X), y),
        pickle.loads(pickle.dumps(model)),
        make(name, 2, warm_start=True).fit(X, y).set_params(n_estimators=5).fit(X, y),
    ):
        np.testing.assert_array_equal(says(other), says(model))


@pytest.mark.parametrize("name", sorted(FORESTS))
def test_a_row_of_weight_two_is_two_rows(name):
    y = FORESTS[name]
    one = make(name).fit(X, y, sample_weight=WEIGHT)
    two = make(name).fit(np.repeat(X, WEIGHT, 0), np.repeat(y, WEIGHT))
    np.testing.assert_allclose(says(one), says(two), atol=1e-12)


@pytest.mark.parametrize("classes", [False, True])
def test_predictions_rise_and_fall_as_they_must(classes):
    y = SIGNAL > 0 if classes else SIGNAL
    kind = ensemble.RandomForestClassifier if classes else ensemble.RandomForestRegressor
    signs = [1, 0, 0, -1]
    model = kind(20, honest=0.5, monotonic_cst=signs, random_state=0).fit(X, y)
    for feature, sign in ((0, 1), (3, -1)):
        rows = np.repeat(X[:20], 50, axis=0)
        rows[:, feature] = np.tile(np.linspace(-3, 3, 50), 20)
        own = says(model, rows)[:, -1] if classes else says(model, rows)
        assert (sign * np.diff(own.reshape(20, 50), axis=1) >= -1e-12).all()
    if classes:
        np.testing.assert_allclose(says(model).sum(axis=1), 1.0, atol=1e-12)


def test_quantiles_are_of_the_rows_that_fill_the_leaves():
    model = make("RandomForestRegressor", honest=0.1, keep_targets=True).fit(X, SIGNAL)
    shares = model._kept_shares[model._places(X).ravel()]
    means = (shares @ SIGNAL).reshape(len(X), -1).sum(axis=1)
    np.testing.assert_allclose(means, model.predict(X), atol=1e-12)
    np.testing.assert_allclose(np.asarray(shares.sum(axis=1)).ravel(), 1 / 5, atol=1e-12)


def test_noise_is_not_followed():
    """The error of a leaf's mean is that of a mean, not what the splits were chosen to make it."""
    rng = np.random.RandomState(1)
    rows, noise = rng.randn(600, 5), rng.randn(600)
    spread = [
        np.std(tree.DecisionTreeRegressor(min_samples_leaf=20, honest=own, random_state=0)
               .fit(rows, noise).predict(rng.randn(500, 5)))
        for own in (None, 0.5)
    ]  # fmt: skip
    assert spread[1] < 0.75 * spread[0]


def test_explanations_importances_pruning_and_bags_go_with_honesty():
    model = make("RandomForestRegressor", oob_importances=True, ccp_alpha=0.01).fit(X, SIGNAL)
    told = shap_values(model, X[:10])
    total = told.shap_values.sum(axis=1) + told.base_values
    np.testing.assert_allclose(total, model.predict(X[:10]), atol=1e-10)
    assert np.argmax(model.oob_importances_) == 0
    assert np.argmax(model.feature_importances_) == 0
    base = tree.DecisionTreeRegressor(honest=0.5)
    bag = ensemble.BaggingRegressor(base, 3, random_state=0).fit(X, SIGNAL)
    own = bag.estimators_[0]
    assert own.tree_.n_node_samples[0] < 0.6 * len(np.unique(bag.estimators_samples_[0]))


@pytest.mark.parametrize("n_rows", [1, 2, 3])
@pytest.mark.parametrize("name", sorted(FORESTS))
def test_few_rows_and_what_may_be_given(name, n_rows):
    y = FORESTS[name]
    assert np.isfinite(says(make(name).fit(X[:n_rows], y[:n_rows]))).all()
    for wrong in (0, 1.0, -0.5, "half"):
        with pytest.raises(ValueError, match="honest"):
            make(name, honest=wrong).fit(X, y)


def test_shares_are_of_the_rows_that_split():
    model = tree.DecisionTreeRegressor(honest=0.5, min_samples_leaf=0.25, random_state=0)
    own = model.fit(X, SIGNAL).tree_
    assert own.n_node_samples.min() >= 15 and own.node_count > 1
