"""Weights along a grid of penalty strengths."""

import numbers
import warnings

import numpy as np

from .._core.arrays import check_array, check_consistent_length
from .._core.domains import above, array_like, between, boolean, integer, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.params import checked
from .._core.seeds import check_random_state
from .._engine.glm.coordinate import CoordinateDescent
from .._engine.glm.path import correlation, elastic, follow, least_squares, path_data, strengths

_FLOATS = (np.float64, np.float32)
_EXTRA = {"tol": 1e-4, "max_iter": 1000, "random_state": None, "selection": "cyclic"}
_UNBOUNDED = 2**31 - 1


def alpha_grid(who, correlation, l1_ratio, eps, alphas, positive):
    """Strengths in falling order: `alphas` of them, or those given."""
    if np.ndim(alphas):
        return np.sort(check_strengths(who, alphas))[::-1]
    if l1_ratio == 0:
        raise ValueError(
            f"{who}: no grid of alphas follows from the data for l1_ratio=0, whose weights are "
            "never zero; give alphas as an array"
        )
    return strengths(correlation, l1_ratio, eps, alphas, positive)


def check_strengths(who, alphas, positive=False):
    """Penalty strengths as an array; an error names the one that is none, or that is too small."""
    for i, alpha in enumerate(alphas):
        if isinstance(alpha, bool) or not isinstance(alpha, numbers.Real):
            raise TypeError(
                f"{who}: alphas[{i}] must be an instance of float, not {type(alpha).__name__}"
            )
        if not (alpha > 0 or (alpha == 0 and not positive)) or np.isinf(alpha):
            bound = "> 0.0" if positive else ">= 0.0"
            raise ValueError(f"{who}: alphas[{i}] == {alpha}, must be {bound} and finite")
    return np.asarray(alphas, dtype=np.float64)


def number_of_alphas(alphas, n_alphas):
    """`alphas`, under its older names, too."""
    if n_alphas != "deprecated":
        message = f"'n_alphas' was deprecated: use alphas={n_alphas}"
        warnings.warn(message, FutureWarning, stacklevel=5)
        if isinstance(alphas, str) or alphas is None:
            return n_alphas
    if alphas is None:
        message = "'alphas=None' was deprecated: use a number of alphas, or an array"
        warnings.warn(message, FutureWarning, stacklevel=5)
    return 100 if alphas is None or isinstance(alphas, str) else alphas


@checked(
    l1_ratio=between(0, 1),
    eps=above(0),
    n_alphas=integer(1) | one_of("deprecated"),
    alphas=integer(1) | array_like | none | one_of("warn"),
    precompute=boolean | array_like | one_of("auto"),
    Xy=array_like | none,
    coef_init=array_like | none,
    verbose=integer(0) | boolean,
    return_n_iter=boolean,
    positive=boolean,
    check_input=boolean,
)
def enet_path(
    X,
    y,
    *,
    l1_ratio=0.5,
    eps=1e-3,
    n_alphas="deprecated",
    alphas="warn",
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    check_input=True,
    **params,
):
    """Return the elastic nets of a grid of penalty strengths, without an intercept.

    For each α it minimises ``‖y − Xβ‖² / 2n + α r ‖β‖₁ + α (1 − r) ‖β‖² / 2``; for y of several
    columns, the penalty of `MultiTaskElasticNet`. Each solution starts from the one before.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Used as it is: for a model with an intercept, centre X and y.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
    l1_ratio : float, default=0.5
        Share r of the L1 norm.
    eps : float, default=1e-3
        Ratio of the least to the greatest strength of a grid from the data.
    n_alphas : int
        Superseded by `alphas`.
    alphas : int or array-like, default=100
        Strengths, or how many: a geometric grid from the least for which all weights are zero.
    precompute : "auto", bool or array-like of shape (n_features, n_features), default="auto"
        Gram matrix of X; True forms it at once, "auto" where columns are few.
    Xy : array-like of shape (n_features,) or (n_features, n_targets), default=None
        ``Xᵀy``, if it is known; taken with a known Gram matrix.
    copy_X : bool, default=True
        X is never changed.
    coef_init : array-like of shape (n_features,) or (n_targets, n_features), default=None
        Where the first solution starts; None is zero.
    verbose : bool or int, default=False
        Print each strength.
    return_n_iter : bool, default=False
    positive : bool, default=False
        Keep weights non-negative; for one target.
    check_input : bool, default=True
        With False, X and y must be finite float arrays already.
    **params
        tol, max_iter, random_state and selection of `ElasticNet`.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        In falling order.
    coefs : ndarray of shape (n_features, n_alphas) or (n_targets, n_features, n_alphas)
    dual_gaps : ndarray of shape (n_alphas,)
    n_iters : list of int
        With `return_n_iter`.

    Examples
    --------
    >>> from mlkit.linear_model import enet_path
    >>> alphas, coefs, gaps = enet_path([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0], alphas=3)
    >>> coefs.round(2)
    array([[0.  , 1.82, 1.99]])
    """
    options = {**_EXTRA, **params}
    if len(options) > len(_EXTRA):
        extra = sorted(set(options) - set(_EXTRA))
        raise ValueError(f"enet_path: unexpected parameters {extra}; known are {list(_EXTRA)}")
    if check_input:
        X = check_array(X, accept_sparse=["csc", "csr"], dtype=list(_FLOATS))
        y = check_array(y, dtype=X.dtype, ensure_2d=False, input_name="y")
        check_consistent_length(X, y)
    if positive and np.ndim(y) > 1 and y.shape[1] > 1:
        raise ValueError("enet_path: positive=True is for one target, y has several columns")
    squares, total = least_squares(X, y, fit_intercept=False)
    gram = whole_gram("enet_path", precompute, X.shape[1])
    data = path_data(squares, total, gram)
    if Xy is not None and hasattr(data, "correlation"):
        data.correlation = np.reshape(np.asarray(Xy, dtype=np.float64), (X.shape[1], -1)) / total
    q = data.correlation if hasattr(data, "correlation") else correlation(squares, total)
    alphas = number_of_alphas(alphas, n_alphas)
    alphas = alpha_grid("enet_path", q, l1_ratio, eps, alphas, positive)
    start = np.zeros(q.shape)
    if coef_init is not None:
        start[:] = np.asarray(coef_init).reshape(start.shape[::-1]).T
    found = follow_alphas(data, alphas, l1_ratio, options, start, positive, X.dtype, verbose)
    coefs = np.stack([each.coef.T for each in found], axis=-1).astype(X.dtype)
    answer = (
        alphas,
        coefs[0] if np.ndim(y) == 1 else coefs,
        np.array([each.details["gap"] for each in found]),
    )
    return (*answer, [each.n_iter for each in found]) if return_n_iter else answer


def whole_gram(who, precompute, n_features):
    """A user's Gram matrix, True to form it, or None."""
    if isinstance(precompute, str | bool | np.bool_):
        return True if precompute is True else None
    gram = np.asarray(precompute, dtype=np.float64)
    if gram.shape != (n_features, n_features):
        raise ValueError(
            f"{who}: precompute has shape {gram.shape}; the Gram matrix is "
            f"({n_features}, {n_features})"
        )
    return gram


def follow_alphas(data, alphas, *arguments):
    """The `solutions` of each strength; warns of those that are not within tol."""
    found = solutions(data, alphas, *arguments)
    late = [alpha for alpha, each in zip(alphas, found, strict=True) if not each.converged]
    if late:
        warn_of_late(late, len(alphas), arguments[1]["max_iter"], stacklevel=5)
    return found


def solutions(data, alphas, l1_ratio, options, start, positive, dtype, verbose=0):
    """The `Solution` of each strength."""
    rng = None
    if options["selection"] == "random":
        rng = check_random_state(options["random_state"])
    limit = _UNBOUNDED if options["max_iter"] is None else options["max_iter"]
    solver = CoordinateDescent(limit, options["tol"], rng)
    penalties = [elastic(alpha, l1_ratio, positive) for alpha in alphas]
    report = _report if verbose else None
    return follow(data, penalties, solver, start, np.finfo(dtype).eps, report)


def warn_of_late(late, n_alphas, max_iter, stacklevel):
    """Say which strengths of a path are not within tol, and what helps."""
    warnings.warn(
        f"coordinate descent did not converge within max_iter={max_iter} epochs for "
        f"{len(late)} of {n_alphas} alphas, the greatest {late[0]:.3g}; raise max_iter or "
        "tol",
        twin(ConvergenceWarning),
        stacklevel=stacklevel,
    )


def _report(found):
    print(f"{found.n_iter} epochs, gap {found.details['gap']:.3g}")


def lasso_path(
    X,
    y,
    *,
    eps=1e-3,
    n_alphas="deprecated",
    alphas="warn",
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    **params,
):
    """Return the lassos of a grid of penalty strengths, without an intercept.

    For each α it minimises ``‖y − Xβ‖² / 2n + α ‖β‖₁``: `enet_path` with ``l1_ratio=1``. Its
    parameters are those of `enet_path`, and so are its results.

    Examples
    --------
    >>> from mlkit.linear_model import lasso_path
    >>> alphas, coefs, gaps = lasso_path([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0], alphas=3)
    >>> coefs.round(2)
    array([[0.  , 1.94, 2.  ]])
    """
    return enet_path(
        X,
        y,
        l1_ratio=1.0,
        eps=eps,
        n_alphas=n_alphas,
        alphas=alphas,
        precompute=precompute,
        Xy=Xy,
        copy_X=copy_X,
        coef_init=coef_init,
        verbose=verbose,
        return_n_iter=return_n_iter,
        positive=positive,
        **params,
    )
