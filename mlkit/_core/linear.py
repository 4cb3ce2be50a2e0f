"""What linear models share in several packages: predictions from ``coef_`` and ``intercept_``."""

import numpy as np

from .arrays import check_is_fitted
from .roles import Classifier, Regressor
from .sparse import as_interface, issparse


def margins(X, coef, intercept):
    """``X βᵀ + b`` as an ndarray; X and coef may be sparse."""
    product = X @ coef.T
    if issparse(product):
        product = product.toarray()
    return product + intercept


class LinearRegressor(Regressor):
    """Regressors that predict ``X βᵀ + b``."""

    def predict(self, X):
        """Return ``X coef_ᵀ + intercept_``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        return margins(self._check_X(X), self.coef_, self.intercept_)


class LinearClassifier(Classifier):
    """Classifiers that compare ``X βᵀ + b``: with zero for two classes, else with one another."""

    def _scores(self, X):
        return margins(self._check_X(X), self.coef_, self.intercept_)

    def decision_function(self, X):
        """Return ``X coef_ᵀ + intercept_``: for two classes, positive where the second is likelier.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X):
        """Return the label whose score is greatest.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._best_labels(self._scores(X))

    def _best_labels(self, scores):
        if scores.shape[1] == 1:
            return self.classes_.take((scores[:, 0] > 0).view(np.int8))
        return self.classes_.take(scores.argmax(axis=1))


class SparseCoefficients:
    """Models whose ``coef_`` may be kept as a sparse matrix."""

    def sparsify(self):
        """Turn ``coef_`` into a CSR matrix: smaller and quicker where most weights are zero.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        from scipy.sparse import csr_matrix

        self.coef_ = as_interface(csr_matrix(self.coef_))
        return self

    def densify(self):
        """Turn ``coef_`` back into an ndarray.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        if issparse(self.coef_):
            self.coef_ = self.coef_.toarray()
        return self
