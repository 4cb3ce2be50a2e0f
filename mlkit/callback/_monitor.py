"""Scores of every step of a fit, on the training data and on held-out data."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from .._core.callbacks import context_path
from .._core.domains import boolean, callable_, mapping, none, one_of, sequence, string
from .._core.errors import InvalidParameterError, import_optional
from .._core.params import checked
from ._mailbox import Gathering

scoring_domain = string | callable_ | sequence | mapping | none


def scores_of(estimator, scoring):
    """Return a function ``(fitted, X, y, **metadata) -> {name: score}``."""
    name = scoring if isinstance(scoring, str) else "score"
    scorer = scoring
    if scoring is None:
        if not hasattr(estimator, "score"):
            raise TypeError(f"{type(estimator).__name__} has no score method: give scoring")
        scorer = _own_score
    elif not callable(scoring):
        # Only scoring by name needs the metrics, which are many.
        from ..metrics import check_scoring

        scorer = check_scoring(estimator, scoring)

    def evaluate(fitted, X, y, **metadata):
        result = scorer(fitted, X, y, **metadata)
        return dict(result) if isinstance(result, Mapping) else {name: result}

    return evaluate


def _own_score(fitted, X, y, **metadata):
    data = (X,) if y is None else (X, y)
    return fitted.score(*data, **metadata)


@dataclass
class ScoringMonitorLog:
    """Scores of one run, that is one fit of the outermost estimator.

    Parameters
    ----------
    run_id : uuid.UUID
        What tells the run from others.
    estimator_name : str
        The class of the outermost estimator.
    timestamp : str
        When the run began, in UTC.
    data : list of dict
        A row for each step: ``task_id_path`` (ids from the outermost task down, unique),
        ``parent_task_id_path``, ``estimator_name``, ``task_name``, ``task_id``,
        ``sequential_subtasks``, and a column for each score; those on held-out data are named
        ``val_...``.
    """

    run_id: uuid.UUID
    estimator_name: str
    timestamp: datetime.datetime
    data: list[dict]

    @property
    def data_as_pandas(self):
        """`data` as a pandas.DataFrame."""
        frame = vars(self).get("_frame")
        if frame is None:
            pandas = import_optional("pandas", "test", "ScoringMonitorLog.data_as_pandas")
            frame = self._frame = pandas.DataFrame(self.data)
        return frame

    def __repr__(self):
        return (
            f"ScoringMonitorLog(run_id={self.run_id}, estimator_name={self.estimator_name}, "
            f"timestamp={self.timestamp})"
        )


class ScoringMonitor(Gathering):
    """Scores an estimator after every task of its fit that leaves a usable model.

    Parameters
    ----------
    scoring : str, callable, list, tuple, dict or None
        As in `mlkit.metrics.check_scoring`: None is the estimator's own ``score``. A callable
        ``(estimator, X, y)`` may return a dict of scores.
    X_val, y_val : array-like, default=None
        Held-out data, scored beside the training data under names that begin with ``val_``.

    Raises
    ------
    InvalidParameterError
        For another kind of `scoring`.

    Examples
    --------
    >>> from mlkit.callback import ScoringMonitor
    >>> from mlkit.linear_model import LogisticRegression
    >>> monitor = ScoringMonitor(scoring="neg_log_loss")
    >>> model = LogisticRegression().set_callbacks(monitor)
    """

    _stays = ("_scores",)

    def __init__(self, *, scoring, X_val=None, y_val=None):
        if not scoring_domain.admits(scoring):
            raise InvalidParameterError(
                f"scoring of ScoringMonitor must be {scoring_domain.words}; got {scoring!r}"
            )
        self.scoring = scoring
        self.X_val = X_val
        self.y_val = y_val
        self._log = []
        super().__init__()

    def _reset(self):
        # By estimator: the same callback may see several fits at once, from several threads.
        self._scores = {}

    def __getstate__(self):
        # The log may grow in another thread while it is pickled.
        return {**super().__getstate__(), "_log": list(self._log)}

    def _receive(self, message):
        self._log.append(message)

    def setup(self, estimator, context):
        """Find the scorer, which may depend on the estimator."""
        self._scores[id(estimator)] = scores_of(estimator, self.scoring)

    def teardown(self, estimator, context):
        """Forget the scorer."""
        self._scores.pop(id(estimator), None)

    def on_fit_task_begin(self, estimator, context):
        """Nothing has changed yet."""

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        """Score the model that the task left, if it left one."""
        if fitted_estimator is None:
            return
        # In a worker that runs iterations of an estimator's own, nothing was set up.
        evaluate = self._scores.get(id(estimator)) or scores_of(estimator, self.scoring)
        scores = {}
        if X is not None and (y is not None or self.scoring is None):
            scores.update(evaluate(fitted_estimator, X, y, **(metadata or {})))
        if self.X_val is not None:
            held_out = evaluate(fitted_estimator, self.X_val, self.y_val)
            scores.update((f"val_{name}", value) for name, value in held_out.items())
        path = context_path(context)
        run = (path[0].root_uuid, path[0].estimator_name, f"{path[0].init_time:{_TIMESTAMP}}")
        self._post((run, [_task(each) for each in path], scores))

    @checked(select=one_of("all", "most_recent"), include_lineage=boolean)
    def get_logs(self, select="most_recent", include_lineage=False):
        """Return the scores by run.

        Parameters
        ----------
        select : {"all", "most_recent"}, default="most_recent"
            Which runs.
        include_lineage : bool, default=False
            Also a row, without scores, for each task above those that were scored.

        Returns
        -------
        ScoringMonitorLog or list of ScoringMonitorLog
            One, or with ``select="all"`` a list in the order of time.

        Raises
        ------
        ValueError
            If nothing was scored yet.
        """
        runs = {}
        for run, path, scores in list(self._log):
            rows = runs.setdefault(run, {})
            above = range(1, len(path)) if include_lineage else ()
            for depth in above:
                rows.setdefault(_id_path(path[:depth]), _row(path[:depth], {}))
            rows[_id_path(path)] = _row(path, scores)
        if not runs:
            raise ValueError(
                "No logs to retrieve: the estimator was not fitted, or does not tell callbacks how "
                "to rebuild it during fit"
            )
        logs = [
            ScoringMonitorLog(
                run_id=run_id,
                estimator_name=name,
                timestamp=timestamp,
                data=[rows[key] for key in sorted(rows, key=lambda key: (len(key), key))],
            )
            for (run_id, name, timestamp), rows in runs.items()
        ]
        logs.sort(key=lambda log: (log.timestamp, log.estimator_name))
        return logs[-1] if select == "most_recent" else logs


_TIMESTAMP = "UTC%Y-%m-%d-%H:%M:%S.%f"


def _task(context):
    return {
        "estimator_name": context.estimator_name,
        "task_name": context.task_name,
        "task_id": context.task_id,
        "sequential_subtasks": context.sequential_subtasks,
    }


def _id_path(path):
    return tuple(task["task_id"] for task in path)


def _row(path, scores):
    ids = _id_path(path)
    return {"task_id_path": ids, "parent_task_id_path": ids[:-1], **path[-1], **scores}
