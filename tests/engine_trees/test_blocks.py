"""Trees on blocks of rows: the sums of a walk from root to leaf, to the bit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlkit._engine.trees.blocks import MANY_ROWS, BlockWalker, Unsuited, add_many
from mlkit._engine.trees.structure import Trees


def random_trees(rng, n_features, depth, n_trees=12, categorical=(), single=False, spread=1.0):
    """Trees of random shape, with shared and distinct thresholds, +inf and sets among them."""
    parts = []
    for _ in range(n_trees):
        nodes, level = [], [None]
        count = 1
        for here in range(depth + 1):
            below = []
            for _ in level:
                if here == depth or rng.random() < 0.15:
                    nodes.append((-2, -2.0, -1, -1, 0, -1))
                    continue
                feature = int(rng.integers(n_features))
                threshold = round(rng.normal() * spread, 1) if rng.random() < 0.5 else rng.normal()
                if rng.random() < 0.05:
                    threshold = np.inf
                number = int(rng.integers(5)) if feature in categorical else -1
                nodes.append((feature, threshold, count, count + 1, rng.integers(2), number))
                count += 2
                below += [None, None]
            level = below
        feature, threshold, left, right, missing_left, number = map(
            np.array, zip(*nodes, strict=True)
        )
        parts.append(
            Trees.build(
                feature=feature,
                threshold=threshold,
                left=left,
                right=right,
                missing_left=missing_left,
                value=rng.normal(size=(len(nodes), 1, 1)),
                n_features=n_features,
                single=single,
                category=number if categorical else None,
                bitsets=rng.integers(0, 2**32, size=(5, 2)).astype(np.uint32)
                if categorical
                else None,
            )
        )
    return Trees.concatenate(parts)


def make_rows(rng, n, n_features, dtype):
    X = rng.normal(size=(n, n_features)).round(1).astype(dtype)
    X[:, 1] = rng.integers(-3, 80, n)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("depth", [0, 1, 5, 10])
@pytest.mark.parametrize("categorical", [(), (1,)])
@pytest.mark.parametrize("single", [False, True])
def test_sums_are_those_of_a_walk(dtype, depth, categorical, single):
    rng = np.random.default_rng(depth)
    trees = random_trees(rng, 6, depth, categorical=categorical, single=single)
    column = rng.integers(0, 3, trees.n_trees).astype(np.int32)
    X = make_rows(rng, 777, 6, dtype)
    if not single:  # what is rounded to float32 must be finite
        X[0], X[1] = np.inf, -np.inf
    expected = np.ones((777, 3))
    trees.add_to(expected, X, column=column)
    walker = BlockWalker(trees)
    assert walker.code_bytes == 1 or depth == 10
    for n_threads in (1, 3):
        for rows in (X, np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2]):
            found = np.ones((777, 3))
            walker.add_to(found, rows, column, n_threads)
            assert_array_equal(found, expected)


@pytest.mark.parametrize("n", [0, 1, MANY_ROWS - 1, MANY_ROWS, MANY_ROWS + 1])
def test_any_number_of_rows(n):
    rng = np.random.default_rng(0)
    trees = random_trees(rng, 4, 6)
    X = rng.normal(size=(n, 4))
    found = np.zeros((n, 1))
    add_many(trees, found, X)
    assert_array_equal(found, trees.total(X))


def test_what_does_not_fit_is_walked():
    rng = np.random.default_rng(0)
    trees = random_trees(rng, 4, 3)
    wide = Trees.build(
        feature=trees.feature,
        threshold=trees.threshold,
        left=trees.left,
        right=trees.right,
        value=np.repeat(trees.value, 2, axis=2),
        n_features=4,
        offset=trees.offset,
        single=False,
    )
    with pytest.raises(Unsuited):
        BlockWalker(wide)
    X = rng.normal(size=(MANY_ROWS, 4))
    found = np.zeros((MANY_ROWS, 2))
    add_many(wide, found, X)
    assert_array_equal(found, wide.total(X))


def test_another_width_is_refused():
    trees = random_trees(np.random.default_rng(0), 4, 3)
    with pytest.raises(ValueError, match="4 features"):
        BlockWalker(trees).add_to(np.zeros((9, 1)), np.zeros((9, 3)), None, 1)
    with pytest.raises(ValueError, match="column of out"):
        column = np.full(trees.n_trees, 1, dtype=np.int32)
        BlockWalker(trees).add_to(np.zeros((9, 1)), np.zeros((9, 4)), column, 1)
