"""Parallel calls that keep the configuration."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._core.workers": ["Parallel", "delayed"],
    },
)
