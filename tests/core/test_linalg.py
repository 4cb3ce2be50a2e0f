"""Norms, products, softmax, modes and running moments against their definitions."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import extmath as reference

from mlkit._core import linalg
from mlkit.utils import extmath

SHAPES = [(0, 3), (7, 1), (5000, 3), (3000, 12), (3000, 13), (2000, 64), (40, 3000)]


@pytest.fixture
def rng():
    return np.random.RandomState(0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype, rtol", [(np.float32, 2e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_row_norms_are_roots_of_sums_of_squares(rng, shape, dtype, rtol, order):
    X = np.asarray(rng.standard_normal(shape), dtype=dtype, order=order)
    norms = extmath.row_norms(X)
    assert norms.dtype == dtype
    assert_allclose(norms, np.sqrt((X.astype(np.float64) ** 2).sum(axis=1)), rtol=rtol)
    assert_allclose(extmath.row_norms(X, squared=True), norms.astype(np.float64) ** 2, rtol=rtol)


@pytest.mark.parametrize("norms", [linalg.row_norms, extmath.row_norms])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array, sp.coo_matrix])
def test_row_norms_of_sparse_are_those_of_dense(rng, norms, index, container):
    X = rng.standard_normal((50, 20)) * (rng.random_sample((50, 20)) < 0.2)
    X[3] = 0
    S = container(X)
    if S.format != "coo":
        S.indices, S.indptr = S.indices.astype(index), S.indptr.astype(index)
    assert_allclose(norms(S), np.linalg.norm(X, axis=1), rtol=1e-13)


def test_row_norms_of_integers_are_float():
    X = np.array([[3, 4], [0, 0]])
    assert_array_equal(extmath.row_norms(X), [5.0, 0.0])
    assert_array_equal(extmath.row_norms(X, squared=True), [25, 0])


@pytest.mark.parametrize("shape", [s for s in SHAPES if s[0]])
@pytest.mark.parametrize("dtype, rtol", [(np.float32, 5e-6), (np.float64, 1e-12)])
def test_softmax_is_a_distribution_proportional_to_exp(rng, shape, dtype, rtol):
    X = (10 * rng.standard_normal(shape)).astype(dtype)
    before = X.copy()
    P = extmath.softmax(X)
    assert P.dtype == dtype
    assert_array_equal(X, before)
    assert_allclose(P.sum(axis=1), 1, rtol=rtol)
    assert_allclose(P, reference.softmax(X), rtol=rtol)


def test_softmax_bears_great_numbers_and_writes_in_place():
    X = np.array([[1e4, 1e4, -1e4]])
    assert extmath.softmax(X, copy=False) is X
    assert_array_equal(X, [[0.5, 0.5, 0.0]])


@pytest.mark.parametrize("left", [np.asarray, sp.csr_matrix, sp.csc_array])
@pytest.mark.parametrize("right", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("dense_output", [True, False])
def test_product_does_not_depend_on_storage(rng, left, right, dense_output):
    A, B = rng.standard_normal((4, 5)), rng.standard_normal((5, 3))
    product = extmath.safe_sparse_dot(left(A), right(B), dense_output=dense_output)
    both_sparse = left is not np.asarray and right is not np.asarray
    assert sp.issparse(product) == (both_sparse and not dense_output)
    assert_allclose(product.toarray() if sp.issparse(product) else product, A @ B, rtol=1e-13)


def test_product_of_more_than_two_axes_is_numpys_dot(rng):
    A, B = rng.standard_normal((4, 5)), rng.standard_normal((3, 5, 2))
    assert_allclose(extmath.safe_sparse_dot(A, B), np.dot(A, B))
    assert_allclose(extmath.safe_sparse_dot(sp.csr_matrix(A), B), np.dot(A, B))
    C, D = rng.standard_normal((3, 4, 5)), rng.standard_normal((5, 2))
    assert_allclose(extmath.safe_sparse_dot(C, sp.csr_matrix(D)), np.dot(C, D))


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_weighted_mode_has_the_greatest_weight(rng, axis):
    a, w = rng.randint(0, 4, (6, 9)), rng.random_sample((6, 9))
    mode, score = extmath.weighted_mode(a, w, axis=axis)
    want_mode, want_score = reference.weighted_mode(a, w, axis=axis)
    assert_array_equal(mode, want_mode)
    assert_allclose(score, want_score, rtol=1e-13)


def test_weighted_mode_with_unit_weights_is_the_mode():
    a = [[2, 2, 1], [3, 1, 1]]
    mode, score = extmath.weighted_mode(a, np.ones((2, 3)), axis=1)
    assert_array_equal(mode.ravel(), [2, 1])
    assert_array_equal(score.ravel(), [2, 2])


def test_weighted_mode_knows_only_values_of_its_own_line():
    """A value met in another line has no weight here, even where all weights are negative."""
    mode, _ = extmath.weighted_mode([[0, 0], [1, 1]], [[-1, -1], [-1, -1]], axis=1)
    assert_array_equal(mode.ravel(), [0, 1])


def test_cartesian_enumerates_with_the_last_array_fastest():
    from itertools import product

    arrays = [[1, 2], [3.5], [5, 6, 7]]
    found = extmath.cartesian(arrays)
    assert found.dtype == np.float64
    assert_array_equal(found, list(product(*arrays)))
    out = np.empty((6, 3), dtype=np.float32)
    assert extmath.cartesian(arrays, out) is out
    assert_array_equal(out, found)
    assert extmath.cartesian([[1, 2], []]).shape == (0, 2)


def test_logdet_is_minus_infinity_for_what_has_no_positive_determinant(rng):
    A = rng.standard_normal((5, 5))
    A = A @ A.T
    assert_allclose(extmath.fast_logdet(A), np.log(np.linalg.det(A)), rtol=1e-10)
    assert extmath.fast_logdet(-np.eye(3)) == -np.inf


def test_density_of_sparse_is_that_of_dense():
    X = np.array([[0, 1, 2], [0, 0, 3]])
    assert extmath.density(X) == extmath.density(sp.csr_matrix(X)) == 0.5
    assert extmath.density(None) == 0


def test_squared_norm_warns_of_integers():
    with pytest.warns(UserWarning, match="overflow"):
        assert extmath.squared_norm(np.array([3, 4])) == 25


def test_make_nonnegative_refuses_to_fill_a_sparse_matrix():
    X = np.array([[-1.0, 2.0]])
    assert_array_equal(extmath.make_nonnegative(X, min_value=1), [[1.0, 4.0]])
    assert extmath.make_nonnegative(-X, min_value=-2) is not X
    with pytest.raises(ValueError, match="toarray"):
        extmath.make_nonnegative(sp.csr_matrix(X))


@pytest.mark.parametrize("copy", [True, False])
def test_safe_sqr_squares_stored_entries(copy):
    X = sp.csr_matrix([[0.0, -2.0], [3.0, 0.0]])
    squares = extmath.safe_sqr(X, copy=copy)
    assert (squares is X) == (not copy)
    assert_array_equal(squares.toarray(), [[0, 4], [9, 0]])


def test_stable_cumsum_warns_and_sums():
    with pytest.warns(FutureWarning, match="stable_cumsum"):
        assert_array_equal(extmath.stable_cumsum([[1, 2], [3, 4]], axis=1), [[1, 3], [3, 7]])


# ------------------------------------------------------------------ running moments
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_moments_of_batches_are_those_of_the_whole(rng, weighted, missing):
    X = 1e3 + rng.standard_normal((500, 4))
    X[rng.random_sample(X.shape) < missing] = np.nan
    weight = rng.random_sample(500) if weighted else None
    mean, variance, count = np.zeros(4), np.zeros(4), np.zeros(4)
    for rows in np.array_split(np.arange(500), 7):
        part = None if weight is None else weight[rows]
        mean, variance, count = linalg.incremental_mean_and_var(
            X[rows], mean, variance, count, part
        )
    w = np.where(np.isnan(X), 0, 1.0 if weight is None else weight[:, None])
    whole = np.nansum(w * X, axis=0) / w.sum(axis=0)
    assert_allclose(count, w.sum(axis=0), rtol=1e-12)
    assert_allclose(mean, whole, rtol=1e-13)
    assert_allclose(variance, np.nansum(w * (X - whole) ** 2, axis=0) / count, rtol=1e-9)


def test_a_column_of_nothing_keeps_what_was_known():
    X = np.array([[np.nan, 1.0], [np.nan, 3.0]])
    mean, variance, count = linalg.incremental_mean_and_var(
        X, np.array([5.0, 0.0]), np.array([2.0, 0.0]), np.array([3, 0])
    )
    assert_array_equal([mean[0], variance[0], count[0]], [5.0, 2.0, 3])
    assert_array_equal([mean[1], variance[1], count[1]], [2.0, 1.0, 2])


def test_a_constant_column_has_no_variance():
    X = np.full((1000, 1), 0.1, dtype=np.float32)
    zero = np.zeros(1)
    _, variance, _ = linalg.incremental_mean_and_var(X, zero, zero, zero)
    assert variance[0] <= 1e-30


def test_moments_without_variance():
    zero = np.zeros(1)
    mean, variance, count = linalg.incremental_mean_and_var(np.ones((3, 1)), zero, None, zero)
    assert (mean[0], variance, count[0]) == (1.0, None, 3)
