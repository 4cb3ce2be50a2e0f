"""Errors of predicted numbers, and the shares of variation that predictions explain."""

import numpy as np

from .._core import domains as d
from .._core.quantiles import weighted_percentile
from .._core.scores import explained, squared_sums, too_few_rows
from ._core import check_regression, column_means, combine_outputs, metric, warn_undefined

_by_variance = (
    d.one_of("raw_values", "uniform_average", "variance_weighted") | d.array_like | d.none
)


@metric("neg_mean_squared_error", better="lower")
def mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean of ``(y − ŷ)²``, least at the mean of y.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import mean_squared_error
    >>> mean_squared_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
    0.375
    """
    return combine_outputs(_mean_square(y_true, y_pred, sample_weight), multioutput)


def _mean_square(y_true, y_pred, sample_weight):
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    residual = y_true - y_pred
    residual *= residual
    return column_means(residual, weight)


@metric("neg_root_mean_squared_error", better="lower")
def root_mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Root of the mean of ``(y − ŷ)²``; of several outputs, the mean of their roots.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import root_mean_squared_error
    >>> root_mean_squared_error([3.0, 5.0], [0.0, 1.0])
    3.5355339059327378
    """
    return combine_outputs(np.sqrt(_mean_square(y_true, y_pred, sample_weight)), multioutput)


@metric("neg_mean_absolute_error", better="lower")
def mean_absolute_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean of ``|y − ŷ|``, least at the median of y.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import mean_absolute_error
    >>> mean_absolute_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
    0.5
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    return combine_outputs(column_means(np.abs(y_true - y_pred), weight), multioutput)


@metric("neg_mean_absolute_percentage_error", better="lower")
def mean_absolute_percentage_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Mean of ``|y − ŷ| / |y|``, as a share, not in percent; large, not infinite, where y is 0.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import mean_absolute_percentage_error
    >>> mean_absolute_percentage_error([4.0, 2.0], [3.0, 2.5])
    0.25
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    # The machine precision stands for a zero y: the error is then huge but can be averaged.
    size = np.maximum(np.abs(y_true), np.finfo(np.float64).eps)
    return combine_outputs(column_means(np.abs(y_true - y_pred) / size, weight), multioutput)


@metric("neg_median_absolute_error", better="lower")
def median_absolute_error(y_true, y_pred, *, multioutput="uniform_average", sample_weight=None):
    """Median of ``|y − ŷ|``, which outliers do not move.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import median_absolute_error
    >>> median_absolute_error([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 80.0])
    0.5
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    error = np.abs(y_true - y_pred)
    if weight is None:
        return combine_outputs(np.median(error, axis=0), multioutput)
    return combine_outputs(weighted_percentile(error, weight, 50, average=True), multioutput)


@metric("neg_max_error", better="lower")
def max_error(y_true, y_pred):
    """Largest ``|y − ŷ|``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted values.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import max_error
    >>> max_error([3.0, 2.0, 7.0], [4.0, 2.0, 7.0])
    1.0
    """
    y_true, y_pred, _ = check_regression(y_true, y_pred, single="max_error")
    return float(np.abs(y_true - y_pred).max())


@metric("neg_mean_squared_log_error", better="lower")
def mean_squared_log_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean of ``(ln(1 + y) − ln(1 + ŷ))²``, for targets that grow exponentially.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True and predicted values, greater than −1.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import mean_squared_log_error
    >>> round(mean_squared_log_error([3.0, 5.0], [2.5, 5.0]), 5)
    0.00892
    """
    return combine_outputs(_mean_square_log(y_true, y_pred, sample_weight), multioutput)


@metric("neg_root_mean_squared_log_error", better="lower")
def root_mean_squared_log_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Root of the mean of ``(ln(1 + y) − ln(1 + ŷ))²``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True and predicted values, greater than −1.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import root_mean_squared_log_error
    >>> round(root_mean_squared_log_error([3.0, 5.0], [2.5, 5.0]), 5)
    0.09442
    """
    return combine_outputs(np.sqrt(_mean_square_log(y_true, y_pred, sample_weight)), multioutput)


def _mean_square_log(y_true, y_pred, sample_weight):
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    if y_true.min() <= -1 or y_pred.min() <= -1:
        raise ValueError("A logarithmic error needs targets and predictions greater than -1")
    return column_means((np.log1p(y_true) - np.log1p(y_pred)) ** 2, weight)


@metric(alpha=d.between(0, 1))
def mean_pinball_loss(
    y_true, y_pred, *, sample_weight=None, alpha=0.5, multioutput="uniform_average"
):
    """Mean of ``α(y − ŷ)₊ + (1 − α)(ŷ − y)₊``, least at the α-quantile of y.

    Parameters
    ----------
    alpha : float in [0, 1], default=0.5
        The quantile that is predicted.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import mean_pinball_loss
    >>> round(mean_pinball_loss([1.0, 2.0, 3.0], [0.0, 2.0, 3.0], alpha=0.9), 4)
    0.3
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    return combine_outputs(column_means(_pinball(y_true - y_pred, alpha), weight), multioutput)


def _pinball(residual, alpha):
    return np.maximum(alpha * residual, (alpha - 1) * residual)


# ---------------------------------------------------------------- explained shares


@metric("r2", multioutput=_by_variance)
def r2_score(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average", force_finite=True
):
    """Share of the variation of y that is explained: ``1 − Σ(y − ŷ)² / Σ(y − ȳ)²``.

    Parameters
    ----------
    multioutput : {"raw_values", "uniform_average", "variance_weighted"} or array-like
        Return one value an output, their mean, their mean weighted by the outputs' variances, or
        with weights of shape (n_outputs,). None is "uniform_average".

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        At most 1; 0 for the mean of y. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import r2_score
    >>> round(r2_score([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0]), 4)
    0.9486
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    if too_few_rows(y_true.shape[0]):
        return float("nan")
    residual, spread = squared_sums(y_true, y_pred, weight)
    return _combine_shares(residual, spread, multioutput, force_finite)


@metric("explained_variance", multioutput=_by_variance)
def explained_variance_score(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average", force_finite=True
):
    """``1 − Var(y − ŷ) / Var(y)``: R² but for a constant offset of the predictions.

    Parameters
    ----------
    multioutput : {"raw_values", "uniform_average", "variance_weighted"} or array-like
        Return one value an output, their mean, their mean weighted by the outputs' variances, or
        with weights of shape (n_outputs,).

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from mlkit.metrics import explained_variance_score
    >>> round(explained_variance_score([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0]), 4)
    0.9572
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    variance, spread = _variance(y_true - y_pred, weight), _variance(y_true, weight)
    return _combine_shares(variance, spread, multioutput, force_finite)


def _variance(values, weight):
    return column_means((values - column_means(values, weight)) ** 2, weight)


def _combine_shares(residual, spread, multioutput, force_finite=True):
    share = explained(residual, spread, force_finite)
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        if np.ndim(share) == 0 or not np.any(spread):
            return float(np.mean(share))
        return float(np.average(share, weights=spread))
    return combine_outputs(share, multioutput)


@metric(alpha=d.between(0, 1))
def d2_pinball_score(
    y_true, y_pred, *, sample_weight=None, alpha=0.5, multioutput="uniform_average"
):
    """Share of the pinball loss of the α-quantile of y that is explained.

    Parameters
    ----------
    alpha : float in [0, 1], default=0.5
        The quantile that is predicted.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        At most 1. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import d2_pinball_score
    >>> d2_pinball_score([1.0, 2.0, 3.0], [1.0, 3.0, 3.0])
    0.5
    """
    y_true, y_pred, weight = check_regression(y_true, y_pred, sample_weight)
    if y_true.shape[0] < 2:
        warn_undefined("D² is undefined for fewer than two rows: nan is returned", stacklevel=3)
        return float("nan")
    null = weighted_percentile(y_true, weight, alpha * 100, average=True)
    loss = column_means(_pinball(y_true - y_pred, alpha), weight)
    return _combine_shares(loss, column_means(_pinball(y_true - null, alpha), weight), multioutput)


@metric("d2_absolute_error_score")
def d2_absolute_error_score(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Share of the absolute error of the median of y that is explained.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        At most 1. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import d2_absolute_error_score
    >>> d2_absolute_error_score([1.0, 2.0, 3.0], [1.0, 3.0, 3.0])
    0.5
    """
    return d2_pinball_score(
        y_true, y_pred, sample_weight=sample_weight, alpha=0.5, multioutput=multioutput
    )
