"""Newton's method with a factorised Hessian, or with conjugate gradients."""

from dataclasses import dataclass

import numpy as np

from .descent import descend
from .lbfgs import metric
from .linalg import newton_direction
from .problem import Objective

# Curvature along a direction of unit length that is taken for none.
_FLAT = 1e-14


@dataclass(frozen=True)
class NewtonCholesky:
    """Newton's method; the Hessian, p K square, is formed and factorised.

    Where it is singular (collinear columns, separable classes) the step is close to the shortest.
    """

    max_iter: int = 100
    tol: float = 1e-4

    def suits(self, loss, penalty):
        return loss.smooth and loss.curved and penalty.smooth

    def solve(self, task):
        objective = Objective(task)

        def next_direction(previous, point):
            gradient = point.gradient.ravel()
            direction = -newton_direction(hessian(objective, point.margins), gradient)
            return direction.reshape(point.theta.shape), -0.5 * (direction @ gradient)

        return descend(objective, self.max_iter, self.tol, next_direction)


def hessian(objective, margins, lifted=True):
    """∂²F/∂θ² at the given margins, (m K, m K) for θ (m, K), classes adjacent."""
    if objective.loss.mixes:
        blocks = multinomial_blocks(objective, margins, lifted)
    else:
        curvature = np.maximum(objective.curvature(margins), 0.0)
        blocks = {
            (k, k): bordered_gram(objective, curvature[:, k]) for k in range(objective.n_outputs)
        }
    m, k = objective.shape
    out = np.zeros((m, k, m, k))
    for (a, b), block in blocks.items():
        out[:, a, :, b] = block
        out[:, b, :, a] = block
    out = out.reshape(m * k, m * k)
    p = objective.design.shape[1]
    penalised = objective.penalty.curvature((p, k)).ravel()
    diagonal = out.reshape(-1)[:: m * k + 1]
    diagonal[: p * k] += penalised
    return out


def bordered_gram(objective, weight):
    """``Aᵀ diag(w) A`` with A the design and, with an intercept, a last column of ones."""
    gram = objective.design.gram(weight)
    if not objective.fit_intercept:
        return gram
    p = len(gram)
    out = np.empty((p + 1, p + 1))
    out[:p, :p] = gram
    out[p, :p] = out[:p, p] = objective.design.pull(weight[:, None])[:, 0]
    out[p, p] = weight.sum(dtype=np.float64)
    return out


def multinomial_blocks(objective, margins, lifted):
    """Blocks (a, b), a ≤ b, of the Hessian: weights ``p_a (δ_ab − p_b)``.

    Adding one vector to the coefficients of all classes changes nothing, so the Hessian is
    singular along it; `lifted` adds a multiple of the projector on those directions, which makes
    it definite and leaves steps orthogonal to them, as the gradient is, what they were.
    """
    share = objective.loss.link.inverse(margins.astype(np.float64))
    weight = np.full(len(share), objective.factor)
    if objective.weight is not None:
        weight *= objective.weight
    n_classes = share.shape[1]
    blocks = {}
    for a in range(n_classes):
        for b in range(a, n_classes):
            product = weight * share[:, a] * (share[:, b] if a != b else 1.0 - share[:, a])
            block = bordered_gram(objective, product)
            blocks[a, b] = block if a == b else -block
    if not lifted:
        return blocks
    lift = np.mean([np.diag(blocks[a, a]) for a in range(n_classes)], axis=0)
    lift[lift <= 0] = 1.0
    for block in blocks.values():
        block[np.diag_indices_from(block)] += lift / n_classes
    return blocks


@dataclass(frozen=True)
class NewtonCG:
    """Newton's method whose steps come from conjugate gradients on Hessian products.

    The Hessian is never formed: a product costs two passes over X. Inner iterations are
    preconditioned by L-BFGS's first model of the Hessian and stop when the residual has fallen to
    ``min(0.5, √‖g‖) ‖g‖`` in its norm (Dembo and Steihaug, 1983).
    """

    max_iter: int = 100
    tol: float = 1e-4
    max_inner: int = 200

    def suits(self, loss, penalty):
        return loss.smooth and loss.curved and penalty.smooth

    def solve(self, task):
        objective = Objective(task)
        precondition = metric(objective, None)

        def next_direction(previous, point):
            product = hessian_product(objective, point.margins)
            direction = self._inner(product, precondition, point.gradient)
            return direction, -0.5 * float(np.vdot(direction, point.gradient))

        return descend(objective, self.max_iter, self.tol, next_direction)

    def _inner(self, product, precondition, gradient):
        step, residual = np.zeros_like(gradient), gradient.copy()
        scaled = precondition(residual)
        conjugate = -scaled
        size = float(np.vdot(residual, scaled))
        goal = min(0.25, size**0.5) * size
        for _ in range(self.max_inner):
            if size <= goal or size == 0.0:
                break
            image = product(conjugate)
            bend = float(np.vdot(conjugate, image))
            if bend <= _FLAT * float(np.vdot(conjugate, conjugate)):
                break
            length = size / bend
            step += length * conjugate
            residual += length * image
            scaled = precondition(residual)
            previous, size = size, float(np.vdot(residual, scaled))
            conjugate = (size / previous) * conjugate - scaled
        return step if step.any() else -precondition(gradient)


def hessian_product(objective, margins):
    """A function that multiplies a direction by the Hessian at the given margins."""
    p, k = objective.design.shape[1], objective.n_outputs
    penalised = objective.penalty.curvature((p, k))
    if objective.loss.mixes:
        share = objective.loss.link.inverse(margins.astype(np.float64)).astype(margins.dtype)
        weight = np.full((len(share), 1), objective.factor, dtype=margins.dtype)
        if objective.weight is not None:
            weight *= objective.weight[:, None]
    else:
        curvature = np.maximum(objective.curvature(margins), 0.0)

    def product(direction):
        change = objective.margins_of(direction)
        if objective.loss.mixes:
            change = share * (change - (share * change).sum(axis=1, keepdims=True)) * weight
        else:
            change = curvature * change
        coef = objective.parts(direction)[0]
        out = objective.design.pull(change) + penalised * coef
        if objective.fit_intercept:
            out = np.vstack([out, change.sum(axis=0, dtype=np.float64)])
        return out

    return product
