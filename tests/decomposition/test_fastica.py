"""FastICA: sources come back, directions are orthogonal and stationary, steps the reference's."""

import numpy as np
import pytest
import sklearn.decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit.decomposition import FastICA, fastica


def cube(x, scale=1.0):
    return scale * x**3, (3 * scale * x**2).mean(axis=-1)


def mixture(n=2000, dtype=np.float64):
    rng = np.random.default_rng(0)
    time = np.arange(n) / n
    sources = np.stack(
        [np.sign(np.sin(40 * time)), rng.uniform(-1, 1, n), rng.laplace(size=n)], axis=1
    )
    return sources, (sources @ rng.standard_normal((3, 3)) + 2).astype(dtype)


def whitened(X):
    return (X - X.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(X.T))).T


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    results = check_estimator(FastICA(), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("algorithm", ["parallel", "deflation"])
@pytest.mark.parametrize("fun", ["logcosh", "exp", "cube", cube])
@pytest.mark.parametrize("solver", ["svd", "eigh"])
def test_sources_come_back(algorithm, fun, solver):
    sources, X = mixture()
    model = FastICA(algorithm=algorithm, fun=fun, whiten_solver=solver, random_state=0)
    S = model.fit_transform(X)
    match = np.abs(np.corrcoef(S.T, sources.T)[:3, 3:])
    assert (match.max(axis=1) > 0.98).all() and (match.max(axis=0) > 0.98).all()
    assert_allclose(S.std(axis=0), np.ones(3), rtol=1e-10)
    assert_allclose(np.cov(S.T, bias=True), np.eye(3), atol=1e-8)
    assert_allclose(model.transform(X), S, atol=1e-9)
    assert_allclose(model.inverse_transform(S), X, atol=1e-9)


def test_directions_are_stationary():
    """``σⱼ E[sᵢ g(sⱼ)]`` is symmetric, σⱼ the sign of the extreme (greatest or least contrast) that
    source j stands at: to first order no rotation of two sources changes the sum of contrasts."""
    _, X = mixture()
    S = FastICA(random_state=0, tol=1e-12, max_iter=1000).fit_transform(X)
    pull = S.T @ np.tanh(S) / len(S)
    assert_allclose(np.abs(pull), np.abs(pull).T, atol=1e-6)
    assert np.abs(pull - np.diag(np.diag(pull))).max() > 1e-4  # else it would hold of anything


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"algorithm": "deflation", "n_components": 2},
        {"fun": "exp"},
        {"fun": "cube", "n_components": 2},
        {"fun_args": {"alpha": 1.5}},
        {"fun": cube, "fun_args": {"scale": 2.0}},
        {"fun": cube, "algorithm": "deflation"},
        {"whiten": "arbitrary-variance", "whiten_solver": "eigh"},
    ],
)
@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
@pytest.mark.filterwarnings("ignore:.*converge")
def test_results_are_those_of_the_reference(options, load):
    X = load().data
    ours = FastICA(random_state=0, max_iter=100, **options)
    theirs = reference.FastICA(random_state=0, max_iter=100, **options)
    S, expected = ours.fit_transform(X), theirs.fit_transform(X)
    assert ours.n_iter_ == theirs.n_iter_
    assert_allclose(S, expected, atol=1e-6 * np.abs(expected).max())
    for name in ("components_", "mixing_", "whitening_", "mean_"):
        expected = getattr(theirs, name)
        assert_allclose(getattr(ours, name), expected, atol=1e-6 * np.abs(expected).max())


def test_function_is_the_estimator():
    _, X = mixture()
    K, W, S, mean, n_iter = fastica(X, 2, random_state=0, return_X_mean=True, return_n_iter=True)
    model = FastICA(2, random_state=0).fit(X)
    assert_allclose(W @ K, model.components_)
    assert_allclose(S, (W @ K @ (X - mean).T).T, atol=1e-10)
    assert n_iter == model.n_iter_
    assert fastica(X, 2, random_state=0, compute_sources=False)[2] is None
    white = whitened(X)
    K, W, S = fastica(white, whiten=False, random_state=0)
    assert K is None
    assert_allclose(W @ W.T, np.eye(3), atol=1e-10)
    assert_allclose(S, white @ W.T)


def test_start_is_used_and_float32_kept():
    _, X = mixture(dtype=np.float32)
    model = FastICA(w_init=np.eye(3), max_iter=200).fit(X)
    assert (model.components_ == FastICA(w_init=np.eye(3)).fit(X).components_).all()
    assert model.transform(X).dtype == model.mixing_.dtype == np.float32
    exact = FastICA(w_init=np.eye(3)).fit(X.astype(float)).components_
    assert_allclose(model.components_, exact, atol=2e-2)


def test_refusals_and_warnings():
    _, X = mixture()
    with pytest.raises(ValueError, match="alpha must be in"):
        FastICA(fun_args={"alpha": 3}).fit(X)
    with pytest.raises(ValueError, match=r"w_init has shape \(2, 2\)"):
        FastICA(w_init=np.eye(2)).fit(X)
    with pytest.warns(UserWarning, match="at most 3 components"):
        FastICA(5, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="ignoring n_components=2"):
        FastICA(2, whiten=False, random_state=0).fit(whitened(X))
    with pytest.warns(UserWarning, match="did not converge in max_iter=1 "):
        FastICA(max_iter=1, random_state=0).fit(X)
    flat = np.column_stack([X, X[:, 0]])
    with pytest.warns(UserWarning, match="covariance is singular"):
        FastICA(whiten_solver="eigh", random_state=0, max_iter=1000, tol=1).fit(flat)


def test_transform_overwrites_only_if_it_may():
    _, X = mixture()
    model = FastICA(random_state=0).fit(X)
    before = X.copy()
    S = model.transform(X)
    assert (before == X).all()
    assert_allclose(model.transform(X, copy=False), S)
