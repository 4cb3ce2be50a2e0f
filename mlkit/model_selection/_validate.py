"""Cross-validation: scores and predictions of a model on rows it was not fitted to."""

import warnings

import numpy as np

from .._core.arrays import indexable, num_samples
from .._core.domains import (
    anything,
    array_like,
    boolean,
    has_methods,
    integer,
    iterable,
    mapping,
    none,
    one_of,
    real,
    real_or_inf,
    string,
)
from .._core.jobs import run_jobs
from .._core.params import checked, clone
from .._core.roles import is_classifier
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.sparse import issparse
from .._core.targets import encode_labels
from .._engine.evaluate.fit_score import (
    Job,
    check_failures,
    fit_and_score,
    gather,
    rows_of_params,
    take_split,
)
from ..metrics import check_scoring
from ._split import check_cv

CV = integer() | has_methods("split") | iterable | none
SCORING = string | has_methods("__call__") | iterable | mapping | none
ERROR_SCORE = one_of("raise") | real | real_or_inf | anything
PRE_DISPATCH = integer() | string | none

DOMAINS = {
    "estimator": has_methods("fit"),
    "X": anything,
    "y": array_like | none | anything,
    "groups": array_like | none,
    "cv": CV,
    "n_jobs": integer() | none,
    "verbose": integer(0) | boolean,
    "params": mapping | none,
    "pre_dispatch": PRE_DISPATCH,
}


def routed_for_folds(caller, estimator, cv, groups, params, scorer=None, methods=("fit",)):
    """Metadata for the splitter, the estimator's `methods` and the scorer of a cross-validation.

    Without routing `params` are the estimator's and `groups` the splitter's.
    """
    params = params or {}
    if not routing_enabled():
        return route_directly(
            splitter={"split": {"groups": groups}},
            estimator=dict.fromkeys(methods, params),
            scorer={},
        )
    if groups is not None:
        raise ValueError(
            f"{caller}: groups can only be passed if metadata is not routed; with routing pass "
            "params={'groups': groups}"
        )
    router = MetadataRouter(owner=caller)
    router.add(splitter=cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
    called = MethodMapping()
    for method in methods:
        called.add(caller="fit", callee=method)
    router.add(estimator=estimator, method_mapping=called)
    if scorer is not None:
        mapping_ = MethodMapping().add(caller="fit", callee="score")
        router.add(scorer=scorer, method_mapping=mapping_)
    return process_routing(router, "fit", **params)


@checked(
    **DOMAINS,
    scoring=SCORING,
    return_train_score=boolean,
    return_estimator=boolean,
    return_indices=boolean,
)
def cross_validate(
    estimator,
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
    """Fit on each fold's training rows, score on its test rows, and time both.

    Parameters
    ----------
    estimator : estimator object
        Cloned for each fold.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    groups : array-like of shape (n_samples,), default=None
        For a splitter of groups.
    scoring : str, callable, list, tuple or dict, default=None
        One scorer or several; None is the estimator's ``score``.
    cv : int, splitter, iterable or None, default=None
        As in `check_cv`.
    n_jobs : int, default=None
    verbose : int, default=0
    params : dict, default=None
        Passed to ``fit``; with metadata routing also to the splitter and the scorers.
    pre_dispatch : int or str, default="2*n_jobs"
        Fits that joblib prepares ahead.
    return_train_score, return_estimator, return_indices : bool, default=False
        Add ``train_*``, ``estimator``, ``indices``.
    error_score : "raise" or number, default=nan
        Score of a fit that fails.

    Returns
    -------
    dict of str to ndarray of shape (n_splits,)
        fit_time and score_time in seconds, and test_score, or ``test_`` and the scorer's name.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import cross_validate
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = cross_validate(Ridge(0.1), X, y, cv=3, scoring="r2")
    >>> [round(score, 1) for score in found["test_score"].tolist()]
    [0.5, 0.5, 0.5]
    """
    X, y = indexable(X, y)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    scorer = check_scoring(estimator, scoring=scoring, raise_exc=(error_score == "raise"))
    routed = routed_for_folds("cross_validate", estimator, cv, groups, params, scorer)
    folds = list(cv.split(X, y, **routed["splitter"]["split"]))
    job = Job(
        scorer=scorer,
        fit_params=routed["estimator"]["fit"],
        score_params=routed["scorer"]["score"],
        error_score=error_score,
        return_train_score=return_train_score,
        return_estimator=return_estimator,
        verbose=int(verbose),
    )
    calls = [((clone(estimator), X, y, train, test, job), {}) for train, test in folds]
    results = run_jobs(
        fit_and_score, calls, n_jobs=n_jobs, verbose=int(verbose), pre_dispatch=pre_dispatch
    )
    check_failures(results, error_score)
    return _fold_table(results, folds, job, return_indices)


def _fold_table(results, folds, job, return_indices):
    table = {key: np.array([each[key] for each in results]) for key in ("fit_time", "score_time")}
    if job.return_estimator:
        table["estimator"] = [each["estimator"] for each in results]
    if return_indices:
        train, test = zip(*folds, strict=True)
        table["indices"] = {"train": train, "test": test}
    test_scores = gather(results, "test_scores")
    train_scores = gather(results, "train_scores") if job.return_train_score else {}
    for name, scores in test_scores.items():
        table[f"test_{name}"] = scores
        if train_scores:
            table[f"train_{name}"] = train_scores[name]
    return table


@checked(**DOMAINS, scoring=string | has_methods("__call__") | none)
def cross_val_score(
    estimator,
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
    error_score=np.nan,
):
    """Return the score on each fold's test rows; parameters as in `cross_validate`.

    Parameters
    ----------
    estimator : estimator object
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    groups : array-like of shape (n_samples,), default=None
    scoring : str, callable or None, default=None
        One scorer.
    cv, n_jobs, verbose, params, pre_dispatch, error_score
        As in `cross_validate`.

    Returns
    -------
    ndarray of shape (n_splits,)

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.dummy import DummyClassifier
    >>> from mlkit.model_selection import cross_val_score
    >>> cross_val_score(DummyClassifier(), *load_iris(return_X_y=True), cv=2)
    array([0.33333333, 0.33333333])
    """
    scorer = check_scoring(estimator, scoring=scoring)
    return cross_validate(
        estimator=estimator,
        X=X,
        y=y,
        groups=groups,
        scoring={"score": scorer},
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        error_score=error_score,
    )["test_score"]


_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@checked(**DOMAINS, method=one_of(*_METHODS))
def cross_val_predict(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    pre_dispatch="2*n_jobs",
    method="predict",
):
    """Predict each row by a model fitted without its fold.

    Parameters
    ----------
    estimator : estimator object
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    groups : array-like of shape (n_samples,), default=None
    cv : int, splitter, iterable or None, default=None
        Its tests must hold each row once.
    n_jobs, verbose, params, pre_dispatch
        As in `cross_validate`.
    method : {"predict", "predict_proba", "predict_log_proba", "decision_function"}
        What is called; columns are in the order of the sorted classes, and those of a class that
        a fold's training rows lack are filled with the least value.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples,) or (n_samples, n_classes), or a list of them

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import cross_val_predict
    >>> cross_val_predict(Ridge(), *load_diabetes(return_X_y=True)).shape
    (442,)
    """
    X, y = indexable(X, y)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    routed = routed_for_folds("cross_val_predict", estimator, cv, groups, params)
    folds = list(cv.split(X, y, **routed["splitter"]["split"]))
    tested = np.concatenate([test for _, test in folds])
    if not np.array_equal(np.sort(tested), np.arange(num_samples(X))):
        raise ValueError("cross_val_predict only works for partitions: test each row once")
    encodes = method != "predict" and y is not None
    if encodes:
        y = _encoded(y)
    fit_params = routed["estimator"]["fit"]
    calls = [
        ((clone(estimator), X, y, train, test, fit_params, method), {}) for train, test in folds
    ]
    parts = run_jobs(
        _fit_and_predict, calls, n_jobs=n_jobs, verbose=int(verbose), pre_dispatch=pre_dispatch
    )
    order = np.empty(len(tested), dtype=int)
    order[tested] = np.arange(len(tested))
    return _in_order(parts, order)


def _encoded(y):
    """Labels as numbers 0, 1, ..., output by output, so that classes are the same in each fold."""
    y = np.asarray(y)
    if y.ndim == 1:
        return encode_labels(y)[1]
    return np.column_stack([encode_labels(column)[1] for column in y.T])


def _fit_and_predict(estimator, X, y, train, test, fit_params, method):
    X_train, y_train = take_split(estimator, X, y, train)
    X_test, _ = take_split(estimator, X, y, test, train)
    args = (X_train,) if y_train is None else (X_train, y_train)
    estimator.fit(*args, **rows_of_params(X, fit_params, train))
    predicted = getattr(estimator, method)(X_test)
    if method == "predict" or y is None:
        return predicted
    if isinstance(predicted, list):
        return [
            _all_classes(part, classes, len(np.unique(y[:, output])), method)
            for output, (part, classes) in enumerate(
                zip(predicted, estimator.classes_, strict=True)
            )
        ]
    if y.ndim == 2:  # multilabel indicators: a column a label
        return predicted
    return _all_classes(predicted, estimator.classes_, len(np.unique(y)), method)


def _all_classes(predicted, classes, n_classes, method):
    """Spread the columns of the classes seen in training over all classes."""
    if n_classes == len(classes):
        return predicted
    warnings.warn(
        f"Number of classes in training fold ({len(classes)}) does not match total number of "
        f"classes ({n_classes}): {method} of what a fold lacks is a constant; use folds that have "
        "all classes, as StratifiedKFold makes them",
        RuntimeWarning,
        stacklevel=2,
    )
    if method == "decision_function":
        if predicted.ndim == 2 and predicted.shape[1] != len(classes):
            raise ValueError(
                f"cross_val_predict: decision_function returned {predicted.shape[1]} columns for "
                f"{len(classes)} classes; the classes a fold lacks cannot be placed"
            )
        if len(classes) <= 2:
            raise ValueError(
                f"cross_val_predict: only {len(classes)} classes are in a training fold of "
                f"{n_classes}; use fewer folds or StratifiedKFold"
            )
    least = {
        "decision_function": np.finfo(predicted.dtype).min,
        "predict_log_proba": np.finfo(predicted.dtype).min,
        "predict_proba": 0,
    }[method]
    spread = np.full((len(predicted), n_classes), least, dtype=predicted.dtype)
    spread[:, classes] = predicted
    return spread


def _in_order(parts, order):
    if issparse(parts[0]):
        from scipy.sparse import vstack

        return vstack(parts, format=parts[0].format)[order]
    if isinstance(parts[0], list):
        return [
            np.concatenate([part[output] for part in parts])[order]
            for output in range(len(parts[0]))
        ]
    return np.concatenate(parts)[order]
