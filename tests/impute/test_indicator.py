"""MissingIndicator: True where, and only where, a value is missing."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.impute as reference

from mlkit.impute import MissingIndicator

RNG = np.random.default_rng(0)


def table(marker=np.nan):
    X = RNG.integers(1, 4, size=(20, 4)).astype(float)
    X[RNG.random(X.shape) < 0.3] = marker
    X[:, 2] = 1
    return X


@pytest.mark.parametrize("features", ["missing-only", "all"])
@pytest.mark.parametrize("sparse", ["auto", True, False])
@pytest.mark.parametrize("form", ["dense", "csr", "csc"])
@pytest.mark.parametrize("marker", [np.nan, -1])
def test_definition(marker, form, sparse, features):
    X = table(marker)
    given = X if form == "dense" else sp.coo_array(X).asformat(form)
    params = {"missing_values": marker, "features": features, "sparse": sparse}
    ours, theirs = MissingIndicator(**params), reference.MissingIndicator(**params)
    out, expected = ours.fit_transform(given), theirs.fit_transform(given)
    assert type(out) is type(expected) and out.dtype == bool
    if sp.issparse(out):
        assert out.format == expected.format
        out = out.toarray()
    mask = np.isnan(X) if marker != marker else marker == X
    kept = [0, 1, 3] if features == "missing-only" else [0, 1, 2, 3]
    np.testing.assert_array_equal(out, mask[:, kept])
    assert ours.features_.tolist() == kept
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


def test_new_gaps():
    X = table()
    new = X.copy()
    new[0, 2] = np.nan
    with pytest.raises(ValueError, match="columns \\[2\\]"):
        MissingIndicator().fit(X).transform(new)
    out = MissingIndicator(error_on_new=False).fit(X).transform(new)
    np.testing.assert_array_equal(out, np.isnan(new)[:, [0, 1, 3]])


@pytest.mark.parametrize("marker", [None, "?", np.nan])
def test_objects(marker):
    X = np.array([["a", marker], [marker, 1], [None, "b"], ["?", 2.0]], dtype=object)
    out = MissingIndicator(missing_values=marker, features="all").fit_transform(X)
    expected = [[v is marker or v == marker for v in row] for row in X]
    np.testing.assert_array_equal(out, expected)


def test_frames_out():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]})
    out = MissingIndicator().set_output(transform="pandas").fit_transform(frame)
    assert out.to_dict("list") == {"missingindicator_a": [False, True]}


@pytest.mark.parametrize(
    "params, X, words",
    [
        ({"missing_values": 0}, sp.eye(3).tocsr(), "sparse input"),
        ({"missing_values": "?"}, [[1.0]], "missing_values='\\?'"),
        ({"missing_values": -1}, [[np.nan]], "NaN"),
        ({"features": "some"}, [[1.0]], "'features'"),
        ({}, np.array([["a"]]), "dtype <U1"),
    ],
)
def test_bad_input(params, X, words):
    with pytest.raises(ValueError, match=words):
        MissingIndicator(**params).fit(X)
