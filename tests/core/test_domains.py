"""Domains: what they admit, and the words they have for it."""

import math

import numpy as np
import pytest

from mlkit._core import domains as d
from mlkit._core.estimator import Estimator

NAN, INF = math.nan, math.inf

CASES = [
    (
        d.at_least(0),
        [0, 0.0, 3, np.float32(1), np.int64(2)],
        [-1e-9, NAN, INF, "1", None, True, [1]],
    ),
    (d.above(0), [1e-300, 1], [0, 0.0, -1, NAN, INF]),
    (d.at_most(0), [0, -5], [1, -INF, NAN]),
    (d.between(0, 1), [0, 0.5, 1], [-0.1, 1.1, NAN, True]),
    (d.between(0, 1, "left"), [0], [1]),
    (d.between(0, 1, "right"), [1], [0]),
    (d.between(0, 1, "neither"), [0.5], [0, 1]),
    (d.integer(), [0, -3, np.int8(1), 10**30], [0.5, 1.0, True, np.True_, "1", None]),
    (d.integer(1, 3), [1, 3], [0, 4]),
    (d.boolean, [True, np.False_], [0, 1, None, "True"]),
    (d.one_of("a", 1, None), ["a", np.str_("a"), 1, None], ["b", True, 1.0, NAN, np.arange(2)]),
    (d.none, [None], [0, "", False]),
    (d.string, ["", "a"], [b"a", None]),
    (d.callable_, [len, lambda: 0], ["len", None]),
    (d.array_like, [[1], (1,), np.ones(2)], ["ab", {"a": 1}, 3, None, list]),
    (d.mapping, [{}, {"a": 1}], [[("a", 1)], None]),
    (d.sequence, [[], ()], [{}, np.ones(1), "a"]),
    (
        d.random_state,
        [None, 0, np.random.RandomState(0), np.random.default_rng(0)],
        [-1, 2**32, 0.5],
    ),
    (d.has_methods("fit"), [type("A", (), {"fit": 1})()], [Estimator, 3]),
    (d.instance_of(int, str), [1, "a"], [1.5]),
    (d.integer(1) | d.one_of("auto") | d.none, [1, "auto", None], [0, "a"]),
    (d.real, [0, -1e308], [INF, NAN, 1j]),
    (d.real_or_inf, [INF, -INF], [NAN]),
]


@pytest.mark.parametrize(
    ("domain", "inside", "outside"), CASES, ids=[case[0].words for case in CASES]
)
def test_members(domain, inside, outside):
    for value in inside:
        assert domain.admits(value), value
    for value in outside:
        assert not domain.admits(value), value


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (d.at_least(0), "float ≥ 0"),
        (d.above(0), "float > 0"),
        (d.between(0, 1, "left"), "float in [0, 1)"),
        (d.integer(1), "int ≥ 1"),
        (d.integer(), "int"),
        (d.integer(1) | d.one_of("auto") | d.none, "int ≥ 1, {'auto'} or None"),
    ],
)
def test_words(domain, words):
    assert domain.words == words
