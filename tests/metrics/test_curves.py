"""Curves and areas against their definitions: all thresholds, all pairs of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.metrics import (
    auc,
    average_precision_score,
    confusion_matrix_at_thresholds,
    det_curve,
    metric_at_thresholds,
    precision_recall_curve,
    recall_score,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
)

SCORES = [0.0, 0.25, 0.5, 0.75, 1.0]


@st.composite
def scored(draw):
    """Labels of both classes, scores with ties, whole weights that leave both classes."""
    n = draw(st.integers(2, 12))
    y = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    score = draw(st.lists(st.sampled_from(SCORES), min_size=n, max_size=n))
    y[:2], weight[:2] = [False, True], [1, 1]
    return np.array(y), np.array(score), np.array(weight)


def area_of_pairs(y, score, weight):
    """Share of pairs of a positive and a negative row in which the positive one scores higher."""
    more = np.sign(score[y][:, None] - score[~y]) / 2 + 0.5
    return np.average(more, weights=weight[y][:, None] * weight[~y])


@settings(max_examples=150)
@given(scored())
def test_area_by_pairs(case):
    y, score, weight = case
    for w in (np.ones(len(y)), weight):
        expected = area_of_pairs(y, score, w)
        for sample_weight in (None, w) if w is not weight else (w,):
            assert_allclose(roc_auc_score(y, score, sample_weight=sample_weight), expected)
            fpr, tpr, _ = roc_curve(y, score, sample_weight=sample_weight)
            assert_allclose(auc(fpr, tpr), expected)
    assert_allclose(roc_auc_score(~y, -score), roc_auc_score(y, score))
    words = np.where(y, "yes", "no")
    assert roc_auc_score(words, score) == roc_auc_score(y, score)


@settings(max_examples=150)
@given(scored())
def test_counts_by_thresholds(case):
    y, score, weight = case
    kept = weight > 0
    expected = []
    for threshold in sorted({*score[kept]}, reverse=True):
        p = score >= threshold
        expected.append([weight[a & b].sum() for a, b in ((~y, ~p), (~y, p), (y, ~p), (y, p))])
    found = confusion_matrix_at_thresholds(y, score, sample_weight=weight)
    assert_array_equal(np.transpose(found[:4]), expected)
    assert_array_equal(found[4], sorted({*score[kept]}, reverse=True))
    _, fps, _, tps, thresholds = found

    precision, recall, at = precision_recall_curve(y, score, sample_weight=weight)
    assert_allclose(precision, np.append((tps / (tps + fps))[::-1], 1))
    assert_allclose(recall, np.append((tps / tps[-1])[::-1], 0))
    assert_array_equal(at, thresholds[::-1])
    average = average_precision_score(y, score, sample_weight=weight)
    assert_allclose(average, -np.sum(np.diff(recall) * precision[:-1]))

    fpr, tpr, at = roc_curve(y, score, sample_weight=weight, drop_intermediate=False)
    assert_allclose(fpr, np.append(0, fps / fps[-1]))
    assert_allclose(tpr, np.append(0, tps / tps[-1]))
    assert at[0] == np.inf

    fpr, fnr, at = det_curve(y, score, sample_weight=weight)
    for x, z, threshold in zip(fpr, fnr, at, strict=True):
        p = score >= threshold
        assert_allclose(x, weight[~y & p].sum() / weight[~y].sum())
        assert_allclose(z, weight[y & ~p].sum() / weight[y].sum())


@settings(max_examples=100)
@given(scored())
def test_points_left_out_lie_on_the_curve(case):
    y, score, _ = case
    whole = roc_curve(y, score, drop_intermediate=False)
    part = roc_curve(y, score)
    assert {*part[2]} <= {*whole[2]}
    assert_allclose(auc(*part[:2]), auc(*whole[:2]))
    precision, recall, _ = precision_recall_curve(y, score)
    kept = precision_recall_curve(y, score, drop_intermediate=True)
    assert {*zip(kept[0], kept[1], strict=True)} <= {*zip(precision, recall, strict=True)}
    assert {*kept[1]} == {*recall}


@settings(max_examples=100)
@given(scored())
def test_weight_counts_rows(case):
    y, score, weight = case
    again = np.repeat(y, weight), np.repeat(score, weight)
    for function in (roc_auc_score, average_precision_score):
        assert_allclose(function(y, score, sample_weight=weight), function(*again))
    partial = roc_auc_score(y, score, sample_weight=weight, max_fpr=0.5)
    assert_allclose(partial, roc_auc_score(*again, max_fpr=0.5))
    weighted = roc_curve(y, score, sample_weight=weight, drop_intermediate=False)
    for a, b in zip(weighted, roc_curve(*again, drop_intermediate=False), strict=True):
        assert_allclose(a, b)


@pytest.mark.parametrize("max_fpr", [0.1, 0.35, 0.9])
def test_partial_area(rng, max_fpr):
    """Chance has 1/2, the perfect ranking 1, and the area is that under the clipped curve."""
    y, score = rng.random(500) < 0.4, rng.normal(size=500)
    score += y
    assert_allclose(roc_auc_score(y, y * 1.0, max_fpr=max_fpr), 1)
    assert_allclose(roc_auc_score(y, np.zeros(500), max_fpr=max_fpr), 0.5)
    fpr, tpr, _ = roc_curve(y, score)
    grid = np.linspace(0, max_fpr, 400_001)
    area = np.trapezoid(np.interp(grid, fpr, tpr), grid)
    low, high = max_fpr**2 / 2, max_fpr
    expected = (1 + (area - low) / (high - low)) / 2
    assert_allclose(roc_auc_score(y, score, max_fpr=max_fpr), expected, rtol=1e-3)


def test_areas_of_classes_by_pairs(rng):
    y, proba = rng.integers(0, 3, 200), rng.dirichlet(np.ones(3), 200)
    one = np.ones(200)
    rest = [area_of_pairs(y == k, proba[:, k], one) for k in range(3)]
    assert_allclose(roc_auc_score(y, proba, multi_class="ovr", average=None), rest)
    weighted = roc_auc_score(y, proba, multi_class="ovr", average="weighted")
    assert_allclose(weighted, np.average(rest, weights=np.bincount(y)))
    among = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        rows = (y == a) | (y == b)
        ones = one[rows]
        among += [
            area_of_pairs(y[rows] == a, proba[rows, a], ones),
            area_of_pairs(y[rows] == b, proba[rows, b], ones),
        ]
    assert_allclose(roc_auc_score(y, proba, multi_class="ovo"), np.mean(among))


def test_labels_of_several_columns(rng):
    y, score = rng.random((50, 4)) < 0.4, rng.normal(size=(50, 4))
    for function in (roc_auc_score, average_precision_score):
        each = [function(y[:, k], score[:, k]) for k in range(4)]
        assert_allclose(function(y, score, average=None), each)
        assert_allclose(function(y, score, average="micro"), function(y.ravel(), score.ravel()))
        size = y.sum(axis=0)
        assert_allclose(function(y, score, average="weighted"), np.average(each, weights=size))


def test_metric_at_thresholds(rng):
    y, score = rng.random(30) < 0.5, np.round(rng.random(30), 1)
    values, thresholds = metric_at_thresholds(y, score, recall_score)
    assert_array_equal(thresholds, np.unique(score)[::-1])
    assert_allclose(values, [np.mean(score[y] >= t) for t in thresholds])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_by_sorting(rng, k):
    y, score = rng.integers(0, 4, 60), rng.integers(0, 3, (60, 4)) / 2
    hits = []
    for label, row in zip(y, score, strict=True):
        ranked = sorted(range(4), key=lambda j: (row[j], j), reverse=True)
        hits.append(label in ranked[:k])
    assert_allclose(top_k_accuracy_score(y, score, k=k), np.mean(hits))
    weight = rng.random(60)
    weighted = top_k_accuracy_score(y, score, k=k, sample_weight=weight)
    assert_allclose(weighted, np.average(hits, weights=weight))


def test_one_class_has_no_area():
    with pytest.warns(UserWarning, match="one class"):
        assert np.isnan(roc_auc_score([1, 1], [0.1, 0.2]))
    with pytest.warns(UserWarning, match="No negative"):
        assert np.isnan(roc_curve([1, 1], [0.1, 0.2])[0]).all()
    with pytest.warns(UserWarning, match="No positive"):
        assert average_precision_score([0, 0], [0.1, 0.2]) == 0
    with pytest.raises(ValueError, match="both classes"):
        det_curve([0, 0], [0.1, 0.2])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: roc_curve([0, 1, 2], [0.1, 0.2, 0.3]), "multiclass"),
        (lambda: roc_curve(["a", "b"], [0.1, 0.2]), "pos_label"),
        (lambda: roc_curve([1, 2], [0.1, 0.2]), "pos_label"),
        (lambda: roc_curve([0, 1], [0.1, np.nan]), "NaN"),
        (lambda: roc_curve([0, 1], [0.1, 0.2, 0.3]), "rows"),
        (lambda: roc_curve([0.3, 1], [0.1, 0.2]), "continuous"),
        (lambda: roc_auc_score([0, 1, 2], np.eye(3)), "multi_class"),
        (lambda: roc_auc_score([0, 1, 2], np.eye(3) * 2, multi_class="ovr"), "sum to 1"),
        (lambda: roc_auc_score([0, 1, 2], np.eye(3)[:, :2], multi_class="ovr"), "column"),
        (lambda: roc_auc_score([0, 1], [0.1, 0.2], max_fpr=0), "max_fpr"),
        (lambda: roc_auc_score([0, 1, 2], np.eye(3), multi_class="ovr", max_fpr=0.5), "max_fpr"),
        (lambda: average_precision_score([0, 1], [0.1, 0.2], pos_label=3), "pos_label=3"),
        (lambda: average_precision_score([0, 1, 2], np.eye(3), pos_label=2), "pos_label=2"),
        (lambda: top_k_accuracy_score([0, 1], np.eye(3)[:2]), "classes"),
        (lambda: top_k_accuracy_score([0, 1], [0.1, 0.2], k=0), "k"),
        (lambda: auc([0], [1]), "2 points"),
        (lambda: auc([0, 2, 1], [0, 1, 1]), "increase or decrease"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
