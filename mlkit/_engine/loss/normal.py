"""Proper scores of normal distributions whose mean and standard deviation are both predicted.

Raw predictions are ``(μ, s)`` with standard deviation ``e^s``. The gradient of a score is taken in
the geometry of its own divergence (natural gradient), whose metric is diagonal here, so that it
stands where a curvature does. Duan et al., "NGBoost: natural gradient boosting for probabilistic
prediction", ICML 2020; Gneiting & Raftery, "Strictly proper scoring rules, prediction, and
estimation", JASA 102, 2007.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .links import Identity

_ROOT_PI = np.sqrt(np.pi)
_LOG_ROOT_TAU = 0.5 * np.log(2 * np.pi)
# Standard deviations are kept within e^±300, where their squares are still numbers.
_MOST_LOG = 300.0
# Of a constant y, as a share of its size.
_LEAST_DEVIATION = 1e-9


@dataclass(frozen=True)
class NormalScore:
    """What the two scores share.

    Parameters
    ----------
    scale : float
        Standard deviation of y: gradients and curvatures of an output are both divided by its
        unit, so that they do not depend on that of y.
    """

    scale: float = 1.0
    link: ClassVar = Identity()
    smooth: ClassVar[bool] = True
    curved: ClassVar[bool] = True
    quadratic: ClassVar[bool] = False
    n_outputs: ClassVar[int] = 2

    def baseline(self, y, weight=None):
        """Mean of y and logarithm of its standard deviation."""
        mean, deviation = moments(y, weight)
        return np.array([mean, np.log(deviation)])

    def evaluate(self, y, raw, weight=None, *, gradient=None, curvature=None, n_threads=1):
        """Return ``Σ w ℓ``; fill `gradient` and `curvature`, of raw's shape."""
        log_deviation = np.clip(raw[:, 1], -_MOST_LOG, _MOST_LOG)
        deviation = np.exp(log_deviation)
        z = (y[:, 0] - raw[:, 0]) / deviation
        value, slope, bend = self._terms(z, log_deviation, deviation, gradient is not None)
        w = 1.0 if weight is None else weight
        for out, columns in ((gradient, slope), (curvature, bend)):
            if out is not None:
                out[:, 0], out[:, 1] = (w * column for column in columns)
        return float(np.sum(w * value))


class LogScore(NormalScore):
    """``−log p(y) = s + z² / 2 + log √(2π)``, ``z = (y − μ) / e^s``.

    The curvature of s is the mean of Fisher's, 2, and the observed one, 2 z², which has the same
    mean: a step ``Σ (z² − 1) / Σ (z² + 1)`` is below 1, whatever an outlier's z.
    """

    def _terms(self, z, log_deviation, deviation, slopes):
        value = log_deviation + 0.5 * z * z + _LOG_ROOT_TAU
        if not slopes:
            return value, None, None
        unit = self.scale / deviation
        return (
            value,
            (-z * unit * self.scale, 1 - z * z),
            (unit * unit, 1 + z * z),
        )


class RankedScore(NormalScore):
    """``CRPS = ∫ (F(x) − 1{x ≥ y})² dx = e^s (z (2Φ(z) − 1) + 2φ(z) − 1/√π)``.

    Its metric is ``1 / (e^s √π)`` for μ and ``e^s / (2√π)`` for s.
    """

    def _terms(self, z, log_deviation, deviation, slopes):
        from scipy.special import ndtr

        density = np.exp(-0.5 * z * z - _LOG_ROOT_TAU)
        lean = 2 * ndtr(z) - 1
        level = 2 * density - 1 / _ROOT_PI
        value = deviation * (z * lean + level)
        if not slopes:
            return value, None, None
        size = deviation / self.scale
        return (
            value,
            (-lean * self.scale, size * level),
            (1 / (size * _ROOT_PI), size / (2 * _ROOT_PI)),
        )


def moments(y, weight=None):
    """Mean and standard deviation; the latter above 0 where y is constant."""
    mean = np.average(y, weights=weight)
    deviation = np.sqrt(np.average((y - mean) ** 2, weights=weight))
    return mean, max(deviation, _LEAST_DEVIATION * (abs(mean) or 1.0))
