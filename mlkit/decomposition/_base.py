"""What the models of centred data share: projection, its inverse, the covariance they imply."""

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.estimator import Estimator
from .._core.roles import PrefixedColumns, Transformer
from .._engine.spectral import gaussian

FLOATS = (np.float64, np.float32)


class Components(PrefixedColumns, Transformer, Estimator):
    """Base of models with orthonormal rows ``components_``, a mean and variances along them."""

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def _deviations(self):
        """Standard deviations along the components, those of rounding raised to it."""
        deviation = np.sqrt(self.explained_variance_)
        return np.maximum(deviation, np.finfo(deviation.dtype).eps)

    def transform(self, X):
        """Project onto the components: ``(X − mean) componentsᵀ``, by ``√variance`` if whitened.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        directions = self.components_.T
        projected = X @ directions
        projected -= self.mean_ @ directions
        if self.whiten:
            projected /= self._deviations()
        return projected

    def inverse_transform(self, X):
        """Return the rows that ``transform`` takes to X: ``X components + mean``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=FLOATS, estimator=self, input_name="X")
        directions = self.components_
        if X.shape[1] != len(directions):
            raise ValueError(
                f"{type(self).__name__}.inverse_transform: X has {X.shape[1]} columns, but there "
                f"are {len(directions)} components"
            )
        if self.whiten:
            directions = self._deviations()[:, None] * directions
        return X @ directions + self.mean_

    def _loadings(self):
        """W such that ``WᵀW + noise·I`` is the covariance of the model."""
        excess = np.maximum(self.explained_variance_ - self.noise_variance_, 0)
        return np.sqrt(excess)[:, None] * self.components_

    def get_covariance(self):
        """Return the covariance of the model: ``componentsᵀ (S − v) components + vI``.

        S is diagonal with the explained variances, v the noise variance (Tipping and Bishop,
        "Probabilistic principal component analysis", JRSS B 61, 1999).

        Returns
        -------
        ndarray of shape (n_features, n_features)
        """
        check_is_fitted(self)
        return gaussian.covariance(self._loadings(), self.noise_variance_)

    def get_precision(self):
        """Return the inverse of the covariance of the model.

        It inverts a matrix of n_components rows; where the noise variance is 0, the covariance
        itself, on its range.

        Returns
        -------
        ndarray of shape (n_features, n_features)
        """
        check_is_fitted(self)
        return gaussian.precision(self._loadings(), self.noise_variance_)
