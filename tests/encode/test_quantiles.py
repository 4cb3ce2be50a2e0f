"""Quantiles: against their definitions."""

import numpy as np
import pytest

from mlkit._engine.encode.quantiles import column_quantiles, quantiles, weighted_quantiles

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_column_quantiles_interpolate_order_statistics(n, dtype):
    X = RNG.normal(size=(n, 3)).astype(dtype)
    X[RNG.random(X.shape) < 0.2] = np.nan
    X[0] = 1.5
    q = np.array([0.0, 0.25, 0.3, 0.5, 0.75, 1.0])
    expected = np.nanquantile(X.astype(np.float64), q, axis=0)
    np.testing.assert_allclose(column_quantiles(X, q), expected, rtol=1e-13)


def test_unstored_zeros_count():
    values = np.array([1.0, -2.0, np.nan, 4.0])
    q = np.linspace(0, 1, 9)
    dense = np.concatenate([values, np.zeros(5)])
    np.testing.assert_allclose(quantiles(values, q, n_zeros=5), np.nanquantile(dense, q))
    assert np.isnan(quantiles(np.array([np.nan]), q)).all()


def test_weight_two_is_the_row_twice():
    values = RNG.integers(0, 20, size=50).astype(float)
    weights = RNG.integers(0, 4, size=50)
    twice = np.repeat(values, weights)
    q = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]
    for averaged in (False, True):
        np.testing.assert_allclose(
            weighted_quantiles(values, weights, q, averaged=averaged),
            weighted_quantiles(twice, np.ones(len(twice)), q, averaged=averaged),
        )
    method = "inverted_cdf"
    np.testing.assert_allclose(
        weighted_quantiles(twice, np.ones(len(twice)), q), np.quantile(twice, q, method=method)
    )


def test_averaged_median_is_the_midpoint_of_an_even_sample():
    values, one = RNG.normal(size=10), np.full(10, 0.1)
    assert weighted_quantiles(values, one, [0.5], averaged=True)[0] == pytest.approx(
        np.median(values)
    )
    assert np.isnan(weighted_quantiles(values, np.zeros(10), [0.5])[0])
