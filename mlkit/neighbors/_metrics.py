"""Metrics by algorithm, and what a model's `metric`, `p` and `metric_params` mean together."""

import math
import warnings

import numpy as np

from .._core.domains import Interval, callable_, has_methods, one_of
from .._core.errors import InvalidParameterError

_BOXED = ["euclidean", "l2", "minkowski", "p", "manhattan", "cityblock", "l1", "chebyshev",
          "infinity"]  # fmt: skip
VALID_METRICS = {
    "ball_tree": [
        *_BOXED, "seuclidean", "mahalanobis", "hamming", "canberra", "braycurtis", "jaccard",
        "dice", "rogerstanimoto", "russellrao", "sokalmichener", "sokalsneath", "haversine",
        "pyfunc",
    ],
    "kd_tree": _BOXED,
    "brute": [
        "braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "dice",
        "euclidean", "hamming", "haversine", "jaccard", "l1", "l2", "mahalanobis", "manhattan",
        "minkowski", "nan_euclidean", "precomputed", "rogerstanimoto", "russellrao", "seuclidean",
        "sokalsneath", "sqeuclidean", "yule",
    ],
}  # fmt: skip
"""Algorithm → names of the metrics that it takes."""

VALID_METRICS_SPARSE = {
    "ball_tree": [],
    "kd_tree": [],
    "brute": {"precomputed", "euclidean", "l1", "manhattan", "cityblock", "cosine", "l2"},
}
"""Algorithm → names of the metrics that it takes with sparse X."""

NAMES = tuple(sorted({name for names in VALID_METRICS.values() for name in names}))
is_distance_object = has_methods("pairwise", "dist_to_rdist").admits
exponent_domain = Interval(0, math.inf, open_left=True)
metric_domain = one_of(*NAMES) | callable_ | has_methods("pairwise", "dist_to_rdist")


def from_object(metric):
    """Name and parameters of a `DistanceMetric`, or a function of two rows.

    An object that does not tell its name is used as a function.
    """
    name, params = getattr(metric, "metric", None), getattr(metric, "params", None)
    if isinstance(name, str) and isinstance(params, dict):
        if name == "pyfunc":
            return params["func"], {key: each for key, each in params.items() if key != "func"}
        return name, dict(params)

    def function(x, y):
        return float(metric.pairwise(np.atleast_2d(x), np.atleast_2d(y))[0, 0])

    return function, {}


def effective_metric(metric, p, params, who):
    """Return the metric under its plainest name, and the parameters that are left.

    Parameters
    ----------
    metric : str, callable or DistanceMetric
    p : float
        Exponent of "minkowski" where `params` has none.
    params : dict or None
    who : str
        Named in messages.

    Returns
    -------
    metric : str or callable
    params : dict

    Warns
    -----
    SyntaxWarning
        For p among the parameters: it overrides the model's own.
    """
    params = dict(params or {})
    if is_distance_object(metric):
        metric, known = from_object(metric)
        params = {**known, **params}
    if metric not in ("minkowski", "p"):
        return metric, params
    if "p" in params:
        warnings.warn(
            f"{who}: metric_params has p={params['p']!r}, which overrides p={p!r}: give p once",
            SyntaxWarning,
            stacklevel=4,
        )
    p = params.setdefault("p", p)
    if params.get("w") is not None:
        return "minkowski", params
    params.pop("w", None)
    plain = {1: "manhattan", 2: "euclidean", np.inf: "chebyshev"}.get(p)
    if plain is None:
        return "minkowski", params
    params.pop("p")
    return plain, params


def check_algorithm(algorithm, metric, params, who):
    """Refuse a tree that does not take the metric.

    Parameters
    ----------
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}
    metric : str or callable
        As `effective_metric` gives it.
    params : dict
    who : str

    Raises
    ------
    ValueError
    """
    if algorithm == "auto":
        return
    valid = VALID_METRICS[algorithm]
    if callable(metric):
        if algorithm == "kd_tree":
            raise InvalidParameterError(
                f"{who}: algorithm='kd_tree' cannot bound a function: use 'ball_tree' or 'brute'"
            )
        return
    weighted = algorithm == "kd_tree" and params.get("w") is not None
    if metric not in valid or weighted:
        named = f"metric={metric!r}" + (" with weights w" if weighted else "")
        raise InvalidParameterError(
            f"{who}: algorithm={algorithm!r} does not take {named}: use one of {sorted(valid)}, or "
            "algorithm='brute'"
        )
    if metric == "minkowski" and params["p"] < 1 and algorithm != "brute":
        raise InvalidParameterError(
            f'{who}: algorithm="{algorithm}" does not support 0 < p < 1 for Minkowski, which then '
            'is no metric: set p >= 1 or algorithm="brute"'
        )
