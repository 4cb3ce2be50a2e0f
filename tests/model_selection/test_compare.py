"""Tests and intervals: by definition, and right as often as they say."""

import numpy as np
import pytest
import scipy.stats
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import Ridge as TheirRidge
from sklearn.metrics import roc_auc_score

from mlkit.dummy import DummyRegressor
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.metrics import accuracy_score, r2_score
from mlkit.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
    bootstrap_interval,
    compare_models,
    corrected_ttest,
    cross_val_score,
    cross_validate,
    delong_interval,
    delong_test,
    nested_cross_validate,
)

X, Y = load_diabetes(return_X_y=True)


# ------------------------------------------------------------------ corrected t-test
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_the_plain_test_is_its_limit(alternative):
    """With next to nothing tested the correction vanishes, and it is the paired t-test."""
    a, b = np.random.RandomState(0).normal(size=(2, 12))
    found = corrected_ttest(a, b, test_share=1e-12, alternative=alternative)
    expected = scipy.stats.ttest_rel(a, b, alternative=alternative)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.pvalue == pytest.approx(expected.pvalue)
    low, high = scipy.stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_correction():
    a, b = np.random.RandomState(0).normal(size=(2, 10))
    d = a - b
    t = d.mean() / np.sqrt((1 / 10 + 0.2 / 0.8) * d.var(ddof=1))
    found = corrected_ttest(a, b, test_share=0.2)
    assert found.statistic == pytest.approx(t)
    assert found.pvalue == pytest.approx(2 * scipy.stats.t.sf(abs(t), 9))
    swapped = corrected_ttest(b, a, test_share=0.2)
    assert swapped.pvalue == pytest.approx(found.pvalue)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


def test_it_errs_as_rarely_as_it_says():
    """Two models of the same worth, each blind to half of what there is."""
    rng = np.random.RandomState(0)
    wrong = {"corrected": 0, "plain": 0}
    for _ in range(200):
        x = rng.normal(size=(60, 2))
        y = x.sum(axis=1) + rng.normal(size=60)
        errors = [[], []]
        for train, test in RepeatedKFold(n_splits=5, n_repeats=4, random_state=0).split(x):
            for which in (0, 1):
                slope = x[train, which] @ y[train] / (x[train, which] @ x[train, which])
                errors[which].append(np.mean((y[test] - slope * x[test, which]) ** 2))
        wrong["corrected"] += corrected_ttest(*errors, test_share=0.2).pvalue < 0.05
        wrong["plain"] += scipy.stats.ttest_rel(*errors).pvalue < 0.05
    assert wrong["corrected"] / 200 < 0.1 < 0.25 < wrong["plain"] / 200


def test_equal_scores_do_not_differ():
    assert corrected_ttest([1, 2, 3], [1, 2, 3], test_share=0.5).pvalue == 1
    assert corrected_ttest([2, 3, 4], [1, 2, 3], test_share=0.5).pvalue == 0
    with pytest.raises(ValueError, match="two folds"):
        corrected_ttest([1], [2], test_share=0.5)
    with pytest.raises(ValueError, match="test_share"):
        corrected_ttest([1, 2], [2, 3], test_share=2)


def test_models_are_compared_on_the_same_folds():
    models = {"mean": DummyRegressor(), "weak": Ridge(10), "strong": Ridge(0.1)}
    cv = KFold(6, shuffle=True)  # other folds each time it is asked
    found = compare_models(models, X, Y, cv=cv, scoring="neg_mean_absolute_error")
    assert list(found["mean"]) == ["strong", "weak", "mean"]
    assert list(found["pairs"]) == [("strong", "weak"), ("strong", "mean"), ("weak", "mean")]
    for (a, b), pair in found["pairs"].items():
        plain = corrected_ttest(found["scores"][a], found["scores"][b], test_share=1 / 6)
        assert pair.difference == pytest.approx(plain.difference) and pair.difference > 0
        assert plain.pvalue <= pair.pvalue <= min(1, 3 * plain.pvalue)
    twice = compare_models({"a": Ridge(1), "b": Ridge(1.0)}, X, Y, cv=cv)
    np.testing.assert_array_equal(twice["scores"]["a"], twice["scores"]["b"])
    ordered = sorted(found["pairs"].values(), key=lambda pair: pair.pvalue)
    raw = [
        corrected_ttest(found["scores"][a], found["scores"][b], test_share=1 / 6).pvalue
        for a, b in found["pairs"]
    ]
    steps = np.maximum.accumulate(np.minimum(1, np.sort(raw) * [3, 2, 1]))
    np.testing.assert_allclose([pair.pvalue for pair in ordered], steps)


def test_models_of_any_library():
    found = compare_models({"ours": Ridge(1.0), "theirs": TheirRidge(1.0)}, X, Y, cv=3)
    (pair,) = found["pairs"].values()
    assert abs(pair.difference) < 1e-9
    with pytest.raises(ValueError, match="two models"):
        compare_models({"one": Ridge()}, X, Y)


# --------------------------------------------------------------------------- bootstrap
def test_a_mean_has_the_interval_of_the_normal_law():
    rng = np.random.RandomState(0)
    y = rng.normal(size=400)

    def mean(truth, predicted):
        return np.mean(truth)

    expected = np.mean(y) + np.array([-1.96, 1.96]) * y.std() / 20
    for method in ("bca", "percentile"):
        found = bootstrap_interval(mean, y, y, method=method, random_state=0)
        assert found.value == y.mean()
        np.testing.assert_allclose([found.low, found.high], expected, atol=0.012)


def test_bca_is_scipys():
    rng = np.random.RandomState(1)
    y = rng.exponential(size=60)

    def spread(truth, predicted):
        return np.var(truth)

    theirs = scipy.stats.bootstrap(
        (y,), np.var, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    found = bootstrap_interval(spread, y, y, n_resamples=20_000, random_state=0)
    assert found.low == pytest.approx(theirs.low, rel=0.03)
    assert found.high == pytest.approx(theirs.high, rel=0.05)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.RandomState(0)
    held = 0
    for seed in range(150):
        y = rng.rand(80) < 0.5
        predicted = np.where(rng.rand(80) < 0.8, y, ~y)
        found = bootstrap_interval(
            accuracy_score, y, predicted, n_resamples=300, confidence=0.9, random_state=seed
        )
        held += found.low <= 0.8 <= found.high
    assert 0.83 < held / 150 < 0.96


def test_differences_jobs_weights_and_groups():
    rng = np.random.RandomState(0)
    a, b = Y + rng.normal(size=(2, len(Y))) * [[30], [60]]
    options = {"n_resamples": 250, "random_state": 0}
    found = bootstrap_interval(r2_score, Y, a, y_other=b, **options)
    assert found.value == pytest.approx(r2_score(Y, a) - r2_score(Y, b)) and found.low > 0
    other = bootstrap_interval(r2_score, Y, b, y_other=a, **options)
    assert other.value == -found.value and other.high < 0
    assert bootstrap_interval(r2_score, Y, a, y_other=b, n_jobs=2, **options) == found
    weight = rng.randint(1, 3, len(Y))
    weighted = bootstrap_interval(r2_score, Y, a, sample_weight=weight, **options)
    assert weighted.value == pytest.approx(r2_score(Y, a, sample_weight=weight))
    # Rows that come ten at a time are worth a tenth.
    narrow = bootstrap_interval(r2_score, np.repeat(Y, 10), np.repeat(a, 10), **options)
    groups = np.repeat(np.arange(len(Y)), 10)
    wide = bootstrap_interval(
        r2_score, np.repeat(Y, 10), np.repeat(a, 10), groups=groups, **options
    )
    plain = bootstrap_interval(r2_score, Y, a, **options)
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)
    assert wide.high - wide.low == pytest.approx(plain.high - plain.low, rel=0.2)


def test_draws_of_one_class_are_left_out():
    y, scores = np.array([0, 0, 0, 0, 0, 0, 1, 1]), np.linspace(0, 1, 8)

    def area(truth, predicted):
        if len(np.unique(truth)) < 2:
            raise ValueError("one class")
        return roc_auc_score(truth, predicted)

    found = bootstrap_interval(area, y, scores[::-1] + y, n_resamples=200, random_state=0)
    assert 0 <= found.low <= found.high <= 1
    with pytest.raises(ValueError, match="not defined"):
        bootstrap_interval(lambda a, b: np.nan, y, scores, n_resamples=10)


# ----------------------------------------------------------------------------- DeLong
def by_pairs(y, *scores):
    """Areas and their covariance from the placements of single rows."""
    wins = []
    for score in scores:
        p, n = score[y == 1][:, None], score[y == 0][None, :]
        wins.append((p > n) + 0.5 * (p == n))
    areas = np.array([each.mean() for each in wins])
    s10 = np.cov([each.mean(axis=1) for each in wins]).reshape(len(scores), -1)
    s01 = np.cov([each.mean(axis=0) for each in wins]).reshape(len(scores), -1)
    return areas, s10 / (y == 1).sum() + s01 / (y == 0).sum()


@pytest.mark.parametrize("decimals", [8, 1])
def test_delong_is_its_definition(decimals):
    rng = np.random.RandomState(0)
    y = (rng.rand(70) < 0.4).astype(int)
    a = np.round(rng.normal(size=70) + y, decimals)
    b = np.round(a + rng.normal(size=70), decimals)
    areas, covariance = by_pairs(y, a, b)
    one = delong_interval(y, a)
    assert one.value == pytest.approx(areas[0]) == pytest.approx(roc_auc_score(y, a))
    scale = areas[0] * (1 - areas[0])
    logits = np.log(areas[0] / (1 - areas[0])) + np.array([-1, 1]) * (
        scipy.stats.norm.ppf(0.975) * np.sqrt(covariance[0, 0]) / scale
    )
    np.testing.assert_allclose([one.low, one.high], 1 / (1 + np.exp(-logits)))
    found = delong_test(y, a, b)
    deviation = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert found.statistic == pytest.approx((areas[0] - areas[1]) / deviation)
    assert found.pvalue == pytest.approx(2 * scipy.stats.norm.sf(abs(found.statistic)))
    assert (found.low, found.high) == pytest.approx(
        tuple(areas[0] - areas[1] + np.array([-1.959964, 1.959964]) * deviation), rel=1e-5
    )
    greater = delong_test(y, a, b, alternative="greater").pvalue
    assert greater + delong_test(y, a, b, alternative="less").pvalue == pytest.approx(1)


def test_delong_holds_the_truth_as_often_as_it_says():
    rng = np.random.RandomState(0)
    truth = scipy.stats.norm.cdf(1 / np.sqrt(2))
    held = errs = 0
    for _ in range(300):
        y = np.repeat([0, 1], [40, 30])
        a, b = rng.normal(size=(2, 70)) + y
        found = delong_interval(y, a, confidence=0.9)
        held += found.low <= truth <= found.high
        errs += delong_test(y, a, b).pvalue < 0.05
    assert 0.86 < held / 300 < 0.95 and errs / 300 < 0.1


def test_delong_labels():
    data, y = load_breast_cancer(return_X_y=True)
    names = np.array(["bad", "good"])[y]
    score = data[:, 0]
    bad, good = (delong_interval(names, score, pos_label=each) for each in ("bad", "good"))
    assert bad.value == pytest.approx(1 - good.value) and bad.low == pytest.approx(1 - good.high)
    assert delong_interval(names, score) == good
    with pytest.raises(ValueError, match="two classes"):
        delong_interval(np.arange(3), np.arange(3))
    with pytest.raises(ValueError, match="pos_label"):
        delong_interval(names, score, pos_label="ugly")
    with pytest.raises(ValueError, match="two rows"):
        delong_interval([0, 0, 1], [1, 2, 3])
    with pytest.warns(UserWarning, match="no variance"):
        assert delong_interval([0, 0, 1, 1], [1, 2, 3, 4]) == (1, 1, 1)


# ---------------------------------------------------------------- nested validation
def test_nested_is_a_search_on_each_fold():
    search = GridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1.0]}, cv=4)
    found = nested_cross_validate(search, X, Y, cv=3, return_estimator=True, return_indices=True)
    for k, (train, test) in enumerate(KFold(3).split(X)):
        by_hand = GridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1.0]}, cv=4).fit(X[train], Y[train])
        assert found["best_params"][k] == by_hand.best_params_
        assert found["best_score"][k] == by_hand.best_score_
        assert found["test_score"][k] == by_hand.score(X[test], Y[test])
        np.testing.assert_array_equal(found["indices"]["test"][k], test)
    plain = nested_cross_validate(search, X, Y, cv=3)
    np.testing.assert_array_equal(plain["test_score"], cross_val_score(search, X, Y, cv=3))
    assert set(plain) == {"fit_time", "score_time", "test_score", "best_params", "best_score"}


def test_the_inner_score_is_too_good():
    """On noise the best of many candidates looks better than nothing; the outer folds know."""
    rng = np.random.RandomState(0)
    x, y = rng.normal(size=(60, 20)), rng.rand(60) < 0.5
    grid = {
        "C": np.logspace(-4, 4, 30),
        "class_weight": [{0: w, 1: 1} for w in (0.5, 0.8, 1, 1.2, 2)],
    }
    search = RandomizedSearchCV(LogisticRegression(), grid, n_iter=60, cv=5, random_state=0)
    found = nested_cross_validate(search, x, y, cv=5)
    assert found["best_score"].mean() > 0.53 > found["test_score"].mean()


def test_groups_reach_both_loops():
    groups = np.arange(len(Y)) % 9
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=GroupKFold(4))
    found = nested_cross_validate(search, X, Y, groups=groups, cv=GroupKFold(3))
    for k, (train, _) in enumerate(GroupKFold(3).split(X, Y, groups)):
        by_hand = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=GroupKFold(4))
        by_hand.fit(X[train], Y[train], groups=groups[train])
        assert found["best_score"][k] == by_hand.best_score_
    inner = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=4)
    outer = nested_cross_validate(inner, X, Y, groups=groups, cv=GroupKFold(3))
    plain = cross_validate(inner, X, Y, groups=groups, cv=GroupKFold(3))
    np.testing.assert_array_equal(outer["test_score"], plain["test_score"])


def test_what_searches_nothing_is_refused():
    with pytest.raises(TypeError, match="best_params_"):
        nested_cross_validate(Ridge(), X, Y)
