"""Least squares as descent sees it: a Gram matrix, or columns that bring theirs along."""

import numpy as np

from ._coordinate import settle_quadratic, settle_rows
from .coordinate_blocks import ColumnBlock, GramBlock, square_part
from .lars import Rows

# Columns of which more are kept than are worked on: their Gram matrix then takes 128 MB.
_MOST = 4096
# Columns up to which the whole Gram matrix is formed: dense and sparse columns then descend alike.
_NARROW = 128
# Columns up to which a descent starts with epochs over all of them.
_SMALL = 256
# Operations of vectors in the time of which a Gram matrix is formed without a second thought.
_CHEAP = 4e6
# Operations of a matrix product in the time of one of a product of vectors.
_QUICKER = 20
# Columns held beside columns to work on, from which on the Gram matrix of these is copied.
_IDLE = 1.25


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
        rest = self.correlation - self.gram[active].T @ coef[active]  # rows are contiguous
        explained = float(np.vdot(self.correlation[active], coef[active]))
        left = float(np.vdot(coef[active], rest[active]))
        return rest, max(self.y_square - explained - left, 0.0), self.y_square - explained

    def settle(self, penalty, coef, goal, epochs):
        """Plain descent on a small matrix; coefficients, epochs and the gap, or None.

        Most fits of few columns end here, in compiled code.
        """
        if not 0 < len(self.gram) <= _SMALL:
            return None
        if coef.shape[1] > 1:
            there = np.array(coef, order="C")
            rest = self.correlation - self.gram @ there - penalty.l2 * there
            arrays = self.gram, np.ascontiguousarray(self.correlation), self.y_square
            n_epochs, gap = settle_rows(
                *arrays, penalty.l1, penalty.l2, there, np.ascontiguousarray(rest), goal, epochs
            )
            return there, n_epochs, gap
        there = coef[:, 0].copy()
        rest = self.correlation[:, 0].copy()
        if there.any():
            rest -= self.gram @ there + penalty.l2 * there
        n_epochs, gap = settle_quadratic(
            self.gram,
            np.ascontiguousarray(self.correlation[:, 0]),
            self.y_square,
            penalty.l1,
            penalty.l2,
            penalty.positive,
            there,
            rest,
            goal,
            epochs,
        )
        return there[:, None], n_epochs, gap

    def block(self, columns, penalty, coef, rest, square):
        """What descends on some columns, and which these are."""
        matrix = self.gram
        if len(columns) < len(matrix):
            matrix = square_part(matrix, columns)
        return columns, GramBlock(matrix, penalty, coef[columns], rest[columns], square)


class ColumnData:
    """Least squares whose Gram matrix is formed for the columns that were ever worked on.

    Columns at rest cost a descent little: it works on all that are held, in their order.
    """

    def __init__(self, squares, total):
        self.squares, self.total = squares, total
        self.design, self.y = squares.design, squares.y
        self.y_square = float(np.vdot(squares.weighted(self.y), self.y)) / total
        self.place = np.full(self.design.shape[1], -1)
        self._forget()

    def _forget(self):
        self.place[:] = -1
        self.known, self.room = np.empty(0, dtype=np.intp), np.empty((0, 0))
        self.learned, self.spent = 0, 0.0
        self.parts = []

    def state(self, coef):
        (active,) = coef.any(axis=1).nonzero()
        residual = self.y
        if len(active):
            residual = self.y - self.design.take(active).margins(coef[active])
        weighted = self.squares.weighted(residual)
        rest = self.design.pull(weighted) / self.total
        square = float(np.vdot(weighted, residual)) / self.total
        return rest, square, float(np.vdot(weighted, self.y)) / self.total

    def block(self, columns, penalty, coef, rest, square):
        """What descends on some columns and those worked on before, and which these are."""
        new = columns[self.place[columns] < 0]
        if len(new) + len(self.known) > max(2 * len(columns), _MOST):
            self._forget()
            new = columns
        if len(new):
            self.place[new] = np.arange(len(self.known), len(self.known) + len(new))
            self.known = np.concatenate([self.known, new])
            self._hold(new)
        found = self._without_products(columns, penalty, coef)
        if found is not None:
            return self.known, found
        if self.learned < len(self.known):
            if len(self.known) > _IDLE * len(columns):
                self._drop_but(columns)
            self._learn()
        known = self.known
        matrix = self.room[: len(known), : len(known)]
        if len(known) > _IDLE * len(columns):
            chosen = self.place[columns]
            known, matrix = columns, square_part(matrix, chosen)
        return known, GramBlock(matrix, penalty, coef[known], rest[known], square)

    def settle(self, penalty, coef, goal, epochs):
        """Nothing is small here."""

    def _without_products(self, columns, penalty, coef):
        """A block that needs no Gram matrix, where it costs less."""

    def _drop_but(self, columns):
        """Let go of other columns, if that saves products."""

    def _hold(self, new):
        """Keep new columns."""
        self.parts.append(self.design.take(new).rooted(self.squares.weight))

    def _learn(self):
        """Extend the Gram matrix by the columns that were held since."""
        old, size = self.learned, len(self.known)
        if size > len(self.room):
            room = np.empty((max(size, 2 * len(self.room)),) * 2)
            room[:old, :old] = self.room[:old, :old]
            self.room = room
        self._fill(old, size)
        self.room[:old, old:size] = self.room[old:size, :old].T
        self.learned = size

    def _fill(self, old, size):
        """Products of the columns from `old` on with all."""
        part, start = self.parts[-1], 0
        for each in self.parts:
            cross = part.cross(each) / self.total
            self.room[old:size, start : start + cross.shape[1]] = cross
            start += cross.shape[1]


class DenseColumnData(ColumnData):
    """`ColumnData` of dense columns, which are held as rows.

    Descent on the columns themselves is hired, so to say, until that has cost as much as the Gram
    matrix would: the whole then costs at most twice what the better of the two does.
    """

    def _forget(self):
        super()._forget()
        self.lines, self.line_squares = Rows(self.design.shape[0]), np.empty(0)

    def state(self, coef):
        here = coef[self.known]
        if coef.shape[1] > 1 or np.count_nonzero(coef) != np.count_nonzero(here):
            return super().state(coef)
        # The columns held are rows in memory: no copy of some of X is made.
        targets = self.squares.rooted(self.y)[:, 0]
        residual = targets - here[:, 0] @ self.lines.held if len(here) else targets
        rest = self.design.pull(self.squares.rooted(residual[:, None])) / self.total
        square, fitted = (float(residual @ each) / self.total for each in (residual, targets))
        return rest, square, fitted

    def _hold(self, new):
        columns = self.design.columns.take(new).centred(
            None if self.design.center is None else self.design.center[new], self.squares.weight
        )
        start = self.lines.size
        self.lines.extend(columns.T)
        square = np.square(self.lines.held[start:]).sum(axis=1) / self.total
        self.line_squares = np.concatenate([self.line_squares, square])

    def _drop_but(self, columns):
        kept = np.sort(self.place[columns])
        learned = kept[kept < self.learned]
        self.room, self.learned = square_part(self.room, learned), len(learned)
        lines, self.lines = self.lines, Rows(self.design.shape[0])
        self.lines.extend(lines.held[kept])
        self.line_squares, self.known = self.line_squares[kept], self.known[kept]
        self.place[:] = -1
        self.place[self.known] = np.arange(len(kept))

    def _without_products(self, columns, penalty, coef):
        order, n = np.sort(self.place[columns]), self.design.shape[0]
        size, new = len(order), int((order >= self.learned).sum())
        if coef.shape[1] > 1 or not new:
            return None
        price = 2.0 * n * size * new / _QUICKER
        if price <= _CHEAP:
            return None
        epoch = 3.0 * n * size
        limit = int((price - self.spent) / epoch)
        if limit < 1:
            return None
        self.spent += limit * epoch
        lines, here = self.lines.held, np.ascontiguousarray(coef[self.known])
        residual = self.squares.rooted(self.y)[:, 0] - here[:, 0] @ lines
        arrays = lines, self.line_squares, order
        return ColumnBlock(arrays, penalty, here, residual, self.total, limit)

    def _fill(self, old, size):
        lines = self.lines.held
        self.room[old:size, :size] = lines[old:size] @ lines.T / self.total


def data_of(squares, total, gram=None):
    """Gram matrix at once where columns are few, else as columns are worked on."""
    p = squares.design.shape[1]
    if gram is not None or p <= _NARROW:
        return GramData.of(squares, total, None if gram is True else gram)
    dense = squares.design.columns.is_dense
    return DenseColumnData(squares, total) if dense else ColumnData(squares, total)
