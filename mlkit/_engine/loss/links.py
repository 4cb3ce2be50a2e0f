"""Links: z = g(μ) from the mean of the target to the raw prediction, and back."""

import numpy as np


class Identity:
    """g(μ) = μ."""

    lowest, highest = -np.inf, np.inf

    def __call__(self, mean):
        return mean

    def inverse(self, raw):
        return raw


class Log:
    """g(μ) = log μ, for μ > 0."""

    lowest, highest = 0.0, np.inf

    def __call__(self, mean):
        return np.log(mean)

    def inverse(self, raw):
        return np.exp(raw)


class Logit:
    """g(μ) = log(μ / (1 − μ)), for 0 < μ < 1."""

    lowest, highest = 0.0, 1.0

    def __call__(self, mean):
        return np.log(mean) - np.log1p(-mean)

    def inverse(self, raw):
        small = np.exp(-np.abs(raw))  # never overflows
        return np.where(raw >= 0, 1.0, small) / (1.0 + small)


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
