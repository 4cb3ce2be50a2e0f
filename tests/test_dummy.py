"""Baselines: the stated statistic, scikit-learn's draws, weight 2 = row twice."""

import numpy as np
import pytest
import sklearn.dummy as reference
from scipy.sparse import csc_matrix

from mlkit.dummy import DummyClassifier, DummyRegressor
from mlkit.exceptions import NotFittedError

RNG = np.random.RandomState(0)
X = np.zeros((60, 2))
LABELS = np.array(list("abc"))[RNG.randint(0, 3, 60)]
TWO = np.column_stack([RNG.randint(0, 3, 60), RNG.randint(4, 6, 60)])
WEIGHT = RNG.randint(1, 4, 60)
NUMBERS = RNG.randn(60, 2)

CLASSIFIERS = [
    {"strategy": "prior"},
    {"strategy": "most_frequent"},
    {"strategy": "stratified", "random_state": 3},
    {"strategy": "uniform", "random_state": 3},
]
REGRESSORS = [
    {"strategy": "mean"},
    {"strategy": "median"},
    {"strategy": "quantile", "quantile": 0.3},
    {"strategy": "constant", "constant": [1.0, 2.0]},
]


@pytest.mark.parametrize("params", CLASSIFIERS)
@pytest.mark.parametrize("y", [LABELS, TWO], ids=["one output", "two outputs"])
def test_classes_and_probabilities_are_those_of_scikit_learn(params, y):
    ours = DummyClassifier(**params).fit(X, y, WEIGHT)
    theirs = reference.DummyClassifier(**params).fit(X, y, WEIGHT)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    found, expected = ours.predict_proba(X), theirs.predict_proba(X)
    pairs = zip(found, expected, strict=True) if y is TWO else [(found, expected)]
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("params", REGRESSORS)
def test_statistics_are_those_of_scikit_learn(params):
    ours = DummyRegressor(**params).fit(X, NUMBERS, WEIGHT)
    theirs = reference.DummyRegressor(**params).fit(X, NUMBERS, WEIGHT)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-12)


@pytest.mark.parametrize("params", CLASSIFIERS[:2])
def test_a_weight_of_two_is_a_row_twice(params):
    rows = np.repeat(np.arange(60), WEIGHT)
    weighted = DummyClassifier(**params).fit(X, LABELS, WEIGHT)
    repeated = DummyClassifier(**params).fit(X[rows], LABELS[rows])
    np.testing.assert_allclose(weighted.class_prior_, repeated.class_prior_, rtol=1e-14)


@pytest.mark.parametrize("params", [*CLASSIFIERS[:3], {"strategy": "constant", "constant": [1, 4]}])
def test_sparse_labels_give_sparse_predictions(params):
    dense = DummyClassifier(**params).fit(X, TWO).predict(X)
    sparse = DummyClassifier(**params).fit(X, csc_matrix(TWO)).predict(X)
    assert sparse.format == "csc"
    np.testing.assert_array_equal(sparse.toarray(), dense)


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (DummyClassifier(strategy="constant"), ValueError, "constant.*specified"),
        (DummyClassifier(strategy="constant", constant="z"), ValueError, "'a', 'b', 'c'|a.*b.*c"),
        (DummyClassifier(strategy="constant", constant=["a", "b"]), ValueError, "shape"),
        (DummyClassifier(strategy="best"), ValueError, "strategy"),
        (DummyRegressor(strategy="quantile"), ValueError, "quantile"),
        (DummyRegressor(strategy="quantile", quantile=2), ValueError, "quantile"),
        (DummyRegressor(strategy="constant"), TypeError, "constant"),
        (DummyRegressor(strategy="constant", constant=[1, 2, 3]), ValueError, "shape"),
    ],
)
def test_bad_parameters_are_named(model, error, words):
    y = LABELS if isinstance(model, DummyClassifier) else NUMBERS[:, 0]
    with pytest.raises(error, match=words):
        model.fit(X, y)


def test_predict_needs_fit():
    with pytest.raises(NotFittedError):
        DummyRegressor().predict(X)
