"""Penalties with a structure, for any loss: L1, concave, groups, sorted, fused; and bounds.

A structure is what a penalty adds to an L2 term: Ω(β) of coefficients β (p, K), convex but for MCP
and SCAD. It has a `value`, a `proximal` step, and, where it is a sum over blocks of coefficients,
the `blocks` that a compiled descent takes.

References
----------
Zhang, C.-H. (2010). Nearly unbiased variable selection under minimax concave penalty. Annals of
Statistics 38.

Fan, J. and Li, R. (2001). Variable selection via nonconcave penalized likelihood and its oracle
properties. Journal of the American Statistical Association 96.

Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2013). A sparse-group lasso. Journal of
Computational and Graphical Statistics 22.

Bogdan, M., van den Berg, E., Sabatti, C., Su, W. and Candès, E. (2015). SLOPE: adaptive variable
selection via convex optimization. Annals of Applied Statistics 9.

Tibshirani, R., Saunders, M., Rosset, S., Zhu, J. and Knight, K. (2005). Sparsity and smoothness via
the fused lasso. Journal of the Royal Statistical Society B 67.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..native.pava import isotonic
from ._structured import fused_step
from .penalties import L2

# Rounds of alternating steps for a penalty within bounds, and the change at which they end.
_ROUNDS, _SETTLED = 1000, 1e-13


@dataclass(frozen=True)
class Blocks:
    """A structure as a sum over blocks of the entries of β (p, K) in their own order.

    Attributes
    ----------
    starts, members : ndarray of intp
        Block b holds the entries ``members[starts[b] : starts[b + 1]]``.
    threshold : ndarray of shape (p K,)
        Of the term of each entry.
    block_threshold : ndarray of shape (n_blocks,)
        Of the norm of each block.
    kind : int
        0 for an absolute value, 1 for MCP, 2 for SCAD.
    concavity : float
    """

    starts: np.ndarray
    members: np.ndarray
    threshold: np.ndarray
    block_threshold: np.ndarray
    kind: int = 0
    concavity: float = 0.0


@dataclass(frozen=True)
class Entrywise:
    """Ω = Σ_jk p(|β_jk|) with slope `threshold` at zero; it is (p, 1), or a number.

    The L1 norm; `Mcp` and `Scad` level off.
    """

    threshold: Any = 0.0

    kind = 0
    concavity = 0.0
    convex = True
    separable = True
    of_sizes = True

    def clips(self, low, high):
        """Whether the step within bounds is the step, clipped."""
        return True

    def thresholds(self, shape):
        """The slopes at zero, of the shape of β."""
        return np.broadcast_to(np.asarray(self.threshold, dtype=np.float64), shape)

    def value(self, coef):
        return float(np.sum(self.each(np.abs(coef), self.thresholds(coef.shape))))

    def each(self, size, threshold):
        """p of each absolute value."""
        return threshold * size

    def proximal(self, coef, step):
        """argmin_u ``‖u − β‖² / (2 step) + Ω(u)``; step broadcasts."""
        threshold = self.thresholds(coef.shape) * step
        return np.sign(coef) * np.maximum(np.abs(coef) - threshold, 0.0)

    def blocks(self, shape):
        size = shape[0] * shape[1]
        return Blocks(
            np.arange(size + 1),
            np.arange(size),
            np.ascontiguousarray(self.thresholds(shape)).ravel(),
            np.zeros(size),
            self.kind,
            self.concavity,
        )

    def take(self, columns):
        """The same for some of the columns."""
        if np.ndim(self.threshold) == 0:
            return self
        return replace(self, threshold=self.threshold[columns])

    def closure(self, columns, p):
        """The columns that these bring with them."""
        return columns


@dataclass(frozen=True)
class Concave(Entrywise):
    """A penalty that starts as the L1 norm and levels off at ``concavity · threshold``."""

    concavity: float = 3.0
    convex = False

    def proximal(self, coef, step, low=-np.inf, high=np.inf):
        """As of `Entrywise`, within bounds: the best of the stationary points and the bounds."""
        threshold = self.thresholds(coef.shape)
        bend = 1.0 / np.broadcast_to(np.asarray(step, dtype=np.float64), coef.shape)
        size = np.abs(coef)
        tries = np.stack([np.zeros_like(size), size, *self._stationary(size, threshold, bend)])
        tries = np.clip(np.sign(coef) * tries, low, high)
        costs = 0.5 * bend * (tries - coef) ** 2 + self.each(np.abs(tries), threshold)
        return np.take_along_axis(tries, costs.argmin(axis=0)[None], axis=0)[0]


class Mcp(Concave):
    """The minimax concave penalty ``t b − b² / 2γ`` up to γ t, and constant beyond."""

    kind = 1

    def each(self, size, threshold):
        inner = threshold * size - size**2 / (2.0 * self.concavity)
        far = size > self.concavity * threshold
        return np.where(far, 0.5 * self.concavity * threshold**2, inner)

    def _stationary(self, size, threshold, bend):
        slope = bend - 1.0 / self.concavity
        ahead = np.divide(bend * size - threshold, slope, out=np.zeros_like(size), where=slope > 0)
        edge = self.concavity * threshold
        return np.clip(ahead, 0.0, edge), edge


class Scad(Concave):
    """Smoothly clipped absolute deviation: slope t up to t, then falling to 0 at γ t."""

    kind = 2

    def each(self, size, threshold):
        gamma, edge = self.concavity, self.concavity * threshold
        middle = (2.0 * edge * size - size**2 - threshold**2) / (2.0 * (gamma - 1.0))
        flat = 0.5 * threshold**2 * (gamma + 1.0)
        return np.where(size <= threshold, threshold * size, np.where(size <= edge, middle, flat))

    def _stationary(self, size, threshold, bend):
        gamma, edge = self.concavity, self.concavity * threshold
        slope = bend - 1.0 / (gamma - 1.0)
        ahead = np.divide(
            bend * size - edge / (gamma - 1.0), slope, out=np.zeros_like(size), where=slope > 0
        )
        near = np.clip(size - threshold / bend, 0.0, threshold)
        return near, np.clip(ahead, threshold, edge), edge


@dataclass(frozen=True)
class Groups:
    """Ω = Σ_j t_j |β_j| + Σ_g s_g ‖β_g‖ over groups of columns: group and sparse-group lasso.

    Attributes
    ----------
    labels : ndarray of shape (p,), intp
        The group 0 … G−1 of each column.
    norm_threshold : ndarray of shape (G,)
        s, one a group.
    threshold : float or ndarray of shape (p, 1)
        t.
    """

    labels: np.ndarray
    norm_threshold: np.ndarray
    threshold: Any = 0.0

    convex = True
    separable = False
    of_sizes = True

    def clips(self, low, high):
        return False

    def norms(self, coef):
        """The norm of each group."""
        square = np.bincount(
            self.labels, weights=(coef * coef).sum(axis=1), minlength=len(self.norm_threshold)
        )
        return np.sqrt(square)

    def value(self, coef):
        plain = np.sum(np.asarray(self.threshold) * np.abs(coef))
        return float(plain + self.norm_threshold @ self.norms(coef))

    def proximal(self, coef, step):
        """As of `Entrywise`; the step is the same within a group."""
        step = np.broadcast_to(np.asarray(step, dtype=np.float64), coef.shape)
        coef = np.sign(coef) * np.maximum(np.abs(coef) - step * np.asarray(self.threshold), 0.0)
        by_group = np.zeros(len(self.norm_threshold))
        by_group[self.labels] = step[:, 0]
        norms = self.norms(coef)
        left = np.maximum(norms - by_group * self.norm_threshold, 0.0)
        factor = np.divide(left, norms, out=np.zeros_like(norms), where=norms > 0)
        return coef * factor[self.labels][:, None]

    def common_step(self, step):
        """Steps of the columns made the least of each group."""
        least = np.full(len(self.norm_threshold), np.inf)
        np.minimum.at(least, self.labels, step.min(axis=1))
        return np.broadcast_to(least[self.labels][:, None], step.shape)

    def blocks(self, shape):
        k = shape[1]
        order = np.argsort(self.labels, kind="stable")
        counts = np.bincount(self.labels, minlength=len(self.norm_threshold))
        threshold = np.broadcast_to(np.asarray(self.threshold, dtype=np.float64), shape)
        return Blocks(
            np.concatenate([[0], np.cumsum(counts * k)]),
            (order[:, None] * k + np.arange(k)).ravel(),
            np.ascontiguousarray(threshold).ravel(),
            np.ascontiguousarray(self.norm_threshold, dtype=np.float64),
        )

    def take(self, columns):
        kept, labels = np.unique(self.labels[columns], return_inverse=True)
        threshold = self.threshold if np.ndim(self.threshold) == 0 else self.threshold[columns]
        return Groups(labels, self.norm_threshold[kept], threshold)

    def closure(self, columns, p):
        chosen = np.zeros(len(self.norm_threshold), dtype=bool)
        chosen[self.labels[columns]] = True
        return np.flatnonzero(chosen[self.labels])


@dataclass(frozen=True)
class Slope:
    """Ω = Σ_i t_i |β|_(i), |β|_(1) ≥ |β|_(2) ≥ … over all entries, for t falling and ≥ 0."""

    levels: np.ndarray

    convex = True
    separable = False
    of_sizes = True

    def clips(self, low, high):
        return False

    def value(self, coef):
        return float(np.sort(np.abs(coef), axis=None)[::-1] @ self.levels)

    def proximal(self, coef, step):
        """As of `Entrywise`, for one step: pooled decreasing fit to what the levels leave."""
        size = np.abs(coef).ravel()
        order = np.argsort(-size, kind="stable")
        line = size[order] - float(np.min(step)) * self.levels
        out = np.empty_like(size)
        out[order] = np.maximum(isotonic(line, None, False), 0.0)
        return np.sign(coef) * out.reshape(coef.shape)

    def common_step(self, step):
        return np.full(step.shape, step.min())

    def blocks(self, shape):
        return None


@dataclass(frozen=True)
class Fused:
    """Ω = t Σ_j |β_j| + s Σ_j |β_{j+1} − β_j| for columns in the order of a line."""

    threshold: float
    difference: float

    convex = True
    separable = False
    of_sizes = False

    def clips(self, low, high):
        # Bounds common to all cut the fused signal as they cut each value.
        return bool((low == low[0]).all() and (high == high[0]).all())

    def value(self, coef):
        jumps = np.abs(np.diff(coef, axis=0)).sum()
        return float(self.threshold * np.abs(coef).sum() + self.difference * jumps)

    def proximal(self, coef, step):
        """As of `Entrywise`, for one step: the fused signal, then soft thresholds."""
        step = float(np.min(step))
        out = np.empty(coef.shape)
        for k in range(coef.shape[1]):
            line = np.empty(len(coef))
            signal = np.ascontiguousarray(coef[:, k], dtype=np.float64)
            fused_step(signal, step * self.difference, line)
            out[:, k] = line
        return np.sign(out) * np.maximum(np.abs(out) - step * self.threshold, 0.0)

    def common_step(self, step):
        return np.full(step.shape, step.min())

    def blocks(self, shape):
        return None


@dataclass(frozen=True)
class Structured:
    """The penalty ``Σ l2 β² / 2 + Ω(β)`` within bounds, as solvers take it.

    Attributes
    ----------
    structure : structure
    l2 : float or ndarray of shape (p, 1)
    low, high : float or ndarray of shape (p, 1)
        Bounds of the coefficients.
    """

    structure: Any = Entrywise()
    l2: Any = 0.0
    low: Any = -np.inf
    high: Any = np.inf

    smooth = False

    @property
    def bounded(self):
        """Whether any coefficient has a bound."""
        return bool(np.any(np.isfinite(self.low)) or np.any(np.isfinite(self.high)))

    @property
    def conic(self):
        """Whether bounds are signs alone: zero or infinite."""
        finite = [np.asarray(of)[np.isfinite(of)] for of in (self.low, self.high)]
        return not any(of.any() for of in finite)

    def bounds(self, shape):
        """Low and high, of the shape of β."""
        return [
            np.broadcast_to(np.asarray(of, dtype=np.float64), shape) for of in (self.low, self.high)
        ]

    def smooth_part(self):
        """The L2 term alone."""
        return L2(self.l2)

    def value(self, coef):
        """Ω alone, for coefficients within the bounds."""
        return self.structure.value(coef)

    def blocks(self, shape):
        """The structure's `Blocks`, or None where the bounds or the structure have none."""
        if self.bounded and not self.structure.separable and not self.conic:
            return None
        return self.structure.blocks(shape)

    def proximal(self, coef, step):
        """argmin_u ``‖u − β‖² / (2 step) + Ω(u)`` within the bounds."""
        if not self.bounded:
            return self.structure.proximal(coef, step)
        low, high = self.bounds(coef.shape)
        if not self.structure.convex:
            return self.structure.proximal(coef, step, low, high)
        if self.structure.clips(low, high):
            return np.clip(self.structure.proximal(coef, step), low, high)
        if self.conic and self.structure.of_sizes:
            # A norm of absolute values rises with each: signs come first.
            return self.structure.proximal(np.clip(coef, low, high), step)
        return self._alternate(coef, step, low, high)

    def _alternate(self, coef, step, low, high):
        """Dykstra's alternation of the two steps, whose limit is that of the sum."""
        there, first, second = coef, np.zeros(coef.shape), np.zeros(coef.shape)
        for _ in range(_ROUNDS):
            inner = self.structure.proximal(there + first, step)
            first = there + first - inner
            outer = np.clip(inner + second, low, high)
            second = inner + second - outer
            change = np.abs(outer - there).max(initial=0.0)
            there = outer
            if change <= _SETTLED * np.abs(there).max(initial=1e-300):
                break
        return there

    def common_step(self, step):
        """Steps (p, K) made such that `proximal` takes them."""
        if self.structure.separable:
            return step
        return self.structure.common_step(step)

    def violation(self, coef, gradient, step):
        """How far a proximal step of length `step` moves each entry, over the step.

        Zero where, and only where, coef is stationary.
        """
        step = self.common_step(np.broadcast_to(step, coef.shape))
        return np.abs(coef - self.proximal(coef - step * gradient, step)) / step

    def bounds_scaled(self, scale):
        """The same penalty, with bounds for coefficients multiplied by `scale` (p,) or None."""
        if scale is None or not self.bounded:
            return self
        return replace(self, low=self.low * scale[:, None], high=self.high * scale[:, None])

    def take(self, columns):
        """The same for some of the columns."""
        parts = {
            name: value if np.ndim(value) == 0 else value[columns]
            for name, value in (("l2", self.l2), ("low", self.low), ("high", self.high))
        }
        return Structured(self.structure.take(columns), **parts)
