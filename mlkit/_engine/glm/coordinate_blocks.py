"""Coordinate descent on some columns, the others at rest: on their Gram matrix, or on themselves.

An epoch on the Gram matrix costs what moves; one on the columns costs products of n numbers, but
needs no matrix. Both are extrapolated (Anderson's acceleration).
"""

import numpy as np

from ._cholesky import remove_row, solve_rows
from ._coordinate import descend_columns, descend_quadratic

# Coefficients that one solution of the support may put to zero, beside an eighth of all.
_CROSSINGS = 20
# The largest support that is solved.
_SOLVED = 1500
# Operations of a factorisation in the time of one of an epoch.
_QUICKER = 2


class GramBlock:
    """The problem in the coefficients of some columns, the others at rest.

    Its targets are y less what the other columns explain, of which ``X̃ᵀy / W`` and ``‖y‖² / W``
    follow from the residuals: neither is a matter of n numbers.
    """

    limit, pace = 2**31 - 1, 1  # epochs at most, and those between looks at the gap

    def __init__(self, matrix, penalty, coef, rest, residual_square):
        self.matrix, self.penalty, self.coef = matrix, penalty, coef
        self.correlation = rest + matrix @ coef
        self.y_square = residual_square + float(np.vdot(self.correlation + rest, coef))
        # The rest has the L2 term from here on; the matrix, which others use, has not.
        self.rest = rest - penalty.l2 * coef
        self.threshold = np.full(len(matrix), float(penalty.l1))
        self.order = np.arange(len(matrix))
        # Moves that are rounding of the data.
        self.tiny = 4 * np.finfo(np.float64).eps * max(self.y_square, 0.0) ** 0.5

    def descend(self, epochs):
        """Run epochs; return how many, and whether the last one moved anything."""
        n, moved = descend_quadratic(
            self.matrix,
            self.penalty.l2,
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
        matrix = square_part(self.matrix, support)
        matrix.reshape(-1)[:: size + 1] += self.penalty.l2
        factor, lift = lifted_factor(matrix)
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
            # Along the step the slopes of all shrink alike, but for what the lift holds back.
            slope = (1.0 - length) * slope + length * lift * change
            slope, lift = np.delete(slope, index), np.delete(lift, index)
        # What it gains over coordinates that have nearly ended is less than rounding of the value.
        self._move(there[:, None], -1e-15 * self.y_square)

    def solving_epochs(self):
        """Epochs that cost as much as `solve_support`: k³ / 3 of a factorisation beside 2 k p."""
        return np.count_nonzero(self.coef[:, 0]) ** 2 / (6 * _QUICKER * len(self.coef))

    def _move(self, candidate, least=0.0):
        """Go to other coefficients, if they lower the objective by more than `least`."""
        change = candidate - self.coef
        image = self.matrix @ change + self.penalty.l2 * change
        gain = np.vdot(self.rest, change) - 0.5 * np.vdot(change, image)
        sizes = self.penalty.sizes
        gain -= self.penalty.l1 * (sizes(candidate).sum() - sizes(self.coef).sum())
        if gain > least:
            self.coef, self.rest = np.ascontiguousarray(candidate), self.rest - image

    def extrapolate(self, iterates):
        """Move to the combination of iterates that is next to fixed, if it is better."""
        candidate = combined(iterates, self.penalty.positive)
        if candidate is not None:
            self._move(candidate)


class ColumnBlock:
    """The problem of one output in the coefficients of some columns, held as rows of `lines`.

    `arrays` are lines, their squares, and the places of those worked on, the others being at rest.
    `residual` is that of all columns; both are multiplied by the roots of the weights.
    """

    pace = 5

    def __init__(self, arrays, penalty, coef, residual, total, limit):
        self.lines, self.squares, self.order = arrays
        self.penalty, self.coef = penalty, coef
        self.residual, self.total, self.limit = residual, total, limit
        self.threshold = np.full(len(self.lines), float(penalty.l1))
        self.tiny = 4 * np.finfo(np.float64).eps * (residual @ residual / total) ** 0.5

    def descend(self, epochs):
        """Run epochs; return how many, and whether the last one moved anything."""
        n, moved = descend_columns(
            self.lines,
            self.squares,
            self.penalty.l2,
            self.threshold,
            self.order,
            self.coef[:, 0],
            self.residual,
            self.total,
            self.penalty.positive,
            epochs,
            self.tiny,
        )
        return n, moved > self.tiny

    def gap(self):
        """The block's duality gap."""
        rest = (self.lines @ self.residual)[self.order, None] / self.total
        coef = self.coef[self.order]
        square = float(self.residual @ self.residual) / self.total
        return self.penalty.gap(coef, rest, square, square + float(np.vdot(rest, coef)))

    def solving_epochs(self):
        """No number of epochs costs as much as a matrix for `GramBlock.solve_support`."""
        return np.inf

    def extrapolate(self, iterates):
        """Move to the combination of iterates that is next to fixed, if it is better."""
        candidate = combined(iterates, self.penalty.positive)
        if candidate is None:
            return
        change = candidate - self.coef
        image = change[:, 0] @ self.lines
        gain = float(image @ (self.residual - 0.5 * image)) / self.total
        gain -= self.penalty.value(candidate) - self.penalty.value(self.coef)
        if gain > 0:
            self.coef = np.ascontiguousarray(candidate)
            self.residual = self.residual - image


def combined(iterates, positive):
    """``Σ c_i β_i`` with weights that minimise ``‖Σ c_i (β_i − β_{i−1})‖``, Σ c = 1; or None."""
    stack = np.stack([each.ravel() for each in iterates])
    steps = np.diff(stack, axis=0)
    products = steps @ steps.T
    scale = np.trace(products)
    if not scale > 0:
        return None
    # The differences become dependent as they converge.
    products.reshape(-1)[:: len(products) + 1] += 1e-12 * scale
    weights = np.linalg.solve(products, np.ones(len(products)))
    total = weights.sum()
    if not np.isfinite(total) or total == 0:
        return None
    candidate = (weights / total @ stack[1:]).reshape(iterates[0].shape)
    return np.maximum(candidate, 0.0) if positive else candidate


def square_part(matrix, index):
    """The rows and columns of a matrix that `index` names; by rows first, which is quicker."""
    return np.take(np.take(matrix, index, axis=0), index, axis=1)


def lifted_factor(matrix):
    """Cholesky factor of a semi-definite matrix, and what was added to its diagonal for it.

    Where it is singular a share of its diagonal is added, from 1e-11 up to 1e-7: steps are then
    short along its null space but for the little that signs favour.
    """
    lift = 0.0
    diagonal = matrix.reshape(-1)[:: len(matrix) + 1]
    before = diagonal.copy()
    while lift < 1e-6:
        try:
            return np.linalg.cholesky(matrix), diagonal - before
        except np.linalg.LinAlgError:
            step = max(1e-11, 99.0 * lift)
            diagonal *= 1.0 + step
            lift += step
    return None, None
