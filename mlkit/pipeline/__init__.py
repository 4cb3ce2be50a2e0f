"""Estimators in a row, transformers side by side."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_pipeline": ["Pipeline", "make_pipeline"],
        "_union": ["FeatureUnion", "make_union"],
    },
)
