"""Logistic regression."""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from .._core import shared
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.domains import above, between, boolean, integer, none, one_of
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import compute_class_weight, encode_labels
from .._engine.glm.lbfgs import LBFGS
from .._engine.glm.newton import NewtonCG, NewtonCholesky
from .._engine.glm.penalties import L2, ElasticNet, NoPenalty
from .._engine.glm.problem import Problem, solve
from .._engine.glm.proximal import Proximal
from .._engine.loss.losses import BinaryLogistic, Multinomial
from ._base import LinearClassifier, SparseCoefficients, check_weight, margins, warn_not_converged
from ._shared_fits import SharedFits
from ._summary import Summarised, logistic_fit, refuse

# Solver of a smooth problem by its public name. The stochastic solvers' minimum is L-BFGS's, and
# so is liblinear's, whose intercept is a penalised column.
SOLVERS = {
    "lbfgs": LBFGS,
    "liblinear": LBFGS,
    "newton-cg": NewtonCG,
    "newton-cholesky": NewtonCholesky,
    "sag": LBFGS,
    "saga": LBFGS,
}


@dataclass(frozen=True)
class Strength:
    """A penalty by its public numbers: C and the share of the L1 norm; no C is no penalty."""

    C: float
    l1_ratio: float

    @property
    def is_smooth(self):
        return self.l1_ratio == 0 or np.isinf(self.C)

    def of_mean(self, total):
        """Ω of the mean loss over weights of that total: C multiplies the sum."""
        if np.isinf(self.C):
            return NoPenalty()
        alpha = 1.0 / (self.C * total)
        if self.l1_ratio == 0:
            return L2(alpha)
        return ElasticNet(alpha * self.l1_ratio, alpha * (1.0 - self.l1_ratio))


class LogisticModel(SparseCoefficients, LinearClassifier, CallbackSupportMixin):
    """What the logistic models share: their problem, and probabilities."""

    traits = Traits(sparse=("csr",))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.solver != "liblinear"
        return tags

    def _check_data(self, X, y):
        """X, y and the codes of its labels, which it keeps."""
        # liblinear's problem is one of doubles in every implementation: its weights are, too.
        dtype = {"dtype": "float64"} if self.solver == "liblinear" else {}
        X, y = self._check_fit(X, y, **dtype)
        self.classes_, codes = encode_labels(y)
        self._check_classes()
        return X, y, codes

    def _check_solver(self, strength):
        """Raise where the solver is not for such a penalty."""
        who, ratio = type(self).__name__, strength.l1_ratio
        if not strength.is_smooth and not (
            self.solver == "saga" or (self.solver == "liblinear" and ratio == 1)
        ):
            raise ValueError(
                f"{who}: solver={self.solver!r} takes no penalty with l1_ratio={ratio}; use "
                "solver='saga' or l1_ratio=0"
            )
        if np.isinf(strength.C) and self.solver == "liblinear":
            raise ValueError(
                f"{who}: solver='liblinear' needs a penalty; use another solver or a finite C"
            )
        if self.dual and (
            self.solver != "liblinear" or not strength.is_smooth or np.isinf(strength.C)
        ):
            raise ValueError(
                f"{who}: dual=True is for solver='liblinear' with an L2 penalty, got "
                f"solver={self.solver!r} and l1_ratio={ratio}; use dual=False"
            )

    def _check_classes(self):
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes in the data, but the "
                f"data contains only one class: {self.classes_[0]!r}"
            )
        if self.solver == "liblinear" and len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported by {type(self).__name__} with "
                f"solver='liblinear', got {len(self.classes_)} classes. The type of the target is "
                "multiclass: use another solver, or wrap the model in OneVsRestClassifier"
            )

    def _weights(self, sample_weight, X, y, codes):
        weight = check_weight(sample_weight, X)
        if self.class_weight is None:
            return weight
        with np.errstate(divide="ignore"):
            by_class = compute_class_weight(
                self.class_weight, classes=self.classes_, y=y, sample_weight=weight
            )
        by_class[np.isinf(by_class)] = 0.0  # balanced, and all rows of the class weigh nothing
        by_row = by_class[codes].astype(X.dtype)
        return by_row if weight is None else by_row * weight

    def _solve(self, X, codes, weight, penalty, start=None, on_iteration=None):
        """The `Solution` for the classes ``classes_``; start is coef_ and intercept_, or None."""
        binary = len(self.classes_) == 2
        appended = self.solver == "liblinear" and self.fit_intercept
        if appended:
            X = with_column(X, self.intercept_scaling)
        if start is not None and (start[0].shape[1], len(start[0])) != (
            X.shape[1],
            1 if binary else len(self.classes_),
        ):
            start = None
        total = float(len(codes) if weight is None else weight.sum(dtype=np.float64))
        loss = BinaryLogistic() if binary else Multinomial(len(self.classes_))
        solver = (SOLVERS[self.solver] if penalty.is_smooth else Proximal)(self.max_iter, self.tol)
        solution = solve(
            X,
            codes,
            Problem(loss, penalty.of_mean(total), solver),
            weight=weight,
            fit_intercept=self.fit_intercept and not appended,
            start=None if start is None or appended else (start[0].T, start[1]),
            on_iteration=on_iteration,
            n_threads=n_threads() if X.size > _THREADED else 1,
        )
        return split_column(solution, self.intercept_scaling) if appended else solution

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns are in the order of ``classes_``.
        """
        scores = self._scores(X)
        if scores.shape[1] > 1:
            return Multinomial.link.inverse(scores)
        out = np.empty((len(scores), 2), dtype=scores.dtype)
        out[:, 1] = BinaryLogistic.link.inverse(scores[:, 0])
        out[:, 0] = BinaryLogistic.link.inverse(-scores[:, 0])
        return out

    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`, exact where that rounds to 0.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        scores = self._scores(X)
        if scores.shape[1] == 1:
            return -np.logaddexp(0.0, np.hstack([scores, -scores]))
        scores = scores - scores.max(axis=1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


class LogisticRegression(SharedFits, Summarised, LogisticModel, Estimator):
    """Linear model of class probabilities, fitted by penalised likelihood.

    Minimises ``C Σ w ℓ(y, Xβ + b) + (1 − r) ‖β‖² / 2 + r ‖β‖₁``, with ℓ the logistic loss
    ``log(1 + e^z) − y z`` for two classes, the multinomial ``log Σ e^{z_k} − z_y`` for more, and r
    the `l1_ratio`. The intercept is not penalised, but by "liblinear".

    - "lbfgs": quasi-Newton; starts from the data's own covariance, so columns need no scaling.
    - "newton-cholesky": Newton's method; best for many rows and few columns.
    - "newton-cg": Newton's method by conjugate gradients, for many columns.
    - "sag", "saga": the problems of those stochastic solvers, solved without drawing rows; "saga"
      takes any `l1_ratio`.
    - "liblinear": two classes, the intercept penalised as the weight of a column of
      `intercept_scaling`; `l1_ratio` 0 or 1.

    Problems with an L1 term are solved by a proximal Newton method.

    References
    ----------
    Liu, D. C. and Nocedal, J. (1989). On the limited memory BFGS method for large scale
    optimization. Mathematical Programming 45.

    Lee, J. D., Sun, Y. and Saunders, M. A. (2014). Proximal Newton-type methods for minimizing
    composite functions. SIAM Journal on Optimization 24.

    Examples
    --------
    >>> from mlkit.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])
    >>> model.predict([[-3.0], [3.0]])
    array([0, 1])
    """

    penalty: str = param(
        "deprecated",
        one_of("l1", "l2", "elasticnet", "deprecated") | none,
        "Superseded by `l1_ratio`, and by ``C=inf`` for None.",
        kw_only=False,
    )
    C: float = param(
        1.0, between(0, np.inf, closed="right"), "Inverse penalty strength; infinity is none."
    )
    l1_ratio: float = param(
        0.0, between(0, 1) | none, "Share of the L1 norm in the penalty; 0 is ridge, 1 lasso."
    )
    dual: bool = param(
        False, boolean, "For liblinear without L1; the dual has the primal's minimum, found here."
    )
    tol: float = param(
        1e-4, above(0), "Greatest entry of the mean loss's penalised gradient at which to stop."
    )
    fit_intercept: bool = shared.fit_intercept
    intercept_scaling: float = param(1, above(0), "Value of liblinear's column of the intercept.")
    class_weight: object = shared.class_weight
    random_state: object = shared.random_state
    solver: str = param("lbfgs", one_of(*SOLVERS), "Method; see above.")
    max_iter: int = param(100, integer(0), "Iterations at most.")
    verbose: int = shared.verbose
    warm_start: bool = shared.warm_start
    n_jobs: int = param(None, integer() | none, "Superseded; large problems use all threads.")

    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    n_iter_ = fitted("(1,)", "Iterations run.")

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        self._check_params()
        strength = self._strength()
        self._check_solver(strength)
        previous = (self.coef_, self.intercept_) if self._is_warm() else None
        X, y, codes = self._check_data(X, y)
        weight = self._weights(sample_weight, X, y, codes)
        reporter = _Reporter(self, X, y, sample_weight)
        told = reporter.on_iteration if reporter.wanted else None
        solution = self._fit_checked(X, codes, weight, strength, previous, told)
        reporter.close()
        if not solution.converged:
            warn_not_converged(self, self.solver, solution)
        return self

    def _fit_checked(self, X, codes, weight, strength, previous=None, told=None):
        """Fit rows that are checked, or their columns as a design has them; the `Solution`."""
        solution = self._solve(X, codes, weight, strength, previous, told)
        self._store(solution, X.dtype)
        return solution

    def _store(self, solution, dtype):
        self.coef_ = np.ascontiguousarray(solution.coef.T, dtype=dtype)
        self.intercept_ = solution.intercept.astype(dtype)
        self.n_iter_ = np.array([solution.n_iter], dtype=np.int32)

    def _is_warm(self):
        return self.warm_start and hasattr(self, "coef_") and not issparse(self.coef_)

    def _strength(self):
        """The penalty's numbers, however they were given."""
        name = self.penalty
        if name == "deprecated":
            name = {0: "l2", None: "l2", 1: "l1"}.get(self.l1_ratio, "elasticnet")
            name = None if np.isinf(self.C) else name
        self._warn_of_superseded(name)
        if name == "elasticnet" and self.l1_ratio is None:
            raise ValueError("LogisticRegression: penalty='elasticnet' needs an l1_ratio, got None")
        if self.penalty == "elasticnet" and self.solver != "saga":
            raise ValueError(
                f"LogisticRegression: solver={self.solver!r} takes no 'elasticnet' penalty; use "
                "solver='saga'"
            )
        C = np.inf if name is None else self.C
        return Strength(C, {"l1": 1.0, "elasticnet": self.l1_ratio}.get(name, 0.0))

    def _check_plain(self):
        who = type(self).__name__
        if self.penalty is not None and not np.isinf(self.C):
            refuse(who, f"C={self.C} penalises the weights", "fit with C=np.inf")
        if len(self.classes_) > 2:
            refuse(who, "there are more than two classes", "compare them two by two")

    def _fit_of(self, X, y, weight):
        codes = (y == self.classes_[1]).astype(np.float64)
        scores = margins(X, self.coef_, self.intercept_)[:, 0]
        return logistic_fit(codes, scores, weight, self.fit_intercept)

    def _warn_of_superseded(self, name):
        if self.penalty != "deprecated":
            message = (
                f"'penalty' was deprecated: instead of penalty={self.penalty!r} use l1_ratio=0 for "
                "'l2', l1_ratio=1 for 'l1', l1_ratio between for 'elasticnet', C=np.inf for None"
            )
            warnings.warn(message, FutureWarning, stacklevel=4)
            fitting = {"l2": (0, None), "l1": (1, None)}
            if self.l1_ratio not in fitting.get(name, (self.l1_ratio,)) and self.l1_ratio != 0:
                message = (
                    f"Inconsistent values: penalty={name!r} with l1_ratio={self.l1_ratio}; the "
                    "l1_ratio parameter is only used when penalty is 'elasticnet'"
                )
                warnings.warn(message, UserWarning, stacklevel=4)
            if name is None and self.C != 1.0:
                message = "Setting penalty=None will ignore the C and l1_ratio parameters"
                warnings.warn(message, UserWarning, stacklevel=4)
        elif self.l1_ratio is None:
            message = "'l1_ratio=None' was deprecated: use 0 for an L2 penalty"
            warnings.warn(message, FutureWarning, stacklevel=4)
        if self.n_jobs is not None:
            message = f"'n_jobs' has no effect, got n_jobs={self.n_jobs}: leave it out"
            warnings.warn(message, FutureWarning, stacklevel=4)


# Entries of X below which a second thread is not worth its start.
_THREADED = 1 << 18


def with_column(X, value):
    """X with a last column of `value`, the intercept's where it is penalised."""
    if issparse(X):
        from scipy.sparse import csr_array, hstack

        return hstack([X, csr_array(np.full((X.shape[0], 1), value, dtype=X.dtype))], format="csr")
    return np.hstack([X, np.full((len(X), 1), value, dtype=X.dtype)])


def split_column(solution, value):
    """The solution with the last column's weight as an intercept."""
    return replace(solution, coef=solution.coef[:-1], intercept=value * solution.coef[-1])


class _Reporter:
    """Tells callbacks, and the console, of the iterations of a fit: one task each.

    A task begins when the one before has ended, so the last one may be empty.
    """

    def __init__(self, model, X, y, sample_weight):
        self.model, self.X, self.y = model, X, y
        self.metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.wanted = bool(model.verbose) or hasattr(model, "_skl_callbacks")
        self.context = self.task = None
        if hasattr(model, "_skl_callbacks"):
            # At least one iteration's task, and the empty one.
            self.context = model._init_callback_context(max_subtasks=max(model.max_iter, 1) + 1)
            self._begin(self.context, None)
            self.task = self._begin(self._next(), None)

    def on_iteration(self, n_iter, value, violation, solution):
        """Report an iteration; true ends the fit."""
        if self.model.verbose:
            name = f"{type(self.model).__name__} ({self.model.solver})"
            print(f"{name} {n_iter}: objective {value:.8g}, gradient {violation:.2g}")
        if self.context is None:
            return False
        attributes = self._attributes(solution)
        stop = self._end(self.task, attributes)
        self.task = None if stop else self._begin(self._next(), attributes)
        return stop

    def close(self):
        """End what is open."""
        if self.context is not None:
            if self.task is not None:
                self._end(self.task, {})
            self._end(self.context, {})

    def _next(self):
        return self.context.subcontext(task_name=f"{self.model.solver}-iter")

    def _attributes(self, solution):
        def attributes():
            found = solution()
            dtype = self.X.dtype
            return {
                "coef_": np.ascontiguousarray(found.coef.T, dtype=dtype),
                "intercept_": found.intercept.astype(dtype),
            }

        return attributes

    def _begin(self, context, attributes):
        context.call_on_fit_task_begin(
            estimator=self.model,
            X=self.X,
            y=self.y,
            metadata=self.metadata,
            reconstruction_attributes=attributes,
        )
        return context

    def _end(self, context, attributes):
        return context.call_on_fit_task_end(
            estimator=self.model,
            X=self.X,
            y=self.y,
            metadata=self.metadata,
            reconstruction_attributes=attributes,
        )
