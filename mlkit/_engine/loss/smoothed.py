"""Smooth stand-ins for losses with a corner."""

from dataclasses import dataclass

import numpy as np

from .losses import Loss

# Curvature that is assumed beyond the rounded corner, over the distance to it: the loss has none,
# but a model without any would step too far.
_BEYOND = 0.05


@dataclass(frozen=True)
class Smoothed(Loss):
    """min_u max(a u, b u) + (u − r)² / 2h for a loss max(a r, b r): its envelope of width h.

    It lies below the loss, by ``h max(a², b²) / 2`` at most (Moreau, 1965).
    """

    loss: Loss = None
    width: float = 1.0

    def admits(self, y):
        return self.loss.admits(y)

    def baseline(self, y, weight=None):
        return self.loss.baseline(y, weight)

    def evaluate(
        self, y, raw, weight=None, *, factor=1.0, gradient=None, curvature=None, n_threads=1
    ):
        low, high = self.loss.corner
        signs = y if self.loss.of_labels else 1.0
        rest = (1.0 - y * raw) if self.loss.of_labels else y - raw
        slope = np.clip(rest / self.width, low, high)
        share = factor if weight is None else factor * weight[:, None]
        if gradient is not None:
            gradient[:] = -share * signs * slope
        if curvature is not None:
            near = (slope > low) & (slope < high)
            far = _BEYOND / np.maximum(np.abs(rest), self.width)
            curvature[:] = share * np.where(near, 1.0 / self.width, far)
        value = share * slope * (rest - 0.5 * self.width * slope)
        return float(value.sum(dtype=np.float64))


def corner_scale(loss, y, weight=None):
    """A width that is large for the data: 1 of labels, else the mean distance to a constant."""
    if loss.of_labels:
        return 1.0
    distance = np.abs(y - loss.baseline(y, weight))
    return float(np.average(distance.mean(axis=1), weights=weight)) or 1.0
