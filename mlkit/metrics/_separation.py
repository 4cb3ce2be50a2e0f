"""How compact and how far apart clusters are, without known classes."""

import numpy as np

from .._core import domains as d
from .._core.arrays import check_X_y
from .._core.parallel import n_threads
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._engine.neighbors.pairwise import distances
from .._engine.neighbors.tiles import PAIR_MEMORY, distance_sums, pair_sums
from ._codes import class_codes
from ._core import metric

# Entries of distances that are at hand at a time, where tiles do not sum them at once: 16 MB.
_BLOCK = 1 << 21
# Entries of sums that may be held to compute each distance once only: 256 MB.
_PAIRS = 1 << 25
_TILED = {"euclidean": "euclidean", "l2": "euclidean", "sqeuclidean": "sqeuclidean",
          "manhattan": "manhattan", "l1": "manhattan", "cityblock": "manhattan",
          "chebyshev": "chebyshev"}  # fmt: skip
_domains = {"X": d.array_like | d.sparse_matrix, "labels": d.array_like}


def _check_clusters(X, labels, **options):
    """X, codes of the clusters and their sizes; two at least, and fewer than rows."""
    X, labels = check_X_y(X, labels, dtype=(np.float64, np.float32), **options)
    classes, codes = class_codes(labels) if labels.dtype.kind != "f" else np.unique(
        labels, return_inverse=True
    )  # fmt: skip
    if not 1 < len(classes) < len(labels):
        raise ValueError(
            f"Number of labels is {len(classes)}: a score of clusters needs at least 2, and fewer "
            f"than the {len(labels)} rows"
        )
    return X, codes, np.bincount(codes)


def _cluster_sums(X, codes, size, metric, options):
    """Sum of each row's distances from the rows of each cluster, in blocks of rows."""
    order = np.argsort(codes, kind="stable")
    if metric in _TILED and not options and not issparse(X):
        threads = n_threads() if X.shape[0] ** 2 * X.shape[1] >= 1 << 18 else 1
        ordered = X[order]
        if X.shape[0] * len(size) * PAIR_MEMORY > _PAIRS:
            return distance_sums(X, ordered, size, _TILED[metric], threads)
        sums = np.empty((X.shape[0], len(size)))
        sums[order] = pair_sums(ordered, size, _TILED[metric], threads)
        return sums
    starts = np.concatenate([[0], np.cumsum(size)])[:-1]
    sums = np.empty((X.shape[0], len(size)))
    step = max(1, _BLOCK // X.shape[0])
    given = metric == "precomputed"
    # Compressed rows cannot be picked from in other orders cheaply: distances are sorted instead.
    for start in range(0, X.shape[0], step):
        rows = slice(start, start + step)
        block = X[rows] if given else distances(X[rows], X, metric, **options)
        block = block.toarray() if issparse(block) else np.asarray(block)
        if _TILED.get(metric) in ("euclidean", "sqeuclidean"):
            # What rounding of a matrix product leaves of a row's distance from itself.
            block[np.arange(len(block)), np.arange(start, start + len(block))] = 0
        np.add.reduceat(block[:, order].astype(np.float64, copy=False), starts, axis=1,
                        out=sums[rows])  # fmt: skip
    return sums


def _check_diagonal(D):
    diagonal = D.diagonal()
    if D.dtype.kind == "f":
        # Roots of rounded squares leave as much as this on a diagonal of zeros.
        bad = (np.abs(diagonal) > 100 * np.finfo(D.dtype).eps).any()
    else:
        bad = diagonal.any()
    if bad:
        raise ValueError(
            "silhouette with metric='precomputed' needs zeros on the diagonal of X: is it a matrix "
            "of similarities?"
        )


@metric(**_domains, metric=d.string | d.callable_)
def silhouette_samples(X, labels, *, metric="euclidean", **kwds):
    """``(b − a) / max(a, b)`` of each row: a and b its mean distances to its own and next cluster.

    The next cluster is the one with the least mean distance. Distances are summed as they are
    computed: memory is rows times clusters.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
        Rows, or their distances if `metric` is "precomputed".
    labels : array-like of shape (n_samples,)
        Cluster of each row.
    metric : str or callable, default="euclidean"
        As `pairwise_distances` takes it.
    **kwds : dict
        Further parameters of the metric.

    Returns
    -------
    ndarray of shape (n_samples,)
        In [−1, 1]; 0 for a row alone in its cluster.

    Raises
    ------
    ValueError
        For fewer than two clusters, or as many as rows.

    References
    ----------
    Rousseeuw. Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis. Journal of Computational and Applied Mathematics 20 (1987).

    Examples
    --------
    >>> from mlkit.metrics import silhouette_samples
    >>> silhouette_samples([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]).round(3).tolist()
    [0.905, 0.895, 0.895, 0.905]
    """
    X, codes, size = _check_clusters(X, labels, accept_sparse=["csr"])
    if metric == "precomputed":
        _check_diagonal(X)
    sums = _cluster_sums(X, codes, size, metric, kwds)
    rows, own = np.arange(len(codes)), size[codes]
    # A row's distance from itself, 0, is in the sum but not among the rows.
    within = sums[rows, codes] / np.maximum(own - 1, 1)
    sums /= size
    sums[rows, codes] = np.inf
    between = sums.min(axis=1)
    greater = np.maximum(within, between)
    score = np.divide(between - within, greater, out=np.zeros(len(rows)), where=greater > 0)
    score[own == 1] = 0
    return score.astype(X.dtype, copy=False) if X.dtype == np.float32 else score


@metric(**_domains, metric=d.string | d.callable_, sample_size=d.integer(1) | d.none,
        random_state=d.random_state)  # fmt: skip
def silhouette_score(X, labels, *, metric="euclidean", sample_size=None, random_state=None, **kwds):
    """Mean of `silhouette_samples`: 1 for far and tight clusters, 0 for overlapping ones.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
        Rows, or their distances if `metric` is "precomputed".
    labels : array-like of shape (n_samples,)
        Cluster of each row.
    metric : str or callable, default="euclidean"
        As `pairwise_distances` takes it.
    sample_size : int, default=None
        Judge so many rows drawn at random, against one another.
    random_state : int, RandomState, Generator or None, default=None
        For the draw.
    **kwds : dict
        Further parameters of the metric.

    Returns
    -------
    float

    References
    ----------
    Rousseeuw. Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis. Journal of Computational and Applied Mathematics 20 (1987).

    Examples
    --------
    >>> from mlkit.metrics import silhouette_score
    >>> round(silhouette_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 3)
    0.9
    """
    if sample_size is not None:
        X, labels = check_X_y(X, labels, accept_sparse=["csc", "csr"])
        drawn = check_random_state(random_state).permutation(X.shape[0])[:sample_size]
        labels = labels[drawn]
        X = X[drawn].T[drawn].T if metric == "precomputed" else X[drawn]
    return float(np.mean(silhouette_samples(X, labels, metric=metric, **kwds)))


def _centres(X, codes, size):
    centres = np.empty((len(size), X.shape[1]))
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size)])[:-1]
    np.add.reduceat(X[order].astype(np.float64, copy=False), starts, axis=0, out=centres)
    centres /= size[:, None]
    return centres


@metric(**_domains)
def calinski_harabasz_score(X, labels):
    """Spread between clusters over spread within: ``(B / (k − 1)) / (W / (n − k))``.

    B and W are sums of squared distances, of centres from the mean and of rows from their centre.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,)
        Cluster of each row.

    Returns
    -------
    float
        The higher, the better; 1 if there is no spread within.

    References
    ----------
    Calinski, Harabasz. A dendrite method for cluster analysis. Communications in Statistics 3
    (1974).

    Examples
    --------
    >>> from mlkit.metrics import calinski_harabasz_score
    >>> calinski_harabasz_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    200.0
    """
    X, codes, size = _check_clusters(X, labels)
    centres = _centres(X, codes, size)
    away = X - centres[codes]
    within = np.vdot(away, away)
    shift = centres - X.mean(axis=0, dtype=np.float64)
    between = np.sum(size * np.einsum("ij,ij->i", shift, shift))
    if within == 0:
        return 1.0
    return float(between * (len(codes) - len(size)) / (within * (len(size) - 1)))


@metric(**_domains)
def davies_bouldin_score(X, labels):
    """Mean over clusters of the worst ``(sᵢ + sⱼ) / dᵢⱼ``; lower is better, 0 the best.

    s is the mean distance of a cluster's rows from its centre, d that of two centres.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,)
        Cluster of each row.

    Returns
    -------
    float

    References
    ----------
    Davies, Bouldin. A cluster separation measure. IEEE TPAMI 1 (1979).

    Examples
    --------
    >>> from mlkit.metrics import davies_bouldin_score
    >>> davies_bouldin_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.1
    """
    X, codes, size = _check_clusters(X, labels)
    centres = _centres(X, codes, size)
    away = X - centres[codes]
    scatter = np.bincount(codes, np.sqrt(np.einsum("ij,ij->i", away, away))) / size
    apart = distances(centres, centres, "euclidean")
    if np.allclose(scatter, 0) or np.allclose(apart, 0):
        return 0.0
    apart[apart == 0] = np.inf
    return float(np.mean(((scatter[:, None] + scatter) / apart).max(axis=1)))
