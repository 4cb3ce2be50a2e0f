"""Penalties Ω(β) on coefficients β (p, K); the intercept is never penalised."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class NoPenalty:
    """Ω = 0."""

    smooth = True

    def value(self, coef):
        return 0.0

    def gradient(self, coef):
        return np.zeros_like(coef)

    def curvature(self, shape):
        """The diagonal of the Hessian, of the shape of the coefficients."""
        return np.zeros(shape)

    def rescaled(self, scale):
        """The same penalty for coefficients that were multiplied by `scale` (p,)."""
        return self


@dataclass(frozen=True)
class L2:
    """Ω(β) = Σ α β² / 2; α is a number or broadcasts against (p, K), so (K,) is one a target."""

    alpha: Any
    smooth = True

    def value(self, coef):
        return 0.5 * float(np.sum(self.alpha * coef * coef))

    def gradient(self, coef):
        return self.alpha * coef

    def curvature(self, shape):
        return np.broadcast_to(np.asarray(self.alpha, dtype=np.float64), shape)

    def rescaled(self, scale):
        return replace(self, alpha=self.alpha / np.square(scale)[:, None])


@dataclass(frozen=True)
class ElasticNet:
    """Ω(β) = Σ l1 |β| + l2 β² / 2; l1 and l2 broadcast against (p, K)."""

    l1: Any
    l2: Any = 0.0
    smooth = False

    def value(self, coef):
        return float(np.sum(self.l1 * np.abs(coef)) + 0.5 * np.sum(self.l2 * coef * coef))

    def smooth_part(self):
        """The L2 term alone."""
        return L2(self.l2)

    def proximal(self, coef, step):
        """argmin_u ‖u − β‖² / (2 step) + Σ l1 |u|: soft thresholding, step broadcasts."""
        return np.sign(coef) * np.maximum(np.abs(coef) - step * self.l1, 0.0)

    def violation(self, coef, gradient):
        """Distance of −∇f(β) from the subdifferential of the L1 term, for each coefficient."""
        at_zero = np.maximum(np.abs(gradient) - self.l1, 0.0)
        return np.where(coef != 0, np.abs(gradient + self.l1 * np.sign(coef)), at_zero)

    def curvature(self, shape):
        return np.broadcast_to(np.asarray(self.l2, dtype=np.float64), shape)

    def rescaled(self, scale):
        scale = scale[:, None]
        return replace(self, l1=self.l1 / scale, l2=self.l2 / np.square(scale))
