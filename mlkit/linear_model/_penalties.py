"""Penalties with a structure, as parameters: which one, how strong, within which bounds."""

import numpy as np

from .._core import shared
from .._core.domains import above, array_like, at_least, between, boolean, none, one_of, real
from .._core.params import param
from .._engine.glm.lbfgs import LBFGS
from .._engine.glm.penalties import L2, NoPenalty
from .._engine.glm.structured import Composite
from .._engine.glm.structures import Entrywise, Fused, Groups, Mcp, Scad, Slope, Structured
from ._tables import TableInput

_PENALTIES = ("l2", "l1", "elasticnet", "mcp", "scad", "group", "sparse_group", "slope", "fused")
_SMOOTH = (None, "l2")
# Columns up to which Newton's method is the quicker one for a smooth penalty.
_NEWTON_COLUMNS = 400
# The rate of false discoveries for which the default levels of SLOPE are made.
_DISCOVERY = 0.1


class Penalised(TableInput):
    """Parameters of a penalty Ω(β), and the engine's penalty that they describe.

    The penalty of "l2" is ``α ‖β‖² / 2``, of "elasticnet" ``α (r ‖β‖₁ + (1 − r) ‖β‖² / 2)`` with
    r the `l1_ratio`, of "group" ``α Σ_g √p_g ‖β_g‖``, of "sparse_group"
    ``α (r ‖β‖₁ + (1 − r) Σ_g √p_g ‖β_g‖)``, of "fused"
    ``α (r ‖β‖₁ + (1 − r) Σ_j |β_{j+1} − β_j|)``, of "slope" ``α Σ_i λ_i |β|_(i)`` for sizes in
    falling order. "mcp" and "scad" start as "l1" and level off.
    """

    penalty: str = param(
        "l2",
        one_of(*_PENALTIES) | none,
        'Kind of penalty: "l2", "l1", "elasticnet", "mcp", "scad", "group", "sparse_group", '
        '"slope", "fused"; None is none.',
    )
    alpha: float = param(1.0, at_least(0), "Penalty strength; 0 is none.")
    l1_ratio: float = param(
        0.5,
        between(0, 1),
        'Share of the L1 norm in "elasticnet", "sparse_group" and "fused".',
    )
    groups: object = param(
        None,
        array_like | none,
        'Label of the group of each column, for "group" and "sparse_group"; None puts the '
        "categories of a column together.",
    )
    concavity: float = param(
        None,
        above(1) | none,
        "Multiple γ of the strength at which a concave penalty is level; None is 3 for "
        '"mcp" (more than 1) and 3.7 for "scad" (more than 2). It suits columns of unit variance: '
        "use standardize=True for others, or most weights may be beyond the level and free.",
    )
    penalty_weights: object = param(
        None,
        array_like | none,
        "Factors of the strength: one a column, one a group in the order of sorted labels (None is "
        '√p_g), or the falling levels of "slope" (None is those of Benjamini and Hochberg at 0.1).',
    )
    lower: object = param(
        None, real | array_like | none, "Least coefficient: a number or one a column; None is −∞."
    )
    upper: object = param(
        None, real | array_like | none, "Greatest coefficient, likewise; None is ∞."
    )
    standardize: bool = param(
        False,
        boolean,
        "Whether the penalty is that of columns with unit variance; coef_ is X's either way.",
    )
    max_iter: int = shared.max_iter(300)
    tol: float = shared.tol(
        1e-6, "Distance of the gradient from the subdifferential at which to stop."
    )
    warm_start: bool = shared.warm_start

    def _penalty(self, p, n_outputs=1):
        """The engine's penalty for p columns."""
        name, who = self.penalty, type(self).__name__
        alpha = 0.0 if name is None else float(self.alpha)
        ratio = {"elasticnet": self.l1_ratio, "l1": 1.0}.get(name, 0.0)
        l2 = 0.0
        if name in ("l2", "elasticnet"):
            l2 = alpha * (1.0 - ratio) * self._column_weights(p)
        structure = self._structure(p, n_outputs, alpha, ratio)
        low, high = self._bound("lower", p, -np.inf), self._bound("upper", p, np.inf)
        if np.any(low > high):
            raise ValueError(
                f"{who}: lower={self.lower!r} is above upper={self.upper!r} in a column; "
                "exchange them"
            )
        return Structured(structure, l2, low, high)

    def _structure(self, p, n_outputs, alpha, ratio):
        name = self.penalty
        if name in ("group", "sparse_group"):
            return self._grouped(p, alpha, self.l1_ratio if name == "sparse_group" else 0.0)
        if name == "slope":
            return Slope(alpha * self._levels(p * n_outputs))
        if name == "fused":
            return Fused(alpha * self.l1_ratio, alpha * (1.0 - self.l1_ratio))
        if name in ("mcp", "scad"):
            gamma = {"mcp": 3.0, "scad": 3.7}[name] if self.concavity is None else self.concavity
            if name == "scad" and gamma <= 2:
                raise ValueError(
                    f"{type(self).__name__}: concavity={gamma} is too little for "
                    "penalty='scad'; use more than 2"
                )
            strength = alpha * self._column_weights(p)
            return {"mcp": Mcp, "scad": Scad}[name](strength, float(gamma))
        return Entrywise(alpha * ratio * self._column_weights(p))

    def _column_weights(self, p):
        weights = self.penalty_weights
        if weights is None:
            return 1.0
        return self._checked_weights(weights, p, "a column")[:, None]

    def _checked_weights(self, weights, size, of):
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != (size,) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(
                f"{type(self).__name__}: penalty_weights must be {size} finite numbers ≥ 0, one "
                f"{of}; got shape {weights.shape}"
            )
        return weights

    def _grouped(self, p, alpha, ratio):
        who = type(self).__name__
        labels = self._levels_together(p) if self.groups is None else np.asarray(self.groups)
        if labels.shape != (p,):
            raise ValueError(
                f"{who}: groups must be {p} labels, one a column of X; got shape {labels.shape}"
            )
        names, codes = np.unique(labels, return_inverse=True)
        weights = np.sqrt(np.bincount(codes))
        if self.penalty_weights is not None:
            weights = self._checked_weights(self.penalty_weights, len(names), "a group")
        return Groups(codes, alpha * (1.0 - ratio) * weights, alpha * ratio)

    def _levels(self, size):
        if self.penalty_weights is not None:
            levels = self._checked_weights(self.penalty_weights, size, "a coefficient")
            if (np.diff(levels) > 0).any():
                raise ValueError(
                    f"{type(self).__name__}: penalty_weights of 'slope' must fall; sort them"
                )
            return levels
        from scipy.special import ndtri

        levels = ndtri(1.0 - _DISCOVERY * np.arange(1, size + 1) / (2.0 * size))
        return levels / levels[0]

    def _bound(self, name, p, default):
        value = getattr(self, name)
        if value is None:
            return default
        bound = np.asarray(value, dtype=np.float64)
        if bound.ndim == 0:
            return float(bound)
        if bound.shape != (p,) or np.isnan(bound).any():
            raise ValueError(
                f"{type(self).__name__}: {name} must be a number or one a column of X, "
                f"({p},); got shape {bound.shape}"
            )
        return bound[:, None]

    def _solver(self, p, loss, penalty):
        """A penalty and the solver for it."""
        plain = self.penalty in _SMOOTH and self.penalty_weights is None and not penalty.bounded
        if plain and p > _NEWTON_COLUMNS and loss.smooth and not loss.n_cuts:
            smooth = NoPenalty() if self.penalty is None else L2(float(self.alpha))
            return smooth, LBFGS(self.max_iter, self.tol)
        return penalty, Composite(self.max_iter, self.tol)
