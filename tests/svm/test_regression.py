"""SVR, NuSVR and OneClassSVM: the tube and the border by definition, parity with scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.svm
from numpy.testing import assert_allclose, assert_array_equal

import mlkit.svm
from mlkit.exceptions import ConvergenceWarning
from mlkit.svm import SVR, NuSVR, OneClassSVM

NAMES = ["SVR", "NuSVR", "OneClassSVM"]
OPTIONS = [
    {"kernel": "linear"},
    {"kernel": "poly", "coef0": 1.0},
    {"kernel": "rbf", "gamma": 0.5},
    {"kernel": "sigmoid", "gamma": 0.05},
]
each_kernel = pytest.mark.parametrize("options", OPTIONS, ids=[o["kernel"] for o in OPTIONS])
every = pytest.mark.parametrize("name", NAMES)


def problem(n=80, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4)) + 0.5
    return X, np.sin(X[:, 0]) + 0.5 * X[:, 1] + 0.2 * rng.normal(size=n)


def decisions(model, X):
    return getattr(model, "decision_function", model.predict)(X)


@every
@each_kernel
def test_parity_with_scikit_learn(name, options):
    """Both at tol=1e-8: the same support, decisions within 1e-5."""
    X, y = problem()
    ours = getattr(mlkit.svm, name)(**options, tol=1e-8).fit(X, y)
    theirs = getattr(sklearn.svm, name)(**options, tol=1e-8).fit(X, y)
    assert_array_equal(ours.n_support_, theirs.n_support_)
    assert_array_equal(ours.support_, theirs.support_)
    scale = np.abs(theirs.dual_coef_).max()
    assert_allclose(ours.dual_coef_, theirs.dual_coef_, atol=1e-4 * scale)
    expected = decisions(theirs, X)
    assert_allclose(decisions(ours, X), expected, atol=1e-5 * np.abs(expected).max())
    assert isinstance(ours.n_iter_, int) and ours.fit_status_ == 0
    if name == "OneClassSVM":
        away = ours.score_samples(X) - ours.offset_
        assert_allclose(away, ours.decision_function(X), atol=1e-12)
        assert_allclose(ours.offset_, theirs.offset_, rtol=1e-5)


def test_the_tube_is_that_of_the_definition():
    X, y = problem()
    model = SVR(C=3.0, epsilon=0.2, gamma=0.3).fit(X, y)
    error, coef = y - model.predict(X), np.zeros(len(y))
    coef[model.support_] = model.dual_coef_[0]
    assert_allclose(coef.sum(), 0, atol=1e-9)
    assert (np.abs(error[coef == 0]) <= 0.2 + 1e-3).all()
    assert (error[coef == 3.0] >= 0.2 - 1e-3).all()
    assert (error[coef == -3.0] <= -0.2 + 1e-3).all()
    free = (coef != 0) & (np.abs(coef) < 3.0)
    assert_allclose(error[free], 0.2 * np.sign(coef[free]), atol=1e-3)


@pytest.mark.parametrize("nu", [0.1, 0.5, 0.9])
def test_nu_bounds_what_is_outside(nu):
    X, y = problem()
    tube = NuSVR(nu=nu, gamma=0.3).fit(X, y)
    error = np.abs(y - tube.predict(X))
    free = np.flatnonzero(np.abs(tube.dual_coef_[0]) < 1.0)
    width = error[tube.support_[free]].mean()
    assert (error > width + 1e-3).mean() <= nu <= len(tube.support_) / len(y)
    border = OneClassSVM(nu=nu, gamma=0.3).fit(X)
    assert (border.predict(X) == -1).mean() <= nu <= len(border.support_) / len(X)


def test_every_row_may_support_the_border():
    X, _ = problem()
    model = OneClassSVM(nu=1.0, gamma=0.3).fit(X)
    assert len(model.support_) == len(X)
    assert np.isfinite(model.offset_).all()


@every
@each_kernel
def test_sparse_is_dense(name, options):
    X, y = problem()
    X = np.where(X > 0, X, 0)
    dense = getattr(mlkit.svm, name)(**options).fit(X, y)
    sparse = getattr(mlkit.svm, name)(**options).fit(sp.csr_matrix(X), y)
    assert sp.issparse(sparse.dual_coef_) and sp.issparse(sparse.support_vectors_)
    assert_allclose(decisions(sparse, sp.csr_matrix(X)), decisions(dense, X), atol=1e-7)
    assert_array_equal(sparse.predict(X) > 0, dense.predict(X) > 0)


@every
def test_precomputed_is_its_kernel(name):
    X, y = problem()
    linear = getattr(mlkit.svm, name)(kernel="linear").fit(X, y)
    stored = getattr(mlkit.svm, name)(kernel="precomputed").fit(X @ X.T, y)
    new = problem(seed=1)[0]
    assert_allclose(decisions(stored, new @ X.T), decisions(linear, new), atol=1e-8)
    assert_allclose(
        np.ravel(new @ linear.coef_.T) + linear.intercept_, decisions(linear, new), atol=1e-9
    )


@every
def test_weights_are_copies(name):
    X, y = problem()
    weight = np.arange(len(y)) % 3
    weighted = getattr(mlkit.svm, name)().fit(X, y, sample_weight=weight)
    copies = getattr(mlkit.svm, name)().fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(decisions(weighted, X), decisions(copies, X), atol=1e-6)
    with pytest.raises(ValueError, match="zero or negative"):
        getattr(mlkit.svm, name)().fit(X, y, sample_weight=-weight)


@every
def test_one_row_is_as_among_others(name):
    X, y = problem(200)
    model = getattr(mlkit.svm, name)().fit(X, y)
    assert_array_equal(
        np.concatenate([decisions(model, X[[i]]) for i in range(20)]), decisions(model, X)[:20]
    )


@every
def test_max_iter_warns(name):
    X, y = problem()
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        model = getattr(mlkit.svm, name)(max_iter=2).fit(X, y)
    assert model.fit_status_ == 1 and model.n_iter_ == 2
