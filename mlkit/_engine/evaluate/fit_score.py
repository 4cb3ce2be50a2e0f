"""Fit on some rows, score on others: the one place where cross-validation does it."""

import contextlib
import numbers
import time
import traceback
import warnings
from dataclasses import dataclass, field

import numpy as np

from ..._core.arrays import num_samples
from ..._core.errors import FitFailedWarning, twin
from ..._core.indexing import safe_indexing
from ..._core.params import clone
from ..._core.sparse import issparse
from ..._core.tags import get_tags
from .intact import is_allowed_to_write
from .rows import take


@dataclass(frozen=True)
class Job:
    """What is done on every fold.

    Parameters
    ----------
    scorer : callable
        ``scorer(estimator, X, y, **score_params)`` gives a number, or a dict of them.
    fit_params, score_params : dict
        Keyword arguments; those with a value a row follow the rows.
    error_score : number or "raise"
        Score of a fit or a scorer that fails.
    return_train_score, return_estimator : bool
    verbose : int
    """

    scorer: object
    fit_params: dict = field(default_factory=dict)
    score_params: dict = field(default_factory=dict)
    error_score: object = np.nan
    return_train_score: bool = False
    return_estimator: bool = False
    verbose: int = 0


def rows_of_params(X, params, rows=None):
    """Take `rows` of the keyword arguments that have a value a row of X; the rest as they are."""
    if not params:
        return {}
    n_rows = num_samples(X)
    taken = {}
    for name, value in params.items():
        if not is_per_row(value, n_rows):
            taken[name] = value
        else:
            value = value.tocsr() if issparse(value) else value
            taken[name] = value if rows is None else safe_indexing(value, rows)
    return taken


def is_per_row(value, n_rows):
    """Whether a keyword argument has a value a row."""
    if isinstance(value, (str, bytes, dict)) or not (
        hasattr(value, "__len__") or hasattr(value, "shape")
    ):
        return False
    try:
        return num_samples(value) == n_rows
    except TypeError:
        return False


def refuse_no_rows(owner, X):
    """Raise for X without rows in the name of `owner`, which leaves all else to what it holds."""
    name = type(owner).__name__
    try:
        n_rows = num_samples(X)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from error
    if n_rows == 0:
        raise ValueError(f"{name}: X has 0 sample(s), while a minimum of 1 is required")


def take_split(estimator, X, y, rows, train_rows=None):
    """Take `rows` of X and y; of a square X of pairs also the columns, those of `train_rows`."""
    try:
        pairwise = get_tags(estimator).input_tags.pairwise
    except AttributeError:
        pairwise = False
    if pairwise:
        if not hasattr(X, "shape"):
            raise ValueError(
                "a matrix of pairs is split by rows and columns: pass an array or a sparse matrix"
            )
        if X.shape[0] != X.shape[1]:
            raise ValueError(f"a matrix of pairs must be square, got shape {X.shape}")
        columns = rows if train_rows is None else train_rows
        X_taken = X[np.ix_(rows, columns)]
    else:
        X_taken = take(X, rows)
    return X_taken, None if y is None else take(y, rows)


@contextlib.contextmanager
def _reported(context, caller, estimator, X, y, metadata):
    """The callbacks of one fold: handed on to the estimator, told of beginning and end."""
    if context is None:
        yield
        return
    with context.propagate_callback_context(estimator):
        context.call_on_fit_task_begin(estimator=caller, X=X, y=y, metadata=metadata)
        yield


def fit_and_score(
    estimator,
    X,
    y,
    train,
    test,
    job,
    params=None,
    place="",
    caller=None,
    context=None,
    started=False,
):
    """Fit a clone-ready `estimator` on the rows `train` and score it on `test`.

    One that is `started` has its parameters and goes on from what it has fitted.

    Returns
    -------
    dict
        fit_time, score_time, n_test_samples, fit_error (the traceback, or None), test_scores,
        and train_scores and estimator where the job asks for them.
    """
    if job.verbose > 1:
        announce("START", place, params)
    if params and not started:
        # Cloned, so that a candidate's estimators are not fitted in the user's grid.
        estimator = estimator.set_params(**clone(params, safe=False))
    X_train, y_train = take_split(estimator, X, y, train)
    X_test, y_test = take_split(estimator, X, y, test, train)
    fit_params = rows_of_params(X, job.fit_params, train)
    weight = fit_params.get("sample_weight")
    metadata = None if weight is None else {"sample_weight": weight}
    result = {"n_test_samples": num_samples(X_test), "fit_error": None}
    began = time.perf_counter()
    try:
        with _reported(context, caller, estimator, X_train, y_train, metadata):
            args = (X_train,) if y_train is None else (X_train, y_train)
            estimator.fit(*args, **fit_params)
    except Exception as error:
        result["fit_time"] = time.perf_counter() - began
        failed_result(result, error, job)
    else:
        result["fit_time"] = time.perf_counter() - began
        began = time.perf_counter()
        result["test_scores"] = score_on(estimator, X_test, y_test, job, X, test)
        result["score_time"] = time.perf_counter() - began
        if job.return_train_score:
            if is_allowed_to_write(estimator):
                X_train, y_train = take_split(estimator, X, y, train)
            result["train_scores"] = score_on(estimator, X_train, y_train, job, X, train)
        if context is not None:
            context.call_on_fit_task_end(estimator=caller, X=X_train, y=y_train, metadata=metadata)
    if job.return_estimator:
        result["estimator"] = estimator
    if job.verbose:
        announce("END", place, params, result, job)
    return result


def fit_in_steps(estimator, X, y, train, test, job, sizes, classes=None):
    """Fit by ``partial_fit`` on ever more of the rows `train`; score after each step.

    Parameters
    ----------
    estimator : estimator object
        Unfitted.
    sizes : sequence of int
        How many of the rows have been seen after each step, ascending.
    classes : ndarray, default=None
        Passed to ``partial_fit`` if given.

    Returns
    -------
    list of dict
        As `fit_and_score` returns, one a step; fit_time is that of the step.
    """
    fixed = {} if classes is None else {"classes": classes}
    X_test, y_test = take_split(estimator, X, y, test, train)
    results, seen = [], 0
    for size in sizes:
        rows = train[seen:size]
        args = take_split(estimator, X, y, rows)
        params = rows_of_params(X, job.fit_params, rows)
        began = time.perf_counter()
        estimator.partial_fit(*(args[:1] if y is None else args), **fixed, **params)
        result = {"fit_time": time.perf_counter() - began, "fit_error": None}
        began = time.perf_counter()
        result["test_scores"] = score_on(estimator, X_test, y_test, job, X, test)
        X_train, y_train = take_split(estimator, X, y, train[:size])
        result["train_scores"] = score_on(estimator, X_train, y_train, job, X, train[:size])
        result["score_time"] = time.perf_counter() - began
        results.append(result)
        seen = size
    return results


def failed_result(result, error, job):
    """Complete the result of a fit that raised `error`; raise it if the job says so."""
    if job.error_score == "raise":
        raise error
    result["score_time"] = 0.0
    result["fit_error"] = "".join(traceback.format_exception(error))
    result["test_scores"] = _failed_scores(job)
    result["train_scores"] = _failed_scores(job)


def _failed_scores(job):
    names = getattr(job.scorer, "_scorers", None)
    return job.error_score if names is None else dict.fromkeys(names, job.error_score)


def score_on(estimator, X, y, job, X_all, rows):
    """Score on X, which is `rows` of `X_all`; what fails scores `error_score`, with a warning.

    Returns
    -------
    float, or dict of str to float
    """
    params = rows_of_params(X_all, job.score_params, rows)
    try:
        scores = job.scorer(estimator, X, *(() if y is None else (y,)), **params)
    except Exception:
        if job.error_score == "raise":
            raise
        _warn_scoring(job, traceback.format_exc())
        return _failed_scores(job)
    if not isinstance(scores, dict):
        return _number(scores, job.scorer)
    for name, score in scores.items():
        # Several scorers are tried one by one: those that failed give the text of their error.
        if isinstance(score, str):
            if job.error_score == "raise":
                raise ValueError(f"scorer {name!r} failed:\n{score}")
            _warn_scoring(job, score)
    return {
        name: job.error_score if isinstance(score, str) else _number(score, name)
        for name, score in scores.items()
    }


def _warn_scoring(job, details):
    warnings.warn(
        f"a scorer failed; its score on this fold is error_score={job.error_score}:\n{details}",
        UserWarning,
        stacklevel=4,
    )


def _number(score, scorer):
    if hasattr(score, "item"):
        with contextlib.suppress(ValueError):
            score = score.item()
    if not isinstance(score, numbers.Number):
        raise ValueError(
            f"scorer {scorer} must return a number, got {score!r} ({type(score).__name__})"
        )
    return score


def announce(event, place, params, result=None, job=None):
    """Print one line of progress."""
    chosen = ", ".join(f"{name}={params[name]}" for name in sorted(params or ()))
    line = f"[CV{' ' if place else ''}{place}] {event} {chosen}".rstrip()
    if result is None:
        print(line)
        return
    if job.verbose > 2:
        line += ";" + _score_text(result, job)
    seconds = result["fit_time"] + result["score_time"]
    took = f"{seconds / 60:.1f}min" if seconds > 60 else f"{seconds:.1f}s"
    tail = f" total time={took:>7}"
    print(line + "." * max(0, 80 - len(line) - len(tail)) + tail)


def _score_text(result, job):
    scores = result["test_scores"]
    many = isinstance(scores, dict)
    text = ""
    for name in sorted(scores) if many else ("score",):
        test = scores[name] if many else scores
        text += f" {name}: (" if many else f" {name}=("
        if job.return_train_score:
            train = result["train_scores"]
            text += f"train={train[name] if many else train:.3f}, "
        text += f"test={test:.3f})"
    return text


def check_failures(results, error_score):
    """Warn of fits that failed; raise ValueError if all of them did."""
    failed = [result["fit_error"] for result in results if result["fit_error"] is not None]
    if not failed:
        return
    counts = {text: failed.count(text) for text in failed}
    details = "\n".join(f"--- {count} times:\n{text}" for text, count in counts.items())
    if len(failed) == len(results):
        raise ValueError(
            f"All {len(failed)} fits failed; error_score='raise' stops at the first. "
            f"Their errors:\n{details}"
        )
    warnings.warn(
        f"{len(failed)} of {len(results)} fits failed and score error_score={error_score}; "
        f"error_score='raise' stops at the first. Their errors:\n{details}",
        twin(FitFailedWarning),
        stacklevel=3,
    )


def gather(results, key):
    """Scores of all results: ``{name: array}``, under "score" where there is one unnamed score.

    A failed fit whose names are unknown takes those of the others.
    """
    found = [result[key] for result in results]
    names = next((list(each) for each in found if isinstance(each, dict)), None)
    if names is None:
        return {"score": np.array(found)}
    return {
        name: np.array([each[name] if isinstance(each, dict) else each for each in found])
        for name in names
    }
