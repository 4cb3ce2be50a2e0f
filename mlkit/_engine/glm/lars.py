"""Least angle regression and the lasso's whole path.

On the path the correlations of all active columns with the residual are equal, ``c_A = α s`` with
their signs s, so ``β_A = G_AA⁻¹ q_A − α G_AA⁻¹ s`` for ``G = X̃ᵀX̃ / n`` and ``q = X̃ᵀy / n``: between
changes of the active set both β and all correlations are linear in α. A column joins where its
correlation reaches α; for the lasso one leaves where its coefficient reaches zero.

References
----------
Efron, B., Hastie, T., Johnstone, I. and Tibshirani, R. (2004). Least angle regression. Annals of
Statistics 32.
"""

from dataclasses import dataclass, field

import numpy as np

from ._cholesky import append_row, remove_row, solve_rows

# A rate below which a correlation keeps up with α: that of a copy of active columns.
_PARALLEL = 1e-11
# Share of the first correlation below which nothing is left to explain, and no column is missed.
_LATE = 1e-9
# Changes of the active set after which coefficients and correlations are computed anew.
_EXACT = 20


class Rows:
    """Rows of one length that come and go, one after the other in memory."""

    def __init__(self, length):
        self.room, self.size = np.empty((8, length)), 0

    @property
    def held(self):
        return self.room[: self.size]

    def append(self, row):
        self.extend(row[None])

    def extend(self, rows):
        size = self.size + len(rows)
        if size > len(self.room):
            grown = np.empty((max(size, 2 * len(self.room)), self.room.shape[1]))
            grown[: self.size] = self.held
            self.room = grown
        self.room[self.size : size] = rows
        self.size = size

    def remove(self, index):
        # Forwards, row by row: memory that overlaps needs no second copy.
        for k in range(index, self.size - 1):
            self.room[k] = self.room[k + 1]
        self.size -= 1


class GramProducts:
    """``G`` and ``q`` as matrices."""

    def __init__(self, gram, correlation):
        self.gram, self.correlation = gram, correlation

    def start(self):
        """Forget the active columns."""
        self.rows = Rows(len(self.gram))

    def join(self, column, active):
        """Products of a column with the active ones, and with itself."""
        self.rows.append(self.gram[column])
        return self.gram[column, active], float(self.gram[column, column])

    def leave(self, index):
        """Forget the active column at a place."""
        self.rows.remove(index)

    def images(self, coefs):
        """``G_{·A} c`` of each row c of coefs: (k, p)."""
        return coefs @ self.rows.held


class ColumnProducts:
    """``G`` through the columns of a `Design`; those that are active are copied."""

    def __init__(self, design, correlation, total):
        self.design, self.correlation, self.total = design, correlation, total

    def start(self):
        """Forget the active columns."""
        self.rows = Rows(self.design.shape[0])

    def join(self, column, active):
        """Products of a column with the active ones, and with itself."""
        new = self.design.take(np.array([column])).margins(np.ones((1, 1)))[:, 0]
        cross = self.rows.held @ new / self.total
        self.rows.append(new)
        return cross, float(new @ new) / self.total

    def leave(self, index):
        """Forget the active column at a place."""
        self.rows.remove(index)

    def images(self, coefs):
        """``G_{·A} c`` of each row c of coefs: (k, p)."""
        return self.design.pull((coefs @ self.rows.held).T).T / self.total


class Factor:
    """The Cholesky factor of a Gram matrix whose columns come and go."""

    def __init__(self):
        self.lower, self.size = np.empty((8, 8)), 0

    def append(self, cross, square, eps):
        """Take a column in, unless it is a combination of the others."""
        if self.size == len(self.lower):
            grown = np.empty((2 * self.size,) * 2)
            grown[: self.size, : self.size] = self.lower
            self.lower = grown
        least = max(64, self.size) * eps * square
        joined = append_row(self.lower, self.size, np.ascontiguousarray(cross), square, least)
        self.size += joined
        return joined

    def remove(self, index):
        remove_row(self.lower, self.size, index)
        self.size -= 1

    def solve(self, rows):
        """``A⁻¹ b`` of each row b, in place."""
        solve_rows(self.lower, self.size, rows)
        return rows


@dataclass
class Path:
    """Nodes of the path from the first on.

    Attributes
    ----------
    alphas : list of float
        In falling order.
    coefs : list of (columns, values)
        Coefficients at the nodes, of active columns alone; without the path only the last.
    active : list of int
        Columns that are active at the end, in the order in which they joined.
    n_iter : int
    degenerate : list of int
        Columns that were left out as combinations of active ones.
    """

    alphas: list = field(default_factory=list)
    coefs: list = field(default_factory=list)
    active: list = field(default_factory=list)
    n_iter: int = 0
    degenerate: list = field(default_factory=list)

    def matrix(self, n_columns, dtype=np.float64):
        """Coefficients at the nodes, (p, n_nodes)."""
        out = np.zeros((n_columns, len(self.coefs)), dtype=dtype)
        for k, (columns, values) in enumerate(self.coefs):
            out[columns, k] = values
        return out


@dataclass(frozen=True)
class Lars:
    """The path of least angle regression, or of the lasso, down to a strength.

    Parameters
    ----------
    lasso : bool
        Columns leave where their coefficients reach zero.
    alpha_min : float
        Where the path ends at the latest.
    max_iter : float
        Nodes at most, after the first.
    positive : bool
        Of the lasso: keep coefficients non-negative.
    eps : float
        Rounding of the data: columns with that little of their own do not join.
    keep : bool
        Keep all nodes, not the last alone.
    report : callable, optional
        Told of the number of each iteration, of the column that joined or left, and of α.
    """

    lasso: bool = False
    alpha_min: float = 0.0
    max_iter: float = np.inf
    positive: bool = False
    eps: float = np.finfo(np.float64).eps
    keep: bool = True
    report: object = None

    def follow(self, products):
        """The `Path` of `GramProducts` or `ColumnProducts`."""
        path, state = Path(), _State(self, products)
        joining, alpha = state.first()
        first = alpha
        leaving, idle = None, 0
        path.alphas.append(max(alpha, self.alpha_min))
        path.coefs.append((np.empty(0, dtype=np.intp), np.empty(0)))
        if alpha <= self.alpha_min:
            return path
        while path.n_iter < self.max_iter and idle < 2 * state.n_columns + 10:
            moved = joining if leaving is None else state.active[leaving]
            if leaving is not None:
                state.leave(leaving, alpha)
            elif not state.join(joining, alpha):
                # The node at which it would have joined is none.
                if alpha > _LATE * first:
                    path.degenerate.append(joining)
                if path.n_iter:
                    self._forget(path)
            joining, leaving, following = state.next_event(alpha)
            idle = idle + 1 if following == alpha else 0
            alpha = following
            path.n_iter += 1
            self._record(path, alpha, state.coef(alpha, leaving), list(state.active), moved)
            if joining is None and leaving is None:
                break
        path.active = state.active
        if leaving is not None:
            path.active = [c for k, c in enumerate(state.active) if k != leaving]
        return path

    def _record(self, path, alpha, coef, active, moved):
        if not self.keep:
            path.alphas.clear()
            path.coefs.clear()
        path.alphas.append(alpha)
        path.coefs.append((np.array(active, dtype=np.intp), coef))
        if self.report is not None:
            self.report(path.n_iter, moved, len(active), alpha)

    def _forget(self, path):
        path.n_iter -= 1
        if self.keep:
            path.alphas.pop()
            path.coefs.pop()


class _State:
    """Active columns, and the lines in α on which coefficients and correlations lie."""

    def __init__(self, method, products):
        self.method, self.products = method, products
        self.q = products.correlation
        self.n_columns = len(self.q)
        products.start()
        self.factor, self.active, self.signs = Factor(), [], []
        self.free = np.ones(self.n_columns, dtype=bool)
        self.left = None
        # c = rest + α rate for all columns, β = level − α slope for active ones.
        self.rest, self.rate = self.q, np.zeros(self.n_columns)
        self.level = self.slope = self.here = np.empty(0)
        self.changes = 0

    def first(self):
        """The column that joins first, and its correlation."""
        pulls = self.q if self.method.positive else np.abs(self.q)
        if not self.n_columns:
            return None, 0.0
        column = int(pulls.argmax())
        self.sign = 1.0 if self.q[column] > 0 else -1.0
        # Correlations below are rounding: the active columns explain all that X can.
        self.floor = max(64, self.n_columns) * self.method.eps * float(pulls[column])
        return column, float(pulls[column])

    def join(self, column, alpha):
        """Take a column in at α; tell whether it adds a direction."""
        cross, square = self.products.join(column, self.active)
        self.free[column], self.left = False, None
        if not self.factor.append(cross, square, self.method.eps):
            self.products.leave(len(self.active))
            return False
        self.active.append(column)
        self.signs.append(self.sign)
        self.here = np.append(self.here, 0.0)
        self._refresh(alpha)
        return True

    def leave(self, index, alpha):
        """Let the active column at a place go at α; those left out for its sake may join."""
        column = self.active.pop(index)
        self.left = column, self.signs.pop(index)
        self.factor.remove(index)
        self.products.leave(index)
        self.free[:] = True
        self.free[self.active] = False
        self.here = np.delete(self.here, index)
        self._refresh(alpha)

    def _refresh(self, alpha):
        """The lines below α, through where the present ones are at α.

        Rounding of one change after the other is left behind now and then.
        """
        self.changes += 1
        if self.changes % _EXACT == 0:
            lines = np.array([self.q[self.active], self.signs])
            self.level, self.slope = self.factor.solve(lines)
            explained, self.rate = self.products.images(lines)
            self.rest = self.q - explained
            return
        here = self.rest + alpha * self.rate
        line = np.array([self.signs])
        self.slope = self.factor.solve(line)[0]
        self.rate = self.products.images(line)[0]
        self.rest = here - alpha * self.rate
        self.level = self.here + alpha * self.slope

    def coef(self, alpha, leaving):
        """Coefficients of the active columns at α; zero for the one that leaves."""
        coef = self.level - alpha * self.slope
        if leaving is not None:
            coef[leaving] = 0.0
        self.here = coef
        return coef

    def next_event(self, alpha):
        """The column that joins next, the place of the one that leaves, and α there."""
        joining, leaving, best = None, None, max(self.method.alpha_min, self.floor)
        joins = self._joins()
        if self.n_columns:
            column = int(joins.argmax())
            # Rounding may put an event a little above the present α.
            if min(joins[column], alpha) > best:
                joining, best = column, min(float(joins[column]), alpha)
                self.sign = 1.0 if self.rest[column] + best * self.rate[column] > 0 else -1.0
        if self.method.lasso and len(self.active):
            falling = np.array(self.signs) * self.slope < 0
            zeros = np.zeros(len(falling))
            np.divide(self.level, self.slope, out=zeros, where=falling)
            index = int(zeros.argmax())
            if min(zeros[index], alpha) > best or (joining is not None and zeros[index] >= best):
                joining, leaving, best = None, index, min(float(zeros[index]), alpha)
        if joining is None and leaving is None:
            best = self.method.alpha_min
        return joining, leaving, best

    def _joins(self):
        """α at which each column's correlation reaches it, 0 for never."""
        joins = np.zeros(self.n_columns)
        signs = (1.0,) if self.method.positive else (1.0, -1.0)
        for sign in signs:
            # α − sign c = (1 − sign rate) α − sign rest falls to zero as α does.
            gain, rest = 1.0 - sign * self.rate, sign * self.rest
            reached = self.free & (gain > _PARALLEL) & (rest > 0)
            if self.left is not None and self.left[1] == sign:
                # It left where the two were equal, and they part from there.
                reached[self.left[0]] = False
            at = np.divide(rest, gain, where=reached, out=np.zeros(len(gain)))
            np.maximum(joins, at, out=joins)
        return joins
