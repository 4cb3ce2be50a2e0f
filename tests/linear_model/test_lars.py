"""Least angle regression and the lasso's path."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.linear_model import (
    Lars,
    LarsCV,
    Lasso,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    lars_path,
    lars_path_gram,
)
from mlkit.model_selection import KFold


def problem(n, p, seed=0, correlated=0.0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, p) @ (np.eye(p) + correlated)
    X -= X.mean(axis=0)
    y = X[:, :4] @ [3.0, -2.0, 1.0, 0.5] + rng.randn(n)
    return X, y - y.mean()


SHAPES = [(60, 8, 0.0), (60, 30, 0.4), (20, 50, 0.0), (20, 50, 0.5)]


@pytest.mark.parametrize("method", ["lar", "lasso"])
@pytest.mark.parametrize("gram", [False, True])
@pytest.mark.parametrize("n, p, correlated", SHAPES)
def test_active_correlations_are_equal_along_the_path(method, gram, n, p, correlated):
    """The definition: |c_j| = n α for active columns and at most that for the rest."""
    X, y = problem(n, p, correlated=correlated)
    alphas, active, coefs = lars_path(X, y, Gram=gram, method=method)
    assert (np.diff(alphas) < 0).all() and alphas[-1] == 0
    scale = alphas[0]
    for alpha, coef in zip(alphas, coefs.T, strict=True):
        c = X.T @ (y - X @ coef) / n
        used = np.flatnonzero(coef)
        assert np.abs(np.abs(c[used]) - alpha).max(initial=0) < 1e-10 * scale
        assert np.abs(c).max() <= alpha + 1e-10 * scale
        if method == "lasso":
            assert (np.sign(c[used]) == np.sign(coef[used])).all() or alpha == 0
    assert_array_equal(np.sort(active), np.flatnonzero(coefs[:, -1]))


@pytest.mark.parametrize("n, p, correlated", SHAPES)
@pytest.mark.parametrize("positive", [False, True])
def test_nodes_are_lassos(n, p, correlated, positive):
    X, y = problem(n, p, correlated=correlated)
    alphas, _, coefs = lars_path(X, y, method="lasso", positive=positive)
    for alpha, coef in list(zip(alphas, coefs.T, strict=True))[1:-1:3]:
        c = X.T @ (y - X @ coef) / n
        pull = c if positive else np.abs(c)
        assert pull.max() <= alpha * (1 + 1e-9) + 1e-12
        assert_allclose(c @ coef, alpha * np.abs(coef).sum(), rtol=1e-9)
    if positive:
        assert coefs.min() >= 0


@pytest.mark.parametrize("method", ["lar", "lasso"])
def test_gram_alone_gives_the_path(method):
    X, y = problem(60, 12, correlated=0.3)
    whole = lars_path(X, y, method=method, return_n_iter=True)
    known = lars_path_gram(X.T @ y, X.T @ X, n_samples=60, method=method, return_n_iter=True)
    for a, b in zip(whole, known, strict=True):
        assert_allclose(a, b, atol=1e-10)
    alpha, _, coef = lars_path(X, y, method=method, return_path=False)
    assert_allclose(coef, whole[2][:, -1])
    assert alpha == whole[0][-1]


def test_the_lassos_path_is_scikit_learns():
    X, y = problem(60, 20, correlated=0.5)
    ours = lars_path(X, y, method="lasso")
    theirs = sklearn.linear_model.lars_path(X, y, method="lasso")
    assert_allclose(ours[0], theirs[0], atol=1e-10)
    assert_allclose(ours[2], theirs[2], atol=1e-8)
    assert ours[1] == list(theirs[1])


def test_a_path_ends_where_it_is_told():
    X, y = problem(60, 10)
    alphas, _, coefs = lars_path(X, y, method="lasso")
    middle = 0.5 * (alphas[2] + alphas[3])
    ended = lars_path(X, y, method="lasso", alpha_min=middle)
    assert_allclose(ended[0], [*alphas[:3], middle])
    assert_allclose(ended[2][:, -1], coefs[:, 2:4].mean(axis=1))
    assert lars_path(X, y, max_iter=3)[2].shape[1] == 4
    alphas, active, coefs = lars_path(X, y, alpha_min=1e6)
    assert_array_equal(alphas, [1e6])
    assert not active and not coefs.any()
    assert not lars_path(X, np.zeros(60))[2].any()


def test_copies_of_columns_join_once():
    X, y = problem(40, 5)
    doubled = np.hstack([X, X])
    alphas, _, coefs = lars_path(doubled, y, method="lasso")
    assert_allclose(alphas, lars_path(X, y, method="lasso")[0], atol=1e-12)
    assert_allclose(doubled @ coefs[:, -1], X @ np.linalg.lstsq(X, y, rcond=None)[0])


@pytest.mark.parametrize("Model", [Lars, LassoLars])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_targets_precomputed_and_sparse(Model, intercept, kind):
    X, y = problem(50, 6)
    X, Y = X + [1, 2, 3, 4, 5, 6], np.c_[y, y**2] + 7
    options = {"fit_intercept": intercept} | ({"alpha": 0.1} if Model is LassoLars else {})
    model = Model(**options).fit(kind(X), Y)
    for k in range(2):
        one = Model(**options, precompute=bool(k)).fit(X, Y[:, k])
        assert_allclose(model.coef_[k], one.coef_, atol=1e-9)
        assert_allclose(model.alphas_[k], one.alphas_, atol=1e-9)
        assert_allclose(model.coef_path_[k], one.coef_path_, atol=1e-9)
        assert model.active_[k] == one.active_ and model.n_iter_[k] == one.n_iter_
        last = Model(**options, fit_path=False).fit(X, Y[:, k])
        assert_allclose(last.coef_, one.coef_)
        assert not hasattr(last, "coef_path_") and last.coef_.shape == (6,)
    assert_allclose(model.predict(X), X @ model.coef_.T + model.intercept_)


def test_whole_paths_end_in_least_squares():
    X, y = problem(50, 6)
    expected = LinearRegression().fit(X + 3, y).coef_
    assert_allclose(Lars().fit(X + 3, y).coef_, expected)
    assert_allclose(LassoLars(alpha=0.0).fit(X + 3, y).coef_, expected)
    assert np.count_nonzero(Lars(n_nonzero_coefs=3).fit(X, y).coef_) == 3
    gram = X.T @ X
    assert_allclose(Lars(precompute=gram).fit(X, y, Xy=X.T @ y).coef_, Lars().fit(X, y).coef_)


@pytest.mark.parametrize("alpha", [0.01, 0.3])
@pytest.mark.parametrize("positive", [False, True])
def test_lasso_by_the_path_is_the_lasso(alpha, positive):
    X, y = problem(50, 30, correlated=0.2)
    path = LassoLars(alpha, positive=positive).fit(X + 1, y)
    descent = Lasso(alpha, positive=positive, tol=1e-12).fit(X + 1, y)
    assert_allclose(path.coef_, descent.coef_, atol=1e-6)
    assert_allclose(path.intercept_, descent.intercept_, atol=1e-5)
    single = LassoLars(alpha).fit((X + 1).astype(np.float32), y.astype(np.float32))
    assert single.coef_.dtype == single.coef_path_.dtype == np.float32


def test_jitter_is_drawn_from_the_random_state():
    X, y = np.array([[0.0, 0.0, 0.0, -1.0, 0.0], [0.0, -1.0, 0.0, 0.0, 0.0]]), [-2.5, -2.5]
    options = {"alpha": 0, "fit_intercept": False, "random_state": 0}
    model = LassoLars(**options, jitter=1e-8).fit(X, y)
    assert_allclose(model.coef_, [0, 2.5, 0, 2.5, 0], atol=1e-7)
    again = LassoLars(**options, jitter=1e-8).fit(X, y)
    assert_array_equal(model.coef_path_, again.coef_path_)


@pytest.mark.parametrize("criterion, cost", [("aic", 2.0), ("bic", np.log(60))])
@pytest.mark.parametrize("intercept", [False, True])
def test_criterion_is_that_of_the_nodes(criterion, cost, intercept):
    X, y = problem(60, 8)
    model = LassoLarsIC(criterion, fit_intercept=intercept).fit(X, y)
    design = np.c_[X, np.ones(60)] if intercept else X
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    noise = rest @ rest / (60 - design.shape[1])
    assert_allclose(model.noise_variance_, noise)
    alphas, _, coefs = lars_path(X, y, method="lasso")
    squares = ((y[:, None] - X @ coefs) ** 2).sum(axis=0)
    sizes = (coefs != 0).sum(axis=0)
    expected = 60 * np.log(2 * np.pi * noise) + squares / noise + cost * sizes
    assert_allclose(model.criterion_, expected)
    assert_allclose(model.alpha_, alphas[expected.argmin()], atol=1e-12)
    given = LassoLarsIC(criterion, noise_variance=2.0).fit(X[:7], y[:7])
    assert given.noise_variance_ == 2.0
    with pytest.raises(ValueError, match="pass noise_variance"):
        LassoLarsIC(criterion).fit(X[:7], y[:7])


@pytest.mark.parametrize("Model, method", [(LarsCV, "lar"), (LassoLarsCV, "lasso")])
def test_folds_are_compared_at_all_their_nodes(Model, method):
    X, y = problem(60, 8)
    X, y = X + 2, y + 5
    model = Model(cv=3).fit(X, y)
    for k, (train, test) in enumerate(KFold(3).split(X)):
        mean, level = X[train].mean(axis=0), y[train].mean()
        alphas, _, coefs = lars_path(X[train] - mean, y[train] - level, method=method)
        for alpha, mse in zip(model.cv_alphas_, model.mse_path_[:, k], strict=True):
            coef = [np.interp(alpha, alphas[::-1], line[::-1]) for line in coefs]
            error = y[test] - level - (X[test] - mean) @ coef
            assert_allclose(mse, (error**2).mean())
    assert model.alpha_ == model.cv_alphas_[model.mse_path_.mean(axis=1).argmin()]
    assert_allclose(model.alphas_[-1], model.alpha_)
    assert len(Model(cv=3, max_n_alphas=4).fit(X, y).cv_alphas_) <= 8


def test_cross_validation_is_scikit_learns():
    X, y = problem(60, 8)
    ours = LassoLarsCV(cv=4).fit(X, y)
    theirs = sklearn.linear_model.LassoLarsCV(cv=4).fit(X, y)
    assert_allclose(ours.alpha_, theirs.alpha_)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-10)
    assert_allclose(ours.mse_path_.min(), theirs.mse_path_.min())


def test_bad_input_is_named():
    X, y = problem(20, 4)
    with pytest.raises(ValueError, match="method='lasso'"):
        lars_path(X, y, positive=True)
    with pytest.raises(ValueError, match="X and Gram cannot both be unspecified"):
        lars_path(None, y)
    with pytest.raises(ValueError, match=r"Gram has shape \(4, 4\)"):
        lars_path_gram([1.0, 2.0], X.T @ X, n_samples=20)
    assert lars_path(X, y, verbose=1)[0][-1] == 0
