"""Support vector machines."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_bounds": ["l1_min_c"],
        "_classification": ["NuSVC", "SVC"],
        "_linear": ["LinearSVC", "LinearSVR"],
        "_regression": ["NuSVR", "OneClassSVM", "SVR"],
    },
)
