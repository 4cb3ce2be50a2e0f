"""Statistics and in-place changes of compressed matrices: what the dense matrix gives."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native import columns, compressed
from mlkit.utils import sparsefuncs, sparsefuncs_fast

CONTAINERS = [sp.csr_matrix, sp.csr_array, sp.csc_matrix, sp.csc_array]
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}


def dense(shape=(40, 17), dtype=np.float64, missing=0.0, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal(shape) * (rng.random_sample(shape) < 0.4)
    X[rng.random_sample(shape) < missing] = np.nan
    X[:, 3] = 0
    return X.astype(dtype)


def compress(X, container, index=np.int32):
    S = container(X)
    S.indices, S.indptr = S.indices.astype(index), S.indptr.astype(index)
    return S


def moments(X, axis, weight):
    w = np.ones(X.shape[axis]) if weight is None else weight
    w = np.broadcast_to(w[:, None] if axis == 0 else w, X.shape) * ~np.isnan(X)
    total = w.sum(axis=axis)
    mean = np.nansum(w * X, axis=axis) / total
    gap = X - np.expand_dims(mean, axis)
    return mean, np.nansum(w * gap**2, axis=axis) / total, total


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_the_dense_matrix(container, index, dtype, missing, axis, weighted):
    X = dense(dtype=dtype, missing=missing)
    weight = np.random.RandomState(1).random_sample(X.shape[axis]) if weighted else None
    found = sparsefuncs.mean_variance_axis(compress(X, container, index), axis, weight, True)
    for mine, want in zip(found, moments(X.astype(np.float64), axis, weight), strict=True):
        assert mine.dtype == dtype
        assert_allclose(mine, want, rtol=TOLERANCE[dtype], atol=1e-15)


@pytest.mark.parametrize("container", CONTAINERS)
def test_integers_have_float_moments(container):
    mean, variance = sparsefuncs.mean_variance_axis(container([[1, 0], [2, 0]]), axis=0)
    assert mean.dtype == np.float64
    assert_array_equal([mean, variance], [[1.5, 0], [0.25, 0]])


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_moments_of_batches_are_those_of_the_whole(container, axis, missing):
    X = 100 + dense((60, 60), missing=missing)
    size = X.shape[1 - axis]
    mean, variance, n = np.zeros(size), np.zeros(size), 0
    weight = np.random.RandomState(1).random_sample(60)
    for part in np.array_split(np.arange(60), 4):
        batch = container(X[part] if axis == 0 else X[:, part])
        mean, variance, n = sparsefuncs.incr_mean_variance_axis(
            batch, axis=axis, last_mean=mean, last_var=variance, last_n=n, weights=weight[part]
        )
    for mine, want in zip((mean, variance, n), moments(X, axis, weight), strict=True):
        # The constant column has no variance but for rounding.
        assert_allclose(mine, want, rtol=1e-11, atol=1e-24)


def test_what_was_never_seen_is_nan_and_what_was_stays():
    X = sp.csr_matrix(np.array([[np.nan, np.nan], [np.nan, np.nan]]))
    mean, variance, n = sparsefuncs.incr_mean_variance_axis(
        X, axis=0, last_mean=np.array([0.0, 4.0]), last_var=np.array([0.0, 2.0]),
        last_n=np.array([0.0, 3.0]),
    )  # fmt: skip
    assert_array_equal(mean, [np.nan, 4])
    assert_array_equal(variance, [np.nan, 2])
    assert_array_equal(n, [0, 3])


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("ignore_nan", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_count_zeros_that_are_not_stored(container, axis, missing, ignore_nan, dtype):
    X = dense(dtype=dtype, missing=missing)
    X[:, 5] = 1 + X[:, 5] ** 2
    found = sparsefuncs.min_max_axis(container(X), axis, ignore_nan=ignore_nan)
    functions = (np.nanmin, np.nanmax) if ignore_nan else (np.min, np.max)
    for mine, function in zip(found, functions, strict=True):
        assert_array_equal(mine, function(X, axis=axis))
        assert mine.dtype == dtype


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_matrix])
def test_duplicates_are_one_entry_to_extremes(container):
    twice = sp.coo_matrix(([1.0, 2.0, 5.0], ([0, 0, 1], [0, 0, 0])), shape=(2, 1))
    X = container((2, 1)) if container is None else twice.asformat(container((1, 1)).format)
    kept = sp.csr_matrix((twice.data, [0, 0, 0], [0, 2, 3]), shape=(2, 1))
    assert_array_equal(sparsefuncs.min_max_axis(X, 0), [[3.0], [5.0]])
    assert_array_equal(sparsefuncs.min_max_axis(kept, 0), [[3.0], [5.0]])
    assert kept.nnz == 3, "the caller's matrix must stay as it is"


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 4), (2, 5), (51, 30), (50, 30)])
def test_medians_are_those_of_the_dense_matrix(index, dtype, shape):
    rng = np.random.RandomState(0)
    for share in (0.0, 0.3, 0.5, 1.0):
        X = (rng.standard_normal(shape) * (rng.random_sample(shape) < share)).astype(dtype)
        S = compress(X, sp.csc_array, index)
        before = S.copy()
        assert_array_equal(sparsefuncs.csc_median_axis_0(S), np.median(X, axis=0))
        assert abs(S - before).max() == 0


def test_medians_do_not_depend_on_threads():
    X = sp.random(501, 200, 0.6, format="csc", random_state=0)
    one, two = (compressed.major_medians(X.data, X.indptr, 501, n_threads=n) for n in (1, 2))
    assert_array_equal(one, two)
    assert np.isnan(compressed.major_medians(X.data[:0], X.indptr * 0, 0)).all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1, -2, None])
def test_nonzeros_are_counted_with_the_weight_of_their_row(weighted, axis):
    X = dense()
    weight = np.random.RandomState(0).random_sample(len(X)) if weighted else None
    want = (X != 0) * (1 if weight is None else weight[:, None])
    found = sparsefuncs.count_nonzero(sp.csr_array(X), axis, weight)
    assert_allclose(found, want.sum(axis=axis), rtol=1e-12)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_is_done_in_place(container, dtype):
    X = dense(dtype=dtype)
    by_row, by_column = np.arange(40.0).astype(dtype), np.arange(17.0).astype(dtype)
    S = container(X)
    sparsefuncs.inplace_row_scale(S, by_row)
    sparsefuncs.inplace_column_scale(S, by_column)
    assert S.dtype == dtype
    assert_allclose(S.toarray(), X * by_row[:, None] * by_column, rtol=1e-6)
    with pytest.raises(ValueError, match="scale has shape"):
        sparsefuncs.inplace_row_scale(S, by_column)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("m, n", [(0, 1), (0, -1), (5, 2), (3, 4), (4, 4), (-2, 1), (16, 15)])
def test_swapped_lines_are_those_of_the_dense_matrix(container, m, n):
    X = dense()
    for swap, lines in (
        (sparsefuncs.inplace_swap_row, np.s_[[m, n]]),
        (sparsefuncs.inplace_swap_column, np.s_[:, [m, n]]),
    ):
        S, want = container(X), X.copy()
        swap(S, m, n)
        want[lines] = want[
            np.s_[[n, m]] if swap is sparsefuncs.inplace_swap_row else np.s_[:, [n, m]]
        ]
        assert_array_equal(S.toarray(), want)
        S.check_format(full_check=True)
        S.sort_indices()
        assert_array_equal(S.toarray(), want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm, power", [("l1", 1), ("l2", 2)])
def test_rows_have_norm_one_or_stay_empty(dtype, norm, power):
    X = dense(dtype=dtype)
    X[4] = 0
    S = sp.csr_matrix(X)
    getattr(sparsefuncs_fast, f"inplace_csr_row_normalize_{norm}")(S)
    norms = np.linalg.norm(S.toarray(), ord=power, axis=1)
    assert_allclose(np.delete(norms, 4), 1, rtol=1e-6)
    assert norms[4] == 0 and S.dtype == dtype


@pytest.mark.parametrize("left", CONTAINERS)
@pytest.mark.parametrize("right", CONTAINERS)
@pytest.mark.parametrize("out", [None, "C", "F", "strided"])
def test_product_is_that_of_dense_matrices(left, right, out):
    A, B = dense((10, 19)), dense((19, 13), seed=1)
    if out == "strided":
        out = np.full((20, 26), np.nan)[::2, ::2]
    elif out is not None:
        out = np.full((10, 13), np.nan, order=out)
    product = sparsefuncs.sparse_matmul_to_dense(left(A), right(B), out)
    assert out is None or product is out
    assert_allclose(product, A @ B, rtol=1e-12, atol=1e-14)


def test_product_refuses_what_does_not_fit():
    A = sp.csr_matrix(np.eye(3))
    for B, out, words in [
        (sp.eye(2, format="csr"), None, "do not fit"),
        (A, np.eye(4), "out is"),
        (A.tocoo(), None, "B must be"),
        (A.astype(np.float32), None, "both must be"),
    ]:
        with pytest.raises(ValueError, match=words):
            sparsefuncs.sparse_matmul_to_dense(A, B, out)


def test_kernels_check_their_bounds():
    data, indptr = np.ones(2), np.array([0, 2], dtype=np.int32)
    indices, out = np.array([0, 7], dtype=np.int32), np.zeros((1, 3))
    b = sp.csr_matrix(np.eye(3))
    with pytest.raises(ValueError, match="out of bounds"):
        compressed.product(data, indices, indptr, b.data, b.indices, b.indptr, out)
    with pytest.raises(ValueError, match="do not fit"):
        compressed.major_medians(data[:1], indptr, 3)
    with pytest.raises(ValueError, match="longer"):
        compressed.major_medians(data, indptr, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda X: sparsefuncs.mean_variance_axis(X, 0),
        lambda X: sparsefuncs.min_max_axis(X, 0),
        lambda X: sparsefuncs.inplace_row_scale(X, np.ones(3)),
        lambda X: sparsefuncs.inplace_column_scale(X, np.ones(3)),
        lambda X: sparsefuncs.inplace_swap_row(X, 0, 1),
        lambda X: sparsefuncs.inplace_swap_column(X, 0, 1),
        sparsefuncs.csc_median_axis_0,
        sparsefuncs.count_nonzero,
        sparsefuncs_fast.inplace_csr_row_normalize_l1,
    ],
)
@pytest.mark.parametrize("X", [sp.lil_matrix(np.eye(3)), np.eye(3)], ids=["lil", "dense"])
def test_other_containers_are_refused(call, X):
    with pytest.raises(TypeError, match="pass CS"):
        call(X)


@pytest.mark.parametrize("axis", [2, -1, None])
def test_other_axes_are_refused(axis):
    with pytest.raises(ValueError, match="must be 0 or 1"):
        columns.mean_variance_axis(sp.csr_matrix(np.eye(3)), axis)
