"""Probabilities that can be believed: calibration of classifiers, and curves that show it."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_classifier": ["CalibratedClassifierCV"],
        "_curve": ["CalibrationDisplay", "calibration_curve"],
    },
)
