"""Norms, thresholds and the constant column: their definitions."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import Binarizer, Normalizer, add_dummy_feature, binarize, normalize

RNG = np.random.default_rng(0)
FORMATS = ["csr", "csc", "coo"]


def _table():
    X = RNG.normal(size=(25, 6)) * (RNG.random((25, 6)) < 0.6)
    X[4] = 0
    return X


@pytest.mark.parametrize("form", ["dense", *FORMATS])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("norm, order", [("l1", 1), ("l2", 2), ("max", np.inf)])
def test_norm_is_one_or_zero(norm, order, axis, form):
    X = _table()
    given = X if form == "dense" else sp.coo_array(X).asformat(form)
    out, norms = normalize(given, norm, axis=axis, return_norm=True)
    out = out if form == "dense" else out.toarray()
    expected = np.linalg.norm(X, ord=order, axis=axis)
    np.testing.assert_allclose(norms, expected, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(out, ord=order, axis=axis), expected > 0)
    np.testing.assert_allclose(out, reference.normalize(X, norm, axis=axis), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_normalizer_keeps_dtype_and_needs_no_fit(dtype):
    X = _table().astype(dtype)
    out = Normalizer().transform(X)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, Normalizer().fit_transform(X))
    same = Normalizer(copy=False).transform(X)
    assert np.may_share_memory(same, X)


@pytest.mark.parametrize("threshold", [-0.5, 0.0, 0.7])
def test_binarize_compares(threshold):
    X = _table()
    np.testing.assert_array_equal(binarize(X, threshold=threshold), threshold < X)
    np.testing.assert_array_equal(Binarizer(threshold=threshold).transform(X), threshold < X)
    for form in FORMATS:
        sparse = sp.coo_array(X).asformat(form)
        if threshold < 0:
            with pytest.raises(ValueError, match="sparse"):
                binarize(sparse, threshold=threshold)
        else:
            out = binarize(sparse, threshold=threshold)
            np.testing.assert_array_equal(out.toarray(), threshold < X)
            assert out.nnz == (threshold < X).sum()
            np.testing.assert_array_equal(sparse.toarray(), X)


def test_binarize_in_place():
    X = _table()
    expected = X > 0
    assert binarize(X, copy=False) is X
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("form", ["dense", *FORMATS])
def test_dummy_feature_comes_first(form):
    X = _table()
    out = add_dummy_feature(X if form == "dense" else sp.coo_array(X).asformat(form), value=3.0)
    if form != "dense":
        assert out.format == form
        out = out.toarray()
    np.testing.assert_array_equal(out[:, 0], 3)
    np.testing.assert_array_equal(out[:, 1:], X)


def test_bad_input():
    with pytest.raises(ValueError, match="'norm'"):
        normalize([[1.0]], norm="l3")
    with pytest.raises(ValueError, match="NaN"):
        Normalizer().fit_transform([[np.nan]])
    with pytest.raises(ValueError, match="expecting 2 features"):
        Binarizer().fit([[1.0, 2.0]]).transform([[1.0]])
