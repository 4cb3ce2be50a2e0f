"""L-BFGS (Liu and Nocedal, 1989), its first model of the Hessian taken from the data."""

from dataclasses import dataclass

import numpy as np

from ._lbfgs import Blocks, Pairs
from .descent import descend
from .linalg import factorise
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
        pairs = Pairs(int(np.prod(objective.shape)), self.memory)
        model = [metric(objective, None)]
        count = [0]

        def next_direction(previous, point):
            if previous is not None:
                count[0] += 1
                pairs.remember(previous.theta, previous.gradient, point.theta, point.gradient)
            if count[0] in _REFRESH and task.X.shape[1] <= _FULL_COLUMNS:
                model[0] = metric(objective, point.margins)
            direction = -pairs.downhill(point.gradient, model[0])
            return direction, -0.5 * float(np.vdot(direction, point.gradient))

        return descend(objective, self.max_iter, self.tol, next_direction)


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
    return block_metric(objective, grams, bend, alpha)


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
    factors, roots = np.empty((len(grams), *grams[0].shape)), np.empty((len(grams), len(alpha)))
    for k, gram in enumerate(grams):
        gram = gram.copy()
        diagonal = gram.reshape(-1)[:: len(gram) + 1]
        diagonal += alpha[:, k]
        # Lifts a singular model by what is rounding of the data beside the real curvature.
        diagonal += 1e-10 * np.maximum(diagonal, 1e-3 * diagonal.max()) + 1e-300
        factors[k], roots[k] = factorise(gram)[:2]
    bend = np.maximum(bend, 1e-10 * max(bend.max(), 1e-300))
    return Blocks(factors, roots, bend if objective.fit_intercept else None, objective.loss.mixes)
