"""Data frames coming in: recognising them, their column names, their values as one array.

No data-frame library is imported here: an object of one can only exist once it is loaded.
"""

import sys
import warnings
from contextlib import suppress

import numpy as np

_LIBRARIES = ("pandas", "polars", "pyarrow")


def _is(X, library, *classes):
    module = sys.modules.get(library)
    return module is not None and isinstance(X, tuple(getattr(module, c, ()) for c in classes))


def is_pandas(X):
    """True for a pandas DataFrame."""
    return _is(X, "pandas", "DataFrame")


def is_pandas_series(X):
    """True for a pandas Series."""
    return _is(X, "pandas", "Series")


def is_pandas_array(X):
    """True for a pandas extension array, an Index or a Series."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(
        X, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)
    )


def is_polars(X):
    """True for a polars DataFrame."""
    return _is(X, "polars", "DataFrame")


def is_polars_series(X):
    """True for a polars Series."""
    return _is(X, "polars", "Series")


def is_arrow(X):
    """True for a pyarrow Table or RecordBatch."""
    return _is(X, "pyarrow", "Table", "RecordBatch")


def is_arrow_array(X):
    """True for a pyarrow Array or ChunkedArray."""
    return _is(X, "pyarrow", "Array", "ChunkedArray")


def is_foreign(X):
    """True for a frame of another library: one that speaks a data-frame exchange protocol."""
    if type(X) is np.ndarray or isinstance(X, (list, tuple, type)) or frame_library(X):
        return False
    if hasattr(X, "__dataframe__"):
        return True
    return hasattr(X, "__arrow_c_stream__") and (hasattr(X, "columns") or hasattr(X, "schema"))


def frame_library(X):
    """Name of the library of data frame `X`: "pandas", "polars", "pyarrow" or None for all else."""
    if type(X) is np.ndarray:
        return None
    for library, test in zip(_LIBRARIES, (is_pandas, is_polars, is_arrow), strict=True):
        if test(X):
            return library
    return None


def is_dataframe(X):
    """True for a data frame: of pandas, polars, pyarrow or by an exchange protocol."""
    return frame_library(X) is not None or is_foreign(X)


def unwrap(X):
    """Return what a narwhals frame or series holds; all else as it is."""
    if type(X).__module__.partition(".")[0] == "narwhals" and hasattr(X, "to_native"):
        return X.to_native()
    return X


def to_native(X):
    """Return `X` as a frame of pandas, polars or pyarrow if it is a frame at all.

    A foreign frame goes through its Arrow stream or its ``__dataframe__`` to the first of
    pyarrow, polars and pandas that is installed and takes it.
    """
    X = unwrap(X)
    if not is_foreign(X):
        return X
    for convert in (_via_arrow, _via_polars, _via_pandas):
        with suppress(ImportError, TypeError, ValueError, AttributeError):
            return convert(X)
    raise TypeError(
        f"cannot read a data frame of type {type(X).__module__}.{type(X).__qualname__}: install "
        "pyarrow, polars or pandas, or pass X.to_numpy()"
    )


def _via_arrow(X):
    import pyarrow

    if hasattr(X, "__arrow_c_stream__"):
        return pyarrow.table(X)
    from pyarrow.interchange import from_dataframe

    return from_dataframe(X)


def _via_polars(X):
    import polars

    return polars.from_dataframe(X) if hasattr(X, "__dataframe__") else polars.DataFrame(X)


def _via_pandas(X):
    from pandas.api.interchange import from_dataframe

    return from_dataframe(X)


# ------------------------------------------------------------------------------ names
_last_index = (None, [])


def column_names(X):
    """Return the raw column names of data frame `X` as a list, None if `X` is no frame.

    The names of the last pandas Index are kept: it cannot change, and frames built one row at
    a time often share it.
    """
    global _last_index
    if type(X) is np.ndarray:
        return None
    if is_pandas(X):
        index, names = _last_index
        if X.columns is not index:
            index = X.columns
            names = index.tolist()
            _last_index = (index, names)
        return names
    if is_polars(X):
        return X.columns
    if is_arrow(X):
        return X.schema.names
    X = unwrap(X)
    if hasattr(X, "__dataframe__") and not frame_library(X):
        return list(X.__dataframe__().column_names())
    if frame_library(X):
        return column_names(X)
    return column_names(to_native(X)) if is_foreign(X) else None


def feature_names(X):
    """Return the column names of a data frame.

    Parameters
    ----------
    X : object

    Returns
    -------
    ndarray of str objects or None
        None if X is no data frame, or none of its names is a string.

    Raises
    ------
    TypeError
        If some names are strings and others are not.

    Examples
    --------
    >>> from mlkit._core.frames import feature_names
    >>> feature_names([[1, 2]]) is None
    True
    """
    names = column_names(X)
    if not names:
        return None
    strings = sum(isinstance(name, str) for name in names)
    if strings == len(names):
        return np.array(names, dtype=object)
    if strings:
        types = sorted({type(name).__qualname__ for name in names})
        raise TypeError(
            f"the columns of the {type(X).__name__} are named by {types}: feature names must all "
            "be strings to be kept and checked, or none; use X.columns = X.columns.astype(str)"
        )
    return None


# ----------------------------------------------------------------------------- values
def frame_values(X, objects=False):
    """Return the values of a frame or series of a data-frame library as an array.

    pandas frames whose columns are all sparse become a COO matrix. Nullable columns become
    floats with NaN for what is missing, unless another column holds objects.

    Parameters
    ----------
    X : data frame or series
    objects : bool, default False
        Keep every value of a pandas frame the object that it is.
    """
    if objects and (is_pandas(X) or is_pandas_series(X)) and not _is_uniform(X):
        return _without_na(X.to_numpy(dtype=object), X)
    if is_pandas(X):
        return _pandas_values(X)
    if is_pandas_array(X):
        return _series_values(X)
    if is_polars(X):
        return X.to_numpy()
    return np.asarray(X)


def has_text_columns(X):
    """True if a pandas or polars frame says by a column's dtype that it holds text or categories.

    Categories that are numbers count as numbers. An object column says nothing.
    """
    if is_polars(X):
        return any(str(dtype).startswith(("String", "Categorical", "Enum")) for dtype in X.dtypes)
    if not is_pandas(X):
        return False
    dtypes = (dtype for dtype in X.dtypes if not isinstance(dtype, np.dtype))
    kinds = (getattr(getattr(dtype, "categories", None), "dtype", dtype) for dtype in dtypes)
    return any(getattr(kind, "kind", "O") in "OU" and not _is_sparse_dtype(kind) for kind in kinds)


def uniform_values(X):
    """The values of a frame of floats of one type, in a microsecond or two; None for all else."""
    if type(X) is np.ndarray:
        return None
    if is_pandas(X):
        values = X.to_numpy() if X.shape[1] > 1 else None
        return values if values is not None and _is_block(values) else None
    return X.to_numpy() if is_polars(X) else None


def _is_block(values):
    """True if `values`, of a pandas frame of several columns, is one block of numbers.

    pandas hands out a read-only view when one NumPy block of several columns holds all: then no
    column can be sparse or nullable, and the dtypes need not be looked at.
    """
    return values.dtype.kind in "fiub" and not values.flags.writeable


def _is_uniform(X):
    """True if one NumPy dtype serves all of a pandas frame or series."""
    dtypes = {X.dtype} if is_pandas_series(X) else set(X.dtypes.tolist())
    return len(dtypes) == 1 and isinstance(dtypes.pop(), np.dtype)


def _pandas_values(X):
    values = None
    if X.shape[1] > 1:
        values = X.to_numpy()
        if _is_block(values):
            return values
    dtypes = X.dtypes.tolist()
    sparse = [_is_sparse_dtype(dtype) for dtype in dtypes]
    if sparse and all(sparse):
        return _sparse_values(X, dtypes)
    if any(sparse):
        warnings.warn(
            "a pandas.DataFrame with sparse columns found, and dense ones: all become dense",
            UserWarning,
            stacklevel=2,
        )
    numpy_dtypes = [
        getattr(d, "subtype", d) if s else d for d, s in zip(dtypes, sparse, strict=True)
    ]
    if all(isinstance(dtype, np.dtype) for dtype in numpy_dtypes):
        if {dtype.kind for dtype in numpy_dtypes} <= set("fiub") and numpy_dtypes:
            joined = np.result_type(*numpy_dtypes)
            if values is not None and values.dtype == joined:
                return values
            return X.to_numpy(dtype=joined)
        return X.to_numpy() if values is None else values
    if all(_is_nullable(d) or (isinstance(d, np.dtype) and d.kind in "fiub") for d in dtypes):
        return X.to_numpy(dtype=_nullable_target(dtypes), na_value=np.nan)
    values = X.to_numpy() if values is None else values
    return _without_na(values, X) if any(map(_is_nullable, dtypes)) else values


def _is_sparse_dtype(dtype):
    return not isinstance(dtype, np.dtype) and _is(dtype, "pandas", "SparseDtype")


def _is_nullable(dtype):
    """True for numeric extension dtypes, in which ``pandas.NA`` may stand."""
    return (
        not isinstance(dtype, np.dtype)
        and not _is_sparse_dtype(dtype)
        and getattr(dtype, "kind", "O") in "fiub"
        and getattr(dtype, "name", "") != "category"
    )


def _nullable_target(dtypes):
    """float32 if nothing wider is there, so that "keep float32" holds of nullable columns."""
    kinds = [np.dtype(getattr(dtype, "numpy_dtype", dtype)) for dtype in dtypes]
    joined = np.result_type(*kinds)
    return joined if joined in (np.float32, np.float64) else np.dtype(np.float64)


def _without_na(values, X):
    """Object `values` of frame or series `X` with ``pandas.NA`` replaced by NaN."""
    missing = np.asarray(X.isna())
    if values.dtype.kind == "O" and missing.any():
        values = values.copy()
        values[missing] = np.nan
    return values


def _series_values(X):
    dtype = X.dtype
    if isinstance(dtype, np.dtype):
        return np.asarray(X)
    if _is_nullable(dtype):
        return X.to_numpy(dtype=_nullable_target([dtype]), na_value=np.nan)
    return np.asarray(X)


def _sparse_values(X, dtypes):
    subtypes = {dtype.subtype for dtype in dtypes}
    if len(subtypes) > 1:
        joined = np.result_type(*subtypes)
        pandas = sys.modules["pandas"]
        X = X.astype(pandas.SparseDtype(joined, joined.type(0)))
    return X.sparse.to_coo()
