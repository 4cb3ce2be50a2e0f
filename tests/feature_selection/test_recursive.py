"""Recursive elimination step by step, and scikit-learn's ranking."""

import numpy as np
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit import config_context
from mlkit.base import clone
from mlkit.datasets import load_breast_cancer, load_diabetes, load_iris, make_regression
from mlkit.feature_selection import RFE, RFECV
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.metrics import make_scorer, mean_squared_error
from mlkit.model_selection import GroupKFold, KFold
from mlkit.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X)[:, :10], y


@pytest.mark.parametrize("wanted", [None, 1, 0.3, 10])
@pytest.mark.parametrize("step", [1, 4, 0.25])
def test_as_scikit_learn(cancer, wanted, step):
    X, y = cancer
    found, expected = (
        cls(LogisticRegression(), n_features_to_select=wanted, step=step).fit(X, y)
        for cls in (RFE, reference.RFE)
    )
    assert_array_equal(found.ranking_, expected.ranking_)
    assert_array_equal(found.support_, expected.support_)
    assert found.n_features_ == expected.n_features_ == found.support_.sum()


def test_each_round_drops_the_least(cancer):
    """The definition: fit on what is left, drop the least squared weight."""
    X, y = cancer
    left = list(range(X.shape[1]))
    dropped = []
    while len(left) > 1:
        weights = LogisticRegression().fit(X[:, left], y).coef_[0]
        dropped.append(left.pop(np.argmin(weights**2)))
    ranking = RFE(LogisticRegression(), n_features_to_select=1).fit(X, y).ranking_
    assert_array_equal(np.argsort(-ranking), [*dropped, *left])


def test_the_model_sees_the_columns_kept(cancer):
    X, y = cancer
    model = RFE(LogisticRegression(), n_features_to_select=4).fit(X, y)
    alone = LogisticRegression().fit(X[:, model.support_], y)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        assert_array_equal(getattr(model, method)(X), getattr(alone, method)(X[:, model.support_]))
    assert model.score(X, y) == alone.score(X[:, model.support_], y)
    assert_array_equal(model.classes_, [0, 1])
    assert not hasattr(RFE(Ridge()), "predict_proba")


def test_several_outputs_and_classes():
    X, Y = make_regression(80, 6, n_informative=2, n_targets=3, random_state=0)
    model = RFE(Ridge(), n_features_to_select=2).fit(X, Y)
    weights = Ridge().fit(X, Y).coef_
    assert_array_equal(
        np.flatnonzero(model.support_), np.sort(np.argsort((weights**2).sum(0))[-2:])
    )
    X, y = load_iris(return_X_y=True)
    assert_array_equal(
        RFE(LogisticRegression()).fit(X, y).support_,
        reference.RFE(LogisticRegression()).fit(X, y).support_,
    )


def test_sparse_is_dense(cancer):
    X, y = cancer
    data = np.where(X > 0.3, X, 0)
    for make in (lambda: RFE(Ridge()), lambda: RFECV(Ridge(), cv=3)):
        dense, found = make().fit(data, y), make().fit(sparse.csr_array(data), y)
        assert_array_equal(found.ranking_, dense.ranking_)
        assert_allclose(found.predict(sparse.csr_array(data)), dense.predict(data))


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
@pytest.mark.parametrize("options", [{}, {"step": 3, "min_features_to_select": 2}, {"step": 0.2}])
def test_cross_validated_as_scikit_learn(cancer, scoring, options):
    X, y = cancer
    found, expected = (
        cls(LogisticRegression(), cv=3, scoring=scoring, **options).fit(X, y)
        for cls in (RFECV, reference.RFECV)
    )
    assert_array_equal(found.ranking_, expected.ranking_)
    assert set(found.cv_results_) == set(expected.cv_results_)
    for name, values in expected.cv_results_.items():
        assert_allclose(found.cv_results_[name], values, rtol=1e-12)
    assert found.score(X, y) == pytest.approx(expected.score(X, y))


def test_the_number_is_the_best(cancer):
    X, y = cancer
    model = RFECV(LogisticRegression(), cv=4).fit(X, y)
    means = model.cv_results_["mean_test_score"]
    # The fewest columns among equals: the first maximum in ascending order.
    assert model.n_features_ == model.cv_results_["n_features"][np.argmax(means)]
    again = RFE(LogisticRegression(), n_features_to_select=int(model.n_features_)).fit(X, y)
    assert_array_equal(model.support_, again.support_)
    assert_array_equal(
        RFECV(LogisticRegression(), cv=4, n_jobs=2).fit(X, y).ranking_, model.ranking_
    )


@pytest.mark.parametrize("kind", ["splitter", "pairs", "groups"])
def test_folds(kind):
    X, y = load_diabetes(return_X_y=True)
    groups = np.arange(len(y)) % 3
    folds = list(GroupKFold(3).split(X, y, groups))
    cv = {"splitter": KFold(3), "pairs": iter(folds), "groups": GroupKFold(3)}[kind]
    model = RFECV(Ridge(), cv=cv).fit(X, y, **({"groups": groups} if kind == "groups" else {}))
    if kind != "splitter":
        train, test = folds[1]
        whole = Ridge().fit(X[train], y[train]).score(X[test], y[test])
        assert model.cv_results_["split1_test_score"][-1] == pytest.approx(whole)


def test_metadata_is_cut_into_folds():
    X, y = load_diabetes(return_X_y=True)
    weight = np.random.RandomState(0).randint(0, 3, len(y)) * 1.0
    folds = [(np.arange(0, 300), np.arange(300, 442))]
    with config_context(enable_metadata_routing=True):
        model = RFECV(
            Ridge().set_fit_request(sample_weight=True),
            cv=folds,
            scoring=make_scorer(mean_squared_error).set_score_request(sample_weight=True),
        ).fit(X, y, sample_weight=weight)
    plain = Ridge().fit(X[:300], y[:300], sample_weight=weight[:300])
    expected = mean_squared_error(y[300:], plain.predict(X[300:]), sample_weight=weight[300:])
    assert model.cv_results_["split0_test_score"][-1] == pytest.approx(expected)
    with pytest.raises(ValueError, match="sample_weight"):
        RFECV(Ridge()).fit(X, y, sample_weight=weight)
    assert RFE(Ridge()).fit(X, y, sample_weight=weight).n_features_ == 5


def test_too_many_wanted(cancer):
    X, y = cancer
    with pytest.warns(UserWarning, match="n_features=10"):
        assert RFE(Ridge(), n_features_to_select=11).fit(X, y).support_.all()
    with pytest.warns(UserWarning, match="n_features=10"):
        assert RFECV(Ridge(), min_features_to_select=11).fit(X, y).support_.all()


def test_what_is_passed_on():
    model = RFE(LogisticRegression(), verbose=1, n_features_to_select=9)
    assert clone(model).estimator is not model.estimator
    assert RFE(Ridge())._estimator_type == "regressor"


def test_verbose(cancer, capsys):
    X, y = cancer
    RFE(Ridge(), n_features_to_select=8, verbose=1).fit(X, y)
    assert capsys.readouterr().out.splitlines() == [
        "Fitting estimator with 10 features.",
        "Fitting estimator with 9 features.",
    ]


def test_bad_parameters(cancer):
    X, y = cancer
    for model in (
        RFE(Ridge(), step=0),
        RFE(Ridge(), step=1.5),
        RFE(Ridge(), n_features_to_select=0),
        RFE(Ridge(), n_features_to_select=1.5),
        RFECV(Ridge(), min_features_to_select=0),
        RFECV(Ridge(), cv=1),
        RFECV(Ridge(), cv=10_000),
        RFECV(Ridge(), cv="five"),
        RFECV(LogisticRegression(), cv=400),
        RFE(StandardScaler()),
    ):
        with pytest.raises(ValueError):
            model.fit(X, y)
    with pytest.raises(ValueError, match="minimum of 2|2 feature"):
        RFE(Ridge()).fit(X[:, :1], y)
