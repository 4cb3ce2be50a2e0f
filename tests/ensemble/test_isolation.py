"""Isolation forests: scikit-learn's scores, and what the score means."""

import pickle

import numpy as np
import pytest

from mlkit.ensemble import IsolationForest

sk = pytest.importorskip("sklearn.ensemble")
X = np.random.RandomState(0).randn(300, 4)
OPTIONS = [{}, {"max_features": 0.5}, {"bootstrap": True}, {"max_samples": 0.3}]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_scikit_learns(options, weighted):
    weight = np.random.RandomState(1).rand(len(X)) if weighted else None
    options = {**options, "n_estimators": 8, "random_state": 3, "contamination": 0.1}
    ours = IsolationForest(**options).fit(X, sample_weight=weight)
    theirs = sk.IsolationForest(**options).fit(X, sample_weight=weight)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), atol=1e-11)
    assert ours.offset_ == pytest.approx(theirs.offset_, abs=1e-11)
    for own, other in zip(ours.estimators_samples_, theirs.estimators_samples_, strict=True):
        np.testing.assert_array_equal(own, other)


def test_a_distant_row_is_alone():
    far = np.vstack([X, [[40.0] * 4]])
    model = IsolationForest(random_state=0).fit(far)
    assert model.score_samples(far).argmin() == len(X)
    assert model.predict(far)[-1] == -1


def test_rows_that_are_all_the_same_are_no_outliers():
    for rows in (np.ones((100, 3)), np.ones((1, 3))):
        model = IsolationForest(random_state=0).fit(rows)
        assert (model.predict(rows + 1) == 1).all()


def test_threads_pickling_and_growing_on_change_nothing():
    whole = IsolationForest(n_estimators=9, random_state=0).fit(X)
    grown = IsolationForest(n_estimators=4, random_state=0, warm_start=True, n_jobs=2).fit(X)
    grown.set_params(n_estimators=9).fit(X)
    for other in (grown, pickle.loads(pickle.dumps(whole))):
        assert (other.score_samples(X) == whole.score_samples(X)).all()


def test_missing_values_are_scored():
    rows = X.copy()
    rows[::5, 1] = np.nan
    ours = IsolationForest(n_estimators=8, random_state=0).fit(rows)
    theirs = sk.IsolationForest(n_estimators=8, random_state=0).fit(rows)
    np.testing.assert_allclose(ours.score_samples(rows), theirs.score_samples(rows), atol=1e-11)


def test_many_rows_are_scored_as_few_are():
    """Many go through the trees by blocks of rows; a number beyond float32 is refused by both."""
    X = np.random.default_rng(0).standard_normal((2000, 5))
    X[7, 2] = np.nan
    forest = IsolationForest(n_estimators=20, random_state=0).fit(X)
    few = np.concatenate([forest.score_samples(part) for part in np.array_split(X, 10)])
    np.testing.assert_array_equal(forest.score_samples(X), few)
    X[3, 1] = 1e300
    for rows in (X, X[:9]):
        with pytest.raises(ValueError, match="float32"):
            forest.score_samples(rows)
