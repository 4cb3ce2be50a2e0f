"""Where values are missing."""

import numbers

import numpy as np

from .._core.domains import boolean, missing_marker
from .._core.params import param
from .._core.sparse import issparse
from .._engine.encode.categories import factorize, is_missing

MISSING_VALUES = param(
    np.nan,
    missing_marker,
    "What marks a missing value. NaN stands for pandas' NA too, which becomes NaN on the way in.",
)
KEEP_EMPTY_FEATURES = param(
    False, boolean, "Whether to keep columns that have no value in fit; else they are left out."
)


def is_nan_marker(marker):
    """Whether missing values are marked by NaN or pandas' NA."""
    return marker is not None and not isinstance(marker, str) and is_missing(marker)


def missing_mask(values, marker):
    """Where `values` (an array of any shape) are missing.

    NaN as the marker finds NaN, NaT and NA in objects too, None only None.
    """
    if values.dtype.kind == "O":
        return _object_mask(values, marker)
    if is_nan_marker(marker):
        kind = values.dtype.kind
        return np.isnan(values) if kind == "f" else np.zeros(values.shape, dtype=bool)
    if marker is None:
        return np.zeros(values.shape, dtype=bool)
    return values == marker


def _object_mask(values, marker):
    nan = is_nan_marker(marker)

    def found(value):
        if nan:
            return value is not None and is_missing(value)
        return value is None if marker is None else bool(not is_missing(value) and value == marker)

    try:
        codes, uniques = factorize(values.ravel())
    except TypeError:  # values that cannot be hashed
        return np.array([found(value) for value in values.flat], dtype=bool).reshape(values.shape)
    table = np.array([found(value) for value in uniques], dtype=bool)
    return table[codes].reshape(values.shape) if len(table) else np.zeros(values.shape, dtype=bool)


def check_kinds(X, marker, name):
    """Refuse data that is neither numbers nor objects, and a marker that it cannot hold."""
    if X.dtype.kind not in "iufO":
        raise ValueError(
            f"{name} does not support data of dtype {X.dtype}: pass numbers, or categories as an "
            "array of objects (X.astype(object)) or of whole numbers"
        )
    number = isinstance(marker, numbers.Real) or is_nan_marker(marker)
    if X.dtype.kind in "iuf" and not number:
        raise ValueError(
            f"{name}(missing_values={marker!r}) cannot occur in X, which is {X.dtype}: they are "
            "expected to be both numerical"
        )
    if issparse(X) and isinstance(marker, numbers.Real) and marker == 0:
        raise ValueError(
            f"{name}(missing_values=0) cannot be used with sparse input, where zeros are not "
            "stored: pass a dense array"
        )
