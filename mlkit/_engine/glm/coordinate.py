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

from ._cholesky import remove_row, solve_rows
from ._coordinate import descend_quadratic
from .closed_form import SVD, Gram, LeastSquares
from .penalties import L2
from .problem import Solution

# Least size of a working set, and the greatest: its Gram matrix then takes 128 MB.
_LEAST, _MOST = 64, 4096
# Epochs between extrapolations, and the iterates that one combines.
_DEPTH = 5
# The gap of a block at which its work ends, as a share of the whole gap; where a round gained
# little it falls, but not below what rounding allows.
_CUT, _LEAST_CUT = 0.1, 1e-9
# Epochs after which the support is solved by a factorisation, if it is not larger than this.
_PATIENCE, _SOLVED = 30, 1500
# Coefficients that one such solution may put to zero.
_CROSSINGS = 20
# Columns up to which the whole Gram matrix is formed, if rows are as many.
_NARROW = 128


class GramData:
    """Least squares through ``G = X̃ᵀX̃ / W``, ``q = X̃ᵀy / W`` and ``‖y‖² / W`` alone."""

    def __init__(self, gram, correlation, y_square):
        self.gram, self.correlation, self.y_square = gram, correlation, y_square
        self.diagonal = np.diagonal(gram)

    @classmethod
    def of(cls, squares, total, gram=None):
        """From `LeastSquares` and, if it is known, the Gram matrix of its design."""
        gram = squares.design.gram(squares.weight) if gram is None else gram
        weighted = squares.weighted(squares.y)
        return cls(
            np.ascontiguousarray(gram / total),
            squares.design.pull(weighted) / total,
            float(np.vdot(weighted, squares.y)) / total,
        )

    def state(self, coef):
        """``X̃ᵀR / W``, ``‖R‖² / W`` and ``R·y / W`` of R = y − X̃β."""
        (active,) = coef.any(axis=1).nonzero()
        if not len(active):
            return self.correlation.copy(), self.y_square, self.y_square
        rest = self.correlation - self.gram[:, active] @ coef[active]
        explained = float(np.vdot(self.correlation[active], coef[active]))
        left = float(np.vdot(coef[active], rest[active]))
        return rest, max(self.y_square - explained - left, 0.0), self.y_square - explained

    def block(self, columns):
        """The Gram matrix of some columns: a copy."""
        return self.gram[np.ix_(columns, columns)]


class ColumnData:
    """Least squares whose Gram matrix is formed for the columns that were ever worked on."""

    def __init__(self, squares, total):
        self.squares, self.total = squares, total
        self.design, self.y = squares.design, squares.y
        self.y_square = float(np.vdot(squares.weighted(self.y), self.y)) / total
        self.place = np.full(self.design.shape[1], -1)
        self._forget()

    def _forget(self):
        self.place[:] = -1
        self.known, self.gram, self.kept = np.empty(0, dtype=np.intp), np.empty((0, 0)), []

    def state(self, coef):
        (active,) = coef.any(axis=1).nonzero()
        residual = self.y
        if len(active):
            residual = self.y - self.design.take(active).margins(coef[active])
        weighted = self.squares.weighted(residual)
        rest = self.design.pull(weighted) / self.total
        square = float(np.vdot(weighted, residual)) / self.total
        return rest, square, float(np.vdot(weighted, self.y)) / self.total

    def block(self, columns):
        new = columns[self.place[columns] < 0]
        if len(new) + len(self.known) > 2 * _MOST:
            self._forget()
            new = columns
        if len(new):
            self._learn(new)
        at = self.place[columns]
        return self.gram[np.ix_(at, at)]

    def _learn(self, new):
        """Extend the Gram matrix by the products of new columns with all that are known."""
        part = self.design.take(new).rooted(self.squares.weight)
        self.kept.append(part)
        cross = np.vstack([each.cross(part) for each in self.kept]) / self.total
        n_old, n_all = len(self.known), len(cross)
        gram = np.empty((n_all, n_all))
        gram[:n_old, :n_old] = self.gram
        gram[:, n_old:] = cross
        gram[n_old:, :n_old] = cross[:n_old].T
        self.gram, self.known = gram, np.concatenate([self.known, new])
        self.place[new] = np.arange(n_old, n_all)


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
        before, moving = np.inf, True
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
            if gap > 0.5 * before:  # too loose an end, or too few coordinates
                size, cut = 2 * size, 0.1 * cut
            before = gap
            columns = working_set(violation, support, size)
            matrix = data.block(columns)
            block = Block(matrix, penalty, coef[columns], rest[columns], residual_square)
            limit = self.max_iter - epochs
            n_epochs, moving = self._work(block, cut * max(gap, 5 * goal), limit)
            epochs += n_epochs
            coef[columns] = block.coef
        details = {"gap": gap, "goal": goal}
        return Solution(
            coef, np.zeros(coef.shape[1]), epochs, gap <= max(goal, rounding), details=details
        )

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
            if not moved or block.gap() <= wanted:
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


class Block:
    """The problem in the coefficients of some columns, the others at rest.

    Its targets are y less what the other columns explain, of which ``X̃ᵀy / W`` and ``‖y‖² / W``
    follow from the residuals: neither is a matter of n numbers.
    """

    def __init__(self, matrix, penalty, coef, rest, residual_square):
        self.matrix, self.penalty, self.coef = matrix, penalty, coef
        self.correlation = rest + matrix @ coef
        self.y_square = residual_square + float(np.vdot(self.correlation + rest, coef))
        # The matrix takes the L2 term from here on, and so does the rest.
        matrix.reshape(-1)[:: len(matrix) + 1] += penalty.l2
        self.rest = rest - penalty.l2 * coef
        self.threshold = np.full(len(matrix), float(penalty.l1))
        self.order = np.arange(len(matrix))
        # Moves that are rounding of the data.
        self.tiny = 4 * np.finfo(np.float64).eps * max(self.y_square, 0.0) ** 0.5

    def descend(self, epochs):
        """Run epochs; return how many, and whether the last one moved anything."""
        n, moved = descend_quadratic(
            self.matrix,
            self.threshold,
            self.order,
            self.coef,
            self.rest,
            self.penalty.positive,
            epochs,
            self.tiny,
        )
        return n, moved > self.tiny

    def gap(self):
        """The block's duality gap."""
        rest = self.rest + self.penalty.l2 * self.coef
        fitted = self.y_square - float(np.vdot(self.correlation, self.coef))
        left = max(fitted - float(np.vdot(rest, self.coef)), 0.0)
        return self.penalty.gap(self.coef, rest, left, fitted)

    def solve_support(self):
        """Move to the minimum under the present signs, leaving out what would change its sign.

        Of one output. It ends what coordinates do slowly where columns are nearly dependent. The
        factor of the support loses the rows of those that are left out.
        """
        (support,) = self.coef[:, 0].nonzero() if self.coef.shape[1] == 1 else ((),)
        size = len(support)
        if not 0 < size <= _SOLVED:
            return
        factor, exact = lifted_factor(self.matrix[np.ix_(support, support)])
        if factor is None:
            return
        there = self.coef[:, 0].copy()
        here = there[support]
        slope = self.rest[support, 0] - self.penalty.l1 * np.sign(here)
        for _ in range(_CROSSINGS + size // 8):
            change = slope[None].copy()
            solve_rows(factor, size, change)
            change = change[0]
            crossing = np.flatnonzero((here + change) * here < 0)
            lengths = -here[crossing] / change[crossing]
            length = lengths.min(initial=1.0)
            here = here + length * change
            there[support] = here
            if not len(crossing):
                break
            index = int(crossing[lengths.argmin()])
            there[support[index]] = 0.0
            remove_row(factor, size, index)
            size -= 1
            here, support = np.delete(here, index), np.delete(support, index)
            if exact:  # along the step the slopes of all shrink alike
                slope = (1.0 - length) * np.delete(slope, index)
            else:
                pull = self.matrix[support] @ (there - self.coef[:, 0])
                slope = self.rest[support, 0] - pull - self.penalty.l1 * np.sign(here)
        # What it gains over coordinates that have nearly ended is less than rounding of the value.
        self._move(there[:, None], -1e-15 * self.y_square)

    def solving_epochs(self):
        """Epochs that cost as much as `solve_support`: k³ / 3 beside 2 k p."""
        return np.count_nonzero(self.coef[:, 0]) ** 2 / (6 * len(self.coef))

    def _move(self, candidate, least=0.0):
        """Go to other coefficients, if they lower the objective by more than `least`."""
        change = candidate - self.coef
        image = self.matrix @ change
        gain = np.vdot(self.rest, change) - 0.5 * np.vdot(change, image)
        sizes = self.penalty.sizes
        gain -= self.penalty.l1 * (sizes(candidate).sum() - sizes(self.coef).sum())
        if gain > least:
            self.coef, self.rest = np.ascontiguousarray(candidate), self.rest - image

    def extrapolate(self, iterates):
        """Move to the combination of iterates that is next to fixed, if it is better.

        Its weights minimise ``‖Σ c_i (β_i − β_{i−1})‖`` with Σ c = 1.
        """
        stack = np.stack([each.ravel() for each in iterates])
        steps = np.diff(stack, axis=0)
        products = steps @ steps.T
        scale = np.trace(products)
        if not scale > 0:
            return
        # The differences become dependent as they converge.
        products.reshape(-1)[:: len(products) + 1] += 1e-12 * scale
        weights = np.linalg.solve(products, np.ones(len(products)))
        total = weights.sum()
        if not np.isfinite(total) or total == 0:
            return
        candidate = (weights / total @ stack[1:]).reshape(self.coef.shape)
        if self.penalty.positive:
            candidate = np.maximum(candidate, 0.0)
        self._move(candidate)


def lifted_factor(matrix):
    """Cholesky factor of a semi-definite matrix, and whether it is that of the matrix itself.

    Where it is singular a share of its diagonal is added, from 1e-11 up to 1e-7: steps are then
    short along its null space but for the little that signs favour.
    """
    lift = 0.0
    while lift < 1e-6:
        try:
            return np.linalg.cholesky(matrix), lift == 0
        except np.linalg.LinAlgError:
            step = max(1e-11, 99.0 * lift)
            diagonal = matrix.reshape(-1)[:: len(matrix) + 1]
            diagonal *= 1.0 + step
            lift += step
    return None, False


def data_of(squares, total, gram=None):
    """Gram matrix at once where columns are few beside rows, else as columns are worked on."""
    n, p = squares.design.shape
    if gram is not None or (p <= n and p <= _NARROW):
        return GramData.of(squares, total, None if gram is True else gram)
    return ColumnData(squares, total)


def working_set(violation, support, size):
    """The support and the worst violators, `size` in all if there are so many; ascending."""
    size = min(size, _MOST, len(violation))
    if size == len(violation):
        return np.arange(size)
    priority = violation
    if support.sum() < size:
        priority = np.where(support, np.inf, violation)
    chosen = np.argpartition(-priority, size - 1)[:size]
    chosen = chosen[(priority[chosen] > 0)]
    return np.sort(chosen)
