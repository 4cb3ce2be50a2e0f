"""RidgeClassifier: Ridge on signs, and scikit-learn's results."""

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from mlkit.datasets import load_breast_cancer, load_iris
from mlkit.linear_model import Ridge, RidgeClassifier


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    results = check_estimator(RidgeClassifier(), on_fail=None, on_skip=None)
    assert not {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_parity(load, weighted, class_weight):
    X, y = load(return_X_y=True)
    w = np.random.default_rng(0).uniform(0.1, 3, len(X)) if weighted else None
    ours = RidgeClassifier(2.0, class_weight=class_weight).fit(X, y, w)
    theirs = sklearn.linear_model.RidgeClassifier(2.0, class_weight=class_weight)
    theirs.fit(X, y, w)
    assert ours.coef_.shape == theirs.coef_.shape
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-5, atol=1e-8)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-6)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_it_is_ridge_on_signs_and_sparse_is_dense():
    X, y = load_iris(return_X_y=True)
    signs = np.where(y[:, None] == [0, 1, 2], 1.0, -1.0)
    model = RidgeClassifier(0.5).fit(X, y)
    assert_allclose(model.coef_, Ridge(0.5).fit(X, signs).coef_, rtol=1e-10)
    loose = RidgeClassifier(0.5, tol=1e-12).fit(sparse.csr_array(X), y)
    assert_allclose(loose.coef_, model.coef_, rtol=1e-6)


def test_several_labels_a_row():
    X, y = load_iris(return_X_y=True)
    labels = np.c_[y == 0, y > 0, X[:, 0] > 6].astype(int)
    ours = RidgeClassifier().fit(X, labels)
    theirs = sklearn.linear_model.RidgeClassifier().fit(X, labels)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6)
