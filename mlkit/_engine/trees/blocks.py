"""Predictions of many rows: X in codes of the trees' own thresholds, a node one comparison.

The sums equal those of `Trees.add_to` to the bit; only the way to the leaves differs.
"""

import contextlib

import numpy as np

from ._blocks import Blocks
from .codes import rounded_down
from .predict import refuse_infinity

# Rows from which coding X pays.
MANY_ROWS = 512
# Nodes of a tree, on average, up to which looking at all of them beats following one path.
MOST_NODES = 512
# Bytes that tables of categories may take.
_TABLE_BYTES = 1 << 24


class BlockWalker:
    """`Trees` of one value a leaf, laid out for many rows.

    Parameters
    ----------
    trees : Trees

    Raises
    ------
    Unsuited
        If a column has more thresholds than 16 bits can number, or the like.
    """

    def __init__(self, trees):
        if trees.value.shape[1:] != (1, 1) or not trees.n_trees:
            raise Unsuited
        _ = trees.walker  # which checks the nodes
        self.single, self.n_features = trees.single, trees.n_features
        inner = np.flatnonzero(trees.left >= 0)
        self.features, column = np.unique(trees.feature[inner], return_inverse=True)
        categorical = np.zeros(len(inner), dtype=bool)
        if trees.category is not None:
            categorical = trees.category[inner] >= 0
        self.edges = []
        for j, _ in enumerate(self.features):
            nodes = inner[column == j]
            sets = categorical[column == j]
            if sets.any() and not sets.all():
                raise Unsuited
            self.edges.append(_category_edges(trees, nodes) if sets.any() else _edges(trees, nodes))
        most = max((len(edges) for edges in self.edges), default=0)
        leaves = np.bincount(trees.tree_of[trees.is_leaf], minlength=1).max()
        self.code_bytes = 1 if most <= 254 and leaves <= 256 else 2
        if most > 65_534 or leaves > 65_536:
            raise Unsuited
        self.blocks = self._lay_out(trees, inner, column, categorical)
        self._tables = {}

    def _lay_out(self, trees, inner, column, categorical):
        n_codes = 256**self.code_bytes
        missing = np.array([len(edges) + 1 for edges in self.edges], dtype=np.int32)
        place = np.zeros(len(inner), dtype=np.int64)
        for j, edges in enumerate(self.edges):
            at = (column == j) & ~categorical
            place[at] = np.searchsorted(edges, trees.threshold[inner[at]])
        to_left = trees.missing_left[inner].astype(bool)
        nodes = np.zeros((4, trees.n_nodes), dtype=np.int32)
        nodes[0, inner] = column
        # Counted from the code of missing values on, around the end, what goes left is one run.
        nodes[1, inner] = np.where(to_left, missing[column], 0)
        nodes[2, inner] = np.where(to_left, n_codes - missing[column] + place, place)
        nodes[3] = -1
        tables = np.zeros((0, n_codes), dtype=np.uint8)
        if categorical.any():
            at = inner[categorical]
            keys = np.column_stack([trees.category[at], to_left[categorical], column[categorical]])
            distinct, nodes[3, at] = np.unique(keys, axis=0, return_inverse=True)
            tables = self._set_tables(trees, distinct, missing, n_codes)
        self.levels = np.array([len(e).bit_length() for e in self.edges], dtype=np.int32)
        features = self.features.astype(np.int32)
        return Blocks(trees, *nodes, tables, features, self.levels, missing, self.code_bytes)

    @staticmethod
    def _set_tables(trees, distinct, missing, n_codes):
        """For each (set, side of missing values, column) whether a code goes left."""
        if len(distinct) * n_codes > _TABLE_BYTES:
            raise Unsuited
        tables = np.zeros((len(distinct), n_codes), dtype=np.uint8)
        for table, (number, side, column) in zip(tables, distinct, strict=True):
            bits = _members(trees.bitsets[number])
            table[1 : len(bits) + 1] = bits
            table[[0, missing[column]]] = side
        return tables

    def _edge_table(self, dtype):
        """Edges of all columns, each filled up with +inf, and where a column's begin."""
        if dtype not in self._tables:
            start = np.concatenate([[0], np.cumsum(2**self.levels - 1)]).astype(np.int32)
            table = np.full(start[-1], np.inf, dtype=dtype)
            for first, edges in zip(start, self.edges, strict=False):
                table[first : first + len(edges)] = rounded_down(edges, dtype)
            self._tables[dtype] = (table, start[:-1].copy())
        return self._tables[dtype]

    def add_to(self, out, X, column, n_threads):
        """As `Trees.add_to`, for an array X."""
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"X has shape {X.shape}, the trees {self.n_features} features")
        if self.single and X.dtype != np.float32:
            with np.errstate(over="ignore"):
                X = X.astype(np.float32)
            if np.isinf(X).any():
                refuse_infinity(X)
        table, start = self._edge_table(X.dtype)
        self.blocks.add_to(out, X, table, start, column, n_threads)


class Unsuited(ValueError):
    """The trees do not fit into codes."""


def _edges(trees, nodes):
    """Thresholds in order; +inf needs none, since a code is never above the number of edges."""
    edges = np.unique(trees.threshold[nodes])
    return edges[np.isfinite(edges)]


def _members(words):
    """Which categories are in a set, up to the last one that is."""
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return np.trim_zeros(bits, "b")


def _category_edges(trees, nodes):
    """Edges that give category c the code c + 1, and what is below 0 the code 0."""
    sets = np.unique(trees.category[nodes])
    count = len(_members(np.bitwise_or.reduce(trees.bitsets[sets], axis=0)))
    return np.nextafter(np.arange(count + 1, dtype=np.float64), -np.inf)


def add_many(trees, out, X, column=None, n_threads=1):
    """`Trees.add_to`, by blocks of rows where that is quicker."""
    walker = None
    if X.shape[0] >= MANY_ROWS and isinstance(X, np.ndarray):
        walker = _block_walker(trees)
    if walker is None:
        trees.add_to(out, X, column=column, n_threads=n_threads)
    else:
        walker.add_to(out, X, column, n_threads)


def _block_walker(trees):
    """The trees laid out for many rows, made on first use; None if they do not suit."""
    if "_block_walker" not in trees.__dict__:
        walker = None
        if trees.n_nodes <= MOST_NODES * trees.n_trees:
            with contextlib.suppress(Unsuited):
                walker = BlockWalker(trees)
        object.__setattr__(trees, "_block_walker", walker)
    return trees.__dict__["_block_walker"]
