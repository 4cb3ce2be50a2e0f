"""Histogram boosting beyond scikit-learn's: drawn rows, dropped rounds, losses of one's own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax

from mlkit._engine.trees.boost_rows import ROWS, LeastVariance, UniformRows
from mlkit.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from mlkit.metrics import (
    d2_pinball_score,
    mean_pinball_loss,
    mean_squared_error,
    mean_tweedie_deviance,
)
from mlkit.model_selection import GridSearchCV

VARIANTS = {
    "uniform": {"subsample": 0.4},
    "goss": {"subsample": 0.4, "sampling": "goss"},
    "mvs": {"subsample": 0.4, "sampling": "mvs"},
    "dart": {"drop_rate": 0.1, "learning_rate": 0.5},
    "dart of rows": {"drop_rate": 0.1, "learning_rate": 0.5, "subsample": 0.5, "sampling": "mvs"},
}


def make_data(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    y = X[:, 0] + np.sin(2 * X[:, 1]) * X[:, 2] + 0.3 * rng.normal(size=n)
    X[rng.random(X.shape) < 0.05] = np.nan
    return X, y


@pytest.fixture(params=[1, 3], ids=["one output", "three outputs"])
def terms(request):
    rng = np.random.default_rng(3)
    shape = (400, request.param)
    return rng.standard_cauchy(size=shape), rng.uniform(0.1, 1, size=shape)


# ---------------------------------------------------------------- rows drawn
@pytest.mark.parametrize("name", ROWS)
def test_sums_are_right_in_the_mean(name, terms):
    """Over many draws, the sums of what rows count are those of all rows."""
    gradient, curvature = terms
    rng = np.random.default_rng(0)
    total = np.zeros(gradient.shape[1])
    draws, sizes = [], []
    for _ in range(600):
        drawn = ROWS[name](0.3).draw(gradient, curvature, rng)
        assert (np.diff(drawn.rows) > 0).all()
        scale = 1 / 0.3 if drawn.factor is None else 1.0
        draws.append(scale * drawn.scaled(gradient)[drawn.rows].sum(axis=0))
        sizes.append(len(drawn.rows))
    total, error = np.mean(draws, axis=0), np.std(draws, axis=0) / np.sqrt(600)
    assert (np.abs(total - gradient.sum(axis=0)) < 4 * error).all()
    assert abs(np.mean(sizes) - 120) < 2
    if name != "mvs":
        assert set(sizes) == {120}


def test_chances_follow_the_gradients(terms):
    """Least variance: chances are proportional to the size of the terms, up to certainty."""
    gradient, curvature = terms
    drawn = LeastVariance(0.25).draw(gradient, curvature, np.random.default_rng(0))
    ratio = (np.abs(gradient).sum() / curvature.sum()) ** 2
    size = np.sqrt((gradient**2).sum(axis=1) + ratio * (curvature**2).sum(axis=1))
    chance = 1 / drawn.factor[drawn.rows]
    uncertain = chance < 1
    level = size[drawn.rows][uncertain] / chance[uncertain]
    assert_allclose(level, level[0])
    assert_allclose(np.minimum(1, size / level[0]).sum(), 100)
    assert (size[drawn.rows][~uncertain] >= level[0]).all()


def test_sums_vary_less_than_with_uniform_draws(terms):
    gradient, curvature = terms
    spread = {}
    for rows in (UniformRows(0.3), LeastVariance(0.3)):
        rng, sums = np.random.default_rng(1), []
        for _ in range(200):
            drawn = rows.draw(gradient, curvature, rng)
            scale = 1 / 0.3 if drawn.factor is None else 1.0
            sums.append(scale * drawn.scaled(gradient)[drawn.rows].sum(axis=0))
        spread[type(rows)] = np.std(sums, axis=0)
    assert (spread[LeastVariance] < 0.5 * spread[UniformRows]).all()


@pytest.mark.parametrize("name", ROWS)
def test_degenerate_draws(name):
    """Gradients of zero, one row, all curvatures 1: a row at least is drawn."""
    rng = np.random.default_rng(0)
    for gradient in (np.zeros((50, 1)), np.ones((1, 1)), np.eye(50, 1)):
        drawn = ROWS[name](0.1).draw(gradient, None, rng)
        assert len(drawn.rows) >= 1
        assert np.isfinite(drawn.scaled(gradient)).all()


# ---------------------------------------------------------------- all variants
@pytest.mark.parametrize("name", VARIANTS)
def test_predictions_are_near_those_of_boosting_as_usual(name):
    X, y = make_data(3000)
    plain = HistGradientBoostingRegressor(max_iter=60).fit(X[:1500], y[:1500])
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0, **VARIANTS[name])
    model.fit(X[:1500], y[:1500])
    assert model.score(X[1500:], y[1500:]) > plain.score(X[1500:], y[1500:]) - 0.03
    assert not np.array_equal(model.predict(X), plain.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_scores_in_the_fit_are_those_of_the_model(name, n_classes):
    """What is added up on the rows, and what is held out, is what the trees predict."""
    X, y = make_data()
    y = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    model = HistGradientBoostingClassifier(
        max_iter=12, early_stopping=True, n_iter_no_change=50, random_state=0, **VARIANTS[name]
    )
    held = {"X_val": X[1000:], "y_val": y[1000:], "sample_weight_val": weight[1000:]}
    model.fit(X[:1000], y[:1000], weight[:1000], **held)
    for scores, cut in (
        (model.train_score_, slice(1000)),
        (model.validation_score_, slice(1000, None)),
    ):
        p = model.predict_proba(X[cut])[np.arange(len(y[cut])), y[cut]]
        assert_allclose(scores[-1], np.average(np.log(p), weights=weight[cut]), rtol=1e-9)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_fit_can_be_continued(name):
    X, y = make_data(800)
    options = {"random_state": 3, **VARIANTS[name]}
    whole = HistGradientBoostingRegressor(max_iter=9, **options).fit(X, y)
    parts = HistGradientBoostingRegressor(max_iter=4, warm_start=True, **options).fit(X, y)
    parts.set_params(max_iter=9).fit(X, y)
    assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-12)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_for_any_number_of_threads(name, monkeypatch):
    X, y = make_data(9000)
    X = np.tile(X, (3, 2))
    y = np.tile(y, 3)
    predictions = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(
            "mlkit.ensemble._boosting_rounds.n_threads", lambda threads=threads: threads
        )
        model = HistGradientBoostingRegressor(
            max_iter=5, early_stopping=False, random_state=0, **VARIANTS[name]
        )
        predictions.append(model.fit(X, y).predict(X))
    assert_array_equal(predictions[0], predictions[1])
    assert_array_equal(predictions[0], predictions[2])


# ---------------------------------------------------------------- dropped rounds
def test_rounds_that_are_left_out_are_scaled():
    """With all left out, the second tree is the first: each takes 1 / (1 + η) of its step."""
    X, y = make_data(500)
    rate = 0.3
    one = HistGradientBoostingRegressor(max_iter=1, learning_rate=rate).fit(X, y)
    two = HistGradientBoostingRegressor(
        max_iter=2, learning_rate=rate, drop_rate=1.0, random_state=0
    ).fit(X, y)
    step = one.predict(X) - y.mean()
    assert_allclose(two.predict(X) - y.mean(), 2 * step / (1 + rate), rtol=1e-9)


def test_a_search_refits_where_rounds_are_scaled():
    """A shorter run is no beginning of a longer one, so candidates do not share a fit."""
    X, y = make_data(300)
    model = HistGradientBoostingRegressor(drop_rate=0.5, random_state=0)
    search = GridSearchCV(model, {"max_iter": [2, 6]}, cv=2, refit=False).fit(X, y)
    half = len(X) // 2
    model.set_params(max_iter=2).fit(X[half:], y[half:])
    assert_allclose(search.cv_results_["split0_test_score"][0], model.score(X[:half], y[:half]))


# ---------------------------------------------------------------- a function as loss
def squares(y, raw):
    return raw - y, None, (raw - y) ** 2 / 2


def logistic(y, raw):
    p = expit(raw)
    return p - y, p * (1 - p), np.logaddexp(0, raw) - y * raw


def multinomial(y, raw):
    p = softmax(raw, axis=1)
    one = np.eye(raw.shape[1])[y.astype(int)]
    return p - one, p * (1 - p), -np.log((p * one).sum(axis=1))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_function_is_the_loss_it_computes(weighted):
    X, y = make_data(600)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    options = {"max_iter": 10, "early_stopping": True, "random_state": 0}
    cases = [
        (HistGradientBoostingRegressor, "squared_error", squares, y),
        (HistGradientBoostingClassifier, "log_loss", logistic, y > 0),
        (HistGradientBoostingClassifier, "log_loss", multinomial, np.digitize(y, [-1, 1])),
    ]
    for cls, name, function, target in cases:
        ours = cls(name, **options).fit(X, target, weight)
        custom = cls(function, **options).fit(X, target, weight)
        assert_allclose(custom.validation_score_[-1], ours.validation_score_[-1], rtol=1e-5)
        predict = "predict_proba" if hasattr(ours, "predict_proba") else "predict"
        assert_allclose(getattr(custom, predict)(X), getattr(ours, predict)(X), atol=1e-5)


def test_functions_are_asked_for_what_is_needed():
    X, y = make_data(200)

    def without_loss(y, raw):
        return raw - y, np.ones_like(raw)

    model = HistGradientBoostingRegressor(without_loss, max_iter=5).fit(X, y)
    assert len(model.train_score_) == 0
    with pytest.raises(ValueError, match="third of its results"):
        model.set_params(early_stopping=True).fit(X, y)
    model.set_params(scoring="neg_mean_absolute_error").fit(X, y)
    with pytest.raises(ValueError, match="must return"):
        HistGradientBoostingRegressor(lambda y, raw: raw - y).fit(X, y)
    with pytest.raises(ValueError, match="curvature of shape"):
        HistGradientBoostingRegressor(lambda y, raw: (raw - y, np.ones(3))).fit(X, y)
    with pytest.raises(ValueError, match="read-only"):
        HistGradientBoostingRegressor(lambda y, raw: raw.fill(0)).fit(X, y)


# ---------------------------------------------------------------- Tweedie, quantiles
def test_tweedie_lies_between_poisson_and_gamma():
    X, y = make_data()
    y = np.exp(y / 2)
    for power, name in ((1.0, "poisson"), (2.0, "gamma")):
        limit = HistGradientBoostingRegressor("tweedie", power=power, max_iter=20).fit(X, y)
        assert_allclose(
            limit.predict(X), HistGradientBoostingRegressor(name, max_iter=20).fit(X, y).predict(X)
        )
    y = y * (np.random.default_rng(0).random(len(y)) < 0.6)
    model = HistGradientBoostingRegressor("tweedie", max_iter=40).fit(X[:1000], y[:1000])
    squared = HistGradientBoostingRegressor(max_iter=40).fit(X[:1000], y[:1000])
    losses = [
        mean_tweedie_deviance(y[1000:], np.maximum(each, 1e-3), power=1.5)
        for each in (model.predict(X[1000:]), squared.predict(X[1000:]))
    ]
    assert losses[0] < losses[1]
    with pytest.raises(ValueError, match="0 and above"):
        model.fit(X, y - 1)
    with pytest.raises(ValueError, match="power=2"):
        model.set_params(power=2).fit(X, y)


def test_several_quantiles_are_those_of_single_fits_in_order():
    X, y = make_data()
    levels = [0.1, 0.5, 0.55, 0.9]
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    model = HistGradientBoostingRegressor("quantile", quantile=levels, max_iter=15)
    model.fit(X, y, weight)
    single = [
        HistGradientBoostingRegressor("quantile", quantile=q, max_iter=15)
        .fit(X, y, weight)
        .predict(X)
        for q in levels
    ]
    separate, joint = np.transpose(single), model.predict(X)
    assert (np.diff(separate, axis=1) < 0).any() and (np.diff(joint, axis=1) >= 0).all()
    assert_array_equal(joint, np.sort(separate, axis=1))
    losses = [
        sum(mean_pinball_loss(y, z, alpha=q) for q, z in zip(levels, each.T, strict=True))
        for each in (joint, separate)
    ]
    assert losses[0] <= losses[1]
    shares = [d2_pinball_score(y, z, alpha=q) for q, z in zip(levels, joint.T, strict=True)]
    assert_allclose(model.score(X, y), np.mean(shares))
    assert_array_equal(list(model.staged_predict(X))[-1], joint)


@pytest.mark.parametrize("levels", [[0.5, 0.1], [0.1, 1.2], [], [[0.1]]])
def test_quantiles_must_ascend(levels):
    X, y = make_data(50)
    with pytest.raises(ValueError, match="must ascend"):
        HistGradientBoostingRegressor("quantile", quantile=levels).fit(X, y)


def test_drawn_rows_take_less_and_fit_as_well():
    """Least variance: at a third of the rows the error is nearer to that of all than by chance."""
    X, y = make_data(4000)
    y = y + 5 * (np.random.default_rng(0).random(len(y)) < 0.02)
    errors = {}
    for sampling in ("uniform", "mvs"):
        values = []
        for seed in range(3):
            model = HistGradientBoostingRegressor(
                max_iter=50, subsample=0.2, sampling=sampling, random_state=seed
            ).fit(X[:2000], y[:2000])
            values.append(mean_squared_error(y[2000:], model.predict(X[2000:])))
        errors[sampling] = np.mean(values)
    assert errors["mvs"] < errors["uniform"] * 1.05
