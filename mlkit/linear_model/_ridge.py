"""Least squares with an L2 penalty."""

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_consistent_length
from .._core.domains import array_like, at_least, boolean, integer, none, one_of
from .._core.domains import random_state as seed
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.glm.closed_form import SVD, Cholesky, NonNegative
from .._engine.glm.iterative import LSQR, ConjugateGradient
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredError
from ._base import LinearRegressor, check_weight, store, warn_not_converged

_SOLVERS = ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs")
# Sides of a sparse Gram matrix up to which it is factorised rather than multiplied with.
_SMALL_SIDE = 500


def choose(who, solver, positive, fit_intercept, X):
    """Name of the method that `solver` means for X, or an error that says what to change."""
    sparse = issparse(X)
    if positive:
        if solver not in ("auto", "lbfgs"):
            raise ValueError(
                f"{who}: solver={solver!r} cannot keep weights positive; use 'auto' or 'lbfgs'"
            )
        return "lbfgs"
    if solver == "lbfgs":
        raise ValueError(
            f"{who}: solver='lbfgs' is for positive=True; use 'auto', which chooses among the rest"
        )
    if sparse and not takes_sparse(solver, fit_intercept):
        raise ValueError(
            f"{who}: solver={solver!r} does not support sparse X"
            f"{' with an intercept' if solver != 'svd' else ''}; use 'auto', 'lsqr', 'sparse_cg' "
            "or 'sag'"
        )
    if solver == "auto":
        return "sparse_cg" if sparse and min(X.shape) > _SMALL_SIDE else "cholesky"
    return solver


def takes_sparse(solver, fit_intercept):
    """Whether sparse X stays sparse: singular values need it whole, and centred."""
    if solver == "svd":
        return False
    return not fit_intercept or solver not in ("cholesky", "saga")


def method(name, max_iter, tol):
    """The engine's solver of a name; sag and saga are conjugate gradients, which need no step."""
    if name == "cholesky":
        return Cholesky()
    if name == "svd":
        return SVD()
    if name == "lbfgs":
        return NonNegative(max_iter)
    return LSQR(max_iter, tol) if name == "lsqr" else ConjugateGradient(max_iter, tol)


def check_alpha(who, alpha, n_targets):
    """α as a number or an array with one a target."""
    alpha = np.asarray(alpha, dtype=np.float64).ravel()
    if len(alpha) not in (1, n_targets):
        raise ValueError(
            f"{who}: alpha has {len(alpha)} values for {n_targets} targets; the number of targets "
            "and of penalties must agree, or alpha be one number"
        )
    if not (np.isfinite(alpha).all() and (alpha >= 0).all()):
        raise ValueError(f"{who}: alpha={alpha} must be finite and not negative")
    return alpha if len(alpha) > 1 else float(alpha[0])


def iterations(solution):
    """Iterations of each target, at least 1."""
    rounds = solution.details.get("rounds", np.full(solution.coef.shape[1], solution.n_iter))
    return np.maximum(rounds, 1).astype(np.int32)


class Ridge(LinearRegressor, Estimator):
    """Least squares with an L2 penalty: minimises ``Σ w (y − Xβ − b)² + α ‖β‖²``.

    ``solver="auto"`` factorises the smaller of ``XᵀX + αI`` and ``XXᵀ + αI``; large sparse X is
    solved by conjugate gradients. "svd" is exact for ``alpha=0`` and dependent columns, too.
    "sag" and "saga" stand for conjugate gradients, which reach the same minimum without a step
    size or random order; "lbfgs" goes with ``positive=True`` and works by active sets.

    References
    ----------
    Hoerl, A. E. and Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal
    problems. Technometrics 12.

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> model = Ridge(alpha=2.0).fit([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0])
    >>> model.coef_
    array([1.])
    """

    traits = Traits(sparse=("csr", "csc"), multi_output=True)

    alpha: float = param(
        1.0, at_least(0) | array_like, "Penalty strength; an array has one a target.", kw_only=False
    )
    fit_intercept: bool = shared.fit_intercept
    copy_X: bool = shared.copy_X
    max_iter: int = param(
        None, integer(1) | none, "Iterations at most; None lets the solver decide."
    )
    tol: float = shared.tol(1e-4, "Accuracy of the iterative solvers.")
    solver: str = param("auto", one_of(*_SOLVERS), "Method; see above.")
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")
    random_state: object = shared.random_state

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("(n_targets,)", "Iterations; 1 of a factorisation.")
    solver_ = fitted("str", "The method that was used.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self.solver, self.fit_intercept)
        return tags

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        who = type(self).__name__
        self.solver_ = choose(who, self.solver, self.positive, self.fit_intercept, X)
        alpha = check_alpha(who, self.alpha, 1 if y.ndim == 1 else y.shape[1])
        solver = method(self.solver_, self.max_iter, self.tol)
        problem = Problem(SquaredError(), L2(alpha), solver)
        solution = solve(X, y, problem, weight=weight, fit_intercept=self.fit_intercept)
        self.n_iter_ = iterations(solution)
        if not solution.converged:
            warn_not_converged(self, self.solver_, solution)
        return store(self, solution, X, y.ndim)


@checked(
    alpha=at_least(0) | array_like,
    solver=one_of(*_SOLVERS),
    max_iter=integer(1) | none,
    tol=at_least(0),
    verbose=integer(0) | boolean,
    positive=boolean,
    random_state=seed,
    return_n_iter=boolean,
    return_intercept=boolean,
    check_input=boolean,
)
def ridge_regression(
    X,
    y,
    alpha,
    *,
    sample_weight=None,
    solver="auto",
    max_iter=None,
    tol=1e-4,
    verbose=0,
    positive=False,
    random_state=None,
    return_n_iter=False,
    return_intercept=False,
    check_input=True,
):
    """Return the weights that minimise ``Σ w (y − Xβ)² + α ‖β‖²``.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
    alpha : float or array-like of shape (n_targets,)
        Penalty strength.
    sample_weight : float or array-like of shape (n_samples,), default=None
    solver, max_iter, tol, positive
        As in `Ridge`.
    verbose : int, default=0
        Above 0, print the solver and its iterations.
    random_state : int, RandomState or None, default=None
        No solver draws numbers: it changes nothing.
    return_n_iter : bool, default=False
        Return the number of iterations, too.
    return_intercept : bool, default=False
        Fit and return a constant term, too; with solver "auto" or "sag".
    check_input : bool, default=True
        With False, X and y must be arrays of one float dtype already.

    Returns
    -------
    coef : ndarray of shape (n_features,) or (n_targets, n_features)
    n_iter : ndarray of shape (n_targets,)
        With `return_n_iter`.
    intercept : float or ndarray of shape (n_targets,)
        With `return_intercept`.

    Examples
    --------
    >>> from mlkit.linear_model import ridge_regression
    >>> ridge_regression([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0], alpha=2.0)
    array([1.])
    """
    if check_input:
        kept = [np.float64, np.float32]
        X = check_array(X, accept_sparse=["csr", "csc"], dtype=kept)
        y = check_array(y, dtype=X.dtype, ensure_2d=False, input_name="y")
        check_consistent_length(X, y)
    if y.ndim > 2:
        raise ValueError(f"ridge_regression: y has shape {y.shape}, wanted one or two dimensions")
    if return_intercept and solver not in ("auto", "sag"):
        raise ValueError(
            f"ridge_regression: return_intercept=True goes with solver 'auto' or 'sag', got "
            f"{solver!r}; use Ridge, which fits an intercept with each"
        )
    weight = check_weight(sample_weight, X)
    name = choose("ridge_regression", solver, positive, return_intercept, X)
    alpha = check_alpha("ridge_regression", alpha, 1 if y.ndim == 1 else y.shape[1])
    problem = Problem(SquaredError(), L2(alpha), method(name, max_iter, tol))
    solution = solve(X, y, problem, weight=weight, fit_intercept=return_intercept)
    n_iter = iterations(solution)
    if verbose:
        print(f"ridge_regression: solver {name}, iterations {n_iter}")
    coef, intercept = solution.coef.T.astype(X.dtype), solution.intercept.astype(X.dtype)
    if y.ndim == 1:
        coef, intercept = coef[0], intercept[0]
    asked = [n_iter] * return_n_iter + [intercept] * return_intercept
    return (coef, *asked) if asked else coef
