"""Partial least squares and canonical correlation by pairs of directions with deflation."""

import warnings

import numpy as np
from scipy import linalg

from .._core import shared
from .._core.arrays import check_array, check_consistent_length, check_is_fitted
from .._core.domains import boolean, integer, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import MultiOutput, PrefixedColumns, Regressor, Transformer
from .._core.tags import Traits
from .._engine.spectral.operator import threads_for
from .._engine.spectral.paired import (
    Correlation,
    Covariance,
    PowerIteration,
    SingularPair,
    latent_pairs,
)
from ._tables import as_columns, centred, check_count, check_width, projected, standardized

_FLOATS = (np.float64, np.float32)


class _LatentPairs(PrefixedColumns, Transformer, MultiOutput, Regressor, Estimator):
    """What the models share: fitting, projection, its inverse, and prediction of y."""

    traits = Traits(
        min_rows=2, multi_output=True, poor_score=True, preserves=("float64", "float32")
    )

    n_components: int = param(2, integer(1), "Pairs of directions to find.", kw_only=False)
    scale: bool = param(True, boolean, "Whether columns of X and y are divided by their deviation.")
    max_iter: int = shared.max_iter(500)
    tol: float = shared.tol(1e-6, "Squared step of the weights of X at which a pair is found.")
    copy: bool = param(
        True, boolean, "Whether to leave X and y as they are, or fit overwrites them."
    )

    x_weights_ = fitted("(n_features, n_components)", "Directions in the deflated X.")
    y_weights_ = fitted("(n_targets, n_components)", "Directions in the deflated y.")
    x_loadings_ = fitted("(n_features, n_components)", "P of ``X ≈ T Pᵀ``.")
    y_loadings_ = fitted("(n_targets, n_components)", "Q of the model of y.")
    x_rotations_ = fitted("(n_features, n_components)", "Directions in X itself: ``T = X R``.")
    y_rotations_ = fitted("(n_targets, n_components)", "The same for y.")
    coef_ = fitted("(n_targets, n_features)", "Weights of ``X − mean`` in the prediction of y.")
    intercept_ = fitted("(n_targets,)", "Means of y.")
    n_iter_ = fitted("list of int", "Iterations for each component.")

    _canonical = True
    _maps = Covariance

    def _leading(self):
        return PowerIteration(self.max_iter, self.tol)

    def _most(self, n_rows, n_features, n_targets):
        if self._canonical:
            return min(n_rows, n_features, n_targets), "samples, features and targets"
        return min(n_rows, n_features), "samples and features"

    def fit(self, X, y):
        """Find the pairs of directions.

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
        """Find the pairs of directions and return the scores of X and y.

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
        self._predicts_vector = y.ndim == 1
        Y = as_columns(y.astype(np.float64, copy=False))
        check_count(self, *self._most(*X.shape, Y.shape[1]))
        X, self._x_mean, self._x_std = standardized(X, self.scale, copy)
        Y, self._y_mean, self._y_std = standardized(Y, self.scale, copy)
        with threads_for(X):
            pairs = latent_pairs(
                X, Y, self.n_components, self._maps, self._leading(), self._canonical
            )
        self._warn(pairs)
        self._store(pairs)
        return self

    def _warn(self, pairs):
        name = type(self).__name__
        if not pairs.converged:
            warnings.warn(
                f"{name}: directions still moved after max_iter={self.max_iter} iterations: raise "
                "it, or tol",
                twin(ConvergenceWarning),
                stacklevel=4,
            )
        if len(pairs.n_iter) < self.n_components:
            warnings.warn(
                f"{name}: nothing is left of y after {len(pairs.n_iter)} of n_components="
                f"{self.n_components}; the others are zero",
                UserWarning,
                stacklevel=4,
            )

    def _store(self, pairs):
        self.x_weights_, self.y_weights_ = pairs.x_weights, pairs.y_weights
        self.x_loadings_, self.y_loadings_ = pairs.x_loadings, pairs.y_loadings
        self.x_rotations_ = _rotations(pairs.x_weights, pairs.x_loadings)
        self.y_rotations_ = _rotations(pairs.y_weights, pairs.y_loadings)
        coef = self.x_rotations_ @ self.y_loadings_.T
        self.coef_ = (coef * self._y_std).T / self._x_std
        self.intercept_ = self._y_mean
        self.n_iter_ = pairs.n_iter

    @property
    def _n_features_out(self):
        return self.x_rotations_.shape[1]

    def transform(self, X, y=None, copy=True):
        """Return the scores ``(X − mean) / deviation · R``, and those of y where it is given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
        copy : bool, default=True
            Whether to leave X and y as they are.

        Returns
        -------
        x_scores : ndarray of shape (n_samples, n_components)
        y_scores : ndarray of shape (n_samples, n_components)
            Only with y.
        """
        X = self._check_X(X)
        scores = projected(X, self._x_mean, self._x_std, self.x_rotations_, copy)
        if y is None:
            return scores
        y = check_array(y, ensure_2d=False, dtype=_FLOATS, estimator=self, input_name="y")
        check_consistent_length(X, y)
        Y = as_columns(y)
        check_width(self, Y, len(self._y_mean), "transform: y", "targets")
        return scores, projected(Y, self._y_mean, self._y_std, self.y_rotations_, copy)

    def inverse_transform(self, X, y=None):
        """Return the tables that the scores stand for: ``T Pᵀ · deviation + mean``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Scores of X.
        y : array-like of shape (n_samples, n_components), default=None
            Scores of y.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
        y_original : ndarray of shape (n_samples, n_targets)
            Only with y. As many components as columns give the table back, fewer what they hold
            of it.
        """
        check_is_fitted(self)
        table = self._back(X, "X", self.x_loadings_, self._x_std, self._x_mean)
        if y is None:
            return table
        return table, self._back(y, "y", self.y_loadings_, self._y_std, self._y_mean)

    def _back(self, scores, name, loadings, deviation, mean):
        scores = check_array(scores, dtype=_FLOATS, estimator=self, input_name=name)
        check_width(self, scores, loadings.shape[1], f"inverse_transform: {name}", "components")
        return scores @ loadings.T * deviation + mean

    def predict(self, X, copy=True):
        """Return ``(X − mean) coefᵀ + intercept``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        copy : bool, default=True
            Whether to leave X as it is.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        X = centred(self._check_X(X), self._x_mean, copy)
        predicted = X @ self.coef_.T + self.intercept_
        return predicted[:, 0] if self._predicts_vector else predicted


def _rotations(weights, loadings):
    """R with ``X R`` the scores: ``W (PᵀW)⁺``."""
    return weights @ linalg.pinv(loadings.T @ weights, check_finite=False)


class PLSRegression(_LatentPairs):
    """Regression on the scores of X that covary most with y (PLS2; PLS1 for one target).

    Each pair of unit w and c maximises ``cov(Xw, Yc)`` of the deflated tables; both are then
    deflated by what ``t = Xw`` predicts. ``y ≈ (X − mean) coefᵀ + mean`` of y; with as many
    components as X has rank it is least squares.

    References
    ----------
    S. Wold, M. Sjöström, L. Eriksson, "PLS-regression: a basic tool of chemometrics",
    Chemometrics and Intelligent Laboratory Systems 58 (2001).

    Examples
    --------
    >>> from mlkit.cross_decomposition import PLSRegression
    >>> X = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0], [2.0, 5.0, 4.0]]
    >>> pls = PLSRegression(n_components=2).fit(X, [1.0, 3.0, 9.0, 14.0])
    >>> pls.predict(X).round(2).tolist()
    [1.09, 2.79, 9.24, 13.88]
    """

    _canonical = False

    x_scores_ = fitted("(n_samples, n_components)", "T of the rows of fit.")
    y_scores_ = fitted("(n_samples, n_components)", "U of the rows of fit.")

    def _store(self, pairs):
        super()._store(pairs)
        self.x_scores_, self.y_scores_ = pairs.x_scores, pairs.y_scores


class PLSCanonical(_LatentPairs):
    """Pairs of directions of two tables of greatest covariance, each table deflated by its own.

    Each pair of unit w and c maximises ``cov(Xw, Yc)``; then ``X ← X − t pᵀ`` and
    ``Y ← Y − u qᵀ``, so that the scores of either table are uncorrelated.

    References
    ----------
    J. A. Wegelin, "A survey of partial least squares methods, with emphasis on the two-block
    case", Technical Report 371, University of Washington (2000).

    Examples
    --------
    >>> from mlkit.cross_decomposition import PLSCanonical
    >>> X = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0], [2.0, 5.0, 4.0]]
    >>> Y = [[0.1, -0.2], [0.9, 1.1], [6.2, 5.9], [11.9, 12.3]]
    >>> t, u = PLSCanonical(n_components=1).fit_transform(X, Y)
    >>> t.shape, u.shape
    ((4, 1), (4, 1))
    """

    algorithm: str = param(
        "nipals",
        one_of("nipals", "svd"),
        'How a pair is found: "nipals" by power iterations, "svd" as singular vectors.',
    )

    def _leading(self):
        return SingularPair() if self.algorithm == "svd" else super()._leading()


class CCA(_LatentPairs):
    """Pairs of directions of two tables of greatest correlation, each table deflated by its own.

    Each pair maximises ``corr(Xw, Yc)`` (H. Hotelling, "Relations between two sets of variates",
    Biometrika 28, 1936), w and c of unit length.

    Examples
    --------
    >>> from mlkit.cross_decomposition import CCA
    >>> X = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0], [3.0, 5.0, 4.0]]
    >>> Y = [[0.1, -0.2], [0.9, 1.1], [6.2, 5.9], [11.9, 12.3]]
    >>> t, u = CCA(n_components=1).fit_transform(X, Y)
    >>> t.shape, u.shape
    ((4, 1), (4, 1))
    """

    x_weights_ = fitted("(n_features, n_components)", "Directions in the deflated X: w.")
    y_weights_ = fitted("(n_targets, n_components)", "Directions in the deflated y: c.")

    _maps = Correlation
