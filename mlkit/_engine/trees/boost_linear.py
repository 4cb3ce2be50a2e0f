"""Leaves that predict ``v + Σ_j β_j (x_j − c_j)`` from the columns of their path.

With gradients g and curvatures h of a leaf's rows, v is its Newton step and β minimises
``Σ (g f + h f² / 2) + l2 Σ_j β_j² s_j² / 2``. Columns are centered at their means c by h, so that v
and β are found apart; s are their standard deviations by h, so that units do not matter. x is kept
within the range of the leaf's rows; a row that misses one of the columns gets v. Shi, Li & Li,
"Gradient boosting with piece-wise linear regression trees", IJCAI 2019.
"""

from dataclasses import dataclass

import numpy as np

from ._linear import add_slopes

# Rows whose leaves in all trees are looked up at once.
_ROWS_AT_ONCE = 4096
# Share of a standard deviation that is added to the penalty: columns may say the same.
_COLLINEAR = 1e-9


@dataclass(frozen=True, eq=False)
class LinearLeaves:
    """Slopes of the leaves of trees, node by node as in `Trees`.

    Attributes
    ----------
    offset : ndarray of int64, shape (n_trees + 1,)
    start : ndarray of int64, shape (n_nodes + 1,)
        Node n has the terms ``start[n]`` to ``start[n + 1] − 1``.
    feature : ndarray of int32, shape (n_terms,)
    terms : ndarray of float64, shape (4, n_terms)
        Slopes, centers, least and greatest values.
    """

    offset: np.ndarray
    start: np.ndarray
    feature: np.ndarray
    terms: np.ndarray

    @classmethod
    def none(cls):
        """Those of no tree."""
        return cls(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int32), _no_terms())

    @staticmethod
    def concatenate(parts):
        """Those of all trees of several objects, in order."""
        nodes = np.cumsum([0, *(part.offset[-1] for part in parts)])
        count = np.cumsum([0, *(part.start[-1] for part in parts)])
        offset = [part.offset[:-1] + n for part, n in zip(parts, nodes, strict=False)]
        start = [part.start[:-1] + n for part, n in zip(parts, count, strict=False)]
        return LinearLeaves(
            np.concatenate([*offset, nodes[-1:]]),
            np.concatenate([*start, count[-1:]]),
            np.concatenate([part.feature for part in parts]),
            np.ascontiguousarray(np.hstack([part.terms for part in parts])),
        )

    def keep(self, n_trees):
        """Those of the first trees."""
        n_nodes = self.offset[n_trees]
        n_terms = self.start[n_nodes]
        return LinearLeaves(
            self.offset[: n_trees + 1],
            self.start[: n_nodes + 1],
            self.feature[:n_terms],
            np.ascontiguousarray(self.terms[:, :n_terms]),
        )

    def add_to(self, out, X, trees, first, column, n_threads):
        """Add what slopes say to `out`, for `trees`, of which the first is number `first` here."""
        X = np.ascontiguousarray(X)
        column = np.zeros(trees.n_trees, dtype=np.int32) if column is None else column
        for begin in range(0, len(X), _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            leaf = trees.apply(X[rows], n_threads=n_threads)
            self.add_leaves(leaf, out[rows], X[rows], first, column, n_threads)

    def add_leaves(self, leaf, out, X, first, column, n_threads):
        """The same where the leaves are known, (n_rows, n_trees)."""
        offset = self.offset[first : first + leaf.shape[1]]
        arrays = offset, self.start, self.feature, self.terms
        add_slopes(leaf, *arrays, np.ascontiguousarray(X), out, column, n_threads)


def _no_terms():
    return np.zeros((4, 0))


class SlopeFit:
    """Fits slopes to the leaves of each tree as it has grown.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Rows that trees grow on.
    categorical : ndarray of bool, shape (n_columns,)
        Columns that slopes leave alone.
    l2 : float
    """

    def __init__(self, X, categorical, l2):
        self.X, self.categorical, self.l2 = X, categorical, l2

    def fit(self, nodes, order, gradient, curvature):
        """Return the `LinearLeaves` of one tree.

        Parameters
        ----------
        nodes : dict of ndarray
            ``feature``, ``left``, ``right``, ``begin``, ``end``, of each node.
        order : ndarray of int32
            Rows, by leaf.
        gradient : ndarray of shape (n_rows,)
        curvature : ndarray of shape (n_rows,), or None
            None: all are 1.
        """
        counts, features, terms = [], [], [_no_terms()]
        paths = self._paths(nodes)
        for node, left in enumerate(nodes["left"]):
            columns = paths[node]
            found = None
            if left < 0 and len(columns):
                rows = order[nodes["begin"][node] : nodes["end"][node]]
                h = np.ones(len(rows)) if curvature is None else curvature[rows]
                found = self._slopes(rows, columns, gradient[rows], h)
            counts.append(0 if found is None else len(columns))
            if found is not None:
                features.append(columns)
                terms.append(found)
        return LinearLeaves(
            np.array([0, len(counts)], dtype=np.int64),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([np.zeros(0, np.int32), *features]).astype(np.int32),
            np.hstack(terms),
        )

    def _paths(self, nodes):
        """Of each node, the columns that the nodes above it compare, in order."""
        paths = [np.zeros(0, dtype=np.int32)] * len(nodes["left"])
        for node, left in enumerate(nodes["left"]):
            if left < 0:
                continue
            feature, path = nodes["feature"][node], paths[node]
            if not self.categorical[feature]:
                path = np.union1d(path, [feature]).astype(np.int32)
            paths[left] = paths[nodes["right"][node]] = path
        return paths

    def _slopes(self, rows, columns, g, h):
        Z = self.X[np.ix_(rows, columns)].astype(np.float64)
        whole = ~np.isnan(Z).any(axis=1)
        Z, g, h = Z[whole], g[whole], h[whole]
        total = h.sum()
        if not total > 0 or not np.isfinite(Z).all():
            return None
        low, high = Z.min(axis=0), Z.max(axis=0)
        # einsum adds row by row: BLAS would add in an order that depends on its threads.
        center = np.einsum("i,ij->j", h, Z) / total
        Z -= center
        spread = np.sqrt(np.einsum("i,ij,ij->j", h, Z, Z) / total)
        spread[spread <= _COLLINEAR * np.maximum(np.abs(low), np.abs(high))] = np.inf
        Z /= spread
        bend = np.einsum("i,ij,ik->jk", h, Z, Z)
        bend[np.diag_indices(len(columns))] += self.l2 + _COLLINEAR * total
        slope = -np.linalg.solve(bend, np.einsum("i,ij->j", g, Z)) / spread
        if not np.isfinite(slope).all():
            return None
        return np.vstack([slope, center, low, high])
