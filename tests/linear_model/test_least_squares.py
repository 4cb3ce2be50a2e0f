"""LinearRegression: the definition, and scikit-learn's results."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit.datasets import load_diabetes, load_linnerud, load_wine
from mlkit.linear_model import LinearRegression


@pytest.fixture(params=[load_diabetes, load_linnerud, load_wine], ids=lambda f: f.__name__)
def real(request):
    return request.param(return_X_y=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("positive", [False, True])
def test_scikit_learn_accepts_it(positive):
    results = check_estimator(LinearRegression(positive=positive), on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("positive", [False, True])
def test_parity(real, positive, fit_intercept, weighted, dtype):
    X, y = (part.astype(dtype) for part in real)
    weight = np.random.default_rng(0).uniform(0.1, 3, len(X)) if weighted else None
    options = {"positive": positive, "fit_intercept": fit_intercept}
    ours = LinearRegression(**options).fit(X, y, weight)
    double = sklearn.linear_model.LinearRegression(**options)
    theirs = double.fit(*(part.astype(float) for part in (X, y)), weight)
    tolerance = (
        {"rtol": 2e-3, "atol": 2e-3} if dtype == np.float32 else {"rtol": 1e-7, "atol": 1e-9}
    )
    assert ours.coef_.dtype == dtype == ours.predict(X).dtype
    assert ours.coef_.shape == theirs.coef_.shape
    assert_allclose(ours.predict(X), theirs.predict(X), **tolerance)
    if dtype == np.float64:
        assert_allclose(ours.coef_, theirs.coef_, **tolerance)
        assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    if not positive:
        assert ours.rank_ == theirs.rank_
        assert_allclose(ours.singular_, theirs.singular_, rtol=1e-4)


@pytest.mark.parametrize("shape", [(30, 4), (10, 40)], ids=str)
def test_dependent_columns_have_the_least_norm(shape):
    X = np.random.default_rng(0).normal(size=shape)
    X = np.c_[X, X[:, 0], 2 * X[:, 1]]
    y = X[:, 0] + 3.0
    ours = LinearRegression().fit(X, y)
    theirs = sklearn.linear_model.LinearRegression().fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-9)
    assert_allclose(ours.predict(X), y)


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_sparse_is_dense(form, fit_intercept):
    X, y = load_diabetes(return_X_y=True)
    X = np.where(X > 0.02, X + 1, 0.0)
    dense = LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    loose = LinearRegression(fit_intercept=fit_intercept, tol=1e-12).fit(form(X), y)
    assert_allclose(loose.coef_, dense.coef_, rtol=1e-6)
    assert_allclose(loose.predict(form(X)), dense.predict(X), rtol=1e-6)


def test_weight_two_is_the_row_twice():
    X, y = load_diabetes(return_X_y=True)
    weight = np.random.default_rng(0).integers(0, 3, len(X))
    weighted = LinearRegression().fit(X, y, weight)
    repeated = LinearRegression().fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-8)


def test_too_few_iterations_are_told():
    X, y = load_diabetes(return_X_y=True)
    from mlkit.exceptions import ConvergenceWarning
    from mlkit.linear_model import Ridge

    with pytest.warns(ConvergenceWarning, match="Ridge: solver 'lsqr' stopped after 1 iter"):
        Ridge(solver="lsqr", max_iter=1, tol=1e-12).fit(X, y)
