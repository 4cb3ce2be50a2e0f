"""What all models of nearest neighbours share: the index made in fit, and queries of it."""

import warnings

from .._core import shared
from .._core.arrays import check_consistent_length, check_is_fitted
from .._core.domains import integer, mapping, none, one_of
from .._core.estimator import Estimator
from .._core.input import check_feature_names, check_n_features
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.neighbors.index import Known, Pairs, Rows, Sparse
from .._engine.neighbors.metric import metric_for
from ._metrics import (
    VALID_METRICS_SPARSE,
    check_algorithm,
    effective_metric,
    exponent_domain,
    metric_domain,
)
from ._precomputed import check_precomputed

# A tree pays from so many rows, and up to so many columns: beyond, nearly all leaves are visited.
_ROWS_FOR_TREE = 1000
_COLUMNS_FOR_TREE = 15
_SPARSE = {"euclidean": "euclidean", "l2": "euclidean", "cosine": "cosine"}
_SHAPES = {"kd_tree": "box", "ball_tree": "ball"}


def _is_searched(X):
    """Whether X is no data but a tree or a model, whose index can be taken over."""
    return hasattr(type(X), "_fit_method")


class Neighbors(Estimator):
    """Base of all models of nearest neighbours.

    "brute" measures every row; "kd_tree" and "ball_tree" leave out boxes or balls of rows that
    are too far. All give the same neighbours and distances: equally far rows rank by their
    position, the first first.
    """

    traits = Traits(sparse=("csr",), order="C")
    _fit_method = None

    algorithm: str = param(
        "auto",
        one_of("auto", "ball_tree", "kd_tree", "brute"),
        'How to search; results are the same. "auto" is a tree for many rows of up to 15 columns '
        "and a metric that allows it, else brute force; sparse X is always searched by that.",
    )
    leaf_size: int = param(30, integer(1), "Rows in a leaf of a tree, at least.")
    metric: object = param(
        "minkowski",
        metric_domain,
        'Distance of rows: a name, a function of two rows, a DistanceMetric, or "precomputed" for '
        "X that holds distances, dense or as a sparse graph of those that count.",
    )
    p: float = param(2, exponent_domain, 'Exponent of "minkowski": 1 is Manhattan, 2 Euclidean.')
    metric_params: object = param(None, mapping | none, "Further parameters of the metric.")
    n_jobs: int = shared.n_jobs

    effective_metric_ = fitted("str or callable", "The metric, by its plainest name.")
    effective_metric_params_ = fitted("dict", "What is left of its parameters.")
    n_samples_fit_ = fitted("int", "Rows seen.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        tags.input_tags.allow_nan = self.metric == "nan_euclidean"
        return tags

    # -------------------------------------------------------------------------------- fit
    def _check_rows(self, X, *, reset):
        """X as the metric needs it, against what fit saw unless `reset`."""
        if self.metric == "precomputed":
            self._check_names(X, reset)
            return check_precomputed(X, type(self).__name__)
        missing = self.metric == "nan_euclidean"
        if reset:
            return self._check_fit(X, missing=missing)
        return self._check_X(X, missing=missing) if missing else self._check_X(X)

    def _check_names(self, X, reset):
        check_feature_names(self, X, reset=reset)
        check_n_features(self, X, reset)

    def _fit_rows(self, X):
        """Check X and build the index."""
        self._check_params()
        if _is_searched(X):
            self._adopt(X)
            return X
        X = self._check_rows(X, reset=True)
        self._build(X)
        return X

    def _fit_rows_and_y(self, X, y):
        """Check X and y and build the index; return y."""
        if _is_searched(X) or self.metric == "precomputed":
            # Such X has rules of its own; y has not.
            self._fit_rows(X)
            y = self._check_y(y)
            check_consistent_length(self._fit_X, y)
            return y
        X, y = self._check_fit(X, y, missing=self.metric == "nan_euclidean")
        self._build(X)
        return y

    def _build(self, X):
        who = type(self).__name__
        metric, params = effective_metric(self.metric, self.p, self.metric_params, who)
        sparse = issparse(X)
        check_algorithm("auto" if sparse else self.algorithm, metric, params, who)
        if sparse:
            self._check_sparse(metric)
        if metric == "minkowski" and params["p"] < 1:
            warnings.warn(
                f"{who}: Minkowski with p={params['p']} < 1 is no metric, so that no tree can be "
                "used: algorithm='brute' is",
                UserWarning,
                stacklevel=4,
            )
        if metric == "precomputed" and X.shape[0] != X.shape[1]:
            raise ValueError(
                f"{who}: a precomputed distance matrix needs a row and a column for each sample "
                f"in fit; its shape is {X.shape}"
            )
        self.effective_metric_, self.effective_metric_params_ = metric, params
        self.n_samples_fit_ = X.shape[0]
        self._fit_X = X
        self._index = self._make_index(X, metric, params, sparse)

    def _check_sparse(self, metric):
        if self.algorithm not in ("auto", "brute"):
            warnings.warn(
                f"{type(self).__name__}: sparse X is searched by brute force, not by "
                f"algorithm={self.algorithm!r}",
                UserWarning,
                stacklevel=5,
            )
        if not callable(metric) and metric not in VALID_METRICS_SPARSE["brute"]:
            raise ValueError(
                f"Metric {metric!r} not valid for sparse input: use one of "
                f"{sorted(VALID_METRICS_SPARSE['brute'])} or a function, or X.toarray()"
            )

    def _make_index(self, X, metric, params, sparse):
        self._fit_method = "brute"
        if metric == "precomputed":
            return Known(X.shape[0])
        if sparse and metric in _SPARSE:
            return Sparse(X, _SPARSE[metric])
        own = None if sparse else metric_for(metric, params, X.shape[1])
        if own is None:
            self._fit_method = "ball_tree" if self.algorithm == "ball_tree" else "brute"
            return Pairs(X, metric, params)
        self._fit_method = self._chosen(own, X, metric)
        shape = _SHAPES.get(self._fit_method)
        return Rows(X, own, shape, self.leaf_size, n_threads=n_threads(self.n_jobs))

    def _chosen(self, own, X, metric):
        """The algorithm, where it is left to us."""
        if self.algorithm != "auto":
            return self.algorithm
        many = X.shape[0] >= _ROWS_FOR_TREE and X.shape[1] <= _COLUMNS_FOR_TREE
        few_wanted = (getattr(self, "n_neighbors", None) or 1) < X.shape[0] // 2
        if not (many and few_wanted and own.has_boxes):
            return "brute"
        return "kd_tree"

    def _adopt(self, fitted_one):
        """Take over the index of a model or tree that was fitted before."""
        if not hasattr(fitted_one, "_index"):
            check_is_fitted(fitted_one)
        index = fitted_one._index
        for name in ("effective_metric_", "effective_metric_params_", "_fit_method", "_fit_X"):
            setattr(self, name, getattr(fitted_one, name))
        self.n_samples_fit_ = index.n_rows
        self.n_features_in_ = self._fit_X.shape[1]
        self._index = index

    # ---------------------------------------------------------------------------- queries
    def _queries(self, X):
        """Rows to search for: those of fit for None."""
        check_is_fitted(self)
        if X is None:
            return self._fit_X
        X = self._check_rows(X, reset=False)
        if self.effective_metric_ == "precomputed" or issparse(X) == issparse(self._fit_X):
            return X
        if not issparse(X):
            from scipy.sparse import csr_array

            return csr_array(X)
        if self._fit_method != "brute":
            raise ValueError(
                f"{type(self).__name__} was fitted to dense X by {self._fit_method!r}, which "
                "takes no sparse X: use algorithm='brute' or X.toarray()"
            )
        return X.toarray()
