"""Callbacks: progress bars, monitored scores, early stopping and logs for any estimator's fit."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        ".._core.callbacks": [
            "AutoPropagatedCallback",
            "CallbackContext",
            "CallbackSupportMixin",
            "FitCallback",
            "with_callbacks",
        ],
        "_early_stopping": ["EarlyStopping"],
        "_logger": ["Logger"],
        "_monitor": ["ScoringMonitor", "ScoringMonitorLog"],
        "_progress": ["ProgressBar"],
    },
)
