"""The table of precision, recall, F1 and support of each class."""

import warnings

import numpy as np

from .._core import domains as d
from ._classification import count, shares
from ._core import metric

_HEADERS = ("precision", "recall", "f1-score", "support")


@metric(target_names=d.array_like | d.none, digits=d.integer(0), output_dict=d.boolean)
def classification_report(
    y_true,
    y_pred,
    *,
    labels=None,
    target_names=None,
    sample_weight=None,
    digits=2,
    output_dict=False,
    zero_division="warn",
):
    """Precision, recall, F1 and number of rows of each class, and their averages, as text.

    Parameters
    ----------
    target_names : array-like of shape (n_classes,), default=None
        Names of the classes, in the order of `labels`.
    digits : int, default=2
        Decimals shown.
    output_dict : bool, default=False
        Return a dict, of unrounded numbers, in place of text.

    Returns
    -------
    str or dict
        Accuracy is given if all classes are in the table, for one label a row; the average over
        all counts ("micro avg") otherwise, and the one over rows for label indicators.

    Examples
    --------
    >>> from mlkit.metrics import classification_report
    >>> print(classification_report([0, 1, 1], [0, 1, 0], target_names=["ham", "spam"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
             ham       0.50      1.00      0.67         1
            spam       1.00      0.50      0.67         2
    <BLANKLINE>
        accuracy                           0.67         3
       macro avg       0.75      0.75      0.67         3
    weighted avg       0.83      0.67      0.67         3
    <BLANKLINE>
    """
    counts, weight = count(y_true, y_pred, sample_weight, labels, None)
    shown = counts.classes if labels is None else np.asarray(labels)
    names = _names(shown, target_names, given=labels is not None)
    body = shares(counts, weight, None, zero_division, warn_for=("precision", "recall", "f-score"))
    rows = {name: values for name, *values in zip(names, *body, strict=False)}
    averages = {}
    support = counts.true.sum()
    complete = not counts.multilabel and {*counts.classes.tolist()} <= {*shown.tolist()}
    if complete:
        averages["accuracy"] = counts.hits.sum() / support if support else 0.0
    wanted = ["macro", "weighted"] if complete else ["micro", "macro", "weighted"]
    parts = dict.fromkeys(wanted, (counts, weight))
    if counts.multilabel:
        parts["samples"] = count(y_true, y_pred, sample_weight, labels, "samples")
    for average, (part, part_weight) in parts.items():
        three = shares(part, part_weight, average, zero_division, warn_for=_warned(average))[:3]
        averages[f"{average} avg"] = [*three, support]
    if output_dict:
        return _as_dict(rows, averages)
    return _as_text(rows, averages, support, digits)


def _warned(average):
    # What is 0 / 0 for a class has been said; rows are another matter.
    return ("precision", "recall", "f-score") if average == "samples" else ()


def _names(shown, target_names, given):
    if target_names is None:
        return [str(label) for label in shown.tolist()]
    if len(target_names) != len(shown):
        message = f"target_names has {len(target_names)} names for the {len(shown)} classes"
        if not given:
            raise ValueError(f"{message} that occur: give the classes in `labels`")
        warnings.warn(message, UserWarning, stacklevel=4)
    return [str(name) for name in target_names]


def _as_dict(rows, averages):
    report = {}
    for name, values in {**rows, **averages}.items():
        if isinstance(values, list):
            numbers = (float(value) for value in values)
            report[name] = dict(zip(_HEADERS, numbers, strict=True))
        else:
            report[name] = float(values)
    return report


def _as_text(rows, averages, support, digits):
    width = max([*(len(name) for name in [*rows, *averages]), len("weighted avg"), digits])
    lines = [" " * width + " " + "".join(f" {header:>9}" for header in _HEADERS), ""]
    for block in (rows, averages):
        for name, values in block.items():
            if name == "accuracy" and not isinstance(values, list):
                cells = " " * 20 + f" {values:>9.{digits}f} {support:>9}"
            else:
                cells = "".join(f" {value:>9.{digits}f}" for value in values[:3])
                cells += f" {values[3]:>9}"
            lines.append(f"{name:>{width}} {cells}")
        lines.append("")
    return "\n".join(lines)
