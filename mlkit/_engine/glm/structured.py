"""Penalties with a structure, for any loss: proximal Newton steps, working sets, smoothing.

References
----------
Lee, J. D., Sun, Y. and Saunders, M. A. (2014). Proximal Newton-type methods for minimizing
composite functions. SIAM Journal on Optimization 24.

Nesterov, Y. (2005). Smooth minimization of non-smooth functions. Mathematical Programming 103.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..loss.smoothed import Smoothed, corner_scale
from ._structured import descend_blocks
from .descent import IDLE
from .newton import bordered_gram, hessian
from .problem import Objective, Solution
from .proximal import NonSmooth, Place, Proximal, backtrack
from .structures import Entrywise

# Coefficients, over all outputs, whose Hessian is formed: 2,000 take 32 MB.
_FULL_HESSIAN = 2000
# Columns of a first working set, and of sets that need no other.
_LEAST, _WHOLE = 100, 400
# Epochs of a descent between attempts to solve its support, and such attempts.
_EPOCHS, _ROUNDS = 100, 30
# Steps of an accelerated descent on a quadratic model.
_MODEL_STEPS = 20000
# Widths of the smooth stand-in of a loss with corners, as shares of the data's own scale.
_WIDTHS = tuple(10.0**-k for k in range(1, 8))


@dataclass(frozen=True)
class Composite(Proximal):
    """Minimise any loss plus a `Structured` penalty.

    Up to 2,000 coefficients it is a proximal Newton method, whose quadratic models a descent by
    blocks minimises, or accelerated gradients where the penalty has none. Beyond, rounds on the
    columns that violate optimality most. A loss with corners is approached by smooth ones, and
    ends within 1e-7 of the data's scale.

    Parameters
    ----------
    max_iter : int
    tol : float
        Greatest distance of an entry of the gradient to the subdifferential at which to stop.
    """

    max_iter: int = 100
    tol: float = 1e-6

    def suits(self, loss, penalty):
        return hasattr(penalty, "structure") and (loss.smooth or loss.corner is not None)

    def solve(self, task):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if not task.loss.smooth:
                return self._smoothed(task)
            return self._solve(task)

    def _solve(self, task):
        structure = task.penalty.structure
        if not structure.convex and task.start is None:
            task = replace(task, start=self._convex_start(task))
        p, k = task.X.shape[1], task.n_outputs
        by_blocks = task.penalty.blocks((p, k)) is not None
        if by_blocks and p > _WHOLE:
            found = self._by_working_sets(task)
            if found is not None:
                return found
        objective = objective_of(task)
        if np.prod(objective.shape) <= _FULL_HESSIAN:
            return self._newton(objective)
        return self._accelerated(objective)

    def _convex_start(self, task):
        """The solution under the L1 norm of the same slope, which a concave penalty starts from."""
        convex = replace(task.penalty, structure=Entrywise(task.penalty.structure.threshold))
        coarse = replace(self, tol=max(self.tol, 1e-3))
        found = coarse._solve(replace(task, penalty=convex, on_iteration=None))
        return found.coef, found.intercept

    def _smoothed(self, task):
        """Solutions for ever narrower smooth losses, each started at the last."""
        scale = corner_scale(task.loss, task.y, task.weight)
        solution, start, rounds = None, task.start, 0
        for width in _WIDTHS:
            loss = Smoothed(task.loss, width * scale)
            solution = self._solve(replace(task, loss=loss, start=start))
            start, rounds = (solution.coef, solution.intercept), rounds + solution.n_iter
        return replace(solution, n_iter=rounds)

    def _newton(self, objective):
        point, idle, lift = objective.at(objective.start()), 0, 0.0
        inner_tol = 1e-2  # of the models: coarse at first, then a hundredth of the last gain's root
        eps = float(np.finfo(objective.y.dtype).eps)
        for n_iter in range(self.max_iter + 1):
            matrix = objective.hessian(point)
            violation = objective.violation_at(point, matrix)
            if n_iter == self.max_iter:
                break
            least = 1e-3 * self.tol * max(np.diagonal(matrix).min(initial=1.0), 1e-8) ** 0.5
            direction, gain = newton_step(objective, point, matrix, max(inner_tol, least), lift)
            small = gain <= max(self.tol**2, eps) * max(abs(point.total), eps)
            if (small or idle >= IDLE) and violation <= self.tol:
                return objective.solution(self._polished(objective, point, direction), n_iter, True)
            following = backtrack(objective, point, direction, gain)
            if following is None and lift == 0.0 and gain > eps * abs(point.total):
                lift = 1e-3
                continue
            if following is None:
                rounding = gain <= 100 * eps * abs(point.total)
                return objective.solution(point, n_iter, rounding or violation <= self.tol)
            lift = 0.1 * lift if lift > 1e-9 else 0.0
            decrease = max(point.total - following.total, 0.0)
            idle = idle + 1 if decrease <= eps * abs(point.total) else 0
            if idle > 2 * IDLE:
                return objective.solution(following, n_iter + 1, True)
            inner_tol = min(inner_tol, 1e-2 * decrease**0.5)
            point = following
            if objective.stops(n_iter + 1, point, violation):
                return objective.solution(point, n_iter + 1, True)
        return objective.solution(point, self.max_iter, violation <= self.tol)

    def _by_working_sets(self, task):
        """The solution from rounds on few columns; None if too many are in use."""
        objective = objective_of(task)
        p, k = objective.design.shape[1], objective.n_outputs
        theta, rounds, size = objective.start(), 0, _LEAST
        before = np.inf
        for _ in range(100):
            point = objective.at(theta)
            violation = objective.column_violations(point)
            worst = float(violation.max(initial=0.0))
            if worst <= self.tol or (worst >= 0.9 * before and size >= p):
                return objective.solution(point, rounds, worst <= 10 * self.tol)
            coef = objective.parts(theta)[0]
            support = coef.any(axis=1)
            size = min(max(size, 2 * int(support.sum())), p)
            size = min(2 * size, p) if worst >= 0.5 * before else size
            before = worst
            chosen = np.argpartition(-np.where(support, np.inf, violation), size - 1)[:size]
            chosen = np.sort(chosen[support[chosen] | (violation[chosen] > 0)])
            chosen = objective.structured.structure.closure(chosen, p)
            if len(chosen) * k > _FULL_HESSIAN:
                return None
            coef, constants = objective.raw_parts(theta)
            part = replace(
                task,
                X=task.X.take(chosen),
                penalty=task.penalty.take(chosen),
                start=(coef[chosen], constants),
            )
            inner = objective_of(part)
            found = replace(self, tol=0.3 * self.tol)._newton(inner)
            rounds += max(found.n_iter, 1)
            whole = np.zeros((p, k))
            whole[chosen] = found.coef
            theta = objective.theta_of(whole, found.intercept)
        return objective.solution(objective.at(theta), rounds, False)


class Structuring(NonSmooth):
    """F = f + Ω within bounds: value and gradient of `Point` are those of f and the L2 term."""

    def __init__(self, task):
        Objective.__init__(self, replace(task, penalty=task.penalty.smooth_part()))
        self.structured = self.l1 = task.penalty.bounds_scaled(self.design.scale)

    def start(self):
        theta = super().start()
        coef = theta[: self.design.shape[1]]
        if self.structured.bounded:
            low, high = self.structured.bounds(coef.shape)
            np.clip(coef, low, high, out=coef)
        return theta

    def theta_of(self, coef, intercept):
        """θ of coefficients and constants for X itself."""
        coef, intercept = self.design.from_raw(coef, intercept)
        return np.vstack([coef, intercept]) if self.fit_intercept else coef

    def raw_parts(self, theta):
        """Coefficients and constants for X itself; the inverse of `theta_of`."""
        return self.design.to_raw(*self.parts(theta))

    def hessian(self, point):
        """The Hessian of f, or a positive semidefinite matrix near it."""
        if self.loss.mixes:
            return hessian(self, point.margins, lifted=False)
        curvature = self.curvature(point.margins)
        if (curvature < 0).any():
            matrix = block_diagonal(self, curvature, signed_gram)
            if is_definite(matrix):
                return matrix
            curvature = self.loss.expected(point.margins, self.weight, self.factor, curvature)
        return block_diagonal(self, curvature, bordered_gram)

    def bends(self):
        """A bound, by its diagonal at the start, of the curvature of each entry of θ."""
        return super().diagonal()

    def diagonal(self):
        p, diagonal = self.design.shape[1], self.bends()
        diagonal[:p] = 1.0 / self.structured.common_step(1.0 / diagonal[:p])
        return diagonal

    def violation_at(self, point, matrix=None):
        if matrix is None:
            bends = self.bends()
        else:
            bends = np.diagonal(matrix).reshape(self.shape)
            bends = np.where(bends > 0, bends, max(bends.max(), 1e-300))
        coef, rest = self.parts(point.theta)[0], self.parts(point.gradient)[1]
        gradient = self.parts(point.gradient)[0]
        worst = self.structured.violation(coef, gradient, 1.0 / bends[: len(coef)])
        return float(max(worst.max(initial=0.0), np.abs(rest).max(initial=0.0)))

    def column_violations(self, point):
        """The greatest violation of each column."""
        coef, gradient = self.parts(point.theta)[0], self.parts(point.gradient)[0]
        bends = self.bends()[: len(coef)]
        return self.structured.violation(coef, gradient, 1.0 / bends).max(axis=1)


class Risks(Structuring):
    """Of a loss whose rows share risk sets, whose Hessian in the margins is not diagonal."""

    def hessian(self, point):
        terms = self.loss.terms(point.margins[:, 0].astype(np.float64), self.weight)
        diagonal, weight, groups = self.loss.curvatures(terms, self.factor)
        matrix = bordered_gram(self, diagonal)
        sums = self.design.grouped(groups, 2 * self.loss.n_moments, terms["rates"])
        means = self.loss.at_risk(sums, terms)
        matrix -= means.T @ (weight[:, None] * means)
        matrix.reshape(-1)[:: len(matrix) + 1] += self.penalty.curvature(
            (self.design.shape[1], 1)
        ).ravel()
        return matrix


class Cuts(Structuring):
    """Of a loss with thresholds beside z: θ stacks β (p, 1) over them."""

    def __init__(self, task):
        super().__init__(task)
        self.cuts = self.start_intercept
        self.shape = (self.design.shape[1] + len(self.cuts), 1)
        self.design = self.design.transformed(
            self.design.columns.mean(task.weight), self.design.scale
        )

    def constant_margins(self):
        return np.zeros((len(self.y), 1), dtype=self.y.dtype)

    def parts(self, theta):
        p = self.design.shape[1]
        return theta[:p], theta[p:, 0]

    def start(self):
        if self.task.start is None:
            coef, cuts = np.zeros((self.design.shape[1], 1)), self.start_intercept
        else:
            coef, cuts = self.task.start
        theta = self.theta_of(coef, cuts)
        coef = theta[: len(coef)]
        low, high = self.structured.bounds(coef.shape)
        np.clip(coef, low, high, out=coef)
        return theta

    def theta_of(self, coef, intercept):
        coef, minus = self.design.from_raw(coef, -np.asarray(intercept))
        return np.vstack([coef, -minus[:, None]])

    def raw_parts(self, theta):
        coef, cuts = self.parts(theta)
        coef, minus = self.design.to_raw(coef, -cuts)
        return coef, -minus

    def at(self, theta):
        coef, cuts = self.parts(theta)
        margins = self.design.margins(coef)
        value, residual, slopes = self.loss.gradients(
            self.y[:, 0], margins[:, 0], cuts, self.weight, self.factor
        )
        gradient = self.design.pull(residual[:, None]) + self.penalty.gradient(coef)
        value += self.penalty.value(coef)
        return Place(
            theta,
            margins,
            value,
            np.vstack([gradient, slopes[:, None]]),
            value + self.structured.value(coef),
        )

    def hessian(self, point):
        cuts = self.parts(point.theta)[1]
        bend, cross, between = self.loss.curvatures(
            self.y[:, 0], point.margins[:, 0], cuts, self.weight, self.factor
        )
        p, k = self.design.shape[1], len(cuts)
        out = np.empty((p + k, p + k))
        out[:p, :p] = self.design.gram(bend)
        out[:p, p:] = self.design.pull(cross)
        out[p:, :p] = out[:p, p:].T
        out[p:, p:] = between
        out.reshape(-1)[: p * (p + k) : p + k + 1] += self.penalty.curvature((p, 1)).ravel()
        return out

    def bends(self):
        one, _, between = self.loss.curvatures(
            self.y[:, 0],
            np.zeros(len(self.y)),
            self.start_intercept,
            self.weight,
            self.factor,
        )
        p = self.design.shape[1]
        diagonal = self.variance * one.sum() + self.penalty.curvature((p, 1)).ravel()
        diagonal = np.concatenate([diagonal, np.diagonal(between)])
        return np.where(diagonal > 0, diagonal, diagonal.max(initial=1e-300))[:, None]

    def violation(self, gradient):
        return float(np.abs(gradient).max(initial=0.0))

    def solution(self, point, n_iter, converged):
        details = {"value": point.total}
        return Solution(
            *self.raw_parts(point.theta), n_iter, converged, self.violation_at(point), details
        )


def block_diagonal(objective, curvature, gram):
    """The Hessian of outputs that stand apart, in θ, from their curvatures (n, K)."""
    m, k = objective.shape
    out = np.zeros((m, k, m, k))
    for each in range(k):
        out[:, each, :, each] = gram(objective, curvature[:, each])
    out = out.reshape(m * k, m * k)
    p = objective.design.shape[1]
    out.reshape(-1)[: p * k * (m * k) : m * k + 1] += objective.penalty.curvature((p, k)).ravel()
    return out


def signed_gram(objective, weight):
    """`bordered_gram` for weights of any sign."""
    out = bordered_gram(objective, np.maximum(weight, 0.0))
    return out - bordered_gram(objective, np.maximum(-weight, 0.0))


def is_definite(matrix):
    """Whether a matrix is positive definite, by its factorisation at a unit diagonal."""
    diagonal = np.diagonal(matrix)
    if not (diagonal > 0).all():
        return False
    root = np.sqrt(diagonal)
    scaled = matrix / root[:, None] / root
    scaled.reshape(-1)[:: len(scaled) + 1] -= 1e-9
    try:
        np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return False
    return True


def objective_of(task):
    """The composite objective of a task, by what its loss has."""
    if task.loss.n_cuts:
        return Cuts(task)
    return (Risks if task.loss.shift_free else Structuring)(task)


def newton_step(objective, point, matrix, tol, lift):
    """The step to the minimum of the quadratic model, and the decrease that the model promises."""
    m, (p, k) = matrix.shape[0], (objective.design.shape[1], objective.n_outputs)
    if lift:
        matrix = matrix.copy()
        matrix.reshape(-1)[:: m + 1] *= 1.0 + lift
    blocks = objective.structured.blocks((p, k))
    gradient, start = point.gradient.ravel(), point.theta.ravel()
    if blocks is None:
        end, rest = accelerated_model(objective, matrix, gradient, start, tol)
    else:
        end, rest = block_model(objective, blocks, matrix, gradient, start, tol)
    step = end - start
    change = objective.structured.value(end[: p * k].reshape(p, k))
    change -= objective.structured.value(start[: p * k].reshape(p, k))
    gain = -float(gradient @ step + 0.5 * step @ (-gradient - rest) + change)
    return step.reshape(point.theta.shape), gain


def block_model(objective, blocks, matrix, gradient, start, tol):
    """Where a descent by blocks ends on the model, and minus the model's gradient there."""
    m, size = len(start), len(blocks.threshold)
    free = np.arange(size, m)
    starts = np.concatenate([blocks.starts, blocks.starts[-1] + 1 + np.arange(m - size)])
    members = np.concatenate([blocks.members, free])
    low, high = np.full(m, -np.inf), np.full(m, np.inf)
    p = objective.design.shape[1]
    bounds = objective.structured.bounds((p, size // p))
    low[:size], high[:size] = (of.ravel() for of in bounds)
    threshold = np.concatenate([blocks.threshold, np.zeros(m - size)])
    by_block = np.concatenate([blocks.block_threshold, np.zeros(m - size)])
    # A column without curvature stays where it is.
    bends = block_bends(matrix, starts, members)
    end, rest = start.copy(), -gradient.copy()
    solvable = blocks.kind == 0 and not by_block.any()
    for _ in range(_ROUNDS):
        _, moved = descend_blocks(
            matrix, starts, members, bends, threshold, by_block, low, high, blocks.kind,
            blocks.concavity, end, rest, _EPOCHS, tol,
        )  # fmt: skip
        if moved <= tol:
            break
        if solvable:
            solve_support(matrix, threshold, low, high, end, rest)
    return end, rest


def block_bends(matrix, starts, members):
    """The greatest eigenvalue of each block's part of the matrix, with a margin for rounding."""
    sizes = np.diff(starts)
    bends = np.zeros(len(sizes))
    single = sizes == 1
    bends[single] = np.diagonal(matrix)[members[starts[:-1][single]]]
    for b in np.flatnonzero(sizes > 1):
        index = members[starts[b] : starts[b + 1]]
        bends[b] = np.linalg.eigvalsh(matrix[np.ix_(index, index)])[-1] * (1.0 + 1e-12)
    return bends


def solve_support(matrix, threshold, low, high, end, rest):
    """Move the free coefficients towards the minimum for their signs, up to the first that turns.

    In place, where the factorisation holds.
    """
    kept = np.flatnonzero(
        ((end != 0) | (threshold == 0)) & (end > low) & (end < high) & (np.diagonal(matrix) > 0)
    )
    if not len(kept) or len(kept) > 1500:
        return
    here, signs = end[kept], np.sign(end[kept])
    slope = rest[kept] - threshold[kept] * signs
    try:
        change = np.linalg.solve(matrix[np.ix_(kept, kept)], slope)
    except np.linalg.LinAlgError:
        return
    if not np.isfinite(change).all() or not change @ slope > 0:
        return
    limits = np.ones(len(kept))
    turns = (threshold[kept] > 0) & ((here + change) * signs < 0)
    limits[turns] = -here[turns] / change[turns]
    for bound, side in ((low[kept], -1.0), (high[kept], 1.0)):
        beyond = side * (here + change - bound) > 0
        limits[beyond] = np.minimum(limits[beyond], (bound[beyond] - here[beyond]) / change[beyond])
    length = limits.min()
    stop = here + length * change
    if length < 1.0:
        first = int(limits.argmin())
        if turns[first]:
            stop[first] = 0.0
    np.clip(stop, low[kept], high[kept], out=stop)
    rest -= matrix[:, kept] @ (stop - here)
    end[kept] = stop


def accelerated_model(objective, matrix, gradient, start, tol):
    """As `block_model`, by accelerated gradients with restarts."""
    p, k = objective.design.shape[1], objective.n_outputs
    size, m = p * k, len(start)
    diagonal = np.diagonal(matrix).copy()
    metric = np.full(m, max(diagonal[:size].max(initial=0.0), 1e-300))
    metric[size:] = np.maximum(diagonal[size:], 1e-300)
    root = np.sqrt(metric)
    bend = float(np.linalg.eigvalsh(matrix / root[:, None] / root)[-1]) * (1.0 + 1e-10)
    metric = metric * bend
    step = np.broadcast_to(1.0 / metric[0], (p, k))
    here = ahead = start.copy()
    momentum = 1.0
    for _ in range(_MODEL_STEPS):
        slope = gradient + matrix @ (ahead - start)
        there = ahead - slope / metric
        there[:size] = objective.structured.proximal(there[:size].reshape(p, k), step).ravel()
        change = there - here
        if (ahead - there) @ change > 0:
            momentum = 1.0
        moved = float(np.sqrt((metric * (there - ahead) ** 2).max()))
        longer = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        ahead = there + (momentum - 1.0) / longer * change
        here, momentum = there, longer
        if moved <= tol:
            break
    return here, -gradient - matrix @ (here - start)
