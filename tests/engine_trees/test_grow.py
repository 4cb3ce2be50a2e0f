"""Growth on codes, against a few lines of NumPy: best splits, invariants, any number of threads."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.trees._grow import INTEGERS, REALS, Grower, grow_together
from mlkit._engine.trees.boost import Growth
from mlkit._engine.trees.codes import find_bins


def make_table(n=500, d=5, seed=0, max_bins=255, missing=0.1, categorical=()):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    n_categories = [None] * d
    for j in categorical:
        X[:, j] = rng.integers(0, 7, n)
        n_categories[j] = 7
    X[rng.random(X.shape) < missing] = np.nan
    bins = find_bins(X, max_bins, n_categories=n_categories)
    gradient = rng.normal(size=(n, 1)) + np.nan_to_num(X[:, :1])
    curvature = rng.uniform(0.1, 1, size=(n, 1))
    return bins, bins.encode(X), gradient, curvature


def make_grower(bins, codes, n_threads=1, pool_bytes=None, groups=None, **growth):
    settings = Growth(**growth).settings(n_threads)
    if pool_bytes is not None:
        settings["pool_bytes"] = pool_bytes
    d = bins.n_columns
    missing = (codes[:, :d] == bins.n_bins).any(axis=0)
    monotone = growth.get("monotone", np.zeros(d))
    return Grower(codes, bins.n_bins, missing, bins.categorical, monotone, groups, settings)


def grown(table, seed=1, rows=None, **how):
    bins, codes, gradient, curvature = table
    grower = make_grower(bins, codes, **how)
    grower.load(gradient, curvature, 0)
    grower.grow(seed, rows)
    integers, reals, bitsets = grower.tree()
    nodes = zip((*INTEGERS, *REALS), (*integers, *reals), strict=True)
    return grower, {**dict(nodes), "bitsets": bitsets}


def loss_of(gradient, curvature, l2):
    return -(gradient.sum() ** 2) / (curvature.sum() + l2 + 1e-15)


def best_gain(table, rows, min_rows, l2):
    """The best gain of a node by trying each threshold, with missing values on either side."""
    bins, codes, gradient, curvature = table
    g, h = gradient[rows, 0], curvature[rows, 0]
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
@pytest.mark.parametrize("min_rows, l2", [(1, 0.0), (20, 0.0), (5, 3.0)])
def test_each_split_is_the_best_one(max_bins, min_rows, l2):
    """Of each inner node: no threshold of any column, tried one by one, gains more."""
    table = make_table(400, 3, max_bins=max_bins)
    grower, tree = grown(table, min_rows=min_rows, l2=l2, max_leaves=8)
    order = grower.rows
    assert (tree["left"] >= 0).sum() == 7
    for node in np.flatnonzero(tree["left"] >= 0):
        rows = order[tree["begin"][node] : tree["end"][node]]
        assert_allclose(tree["gain"][node], best_gain(table, rows, min_rows, l2), rtol=1e-8)


@pytest.mark.parametrize("code_bits", [8, 16])
@pytest.mark.parametrize("categorical", [(), (1, 3)])
@pytest.mark.parametrize("growth", [{}, {"max_depth": 3, "max_leaves": None}, {"by_depth": True}])
def test_invariants(code_bits, categorical, growth):
    """Children part the rows of a node, in order; values are Newton's; leaves are large enough."""
    table = make_table(2000, 9, max_bins=255 if code_bits == 8 else 400, categorical=categorical)
    bins, codes, gradient, curvature = table
    assert codes.itemsize * 8 == code_bits
    grower, tree = grown(table, min_rows=15, l2=0.5, **growth)
    order = grower.rows
    assert_array_equal(np.sort(order), np.arange(2000))
    bits = tree["bitsets"]
    for node in range(len(tree["left"])):
        rows = order[tree["begin"][node] : tree["end"][node]]
        assert len(rows) == tree["n_samples"][node] >= 15
        g, h = gradient[rows].sum(), curvature[rows].sum()
        assert_allclose(tree["value"][node], -g / (h + 0.5), rtol=1e-9, atol=1e-12)
        if tree["left"][node] < 0:
            assert (np.diff(rows) > 0).all()
            continue
        left, right = tree["left"][node], tree["right"][node]
        feature = tree["feature"][node]
        code = codes[rows, feature].astype(int)
        goes_left = code <= tree["code"][node]
        if bins.categorical[feature]:
            words = bits[tree["set"][node]]
            goes_left = (words[code // 32] >> (code % 32).astype(np.uint32) & 1).astype(bool)
        goes_left[code == bins.n_bins[feature]] = tree["missing_left"][node]
        for child, side in ((left, goes_left), (right, ~goes_left)):
            inside = order[tree["begin"][child] : tree["end"][child]]
            assert set(inside.tolist()) == set(rows[side].tolist())
        assert_allclose(
            tree["gain"][node],
            tree["loss"][node] - tree["loss"][left] - tree["loss"][right],
            rtol=1e-8,
        )


@pytest.mark.parametrize("width", [5, 40])
def test_the_same_tree_for_any_number_of_threads(width):
    """To the bit, also where rows, columns, or both are cut among threads."""
    table = make_table(40_000, width, seed=3, categorical=(2,))
    _, first = grown(table, n_threads=1, max_leaves=40)
    for n_threads in (2, 4):
        _, tree = grown(table, n_threads=n_threads, max_leaves=40)
        for name, values in first.items():
            assert_array_equal(tree[name], values)


def few_codes(n=6000, seed=5):
    """Three columns of many codes, twenty of 2 to 16 with missing values, and a constant one."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 24))
    for j in range(3, 23):
        X[:, j] = rng.integers(0, 2 + (j - 3) % 15, n)
    X[:, 23] = 7.0
    X[rng.random(X.shape) < 0.05 * (np.arange(24) % 2)] = np.nan
    counts = [None] * 24
    counts[20] = int(np.nanmax(X[:, 20])) + 1
    bins = find_bins(X, 255, n_categories=counts)
    gradient = rng.normal(size=(n, 1)) + np.nan_to_num(X[:, [0]] + X[:, [4]] * X[:, [9]])
    return bins, bins.encode(X), gradient, rng.uniform(0.1, 1, size=(n, 1))


@pytest.mark.parametrize("growth", [{}, {"column_share": 0.3}, {"pool_bytes": 1}])
@pytest.mark.parametrize("n_threads", [1, 4])
def test_columns_that_share_a_byte(growth, n_threads):
    """Summed by joint codes, columns of few codes give the tree that each alone gives.

    Tables of 16 bits know no joint codes.
    """
    bins, codes, gradient, curvature = few_codes()
    _, alone = grown((bins, codes.astype(np.uint16), gradient, curvature), **growth)
    grower, tree = grown((bins, codes, gradient, curvature), n_threads=n_threads, **growth)
    assert set(tree["feature"]) > {0, 4, 9}
    for name, values in alone.items():
        assert_array_equal(tree[name], values)
    order = grower.rows
    assert_array_equal(np.sort(order), np.arange(len(codes)))


def test_columns_that_share_a_byte_split_best():
    table = few_codes(3000)
    grower, tree = grown(table, max_leaves=4)
    for node in np.flatnonzero(tree["left"] >= 0):
        if table[0].categorical[tree["feature"][node]]:
            continue
        rows = grower.rows[tree["begin"][node] : tree["end"][node]]
        gain = best_gain(table, rows, 20, 0.0)
        assert tree["gain"][node] >= gain * (1 - 1e-8)


def test_the_same_tree_with_little_memory():
    """Histograms that are summed again rather than kept change no bit."""
    table = make_table(3000, 6, seed=4)
    _, first = grown(table)
    _, tree = grown(table, pool_bytes=1)
    for name, values in first.items():
        assert_array_equal(tree[name], values)


def test_a_part_of_the_rows():
    """A tree on some rows is the tree of a table of these rows."""
    bins, codes, gradient, curvature = make_table(1000, 4, missing=0.0)
    rows = np.flatnonzero(np.arange(1000) % 3).astype(np.int32)
    _, part = grown((bins, codes, gradient, curvature), rows=rows)
    _, alone = grown((bins, codes[rows], gradient[rows], curvature[rows]))
    for name in ("feature", "code", "left", "n_samples"):
        assert_array_equal(part[name], alone[name])
    assert_allclose(part["value"], alone["value"], rtol=1e-10)


def test_values_are_added_to_the_rows_of_each_leaf():
    table = make_table(3000, 4, categorical=(1,))
    grower, tree = grown(table)
    value = np.arange(len(tree["left"]), dtype=float)
    by_leaf, walked = np.zeros((3000, 2)), np.zeros((3000, 2))
    grower.add_grown(value, by_leaf, 1)
    grower.add_walked(table[1], value, walked, 1)
    assert_array_equal(by_leaf, walked)
    assert not by_leaf[:, 0].any() and by_leaf[:, 1].all()


def test_columns_drawn_depend_on_the_seed():
    table = make_table(600, 8)
    features = [grown(table, seed, column_share=0.2)[1]["feature"] for seed in (1, 1, 2)]
    assert_array_equal(features[0], features[1])
    assert not np.array_equal(features[0], features[2])


def test_columns_of_a_path_share_a_group():
    groups = [[0, 1], [1, 2, 3], [4]]
    _, tree = grown(make_table(3000, 5), groups=groups, min_rows=1)
    paths = {0: set()}
    for node in np.flatnonzero(tree["left"] >= 0):
        path = paths[node] | {int(tree["feature"][node])}
        assert any(path <= set(group) for group in groups)
        paths[tree["left"][node]] = paths[tree["right"][node]] = path


def test_bad_tables_are_refused():
    bins, codes, gradient, curvature = make_table(50, 3)
    with pytest.raises(ValueError, match="above the number of bins"):
        make_grower(bins, np.full_like(codes, 255))
    with pytest.raises(ValueError, match="multiple of 8"):
        make_grower(bins, codes[:, :5])
    grower = make_grower(bins, codes)
    with pytest.raises(ValueError, match="load gradients"):
        grower.grow(0)
    with pytest.raises(FloatingPointError):
        grower.load(gradient * np.inf, curvature, 0)
    grower.load(gradient, curvature, 0)
    with pytest.raises(ValueError, match="out of range"):
        grower.grow(0, np.array([50], dtype=np.int32))
    with pytest.raises(ValueError, match="50 rows"):
        grower.load(gradient[1:].copy(), curvature[1:].copy(), 0)


@pytest.mark.parametrize("rows", [None, np.arange(0, 500, 3, dtype=np.int32)], ids=["all", "some"])
def test_trees_that_grow_together_are_those_that_grow_alone(rows):
    table = make_table(500, 4)
    bins, codes, gradient, curvature = table
    growers = [make_grower(bins, codes, column_share=0.5) for _ in range(3)]
    for k, grower in enumerate(growers):
        grower.load((k + 1) * gradient + k, curvature, 0)
    grow_together(growers, [5, 6, 7], rows)
    for k, grower in enumerate(growers):
        together = grower.tree()
        grower.grow(5 + k, rows)
        for found, wanted in zip(together, grower.tree(), strict=True):
            assert_array_equal(found, wanted)
    with pytest.raises(ValueError, match="different growers"):
        grow_together(growers[:1] * 2, [1, 2])
    with pytest.raises(ValueError, match="load gradients"):
        grow_together([make_grower(bins, codes)], [1])
