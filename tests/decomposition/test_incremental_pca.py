"""IncrementalPCA: batches lose nothing while all is kept, little when some is."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit.decomposition import PCA, IncrementalPCA


def steep(n=200, p=8, seed=0):
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.standard_normal((p, p)))[0]
    return (rng.standard_normal((n, p)) * 0.6 ** np.arange(p)) @ axes + 3


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it(whiten):
    results = check_estimator(IncrementalPCA(whiten=whiten), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("batch_size", [None, 8, 33, 200])
def test_with_all_components_it_is_pca_however_rows_are_divided(batch_size):
    X = steep()
    ours, whole = IncrementalPCA(batch_size=batch_size).fit(X), PCA(svd_solver="full").fit(X)
    assert_allclose(ours.components_, whole.components_, atol=1e-10)
    for name in ("singular_values_", "explained_variance_", "explained_variance_ratio_", "mean_"):
        assert_allclose(getattr(ours, name), getattr(whole, name), rtol=1e-10)
    assert_allclose(ours.var_, X.var(axis=0), rtol=1e-12)
    assert ours.n_samples_seen_ == 200
    assert_allclose(ours.get_covariance(), np.cov(X.T), atol=1e-12)


@pytest.mark.parametrize("load", [load_iris, load_digits, load_breast_cancer])
@pytest.mark.parametrize(
    "options", [{"n_components": 3}, {}, {"n_components": 2, "batch_size": 20}]
)
def test_results_are_those_of_the_reference(load, options):
    X = load().data
    ours, theirs = IncrementalPCA(**options).fit(X), reference.IncrementalPCA(**options).fit(X)
    variance = theirs.explained_variance_
    assert_allclose(ours.explained_variance_, variance, rtol=1e-10, atol=1e-15 * variance[0])
    ratio = theirs.explained_variance_ratio_
    assert_allclose(ours.explained_variance_ratio_, ratio, rtol=1e-10, atol=1e-15)
    assert_allclose(ours.noise_variance_, theirs.noise_variance_, rtol=1e-9)
    assert_allclose(ours.mean_, theirs.mean_, rtol=1e-10)
    assert_allclose(ours.var_, theirs.var_, rtol=1e-10)
    assert ours.batch_size_ == theirs.batch_size_
    certain = variance > 1e-6 * variance[0]
    assert_allclose(ours.components_[certain], theirs.components_[certain], atol=1e-8)
    rows = theirs.transform(X)[:, certain]
    assert_allclose(ours.transform(X)[:, certain], rows, atol=1e-8 * np.abs(rows).max())


@pytest.mark.parametrize("shape", [(60, 10), (30, 60)])
def test_fit_is_partial_fit_batch_by_batch(shape):
    X = np.random.default_rng(0).standard_normal(shape)
    whole = IncrementalPCA(4, batch_size=15).fit(X)
    pieces = IncrementalPCA(4)
    for start in range(0, len(X), 15):
        pieces.partial_fit(X[start : start + 15])
    assert_allclose(pieces.components_, whole.components_, atol=1e-12)
    assert_allclose(pieces.noise_variance_, whole.noise_variance_, rtol=1e-12)


def test_components_stay_orthonormal_and_bounded_by_the_true_spectrum():
    """The stacked matrix drops rows' energy, it never makes any."""
    X = np.random.default_rng(0).standard_normal((300, 20))
    exact = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    model = IncrementalPCA(5)
    for start in range(0, 300, 30):
        model.partial_fit(X[start : start + 30])
        assert_allclose(model.components_ @ model.components_.T, np.eye(5), atol=1e-12)
    assert (model.singular_values_ <= exact[:5] * (1 + 1e-12)).all()
    assert (model.singular_values_ >= 0.8 * exact[:5]).all()


def test_batches_after_the_first_may_be_single_rows():
    X = steep(40, 4)
    model = IncrementalPCA(4).partial_fit(X[:4])
    for row in X[4:]:
        model.partial_fit(row[None])
    assert_allclose(model.explained_variance_, PCA().fit(X).explained_variance_, rtol=1e-9)


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csc_array, sp.lil_matrix])
def test_sparse_is_dense(make):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((90, 12)) * (rng.random((90, 12)) < 0.3)
    ours, dense = IncrementalPCA(3, batch_size=20), IncrementalPCA(3, batch_size=20)
    assert_allclose(ours.fit_transform(make(X)), dense.fit_transform(X), atol=1e-10)
    with pytest.raises(TypeError, match="does not support sparse input"):
        ours.partial_fit(make(X))


def test_input_is_left_alone_unless_it_may_be_overwritten():
    X = steep()
    before = X.copy()
    IncrementalPCA(2, batch_size=50).fit(X)
    assert (before == X).all()
    changed = IncrementalPCA(2, copy=False).fit(X)
    assert_allclose(changed.components_, IncrementalPCA(2).fit(before).components_, atol=1e-10)


def test_fit_forgets():
    X = steep()
    model = IncrementalPCA(2).fit(X[:, :5])
    assert model.fit(X).n_samples_seen_ == 200
    assert_allclose(model.components_, IncrementalPCA(2).fit(X).components_)


def test_refusals():
    X = steep(20, 5)
    with pytest.raises(ValueError, match="n_features=5"):
        IncrementalPCA(6).fit(X)
    with pytest.raises(ValueError, match="first batch has n_samples=2"):
        IncrementalPCA(3).partial_fit(X[:2])
    with pytest.raises(ValueError, match="fit anew"):
        IncrementalPCA(3).partial_fit(X).set_params(n_components=4).partial_fit(X)
    with pytest.raises(ValueError, match="4 features"):
        IncrementalPCA(3).partial_fit(X).partial_fit(X[:, :4])
