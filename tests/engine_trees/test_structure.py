"""Trees as arrays: walks against a loop over nodes, storage to the bit."""

import pickle

import numpy as np
import pytest
from scipy import sparse

from mlkit._engine.trees.exact import Gini, Limits, SquaredError, grow, prepare
from mlkit._engine.trees.structure import Trees

N_ROWS, N_FEATURES = 403, 5  # not a whole number of lanes


@pytest.fixture(scope="module")
def problem():
    rng = np.random.RandomState(0)
    X = rng.randn(N_ROWS, N_FEATURES).astype(np.float32)
    X[rng.rand(N_ROWS, N_FEATURES) < 0.1] = np.nan
    return X, (np.nan_to_num(X[:, 0]) + rng.randn(N_ROWS) > 0).astype(np.int32)


@pytest.fixture(scope="module")
def trees(problem):
    X, y = problem
    columns = prepare(X, lists=False)
    limits = Limits(max_features=2)
    return Trees.concatenate(
        [grow(columns, y, None, Gini((2,)), limits, seed) for seed in range(1, 12)]
    )


def leaf_of(trees, t, row):
    """The leaf of a row by the definition."""
    start, node = trees.offset[t], 0
    while trees.left[start + node] >= 0:
        at = start + node
        x = row[trees.feature[at]]
        left = trees.missing_left[at] if np.isnan(x) else x <= trees.threshold[at]
        node = trees.left[at] if left else trees.right[at]
    return node


@pytest.mark.parametrize("n_rows", [1, 3, 9, N_ROWS])
def test_leaves_are_those_of_the_definition(problem, trees, n_rows):
    X = problem[0][:n_rows]
    expected = [[leaf_of(trees, t, row) for t in range(trees.n_trees)] for row in X]
    for same in (X, X.astype(np.float64), np.asfortranarray(X)):
        np.testing.assert_array_equal(trees.apply(same), expected)


def test_sums_are_in_order_for_any_number_of_threads(problem, trees):
    X = problem[0]
    leaves = trees.apply(X) + trees.offset[:-1]
    expected = np.zeros((N_ROWS, 2))
    for t in range(trees.n_trees):
        expected += trees.value[leaves[:, t], 0]
    for n_threads in (1, 2, 4):
        assert (trees.total(X, n_threads=n_threads) == expected).all()


def test_columns_of_trees(problem, trees):
    X = problem[0]
    column = np.arange(trees.n_trees, dtype=np.int32) * 2
    out = np.zeros((N_ROWS, 2 * trees.n_trees))
    trees.add_to(out, X, column=column)
    for t in range(trees.n_trees):
        assert (out[:, 2 * t : 2 * t + 2] == trees.tree(t).total(X)).all()
    with pytest.raises(ValueError, match="hold the sums"):
        trees.add_to(out[:, :3].copy(), X, column=column)


def test_sparse_rows(problem, trees):
    X = np.nan_to_num(problem[0])
    X[np.abs(X) < 0.5] = 0
    assert (trees.total(sparse.csr_matrix(X)) == trees.total(X)).all()


def test_paths_lead_to_the_leaves(problem, trees):
    X = problem[0][:20]
    path, leaves, parent = (
        trees.decision_path(X),
        trees.apply(X) + trees.offset[:-1],
        trees.parents(),
    )
    for i in range(len(X)):
        expected = []
        for leaf in leaves[i]:
            while leaf >= 0:
                expected.append(leaf)
                leaf = parent[leaf]
        assert path[i].indices.tolist() == sorted(expected)


@pytest.mark.parametrize("kind", ["classes", "numbers", "best-first", "fractions"])
def test_storage_gives_back_every_bit(problem, kind):
    X, y = problem
    weight = np.random.RandomState(1).rand(len(y)) if kind == "fractions" else None
    limits = Limits(max_leaf_nodes=20 if kind == "best-first" else -1)
    criterion = SquaredError() if kind == "numbers" else Gini((2,))
    target = X[:, 1] * 0 + np.arange(len(y)) % 7 if kind == "numbers" else y
    tree = grow(prepare(X), np.nan_to_num(target), weight, criterion, limits)
    both = Trees.concatenate([tree, tree])
    again = pickle.loads(pickle.dumps(both))
    for name in both.__dataclass_fields__:
        old, new = getattr(both, name), getattr(again, name)
        np.testing.assert_array_equal(old, new)
        assert getattr(old, "dtype", None) == getattr(new, "dtype", None)


def test_categories():
    tree = Trees.build(
        feature=[0, -2, -2],
        threshold=[0, -2, -2],
        left=[1, -1, -1],
        right=[2, -1, -1],
        value=[[[0.0]], [[1.0]], [[2.0]]],
        n_features=1,
        missing_left=[1, 0, 0],
        category=[0, -1, -1],
        bitsets=[[1 << 3, 1]],
    )
    X = np.array([[3.0], [4.0], [32.0], [33.0], [64.0], [np.nan], [-1.0]])
    assert tree.total(X)[:, 0].tolist() == [1, 2, 1, 2, 2, 1, 1]


@pytest.mark.parametrize("change", [{"left": [0, -1, -1]}, {"feature": [7, -2, -2]}])
def test_arrays_that_lead_astray_are_refused(change):
    sound = {"feature": [0, -2, -2], "left": [1, -1, -1], "right": [2, -1, -1]}
    tree = Trees.build(
        **{**sound, **change}, threshold=[0, -2, -2], value=np.zeros((3, 1, 1)), n_features=1
    )
    with pytest.raises(ValueError, match="contradict"):
        tree.apply(np.zeros((1, 1)))


def test_infinity_is_refused(trees):
    with pytest.raises(ValueError, match="infinity"):
        trees.total(np.full((1, N_FEATURES), 1e300))
