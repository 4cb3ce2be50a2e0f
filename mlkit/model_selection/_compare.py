"""How sure a score is, and whether one model is better than another."""

import warnings
from itertools import combinations
from typing import NamedTuple

import numpy as np

from .._core.arrays import check_consistent_length, column_or_1d, num_samples
from .._core.domains import between, callable_, integer, mapping, none, one_of
from .._core.domains import random_state as seed
from .._core.indexing import safe_indexing
from .._core.jobs import run_jobs
from .._core.params import checked
from .._core.seeds import check_random_state
from .._core.targets import encode_labels
from ..metrics import check_scoring
from ._validate import CV, SCORING, cross_validate

_CONFIDENCE = between(0, 1, closed="neither")
# Groups that are left out in turn to see how skewed a metric is: more tell little more.
_LEFT_OUT = 200


class Estimate(NamedTuple):
    """A value and the ends of its confidence interval."""

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """A difference of two scores, its test, and the ends of its confidence interval."""

    difference: float
    pvalue: float
    low: float
    high: float
    statistic: float


# --------------------------------------------------------------------- scores of folds
@checked(alternative=one_of("two-sided", "greater", "less"), confidence=_CONFIDENCE)
def corrected_ttest(scores_a, scores_b, *, test_share, alternative="two-sided", confidence=0.95):
    """Test whether scores on the same folds differ, allowing for rows that folds share.

    ``t = d̄ / sqrt((1/k + n_test/n_train) s²)`` with d the k differences and s² their variance, of a
    t distribution with k − 1 degrees of freedom. The plain paired test, without the second term,
    takes folds for independent and finds differences that are none.

    Parameters
    ----------
    scores_a, scores_b : array-like of shape (n_folds,)
        Of two models on the same folds, repeated or random ones as a rule.
    test_share : float
        Share of all rows that a fold tests: 1/5 of five folds.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater" tests whether the first scores higher.
    confidence : float, default=0.95
        Of the interval of the difference.

    Returns
    -------
    Comparison
        difference, pvalue, low, high, statistic.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52.

    Examples
    --------
    >>> from mlkit.model_selection import corrected_ttest
    >>> found = corrected_ttest([0.9, 0.8, 0.85], [0.8, 0.75, 0.8], test_share=0.2)
    >>> round(found.difference, 3), round(found.pvalue, 3)
    (0.067, 0.094)
    """
    from scipy.special import stdtr, stdtrit

    scores_a, scores_b = column_or_1d(scores_a), column_or_1d(scores_b)
    check_consistent_length(scores_a, scores_b)
    if len(scores_a) < 2:
        raise ValueError(f"corrected_ttest needs two folds at least, got {len(scores_a)}")
    if not 0 < test_share < 1:
        raise ValueError(f"corrected_ttest: test_share must lie in (0, 1), got {test_share!r}")
    differences = np.asarray(scores_a, dtype=np.float64) - scores_b
    k, mean = len(differences), float(differences.mean())
    spread = np.sqrt((1 / k + test_share / (1 - test_share)) * differences.var(ddof=1))
    if spread == 0:
        statistic = np.inf * np.sign(mean) if mean else 0.0
    else:
        statistic = mean / spread
    upper = stdtr(k - 1, -statistic)
    tails = {"greater": upper, "less": 1 - upper, "two-sided": 2 * min(upper, 1 - upper)}
    reach = stdtrit(k - 1, (1 + confidence) / 2) * spread
    return Comparison(mean, float(tails[alternative]), mean - reach, mean + reach, float(statistic))


@checked(
    estimators=mapping,
    cv=CV,
    scoring=SCORING,
    n_jobs=integer() | none,
    params=mapping | none,
    confidence=_CONFIDENCE,
)
def compare_models(
    estimators,
    X,
    y=None,
    *,
    groups=None,
    scoring=None,
    cv=None,
    n_jobs=None,
    params=None,
    confidence=0.95,
):
    """Cross-validate several models on the same folds, and test each pair for a difference.

    Tests are `corrected_ttest`; their p-values are raised for the number of pairs by Holm's rule,
    so that the probability of any false difference is bounded.

    Parameters
    ----------
    estimators : dict of str to estimator
        At least two.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
    groups : array-like of shape (n_samples,), default=None
    scoring : str, callable or None, default=None
        One scorer.
    cv : int, splitter, iterable or None, default=None
        As in `check_cv`; with few folds small differences cannot be seen, `RepeatedKFold` has more.
    n_jobs : int, default=None
    params : dict, default=None
        As in `cross_validate`.
    confidence : float, default=0.95
        Of the intervals of differences, each by itself.

    Returns
    -------
    dict
        ``scores``, by name the scores on the folds; ``mean``, by name their mean, best first;
        ``pairs``, by pair of names, the better one first, a `Comparison` with Holm's p-value.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.dummy import DummyRegressor
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import RepeatedKFold, compare_models
    >>> X, y = load_diabetes(return_X_y=True)
    >>> cv = RepeatedKFold(n_repeats=2, random_state=0)
    >>> found = compare_models({"mean": DummyRegressor(), "ridge": Ridge(0.1)}, X, y, cv=cv)
    >>> found["pairs"]["ridge", "mean"].pvalue < 0.001
    True
    """
    if len(estimators) < 2:
        raise ValueError(f"compare_models needs two models at least, got {len(estimators)}")
    scores, folds = {}, None
    for name, estimator in estimators.items():
        table = cross_validate(
            estimator,
            X,
            y,
            groups=groups if folds is None else None,
            scoring={"score": check_scoring(estimator, scoring=scoring)},
            cv=cv if folds is None else folds,
            n_jobs=n_jobs,
            params=params,
            return_indices=folds is None,
            error_score="raise",
        )
        if folds is None:
            folds = list(zip(*(table["indices"][part] for part in ("train", "test")), strict=True))
        scores[name] = table["test_score"]
    share = np.mean([len(test) / (len(train) + len(test)) for train, test in folds])
    means = {name: float(each.mean()) for name, each in scores.items()}
    ordered = sorted(means, key=means.get, reverse=True)
    pairs = {
        (a, b): corrected_ttest(scores[a], scores[b], test_share=share, confidence=confidence)
        for a, b in combinations(ordered, 2)
    }
    return {
        "scores": scores,
        "mean": {name: means[name] for name in ordered},
        "pairs": _holm(pairs),
    }


def _holm(pairs):
    """The pairs with p-values p₍ᵢ₎ (m − i + 1), made to ascend."""
    raised, least = {}, 0.0
    for rank, (pair, found) in enumerate(sorted(pairs.items(), key=lambda item: item[1].pvalue)):
        least = max(least, min(1.0, found.pvalue * (len(pairs) - rank)))
        raised[pair] = found._replace(pvalue=least)
    return {pair: raised[pair] for pair in pairs}


# ------------------------------------------------------------------------- bootstrap
@checked(
    metric=callable_,
    confidence=_CONFIDENCE,
    n_resamples=integer(1),
    method=one_of("bca", "percentile"),
    n_jobs=integer() | none,
    random_state=seed,
)
def bootstrap_interval(
    metric,
    y_true,
    y_pred,
    *,
    y_other=None,
    sample_weight=None,
    groups=None,
    confidence=0.95,
    n_resamples=2000,
    method="bca",
    n_jobs=None,
    random_state=None,
):
    """Confidence interval of a metric, or of its difference between two models, by resampling rows.

    Rows are drawn with replacement and the metric computed anew. "percentile" takes the quantiles
    of what results; "bca" moves them for the bias and the skewness of the metric.

    Parameters
    ----------
    metric : callable
        ``metric(y_true, y_pred)``, and ``sample_weight`` if given.
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
    y_pred : array-like with n_samples rows
        Predictions, probabilities or scores, as the metric wants them.
    y_other : array-like as `y_pred`, default=None
        Another model's: the interval is that of the metric of `y_pred` minus that of `y_other`.
    sample_weight : array-like of shape (n_samples,), default=None
    groups : array-like of shape (n_samples,), default=None
        Whole groups are drawn, where rows of a group are not independent.
    confidence : float, default=0.95
    n_resamples : int, default=2000
    method : {"bca", "percentile"}, default="bca"
    n_jobs : int, default=None
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    Estimate
        value, low, high. Draws for which the metric is not defined, such as those of one class,
        are left out.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. JASA 82.

    Examples
    --------
    >>> from mlkit.metrics import accuracy_score
    >>> from mlkit.model_selection import bootstrap_interval
    >>> y = [0, 1] * 50
    >>> found = bootstrap_interval(accuracy_score, y, [0] * 20 + y[20:], random_state=0)
    >>> found.value, 0.7 < found.low < 0.9 < found.high < 1
    (0.9, True)
    """
    parts = [y_true, y_pred, y_other, sample_weight]
    check_consistent_length(*(each for each in parts if each is not None))
    parts = [each if each is None or hasattr(each, "shape") else np.asarray(each) for each in parts]
    members = _members(groups)
    value = _metric_on(metric, parts, None)
    seeds = check_random_state(random_state).randint(2**31 - 1, size=-(-n_resamples // 100))
    calls = [
        ((metric, parts, members, number, min(100, n_resamples - 100 * i)), {})
        for i, number in enumerate(seeds)
    ]
    drawn = np.concatenate(run_jobs(_resampled, calls, n_jobs=n_jobs))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) == 0:
        raise ValueError("bootstrap_interval: the metric is not defined for any of the draws")
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if method == "bca":
        tails = _accelerated(tails, value, drawn, metric, parts, members)
    low, high = np.quantile(drawn, tails)
    return Estimate(value, float(low), float(high))


def _members(groups):
    """The rows of what is drawn: of each group, or None for single rows."""
    if groups is None:
        return None
    codes = encode_labels(groups)[1]
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1])


def _metric_on(metric, parts, rows):
    y_true, y_pred, y_other, weight = (
        each if each is None or rows is None else safe_indexing(each, rows) for each in parts
    )
    given = {} if weight is None else {"sample_weight": weight}
    value = metric(y_true, y_pred, **given)
    return float(value if y_other is None else value - metric(y_true, y_other, **given))


def _defined(metric, parts, rows):
    """The metric, or NaN where it cannot be computed."""
    try:
        return _metric_on(metric, parts, rows)
    except ValueError:
        return np.nan


def _resampled(metric, parts, members, number, n_draws):
    """The metric of some draws."""
    rng = np.random.RandomState(number)
    n_units = num_samples(parts[0]) if members is None else len(members)
    found = np.empty(n_draws)
    for i in range(n_draws):
        units = rng.randint(n_units, size=n_units)
        rows = units if members is None else np.concatenate([members[unit] for unit in units])
        found[i] = _defined(metric, parts, rows)
    return found


def _accelerated(tails, value, drawn, metric, parts, members):
    """The quantiles that BCa takes instead of `tails`."""
    from scipy.special import ndtr, ndtri

    below = (np.mean(drawn < value) + np.mean(drawn <= value)) / 2
    # With all draws on one side of the value the bias is beyond what so many can tell.
    edge = 0.5 / len(drawn)
    bias = ndtri(np.clip(below, edge, 1 - edge))
    n_units = num_samples(parts[0]) if members is None else len(members)
    left_out = np.array_split(np.arange(n_units), min(n_units, _LEFT_OUT))
    found = np.empty(len(left_out))
    for i, units in enumerate(left_out):
        kept = np.delete(np.arange(n_units), units)
        rows = kept if members is None else np.concatenate([members[unit] for unit in kept])
        found[i] = _defined(metric, parts, rows)
    away = found[np.isfinite(found)]
    away = away.mean() - away
    power = (away**2).sum() ** 1.5
    acceleration = (away**3).sum() / (6 * power) if power > 0 else 0.0
    moved = bias + ndtri(tails)
    return ndtr(bias + moved / (1 - acceleration * moved))


# ---------------------------------------------------------------------------- DeLong
def _midranks(values):
    """Rank of each value from 1, equal values sharing the mean of their ranks."""
    ordered = np.sort(values)
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    return (first + last + 1) / 2


def _structural(positive, scores):
    """AUC of each score, and the covariance matrix of these, by ranks."""
    m, n = np.count_nonzero(positive), np.count_nonzero(~positive)
    of_positive = np.empty((len(scores), m))
    of_negative = np.empty((len(scores), n))
    for i, score in enumerate(scores):
        ranks = _midranks(score)
        of_positive[i] = (ranks[positive] - _midranks(score[positive])) / n
        of_negative[i] = 1 - (ranks[~positive] - _midranks(score[~positive])) / m
    covariance = np.cov(of_positive).reshape(len(scores), -1) / m
    covariance = covariance + np.cov(of_negative).reshape(len(scores), -1) / n
    return of_positive.mean(axis=1), covariance


def _positive(y_true, pos_label, owner):
    classes, codes = encode_labels(column_or_1d(y_true))
    if len(classes) != 2:
        raise ValueError(f"{owner}: y_true must hold two classes, got {classes.tolist()}")
    if pos_label is not None and pos_label not in classes:
        raise ValueError(f"{owner}: pos_label={pos_label!r} is not one of {classes.tolist()}")
    positive = codes == 1 if pos_label is None else classes[codes] == pos_label
    if min(positive.sum(), (~positive).sum()) < 2:
        raise ValueError(f"{owner}: a variance needs two rows of each class at least")
    return positive


@checked(confidence=_CONFIDENCE)
def delong_interval(y_true, y_score, *, pos_label=None, confidence=0.95):
    """Confidence interval of the area under the ROC curve, without resampling.

    The variance is that of the two-sample statistic (DeLong), by ranks in O(n log n); the interval
    is taken on the scale of the logit, so that it stays within 0 and 1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        Scores of the positive class.
    pos_label : label, default=None
        None is the greater one.
    confidence : float, default=0.95

    Returns
    -------
    Estimate
        value, low, high.

    References
    ----------
    DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Comparing the areas under two or
    more correlated receiver operating characteristic curves. Biometrics 44. Sun, X. and Xu, W.
    (2014). Fast implementation of DeLong's algorithm. IEEE Signal Processing Letters 21.

    Examples
    --------
    >>> from mlkit.model_selection import delong_interval
    >>> found = delong_interval([0, 0, 1, 1, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.2, 0.7])
    >>> [round(each, 3) for each in found]
    [0.889, 0.261, 0.995]
    """
    from scipy.special import expit, logit, ndtri

    score = np.asarray(column_or_1d(y_score), dtype=np.float64)
    check_consistent_length(y_true, score)
    positive = _positive(y_true, pos_label, "delong_interval")
    (area,), covariance = _structural(positive, [score])
    deviation = float(np.sqrt(covariance[0, 0]))
    if deviation == 0 or not 0 < area < 1:
        warnings.warn(
            f"delong_interval: the area {area:.6g} has no variance by these rows, which says "
            "nothing of other rows: the interval is a point",
            UserWarning,
            stacklevel=3,
        )
        return Estimate(float(area), float(area), float(area))
    reach = ndtri((1 + confidence) / 2) * deviation / (area * (1 - area))
    low, high = expit(logit(area) - reach), expit(logit(area) + reach)
    return Estimate(float(area), float(low), float(high))


@checked(confidence=_CONFIDENCE, alternative=one_of("two-sided", "greater", "less"))
def delong_test(
    y_true, score_a, score_b, *, pos_label=None, alternative="two-sided", confidence=0.95
):
    """Test whether two scores of the same rows have different areas under the ROC curve.

    ``z = (A − B) / sqrt(var A + var B − 2 cov(A, B))``, normal for many rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    score_a, score_b : array-like of shape (n_samples,)
        Scores of the positive class by two models.
    pos_label : label, default=None
        None is the greater one.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater" tests whether the first area is larger.
    confidence : float, default=0.95
        Of the interval of the difference.

    Returns
    -------
    Comparison
        difference, pvalue, low, high, statistic.

    References
    ----------
    As for `delong_interval`.

    Examples
    --------
    >>> from mlkit.model_selection import delong_test
    >>> y = [0, 0, 1, 1, 0, 1]
    >>> a, b = [0.1, 0.4, 0.35, 0.8, 0.2, 0.7], [0.3, 0.1, 0.2, 0.5, 0.6, 0.4]
    >>> found = delong_test(y, a, b)
    >>> round(found.difference, 3), round(found.pvalue, 3)
    (0.333, 0.386)
    """
    from scipy.special import ndtr, ndtri

    scores = [np.asarray(column_or_1d(each), dtype=np.float64) for each in (score_a, score_b)]
    check_consistent_length(y_true, *scores)
    positive = _positive(y_true, pos_label, "delong_test")
    areas, covariance = _structural(positive, scores)
    difference = float(areas[0] - areas[1])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    deviation = float(np.sqrt(max(variance, 0.0)))
    if deviation == 0:
        statistic = np.inf * np.sign(difference) if difference else 0.0
    else:
        statistic = difference / deviation
    upper = float(ndtr(-statistic))
    tails = {"greater": upper, "less": 1 - upper, "two-sided": 2 * min(upper, 1 - upper)}
    reach = float(ndtri((1 + confidence) / 2)) * deviation
    return Comparison(
        difference, tails[alternative], difference - reach, difference + reach, float(statistic)
    )
