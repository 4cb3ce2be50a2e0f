"""Regression generators: y is the stated function of X."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.datasets import (
    make_friedman1,
    make_friedman2,
    make_friedman3,
    make_regression,
    make_sparse_uncorrelated,
)


@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("effective_rank", [None, 3])
def test_regression_is_linear(n_targets, shuffle, effective_rank):
    X, y, coef = make_regression(
        50,
        20,
        n_informative=5,
        n_targets=n_targets,
        bias=7.0,
        shuffle=shuffle,
        effective_rank=effective_rank,
        coef=True,
        random_state=0,
    )
    assert y.shape == ((50,) if n_targets == 1 else (50, n_targets))
    assert_allclose(X @ coef + 7, y)
    weights = coef.reshape(20, n_targets)
    informative = (weights != 0).all(axis=1)
    assert informative.sum() == (weights != 0).any(axis=1).sum() == 5
    assert informative[:5].all() != shuffle
    assert (weights >= 0).all()
    assert weights.max() < 100


def test_regression_noise():
    options = {"n_samples": 3000, "n_features": 5, "shuffle": False, "random_state": 0}
    _, clean = make_regression(**options)
    _, noisy = make_regression(**options, noise=2.0)
    assert_allclose((noisy - clean).std(), 2, rtol=0.1)


def test_shuffling_moves_weights_with_their_features():
    options = {"n_samples": 40, "n_features": 6, "n_informative": 3, "coef": True}
    X, y, coef = make_regression(**options, random_state=0)
    X_plain, y_plain, coef_plain = make_regression(**options, random_state=0, shuffle=False)
    assert_allclose(np.sort(y), np.sort(y_plain))
    assert_array_equal(np.sort(coef), np.sort(coef_plain))
    assert_allclose(np.sort(X.sum(axis=1)), np.sort(X_plain.sum(axis=1)))


def test_friedman1():
    X, y = make_friedman1(60, 8, random_state=0)
    a, b, c, d, e = X.T[:5]
    assert_allclose(y, 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e)
    assert X.shape == (60, 8)


def test_friedman2_and_3_are_modulus_and_argument():
    X, modulus = make_friedman2(500, random_state=0)
    same, argument = make_friedman3(500, random_state=0)
    assert_array_equal(X, same)
    impedance = X[:, 0] + 1j * (X[:, 1] * X[:, 2] - 1 / (X[:, 1] * X[:, 3]))
    assert_allclose(modulus, abs(impedance))
    assert_allclose(argument, np.angle(impedance))
    assert (X.min(axis=0) >= [0, 40 * np.pi, 0, 1]).all()
    assert (X.max(axis=0) < [100, 560 * np.pi, 1, 11]).all()


@pytest.mark.parametrize("make", [make_friedman1, make_friedman2, make_friedman3])
def test_friedman_noise(make):
    X, clean = make(3000, random_state=0)
    same, noisy = make(3000, noise=0.7, random_state=0)
    assert_array_equal(X, same)
    assert_allclose((noisy - clean).std(), 0.7, rtol=0.1)


def test_sparse_uncorrelated():
    X, y = make_sparse_uncorrelated(5000, 7, random_state=0)
    weights, *_ = np.linalg.lstsq(X, y, rcond=None)
    # Standard errors are 1 / √5000.
    assert_allclose(weights, [1, 2, -2, -1.5, 0, 0, 0], atol=0.07)
    assert_allclose((y - X @ weights).std(), 1, rtol=0.05)


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (make_friedman1, {"n_features": 4}),
        (make_friedman2, {"noise": -1.0}),
        (make_sparse_uncorrelated, {"n_features": 3}),
        (make_regression, {"n_targets": 0}),
        (make_regression, {"bias": np.inf}),
    ],
)
def test_bad_argument_is_refused(make, options):
    (parameter,) = options
    with pytest.raises(ValueError, match=parameter):
        make(**options)
