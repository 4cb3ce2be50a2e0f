"""Trees of merging clusters: heights by definition, graphs that bind, scikit-learn's merges."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.cluster as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import pdist, squareform
from sklearn.feature_extraction.image import grid_to_graph

from mlkit.cluster import AgglomerativeClustering, FeatureAgglomeration, linkage_tree, ward_tree

LINKAGES = ["ward", "complete", "average", "single"]


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(64, 3))


GRID = grid_to_graph(8, 8)


def same_partition(a, b):
    pairs = np.unique(np.column_stack([a, b]), axis=0)
    return len(pairs) == len(np.unique(a)) == len(np.unique(b))


@pytest.mark.parametrize("linkage", LINKAGES)
@pytest.mark.parametrize("graph", [None, GRID], ids=["all", "grid"])
@pytest.mark.parametrize("n_clusters", [1, 4, 30])
def test_as_scikit_learn(rows, linkage, graph, n_clusters):
    settings = {"linkage": linkage, "connectivity": graph, "compute_distances": True}
    mine = AgglomerativeClustering(n_clusters, **settings).fit(rows)
    theirs = reference.AgglomerativeClustering(n_clusters, **settings).fit(rows)
    assert_allclose(mine.distances_, theirs.distances_)
    assert_array_equal(np.sort(mine.children_), np.sort(theirs.children_))
    assert same_partition(mine.labels_, theirs.labels_)
    assert mine.n_leaves_ == 64
    assert mine.n_connected_components_ == theirs.n_connected_components_


@pytest.mark.parametrize("linkage", LINKAGES)
def test_a_whole_graph_binds_nothing(rows, linkage):
    """The tree along the graph of all pairs is the tree of all pairs: two ways to one result."""
    free, bound = (
        AgglomerativeClustering(5, linkage=linkage, connectivity=graph, compute_distances=True)
        .fit(rows) for graph in (None, np.ones((64, 64)))
    )  # fmt: skip
    assert_allclose(free.distances_, bound.distances_)
    assert_array_equal(np.sort(free.children_), np.sort(bound.children_))


def test_heights_by_definition(rows):
    single = linkage_tree(rows, linkage="single", return_distance=True)
    D = squareform(pdist(rows))
    paths = D.copy()
    for k in range(len(rows)):  # the least greatest step of any path
        paths = np.minimum(paths, np.maximum(paths[:, k, None], paths[k]))
    members = [[i] for i in range(len(rows))]
    for (a, b), height in zip(single[0], single[4], strict=True):
        assert_allclose(paths[np.ix_(members[a], members[b])], height)
        members.append(members[a] + members[b])
    children, _, _, _, heights = ward_tree(rows, return_distance=True)
    members = [[i] for i in range(len(rows))]
    for (a, b), height in zip(children, heights, strict=True):
        one, other, both = rows[members[a]], rows[members[b]], rows[members[a] + members[b]]
        grown = sum(sign * np.square(part - part.mean(axis=0)).sum()
                    for sign, part in [(1, both), (-1, one), (-1, other)])  # fmt: skip
        assert_allclose(height, np.sqrt(2 * grown))
        members.append(members[a] + members[b])


@pytest.mark.parametrize("linkage", LINKAGES)
def test_clusters_are_connected(rows, linkage):
    labels = AgglomerativeClustering(6, linkage=linkage, connectivity=GRID).fit_predict(rows)
    for k in range(6):
        inside = sp.csr_array(GRID)[labels == k][:, labels == k]
        assert sp.csgraph.connected_components(inside)[0] == 1


@pytest.mark.parametrize("linkage", ["ward", "complete", "average"])
def test_a_tree_that_ends_early_is_the_start_of_the_whole(rows, linkage):
    settings = {"linkage": linkage, "connectivity": GRID}
    whole = AgglomerativeClustering(20, compute_full_tree=True, **settings).fit(rows)
    early = AgglomerativeClustering(20, compute_full_tree=False, **settings).fit(rows)
    assert_array_equal(early.children_, whole.children_[:44])
    assert same_partition(early.labels_, whole.labels_)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_threshold(rows, linkage):
    model = AgglomerativeClustering(None, linkage=linkage, distance_threshold=1.0).fit(rows)
    assert model.n_clusters_ == 1 + (model.distances_ >= 1.0).sum()
    by_number = AgglomerativeClustering(model.n_clusters_, linkage=linkage).fit(rows)
    assert_array_equal(by_number.labels_, model.labels_)


@pytest.mark.parametrize("linkage", ["complete", "average", "single"])
@pytest.mark.parametrize("graph", [None, GRID], ids=["all", "grid"])
@pytest.mark.parametrize("metric", ["manhattan", "cosine", "chebyshev"])
def test_metrics_are_known_distances(rows, linkage, graph, metric):
    D = squareform(pdist(rows, {"manhattan": "cityblock"}.get(metric, metric)))
    settings = {"linkage": linkage, "connectivity": graph, "compute_distances": True}
    by_name = AgglomerativeClustering(3, metric=metric, **settings).fit(rows)
    known = AgglomerativeClustering(3, metric="precomputed", **settings).fit(D)
    assert_allclose(by_name.distances_, known.distances_)
    assert_array_equal(by_name.labels_, known.labels_)


def test_components_are_joined(rows):
    graph = sp.block_diag([np.ones((30, 30)), np.ones((34, 34))]).tocsr()
    for linkage in LINKAGES:
        with pytest.warns(UserWarning, match="components of the connectivity matrix is 2"):
            model = AgglomerativeClustering(2, linkage=linkage, connectivity=graph).fit(rows)
        assert model.n_connected_components_ == 2
        assert len(model.children_) == 63


def test_trees_are_kept(rows, tmp_path):
    cached = AgglomerativeClustering(3, memory=str(tmp_path))
    assert_array_equal(cached.fit_predict(rows), AgglomerativeClustering(3).fit_predict(rows))
    assert any(tmp_path.iterdir())
    assert_array_equal(cached.fit_predict(rows), AgglomerativeClustering(3).fit_predict(rows))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_clusters": None}, "Exactly one of"),
        ({"n_clusters": 2, "distance_threshold": 1.0}, "Exactly one of"),
        ({"n_clusters": None, "distance_threshold": 1.0, "compute_full_tree": False}, "must be"),
        ({"metric": "manhattan"}, "Ward can only work"),
        ({"n_clusters": 65}, "more clusters than samples"),
        ({"connectivity": np.ones((3, 3))}, "connectivity has shape"),
        ({"metric": "precomputed", "linkage": "single"}, "should be square"),
    ],
)
def test_refusals(rows, settings, words):
    with pytest.raises(ValueError, match=words):
        AgglomerativeClustering(**settings).fit(rows)


@pytest.mark.parametrize("pooling", [np.mean, np.median, np.max])
def test_columns_are_pooled(pooling):
    X = np.random.default_rng(0).normal(size=(20, 9)) + np.repeat([0, 5, 9], 3)
    model = FeatureAgglomeration(3, pooling_func=pooling).fit(X)
    assert same_partition(model.labels_, np.repeat([0, 1, 2], 3))
    Z = model.transform(X)
    for label in range(3):
        assert_allclose(Z[:, label], pooling(X[:, model.labels_ == label], axis=1))
    back = model.inverse_transform(Z)
    assert_allclose(back, Z[:, model.labels_])
    assert list(model.get_feature_names_out()) == [f"featureagglomeration{i}" for i in range(3)]
    assert not hasattr(model, "fit_predict")
    theirs = reference.FeatureAgglomeration(3, pooling_func=pooling).fit(X)
    assert_allclose(Z, theirs.transform(X))
