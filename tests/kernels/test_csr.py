import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native import csr

PAIRS = [(d, i) for d in (np.float32, np.float64) for i in (np.int32, np.int64)]


def parts(X):
    return X.data, X.indices, X.indptr


def make(shape=(60, 17), density=0.3, dtype=np.float64, index=np.int32, nan=0.0, seed=0):
    """A CSR matrix with empty lines, and its dense twin."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=shape) * (rng.random(shape) < density)
    dense[:: max(1, shape[0] // 5)] = 0
    dense[:, -1] = 0
    X = sp.csr_array(dense.astype(dtype))
    X.data[rng.random(X.nnz) < nan] = np.nan
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    return X, X.toarray()


def dense_moments(dense, weight):
    """Along axis 0, by the definition, NaN left out."""
    weight = np.where(np.isnan(dense), 0, weight[:, None])
    dense = np.nan_to_num(dense.astype(float))
    total = weight.sum(axis=0)
    mean = (weight * dense).sum(axis=0) / total
    return total, mean, (weight * (dense - mean) ** 2).sum(axis=0)


@pytest.mark.parametrize("dtype, index", PAIRS)
@pytest.mark.parametrize("squared", [False, True])
def test_sums_are_those_of_the_dense_matrix(dtype, index, squared):
    X, dense = make(dtype=dtype, index=index)
    power = dense.astype(float) ** (2 if squared else 1)
    by_row = csr.sums(*parts(X), X.shape[1], major=True, squared=squared)
    by_column = csr.sums(*parts(X), X.shape[1], major=False, squared=squared)
    assert_allclose(by_row, power.sum(axis=1), rtol=1e-12, atol=1e-12)
    assert_allclose(by_column, power.sum(axis=0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype, index", PAIRS)
@pytest.mark.parametrize("nan", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_the_dense_matrix(dtype, index, nan, weighted):
    X, dense = make(dtype=dtype, index=index, nan=nan)
    rng = np.random.default_rng(1)
    n, p = X.shape
    by_row, by_column = (rng.random(n), rng.random(p)) if weighted else (None, None)
    ones = np.ones
    got = csr.moments(*parts(X), p, by_row, major=False)
    wanted = dense_moments(dense, by_row if weighted else ones(n))
    assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    got = csr.moments(*parts(X), p, by_column, major=True)
    wanted = dense_moments(dense.T, by_column if weighted else ones(p))
    assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


def test_a_line_of_nothing_but_nan_has_no_mean():
    X = sp.csr_array(np.array([[np.nan, 1.0], [np.nan, 0.0]]))
    total, mean, spread = csr.moments(*parts(X), 2, major=False)
    assert_array_equal(total, [0, 2])
    assert_array_equal(mean, [np.nan, 0.5])
    assert_array_equal(spread, [0, 0.5])


@pytest.mark.parametrize("dtype, index", PAIRS)
@pytest.mark.parametrize("axis", [0, 1])
def test_extremes_count_the_zeros_that_are_not_stored(dtype, index, axis):
    X, dense = make(dtype=dtype, index=index, density=0.9)
    low, high = csr.extremes(*parts(X), X.shape[1], major=axis == 1)
    assert low.dtype == dtype
    assert_array_equal(low, dense.min(axis=axis))
    assert_array_equal(high, dense.max(axis=axis))


@pytest.mark.parametrize("axis", [0, 1])
def test_extremes_with_nan(axis):
    X, dense = make(nan=0.3)
    low, high = csr.extremes(*parts(X), X.shape[1], major=axis == 1, skip_nan=True)
    assert_array_equal(low, np.nanmin(dense, axis=axis))
    assert_array_equal(high, np.nanmax(dense, axis=axis))
    low, high = csr.extremes(*parts(X), X.shape[1], major=axis == 1)
    assert_array_equal(low, dense.min(axis=axis))
    assert_array_equal(high, dense.max(axis=axis))


def test_a_full_line_has_no_zero():
    X = sp.csr_array(np.array([[2.0, 3.0]]))
    assert csr.extremes(*parts(X), 2, major=True)[0][0] == 2.0


@pytest.mark.parametrize("dtype, index", PAIRS)
@pytest.mark.parametrize("norm, order", [("l1", 1), ("l2", 2), ("max", np.inf)])
def test_normalised_lines_have_norm_one(dtype, index, norm, order):
    X, dense = make(dtype=dtype, index=index)
    norms = csr.normalize(*parts(X), X.shape[1], norm)
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    assert_allclose(norms, np.linalg.norm(dense.astype(float), order, axis=1), rtol=1e-12)
    assert_allclose(
        np.linalg.norm(X.toarray().astype(float), order, axis=1), norms > 0, rtol=tolerance
    )
    assert_allclose(X.toarray() * norms[:, None], dense, rtol=tolerance)


@pytest.mark.parametrize("dtype, index", PAIRS)
def test_scaled_lines(dtype, index):
    X, dense = make(dtype=dtype, index=index)
    rng = np.random.default_rng(2)
    rows, columns = rng.random(X.shape[0]), rng.random(X.shape[1])
    csr.scale(*parts(X), X.shape[1], rows, major=True)
    csr.scale(*parts(X), X.shape[1], columns, major=False)
    assert_allclose(X.toarray(), dense * rows[:, None] * columns, rtol=3e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_do_not_change_a_bit(dtype):
    X, _ = make((40_000, 50), density=0.4, dtype=dtype)
    assert X.nnz > 4 * (1 << 17)  # several parts, so that threads have something to share
    p = X.shape[1]
    weight = np.random.default_rng(3).random(X.shape[0])
    for major in (False, True):
        one, four = (csr.sums(*parts(X), p, major=major, squared=True, n_threads=n) for n in (1, 4))
        assert_array_equal(one, four)
        w = weight[:p] if major else weight
        one, four = (csr.moments(*parts(X), p, w, major=major, n_threads=n) for n in (1, 4))
        assert_array_equal(one, four)
        one, four = (csr.extremes(*parts(X), p, major=major, n_threads=n) for n in (1, 4))
        assert_array_equal(one, four)
    one, four = X.copy(), X.copy()
    csr.normalize(*parts(one), p, n_threads=1)
    csr.normalize(*parts(four), p, n_threads=4)
    assert_array_equal(one.data, four.data)


def test_many_parts_are_the_dense_sums():
    X, dense = make((40_000, 50), density=0.4)
    assert_allclose(csr.sums(*parts(X), 50, major=False), dense.sum(axis=0), rtol=1e-10, atol=1e-9)
    got = csr.moments(*parts(X), 50, major=False, n_threads=2)
    assert_allclose(got, dense_moments(dense, np.ones(len(dense))), rtol=1e-10, atol=1e-12)


def test_empty_matrices():
    X = sp.csr_array((0, 3))
    assert_array_equal(csr.sums(*parts(X), 3, major=False), np.zeros(3))
    assert csr.sums(*parts(X), 3, major=True).shape == (0,)
    assert np.isnan(csr.moments(*parts(X), 3, major=False)[1]).all()
    assert np.isnan(csr.extremes(*parts(X), 3, major=False)).all()
    X = sp.csr_array((3, 0))
    assert_array_equal(csr.sums(*parts(X), 0, major=True), np.zeros(3))
    assert np.isnan(csr.extremes(*parts(X), 0, major=True)).all()


@pytest.mark.parametrize(
    "indices, indptr",
    [([0, 5], [0, 2]), ([0, -1], [0, 2]), ([0, 1], [0, 3]), ([0, 1], [2, 0, 2]), ([0], [0, 1])],
)
def test_an_index_out_of_bounds_is_refused(indices, indptr):
    arrays = np.ones(2), np.array(indices, dtype=np.int32), np.array(indptr, dtype=np.int32)
    with pytest.raises(ValueError, match="out of bounds"):
        csr.sums(*arrays, 2, major=False)


def test_weights_of_the_wrong_length_are_refused():
    X, _ = make()
    with pytest.raises(ValueError, match=r"weight must have shape \(60,\), got \(17,\)"):
        csr.moments(*parts(X), 17, np.ones(17), major=False)
    with pytest.raises(ValueError, match="norm='l3'"):
        csr.normalize(*parts(X), 17, "l3")
