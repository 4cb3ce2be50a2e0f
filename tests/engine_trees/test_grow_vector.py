"""Growth of trees whose leaves predict several numbers, against a few lines of NumPy."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.trees._grow import INTEGERS, REALS, Grower
from mlkit._engine.trees.boost import Growth
from mlkit._engine.trees.codes import find_bins


def make_table(n=500, d=4, k=3, seed=0, max_bins=255, categorical=(), unit_curvature=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    n_categories = [None] * d
    for j in categorical:
        X[:, j] = rng.integers(0, 7, n)
        n_categories[j] = 7
    X[rng.random(X.shape) < 0.1] = np.nan
    bins = find_bins(X, max_bins, n_categories=n_categories)
    gradient = rng.normal(size=(n, k)) + np.nan_to_num(X[:, :1]) * np.arange(k) + (X[:, 1:2] > 0)
    curvature = None if unit_curvature else rng.uniform(0.1, 1, size=(n, k))
    return bins, bins.encode(X), gradient, curvature


def make_grower(table, n_threads=1, pool_bytes=None, **growth):
    bins, codes, gradient, curvature = table
    settings = Growth(vector=True, **growth).settings(n_threads, gradient.shape[1])
    if pool_bytes is not None:
        settings["pool_bytes"] = pool_bytes
    missing = (codes[:, : bins.n_columns] == bins.n_bins).any(axis=0)
    monotone = np.zeros(bins.n_columns)
    grower = Grower(codes, bins.n_bins, missing, bins.categorical, monotone, None, settings)
    grower.load(gradient, curvature, 0)
    return grower


def grown(table, rows=None, **how):
    grower = make_grower(table, **how)
    grower.grow(1, rows)
    integers, reals, _ = grower.tree()
    return grower, dict(zip((*INTEGERS, *REALS), (*integers, *reals), strict=True))


def loss_of(gradient, curvature, l2):
    return -(gradient.sum(axis=0) ** 2 / (curvature.sum(axis=0) + l2 + 1e-15)).sum()


def best_gain(table, rows, min_rows, l2):
    """The best gain of a node by trying each threshold, with missing values on either side."""
    bins, codes, gradient, curvature = table
    g = gradient[rows]
    h = np.ones_like(g) if curvature is None else curvature[rows]
    best = 0.0
    for j in range(bins.n_columns):
        code = codes[rows, j].astype(int)
        gone = code == bins.n_bins[j]
        for cut, side in itertools.product(range(bins.n_bins[j]), [False, True]):
            left = np.where(gone, side, code <= cut)
            if min(left.sum(), (~left).sum()) < min_rows:
                continue
            gain = loss_of(g, h, l2) - loss_of(g[left], h[left], l2)
            best = max(best, gain - loss_of(g[~left], h[~left], l2))
    return best


@pytest.mark.parametrize("max_bins", [16, 300])
@pytest.mark.parametrize("unit_curvature", [False, True])
@pytest.mark.parametrize("min_rows, l2", [(1, 0.0), (20, 3.0)])
def test_each_split_is_the_best_one(max_bins, unit_curvature, min_rows, l2):
    """Of each inner node: no threshold, tried one by one, takes more off the sum of losses."""
    table = make_table(400, 3, max_bins=max_bins, unit_curvature=unit_curvature)
    grower, tree = grown(table, min_rows=min_rows, l2=l2, max_leaves=8)
    order = grower.rows
    assert (tree["left"] >= 0).sum() == 7
    for node in np.flatnonzero(tree["left"] >= 0):
        rows = order[tree["begin"][node] : tree["end"][node]]
        assert_allclose(tree["gain"][node], best_gain(table, rows, min_rows, l2), rtol=1e-8)


def test_values_are_newton_steps_of_each_output():
    table = make_table()
    grower, tree = grown(table, max_leaves=12, l2=0.5)
    values = grower.values()
    assert values.shape == (23, 3)
    for node in range(23):
        rows = grower.rows[tree["begin"][node] : tree["end"][node]]
        g, h = table[2][rows].sum(axis=0), table[3][rows].sum(axis=0)
        assert_allclose(values[node], -g / (h + 0.5), rtol=1e-8)
        assert_allclose(tree["loss"][node], -(g**2 / (h + 0.5)).sum(), rtol=1e-8)


@pytest.mark.parametrize("categorical", [(), (0, 2)], ids=["numbers", "categories"])
def test_outputs_that_are_alike_give_the_tree_of_one(categorical):
    bins, codes, gradient, curvature = make_table(categorical=categorical)
    alike = np.repeat(gradient[:, :1], 4, axis=1), np.repeat(curvature[:, :1], 4, axis=1)
    many, tree = grown((bins, codes, *alike), max_leaves=10)
    first = [np.ascontiguousarray(terms[:, :1]) for terms in (gradient, curvature)]
    _, single = grown((bins, codes, *first), max_leaves=10)
    for name in ("feature", "left", "n_samples", "code", "missing_left", "set"):
        assert_array_equal(tree[name], single[name])
    assert_allclose(tree["gain"], 4 * single["gain"])
    assert_allclose(many.values(), np.repeat(single["value"][:, None], 4, axis=1))


@pytest.mark.parametrize("n_threads", [2, 4])
@pytest.mark.parametrize("max_bins", [255, 1000])
def test_the_same_for_any_number_of_threads_and_little_memory(n_threads, max_bins):
    table = make_table(30_000, 20, max_bins=max_bins, categorical=(3,))
    one, tree = grown(table)
    for how in ({"n_threads": n_threads}, {"pool_bytes": 1}):
        other, again = grown(table, **how)
        for name, column in tree.items():
            assert_array_equal(column, again[name])
        assert_array_equal(one.values(), other.values())
        out = np.zeros((2, 30_000, 3))
        value = one.values()
        one.add_grown(value, out[0], 0)
        other.add_walked(table[1], value, out[1], 0)
        assert_array_equal(out[0], out[1])


def test_columns_of_few_codes_share_bytes_of_each_output():
    """Sums of joint codes are the sums of codes."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(4000, 12)).astype(float)
    bins = find_bins(X, 255)
    codes = bins.encode(X)
    gradient, curvature = rng.normal(size=(4000, 2)) + X[:, :2], np.ones((4000, 2))
    _, tree = grown((bins, codes, gradient, curvature), max_leaves=6)
    _, wide = grown((bins, codes.astype(np.uint16), gradient, curvature), max_leaves=6)
    for name in ("feature", "code", "gain", "n_samples"):
        assert_array_equal(tree[name], wide[name])


def test_wrong_shapes_are_refused():
    table = make_table(50)
    grower = make_grower(table)
    with pytest.raises(ValueError, match="3 outputs"):
        grower.load(table[2][:, :2].copy(), None, 0)
    grower.grow(1)
    value = grower.values()
    with pytest.raises(ValueError, match="rows and a column"):
        grower.add_grown(value, np.zeros((50, 3)), 1)
    with pytest.raises(ValueError, match="C order"):
        grower.add_grown(np.asfortranarray(np.tile(value, (1, 1)))[:, ::-1], np.zeros((50, 3)), 0)
