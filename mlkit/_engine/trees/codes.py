"""Columns of numbers as small codes: cut at quantiles, or one a distinct value or category."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..._core.quantiles import weighted_percentile
from ._codes import encode_table

# Rows from which edges are found: more move a quantile by less than 1 / (4 · 255).
SAMPLE_ROWS = 200_000
# Rows of codes are padded to whole words of 8, which kernels load at once.
_WORD = 8


@dataclass(frozen=True, eq=False)
class Bins:
    """How columns are coded: a value's code is the number of the column's edges below it.

    Attributes
    ----------
    edges : tuple of ndarray of float64
        For each column, ascending and finite; value x has a code of at most c where
        ``x <= edges[c]``. A missing value has the code ``len(edges) + 1``.
    categorical : ndarray of bool, shape (n_columns,)
        Columns whose values are codes of categories already, so 0, 1, ... or NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.codes import find_bins
    >>> X = np.array([[0.0], [1.0], [5.0], [np.nan]])
    >>> bins = find_bins(X, 255)
    >>> bins.edges[0], bins.encode(X)[:, 0]
    (array([0.5, 3. ]), array([0, 1, 2, 3], dtype=uint8))
    """

    edges: tuple
    categorical: np.ndarray

    @property
    def n_columns(self):
        """Number of columns."""
        return len(self.edges)

    @cached_property
    def n_bins(self):
        """Codes of each column, without that of missing values."""
        return np.array([len(edges) + 1 for edges in self.edges], dtype=np.int32)

    @cached_property
    def dtype(self):
        """uint8, or uint16 where a column has more than 255 codes."""
        widest = self.n_bins.max(initial=1)
        return np.dtype(np.uint8 if widest <= 255 else np.uint16)

    def encode(self, X, n_threads=1):
        """Return the codes of X in rows of a multiple of 8, what is beyond X's columns 0.

        Parameters
        ----------
        X : ndarray of float32 or float64, shape (n_rows, n_columns)
        n_threads : int, default 1

        Returns
        -------
        ndarray of `dtype`, shape (n_rows, n_columns padded to a multiple of 8)
        """
        width = max(1, -(-self.n_columns // _WORD)) * _WORD
        codes = np.zeros((len(X), width), dtype=self.dtype)
        levels = np.array([len(edges).bit_length() for edges in self.edges], dtype=np.int32)
        start = np.concatenate([[0], np.cumsum(2**levels - 1)]).astype(np.int32)
        table = np.full(max(1, start[-1]), np.inf, dtype=X.dtype)
        for first, edges in zip(start, self.edges, strict=False):
            table[first : first + len(edges)] = rounded_down(edges, X.dtype)
        encode_table(X, table, start[:-1], levels, self.n_bins, codes, n_threads)
        return codes


def rounded_down(edges, dtype):
    """The greatest numbers of `dtype` not above `edges`: comparisons ``x <= edge`` stay the same.

    Examples
    --------
    >>> import numpy as np
    >>> rounded_down(np.array([1 + 2.0**-24]), np.float32)
    array([1.], dtype=float32)
    """
    low = edges.astype(dtype)
    above = low > edges
    low[above] = np.nextafter(low[above], np.array(-np.inf, dtype=dtype))
    return low


def find_bins(X, max_bins, *, weight=None, n_categories=None, rng=None):
    """Find how the columns of X are coded.

    A column of at most `max_bins` distinct values is cut half-way between them, others at the
    quantiles 1/max_bins, 2/max_bins, ... of at most 200,000 rows drawn with replacement, where
    the mean of two values is taken if a quantile falls between them.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns)
        NaN is missing.
    max_bins : int
    weight : ndarray of shape (n_rows,), default None
        A row of weight 2 counts as two; rows are drawn in proportion to it.
    n_categories : list of int or None, default None
        Of each column: the number of its categories, whose codes it holds, or None.
    rng : numpy.random.RandomState, default None
        Draws the rows of large tables.

    Returns
    -------
    Bins
    """
    if n_categories is None:
        n_categories = [None] * X.shape[1]
    if len(X) > SAMPLE_ROWS:
        rng = np.random.RandomState(0) if rng is None else rng
        share = None if weight is None else weight / weight.sum()
        X = X.take(rng.choice(len(X), SAMPLE_ROWS, p=share, replace=True), axis=0)
        weight = None
    if len(X) <= max_bins and all(count is None for count in n_categories):
        return Bins(_edges_of_few(X, weight), np.zeros(X.shape[1], dtype=bool))
    columns = np.asfortranarray(X)
    edges = tuple(
        np.arange(1, count) - 0.5 if count is not None else column_edges(column, max_bins, weight)
        for column, count in zip(columns.T, n_categories, strict=True)
    )
    return Bins(edges, np.array([count is not None for count in n_categories], dtype=bool))


def _edges_of_few(X, weight):
    """Half-ways between all distinct values of each column; a call for each would take longer."""
    columns = X if weight is None else X[weight != 0]
    columns = np.sort(columns, axis=0)
    low, high = columns[:-1].T.astype(np.float64), columns[1:].T.astype(np.float64)
    middle = _within((low + high) / 2)
    new = (low != high) & ~np.isnan(high)
    column, _ = np.nonzero(new)
    middle = middle[new]
    again = (column[1:] == column[:-1]) & (middle[1:] == middle[:-1])  # by rounding
    kept = np.append(True, ~again)[: len(middle)]
    middle, column = middle[kept], column[kept]
    ends = np.cumsum(np.bincount(column, minlength=X.shape[1])).tolist()
    return tuple(middle[a:b] for a, b in zip([0, *ends], ends, strict=False))


def column_edges(column, max_bins, weight=None):
    """Where a column is cut; see `find_bins`."""
    if weight is not None:
        return _weighted_edges(column, max_bins, weight)
    column = np.sort(column)
    column = column[: len(column) - np.isnan(column).sum()]
    if len(column) < 2:
        return np.zeros(0)
    new = np.flatnonzero(column[1:] != column[:-1])
    if len(new) < max_bins:
        return _cut(midpoints(column[np.append(new, len(column) - 1)]))
    share = np.linspace(0, 100, num=max_bins + 1)[1:-1] / 100
    # Position of each quantile among the sorted values; on one exactly, the mean with the next.
    place = len(column) * share - 1
    before = np.floor(place).astype(np.intp)
    after = column[before + 1].astype(np.float64)
    mean = after - (after - column[np.maximum(before, 0)]) * 0.5
    return _cut(np.where(place == before, mean, after))


def _weighted_edges(column, max_bins, weight):
    present = ~np.isnan(column) & (weight != 0)
    column, weight = column[present].astype(np.float64), weight[present]
    distinct = np.unique(column)
    if len(distinct) < 2:
        return np.zeros(0)
    if len(distinct) <= max_bins:
        return _cut(midpoints(distinct))
    ranks = np.linspace(0, 100, num=max_bins + 1)[1:-1]
    return _cut(weighted_percentile(column, weight, ranks, average=True))


def midpoints(values):
    """Half-way between neighbours, in float64."""
    values = values.astype(np.float64)
    return (values[:-1] + values[1:]) / 2


def _cut(edges):
    """Distinct edges, none infinite: +inf as a threshold means that missing values are apart."""
    return _within(np.unique(edges))


def _within(edges):
    return np.clip(edges, np.finfo(np.float64).min, np.finfo(np.float64).max)
