"""Categories as their numbers."""

import numbers

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.domains import Predicate, anything, integer, none, one_of, real
from .._core.params import fitted, param
from .._core.roles import OneToOneColumns
from ._categories import (
    CATEGORIES,
    MAX_CATEGORIES,
    MIN_FREQUENCY,
    CategoryEncoder,
    Streaming,
    is_nan,
)


def _is_nan_number(value):
    return isinstance(value, numbers.Real) and value != value


_nan = Predicate("NaN", _is_nan_number)


class OrdinalEncoder(Streaming, OneToOneColumns, CategoryEncoder):
    """Each category becomes its number 0, 1, ... in the order of ``categories_``.

    Infrequent categories share the number after the frequent ones. A missing value (NaN) has a
    code of its own, `encoded_missing_value`; None is a category.

    Examples
    --------
    >>> from mlkit.preprocessing import OrdinalEncoder
    >>> OrdinalEncoder().fit_transform([["red", 1], ["blue", 3]])
    array([[1., 0.],
           [0., 1.]])
    """

    categories: object = CATEGORIES
    dtype: object = param(np.float64, anything, "Dtype of the output.")
    handle_unknown: str = param(
        "error",
        one_of("error", "use_encoded_value"),
        "What a category not seen in fit becomes: an error, or `unknown_value`.",
    )
    unknown_value: object = param(
        None,
        integer() | _nan | none,
        "Code of unknown categories: a whole number that is no category's, or NaN.",
    )
    encoded_missing_value: object = param(
        np.nan, integer() | real | _nan, "Code of missing values: NaN, or a number."
    )
    min_frequency: object = MIN_FREQUENCY
    max_categories: int = MAX_CATEGORIES

    categories_ = fitted("list of ndarray", "Categories of each column.")

    def fit(self, X, y=None):
        """Find the categories of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        vars(self).pop("_counts", None)
        return self.partial_fit(X)

    def _before_fit(self):
        self._check_params()
        self._check_unknown_value()

    def _settle(self):
        """Group and number the categories that were counted."""
        last = [values[-1:].tolist() for values in self.categories_]
        self._missing_columns = {j for j, value in enumerate(last) if any(map(is_nan, value))}
        self._group(self._counts, self._n_rows, apart=self._missing_columns)
        self._check_codes()
        self._tables = [self._table(j) for j in range(len(self._counts))]

    def _check_unknown_value(self):
        value = self.unknown_value
        if self.handle_unknown == "error":
            if value is not None:
                raise TypeError(
                    f"OrdinalEncoder(unknown_value={value!r}) has no meaning with "
                    "handle_unknown='error': use handle_unknown='use_encoded_value'"
                )
        elif value is None:
            raise TypeError(
                "OrdinalEncoder(handle_unknown='use_encoded_value') needs unknown_value: a whole "
                "number or NaN, got None"
            )
        elif _is_nan_number(value) and np.dtype(self.dtype).kind != "f":
            raise ValueError(
                "OrdinalEncoder(unknown_value=nan) needs a float dtype to hold it, got "
                f"{self.dtype}"
            )

    def _check_codes(self):
        """Refuse codes for unknown and missing values that are those of categories."""
        name, value = "unknown_value", self.unknown_value
        if self.handle_unknown != "error" and not _is_nan_number(value):
            self._refuse_taken(name, value, range(len(self._groups)))
        name, value = "encoded_missing_value", self.encoded_missing_value
        if not self._missing_columns:
            return
        if not _is_nan_number(value):
            self._refuse_taken(name, value, sorted(self._missing_columns))
        elif np.dtype(self.dtype).kind != "f":
            raise ValueError(
                f"There are missing values in columns {sorted(self._missing_columns)}: for "
                f"OrdinalEncoder(dtype={self.dtype}) to encode them, set encoded_missing_value to "
                "a whole number, or dtype to a float dtype"
            )

    def _refuse_taken(self, name, value, columns):
        taken = [j for j in columns if len(self._groups[j]) and 0 <= value <= self._groups[j].max()]
        if taken:
            raise ValueError(
                f"OrdinalEncoder({name}={value!r}) is already used to encode a known category in "
                f"columns {taken}: choose a number outside of them"
            )

    def _table(self, j):
        """The number out of each code of column j; the last entry is for unknown categories."""
        missing = [self.encoded_missing_value] if j in self._missing_columns else []
        unknown = [0 if self.handle_unknown == "error" else self.unknown_value]
        return np.array([*self._groups[j].tolist(), *missing, *unknown]).astype(self.dtype)

    def transform(self, X):
        """Return the number of each value of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        columns, n_rows = self._columns(X, reset=False)
        out = np.empty((n_rows, len(columns)), dtype=self.dtype)
        for j, (column, lookup) in enumerate(zip(columns, self._lookups, strict=True)):
            codes = lookup.codes(column)
            if self.handle_unknown == "error":
                self._refuse_unknown(column, codes, j, "transform")
            out[:, j] = self._tables[j][codes]
        return out

    def inverse_transform(self, X):
        """Return the categories that numbers stand for.

        `unknown_value` comes back as None, the group of infrequent categories as
        "infrequent_sklearn".

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If X has another number of columns, or a number that encodes nothing.
        """
        check_is_fitted(self)
        X = check_array(X, ensure_all_finite="allow-nan")
        if X.shape[1] != len(self.categories_):
            raise ValueError(
                f"OrdinalEncoder.inverse_transform expects {len(self.categories_)} columns, got "
                f"{X.shape[1]}"
            )
        parts = [self._decode(X[:, j], j) for j in range(X.shape[1])]
        out = np.empty(X.shape, dtype=np.result_type(*[part.dtype for part in parts]))
        for j, part in enumerate(parts):
            out[:, j] = part
        return out

    def _decode(self, column, j):
        labels = self._labels(j)
        values = self.categories_[j]
        lost = np.zeros(len(column), dtype=bool)
        if j in self._missing_columns:
            lost = _equals(column, self.encoded_missing_value)
        unknown = np.zeros(len(column), dtype=bool)
        if self.handle_unknown != "error":
            unknown = _equals(column, self.unknown_value) & ~lost
        plain = ~(lost | unknown)
        codes = np.zeros(len(column), dtype=np.intp)
        codes[plain] = column[plain].astype(np.intp)
        if plain.any() and not 0 <= codes.min() <= codes.max() <= self._groups[j].max(initial=-1):
            raise ValueError(
                f"OrdinalEncoder.inverse_transform: numbers in column {j} encode no category"
            )
        dtype = object if unknown.any() else np.result_type(labels.dtype, values.dtype)
        found = labels.astype(dtype)[codes]
        found[lost] = values[-1]
        if unknown.any():
            found[unknown] = None
        return found


def _equals(column, value):
    return np.isnan(column) if _is_nan_number(value) else column == value
