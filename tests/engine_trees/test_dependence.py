"""Partial dependence of trees by their definition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.trees.dependence import partial_dependence
from mlkit._engine.trees.structure import Trees


def random_trees(rng, n_trees=6, depth=5, n_features=4):
    parts = []
    for _ in range(n_trees):
        feature, threshold, left, right, weight = [], [], [], [], []

        def grow(
            level, mass, columns=(feature, threshold, left, right, weight)
        ):  # binds this tree's lists
            at = len(columns[0])
            inner = level < depth and rng.random() < 0.85
            node = (rng.integers(n_features) if inner else -2, rng.normal(), -1, -1, mass)
            for column, value in zip(columns, node, strict=True):
                column.append(value)
            if inner:
                share = rng.random()
                columns[2][at] = grow(level + 1, mass * share)
                columns[3][at] = grow(level + 1, mass - mass * share)
            return at

        grow(0, 8.0)
        names = ("feature", "threshold", "left", "right", "weight")
        arrays = dict(zip(names, (feature, threshold, left, right, weight), strict=True))
        by_set = (np.array(left) >= 0) & (rng.random(len(left)) < 0.3)
        parts.append(
            Trees.build(
                **arrays,
                value=rng.normal(size=(len(feature), 1, 1)),
                missing_left=rng.integers(0, 2, len(feature)),
                category=np.where(by_set, np.cumsum(by_set) - 1, -1),
                bitsets=rng.integers(0, 2**32, (max(1, by_set.sum()), 1), dtype=np.uint32),
                n_features=n_features,
                single=False,
            )
        )
    return parts


def goes_left(tree, node, x):
    if tree.category[node] >= 0:
        if not x >= 0:
            return bool(tree.missing_left[node])
        return x < 32 and bool(tree.bitsets[tree.category[node], 0] >> int(x) & 1)
    return bool(tree.missing_left[node]) if np.isnan(x) else x <= tree.threshold[node]


def mean(tree, known, node=0):
    left, right = tree.left[node], tree.right[node]
    if left < 0:
        return tree.value[node, 0, 0]
    if tree.feature[node] in known:
        side = goes_left(tree, node, known[tree.feature[node]])
        return mean(tree, known, left if side else right)
    share = tree.weight[left] / tree.weight[node]
    return share * mean(tree, known, left) + (1 - share) * mean(tree, known, right)


@pytest.mark.parametrize("columns", [[2], [3, 0], [0, 1, 2, 3]])
def test_is_the_mean_over_what_is_not_fixed(columns):
    rng = np.random.default_rng(len(columns))
    parts = random_trees(rng)
    grid = np.where(rng.random((9, len(columns))) < 0.5, rng.normal(size=(9, len(columns))), 40)
    grid[:5] = rng.integers(-1, 40, (5, len(columns)))
    grid[6, 0] = np.nan
    column = np.arange(len(parts), dtype=np.int32) % 2
    found = partial_dependence(Trees.concatenate(parts), grid, columns, column=column, n_columns=2)
    expected = np.zeros((2, 9))
    for tree, k in zip(parts, column, strict=True):
        expected[k] += [mean(tree, dict(zip(columns, point, strict=True))) for point in grid]
    assert_allclose(found, expected, atol=1e-12)


def test_of_all_columns_is_the_prediction():
    rng = np.random.default_rng(0)
    trees = Trees.concatenate(random_trees(rng))
    X = rng.normal(size=(20, 4))
    assert_allclose(partial_dependence(trees, X, range(4))[0], trees.total(X)[:, 0], atol=1e-12)


def test_points_do_not_touch_one_another():
    rng = np.random.default_rng(0)
    trees = Trees.concatenate(random_trees(rng))
    grid = rng.normal(size=(30, 2))
    whole = partial_dependence(trees, grid, [1, 3])
    halves = [partial_dependence(trees, part, [1, 3]) for part in (grid[:13], grid[13:])]
    assert_array_equal(np.hstack(halves), whole)
