"""Searches as models: what is searched, how, and what comes back."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from mlkit.exceptions import EfficiencyWarning
from mlkit.metrics import DistanceMetric, pairwise_distances
from mlkit.neighbors import (
    VALID_METRICS,
    VALID_METRICS_SPARSE,
    BallTree,
    KDTree,
    NearestNeighbors,
    kneighbors_graph,
    radius_neighbors_graph,
    sort_graph_by_row_values,
)

ALGORITHMS = ("auto", "brute", "kd_tree", "ball_tree")


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((120, 4))


def same(a, b):
    for this, that in zip(a, b, strict=True):
        assert_array_equal(this, that)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, np.inf])
def test_algorithms_agree_to_the_bit(X, p):
    searches = [NearestNeighbors(algorithm=each, p=p, leaf_size=5).fit(X) for each in ALGORITHMS]
    for query in (X[:30] + 0.1, None):
        first = searches[0].kneighbors(query)
        reach = searches[0].radius_neighbors(query, 1.3)
        for search in searches[1:]:
            same(first, search.kneighbors(query))
            for this, that in zip(reach, search.radius_neighbors(query, 1.3), strict=True):
                same(this, that)
    assert_allclose(first[0], np.sort(cdist(X, X, "minkowski", p=p) if p < np.inf
                                      else cdist(X, X, "chebyshev"))[:, 1:6])  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_row_of_fit_is_not_its_own_neighbour(X, algorithm):
    search = NearestNeighbors(n_neighbors=3, radius=1.0, algorithm=algorithm).fit(X)
    own = np.arange(len(X))
    assert not (search.kneighbors(return_distance=False) == own[:, None]).any()
    with_self = search.kneighbors(X, 4)
    assert_array_equal(with_self[1][:, 0], own)
    same((each[:, 1:] for each in with_self), search.kneighbors())
    assert all(i not in row for i, row in enumerate(search.radius_neighbors()[1]))


def test_of_copies_one_is_left_out():
    search = NearestNeighbors(n_neighbors=1).fit(np.ones((3, 1)))
    assert_array_equal(search.kneighbors()[1].ravel(), [1, 0, 1])


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_sparse_is_dense(X, metric):
    X = X * (X > 0)
    dense = NearestNeighbors(metric=metric, algorithm="brute").fit(X)
    for kind in (sp.csr_array, sp.csc_matrix, sp.lil_array):
        sparse = NearestNeighbors(metric=metric).fit(kind(X))
        for query in (kind(X[:9]), X[:9]):
            assert_allclose(sparse.kneighbors(query)[0], dense.kneighbors(X[:9])[0], atol=1e-7)
        assert_allclose(dense.kneighbors(kind(X[:9]))[0], dense.kneighbors(X[:9])[0])
        indptr = [len(each) for each in sparse.radius_neighbors(kind(X[:9]), 1.1)[0]]
        assert indptr == [len(each) for each in dense.radius_neighbors(X[:9], 1.1)[0]]


def test_trees_take_no_sparse_rows(X):
    tree = NearestNeighbors(algorithm="kd_tree").fit(X)
    with pytest.raises(ValueError, match="takes no sparse X"):
        tree.kneighbors(sp.csr_array(X))
    with pytest.warns(UserWarning, match="brute force"):
        NearestNeighbors(algorithm="kd_tree").fit(sp.csr_array(X))
    with pytest.raises(ValueError, match="not valid for sparse"):
        NearestNeighbors(metric="canberra").fit(sp.csr_array(X))


def test_precomputed_distances_give_what_rows_give(X):
    by_rows = NearestNeighbors(n_neighbors=4).fit(X)
    by_distance = NearestNeighbors(n_neighbors=4, metric="precomputed").fit(cdist(X, X))
    Q = X[:20] + 0.2
    for query, known in ((None, None), (Q, cdist(Q, X))):
        assert_allclose(by_distance.kneighbors(known)[0], by_rows.kneighbors(query)[0])
        assert_array_equal(by_distance.kneighbors(known)[1], by_rows.kneighbors(query)[1])
        for a, b in zip(by_distance.radius_neighbors(known)[1], by_rows.radius_neighbors(query)[1],
                        strict=True):  # fmt: skip
            assert_array_equal(np.sort(a), np.sort(b))
    with pytest.raises(ValueError, match="row and a column"):
        NearestNeighbors(metric="precomputed").fit(cdist(Q, X))
    with pytest.raises(ValueError, match="Negative"):
        NearestNeighbors(metric="precomputed").fit(-cdist(X, X))


def test_a_graph_is_searched_by_what_it_stores(X):
    graph = NearestNeighbors(n_neighbors=6).fit(X).kneighbors_graph(X, mode="distance")
    search = NearestNeighbors(n_neighbors=5, metric="precomputed").fit(graph)
    same(search.kneighbors(), NearestNeighbors(n_neighbors=5).fit(X).kneighbors())
    with pytest.raises(ValueError, match="neighbors per samples are required"):
        search.kneighbors(n_neighbors=6)
    shuffled = graph.tocoo()
    with pytest.warns(EfficiencyWarning, match="not sorted"):
        NearestNeighbors(metric="precomputed").fit(shuffled)
    with pytest.raises(TypeError, match="not supported"):
        NearestNeighbors(metric="precomputed").fit(graph.todok())


def test_sorting_a_graph():
    graph = sp.random_array((20, 20), density=0.4, rng=np.random.default_rng(0), format="csr")
    dense = graph.toarray()
    out = sort_graph_by_row_values(graph.copy(), copy=True, warn_when_not_sorted=False)
    assert_array_equal(out.toarray(), dense)
    for start, end in zip(out.indptr[:-1], out.indptr[1:], strict=True):
        assert (np.diff(out.data[start:end]) >= 0).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sort_graph_by_row_values(out) is out
    with pytest.raises(ValueError, match="copy=True"):
        sort_graph_by_row_values(graph.tocsc(), warn_when_not_sorted=False)


def angle(x, y, power=1):
    return np.abs(x - y).max() ** power


def test_functions_and_objects_are_metrics(X):
    expected = NearestNeighbors(metric="chebyshev").fit(X).kneighbors()
    for metric in (angle, DistanceMetric.get_metric("chebyshev"),
                   DistanceMetric.get_metric("pyfunc", func=angle)):  # fmt: skip
        for algorithm in ("brute", "ball_tree"):
            search = NearestNeighbors(metric=metric, algorithm=algorithm).fit(X)
            assert_allclose(search.kneighbors()[0], expected[0])
            assert_array_equal(search.kneighbors()[1], expected[1])
    squared = NearestNeighbors(metric=angle, metric_params={"power": 2}).fit(X)
    assert_allclose(squared.kneighbors()[0], expected[0] ** 2)
    with pytest.raises(ValueError, match="cannot bound a function"):
        NearestNeighbors(metric=angle, algorithm="kd_tree").fit(X)


@pytest.mark.parametrize("metric", sorted(set(VALID_METRICS["brute"]) - {"precomputed"}))
def test_every_metric_finds_what_pairwise_distances_finds(metric):
    rng = np.random.default_rng(1)
    X = rng.uniform(0.1, 1, (40, 2)) if metric != "yule" else rng.random((40, 6)) > 0.4
    params = {"seuclidean": {"V": [1.0, 2.0]}, "mahalanobis": {"VI": np.diag([1.0, 3.0])}}
    given = params.get(metric, {})
    if metric in ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath"):
        X = np.column_stack([X > 0.5, np.ones(40, dtype=bool)])
    full = pairwise_distances(X, X.copy(), metric=metric, **given)
    search = NearestNeighbors(metric=metric, metric_params=given, algorithm="brute").fit(X)
    found, index = search.kneighbors(X, 7)
    assert_allclose(found, np.sort(full)[:, :7], atol=2e-8)
    assert_allclose(np.take_along_axis(full, index, 1), found, atol=2e-8)


def test_gaps_are_understood_by_their_metric(X):
    gappy = X.copy()
    gappy[::7, 1] = np.nan
    search = NearestNeighbors(metric="nan_euclidean", n_neighbors=3).fit(gappy)
    full = pairwise_distances(gappy, metric="nan_euclidean")
    assert_allclose(search.kneighbors(gappy)[0], np.sort(full)[:, :3], atol=1e-7)
    with pytest.raises(ValueError, match="NaN"):
        NearestNeighbors().fit(gappy)


@pytest.mark.parametrize("tree", [KDTree, BallTree])
def test_a_tree_or_a_model_is_taken_over(X, tree):
    expected = NearestNeighbors().fit(X).kneighbors(X)
    for known in (tree(X), NearestNeighbors().fit(X)):
        same(NearestNeighbors().fit(known).kneighbors(X), expected)


def test_graphs_hold_neighbours(X):
    search = NearestNeighbors(n_neighbors=3, radius=1.0).fit(X)
    distance, index = search.kneighbors()
    graph = kneighbors_graph(X, 3, mode="distance")
    assert_array_equal(graph.indices.reshape(-1, 3), index)
    assert_array_equal(graph.data.reshape(-1, 3), distance)
    near = radius_neighbors_graph(X, 1.0, mode="distance", include_self=True)
    full = cdist(X, X)
    assert_allclose(near.toarray(), np.where(full <= 1.0, full, 0))
    assert kneighbors_graph(X, 3, include_self=True).diagonal().all()
    assert kneighbors_graph(search, 3).nnz == 360
    with pytest.raises(ValueError, match="disagrees"):
        kneighbors_graph(search, 3, metric="manhattan")
    with pytest.raises(ValueError, match="mode"):
        search.kneighbors_graph(mode="both")


def test_results_sorted_by_distance(X):
    search = NearestNeighbors(radius=2.0).fit(X)
    distance, index = search.radius_neighbors(X[:5], sort_results=True)
    plain, by_row = search.radius_neighbors(X[:5])
    for d, i, p, j in zip(distance, index, plain, by_row, strict=True):
        assert_array_equal(d, np.sort(p))
        assert_array_equal(np.sort(i), j)
    with pytest.raises(ValueError, match="return_distance"):
        search.radius_neighbors(X, sort_results=True, return_distance=False)


def test_requests_out_of_range_are_refused(X):
    search = NearestNeighbors().fit(X)
    with pytest.raises(ValueError, match="n_neighbors <= n_samples_fit"):
        search.kneighbors(X, 121)
    with pytest.raises(ValueError, match="n_neighbors < n_samples_fit"):
        search.kneighbors(n_neighbors=120)
    with pytest.raises(ValueError, match="n_neighbors > 0"):
        search.kneighbors(X, 0)
    with pytest.raises(TypeError, match="integer"):
        search.kneighbors(X, 2.5)
    assert search.kneighbors(X, 120)[1].shape == (120, 120)


def test_what_does_not_fit_the_algorithm_is_refused(X):
    with pytest.raises(ValueError, match="does not take metric='cosine'"):
        NearestNeighbors(algorithm="kd_tree", metric="cosine").fit(X)
    with pytest.raises(ValueError, match="weights w"):
        NearestNeighbors(algorithm="kd_tree", metric_params={"w": np.ones(4)}).fit(X)
    with pytest.raises(ValueError, match="0 < p < 1"):
        NearestNeighbors(algorithm="ball_tree", p=0.5).fit(X)
    with pytest.warns(UserWarning, match="no metric"):
        search = NearestNeighbors(p=0.5).fit(X)
    full = cdist(X, X, "minkowski", p=0.5)
    assert_allclose(search.kneighbors(X)[0], np.sort(full)[:, :5], atol=1e-12)
    with pytest.warns(SyntaxWarning, match="give p once"):
        NearestNeighbors(metric_params={"p": 3}).fit(X)


def test_threads_and_pickles_change_nothing(X):
    search = NearestNeighbors(n_jobs=1, algorithm="kd_tree").fit(X)
    same(search.kneighbors(), NearestNeighbors(n_jobs=4, algorithm="kd_tree").fit(X).kneighbors())
    same(search.kneighbors(), pickle.loads(pickle.dumps(search)).kneighbors())


def test_tables_of_metrics_hold_each_once():
    for table in (VALID_METRICS, VALID_METRICS_SPARSE):
        for names in table.values():
            assert len(names) == len(set(names))
    assert set(VALID_METRICS["kd_tree"]) <= set(VALID_METRICS["ball_tree"])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_sparse_rows_and_near_copies_of_them(metric):
    """Products cancel where rows are all but the same; distances must not."""
    rng = np.random.default_rng(2)
    X = sp.random_array((150, 60), density=0.1, rng=rng, format="csr")
    near = X.copy()
    near.data = near.data * (1 + 1e-9 * rng.standard_normal(near.nnz))
    both = sp.vstack([X, near, sp.csr_array((1, 60))]).tocsr()
    search = NearestNeighbors(n_neighbors=5, metric=metric).fit(both)
    distance, _ = search.kneighbors(both)
    if metric == "euclidean":
        expected = np.sort(cdist(both.toarray(), both.toarray()))[:, :5]
        assert_allclose(distance, expected, rtol=1e-6, atol=1e-30)
    else:
        expected = np.sort(pairwise_distances(both.toarray(), both.toarray().copy(), "cosine"))
        assert_allclose(distance[:-1], expected[:-1, :5], atol=1e-14)
        assert_array_equal(distance[-1], 1)
    again = NearestNeighbors(n_neighbors=5, metric=metric, n_jobs=1).fit(both)
    same(search.kneighbors(both), pickle.loads(pickle.dumps(again)).kneighbors(both))
