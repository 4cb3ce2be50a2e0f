"""Trees of rows as objects of their own."""

import numpy as np

from .._core.arrays import check_array
from .._core.domains import array_like, at_least, boolean, integer, one_of
from .._core.errors import InvalidParameterError
from .._core.params import checked
from .._core.weights import check_sample_weight
from .._engine.neighbors.index import Pairs, Rows
from .._engine.neighbors.kernel_norm import KERNELS, log_norm
from .._engine.neighbors.metric import metric_for
from ._metrics import VALID_METRICS, effective_metric
from ._queries import in_rows

_RADIUS_ORDER = {False: "index", True: "distance"}


class _Tree:
    """Rows cut in halves again and again, with a bound of each part."""

    valid_metrics = ()
    _shape = _fit_method = None

    @checked(leaf_size=integer(1))
    def __init__(self, X, leaf_size=40, metric="minkowski", sample_weight=None, **kwargs):
        who = type(self).__name__
        X = check_array(X, dtype=[np.float64, np.float32], order="C", estimator=who)
        named = metric if isinstance(metric, str) else "pyfunc"
        own = getattr(metric, "metric", named)
        if own not in self.valid_metrics:
            raise InvalidParameterError(
                f"{who}: invalid metric {metric!r}: use one of {list(self.valid_metrics)}"
            )
        if metric == "pyfunc":
            metric = kwargs.pop("func")
        p = kwargs.pop("p", 2) if metric in ("minkowski", "p") else 2
        metric, params = effective_metric(metric, p, kwargs, who)
        if metric == "minkowski" and params["p"] < 1:
            raise InvalidParameterError(f"{who}: Minkowski with p={params['p']} < 1 is no metric")
        weight = check_sample_weight(sample_weight, X, name="sample_weight")
        self.effective_metric_, self.effective_metric_params_ = metric, params
        self.leaf_size, self._weight = leaf_size, weight
        self._fit_X = X
        if callable(metric):
            _try_function(metric, X, params)
            self._index = Pairs(X, metric, params)
        else:
            own = metric_for(metric, params, X.shape[1])
            if own is None:
                raise ValueError(f"{who}: {metric!r} with {params} is no distance of such rows")
            self._index = Rows(X, own, self._shape, leaf_size, weight)
        self.reset_n_calls()

    def __repr__(self):
        n, d = self._fit_X.shape
        return f"{type(self).__name__}({n} rows of {d} columns, {self.effective_metric_!r})"

    @property
    def data(self):
        """The rows."""
        return self._fit_X

    @property
    def sample_weight(self):
        """Weights of the rows, or None."""
        return self._weight

    @property
    def sum_weight(self):
        """Sum of the weights of the rows."""
        weight = self._weight
        return float(len(self._fit_X) if weight is None else weight.sum())

    # ---------------------------------------------------------------------------- queries
    def _rows(self, X, name):
        X = np.asarray(X)
        shape = X.shape[:-1]
        X = check_array(
            X.reshape(-1, X.shape[-1]) if X.ndim != 1 else X, dtype=[np.float64, np.float32],
            order="C", estimator=f"{type(self).__name__}.{name}",
        )  # fmt: skip
        if X.shape[1] != self._fit_X.shape[1]:
            raise ValueError(
                f"{type(self).__name__}.{name}: X has {X.shape[1]} columns, the tree "
                f"{self._fit_X.shape[1]}"
            )
        return X, shape

    def _counted(self, **options):
        """Options of a query of the index: functions of two rows have no nodes to count."""
        if isinstance(self._index, Pairs):
            return {}
        return {**options, "counts": self._counts}

    @checked(k=integer(1), return_distance=boolean, dualtree=boolean, breadth_first=boolean,
             sort_results=boolean)  # fmt: skip
    def query(self, X, k=1, return_distance=True, dualtree=False, breadth_first=False,
              sort_results=True):  # fmt: skip
        """Find the k nearest rows.

        Parameters
        ----------
        X : array-like of shape (..., n_features)
        k : int, default=1
        return_distance : bool, default=True
            Whether to return distances too.
        dualtree : bool, default=False
            Let queries that are near one another follow each other down the tree.
        breadth_first : bool, default=False
            Visit nodes by their distance, not depth first. The result is the same.
        sort_results : bool, default=True
            Ascending distances; they always are.

        Returns
        -------
        distance : ndarray of shape (..., k)
            Only with `return_distance`.
        index : ndarray of int, shape (..., k)
        """
        X, shape = self._rows(X, "query")
        if k > len(self._fit_X):
            raise ValueError(f"k={k} must be no more than the {len(self._fit_X)} rows of the tree")
        options = self._counted(best_first=breadth_first, grouped=dualtree)
        distance, index = self._index.nearest(X, k, **options)
        index = index.astype(np.intp, copy=False).reshape(*shape, k)
        return (distance.reshape(*shape, k), index) if return_distance else index

    @checked(r=at_least(0) | array_like, return_distance=boolean, count_only=boolean,
             sort_results=boolean)  # fmt: skip
    def query_radius(self, X, r, return_distance=False, count_only=False, sort_results=False):
        """Find the rows within a radius.

        Parameters
        ----------
        X : array-like of shape (..., n_features)
        r : float or array-like of shape (...)
        return_distance : bool, default=False
            Whether to return distances too.
        count_only : bool, default=False
            Only count; whole nodes are then counted at once.
        sort_results : bool, default=False
            Sort by distance, which needs `return_distance`; else rows are by position.

        Returns
        -------
        index : ndarray of shape (...) of arrays of int, or counts
        distance : ndarray of shape (...) of arrays
            Only with `return_distance`.
        """
        if count_only and return_distance:
            raise ValueError("count_only and return_distance cannot both be true")
        if sort_results and not return_distance:
            raise ValueError("return_distance must be True if sort_results is True")
        X, shape = self._rows(X, "query_radius")
        r = np.asarray(r, dtype=np.float64)
        if r.ndim and r.shape != shape:
            raise ValueError(f"r of shape {r.shape} needs one radius for all, or those of {shape}")
        r = np.broadcast_to(r, shape).reshape(-1)
        if count_only and isinstance(self._index, Rows):
            return self._index.count_within(X, r, **self._counted()).reshape(shape)
        order = _RADIUS_ORDER[bool(sort_results)]
        indptr, distance, index = self._within(X, r, order)
        if count_only:
            return np.diff(indptr).reshape(shape)
        index = in_rows(index.astype(np.intp, copy=False), indptr).reshape(shape)
        if not return_distance:
            return index
        return index, in_rows(distance, indptr).reshape(shape)

    def _within(self, X, r, by):
        if isinstance(self._index, Pairs):
            return self._index.within(X, r, by=by)
        return self._index.within(X, r, by=by, **self._counted())

    @checked(r=array_like, dualtree=boolean)
    def two_point_correlation(self, X, r, dualtree=False):
        """Count pairs of a row of X and one of the tree within each radius.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)
        r : array-like of shape (n_radii,)
        dualtree : bool, default=False
            Let queries that are near one another follow each other down the tree.

        Returns
        -------
        ndarray of int, shape (n_radii,)
        """
        X, _ = self._rows(X, "two_point_correlation")
        if dualtree and isinstance(self._index, Rows):
            X = X[self._index.near_order(X)]
        radii = np.atleast_1d(np.asarray(r, dtype=np.float64))
        return np.array([self.query_radius(X, each, count_only=True).sum() for each in radii])

    @checked(h=at_least(0), kernel=one_of(*KERNELS), atol=at_least(0), rtol=at_least(0),
             breadth_first=boolean, return_log=boolean)  # fmt: skip
    def kernel_density(self, X, h, kernel="gaussian", atol=0, rtol=1e-8, breadth_first=True,
                       return_log=False):  # fmt: skip
        """Sum of kernels at the rows of X: ``Σᵢ wᵢ K(d(x, xᵢ) / h)``, of integral ``Σ wᵢ``.

        Parameters
        ----------
        X : array-like of shape (..., n_features)
        h : float
            Bandwidth.
        kernel : str, default="gaussian"
            "gaussian", "tophat", "epanechnikov", "exponential", "linear" or "cosine".
        atol, rtol : float, default=0, 1e-8
            The result is no further than ``atol + rtol * result`` from the sum.
        breadth_first : bool, default=True
            Visit nodes by their distance, not depth first.
        return_log : bool, default=False
            Return the logarithm, which does not underflow far from the rows.

        Returns
        -------
        ndarray of shape (...)
        """
        if isinstance(self._index, Pairs):
            raise ValueError("kernel_density needs a named metric")
        X, shape = self._rows(X, "kernel_density")
        norm = log_norm(kernel, h, self._fit_X.shape[1])
        out = self._index.log_kernel_sums(
            X, kernel, h, atol=atol, rtol=rtol, log_norm=norm, best_first=breadth_first,
            counts=self._counts,
        )  # fmt: skip
        out = (out + norm).reshape(shape)
        return out if return_log else np.exp(out)

    # ----------------------------------------------------------------------------- nodes
    def _nodes(self):
        if isinstance(self._index, Pairs):
            raise ValueError("A tree of a function of two rows has no nodes")
        return self._index.tree

    @property
    def idx_array(self):
        """Rows in the order of the leaves."""
        return self._nodes()["order"]

    @property
    def node_data(self):
        """First and last place of each node, whether it is a leaf, and its radius."""
        tree = self._nodes()
        n = len(tree["start"])
        kind = [("idx_start", np.intp), ("idx_end", np.intp), ("is_leaf", np.intp),
                ("radius", np.float64)]  # fmt: skip
        out = np.empty(n, dtype=kind)
        out["idx_start"], out["idx_end"] = tree["start"], tree["end"]
        out["is_leaf"] = np.arange(n) >= n // 2
        out["radius"] = self._radii(tree)
        return out

    def get_arrays(self):
        """Return rows, their order in the leaves, nodes and bounds of nodes.

        Returns
        -------
        data, idx_array, node_data, node_bounds : ndarray
        """
        return self.data, self.idx_array, self.node_data, self.node_bounds

    def get_tree_stats(self):
        """Return how many nodes queries have left out, leaves visited, and nodes split.

        Returns
        -------
        n_trims, n_leaves, n_splits : int
        """
        return tuple(int(each) for each in self._counts[1:])

    def get_n_calls(self):
        """Return the number of rows that queries have come to since `reset_n_calls`.

        Returns
        -------
        int
        """
        return int(self._counts[0])

    def reset_n_calls(self):
        """Start all counts anew."""
        self._counts = np.zeros(4, dtype=np.int64)


class KDTree(_Tree):
    """Rows in a tree of boxes, for metrics of differences of columns.

    Each node is cut at the median of the column that is widest in it, until leaves hold
    `leaf_size` to twice as many rows (J. L. Bentley, "Multidimensional binary search trees",
    CACM 18, 1975).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    leaf_size : int, default=40
    metric : str or DistanceMetric, default="minkowski"
        One of ``KDTree.valid_metrics``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of rows in `kernel_density`.
    **kwargs : dict
        Parameters of the metric.

    Examples
    --------
    >>> from mlkit.neighbors import KDTree
    >>> tree = KDTree([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])
    >>> tree.query([[0.9, 0.0]], k=2)
    (array([[0.1, 0.9]]), array([[1, 0]]))
    """

    valid_metrics = VALID_METRICS["kd_tree"]
    _shape, _fit_method = "box", "kd_tree"

    @property
    def node_bounds(self):
        """Lower and upper corners, of shape (2, n_nodes, n_features)."""
        tree, d = self._nodes(), self._fit_X.shape[1]
        return np.stack([tree["low"][:, :d], tree["high"][:, :d]])

    def _radii(self, tree):
        """Half the diagonals of the boxes."""
        return 0.5 * np.sqrt(((tree["high"] - tree["low"]) ** 2).sum(axis=1))


class BallTree(_Tree):
    """Rows in a tree of balls, for any metric.

    Nodes are cut as those of a `KDTree`; each is bounded by a centre and the greatest distance
    of its rows from it (S. M. Omohundro, "Five balltree construction algorithms", 1989).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    leaf_size : int, default=40
    metric : str, callable or DistanceMetric, default="minkowski"
        One of ``BallTree.valid_metrics``, or a function of two rows, with which every row is
        compared.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of rows in `kernel_density`.
    **kwargs : dict
        Parameters of the metric.

    Examples
    --------
    >>> from mlkit.neighbors import BallTree
    >>> tree = BallTree([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], metric="manhattan")
    >>> tree.query([[0.9, 0.0]], k=2)
    (array([[0.1, 0.9]]), array([[1, 0]]))
    """

    valid_metrics = VALID_METRICS["ball_tree"]
    _shape, _fit_method = "ball", "ball_tree"

    @property
    def node_bounds(self):
        """Centres, of shape (1, n_nodes, n_features)."""
        return self._nodes()["low"][None, :, : self._index.n_columns]

    def _radii(self, tree):
        return tree["radius"]


def _try_function(function, X, params):
    found = function(X[0], X[0], **params)
    if not isinstance(found, int | float | np.number):
        raise TypeError(
            "Custom distance function must accept two vectors and return a float; it returned "
            f"{found!r}"
        )
