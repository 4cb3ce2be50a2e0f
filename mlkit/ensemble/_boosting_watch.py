"""What follows a boosting fit from round to round: scores, when to stop, callbacks, printing."""

import time

import numpy as np

from .._core.arrays import num_samples
from .._core.frames import take_rows
from .._core.sampling import resample
from .._engine.trees.structure import Trees
from ..metrics import check_scoring, get_scorer_names

# Training rows that a scorer sees in each round.
_SCORED_ROWS = 10_000


def stalled(scores, patience, tol):
    """Whether none of the last `patience` scores is above the one before them by `tol`."""
    if len(scores) <= patience:
        return False
    return not any(score > scores[-patience - 1] + tol for score in scores[-patience:])


class LossScores:
    """Minus the mean loss on the training rows, and on those held out."""

    def __init__(self, model, booster, held):
        self.model, self.booster, self.held = model, booster, held

    def __call__(self, trees):
        """(training score, held-out score or None) after the rounds so far."""
        held = None
        if self.held is not None:
            held = -self.held.mean_loss(self.booster.loss, self.booster.n_threads)
        train = -self.booster.mean_loss()
        if np.isnan(train) and callable(self.model.loss):
            raise ValueError(
                f"{type(self.model).__name__}: early stopping looks at the loss, which the "
                "function given as loss does not return; let it be the third of its results, set "
                "scoring, or early_stopping=False"
            )
        return train, held


class ScorerScores:
    """A scorer's opinion of the training rows, at most 10,000 of them, and of those held out.

    Parameters
    ----------
    model : estimator
        The one that is being fitted; it can predict by the rounds so far.
    scoring : str, callable or None
    booster : Booster
    train, held : Rows or None
        As the user gave them.
    held_table : Table or None
    """

    def __init__(self, model, scoring, booster, train, held, held_table, seed):
        self.model, self.scorer = model, check_scoring(model, scoring)
        # What scikit-learn's or our own scorers ask for follows from raw predictions, which are
        # known; a function of the user's may ask for anything.
        self.from_raw = isinstance(scoring, str) and scoring in get_scorer_names()
        rows = np.arange(num_samples(train.labels))
        if len(rows) > _SCORED_ROWS:
            labels = train.labels if hasattr(model, "classes_") else None
            rows = resample(
                rows, replace=False, n_samples=_SCORED_ROWS, random_state=seed, stratify=labels
            )
        self.rows, self.booster, self.held, self.held_table = rows, booster, held, held_table
        self.train = train.take(rows)

    def __call__(self, trees):
        """(training score, held-out score or None) after the rounds so far."""
        if not self.from_raw:
            trees()
        train = self._score(self.train, self.booster.train.raw[self.rows])
        if self.held is None:
            return train, None
        return train, self._score(self.held, self.held_table.raw)

    def _score(self, rows, raw):
        params = {} if rows.weight is None else {"sample_weight": rows.weight}
        with self.model._predicting(raw if self.from_raw else None):
            return self.scorer(self.model, rows.source, rows.labels, **params)


class Rows:
    """Rows of data: as numbers for the engine, and as they came for scorers and callbacks.

    `groups` are the numbers of their queries, where there are any.
    """

    def __init__(self, X, y, weight, source, labels, groups=None):
        self.X, self.y, self.weight, self.source, self.labels = X, y, weight, source, labels
        self.groups = groups

    def take(self, index):
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[index]
        source = self.X[index] if self.source is self.X else take_rows(self.source, index)
        X = source if self.source is self.X else self.X[index]
        groups = None if self.groups is None else self.groups[index]
        return Rows(X, self.y[index], weight, source, self.labels[index], groups)


class Progress:
    """Tells callbacks and the console of the rounds of a fit."""

    def __init__(self, model, rows, n_rounds, attributes):
        self.model, self.rows, self.attributes = model, rows, attributes
        self.began = time.perf_counter()
        self.context = None
        if hasattr(model, "_skl_callbacks"):
            self.context = model._init_callback_context(max_subtasks=n_rounds)
            self._tell(self.context.call_on_fit_task_begin, None)

    def begin(self):
        """Begin a round; return its task, None where nobody asks."""
        self.round_began = time.perf_counter()
        if self.context is None:
            return None
        task = self.context.subcontext(task_name="round")
        self._tell(task.call_on_fit_task_begin, None)
        return task

    def end(self, task, number, booster):
        """End a round; true if a callback wants no more."""
        stop = task is not None and self._tell(task.call_on_fit_task_end, self.attributes)
        if self.model.verbose >= 2:
            self._print_round(number, booster.last, time.perf_counter() - self.round_began)
        return bool(stop)

    def close(self, n_trees, n_leaves):
        """End the fit's own task."""
        if self.context is not None:
            self._tell(self.context.call_on_fit_task_end, self.attributes)
        if self.model.verbose:
            seconds = time.perf_counter() - self.began
            name = type(self.model).__name__
            print(f"{name}: {n_trees} trees with {n_leaves} leaves in {seconds:.3f} s")

    def _tell(self, hook, attributes):
        weight = self.rows.weight
        return hook(
            estimator=self.model,
            X=self.rows.source,
            y=self.rows.labels,
            metadata=None if weight is None else {"sample_weight": weight},
            reconstruction_attributes=attributes,
        )

    def _print_round(self, number, grown, seconds):
        model = self.model
        leaves = sum((integers.shape[1] + 1) // 2 for integers, *_ in grown)
        depth = max(integers[-1].max() for integers, *_ in grown)
        line = f"[{number}/{model.max_iter}] {leaves} leaves, depth {depth}"
        for what, scores in (("train", model.train_score_), ("held out", model.validation_score_)):
            if len(scores):
                line += f", {what} {scores[-1]:.5f}"
        print(f"{line}, {seconds:.3f} s")


def no_trees(n_features):
    """What there is before the first round."""
    none = np.zeros(0)
    return Trees.build(
        feature=none,
        threshold=none,
        left=none,
        right=none,
        value=np.zeros((0, 1, 1)),
        n_features=n_features,
        offset=[0],
        single=False,
    )
