"""Data frames in and out: names, rows and columns, and the containers of ``set_output``."""

import numpy as np

from .errors import import_optional
from .indexing import column_index, key_type, safe_indexing, take_columns, take_rows
from .sparse import issparse
from .tables import (
    column_names,
    feature_names,
    frame_library,
    is_arrow,
    is_dataframe,
    is_pandas,
    is_pandas_series,
    is_polars,
    is_polars_series,
    to_native,
)

__all__ = [
    "column_index",
    "column_names",
    "feature_names",
    "frame_library",
    "hstack_frames",
    "is_arrow",
    "is_dataframe",
    "is_pandas",
    "is_pandas_series",
    "is_polars",
    "is_polars_series",
    "key_type",
    "rename_columns",
    "safe_indexing",
    "take_columns",
    "take_rows",
    "to_native",
    "wrap_output",
]

CONTAINERS = ("default", "pandas", "polars")


def check_container(container):
    """Raise ValueError unless `container` is a name that `set_output` knows."""
    if container not in CONTAINERS:
        raise ValueError(f"output config must be in {CONTAINERS}, got {container!r}")


def wrap_output(transformed, original_input, container, columns_callable):
    """Return the result of a transform in the container that ``set_output`` names.

    Parameters
    ----------
    transformed : array-like, data frame, or tuple whose first element is one
    original_input : object
        Of a pandas frame or series, the index is kept.
    container : {"default", "pandas", "polars"}
        "default" returns `transformed`.
    columns_callable : callable, array-like of str or None
        Names of the columns; a callable that raises gives none.

    Returns
    -------
    DataFrame or `transformed`

    Raises
    ------
    ValueError
        For sparse data, or another container.
    ImportError
        If the library is not installed.
    """
    check_container(container)
    if container == "default":
        return transformed
    if isinstance(transformed, tuple):
        first = wrap_output(transformed[0], original_input, container, columns_callable)
        rest = (first, *transformed[1:])
        return type(transformed)._make(rest) if hasattr(transformed, "_make") else rest
    if issparse(transformed):
        raise ValueError(
            f"{container.capitalize()} output does not support sparse data. Make the transformer "
            "return dense data (sparse_output=False), or set_output(transform='default')"
        )
    names = _names(columns_callable)
    if container == "pandas":
        return _pandas_frame(transformed, original_input, names)
    return _polars_frame(transformed, names)


def _names(columns):
    if not callable(columns):
        return columns
    try:
        return columns()
    except Exception:  # names are a courtesy: a transform must not fail for want of them
        return None


def _pandas_frame(data, original, names):
    pandas = import_optional("pandas", "pandas", "set_output(transform='pandas')")
    if isinstance(data, pandas.DataFrame):
        return rename_columns(data, names) if names is not None else data
    if is_dataframe(data):
        native = to_native(data)
        columns = {name: np.asarray(native[name]) for name in column_names(native)}
        data = pandas.DataFrame(columns)
        data = rename_columns(data, names) if names is not None else data
        return data.set_axis(_index(original), axis=0) if _index(original) is not None else data
    index = data.index if is_pandas_series(data) else _index(original)
    if is_pandas_series(data):
        data = data.to_numpy()
    if isinstance(data, np.ndarray) and data.ndim == 1:
        data = data.reshape(-1, 1)
    return pandas.DataFrame(data, index=index, columns=names, copy=False)


def _index(original):
    return original.index if is_pandas(original) or is_pandas_series(original) else None


def _polars_frame(data, names):
    polars = import_optional("polars", "polars", "set_output(transform='polars')")
    names = None if names is None else [str(name) for name in names]
    if isinstance(data, polars.DataFrame):
        return rename_columns(data, names) if names is not None else data
    if is_pandas(data):
        names = [str(name) for name in data.columns] if names is None else names
        series = [data.iloc[:, j].to_numpy() for j in range(data.shape[1])]
        return polars.DataFrame([polars.Series(n, s) for n, s in zip(names, series, strict=True)])
    if is_dataframe(data):
        data = polars.from_arrow(to_native(data))
        return rename_columns(data, names) if names is not None else data
    return polars.DataFrame(np.asarray(data), schema=names, orient="row")


def rename_columns(frame, names):
    """Return `frame` with new column names; the data is shared and `frame` is left alone.

    Parameters
    ----------
    frame : pandas, polars or pyarrow frame
    names : array-like of str

    Returns
    -------
    Of the type of `frame`.
    """
    names = list(names)
    if is_pandas(frame):
        return frame.set_axis(names, axis=1)
    if is_polars(frame):
        renamed = frame.clone()
        renamed.columns = names
        return renamed
    return frame.rename_columns(names)


def hstack_frames(frames):
    """Return frames of one library side by side; column names must differ in polars.

    Parameters
    ----------
    frames : list of pandas, polars or pyarrow frames

    Returns
    -------
    A frame of the library of the first.
    """
    library = frame_library(frames[0])
    if library == "pandas":
        import pandas

        return pandas.concat(frames, axis=1)
    if library == "polars":
        import polars

        return polars.concat(frames, how="horizontal")
    if library == "pyarrow":
        import pyarrow

        columns = [column for frame in frames for column in frame.columns]
        names = [name for frame in frames for name in frame.schema.names]
        return pyarrow.table(columns, names=names)
    raise ValueError(f"hstack_frames takes data frames, got {type(frames[0])}")
