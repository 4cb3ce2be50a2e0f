"""Outliers by local density."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.available import available_if
from .._core.domains import between, boolean, integer, one_of
from .._core.params import fitted, param
from .._core.roles import OutlierDetector
from .._core.tags import Traits
from ._queries import KNeighbors

# Keeps the density of rows among many copies of themselves finite.
_LEAST_REACH = 1e-10


def _finds_novelties(model):
    if not model.novelty:
        raise AttributeError(
            "scores of new rows are not available when novelty=False: set novelty=True, or use "
            "fit_predict and negative_outlier_factor_ for the rows of fit"
        )
    return True


def _labels_rows_of_fit(model):
    if model.novelty:
        raise AttributeError(
            "fit_predict is not available when novelty=True: set novelty=False to label the rows "
            "of fit"
        )
    return True


class LocalOutlierFactor(OutlierDetector, KNeighbors):
    """Outliers are rows whose neighbours lie in denser places than they do.

    Reachability ``r(x, o) = max(d(x, o), d_k(o))``, with the distance ``d_k`` of the k-th
    neighbour; density ``l(x) = 1 / mean r(x, o)`` over the k neighbours o of x; the factor is
    ``mean l(o) / l(x)``: about 1 inside, more outside.

    References
    ----------
    M. M. Breunig, H.-P. Kriegel, R. T. Ng, J. Sander, "LOF: identifying density-based local
    outliers", SIGMOD (2000).

    Examples
    --------
    >>> from mlkit.neighbors import LocalOutlierFactor
    >>> model = LocalOutlierFactor(n_neighbors=2)
    >>> model.fit_predict([[-1.1], [0.2], [101.1], [0.3]])
    array([ 1,  1, -1,  1])
    >>> model.negative_outlier_factor_.round(2)
    array([ -0.98,  -1.04, -73.37,  -0.98])
    """

    traits = Traits(sparse=("csr",), order="C", preserves=("float64", "float32"))

    n_neighbors: int = param(
        20,
        integer(1),
        "Neighbours; all rows but one where there are fewer.",
        kw_only=False,
    )
    contamination: object = param(
        "auto",
        one_of("auto") | between(0, 0.5, "right"),
        'Share of outliers among the rows of fit; "auto" puts the limit at a factor of 1.5.',
    )
    novelty: bool = param(
        False,
        boolean,
        "Whether new rows are judged, by predict, rather than those of fit, by fit_predict.",
    )

    negative_outlier_factor_ = fitted("(n_samples,)", "Factors of the rows of fit, negated.")
    n_neighbors_ = fitted("int", "Neighbours used.")
    offset_ = fitted("float", "Limit: what scores below it is an outlier.")

    def fit(self, X, y=None):
        """Find the factors of the rows.

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
        n = self.n_samples_fit_
        if self.n_neighbors > n:
            warnings.warn(
                f"LocalOutlierFactor(n_neighbors={self.n_neighbors}): there are {n} rows; "
                "n_neighbors will be set to (n_samples - 1) for estimation",
                UserWarning,
                stacklevel=2,
            )
        self.n_neighbors_ = max(1, min(self.n_neighbors, n - 1))
        distance, index = self.kneighbors(n_neighbors=self.n_neighbors_)
        dtype = np.float32 if self._fit_X.dtype == np.float32 else np.float64
        # In double precision as far as the scores: a density is the inverse of a mean.
        self._reach = distance[:, -1].copy()
        self._density = self._density_of(distance, index)
        factor = (self._density[index] / self._density[:, None]).mean(axis=1)
        self.negative_outlier_factor_ = (-factor).astype(dtype, copy=False)
        if self.contamination == "auto":
            self.offset_ = -1.5
        else:
            share = 100.0 * self.contamination
            self.offset_ = np.percentile(self.negative_outlier_factor_, share)
        self._warn_of_copies()
        return self

    def _density_of(self, distance, index):
        reach = np.maximum(distance, self._reach[index])
        return 1.0 / (reach.mean(axis=1) + _LEAST_REACH)

    def _warn_of_copies(self):
        """Where a row has k copies, densities are all but infinite and factors mean nothing."""
        if self.negative_outlier_factor_.min() < -1e7 and not self.novelty:
            warnings.warn(
                "LocalOutlierFactor: some rows have n_neighbors or more duplicate values, which "
                "makes the factors of their neighbours enormous: raise n_neighbors above the "
                "number of copies",
                UserWarning,
                stacklevel=3,
            )

    @available_if(_labels_rows_of_fit)
    def fit_predict(self, X, y=None):
        """Fit to X and label its rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of int, shape (n_samples,)
            1 for inliers, -1 for outliers.
        """
        return self.fit(X)._predict()

    def _predict(self, X=None):
        if X is None:
            inside = self.negative_outlier_factor_ >= self.offset_
        else:
            inside = self.decision_function(X) >= 0
        return np.where(inside, 1, -1)

    @available_if(_finds_novelties)
    def predict(self, X=None):
        """Label new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), default=None
            Rows that were not in fit: a row that was is its own neighbour. None labels those of
            fit.

        Returns
        -------
        ndarray of int, shape (n_queries,)
            1 for inliers, -1 for outliers.
        """
        check_is_fitted(self)
        return self._predict(X)

    @available_if(_finds_novelties)
    def decision_function(self, X):
        """Return ``score_samples(X) − offset_``: below 0 for outliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        return self.score_samples(X) - self.offset_

    @available_if(_finds_novelties)
    def score_samples(self, X):
        """Return the factors of new rows, negated: the higher, the more like their neighbours.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        check_is_fitted(self)
        distance, index = self.kneighbors(X, self.n_neighbors_)
        density = self._density_of(distance, index)
        factor = (self._density[index] / density[:, None]).mean(axis=1)
        return (-factor).astype(self.negative_outlier_factor_.dtype, copy=False)
