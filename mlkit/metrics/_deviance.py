"""Deviances of the Tweedie family: normal, Poisson, gamma, inverse Gaussian and others."""

import numpy as np

from .._core import domains as d
from ._core import check_regression, column_means, metric, warn_undefined

_power = d.at_most(0) | d.at_least(1)


def _unit_deviance(y, mean, power):
    """``2 (y^{2−p} / ((1−p)(2−p)) − y m^{1−p} / (1−p) + m^{2−p} / (2−p))``, with its limits.

    For p < 0 the first term takes y₊, as no mass lies below 0 there.
    """
    if power == 0:
        return (y - mean) ** 2
    if power == 1:
        positive = np.where(y > 0, y, 1)
        return 2 * (np.where(y > 0, y * np.log(positive / mean), 0) - y + mean)
    if power == 2:
        return 2 * (np.log(mean / y) + y / mean - 1)
    own = np.maximum(y, 0) if power < 0 else y
    return 2 * (
        own ** (2 - power) / ((1 - power) * (2 - power))
        - y * mean ** (1 - power) / (1 - power)
        + mean ** (2 - power) / (2 - power)
    )


def _check_range(y_true, y_pred, power):
    """Refuse values outside the support of the distribution of that power."""
    if power == 0:
        return
    least = y_true.min()
    wrong_y = least <= 0 if power >= 2 else least < 0 if power >= 1 else False
    if wrong_y or y_pred.min() <= 0:
        support = (
            "positive y_true" if power >= 2 else "y_true of at least 0" if power >= 1 else "y_true"
        )
        raise ValueError(
            f"The Tweedie deviance of power={power} needs {support} and positive y_pred; their "
            f"least values are {least} and {y_pred.min()}"
        )


def _mean_deviance(y_true, y_pred, weight, power):
    _check_range(y_true, y_pred, power)
    return float(column_means(_unit_deviance(y_true, y_pred, power), weight))


@metric(power=_power)
def mean_tweedie_deviance(y_true, y_pred, *, sample_weight=None, power=0):
    """Mean deviance of the Tweedie distribution whose variance is proportional to ``mean^power``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True values and predicted means. Positive means are needed unless ``power=0``; y of at
        least 0 from power 1, and positive y from power 2.
    power : float, default=0
        At most 0 or at least 1: 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian.

    Returns
    -------
    float

    References
    ----------
    Jørgensen. Exponential dispersion models. JRSS B 49 (1987).

    Examples
    --------
    >>> from mlkit.metrics import mean_tweedie_deviance
    >>> round(mean_tweedie_deviance([2.0, 0.0, 1.0, 4.0], [0.5, 0.5, 2.0, 2.0], power=1), 4)
    1.426
    """
    y_true, y_pred, weight = check_regression(
        y_true, y_pred, sample_weight, single="mean_tweedie_deviance"
    )
    return _mean_deviance(y_true, y_pred, weight, power)


@metric("neg_mean_poisson_deviance", better="lower")
def mean_poisson_deviance(y_true, y_pred, *, sample_weight=None):
    """Mean of ``2 (y ln(y / ŷ) − y + ŷ)``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values of at least 0.
    y_pred : array-like of shape (n_samples,)
        Predicted means, positive.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import mean_poisson_deviance
    >>> round(mean_poisson_deviance([2.0, 0.0, 1.0, 4.0], [0.5, 0.5, 2.0, 2.0]), 4)
    1.426
    """
    return mean_tweedie_deviance(y_true, y_pred, sample_weight=sample_weight, power=1)


@metric("neg_mean_gamma_deviance", better="lower")
def mean_gamma_deviance(y_true, y_pred, *, sample_weight=None):
    """Mean of ``2 (ln(ŷ / y) + y / ŷ − 1)``, which depends on relative errors alone.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True values and predicted means, positive.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import mean_gamma_deviance
    >>> round(mean_gamma_deviance([2.0, 0.5, 1.0, 4.0], [0.5, 0.5, 2.0, 2.0]), 4)
    1.0569
    """
    return mean_tweedie_deviance(y_true, y_pred, sample_weight=sample_weight, power=2)


@metric(power=_power)
def d2_tweedie_score(y_true, y_pred, *, sample_weight=None, power=0):
    """Share of the Tweedie deviance of the mean of y that is explained; R² for ``power=0``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True values and predicted means, in the range that `mean_tweedie_deviance` needs.
    power : float, default=0
        At most 0 or at least 1: 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian.

    Returns
    -------
    float
        At most 1. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import d2_tweedie_score
    >>> round(d2_tweedie_score([0.5, 1.0, 2.5, 7.0], [1.0, 1.0, 5.0, 3.5], power=1), 4)
    0.4879
    """
    y_true, y_pred, weight = check_regression(
        y_true, y_pred, sample_weight, single="d2_tweedie_score"
    )
    if y_true.shape[0] < 2:
        warn_undefined("D² is undefined for fewer than two rows: nan is returned", stacklevel=3)
        return float("nan")
    deviance = _mean_deviance(y_true, y_pred, weight, power)
    null = column_means(y_true, weight)
    null_deviance = _mean_deviance(y_true, np.broadcast_to(null, y_true.shape), weight, power)
    if null_deviance == 0:
        return 1.0 if deviance == 0 else 0.0
    return 1 - deviance / null_deviance
