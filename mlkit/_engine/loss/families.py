"""Exponential families with any link: losses from a variance of the mean and the link.

With mean μ = g⁻¹(z) and variance φ V(μ), the loss is half the unit deviance up to terms in y. Its
gradient in z is ``(μ − y) μ′(z) / V(μ)``, and the expectation of its curvature over y is
``μ′(z)² / V(μ)``, which is never negative (Fisher's scoring).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .links import Identity, Log, Logit, Power
from .losses import BinaryLogistic, GammaLoss, Loss, PoissonLoss, SquaredError, TweedieLoss


class Family:
    """A distribution by its variance; `lowest` and `highest` are the ends of its means."""

    lowest, highest = -np.inf, np.inf
    domain = "real"
    canonical = Identity()

    def admits(self, y):
        """Whether every target can be observed."""
        return bool(np.isfinite(y).all())

    def compiled(self, link):
        """The compiled loss under the link of that name, or None."""


class Gaussian(Family):
    """V = 1."""

    def compiled(self, link):
        return SquaredError() if link == "identity" else None

    def variance(self, mean):
        return np.ones_like(mean)

    def variance_slope(self, mean):
        return np.zeros_like(mean)

    def value(self, y, mean):
        return 0.5 * (y - mean) ** 2

    def best(self, y):
        return np.zeros_like(y)


class Binomial(Family):
    """V = μ (1 − μ), y a share in [0, 1]."""

    lowest, highest = 0.0, 1.0
    domain = "in [0, 1]"
    canonical = Logit()

    def admits(self, y):
        return bool(((y >= 0) & (y <= 1)).all())

    def compiled(self, link):
        return BinaryLogistic() if link == "logit" else None

    def variance(self, mean):
        return mean * (1.0 - mean)

    def variance_slope(self, mean):
        return 1.0 - 2.0 * mean

    def value(self, y, mean):
        return -_xlogy(y, mean) - _xlogy(1.0 - y, 1.0 - mean)

    def best(self, y):
        return self.value(y, y)


class Tweedie(Family):
    """V = μ^p: 1 is Poisson's distribution, 2 the gamma, 3 the inverse Gaussian."""

    lowest = 0.0

    def __init__(self, power):
        self.power = power
        self.canonical = Log() if power == 1 else Power(1.0 - power)
        self.domain = "positive" if power >= 2 else "non-negative"

    def admits(self, y):
        low = (y > 0) if self.power >= 2 else (y >= 0)
        return bool(np.isfinite(y).all() and low.all())

    def compiled(self, link):
        if link != "log":
            return None
        return {1.0: PoissonLoss(), 2.0: GammaLoss()}.get(
            float(self.power), TweedieLoss(float(self.power))
        )

    def variance(self, mean):
        return mean**self.power

    def variance_slope(self, mean):
        return self.power * mean ** (self.power - 1.0)

    def value(self, y, mean):
        p = self.power
        if p == 1:
            return mean - _xlogy(y, mean)
        if p == 2:
            return y / mean + np.log(mean)
        return mean ** (2.0 - p) / (2.0 - p) - y * mean ** (1.0 - p) / (1.0 - p)

    def best(self, y):
        p = self.power
        if p < 2:  # the mean tends to y = 0, where the terms vanish
            if p == 1:
                return y - _xlogy(y, y)
            return y ** (2.0 - p) / (2.0 - p) - y ** (2.0 - p) / (1.0 - p)
        return self.value(y, y)


class NegativeBinomial(Family):
    """V = μ + a μ²: counts whose Poisson means vary by a gamma distribution of variance a."""

    lowest = 0.0
    domain = "non-negative"
    canonical = Log()

    def __init__(self, dispersion):
        self.dispersion = dispersion

    def admits(self, y):
        return bool(np.isfinite(y).all() and (y >= 0).all())

    def variance(self, mean):
        return mean + self.dispersion * mean**2

    def variance_slope(self, mean):
        return 1.0 + 2.0 * self.dispersion * mean

    def value(self, y, mean):
        a = self.dispersion
        return (y + 1.0 / a) * np.log1p(a * mean) - _xlogy(y, mean)

    def best(self, y):
        return self.value(y, y)


def _xlogy(x, y):
    """x log y, and 0 for x = 0."""
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


@dataclass(frozen=True)
class FamilyLoss(Loss):
    """Half the unit deviance of a `Family` under a `link`; infinite where z has no mean."""

    link: Any = None
    family: Any = None

    curved: ClassVar[bool] = True

    @property
    def domain(self):
        return self.family.domain

    def admits(self, y):
        return self.family.admits(np.asarray(y, dtype=np.float64))

    def _inner_range(self):
        eps = np.finfo(np.float64).eps
        low = max(self.family.lowest, self.link.lowest)
        high = min(self.family.highest, self.link.highest)
        return (low + eps if np.isfinite(low) else low), (high - eps if np.isfinite(high) else high)

    def evaluate(
        self, y, raw, weight=None, *, factor=1.0, gradient=None, curvature=None, n_threads=1
    ):
        z, y = raw.astype(np.float64), y.astype(np.float64)
        family = self.family
        share = factor if weight is None else factor * weight[:, None].astype(np.float64)
        mean, slope = self.link.inverse(z), self.link.slope(z)
        within = self.link.lowest >= family.lowest and self.link.highest <= family.highest
        outside = np.isnan(mean)
        if not within:
            outside |= ~((mean > family.lowest) & (mean < family.highest))
        if outside.any():
            for out in (gradient, curvature):
                if out is not None:
                    out[:] = 0.0
            return np.inf
        if within:  # else a mean that has rounded to the border
            mean = np.clip(mean, *self._inner_range())
        ratio = slope / family.variance(mean)
        if gradient is not None:
            gradient[:] = share * (mean - y) * ratio
        if curvature is not None:
            # d(μ′/V)/dz, from the link's bend and the variance's slope.
            change = (self.link.bend(z) - ratio * family.variance_slope(mean) * slope) / (
                family.variance(mean)
            )
            curvature[:] = share * (slope * ratio + (mean - y) * change)
        return float((share * family.value(y, mean)).sum())

    def expected(self, raw, weight, factor, curvature):
        z = raw.astype(np.float64)
        mean, slope = self.link.inverse(z), self.link.slope(z)
        share = factor if weight is None else factor * weight[:, None].astype(np.float64)
        variance = self.family.variance(np.clip(mean, *self._inner_range()))
        return (share * slope * slope / variance).astype(curvature.dtype)

    def deviance(self, y, raw, weight):
        """Twice the excess of the loss over that of means equal to y."""
        y = np.asarray(y, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = float((weight * self.family.best(y)).sum())
        return 2.0 * (self.evaluate(y[:, None], np.reshape(raw, (-1, 1)), weight) - best)
