"""Imputing by one statistic: its definition, sparse as dense, and parity with scikit-learn."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import sklearn.impute as reference

from mlkit.impute import SimpleImputer

RNG = np.random.default_rng(0)
NUMERIC = ["mean", "median", "most_frequent", "constant"]


def numbers(dtype=float, marker=np.nan, seed=0):
    """Whole numbers, so that modes are many; the last column is empty."""
    rng = np.random.default_rng(seed)
    X = rng.integers(1, 6, size=(41, 5)).astype(dtype)
    mask = rng.random(X.shape) < 0.2
    mask[:, 4] = True
    mask[:, 0] = False
    X[mask] = marker
    return X, mask


def objects(marker=np.nan):
    X = np.array(["a", "b", "c", "dd"], dtype=object)[RNG.integers(4, size=(30, 3))]
    X[RNG.random(X.shape) < 0.2] = marker
    return X


def both(X, **params):
    ours, theirs = SimpleImputer(**params), reference.SimpleImputer(**params)
    return ours.fit(X), theirs.fit(X)


@pytest.mark.filterwarnings("ignore:Skipping features")
@pytest.mark.parametrize("indicate", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("strategy", [*NUMERIC, np.max])
@pytest.mark.parametrize(
    "form, marker",
    [
        *((form, marker) for form in ("dense", "csc", "csr") for marker in (np.nan, -1)),
        ("dense", 0),
    ],
)
def test_parity(form, marker, strategy, keep, indicate):
    X, _ = numbers(marker=marker)
    if strategy is np.max:  # neither has a maximum of nothing
        X[0, 4] = 1
    given = X if form == "dense" else sp.coo_array(X).asformat(form)
    params = {"missing_values": marker, "strategy": strategy, "keep_empty_features": keep}
    ours, theirs = both(given, **params, add_indicator=indicate)
    np.testing.assert_allclose(
        ours.statistics_.astype(float), theirs.statistics_.astype(float), rtol=1e-12
    )
    got, expected = ours.transform(given), theirs.transform(given)
    assert sp.issparse(got) == (form != "dense")
    if form != "dense":
        got, expected = got.toarray(), expected.toarray()
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


@pytest.mark.filterwarnings("ignore:Skipping features")
@pytest.mark.parametrize("strategy", [*NUMERIC, lambda v: v.min()])
def test_sparse_equals_dense(strategy):
    X = sp.random(60, 4, density=0.6, format="csc", random_state=0)
    X.data[::5] = np.nan
    X.data = np.round(X.data, 1)
    imputer = SimpleImputer(strategy=strategy)
    sparse, dense = imputer.fit_transform(X), imputer.fit(X.toarray()).transform(X.toarray())
    np.testing.assert_allclose(sparse.toarray(), dense, rtol=1e-12)


@pytest.mark.parametrize("marker", [np.nan, None, "?"])
@pytest.mark.parametrize("strategy", ["most_frequent", "constant"])
def test_objects(strategy, marker):
    X = objects(marker)
    ours, theirs = both(X, strategy=strategy, missing_values=marker, fill_value=None)
    assert ours.transform(X).tolist() == theirs.transform(X).tolist()
    assert ours.statistics_.tolist() == theirs.statistics_.tolist()
    filled = SimpleImputer(strategy="constant", fill_value="x", missing_values=marker)
    assert (filled.fit_transform(X) == "x").sum() == sum(
        v is marker or v == marker for v in X.ravel()
    )


def test_mode_of_mixed_objects_is_the_least_by_type():
    X = np.array([["b"], [1], [np.nan], [None], ["a"]], dtype=object)
    ours, theirs = both(X, strategy="most_frequent")
    assert ours.statistics_.tolist() == theirs.statistics_.tolist() == [None]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("strategy", NUMERIC)
def test_dtype_is_kept(strategy, dtype):
    X, _ = numbers(dtype)
    assert SimpleImputer(strategy=strategy).fit_transform(X[:, :4]).dtype == dtype


def test_only_missing_values_change_and_input_stays():
    X, mask = numbers()
    X, mask = X[:, :4], mask[:, :4]
    before = X.copy()
    out = SimpleImputer().fit_transform(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(out[~mask], X[~mask])
    np.testing.assert_allclose(out[mask], np.broadcast_to(np.nanmean(X, axis=0), X.shape)[mask])
    same = SimpleImputer(copy=False).fit(X).transform(X)
    assert np.may_share_memory(same, X) and not np.isnan(X).any()


def test_inverse_marks_what_was_missing():
    X, _mask = numbers()
    X = X[:, :4]
    imputer = SimpleImputer(add_indicator=True)
    np.testing.assert_array_equal(imputer.inverse_transform(imputer.fit_transform(X)), X)
    text = objects()
    imputer = SimpleImputer(strategy="most_frequent", add_indicator=True)
    back = imputer.inverse_transform(imputer.fit_transform(text))
    assert pd.DataFrame(back).equals(pd.DataFrame(text))
    with pytest.raises(ValueError, match="add_indicator=True"):
        SimpleImputer().fit(X).inverse_transform(X)
    with pytest.warns(UserWarning, match="Skipping features"):
        whole = numbers()[0]
        imputer = SimpleImputer(add_indicator=True)
        np.testing.assert_array_equal(
            imputer.inverse_transform(imputer.fit_transform(whole)), whole
        )


@pytest.mark.parametrize("strategy", NUMERIC)
def test_frames(strategy):
    frame = pd.DataFrame({"a": [1.0, np.nan, 1.0], "b": pd.array([1, None, 4], dtype="Int64")})
    imputer = SimpleImputer(strategy=strategy).set_output(transform="pandas")
    out = imputer.fit_transform(frame)
    assert out.columns.tolist() == ["a", "b"]
    expected = SimpleImputer(strategy=strategy).fit_transform([[1, 1], [np.nan, np.nan], [1, 4]])
    np.testing.assert_allclose(out.to_numpy(dtype=float), expected)
    polars = pl.DataFrame({"a": [1.0, None, 1.0], "b": [1, None, 4]})
    np.testing.assert_allclose(SimpleImputer(strategy=strategy).fit_transform(polars), expected)


def test_strings_in_frames():
    frame = pd.DataFrame({"s": ["x", None, "x", "y"], "c": pd.Categorical(["u", "v", "v", None])})
    out = SimpleImputer(strategy="most_frequent").fit_transform(frame)
    assert out.tolist() == [["x", "u"], ["x", "v"], ["x", "v"], ["y", "v"]]


@pytest.mark.parametrize(
    "params, X, words",
    [
        ({}, [["a", "b"]], "mean strategy with non-numeric"),
        ({"strategy": "mode"}, [[1.0]], "'strategy'"),
        ({"missing_values": "?"}, [[1.0]], "missing_values='\\?'"),
        ({"missing_values": 0}, sp.eye(3).tocsc(), "sparse input"),
        ({"missing_values": -1}, [[np.nan]], "NaN"),
        ({"strategy": "constant", "fill_value": "x"}, [[1.0, np.nan]], "fill_value='x'"),
        ({"strategy": "most_frequent"}, np.array([["a"]]), "dtype <U1"),
        ({}, [[np.inf]], "infinity"),
        ({}, [1.0], "2D"),
    ],
)
def test_bad_input(params, X, words):
    with pytest.raises(ValueError, match=words):
        SimpleImputer(**params).fit(X)


def test_empty_columns_are_named():
    frame = pd.DataFrame({"full": [1.0, 2.0], "void": [np.nan, np.nan]})
    imputer = SimpleImputer().fit(frame)
    with pytest.warns(UserWarning, match="void"):
        assert imputer.transform(frame).shape == (2, 1)
    assert imputer.get_feature_names_out().tolist() == ["full"]
    kept = SimpleImputer(keep_empty_features=True).fit_transform(frame)
    assert kept[:, 1].tolist() == [0, 0]
