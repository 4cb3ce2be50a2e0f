"""Forests: scikit-learn's trees, the same for any number of threads, out of bag by definition."""

import pickle

import numpy as np
import pytest

import mlkit.ensemble as ensemble

sk = pytest.importorskip("sklearn.ensemble")
RNG = np.random.RandomState(0)
X = RNG.randn(250, 5)
SIGNAL = X[:, 0] * X[:, 1] + 0.5 * RNG.randn(250)
LABELS = np.digitize(SIGNAL, [-0.5, 0.5])
COUNTS = np.round(3 * SIGNAL)
WEIGHT = RNG.rand(250)
FORESTS = [
    ("RandomForestClassifier", {}),
    ("RandomForestClassifier", {"class_weight": "balanced", "max_samples": 0.5}),
    ("RandomForestClassifier", {"criterion": "entropy", "bootstrap": False}),
    ("RandomForestRegressor", {"max_features": 0.5}),
    ("ExtraTreesClassifier", {}),
    ("ExtraTreesRegressor", {"bootstrap": True}),
]


def target(name):
    return COUNTS if name.endswith("Regressor") else LABELS


def says(model):
    return (model.predict_proba if hasattr(model, "predict_proba") else model.predict)(X)


@pytest.mark.parametrize("case", range(len(FORESTS)))
def test_forests_are_scikit_learns(case):
    name, options = FORESTS[case]
    options = {**options, "n_estimators": 6, "random_state": 4}
    ours = getattr(ensemble, name)(**options).fit(X, target(name))
    theirs = getattr(sk, name)(**options).fit(X, target(name))
    np.testing.assert_allclose(says(ours), says(theirs), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(ours.apply(X), theirs.apply(X))
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, atol=1e-9)
    assert (ours.decision_path(X)[0] != theirs.decision_path(X)[0]).nnz == 0


def test_weights_are_the_odds_of_rows():
    options = {"n_estimators": 5, "random_state": 1}
    ours = ensemble.RandomForestClassifier(**options).fit(X, LABELS, sample_weight=WEIGHT)
    theirs = sk.RandomForestClassifier(**options).fit(X, LABELS, sample_weight=WEIGHT)
    assert (says(ours) == says(theirs)).all()


@pytest.mark.parametrize("name", ["RandomForestClassifier", "ExtraTreesRegressor"])
def test_threads_and_pickling_change_nothing(name):
    models = [
        getattr(ensemble, name)(7, random_state=0, n_jobs=n_jobs).fit(X, target(name))
        for n_jobs in (1, 2, 4)
    ]
    again = pickle.loads(pickle.dumps(models[0]))
    for other in (*models[1:], again):
        assert (says(other) == says(models[0])).all()


@pytest.mark.parametrize("name", ["RandomForestClassifier", "RandomForestRegressor"])
def test_more_trees_later_are_the_trees_of_one_fit(name):
    grown = getattr(ensemble, name)(4, random_state=0, warm_start=True).fit(X, target(name))
    grown.set_params(n_estimators=9).fit(X, target(name))
    whole = getattr(ensemble, name)(9, random_state=0).fit(X, target(name))
    assert (says(grown) == says(whole)).all()
    with pytest.warns(UserWarning, match="none is grown"):
        grown.fit(X, target(name))


def test_out_of_bag_is_by_the_trees_without_the_row():
    model = ensemble.RandomForestRegressor(60, oob_score=True, random_state=0).fit(X, COUNTS)
    drawn = model.estimators_samples_
    for row in range(0, 250, 50):
        without = [t for t, rows in zip(model.estimators_, drawn, strict=True) if row not in rows]
        mean = np.mean([tree.predict(X[row : row + 1])[0] for tree in without])
        assert model.oob_prediction_[row] == pytest.approx(mean, rel=1e-12)
    labels = ensemble.RandomForestClassifier(
        60, oob_score=lambda true, said: float(np.mean(true != said)), random_state=0
    ).fit(X, LABELS)
    wrong = labels.oob_decision_function_.argmax(axis=1) != LABELS
    assert labels.oob_score_ == wrong.mean()


def test_a_forest_is_small_when_stored():
    options = {"n_estimators": 20, "random_state": 0}
    for name in ("RandomForestClassifier", "RandomForestRegressor"):
        ours = pickle.dumps(getattr(ensemble, name)(**options).fit(X, target(name)))
        theirs = pickle.dumps(getattr(sk, name)(**options).fit(X, target(name)))
        assert 3 * len(ours) < len(theirs)


def test_leaves_as_features_are_scikit_learns():
    ours = ensemble.RandomTreesEmbedding(5, random_state=2).fit(X)
    theirs = sk.RandomTreesEmbedding(5, random_state=2).fit(X)
    assert (ours.transform(X) != theirs.transform(X)).nnz == 0
    assert (ours.get_feature_names_out() == theirs.get_feature_names_out()).all()


@pytest.mark.parametrize("name", ["RandomForestClassifier", "RandomForestRegressor"])
def test_forests_of_bins(name):
    """As good as others, the same for any number of threads, and for X in any form."""
    models = [
        getattr(ensemble, name)(60, random_state=0, max_bins=32, n_jobs=n_jobs, oob_score=True)
        for n_jobs in (1, 4)
    ]
    first, second = (model.fit(X, target(name)) for model in models)
    assert (says(first) == says(second)).all()
    exact = getattr(ensemble, name)(60, random_state=0, oob_score=True).fit(X, target(name))
    assert abs(first.oob_score_ - exact.oob_score_) < 0.1
    assert len(np.unique(first.apply(X)[:, 0])) > 10
    with pytest.raises(ValueError, match="max_bins"):
        getattr(ensemble, name)(max_bins=1).fit(X, target(name))
