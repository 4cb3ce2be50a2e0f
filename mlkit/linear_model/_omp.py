"""Orthogonal matching pursuit."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_consistent_length
from .._core.domains import array_like, at_least, boolean, integer, none, one_of
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.parallel import blas_threads, n_threads
from .._core.params import checked, fitted, param
from .._core.tags import Traits
from .._engine.evaluate.cut import split_rows
from .._engine.glm.closed_form import LeastSquares
from .._engine.glm.design import Design
from .._engine.glm.omp import pursue_columns, pursue_gram
from .._engine.glm.problem import Solution, Task
from ._base import LinearRegressor, margins, store
from ._splits import CV, VERBOSE, RoutesToSplitter

_FLOATS = (np.float64, np.float32)


def number_of_choices(who, wanted, tol, n_columns):
    """Columns that may be chosen: all if the error decides, else those wanted, or a tenth."""
    if tol is not None:
        return n_columns
    if wanted is None:
        return max(n_columns // 10, 1)
    if wanted > n_columns:
        raise ValueError(
            f"{who}: n_nonzero_coefs={wanted} is more than the {n_columns} columns there are"
        )
    return int(wanted)


def pursue_design(design, y, n_chosen, tol, precompute, keep_path):
    """`Pursuits` for y (n, K), on a Gram matrix where it pays or is wanted."""
    n, p = design.shape
    if precompute == "auto":
        # A Gram matrix costs p / 8 of the products that a choice without it takes.
        precompute = p <= n and 8 * n_chosen * y.shape[1] >= p
    with blas_threads(1):
        if not precompute:
            found = pursue_columns(design, y, n_chosen, tol=tol, keep_path=keep_path)
        else:
            squares = None if tol is None else np.square(y).sum(axis=0)
            found = pursue_gram(
                design.gram(),
                design.pull(y).T,
                n_chosen,
                squares=squares,
                tol=tol or 0.0,
                keep_path=keep_path,
                threads=n_threads(),
            )
    warn_of_dependence(found)
    return found


def warn_of_dependence(found):
    """Say that pursuits ended because columns depend on one another."""
    if found.dependent.any():
        warnings.warn(
            f"orthogonal matching pursuit ended after {found.counts.tolist()[:10]} columns, which "
            "explain all that the others could: they are linear combinations, or the error that "
            "was asked for is out of reach; ask for fewer columns or a larger tol",
            RuntimeWarning,
            stacklevel=4,
        )


@checked(
    n_nonzero_coefs=integer(1) | none,
    tol=at_least(0) | none,
    precompute=boolean | one_of("auto"),
    copy_X=boolean,
    return_path=boolean,
    return_n_iter=boolean,
)
def orthogonal_mp(
    X,
    y,
    *,
    n_nonzero_coefs=None,
    tol=None,
    precompute=False,
    copy_X=True,
    return_path=False,
    return_n_iter=False,
):
    """Return few weights that explain y: greedily, the best column first.

    Each step chooses the column whose product with the residual is greatest, and fits y to all
    columns chosen so far. Columns of unit norm compete fairly.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
    n_nonzero_coefs : int, default=None
        Columns to choose; None is a tenth of them.
    tol : float, default=None
        Choose until ``‖y − Xβ‖²`` is within it, whatever `n_nonzero_coefs` is.
    precompute : bool or "auto", default=False
        Work on ``XᵀX``; "auto" where it pays.
    copy_X : bool, default=True
        X is never changed.
    return_path : bool, default=False
        Weights after each choice, along a last axis.
    return_n_iter : bool, default=False

    Returns
    -------
    coef : ndarray of shape (n_features,) or (n_features, n_targets), or with one more axis
    n_iter : int or list of int
        Columns chosen; with `return_n_iter`.

    References
    ----------
    Mallat, S. G. and Zhang, Z. (1993). Matching pursuits with time-frequency dictionaries. IEEE
    Transactions on Signal Processing 41.

    Examples
    --------
    >>> from mlkit.linear_model import orthogonal_mp
    >>> orthogonal_mp([[1.0, 0.0], [0.0, 1.0]], [1.0, 3.0], n_nonzero_coefs=1)
    array([0., 3.])
    """
    X = check_array(X, accept_sparse=["csc", "csr"], dtype=list(_FLOATS))
    y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
    check_consistent_length(X, y)
    n_chosen = number_of_choices("orthogonal_mp", n_nonzero_coefs, tol, X.shape[1])
    targets = y[:, None] if y.ndim == 1 else y
    design = Design(X.astype(np.float64, copy=False))
    found = pursue_design(design, targets, n_chosen, tol, precompute, return_path)
    return _answer(found, X.shape[1], X.dtype, return_n_iter)


@checked(
    n_nonzero_coefs=integer(1) | none,
    tol=at_least(0) | none,
    norms_squared=array_like | at_least(0) | none,
    copy_Gram=boolean,
    copy_Xy=boolean,
    return_path=boolean,
    return_n_iter=boolean,
)
def orthogonal_mp_gram(
    Gram,
    Xy,
    *,
    n_nonzero_coefs=None,
    tol=None,
    norms_squared=None,
    copy_Gram=True,
    copy_Xy=True,
    return_path=False,
    return_n_iter=False,
):
    """Return `orthogonal_mp` of data of which only ``XᵀX`` and ``Xᵀy`` are known.

    Parameters
    ----------
    Gram : array-like of shape (n_features, n_features)
        ``XᵀX``.
    Xy : array-like of shape (n_features,) or (n_features, n_targets)
        ``Xᵀy``.
    n_nonzero_coefs, tol, return_path, return_n_iter
        As in `orthogonal_mp`.
    norms_squared : float or array-like of shape (n_targets,), default=None
        ``‖y‖²`` of each target, which `tol` needs.
    copy_Gram, copy_Xy : bool, default=True
        Nothing is ever changed.

    Returns
    -------
    coef, n_iter
        As of `orthogonal_mp`.

    Examples
    --------
    >>> from mlkit.linear_model import orthogonal_mp_gram
    >>> orthogonal_mp_gram([[1.0, 0.0], [0.0, 1.0]], [1.0, 3.0], n_nonzero_coefs=1)
    array([0., 3.])
    """
    Gram = check_array(Gram, dtype=list(_FLOATS), input_name="Gram")
    Xy = check_array(Xy, dtype=np.float64, ensure_2d=False, input_name="Xy")
    correlation = Xy[None] if Xy.ndim == 1 else Xy.T
    p = correlation.shape[1]
    if Gram.shape != (p, p):
        raise ValueError(
            f"orthogonal_mp_gram: Gram has shape {Gram.shape}, for Xy of {p} rows it is ({p}, {p})"
        )
    if tol is not None and norms_squared is None:
        raise ValueError(
            "orthogonal_mp_gram: tol is compared with ‖y − Xβ‖², for which norms_squared must be "
            "given"
        )
    n_chosen = number_of_choices("orthogonal_mp_gram", n_nonzero_coefs, tol, p)
    squares = None
    if tol is not None:
        squares = np.broadcast_to(np.asarray(norms_squared, dtype=np.float64), len(correlation))
    found = pursue_gram(
        Gram,
        correlation,
        n_chosen,
        squares=squares,
        tol=tol or 0.0,
        keep_path=return_path,
        threads=n_threads(),
    )
    warn_of_dependence(found)
    return _answer(found, p, Gram.dtype, return_n_iter)


def _answer(found, n_columns, dtype, return_n_iter):
    coef = found.dense(n_columns).astype(dtype)
    single = len(found.counts) == 1
    coef = coef[:, 0] if single else coef
    if not return_n_iter:
        return coef
    counts = found.counts.tolist()
    return coef, counts[0] if single else counts


class OrthogonalMatchingPursuit(LinearRegressor, Estimator):
    """Least squares on few columns, chosen greedily.

    Each step chooses the column whose product with the residual is greatest, and fits y to all
    columns chosen so far: an approximate ``min ‖y − Xβ − b‖²`` over ``‖β‖₀ ≤ n_nonzero_coefs``.

    References
    ----------
    Mallat, S. G. and Zhang, Z. (1993). Matching pursuits with time-frequency dictionaries. IEEE
    Transactions on Signal Processing 41.

    Rubinstein, R., Zibulevsky, M. and Elad, M. (2008). Efficient implementation of the K-SVD
    algorithm using batch orthogonal matching pursuit. Technion, CS-2008-08.

    Examples
    --------
    >>> from mlkit.linear_model import OrthogonalMatchingPursuit
    >>> model = OrthogonalMatchingPursuit(n_nonzero_coefs=1)
    >>> model.fit([[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]], [-1.0, 0.0, 1.0]).coef_
    array([1., 0.])
    """

    traits = Traits(sparse=("csc", "csr"), multi_output=True)

    n_nonzero_coefs: int = param(
        None, integer(1) | none, "Columns to choose; None is a tenth of them."
    )
    tol: float = param(
        None, at_least(0) | none, "Choose until ``‖y − Xβ − b‖²`` is within it, however many."
    )
    fit_intercept: bool = shared.fit_intercept
    precompute: object = param(
        "auto", boolean | one_of("auto"), 'Work on the Gram matrix; "auto" where it pays.'
    )

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int or list of n_targets", "Columns chosen.")
    n_nonzero_coefs_ = fitted("int or None", "Columns that were to be chosen; None with `tol`.")

    def fit(self, X, y):
        """Choose columns, and fit their weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets are fitted one by one.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        name = type(self).__name__
        n_chosen = number_of_choices(name, self.n_nonzero_coefs, self.tol, X.shape[1])
        self.n_nonzero_coefs_ = n_chosen if self.tol is None else None
        squares = centred(X, y, self.fit_intercept)
        found = pursue_design(
            squares.design, squares.y, n_chosen, self.tol, self.precompute, keep_path=False
        )
        counts = found.counts.tolist()
        self.n_iter_ = counts[0] if len(counts) == 1 else counts
        moved = squares.design.to_raw(found.dense(X.shape[1]), squares.y_mean)
        store(self, Solution(*moved), X, y.ndim)
        if self.coef_.ndim == 2 and len(self.coef_) == 1:
            self.coef_ = self.coef_[0]
        return self


def centred(X, y, fit_intercept):
    """`LeastSquares` of checked arrays, in double."""
    targets = (y[:, None] if y.ndim == 1 else y).astype(np.float64, copy=False)
    columns = Design(X.astype(np.float64, copy=False)).columns
    return LeastSquares.of(Task(columns, targets, None, None, None, fit_intercept))


class OrthogonalMatchingPursuitCV(RoutesToSplitter, LinearRegressor, Estimator):
    """`OrthogonalMatchingPursuit` whose number of columns is chosen by cross-validation.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import OrthogonalMatchingPursuitCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 6))
    >>> y = 2 * X[:, 0] - X[:, 3] + 0.1 * rng.normal(size=60)
    >>> OrthogonalMatchingPursuitCV().fit(X, y).n_nonzero_coefs_
    2
    """

    traits = Traits(sparse=("csc", "csr"))

    copy: bool = shared.copy_X
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = param(
        None, integer(0) | none, "Columns at most; None is a tenth of them, but 5 if there are."
    )
    cv: object = param(None, CV, "Folds: a number (None is 5), a splitter, or (train, test) rows.")
    n_jobs: int = shared.n_jobs
    verbose: int = VERBOSE

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    n_nonzero_coefs_ = fitted("int", "Columns with the least error.")
    n_iter_ = fitted("int", "Columns chosen in the final fit.")

    def fit(self, X, y, **params):
        """Choose the number of columns on folds, then fit all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **params
            Metadata for the splitter, if metadata is routed.

        Returns
        -------
        self
        """
        splitter = self._routed(None, params)
        X, y = self._check_fit(X, y)
        p = X.shape[1]
        most = min(max(p // 10, 5), p) if self.max_iter is None else min(self.max_iter, p)
        rows = X.tocsr() if hasattr(X, "tocsr") else X
        calls = [
            ((self, rows, y, train, test, max(most, 1)), {})
            for train, test in split_rows(self.cv, X, y, **splitter)
        ]
        errors = run_jobs(_errors, calls, n_jobs=self.n_jobs)
        # Folds whose columns ran out early bound the number that can be compared.
        least = min(len(each) for each in errors)
        mean = np.mean([each[:least] for each in errors], axis=0)
        self.n_nonzero_coefs_ = int(mean.argmin()) + 1
        if self.verbose:
            print(f"errors by number of columns: {mean}")
        final = OrthogonalMatchingPursuit(
            n_nonzero_coefs=self.n_nonzero_coefs_, fit_intercept=self.fit_intercept
        ).fit(X, y)
        self.coef_, self.intercept_, self.n_iter_ = final.coef_, final.intercept_, final.n_iter_
        return self


def _errors(model, X, y, train, test, most):
    """Mean squared error on `test` after each choice made with `train`."""
    squares = centred(X[train], y[train], model.fit_intercept)
    n_chosen = min(most, X.shape[1])
    found = pursue_design(squares.design, squares.y, n_chosen, None, "auto", keep_path=True)
    coef = found.dense(X.shape[1])[:, 0]
    moved, intercept = squares.design.to_raw(coef, squares.y_mean)
    return np.square(margins(X[test], moved.T, intercept) - y[test][:, None]).mean(axis=0)
