"""Checks that an estimator keeps the contract of this library, and so of scikit-learn's."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "...testing._run": [
            "check_estimator",
            "estimator_checks_generator",
            "parametrize_with_checks",
        ],
    },
)
