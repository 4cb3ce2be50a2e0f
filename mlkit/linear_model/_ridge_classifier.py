"""Classification by least squares with an L2 penalty."""

import numpy as np

from .._core import shared
from .._core.arrays import column_or_1d
from .._core.domains import at_least, boolean, integer, mapping, none, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from .._core.targets import compute_sample_weight, encode_labels, is_multilabel
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, solve
from .._engine.loss.losses import SquaredError
from ._base import LinearClassifier, check_weight, margins, warn_not_converged
from ._ridge import _SOLVERS, choose, iterations, method, takes_sparse


class SignClassifier(LinearClassifier):
    """Classifiers by least squares on signs; ``_several`` where a row may have several labels."""

    def _signs(self, y):
        """y as an array, and its signs (n, n_outputs); sets ``classes_``."""
        self._several = is_multilabel(y)
        if self._several:
            y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            self.classes_ = np.arange(y.shape[1])
            return y, np.where(y > 0, 1.0, -1.0)
        y = column_or_1d(y, warn=True)
        self.classes_, codes = encode_labels(y)
        return y, signs_of(codes, len(self.classes_))

    def _keep_solution(self, solution, dtype):
        coef = np.ascontiguousarray(solution.coef.T, dtype=dtype)
        self.coef_ = coef[0] if len(coef) == 1 else coef
        self.intercept_ = solution.intercept.astype(dtype) if self.fit_intercept else 0.0
        return self

    def _scores(self, X):
        return margins(self._check_X(X), np.atleast_2d(self.coef_), self.intercept_)

    def predict(self, X):
        """Return the label whose score is greatest, or the labels whose scores are positive.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        return self._labels(self._scores(X))

    def _labels(self, scores):
        if getattr(self, "_several", False):
            return (scores > 0).astype(int)
        return self._best_labels(scores)


class RidgeClassifier(SignClassifier, Estimator):
    """Least squares on classes written as −1 and 1, with an L2 penalty.

    Minimises ``Σ w ‖Y − Xβ − b‖² + α ‖β‖²``, a row of Y being 1 at its class and −1 elsewhere (one
    column for two classes), and predicts the class with the greatest ``Xβ + b``. Of several labels
    a row, those with a positive one.

    References
    ----------
    Hoerl, A. E. and Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal
    problems. Technometrics 12.

    Examples
    --------
    >>> from mlkit.linear_model import RidgeClassifier
    >>> model = RidgeClassifier().fit([[-2.0], [-1.0], [1.0], [2.0]], ["no", "no", "yes", "yes"])
    >>> model.predict([[-3.0], [3.0]])
    array(['no', 'yes'], dtype='<U3')
    """

    traits = Traits(sparse=("csr", "csc"), multi_label=True)

    alpha: float = param(1.0, at_least(0), "Penalty strength.", kw_only=False)
    fit_intercept: bool = shared.fit_intercept
    copy_X: bool = shared.copy_X
    max_iter: int = param(
        None, integer(1) | none, "Iterations at most; None lets the solver decide."
    )
    tol: float = shared.tol(1e-4, "Accuracy of the iterative solvers.")
    class_weight: object = param(
        None,
        mapping | one_of("balanced") | none,
        'Weight of each class; "balanced" is n_samples / (n_classes * count).',
    )
    solver: str = param("auto", one_of(*_SOLVERS), "Method, as in `Ridge`.")
    positive: bool = param(False, boolean, "Whether to keep every weight non-negative.")
    random_state: object = shared.random_state

    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(n_features,) or (n_classes, n_features)", "Weights; one row for two classes.")
    intercept_ = fitted("float or (n_outputs,)", "Constant terms; 0.0 without.")
    n_iter_ = fitted("(n_outputs,)", "Iterations; 1 of a factorisation.")
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or zeros and ones in a column for each of several labels.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        who = type(self).__name__
        self.solver_ = choose(who, self.solver, self.positive, self.fit_intercept, X)
        y, signs = self._signs(y)
        weight = check_weight(sample_weight, X)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y).astype(X.dtype)
            weight = by_class if weight is None else weight * by_class
        solver = method(self.solver_, self.max_iter, self.tol)
        problem = Problem(SquaredError(), L2(self.alpha), solver)
        solution = solve(X, signs, problem, weight=weight, fit_intercept=self.fit_intercept)
        self.n_iter_ = iterations(solution)
        if not solution.converged:
            warn_not_converged(self, self.solver_, solution)
        return self._keep_solution(solution, X.dtype)


def signs_of(codes, n_classes):
    """1 at each row's class and −1 elsewhere; one column, of the second class, for two."""
    if n_classes <= 2:
        return np.where(codes == 1, 1.0, -1.0)[:, None]
    return np.where(codes[:, None] == np.arange(n_classes), 1.0, -1.0)
