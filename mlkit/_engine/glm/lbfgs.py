"""L-BFGS (Liu and Nocedal, 1989), its first model of the Hessian taken from the data."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from .descent import descend
from .linalg import factorise, solve_factorised
from .problem import Objective

# Iterations after which the model of the Hessian is made anew from the curvatures of that moment.
_REFRESH = (10, 30, 90, 270)
# A Gram matrix costs p / 4 iterations for each output: up to here it is worth its price.
_FULL_COLUMNS = 200


@dataclass(frozen=True)
class LBFGS:
    """Minimise a smooth problem from gradients alone.

    The recursion starts from the Hessian of the loss at the best constant (its diagonal where
    columns are many) in place of a multiple of the identity; so units and correlations of the
    columns cost few iterations.

    Parameters
    ----------
    max_iter : int
    tol : float
        Greatest entry of the gradient at which to stop.
    memory : int
        Pairs of steps and gradient changes that model the Hessian.
    """

    max_iter: int = 100
    tol: float = 1e-4
    memory: int = 10

    def suits(self, loss, penalty):
        return loss.smooth and penalty.smooth

    def solve(self, task):
        objective = Objective(task)
        pairs = deque(maxlen=self.memory)
        model = [metric(objective, None)]
        count = [0]

        def next_direction(previous, point):
            if previous is not None:
                count[0] += 1
                remember(pairs, previous, point)
            if count[0] in _REFRESH and task.X.shape[1] <= _FULL_COLUMNS:
                model[0] = metric(objective, point.margins)
            direction = -two_loops(point.gradient, pairs, model[0])
            return direction, -0.5 * float(np.vdot(direction, point.gradient))

        return descend(objective, self.max_iter, self.tol, next_direction)


def remember(pairs, previous, point):
    """Append the pair of the step taken, if the curvature along it is positive."""
    step, change = point.theta - previous.theta, point.gradient - previous.gradient
    product = float(np.vdot(step, change))
    # Without curvature along the step the pair would make the model indefinite.
    if product > np.finfo(np.float64).eps * float(np.vdot(change, change)):
        pairs.append((step, change, product))


def metric(objective, margins):
    """A function g ↦ M⁻¹ g, M a block-diagonal model of the Hessian at the given margins.

    None stands for the margins of the best constant, where the outputs' blocks differ by a
    factor alone and one Gram matrix serves all.
    """
    p, n_outputs = objective.design.shape[1], objective.n_outputs
    alpha = objective.penalty.curvature((p, n_outputs))
    if margins is None:
        margins = objective.constant_margins()
        bend = objective.curvature(margins).sum(axis=0, dtype=np.float64)
        if p > _FULL_COLUMNS:
            return balanced(objective, diagonal_metric(objective, bend, alpha))
        gram = objective.design.gram(objective.weight) * objective.factor
        grams = [gram * b for b in bend]
    else:
        curvature = np.maximum(objective.curvature(margins), 0.0)
        grams = [objective.design.gram(curvature[:, k]) for k in range(n_outputs)]
        bend = curvature.sum(axis=0, dtype=np.float64)
    return balanced(objective, block_metric(objective, grams, bend, alpha))


def balanced(objective, apply):
    """`apply` between vectors whose sum over classes is zero, if the loss is multinomial.

    A change common to all classes leaves that loss as it is, so gradients have such a sum.
    """
    if not objective.loss.mixes:
        return apply

    def balanced_apply(gradient):
        out = apply(gradient - gradient.mean(axis=1, keepdims=True))
        out -= out.mean(axis=1, keepdims=True)
        return out

    return balanced_apply


def diagonal_metric(objective, bend, alpha):
    """M = the Hessian's diagonal at the best constant."""
    diagonal = objective.variance[:, None] * bend + alpha
    if objective.fit_intercept:
        diagonal = np.vstack([diagonal, bend])
    # No curvature: a constant column without penalty, whose gradient is rounding.
    floor = np.finfo(objective.y.dtype).eps ** 2 * diagonal.max()
    inverse = 1.0 / np.where(diagonal > floor, diagonal, max(diagonal.max(), 1e-300))
    return lambda gradient: inverse * gradient


def block_metric(objective, grams, bend, alpha):
    """M = one Gram matrix an output, a number for its intercept."""
    factors = []
    for k, gram in enumerate(grams):
        gram = gram.copy()
        diagonal = gram.reshape(-1)[:: len(gram) + 1]
        diagonal += alpha[:, k]
        # Lifts a singular model by what is rounding of the data beside the real curvature.
        diagonal += 1e-10 * np.maximum(diagonal, 1e-3 * diagonal.max()) + 1e-300
        factors.append(factorise(gram)[:2])
    bend = np.maximum(bend, 1e-10 * max(bend.max(), 1e-300))

    def apply(gradient):
        out = np.empty_like(gradient)
        for k, (factor, inverse_root) in enumerate(factors):
            coef = gradient[: len(alpha), k]
            out[: len(alpha), k] = solve_factorised(factor, inverse_root, coef)[:, 0]
        if objective.fit_intercept:
            out[-1] = gradient[-1] / bend
        return out

    return apply


def two_loops(gradient, pairs, apply):
    """H⁻¹ g for the model that `pairs` of (step, change, stepᵀchange) make of M, times a number."""
    result = gradient.copy()
    shares = []
    for step, change, product in reversed(pairs):
        share = float(np.vdot(step, result)) / product
        result -= share * change
        shares.append(share)
    result = apply(result)
    if pairs:
        _, change, product = pairs[-1]
        result *= product / float(np.vdot(change, apply(change)))
    for (step, change, product), share in zip(pairs, reversed(shares), strict=True):
        result += (share - float(np.vdot(change, result)) / product) * step
    return result
