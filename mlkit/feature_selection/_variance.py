"""Dropping columns that hardly vary."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import at_least
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.mixture.counts import extremes, moments
from ._base import SelectorMixin


class VarianceThreshold(SelectorMixin, Estimator):
    """Keep the columns whose variance ``Σ (x − mean)² / n`` exceeds a threshold.

    NaN is left out. With a threshold of 0 the lesser of variance and range is compared, so that
    a constant column is one whatever rounding makes of its variance.

    Examples
    --------
    >>> from mlkit.feature_selection import VarianceThreshold
    >>> VarianceThreshold().fit_transform([[0, 2, 0], [0, 1, 4], [0, 1, 1]])
    array([[2, 0],
           [1, 4],
           [1, 1]])
    """

    traits = Traits(sparse=("csr", "csc"), missing=True, dtype="float64")

    threshold: float = param(
        0.0, at_least(0), "Columns of no greater variance are dropped.", kw_only=False
    )

    variances_ = fitted("(n_features,)", "Variances; with a threshold of 0 the range if less.")

    def fit(self, X, y=None):
        """Learn the variances.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no column would be kept.
        """
        X = self._check_fit(X)
        found = moments(X)
        self.variances_ = found.variance
        if self.threshold == 0:
            self.variances_ = np.fmin(self.variances_, _ranges(X, found.count))
        if not (self.variances_ > self.threshold).any():
            alone = " (X contains only one sample)" if X.shape[0] == 1 else ""
            raise ValueError(
                f"VarianceThreshold(threshold={self.threshold}): no feature in X meets the variance"
                f" threshold; the greatest variance is {np.max(self.variances_)}{alone}"
            )
        return self

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.variances_ > self.threshold


def _ranges(X, count):
    """Greatest minus least value of each column; of one with gaps only whether it is 0."""
    found = extremes(X)
    ranges = found.high - found.low
    # scikit-learn does not compare the range of a column with gaps; but a constant one is constant.
    ranges[(count < X.shape[0]) & (ranges > 0)] = np.inf
    return ranges
