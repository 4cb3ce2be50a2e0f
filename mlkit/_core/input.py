"""The estimator's door: X and y against what the estimator takes and what it saw in ``fit``."""

import warnings
from functools import cache

import numpy as np

from .convert import check_array, check_X_y, check_y
from .door import is_plain
from .fitted import check_is_fitted
from .shape import num_features
from .sparse import issparse, narrow_index
from .tables import column_names, feature_names, uniform_values

_DTYPES = {
    "float": [np.float64, np.float32],
    "float64": np.float64,
    "numeric": "numeric",
    "any": None,
}


# ------------------------------------------------------------------------------ names
def check_feature_names(estimator, X, *, reset):
    """Store the column names of X (`reset`), or compare them with those stored.

    Sets or removes ``feature_names_in_``.

    Raises
    ------
    ValueError
        If names were seen in ``fit`` and those of X are others, or in another order.

    Warns
    -----
    UserWarning
        If only one of ``fit`` and this call saw names.
    """
    if reset:
        names = feature_names(X)
        if names is not None:
            estimator.feature_names_in_ = names
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return
    fitted = getattr(estimator, "feature_names_in_", None)
    if type(X) is np.ndarray and fitted is None:
        return
    if fitted is not None and column_names(X) == fitted.tolist():
        return
    names = feature_names(X)
    if names is None and fitted is None:
        return
    who = type(estimator).__name__
    if fitted is None:
        warnings.warn(
            f"X has feature names, but {who} was fitted without feature names",
            UserWarning,
            stacklevel=2,
        )
    elif names is None:
        warnings.warn(
            f"X does not have valid feature names, but {who} was fitted with feature names",
            UserWarning,
            stacklevel=2,
        )
    else:
        _refuse_names(names, fitted)


def _refuse_names(names, fitted):
    if len(names) == len(fitted) and (names == fitted).all():
        return
    message = "The feature names should match those that were passed during fit.\n"
    unseen = sorted(set(names) - set(fitted))
    missing = sorted(set(fitted) - set(names))
    if unseen:
        message += "Feature names unseen at fit time:\n" + _listed(unseen)
    if missing:
        message += "Feature names seen at fit time, yet now missing:\n" + _listed(missing)
    if not unseen and not missing:
        message += "Feature names must be in the same order as they were in fit.\n"
    raise ValueError(message)


def _listed(names, most=5):
    lines = [f"- {name}\n" for name in names[:most]]
    return "".join([*lines, "- ...\n"] if len(names) > most else lines)


def check_n_features(estimator, X, reset):
    """Store the number of columns of X (`reset`), or compare it with ``n_features_in_``.

    Raises
    ------
    ValueError
        If X has another number of columns than in ``fit``, or none.
    """
    expected = None if reset else getattr(estimator, "n_features_in_", None)
    if not reset and expected is None:
        return
    try:
        width = num_features(X)
    except TypeError as error:
        if reset:
            return
        raise ValueError(
            f"X does not contain any features, but {type(estimator).__name__} is expecting "
            f"{expected} features"
        ) from error
    if reset:
        estimator.n_features_in_ = width
    elif width != expected:
        raise ValueError(
            f"X has {width} features, but {type(estimator).__name__} is expecting {expected} "
            "features as input."
        )


def check_input_names(estimator, input_features=None):
    """Return the names of an estimator's input columns, for ``get_feature_names_out``.

    Parameters
    ----------
    estimator : fitted estimator
    input_features : array-like of str or None, default None
        Must agree with what was seen in ``fit``; None takes that, or x0, x1, ...

    Returns
    -------
    ndarray of str objects

    Raises
    ------
    ValueError
        If names disagree, or there is nothing to make names of.
    """
    fitted = getattr(estimator, "feature_names_in_", None)
    width = getattr(estimator, "n_features_in_", None)
    if input_features is not None:
        names = np.asarray(input_features, dtype=object)
        if fitted is not None and not np.array_equal(fitted, names):
            raise ValueError("input_features is not equal to feature_names_in_")
        if width is not None and len(names) != width:
            raise ValueError(
                f"input_features should have length equal to the number of features ({width}), "
                f"got {len(names)}"
            )
        return names
    if fitted is not None:
        return fitted
    if width is None:
        raise ValueError(
            f"Unable to generate feature names: {type(estimator).__name__} has no n_features_in_"
        )
    return np.asarray([f"x{i}" for i in range(width)], dtype=object)


# -------------------------------------------------------------------------- the door
@cache
def _arguments(traits, reset):
    """Arguments of `check_array` that traits amount to.

    What ``fit`` needs at least does not bind a later call: one row can be predicted.
    """
    return {
        "accept_sparse": traits.sparse or False,
        "dtype": _DTYPES[traits.dtype],
        "order": traits.order,
        "ensure_all_finite": "allow-nan" if traits.missing else True,
        "ensure_non_negative": traits.positive,
        "ensure_2d": not traits.one_d_array,
        "allow_nd": traits.three_d_array,
        "ensure_min_samples": traits.min_rows if reset else 1,
        "ensure_min_features": traits.min_columns if reset else 1,
    }


def _overridden(arguments, overrides):
    """`arguments` with some changed, by the name of a trait or of an argument of `check_array`."""
    arguments = dict(arguments)
    renamed = {
        "sparse": "accept_sparse",
        "missing": "ensure_all_finite",
        "positive": "ensure_non_negative",
        "min_rows": "ensure_min_samples",
        "min_columns": "ensure_min_features",
    }
    for name, value in overrides.items():
        if name == "missing":
            value = "allow-nan" if value else True
        elif name == "dtype" and isinstance(value, str):
            value = _DTYPES.get(value, value)
        elif name == "sparse" and not value:
            value = False
        arguments[renamed.get(name, name)] = value
    return arguments


def check_input(estimator, X, *, reset, **overrides):
    """Return X as the traits of `estimator` want it; check its names and width.

    Parameters
    ----------
    estimator : estimator object with `traits`
    X : array-like, sparse matrix or data frame
    reset : bool
        True in ``fit``: names and width are stored. Else they are compared, and an estimator
        that has not been fitted is refused.
    **overrides
        Traits (`sparse`, `missing`, `dtype`, `order`, `min_rows`, `min_columns`, `positive`)
        or arguments of `check_array` that hold for this call.

    Returns
    -------
    ndarray or sparse matrix
        Dense: aligned and of native byte order. CSR and CSC: 32-bit indices if they suffice.

    Raises
    ------
    NotFittedError
        If `reset` is False before ``fit``.
    ValueError, TypeError
        As `check_array`, `check_feature_names` and `check_n_features`.
    """
    if not reset and not hasattr(estimator, "n_features_in_"):
        check_is_fitted(estimator)
    check_feature_names(estimator, X, reset=reset)
    traits = estimator.traits
    if not (reset or overrides or traits.positive or traits.order) and traits.dtype == "float":
        values = uniform_values(X)
        width = getattr(estimator, "n_features_in_", None)
        if values is not None and width is not None and is_plain(values, width, traits.missing):
            return values
    arguments = _arguments(traits, reset)
    if overrides:
        arguments = _overridden(arguments, overrides)
    X = check_array(X, estimator=estimator, input_name="X", **arguments)
    check_n_features(estimator, X, reset)
    if issparse(X):
        return narrow_index(X)
    if type(X) is np.ndarray and not (X.flags.aligned and X.dtype.isnative):
        X = X.astype(X.dtype.newbyteorder("="), order="K", copy=True)
    return X


def check_target(estimator, y, *, multi_output=None, numeric=False):
    """Return y as an array: 1-D, or up to 2-D where the traits of `estimator` say so.

    Parameters
    ----------
    estimator : estimator object with `traits`
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
    multi_output : bool or None, default None
        None takes the trait.
    numeric : bool, default False
        Turn objects into float64.

    Returns
    -------
    ndarray, CSR matrix or None
        None only if y is None and the estimator needs none.

    Raises
    ------
    ValueError
        If a needed y is None, or y is not finite or of a wrong shape.
    """
    if y is None:
        if estimator.traits.requires_y:
            raise ValueError(
                f"{type(estimator).__name__} requires y to be passed, but the target y is None."
            )
        return None
    if multi_output is None:
        multi_output = estimator.traits.multi_output
    return check_y(y, multi_output=multi_output, y_numeric=numeric, estimator=estimator)


def _needs_target(estimator):
    tags = getattr(estimator, "__sklearn_tags__", None)
    return tags is not None and tags().target_tags.required


def _absent(value):
    return isinstance(value, str) and value == "no_validation"


def validate_data(
    _estimator,
    /,
    X="no_validation",
    y="no_validation",
    reset=True,
    validate_separately=False,
    skip_check_array=False,
    **check_params,
):
    """Check X and y for an estimator; set or compare ``n_features_in_`` and ``feature_names_in_``.

    Parameters
    ----------
    _estimator : estimator object
    X : array-like, sparse matrix or data frame, default "no_validation"
        Left out of the check by the default.
    y : array-like or None, default "no_validation"
        None is refused if the estimator's tags say that y is required.
    reset : bool, default True
        True in ``fit``; else X is compared with what was seen there.
    validate_separately : False or tuple of dict, default False
        Arguments of `check_array` for X and for y.
    skip_check_array : bool, default False
        Check names and width alone.
    **check_params
        Arguments of `check_array` or `check_X_y`.

    Returns
    -------
    X, y or both
        What was given, checked.

    Raises
    ------
    ValueError
        If neither was given, or anything is refused.

    Examples
    --------
    >>> from mlkit.base import BaseEstimator
    >>> from mlkit.utils.validation import validate_data
    >>> estimator = BaseEstimator()
    >>> X = validate_data(estimator, [[1.0, 2.0]])
    >>> estimator.n_features_in_
    2
    """
    check_feature_names(_estimator, X, reset=reset)
    if y is None and _needs_target(_estimator):
        raise ValueError(
            f"{type(_estimator).__name__} requires y to be passed, but the target y is None."
        )
    has_X, has_y = not _absent(X), y is not None and not _absent(y)
    if not has_X and not has_y:
        raise ValueError("validate_data: give X, y or both")
    if not skip_check_array:
        X, y = _checked(_estimator, X, y, has_X, has_y, validate_separately, check_params)
    if has_X and check_params.get("ensure_2d", True):
        check_n_features(_estimator, X, reset)
    if has_X and (has_y or (skip_check_array and y is None)):
        return X, y
    return X if has_X else y


def _checked(estimator, X, y, has_X, has_y, separately, check_params):
    params = {"estimator": estimator, **check_params}
    if has_X and not has_y:
        return check_array(X, input_name="X", **params), y
    if has_y and not has_X:
        return X, check_y(y, **params)
    if not separately:
        return check_X_y(X, y, **params)
    for_X, for_y = ({"estimator": estimator, **each} for each in separately)
    return check_array(X, input_name="X", **for_X), check_array(y, input_name="y", **for_y)
