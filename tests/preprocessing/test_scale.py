"""Scalers: their definitions, pieces merged, sparse as dense, and parity with scikit-learn."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from mlkit.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

SCALERS = [StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler]
INCREMENTAL = SCALERS[:3]
RNG = np.random.default_rng(0)
FITTED = [
    "mean_",
    "var_",
    "scale_",
    "n_samples_seen_",
    "min_",
    "data_min_",
    "data_max_",
    "data_range_",
    "max_abs_",
    "center_",
]


def fuzzed(n_rows=203, n_columns=6, gaps=True, dtype=float):
    """Columns of many sizes, one constant, some with missing values."""
    X = RNG.normal(size=(n_rows, n_columns)) * [1, 10, 1e-4, 1e6, 1, 0] + [0, 5, 1, -1e6, 3, 2.5]
    X = X.astype(dtype)
    if gaps:
        X[RNG.random(X.shape) < 0.1] = np.nan
    return X


DATA = {
    "iris": load_iris().data,
    "wine": load_wine().data,
    "cancer": load_breast_cancer().data,
    "fuzzed": fuzzed(),
    "integers": RNG.integers(-9, 9, size=(50, 4)),
    "one row": RNG.normal(size=(1, 3)),
    "long": fuzzed(9000),
}
PARAMS = [
    (StandardScaler, {}),
    (StandardScaler, {"with_mean": False}),
    (StandardScaler, {"with_std": False}),
    (StandardScaler, {"with_mean": False, "with_std": False}),
    (MinMaxScaler, {}),
    (MinMaxScaler, {"feature_range": (-2, 5.5), "clip": True}),
    (MaxAbsScaler, {}),
    (MaxAbsScaler, {"clip": True}),
    (RobustScaler, {}),
    (RobustScaler, {"with_centering": False}),
    (RobustScaler, {"with_scaling": False}),
    (RobustScaler, {"quantile_range": (10.0, 80.0), "unit_variance": True}),
]


def same_state(ours, theirs, rtol=1e-10):
    for name in FITTED:
        a, b = getattr(ours, name, "absent"), getattr(theirs, name, "absent")
        if b is None or isinstance(b, str):
            assert a is b or a == b, name
        else:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("kind, params", PARAMS, ids=str)
@pytest.mark.parametrize("name", DATA)
def test_parity(name, kind, params):
    X = DATA[name]
    ours, theirs = kind(**params).fit(X), getattr(reference, kind.__name__)(**params).fit(X)
    same_state(ours, theirs)
    new = X[::-1] * 1.5
    Z, expected = ours.transform(new), theirs.transform(new)
    np.testing.assert_allclose(Z, expected, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(ours.inverse_transform(Z), theirs.inverse_transform(Z), 1e-9, 1e-9)


@pytest.mark.parametrize("kind", SCALERS)
def test_inverse_undoes_transform(kind):
    X = fuzzed(9000)
    scaler = kind()
    np.testing.assert_allclose(scaler.inverse_transform(scaler.fit_transform(X)), X, rtol=1e-9)


def test_standard_scaler_is_its_definition():
    X = fuzzed(9000)[:, :5]
    Z = StandardScaler().fit_transform(X)
    np.testing.assert_allclose(np.nanmean(Z, axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.nanstd(Z, axis=0), 1, rtol=1e-9)
    assert (np.isnan(Z) == np.isnan(X)).all()


@pytest.mark.parametrize("kind", INCREMENTAL)
@pytest.mark.parametrize("step", [1, 17, 100])
def test_any_split_is_the_whole(kind, step):
    X = fuzzed()
    whole, parts = kind().fit(X), kind()
    for start in range(0, len(X), step):
        parts.partial_fit(X[start : start + step])
    same_state(parts, whole)


def test_weight_two_is_the_row_twice():
    X = fuzzed()
    weight = RNG.integers(0, 4, size=len(X))
    weighted = StandardScaler().fit(X, sample_weight=weight)
    repeated = StandardScaler().fit(np.repeat(X, weight, axis=0))
    same_state(weighted, repeated)
    theirs = reference.StandardScaler().fit(X, sample_weight=weight)
    same_state(weighted, theirs)
    split = StandardScaler()
    for rows in (slice(0, 70), slice(70, None)):
        split.partial_fit(X[rows], sample_weight=weight[rows])
    same_state(split, weighted)


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize(
    "kind, params",
    [
        (StandardScaler, {"with_mean": False}),
        (StandardScaler, {"with_mean": False, "with_std": False}),
        (MaxAbsScaler, {}),
        (MaxAbsScaler, {"clip": True}),
        (RobustScaler, {"with_centering": False}),
    ],
    ids=str,
)
def test_sparse_equals_dense(kind, params, form):
    X = sp.random(120, 8, density=0.6, format=form, random_state=0)
    X.data[::9] = np.nan
    X.data[1::7] *= -3
    sparse, dense = kind(**params).fit(X), kind(**params).fit(X.toarray())
    np.testing.assert_allclose(
        np.nan_to_num(sparse.scale_ if sparse.scale_ is not None else 0),
        np.nan_to_num(dense.scale_ if dense.scale_ is not None else 0),
        rtol=1e-12,
    )
    Z = sparse.transform(X)
    assert sp.issparse(Z)
    np.testing.assert_allclose(Z.toarray(), dense.transform(X.toarray()), rtol=1e-12)
    if "clip" not in params:
        back = sparse.inverse_transform(Z)
        np.testing.assert_allclose(back.toarray(), X.toarray(), rtol=1e-12)


@pytest.mark.parametrize("kind", [StandardScaler, RobustScaler])
def test_sparse_is_not_centred(kind):
    X = sp.eye(4).tocsr()
    with pytest.raises(ValueError, match="cannot center sparse"):
        kind().fit(X)
    with pytest.raises(TypeError, match="dense"):
        MinMaxScaler().fit(X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", SCALERS)
def test_float_dtypes_are_kept(kind, dtype):
    X = RNG.normal(size=(40, 3)).astype(dtype)
    Z = kind().fit(X).transform(X)
    assert Z.dtype == dtype
    assert kind().fit(X).inverse_transform(Z).dtype == dtype


@pytest.mark.parametrize("order", ["C", "F", "strided", "read-only"])
@pytest.mark.parametrize("n_rows", [20, 9000])
@pytest.mark.parametrize("kind", SCALERS)
def test_input_is_left_alone_unless_copy_is_false(kind, n_rows, order):
    X = fuzzed(n_rows)
    X = {"F": np.asfortranarray(X), "strided": np.repeat(X, 2, axis=1)[:, ::2]}.get(order, X)
    before = X.copy()
    if order == "read-only":
        X.flags.writeable = False
    expected = kind().fit_transform(X)
    np.testing.assert_array_equal(X, before)
    got = kind(copy=False).fit(X).transform(X)
    np.testing.assert_array_equal(got, expected)
    assert np.may_share_memory(got, X) == (order != "read-only")
    if order != "read-only":
        np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("kind", SCALERS)
def test_frames_in_and_out(kind):
    frame = pd.DataFrame(fuzzed(30), columns=list("abcdef"), index=np.arange(30)[::-1])
    scaler = kind().set_output(transform="pandas")
    out = scaler.fit_transform(frame)
    assert out.columns.tolist() == list("abcdef") and (out.index == frame.index).all()
    np.testing.assert_allclose(out, kind().fit_transform(frame.to_numpy()))
    assert scaler.get_feature_names_out().tolist() == list("abcdef")


def test_nearly_constant_column_is_not_blown_up():
    """A variance that is only rounding counts as none."""
    for value in (0.1, 1e-30, 1e6, np.log(1e-5)):
        X = np.full((100, 1), value)
        assert StandardScaler().fit(X).scale_[0] == 1
        np.testing.assert_allclose(StandardScaler().fit_transform(X), 0, atol=1e-9)


def test_column_of_nan():
    X = np.array([[np.nan, 1.0], [np.nan, 3.0]])
    for kind in SCALERS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Z = kind().fit_transform(X)
        assert np.isnan(Z[:, 0]).all() and np.isfinite(Z[:, 1]).all()


@pytest.mark.parametrize(
    "scaler, words",
    [
        (MinMaxScaler(feature_range=(1, 1)), "feature_range=\\(1, 1\\)"),
        (MinMaxScaler(feature_range=[0, 1]), "'feature_range'"),
        (RobustScaler(quantile_range=(90.0, 10.0)), "quantile_range=\\(90.0, 10.0\\)"),
        (RobustScaler(quantile_range=(-1.0, 10.0)), "quantile_range"),
        (StandardScaler(with_mean="yes"), "'with_mean'"),
    ],
)
def test_bad_parameters(scaler, words):
    with pytest.raises(ValueError, match=words):
        scaler.fit(np.ones((3, 2)))


@pytest.mark.parametrize("kind", SCALERS)
@pytest.mark.parametrize(
    "X, words",
    [
        ([1.0, 2.0], "2D"),
        ([[np.inf]], "infinity"),
        ([["a"]], "convert"),
        ([[1j]], "Complex"),
        (np.zeros((0, 2)), "0 sample"),
        (np.zeros((2, 0)), "0 feature"),
    ],
)
def test_bad_input(kind, X, words):
    with pytest.raises(ValueError, match=words):
        kind().fit(X)


def test_bad_weights_and_width():
    X = fuzzed(10)
    with pytest.raises(ValueError, match="zero"):
        StandardScaler().fit(X, sample_weight=np.zeros(10))
    with pytest.raises(ValueError, match="expecting 6 features"):
        StandardScaler().fit(X).transform(X[:, :2])
    with pytest.raises(ValueError, match="expecting 6 features"):
        StandardScaler().fit(X).partial_fit(X[:, :2])
    with pytest.raises(ValueError, match="not fitted"):
        StandardScaler().inverse_transform(X)


def test_callbacks_see_the_fit():
    seen = []

    class Watch:
        def setup(self, estimator, context):
            seen.append("setup")

        def teardown(self, estimator, context):
            seen.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, metadata):
            seen.append(metadata["sample_weight"])

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            seen.append(fitted_estimator.transform([[4.0]])[0, 0])

    StandardScaler().set_callbacks(Watch()).fit([[0.0], [2.0]], sample_weight=[1, 1])
    assert seen == ["setup", [1, 1], 3.0, "teardown"]
