"""Nearest neighbours without a target."""

from .._core.domains import at_least, integer, none
from .._core.params import param
from ._queries import KNeighbors, RadiusNeighbors


class NearestNeighbors(KNeighbors, RadiusNeighbors):
    """Search for the rows nearest to others: the k nearest, or those within a radius.

    Examples
    --------
    >>> from mlkit.neighbors import NearestNeighbors
    >>> search = NearestNeighbors(n_neighbors=2).fit([[0.0], [1.0], [3.0]])
    >>> distance, index = search.kneighbors([[2.5]])
    >>> distance.tolist(), index.tolist()
    ([[0.5, 1.5]], [[2, 1]])
    """

    n_neighbors: int = param(5, integer(1) | none, "Neighbours that `kneighbors` finds.")
    radius: float = param(1.0, at_least(0) | none, "Reach of `radius_neighbors`.")

    def fit(self, X, y=None):
        """Build the index.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric="precomputed"; or a fitted
            tree or model, whose index is taken over.
        y : ignored

        Returns
        -------
        self
        """
        self._fit_rows(X)
        return self
