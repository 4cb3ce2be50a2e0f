"""Numerical linear algebra."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._core.linalg": [
            "cartesian",
            "density",
            "fast_logdet",
            "make_nonnegative",
            "safe_sparse_dot",
            "safe_sqr",
            "softmax",
            "squared_norm",
            "stable_cumsum",
            "weighted_mode",
        ],
        "..._engine.native.columns": ["row_norms"],
        "..._engine.spectral.svd": ["randomized_range_finder", "randomized_svd", "svd_flip"],
    },
)
