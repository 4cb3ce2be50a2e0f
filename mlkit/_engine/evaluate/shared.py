"""Candidates that share work: fitted on one fold together, where the estimator offers it.

The protocol
------------
An estimator may have a method ::

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):

`candidates` is a list of dicts of parameters, as for ``set_params``. It returns None if these
candidates share nothing. Else it returns an iterator of pairs ``(index, model)``, one for each
candidate, in any order: `model` is what
``clone(self).set_params(**clone(candidates[index], safe=False)).fit(X, y, **fit_params)`` is, to
the bit, for every method that predicts, transforms or scores; or it is the exception that this
fit raises. The candidates, X and y must not be changed, nor what a model predicts for: all read
the same data (`intact.may_write` tells which estimators need copies). A model need only last until
the next pair is asked for: prefixes of one run of boosting may be one object that is cut back.

Searches and `validation_curve` use it; a pair's time is what the iterator took to give it, so
that shared work counts where it is done first.
"""

import numbers
import time
from typing import NamedTuple

from ..._core.arrays import num_samples
from ..._core.params import clone
from .fit_score import (
    announce,
    failed_result,
    fit_and_score,
    rows_of_params,
    score_on,
    take_split,
)

METHOD = "__mlkit_fit_candidates__"


class Task(NamedTuple):
    """A candidate on a fold: its number among all fits, its parameters, and what it is called.

    `place` is where it stands ("2/5") and `key` its name in a journal. `start` is a model of these
    parameters that goes on from an earlier fit of this fold, if there is one.
    """

    number: int
    params: dict
    place: str = ""
    key: str | None = None
    start: object = None


def offers(estimator):
    """Whether an estimator may fit candidates together; callbacks want to see each fit alone."""
    return hasattr(estimator, METHOD) and not hasattr(estimator, "_skl_callbacks")


def fit_tasks(estimator, X, y, train, test, job, tasks, journal=None, *, deadline=None):
    """Fit and score candidates on one fold, together where the estimator offers it.

    Parameters
    ----------
    estimator : estimator object
        Cloned for each candidate.
    X, y : data
    train, test : ndarray of int
        The fold.
    job : Job
    tasks : list of Task
    journal : Journal, default=None
        Told of each result as soon as it is there.
    deadline : float, default=None
        Of `time.time`; no fit begins behind it.

    Yields
    ------
    number : int
    result : dict
        As `fit_and_score` returns.
    """
    for task, result in _results(estimator, X, y, train, test, job, tasks, deadline):
        if journal is not None:
            journal.write(task.key, result)
        yield task.number, result


def list_tasks(*args, **kwargs):
    """`fit_tasks` in a list, which another process can send back."""
    return list(fit_tasks(*args, **kwargs))


def _late(deadline):
    return deadline is not None and time.time() > deadline


def _results(estimator, X, y, train, test, job, tasks, deadline):
    stream = None
    # Models that are kept must be objects of their own.
    if len(tasks) > 1 and not job.return_estimator and offers(estimator):
        X_train, y_train = take_split(estimator, X, y, train)
        fit_params = rows_of_params(X, job.fit_params, train)
        candidates = [task.params for task in tasks]
        stream = getattr(estimator, METHOD)(X_train, y_train, candidates, **fit_params)
    if stream is not None:
        yield from _streamed(stream, estimator, (X, y, train, test), job, tasks, deadline)
        return
    for task in tasks:
        if _late(deadline):
            return
        started = task.start is not None
        model = task.start if started else clone(estimator)
        named = {"params": task.params, "place": task.place, "started": started}
        yield task, fit_and_score(model, X, y, train, test, job, **named)


def _streamed(stream, estimator, fold, job, tasks, deadline):
    """Score the models of the protocol's iterator as they come."""
    X, y, train, test = fold
    split = {"test": take_split(estimator, X, y, test, train)}
    if job.return_train_score:
        split["train"] = take_split(estimator, X, y, train)
    n_tested = num_samples(split["test"][0])
    stream = iter(stream)
    while not _late(deadline):
        began = time.perf_counter()
        index, model = next(stream, (None, None))
        if index is None:
            return
        result = {"n_test_samples": n_tested, "fit_error": None}
        result["fit_time"] = time.perf_counter() - began
        if isinstance(model, Exception):
            failed_result(result, model, job)
        else:
            began = time.perf_counter()
            for part, rows in (("test", test), ("train", train)):
                if part in split:
                    result[f"{part}_scores"] = score_on(model, *split[part], job, X, rows)
                if part == "test":
                    result["score_time"] = time.perf_counter() - began
        if job.return_estimator:
            result["estimator"] = model
        if job.verbose:
            announce("END", tasks[index].place, tasks[index].params, result, job)
        yield tasks[index], result


def outcome(function, *args, **kwargs):
    """What a call returns, or the exception that it raises: an entry of the protocol's pairs."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return error


# ------------------------------------------------------------------------------ equal settings
def value_key(value):
    """A hashable name of a parameter's value: equal names mean equal values, to the bit.

    Plain values are named by type and content; other objects by identity, since equality of
    arrays and estimators is not for sale cheaply.
    """
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return type(value), value
    if isinstance(value, float):
        return type(value), repr(value)  # which tells -0.0 from 0.0, and NaN is itself
    if isinstance(value, tuple):
        return tuple, tuple(value_key(each) for each in value)
    dtype = getattr(value, "dtype", None)
    if dtype is not None and getattr(value, "ndim", None) == 0 and dtype.kind in "biufSU":
        return type(value), dtype.str, value.tobytes()
    return type(value), id(value)


def settings_key(params):
    """A hashable name of a dict of parameters; see `value_key`."""
    return tuple(sorted((name, value_key(value)) for name, value in params.items()))


def grouped_by(keys):
    """Indices that have the same key, in the order of first appearance.

    Returns
    -------
    list of list of int
    """
    groups = {}
    for index, key in enumerate(keys):
        groups.setdefault(key, []).append(index)
    return list(groups.values())


def fit_prefixes(estimator, X, y, candidates, axis, cut, **fit_params):
    """Fit the longest of candidates that differ in the number of stages, and cut it back.

    For estimators whose run of n stages begins with the run of fewer: boosting without early
    stopping, forests with a seed. It is the body of their ``__mlkit_fit_candidates__``.

    Parameters
    ----------
    estimator : estimator object
    X, y : data
    candidates : list of dict
    axis : str
        The parameter that counts stages: "n_estimators", "max_iter".
    cut : callable
        ``cut(model, stages)`` returns what a fit of so many stages would be; called with ever
        fewer stages on the same model.

    Returns
    -------
    iterator of (index, model), or None
        None if no two candidates are alike in all else.
    """
    others = [{k: v for k, v in each.items() if k != axis} for each in candidates]
    groups = grouped_by([settings_key(each) for each in others])
    default = estimator.get_params(deep=False)[axis]
    stages = [each.get(axis, default) for each in candidates]
    counted = all(isinstance(each, numbers.Integral) and each > 0 for each in stages)
    if len(groups) == len(candidates) or not counted:
        return None
    return _cut_back(estimator, X, y, candidates, cut, groups, stages, fit_params)


def _cut_back(estimator, X, y, candidates, cut, groups, stages, fit_params):
    for group in groups:
        ordered = sorted(group, key=lambda index: -stages[index])
        model = None
        for index in ordered:
            # A failure of the longest run need not be one of the others.
            if model is None or isinstance(model, Exception):
                params = clone(candidates[index], safe=False)
                unfitted = clone(estimator).set_params(**params)
                model = outcome(unfitted.fit, X, y, **fit_params)
                yield index, model
            else:
                yield index, outcome(cut, model, stages[index])
