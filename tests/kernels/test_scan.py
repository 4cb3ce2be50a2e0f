import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native.scan import column_moments, column_range

LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "columns apart": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "some columns": lambda X: np.hstack([X, X])[:, : X.shape[1]],
    "some rows of F": lambda X: np.asfortranarray(np.vstack([X, X]))[: len(X)],
    "backwards": lambda X: X[::-1].copy()[::-1],
}
SHAPES = [(1, 1), (1, 7), (7, 1), (300, 3), (5000, 40), (40, 5000), (70_000, 1), (999, 129)]


@pytest.fixture(params=SHAPES, ids=str)
def X(request):
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, size=request.param)


def moments(X, weight):
    """The definition, NaN left out."""
    weight = np.where(np.isnan(X), 0, weight[:, None])
    X = np.nan_to_num(X.astype(float))
    total = weight.sum(axis=0)
    mean = (weight * X).sum(axis=0) / total
    return total, mean, (weight * (X - mean) ** 2).sum(axis=0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_their_definition(X, layout, dtype):
    X = LAYOUTS[layout](X.astype(dtype))
    for got, wanted in zip(column_moments(X), moments(X, np.ones(len(X))), strict=True):
        assert got.dtype == np.float64
        assert_allclose(got, wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_with_weights_and_missing_entries(X, order, dtype):
    rng = np.random.default_rng(1)
    X = X.astype(dtype, order=order)
    X[1:][rng.random(X[1:].shape) < 0.2] = np.nan
    weight = rng.integers(0, 3, size=len(X)).astype(float)
    weight[0] = 1
    got = column_moments(X, weight, skip_nan=True)
    for ours, wanted in zip(got, moments(X, weight), strict=True):
        assert_allclose(ours, wanted, rtol=1e-11, atol=1e-11)
    repeated = column_moments(np.repeat(X, weight.astype(int), axis=0), skip_nan=True)
    assert_allclose(got, repeated, rtol=1e-11, atol=1e-11)


def test_integer_weights_are_repeated_rows():
    X = np.random.default_rng(2).normal(size=(50, 3))
    weight = np.arange(50) % 3
    assert_allclose(column_moments(X, weight), column_moments(np.repeat(X, weight, axis=0)))


def test_mean_far_from_zero_keeps_the_spread():
    """Sums of squares would lose it: the variance is 1e-18 of the square of the mean."""
    X = 1e9 + np.random.default_rng(3).normal(size=(100_000, 2))
    _, _, spread = column_moments(X)
    assert_allclose(spread / len(X), X.var(axis=0), rtol=1e-9)


def test_nan_stays_where_it_is_not_skipped():
    X = np.array([[1.0, np.nan], [2.0, 3.0]])
    _, mean, spread = column_moments(X)
    assert_array_equal(np.isnan(mean), [False, True])
    assert_array_equal(np.isnan(spread), [False, True])


@pytest.mark.parametrize("order", "CF")
def test_the_mean_of_infinity_is_infinity(order):
    X = np.array([[1.0, -np.inf], [np.inf, 2.0], [3.0, 4.0]], order=order)
    assert_array_equal(column_moments(X)[1], [np.inf, -np.inf])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_range_is_that_of_numpy(X, layout, dtype):
    X = X.astype(dtype)
    X[1:][np.random.default_rng(4).random(X[1:].shape) < 0.3] = np.nan
    X = LAYOUTS[layout](X)
    least, greatest = column_range(X)
    assert least.dtype == dtype
    assert_array_equal(least, np.nanmin(X, axis=0))
    assert_array_equal(greatest, np.nanmax(X, axis=0))


def test_columns_without_entries():
    X = np.full((3, 2), np.nan)
    total, mean, spread = column_moments(X, skip_nan=True)
    assert_array_equal(total, 0)
    assert np.isnan(mean).all()
    assert_array_equal(spread, 0)
    assert np.isnan(column_range(X)).all()
    assert np.isnan(column_range(np.empty((0, 2)))).all()
    assert_array_equal(column_moments(np.empty((0, 2)))[0], 0)


def test_integers_are_read_as_float64():
    X = np.arange(12).reshape(4, 3)
    assert_allclose(column_moments(X)[1], X.mean(axis=0))
    assert_array_equal(column_range(X)[1], [9, 10, 11])


def test_read_only_and_byte_swapped_input():
    X = np.random.default_rng(5).normal(size=(20, 3))
    wanted = column_moments(X)
    X.setflags(write=False)
    assert_array_equal(column_moments(X), wanted)
    assert_array_equal(column_moments(X.astype(">f8")), wanted)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_do_not_change_a_bit(order, dtype):
    rng = np.random.default_rng(6)
    X = rng.normal(size=(60_000, 5)).astype(dtype, order=order)
    weight = rng.random(len(X))
    assert_array_equal(column_moments(X, weight), column_moments(X, weight, n_threads=4))
    assert_array_equal(column_range(X), column_range(X, n_threads=4))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="2 dimensions, got 1"):
        column_moments(np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(2,\), X has 3 rows"):
        column_moments(np.ones((3, 1)), np.ones(2))
