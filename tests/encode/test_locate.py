"""Searches among knots: against five lines of NumPy, for any order, dtype and thread count."""

import numpy as np
import pytest
from scipy.special import ndtri

from mlkit._engine.encode.locate import count_edges, interpolate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_edges", [0, 1, 2, 16, 17, 100])
def test_count_edges(n_edges, dtype, order):
    X = np.asarray(RNG.integers(-20, 20, size=(1500, 3)), dtype=dtype, order=order)
    edges = [np.sort(RNG.integers(-20, 20, size=n_edges + j)).astype(float) for j in range(3)]
    expected = np.stack(
        [np.searchsorted(e, X[:, j], side="right") for j, e in enumerate(edges)], axis=1
    )
    for threads in (1, 4):
        np.testing.assert_array_equal(count_edges(X, edges, threads), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_interpolate_is_the_mean_of_both_sides(dtype):
    levels = np.linspace(0, 1, 50)
    knots = np.sort(RNG.integers(0, 30, size=(50, 2)), axis=0).astype(float)
    X = RNG.choice(np.arange(-2, 32, 0.5), size=(2000, 2)).astype(dtype)
    X[::9] = np.nan
    got = interpolate(X, knots, levels, False, 0.0, (0, 0), np.empty_like(X), 1)
    for j in range(2):
        x, q = X[:, j].astype(float), knots[:, j]
        up = np.interp(x, q, levels)
        down = -np.interp(-x, -q[::-1], -levels[::-1])
        expected = np.where(x <= q[0], 0, np.where(x >= q[-1], 1, (up + down) / 2))
        expected[np.isnan(x)] = np.nan
        np.testing.assert_allclose(got[:, j], expected, rtol=1e-6 if dtype == np.float32 else 1e-13)
    four = interpolate(X, knots, levels, False, 0.0, (0, 0), np.empty_like(X), 4)
    np.testing.assert_array_equal(got, four)


def test_normal_quantiles():
    """At the knots levels are exact, so that the quantiles alone are tested."""
    p = np.sort(np.concatenate([np.linspace(0, 1, 4001), 10.0 ** -np.arange(4.5, 300, 7)]))
    out = interpolate(p[:, None], p[:, None], p, False, 1e-320, (-99, 99), np.empty((len(p), 1)))
    np.testing.assert_allclose(out[1:-1, 0], ndtri(p[1:-1]), rtol=2e-15, atol=1e-15)
    assert out[[0, -1], 0].tolist() == [-99, 99]


def test_bad_shapes():
    X = np.zeros((3, 2))
    with pytest.raises(ValueError, match="1 lists of edges for 2"):
        count_edges(X, [np.zeros(1)])
    with pytest.raises(ValueError, match="knots are"):
        interpolate(X, np.zeros((4, 2)), np.zeros(3), False, 0, (0, 0), np.empty_like(X))
