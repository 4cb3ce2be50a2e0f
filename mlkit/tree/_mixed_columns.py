"""Tables of numbers and categories as one matrix: a category becomes its number, from 0."""

import numpy as np

from .._core.arrays import check_consistent_length, check_is_fitted
from .._core.door import is_plain
from .._core.input import check_feature_names, check_n_features
from .._core.tables import column_names, frame_library, to_native
from .._engine.encode.categories import Coded, Lookup, find, is_missing
from .._engine.encode.columns import split_columns

# Values of a column of objects that are looked at to see whether they are text.
_LOOKED_AT = 1000


def categorical_mask(X, categorical_features):
    """Return which columns of X hold categories; None where none does.

    Parameters
    ----------
    X : array-like or data frame
    categorical_features : None, "from_dtype", or array-like of bool, int or str
        "from_dtype": columns of a frame that are categorical or hold strings.

    Returns
    -------
    ndarray of bool, shape (n_columns,), or None
    """
    if categorical_features is None:
        return None
    X = to_native(X)
    if isinstance(categorical_features, str):
        if frame_library(X) is None or _is_numeric_frame(X):
            return None
        kinds = zip(_declared(X), split_columns(X), strict=True)
        mask = np.array([given or _holds_words(column) for given, column in kinds], dtype=bool)
    else:
        mask = _given_mask(X, np.asarray(categorical_features))
    return mask if mask is not None and mask.any() else None


def _is_numeric_frame(X):
    """Whether one look at the dtypes of a pandas frame tells that all columns are numbers."""
    if frame_library(X) != "pandas":
        return False
    return all(isinstance(dtype, np.dtype) and dtype.kind in "fiub" for dtype in X.dtypes)


def _declared(X):
    """Whether each column of a frame is categorical by its dtype."""
    library = frame_library(X)
    if library == "pandas":
        return [getattr(dtype, "name", "") == "category" for dtype in X.dtypes]
    if library == "polars":
        return [str(dtype).startswith(("Categorical", "Enum")) for dtype in X.dtypes]
    return [str(kind).startswith("dictionary") for kind in X.schema.types]


def _holds_words(column):
    """Whether a column is text, and not all of it numbers that were written out."""
    values = column.values if isinstance(column, Coded) else column
    if values.dtype.kind not in "OUS":
        return False
    if not any(isinstance(value, (str, bytes)) for value in values[:_LOOKED_AT]):
        return False
    try:
        np.unique(values.astype(str)).astype(np.float64)
    except ValueError:
        return True
    return False


def _given_mask(X, given):
    n_columns = np.shape(X)[1] if not hasattr(X, "shape") else X.shape[1]
    if given.size == 0:
        return None
    kinds = {type(value).__name__ for value in given} if given.dtype.kind == "O" else {"str"}
    if given.dtype.kind not in "ibUO" or kinds != {"str"}:
        got = ", ".join(sorted(kinds)) if given.dtype.kind == "O" else given.dtype.name
        raise ValueError(
            f"categorical_features holds {got}; give bools, positions or names of columns"
        )
    mask = np.zeros(n_columns, dtype=bool)
    if given.dtype.kind in "UO":
        mask[_places(given, column_names(X))] = True
    elif given.dtype.kind == "i":
        if given.max() >= n_columns or given.min() < 0:
            raise ValueError(
                f"categorical_features={given.tolist()}: positions run from 0 to {n_columns - 1}"
            )
        mask[given] = True
    elif given.shape != (n_columns,):
        raise ValueError(
            f"categorical_features is a mask of shape {given.shape}; X has {n_columns} columns"
        )
    else:
        mask = given
    return mask


def _places(given, names):
    if names is None:
        raise ValueError(
            "categorical_features gives names, which the columns of X do not have: give positions "
            "or a mask, or a data frame as X"
        )
    names = list(names)
    for name in given:
        if name not in names:
            raise ValueError(
                f"categorical_features names {str(name)!r}; the columns of X are {names}"
            )
    return [names.index(name) for name in given]


class MixedColumns:
    """Turns a table with categorical columns into a matrix of numbers.

    Parameters
    ----------
    mask : ndarray of bool, shape (n_columns,)
        Columns that hold categories.

    Attributes
    ----------
    categories : list of ndarray or None
        Of each column, the categories that fit saw in order, missing ones apart; None for a
        column of numbers.
    """

    def __init__(self, mask):
        self.mask = mask

    def fit_transform(self, estimator, X, most):
        """Learn the categories of X and return X as numbers.

        Sets names and width of X on the estimator. More than `most` categories are refused.
        """
        columns = self._columns(estimator, X, reset=True)
        self.categories = []
        numbers = []
        for j, column in enumerate(columns):
            if not self.mask[j]:
                self.categories.append(None)
                numbers.append(as_numbers(column, j))
                continue
            found = find(column)
            known = np.array([not is_missing(value) for value in found.values], dtype=bool)
            self._check_count(estimator, j, int(known.sum()), most)
            self.categories.append(found.values[known])
            # Missing values sort behind all others, so codes are the places of categories.
            numbers.append(_as_codes(np.where(known[found.codes], found.codes, -1)))
        self._lookups = None
        return _matrix(numbers)

    def transform(self, estimator, X):
        """Return X as numbers; NaN for a category that is missing or was not seen."""
        columns = self._columns(estimator, X, reset=False)
        lookups = self._known()
        return _matrix(
            [
                as_numbers(column, j) if lookup is None else _as_codes(lookup.codes(column))
                for j, (column, lookup) in enumerate(zip(columns, lookups, strict=True))
            ]
        )

    def _known(self):
        if self._lookups is None:
            self._lookups = [None if each is None else Lookup(each) for each in self.categories]
        return self._lookups

    def __getstate__(self):
        return {"mask": self.mask, "categories": self.categories}

    def __setstate__(self, state):
        self.__dict__.update(state, _lookups=None)

    def _columns(self, estimator, X, *, reset):
        X = to_native(X)
        if frame_library(X) is None:
            overrides = {"dtype": "any", "ensure_all_finite": False}
            X = (
                estimator._check_fit(X, **overrides)
                if reset
                else estimator._check_X(X, **overrides)
            )
        else:
            check_feature_names(estimator, X, reset=reset)
            check_n_features(estimator, X, reset)
            if not X.shape[0]:
                raise ValueError(
                    f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
                    f"required by {type(estimator).__name__}."
                )
        return split_columns(X)

    @staticmethod
    def _check_count(estimator, j, count, most):
        if count > most:
            names = getattr(estimator, "feature_names_in_", None)
            which = f"at index {j}" if names is None else repr(str(names[j]))
            raise ValueError(
                f"{type(estimator).__name__}: the categorical feature {which} has a cardinality of "
                f"{count}, above max_bins={most}: raise max_bins, or leave the feature out of "
                "categorical_features"
            )


class MixedInput:
    """Estimators whose X may hold categories: those that `categorical_features` tells."""

    def _read(self, X, y, most):
        """X of a fit as numbers, and y checked; a column of over `most` categories is refused."""
        self.is_categorical_ = categorical_mask(X, self.categorical_features)
        if self.is_categorical_ is None:
            self._columns = None
            return self._check_fit(X, y, ensure_all_finite=False)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        self._columns = MixedColumns(self.is_categorical_)
        X = self._columns.fit_transform(self, X, most)
        y = self._check_y(y)
        check_consistent_length(X, y)
        return X, y

    def _numbers(self, X):
        """X as fit's columns are: an array of floats, categories as their numbers."""
        check_is_fitted(self)
        if self._columns is not None:
            return self._columns.transform(self, X)
        if (
            "feature_names_in_" not in self.__dict__
            and is_plain(X, self.n_features_in_, True)
            and len(X)
        ):
            return X
        return self._check_X(X, ensure_all_finite=False)


def as_numbers(column, j):
    """A column as floats, float32 where it is."""
    if isinstance(column, Coded):
        column = column.to_array()
    if column.dtype == np.float32:
        return column
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"column {j} holds what is no number ({error}); name it in categorical_features"
        ) from error


def _as_codes(codes):
    numbers = codes.astype(np.float32)  # exact up to 2^24
    numbers[codes < 0] = np.nan
    return numbers


def _matrix(columns):
    dtype = np.float32 if all(c.dtype == np.float32 for c in columns) else np.float64
    out = np.empty((len(columns[0]), len(columns)), dtype=dtype)
    for j, column in enumerate(columns):
        out[:, j] = column
    return out
