"""Queries that models of nearest neighbours answer: the k nearest, and those within a radius."""

import numbers

import numpy as np

from .._core.domains import one_of
from .._core.errors import InvalidParameterError
from .._core.parallel import n_threads
from .._core.sparse import as_interface
from ._search import Neighbors

_MODES = one_of("connectivity", "distance")


class KNeighbors(Neighbors):
    """The k nearest rows of each query."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """Find the nearest rows of fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), default=None
            Or distances, of shape (n_queries, n_samples_fit), for metric="precomputed". None
            is the rows of fit, none of which is then its own neighbour.
        n_neighbors : int, default=None
            How many; None is the parameter of the model.
        return_distance : bool, default=True
            Whether to return distances too.

        Returns
        -------
        distance : ndarray of shape (n_queries, n_neighbors)
            Ascending; only with `return_distance`.
        index : ndarray of int, shape (n_queries, n_neighbors)
            Rows of fit; of those equally far the first come first.

        Raises
        ------
        ValueError
            For more neighbours than there are.
        """
        queries = self._queries(X)
        k = self._wanted(n_neighbors)
        own = X is None
        if k + own > self.n_samples_fit_:
            raise ValueError(
                f"Expected n_neighbors {'<' if own else '<='} n_samples_fit, but n_neighbors = {k}"
                f", n_samples_fit = {self.n_samples_fit_}, n_samples = {queries.shape[0]}"
            )
        distance, index = self._index.nearest(queries, k + own, n_threads=n_threads(self.n_jobs))
        if own:
            distance, index = _without_self(distance, index)
        index = index.astype(np.intp, copy=False)
        return (distance, index) if return_distance else index

    def _wanted(self, n_neighbors):
        if n_neighbors is None:
            return self.n_neighbors
        if not isinstance(n_neighbors, numbers.Integral):
            raise TypeError(
                f"n_neighbors={n_neighbors!r} is a {type(n_neighbors).__name__}: pass an integer"
            )
        if n_neighbors <= 0:
            raise ValueError(f"Expected n_neighbors > 0. Got {n_neighbors}")
        return int(n_neighbors)

    def kneighbors_graph(self, X=None, n_neighbors=None, mode="connectivity"):
        """Connect each query with its nearest rows of fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), default=None
            As in `kneighbors`.
        n_neighbors : int, default=None
            As in `kneighbors`.
        mode : {"connectivity", "distance"}, default="connectivity"
            What is stored: ones or distances.

        Returns
        -------
        CSR matrix of shape (n_queries, n_samples_fit)
            Entries of a row by distance.
        """
        _check_mode(mode, f"{type(self).__name__}.kneighbors_graph")
        distance, index = self.kneighbors(X, n_neighbors)
        data = np.ones(index.size) if mode == "connectivity" else distance.ravel()
        indptr = np.arange(0, index.size + 1, max(index.shape[1], 1))
        return _graph(data, index.ravel(), indptr, (len(index), self.n_samples_fit_))


class RadiusNeighbors(Neighbors):
    """The rows within a radius of each query."""

    def _within(self, X, radius=None, by="index"):
        """Rows within reach as ``indptr, distance, index``."""
        queries = self._queries(X)
        radius = self.radius if radius is None else radius
        indptr, distance, index = self._index.within(
            queries, radius, by=by, n_threads=n_threads(self.n_jobs)
        )
        if X is None:
            row = np.repeat(np.arange(queries.shape[0]), np.diff(indptr))
            other = index != row
            indptr = np.concatenate([[0], np.cumsum(other)])[indptr]
            distance, index = distance[other], index[other]
        return indptr, distance, index.astype(np.intp, copy=False)

    def radius_neighbors(self, X=None, radius=None, return_distance=True, sort_results=False):
        """Find the rows of fit within a radius.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), default=None
            Or distances, of shape (n_queries, n_samples_fit), for metric="precomputed". None
            is the rows of fit, none of which is then its own neighbour.
        radius : float, default=None
            None is the parameter of the model. Rows at just that distance count.
        return_distance : bool, default=True
            Whether to return distances too.
        sort_results : bool, default=False
            Sort the rows by distance, which needs `return_distance`; else they are by position.

        Returns
        -------
        distance : ndarray of shape (n_queries,) of arrays
            Only with `return_distance`.
        index : ndarray of shape (n_queries,) of arrays of int
            Rows of fit.
        """
        if sort_results and not return_distance and self.metric != "precomputed":
            raise InvalidParameterError(
                "radius_neighbors: return_distance must be True if sort_results is"
            )
        by = "distance" if sort_results or self.metric == "precomputed" else "index"
        indptr, distance, index = self._within(X, radius, by)
        index = in_rows(index, indptr)
        return (in_rows(distance, indptr), index) if return_distance else index

    def radius_neighbors_graph(self, X=None, radius=None, mode="connectivity", sort_results=False):
        """Connect each query with the rows of fit within a radius.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), default=None
            As in `radius_neighbors`.
        radius : float, default=None
            As in `radius_neighbors`.
        mode : {"connectivity", "distance"}, default="connectivity"
            What is stored: ones or distances.
        sort_results : bool, default=False
            Sort the entries of a row by distance, with mode="distance"; else they are by column.

        Returns
        -------
        CSR matrix of shape (n_queries, n_samples_fit)
        """
        _check_mode(mode, f"{type(self).__name__}.radius_neighbors_graph")
        by = "distance" if sort_results and mode == "distance" else "index"
        indptr, distance, index = self._within(X, radius, by)
        data = np.ones(len(index)) if mode == "connectivity" else distance
        return _graph(data, index, indptr, (len(indptr) - 1, self.n_samples_fit_))


def _check_mode(mode, where):
    if not _MODES.admits(mode):
        raise InvalidParameterError(
            f"{where}: mode must be 'connectivity' or 'distance', got {mode!r}"
        )


def _without_self(distance, index):
    """Leave out of k + 1 neighbours the row itself, or the first where others hide it."""
    own = index == np.arange(len(index))[:, None]
    own[~own.any(axis=1), 0] = True
    shape = (len(index), index.shape[1] - 1)
    return distance[~own].reshape(shape), index[~own].reshape(shape)


def _graph(data, indices, indptr, shape):
    from scipy.sparse import csr_matrix

    return as_interface(csr_matrix((data, indices, indptr), shape=shape))


def in_rows(values, indptr):
    """Values of each row as an array of its own, in an array of objects."""
    out = np.empty(len(indptr) - 1, dtype=object)
    for row, part in enumerate(np.split(values, indptr[1:-1]) if len(out) else ()):
        out[row] = part
    return out
