"""Linear models."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_least_squares": ["LinearRegression"],
        "_logistic": ["LogisticRegression"],
        "_ridge": ["Ridge", "ridge_regression"],
    },
)
