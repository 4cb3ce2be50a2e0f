"""Thresholds: labels are scores compared with them, and the tuned one is the best of the curve."""

import numpy as np
import pytest
import sklearn.model_selection as reference
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

import mlkit
from mlkit.exceptions import NotFittedError
from mlkit.metrics import balanced_accuracy_score
from mlkit.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

X, Y = make_classification(400, weights=[0.8], flip_y=0.1, random_state=0)
NAMES = np.array(["no", "yes"])[Y]


@pytest.mark.parametrize("threshold", ["auto", 0.1, 0.9])
@pytest.mark.parametrize("pos_label", [None, "no", "yes"])
@pytest.mark.parametrize("model", [LogisticRegression(), LinearSVC(random_state=0)])
def test_a_fixed_threshold_is_scikit_learns(threshold, pos_label, model):
    options = {"threshold": threshold, "pos_label": pos_label}
    ours = FixedThresholdClassifier(model, **options).fit(X, NAMES)
    theirs = reference.FixedThresholdClassifier(model, **options).fit(X, NAMES)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.n_features_in_ == 20


def test_labels_follow_from_the_definition():
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.3).fit(X, NAMES)
    yes = model.predict_proba(X)[:, 1] >= 0.3
    np.testing.assert_array_equal(model.predict(X) == "yes", yes)


def test_a_fitted_classifier_needs_no_fit():
    fitted = LogisticRegression().fit(X, Y)
    model = FixedThresholdClassifier(fitted, threshold=0.3)
    np.testing.assert_array_equal(model.predict(X), fitted.predict_proba(X)[:, 1] >= 0.3)
    with pytest.raises(NotFittedError):
        FixedThresholdClassifier(LogisticRegression()).predict(X)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scoring": "f1", "cv": 3, "store_cv_results": True},
        {"scoring": make_scorer(fbeta_score, beta=2, pos_label=0), "cv": 2},
        {"cv": 0.3, "refit": False, "random_state": 0},
        {"cv": 0.3, "random_state": 0, "thresholds": 20},
        {"thresholds": [0.1, 0.2, 0.5, 0.7]},
        {"scoring": "neg_mean_absolute_error"},
    ],
)
@pytest.mark.parametrize("model", [GaussianNB(), LinearSVC(random_state=0)])
def test_the_tuned_threshold_is_scikit_learns(options, model):
    ours = TunedThresholdClassifierCV(model, **options).fit(X, Y)
    theirs = reference.TunedThresholdClassifierCV(model, **options).fit(X, Y)
    assert ours.best_threshold_ == pytest.approx(theirs.best_threshold_)
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    if "store_cv_results" in options:
        for name in ("thresholds", "scores"):
            np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name])


def test_a_prefit_classifier_is_tuned_on_all_rows():
    fitted = GaussianNB().fit(X[:200], Y[:200])
    tuned = TunedThresholdClassifierCV(fitted, cv="prefit", refit=False).fit(X[200:], Y[200:])
    assert tuned.estimator_ is fitted
    best = balanced_accuracy_score(Y[200:], tuned.predict(X[200:]))
    assert tuned.best_score_ == pytest.approx(best)
    assert best >= balanced_accuracy_score(Y[200:], fitted.predict(X[200:]))


@pytest.mark.parametrize(
    "options", [{"cv": "prefit"}, {"refit": False}, {"cv": 1.5}, {"thresholds": 0}]
)
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError):
        TunedThresholdClassifierCV(GaussianNB().fit(X, Y), **options).fit(X, Y)


def test_more_than_two_classes_are_refused():
    with pytest.raises(ValueError, match="binary"):
        FixedThresholdClassifier(GaussianNB()).fit(X, np.arange(len(X)) % 3)


def test_weights_are_routed_to_fit_and_to_the_metric():
    data, target = load_breast_cancer(return_X_y=True)
    weight = np.random.default_rng(0).integers(1, 4, len(target)).astype(float)
    with mlkit.config_context(enable_metadata_routing=True):
        model = mlkit.linear_model.LogisticRegression(max_iter=10000)
        model.set_fit_request(sample_weight=True)
        scorer = mlkit.metrics.get_scorer("f1").set_score_request(sample_weight=True)
        tuned = TunedThresholdClassifierCV(model, scoring=scorer, cv=0.5, random_state=0)
        weighted = tuned.fit(data[:, :5], target, sample_weight=weight).best_score_
        plain = tuned.fit(data[:, :5], target, sample_weight=np.ones(len(target))).best_score_
    assert weighted != plain
