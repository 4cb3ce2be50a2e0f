"""Huber's proposal for location and scale together, by Newton's method.

Minimises ``Σ w (σ + σ H(r / σ)) + α ‖β‖²`` over β, b and σ > 0, with r = y − Xβ − b and H(z) = z²
within ε, 2ε|z| − ε² beyond. It is convex in all of them together.

References
----------
Huber, P. J. and Ronchetti, E. M. (2009). Robust Statistics, chapter 7.
"""

from dataclasses import dataclass

import numpy as np

from .descent import IDLE
from .linalg import newton_direction
from .problem import Objective, Solution

# Share of the way to σ = 0 that a step may go, and σ over its start at which it stays: data that
# can be fitted exactly have their minimum at 0, where the function has no derivatives.
_SHRINK, _EXACT = 0.9, 1e-6
_DECREASE = 1e-4
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class HuberScale:
    """Solver for `Task` with squared error and an `L2`, whose details hold the scale.

    Parameters
    ----------
    epsilon : float
        Residuals within ε σ count by their square.
    max_iter : int
    tol : float
        Greatest entry of the mean's gradient at which to stop.
    scale : float, optional
        Where σ starts.
    """

    epsilon: float = 1.35
    max_iter: int = 100
    tol: float = 1e-5
    scale: float | None = None

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        objective = Objective(task)
        weight = np.ones(len(task.y)) if task.weight is None else task.weight.astype(np.float64)
        model = _Model(objective, weight / weight.sum(), self.epsilon)
        theta = objective.start()[:, 0]
        sigma = self.scale
        if sigma is None:
            sigma = max(float(np.sqrt(model.share @ model.residual(theta) ** 2)), 1e-300)
        model.floor = _EXACT * sigma
        point = model.at(theta, sigma)
        converged, n_iter, idle = False, 0, 0
        for n_iter in range(self.max_iter + 1):
            converged = bool(np.abs(point.gradient).max() <= self.tol)
            if n_iter == self.max_iter:
                break
            direction = -newton_direction(model.hessian(point), point.gradient)
            slope = float(direction @ point.gradient)
            # Where Newton's steps are short, one more doubles the digits: go on to rounding.
            small = -slope <= 1e-15 * point.value
            hidden = not slope < 0 or (small and idle >= IDLE)  # by rounding
            if (converged and small) or hidden:
                converged = converged or hidden
                break
            following = self._step(model, point, direction, slope)
            if following is None:
                converged = True  # rounding hides any decrease
                break
            fell = point.value - following.value > _EPS * abs(point.value)
            idle, point = 0 if fell else idle + 1, following
        coef, intercept = objective.design.to_raw(*objective.parts(point.theta[:, None]))
        if not task.fit_intercept:
            intercept = np.zeros(1)
        worst = float(np.abs(point.gradient).max())
        return Solution(coef, intercept, n_iter, converged, worst, {"scale": point.sigma})

    def _step(self, model, point, direction, slope):
        length = 1.0
        if direction[-1] < 0:
            room = min(_SHRINK * point.sigma, point.sigma - model.floor)
            length = min(1.0, -room / direction[-1])
        for _ in range(60):
            following = model.at(
                point.theta + length * direction[:-1], point.sigma + length * direction[-1]
            )
            if following.value <= point.value + _DECREASE * length * slope:
                return following
            length *= 0.5
        return None


@dataclass(frozen=True)
class _Point:
    theta: np.ndarray
    sigma: float
    residual: np.ndarray
    value: float
    gradient: np.ndarray


class _Model:
    """The mean of the objective, its gradient and its generalised Hessian."""

    def __init__(self, objective, share, epsilon):
        self.objective, self.share, self.epsilon = objective, share, epsilon
        self.y = objective.y[:, 0].astype(np.float64)
        self.floor = 0.0

    def residual(self, theta):
        margins = self.objective.design.margins(*self.objective.parts(theta[:, None]))
        return self.y - margins[:, 0]

    def at(self, theta, sigma):
        """The `_Point` of β, b and σ."""
        residual, epsilon, share = self.residual(theta), self.epsilon, self.share
        size = np.abs(residual)
        inside = size <= epsilon * sigma
        square = np.square(residual / sigma)
        bent = np.where(inside, square, 2 * epsilon * size / sigma - epsilon**2)
        coef = self.objective.parts(theta[:, None])[0]
        value = sigma * float(share @ (1.0 + bent)) + self.objective.penalty.value(coef)
        pull = share * np.clip(2 * residual / sigma, -2 * epsilon, 2 * epsilon)
        gradient = -self._pull(pull) + self._penalty_gradient(coef)
        by_scale = float(share @ (1.0 - np.where(inside, square, epsilon**2)))
        if sigma <= self.floor * (1.0 + 1e-9):
            by_scale = min(by_scale, 0.0)  # at its bound σ may only rise
        return _Point(theta, sigma, residual, value, np.append(gradient, by_scale))

    def hessian(self, point):
        """Second derivatives, to which residuals within ε σ alone contribute."""
        inside = np.abs(point.residual) <= self.epsilon * point.sigma
        bend = self.share * inside * (2.0 / point.sigma)
        ratio = point.residual / point.sigma
        m = len(point.theta)
        out = np.zeros((m + 1, m + 1))
        p = self.objective.design.shape[1]
        out[:p, :p] = self.objective.design.gram(bend)
        out[np.arange(p), np.arange(p)] += self.objective.penalty.curvature((p, 1))[:, 0]
        if m > p:
            out[p, :p] = out[:p, p] = self.objective.design.pull(bend[:, None])[:, 0]
            out[p, p] = bend.sum()
        out[m, :m] = out[:m, m] = self._pull(bend * ratio)
        out[m, m] = float(bend @ ratio**2)
        if point.sigma <= self.floor * (1.0 + 1e-9) and point.gradient[m] == 0.0:
            out[m, :m] = out[:m, m] = 0.0
        return out

    def _pull(self, values):
        product = self.objective.design.pull(values[:, None])[:, 0]
        return np.append(product, values.sum()) if self.objective.fit_intercept else product

    def _penalty_gradient(self, coef):
        gradient = self.objective.penalty.gradient(coef)[:, 0]
        return np.append(gradient, 0.0) if self.objective.fit_intercept else gradient
