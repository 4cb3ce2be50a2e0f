"""Categorical naive Bayes: shares of categories, batches, and scikit-learn's probabilities."""

import numpy as np
import pytest
import sklearn.naive_bayes as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.naive_bayes import CategoricalNB


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    return (rng.integers(0, [2, 5, 9], (150, 3)) + y[:, None]) // 2, y


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"alpha": 0.2, "fit_prior": False},
        {"min_categories": 12},
        {"min_categories": [3, 7, 9], "class_prior": [0.2, 0.3, 0.5]},
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_as_scikit_learn(data, settings, weighted):
    X, y = data
    weight = np.random.default_rng(1).uniform(0, 2, len(y)) if weighted else None
    ours = CategoricalNB(**settings).fit(X, y, weight)
    theirs = reference.CategoricalNB(**settings).fit(X, y, weight)
    assert_array_equal(ours.n_categories_, theirs.n_categories_)
    for mine, other in zip(ours.category_count_, theirs.category_count_, strict=True):
        assert_allclose(mine, other)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-10)


def test_probabilities_are_smoothed_shares(data):
    X, y = data
    model = CategoricalNB(alpha=2.0).fit(X, y)
    for column, log_prob in zip(X.T, model.feature_log_prob_, strict=True):
        for k in range(3):
            count = np.bincount(column[y == k], minlength=log_prob.shape[1]) + 2.0
            assert_allclose(np.exp(log_prob[k]), count / count.sum())


def test_batches_grow_the_categories(data):
    X, y = data
    order = np.argsort(X[:, 2], kind="stable")
    pieces = CategoricalNB()
    for rows in np.array_split(order, 6):
        pieces.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    whole = CategoricalNB().fit(X, y)
    for mine, other in zip(pieces.feature_log_prob_, whole.feature_log_prob_, strict=True):
        assert_allclose(mine, other)


def test_a_category_never_seen_is_named(data):
    X, y = data
    model = CategoricalNB().fit(X, y)
    with pytest.raises(ValueError, match="category 99 in row 1 of column 2"):
        model.predict([[0, 0, 0], [0, 0, 99]])


@pytest.mark.parametrize("least", [[3, 3], [[3, 3, 3]], [2.5, 3, 3]])
def test_bad_min_categories(data, least):
    with pytest.raises(ValueError, match="min_categories"):
        CategoricalNB(min_categories=least).fit(*data)


def test_negative_codes_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="Negative values"):
        CategoricalNB().fit(X - 5, y)
