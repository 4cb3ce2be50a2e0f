"""FactorAnalysis: the likelihood rises to a stationary point, whatever the scale of columns."""

import numpy as np
import pytest
import sklearn.decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit.decomposition import FactorAnalysis


def mixed(n=300, p=12, k=3, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, p)) * rng.uniform(0.2, 1, p)
    return rng.standard_normal((n, k)) @ rng.standard_normal((k, p)) + noise + 7


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    results = check_estimator(FactorAnalysis(), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("method", ["lapack", "randomized"])
@pytest.mark.parametrize("shape", [(300, 12), (30, 60)])
def test_likelihood_rises_and_is_that_of_the_model(method, shape):
    X = mixed(*shape)
    model = FactorAnalysis(3, svd_method=method, tol=1e-8, max_iter=5000).fit(X)
    assert (np.diff(model.loglike_) > -1e-6).all()
    assert len(model.loglike_) == model.n_iter_
    covariance = model.get_covariance()
    assert_allclose(
        covariance, model.components_.T @ model.components_ + np.diag(model.noise_variance_)
    )
    assert_allclose(model.get_precision() @ covariance, np.eye(shape[1]), atol=1e-8)
    Z = X - X.mean(axis=0)
    square = np.einsum("ij,jk,ik->i", Z, np.linalg.inv(covariance), Z)
    constant = np.linalg.slogdet(covariance)[1] + shape[1] * np.log(2 * np.pi)
    assert_allclose(model.score_samples(X), -0.5 * (square + constant), rtol=1e-8)
    assert_allclose(model.loglike_[-1], model.score_samples(X).sum(), rtol=1e-6)


def test_covariance_is_stationary():
    """At the maximum ``diag(C⁻¹(C − S)C⁻¹) = 0``: the gradient in the noise."""
    X = mixed()
    model = FactorAnalysis(3, svd_method="lapack", tol=1e-10, max_iter=20_000).fit(X)
    precision = model.get_precision()
    gap = model.get_covariance() - np.cov(X.T, bias=True)
    gradient = np.diagonal(precision @ gap @ precision)
    assert_allclose(gradient / np.diagonal(precision), np.zeros(12), atol=1e-4)


@pytest.mark.parametrize(
    "method, rotation",
    [("randomized", None), ("lapack", None), ("lapack", "varimax"), ("lapack", "quartimax")],
)
@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_results_are_those_of_the_reference(method, rotation, load):
    X = load().data
    options = {"n_components": 3, "svd_method": method, "rotation": rotation}
    ours, theirs = FactorAnalysis(**options).fit(X), reference.FactorAnalysis(**options).fit(X)
    assert ours.n_iter_ == theirs.n_iter_
    assert_allclose(ours.loglike_[-1], theirs.loglike_[-1], rtol=1e-8)
    covariance = theirs.get_covariance()
    assert_allclose(ours.get_covariance(), covariance, atol=1e-9 * covariance.max())
    assert_allclose(ours.noise_variance_, theirs.noise_variance_, rtol=1e-5, atol=1e-9)
    # Signs are free: nothing in the model fixes them.
    expected = np.abs(theirs.components_)
    assert_allclose(np.abs(ours.components_), expected, atol=1e-6 * expected.max())
    assert_allclose(np.abs(ours.transform(X)), np.abs(theirs.transform(X)), atol=1e-5)


def test_scaling_columns_scales_loadings_and_noise():
    X = mixed()
    scale = np.logspace(-2, 2, 12)
    options = {"n_components": 3, "svd_method": "lapack", "tol": 1e-9, "max_iter": 20_000}
    plain = FactorAnalysis(**options).fit(X)
    # The iteration starts from one noise for all, so the start is scaled alike.
    scaled = FactorAnalysis(noise_variance_init=scale**2, **options).fit(X * scale)
    assert_allclose(scaled.noise_variance_, plain.noise_variance_ * scale**2, rtol=1e-4)
    assert_allclose(np.abs(scaled.components_), np.abs(plain.components_ * scale), rtol=1e-3)


@pytest.mark.parametrize("rotation", ["varimax", "quartimax"])
def test_rotation_keeps_the_model_and_raises_its_criterion(rotation):
    X = mixed(k=4)
    plain, turned = FactorAnalysis(4).fit(X), FactorAnalysis(4, rotation=rotation).fit(X)
    assert_allclose(turned.get_covariance(), plain.get_covariance(), atol=1e-10)

    def criterion(loadings):
        squares = loadings.T**2
        return (squares**2).sum() - (rotation == "varimax") * (squares.sum(0) ** 2).sum() / 12

    assert criterion(turned.components_) > criterion(plain.components_)
    # No turn in a plane of two factors makes it better.
    best = criterion(turned.components_)
    for angle in (-0.02, 0.02):
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        assert criterion(turn @ turned.components_) < best


def test_with_all_factors_the_likelihood_still_counts_what_is_below_the_noise():
    X = mixed()
    model = FactorAnalysis().fit(X)
    assert_allclose(model.loglike_[-1], model.score_samples(X).sum(), rtol=1e-6)
    assert model.score(X) >= FactorAnalysis(3).fit(X).score(X) - 1e-3


def test_no_factor_is_independent_columns():
    X = mixed()
    model = FactorAnalysis(0).fit(X)
    assert_allclose(model.noise_variance_, X.var(axis=0), rtol=1e-10)
    assert model.transform(X).shape == (300, 0)
    assert_allclose(model.get_precision(), np.diag(1 / X.var(axis=0)), rtol=1e-10)


def test_refusals_and_warning():
    X = mixed()
    with pytest.raises(ValueError, match="one value a feature"):
        FactorAnalysis(noise_variance_init=[1.0]).fit(X)
    with pytest.warns(UserWarning, match="did not converge in max_iter=2 "):
        FactorAnalysis(3, max_iter=2, tol=1e-9).fit(X)
