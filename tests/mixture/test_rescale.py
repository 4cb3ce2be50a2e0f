"""Columns shifted and stretched: the kernel equals two operations of NumPy to the bit."""

import numpy as np
import pytest

from mlkit._engine.mixture.rescale import rescale

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_threads", [1, 4])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1000, 7), (3, 300), (1, 1), (5000, 1), (30_000, 20), (0, 3)])
def test_kernel_is_two_operations(shape, dtype, order, n_threads):
    X = np.array(RNG.normal(size=shape), dtype=dtype, order=order)
    shift, scale = RNG.normal(size=(2, shape[1])).astype(dtype)
    got = rescale(X, shift, scale, np.empty_like(X), False, n_threads)
    np.testing.assert_array_equal(got, (X - shift) / scale)
    expected = X * scale + shift
    np.testing.assert_array_equal(
        rescale(X, shift, scale, np.empty_like(X), True, n_threads), expected
    )
    np.testing.assert_array_equal(rescale(X, shift, scale, X, True, n_threads), expected)


def test_bounds_are_checked():
    X, one = np.ones((4, 3)), np.ones(3)
    with pytest.raises(ValueError, match="one a column"):
        rescale(X, np.ones(2), one, np.empty_like(X), False, 1)
    with pytest.raises(ValueError, match="out is"):
        rescale(X, one, one, np.empty((4, 2)), False, 1)
    with pytest.raises(ValueError, match="float32 or float64"):
        rescale(X.astype(int), one, one, np.empty((4, 3), int), False, 1)
    with pytest.raises(ValueError, match="contiguous"):
        rescale(X, one, one, np.empty((4, 3), order="F"), False, 1)
