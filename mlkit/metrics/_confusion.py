"""Counts behind every metric of labels: who is what, and who was taken for what."""

from dataclasses import dataclass

import numpy as np

from ._codes import encode_pair, small_range

# Rows counted at a time: codes and cells of a block stay in the second-level cache.
_BLOCK = 1 << 15


@dataclass
class Counts:
    """For each class (or, of label indicators, for each column or row): how many ...

    hits are it and were predicted it, true are it, predicted were predicted it; of ``total``.
    """

    hits: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    total: object
    classes: np.ndarray
    multilabel: bool = False

    def take(self, positions):
        """Counts of the classes at `positions`; −1 stands for a class without rows."""
        absent = positions < 0
        parts = [part[positions] for part in (self.hits, self.true, self.predicted)]
        if absent.any():
            for part in parts:
                part[absent] = 0
        return Counts(*parts, self.total, self.classes, self.multilabel)


def _count_pairs(y_true, y_pred, low, width, weight=None):
    """Table of the (weighted) number of rows for each pair of labels in [low, low + width)."""
    table = np.zeros(width * width, dtype=np.intp if weight is None else float)
    for start in range(0, y_true.shape[0], _BLOCK):
        rows = slice(start, start + _BLOCK)
        cell = np.subtract(y_true[rows], low, dtype=np.intp, casting="unsafe")
        cell *= width
        cell += np.subtract(y_pred[rows], low, dtype=np.intp, casting="unsafe")
        part = None if weight is None else weight[rows]
        table += np.bincount(cell, part, width * width)
    return table.reshape(width, width)


def cross_table(y_true, y_pred, weight=None):
    """Return the sorted classes and the table ``C[i, j] = Σ w [y = i, ŷ = j]``."""
    span = small_range(y_true, y_pred)
    if span is None:
        classes, y_true, y_pred = encode_pair(y_true, y_pred)
        return classes, _count_pairs(y_true, y_pred, 0, len(classes), weight)
    low, width = span
    table = _count_pairs(y_true, y_pred, low, width)
    seen = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    if weight is not None:
        table = _count_pairs(y_true, y_pred, low, width, weight)
    if seen.shape[0] < width:
        table = table[np.ix_(seen, seen)]
    if y_true.dtype.kind == y_pred.dtype.kind == "b":
        return seen.astype(bool), table
    return seen + low, table


def count_classes(y_true, y_pred, weight=None):
    """`Counts` of each class of two label vectors."""
    total = y_true.shape[0] if weight is None else np.add.reduce(weight)
    if small_range(y_true, y_pred) is not None:
        classes, table = cross_table(y_true, y_pred, weight)
        return Counts(table.diagonal(), table.sum(axis=1), table.sum(axis=0), total, classes)
    classes, true, predicted = encode_pair(y_true, y_pred)
    n = len(classes)
    if n * n <= _BLOCK:
        table = _count_pairs(true, predicted, 0, n, weight)
        return Counts(table.diagonal(), table.sum(axis=1), table.sum(axis=0), total, classes)
    right = true == predicted
    parts = [
        np.bincount(true[right], None if weight is None else weight[right], n),
        np.bincount(true, weight, n),
        np.bincount(predicted, weight, n),
    ]
    return Counts(*parts, total, classes)


def count_indicators(y_true, y_pred, weight=None, axis=0, columns=None):
    """`Counts` of each column (``axis=0``) or each row (``axis=1``) of two indicator matrices.

    Weights are those of rows, and enter the counts of columns only.
    """
    if columns is not None:
        y_true, y_pred = y_true[:, columns], y_pred[:, columns]
    n_rows, n_columns = y_true.shape
    both = y_true.multiply(y_pred) if hasattr(y_true, "multiply") else y_true & y_pred
    if axis == 1:
        total, weight = n_columns, None
    else:
        total = n_rows if weight is None else np.add.reduce(weight)
    parts = [_total(part, axis, weight) for part in (both, y_true, y_pred)]
    return Counts(*parts, total, np.arange(n_columns), multilabel=True)


def _total(indicator, axis, weight):
    if weight is None:
        return np.asarray(indicator.sum(axis=axis, dtype=np.intp)).ravel()
    if hasattr(indicator, "tocsr"):
        return indicator.T @ weight
    return np.add.reduce(indicator * weight[:, None], axis=0)
