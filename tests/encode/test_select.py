"""Values of chosen ranks: those of the sorted column, whatever the column is like."""

import numpy as np
import pytest

from mlkit._engine.encode.intervals import columns_of_equal_weights
from mlkit._engine.encode.quantiles import column_quantiles, order_statistics
from mlkit._engine.encode.select import gather, select

N = 40_000
RNG = np.random.default_rng(0)
COLUMNS = {
    "normal": RNG.normal(size=N),
    "heavy": RNG.standard_cauchy(size=N) ** 3,
    "few values": RNG.integers(0, 4, size=N).astype(float),
    "constant": np.full(N, 2.5),
    "ascending": np.arange(N, dtype=float),
    "descending": -np.arange(N, dtype=float),
    "huge": RNG.uniform(-1, 1, size=N) * 1.7e308,
    "tiny": RNG.uniform(-1, 1, size=N) * 5e-320,
    "one apart": np.append(np.zeros(N - 1), 1e300),
    "infinite": np.append(RNG.normal(size=N - 2), [np.inf, -np.inf]),
}


@pytest.mark.parametrize("name", sorted(COLUMNS))
@pytest.mark.parametrize("n_ranks", [1, 7, 60, 300])
def test_ranks_of_any_column(name, n_ranks):
    X = np.column_stack([COLUMNS[name], COLUMNS["normal"]])
    ranks = np.sort(RNG.integers(0, N, size=n_ranks))
    ranks[0], ranks[-1] = 0, N - 1 if n_ranks > 1 else 0
    np.testing.assert_array_equal(order_statistics(X, ranks), np.sort(X, axis=0)[ranks])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (300, 9), (20_001, 17)])
@pytest.mark.parametrize("order", ["C", "F", "view"])
def test_columns_are_gathered_without_nan(shape, order, dtype):
    X = RNG.normal(size=shape).astype(dtype)
    X[RNG.random(shape) < 0.3] = np.nan
    X[-1] = np.nan
    X = np.repeat(X, 2, axis=0)[::2] if order == "view" else np.asarray(X, order=order)
    values, counts = gather(X, n_threads=2)
    for j in range(shape[1]):
        np.testing.assert_array_equal(values[j, : counts[j]], X[~np.isnan(X[:, j]), j])


def test_threads_change_nothing():
    X = np.column_stack(list(COLUMNS.values()))[:, :8]
    X[::3, 2] = np.nan
    levels = np.linspace(0, 1, 11)
    expected = None
    for threads in (1, 2, 5):
        values, counts = gather(X, n_threads=threads)
        ranks = np.floor(levels * (counts[:, None] - 1)).astype(np.intp)
        found = select(values, counts, ranks, n_threads=threads)
        expected = found if expected is None else expected
        np.testing.assert_array_equal(found, expected)


def test_quantiles_are_numpys():
    X = RNG.normal(size=(30_000, 4))
    X[RNG.random(X.shape) < 0.2] = np.nan
    X[:, 3] = np.nan
    levels = np.linspace(0, 1, 9)
    found = column_quantiles(X, levels)
    np.testing.assert_allclose(found[:, :3], np.nanquantile(X[:, :3], levels, axis=0), rtol=1e-13)
    assert np.isnan(found[:, 3]).all()


@pytest.mark.parametrize("n_rows", [3, 1000, 1001, 30_000])
@pytest.mark.parametrize("method", ["averaged_inverted_cdf", "linear"])
def test_edges_are_numpys(method, n_rows):
    X = RNG.normal(size=(n_rows, 2)).round(1)
    for n_bins in (2, 5, 10):
        found = columns_of_equal_weights(X, n_bins, method)
        levels = np.linspace(0, 100, n_bins + 1)
        expected = np.percentile(X, levels, axis=0, method=method).T
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_ranks_out_of_range_are_refused():
    values, counts = gather(RNG.normal(size=(10, 1)))
    for ranks in ([[10]], [[-1]], [[5, 4]], [[1], [1]]):
        with pytest.raises(ValueError, match="ranks"):
            select(values.copy(), counts, np.array(ranks))
