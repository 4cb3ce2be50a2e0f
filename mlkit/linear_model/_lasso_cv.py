"""Elastic nets that choose their penalty by cross-validation."""

import numbers
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .._core import shared
from .._core.domains import above, array_like, between, boolean, integer, none, one_of
from .._core.estimator import Estimator
from .._core.parallel import blas_threads, n_threads
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.evaluate.cut import split_rows
from .._engine.glm.path import FoldGrams, correlation, forms_gram, least_squares, path_data
from ._base import LinearRegressor, check_weight, margins
from ._lasso import ElasticNet, Lasso, MultiTaskElasticNet, MultiTaskLasso
from ._paths import alpha_grid, enet_path, lasso_path, solutions, warn_of_late
from ._splits import CV, VERBOSE, RoutesToSplitter

# Numbers of X from which on folds are fitted side by side.
_THREADED = 1 << 18
_EPS = param(1e-3, above(0), "Ratio of the least to the greatest strength of the grid.")
_RATIO = param(
    0.5, between(0, 1) | array_like, "Share of the L1 norm; of an array the best is chosen."
)


class PathCV(RoutesToSplitter, LinearRegressor, Estimator):
    """Chooses the strength of a penalty from the paths of folds, and fits it to all rows."""

    traits = Traits(sparse=("csc", "csr"))
    model = None  # the class whose strength is chosen

    alphas: object = param(
        100, integer(1) | array_like, "Strengths, or how many: a grid that the data give."
    )
    fit_intercept: bool = shared.fit_intercept
    max_iter: int = shared.max_iter(1000, "Epochs at most, for each strength.")
    tol: float = shared.tol(1e-4, "Duality gap, as a share of ``‖y − ȳ‖² / n``, at which to stop.")
    cv: object = param(None, CV, "Folds: a number (None is 5), a splitter, or (train, test) rows.")
    copy_X: bool = shared.copy_X
    verbose: int = shared.verbose
    n_jobs: int = param(
        None,
        integer() | none,
        "Folds that are fitted at a time, in threads; None and -1 are as many as there are "
        "processors, of few numbers one.",
    )
    random_state: object = shared.random_state
    selection: str = param(
        "cyclic", one_of("cyclic", "random"), "Order of the coordinates within an epoch."
    )

    alpha_ = fitted("float", "The strength with the least error.")
    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    mse_path_ = fitted(
        "(n_alphas, n_folds) or (n_l1_ratio, n_alphas, n_folds)", "Mean squared error of each fold."
    )
    alphas_ = fitted("(n_alphas,) or (n_l1_ratio, n_alphas)", "The strengths tried.")
    dual_gap_ = fitted("float", "Duality gap of the final fit.")
    n_iter_ = fitted("int", "Epochs of the final fit.")

    def fit(self, X, y, sample_weight=None, **params):
        """Choose the penalty on folds, then fit all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or, for several tasks, (n_samples, n_targets)
        sample_weight : float or array-like of shape (n_samples,), default=None
            Of the fits, and of the errors within a fold. Folds count alike.
        **params
            Metadata for the splitter, if metadata is routed.

        Returns
        -------
        self
        """
        splitter = self._routed(sample_weight, params)
        X, y = self._check_fit(X, y)
        y = self._shaped(y)
        weight = check_weight(sample_weight, X)
        ratios = np.atleast_1d(getattr(self, "l1_ratio", 1.0)).astype(np.float64)
        folds = split_rows(self.cv, X, y, **splitter)
        with blas_threads(1):  # products are many and small; threads take folds
            run = self._runner(X.size if hasattr(X, "size") else X.nnz, len(folds))
            whole = self._whole(X, y, weight, folds, run)
            grids = self._grids(X, y, weight, ratios, whole)
            errors = self._errors(X, y, weight, ratios, grids, folds, whole, run)
        mean = errors.mean(axis=2)
        best = np.unravel_index(mean.argmin(), mean.shape)
        self.mse_path_ = np.squeeze(errors)
        self.alpha_ = grids[best]
        if hasattr(self, "l1_ratio"):
            self.l1_ratio_ = ratios[best[0]]
        counted = isinstance(self.alphas, numbers.Integral)
        self.alphas_ = grids if counted and len(ratios) > 1 else grids[0]
        return self._refit(X, y, weight, ratios[best[0]], whole)

    def _shaped(self, y):
        """y of the dimensions that the model is for."""
        name = type(self).__name__
        if self.traits.multi_output:
            if y.ndim == 1:
                raise ValueError(
                    f"{name} needs y of two dimensions, got shape {y.shape}: for one target use "
                    f"{name.removeprefix('MultiTask')}"
                )
            return y
        return y

    def _runner(self, size, n_folds):
        """``run(function, items)``: its results in order, one after another or in threads."""
        drawn = self.selection == "random" and not isinstance(self.random_state, numbers.Integral)
        small = self.n_jobs is None and size < _THREADED
        # A generator of random numbers is one for all folds.
        workers = 1 if drawn or small else min(n_threads(self.n_jobs), n_folds)
        if workers == 1:
            return map

        def run(function, items):
            with ThreadPoolExecutor(workers) as pool:
                return list(pool.map(function, items))

        return run

    def _whole(self, X, y, weight, folds, run):
        """`FoldGrams` where Gram matrices serve the folds, else None."""
        if not (self._precomputes() or forms_gram((len(folds[0][0]), X.shape[1]))):
            return None
        tests = [test for _, test in folds]
        parts = all(are_complementary(train, test, X.shape[0]) for train, test in folds)
        once = parts and are_complementary(np.concatenate(tests), tests[0][:0], X.shape[0])
        return FoldGrams(X, y, weight, self.fit_intercept, tests if once else (), run)

    def _grids(self, X, y, weight, ratios, whole):
        if whole is not None:
            q = whole.correlation
        else:
            q = correlation(*least_squares(X, y, weight, self.fit_intercept))
        positive = getattr(self, "positive", False)
        who = type(self).__name__
        grids = [alpha_grid(who, q, r, self.eps, self.alphas, positive) for r in ratios]
        return np.array(grids)

    def _errors(self, X, y, weight, ratios, grids, folds, whole, run):
        """Mean squared error on each fold's test rows: (n_l1_ratio, n_alphas, n_folds)."""

        def work(fold):
            test = folds[fold][1]
            data, squares, out = self._without_fold(X, y, weight, whole, fold, folds[fold])
            part = None if weight is None else weight[test]
            errors, late = [], []
            for i, ratio in enumerate(ratios):
                found = self._path(data, grids[i], ratio, squares, X.dtype)
                late += [a for a, each in zip(grids[i], found, strict=True) if not each.converged]
                told = None if out is None else out.errors([each.coef for each in found])
                if told is None:
                    told = mean_errors(squares, found, X[test], y[test], part)
                errors.append(told)
            return errors, late

        results = list(run(work, range(len(folds))))
        for _, late in results:
            if late:
                warn_of_late(late, grids.size, self.max_iter, stacklevel=4)
        return np.moveaxis(np.array([errors for errors, _ in results]), 0, 2)

    def _without_fold(self, X, y, weight, whole, fold, rows):
        """Data of the path on the train rows, `LeastSquares` of their means, and `HeldOut`."""
        train, test = rows
        if whole is not None and are_complementary(train, test, X.shape[0]):
            found = whole.without(fold, test)
            if found is not None:
                return found
        part = None if weight is None else weight[train]
        squares, total = least_squares(X[train], y[train], part, self.fit_intercept)
        return path_data(squares, total, True if self._precomputes() else None), squares, None

    def _path(self, data, alphas, ratio, squares, dtype):
        options = {name: getattr(self, name) for name in ("tol", "max_iter", "random_state")}
        options["selection"] = self.selection
        start = np.zeros((squares.design.shape[1], squares.y.shape[1]))
        positive = getattr(self, "positive", False)
        return solutions(data, alphas, ratio, options, start, positive, dtype, self.verbose > 1)

    def _precomputes(self):
        """Whether each fold's Gram matrix is wanted whole; a given one is not that of a fold."""
        return getattr(self, "precompute", False) is True

    def _refit(self, X, y, weight, ratio, whole):
        shared_names = set(self.get_params()) & set(self.model._get_param_names())
        options = {name: getattr(self, name) for name in shared_names - {"l1_ratio"}}
        if isinstance(options.get("precompute"), str):
            options["precompute"] = False
        if "l1_ratio" in self.model._get_param_names():
            options["l1_ratio"] = ratio
        final = self.model(**{**options, "alpha": self.alpha_})
        if whole is not None and not hasattr(options.get("precompute"), "__len__"):
            final._fit_arrays(X, y, weight, whole.parts[0])
        else:
            final.fit(X, y, weight)
        for name in ("coef_", "intercept_", "dual_gap_", "n_iter_"):
            setattr(self, name, getattr(final, name))
        return self


def are_complementary(train, test, n):
    """Whether each row is either in one or in the other, once."""
    count = np.bincount(train, minlength=n)
    count += np.bincount(test, minlength=n)
    return len(count) == n and bool((count == 1).all())


def mean_errors(squares, found, X, y, weight):
    """Mean squared error of each solution on other rows, over rows and targets."""
    moved = [squares.solution(each.coef) for each in found]
    n_targets = moved[0].coef.shape[1]
    coef = np.concatenate([each.coef for each in moved], axis=1)
    intercept = np.concatenate([each.intercept for each in moved])
    raw = margins(X, coef.T, intercept).reshape(X.shape[0], len(found), n_targets)
    error = np.square(raw - y.reshape(len(y), 1, n_targets)).mean(axis=2)
    return np.average(error, axis=0, weights=weight)


class SingleTaskCV(PathCV):
    """`PathCV` for one target."""

    precompute: object = param(
        "auto",
        boolean | array_like | one_of("auto"),
        'Gram matrix, as in `ElasticNet`; "auto" forms it where columns are few.',
    )
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")


class LassoCV(SingleTaskCV):
    """Lasso whose penalty strength is chosen by cross-validation.

    For each α of a grid it minimises ``‖y − Xβ − b‖² / 2n + α ‖β‖₁`` without each fold in turn,
    along warm-started paths; the α with the least mean squared error on the folds left out is then
    fitted to all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LassoCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> LassoCV(alphas=[0.001, 0.1], cv=2).fit(x, 3 * x[:, 0]).alpha_
    np.float64(0.001)
    """

    path = staticmethod(lasso_path)
    model = Lasso

    verbose: int = VERBOSE
    eps: float = _EPS


class ElasticNetCV(SingleTaskCV):
    """Elastic net whose penalty strength, and share of L1, are chosen by cross-validation.

    For each α of a grid and each `l1_ratio` r it minimises
    ``‖y − Xβ − b‖² / 2n + α r ‖β‖₁ + α (1 − r) ‖β‖² / 2`` without each fold in turn, and fits the
    pair with the least mean squared error on the folds left out to all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import ElasticNetCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> ElasticNetCV(alphas=[0.001, 0.1], cv=2).fit(x, 3 * x[:, 0]).alpha_
    np.float64(0.001)
    """

    path = staticmethod(enet_path)
    model = ElasticNet

    l1_ratio: object = _RATIO
    eps: float = _EPS
    l1_ratio_ = fitted("float", "The share with the least error.")


class MultiTaskLassoCV(PathCV):
    """`MultiTaskLasso` whose penalty strength is chosen by cross-validation.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import MultiTaskLassoCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> MultiTaskLassoCV(alphas=[0.001, 0.1], cv=2).fit(x, x @ [[3, 1]]).alpha_
    np.float64(0.001)
    """

    traits = Traits(sparse=("csc", "csr"), multi_output=True, single_output=False)
    path = staticmethod(lasso_path)
    model = MultiTaskLasso

    verbose: int = VERBOSE
    eps: float = _EPS


class MultiTaskElasticNetCV(PathCV):
    """`MultiTaskElasticNet` whose penalty, and share of norms, are chosen by cross-validation.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import MultiTaskElasticNetCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> MultiTaskElasticNetCV(alphas=[0.001, 0.1], cv=2).fit(x, x @ [[3, 1]]).alpha_
    np.float64(0.001)
    """

    traits = Traits(sparse=("csc", "csr"), multi_output=True, single_output=False)
    path = staticmethod(enet_path)
    model = MultiTaskElasticNet

    l1_ratio: object = _RATIO
    eps: float = _EPS
    l1_ratio_ = fitted("float", "The share with the least error.")
