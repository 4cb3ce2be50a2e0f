"""Each column's missing values filled by one statistic of it."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted
from .._core.domains import anything, boolean, callable_, one_of
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.encode.categories import as_object_array, is_missing
from .._engine.encode.quantiles import column_quantiles, quantiles
from .._engine.mixture.counts import coordinates
from ._imputer import Imputer
from ._missing import check_kinds, is_nan_marker, missing_mask
from ._pieces import PIECES, present

_FLOATS = (np.float64, np.float32, np.float16)
_NO_PIECES = (
    "fit of medians keeps too little of its rows to add others; use partial_fit from the first "
    "rows on"
)
_ANY_KIND = ("most_frequent", "constant")


class SimpleImputer(Imputer):
    """Missing values replaced by the mean, median, mode or a constant of their column.

    A column that has no value in ``fit`` is left out, unless `keep_empty_features`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.impute import SimpleImputer
    >>> SimpleImputer().fit_transform([[1.0, 2.0], [np.nan, 4.0], [3.0, np.nan]])
    array([[1., 2.],
           [2., 4.],
           [3., 3.]])
    """

    traits = Traits(sparse=("csc",), missing=True, preserves=("float64", "float32"))

    strategy: object = param(
        "mean",
        one_of("mean", "median", "most_frequent", "constant") | callable_,
        "What to fill in: a statistic of the column (of equal modes the least), `fill_value`, or "
        "what a function returns for the values that are there.",
    )
    fill_value: object = param(
        None,
        anything,
        "What 'constant' fills in; None is 0 for numbers and 'missing_value' for objects.",
    )
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    statistics_ = fitted("(n_features,)", "What is filled in; NaN for a column that is left out.")
    rank_error_ = fitted(
        "float", "Of medians of rows in pieces: bound of the error of their level, one half."
    )

    # ---------------------------------------------------------------------- the door
    def _check(self, X, reset):
        """X with the dtype that the strategy needs, checked."""
        overrides = {}
        if isinstance(self.strategy, str) and self.strategy in _ANY_KIND:
            strings = isinstance(X, (list, tuple)) and any(isinstance(v, str) for r in X for v in r)
            overrides["dtype"] = object if strings else None
        elif getattr(X, "dtype", None) == np.float16:
            overrides["dtype"] = _FLOATS
        if not reset and self._fit_dtype.kind == "O":
            overrides["dtype"] = object
        if not is_nan_marker(self.missing_values):
            overrides["missing"] = False
        try:
            X = self._check_fit(X, **overrides) if reset else self._check_X(X, **overrides)
        except ValueError as error:
            if "convert" in str(error) and "float" in str(error):
                raise ValueError(
                    f"SimpleImputer cannot use {self.strategy} strategy with non-numeric data: "
                    f"{error}"
                ) from None
            raise
        check_kinds(X, self.missing_values, "SimpleImputer")
        return X

    def _check_fill(self, X):
        """The constant to fill in, refused if X cannot hold it."""
        if self.fill_value is None:
            return 0 if X.dtype.kind in "iuf" else "missing_value"
        if not np.can_cast(type(self.fill_value), X.dtype, casting="same_kind"):
            raise ValueError(
                f"SimpleImputer(fill_value={self.fill_value!r}) of type "
                f"{type(self.fill_value).__name__} cannot be cast to the dtype of X, {X.dtype}: "
                f"give np.{X.dtype.type.__name__}(...), or X another dtype"
            )
        return self.fill_value

    # ---------------------------------------------------------------------- fitting
    def fit(self, X, y=None):
        """Find what to fill in.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        vars(self).pop("_pieces", None)
        X = self._check(X, reset=True)
        self._fit_dtype = X.dtype
        constant = self._check_fill(X) if self.strategy == "constant" else None
        mask = self._mask(X)
        if self.strategy == "median" or callable(self.strategy):
            self.statistics_ = self._by_column(X, mask)
        else:
            self._pieces = PIECES[self.strategy](X, mask)
            self._settle(constant, issparse(X))
        self._missed = np.asarray(mask.sum(axis=0)).ravel() > 0
        self._fit_indicator(mask)
        return self

    def partial_fit(self, X, y=None):
        """Learn from further rows, as if all had been given at once.

        Medians come from a summary of bounded size: up to 8,192 values of a column they are exact,
        beyond that their level (one half) is off by no more than `rank_error_`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `strategy` is a function.

        Warns
        -----
        UserWarning
            After a `fit` of medians, which keeps too little of its rows: they are forgotten.
        """
        first = "statistics_" not in vars(self)
        if callable(self.strategy):
            raise ValueError(
                "SimpleImputer.partial_fit: a function of all values cannot take them in pieces; "
                "strategy must be 'mean', 'median', 'most_frequent' or 'constant'"
            )
        if not first and "_pieces" not in vars(self):
            warnings.warn(f"SimpleImputer.partial_fit starts afresh: {_NO_PIECES}", stacklevel=2)
            first = True
        X = self._check(X, reset=first)
        if first:
            self._fit_dtype = X.dtype
        constant = self._check_fill(X) if self.strategy == "constant" else None
        mask = self._mask(X)
        found = PIECES[self.strategy](X, mask)
        missed = np.asarray(mask.sum(axis=0)).ravel() > 0
        if not first:
            self._pieces.merge(found)
            missed |= self._missed
        else:
            self._pieces = found
        self._missed = missed
        self._settle(constant, issparse(X))
        self._fit_indicator(missed[np.newaxis])
        return self

    def merge(self, other):
        """Take what another imputer has learnt from other rows, as if it had seen them.

        Parameters
        ----------
        other : SimpleImputer
            Fitted, with the same `strategy` and columns; it stays as it is.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the two do not match, or one has not kept what merging needs.
        """
        check_is_fitted(self, "statistics_")
        check_is_fitted(other, "statistics_")
        if not ("_pieces" in vars(self) and "_pieces" in vars(other)):
            raise ValueError(f"SimpleImputer.merge: {_NO_PIECES}")
        if other.strategy != self.strategy or other.n_features_in_ != self.n_features_in_:
            raise ValueError(
                f"SimpleImputer.merge: {other!r} of {other.n_features_in_} columns does not match "
                f"{self!r} of {self.n_features_in_}"
            )
        self._pieces.merge(other._pieces)
        self._missed = self._missed | other._missed
        constant = None
        if self.strategy == "constant":
            constant = self._check_fill(np.empty((0, 0), self._fit_dtype))
        self._settle(constant, False)
        self._fit_indicator(self._missed[np.newaxis])
        return self

    def _settle(self, constant, sparse):
        """Set ``statistics_`` from what the pieces say."""
        empty = 0 if self.keep_empty_features else np.nan
        if self.strategy == "constant":
            statistics = as_object_array([constant] * self.n_features_in_)
            if not self.keep_empty_features:
                statistics[~self._pieces.some] = np.nan
            self.statistics_ = statistics.astype(np.float64) if sparse else statistics
        else:
            self.statistics_ = self._pieces.statistics(empty)
        if self.strategy == "median":
            self.rank_error_ = self._pieces.slack

    def _mask(self, X):
        """Where values are missing: an array, or for sparse X a matrix of the stored ones."""
        if not issparse(X):
            return missing_mask(X, self.missing_values)
        mask = missing_mask(X.data, self.missing_values)
        return type(X)((mask, X.indices.copy(), X.indptr.copy()), shape=X.shape)

    def _by_column(self, X, mask):
        """Medians, or what a function says, of all values at once."""
        if self.strategy == "median" and not issparse(X) and X.dtype.kind != "O":
            if not is_nan_marker(self.missing_values):
                X = np.where(mask, np.nan, X)
            found = column_quantiles(X, [0.5])[0]
            return np.where(np.isnan(found), 0, found) if self.keep_empty_features else found
        statistics = np.empty(X.shape[1], dtype=object if X.dtype.kind == "O" else np.float64)
        for j in range(X.shape[1]):
            values, n_zeros = present(X, mask, j)
            if len(values) + n_zeros == 0 and self.keep_empty_features:
                statistics[j] = 0
            elif self.strategy == "median":
                statistics[j] = quantiles(values, np.array([0.5]), n_zeros)[0]
            else:
                zeros = np.zeros(n_zeros, dtype=values.dtype)
                statistics[j] = self.strategy(
                    np.concatenate([values, zeros]) if n_zeros else values
                )
        return statistics

    # ---------------------------------------------------------------------- filling
    def transform(self, X):
        """Fill in the missing values of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSC matrix of shape (n_samples, n_features_out)

        Warns
        -----
        UserWarning
            If columns are left out.
        """
        check_is_fitted(self, "statistics_")
        X = self._check(X, reset=False)
        if self.strategy == "constant" and not np.can_cast(self._fit_dtype, X.dtype, "same_kind"):
            raise ValueError(
                f"SimpleImputer was fitted to data of dtype {self._fit_dtype}, which cannot be "
                f"cast to that of X, {X.dtype}: pass data of the same kind"
            )
        mask = self._mask(X)
        kept = self._kept()
        if kept is None:
            X = X.copy() if self.copy or not _writeable(X) else X
            filled, columns = mask, slice(None)
        else:
            X, filled, columns = X[:, kept], mask[:, kept], kept
        statistics = self.statistics_[columns].astype(self._fit_dtype, copy=False)
        if issparse(X):
            X.data[filled.data] = statistics[coordinates(X)[0][filled.data]]
        elif filled.any():
            np.copyto(X, statistics, where=filled, casting="unsafe")
        return self._with_indicator(X, mask)

    def _kept(self):
        """Positions of the columns that come out, None for all; warns of those left out."""
        if self.keep_empty_features:
            return None
        lost = _is_nan(self.statistics_)
        if not lost.any():
            return None
        names = check_input_names(self)[lost] if hasattr(self, "feature_names_in_") else None
        names = np.flatnonzero(lost) if names is None else names
        warnings.warn(
            f"Skipping features without any observed values: {names}; strategy={self.strategy!r} "
            "needs at least one, or set keep_empty_features=True",
            UserWarning,
            stacklevel=4,
        )
        return np.flatnonzero(~lost)

    def inverse_transform(self, X):
        """Mark again as missing what the indicator's columns say was.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            As `transform` made it, with `add_indicator`. Columns without an indicator stay filled.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        if not self.add_indicator:
            raise ValueError(
                "SimpleImputer.inverse_transform works only with add_indicator=True: without it, "
                "where values were missing is not known"
            )
        X = check_array(X, dtype=None, ensure_all_finite=False)
        kept = slice(None) if self.keep_empty_features else ~_is_nan(self.statistics_)
        n_columns = len(self.statistics_)
        n_filled = np.count_nonzero(np.ones(n_columns, dtype=bool)[kept])
        width = n_filled + len(self.indicator_.features_)
        if X.shape[1] != width:
            raise ValueError(
                f"X has {X.shape[1]} columns, but SimpleImputer.inverse_transform takes the "
                f"{width} that transform made"
            )
        dtype = X.dtype if X.dtype.kind == "O" else np.result_type(X.dtype, np.float64)
        out = np.full((len(X), n_columns), self.missing_values, dtype=dtype)
        out[:, kept] = X[:, :n_filled]
        mask = np.zeros(out.shape, dtype=bool)
        mask[:, self.indicator_.features_] = X[:, n_filled:].astype(bool)
        out[mask] = self.missing_values
        return out

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: those kept, then those of the indicator.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "n_features_in_")
        names = check_input_names(self, input_features)
        return self._names_with_indicator(names[~_is_nan(self.statistics_)], names)


def _writeable(X):
    return X.data.flags.writeable if issparse(X) else X.flags.writeable


def _is_nan(values):
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([v is not None and is_missing(v) for v in values.tolist()], dtype=bool)
