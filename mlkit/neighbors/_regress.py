"""Regression by the mean of neighbours."""

import warnings

import numpy as np

from .._core.domains import at_least, integer
from .._core.params import param
from .._core.roles import Regressor
from .._core.tags import Traits
from . import _weights
from ._queries import KNeighbors, RadiusNeighbors, in_rows
from ._search import Neighbors


class _Regression(Regressor, Neighbors):
    """A regressor that keeps the targets of its rows."""

    traits = Traits(sparse=("csr",), order="C", multi_output=True)

    def fit(self, X, y):
        """Keep the rows and their targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric="precomputed"; or a fitted
            tree or model, whose index is taken over.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        self
        """
        self._fit_targets(X, y)
        return self

    def _fit_targets(self, X, y):
        self._y = self._fit_rows_and_y(X, y)


class KNeighborsRegressor(_Regression, KNeighbors):
    """Mean of the targets of the k nearest rows: ``ŷ(x) = Σ wᵢ yᵢ / Σ wᵢ``.

    Examples
    --------
    >>> from mlkit.neighbors import KNeighborsRegressor
    >>> model = KNeighborsRegressor(n_neighbors=2).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.5]])
    array([0.5])
    """

    n_neighbors: int = param(5, integer(1), "Neighbours to take the mean of.", kw_only=False)
    weights: object = _weights.weights

    def predict(self, X):
        """Predict the mean of the targets of the nearest rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), or None
            Or distances for metric="precomputed". None predicts each row of fit from the others.

        Returns
        -------
        ndarray of shape (n_queries,) or (n_queries, n_outputs)
        """
        distance, index = self.kneighbors(X)
        weight = _weights.of_nearest(self.weights, distance)
        near = self._y[index]
        if weight is None:
            return near.mean(axis=1)
        if near.ndim == 3:
            return np.einsum("ik,iko->io", weight, near) / weight.sum(axis=1)[:, None]
        return np.einsum("ik,ik->i", weight, near) / weight.sum(axis=1)


class RadiusNeighborsRegressor(_Regression, RadiusNeighbors):
    """Mean of the targets of the rows within a radius: ``ŷ(x) = Σ wᵢ yᵢ / Σ wᵢ``.

    Examples
    --------
    >>> from mlkit.neighbors import RadiusNeighborsRegressor
    >>> model = RadiusNeighborsRegressor(radius=1.0).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.5]])
    array([0.5])
    """

    radius: float = param(1.0, at_least(0), "How far neighbours may be.", kw_only=False)
    weights: object = _weights.weights

    def predict(self, X):
        """Predict the mean of the targets of the rows within reach.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), or None
            Or distances for metric="precomputed". None predicts each row of fit from the others.

        Returns
        -------
        ndarray of shape (n_queries,) or (n_queries, n_outputs)
            NaN where there is no row within reach.

        Warns
        -----
        UserWarning
            Where there is none.
        """
        indptr, distance, index = self._within(X)
        weight = _weights.of_rows(self.weights, distance, indptr, in_rows)
        y = self._y.reshape(len(self._y), -1)
        out = np.empty((len(indptr) - 1, y.shape[1]))
        total = _sums(np.ones(len(index)) if weight is None else weight, indptr)
        with np.errstate(invalid="ignore", divide="ignore"):
            for j in range(y.shape[1]):
                part = y[index, j] if weight is None else weight * y[index, j]
                out[:, j] = _sums(part, indptr) / total
        empty = indptr[1:] == indptr[:-1]
        if empty.any():
            out[empty] = np.nan
            warnings.warn(
                f"{type(self).__name__}: {empty.sum()} rows have no neighbors within specified "
                f"radius {self.radius}; predicting NaN",
                UserWarning,
                stacklevel=2,
            )
        return out if self._y.ndim == 2 else out[:, 0]


def _sums(values, indptr):
    """Sums of the values of each row."""
    row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    return np.bincount(row, weights=values, minlength=len(indptr) - 1)
