"""Scores along a curve: over training sizes, over values of a parameter, over shuffled targets."""

from operator import itemgetter

import numpy as np

from .._core.arrays import indexable, num_samples
from .._core.domains import (
    array_like,
    boolean,
    has_methods,
    integer,
    none,
    random_state,
    string,
)
from .._core.indexing import safe_indexing
from .._core.jobs import run_jobs
from .._core.params import checked, clone
from .._core.roles import is_classifier
from .._core.seeds import check_random_state
from .._engine.evaluate.fit_score import Job, check_failures, fit_and_score, fit_in_steps, gather
from .._engine.evaluate.shared import Task, list_tasks, offers
from ..metrics import check_scoring
from ._sizes import training_sizes
from ._split import check_cv
from ._validate import DOMAINS, routed_for_folds

_SCORING = string | has_methods("__call__") | none


def _by_size(results, n_folds):
    """Train and test scores, fit and score times of results that go fold by fold: (n, n_folds)."""
    columns = [
        gather(results, "train_scores")["score"],
        gather(results, "test_scores")["score"],
        *(np.array([each[key] for each in results]) for key in ("fit_time", "score_time")),
    ]
    return [column.reshape(n_folds, -1).T for column in columns]


@checked(
    **DOMAINS,
    train_sizes=array_like,
    scoring=_SCORING,
    exploit_incremental_learning=boolean,
    shuffle=boolean,
    random_state=random_state,
    return_times=boolean,
)
def learning_curve(
    estimator,
    X,
    y,
    *,
    groups=None,
    train_sizes=np.linspace(0.1, 1.0, 5),  # noqa: B008 never changed
    cv=None,
    scoring=None,
    exploit_incremental_learning=False,
    n_jobs=None,
    pre_dispatch="all",
    verbose=0,
    shuffle=False,
    random_state=None,
    error_score=np.nan,
    return_times=False,
    params=None,
):
    """Score models that are fitted to more and more rows.

    Parameters
    ----------
    estimator : estimator object
        Cloned for each fold and size.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
    groups : array-like of shape (n_samples,), default=None
        For a splitter of groups.
    train_sizes : array-like of shape (n_ticks,), default=np.linspace(0.1, 1.0, 5)
        Shares of the first fold's training rows if floats, in (0, 1]; numbers of rows if ints.
        What amounts to the same size is used once.
    cv : int, splitter, iterable or None, default=None
        As in `check_cv`.
    scoring : str, callable or None, default=None
        One scorer; None is the estimator's ``score``.
    exploit_incremental_learning : bool, default=False
        Continue one fit by ``partial_fit`` from size to size, in place of a fit for each.
    n_jobs : int, default=None
    pre_dispatch : int or str, default="all"
    verbose : int, default=0
    shuffle : bool, default=False
        Draw the order of the training rows before their beginnings are taken.
    random_state : None, int, RandomState or Generator, default=None
        For `shuffle`.
    error_score : "raise" or number, default=nan
        Score of a fit that fails.
    return_times : bool, default=False
    params : dict, default=None
        Passed to ``fit``; with metadata routing also to the splitter and the scorer.

    Returns
    -------
    train_sizes_abs : ndarray of int of shape (n_ticks,)
    train_scores, test_scores : ndarray of shape (n_ticks, n_folds)
    fit_times, score_times : ndarray of shape (n_ticks, n_folds)
        Only with `return_times`.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import learning_curve
    >>> X, y = load_diabetes(return_X_y=True)
    >>> sizes, train_scores, test_scores = learning_curve(Ridge(), X, y, train_sizes=[50, 200])
    >>> sizes, test_scores.shape
    (array([ 50, 200]), (2, 5))
    """
    if exploit_incremental_learning and not hasattr(estimator, "partial_fit"):
        raise ValueError(
            f"learning_curve: exploit_incremental_learning=True needs partial_fit, which "
            f"{type(estimator).__name__} has not"
        )
    X, y, groups = indexable(X, y, groups)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    scorer = check_scoring(estimator, scoring=scoring)
    method = "partial_fit" if exploit_incremental_learning else "fit"
    routed = routed_for_folds(
        "learning_curve", estimator, cv, groups, params, scorer, ("fit", "partial_fit")
    )
    folds = list(cv.split(X, y, **routed["splitter"]["split"]))
    sizes = training_sizes(train_sizes, len(folds[0][0]))
    if verbose > 0:
        print(f"[learning_curve] training sizes: {sizes}")
    if shuffle:
        rng = check_random_state(random_state)
        folds = [(rng.permutation(train), test) for train, test in folds]
    job = Job(
        scorer=scorer,
        fit_params=routed["estimator"][method],
        score_params=routed["scorer"]["score"],
        error_score=error_score,
        return_train_score=True,
        verbose=int(verbose),
    )
    run = {"n_jobs": n_jobs, "pre_dispatch": pre_dispatch, "verbose": int(verbose)}
    results = _fit_sizes(estimator, X, y, folds, sizes, job, exploit_incremental_learning, run)
    check_failures(results, error_score)
    train_scores, test_scores, fit_times, score_times = _by_size(results, len(folds))
    times = (fit_times, score_times) if return_times else ()
    return sizes, train_scores, test_scores, *times


def _fit_sizes(estimator, X, y, folds, sizes, job, incremental, run):
    """Results of all sizes of the first fold, then of the next."""
    if not incremental:
        calls = [
            ((clone(estimator), X, y, train[:size], test, job), {})
            for train, test in folds
            for size in sizes
        ]
        return run_jobs(fit_and_score, calls, **run)
    classes = np.unique(y) if is_classifier(estimator) else None
    calls = [
        ((clone(estimator), X, y, train, test, job, sizes, classes), {}) for train, test in folds
    ]
    return [result for fold in run_jobs(fit_in_steps, calls, **run) for result in fold]


@checked(**DOMAINS, param_name=string, param_range=array_like, scoring=_SCORING)
def validation_curve(
    estimator,
    X,
    y,
    *,
    param_name,
    param_range,
    groups=None,
    cv=None,
    scoring=None,
    n_jobs=None,
    pre_dispatch="all",
    verbose=0,
    error_score=np.nan,
    params=None,
):
    """Score models over the values of one parameter, on training and test rows.

    Parameters
    ----------
    estimator : estimator object
        Cloned for each fold and value.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
    param_name : str
        The parameter; of a nested estimator ``name__parameter``.
    param_range : array-like of shape (n_values,)
    groups, cv, scoring, n_jobs, pre_dispatch, verbose, error_score, params
        As in `learning_curve`.

    Returns
    -------
    train_scores, test_scores : ndarray of shape (n_values, n_folds)

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import validation_curve
    >>> X, y = load_diabetes(return_X_y=True)
    >>> train_scores, test_scores = validation_curve(
    ...     Ridge(), X, y, param_name="alpha", param_range=[0.1, 100], cv=3
    ... )
    >>> test_scores.mean(axis=1).round(1)
    array([0.5, 0. ])
    """
    X, y, groups = indexable(X, y, groups)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    scorer = check_scoring(estimator, scoring=scoring)
    routed = routed_for_folds("validation_curve", estimator, cv, groups, params, scorer)
    job = Job(
        scorer=scorer,
        fit_params=routed["estimator"]["fit"],
        score_params=routed["scorer"]["score"],
        error_score=error_score,
        return_train_score=True,
        verbose=int(verbose),
    )
    folds = list(cv.split(X, y, **routed["splitter"]["split"]))
    tasks = [Task(number, {param_name: value}) for number, value in enumerate(param_range)]
    portions = [tasks] if offers(estimator) else [[task] for task in tasks]
    calls = [
        ((estimator, X, y, train, test, job, portion), {})
        for train, test in folds
        for portion in portions
    ]
    found = run_jobs(
        list_tasks, calls, n_jobs=n_jobs, pre_dispatch=pre_dispatch, verbose=int(verbose)
    )
    results = [result for part in found for _, result in sorted(part, key=itemgetter(0))]
    check_failures(results, error_score)
    train_scores, test_scores, _, _ = _by_size(results, len(folds))
    return train_scores, test_scores


def _permuted(y, groups, rng):
    """y in drawn order; with groups each keeps its own targets."""
    if groups is None:
        order = rng.permutation(num_samples(y))
    else:
        order = np.arange(len(groups))
        for group in np.unique(groups):
            members = groups == group
            order[members] = rng.permutation(order[members])
    return safe_indexing(y, order)


def _mean_score(estimator, X, y, cv, split_params, job):
    """Mean over folds of the score of one estimator, fitted again on each."""
    return np.mean(
        [
            fit_and_score(estimator, X, y, train, test, job)["test_scores"]
            for train, test in cv.split(X, y, **split_params)
        ]
    )


@checked(
    **{name: domain for name, domain in DOMAINS.items() if name != "pre_dispatch"},
    n_permutations=integer(1),
    random_state=random_state,
    scoring=_SCORING,
)
def permutation_test_score(
    estimator,
    X,
    y,
    *,
    groups=None,
    cv=None,
    n_permutations=100,
    n_jobs=None,
    random_state=0,
    verbose=0,
    scoring=None,
    params=None,
):
    """Test whether a cross-validated score could come of a target that X knows nothing of.

    The null distribution are the scores on y in drawn order; the p-value is
    ``(1 + #{scores ≥ the score}) / (1 + n_permutations)``.

    Parameters
    ----------
    estimator : estimator object
        Cloned for each permutation.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
    groups : array-like of shape (n_samples,), default=None
        Targets change places within a group only; also for a splitter of groups.
    cv : int, splitter, iterable or None, default=None
        As in `check_cv`.
    n_permutations : int, default=100
    n_jobs : int, default=None
        Workers over permutations.
    random_state : None, int, RandomState or Generator, default=0
    verbose : int, default=0
    scoring : str, callable or None, default=None
        One scorer; None is the estimator's ``score``.
    params : dict, default=None
        Passed to ``fit``; with metadata routing also to the splitter and the scorer.

    Returns
    -------
    score : float
    permutation_scores : ndarray of shape (n_permutations,)
    pvalue : float

    References
    ----------
    Ojala, Garriga: Permutation tests for studying classifier performance. JMLR 11, 2010 (test 1).

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import permutation_test_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> score, permutation_scores, pvalue = permutation_test_score(
    ...     Ridge(), X, y, n_permutations=19
    ... )
    >>> round(float(pvalue), 3)
    0.05
    """
    X, y, groups = indexable(X, y, groups)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    scorer = check_scoring(estimator, scoring=scoring)
    rng = check_random_state(random_state)
    routed = routed_for_folds("permutation_test_score", estimator, cv, groups, params, scorer)
    split_params = routed["splitter"]["split"]
    job = Job(
        scorer=scorer,
        fit_params=routed["estimator"]["fit"],
        score_params=routed["scorer"]["score"],
        error_score="raise",
    )
    score = _mean_score(clone(estimator), X, y, cv, split_params, job)
    calls = (
        ((clone(estimator), X, _permuted(y, groups, rng), cv, split_params, job), {})
        for _ in range(n_permutations)
    )
    permuted = np.array(run_jobs(_mean_score, calls, n_jobs=n_jobs, verbose=int(verbose)))
    pvalue = (np.count_nonzero(permuted >= score) + 1.0) / (n_permutations + 1)
    return score, permuted, pvalue
