"""What a model predicts as some columns change and the others stay as they are."""

import numpy as np

from .._core.arrays import check_array, check_is_fitted, check_sample_weight, num_samples
from .._core.bunch import Bunch
from .._core.domains import (
    array_like,
    has_methods,
    instance_of,
    integer,
    mapping,
    none,
    one_of,
    string,
)
from .._core.indexing import take_rows
from .._core.params import checked
from .._core.sparse import issparse
from .._core.tables import is_dataframe, to_native
from ..metrics._response import pick_method, role_of
from ._columns import replaceable
from ._features import categories_among, names_of, numbers_of
from ._grid import axis_of, check_grid_options, custom_axis

# Rows predicted in one call: enough to hide what a call costs, few enough to stay in cache.
_BATCH_ROWS = 1 << 14

_RECURSION = "_compute_partial_dependence_recursion"


@checked(
    estimator=has_methods("fit", "predict")
    | has_methods("fit", "predict_proba")
    | has_methods("fit", "decision_function"),
    features=array_like | integer() | string,
    sample_weight=array_like | none,
    categorical_features=array_like | none,
    feature_names=array_like | none,
    response_method=one_of("auto", "predict_proba", "decision_function"),
    percentiles=instance_of(tuple),
    grid_resolution=integer(1),
    method=one_of("auto", "recursion", "brute"),
    kind=one_of("average", "individual", "both"),
    custom_values=mapping | none,
)
def partial_dependence(
    estimator,
    X,
    features,
    *,
    sample_weight=None,
    categorical_features=None,
    feature_names=None,
    response_method="auto",
    percentiles=(0.05, 0.95),
    grid_resolution=100,
    custom_values=None,
    method="auto",
    kind="average",
):
    """The mean prediction over the rows of X, their columns `features` set to each grid value.

    ``Σᵢ wᵢ f(s, xᵢ) / Σᵢ wᵢ`` for each s of the grid, xᵢ being row i without the columns.

    Parameters
    ----------
    estimator : fitted regressor or classifier
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    features : int, str or array-like of them, or boolean mask
        One column or several, which change together.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the mean; without effect on individual predictions.
    categorical_features : array-like of bool, int or str, default=None
        Columns of categories, of which all that occur are on the grid.
    feature_names : array-like of str, default=None
        Names of the columns of an array, by which `features` may mean them.
    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        What a classifier predicts; "auto" is the first of the other two that it has.
    percentiles : tuple of two floats, default=(0.05, 0.95)
        Where the grid of a column of numbers begins and ends.
    grid_resolution : int, default=100
        How many values are on it, at most. A column of whole numbers has whole ones only.
    custom_values : dict, default=None
        A feature, as it is written in `features`, to the values of its grid.
    method : {"auto", "recursion", "brute"}, default="auto"
        "brute" predicts all rows at each grid value. "recursion" is for models of trees, which
        compute means over their training rows by themselves, quicker, and only of what is added
        up (a classifier's decision function, without its first prediction); "auto" takes it where
        the model offers it and it means the same.
    kind : {"average", "individual", "both"}, default="average"
        Means, or the prediction of each row, or both.

    Returns
    -------
    Bunch
        ``grid_values``, a list of arrays, one a feature; ``average`` of shape (n_outputs,
        len(grid_values[0]), ...) and ``individual`` of shape (n_outputs, n_samples,
        len(grid_values[0]), ...), as `kind` asks. n_outputs is the number of classes, or 1 for
        two, or that of targets.

    References
    ----------
    Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics
    29, 2001. Goldstein, Kapelner, Bleich and Pitkin, "Peeking inside the black box", Journal of
    Computational and Graphical Statistics 24, 2015.

    Examples
    --------
    >>> from mlkit.inspection import partial_dependence
    >>> from mlkit.linear_model import LinearRegression
    >>> X = [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]
    >>> model = LinearRegression().fit(X, [1.0, 3.0, 5.0])
    >>> found = partial_dependence(model, X, [0])
    >>> found.grid_values, found.average.round(6)
    ([array([0., 1., 2.])], array([[1., 3., 5.]]))
    """
    check_is_fitted(estimator)
    X = to_native(X)
    if not (is_dataframe(X) or issparse(X) or hasattr(X, "__array__")):
        X = check_array(X, ensure_all_finite="allow-nan", dtype=None)
    _check_model(estimator, response_method)
    method = _choose_method(estimator, method, kind, sample_weight, response_method)
    weight = check_sample_weight(sample_weight, X)
    check_grid_options(percentiles, grid_resolution)
    names = names_of(X, feature_names)
    columns = numbers_of(X, features, names)
    categorical = categories_among(columns, categorical_features, names, X.shape[1])
    data = replaceable(X)
    axes = _axes(
        data, features, columns, categorical, names, percentiles, grid_resolution, custom_values
    )
    if method == "recursion":
        found = {"average": _by_recursion(estimator, axes, columns)}
    else:
        predict = _predictor(estimator, response_method)
        found = _by_prediction(predict, X, data, axes, columns, weight, kind)
    shape = tuple(len(axis) for axis in axes)
    result = Bunch(grid_values=axes)
    if kind != "individual":
        result["average"] = found["average"].reshape(-1, *shape)
    if kind != "average":
        individual = found["individual"]
        result["individual"] = individual.reshape(len(individual), -1, *shape)
    return result


# ---------------------------------------------------------------- what is asked of whom
def _check_model(estimator, response_method):
    """Raise ValueError for a model that is neither regressor nor classifier of one target."""
    name, role = type(estimator).__name__, role_of(estimator)
    if role not in ("classifier", "regressor"):
        raise ValueError(
            "partial_dependence: 'estimator' must be a fitted regressor or classifier; "
            f"{name} is a {role}"
        )
    if role == "classifier" and isinstance(estimator.classes_[0], np.ndarray):
        raise ValueError(
            f"partial_dependence: {name} classifies several targets; inspect a model of each"
        )
    if role == "regressor" and response_method != "auto":
        raise ValueError(
            f"partial_dependence: {name} is a regressor, which only predicts; response_method must "
            f"be 'auto', got {response_method!r}"
        )


def offers_recursion(estimator):
    """Whether a model of trees computes partial dependences by itself.

    Such a model has ``_compute_partial_dependence_recursion(grid, features)``, which returns means
    of shape (n_outputs, n_grid) for a grid of shape (n_grid, n_features); scikit-learn's do.
    """
    # scikit-learn's extremely randomised trees inherit the method without offering it.
    return hasattr(estimator, _RECURSION) and type(estimator).__name__ != "ExtraTreesRegressor"


def _choose_method(estimator, method, kind, sample_weight, response_method):
    if kind != "average" or sample_weight is not None:
        if method == "recursion":
            raise ValueError(
                "partial_dependence: method='recursion' computes unweighted means only: it needs "
                f"kind='average', not {kind!r}, and sample_weight=None"
            )
        return "brute"
    able = offers_recursion(estimator)
    if method == "auto":
        # The first prediction of boosting, which recursion leaves out, is not always constant.
        constant = getattr(estimator, "init", None) is None
        method = "recursion" if able and constant else "brute"
    if method == "brute":
        return method
    if not able:
        raise ValueError(
            f"partial_dependence: {type(estimator).__name__} does not support the 'recursion' "
            "method; models of trees do: use method='brute'"
        )
    if response_method == "predict_proba":
        raise ValueError(
            "partial_dependence: the 'recursion' method is of the decision function: set "
            "response_method='decision_function', or method='brute'"
        )
    return method


def _axes(data, features, columns, categorical, names, percentiles, resolution, custom_values):
    """The grid of each column."""
    custom = custom_values or {}
    given = np.asarray(features).reshape(-1).tolist()
    # A mask does not name columns one by one.
    given = given if len(given) == len(columns) else columns
    axes = []
    for feature, j, is_categorical in zip(given, columns, categorical, strict=True):
        if feature in custom:
            axes.append(custom_axis(custom[feature], feature))
        else:
            values = data.column(j)
            axes.append(axis_of(values, is_categorical, percentiles, resolution, names[j]))
    return axes


# -------------------------------------------------------------------------- computation
def _by_recursion(estimator, axes, columns):
    grid = np.stack([mesh.ravel() for mesh in np.meshgrid(*axes, indexing="ij")], axis=1)
    features = np.asarray(columns, dtype=np.int32)
    return np.atleast_2d(getattr(estimator, _RECURSION)(grid, features))


def _predictor(estimator, response_method):
    """A function of X that gives predictions of shape (n_rows, n_outputs)."""
    if role_of(estimator) == "regressor":
        method = "predict"
    else:
        both = ("predict_proba", "decision_function")
        method = pick_method(estimator, both if response_method == "auto" else response_method)

    def predict(X):
        predicted = np.asarray(getattr(estimator, method)(X))
        predicted = predicted.reshape(len(predicted), -1)
        # Of two probabilities the second tells all.
        return (
            predicted[:, 1:] if method == "predict_proba" and predicted.shape[1] == 2 else predicted
        )

    return predict


def _by_prediction(predict, X, data, axes, columns, weight, kind):
    """Means and predictions over the grid, their last axis; few rows at several values a call."""
    n_rows, n_grid = num_samples(X), int(np.prod([len(axis) for axis in axes]))
    n_together = max(1, min(n_grid, _BATCH_ROWS // n_rows))
    if n_together > 1:
        data = replaceable(take_rows(X, np.tile(np.arange(n_rows), n_together)))
    means, parts = [], []
    for start in range(0, n_grid, n_together):
        places = np.arange(start, start + n_together)
        # The last call's tail repeats the last value, so that all calls are of one size.
        kept = min(n_together, n_grid - start)
        at = np.unravel_index(np.minimum(places, n_grid - 1), [len(axis) for axis in axes])
        changed = {
            j: np.repeat(axis[where], n_rows)
            for j, axis, where in zip(columns, axes, at, strict=True)
        }
        predicted = predict(data.replaced(changed))
        predicted = predicted.reshape(n_together, n_rows, -1)[:kept]
        if kind != "individual":
            means.append(np.array([np.average(each, axis=0, weights=weight) for each in predicted]))
        if kind != "average":
            parts.append(predicted.transpose(2, 1, 0))
    found = {}
    if means:
        found["average"] = np.concatenate(means).T
    if parts:
        found["individual"] = np.concatenate(parts, axis=2)
    return found
