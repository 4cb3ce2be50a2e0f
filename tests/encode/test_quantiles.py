"""Quantiles: against their definitions."""

import numpy as np
import pytest

from mlkit._engine.encode.quantiles import column_quantiles, quantiles

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
