"""Powers of columns: normality, inverse, and parity with scikit-learn."""

import warnings

import numpy as np
import pytest
import sklearn.preprocessing as reference
from sklearn.datasets import load_breast_cancer

from mlkit.preprocessing import PowerTransformer, power_transform

RNG = np.random.default_rng(0)
CANCER = load_breast_cancer().data[:, [0, 3, 8, 14, 24]]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
def test_parity(method, standardize):
    X = CANCER.copy()
    X[RNG.random(X.shape) < 0.05] = np.nan
    if method == "yeo-johnson":
        X = np.column_stack([X - np.nanmean(X, axis=0), X[:, :1]])
    ours = PowerTransformer(method, standardize=standardize).fit(X)
    theirs = reference.PowerTransformer(method, standardize=standardize).fit(X)
    np.testing.assert_allclose(ours.lambdas_, theirs.lambdas_, atol=1e-4)
    theirs.lambdas_ = ours.lambdas_  # rounding of the search apart
    if standardize:
        theirs._scaler = reference.StandardScaler().fit(
            reference.PowerTransformer.transform(theirs.set_params(standardize=False), X)
        )
        theirs.set_params(standardize=True)
    Z = theirs.transform(X)
    np.testing.assert_allclose(ours.transform(X), Z, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(ours.inverse_transform(Z), X, rtol=1e-6)


@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
def test_normality_and_inverse(method):
    X = np.exp(RNG.normal(size=(2000, 2)))
    power = PowerTransformer(method)
    Z = power.fit_transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(Z.var(axis=0), 1, rtol=1e-10)
    skew = ((X - X.mean(axis=0)) ** 3).mean(axis=0) / X.std(axis=0) ** 3
    assert (abs((Z**3).mean(axis=0)) < skew / 10).all()
    np.testing.assert_allclose(power.inverse_transform(Z), X, rtol=1e-8)
    np.testing.assert_allclose(power_transform(X, method), Z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_copy(dtype):
    X = CANCER.astype(dtype)
    before = X.copy()
    power = PowerTransformer()
    Z = power.fit_transform(X)
    assert Z.dtype == dtype == power.lambdas_.dtype
    np.testing.assert_array_equal(X, before)
    same = power.set_params(copy=False).transform(X)
    assert np.may_share_memory(same, X)
    np.testing.assert_array_equal(same, Z)


def test_known_overflows_stay_finite():
    years = np.array([2003, 1950, 1997, 2000, 2009, 2009, 1980, 1999, 2007, 1991.0])[:, None]
    for X in (years, -years, np.array([[1e200], [1e201], [1e202]])):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Z = PowerTransformer().fit_transform(X)
        assert np.isfinite(Z).all() and Z.std() > 0.5
    assert np.isfinite(PowerTransformer("box-cox").fit_transform(years)).all()


def test_constant_column_and_bad_input():
    assert PowerTransformer().fit_transform(np.full((4, 1), 3.0)).tolist() == [[0.0]] * 4
    with pytest.raises(ValueError, match="strictly positive"):
        PowerTransformer("box-cox").fit([[1.0], [0.0]])
    with pytest.raises(ValueError, match="strictly positive"):
        PowerTransformer("box-cox").fit([[1.0], [2.0]]).transform([[-1.0]])
    with pytest.raises(ValueError, match="constant"):
        PowerTransformer("box-cox").fit([[1.0], [1.0]])
    with pytest.raises(ValueError, match="all nan"):
        PowerTransformer().fit([[np.nan], [np.nan]])
    with pytest.raises(ValueError, match="'method'"):
        PowerTransformer("log").fit([[1.0]])
