"""What k-means and its kin share: seeds, prediction by the nearest centre, checks."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_sample_weight
from .._core.domains import array_like, boolean, callable_, integer, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Clusterer, PrefixedColumns, Transformer
from .._core.shared import max_iter, random_state, tol, verbose
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.mixture.counts import moments
from .._engine.neighbors.lloyd import labels_and_inertia, plus_plus, points_of
from .._engine.neighbors.pairwise import euclidean

KEPT = ("float64", "float32")


def say(line):
    """Print a line of progress."""
    print(line)


class Centroids(PrefixedColumns, Transformer, Clusterer, Estimator):
    """Clusters around centres: a row belongs to the nearest."""

    traits = Traits(sparse=("csr",), order="C", preserves=KEPT)

    # Starts where `n_init` is "auto" and seeds are random; k-means++ and given centres need one.
    _random_starts = 10

    n_clusters: int = param(8, integer(1), "Number of clusters.", kw_only=False)
    init: object = param(
        "k-means++",
        one_of("k-means++", "random") | callable_ | array_like,
        'First centres: rows drawn by their distances, rows drawn at random ("random"), an array, '
        "or a function of X, n_clusters and random_state.",
    )
    n_init: object = param(
        "auto",
        one_of("auto") | integer(1),
        'Starts, of which the best is kept; "auto" is one with k-means++ or given centres.',
    )
    max_iter: int = max_iter(300, "Rounds at most.")
    tol: float = tol(1e-4, "Sum of squared moves of centres, over the variance, at which to stop.")
    verbose: object = verbose
    random_state: object = random_state

    cluster_centers_ = fitted("(n_clusters, n_features)", "Centres.")
    labels_ = fitted("(n_samples,)", "Cluster of each row.")
    inertia_ = fitted("float", "Weighted sum of the squared distances from the centres.")

    @property
    def _n_features_out(self):
        return self.cluster_centers_.shape[0]

    # ------------------------------------------------------------------------- checks
    def _check_n_rows(self, X):
        if X.shape[0] < self.n_clusters:
            raise ValueError(
                f"{type(self).__name__}: n_samples={X.shape[0]} should be >= "
                f"n_clusters={self.n_clusters}"
            )

    def _given_centres(self, X):
        """An array of first centres, checked; None where they are found."""
        if isinstance(self.init, str) or callable(self.init):
            return None
        centres = check_array(self.init, dtype=X.dtype, copy=True, order="C", input_name="init")
        self._check_centres(X, centres, self.n_clusters)
        return centres

    def _check_centres(self, X, centres, k):
        if centres.shape != (k, X.shape[1]):
            raise ValueError(
                f"{type(self).__name__}: the initial centres have shape {centres.shape}, which "
                f"does not match (n_clusters, n_features) = {(k, X.shape[1])}"
            )

    def _n_starts(self):
        fixed = not isinstance(self.init, str) and not callable(self.init)
        if self.n_init == "auto":
            return 1 if fixed or self.init == "k-means++" else self._random_starts
        if fixed and self.n_init != 1:
            warnings.warn(
                f"{type(self).__name__}: init gives the centres, so all starts would be the same: "
                f"one is made instead of n_init={self.n_init}",
                RuntimeWarning,
                stacklevel=3,
            )
            return 1
        return self.n_init

    # -------------------------------------------------------------------------- seeds
    def _first_centres(self, points, given, rng, k=None, init_size=None):
        """First centres of one start."""
        k = self.n_clusters if k is None else k
        if given is not None:
            return given
        if init_size is not None and init_size < points.shape[0]:
            points = points.take(rng.randint(0, points.shape[0], init_size))
        n = points.shape[0]
        if n < k:
            raise ValueError(
                f"{type(self).__name__}: n_samples={n} should be larger than n_clusters={k}"
            )
        if callable(self.init):
            centres = self.init(points.X, k, random_state=rng)
            centres = check_array(centres, dtype=points.X.dtype, order="C", input_name="init")
            self._check_centres(points.X, centres, k)
            return centres
        if self.init == "k-means++":
            rows = plus_plus(points, k, rng)
        else:
            rows = rng.choice(n, size=k, replace=False, p=points.probability())
        return np.ascontiguousarray(points.values(rows))

    def _scaled_tol(self, X):
        """`tol` in units of the mean variance of the columns."""
        return self.tol * float(moments(X).variance.mean()) if self.tol else 0.0

    # --------------------------------------------------------------------- prediction
    def _points(self, X, weight=None):
        return points_of(X, weight)

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit to X and return the cluster of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def fit_transform(self, X, y=None, sample_weight=None):
        """Fit to X and return the distance of each row from each centre.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
        """
        return self.fit(X, sample_weight=sample_weight)._distances(self._check_X(X))

    def _distances(self, X):
        found = euclidean(X, self.cluster_centers_.astype(X.dtype, copy=False))
        return found.astype(X.dtype, copy=False)

    def transform(self, X):
        """Return the distance of each row from each centre.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
        """
        return self._distances(self._check_X(X))

    def predict(self, X):
        """Return the cluster of each row: that of the nearest centre.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        X = self._check_X(X)
        labels = np.zeros(X.shape[0], dtype=np.int32)
        shift, centres = self._about_origin(X)
        points_of(X if shift is None else X - shift).assign(centres, labels)
        return labels

    def score(self, X, y=None, sample_weight=None):
        """Return minus the weighted sum of squared distances from the nearest centres.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        X = self._check_X(X)
        weight = check_sample_weight(sample_weight, X)
        shift, centres = self._about_origin(X)
        points = points_of(X if shift is None else X - shift, weight)
        return -labels_and_inertia(points, centres)[1]

    def _about_origin(self, X):
        """A shift of the rows, and the centres under it, by which few digits cancel."""
        centres = self.cluster_centers_
        if issparse(X):
            return None, centres.astype(X.dtype, copy=False)
        shift = centres.mean(axis=0, dtype=np.float64)
        # Where the origin is no farther than the centres are apart, shifting would gain nothing.
        if shift @ shift <= 16 * np.square(centres - shift).sum(axis=1).max():
            return None, centres.astype(X.dtype, copy=False)
        shift = shift.astype(X.dtype)
        return shift, (centres - shift).astype(X.dtype, copy=False)


# Parameters of k-means proper.
copy_x = param(
    True,
    boolean,
    "Whether X stays as it is; with False it is centred in place and put back, so that it may "
    "change by rounding.",
)
algorithm = param(
    "lloyd",
    one_of("lloyd", "elkan"),
    '"lloyd" measures all distances in each round; "elkan" keeps bounds of them and skips what the '
    "triangle inequality rules out, which pays with many clusters and takes n_samples * "
    "n_clusters / 16 numbers. The clusters are the same.",
)
