"""Clusters around the peaks of density."""

import warnings

import numpy as np

from .._core.arrays import check_array
from .._core.domains import above, array_like, at_least, between, boolean, integer, none
from .._core.domains import random_state as seed
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import checked, fitted, param
from .._core.roles import Clusterer
from .._core.seeds import check_random_state
from .._core.shared import n_jobs
from .._core.tags import Traits
from .._engine.neighbors.lloyd import labels_and_inertia, points_of
from .._engine.neighbors.shift import climb, peaks
from ._reach import index_of


@checked(
    X=array_like,
    quantile=between(0, 1),
    n_samples=integer(1) | none,
    random_state=seed,
    n_jobs=integer() | none,
)
def estimate_bandwidth(X, *, quantile=0.3, n_samples=None, random_state=0, n_jobs=None):
    """Mean distance from the rows to their k-th nearest, k being a share of all rows.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    quantile : float, default=0.3
        The share.
    n_samples : int, default=None
        Rows drawn at random for the estimate; None takes all.
    random_state : int, RandomState, Generator or None, default=0
    n_jobs : int, default=None

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.cluster import estimate_bandwidth
    >>> estimate_bandwidth([[0.0], [1.0], [2.0], [3.0]], quantile=0.5)
    1.0
    """
    X = check_array(X, dtype=[np.float64, np.float32])
    if n_samples is not None:
        X = X[check_random_state(random_state).permutation(len(X))[:n_samples]]
    k = max(1, int(len(X) * quantile))
    return float(
        index_of(X, "euclidean").nearest(X, k, n_threads=n_threads(n_jobs))[0][:, -1].mean()
    )


@checked(X=array_like, bin_size=at_least(0), min_bin_freq=integer(1))
def get_bin_seeds(X, bin_size, min_bin_freq=1):
    """Points of a grid with enough rows nearest to them.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    bin_size : float
        Width of the grid; 0 returns X.
    min_bin_freq : int, default=1
        Rows that are enough.

    Returns
    -------
    ndarray of shape (n_seeds, n_features)
        X where there would be as many.

    Examples
    --------
    >>> from mlkit.cluster import get_bin_seeds
    >>> get_bin_seeds([[0.1], [0.2], [3.0]], 1.0).tolist()
    [[0.0], [3.0]]
    """
    if bin_size == 0:
        return X
    X = check_array(X, dtype=[np.float64, np.float32])
    cells, first, count = np.unique(
        np.round(X / bin_size) + 0.0, axis=0, return_index=True, return_counts=True
    )
    kept = count >= min_bin_freq
    if kept.sum() == len(X):
        warnings.warn(
            f"Binning data failed with provided bin_size={bin_size}: each row has a bin of its "
            "own, so that the rows themselves are the seeds",
            UserWarning,
            stacklevel=2,
        )
        return X
    order = np.argsort(first[kept])
    return (cells[kept][order] * bin_size).astype(X.dtype, copy=False)


class MeanShift(Clusterer, Estimator):
    """Clusters around the points where the mean of the rows within `bandwidth` is the point itself.

    Seeds climb to the mean of the rows around them until they rest; of points that rest within
    `bandwidth` of one another the one with most rows stays (D. Comaniciu and P. Meer, "Mean shift:
    a robust approach toward feature space analysis", IEEE Transactions on Pattern Analysis and
    Machine Intelligence 24, 2002).

    Examples
    --------
    >>> from mlkit.cluster import MeanShift
    >>> X = [[1.0, 1.0], [2.0, 1.0], [1.0, 0.0], [4.0, 7.0], [3.0, 5.0], [3.0, 6.0]]
    >>> model = MeanShift(bandwidth=2).fit(X)
    >>> model.labels_.tolist(), model.predict([[0.0, 0.0], [5.0, 5.0]]).tolist()
    ([1, 1, 1, 0, 0, 0], [1, 0])
    """

    traits = Traits(order="C")

    bandwidth: object = param(
        None, above(0) | none, "Radius of the mean; None is that of `estimate_bandwidth`."
    )
    seeds: object = param(None, array_like | none, "Where to begin; None is at the rows.")
    bin_seeding: bool = param(
        False, boolean, "Whether to begin at points of a grid of width `bandwidth` instead."
    )
    min_bin_freq: int = param(1, integer(1), "Rows that make a point of the grid a seed.")
    cluster_all: bool = param(
        True, boolean, "Whether rows farther than `bandwidth` from all centres are labelled too."
    )
    n_jobs: int = n_jobs
    max_iter: int = param(300, integer(0), "Steps of a seed at most.")

    cluster_centers_ = fitted("(n_clusters, n_features)", "Centres, those with most rows first.")
    labels_ = fitted("(n_samples,)", "Cluster of each row; −1 is far from all.")
    n_iter_ = fitted("int", "Steps of the seed that took most.")

    def fit(self, X, y=None):
        """Find the centres.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no seed has a row within `bandwidth`.
        """
        X = self._check_fit(X)
        bandwidth = self.bandwidth
        if bandwidth is None:
            bandwidth = estimate_bandwidth(X, n_jobs=self.n_jobs)
        if self.seeds is not None:
            seeds = check_array(self.seeds, dtype=X.dtype, input_name="seeds")
        else:
            seeds = get_bin_seeds(X, bandwidth, self.min_bin_freq) if self.bin_seeding else X
        threads = n_threads(self.n_jobs)
        index = index_of(X, "euclidean", n_jobs=self.n_jobs)
        found, count, self.n_iter_ = climb(X, index, seeds, bandwidth, self.max_iter, threads)
        if not len(found):
            raise ValueError(
                f"{type(self).__name__}: No point was within bandwidth={bandwidth} of any seed. "
                "Choose other seeds or a larger bandwidth"
            )
        kept = peaks(found, count, bandwidth)
        self.cluster_centers_ = found[kept].astype(X.dtype, copy=False)
        labels, _ = labels_and_inertia(points_of(X), self.cluster_centers_)
        self.labels_ = labels.astype(np.intp)
        if not self.cluster_all:
            squares = points_of(X).own_squares(self.cluster_centers_, labels)
            self.labels_[squares > bandwidth * bandwidth] = -1
        return self

    def predict(self, X):
        """Return the cluster of each row: that of the nearest centre.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        X = self._check_X(X)
        labels, _ = labels_and_inertia(points_of(X), self.cluster_centers_)
        return labels.astype(np.intp)

    def fit_predict(self, X, y=None):
        """Find the centres and return the cluster of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        return super().fit_predict(X, y)


@checked(X=array_like)
def mean_shift(
    X,
    *,
    bandwidth=None,
    seeds=None,
    bin_seeding=False,
    min_bin_freq=1,
    cluster_all=True,
    max_iter=300,
    n_jobs=None,
):
    """Mean shift as a function.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    bandwidth, seeds, bin_seeding, min_bin_freq, cluster_all, max_iter, n_jobs
        As in `MeanShift`.

    Returns
    -------
    cluster_centers : ndarray of shape (n_clusters, n_features)
    labels : ndarray of int, shape (n_samples,)

    Examples
    --------
    >>> from mlkit.cluster import mean_shift
    >>> mean_shift([[0.0], [1.0], [9.0]], bandwidth=2)[1].tolist()
    [0, 0, 1]
    """
    model = MeanShift(
        bandwidth=bandwidth,
        seeds=seeds,
        bin_seeding=bin_seeding,
        min_bin_freq=min_bin_freq,
        cluster_all=cluster_all,
        n_jobs=n_jobs,
        max_iter=max_iter,
    ).fit(X)
    return model.cluster_centers_, model.labels_
