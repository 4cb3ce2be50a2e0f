"""Additive boosting: what its terms are and what they add up to."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.datasets import load_breast_cancer, load_diabetes, load_iris
from mlkit.ensemble import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from mlkit.model_selection import cross_val_score

QUICK = {"max_iter": 300, "n_bags": 2, "random_state": 0}


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (1500, 4))
    X[rng.random(1500) < 0.1, 3] = np.nan
    y = np.sin(3 * X[:, 0]) + 2 * (X[:, 1] > 0) * (X[:, 2] > 0) + np.isnan(X[:, 3])
    return X, y + 0.1 * rng.normal(size=1500)


def test_functions_are_found(numbers):
    X, y = numbers
    model = ExplainableBoostingRegressor(interactions=1, random_state=0).fit(X, y)
    assert model.term_features_[4:] == [(1, 2)]
    shape = model.shape("x0")
    middle = np.concatenate([[-1], shape.edges[0]])
    expected = np.sin(3 * middle)
    assert np.corrcoef(shape.scores[:-1], expected)[0, 1] > 0.99
    missing = model.shape("x3").scores
    assert missing[-1] - missing[:-1].mean() > 0.8
    assert model.score(X, y) > 0.97


def test_parts_add_up_to_the_prediction(numbers):
    X, y = numbers
    model = ExplainableBoostingRegressor(**QUICK).fit(X, y)
    parts = model.contributions(X)
    assert parts.shape == (len(X), len(model.term_names_))
    assert_allclose(parts.sum(axis=1) + model.intercept_, model.predict(X), rtol=1e-10)
    # Centred: a part is what a feature adds beyond the mean.
    assert_allclose(parts.mean(axis=0), 0, atol=1e-10)
    assert_allclose(np.abs(parts).mean(axis=0), model.term_importances_, rtol=1e-10)


def test_a_pair_changes_where_its_features_do(numbers):
    X, y = numbers
    model = ExplainableBoostingRegressor(interactions=[(1, 2)], **QUICK).fit(X, y)
    low, high = np.array([[0, -0.5, -0.5, 0.0]]), np.array([[0, 0.5, 0.5, 0.0]])
    one = low.copy()
    one[0, 1] = 0.5
    other = low.copy()
    other[0, 2] = 0.5
    f = model.predict
    assert (f(high) - f(one) - f(other) + f(low))[0] > 1.5
    assert model.shape("x1 & x2").scores.ndim == 2


@pytest.mark.parametrize("names", [True, False])
def test_categories_and_names(names):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    city = rng.choice(["Rom", "Oslo", "Bonn"], 600)
    frame = pd.DataFrame({"city": city, "size": rng.uniform(size=600)})
    y = np.where(city == "Oslo", 3.0, 1.0) + frame["size"]
    pairs = [("city", "size")] if names else 1
    model = ExplainableBoostingRegressor(interactions=pairs, **QUICK).fit(frame, y)
    shape = model.shape("city")
    assert list(shape.edges[0]) == ["Bonn", "Oslo", "Rom"]
    assert shape.scores[1] - shape.scores[0] > 1.5
    assert model.term_names_ == ["city", "size", "city & size"]
    new = pd.DataFrame({"city": ["Oslo", "Paris", None], "size": [0.5, 0.5, 0.5]})
    first, unknown, missing = model.predict(new)
    assert unknown == missing < first


def test_weight_two_is_a_row_twice_and_order_is_nothing(numbers):
    X, y = numbers
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    twice = ExplainableBoostingRegressor(**QUICK).fit(X.repeat(weight, 0), y.repeat(weight))
    weighed = ExplainableBoostingRegressor(**QUICK).fit(X, y, sample_weight=weight)
    assert_allclose(weighed.predict(X), twice.predict(X), atol=1e-7)
    again = ExplainableBoostingRegressor(**QUICK).fit(X[::-1], y[::-1])
    assert_allclose(
        again.predict(X), ExplainableBoostingRegressor(**QUICK).fit(X, y).predict(X), atol=1e-7
    )


def test_threads_change_no_bit(numbers):
    X, y = numbers
    one = ExplainableBoostingRegressor(n_jobs=1, **QUICK).fit(X, y)
    two = ExplainableBoostingRegressor(n_jobs=4, **QUICK).fit(X, y)
    assert_array_equal(one.predict(X), two.predict(X))


def test_classes_of_real_data_are_told_apart():
    X, y = load_breast_cancer(return_X_y=True)
    two = ExplainableBoostingClassifier(n_bags=3, random_state=0)
    assert cross_val_score(two, X, y, cv=3, scoring="roc_auc").mean() > 0.985
    X, y = load_iris(return_X_y=True)
    three = ExplainableBoostingClassifier(n_bags=3, max_iter=500, random_state=0)
    assert cross_val_score(three, X, y, cv=3).mean() > 0.92
    three.fit(X, y)
    assert three.contributions(X).shape == (150, len(three.term_names_), 3)
    assert_allclose(three.predict_proba(X).sum(axis=1), 1)
    assert_array_equal(three.classes_[three.decision_function(X).argmax(axis=1)], three.predict(X))


def test_numbers_of_real_data_are_predicted():
    X, y = load_diabetes(return_X_y=True)
    assert cross_val_score(ExplainableBoostingRegressor(**QUICK), X, y, cv=3).mean() > 0.40


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_positive_targets(loss):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(800, 2))
    mean = np.exp(2 * X[:, 0])
    y = rng.poisson(mean).astype(float) if loss == "poisson" else rng.gamma(2, mean / 2) + 1e-9
    model = ExplainableBoostingRegressor(loss, interactions=0, **QUICK).fit(X, y)
    assert (model.predict(X) > 0).all()
    assert np.corrcoef(model.predict(X), mean)[0, 1] > 0.9
    with pytest.raises(ValueError, match=loss):
        model.fit(X, -y)


@pytest.mark.parametrize("pairs", [[(0, 0)], [(0, 9)], [("a", "b")], [(1,)], [3]])
def test_pairs_that_are_none_are_refused(numbers, pairs):
    with pytest.raises(ValueError, match="interactions"):
        ExplainableBoostingRegressor(interactions=pairs, **QUICK).fit(*numbers)


def test_an_unknown_term_is_named(numbers):
    model = ExplainableBoostingRegressor(interactions=0, **QUICK).fit(*numbers)
    with pytest.raises(ValueError, match="'x9'.*x0"):
        model.shape("x9")


def test_terms_are_drawn(numbers):
    matplotlib = pytest.importorskip("matplotlib")
    pd = pytest.importorskip("pandas")
    matplotlib.use("Agg")
    X, y = numbers
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["kind"] = np.where(X[:, 0] > 0, "up", "down")
    pairs = [("a", "b"), ("kind", "b")]
    model = ExplainableBoostingRegressor(interactions=pairs, **QUICK).fit(frame, y)
    for term in model.term_names_:
        ax = model.plot(term)
        assert term in ax.get_title()
        given = model.plot(term, ax=ax.figure.add_subplot())
        assert given.figure is ax.figure
        matplotlib.pyplot.close(ax.figure)
    X, y = load_iris(return_X_y=True)
    three = ExplainableBoostingClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match="output"):
        three.plot(0)
    matplotlib.pyplot.close(three.plot(0, output=2).figure)
    matplotlib.pyplot.close("all")
