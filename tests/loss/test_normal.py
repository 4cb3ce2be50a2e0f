"""Scores of normal distributions against their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from mlkit._engine.loss.normal import LogScore, RankedScore, moments

SCORES = [LogScore, RankedScore]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(12, 1)), rng.normal(size=(12, 2)), rng.uniform(0.5, 2, 12)


def evaluate(score, y, raw, weight=None):
    gradient, curvature = np.empty_like(raw), np.empty_like(raw)
    value = score.evaluate(y, raw, weight, gradient=gradient, curvature=curvature)
    return value, gradient, curvature


def test_log_score_is_minus_the_log_density(rows):
    y, raw, weight = rows
    density = stats.norm(raw[:, 0], np.exp(raw[:, 1])).logpdf(y[:, 0])
    assert_allclose(LogScore().evaluate(y, raw, weight), -(weight @ density))


def test_ranked_score_is_the_integral(rows):
    y, raw, _ = rows
    for row in range(3):
        law = stats.norm(raw[row, 0], np.exp(raw[row, 1]))
        below = integrate.quad(lambda x, law=law: law.cdf(x) ** 2, -np.inf, y[row, 0])[0]
        above = integrate.quad(lambda x, law=law: law.sf(x) ** 2, y[row, 0], np.inf)[0]
        found = RankedScore().evaluate(y[row : row + 1], raw[row : row + 1])
        assert_allclose(found, below + above, rtol=1e-6)


@pytest.mark.parametrize("score", SCORES)
def test_gradients_are_derivatives(rows, score):
    y, raw, weight = rows
    _, gradient, _ = evaluate(score(), y, raw, weight)
    for place in np.ndindex(raw.shape):
        step = np.zeros_like(raw)
        step[place] = 1e-6
        sides = [score().evaluate(y, raw + sign * step, weight) for sign in (1, -1)]
        assert_allclose((sides[0] - sides[1]) / 2e-6, gradient[place], atol=1e-7)


@pytest.mark.parametrize("score", SCORES)
def test_curvatures_are_the_divergence_s(score):
    """In the mean over y of the distribution itself, the score's second derivative."""
    mean, log_deviation = 0.3, -0.4
    law = stats.norm(mean, np.exp(log_deviation))

    def expected(raw, part):
        def term(x):
            return evaluate(score(), np.array([[x]]), np.array([raw]))[part][0] * law.pdf(x)

        return np.array([integrate.quad(lambda x, k=k: term(x)[k], -8, 8)[0] for k in range(2)])

    metric = expected([mean, log_deviation], 2)
    step = 1e-4
    for k in range(2):
        moved = np.array([mean, log_deviation])
        moved[k] += step
        assert_allclose(expected(moved, 1)[k] / step, metric[k], rtol=1e-2)


@pytest.mark.parametrize("score", SCORES)
def test_the_unit_of_y_changes_steps_as_it_must(rows, score):
    y, raw, weight = rows
    unit = 1e6
    _, g, h = evaluate(score(1.0), y, raw, weight)
    moved = np.column_stack([unit * raw[:, 0], raw[:, 1] + np.log(unit)])
    _, g_unit, h_unit = evaluate(score(unit), unit * y, moved, weight)
    assert_allclose(h_unit, h, rtol=1e-9)
    assert_allclose(g_unit, g * [unit, 1], rtol=1e-9)


def test_outliers_move_a_step_by_one_at_most():
    y, raw = np.array([[1e12]]), np.zeros((1, 2))
    _, gradient, curvature = evaluate(LogScore(), y, raw)
    assert 0.99 < -gradient[0, 1] / curvature[0, 1] <= 1


def test_baseline_is_the_best_constant(rows):
    y, _, weight = rows
    start = LogScore().baseline(y[:, 0], weight)
    tiled = np.tile(start, (len(y), 1))
    _, gradient, _ = evaluate(LogScore(), y, tiled, weight)
    assert_allclose(gradient.sum(axis=0), 0, atol=1e-12)
    assert moments(np.full(4, 7.0))[1] > 0
