"""Anything array-like to a checked array or sparse matrix: `check_array` and its kin."""

import sys
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np

from .config import current
from .finite import check_finite, check_non_negative, finite_mode
from .namespace import namespace
from .shape import check_consistent_length, check_vector, num_samples
from .sparse import accepted_formats, has_wide_index, issparse, stored_values, to_format
from .tables import (
    frame_library,
    frame_values,
    has_text_columns,
    is_arrow_array,
    is_pandas_array,
    is_pandas_series,
    is_polars_series,
    to_native,
)

_OBJECT = np.dtype(object)


@dataclass(slots=True)
class _Door:
    """What `check_array` was asked for, with the words for its messages."""

    dtype: object
    order: str | None
    copy: bool
    writeable: bool
    finite: object
    estimator_name: str
    input_name: str

    @property
    def context(self):
        return f" by {self.estimator_name}" if self.estimator_name else ""

    def target(self, dtype):
        """The dtype that data of `dtype` is to be brought to, None to leave it."""
        wanted = self.dtype
        if isinstance(wanted, str) and wanted == "numeric":
            return np.dtype(np.float64) if dtype.kind == "O" else None
        if wanted is None:
            return None
        if isinstance(wanted, (list, tuple)):
            native = dtype.newbyteorder("=")
            kept = any(native == np.dtype(choice) for choice in wanted)
            return native if kept else np.dtype(wanted[0])
        return np.dtype(wanted)

    @property
    def literal(self):
        """True if Python objects or text are asked for: then values must not be joined first."""
        return not isinstance(self.dtype, (list, tuple, type(None))) and (
            not self.numeric and np.dtype(self.dtype).kind in "OUS"
        )

    @property
    def numeric(self):
        return isinstance(self.dtype, str) and self.dtype == "numeric"

    def check_values(self, values):
        if self.finite:
            check_finite(values, self.finite == "allow-nan", self.estimator_name, self.input_name)


def estimator_name(estimator):
    """The name of an estimator, or the string given in its place; "" for None."""
    if estimator is None:
        return ""
    return estimator if isinstance(estimator, str) else type(estimator).__name__


def check_array(
    array,
    accept_sparse=False,
    *,
    accept_large_sparse=True,
    dtype="numeric",
    order=None,
    copy=False,
    force_writeable=False,
    ensure_all_finite=True,
    ensure_non_negative=False,
    ensure_2d=True,
    allow_nd=False,
    ensure_min_samples=1,
    ensure_min_features=1,
    estimator=None,
    input_name="",
):
    """Return array-like data as a 2-D numeric array or sparse matrix, checked.

    Parameters
    ----------
    array : array-like, sparse matrix or data frame
        Lists, arrays, array protocols, pandas, polars, pyarrow and other frames.
    accept_sparse : bool, str or list of str, default False
        Sparse formats let through; others are converted to the first. True takes any.
    accept_large_sparse : bool, default True
        Let 64-bit sparse indices pass.
    dtype : "numeric", dtype, list of dtypes or None, default "numeric"
        "numeric" keeps the dtype and turns objects into float64; of a list, the first is
        taken unless the data has one of the others; None keeps any dtype.
    order : {"C", "F"} or None, default None
        Memory order of the result.
    copy : bool, default False
        Never return memory that belongs to the caller.
    force_writeable : bool, default False
        Copy read-only data.
    ensure_all_finite : bool or "allow-nan", default True
        Refuse infinity and NaN, neither, or infinity alone.
    ensure_non_negative : bool, default False
        Refuse values below 0.
    ensure_2d : bool, default True
        Refuse what has not two dimensions.
    allow_nd : bool, default False
        Let more than two dimensions pass.
    ensure_min_samples, ensure_min_features : int, default 1
        Least numbers of rows and, in two dimensions, of columns; 0 turns the check off.
    estimator : str, estimator or None, default None
        Named in messages.
    input_name : str, default ""
        What the data is called in messages.

    Returns
    -------
    ndarray, sparse matrix or sparse array
        The input itself if nothing had to be changed.

    Raises
    ------
    ValueError
        For data of a wrong shape, complex or text where numbers are wanted, or with refused values.
    TypeError
        For sparse data where `accept_sparse` is False, and for ``np.matrix``.

    Examples
    --------
    >>> from mlkit.utils import check_array
    >>> check_array([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]])
    """
    if isinstance(array, np.matrix):
        raise TypeError(
            "a np.matrix keeps two dimensions whatever is done to it: pass np.asarray of it"
        )
    finite = finite_mode(ensure_all_finite)
    name = estimator_name(estimator)
    door = _Door(dtype, order, copy, force_writeable, finite, name, input_name)
    given, array = array, _unframed(array, door, ensure_2d and not allow_nd)
    if door.numeric and hasattr(estimator, "estimator") and has_text_columns(given):
        door.dtype = None  # the estimator that it holds may be a pipeline that encodes text
    if issparse(array):
        checked = _sparse(array, door, accepted_formats(accept_sparse), accept_large_sparse)
        if ensure_2d and checked.ndim < 2:
            raise ValueError(f"Expected 2D input, got input with shape {checked.shape}")
    else:
        values = _values(array, door)
        _check_dimensions(values, door, ensure_2d, allow_nd, ensure_min_samples)
        checked = _brought(values, door)
        door.check_values(checked)
    _check_size(checked, door, ensure_min_samples, ensure_min_features)
    if ensure_non_negative:
        check_non_negative(checked, f"{input_name or 'input'} in {name or 'the estimator'}")
    return checked if issparse(checked) else _owned(checked, door, given)


def _unframed(array, door, refuse_series):
    """The data of a frame or series as an array; all else as it is."""
    if type(array) is np.ndarray or isinstance(array, (list, tuple, np.ndarray)):
        return array
    if issparse(array):
        return array
    array = to_native(array)
    series = is_pandas_series(array) or is_polars_series(array) or is_arrow_array(array)
    if series and refuse_series:
        raise ValueError(
            f"Expected a 2-dimensional container but got {type(array)} instead. Reshape your data: "
            "use to_frame() of a series if it is one column"
        )
    if series or frame_library(array) or is_pandas_array(array):
        return frame_values(array, objects=door.literal)
    return array


# ------------------------------------------------------------------------------ dense
def _values(array, door):
    """Dense `array` as an array of its own dtype; complex numbers are refused."""
    if namespace(array) is not np:
        if not current()["array_api_dispatch"]:
            raise TypeError(
                f"{door.input_name or 'the data'} is a CuPy array: set_config("
                "array_api_dispatch=True) to compute on it, or pass array.get()"
            )
        values = array
    elif door.literal and isinstance(array, (list, tuple)):
        # By way of a common dtype [1, "a"] would become ["1", "a"].
        values = np.asarray(array, dtype=door.target(_OBJECT))
    else:
        values = np.asarray(array)
    if values.dtype.kind == "c":
        raise ValueError(f"Complex data not supported{door.context}\n{values!r}")
    return values


def _brought(values, door):
    """Dense `values` in the dtype and order asked for."""
    target = door.target(values.dtype)
    if target is not None and target != values.dtype and not _is_text(values, target):
        values = _cast(values, target, door)
    if door.order is not None and not values.flags[f"{door.order}_CONTIGUOUS"]:
        values = namespace(values).array(values, order=door.order, copy=True)
    return values


def _is_text(values, target):
    """True if dtype ``str`` or ``bytes`` is asked for, of any length, and met."""
    return target.kind in "US" and target.itemsize == 0 and values.dtype.kind == target.kind


def _cast(values, target, door):
    if values.dtype.kind == "f" and (target.kind in "iu" or (target.kind == "b" and door.finite)):
        # The cast itself would turn NaN and infinity into arbitrary integers, or into True.
        check_finite(values, False, door.estimator_name, door.input_name)
    elif target.kind in "US":
        door.check_values(values)  # text would hide what is missing
    try:
        return values.astype(target, order=door.order or "K")
    except (TypeError, ValueError) as error:
        missing = _na_mask(values)
        if missing.any():
            values = values.copy()
            values[missing] = np.nan
            return _cast(values, target, door)
        name = door.input_name or "the data"
        if values.dtype.kind == "O" and any(isinstance(v, complex) for v in values.flat):
            raise ValueError(f"Complex data not supported{door.context}\n{values!r}") from error
        raise type(error)(f"{name} cannot become {target}{door.context}: {error}") from error


def _na_mask(values):
    """Where an array holds ``pandas.NA``, which no number type takes."""
    if values.dtype.kind != "O":
        return np.zeros(1, dtype=bool)
    missing = getattr(sys.modules.get("pandas"), "NA", values)
    return np.array([v is missing for v in values.flat], dtype=bool).reshape(values.shape)


def _check_dimensions(array, door, ensure_2d, allow_nd, least_rows):
    if array.ndim == 0 and least_rows > 0 and not ensure_2d:
        num_samples(array)  # says why a scalar has no rows
    if ensure_2d and array.ndim < 2:
        what = "scalar array" if array.ndim == 0 else "1D array"
        raise ValueError(
            f"Expected 2D array, got {what} instead{door.context}:\narray={array}.\n"
            "Reshape your data: X.reshape(-1, 1) if it is one feature, X.reshape(1, -1) if it is "
            "one sample."
        )
    if door.numeric and array.dtype.kind in "USVT":
        raise ValueError(
            "dtype='numeric' wants numbers, got bytes or strings: convert the data "
            f"first{door.context}"
        )
    if not allow_nd and array.ndim > 2:
        raise ValueError(
            f"{door.input_name or 'the array'} has {array.ndim} dimensions, at most 2 are taken"
            f"{door.context}"
        )


def _check_size(array, door, least_rows, least_columns):
    if least_rows > 0 and (rows := num_samples(array)) < least_rows:
        raise ValueError(
            f"Found array with {rows} sample(s) (shape={array.shape}) while a minimum of "
            f"{least_rows} is required{door.context}."
        )
    if least_columns > 0 and array.ndim == 2 and array.shape[1] < least_columns:
        raise ValueError(
            f"Found array with {array.shape[1]} feature(s) (shape={array.shape}) while a minimum "
            f"of {least_columns} is required{door.context}."
        )


def _owned(array, door, given):
    """Copy `array` where the caller's memory must not be returned, or must be written to."""
    if door.copy and (array is given or _may_share(array, given)):
        return array.copy(order="K")
    if door.writeable and namespace(array) is np and not array.flags.writeable:
        return _writeable(array, given)
    return array


def _may_share(array, given):
    if isinstance(given, (list, tuple)):
        return False
    if isinstance(given, np.ndarray):
        return np.may_share_memory(array, given)
    return array.base is not None or not array.flags.owndata


def _writeable(array, given):
    """A view if only pandas' read-only guard stands before writeable memory, else a copy."""
    if frame_library(given) == "pandas" and array.base is not None:
        view = array.view()
        try:
            view.flags.writeable = True
            return view
        except ValueError:
            pass
    return array.copy(order="K")


# ----------------------------------------------------------------------------- sparse
def _sparse(X, door, formats, accept_large):
    """Convert sparse `X` to an accepted format and dtype, and check its stored values."""
    if X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported{door.context}\n{X!r}")
    if formats is False:
        name = f"{door.input_name} is a" if door.input_name else "A"
        raise TypeError(
            f"{name} sparse matrix, but dense data is required{door.context}: use X.toarray() if "
            "it fits in memory."
        )
    if not accept_large and has_wide_index(X):
        raise ValueError(
            f"Only sparse matrices with 32-bit integer indices are accepted{door.context}, and "
            "this one has 64-bit indices"
        )
    checked = to_format(X, formats)
    target = door.target(checked.dtype)
    if target is not None and target != checked.dtype:
        checked = checked.astype(target)
    if door.copy and checked is X:
        checked = checked.copy()
    data = getattr(checked, "data", None)
    if door.writeable and isinstance(data, np.ndarray) and not data.flags.writeable:
        checked = checked.copy()
    if door.finite:
        door.check_values(stored_values(checked))
    return checked


# --------------------------------------------------------------------- kin of check_array
def check_y(y, multi_output=False, y_numeric=False, estimator=None):
    """Return y checked: 1-D, or also 2-D and CSR if `multi_output`; of numbers if `y_numeric`."""
    name = estimator_name(estimator)
    if multi_output:
        y = check_array(
            y,
            accept_sparse="csr",
            ensure_all_finite=True,
            ensure_2d=False,
            dtype=None,
            input_name="y",
            estimator=estimator,
        )
    else:
        y = check_vector(y, estimator_name=name)
    if y_numeric and y.dtype.kind == "O":
        y = y.astype(np.float64)
    return y


def check_X_y(
    X,
    y,
    accept_sparse=False,
    *,
    accept_large_sparse=True,
    dtype="numeric",
    order=None,
    copy=False,
    force_writeable=False,
    ensure_all_finite=True,
    ensure_2d=True,
    allow_nd=False,
    multi_output=False,
    ensure_min_samples=1,
    ensure_min_features=1,
    y_numeric=False,
    estimator=None,
):
    """Return X and y checked and of the same length.

    Parameters
    ----------
    X : array-like, sparse matrix or data frame
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Finite; 1-D unless `multi_output`.
    accept_sparse, accept_large_sparse, dtype, order, copy, force_writeable, ensure_all_finite, \
ensure_2d, allow_nd, ensure_min_samples, ensure_min_features, estimator
        For X, as in `check_array`.
    multi_output : bool, default False
        Let y have two dimensions, or be sparse.
    y_numeric : bool, default False
        Turn a y of objects into float64.

    Returns
    -------
    X, y

    Raises
    ------
    ValueError
        If y is None, or anything is refused.

    Examples
    --------
    >>> from mlkit.utils import check_X_y
    >>> check_X_y([[1.0], [2.0]], [0, 1])[1]
    array([0, 1])
    """
    if y is None:
        name = estimator_name(estimator) or "estimator"
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    X = check_array(
        X,
        accept_sparse=accept_sparse,
        accept_large_sparse=accept_large_sparse,
        dtype=dtype,
        order=order,
        copy=copy,
        force_writeable=force_writeable,
        ensure_all_finite=ensure_all_finite,
        ensure_2d=ensure_2d,
        allow_nd=allow_nd,
        ensure_min_samples=ensure_min_samples,
        ensure_min_features=ensure_min_features,
        estimator=estimator,
        input_name="X",
    )
    y = check_y(y, multi_output=multi_output, y_numeric=y_numeric, estimator=estimator)
    check_consistent_length(X, y)
    return X, y


def as_float_array(X, *, copy=True, ensure_all_finite=True):
    """Return X as floats: float32 and float64 are kept, small integers become float32.

    Parameters
    ----------
    X : array-like or sparse matrix
    copy : bool, default True
        Copy even if X is of floats already.
    ensure_all_finite : bool or "allow-nan", default True

    Returns
    -------
    ndarray or sparse matrix
        Integers and bools of up to 32 bits become float32, all else float64.

    Examples
    --------
    >>> from mlkit.utils import as_float_array
    >>> as_float_array([[1, 2]])
    array([[1., 2.]])
    """
    check = partial(
        check_array,
        accept_sparse=["csr", "csc", "coo"],
        ensure_all_finite=ensure_all_finite,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        ensure_min_features=0,
    )
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype in (np.float32, np.float64):
        return check(X, dtype=dtype, copy=copy)
    small = isinstance(dtype, np.dtype) and dtype.kind in "uib" and dtype.itemsize <= 4
    return check(X, dtype=np.float32 if small else np.float64, copy=copy)


def check_symmetric(array, *, tol=1e-10, raise_warning=True, raise_exception=False):
    """Return the symmetric part ``(A + Aᵀ) / 2``, or A itself if it is symmetric.

    Parameters
    ----------
    array : ndarray or sparse matrix of shape (n, n)
    tol : float, default 1e-10
        Greatest absolute difference of ``A`` and ``Aᵀ`` that counts as none.
    raise_warning : bool, default True
        Warn if A is not symmetric.
    raise_exception : bool, default False
        Raise ValueError instead.

    Returns
    -------
    ndarray or sparse matrix
        Of the format of `array`.

    Raises
    ------
    ValueError
        If A is not square, or not symmetric while `raise_exception` is set.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils import check_symmetric
    >>> check_symmetric(np.array([[0, 1], [1, 2]]))
    array([[0, 1],
           [1, 2]])
    """
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"a symmetric matrix is square; this array has shape {array.shape}")
    if issparse(array):
        excess = abs((array - array.T).tocoo().data)
        symmetric = not (excess > tol).any()
    else:
        symmetric = np.allclose(array, array.T, rtol=1e-5, atol=tol)
    if symmetric:
        return array
    if raise_exception:
        raise ValueError("the matrix is not symmetric")
    if raise_warning:
        warnings.warn(
            "the matrix is not symmetric: its symmetric part is taken", UserWarning, stacklevel=2
        )
    if issparse(array):
        return (0.5 * (array + array.T)).asformat(array.format)
    return 0.5 * (array + array.T)
