"""Scores of columns against a target: χ², F tests, correlations."""

import warnings

import numpy as np

from .._core.arrays import as_float_array, check_X_y
from .._core.domains import array_like, boolean, none, sparse_matrix
from .._core.parallel import n_threads
from .._core.params import checked
from .._core.sparse import issparse
from .._core.targets import encode_labels, type_of_target
from .._engine.mixture.counts import coordinates, moments
from .._engine.native.grouped import grouped_moments, grouped_sums

_FLOATS = (np.float64, np.float32)
# A y of None is refused by the check that says so in the words of every estimator.
_DATA = {"X": array_like | sparse_matrix, "y": array_like | none}


def _threads(X):
    # Waking threads costs about what a pass over this many values does.
    return n_threads() if X.size >= 1 << 17 else 1


# ------------------------------------------------------------------ analysis of variance
def _sparse_groups(X, codes, n_groups):
    """Count, mean and squared deviations of each column in each group of rows."""
    columns, rows, values = coordinates(X)
    cells = codes[rows] * X.shape[1] + columns
    size, shape = n_groups * X.shape[1], (n_groups, X.shape[1])
    count = np.bincount(codes, minlength=n_groups).astype(np.float64)
    mean = np.bincount(cells, values, size).reshape(shape) / count[:, None]
    away = values - mean.reshape(-1)[cells]
    stored = np.bincount(cells, minlength=size).reshape(shape)
    scatter = np.bincount(cells, away * away, size).reshape(shape)
    return count, mean, scatter + (count[:, None] - stored) * mean * mean


def _f_test(count, mean, scatter):
    """F statistic and p-value from the moments of groups.

    ``F = Σₖ nₖ(mₖ − m)² / (K − 1) ÷ Σₖ scatterₖ / (n − K)``.
    """
    from scipy.special import fdtrc

    n_rows, n_groups = count.sum(), len(count)
    overall = (count[:, None] * mean).sum(axis=0) / n_rows
    between = (count[:, None] * (mean - overall) ** 2).sum(axis=0) / (n_groups - 1)
    within = scatter.sum(axis=0) / (n_rows - n_groups)
    constant = np.flatnonzero(within == 0)
    if len(constant) and not between.all():
        warnings.warn(f"Features {constant} are constant.", UserWarning, stacklevel=3)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = between / within
    return statistic, fdtrc(n_groups - 1, n_rows - n_groups, statistic)


def f_oneway(*args):
    """One-way analysis of variance: whether groups have the same mean, column by column.

    ``F = Σₖ nₖ(mₖ − m)² / (K − 1) ÷ Σₖ Σᵢ (xᵢ − mₖ)² / (n − K)`` over K groups of means mₖ.

    Parameters
    ----------
    *args : {array-like, sparse matrix}
        The rows of each group, with the same columns; a vector is a column.

    Returns
    -------
    f_statistic : ndarray of shape (n_features,)
    p_value : ndarray of shape (n_features,)

    Raises
    ------
    ValueError
        For fewer than two groups.

    Examples
    --------
    >>> from mlkit.feature_selection import f_oneway
    >>> f, p = f_oneway([[1.0], [2.0]], [[4.0], [5.0]])
    >>> f.round(3), p.round(3)
    (array([18.]), array([0.051]))
    """
    if len(args) < 2:
        raise ValueError(f"f_oneway compares groups: got {len(args)}, it takes 2 at least")
    groups = [as_float_array(each, copy=False) for each in args]
    groups = [each.reshape(-1, 1) if each.ndim == 1 else each for each in groups]
    found = [moments(each if not issparse(each) else each.tocsr()) for each in groups]
    count = np.array([each.shape[0] for each in groups], dtype=np.float64)
    mean, squares = (
        np.array(part) for part in zip(*((f.mean, f.squares) for f in found), strict=True)
    )
    return _f_test(count, mean, squares)


@checked(**_DATA)
def f_classif(X, y):
    """F statistic of each column over classes: `f_oneway` of the rows of each class.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Classes.

    Returns
    -------
    f_statistic : ndarray of shape (n_features,)
    p_values : ndarray of shape (n_features,)

    Warns
    -----
    UserWarning
        If columns are constant, for which there is no F.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import f_classif
    >>> f_classif(*load_iris(return_X_y=True))[0].round(1)
    array([ 119.3,   49.2, 1180.2,  960. ])
    """
    X, y = check_X_y(X, y, accept_sparse=["csr", "csc"])
    classes, codes = encode_labels(y)
    if len(classes) < 2:
        raise ValueError(f"f_classif compares classes: y has one class, {classes[0]}")
    if issparse(X):
        found = _sparse_groups(X, codes, len(classes))
    else:
        found = grouped_moments(X, codes, len(classes), n_threads=_threads(X))
    return _f_test(*found)


# -------------------------------------------------------------------------- χ²
def _class_sums(X, y):
    """Sums of the columns of X over the rows of each class, and the share of each class."""
    if y.ndim == 2 and type_of_target(y).startswith("multilabel"):
        indicators = np.asarray(y, dtype=np.float64)
        return np.asarray((X.T @ indicators).T), indicators.mean(axis=0)
    classes, codes = encode_labels(y.reshape(-1))
    n_classes = len(classes)
    share = np.bincount(codes, minlength=n_classes) / len(codes)
    if not issparse(X):
        return grouped_sums(X, codes, n_classes, n_threads=_threads(X)), share
    columns, rows, values = coordinates(X)
    cells = codes[rows] * X.shape[1] + columns
    return np.bincount(cells, values, n_classes * X.shape[1]).reshape(n_classes, -1), share


@checked(**_DATA)
def chi2(X, y):
    """χ² statistic of each column of counts over classes: ``Σₖ (oₖ − eₖ)² / eₖ``.

    oₖ is the sum of the column in class k, eₖ what it would be if the column did not depend on
    the class: its sum times the share of the class.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Counts or frequencies, not negative.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Classes, or indicators of labels.

    Returns
    -------
    chi2 : ndarray of shape (n_features,)
    p_values : ndarray of shape (n_features,)

    Raises
    ------
    ValueError
        If an entry of X is negative.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import chi2
    >>> chi2(*load_iris(return_X_y=True))[0].round(2)
    array([ 10.82,   3.71, 116.31,  67.05])
    """
    from scipy.special import chdtrc

    X, y = check_X_y(X, y, accept_sparse=["csr", "csc"], dtype=_FLOATS, multi_output=True)
    least = (X.data if issparse(X) else X).min(initial=0)
    if least < 0:
        raise ValueError(f"Input X must be non-negative; chi2 takes counts, and X has {least}")
    if issparse(y):
        y = y.toarray()
    observed, share = _class_sums(X, y)
    if len(share) == 1:  # no other class was met: its part is 0 of 0
        observed, share = np.vstack([observed, 0 * observed]), np.append(share, 0.0)
    # Labels overlap, classes part the rows.
    total = observed.sum(axis=0) if y.ndim == 1 else np.asarray(X.sum(axis=0)).reshape(-1)
    expected = share[:, None] * total
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = ((observed - expected) ** 2 / expected).sum(axis=0)
    return statistic, chdtrc(len(share) - 1, statistic)


# ------------------------------------------------------------------------ correlation
@checked(**_DATA, center=boolean, force_finite=boolean)
def r_regression(X, y, *, center=True, force_finite=True):
    """Pearson's correlation of each column with y: ``Σ x̃ᵢỹᵢ / √(Σ x̃ᵢ² Σ ỹᵢ²)``, x̃ = x − x̄.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    center : bool, default=True
        False takes the columns and y as they are: the cosine.
    force_finite : bool, default=True
        0 where the correlation is not defined, for a constant column or y, instead of NaN.

    Returns
    -------
    ndarray of shape (n_features,)

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.feature_selection import r_regression
    >>> r_regression(*load_diabetes(return_X_y=True))[:3].round(3)
    array([0.188, 0.043, 0.586])
    """
    X, y = check_X_y(X, y, accept_sparse=["csr", "csc"], dtype=np.float64, y_numeric=True)
    y = y.astype(np.float64)
    found = moments(X)
    if center:
        y = y - y.mean()
        squares = found.squares
    else:
        squares = found.squares + found.count * found.mean**2
    # With y centred the means of X drop out of the product.
    product = np.asarray(X.T @ y).reshape(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = product / np.sqrt(squares) / np.linalg.norm(y)
    # The product with a constant column is 0 but for rounding: without this, ±infinity.
    unknown = (squares == 0) | ~np.isfinite(correlation)
    correlation[unknown] = 0.0 if force_finite else np.nan
    return correlation


@checked(**_DATA, center=boolean, force_finite=boolean)
def f_regression(X, y, *, center=True, force_finite=True):
    """F statistic of the regression of y on each column: ``F = r²/(1 − r²) · (n − 2)``.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    center : bool, default=True
        False fits lines through the origin, with n − 1 degrees of freedom.
    force_finite : bool, default=True
        F = 0 and p = 1 where a column or y is constant, the greatest number and p = 0 where the
        correlation is perfect, instead of NaN and infinity.

    Returns
    -------
    f_statistic : ndarray of shape (n_features,)
    p_values : ndarray of shape (n_features,)

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.feature_selection import f_regression
    >>> f_regression(*load_diabetes(return_X_y=True))[0][:3].round(2)
    array([ 16.1 ,   0.82, 230.65])
    """
    from scipy.special import fdtrc

    r2 = r_regression(X, y, center=center, force_finite=force_finite) ** 2
    freedom = np.size(y) - (2 if center else 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = r2 / (1 - r2) * freedom
    p = fdtrc(1, freedom, statistic)
    if force_finite:
        perfect, unknown = np.isinf(statistic), np.isnan(statistic)
        statistic[perfect], p[perfect] = np.finfo(np.float64).max, 0.0
        statistic[unknown], p[unknown] = 0.0, 1.0
    return statistic, p
