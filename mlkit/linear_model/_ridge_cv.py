"""Ridge regression and classification whose penalty is chosen by rows or folds left out."""

import numbers
import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_sample_weight
from .._core.domains import above, array_like, boolean, mapping, none, one_of
from .._core.errors import InvalidParameterError
from .._core.estimator import Estimator
from .._core.parallel import blas_threads
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import compute_sample_weight
from .._engine.evaluate.fit_score import rows_of_params
from .._engine.glm.closed_form import SVD, Gram, LeastSquares
from .._engine.glm.design import Design
from .._engine.glm.leave_one_out import left_out_errors
from .._engine.glm.penalties import L2
from .._engine.glm.problem import Problem, Task, solve
from .._engine.loss.losses import SquaredError
from ..model_selection import check_cv
from ._base import LinearRegressor, check_weight, store
from ._paths import check_strengths
from ._ridge import Ridge, choose, method
from ._ridge_classifier import RidgeClassifier, SignClassifier
from ._scoring import SCORING, ScoresFolds
from ._splits import CV

_ALPHAS = param((0.1, 1.0, 10.0), array_like | above(0), "Penalty strengths to try.", kw_only=False)
_RIDGE_CV = param(
    None,
    CV,
    "None leaves out each row in turn, at the cost of one decomposition; or folds: a number, a "
    "splitter, or pairs of rows.",
)
# The smaller side of X up to which linear algebra stays on one thread.
_NARROW = 256
_STORE = param(False, boolean, "Keep ``cv_results_``; with ``cv=None``.")


class _LeftOut(Regressor, Estimator):
    """Predicts what it is given: what fits without a row said of the row."""

    def predict(self, X):
        return X


class _LeftOutClassifier(Classifier, Estimator):
    """Decisions are what it is given; labels follow as in the classifier it stands for."""

    def decision_function(self, X):
        return X[:, 0] if X.shape[1] == 1 else X

    def predict(self, X):
        return self._owner._labels(X)


class RidgeSearch(ScoresFolds):
    """Chooses α for `_targets` of rows, by leaving out rows or folds."""

    gcv_mode = "auto"
    alpha_per_target = False

    def default_scoring(self):
        """The metric of ``scoring=None``."""
        return "neg_mean_squared_error" if self.cv is None else self._fold_scoring

    def _strengths(self):
        """`alphas` as an array, checked one by one."""
        alphas, who = self.alphas, type(self).__name__
        listed = [alphas] if isinstance(alphas, numbers.Real) else list(alphas)
        if not listed:
            raise ValueError(f"{who}: alphas is empty; give one penalty strength at least")
        return check_strengths(who, listed, positive=self.cv is None)

    def _check_options(self):
        self._check_params()
        for name in ("store_cv_results", "alpha_per_target"):
            if self.cv is not None and getattr(self, name):
                raise InvalidParameterError(
                    f"{type(self).__name__}: {name}=True goes with cv=None, got cv={self.cv!r}"
                )

    def _search(self, X, y, targets, weight, sample_weight, params):
        """Set alpha_ and best_score_; return the `Solution` of all rows.

        `y` is what a scorer is given and `targets` (n, K) what is fitted; `weight` is of the fit.
        """
        # Threads for products of few columns cost more to wake than the products do.
        with blas_threads(1 if min(X.shape) <= _NARROW else None):
            return self._choose(X, y, targets, weight, sample_weight, params)

    def _choose(self, X, y, targets, weight, sample_weight, params):
        alphas = self._strengths()
        sample_weight = check_sample_weight(sample_weight, X)
        routed = self._routed("fit", sample_weight, params)
        score_params = routed["scorer"]["score"]
        if self.cv is not None:
            folds = check_cv(self.cv, y, classifier=hasattr(self, "classes_"))
            folds = folds.split(X, y, **routed["splitter"]["split"])
            scores = self._score_folds(X, y, targets, weight, alphas, folds, score_params)
            self._take_best(alphas, scores, None)
            return fit_one(X, targets, weight, self.fit_intercept, self.alpha_)
        with_intercept = self.fit_intercept
        task = task_of(X, targets, weight, with_intercept)
        gram = Gram(LeastSquares.of(task))
        singly = self._singly(X)
        if self.scoring is None:
            scores = self._squares(gram, alphas, singly, y.ndim, X.dtype)
        else:
            scores = self._score_rows(gram, alphas, singly, y, targets, score_params, X.dtype)
        self._take_best(alphas, scores, targets.shape[1] if np.ndim(y) == 2 else None)
        coef = gram.coef(self.alpha_)
        if coef is None:
            return SVD().solve(task_of(X, targets, weight, with_intercept, self.alpha_))
        return gram.data.solution(coef)

    def _singly(self, X):
        """Whether X itself is decomposed."""
        if self.gcv_mode != "svd" or not issparse(X):
            return self.gcv_mode == "svd"
        warnings.warn(
            f"{type(self).__name__}: The 'svd' mode is not supported for sparse X, which it would "
            "make dense: 'eigen' is used",
            FutureWarning,
            stacklevel=4,
        )
        return False

    def _squares(self, gram, alphas, singly, y_ndim, dtype):
        """Minus the mean of ``w (y − ŷ)²`` over rows, (K, n_alphas)."""
        shape = (*gram.data.y.shape, len(alphas))
        kept = np.empty(shape, dtype=dtype) if self.store_cv_results else None
        total, weight = np.zeros(shape[1:]), gram.data.weight
        for rows, error in left_out_errors(gram, alphas, by_singular_values=singly):
            square = np.square(error)
            if weight is not None:
                square *= weight[rows, None, None]
            total += square.sum(axis=0)
            if kept is not None:
                kept[rows] = square
        self._keep(kept, y_ndim)
        return -total / shape[0]

    def _score_rows(self, gram, alphas, singly, y, targets, score_params, dtype):
        """The scorer's opinion of all rows' predictions: (1, n_alphas), or (K, n_alphas)."""
        shape = (*targets.shape, len(alphas))
        predicted = np.empty(shape, dtype=dtype)
        for rows, error in left_out_errors(gram, alphas, by_singular_values=singly):
            predicted[rows] = targets[rows, :, None] - error
        self._keep(predicted if self.store_cv_results else None, np.ndim(y))
        scorer, held = self._scorer(), self._held()
        if self.alpha_per_target:
            columns = [(targets[:, k], predicted[:, k]) for k in range(shape[1])]
        else:
            flat = isinstance(self, Regressor) and np.ndim(y) == 1
            columns = [(y, predicted[:, 0] if flat else predicted)]
        return np.array(
            [
                [scorer(held, of[..., a], truth, **score_params) for a in range(len(alphas))]
                for truth, of in columns
            ]
        )

    def _keep(self, results, y_ndim):
        if results is not None:
            self.cv_results_ = results[:, 0] if self._flat_results and y_ndim == 1 else results
        elif hasattr(self, "cv_results_"):
            del self.cv_results_

    def _score_folds(self, X, y, targets, weight, alphas, folds, score_params):
        """Scores of each fold, averaged: (1, n_alphas)."""
        scorer, scores = self._scorer(), []
        for train, test in folds:
            part = None if weight is None else weight[train]
            params = rows_of_params(X, score_params, test)
            X_test, y_test = X[test], y[test]
            found = fit_many(X[train], targets[train], part, self.fit_intercept, alphas)
            models = (self._model(each, X.dtype, np.ndim(y)) for each in found)
            scores.append([scorer(model, X_test, y_test, **params) for model in models])
        return np.mean(scores, axis=0)[None]

    def _take_best(self, alphas, scores, n_targets):
        """α of the best score, the first of equals; one a target where these are apart."""
        if not self.alpha_per_target:
            scores = scores.mean(axis=0, keepdims=True)
        rank = np.where(np.isnan(scores), -np.inf, scores)
        best = rank.argmax(axis=1)
        found = np.take_along_axis(scores, best[:, None], axis=1)[:, 0]
        if self.alpha_per_target and n_targets is not None:
            self.alpha_, self.best_score_ = alphas[best], found
        else:
            self.alpha_, self.best_score_ = float(alphas[best[0]]), float(found[0])


def task_of(X, targets, weight, fit_intercept, alpha=None):
    """The engine's task of a ridge problem."""
    penalty = None if alpha is None else L2(alpha)
    columns = Design(X).columns
    return Task(columns, targets, SquaredError(), penalty, weight, fit_intercept)


def fit_one(X, targets, weight, fit_intercept, alpha):
    """The `Solution` of one α, by the method that `Ridge` takes."""
    solver = method(choose("Ridge", "auto", False, fit_intercept, X), None, 1e-10)
    problem = Problem(SquaredError(), L2(alpha), solver)
    return solve(X, targets, problem, weight=weight, fit_intercept=fit_intercept)


def fit_many(X, targets, weight, fit_intercept, alphas):
    """The `Solution` of each α; they share the products of columns."""
    direct = choose("Ridge", "auto", False, fit_intercept, X) == "cholesky"
    gram = Gram(LeastSquares.of(task_of(X, targets, weight, fit_intercept))) if direct else None
    for alpha in alphas:
        coef = gram.coef(alpha) if direct else None
        if coef is None:
            yield fit_one(X, targets, weight, fit_intercept, alpha)
        else:
            yield gram.data.solution(coef)


class RidgeCV(RidgeSearch, LinearRegressor, Estimator):
    """Ridge regression whose penalty strength is chosen by leaving out rows or folds.

    For each α it minimises ``Σ w (y − Xβ − b)² + α ‖β‖²``. With ``cv=None`` each row in turn is
    left out: its error is ``(y_i − ŷ_i) / (1 − H_ii)``, H the matrix that maps y to ŷ, which one
    decomposition gives for all α.

    References
    ----------
    Rifkin, R. M. and Lippert, R. A. (2007). Notes on regularized least squares.
    MIT-CSAIL-TR-2007-025.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import RidgeCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> RidgeCV(alphas=[0.01, 1.0, 100.0]).fit(x, 3 * x[:, 0]).alpha_
    0.01
    """

    traits = Traits(sparse=("csr", "csc"), multi_output=True)
    _fold_scoring, _flat_results = "r2", True

    alphas: object = _ALPHAS
    fit_intercept: bool = shared.fit_intercept
    scoring: object = SCORING
    cv: object = _RIDGE_CV
    gcv_mode: str = param(
        None,
        one_of("auto", "svd", "eigen") | none,
        'What is decomposed for ``cv=None``: with "svd" X itself, if it is dense; else the smaller '
        "of its Gram matrices.",
    )
    store_cv_results: bool = _STORE
    alpha_per_target: bool = param(
        False, boolean, "Choose a strength for each target by itself; with ``cv=None``."
    )

    alpha_ = fitted("float or (n_targets,)", "The strength of the best score.")
    best_score_ = fitted("float or (n_targets,)", "That score.")
    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    cv_results_ = fitted(
        "(n_samples, n_alphas) or (n_samples, n_targets, n_alphas)",
        "``w (y − ŷ)²`` of each row left out, or with `scoring` its prediction.",
    )

    def fit(self, X, y, sample_weight=None, **params):
        """Choose the strength, and fit all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative; of the fits, and of the scorer where it takes weights.
        **params
            Metadata for splitter and scorer, if metadata is routed.

        Returns
        -------
        self
        """
        self._check_options()
        X, y = self._check_fit(X, y)
        weight = check_weight(sample_weight, X)
        targets = y[:, None] if y.ndim == 1 else y
        solution = self._search(X, y, targets, weight, sample_weight, params)
        store(self, solution, X, y.ndim)
        if self.coef_.ndim == 2 and len(self.coef_) == 1:
            self.coef_ = self.coef_[0]
        return self

    def _held(self):
        return _LeftOut()

    def _model(self, solution, dtype, y_ndim):
        model = Ridge(fit_intercept=self.fit_intercept)
        model.n_features_in_ = self.n_features_in_
        coef, intercept = solution.coef.T.astype(dtype), solution.intercept.astype(dtype)
        model.coef_ = coef if y_ndim == 2 else coef[0]
        model.intercept_ = intercept if y_ndim == 2 else intercept[0]
        return model


class RidgeClassifierCV(RidgeSearch, SignClassifier, Estimator):
    """`RidgeClassifier` whose penalty strength is chosen by leaving out rows or folds.

    Classes are written as −1 and 1, one column each (one for two classes), and fitted as by
    `RidgeCV`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import RidgeClassifierCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> RidgeClassifierCV(alphas=[0.01, 100.0]).fit(x, x[:, 0] > 0).alpha_
    0.01
    """

    traits = Traits(sparse=("csr", "csc"), multi_label=True)
    _fold_scoring, _flat_results = "accuracy", False

    alphas: object = _ALPHAS
    fit_intercept: bool = shared.fit_intercept
    scoring: object = SCORING
    cv: object = _RIDGE_CV
    class_weight: object = param(
        None,
        mapping | one_of("balanced") | none,
        'Weight of each class; "balanced" is n_samples / (n_classes * count).',
    )
    store_cv_results: bool = _STORE

    alpha_ = fitted("float", "The strength of the best score.")
    best_score_ = fitted("float", "That score.")
    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(n_features,) or (n_classes, n_features)", "Weights; one row for two classes.")
    intercept_ = fitted("float or (n_outputs,)", "Constant terms; 0.0 without.")
    cv_results_ = fitted(
        "(n_samples, n_outputs, n_alphas)",
        "``w (y − ŷ)²`` of each row left out, or with `scoring` its decision.",
    )

    def fit(self, X, y, sample_weight=None, **params):
        """Choose the strength, and fit all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or zeros and ones in a column for each of several labels.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative; of the fits, and of the scorer where it takes weights, each times the
            weights of classes.
        **params
            Metadata for splitter and scorer, if metadata is routed.

        Returns
        -------
        self
        """
        self._check_options()
        X, y = self._check_fit(X, y)
        y, signs = self._signs(y)
        weight = check_weight(sample_weight, X)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y).astype(X.dtype)
            weight = sample_weight = by_class if weight is None else weight * by_class
        solution = self._search(X, y, signs.astype(X.dtype), weight, sample_weight, params)
        return self._keep_solution(solution, X.dtype)

    def _held(self):
        held = _LeftOutClassifier()
        held.classes_, held._owner = self.classes_, self
        return held

    def _model(self, solution, dtype, y_ndim):
        model = RidgeClassifier(fit_intercept=self.fit_intercept)
        model.n_features_in_, model.classes_ = self.n_features_in_, self.classes_
        model._several = self._several
        return model._keep_solution(solution, dtype)
