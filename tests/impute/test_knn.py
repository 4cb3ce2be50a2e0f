"""Filling by the nearest rows: the definition, and parity with scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import sklearn.impute as reference
from sklearn.metrics.pairwise import nan_euclidean_distances

from mlkit._engine.encode.donors import nan_euclidean
from mlkit.impute import KNNImputer

RNG = np.random.default_rng(0)


def table(n_rows=80, n_columns=6, share=0.25, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    X[rng.random(X.shape) < share] = np.nan
    return X


@pytest.mark.parametrize("share", [0.1, 0.4, 0.75])
@pytest.mark.parametrize("weights", ["uniform", "distance", None, lambda d: np.exp(-d)])
@pytest.mark.parametrize("n_neighbors", [1, 5, 200])
def test_parity(n_neighbors, weights, share):
    X, new = table(share=share), table(40, share=share, seed=1)
    new[0] = np.nan
    new[1] = X[1]
    params = {"n_neighbors": n_neighbors, "weights": weights}
    ours, theirs = KNNImputer(**params).fit(X), reference.KNNImputer(**params).fit(X)
    for each in (X, new):
        np.testing.assert_allclose(
            ours.transform(each), theirs.transform(each), rtol=1e-10, atol=1e-10
        )


def test_distances():
    X, Y = table(30), table(20, seed=1)
    np.testing.assert_allclose(nan_euclidean(X, Y), nan_euclidean_distances(X, Y), atol=1e-12)


def test_distances_as_a_function_give_the_same():
    """The kernel's way and that of a matrix of distances, which any metric takes."""
    X, new = table(300, share=0.3), table(50, share=0.5, seed=1)
    new[0] = np.nan

    def metric(x, y, missing_values):
        return nan_euclidean(x[np.newaxis], y[np.newaxis])[0, 0]

    for weights in ("uniform", "distance"):
        ours = KNNImputer(n_neighbors=4, weights=weights).fit(X)
        other = KNNImputer(n_neighbors=4, weights=weights, metric=metric).fit(X)
        np.testing.assert_allclose(ours.transform(new), other.transform(new), rtol=1e-9)


def test_the_first_of_equally_near_rows_give():
    X = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0], [5.0, 9.0], [0.0, np.nan]])
    assert KNNImputer(n_neighbors=2).fit_transform(X)[4, 1] == 1.5
    many = np.column_stack([np.zeros(300), np.arange(300.0)])
    many[7, 1] = np.nan
    assert KNNImputer(n_neighbors=3).fit_transform(many)[7, 1] == 1.0


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("indicate", [False, True])
@pytest.mark.parametrize("marker", [np.nan, -1, 0])
def test_markers_empty_columns_and_indicator(marker, indicate, keep):
    X = table()
    X[:, 2] = np.nan
    X = np.where(np.isnan(X), marker, X)
    params = {
        "missing_values": marker,
        "add_indicator": indicate,
        "keep_empty_features": keep,
        "n_neighbors": 3,
    }
    ours, theirs = KNNImputer(**params).fit(X), reference.KNNImputer(**params).fit(X)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-10, atol=1e-12)
    names = ours.get_feature_names_out().tolist()
    assert len(names) == ours.transform(X).shape[1]
    if not keep:  # scikit-learn does not name the columns that are kept empty
        assert names == theirs.get_feature_names_out().tolist()


def test_own_metric():
    def manhattan(x, y, *, missing_values=np.nan):
        return np.nansum(np.abs(x - y))

    X = table(30)
    params = {"metric": manhattan, "n_neighbors": 3}
    np.testing.assert_allclose(
        KNNImputer(**params).fit_transform(X), reference.KNNImputer(**params).fit_transform(X)
    )


def test_only_missing_values_change():
    X = table()
    before = X.copy()
    imputer = KNNImputer()
    out = imputer.fit_transform(X)
    np.testing.assert_array_equal(X, before)
    present = ~np.isnan(X)
    np.testing.assert_array_equal(out[present], X[present])
    assert not np.isnan(out).any()
    parts = np.vstack([imputer.transform(part) for part in np.array_split(X, 7)])
    np.testing.assert_allclose(parts, out, rtol=1e-12)
    assert imputer.set_params(copy=False).transform(X) is X
    np.testing.assert_array_equal(X, out)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_frames(dtype):
    X = table().astype(dtype)
    out = KNNImputer().fit_transform(X)
    assert out.dtype == dtype
    frame = pd.DataFrame(X, columns=list("abcdef"))
    wrapped = KNNImputer().set_output(transform="pandas").fit_transform(frame)
    assert wrapped.columns.tolist() == list("abcdef")
    np.testing.assert_array_equal(wrapped.to_numpy(), out)


@pytest.mark.parametrize(
    "params, X, words",
    [
        ({"n_neighbors": 0}, [[1.0]], "'n_neighbors'"),
        ({"weights": "far"}, [[1.0]], "'weights'"),
        ({"missing_values": -1}, [[np.nan]], "NaN"),
        ({}, [[np.inf]], "infinity"),
    ],
)
def test_bad_input(params, X, words):
    with pytest.raises(ValueError, match=words):
        KNNImputer(**params).fit(X)


def test_names_of_the_indicators_columns():
    X = pd.DataFrame([[1.0, np.nan], [2.0, 3.0]], columns=["a", "b"])
    imputer = KNNImputer(add_indicator=True).fit(X)
    assert list(imputer.get_feature_names_out()) == ["a", "b", "missingindicator_b"]
