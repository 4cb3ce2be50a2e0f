"""Exact growing: against scikit-learn's trees, against gains counted from rows."""

import numpy as np
import pytest
from scipy import sparse

from mlkit._engine.trees import exact
from mlkit._engine.trees.exact import (
    Entropy,
    Gini,
    Limits,
    SquaredError,
    grow,
    grow_leaves,
    prepare,
)
from mlkit.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

sk = pytest.importorskip("sklearn.tree")
N_ROWS = 300
LIMITS = {
    "all": {},
    "few": {"min_samples_leaf": 4, "min_samples_split": 15, "max_depth": 6},
    "leaves": {"max_leaf_nodes": 12},
    "gain": {"min_impurity_decrease": 0.01},
    "drawn": {"max_features": 2},
    "heavy": {"min_weight_fraction_leaf": 0.03},
}


def rows(kind):
    rng = np.random.RandomState(7)
    X = rng.randn(N_ROWS, 6)
    signal = X[:, 0] * X[:, 1] + 0.5 * rng.randn(N_ROWS)
    if kind == "ties":
        X = np.round(X)
    elif kind == "missing":
        X[rng.rand(*X.shape) < 0.2] = np.nan
        X[:, 3] = np.where(rng.rand(N_ROWS) < 0.5, np.nan, 1.0)
    elif kind == "constant":
        X[:, 2] = 5.0
    elif kind == "sparse":
        X = sparse.random(N_ROWS, 6, 0.3, format="csr", random_state=3)
    return X, signal


def assert_same_trees(ours, theirs):
    for name in ("children_left", "children_right", "feature", "threshold", "n_node_samples"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    inner = theirs.children_left >= 0
    np.testing.assert_array_equal(ours.missing_go_to_left[inner], theirs.missing_go_to_left[inner])
    np.testing.assert_allclose(ours.impurity, theirs.impurity, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["plain", "ties", "missing", "constant", "sparse"])
@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("weighted", [False, True])
def test_trees_of_classes_are_scikit_learns(kind, limits, weighted):
    """Counts are exact, so that even gains that are equal are told apart alike."""
    X, signal = rows(kind)
    weight = np.random.RandomState(1).randint(0, 3, N_ROWS).astype(float) if weighted else None
    for cls in (DecisionTreeClassifier, ExtraTreeClassifier):
        for criterion, y in (("gini", signal > 0), ("entropy", np.digitize(signal, [-1, 0, 1]))):
            options = {"random_state": 3, "criterion": criterion, **LIMITS[limits]}
            ours = cls(**options).fit(X, y, sample_weight=weight)
            theirs = getattr(sk, cls.__name__)(**options).fit(X, y, sample_weight=weight)
            assert_same_trees(ours.tree_, theirs.tree_)


@pytest.mark.parametrize("kind", ["plain", "ties", "missing", "constant", "sparse"])
@pytest.mark.parametrize("limits", LIMITS)
def test_trees_of_whole_numbers_are_scikit_learns(kind, limits):
    X, signal = rows(kind)
    y = np.round(3 * signal)
    for cls in (DecisionTreeRegressor, ExtraTreeRegressor):
        options = {"random_state": 3, **LIMITS[limits]}
        ours, theirs = cls(**options).fit(X, y), getattr(sk, cls.__name__)(**options).fit(X, y)
        assert_same_trees(ours.tree_, theirs.tree_)


@pytest.mark.parametrize("criterion", ["squared_error", "absolute_error", "poisson"])
def test_trees_of_numbers_without_ties_are_scikit_learns(criterion):
    X, signal = rows("plain")
    options = {"criterion": criterion, "min_samples_leaf": 20, "random_state": 0}
    y = np.exp(signal)
    ours = DecisionTreeRegressor(**options).fit(X, y)
    assert_same_trees(ours.tree_, sk.DecisionTreeRegressor(**options).fit(X, y).tree_)


@pytest.mark.parametrize("name", ["Gini", "Entropy", "SquaredError", "AbsoluteError", "Poisson"])
@pytest.mark.parametrize("random_cuts", [False, True])
def test_a_weight_of_two_is_the_row_twice(name, random_cuts):
    X, signal = rows("ties")
    counts = np.random.RandomState(2).randint(0, 4, N_ROWS)
    classes = name in ("Gini", "Entropy")
    criterion = getattr(exact, name)(*[(2,)] * classes)
    y = (signal > 0).astype(np.int32) if classes else np.exp(signal) * 0.1
    limits = Limits(random_cuts=random_cuts)
    weighted = grow(
        prepare(X, random_cuts=random_cuts), y, counts.astype(float), criterion, limits, 9
    )
    repeated = np.repeat(np.arange(N_ROWS), counts)
    twice = grow(
        prepare(X[repeated], random_cuts=random_cuts), y[repeated], None, criterion, limits, 9
    )
    np.testing.assert_array_equal(weighted.feature, twice.feature)
    np.testing.assert_array_equal(weighted.threshold, twice.threshold)
    np.testing.assert_allclose(weighted.value, twice.value, rtol=1e-12)


@pytest.mark.parametrize("name", ["Gini", "SquaredError", "AbsoluteError"])
def test_lists_and_codes_give_the_same_tree(name):
    X, signal = rows("missing")
    classes = name == "Gini"
    criterion = getattr(exact, name)(*[(2,)] * classes)
    y = (signal > 0).astype(np.int32) if classes else signal
    first, second = (
        grow(prepare(X, lists=lists), y, None, criterion, Limits(), 4) for lists in (True, False)
    )
    for field in ("feature", "threshold", "left", "missing_left", "value", "impurity"):
        np.testing.assert_array_equal(getattr(first, field), getattr(second, field))


def test_leaves_of_training_rows():
    X, signal = rows("missing")
    weight = (np.arange(N_ROWS) % 3 > 0).astype(float)
    for limits in (Limits(), Limits(max_leaf_nodes=9)):
        tree, leaf = grow_leaves(prepare(X), signal, weight, exact.SquaredError(), limits)
        assert (leaf[weight == 0] == -1).all()
        inside = weight > 0
        np.testing.assert_array_equal(leaf[inside], tree.apply(X[inside])[:, 0])
        assert (np.bincount(leaf[inside], minlength=tree.n_nodes)[tree.is_leaf] > 0).all()


def test_best_cut_of_a_node_is_the_best_of_all():
    X, signal = rows("plain")
    tree = grow(prepare(X), signal, None, exact.SquaredError(), Limits(max_depth=1))
    X = X.astype(np.float32)

    def loss(j, cut):
        left = X[:, j] <= cut
        return sum(((part - part.mean()) ** 2).sum() for part in (signal[left], signal[~left]))

    every = [loss(j, cut) for j in range(6) for cut in np.sort(X[:, j])[:-1]]
    chosen = loss(tree.feature[0], tree.threshold[0])
    assert chosen == pytest.approx(min(every), rel=1e-12)


def test_order_of_rows_does_not_matter():
    X, signal = rows("ties")
    order = np.random.RandomState(0).permutation(N_ROWS)
    first = grow(prepare(X), signal, None, exact.SquaredError(), Limits(), 5)
    second = grow(prepare(X[order]), signal[order], None, exact.SquaredError(), Limits(), 5)
    np.testing.assert_array_equal(first.threshold, second.threshold)


def test_a_large_mean_leaves_no_split_in_a_constant_target():
    X, _ = rows("plain")
    tree = grow(prepare(X), np.full(N_ROWS, 1e6 + 0.1), None, exact.SquaredError(), Limits())
    assert tree.n_nodes == 1
    assert tree.value.item() == 1e6 + 0.1


@pytest.mark.parametrize("sign", [-1, 1])
def test_monotone_features(sign):
    X, signal = rows("plain")
    constraint = np.array([sign, 0, 0, 0, 0, 0])
    model = DecisionTreeRegressor(monotonic_cst=constraint).fit(X, signal + X[:, 0])
    moved = np.repeat(X[:20], 30, axis=0)
    moved[:, 0] = np.tile(np.linspace(-3, 3, 30), 20)
    steps = np.diff(model.predict(moved).reshape(20, 30), axis=1)
    assert (sign * steps >= 0).all()


def test_what_does_not_fit_is_refused():
    X, signal = rows("plain")
    with pytest.raises(ValueError, match="weight 0"):
        grow(prepare(X), signal, np.zeros(N_ROWS), exact.SquaredError(), Limits())
    with pytest.raises(ValueError, match="class codes"):
        grow(prepare(X), np.full(N_ROWS, 2), None, exact.Gini((2,)), Limits())
    with pytest.raises(ValueError, match="random cuts serve no others"):
        grow(prepare(X, random_cuts=True), signal, None, exact.SquaredError(), Limits())
    with pytest.raises(ValueError, match="lists serve"):
        grow(prepare(X), signal, None, exact.SquaredError(), Limits(max_features=2))


# ------------------------------------------------------------------------------ bins
BINNED = np.random.RandomState(3).randn(900, 5)
BINNED[np.random.RandomState(4).rand(900, 5) < 0.04] = np.nan
STEPS = np.random.RandomState(5).randint(-8, 9, 900) / 16.0


def grown_on(columns, **limits):
    return exact.grow(columns, STEPS, None, exact.SquaredError(), exact.Limits(**limits), 1)


def same_nodes(one, other):
    return one.n_nodes == other.n_nodes and all(
        (getattr(one, name) == getattr(other, name)).all()
        for name in ("feature", "threshold", "left", "missing_left", "n_samples", "value")
    )


@pytest.mark.parametrize("max_bins", [2, 7, 100])
def test_bins_part_rows_as_they_predict(max_bins):
    columns = exact.prepare(BINNED, lists=False, max_bins=max_bins)
    tree = grown_on(columns)
    leaves = np.bincount(tree.apply(BINNED)[:, 0], minlength=tree.n_nodes)
    assert (leaves[tree.is_leaf] == tree.n_samples[tree.is_leaf]).all()
    assert same_nodes(tree, grown_on(exact.prepare(BINNED, lists=True, max_bins=max_bins)))
    if max_bins == 2:
        halves = np.nanmedian(BINNED, axis=0)
        inner = (tree.feature >= 0) & np.isfinite(tree.threshold)
        assert (abs(tree.threshold[inner] - halves[tree.feature[inner]]) < 0.05).all()


def test_bins_of_sparse_columns_are_those_of_dense_ones():
    X = np.where(np.isnan(BINNED) | (BINNED < 0.3), 0.0, BINNED)
    dense = grown_on(exact.prepare(X, max_bins=20))
    assert same_nodes(dense, grown_on(exact.prepare(sparse.csc_matrix(X), max_bins=20)))


def test_columns_of_few_values_are_cut_as_ever():
    X = np.round(BINNED * 4)
    whole = grown_on(exact.prepare(X, lists=False))
    assert same_nodes(whole, grown_on(exact.prepare(X, lists=False, max_bins=255)))
    assert same_nodes(whole, grown_on(exact.prepare(X, lists=True)))  # lists sort, codes count


@pytest.mark.parametrize("criterion", [exact.Gini((2,)), exact.Gini((4,)), exact.Entropy((4,))])
def test_counting_by_code_finds_what_sorting_finds(criterion):
    X, n_classes = np.round(BINNED * 6), criterion.n_classes[0]
    y = (np.arange(900) * 7 % 13) % n_classes
    weight = np.random.RandomState(0).randint(0, 4, 900).astype(float)
    limits = exact.Limits(min_samples_leaf=3, max_depth=9)
    trees = [
        exact.grow(exact.prepare(X, lists=lists), y, weight, criterion, limits, 1)
        for lists in (False, True)
    ]
    assert same_nodes(*trees)


@pytest.mark.parametrize("criterion", [Gini((2,)), Gini((3,)), Entropy((3,)), SquaredError()])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_random_cuts_side_by_side_are_those_of_column_after_column(criterion, missing, weighted):
    # The root of a tree that grows best leaf first draws the same, and reads column after column.
    rng = np.random.RandomState(5)
    X = rng.randn(400, 37).astype(np.float32)
    X[:, 4:9] = np.round(X[:, 4:9])
    X[:, 6] = 1.0
    if missing:
        X[rng.rand(*X.shape) < 0.2] = np.nan
        X[:, 30] = np.nan
    n_classes = getattr(criterion, "n_classes", (7,))[0]
    y = rng.randint(n_classes, size=400)
    weight = rng.rand(400) if weighted else None
    columns = prepare(X, random_cuts=True)
    limits = {"max_depth": 1, "random_cuts": True}
    for seed in range(1, 30):
        together = grow(columns, y, weight, criterion, Limits(**limits), seed)
        alone = grow(columns, y, weight, criterion, Limits(**limits, max_leaf_nodes=2), seed)
        for name in ("feature", "threshold", "missing_left", "value", "impurity", "n_samples"):
            assert np.array_equal(getattr(together, name), getattr(alone, name)), name
