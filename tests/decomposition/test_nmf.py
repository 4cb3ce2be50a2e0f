"""Non-negative factors: optimality, descent, parity with scikit-learn, batches, bad input."""

import warnings

import numpy as np
import pytest
import sklearn.decomposition as peer
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._engine.spectral import nonnegative
from mlkit._engine.spectral._nonnegative import descend, products_at
from mlkit.decomposition import NMF, MiniBatchNMF, non_negative_factorization

BETAS = [2, 1, 0, 0.5, 1.5, 2.5]


def counts(n=60, p=18, seed=0, density=0.4):
    rng = np.random.default_rng(seed)
    return rng.poisson(3.0, (n, p)) * (rng.random((n, p)) < density) * 1.0


def positive(seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((40, 4)) @ rng.random((4, 15)) + 0.01


@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.7])
def test_projected_gradient_vanishes(alpha, l1_ratio):
    X = positive()
    options = {"alpha_W": alpha, "l1_ratio": l1_ratio, "max_iter": 20_000}
    model = NMF(3, tol=1e-7, random_state=0, **options)
    W = model.fit_transform(X)
    H, (n, p) = model.components_, X.shape
    gap = W @ H - X
    for factor, gradient, strength in ((W, gap @ H.T, alpha * p), (H, W.T @ gap, alpha * n)):
        gradient = gradient + strength * (l1_ratio + (1 - l1_ratio) * factor)
        assert_allclose(gradient[factor > 0], 0, atol=1e-3)
        assert (gradient[factor == 0] > -1e-3).all()


@pytest.mark.parametrize("beta", BETAS)
def test_products_never_raise_the_divergence(beta):
    X, rng = positive(), np.random.default_rng(1)
    W, H = rng.random((40, 3)), rng.random((3, 15))
    none, before = nonnegative.Penalty(), np.inf
    for _ in range(20):
        W = nonnegative.multiply_rows(X, W, H, beta, none)
        H = nonnegative.multiply_columns(X, W, H, beta, none)
        now = nonnegative.divergence(X, W, H, beta)
        assert now <= before * (1 + 1e-12)
        before = now


@pytest.mark.parametrize("beta", [2, 1, 0.5, 1.5, 2.5])
def test_sparse_equals_dense(beta):
    X = counts()
    model = NMF(4, solver="mu", beta_loss=beta, random_state=0, max_iter=30, tol=0, init="random")
    dense = model.fit_transform(X), model.components_
    thin = model.fit_transform(sparse.csc_array(X)), model.components_
    for a, b in zip(dense, thin, strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-8)
    assert_allclose(model.transform(X), model.transform(sparse.csr_array(X)), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("init", ["random", "nndsvd", "nndsvda", "nndsvdar"])
@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_factors_are_those_of_scikit_learn(init, solver):
    X = positive()
    options = {"init": init, "solver": solver, "random_state": 3, "max_iter": 40, "tol": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (each(4, **options) for each in (NMF, peer.NMF))
        assert_allclose(ours.fit_transform(X), theirs.fit_transform(X), rtol=1e-5, atol=1e-7)
        assert_allclose(ours.components_, theirs.components_, rtol=1e-5, atol=1e-7)
        assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("beta", [2, 1, 0, 0.5])
@pytest.mark.parametrize("fresh", [False, True])
def test_batches_are_those_of_scikit_learn(beta, fresh):
    X = positive()
    options = {
        "beta_loss": beta,
        "fresh_restarts": fresh,
        "batch_size": 7,
        "random_state": 0,
        "max_iter": 5,
        "init": "random",
        "alpha_W": 0.001,
        "l1_ratio": 0.5,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (each(3, **options) for each in (MiniBatchNMF, peer.MiniBatchNMF))
        assert_allclose(ours.fit_transform(X), theirs.fit_transform(X), rtol=1e-6, atol=1e-8)
        assert_allclose(ours.components_, theirs.components_, rtol=1e-6, atol=1e-8)
    assert (ours.n_iter_, ours.n_steps_) == (theirs.n_iter_, theirs.n_steps_)


def test_batches_that_come_one_by_one():
    X = positive()
    ours, theirs = (
        each(3, random_state=0, init="random") for each in (MiniBatchNMF, peer.MiniBatchNMF)
    )
    for rows in (slice(0, 15), slice(15, 30), slice(30, 40)):
        ours.partial_fit(X[rows])
        theirs.partial_fit(X[rows])
    assert_allclose(ours.components_, theirs.components_, rtol=1e-6)
    assert ours.n_steps_ == 3


def test_h_can_be_held():
    X = positive()
    model = NMF(3, random_state=0, max_iter=2000).fit(X)
    W, H, _ = non_negative_factorization(X, H=model.components_, update_H=False, max_iter=2000)
    assert_array_equal(H, model.components_)
    assert_allclose(W, model.transform(X), rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_dtype_stays(dtype, solver):
    X = positive().astype(dtype)
    model = NMF(3, solver=solver, random_state=0, max_iter=1000, tol=1e-2)
    assert model.fit_transform(X).dtype == model.components_.dtype == dtype
    assert model.transform(X).dtype == dtype


def test_kernels_do_not_depend_on_threads():
    rng = np.random.default_rng(0)
    W, H = rng.random((301, 5)), rng.random((5, 23))
    X = sparse.random_array((301, 23), density=0.2, format="csr", rng=rng)
    found = [products_at(W, H.T, X.indptr, X.indices, threads) for threads in (1, 4)]
    assert_array_equal(*found)
    rows, columns = X.nonzero()
    assert_allclose(found[0], (W @ H)[rows, columns], rtol=1e-13)
    moved = [W.copy(), W.copy()]
    order = np.arange(5)
    sums = [descend(w, H @ H.T, X @ H.T, order, t) for w, t in zip(moved, (1, 4), strict=True)]
    assert sums[0] == sums[1]
    assert_array_equal(*moved)


def test_what_cannot_be_factored():
    X = positive()
    with pytest.raises(ValueError, match="take solver='mu'"):
        NMF(2, beta_loss=1).fit(X)
    with pytest.raises(ValueError, match="infinite where X is 0"):
        NMF(2, solver="mu", beta_loss="itakura-saito").fit(counts())
    with pytest.raises(ValueError, match="Negative values"):
        NMF(2).fit(-X)
    with pytest.raises(ValueError, match="give both W and H"):
        NMF(2, init="custom").fit(X)
    with pytest.raises(ValueError, match="W has shape"):
        NMF(2, init="custom").fit_transform(X, W=np.ones((3, 2)), H=np.ones((2, 15)))
    with pytest.raises(TypeError, match="H is float32"):
        NMF(2, init="custom").fit_transform(
            X, W=np.ones((40, 2)), H=np.ones((2, 15), dtype=np.float32)
        )
    with pytest.raises(ValueError, match="singular vectors give at most"):
        NMF(16, init="nndsvd").fit(X)
    with pytest.warns(UserWarning, match="limit of iterations"):
        NMF(3, max_iter=1).fit(X)
