"""What the models share that are fitted row by row: parameters, fitting in pieces, averages."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np

from .._core import shared
from .._core.arrays import check_sample_weight
from .._core.domains import above, at_least, between, boolean, integer, mapping, none, one_of
from .._core.errors import ConvergenceWarning, twin
from .._core.linear import LinearClassifier, SparseCoefficients, margins
from .._core.parallel import effective_n_jobs
from .._core.params import param
from .._core.roles import Regressor
from .._core.scores import r2
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.targets import compute_class_weight, encode_labels
from .._engine.evaluate import folds
from .._engine.glm.rows import Rows
from .._engine.glm.stochastic import (
    Goal,
    Kind,
    Overflow,
    Rate,
    Schedule,
    Weights,
    descend,
)

# The functor of a loss and its parameter, of the last three the default of epsilon.
_LOSSES = {
    "hinge": (Kind.HINGE, 1.0),
    "log_loss": (Kind.LOGISTIC, 0.0),
    "modified_huber": (Kind.MODIFIED_HUBER, 0.0),
    "squared_hinge": (Kind.SQUARED_HINGE, 0.0),
    "perceptron": (Kind.HINGE, 0.0),
    "squared_error": (Kind.SQUARED, 0.0),
    "huber": (Kind.HUBER, 0.1),
    "epsilon_insensitive": (Kind.EPSILON, 0.1),
    "squared_epsilon_insensitive": (Kind.SQUARED_EPSILON, 0.1),
}
CLASSIFICATION_LOSSES = tuple(_LOSSES)
REGRESSION_LOSSES = CLASSIFICATION_LOSSES[-4:]

RATES = {
    "constant": Rate.CONSTANT,
    "optimal": Rate.OPTIMAL,
    "invscaling": Rate.INVERSE,
    "adaptive": Rate.ADAPTIVE,
    "pa1": Rate.PASSIVE,
    "pa2": Rate.PASSIVE_SQUARED,
}

# --------------------------------------------------------------- parameters of several models
penalty = param(
    "l2", one_of("l2", "l1", "elasticnet") | none, "Norm that is penalised; None is no penalty."
)
alpha = param(0.0001, at_least(0), 'Penalty strength; it also sets the rate "optimal".')
l1_ratio = param(
    0.15, between(0, 1) | none, 'Share of the L1 norm in the penalty, for "elasticnet".'
)
max_iter = shared.max_iter(1000, "Epochs at most, in `fit`; `partial_fit` runs one.")
tol = param(
    1e-3,
    at_least(0) | none,
    "An epoch counts as a stall where the objective (or the score) gains less; None never stops.",
)
shuffle = param(True, boolean, "Whether to meet the rows in a new random order in each epoch.")
epsilon = param(
    0.1, at_least(0), "Error that costs nothing; where the Huber loss turns from square to line."
)
early_stopping = param(
    False, boolean, "Whether to stop by the score on rows that are set aside for it."
)
validation_fraction = param(
    0.1, between(0, 1, closed="neither"), "Share of rows set aside by `early_stopping`."
)
n_iter_no_change = param(5, integer(1), "Stalled epochs in a row after which to stop.")
average = param(
    False,
    boolean | integer(1),
    "Whether to return the mean of the weights over all steps; an int: from that step on.",
)
class_weight = param(
    None,
    mapping | one_of("balanced") | none,
    'Weight of each class, ``{class: weight}``; "balanced" is n_samples / (n_classes * count).',
)
eta0 = param(0.01, above(0), "First length of steps; the greatest one for the passive rates.")


# What is kept beside the public weights where these are means over steps.
_AVERAGED = ("_standard_coef", "_standard_intercept", "_average_coef", "_average_intercept")


def loss_named(name, epsilon=None):
    """The functor of a loss and its parameter."""
    kind, parameter = _LOSSES[name]
    return kind, epsilon if name in REGRESSION_LOSSES[1:] else parameter


def draw_seed(rng):
    return int(rng.randint(0, np.iinfo(np.int32).max))


class StochasticModel(SparseCoefficients):
    """Fits weights by `descend`; subclasses tell loss, penalty and rate, and keep the weights."""

    loss_functions = MappingProxyType(_LOSSES)

    def _loss_parts(self):
        return loss_named(self.loss, self.epsilon)

    def _penalty_parts(self):
        """α, the share of L1 in the penalty, and whether there is one."""
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise ValueError(
                f"{type(self).__name__}(penalty='elasticnet'): l1_ratio must be set, got None"
            )
        ratio = {"l1": 1.0, "elasticnet": self.l1_ratio}.get(self.penalty, 0.0)
        return self.alpha, ratio, self.penalty is not None

    def _rate_parts(self):
        """The rate, η₀ and the power of its fall."""
        if self.power_t < 0:
            warnings.warn(
                f"{type(self).__name__}(power_t={self.power_t}): with negative values of `power_t` "
                "the steps of 'invscaling' grow; use 0 or more",
                FutureWarning,
                stacklevel=4,
            )
        if self.learning_rate in ("pa1", "pa2") and self.loss != self._passive_loss:
            raise ValueError(
                f"{type(self).__name__}(learning_rate={self.learning_rate!r}, loss={self.loss!r}): "
                f"passive-aggressive steps only work with loss {self._passive_loss!r}"
            )
        return RATES[self.learning_rate], self.eta0, self.power_t

    def _average_from(self):
        return int(getattr(self, "average", False))

    def _goal(self):
        kind, parameter = self._loss_parts()
        strength, ratio, penalised = self._penalty_parts()
        return Goal(kind, parameter, strength, ratio, penalised, self.fit_intercept)

    def _schedule(self, n_epochs):
        rate, first, power = self._rate_parts()
        if rate == Rate.OPTIMAL and not self._penalty_parts()[0] > 0:
            raise ValueError(
                f"{type(self).__name__}(alpha=0, learning_rate='optimal'): alpha must be > 0 since "
                "learning_rate is 'optimal', whose steps are 1 / alpha (t + t0); choose another"
            )
        return Schedule(
            rate,
            first,
            power,
            self.shuffle,
            self.max_iter if n_epochs is None else n_epochs,
            self.tol,
            getattr(self, "n_iter_no_change", 5),
            self._average_from(),
        )

    def _check_piecewise(self):
        if getattr(self, "early_stopping", False):
            raise ValueError(
                f"{type(self).__name__}: early_stopping should be False with partial_fit, which "
                "runs one epoch on what it is given"
            )

    # ------------------------------------------------------------------- where a fit stands
    def _begin(self, shape, dtype, coef, intercept):
        """Take the weights to start from; zeros where they are None."""
        n_outputs, p = shape
        self.t_ = 1.0
        coef = self._given("coef_init", coef, (n_outputs, p), dtype)
        intercept = self._given("intercept_init", intercept, (n_outputs,), dtype)
        for name in _AVERAGED:
            vars(self).pop(name, None)
        self._expose(coef, intercept)

    def _given(self, name, value, shape, dtype):
        if value is None:
            return np.zeros(shape, dtype=dtype)
        value = value.toarray() if issparse(value) else value
        value = np.array(value, dtype=dtype)
        if value.size != np.prod(shape) or (shape[0] > 1 and value.shape != shape):
            raise ValueError(
                f"{type(self).__name__}.fit: Provided {name} does not match dataset, it has shape "
                f"{value.shape} where {shape} is needed"
            )
        return value.reshape(shape)

    def _start(self, k):
        """The state of output `k`."""
        mean = getattr(self, "_average_coef", None)
        if mean is None:
            coef, intercept = self._exposed()
            return Weights(coef[k], float(intercept[k]), t=self.t_)
        return Weights(
            self._standard_coef[k],
            float(self._standard_intercept[k]),
            mean[k],
            float(self._average_intercept[k]),
            self.t_,
        )

    def _exposed(self):
        """The public weights, (n_outputs, p), and constant terms."""
        coef = self.coef_.toarray() if issparse(self.coef_) else self.coef_
        return np.atleast_2d(coef), np.atleast_1d(self._public_intercept())

    def _public_intercept(self):
        return self.intercept_

    def _keep(self, results, X):
        """Store what `descend` returned for each output."""
        ends, counts = zip(*results, strict=True)
        self.n_iter_ = max(counts)
        self.t_ += self.n_iter_ * X.shape[0]
        coef = np.array([end.coef for end in ends], dtype=X.dtype)
        intercept = np.array([end.intercept for end in ends], dtype=X.dtype)
        if self._average_from():
            mean = np.array([end.mean for end in ends], dtype=X.dtype)
            middle = np.array([end.mean_intercept for end in ends], dtype=X.dtype)
            self._standard_coef, self._standard_intercept = coef, intercept
            self._average_coef, self._average_intercept = mean, middle
            if self._average_from() <= self.t_ - 1.0:
                coef, intercept = mean, middle
        self._expose(coef, intercept)

    def _started(self):
        return getattr(self, "coef_", None) is not None

    def _check_converged(self):
        if self.tol is not None and self.n_iter_ == self.max_iter:
            warnings.warn(
                f"{type(self).__name__}: stopped after max_iter={self.max_iter} epochs before "
                f"{getattr(self, 'n_iter_no_change', 5)} of them gained less than tol={self.tol:g};"
                " raise max_iter or tol, or scale X",
                twin(ConvergenceWarning),
                stacklevel=3,
            )

    def _run(self, rows, y, k, seed, goal, schedule, **others):
        report = None
        if self.verbose:
            label = f"{type(self).__name__}[{k}]"

            def report(n_epochs, epochs, score):
                scored = "" if score is None else f", validation score {score:.6f}"
                print(
                    f"{label} epoch {n_epochs}: norm {epochs.norm:.4g}, intercept "
                    f"{epochs.intercept:.6g}, steps {epochs.t - 1:.0f}, mean loss "
                    f"{epochs.mean_loss:.6f}, objective {epochs.mean_objective:.6f}{scored}"
                )

        try:
            start = self._start(k)
            return descend(rows, y, goal, schedule, start, seed=seed, report=report, **others)
        except Overflow as error:
            raise ValueError(
                f"{type(self).__name__}: weights overflowed in epoch {error.args[0]}. Scaling the "
                "columns of X (StandardScaler, MinMaxScaler) or shorter steps (eta0) might help"
            ) from None

    # ------------------------------------------------------------------- rows set aside
    def _validation_rows(self, y, weight, stratified):
        """Which rows `early_stopping` sets aside, as a mask; None without it."""
        if not getattr(self, "early_stopping", False):
            return None
        n = len(y)
        n_test = int(np.ceil(self.validation_fraction * n))
        n_train = n - n_test
        if min(n_train, n_test) == 0:
            raise ValueError(
                f"{type(self).__name__}(validation_fraction={self.validation_fraction}): of {n} "
                f"rows {n_train} would be left to train on and {n_test} to validate"
            )
        rng = check_random_state(self.random_state)
        if stratified:
            drawn = self._stratified_rows(y, n_train, n_test, rng)
        else:
            drawn = rng.permutation(n)[:n_test]
        if weight is not None and not (weight[drawn] > 0).any():
            raise ValueError(
                f"{type(self).__name__}: the sample weights of the validation set are all zero; "
                "use a different random state"
            )
        mask = np.zeros(n, dtype=bool)
        mask[drawn] = True
        return mask

    def _stratified_rows(self, y, n_train, n_test, rng):
        classes = folds.strata(y)
        if classes.counts.min() < 2 or min(n_train, n_test) < len(classes.counts):
            raise ValueError(
                f"{type(self).__name__}(early_stopping=True, validation_fraction="
                f"{self.validation_fraction}): {n_test} rows cannot be set aside with each of "
                f"{len(classes.counts)} classes on both sides; raise validation_fraction or give "
                "more rows"
            )
        return classes.draw(n_train, n_test, rng)[1]


class StochasticClassifier(StochasticModel, LinearClassifier):
    """One weight vector for two classes, or one for each of more, against the rest."""

    _passive_loss = "hinge"

    def _expose(self, coef, intercept):
        self.coef_, self.intercept_ = coef, intercept

    def _fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        self._check_params()
        schedule, goal = self._schedule(None), self._goal()
        X, y = self._check_fit(X, y)
        if self.warm_start and self._started():
            coef_init = self.coef_ if coef_init is None else coef_init
            intercept_init = self.intercept_ if intercept_init is None else intercept_init
        self.classes_, codes = encode_labels(y)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        self._begin(self._shape(X), X.dtype, coef_init, intercept_init)
        self._descend(X, y, codes, weight, goal, schedule)
        self._check_converged()
        return self

    def _partial_fit(self, X, y, classes=None, sample_weight=None):
        self._check_params()
        self._check_piecewise()
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"{type(self).__name__}: class_weight 'balanced' is not supported for partial_fit, "
                "which does not see all of y; pass the weights of "
                "compute_class_weight('balanced', classes=classes, y=y) as a dict"
            )
        schedule, goal = self._schedule(1), self._goal()
        first = self._is_first(classes)
        X, y = self._check_fit(X, y, reset=first)
        present, codes = encode_labels(y)
        places = np.searchsorted(self.classes_, present)
        if not np.array_equal(self.classes_.take(places, mode="clip"), present):
            raise ValueError(
                f"{type(self).__name__}.partial_fit: y has labels that are not in classes, which "
                f"are {self.classes_}"
            )
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        if first and not self._started():
            self._begin(self._shape(X), X.dtype, None, None)
        self._descend(X, y, places[codes], weight, goal, schedule)
        return self

    def _is_first(self, classes):
        known = getattr(self, "classes_", None)
        if known is None:
            if classes is None:
                raise ValueError(
                    f"{type(self).__name__}: classes must be passed on the first call to "
                    "partial_fit."
                )
            self.classes_ = encode_labels(classes)[0]
            return True
        if classes is not None and not np.array_equal(known, encode_labels(classes)[0]):
            raise ValueError(
                f"{type(self).__name__}: `classes={classes!r}` is not the same as on last call to "
                f"partial_fit, was: {known!r}"
            )
        return False

    def _shape(self, X):
        n_classes = len(self.classes_)
        return (1 if n_classes <= 2 else n_classes), X.shape[1]

    def _descend(self, X, y, codes, weight, goal, schedule):
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__}: the number of classes has to be greater than one; got "
                f"{n_classes} class"
            )
        by_class = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        rows = Rows(X)
        row_weight = None if weight is None else weight.astype(np.float64)
        binary = n_classes == 2
        rng = check_random_state(self.random_state)
        if binary:
            rng.randint(1, np.iinfo(np.int32).max)  # a draw that shuffled a copy of the rows once
        held = self._validation_rows(codes, weight, True)
        seeds = [draw_seed(rng)] if binary else rng.randint(np.iinfo(np.int32).max, size=n_classes)
        score = _ValidationScore(X, weight, held)

        def fit_one(k):
            seed, label, sides = seeds[k], 1, (by_class[1], by_class[0])
            if not binary:
                rng = check_random_state(int(seeds[k]))
                rng.randint(1, np.iinfo(np.int32).max)
                seed, label, sides = draw_seed(rng), k, (by_class[k], 1.0)
            signs = np.where(codes == label, 1.0, -1.0)
            validate = None if held is None else score.accuracy_of(signs)
            return self._run(rows, signs, k, seed, goal, schedule, weight=row_weight, sides=sides,
                             validate=validate, held=held)  # fmt: skip

        self._keep(_threaded(fit_one, len(seeds), self.n_jobs), X)


class StochasticRegressor(StochasticModel, Regressor):
    """One weight vector."""

    _passive_loss = "epsilon_insensitive"

    def predict(self, X):
        """Return ``X coef_ + intercept_``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        # Coefficients made sparse are a row.
        return margins(self._check_X(X), self.coef_, self.intercept_).ravel()

    def _expose(self, coef, intercept):
        self.coef_, self.intercept_ = coef[0], intercept

    def _fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        self._check_params()
        schedule, goal = self._schedule(None), self._goal()
        X, y = self._check_fit(X, y)
        if self.warm_start and self._started():
            coef_init = self.coef_ if coef_init is None else coef_init
            intercept_init = self.intercept_ if intercept_init is None else intercept_init
        self._begin((1, X.shape[1]), X.dtype, coef_init, intercept_init)
        self._descend(X, y, sample_weight, goal, schedule)
        self._check_converged()
        return self

    def _partial_fit(self, X, y, sample_weight=None):
        self._check_params()
        self._check_piecewise()
        schedule, goal = self._schedule(1), self._goal()
        first = not self._started()
        X, y = self._check_fit(X, y, reset=first)
        if first:
            self._begin((1, X.shape[1]), X.dtype, None, None)
        self._descend(X, y, sample_weight, goal, schedule)
        return self

    def _descend(self, X, y, sample_weight, goal, schedule):
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        # In X's precision first: what a float32 model is fitted to.
        y = np.ascontiguousarray(y.astype(X.dtype, copy=False), dtype=np.float64)
        row_weight = None if weight is None else weight.astype(np.float64)
        held = self._validation_rows(y, weight, False)
        seed = draw_seed(check_random_state(self.random_state))
        score = _ValidationScore(X, weight, held)
        validate = None if held is None else score.r2_of(y)
        result = self._run(Rows(X), y, 0, seed, goal, schedule, weight=row_weight,
                           validate=validate, held=held)  # fmt: skip
        self._keep([result], X)


class _ValidationScore:
    """Scores of weights on the rows that were set aside."""

    def __init__(self, X, weight, held):
        self.held = held
        if held is not None:
            self.X = X[held]
            self.weight = None if weight is None else weight[held]

    def accuracy_of(self, signs):
        up = signs[self.held] > 0
        return lambda coef, intercept: np.average(
            (self.X @ coef + intercept > 0) == up, weights=self.weight
        )

    def r2_of(self, y):
        y = y[self.held]
        return lambda coef, intercept: r2(y, self.X @ coef + intercept, self.weight)


def _threaded(function, n, n_jobs):
    """``[function(0), …, function(n − 1)]``, by threads: kernels release the interpreter."""
    n_workers = min(n, effective_n_jobs(n_jobs)) if n > 1 else 1
    if n_workers == 1:
        return [function(k) for k in range(n)]
    with ThreadPoolExecutor(n_workers) as pool:
        return list(pool.map(function, range(n)))
