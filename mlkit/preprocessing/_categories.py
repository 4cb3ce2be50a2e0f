"""What the encoders of categories share: finding, numbering and grouping them."""

import numbers
from itertools import pairwise

import numpy as np

from .._core.arrays import (
    assert_all_finite,
    check_feature_names,
    check_input,
    check_is_fitted,
    check_n_features,
)
from .._core.domains import array_like, between, integer, none, one_of, sequence
from .._core.estimator import Estimator
from .._core.params import param
from .._core.roles import Transformer
from .._core.tables import frame_library, to_native
from .._core.tags import Traits
from .._engine.encode.categories import Coded, Lookup, as_object_array, count, is_missing
from .._engine.encode.columns import split_columns, split_few
from .._engine.encode.tallies import together

# What stands for the group of infrequent categories, in names and in inverse_transform.
INFREQUENT = "infrequent_sklearn"

CATEGORIES = param(
    "auto",
    one_of("auto") | sequence | array_like,
    "Categories of each column, as a list of lists (numbers ascending, NaN last); 'auto' takes "
    "what fit finds, sorted.",
)
MIN_FREQUENCY = param(
    None,
    integer(1) | between(0, 1, "neither") | none,
    "Categories of fewer rows (of a smaller share of rows, if a fraction) become one group.",
)
MAX_CATEGORIES = param(
    None,
    integer(1) | none,
    "Most categories of a column that come out, the group of the infrequent ones included.",
)


# Frames of at most so many rows are read cell by cell.
_FEW_ROWS = 4


def _holds_infinity(column):
    return any(isinstance(value, float) and value in (np.inf, -np.inf) for value in column)


def is_nan(value):
    """Whether a category is missing other than as None, which is a category like any other."""
    return value is not None and is_missing(value)


def rare_categories(counts, n_rows, min_frequency, max_categories):
    """Positions of the categories to be grouped, None if there are none.

    A category is rare below `min_frequency` rows (a share of all rows if it is no whole
    number). `max_categories` counts the group as one, so ``max_categories - 1`` of the most
    frequent stay; of equal counts the later ones do.
    """
    least = 0 if min_frequency is None else min_frequency
    if not isinstance(least, numbers.Integral):
        least = least * n_rows
    rare = counts < least
    if max_categories is not None and np.count_nonzero(~rare) + 1 > max_categories:
        n_rarest = len(counts) - (max_categories - 1)
        rare[np.argsort(counts, kind="stable")[: max(n_rarest, 0)]] = True
    return np.flatnonzero(rare) if rare.any() else None


def group_table(n_categories, rare):
    """The group of each category: the others in order, then one for all of `rare`."""
    table = np.arange(n_categories)
    if rare is not None:
        common = np.ones(n_categories, dtype=bool)
        common[rare] = False
        table[common] = np.arange(np.count_nonzero(common))
        table[rare] = np.count_nonzero(common)
    return table


class Streaming:
    """Mixin for encoders whose columns out follow from counts of categories.

    A subclass says in `_settle` what follows.
    """

    def partial_fit(self, X, y=None):
        """Find the categories of further rows, as if all had been given at once.

        Columns out may change with each call: categories stay sorted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        first = "_counts" not in vars(self)
        self._before_fit()
        columns, n_rows = self._columns(X, reset=first)
        strict = self.handle_unknown == "error"
        self._learn(columns, strict=strict, add=not first)
        self._n_rows = n_rows + (0 if first else self._n_rows)
        self._settle()
        return self

    def merge(self, other):
        """Take the categories that another encoder has found in other rows.

        Parameters
        ----------
        other : encoder of the same class
            Fitted to other rows of the same columns; it stays as it is.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the other is of another class, or of other columns.
        """
        self._add_counts(other)
        self._n_rows += other._n_rows
        self._settle()
        return self

    def _before_fit(self):
        self._check_params()


class CategoryEncoder(Transformer, Estimator):
    """Base of the encoders: one list of categories for each column."""

    traits = Traits(dtype="any", missing=True, categorical=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = isinstance(self.categories, str)
        return tags

    def _columns(self, X, *, reset):
        """Check X, its names and its width; return its columns and the number of rows."""
        X = to_native(X)
        if frame_library(X) is None:
            checked = check_input(self, X, reset=reset)
            if isinstance(X, (list, tuple)) and checked.dtype.kind in "US":
                checked = np.array(X, dtype=object)  # numbers beside strings stay numbers
            return split_columns(checked), len(checked)
        if not reset:
            check_is_fitted(self)
        check_feature_names(self, X, reset=reset)
        check_n_features(self, X, reset)
        n_rows = X.shape[0]
        if n_rows == 0:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required "
                f"by {type(self).__name__}."
            )
        if n_rows <= _FEW_ROWS and not reset and not self._has_dates:
            columns = split_few(X)
            if columns is not None and not any(map(_holds_infinity, columns)):
                return columns, n_rows
        columns = split_columns(X)
        for column in columns:
            if not isinstance(column, Coded) and column.dtype.kind == "f":
                assert_all_finite(column, allow_nan=True, estimator_name=type(self).__name__)
        return columns, n_rows

    def _learn(self, columns, *, strict, add=False):
        """Set ``categories_``; return how many rows each category of each column has.

        With `strict`, a value that is not among given categories is refused; with `add` the rows
        come on top of those counted before.
        """
        given = None if isinstance(self.categories, str) else self.categories
        if given is not None and len(given) != len(columns):
            raise ValueError(
                f"{type(self).__name__}(categories=...) has {len(given)} lists for {len(columns)} "
                "columns: give one for each, or 'auto'"
            )
        before = (self.categories_, self._counts) if add else None
        self.categories_, self._lookups, counts = [], [], []
        for j, column in enumerate(columns):
            if given is None:
                values, rows = self._count(column, j)
                if add:
                    values, rows = self._together(before[0][j], before[1][j], values, rows, j)
                lookup = Lookup(values)
            else:
                values = self._given(given[j], column, j)
                lookup = Lookup(values)
                codes = lookup.codes(column)
                if strict:
                    self._refuse_unknown(column, codes, j, "fit")
                rows = np.bincount(codes[codes >= 0], minlength=len(values))
                rows = rows + before[1][j] if add else rows
            self.categories_.append(values)
            self._lookups.append(lookup)
            counts.append(rows)
        self._has_dates = any(values.dtype.kind in "mM" for values in self.categories_)
        self._counts = counts
        return counts

    def _count(self, column, j):
        try:
            return count(column)
        except TypeError as error:
            raise self._unsortable(error, j) from error

    def _together(self, values, counts, more, more_counts, j):
        try:
            return together(values, counts, more, more_counts)
        except TypeError as error:
            raise self._unsortable(error, j) from error

    def _unsortable(self, error, j):
        return TypeError(
            f"{type(self).__name__} cannot sort the categories of column {j}: {error}. The "
            "argument must be uniformly strings or numbers in each column"
        )

    def _add_counts(self, other):
        """Take the categories and counts of another encoder of the same columns."""
        check_is_fitted(self)
        check_is_fitted(other)
        if type(other) is not type(self) or len(other._counts) != len(self._counts):
            raise ValueError(
                f"{type(self).__name__}.merge takes an encoder of the same kind that was fitted to "
                f"as many columns, {len(self._counts)}; got {other!r}"
            )
        pairs = zip(self.categories_, self._counts, other.categories_, other._counts, strict=True)
        if isinstance(self.categories, str):
            found = [self._together(*each, j) for j, each in enumerate(pairs)]
            self.categories_, self._counts = map(list, zip(*found, strict=True))
        else:
            self._counts = [mine + more for _, mine, _, more in pairs]
        self._lookups = [Lookup(values) for values in self.categories_]
        self._has_dates = self._has_dates or other._has_dates

    def _given(self, values, column, j):
        """Categories that the user listed for column j, checked."""
        dtype = column.values.dtype if isinstance(column, Coded) else column.dtype
        plain = dtype.kind in "OUS" or isinstance(column, Coded)
        made = as_object_array(list(values)) if plain else np.array(values, dtype=dtype)
        if dtype.kind == "S" and plain:
            made = np.array(values)
        who = f"{type(self).__name__}(categories=...) for column {j}"
        if dtype.kind != "S" and any(isinstance(value, bytes) for value in made[:1].tolist()):
            kind = "str" if plain else dtype.name
            raise ValueError(f"{who}: bytes are given, and the values are of type {kind}")
        keys = made.tolist()
        if any(is_nan(value) for value in keys[:-1]):
            raise ValueError(f"{who}: NaN comes last in a list of categories")
        present = [value for value in keys if not is_nan(value)]
        if len(set(present)) != len(present):
            raise ValueError(f"{who}: the list contains duplicate elements: {keys}")
        if not plain and any(a > b for a, b in pairwise(present)):
            raise ValueError(
                f"{who}: Unsorted categories are not supported for numerical categories: sort them"
            )
        return made

    def _refuse_unknown(self, column, codes, j, method):
        unknown = codes < 0
        if not unknown.any():
            return
        rows = column[unknown]
        rows = rows.to_array() if isinstance(rows, Coded) else rows
        shown = list(dict.fromkeys(repr(value) for value in rows[:1000].tolist()))
        more = ", ..." if len(shown) > 10 else ""
        raise ValueError(
            f"{type(self).__name__} found unknown categories [{', '.join(shown[:10])}{more}] in "
            f"column {j} during {method}: change handle_unknown to accept them"
        )

    def _group(self, counts, n_rows, apart=()):
        """Find the infrequent categories; set the group of each category of each column.

        In the columns of `apart` the last category, the missing value, is in no group.
        """
        self._groups = []
        grouping = self.min_frequency is not None or self.max_categories is not None
        vars(self).pop("_rare", None)
        if grouping:
            self._rare = []
        for j, rows in enumerate(counts):
            rare = None
            rows = rows[:-1] if j in apart else rows
            if grouping:
                rare = rare_categories(rows, n_rows, self.min_frequency, self.max_categories)
                self._rare.append(rare)
            self._groups.append(group_table(len(rows), rare))

    @property
    def infrequent_categories_(self):
        """The categories of each column that are grouped as infrequent; None where none is."""
        return [
            None if rare is None else values[rare]
            for values, rare in zip(self.categories_, self._rare, strict=True)
        ]

    def _is_grouped(self, j):
        """Whether column j has a group of infrequent categories."""
        rare = vars(self).get("_rare")
        return rare is not None and rare[j] is not None

    def _labels(self, j):
        """The categories of column j as they come out: grouped ones are one, the last."""
        values = self.categories_[j]
        if not self._is_grouped(j):
            return values
        rare = set(self._rare[j].tolist())
        kept = range(len(self._groups[j]))
        common = [values[code] for code in kept if code not in rare]
        return as_object_array([*common, INFREQUENT])
