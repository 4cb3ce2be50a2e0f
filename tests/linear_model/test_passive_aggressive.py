"""Passive-aggressive steps by their definition, and scikit-learn's path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from mlkit.linear_model import PassiveAggressiveClassifier, PassiveAggressiveRegressor

theirs = pytest.importorskip("sklearn.linear_model")

rng = np.random.RandomState(0)
X = rng.randn(120, 5)
SIGNS = np.where(X[:, 0] + 0.3 * rng.randn(120) > 0, 1.0, -1.0)
Y = X @ rng.randn(5)


def _length(loss, x, squared, C):
    return loss / (x @ x + 0.5 / C) if squared else min(C, loss / (x @ x))


@pytest.mark.parametrize("squared", [False, True])
def test_steps_of_the_classifier(squared):
    w, b, C = np.zeros(5), 0.0, 0.4
    for x, y in zip(X, SIGNS, strict=True):
        step = y * _length(max(0, 1 - y * (x @ w + b)), x, squared, C)
        w, b = w + step * x, b + step
    loss = "squared_hinge" if squared else "hinge"
    model = PassiveAggressiveClassifier(C=C, loss=loss, shuffle=False, max_iter=1, tol=None)
    model.fit(X, SIGNS)
    assert_allclose(model.coef_[0], w, rtol=1e-10)
    assert_allclose(model.intercept_, [b], rtol=1e-10)


@pytest.mark.parametrize("squared", [False, True])
def test_steps_of_the_regressor(squared):
    w, b, C = np.zeros(5), 0.0, 0.4
    for x, y in zip(X, Y, strict=True):
        error = y - x @ w - b
        step = np.sign(error) * _length(max(0, abs(error) - 0.1), x, squared, C)
        w, b = w + step * x, b + step
    loss = "squared_epsilon_insensitive" if squared else "epsilon_insensitive"
    model = PassiveAggressiveRegressor(C=C, loss=loss, shuffle=False, max_iter=1, tol=None)
    model.fit(X, Y)
    assert_allclose(model.coef_, w, rtol=1e-10)
    assert_allclose(model.intercept_, [b], rtol=1e-10)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_scikit_learns_path(form, average):
    arguments = {"random_state": 0, "average": average, "C": 0.2}
    for kind, y, losses in (
        ("Classifier", SIGNS, ("hinge", "squared_hinge")),
        ("Regressor", Y, ("epsilon_insensitive", "squared_epsilon_insensitive")),
    ):
        for loss in losses:
            ours = globals()[f"PassiveAggressive{kind}"](loss=loss, **arguments).fit(form(X), y)
            other = getattr(theirs, f"PassiveAggressive{kind}")(loss=loss, **arguments)
            other.fit(form(X), y)
            assert_allclose(ours.coef_, other.coef_, rtol=1e-7, atol=1e-9)
            assert_allclose(ours.intercept_, other.intercept_, rtol=1e-7, atol=1e-9)
            assert ours.n_iter_ == other.n_iter_


def test_a_row_of_zeros_moves_nothing():
    rows = np.vstack([X, np.zeros((3, 5))])
    plain = PassiveAggressiveRegressor(shuffle=False, max_iter=1, tol=None).fit(X, Y)
    padded = PassiveAggressiveRegressor(shuffle=False, max_iter=1, tol=None)
    padded.fit(rows, np.append(Y, [5.0, 5.0, 5.0]))
    assert_allclose(padded.coef_, plain.coef_)
    assert_allclose(padded.intercept_, plain.intercept_)
