"""Trees of merging clusters as functions."""

import warnings

import numpy as np

from .._core.arrays import check_array
from .._core.domains import array_like, boolean, integer, none, sparse_matrix
from .._core.params import checked
from .._engine.neighbors.linkage import (
    connected,
    edge_lengths,
    linked_along,
    single_along,
    tree_of_pairs,
    ward_along,
)

LINKAGES = ("ward", "complete", "average", "single")


def build_tree(X, connectivity, n_clusters, linkage, metric):
    """Merge rows to a tree, along a graph if there is one.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    connectivity : array-like or sparse matrix of shape (n_samples, n_samples), or None
    n_clusters : int or None
        Where a tree along a graph ends; None is one cluster.
    linkage : {"ward", "complete", "average", "single"}
    metric : str or callable

    Returns
    -------
    tree : Tree
    n_components : int
        Connected components of the graph.
    """
    n = len(X)
    if connectivity is None:
        if n_clusters is not None:
            warnings.warn(
                "n_clusters ends a tree early only where a connectivity is given; the whole tree "
                "is built",
                UserWarning,
                stacklevel=3,
            )
        return tree_of_pairs(X, linkage, metric), 1
    if np.shape(connectivity) != (n, n):
        raise ValueError(
            f"connectivity has shape {np.shape(connectivity)}; a row and a column for each of the "
            f"{n} samples are needed"
        )
    row, column, n_components = connected(X, connectivity, metric)
    if n_components > 1:
        warnings.warn(
            f"the number of connected components of the connectivity matrix is {n_components} > "
            "1; they are joined by their nearest rows",
            UserWarning,
            stacklevel=3,
        )
    if n_clusters is not None and n_clusters > n:
        raise ValueError(
            f"Cannot provide more clusters than samples: n_clusters={n_clusters}, and there are "
            f"{n} samples"
        )
    n_merges = n - (1 if n_clusters is None else n_clusters)
    if linkage == "ward":
        return ward_along(X, row, column, n_merges), n_components
    length = edge_lengths(X, row, column, metric)
    if linkage == "single":
        return single_along(length, row, column, n), n_components
    return linked_along(length, row, column, n, n_merges, linkage), n_components


def _checked_rows(X):
    X = np.asarray(X)
    if X.ndim == 1:
        X = X.reshape(-1, 1)
    return check_array(X, dtype=[np.float64, np.float32], ensure_min_samples=2)


def _answer(tree, n_components, return_distance):
    found = tree.children, n_components, tree.n_leaves, tree.parents
    return (*found, tree.height) if return_distance else found


@checked(
    X=array_like,
    connectivity=array_like | sparse_matrix | none,
    n_clusters=integer(1) | none,
    return_distance=boolean,
)
def ward_tree(X, *, connectivity=None, n_clusters=None, return_distance=False):
    """Tree of clusters that merge where the sum of squared deviations grows least.

    J. H. Ward, "Hierarchical grouping to optimize an objective function", Journal of the American
    Statistical Association 58, 1963.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    connectivity : array-like or sparse matrix of shape (n_samples, n_samples), default=None
        Rows that may merge; None is all.
    n_clusters : int, default=None
        Clusters at which a tree along a graph ends.
    return_distance : bool, default=False
        Whether to return the distances of the clusters that merge.

    Returns
    -------
    children : ndarray of int, shape (n_merges, 2)
        Node ``n_samples + i`` is the union of the two of row i.
    n_connected_components : int
    n_leaves : int
    parents : ndarray of int, shape (n_nodes,), or None
        For a tree along a graph.
    distances : ndarray of shape (n_merges,)
        With `return_distance`.

    Examples
    --------
    >>> from mlkit.cluster import ward_tree
    >>> ward_tree([[0.0], [1.0], [5.0]])[0].tolist()
    [[0, 1], [2, 3]]
    """
    tree, n_components = build_tree(_checked_rows(X), connectivity, n_clusters, "ward", "euclidean")
    return _answer(tree, n_components, return_distance)


@checked(connectivity=array_like | sparse_matrix | none, return_distance=boolean)
def linkage_tree(
    X,
    connectivity=None,
    n_clusters=None,
    linkage="complete",
    affinity="euclidean",
    return_distance=False,
):
    """Tree of clusters that merge, the nearest first.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    connectivity : array-like or sparse matrix of shape (n_samples, n_samples), default=None
        Rows that may merge; None is all.
    n_clusters : int, default=None
        Clusters at which a tree along a graph ends.
    linkage : {"average", "complete", "single"}, default="complete"
        Distance of clusters: the mean, greatest or least of that of their rows.
    affinity : str or callable, default="euclidean"
        Distance of rows; "precomputed" for X that holds distances. A function takes X and returns
        all distances, or along a graph takes two rows.
    return_distance : bool, default=False
        Whether to return the distances of the clusters that merge.

    Returns
    -------
    children, n_connected_components, n_leaves, parents, distances
        As `ward_tree`.

    Raises
    ------
    ValueError
        For an unknown linkage.

    Examples
    --------
    >>> from mlkit.cluster import linkage_tree
    >>> linkage_tree([[0.0], [1.0], [5.0]], return_distance=True)[4].tolist()
    [1.0, 5.0]
    """
    if linkage not in LINKAGES[1:]:
        raise ValueError(
            f"linkage_tree: Unknown linkage option, linkage should be one of {LINKAGES[1:]}, but "
            f"{linkage} was given"
        )
    X = _checked_rows(X)
    if affinity == "cosine" and not X.any(axis=1).all():
        raise ValueError("linkage_tree: Cosine affinity cannot be used when X has zero vectors")
    tree, n_components = build_tree(X, connectivity, n_clusters, linkage, affinity)
    return _answer(tree, n_components, return_distance)
