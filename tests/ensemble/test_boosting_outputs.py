"""Histogram boosting of several numbers a row: distributions, and y of several columns."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from mlkit.inspection import partial_dependence


@pytest.fixture(scope="module")
def noisy():
    """y whose mean and spread both depend on X."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 4))
    spread = np.exp(0.5 * X[:, 1])
    return X, 1e4 * (np.sin(X[:, 0]) + spread * rng.normal(size=4000)), 1e4 * spread


def normal(loss, **settings):
    settings = {"max_iter": 60, "learning_rate": 0.05, "min_samples_leaf": 60, **settings}
    return HistGradientBoostingRegressor(loss, **settings)


@pytest.mark.parametrize("loss", ["normal", "normal_crps"])
def test_mean_and_spread_are_found(noisy, loss):
    X, y, spread = noisy
    model = normal(loss).fit(X[:3000], y[:3000])
    mean, deviation = model.predict(X[3000:], return_std=True)
    assert_array_equal(mean, model.predict(X[3000:]))
    assert np.corrcoef(np.log(deviation), np.log(spread[3000:]))[0, 1] > 0.9
    assert np.corrcoef(mean, np.sin(X[3000:, 0]))[0, 1] > 0.9
    low, high = model.predict_interval(X[3000:], 0.8).T
    assert abs(((low < y[3000:]) & (y[3000:] < high)).mean() - 0.8) < 0.06
    assert_allclose((low + high) / 2, mean)


@pytest.mark.parametrize("loss", ["normal", "normal_crps"])
def test_the_unit_of_y_does_not_matter(noisy, loss):
    X, y, _ = noisy
    small, large = (normal(loss, max_iter=10).fit(X, unit * y) for unit in (1.0, 2.0**20))
    for k, factor in enumerate((2.0**20, 2.0**20)):
        found = [model.predict(X, return_std=True)[k] for model in (small, large)]
        assert_allclose(found[1], factor * found[0], rtol=1e-6)


@pytest.mark.parametrize("loss", ["normal", "normal_crps"])
def test_rounds_of_distributions(noisy, loss):
    """Stopping by the score, stages, a row of weight 2 as the row twice, a pickled model."""
    X, y, _ = noisy
    X, y = X[:800], y[:800]
    model = normal(loss, early_stopping=True, max_iter=20).fit(X, y)
    assert (np.diff(model.validation_score_[:5]) > 0).all()
    staged = list(model.staged_predict(X))
    assert_array_equal(staged[-1], model.predict(X))
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.predict_interval(X), model.predict_interval(X))
    settings = {"max_iter": 5, "min_samples_leaf": 1, "max_leaf_nodes": 6, "l2_regularization": 5.0}
    twice = np.concatenate([np.arange(800), np.arange(100)])
    weight = 1.0 + (np.arange(800) < 100)
    weighted = normal(loss, **settings).fit(X, y, weight)
    repeated = normal(loss, **settings).fit(X[twice], y[twice])
    assert_allclose(weighted.predict_interval(X), repeated.predict_interval(X), rtol=1e-6)


def test_partial_dependence_is_of_the_mean(noisy):
    X, y, _ = noisy
    model = normal("normal", max_iter=5).fit(X, y)
    found = [partial_dependence(model, X, [0], method=how) for how in ("recursion", "brute")]
    assert found[0]["average"].shape == found[1]["average"].shape
    assert np.corrcoef(found[0]["average"][0], found[1]["average"][0])[0, 1] > 0.99


def test_constant_y_has_no_spread():
    X = np.arange(100.0)[:, None]
    mean, deviation = normal("normal").fit(X, np.full(100, 3.0)).predict(X, return_std=True)
    assert_allclose(mean, 3.0)
    assert (deviation < 1e-6).all()


def test_other_losses_have_no_distribution(noisy):
    X, y, _ = noisy
    model = HistGradientBoostingRegressor(max_iter=1).fit(X, y)
    with pytest.raises(AttributeError, match="loss='normal'"):
        model.predict(X, return_std=True)
    with pytest.raises(ValueError, match="coverage"):
        normal("normal", max_iter=1).fit(X, y).predict_interval(X, 90)
    with pytest.raises(ValueError, match="standard deviation"):
        normal("normal", monotonic_cst=[1, 0, 0, 0]).fit(X, y)


# ---------------------------------------------------------------- several outputs
@pytest.fixture(scope="module")
def outputs():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 5))
    mean = np.column_stack([X[:, 0] + X[:, 1], np.sin(2 * X[:, 1]), X[:, 2] * X[:, 0]])
    return X, np.exp(0.5 * mean) + 0.1 * rng.random(size=(600, 3))


@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "poisson", "gamma", "tweedie", "quantile"]
)
def test_each_output_has_trees_of_its_own(outputs, loss):
    X, Y = outputs
    settings = {"max_iter": 8, "quantile": 0.7 if loss == "quantile" else None}
    model = HistGradientBoostingRegressor(loss, **settings).fit(X, Y)
    assert model.n_trees_per_iteration_ == 3
    for k in range(3):
        alone = HistGradientBoostingRegressor(loss, **settings).fit(X, Y[:, k])
        assert_allclose(model.predict(X)[:, k], alone.predict(X), rtol=1e-9)


def test_several_outputs_with_all_else(outputs):
    X, Y = outputs
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    model = HistGradientBoostingRegressor(
        max_iter=12,
        early_stopping=True,
        subsample=0.7,
        drop_rate=0.1,
        random_state=0,
        monotonic_cst=[1, 0, 0, 0, 0],
    ).fit(X, Y, weight)
    assert model.score(X, Y) > 0.3
    assert_array_equal(list(model.staged_predict(X))[-1], model.predict(X))
    moved = X.copy()
    moved[:, 0] += 1
    assert (model.predict(moved) >= model.predict(X)).all()


def test_a_loss_of_ones_own_sees_all_outputs(outputs):
    X, Y = outputs

    def squared(y, raw):
        assert y.shape == raw.shape == (len(y), 3)
        return raw - y, None, 0.5 * ((raw - y) ** 2).sum(axis=1)

    own = HistGradientBoostingRegressor(squared, max_iter=5).fit(X, Y)
    given = HistGradientBoostingRegressor(max_iter=5).fit(X, Y)
    assert_allclose(own.predict(X), given.predict(X), rtol=1e-6)


def test_y_of_other_widths_is_refused(outputs):
    X, Y = outputs
    with pytest.raises(ValueError, match="several numbers"):
        HistGradientBoostingRegressor("normal").fit(X, Y)
    with pytest.raises(ValueError, match="y_val has 2 outputs"):
        HistGradientBoostingRegressor(early_stopping=True).fit(X, Y, X_val=X, y_val=Y[:, :2])


# ---------------------------------------------------------------- leaves of several numbers
VARIANTS = {
    "plain": {},
    "rows drawn": {"subsample": 0.5, "sampling": "mvs"},
    "gradients": {"subsample": 0.5, "sampling": "goss"},
    "rounds left out": {"drop_rate": 0.1, "learning_rate": 0.4},
    "columns drawn": {"max_features": 0.5},
    "groups": {"interaction_cst": "no_interactions"},
}


def classes(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    X[:, 5] = rng.integers(0, 6, n)
    raw = np.column_stack([X[:, 0] + (X[:, 5] == 2), X[:, 1] * X[:, 2], np.abs(X[:, 3]), -X[:, 0]])
    X[rng.random(X.shape) < 0.03] = np.nan
    return X, (2 * raw + rng.gumbel(size=raw.shape)).argmax(axis=1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_tree_a_round_predicts_all_outputs(outputs, variant):
    X, Y = outputs
    settings = {"max_iter": 30, "random_state": 0, "min_samples_leaf": 10, **VARIANTS[variant]}
    model = HistGradientBoostingRegressor(vector_leaves=True, **settings).fit(X[:400], Y[:400])
    apart = HistGradientBoostingRegressor(**settings).fit(X[:400], Y[:400])
    assert model._trees.n_trees == 30
    assert apart._trees.n_trees == 90
    assert model.n_trees_per_iteration_ == 1
    assert model.score(X[400:], Y[400:]) > apart.score(X[400:], Y[400:]) - 0.1
    staged = list(model.staged_predict(X))
    assert_allclose(staged[-1], model.predict(X), rtol=1e-12)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "poisson"])
def test_outputs_that_are_alike_share_the_tree_of_one(outputs, loss):
    X, Y = outputs
    alike = np.repeat(Y[:, :1], 3, axis=1)
    model = HistGradientBoostingRegressor(loss, max_iter=10, vector_leaves=True).fit(X, alike)
    single = HistGradientBoostingRegressor(loss, max_iter=10).fit(X, Y[:, 0])
    assert_allclose(model.predict(X), np.repeat(single.predict(X)[:, None], 3, axis=1), rtol=1e-8)


@pytest.mark.parametrize("variant", VARIANTS)
def test_classes_share_a_tree(variant):
    X, y = classes()
    new, truth = classes(seed=1)
    settings = {"random_state": 0, "categorical_features": [5], **VARIANTS[variant]}
    model = HistGradientBoostingClassifier(vector_leaves=True, **settings).fit(X, y)
    apart = HistGradientBoostingClassifier(**settings).fit(X, y)
    assert model.n_iter_ == model._trees.n_trees == 100
    assert model.score(new, truth) > apart.score(new, truth) - 0.03
    assert_allclose(model.predict_proba(new).sum(axis=1), 1)


def test_two_classes_need_one_number():
    X, y = classes()
    settings = {"max_iter": 5}
    both = [
        HistGradientBoostingClassifier(vector_leaves=vector, **settings).fit(X, y > 1)
        for vector in (False, True)
    ]
    assert_array_equal(both[0].predict_proba(X), both[1].predict_proba(X))


def test_distributions_and_quantiles_share_a_tree(noisy):
    X, y, spread = noisy
    model = normal("normal", vector_leaves=True).fit(X, y)
    _, deviation = model.predict(X, return_std=True)
    assert np.corrcoef(np.log(deviation), np.log(spread))[0, 1] > 0.85
    several = HistGradientBoostingRegressor(
        "quantile", quantile=[0.2, 0.8], max_iter=40, vector_leaves=True
    ).fit(X, y)
    below = (y[:, None] <= several.predict(X)).mean(axis=0)
    assert_allclose(below, [0.2, 0.8], atol=0.05)


def test_weight_two_is_the_row_twice_in_shared_trees(outputs):
    X, Y = outputs
    weight = np.random.default_rng(0).integers(1, 4, len(X))
    rows = np.repeat(np.arange(len(X)), weight)
    settings = {"max_iter": 6, "min_samples_leaf": 1, "max_leaf_nodes": 7, "vector_leaves": True}
    weighted = HistGradientBoostingRegressor(**settings).fit(X, Y, weight)
    repeated = HistGradientBoostingRegressor(**settings).fit(X[rows], Y[rows])
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)


def test_shared_trees_are_explained():
    """Shapley values add up to each output; partial dependence has one curve an output."""
    X, y = classes(400)
    model = HistGradientBoostingClassifier(max_iter=5, vector_leaves=True).fit(X, y)
    values, base = model._tree_sum(X[:50]).explain()
    assert_allclose(values.sum(axis=1) + base, model.decision_function(X[:50]), atol=1e-9)
    raw = model._compute_partial_dependence_recursion(np.array([[0.0], [1.0]]), [0])
    assert raw.shape == (4, 2)
    apart = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    assert apart._compute_partial_dependence_recursion(np.zeros((2, 1)), [0]).shape == (4, 2)
    assert model.feature_importances_.sum() == pytest.approx(1)


def test_shared_trees_go_on_and_stop(outputs):
    X, Y = outputs
    settings = {"vector_leaves": True, "random_state": 0}
    model = HistGradientBoostingRegressor(max_iter=4, warm_start=True, **settings).fit(X, Y)
    model.set_params(max_iter=9).fit(X, Y)
    whole = HistGradientBoostingRegressor(max_iter=9, **settings).fit(X, Y)
    assert_allclose(model.predict(X), whole.predict(X), rtol=1e-12)
    with pytest.raises(ValueError, match="vector_leaves as they were"):
        model.set_params(vector_leaves=False, max_iter=12).fit(X, Y)
    stopped = HistGradientBoostingRegressor(
        max_iter=500, early_stopping=True, scoring="r2", n_iter_no_change=3, **settings
    ).fit(X, Y)
    assert stopped.n_iter_ < 500
    with pytest.raises(ValueError, match="one number"):
        HistGradientBoostingRegressor(monotonic_cst=[1, 0, 0, 0, 0], **settings).fit(X, Y)


@pytest.mark.parametrize(
    "settings",
    [{}, {"subsample": 0.5, "sampling": "goss"}, {"drop_rate": 0.2}, {"linear_leaves": True}],
    ids=["plain", "rows", "rounds", "slopes"],
)
def test_trees_of_a_round_are_the_same_for_any_number_of_threads(monkeypatch, settings):
    """Small tables grow a tree a thread, large ones a tree by all threads."""
    X, y = classes(4000)
    X = np.tile(X, (1, 3))
    found = []
    for threads in (1, 2, 3, 4):
        monkeypatch.setattr(
            "mlkit.ensemble._boosting_rounds.n_threads", lambda threads=threads: threads
        )
        model = HistGradientBoostingClassifier(max_iter=3, random_state=0, **settings)
        found.append(model.fit(X, y).predict_proba(X))
        monkeypatch.setattr(
            "mlkit._engine.trees.boost._SMALL_TABLE", 1 if threads == 3 else 1 << 20
        )
    for other in found[1:]:
        assert_array_equal(found[0], other)
