"""A step along a descent direction, and the loop that Newton's method and L-BFGS share.

The full step is evaluated with its gradient in one pass over X. Margins are linear in the step,
so where it is refused further trials interpolate the margins and cost O(n) each.
"""

import numpy as np

# Wolfe's conditions: enough decrease, and a slope that has flattened.
_DECREASE, _FLATTEN = 1e-4, 0.9
_TRIALS = 40
# Iterations without a decrease that shows in the value, after which none is expected.
IDLE = 3
# Iterations that together lower the value by no more than what a last one may.
_LONG = 20


def take_step(objective, point, direction):
    """The next `Point` along `direction`, or None where rounding hides any decrease."""
    slope = float(np.vdot(point.gradient, direction))
    if not slope < 0:
        return None
    full = objective.at(point.theta + direction)
    if np.isfinite(full.value):
        full_slope = float(np.vdot(full.gradient, direction))
        if _accepts(point.value, slope, 1.0, full.value, full_slope, objective.y.dtype):
            return full
    margins_step = objective.margins_of(direction)
    length = _search(objective, point, direction, margins_step, slope)
    return None if length is None else objective.at(point.theta + length * direction)


def _accepts(start, slope, length, value, value_slope, dtype):
    """Wolfe's conditions; within rounding of the start the slope decides alone."""
    if not abs(value_slope) <= _FLATTEN * abs(slope):
        return False
    rounding = 4 * np.finfo(dtype).eps * abs(start)
    return value <= start + _DECREASE * length * slope or (
        value <= start + rounding and value_slope <= 0.8 * abs(slope)
    )


def _search(objective, point, direction, margins_step, slope):
    """A step length that `_accepts`; the slope rises with the length for a convex loss."""
    low, low_slope, high, high_slope = 0.0, slope, None, None
    length = 1.0
    for _ in range(_TRIALS):
        value, here = objective.along(point, direction, margins_step, length)
        if np.isfinite(value) and _accepts(
            point.value, slope, length, value, here, objective.y.dtype
        ):
            return length
        enough = np.isfinite(value) and value <= point.value + _DECREASE * length * slope
        if enough and here < 0:
            low, low_slope = length, here
        else:
            high, high_slope = length, (here if np.isfinite(value) and here > 0 else None)
        if high is None:
            length = 4.0 * length
        elif high_slope is None:
            length = low + 0.25 * (high - low)
        else:  # the secant's root of the slope, kept off the ends
            root = low - low_slope * (high - low) / (high_slope - low_slope)
            margin = 0.1 * (high - low)
            length = min(max(root, low + margin), high - margin)
    return low or None


def descend(objective, max_iter, tol, next_direction):
    """Iterate ``θ ← θ + t d`` until the gradient is within `tol`.

    ``next_direction(previous, point)`` returns d and an estimate of the possible decrease,
    ``−gᵀd/2``. The test is ``max |∂F/∂β| ≤ tol``, and that the possible decrease is within
    tol² of the value: columns on a small scale have small gradients long before their
    coefficients are right. The gradient of columns on a huge scale is rounding long before it is
    small: it ends, too, where the possible decrease is small and the value has stopped falling,
    or falls by rounding alone.
    """
    task, idle, values = objective.task, 0, []
    previous, point = None, objective.at(objective.start())
    for n_iter in range(max_iter + 1):
        violation = objective.violation(point.gradient)
        direction, decrease = next_direction(previous, point)
        eps = np.finfo(task.y.dtype).eps
        least = max(tol**2, eps) * abs(point.value)
        values.append(point.value)
        still = idle >= IDLE or (n_iter >= _LONG and values[-1 - _LONG] - point.value <= least)
        if decrease <= least and (violation <= tol or still):
            return objective.solution(point, n_iter, True)
        if n_iter == max_iter:
            return objective.solution(point, n_iter, violation <= tol)
        following = take_step(objective, point, direction)
        if following is None:
            return objective.solution(point, n_iter, True)
        idle = idle + 1 if following.value >= point.value - eps * abs(point.value) else 0
        previous, point = point, following
        if task.on_iteration is not None and task.on_iteration(
            n_iter + 1,
            point.value,
            violation,
            lambda point=point, n=n_iter + 1: objective.solution(point, n, True),
        ):
            return objective.solution(point, n_iter + 1, True)
    raise AssertionError("unreachable")
