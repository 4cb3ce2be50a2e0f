"""Rankings of labels against their definitions, one row and one label at a time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit.metrics import (
    coverage_error,
    dcg_score,
    label_ranking_average_precision_score,
    label_ranking_loss,
    ndcg_score,
)


def coverage(y, s):
    return max((np.sum(s >= s[j]) for j in np.flatnonzero(y)), default=0)


def average_precision(y, s):
    if y.all() or not y.any():
        return 1.0
    return np.mean([np.sum(y & (s >= s[j])) / np.sum(s >= s[j]) for j in np.flatnonzero(y)])


def loss(y, s):
    if y.all() or not y.any():
        return 0.0
    return np.mean(s[~y][None] >= s[y][:, None])


@pytest.mark.parametrize("decimals", [0, 1, 8])
@pytest.mark.parametrize(
    "function, of_row",
    [
        (coverage_error, coverage),
        (label_ranking_average_precision_score, average_precision),
        (label_ranking_loss, loss),
    ],
)
def test_by_definition(rng, function, of_row, decimals):
    y = rng.random((40, 6)) < 0.4
    y[0], y[1] = True, False
    score, weight = np.round(rng.normal(size=(40, 6)), decimals), rng.random(40)
    rows = [of_row(a, b) for a, b in zip(y, score, strict=True)]
    assert_allclose(function(y, score), np.mean(rows))
    assert_allclose(function(y, score, sample_weight=weight), np.average(rows, weights=weight))
    sparse = pytest.importorskip("scipy.sparse")
    assert function(sparse.csr_array(y.astype(int)), score) == function(y, score)


def test_gain_without_ties(rng):
    gain, score = rng.integers(0, 5, (20, 6)) * 1.0, rng.normal(size=(20, 6))
    rank = (-score).argsort(axis=1).argsort(axis=1)
    for k in (1, 4, None):
        counted = rank < (k or 6)
        rows = np.sum(counted * gain / np.log2(rank + 2), axis=1)
        assert_allclose(dcg_score(gain, score, k=k), rows.mean())
        best = np.sort(gain, axis=1)[:, ::-1] / np.log2(np.arange(6) + 2)
        share = rows / best[:, : k or 6].sum(axis=1)
        assert_allclose(ndcg_score(gain, score, k=k), share.mean())
    assert_allclose(dcg_score(gain, score, log_base=4), dcg_score(gain, score) * 2)


def test_tied_gain_is_the_mean_over_orders(rng):
    """Ties broken at random give, on average, the value that shared discounts give."""
    gain, score = rng.integers(0, 5, (4, 5)) * 1.0, rng.integers(0, 2, (4, 5)) * 1.0
    broken = [
        dcg_score(gain, score + rng.random(score.shape) / 10, k=3, ignore_ties=True)
        for _ in range(4000)
    ]
    assert_allclose(dcg_score(gain, score, k=3), np.mean(broken), rtol=0.02)


def test_perfect_and_empty_rankings():
    gain = [[3.0, 1, 0], [0, 0, 0]]
    assert ndcg_score(gain, gain) == 0.5  # the second row has nothing to gain
    with pytest.raises(ValueError, match="at least 0"):
        ndcg_score([[-1.0, 1]], [[1, 2]])
    with pytest.raises(ValueError, match="two labels"):
        ndcg_score([[1.0]], [[1]])
    with pytest.raises(ValueError, match="one shape"):
        dcg_score([[1.0, 2]], [[1, 2, 3]])
    with pytest.raises(ValueError, match="2D"):
        coverage_error([1, 0], [0.5, 0.2])
