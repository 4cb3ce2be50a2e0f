"""Sigmoids and coupling: optimality and the equations that define them."""

import numpy as np
from numpy.testing import assert_allclose

from mlkit._engine.kernels.platt import couple, fit_sigmoid, sigmoid


def test_the_sigmoid_has_no_slope_left():
    rng = np.random.default_rng(0)
    decision = 3 * rng.normal(size=200)
    positive = rng.uniform(size=200) < 1 / (1 + np.exp(-1.5 * decision - 0.4))
    a, b = fit_sigmoid(decision, positive)
    n, m = positive.sum(), (~positive).sum()
    target = np.where(positive, (n + 1) / (n + 2), 1 / (m + 2))
    left = target - 1 / (1 + np.exp(a * decision + b))
    assert_allclose([left.sum(), left @ decision], 0, atol=1e-6)
    assert_allclose([a, b], [-1.5, -0.4], atol=0.6)


def test_separable_and_constant_decisions_are_bounded():
    decision = np.array([-1e3, -1.0, 1.0, 1e3])
    a, b = fit_sigmoid(decision, decision > 0)
    assert np.isfinite([a, b]).all()
    a, b = fit_sigmoid(np.zeros(4), np.array([True, True, True, False]))
    assert_allclose(sigmoid(0.0, a, b), (3 * 4 / 5 + 1 / 3) / 4, rtol=1e-6)


def test_coupling_returns_what_pairs_were_made_of():
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=20)
    i, j = np.triu_indices(5, 1)
    assert_allclose(couple(p[:, i] / (p[:, i] + p[:, j]), 5), p, atol=1e-9)


def test_coupling_of_pairs_that_disagree_is_the_least_sum():
    pairs = np.random.default_rng(1).uniform(0.01, 0.99, size=(50, 6))
    i, j = np.triu_indices(4, 1)

    def disagreement(p):
        return (((1 - pairs) * p[:, i] - pairs * p[:, j]) ** 2).sum(axis=1)

    found = couple(pairs, 4)
    assert_allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()
    for other in np.random.default_rng(2).normal(size=(20, 50, 4)):
        moved = found + 1e-3 * (other - other.mean(axis=1, keepdims=True))
        assert (disagreement(moved) >= disagreement(found)).all()
