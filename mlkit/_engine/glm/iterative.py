"""Least squares from products with X alone: LSQR and conjugate gradients, for sparse designs."""

from dataclasses import dataclass

import numpy as np

from .closed_form import LeastSquares, targets_by_alpha


@dataclass(frozen=True)
class LSQR:
    """min ‖W^½(y − Xβ)‖² + α‖β‖² by Golub-Kahan bidiagonalisation (Paige and Saunders, 1982).

    It stops when the residual is within ``tol (‖X‖ ‖β‖ + ‖y‖)`` or its image under Xᵀ within
    ``tol ‖X‖ ‖r‖``. Started at zero it tends to the solution of least norm.
    """

    max_iter: int | None = None
    tol: float = 1e-6

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        data = LeastSquares.of(task)
        limit = 2 * max(task.X.shape) if self.max_iter is None else self.max_iter
        coef = np.zeros((task.X.shape[1], data.y.shape[1]))
        rounds = np.zeros(coef.shape[1], dtype=np.intp)
        y, converged = data.rooted(data.y), True
        for alpha, targets in targets_by_alpha(getattr(task.penalty, "alpha", 0.0), coef.shape[1]):
            for k in np.arange(coef.shape[1])[targets]:
                coef[:, k], rounds[k], met = lsqr(data, y[:, k], alpha**0.5, limit, self.tol)
                converged &= met
        return data.solution(coef, n_iter=int(rounds.max()), rounds=rounds, converged=converged)


def lsqr(data, y, damping, max_iter, tol):
    """β, iterations and convergence for one target; ``damping²`` multiplies ‖β‖²."""

    def times(v):
        return data.rooted(data.design.margins(v[:, None]))[:, 0].astype(np.float64)

    def transposed_times(u):
        return data.design.pull(data.rooted(u[:, None]))[:, 0]

    coef = np.zeros(data.design.shape[1])
    u, beta = normalised(y.copy())
    v, alpha = normalised(transposed_times(u))
    if alpha * beta == 0:
        return coef, 0, True
    direction, phi_bar, rho_bar = v.copy(), beta, alpha
    y_norm, x_norm_squared, tail = beta, 0.0, 0.0
    for n_iter in range(1, max_iter + 1):
        u, beta = normalised(times(v) - alpha * u)
        x_norm_squared += alpha**2 + beta**2 + damping**2
        v, next_alpha = normalised(transposed_times(u) - beta * v)
        # Two rotations: one takes out the damping, one the subdiagonal of the bidiagonal matrix.
        rho_damped = np.hypot(rho_bar, damping)
        tail = np.hypot(tail, damping / rho_damped * phi_bar)
        phi_bar *= rho_bar / rho_damped
        rho = np.hypot(rho_damped, beta)
        cosine, sine = rho_damped / rho, beta / rho
        phi, phi_bar = cosine * phi_bar, sine * phi_bar
        coef += (phi / rho) * direction
        theta, rho_bar = sine * next_alpha, -cosine * next_alpha
        direction = v - (theta / rho) * direction
        residual = np.hypot(phi_bar, tail)
        x_norm = np.sqrt(x_norm_squared)
        optimality = next_alpha * abs(sine * phi)
        alpha = next_alpha
        if residual <= tol * (x_norm * np.linalg.norm(coef) + y_norm):
            return coef, n_iter, True
        if optimality <= tol * x_norm * residual or alpha == 0:
            return coef, n_iter, True
    return coef, max_iter, False


def normalised(vector):
    """The vector over its norm, and the norm."""
    norm = float(np.linalg.norm(vector))
    return (vector / norm if norm > 0 else vector), norm


@dataclass(frozen=True)
class ConjugateGradient:
    """``(XᵀWX + αI) β = XᵀWy`` by conjugate gradients (Hestenes and Stiefel, 1952).

    With more columns than rows it solves ``(W^½XXᵀW^½ + αI) a = W^½y`` for β = XᵀW^½a. It stops
    when the residual is within ``tol`` times the right side.
    """

    max_iter: int | None = None
    tol: float = 1e-4

    def suits(self, loss, penalty):
        return loss.quadratic and penalty.smooth

    def solve(self, task):
        data = LeastSquares.of(task)
        design, (n, p) = data.design, task.X.shape
        coef = np.zeros((p, data.y.shape[1]))
        rounds = np.zeros(coef.shape[1], dtype=np.intp)
        converged = True
        for alpha, targets in targets_by_alpha(getattr(task.penalty, "alpha", 0.0), coef.shape[1]):
            for k in np.arange(coef.shape[1])[targets]:
                y = data.rooted(data.y[:, k : k + 1])

                def product(v, alpha=alpha):
                    if p > n:
                        return data.rooted(design.margins(design.pull(data.rooted(v)))) + alpha * v
                    return design.pull(data.weighted(design.margins(v))) + alpha * v

                right = y if p > n else design.pull(data.rooted(y))
                result, rounds[k], met = self._iterate(product, right)
                converged &= met
                coef[:, k] = (design.pull(data.rooted(result)) if p > n else result)[:, 0]
        return data.solution(coef, n_iter=int(rounds.max()), rounds=rounds, converged=converged)

    def _iterate(self, product, right):
        limit = 10 * len(right) if self.max_iter is None else self.max_iter
        solution, residual = np.zeros(right.shape), right.astype(np.float64)
        direction = residual.copy()
        size = float(np.vdot(residual, residual))
        goal = self.tol**2 * size
        for n_iter in range(limit):
            if size <= goal:
                return solution, n_iter, True
            image = product(direction)
            bend = float(np.vdot(direction, image))
            if not 0.0 < bend < np.inf:  # rounding has left no direction to go
                return solution, n_iter, False
            length = size / bend
            solution += length * direction
            residual -= length * image
            previous, size = size, float(np.vdot(residual, residual))
            direction = residual + (size / previous) * direction
        return solution, limit, size <= goal
