"""Histogram gradient boosting: definitions, scikit-learn's very trees, frames, early stopping."""

import pickle

import numpy as np
import pytest
import sklearn.ensemble
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.callback import CallbackSupportMixin, ScoringMonitor
from mlkit.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from mlkit.inspection import partial_dependence

SIZE = 1500


def make_data(seed=0, missing=0.0, n=SIZE):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    y = X[:, 0] + np.sin(2 * X[:, 1]) * X[:, 2] + 0.3 * rng.normal(size=n)
    X[rng.random(X.shape) < missing] = np.nan
    return X, y


def both(model, *args, **kwargs):
    """mlkit's and scikit-learn's model of the same parameters, fitted to the same data."""
    cls = getattr(sklearn.ensemble, type(model).__name__)
    known = cls().get_params()
    theirs = cls(**{name: value for name, value in model.get_params().items() if name in known})
    return model.fit(*args, **kwargs), theirs.fit(*args, **kwargs)


# ---------------------------------------------------------------- scikit-learn's very trees
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "poisson", "gamma", "quantile"]
)
def test_regression_is_scikit_learns(loss, weighted):
    X, y = make_data(missing=0.1)
    if loss in ("poisson", "gamma"):
        y = np.exp(y / 3)
    weight = np.random.default_rng(1).uniform(0.1, 1, SIZE) if weighted else None
    quantile = 0.3 if loss == "quantile" else None
    # Gradients of two values let unweighted gains tie, so few rounds.
    rounds = 15 if loss not in ("quantile", "absolute_error") or weighted else 2
    model = HistGradientBoostingRegressor(loss, quantile=quantile, max_iter=rounds)
    ours, theirs = both(model, X, y, weight)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "params",
    [
        {"max_leaf_nodes": None, "max_depth": 3, "l2_regularization": 2.0},
        {"max_leaf_nodes": 5, "min_samples_leaf": 60, "learning_rate": 0.5},
        {"max_bins": 7},
        {"monotonic_cst": [1, 0, -1, 0, 0]},
        {"interaction_cst": [[0, 1], [1, 2]]},
        {"interaction_cst": "no_interactions"},
        {"categorical_features": [3]},
        {"early_stopping": True, "max_iter": 150, "learning_rate": 0.4, "random_state": 1},
        {"early_stopping": True, "scoring": "neg_mean_absolute_error", "random_state": 1},
        {"early_stopping": True, "scoring": None, "validation_fraction": 200, "random_state": 1},
        {"early_stopping": True, "validation_fraction": None, "tol": 0.01, "n_iter_no_change": 3},
    ],
    ids=lambda params: "-".join(params),
)
def test_parameters_are_scikit_learns(params):
    X, y = make_data(missing=0.1)
    if "categorical_features" in params:
        categories = np.random.default_rng(2).integers(0, 12, SIZE)
        X[:, 3], y = categories, y + np.cos(5 * categories)
        X[::13, 3] = np.nan
    model = HistGradientBoostingRegressor(**{"max_iter": 15, **params})
    ours, theirs = both(model, X, y)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-6)
    assert ours.n_iter_ == theirs.n_iter_
    assert_allclose(ours.train_score_, theirs.train_score_, rtol=1e-7)
    assert_allclose(ours.validation_score_, theirs.validation_score_, rtol=1e-7)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_classification_is_scikit_learns(n_classes, class_weight):
    X, y = make_data(missing=0.1)
    labels = np.array(["a", "b", "c", "d"])[np.digitize(y, [-1, 1, 2][: n_classes - 1])]
    model = HistGradientBoostingClassifier(max_iter=10, class_weight=class_weight)
    # Without weights the first gradients have two values, and many gains tie.
    weight = np.random.default_rng(1).uniform(0.1, 1, SIZE)
    ours, theirs = both(model, X, labels, weight)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_dependence_is_scikit_learns():
    X, y = make_data(missing=0.2)
    X[:, 3] = np.random.default_rng(2).integers(0, 5, SIZE)
    model = HistGradientBoostingRegressor(max_iter=10, categorical_features=[3])
    ours, theirs = both(model, X, y + (X[:, 3] == 2))
    grid = np.array([[0.5, 2.0], [-1.0, 0.3], [0.0, 0.0]])
    # Theirs has categorical columns first.
    expected = theirs._compute_partial_dependence_recursion(grid, np.array([2, 1]))
    found = ours._compute_partial_dependence_recursion(grid, np.array([1, 0]))
    assert_allclose(found, expected, atol=1e-6)
    recursion = partial_dependence(ours, X, [0], method="recursion", grid_resolution=5)
    assert recursion["average"].shape == (1, 5)


# ------------------------------------------------------------------------------ definitions
def test_a_leaf_predicts_the_mean_of_its_residuals():
    """Squared error, one round: baseline + rate · mean residual in each leaf."""
    X, y = make_data()
    model = HistGradientBoostingRegressor(max_iter=1, learning_rate=0.3).fit(X, y)
    predicted = model.predict(X)
    for value in np.unique(predicted):
        rows = predicted == value
        assert rows.sum() >= 20
        assert_allclose(value, y.mean() + 0.3 * (y[rows] - y.mean()).mean(), rtol=1e-9)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_a_share_of_the_rows_lies_below_a_quantile(quantile):
    X, y = make_data()
    model = HistGradientBoostingRegressor("quantile", quantile=quantile, max_iter=150).fit(X, y)
    assert abs((y <= model.predict(X)).mean() - quantile) < 0.03


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_weight_two_is_a_row_twice(loss):
    X, y = make_data()
    weight = np.random.default_rng(3).integers(0, 3, SIZE)
    how = {"loss": loss, "max_iter": 20, "min_samples_leaf": 1, "max_leaf_nodes": 8}
    weighted = HistGradientBoostingRegressor(**how).fit(X, y, weight)
    repeated = HistGradientBoostingRegressor(**how).fit(
        np.repeat(X, weight, 0), np.repeat(y, weight)
    )
    if loss == "squared_error":
        assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)
    else:  # medians differ: of an even number of rows, one is the mean of the two in the middle
        assert abs(weighted.score(X, y, weight) - repeated.score(X, y, weight)) < 0.02


@pytest.mark.parametrize("sign", [1, -1])
def test_predictions_are_monotone(sign):
    X, y = make_data(missing=0.1)
    model = HistGradientBoostingRegressor(monotonic_cst={"x1": sign}, max_iter=40)
    pandas = pytest.importorskip("pandas")
    names = [f"x{j}" for j in range(5)]
    model.fit(pandas.DataFrame(X, columns=names), y)
    probe = np.repeat(X[:50], 30, axis=0)
    probe[:, 1] = np.tile(np.linspace(-3, 3, 30), 50)
    steps = np.diff(model.predict(pandas.DataFrame(probe, columns=names)).reshape(50, 30), axis=1)
    assert (sign * steps >= 0).all() and (steps != 0).any()


def test_without_interactions_effects_add_up():
    X, y = make_data()
    model = HistGradientBoostingRegressor(interaction_cst="no_interactions", max_iter=30).fit(X, y)
    a, b = X[:1].copy(), X[:1].copy()
    a[0, 1], b[0, 2] = 1.0, -1.0
    both_changed = a.copy()
    both_changed[0, 2] = -1.0
    alone = model.predict(a) - model.predict(X[:1]) + model.predict(b)
    assert_allclose(model.predict(both_changed), alone, rtol=1e-10)


def test_missing_values_are_information():
    X, y = make_data()
    X[:, 4] = np.where(y > 0, np.nan, 1.0)
    model = HistGradientBoostingClassifier(max_iter=20).fit(X[:, 4:], y > 0)
    assert model.score(X[:, 4:], y > 0) == 1.0


def test_values_beyond_the_edges():
    X, y = make_data()
    X[:3, 0] = [np.inf, -np.inf, np.nan]
    model = HistGradientBoostingRegressor(max_iter=5).fit(X, y)
    far = np.repeat(X[5:6], 3, axis=0)
    far[:, 0] = [np.inf, 1e300, 3.5]
    assert len(np.unique(model.predict(far))) == 1


@pytest.mark.parametrize("n_classes", [1, 2, 3])
def test_stages_end_at_the_prediction(n_classes):
    X, y = make_data()
    labels = np.digitize(y, [-0.5, 0.5][: n_classes - 1])
    model = HistGradientBoostingClassifier(max_iter=6).fit(X, labels)
    for staged, whole in (
        (model.staged_predict, model.predict),
        (model.staged_predict_proba, model.predict_proba),
        (model.staged_decision_function, model.decision_function),
    ):
        stages = list(staged(X))
        assert len(stages) == model.n_iter_ == 6
        assert_allclose(stages[-1], whole(X))


@pytest.mark.parametrize("kind", [HistGradientBoostingRegressor, HistGradientBoostingClassifier])
def test_a_warm_start_continues(kind):
    X, y = make_data()
    y = np.digitize(y, [-1, 1])
    how = {"max_features": 0.5, "random_state": 3}
    once = kind(max_iter=9, **how).fit(X, y)
    model = kind(max_iter=4, warm_start=True, **how).fit(X, y)
    model.set_params(max_iter=9).fit(X, y)
    assert model.n_iter_ == 9
    assert_allclose(model._raw_predict(X), once._raw_predict(X), rtol=1e-9)
    with pytest.raises(ValueError, match="max_iter=2"):
        model.set_params(max_iter=2).fit(X, y)


def test_more_bins_than_a_byte_counts():
    """With a bin for each value the splits are those of exact trees."""
    X, y = make_data()
    fine = HistGradientBoostingRegressor(max_bins=2000, max_iter=3).fit(X, y)
    exact = HistGradientBoostingRegressor(max_iter=3, max_bins=255).fit(X, y)
    assert fine._trees.n_trees == 3
    assert ((y - fine.predict(X)) ** 2).mean() <= ((y - exact.predict(X)) ** 2).mean() * 1.01
    edges = (np.sort(X[:, 0])[1:] + np.sort(X[:, 0])[:-1]) / 2
    used = fine._trees.threshold[fine._trees.feature == 0]
    assert np.isin(used, edges).all()


def test_importances_tell_which_features_matter():
    X, y = make_data()
    model = HistGradientBoostingRegressor(max_iter=20).fit(X, y)
    assert_allclose(model.feature_importances_.sum(), 1.0)
    assert model.feature_importances_[:3].min() > 5 * model.feature_importances_[3:].max()


# ------------------------------------------------------------------------------- data frames
def frames():
    rng = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "black"], dtype=object)[rng.integers(0, 4, 400)]
    size = rng.normal(size=400)
    y = size + 3 * (words == "blue") - 2 * (words == "red") + 0.1 * rng.normal(size=400)
    words[::17] = None
    return {"colour": words, "size": size}, y


@pytest.mark.parametrize("library", ["pandas", "pandas-category", "polars", "pyarrow"])
def test_words_of_a_frame_are_categories(library):
    columns, y = frames()
    module = pytest.importorskip(library.partition("-")[0])
    make = module.table if library == "pyarrow" else module.DataFrame
    frame = make({name: list(values) for name, values in columns.items()})
    if library == "pandas-category":
        frame["colour"] = frame["colour"].astype("category")
    model = HistGradientBoostingRegressor(max_iter=30).fit(frame, y)
    assert_array_equal(model.is_categorical_, [True, False])
    assert model.score(frame, y) > 0.93
    codes = {"black": 0.0, "blue": 1.0, "green": 2.0, "red": 3.0}
    X = np.column_stack([[codes.get(w, np.nan) for w in columns["colour"]], columns["size"]])
    numbers = HistGradientBoostingRegressor(max_iter=30, categorical_features=[0]).fit(X, y)
    assert_array_equal(model.predict(frame), numbers.predict(X))
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(frame), model.predict(frame))


def test_a_new_category_is_a_missing_value():
    pandas = pytest.importorskip("pandas")
    columns, y = frames()
    model = HistGradientBoostingRegressor(max_iter=10).fit(pandas.DataFrame(columns), y)
    probe = pandas.DataFrame({"colour": ["violet", None], "size": [0.3, 0.3]})
    assert len(np.unique(model.predict(probe))) == 1


def test_a_column_of_any_number_of_categories():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 600, 30_000)
    effect = rng.normal(size=600)
    X = codes[:, None].astype(float)
    model = HistGradientBoostingRegressor(
        categorical_features=[0], max_bins=1000, max_iter=60, early_stopping=False
    )
    assert model.fit(X, effect[codes]).score(X, effect[codes]) > 0.9
    with pytest.raises(ValueError, match="index 0 .* cardinality of\\s600.* max_bins"):
        model.set_params(max_bins=255).fit(X, effect[codes])


# -------------------------------------------------------------------- early stopping and such
def test_early_stopping_keeps_to_its_rows():
    X, y = make_data()
    model = HistGradientBoostingRegressor(max_iter=500, learning_rate=0.5, early_stopping=True)
    model.fit(X[:1000], y[:1000], X_val=X[1000:], y_val=y[1000:])
    assert model.n_iter_ < 100
    assert len(model.validation_score_) == model.n_iter_ + 1
    stages = model.staged_predict(X[1000:])
    errors = [((y[1000:] - each) ** 2).mean() / 2 for each in stages]
    assert_allclose(model.validation_score_[1:], -np.array(errors), rtol=1e-9)


def test_a_scorer_of_ones_own():
    X, y = make_data()

    def score(model, X, y):
        return -np.abs(model.predict(X[:100]) - y[:100]).mean()

    model = HistGradientBoostingRegressor(max_iter=8, early_stopping=True, scoring=score)
    model.set_params(validation_fraction=None).fit(X, y)
    assert_allclose(model.train_score_[-1], score(model, X, y))


def test_callbacks_see_each_round():
    X, y = make_data()
    monitor = ScoringMonitor(scoring="r2")
    model = HistGradientBoostingRegressor(max_iter=5)
    assert isinstance(model, CallbackSupportMixin)
    model.set_callbacks(monitor).fit(X, y)
    rows = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "round"]
    assert len(rows) == 5 and (np.diff(rows) > 0).all()
    assert_allclose(rows[-1], model.score(X, y))


def test_what_is_printed(capsys):
    X, y = make_data()
    HistGradientBoostingRegressor(max_iter=2, verbose=2, early_stopping=True).fit(X, y)
    out = capsys.readouterr().out
    assert "[2/2]" in out and "held out" in out and "2 trees" in out


@pytest.mark.parametrize(
    "params, message",
    [
        ({"monotonic_cst": [2, 0, 0, 0, 0]}, "monotonic_cst"),
        ({"monotonic_cst": [1, 0]}, "monotonic_cst"),
        ({"monotonic_cst": {"a": 1}}, "feature names"),
        ({"interaction_cst": [0, 1]}, "interaction_cst"),
        ({"interaction_cst": [[0, 9]]}, "interaction_cst"),
        ({"categorical_features": [7]}, "categorical_features"),
        ({"categorical_features": ["a"]}, "categorical_features"),
        ({"categorical_features": [0], "monotonic_cst": [1, 0, 0, 0, 0]}, "monotonic"),
        ({"loss": "quantile"}, "quantile"),
        ({"loss": "gamma"}, "gamma"),
        ({"loss": "poisson"}, "poisson"),
    ],
    ids=lambda each: each if isinstance(each, str) else "-".join(each),
)
def test_bad_parameters(params, message):
    X, y = make_data(n=60)
    X[:, 0] = np.arange(60) % 3
    with pytest.raises(ValueError, match=message):
        HistGradientBoostingRegressor(**params).fit(X, y)


def test_odd_data():
    """A constant target, nothing but missing values, one row, labels beyond 2^53."""
    X, y = make_data(n=50)
    assert_allclose(HistGradientBoostingRegressor().fit(X, np.ones(50)).predict(X), 1.0)
    model = HistGradientBoostingRegressor().fit(np.full((50, 2), np.nan), y)
    assert_allclose(model.predict(X[:, :2]), y.mean())
    assert_allclose(HistGradientBoostingRegressor().fit(X[:1], y[:1]).predict(X), y[0])
    labels = np.where(y > 0, 2**60 + 1, 2**60)
    model = HistGradientBoostingClassifier(min_samples_leaf=1).fit(X, labels)
    assert_array_equal(model.predict(X), labels)
