"""PCA: orthonormal directions, least squared error, any storage, the reference's numbers."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit.decomposition import PCA

SOLVERS = ["full", "covariance_eigh", "arpack", "randomized"]
DATA = {"iris": load_iris, "digits": load_digits, "breast_cancer": load_breast_cancer}


def steep(n, p, dtype=np.float64, seed=0):
    """Rows of a Gaussian whose deviations fall by a constant factor, far from the origin."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.standard_normal((p, p)))[0]
    return ((rng.standard_normal((n, p)) * 0.8 ** np.arange(p)) @ axes + 5).astype(dtype)


@pytest.mark.parametrize("options", [{}, {"whiten": True}] + [{"svd_solver": s} for s in SOLVERS])
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it(options):
    if options.get("svd_solver") in ("arpack", "randomized"):
        options["n_components"] = 1
    results = check_estimator(PCA(**options), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("shape", [(60, 20), (20, 60)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_error_of_reconstruction_is_the_variance_left_out(solver, shape, order):
    X = np.asarray(steep(*shape), order=order)
    model = PCA(5, svd_solver=solver, random_state=0).fit(X)
    assert_allclose(model.components_ @ model.components_.T, np.eye(5), atol=1e-12)
    assert_allclose(model.mean_, X.mean(axis=0), rtol=1e-13)
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    rtol = 1e-6 if solver == "randomized" else 1e-11
    assert_allclose(model.singular_values_, values[:5], rtol=rtol)
    assert_allclose(model.explained_variance_, values[:5] ** 2 / (shape[0] - 1), rtol=2 * rtol)
    error = ((X - model.inverse_transform(model.transform(X))) ** 2).sum()
    assert_allclose(error, (values[5:] ** 2).sum(), rtol=1e-6 if solver == "randomized" else 1e-10)
    left_out = (values[5:] ** 2).sum() / (shape[0] - 1) / (20 - 5)
    assert_allclose(model.noise_variance_, left_out, rtol=1e-5)


@pytest.mark.parametrize("solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("n_components", [None, 2, 0.9, "mle"])
@pytest.mark.parametrize("data", DATA)
def test_results_are_those_of_the_reference(solver, n_components, data):
    if solver in ("arpack", "randomized") and n_components in (0.9, "mle"):
        pytest.skip("refused by both; see test_refusals")
    X = DATA[data]().data
    ours = PCA(n_components, svd_solver=solver, random_state=0).fit(X)
    theirs = reference.PCA(n_components, svd_solver=solver, random_state=0).fit(X)
    assert ours.n_components_ == theirs.n_components_
    variance = theirs.explained_variance_
    rounding = 1e-10 * variance[0]
    # The reference's Gram matrix knows variances to a few eps of the greatest.
    atol = 2e-15 * variance[0]
    assert_allclose(ours.explained_variance_, variance, rtol=1e-10, atol=atol)
    assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-10, atol=1e-12
    )
    assert_allclose(ours.noise_variance_, theirs.noise_variance_, rtol=1e-9, atol=rounding)
    # A direction is as certain as the gap to its neighbours is wide.
    certain = variance > 1e-6 * variance[0]
    assert_allclose(ours.components_[certain], theirs.components_[certain], atol=1e-9)
    rows = theirs.transform(X)[:, certain]
    assert_allclose(ours.transform(X)[:, certain], rows, atol=1e-9 * np.abs(rows).max())
    assert ours.get_feature_names_out()[0] == "pca0"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("whiten", [False, True])
def test_fit_transform_is_fit_then_transform(dtype, solver, whiten):
    X = steep(80, 10, dtype)
    model = PCA(4, svd_solver=solver, whiten=whiten, random_state=0)
    at_once = model.fit_transform(X)
    assert at_once.dtype == model.components_.dtype == model.mean_.dtype == dtype
    assert_allclose(at_once, model.transform(X), atol=1e-3 if dtype == np.float32 else 1e-8)
    if whiten:
        spread = at_once.std(axis=0, ddof=1)
        assert_allclose(spread, np.ones(4), rtol=1e-3 if dtype == np.float32 else 1e-9)
    back = model.inverse_transform(at_once)
    assert back.dtype == dtype
    kept = ((back - X.mean(axis=0)) ** 2).sum() / len(X)
    assert_allclose(kept, ((X - X.mean(axis=0)) ** 2).sum() / len(X), rtol=0.2)


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csc_array, sp.coo_matrix])
@pytest.mark.parametrize("solver", ["auto", "arpack", "covariance_eigh"])
@pytest.mark.parametrize("shape", [(70, 30), (30, 70)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_is_dense(make, solver, shape, dtype):
    rng = np.random.default_rng(0)
    X = (rng.standard_normal(shape) + 1) * (rng.random(shape) < 0.2) * np.linspace(1, 4, shape[1])
    X = X.astype(dtype)
    tol = 2e-3 if dtype == np.float32 else 1e-8
    sparse = PCA(6, svd_solver=solver, random_state=0).fit(make(X))
    dense = PCA(6, svd_solver="full").fit(X)
    assert sparse.components_.dtype == dtype
    for name in ("components_", "explained_variance_", "mean_", "explained_variance_ratio_"):
        assert_allclose(getattr(sparse, name), getattr(dense, name), rtol=tol, atol=tol)
    assert_allclose(sparse.transform(make(X)), dense.transform(X), atol=10 * tol)
    assert_allclose(sparse.fit_transform(make(X)), dense.transform(X), atol=10 * tol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_auto_does_not_lose_what_the_gram_matrix_cannot_hold(dtype):
    """Columns of scales 1e9 (float64) apart; the Gram matrix sees ratios up to 1e8."""
    rng = np.random.default_rng(0)
    scale = {np.float32: 1e4, np.float64: 1e9}[dtype]
    X = (rng.standard_normal((500, 3)) * [scale, 1, 1]).astype(dtype)
    found = PCA().fit(X).singular_values_
    exact = np.linalg.svd(X - X.mean(axis=0, dtype=float), compute_uv=False)
    assert_allclose(found[1:], exact[1:], rtol=0.02 if dtype == np.float32 else 1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
def test_one_pass_over_blocks_centres_data_far_from_the_origin(order):
    rng = np.random.default_rng(0)
    X = np.asarray(rng.standard_normal((20_000, 30)) + 1e6, order=order)
    drift = np.linspace(0, 100, len(X))[:, None] * rng.standard_normal(30)
    X += drift
    found = PCA(svd_solver="covariance_eigh").fit(X)
    assert_allclose(found.mean_, X.mean(axis=0), rtol=1e-13)
    exact = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    assert_allclose(found.singular_values_, exact, rtol=1e-8)


@pytest.mark.parametrize("n_components", [0, 2, 6])
def test_density_is_the_gaussian_of_the_model(n_components):
    X = steep(200, 6)
    model = PCA(n_components).fit(X)
    covariance = model.get_covariance()
    expected = np.linalg.inv(covariance)
    assert_allclose(model.get_precision(), expected, atol=1e-10 * np.abs(expected).max())
    Z = X - X.mean(axis=0)
    square = np.einsum("ij,jk,ik->i", Z, np.linalg.inv(covariance), Z)
    density = -0.5 * (square + np.linalg.slogdet(covariance)[1] + 6 * np.log(2 * np.pi))
    assert_allclose(model.score_samples(X), density, rtol=1e-10)
    assert_allclose(model.score(X), density.mean(), rtol=1e-10)
    assert_allclose(model.score(X), reference.PCA(n_components).fit(X).score(X), rtol=1e-10)
    if n_components == 6:
        assert_allclose(covariance, np.cov(X.T), atol=1e-12)


def test_sign_makes_the_entry_of_greatest_modulus_positive():
    X = steep(60, 8)
    for solver in SOLVERS:
        components = PCA(4, svd_solver=solver, random_state=0).fit(X).components_
        greatest = np.abs(components).argmax(axis=1)
        assert (components[np.arange(4), greatest] > 0).all()


def test_a_row_given_twice_weighs_twice_and_order_does_not_matter():
    X = steep(40, 5)
    rng = np.random.default_rng(0)
    once = PCA().fit(X)
    shuffled = PCA().fit(X[rng.permutation(40)])
    twice = PCA().fit(np.repeat(X, 2, axis=0))
    for other in (shuffled, twice):
        assert_allclose(other.components_, once.components_, atol=1e-10)
        assert_allclose(other.explained_variance_ratio_, once.explained_variance_ratio_, rtol=1e-10)
    axes = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    turned = PCA().fit(X @ axes)
    assert_allclose(turned.explained_variance_, once.explained_variance_, rtol=1e-10)


def test_input_is_left_alone_unless_it_may_be_overwritten():
    X = steep(50, 6)
    before = X.copy()
    for solver in SOLVERS:
        PCA(2, svd_solver=solver, random_state=0).fit_transform(X)
        assert (before == X).all()
    expected = PCA(2, svd_solver="full").fit_transform(X)
    assert_allclose(PCA(2, svd_solver="full", copy=False).fit_transform(X), expected, atol=1e-12)


def test_minka_finds_the_true_dimension():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 4)) @ rng.standard_normal((4, 15)) * 3
    X += 0.1 * rng.standard_normal(X.shape)
    assert PCA("mle").fit(X).n_components_ == 4


@pytest.mark.parametrize(
    "options, shape, match",
    [
        ({"n_components": 5}, (10, 4), "between 0 and 4"),
        ({"n_components": 4, "svd_solver": "arpack"}, (10, 4), "strictly less than"),
        ({"n_components": 0, "svd_solver": "randomized"}, (10, 4), "between 1 and 4"),
        ({"n_components": 0.5, "svd_solver": "randomized"}, (10, 4), "n_components=0.5"),
        ({"n_components": "mle", "svd_solver": "arpack"}, (10, 4), "'mle'"),
        ({"n_components": "mle"}, (4, 10), "as many samples as features"),
        ({"n_components": 1.0}, (10, 4), "must be"),
        ({}, (1, 4), "1 sample"),
    ],
)
def test_refusals(options, shape, match):
    with pytest.raises(ValueError, match=match):
        PCA(**options).fit(np.random.default_rng(0).standard_normal(shape))


def test_refusals_of_kind():
    with pytest.raises(TypeError, match="TruncatedSVD"):
        PCA(svd_solver="full").fit(sp.eye_array(5, format="csr"))
    model = PCA(2).fit(steep(20, 4))
    with pytest.raises(ValueError, match="2 components"):
        model.inverse_transform(np.ones((3, 4)))


def test_import_loads_nothing_heavy():
    code = (
        "import sys, mlkit.decomposition as d; d.PCA; "
        "sys.exit(any(m in sys.modules for m in ('scipy.stats', 'pandas', 'joblib', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
