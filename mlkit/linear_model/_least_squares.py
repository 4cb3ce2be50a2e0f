"""Least squares without a penalty."""

import numpy as np

from .._core import shared
from .._core.domains import boolean, integer, none
from .._core.estimator import Estimator
from .._core.parallel import blas_threads, n_threads
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.glm.closed_form import Cholesky, NonNegative
from .._engine.glm.iterative import LSQR
from .._engine.glm.penalties import NoPenalty
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredError
from ._base import LinearRegressor, check_weight, margins, store, warn_not_converged
from ._summary import Summarised, least_squares_fit, refuse


class LinearRegression(Summarised, LinearRegressor, Estimator):
    """Least squares: minimises ``Σ w (y − Xβ − b)²``, the shortest β where several do.

    Dense X is solved by a Cholesky factor of its Gram matrix, refined once, or by its singular
    values where columns are (nearly) dependent or outnumber the rows; sparse X by LSQR without
    being centred in memory; with ``positive=True``, ``β ≥ 0``, by active sets.

    References
    ----------
    Paige, C. C. and Saunders, M. A. (1982). LSQR: an algorithm for sparse linear equations and
    sparse least squares. ACM Transactions on Mathematical Software 8.

    Lawson, C. L. and Hanson, R. J. (1974). Solving Least Squares Problems.

    Examples
    --------
    >>> from mlkit.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_, float(model.intercept_)
    (array([2.]), 1.0)
    """

    traits = Traits(sparse=("csr", "csc"), multi_output=True)

    fit_intercept: bool = shared.fit_intercept
    copy_X: bool = shared.copy_X
    tol: float = shared.tol(1e-6, "Accuracy of LSQR, which solves sparse X.")
    n_jobs: int = param(
        None, integer() | none, "Threads of the linear algebra; None leaves it to the library."
    )
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    rank_ = fitted("int", "Rank of centred X; of dense X without ``positive`` only.")
    singular_ = fitted("(min(n_samples, n_features),)", "Singular values of centred X; as rank_.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        problem = Problem(SquaredError(), NoPenalty(), self._solver(issparse(X)))
        limit = None if self.n_jobs is None else n_threads(self.n_jobs)
        with blas_threads(limit):
            solution = solve(X, y, problem, weight=weight, fit_intercept=self.fit_intercept)
        if not solution.converged:
            warn_not_converged(self, "nnls" if self.positive else "lsqr", solution)
        singular = solution.details.get("singular")
        if singular is not None:
            self.rank_ = int(solution.details["rank"])
            self.singular_ = np.asarray(singular, dtype=X.dtype)
        return store(self, solution, X, y.ndim)

    def _check_plain(self):
        who = type(self).__name__
        if self.positive:
            refuse(who, "weights kept non-negative are not normal", "use positive=False")
        if self.coef_.ndim > 1:
            refuse(who, "there are several targets", "fit them one by one")

    def _fit_of(self, X, y, weight):
        fitted = margins(X, self.coef_, self.intercept_)
        return least_squares_fit(y.astype(np.float64), fitted, weight, self.fit_intercept)

    def _solver(self, sparse):
        if self.positive:
            return NonNegative()
        return LSQR(tol=self.tol) if sparse else Cholesky()
