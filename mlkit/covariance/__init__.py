"""Covariance matrices: as observed, and shrunk towards a multiple of the identity."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_empirical": ["EmpiricalCovariance", "empirical_covariance", "log_likelihood"],
        "_shrunk": [
            "LedoitWolf",
            "OAS",
            "ShrunkCovariance",
            "ledoit_wolf",
            "ledoit_wolf_shrinkage",
            "oas",
            "shrunk_covariance",
        ],
    },
)
