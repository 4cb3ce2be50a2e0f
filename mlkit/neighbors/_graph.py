"""Graphs of neighbours, as functions and as transformers."""

from .._core.arrays import check_is_fitted
from .._core.domains import (
    anything,
    at_least,
    boolean,
    integer,
    mapping,
    none,
    one_of,
)
from .._core.errors import InvalidParameterError
from .._core.params import checked, fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.tags import Traits
from ._metrics import exponent_domain, metric_domain
from ._nearest import NearestNeighbors
from ._queries import KNeighbors, RadiusNeighbors

_mode = one_of("connectivity", "distance")
_SHARED = {
    "X": anything,
    "mode": _mode,
    "metric": metric_domain,
    "p": exponent_domain,
    "metric_params": mapping | none,
    "include_self": boolean | one_of("auto"),
    "n_jobs": integer() | none,
}


def _search(X, metric, p, metric_params, n_jobs, **own):
    """A search fitted to X, or X itself where it is one of just these parameters."""
    if not isinstance(X, KNeighbors | RadiusNeighbors):
        model = NearestNeighbors(
            metric=metric, p=p, metric_params=metric_params, n_jobs=n_jobs, **own
        )
        return model.fit(X)
    asked = {"metric": metric, "p": p, "metric_params": metric_params}
    for name, value in asked.items():
        if getattr(X, name) != value:
            raise InvalidParameterError(
                f"{name}={value!r} disagrees with the fitted model, whose {name} is "
                f"{getattr(X, name)!r}: leave it out, or fit again"
            )
    return X


def _query(X, search, include_self, mode):
    """None leaves each row out of its own neighbours."""
    if include_self == "auto":
        include_self = mode == "connectivity"
    if not include_self:
        return None
    return search._fit_X


@checked(**_SHARED, n_neighbors=integer(1))
def kneighbors_graph(X, n_neighbors, *, mode="connectivity", metric="minkowski", p=2,
                     metric_params=None, include_self=False, n_jobs=None):  # fmt: skip
    """Connect each row with its nearest ones.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or a fitted model
    n_neighbors : int
        Neighbours of each row.
    mode : {"connectivity", "distance"}, default="connectivity"
        What is stored: ones or distances.
    metric : str, callable or DistanceMetric, default="minkowski"
    p : float, default=2
        Exponent of "minkowski".
    metric_params : dict, default=None
        Further parameters of the metric.
    include_self : bool or "auto", default=False
        Whether a row counts as its own neighbour; "auto" says yes for "connectivity" alone.
    n_jobs : int, default=None
        Threads.

    Returns
    -------
    CSR matrix of shape (n_samples, n_samples)

    Examples
    --------
    >>> from mlkit.neighbors import kneighbors_graph
    >>> kneighbors_graph([[0.0], [3.0], [1.0]], 1, mode="distance").toarray()
    array([[0., 0., 1.],
           [0., 0., 2.],
           [1., 0., 0.]])
    """
    search = _search(X, metric, p, metric_params, n_jobs, n_neighbors=n_neighbors)
    query = _query(X, search, include_self, mode)
    return search.kneighbors_graph(query, n_neighbors=n_neighbors, mode=mode)


@checked(**_SHARED, radius=at_least(0))
def radius_neighbors_graph(X, radius, *, mode="connectivity", metric="minkowski", p=2,
                           metric_params=None, include_self=False, n_jobs=None):  # fmt: skip
    """Connect each row with those within a radius.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or a fitted model
    radius : float
        How far neighbours may be.
    mode : {"connectivity", "distance"}, default="connectivity"
        What is stored: ones or distances.
    metric : str, callable or DistanceMetric, default="minkowski"
    p : float, default=2
        Exponent of "minkowski".
    metric_params : dict, default=None
        Further parameters of the metric.
    include_self : bool or "auto", default=False
        Whether a row counts as its own neighbour; "auto" says yes for "connectivity" alone.
    n_jobs : int, default=None
        Threads.

    Returns
    -------
    CSR matrix of shape (n_samples, n_samples)

    Examples
    --------
    >>> from mlkit.neighbors import radius_neighbors_graph
    >>> radius_neighbors_graph([[0.0], [3.0], [1.0]], 1.5).toarray()
    array([[0., 0., 1.],
           [0., 0., 0.],
           [1., 0., 0.]])
    """
    search = _search(X, metric, p, metric_params, n_jobs, radius=radius)
    query = _query(X, search, include_self, mode)
    return search.radius_neighbors_graph(query, radius, mode)


class _GraphOfRows(PrefixedColumns, Transformer):
    """A transformer of rows into a graph: as many columns as rows were seen in fit."""

    traits = Traits(sparse=("csr",), order="C", preserves=("float64",))

    n_samples_fit_ = fitted("int", "Rows seen, and columns of the graph.")

    def fit(self, X, y=None):
        """Build the index.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric="precomputed".
        y : ignored

        Returns
        -------
        self
        """
        self._fit_rows(X)
        self._n_features_out = self.n_samples_fit_
        return self

    def fit_transform(self, X, y=None):
        """Build the index and return the graph of its own rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        CSR matrix of shape (n_samples, n_samples)
            Each row is connected with itself, at distance 0.
        """
        return self.fit(X).transform(X)


class KNeighborsTransformer(_GraphOfRows, KNeighbors):
    """The graph of the k nearest rows, for models that take it in place of rows.

    With mode="distance" each row has one neighbour more than `n_neighbors`, since in
    ``fit_transform`` the first is the row itself.

    Examples
    --------
    >>> from mlkit.neighbors import KNeighborsTransformer
    >>> graph = KNeighborsTransformer(n_neighbors=1).fit_transform([[0.0], [3.0], [1.0]])
    >>> graph.toarray()
    array([[0., 0., 1.],
           [0., 0., 2.],
           [1., 0., 0.]])
    """

    mode: str = param("distance", _mode, "What is stored: ones or distances.")
    n_neighbors: int = param(5, integer(1), "Neighbours of each row.")

    def transform(self, X):
        """Connect each row with the nearest of fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        CSR matrix of shape (n_queries, n_samples_fit)
        """
        check_is_fitted(self)
        more = self.mode == "distance"
        return self.kneighbors_graph(X, self.n_neighbors + more, self.mode)


class RadiusNeighborsTransformer(_GraphOfRows, RadiusNeighbors):
    """The graph of the rows within a radius, for models that take it in place of rows.

    Examples
    --------
    >>> from mlkit.neighbors import RadiusNeighborsTransformer
    >>> graph = RadiusNeighborsTransformer(radius=1.5).fit_transform([[0.0], [3.0], [1.0]])
    >>> graph.toarray()
    array([[0., 0., 1.],
           [0., 0., 0.],
           [1., 0., 0.]])
    """

    mode: str = param("distance", _mode, "What is stored: ones or distances.")
    radius: float = param(1.0, at_least(0), "How far neighbours may be.")

    def transform(self, X):
        """Connect each row with those of fit within reach.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        CSR matrix of shape (n_queries, n_samples_fit)
        """
        check_is_fitted(self)
        return self.radius_neighbors_graph(X, mode=self.mode, sort_results=True)
