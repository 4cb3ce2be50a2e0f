"""Scores of other tables after each round of boosting."""

import numpy as np

from ..metrics import check_scoring, get_scorer_names


def scorers_of(model, scoring):
    """Names of metrics with their scorers; "loss", None in place of a scorer, is minus the loss.

    Parameters
    ----------
    model : estimator
    scoring : None, str, callable, list of str, or dict of names to str or callable
    """
    if scoring is None or isinstance(scoring, str):
        scoring = [scoring or "loss"]
    elif callable(scoring):
        scoring = {getattr(scoring, "__name__", "score"): scoring}
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    return {
        name: (each, None if each == "loss" else check_scoring(model, each))
        for name, each in named.items()
    }


def named_sets(eval_sets):
    """Tables by name: a list has its places as names."""
    if isinstance(eval_sets, dict):
        return eval_sets
    return {f"eval_{place}": each for place, each in enumerate(eval_sets)}


def record(model, rows, scorers):
    """Scores of some rows before the first round and after each, by metric.

    Parameters
    ----------
    model : HistGradientBoosting
        Fitted.
    rows : Rows
    scorers : dict
        From `scorers_of`.

    Returns
    -------
    dict of ndarray of shape (n_iter_ + 1,)
    """
    trees, loss = model._trees, model._loss_of(rows)
    y = np.ascontiguousarray(rows.y).reshape(len(rows.y), -1)
    total = len(y) if rows.weight is None else rows.weight.sum()
    params = {} if rows.weight is None else {"sample_weight": rows.weight}
    out = {name: [] for name in scorers}
    try:
        for stage, raw in enumerate(_stages(model, trees, rows)):
            # What a function of the user's asks for need not be these rows.
            model._trees = trees.part(0, stage * model.n_trees_per_iteration_)
            for name, (given, scorer) in scorers.items():
                if scorer is None:
                    out[name].append(-loss.evaluate(y, raw, rows.weight) / total)
                    continue
                known = isinstance(given, str) and given in get_scorer_names()
                with model._predicting(raw if known else None):
                    out[name].append(scorer(model, rows.source, rows.labels, **params))
    finally:
        model._trees = trees
    return {name: np.asarray(scores) for name, scores in out.items()}


def _stages(model, trees, rows):
    raw = np.tile(model._baseline, (len(rows.X), 1))
    yield raw
    width = model.n_trees_per_iteration_
    for first in range(0, trees.n_trees, width):
        raw = raw.copy()
        model._add_trees(trees.part(first, first + width), rows.X, raw, first)
        yield raw
