"""Paths of penalties: a grid of strengths, and solutions that start from one another."""

from dataclasses import replace

import numpy as np

from ..._core.parallel import blas_threads
from .closed_form import LeastSquares
from .coordinate_data import GramData, data_of
from .design import Design
from .penalties import RowNorms
from .problem import Task

# Columns up to which a path forms the whole Gram matrix, if rows are half as many.
_NARROW = 2500
# Columns from which on a path's next point is predicted.
_LINES = 256
# The least strength of a grid where y has no correlation with X.
_NOTHING = 1e-15
# Share of a column's square that must remain without a fold: of less, digits are lost.
_REMAINS = 1e-3
# Numbers that Gram matrices of folds may be, beside one another: 64 MB.
_HELD = 1 << 23
# Share of the targets' square from which on an error is told by products.
_TOLD = 1e-4


def correlation(squares, total):
    """``X̃ᵀ diag(w) y / W``, (p, K)."""
    return squares.design.pull(squares.weighted(squares.y)) / total


def strengths(correlation, l1_ratio, eps, n_alphas, positive=False):
    """`n_alphas` strengths α from the least whose solution is zero down to `eps` of it.

    That solution is zero where no row of ``X̃ᵀy / W`` is longer than ``α l1_ratio``.
    """
    pulls = RowNorms(0.0, positive=positive).pulls(correlation)
    largest = pulls.max(initial=0.0) / l1_ratio
    if largest <= _NOTHING:
        return np.full(n_alphas, _NOTHING)
    return np.geomspace(largest, largest * eps, num=n_alphas)


def elastic(alpha, l1_ratio, positive=False):
    """α (r ‖β‖ + (1 − r) ‖β‖² / 2) as an object."""
    return RowNorms(alpha * l1_ratio, alpha * (1.0 - l1_ratio), positive)


def least_squares(X, y, weight=None, fit_intercept=True, n_threads=1):
    """`LeastSquares` of arrays, and the sum of weights."""
    columns = Design(X, n_threads=n_threads).columns
    y = y[:, None] if y.ndim == 1 else y
    task = Task(columns, y, None, None, weight, fit_intercept, n_threads=n_threads)
    return LeastSquares.of(task), task.total_weight


def follow(data, penalties, solver, coef, eps=2.0**-52, report=None):
    """The `Solution` of each penalty in the design's coordinates, from the one before.

    Parameters
    ----------
    data : GramData or ColumnData
    penalties : iterable of RowNorms
    solver : CoordinateDescent
    coef : ndarray of shape (p, K)
        Where the first starts.
    eps : float
        Rounding of the data.
    report : callable, optional
        Told of each solution as it is found.
    """
    found, strengths = [], []
    with blas_threads(1):  # products are many and small
        for penalty in penalties:
            strengths.append(penalty.l1 + penalty.l2)
            if len(coef) > _LINES:
                coef = predicted(strengths, [each.coef for each in found[-2:]], coef)
            found.append(solver.descend(data, penalty, coef, eps))
            coef = found[-1].coef
            if report is not None:
                report(found[-1])
    return found


def predicted(strengths, coefs, start):
    """Coefficients where the line through the last two points of a path arrives.

    A path of lassos consists of lines. What changes its sign on the way is put to zero.
    """
    if len(coefs) < 2 or not strengths[-1] < strengths[-2] < strengths[-3]:
        return start
    before, here = coefs
    share = min((strengths[-2] - strengths[-1]) / (strengths[-3] - strengths[-2]), 1.0)
    there = here + share * (here - before)
    there[(there * here).sum(axis=1) <= 0.0] = 0.0
    return there


def path_data(squares, total, gram=None):
    """As `data_of`; the whole Gram matrix serves more columns when it serves a path."""
    if gram is None and forms_gram(squares.design.shape):
        gram = True
    return data_of(squares, total, gram)


def forms_gram(shape):
    """Whether a path forms the whole Gram matrix by itself."""
    return shape[1] <= min(_NARROW, 2 * shape[0])


class FoldGrams:
    """Least squares without some of the rows: the whole Gram matrix less that of these rows.

    All are taken around the means of all rows, so that little is lost in the differences.

    Parameters
    ----------
    X, y, weight
        As for `least_squares`.
    fit_intercept : bool
    folds : list of ndarray of int, default=()
        Rows that are each in one of them: their products are then taken once, and add up to the
        whole.
    run : callable, default=map
        ``run(function, folds)``, the results in order.
    """

    def __init__(self, X, y, weight, fit_intercept, folds=(), run=map):
        self.X, self.y, self.fit_intercept = X, y[:, None] if y.ndim == 1 else y, fit_intercept
        self.squares, self.total = least_squares(X, y, weight, fit_intercept)
        self.held = None
        if folds and len(folds) * X.shape[1] ** 2 <= _HELD:
            self.held = list(run(self._part, folds))
            self.parts = tuple(sum(each) for each in zip(*self.held, strict=True))
        else:
            self.parts = self._products(self.squares, self.total)

    @property
    def correlation(self):
        """``X̃ᵀ diag(w) y / W`` of all rows, (p, K)."""
        return self.parts[1] / self.total

    def _products(self, squares, total):
        """``X̃ᵀX̃``, ``X̃ᵀỹ``, ``ỹᵀỹ``, sums of X̃ and of ỹ, and W; all weighted."""
        weighted = squares.weighted(squares.y)
        one = np.ones((len(squares.y), 1))
        return (
            squares.design.gram(squares.weight),
            squares.design.pull(weighted),
            float(np.vdot(weighted, squares.y)),
            squares.design.pull(squares.weighted(one))[:, 0],
            weighted.sum(axis=0),
            total,
        )

    def _part(self, rows):
        """`_products` of some rows, around the means of all."""
        whole = self.squares
        weight = None if whole.weight is None else whole.weight[rows]
        design = Design(self.X[rows], n_threads=1).transformed(whole.design.center, None)
        part = replace(whole, design=design, y=whole.y[rows], weight=weight)
        return self._products(part, float(len(part.y) if weight is None else weight.sum()))

    def without(self, fold, rows):
        """`GramData`, `LeastSquares` (for its means alone) and `HeldOut` of the rows left out.

        None where digits are lost. `fold` is the number of these rows among the folds.
        """
        whole = self.squares
        left = self._part(rows) if self.held is None else self.held[fold]
        gram, pull, y_square, sums, y_sums, total = (
            a - b for a, b in zip(self.parts, left, strict=True)
        )
        if not total > 0:
            return None
        y_mean, design = whole.y_mean, whole.design
        x_shift, y_shift = np.zeros(len(sums)), np.zeros(len(y_sums))
        if self.fit_intercept:
            x_shift, y_shift = sums / total, y_sums / total
            gram -= np.outer(sums, x_shift)
            pull -= np.outer(sums, y_shift)
            y_square -= float(y_sums @ y_shift)
            y_mean = y_mean + y_shift
            design = design.transformed(design.center + x_shift, None)
        before = np.diagonal(self.parts[0])
        if (np.diagonal(gram) < _REMAINS * before).any() or y_square < _REMAINS * self.parts[2]:
            return None
        data = GramData(gram / total, pull / total, y_square / total)
        squares = replace(whole, design=design, y=np.empty((0, pull.shape[1])), y_mean=y_mean)
        return data, squares, HeldOut(left, x_shift, y_shift)


class HeldOut:
    """Rows that a path was fitted without, as their products around the means of all rows.

    The means of the rows that it was fitted to are `x_shift` and `y_shift` away from these.
    """

    def __init__(self, parts, x_shift, y_shift):
        self.parts, self.x_shift, self.y_shift = parts, x_shift, y_shift

    def errors(self, coefs):
        """Mean squared error of each (p, K) of coefficients, or None where digits are lost."""
        gram, pull, y_square, sums, y_sums, total = self.parts
        n_targets = pull.shape[1]
        stack = np.stack(coefs, axis=1).reshape(len(gram), -1)  # (p, solution and target)
        constant = np.tile(self.y_shift, len(coefs)) - self.x_shift @ stack
        error = np.einsum("ij,ij->j", stack, gram @ stack - 2.0 * np.tile(pull, len(coefs)))
        left = np.tile(y_sums, len(coefs)) - sums @ stack
        error += constant * (total * constant - 2.0 * left)
        error = error.reshape(-1, n_targets).sum(axis=1) + y_square
        if not (total > 0 and error.min() > _TOLD * y_square):
            return None
        return error / (total * n_targets)
