"""Tables that go wrong elsewhere: the right answer, or an error that says what is wrong."""

import numpy as np
import pytest
from scipy.sparse import random as random_sparse

import mlkit.ensemble as ensemble
import mlkit.tree as tree
from mlkit._core.targets import encode_labels
from mlkit._engine.trees.codes import column_edges, find_bins

RNG = np.random.RandomState(0)
X = RNG.randn(60, 4)
SIDE = (X[:, 0] > 0).astype(int)
NUMBER = X[:, 0]
# What makes a model exact on its training rows, or small enough to be quick.
SETTINGS = {
    "DecisionTree": {},
    "ExtraTree": {},
    "RandomForest": {"n_estimators": 5},
    "ExtraTrees": {"n_estimators": 5},
    "GradientBoosting": {"n_estimators": 5},
    "HistGradientBoosting": {"max_iter": 5, "min_samples_leaf": 1},
    "Bagging": {"n_estimators": 5},
    "AdaBoost": {"n_estimators": 5},
    "ExplainableBoosting": {"max_iter": 5, "min_samples_leaf": 1},
}
KINDS = sorted(SETTINGS)
WHOLE = ("DecisionTree", "ExtraTree", "ExtraTrees")  # fit their rows exactly
UNSUPERVISED = ("IsolationForest", "RandomTreesEmbedding")


def make(name, **options):
    kind = name.removesuffix("Classifier").removesuffix("Regressor")
    own = getattr(tree if kind in ("DecisionTree", "ExtraTree") else ensemble, name)
    settings = SETTINGS.get(kind, {"n_estimators": 3})
    return own(**{**settings, **options}, random_state=0)


# ------------------------------------------------------------------------------ targets
@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_target_is_predicted(kind):
    number = make(f"{kind}Regressor").fit(X, np.full(60, 3.5))
    np.testing.assert_allclose(number.predict(X), 3.5, rtol=1e-12)
    classes = make(f"{kind}Classifier")
    if kind == "GradientBoosting":
        with pytest.raises(ValueError, match="1 class"):
            classes.fit(X, np.full(60, "a"))
    else:
        assert (classes.fit(X, np.full(60, "a")).predict(X) == "a").all()


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "a"]),
        np.array(["b", "a"], dtype=object),
        np.array([True, False]),
        np.array([-100, 100], dtype=np.int8),
        np.array([2**53, 2**53 + 1]),
        np.array([2**63, 2**63 + 1], dtype=np.uint64),
    ],
    ids=["words", "objects", "bools", "bytes", "beyond 2^53", "beyond 2^63"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_labels_come_back_as_they_were(kind, labels):
    y = labels[SIDE]
    model = make(f"{kind}Classifier").fit(X, y)
    assert model.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    predicted = model.predict(X)
    assert predicted.dtype == labels.dtype
    assert (predicted == y).mean() > 0.9


def test_integers_at_the_ends_of_their_range_are_encoded():
    for dtype in (np.int8, np.int64, np.uint8, np.uint64):
        ends = np.iinfo(dtype)
        for near in (ends.min, ends.max - 3):
            y = np.array([near + 3, near, near + 1, near], dtype=dtype)
            classes, codes = encode_labels(y)
            assert classes.dtype == dtype
            np.testing.assert_array_equal(classes, np.unique(y))
            np.testing.assert_array_equal(classes[codes], y)
    across = np.array([2**63 + 2, 2**63 - 2], dtype=np.uint64)
    np.testing.assert_array_equal(encode_labels(across)[0], across[::-1])


@pytest.mark.parametrize("kind", KINDS)
def test_targets_beyond_what_floats_hold_are_their_floats(kind):
    y = 2**62 + np.arange(60) * 2**40
    exact, rounded = y.astype(np.float64), y + 1  # the same float
    assert (rounded.astype(np.float64) == exact).all()
    model = make(f"{kind}Regressor").fit(X, rounded)
    again = make(f"{kind}Regressor").fit(X, exact)
    np.testing.assert_array_equal(model.predict(X), again.predict(X))
    if kind in WHOLE:
        np.testing.assert_array_equal(model.predict(X), exact)
    assert (model.predict(X) >= exact.min()).all() and (model.predict(X) <= exact.max()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_bools_as_numbers_are_nought_and_one(kind):
    model, again = make(f"{kind}Regressor"), make(f"{kind}Regressor")
    predicted = model.fit(X, SIDE.astype(bool)).predict(X)
    np.testing.assert_array_equal(predicted, again.fit(X, SIDE.astype(float)).predict(X))


# ------------------------------------------------------------------------------ rows
@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_its_own_prediction(kind):
    number = make(f"{kind}Regressor").fit(X[:1], NUMBER[:1])
    np.testing.assert_allclose(number.predict(X), NUMBER[0], rtol=1e-12)
    if kind != "GradientBoosting":
        classes = make(f"{kind}Classifier").fit(X[:1], SIDE[:1])
        assert (classes.predict(X) == SIDE[0]).all()


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_one_row_without_a_target(name):
    model = make(name).fit(X[:1])
    if name == "IsolationForest":
        assert model.predict(X[:1]) == [1]
    else:
        assert (model.transform(X[:1]).toarray() == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_weights(kind):
    nothing, one = np.zeros(60), np.eye(60)[3]
    for name, y in ((f"{kind}Regressor", NUMBER), (f"{kind}Classifier", SIDE)):
        with pytest.raises(ValueError, match=r"weight.*zero"):
            make(name).fit(X, y, sample_weight=nothing)
        if name == "GradientBoostingClassifier":
            with pytest.raises(ValueError, match="1 class"):
                make(name).fit(X, y, sample_weight=one)
            continue
        np.testing.assert_allclose(make(name).fit(X, y, sample_weight=one).predict(X), y[3])


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_weights_without_a_target(name):
    with pytest.raises(ValueError, match=r"weight.*zero"):
        make(name).fit(X, sample_weight=np.zeros(60))


@pytest.mark.parametrize(
    "name",
    ["RandomForestClassifier", "RandomForestRegressor", "IsolationForest", "BaggingRegressor"],
)
def test_rows_are_not_drawn_by_negative_odds(name):
    weight = np.ones(60)
    weight[0] = -1.0
    with pytest.raises(ValueError, match="Negative"):
        make(name).fit(X, SIDE, sample_weight=weight)


# ------------------------------------------------------------------------------ columns
@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_are_all_missing_say_nothing(kind):
    some, all_missing = X.copy(), np.full((60, 3), np.nan)
    some[:, 1] = np.nan
    filled = some.copy()
    filled[:, 1] = 0.0
    for name, y in ((f"{kind}Regressor", NUMBER), (f"{kind}Classifier", SIDE)):
        options = {"splitter": "best", "max_features": None} if kind == "ExtraTree" else {}
        first = make(name, **options).fit(some, y).predict(some)
        if kind not in ("ExtraTrees", "ExplainableBoosting", "HistGradientBoosting"):
            second = make(name, **options).fit(filled, y).predict(filled)
            np.testing.assert_array_equal(first, second)
        predicted = make(name).fit(all_missing, y).predict(all_missing)
        assert (predicted == predicted[0]).all()
        assert y.min() <= predicted[0] <= y.max()


def test_isolation_cuts_no_missing_column():
    model = make("IsolationForest").fit(np.full((60, 3), np.nan))
    assert (model.predict(np.full((2, 3), np.nan)) == 1).all()
    with pytest.raises(ValueError, match="NaN"):
        make("RandomTreesEmbedding").fit(np.full((60, 3), np.nan))


@pytest.mark.parametrize("kind", ["HistGradientBoosting", "ExplainableBoosting"])
@pytest.mark.parametrize("as_words", [False, True])
def test_more_categories_than_rows(kind, as_words):
    pandas = pytest.importorskip("pandas")
    words = [f"k{i}" for i in range(500)]
    own = pandas.Categorical(np.array(words)[RNG.permutation(500)[:60]], categories=words)
    column = pandas.Series(own)
    frame = pandas.DataFrame({"word": column.astype(str) if as_words else column, "x": NUMBER})
    for name, y in ((f"{kind}Regressor", NUMBER), (f"{kind}Classifier", SIDE)):
        model = make(name, max_iter=100).fit(frame, y)
        assert model.score(frame, y) > 0.8
        unknown = frame.assign(word="never seen")
        assert np.isfinite(model.predict(unknown)).all()


# ------------------------------------------------------------------------------ a million columns
@pytest.fixture(scope="module")
def wide():
    return np.random.RandomState(0).randn(3, 10**6).astype(np.float32)


@pytest.fixture(scope="module")
def wide_sparse():
    return random_sparse(3, 10**6, density=1e-4, format="csr", random_state=0)


@pytest.mark.parametrize("kind", ["DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees"])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_million_columns(kind, sparse, wide, wide_sparse):
    table, y = wide_sparse if sparse else wide, np.array([0.0, 1.0, 5.0])
    predicted = make(f"{kind}Regressor").fit(table, y).predict(table)
    if kind in WHOLE:
        np.testing.assert_array_equal(predicted, y)
    assert predicted[0] < predicted[2]


def test_a_million_columns_for_boosting(wide):
    y = np.array([0, 1, 0])
    shares = make("HistGradientBoostingClassifier", max_iter=1).fit(wide, y).predict_proba(wide)
    assert shares[1, 1] > shares[0, 1] == shares[2, 1]


def test_a_million_columns_for_isolation(wide, wide_sparse):
    for table in (wide, wide_sparse):
        scores = make("IsolationForest", n_estimators=1).fit(table).score_samples(table)
        # Of three rows one is alone at depth 1, and two at depth 2.
        assert (np.unique(scores).size == 2) and (scores < 0).all()


def test_many_columns_that_say_nothing_change_no_bit():
    rows = RNG.randn(300, 6)
    rows[RNG.rand(300, 6) < 0.1] = np.nan
    y = np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 4]) ** 2
    much = np.concatenate([rows, np.zeros((300, 20_000))], axis=1)
    options = {"max_bins": 40, "max_iter": 3}
    few = make("HistGradientBoostingRegressor", **options).fit(rows, y)
    many = make("HistGradientBoostingRegressor", **options).fit(much, y)
    np.testing.assert_array_equal(many.predict(much), few.predict(rows))


def test_pairs_are_looked_at_among_the_columns_that_say_most(monkeypatch):
    import mlkit.ensemble._explainable_boosting as module

    rng = np.random.RandomState(0)
    rows = rng.randn(200, 30)
    y = rows[:, 3] + rows[:, 17] + 2.0 * (rows[:, 3] > 0) * (rows[:, 17] > 0)
    monkeypatch.setattr(module, "_MOST_PAIRED", 2)
    few = make("ExplainableBoostingRegressor", max_iter=50, interactions=5).fit(rows, y)
    assert few.term_features_[30:] == [(3, 17)]


@pytest.mark.parametrize("weighted", [False, True])
def test_columns_of_few_rows_are_cut_as_one_by_one(weighted):
    rng = np.random.RandomState(1)
    values = np.array([1, 2, 3, np.nan, -0.0, 0.0, 1 + 2.0**-23, 1e30])
    for n_rows in range(1, 12):
        for dtype in (np.float32, np.float64):
            table = np.c_[rng.choice(values, size=(n_rows, 6)), rng.randn(n_rows, 2)].astype(dtype)
            weight = rng.randint(0, 3, n_rows).astype(np.float64) if weighted else None
            bins = find_bins(table, 255, weight=weight)
            for got, column in zip(bins.edges, table.T, strict=True):
                np.testing.assert_array_equal(got, column_edges(column, 255, weight))
