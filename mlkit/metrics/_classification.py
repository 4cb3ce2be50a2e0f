"""Scores of predicted labels: accuracy, confusion tables, precision, recall, F and Jaccard."""

import warnings
from functools import partial

import numpy as np

from .._core import domains as d
from .._core.scores import same_rows
from ._codes import check_columns, positions_of
from ._confusion import Counts, count_classes, count_indicators, cross_table
from ._core import average_over, check_labels, mean, metric, warn_undefined

_AVERAGES = ("micro", "macro", "samples", "weighted")
_average = d.one_of("micro", "macro", "samples", "weighted", "binary") | d.none


def _by_average(name):
    return {
        name: {"average": "binary"},
        **{f"{name}_{a}": {"pos_label": None, "average": a} for a in _AVERAGES},
    }


@metric("accuracy")
def accuracy_score(y_true, y_pred, *, normalize=True, sample_weight=None):
    """Share of rows predicted right: ``Σ w [y = ŷ] / Σ w``.

    A row of several labels is right when all of them are.

    Parameters
    ----------
    normalize : bool, default=True
        Return the share; False returns the (weighted) number of right rows.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For targets that are no labels, of different kinds, or of different lengths.

    Examples
    --------
    >>> from mlkit.metrics import accuracy_score
    >>> accuracy_score([0, 1, 2, 2], [0, 1, 1, 2])
    0.75
    """
    _, y_true, y_pred, weight = check_labels(y_true, y_pred, sample_weight)
    return mean(same_rows(y_true, y_pred), weight, normalize)


@metric()
def zero_one_loss(y_true, y_pred, *, normalize=True, sample_weight=None):
    """Share of rows predicted wrong: ``Σ w [y ≠ ŷ] / Σ w``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,), or label indicators (n_samples, n_labels)
        True and predicted labels; a row of several labels is right when all of them are.
    normalize : bool, default=True
        Return the share; False returns the (weighted) number of wrong rows.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import zero_one_loss
    >>> zero_one_loss([0, 1, 2, 2], [0, 1, 1, 2])
    0.25
    """
    _, y_true, y_pred, weight = check_labels(y_true, y_pred, sample_weight)
    return mean(~same_rows(y_true, y_pred), weight, normalize)


@metric()
def hamming_loss(y_true, y_pred, *, sample_weight=None):
    """Share of single labels predicted wrong; of label indicators, the share of wrong cells.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,), or label indicators (n_samples, n_labels)
        True and predicted labels.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import hamming_loss
    >>> hamming_loss([[0, 1], [1, 1]], [[0, 0], [0, 0]])
    0.75
    """
    multilabel, y_true, y_pred, weight = check_labels(y_true, y_pred, sample_weight)
    if not multilabel:
        return mean(y_true != y_pred, weight)
    rows = count_indicators(y_true, y_pred, axis=1)
    wrong = rows.true + rows.predicted - 2 * rows.hits
    return mean(wrong / rows.total, weight)


# ---------------------------------------------------------------- tables


@metric(normalize=d.one_of("true", "pred", "all") | d.none)
def confusion_matrix(y_true, y_pred, *, labels=None, sample_weight=None, normalize=None):
    """Table ``C[i, j]`` of how many rows of class i were predicted to be of class j.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    labels : array-like of shape (n_classes,), default=None
        Classes in the order of the rows and columns; rows of other classes are left out. By
        default those that occur, sorted.
    normalize : {"true", "pred", "all"}, default=None
        Divide by the sums of rows, of columns, or of the table; 0 / 0 is 0.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)

    Raises
    ------
    ValueError
        For label indicators, or `labels` of which none is in `y_true`.

    Examples
    --------
    >>> from mlkit.metrics import confusion_matrix
    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    table, _ = class_table(y_true, y_pred, labels, sample_weight)
    if table.shape == (1, 1):
        warnings.warn(
            "Only one class occurs, so the confusion matrix has one cell: name all in `labels`",
            UserWarning,
            stacklevel=3,
        )
    if normalize is None:
        return table
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    total = table.sum(axis=axis, keepdims=True)
    return np.divide(table, total, out=np.zeros(table.shape), where=total != 0)


def class_table(y_true, y_pred, labels=None, sample_weight=None, name="y_true"):
    """Confusion table and its classes; `name` is what the caller calls the rows' side."""
    multilabel, y_true, y_pred, weight = check_labels(y_true, y_pred, sample_weight)
    if multilabel:
        raise ValueError("multilabel-indicator is not supported: see multilabel_confusion_matrix")
    classes, table = cross_table(y_true, y_pred, weight)
    if labels is None:
        return table, classes
    labels = np.asarray(labels)
    if labels.size == 0:
        raise ValueError("labels is empty: name at least one class")
    at = positions_of(labels, classes)
    present = classes[at[at >= 0]]
    if not np.isin(present, y_true).any():
        raise ValueError(f"None of labels={labels.tolist()} occurs in {name}")
    found = table[np.ix_(at, at)]
    found[at < 0, :] = 0
    found[:, at < 0] = 0
    return found, labels


@metric(samplewise=d.boolean)
def multilabel_confusion_matrix(
    y_true, y_pred, *, sample_weight=None, labels=None, samplewise=False
):
    """A table ``[[tn, fp], [fn, tp]]`` for each class against the rest, or for each row.

    Parameters
    ----------
    labels : array-like of shape (n_classes,), default=None
        Classes (of indicators: columns) and their order.
    samplewise : bool, default=False
        A table for each row of the indicators instead of each column.

    Returns
    -------
    ndarray of shape (n_classes, 2, 2) or (n_samples, 2, 2)

    Examples
    --------
    >>> from mlkit.metrics import multilabel_confusion_matrix
    >>> multilabel_confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[[1, 1],
            [0, 1]],
    <BLANKLINE>
           [[1, 0],
            [1, 1]]])
    """
    counts, weight = count(y_true, y_pred, sample_weight, labels, "samples" if samplewise else None)
    wrong, missed = counts.predicted - counts.hits, counts.true - counts.hits
    rest = counts.total - counts.hits - wrong - missed
    cells = np.stack([rest, wrong, missed, counts.hits], axis=1)
    if samplewise and weight is not None:
        cells = cells * weight[:, None]
    return cells.reshape(-1, 2, 2)


# ---------------------------------------------------------------- precision, recall, F, Jaccard


def count(y_true, y_pred, sample_weight, labels, average, pos_label=1):
    """`Counts` of the classes (or rows) that `average` asks for, and the weights of the rows."""
    multilabel, y_true, y_pred, weight = check_labels(y_true, y_pred, sample_weight)
    if multilabel:
        if average == "binary":
            _refuse_binary("label indicators", [*_AVERAGES, None])
        columns = None if labels is None else check_columns(labels, y_true.shape[1])
        axis = 1 if average == "samples" else 0
        return count_indicators(y_true, y_pred, weight, axis, columns), weight
    if average == "samples":
        raise ValueError("Values by sample need label indicators, got one label a row")
    counts = count_classes(y_true, y_pred, weight)
    if average == "binary":
        labels = _positive(counts.classes, pos_label)
    if labels is None:
        return counts, weight
    return counts.take(positions_of(labels, counts.classes)), weight


def _positive(classes, pos_label):
    if len(classes) > 2:
        _refuse_binary("multiclass labels", ["micro", "macro", "weighted", None])
    if len(classes) == 2 and pos_label not in classes.tolist():
        raise ValueError(f"pos_label={pos_label!r} is none of the classes {classes.tolist()}")
    return [pos_label]


def _refuse_binary(kind, choices):
    raise ValueError(f"average='binary' is for two classes, not for {kind}: choose of {choices}")


def _share(part, whole, zero_division, name, missing, average):
    """``part / whole`` where whole is not 0, else `zero_division` (0 and a warning for "warn")."""
    empty = whole == 0
    if not empty.any():
        return part / whole
    if zero_division == "warn":
        zero_division = 0.0
        where = "rows" if average == "samples" else "classes"
        warn_undefined(
            f"{name} is 0 / 0 for {where} with none {missing}; 0 is taken, zero_division sets "
            "another value",
            stacklevel=6,
        )
    return np.divide(part, whole, out=np.full(whole.shape, float(zero_division)), where=~empty)


def _precision(counts, zero_division, average):
    return _share(counts.hits, counts.predicted, zero_division, "Precision", "predicted", average)


def _recall(counts, zero_division, average):
    return _share(counts.hits, counts.true, zero_division, "Recall", "true", average)


def _fbeta(counts, zero_division, average, beta):
    if np.isinf(beta):
        part, whole = counts.hits, counts.true
    else:
        part = (1 + beta**2) * counts.hits
        whole = beta**2 * counts.true + counts.predicted
    return _share(part, whole, zero_division, "F-score", "true or predicted", average)


def _jaccard(counts, zero_division, average):
    union = counts.true + counts.predicted - counts.hits
    return _share(counts.hits, union, zero_division, "Jaccard", "true or predicted", average)


def _totals(counts):
    parts = (part.sum(keepdims=True) for part in (counts.hits, counts.true, counts.predicted))
    return Counts(*parts, counts.total, counts.classes, counts.multilabel)


def _averaged(values, counts, weight, average):
    """One number of the values of classes (or rows)."""
    if average is None:
        return values
    if average in ("binary", "micro"):
        return float(values[0])
    if average == "weighted":
        return average_over(values, counts.true)
    return average_over(values, weight if average == "samples" else None)


def _note_ignored(average, pos_label):
    if average != "binary" and pos_label not in (None, 1):
        warnings.warn(
            f"pos_label={pos_label!r} is ignored since average={average!r}: for one class alone "
            "pass labels=[pos_label]",
            UserWarning,
            stacklevel=5,
        )


def _score(quantity, y_true, y_pred, labels, pos_label, average, sample_weight, zero_division):
    """Precision, recall, F or Jaccard: count, form the quantity, average it."""
    _note_ignored(average, pos_label)
    counts, weight = count(y_true, y_pred, sample_weight, labels, average, pos_label)
    if average == "micro":
        counts = _totals(counts)
    return _averaged(quantity(counts, zero_division, average), counts, weight, average)


@metric(average=_average, variants=_by_average("precision"))
def precision_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Share of the rows predicted positive that are: ``tp / (tp + fp)``.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import precision_score
    >>> precision_score([0, 0, 1, 1], [0, 1, 1, 1])
    0.6666666666666666
    """
    return _score(
        _precision, y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    )


@metric(average=_average, variants=_by_average("recall"))
def recall_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Share of the positive rows that are found: ``tp / (tp + fn)``.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import recall_score
    >>> recall_score([0, 0, 1, 1], [0, 1, 1, 0])
    0.5
    """
    return _score(_recall, y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


@metric(average=_average, variants=_by_average("f1"))
def f1_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Harmonic mean of precision and recall: ``2 tp / (2 tp + fp + fn)``.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import f1_score
    >>> f1_score([0, 0, 1, 1], [0, 1, 1, 1])
    0.8
    """
    return _score(
        partial(_fbeta, beta=1),
        y_true, y_pred, labels, pos_label, average, sample_weight, zero_division,
    )  # fmt: skip


@metric(average=_average, beta=d.at_least(0) | d.one_of(float("inf")))
def fbeta_score(
    y_true,
    y_pred,
    *,
    beta,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Weighted harmonic mean: ``(1 + β²) tp / ((1 + β²) tp + β² fn + fp)``.

    Parameters
    ----------
    beta : float
        Weight of recall against precision: 0 is precision, infinity recall.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import fbeta_score
    >>> fbeta_score([0, 0, 1, 1], [0, 1, 1, 1], beta=0.5)
    0.7142857142857143
    """
    return _score(
        partial(_fbeta, beta=beta),
        y_true, y_pred, labels, pos_label, average, sample_weight, zero_division,
    )  # fmt: skip


@metric(
    average=_average,
    zero_division=d.one_of("warn", 0, 0.0, 1, 1.0),
    variants=_by_average("jaccard"),
)
def jaccard_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Size of the intersection over that of the union: ``tp / (tp + fp + fn)``.

    Parameters
    ----------
    zero_division : {"warn", 0.0, 1.0}, default="warn"
        What 0 / 0 is. "warn" is 0 with a warning.

    Returns
    -------
    float or ndarray of shape (n_classes,)

    Examples
    --------
    >>> from mlkit.metrics import jaccard_score
    >>> jaccard_score([0, 0, 1, 1], [0, 1, 1, 1])
    0.6666666666666666
    """
    return _score(
        _jaccard, y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    )


@metric(average=_average, beta=d.at_least(0) | d.one_of(float("inf")), warn_for=d.iterable)
def precision_recall_fscore_support(
    y_true,
    y_pred,
    *,
    beta=1.0,
    labels=None,
    pos_label=1,
    average=None,
    warn_for=("precision", "recall", "f-score"),
    sample_weight=None,
    zero_division="warn",
):
    """Precision, recall, F-score and number of rows of each class, from one count.

    Parameters
    ----------
    beta : float, default=1.0
        Weight of recall against precision in the F-score.
    warn_for : collection of str
        The quantities for which ``zero_division="warn"`` warns.

    Returns
    -------
    precision, recall, f_score : float or ndarray of shape (n_classes,)
    support : ndarray of shape (n_classes,) or None
        (Weighted) number of rows of each class; None for an average.

    Examples
    --------
    >>> from mlkit.metrics import precision_recall_fscore_support
    >>> precision_recall_fscore_support([0, 0, 1, 1], [0, 1, 1, 1], average="macro")
    (0.8333333333333333, 0.75, 0.7333333333333334, None)
    """
    _note_ignored(average, pos_label)
    counts, weight = count(y_true, y_pred, sample_weight, labels, average, pos_label)
    return shares(counts, weight, average, zero_division, beta, warn_for)


def shares(counts, weight, average, zero_division, beta=1, warn_for=()):
    """Precision, recall, F-score and support of `Counts`."""
    whole = _totals(counts) if average == "micro" else counts
    quantities = {"precision": _precision, "recall": _recall, "f-score": partial(_fbeta, beta=beta)}
    values = []
    for name, quantity in quantities.items():
        silent = zero_division == "warn" and name not in warn_for
        found = quantity(whole, 0 if silent else zero_division, average)
        values.append(_averaged(found, counts, weight, average))
    return *values, (counts.true if average is None else None)
