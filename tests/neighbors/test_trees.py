"""Trees as objects: nodes that hold what they say, queries, sums of kernels."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.spatial.distance import cdist

from mlkit._engine.neighbors.kernel_norm import KERNELS, log_norm
from mlkit.neighbors import BallTree, KDTree, KernelDensity

TREES = (KDTree, BallTree)
PROFILES = {
    "gaussian": lambda u: np.exp(-0.5 * u**2),
    "tophat": lambda u: 1.0 * (u < 1),
    "epanechnikov": lambda u: np.maximum(1 - u**2, 0),
    "exponential": lambda u: np.exp(-u),
    "linear": lambda u: np.maximum(1 - u, 0),
    "cosine": lambda u: np.cos(0.5 * np.pi * u) * (u < 1),
}


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((203, 3))


@pytest.mark.parametrize("leaf_size", [1, 7, 300])
@pytest.mark.parametrize("tree", TREES)
def test_nodes_hold_their_rows(X, tree, leaf_size):
    found = tree(X, leaf_size=leaf_size)
    data, order, nodes, bounds = found.get_arrays()
    assert_array_equal(np.sort(order), np.arange(len(X)))
    for v, node in enumerate(nodes):
        rows = data[order[node["idx_start"] : node["idx_end"]]]
        if tree is KDTree:
            assert_array_equal(bounds[:, v], [rows.min(axis=0), rows.max(axis=0)])
        else:
            away = np.linalg.norm(rows - bounds[0, v], axis=1)
            assert_allclose(away.max(), node["radius"], rtol=1e-9, atol=1e-12)
        if node["is_leaf"]:
            assert min(leaf_size, len(X)) <= len(rows) <= 2 * leaf_size
        else:
            left, right = nodes[2 * v + 1], nodes[2 * v + 2]
            assert left["idx_start"] == node["idx_start"]
            assert left["idx_end"] == right["idx_start"]
            assert right["idx_end"] == node["idx_end"]


@pytest.mark.parametrize("options", [{}, {"dualtree": True}, {"breadth_first": True}])
@pytest.mark.parametrize("tree", TREES)
def test_queries(X, tree, options):
    found, full = tree(X, leaf_size=4), cdist(X, X)
    distance, index = found.query(X, k=6, **options)
    assert_allclose(distance, np.sort(full)[:, :6], atol=1e-14)
    assert_allclose(np.take_along_axis(full, index, 1), distance, atol=1e-14)
    assert_array_equal(found.query(X, k=6, return_distance=False), index)
    assert found.query(X[:6].reshape(2, 3, 3), k=2)[0].shape == (2, 3, 2)


@pytest.mark.parametrize("tree", TREES)
def test_queries_within_a_radius(X, tree):
    found, full = tree(X, leaf_size=4), cdist(X, X)
    radius = np.linspace(0.1, 3, len(X))
    expected = full <= radius[:, None]
    assert_array_equal(found.query_radius(X, radius, count_only=True), expected.sum(axis=1))
    index, distance = found.query_radius(X, radius, return_distance=True, sort_results=True)
    for i, d, row, near in zip(index, distance, full, expected, strict=True):
        assert_array_equal(np.sort(i), np.flatnonzero(near))
        assert_allclose(d, np.sort(row[near]), atol=1e-14)
    radii = [0.2, 1.0, 5.0]
    for dualtree in (False, True):
        assert_array_equal(
            found.two_point_correlation(X, radii, dualtree=dualtree),
            [(full <= each).sum() for each in radii],
        )


def test_trees_look_at_few_rows():
    X = np.random.default_rng(1).random((20_000, 2))
    for tree in TREES:
        found = tree(X)
        found.query(X[:100], k=3)
        trims, leaves, splits = found.get_tree_stats()
        assert 0 < found.get_n_calls() < 100 * 1000
        assert min(trims, leaves, splits) > 0
        found.reset_n_calls()
        assert found.get_n_calls() == 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_integrate_to_one(kernel):
    for d in (1, 2, 5):
        sphere = 2 * np.pi ** (d / 2) / {1: np.pi**0.5, 2: 1, 5: 0.75 * np.pi**0.5}[d]
        mass, _ = quad(lambda r, d=d: PROFILES[kernel](r / 0.7) * r ** (d - 1), 0, 0.7 * 40,
                       points=[0.7], limit=200)  # fmt: skip
        assert_allclose(np.exp(log_norm(kernel, 0.7, d)) * sphere * mass, 1, rtol=1e-6)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_sums_of_kernels(X, tree, kernel):
    weight = np.random.default_rng(2).uniform(0.5, 2, len(X))
    found, Q = tree(X, leaf_size=4, sample_weight=weight), X[::5] + 0.1
    for h in (0.01, 0.5, 3.0):
        norm = np.exp(log_norm(kernel, h, 3))
        expected = norm * PROFILES[kernel](cdist(Q, X) / h) @ weight
        assert_allclose(found.kernel_density(Q, h, kernel, rtol=0), expected, rtol=1e-10)
        for best_first in (False, True):
            rough = found.kernel_density(Q, h, kernel, atol=norm * 0.1, rtol=0.01,
                                         breadth_first=best_first)  # fmt: skip
            assert (np.abs(rough - expected) <= 1.001 * (norm * 0.1 + 0.01 * rough)).all()
    assert_allclose(
        found.kernel_density(Q, 1.0, kernel, return_log=True),
        np.log(found.kernel_density(Q, 1.0, kernel)),
    )


def test_tolerance_saves_work(X):
    tree = KDTree(np.random.default_rng(3).random((5000, 2)))
    counts = []
    for rtol in (0, 0.01):
        tree.reset_n_calls()
        tree.kernel_density(tree.data[:20], 2.0, rtol=rtol)
        counts.append(tree.get_n_calls())
    assert counts[1] < counts[0] / 2


@pytest.mark.parametrize("metric", ["haversine", "manhattan", "jaccard", "canberra"])
def test_balls_serve_any_metric(metric):
    rng = np.random.default_rng(4)
    X = rng.uniform(-1, 1, (80, 2)) if metric != "jaccard" else rng.random((80, 9)) > 0.4
    tree = BallTree(X, leaf_size=3, metric=metric)
    full = tree.query(X, k=80)
    near = tree.query(X, k=4)
    assert_array_equal(full[0][:, :4], near[0])
    assert_array_equal(full[1][:, :4], near[1])
    density = tree.kernel_density(X, 0.3)
    profile = np.exp(-0.5 * (full[0] / 0.3) ** 2).sum(axis=1)
    assert_allclose(density, np.exp(log_norm("gaussian", 0.3, X.shape[1])) * profile, rtol=1e-6)


def distance_of(x, y, p):
    return float((np.abs(x - y) ** p).sum() ** (1 / p))


def test_functions_and_pickles(X):
    trees = [KDTree(X, leaf_size=5), BallTree(X, metric=distance_of, p=2), BallTree(X)]
    expected = trees[0].query(X[:7], k=3)
    for tree in trees:
        for each in (tree, pickle.loads(pickle.dumps(tree))):
            distance, index = each.query(X[:7], k=3)
            assert_allclose(distance, expected[0])
            assert_array_equal(index, expected[1])


def test_what_does_not_fit_is_refused(X):
    with pytest.raises(ValueError, match="invalid metric"):
        KDTree(X, metric="haversine")
    with pytest.raises(ValueError, match="k=204"):
        KDTree(X).query(X, k=204)
    with pytest.raises(ValueError, match="columns"):
        KDTree(X).query(X[:, :2])
    with pytest.raises(ValueError, match="both"):
        KDTree(X).query_radius(X, 1.0, return_distance=True, count_only=True)
    with pytest.raises(TypeError, match="return a float"):
        BallTree(X, metric=lambda x, y: "near")


class TestKernelDensity:
    def test_weight_two_is_the_row_twice(self, X):
        weight = 1 + np.arange(len(X)) % 3
        one = KernelDensity(bandwidth=0.4).fit(X, sample_weight=weight)
        two = KernelDensity(bandwidth=0.4).fit(np.repeat(X, weight, axis=0))
        assert_allclose(one.score_samples(X), two.score_samples(X))
        assert one.score(X) == one.score_samples(X).sum()
        # Draws go to rows of weight alone.
        only = KernelDensity(bandwidth=1e-9).fit(X, sample_weight=1.0 * (np.arange(len(X)) == 3))
        assert_allclose(only.sample(9, random_state=0), np.tile(X[3], (9, 1)), atol=1e-7)

    def test_far_away_the_density_does_not_vanish(self):
        density = KernelDensity().fit([[0.0], [1.0]])
        expected = -0.5 * 999**2 + np.log(0.5) - 0.5 * np.log(2 * np.pi)
        assert_allclose(density.score_samples([[1000.0]]), [expected])
        assert KernelDensity(kernel="tophat").fit([[0.0]]).score_samples([[2.0]]) == -np.inf

    def test_draws_follow_the_density(self, X):
        for kernel, spread in (("gaussian", 0.3), ("tophat", 0.3 / 5**0.5)):
            model = KernelDensity(kernel=kernel, bandwidth=0.3).fit(X[:1])
            drawn = model.sample(4000, random_state=0) - X[0]
            assert_allclose(drawn.mean(axis=0), 0, atol=0.02)
            assert_allclose(drawn.std(axis=0), spread, rtol=0.05)

    def test_rules_of_thumb(self, X):
        n, d = X.shape
        assert KernelDensity(bandwidth="scott").fit(X).bandwidth_ == n ** (-1 / (d + 4))
        silverman = (n * (d + 2) / 4) ** (-1 / (d + 4))
        assert KernelDensity(bandwidth="silverman").fit(X).bandwidth_ == silverman
