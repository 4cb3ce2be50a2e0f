"""Clusters that merge, of rows or of columns."""

import numpy as np

from .._core.arrays import check_array, check_is_fitted, check_memory
from .._core.domains import (
    array_like,
    at_least,
    boolean,
    callable_,
    has_methods,
    integer,
    none,
    one_of,
    sparse_matrix,
    string,
)
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Clusterer, PrefixedColumns, Transformer
from .._core.tags import Traits
from ._reach import METRICS
from ._trees import LINKAGES, build_tree

# A tree along a graph is cut short for more clusters than this, or this share of the rows.
_MANY_CLUSTERS = 100
_SHARE_OF_ROWS = 0.02

_linkage = param(
    "ward",
    one_of(*LINKAGES),
    'Distance of clusters: growth of the sum of squared deviations ("ward"), or greatest, mean or '
    "least distance of their rows.",
)
_metric = param(
    "euclidean",
    METRICS,
    'Distance of rows, which for "ward" is Euclidean: a name, "precomputed", or a function as for '
    "`linkage_tree`.",
)
_memory = param(None, string | has_methods("cache") | none, "Where trees are kept between fits.")
_connectivity = param(
    None,
    array_like | sparse_matrix | callable_ | none,
    "Which may merge: a matrix, or a function that makes it of X; None is all.",
)


class AgglomerativeClustering(Clusterer, Estimator):
    """Clusters that merge, the nearest first, until `n_clusters` are left.

    Without a connectivity all pairs are candidates, and distances of all of them are kept.

    Examples
    --------
    >>> from mlkit.cluster import AgglomerativeClustering
    >>> AgglomerativeClustering(2).fit_predict([[1.0], [2.0], [8.0], [9.0]]).tolist()
    [1, 1, 0, 0]
    """

    traits = Traits(min_rows=2)

    n_clusters: object = param(
        2,
        integer(1) | none,
        "Clusters to be left; None with `distance_threshold`.",
        kw_only=False,
    )
    metric: object = _metric
    memory: object = _memory
    connectivity: object = _connectivity
    compute_full_tree: object = param(
        "auto",
        one_of("auto") | boolean,
        "Whether to merge on to one cluster; trees along a graph may end at `n_clusters`.",
    )
    linkage: str = _linkage
    distance_threshold: object = param(
        None, at_least(0) | none, "Clusters no nearer than this do not merge."
    )
    compute_distances: bool = param(
        False, boolean, "Whether to keep the distances of clusters that merge."
    )

    n_clusters_ = fitted("int", "Clusters found.")
    labels_ = fitted("(n_samples,)", "Cluster of each row.")
    n_leaves_ = fitted("int", "Leaves of the tree: what was clustered.")
    n_connected_components_ = fitted("int", "Connected components of the connectivity.")
    children_ = fitted("(n_merges, 2)", "Nodes that merge; the i-th makes node n_leaves + i.")
    distances_ = fitted("(n_merges,)", "Their distances, where wanted.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags

    def fit(self, X, y=None):
        """Merge the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric "precomputed".
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If not exactly one of `n_clusters` and `distance_threshold` is given, or `linkage`,
            `metric` and `compute_full_tree` do not go together.

        Warns
        -----
        UserWarning
            If the connectivity is not connected.
        """
        return self._merge(self._check_fit(X))

    def fit_predict(self, X, y=None):
        """Merge the rows and return the cluster of each.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        return super().fit_predict(X, y)

    def _check_merging(self):
        name = type(self).__name__
        if (self.n_clusters is None) == (self.distance_threshold is None):
            raise ValueError(
                f"{name}: Exactly one of n_clusters and distance_threshold has to be set, and the "
                "other needs to be None."
            )
        if self.distance_threshold is not None and not self.compute_full_tree:
            raise ValueError(
                f"{name}: compute_full_tree must be True if distance_threshold is set."
            )
        if self.linkage == "ward" and self.metric != "euclidean":
            raise ValueError(
                f"{name}: {self.metric} was provided as metric. Ward can only work with euclidean "
                "distances."
            )
        if self.metric == "precomputed" and self.linkage == "ward":
            raise ValueError(f"{name}: linkage='ward' needs rows, not distances")

    def _graph(self, X):
        if self.connectivity is None:
            return None
        graph = self.connectivity(X) if callable(self.connectivity) else self.connectivity
        return check_array(graph, accept_sparse=["csr", "coo", "lil"], input_name="connectivity")

    def _is_full(self, graph, n):
        if self.compute_full_tree != "auto":
            return bool(self.compute_full_tree)
        if graph is None or self.distance_threshold is not None:
            return True
        return self.n_clusters < max(_MANY_CLUSTERS, _SHARE_OF_ROWS * n)

    def _merge(self, X):
        self._check_merging()
        if self.metric == "cosine" and not X.any(axis=1).all():
            raise ValueError(
                f"{type(self).__name__}: Cosine affinity cannot be used when X contains zero "
                "vectors; remove these rows or choose another metric"
            )
        graph = self._graph(X)
        # A tree of all pairs is whole anyway.
        full = graph is None or self._is_full(graph, len(X))
        build = check_memory(self.memory).cache(build_tree)
        tree, self.n_connected_components_ = build(
            X, graph, None if full else self.n_clusters, self.linkage, self.metric
        )
        full = full or len(tree.children) == tree.n_leaves - 1
        self.children_, self.n_leaves_ = tree.children, tree.n_leaves
        vars(self).pop("distances_", None)
        if self.distance_threshold is not None or self.compute_distances:
            self.distances_ = tree.height
        if self.distance_threshold is None:
            self.n_clusters_ = self.n_clusters
        else:
            self.n_clusters_ = 1 + int((tree.height >= self.distance_threshold).sum())
        if self.n_clusters_ > tree.n_leaves:
            raise ValueError(
                f"{type(self).__name__}: Cannot extract more clusters than samples: "
                f"n_clusters={self.n_clusters_}, and there are {tree.n_leaves} samples"
            )
        self.labels_ = tree.cut(self.n_clusters_) if full else tree.heads()
        return self


class FeatureAgglomeration(PrefixedColumns, Transformer, AgglomerativeClustering):
    """Columns merged to clusters, each of which becomes one column by `pooling_func`.

    Examples
    --------
    >>> from mlkit.cluster import FeatureAgglomeration
    >>> X = [[1.0, 1.0, 9.0], [2.0, 2.2, 7.0], [3.0, 3.1, 8.0]]
    >>> FeatureAgglomeration(2).fit_transform(X).round(2).tolist()
    [[1.0, 9.0], [2.1, 7.0], [3.05, 8.0]]
    """

    traits = Traits(min_columns=2)

    n_clusters: object = param(
        2,
        integer(1) | none,
        "Clusters to be left; None with `distance_threshold`.",
        kw_only=False,
    )
    metric: object = _metric
    memory: object = _memory
    connectivity: object = _connectivity
    pooling_func: object = param(
        np.mean, callable_, "Function of an array and an axis that makes columns one."
    )

    labels_ = fitted("(n_features,)", "Cluster of each column.")

    @property
    def _n_features_out(self):
        return self.n_clusters_

    @property
    def fit_predict(self):
        """Absent: what is clustered are columns."""
        raise AttributeError(f"{type(self).__name__} has no fit_predict: it clusters columns")

    def fit(self, X, y=None):
        """Merge the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        return self._merge(np.ascontiguousarray(X.T))

    def transform(self, X):
        """Return each cluster of columns as one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
        """
        X = self._check_X(X)
        if self.pooling_func is np.mean:
            member = np.eye(self.n_clusters_)[self.labels_]
            return (X @ member) / member.sum(axis=0)
        pooled = [
            self.pooling_func(X[:, self.labels_ == label], axis=1)
            for label in range(self.n_clusters_)
        ]
        return np.array(pooled).T

    def inverse_transform(self, X):
        """Return columns that all have the values of their cluster.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_clusters)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, ensure_2d=False, allow_nd=False)
        if X.shape[-1] != self.n_clusters_:
            raise ValueError(
                f"{type(self).__name__}.inverse_transform: X has {X.shape[-1]} columns, and there "
                f"are {self.n_clusters_} clusters"
            )
        return X[..., self.labels_]
