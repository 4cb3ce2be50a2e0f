"""Choosing columns: by variance, by a score against the target, by what a model makes of them."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_base": ["SelectorMixin"],
        "_model": ["SelectFromModel"],
        "_mutual_info": ["mutual_info_classif", "mutual_info_regression"],
        "_recursive": ["RFE", "RFECV"],
        "_scores": ["chi2", "f_classif", "f_oneway", "f_regression", "r_regression"],
        "_sequential": ["SequentialFeatureSelector"],
        "_univariate": [
            "GenericUnivariateSelect",
            "SelectFdr",
            "SelectFpr",
            "SelectFwe",
            "SelectKBest",
            "SelectPercentile",
        ],
        "_variance": ["VarianceThreshold"],
    },
)
