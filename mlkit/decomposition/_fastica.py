"""Independent component analysis."""

import warnings
from dataclasses import dataclass

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_is_fitted
from .._core.domains import array_like, at_least, callable_, integer, mapping, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.spectral import ica
from .._engine.spectral.operator import threads_for
from ._base import FLOATS

_ALGORITHMS = {"parallel": ica.parallel, "deflation": ica.deflation}


@dataclass(frozen=True)
class _UserContrast:
    """A user's function ``fun(x, **args)`` that returns g(x) and the mean of g′(x)."""

    fun: object
    args: dict

    def __call__(self, x):
        # The deflation gives one row; a user's function sees that as a vector.
        g, slope = self.fun(x[0] if len(x) == 1 else x, **self.args)
        return np.atleast_2d(g), np.atleast_1d(slope)


class FastICA(PrefixedColumns, Transformer, Estimator):
    """Directions along which the data are least Gaussian: ``S = (X − mean) componentsᵀ``.

    If X mixes independent sources linearly, S are the sources up to order, sign and scale. Rows
    are whitened, then the fixed-point iteration ``w ← E[z g(wᵀz)] − E[g′(wᵀz)] w`` finds
    orthogonal directions of extreme contrast.

    References
    ----------
    A. Hyvärinen, E. Oja, "Independent component analysis: algorithms and applications", Neural
    Networks 13 (2000).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import FastICA
    >>> sources = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    >>> X = sources @ np.array([[1.0, 0.5], [0.3, 2.0]])
    >>> S = FastICA(random_state=0).fit_transform(X)
    >>> (np.abs(np.corrcoef(S.T, sources.T)[:2, 2:]).max(axis=1) > 0.99).tolist()
    [True, True]
    """

    traits = Traits(min_rows=2, preserves=("float64", "float32"))

    n_components: int = param(
        None, integer(1) | none, "Number of components; None: all.", kw_only=False
    )
    algorithm: str = param(
        "parallel", one_of("parallel", "deflation"), "All components at once, or in turn."
    )
    whiten: object = param(
        "unit-variance",
        one_of("unit-variance", "arbitrary-variance", False),
        "Scale of the sources after whitening; False: X is white already.",
    )
    fun: object = param(
        "logcosh",
        one_of("logcosh", "exp", "cube") | callable_,
        "Derivative g of the contrast. A function gets x, whose last axis is samples, and returns "
        "g(x) and the mean of g′(x) over that axis.",
    )
    fun_args: dict = param(
        None, mapping | none, 'Passed to a function; ``{"alpha": a}`` in [1, 2] for "logcosh".'
    )
    max_iter: int = shared.max_iter(200)
    tol: float = param(1e-4, at_least(0), "Turn of a direction, 1 − |cos|, at which it stops.")
    w_init: object = param(
        None, array_like | none, "First directions, n_components × n_components; None: random."
    )
    whiten_solver: str = param(
        "svd",
        one_of("eigh", "svd"),
        "Whitening by SVD, or by eigenpairs of the covariance, faster for many rows.",
    )
    random_state: object = shared.random_state

    components_ = fitted("(n_components, n_features)", "What unmixes: rows times X are sources.")
    mixing_ = fitted("(n_features, n_components)", "Pseudo-inverse of the components.")
    mean_ = fitted("(n_features,)", "Means of the columns, if whitened.")
    n_iter_ = fitted("int", "Iterations run, by the slowest component.")
    whitening_ = fitted("(n_components, n_features)", "What whitens, if whitened.")

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._fit(X)
        return self

    def fit_transform(self, X, y=None):
        """Find the components and return the sources.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        return self._fit(X) @ self.components_.T

    def _fit(self, X):
        """Fit, and return X centred (if it is whitened)."""
        X = self._check_fit(X)
        contrast, count = self._contrast(), self._count(X.shape)
        with threads_for(X):
            return self._unmix(X, contrast, count)

    def _unmix(self, X, contrast, count):
        for name in ("mean_", "whitening_"):
            vars(self).pop(name, None)
        if not self.whiten:
            white, Z = None, np.ascontiguousarray(X.T)
        else:
            self.mean_ = X.mean(axis=0)
            X = X - self.mean_
            white = self._whitening(X, count)
            Z = (white * np.sqrt(len(X), dtype=X.dtype)) @ X.T
        W, self.n_iter_ = self._directions(Z, contrast)
        if white is None:
            self.components_ = self._unmixing = W
        else:
            if self.whiten == "unit-variance":
                W = W / (X @ (W @ white).T).std(axis=0)[:, None]
            self.components_, self._unmixing = W @ white, W
            self.whitening_ = white
        self.mixing_ = np.linalg.pinv(self.components_)
        return X

    def _contrast(self):
        args = self.fun_args or {}
        if callable(self.fun):
            return _UserContrast(self.fun, args)
        if self.fun != "logcosh":
            return ica.Exp() if self.fun == "exp" else ica.Cube()
        alpha = args.get("alpha", 1.0)
        if not 1 <= alpha <= 2:
            raise ValueError(f"FastICA(fun_args={{'alpha': {alpha!r}}}): alpha must be in [1, 2]")
        return ica.LogCosh(alpha)

    def _count(self, shape):
        most, wanted = min(shape), self.n_components
        if not self.whiten:
            if wanted is not None:
                warnings.warn(
                    f"FastICA: ignoring n_components={wanted}, as whiten=False keeps all columns",
                    UserWarning,
                    stacklevel=4,
                )
            return shape[1]
        if wanted is not None and wanted > most:
            warnings.warn(
                f"FastICA(n_components={wanted}): there are at most {most} components, which it "
                "is set to",
                UserWarning,
                stacklevel=4,
            )
        return most if wanted is None else min(wanted, most)

    def _whitening(self, centred, count):
        """K with ``K XᵀX Kᵀ = I``."""
        if self.whiten_solver == "svd":
            values, right = ica.directions_by_svd(centred)
        else:
            values, right, degenerate = ica.directions_by_gram(centred)
            if degenerate:
                warnings.warn(
                    f"FastICA: the covariance is singular ({degenerate} directions are constant "
                    "or rounding), which whiten_solver='eigh' blows up; reduce n_components, or "
                    "take whiten_solver='svd'",
                    UserWarning,
                    stacklevel=5,
                )
        return right[:count] / values[:count, None]

    def _directions(self, Z, contrast):
        """Orthogonal directions in the whitened space."""
        count = len(Z)
        if self.w_init is None:
            rng = check_random_state(self.random_state)
            start = np.asarray(rng.normal(size=(count, count)), dtype=Z.dtype)
        else:
            start = np.asarray(self.w_init, dtype=Z.dtype)
            if start.shape != (count, count):
                raise ValueError(
                    f"FastICA: w_init has shape {start.shape}; give one of {(count, count)}"
                )
        solve = _ALGORITHMS[self.algorithm]
        W, n_iter, turned = solve(Z, contrast, start, self.max_iter, self.tol)
        if turned >= self.tol and n_iter == self.max_iter:
            warnings.warn(
                f"FastICA did not converge in max_iter={self.max_iter} iterations: a direction "
                f"still turns by {turned:.3g}, tol={self.tol}; increase max_iter or tol, or take "
                "fewer components",
                twin(ConvergenceWarning),
                stacklevel=6,
            )
        return W, n_iter

    def transform(self, X, copy=True):
        """Return the sources: ``(X − mean) componentsᵀ``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        copy : bool, default=True
            Whether to leave X as it is, or it may be overwritten.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        if self.whiten:
            in_place = not copy and X.flags.writeable and X.dtype == self.mean_.dtype
            X = np.subtract(X, self.mean_, out=X if in_place else None)
        return X @ self.components_.T

    def inverse_transform(self, X, copy=True):
        """Mix sources: ``X mixingᵀ + mean``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
        copy : bool, default=True
            X is never overwritten.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=FLOATS, estimator=self, input_name="X")
        mixed = X @ self.mixing_.T
        return mixed + self.mean_ if self.whiten else mixed


def fastica(
    X,
    n_components=None,
    *,
    algorithm="parallel",
    whiten="unit-variance",
    fun="logcosh",
    fun_args=None,
    max_iter=200,
    tol=1e-4,
    w_init=None,
    whiten_solver="svd",
    random_state=None,
    return_X_mean=False,
    compute_sources=True,
    return_n_iter=False,
):
    """Independent components of X as matrices: ``S = W K (X − mean)ᵀ`` transposed; see `FastICA`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    n_components, algorithm, whiten, fun, fun_args
        As in `FastICA`.
    max_iter, tol, w_init, whiten_solver, random_state
        As in `FastICA`.
    return_X_mean : bool, default=False
        Whether to return the means of the columns as well.
    compute_sources : bool, default=True
        False returns None for the sources.
    return_n_iter : bool, default=False
        Whether to return the number of iterations as well.

    Returns
    -------
    K : ndarray of shape (n_components, n_features) or None
        What whitens; None with ``whiten=False``.
    W : ndarray of shape (n_components, n_components)
        What unmixes after that.
    S : ndarray of shape (n_samples, n_components) or None
        Sources.
    X_mean : ndarray of shape (n_features,) or None
        Only with `return_X_mean`.
    n_iter : int
        Only with `return_n_iter`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import fastica
    >>> X = np.random.default_rng(0).uniform(size=(100, 3))
    >>> K, W, S = fastica(X, 2, random_state=0)
    >>> K.shape, W.shape, S.shape
    ((2, 3), (2, 2), (100, 2))
    """
    model = FastICA(
        n_components,
        algorithm=algorithm,
        whiten=whiten,
        fun=fun,
        fun_args=fun_args,
        max_iter=max_iter,
        tol=tol,
        w_init=w_init,
        whiten_solver=whiten_solver,
        random_state=random_state,
    )
    sources = model.fit_transform(X) if compute_sources else None
    if not compute_sources:
        model.fit(X)
    found = [vars(model).get("whitening_"), model._unmixing, sources]
    if return_X_mean:
        found.append(vars(model).get("mean_"))
    if return_n_iter:
        found.append(model.n_iter_)
    return tuple(found)
