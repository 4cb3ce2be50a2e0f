"""Metrics against their definitions, on targets of hypothesis: ties, weights, words, gaps."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mlkit import metrics

WORDS = np.array(["ant", "bee", "cat", "dog"])
FEW = settings(max_examples=40)


@st.composite
def ranked(draw, least=2):
    """Two classes, both present, and scores with ties, and weights."""
    n = draw(st.integers(least, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    y = rng.integers(0, 2, n)
    y[:2] = 0, 1
    score = rng.integers(0, draw(st.integers(1, 12)), n) / 8
    return y, score, rng.integers(1, 4, n).astype(float)


@st.composite
def labelled(draw):
    """Labels and guesses, of which each may lack classes; down to one row."""
    n = draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_classes = draw(st.integers(1, 4))
    return *rng.integers(0, n_classes, (2, n)), rng.integers(1, 4, n).astype(float)


@given(ranked())
@FEW
def test_area_under_roc_is_the_share_of_pairs_in_order(problem):
    y, score, weight = problem
    gap = score[y == 1][:, None] - score[y == 0]
    pairs = np.outer(weight[y == 1], weight[y == 0])
    share = (pairs * ((gap > 0) + 0.5 * (gap == 0))).sum() / pairs.sum()
    assert_allclose(metrics.roc_auc_score(y, score, sample_weight=weight), share)
    fpr, tpr, _ = metrics.roc_curve(y, score, sample_weight=weight)
    assert_allclose(metrics.auc(fpr, tpr), share)


@given(ranked())
@FEW
def test_a_point_of_the_roc_curve_is_what_its_threshold_gives(problem):
    y, score, weight = problem
    for drop in (True, False):
        curve = metrics.roc_curve(y, score, sample_weight=weight, drop_intermediate=drop)
        for fpr, tpr, threshold in zip(*curve, strict=True):
            said = score >= threshold
            assert_allclose(fpr, weight[said & (y == 0)].sum() / weight[y == 0].sum())
            assert_allclose(tpr, weight[said & (y == 1)].sum() / weight[y == 1].sum())


@given(ranked())
@FEW
def test_average_precision_is_the_mean_precision_where_recall_grows(problem):
    y, score, weight = problem
    total, recall = 0.0, 0.0
    for threshold in np.unique(score)[::-1]:
        said = score >= threshold
        found = weight[said & (y == 1)].sum()
        total += (found / weight[y == 1].sum() - recall) * found / weight[said].sum()
        recall = found / weight[y == 1].sum()
    assert_allclose(metrics.average_precision_score(y, score, sample_weight=weight), total)


@given(ranked(), st.sampled_from([np.float32, np.float64]), st.integers(2, 5))
@FEW
def test_log_loss_is_the_mean_log_of_the_true_class(problem, dtype, n_classes):
    y, _, weight = problem
    rng = np.random.default_rng(len(y))
    proba = rng.dirichlet(np.ones(n_classes), len(y)).astype(dtype)
    loss = metrics.log_loss(y, proba, sample_weight=weight, labels=np.arange(n_classes))
    own = np.log(np.maximum(proba[np.arange(len(y)), y], np.finfo(dtype).eps))
    assert_allclose(loss, -np.average(own, weights=weight), rtol=1e-5)
    words = metrics.log_loss(WORDS[y], proba[:, :2] / proba[:, :2].sum(axis=1, keepdims=True))
    numbers = metrics.log_loss(y, proba[:, :2] / proba[:, :2].sum(axis=1, keepdims=True))
    assert words == numbers


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, np.inf])
def test_what_is_no_probability_is_refused(wrong):
    proba = np.full((5, 3), 1 / 3)
    proba[3, 1] = wrong
    with pytest.raises(ValueError):
        metrics.log_loss([0, 1, 2, 0, 1], proba)


@given(labelled())
@FEW
def test_counts_by_class_and_what_is_made_of_them(problem):
    y, guess, weight = problem
    labels = np.arange(4)
    table = np.array([[weight[(y == a) & (guess == b)].sum() for b in labels] for a in labels])
    assert_array_equal(
        metrics.confusion_matrix(y, guess, labels=labels, sample_weight=weight), table
    )
    hits, said, there = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    for name, top, bottom in (
        ("precision_score", hits, said),
        ("recall_score", hits, there),
        ("f1_score", 2 * hits, said + there),
        ("jaccard_score", hits, said + there - hits),
    ):
        expected = np.divide(top, bottom, out=np.zeros(4), where=bottom > 0)
        found = getattr(metrics, name)(
            y, guess, labels=labels, average=None, zero_division=0, sample_weight=weight
        )
        assert_allclose(found, expected)
    assert_allclose(
        metrics.accuracy_score(y, guess, sample_weight=weight), hits.sum() / weight.sum()
    )


@given(labelled())
@FEW
def test_words_and_columns_of_frames_score_as_numbers(problem):
    y, guess, _ = problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("accuracy_score", "matthews_corrcoef", "cohen_kappa_score"):
            metric = getattr(metrics, name)
            expected = metric(y, guess)
            a, b = WORDS[y], WORDS[guess]
            for convert in (
                np.asarray,
                list,
                lambda v: np.asarray(v, dtype=object),
                pd.Series,
                lambda v: pd.Categorical(v),
                pl.Series,
            ):
                assert_allclose(metric(convert(a), convert(b)), expected)


@given(labelled(), st.sampled_from(["accuracy_score", "balanced_accuracy_score", "hamming_loss",
                                    "zero_one_loss", "mean_squared_error",
                                    "mean_absolute_error"]))  # fmt: skip
@FEW
def test_a_weight_is_so_many_rows(problem, name):
    y, guess, weight = problem
    rows = np.repeat(np.arange(len(y)), weight.astype(int))
    metric = getattr(metrics, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        once, many = metric(y, guess, sample_weight=weight), metric(y[rows], guess[rows])
    assert_allclose(once, many)


@given(labelled())
@FEW
def test_partitions_do_not_know_names(problem):
    y, guess, _ = problem
    for name in ("adjusted_rand_score", "v_measure_score", "fowlkes_mallows_score", "rand_score"):
        metric = getattr(metrics, name)
        assert_allclose(metric(y, guess), metric(WORDS[y], WORDS[::-1][guess]), atol=1e-12)
        assert_allclose(metric(y, guess), metric(guess, y), atol=1e-12)
        # Of no pair within a cluster there is no share that is found: 0 by convention.
        pairs = name != "fowlkes_mallows_score" or len(np.unique(y)) < len(y)
        assert_allclose(metric(y, y), float(pairs))


METRICS = [
    *("euclidean", "manhattan", "chebyshev", "canberra", "braycurtis", "hamming", "matching"),
    *("jaccard", "dice", "kulsinski", "rogerstanimoto", "russellrao", "sokalsneath"),
]


@pytest.mark.parametrize("name", METRICS)
def test_distances_by_name(name):
    from sklearn.metrics import DistanceMetric as Theirs

    rng = np.random.default_rng(0)
    X, Y = rng.integers(0, 3, (12, 5)).astype(float), rng.integers(0, 3, (7, 5)).astype(float)
    ours = metrics.DistanceMetric.get_metric(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Theirs.get_metric(name)
        assert_allclose(ours.pairwise(X, Y), theirs.pairwise(X, Y))
    D = ours.pairwise(X, Y)
    assert_allclose(ours.rdist_to_dist(ours.dist_to_rdist(D)), D)


@pytest.mark.parametrize("n_columns", [2, 100, 200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_euclidean_distances_are_differences_whatever_the_width(n_columns, dtype):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(9, n_columns)).astype(dtype), rng.normal(5, size=(4, n_columns))
    expected = np.sqrt(((X[:, None].astype(float) - Y) ** 2).sum(axis=2))
    assert_allclose(metrics.pairwise_distances(X, Y), expected, rtol=1e-6)
    assert (np.diag(metrics.pairwise_distances(X)) == 0).all()
    one, two = (metrics.pairwise_distances(X, Y, n_jobs=n) for n in (1, 2))
    assert_array_equal(one, two)
