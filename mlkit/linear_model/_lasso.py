"""Least squares with penalties that select columns."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted
from .._core.domains import array_like, at_least, between, boolean, integer, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.sparse import as_interface
from .._core.tags import Traits
from .._engine.glm.coordinate import CoordinateDescent
from .._engine.glm.path import elastic
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredError
from ._base import LinearRegressor, check_weight
from ._paths import enet_path, lasso_path

_UNBOUNDED = 2**31 - 1
_STRENGTH = param(1.0, at_least(0), "Penalty strength; 0 is least squares.", kw_only=False)


def warn_of_gap(model, gap, goal):
    """Say how far a descent came, and what helps."""
    warnings.warn(
        f"{type(model).__name__}: coordinate descent did not converge in max_iter="
        f"{model.max_iter} epochs: duality gap {gap:.3g}, wanted {goal:.3g}; raise max_iter or "
        "tol, or alpha, or scale the columns",
        twin(ConvergenceWarning),
        stacklevel=4,
    )


def check_gram(model, gram, X, weight):
    """A Gram matrix given by the user, or whether to form it: for `CoordinateDescent`.

    One that was made of X as it is does not hold for centred X.
    """
    if not hasattr(gram, "__array__") and not isinstance(gram, list | tuple):
        return gram is True or None
    gram, p = np.asarray(gram, dtype=np.float64), X.shape[1]
    if gram.shape != (p, p):
        raise ValueError(
            f"{type(model).__name__}: precompute has shape {gram.shape}; the Gram matrix of X is "
            f"({p}, {p})"
        )
    if model.fit_intercept and not _is_centred(X, weight):
        message = "the Gram matrix was provided but X was centered to fit the intercept"
        warnings.warn(
            f"{type(model).__name__}: {message}: recomputing it; pass precompute=True",
            UserWarning,
            stacklevel=4,
        )
        return True
    scale = 1.0 if weight is None else weight.sum(dtype=np.float64) / len(weight)
    i, j = p // 2, p - 1 - p // 2
    rows = X[:, [i, j]].toarray() if hasattr(X, "toarray") else X[:, [i, j]]
    rows = rows.astype(np.float64)
    expected = float(rows[:, 0] @ (rows[:, 1] * (1.0 if weight is None else weight / scale)))
    size = float(np.sqrt(np.square(rows).sum(axis=0)).prod())
    if abs(gram[i, j] - expected) > (1e-4 if X.dtype == np.float32 else 1e-6) * max(size, 1e-300):
        raise ValueError(
            f"{type(model).__name__}: the Gram matrix passed in precompute did not pass validation "
            f"when a single element was checked: [{i}, {j}] is {gram[i, j]:.6g}, XᵀX has "
            f"{expected:.6g}"
        )
    return gram * scale


def _is_centred(X, weight):
    weight = np.ones(X.shape[0]) if weight is None else weight
    mean = np.asarray(X.T @ weight).ravel() / weight.sum()
    return bool(np.abs(mean).max(initial=0.0) <= 1e-6)


class SparseWeights:
    """Models whose weights are mostly zero."""

    @property
    def sparse_coef_(self):
        """``coef_`` as a CSR matrix, (n_targets, n_features)."""
        check_is_fitted(self)
        from scipy.sparse import csr_matrix

        return as_interface(csr_matrix(self.coef_))


class CoordinateRegressor(SparseWeights, LinearRegressor):
    """What the elastic nets share: the descent from their parameters and its outcome."""

    def _solver(self, gram=None):
        random = self.selection == "random"
        return CoordinateDescent(
            _UNBOUNDED if self.max_iter is None else self.max_iter,
            self.tol,
            check_random_state(self.random_state) if random else None,
            gram,
        )

    def _penalty(self):
        return elastic(self.alpha, self.l1_ratio, getattr(self, "positive", False))

    def _start(self, shape):
        """Weights (K, p) of the previous fit, if they are wanted and fit."""
        coef = getattr(self, "coef_", None)
        if not self.warm_start or coef is None or coef.size != np.prod(shape):
            return None
        return np.reshape(coef, shape)

    def _descend(self, X, y, weight, start, gram=None):
        """The `Solution` for y (n, K), with a warning where it is not within tol."""
        solution = solve(
            X,
            y,
            Problem(SquaredError(), self._penalty(), self._solver(gram)),
            weight=weight,
            fit_intercept=self.fit_intercept,
            start=None if start is None else (start.T, np.zeros(y.shape[1])),
        )
        if not solution.converged:
            warn_of_gap(self, solution.details["gap"], solution.details["goal"])
        return solution


class SingleTask(CoordinateRegressor, Estimator):
    """The L1 penalties whose targets are fitted one by one; l1_ratio is a subclass's."""

    traits = Traits(sparse=("csc", "csr"), multi_output=True)

    alpha: float = _STRENGTH
    fit_intercept: bool = shared.fit_intercept
    precompute: object = param(
        False,
        boolean | array_like,
        "Gram matrix of X (weighted and centred as the fit is); with True it is formed at once, "
        "with False for the columns worked on, or at once where columns are few.",
    )
    max_iter: int = param(1000, integer(1) | none, "Epochs at most; None sets no bound.")
    copy_X: bool = shared.copy_X
    tol: float = shared.tol(1e-4, "Duality gap, as a share of ``‖y − ȳ‖² / n``, at which to stop.")
    warm_start: bool = shared.warm_start
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")
    random_state: object = shared.random_state
    selection: str = param(
        "cyclic", one_of("cyclic", "random"), "Order of the coordinates within an epoch."
    )

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int or list of n_targets", "Epochs run.")
    dual_gap_ = fitted("float or (n_targets,)", "Duality gap at the end, over n_samples.")

    def fit(self, X, y, sample_weight=None, check_input=True):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets are fitted one by one.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.
        check_input : bool, default=True
            With False, X and y must be finite float arrays of fitting shapes already.

        Returns
        -------
        self
        """
        if check_input:
            X, y = self._check_fit(X, y)
        else:
            self._check_params()
            self.n_features_in_ = X.shape[1]
        weight = check_weight(sample_weight, X)
        return self._fit_arrays(X, y, weight, check_gram(self, self.precompute, X, weight))

    def _fit_arrays(self, X, y, weight, gram=None):
        """Fit to what was checked; `gram` is that of the weighted and centred X, if it is known."""
        targets = y[:, None] if y.ndim == 1 else y
        starts = self._start((targets.shape[1], X.shape[1]))
        found = [
            self._descend(X, targets[:, k : k + 1], weight, start, gram)
            for k in range(targets.shape[1])
            for start in [None if starts is None else starts[k : k + 1]]
        ]
        self._store(found, X.dtype, y.ndim)
        return self

    def _store(self, found, dtype, y_ndim):
        coef = np.array([each.coef[:, 0] for each in found], dtype=dtype)
        intercept = np.array([each.intercept[0] for each in found], dtype=dtype)
        gaps = np.array([each.details["gap"] for each in found])
        n_iter = [each.n_iter for each in found]
        single = len(found) == 1
        self.coef_ = coef[0] if single else coef
        self.dual_gap_ = gaps[0] if single else gaps
        self.n_iter_ = n_iter[0] if single else n_iter
        if not self.fit_intercept:
            self.intercept_ = 0.0
        else:
            self.intercept_ = intercept[0] if y_ndim == 1 else intercept


class ElasticNet(SingleTask):
    """Least squares with L1 and L2 penalties.

    Minimises ``‖y − Xβ − b‖² / 2n + α r ‖β‖₁ + α (1 − r) ‖β‖² / 2``, r the `l1_ratio`; with sample
    weights the first term is ``Σ w (y − Xβ − b)² / (2 Σ w)``. Coordinate descent works on the
    columns that violate optimality, and stops when the duality gap is within ``tol ‖y − ȳ‖² / n``.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net.
    Journal of the Royal Statistical Society B 67.

    Massias, M., Gramfort, A. and Salmon, J. (2018). Celer: a fast solver for the lasso with dual
    extrapolation. ICML.

    Examples
    --------
    >>> from mlkit.linear_model import ElasticNet
    >>> model = ElasticNet(alpha=0.5).fit([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0])
    >>> model.coef_.round(3)
    array([1.182])
    """

    path = staticmethod(enet_path)

    alpha: float = _STRENGTH
    l1_ratio: float = param(0.5, between(0, 1), "Share of the L1 norm in the penalty.")


class Lasso(SingleTask):
    """Least squares with an L1 penalty: minimises ``‖y − Xβ − b‖² / 2n + α ‖β‖₁``.

    With sample weights the first term is ``Σ w (y − Xβ − b)² / (2 Σ w)``.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. Journal of the Royal
    Statistical Society B 58.

    Examples
    --------
    >>> from mlkit.linear_model import Lasso
    >>> model = Lasso(alpha=0.5).fit([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0])
    >>> model.coef_.round(3)
    array([1.25])
    """

    path = staticmethod(lasso_path)
    l1_ratio = 1.0

    alpha: float = _STRENGTH


class MultiTask(CoordinateRegressor, Estimator):
    """The penalties on rows of weights; l1_ratio is a subclass's."""

    traits = Traits(sparse=("csc", "csr"), multi_output=True, single_output=False)

    alpha: float = _STRENGTH
    fit_intercept: bool = shared.fit_intercept
    copy_X: bool = shared.copy_X
    max_iter: int = shared.max_iter(1000, "Epochs at most.")
    tol: float = shared.tol(1e-4, "Duality gap, as a share of ``‖Y − Ȳ‖² / n``, at which to stop.")
    warm_start: bool = shared.warm_start
    random_state: object = shared.random_state
    selection: str = param(
        "cyclic", one_of("cyclic", "random"), "Order of the coordinates within an epoch."
    )

    coef_ = fitted("(n_targets, n_features)", "Weights.")
    intercept_ = fitted("(n_targets,)", "Constant terms.")
    n_iter_ = fitted("int", "Epochs run.")
    dual_gap_ = fitted("float", "Duality gap at the end, over n_samples.")
    eps_ = fitted("float", "The duality gap at which to stop, over n_samples.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, n_targets)
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        if y.ndim == 1:
            name = type(self).__name__
            raise ValueError(
                f"{name} needs y of two dimensions, got shape {y.shape}: for one target use "
                f"{name.removeprefix('MultiTask')}"
            )
        return self._fit_arrays(X, y, weight)

    def _fit_arrays(self, X, y, weight, gram=None):
        """Fit to what was checked; `gram` is that of the weighted and centred X, if it is known."""
        solution = self._descend(X, y, weight, self._start((y.shape[1], X.shape[1])), gram)
        self.coef_ = np.asfortranarray(solution.coef.T.astype(X.dtype))
        self.intercept_ = solution.intercept.astype(X.dtype) if self.fit_intercept else 0.0
        self.n_iter_ = solution.n_iter
        self.dual_gap_, self.eps_ = solution.details["gap"], solution.details["goal"]
        return self


class MultiTaskElasticNet(MultiTask):
    """Least squares for several targets that share their columns.

    Minimises ``‖Y − XB − b‖² / 2n + α r Σ_j ‖B_j‖ + α (1 − r) ‖B‖² / 2`` over B, whose row B_j
    holds the weights of column j for all targets; r is the `l1_ratio`. A column is in or out for
    all targets.

    References
    ----------
    Obozinski, G., Taskar, B. and Jordan, M. I. (2010). Joint covariate selection and joint subspace
    selection for multiple classification problems. Statistics and Computing 20.

    Examples
    --------
    >>> from mlkit.linear_model import MultiTaskElasticNet
    >>> Y = [[-2.0, -1.0], [0.0, 0.0], [2.0, 1.0]]
    >>> MultiTaskElasticNet(alpha=0.1).fit([[-1.0], [0.0], [1.0]], Y).coef_.round(3)
    array([[1.798],
           [0.899]])
    """

    path = staticmethod(enet_path)

    alpha: float = _STRENGTH
    l1_ratio: float = param(0.5, between(0, 1), "Share of the norms of rows in the penalty.")


class MultiTaskLasso(MultiTask):
    """Least squares for several targets with a penalty on rows of weights.

    Minimises ``‖Y − XB − b‖² / 2n + α Σ_j ‖B_j‖``, B_j the weights of column j for all targets.

    Examples
    --------
    >>> from mlkit.linear_model import MultiTaskLasso
    >>> Y = [[-2.0, -1.0], [0.0, 0.0], [2.0, 1.0]]
    >>> MultiTaskLasso(alpha=0.1).fit([[-1.0], [0.0], [1.0]], Y).coef_.round(3)
    array([[1.866],
           [0.933]])
    """

    path = staticmethod(lasso_path)
    l1_ratio = 1.0

    alpha: float = _STRENGTH
