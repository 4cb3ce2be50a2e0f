"""Measures of intervals and sets, by their definitions."""

import numpy as np
import pytest

from mlkit.conformal import interval_coverage, interval_score, mean_width, set_coverage

RNG = np.random.RandomState(0)
Y = RNG.normal(size=50)
ENDS = np.sort(RNG.normal(size=(50, 2)), axis=1)
WEIGHT = RNG.randint(1, 4, 50)


def by_hand(y, ends, coverage=0.8):
    held = [low <= each <= high for each, (low, high) in zip(y, ends, strict=True)]
    width = [high - low for low, high in ends]
    away = [max(low - each, 0, each - high) for each, (low, high) in zip(y, ends, strict=True)]
    score = [w + 2 / (1 - coverage) * a for w, a in zip(width, away, strict=True)]
    return np.mean(held), np.mean(width), np.mean(score)


def all_of(y, ends, **weight):
    return (
        interval_coverage(y, ends, **weight),
        mean_width(ends, **weight),
        interval_score(y, ends, 0.8, **weight),
    )


def test_definitions():
    assert all_of(Y, ENDS) == pytest.approx(by_hand(Y, ENDS))


def test_a_weight_is_a_repetition():
    expected = by_hand(np.repeat(Y, WEIGHT), np.repeat(ENDS, WEIGHT, axis=0))
    assert all_of(Y, ENDS, sample_weight=WEIGHT) == pytest.approx(expected)


def test_outputs_are_measured_apart():
    y, ends = np.column_stack([Y, -Y]), np.stack([ENDS, -ENDS[:, ::-1]], axis=1)
    for found, expected in zip(all_of(y, ends), by_hand(Y, ENDS), strict=True):
        np.testing.assert_allclose(found, [expected, expected])


def test_the_score_is_least_for_the_quantiles():
    y = RNG.normal(size=20_000)
    ends = np.quantile(y, [0.1, 0.9])
    best = interval_score(y, np.tile(ends, (len(y), 1)), 0.8)
    for move in ([0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]):
        assert interval_score(y, np.tile(ends + move, (len(y), 1)), 0.8) > best


def test_sets():
    sets = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=bool)
    assert set_coverage(["a", "b", "c"], sets, ["a", "b", "c"]) == pytest.approx(2 / 3)
    assert set_coverage(["z", "b", "c"], sets, ["a", "b", "c"]) == pytest.approx(1 / 3)
    weighted = set_coverage(["a", "b", "c"], sets, ["a", "b", "c"], sample_weight=[1, 1, 2])
    assert weighted == 0.5


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="last axis"):
        mean_width([1.0, 2.0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval_score(Y, ENDS, 1.0)
