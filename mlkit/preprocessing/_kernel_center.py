"""A kernel matrix of centred features."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import boolean
from .._core.estimator import Estimator
from .._core.params import checked, fitted
from .._core.roles import PrefixedColumns, Transformer
from .._core.tags import Traits
from ._scale import in_place


class KernelCenterer(PrefixedColumns, Transformer, Estimator):
    """The kernel of features whose mean over the fitted rows is subtracted.

    With ``K[i, j] = φ(xᵢ)·φ(zⱼ)`` for the n fitted rows z, the result is
    ``K[i, j] − meanⱼ K_fit[:, j] − meanⱼ K[i, :] + mean K_fit``, without φ.

    References
    ----------
    B. Schölkopf, A. Smola and K.-R. Müller, "Nonlinear component analysis as a kernel eigenvalue
    problem", Neural Computation 10, 1998.

    Examples
    --------
    >>> from mlkit.preprocessing import KernelCenterer
    >>> KernelCenterer().fit_transform([[1.0, 2.0], [2.0, 4.0]])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """

    traits = Traits(pairwise=True, preserves=("float64", "float32"))

    K_fit_rows_ = fitted("(n_samples,)", "Means of the columns of the fitted kernel.")
    K_fit_all_ = fitted("float", "Mean of the fitted kernel.")

    def fit(self, K, y=None):
        """Learn the means of a kernel.

        Parameters
        ----------
        K : ndarray of shape (n_samples, n_samples)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If K is not square.
        """
        K = self._check_fit(K)
        if K.shape[0] != K.shape[1]:
            raise ValueError(
                f"Kernel matrix must be a square matrix. Input is a {K.shape[0]}x{K.shape[1]} "
                "matrix: KernelCenterer is fitted to the kernel of the training rows"
            )
        self.K_fit_rows_ = K.sum(axis=0) / K.shape[0]
        self.K_fit_all_ = self.K_fit_rows_.sum() / K.shape[0]
        return self

    @checked(copy=boolean)
    def transform(self, K, copy=True):
        """Centre a kernel.

        Parameters
        ----------
        K : ndarray of shape (n_rows, n_samples)
            Kernel of rows with those of ``fit``.
        copy : bool, default=True
            Whether to leave K as it is.

        Returns
        -------
        ndarray of shape (n_rows, n_samples)
        """
        check_is_fitted(self)
        K = self._check_X(K)
        of_rows = K.sum(axis=1)[:, np.newaxis] / len(self.K_fit_rows_)
        out = np.subtract(K, self.K_fit_rows_, out=in_place(K, copy))
        out -= of_rows
        out += self.K_fit_all_
        return out

    @property
    def _n_features_out(self):
        return self.n_features_in_
