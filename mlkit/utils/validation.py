"""Checks of input."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._core.arrays": [
            "as_float_array",
            "assert_all_finite",
            "check_X_y",
            "check_array",
            "check_consistent_length",
            "check_is_fitted",
            "check_memory",
            "check_non_negative",
            "check_scalar",
            "check_symmetric",
            "column_or_1d",
            "has_fit_parameter",
            "indexable",
            "validate_data",
        ],
        "..._core.dtypes": ["FLOAT_DTYPES"],
        "..._core.seeds": ["check_random_state"],
    },
)
