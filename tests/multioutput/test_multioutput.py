"""Several targets: column by column, or link by link, as defined and as in scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.multioutput as reference
from sklearn.datasets import make_multilabel_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import BernoulliNB
from sklearn.svm import LinearSVC

import mlkit
from mlkit.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)

X, Y = make_regression(80, 6, n_targets=3, noise=5, random_state=0)
LABELLED, LABELS = make_multilabel_classification(120, n_classes=4, random_state=0)
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def same(ours, theirs, X):
    for method in METHODS:
        assert hasattr(ours, method) == hasattr(theirs, method)
        if hasattr(ours, method):
            mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
            assert type(mine) is type(other)
            np.testing.assert_allclose(mine, other, rtol=1e-6)


def test_each_target_is_fitted_on_its_own():
    ours = MultiOutputRegressor(Ridge()).fit(X, Y)
    same(ours, reference.MultiOutputRegressor(Ridge()).fit(X, Y), X)
    np.testing.assert_array_equal(ours.predict(X)[:, 1], Ridge().fit(X, Y[:, 1]).predict(X))
    assert ours.n_features_in_ == 6


def test_weight_2_is_a_row_twice():
    weight = np.random.default_rng(0).integers(1, 3, len(X))
    rows = np.repeat(np.arange(len(X)), weight)
    weighted = MultiOutputRegressor(Ridge()).fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(
        weighted.predict(X), MultiOutputRegressor(Ridge()).fit(X[rows], Y[rows]).predict(X)
    )
    with mlkit.config_context(enable_metadata_routing=True):
        inner = mlkit.linear_model.Ridge().set_fit_request(sample_weight=True)
        routed = MultiOutputRegressor(inner).fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(weighted.predict(X), routed.predict(X))


def test_classifiers_side_by_side():
    target = np.column_stack([LABELS[:, 0], LABELS[:, 1] + LABELS[:, 2]])
    ours = MultiOutputClassifier(BernoulliNB()).fit(LABELLED, target)
    theirs = reference.MultiOutputClassifier(BernoulliNB()).fit(LABELLED, target)
    np.testing.assert_array_equal(ours.predict(LABELLED), theirs.predict(LABELLED))
    for mine, other in zip(
        ours.predict_proba(LABELLED), theirs.predict_proba(LABELLED), strict=True
    ):
        np.testing.assert_allclose(mine, other)
    assert [list(each) for each in ours.classes_] == [[0, 1], [0, 1, 2]]
    right = (ours.predict(LABELLED) == target).all(axis=1)
    assert ours.score(LABELLED, target) == right.mean()
    with pytest.raises(ValueError, match="columns"):
        ours.score(LABELLED, target[:, :1])


def test_fitting_by_parts():
    packages = (mlkit.multioutput, reference)
    models = [each.MultiOutputRegressor(SGDRegressor(random_state=0)) for each in packages]
    for model in models:
        model.partial_fit(X[:40], Y[:40])
        model.partial_fit(X[40:], Y[40:])
    same(*models, X)
    models = [each.MultiOutputClassifier(SGDClassifier(random_state=0)) for each in packages]
    for model in models:
        model.partial_fit(LABELLED[:60], LABELS[:60], classes=[[0, 1]] * 4)
        model.partial_fit(LABELLED[60:], LABELS[60:])
    np.testing.assert_array_equal(*(model.predict(LABELLED) for model in models))
    assert not hasattr(MultiOutputRegressor(Ridge()), "partial_fit")


@pytest.mark.parametrize(
    "model", [MultiOutputRegressor(Ridge()), MultiOutputClassifier(BernoulliNB())]
)
def test_one_column_is_refused(model):
    with pytest.raises(ValueError, match="two dimensions"):
        model.fit(LABELLED, LABELS[:, 0])


def test_weights_that_the_model_cannot_use_are_refused():
    from sklearn.neighbors import KNeighborsRegressor

    with pytest.raises(ValueError, match="sample_weight"):
        MultiOutputRegressor(KNeighborsRegressor()).fit(X, Y, sample_weight=np.ones(len(X)))


@pytest.mark.parametrize("order", [None, [2, 0, 1], (1, 2, 0), "random"])
@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_a_chain_of_regressors_is_scikit_learns(order, cv, container):
    options = {"order": order, "cv": cv, "random_state": 4}
    data = container(X)
    ours = RegressorChain(Ridge(), **options).fit(data, Y)
    theirs = reference.RegressorChain(Ridge(), **options).fit(data, Y)
    np.testing.assert_array_equal(ours.order_, theirs.order_)
    same(ours, theirs, data)


def test_a_link_sees_the_targets_before_it():
    chain = RegressorChain(Ridge(), order=[1, 0, 2]).fit(X, Y)
    link = Ridge().fit(np.column_stack([X, Y[:, 1], Y[:, 0]]), Y[:, 2])
    np.testing.assert_allclose(chain.estimators_[2].coef_, link.coef_)
    predicted = chain.predict(X)
    known = np.column_stack([X, predicted[:, 1], predicted[:, 0]])
    np.testing.assert_allclose(predicted[:, 2], chain.estimators_[2].predict(known))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"order": [3, 1, 0, 2], "cv": 3},
        {"chain_method": "predict_proba", "cv": 3},
        {"chain_method": ["decision_function", "predict_proba"]},
        {"chain_method": "predict_log_proba", "order": "random", "random_state": 1},
    ],
)
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_a_chain_of_classifiers_is_scikit_learns(options, container):
    data = container(LABELLED)
    model = LogisticRegression(solver="liblinear")
    ours = ClassifierChain(model, **options).fit(data, LABELS)
    theirs = reference.ClassifierChain(model, **options).fit(data, LABELS)
    assert ours.chain_method_ == theirs.chain_method_
    same(ours, theirs, data)


def test_a_chain_takes_sparse_labels():
    dense = ClassifierChain(BernoulliNB()).fit(LABELLED, LABELS)
    sparse = ClassifierChain(BernoulliNB()).fit(LABELLED, sp.csr_array(LABELS))
    np.testing.assert_array_equal(dense.predict(LABELLED), sparse.predict(LABELLED))


def test_a_chain_can_do_what_its_links_can():
    chain = ClassifierChain(LinearSVC())
    assert hasattr(chain, "decision_function") and not hasattr(chain, "predict_proba")
    with pytest.raises(ValueError, match="order"):
        RegressorChain(Ridge(), order=[0, 0, 1]).fit(X, Y)
    with pytest.raises(ValueError):
        ClassifierChain(BernoulliNB()).fit(LABELLED, LABELS, sample_weight=np.ones(120))
