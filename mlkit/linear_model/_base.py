"""What the models of this package share: weights of rows, keeping a solution, warnings."""

import warnings

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.errors import ConvergenceWarning, twin
from .._core.linear import LinearClassifier as LinearClassifier
from .._core.linear import LinearRegressor as LinearRegressor
from .._core.linear import SparseCoefficients as SparseCoefficients
from .._core.linear import margins as margins


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
