"""Streaming statistics: any split, any layout, any number of threads gives the same."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from mlkit._engine.mixture.counts import extremes, moments

RNG = np.random.default_rng(0)


def _table(n_rows=40_000):
    X = RNG.normal(size=(n_rows, 5)) * [1, 2, 1e-3, 1e5, 1] + [0, 1e6, 3, -4, 0]
    X[RNG.random(X.shape) < 0.1] = np.nan
    return X


def _defined(X, weight):
    X = X.astype(np.float64)
    present = ~np.isnan(X)
    share = present * weight[:, None]
    count = share.sum(axis=0)
    mean = (share * np.where(present, X, 0)).sum(axis=0) / count
    return count, mean, (share * np.where(present, X - mean, 0) ** 2).sum(axis=0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed"])
def test_moments_are_the_definition(layout, dtype, weighted):
    X = np.nan_to_num(_table()).astype(dtype) if dtype is np.int64 else _table().astype(dtype)
    X = {"C": X, "F": np.asfortranarray(X), "strided": X[::2, ::3], "reversed": X[::-1]}[layout]
    weight = RNG.random(len(X)) * (RNG.random(len(X)) > 0.2) if weighted else np.ones(len(X))
    got = moments(X, weight if weighted else None)
    count, mean, squares = _defined(X, weight)
    np.testing.assert_allclose(got.count, count, rtol=1e-12)
    np.testing.assert_allclose(got.mean, mean, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(got.squares, squares, rtol=1e-9)


def test_any_split_merges_to_the_whole():
    X = _table(3000)
    whole = moments(X)
    for cuts in ([0, 1, 3000], [0, 10, 11, 999, 3000], list(range(0, 3001, 250))):
        parts = [moments(X[a:b]) for a, b in itertools.pairwise(cuts)]
        total = parts[0]
        for part in parts[1:]:
            total = total.merge(part)
        np.testing.assert_allclose(total.mean, whole.mean, rtol=1e-12)
        np.testing.assert_allclose(total.variance, whole.variance, rtol=1e-10)
        np.testing.assert_array_equal(total.count, whole.count)


def test_threads_do_not_show():
    X = _table(100_000)
    one, many = moments(X, threads=1), moments(X, threads=4)
    np.testing.assert_array_equal(one.mean, many.mean)
    np.testing.assert_array_equal(one.squares, many.squares)


def test_no_cancellation_far_from_zero():
    X = 1e9 + RNG.normal(size=(5000, 1))
    assert moments(X).variance[0] == pytest.approx(np.var(X - 1e9), rel=1e-9)


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_equals_dense(form, weighted):
    X = sp.random(800, 12, density=0.3, format=form, random_state=0)
    X.data[::7] = np.nan
    X.data[1::5] *= -1
    weight = RNG.random(800) if weighted else None
    got, expected = moments(X, weight), moments(X.toarray(), weight)
    for name in ("count", "mean", "squares"):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), rtol=1e-11)
    got, expected = extremes(X), extremes(X.toarray())
    np.testing.assert_array_equal(got.low, expected.low)
    np.testing.assert_array_equal(got.high, expected.high)


def test_column_without_values():
    X = np.array([[np.nan, 1.0], [np.nan, 3.0]])
    got = moments(X)
    assert got.count.tolist() == [0, 2] and got.mean.tolist() == [0, 2]
    assert np.isnan(got.variance[0]) and got.variance[1] == 1
    assert np.isnan(extremes(X).low[0]) and extremes(X).high[1] == 3
    assert moments(X[:0]).merge(got).variance[1] == 1
