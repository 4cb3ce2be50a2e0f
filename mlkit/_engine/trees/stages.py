"""Boosting by exact trees: each is grown on the negative gradient of the loss at all rows.

A stage goes one step down the loss: trees are grown on ``−∂ℓ/∂z`` at the raw predictions z, their
leaves get the step that the loss asks for, and z moves by `rate` times that step (Friedman,
"Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001). The
columns are put in order once for all trees.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ..loss.losses import AbsoluteError as AbsoluteLoss
from ..loss.losses import BinaryLogistic, HuberLoss, Multinomial, PinballLoss
from ..loss.losses import SquaredError as SquaredLoss
from ._stages import advance, leaf_quantiles, leaf_sums, select_rows
from .exact import Limits, SquaredError, grow_leaves

# Below it a curvature is taken for zero: a leaf all of whose rows are predicted for sure stays.
_FLAT = 1e-150


@dataclass(frozen=True)
class Squared:
    """Squared error: the leaf's mean is the step already."""

    loss = SquaredLoss()
    factor = 2.0

    def at(self, y, raw, weight):
        """The objective as it is at raw predictions `raw`."""
        return self

    def slope(self, y, raw):
        """Negative gradient, of raw's shape, and the curvature where steps need it."""
        return y[:, None] - raw, None

    def steps(self, trees, leaf, slope, curvature, residual, weight):
        """The step of each node of one tree.

        Parameters
        ----------
        trees : Trees
            One tree.
        leaf : ndarray of int32, shape (n_rows,)
            −1 for rows that take no part.
        slope, curvature : ndarray of shape (n_rows,), or None
        residual : ndarray of shape (n_rows,)
            ``y − z``.
        weight : ndarray of shape (n_rows,), or None

        Returns
        -------
        ndarray of shape (n_nodes,)
        """
        return trees.value[:, 0, 0].copy()

    def mean_loss(self, y, raw, weight=None):
        """``factor · Σ w ℓ / Σ w``."""
        loss = np.asarray(self.loss.per_sample(y, raw if raw.shape[1] > 1 else raw[:, 0]))
        return self.factor * float(np.average(loss, weights=weight))


@dataclass(frozen=True)
class _NewtonSteps(Squared):
    """Base of losses whose leaves take one Newton step, ``Σ w g / Σ w h``."""

    share = 1.0

    def slope(self, y, raw):
        target = y if raw.shape[1] > 1 else y[:, None]
        gradient, curvature = self.loss.gradient_curvature(target, raw)
        return -gradient, curvature

    def steps(self, trees, leaf, slope, curvature, residual, weight):
        total = leaf_sums(leaf, trees.n_nodes, slope, curvature, weight)
        curved = np.abs(total[:, 1]) >= _FLAT
        step = np.zeros(trees.n_nodes)
        np.divide(self.share * total[:, 0], total[:, 1], out=step, where=curved)
        return step


@dataclass(frozen=True)
class Logistic(_NewtonSteps):
    """Deviance of two classes."""

    loss = BinaryLogistic()
    factor = 2.0


@dataclass(frozen=True)
class Deviance(_NewtonSteps):
    """Deviance of K classes; a step is (K − 1)/K of Newton's for one class alone."""

    n_classes: int
    factor = 1.0

    @property
    def loss(self):
        return Multinomial(self.n_classes)

    @property
    def share(self):
        return (self.n_classes - 1) / self.n_classes


class ExponentialLoss:
    """``exp(−(2y − 1) z)`` for y in {0, 1}: the loss of AdaBoost."""

    def per_sample(self, y, raw):
        return np.exp(np.where(y > 0.5, -raw, raw))

    def gradient_curvature(self, y, raw):
        size = np.exp(np.where(y > 0.5, -raw, raw))
        return np.where(y > 0.5, -size, size), size


@dataclass(frozen=True)
class Exponential(_NewtonSteps):
    """Exponential loss of two classes."""

    loss = ExponentialLoss()
    factor = 1.0


@dataclass(frozen=True)
class _Quantiles(Squared):
    """Base of losses whose leaves take a quantile of the residuals."""

    factor = 1.0
    level = 0.5

    def steps(self, trees, leaf, slope, curvature, residual, weight):
        return leaf_quantiles(leaf, trees.n_nodes, residual, weight, self.level)


@dataclass(frozen=True)
class Absolute(_Quantiles):
    """Absolute error: leaves take the median."""

    loss = AbsoluteLoss()

    def slope(self, y, raw):
        return np.where(y[:, None] >= raw, 1.0, -1.0), None


@dataclass(frozen=True)
class Pinball(_Quantiles):
    """Pinball loss: leaves take its quantile."""

    level: float = 0.5

    @property
    def loss(self):
        return PinballLoss(self.level)

    def slope(self, y, raw):
        return np.where(y[:, None] >= raw, self.level, self.level - 1.0), None


@dataclass(frozen=True)
class Huber(_Quantiles):
    """Huber's loss, its δ the given quantile of the absolute residuals at each stage.

    A leaf takes the median of the residuals plus the mean of what is left of each, cut at ±δ.
    """

    quantile: float = 0.9
    delta: float = 1.0

    @property
    def loss(self):
        return HuberLoss(self.delta)

    def at(self, y, raw, weight):
        size = np.abs(y - raw[:, 0])
        everywhere = np.zeros(len(y), dtype=np.int32)
        delta = leaf_quantiles(everywhere, 1, size, weight, self.quantile)
        return replace(self, delta=float(delta[0]))

    def slope(self, y, raw):
        return np.clip(y[:, None] - raw, -self.delta, self.delta), None

    def steps(self, trees, leaf, slope, curvature, residual, weight):
        median = leaf_quantiles(leaf, trees.n_nodes, residual, weight, 0.5)
        rest = np.clip(residual - median[leaf], -self.delta, self.delta)
        total = leaf_sums(leaf, trees.n_nodes, rest, None, weight)
        return median + total[:, 0] / np.where(total[:, 1] > 0, total[:, 1], 1.0)


@dataclass
class Stages:
    """Rows, what is known of them, and where boosting stands.

    Parameters
    ----------
    X : ndarray or CSR matrix
        Rows, for the leaves of those that a stage leaves out.
    columns : Columns
        The same, from `exact.prepare`.
    y : ndarray of float64, shape (n_rows,)
        Numbers, or class codes.
    raw : ndarray of float64, shape (n_rows, n_outputs)
        Changed in place by each stage.
    weight : ndarray of float64, shape (n_rows,), or None
    objective : Squared, Logistic, ...
    limits : Limits
    rate : float
        Learning rate.
    min_weight_share : float
        Share of the weight that takes part which a leaf needs.
    prune : callable or None
        What is done to each tree before its leaves get their steps.
    """

    X: object
    columns: object
    y: np.ndarray
    raw: np.ndarray
    weight: np.ndarray
    objective: Squared
    limits: Limits
    rate: float
    min_weight_share: float = 0.0
    prune: object = None
    trees: list = field(default_factory=list)

    def advance(self, rng, mask=None):
        """Grow the trees of one stage, one an output, and move `raw`.

        Parameters
        ----------
        rng : RandomState
            Gives a seed to each tree.
        mask : ndarray of bool, shape (n_rows,), or None
            Rows that take part.
        """
        self.objective = self.objective.at(self.y, self.raw, self.weight)
        slope, curvature = self.objective.slope(self.y, self.raw)
        weight = self.weight
        if mask is not None:
            weight = mask.astype(np.float64) if weight is None else weight * mask
        limits = self._limits(weight)
        for k in range(self.raw.shape[1]):
            seed = rng.randint(2**31 - 1)
            target = np.ascontiguousarray(slope[:, k])
            trees, leaf = grow_leaves(self.columns, target, weight, SquaredError(), limits, seed)
            if self.prune is not None:
                trees = self.prune(trees)
                leaf = np.where(leaf < 0, -1, self._leaves(trees)).astype(np.int32)
            step = self.objective.steps(
                trees,
                leaf,
                target,
                None if curvature is None else curvature[:, k],
                self.y - self.raw[:, k],
                weight,
            )
            step[~trees.is_leaf] = trees.value[~trees.is_leaf, 0, 0]
            trees = replace(trees, value=step.reshape(-1, 1, 1))
            if (leaf < 0).any():
                leaf = self._leaves(trees)
            advance(self.raw[:, k], leaf, self.rate * step)
            self.trees.append(trees)

    def _limits(self, weight):
        if self.min_weight_share == 0.0:
            return self.limits
        total = float(self.columns.n_rows) if weight is None else float(weight.sum())
        return replace(self.limits, min_weight_leaf=self.min_weight_share * total)

    def _leaves(self, trees):
        return trees.apply(self.X)[:, 0].astype(np.int32)


def draw_rows(rng, n_rows, n_drawn):
    """Return a mask of `n_drawn` of `n_rows` rows drawn without replacement."""
    return select_rows(rng.uniform(size=n_rows), n_drawn)


def scaled(trees, rate):
    """Return the trees with `rate` times their values; what was made last is kept with them."""
    known = trees.__dict__.get("_scaled")
    if known is None or known[0] != rate:
        known = (rate, replace(trees, value=trees.value * rate))
        object.__setattr__(trees, "_scaled", known)
    return known[1]
