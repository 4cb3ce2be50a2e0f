"""Ensembles: many models whose predictions are combined."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_adaboost": ["AdaBoostClassifier", "AdaBoostRegressor"],
        "_bagging": ["BaggingClassifier", "BaggingRegressor"],
        "_embedding": ["RandomTreesEmbedding"],
        "_explainable_boosting": [
            "ExplainableBoostingClassifier",
            "ExplainableBoostingRegressor",
        ],
        "_isolation": ["IsolationForest"],
        "_forest": [
            "ExtraTreesClassifier",
            "ExtraTreesRegressor",
            "RandomForestClassifier",
            "RandomForestRegressor",
        ],
        "_gradient_boosting": ["GradientBoostingClassifier", "GradientBoostingRegressor"],
        "_repeated": ["BaseEnsemble"],
        "_hist_gradient_boosting": [
            "HistGradientBoostingClassifier",
            "HistGradientBoostingRegressor",
        ],
        "_ranker": ["HistGradientBoostingRanker"],
        "_stacking": ["StackingClassifier", "StackingRegressor"],
        "_voting": ["VotingClassifier", "VotingRegressor"],
    },
)
