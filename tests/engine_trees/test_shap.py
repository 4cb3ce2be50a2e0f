"""Shapley values of trees, by their definition."""

import functools
import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.trees.shap import expected, shapley, shares
from mlkit._engine.trees.structure import Trees


def random_tree(rng, n_features, depth, *, width=1, categories=False):
    """A tree of random tests, weights and values; some leaves are early."""
    rows = []  # feature, threshold, left, right, weight

    def grow(level, weight):
        at = len(rows)
        rows.append([-2, -2.0, -1, -1, weight])
        if level < depth and (level == 0 or rng.random() < 0.8):
            share = rng.uniform(0, 1) if rng.random() < 0.9 else 0.0
            feature, threshold = rng.integers(n_features), np.float32(rng.normal())
            left = grow(level + 1, weight * share)
            right = grow(level + 1, weight - weight * share)
            rows[at][:4] = [feature, threshold, left, right]
        return at

    grow(0, 10.0)
    feature, threshold, left, right, weight = map(np.array, zip(*rows, strict=True))
    extra = {}
    if categories:
        by_set = (left >= 0) & (rng.random(len(left)) < 0.5)
        extra["category"] = np.where(by_set, np.cumsum(by_set) - 1, -1)
        extra["bitsets"] = rng.integers(0, 2**32, (max(1, by_set.sum()), 1), dtype=np.uint32)
    value = rng.normal(size=(len(rows), 1, width))
    missing = rng.integers(0, 2, len(rows))
    parts = {"feature": feature, "threshold": threshold, "left": left, "right": right}
    return Trees.build(
        **parts, value=value, n_features=n_features, weight=weight, missing_left=missing, **extra
    )


def goes_left(trees, node, row):
    x = row[trees.feature[node]]
    if trees.category is not None and trees.category[node] >= 0:
        if not x >= 0:
            return bool(trees.missing_left[node])
        return x < 32 and bool(trees.bitsets[trees.category[node], 0] >> int(x) & 1)
    return bool(trees.missing_left[node]) if np.isnan(x) else x <= trees.threshold[node]


def by_definition(trees, row):
    """Mean over all orders of the features of what each adds."""
    n, share = trees.n_features, shares(trees)

    @functools.cache
    def mean_given(known, node=0):
        """Mean of the tree's values where only the features in `known` are told."""
        if trees.left[node] < 0:
            return trees.value[node].ravel()
        left, right = trees.left[node], trees.right[node]
        if trees.feature[node] in known:
            return mean_given(known, left if goes_left(trees, node, row) else right)
        return share[left] * mean_given(known, left) + share[right] * mean_given(known, right)

    out = np.zeros((n, trees.value.shape[2]))
    for j in range(n):
        others = [i for i in range(n) if i != j]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for known in itertools.combinations(others, size):
                told = frozenset(known)
                out[j] += weight * (mean_given(told | {j}) - mean_given(told))
    return out


@pytest.mark.parametrize("categories", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_mean_over_orders(seed, categories):
    rng = np.random.default_rng(seed)
    trees = random_tree(rng, 5, 5, width=2, categories=categories)
    X = rng.normal(size=(3, 5)).astype(np.float32)
    X[1, 2] = np.nan
    if categories:
        X[2:] = rng.integers(-1, 40, size=(1, 5))
    values = shapley(trees, X)
    for row, got in zip(X, values, strict=True):
        assert_allclose(got, by_definition(trees, row), atol=1e-12)


def test_of_many_deep_trees_add_up_to_the_prediction():
    rng = np.random.default_rng(0)
    parts = [random_tree(rng, 12, depth) for depth in (1, 4, 9, 16) for _ in range(3)]
    trees = Trees.concatenate(parts)
    column = np.arange(trees.n_trees, dtype=np.int32) % 3
    X = rng.normal(size=(53, 12)).astype(np.float32)
    values = shapley(trees, X, column=column, n_columns=3)
    raw, base = np.zeros((53, 3)), np.zeros(3)
    trees.add_to(raw, X, column=column)
    np.add.at(base, column, expected(trees)[:, 0])
    assert_allclose(values.sum(axis=1) + base, raw, atol=1e-10)


def test_unused_features_add_nothing_and_equal_ones_the_same():
    both = {"threshold": [0, 0, 0, -2, -2, -2, -2], "left": [1, 3, 5, -1, -1, -1, -1]}
    trees = Trees.build(
        feature=[0, 1, 1, -2, -2, -2, -2],
        **both,
        right=[2, 4, 6, -1, -1, -1, -1],
        value=np.array([0, 0, 0, 0, 1, 1, 2.0])[:, None, None],
        weight=[8, 4, 4, 2, 2, 2, 2],
        n_features=3,
    )
    values = shapley(trees, np.array([[1.0, 1.0, 5.0], [-1.0, -1.0, 5.0]]))[:, :, 0]
    assert_allclose(values, [[0.5, 0.5, 0], [-0.5, -0.5, 0]], atol=1e-15)


def test_threads_chunks_and_order_of_rows_change_no_bit():
    rng = np.random.default_rng(1)
    trees = Trees.concatenate([random_tree(rng, 6, 8) for _ in range(7)])
    X = rng.normal(size=(100, 6))
    whole = shapley(trees, X)
    assert_array_equal(shapley(trees, X, n_threads=4), whole)
    assert_array_equal(np.vstack([shapley(trees, X[:37]), shapley(trees, X[37:])]), whole)
    assert_array_equal(shapley(trees, X[::-1]), whole[::-1])


def test_trees_without_weight_have_finite_values():
    trees = Trees.build(
        feature=[0, 1, -2, -2, -2], threshold=[0, 0, -2, -2, -2], left=[1, 2, -1, -1, -1],
        right=[4, 3, -1, -1, -1], value=np.arange(5.0)[:, None, None], n_features=2,
    )  # fmt: skip
    X = np.array([[1.0, -1.0], [-1.0, 1.0]])
    values = shapley(trees, X)
    total = values.sum(axis=1) + expected(trees)
    assert_allclose(total, trees.total(X))
