"""Folds for whatever a user passes as ``cv``: the one place where it is understood."""

import numbers
import warnings

import numpy as np

from ..._core.arrays import indexable, num_samples
from ..._core.targets import type_of_target
from .folds import class_counts, contiguous, pairs, stratified

DEFAULT = 5


def number_of_folds(cv):
    """The number that an int or None stands for; None for a splitter or an iterable.

    Raises
    ------
    ValueError
        For what is none of these.
    """
    if cv is None:
        return DEFAULT
    if isinstance(cv, numbers.Integral):
        return cv
    if isinstance(cv, str) or not (hasattr(cv, "split") or hasattr(cv, "__iter__")):
        raise ValueError(
            f"cv={cv!r}: must be an int, a splitter such as KFold, an iterable of train and test "
            "rows, or None"
        )
    return None


def shares_classes(y, classifier):
    """Whether the folds of a number are stratified: y holds one class a row."""
    return classifier and y is not None and type_of_target(y) in ("binary", "multiclass")


def check_class_counts(counts, n_folds, asked):
    """Raise if no class has a row for each fold, warn if a class has not.

    Parameters
    ----------
    counts : ndarray of int
        Rows of each class.
    n_folds : int
    asked : str
        How the user asked for them: ``"cv=5"``.
    """
    if counts.max() < n_folds:
        raise ValueError(
            f"{asked} cannot be greater than the number of members in each class: the largest "
            f"has {counts.max()} rows; use fewer folds"
        )
    if counts.min() < n_folds:
        warnings.warn(
            f"{asked}: the smallest class has only {counts.min()} row(s), so that some folds "
            "lack it",
            UserWarning,
            stacklevel=5,
        )


def split_rows(cv, X, y=None, *, classifier=False, **params):
    """Train and test rows of each fold, in a list.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        An int is a number of folds in the order of the rows, stratified for a classifier with
        classes as y; None is 5; an iterable yields train and test rows.
    X, y : data
        What a splitter is given.
    classifier : bool, default=False
    **params : dict
        Passed to the splitter: groups.

    Returns
    -------
    list of (train, test)

    Raises
    ------
    ValueError
        For anything else, or more folds than rows, or than members of every class.
    """
    n_folds = number_of_folds(cv)
    if n_folds is not None:
        return list(pairs(_numbered(n_folds, X, y, classifier), n_folds))
    if hasattr(cv, "split"):
        return list(cv.split(*indexable(X, y), **params))
    return [(np.asarray(train), np.asarray(test)) for train, test in cv]


def _numbered(n_folds, X, y, classifier):
    """The fold in which each row is tested."""
    n_rows, asked = num_samples(X), f"cv={n_folds!r}"
    if isinstance(n_folds, bool) or n_folds < 2:
        raise ValueError(f"{asked}: the number of folds must be 2 or more")
    if n_folds > n_rows:
        raise ValueError(
            f"{asked}: cannot be greater than the number of rows, n_samples={n_rows}; use fewer "
            "folds"
        )
    if not shares_classes(y, classifier):
        return contiguous(n_rows, n_folds)
    labels = np.ravel(y)
    check_class_counts(class_counts(labels), n_folds, asked)
    return stratified(labels, n_folds)
