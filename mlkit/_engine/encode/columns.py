"""The columns of a table, each as an array or as codes into its distinct values."""

import numpy as np

from ..._core.tables import frame_library, frame_values
from .categories import Coded, as_object_array


def split_columns(X):
    """Return the columns of a table as a list.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), or pandas, polars or pyarrow frame

    Returns
    -------
    list of ndarray of shape (n_rows,), or Coded
        Categorical and dictionary columns keep their codes, and strings that Arrow holds are
        coded by Arrow. A missing value is NaN in numbers and in columns of pandas, None
        elsewhere.
    """
    library = frame_library(X)
    if library is None:
        return list((X.astype(object) if X.dtype.kind == "T" else X).T)
    split = {"pandas": _from_pandas, "polars": _from_polars, "pyarrow": _from_arrow}
    return split[library](X)


def split_few(X):
    """Return the columns of a pandas or polars frame of a few rows; None for anything else.

    The values are those that `split_columns` finds, but for dates, which stay objects. Reading
    the cells of a row takes microseconds where making columns of it takes hundreds.
    """
    library = frame_library(X)
    if library == "pandas":
        cell, rows = X.iat, range(len(X))
        return [as_object_array([cell[i, j] for i in rows]) for j in range(X.shape[1])]
    if library == "polars":
        columns = [list(column) for column in zip(*X.rows(), strict=True)]
        for column, dtype in zip(columns, X.dtypes, strict=True):
            if dtype.is_numeric() or str(dtype) == "Null":
                column[:] = [float("nan") if value is None else value for value in column]
        return [as_object_array(column) for column in columns]
    return None


def _from_pandas(X):
    return [_pandas_column(X.iloc[:, j]) for j in range(X.shape[1])]


def _pandas_column(series):
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return series.to_numpy()
    if dtype.name == "category":
        return Coded(series.cat.codes.to_numpy(), _pandas_values(series.cat.categories))
    if getattr(dtype, "storage", "") == "pyarrow":
        return _coded_by_arrow(series.array.__arrow_array__(), float("nan"))
    return _pandas_values(series)


def _pandas_values(values):
    """Numbers with NaN, or objects, of a pandas Series or Index."""
    values = np.asarray(frame_values(values))
    return values.astype(object) if values.dtype.kind in "US" else values


def _from_polars(X):
    return [_polars_column(series) for series in X.get_columns()]


def _polars_column(series):
    kind = str(series.dtype)
    if kind.startswith(("Categorical", "Enum")):
        return _polars_categories(series)
    if kind == "String":
        try:
            return _coded_by_arrow(series.to_arrow(), None)
        except ImportError:
            return as_object_array(series.to_list())
    values = series.to_numpy()
    return values.astype(object) if values.dtype.kind in "US" else values


def _polars_categories(series):
    """Codes of a categorical column into the values that it has.

    The physical codes index a list that polars shares among columns, so they may be far apart.
    """
    lost = series.is_null().to_numpy()
    physical = series.to_physical().fill_null(0).to_numpy().astype(np.intp)
    # A row where each code occurs, −1 for one that does not; of several writes any may stay.
    row = np.full(physical.max(initial=-1) + 1, -1, dtype=np.intp)
    row[physical[~lost]] = np.flatnonzero(~lost)
    present = np.flatnonzero(row >= 0)
    table = np.zeros(len(row), dtype=np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    codes = np.where(lost, np.int32(-1), table[physical])
    return Coded(codes, as_object_array(series[row[present]].to_list()), None)


def _from_arrow(X):
    return [_arrow_column(X.column(j)) for j in range(X.num_columns)]


def _arrow_column(column):
    import pyarrow.types as types

    kind = column.type
    if types.is_dictionary(kind) or types.is_string(kind) or types.is_large_string(kind):
        return _coded_by_arrow(column, None)
    values = np.asarray(column)
    return values.astype(object) if values.dtype.kind in "US" else values


def _coded_by_arrow(column, missing):
    """Codes of an Arrow array of strings, or of one that is a dictionary already."""
    import pyarrow

    if not pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pyarrow.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        if isinstance(column, pyarrow.ChunkedArray):  # older versions keep chunks of no rows
            column = pyarrow.concat_arrays(column.chunks) if column.num_chunks else column
    if len(column) == 0:
        return np.empty(0, dtype=object)
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = np.asarray(column.dictionary.to_numpy(zero_copy_only=False))
    lost = np.asarray(column.dictionary.is_null().to_numpy(zero_copy_only=False))
    if lost.any():  # a dictionary may itself hold a null
        codes = np.where(lost[codes], -1, codes)
    return Coded(codes.astype(np.int64, copy=False), values, missing)
