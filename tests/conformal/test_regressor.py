"""Intervals: the definition, and coverage on real data whatever the model."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_linnerud, make_regression
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import QuantileRegressor
from sklearn.linear_model import Ridge as TheirRidge

from mlkit import config_context
from mlkit.base import BaseEstimator, RegressorMixin, clone
from mlkit.conformal import (
    ConformalQuantileRegressor,
    ConformalRegressor,
    interval_coverage,
    interval_score,
    mean_width,
)
from mlkit.frozen import FrozenEstimator
from mlkit.linear_model import LinearRegression, Ridge
from mlkit.model_selection import GroupKFold, KFold, LeaveOneOut, RepeatedKFold, ShuffleSplit
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler

X, Y = load_diabetes(return_X_y=True)


class Constant(RegressorMixin, BaseEstimator):
    """Predicts the mean of what it was fitted to."""

    def fit(self, X, y):
        self.mean_ = np.mean(y, axis=0)
        return self

    def predict(self, X):
        return np.full((len(X), *np.shape(self.mean_)), self.mean_)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_split_is_its_definition(coverage):
    model = ConformalRegressor(
        Ridge(0.1), method="split", coverage=coverage, calibration_size=99, random_state=0
    ).fit(X, Y)
    train, test = next(ShuffleSplit(1, test_size=99, random_state=0).split(X))
    by_hand = Ridge(0.1).fit(X[train], Y[train])
    errors = np.sort(np.abs(Y[test] - by_hand.predict(X[test])))
    q = errors[round(coverage * 100) - 1]  # (n + 1) c is whole
    expected = by_hand.predict(X)[:, None] + [-q, q]
    np.testing.assert_allclose(model.predict_interval(X), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


@pytest.mark.parametrize("cv", [3, LeaveOneOut(), KFold(4, shuffle=True, random_state=0)])
@pytest.mark.parametrize("coverage", [0.6, 0.9])
def test_cv_plus_is_its_definition(cv, coverage):
    x, y = X[:60], Y[:60]
    model = ConformalRegressor(LinearRegression(), cv=cv, coverage=coverage).fit(x, y)
    low, high = [], []
    for train, test in (KFold(cv) if isinstance(cv, int) else cv).split(x):
        part = LinearRegression().fit(x[train], y[train])
        for row in test:
            error = abs(y[row] - part.predict(x[[row]])[0])
            low.append(part.predict(X[60:90]) - error)
            high.append(part.predict(X[60:90]) + error)
    rank = int(np.ceil(coverage * 61 - 1e-9))
    expected = np.column_stack([np.sort(low, axis=0)[60 - rank], np.sort(high, axis=0)[rank - 1]])
    np.testing.assert_allclose(model.predict_interval(X[60:90]), expected, rtol=1e-10)
    whole = LinearRegression().fit(x, y)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))


MODELS = {
    "ridge": Ridge(0.1),
    "theirs": TheirRidge(0.1),
    "pipeline": make_pipeline(StandardScaler(), Ridge()),
    "forest": RandomForestRegressor(20, random_state=0),
    "constant": Constant(),
}


def held(model, repeats=20, x=X, y=Y, **options):
    """Mean coverage over splits of real data into rows to fit and rows to test."""
    found = []
    for train, test in ShuffleSplit(repeats, test_size=0.4, random_state=0).split(x):
        fitted = clone(model).fit(x[train], y[train])
        found.append(interval_coverage(y[test], fitted.predict_interval(x[test], **options)))
    return np.mean(found, axis=0)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("method", ["split", "cv+"])
def test_coverage_on_real_data(name, method):
    model = ConformalRegressor(MODELS[name], method=method, coverage=0.8, cv=4, random_state=0)
    # The deviation of the mean over overlapping tests of 177 rows and calibrations of 66.
    assert 0.77 < held(model, 10 if name == "forest" else 20) < 0.86


def test_intervals_differ_where_rows_differ():
    """Errors of one size for easy and hard rows alike would hold one kind too often."""
    rng = np.random.RandomState(0)
    x = rng.uniform(0, 1, size=(2000, 1))
    y = 3 * x[:, 0] + rng.normal(size=2000) * (0.1 + 2 * x[:, 0])
    fitted, tested = slice(0, 1000), slice(1000, None)
    hard = x[tested, 0] > 0.5
    plain = ConformalRegressor(LinearRegression()).fit(x[fitted], y[fitted])
    ends = plain.predict_interval(x[tested])
    assert interval_coverage(y[tested][~hard], ends[~hard]) > 0.97
    assert interval_coverage(y[tested][hard], ends[hard]) < 0.85
    scaled = clone(plain).set_params(scale=LinearRegression()).fit(x[fitted], y[fitted])
    boosted = GradientBoostingRegressor(loss="quantile", n_estimators=50, min_samples_leaf=20)
    quantiles = ConformalQuantileRegressor(boosted, method="split", random_state=0)
    for model in (scaled, quantiles.fit(x[fitted], y[fitted])):
        better = model.predict_interval(x[tested])
        for kind in (hard, ~hard):
            assert 0.84 < interval_coverage(y[tested][kind], better[kind]) < 0.96
        assert interval_score(y[tested], better, 0.9) < interval_score(y[tested], ends, 0.9)
        assert mean_width(better[hard]) > 2 * mean_width(better[~hard])


# ----------------------------------------------------------------------------- quantiles
@pytest.mark.parametrize("method", ["split", "cv+"])
def test_quantiles_on_real_data(method):
    base = QuantileRegressor(alpha=0)
    model = ConformalQuantileRegressor(base, method=method, coverage=0.8, cv=3, random_state=0)
    assert 0.76 < held(model, 8) < 0.86
    fitted = model.fit(X, Y)
    assert fitted.estimator_.quantile == 0.5
    assert 0.45 < np.mean(fitted.predict(X) > Y) < 0.55


def test_quantiles_are_moved_by_their_definition():
    model = ConformalQuantileRegressor(
        QuantileRegressor(alpha=0), method="split", coverage=0.8, random_state=1
    ).fit(X, Y)
    train, test = next(ShuffleSplit(1, test_size=0.25, random_state=1).split(X))
    low, high = (QuantileRegressor(alpha=0, quantile=q).fit(X[train], Y[train]) for q in (0.1, 0.9))
    scores = np.maximum(low.predict(X[test]) - Y[test], Y[test] - high.predict(X[test]))
    move = np.sort(scores)[int(np.ceil(0.8 * (len(test) + 1))) - 1]
    expected = np.column_stack([low.predict(X) - move, high.predict(X) + move])
    np.testing.assert_allclose(model.predict_interval(X), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (QuantileRegressor(), "quantile"),
        (GradientBoostingRegressor(loss="quantile"), "alpha"),
        (make_pipeline(StandardScaler(), QuantileRegressor()), "quantileregressor__quantile"),
    ],
)
def test_the_quantile_is_found(model, name):
    fitted = ConformalQuantileRegressor(model, method="split", random_state=0).fit(X, Y)
    assert fitted.estimator_.get_params()[name] == 0.5
    by_name = ConformalQuantileRegressor(
        model, method="split", random_state=0, quantile_param=name
    ).fit(X, Y)
    assert by_name.predict_interval(X).shape == (len(X), 2)


@pytest.mark.parametrize("model", [Ridge(), GradientBoostingRegressor()])
def test_what_has_no_quantile_is_refused(model):
    with pytest.raises(ValueError, match="quantile_param"):
        ConformalQuantileRegressor(model).fit(X, Y)


# ------------------------------------------------------------------------------ the rest
def test_several_outputs():
    x, y = make_regression(500, 5, n_targets=3, noise=20, random_state=0)
    for method in ("split", "cv+"):
        model = ConformalRegressor(LinearRegression(), method=method, coverage=0.8, random_state=0)
        ends = model.fit(x, y).predict_interval(x)
        assert ends.shape == (500, 3, 2)
        assert (np.abs(held(model, 10, x, y) - 0.8) < 0.05).all()
        alone = clone(model).fit(x, y[:, 1]).predict_interval(x)
        np.testing.assert_allclose(ends[:, 1], alone, rtol=1e-9)
    x, y = load_linnerud(return_X_y=True)
    assert ConformalRegressor(Constant(), coverage=0.5).fit(x, y).predict_interval(x).shape == (
        20,
        3,
        2,
    )


def test_a_frozen_model_is_calibrated_as_it_is():
    from sklearn.frozen import FrozenEstimator as TheirFrozen

    base = Ridge(0.1).fit(X[:200], Y[:200])
    for freeze in (FrozenEstimator, TheirFrozen):
        model = ConformalRegressor(freeze(base), coverage=0.8).fit(X[200:], Y[200:])
        q = np.sort(np.abs(Y[200:] - base.predict(X[200:])))[int(np.ceil(0.8 * 243)) - 1]
        expected = base.predict(X)[:, None] + [-q, q]
        np.testing.assert_allclose(model.predict_interval(X), expected)


def test_coverage_may_be_asked_for_later():
    model = ConformalRegressor(Ridge(), coverage=0.9).fit(X, Y)
    widths = [mean_width(model.predict_interval(X, coverage=c)) for c in (0.5, 0.8, 0.95)]
    assert widths == sorted(widths)
    early = ConformalRegressor(Ridge(), coverage=0.5).fit(X, Y)
    np.testing.assert_array_equal(early.predict_interval(X), model.predict_interval(X, 0.5))
    with pytest.raises(ValueError, match="between 0 and 1"):
        model.predict_interval(X, coverage=1.0)


@pytest.mark.parametrize("method", ["split", "cv+"])
def test_too_few_rows_exclude_nothing(method):
    model = ConformalRegressor(
        Constant(), method=method, coverage=0.9, cv=4, calibration_size=8, random_state=0
    ).fit(X[: 8 if method == "cv+" else 30], Y[: 8 if method == "cv+" else 30])
    with pytest.warns(UserWarning, match="9 are needed"):
        ends = model.predict_interval(X)
    assert np.isneginf(ends[:, 0]).all() and np.isposinf(ends[:, 1]).all()


def test_weights_and_groups_reach_model_and_splitter():
    weight = np.random.RandomState(0).rand(len(Y))
    groups = np.arange(len(Y)) % 7
    model = ConformalRegressor(Ridge(), cv=GroupKFold(4)).fit(
        X, Y, sample_weight=weight, groups=groups
    )
    whole = Ridge().fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    with config_context(enable_metadata_routing=True):
        routed = ConformalRegressor(Ridge().set_fit_request(sample_weight=True), cv=GroupKFold(4))
        routed.fit(X, Y, sample_weight=weight, groups=groups)
        np.testing.assert_array_equal(routed.predict_interval(X), model.predict_interval(X))


def test_jobs_and_pieces_change_nothing(monkeypatch):
    one = ConformalRegressor(Ridge()).fit(X, Y).predict_interval(X)
    two = ConformalRegressor(Ridge(), n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(two.predict_interval(X), one)
    monkeypatch.setattr("mlkit.conformal._regressor._ENTRIES", 1000)
    np.testing.assert_array_equal(two.predict_interval(X), one)


def test_rows_are_tested_once():
    with pytest.raises(ValueError, match="at most once"):
        ConformalRegressor(Ridge(), cv=RepeatedKFold(n_splits=3, n_repeats=2)).fit(X, Y)
