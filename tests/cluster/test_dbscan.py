"""DBSCAN: its definition, whatever the index, and scikit-learn's labels."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.cluster as reference
from numpy.testing import assert_array_equal
from scipy.spatial.distance import cdist

from mlkit.cluster import DBSCAN, dbscan


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(600, 2))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {"eps": 0.2},
        {"eps": 0.3, "metric": "manhattan"},
        {"eps": 0.25, "metric": "minkowski", "p": 3, "algorithm": "kd_tree"},
        {"eps": 0.2, "algorithm": "ball_tree", "min_samples": 9},
        {"eps": 0.001, "metric": "cosine"},
        {"eps": 0.2, "metric": lambda a, b: float(np.abs(a - b).max())},
    ],
    ids=["euclidean", "manhattan", "minkowski", "ball", "cosine", "function"],
)
def test_as_scikit_learn(rows, weighted, settings):
    if callable(settings.get("metric")):
        rows = np.sort(rows[:60], axis=0)  # a call for each pair
    weight = np.random.default_rng(1).uniform(0, 2, len(rows)) if weighted else None
    mine = DBSCAN(**settings).fit(rows, sample_weight=weight)
    theirs = reference.DBSCAN(**settings).fit(rows, sample_weight=weight)
    assert theirs.labels_.max() >= 0
    assert_array_equal(mine.labels_, theirs.labels_)
    assert_array_equal(mine.core_sample_indices_, theirs.core_sample_indices_)
    assert_array_equal(mine.components_, theirs.components_)


def test_definition(rows):
    eps, least = 0.2, 6
    model = DBSCAN(eps=eps, min_samples=least).fit(rows)
    near = cdist(rows, rows) <= eps
    core = near.sum(axis=1) >= least
    assert_array_equal(np.flatnonzero(core), model.core_sample_indices_)
    labels = model.labels_
    same = labels[:, None] == labels
    assert same[near & core & core[:, None]].all()
    reached = (near & core).any(axis=1)
    assert_array_equal(labels == -1, ~reached)
    least_near = np.where(near & core, labels, len(rows)).min(axis=1)
    assert_array_equal(labels[reached & ~core], least_near[reached & ~core])
    first = [np.flatnonzero((labels == k) & core)[0] for k in range(labels.max() + 1)]
    assert first == sorted(first)


@pytest.mark.parametrize("algorithm", ["auto", "brute", "kd_tree", "ball_tree"])
def test_every_index_gives_the_same(rows, algorithm):
    many = np.concatenate([rows, rows + 10])
    expected = DBSCAN(0.2, algorithm="brute").fit_predict(many)
    assert_array_equal(DBSCAN(0.2, algorithm=algorithm, n_jobs=2).fit_predict(many), expected)
    assert_array_equal(dbscan(many, 0.2, algorithm=algorithm)[1], expected)


def test_known_distances(rows):
    D = cdist(rows, rows)
    expected = DBSCAN(0.2).fit_predict(rows)
    assert_array_equal(DBSCAN(0.2, metric="precomputed").fit_predict(D), expected)
    graph = sp.csr_array(np.where(D <= 0.3, D, 0))  # without the rows themselves
    assert_array_equal(DBSCAN(0.2, metric="precomputed").fit_predict(graph), expected)
    assert_array_equal(DBSCAN(0.2).fit_predict(sp.csr_array(rows)), expected)
    with pytest.raises(ValueError, match="precomputed"):
        DBSCAN(metric="precomputed").fit(rows)


def test_weight_is_repetition(rows):
    times = np.random.default_rng(1).integers(1, 4, len(rows))
    weighted = DBSCAN(0.15, min_samples=8).fit_predict(rows, sample_weight=times)
    repeated = DBSCAN(0.15, min_samples=8).fit_predict(np.repeat(rows, times, axis=0))
    assert_array_equal(np.repeat(weighted, times), repeated)
    # A negative weight keeps its neighbours from being core rows.
    crowd = np.zeros((4, 1))
    assert_array_equal(DBSCAN(min_samples=3).fit_predict(crowd, sample_weight=[1, 1, 1, -5]), -1)


def test_nothing_but_noise():
    model = DBSCAN(0.1, min_samples=2).fit([[0.0], [1.0]])
    assert_array_equal(model.labels_, [-1, -1])
    assert model.components_.shape == (0, 1)
