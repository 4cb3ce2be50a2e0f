"""Scores of a ranking of rows: area under the ROC curve, average precision, top-k accuracy."""

from itertools import combinations

import numpy as np

from .._core import domains as d
from .._engine.native import sort
from ._codes import check_binary, class_codes, few_classes, refuse_no_labels
from ._core import (
    as_column,
    as_target,
    check_rows,
    check_scores,
    check_weight,
    is_sparse,
    mean,
    metric,
    warn_undefined,
)
from ._curves import running_counts, threads_for

_average = d.one_of("micro", "macro", "samples", "weighted") | d.none
_OF_PROBA = {"response": "predict_proba"}
_ROC_VARIANTS = {
    "roc_auc_ovr": {**_OF_PROBA, "multi_class": "ovr"},
    "roc_auc_ovo": {**_OF_PROBA, "multi_class": "ovo"},
    "roc_auc_ovr_weighted": {**_OF_PROBA, "multi_class": "ovr", "average": "weighted"},
    "roc_auc_ovo_weighted": {**_OF_PROBA, "multi_class": "ovo", "average": "weighted"},
}


def check_indicators(y_true, y_score):
    """Boolean indicators (n, k) of a target of several labels, for scores of that shape."""
    y_true = y_true.toarray() if is_sparse(y_true) else y_true
    if y_true.shape != y_score.shape:
        raise ValueError(
            f"y_true of shape {y_true.shape} and y_score of shape {y_score.shape} must be alike"
        )
    return y_true != 0


def by_column(score, positive, y_score, weight, average):
    """Average over the columns (or rows, or cells) of indicators of a score of one of them.

    Parameters
    ----------
    score : callable
        Of boolean labels, scores and weights.
    positive : boolean array of shape (n_rows, n_columns)
    y_score : array of the same shape
    weight : array of shape (n_rows,) or None
    average : {"micro", "macro", "samples", "weighted"} or None
    """
    if average == "micro":
        repeated = None if weight is None else np.repeat(weight, positive.shape[1])
        return score(positive.ravel(), y_score.ravel(), repeated)
    if average == "samples":
        values = np.array([score(p, s, None) for p, s in zip(positive, y_score, strict=True)])
        return float(np.average(values, weights=weight))
    values = np.array(
        [
            score(p, np.ascontiguousarray(s), weight)
            for p, s in zip(positive.T, y_score.T, strict=True)
        ]
    )
    if average is None:
        return values
    if average == "macro":
        return float(values.mean())
    size = positive.sum(axis=0) if weight is None else np.add.reduce(positive * weight[:, None])
    return float(np.average(values, weights=size)) if size.any() else 0.0


# ---------------------------------------------------------------- area under the ROC curve


def _area(positive, score, weight=None, max_fpr=None):
    """Area under the ROC curve of a boolean target; NaN, with a warning, for one class."""
    if weight is not None and not weight.all():
        kept = weight != 0
        positive, score, weight = positive[kept], score[kept], weight[kept]
    n_positive = np.count_nonzero(positive)
    if n_positive in (0, positive.shape[0]):
        warn_undefined("y_true has one class only, so the area under the ROC curve is nan", 6)
        return float("nan")
    if max_fpr is None or max_fpr == 1:
        area, negatives, positives = sort.roc_area(
            score, positive, weight, n_threads=threads_for(len(score))
        )
        return float(area / (negatives * positives))
    fps, tps, _ = running_counts(positive, score, weight)
    fps, tps = np.append(0.0, fps), np.append(0.0, tps)
    return _partial_area(fps / fps[-1], tps / tps[-1], max_fpr)


def _partial_area(fpr, tpr, max_fpr):
    """Area up to `max_fpr`, rescaled so that chance is 0.5 and the best 1 (McClish, 1989)."""
    stop = np.searchsorted(fpr, max_fpr, side="right")
    height = np.interp(max_fpr, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])
    x, y = np.append(fpr[:stop], max_fpr), np.append(tpr[:stop], height)
    area = np.add.reduce(np.diff(x) * (y[1:] + y[:-1])) / 2
    chance, best = max_fpr**2 / 2, max_fpr
    return float(0.5 * (1 + (area - chance) / (best - chance)))


@metric(
    "roc_auc",
    response=("decision_function", "predict_proba"),
    variants=_ROC_VARIANTS,
    average=_average,
    max_fpr=d.between(0, 1, closed="right") | d.none,
    multi_class=d.one_of("raise", "ovr", "ovo"),
)
def roc_auc_score(
    y_true,
    y_score,
    *,
    average="macro",
    sample_weight=None,
    max_fpr=None,
    multi_class="raise",
    labels=None,
):
    """Probability that a positive row scores higher than a negative one, ties counting half.

    It is the area under `roc_curve`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_labels)
        True labels.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores of the class with the greater label, or one column a class; for more than two
        classes, probabilities that sum to 1.
    average : {"micro", "macro", "samples", "weighted"} or None, default="macro"
        How areas of several classes or labels become one; None returns them. "weighted" weighs
        by the rows of each class. For more than two classes, "samples" is not defined, and
        "micro" and None need ``multi_class="ovr"``.
    max_fpr : float in (0, 1], default=None
        Take the area up to this false positive rate only, rescaled to [0.5, 1].
    multi_class : {"raise", "ovr", "ovo"}, default="raise"
        For more than two classes: each against the rest, or the mean over pairs of classes.
    labels : array-like of shape (n_classes,), default=None
        The sorted classes of the columns, if `y_true` lacks some.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        NaN, with a warning, where `y_true` has one class only.

    References
    ----------
    Hand, Till. A simple generalisation of the area under the ROC curve for multiple class
    classification problems. Machine Learning 45 (2001).

    Examples
    --------
    >>> from mlkit.metrics import roc_auc_score
    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    y_true, y_score = as_target(y_true), check_scores(as_target(y_score))
    check_rows(y_true, y_score)
    weight = check_weight(sample_weight, y_score)
    if y_true.ndim == 2 and y_true.shape[1] > 1:
        if refuse_no_labels(y_true) != "multilabel-indicator":
            raise ValueError("y_true of several columns must be label indicators, of 0 and 1")
        positive = check_indicators(y_true, y_score)

        def area(p, s, w):
            return _area(p, s, w, max_fpr)

        return by_column(area, positive, y_score, weight, average)
    y_true = as_column(y_true)
    classes = few_classes(y_true)
    if classes is None or (y_score.ndim == 2 and y_score.shape[1] > 2):
        if max_fpr is not None and max_fpr < 1:
            raise ValueError(f"max_fpr={max_fpr} is for two classes; leave it None for more")
        return _several_areas(y_true, y_score, labels, multi_class, average, weight)
    return _area(np.asarray(y_true == classes[-1]) if len(classes) == 2 else y_true == 1,
                 as_column(y_score), weight, max_fpr)  # fmt: skip


def _several_areas(y_true, y_score, labels, multi_class, average, weight):
    if multi_class == "raise":
        raise ValueError("y_true has more than two classes: choose multi_class='ovr' or 'ovo'")
    classes, codes = class_codes(y_true, _check_columns(y_score, labels))
    if y_score.ndim != 2 or len(classes) != y_score.shape[1]:
        raise ValueError(
            f"y_score of shape {y_score.shape} needs a column for each of the {len(classes)} "
            "classes; give all classes in `labels`"
        )
    if not np.allclose(y_score @ np.ones(len(classes)), 1):
        raise ValueError("Rows of y_score must be probabilities that sum to 1 over all classes")
    allowed = (
        ("macro", "weighted") if multi_class == "ovo" else ("micro", "macro", "weighted", None)
    )
    if average is None and multi_class == "ovo":
        raise NotImplementedError("multi_class='ovo' has no value for each class: average=None")
    if average not in allowed:
        raise ValueError(f"multi_class={multi_class!r} needs average of {allowed}, not {average!r}")
    if multi_class == "ovr":
        return by_column(_area, codes[:, None] == np.arange(len(classes)), y_score, weight, average)
    if weight is not None:
        raise ValueError("multi_class='ovo' takes no sample_weight; 'ovr' does")
    return _pairwise_area(codes, y_score, average)


def _check_columns(y_score, labels):
    if labels is None:
        return None
    labels = as_column(np.asarray(labels))
    if len(np.unique(labels)) != len(labels):
        raise ValueError(f"labels={labels.tolist()} names a class twice")
    if not np.array_equal(np.sort(labels), labels):
        raise ValueError(f"labels={labels.tolist()} must be sorted, as the columns of y_score are")
    return labels


def _pairwise_area(codes, y_score, average):
    """Mean over pairs of classes of the area of one against the other, both ways."""
    areas, sizes = [], []
    for a, b in combinations(np.unique(codes).tolist(), 2):
        kept = (codes == a) | (codes == b)
        is_a, scores = codes[kept] == a, y_score[kept]
        areas.append((_area(is_a, scores[:, a]) + _area(~is_a, scores[:, b])) / 2)
        sizes.append(np.count_nonzero(kept) / len(codes))
    return float(np.average(areas, weights=sizes if average == "weighted" else None))


# ---------------------------------------------------------------- average precision, top k


def _average_precision(positive, score, weight=None):
    """``Σ (Rₙ − Rₙ₋₁) Pₙ`` over decreasing thresholds."""
    if weight is not None and not weight.all():
        kept = weight != 0
        positive, score, weight = positive[kept], score[kept], weight[kept]
    area, _, positives = sort.precision_area(
        score, positive, weight, n_threads=threads_for(len(score))
    )
    if positives == 0:
        warn_undefined("No positive row in y_true: average precision is 0", 6)
        return 0.0
    return float(area / positives)


@metric("average_precision", response=("decision_function", "predict_proba"), average=_average)
def average_precision_score(y_true, y_score, *, average="macro", pos_label=1, sample_weight=None):
    """Mean of the precision over the positives found: ``Σ (Rₙ − Rₙ₋₁) Pₙ``.

    Pₙ and Rₙ are precision and recall at the n-th threshold, from the highest score down.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_labels)
        True labels; more than two classes are taken each against the rest.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores, one column a class for more than two.
    average : {"micro", "macro", "samples", "weighted"} or None, default="macro"
        How values of several classes or labels become one; None returns them.
    pos_label : int, float, bool or str, default=1
        The positive class of two; for more classes or labels it must be 1.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import average_precision_score
    >>> round(average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    y_true, y_score = as_target(y_true), check_scores(as_target(y_score))
    check_rows(y_true, y_score)
    weight = check_weight(sample_weight, y_score)
    several = y_true.ndim == 2 and y_true.shape[1] > 1
    classes = None if several else few_classes(as_column(y_true))
    if classes is not None:
        if len(classes) == 2 and pos_label not in classes.tolist():
            raise ValueError(f"pos_label={pos_label!r} is none of the classes {classes.tolist()}")
        return _average_precision(check_binary(y_true, pos_label), as_column(y_score), weight)
    if pos_label != 1:
        raise ValueError(f"pos_label={pos_label!r} is for two classes; leave it 1 for more")
    if several:
        if refuse_no_labels(y_true) != "multilabel-indicator":
            raise ValueError("y_true of several columns must be label indicators, of 0 and 1")
        positive = check_indicators(y_true, y_score)
    else:
        classes, codes = class_codes(as_column(y_true))
        positive = check_indicators(codes[:, None] == np.arange(len(classes)), y_score)
    return by_column(_average_precision, positive, y_score, weight, average)


@metric("top_k_accuracy", response=("decision_function", "predict_proba"), k=d.integer(1))
def top_k_accuracy_score(y_true, y_score, *, k=2, normalize=True, sample_weight=None, labels=None):
    """Share of the rows whose class is among the k that score highest.

    Of tied scores, those of greater labels come first.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    k : int, default=2
        How many classes a row may name.
    normalize : bool, default=True
        Return the share; False returns the (weighted) number of rows.
    labels : array-like of shape (n_classes,), default=None
        The sorted classes of the columns, if `y_true` lacks some.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import top_k_accuracy_score
    >>> top_k_accuracy_score([0, 1, 2], [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.5, 0.4, 0.1]])
    0.6666666666666666
    """
    y_true, y_score = as_column(as_target(y_true)), check_scores(as_target(y_score))
    check_rows(y_true, y_score)
    weight = check_weight(sample_weight, y_score)
    classes, codes = class_codes(y_true, _check_columns(y_score, labels))
    if y_score.ndim == 2 and y_score.shape[1] == 1:
        y_score = y_score[:, 0]
    n_columns = 2 if y_score.ndim == 1 else y_score.shape[1]
    if len(classes) != n_columns and not (labels is None and len(classes) == 1 and n_columns == 2):
        raise ValueError(
            f"y_score has scores of {n_columns} classes, but there are {len(classes)}: give all "
            "classes in `labels`"
        )
    if y_score.ndim == 2 and n_columns == 2:
        raise ValueError("For two classes y_score needs one column, of the greater label")
    if k >= n_columns:
        warn_undefined(f"k={k} is not less than the {n_columns} classes: every row is right", 3)
    return mean(_in_top(codes, y_score, k), weight, normalize)


def _in_top(codes, y_score, k):
    if y_score.ndim == 1:
        if k > 1:
            return np.ones(len(codes), dtype=bool)
        # Scores in [0, 1] are probabilities, others decisions.
        border = 0.5 if y_score.min() >= 0 and y_score.max() <= 1 else 0
        return (y_score > border) == (codes == 1)
    own = y_score[np.arange(len(codes)), codes][:, None]
    later = np.arange(y_score.shape[1]) > codes[:, None]
    ahead = (y_score > own) | ((y_score == own) & later)
    return np.count_nonzero(ahead, axis=1) < k
