"""Least angle regression whose end is chosen by cross-validation."""

import numpy as np

from .._core import shared
from .._core.domains import array_like, at_least, boolean, integer, none, one_of
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.parallel import blas_threads
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.evaluate.cut import split_rows
from ._lars import AngleRegressor
from ._splits import CV, VERBOSE, RoutesToSplitter

_MAX_ITER = param(500, integer(0), "Steps of a path at most.")


class AngleCV(RoutesToSplitter, AngleRegressor, Estimator):
    """Chooses α by the errors of folds along their paths, and walks with all rows down to it.

    Between nodes a path, and with it each row's error, is linear in α: the errors of all folds are
    known at every node of any.
    """

    traits = Traits(sparse=("csc", "csr"))

    fit_intercept: bool = shared.fit_intercept
    verbose: int = VERBOSE
    max_iter: int = _MAX_ITER
    precompute: object = param(
        "auto",
        boolean | array_like | one_of("auto") | none,
        "Gram matrix of X for the final path, or whether to form those of folds, too.",
    )
    cv: object = param(None, CV, "Folds: a number (None is 5), a splitter, or (train, test) rows.")
    max_n_alphas: int = param(1000, integer(1), "Strengths at most at which folds are compared.")
    n_jobs: int = shared.n_jobs
    eps: float = param(
        np.finfo(float).eps,
        at_least(0),
        "Rounding within which a column is a combination of active ones.",
    )
    copy_X: bool = shared.copy_X

    alpha_ = fitted("float", "The strength with the least error.")
    cv_alphas_ = fitted("(n_cv_alphas,)", "Strengths at which folds are compared, ascending.")
    mse_path_ = fitted("(n_cv_alphas, n_folds)", "Mean squared error of each fold at each.")
    alphas_ = fitted("(n_nodes,)", "Strengths of the final path's nodes.")
    coef_path_ = fitted("(n_features, n_nodes)", "Weights at each node.")
    active_ = fitted("list of int", "Active columns at the end, as they joined.")
    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Steps of the final path.")

    def fit(self, X, y, **params):
        """Choose the strength on folds, then walk with all rows.

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
        gram = self._gram(X)
        of_folds = gram if isinstance(gram, bool) else None
        rows = X.tocsr() if hasattr(X, "tocsr") else X
        calls = [
            ((self, rows, y, train, test, of_folds), {})
            for train, test in split_rows(self.cv, X, y, **splitter)
        ]
        found = run_jobs(_errors, calls, n_jobs=self.n_jobs)
        alphas = np.unique(np.concatenate([nodes for nodes, _ in found]))
        alphas = alphas[:: max(1, len(alphas) // self.max_n_alphas)]
        self.mse_path_ = np.stack(
            [np.square(along(alphas, *fold)).mean(axis=1) for fold in found], axis=1
        )
        # Where no fold has an error, no strength is better than another.
        known = np.isfinite(self.mse_path_).all(axis=1)
        self.cv_alphas_, self.mse_path_ = alphas[known], self.mse_path_[known]
        self.alpha_ = float(self.cv_alphas_[self.mse_path_.mean(axis=1).argmin()])
        return self._fit_paths(X, y, self.alpha_, self.max_iter, gram=gram)


def _errors(model, X, y, train, test, gram):
    """α and the errors of each row in `test`, at the nodes of the path of `train`, ascending."""
    with blas_threads(1):
        squares = model._squares(X[train], y[train])
        walk = model._walk(0.0, model.max_iter)
        path = model._paths(squares, gram, None, walk)[0]
        coefs = path.matrix(X.shape[1])
        moved, intercept = squares.design.to_raw(coefs, squares.y_mean)
        errors = X[test] @ moved + intercept - y[test][:, None]
    return np.array(path.alphas)[::-1], errors.T[::-1]


def along(alphas, nodes, errors):
    """Errors (n_alphas, n_rows) at any α from those at nodes; constant beyond the ends."""
    if len(nodes) == 1:
        return np.broadcast_to(errors, (len(alphas), errors.shape[1]))
    place = np.clip(np.searchsorted(nodes, alphas, side="right") - 1, 0, len(nodes) - 2)
    width = nodes[place + 1] - nodes[place]
    share = np.divide(alphas - nodes[place], width, out=np.zeros(len(alphas)), where=width > 0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    return (1.0 - share) * errors[place] + share * errors[place + 1]


class LarsCV(AngleCV):
    """`Lars` that ends where the errors of cross-validation are least.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LarsCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 3))
    >>> LarsCV().fit(X, 2 * X[:, 0]).coef_.round(3)
    array([2., 0., 0.])
    """

    method = "lar"

    max_iter: int = _MAX_ITER


class LassoLarsCV(AngleCV):
    """`LassoLars` whose strength is chosen by cross-validation.

    Unlike `LassoCV` it compares the strengths at which the set of active columns changes.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LassoLarsCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 3))
    >>> LassoLarsCV().fit(X, 2 * X[:, 0]).coef_.round(3)
    array([2., 0., 0.])
    """

    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")
