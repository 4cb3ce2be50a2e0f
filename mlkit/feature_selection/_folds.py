"""Folds for what users pass as ``cv``; the selectors that cross-validate cut X once."""

import numbers
import warnings

import numpy as np

from .._core.arrays import indexable, num_samples
from .._core.targets import type_of_target
from .._engine.evaluate import folds


def cut(cv, X, y, classifier, **params):
    """Train and test rows of each fold, in a list.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        An int is a number of folds, stratified for a classifier with classes as y; None is 5;
        an iterable yields train and test rows.
    X, y : data
    classifier : bool
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
    if cv is None or isinstance(cv, numbers.Integral):
        return _numbered(5 if cv is None else cv, X, y, classifier)
    if isinstance(cv, str):
        raise ValueError(f"cv={cv!r}: must be an int, a splitter, an iterable of rows, or None")
    if hasattr(cv, "split"):
        return list(cv.split(*indexable(X, y), **params))
    return list(cv)


def _numbered(n_folds, X, y, classifier):
    n_rows = num_samples(X)
    if isinstance(n_folds, bool) or not 2 <= n_folds <= n_rows:
        raise ValueError(
            f"cv={n_folds!r}: the number of folds must be from 2 to that of rows, "
            f"n_samples={n_rows}"
        )
    if classifier and y is not None and type_of_target(y) in ("binary", "multiclass"):
        _check_counts(np.unique(y, return_counts=True)[1], n_folds)
        fold = folds.stratified(np.ravel(y), n_folds)
    else:
        fold = folds.contiguous(n_rows, n_folds)
    rows = np.arange(n_rows)
    return [(rows[fold != k], rows[fold == k]) for k in range(n_folds)]


def _check_counts(counts, n_folds):
    if counts.max() < n_folds:
        raise ValueError(f"cv={n_folds} is greater than the number of members in each class")
    if counts.min() < n_folds:
        warnings.warn(
            f"cv={n_folds}: the smallest class has only {counts.min()} row(s), so that some "
            "folds lack it",
            UserWarning,
            stacklevel=5,
        )
