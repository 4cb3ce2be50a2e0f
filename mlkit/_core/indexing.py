"""Rows and columns of arrays, sparse matrices, lists and data frames, chosen by any key."""

import numpy as np

from .namespace import namespace
from .sparse import issparse
from .tables import (
    column_names,
    frame_library,
    is_arrow_array,
    is_dataframe,
    is_pandas_series,
    is_polars_series,
    to_native,
    unwrap,
)

_KINDS = {int: "int", str: "str", bool: "bool", np.bool_: "bool"}
_INVALID = (
    "No valid specification of the columns: give a scalar, list or slice of integers or of "
    "strings, or a boolean mask"
)


def key_type(key, accept_slice=True):
    """Say of what `key` is made: "int", "str", "bool", or None for what selects everything.

    Parameters
    ----------
    key : scalar, slice, list, tuple, array or series
    accept_slice : bool, default True

    Raises
    ------
    TypeError
        For a slice where none is accepted.
    ValueError
        For anything else.
    """
    if key is None:
        return None
    if isinstance(key, slice):
        return _slice_type(key, accept_slice)
    for kind, name in _KINDS.items():
        if isinstance(key, kind):
            return "bool" if isinstance(key, bool) else name
    if isinstance(key, np.integer):
        return "int"
    if isinstance(key, (list, tuple)):
        kinds = {key_type(item, accept_slice=False) for item in key}
        if not kinds:
            return None
        if len(kinds) == 1:
            return kinds.pop()
        raise ValueError(_INVALID)
    dtype = getattr(key, "dtype", None)
    if dtype is not None or hasattr(key, "__array__"):
        return _array_type(key)
    if isinstance(key, range):
        return "int"
    raise ValueError(_INVALID)


def _slice_type(key, accept_slice):
    if not accept_slice:
        raise TypeError("a key must be a scalar or a list here, not a slice")
    if key.start is None and key.stop is None:
        return None
    ends = {key_type(end) for end in (key.start, key.stop) if end is not None}
    if len(ends) > 1:
        raise ValueError(_INVALID)
    return ends.pop()


def _array_type(key):
    kind = np.asarray(key).dtype.kind if namespace(key) is np else key.dtype.kind
    if kind == "O":
        found = {key_type(item, accept_slice=False) for item in np.asarray(key).ravel().tolist()}
        if len(found) == 1:
            return found.pop()
        raise ValueError(_INVALID)
    name = {"i": "int", "u": "int", "b": "bool", "U": "str", "T": "str"}.get(kind)
    if name is None:
        raise ValueError(_INVALID)
    return name


def positions(key, length):
    """Return integer positions, none of them negative, for `key` on an axis of `length`.

    Raises
    ------
    IndexError
        If a position lies outside.
    ValueError
        If a mask has another length.
    """
    if key is None:
        return np.arange(length)
    if isinstance(key, slice):
        return np.arange(length)[key]
    index = np.asarray(key)
    if index.dtype.kind == "O":
        index = np.array(index.tolist())
    if index.dtype.kind == "b":
        if index.shape != (length,):
            raise ValueError(f"a mask of shape {index.shape} cannot select from {length} entries")
        return np.flatnonzero(index)
    index = index.astype(np.intp, copy=False)
    if index.size and (index.min() < -length or index.max() >= length):
        raise IndexError(f"a position in {index} is out of range for {length} entries")
    return np.where(index < 0, index + length, index)


def take_rows(X, index):
    """Return the rows of `X` that `index` selects, in a container of the same kind.

    Parameters
    ----------
    X : ndarray, sparse matrix, list, data frame or series
    index : int, slice, array-like of int, boolean mask or None
        None returns X.

    Returns
    -------
    Of the type of X; one element of a list or series, or one row, for an int.

    Raises
    ------
    ValueError
        For strings.

    Examples
    --------
    >>> from mlkit._core.frames import take_rows
    >>> take_rows([10, 20, 30], [2, 0])
    [30, 10]
    """
    if index is None:
        return X
    if type(X) is np.ndarray and type(index) is np.ndarray and index.dtype.kind in "ib":
        # take copies whole rows, indexing goes element by element; of columns it would make rows.
        if index.dtype.kind == "i" and index.ndim == 1 and X.flags.c_contiguous and X.ndim:
            return X.take(index, axis=0)
        return X[index]
    kind = key_type(index)
    if kind == "str":
        raise ValueError(f"String indexing (indices={index!r}) is not supported with 'axis=0'")
    return _take(unwrap(X), index, kind, 0)


def take_columns(X, key):
    """Return the columns of `X` that `key` selects, in a container of the same kind.

    Parameters
    ----------
    X : 2-D ndarray, sparse matrix or data frame
    key : int, str, slice, array-like of int or str, or boolean mask
        Strings name columns of a data frame; a slice of strings includes its end.

    Returns
    -------
    Of the type of X; for a scalar key one column as a 1-D array or series (sparse stays 2-D).

    Raises
    ------
    ValueError
        If X has no columns, or `key` names none.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.frames import take_columns
    >>> take_columns(np.array([[1, 2, 3]]), [0, 2])
    array([[1, 3]])
    """
    if key is None:
        return X
    kind = key_type(key)
    X = unwrap(X)
    frame = is_dataframe(X)
    if isinstance(X, list):
        raise ValueError("axis=1 is not supported for lists: make it an array first")
    if not frame and len(getattr(X, "shape", ())) != 2:
        raise ValueError(
            "'X' should be a 2D NumPy array, 2D sparse matrix or dataframe to take columns of, "
            f"got {type(X)}"
        )
    if kind == "str" and not frame:
        raise ValueError("columns are named by strings only where X is a data frame")
    return _take(X, key, kind, 1)


def safe_indexing(X, indices, *, axis=0):
    """`take_rows` or `take_columns`, by `axis`."""
    if axis not in (0, 1):
        raise ValueError(f"'axis' should be either 0 (rows) or 1 (columns), got {axis!r}")
    return (take_columns if axis else take_rows)(X, indices)


def _take(X, key, kind, axis):
    if isinstance(X, (list, tuple)):
        return _take_list(X, key, kind)
    if issparse(X):
        return _take_sparse(X, key, kind, axis)
    if is_dataframe(X):
        X = to_native(X)
        return _FRAMES[frame_library(X)](X, key, kind, axis)
    if is_pandas_series(X):
        return X.iloc[_row_key(key)]
    if is_polars_series(X) or is_arrow_array(X):
        return _take_column(X, key, kind)
    if not isinstance(X, np.ndarray) and hasattr(X, "take") and hasattr(X, "iloc"):
        return X.take(positions(key, X.shape[axis]), axis=axis)
    return _take_array(X, key, axis)


def _row_key(key):
    return key if isinstance(key, (int, np.integer, slice)) else np.asarray(key)


def _take_list(X, key, kind):
    if isinstance(key, slice):
        return X[key]
    if np.ndim(key) == 0 and kind == "int":
        return X[key]
    return [X[i] for i in positions(key, len(X))]


def _take_sparse(X, key, kind, axis):
    if X.format in ("coo", "dia", "bsr", "dok"):
        X = X.tocsr() if axis == 0 else X.tocsc()
    if not isinstance(key, slice):
        key = np.atleast_1d(positions(key, X.shape[axis]))
    elif kind == "str":
        raise ValueError("columns are named by strings only where X is a data frame")
    return X[key] if axis == 0 else X[:, key]


def _take_array(X, key, axis):
    if not isinstance(key, (int, np.integer, slice)):
        xp = namespace(X)
        key = xp.asarray(key)
        if key.ndim == 1 and key.shape[0] == 0:
            key = key.astype(np.intp)
        elif key.dtype.kind == "O":
            key = xp.asarray(key.tolist())
    return X[key] if axis == 0 else X[:, key]


def _take_pandas(X, key, kind, axis):
    if axis == 0:
        return X.iloc[_row_key(key)]
    if kind == "str":
        return X.loc[:, key] if isinstance(key, (str, slice)) else X[np.asarray(key).tolist()]
    if kind == "int" and np.ndim(key) == 0 and not isinstance(key, slice):
        return X.iloc[:, key]
    return X.iloc[:, key if isinstance(key, slice) else np.asarray(positions(key, X.shape[1]))]


def _take_polars(X, key, kind, axis):
    if axis == 0:
        if np.ndim(key) == 0 and not isinstance(key, slice):
            return np.array(X.row(int(key)))
        return X[key] if isinstance(key, slice) else X[positions(key, X.height)]
    if kind == "str" and isinstance(key, str):
        return X[key]
    if kind == "int" and np.ndim(key) == 0 and not isinstance(key, slice):
        return X[:, int(key)]
    return X.select([X.columns[j] for j in column_index(X, key)])


def _take_arrow(X, key, kind, axis):
    if axis == 0:
        if np.ndim(key) == 0 and not isinstance(key, slice):
            row = int(positions(key, X.num_rows))
            return np.array([column[row].as_py() for column in X.columns])
        return X.take(positions(key, X.num_rows))
    if kind in ("str", "int") and np.ndim(key) == 0 and not isinstance(key, slice):
        return X.column(key if kind == "str" else int(positions(key, X.num_columns)))
    return X.select(column_index(X, key))


_FRAMES = {"pandas": _take_pandas, "polars": _take_polars, "pyarrow": _take_arrow}


def _take_column(X, key, kind):
    if np.ndim(key) == 0 and not isinstance(key, slice):
        item = X[int(key)]
        return item.as_py() if hasattr(item, "as_py") else item
    if isinstance(key, slice):
        return X[key]
    index = positions(key, len(X))
    return X[index] if is_polars_series(X) else X.take(index)


def column_index(X, key):
    """Return the column numbers that `key` selects from `X`.

    Parameters
    ----------
    X : array, sparse matrix or data frame with two dimensions
    key : int, str, slice, array-like of int or str, boolean mask or callable
        A callable is given X and returns any of the others.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If a name or number is not there, names are used on what has none, or names repeat.
    NotImplementedError
        For a slice of strings with a step.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.frames import column_index
    >>> column_index(np.zeros((2, 3)), slice(1, None))
    [1, 2]
    """
    if callable(key):
        key = key(X)
    kind = key_type(key)
    names = column_names(X)
    if kind != "str":
        if key is None:
            raise ValueError(_INVALID)
        if kind is None and not isinstance(key, slice):
            return []
        width = len(names) if names is not None else X.shape[1]
        try:
            return np.atleast_1d(positions(key, width)).tolist()
        except IndexError as error:
            raise ValueError(
                f"all features must be in [0, {width - 1}] or [-{width}, 0]: {error}"
            ) from error
    if names is None:
        raise ValueError("columns are named by strings only where X is a data frame")
    if isinstance(key, slice):
        return _named_range(names, key)
    wanted = [key] if isinstance(key, str) else np.asarray(key).tolist()
    return [_place(names, name) for name in _present(names, wanted)]


def _present(names, wanted):
    lacking = set(wanted) - set(names)
    if lacking:
        raise ValueError(f"Some column names are not columns of the dataframe: {lacking}")
    return wanted


def _place(names, name):
    if names.count(name) > 1:
        raise ValueError(f"Expected unique column names, got {name!r} {names.count(name)} times")
    return names.index(name)


def _named_range(names, key):
    if key.step not in (1, None):
        raise NotImplementedError("a slice of column names: key.step must be 1 or None")
    _present(names, [end for end in (key.start, key.stop) if end is not None])
    start = 0 if key.start is None else _place(names, key.start)
    stop = len(names) if key.stop is None else _place(names, key.stop) + 1
    return list(range(start, stop))
