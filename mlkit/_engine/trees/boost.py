"""Stagewise boosting on codes: each round fits trees to the loss's gradients by Newton's method.

A round adds to the raw predictions z, for each output, a tree that reduces
``Σ w (g t(x) + h t(x)² / 2) + l2 Σ_leaf t² / 2`` with g, h the derivatives of ``ℓ(y, z)``, times
the learning rate. Friedman (2001), Annals of Statistics 29; Ke et al. (2017), LightGBM.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.quantiles import weighted_percentile
from ._grow import INTEGERS, REALS, Grower, grow_together
from .boost_drop import small_numbers
from .boost_linear import LinearLeaves
from .boost_losses import output_loss
from .structure import Trees

# Least sum of curvatures of a leaf: less makes a leaf's value a quotient of rounding errors.
_MIN_CURVATURE = 1e-3
# Steps between the seeds of two trees; odd, and no multiple of the generator's own step.
_STREAM = 0xD1B54A32D192ED03
# Codes of a table up to which several trees grow at once.
_SMALL_TABLE = 1 << 20
# Memory for histograms of open leaves; beyond it they are summed again when needed.
_POOL_BYTES = 1 << 29


@dataclass(frozen=True, eq=False)
class Growth:
    """How trees grow.

    Attributes
    ----------
    learning_rate : float
    max_leaves, max_depth : int or None
    min_rows : int
        Rows of a leaf at least.
    l2 : float
        Penalty of leaf values.
    column_share : float
        Share of the columns looked at in each node.
    monotone : ndarray of int8, shape (n_columns,)
    groups : list of set of int, or None
        Columns that may meet on a path.
    by_depth : bool
        The shallowest leaf is split first, rather than the one with most to gain.
    vector : bool
        A round has one tree, whose leaves predict all outputs, rather than one an output.
    """

    learning_rate: float = 0.1
    max_leaves: int = 31
    max_depth: int = None
    min_rows: int = 20
    l2: float = 0.0
    column_share: float = 1.0
    monotone: np.ndarray = None
    groups: list = None
    by_depth: bool = False
    vector: bool = False

    def settings(self, n_threads, n_outputs=1):
        """What `Grower` takes."""
        return {
            "max_leaves": -1 if self.max_leaves is None else self.max_leaves,
            "max_depth": -1 if self.max_depth is None else self.max_depth,
            "min_rows": self.min_rows,
            "l2": self.l2,
            "min_curvature": _MIN_CURVATURE,
            "column_share": self.column_share,
            "by_depth": self.by_depth,
            "n_threads": n_threads,
            "pool_bytes": _POOL_BYTES,
            "n_outputs": n_outputs if self.vector else 1,
        }


class Table:
    """Rows that are predicted from round to round: codes, targets, weights, raw predictions.

    Parameters
    ----------
    codes : ndarray of uint8 or uint16, shape (n_rows, stride)
        From `Bins.encode`.
    y : ndarray of float64, shape (n_rows, 1) or (n_rows, n_outputs)
    weight : ndarray of float64, shape (n_rows,), or None
    raw : ndarray of float64, shape (n_rows, n_outputs)
    X : ndarray of shape (n_rows, n_columns), or None
        The rows themselves, for leaves with slopes.
    """

    def __init__(self, codes, y, weight, raw, X=None):
        self.codes, self.y, self.weight, self.raw, self.X = codes, y, weight, raw, X
        self.total = len(y) if weight is None else weight.sum()

    def target(self, column):
        """y as an output sees it."""
        return self.y[:, column if self.y.shape[1] > 1 else 0]

    def mean_loss(self, loss, n_threads):
        """``Σ w ℓ / Σ w``."""
        return loss.evaluate(self.y, self.raw, self.weight, n_threads=n_threads) / self.total


class Booster:
    """Grows the trees of one fit, round by round.

    Parameters
    ----------
    loss : Loss
        Of ``_engine.loss``, or any object with its `evaluate`, `smooth`, `curved`, `quadratic`.
    bins : Bins
    train : Table
    growth : Growth
    seed : int
        Of the draws of columns.
    n_threads : int
    n_rounds : int, default 0
        Rounds run before, by an earlier fit.
    rows : UniformRows, LargeGradients, LeastVariance or None
        Which rows a round sees; None: all.
    dropping : Dropping or None
        Which earlier rounds a round does without; None: none.
    slopes : SlopeFit or None
        What makes leaves linear; None: they are constant.
    """

    def __init__(
        self,
        loss,
        bins,
        train,
        growth,
        seed,
        n_threads=1,
        n_rounds=0,
        *,
        rows=None,
        dropping=None,
        slopes=None,
    ):
        self.rows, self.dropping, self.slopes = rows, dropping, slopes
        self._linear = []
        self.loss, self.bins, self.train, self.growth = loss, bins, train, growth
        self.n_threads, self.seed, self.n_rounds = n_threads, seed, n_rounds
        self.n_outputs = train.raw.shape[1]
        missing = (train.codes[:, : bins.n_columns] == bins.n_bins).any(axis=0)
        self.growers = [
            Grower(
                train.codes,
                bins.n_bins,
                missing,
                bins.categorical,
                np.zeros(bins.n_columns) if growth.monotone is None else growth.monotone,
                None if growth.groups is None else [sorted(group) for group in growth.groups],
                growth.settings(n_threads, self.n_outputs),
            )
            for _ in range(self._n_together())
        ]
        self._gradient = np.empty_like(train.raw)
        self._curvature = self._constant_curvature()
        self._fixed_curvature = self._curvature is not None or not self._needs_curvature()
        if not self._fixed_curvature:
            self._curvature = np.empty_like(train.raw)
        self._loss_value = None
        self.last = []
        self._pending = []

    def _n_together(self):
        """Trees of a round that grow at once: one of a small table keeps one thread busy."""
        n_trees = 1 if self.growth.vector else self.n_outputs
        return min(self.n_threads, n_trees) if self.train.codes.size <= _SMALL_TABLE else 1

    def _needs_curvature(self):
        return self.loss.curved and not self.loss.quadratic

    def _constant_curvature(self):
        """The curvature where it is 1 but for weights; None is 1 throughout."""
        if self._needs_curvature() or self.train.weight is None:
            return None
        return np.repeat(self.train.weight[:, None], self.n_outputs, axis=1)

    def mean_loss(self):
        """Mean loss of the training rows now; the gradients of the next round come with it."""
        if self._loss_value is None:
            train = self.train
            self._loss_value = self.loss.evaluate(
                train.y,
                train.raw,
                train.weight,
                gradient=self._gradient,
                curvature=None if self._fixed_curvature else self._curvature,
                n_threads=self.n_threads,
            )
            if not self.loss.smooth:
                self._lean()
        return self._loss_value / self.train.total

    def _lean(self):
        """Where z is at the corner of the loss, take the slope below it: a step will leave it."""
        train = self.train
        for column in range(self.n_outputs):
            at = np.flatnonzero(train.raw[:, column] == train.target(column))
            slope = -getattr(output_loss(self.loss, column), "quantile", 1.0)
            self._gradient[at, column] = slope if train.weight is None else slope * train.weight[at]

    def advance(self, others=()):
        """Grow a round of trees; add them to the training rows and to the tables `others`.

        The round's trees are in `last`, one an output, and wait for `take_trees`.
        """
        tables, out, share = (self.train, *others), (), 1.0
        if self.dropping is not None:
            out = self.dropping.leave_out(tables)
            share = self.dropping.share(len(out))
            self._loss_value = None
        self.mean_loss()
        drawn = None
        if self.rows is not None:
            # Draws depend on the number of the round alone, so that a fit can be continued.
            rng = np.random.default_rng([self.seed, self.n_rounds])
            drawn = self.rows.draw(self._gradient, self._curvature, rng)
        kept = []
        self.last, step = [], self.growers[0].n_outputs
        # Columns of raw predictions at which the values of the round's trees begin.
        firsts = range(0, self.n_outputs, step)
        for at in range(0, len(firsts), len(self.growers)):
            columns = firsts[at : at + len(self.growers)]
            growers = self.growers[: len(columns)]
            for grower, column in zip(growers, columns, strict=True):
                self._load(grower, column, drawn)
            # Seeds, too, depend on the number of the round.
            places = [self.n_rounds * self.n_outputs + column for column in columns]
            seeds = [(self.seed + place * _STREAM) % 2**64 for place in places]
            grow_together(growers, seeds, None if drawn is None else drawn.rows)
            for grower, column in zip(growers, columns, strict=True):
                self.last.append(self._take(grower, column, tables, drawn, share, kept))
        if self.dropping is not None:
            self.dropping.put_back(out, tables, kept)
        self._pending += self.last
        self._loss_value = None
        self.n_rounds += 1

    def _take(self, grower, column, tables, drawn, share, kept):
        """The tree that has grown, its values set and added to the tables."""
        integers, reals, bitsets = grower.tree()
        value = grower.values()
        if not self.loss.smooth:
            for k in range(value.shape[1]):
                self._renew(grower, integers, value[:, k], column + k, drawn)
        value *= self.growth.learning_rate * share
        grown = integers, reals, value, bitsets
        if self.dropping is not None:
            kept.append((value, self._add_and_keep(grower, value, tables, column)))
            return grown
        if self.slopes is not None:
            self._add_slopes(grower, integers, tables, column, drawn, share)
        for table in tables:
            if table is self.train and drawn is None:
                grower.add_grown(value, table.raw, column)
            else:
                grower.add_walked(table.codes, value, table.raw, column)
        return grown

    def _load(self, grower, column, drawn):
        if drawn is None or drawn.factor is None:
            grower.load(self._gradient, self._curvature, column)
            return
        cut = slice(column, column + grower.n_outputs)
        curvature = None if self._curvature is None else self._curvature[:, cut]
        gradient = np.ascontiguousarray(drawn.scaled(self._gradient[:, cut]))
        curvature = np.broadcast_to(drawn.scaled(curvature), gradient.shape)
        grower.load(gradient, np.ascontiguousarray(curvature), 0)

    def _add_and_keep(self, grower, value, tables, column):
        """Add the leaves' values to the tables; return the leaves of their rows."""
        kept = []
        for table in tables:
            leaf = np.zeros((len(table.codes), 1))
            number = np.arange(len(value), dtype=np.float64)
            grower.add_walked(table.codes, number, leaf, 0)
            kept.append(small_numbers(leaf[:, 0]))
            table.raw[:, column : column + value.shape[1]] += value[kept[-1]]
        return kept

    def _add_slopes(self, grower, integers, tables, column, drawn, share):
        """Fit slopes to the leaves of the tree that has grown, and add what they say."""
        nodes = dict(zip(INTEGERS, integers, strict=True))
        gradient = self._gradient[:, column]
        curvature = None if self._curvature is None else self._curvature[:, column]
        if drawn is not None and drawn.factor is not None:
            gradient = gradient * drawn.factor
            curvature = drawn.factor if curvature is None else curvature * drawn.factor
        linear = self.slopes.fit(nodes, grower.rows, gradient, curvature)
        linear.terms[0] *= self.growth.learning_rate * share
        self._linear.append(linear)
        number = np.arange(integers.shape[1], dtype=np.float64)
        for table in tables:
            leaf = np.zeros((len(table.codes), 1))
            grower.add_walked(table.codes, number, leaf, 0)
            at = np.array([column], dtype=np.int32)
            linear.add_leaves(leaf.astype(np.int64), table.raw, table.X, 0, at, self.n_threads)

    def linear_after(self, old):
        """`old` and the slopes of the trees grown since the last call; None without slopes."""
        if self.slopes is None:
            return None
        new, self._linear = self._linear, []
        return LinearLeaves.concatenate([old, *new]) if new else old

    def _renew(self, grower, integers, value, column, drawn):
        """Set each leaf to the residuals' quantile: a Newton step is none without curvature."""
        nodes = dict(zip(INTEGERS, integers, strict=True))
        rows, weight = grower.rows, self.train.weight
        residual = (self.train.target(column) - self.train.raw[:, column])[rows]
        weight = None if weight is None else weight[rows]
        if drawn is not None and drawn.factor is not None:
            weight = drawn.factor[rows] if weight is None else weight * drawn.factor[rows]
        loss = output_loss(self.loss, column)
        for leaf in np.flatnonzero(nodes["left"] < 0):
            cut = slice(nodes["begin"][leaf], nodes["end"][leaf])
            value[leaf] = location(loss, residual[cut], None if weight is None else weight[cut])

    def trees_after(self, old):
        """`old` and the trees grown since the last call, as they now count."""
        new = self.take_trees()
        if new is not None:
            old = Trees.concatenate([old, new]) if old.n_trees else new
        if self.dropping is not None and old.n_trees:
            old = self.dropping.rescaled(old)
        return old

    def take_trees(self):
        """Return the trees grown since the last call as `Trees`; None if there are none."""
        if not self._pending:
            return None
        integers, reals, values, bitsets = zip(*self._pending, strict=True)
        sizes = [part.shape[1] for part in integers]
        nodes = dict(zip(INTEGERS, np.concatenate(integers, axis=1), strict=True))
        nodes.update(zip(REALS, np.concatenate(reals, axis=1), strict=True))
        self._pending = []
        category, sets = None, None
        if self.bins.categorical.any():
            category, sets = self._sets(nodes, sizes, bitsets)
        count = nodes["n_samples"]
        return Trees.build(
            feature=nodes["feature"],
            threshold=self._thresholds(nodes, category),
            left=nodes["left"],
            right=nodes["right"],
            missing_left=nodes["missing_left"],
            impurity=nodes["loss"] / count,
            n_samples=count,
            weight=count,
            value=np.concatenate(values)[:, :, None],
            n_features=self.bins.n_columns,
            offset=np.concatenate([[0], np.cumsum(sizes)]),
            single=False,
            category=category,
            bitsets=sets,
        )

    def _thresholds(self, nodes, category):
        """Edges by code; +inf where missing values are parted from all others."""
        starts = np.concatenate([[0], np.cumsum(self.bins.n_bins)])
        cuts = np.concatenate([np.append(edges, np.inf) for edges in self.bins.edges])
        inner = nodes["left"] >= 0
        if category is not None:
            inner &= category < 0
        threshold = np.full(len(inner), -2.0)
        threshold[inner] = cuts[starts[nodes["feature"][inner]] + nodes["code"][inner]]
        return threshold

    def _sets(self, nodes, sizes, bitsets):
        """Number of each node's set, and the sets without the code of missing values."""
        before = np.concatenate([[0], np.cumsum([len(part) for part in bitsets])])[:-1]
        category = nodes["set"] + np.where(nodes["set"] >= 0, np.repeat(before, sizes), 0)
        sets = np.concatenate(bitsets)
        at = np.flatnonzero(category >= 0)
        word, bit = np.divmod(self.bins.n_bins[nodes["feature"][at]], 32)
        sets[category[at], word] &= ~(np.uint32(1) << bit.astype(np.uint32))
        return category, sets


def location(loss, residual, weight=None):
    """The constant that is best for residuals of a loss that is a function of them alone.

    A quantile: interpolated linearly between residuals, or by weights the inverse of their
    distribution function.
    """
    level = getattr(loss, "quantile", 0.5)
    if weight is None:
        return np.quantile(residual, level)
    return weighted_percentile(residual, weight, 100 * level)


def baseline(loss, y, weight=None):
    """Raw prediction of each output before the first round, shape (n_outputs,)."""
    if loss.smooth:
        return np.atleast_1d(loss.baseline(y, weight))
    if y.ndim == 2:
        return np.array([location(loss, column, weight) for column in y.T])
    outputs = range(getattr(loss, "n_outputs", 1))
    return np.array([location(output_loss(loss, k), y, weight) for k in outputs])
