"""Logistic regression whose penalty is chosen by cross-validation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import mlkit
from mlkit.linear_model import LogisticRegression, LogisticRegressionCV
from mlkit.metrics import accuracy_score, get_scorer, log_loss
from mlkit.model_selection import KFold, StratifiedKFold

PLAIN = {"use_legacy_attributes": False, "l1_ratios": (0.0,), "scoring": "neg_log_loss"}


def problem(n_classes, n=60, p=3, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, p)
    z = X @ rng.randn(p, n_classes) + rng.gumbel(size=(n, n_classes))
    return X * [1, 5, 0.2], np.array(["a", "b", "c"])[z.argmax(axis=1)]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver, ratios", [("lbfgs", (0.0,)), ("saga", (0.0, 0.7))])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_and_paths_are_those_of_single_fits(n_classes, solver, ratios, weighted):
    X, y = problem(n_classes)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y)) if weighted else None
    Cs = [0.01, 1.0]
    options = {"solver": solver, "tol": 1e-9, "max_iter": 1000}
    model = LogisticRegressionCV(Cs=Cs, cv=3, **{**PLAIN, "l1_ratios": ratios}, **options)
    model.fit(X, y, sample_weight=weight)
    for k, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
        taken = [None if weight is None else weight[rows] for rows in (train, test)]
        for i, ratio in enumerate(ratios):
            for j, C in enumerate(Cs):
                one = LogisticRegression(C=C, l1_ratio=ratio, **options)
                one.fit(X[train], y[train], taken[0])
                found = model.coefs_paths_[k, i, j]
                assert_allclose(found[:, :-1], one.coef_, atol=1e-5)
                assert_allclose(found[:, -1], one.intercept_, atol=1e-5)
                proba = one.predict_proba(X[test])
                score = -log_loss(y[test], proba, sample_weight=taken[1])
                assert_allclose(model.scores_[k, i, j], score, rtol=1e-5)
    best = np.unravel_index(model.scores_.mean(axis=0).argmax(), (len(ratios), len(Cs)))
    assert Cs[best[1]] == model.C_ and model.l1_ratio_ == ratios[best[0]]
    whole = LogisticRegression(C=model.C_, l1_ratio=model.l1_ratio_, **options).fit(X, y, weight)
    assert_allclose(model.coef_, whole.coef_, atol=1e-5)
    assert_allclose(model.intercept_, whole.intercept_, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_superseded_attributes_hold_the_same_numbers(n_classes):
    X, y = problem(n_classes)
    options = {**PLAIN, "Cs": 3, "cv": 2, "solver": "saga", "l1_ratios": (0.0, 0.5)}
    new = LogisticRegressionCV(**options).fit(X, y)
    old = LogisticRegressionCV(**{**options, "use_legacy_attributes": True}).fit(X, y)
    labels = ["b"] if n_classes == 2 else ["a", "b", "c"]
    assert list(old.scores_) == list(old.coefs_paths_) == labels
    for k, label in enumerate(labels):
        assert_array_equal(old.scores_[label], new.scores_.transpose(0, 2, 1))
        expected = new.coefs_paths_[:, :, :, k].transpose(0, 2, 1, 3)
        assert_array_equal(old.coefs_paths_[label], expected)
    assert_array_equal(old.n_iter_[0], new.n_iter_.transpose(0, 2, 1))
    assert_array_equal(old.C_, np.full(len(labels), new.C_))
    assert_array_equal(old.l1_ratio_, np.full(len(labels), new.l1_ratio_))


def test_defaults_warn_and_have_no_axis_for_shares():
    X, y = problem(3)
    with pytest.warns(FutureWarning) as caught:
        model = LogisticRegressionCV(Cs=2, cv=2).fit(X, y)
    said = " ".join(str(each.message) for each in caught)
    assert all(word in said for word in ("l1_ratios", "scoring", "use_legacy_attributes"))
    assert model.scores_["a"].shape == (2, 2) and model.n_iter_.shape == (1, 2, 2)
    assert model.l1_ratios_.tolist() == [None]
    with pytest.warns(FutureWarning, match="'penalty' was deprecated"):
        options = {**PLAIN, "l1_ratios": (1.0,), "solver": "saga", "penalty": "elasticnet"}
        LogisticRegressionCV(Cs=[0.1], cv=2, **options).fit(X, y)


@pytest.mark.parametrize("intercept", [False, True])
def test_without_refit_the_folds_best_are_averaged(intercept):
    X, y = problem(3)
    model = LogisticRegressionCV(Cs=4, cv=3, refit=False, fit_intercept=intercept, **PLAIN)
    model.fit(X, y)
    at = model.scores_[:, 0].argmax(axis=1)
    expected = model.coefs_paths_[np.arange(3), 0, at].mean(axis=0)
    assert_allclose(model.coef_, expected[:, :3])
    assert_allclose(model.intercept_, expected[:, 3] if intercept else 0.0)
    assert_allclose(model.C_, model.Cs_[at].mean())


def test_liblinear_penalises_the_intercept():
    X, y = problem(2)
    options = {"solver": "liblinear", "intercept_scaling": 3.0, "tol": 1e-9}
    model = LogisticRegressionCV(Cs=[0.1], cv=2, **PLAIN, **options).fit(X, y)
    one = LogisticRegression(C=0.1, **options).fit(X, y)
    assert_allclose(model.coef_, one.coef_, atol=1e-6)
    assert_allclose(model.intercept_, one.intercept_, atol=1e-6)


def test_sparse_is_dense_and_float32_stays():
    X, y = problem(2)
    X[np.abs(X) < 0.3] = 0
    options = {**PLAIN, "Cs": 3, "cv": 2}
    dense = LogisticRegressionCV(**options).fit(X, y)
    other = LogisticRegressionCV(**options).fit(sparse.csr_matrix(X), y)
    assert_allclose(other.coef_, dense.coef_, atol=1e-6)
    single = LogisticRegressionCV(**options).fit(X.astype(np.float32), y)
    assert single.coef_.dtype == single.coefs_paths_.dtype == np.float32


@pytest.mark.parametrize("scoring", ["neg_log_loss", "neg_brier_score"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_folds_may_lack_classes(n_classes, scoring):
    y = np.repeat(["a", "b", "c"][:n_classes], 4)
    X = np.random.RandomState(0).randn(len(y), 2)
    options = {**PLAIN, "scoring": scoring}
    model = LogisticRegressionCV(Cs=[1e-3, 1.0], cv=KFold(n_classes), **options).fit(X, y)
    assert np.isfinite(model.scores_).all()
    assert model.coefs_paths_.shape[3] == (1 if n_classes == 2 else 3)


def test_score_is_that_of_the_scorer_with_weights():
    X, y = problem(2)
    weight = np.arange(len(y)) % 3 + 1.0
    model = LogisticRegressionCV(Cs=[1.0], cv=2, **PLAIN).fit(X, y)
    proba = model.predict_proba(X)
    assert_allclose(model.score(X, y), -log_loss(y, proba))
    weighted = model.score(X, y, sample_weight=weight)
    assert_allclose(weighted, -log_loss(y, proba, sample_weight=weight))
    plain = LogisticRegressionCV(Cs=[1.0], cv=2, **{**PLAIN, "scoring": None}).fit(X, y)
    assert plain.score(X, y) == accuracy_score(y, plain.predict(X))


def test_a_scorer_without_weights_gets_none():
    X, y = problem(2)
    seen = []

    def scorer(estimator, X, y):
        seen.append(type(estimator).__name__)
        return 0.0

    options = {**PLAIN, "scoring": scorer}
    model = LogisticRegressionCV(Cs=2, cv=2, **options).fit(X, y, sample_weight=np.ones(len(y)))
    assert seen == ["LogisticRegression"] * 4 and model.Cs_[0] == model.C_


def test_metadata_reaches_scorer_and_splitter():
    X, y = problem(2)
    weight = np.where(y == "a", 5.0, 1.0)
    with mlkit.config_context(enable_metadata_routing=True):
        found = []
        for wanted in (False, True):
            scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=wanted)
            model = LogisticRegressionCV(Cs=[1.0], cv=2, **{**PLAIN, "scoring": scorer})
            found.append(model.fit(X, y, sample_weight=weight).scores_)
        assert np.abs(found[0] - found[1]).max() > 1e-3
        from mlkit.model_selection import GroupKFold

        model = LogisticRegressionCV(Cs=[1.0], cv=GroupKFold(3), **PLAIN)
        model.fit(X, y, groups=np.arange(len(y)) % 6)
        assert model.scores_.shape == (3, 1, 1)
    with pytest.raises(ValueError, match="passed on only if metadata is routed"):
        LogisticRegressionCV(**PLAIN).fit(X, y, groups=np.arange(len(y)))


class Recorder:
    """A callback that counts tasks."""

    def __init__(self):
        self.begun, self.ended = [], []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        self.ended.append(context.task_name)
        return False


def test_callbacks_see_folds_and_the_final_fit():
    X, y = problem(2)
    recorder = Recorder()
    model = LogisticRegressionCV(Cs=2, cv=3, **PLAIN).set_callbacks(recorder)
    model.fit(X, y)
    assert recorder.begun == ["fit", "fold", "fold", "fold", "refit"]
    assert recorder.ended == ["fold", "fold", "fold", "refit", "fit"]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"Cs": [1.0, -1.0]}, "Cs must be positive"),
        ({"l1_ratios": (2.0,)}, "between 0 and 1"),
        ({"l1_ratios": ()}, "between 0 and 1"),
        ({"l1_ratios": (0.0, 0.5)}, "l1_ratio=0.5"),
        ({"solver": "liblinear"}, "binary classification"),
        ({"dual": True}, "dual=True"),
    ],
)
def test_bad_parameters_are_named(options, said):
    X, y = problem(3)
    with pytest.raises(ValueError, match=said):
        LogisticRegressionCV(**{**PLAIN, **options}).fit(X, y)
