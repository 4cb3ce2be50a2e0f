"""Clusters around rows that the others elect."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.domains import array_like, between, boolean, integer, none, one_of, real
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.roles import Clusterer
from .._core.seeds import check_random_state
from .._core.shared import max_iter, random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.neighbors.exemplars import elect
from .._engine.neighbors.pairwise import euclidean
from ._centroids import say


def _all_alike(S, preference):
    """Whether all similarities of different rows are equal, and all preferences."""
    apart = S[~np.eye(len(S), dtype=bool)]
    return bool((preference == preference.flat[0]).all() and (apart == apart[:1]).all())


def _propagate(S, preference, options):
    """Exemplars, labels and rounds from a similarity that may be changed."""
    n = len(S)
    preference = np.asarray(np.median(S) if preference is None else preference)
    if n == 1 or _all_alike(S, preference):
        warnings.warn(
            "All samples have mutually equal similarities: either each is its own cluster, or the "
            "first stands for all",
            UserWarning,
            stacklevel=4,
        )
        if preference.flat[0] > S.flat[n - 1 if n > 1 else 0]:
            return np.arange(n), np.arange(n), 0
        return np.array([0]), np.zeros(n, dtype=int), 0
    S[np.diag_indices(n)] = preference
    exemplars, labels, n_iter, converged = elect(S, **options)
    if not converged:
        what = (
            "this model may return degenerate cluster centers and labels"
            if len(exemplars)
            else "this model will not have any cluster centers"
        )
        warnings.warn(
            f"Affinity propagation did not converge in {n_iter} rounds, {what}: raise max_iter or "
            "damping",
            twin(ConvergenceWarning),
            stacklevel=4,
        )
    return exemplars, labels, n_iter


class AffinityPropagation(Clusterer, Estimator):
    """Clusters around exemplars, rows that others elect by passing messages.

    How many there are follows from `preference`: the higher, the more. Time and memory grow with
    the square of the number of rows (B. J. Frey and D. Dueck, "Clustering by passing messages
    between data points", Science 315, 2007).

    Examples
    --------
    >>> from mlkit.cluster import AffinityPropagation
    >>> X = [[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [4.0, 2.0], [4.0, 4.0], [4.0, 0.0]]
    >>> model = AffinityPropagation(random_state=5).fit(X)
    >>> model.labels_.tolist(), model.cluster_centers_.tolist()
    ([0, 0, 0, 1, 1, 1], [[1.0, 2.0], [4.0, 2.0]])
    """

    traits = Traits(sparse=("csr",))

    damping: float = param(0.5, between(0.5, 1, "left"), "Share of the old message in the new one.")
    max_iter: int = max_iter(200, "Rounds of messages at most.")
    convergence_iter: int = param(
        15, integer(1), "Rounds without a change of the exemplars after which to stop."
    )
    copy: bool = param(True, boolean, "Whether to leave a given matrix of similarities as it is.")
    preference: object = param(
        None,
        array_like | real | none,
        "How much each row wants to be an exemplar; None is the median of the similarities.",
    )
    affinity: str = param(
        "euclidean",
        one_of("euclidean", "precomputed"),
        'Similarity of rows: minus the squared distance, or X itself with "precomputed".',
    )
    verbose: bool = param(False, boolean, "Whether to tell how it ended.")
    random_state: object = random_state

    cluster_centers_indices_ = fitted("(n_clusters,)", "Rows that are exemplars.")
    cluster_centers_ = fitted("(n_clusters, n_features)", "Their values, unless precomputed.")
    labels_ = fitted("(n_samples,)", "Cluster of each row; −1 where there are no exemplars.")
    affinity_matrix_ = fitted("(n_samples, n_samples)", "Similarities.")
    n_iter_ = fitted("int", "Rounds run.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.affinity == "precomputed"
        tags.input_tags.sparse = self.affinity != "precomputed"
        return tags

    def fit(self, X, y=None):
        """Find the exemplars.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or similarities, of shape (n_samples, n_samples), with affinity "precomputed".
        y : ignored

        Returns
        -------
        self

        Warns
        -----
        ConvergenceWarning
            If the exemplars still changed after `max_iter` rounds.
        """
        known = self.affinity == "precomputed"
        X = self._check_fit(X, **({"sparse": ()} if known else {}))
        if known and X.shape[0] != X.shape[1]:
            raise ValueError(
                f"{type(self).__name__}: The matrix of similarities must be a square array. Got "
                f"{X.shape} instead."
            )
        if known:
            self.affinity_matrix_ = X.copy() if self.copy else X
        else:
            self.affinity_matrix_ = -euclidean(X, X, squared=True)
        preference = self.preference
        if preference is not None and np.ndim(preference):
            preference = check_array(preference, ensure_2d=False, input_name="preference")
            if preference.shape != (X.shape[0],):
                raise ValueError(
                    f"{type(self).__name__}: preference has shape {preference.shape}; one number, "
                    f"or shape {(X.shape[0],)}, is needed"
                )
        S = self.affinity_matrix_.copy() if self.copy else self.affinity_matrix_
        options = {
            "damping": self.damping,
            "max_iter": self.max_iter,
            "settled_for": self.convergence_iter,
            "rng": check_random_state(self.random_state),
            "report": say if self.verbose else None,
        }
        found = _propagate(S, preference, options)
        self.cluster_centers_indices_, self.labels_, self.n_iter_ = found
        vars(self).pop("cluster_centers_", None)
        if not known:
            self.cluster_centers_ = X[self.cluster_centers_indices_].copy()
        return self

    def predict(self, X):
        """Return the cluster of each row: that of the nearest exemplar.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int, shape (n_samples,)
            −1 where there are no exemplars.

        Raises
        ------
        ValueError
            With affinity "precomputed".
        """
        check_is_fitted(self)
        X = self._check_X(X)
        centers = getattr(self, "cluster_centers_", None)
        if centers is None:
            raise ValueError(
                f"{type(self).__name__}: predict is not supported when affinity='precomputed', "
                "where exemplars have no values"
            )
        if centers.shape[0] == 0:
            warnings.warn(
                "This model does not have any cluster centers because affinity propagation did "
                "not converge: every row is labelled -1",
                twin(ConvergenceWarning),
                stacklevel=2,
            )
            return np.full(X.shape[0], -1)
        if issparse(X) and not issparse(centers):
            X = X.toarray()
        centers = centers.toarray() if issparse(centers) and not issparse(X) else centers
        return euclidean(X, centers, squared=True).argmin(axis=1)

    def fit_predict(self, X, y=None):
        """Find the exemplars and return the cluster of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        return super().fit_predict(X, y)


@checked(S=array_like, return_n_iter=boolean)
def affinity_propagation(
    S,
    *,
    preference=None,
    convergence_iter=15,
    max_iter=200,
    damping=0.5,
    copy=True,
    verbose=False,
    return_n_iter=False,
    random_state=None,
):
    """Affinity propagation as a function of similarities.

    Parameters
    ----------
    S : array-like of shape (n_samples, n_samples)
        Similarities; with ``copy=False`` overwritten.
    preference, convergence_iter, max_iter, damping, copy, verbose, random_state
        As in `AffinityPropagation`.
    return_n_iter : bool, default=False
        Whether to return the number of rounds too.

    Returns
    -------
    cluster_centers_indices : ndarray of int, shape (n_clusters,)
    labels : ndarray of int, shape (n_samples,)
    n_iter : int
        With `return_n_iter`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.cluster import affinity_propagation
    >>> x = np.array([1.0, 1.2, 5.0, 5.3])
    >>> affinity_propagation(-(x - x[:, None]) ** 2, random_state=0)[1].tolist()
    [0, 0, 1, 1]
    """
    model = AffinityPropagation(
        damping=damping,
        max_iter=max_iter,
        convergence_iter=convergence_iter,
        copy=copy,
        preference=preference,
        affinity="precomputed",
        verbose=verbose,
        random_state=random_state,
    ).fit(S)
    found = model.cluster_centers_indices_, model.labels_
    return (*found, model.n_iter_) if return_n_iter else found
