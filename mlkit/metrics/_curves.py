"""Curves over all thresholds of a score: one sort, then running sums."""

import numpy as np

from .._core import domains as d
from .._core.parallel import n_threads
from .._engine.native import sort
from ._codes import check_binary
from ._core import (
    as_column,
    as_target,
    check_rows,
    check_scores,
    check_weight,
    metric,
    warn_undefined,
)


@metric(x=d.array_like, y=d.array_like)
def auc(x, y):
    """Area under the line through the points (x, y), by the trapezoidal rule.

    Parameters
    ----------
    x : array-like of shape (n,)
        Increasing or decreasing.
    y : array-like of shape (n,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For fewer than two points, or an `x` that goes up and down.

    Examples
    --------
    >>> from mlkit.metrics import auc
    >>> auc([0.0, 0.5, 1.0], [0.0, 1.0, 1.0])
    0.75
    """
    x, y = as_column(check_scores(x)), as_column(check_scores(y))
    check_rows(x, y)
    if x.shape[0] < 2:
        raise ValueError(f"An area needs at least 2 points; x has {x.shape[0]}")
    step = np.diff(x)
    sign = -1 if (step < 0).any() else 1
    if sign < 0 and (step > 0).any():
        raise ValueError(f"x must increase or decrease throughout; got {x}")
    return float(sign * np.add.reduce(step * (y[1:] + y[:-1])) / 2)


def check_ranking(y_true, y_score, sample_weight, pos_label=None):
    """Return (positive, score, weight) of a binary target without rows of weight 0."""
    y_true, score = as_target(y_true), as_column(check_scores(as_target(y_score)))
    check_rows(y_true, score)
    positive, weight = check_binary(y_true, pos_label), check_weight(sample_weight, score)
    if weight is not None and not weight.all():
        kept = weight != 0
        positive, score, weight = positive[kept], score[kept], weight[kept]
    return positive, score, weight


def threads_for(n_rows):
    """Threads for a sort of so many rows: waking them costs as much as sorting some thousands."""
    return n_threads() if n_rows >= 1 << 17 else 1


def running_counts(positive, score, weight=None):
    """Return (fps, tps, thresholds) with the thresholds, the distinct scores, decreasing.

    fps and tps are the (weighted) numbers of negative and positive rows whose score reaches the
    threshold.
    """
    return sort.running_counts(score, positive, weight, n_threads=threads_for(len(score)))


@metric()
def confusion_matrix_at_thresholds(y_true, y_score, *, pos_label=None, sample_weight=None):
    """Numbers of true and false negatives and positives at each threshold of the score.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        The higher, the more likely positive; a row is predicted positive from the threshold on.
    pos_label : int, float, bool or str, default=None
        The positive class: 1 by default, for labels in {0, 1} or {-1, 1}.

    Returns
    -------
    tns, fps, fns, tps : ndarrays of shape (n_thresholds,)
        (Weighted) numbers of rows.
    thresholds : ndarray of shape (n_thresholds,)
        The distinct scores, decreasing.

    Examples
    --------
    >>> from mlkit.metrics import confusion_matrix_at_thresholds
    >>> confusion_matrix_at_thresholds([0, 1], [0.2, 0.7])[3]
    array([1., 1.])
    """
    fps, tps, thresholds = running_counts(*check_ranking(y_true, y_score, sample_weight, pos_label))
    return fps[-1] - fps, fps, tps[-1] - tps, tps, thresholds


@metric(metric_func=d.callable_, metric_params=d.mapping | d.none)
def metric_at_thresholds(y_true, y_score, metric_func, *, sample_weight=None, metric_params=None):
    """Any metric of labels at each threshold of the score.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        The higher, the more likely positive.
    metric_func : callable
        Called as ``metric_func(y_true, y_score >= threshold, **metric_params)``.
    metric_params : dict, default=None
        Further arguments of `metric_func`.

    Returns
    -------
    values : ndarray of shape (n_thresholds,) or (n_thresholds, n_values)
    thresholds : ndarray of shape (n_thresholds,)
        The distinct scores, decreasing.

    Examples
    --------
    >>> from mlkit.metrics import accuracy_score, metric_at_thresholds
    >>> metric_at_thresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], accuracy_score)[0]
    array([0.75, 0.5 , 0.75, 0.5 ])
    """
    y_true, score = as_target(y_true), as_column(check_scores(as_target(y_score)))
    check_rows(y_true, score)
    options = dict(metric_params or {})
    if sample_weight is not None:
        weight = check_weight(sample_weight, score)
        kept = weight != 0
        y_true, score, options["sample_weight"] = y_true[kept], score[kept], weight[kept]
    check_binary(y_true)
    thresholds = np.unique(score)[::-1]
    values = [
        metric_func(y_true, (score >= each).astype(np.intp), **options) for each in thresholds
    ]
    return np.asarray(values), thresholds


@metric()
def roc_curve(y_true, y_score, *, pos_label=None, sample_weight=None, drop_intermediate=True):
    """Share of the positives found against the share of negatives taken for positive.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        The higher, the more likely positive.
    pos_label : int, float, bool or str, default=None
        The positive class: 1 by default, for labels in {0, 1} or {-1, 1}.
    drop_intermediate : bool, default=True
        Leave out points between equal steps, which do not change the drawn curve.

    Returns
    -------
    fpr, tpr : ndarrays of shape (n_thresholds,)
        Increasing, from (0, 0) to (1, 1); NaN, with a warning, if there is no such row.
    thresholds : ndarray of shape (n_thresholds,)
        Decreasing, from infinity.

    Examples
    --------
    >>> from mlkit.metrics import roc_curve
    >>> roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[0]
    array([0. , 0. , 0.5, 0.5, 1. ])
    """
    positive, score, weight = check_ranking(y_true, y_score, sample_weight, pos_label)
    fps, tps, thresholds = sort.roc_points(
        score, positive, weight, bends=drop_intermediate, n_threads=threads_for(len(score))
    )
    fpr = _rate(fps, "No negative row in y_true: the false positive rate is nan")
    tpr = _rate(tps, "No positive row in y_true: the true positive rate is nan")
    return fpr, tpr, thresholds


def _rate(counts, message):
    if counts[-1] <= 0:
        warn_undefined(message)
        return np.full(counts.shape, np.nan)
    return np.divide(counts, counts[-1], out=counts)


@metric()
def precision_recall_curve(
    y_true, y_score, *, pos_label=None, sample_weight=None, drop_intermediate=False
):
    """Precision against recall for each threshold of the score.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        The higher, the more likely positive.
    pos_label : int, float, bool or str, default=None
        The positive class: 1 by default, for labels in {0, 1} or {-1, 1}.
    drop_intermediate : bool, default=False
        Leave out points inside runs of equal recall.

    Returns
    -------
    precision, recall : ndarrays of shape (n_thresholds + 1,)
        Recall decreases; the last point is (1, 0) and has no threshold.
    thresholds : ndarray of shape (n_thresholds,)
        Increasing.

    Examples
    --------
    >>> from mlkit.metrics import precision_recall_curve
    >>> precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[1]
    array([1. , 1. , 0.5, 0.5, 0. ])
    """
    fps, tps, thresholds = running_counts(*check_ranking(y_true, y_score, sample_weight, pos_label))
    if drop_intermediate and len(fps) > 2:
        kept = _ends_of_runs(tps)
        fps, tps, thresholds = fps[kept], tps[kept], thresholds[kept]
    precision, recall = precision_recall(fps, tps)
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


def _ends_of_runs(tps):
    kept = np.ones(len(tps), dtype=bool)
    moved = np.diff(tps) != 0
    kept[1:-1] = moved[:-1] | moved[1:]
    return kept


def precision_recall(fps, tps):
    """Precision and recall of running counts; recall is 1, with a warning, without positives."""
    predicted = fps + tps
    precision = np.divide(tps, predicted, out=np.zeros(tps.shape), where=predicted != 0)
    if tps[-1] == 0:
        warn_undefined("No positive row in y_true: recall is 1 for all thresholds")
        return precision, np.ones(tps.shape)
    return precision, tps / tps[-1]


@metric()
def det_curve(y_true, y_score, pos_label=None, sample_weight=None, drop_intermediate=False):
    """Share of positives missed against the share of negatives taken for positive.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes, both present.
    y_score : array-like of shape (n_samples,)
        The higher, the more likely positive.
    pos_label : int, float, bool or str, default=None
        The positive class: 1 by default, for labels in {0, 1} or {-1, 1}.
    drop_intermediate : bool, default=False
        Leave out points inside runs of an equal share of misses.

    Returns
    -------
    fpr, fnr : ndarrays of shape (n_thresholds,)
    thresholds : ndarray of shape (n_thresholds,)
        Increasing; the last is infinity where no finite one has ``fpr = 0``.

    Raises
    ------
    ValueError
        If one of the classes has no row.

    Examples
    --------
    >>> from mlkit.metrics import det_curve
    >>> det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[1]
    array([0. , 0.5, 0.5])
    """
    fps, tps, thresholds = running_counts(*check_ranking(y_true, y_score, sample_weight, pos_label))
    if fps[-1] == 0 or tps[-1] == 0:
        raise ValueError("A DET curve needs rows of both classes; y_true has one class only")
    if fps[0] > 0:
        fps, tps = np.append(0.0, fps), np.append(0.0, tps)
        thresholds = np.append(np.inf, thresholds)
    if drop_intermediate and len(fps) > 2:
        kept = _ends_of_runs(tps)
        fps, tps, thresholds = fps[kept], tps[kept], thresholds[kept]
    # Beyond the last point without false alarms, and the first without misses, nothing changes.
    first = np.searchsorted(fps, 0, side="right") - 1
    stop = np.searchsorted(tps, tps[-1]) + 1
    part = slice(first, stop)
    fnr = (tps[-1] - tps[part]) / tps[-1]
    return (fps[part] / fps[-1])[::-1], fnr[::-1], thresholds[part][::-1]
