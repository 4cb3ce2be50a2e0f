"""Data of which some columns can be replaced for a moment, without a copy of the rest."""

import sys

import numpy as np

from .._core.sparse import issparse
from .._core.tables import frame_library


def replaceable(X):
    """Wrap X, an array, a sparse matrix or a frame of pandas, polars or Arrow.

    Returns
    -------
    object
        ``column(j)`` is the values of column j as one takes them from X; ``replaced({j: values})``
        is X with other values in these columns, good until the next call.
    """
    if issparse(X):
        return _SparseColumns(X)
    kinds = {"pandas": _PandasColumns, "polars": _PolarsColumns, "pyarrow": _ArrowColumns}
    return kinds.get(frame_library(X), _ArrayColumns)(X)


class _ArrayColumns:
    """One copy of the array, in which columns are overwritten and put back."""

    def __init__(self, X):
        self.X, self.work, self.changed = X, None, ()

    def column(self, j):
        return self.X[:, j]

    def replaced(self, columns):
        dtype = self.X.dtype
        if dtype.kind in "biu":  # whole numbers may become others; float32 stays float32
            dtype = np.result_type(dtype, *columns.values())
        if self.work is None or self.work.dtype != dtype:
            self.work, self.changed = self.X.astype(dtype, order="K"), ()
        for j in self.changed:
            if j not in columns:
                self.work[:, j] = self.X[:, j]
        for j, values in columns.items():
            self.work[:, j] = values
        self.changed = tuple(columns)
        return self.work


class _SparseColumns:
    """Stored entries by column, between which others are put."""

    def __init__(self, X):
        self.X, self.format = X.tocsc(), X.format

    def column(self, j):
        return self.X[:, [j]].toarray()[:, 0]

    def replaced(self, columns):
        sparse = sys.modules["scipy.sparse"]
        parts, start = [], 0
        for j in sorted(columns):
            parts.append(self.X[:, start:j])
            parts.append(sparse.csc_array(np.asarray(columns[j], dtype=float)[:, None]))
            start = j + 1
        parts.append(self.X[:, start:])
        joined = sparse.hstack(parts, format=self.format)
        return joined if isinstance(self.X, sparse.sparray) else type(self.X)(joined)


class _PandasColumns:
    """A frame whose columns are shared with X, but for those replaced."""

    def __init__(self, X):
        self.X = X

    def column(self, j):
        return self.X.iloc[:, j].array

    def replaced(self, columns):
        frame = self.X.copy(deep=False)
        pandas = sys.modules["pandas"]
        for j, values in columns.items():
            dtype = self.X.dtypes.iloc[j]
            series = pandas.Series(values, index=self.X.index)
            if isinstance(dtype, pandas.CategoricalDtype):
                fits = series.isin(dtype.categories).all()
            else:
                fits = dtype.kind == "f" or (dtype.kind == "O" and series.dtype.kind == "O")
            frame.isetitem(j, series.astype(dtype) if fits else series)
        return frame


class _PolarsColumns:
    """A frame whose columns are shared with X, but for those replaced."""

    def __init__(self, X):
        self.X = X

    def column(self, j):
        return self.X.to_series(j)

    def replaced(self, columns):
        polars = sys.modules["polars"]
        made = []
        for j, values in columns.items():
            old = self.X.to_series(j)
            new = values.alias(old.name) if hasattr(values, "alias") else None
            if new is None:
                listed = values.tolist() if values.dtype.kind == "O" else values
                new = polars.Series(old.name, listed)
            kept = old.dtype.is_float() or old.dtype in (polars.Categorical, polars.Enum)
            made.append(new.cast(old.dtype) if kept else new)
        return self.X.with_columns(made)


class _ArrowColumns:
    """A table whose columns are shared with X, but for those replaced."""

    def __init__(self, X):
        arrow = sys.modules["pyarrow"]
        self.X = arrow.table(X) if isinstance(X, arrow.RecordBatch) else X

    def column(self, j):
        return self.X.column(j)

    def replaced(self, columns):
        arrow, table = sys.modules["pyarrow"], self.X
        for j, values in columns.items():
            field = self.X.schema.field(j)
            if isinstance(values, np.ndarray):
                values = arrow.array(values.tolist() if values.dtype.kind == "O" else values)
            if arrow.types.is_floating(field.type) or arrow.types.is_dictionary(field.type):
                values = values.cast(field.type)
            table = table.set_column(j, field.name, values)
        return table
