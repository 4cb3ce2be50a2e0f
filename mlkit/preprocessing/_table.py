"""A table of any columns made into numbers by one transformer."""

import numpy as np

from .._core.arrays import (
    check_feature_names,
    check_input,
    check_input_names,
    check_is_fitted,
    check_n_features,
)
from .._core.domains import boolean, integer, mapping, none, one_of
from .._core.domains import random_state as seed
from .._core.errors import InvalidParameterError
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.seeds import check_random_state
from .._core.tables import column_names, frame_library, to_native
from .._core.tags import Traits
from .._engine.encode.categories import factorize
from .._engine.encode.columns import split_columns, split_few
from .._engine.encode.quantiles import quantiles
from .._engine.encode.vocabulary import hash_features
from .._engine.evaluate.folds import contiguous, stratified
from ._column_kinds import DATE_PARTS, USED, Column, decide, entries
from ._onehot import OneHotEncoder
from ._target import TargetEncoder

_KINDS = (*USED, "drop")
_MISSING = "missing"  # how a missing category is called among the others
_FEW_ROWS = 4
# Numbers of more values than these are no names of classes.
_FEW_CLASSES = 20


def _declared(X):
    """Positions of the columns whose type says that they are categories."""
    library = frame_library(X)
    if library == "pandas":
        return {j for j, dtype in enumerate(X.dtypes) if getattr(dtype, "name", "") == "category"}
    if library == "polars":
        return {j for j, t in enumerate(X.dtypes) if str(t).startswith(("Categorical", "Enum"))}
    if library == "pyarrow":
        return {j for j, each in enumerate(X.schema) if str(each.type).startswith("dictionary")}
    return set()


class TablePreprocessor(Transformer, Estimator):
    """Columns of any kind become columns of numbers, each as its kind asks.

    ``fit`` decides for each column by its type and its entries what it is, and keeps what it
    decided in `columns_`, which `report` shows as a table:

    - *number* (also written as text, with a decimal point or comma): the value; missing ones
      become the median, and a further column says where;
    - *boolean* (also yes/no, true/false): 0 or 1;
    - *date* (also written as text): days since 1970, month, day, weekday, hour, as far as they
      differ between rows; *duration* (as text "1 days 02:03:04", "02:03", "PT2H3M"): seconds;
    - *category* of at most `max_categories` values: a column of 0 and 1 for each, a missing value
      being one more; unknown ones at transform count as the infrequent;
    - *category* of more values: as `many_categories` says;
    - columns that say nothing of rows are left out: constant, all missing, row numbers, text that
      differs in (nearly) all rows.

    Numbers are standardised unless `scale` is False. With a target, ``fit_transform(X, y)`` encodes
    categories of many values by the means of *other* rows' targets, as `TargetEncoder` does.

    Examples
    --------
    >>> from mlkit.preprocessing import TablePreprocessor
    >>> rows = [["12,5", "red", "2024-01-31"], ["8", "blue", "2024-02-01"], [None, "red", None]]
    >>> table = TablePreprocessor(scale=False).fit(rows)
    >>> table.transform(rows)[:, :3]
    array([[1.25000e+01, 1.97530e+04, 1.00000e+00],
           [8.00000e+00, 1.97540e+04, 2.00000e+00],
           [1.02500e+01, 1.97535e+04, 1.50000e+00]])
    >>> [column.kind for column in table.columns_]
    ['number', 'category', 'date']
    """

    traits = Traits(dtype="any", missing=True, categorical=True, string=True)

    kinds: dict = param(
        None,
        mapping | none,
        "Kinds of columns by name or position, where the decision is to be yours: 'number', "
        "'boolean', 'category', 'date', 'duration', 'drop', or an item of another table's "
        "`columns_`.",
    )
    max_categories: int = param(30, integer(2), "Most values of a category that get a column each.")
    many_categories: str = param(
        "auto",
        one_of("auto", "target", "hash", "frequent"),
        "What becomes of categories with more values: 'target', the mean of the target "
        "(cross-fitted); 'hash', `n_hashed` columns in which values are placed by chance; "
        "'frequent', columns for the most frequent values and one for the others. 'auto' is "
        "'target' if there is one, else 'hash'.",
    )
    n_hashed: int = param(32, integer(1), "Columns for each category that is hashed.")
    scale: bool = param(True, boolean, "Whether to give numbers mean 0 and variance 1.")
    add_indicator: bool = param(
        True,
        boolean,
        "Whether further columns say where numbers were missing, if some were in fit.",
    )
    target_type: str = param(
        "auto",
        one_of("auto", "continuous", "binary", "multiclass"),
        "What the target is, for the means; 'auto' takes numbers of more than 20 values to be "
        "continuous, all else to be classes.",
    )
    cv: int = param(5, integer(2), "Folds by which fit_transform encodes by the target.")
    random_state: object = param(None, seed, "Of the folds.")
    verbose: bool = param(False, boolean, "Whether to print the report when fitted.")

    columns_ = fitted(
        "list of Column", "What was decided: name, kind, missing, note of each column."
    )
    n_features_in_ = fitted("int", "Columns in.")

    # ----------------------------------------------------------------------- reading
    def _read(self, X, *, reset):
        """The entries of the columns, the hints of their types, and the number of rows.

        Without `reset` only columns that are used are read, and types say nothing new.
        """
        X = to_native(X)
        if frame_library(X) is None:
            if isinstance(X, (list, tuple)) and any(
                isinstance(value, str) or value is None for row in X for value in _cells(row)
            ):
                X = _object_rows(X)
            X = check_input(self, X, reset=reset)
            found, n_rows = split_columns(X), len(X)
        else:
            if not reset:
                check_is_fitted(self)
            check_feature_names(self, X, reset=reset)
            check_n_features(self, X, reset)
            n_rows = X.shape[0]
            if n_rows == 0:
                raise ValueError(
                    f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
                    "required by TablePreprocessor."
                )
            found = None if reset or n_rows > _FEW_ROWS else split_few(X)
            found = split_columns(X) if found is None else found
        if not reset:
            used = (each.used for each in self.columns_)
            read = [entries(c)[0] if u else None for c, u in zip(found, used, strict=True)]
            return read, None, n_rows
        declared = _declared(X)
        columns = [entries(column) for column in found]
        hints = ["category" if j in declared else hint for j, (_, hint) in enumerate(columns)]
        return [values for values, _ in columns], hints, n_rows

    def _told(self, names):
        """The kind that the user gave to each column, None where nothing was said."""
        told = [None] * len(names)
        for key, kind in (self.kinds or {}).items():
            place = names.index(key) if key in names else key
            known = kind in _KINDS if isinstance(kind, str) else isinstance(kind, Column)
            found = isinstance(place, (int, np.integer)) and -len(names) <= place < len(names)
            if not (known and found):
                raise InvalidParameterError(
                    f"TablePreprocessor(kinds={{{key!r}: {kind!r}}}): keys are names or positions "
                    f"of columns, and kinds are {_KINDS}; columns are {names}"
                )
            told[place] = kind
        return told

    # ----------------------------------------------------------------------- fitting
    def fit(self, X, y=None):
        """Decide what each column is, and learn what its features need.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
            For categories of many values, as `many_categories` says.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no column is left, or one cannot be of the kind given.
        """
        self._fit(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit, and return X with what hangs on the target learnt from other rows.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features_out)
        """
        columns, n_rows = self._fit(X, y)
        numbers, categories = self._features(columns)
        encoded = None
        if self._target is not None:
            many = _table(categories, self._many, n_rows)
            self._target.set_params(cv=self._folds(y))
            encoded = self._target.fit_transform(many, y)
            self._target.set_params(cv=self.cv)  # the folds are rows of this y alone
        return self._assemble(numbers, categories, n_rows, encoded)

    def _fit(self, X, y):
        self._check_params()
        columns, hints, n_rows = self._read(X, reset=True)
        names = [str(name) for name in check_input_names(self, None)]
        raw = column_names(to_native(X))
        told = self._told(names if raw is None else list(raw))
        self.columns_ = [
            decide(name, values, hint, kind)
            for name, values, hint, kind in zip(names, columns, hints, told, strict=True)
        ]
        if not any(column.used for column in self.columns_):
            reasons = ", ".join(f"{each.name} ({each.kind})" for each in self.columns_[:10])
            raise ValueError(
                f"TablePreprocessor: no column of the {n_rows} row(s) says anything: {reasons}. "
                "With 1 sample every column is constant; else give `kinds`"
            )
        numbers, categories = self._features(columns)
        self._fit_numbers(numbers, n_rows)
        self._fit_categories(categories, y, n_rows)
        if self.verbose:
            print(self.report())
        return columns, n_rows

    def _features(self, columns):
        """Features by name: numbers, and categories as text with None where missing."""
        numbers, categories = {}, {}
        for column, values in zip(self.columns_, columns, strict=True):
            if not column.used:
                continue
            made, _ = column.features(values)
            (categories if column.kind == "category" else numbers).update(made)
        return numbers, categories

    def _fit_numbers(self, numbers, n_rows):
        """Medians, means and deviations of the numbers; which show where they are missing."""
        self._number_names = list(numbers)
        fills, centres, scales, shown = [], [], [], []
        for j, (name, values) in enumerate(numbers.items()):
            absent = np.isnan(values)
            n_missing = np.count_nonzero(absent)
            there = values[~absent] if n_missing else values
            fill = quantiles(there, np.array([0.5]))[0] if len(there) else 0.0
            fills.append(fill)
            # Of the parts of a date the first tells where it is missing.
            first = not name.endswith(tuple(f"({part})" for part in DATE_PARTS[1:]))
            if n_missing and self.add_indicator and first:
                shown.append(j)
            # Mean and variance with the median in place of what is missing.
            centre = np.sum(there / n_rows) + fill * (n_missing / n_rows)
            away = np.append(there, fill) - centre
            # Shares of the greatest, whose squares cannot be too large for a double.
            peak = np.abs(away).max()
            away /= peak or 1.0
            # Not by BLAS, whose sum of squares depends on the number of threads.
            squares = np.square(away[:-1]).sum() + n_missing * away[-1] ** 2
            deviation = peak * np.sqrt(squares / n_rows)
            centres.append(centre if self.scale else 0.0)
            scales.append(deviation if self.scale and deviation > 0 else 1.0)
        self._fill, self._centre, self._scale = map(np.array, (fills, centres, scales))
        self._shown = np.array(shown, dtype=np.intp)

    def _fit_categories(self, categories, y, n_rows):
        """Encoders of categories of few values, and of many."""
        way = self.many_categories
        if way == "auto":
            way = "hash" if y is None else "target"
        if way == "target" and y is None:
            raise ValueError(
                "TablePreprocessor(many_categories='target') requires y to be passed, but the "
                "target y is None."
            )
        distinct = {name: len(factorize(values)[1]) for name, values in categories.items()}
        few = [name for name, n in distinct.items() if n <= self.max_categories]
        many = [name for name in categories if name not in few]
        if way == "frequent":
            few, many = [*few, *many], []
        self._few, self._many, self._way = few, many, way
        self._onehot = self._target = None
        if few:
            self._onehot = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=self.max_categories + 1,
                sparse_output=False,
            ).fit(_table(categories, few, n_rows))
        if many and way == "target":
            self._target = TargetEncoder(cv=self.cv, target_type=self._kind_of(y))
            self._target.fit(_table(categories, many, n_rows), y)

    def _kind_of(self, y):
        """What `TargetEncoder` is to take the target for."""
        y = np.asarray(y)
        if self.target_type == "auto" and y.dtype.kind in "iuf":
            return "continuous" if len(np.unique(y)) > _FEW_CLASSES else "auto"
        return self.target_type

    def _told_of(self, name):
        """What becomes of a category, for the report."""
        if name in self._few:
            return "a column each" if self._way != "frequent" else "the most frequent a column each"
        return "mean of the target" if self._way == "target" else f"hashed to {self.n_hashed}"

    def _folds(self, y):
        """Folds of the rows by which categories are encoded, of classes as of all rows."""
        rng, y = check_random_state(self.random_state), np.asarray(y)
        n_folds = min(self.cv, len(y))
        if self._target.target_type_ == "continuous":
            fold = contiguous(len(y), n_folds, rng)
        else:
            fold = stratified(y, n_folds, rng)
        return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]

    # ----------------------------------------------------------------- transforming
    def transform(self, X):
        """Return the features of X.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features_out)
            Numbers, indicators of missing ones, columns of 0 and 1, then categories of many
            values; see `get_feature_names_out`. Entries that are not of their column's kind count
            as missing.
        """
        columns, _, n_rows = self._read(X, reset=False)  # checks that it is fitted, too
        numbers, categories = self._features(columns)
        return self._assemble(numbers, categories, n_rows)

    def _assemble(self, numbers, categories, n_rows, encoded=None):
        blocks = []
        if self._number_names:
            blocks.append(self._scaled(numbers, n_rows))
        if self._onehot is not None:
            blocks.append(self._onehot._encode(_filled(categories, self._few), n_rows))
        if self._target is not None:
            if encoded is None:
                encoded = self._target._encode(_filled(categories, self._many), n_rows)
            blocks.append(encoded)
        elif self._many:
            blocks += [hashed(categories[name], self.n_hashed) for name in self._many]
        return blocks[0] if len(blocks) == 1 else np.hstack(blocks)

    def _scaled(self, numbers, n_rows):
        """Numbers filled and scaled, and where they were missing."""
        width = len(self._number_names)
        block = np.empty((n_rows, width + len(self._shown)))
        values = block[:, :width]
        for j, name in enumerate(self._number_names):
            values[:, j] = numbers[name]
        absent = np.isnan(values)
        if absent.any():
            np.copyto(values, self._fill, where=absent)
        block[:, width:] = absent[:, self._shown]
        values -= self._centre
        values /= self._scale
        return block

    # ----------------------------------------------------------------------- telling
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; they must be those seen in fit.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        check_input_names(self, input_features)
        names = list(self._number_names)
        names += [f"{self._number_names[j]} (missing)" for j in self._shown]
        if self._onehot is not None:
            names += self._onehot.get_feature_names_out(np.array(self._few, object)).tolist()
        if self._target is not None:
            names += self._target.get_feature_names_out(np.array(self._many, object)).tolist()
        elif self._many:
            names += [f"{name}_{k}" for name in self._many for k in range(self.n_hashed)]
        return np.array(names, dtype=object)

    def report_rows(self):
        """Return for each column what its entries are like and what becomes of them.

        Returns
        -------
        list of str
        """
        check_is_fitted(self)
        encoded = (*self._few, *self._many)
        return [
            f"{each.note}; {self._told_of(each.name)}" if each.name in encoded else each.note
            for each in self.columns_
        ]

    def report(self):
        """Return what was decided for each column, as lines of text.

        Returns
        -------
        str
        """
        rows = [("column", "used as", "missing", "entries")]
        for column, note in zip(self.columns_, self.report_rows(), strict=True):
            kind = column.kind if column.used else "left out"
            reason = "" if column.used else column.kind
            note = ": ".join(filter(None, (reason, note)))
            rows.append((column.name, kind, str(column.missing), note))
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = [
            f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {missing:>{widths[2]}}  {note}".rstrip()
            for name, kind, missing, note in rows
        ]
        return "\n".join(lines)


def _cells(row):
    return row if isinstance(row, (list, tuple, np.ndarray)) else (row,)


def _object_rows(rows):
    """Rows of a list as an array of objects, so that numbers beside text stay numbers."""
    widths = {len(_cells(row)) for row in rows}
    if len(widths) != 1:
        return rows  # refused where all input is checked
    table = np.empty((len(rows), widths.pop()), dtype=object)
    for i, row in enumerate(rows):
        table[i] = list(_cells(row))
    return table


def _table(categories, names, n_rows):
    """Categories side by side, each missing value one of them."""
    table = np.empty((n_rows, len(names)), dtype=object)
    for j, values in enumerate(_filled(categories, names)):
        table[:, j] = values
    return table


def _filled(categories, names):
    """Categories as a list, each missing value one of them."""
    columns = []
    for name in names:
        values = categories[name]
        absent = np.equal(values, None)
        if absent.any():
            values = values.copy()
            values[absent] = _MISSING
        columns.append(values)
    return columns


def hashed(values, n_columns):
    """Categories placed among columns by their hash, which gives the sign, too; missing is 0."""
    codes, uniques = factorize(values)
    texts = [[] if text is None else [text] for text in uniques]
    indptr, indices, signs = hash_features(texts, n_columns, True, names_alone=True)
    table = np.zeros((len(texts), n_columns))
    table[np.repeat(np.arange(len(texts)), np.diff(indptr)), indices] = signs
    return table[codes]
