"""Where values are missing, and what imputers share."""

import numbers

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import boolean, missing_marker
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
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


class Imputer(Transformer, Estimator):
    """Base of imputers: columns that say where values were missing."""

    missing_values: object = MISSING_VALUES
    add_indicator: bool = param(
        False, boolean, "Whether to append the columns of a `MissingIndicator`."
    )
    keep_empty_features: bool = KEEP_EMPTY_FEATURES

    indicator_ = fitted("MissingIndicator or None", "Makes the columns that are appended.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = is_nan_marker(self.missing_values)
        return tags

    def _fit_indicator(self, mask):
        from ._indicator import MissingIndicator

        self.indicator_ = None
        if self.add_indicator:
            marker = self.missing_values
            indicator = MissingIndicator(missing_values=marker, error_on_new=False)
            self.indicator_ = indicator.fit_mask(mask)

    def _with_indicator(self, X, mask):
        """`X` with the indicator's columns behind its own."""
        if self.indicator_ is None:
            return X
        extra = self.indicator_.select(mask)
        if not issparse(X):
            return np.hstack([X, extra])
        import scipy.sparse as sp

        return as_interface(sp.hstack([X, extra], format=X.format))

    def _names_with_indicator(self, names, input_names):
        check_is_fitted(self)
        if self.indicator_ is None:
            return names
        return np.concatenate([names, self.indicator_.get_feature_names_out(input_names)])
