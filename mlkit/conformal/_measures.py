"""How often intervals and sets hold the truth, and how large they are."""

import numpy as np

from .._core.arrays import check_sample_weight


def _ends(intervals):
    intervals = np.asarray(intervals, dtype=np.float64)
    if intervals.ndim < 2 or intervals.shape[-1] != 2:
        raise ValueError(
            f"intervals must have lower and upper ends along the last axis, got shape "
            f"{intervals.shape}"
        )
    return intervals[..., 0], intervals[..., 1]


def _mean(values, sample_weight):
    weight = check_sample_weight(sample_weight, values)
    mean = np.average(values, axis=0, weights=weight)
    return float(mean) if np.ndim(mean) == 0 else mean


def interval_coverage(y_true, intervals, *, sample_weight=None):
    """Share of rows whose y lies between the ends: ``mean(low ≤ y ≤ high)``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
    intervals : array-like of shape (n_samples, 2) or (n_samples, n_outputs, 2)
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float, or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.conformal import interval_coverage
    >>> interval_coverage([1, 2, 3, 4], [[0, 2], [0, 2], [0, 2], [4, 5]])
    0.75
    """
    low, high = _ends(intervals)
    y_true = np.asarray(y_true, dtype=np.float64).reshape(low.shape)
    return _mean(((low <= y_true) & (y_true <= high)).astype(np.float64), sample_weight)


def mean_width(intervals, *, sample_weight=None):
    """Mean of ``high − low``.

    Parameters
    ----------
    intervals : array-like of shape (n_samples, 2) or (n_samples, n_outputs, 2)
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float, or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.conformal import mean_width
    >>> mean_width([[0, 2], [1, 2]])
    1.5
    """
    low, high = _ends(intervals)
    return _mean(high - low, sample_weight)


def interval_score(y_true, intervals, coverage, *, sample_weight=None):
    """Mean of ``high − low + 2 / (1 − c) · (distance of y from the interval)``; less is better.

    It is least in expectation for the quantiles ``(1 − c) / 2`` and ``(1 + c) / 2`` of y.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
    intervals : array-like of shape (n_samples, 2) or (n_samples, n_outputs, 2)
    coverage : float
        The probability with which they were to hold y.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float, or ndarray of shape (n_outputs,)

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
    estimation. JASA 102.

    Examples
    --------
    >>> from mlkit.conformal import interval_score
    >>> round(interval_score([1.0, 3.0], [[0, 2], [0, 2]], 0.5), 6)
    4.0
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage must lie between 0 and 1, got {coverage!r}")
    low, high = _ends(intervals)
    y_true = np.asarray(y_true, dtype=np.float64).reshape(low.shape)
    outside = np.maximum(low - y_true, 0) + np.maximum(y_true - high, 0)
    return _mean(high - low + 2 / (1 - coverage) * outside, sample_weight)


def set_coverage(y_true, sets, classes, *, sample_weight=None):
    """Share of rows whose label is in its set.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
    sets : array-like of bool of shape (n_samples, n_classes)
        As `ConformalClassifier.predict_set` returns.
    classes : array-like of shape (n_classes,)
        The sorted labels of the columns.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.conformal import set_coverage
    >>> set_coverage(["a", "b"], [[True, False], [True, False]], ["a", "b"])
    0.5
    """
    y_true, sets, classes = np.asarray(y_true), np.asarray(sets), np.asarray(classes)
    place = np.searchsorted(classes, y_true).clip(max=len(classes) - 1)
    held = sets[np.arange(len(sets)), place] & (classes[place] == y_true)
    return _mean(held.astype(np.float64), sample_weight)
