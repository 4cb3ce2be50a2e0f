"""A problem is Loss × Penalty × Solver; with a design and y it has an objective and a solution.

The objective is ``F(β, b) = Σ w ℓ(y, Xβ + b) / Σ w + Ω(β)``.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..._core.parallel import blas_threads
from ..loss.losses import as_rows
from .design import Design

# Entries of X up to which the library would not wake a thread by itself.
_TINY = 1 << 13
# Columns up to which the linear algebra of a fit stays on one thread.
_NARROW = 256


@dataclass(frozen=True)
class Solution:
    """What a solver found.

    Attributes
    ----------
    coef : ndarray of shape (p, K)
    intercept : ndarray of shape (K,)
    n_iter : int
    converged : bool
        The solver's test of optimality was met, or rounding allows nothing better.
    violation : float
        The greatest entry of the gradient (or of its distance to the subdifferential).
    """

    coef: np.ndarray
    intercept: np.ndarray
    n_iter: int = 1
    converged: bool = True
    violation: float = 0.0
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """Data of one fit, in arrays of X's dtype: y (n, K or 1), weight (n,) or None.

    With `standardize` the penalty is that of coefficients of columns over their deviation.
    """

    X: Any
    y: np.ndarray
    loss: Any
    penalty: Any
    weight: np.ndarray | None = None
    fit_intercept: bool = True
    start: tuple | None = None
    on_iteration: Any = None
    n_threads: int = 1
    standardize: bool = False

    @property
    def n_outputs(self):
        return getattr(self.loss, "n_classes", self.y.shape[1])

    @property
    def total_weight(self):
        return float(len(self.y) if self.weight is None else self.weight.sum(dtype=np.float64))


@dataclass(frozen=True)
class Problem:
    """Minimise the mean of `loss` plus `penalty` by `solver`.

    A solver says by ``suits(loss, penalty)`` whether it can, and returns a `Solution` from
    ``solve(task)``; one whose products are many and small says that it is ``serial``.
    """

    loss: Any
    penalty: Any
    solver: Any

    def __post_init__(self):
        if not self.solver.suits(self.loss, self.penalty):
            raise ValueError(
                f"{type(self.solver).__name__} cannot minimise {self.loss!r} with {self.penalty!r}"
            )


def solve(
    X,
    y,
    problem,
    *,
    weight=None,
    fit_intercept=True,
    start=None,
    on_iteration=None,
    n_threads=1,
    standardize=False,
):
    """Fit `problem` to arrays.

    Parameters
    ----------
    X : ndarray, CSR or CSC of shape (n, p), float32 or float64
    y : ndarray of shape (n,) or (n, K)
    problem : Problem
    weight : ndarray of shape (n,), optional
        Not negative, not all zero.
    fit_intercept : bool
    start : tuple of coef (p, K) and intercept (K,), optional
    on_iteration : callable, optional
        ``on_iteration(n_iter, value, violation, solution)`` after each iteration, the last a
        function that makes a `Solution` of that moment; true ends the fit.
    n_threads : int
    standardize : bool
        Whether the penalty is that of coefficients of columns over their deviation.

    Returns
    -------
    Solution
    """
    columns = Design(X, n_threads=n_threads).columns
    weight = None if weight is None else np.ascontiguousarray(weight, dtype=columns.dtype)
    task = Task(
        columns,
        as_rows(y, columns.dtype),
        problem.loss,
        problem.penalty,
        weight,
        fit_intercept,
        start,
        on_iteration,
        n_threads,
        standardize,
    )
    # Waking threads for products of narrow blocks costs more than the products do, and of sparse
    # X the library multiplies vectors alone.
    wide = columns.is_dense and columns.shape[1] > _NARROW
    if columns.shape[0] * columns.shape[1] <= _TINY:
        return problem.solver.solve(task)
    serial = getattr(problem.solver, "serial", False)
    with blas_threads(None if wide and not serial else 1):
        return problem.solver.solve(task)


@dataclass(frozen=True)
class Point:
    """A place where the objective was evaluated; θ stacks β (p, K) over b (1, K)."""

    theta: np.ndarray
    margins: np.ndarray
    value: float
    gradient: np.ndarray


class Objective:
    """F and its derivatives in the coordinates of a centred design.

    With an intercept the columns are centred, without a copy: the intercept then stands apart
    from the coefficients, which an offset of the columns would tie to it.
    """

    def __init__(self, task):
        self.task, self.loss, self.y = task, task.loss, task.y
        if not self.loss.admits(self.y):
            raise ValueError(f"{self.loss!r}: y must be {self.loss.domain}")
        self.penalty = task.penalty
        self.weight, self.factor = task.weight, 1.0 / task.total_weight
        self.fit_intercept = task.fit_intercept
        self.n_outputs = task.n_outputs
        design = Design(task.X, n_threads=task.n_threads)
        # Without an intercept, a loss that no constant in the margins changes is centred, too.
        centred = task.fit_intercept or self.loss.shift_free
        with np.errstate(over="ignore", invalid="ignore"):
            mean, self.variance = design.moments(task.weight, center=centred)
        if not np.isfinite(self.variance).all():
            column = int(np.flatnonzero(~np.isfinite(self.variance))[0])
            raise ValueError(f"X: squares of column {column} overflow; divide it by its scale")
        self.start_intercept = np.zeros(self.n_outputs)
        if task.fit_intercept:
            self.start_intercept = np.asarray(self.loss.baseline(self.y, self.weight)).ravel()
        scale = None
        if task.standardize:
            scale = np.where(self.variance > 0, np.sqrt(self.variance), 1.0)
            self.variance = self.variance / scale**2
        self.design = design.transformed(mean if centred else None, scale)
        self.shape = (design.shape[1] + task.fit_intercept, self.n_outputs)

    def constant_margins(self):
        """Margins of the best constant."""
        margins = np.empty((len(self.y), self.n_outputs), dtype=self.y.dtype)
        margins[:] = self.start_intercept
        return margins

    def parts(self, theta):
        """β (p, K) and b (K,) of θ."""
        if self.fit_intercept:
            return theta[:-1], theta[-1]
        return theta, np.zeros(self.n_outputs)

    def start(self):
        """θ of the task's start, or of the best constant."""
        theta = np.zeros(self.shape)
        if self.task.start is not None:
            coef, intercept = self.design.from_raw(*self.task.start)
            theta[: len(coef)] = coef
        else:
            intercept = self.start_intercept
        if self.fit_intercept:
            theta[-1] = intercept
        if self.loss.mixes and self.penalty.smooth:
            # What all classes have in common changes no prediction and costs an L2 penalty:
            # without it, and with steps that add none, the Hessian is definite.
            theta -= theta.mean(axis=1, keepdims=True)
        return theta

    def at(self, theta):
        """The `Point` of θ; one pass over X."""
        coef, intercept = self.parts(theta)
        margins, value, gradient, residual_sum = self.design.evaluate(
            self.loss, self.y, self.weight, self.factor, coef, intercept
        )
        gradient = gradient + self.penalty.gradient(coef)
        if self.fit_intercept:
            gradient = np.vstack([gradient, residual_sum])
        return Point(theta, margins, value + self.penalty.value(coef), gradient)

    def along(self, point, direction, margins_step, length):
        """F and its slope at θ + length · direction, from margins alone: no pass over X."""
        margins = point.margins + np.asarray(length, dtype=self.y.dtype) * margins_step
        residual = np.empty_like(margins)
        value = self.loss.evaluate(
            self.y, margins, self.weight, factor=self.factor, gradient=residual
        )
        coef = self.parts(point.theta + length * direction)[0]
        slope = np.vdot(residual, margins_step)
        slope += np.vdot(self.penalty.gradient(coef), self.parts(direction)[0])
        return value + self.penalty.value(coef), float(slope)

    def margins_of(self, direction):
        """Change of the margins along a direction."""
        return self.design.margins(*self.parts(direction))

    def curvature(self, margins):
        """``factor w ∂²ℓ/∂z²``, (n, K)."""
        curvature = np.empty_like(margins)
        self.loss.evaluate(self.y, margins, self.weight, factor=self.factor, curvature=curvature)
        return curvature

    def violation(self, gradient):
        """The greatest entry of the gradient in the coefficients of X itself."""
        coef, residual_sum = self.parts(gradient)
        worst = np.abs(self.design.raw_gradient(coef, residual_sum)).max(initial=0.0)
        return float(max(worst, np.abs(residual_sum).max()) if self.fit_intercept else worst)

    def solution(self, point, n_iter, converged):
        """The `Solution` of a point, for X itself."""
        coef, intercept = self.design.to_raw(*self.parts(point.theta))
        if not self.fit_intercept:
            intercept = np.zeros(self.n_outputs)
        elif self.loss.mixes:
            # A constant common to all classes changes nothing: of all such, the one of sum zero.
            intercept = intercept - intercept.mean()
        return Solution(
            coef,
            intercept,
            n_iter,
            converged,
            self.violation(point.gradient),
            {"value": point.value},
        )
