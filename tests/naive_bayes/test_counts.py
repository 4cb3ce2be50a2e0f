"""Naive Bayes on counts: definitions, batches, sparse input, and scikit-learn's probabilities."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.naive_bayes as reference
from numpy.testing import assert_allclose, assert_array_equal

import mlkit.naive_bayes as ours
from mlkit.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB

NAMES = ["MultinomialNB", "ComplementNB", "BernoulliNB"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 200, p=[0.6, 0.3, 0.1])
    rate = rng.uniform(0.1, 2, (3, 12))
    return rng.poisson(rate[np.searchsorted(["a", "b", "c"], y)]).astype(float), y


SETTINGS = [
    {},
    {"alpha": 0.3, "fit_prior": False},
    {"class_prior": [0.2, 0.3, 0.5]},
    {"alpha": np.linspace(0.1, 2, 12)},
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("settings", range(len(SETTINGS)))
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.csc_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_as_scikit_learn(data, name, settings, form, weighted):
    X, y = data
    settings = SETTINGS[settings]
    if name == "BernoulliNB" and np.ndim(settings.get("alpha", 0)):
        pytest.skip("one α a column is refused by scikit-learn's BernoulliNB")
    if name == "ComplementNB" and weighted:
        settings = {**settings, "norm": True}
    weight = np.random.default_rng(1).uniform(0, 2, len(y)) if weighted else None
    mine = getattr(ours, name)(**settings).fit(form(X), y, weight)
    theirs = getattr(reference, name)(**settings).fit(X, y, weight)
    for attribute in ("feature_count_", "class_count_", "feature_log_prob_", "class_log_prior_"):
        assert_allclose(getattr(mine, attribute), getattr(theirs, attribute), rtol=1e-9)
    assert_allclose(mine.predict_proba(form(X)), theirs.predict_proba(X), atol=1e-9)
    assert_array_equal(mine.predict(form(X)), theirs.predict(X))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_batches_are_one_fit(data, name, form):
    X, y = data
    weight = np.random.default_rng(1).uniform(0, 2, len(y))
    whole = getattr(ours, name)().fit(form(X), y, weight)
    pieces = getattr(ours, name)()
    for rows in np.array_split(np.argsort(y), 5):
        pieces.partial_fit(form(X[rows]), y[rows], ["a", "b", "c"], weight[rows])
    assert_allclose(pieces.feature_log_prob_, whole.feature_log_prob_, rtol=1e-10)
    assert_allclose(pieces.predict_proba(form(X)), whole.predict_proba(form(X)), atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_weight_is_repetition(data, name):
    X, y = data
    times = np.random.default_rng(2).integers(0, 4, len(y))
    weighted = getattr(ours, name)().fit(X, y, times)
    repeated = getattr(ours, name)().fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert_allclose(weighted.feature_log_prob_, repeated.feature_log_prob_, rtol=1e-12)


def test_multinomial_probabilities_are_shares(data):
    X, y = data
    model = MultinomialNB(alpha=0.5).fit(X, y)
    share = np.array([X[y == k].sum(axis=0) + 0.5 for k in "abc"])
    share /= share.sum(axis=1, keepdims=True)
    assert_allclose(np.exp(model.feature_log_prob_), share)
    likelihood = np.prod(share[:, None] ** X, axis=2).T * np.exp(model.class_log_prior_)
    expected = likelihood / likelihood.sum(axis=1, keepdims=True)
    assert_allclose(model.predict_proba(X), expected, rtol=1e-8)


def test_bernoulli_probabilities_of_all_rows_sum_to_one():
    X, y = np.random.default_rng(0).integers(0, 2, (30, 4)), np.arange(30) % 3
    every = np.array(list(itertools.product([0, 1], repeat=4)))
    joint = BernoulliNB().fit(X, y).predict_joint_log_proba(every)
    assert_allclose(np.exp(joint).sum(), 1.0)


def test_bernoulli_takes_one_alpha_a_column(data):
    X, y = data
    alpha = np.linspace(0.1, 2, 12)
    model = BernoulliNB(alpha=alpha).fit(X, y)
    expected = [((X[y == k] > 0).sum(axis=0) + alpha) / (np.sum(y == k) + 2 * alpha) for k in "abc"]
    assert_allclose(np.exp(model.feature_log_prob_), expected)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_without_smoothing_what_never_occurred_is_impossible(form):
    X, y = np.array([[2, 0], [1, 1], [0, 3], [0, 1]]), [0, 0, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cls in (MultinomialNB, BernoulliNB):
            model = cls(alpha=0).fit(form(X), y)
            proba = model.predict_proba(form(np.array([[1, 0], [1, 1]])))
            assert_allclose(proba, [[1, 0], [1, 0]])
        # A row without words: only Bernoulli's first class, whose first word is certain, is out.
        nothing = form(np.zeros((1, 2)))
        assert_allclose(MultinomialNB(alpha=0).fit(form(X), y).predict_proba(nothing), 0.5)
        bernoulli = BernoulliNB(alpha=0).fit(form(X), y).predict_joint_log_proba(nothing)
        assert_array_equal(bernoulli, [[-np.inf, -np.inf]])


def test_small_alpha_is_raised_unless_forced(data):
    X, y = data
    with pytest.warns(UserWarning, match="alpha too small"):
        raised = MultinomialNB(alpha=0.0, force_alpha=False).fit(X, y)
    assert_allclose(
        raised.feature_log_prob_, MultinomialNB(alpha=1e-10).fit(X, y).feature_log_prob_
    )


def test_complement_knows_the_other_classes(data):
    X, y = data
    model = ComplementNB(alpha=1.0).fit(X, y)
    others = X[y != "b"].sum(axis=0) + 1
    assert_allclose(model.feature_log_prob_[1], -np.log(others / others.sum()))
    assert_allclose(model.feature_all_, X.sum(axis=0))


def test_threshold_of_bernoulli(data):
    X, y = data
    binary = BernoulliNB(binarize=None).fit(X > 1, y)
    assert_allclose(BernoulliNB(binarize=1).fit(X, y).feature_count_, binary.feature_count_)
    with pytest.raises(ValueError, match="binarize=-1"):
        BernoulliNB(binarize=-1).fit(sp.csr_array(X), y)


@pytest.mark.parametrize("name", NAMES)
def test_bad_parameters_are_named(data, name):
    X, y = data
    with pytest.raises(ValueError, match="alpha should be a scalar"):
        getattr(ours, name)(alpha=[1.0, 2.0]).fit(X, y)
    with pytest.raises(ValueError, match="at least 0"):
        getattr(ours, name)(alpha=-np.ones(12)).fit(X, y)
    with pytest.raises(ValueError, match="Number of priors"):
        getattr(ours, name)(class_prior=[0.5, 0.5]).fit(X, y)
    if name != "BernoulliNB":
        with pytest.raises(ValueError, match="Negative values"):
            getattr(ours, name)().fit(-X, y)
