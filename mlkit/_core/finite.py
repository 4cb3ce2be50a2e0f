"""Checks of the values of an array: finite, not negative."""

import sys

import numpy as np

from . import door
from .config import current
from .namespace import namespace
from .sparse import issparse, stored_values


def all_finite(array, allow_nan=False):
    """True if an array of numbers holds no infinity and, unless `allow_nan`, no NaN."""
    xp = namespace(array)
    if xp is np:
        return door.all_finite(array, allow_nan)
    return not (xp.isinf(array) if allow_nan else ~xp.isfinite(array)).any()


def object_isnan(array):
    """Mask of the entries of an object array that are NaN, NaT or ``pandas.NA``."""
    pandas = sys.modules.get("pandas")
    missing = getattr(pandas, "NA", object())
    flags = [v is missing or (isinstance(v, _NAN_TYPES) and v != v) for v in array.ravel()]
    return np.array(flags, dtype=bool).reshape(array.shape)


_NAN_TYPES = (float, complex, np.floating, np.complexfloating, np.datetime64, np.timedelta64)


def finite_mode(ensure_all_finite):
    """Check `ensure_all_finite` and return it as True, False or "allow-nan"."""
    if isinstance(ensure_all_finite, str):
        if ensure_all_finite != "allow-nan":
            raise ValueError(
                "ensure_all_finite should be a bool or 'allow-nan', "
                f"and it is {ensure_all_finite!r}"
            )
        return ensure_all_finite
    return bool(ensure_all_finite)


def check_finite(array, allow_nan=False, estimator_name="", input_name=""):
    """Raise ValueError if a dense `array` holds infinity or, unless `allow_nan`, NaN.

    The setting ``assume_finite`` turns the check off. Integers, strings and dates pass.
    """
    if current()["assume_finite"] or array.dtype.kind not in "fcO":
        return
    if array.dtype.kind == "O":
        found_nan, finite = not allow_nan and object_isnan(array).any(), True
    else:
        finite = all_finite(array, allow_nan)
        found_nan = not finite and not allow_nan and bool(namespace(array).isnan(array).any())
    if not (found_nan or not finite):
        return
    name = f"{input_name} " if input_name else ""
    if not found_nan:
        whom = f"{estimator_name} needs" if estimator_name else "needed are"
        raise ValueError(
            f"Input {name}contains infinity, or values beyond the range of {array.dtype}: {whom} "
            "finite values; clip them, or drop their rows"
        )
    message = f"Input {name}contains NaN."
    if estimator_name and input_name == "X":
        message += (
            f"\n{estimator_name} cannot be given missing values: fill them with an imputer from "
            "mlkit.impute ahead of it in a pipeline, drop their rows, or choose an estimator that "
            "takes NaN, such as HistGradientBoostingClassifier or HistGradientBoostingRegressor."
        )
    raise ValueError(message)


def assert_all_finite(X, *, allow_nan=False, estimator_name=None, input_name=""):
    """Raise ValueError if X holds NaN or infinity.

    Parameters
    ----------
    X : array or sparse matrix
        For sparse X the stored values are looked at.
    allow_nan : bool, default False
        Let NaN pass.
    estimator_name : str or None, default None
        Named in the message.
    input_name : str, default ""
        What X is called in the message.

    Raises
    ------
    ValueError
        If a value is infinite, or NaN while `allow_nan` is False. Nothing is looked at
        under ``config_context(assume_finite=True)``.

    Examples
    --------
    >>> from mlkit.utils import assert_all_finite
    >>> assert_all_finite([[0.0, 1.0]])
    """
    if issparse(X):
        X = stored_values(X)
    elif namespace(X) is np:
        X = np.asarray(X)
    check_finite(X, allow_nan, estimator_name or "", input_name)


def check_non_negative(X, whom):
    """Raise ValueError if X holds a negative value.

    Parameters
    ----------
    X : array-like or sparse matrix
    whom : str
        Who asks, for the message.

    Raises
    ------
    ValueError
        If the least value of X is below 0.

    Examples
    --------
    >>> from mlkit.utils.validation import check_non_negative
    >>> check_non_negative([[0, 1]], "a count model")
    """
    values = stored_values(X) if issparse(X) else X
    values = values if hasattr(values, "min") else np.asarray(values)
    # NaN is another check's business; `fmin` passes over it.
    if values.size and namespace(values).fmin.reduce(values, axis=None) < 0:
        raise ValueError(f"Negative values in data passed to {whom}.")
