"""Weights of samples: one finite number a row, or None."""

import numbers

import numpy as np

from .convert import check_array
from .errors import InvalidParameterError
from .shape import num_samples


def check_sample_weight(
    weight, X, *, dtype=None, copy=False, non_negative=False, name="sample_weight", allow_zero=False
):
    """Return sample weights as a 1-D float array as long as X; None stays None.

    Parameters
    ----------
    weight : None, number or array-like of shape (n_samples,)
        A number is every row's weight.
    X : data whose rows are weighted
    dtype : float dtype or None, default None
        None keeps float32 and float64 and makes float64 of the rest.
    copy : bool, default False
        Never return the caller's memory.
    non_negative : bool, default False
        Refuse weights below 0.
    name : str, default "sample_weight"
        For messages.
    allow_zero : bool, default False
        Accept weights that are all zero, with which nothing can be fitted.

    Returns
    -------
    ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        For a wrong shape, a value that is not finite, or refused values.

    Examples
    --------
    >>> from mlkit._core.arrays import check_sample_weight
    >>> check_sample_weight([1, 2], [[0.0], [1.0]])
    array([1., 2.])
    """
    if weight is None:
        return None
    rows = num_samples(X)
    kept = [np.float64, np.float32] if dtype is None else dtype
    if isinstance(weight, numbers.Number):
        weight = np.full(
            rows,
            check_array(weight, dtype=kept, ensure_2d=False, ensure_min_samples=0, input_name=name),
        )
    else:
        weight = check_array(
            weight,
            dtype=kept,
            order="C",
            copy=copy,
            ensure_2d=False,
            ensure_min_samples=0,
            allow_nd=True,
            input_name=name,
        )
    if weight.ndim != 1:
        # Of the wrong type as much as of a wrong shape, where an array of none stands for a number.
        raise (ValueError if weight.ndim else InvalidParameterError)(
            f"Sample weights must be 1D array or scalar: {name} has {weight.ndim} dimensions"
        )
    if len(weight) != rows:
        raise ValueError(f"{name}.shape == {weight.shape}, expected {(rows,)}: one weight a row")
    if non_negative and rows and weight.min() < 0:
        raise ValueError(f"Negative values in data passed to `{name}`: weights must be at least 0")
    if not allow_zero and not weight.any():
        raise ValueError(f"{name}: every sample weight is zero; at least one must not be")
    return weight
