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


@dataclass(frozen=True)
class RowNorms:
    """Ω(β) = Σ_j l1 ‖β_j‖₂ + l2 ‖β_j‖² / 2 over the rows β_j of β (p, K).

    With one output it is the elastic net; with several a column of X is in or out for all. With
    `positive` the single output's coefficients are kept at or above zero.
    """

    l1: float
    l2: float = 0.0
    positive: bool = False
    smooth = False

    @property
    def selects(self):
        """Whether it holds coefficients at zero."""
        return self.l1 > 0 or self.positive

    def value(self, coef):
        return float(self.l1 * self.sizes(coef).sum() + 0.5 * self.l2 * np.vdot(coef, coef))

    def sizes(self, rows):
        """The norm of each row."""
        return np.abs(rows[:, 0]) if rows.shape[1] == 1 else np.sqrt((rows * rows).sum(axis=1))

    def pulls(self, rest):
        """How hard −∇f pulls each row away from zero."""
        return np.maximum(rest[:, 0], 0.0) if self.positive else self.sizes(rest)

    def violation(self, coef, rest):
        """Distance of −∇f − l2 β = `rest` from the subdifferential of the norms, for each row."""
        out = np.maximum(self.pulls(rest) - self.l1, 0.0)
        (active,) = coef.any(axis=1).nonzero()
        if len(active):
            rows = coef[active]
            direction = rows / self.sizes(rows)[:, None]
            out[active] = self.sizes(rest[active] - self.l1 * direction)
        return out

    def gap(self, coef, rest, residual_square, fitted_square):
        """Duality gap of ``‖Y − Xβ‖² / 2W + Ω(β)`` and the point ``θ = s (Y − Xβ) / W``.

        `rest` is XᵀR/W; the squares are ‖R‖² and R·Y, each over W. With l2 > 0 the
        conjugate of Ω is finite everywhere and s = 1; without, s shrinks θ into its domain. Both
        are bounds, of which the smaller is taken.
        """
        excess = np.maximum(self.pulls(rest) - self.l1, 0.0)
        primal = 0.5 * residual_square + self.value(coef)
        bounds = []
        if self.l2 > 0:
            dual = fitted_square - 0.5 * residual_square - 0.5 * (excess @ excess) / self.l2
            bounds.append(primal - dual)
        if self.l1 > 0:
            # l2 as rows √(W l2) I below X, with zeros below Y: an L1 problem.
            augmented = self.pulls(rest - self.l2 * coef).max(initial=0.0)
            scale = min(1.0, self.l1 / augmented) if augmented > 0 else 1.0
            square = residual_square + self.l2 * float(np.vdot(coef, coef))
            dual = scale * fitted_square - 0.5 * scale**2 * square
            bounds.append(primal - dual)
        # Without a penalty the domain is a point, and ‖∇f‖² is what a step can gain.
        return max(min(bounds), 0.0) if bounds else float(np.vdot(rest, rest))
