"""TruncatedSVD: the best approximation of given rank, without centring, sparse or dense."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit.decomposition import PCA, TruncatedSVD

ALGORITHMS = ["arpack", "randomized"]


def sparse(n=80, p=40, density=0.2, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = (rng.random((n, p)) + 1) * (rng.random((n, p)) < density) * np.linspace(1, 5, p)
    return sp.csr_array(X.astype(dtype))


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    results = check_estimator(TruncatedSVD(), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", [(80, 40), (40, 80)])
def test_approximation_is_the_best_of_its_rank(algorithm, shape):
    X = sparse(*shape)
    model = TruncatedSVD(5, algorithm=algorithm, n_iter=20, random_state=0)
    Z = model.fit_transform(X)
    values = np.linalg.svd(X.toarray(), compute_uv=False)
    assert_allclose(model.singular_values_, values[:5], rtol=1e-7)
    assert_allclose(model.components_ @ model.components_.T, np.eye(5), atol=1e-12)
    error = ((X.toarray() - model.inverse_transform(Z)) ** 2).sum()
    assert_allclose(error, (values[5:] ** 2).sum(), rtol=1e-7)
    assert_allclose(np.linalg.norm(Z, axis=0), values[:5], rtol=1e-7)
    greatest = np.abs(model.components_).argmax(axis=1)
    assert (model.components_[np.arange(5), greatest] > 0).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("load", [load_iris, load_digits, load_breast_cancer])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_results_are_those_of_the_reference(algorithm, load, dtype):
    X = load().data.astype(dtype)
    ours = TruncatedSVD(3, algorithm=algorithm, random_state=0)
    theirs = reference.TruncatedSVD(3, algorithm=algorithm, random_state=0)
    Z, expected = ours.fit_transform(X), theirs.fit_transform(X)
    assert Z.dtype == ours.components_.dtype == dtype
    tol = 1e-9 if dtype == np.float64 else 5e-3
    assert_allclose(Z, expected, atol=tol * np.abs(expected).max())
    assert_allclose(ours.components_, theirs.components_, atol=tol)
    for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_"):
        assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=tol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csc_array, sp.coo_array, sp.lil_matrix])
def test_sparse_is_dense(algorithm, make):
    X = sparse()
    from_sparse = TruncatedSVD(4, algorithm=algorithm, random_state=0)
    from_dense = TruncatedSVD(4, algorithm=algorithm, random_state=0)
    Z = from_sparse.fit_transform(make(X))
    assert_allclose(Z, from_dense.fit_transform(X.toarray()), atol=1e-9)
    assert_allclose(from_sparse.transform(make(X)), Z, atol=1e-9)
    ratio = from_sparse.explained_variance_ratio_
    assert_allclose(ratio, from_dense.explained_variance_ratio_, rtol=1e-9)
    assert_allclose(ratio, Z.var(axis=0) / X.toarray().var(axis=0).sum(), rtol=1e-9)


def test_on_centred_data_it_is_pca():
    X = sparse().toarray()
    X -= X.mean(axis=0)
    model = TruncatedSVD(3, n_iter=20, random_state=0).fit(X)
    assert_allclose(model.components_, PCA(3, svd_solver="full").fit(X).components_, atol=1e-6)


def test_same_seed_same_result():
    X = sparse()
    once, again = (TruncatedSVD(3, random_state=5).fit_transform(X) for _ in range(2))
    assert (once == again).all()


def test_refusals():
    X = sparse(20, 10)
    with pytest.raises(ValueError, match="at most n_features=10"):
        TruncatedSVD(11).fit(X)
    with pytest.raises(ValueError, match="less than n_samples=20"):
        TruncatedSVD(10, algorithm="arpack").fit(X)
    with pytest.raises(ValueError, match="3 columns, but there are 2"):
        TruncatedSVD(2).fit(X).inverse_transform(np.ones((1, 3)))
    assert TruncatedSVD(10, random_state=0).fit(X).components_.shape == (10, 10)
