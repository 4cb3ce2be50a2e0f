"""What a fitted model does with its columns: importances, dependences, boundaries."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_boundary": ["DecisionBoundaryDisplay"],
        "_dependence": ["partial_dependence"],
        "_dependence_display": ["PartialDependenceDisplay"],
        "_permutation": ["permutation_importance"],
        "_shap": ["shap_values"],
    },
)
