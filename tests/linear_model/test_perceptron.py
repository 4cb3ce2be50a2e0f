"""The perceptron's rule, and scikit-learn's path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.linear_model import Perceptron

theirs = pytest.importorskip("sklearn.linear_model")

rng = np.random.RandomState(0)
X = rng.randn(150, 5)
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)


def test_weights_move_by_wrong_rows_alone():
    w, b = np.zeros(5), 0.0
    signs = np.where(Y > 0, 1.0, -1.0)
    for _ in range(3):
        for x, y in zip(X, signs, strict=True):
            if y * (x @ w + b) <= 0:
                w, b = w + 0.5 * y * x, b + 0.5 * y
    model = Perceptron(eta0=0.5, shuffle=False, max_iter=3, tol=None).fit(X, signs)
    assert_allclose(model.coef_[0], w, rtol=1e-12)
    assert_allclose(model.intercept_, b)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("penalty", [None, "l2"])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_scikit_learns_path(form, penalty):
    ours = Perceptron(penalty=penalty).fit(form(X), Y)
    other = theirs.Perceptron(penalty=penalty).fit(form(X), Y)
    assert_allclose(ours.coef_, other.coef_, rtol=1e-7, atol=1e-9)
    assert_array_equal(ours.predict(X), other.predict(X))


def test_separable_rows_are_told_apart():
    y = X[:, 0] > 0
    wide = X + np.where(y, 1.0, -1.0)[:, None] * np.eye(5)[0]
    assert Perceptron(tol=None, max_iter=200).fit(wide, y).score(wide, y) == 1.0


def test_pieces_go_on():
    model = Perceptron(shuffle=False).partial_fit(X[:70], Y[:70], classes=[0, 1, 2])
    model.partial_fit(X[70:], Y[70:])
    whole = Perceptron(shuffle=False, max_iter=1, tol=None).fit(X, Y)
    assert_allclose(model.coef_, whole.coef_)
