"""DBSCAN: clusters where rows lie close, and the rest noise."""

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.domains import above, array_like, at_least, integer, mapping, none, sparse_matrix
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import checked, fitted, param
from .._core.roles import Clusterer
from .._core.shared import n_jobs
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.neighbors.density import dense_clusters
from ._reach import ALGORITHMS, METRICS, index_of


class DBSCAN(Clusterer, Estimator):
    """Density clustering: rows that have many others near, and those that are near such rows.

    A row with `min_samples` rows within `eps`, itself included, is a core row. Core rows within
    `eps` of one another share a cluster; other rows join the first cluster with a core row within
    `eps`, and what is left is noise, labelled −1. Clusters are numbered by their first core row
    (M. Ester, H.-P. Kriegel, J. Sander and X. Xu, "A density-based algorithm for discovering
    clusters in large spatial databases with noise", KDD 1996).

    Examples
    --------
    >>> from mlkit.cluster import DBSCAN
    >>> X = [[1.0, 2.0], [2.0, 2.0], [2.0, 3.0], [8.0, 7.0], [8.0, 8.0], [25.0, 80.0]]
    >>> DBSCAN(eps=3, min_samples=2).fit_predict(X).tolist()
    [0, 0, 0, 1, 1, -1]
    """

    traits = Traits(sparse=("csr",), order="C")

    eps: float = param(0.5, above(0), "Distance within which rows are near.", kw_only=False)
    min_samples: int = param(
        5, integer(1), "Rows, or sum of their weights, within `eps` that make a core row."
    )
    metric: object = param(
        "euclidean",
        METRICS,
        'Distance of rows: a name, a function of two rows, or "precomputed" for X that holds '
        "distances, dense or as a sparse graph of those that count.",
    )
    metric_params: object = param(None, mapping | none, "Further parameters of the metric.")
    algorithm: str = param(
        "auto", ALGORITHMS, "How near rows are searched; the clusters are the same."
    )
    leaf_size: int = param(30, integer(1), "Rows in a leaf of a tree, at least.")
    p: object = param(None, at_least(0) | none, 'Exponent of metric "minkowski"; None is 2.')
    n_jobs: int = n_jobs

    core_sample_indices_ = fitted("(n_core_samples,)", "Core rows.")
    components_ = fitted("(n_core_samples, n_features)", "Their values.")
    labels_ = fitted("(n_samples,)", "Cluster of each row; −1 is noise.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags

    def fit(self, X, y=None, sample_weight=None):
        """Find the clusters.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric "precomputed".
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            What a row counts for towards `min_samples`; a negative weight may keep its
            neighbours from being core rows.

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        weight = check_sample_weight(sample_weight, X)
        known = self.metric == "precomputed"
        if known and X.shape[0] != X.shape[1]:
            raise ValueError(
                f"{type(self).__name__}: precomputed distances need a row and a column for each "
                f"sample; their shape is {X.shape}"
            )
        index = index_of(
            X,
            self.metric,
            p=self.p,
            params=self.metric_params,
            algorithm=self.algorithm,
            leaf_size=self.leaf_size,
            n_jobs=self.n_jobs,
        )
        near = index.within(X, self.eps, n_threads=n_threads(self.n_jobs))
        with_self = not (known and issparse(X))
        core, self.labels_ = dense_clusters(
            near[0], near[2], self.min_samples, weight, with_self=with_self
        )
        self.core_sample_indices_ = np.flatnonzero(core)
        if len(self.core_sample_indices_):
            self.components_ = X[self.core_sample_indices_]
        else:
            self.components_ = np.empty((0, X.shape[1]))
        return self

    def fit_predict(self, X, y=None, sample_weight=None):
        """Find the clusters and return the label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        ndarray of int, shape (n_samples,)
            −1 is noise.
        """
        return self.fit(X, sample_weight=sample_weight).labels_


@checked(X=array_like | sparse_matrix, sample_weight=array_like | none)
def dbscan(
    X,
    eps=0.5,
    *,
    min_samples=5,
    metric="minkowski",
    metric_params=None,
    algorithm="auto",
    leaf_size=30,
    p=2,
    sample_weight=None,
    n_jobs=None,
):
    """DBSCAN as a function.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    eps, min_samples, metric, metric_params, algorithm, leaf_size, p, n_jobs
        As in `DBSCAN`.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    core_samples : ndarray of int, shape (n_core_samples,)
    labels : ndarray of int, shape (n_samples,)
        −1 is noise.

    Examples
    --------
    >>> from mlkit.cluster import dbscan
    >>> core_samples, labels = dbscan([[1.0], [1.2], [9.0]], eps=1, min_samples=2)
    >>> labels.tolist()
    [0, 0, -1]
    """
    model = DBSCAN(
        eps,
        min_samples=min_samples,
        metric=metric,
        metric_params=metric_params,
        algorithm=algorithm,
        leaf_size=leaf_size,
        p=p,
        n_jobs=n_jobs,
    ).fit(X, sample_weight=sample_weight)
    return model.core_sample_indices_, model.labels_
