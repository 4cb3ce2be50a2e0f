"""Matrices from what is no table: texts, mappings, images."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "dict": ["DictVectorizer"],
        "hashing": ["FeatureHasher"],
        "image": ["grid_to_graph", "img_to_graph"],
    },
    submodules=["image", "text"],
)
