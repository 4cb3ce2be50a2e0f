"""The covariance that was observed."""

import math
import warnings

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.domains import array_like, boolean
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.tags import Traits
from .._engine.mixture.covariance import covariance
from .._engine.mixture.likelihood import scaled_squares

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)

assume_centered = param(
    False, boolean, "Whether the rows have mean 0 already, which then is not subtracted."
)


def as_rows(X):
    """X as an array of rows; one row alone, which has no covariance, is warned of."""
    X = check_array(X, ensure_2d=False, dtype=[np.float64, np.float32])
    X = np.reshape(X, (1, -1)) if X.ndim == 1 else X
    if X.shape[0] == 1:
        warnings.warn(
            "Only one sample available: its covariance is 0. Is X one column? Reshape it then",
            UserWarning,
            stacklevel=3,
        )
    return X


@checked(X=array_like, assume_centered=boolean)
def empirical_covariance(X, *, assume_centered=False):
    """``Σ (x − x̄)(x − x̄)ᵀ / n``, the estimate of greatest likelihood.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    assume_centered : bool, default=False
        Whether x̄ is taken to be 0.

    Returns
    -------
    ndarray of shape (n_features, n_features)

    Examples
    --------
    >>> from mlkit.covariance import empirical_covariance
    >>> empirical_covariance([[0.0, 1.0], [2.0, 1.0]]).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return covariance(as_rows(X), assume_centered)


@checked(emp_cov=array_like, precision=array_like)
def log_likelihood(emp_cov, precision):
    """Mean log-likelihood of rows with covariance C under a normal law: ``(log|P| − tr CP)/2 − c``.

    Parameters
    ----------
    emp_cov : ndarray of shape (n_features, n_features)
        C.
    precision : ndarray of shape (n_features, n_features)
        P, the inverse covariance of the law.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import log_likelihood
    >>> float(round(log_likelihood(np.eye(2), np.eye(2)), 4))
    -2.8379
    """
    sign, logdet = np.linalg.slogdet(precision)
    logdet = logdet if sign > 0 else -np.inf
    return 0.5 * (logdet - np.vdot(emp_cov, precision)) - len(precision) * _HALF_LOG_TWO_PI


class EmpiricalCovariance(Estimator):
    """The covariance of the rows, ``Σ (x − x̄)(x − x̄)ᵀ / n``.

    Examples
    --------
    >>> from mlkit.covariance import EmpiricalCovariance
    >>> model = EmpiricalCovariance().fit([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> model.covariance_.tolist(), model.location_.tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [1.0, 1.0])
    """

    traits = Traits()

    store_precision: bool = param(True, boolean, "Whether to keep the inverse.")
    assume_centered: bool = assume_centered

    location_ = fitted("(n_features,)", "Mean.")
    covariance_ = fitted("(n_features, n_features)", "Covariance.")
    precision_ = fitted("(n_features, n_features)", "Its (pseudo-)inverse, where it is kept.")

    def fit(self, X, y=None):
        """Estimate the covariance.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = as_rows(self._check_fit(X))
        if self.assume_centered:
            self.location_ = np.zeros(X.shape[1])
        else:
            self.location_ = X.mean(axis=0, dtype=np.float64)
        self.covariance_ = self._estimate(X)
        self.precision_ = self._inverse() if self.store_precision else None
        return self

    def _estimate(self, X):
        return covariance(X, self.assume_centered)

    def _inverse(self):
        from scipy.linalg import pinvh

        return pinvh(self.covariance_, check_finite=False)

    def get_precision(self):
        """Return the (pseudo-)inverse of the covariance.

        Returns
        -------
        ndarray of shape (n_features, n_features)
        """
        check_is_fitted(self)
        return self.precision_ if self.precision_ is not None else self._inverse()

    def score(self, X_test, y=None):
        """Return the mean log-likelihood of rows under the normal law with this covariance.

        Parameters
        ----------
        X_test : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        float
        """
        X = self._check_X(X_test)
        return float(log_likelihood(covariance(X - self.location_, True), self.get_precision()))

    def error_norm(self, comp_cov, norm="frobenius", scaling=True, squared=True):
        """Return how far the covariance is from another.

        Parameters
        ----------
        comp_cov : array-like of shape (n_features, n_features)
        norm : {"frobenius", "spectral"}, default="frobenius"
            Root of the sum of squares, or greatest singular value, of the difference.
        scaling : bool, default=True
            Whether to divide the squared norm by n_features.
        squared : bool, default=True
            Whether to return the squared norm.

        Returns
        -------
        float

        Raises
        ------
        NotImplementedError
            For another norm.
        """
        check_is_fitted(self)
        error = np.asarray(comp_cov) - self.covariance_
        if norm == "frobenius":
            found = float(np.vdot(error, error))
        elif norm == "spectral":
            found = float(np.linalg.norm(error, 2) ** 2)
        else:
            raise NotImplementedError(f"norm={norm!r}: only 'frobenius' and 'spectral' are known")
        found = found / len(error) if scaling else found
        return found if squared else math.sqrt(found)

    def mahalanobis(self, X):
        """Return the squared distances ``(x − x̄)ᵀ C⁻¹ (x − x̄)`` of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._check_X(X)
        values, axes = np.linalg.eigh(self.get_precision())
        turned = (X - self.location_) @ axes
        return scaled_squares(turned, np.zeros((1, len(values))), values[None])[:, 0]
