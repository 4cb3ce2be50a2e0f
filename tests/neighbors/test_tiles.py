"""Distances over tiles against their definitions."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.neighbors.tiles import METRICS, distance_sums, distances, pair_sums

DEFINITIONS = {
    "sqeuclidean": lambda away: (away**2).sum(axis=2),
    "euclidean": lambda away: np.sqrt((away**2).sum(axis=2)),
    "manhattan": lambda away: np.abs(away).sum(axis=2),
    "chebyshev": lambda away: np.abs(away).max(axis=2),
}


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 16, 3), (7, 33, 5), (130, 1100, 2)])
@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_those_of_the_definition(metric, shape):
    rng = np.random.default_rng(0)
    n, m, d = shape
    X, Y = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    expected = DEFINITIONS[metric](X[:, None] - Y)
    assert_allclose(distances(X, Y, metric), expected, rtol=1e-14)
    assert_array_equal(distances(X, Y, metric), distances(X, Y, metric, n_threads=4))


@pytest.mark.parametrize("metric", METRICS)
def test_sums_are_sums_of_distances(metric):
    rng = np.random.default_rng(1)
    X, Y, size = rng.standard_normal((9, 4)), rng.standard_normal((40, 4)), np.array([1, 0, 17, 22])
    full = distances(X, Y, metric)
    parts = np.split(full, np.cumsum(size)[:-1], axis=1)
    expected = np.stack([part.sum(axis=1) for part in parts], axis=1)
    assert_allclose(distance_sums(X, Y, size, metric), expected, rtol=1e-13)
    assert_array_equal(
        distance_sums(X, Y, size, metric), distance_sums(X, Y, size, metric, n_threads=4)
    )


@pytest.mark.parametrize("n", [1, 40, 200])
@pytest.mark.parametrize("metric", METRICS)
def test_rows_from_themselves(metric, n):
    """Each pair is computed once: the result is symmetric, and that of two arrays."""
    X = np.random.default_rng(2).standard_normal((n, 3))
    found = distances(X, X, metric)
    assert_array_equal(found, found.T)
    assert_array_equal(found, distances(X, X.copy(), metric))
    assert_array_equal(found, distances(X, X, metric, n_threads=4))


@pytest.mark.parametrize("size", [[40], [1, 0, 17, 22], [16, 16, 0, 8], [1] * 40])
@pytest.mark.parametrize("metric", METRICS)
def test_sums_of_pairs_are_those_of_rows_from_themselves(metric, size):
    X, size = np.random.default_rng(3).standard_normal((40, 4)), np.array(size)
    found = pair_sums(X, size, metric)
    assert_allclose(found, distance_sums(X, X, size, metric), rtol=1e-13, atol=1e-14)
    assert_array_equal(found, pair_sums(X, size, metric, n_threads=4))
    with pytest.raises(ValueError, match="must sum"):
        pair_sums(X, size[1:], metric)


def test_far_from_the_origin_nothing_cancels():
    X = 1e9 + np.arange(4.0)[:, None]
    assert_array_equal(distances(X, X, "euclidean"), abs(X - X.T))


def test_no_rows_or_columns():
    assert distances(np.zeros((0, 2)), np.zeros((3, 2)), "euclidean").shape == (0, 3)
    assert_array_equal(distances(np.zeros((2, 0)), np.zeros((3, 0)), "manhattan"), np.zeros((2, 3)))
    assert distance_sums(np.zeros((2, 1)), np.zeros((0, 1)), np.array([0]), "manhattan").sum() == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="one width"):
        distances(np.zeros((2, 2)), np.zeros((2, 3)), "euclidean")
    with pytest.raises(ValueError, match="tiles know"):
        distances(np.zeros((2, 2)), np.zeros((2, 2)), "cosine")
    with pytest.raises(ValueError, match="must sum"):
        distance_sums(np.zeros((2, 2)), np.zeros((2, 2)), np.array([3]), "euclidean")


def test_levels_of_the_processor_agree():
    """To the bit where nothing is squared or both levels fuse squares and sums."""
    code = (
        "import numpy as np, sys; from mlkit._engine.neighbors.tiles import *\n"
        "X, size = np.random.default_rng(0).standard_normal((50, 7)), np.array([20, 30])\n"
        "found = [f for m in METRICS for f in\n"
        "         (distances(X, X, m), distance_sums(X, X, size, m), pair_sums(X, size, m))]\n"
        "sys.stdout.buffer.write(np.concatenate([f.ravel() for f in found]).tobytes())"
    )
    baseline, avx2, avx512 = (
        np.frombuffer(
            subprocess.run(
                [sys.executable, "-c", code],
                env={"MLKIT_CPU": level},
                capture_output=True,
                check=True,
            ).stdout
        )
        for level in ("baseline", "avx2", "avx512")
    )
    unsquared = -2 * (50 * 50 + 2 * 50 * 2)
    assert_array_equal(avx2, avx512)
    assert_allclose(baseline, avx512, rtol=1e-14)
    assert_array_equal(baseline[unsquared:], avx512[unsquared:])
