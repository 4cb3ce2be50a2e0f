"""Links: z = g(μ) from the mean of the target to the raw prediction, and back."""

import numpy as np


class Identity:
    """g(μ) = μ."""

    lowest, highest = -np.inf, np.inf

    def __call__(self, mean):
        return mean

    def inverse(self, raw):
        return raw

    def slope(self, raw):
        """dμ/dz."""
        return np.ones_like(raw)

    def bend(self, raw):
        """d²μ/dz²."""
        return np.zeros_like(raw)


class Log:
    """g(μ) = log μ, for μ > 0."""

    lowest, highest = 0.0, np.inf

    def __call__(self, mean):
        return np.log(mean)

    def inverse(self, raw):
        return np.exp(raw)

    def slope(self, raw):
        return np.exp(raw)

    def bend(self, raw):
        return np.exp(raw)


class Logit:
    """g(μ) = log(μ / (1 − μ)), for 0 < μ < 1."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        return np.log(mean) - np.log1p(-mean)

    def inverse(self, raw):
        small = np.exp(-np.abs(raw))  # never overflows
        return np.where(raw >= 0, 1.0, small) / (1.0 + small)

    def slope(self, raw):
        small = np.exp(-np.abs(raw))
        return small / (1.0 + small) ** 2

    def bend(self, raw):
        return self.slope(raw) * (1.0 - 2.0 * self.inverse(raw))


class Softmax:
    """g(μ) = log μ − mean(log μ) over K classes, whose inverse is the softmax."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        raw = np.log(mean)
        return raw - raw.mean(axis=-1, keepdims=True)

    def inverse(self, raw):
        positive = np.exp(raw - raw.max(axis=-1, keepdims=True))
        positive /= positive.sum(axis=-1, keepdims=True)
        return positive


class Probit:
    """g(μ) = Φ⁻¹(μ), the quantile of the normal distribution, for 0 < μ < 1."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        from scipy.special import ndtri

        return ndtri(mean)

    def inverse(self, raw):
        from scipy.special import ndtr

        return ndtr(raw)

    def slope(self, raw):
        return np.exp(-0.5 * raw * raw) / np.sqrt(2.0 * np.pi)

    def bend(self, raw):
        return -raw * self.slope(raw)


class ComplementaryLogLog:
    """g(μ) = log(−log(1 − μ)), for 0 < μ < 1: of whether a count with a logarithm is above zero."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        return np.log(-np.log1p(-mean))

    def inverse(self, raw):
        return -np.expm1(-np.exp(raw))

    def slope(self, raw):
        return np.exp(raw - np.exp(raw))

    def bend(self, raw):
        # e^{z − e^z} (1 − e^z)
        return self.slope(raw) * -np.expm1(raw)


class Cauchit:
    """g(μ) = tan(π (μ − 1/2)), the quantile of Cauchy's distribution, for 0 < μ < 1."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        return np.tan(np.pi * (mean - 0.5))

    def inverse(self, raw):
        return 0.5 + np.arctan(raw) / np.pi

    def slope(self, raw):
        return 1.0 / (np.pi * (1.0 + raw * raw))

    def bend(self, raw):
        return -2.0 * raw / (np.pi * (1.0 + raw * raw) ** 2)


class Power:
    """g(μ) = μ^a for μ > 0; a is not 0."""

    lowest, highest = 0.0, np.inf

    def __init__(self, exponent):
        self.exponent = exponent

    def __call__(self, mean):
        return mean**self.exponent

    def inverse(self, raw):
        # A raw prediction below zero has no mean.
        return np.where(raw > 0, raw, np.nan) ** (1.0 / self.exponent)

    def slope(self, raw):
        power = 1.0 / self.exponent
        return power * np.where(raw > 0, raw, np.nan) ** (power - 1.0)

    def bend(self, raw):
        power = 1.0 / self.exponent
        return power * (power - 1.0) * np.where(raw > 0, raw, np.nan) ** (power - 2.0)
