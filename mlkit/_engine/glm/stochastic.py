"""Stochastic gradient descent: one row a step, for losses of a margin or of a distance.

The mean of ``ℓ(y, Xw + b)`` plus ``α ((1 − r) ‖w‖² / 2 + r ‖w‖₁)`` is brought down by steps along
single rows. Weights are a scale times a vector, so that the L2 penalty costs one product; the L1
penalty is taken cumulatively (Tsuruoka, Tsujii and Ananiadou, 2009); the mean of the weights over
steps is kept by two numbers and a vector (Xu, 2011). So a step costs the row's entries alone.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ._stochastic import Epochs

# A sparse row moves its own few weights but always the constant term, whose steps are therefore
# shortened: it would swing with each row otherwise.
_SPARSE_DECAY = 0.01

# Steps of the adaptive rate are divided by 5 until they are this short.
_SHORTEST = 1e-6


class Kind(IntEnum):
    """Losses, by the number of their functor."""

    HINGE = 0
    SQUARED_HINGE = 1
    LOGISTIC = 2
    MODIFIED_HUBER = 3
    SQUARED = 4
    HUBER = 5
    EPSILON = 6
    SQUARED_EPSILON = 7


class Rate(IntEnum):
    """How long steps are: η₀, ``1 / α(t + t₀)``, ``η₀ / t^power``, falling, passive-aggressive."""

    CONSTANT = 0
    OPTIMAL = 1
    INVERSE = 2
    ADAPTIVE = 3
    PASSIVE = 4
    PASSIVE_SQUARED = 5


@dataclass(frozen=True)
class Goal:
    """What is minimised; `parameter` is the hinge's threshold, or where a loss turns (ε)."""

    kind: Kind
    parameter: float = 0.0
    alpha: float = 0.0
    l1_ratio: float = 0.0
    penalised: bool = False
    fit_intercept: bool = True
    one_class: bool = False


@dataclass(frozen=True)
class Schedule:
    """Length of steps, order of rows, and when to stop."""

    rate: Rate
    eta0: float = 0.01
    power: float = 0.5
    shuffle: bool = True
    max_iter: int = 1000
    tol: float = None
    patience: int = 5
    average_from: int = 0


@dataclass
class Weights:
    """Where a descent stands: weights, their mean over steps (or None), and steps taken so far."""

    coef: np.ndarray
    intercept: float = 0.0
    mean: np.ndarray = None
    mean_intercept: float = 0.0
    t: float = 1.0


class Overflow(ArithmeticError):
    """Weights ceased to be finite, in the epoch that the first argument tells."""


def descend(rows, y, goal, schedule, start, *, seed, weight=None, sides=(1.0, 1.0), validate=None,
            held=None, report=None):  # fmt: skip
    """Meet the rows epoch after epoch; return the new `Weights` and the number of epochs.

    Parameters
    ----------
    rows : Rows
    y : ndarray of float64, shape (n,)
    goal : Goal
    schedule : Schedule
    start : Weights
    seed : int
        Of the order of rows, which is permuted anew in each epoch.
    weight : ndarray of float64, shape (n,), or None
    sides : pair of float
        Weights of rows with y > 0 and of the others.
    validate : callable or None
        ``validate(coef, intercept)``, a score by which to stop instead of the objective.
    held : ndarray of bool, shape (n,), or None
        Rows to leave out.
    report : callable or None
        ``report(n_epochs, epochs, score)`` after each epoch.

    Raises
    ------
    Overflow
    """
    averaged = schedule.average_from > 0
    coef = np.array(start.coef, dtype=np.float64)
    mean = None
    if averaged:
        mean = np.zeros(len(coef)) if start.mean is None else np.array(start.mean, dtype=np.float64)
    epochs = Epochs(
        rows.data,
        rows.indices,
        rows.indptr,
        rows.shape,
        y,
        weight,
        None if held is None else held.astype(np.uint8),
        np.arange(rows.shape[0], dtype=np.int32),
        coef,
        mean,
    )
    _set_up(epochs, goal, schedule, start, rows, sides, seed, validate is None or report)
    stop = _Patience(schedule)
    for n_epochs in range(1, schedule.max_iter + 1):
        if not epochs.run_epoch():
            raise Overflow(n_epochs)
        score = None
        if validate is not None:
            epochs.settle()
            score = validate(coef, epochs.intercept)
        if report is not None:
            report(n_epochs, epochs, score)
        if stop.after(-epochs.mean_objective if score is None else score):
            if schedule.rate != Rate.ADAPTIVE or epochs.eta <= _SHORTEST:
                break
            epochs.eta /= 5.0
            stop.stalled = 0
    epochs.settle()
    return Weights(coef, epochs.intercept, mean, epochs.mean_intercept, epochs.t), n_epochs


def _set_up(epochs, goal, schedule, start, rows, sides, seed, wants_objective):
    penalised, ratio = goal.penalised, goal.l1_ratio
    epochs.minimise(
        goal.kind,
        goal.parameter,
        goal.alpha,
        ratio,
        penalised,
        penalised and ratio > 0.0,
        goal.one_class,
        goal.fit_intercept,
        1.0 if rows.indices is None else _SPARSE_DECAY,
    )
    epochs.step_by(
        schedule.rate,
        schedule.eta0,
        schedule.power,
        start.t,
        # Such that the first step is as long as a weight is by the penalty: √(1 / √α).
        goal.alpha**-0.75 if schedule.rate == Rate.OPTIMAL else 0.0,
        *sides,
        schedule.shuffle,
        seed,
        bool(wants_objective),
    )
    epochs.start_at(start.intercept, start.mean_intercept, float(schedule.average_from))


class _Patience:
    """Counts epochs in a row in which what is wanted large did not grow by `tol`."""

    def __init__(self, schedule):
        self.tol = schedule.tol
        self.patience = schedule.patience
        self.best, self.stalled = -np.inf, 0

    def after(self, value):
        """Whether it is time to stop."""
        if self.tol is not None:
            short = value < self.best + self.tol
            self.stalled = self.stalled + 1 if short else 0
        self.best = max(self.best, value)
        return self.stalled >= self.patience
