"""Edges of intervals: k-means on a line is a fixed point of Lloyd's step."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from mlkit._engine.encode.intervals import around_centres, equal_weights, kmeans_on_line


def columns():
    rng = np.random.default_rng(0)
    return {
        "normal": rng.normal(size=500),
        "whole": rng.integers(0, 9, size=300).astype(float),
        "skewed": np.exp(3 * rng.normal(size=400)),
        "two": np.repeat([0.0, 1.0], 20),
        "far": np.r_[np.zeros(30), 1e6, rng.random(20)],
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_centres", [2, 3, 7])
@pytest.mark.parametrize("name", columns())
@pytest.mark.filterwarnings("ignore:Number of distinct")
def test_parity_of_kmeans(name, n_centres, weighted):
    x = columns()[name]
    weight = np.random.default_rng(1).integers(1, 4, len(x)).astype(float) if weighted else None
    edges = np.linspace(x.min(), x.max(), n_centres + 1)
    start = (edges[1:] + edges[:-1]) / 2
    model = KMeans(n_centres, init=start[:, None], n_init=1).fit(x[:, None], sample_weight=weight)
    centres, n_distinct = kmeans_on_line(x, start, weight)
    np.testing.assert_allclose(
        np.sort(centres), np.sort(model.cluster_centers_[:, 0]), rtol=1e-10, atol=1e-9
    )
    assert n_distinct == len(set(model.labels_))


def test_centres_are_means_of_their_nearest_rows():
    x = columns()["normal"]
    edges, _ = around_centres(x, -3.0, 3.0, 5)
    centres, _ = kmeans_on_line(x, np.linspace(-2, 2, 5), tol=0)
    nearest = np.abs(x[:, None] - centres).argmin(axis=1)
    for k, centre in enumerate(centres):
        assert abs(x[nearest == k].mean() - centre) < 1e-12
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize("method", ["averaged_inverted_cdf", "inverted_cdf"])
def test_weight_is_repetition(method):
    rng = np.random.default_rng(2)
    x, weight = rng.normal(size=101), rng.integers(0, 4, 101)
    repeated = equal_weights(np.repeat(x, weight), 6, method)
    np.testing.assert_allclose(equal_weights(x, 6, method, weight), repeated, rtol=1e-14)
