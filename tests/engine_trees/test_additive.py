"""Steps of additive boosting against a search of all cuts."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.loss.losses import BinaryLogistic, SquaredError
from mlkit._engine.trees import additive
from mlkit._engine.trees._additive import Terms


def one_round(codes, shape, nominal, y, *, weight=None, loss=None, leaves=2, least=1, l2=0.0):
    """Scores of one term after one step of rate 1 from raw predictions 0."""
    terms = Terms(codes, shape, nominal, weight)
    raw = np.zeros((len(y), 1))
    scores = np.zeros((len(terms.rows), 1))
    none = np.empty((len(codes), 0), dtype=np.uint16)
    terms.round(
        loss or SquaredError(), y[:, None], weight, raw, scores, none, np.empty((0, 1)),
        leaves, least, l2, 1.0,
    )  # fmt: skip
    return scores[:, 0], raw[:, 0]


def squared(y, parts, weight=None):
    """Least sum of squares of a constant in each part."""
    weight = np.ones(len(y)) if weight is None else weight
    total = 0.0
    for part in np.unique(parts):
        rows = parts == part
        if weight[rows].sum():
            total += (weight * (y - np.average(y[rows], weights=weight[rows])) ** 2)[rows].sum()
    return total


@pytest.mark.parametrize("seed", range(5))
def test_a_step_on_a_column_is_the_best_cut(seed):
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 8, 60).astype(np.uint16)  # 7 is missing
    y, weight = rng.normal(size=60), rng.uniform(0.5, 2, 60)
    scores, raw = one_round(code[None], [[7, 0]], [0], y, weight=weight)
    assert_array_equal(raw, scores[code])
    known = code < 7
    here = squared(y[known], scores[code[known]], weight[known])
    for cut in range(1, 7):
        assert here <= squared(y[known], code[known] >= cut, weight[known]) + 1e-9
    assert_allclose(scores[7], np.average(y[~known], weights=weight[~known]))


def test_a_nominal_column_is_cut_between_any_two_sets():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 6, 80).astype(np.uint16)
    y = rng.normal(size=80)
    scores, _ = one_round(code[None], [[6, 0]], [1], y)
    here = squared(y, scores[code])
    for side in product([0, 1], repeat=6):
        assert here <= squared(y, np.array(side)[code]) + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_a_step_on_a_grid_is_the_best_of_its_kind(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 4, 100), rng.integers(0, 5, 100)
    y = rng.normal(size=100) + (a > 1) * (b > 2)
    code = (a * 5 + b).astype(np.uint16)
    scores, _ = one_round(code[None], [[4, 5]], [0], y)
    here = squared(y, scores[code])
    for first, second, n, m in ((a, b, 4, 5), (b, a, 5, 4)):
        for cut in range(1, n):
            for low, high in product(range(1, m), repeat=2):
                parts = 2 * (first >= cut) + (second >= np.where(first >= cut, high, low))
                assert here <= squared(y, parts) + 1e-9


def test_leaves_have_the_least_weight():
    code = np.repeat(np.arange(10), 3).astype(np.uint16)
    y = (code == 0).astype(float)
    scores, _ = one_round(code[None], [[10, 0]], [0], y, leaves=4, least=9)
    sizes = [
        np.isin(code, np.flatnonzero(scores[:10] == value)).sum() for value in set(scores[:10])
    ]
    assert min(sizes) >= 9


def test_a_newton_step_is_the_quotient_of_derivatives():
    code = np.array([0, 0, 1, 1, 1], dtype=np.uint16)
    y = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    scores, _ = one_round(code[None], [[2, 0]], [0], y, loss=BinaryLogistic(), l2=1.0)
    assert_allclose(scores[:2], [1 / 1.5, -0.5 / 1.75])


def test_equal_rows_are_held_out_together_at_the_share_asked_for():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 50, (3000, 2)).astype(float), rng.integers(0, 2, 3000)
    X[5, 0], X[6, 0] = 0.0, -0.0
    X[6, 1], y[6] = X[5, 1], y[5]
    keys = additive.row_keys(X, y)
    groups = [np.flatnonzero(y == k) for k in (0, 1)]
    held = additive.held_rows(keys, None, 0.2, 7, groups)
    _, same = np.unique(np.column_stack([X + 0.0, y]), axis=0, return_inverse=True)
    assert (np.bincount(same, held) % np.bincount(same) == 0).all()
    for group in groups:
        assert 0.19 < held[group].mean() <= 0.2
    assert (additive.held_rows(keys, None, 0.2, 8, groups) != held).any()


@pytest.mark.parametrize(
    "bad",
    [
        {"shape": [[0, 0]]},
        {"shape": [[1, 0]]},
        {"shape": [[300, 300]]},
        {"nominal": [0, 0]},
    ],
)
def test_terms_refuse_what_does_not_fit(bad):
    given = {"codes": np.full((1, 3), 2, dtype=np.uint16), "shape": [[3, 0]], "nominal": [0]}
    Terms(**given)
    with pytest.raises(ValueError, match="cell|entry"):
        Terms(**{**given, **bad})
