"""A search whose candidates are proposed by Optuna, each in the light of those before it."""

import contextlib
import math
import numbers

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import boolean, callable_, has_methods, integer, mapping, none, string
from .._core.errors import import_optional
from .._core.params import fitted, param, required
from .._core.seeds import check_random_state
from .._core.shared import random_state
from ._rounds import Stopped
from ._search import BaseSearchCV, refuse_unseeded_journal

_PLAIN = (bool, int, float, str, type(None))


def _optuna():
    return import_optional("optuna", "search", "OptunaSearchCV")


class _Axis:
    """What one parameter may be, as Optuna's distribution, and the value of what it draws."""

    def __init__(self, name, space):
        distributions = _optuna().distributions
        self.value = lambda drawn: drawn
        if isinstance(space, distributions.BaseDistribution):
            self.distribution = space
        elif hasattr(space, "ppf"):
            self.distribution = self._of_scipy(space, distributions)
        elif hasattr(space, "rvs"):
            raise TypeError(
                f"OptunaSearchCV: the distribution of {name!r} has rvs and no ppf; use one of "
                "scipy.stats, one of Optuna's, or a list"
            )
        else:
            values = list(space)
            if not values:
                raise ValueError(f"OptunaSearchCV: the values of {name!r} are empty")
            self.distribution = self._of_values(values, distributions)

    def _of_scipy(self, space, distributions):
        kind, (low, high) = space.dist.name, space.support()
        if kind in ("uniform", "loguniform", "reciprocal"):
            return distributions.FloatDistribution(float(low), float(high), log=kind != "uniform")
        if kind == "randint":
            return distributions.IntDistribution(int(low), int(high))
        # Any other: by its quantile function, of a number between 0 and 1.
        whole = hasattr(space, "pmf")

        def quantile(share):
            value = space.ppf(share)
            return int(value) if whole else float(value)

        self.value = quantile
        edge = np.finfo(np.float64).eps  # the ends of an unbounded law are infinite
        return distributions.FloatDistribution(edge, 1.0 - edge)

    def _of_values(self, values, distributions):
        values = [each.item() if isinstance(each, np.generic) else each for each in values]
        if all(isinstance(each, _PLAIN) for each in values):
            return distributions.CategoricalDistribution(values)
        self.value = values.__getitem__  # Optuna knows plain values only
        return distributions.CategoricalDistribution(list(range(len(values))))


@contextlib.contextmanager
def _quiet(optuna):
    """Optuna's log says what `progress` and `verbose` say."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


class OptunaSearchCV(BaseSearchCV):
    """Try candidates that Optuna proposes, each by the scores of those before, and keep the best.

    With a `pruner` a candidate whose score on the first folds is poor is given up: the other
    folds are not fitted, its mean score is NaN, and the column ``pruned`` of `cv_results_` says so.
    With a `resource` as well it is judged on all folds, as its training goes on: the estimator is
    fitted in `n_steps`, each from the one before by its ``warm_start``.

    Needs the package optuna: ``pip install 'mlkit[search]'``.

    References
    ----------
    Akiba, T. et al. (2019). Optuna: a next-generation hyperparameter optimization framework. KDD.

    Bergstra, J. et al. (2011). Algorithms for hyper-parameter optimization. NeurIPS.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import OptunaSearchCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> space = {"alpha": loguniform(1e-4, 1e2)}
    >>> search = OptunaSearchCV(Ridge(), space, n_iter=15, random_state=0).fit(X, y)
    >>> search.best_params_["alpha"] < 0.5
    True
    """

    param_distributions: object = param(
        required,
        mapping | callable_,
        "By parameter a list of values, a distribution of scipy.stats or one of Optuna's; or a "
        "function that makes a dict of parameters from an Optuna trial, for spaces with branches.",
        kw_only=False,
    )
    refit: object = param(
        True,
        boolean | string,
        "Fit the best candidate to all rows; with several scorers the name of the one that "
        "decides, and that Optuna is told.",
    )
    n_iter: int = param(50, integer(1), "Number of candidates.")
    sampler: object = param(
        None,
        has_methods("sample_independent") | none,
        "Optuna's sampler; None is the tree-structured Parzen estimator.",
    )
    pruner: object = param(
        None,
        has_methods("prune") | none,
        "Optuna's pruner, told the mean score after each fold, or each step of the `resource`; "
        "None gives no candidate up.",
    )
    resource: str = param(
        None,
        string | none,
        "Parameter that counts the stages of an estimator with ``warm_start``, as "
        "``n_estimators``, by which candidates are pruned; its value is the last step's.",
    )
    n_steps: int = param(10, integer(1), "Steps of the `resource`, of the same size but for one.")
    random_state: object = random_state

    trials_ = fitted("list of dict", "What Optuna was asked and told, in plain values.")

    def _prepare(self, rounds):
        if self.resource is not None:
            if self.resource not in self.estimator.get_params():
                raise ValueError(
                    f"OptunaSearchCV: resource={self.resource!r} is no parameter of "
                    f"{type(self.estimator).__name__}"
                )
            if self.pruner is None:
                raise ValueError(
                    f"OptunaSearchCV: resource={self.resource!r} is what a pruner judges by; give "
                    "a pruner, or leave the resource out"
                )
            rounds.go_on(self.resource)
        self._rounds = rounds

    def _get_scorers(self):
        scorer, decides = super()._get_scorers()
        if hasattr(scorer, "_scorers") and not isinstance(self.refit, str):
            raise ValueError(
                "OptunaSearchCV: with several scorers refit must be the name of the one that "
                f"decides, got refit={self.refit!r}"
            )
        return scorer, decides

    def _run_search(self, evaluate_candidates):
        refuse_unseeded_journal(self)
        rounds = vars(self).pop("_rounds")
        optuna = _optuna()
        distributions, values_of = self._space()
        self.trials_ = []
        with _quiet(optuna):
            study = optuna.create_study(
                direction="maximize", sampler=self._sampler(optuna), pruner=self._pruner(optuna)
            )
            for _ in range(self.n_iter):
                trial = study.ask(distributions)
                try:
                    self._try(study, trial, values_of(trial), rounds)
                finally:
                    self.trials_.append(_record(study.trials[trial.number], optuna))
        rounds.check_failures()
        if all(rounds.more["pruned"]):
            raise ValueError(
                f"OptunaSearchCV(pruner={self.pruner!r}): every candidate was given up, there is "
                "no best; use a pruner that lets the first ones finish"
            )

    def _try(self, study, trial, params, rounds):
        states = _optuna().trial.TrialState

        def prunes(done, score):
            if not np.isfinite(score):
                return False
            trial.report(score, done)
            return trial.should_prune()

        try:
            if self.resource is not None:
                score = rounds.evaluate_in_steps(params, self._amounts(params), prunes)
            else:
                score = rounds.evaluate_one(params, {}, None if self.pruner is None else prunes)
        except Stopped:
            study.tell(trial, state=states.FAIL)
            raise
        if score is None:
            study.tell(trial, state=states.PRUNED)
        elif np.isfinite(score):
            study.tell(trial, score)
        else:
            study.tell(trial, state=states.FAIL)

    def _amounts(self, params):
        """How much of the resource a candidate has after each step."""
        total = params.get(self.resource, self.estimator.get_params()[self.resource])
        if not isinstance(total, numbers.Integral) or total < 1:
            raise ValueError(
                f"OptunaSearchCV: resource={self.resource!r} must be a positive integer to be "
                f"reached in steps, got {total!r}"
            )
        return list(range(total, 0, -math.ceil(total / self.n_steps)))[::-1]

    def _sampler(self, optuna):
        if self.sampler is not None:
            return self.sampler
        seed = self.random_state
        if seed is not None and not isinstance(seed, numbers.Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        return optuna.samplers.TPESampler(seed=None if seed is None else int(seed))

    def _pruner(self, optuna):
        return optuna.pruners.NopPruner() if self.pruner is None else self.pruner

    def _space(self):
        """What Optuna draws by itself, and what makes parameters of a trial."""
        if callable(self.param_distributions):
            return None, self.param_distributions
        axes = {name: _Axis(name, space) for name, space in self.param_distributions.items()}

        def values_of(trial):
            return {name: axis.value(trial.params[name]) for name, axis in axes.items()}

        return {name: axis.distribution for name, axis in axes.items()}, values_of

    @property
    def study_(self):
        """An `optuna.study.Study` of all trials, for Optuna's plots and measures of importance."""
        check_is_fitted(self, "trials_")
        optuna = _optuna()
        with _quiet(optuna):
            study = optuna.create_study(direction="maximize", sampler=self._sampler(optuna))
        for each in self.trials_:
            spaces = {
                name: optuna.distributions.json_to_distribution(text)
                for name, text in each["distributions"].items()
            }
            study.add_trial(
                optuna.trial.create_trial(
                    state=optuna.trial.TrialState[each["state"]],
                    value=each["value"],
                    params=each["params"],
                    distributions=spaces,
                    intermediate_values=each["intermediate_values"],
                )
            )
        return study


def _record(trial, optuna):
    """A trial in plain values."""
    return {
        "params": dict(trial.params),
        "distributions": {
            name: optuna.distributions.distribution_to_json(space)
            for name, space in trial.distributions.items()
        },
        "state": trial.state.name,
        "value": trial.value,
        "intermediate_values": dict(trial.intermediate_values),
    }
