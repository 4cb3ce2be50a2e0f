"""Lasso, ElasticNet and their multi-task forms: optimality, paths, and scikit-learn's results."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit.exceptions import ConvergenceWarning
from mlkit.linear_model import (
    ElasticNet,
    Lasso,
    MultiTaskElasticNet,
    MultiTaskLasso,
    enet_path,
    lasso_path,
)


def data(n=60, p=30, n_targets=None, seed=0, offset=3.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.5) + offset * (rng.random(p) < 0.3)
    shape = (p,) if n_targets is None else (p, n_targets)
    coef = rng.normal(size=shape) * (rng.random(p) < 0.3).reshape(p, *[1] * (len(shape) - 1))
    return X, X @ coef + 0.5 * rng.normal(size=(n, *shape[1:])) + 5.0, rng.uniform(0.2, 3, n)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cls", [Lasso, ElasticNet, MultiTaskLasso, MultiTaskElasticNet])
def test_scikit_learn_accepts_it(cls):
    results = check_estimator(cls(), on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("alpha", [0.01, 0.3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("shape", [(60, 30), (40, 200)], ids=str)
def test_solution_is_optimal(shape, positive, l1_ratio, alpha):
    """−∇f(β) ∈ α r ∂‖β‖₁: the definition, so no reference is needed."""
    X, y, w = data(*shape)
    model = ElasticNet(
        alpha, l1_ratio=l1_ratio, positive=positive, tol=1e-12, max_iter=100_000
    ).fit(X, y, w)
    residual = y - model.predict(X)
    assert_allclose(np.average(residual, weights=w), 0.0, atol=1e-10)
    pull = X.T @ (w * residual) / w.sum() - alpha * (1 - l1_ratio) * model.coef_
    active = model.coef_ != 0
    assert active.any()
    t = alpha * l1_ratio
    assert_allclose(pull[active], t * np.sign(model.coef_[active]), atol=1e-5)
    assert ((pull if positive else abs(pull))[~active] <= t + 1e-5).all()
    assert not positive or (model.coef_ >= 0).all()


@pytest.mark.parametrize("alpha", [0.01, 0.3])
@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
@pytest.mark.parametrize("shape", [(60, 30), (40, 200)], ids=str)
def test_rows_of_multi_task_weights_are_optimal(shape, l1_ratio, alpha):
    X, Y, w = data(*shape, n_targets=3)
    model = MultiTaskElasticNet(alpha, l1_ratio=l1_ratio, tol=1e-12, max_iter=100_000)
    model.fit(X, Y, w)
    pull = (X * w[:, None]).T @ (Y - model.predict(X)) / w.sum()
    pull -= alpha * (1 - l1_ratio) * model.coef_.T
    size = np.linalg.norm(model.coef_.T, axis=1)
    active = size > 0
    t = alpha * l1_ratio
    expected = t * model.coef_.T[active] / size[active, None]
    assert_allclose(pull[active], expected, atol=1e-5)
    assert (np.linalg.norm(pull, axis=1)[~active] <= t + 1e-5).all()
    assert not model.coef_[:, ~active].any()


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["Lasso", "ElasticNet", "MultiTaskLasso", "MultiTaskElasticNet"])
def test_parity(name, weighted, fit_intercept):
    X, y, w = data(n_targets=2 if "Multi" in name else None)
    options = {"alpha": 0.1, "tol": 1e-12, "max_iter": 100_000, "fit_intercept": fit_intercept}
    ours = globals()[name](**options)
    theirs = getattr(sklearn.linear_model, name)(**options)
    for model in (ours, theirs):
        model.fit(X, y, sample_weight=w) if weighted else model.fit(X, y)
    assert ours.coef_.shape == theirs.coef_.shape
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert np.shape(ours.n_iter_) == np.shape(theirs.n_iter_)
    assert np.shape(ours.dual_gap_) == np.shape(theirs.dual_gap_)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6, atol=2e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-5, atol=1e-6)
    assert_array_equal(ours.sparse_coef_.toarray(), np.atleast_2d(ours.coef_))


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
@pytest.mark.parametrize("shape", [(60, 30), (40, 200), (700, 600)], ids=str)
def test_sparse_is_dense(shape, form):
    X, y, w = data(*shape)
    model = ElasticNet(0.1, tol=1e-12, max_iter=10_000).fit(X, y, w)
    loose = ElasticNet(0.1, tol=1e-12, max_iter=10_000).fit(form(X), y, w)
    assert_allclose(loose.coef_, model.coef_, atol=1e-5)
    assert_allclose(loose.intercept_, model.intercept_, atol=1e-4)
    Y = np.column_stack([y, y[::-1]])
    dense = MultiTaskLasso(0.1, tol=1e-11, max_iter=10_000).fit(X, Y)
    loose = MultiTaskLasso(0.1, tol=1e-11, max_iter=10_000).fit(form(X), Y)
    assert_allclose(loose.coef_, dense.coef_, atol=1e-5)


def test_narrow_sparse_and_dense_columns_descend_alike():
    """At any tolerance: both see the same Gram matrix, so that they stop at the same point."""
    X, y, _ = data(50, 100)
    dense = Lasso(0.1).fit(X, y)
    loose = Lasso(0.1).fit(sparse.csr_array(X), y)
    assert dense.n_iter_ == loose.n_iter_
    assert_allclose(loose.coef_, dense.coef_, atol=1e-10)


@pytest.mark.parametrize("shape", [(60, 30), (40, 200)], ids=str)
def test_weight_two_is_the_row_twice(shape):
    X, y, _ = data(*shape)
    w = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
    rows = np.repeat(np.arange(len(X)), w.astype(int))
    weighted = Lasso(0.05, tol=1e-12, max_iter=10_000).fit(X, y, w)
    repeated = Lasso(0.05, tol=1e-12, max_iter=10_000).fit(X[rows], y[rows])
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-6)
    assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-5)


@pytest.mark.parametrize("n_features", [30, 200])
def test_gap_bounds_the_suboptimality(n_features):
    X, y, _ = data(50, n_features)

    def objective(model):
        r = y - model.predict(X)
        return r @ r / (2 * len(y)) + 0.02 * np.abs(model.coef_).sum()

    best = objective(Lasso(0.02, tol=1e-13, max_iter=100_000).fit(X, y))
    for tol in (1e-1, 1e-3, 1e-5):
        model = Lasso(0.02, tol=tol, max_iter=100_000).fit(X, y)
        assert -1e-10 <= objective(model) - best <= model.dual_gap_ + 1e-12
        assert model.dual_gap_ <= tol * np.var(y)


def test_several_targets_are_fitted_one_by_one():
    X, Y, _ = data(n_targets=3)
    together = Lasso(0.1).fit(X, Y)
    assert together.coef_.shape == (3, 30) and len(together.n_iter_) == 3
    for k in range(3):
        assert_array_equal(together.coef_[k], Lasso(0.1).fit(X, Y[:, k]).coef_)


def test_strongest_useful_penalty():
    """Zero is the solution from ``max |Xᵀy| / n`` on, and not below."""
    X, y, _ = data()
    alpha = np.abs((X - X.mean(0)).T @ (y - y.mean())).max() / len(y)
    assert not Lasso(alpha * (1 + 1e-9)).fit(X, y).coef_.any()
    assert Lasso(alpha * 0.999, tol=1e-12).fit(X, y).coef_.any()


@pytest.mark.parametrize("shape", [(60, 30), (40, 200)], ids=str)
def test_selection_and_precompute_change_the_way_only(shape):
    X, y, _ = data(*shape)
    reference = Lasso(0.1, tol=1e-12, max_iter=100_000).fit(X, y)
    centred = X - X.mean(axis=0)
    for options in (
        {"selection": "random", "random_state": 3},
        {"precompute": True},
    ):
        model = Lasso(0.1, tol=1e-12, max_iter=100_000, **options).fit(X, y)
        assert_allclose(model.coef_, reference.coef_, atol=1e-6)
    model = Lasso(0.1, tol=1e-12, max_iter=100_000, precompute=centred.T @ centred)
    assert_allclose(model.fit(centred, y).coef_, reference.coef_, atol=1e-6)
    with pytest.warns(UserWarning, match="recomputing"):
        Lasso(0.1, precompute=X.T @ X).fit(X, y)
    with pytest.raises(ValueError, match="did not pass validation"):
        Lasso(0.1, precompute=2 * X.T @ X, fit_intercept=False).fit(X, y)
    draws = [Lasso(0.1, selection="random", random_state=1).fit(X, y).coef_ for _ in range(2)]
    assert_array_equal(*draws)


@pytest.mark.parametrize("cls", [Lasso, MultiTaskLasso])
def test_warm_start_needs_no_second_descent(cls):
    X, y, _ = data(n_targets=2 if cls is MultiTaskLasso else None)
    model = cls(0.01, warm_start=True, tol=1e-8, max_iter=10_000).fit(X, y)
    first, coef = model.n_iter_, model.coef_
    assert first > 2
    assert model.fit(X, y).n_iter_ == 0
    assert_array_equal(model.coef_, coef)


def test_what_is_not_reached_is_said():
    X, y, _ = data(40, 200)
    with pytest.warns(ConvergenceWarning, match="max_iter=1 .*raise max_iter"):
        Lasso(1e-3, max_iter=1, tol=1e-10).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="greatest"):
        lasso_path(X, y, alphas=[1e-3], max_iter=1, tol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    X, y, _ = data(200, 300)
    model = ElasticNet(0.1).fit(X.astype(dtype), y)
    assert model.coef_.dtype == dtype
    assert_allclose(model.coef_, ElasticNet(0.1, tol=1e-8).fit(X, y).coef_, atol=2e-2)


@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("shape", [(60, 30), (40, 200)], ids=str)
def test_paths_are_scikit_learns(shape, n_targets):
    X, y, _ = data(*shape, n_targets=n_targets)
    X, y = X - X.mean(axis=0), y - y.mean(axis=0)
    options = {"l1_ratio": 0.7, "eps": 1e-2, "tol": 1e-12, "max_iter": 100_000, "alphas": 20}
    ours = enet_path(X, y, return_n_iter=True, **options)
    theirs = sklearn.linear_model.enet_path(X, y, return_n_iter=True, **options)
    assert_allclose(ours[0], theirs[0])
    assert ours[1].shape == theirs[1].shape
    assert_allclose(ours[1], theirs[1], atol=1e-4)
    assert ours[2].shape == theirs[2].shape and len(ours[3]) == len(theirs[3])


def test_path_points_are_fits():
    X, y, _ = data(40, 200)
    alphas, coefs, _ = lasso_path(X, y, alphas=[0.5, 0.01, 0.1], tol=1e-11, max_iter=100_000)
    assert_array_equal(alphas, [0.5, 0.1, 0.01])
    for alpha, coef in zip(alphas, coefs.T, strict=True):
        model = Lasso(alpha, fit_intercept=False, tol=1e-11, max_iter=100_000).fit(X, y)
        assert_allclose(coef, model.coef_, atol=1e-5)
    again = lasso_path(X, y, alphas=[0.01], coef_init=coefs[:, 2], tol=1e-9, return_n_iter=True)
    assert again[3] == [0]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda X, y: MultiTaskLasso().fit(X, y), "two dimensions"),
        (lambda X, y: Lasso(-1.0).fit(X, y), "alpha"),
        (lambda X, y: Lasso(precompute=np.eye(2)).fit(X, y), "precompute"),
        (lambda X, y: enet_path(X, y, l1_ratio=0), "l1_ratio=0"),
        (lambda X, y: enet_path(X, y, depth=3), "depth"),
        (lambda X, y: lasso_path(X, np.c_[y, y], positive=True), "positive"),
        (lambda X, y: lasso_path(X, y, alphas=[-1.0]), "alphas"),
    ],
)
def test_bad_arguments_are_named(call, message):
    X, y, _ = data()
    with pytest.raises(ValueError, match=message):
        call(X, y)
