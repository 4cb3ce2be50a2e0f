"""Ensembles: many models whose predictions are combined."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_hist_gradient_boosting": [
            "HistGradientBoostingClassifier",
            "HistGradientBoostingRegressor",
        ],
        "_stacking": ["StackingClassifier", "StackingRegressor"],
        "_voting": ["VotingClassifier", "VotingRegressor"],
    },
)
