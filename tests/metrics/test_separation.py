"""Silhouettes against their definition; the others, too, against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics as theirs
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

import mlkit.metrics as ours


@pytest.fixture
def clusters():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 150)
    labels[7] = 9  # alone in its cluster
    return rng.standard_normal((150, 3)) + labels[:, None], labels


def test_silhouette_is_that_of_the_definition(clusters):
    X, labels = clusters
    D = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))
    expected = np.zeros(len(X))
    for i, own in enumerate(labels):
        mates = (labels == own) & (np.arange(len(X)) != i)
        if mates.any():
            a = D[i, mates].mean()
            b = min(D[i, labels == other].mean() for other in set(labels) - {own})
            expected[i] = (b - a) / max(a, b)
    assert_allclose(ours.silhouette_samples(X, labels), expected, rtol=1e-12)
    assert_allclose(ours.silhouette_score(X, labels), expected.mean())
    assert_allclose(ours.silhouette_samples(D, labels, metric="precomputed"), expected, rtol=1e-12)
    assert_allclose(ours.silhouette_samples(csr_array(X), labels), expected, atol=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine", "sqeuclidean", "chebyshev",
                                    "canberra"])  # fmt: skip
def test_silhouette_of_other_metrics(clusters, metric):
    expected = theirs.silhouette_samples(*clusters, metric=metric)
    assert_allclose(ours.silhouette_samples(*clusters, metric=metric), expected, atol=1e-12)


def test_sampled_silhouette_draws_scikit_learns_rows(clusters):
    X, labels = clusters
    options = {"sample_size": 40, "random_state": 3}
    assert_allclose(
        ours.silhouette_score(X, labels, **options), theirs.silhouette_score(X, labels, **options)
    )
    D = ours.pairwise_distances(X)
    assert_allclose(
        ours.silhouette_score(D, labels, metric="precomputed", **options),
        theirs.silhouette_score(D, labels, metric="precomputed", **options),
    )


@pytest.mark.parametrize("name", ["calinski_harabasz_score", "davies_bouldin_score"])
def test_equal_to_scikit_learn(clusters, name):
    X, labels = clusters
    assert_allclose(getattr(ours, name)(X, labels), getattr(theirs, name)(X, labels))
    words = np.array(list("abcdefghij"))[labels]
    assert_allclose(getattr(ours, name)(X, words), getattr(theirs, name)(X, labels))
    flat = [[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1]
    assert getattr(ours, name)(*flat) == getattr(theirs, name)(*flat)


def test_dtype_and_names(clusters):
    X, labels = clusters
    assert ours.silhouette_samples(X.astype(np.float32), labels).dtype == np.float32
    renamed = np.array(list("jihgfedcba"))[labels]
    assert_allclose(ours.silhouette_samples(X, renamed), ours.silhouette_samples(X, labels))


@pytest.mark.parametrize("labels", [np.zeros(5), np.arange(5)])
def test_too_few_or_too_many_clusters(labels):
    X = np.arange(10.0).reshape(5, 2)
    for name in ("silhouette_score", "calinski_harabasz_score", "davies_bouldin_score"):
        with pytest.raises(ValueError, match="Number of labels"):
            getattr(ours, name)(X, labels)


def test_similarities_are_no_distances():
    with pytest.raises(ValueError, match="diagonal"):
        ours.silhouette_samples(np.eye(4), [0, 0, 1, 1], metric="precomputed")


def test_rows_on_one_spot():
    assert_array_equal(ours.silhouette_samples(np.ones((4, 2)), [0, 0, 1, 1]), np.zeros(4))
