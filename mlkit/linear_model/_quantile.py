"""Regression of quantiles."""

import warnings

import numpy as np

from .._core import shared
from .._core.domains import array_like, at_least, between, mapping, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.linear import LinearRegressor
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.quantile import solve_quantile
from .._engine.loss.losses import PinballLoss
from ._base import check_weight

_SOLVERS = ("highs-ds", "highs-ipm", "highs", "interior-point", "revised simplex")
_ITERATIONS = ("maxiter", "max_iter")
_TOLERANCES = ("tol", "ipm_optimality_tolerance", "dual_feasibility_tolerance")
_TOLERANCES += ("primal_feasibility_tolerance",)
# Of programs that this one does not need: there is nothing to presolve and no edge to weigh.
_WITHOUT_USE = ("presolve", "time_limit", "simplex_dual_edge_weight_strategy", "lstsq", "rr")


class QuantileRegressor(LinearRegressor, Estimator):
    """Linear model of a quantile of y.

    Several quantiles are fitted one by one, and `predict` gives them a column each, in the order
    of their levels: where lines cross, predictions are sorted, which brings them nearer to the
    quantiles (Chernozhukov, Fernández-Val and Galichon, 2010).

    Minimises ``Σ w ρ(y − Xβ − b) / Σ w + α ‖β‖₁`` with the pinball loss ``q r⁺ + (1 − q) r⁻`` as ρ:
    about a share q of the rows are below the prediction. The linear program is solved by an
    interior point method, whose last point is moved to a vertex, so that the residuals of as many
    rows as there are coefficients are zero.

    References
    ----------
    Chernozhukov, V., Fernández-Val, I. and Galichon, A. (2010). Quantile and probability curves
    without crossing. Econometrica 78.

    Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46.

    Portnoy, S. and Koenker, R. (1997). The Gaussian hare and the Laplacian tortoise: computability
    of squared-error versus absolute-error estimators. Statistical Science 12.

    Examples
    --------
    >>> from mlkit.linear_model import QuantileRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0]], [0.0, 1.0, 2.0, 3.0, 40.0]
    >>> QuantileRegressor(quantile=0.5, alpha=0).fit(X, y).predict([[10.0]]).round(6)
    array([10.])
    """

    traits = Traits(sparse=("csc", "csr"))

    quantile: float = param(
        0.5,
        between(0, 1, closed="neither") | array_like,
        "The quantile q, or several, rising.",
    )
    alpha: float = param(1.0, at_least(0), "Strength of the L1 penalty; 0 is none.")
    fit_intercept: bool = shared.fit_intercept
    solver: str = param(
        "highs",
        one_of(*_SOLVERS),
        "Name of a solver elsewhere; all mean the interior point method here.",
    )
    solver_options: dict = param(
        None,
        mapping | none,
        '``{"maxiter": 100, "tol": 1e-10}``: steps at most, and the relative gap between the '
        'objective and its dual at which to stop; "disp" prints both.',
    )

    coef_ = fitted("(n_features,) or (n_quantiles, n_features)", "Weights.")
    intercept_ = fitted("float or (n_quantiles,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Steps taken, over all quantiles.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        max_iter, tol, told = self._options()
        weight = check_weight(sample_weight, X)
        y = y.astype(np.float64, copy=False)
        if weight is None:
            weight = np.ones(len(y))
        elif not weight.all():
            kept = np.flatnonzero(weight)
            X, y, weight = X[kept], y[kept], weight[kept]
        weight = weight.astype(np.float64, copy=False)
        found = [
            self._solve(X, y, weight, float(level), max_iter, tol, told) for level in self._levels()
        ]
        several = np.ndim(self.quantile) > 0
        self.coef_ = np.stack([each[0] for each in found]) if several else found[0][0]
        self.intercept_ = np.array([each[1] for each in found]) if several else found[0][1]
        self.n_iter_ = sum(each[2] for each in found)
        return self

    def _levels(self):
        levels = np.atleast_1d(np.asarray(self.quantile, dtype=np.float64))
        inside = levels.ndim == 1 and len(levels) and levels[0] > 0 and levels[-1] < 1
        if not inside or not (np.diff(levels) > 0).all():
            raise ValueError(
                f"QuantileRegressor: quantile={self.quantile!r} must be numbers between 0 and 1, "
                "rising; sort them"
            )
        return levels

    def _solve(self, X, y, weight, level, max_iter, tol, told):
        """Weights, constant and steps for one quantile."""
        coef, intercept, n_iter, converged, gap = solve_quantile(
            X,
            y,
            weight,
            quantile=level,
            penalty=self.alpha * weight.sum(),
            fit_intercept=self.fit_intercept,
            max_iter=max_iter,
            tol=tol,
        )
        if told:
            print(f"QuantileRegressor: {n_iter} steps, relative gap {gap:.2g}")
        if not converged:
            warnings.warn(
                f"QuantileRegressor: stopped after {n_iter} steps with a relative gap of {gap:.2g}"
                "; raise 'maxiter' in solver_options, or scale X",
                twin(ConvergenceWarning),
                stacklevel=3,
            )
        return coef, intercept, n_iter

    def predict(self, X):
        """Return ``X coef_ᵀ + intercept_``, rising along the quantiles where there are several.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_quantiles)
        """
        raw = super().predict(X)
        return raw if raw.ndim == 1 else np.sort(raw, axis=1)

    def score(self, X, y, sample_weight=None):
        """Return R² of the prediction; of several quantiles D², the share of pinball loss saved.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            D² is the mean over quantiles, beside the best constant of each.
        """
        if np.ndim(self.quantile) == 0:
            return super().score(X, y, sample_weight)
        raw, scores = self.predict(X).astype(np.float64), []
        y, weight = np.asarray(y, dtype=np.float64), check_weight(sample_weight, raw)
        for level, z in zip(self._levels(), raw.T, strict=True):
            loss = PinballLoss(float(level))
            constant = np.full(len(y), loss.baseline(y, weight)[0])
            spread = loss.value(y, constant, weight)
            scores.append(1.0 - loss.value(y, z, weight) / spread if spread > 0 else 0.0)
        return float(np.mean(scores))

    def _options(self):
        """Steps at most, tolerance of the gap, and whether to print."""
        given = dict(self.solver_options or {})
        known = {*_ITERATIONS, *_TOLERANCES, *_WITHOUT_USE, "disp"}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(
                f"QuantileRegressor: solver_options has {unknown}; known are {sorted(known)}"
            )
        max_iter = next((int(given[name]) for name in _ITERATIONS if name in given), 100)
        tol = min((float(given[name]) for name in _TOLERANCES if name in given), default=1e-10)
        return max_iter, tol, bool(given.get("disp", False))
