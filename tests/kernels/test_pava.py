"""Pooling and interpolation against definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native.pava import interpolate, isotonic, unique_means


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 5)), min_size=1, max_size=25))
def test_fit_is_the_max_min_of_means(rows):
    """zᵢ = max over a ≤ i of min over b ≥ i of the weighted mean of y[a..b]."""
    y, w = np.array(rows, dtype=float).T
    n = len(y)
    cumulated, mass = np.append(0, np.cumsum(y * w)), np.append(0, np.cumsum(w))

    def mean(a, b):
        return (cumulated[b + 1] - cumulated[a]) / (mass[b + 1] - mass[a])

    expected = [max(min(mean(a, b) for b in range(i, n)) for a in range(i + 1)) for i in range(n)]
    assert_allclose(isotonic(y, w), expected, atol=1e-12)
    assert_allclose(isotonic(-y, w, increasing=False), np.negative(expected), atol=1e-12)
    assert_allclose(isotonic(np.repeat(y, w.astype(int))), np.repeat(expected, w.astype(int)))


def test_monotonic_values_are_kept_to_the_bit():
    y = np.sort(np.random.RandomState(0).randn(1000))
    assert_array_equal(isotonic(y, np.full(1000, 0.1)), y)


def test_ties_are_pooled():
    x, y, w = unique_means(
        [3.0, 1.0, 3.0, 2.0], [1.0, 5.0, 4.0, 0.0], [1, 1, 2, 1], [1, 3, 0, 2], 1
    )
    assert_array_equal(x, [1, 2, 3])
    assert_array_equal(y, [5, 0, 3])
    assert_array_equal(w, [1, 1, 3])


def test_interpolation_agrees_with_numpy():
    rng = np.random.RandomState(0)
    for n in (1, 2, 3, 50):
        x, y = np.sort(rng.rand(n)), rng.randn(n)
        t = np.concatenate([rng.rand(20000) * 1.4 - 0.2, x, [-1, 9]])
        found = interpolate(t, x, y, n_threads=1)
        assert_allclose(found, np.interp(t, x, y), atol=1e-12)
        assert_array_equal(interpolate(x, x, y), y)
        assert_array_equal(interpolate(t, x, y, n_threads=4), found)


def test_the_door():
    with pytest.raises(ValueError, match="rows of x"):
        unique_means([1.0], [1.0], None, [1], 0.0)
    with pytest.raises(ValueError, match="one length"):
        isotonic([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="above 0"):
        interpolate([1.0], [], [])
    assert len(isotonic([])) == 0
