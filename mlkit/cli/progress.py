"""One line that moves while models are fitted, on the terminal only."""

import shutil
import threading
import time

from ..callback._mailbox import Gathering

_WIDTH = 24
_REDRAW = 0.1  # seconds between two drawings: more is not seen, and costs
_SOON = 1.0  # seconds before which nobody asks how long it will take
# The tasks of a search that fit a model.
_FITS = ("candidate-split-evaluation", "refit-with-best-params")


class Progress(Gathering):
    """A callback that counts the fits of searches and shows how many are done.

    It is silent where the stream is no terminal: logs and files get results, not drawings.
    Fits in worker processes are counted too.

    Parameters
    ----------
    stream : text stream
    total : int
        Fits of all searches that it will be set on.
    """

    _stays = ("_stream", "_lock")

    def __init__(self, stream, total):
        super().__init__()
        self._stream = stream if stream is not None and stream.isatty() else None
        self._total = total
        self._done = 0
        self._label = ""
        self._began = time.monotonic()
        self._drawn = float("-inf")
        self._shown = 0

    def _reset(self):
        self._stream = None
        self._lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.clear()

    def begin(self, label):
        """Say what is worked on."""
        self._label = label
        self._draw(force=True)

    def skip(self, fits):
        """Count fewer fits than were announced."""
        self._total -= fits

    def clear(self):
        """Take the line away, before other text is printed."""
        with self._lock:
            if self._stream is not None and self._shown:
                self._stream.write("\r" + " " * self._shown + "\r")
                self._stream.flush()
            self._shown = 0

    # ------------------------------------------------------------------------ as a callback
    def setup(self, estimator, context):
        """Nothing to prepare."""

    def teardown(self, estimator, context):
        """The line stays for the next search."""

    def on_fit_task_begin(self, estimator, context):
        """A fit counts when it ends."""

    def on_fit_task_end(self, estimator, context):
        """Count a fit."""
        if context.task_name in _FITS:
            self._post(1)

    def _receive(self, message):
        self._done += message
        self._draw()

    def _draw(self, force=False):
        with self._lock:
            now = time.monotonic()
            if self._stream is None or (now - self._drawn < _REDRAW and not force):
                return
            self._drawn = now
            text = self._text(now)[: shutil.get_terminal_size().columns - 1]
            self._stream.write("\r" + text + " " * (self._shown - len(text)))
            self._stream.flush()
            self._shown = len(text)

    def _text(self, now):
        share = min(1.0, self._done / max(1, self._total))
        full, empty = ("━", "╌") if _shows(self._stream, "━╌") else ("#", "-")
        cells = int(share * _WIDTH)
        left = ""
        spent = now - self._began
        if spent > _SOON and share > 0.1:  # the first fits say little of the others
            left = f", {spent * (1 - share) / share:.0f} s left"
        bar = full * cells + empty * (_WIDTH - cells)
        return f"{bar} {self._done}/{self._total} fits{left}: {self._label}"


def _shows(stream, text):
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
