"""Scores of a ranking of labels, or documents, within each row."""

import numpy as np

from .._core import domains as d
from .._core.convert import check_array
from ._codes import refuse_no_labels
from ._core import as_target, check_rows, check_weight, is_sparse, mean, metric


def _check(y_true, y_score, sample_weight):
    """Return (relevant, score, weight): boolean and float arrays of one 2-D shape."""
    y_true = as_target(y_true)
    relevant = y_true.toarray() if is_sparse(y_true) else check_array(y_true, input_name="y_true")
    score = check_array(y_score, input_name="y_score")
    check_rows(relevant, score)
    if relevant.shape != score.shape:
        raise ValueError(
            f"y_true and y_score need one shape; theirs are {relevant.shape} and {score.shape}"
        )
    if relevant.shape[1] > 1 and refuse_no_labels(relevant) != "multilabel-indicator":
        raise ValueError("y_true must be label indicators, of 0 and 1")
    return relevant != 0, score, check_weight(sample_weight, score)


def _ranks(relevant, score):
    """Of each label in decreasing order of score: is it relevant, and how many (relevant) ones
    score as high.

    Tied labels share the greatest rank of their group.
    """
    order = np.argsort(-score, axis=1)
    score = np.take_along_axis(score, order, axis=1)
    relevant = np.take_along_axis(relevant, order, axis=1)
    n_labels = score.shape[1]
    last = np.full(score.shape, n_labels - 1)
    ends = score[:, :-1] != score[:, 1:]
    last[:, :-1] = np.where(ends, np.arange(n_labels - 1), n_labels)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    found = np.take_along_axis(np.cumsum(relevant, axis=1), last, axis=1)
    return relevant, last + 1, found


@metric()
def coverage_error(y_true, y_score, *, sample_weight=None):
    """Mean over rows of the rank of the relevant label that scores lowest.

    Ties take the greatest rank; a row without relevant labels counts 0.

    Parameters
    ----------
    y_true : array-like or sparse matrix of shape (n_samples, n_labels)
        Label indicators.
    y_score : array-like of shape (n_samples, n_labels)
        Scores.

    Returns
    -------
    float

    References
    ----------
    Tsoumakas, Katakis, Vlahavas. Mining multi-label data. 2010. (Theirs is less by 1.)

    Examples
    --------
    >>> from mlkit.metrics import coverage_error
    >>> coverage_error([[1, 0, 0], [0, 1, 1]], [[1, 0, 0], [0, 1, 1]])
    1.5
    """
    relevant, score, weight = _check(y_true, y_score, sample_weight)
    relevant, rank, _ = _ranks(relevant, score)
    return mean((rank * relevant).max(axis=1), weight)


@metric()
def label_ranking_average_precision_score(y_true, y_score, *, sample_weight=None):
    """Mean share of relevant labels among those that score as high as a relevant one.

    A row none or all of whose labels are relevant counts 1.

    Parameters
    ----------
    y_true : array-like or sparse matrix of shape (n_samples, n_labels)
        Label indicators.
    y_score : array-like of shape (n_samples, n_labels)
        Scores.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import label_ranking_average_precision_score
    >>> label_ranking_average_precision_score([[1, 0, 0]], [[0.75, 0.5, 1]])
    0.5
    """
    relevant, score, weight = _check(y_true, y_score, sample_weight)
    relevant, rank, found = _ranks(relevant, score)
    size = relevant.sum(axis=1)
    share = (found / rank * relevant).sum(axis=1) / np.maximum(size, 1)
    share[(size == 0) | (size == relevant.shape[1])] = 1.0
    return mean(share, weight)


@metric()
def label_ranking_loss(y_true, y_score, *, sample_weight=None):
    """Mean share of the pairs of a relevant and another label in which the other scores as high.

    A row none or all of whose labels are relevant counts 0.

    Parameters
    ----------
    y_true : array-like or sparse matrix of shape (n_samples, n_labels)
        Label indicators.
    y_score : array-like of shape (n_samples, n_labels)
        Scores.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit.metrics import label_ranking_loss
    >>> label_ranking_loss([[1, 0, 0]], [[0.75, 0.5, 1]])
    0.5
    """
    relevant, score, weight = _check(y_true, y_score, sample_weight)
    relevant, rank, found = _ranks(relevant, score)
    size = relevant.sum(axis=1)
    pairs = size * (relevant.shape[1] - size)
    wrong = ((rank - found) * relevant).sum(axis=1)
    return mean(wrong / np.maximum(pairs, 1), weight)


# ---------------------------------------------------------------- discounted gain

_k = d.integer(1) | d.none


def _check_gains(y_true, y_score, sample_weight):
    gain = check_array(y_true, ensure_2d=False, input_name="y_true")
    score = check_array(y_score, ensure_2d=False, input_name="y_score")
    if gain.ndim != 2 or gain.shape != score.shape:
        raise ValueError(
            "y_true and y_score need one shape (n_samples, n_labels); theirs are "
            f"{gain.shape} and {score.shape}"
        )
    return gain, score, check_weight(sample_weight, score)


def _discounted(gain, score, k=None, log_base=2, ignore_ties=False):
    """``Σ gain / log(1 + rank)`` of each row; tied scores share the mean of their discounts."""
    n_rows, n_labels = gain.shape
    discount = np.log(log_base) / np.log(np.arange(n_labels) + 2)
    if k is not None:
        discount[k:] = 0
    order = np.argsort(score, axis=1)[:, ::-1]
    gain = np.take_along_axis(gain, order, axis=1)
    if ignore_ties:
        return np.einsum("ij,j->i", gain, discount)
    score = np.take_along_axis(score, order, axis=1)
    opens = np.ones(score.shape, dtype=bool)
    opens[:, 1:] = score[:, 1:] != score[:, :-1]
    starts = np.flatnonzero(opens)
    size = np.diff(starts, append=opens.size)
    total = np.add.reduceat(gain.ravel(), starts)
    shared = np.add.reduceat(np.broadcast_to(discount, gain.shape).ravel(), starts) / size
    return np.bincount(starts // n_labels, total * shared, n_rows)


@metric(k=_k, log_base=d.above(0))
def dcg_score(y_true, y_score, *, k=None, log_base=2, sample_weight=None, ignore_ties=False):
    """Discounted cumulative gain: mean over rows of ``Σ gain / log_b(1 + rank)``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_labels)
        Gains of the labels.
    y_score : array-like of shape (n_samples, n_labels)
        Scores that rank them; tied ones share their discounts.
    k : int, default=None
        Count the k highest only.
    log_base : float, default=2
        Base of the logarithm; a smaller one discounts more sharply.

    Returns
    -------
    float

    References
    ----------
    Järvelin, Kekäläinen. Cumulated gain-based evaluation of IR techniques. ACM TOIS 20 (2002).
    McSherry, Najork. Computing information retrieval performance measures efficiently in the
    presence of tied scores. ECIR 2008.

    Examples
    --------
    >>> from mlkit.metrics import dcg_score
    >>> round(dcg_score([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]), 4)
    9.4995
    """
    gain, score, weight = _check_gains(y_true, y_score, sample_weight)
    return mean(_discounted(gain, score, k, log_base, ignore_ties), weight)


@metric(k=_k)
def ndcg_score(y_true, y_score, *, k=None, sample_weight=None, ignore_ties=False):
    """Discounted cumulative gain over that of the best ranking; 0 for a row without gains.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_labels)
        Gains of the labels, at least 0.
    y_score : array-like of shape (n_samples, n_labels)
        Scores that rank them; tied ones share their discounts.
    k : int, default=None
        Count the k highest only.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> from mlkit.metrics import ndcg_score
    >>> round(ndcg_score([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]), 4)
    0.6957
    """
    gain, score, weight = _check_gains(y_true, y_score, sample_weight)
    if gain.min() < 0:
        raise ValueError(f"ndcg_score needs gains of at least 0; y_true has {gain.min()}")
    if gain.shape[1] < 2:
        raise ValueError("ndcg_score ranks at least two labels a row; y_true has one column")
    found = _discounted(gain, score, k, ignore_ties=ignore_ties)
    best = _discounted(gain, gain, k, ignore_ties=True)
    return mean(np.divide(found, best, out=np.zeros(len(best)), where=best != 0), weight)
