"""Weights of classes."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._core.targets": ["compute_class_weight", "compute_sample_weight"],
    },
)
