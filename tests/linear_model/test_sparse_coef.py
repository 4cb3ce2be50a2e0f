"""Sparse coefficients."""

import pytest
import scipy.sparse

from mlkit import config_context
from mlkit.datasets import load_diabetes
from mlkit.linear_model import Lasso

X, Y = load_diabetes(return_X_y=True)


@pytest.mark.parametrize("interface", ["spmatrix", "sparray"])
def test_sparse_coefficients_are_of_the_kind_asked_for(interface):
    with config_context(sparse_interface=interface):
        found = Lasso().fit(X, Y).sparse_coef_
    assert isinstance(found, scipy.sparse.sparray) == (interface == "sparray")
