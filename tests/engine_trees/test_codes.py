"""Codes of columns: order is kept, edges are quantiles, both widths."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlkit._engine.trees.codes import column_edges, find_bins, rounded_down


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("max_bins", [2, 16, 255, 1000])
@pytest.mark.parametrize("n_threads", [1, 4])
def test_a_code_is_the_number_of_edges_below(dtype, max_bins, n_threads):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 11)).astype(dtype)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 3] = np.round(X[:, 3])
    X[:5, 4] = [np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).max]
    bins = find_bins(X, max_bins)
    codes = bins.encode(X, n_threads)
    assert codes.dtype == (np.uint8 if max_bins <= 255 else np.uint16)
    for j, edges in enumerate(bins.edges):
        assert (np.diff(edges) > 0).all() and len(edges) < max_bins
        expected = np.searchsorted(edges, X[:, j].astype(np.float64), side="left")
        expected[np.isnan(X[:, j])] = len(edges) + 1
        assert_array_equal(codes[:, j], expected)
    assert not codes[:, 11:].any()


def test_any_memory_order_gives_the_same_codes():
    X = np.random.default_rng(1).normal(size=(600, 5))
    bins = find_bins(X, 32)
    expected = bins.encode(X)
    assert_array_equal(bins.encode(np.asfortranarray(X)), expected)
    assert_array_equal(bins.encode(np.repeat(X, 2, axis=1)[:, ::2]), expected)
    assert_array_equal(bins.encode(X[::-1])[::-1], expected)


@pytest.mark.parametrize("max_bins", [4, 100])
def test_edges_cut_into_equal_shares(max_bins):
    column = np.random.default_rng(2).exponential(size=20_000)
    edges = column_edges(column, max_bins)
    share = np.diff(np.searchsorted(np.sort(column), edges)) / len(column)
    assert len(edges) == max_bins - 1
    assert np.abs(share - 1 / max_bins).max() < 1e-3


def test_few_values_are_cut_half_way():
    assert_array_equal(column_edges(np.array([3.0, 1.0, np.nan, 1.0, 2.0]), 8), [1.5, 2.5])
    assert len(column_edges(np.array([np.nan, np.nan]), 8)) == 0
    assert len(column_edges(np.array([7.0, 7.0]), 8)) == 0


@pytest.mark.parametrize("spread", [3, 1000])
def test_a_weight_counts_as_rows(spread):
    rng = np.random.default_rng(3)
    column = rng.integers(0, spread, 800).astype(float)
    weight = rng.integers(0, 4, 800)
    assert_array_equal(
        column_edges(column, 16, weight.astype(float)), column_edges(np.repeat(column, weight), 16)
    )


def test_rounding_down_keeps_comparisons():
    rng = np.random.default_rng(4)
    edges = rng.normal(size=2000)
    low = rounded_down(edges, np.float32)
    near = edges.astype(np.float32)
    for x in (near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))):
        assert_array_equal(x.astype(np.float64) <= edges, x <= low)


def test_categories_are_their_own_codes():
    X = np.array([[0.0], [2.0], [1.0], [np.nan]])
    bins = find_bins(X, 255, n_categories=[3])
    assert_array_equal(bins.encode(X)[:, 0], [0, 2, 1, 3])
    assert bins.categorical.all()
