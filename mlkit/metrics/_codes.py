"""Labels as codes of their sorted classes.

Whole numbers become codes by their offset from the smallest one where the range is small, so
that `numpy.bincount` counts a million rows in one pass; others are sorted, and words hashed.
"""

from threading import Thread

import numpy as np

from .._core.finite import assert_all_finite
from .._core.parallel import n_threads
from .._core.targets import encode_labels, type_of_target
from .._engine.encode.factorize import factorize_objects, factorize_rows

# Up to here a table of all pairs of codes costs less than sorting the labels: cells are
# zeroed and read once, at a few ns each, where a sort takes tens of ns a row.
_MOST_CELLS = 1 << 20
_FREE_CELLS = 1 << 12
# With fewer words one dictionary of them is quicker than a table for each column.
_FEW_WORDS = 1000
# Differences from a larger offset might not fit the codes' signed type.
_MOST_OFFSET = 1 << 62


def encode_pair(y_true, y_pred):
    """Return the sorted classes of both label vectors, and each vector as codes of them."""
    n = y_true.shape[0]
    words = y_true.dtype.kind in "OU" or y_pred.dtype.kind in "OU"
    if not words or n < _FEW_WORDS or {y_true.dtype.kind, y_pred.dtype.kind} - {"O", "U"}:
        both = np.concatenate([y_true, y_pred])
        classes, codes = encode_words(both) if words else _encode_numbers(both)
        return classes, codes[:n], codes[n:]
    (true_words, true), (predicted_words, predicted) = _both_numbered(y_true, y_pred)
    classes, place = encode_labels(np.concatenate([true_words, predicted_words]))
    return classes, place[: len(true_words)][true], place[len(true_words) :][predicted]


def _encode_numbers(y):
    return np.unique(y, return_inverse=True)


def encode_words(y):
    """Return the sorted distinct words of y, and each row's place among them."""
    if y.shape[0] < _FEW_WORDS or y.dtype.kind not in "OU":
        return encode_labels(y)
    words, codes = _numbered(y)
    classes, place = encode_labels(words)
    return classes, place[codes]


def _both_numbered(y_true, y_pred):
    """`_numbered` of both; arrays of characters at the same time, objects hold the lock."""
    if {y_true.dtype.kind, y_pred.dtype.kind} != {"U"} or n_threads() < 2:
        return _numbered(y_true), _numbered(y_pred)
    found = []
    other = Thread(target=lambda: found.append(_numbered(y_pred)))
    other.start()
    own = _numbered(y_true)
    other.join()
    return own, found[0]


def _numbered(y):
    """Distinct words of y in the order in which they are met, and each row's number."""
    if y.dtype.kind == "O":
        codes, found = factorize_objects(y)
        words = np.empty(len(found), dtype=object)
        words[:] = found
        return words, codes
    characters = np.ascontiguousarray(y).view(np.uint8).reshape(y.shape[0], -1)
    codes, first = factorize_rows(characters)
    return y[first], codes


def small_range(y_true, y_pred):
    """Smallest label and width of the range if a table over it is cheap, else None."""
    kinds = y_true.dtype.kind + y_pred.dtype.kind
    if kinds == "bb":
        return 0, 2
    if not {*kinds} <= {"i", "u", "b"}:
        return None
    low = min(int(np.minimum.reduce(y_true)), int(np.minimum.reduce(y_pred)))
    width = max(int(np.maximum.reduce(y_true)), int(np.maximum.reduce(y_pred))) - low + 1
    if abs(low) > _MOST_OFFSET:
        return None
    cells = width * width
    if cells <= _FREE_CELLS or cells <= min(y_true.shape[0], _MOST_CELLS):
        return low, width
    return None


def class_codes(y_true, labels=None):
    """Return the sorted classes of a target (those of `labels` if given), and its codes.

    Of label indicators the classes are the columns, and the codes the indicators themselves.
    """
    if (y_true.ndim == 2 and y_true.shape[1] > 1) or hasattr(y_true, "tocsr"):
        return _indicator_codes(y_true, labels)
    if y_true.ndim == 2:
        y_true = y_true[:, 0]
    if y_true.dtype.kind not in "biuU":
        refuse_no_labels(y_true)
    if labels is not None:
        return _codes_among(y_true, np.unique(np.asarray(labels)))
    if y_true.dtype.kind in "OU":
        return encode_words(y_true)
    span = small_range(y_true, y_true)
    if span is None:
        return _encode_numbers(y_true)
    low, width = span
    codes = np.subtract(y_true, low, dtype=np.intp, casting="unsafe")
    seen = np.bincount(codes, minlength=width) > 0
    if not seen.all():
        codes = (np.cumsum(seen) - 1)[codes]
    classes = np.flatnonzero(seen)
    return (classes.astype(bool) if y_true.dtype.kind == "b" else classes + low), codes


def refuse_no_labels(y):
    """Raise for a target of numbers that are no class labels."""
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y_true")
    kind = type_of_target(y, input_name="y_true")
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"Unknown label type: {kind}; class labels or label indicators are needed")
    return kind


def _indicator_codes(y_true, labels):
    if refuse_no_labels(y_true) != "multilabel-indicator":
        raise ValueError("A target of several columns must be label indicators, of 0 and 1")
    if hasattr(y_true, "tocsr"):
        y_true = y_true.toarray()
    n_columns = y_true.shape[1]
    classes = np.arange(n_columns) if labels is None else np.unique(np.asarray(labels))
    return classes, (y_true != 0).astype(np.int8)


def _codes_among(y_true, classes):
    if y_true.dtype.kind in "OU" or classes.dtype.kind in "OU":
        found, codes = class_codes(y_true)
        codes = positions_of(found, classes)[codes]
    else:
        codes = np.searchsorted(classes, y_true).clip(max=len(classes) - 1)
        codes[classes[codes] != y_true] = -1
    if codes.min() < 0:
        strange = sorted({*y_true[codes < 0].tolist()})
        raise ValueError(f"y_true has {strange}, which labels={classes.tolist()} do not name")
    return classes, codes


def positions_of(labels, classes):
    """Position of each label among the sorted `classes`, −1 where it is not."""
    place = {label: i for i, label in enumerate(classes.tolist())}
    labels = np.asarray(labels)
    return np.asarray([place.get(label, -1) for label in labels.tolist()], dtype=np.intp)


def check_columns(labels, n_columns):
    """Columns of an indicator matrix as `labels` name them."""
    labels = np.asarray(labels)
    wrong = labels[(labels < 0) | (labels >= n_columns)]
    if wrong.size:
        raise ValueError(
            f"Labels of indicators are their columns: labels has {wrong[0]}, but there are "
            f"{n_columns} columns"
        )
    return labels.astype(np.intp)


def few_classes(y):
    """Sorted classes of a label vector if there are at most two, else None."""
    if y.dtype.kind == "b":
        return np.unique(y)
    if y.dtype.kind in "iu":
        low, high = np.minimum.reduce(y), np.maximum.reduce(y)
        if low == high:
            return np.array([low])
        n_known = np.count_nonzero(y == low) + np.count_nonzero(y == high)
        return np.array([low, high]) if n_known == y.shape[0] else None
    refuse_no_labels(y)
    classes = class_codes(y)[0] if y.dtype.kind in "OU" else np.unique(y)
    return classes if len(classes) <= 2 else None


def check_binary(y_true, pos_label=None):
    """Boolean array of the rows of the positive class of a binary target.

    `pos_label` is 1 by default, for labels in {0, 1} or {−1, 1} only; if it is given, all other
    classes together are the negative one.
    """
    if y_true.ndim == 2 and y_true.shape[1] == 1:
        y_true = y_true[:, 0]
    if y_true.ndim != 1:
        raise ValueError("multilabel-indicator format is not supported: one label a row is needed")
    classes = few_classes(y_true)
    if pos_label is None:
        if classes is None:
            raise ValueError("multiclass format is not supported: give two classes, or pos_label")
        pos_label = positive_label(classes)
        if classes.dtype.kind == "b":
            return y_true
    return np.asarray(y_true == pos_label)


def has_plain_sign(classes):
    """Whether the labels are of {0, 1} or {−1, 1}."""
    labels = {*classes.tolist()}
    return classes.dtype.kind not in "OUS" and (labels <= {0, 1} or labels <= {-1, 1})


def positive_label(classes):
    """1, if that is plainly the positive one of at most two classes."""
    if not has_plain_sign(classes):
        raise ValueError(
            f"Which of the classes {classes.tolist()} is the positive one? Pass pos_label (it is 1 "
            "only for labels in {0, 1} or {-1, 1})"
        )
    return 1
