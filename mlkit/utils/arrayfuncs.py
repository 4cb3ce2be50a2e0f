"""Small functions of arrays."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._engine.native.positive": ["min_pos"],
    },
)
