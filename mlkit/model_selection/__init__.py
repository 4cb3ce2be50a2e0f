"""Splitting, cross-validation and search."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_splitter": ["BaseCrossValidator"],
        "_threshold": ["FixedThresholdClassifier", "TunedThresholdClassifierCV"],
        "_split": [
            "GroupKFold",
            "KFold",
            "RepeatedKFold",
            "RepeatedStratifiedKFold",
            "StratifiedGroupKFold",
            "StratifiedKFold",
            "TimeSeriesSplit",
            "check_cv",
        ],
        "_leave_out": [
            "LeaveOneGroupOut",
            "LeaveOneOut",
            "LeavePGroupsOut",
            "LeavePOut",
            "PredefinedSplit",
        ],
        "_candidates": ["ParameterGrid", "ParameterSampler"],
        "_compare": [
            "bootstrap_interval",
            "compare_models",
            "corrected_ttest",
            "delong_interval",
            "delong_test",
        ],
        "_curves": ["learning_curve", "permutation_test_score", "validation_curve"],
        "_displays": ["LearningCurveDisplay", "ValidationCurveDisplay"],
        "_halving": ["HalvingGridSearchCV", "HalvingRandomSearchCV"],
        "_optuna": ["OptunaSearchCV"],
        "_nested": ["nested_cross_validate"],
        "_purged": ["GroupTimeSeriesSplit", "PurgedKFold"],
        "_search": ["GridSearchCV", "RandomizedSearchCV"],
        "_validate": ["cross_val_predict", "cross_val_score", "cross_validate"],
        "_shuffle": [
            "BaseShuffleSplit",
            "GroupShuffleSplit",
            "ShuffleSplit",
            "StratifiedShuffleSplit",
            "train_test_split",
        ],
    },
)
