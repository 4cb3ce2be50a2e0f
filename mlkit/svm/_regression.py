"""Kernel machines for numbers, and for one class."""

import numpy as np

from .._core.domains import at_least
from .._core.params import fitted, param
from .._core.roles import OutlierDetector, Regressor
from .._engine.kernels.dual import enclose, fit_tube, fit_tube_share, solve
from . import _kernel as declared
from ._kernel import KernelMachine


class _OneSum(KernelMachine):
    """Machines that are one sum of kernels."""

    dual_coef_ = fitted("(1, n_SV)", "Coefficients of the support vectors.")
    intercept_ = fitted("(1,)", "The constant b.")
    n_iter_ = fitted("int", "Pairs of dual variables that were moved.")

    def _fit_sum(self, X, weight, state, constant):
        """Solve ``state(kept rows)``; ``constant(levels)`` is the intercept."""
        points = self._points(X, weight)
        kept = np.flatnonzero(weight > 0).astype(np.int32)
        solution = solve(state(kept), points, kept, self._settings())
        support = np.flatnonzero(solution.coef)
        slack = self._slack(points, kept[support], solution.coef[support])
        self.intercept_ = np.array([constant(solution.levels) + slack])
        self._require_finite(self.intercept_)
        coef = solution.coef[None, support]
        self._keep(X, points, kept[support], coef, [len(support)], [len(support)])
        self.n_iter_ = solution.n_iter
        self._tell([solution])

    def _slack(self, points, support, coef):
        return 0.0

    def _decisions(self, X):
        return self._sum(X)[:, 0, 0] + self.intercept_[0]


class _TubeMachine(Regressor, _OneSum):
    """Machines for numbers."""

    def fit(self, X, y, sample_weight=None):
        """Fit the machine.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, the kernel of all pairs, (n_samples, n_samples).
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of C; rows of weight 0 or less are left out.

        Returns
        -------
        self
        """
        X, y = self._check_rows(X, y)
        weight = self._row_weights(sample_weight, X)
        y = y.astype(np.float64, copy=False)
        cost = weight * self.C
        self._fit_sum(X, weight, lambda kept: self._state(y[kept], cost[kept]), _between)
        return self

    def predict(self, X):
        """Return ``Σ coef k(x, x_i) + b``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, kernels with the rows of fit, (n_samples, n_fit).

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._decisions(X)


def _between(levels):
    """The constant, from the level of the one group or those of both sides of the tube."""
    return -float(np.mean(levels))


class SVR(_TubeMachine):
    """Support vector regression: a tube of width ε around the numbers costs nothing.

    Minimises ``‖w‖² / 2 + C Σ max(0, |y − f(x)| − ε)`` over ``f(x) = ⟨w, φ(x)⟩ + b``, φ the feature
    map of the kernel, by its dual.

    References
    ----------
    Smola, A. J. and Schölkopf, B. (2004). A tutorial on support vector regression. Statistics and
    Computing 14.

    Examples
    --------
    >>> from mlkit.svm import SVR
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 2.0, 4.0, 6.0]
    >>> SVR(kernel="linear", C=100).fit(X, y).predict([[5.0]]).round(1)
    array([9.8])
    """

    kernel: object = declared.kernel
    degree: int = declared.degree
    gamma: object = declared.gamma
    coef0: float = declared.coef0
    tol: float = declared.tol
    C: float = declared.C
    epsilon: float = param(0.1, at_least(0), "Half the width of the tube.")
    shrinking: bool = declared.shrinking
    cache_size: float = declared.cache_size
    verbose: object = declared.verbose
    max_iter: int = declared.max_iter

    def _state(self, y, cost):
        return fit_tube(y, cost, float(self.epsilon))


class NuSVR(_TubeMachine):
    """Support vector regression whose tube leaves out a share ν of the rows.

    As `SVR`, with ε such that at most a share ν of the rows lies outside the tube, and at least ν
    on its border or outside; rows count by their weights.

    References
    ----------
    Schölkopf, B., Smola, A. J., Williamson, R. C. and Bartlett, P. L. (2000). New support vector
    algorithms. Neural Computation 12.

    Examples
    --------
    >>> from mlkit.svm import NuSVR
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 2.0, 4.0, 6.0]
    >>> NuSVR(kernel="linear", C=100).fit(X, y).predict([[5.0]]).round(1)
    array([10.])
    """

    nu: float = param(0.5, declared.nu.domain, "Most rows outside the tube, least that support it.")
    C: float = declared.C
    kernel: object = declared.kernel
    degree: int = declared.degree
    gamma: object = declared.gamma
    coef0: float = declared.coef0
    shrinking: bool = declared.shrinking
    tol: float = declared.tol
    cache_size: float = declared.cache_size
    verbose: object = declared.verbose
    max_iter: int = declared.max_iter

    def _state(self, y, cost):
        return fit_tube_share(y, cost, float(self.nu))


class OneClassSVM(OutlierDetector, _OneSum):
    """The half-space in feature space, farthest from the origin, that holds most rows.

    Minimises ``‖w‖² / 2 − ρ + Σ max(0, ρ − ⟨w, φ(x)⟩) / (ν n)``, scaled by ν n. At most a share ν
    of the rows is left out, and at least ν supports the border; rows count by their weights.

    References
    ----------
    Schölkopf, B., Platt, J. C., Shawe-Taylor, J., Smola, A. J. and Williamson, R. C. (2001).
    Estimating the support of a high-dimensional distribution. Neural Computation 13.

    Examples
    --------
    >>> from mlkit.svm import OneClassSVM
    >>> X = [[0.0], [0.1], [0.2], [0.1], [5.0]]
    >>> OneClassSVM(nu=0.3, gamma=1.0).fit(X).predict([[0.1], [9.0]])
    array([ 1, -1])
    """

    kernel: object = declared.kernel
    degree: int = declared.degree
    gamma: object = declared.gamma
    coef0: float = declared.coef0
    tol: float = declared.tol
    nu: float = param(0.5, declared.nu.domain, "Most rows left out, least that support the border.")
    shrinking: bool = declared.shrinking
    cache_size: float = declared.cache_size
    verbose: object = declared.verbose
    max_iter: int = declared.max_iter

    offset_ = fitted("(1,)", "ρ: ``decision_function(X) = score_samples(X) − offset_``.")

    def fit(self, X, y=None, sample_weight=None):
        """Fit the machine.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, the kernel of all pairs, (n_samples, n_samples).
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight 0 or less are left out.

        Returns
        -------
        self
        """
        X = self._check_rows(X)
        weight = self._row_weights(sample_weight, X)
        nu = float(self.nu)
        self._fit_sum(X, weight, lambda kept: enclose(weight[kept], nu), _between)
        self.offset_ = -self.intercept_
        return self

    def _slack(self, points, support, coef):
        """What covers rounding, so that rows on the border lie inside however sums are ordered."""
        return 1e-12 * float(np.abs(coef).sum() * np.abs(points.own(support)).max(initial=0.0))

    def decision_function(self, X):
        """Return how far inside the border each row is, negative for outliers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._decisions(X)

    def score_samples(self, X):
        """Return ``Σ coef k(x, x_i)``, the decision without its offset.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._decisions(X) + self.offset_[0]

    def predict(self, X):
        """Label each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int, shape (n_samples,)
            1 for inliers, -1 for outliers.
        """
        return np.where(self._decisions(X) > 0, 1, -1)
