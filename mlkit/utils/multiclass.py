"""Kinds of targets and their classes."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._core.targets": [
            "check_classification_targets",
            "class_distribution",
            "is_multilabel",
            "type_of_target",
            "unique_labels",
        ],
    },
)
