"""Checks of the estimator contract, for any scikit-learn-compatible estimator."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_run": ["check_estimator", "estimator_checks_generator", "parametrize_with_checks"],
        "_subject": ["Problem", "Subject"],
        "_suite": ["all_checks"],
    },
)
