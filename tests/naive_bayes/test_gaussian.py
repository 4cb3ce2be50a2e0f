"""Gaussian naive Bayes: its definition, batches, weights, and scikit-learn's probabilities."""

import numpy as np
import pytest
import scipy.stats
import sklearn.naive_bayes as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.naive_bayes import GaussianNB


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    return rng.normal(size=(300, 5)) * rng.uniform(0.1, 3, 5) + y[:, None], y


def test_joint_is_prior_times_normal_densities(data):
    X, y = data
    model = GaussianNB().fit(X, y)
    expected = np.column_stack(
        [
            np.log(np.mean(y == k))
            + scipy.stats.norm.logpdf(
                X, X[y == k].mean(axis=0), np.sqrt(X[y == k].var(axis=0) + model.epsilon_)
            ).sum(axis=1)
            for k in range(4)
        ]
    )
    assert_allclose(model.predict_joint_log_proba(X), expected, rtol=1e-10)
    assert_array_equal(model.predict(X), expected.argmax(axis=1))


@pytest.mark.parametrize("priors", [None, [0.1, 0.2, 0.3, 0.4]])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_as_scikit_learn(data, priors, dtype):
    X, y = data
    X = X.astype(dtype)
    ours = GaussianNB(priors=priors).fit(X, y)
    theirs = reference.GaussianNB(priors=priors).fit(X, y)
    tol = 1e-8 if dtype == "f8" else 1e-3
    assert_allclose(ours.theta_, theirs.theta_, rtol=tol, atol=tol)
    assert_allclose(ours.var_, theirs.var_, rtol=tol)
    assert_allclose(ours.epsilon_, theirs.epsilon_, rtol=tol)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=tol, atol=tol)


def test_batches_are_one_fit(data):
    X, y = data
    weight = np.random.default_rng(1).uniform(0, 3, len(y))
    whole = GaussianNB().fit(X, y, weight)
    pieces = GaussianNB()
    for rows in np.array_split(np.argsort(y), 7):  # whole classes are missing from most batches
        pieces.partial_fit(X[rows], y[rows], classes=range(4), sample_weight=weight[rows])
    for name in ("theta_", "var_", "class_count_", "class_prior_", "epsilon_"):
        assert_allclose(getattr(pieces, name), getattr(whole, name), rtol=1e-10)


def test_weight_is_repetition(data):
    X, y = data
    times = np.random.default_rng(2).integers(0, 4, len(y))
    weighted = GaussianNB().fit(X, y, times)
    repeated = GaussianNB().fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert_allclose(weighted.var_, repeated.var_, rtol=1e-10)
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-10)


def test_far_from_the_origin():
    """A mean of a billion deviations costs no digits of the variance."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 2
    near, far = GaussianNB(var_smoothing=0).fit(X, y), GaussianNB(var_smoothing=0).fit(X + 2**30, y)
    assert_allclose(far.var_, near.var_, rtol=1e-6)
    assert_allclose(far.predict_proba(X + 2**30), near.predict_proba(X), atol=1e-5)


def test_a_class_that_has_not_come_yet_is_never_predicted(data):
    X, y = data
    model = GaussianNB().partial_fit(X[y < 2], y[y < 2], classes=range(4))
    assert set(model.predict(X)) <= {0, 1}
    assert_array_equal(model.predict_proba(X)[:, 2:], 0)


@pytest.mark.parametrize(
    ("priors", "words"),
    [
        ([0.5, 0.5], "Number of priors"),
        ([0.5, 0.5, 0.5, 0.5], "should be 1"),
        ([-0.5, 0.5, 0.5, 0.5], "non-negative"),
    ],
)
def test_priors_that_are_none(data, priors, words):
    with pytest.raises(ValueError, match=words):
        GaussianNB(priors=priors).fit(*data)


def test_partial_fit_asks_for_classes_and_keeps_to_them(data):
    X, y = data
    with pytest.raises(ValueError, match="first call"):
        GaussianNB().partial_fit(X, y)
    with pytest.raises(ValueError, match="do not exist"):
        GaussianNB().partial_fit(X, y, classes=[0, 1])
    model = GaussianNB().partial_fit(X, y, classes=range(4))
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, y, classes=range(5))
