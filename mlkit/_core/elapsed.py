"""One line a finished step, for ``verbose``."""

import time
from contextlib import contextmanager

_WIDTH = 70


@contextmanager
def timed(source, message):
    """Print ``[source] ... message, total= 1.2s`` after the block; nothing without message."""
    began = time.perf_counter()
    yield
    if message is None:
        return
    seconds = time.perf_counter() - began
    took = f"{seconds / 60:4.1f}min" if seconds > 60 else f" {seconds:5.1f}s"
    head, tail = f"[{source}] ", f" {message}, total={took}"
    print(head + "." * (_WIDTH - len(head) - len(tail)) + tail)
