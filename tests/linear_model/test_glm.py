"""Deviance and Huber regressors: stationarity, weights, sparse X, and scikit-learn's results."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit.linear_model import GammaRegressor, HuberRegressor, PoissonRegressor, TweedieRegressor

MODELS = [
    (PoissonRegressor, {}),
    (GammaRegressor, {}),
    (TweedieRegressor, {"power": 1.5}),
    (TweedieRegressor, {"power": 3}),
    (TweedieRegressor, {"power": 0}),
    (TweedieRegressor, {"power": -0.5, "link": "log"}),
    (TweedieRegressor, {"power": 1.5, "link": "identity"}),
]


def data(n=120, p=4):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.7) * 0.5
    mean = np.exp(X @ rng.normal(size=p) * 0.5 + 1.5)
    return X, rng.gamma(4.0, mean / 4.0), rng.integers(0, 4, n).astype(float)


def name_of(value):
    return value.__name__ if isinstance(value, type) else repr(value)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "cls", [PoissonRegressor, GammaRegressor, TweedieRegressor, HuberRegressor]
)
def test_scikit_learn_accepts_it(cls):
    results = check_estimator(cls(), on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("cls, options", MODELS, ids=name_of)
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_parity(cls, options, solver, fit_intercept):
    convex = options.get("link") != "identity" and options.get("power", 1) >= 0
    if not convex and (solver != "lbfgs" or not fit_intercept):
        pytest.skip("means would start at or below zero, or the problem is not convex")
    X, y, w = data()
    settings = {**options, "alpha": 0.1, "tol": 1e-9, "max_iter": 1000}
    ours = cls(**settings, solver=solver, fit_intercept=fit_intercept).fit(X, y, w)
    theirs = getattr(sklearn.linear_model, cls.__name__)(**settings, fit_intercept=fit_intercept)
    theirs.fit(X, y, sample_weight=w)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-5)
    assert_allclose(ours.score(X, y, w), theirs.score(X, y, w), rtol=1e-6)
    assert_allclose(ours.score(X, y), theirs.score(X, y), rtol=1e-6)


@pytest.mark.parametrize("power", [1, 1.5, 2, 3])
def test_gradient_is_zero(power):
    """``Xᵀ w (μ − y) μ^{1−p} / Σw + αβ = 0``, the score equations of a log link."""
    X, y, w = data()
    model = TweedieRegressor(power=power, alpha=0.3, tol=1e-10, max_iter=1000).fit(X, y, w)
    mean = model.predict(X)
    residual = w * (mean - y) * mean ** (1 - power) / w.sum()
    assert_allclose(X.T @ residual + 0.3 * model.coef_, 0.0, atol=1e-7)
    assert_allclose(residual.sum(), 0.0, atol=1e-7)


@pytest.mark.parametrize("cls", [PoissonRegressor, GammaRegressor, HuberRegressor])
def test_weight_two_is_the_row_twice_and_sparse_is_dense(cls):
    X, y, w = data()
    rows = np.repeat(np.arange(len(y)), w.astype(int))
    model = cls(tol=1e-9, max_iter=1000).fit(X, y, w)
    repeated = cls(tol=1e-9, max_iter=1000).fit(X[rows], y[rows])
    assert_allclose(model.coef_, repeated.coef_, atol=1e-6)
    for form in (sparse.csr_array, sparse.csc_array):
        loose = cls(tol=1e-9, max_iter=1000).fit(form(X), y, w)
        assert_allclose(loose.coef_, model.coef_, atol=1e-6)
        assert_allclose(loose.predict(form(X)), model.predict(X), rtol=1e-5)


@pytest.mark.parametrize("cls", [PoissonRegressor, HuberRegressor])
def test_warm_start_at_the_solution_moves_little(cls):
    X, y, _ = data()
    model = cls(warm_start=True, tol=1e-8).fit(X, y)
    coef = model.coef_
    assert model.fit(X, y).n_iter_ <= 1
    assert_allclose(model.coef_, coef, atol=1e-6)


@pytest.mark.parametrize(
    "model, y, message",
    [
        (PoissonRegressor(), -1.0, "non-negative"),
        (GammaRegressor(), 0.0, "positive"),
        (TweedieRegressor(power=0.5), 1.0, "power=0.5"),
        (TweedieRegressor(power=3), 0.0, "positive"),
    ],
)
def test_targets_out_of_the_domain_are_named(model, y, message):
    X, _, _ = data()
    with pytest.raises(ValueError, match=message):
        model.fit(X, np.full(len(X), y))


def outlying():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, 2.0, 3.0] + 4.0 + 0.1 * rng.normal(size=100)
    y[::10] += 100.0
    return X, y, rng.uniform(0.5, 2, 100)


@pytest.mark.parametrize("epsilon", [1.1, 1.35, 3.0])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 1e-4, 1.0])
def test_huber_is_stationary_and_scikit_learns(alpha, fit_intercept, epsilon):
    """``Σ w ψ(r/σ) x = αβ`` and ``Σ w (1 − ψ(r/σ)²) = 0`` for ψ clipped at ±ε."""
    X, y, w = outlying()
    settings = {"epsilon": epsilon, "alpha": alpha, "fit_intercept": fit_intercept}
    ours = HuberRegressor(**settings, tol=1e-9).fit(X, y, w)
    pull = np.clip((y - ours.predict(X)) / ours.scale_, -epsilon, epsilon)
    assert_allclose(X.T @ (w * pull) - alpha * ours.coef_, 0.0, atol=1e-5)
    assert_allclose((w * (1 - pull**2)).sum(), 0.0, atol=1e-4)
    assert_array_equal(ours.outliers_, np.abs(y - ours.predict(X)) > epsilon * ours.scale_)
    theirs = sklearn.linear_model.HuberRegressor(**settings, tol=1e-8, max_iter=5000)
    theirs.fit(X, y, w)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-3)
    assert_allclose(ours.scale_, theirs.scale_, rtol=2e-3)


def test_huber_is_equivariant_and_robust():
    X, y, _ = outlying()
    model = HuberRegressor(alpha=0.0, tol=1e-9).fit(X, y)
    assert_allclose(model.coef_, [1.0, 2.0, 3.0], atol=0.1)
    assert model.outliers_[::10].all() and model.outliers_.sum() < 40
    scaled = HuberRegressor(alpha=0.0, tol=1e-9).fit(X, 7.0 * y)
    assert_allclose(scaled.coef_, 7.0 * model.coef_, rtol=1e-6)
    assert_allclose(scaled.scale_, 7.0 * model.scale_, rtol=1e-6)
