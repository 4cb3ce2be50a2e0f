"""Stop iterating when a score no longer improves, and keep the best model."""

import copy
import math

from .._core.callbacks import context_path
from .._core.domains import at_least, boolean, integer
from .._core.params import checked
from ._mailbox import Gathering
from ._monitor import scores_of, scoring_domain

_ABSENT = object()


class EarlyStopping(Gathering):
    """Ends the iterations of a fit whose score has not improved for `patience` of them.

    It is set on the estimator that iterates, alone or as part of a meta-estimator; each of its
    fits is watched on its own. Tasks that run in parallel have no order and are not watched.

    Parameters
    ----------
    X_val, y_val : array-like, default=None
        Held-out data to score on; without it the training data is scored, which tells that the
        optimisation stalls, not that it overfits.
    scoring : str, callable or None, default=None
        As in `mlkit.metrics.check_scoring`, greater is better; None is the estimator's ``score``.
        Of a dict of scores the first counts.
    patience : int, default=5
        Iterations without improvement before the end.
    min_delta : float, default=0.0
        An improvement is more than this.
    restore_best : bool, default=True
        Leave the model of the best iteration, as far as the estimator tells how to rebuild it,
        rather than that of the last.

    Raises
    ------
    InvalidParameterError
        For a parameter outside its domain.

    Examples
    --------
    >>> from mlkit.callback import EarlyStopping
    >>> from mlkit.linear_model import LogisticRegression
    >>> stop = EarlyStopping(scoring="neg_log_loss", patience=3)
    >>> model = LogisticRegression().set_callbacks(stop)
    """

    _stays = ("_scores", "_watched")

    @checked(
        scoring=scoring_domain,
        patience=integer(1),
        min_delta=at_least(0),
        restore_best=boolean,
    )
    def __init__(
        self,
        X_val=None,
        y_val=None,
        scoring=None,
        patience=5,
        min_delta=0.0,
        restore_best=True,
    ):
        self.X_val = X_val
        self.y_val = y_val
        self.scoring = scoring
        self.patience = patience
        self.min_delta = min_delta
        self.restore_best = restore_best
        self._runs = []
        super().__init__()

    def _reset(self):
        self._scores = {}
        self._watched = {}

    def __getstate__(self):
        return {**super().__getstate__(), "_runs": list(self._runs)}

    def _receive(self, message):
        self._runs.append(message)

    def setup(self, estimator, context):
        """Find the scorer, which may depend on the estimator."""
        self._scores[id(estimator)] = scores_of(estimator, self.scoring)
        self._watched[id(estimator)] = {}

    def on_fit_task_begin(self, estimator, context):
        """Nothing has changed yet."""

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        """Score the model that the task left; True when it is time to stop."""
        is_fit = context.parent is None or context.source_estimator_name is not None
        if fitted_estimator is None or is_fit or not context.parent.sequential_subtasks:
            return False
        # In a worker that runs iterations of an estimator's own, nothing was set up.
        evaluate = self._scores.get(id(estimator)) or scores_of(estimator, self.scoring)
        if self.X_val is not None:
            scores = evaluate(fitted_estimator, self.X_val, self.y_val)
        else:
            scores = evaluate(fitted_estimator, X, y, **(metadata or {}))
        ids = tuple(each.task_id for each in context_path(context))
        series = self._watched.setdefault(id(estimator), {}).setdefault(
            ids[:-1],
            {
                "run_id": context.root_uuid,
                "estimator_name": context.estimator_name,
                "parent_task_id_path": ids[:-1],
                "best_score": -math.inf,
                "best_task_id": None,
                "n_tasks": 0,
                "stopped": False,
            },
        )
        return self._step(series, next(iter(scores.values())), ids[-1], estimator, fitted_estimator)

    def _step(self, series, score, task_id, estimator, fitted):
        series["n_tasks"] += 1
        if score > series["best_score"] + self.min_delta or series["best_task_id"] is None:
            series.update(best_score=float(score), best_task_id=task_id, waited=0)
            if self.restore_best:
                series["state"] = _rebuilt(estimator, fitted)
        else:
            series["waited"] += 1
        series["stopped"] = series["waited"] >= self.patience
        return series["stopped"]

    def teardown(self, estimator, context):
        """Put the best model in place, and report."""
        self._scores.pop(id(estimator), None)
        watched = self._watched.pop(id(estimator), {})
        # Several series (one per class, say) have each its own best iteration: no state of the
        # whole belongs to all of them.
        if len(watched) == 1:
            (series,) = watched.values()
            for name, value in series.get("state", {}).items():
                setattr(estimator, name, value)
        for series in watched.values():
            self._post({key: series[key] for key in series if key not in ("state", "waited")})

    def get_runs(self):
        """Return what was seen, one entry for each series of iterations.

        Returns
        -------
        list of dict
            ``run_id``, ``estimator_name``, ``parent_task_id_path``, ``best_score``,
            ``best_task_id``, ``n_tasks`` and ``stopped``, in the order in which fits ended.
        """
        return [dict(each) for each in self._runs]


def _rebuilt(estimator, fitted):
    """Copies of the attributes by which `fitted` differs from the estimator it was rebuilt from."""
    before = vars(estimator)
    changed = {
        name: value
        for name, value in vars(fitted).items()
        if before.get(name, _ABSENT) is not value
    }
    # The solver may go on working in these very arrays.
    return copy.deepcopy(changed)
