"""Exceptions and warnings."""

from ._core.errors import (
    ConvergenceWarning,
    DataConversionWarning,
    DataDimensionalityWarning,
    EfficiencyWarning,
    EstimatorCheckFailedWarning,
    FitFailedWarning,
    NotFittedError,
    PositiveSpectrumWarning,
    SkipTestWarning,
    UndefinedMetricWarning,
    UnsetMetadataPassedError,
)

__all__ = [
    "ConvergenceWarning",
    "DataConversionWarning",
    "DataDimensionalityWarning",
    "EfficiencyWarning",
    "EstimatorCheckFailedWarning",
    "FitFailedWarning",
    "NotFittedError",
    "PositiveSpectrumWarning",
    "SkipTestWarning",
    "UndefinedMetricWarning",
    "UnsetMetadataPassedError",
]
