"""Coordinate descent for least squares with norms of coefficients as a penalty.

Minimises ``Σ w ‖y − βᵀx − b‖² / 2W + Σ_j l1 ‖β_j‖ + l2 ‖β_j‖² / 2``, W = Σ w. Rounds descend on the
coordinates that violate optimality most, on the Gram matrix of these alone, and end by the duality
gap. Epochs are extrapolated (Anderson's acceleration).

References
----------
Massias, M., Gramfort, A. and Salmon, J. (2018). Celer: a fast solver for the lasso with dual
extrapolation. ICML.

Bertrand, Q. and Massias, M. (2021). Anderson acceleration of coordinate descent. AISTATS.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from .closed_form import SVD, Gram, LeastSquares
from .coordinate_data import ColumnData, data_of
from .penalties import L2
from .problem import Solution

# Least size of a working set, and the greatest: its Gram matrix then takes 128 MB.
_LEAST, _MOST = 64, 4096
# Plain epochs before anything else is tried: at least, and of few columns as many as take the
# time of the first round of something else.
_PLAIN, _PLAIN_STEPS = 100, 5000
# Epochs between extrapolations, and the iterates that one combines.
_DEPTH = 5
# The gap of a block at which its work ends, as a share of the whole gap; where a round gained
# little it falls, but not below what rounding allows.
_CUT, _LEAST_CUT = 0.01, 1e-9
# The gap of a block that is close enough, at first, as a share of what is wanted of the whole.
_ENOUGH = 0.5
# Epochs after which the support is solved by a factorisation, if it is not larger than this.
_PATIENCE, _SOLVED = 30, 1500


@dataclass(frozen=True)
class CoordinateDescent:
    """Minimise least squares plus `RowNorms` until the gap is ``tol ‖y‖² / W``.

    Parameters
    ----------
    max_iter : int
        Epochs at most, over all rounds.
    tol : float
    rng : numpy.random.RandomState, optional
        Shuffles the coordinates at each visit; None keeps their order.
    gram : ndarray of shape (p, p) or True, optional
        ``X̃ᵀ diag(w) X̃`` of the (centred) design; True forms it at once.
    """

    max_iter: int = 1000
    tol: float = 1e-4
    rng: object = None
    gram: object = field(default=None, repr=False)

    serial = True

    def suits(self, loss, penalty):
        return loss.quadratic and hasattr(penalty, "gap")

    def solve(self, task):
        squares = LeastSquares.of(task)
        if not task.penalty.selects and min(task.X.shape) <= _SOLVED:
            return self._solve_directly(task, squares)
        coef = np.zeros((task.X.shape[1], squares.y.shape[1]))
        if task.start is not None:
            coef[:] = task.start[0]
        eps = np.finfo(task.X.dtype).eps
        data = data_of(squares, task.total_weight, self.gram)
        found = self.descend(data, task.penalty, coef, eps)
        solution = squares.solution(found.coef, n_iter=found.n_iter, converged=found.converged)
        return replace(solution, details=found.details)

    def _solve_directly(self, task, squares):
        """Without an L1 term no coefficient is at zero, and a factorisation ends what is ridge."""
        penalty, total = task.penalty, task.total_weight
        coef = Gram(squares).coef(penalty.l2 * total)
        if coef is None:
            solution = SVD().solve(replace(task, penalty=L2(penalty.l2 * total)))
            coef = solution.coef
        else:
            solution = squares.solution(coef)
        y_square = float(np.vdot(squares.weighted(squares.y), squares.y)) / total
        rest, square, fitted = ColumnData(squares, total).state(coef)
        gap = penalty.gap(coef, rest, square, fitted)
        return replace(solution, details={"gap": gap, "goal": self.tol * y_square})

    def descend(self, data, penalty, coef, eps=2.0**-52):
        """The `Solution` from a start in the design's own coordinates, which it leaves as it is."""
        coef, epochs, size, cut = coef.copy(), 0, _LEAST, _CUT
        goal = self.tol * data.y_square
        # The gap is a difference of numbers of the size of ‖y‖² that X's precision rounds.
        rounding = 1000 * eps * data.y_square
        before, wanted, moving = np.inf, np.inf, True
        if self.rng is None:
            settled = data.settle(
                penalty,
                coef,
                goal,
                min(self.max_iter, max(_PLAIN, _PLAIN_STEPS // max(len(coef), 1))),
            )
            if settled is not None:
                coef, epochs, gap = settled
                if gap <= goal:
                    return _solution(coef, epochs, True, gap, goal)
        while True:
            rest, residual_square, fitted_square = data.state(coef)
            gap = penalty.gap(coef, rest, residual_square, fitted_square)
            if gap <= goal or epochs >= self.max_iter or cut < _LEAST_CUT:
                break
            if gap <= rounding and (not moving or eps > 1e-10):
                break
            violation = penalty.violation(coef, rest - penalty.l2 * coef)
            support = coef.any(axis=1)
            size = max(size, 2 * int(support.sum()))
            if gap > 0.5 * before:  # too few coordinates, or too loose an end
                size = 2 * size
                cut = cut if wanted < 0.05 * gap else 0.1 * cut
            before = gap
            columns = working_set(violation, support, size)
            columns, block = data.block(columns, penalty, coef, rest, residual_square)
            limit = min(self.max_iter - epochs, block.limit)
            wanted = cut * max(gap, _ENOUGH / _CUT * goal)
            n_epochs, moving = self._work(block, wanted, limit)
            epochs += n_epochs
            if n_epochs == block.limit:  # its time was up
                before = np.inf
            coef[columns] = block.coef
        return _solution(coef, epochs, gap <= max(goal, rounding), gap, goal)

    def _work(self, block, wanted, limit):
        """Descend on a block until its own gap is as wanted; return epochs, and if it moved."""
        epochs, iterates, moved, next_solve, epochs_at_solve = 0, [], False, _PATIENCE, 0
        # In random order each epoch has its own; in the given one some run in one call.
        step = 1 if self.rng is not None else _DEPTH
        while epochs < limit:
            if self.rng is not None:
                self.rng.shuffle(block.order)
            n, moved = block.descend(min(step, limit - epochs))
            epochs += n
            if not moved or (epochs % block.pace == 0 and block.gap() <= wanted):
                break
            step = 1
            iterates.append(block.coef.copy())
            if len(iterates) > _DEPTH:
                block.extrapolate(iterates)
                iterates = []
            if epochs >= next_solve:
                if block.solving_epochs() <= epochs:
                    block.solve_support()
                    epochs_at_solve = epochs
                next_solve = epochs + max(_PATIENCE, epochs_at_solve)
        return epochs, moved


def _solution(coef, epochs, converged, gap, goal):
    details = {"gap": gap, "goal": goal}
    return Solution(coef, np.zeros(coef.shape[1]), epochs, converged, details=details)


def working_set(violation, support, size, most=_MOST):
    """The support and the worst violators, `size` in all if there are so many; ascending."""
    size = min(size, most, len(violation))
    if size == len(violation) <= _LEAST:
        return np.arange(size)
    priority = violation
    if support.sum() < size:
        priority = np.where(support, np.inf, violation)
    (wanted,) = (priority > 0).nonzero()
    if len(wanted) <= size:
        return wanted
    return np.sort(wanted[np.argpartition(-priority[wanted], size - 1)[:size]])
