"""Which columns are meant, what they are called, and which of them are categories."""

import numpy as np

from .._core.indexing import column_index
from .._core.tables import column_names


def names_of(X, feature_names=None):
    """Names of the columns: those given, a frame's own, or x0, x1, ...

    Raises
    ------
    ValueError
        If names repeat.
    """
    if feature_names is None:
        names = column_names(X)
        return [f"x{j}" for j in range(X.shape[1])] if names is None else list(names)
    names = np.asarray(feature_names).tolist()
    if len(set(names)) != len(names):
        raise ValueError(f"feature_names should not contain duplicates, got {names}")
    return names


def numbers_of(X, features, names):
    """Column numbers of `features`: one or several names or numbers, or a mask.

    Raises
    ------
    ValueError
        For a name or a number that is not there, and for a number below 0.
    """
    n_columns = X.shape[1]
    wanted = np.asarray(features)
    if wanted.dtype.kind in "iu" and (wanted < 0).any():
        raise ValueError(f"all features must be in [0, {n_columns - 1}], got {features!r}")
    flat = wanted.reshape(-1).tolist()
    if column_names(X) is None and wanted.dtype.kind in "UO" and set(flat) <= set(names):
        return [names.index(each) for each in flat]
    return list(column_index(X, wanted.reshape(-1) if wanted.ndim else wanted.item()))


def number_of(feature, names):
    """Column number of one name or number."""
    if isinstance(feature, (bool, np.bool_)):
        raise ValueError(f"a column is meant by name or number, not by {feature!r}")
    if not isinstance(feature, str):
        return int(feature)
    if feature not in names:
        raise ValueError(f"Feature {feature!r} not in feature_names, which are {names}")
    return names.index(feature)


def categories_among(columns, categorical_features, names, n_columns):
    """Whether each of `columns` is said to be categorical: by a mask, by numbers or by names.

    Raises
    ------
    ValueError
        For a mask of another length, an unknown name, or a declaration of no such kind.
    """
    if categorical_features is None:
        return [False] * len(columns)
    given = np.asarray(categorical_features)
    if given.dtype.kind == "b":
        if given.size != n_columns:
            raise ValueError(
                "categorical_features, as a mask, should be of shape (n_features,): it has "
                f"{given.size} entries for {n_columns} columns"
            )
        return [bool(given[j]) for j in columns]
    if given.dtype.kind not in "iuUO":
        raise ValueError(
            f"categorical_features are a mask, numbers or names of columns, got {given.dtype}"
        )
    named = {number_of(each, names) for each in given.tolist()}
    return [j in named for j in columns]
