"""mlkit: a classical machine-learning toolkit with a scikit-learn-compatible API."""

from ._core.lazy import attach
from ._version import __version__

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_core.config": ["config_context", "get_config", "set_config"],
        "_core.params": ["clone"],
        "_core.versions": ["show_versions"],
    },
    submodules=[
        "base",
        "calibration",
        "callback",
        "cluster",
        "compose",
        "conformal",
        "covariance",
        "cross_decomposition",
        "datasets",
        "decomposition",
        "discriminant_analysis",
        "dummy",
        "ensemble",
        "exceptions",
        "experimental",
        "feature_extraction",
        "feature_selection",
        "frozen",
        "impute",
        "inspection",
        "isotonic",
        "kernel_approximation",
        "linear_model",
        "metrics",
        "model_selection",
        "multiclass",
        "multioutput",
        "neighbors",
        "naive_bayes",
        "persist",
        "pipeline",
        "preprocessing",
        "random_projection",
        "svm",
        "testing",
        "tree",
        "utils",
    ],
)
__all__ += ["__version__"]
