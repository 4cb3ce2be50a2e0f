"""Exact Shapley values of trees.

A tree is a sum over leaves of ``v Π_j (o_j or z_j)``: a feature j that is known gives ``o_j``, 1 if
the row takes the leaf's turns on j and 0 if not; one that is not known gives ``z_j``, the part of
the training weight that took them. The Shapley value of such a product is

    ``φ_j = v (o_j − z_j) ∫₀¹ Π_{i≠j} (t o_i + (1 − t) z_i) dt``

by Owen's multilinear extension. The integrand is a polynomial, which Gauss's quadrature with half
as many points as the path has features integrates exactly. The products are kept up to date on a
walk of the tree, so that a row costs ``O(nodes × points)``; every term of a product is positive,
so nothing cancels.
"""

import functools
from dataclasses import dataclass

import numpy as np

from . import _shap
from .structure import Trees


@dataclass(frozen=True, eq=False)
class TreeSum:
    """A model as ``base + scale Σ trees``: what a tree model is asked for.

    Attributes
    ----------
    trees : Trees
    X : ndarray or CSR matrix
        The rows as the trees take them.
    base : ndarray of shape (n_columns,) or (n_rows, n_columns)
    scale : float
    column : ndarray of int32, shape (n_trees,), or None
        The prediction that a tree adds to.
    """

    trees: Trees
    X: object
    base: np.ndarray
    scale: float = 1.0
    column: np.ndarray = None

    def explain(self, n_threads=1):
        """Shapley values (n_rows, n_features, n_columns), and what they are added to."""
        n_columns = self.base.shape[-1]
        parts = {"column": self.column, "n_columns": n_columns}
        values = shapley(self.trees, self.X, n_threads=n_threads, **parts)
        values *= self.scale
        mean = expected(self.trees)
        total = np.zeros(n_columns)
        first = np.zeros(len(mean), dtype=int) if self.column is None else self.column
        np.add.at(total, first[:, None] + np.arange(mean.shape[1]), mean)
        return values, self.base + self.scale * total


def expected(trees):
    """Return the mean of each tree's values over the training weight.

    Parameters
    ----------
    trees : Trees

    Returns
    -------
    ndarray of float64, shape (n_trees, n_outputs * n_values)
    """
    flat = trees.value.reshape(trees.n_nodes, -1)
    reach = np.ones(trees.n_nodes)
    share = shares(trees)
    parent, depth = trees.parents(), trees.depths()
    for level in range(1, int(depth.max(initial=0)) + 1):
        here = np.flatnonzero(depth == level)
        reach[here] = reach[parent[here]] * share[here]
    leaf = trees.is_leaf
    out = np.zeros((trees.n_trees, flat.shape[1]))
    np.add.at(out, trees.tree_of[leaf], reach[leaf, None] * flat[leaf])
    return out


def shares(trees):
    """Return the part of its parent's weight that came to each node, 1 for roots."""
    parent = trees.parents()
    inside = parent >= 0
    above = np.where(inside, trees.weight[np.where(inside, parent, 0)], 1.0)
    weighed = above > 0  # without weight both children get half
    share = np.where(weighed, trees.weight / np.where(weighed, above, 1.0), 0.5)
    return np.where(inside, share, 1.0)


def shapley(trees, X, *, column=None, n_columns=None, n_threads=1):
    """Return what each feature adds to the sum of the trees, for each row.

    With ``E`` the mean over the training weight below a node in place of unknown features
    (path-dependent, Lundberg et al. 2018), ``Σ_j φ_j = f(x) − E f``.

    Parameters
    ----------
    trees : Trees
        With `weight`.
    X : ndarray of float32 or float64, or sparse matrix, shape (n_rows, n_features)
    column : ndarray of int32, shape (n_trees,), or None
        Column of the result at which a tree's values begin; None is 0 for all.
    n_columns : int or None
        Width of the result; None is that of a tree's values.
    n_threads : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_rows, n_features, n_columns)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.shap import shapley
    >>> from mlkit._engine.trees.structure import Trees
    >>> stump = Trees.build(feature=[1, -2, -2], threshold=[0.5, -2, -2], left=[1, -1, -1],
    ...                     right=[2, -1, -1], value=[[[2.5]], [[1.0]], [[3.0]]], n_features=2,
    ...                     weight=[4.0, 1.0, 3.0])
    >>> shapley(stump, np.array([[0.0, 0.5], [0.0, 0.6]]))[:, :, 0]
    array([[ 0. , -1.5],
           [ 0. ,  0.5]])
    """
    trees.walker  # noqa: B018  checks the arrays
    X = X.toarray() if not isinstance(X, np.ndarray) else X
    X = X.astype(np.float32) if trees.single and X.dtype != np.float32 else X
    X = np.ascontiguousarray(X, dtype=np.float64)
    width = trees.value.shape[1] * trees.value.shape[2]
    out = np.zeros((*X.shape, width if n_columns is None else n_columns))
    column = np.zeros(trees.n_trees) if column is None else column
    depth, n_tested = _shap.paths(trees)
    sizes, rule = np.unique((np.maximum(n_tested, 1) + 1) // 2, return_inverse=True)
    points, weights = (
        zip(*map(_quadrature, sizes.tolist()), strict=True) if len(sizes) else ((), ())
    )
    point, weight = np.concatenate([*points, []]), np.concatenate([*weights, []])
    _shap.add_shapley(
        trees,
        shares(trees),
        X,
        out,
        np.ascontiguousarray(column, dtype=np.int32),
        int(depth.max(initial=0)),
        rule.astype(np.int32),
        np.cumsum([0, *sizes], dtype=np.int64),
        point,
        weight,
        1 / (1 - point),
        n_threads,
    )
    return out


@functools.cache
def _quadrature(size):
    """Gauss–Legendre points and weights on (0, 1), exact for polynomials of degree 2 size − 1."""
    point, weight = np.polynomial.legendre.leggauss(size)
    return (point + 1) / 2, weight / 2
