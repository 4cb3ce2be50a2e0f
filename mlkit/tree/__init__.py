"""Decision trees, and pictures of them."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_base": ["BaseDecisionTree"],
        "_tree": [
            "DecisionTreeClassifier",
            "DecisionTreeRegressor",
            "ExtraTreeClassifier",
            "ExtraTreeRegressor",
        ],
        "_dot": ["export_graphviz"],
        "_plot": ["plot_tree"],
        "_text": ["export_text"],
    },
)
