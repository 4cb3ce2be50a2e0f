"""LassoCV and its relatives: the choice is that of fitting each fold, and scikit-learn's."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit import config_context
from mlkit._engine.glm.coordinate_data import GramData
from mlkit._engine.glm.path import FoldGrams, least_squares
from mlkit.linear_model import (
    ElasticNetCV,
    Lasso,
    LassoCV,
    MultiTaskElasticNetCV,
    MultiTaskLassoCV,
)
from mlkit.model_selection import GroupKFold, KFold

ALL = [LassoCV, ElasticNetCV, MultiTaskLassoCV, MultiTaskElasticNetCV]


def data(n=80, p=20, n_targets=None):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.6)
    shape = (p,) if n_targets is None else (p, n_targets)
    coef = rng.normal(size=shape) * (rng.random(p) < 0.4).reshape(p, *[1] * (len(shape) - 1))
    y = X @ coef + rng.normal(size=(n, *shape[1:])) + 2.0
    return X, y, rng.uniform(0.5, 2, n)


def targets(cls):
    return 2 if cls.__name__.startswith("Multi") else None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cls", ALL)
def test_scikit_learn_accepts_it(cls):
    results = check_estimator(cls(alphas=10, cv=3), on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("shape", [(80, 20), (30, 90)], ids=str)
def test_parity(cls, shape, weighted):
    X, y, w = data(*shape, n_targets=targets(cls))
    options = {"alphas": 12, "eps": 0.02, "tol": 1e-9, "max_iter": 50_000}
    if "Elastic" in cls.__name__:
        options["l1_ratio"] = [0.4, 0.9]
    ours, theirs = cls(**options), getattr(sklearn.linear_model, cls.__name__)(**options)
    for model in (ours, theirs):
        model.fit(X, y, sample_weight=w) if weighted else model.fit(X, y)
    assert_allclose(ours.alphas_, theirs.alphas_)
    assert_allclose(ours.mse_path_, theirs.mse_path_, rtol=1e-3)
    assert_allclose(ours.alpha_, theirs.alpha_)
    assert getattr(ours, "l1_ratio_", None) == getattr(theirs, "l1_ratio_", None)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-3)


def test_errors_are_those_of_the_folds():
    X, y, w = data()
    alphas = [0.5, 0.1, 0.02]
    model = LassoCV(alphas=alphas, cv=4, tol=1e-9).fit(X, y, w)
    for k, (train, test) in enumerate(KFold(4).split(X)):
        for i, alpha in enumerate(alphas):
            fold = Lasso(alpha, tol=1e-9).fit(X[train], y[train], w[train])
            error = np.average((y[test] - fold.predict(X[test])) ** 2, weights=w[test])
            assert_allclose(model.mse_path_[i, k], error, rtol=1e-4)
    assert model.alpha_ == alphas[model.mse_path_.mean(axis=1).argmin()]
    final = Lasso(model.alpha_, tol=1e-9).fit(X, y, w)
    assert_allclose(model.coef_, final.coef_, rtol=1e-9, atol=1e-12)
    assert_array_equal(model.coef_ == 0, final.coef_ == 0)


@pytest.mark.parametrize("shape", [(80, 20), (30, 90)], ids=str)
@pytest.mark.parametrize("cls", [LassoCV, MultiTaskLassoCV])
def test_sparse_folds_and_threads_change_nothing(cls, shape):
    X, y, _ = data(*shape, n_targets=targets(cls))
    model = cls(alphas=8, eps=0.05, tol=1e-9).fit(X, y)
    for form in (sparse.csr_array, sparse.csc_array):
        loose = cls(alphas=8, eps=0.05, tol=1e-9).fit(form(X), y)
        assert_allclose(loose.mse_path_, model.mse_path_, rtol=1e-3)
        assert_allclose(loose.coef_, model.coef_, atol=1e-3)
    again = cls(alphas=8, eps=0.05, tol=1e-9, n_jobs=2).fit(X, y)
    assert_array_equal(again.mse_path_, model.mse_path_)


def test_what_cv_may_be():
    X, y, _ = data()
    folds = list(KFold(3).split(X))
    first = LassoCV(alphas=5, cv=3).fit(X, y)
    for cv in (KFold(3), folds, iter(folds)):
        assert_array_equal(LassoCV(alphas=5, cv=cv).fit(X, y).mse_path_, first.mse_path_)
    groups = np.arange(80) % 4
    with config_context(enable_metadata_routing=True):
        model = LassoCV(alphas=5, cv=GroupKFold(2)).fit(X, y, groups=groups)
    assert model.mse_path_.shape == (5, 2)
    with pytest.raises(ValueError, match="groups"):
        LassoCV(alphas=5, cv=GroupKFold(2)).fit(X, y, groups=groups)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda X, y: MultiTaskLassoCV().fit(X, y), "use LassoCV"),
        (lambda X, y: LassoCV().fit(X, np.c_[y, y]), "1d array"),
        (lambda X, y: LassoCV(cv=1).fit(X, y), "cv"),
        (lambda X, y: LassoCV(cv=81).fit(X, y), "81"),
        (lambda X, y: LassoCV(alphas=[1.0, -1.0]).fit(X, y), "alphas"),
        (lambda X, y: ElasticNetCV(l1_ratio=0).fit(X, y), "l1_ratio=0"),
    ],
)
def test_bad_arguments_are_named(call, message):
    X, y, _ = data()
    with pytest.raises(ValueError, match=message):
        call(X, y)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_gram_less_that_of_a_fold_is_that_of_the_others(weighted, fit_intercept, form):
    X, y, w = data(90, 8, n_targets=2)
    w = w if weighted else None
    out = np.arange(90) % 3 == 1
    rows = [np.flatnonzero(out), np.flatnonzero(~out)]
    parted = FoldGrams(form(X + 5.0), y, w, fit_intercept, rows).without(0, rows[0])
    grams, squares, held = FoldGrams(form(X + 5.0), y, w, fit_intercept).without(0, rows[0])
    assert_allclose(parted[0].gram, grams.gram, rtol=1e-10, atol=1e-12)
    part = None if w is None else w[~out]
    direct, total = least_squares(form(X[~out] + 5.0), y[~out], part, fit_intercept)
    expected = GramData.of(direct, total)
    assert_allclose(grams.gram, expected.gram, rtol=1e-10, atol=1e-12)
    assert_allclose(grams.correlation, expected.correlation, rtol=1e-10, atol=1e-12)
    assert_allclose(grams.y_square, expected.y_square, rtol=1e-12)
    coef = np.ones((8, 2))
    solution = direct.solution(coef)
    assert_allclose(squares.solution(coef).intercept, solution.intercept, atol=1e-10)
    coefs = [coef, np.zeros((8, 2))]
    constants = [solution.intercept, direct.solution(coefs[1]).intercept]
    for told in (held.errors(coefs), parted[2].errors(coefs)):
        for error, each, constant in zip(told, coefs, constants, strict=True):
            left = np.square(y[out] - (X[out] + 5.0) @ each - constant).mean(axis=1)
            weights = None if w is None else w[out]
            assert_allclose(error, np.average(left, weights=weights), rtol=1e-10)


def test_a_column_that_lives_in_one_fold_is_not_a_difference_of_rounding():
    """Without its one large entry the column is constant, and what is left of it is nothing."""
    X, y, _ = data(90, 8)
    X[:, 2] = 3.0
    X[4, 2] = 1e9
    assert FoldGrams(X, y, None, True).without(0, np.arange(10)) is None
    model = LassoCV(alphas=[0.01], cv=KFold(9)).fit(X, y)
    rest = Lasso(0.01).fit(X[10:], y[10:])
    error = np.square(rest.predict(X[:10]) - y[:10]).mean()
    assert rest.coef_[2] == 0
    assert_allclose(np.ravel(model.mse_path_)[0], error)


def test_errors_of_next_to_nothing_are_not_told_by_products():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = 1e3 * X[:, 0] + 1e-4 * rng.normal(size=60)
    held = FoldGrams(X, y, None, True).without(0, np.arange(12))[2]
    exact = np.zeros((4, 1))
    exact[0] = 1e3
    assert held.errors([exact]) is None
    model = LassoCV(alphas=[1e-9], cv=5, tol=1e-14).fit(X, y)
    errors = []
    for train, test in KFold(5).split(X):
        fold = Lasso(1e-9, tol=1e-14).fit(X[train], y[train])
        errors.append(np.square(fold.predict(X[test]) - y[test]).mean())
    assert_allclose(np.ravel(model.mse_path_), errors, rtol=1e-3)


@pytest.mark.parametrize("shape", [(3_000, 100), (120, 2_400)])
def test_folds_of_many_numbers_are_the_same_in_any_number_of_threads(shape):
    X, y, _ = data(*shape)
    one, two, some = (
        LassoCV(alphas=15, eps=0.05, cv=3, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2, None)
    )
    for other in (two, some):
        assert_array_equal(other.mse_path_, one.mse_path_)
        assert_array_equal(other.coef_, one.coef_)


def test_one_generator_serves_folds_in_their_order():
    X, y, _ = data()
    fits = [
        LassoCV(
            alphas=5, n_jobs=n_jobs, selection="random", random_state=np.random.RandomState(3)
        ).fit(X, y)
        for n_jobs in (1, 2)
    ]
    assert_array_equal(fits[0].mse_path_, fits[1].mse_path_)
