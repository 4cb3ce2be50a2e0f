"""FunctionTransformer: it calls the function, and names what comes out."""

import functools

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from mlkit.preprocessing import FunctionTransformer

X = np.random.default_rng(0).random((20, 3)) + 1
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])


def test_identity_returns_its_very_input():
    for given in (X, [[1, 2]], FRAME, sp.eye(3).tocsr(), "anything"):
        assert FunctionTransformer().transform(given) is given
        assert FunctionTransformer().inverse_transform(given) is given


@pytest.mark.parametrize("validate", [False, True])
def test_functions_get_their_arguments(validate):
    transformer = FunctionTransformer(
        np.round,
        np.add,
        validate=validate,
        check_inverse=False,
        kw_args={"decimals": 1},
        inv_kw_args=None,
    )
    np.testing.assert_array_equal(transformer.fit_transform(X), np.round(X, 1))
    scaled = FunctionTransformer(lambda X, by: X * by, kw_args={"by": 3}, validate=validate)
    np.testing.assert_array_equal(scaled.fit(X).transform(X), 3 * X)


def test_inverse_is_checked():
    good = FunctionTransformer(np.log, np.exp, check_inverse=True)
    np.testing.assert_allclose(good.inverse_transform(good.fit_transform(X)), X)
    with pytest.warns(UserWarning, match="does not undo"):
        FunctionTransformer(np.log, np.log1p).fit(X)
    FunctionTransformer(np.log, np.log1p, check_inverse=False).fit(X)
    with pytest.raises(ValueError, match="check_inverse"):
        FunctionTransformer(lambda X: X, lambda X: X).fit(np.array([["a"]]))
    sparse = sp.random(30, 3, density=0.5, format="csr", random_state=0)
    square = FunctionTransformer(lambda X: X.power(2), np.sqrt, accept_sparse=True, validate=True)
    assert (square.fit(sparse).transform(sparse) != sparse.power(2)).nnz == 0


def test_validation():
    strict = FunctionTransformer(validate=True).fit(X)
    with pytest.raises(ValueError, match="expecting 3 features"):
        strict.transform(X[:, :2])
    with pytest.raises(TypeError, match="dense"):
        strict.transform(sp.csr_matrix(X))
    with pytest.raises(ValueError, match="'func'"):
        FunctionTransformer(func=3).fit(X)


def test_names():
    assert not hasattr(FunctionTransformer(), "get_feature_names_out")
    same = FunctionTransformer(np.log, feature_names_out="one-to-one").fit(FRAME)
    assert same.get_feature_names_out().tolist() == ["a", "b", "c"]
    more = FunctionTransformer(
        lambda X: np.hstack([X, X]),
        feature_names_out=lambda t, names: [f"{p}{n}" for p in "xy" for n in names],
    )
    more.set_output(transform="pandas").fit(FRAME)
    out = more.transform(FRAME)
    assert out.columns.tolist() == ["xa", "xb", "xc", "ya", "yb", "yc"]
    assert (out.index == FRAME.index).all()


def test_frames_that_the_function_returns():
    renamed = FunctionTransformer(
        lambda X: 2 * X, feature_names_out=lambda t, names: [f"{n}2" for n in names]
    )
    assert renamed.fit_transform(FRAME).columns.tolist() == ["a2", "b2", "c2"]
    polars = pl.DataFrame({"a": [1.0], "b": [2.0]})
    assert renamed.fit_transform(polars).columns == ["a2", "b2"]
    wrong = FunctionTransformer(
        lambda X: X.rename(columns={"a": "z"}), feature_names_out="one-to-one"
    )
    with pytest.raises(ValueError, match="make them agree"):
        wrong.fit_transform(FRAME)
    with pytest.warns(UserWarning, match="pandas DataFrame"):
        FunctionTransformer(np.asarray).set_output(transform="pandas").fit_transform(FRAME)


def test_diagram_names_the_function():
    from sklearn.utils import estimator_html_repr

    transformer = FunctionTransformer(functools.partial(np.log1p, where=True))
    assert "log1p" in estimator_html_repr(transformer)
    assert "log1p" in transformer._repr_html_()
