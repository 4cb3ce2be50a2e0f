"""A row of weight 2 is the row twice, for everything that draws rows, in whatever order."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

import mlkit.ensemble as ensemble
from mlkit._engine.trees.forest_draws import RowDraws, hash_rows, summable
from mlkit.tree import DecisionTreeClassifier, DecisionTreeRegressor

RNG = np.random.RandomState(7)
N = 60
X = RNG.randn(N, 4)
LABELS = RNG.randint(0, 3, N)
NUMBERS = RNG.randn(N)
COUNT = RNG.randint(0, 4, N)

CASES = [
    ("RandomForestClassifier", {}),
    ("RandomForestClassifier", {"max_samples": 0.5, "class_weight": "balanced"}),
    ("RandomForestClassifier", {"class_weight": "balanced_subsample", "criterion": "entropy"}),
    ("RandomForestClassifier", {"bootstrap": False, "class_weight": {0: 1.1, 1: 0.3, 2: 7.0}}),
    ("RandomForestRegressor", {}),
    ("RandomForestRegressor", {"max_samples": 11, "max_leaf_nodes": 9}),
    ("RandomForestRegressor", {"criterion": "absolute_error"}),
    ("ExtraTreesClassifier", {"bootstrap": True}),
    ("ExtraTreesRegressor", {}),
    ("RandomTreesEmbedding", {}),
    ("BaggingClassifier", {}),
    ("BaggingClassifier", {"max_features": 0.5, "bootstrap_features": True}),
    ("BaggingRegressor", {"max_samples": 0.7}),
    ("BaggingRegressor", {"bootstrap": False, "max_samples": 0.7}),
    ("AdaBoostClassifier", {"learning_rate": 0.5}),
    ("AdaBoostClassifier", {"estimator": DecisionTreeClassifier(max_depth=2)}),
    ("AdaBoostRegressor", {}),
    ("AdaBoostRegressor", {"estimator": DecisionTreeRegressor(max_depth=5), "loss": "square"}),
    ("IsolationForest", {}),
    ("IsolationForest", {"max_samples": 30, "contamination": 0.1, "max_features": 2}),
    ("IsolationForest", {"bootstrap": True, "max_samples": 0.5}),
]


def results(model):
    for method in ("predict_proba", "decision_function", "score_samples", "transform", "predict"):
        if hasattr(model, method):
            out = getattr(model, method)(X)
            yield out.toarray() if hasattr(out, "toarray") else out


@pytest.mark.filterwarnings("ignore:.*without replacement")
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_weight_of_two_is_the_row_twice(case, sparse):
    name, options = CASES[case]
    y = LABELS if "Classifier" in name else NUMBERS
    model = getattr(ensemble, name)(n_estimators=6, random_state=2, **options)
    made = csr_matrix if sparse else np.asarray
    weighted = [np.array(list(out)) for out in results(model.fit(made(X), y, sample_weight=COUNT))]
    rows = RNG.permutation(np.repeat(np.arange(N), COUNT))
    repeated = results(model.fit(made(X[rows]), y[rows]))
    for one, other in zip(weighted, repeated, strict=True):
        assert_allclose(one, other, rtol=1e-10, atol=1e-13)


def test_rows_that_differ_are_drawn_by_place():
    draws = RowDraws(X, LABELS, None)
    ours = draws.bootstrap(np.random.RandomState(1), 50)
    assert_array_equal(ours, np.random.RandomState(1).randint(0, N, 50))
    share = RNG.rand(N)
    ours = RowDraws(X, LABELS, share).bootstrap(np.random.RandomState(1), 50)
    theirs = np.random.RandomState(1).choice(N, 50, p=share / share.sum())
    assert_array_equal(ours, theirs)


@pytest.mark.parametrize("n_drawn", [200, 5000])
@pytest.mark.parametrize("odds", [False, True])
def test_draws_have_the_odds_of_the_weights(odds, n_drawn):
    """Few draws, and so many that rows alike are drawn together."""
    table = np.array([[0.0], [1.0], [1.0], [2.0], [3.0]])
    weight = np.array([1, 2, 3, 0, 4])
    factor = np.array([1.0, 0.5, 0.5, 9.0, 0.25]) if odds else None
    draws = RowDraws(table, None, weight, factor)
    assert draws.total == 10
    counts = sum(draws.counts(np.random.RandomState(seed), n_drawn) for seed in range(40))
    share = weight * (1.0 if factor is None else factor)
    share = share / share.sum()
    spread = np.sqrt(share * (1 - share) / counts.sum())
    assert (abs(counts / counts.sum() - share) <= 4 * spread + 1e-12).all()
    rows = draws.bootstrap(np.random.RandomState(3), n_drawn)
    assert_array_equal(
        np.bincount(rows, minlength=5), draws.counts(np.random.RandomState(3), n_drawn)
    )


def test_without_replacement_no_row_is_drawn_more_often_than_it_is_there():
    weight = np.array([1, 2, 3, 0, 4])
    draws = RowDraws(X[:5], None, weight)
    rows = draws.without_replacement(np.random.RandomState(0), 10)
    assert_array_equal(np.bincount(rows, minlength=5), weight)


def test_rows_alike_have_one_number():
    table = np.array([[0.0, np.nan, 1.0], [-0.0, -np.nan, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    number = hash_rows(table)
    assert number[0] == number[1]
    assert len(set(number.tolist())) == 3
    assert_array_equal(number, hash_rows(csr_matrix(table)))
    near = np.array([[0.1], [np.float64(np.float32(0.1))]])
    assert len(set(hash_rows(near).tolist())) == 2
    assert len(set(hash_rows(near, single=True).tolist())) == 1
    words = np.array([["a", 1], ["b", None], ["a", 1]], dtype=object)
    number = hash_rows(words)
    assert number[0] == number[2] != number[1]


def test_sums_are_exact():
    values = summable(RNG.rand(1000), 1000)
    total = values.sum()
    for _ in range(5):
        assert RNG.permutation(values).sum() == total
    assert summable(np.zeros(3), 5).tolist() == [0.0, 0.0, 0.0]


def test_many_draws_of_heavy_rows_cost_no_list():
    """Weights of a census: more rows than fit a list of draws."""
    weight = np.full(N, 3_000_000)
    counts = RowDraws(X, None, weight).counts(np.random.RandomState(0), 3_000_000 * N)
    assert counts.sum() == 3_000_000 * N


def test_only_proportions_of_weights_matter():
    """Weights times a number are the same forest, and so is a table that is there five times."""
    count = RNG.randint(0, 12, N)
    grow = ensemble.RandomForestRegressor(4, random_state=0).fit
    once = grow(X, NUMBERS, sample_weight=count).predict(X)
    for scale in (0.5, 2, 100):
        other = grow(X, NUMBERS, sample_weight=scale * count).predict(X)
        assert_allclose(other, once, rtol=1e-12)
    rows = np.repeat(np.arange(N), 5 * count)
    assert_allclose(grow(X[rows], NUMBERS[rows]).predict(X), once, rtol=1e-12)
    table = np.repeat(np.arange(4.0), 50)[:, None]
    assert RowDraws(table, None, None).n_draws == 16  # not 4
