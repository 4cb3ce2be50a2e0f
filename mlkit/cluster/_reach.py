"""Indexes of rows by metric, for clusterings that ask which rows are within reach."""

from .._core.domains import callable_, one_of
from .._core.parallel import n_threads
from .._core.sparse import issparse
from .._engine.neighbors.index import Known, Pairs, Rows
from .._engine.neighbors.metric import metric_for

# A tree pays from so many rows, and up to so many columns: beyond, nearly all leaves are visited.
_ROWS_FOR_TREE = 1000
_COLUMNS_FOR_TREE = 15
_SHAPES = {"kd_tree": "box", "ball_tree": "ball"}

METRICS = (
    one_of(
        "braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "dice",
        "euclidean", "hamming", "haversine", "infinity", "jaccard", "l1", "l2", "mahalanobis",
        "manhattan", "minkowski", "nan_euclidean", "p", "precomputed", "pyfunc", "rogerstanimoto",
        "russellrao", "seuclidean", "sokalsneath", "sqeuclidean", "yule",
    )
    | callable_
)  # fmt: skip
ALGORITHMS = one_of("auto", "ball_tree", "kd_tree", "brute")
_PLAIN = {"p": "minkowski", "infinity": "chebyshev"}


def index_of(X, metric, *, p=None, params=None, algorithm="auto", leaf_size=30, n_jobs=None):
    """An index of the rows of X, or of known distances.

    Parameters
    ----------
    X : ndarray or CSR matrix
        Distances for metric "precomputed".
    metric : str or callable
    p : float or None
        Exponent of "minkowski"; None is 2.
    params : dict or None
        Further parameters of the metric.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}
    leaf_size : int
    n_jobs : int or None

    Returns
    -------
    Rows, Pairs or Known
    """
    if metric == "precomputed":
        return Known(X.shape[0])
    params = dict(params or {})
    metric = _PLAIN.get(metric, metric) if isinstance(metric, str) else metric
    if metric == "minkowski":
        params.setdefault("p", 2 if p is None else p)
    own = None if issparse(X) else metric_for(metric, params, X.shape[1])
    if own is None:
        if algorithm in _SHAPES and not callable(metric) and not issparse(X):
            raise ValueError(
                f"metric={metric!r} has no tree: choose algorithm='brute' instead of {algorithm!r}"
            )
        if issparse(X) and metric == "minkowski" and params["p"] in (1, 2):
            return Pairs(X, "manhattan" if params["p"] == 1 else "euclidean", {})
        return Pairs(X, metric, params)
    shape = _SHAPES.get(algorithm)
    if algorithm == "auto" and own.has_boxes:
        many = X.shape[0] >= _ROWS_FOR_TREE and X.shape[1] <= _COLUMNS_FOR_TREE
        shape = "box" if many else None
    return Rows(X, own, shape, leaf_size, n_threads=n_threads(n_jobs))
