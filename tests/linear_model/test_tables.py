"""Categories, missing numbers and chunks are what they stand for."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.linear_model import (
    CoxRegressor,
    GeneralizedLinearClassifier,
    GeneralizedLinearRegressor,
    LinearRegression,
    NegativeBinomialRegressor,
    OrdinalClassifier,
)

N = 200


@pytest.fixture(scope="module")
def table():
    """Numbers, codes, and the one-hot matrix of both."""
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=(N, 2)), rng.integers(0, 4, N)
    hot = np.hstack([numbers, codes[:, None] == np.arange(4)])
    y = numbers @ [0.5, -0.5] + np.array([0.0, 0.5, -0.5, 1.0])[codes]
    return numbers, codes, hot, y + 0.1 * rng.normal(size=N)


TASKS = {
    "regression": (GeneralizedLinearRegressor(alpha=0.1, tol=1e-9), lambda y: y),
    "gamma": (GeneralizedLinearRegressor(loss="gamma", penalty="l1", alpha=0.01), np.exp),
    "binary": (GeneralizedLinearClassifier(alpha=0.1), lambda y: y > 0),
    "classes": (GeneralizedLinearClassifier(alpha=0.1), lambda y: np.digitize(y, [-0.5, 0.5])),
    "ordinal": (OrdinalClassifier(alpha=0.1), lambda y: np.digitize(y, [-0.5, 0.5])),
    "cox": (CoxRegressor(alpha=0.1), np.exp),
    "counts": (NegativeBinomialRegressor(alpha=0.1, dispersion=0.5), lambda y: np.exp(y).round()),
}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_categories_are_their_indicators(table, task):
    numbers, codes, hot, y = table
    model, target = TASKS[task]
    y = target(y)
    expected = model.fit(hot, y).predict(hot)
    coef = model.coef_
    mixed = np.column_stack([numbers, codes])
    changed = type(model)(**{**model.get_params(), "categorical_features": [2]}).fit(mixed, y)
    assert_allclose(changed.coef_, coef, atol=2e-5)
    if expected.dtype.kind == "f":
        assert_allclose(changed.predict(mixed), expected, atol=1e-4)
    else:
        assert_array_equal(changed.predict(mixed), expected)
    assert changed.n_features_in_ == 3
    assert_array_equal(changed.design_names()[2:], [f"x2={k}.0" for k in range(4)])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_of_words(table, library):
    frames = pytest.importorskip(library)
    numbers, codes, _, y = table
    words = np.array(["red", "green", "blue", "grey"])[codes]
    X = frames.DataFrame({"colour": words, "a": numbers[:, 0], "b": numbers[:, 1]})
    model = GeneralizedLinearRegressor(penalty=None, categorical_features="from_dtype").fit(X, y)
    hot = np.hstack([numbers, words[:, None] == np.array(["green", "grey", "red"])])
    plain = LinearRegression().fit(hot, y)
    assert_allclose(model.coef_, plain.coef_, atol=1e-6)
    assert list(model.design_names()) == ["a", "b", "colour=green", "colour=grey", "colour=red"]
    unseen = frames.DataFrame({"colour": ["mauve"], "a": [1.0], "b": [0.0]})
    assert_allclose(model.predict(unseen), model.intercept_ + model.coef_[0])
    named = GeneralizedLinearRegressor(penalty=None, categorical_features=["colour"]).fit(X, y)
    assert_array_equal(named.coef_, model.coef_)


def test_levels_of_a_column_are_a_group(table):
    numbers, codes, _, y = table
    rng = np.random.default_rng(1)
    X = np.column_stack([numbers, codes, rng.integers(0, 5, N)])
    model = GeneralizedLinearRegressor(penalty="group", alpha=0.05, categorical_features=[2, 3])
    coef = model.fit(X, y).coef_
    assert coef[2:6].all() and not coef[6:].any()


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array, scipy.sparse.csc_array])
def test_gaps_are_means_and_indicators(table, make):
    numbers, _, _, y = table
    X = numbers * (np.abs(numbers) > 0.3)
    X[::7, 1] = np.nan
    filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    marked = np.column_stack([filled, np.isnan(X[:, 1])])
    for missing, design in (("mean", filled), ("indicator", marked)):
        model = GeneralizedLinearRegressor(alpha=0.1, missing=missing).fit(make(X), y)
        plain = GeneralizedLinearRegressor(alpha=0.1).fit(design, y)
        assert_allclose(model.coef_, plain.coef_, atol=1e-6)
        assert_allclose(model.predict(make(X)), plain.predict(design), atol=1e-6)
    assert list(model.design_names()) == ["x0", "x1", "x1 is missing"]
    with pytest.raises(ValueError, match="NaN"):
        GeneralizedLinearRegressor().fit(make(X), y)


def test_missing_categories_are_one_more():
    X = np.array([["a", "b", None, "a", "b", None]], dtype=object).T
    y = [1.0, 2.0, 5.0, 1.0, 2.0, 5.0]
    model = GeneralizedLinearRegressor(penalty=None, categorical_features=[0]).fit(X, y)
    assert_allclose(model.predict(X), y, atol=1e-6)


def test_what_names_no_column_is_refused(table):
    numbers, _, _, y = table
    for given in ([5], ["colour"], [True]):
        with pytest.raises(ValueError, match="categorical_features"):
            GeneralizedLinearRegressor(categorical_features=given).fit(numbers, y)


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
@pytest.mark.parametrize("task", ["regression", "gamma", "binary", "classes"])
def test_chunks_are_their_rows(table, task, make):
    _, _, hot, y = table
    model, target = TASKS[task]
    y, weight = target(y), np.random.default_rng(0).integers(0, 3, N).astype(float)
    whole = model.fit(hot, y, weight).coef_
    cuts = [0, 13, 14, 120, N]
    parts = [slice(a, b) for a, b in pairwise(cuts)]
    chunks = [(make(hot[rows]), y[rows], weight[rows]) for rows in parts]
    assert_allclose(model.fit_chunks(chunks).coef_, whole, atol=1e-6)
    assert_allclose(model.fit_chunks(lambda: iter(chunks)).coef_, whole, atol=1e-6)


def test_chunks_of_least_squares_are_exact(table):
    numbers, _, _, y = table
    chunks = [(numbers[k::3] + 1e4, y[k::3]) for k in range(3)]
    model = GeneralizedLinearRegressor(penalty=None, tol=1e-10).fit_chunks(chunks)
    order = np.concatenate([np.arange(N)[k::3] for k in range(3)])
    plain = LinearRegression().fit(numbers[order] + 1e4, y[order])
    assert_allclose(model.coef_, plain.coef_, rtol=1e-8)


def test_a_generator_is_refused(table):
    numbers, _, _, y = table
    model = GeneralizedLinearRegressor()
    with pytest.raises(ValueError, match="spent"):
        model.fit_chunks((numbers, y) for _ in range(2))
    with pytest.raises(ValueError, match="no chunk"):
        model.fit_chunks([])
    with pytest.raises(ValueError, match="columns"):
        model.fit_chunks([(numbers, y), (numbers[:, :1], y)])
