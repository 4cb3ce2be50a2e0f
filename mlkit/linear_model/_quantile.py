"""Regression of quantiles."""

import warnings

import numpy as np

from .._core import shared
from .._core.domains import at_least, between, mapping, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.linear import LinearRegressor
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.glm.quantile import solve_quantile
from ._base import check_weight

_SOLVERS = ("highs-ds", "highs-ipm", "highs", "interior-point", "revised simplex")
_ITERATIONS = ("maxiter", "max_iter")
_TOLERANCES = ("tol", "ipm_optimality_tolerance", "dual_feasibility_tolerance")
_TOLERANCES += ("primal_feasibility_tolerance",)
# Of programs that this one does not need: there is nothing to presolve and no edge to weigh.
_WITHOUT_USE = ("presolve", "time_limit", "simplex_dual_edge_weight_strategy", "lstsq", "rr")


class QuantileRegressor(LinearRegressor, Estimator):
    """Linear model of a quantile of y.

    Minimises ``Σ w ρ(y − Xβ − b) / Σ w + α ‖β‖₁`` with the pinball loss ``q r⁺ + (1 − q) r⁻`` as ρ:
    about a share q of the rows are below the prediction. The linear program is solved by an
    interior point method, whose last point is moved to a vertex, so that the residuals of as many
    rows as there are coefficients are zero.

    References
    ----------
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

    quantile: float = param(0.5, between(0, 1, closed="neither"), "The quantile q.")
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

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Steps taken.")

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
        coef, intercept, n_iter, converged, gap = solve_quantile(
            X,
            y,
            weight,
            quantile=self.quantile,
            penalty=self.alpha * weight.sum(),
            fit_intercept=self.fit_intercept,
            max_iter=max_iter,
            tol=tol,
        )
        self.coef_, self.intercept_, self.n_iter_ = coef, intercept, n_iter
        if told:
            print(f"QuantileRegressor: {n_iter} steps, relative gap {gap:.2g}")
        if not converged:
            warnings.warn(
                f"QuantileRegressor: stopped after {n_iter} steps with a relative gap of {gap:.2g}"
                "; raise 'maxiter' in solver_options, or scale X",
                twin(ConvergenceWarning),
                stacklevel=2,
            )
        return self

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
