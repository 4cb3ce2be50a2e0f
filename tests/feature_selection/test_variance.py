"""Selection by variance."""

import numpy as np
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.feature_selection import VarianceThreshold

rng = np.random.RandomState(0)
X = rng.randn(200, 6) * [1, 0.1, 0, 2, 0.5, 1] + [0, 0.1, 0.3, 0, 1e6, 0]


@pytest.mark.parametrize("threshold", [0.0, 0.2, 1])
@pytest.mark.parametrize("gaps", [False, True])
def test_agrees_with_scikit_learn(threshold, gaps):
    data = X.copy()
    if gaps:
        data[::7, 1:4] = np.nan
    ours = VarianceThreshold(threshold).fit(data)
    theirs = reference.VarianceThreshold(threshold).fit(data)
    assert_allclose(ours.variances_, theirs.variances_, rtol=1e-10, atol=1e-20)
    certain = np.arange(6) != 2  # the constant, which with gaps is left to rounding there
    assert_array_equal(ours.get_support()[certain], theirs.get_support()[certain])


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_array"])
@pytest.mark.parametrize("threshold", [0.0, 0.2])
def test_sparse_is_dense(kind, threshold):
    data = np.where(X > 0.5, X, 0)
    found = VarianceThreshold(threshold).fit(getattr(sparse, kind)(data))
    assert_allclose(found.variances_, VarianceThreshold(threshold).fit(data).variances_, atol=1e-9)


def test_a_constant_is_dropped_whatever_its_rounding():
    data = np.column_stack([np.full(1000, 0.1), np.full(1000, 1e17 / 3), np.arange(1000)])
    assert_array_equal(VarianceThreshold().fit(data).get_support(), [False, False, True])
    data[::3, :2] = np.nan
    assert_array_equal(VarianceThreshold().fit(data).get_support(), [False, False, True])


def test_all_dropped_is_an_error():
    with pytest.raises(ValueError, match="no feature in X meets the variance threshold"):
        VarianceThreshold(10).fit(X[:, :3])
    with pytest.raises(ValueError, match="one sample"):
        VarianceThreshold().fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="'threshold' parameter of VarianceThreshold"):
        VarianceThreshold(-1).fit(X)


def test_row_order_changes_nothing():
    assert_allclose(
        VarianceThreshold().fit(X[::-1]).variances_,
        VarianceThreshold().fit(X).variances_,
        rtol=1e-12,
    )
