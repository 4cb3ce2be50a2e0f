"""Many classes from two: the definitions, and scikit-learn's numbers."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.multiclass as reference
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.svm import SVC, LinearSVC

import mlkit
from mlkit import multiclass
from mlkit.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["a", "b", "c"])[Y]
METHODS = ("predict", "decision_function", "predict_proba")


def same(ours, theirs, X):
    for method in METHODS:
        assert hasattr(ours, method) == hasattr(theirs, method)
        if not hasattr(ours, method):
            continue
        mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
        assert sp.issparse(mine) == sp.issparse(other)
        if sp.issparse(mine):
            mine, other = mine.toarray(), other.toarray()
        assert mine.shape == other.shape and mine.dtype == other.dtype
        if mine.dtype.kind == "U":
            np.testing.assert_array_equal(mine, other)
        else:
            np.testing.assert_allclose(mine, other)


@pytest.mark.parametrize("name", multiclass.__all__)
@pytest.mark.parametrize("model", [GaussianNB(), LinearSVC(random_state=0)])
@pytest.mark.parametrize("y", [Y, NAMES, (Y > 0).astype(int)], ids=["ints", "names", "two"])
def test_predictions_are_those_of_scikit_learn(name, model, y):
    options = {"random_state": 0} if name == "OutputCodeClassifier" else {}
    with warnings.catch_warnings():  # a bit of the code may be the same for all classes
        warnings.simplefilter("ignore")
        ours = getattr(multiclass, name)(model, **options).fit(X, y)
        theirs = getattr(reference, name)(model, **options).fit(X, y)
    same(ours, theirs, X)
    assert ours.n_features_in_ == 4


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array, sp.csc_matrix])
def test_labels_are_fitted_one_by_one(container):
    X, Y = make_multilabel_classification(100, random_state=0)
    ours = OneVsRestClassifier(MultinomialNB()).fit(X, container(Y))
    theirs = reference.OneVsRestClassifier(MultinomialNB()).fit(X, container(Y))
    assert ours.multilabel_
    same(ours, theirs, X)
    alone = MultinomialNB().fit(X, Y[:, 2]).predict_proba(X)[:, 1]
    np.testing.assert_array_equal(ours.predict_proba(X)[:, 2], alone)


def test_a_regressor_ranks_the_classes():
    same(
        OneVsRestClassifier(Ridge()).fit(X, Y), reference.OneVsRestClassifier(Ridge()).fit(X, Y), X
    )


@pytest.mark.parametrize("name", ["OneVsRestClassifier", "OneVsOneClassifier"])
def test_fitting_by_parts(name):
    ours = getattr(multiclass, name)(SGDClassifier(random_state=0))
    theirs = getattr(reference, name)(SGDClassifier(random_state=0))
    for model in (ours, theirs):
        model.partial_fit(X[::2], Y[::2], classes=[0, 1, 2]).partial_fit(X[1::2], Y[1::2])
    same(ours, theirs, X)
    with pytest.raises(ValueError, match="classes"):
        ours.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match="first call"):
        getattr(multiclass, name)(SGDClassifier()).partial_fit(X, Y)
    assert not hasattr(getattr(multiclass, name)(LinearSVC()), "partial_fit")


def test_pairs_of_rows_are_cut_by_rows_and_columns():
    kernel = X @ X.T
    ours = OneVsOneClassifier(SVC(kernel="precomputed")).fit(kernel, Y)
    np.testing.assert_array_equal(ours.predict(kernel), SVC(kernel="linear").fit(X, Y).predict(X))
    np.testing.assert_array_equal(ours.pairwise_indices_[1], np.flatnonzero(Y != 1))


def test_votes_outweigh_confidence():
    decisions = OneVsOneClassifier(GaussianNB()).fit(X, Y).decision_function(X)
    votes = np.round(decisions)
    assert (abs(decisions - votes) < 1 / 3).all()
    assert (votes.sum(axis=1) == 3).all()


def test_a_label_that_all_rows_have_is_constant():
    target = np.column_stack([np.ones(150, int), Y == 0])
    with pytest.warns(UserWarning, match="every training row"):
        model = OneVsRestClassifier(GaussianNB()).fit(X, target)
    assert (model.predict(X)[:, 0] == 1).all()
    assert (model.predict_proba(X)[:, 0] == 1).all()


def test_one_class_cannot_be_compared():
    with pytest.raises(ValueError, match="one class"):
        OneVsOneClassifier(GaussianNB()).fit(X, np.zeros(150))


def test_sparse_is_dense():
    for cls in (OneVsRestClassifier, OneVsOneClassifier, OutputCodeClassifier):
        options = {"random_state": 0} if cls is OutputCodeClassifier else {}
        dense = cls(MultinomialNB(), **options).fit(X, Y).predict(X)
        sparse = cls(MultinomialNB(), **options).fit(sp.csr_array(X), Y).predict(sp.csr_array(X))
        np.testing.assert_array_equal(dense, sparse)


@pytest.mark.parametrize("name", multiclass.__all__)
def test_weights_are_routed(name):
    rng = np.random.default_rng(0)
    weight, twice = rng.integers(1, 3, 150), None
    twice = np.repeat(np.arange(150), weight)
    options = {"random_state": 0} if name == "OutputCodeClassifier" else {}
    with pytest.raises(ValueError):
        getattr(multiclass, name)(GaussianNB()).fit(X, Y, sample_weight=weight)
    with mlkit.config_context(enable_metadata_routing=True):
        inner = mlkit.linear_model.LogisticRegression(max_iter=1000, tol=1e-10)
        inner.set_fit_request(sample_weight=True)
        weighted = getattr(multiclass, name)(inner, **options).fit(X, Y, sample_weight=weight)
        repeated = getattr(multiclass, name)(inner, **options).fit(X[twice], Y[twice])
    for mine, other in zip(weighted.estimators_, repeated.estimators_, strict=True):
        if hasattr(mine, "coef_"):
            np.testing.assert_allclose(mine.coef_, other.coef_, rtol=1e-3, atol=1e-4)


def test_jobs_change_nothing():
    one = OneVsRestClassifier(LogisticRegression(max_iter=500)).fit(X, Y)
    two = OneVsRestClassifier(LogisticRegression(max_iter=500), n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
