"""What linear models share: predictions from ``coef_`` and ``intercept_``."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.errors import ConvergenceWarning, twin
from .._core.roles import Classifier, Regressor
from .._core.sparse import as_interface, issparse


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


def check_weight(weight, X):
    """Sample weights of X's dtype, none negative; None stays None."""
    return check_sample_weight(weight, X, dtype=X.dtype, non_negative=True)


def store(model, solution, X, y_ndim):
    """Set ``coef_`` and ``intercept_`` of a regressor, in X's dtype and as many dimensions as y."""
    coef = np.ascontiguousarray(solution.coef.T, dtype=X.dtype)
    intercept = solution.intercept.astype(X.dtype)
    model.coef_ = coef if y_ndim == 2 else coef[0]
    if not model.fit_intercept:
        model.intercept_ = 0.0
    else:
        model.intercept_ = intercept if y_ndim == 2 else intercept[0]
    return model


def warn_not_converged(model, solver, solution):
    """Say what a solver reached, and what helps."""
    reached = f" with a gradient of {solution.violation:.2g}" if solution.violation else ""
    warnings.warn(
        f"{type(model).__name__}: solver {solver!r} stopped after {solution.n_iter} iterations"
        f"{reached}, before it met tol={model.tol:g}; raise max_iter or tol",
        twin(ConvergenceWarning),
        stacklevel=3,
    )
