"""Successive halving: all candidates on little, the better ones on more and more."""

import math
import numbers

import numpy as np

from .._core.arrays import num_samples
from .._core.domains import (
    above,
    boolean,
    callable_,
    integer,
    mapping,
    none,
    one_of,
    sequence,
    string,
)
from .._core.params import fitted, param, required
from .._core.roles import is_classifier
from .._core.sampling import resample
from .._core.shared import random_state
from .._core.targets import check_classification_targets
from ._candidates import ParameterGrid, ParameterSampler
from ._search import BaseSearchCV, refuse_unseeded_journal
from ._validate import CV

# The least rows a class and a fold that "smallest" starts with: one is no sample of a class.
_ROWS_PER_FOLD = 2


class _SampledFolds:
    """The folds of a splitter, of which a share of the rows is drawn."""

    def __init__(self, cv, share, seed):
        self.cv, self.share, self.seed = cv, share, seed

    def split(self, X, y=None, **params):
        """Yield a draw of the train and of the test rows of each fold."""
        for fold in self.cv.split(X, y, **params):
            yield tuple(
                resample(
                    rows,
                    replace=False,
                    n_samples=int(self.share * len(rows)),
                    random_state=self.seed,
                )
                for rows in fold
            )


def _repeats(cv):
    """Whether a splitter gives the same folds each time it is asked."""
    seed = getattr(cv, "random_state", 0)
    return isinstance(seed, numbers.Integral) or not getattr(cv, "shuffle", True)


def _best_of(table, number, iteration):
    """Parameters of the `number` best candidates of an iteration, worst first; NaN is worst."""
    of_iteration = np.flatnonzero(table["iter"] == iteration)
    scores = table["mean_test_score"][of_iteration]
    order = np.roll(np.argsort(scores), np.count_nonzero(np.isnan(scores)))
    return [table["params"][i] for i in of_iteration[order[-number:]]]


class BaseSuccessiveHalving(BaseSearchCV):
    """Base of searches by successive halving; a subclass says what the first candidates are."""

    scoring: object = param(
        None, string | callable_ | none, "One scorer; None is the estimator's ``score``."
    )
    refit: object = param(
        True,
        boolean | callable_,
        "Fit the best candidate to all rows; a function of `cv_results_` returns its index.",
    )
    cv: object = param(5, CV, "Folds, as in `check_cv`; they must be the same at each call.")
    factor: float = param(
        3, above(0), "One in `factor` candidates goes on, with `factor` times the resource."
    )
    resource: str = param(
        "n_samples", string, "What grows: n_samples, or a parameter that takes positive integers."
    )
    max_resources: object = param(
        "auto",
        integer(1) | one_of("auto"),
        'The most that a candidate gets; "auto" is all rows, and only for ``n_samples``.',
    )
    aggressive_elimination: bool = param(
        False,
        boolean,
        "Whether to repeat the first iteration until what is left can be halved within "
        "`max_resources`.",
    )
    warm_start: bool = param(
        False,
        boolean,
        "Whether candidates that are left go on from their models of the iteration before, by the "
        "``warm_start`` of the estimator, where the resource is a parameter that counts stages "
        "(``n_estimators``); one that counts the iterations of a fit adds them to those before. "
        "Times are those of what was added.",
    )
    return_train_score: bool = param(True, boolean, "Whether to score the training rows too.")
    random_state: object = random_state

    n_resources_ = fitted("list of int", "The resource at each iteration.")
    n_candidates_ = fitted("list of int", "The candidates at each iteration.")
    n_remaining_candidates_ = fitted("int", "Candidates left after the last iteration.")
    max_resources_ = fitted("int", "The most that a candidate could get.")
    min_resources_ = fitted("int", "The resource at the first iteration.")
    n_iterations_ = fitted("int", "Iterations that were run.")
    n_possible_iterations_ = fitted("int", "Iterations that `max_resources_` allows.")
    n_required_iterations_ = fitted(
        "int", "Iterations that leave fewer than `factor` candidates for the last."
    )

    # ------------------------------------------------------------------- resources
    def _prepare(self, rounds):
        """Check the folds, and set the least and the greatest resource."""
        name = type(self).__name__
        if not _repeats(rounds.cv):
            raise ValueError(
                f"{name}: cv={rounds.cv} gives other folds at each iteration, so candidates could "
                "not be compared; set its random_state to an int, or shuffle=False"
            )
        by_rows = self.resource == "n_samples"
        if not by_rows and self.resource not in self.estimator.get_params():
            raise ValueError(
                f"{name}: resource={self.resource!r} is neither 'n_samples' nor a parameter of "
                f"{type(self.estimator).__name__}"
            )
        if self.max_resources == "auto" and not by_rows:
            raise ValueError(
                f"{name}: max_resources='auto' is for resource='n_samples'; for "
                f"{self.resource!r} say how much a candidate may get"
            )
        if self.warm_start:
            if by_rows:
                raise ValueError(
                    f"{name}: warm_start=True goes on with the rows it has; with "
                    "resource='n_samples' use warm_start=False"
                )
            rounds.go_on(self.resource)
        self._rounds = rounds
        if isinstance(self.min_resources, str):
            self.min_resources_ = self._smallest(rounds) if by_rows else 1
        else:
            self.min_resources_ = self.min_resources
        n_rows = num_samples(rounds.X)
        self.max_resources_ = n_rows if self.max_resources == "auto" else self.max_resources
        if not 0 < self.min_resources_ <= self.max_resources_:
            raise ValueError(
                f"{name}: with n_samples = {n_rows} the first iteration would need "
                f"{self.min_resources_} of {self.resource}, the last may use "
                f"{self.max_resources_}; lower min_resources or the number of folds"
            )

    @staticmethod
    def _smallest(rounds):
        """The least number of rows of which folds can be made."""
        rows = rounds.n_splits * _ROWS_PER_FOLD
        if not is_classifier(rounds.search.estimator):
            return rows
        check_classification_targets(rounds.y)
        return rows * len(np.unique(rounds.y))

    # ------------------------------------------------------------------ iterations
    def _first_candidates(self):
        """The candidates of the first iteration."""
        raise NotImplementedError

    def _plan(self, n_candidates):
        """Set the numbers of iterations, and with "exhaust" the first resource."""
        self.n_required_iterations_ = 1 + math.floor(math.log(n_candidates, self.factor))
        if self.min_resources == "exhaust":
            shrink = self.factor ** (self.n_required_iterations_ - 1)
            self.min_resources_ = max(self.min_resources_, int(self.max_resources_ // shrink))
        ratio = self.max_resources_ // self.min_resources_
        self.n_possible_iterations_ = 1 + math.floor(math.log(ratio, self.factor))
        self.n_iterations_ = self.n_required_iterations_
        if not self.aggressive_elimination:
            self.n_iterations_ = min(self.n_iterations_, self.n_possible_iterations_)

    def _resource_at(self, iteration):
        repeated = 0
        if self.aggressive_elimination:
            repeated = self.n_required_iterations_ - self.n_possible_iterations_
        # Repeating the first as often as needed; less than none is a start with more.
        power = max(0, iteration - repeated)
        return min(int(self.factor**power * self.min_resources_), self.max_resources_)

    def _run_search(self, evaluate_candidates):
        refuse_unseeded_journal(self)
        candidates = self._first_candidates()
        if any(self.resource in each for each in candidates):
            raise ValueError(
                f"{type(self).__name__}: resource={self.resource!r} is among the parameters to "
                "search, and a candidate cannot set what it gets; take it out of them"
            )
        self._plan(len(candidates))
        rounds = vars(self).pop("_rounds")
        self.n_resources_, self.n_candidates_ = [], []
        self.n_remaining_candidates_ = len(candidates)
        for iteration in range(self.n_iterations_):
            n_candidates, amount = len(candidates), self._resource_at(iteration)
            self.n_resources_.append(amount)
            self.n_candidates_.append(n_candidates)
            if self.verbose:
                print(f"iteration {iteration}: {n_candidates} candidates, {amount} {self.resource}")
            if self.resource == "n_samples":
                share = amount / num_samples(rounds.X)
                cv = _SampledFolds(rounds.cv, share, self.random_state)
            else:
                cv = rounds.cv
                candidates = [{**each, self.resource: amount} for each in candidates]
            columns = {"iter": [iteration] * n_candidates, "n_resources": [amount] * n_candidates}
            with rounds.reported(f"iteration-{iteration}", iteration, n_candidates):
                table = evaluate_candidates(candidates, cv, more_results=columns)
            candidates = _best_of(table, math.ceil(n_candidates / self.factor), iteration)
            self.n_remaining_candidates_ = len(candidates)

    # ---------------------------------------------------------------------- choice
    @staticmethod
    def _select_best_index(refit, decides, results):
        """Index of the best candidate of the last iteration: the earlier saw less."""
        if callable(refit):
            return BaseSearchCV._select_best_index(refit, decides, results)
        last = np.flatnonzero(results["iter"] == results["iter"].max())
        scores = results["mean_test_score"][last]
        return last[0 if np.isnan(scores).all() else np.nanargmax(scores)]

    def _choose(self, results, decides):
        super()._choose(results, decides)
        self.best_score_ = results["mean_test_score"][self.best_index_]


class HalvingGridSearchCV(BaseSuccessiveHalving):
    """Try all combinations of parameter values on little, and the better ones on more.

    With ``factor=3`` each iteration keeps the best third of the candidates and gives it three
    times the rows, or three times another resource. The best of the last iteration is kept.

    Candidates, resources and drawn rows are scikit-learn's for the same ``random_state``.

    References
    ----------
    Jamieson, Talwalkar: Non-stochastic best arm identification and hyperparameter optimization.
    AISTATS 2016.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import HalvingGridSearchCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = HalvingGridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1, 10, 100]}, random_state=0)
    >>> search.fit(X, y).n_candidates_, search.n_resources_
    ([5, 2], [147, 441])
    """

    param_grid: object = param(
        required,
        mapping | sequence,
        "Values to try by parameter, or several such dicts.",
        kw_only=False,
    )
    min_resources: object = param(
        "exhaust",
        integer(1) | one_of("smallest", "exhaust"),
        'The resource at the first iteration: "exhaust" so that the last uses as much as it may; '
        '"smallest" twice the folds (times the classes) in rows, 1 of any other resource.',
    )

    def _first_candidates(self):
        return list(ParameterGrid(self.param_grid))


class HalvingRandomSearchCV(BaseSuccessiveHalving):
    """Try draws from distributions of parameters on little, and the better ones on more.

    Draws are those of `ParameterSampler`; for the rest see `HalvingGridSearchCV`.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import HalvingRandomSearchCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> draws = {"alpha": [0.01, 0.1, 1, 10, 100], "solver": ["cholesky", "svd"]}
    >>> search = HalvingRandomSearchCV(
    ...     Ridge(), draws, n_candidates=6, min_resources=50, random_state=0
    ... )
    >>> search.fit(X, y).n_candidates_, search.n_resources_
    ([6, 2], [50, 150])
    """

    param_distributions: object = param(
        required,
        mapping | sequence,
        "Values or distribution (with ``rvs``) by parameter, or several such dicts.",
        kw_only=False,
    )
    n_candidates: object = param(
        "exhaust",
        integer(1) | one_of("exhaust"),
        'Draws at the first iteration; "exhaust" as many as make the last use as much as it may.',
    )
    min_resources: object = param(
        "smallest",
        integer(1) | one_of("smallest", "exhaust"),
        'The resource at the first iteration: "smallest" twice the folds (times the classes) in '
        'rows, 1 of any other resource; "exhaust" so that the last uses as much as it may.',
    )

    def _prepare(self, rounds):
        if self.min_resources == self.n_candidates == "exhaust":
            raise ValueError(
                "HalvingRandomSearchCV: min_resources and n_candidates cannot both be 'exhaust': "
                "one follows from the other"
            )
        super()._prepare(rounds)

    def _first_candidates(self):
        number = self.n_candidates
        if number == "exhaust":
            number = self.max_resources_ // self.min_resources_
        return list(
            ParameterSampler(self.param_distributions, number, random_state=self.random_state)
        )
