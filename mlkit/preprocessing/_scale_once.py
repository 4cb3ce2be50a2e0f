"""Scaling of one array, by columns or by rows, without an estimator to keep."""

import warnings

import numpy as np

from .._core.arrays import check_array
from .._core.domains import array_like, boolean, integer, sparse_matrix
from .._core.params import checked
from .._core.sparse import issparse
from .._engine.mixture.counts import moments
from ._scale import (
    FLOATS,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    divisors,
    reduced,
    times_columns,
)

_table = array_like | sparse_matrix
_axis = integer(0, 1)


def _by_axis(scaler, X, axis):
    """Fit `scaler` to the columns (`axis` 0) or the rows of X, one-dimensional X being a column."""
    X = check_array(
        X,
        accept_sparse=["csr", "csc"],
        ensure_2d=False,
        dtype=FLOATS,
        ensure_all_finite="allow-nan",
        input_name="X",
    )
    if X.ndim == 1:
        return scaler.fit_transform(X.reshape(-1, 1)).ravel()
    return scaler.fit_transform(X) if axis == 0 else scaler.fit_transform(X.T).T


@checked(X=_table, axis=_axis, with_mean=boolean, with_std=boolean, copy=boolean)
def scale(X, *, axis=0, with_mean=True, with_std=True, copy=True):
    """Centre to mean 0 and scale to variance 1: ``z = (x − mean) / √variance``.

    NaN is left out of the statistics and kept.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples,)
    axis : {0, 1}, default=0
        0 scales columns, 1 rows.
    with_mean, with_std : bool, default=True
        Whether to subtract the mean, to divide by the standard deviation.
    copy : bool, default=True
        Whether to leave X as it is.

    Returns
    -------
    ndarray or sparse matrix of the shape of X

    Raises
    ------
    ValueError
        If a sparse X is to be centred, or scaled by rows.

    Warns
    -----
    UserWarning
        If the mean is not 0 afterwards, for values are so large, or the deviation so small, that
        floating point cannot tell.

    Examples
    --------
    >>> from mlkit.preprocessing import scale
    >>> scale([1.0, 2.0, 3.0], with_std=False)
    array([-1.,  0.,  1.])
    """
    X = check_array(
        X,
        accept_sparse="csc",
        ensure_2d=False,
        dtype=FLOATS,
        ensure_all_finite="allow-nan",
        estimator="the scale function",
        input_name="X",
    )
    if issparse(X):
        return _scale_sparse(X, axis, with_mean, with_std, copy)
    table = X.reshape(-1, 1) if X.ndim == 1 else X
    table = table if axis == 0 else table.T
    found = moments(table)
    if with_mean:
        table = reduced(table, found.mean, None, copy)
        copy = False
        _centre_again(
            table, "the values may be too large for their mean to be taken: rescale them first"
        )
    if with_std:
        table = reduced(table, None, divisors(np.sqrt(found.variance)), copy)
        if with_mean:
            _centre_again(table, "their standard deviation is too close to 0")
    elif not with_mean and copy:
        table = table.copy()
    return (table if axis == 0 else table.T).reshape(X.shape)


def _centre_again(table, reason):
    """Remove in place what rounding has left of the mean, and warn of it."""
    left = moments(table).mean
    # 1e-8 is what the scaled columns, of size 1, may be off without a word.
    if not np.allclose(left, 0, atol=1e-8):
        warnings.warn(
            "Numerical issues were encountered: after scaling, means of up to "
            f"{np.abs(left).max():g} were left and have been subtracted; {reason}",
            UserWarning,
            stacklevel=3,
        )
        table -= left.astype(table.dtype)


def _scale_sparse(X, axis, with_mean, with_std, copy):
    if with_mean:
        raise ValueError(
            "scale(with_mean=True) cannot center sparse matrices, which would make them dense: "
            "pass with_mean=False"
        )
    if axis != 0:
        raise ValueError(f"scale(axis={axis}): a sparse matrix is scaled by columns only, axis=0")
    if with_std:
        return times_columns(X, 1 / divisors(np.sqrt(moments(X).variance)), copy)
    return X.copy() if copy else X


@checked(X=array_like, axis=_axis, copy=boolean)
def minmax_scale(X, feature_range=(0, 1), *, axis=0, copy=True):
    """Move columns or rows to a range, as `MinMaxScaler`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features) or (n_samples,)
    feature_range : tuple of two numbers, default=(0, 1)
    axis : {0, 1}, default=0
        0 scales columns, 1 rows.
    copy : bool, default=True
        Whether to leave X as it is.

    Returns
    -------
    ndarray of the shape of X

    Examples
    --------
    >>> from mlkit.preprocessing import minmax_scale
    >>> minmax_scale([[1.0, 2.0, 5.0]], axis=1)
    array([[0.  , 0.25, 1.  ]])
    """
    return _by_axis(MinMaxScaler(feature_range, copy=copy), X, axis)


@checked(X=_table, axis=_axis, copy=boolean)
def maxabs_scale(X, *, axis=0, copy=True):
    """Divide columns or rows by their greatest absolute value, as `MaxAbsScaler`.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples,)
    axis : {0, 1}, default=0
        0 scales columns, 1 rows.
    copy : bool, default=True
        Whether to leave X as it is.

    Returns
    -------
    ndarray or sparse matrix of the shape of X

    Examples
    --------
    >>> from mlkit.preprocessing import maxabs_scale
    >>> maxabs_scale([1.0, -4.0])
    array([ 0.25, -1.  ])
    """
    return _by_axis(MaxAbsScaler(copy=copy), X, axis)


@checked(X=_table, axis=_axis, with_centering=boolean, with_scaling=boolean, copy=boolean)
def robust_scale(
    X,
    *,
    axis=0,
    with_centering=True,
    with_scaling=True,
    quantile_range=(25.0, 75.0),
    copy=True,
    unit_variance=False,
):
    """Centre at the median and scale by a range of quantiles, as `RobustScaler`.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples,)
    axis : {0, 1}, default=0
        0 scales columns, 1 rows.
    with_centering, with_scaling : bool, default=True
        Whether to subtract the median, to divide by the range.
    quantile_range : tuple of two numbers, default=(25.0, 75.0)
        In percent.
    copy : bool, default=True
        Whether to leave X as it is.
    unit_variance : bool, default=False
        Whether to scale so that normal values get variance 1.

    Returns
    -------
    ndarray or sparse matrix of the shape of X

    Examples
    --------
    >>> from mlkit.preprocessing import robust_scale
    >>> robust_scale([1.0, 2.0, 3.0, 4.0, 5.0])
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """
    scaler = RobustScaler(
        with_centering=with_centering,
        with_scaling=with_scaling,
        quantile_range=quantile_range,
        copy=copy,
        unit_variance=unit_variance,
    )
    return _by_axis(scaler, X, axis)
