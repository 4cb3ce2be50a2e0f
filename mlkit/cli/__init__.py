"""The command line: ``mlkit demo``, ``mlkit fit data.csv --target y``, ``mlkit predict``."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "command": ["main"],
    },
)
