"""Maps from scores to probabilities: stationary points of their likelihoods, and invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mlkit.calibration._maps import SigmoidMap, TemperatureMap, as_logits, softmax


def problem(seed, n=60, n_classes=3):
    rng = np.random.default_rng(seed)
    codes = rng.integers(n_classes, size=n)
    scores = rng.normal(size=(n, n_classes))
    scores[np.arange(n), codes] += 1
    return scores, codes, rng.uniform(0.1, 3, size=n)


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 1.0, 1e7]), shift=st.floats(-5, 5))
@settings(max_examples=40)
def test_the_sigmoid_is_a_stationary_point_in_any_unit(seed, scale, shift):
    scores, codes, weight = problem(seed)
    positive, raw = codes == 0, scores[:, 0]
    model = SigmoidMap().fit((raw + shift) * scale, positive.astype(float), weight)
    up, down = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (up + 1) / (up + 2), 1 / (down + 2))
    p = model.predict((raw + shift) * scale)
    residual = weight * (p - target)
    assert abs(residual.sum()) < 1e-7 and abs(residual @ raw) < 1e-7
    # The same probabilities whatever the unit and the origin of the scores.
    assert_allclose(
        p, SigmoidMap().fit(raw, positive.astype(float), weight).predict(raw), atol=1e-8
    )


def test_a_sigmoid_of_equal_scores_is_the_prior():
    model = SigmoidMap().fit(np.ones(10), np.array([1.0] * 3 + [0.0] * 7))
    target = (3 * 4 / 5 + 7 * 1 / 9) / 10
    assert_allclose(model.predict(np.ones(2)), target)


def test_separable_scores_give_a_finite_sigmoid():
    model = SigmoidMap().fit(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert np.isfinite([model.a_, model.b_]).all() and model.a_ < 0


@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100))
@settings(max_examples=40)
def test_the_temperature_is_where_the_likelihood_is_flat(seed, factor):
    scores, codes, weight = problem(seed)
    model = TemperatureMap().fit(scores * factor, codes, weight)
    p = softmax(model.beta_ * factor * scores)
    gap = scores - scores[np.arange(len(codes)), codes][:, None]
    assert abs(weight @ (p * gap).sum(axis=1)) < 1e-7 * weight.sum()
    assert_allclose(model.beta_ * factor, TemperatureMap().fit(scores, codes, weight).beta_)


def test_a_temperature_stays_in_its_bounds():
    sure = np.array([[5.0, 0.0], [0.0, 5.0]])
    assert_allclose(TemperatureMap().fit(sure, np.array([0, 1])).beta_, np.exp(10))
    assert_allclose(TemperatureMap().fit(sure, np.array([1, 0])).beta_, np.exp(-10))


@pytest.mark.parametrize("kind", [SigmoidMap, TemperatureMap])
def test_a_weight_of_two_is_a_row_twice(kind):
    scores, codes, _ = problem(0)
    if kind is SigmoidMap:
        scores, codes = scores[:, 0], (codes == 0).astype(float)
    weight = np.where(np.arange(len(codes)) % 3 == 0, 2.0, 1.0)
    rows = np.repeat(np.arange(len(codes)), weight.astype(int))
    once, twice = kind().fit(scores, codes, weight), kind().fit(scores[rows], codes[rows])
    assert_allclose(once.predict(scores), twice.predict(scores), rtol=1e-7)


def test_logits_of_probabilities_and_of_decisions():
    p = np.array([0.2, 0.9])
    assert_allclose(softmax(as_logits(p))[:, 1], p)
    assert_allclose(softmax(as_logits(np.stack([1 - p, p], axis=1)))[:, 1], p)
    z = np.array([-3.0, 0.5])
    assert_allclose(as_logits(z), np.stack([-z, z], axis=1))
    assert np.isfinite(as_logits(np.array([0.0, 1.0]))).all()
