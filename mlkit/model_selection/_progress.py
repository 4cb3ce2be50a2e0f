"""A line that shows how far a search is, and the best score so far."""

import sys
import time

_REDRAW = 0.1  # seconds: more is not seen, and costs
_WIDTH = 24  # characters of the bar


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"


class SearchProgress:
    """Counts fits and shows a bar, the time left, and the best candidate so far.

    A terminal shows it as it moves; a file receives its final state.

    Parameters
    ----------
    title : str
    stream : text file, default=None
        None is ``sys.stderr``.
    """

    def __init__(self, title, stream=None):
        self.title, self.stream = title, sys.stderr if stream is None else stream
        self.total = self.done = self.kept = 0
        self.best = None
        self._began = time.monotonic()
        self._drawn, self._width = -_REDRAW, 0
        self._moves = bool(getattr(self.stream, "isatty", lambda: False)())

    def expect(self, number):
        """So many more fits are to come."""
        self.total += number

    def advance(self, kept=False):
        """One more is done; `kept` if an earlier run did it."""
        self.done += 1
        self.kept += kept
        now = time.monotonic()
        if self._moves and now - self._drawn >= _REDRAW:
            self._drawn = now
            self._draw()

    def score(self, score, params):
        """A candidate has its mean score."""
        if score == score and (self.best is None or score > self.best[0]):
            self.best = score, params

    def line(self):
        """The text of the line."""
        share = self.done / self.total if self.total else 0.0
        bar = "#" * int(share * _WIDTH)
        took = time.monotonic() - self._began
        fitted = self.done - self.kept
        parts = [f"{self.title} [{bar:<{_WIDTH}}] {self.done}/{self.total} fits"]
        if self.kept:
            parts.append(f"{self.kept} from the journal")
        left = self.total - self.done
        more = f", about {_clock(took / fitted * left)} left" if left and fitted else ""
        parts.append(_clock(took) + more)
        if self.best is not None:
            chosen = ", ".join(f"{name}={value}" for name, value in self.best[1].items())
            parts.append(f"best {self.best[0]:.5g} with {chosen or 'the defaults'}")
        return "; ".join(parts)

    def _draw(self, end=""):
        line = self.line()
        start = "\r" if self._moves else ""
        self.stream.write(start + line.ljust(self._width) + end)
        self.stream.flush()
        self._width = len(line)

    def close(self):
        """Leave the final state."""
        self._draw("\n")
