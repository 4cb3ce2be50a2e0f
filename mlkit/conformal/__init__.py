"""Prediction intervals and sets that hold the truth as often as they say."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_classifier": ["ConformalClassifier"],
        "_measures": ["interval_coverage", "interval_score", "mean_width", "set_coverage"],
        "_regressor": ["ConformalQuantileRegressor", "ConformalRegressor"],
    },
)
