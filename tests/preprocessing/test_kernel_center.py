"""Centring of kernels: that of features without their mean."""

import numpy as np
import pytest
import sklearn.preprocessing as reference

from mlkit.preprocessing import KernelCenterer

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_kernel_is_that_of_centred_columns(dtype):
    X, new = RNG.normal(size=(30, 4)).astype(dtype), RNG.normal(size=(7, 4)).astype(dtype)
    centerer = KernelCenterer().fit(X @ X.T)
    mean = X.mean(axis=0)
    K = new @ X.T
    before = K.copy()
    got = centerer.transform(K)
    assert got.dtype == dtype
    np.testing.assert_array_equal(K, before)
    np.testing.assert_allclose(
        got, (new - mean) @ (X - mean).T, atol=1e-5 if dtype == np.float32 else 1e-12
    )
    theirs = reference.KernelCenterer().fit(X @ X.T)
    np.testing.assert_allclose(got, theirs.transform(K), rtol=1e-4, atol=1e-5)
    assert centerer.transform(K, copy=False) is K
    np.testing.assert_array_equal(K, got)
    assert centerer.get_feature_names_out()[:2].tolist() == ["kernelcenterer0", "kernelcenterer1"]


def test_bad_input():
    with pytest.raises(ValueError, match="square"):
        KernelCenterer().fit(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expecting 2 features"):
        KernelCenterer().fit(np.eye(2)).transform(np.ones((2, 3)))
