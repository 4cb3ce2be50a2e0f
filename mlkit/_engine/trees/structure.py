"""Trees as flat arrays: the one form for growing, predicting, pruning, exporting and storing.

Nodes of all trees lie one after another, the root of each first. A row goes left at node i where
``X[row, feature[i]] <= threshold[i]``, or where the value is missing and ``missing_left[i]``, or
where node i tests a category and the row's is in its set.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from . import compact
from .predict import Walker

LEAF, NO_FEATURE = -1, -2

_DTYPES = {
    "offset": np.int64,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.uint8,
    "impurity": np.float64,
    "n_samples": np.int64,
    "weight": np.float64,
    "value": np.float64,
    "category": np.int32,
    "bitsets": np.uint32,
}


@dataclass(frozen=True, eq=False)
class Trees:
    """One tree or many.

    Parameters
    ----------
    offset : ndarray of int64, shape (n_trees + 1,)
        Tree t has the nodes ``offset[t]`` to ``offset[t + 1] − 1``, its root first.
    feature : ndarray of int32, shape (n_nodes,)
        Column that the node looks at, −2 at a leaf.
    threshold : ndarray of float64, shape (n_nodes,)
        −2 at a leaf.
    left, right : ndarray of int32, shape (n_nodes,)
        Children, counted from the root of their own tree; −1 at a leaf. Each node but the root is
        the child of one, and lies behind its parent.
    missing_left : ndarray of uint8, shape (n_nodes,)
        Whether missing values go left.
    impurity : ndarray of float64, shape (n_nodes,)
    n_samples : ndarray of int64, shape (n_nodes,)
        Training rows in the node, and `weight` their weight.
    weight : ndarray of float64, shape (n_nodes,)
    value : ndarray of float64, shape (n_nodes, n_outputs, n_values)
        What the node predicts, inner nodes too.
    n_features : int
        Width of X.
    single : bool, default True
        X is rounded to float32 before it is compared; with False float64 stays float64.
    category : ndarray of int32, shape (n_nodes,), or None
        Row of `bitsets` with the categories that go left; −1 where the node compares numbers.
    bitsets : ndarray of uint32, shape (n_sets, n_words), or None
        Category c is in a set if bit ``c % 32`` of word ``c // 32`` is set; one beyond the last
        word is in none. Missing and negative ones go where missing values go.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.structure import Trees
    >>> stump = Trees.build(feature=[1, -2, -2], threshold=[0.5, -2, -2], left=[1, -1, -1],
    ...                     right=[2, -1, -1], value=[[[2.0]], [[1.0]], [[3.0]]], n_features=2)
    >>> stump.apply(np.array([[0.0, 0.5], [0.0, 0.6]])).tolist()
    [[1], [2]]
    >>> stump.total(np.array([[0.0, 0.5], [0.0, 0.6]])).tolist()
    [[1.0], [3.0]]
    """

    offset: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    impurity: np.ndarray
    n_samples: np.ndarray
    weight: np.ndarray
    value: np.ndarray
    n_features: int
    single: bool = True
    category: np.ndarray = None
    bitsets: np.ndarray = None

    # ------------------------------------------------------------------- making
    @classmethod
    def build(cls, *, feature, threshold, left, right, value, n_features, **arrays):
        """Trees from what is known; the rest is 0, and one tree if `offset` is not given."""
        n_nodes = len(feature)
        known = {
            "offset": [0, n_nodes],
            "missing_left": np.zeros(n_nodes),
            "impurity": np.zeros(n_nodes),
            "n_samples": np.zeros(n_nodes),
            "weight": np.zeros(n_nodes),
            **arrays,
            "feature": feature,
            "threshold": threshold,
            "left": left,
            "right": right,
            "value": value,
        }
        for name, dtype in _DTYPES.items():
            if known.get(name) is not None:
                known[name] = np.ascontiguousarray(known[name], dtype=dtype)
        return cls(n_features=int(n_features), **known)

    @staticmethod
    def concatenate(parts):
        """All trees of several objects, in order."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in _DTYPES
            if name not in ("offset", "category", "bitsets")
        }
        starts = np.cumsum([0, *(part.offset[-1] for part in parts)])
        offsets = [part.offset[:-1] + start for part, start in zip(parts, starts, strict=False)]
        joined["offset"] = np.concatenate([*offsets, starts[-1:]]).astype(np.int64)
        category, bitsets = _join_categories(parts)
        return replace(first, **joined, category=category, bitsets=bitsets)

    def tree(self, index):
        """One tree alone; its arrays are views."""
        return self.part(index, index + 1)

    def part(self, first, last):
        """Trees `first` to `last` − 1; their arrays are views."""
        begin, end = self.offset[first], self.offset[last]
        cut = {
            name: getattr(self, name)[begin:end]
            for name in _DTYPES
            if name not in ("offset", "bitsets") and getattr(self, name) is not None
        }
        return replace(self, offset=self.offset[first : last + 1] - begin, **cut)

    # ------------------------------------------------------------------- shape
    @property
    def n_trees(self):
        """Number of trees."""
        return len(self.offset) - 1

    @property
    def n_nodes(self):
        """Number of nodes of all trees."""
        return len(self.feature)

    @property
    def is_leaf(self):
        """Whether a node is a leaf, for each."""
        return self.left < 0

    @property
    def tree_of(self):
        """The tree of each node."""
        return np.repeat(np.arange(self.n_trees), np.diff(self.offset))

    def children(self):
        """Left and right children counted among all nodes, −1 at leaves."""
        start = np.repeat(self.offset[:-1], np.diff(self.offset))
        inner = ~self.is_leaf
        return np.where(inner, self.left + start, -1), np.where(inner, self.right + start, -1)

    def parents(self):
        """Parent of each node counted among all nodes, −1 for roots."""
        parent = np.full(self.n_nodes, -1, dtype=np.int64)
        left, right = self.children()
        inner = np.flatnonzero(left >= 0)
        parent[left[inner]] = inner
        parent[right[inner]] = inner
        return parent

    def depths(self):
        """Number of edges between each node and its root."""
        left, right = self.children()
        depth = np.zeros(self.n_nodes, dtype=np.int64)
        level, at = 0, self.offset[:-1]
        while len(at):
            depth[at] = level
            at = at[left[at] >= 0]
            at = np.concatenate([left[at], right[at]])
            level += 1
        return depth

    def subtotals(self, at_leaves):
        """Return the sum over the leaves below each node of an array of the leaves in order."""
        levels = compact.Levels(np.diff(self.offset), self.left, self.right)
        return levels.sums(at_leaves, np.float64)

    # ------------------------------------------------------------------- rows
    @property
    def walker(self):
        """The compiled traversal, made on first use."""
        walker = self.__dict__.get("_walker")
        if walker is None:
            walker = Walker(self)
            object.__setattr__(self, "_walker", walker)
        return walker

    def apply(self, X, *, n_threads=1):
        """Return the leaf of each row in each tree.

        Parameters
        ----------
        X : ndarray of float32 or float64, or CSR matrix, shape (n_rows, n_features)
        n_threads : int, default 1

        Returns
        -------
        ndarray of int64, shape (n_rows, n_trees)
            Counted from the tree's own root.
        """
        return self.walker.apply(X, n_threads)

    def add_to(self, out, X, *, column=None, n_threads=1):
        """Add the values of each row's leaves to `out`, tree by tree.

        Parameters
        ----------
        out : ndarray of float64, shape (n_rows, n_outputs * n_values) or as `column` needs it
            C order; changed in place. Each row's sum runs over the trees in order, whatever the
            number of threads.
        X : ndarray of float32 or float64, or CSR matrix, shape (n_rows, n_features)
        column : ndarray of int32, shape (n_trees,), or None
            Column of `out` at which the values of a tree begin; None is 0 for all.
        n_threads : int, default 1
        """
        self.walker.add_to(out, X, column, n_threads)

    def total(self, X, *, n_threads=1):
        """Return the sum over trees of each row's values, shape (n_rows, n_outputs * n_values)."""
        out = np.zeros((X.shape[0], self.value.shape[1] * self.value.shape[2]))
        self.walker.add_to(out, X, None, n_threads)
        return out

    def mean(self, X, *, n_threads=1):
        """Return the mean over trees of each row's values, shape (n_rows, n_outputs * n_values)."""
        out = self.total(X, n_threads=n_threads)
        out /= self.n_trees
        return out

    def decision_path(self, X, *, n_threads=1):
        """Return the nodes that each row passes, of all trees, as a CSR indicator matrix.

        Returns
        -------
        csr_matrix of int64, shape (n_rows, n_nodes)
        """
        from scipy.sparse import csr_matrix

        leaves = self.apply(X, n_threads=n_threads) + self.offset[:-1]
        parent, length = self.parents(), self.depths() + 1
        counts = length[leaves]
        indptr = np.zeros(len(leaves) + 1, dtype=np.int64)
        np.cumsum(counts.sum(axis=1), out=indptr[1:])
        at = leaves.ravel()
        # Filled from each path's end: a parent lies before its children, so indices ascend.
        place = np.cumsum(counts.ravel()) - 1
        indices = np.empty(indptr[-1], dtype=np.int64)
        while len(at):
            indices[place] = at
            at, place = parent[at], place - 1
            inside = at >= 0
            at, place = at[inside], place[inside]
        ones = np.ones(len(indices), dtype=np.int64)
        return csr_matrix((ones, indices, indptr), shape=(len(leaves), self.n_nodes))

    def importances(self):
        """Return the decrease of impurity that each feature brought, for each tree.

        ``Σ (w I − w_left I_left − w_right I_right) / w_root`` over the nodes that look at it.

        Returns
        -------
        ndarray of float64, shape (n_trees, n_features)
        """
        left, right = self.children()
        inner = np.flatnonzero(left >= 0)
        left, right = left[inner], right[inner]
        weight, impurity = self.weight, self.impurity
        gain = weight[inner] * impurity[inner] - weight[left] * impurity[left]
        gain -= weight[right] * impurity[right]
        tree = self.tree_of[inner]
        cell = tree * self.n_features + self.feature[inner]
        total = np.bincount(cell, gain, minlength=self.n_trees * self.n_features)
        out = total.reshape(self.n_trees, self.n_features)
        root = weight[self.offset[:-1]]
        return out / np.where(root > 0, root, 1.0)[:, None]

    # ------------------------------------------------------------------- storing
    def __getstate__(self):
        return compact.pack({f.name: getattr(self, f.name) for f in fields(self)})

    def __setstate__(self, state):
        for name, value in compact.unpack(state).items():
            object.__setattr__(self, name, value)


def _join_categories(parts):
    """`category` and `bitsets` of several objects together; None, None without categories."""
    sets = [part.bitsets for part in parts]
    if all(table is None for table in sets):
        return None, None
    n_words = max(table.shape[1] for table in sets if table is not None)
    codes, tables, start = [], [], 0
    for part in parts:
        if part.category is None:
            codes.append(np.full(part.n_nodes, -1, dtype=np.int32))
            continue
        codes.append(np.where(part.category >= 0, part.category + start, -1).astype(np.int32))
        table = part.bitsets
        tables.append(np.pad(table, ((0, 0), (0, n_words - table.shape[1]))))
        start += len(table)
    return np.concatenate(codes), np.concatenate(tables)
