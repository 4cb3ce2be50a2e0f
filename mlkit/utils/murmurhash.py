"""MurmurHash3 of integers, bytes and text."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._engine.native.hashing": ["murmurhash3_32"],
    },
)
