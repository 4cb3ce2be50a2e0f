"""Filling in what is missing."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_indicator": ["MissingIndicator"],
        "_iterative": ["IterativeImputer"],
        "_knn": ["KNNImputer"],
        "_simple": ["SimpleImputer"],
    },
)
