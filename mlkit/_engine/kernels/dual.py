"""Dual problems of kernel machines: their statement, their solution and what follows from it.

All are ``minimise ½ βᵀKβ + qᵀβ`` over bounds ``l ≤ β ≤ u`` with the sum of β over each group of
variables fixed; f = Kβ is the machine without its constant. What differs is q, the bounds, the
groups and whether a row has two variables:

=================  ==================  ===================  ========  =========
machine            q                   bounds               groups    variables
=================  ==================  ===================  ========  =========
classes, cost      −y                  0 ≤ yβ ≤ C           1         n
classes, ν         0                   0 ≤ yβ ≤ w           2, by y   n
tube, cost         ε − y and −ε − y    [0, C] and [−C, 0]   1         2n
tube, ν            −y                  [0, C] and [−C, 0]   2         2n
one class, ν       0                   [0, w]               1         n
=================  ==================  ===================  ========  =========

References
----------
Chang, C.-C. and Lin, C.-J. (2011). LIBSVM: a library for support vector machines. ACM
Transactions on Intelligent Systems and Technology 2 (3).

Fan, R.-E., Chen, P.-H. and Lin, C.-J. (2005). Working set selection using second order
information for training support vector machines. Journal of Machine Learning Research 6.

Wen, Z., Shi, J., Li, Q., He, B. and Chen, J. (2018). ThunderSVM: a fast SVM library on GPUs and
CPUs. Journal of Machine Learning Research 19 (21).
"""

from dataclasses import dataclass

import numpy as np

from . import _dual

# Up to as many rows, the kernel is kept in float64: it is 32 MiB.
_EXACT = 2048
_NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Kernel:
    """One of ``⟨x, y⟩``, ``(γ⟨x, y⟩ + c)^d``, ``exp(−γ‖x − y‖²)`` and ``tanh(γ⟨x, y⟩ + c)``.

    Parameters
    ----------
    kind : {"linear", "poly", "rbf", "sigmoid"}
    gamma, constant : float
    degree : int
    """

    kind: str
    gamma: float = 1.0
    constant: float = 0.0
    degree: int = 0

    def of_products(self, products):
        """k of rows with these products with themselves."""
        if self.kind == "linear":
            return products
        if self.kind == "rbf":
            return np.ones_like(products)
        moved = self.gamma * products + self.constant
        return moved**self.degree if self.kind == "poly" else np.tanh(moved)


@dataclass(frozen=True)
class Settings:
    """How a problem is solved; a negative `max_iter` is no limit."""

    tol: float = 1e-3
    max_iter: int = -1
    cache_bytes: float = 2e8
    shrinking: bool = True
    n_threads: int = 1


@dataclass(frozen=True)
class _Limits:
    tol: float
    max_iter: int
    cache_bytes: float
    shrinking: bool
    n_threads: int


@dataclass(frozen=True)
class Dual:
    """A problem as above, with a start that keeps its constraints."""

    row: np.ndarray
    group: np.ndarray
    n_groups: int
    linear: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class Solution:
    """The least point of a `Dual`: by row, the levels of its groups, and how it was reached.

    Parameters
    ----------
    coef : ndarray of shape (n_rows,)
        β, summed over the variables of a row.
    levels : ndarray of shape (n_groups,)
        The multiplier of each group's sum: the gradient of what lies between its bounds.
    objective : float
    n_iter : int
        Pairs of variables moved.
    gap : float
        By how much optimality is violated at most.
    """

    coef: np.ndarray
    levels: np.ndarray
    objective: float
    n_iter: int
    gap: float


# ------------------------------------------------------------------------------- statements
def _shares(weight, total):
    """`total` dealt out in the order of rows, each up to its weight."""
    before = np.cumsum(weight) - weight
    return np.clip(total - before, 0.0, weight)


def _simple(linear, lower, upper, start=None, group=None):
    n = len(linear)
    group = np.zeros(n, dtype=np.int8) if group is None else group.astype(np.int8)
    return Dual(
        np.arange(n, dtype=np.int32),
        group,
        1 + int(group.max()),
        linear,
        lower,
        upper,
        np.zeros(n) if start is None else start,
    )


def separate(sign, cost):
    """Two classes, signs ±1: ``min ½‖w‖² + Σ C max(0, 1 − y f(x))``."""
    positive = sign > 0
    return _simple(-sign, np.where(positive, 0.0, -cost), np.where(positive, cost, 0.0))


def separate_share(sign, weight, nu):
    """Two classes, of whose rows a share of at least ν supports the machine, and at most ν errs."""
    positive = sign > 0
    total = 0.5 * nu * weight.sum()
    start = np.zeros(len(sign))
    start[positive] = _shares(weight[positive], total)
    start[~positive] = -_shares(weight[~positive], total)
    lower, upper = np.where(positive, 0.0, -weight), np.where(positive, weight, 0.0)
    return _simple(np.zeros(len(sign)), lower, upper, start, ~positive)


def _tube(linear_up, linear_down, cost, start=None, n_groups=1):
    n = len(cost)
    nothing = np.zeros(n)
    start = nothing if start is None else start
    return Dual(
        np.tile(np.arange(n, dtype=np.int32), 2),
        np.repeat(np.array([0, n_groups - 1], dtype=np.int8), n),
        n_groups,
        np.concatenate([linear_up, linear_down]),
        np.concatenate([nothing, -cost]),
        np.concatenate([cost, nothing]),
        np.concatenate([start, -start]),
    )


def fit_tube(y, cost, margin):
    """Numbers: ``min ½‖w‖² + Σ C max(0, |y − f(x)| − ε)``."""
    return _tube(margin - y, -margin - y, cost)


def fit_tube_share(y, cost, nu):
    """Numbers, with ε such that a share of at least ν of rows lies on the tube or beyond it."""
    return _tube(-y, -y, cost, _shares(cost, 0.5 * nu * cost.sum()), 2)


def enclose(weight, nu):
    """One class: the least ``½‖w‖² − ρ`` with a share of at most ν of rows below ρ."""
    zeros = np.zeros(len(weight))
    return _simple(zeros, zeros, weight, _shares(weight, nu * weight.sum()))


# --------------------------------------------------------------------------------- solution
def _level(gradient, free, rises, falls):
    if free.any():
        return gradient[free].mean()
    # Anything between is optimal; where one side is empty, its end is at infinity.
    ends = [
        gradient[side].min() if side is rises else gradient[side].max()
        for side in (rises, falls)
        if side.any()
    ]
    return float(np.mean(ends))


def solve(dual, points, index, settings):
    """Solve a dual problem.

    Parameters
    ----------
    dual : Dual
    points : DensePoints, SparsePoints or StoredPoints
    index : ndarray of int32, shape (n_rows,)
        The rows of `points` that the rows of the problem are.
    settings : Settings

    Returns
    -------
    Solution
    """
    limits = _Limits(
        settings.tol,
        settings.max_iter if settings.max_iter >= 0 else _NO_LIMIT,
        settings.cache_bytes,
        settings.shrinking,
        settings.n_threads,
    )
    value = dual.start.copy()
    exact = len(index) <= _EXACT
    gradient, n_iter, gap = points.solve(dual, value, index, exact, limits)
    rises, falls = value < dual.upper, value > dual.lower
    levels = [
        _level(gradient, (dual.group == g) & rises & falls, (dual.group == g) & rises,
               (dual.group == g) & falls)
        for g in range(dual.n_groups)
    ]  # fmt: skip
    return Solution(
        np.bincount(dual.row, value, minlength=len(index)),
        np.array(levels),
        float(0.5 * value @ (gradient + dual.linear)),
        int(n_iter),
        float(gap),
    )


# ------------------------------------------------------------------------------- the points
class DensePoints:
    """Rows of a matrix under a kernel.

    As the others, it has ``solve(dual, value, index, exact, limits)``, the rows ``take(index)``,
    their kernels with themselves ``own(index)`` and ``sums(index, coef, sizes)`` over such rows.
    """

    def __init__(self, X, kernel):
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.kernel = kernel

    def solve(self, dual, value, index, exact, limits):
        every = len(index) == len(self.X) and (np.diff(index) == 1).all()
        X = self.X if every else self.X[index]
        return _dual.solve_dense(dual, value, self.kernel, X, exact, limits)

    def take(self, index):
        return self.X[index]

    def own(self, index):
        rows = self.X[index]
        return self.kernel.of_products(np.einsum("ij,ij->i", rows, rows))

    def sums(self, index, coef, sizes):
        return DenseSums.of(self.kernel, self.X[index], coef, sizes)


class SparsePoints:
    """Rows of a CSR matrix under a kernel."""

    def __init__(self, X, kernel):
        self.X = X
        self.kernel = kernel

    def solve(self, dual, value, index, exact, limits):
        rows = _dual.Csr(self.X[index])
        return _dual.solve_sparse(dual, value, self.kernel, rows, exact, limits)

    def take(self, index):
        return self.X[index]

    def own(self, index):
        rows = self.X[index]
        return self.kernel.of_products(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())

    def sums(self, index, coef, sizes):
        return SparseSums.of(self.kernel, self.X[index], coef, sizes)


class StoredPoints:
    """Rows whose kernel is a matrix that is there already."""

    def __init__(self, K):
        self.K = np.ascontiguousarray(K, dtype=np.float64)

    def solve(self, dual, value, index, exact, limits):
        index = np.ascontiguousarray(index, dtype=np.int32)
        return _dual.solve_stored(dual, value, self.K, index, exact, limits)

    def take(self, index):
        return self.K[index]

    def own(self, index):
        return self.K[index, index]

    def sums(self, index, coef, sizes):
        return StoredSums.of(index, coef, sizes)


# ----------------------------------------------------------------------------------- sums
def _starts(sizes):
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


@dataclass(frozen=True)
class DenseSums:
    """``Σ coef k(x, s)`` over each group of rows s, which lie in blocks side by side.

    Parameters
    ----------
    kernel : Kernel
    packed : ndarray of shape (n_blocks, n_columns, lanes)
    coef : ndarray of float64, shape (n_blocks, n_out, lanes)
    start : ndarray of int64, shape (n_groups + 1,)
        Blocks at which groups begin.
    """

    kernel: Kernel
    packed: np.ndarray
    coef: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, kernel, rows, coef, sizes):
        """From rows in the order of groups, their coefficients (n_out, n_rows) and groups' sizes.

        Parameters
        ----------
        kernel : Kernel
        rows : ndarray of float32 or float64, shape (n_rows, n_columns)
        coef : ndarray of shape (n_out, n_rows)
        sizes : array-like of int, shape (n_groups,)
        """
        sizes = np.asarray(sizes)
        blocks = -(-sizes // _dual.LANES)
        start = _starts(blocks)
        shift = np.repeat(start[:-1] * _dual.LANES - _starts(sizes)[:-1], sizes)
        place = np.arange(len(rows)) + shift
        wide = np.zeros((start[-1] * _dual.LANES, rows.shape[1]), dtype=rows.dtype)
        wide[place] = rows
        factors = np.zeros((start[-1] * _dual.LANES, len(coef)))
        factors[place] = coef.T
        return cls(kernel, _in_blocks(wide), _in_blocks(factors), start)

    def __call__(self, X, n_threads=1):
        """Sums of each row of X, shape (n, n_groups, n_out); float32 if X and the rows are."""
        packed = self.packed
        dtype = np.float32 if X.dtype == packed.dtype == np.float32 else np.float64
        X = np.ascontiguousarray(X, dtype=dtype)
        packed = packed.astype(dtype, copy=False)
        # Waking threads costs some 10 µs, an entry of a product a tenth of a nanosecond.
        threads = n_threads if len(X) * packed.size >= 1 << 18 else 1
        return _dual.dense_sums(self.kernel, X, packed, self.coef, self.start, threads)


def _in_blocks(rows):
    blocks = rows.reshape(-1, _dual.LANES, rows.shape[1])
    return np.ascontiguousarray(blocks.transpose(0, 2, 1))


@dataclass(frozen=True)
class SparseSums:
    """As `DenseSums`, of CSR rows; coef is (n_rows, n_out) and start counts rows."""

    kernel: Kernel
    rows: object
    coef: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, kernel, rows, coef, sizes):
        """From CSR rows in the order of groups, coefficients (n_out, n_rows) and groups' sizes."""
        return cls(kernel, rows, np.ascontiguousarray(coef.T), _starts(sizes))

    def __call__(self, X, n_threads=1):
        """Sums of each row of CSR X, shape (n, n_groups, n_out)."""
        rows, X = _dual.Csr(self.rows), _dual.Csr(X)
        return _dual.csr_sums(self.kernel, X, rows, self.coef, self.start, n_threads)


@dataclass(frozen=True)
class StoredSums:
    """As `DenseSums`, of kernels that are there already: `columns` of them are meant."""

    columns: np.ndarray
    coef: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, columns, coef, sizes):
        """From columns in the order of groups, coefficients (n_out, n_rows) and groups' sizes."""
        return cls(columns, np.ascontiguousarray(coef.T), _starts(sizes))

    def __call__(self, K, n_threads=1):
        """Sums of each row of K, shape (n, n_groups, n_out)."""
        K = K[:, self.columns]
        parts = [
            K[:, first:last] @ self.coef[first:last]
            for first, last in zip(self.start[:-1], self.start[1:], strict=True)
        ]
        return np.stack(parts, axis=1)
