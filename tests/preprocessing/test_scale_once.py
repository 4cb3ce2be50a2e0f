"""Scaling of one array: the estimators' results, by columns and by rows."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import maxabs_scale, minmax_scale, robust_scale, scale

RNG = np.random.default_rng(0)
FUNCTIONS = [scale, minmax_scale, maxabs_scale, robust_scale]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_parity(function, axis):
    X = RNG.normal(size=(20, 7))
    X[3, 2] = np.nan
    expected = getattr(reference, function.__name__)(X, axis=axis)
    np.testing.assert_allclose(function(X, axis=axis), expected, rtol=1e-10, atol=1e-12)
    column = X[:, 0]
    np.testing.assert_allclose(
        function(column), getattr(reference, function.__name__)(column), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("with_mean", [False, True])
@pytest.mark.parametrize("with_std", [False, True])
@pytest.mark.parametrize("shape", [(30, 4), (30,)])
def test_scale_leaves_its_input_alone_unless_told(with_mean, with_std, shape):
    X = RNG.normal(3, 2, size=shape)
    before = X.copy()
    out = scale(X, with_mean=with_mean, with_std=with_std)
    np.testing.assert_array_equal(X, before)
    assert not np.may_share_memory(out, X)
    expected = reference.scale(X, with_mean=with_mean, with_std=with_std)
    np.testing.assert_allclose(out, expected, atol=1e-12)
    np.testing.assert_array_equal(scale(X, with_mean=with_mean, with_std=with_std, copy=False), out)
    np.testing.assert_array_equal(X, out)


def test_sparse():
    X = sp.random(30, 5, density=0.5, random_state=0, format="csr")
    np.testing.assert_allclose(
        scale(X, with_mean=False).toarray(), scale(X.toarray(), with_mean=False)
    )
    np.testing.assert_allclose(maxabs_scale(X).toarray(), maxabs_scale(X.toarray()))
    np.testing.assert_allclose(maxabs_scale(X, axis=1).toarray(), maxabs_scale(X.toarray(), axis=1))
    with pytest.raises(ValueError, match="cannot center"):
        scale(X)
    with pytest.raises(ValueError, match="axis=1"):
        scale(X, with_mean=False, axis=1)
    assert scale(X, with_mean=False, with_std=False) is not X


def test_what_floating_point_cannot_centre_is_said():
    with pytest.warns(UserWarning, match="Numerical issues"):
        out = scale(np.full(10, 1e100) * (1 + np.finfo(float).eps * np.arange(10)), with_std=False)
    assert abs(out.mean()) < 1e85


def test_bad_arguments():
    with pytest.raises(ValueError, match="'axis'"):
        scale([[1.0]], axis=2)
    with pytest.raises(ValueError, match="feature_range"):
        minmax_scale([[1.0]], feature_range=(2, 1))
