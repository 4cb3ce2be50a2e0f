"""Partial dependence: by its definition, scikit-learn's grids, and any container."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.inspection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor

from mlkit.compose import make_column_transformer
from mlkit.inspection import partial_dependence
from mlkit.inspection._grid import plotting_quantiles
from mlkit.linear_model import LinearRegression, LogisticRegression, Ridge
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import OneHotEncoder, PolynomialFeatures

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = X[:, 0] * X[:, 1] + X[:, 2]
LABELS = np.digitize(Y, [-0.5, 0.5])
WEIGHT = RNG.uniform(size=60)


def model_of(kind):
    if kind == "regressor":
        return make_pipeline(PolynomialFeatures(2), Ridge()).fit(X, Y)
    if kind == "outputs":
        return make_pipeline(PolynomialFeatures(2), Ridge()).fit(X, np.stack([Y, -Y], axis=1))
    labels = LABELS if kind == "classes" else LABELS > 0
    return make_pipeline(PolynomialFeatures(2), LogisticRegression()).fit(X, labels)


@pytest.mark.parametrize("kind", ["regressor", "outputs", "classes", "binary"])
@pytest.mark.parametrize("features", [[0], [0, 1]])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_the_definition(kind, features, weight):
    model = model_of(kind)
    found = partial_dependence(
        model, X, features, kind="both", sample_weight=weight, grid_resolution=5
    )
    method = model.predict if kind in ("regressor", "outputs") else model.predict_proba
    shape = tuple(len(axis) for axis in found.grid_values)
    for at in np.ndindex(*shape):
        changed = X.copy()
        for j, axis, i in zip(features, found.grid_values, at, strict=True):
            changed[:, j] = axis[i]
        predicted = method(changed).reshape(60, -1)
        predicted = predicted[:, 1:] if kind == "binary" else predicted
        assert_allclose(found.individual[(slice(None), slice(None), *at)], predicted.T)
        mean = np.average(predicted, axis=0, weights=weight)
        assert_allclose(found.average[(slice(None), *at)], mean)


@pytest.mark.parametrize("kind", ["average", "individual", "both"])
@pytest.mark.parametrize(
    "options",
    [
        {"features": [0]},
        {"features": [(0, 3)]},
        {"features": 1, "percentiles": (0.2, 0.7)},
        {"features": [True, False, False, True], "grid_resolution": 4},
        {"features": [2], "custom_values": {2: [1.0, 2.0]}, "response_method": "decision_function"},
    ],
)
def test_results_are_scikit_learns(kind, options):
    from sklearn.linear_model import LogisticRegression as Theirs

    model = Theirs().fit(X, LABELS)
    options = {"grid_resolution": 5, **options}
    ours = partial_dependence(model, X, kind=kind, **options)
    theirs = reference.partial_dependence(model, X, kind=kind, **options)
    assert set(ours) == set(theirs)
    for key in set(ours) - {"grid_values"}:
        assert_allclose(ours[key], theirs[key], rtol=1e-7)
    for mine, other in zip(ours.grid_values, theirs.grid_values, strict=True):
        assert_allclose(mine, other)


@pytest.mark.parametrize("method", ["auto", "recursion", "brute"])
@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(5, random_state=0),
        DecisionTreeRegressor(max_depth=3, random_state=0),
        HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=3),
        GradientBoostingClassifier(n_estimators=3, random_state=0),
    ],
)
def test_trees_recurse_as_scikit_learns(method, model):
    labels = LABELS if isinstance(model, GradientBoostingClassifier) else Y
    model.fit(X, labels)
    ours, theirs = (
        function(model, X, [0, 2], method=method, grid_resolution=4).average
        for function in (partial_dependence, reference.partial_dependence)
    )
    assert_allclose(ours, theirs)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "both"},
        {"sample_weight": WEIGHT},
        {"response_method": "predict_proba"},
    ],
)
def test_recursion_is_of_unweighted_means_of_decisions(options):
    model = GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, LABELS)
    with pytest.raises(ValueError, match="recursion"):
        partial_dependence(model, X, [0], method="recursion", **options)


def test_recursion_needs_trees_that_offer_it():
    for model in (LinearRegression().fit(X, Y), ExtraTreesRegressor(2).fit(X, Y)):
        with pytest.raises(ValueError, match="recursion"):
            partial_dependence(model, X, [0], method="recursion")


def frame_of():
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["word"] = np.array(["x", "y", "z"])[np.arange(60) % 3]
    frame["kind"] = frame["word"].astype("category")
    frame["count"] = np.arange(60) % 4
    return frame


@pytest.mark.parametrize(
    "convert",
    [pl.from_pandas, lambda f: pa.Table.from_pandas(f, preserve_index=False)],
    ids=["polars", "arrow"],
)
def test_frames_give_what_pandas_gives(convert):
    found = []
    for frame in (frame_of(), convert(frame_of())):
        model = make_pipeline(
            make_column_transformer((OneHotEncoder(), ["word", "kind"]), remainder="passthrough"),
            Ridge(),
        ).fit(frame, Y)
        options = {"categorical_features": ["word", "kind"], "grid_resolution": 4}
        found.append(
            [
                partial_dependence(model, frame, features, **options).average
                for features in ("a", ["a", "kind"], ["word"], ["count"])
            ]
        )
    for mine, other in zip(*found, strict=True):
        assert_allclose(mine, other)


def test_sparse_is_dense():
    sparse = np.where(abs(X) > 0.7, X, 0)
    model = LinearRegression().fit(sparse, Y)
    assert_allclose(
        partial_dependence(model, csr_array(sparse), [0, 2], grid_resolution=4).average,
        partial_dependence(model, sparse, [0, 2], grid_resolution=4).average,
    )


def test_whole_numbers_stay_whole_and_predictions_are_not_of_rounded_ones():
    whole = np.arange(300).reshape(100, 3) % 17
    model = LinearRegression().fit(whole, whole[:, 0] * 2.0)
    found = partial_dependence(model, whole, [0], grid_resolution=5)
    assert found.grid_values[0].dtype.kind == "i"
    assert_allclose(found.average[0], 2 * found.grid_values[0], atol=1e-12)
    found = partial_dependence(model, whole, [0], custom_values={0: [0.5, 1.5]})
    assert_allclose(found.average[0], [1.0, 3.0])


def test_single_precision_stays():
    seen = set()

    class Model(LinearRegression):
        def predict(self, X):
            seen.add(X.dtype)
            return super().predict(X)

    model = Model().fit(X.astype(np.float32), Y)
    partial_dependence(model, X.astype(np.float32), [0], grid_resolution=3)
    assert seen == {np.dtype(np.float32)}


def test_gaps_are_no_place_of_the_grid():
    gaps = X.copy()
    gaps[::7, 0] = np.nan
    model = HistGradientBoostingRegressor(max_iter=3).fit(gaps, Y)
    found = partial_dependence(model, gaps, [0], method="brute", grid_resolution=5)
    assert np.isfinite(found.grid_values[0]).all()


def test_batches_change_nothing(monkeypatch):
    import mlkit.inspection._dependence as module

    model = DecisionTreeRegressor(random_state=0).fit(X, Y)
    options = {"features": [0, 1], "kind": "both", "grid_resolution": 7, "method": "brute"}
    together = partial_dependence(model, X, **options)
    monkeypatch.setattr(module, "_BATCH_ROWS", 1)
    alone = partial_dependence(model, X, **options)
    assert_array_equal(together.individual, alone.individual)
    assert_array_equal(together.average, alone.average)


@pytest.mark.parametrize("shares", [(0.05, 0.95), (0.0, 1.0), (0.3, 0.4)])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 57])
def test_quantiles_are_those_of_plotting_positions(shares, n):
    from scipy.stats.mstats import mquantiles

    values = RNG.normal(size=n)
    assert_allclose(plotting_quantiles(values, shares), mquantiles(values, shares))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": [-1]}, "all features must be in"),
        ({"features": [9]}, "all features must be in"),
        ({"features": ["name"]}, "name"),
        ({"percentiles": (0.9, 0.1)}, "strictly less"),
        ({"percentiles": (0.1, 1.1)}, r"\[0, 1\]"),
        ({"percentiles": (0.1, 0.2, 0.3)}, "2 elements"),
        ({"percentiles": (0.5, 0.500001), "grid_resolution": 5}, "too close"),
        ({"grid_resolution": 1}, "greater than 1"),
        ({"categorical_features": [True]}, "mask"),
        ({"categorical_features": ["who"]}, "who"),
        ({"categorical_features": [0.5]}, "categorical_features"),
        ({"feature_names": list("aabc")}, "duplicates"),
        ({"custom_values": {0: [[1.0]]}}, "one-dimensional"),
        ({"response_method": "predict_proba"}, "response_method"),
        ({"kind": "some"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    model = LinearRegression().fit(X, Y)
    with pytest.raises(ValueError, match=message):
        partial_dependence(model, X, **{"features": [0], **options})


def test_words_are_categories_and_mixed_columns_have_no_order():
    words = np.array(["a", "b", "c", "d"] * 15, dtype=object).reshape(-1, 1)
    model = make_pipeline(OneHotEncoder(), Ridge()).fit(words, Y)
    found = partial_dependence(model, words, [0], categorical_features=[0])
    assert found.grid_values[0].tolist() == list("abcd")
    with pytest.raises(TypeError, match="categorical_features"):
        partial_dependence(model, words, [0], grid_resolution=3)
    words[0, 0] = np.nan
    with pytest.raises(ValueError, match="mixes types"):
        partial_dependence(model, words, [0])


def test_names_of_an_array_name_its_columns():
    model = LinearRegression().fit(X, Y)
    by_name = partial_dependence(model, X, ["w"], feature_names=list("uvwx"), grid_resolution=3)
    by_number = partial_dependence(model, X, [2], grid_resolution=3)
    assert_array_equal(by_name.average, by_number.average)
