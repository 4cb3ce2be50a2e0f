"""Ridge and ridge_regression: the definition, and scikit-learn's results."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit.datasets import load_diabetes, load_linnerud
from mlkit.linear_model import Ridge, ridge_regression

SOLVERS = ["auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("solver", [*SOLVERS, "lbfgs"])
def test_scikit_learn_accepts_it(solver):
    model = Ridge(solver=solver, positive=solver == "lbfgs")
    results = check_estimator(model, on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("alpha", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_parity(solver, fit_intercept, weighted, alpha):
    for load in (load_diabetes, load_linnerud):
        X, y = load(return_X_y=True)
        weight = np.random.default_rng(0).uniform(0.1, 3, len(X)) if weighted else None
        ours = Ridge(alpha, solver=solver, fit_intercept=fit_intercept, tol=1e-12)
        theirs = sklearn.linear_model.Ridge(alpha, solver="svd", fit_intercept=fit_intercept)
        ours.fit(X, y, weight), theirs.fit(X, y, weight)
        assert ours.coef_.shape == theirs.coef_.shape
        assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
        assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6, atol=1e-9)
        assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-6)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_positive_parity(fit_intercept):
    X, y = load_diabetes(return_X_y=True)
    ours = Ridge(0.1, positive=True, fit_intercept=fit_intercept).fit(X, y)
    theirs = sklearn.linear_model.Ridge(
        0.1, positive=True, fit_intercept=fit_intercept, tol=1e-12
    ).fit(X, y)
    assert (ours.coef_ >= 0).all()
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("solver", ["auto", "lsqr", "sparse_cg", "sag"])
def test_sparse_is_dense_with_one_alpha_a_target(solver):
    X, y = load_linnerud(return_X_y=True)
    X = np.where(X > 50, X, 0.0)
    alpha = [0.1, 1.0, 10.0]
    dense = Ridge(alpha, solver="svd").fit(X, y)
    for form in (sparse.csr_array, sparse.csc_array):
        loose = Ridge(alpha, solver=solver, tol=1e-13, max_iter=1000).fit(form(X), y)
        assert_allclose(loose.coef_, dense.coef_, rtol=1e-5)
    for k, strength in enumerate(alpha):
        assert_allclose(dense.coef_[k], Ridge(strength).fit(X, y[:, k]).coef_, rtol=1e-8)


def test_function_is_the_estimator_without_intercept():
    X, y = load_linnerud(return_X_y=True)
    model = Ridge(2.0, fit_intercept=False).fit(X, y)
    assert_allclose(ridge_regression(X, y, 2.0), model.coef_)
    coef, n_iter, intercept = ridge_regression(X, y, 2.0, return_n_iter=True, return_intercept=True)
    whole = Ridge(2.0).fit(X, y)
    assert_allclose(coef, whole.coef_)
    assert_allclose(intercept, whole.intercept_)
    assert n_iter.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"alpha": -1.0}, "alpha.*-1"),
        ({"alpha": [1.0, 2.0]}, "number of targets"),
        ({"alpha": [np.nan]}, "finite"),
        ({"solver": "lbfgs"}, "positive=True"),
        ({"solver": "cholesky", "positive": True}, "'auto' or 'lbfgs'"),
        ({"solver": "qr"}, "solver"),
    ],
)
def test_bad_parameters_are_named(options, message):
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        Ridge(**options).fit(X, y)


def test_sparse_data_that_would_become_dense_are_refused():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match="does not support sparse X"):
        Ridge(solver="svd").fit(sparse.csr_array(X), y)
