"""Tasks of a fit as records of the standard library's logging."""

import logging
from datetime import UTC, datetime

from .._core.callbacks import context_path
from .._core.domains import instance_of, integer, none, string
from .._core.params import checked
from ._mailbox import Gathering


class Logger(Gathering):
    """Logs when the tasks of a fit begin and end, and how long they took.

    Records of worker processes are logged in the process where the callback was made. A task
    without tasks below it has one record, at its end. Each record has the fields ``task_id_path``
    and, at the end, ``duration`` in seconds.

    Parameters
    ----------
    logger : str or logging.Logger, default="mlkit.callback"
        Where records go.
    level : int, default=logging.INFO
        Their level.
    max_propagation_depth : int or None, default=1
        Levels of nested estimators that are logged; 0 for the outermost only, None for all.

    Raises
    ------
    InvalidParameterError
        For a parameter outside its domain.

    Examples
    --------
    >>> from mlkit.callback import Logger
    >>> from mlkit.linear_model import LogisticRegression
    >>> model = LogisticRegression().set_callbacks(Logger())
    """

    @checked(
        logger=string | instance_of(logging.Logger),
        level=integer(0),
        max_propagation_depth=integer(0) | none,
    )
    def __init__(self, logger="mlkit.callback", level=logging.INFO, max_propagation_depth=1):
        self.logger = logger
        self.level = level
        self.max_propagation_depth = max_propagation_depth
        super().__init__()

    def setup(self, estimator, context):
        """Nothing to prepare."""

    def teardown(self, estimator, context):
        """Nothing is left open."""

    def on_fit_task_begin(self, estimator, context):
        """Log the beginning of a task that has tasks below it."""
        if context.max_subtasks != 0:
            self._post((f"{_path_text(context)}: begins", {"task_id_path": _ids(context)}))

    def on_fit_task_end(self, estimator, context):
        """Log the end of a task and how long it took."""
        duration = (datetime.now(UTC) - context.init_time).total_seconds()
        extra = {"task_id_path": _ids(context), "duration": duration}
        self._post((f"{_path_text(context)}: took {duration:.3g} s", extra))

    def _receive(self, message):
        text, extra = message
        logger = logging.getLogger(self.logger) if isinstance(self.logger, str) else self.logger
        logger.log(self.level, text, extra=extra)


def _ids(context):
    return tuple(each.task_id for each in context_path(context))


def _path_text(context):
    path = context_path(context)
    tasks = [f"{path[0].estimator_name} {path[0].task_name}"]
    for each in path[1:]:
        name = each.task_name
        if each.source_estimator_name is not None:
            name = f"{each.source_task_name} {each.estimator_name} {name}"
        tasks.append(f"{name or 'task'} #{each.task_id}")
    return " / ".join(tasks)
