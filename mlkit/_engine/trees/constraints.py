"""Constraints on trees: columns whose effect is monotone, columns that may meet on a path."""

import itertools
from numbers import Integral

import numpy as np


def monotone_signs(who, constraint, n_columns, names=None):
    """Return the sign of each column's effect: 1, −1, or 0 for a free one.

    Parameters
    ----------
    who : str
        Name of the estimator, for errors.
    constraint : None, array-like of {-1, 0, 1} of shape (n_columns,), or dict of names to signs
    n_columns : int
    names : ndarray of str, default None
        Column names.

    Returns
    -------
    ndarray of int8, shape (n_columns,)

    Examples
    --------
    >>> monotone_signs("Model", {"b": -1}, 2, ["a", "b"])
    array([ 0, -1], dtype=int8)
    """
    if constraint is None:
        return np.zeros(n_columns, dtype=np.int8)
    if isinstance(constraint, dict):
        return _signs_by_name(who, constraint, n_columns, names)
    signs = np.asarray(constraint)
    odd = np.setdiff1d(signs, [-1, 0, 1])
    if odd.size:
        raise ValueError(
            f"{who}: monotonic_cst holds {odd.tolist()}; give -1, 0 or 1 for each feature"
        )
    if signs.shape != (n_columns,):
        raise ValueError(
            f"{who}: monotonic_cst has shape {signs.shape}, X {n_columns} features; give one "
            "sign for each"
        )
    return signs.astype(np.int8)


def _signs_by_name(who, constraint, n_columns, names):
    if names is None:
        raise ValueError(
            f"{who}: monotonic_cst goes by feature names, which X does not have; pass an array "
            "of signs, or a data frame as X"
        )
    place = {name: i for i, name in enumerate(names)}
    unknown = sorted(set(constraint) - set(place))
    if unknown:
        shown = unknown if len(unknown) <= 5 else [*unknown[:5], "..."]
        raise ValueError(
            f"{who}: {len(unknown)} names in monotonic_cst are no columns of X: {shown}"
        )
    signs = np.zeros(n_columns, dtype=np.int8)
    for name, sign in constraint.items():
        if sign not in (-1, 0, 1):
            raise ValueError(f"{who}: monotonic_cst[{name!r}]={sign!r}; give -1, 0 or 1")
        signs[place[name]] = sign
    return signs


def interaction_groups(constraint, n_columns):
    """Return the sets of columns that may meet on a path; None where all may.

    Parameters
    ----------
    constraint : None, "pairwise", "no_interactions", or sequence of sequences of int
        Columns in no group are one more.
    n_columns : int

    Returns
    -------
    list of set of int, or None

    Examples
    --------
    >>> interaction_groups([[0, 1]], 4)
    [{0, 1}, {2, 3}]
    """
    if constraint is None:
        return None
    if isinstance(constraint, str) and constraint == "no_interactions":
        constraint = [[column] for column in range(n_columns)]
    elif isinstance(constraint, str) and constraint == "pairwise":
        constraint = itertools.combinations(range(n_columns), 2)
    try:
        groups = [set(group) for group in constraint]
    except TypeError:
        raise ValueError(
            f"interaction_cst={constraint!r}: give a sequence of groups, each a list of features"
        ) from None
    for group in groups:
        if not all(isinstance(i, Integral) and 0 <= i < n_columns for i in group):
            raise ValueError(
                f"interaction_cst has the group {group!r}; give positions of features, whole "
                f"numbers from 0 to {n_columns - 1}"
            )
    rest = set(range(n_columns)).difference(*groups)
    return [*groups, rest] if rest else groups
