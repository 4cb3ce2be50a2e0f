"""Scores of predicted probabilities and decisions: log loss, Brier score, hinge loss."""

import warnings

import numpy as np

from .._core import domains as d
from .._core.convert import check_array
from .._core.parallel import n_threads
from .._engine.native.simplex import row_extremes
from ._codes import class_codes, has_plain_sign, positive_label
from ._core import (
    as_column,
    as_target,
    check_rows,
    check_weight,
    mean,
    metric,
    warn_undefined,
)

# Rows taken at a time, so that what is made of them stays in the cache.
_BLOCK = 1 << 13
_proba = d.array_like | d.none


def _check_proba(y_proba, column=None):
    """Probabilities as a 2-D float array with a column for each class, two for a binary target.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
    picked : ndarray of shape (n_samples,), or None
        The entry in `column` of each row, if that is given and one pass finds it.
    """
    y_proba = as_target(y_proba)
    if y_proba.dtype.kind != "f":
        y_proba = check_array(y_proba, ensure_2d=False, dtype=np.float64, ensure_min_samples=0)
    if y_proba.shape[0] == 0:
        return y_proba.reshape(0, 2), None
    picked = None
    if y_proba.ndim == 2 and y_proba.shape[1] > 1 and y_proba.dtype.char in "fd":
        threads = n_threads() if y_proba.size >= 1 << 17 else 1
        if column is not None and (len(column) != len(y_proba) or column.max() >= y_proba.shape[1]):
            column = None
        least, most, worst, picked = row_extremes(y_proba, threads, column)
    else:
        least, most, worst = y_proba.min(), y_proba.max(), None
    if not (least >= 0 and most <= 1):
        wrong = next(x for x in (least, most) if not 0 <= x <= 1)
        raise ValueError(f"Input y_proba needs values between 0 and 1, and no NaN; it has {wrong}")
    if y_proba.ndim == 1:
        y_proba = y_proba[:, None]
    if y_proba.shape[1] == 1:
        return np.concatenate([1 - y_proba, y_proba], axis=1), None
    if worst is None:
        total = y_proba @ np.ones(y_proba.shape[1], dtype=y_proba.dtype)
        worst = np.abs(total - 1).max()
    if worst > np.sqrt(np.finfo(y_proba.dtype).eps):
        warnings.warn(
            "Rows of y_proba do not sum to 1: probabilities of all classes are needed",
            UserWarning,
            stacklevel=5,
        )
    return y_proba, picked


def _check_labelled(y_true, y_proba, sample_weight, labels=None):
    """Return (codes, proba, weight): codes of the columns of proba, or an indicator matrix."""
    return _picked_and_checked(y_true, y_proba, sample_weight, labels)[1:]


def _picked_and_checked(y_true, y_proba, sample_weight, labels):
    """Return what `_check_labelled` does, and before it each row's entry of its class or None."""
    y_true = as_target(y_true)
    classes, codes = class_codes(y_true, labels) if y_true.shape[0] else ((), y_true)
    proba, picked = _check_proba(y_proba, codes if codes.ndim == 1 else None)
    check_rows(proba, y_true)
    weight = check_weight(sample_weight, proba)
    if len(classes) < 2:
        raise ValueError(f"There is only one label, {classes[0]!r}: give all classes in `labels`")
    if len(classes) != proba.shape[1]:
        raise ValueError(
            f"y_proba has {proba.shape[1]} columns for the {len(classes)} classes "
            f"{classes.tolist()}: give all classes in `labels`"
        )
    if labels is not None and list(labels) != sorted(labels):
        warnings.warn(
            f"labels={list(labels)} are not sorted: columns of y_proba are taken in the order "
            f"{classes.tolist()}",
            UserWarning,
            stacklevel=4,
        )
    return picked, codes, proba, weight


def _picked(proba, codes):
    """Probability of each row's own class."""
    place = np.arange(0, proba.size, proba.shape[1])
    place += codes
    return (
        proba.ravel().take(place)
        if proba.flags.c_contiguous
        else proba[np.arange(len(codes)), codes]
    )


def _log_losses(codes, proba, picked=None):
    """Loss of each row, in float64; `picked` is the probability of its class, if it is known."""
    # A wrong prediction made with certainty costs much, but not everything.
    tiny = np.finfo(proba.dtype).eps
    if codes.ndim == 1:
        losses = np.clip(_picked(proba, codes) if picked is None else picked, tiny, 1 - tiny)
        np.log(losses, out=losses)
        return np.negative(losses, out=losses).astype(np.float64, copy=False)
    return -(codes * np.log(np.clip(proba, tiny, 1 - tiny))).sum(axis=1, dtype=np.float64)


@metric("neg_log_loss", better="lower", response="predict_proba", y_proba=_proba, y_pred=_proba)
def log_loss(y_true, y_proba=None, *, normalize=True, sample_weight=None, labels=None, y_pred=None):
    """Mean of ``−log p(y)``, the negative log-likelihood of the true classes.

    Probabilities are kept from 0 and 1 by the machine precision of their dtype.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_classes)
        True labels.
    normalize : bool, default=True
        Return the mean; False returns the sum.
    labels : array-like of shape (n_classes,), default=None
        All classes, if `y_true` lacks some.
    y_pred : array-like, default=None
        Older name of `y_proba`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For numbers outside [0, 1], or as many columns as there are no classes.

    Examples
    --------
    >>> from mlkit.metrics import log_loss
    >>> round(log_loss(["spam", "ham"], [[0.1, 0.9], [0.9, 0.1]]), 4)
    0.1054
    """
    y_proba = _either(y_proba, y_pred, "log_loss")
    picked, codes, proba, weight = _picked_and_checked(y_true, y_proba, sample_weight, labels)
    return mean(_log_losses(codes, proba, picked), weight, normalize)


def _either(y_proba, y_pred, name):
    """The probabilities under their name or, as scikit-learn up to 1.8 had it, as `y_pred`."""
    if (y_proba is None) == (y_pred is None):
        raise ValueError(f"{name} needs y_proba (or y_pred, its older name; not both)")
    if y_pred is None:
        return y_proba
    warnings.warn(f"{name}: y_pred is now called y_proba", FutureWarning, stacklevel=4)
    return y_pred


def _proportions(codes, weight, n_classes):
    """(Weighted) share of the rows that are of each class, the best constant prediction."""
    if codes.ndim == 2:
        return np.average(codes, axis=0, weights=weight)
    size = np.bincount(codes, weight, n_classes)
    return size / (len(codes) if weight is None else np.add.reduce(weight))


def _explained(loss, null_loss):
    """``1 − loss / null_loss``, with 0 / 0 = 1 as for a perfect prediction."""
    if null_loss == 0:
        return 0.0 if loss == 0 else -float("inf")
    return 1 - loss / null_loss


def _too_few(y_true, y_proba):
    """Whether D² is undefined for that many rows; warns if so."""
    y_true = as_target(y_true)
    check_rows(y_true, as_target(y_proba))
    if y_true.shape[0] > 1:
        return False
    as_column(y_true)
    warn_undefined("D² is undefined for fewer than two rows: nan is returned")
    return True


@metric("d2_log_loss_score", response="predict_proba", y_proba=_proba, y_pred=_proba)
def d2_log_loss_score(y_true, y_proba=None, *, sample_weight=None, labels=None, y_pred=None):
    """Share of the log loss of constant class proportions that is explained.

    ``1 − loss(y, p) / loss(y, p̄)``, p̄ the proportions of the classes in y.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_classes)
        True labels.
    labels : array-like of shape (n_classes,), default=None
        All classes, if `y_true` lacks some.
    y_pred : array-like, default=None
        Older name of `y_proba`.

    Returns
    -------
    float
        At most 1; 0 for the proportions. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import d2_log_loss_score
    >>> round(d2_log_loss_score([0, 1, 1], [0.2, 0.7, 0.9]), 4)
    0.6412
    """
    y_proba = _either(y_proba, y_pred, "d2_log_loss_score")
    if _too_few(y_true, y_proba):
        return float("nan")
    codes, proba, weight = _check_labelled(y_true, y_proba, sample_weight, labels)
    null = _proportions(codes, weight, proba.shape[1]).astype(proba.dtype, copy=False)
    null = np.broadcast_to(null, proba.shape)
    return float(
        _explained(mean(_log_losses(codes, proba), weight), mean(_log_losses(codes, null), weight))
    )


def _brier_parts(y_true, y_proba, sample_weight, pos_label, labels):
    """Return (codes, proba, weight) as the Brier score takes them: 1-D proba are of `pos_label`."""
    y_true, given = as_target(y_true), as_target(y_proba)
    if given.ndim == 2 and given.shape[1] > 1:
        return _check_labelled(y_true, y_proba, sample_weight, labels)
    (proba, _), y_true = _check_proba(y_proba), as_column(y_true)
    check_rows(proba, y_true)
    classes, _ = class_codes(y_true)
    if len(classes) > 2:
        raise ValueError(f"y_proba has one column, but y_true {len(classes)} classes")
    positive = pos_label
    if pos_label is None:
        greatest = classes.dtype.kind not in "OUS" and not has_plain_sign(classes)
        positive = classes[-1] if greatest else positive_label(classes)
    if len(classes) == 2 and positive not in classes.tolist():
        raise ValueError(f"pos_label={pos_label!r} is none of the classes {classes.tolist()}")
    return (y_true == positive).astype(np.intp), proba, check_weight(sample_weight, proba)


def _brier_losses(codes, proba):
    """``Σₖ (yₖ − pₖ)²`` of each row, in float64."""
    losses = np.empty(len(codes))
    for start in range(0, len(codes), _BLOCK):
        rows = slice(start, start + _BLOCK)
        error, own = proba[rows].astype(np.float64), codes[rows]
        if own.ndim == 1:
            error[np.arange(len(own)), own] -= 1
        else:
            error -= own
        np.einsum("ij,ij->i", error, error, out=losses[rows])
    return losses


@metric(
    "neg_brier_score",
    better="lower",
    response="predict_proba",
    scale_by_half=d.boolean | d.one_of("auto"),
)
def brier_score_loss(
    y_true, y_proba, *, sample_weight=None, pos_label=None, labels=None, scale_by_half="auto"
):
    """Mean squared distance of probabilities from what happened: ``Σₖ (yₖ − pₖ)²``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_classes)
        True labels.
    pos_label : int, float, bool or str, default=None
        The class of 1-D probabilities. By default 1 for labels in {0, 1} or {-1, 1}, else the
        greater number; words have no default.
    labels : array-like of shape (n_classes,), default=None
        All classes, if `y_true` lacks some and `y_proba` has a column for each.
    scale_by_half : bool or "auto", default="auto"
        Halve, so that the range is [0, 1] in place of [0, 2]; "auto" does so for two classes.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import brier_score_loss
    >>> round(brier_score_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 4)
    0.0375
    """
    codes, proba, weight = _brier_parts(y_true, y_proba, sample_weight, pos_label, labels)
    loss = mean(_brier_losses(codes, proba), weight)
    half = proba.shape[1] == 2 if scale_by_half == "auto" else scale_by_half
    return loss / 2 if half else loss


@metric("d2_brier_score", response="predict_proba")
def d2_brier_score(y_true, y_proba, *, sample_weight=None, pos_label=None, labels=None):
    """Share of the Brier score of constant class proportions that is explained (the skill score).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or label indicators (n_samples, n_classes)
        True labels.
    pos_label : int, float, bool or str, default=None
        The class of 1-D probabilities, as for `brier_score_loss`.
    labels : array-like of shape (n_classes,), default=None
        All classes, if `y_true` lacks some and `y_proba` has a column for each.

    Returns
    -------
    float
        At most 1; 0 for the proportions. NaN, with a warning, for fewer than two rows.

    Examples
    --------
    >>> from mlkit.metrics import d2_brier_score
    >>> round(d2_brier_score([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 4)
    0.85
    """
    if _too_few(y_true, y_proba):
        return float("nan")
    codes, proba, weight = _brier_parts(y_true, y_proba, sample_weight, pos_label, labels)
    null = np.broadcast_to(_proportions(codes, weight, proba.shape[1]), proba.shape)
    return float(
        _explained(
            mean(_brier_losses(codes, proba), weight), mean(_brier_losses(codes, null), weight)
        )
    )


@metric(pred_decision=d.array_like)
def hinge_loss(y_true, pred_decision, *, labels=None, sample_weight=None):
    """Mean of ``max(0, 1 − margin)``.

    The margin is ``y f`` for two classes (y = ±1, +1 for the greater label), and
    ``f_y − max_{k≠y} f_k`` for more.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    pred_decision : array-like of shape (n_samples,) or (n_samples, n_classes)
        Decisions; one column a class for more than two.
    labels : array-like of shape (n_classes,), default=None
        All classes, if `y_true` lacks some.

    Returns
    -------
    float

    References
    ----------
    Crammer, Singer. On the algorithmic implementation of multiclass kernel-based vector machines.
    JMLR 2 (2001).

    Examples
    --------
    >>> from mlkit.metrics import hinge_loss
    >>> round(hinge_loss([-1, 1, 1], [-2.2, 2.4, 0.1]), 4)
    0.3
    """
    y_true = as_column(as_target(y_true))
    decision = check_array(
        pred_decision, ensure_2d=False, input_name="pred_decision", ensure_min_samples=0
    )
    check_rows(y_true, decision)
    weight = check_weight(sample_weight, y_true)
    classes, codes = class_codes(y_true, labels)
    if len(classes) > 2:
        margin = _margin(decision, codes, len(classes))
    else:
        positive = codes == 1 if len(classes) == 2 else y_true == 1
        margin = np.where(positive, 1, -1) * as_column(decision)
    return mean(np.maximum(0, 1 - margin), weight)


def _margin(decision, codes, n_classes):
    if decision.shape[1:] != (n_classes,):
        raise ValueError(
            f"pred_decision of shape {decision.shape} needs a column for each of the {n_classes} "
            "classes: give all classes in `labels`"
        )
    rows = np.arange(len(codes))
    own = decision[rows, codes]
    rest = decision.copy()
    rest[rows, codes] = -np.inf
    return own - rest.max(axis=1)
