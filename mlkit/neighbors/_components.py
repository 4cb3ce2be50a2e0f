"""Neighbourhood components analysis."""

import time
import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_is_fitted
from .._core.domains import array_like, callable_, integer, none, one_of
from .._core.errors import ConvergenceWarning, InvalidParameterError, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._core.targets import check_classification_targets, encode_labels
from .._engine.neighbors.pairwise import euclidean, jobs

# Pairs of a block: 2 MiB in float64, the size of a second-level cache or two.
_BLOCK = 1 << 18


class NeighborhoodComponentsAnalysis(PrefixedColumns, Transformer, Estimator):
    """A linear map under which rows choose neighbours of their own class.

    Maximises ``Σᵢ Σ_{j: yⱼ = yᵢ} pᵢⱼ`` over A, where row i chooses j ≠ i with probability
    ``pᵢⱼ ∝ exp(−‖A xᵢ − A xⱼ‖²)``: the expected number of rows that a stochastic nearest
    neighbour labels right. Each step costs ``O(n² d)``.

    References
    ----------
    J. Goldberger, S. Roweis, G. Hinton, R. Salakhutdinov, "Neighbourhood components analysis",
    NIPS 17 (2004).

    Examples
    --------
    >>> from mlkit.neighbors import NeighborhoodComponentsAnalysis
    >>> X, y = [[0, 0], [0, 1], [2, 0], [2, 1]], [1, 0, 1, 0]
    >>> nca = NeighborhoodComponentsAnalysis(n_components=1, random_state=0).fit(X, y)
    >>> nca.transform(X).shape
    (4, 1)
    """

    traits = Traits(min_rows=2, requires_y=True, preserves=("float64", "float32"))

    n_components: int = param(
        None, integer(1) | none, "Columns out; None is as many as in.", kw_only=False
    )
    init: object = param(
        "auto",
        one_of("auto", "pca", "lda", "identity", "random") | array_like,
        'Where to start: principal directions "pca", discriminant ones "lda", the first columns '
        '"identity", normal draws "random", or a matrix. "auto" is "lda" for fewer components '
        'than classes, else "pca" for fewer than columns and rows, else "identity".',
    )
    warm_start: bool = shared.warm_start
    max_iter: int = shared.max_iter(50)
    tol: float = shared.tol(1e-5)
    callback: object = param(
        None,
        callable_ | none,
        "Called after each iteration with the flat transformation and the number of it.",
    )
    verbose: int = shared.verbose
    random_state: object = shared.random_state

    components_ = fitted("(n_components, n_features)", "The map A.")
    n_iter_ = fitted("int", "Iterations run.")
    random_state_ = fitted("RandomState", "Generator of the draws.")

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def fit(self, X, y):
        """Find the map.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        y = _labels(y)
        _, codes = encode_labels(y)
        self._check_sizes(X)
        self.random_state_ = check_random_state(self.random_state)
        started = time.perf_counter()
        start = self._start(X, codes)
        objective = Objective(np.asarray(X, dtype=np.float64), codes, self._report)
        self.n_iter_ = 0
        result = self._minimise(objective, start)
        self.components_ = result.x.reshape(-1, X.shape[1]).astype(X.dtype, copy=False)
        self.n_iter_ = result.nit
        self._say_end(result, time.perf_counter() - started)
        return self

    def _check_y(self, y):
        return y

    def _minimise(self, objective, start):
        from scipy.optimize import minimize

        return minimize(
            objective,
            np.asarray(start, dtype=np.float64).ravel(),
            jac=True,
            method="L-BFGS-B",
            tol=self.tol,
            options={"maxiter": self.max_iter},
            callback=self._after_step,
        )

    def transform(self, X):
        """Map rows: ``X Aᵀ``.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_components)
        """
        check_is_fitted(self)
        return self._check_X(X) @ self.components_.T

    # ----------------------------------------------------------------------------- start
    def _check_sizes(self, X):
        d, k = X.shape[1], self.n_components
        if k is not None and k > d:
            raise InvalidParameterError(
                f"{type(self).__name__}: n_components={k} cannot exceed the {d} columns of X"
            )
        known = getattr(self, "components_", None)
        if self.warm_start and known is not None and known.shape[1] != d:
            raise ValueError(
                f"{type(self).__name__}(warm_start=True): X has {d} columns, the map to start "
                f"from {known.shape[1]}"
            )
        if isinstance(self.init, str):
            return
        rows, columns = np.shape(check_array(self.init, estimator=self))
        if columns != d or rows > columns or k not in (None, rows):
            raise InvalidParameterError(
                f"{type(self).__name__}: init of shape {(rows, columns)} must have {d} columns, "
                f"no more rows than that, and n_components={k} of them if that is given"
            )

    def _start(self, X, codes):
        if self.warm_start and hasattr(self, "components_"):
            return self.components_
        if not isinstance(self.init, str):
            return check_array(self.init, estimator=self)
        n, d = X.shape
        k = d if self.n_components is None else self.n_components
        init, n_classes = self.init, codes.max() + 1
        if init == "auto":
            init = "lda" if k <= min(d, n_classes - 1) else "pca" if k < min(d, n) else "identity"
        if init == "identity":
            return np.eye(k, d)
        if init == "random":
            return self.random_state_.standard_normal((k, d))
        started = time.perf_counter()
        out = principal(X, k) if init == "pca" else discriminant(X, codes, k)
        what = "principal components" if init == "pca" else "most discriminative components"
        self._print(f"Finding {what}... done in {time.perf_counter() - started:5.2f}s")
        return out

    # --------------------------------------------------------------------------- progress
    def _print(self, line):
        if self.verbose:
            print(line)

    def _after_step(self, x):
        if self.callback is not None:
            self.callback(x, self.n_iter_)
        self.n_iter_ += 1

    def _report(self, value, seconds):
        name = type(self).__name__
        if self.n_iter_ == 0 and not getattr(self, "_said_start", False):
            header = f"{'Iteration':>10} {'Objective Value':>20} {'Time(s)':>10}"
            self._print(f"[{name}]\n[{name}] {header}\n[{name}] {'-' * len(header)}")
            self._said_start = True
        self._print(f"[{name}] {self.n_iter_:>10} {value:>20.6e} {seconds:>10.2f}")

    def _say_end(self, result, seconds):
        vars(self).pop("_said_start", None)
        if not result.success:
            warnings.warn(
                f"{type(self).__name__} did not converge in {result.nit} iterations: "
                f"{result.message}; raise max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=3,
            )
        self._print(f"[{type(self).__name__}] Training took {seconds:8.2f}s.")


def _labels(y):
    check_classification_targets(y)
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.ravel()
    return y


class Objective:
    """Minus the expected number of rows labelled right, and its gradient, at a flat map A.

    With ``wᵢⱼ = pᵢⱼ ([yᵢ = yⱼ] − chanceᵢ)``, whose rows sum to 0, the gradient is
    ``2 Σ wᵢⱼ (zᵢ − zⱼ)(xᵢ − xⱼ)ᵀ = 2 (C Z − wᵀZ − w Z)ᵀ X`` with the sums C of the columns of w:
    all pairs meet Z alone, which has few columns, block by block.
    """

    def __init__(self, X, codes, report):
        self.X, self.codes, self.report = X, codes, report

    def __call__(self, flat):
        started = time.perf_counter()
        Z = self.X @ flat.reshape(-1, self.X.shape[1]).T
        n = len(Z)
        column, against = np.zeros(n), np.zeros_like(Z)
        value, step = 0.0, max(1, _BLOCK // n)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            chance, w = self._block(Z, rows)
            value += chance
            column += w.sum(axis=0)
            against += w.T @ Z[rows]
            against[rows] += w @ Z
        gradient = 2 * (column[:, None] * Z - against).T @ self.X
        self.report(value, time.perf_counter() - started)
        return -value, gradient.ravel()

    def _block(self, Z, rows):
        """Sum of the chances of some rows, and their w."""
        with jobs(1):  # a block is too little to wake threads for
            p = euclidean(Z[rows], Z, squared=True)
        own = np.arange(rows.start, rows.stop)
        # No row chooses itself.
        p[own - rows.start, own] = np.inf
        np.subtract(p.min(axis=1, keepdims=True), p, out=p)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        same = self.codes[rows, None] == self.codes
        chance = np.einsum("ij,ij->i", p, same)
        p *= same - chance[:, None]
        return chance.sum(), p


def principal(X, k):
    """The k leading principal directions, as rows."""
    _, _, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return _filled(directions, k, X.shape[1])


def discriminant(X, codes, k):
    """The k directions in which classes lie furthest apart, within-class variance being 1.

    Rows are whitened by the scatter within classes; the directions are the principal ones of the
    class means there. Rows without one are zeros.
    """
    n, count = len(X), np.bincount(codes)
    means = np.array([X[codes == c].mean(axis=0) for c in range(len(count))])
    within = X - means[codes]
    scale = within.std(axis=0)
    scale[scale == 0] = 1.0
    _, root, axes = np.linalg.svd(within / scale, full_matrices=False)
    used = root > 1e-4
    whiten = (axes[used] / scale).T / root[used] * np.sqrt(max(n - len(count), 1))
    apart = np.sqrt(count / max(len(count) - 1, 1))[:, None] * (means - X.mean(axis=0)) @ whiten
    _, spread, axes = np.linalg.svd(apart, full_matrices=False)
    axes = axes[spread > 1e-4 * max(spread.max(initial=0), 1e-300)]
    return _filled((whiten @ axes.T).T, k, X.shape[1])


def _filled(rows, k, d):
    out = np.zeros((k, d))
    out[: min(k, len(rows))] = rows[:k]
    return out
