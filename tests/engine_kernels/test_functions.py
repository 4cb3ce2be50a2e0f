"""Kernels against their formula, pair by pair, and what makes them kernels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._engine.kernels.functions import KERNELS, kernel_of_pairs, squared_distances
from mlkit._engine.kernels.sums import row_distances

FORMULAS = {
    "linear": lambda x, y: x @ y,
    "poly": lambda x, y: (x @ y / len(x) + 1) ** 3,
    "rbf": lambda x, y: np.exp(-((x - y) ** 2).sum() / len(x)),
    "laplacian": lambda x, y: np.exp(-abs(x - y).sum() / len(x)),
    "sigmoid": lambda x, y: np.tanh(x @ y / len(x) + 1),
    "cosine": lambda x, y: x @ y / max(np.linalg.norm(x) * np.linalg.norm(y), 1e-300),
    "additive_chi2": lambda x, y: -((x - y) ** 2 / np.maximum(x + y, 1e-300)).sum(),
    "chi2": lambda x, y: np.exp(-((x - y) ** 2 / np.maximum(x + y, 1e-300)).sum()),
}


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    X, Y = rng.rand(13, 11), rng.rand(9, 11)
    X[X < 0.3] = Y[Y < 0.3] = 0
    X[4] = 0
    return X, Y


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name, data):
    X, Y = data
    function = KERNELS[name][0]
    expected = kernel_of_pairs(FORMULAS[name], X, Y)
    assert_allclose(function(X, Y), expected, atol=1e-14)
    single = function(X.astype("f4"), Y.astype("f4"))
    assert single.dtype == np.float32
    assert_allclose(single, expected, atol=1e-5)
    if "chi2" not in name:
        found = function(sparse.csr_array(X), sparse.csr_array(Y))
        assert_allclose(found, expected, atol=1e-14)
        assert type(found) is np.ndarray


@pytest.mark.parametrize("name", FORMULAS)
def test_symmetric(name, data):
    X, _ = data
    kernel = KERNELS[name][0](X, X)
    assert_allclose(kernel, kernel.T, atol=1e-15)
    if name not in ("sigmoid", "additive_chi2"):
        assert np.linalg.eigvalsh(kernel).min() > -1e-12


def test_parameters(data):
    X, Y = data
    gamma, coef0, degree = 0.7, 0.3, 2
    product = X @ Y.T
    assert_allclose(
        KERNELS["poly"][0](X, Y, gamma=gamma, coef0=coef0, degree=degree),
        (gamma * product + coef0) ** degree,
    )
    assert_allclose(
        KERNELS["sigmoid"][0](X, Y, gamma=gamma, coef0=coef0), np.tanh(gamma * product + coef0)
    )
    for name in ("rbf", "laplacian", "chi2"):
        function = KERNELS[name][0]
        assert_allclose(function(X, Y, gamma=2.0), function(X, Y, gamma=1.0) ** 2)


def test_single_precision_keeps_small_distances():
    X = (1000 + np.random.RandomState(0).rand(50, 3)).astype("f4")
    exact = ((X[:, None].astype("f8") - X) ** 2).sum(-1)
    assert_allclose(squared_distances(X, X), exact, atol=1e-8)


def test_chi2_refuses():
    X = np.array([[1.0, -1.0]])
    for name in ("chi2", "additive_chi2"):
        with pytest.raises(ValueError, match="negative"):
            KERNELS[name][0](X, X)
        with pytest.raises(ValueError, match="sparse"):
            KERNELS[name][0](sparse.csr_array(abs(X)), X)


def test_row_distances_do_not_depend_on_threads():
    rng = np.random.RandomState(0)
    X, Y = rng.rand(40, 37), rng.rand(30, 37)
    for kind in ("manhattan", "chi2"):
        assert_array_equal(row_distances(X, Y, kind, 1), row_distances(X, Y, kind, 4))
    with pytest.raises(ValueError, match="one width"):
        row_distances(X, Y[:, 1:], "chi2")
    with pytest.raises(ValueError, match="must be"):
        row_distances(X, Y, "cityblock")


def test_a_function_of_sparse_rows(data):
    X, Y = data
    found = kernel_of_pairs(
        lambda x, y: (x @ y.T).toarray()[0, 0], sparse.csr_array(X), sparse.csr_array(Y)
    )
    assert_allclose(found, X @ Y.T)
