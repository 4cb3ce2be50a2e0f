"""Means of a target by category, shrunk towards the mean of all rows."""

import numpy as np

from .moments import fold_moments, leave_out


def shrunken_means(codes, n_categories, y, smooth=None):
    """Mean of `y` in each category, drawn towards the mean of all rows.

    With n rows, mean m and variance s² of y in a category and m₀, s₀² of all rows the result is
    ``(n·m + a·m₀) / (n + a)``. The weight a is `smooth`, or by empirical Bayes ``s² / s₀²``
    (D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems", SIGKDD Explorations 3, 2001).

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Negative for no category.
    n_categories : int
    y : ndarray of float64, shape (n_rows,)
    smooth : float, optional
        None is empirical Bayes.

    Returns
    -------
    ndarray of float64, shape (n_categories,)
        m₀ for a category without rows.

    Examples
    --------
    >>> import numpy as np
    >>> shrunken_means(np.array([0, 0, 1]), 2, np.array([0.0, 3.0, 6.0]), smooth=1.0)
    array([2. , 4.5])
    """
    return shrink(category_moments(codes, n_categories, y), y.mean(), y.var(), smooth)


def category_moments(codes, n_categories, y):
    """Rows, mean and sum of squared deviations of `y` in each category, as rows of an array.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Negative for no category.
    n_categories : int
    y : ndarray of float64, shape (n_rows,)

    Returns
    -------
    ndarray of float64, shape (3, n_categories)
        The mean of a category without rows is 0.
    """
    return fold_moments([codes], [0, n_categories], [y])[0, 0]


def cross_fitted(codes, offsets, targets, fold, n_folds, smooth=None, n_threads=1):
    """Shrunken means of each target in each category over the rows of the other folds.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_columns, n_rows)
    offsets : ndarray of int64, shape (n_columns + 1,)
        Where the categories of each column begin among all.
    targets : ndarray of float64, shape (n_targets, n_rows)
    fold : ndarray of int32, shape (n_rows,)
    n_folds : int
    smooth : float, optional
        As of `shrunken_means`.
    n_threads : int, default 1

    Returns
    -------
    tables : ndarray of float64, shape (n_targets, n_folds, n_categories)
    means : ndarray of float64, shape (n_targets, n_folds)
        Of all rows of the other folds.
    """
    other = leave_out(fold_moments(codes, offsets, targets, fold, n_folds, n_threads=n_threads))
    everything = np.zeros((1, codes.shape[1]), dtype=np.int32)
    overall = leave_out(fold_moments(everything, [0, 1], targets, fold, n_folds))
    count, mean, within = np.moveaxis(overall, 2, 0)
    variance = within / np.maximum(count, 1)
    return shrink(np.moveaxis(other, 2, 0), mean, variance, smooth), mean[:, :, 0]


def merge_moments(moments, more):
    """Moments, as of `category_moments`, of both samples together (Chan et al., 1983)."""
    (n, mean, within), (n_more, other, its_within) = moments, more
    count = n + n_more
    share = n_more / np.maximum(count, 1)
    gap = other - mean
    return np.array([count, mean + gap * share, within + its_within + gap * gap * n * share])


def shrink(moments, overall, variance, smooth=None):
    """The means of categories drawn towards the `overall` one; see `shrunken_means`."""
    count, mean, within = moments
    if smooth is not None:
        means = count * mean + smooth * overall
        weight = count + smooth
        return np.divide(means, weight, out=np.full_like(means, overall), where=weight > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = variance * count / (variance * count + within / count)
        means = share * mean + (1 - share) * overall
    return np.where(np.isnan(means), overall, means)
