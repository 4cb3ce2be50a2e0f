"""Ridge regression whose penalty is chosen by leaving out rows or folds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import mlkit
from mlkit.linear_model import Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV
from mlkit.metrics import accuracy_score, r2_score
from mlkit.model_selection import KFold, LeaveOneOut, StratifiedKFold

ALPHAS = [1e-3, 0.1, 1.0, 100.0]


def problem(shape, n_targets=0, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(*shape) + 3
    y = X @ rng.randn(shape[1], max(n_targets, 1)) + rng.randn(shape[0], max(n_targets, 1)) + 5
    return X, (y if n_targets else y[:, 0])


def left_out(X, y, alpha, weight, fit_intercept):
    """Predictions of each row by a fit of the others: the definition."""
    out = np.empty_like(y)
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        part = None if weight is None else weight[rest]
        model = Ridge(alpha, fit_intercept=fit_intercept, solver="svd")
        out[i] = model.fit(X[rest], y[rest], part).predict(X[i : i + 1])[0]
    return out


@pytest.mark.parametrize("shape", [(14, 4), (8, 8), (7, 15)])
@pytest.mark.parametrize("mode", ["svd", "eigen", "sparse"])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_are_those_of_fits_without_the_row(shape, mode, fit_intercept, weighted):
    X, y = problem(shape, 2)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(X)) if weighted else None
    if weighted:
        weight[1] = 0.0
    data = sparse.csr_matrix(X) if mode == "sparse" else X
    options = {"alphas": ALPHAS, "fit_intercept": fit_intercept, "store_cv_results": True}
    options["gcv_mode"] = "auto" if mode == "sparse" else mode
    model = RidgeCV(**options).fit(data, y, sample_weight=weight)
    predictions = RidgeCV(**options, scoring="r2").fit(data, y, sample_weight=weight).cv_results_
    factor = np.ones(len(X)) if weight is None else weight
    for a, alpha in enumerate(ALPHAS):
        expected = left_out(X, y, alpha, weight, fit_intercept)
        assert_allclose(predictions[:, :, a], expected, rtol=1e-6, atol=1e-8)
        square = factor[:, None] * (y - expected) ** 2
        assert_allclose(model.cv_results_[:, :, a], square, rtol=1e-5, atol=1e-8)
    scores = -model.cv_results_.mean(axis=(0, 1))
    assert model.alpha_ == ALPHAS[scores.argmax()]
    assert_allclose(model.best_score_, scores.max())
    one = Ridge(model.alpha_, fit_intercept=fit_intercept).fit(X, y, weight)
    assert_allclose(model.coef_, one.coef_, rtol=1e-6, atol=1e-9)
    assert_allclose(model.intercept_, one.intercept_, rtol=1e-6)


@pytest.mark.parametrize("scoring", [None, "r2"])
def test_strengths_of_targets_are_those_of_single_fits(scoring):
    X, y = problem((20, 5), 3)
    y[:, 1] = np.random.RandomState(2).randn(20)
    y[:, 2] = X @ np.ones(5)
    model = RidgeCV(ALPHAS, alpha_per_target=True, scoring=scoring).fit(X, y)
    singles = [RidgeCV(ALPHAS, scoring=scoring).fit(X, y[:, k]) for k in range(3)]
    assert_array_equal(model.alpha_, [one.alpha_ for one in singles])
    assert_allclose(model.best_score_, [one.best_score_ for one in singles])
    assert_allclose(model.coef_, [one.coef_ for one in singles])
    assert len(set(model.alpha_)) > 1


def test_weights_of_whole_numbers_are_repeated_groups():
    X, y = problem((10, 3))
    times = np.arange(10) % 3 + 1
    rows = np.repeat(np.arange(10), times)
    folds = [(np.flatnonzero(rows != i), np.flatnonzero(rows == i)) for i in range(10)]
    model = RidgeCV(ALPHAS, store_cv_results=True).fit(X, y, sample_weight=times)
    for a, alpha in enumerate(ALPHAS):
        for i, (train, test) in enumerate(folds):
            one = Ridge(alpha).fit(X[rows[train]], y[rows[train]])
            error = ((y[rows[test]] - one.predict(X[rows[test]])) ** 2).sum()
            assert_allclose(model.cv_results_[i, a], error, rtol=1e-6)


@pytest.mark.parametrize("alpha", [1e-16, 1e16])
@pytest.mark.parametrize("shape", [(40, 20), (20, 40)])
@pytest.mark.parametrize("mode", ["svd", "eigen"])
def test_limits_of_the_penalty(alpha, shape, mode):
    X, y = problem(shape)
    model = RidgeCV([alpha], gcv_mode=mode).fit(X, y)
    if alpha > 1:
        assert_allclose(model.coef_, 0, atol=1e-10)
        assert_allclose(model.intercept_, y.mean())
    else:
        centred = X - X.mean(axis=0)
        expected = np.linalg.lstsq(centred, y - y.mean(), rcond=None)[0]
        assert_allclose(model.coef_, expected, atol=1e-8)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_folds_score_single_fits(kind, weighted):
    X, y = problem((30, 4))
    weight = np.random.RandomState(1).uniform(0.5, 2, 30) if weighted else None
    model = RidgeCV(ALPHAS, cv=3).fit(kind(X), y, sample_weight=weight)
    scores = []
    for alpha in ALPHAS:
        folds = []
        for train, test in KFold(3).split(X):
            part = [None if weight is None else weight[rows] for rows in (train, test)]
            one = Ridge(alpha).fit(X[train], y[train], part[0])
            folds.append(r2_score(y[test], one.predict(X[test]), sample_weight=part[1]))
        scores.append(np.mean(folds))
    assert model.alpha_ == ALPHAS[int(np.argmax(scores))]
    assert_allclose(model.best_score_, max(scores), rtol=1e-6)
    assert_allclose(model.coef_, Ridge(model.alpha_).fit(X, y, weight).coef_, rtol=1e-6)


def test_leaving_out_is_the_same_by_folds():
    X, y = problem((15, 4))
    folds = RidgeCV(ALPHAS, cv=LeaveOneOut(), scoring="neg_mean_squared_error").fit(X, y)
    quick = RidgeCV(ALPHAS).fit(X, y)
    assert quick.alpha_ == folds.alpha_
    assert_allclose(quick.best_score_, folds.best_score_)
    assert_allclose(quick.coef_, folds.coef_)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_classifier_leaves_out_rows(n_classes, scoring):
    X, _ = problem((24, 3))
    y = np.array(["a", "b", "c"])[np.arange(24) % n_classes]
    X[:, 0] += np.arange(24) % n_classes
    model = RidgeClassifierCV(ALPHAS, scoring=scoring, store_cv_results=True).fit(X, y)
    n_outputs = 1 if n_classes == 2 else 3
    assert model.cv_results_.shape == (24, n_outputs, len(ALPHAS))
    signs = np.where(y[:, None] == model.classes_, 1.0, -1.0)[:, -n_outputs:]
    for a, alpha in enumerate(ALPHAS):
        decision = left_out(X, signs, alpha, None, True)
        expected = (signs - decision) ** 2 if scoring is None else decision
        assert_allclose(model.cv_results_[:, :, a], expected, rtol=1e-6, atol=1e-9)
    if scoring:
        decisions = model.cv_results_
        best = decisions.argmax(axis=1) if n_outputs > 1 else (decisions[:, 0] > 0).astype(int)
        scores = [accuracy_score(y, model.classes_[best[:, a]]) for a in range(len(ALPHAS))]
        assert_allclose(model.best_score_, max(scores))
    one = RidgeClassifier(model.alpha_).fit(X, y)
    assert_allclose(model.coef_, one.coef_)
    assert_array_equal(model.predict(X), one.predict(X))


def test_classifier_takes_folds_labels_and_class_weights():
    X, _ = problem((24, 3))
    y = np.arange(24) % 3 // 2
    model = RidgeClassifierCV(ALPHAS, cv=3, class_weight={0: 1.0, 1: 5.0}).fit(X, y)
    one = RidgeClassifier(model.alpha_, class_weight={0: 1.0, 1: 5.0}).fit(X, y)
    assert_allclose(model.coef_, one.coef_)
    by_hand = []
    for train, test in StratifiedKFold(3).split(X, y):
        fold = RidgeClassifier(model.alpha_, class_weight={0: 1.0, 1: 5.0}).fit(X[train], y[train])
        weight = np.where(y[test] == 1, 5.0, 1.0)
        by_hand.append(accuracy_score(y[test], fold.predict(X[test]), sample_weight=weight))
    assert_allclose(model.best_score_, np.mean(by_hand))
    several = np.c_[y, 1 - y, np.arange(24) % 2]
    for cv in (None, 3):
        model = RidgeClassifierCV(ALPHAS, cv=cv).fit(X, several)
        assert model.predict(X).shape == (24, 3) and isinstance(model.best_score_, float)
    ranked = RidgeClassifierCV(ALPHAS, scoring="roc_auc").fit(X, y)
    assert 0 <= ranked.best_score_ <= 1


def test_results_are_kept_only_if_wanted():
    X, y = problem((12, 3))
    model = RidgeCV(store_cv_results=True).fit(X.astype(np.float32), y.astype(np.float32))
    assert model.cv_results_.dtype == model.coef_.dtype == np.float32
    assert not hasattr(model.set_params(store_cv_results=False).fit(X, y), "cv_results_")


def test_sparse_is_not_decomposed():
    X, y = problem((12, 3))
    with pytest.warns(FutureWarning, match="'svd' mode is not supported for sparse X"):
        model = RidgeCV(gcv_mode="svd").fit(sparse.csr_matrix(X), y)
    assert_allclose(model.coef_, RidgeCV().fit(X, y).coef_)


@pytest.mark.parametrize("Model", [RidgeCV, RidgeClassifierCV])
def test_metadata(Model):
    X, y = problem((20, 3))
    y = y if Model is RidgeCV else y > y.mean()
    with mlkit.config_context(enable_metadata_routing=True):
        Model().get_metadata_routing()
        Model().fit(X, y, sample_weight=np.ones(20))
        Model(cv=3).fit(X, y, sample_weight=np.ones(20))
        from mlkit.model_selection import GroupKFold

        Model(cv=GroupKFold(2)).fit(X, y, groups=np.arange(20) % 4)


@pytest.mark.parametrize(
    "options, kind, said",
    [
        ({"alphas": (1, -1)}, ValueError, r"alphas\[1\] == -1, must be > 0.0"),
        ({"alphas": (1, "1")}, TypeError, r"alphas\[1\] must be an instance of float"),
        ({"alphas": (0.0,)}, ValueError, "> 0.0"),
        ({"alphas": ()}, ValueError, "empty"),
        ({"cv": 3, "store_cv_results": True}, ValueError, "goes with cv=None"),
        ({"cv": 3, "alpha_per_target": True}, ValueError, "goes with cv=None"),
    ],
)
def test_bad_parameters_are_named(options, kind, said):
    X, y = problem((12, 3))
    with pytest.raises(kind, match=said):
        RidgeCV(**options).fit(X, y)
    if options.get("alphas") == (0.0,):
        assert RidgeCV(**options, cv=3).fit(X, y).alpha_ == 0.0
