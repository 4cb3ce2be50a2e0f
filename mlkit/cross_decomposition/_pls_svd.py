"""Directions of two tables as singular vectors of the matrix of their covariances."""

import numpy as np
from scipy import linalg

from .._core.arrays import check_array, check_consistent_length
from .._core.domains import boolean, integer
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.tags import Traits
from .._engine.spectral.svd import svd_flip
from ._tables import as_columns, check_count, check_width, projected, standardized

_FLOATS = (np.float64, np.float32)


class PLSSVD(PrefixedColumns, Transformer, Estimator):
    """Leading singular vectors of ``XᵀY``: directions of two tables of greatest covariance.

    All are found at once, without deflation, so that the directions of either table are
    orthonormal, and the covariances between their scores a diagonal matrix.

    References
    ----------
    F. L. Bookstein, P. D. Sampson, A. P. Streissguth, H. M. Barr, "Exploiting redundant
    measurement of dose and developmental outcome", Developmental Psychology 32 (1996).

    Examples
    --------
    >>> from mlkit.cross_decomposition import PLSSVD
    >>> X = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0], [2.0, 5.0, 4.0]]
    >>> Y = [[0.1, -0.2], [0.9, 1.1], [6.2, 5.9], [11.9, 12.3]]
    >>> t, u = PLSSVD(n_components=2).fit_transform(X, Y)
    >>> abs(float(t[:, 0] @ u[:, 1])) < 1e-12
    True
    """

    traits = Traits(min_rows=2, requires_y=True, preserves=("float64", "float32"))

    n_components: int = param(2, integer(1), "Pairs of directions to keep.", kw_only=False)
    scale: bool = param(True, boolean, "Whether columns of X and y are divided by their deviation.")
    copy: bool = param(
        True, boolean, "Whether to leave X and y as they are, or fit overwrites them."
    )

    x_weights_ = fitted("(n_features, n_components)", "Left singular vectors.")
    y_weights_ = fitted("(n_targets, n_components)", "Right singular vectors.")

    def fit(self, X, y):
        """Find the directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)

        Returns
        -------
        self
        """
        return self._fit(X, y, self.copy)

    def fit_transform(self, X, y=None):
        """Find the directions and return the scores of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)

        Returns
        -------
        x_scores, y_scores : ndarray of shape (n_samples, n_components)
        """
        return self._fit(X, y, True).transform(X, y)

    def _fit(self, X, y, copy):
        X, y = self._check_fit(X, y, dtype="float64")
        check_consistent_length(X, y)
        Y = as_columns(y.astype(np.float64, copy=False))
        check_count(self, min(*X.shape, Y.shape[1]), "samples, features and targets")
        X, self._x_mean, self._x_std = standardized(X, self.scale, copy)
        Y, self._y_mean, self._y_std = standardized(Y, self.scale, copy)
        left, _, right = linalg.svd(X.T @ Y, full_matrices=False, check_finite=False)
        left, right = svd_flip(left[:, : self.n_components], right[: self.n_components])
        self.x_weights_, self.y_weights_ = left, right.T
        return self

    def _check_y(self, y):
        return check_array(y, ensure_2d=False, dtype=_FLOATS, estimator=self, input_name="y")

    @property
    def _n_features_out(self):
        return self.x_weights_.shape[1]

    def transform(self, X, y=None):
        """Return the scores ``(X − mean) / deviation · W``, and those of y where it is given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None

        Returns
        -------
        x_scores : ndarray of shape (n_samples, n_components)
        y_scores : ndarray of shape (n_samples, n_components)
            Only with y.
        """
        X = self._check_X(X)
        scores = projected(X, self._x_mean, self._x_std, self.x_weights_)
        if y is None:
            return scores
        Y = as_columns(self._check_y(y))
        check_consistent_length(X, Y)
        check_width(self, Y, len(self._y_mean), "transform: y", "targets")
        return scores, projected(Y, self._y_mean, self._y_std, self.y_weights_)
