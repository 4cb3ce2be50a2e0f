"""The door for data: every check of X, y, weights and names, under one roof.

`check_array` and its kin turn anything array-like into arrays; `check_input` and
`validate_data` do so for an estimator.
"""

from .convert import as_float_array, check_array, check_symmetric, check_X_y, check_y
from .finite import assert_all_finite, check_non_negative
from .fitted import check_is_fitted, has_fit_parameter, is_fitted
from .input import (
    check_feature_names,
    check_input,
    check_input_names,
    check_n_features,
    check_target,
    validate_data,
)
from .scalars import check_memory, check_scalar
from .shape import check_consistent_length, column_or_1d, indexable, num_features, num_samples
from .weights import check_sample_weight

__all__ = [
    "as_float_array",
    "assert_all_finite",
    "check_X_y",
    "check_array",
    "check_consistent_length",
    "check_feature_names",
    "check_input",
    "check_input_names",
    "check_is_fitted",
    "check_memory",
    "check_n_features",
    "check_non_negative",
    "check_sample_weight",
    "check_scalar",
    "check_symmetric",
    "check_target",
    "check_y",
    "column_or_1d",
    "has_fit_parameter",
    "indexable",
    "is_fitted",
    "num_features",
    "num_samples",
    "validate_data",
]
