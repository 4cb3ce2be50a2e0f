"""Rows and columns of anything that holds data: counting them, comparing them, ravelling them."""

import warnings

import numpy as np

from .errors import DataConversionWarning, twin
from .finite import check_finite
from .namespace import namespace
from .sparse import issparse
from .tables import (
    frame_values,
    is_arrow,
    is_arrow_array,
    is_pandas_array,
    is_polars_series,
    unwrap,
)


def type_name(X):
    """Name of the type of X with its module, unless that is a builtin."""
    kind = type(X)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def num_samples(X):
    """Return the number of rows of an array, matrix, frame, list or other sequence.

    Raises
    ------
    TypeError
        If X has no rows to count: a scalar, an estimator, an object without a length.

    Examples
    --------
    >>> from mlkit._core.arrays import num_samples
    >>> num_samples([[1, 2], [3, 4], [5, 6]])
    3
    """
    if type(X) is np.ndarray and X.ndim:
        return len(X)
    if callable(getattr(X, "fit", None)) or isinstance(X, type):
        # Ensembles have a length, and are no data.
        raise TypeError(f"Expected sequence or array-like, got estimator {X}")
    shape = getattr(X, "shape", None)
    if shape is None and not hasattr(X, "__len__"):
        if not hasattr(X, "__array__"):
            raise TypeError(f"Expected sequence or array-like, got {type(X)}")
        shape = np.asarray(X).shape
    if shape is not None:
        if not hasattr(shape, "__len__"):
            # A lazy container knows its shape only when computed.
            return len(X)
        if len(shape) == 0:
            raise TypeError(f"Input should have at least 1 dimension, got the scalar array {X!r}")
        if isinstance(shape[0], (int, np.integer)):
            return int(shape[0])
    try:
        return len(X)
    except TypeError as error:
        raise TypeError(f"Expected sequence or array-like, got {type(X)}") from error


def num_features(X):
    """Return the number of columns of two-dimensional data.

    Raises
    ------
    TypeError
        If X, or its first row where X is a list, has no columns.

    Examples
    --------
    >>> from mlkit._core.arrays import num_features
    >>> num_features([[1, 2, 3]])
    3
    """
    message = f"X of type {type_name(X)} does not say how many columns it has"
    shape = getattr(X, "shape", None)
    if shape is None and not hasattr(X, "__len__"):
        if not hasattr(X, "__array__"):
            raise TypeError(message)
        shape = np.asarray(X).shape
    if shape is not None:
        if not hasattr(shape, "__len__") or len(shape) <= 1:
            raise TypeError(f"{message} with shape {shape}")
        return shape[1] if isinstance(shape[1], (int, np.integer)) else len(X[0])
    first = X[0] if len(X) else ()
    if isinstance(first, (str, bytes, dict)) or not hasattr(first, "__len__"):
        raise TypeError(f"{message} where the samples are of type {type(first).__qualname__}")
    return len(first)


def check_consistent_length(*arrays):
    """Raise ValueError unless all arrays have the same number of rows; None is passed over.

    Parameters
    ----------
    *arrays : sequence of data, or None

    Raises
    ------
    ValueError
        If two of them differ.
    TypeError
        If one has no length.

    Examples
    --------
    >>> from mlkit.utils import check_consistent_length
    >>> check_consistent_length([1, 2], [[3], [4]])
    """
    lengths = [num_samples(array) for array in arrays if array is not None]
    if len(set(lengths)) > 1:
        raise ValueError(f"the inputs have inconsistent numbers of samples: {lengths}")


def indexable(*iterables):
    """Make each argument something that rows can be taken of, and check that all are as long.

    Parameters
    ----------
    *iterables : list, array, sparse matrix, data frame, or None
        Sparse matrices become CSR; iterators become arrays; the rest is kept.

    Returns
    -------
    list

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> from mlkit.utils import indexable
    >>> indexable([1, 2], None)
    [[1, 2], None]
    """
    made = [_indexable(X) for X in iterables]
    check_consistent_length(*made)
    return made


def _indexable(X):
    if issparse(X):
        return X.tocsr()
    if X is None or hasattr(X, "__getitem__") or hasattr(X, "iloc"):
        return X
    return np.array(X)


def series_values(y):
    """Return what stands for a target or a vector as an array: lists, series, array protocols.

    Nullable integers and bools without missing values stay integers and bools: labels 0 and 1
    are not to become 0.0 and 1.0.
    """
    y = unwrap(y)
    if is_pandas_array(y):
        plain = getattr(y.dtype, "numpy_dtype", None)
        if isinstance(plain, np.dtype) and plain.kind in "iub" and not y.isna().any():
            return y.to_numpy(dtype=plain)
        return frame_values(y)
    if is_polars_series(y) or is_arrow_array(y) or is_arrow(y):
        return np.asarray(y)
    return y if namespace(y) is not np else np.asarray(frame_values(y))


def column_or_1d(y, *, dtype=None, input_name="y", warn=False, device=None):
    """Return y as a 1-D array; a single column is ravelled.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, 1)
    dtype : dtype or None, default None
        Of the result; None keeps that of y.
    input_name : str, default "y"
        What y is called in messages.
    warn : bool, default False
        Warn when a column is ravelled.
    device : None or "cpu"
        Where the result is to live; with NumPy arrays there is one place.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If y has another shape.

    Warns
    -----
    DataConversionWarning
        If `warn` and y has two dimensions.

    Examples
    --------
    >>> from mlkit.utils import column_or_1d
    >>> column_or_1d([[1], [2]])
    array([1, 2])
    """
    if device not in (None, "cpu") and namespace(y) is np:
        raise ValueError(f"device={device!r}: a NumPy array lives on 'cpu'")
    if issparse(y):
        raise TypeError(
            f"{input_name} is a sparse matrix, and dense data is required; use its toarray()"
        )
    y = series_values(y)
    if dtype is not None:
        y = y.astype(dtype, copy=False)
    if y.ndim == 1:
        return y if y.flags.c_contiguous else y.copy()
    if y.ndim == 2 and y.shape[1] == 1:
        if warn:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected: pass y.ravel()",
                twin(DataConversionWarning),
                stacklevel=2,
            )
        return y.reshape(-1)
    raise ValueError(f"{input_name} should be a 1d array, got an array of shape {y.shape} instead.")


def check_vector(y, *, input_name="y", estimator_name="", warn=True):
    """Return y as a finite 1-D array of real values or labels."""
    y = column_or_1d(y, input_name=input_name, warn=warn)
    if y.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {input_name} is {y.dtype}")
    check_finite(y, False, estimator_name, input_name)
    return y
