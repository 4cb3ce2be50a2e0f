"""What a column is filled with, from rows that come in pieces."""

import numpy as np

from .._engine.encode.categories import as_object_array, factorize
from .._engine.encode.sketch import Sketch, rank_error
from .._engine.encode.tallies import together
from .._engine.mixture.counts import moments


def present(X, mask, j):
    """The values of column j that are there, and how many zeros are not stored."""
    if isinstance(X, np.ndarray):
        return X[~mask[:, j], j], 0
    stored = slice(X.indptr[j], X.indptr[j + 1])
    values = X.data[stored][~mask.data[stored]]
    return values, int(X.shape[0] - (stored.stop - stored.start))


class Means:
    """Means of columns."""

    slack = 0.0

    def __init__(self, X, mask):
        if isinstance(X, np.ndarray):
            if mask.any() and X.dtype.kind != "f":
                X = X.astype(np.float64)
            if mask.any() and not np.isnan(X[mask]).all():
                X = np.where(mask, np.nan, X)
        elif mask.data.any():
            X = X.copy()
            X.data[mask.data] = np.nan
        self.moments = moments(X)

    def merge(self, other):
        """Take the columns of further rows."""
        self.moments = self.moments.merge(other.moments)

    def statistics(self, empty):
        """Mean of each column; `empty` for one without values."""
        return np.where(self.moments.count > 0, self.moments.mean, empty)


class Medians:
    """Medians of columns, by summaries of bounded size."""

    def __init__(self, X, mask):
        self.sketches = [Sketch() for _ in range(X.shape[1])]
        for j, sketch in enumerate(self.sketches):
            values, n_zeros = present(X, mask, j)
            sketch.add(values)
            sketch.add_zeros(n_zeros)

    def merge(self, other):
        """Take the columns of further rows."""
        for sketch, more in zip(self.sketches, other.sketches, strict=True):
            sketch.merge(more)

    @property
    def slack(self):
        """Bound of the error of the medians' levels."""
        return rank_error(self.sketches)

    def statistics(self, empty):
        """Median of each column; `empty` for one without values."""
        half = np.array([0.5])
        return np.array([s.quantiles(half)[0] if s.count else empty for s in self.sketches])


class Modes:
    """Most frequent values of columns, the least of several."""

    slack = 0.0

    def __init__(self, X, mask):
        self.kind = X.dtype.kind
        self.tallies = [self._tally(*present(X, mask, j)) for j in range(X.shape[1])]

    @staticmethod
    def _tally(values, n_zeros):
        try:
            codes, uniques = factorize(values)
        except TypeError as error:
            raise TypeError(
                f"SimpleImputer(strategy='most_frequent') cannot count the values: {error}. The "
                "argument must be strings or numbers"
            ) from error
        counts = np.bincount(codes, minlength=len(uniques))
        if n_zeros:
            zero = np.zeros(1, uniques.dtype), np.array([n_zeros])
            return together(uniques, counts, *zero, ordered=False)
        return uniques, counts

    def merge(self, other):
        """Take the columns of further rows."""
        pairs = zip(self.tallies, other.tallies, strict=True)
        self.tallies = [together(*mine, *more, ordered=False) for mine, more in pairs]

    def statistics(self, empty):
        """Mode of each column; `empty` for one without values."""
        found = [_mode(*tally) if len(tally[0]) else empty for tally in self.tallies]
        return as_object_array(found) if self.kind == "O" else np.array(found, dtype=np.float64)


def _mode(values, counts):
    """The most frequent value, the least of several.

    Values that cannot be compared are ordered by the names of their types, then as text.
    """
    leading = values[counts == counts.max()].tolist()
    try:
        return min(leading)
    except TypeError:
        return min(leading, key=lambda value: (str(type(value)), str(value)))


class Occupied:
    """Which columns have a value at all: what a constant is to be told of them."""

    slack = 0.0

    def __init__(self, X, mask):
        n_missing = np.asarray(mask.sum(axis=0)).ravel()
        self.some = n_missing < X.shape[0]

    def merge(self, other):
        """Take the columns of further rows."""
        self.some = self.some | other.some


PIECES = {"mean": Means, "median": Medians, "most_frequent": Modes, "constant": Occupied}
