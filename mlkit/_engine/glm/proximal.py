"""Problems with an L1 term: Newton's method with a proximal step, and accelerated gradients."""

from dataclasses import dataclass, replace

import numpy as np

from ._coordinate import descend_quadratic
from .coordinate_newton import SparseNewton
from .descent import IDLE
from .design import SparseColumns
from .newton import hessian
from .problem import Objective

# Coefficients, over all outputs, whose Hessian is formed: 2,000 take 32 MB.
_FULL_HESSIAN = 2000
# Sparse columns whose Hessian costs next to nothing.
_FEW = 100


@dataclass(frozen=True)
class Proximal:
    """Minimise a smooth loss plus an elastic net.

    Up to 2,000 coefficients it is a proximal Newton method (Lee, Sun and Saunders, 2014), whose
    quadratic models coordinate descent minimises. Of one output and many sparse columns the models
    are those of the columns that matter, and no Hessian is formed (`SparseNewton`). Beyond,
    accelerated proximal gradients with restarts (Beck and Teboulle, 2009; O'Donoghue and Candès,
    2015).

    Parameters
    ----------
    max_iter : int
    tol : float
        Greatest distance of an entry of the gradient to the subdifferential at which to stop.
    """

    max_iter: int = 100
    tol: float = 1e-4

    def suits(self, loss, penalty):
        return loss.smooth and loss.curved and hasattr(penalty, "proximal")

    def solve(self, task):
        objective = NonSmooth(task)
        if suits_columns(objective):
            point, n_iter, converged = SparseNewton(objective).minimise(self.max_iter, self.tol)
            return objective.solution(point, n_iter, converged)
        if np.prod(objective.shape) <= _FULL_HESSIAN:
            return self._newton(objective)
        return self._accelerated(objective)

    def _newton(self, objective):
        point, idle = objective.at(objective.start()), 0
        inner_tol = 1e-2  # of the models: coarse at first, then a hundredth of the last gain's root
        for n_iter in range(self.max_iter + 1):
            violation = objective.violation_at(point)
            if n_iter == self.max_iter:
                break
            direction, model_gain = newton_step(objective, point, max(inner_tol, 1e-12))
            small = model_gain <= max(self.tol**2, _eps(objective)) * abs(point.total)
            if small and (violation <= self.tol or idle >= IDLE):
                return objective.solution(self._polished(objective, point, direction), n_iter, True)
            following = backtrack(objective, point, direction, model_gain)
            if following is None:
                return objective.solution(point, n_iter, True)
            gain = max(point.total - following.total, 0.0)
            idle = idle + 1 if gain <= _eps(objective) * abs(point.total) else 0
            inner_tol = min(inner_tol, 1e-2 * gain**0.5)
            point = following
            if objective.stops(n_iter + 1, point, violation):
                return objective.solution(point, n_iter + 1, True)
        return objective.solution(point, self.max_iter, violation <= self.tol)

    def _polished(self, objective, point, direction):
        """The point after a last step, where more was asked than the objective's value can show."""
        if self.tol**2 >= _eps(objective):
            return point
        last = objective.at(point.theta + direction)
        return last if last.total <= point.total * (1 + 4 * _eps(objective)) else point

    def _accelerated(self, objective):
        metric = objective.diagonal()
        point = ahead = objective.at(objective.start())
        momentum, step = 1.0, 1.0
        for n_iter in range(self.max_iter):
            violation = objective.violation_at(point)
            if violation <= self.tol:
                return objective.solution(point, n_iter, True)
            following, step = proximal_step(objective, ahead, metric, step)
            change = following.theta - point.theta
            if following.total > point.total and ahead is not point:
                ahead, momentum = point, 1.0  # momentum overshot: restart without it
                continue
            if not change.any():
                return objective.solution(point, n_iter, True)
            longer = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
            ahead = objective.at(following.theta + (momentum - 1.0) / longer * change)
            point, momentum, step = following, longer, 1.1 * step
            if objective.stops(n_iter + 1, point, violation):
                return objective.solution(point, n_iter + 1, True)
        violation = objective.violation_at(point)
        return objective.solution(point, self.max_iter, violation <= self.tol)


def suits_columns(objective):
    """Whether columns are sparse, of one output, and too many for a Hessian to cost nothing."""
    columns = objective.design.columns
    return (
        isinstance(columns, SparseColumns)
        and objective.n_outputs == 1
        and columns.shape[1] > _FEW
        and objective.loss.kind is not None
    )


def _eps(objective):
    return float(np.finfo(objective.y.dtype).eps)


@dataclass(frozen=True)
class Place:
    """A `Point` of the smooth part, with the whole objective's value."""

    theta: np.ndarray
    margins: np.ndarray
    value: float
    gradient: np.ndarray
    total: float


class NonSmooth(Objective):
    """F = f + Ω with Ω an elastic net; value and gradient are those of f and the L2 term."""

    def __init__(self, task):
        super().__init__(replace(task, penalty=task.penalty.smooth_part()))
        self.l1 = replace(task.penalty, l2=0.0)

    def start(self):
        theta = super().start()
        if self.task.start is not None and self.loss.mixes:
            # The L1 norm has its own preference among what classes may have in common.
            coef, intercept = self.design.from_raw(*self.task.start)
            theta[: len(coef)] = coef
            if self.fit_intercept:
                theta[-1] = intercept
        return theta

    def at(self, theta):
        point = super().at(theta)
        total = point.value + self.l1.value(self.parts(theta)[0])
        return Place(theta, point.margins, point.value, point.gradient, total)

    def thresholds(self):
        """t of the L1 term for each entry of θ; 0 for intercepts."""
        out = np.zeros(self.shape)
        out[: self.design.shape[1]] = self.l1.l1
        return out

    def violation_at(self, point):
        gradient, residual_sum = self.parts(point.gradient)
        raw = self.design.raw_gradient(gradient, residual_sum)
        worst = self.l1.violation(self.parts(point.theta)[0], raw).max(initial=0.0)
        return float(max(worst, np.abs(residual_sum).max()) if self.fit_intercept else worst)

    def diagonal(self):
        """A bound, by its diagonal at the start, of each output's curvature."""
        bend = self.curvature(self.constant_margins()).sum(axis=0, dtype=np.float64)
        diagonal = self.variance[:, None] * bend + self.penalty.curvature(
            (len(self.variance), self.n_outputs)
        )
        if self.fit_intercept:
            diagonal = np.vstack([diagonal, bend])
        return np.where(diagonal > 0, diagonal, diagonal.max(initial=1e-300))

    def stops(self, n_iter, point, violation):
        """Report an iteration; whether its observer wants the end."""
        report = self.task.on_iteration
        return report is not None and report(
            n_iter, point.total, violation, lambda: self.solution(point, n_iter, True)
        )

    def solution(self, point, n_iter, converged):
        found = super().solution(point, n_iter, converged)
        details = {"value": point.total}
        return replace(found, violation=self.violation_at(point), details=details)


def newton_step(objective, point, tol):
    """The step to the minimum of the quadratic model, and the decrease that the model promises."""
    matrix = hessian(objective, point.margins, lifted=False)
    gradient, start = point.gradient.ravel(), point.theta.ravel()
    thresholds = objective.thresholds().ravel()
    # The model as a quadratic in where the step ends, whose gradient at the start is `gradient`.
    end, rest = start[:, None].copy(), -gradient[:, None]
    descend_quadratic(matrix, 0.0, thresholds, np.arange(len(end)), end, rest, False, 1000, tol)
    step, image = end[:, 0] - start, -gradient - rest[:, 0]
    change = thresholds @ (np.abs(start + step) - np.abs(start))
    return step.reshape(objective.shape), -float(gradient @ step + 0.5 * step @ image + change)


def backtrack(objective, point, direction, gain):
    """The first of full, half, quarter … steps with enough decrease; None if rounding hides it."""
    if not gain > 0 or not direction.any():
        return None
    length = 1.0
    for _ in range(40):
        following = objective.at(point.theta + length * direction)
        if following.total <= point.total - 1e-4 * length * gain:
            return following
        length *= 0.5
    return None


def proximal_step(objective, ahead, metric, step):
    """``prox(θ − step M⁻¹ ∇f)``, its step halved until the quadratic bound of f holds."""
    p = objective.design.shape[1]
    for _ in range(60):
        theta = ahead.theta - step / metric * ahead.gradient
        theta[:p] = objective.l1.proximal(theta[:p], step / metric[:p])
        following = objective.at(theta)
        change = theta - ahead.theta
        bound = ahead.value + np.vdot(ahead.gradient, change)
        bound += 0.5 / step * np.vdot(metric * change, change)
        if following.value <= bound + 1e-12 * abs(ahead.value):
            break
        step *= 0.5
    return following, step
