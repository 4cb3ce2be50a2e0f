"""Least angle regression, the lasso's path by it, and the lasso of an information criterion."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_consistent_length
from .._core.domains import (
    above,
    array_like,
    at_least,
    boolean,
    integer,
    none,
    one_of,
)
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.parallel import blas_threads
from .._core.params import checked, fitted, param
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.glm.closed_form import Gram, LeastSquares
from .._engine.glm.design import Design
from .._engine.glm.lars import ColumnProducts, GramProducts
from .._engine.glm.lars import Lars as Walk
from .._engine.glm.problem import Solution, Task
from ._base import LinearRegressor, store
from ._lasso import check_gram
from ._splits import VERBOSE

_EPS = np.finfo(float).eps
_FLOATS = (np.float64, np.float32)
# Columns up to which a Gram matrix is formed on one thread.
_NARROW = 256
_COUNT = integer(0) | one_of(np.inf)


def products_of(squares, gram, correlation, max_iter):
    """What a walk needs of the data: matrices, if a Gram matrix is given or pays, or columns.

    Parameters
    ----------
    squares : LeastSquares
    gram : ndarray, True, False or None
        ``X̃ᵀX̃``; None decides.
    correlation : ndarray of shape (p,)
        ``X̃ᵀy / n``.
    max_iter : number
        Steps of the walk at most.
    """
    n, p = squares.design.shape
    if gram is None:
        # A Gram matrix costs as much as some p / 8 steps that pull residuals.
        gram = p < n and p <= 8 * min(max_iter, p)
    if gram is False:
        return ColumnProducts(squares.design, correlation, n)
    if gram is True:
        gram = squares.design.gram()
    return GramProducts(np.ascontiguousarray(gram, dtype=np.float64) / n, correlation)


def walk_path(products, walk):
    """The path, with a warning of columns that were left out."""
    with blas_threads(1):
        path = walk.follow(products)
    if path.degenerate:
        warnings.warn(
            f"least angle regression left out columns {sorted(set(path.degenerate))[:10]}, which "
            "are combinations of active ones: the path is that of the rest; remove such columns, "
            "or raise eps",
            twin(ConvergenceWarning),
            stacklevel=4,
        )
    return path


def reporter(verbose):
    """Prints the steps of a walk, if that is wanted."""
    if not verbose:
        return None
    return lambda n_iter, column, size, alpha: print(
        f"step {n_iter}: column {column}, {size} active, alpha {alpha:.6g}"
    )


_PATH_DOMAINS = {
    "max_iter": _COUNT,
    "alpha_min": at_least(0),
    "method": one_of("lar", "lasso"),
    "copy_X": boolean,
    "eps": at_least(0),
    "copy_Gram": boolean,
    "verbose": integer(0) | boolean,
    "return_path": boolean,
    "return_n_iter": boolean,
    "positive": boolean,
}


@checked(
    Xy=array_like | none,
    Gram=boolean | array_like | one_of("auto") | none,
    **_PATH_DOMAINS,
)
def lars_path(
    X,
    y,
    Xy=None,
    *,
    Gram=None,
    max_iter=500,
    alpha_min=0,
    method="lar",
    copy_X=True,
    eps=_EPS,
    copy_Gram=True,
    verbose=0,
    return_path=True,
    return_n_iter=False,
    positive=False,
):
    """Return the path of least angle regression, or of the lasso, without an intercept.

    For "lasso" the node at α minimises ``‖y − Xβ‖² / 2n + α ‖β‖₁``; for "lar" the correlations of
    all active columns with the residual are ``± n α``. Between nodes coefficients are linear in α.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Used as it is: for a model with an intercept, centre X and y.
    y : array-like of shape (n_samples,)
    Xy : array-like of shape (n_features,), default=None
        ``Xᵀy``, if it is known.
    Gram : None, "auto", bool or array-like of shape (n_features, n_features), default=None
        ``XᵀX``; True forms it, "auto" where it pays.
    max_iter : int, default=500
        Steps at most; infinity sets no bound.
    alpha_min : float, default=0
        Where the path ends.
    method : {"lar", "lasso"}, default="lar"
    copy_X, copy_Gram : bool, default=True
        Neither is ever changed.
    eps : float, default=2.2e-16
        Rounding: columns that differ from a combination of active ones by that little do not join.
    verbose : int, default=0
        Print each step.
    return_path : bool, default=True
        All nodes, or the last alone.
    return_n_iter : bool, default=False
    positive : bool, default=False
        Keep coefficients non-negative; for "lasso".

    Returns
    -------
    alphas : ndarray of shape (n_nodes,)
        In falling order.
    active : list of int
        Columns that are active at the end, in the order in which they joined.
    coefs : ndarray of shape (n_features, n_nodes) or, for the last alone, (n_features,)
    n_iter : int
        With `return_n_iter`.

    References
    ----------
    Efron, B., Hastie, T., Johnstone, I. and Tibshirani, R. (2004). Least angle regression. Annals
    of Statistics 32.

    Examples
    --------
    >>> from mlkit.linear_model import lars_path
    >>> alphas, active, coefs = lars_path([[1.0, 0.0], [0.0, 1.0]], [3.0, 1.0])
    >>> coefs.round(6)
    array([[0., 2., 3.],
           [0., 0., 1.]])
    """
    _check_positive("lars_path", method, positive)
    if X is None:
        raise ValueError(
            "lars_path: X and Gram cannot both be unspecified; with a Gram matrix alone use "
            "lars_path_gram"
        )
    X = check_array(X, accept_sparse=["csc", "csr"], dtype=list(_FLOATS))
    dtype = X.dtype
    y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y").reshape(-1)
    check_consistent_length(X, y)
    squares = LeastSquares(Design(X.astype(np.float64, copy=False)), y[:, None], None, None)
    q = squares.design.pull(squares.y)[:, 0] if Xy is None else np.asarray(Xy, dtype=np.float64)
    gram = None if isinstance(Gram, str) else (False if Gram is None else Gram)
    products = products_of(squares, gram, q.reshape(-1) / len(y), max_iter)
    walk = Walk(
        method == "lasso", alpha_min, max_iter, positive, eps, return_path, reporter(verbose)
    )
    return _answer(walk_path(products, walk), X.shape[1], dtype, return_path, return_n_iter)


@checked(Xy=array_like, Gram=array_like, n_samples=above(0), **_PATH_DOMAINS)
def lars_path_gram(
    Xy,
    Gram,
    *,
    n_samples,
    max_iter=500,
    alpha_min=0,
    method="lar",
    copy_X=True,
    eps=_EPS,
    copy_Gram=True,
    verbose=0,
    return_path=True,
    return_n_iter=False,
    positive=False,
):
    """Return `lars_path` of data of which only ``XᵀX`` and ``Xᵀy`` are known.

    Parameters
    ----------
    Xy : array-like of shape (n_features,)
        ``Xᵀy``.
    Gram : array-like of shape (n_features, n_features)
        ``XᵀX``.
    n_samples : int
        Rows of X, of which α is a mean.
    max_iter, alpha_min, method, eps, verbose, return_path, return_n_iter, positive
        As in `lars_path`.
    copy_X, copy_Gram : bool, default=True
        Nothing is ever changed.

    Returns
    -------
    alphas, active, coefs, n_iter
        As of `lars_path`.

    Examples
    --------
    >>> from mlkit.linear_model import lars_path_gram
    >>> alphas, active, coefs = lars_path_gram([3.0, 1.0], [[1.0, 0.0], [0.0, 1.0]], n_samples=2)
    >>> alphas.round(6)
    array([1.5, 0.5, 0. ])
    """
    _check_positive("lars_path_gram", method, positive)
    Gram = check_array(Gram, dtype=list(_FLOATS), input_name="Gram")
    dtype = Gram.dtype
    q = check_array(Xy, dtype=np.float64, ensure_2d=False, input_name="Xy").reshape(-1)
    if Gram.shape != (len(q), len(q)):
        raise ValueError(
            f"lars_path_gram: Gram has shape {Gram.shape}, for Xy of {len(q)} it is "
            f"({len(q)}, {len(q)})"
        )
    gram = np.ascontiguousarray(Gram, dtype=np.float64) / n_samples
    walk = Walk(
        method == "lasso", alpha_min, max_iter, positive, eps, return_path, reporter(verbose)
    )
    path = walk_path(GramProducts(gram, q / n_samples), walk)
    return _answer(path, len(q), dtype, return_path, return_n_iter)


def _check_positive(who, method, positive):
    if positive and method == "lar":
        raise ValueError(f"{who}: positive=True is for method='lasso', got 'lar'")


def _answer(path, n_columns, dtype, return_path, return_n_iter):
    coefs = path.matrix(n_columns, dtype)
    answer = (
        np.array(path.alphas, dtype=dtype),
        path.active,
        coefs if return_path else coefs[:, -1],
    )
    return (*answer, path.n_iter) if return_n_iter else answer


class AngleRegressor(LinearRegressor):
    """What the models of a path share: the walk down to a strength, for each target."""

    method = "lasso"
    positive = False

    def _squares(self, X, y):
        """The centred data, in double."""
        X = X.astype(np.float64, copy=False)
        targets = (y[:, None] if y.ndim == 1 else y).astype(np.float64, copy=False)
        return LeastSquares.of(
            Task(Design(X).columns, targets, None, None, None, self.fit_intercept)
        )

    def _gram(self, X):
        """`precompute` as `products_of` takes it."""
        if self.precompute is None or isinstance(self.precompute, str):
            return None
        if isinstance(self.precompute, bool | np.bool_):
            return bool(self.precompute)
        return check_gram(self, self.precompute, X, None)

    def _walk(self, alpha, max_iter, keep=True):
        return Walk(
            self.method == "lasso",
            alpha,
            max_iter,
            self.positive,
            self.eps,
            keep,
            reporter(self.verbose),
        )

    def _paths(self, squares, gram, Xy, walk):
        """The `Path` of each target; they share a Gram matrix."""
        n = squares.design.shape[0]
        if Xy is None:
            correlation = squares.design.pull(squares.y) / n
        else:
            correlation = np.reshape(np.asarray(Xy, dtype=np.float64), (-1, squares.y.shape[1])) / n
        products = products_of(squares, gram, None, walk.max_iter)
        paths = []
        for k in range(correlation.shape[1]):
            products.correlation = np.ascontiguousarray(correlation[:, k])
            paths.append(walk_path(products, walk))
        return paths

    def _fit_paths(self, X, y, alpha, max_iter, Xy=None, keep=True, gram=None):
        """Set alphas_, active_, coef_path_, n_iter_, coef_ and intercept_."""
        squares, p = self._squares(X, y), X.shape[1]
        with blas_threads(1 if p <= _NARROW else None):
            paths = self._paths(squares, gram, Xy, self._walk(alpha, max_iter, keep))
        single, dtype = len(paths) == 1, X.dtype
        pick = (lambda values: values[0]) if single else list
        self.alphas_ = pick([np.array(path.alphas, dtype=dtype) for path in paths])
        self.n_iter_ = pick([path.n_iter for path in paths])
        if keep:
            self.active_ = pick([path.active for path in paths])
            self.coef_path_ = pick([path.matrix(p, dtype) for path in paths])
        last = np.zeros((p, len(paths)))
        for k, path in enumerate(paths):
            columns, values = path.coefs[-1]
            last[columns, k] = values
        return self._store(squares, last, X, y)

    def _store(self, squares, coef, X, y):
        moved, intercept = squares.design.to_raw(coef, squares.y_mean)
        store(self, Solution(moved, intercept), X, y.ndim)
        if self.coef_.ndim == 2 and len(self.coef_) == 1:
            self.coef_ = self.coef_[0]
        return self


_PRECOMPUTE = param(
    "auto",
    boolean | array_like | one_of("auto") | none,
    'Gram matrix of X (centred as the fit is), or whether to form it; "auto" where it pays.',
)
_ROUNDING = param(
    _EPS, at_least(0), "Rounding within which a column is a combination of active ones."
)


class PathRegressor(AngleRegressor, Estimator):
    """The models that walk once; `_end` is α at which they stop, and the most steps."""

    traits = Traits(sparse=("csc", "csr"), multi_output=True)

    fit_intercept: bool = shared.fit_intercept
    verbose: int = VERBOSE
    precompute: object = _PRECOMPUTE
    eps: float = _ROUNDING
    copy_X: bool = shared.copy_X
    fit_path: bool = param(True, boolean, "Keep ``coef_path_`` and ``active_``.")
    jitter: float = param(
        None, at_least(0) | none, "Add uniform noise up to this to y, so that no two columns tie."
    )
    random_state: object = shared.random_state

    alphas_ = fitted(
        "(n_nodes,) or list of n_targets", "Greatest correlation over n_samples, at each node."
    )
    active_ = fitted("list of int, or of such lists", "Active columns at the end, as they joined.")
    coef_path_ = fitted("(n_features, n_nodes) or list of n_targets", "Weights at each node.")
    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int or list of n_targets", "Steps taken.")

    def fit(self, X, y, Xy=None):
        """Walk down the path.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets are fitted one by one.
        Xy : array-like of shape (n_features,) or (n_features, n_targets), default=None
            ``Xᵀy`` (centred as the fit is), if it is known.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        if self.jitter is not None:
            noise = check_random_state(self.random_state).uniform(high=self.jitter, size=len(y))
            y = y + (noise if y.ndim == 1 else noise[:, None])
        return self._fit_paths(X, y, *self._end(), Xy, self.fit_path, self._gram(X))


class Lars(PathRegressor):
    """Least angle regression: coefficients grow along the direction equiangular to their columns.

    From zero, the column most correlated with the residual joins; the active columns' correlations
    fall together until another's is as great, which then joins, up to `n_nonzero_coefs` of them.

    References
    ----------
    Efron, B., Hastie, T., Johnstone, I. and Tibshirani, R. (2004). Least angle regression. Annals
    of Statistics 32.

    Examples
    --------
    >>> from mlkit.linear_model import Lars
    >>> model = Lars(n_nonzero_coefs=1).fit([[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]], [-1.0, 0.0, 1.0])
    >>> model.coef_
    array([1., 0.])
    """

    method = "lar"

    n_nonzero_coefs: int = param(
        500, integer(1) | one_of(np.inf), "Columns that join at most; infinity sets no bound."
    )

    def _end(self):
        return 0.0, self.n_nonzero_coefs


class LassoLars(PathRegressor):
    """The lasso, ``‖y − Xβ − b‖² / 2n + α ‖β‖₁``, exactly, by its whole path down to α.

    References
    ----------
    Efron, B., Hastie, T., Johnstone, I. and Tibshirani, R. (2004). Least angle regression. Annals
    of Statistics 32.

    Examples
    --------
    >>> from mlkit.linear_model import LassoLars
    >>> model = LassoLars(alpha=0.5).fit([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0])
    >>> model.coef_.round(3)
    array([1.25])
    """

    alpha: float = param(1.0, at_least(0), "Penalty strength; 0 is least squares.", kw_only=False)
    max_iter: int = param(500, _COUNT, "Steps at most.")
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")

    def _end(self):
        return self.alpha, self.max_iter


class LassoLarsIC(AngleRegressor, Estimator):
    """The lasso whose strength has the least information criterion of its path.

    At each node ``n log(2πσ²) + ‖y − Xβ − b‖² / σ² + c k`` is computed, k the number of weights
    that are not zero, c 2 for "aic" and ``log n`` for "bic", and σ² the variance of the noise.

    References
    ----------
    Zou, H., Hastie, T. and Tibshirani, R. (2007). On the "degrees of freedom" of the lasso. Annals
    of Statistics 35.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LassoLarsIC
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 3))
    >>> y = 2 * X[:, 0] + 0.1 * rng.normal(size=50)
    >>> LassoLarsIC(criterion="bic").fit(X, y).coef_.round(1)
    array([2., 0., 0.])
    """

    traits = Traits(sparse=("csc", "csr"))

    criterion: str = param("aic", one_of("aic", "bic"), "Which criterion.", kw_only=False)
    fit_intercept: bool = shared.fit_intercept
    verbose: int = VERBOSE
    precompute: object = _PRECOMPUTE
    max_iter: int = param(500, _COUNT, "Steps at most.")
    eps: float = _ROUNDING
    copy_X: bool = shared.copy_X
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")
    noise_variance: float = param(
        None, above(0) | none, "σ²; None is that of least squares, for which rows must be enough."
    )

    alpha_ = fitted("float", "The strength of the least criterion.")
    alphas_ = fitted("(n_nodes,)", "Strengths of the path's nodes.")
    criterion_ = fitted("(n_nodes,)", "The criterion at each.")
    noise_variance_ = fitted("float", "σ².")
    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Steps of the path.")

    def fit(self, X, y, copy_X=None):
        """Walk the path, and choose its best node.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        copy_X : bool or None, default=None
            X is never changed.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        squares = self._squares(X, y)
        path = self._paths(squares, self._gram(X), None, self._walk(0.0, self.max_iter))[0]
        coefs = path.matrix(X.shape[1])
        fits = [squares.design.margins(coefs[:, k : k + 1]) for k in range(coefs.shape[1])]
        errors = np.array([np.square(squares.y - fit).sum() for fit in fits])
        sizes = (np.abs(coefs) > np.finfo(np.float64).eps).sum(axis=0)
        n = X.shape[0]
        self.noise_variance_ = self._noise(squares)
        cost = 2.0 if self.criterion == "aic" else np.log(n)
        self.criterion_ = (
            n * np.log(2 * np.pi * self.noise_variance_)
            + errors / self.noise_variance_
            + cost * sizes
        )
        best = int(self.criterion_.argmin())
        self.alphas_, self.alpha_ = np.array(path.alphas), path.alphas[best]
        self.n_iter_ = path.n_iter
        return self._store(squares, coefs[:, best : best + 1], X, y)

    def _noise(self, squares):
        """σ² given, or of least squares: the residual's square over degrees of freedom."""
        if self.noise_variance is not None:
            return float(self.noise_variance)
        n, p = squares.design.shape
        free = n - p - self.fit_intercept
        if free <= 0:
            raise ValueError(
                f"LassoLarsIC: noise_variance=None is estimated from n_samples - n_features"
                f"{' - 1' if self.fit_intercept else ''} = {free} degrees of freedom, which is "
                f"none for n_samples = {n}; pass noise_variance"
            )
        coef = Gram(squares).coef(0.0)
        if coef is None:
            X = squares.design.columns.centred(squares.design.center, None)
            coef = np.linalg.lstsq(X, squares.y, rcond=None)[0]
        return float(np.square(squares.y - squares.design.margins(coef)).sum()) / free
