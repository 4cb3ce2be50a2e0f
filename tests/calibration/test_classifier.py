"""Calibrated classifiers: scikit-learn's probabilities, and what they promise."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.calibration as reference
import sklearn.frozen
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression as TheirLogistic
from sklearn.linear_model import RidgeClassifier as TheirRidge
from sklearn.naive_bayes import GaussianNB

from mlkit import config_context
from mlkit.base import BaseEstimator, ClassifierMixin, clone
from mlkit.calibration import CalibratedClassifierCV
from mlkit.datasets import load_breast_cancer, load_iris
from mlkit.frozen import FrozenEstimator
from mlkit.linear_model import LogisticRegression, RidgeClassifier
from mlkit.metrics import log_loss
from mlkit.model_selection import GroupKFold, KFold, LeaveOneOut, train_test_split

METHODS = ["sigmoid", "isotonic", "temperature"]
IRIS = load_iris(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)


def overlapping(n_classes, n=240):
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n)
    X = rng.normal(size=(n, 4))
    X[np.arange(n), y] += 1.2
    return X, np.array(["a", "b", "c"])[y], rng.uniform(0, 2, n)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ensemble", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("estimator", [TheirLogistic(), TheirRidge(), GaussianNB()])
def test_probabilities_are_scikit_learns(method, ensemble, n_classes, estimator):
    X, y, weight = overlapping(n_classes)
    for w in (None, weight):
        ours, theirs = (
            cls(estimator, method=method, ensemble=ensemble, cv=3).fit(X, y, sample_weight=w)
            for cls in (CalibratedClassifierCV, reference.CalibratedClassifierCV)
        )
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
        assert_array_equal(ours.predict(X), theirs.predict(X))
        assert len(ours.calibrated_classifiers_) == len(theirs.calibrated_classifiers_)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ensemble", ["auto", True, False])
def test_rows_sum_to_one_and_labels_are_the_likeliest(method, ensemble):
    X, y = IRIS
    model = CalibratedClassifierCV(RidgeClassifier(), method=method, ensemble=ensemble).fit(X, y)
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert (p >= 0).all() and (p <= 1).all()
    assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])
    assert model.n_features_in_ == 4
    names = pd.DataFrame(X, columns=list("abcd"))
    assert_array_equal(clone(model).fit(names, y).feature_names_in_, list("abcd"))


def test_calibration_lowers_the_loss_of_an_overconfident_model():
    X, y, _ = overlapping(2, 2000)
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, random_state=0)

    class Overconfident(LogisticRegression):
        def decision_function(self, X):
            return 20 * super().decision_function(X)

        def predict_proba(self, X):
            p = 1 / (1 + np.exp(-self.decision_function(X)))
            return np.stack([1 - p, p], axis=1)

    raw = log_loss(y_test, Overconfident().fit(X_fit, y_fit).predict_proba(X_test))
    best = log_loss(y_test, LogisticRegression().fit(X_fit, y_fit).predict_proba(X_test))
    for method in METHODS:
        model = CalibratedClassifierCV(Overconfident(), method=method).fit(X_fit, y_fit)
        assert log_loss(y_test, model.predict_proba(X_test)) < best + 0.05 < raw


@pytest.mark.parametrize("frozen", [FrozenEstimator, sklearn.frozen.FrozenEstimator])
def test_a_frozen_classifier_is_calibrated_as_it_is(frozen):
    X, y, weight = overlapping(3)
    fitted = GaussianNB().fit(X[:100], y[:100])
    model = CalibratedClassifierCV(frozen(fitted)).fit(X[100:], y[100:])
    (pair,) = model.calibrated_classifiers_
    assert pair.estimator.estimator is fitted
    theirs = reference.CalibratedClassifierCV(sklearn.frozen.FrozenEstimator(fitted))
    assert_allclose(
        model.predict_proba(X), theirs.fit(X[100:], y[100:]).predict_proba(X), atol=1e-6
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X[100:], y[100:], sample_weight=weight[100:])


def test_workers_change_nothing():
    X, y, _ = overlapping(3)
    for ensemble in (True, False):
        alone, many = (
            CalibratedClassifierCV(GaussianNB(), ensemble=ensemble, n_jobs=n).fit(X, y)
            for n in (None, 2)
        )
        assert_array_equal(alone.predict_proba(X), many.predict_proba(X))


def test_the_default_is_a_linear_support_vector_machine():
    X, y = CANCER
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    ours = CalibratedClassifierCV(cv=3).fit(X, y)
    theirs = reference.CalibratedClassifierCV(cv=3).fit(X, y)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=5e-3)


def test_a_class_that_a_fold_lacks_has_no_probability_there():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.repeat([0, 1, 2], 30)
    X[:, 0] += y
    for method in METHODS:
        # Rows of one class only are tested while the other two train.
        model = CalibratedClassifierCV(LogisticRegression(), cv=KFold(3), method=method)
        p = model.fit(X, y).predict_proba(X)
        assert_allclose(p.sum(axis=1), 1)
        for lacking, pair in enumerate(model.calibrated_classifiers_):
            assert (pair.predict_proba(X)[:, lacking] == 0).all()


def test_the_scores_of_two_classes_left_by_a_fold_are_of_the_second():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 2))
    y = np.where(X[:, 0] > 0, 2, 1)
    y[:2] = 0
    folds = [(np.arange(2, 120), np.arange(120)), (np.arange(120), np.arange(120))]
    model = CalibratedClassifierCV(LogisticRegression(), cv=folds).fit(X, y)
    p = model.calibrated_classifiers_[0].predict_proba(X[2:])
    assert (p[:, 0] == 0).all()
    assert np.mean((p[:, 2] > 0.5) == (y[2:] == 2)) > 0.9


class _Unweighted(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-np.asarray(X)[:, 0]))
        return np.stack([1 - p, p], axis=1)


def test_weights_that_the_classifier_does_not_take_serve_its_map():
    X, y, weight = overlapping(2)
    with pytest.warns(UserWarning, match="_Unweighted.fit takes no sample_weight"):
        weighted = CalibratedClassifierCV(_Unweighted()).fit(X, y, sample_weight=weight)
    plain = CalibratedClassifierCV(_Unweighted()).fit(X, y)
    assert abs(weighted.predict_proba(X) - plain.predict_proba(X)).max() > 1e-4


def test_fit_params_follow_the_rows_of_folds():
    X, y, _ = overlapping(2)

    class Recorder(LogisticRegression):
        def fit(self, X, y, sample_weight=None, tag=None):
            self.tag_ = tag
            return super().fit(X, y, sample_weight)

    model = CalibratedClassifierCV(Recorder(), cv=3).fit(X, y, tag=np.arange(240))
    seen = [pair.estimator.tag_ for pair in model.calibrated_classifiers_]
    assert sorted(np.concatenate(seen)) == sorted(np.repeat(np.arange(240), 2))


def test_metadata_is_routed_to_the_classifier_and_the_splitter():
    X, y, weight = overlapping(2)
    groups = np.arange(240) % 6
    with config_context(enable_metadata_routing=True):
        held = LogisticRegression().set_fit_request(sample_weight=True)
        splitter = GroupKFold(3).set_split_request(groups=True)
        for ensemble in (True, False):
            model = CalibratedClassifierCV(held, cv=splitter, ensemble=ensemble)
            model.fit(X, y, sample_weight=weight, groups=groups)
            assert len(model.calibrated_classifiers_) == (3 if ensemble else 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": 200}, "makes 200 folds"),
        ({"cv": LeaveOneOut()}, "LeaveOneOut"),
        ({"cv": 1}, "cv"),
        ({"method": "magic"}, "method"),
        ({"ensemble": "some"}, "ensemble"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options, message):
    X, y, _ = overlapping(2)
    with pytest.raises(ValueError, match=message):
        CalibratedClassifierCV(LogisticRegression(), **options).fit(X, y)


def test_an_isotonic_map_never_falls():
    X, y, _ = overlapping(2, 1000)
    model = CalibratedClassifierCV(LogisticRegression(), method="isotonic", ensemble=False)
    model.fit(X, y)
    scores = model.calibrated_classifiers_[0].estimator.decision_function(X)
    p = model.predict_proba(X)[np.argsort(scores), 1]
    assert (np.diff(p) >= 0).all()
