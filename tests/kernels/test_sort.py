"""The radix sort against NumPy's stable sort, and sums over sorted rows against definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native.simplex import row_extremes
from mlkit._engine.native.sort import (
    argsort,
    precision_area,
    roc_area,
    roc_points,
    running_counts,
)

SIZES = [0, 1, 2, 20, 25, 1000, 5000, 200_000]


def keys(kind, n, rng):
    if kind == "normal":
        return rng.standard_normal(n)
    if kind == "ties":
        return rng.integers(-3, 4, n).astype(float)
    if kind == "float32":
        return rng.standard_normal(n).astype(np.float32)
    if kind == "outlier":  # all but one agree in the leading 32 bits
        x = 1 + rng.random(n) * 1e-12
        x[: n // 2 : 7] = -1e300
        return x
    if kind == "special":
        return rng.choice([0.0, -0.0, np.inf, -np.inf, 5e-324, -5e-324, 1e308], n)
    if kind == "int64":
        return rng.integers(-(2**63), 2**63 - 1, n)
    if kind == "uint64":
        return rng.integers(0, 2**64 - 1, n, dtype=np.uint64)
    if kind == "int8":
        return rng.integers(-128, 127, n).astype(np.int8)
    return rng.integers(0, 2, n).astype(bool)


KINDS = ["normal", "ties", "float32", "outlier", "special", "int64", "uint64", "int8", "bool"]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_order_is_the_stable_one(kind, n):
    """A stable order is unique, so NumPy's is the same."""
    x = keys(kind, n, np.random.default_rng(n))
    assert_array_equal(argsort(x), np.argsort(x, kind="stable"))
    assert_array_equal(argsort(x, n_threads=4), np.argsort(x, kind="stable"))


@pytest.mark.parametrize("kind", KINDS)
def test_descending_keeps_equal_rows_in_order(kind):
    x = keys(kind, 5000, np.random.default_rng(1))
    order = argsort(x, descending=True)
    assert_array_equal(np.sort(order), np.arange(5000))
    high, low = x[order[:-1]], x[order[1:]]
    assert ((high > low) | ((high == low) & (order[:-1] < order[1:]))).all()


def test_nan_is_last_and_strides_are_followed():
    x = np.array([np.nan, 1.0, -np.nan, -1.0, np.nan, np.inf])
    assert_array_equal(argsort(x), [3, 1, 5, 0, 2, 4])
    assert_array_equal(argsort(x, descending=True), [0, 2, 4, 5, 1, 3])
    assert_array_equal(argsort(x[::-2]), np.argsort(x[::-2], kind="stable"))


@pytest.mark.parametrize("x", [np.zeros((2, 2)), np.array(["a"]), np.zeros(2, dtype=complex)])
def test_what_cannot_be_sorted_is_refused(x):
    with pytest.raises(ValueError, match="argsort takes"):
        argsort(x)


@pytest.mark.parametrize("kind", ["normal", "ties", "float32", "outlier", "special"])
@pytest.mark.parametrize("weighted", [False, True])
def test_counts_are_those_of_the_definition(kind, weighted):
    rng = np.random.default_rng(2)
    x, positive = keys(kind, 3000, rng), rng.random(3000) < 0.4
    weight = rng.random(3000) if weighted else None
    w = np.ones(3000) if weight is None else weight
    fps, tps, thresholds = running_counts(x, positive, weight)
    assert thresholds.dtype == x.dtype
    assert_array_equal(thresholds, np.unique(x)[::-1])
    for i in rng.integers(0, len(thresholds), 20):
        reached = x >= thresholds[i]
        assert_allclose(tps[i], w[reached & positive].sum(), rtol=1e-12, atol=1e-12)
        assert_allclose(fps[i], w[reached & ~positive].sum(), rtol=1e-12, atol=1e-12)


def test_areas_are_those_of_the_definition():
    rng = np.random.default_rng(3)
    x, positive = rng.integers(0, 50, 400).astype(float), rng.random(400) < 0.3
    weight = rng.random(400)
    area, negatives, positives = roc_area(x, positive, weight)
    ahead = np.sign(x[positive][:, None] - x[~positive]) / 2 + 0.5
    assert_allclose(area, weight[positive] @ ahead @ weight[~positive])
    assert_allclose((negatives, positives), (weight[~positive].sum(), weight[positive].sum()))
    fps, tps, _ = running_counts(x, positive, weight)
    expected = np.sum(np.diff(tps, prepend=0.0) * tps / (tps + fps))
    assert_allclose(precision_area(x, positive, weight)[0], expected)


def test_threads_change_no_bit():
    rng = np.random.default_rng(4)
    x, positive, weight = (
        rng.standard_normal(300_000),
        rng.random(300_000) < 0.5,
        rng.random(300_000),
    )
    for one, four in zip(
        running_counts(x, positive, weight), running_counts(x, positive, weight, n_threads=4),
        strict=True,
    ):  # fmt: skip
        assert_array_equal(one, four)
    assert roc_area(x, positive, weight) == roc_area(x, positive, weight, n_threads=4)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="one length"):
        roc_area(np.zeros(3), np.zeros(2, dtype=bool))
    with pytest.raises(ValueError, match="one length"):
        running_counts(np.zeros(0), np.zeros(0, dtype=bool))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 4096, 10_000])
def test_extremes_of_rows(dtype, n):
    X = np.random.default_rng(n).random((n, 7)).astype(dtype)
    column = np.random.default_rng(0).integers(0, 7, n)
    least, most, worst, picked = row_extremes(X, 2, column)
    assert (least, most) == (0.0, 1.0)
    assert_allclose(worst, np.abs(X.sum(axis=1, dtype=float) - 1).max())
    np.testing.assert_array_equal(picked, X[np.arange(n), column])
    assert row_extremes(X) == (least, most, worst, None)
    X[n // 2, 3] = 2.0
    assert row_extremes(X)[:3] == (X.min(), X.max(), np.inf)
    X[n // 2, 3] = np.nan
    assert np.isnan(row_extremes(X)[:2]).all()
    with pytest.raises(ValueError, match="column"):
        row_extremes(X, 1, np.full(n, 7))


@pytest.mark.parametrize("weighted", [False, True])
def test_bends_are_the_points_between_unequal_steps(weighted):
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 50):
        score, positive = rng.integers(0, 12, n) / 4, rng.integers(0, 2, n).astype(bool)
        weight = rng.integers(1, 3, n).astype(float) if weighted else None
        fps, tps, thresholds = running_counts(score, positive, weight)
        steps = np.diff(np.stack([fps, tps]), axis=1)
        kept = np.ones(len(fps), dtype=bool)
        kept[1:-1] = (steps[:, 1:] != steps[:, :-1]).any(axis=0)
        found = roc_points(score, positive, weight)
        expected = zip(found, (fps, tps, thresholds), (0, 0, np.inf), strict=True)
        for mine, all_points, first in expected:
            np.testing.assert_array_equal(mine, [first, *all_points[kept]])
