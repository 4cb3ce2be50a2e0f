"""Trees and forests that split sets of categories."""

import pickle
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix

import mlkit.ensemble as ensemble
import mlkit.tree as tree
from mlkit import persist
from mlkit.inspection import partial_dependence, shap_values

RNG = np.random.RandomState(0)
N = 240
FRAME = pd.DataFrame(
    {
        "colour": pd.Series(RNG.choice(list("abcdefghij"), N), dtype=object),
        "size": RNG.randn(N),
        "kind": pd.Categorical(RNG.choice(["u", "v", "w"], N)),
    }
)
EFFECT = dict(zip("abcdefghij", 3 * RNG.randn(10), strict=True))
NUMBERS = np.array([EFFECT[c] for c in FRAME["colour"]])
NUMBERS += FRAME["size"].to_numpy() * (FRAME["kind"] == "u").to_numpy() + 0.1 * RNG.randn(N)
LABELS = np.array(["low", "middle", "high"])[np.digitize(NUMBERS, [-1.0, 1.0])]
WEIGHT = RNG.randint(1, 4, N)
SINGLE = {
    "DecisionTreeClassifier": LABELS,
    "DecisionTreeRegressor": NUMBERS,
    "ExtraTreeClassifier": LABELS,
    "ExtraTreeRegressor": NUMBERS,
}
FORESTS = {
    "RandomForestClassifier": LABELS,
    "RandomForestRegressor": NUMBERS,
    "ExtraTreesClassifier": LABELS,
    "ExtraTreesRegressor": NUMBERS,
}
ALL = {**SINGLE, **FORESTS}


def model(name, **options):
    options = {"categorical_features": "from_dtype", "random_state": 0, **options}
    if name in FORESTS:
        return getattr(ensemble, name)(**{"n_estimators": 8, **options})
    return getattr(tree, name)(**options)


def outputs(fitted, X):
    return fitted.predict_proba(X) if hasattr(fitted, "predict_proba") else fitted.predict(X)


def codes():
    """The frame as numbers, categories in another order than their names."""
    return np.column_stack(
        [
            pd.Categorical(FRAME["colour"], categories=sorted(EFFECT, key=EFFECT.get)).codes,
            FRAME["size"],
            FRAME["kind"].cat.codes,
        ]
    ).astype(float)


@pytest.mark.parametrize("classes", [False, True])
def test_root_of_a_stump_is_the_best_of_all_partitions(classes):
    rng = np.random.RandomState(1)
    category = rng.randint(7, size=60)
    y = rng.randint(2, size=60) if classes else rng.randn(60)
    weight = rng.uniform(0.5, 2.0, 60)

    def impurity(side):
        w, own = weight[side], y[side]
        mean = np.average(own, weights=w)
        return np.sum(w * (own - mean) ** 2)  # half of Gini's for two classes

    best = min(
        impurity(inside) + impurity(~inside)
        for size in range(1, 7)
        for chosen in combinations(range(7), size)
        for inside in [np.isin(category, chosen)]
    )
    kind = tree.DecisionTreeClassifier if classes else tree.DecisionTreeRegressor
    stump = kind(max_depth=1, categorical_features=[0]).fit(category[:, None], y, weight)
    inside = stump.apply(category[:, None]) == 1
    assert impurity(inside) + impurity(~inside) == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_tables_of_all_libraries_give_the_same_model(name):
    y = ALL[name]
    fitted = model(name).fit(FRAME, y)
    expected = outputs(fitted, FRAME)
    assert fitted.feature_names_in_.tolist() == list(FRAME)
    assert fitted.is_categorical_.tolist() == [True, False, True]
    for other in (pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME)):
        np.testing.assert_array_equal(outputs(fitted, other), expected)
        np.testing.assert_array_equal(outputs(model(name).fit(other, y), FRAME), expected)
    for given in (["colour", "kind"], [0, 2], [True, False, True]):
        other = model(name, categorical_features=given).fit(FRAME, y)
        np.testing.assert_array_equal(outputs(other, FRAME), expected)


@pytest.mark.parametrize("name", ["DecisionTreeClassifier", "RandomForestRegressor"])
def test_labels_of_categories_do_not_matter(name):
    y, X = ALL[name], codes()
    options = {"categorical_features": [0, 2], "min_samples_leaf": 3}
    first = model(name, **options).fit(X, y)
    turned = X.copy()
    turned[:, 0] = 20 - X[:, 0]
    other = model(name, **options).fit(turned, y)
    if name in SINGLE:
        np.testing.assert_array_equal(outputs(first, X), outputs(other, turned))
    assert first.score(X, y) == pytest.approx(other.score(turned, y), abs=0.05)


@pytest.mark.parametrize("name", ALL)
def test_weight_two_is_the_row_twice_in_any_order(name):
    y = ALL[name]
    order = np.random.RandomState(3).permutation(np.repeat(np.arange(N), WEIGHT))
    options = {"max_depth": 4}
    if name in FORESTS:
        options["bootstrap"] = True
    weighted = model(name, **options).fit(FRAME, y, sample_weight=WEIGHT)
    repeated = model(name, **options).fit(FRAME.iloc[order], y[order])
    np.testing.assert_allclose(outputs(weighted, FRAME), outputs(repeated, FRAME), rtol=1e-12)


@pytest.mark.parametrize("name", FORESTS)
def test_threads_give_the_same_bits(name):
    one, two = (model(name, n_jobs=n).fit(FRAME, ALL[name]) for n in (1, 2))
    np.testing.assert_array_equal(outputs(one, FRAME), outputs(two, FRAME))


@pytest.mark.parametrize("name", ALL)
def test_unknown_categories_go_as_missing_ones(name):
    fitted = model(name, max_depth=3).fit(FRAME, ALL[name])
    unknown, missing = FRAME.copy(), FRAME.copy()
    unknown["colour"], missing["colour"] = "none of these", None
    np.testing.assert_array_equal(outputs(fitted, unknown), outputs(fitted, missing))
    with_gaps = FRAME.copy()
    with_gaps.loc[::3, "colour"] = None
    again = model(name).fit(with_gaps, ALL[name])
    assert np.isfinite(outputs(again, with_gaps)).all()


def test_missing_values_take_the_better_side():
    X = np.array(["a", "a", "b", "b", None, None] * 5, dtype=object)[:, None]
    y = np.array([0.0, 0.0, 9.0, 9.0, 9.0, 9.0] * 5)
    fitted = tree.DecisionTreeRegressor(max_depth=1, categorical_features=[0]).fit(X, y)
    assert fitted.predict([["a"], [None], ["c"]]).tolist() == [0.0, 9.0, 9.0]


@pytest.mark.parametrize("name", ALL)
def test_models_are_walked_explained_and_stored(name, tmp_path):
    y = ALL[name]
    fitted = model(name, max_depth=4).fit(FRAME, y)
    expected = outputs(fitted, FRAME)
    np.testing.assert_array_equal(outputs(pickle.loads(pickle.dumps(fitted)), FRAME), expected)
    persist.save(fitted, tmp_path / "model.mlkit")
    stored = persist.load(tmp_path / "model.mlkit")
    np.testing.assert_array_equal(outputs(stored, FRAME), expected)
    explained = shap_values(fitted, FRAME)
    total = explained["shap_values"].sum(axis=1) + explained["base_values"]
    np.testing.assert_allclose(total, expected, atol=1e-9)
    leaves, path = fitted.apply(FRAME), fitted.decision_path(FRAME)
    path = path[0] if name in FORESTS else path
    assert leaves.shape[0] == path.shape[0] == N
    if name in FORESTS:
        each = [outputs(own, FRAME) for own in fitted.estimators_]
        np.testing.assert_allclose(np.mean(each, axis=0), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["RandomForestClassifier", "RandomForestRegressor"])
def test_options_of_forests_know_categories(name):
    y = ALL[name]
    options = {"oob_score": True, "oob_importances": True, "honest": 0.5, "max_bins": 4}
    fitted = model(name, n_estimators=40, ccp_alpha=1e-4, **options).fit(FRAME, y)
    assert fitted.oob_score_ > 0.6
    assert np.argmax(fitted.oob_importances_) == 0
    grown = model(name, n_estimators=4, warm_start=True).fit(FRAME, y)
    grown.set_params(n_estimators=8).fit(FRAME, y)
    expected = outputs(model(name).fit(FRAME, y), FRAME)
    np.testing.assert_array_equal(outputs(grown, FRAME), expected)
    grown.set_params(n_estimators=9)
    with pytest.raises(ValueError, match="warm_start"):
        grown.fit(FRAME.assign(colour="z"), y)


@pytest.mark.parametrize("kind", ["DecisionTreeRegressor", "ExtraTreeRegressor"])
def test_many_categories_are_grouped(kind):
    rng = np.random.RandomState(5)
    category = np.concatenate([np.tile(np.arange(1500), 20), rng.randint(1500, size=500)])
    y = (category % 7 > 3) * 1.0
    fitted = model(kind, categorical_features=[0]).fit(category[:, None], y)
    assert fitted.score(category[:, None], y) > 0.95
    assert len(fitted.tree_.trees.bitsets) < 2 * 255


@pytest.mark.parametrize("name", ["DecisionTreeRegressor", "RandomForestRegressor"])
def test_categories_of_few_rows_do_not_sway_trees(name):
    rng = np.random.RandomState(6)
    X = np.column_stack([rng.randint(300, size=1000), rng.randn(1000)])
    y = X[:, 1] + rng.randn(1000)
    options = {"max_depth": 4, "categorical_features": [0]}
    with_noise = model(name, **options).fit(X[:500], y[:500]).score(X[500:], y[500:])
    options["categorical_features"] = None
    without = model(name, **options).fit(X[:500, 1:], y[:500]).score(X[500:, 1:], y[500:])
    assert with_noise > without - 0.05


@pytest.mark.parametrize("outputs_of_y", [2, 3])
def test_several_outputs(outputs_of_y):
    Y = np.column_stack([NUMBERS, -NUMBERS, RNG.randn(N)])[:, :outputs_of_y]
    fitted = model("DecisionTreeRegressor", max_depth=6).fit(FRAME, Y)
    assert fitted.predict(FRAME).shape == Y.shape
    assert (
        model("DecisionTreeRegressor", max_depth=6).fit(FRAME, Y[:, :2]).score(FRAME, Y[:, :2])
        > 0.9
    )
    labels = np.column_stack([LABELS, NUMBERS > 0])
    shares = model("RandomForestClassifier").fit(FRAME, labels).predict_proba(FRAME)
    assert [each.shape[1] for each in shares] == [3, 2]


def test_texts_and_pictures_name_categories():
    X = np.array(["red", "blue", "green", "blue"], dtype=object)[:, None]
    fitted = tree.DecisionTreeRegressor(categorical_features=[0]).fit(X, [5.0, 0.0, 5.0, 0.0])
    text = tree.export_text(fitted, feature_names=["colour"])
    assert "colour in {blue}" in text
    assert "colour in {green, red}" in text
    assert "x[0] in {blue}" in tree.export_graphviz(fitted)
    assert "in {1}" in tree.export_graphviz(fitted.tree_).replace("{0}", "{1}")


def test_numbers_alone_and_holders_of_trees():
    X, y = codes(), NUMBERS
    plain = tree.DecisionTreeRegressor(random_state=0).fit(X, y)
    off = tree.DecisionTreeRegressor(random_state=0, categorical_features="from_dtype").fit(X, y)
    np.testing.assert_array_equal(plain.predict(X), off.predict(X))
    refitted = model("DecisionTreeRegressor").fit(FRAME, y)
    refitted.set_params(categorical_features=None).fit(X, y)
    np.testing.assert_array_equal(plain.predict(X), refitted.predict(X))
    held = tree.DecisionTreeRegressor(categorical_features=[0], max_depth=3)
    for holder in (ensemble.BaggingRegressor, ensemble.AdaBoostRegressor):
        fitted = holder(held, n_estimators=3, random_state=0).fit(X, y)
        assert fitted.estimators_[0].is_categorical_.tolist() == [True, False, False]
        assert fitted.score(X, y) > 0.7


@pytest.mark.parametrize("name", ["DecisionTreeRegressor", "RandomForestRegressor"])
def test_partial_dependence_of_one_split_is_that_of_its_rows(name):
    X = np.array(["a", "b", "c"] * 8, dtype=object)[:, None]
    y = np.array([0.0, 5.0, 5.0] * 8)
    options = {"categorical_features": [0]}
    fitted = model(name, **options).fit(X, y)
    found = partial_dependence(fitted, X, [0], method="recursion", categorical_features=[0])
    np.testing.assert_allclose(found["average"], [[0.0, 5.0, 5.0]])
    frame = pd.DataFrame({"word": X[:, 0], "number": np.arange(24.0)})
    fitted = model(name, max_depth=1, n_estimators=3) if name in FORESTS else model(name)
    fitted = fitted.fit(frame, y)
    both = partial_dependence(fitted, frame, ["word"], method="recursion")
    np.testing.assert_allclose(both["average"], [[0.0, 5.0, 5.0]], atol=1e-12)


def test_errors_say_what_to_do():
    with pytest.raises(TypeError, match="dense tables"):
        tree.DecisionTreeRegressor(categorical_features=[0]).fit(csr_matrix(np.eye(3)), [1, 2, 3])
    with pytest.raises(ValueError, match="monotonic_cst must be 0"):
        model("DecisionTreeRegressor", monotonic_cst=[1, 0, 0]).fit(FRAME, NUMBERS)
    with pytest.raises(ValueError, match="no such|names 'nothing'"):
        model("RandomForestRegressor", categorical_features=["nothing"]).fit(FRAME, NUMBERS)
