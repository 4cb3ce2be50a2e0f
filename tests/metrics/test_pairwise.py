"""Distances and kernels of pairs: parity with scikit-learn, dense as sparse, chunks as one."""

import warnings

import numpy as np
import pytest
import sklearn.metrics.pairwise as theirs
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, issparse

from mlkit.metrics import pairwise as ours

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((23, 4)), rng.standard_normal((17, 4))
WIDE, WIDE_Y = rng.standard_normal((23, 40)), rng.standard_normal((17, 40))
PLAIN = ["euclidean", "l2", "l1", "manhattan", "cityblock", "cosine", "sqeuclidean", "chebyshev",
         "braycurtis", "canberra", "correlation", "hamming", "minkowski", "seuclidean",
         "mahalanobis", "nan_euclidean"]  # fmt: skip
BOOLEAN = ["dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]
SPARSE = ["euclidean", "l2", "l1", "manhattan", "cityblock", "cosine"]


@pytest.mark.parametrize("data", [(X, Y), (WIDE, WIDE_Y)], ids=["narrow", "wide"])
@pytest.mark.parametrize("metric", PLAIN)
def test_metrics_by_name(metric, data):
    A, B = data
    options = {"seuclidean": {"V": np.var(A, axis=0)}, "minkowski": {"p": 3},
               "mahalanobis": {"VI": np.eye(A.shape[1]) * 2}}.get(metric, {})  # fmt: skip
    for n_jobs in (None, 2):
        mine = ours.pairwise_distances(A, B, metric, n_jobs=n_jobs, **options)
        assert_allclose(mine, theirs.pairwise_distances(A, B, metric, **options), atol=1e-12)
        mine = ours.pairwise_distances(A, metric=metric, n_jobs=n_jobs, **options)
        expected = theirs.pairwise_distances(A, metric=metric, **options)
        assert_allclose(mine, expected, atol=1e-7)
        assert_array_equal(np.diagonal(mine), 0)


@pytest.mark.parametrize("metric", ["seuclidean", "mahalanobis"])
def test_parameters_from_the_data(metric):
    assert_allclose(
        ours.pairwise_distances(X, metric=metric), theirs.pairwise_distances(X, metric=metric)
    )
    with pytest.raises(ValueError, match=metric):
        ours.pairwise_distances(X, Y, metric)


@pytest.mark.parametrize("metric", BOOLEAN)
def test_boolean_metrics(metric):
    A, B = X > 0, Y > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine = ours.pairwise_distances(A, B, metric)
    assert_allclose(mine, theirs.pairwise_distances(A, B, metric))
    with pytest.warns(UserWarning, match="boolean"):
        assert_array_equal(ours.pairwise_distances(A.astype(float), B.astype(float), metric), mine)


@pytest.mark.parametrize("metric", SPARSE)
def test_sparse_is_dense(metric):
    A = np.where(X > 0.3, X, 0)
    dense = ours.pairwise_distances(A, Y, metric)
    for a in (A, csr_array(A)):
        for b in (Y, csr_array(Y)):
            assert_allclose(ours.pairwise_distances(a, b, metric), dense, atol=1e-7)


@pytest.mark.parametrize("columns", [4, 40])
@pytest.mark.parametrize("name", ["euclidean_distances", "manhattan_distances", "cosine_distances"])
def test_float32_stays_and_is_exact(name, columns):
    A = (1000 + rng.standard_normal((20, columns))).astype(np.float32)
    mine = getattr(ours, name)(A)
    assert mine.dtype == np.float32
    expected = getattr(ours, name)(A.astype(float))
    assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


def test_norms_that_are_known():
    xx, yy = (WIDE**2).sum(axis=1), (WIDE_Y**2).sum(axis=1)
    for squared in (False, True):
        expected = theirs.euclidean_distances(WIDE, WIDE_Y, squared=squared)
        for options in ({}, {"X_norm_squared": xx[:, None]}, {"Y_norm_squared": yy[None]},
                        {"X_norm_squared": xx, "Y_norm_squared": yy}):  # fmt: skip
            mine = ours.euclidean_distances(WIDE, WIDE_Y, squared=squared, **options)
            assert_allclose(mine, expected)
    with pytest.raises(ValueError, match="Y_norm_squared"):
        ours.euclidean_distances(X, Y, Y_norm_squared=xx[:3])


@pytest.mark.parametrize("missing", [np.nan, -1.0])
def test_missing_entries(missing):
    A, B = X.copy(), Y.copy()
    A[rng.random(A.shape) < 0.3] = missing
    B[rng.random(B.shape) < 0.3] = missing
    A[0] = missing
    for other in (None, B):
        for squared in (False, True):
            options = {"missing_values": missing, "squared": squared}
            assert_allclose(
                ours.nan_euclidean_distances(A, other, **options),
                theirs.nan_euclidean_distances(A, other, **options), atol=1e-7,
            )  # fmt: skip


def test_haversine():
    A, B = rng.uniform(-1, 1, (9, 2)), rng.uniform(-1, 1, (7, 2))
    assert_allclose(ours.haversine_distances(A, B), theirs.haversine_distances(A, B))
    assert_allclose(ours.haversine_distances([[0, 0]], [[0, np.pi]]), [[np.pi]])
    with pytest.raises(ValueError, match="two columns"):
        ours.haversine_distances(X)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine", "l1", "l2", "cityblock"])
def test_rows_side_by_side(metric):
    expected = theirs.paired_distances(X, X[::-1], metric=metric)
    assert_allclose(ours.paired_distances(X, X[::-1].copy(), metric=metric), expected)
    sparse = ours.paired_distances(csr_array(X), csr_array(X[::-1]), metric=metric)
    assert_allclose(sparse, expected)
    own = ours.paired_distances(X, X[::-1], metric=lambda x, y: np.abs(x - y).sum())
    assert_allclose(own, ours.paired_manhattan_distances(X, X[::-1]))
    with pytest.raises(ValueError, match="paired"):
        ours.paired_distances(X, Y)


def test_function_of_two_rows():
    def taxi(x, y, scale=1):
        return scale * np.abs(x - y).sum()

    for n_jobs in (None, 2):
        mine = ours.pairwise_distances(X, Y, taxi, n_jobs=n_jobs, scale=2)
        assert_allclose(mine, 2 * ours.manhattan_distances(X, Y))
        assert_allclose(ours.pairwise_distances(X, metric=taxi), ours.manhattan_distances(X))


def test_function_of_words_and_of_truth_values():
    words = ["a", "abc", "ab"]
    D = ours.pairwise_distances(words, metric=lambda x, y: abs(len(x) - len(y)))
    assert_array_equal(D, [[0, 2, 1], [2, 0, 1], [1, 1, 0]])
    bits = X > 0
    D = ours.pairwise_distances(bits, metric=lambda x, y: (x ^ y).sum())
    assert_array_equal(D, ours.manhattan_distances(bits.astype(float)))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "canberra", "precomputed"])
def test_chunks_are_the_whole(metric):
    A = np.abs(rng.standard_normal((50, 50)))
    whole = ours.pairwise_distances(A, metric=metric)
    memory = 50 * 8 * 7 / 2**20
    parts = list(ours.pairwise_distances_chunked(A, metric=metric, working_memory=memory))
    assert len(parts) == (1 if metric == "precomputed" else 8)
    assert_allclose(np.vstack(parts), whole, atol=1e-12)
    starts = []

    def largest(chunk, start):
        starts.append(start)
        return chunk.max(axis=1), list(range(start, start + len(chunk)))

    reduced = list(ours.pairwise_distances_chunked(
        A, metric=metric, working_memory=memory, reduce_func=largest))  # fmt: skip
    assert starts == list(range(0, 50, 7))
    assert_allclose(np.concatenate([part[0] for part in reduced]), whole.max(axis=1))


@pytest.mark.parametrize(
    "returned, error", [(1, TypeError), ([1], ValueError), ((1, 2), TypeError)]
)
def test_a_reduction_must_fit_its_chunk(returned, error):
    with pytest.raises(error, match="reduce_func"):
        next(ours.pairwise_distances_chunked(X, reduce_func=lambda chunk, start: returned))
    assert next(ours.pairwise_distances_chunked(X, reduce_func=lambda chunk, start: None)) is None


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "manhattan", "canberra", "cosine"])
def test_nearest_rows(metric):
    for axis in (0, 1):
        index, distance = ours.pairwise_distances_argmin_min(X, Y, axis=axis, metric=metric)
        D = theirs.pairwise_distances(X, Y, metric)
        assert_array_equal(index, D.argmin(axis=axis))
        assert_allclose(distance, D.min(axis=axis))
        only = ours.pairwise_distances_argmin(X, Y, axis=axis, metric=metric)
        assert_array_equal(only, index)


KERNELS = {"linear": {}, "polynomial": {"degree": 2, "gamma": 0.5, "coef0": 2}, "poly": {},
           "rbf": {"gamma": 0.3}, "laplacian": {"gamma": 0.3}, "sigmoid": {"coef0": 0.1},
           "cosine": {}, "chi2": {"gamma": 0.5}, "additive_chi2": {}}  # fmt: skip


@pytest.mark.parametrize("metric", KERNELS)
def test_kernels(metric):
    A, B, options = np.abs(X), np.abs(Y), KERNELS[metric]
    expected = theirs.pairwise_kernels(A, B, metric, **options)
    assert_allclose(ours.pairwise_kernels(A, B, metric, **options), expected, rtol=1e-10)
    function = ours.kernel_metrics()[metric]
    assert_allclose(
        function(A, **options), theirs.kernel_metrics()[metric](A, **options), rtol=1e-7
    )
    mine = ours.pairwise_kernels(A, B, metric, filter_params=True, strange=1, **options)
    assert_allclose(mine, expected, rtol=1e-10)
    if "chi2" not in metric:
        assert_allclose(function(csr_array(A), csr_array(B), **options), expected, rtol=1e-7)


def test_sparse_kernels_may_stay_sparse():
    A = csr_array(np.where(X > 0, X, 0))
    for name in ("linear_kernel", "cosine_similarity"):
        assert issparse(getattr(ours, name)(A, dense_output=False))
        assert isinstance(getattr(ours, name)(A), np.ndarray)


def test_kernel_by_function_and_precomputed():
    dot = lambda x, y: float(np.dot(x, y))  # noqa: E731
    for n_jobs in (None, 2):
        assert_allclose(ours.pairwise_kernels(X, Y, dot, n_jobs=n_jobs), X @ Y.T)
    K = X @ X.T
    assert_array_equal(ours.pairwise_kernels(K, metric="precomputed"), K)


def test_bad_input():
    with pytest.raises(ValueError, match="as many columns"):
        ours.pairwise_distances(X, WIDE)
    with pytest.raises(ValueError, match="precomputed"):
        ours.pairwise_distances(X, Y, "precomputed")
    with pytest.raises(ValueError, match="metric"):
        ours.pairwise_distances(X, metric="nearness")
    with pytest.raises(TypeError, match="sparse"):
        ours.pairwise_distances(csr_array(X), metric="canberra")
    with pytest.raises(ValueError, match="Negative"):
        ours.pairwise_distances(-np.ones((2, 2)), metric="precomputed")


def test_tables_of_names():
    assert set(ours.distance_metrics()) == set(theirs.distance_metrics())
    assert set(ours.kernel_metrics()) == set(theirs.kernel_metrics())
