"""Progress bars in a terminal, a notebook or a log, without further packages."""

import shutil
import sys
import threading
import time

from .._core.callbacks import context_path
from .._core.domains import integer, none
from .._core.errors import InvalidParameterError
from ._mailbox import Gathering

_REDRAW = 0.1  # seconds between two drawings: more is not seen, and costs
_WIDTH = 32  # characters of a bar


class ProgressBar(Gathering):
    """Shows a bar for each task of a fit that has tasks below it, with the time left.

    Set on a meta-estimator it also shows the fits of its parts, in worker processes too. A
    terminal or a notebook shows the bars as they move; a file receives their final state.

    Parameters
    ----------
    max_propagation_depth : int or None, default=1
        Levels of nested estimators that get bars; 0 for the outermost only, None for all.

    Raises
    ------
    InvalidParameterError
        For a negative depth, or no integer.

    Examples
    --------
    >>> from mlkit.callback import ProgressBar
    >>> from mlkit.linear_model import LogisticRegression
    >>> model = LogisticRegression().set_callbacks(ProgressBar())
    """

    _stays = ("_runs", "_screen", "_lock")

    def __init__(self, max_propagation_depth=1):
        domain = integer(0) | none
        if not domain.admits(max_propagation_depth):
            raise InvalidParameterError(
                f"max_propagation_depth of ProgressBar must be {domain.words}; "
                f"got {max_propagation_depth!r}"
            )
        self.max_propagation_depth = max_propagation_depth
        super().__init__()

    def _reset(self):
        self._runs = {}
        self._screen = None
        self._lock = threading.Lock()

    def setup(self, estimator, context):
        """Nothing to prepare: the first task opens the display."""

    def on_fit_task_begin(self, estimator, context):
        """Add a bar, unless the task is an estimator's leaf."""
        is_fit = context.parent is None or context.source_estimator_name is not None
        if context.max_subtasks != 0 or is_fit:
            self._post(
                (context.root_uuid, "begin", _ids(context), _label(context), context.max_subtasks)
            )

    def on_fit_task_end(self, estimator, context):
        """Complete the task's bar, or its part of the bar above."""
        self._post((context.root_uuid, "end", _ids(context)))

    def teardown(self, estimator, context):
        """Leave the bars as they are, and close the display with the last fit."""
        self._post((context.root_uuid, "close"))

    def _receive(self, message):
        run, event, *rest = message
        with self._lock:
            if self._screen is None:
                self._screen = _screen()
            if event == "begin":
                self._begin(run, *rest)
            elif event == "end" and run in self._runs:
                self._runs[run].end(rest[0][1:])
            elif event == "close" and run in self._runs:
                self._screen.keep(self._runs.pop(run).lines())
            self._screen.show(self._lines, force=not self._runs)
            if not self._runs:
                self._screen = None

    def _begin(self, run, path, label, total):
        if run not in self._runs:
            # A fit below a function that knows no callbacks starts a tree of its own.
            self._runs[run] = Bar(label, total, 0)
        else:
            self._runs[run].begin(path[1:], label, total)

    def _lines(self):
        return [line for bar in self._runs.values() for line in bar.lines()]


def _ids(context):
    return tuple(each.task_id for each in context_path(context))


def _label(context):
    label = f"{context.estimator_name} - {context.task_name}"
    if context.source_estimator_name is not None:
        label = f"{context.source_estimator_name} - {context.source_task_name} | {label}"
    return label if context.parent is None else f"{label} #{context.task_id}"


class Bar:
    """A task, the bars of the tasks below it, and a count of those that have none.

    Parameters
    ----------
    label : str
    total : int or None
        Number of tasks below; None if unknown.
    depth : int
        Level, for the indentation.
    """

    def __init__(self, label, total, depth):
        self.label = label
        self.total = total
        self.depth = depth
        self.leaves_ended = 0
        self.below = {}
        self.begun_at = time.monotonic()
        self.ended_at = None

    def begin(self, path, label, total):
        """Add a bar at a path of task ids below this one."""
        above = self._nearest(path[:-1])
        above.below[path[-1]] = Bar(label, total, self.depth + len(path))

    def end(self, path):
        """End the task at a path: its bar is full, though fewer tasks may have run than told."""
        above = self._nearest(path[:-1])
        bar = above.below.get(path[-1]) if path else self
        if bar is None:
            above.leaves_ended += 1
        else:
            bar.ended_at = time.monotonic()

    def _nearest(self, path):
        """The bar at a path, or the last one on the way."""
        bar = self
        for each in path:
            bar = bar.below.get(each, bar)
        return bar

    @property
    def progress(self):
        """Fraction done: the mean over the tasks below."""
        if self.ended_at is not None:
            return 1.0
        if not self.total:
            return 0.0
        below = sum(bar.progress for bar in self.below.values())
        return min(1.0, (self.leaves_ended + below) / self.total)

    def lines(self):
        """This bar and those below it, as (label, progress or None if unknown, clock)."""
        known = self.ended_at is not None or self.total
        own = ("  " * self.depth + self.label, self.progress if known else None, self._clock())
        return [own, *(line for bar in self.below.values() for line in bar.lines())]

    def _clock(self):
        spent = (self.ended_at or time.monotonic()) - self.begun_at
        if self.ended_at is not None:
            return _duration(spent)
        done = self.progress
        return f"{_duration(spent * (1 - done) / done)} left" if done else _duration(spent)


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def _typeset(lines, stream, columns):
    """Lines of text, aligned and, if `columns` is given, cut to that width."""
    full, empty = "━", "╌"
    try:
        (full + empty).encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        full, empty = "#", "-"
    tail = _WIDTH + len("  100% 00:00:00 left") + 1
    widest = max((len(label) for label, _, _ in lines), default=0)
    if columns is not None:
        widest = max(8, min(widest, columns - tail))
    text = []
    for label, progress, clock in lines:
        label = label if len(label) <= widest else label[: widest - 1] + "~"
        done = 0 if progress is None else int(progress * _WIDTH)
        share = "   ?" if progress is None else f"{int(progress * 100):3d}%"
        text.append(f"{label:<{widest}} {full * done}{empty * (_WIDTH - done)} {share} {clock}")
    return text


class _File:
    """Receives the final state of the bars only."""

    def keep(self, lines):
        stream = sys.stdout
        stream.write("".join(f"{line}\n" for line in _typeset(lines, stream, None)))
        stream.flush()

    def show(self, lines, force=False):
        """A file cannot be redrawn."""


class _Terminal:
    """Redraws the moving bars in place, under those that are done."""

    def __init__(self):
        self._shown = 0
        self._at = -_REDRAW

    def _erase(self):
        # Up to the first line that was drawn, then clear to the end of the screen.
        return f"\x1b[{self._shown}F\x1b[J" if self._shown else ""

    def keep(self, lines):
        self._write(lines)
        self._shown = 0

    def show(self, lines, force=False):
        if force or time.monotonic() - self._at >= _REDRAW:
            self._write(lines())
            self._at = time.monotonic()

    def _write(self, lines):
        size = shutil.get_terminal_size()
        if len(lines) >= size.lines:
            # What has scrolled away cannot be erased: show what is still moving.
            lines = [line for line in lines if line[1] != 1.0][: size.lines - 1]
        stream = sys.stdout
        text = _typeset(lines, stream, size.columns)
        stream.write(self._erase() + "".join(f"{line}\n" for line in text))
        stream.flush()
        self._shown = len(text)


class _Notebook:
    """Updates one output of the running cell."""

    def __init__(self, display):
        self._kept = []
        self._at = -_REDRAW
        self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def keep(self, lines):
        self._kept += lines

    def show(self, lines, force=False):
        if force or time.monotonic() - self._at >= _REDRAW:
            text = "\n".join(_typeset(self._kept + lines(), sys.stdout, None))
            self._handle.update({"text/plain": text}, raw=True)
            self._at = time.monotonic()


def _screen():
    """Where the bars go: what is running says what it can show."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    if type(shell).__name__ == "ZMQInteractiveShell":
        return _Notebook(ipython.display.display)
    return _Terminal() if sys.stdout is not None and sys.stdout.isatty() else _File()
