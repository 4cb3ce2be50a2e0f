"""Newton's method for a sparse X with an L1 term, on the columns that matter.

Rounds choose the columns whose coefficients are not zero or should not be. On these, quadratic
models of the loss are minimised one after another by coordinate descent on the columns themselves;
each step is shortened until the objective falls. A round ends with one pass over all of X.

References
----------
Yuan, G.-X., Ho, C.-H. and Lin, C.-J. (2012). An improved GLMNET for L1-regularized logistic
regression. Journal of Machine Learning Research 13.

Massias, M., Vaiter, S., Gramfort, A. and Salmon, J. (2020). Dual extrapolation for sparse GLMs.
Journal of Machine Learning Research 21.
"""

from dataclasses import dataclass

import numpy as np

from ._coordinate_newton import descend_model, weigh_columns
from .coordinate import working_set
from .descent import IDLE

# Least size of a working set.
_LEAST = 1024
# Models of a round at most, and the share of its first gain at which it ends.
_MODELS, _ROUND = 8, 0.3
# Epochs on a model at most, and the share of its gain that the last of them may have.
_EPOCHS, _SHARE = 200, 0.1
# Share of a model's promise that a step has to keep, and halvings of a step.
_KEPT, _HALVINGS = 1e-4, 40


@dataclass(frozen=True)
class State:
    """Coefficients, the constant of the raw columns, margins, and the objective there."""

    coef: np.ndarray
    constant: float
    margins: np.ndarray
    value: float
    slope: np.ndarray
    curvature: np.ndarray


class SparseNewton:
    """One output's `NonSmooth` objective on sparse columns."""

    def __init__(self, objective):
        self.objective, self.loss = objective, objective.loss
        design = objective.design
        p = design.shape[1]
        self.center = np.zeros(p) if design.center is None else design.center
        if design.scale is not None:
            self.center = self.center / design.scale
        self.l1 = np.ascontiguousarray(np.broadcast_to(objective.l1.l1, (p, 1))[:, 0], np.float64)
        self.l2 = np.ascontiguousarray(objective.penalty.curvature((p, 1))[:, 0])

    def minimise(self, max_iter, tol):
        """Point, models solved, and whether the objective is as small as it gets."""
        objective, size, idle, n_iter = self.objective, _LEAST, 0, 0
        point, gain = objective.at(objective.start()), np.inf
        eps, bend = float(np.finfo(objective.y.dtype).eps), objective.diagonal()[: len(self.l1), 0]
        while True:
            goal = max(tol**2, eps) * abs(point.total)
            violation = objective.violation_at(point)
            coef = objective.parts(point.theta)[0]
            distance = objective.l1.violation(coef, objective.parts(point.gradient)[0])[:, 0]
            # What single coordinates could gain: of all, beside the model's of the chosen.
            promise = max(gain, 0.5 * float(distance @ (distance / bend)))
            if promise <= goal and (violation <= tol or idle >= IDLE):
                return point, n_iter, True
            if n_iter >= max_iter:
                return point, n_iter, violation <= tol
            support = coef[:, 0] != 0
            size = max(size, 2 * int(support.sum()))
            columns = working_set(distance, support, size, len(support))
            work = Columns(self, columns)
            theta, gain, models = work.descend(point, max_iter - n_iter, goal)
            n_iter += models
            if theta is None:
                return point, n_iter, True
            following = objective.at(theta)
            fell = following.total < point.total - eps * abs(point.total)
            idle = 0 if fell else idle + 1
            point = following
            if objective.stops(n_iter, point, violation):
                return point, n_iter, True


class Columns:
    """The columns that a round works on, scaled, as arrays of their entries."""

    def __init__(self, newton, columns):
        self.newton, self.columns = newton, columns
        self.objective, self.loss = newton.objective, newton.loss
        design = newton.objective.design
        X = design.columns.take(columns).X.tocsc()
        self.starts = X.indptr.astype(np.int64)
        self.rows = X.indices.astype(np.int32, copy=False)
        self.values = X.data.astype(np.float64)
        if design.scale is not None:
            self.values /= np.repeat(design.scale[columns], np.diff(self.starts))
        self.shape = X.shape
        self.l1, self.l2 = newton.l1[columns], newton.l2[columns]
        self.weighted = np.empty_like(self.values)

    def descend(self, point, max_models, goal):
        """θ after some models, the decrease that the last promised, and their number.

        θ is None where no model promises anything that rounding would show.
        """
        objective = self.objective
        coef, intercept = objective.parts(point.theta)
        here = np.ascontiguousarray(coef[self.columns, 0])
        state = self._state(here, float(intercept[0]), point.margins)
        first, models, gain = None, 0, 0.0
        while models < min(_MODELS, max_models):
            there, shift, gain = self._model(state)
            following = self._step(state, there, shift, gain)
            if following is None:
                break
            state, models = following, models + 1
            first = gain if first is None else first
            if gain <= max(_ROUND * first, goal):
                break
        if first is None:
            return None, gain, 0
        theta = point.theta.copy()
        theta[self.columns, 0] = state.coef
        if objective.fit_intercept:
            # The constant of the raw columns takes up what the centre of the columns explains.
            shift = self.newton.center[self.columns] @ (state.coef - here)
            theta[-1, 0] = state.constant + shift
        return theta, gain, models

    def _state(self, coef, constant, margins):
        """Evaluate the loss at some margins."""
        slope, curvature = np.empty_like(margins), np.empty_like(margins)
        value = self.loss.evaluate(
            self.objective.y,
            margins,
            self.objective.weight,
            factor=self.objective.factor,
            gradient=slope,
            curvature=curvature,
        )
        slope, curvature = (each[:, 0].astype(np.float64) for each in (slope, curvature))
        value += self._penalty(coef)
        return State(coef, constant, margins, value, slope, np.maximum(curvature, 0.0))

    def _penalty(self, coef):
        return float(self.l1 @ np.abs(coef) + 0.5 * (self.l2 * coef) @ coef)

    def _model(self, state):
        """Coefficients and the constant's change at the model's minimum, and its promise."""
        mass, square = np.empty(len(self.columns)), np.empty(len(self.columns))
        weigh_columns(
            self.starts, self.rows, self.values, state.curvature, self.weighted, mass, square
        )
        total = shift = gain = 0.0
        bend = square
        if self.objective.fit_intercept:
            total = float(state.curvature.sum())
            if total > 0.0:
                pull = float(state.slope.sum())
                shift, gain = -pull / total, 0.5 * pull**2 / total
                bend = square - mass * (mass / total)
        # A column that is constant, or on rows without curvature, but for rounding.
        bend = np.where(bend > 1e-12 * square, bend, 0.0) + self.l2
        slope, there = state.slope.copy(), state.coef.copy()
        shift, gained, _ = descend_model(
            self.starts,
            self.rows,
            self.values,
            self.weighted,
            mass,
            bend,
            self.l2,
            self.l1,
            total,
            shift,
            slope,
            there,
            _EPOCHS,
            _SHARE,
        )
        return there, shift, gain + gained

    def _step(self, state, there, shift, gain):
        """The state after a step towards there, the whole or a part of it, or None."""
        change = there - state.coef
        if not gain > 0 or not (change.any() or shift):
            return None
        step = self._margins(change) + shift
        slack = 4 * float(np.finfo(self.objective.y.dtype).eps) * abs(state.value)
        length = 1.0
        for _ in range(_HALVINGS):
            margins = state.margins + (length * step[:, None]).astype(state.margins.dtype)
            coef = there if length == 1.0 else state.coef + length * change
            following = self._state(coef, state.constant + length * shift, margins)
            if following.value <= state.value - _KEPT * length * gain + slack:
                return following
            length *= 0.5
        return None

    def _margins(self, change):
        """Change of the margins without the constant's."""
        from scipy.sparse import csc_array

        matrix = csc_array((self.values, self.rows, self.starts), shape=self.shape)
        return matrix @ change
