"""Model files that hold data and no code: save a fitted estimator, load it anywhere, safely."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "errors": ["ModelFileError"],
        "_load": ["inspect", "load"],
        "_save": ["save"],
    },
)
