"""Losses of rankings against pairs that are enumerated, and against finite differences."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.loss.ranking import LambdaLoss, Queries, SoftmaxLoss
from mlkit.metrics import ndcg_score

SIZES = [1, 2, 7, 40, 13]


@pytest.fixture
def ranked():
    """Gains, queries and scores, some of them equal; rows of the queries are mixed."""
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(len(SIZES)), SIZES))
    gain = 2.0 ** rng.integers(0, 4, len(group)) - 1
    score = rng.normal(size=(len(group), 1)).round(1)
    return gain, group, score


def terms(loss, score, n_threads=1):
    gradient, curvature = np.empty_like(score), np.empty_like(score)
    loss.evaluate(None, score, gradient=gradient, curvature=curvature, n_threads=n_threads)
    value = loss.evaluate(None, score, n_threads=n_threads)
    return value, gradient[:, 0], curvature[:, 0]


def changes(gain, score, depth, weight):
    """|ΔNDCG| of all pairs of one query whose gains differ, as a matrix (better, worse)."""
    order = np.lexsort((gain, -score))
    rank = np.empty(len(gain), dtype=int)
    rank[order] = np.arange(len(gain))
    discount = 1 / np.log2(2 + rank)
    best = (np.sort(gain)[::-1] / np.log2(2 + np.arange(len(gain))))[:depth].sum()
    pair = np.abs(np.subtract.outer(gain, gain) * np.subtract.outer(discount, discount))
    pair[np.minimum.outer(rank, rank) >= depth] = 0
    pair[np.subtract.outer(gain, gain) <= 0] = 0
    pair *= np.sqrt(np.outer(weight, weight)) / weight.mean()
    return pair / best if best > 0 else 0 * pair


@pytest.mark.parametrize("depth", [2, 5, 30])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("even", [False, True])
def test_lambdas_are_sums_over_pairs(ranked, depth, weighted, even):
    """Each pair pulls by σ ρ |ΔNDCG|, ρ the chance that the model gives to the wrong order."""
    gain, group, score = ranked
    sigma = 1.3
    weight = np.random.default_rng(1).integers(0, 4, len(gain)).astype(float)
    loss = LambdaLoss(Queries(gain, group, weight if weighted else None), sigma, depth, even)
    value, gradient, curvature = terms(loss, score)
    wanted = np.zeros((2, len(gain)))
    total = 0.0
    for q in range(len(SIZES)):
        rows = np.flatnonzero((group == q) & ((weight > 0) | (not weighted)))
        if not len(rows):
            continue
        w = weight[rows] if weighted else np.ones(len(rows))
        z = score[rows, 0]
        change = changes(gain[rows], z, depth, w)
        ahead = np.subtract.outer(z, z)
        if even and np.ptp(z) > 0:
            change = change / (0.01 + np.abs(ahead))
        wrong = 1 / (1 + np.exp(sigma * ahead))
        force = sigma * wrong * change
        scale = w.mean()
        if even and force.sum() > 0:
            scale *= np.log2(1 + 2 * force.sum()) / (2 * force.sum())
        bend = sigma * force * (1 - wrong)
        wanted[0, rows] = scale * (force.sum(axis=0) - force.sum(axis=1))
        wanted[1, rows] = scale * (bend.sum(axis=0) + bend.sum(axis=1))
        total += scale * (change * np.log1p(np.exp(-sigma * ahead))).sum()
    assert_allclose(gradient, wanted[0], atol=1e-13)
    assert_allclose(curvature, wanted[1], atol=1e-13)
    assert_allclose(value, total)


def test_lambdas_are_derivatives_while_the_ranking_stays(ranked):
    """Without `even` the loss of fixed |ΔNDCG| is what gradients and curvatures belong to."""
    gain, group, score = ranked
    score = score + 1e-2 * np.random.default_rng(2).random(score.shape)  # no ties to break
    loss = LambdaLoss(Queries(gain, group), 1.0, 30, even=False)
    _, gradient, curvature = terms(loss, score)
    step = 1e-6
    for row in range(0, len(gain), 5):
        sides = []
        for sign in (-1, 1):
            moved = score.copy()
            moved[row] += sign * step
            sides.append(terms(loss, moved))
        assert_allclose((sides[1][0] - sides[0][0]) / (2 * step), gradient[row], atol=1e-7)
        slope = (sides[1][1][row] - sides[0][1][row]) / (2 * step)
        assert_allclose(slope, curvature[row], atol=1e-7)


def test_softmax_is_cross_entropy(ranked):
    gain, group, score = ranked
    loss = SoftmaxLoss(Queries(gain, group))
    value, gradient, _ = terms(loss, score)
    total = 0.0
    for q in range(len(SIZES)):
        rows = group == q
        if gain[rows].any():
            share = gain[rows] / gain[rows].sum()
            total -= share @ (score[rows, 0] - np.log(np.exp(score[rows]).sum()))
    assert_allclose(value, total)
    for row in range(0, len(gain), 7):
        moved = score.copy()
        moved[row] += 1e-6
        assert_allclose((terms(loss, moved)[0] - value) / 1e-6, gradient[row], atol=1e-5)


@pytest.mark.parametrize("make", [LambdaLoss, SoftmaxLoss], ids=["lambdarank", "softmax"])
def test_a_query_of_weight_two_is_the_query_twice(ranked, make):
    gain, group, score = ranked
    second = group == 3
    twice = np.concatenate([np.arange(len(gain)), np.flatnonzero(second)])
    number = np.concatenate([group, np.full(second.sum(), 99)])
    value, gradient, curvature = terms(make(Queries(gain[twice], number)), score[twice])
    weighted = terms(make(Queries(gain, group, 1.0 + second)), score)
    assert_allclose(weighted[0], value)
    for each, other in ((weighted[1], gradient), (weighted[2], curvature)):
        summed = other[: len(gain)].copy()
        summed[second] += other[len(gain) :]
        assert_allclose(each, summed, atol=1e-14)


@pytest.mark.parametrize("make", [LambdaLoss, SoftmaxLoss], ids=["lambdarank", "softmax"])
def test_the_same_for_any_number_of_threads_and_order_of_rows(ranked, make):
    gain, group, score = ranked
    loss = make(Queries(gain, group))
    alone = terms(loss, score)
    for n_threads in (2, 4):
        for found, wanted in zip(terms(loss, score, n_threads), alone, strict=True):
            assert_array_equal(found, wanted)
    for found, wanted in zip(terms(pickle.loads(pickle.dumps(loss)), score), alone, strict=True):
        assert_array_equal(found, wanted)
    score = score + 1e-3 * np.arange(len(gain))[:, None]  # rows that tie may exchange their shares
    order = np.random.default_rng(3).permutation(len(gain))
    mixed = terms(make(Queries(gain[order], group[order])), score[order])
    alone = terms(loss, score)
    assert_allclose(mixed[1], alone[1][order], atol=1e-14)


@pytest.mark.parametrize("depth", [1, 5, 10])
def test_ndcg_is_the_metric(ranked, depth):
    gain, group, score = ranked
    single = [
        ndcg_score(gain[None, group == q], score[None, group == q, 0], k=depth)
        for q in range(1, len(SIZES))
        if gain[group == q].any()
    ]
    rows = group > 0
    assert_allclose(Queries(gain[rows], group[rows]).ndcg(score[rows, 0], depth), np.mean(single))


def test_queries_without_gains_say_nothing():
    queries = Queries(np.zeros(4), np.array([0, 0, 1, 1]))
    score = np.arange(4.0)[:, None]
    assert queries.ndcg(score[:, 0], 10) == 1.0
    for loss in (LambdaLoss(queries), SoftmaxLoss(queries)):
        value, gradient, curvature = terms(loss, score)
        assert value == 0
        assert not gradient.any()
        assert not curvature.any()
