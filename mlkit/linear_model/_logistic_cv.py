"""Logistic regression whose penalty is chosen by cross-validation."""

import numbers
import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_sample_weight
from .._core.callbacks import with_callbacks
from .._core.domains import above, array_like, boolean, callable_, integer, none, one_of, string
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.params import fitted, param
from .._engine.evaluate.fit_score import rows_of_params
from ..model_selection import check_cv
from ._base import warn_not_converged
from ._logistic import SOLVERS, LogisticModel, LogisticRegression, Strength
from ._scoring import ScoresFolds, told_labels
from ._splits import CV


class LogisticRegressionCV(ScoresFolds, LogisticModel, Estimator):
    """Logistic regression whose penalty is chosen by the scores of folds.

    For each share r of `l1_ratios` and each C of `Cs` it minimises
    ``C Σ w ℓ(y, Xβ + b) + (1 − r) ‖β‖² / 2 + r ‖β‖₁`` without each fold in turn, a path in C whose
    solutions start from one another, and scores the fold left out. With `refit` the pair of the
    best mean score is fitted to all rows; without, the coefficients of each fold's own best are
    averaged. Solvers are those of `LogisticRegression`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LogisticRegressionCV
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> model = LogisticRegressionCV(
    ...     Cs=[0.1, 10.0],
    ...     l1_ratios=(0.0,),
    ...     scoring="neg_log_loss",
    ...     use_legacy_attributes=False,
    ... )
    >>> model.fit(x, x[:, 0] > 0).C_
    10.0
    """

    scored_by = ("fit", "score")

    Cs: object = param(
        10,
        integer(1) | array_like,
        "Inverse strengths, or how many: a geometric grid from 1e-4 to 1e4.",
    )
    l1_ratios: object = param(
        "warn",
        array_like | none | one_of("warn"),
        'Shares of the L1 norm, of which the best is chosen; "warn" is (0.0,), and for the '
        "superseded attributes None.",
    )
    fit_intercept: bool = shared.fit_intercept
    cv: object = param(
        None, CV, "Folds: a number (None is 5) of stratified ones, a splitter, or pairs of rows."
    )
    dual: bool = param(
        False, boolean, "For liblinear without L1; the dual has the primal's minimum, found here."
    )
    penalty: str = param(
        "deprecated",
        one_of("l1", "l2", "elasticnet", "deprecated"),
        "Superseded by `l1_ratios`.",
    )
    scoring: object = param(
        "warn",
        string | callable_ | none | one_of("warn"),
        'Name of a metric, or scorer; None, and "warn", is "accuracy".',
    )
    solver: str = param("lbfgs", one_of(*SOLVERS), "Method, as in `LogisticRegression`.")
    tol: float = param(
        1e-4, above(0), "Greatest entry of the mean loss's penalised gradient at which to stop."
    )
    max_iter: int = param(100, integer(0), "Iterations at most, for each penalty.")
    class_weight: object = shared.class_weight
    n_jobs: int = shared.n_jobs
    verbose: int = shared.verbose
    refit: bool = param(True, boolean, "Fit all rows; False averages the folds' coefficients.")
    intercept_scaling: float = param(1.0, above(0), "Value of liblinear's column of the intercept.")
    random_state: object = shared.random_state
    use_legacy_attributes: object = param(
        "warn",
        boolean | one_of("warn"),
        'Give attributes by class, as they were before 1.8 of scikit-learn; "warn" is True.',
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    Cs_ = fitted("(n_cs,)", "The inverse strengths tried.")
    l1_ratios_ = fitted("(n_l1_ratios,)", "The shares tried.")
    C_ = fitted("float", "The best; of the superseded kind (n_classes,), or (1,) for 2 classes.")
    l1_ratio_ = fitted("float", "The best; of the superseded kind as `C_` is.")
    coefs_paths_ = fitted(
        "(n_folds, n_l1_ratios, n_cs, n_classes, n_features + 1)",
        "Weights of each fold, the intercept's last if there is one; one row for 2 classes. Of the "
        "superseded kind {label: (n_folds, n_cs, n_l1_ratios, n_features + 1)}.",
    )
    scores_ = fitted(
        "(n_folds, n_l1_ratios, n_cs)",
        "Scores of each fold. Of the superseded kind {label: (n_folds, n_cs, n_l1_ratios)}.",
    )
    n_iter_ = fitted(
        "(n_folds, n_l1_ratios, n_cs)",
        "Iterations. Of the superseded kind (1, n_folds, n_cs, n_l1_ratios).",
    )

    def default_scoring(self):
        """The metric of ``scoring=None``."""
        return "accuracy"

    @with_callbacks
    def fit(self, X, y, sample_weight=None, **params):
        """Choose the penalty on folds, then fit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative; of the fits, and of the scorer where it takes weights.
        **params
            Metadata for splitter and scorer, if metadata is routed.

        Returns
        -------
        self
        """
        self._check_params()
        grid = self._grid()
        X, y, codes = self._check_data(X, y)
        sample_weight = check_sample_weight(sample_weight, X)
        routed = self._routed("fit", sample_weight, params)
        weight = self._weights(sample_weight, X, y, codes)
        splitter = check_cv(self.cv, y, classifier=True)
        folds = list(splitter.split(X, y, **routed["splitter"]["split"]))
        told = {"estimator": self, "X": X, "y": y}
        told["metadata"] = None if sample_weight is None else {"sample_weight": sample_weight}
        context = None
        if hasattr(self, "_skl_callbacks"):
            context = self._init_callback_context(max_subtasks=len(folds) + self.refit)
            context.call_on_fit_task_begin(**told)
        parts = (self, X, y, codes, weight, grid, self._scorer(), routed["scorer"]["score"])
        task = None if context is None else context.subcontext
        calls = [
            ((*parts, *fold, told["metadata"], task and task(task_name="fold")), {})
            for fold in folds
        ]
        coefs, scores, n_iter = map(
            np.array, zip(*run_jobs(_follow, calls, n_jobs=self.n_jobs), strict=True)
        )
        step = task(task_name="refit") if task and self.refit else None
        if step is not None:
            step.call_on_fit_task_begin(**told)
        best = self._choose(coefs, scores, grid, X, codes, weight)
        if step is not None:
            step.call_on_fit_task_end(**told)
        self._store(grid, best, coefs, scores, n_iter)
        if context is not None:
            context.call_on_fit_task_end(**told)
        return self

    def _grid(self):
        """The `Strength`s, (n_l1_ratios, n_cs), of the parameters."""
        Cs = np.logspace(-4, 4, self.Cs) if isinstance(self.Cs, numbers.Integral) else self.Cs
        Cs = np.asarray(Cs, dtype=np.float64).ravel()
        if not len(Cs) or not (Cs > 0).all():
            raise ValueError(f"LogisticRegressionCV: Cs must be positive numbers, got {self.Cs}")
        shares = self._shares()
        grid = [[Strength(float(C), share) for C in Cs] for share in shares]
        for line in grid:
            for strength in line:
                self._check_solver(strength)
        return grid

    def _shares(self):
        """L1 shares of the parameters, with the warnings that these are due."""
        given, name = self.l1_ratios, self.penalty
        if isinstance(given, str):
            given = None
            message = (
                "The default value for l1_ratios will change from None to (0.0,): pass "
                "l1_ratios=(0.0,), or the shares to try"
            )
            self._warn(message)
        elif given is None:
            self._warn("'l1_ratios=None' was deprecated: use (0.0,) for an L2 penalty")
        if name != "deprecated":
            message = "'penalty' was deprecated: use l1_ratios=(0,) for 'l2' and (1,) for 'l1'"
            self._warn(message)
        if isinstance(self.scoring, str) and self.scoring == "warn":
            message = (
                "The default value of the parameter 'scoring' will change from None, accuracy, to "
                "'neg_log_loss': name the one that is meant"
            )
            self._warn(message)
        if isinstance(self.use_legacy_attributes, str):
            message = (
                "The default value of use_legacy_attributes will change from True to False, which "
                "gives C_, scores_ and coefs_paths_ without a copy for each class: pass one of them"
            )
            self._warn(message)
        if name in ("l1", "l2") and given is not None:
            message = (
                "l1_ratios parameter is only used when penalty is 'elasticnet', got penalty="
                f"{name!r}"
            )
            self._warn(message, UserWarning)
        if name == "elasticnet" and given is None:
            raise ValueError("LogisticRegressionCV: penalty='elasticnet' needs l1_ratios, got None")
        values = np.asarray([0.0] if given is None else given, dtype=np.float64).ravel()
        if not len(values) or not ((values >= 0) & (values <= 1)).all():
            raise ValueError(
                f"LogisticRegressionCV: l1_ratios must be numbers between 0 and 1, got {given}"
            )
        fixed = {"l1": 1.0, "l2": 0.0}
        return [fixed.get(name, float(value)) for value in values]

    @staticmethod
    def _warn(message, category=FutureWarning):
        warnings.warn(message, category, stacklevel=6)

    def _choose(self, coefs, scores, grid, X, codes, weight):
        """Set coef_ and intercept_; return C and the L1 share that are best, or their means."""
        n_shares = scores.shape[1]
        # Of equal scores the first C wins, and then the first share.
        of_folds = scores.mean(axis=0)[None] if self.refit else scores
        flat = of_folds.transpose(0, 2, 1).reshape(len(of_folds), -1).argmax(axis=1)
        at = [(place % n_shares, place // n_shares) for place in flat]
        if self.refit:
            strength = grid[at[0][0]][at[0][1]]
            start = split(coefs[:, *at[0]].mean(axis=0), self.fit_intercept)
            solution = self._solve(X, codes, weight, strength, start)
            if not solution.converged:
                warn_not_converged(self, self.solver, solution)
            self.coef_ = np.ascontiguousarray(solution.coef.T, dtype=X.dtype)
            self.intercept_ = solution.intercept.astype(X.dtype)
            return strength.C, strength.l1_ratio
        mean = np.mean([coefs[k, i, j] for k, (i, j) in enumerate(at)], axis=0)
        self.coef_, self.intercept_ = split(mean.astype(X.dtype), self.fit_intercept)
        return (
            float(np.mean([grid[i][j].C for i, j in at])),
            float(np.mean([grid[i][j].l1_ratio for i, j in at])),
        )

    def _store(self, grid, best, coefs, scores, n_iter):
        self.Cs_ = np.array([strength.C for strength in grid[0]])
        given = None if isinstance(self.l1_ratios, str) else self.l1_ratios
        self.l1_ratios_ = np.array([None]) if given is None else np.asarray(given, dtype=float)
        self.C_, self.l1_ratio_ = best
        self.coefs_paths_, self.scores_, self.n_iter_ = coefs, scores, n_iter
        if not self.use_legacy_attributes:
            return
        labels = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.C_ = np.full(len(labels), self.C_)
        self.l1_ratio_ = np.full(len(labels), None if given is None else self.l1_ratio_)
        drop = (lambda a: a[:, :, 0]) if given is None else lambda a: a
        by_class = drop(coefs.transpose(0, 2, 1, 3, 4))
        self.coefs_paths_ = {label: by_class[..., k, :] for k, label in enumerate(labels)}
        by_c = drop(scores.transpose(0, 2, 1))
        self.scores_ = {label: by_c.copy() for label in labels}
        self.n_iter_ = drop(n_iter.transpose(0, 2, 1))[None]

    def score(self, X, y, *, sample_weight=None, **score_params):
        """Return the score of predictions by the metric of `scoring`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
        **score_params
            Metadata for the scorer, if metadata is routed.

        Returns
        -------
        float
        """
        routed = self._routed("score", sample_weight, score_params)
        return self._scorer()(self, X, y, **routed["scorer"]["score"])

    def _model(self, strength):
        """A `LogisticRegression` of one penalty, to be given coefficients."""
        names = set(self.get_params(deep=False)) & set(LogisticRegression._get_param_names())
        options = {name: getattr(self, name) for name in names - {"penalty", "n_jobs"}}
        model = LogisticRegression(C=strength.C, l1_ratio=strength.l1_ratio, **options)
        model.classes_, model.n_features_in_ = self.classes_, self.n_features_in_
        return model


def _follow(owner, X, y, codes, weight, grid, scorer, score_params, train, test, metadata, context):
    """Paths of one fold: coefficients, scores and iterations by share and C."""
    told = {"estimator": owner, "X": X[train], "y": y[train], "metadata": metadata}
    if context is not None:
        context.call_on_fit_task_begin(**told)
    params = rows_of_params(X, score_params, test)
    if len(np.unique(codes[test])) < len(owner.classes_):
        scorer = told_labels(scorer, owner.classes_)
    part = None if weight is None else weight[train]
    X_test, y_test = X[test], y[test]
    coefs, scores, n_iter = [], [], []
    for line in grid:
        start = None
        for strength in line:
            solution = owner._solve(told["X"], codes[train], part, strength, start)
            if not solution.converged:
                warn_not_converged(owner, owner.solver, solution)
            start = solution.coef.T, solution.intercept
            model = owner._model(strength)
            model.coef_ = np.ascontiguousarray(start[0], dtype=X.dtype)
            model.intercept_ = start[1].astype(X.dtype)
            joined = [model.coef_, model.intercept_[:, None]]
            coefs.append(np.hstack(joined) if owner.fit_intercept else model.coef_)
            scores.append(scorer(model, X_test, y_test, **params))
            n_iter.append(solution.n_iter)
    if context is not None:
        context.call_on_fit_task_end(**told)
    shape = (len(grid), len(grid[0]))
    return (
        np.reshape(coefs, (*shape, *coefs[0].shape)),
        np.reshape(scores, shape),
        np.reshape(np.asarray(n_iter, dtype=np.int32), shape),
    )


def split(joined, fit_intercept):
    """Weights and constant terms of rows that hold both."""
    if not fit_intercept:
        return joined, np.zeros(len(joined), dtype=joined.dtype)
    return np.ascontiguousarray(joined[:, :-1]), joined[:, -1].copy()
