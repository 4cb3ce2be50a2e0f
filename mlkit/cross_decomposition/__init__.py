"""Directions of two tables that vary together: partial least squares and canonical correlation."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_pls": ["CCA", "PLSCanonical", "PLSRegression"],
        "_pls_svd": ["PLSSVD"],
    },
)
