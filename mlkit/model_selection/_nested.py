"""Nested cross-validation: the score of a search, on rows that no part of it has seen."""

import numpy as np

from .._core.domains import boolean, has_methods
from .._core.params import checked
from .._core.routing import get_routing_for_object, routing_enabled
from ._validate import DOMAINS, SCORING, cross_validate


def _takes_groups(splitter):
    """Whether a splitter asks for groups."""
    if not hasattr(splitter, "split") or not hasattr(splitter, "get_metadata_routing"):
        return False
    request = get_routing_for_object(splitter)
    return request.split.requests.get("groups") is True


@checked(
    **{**DOMAINS, "search": has_methods("fit"), "scoring": SCORING},
    return_train_score=boolean,
    return_estimator=boolean,
    return_indices=boolean,
)
def nested_cross_validate(
    search,
    X,
    y=None,
    *,
    groups=None,
    scoring=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    pre_dispatch="2*n_jobs",
    return_train_score=False,
    return_estimator=False,
    return_indices=False,
    error_score=np.nan,
):
    """Score a search as a whole: on each outer fold it chooses anew, from the training rows alone.

    The best score of a search is that of the luckiest candidate; this one is what a model chosen
    like this scores on new rows.

    Parameters
    ----------
    search : estimator object with ``best_params_`` after ``fit``
        `GridSearchCV` and its kin, with the inner folds as its `cv`.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    groups : array-like of shape (n_samples,), default=None
        For the outer splitter, and for the inner one if it is one of groups.
    scoring : str, callable, list, tuple or dict, default=None
        Of the outer folds; None is the search's ``score``.
    cv : int, splitter, iterable or None, default=None
        The outer folds.
    n_jobs, verbose, params, pre_dispatch, error_score
        As in `cross_validate`.
    return_train_score, return_estimator, return_indices : bool, default=False
        As in `cross_validate`; the estimators are the fitted searches.

    Returns
    -------
    dict
        As of `cross_validate`, and an entry a fold of ``best_params``, the chosen parameters, and
        of ``best_score``, the score on the inner folds, which is too good as a rule.

    References
    ----------
    Cawley, G. C. and Talbot, N. L. C. (2010). On over-fitting in model selection and subsequent
    selection bias in performance evaluation. JMLR 11.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import GridSearchCV, nested_cross_validate
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = GridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1]}, cv=4)
    >>> found = nested_cross_validate(search, X, y, cv=3)
    >>> found["test_score"].round(1), found["best_params"][0]
    (array([0.5, 0.5, 0.5]), {'alpha': 0.01})
    """
    params = dict(params or {})
    if groups is not None:
        if routing_enabled():
            params["groups"], groups = groups, None
        elif _takes_groups(getattr(search, "cv", None)):
            params["groups"] = groups
    table = cross_validate(
        search,
        X,
        y,
        groups=groups,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        return_train_score=return_train_score,
        return_estimator=True,
        return_indices=return_indices,
        error_score=error_score,
    )
    fitted = table["estimator"]
    if not any(hasattr(each, "best_params_") for each in fitted):
        raise TypeError(
            f"nested_cross_validate: {type(search).__name__} has no best_params_ after fit; pass "
            "a search such as GridSearchCV, or use cross_validate"
        )
    table["best_params"] = [getattr(each, "best_params_", None) for each in fitted]
    table["best_score"] = np.array([getattr(each, "best_score_", np.nan) for each in fitted])
    if not return_estimator:
        del table["estimator"]
    return table
