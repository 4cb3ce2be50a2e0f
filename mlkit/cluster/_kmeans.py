"""k-means clustering."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_sample_weight
from .._core.domains import array_like, boolean, integer, none, sparse_matrix
from .._core.domains import random_state as seed
from .._core.errors import ConvergenceWarning, twin
from .._core.params import checked, fitted
from .._core.seeds import check_random_state
from .._core.sparse import issparse, narrow_index
from .._engine.neighbors.lloyd import lloyd, plus_plus, points_of
from ._centroids import Centroids, algorithm, copy_x, say


class centred:
    """Context in which dense rows have mean 0: a copy, or with `in_place` the caller's own."""

    def __init__(self, X, in_place):
        self.X, self.shift, self.restored = X, None, None
        if issparse(X):
            return
        self.shift = X.mean(axis=0, dtype=np.float64).astype(X.dtype)
        if in_place and X.flags.writeable:
            X -= self.shift
            self.restored = X
        else:
            self.X = X - self.shift

    def __enter__(self):
        return self.X, self.shift

    def __exit__(self, *raised):
        if self.restored is not None:
            self.restored += self.shift


class KMeans(Centroids):
    """k-means: centres c that minimise ``Σᵢ wᵢ minₖ ‖xᵢ − cₖ‖²``, by Lloyd's rounds.

    A round labels each row with its nearest centre and moves the centres to the means of their
    rows (S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory
    28, 1982). Rounds end where no label changes, or the centres hardly move. A cluster that loses
    all its rows takes the row that is farthest from its centre. Seeds are those of k-means++
    (Arthur and Vassilvitskii, SODA 2007); bounds are Hamerly's (SDM 2010), kept for blocks of
    centres as in Yinyang k-means (Ding et al., ICML 2015). Labels and centres are the same, to the
    bit, for any number of threads.

    Examples
    --------
    >>> from mlkit.cluster import KMeans
    >>> model = KMeans(2, random_state=0).fit([[1.0], [2.0], [10.0], [11.0]])
    >>> sorted(model.cluster_centers_.ravel().tolist())
    [1.5, 10.5]
    >>> model.inertia_
    1.0
    """

    copy_x: bool = copy_x
    algorithm: str = algorithm

    n_iter_ = fitted("int", "Rounds run.")

    def fit(self, X, y=None, sample_weight=None):
        """Find the centres.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self

        Warns
        -----
        ConvergenceWarning
            If fewer clusters than `n_clusters` have rows.
        RuntimeWarning
            If `n_init` or `algorithm` make no sense with the other parameters.
        """
        X = self._check_fit(X)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        self._check_n_rows(X)
        given, n_starts = self._given_centres(X), self._n_starts()
        by_bounds = self._uses_bounds()
        rng, tol = check_random_state(self.random_state), self._scaled_tol(X)
        report = say if self.verbose else None
        best = None
        with centred(X, not self.copy_x) as (rows, shift):
            points = points_of(rows, weight)
            if given is not None and shift is not None:
                given -= shift
            for _ in range(n_starts):
                first = self._first_centres(points, given, rng)
                if report is not None:
                    report("Initialization complete")
                found = lloyd(
                    points,
                    first,
                    max_iter=self.max_iter,
                    tol=tol,
                    by_bounds=by_bounds,
                    report=report,
                )
                # Better by rounding alone is not better.
                if best is None or (
                    found.inertia < best.inertia and not found.same_partition(best)
                ):
                    best = found
        self._store(best, shift)
        return self

    def _uses_bounds(self):
        if self.algorithm != "elkan":
            return False
        if self.n_clusters == 1:
            warnings.warn(
                f"{type(self).__name__}: algorithm='elkan' doesn't make sense for a single "
                "cluster; 'lloyd' is used",
                RuntimeWarning,
                stacklevel=3,
            )
        return self.n_clusters > 1

    def _store(self, best, shift):
        centres = best.centres if shift is None else best.centres + shift
        self.cluster_centers_, self.labels_ = centres, best.labels
        self.inertia_, self.n_iter_ = best.inertia, best.n_iter
        n_found = len(np.unique(best.labels))
        if n_found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({n_found}) found smaller than n_clusters "
                f"({self.n_clusters}): X may have duplicate rows. Lower n_clusters.",
                twin(ConvergenceWarning),
                stacklevel=3,
            )


@checked(
    X=array_like | sparse_matrix,
    n_clusters=integer(1),
    sample_weight=array_like | none,
    return_n_iter=boolean,
)
def k_means(
    X,
    n_clusters,
    *,
    sample_weight=None,
    init="k-means++",
    n_init="auto",
    max_iter=300,
    verbose=False,
    tol=1e-4,
    random_state=None,
    copy_x=True,
    algorithm="lloyd",
    return_n_iter=False,
):
    """k-means as a function: centres that minimise ``Σᵢ wᵢ minₖ ‖xᵢ − cₖ‖²``.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    n_clusters : int
    sample_weight : array-like of shape (n_samples,), default=None
    init, n_init, max_iter, verbose, tol, random_state, copy_x, algorithm
        As in `KMeans`.
    return_n_iter : bool, default=False
        Whether to return the number of rounds too.

    Returns
    -------
    centroid : ndarray of shape (n_clusters, n_features)
    label : ndarray of int32, shape (n_samples,)
    inertia : float
    best_n_iter : int
        With `return_n_iter`.

    Examples
    --------
    >>> from mlkit.cluster import k_means
    >>> centroid, label, inertia = k_means([[1.0], [2.0], [10.0], [11.0]], 2, random_state=0)
    >>> inertia
    1.0
    """
    model = KMeans(
        n_clusters,
        init=init,
        n_init=n_init,
        max_iter=max_iter,
        verbose=verbose,
        tol=tol,
        random_state=random_state,
        copy_x=copy_x,
        algorithm=algorithm,
    ).fit(X, sample_weight=sample_weight)
    found = model.cluster_centers_, model.labels_, model.inertia_
    return (*found, model.n_iter_) if return_n_iter else found


@checked(
    X=array_like | sparse_matrix,
    n_clusters=integer(1),
    sample_weight=array_like | none,
    x_squared_norms=array_like | none,
    random_state=seed,
    n_local_trials=integer(1) | none,
)
def kmeans_plusplus(
    X,
    n_clusters,
    *,
    sample_weight=None,
    x_squared_norms=None,
    random_state=None,
    n_local_trials=None,
):
    """Draw rows as first centres, each by its squared distance from those before.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    n_clusters : int
    sample_weight : array-like of shape (n_samples,), default=None
    x_squared_norms : array-like of shape (n_samples,), default=None
        Checked for its shape; distances are measured by differences and need no norms.
    random_state : None, int, RandomState or Generator, default=None
    n_local_trials : int, default=None
        Rows drawn for each centre, of which the best is kept; None is ``2 + ⌊log n_clusters⌋``.

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features)
    indices : ndarray of int, shape (n_clusters,)
        Rows of X that they are.

    Raises
    ------
    ValueError
        If X has fewer rows than `n_clusters`, or `x_squared_norms` another length.

    Examples
    --------
    >>> from mlkit.cluster import kmeans_plusplus
    >>> centers, indices = kmeans_plusplus([[1.0], [1.5], [9.0]], 2, random_state=0)
    >>> sorted(indices.tolist())[-1]
    2
    """
    X = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], order="C")
    X = narrow_index(X) if issparse(X) else X
    weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
    if X.shape[0] < n_clusters:
        raise ValueError(
            f"kmeans_plusplus: n_samples={X.shape[0]} should be >= n_clusters={n_clusters}"
        )
    if x_squared_norms is not None and np.shape(x_squared_norms) != (X.shape[0],):
        raise ValueError(
            f"kmeans_plusplus: The length of x_squared_norms {np.shape(x_squared_norms)} should be "
            f"equal to the length of n_samples {X.shape[0]}"
        )
    points = points_of(X, weight)
    rows = plus_plus(points, n_clusters, check_random_state(random_state), n_local_trials)
    return points.values(rows), rows
