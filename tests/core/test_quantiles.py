"""Weighted percentiles against their definition and unweighted ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.stats import _weighted_percentile as reference

from mlkit.utils.stats import weighted_percentile


@pytest.fixture
def rng():
    return np.random.RandomState(0)


@pytest.mark.parametrize("rank", [0, 10, 33.3, 50, 99, 100])
def test_it_is_the_least_value_that_reaches_the_rank(rng, rank):
    x, w = rng.standard_normal(50), rng.random_sample(50)
    found = weighted_percentile(x, w, rank)
    assert w[x <= found].sum() >= rank / 100 * w.sum() - 1e-12
    assert w[x < found].sum() <= rank / 100 * w.sum()


@pytest.mark.parametrize("average", [False, True])
def test_integer_weights_are_repeated_values(rng, average):
    x, w = rng.standard_normal(30), rng.randint(1, 4, 30)
    method = "averaged_inverted_cdf" if average else "inverted_cdf"
    for rank in (0, 25, 50, 75, 100):
        want = np.percentile(np.repeat(x, w), rank, method=method)
        assert_allclose(weighted_percentile(x, w, rank, average), want, rtol=1e-14)


def test_unit_weights_and_average_give_the_median(rng):
    for n in range(1, 20):
        x = rng.standard_normal(n)
        found = weighted_percentile(x, np.ones(n), 50, average=True)
        assert_allclose(found, np.median(x), rtol=1e-14)


def test_weights_that_do_not_sum_exactly_reach_the_rank():
    assert weighted_percentile(np.arange(10.0), np.full(10, 0.1), 30) == 2.0


def test_nan_and_weight_zero_are_passed_over():
    x, w = np.array([np.nan, 1, 2, 3, 9]), np.array([5.0, 1, 1, 1, 0])
    for rank in (0, 50, 100):
        for average in (False, True):
            assert weighted_percentile(x, w, rank, average) == weighted_percentile(
                [1, 2, 3], None, rank, average
            )
    assert np.isnan(weighted_percentile([np.nan, np.nan], [1, 1], 50))


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("ranks", [50, [10, 50, 90]])
def test_columns_are_apart_and_shapes_are_those_of_the_reference(rng, average, ranks):
    X = rng.standard_normal((20, 3)).round(1)
    X[rng.random_sample(X.shape) < 0.2] = np.nan
    for w in (rng.random_sample(20), rng.random_sample((20, 3))):
        found = weighted_percentile(X, w, ranks, average)
        assert_array_equal(found, reference(X, w, ranks, average=average))
        for column in range(3):
            own = w if w.ndim == 1 else w[:, column]
            assert_array_equal(
                found[column], weighted_percentile(X[:, column], own, ranks, average)
            )


def test_float32_stays():
    assert weighted_percentile(np.ones((3, 2), np.float32), np.ones(3)).dtype == np.float32
