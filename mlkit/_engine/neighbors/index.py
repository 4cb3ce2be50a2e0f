"""Indexes: rows, or distances already known, that answer which are nearest and which within reach.

Each has ``nearest(X, k)`` and ``within(X, radius)``. All of one metric give the same results:
ascending distances, equal ones by row.
"""

import math

import numpy as np

from ..._core.linalg import row_norms
from ..._core.sparse import canonical, issparse, narrow_index
from .pairwise import distances, unit_rows
from .search import (
    PADDING,
    Searched,
    balls,
    extent,
    log_kernel_sums,
    nearest,
    pack,
    plant,
    within,
)
from .select import least
from .sparse_pairs import distances as sparse_distances

# Entries of a block of a distance matrix in float64: 8 MiB.
_BLOCK = 1 << 20
# Waking threads costs some 10 µs, and a millisecond where they are busy elsewhere: for less work
# than so many differences of entries one does it alone.
_MUCH = 1 << 22
# Rows from which the middle of all is guessed.
_SAMPLE = 128
# A query of a tree comes to some rows.
_ROWS_IN_TREE = 200
# From so many on, queries that near ones follow find the nodes that they need in cache.
_MANY_QUERIES = 512


class Rows:
    """Rows searched by a metric of the kernels, one after another or down a tree.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
        Kept, and not copied where it need not be.
    metric : Metric
    tree : {None, "box", "ball"}
        Boxes need a metric that has them; balls serve any, though where the triangle inequality
        fails every row is visited.
    leaf_size : int
        Leaves hold as many rows, at most twice as many.
    weight : ndarray of shape (n,), default None
        Of the rows in sums of kernels.
    n_threads : int, default 1
        For building; results do not depend on it.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.neighbors.index import Rows
    >>> from mlkit._engine.neighbors.metric import metric_for
    >>> rows = Rows(np.array([[0.0], [1.0], [3.0]]), metric_for("euclidean"), "box")
    >>> rows.nearest(np.array([[1.9]]), 2)[1]
    array([[1, 2]])
    """

    def __init__(self, X, metric, tree=None, leaf_size=30, weight=None, n_threads=1):
        self.X, self.metric, self.shape, self.leaf_size = X, metric, tree, leaf_size
        rows = metric.prepare(X)
        self.n_rows, self.n_columns = rows.shape
        n_threads = n_threads if rows.size * 20 > _MUCH else 1
        self.tree, self.rows = None, _padded(rows)
        if tree is not None:
            # The rows are moved: they must not be the caller's.
            self.rows = self.rows.copy() if np.shares_memory(self.rows, X) else self.rows
            self.tree = plant(self.rows, self.n_levels, n_threads)
        self._pack(n_threads)
        if tree is not None:
            self._bound(weight, n_threads)

    @property
    def n_levels(self):
        """Levels of the tree: leaves of 1 to 2 times `leaf_size` rows."""
        return int(math.log2(max(1, (self.n_rows - 1) / self.leaf_size))) + 1

    def _pack(self, n_threads):
        """Blocks of the screen: each leaf starts a block of its own."""
        start, end = np.zeros(1, dtype=np.int64), np.full(1, self.n_rows)
        if self.tree is not None:
            leaves = slice(len(self.tree["start"]) // 2, None)
            start, end = self.tree["start"][leaves], self.tree["end"][leaves]
            self.tree["first_block"] = np.zeros_like(self.tree["start"])
        self.blocks = self.reach = self.centre = None
        self.scale = 1.0
        if not self.metric.is_screened:
            return
        # Floats are finest near 0: most rows should be there, however far a few are.
        sample = self.rows[:: max(1, self.n_rows // _SAMPLE), : self.n_columns]
        self.centre = np.median(sample, axis=0)
        low, high = (each[: self.n_columns] for each in extent(self.rows))
        most = max((high - self.centre).max(), (self.centre - low).max())
        self.scale = 1 / most if 1e-290 < most < np.inf else 1.0
        packed = pack(self.rows, start, end, self.centre, self.scale, n_threads)
        self.blocks, self.reach, first = packed
        if self.tree is not None:
            self.tree["first_block"][leaves] = first

    def _bound(self, weight, n_threads):
        """Boxes or balls of all nodes, and sums of weights."""
        tree, order = self.tree, self.tree["order"]
        if weight is not None:
            tree["weight"] = np.ascontiguousarray(weight, dtype=np.float64)[order]
            total = np.concatenate([[0], np.cumsum(tree["weight"])])
            tree["node_weight"] = total[tree["end"]] - total[tree["start"]]
        if self.shape == "box":
            return
        total = np.concatenate([np.zeros((1, self.rows.shape[1])), np.cumsum(self.rows, axis=0)])
        size = tree["end"] - tree["start"]
        centre = (total[tree["end"]] - total[tree["start"]]) / size[:, None]
        bare = Searched(self.metric.kind, self.metric.p, self.n_columns, self.rows, None, None, 1.0)
        member = not self.metric.has_means
        tree["radius"] = balls(bare, tree["start"], tree["end"], centre, member, n_threads)
        tree["low"], tree["high"] = centre, None

    # ------------------------------------------------------------------------------ state
    def __getstate__(self):
        return {key: value for key, value in vars(self).items() if key != "_searched"}

    @property
    def searched(self):
        """What the kernels see of the rows; made when it is first asked for."""
        found = vars(self).get("_searched")
        if found is None:
            metric = self.metric
            found = self._searched = Searched(
                metric.kind, metric.p, self.n_columns, self.rows, self.blocks, self.reach,
                self.scale, self.tree, metric.is_metric,
            )  # fmt: skip
        return found

    def _queries(self, X):
        rows = _padded(self.metric.prepare(X, query=True))
        if self.blocks is None:
            return rows, None, None
        with np.errstate(over="ignore"):
            floats = (rows[:, : self.n_columns] - self.centre) * self.scale
            floats = np.ascontiguousarray(floats, dtype=np.float32)
        return rows, floats, np.abs(floats).max(axis=1)

    # ---------------------------------------------------------------------------- queries
    def _threads(self, X, n_threads):
        met = self.n_rows if self.tree is None else min(self.n_rows, _ROWS_IN_TREE)
        return n_threads if len(X) * met * self.n_columns > _MUCH else 1

    def nearest(self, X, k, *, n_threads=1, best_first=False, grouped=False, counts=None):
        """The k nearest rows of each row of X.

        Parameters
        ----------
        X : ndarray of shape (n_queries, n_columns)
        k : int
        n_threads : int, default 1
        best_first : bool, default False
            Visit nodes by distance, not depth first.
        grouped : bool, default False
            Bring near queries together however few they are.
        counts : ndarray of int64, shape (4,), default None
            Gets distances, trimmed nodes, leaves and splits added.

        Returns
        -------
        distance : ndarray of float64, shape (n_queries, k)
        index : ndarray of int64, shape (n_queries, k)
        """
        n_threads = self._threads(X, n_threads)
        many = self.tree is not None and (grouped or len(X) >= _MANY_QUERIES)
        order = self.near_order(X) if many else None
        queries = self._queries(X if order is None else X[order])
        distance, index = nearest(self.searched, *queries, k, best_first, counts, n_threads)
        if order is not None:
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
            distance, index = distance[back], index[back]
        if self.metric.rescored:
            return self._rescored(X, distance, index)
        return self.metric.finish(distance), index

    def near_order(self, X):
        """Order of the rows of X in which near ones follow one another.

        Parameters
        ----------
        X : ndarray of shape (n_queries, n_columns)

        Returns
        -------
        ndarray of int64, shape (n_queries,)
        """
        if X is self.X and self.tree is not None:
            return self.tree["order"]
        rows = _padded(self.metric.prepare(X, query=True))
        rows = rows.copy() if np.shares_memory(rows, X) else rows
        levels = max(1, int(math.log2(max(len(X), 1) / 32)) if len(X) > 32 else 1)
        return plant(rows, levels)["order"]

    def _rescored(self, X, distance, index):
        x = np.repeat(np.asarray(X, dtype=np.float64), index.shape[1], axis=0)
        y = np.asarray(self.X, dtype=np.float64)[index.ravel()]
        distance = self.metric.exact(x, y).reshape(index.shape)
        order = np.lexsort((index, distance))
        return np.take_along_axis(distance, order, 1), np.take_along_axis(index, order, 1)

    def within(self, X, radius, *, by="index", n_threads=1, counts=None):
        """Rows no further than `radius`, as ``indptr, distance, index``.

        Parameters
        ----------
        X : ndarray of shape (n_queries, n_columns)
        radius : float or ndarray of shape (n_queries,)
        by : {"index", "distance"}, default "index"
            What the rows of a query are sorted by.
        n_threads, counts
            As in `nearest`.

        Returns
        -------
        indptr : ndarray of int64, shape (n_queries + 1,)
        distance, index : ndarray
        """
        radius = np.broadcast_to(np.asarray(radius, dtype=np.float64), len(X))
        n_threads = self._threads(X, n_threads)
        indptr, distance, index = within(
            self.searched, *self._queries(X), self.metric.measured_radius(radius), by=by,
            counts=counts, n_threads=n_threads,
        )  # fmt: skip
        if not self.metric.rescored:
            return indptr, self.metric.finish(distance), index
        row = np.repeat(np.arange(len(X)), np.diff(indptr))
        exact = self.metric.exact(
            np.asarray(X, dtype=np.float64)[row], np.asarray(self.X, dtype=np.float64)[index]
        )
        return _kept(row, exact, index, exact <= radius[row], len(X), by)

    def count_within(self, X, radius, *, n_threads=1, counts=None):
        """Number of rows no further than `radius` from each row of X.

        Parameters
        ----------
        X : ndarray of shape (n_queries, n_columns)
        radius : float or ndarray of shape (n_queries,)
        n_threads, counts
            As in `nearest`.

        Returns
        -------
        ndarray of int64, shape (n_queries,)
        """
        if self.metric.rescored:
            return np.diff(self.within(X, radius, n_threads=n_threads, counts=counts)[0])
        radius = np.broadcast_to(np.asarray(radius, dtype=np.float64), len(X))
        return within(
            self.searched, *self._queries(X), self.metric.measured_radius(radius),
            count_only=True, counts=counts, n_threads=self._threads(X, n_threads),
        )  # fmt: skip

    def log_kernel_sums(self, X, kernel, h, *, atol, rtol, log_norm, best_first=False, counts=None,
                        n_threads=1):  # fmt: skip
        """``log Σᵢ wᵢ K(d(x, xᵢ) / h)``; needs a tree and no metric that is measured anew.

        Parameters
        ----------
        X : ndarray of shape (n_queries, n_columns)
        kernel : str
        h : float
        atol, rtol : float
            Error allowed in ``exp(log_norm) Σ``.
        log_norm : float
        best_first, counts, n_threads
            As in `nearest`.

        Returns
        -------
        ndarray of float64, shape (n_queries,)
        """
        return log_kernel_sums(
            self.searched, *self._queries(X), kernel, h, atol, rtol, log_norm, best_first, counts,
            self._threads(X, n_threads),
        )  # fmt: skip


class Pairs:
    """Rows searched by a metric that has no kernel: distances of all pairs, block by block.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, n_columns)
    metric : str or callable
    params : dict
        Parameters of the metric.
    """

    def __init__(self, X, metric, params):
        self.X, self.metric, self.params = X, metric, params

    @property
    def n_rows(self):
        """Rows that are searched."""
        return self.X.shape[0]

    def _blocks(self, X, n_threads=1):
        if self.metric == "haversine" and X.shape[1] != 2:
            raise ValueError(
                "Haversine distance is only valid in 2 dimensions, latitude and longitude; the "
                f"data has {X.shape[1]} columns"
            )
        step = max(1, _BLOCK // max(self.X.shape[0], 1))
        for start in range(0, X.shape[0], step):
            part = X[start : start + step]
            # A block of the searched rows themselves is another object: no distance is assumed.
            D = distances(part, self.X, self.metric, **self.params)
            yield start, np.ascontiguousarray(D)

    def nearest(self, X, k, *, n_threads=1):
        """As `Rows.nearest`."""
        # Of one block, finding the least entries takes little beside what they cost.
        found = [least(_real(D), k) for _, D in self._blocks(X, n_threads)]
        if not found:
            return np.empty((0, k)), np.empty((0, k), dtype=np.int64)
        return tuple(np.concatenate(each) for each in zip(*found, strict=True))

    def within(self, X, radius, *, by="index", n_threads=1):
        """As `Rows.within`."""
        radius = np.broadcast_to(np.reshape(radius, (-1, 1)), (X.shape[0], 1))
        return _within_blocks(self._blocks(X, n_threads), X.shape[0], radius, by)


class Sparse(Pairs):
    """Sparse rows searched by "euclidean" or "cosine": products that meet only what is stored.

    Parameters
    ----------
    X : CSR matrix of shape (n, n_columns)
    metric : {"euclidean", "cosine"}
    """

    def __init__(self, X, metric):
        super().__init__(X, metric, {})

    def __getstate__(self):
        return {key: value for key, value in vars(self).items() if key != "_searched"}

    @property
    def searched(self):
        """Rows, their squared lengths and their columns; made when they are first asked for."""
        found = vars(self).get("_searched")
        if found is None:
            rows, squares = self._rows(self.X)
            found = self._searched = (*rows, squares, *_arrays(rows_as_columns(rows, self.X)))
        return found

    def _rows(self, X):
        """Arrays of rows with sorted indices, and their squared lengths."""
        X = canonical(X.astype(np.float64))
        if self.metric == "cosine":
            X = unit_rows(X)
        return _arrays(narrow_index(X)), row_norms(X, squared=True)

    def _blocks(self, X, n_threads=1):
        # Threads share blocks that are worth it.
        n_threads = n_threads if X.shape[0] * self.X.shape[0] > 16 * _BLOCK else 1
        step = max(1, _BLOCK * min(n_threads, 8) // max(self.X.shape[0], 1))
        for start in range(0, X.shape[0], step):
            rows, squares = self._rows(X[start : start + step])
            cosine = self.metric == "cosine"
            yield start, sparse_distances(*rows, squares, *self.searched, cosine, n_threads)


def _arrays(X):
    return X.indptr, X.indices, X.data


def rows_as_columns(rows, X):
    """Rows of CSR arrays in CSC."""
    from scipy.sparse import csr_array

    return narrow_index(csr_array((rows[2], rows[1], rows[0]), shape=X.shape).tocsc())


class Known:
    """Distances that the caller computed: each query is a row of distances from all rows.

    A dense matrix has them all. Of a sparse graph, with its rows sorted by value, what is stored
    is within reach and nothing else.
    """

    def __init__(self, n_rows):
        self.n_rows = n_rows

    def nearest(self, X, k, *, n_threads=1):
        """As `Rows.nearest`, of a matrix of distances.

        Raises
        ------
        ValueError
            For a sparse row with fewer than k stored entries.
        """
        if not issparse(X):
            n_threads = n_threads if X.size > _MUCH else 1
            return least(_real(np.ascontiguousarray(X)), k, n_threads)
        size = np.diff(X.indptr)
        if size.size and size.min() < k:
            raise ValueError(
                f"{k} neighbors per samples are required, but some samples have only {size.min()} "
                "neighbors in the precomputed graph: compute it with more, or ask for fewer"
            )
        places = X.indptr[:-1, None].astype(np.int64) + np.arange(k)
        return X.data[places].astype(np.float64), X.indices[places].astype(np.int64)

    def within(self, X, radius, *, by="index", n_threads=1):
        """As `Rows.within`, of a matrix of distances."""
        if not issparse(X):
            radius = np.broadcast_to(np.reshape(radius, (-1, 1)), (X.shape[0], 1))
            return _within_blocks([(0, X)], X.shape[0], radius, by)
        row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        return _kept(row, X.data.astype(np.float64), X.indices, X.data <= radius, X.shape[0], by)


def _real(D):
    return D if D.dtype in (np.float32, np.float64) else D.astype(np.float64)


def _within_blocks(blocks, n_queries, radius, by):
    """Pairs of the blocks of a distance matrix that are no further than the radius of the row."""
    row, column, distance = [], [], []
    for start, D in blocks:
        reach = radius[start : start + len(D)]
        i, j = np.nonzero(reach >= D)
        row.append(i + start)
        column.append(j)
        distance.append(D[i, j])
    row, column, distance = (np.concatenate(each or [[]]) for each in (row, column, distance))
    everything = np.ones(len(row), dtype=bool)
    return _kept(row, distance.astype(np.float64), column, everything, n_queries, by)


def _kept(row, distance, index, keep, n_queries, by):
    """Pairs as ``indptr, distance, index``, those of a row sorted."""
    row, distance, index = row[keep].astype(np.int64), distance[keep], index[keep]
    order = np.lexsort((index, distance, row) if by == "distance" else (index, row))
    distance, index = distance[order], index[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_queries))])
    return indptr.astype(np.int64), distance, index.astype(np.int64)


def _padded(rows):
    """Rows in float64 with zeros up to a multiple of `PADDING` columns."""
    n, width = rows.shape
    whole = -(-width // PADDING) * PADDING
    if whole == width:
        return np.ascontiguousarray(rows, dtype=np.float64)
    out = np.zeros((n, whole))
    out[:, :width] = rows
    return out
