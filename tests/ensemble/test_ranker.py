"""HistGradientBoostingRanker: queries, early stopping, weights, and LightGBM's ranker beside it."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlkit.ensemble import HistGradientBoostingRanker
from mlkit.metrics import ndcg_score


def make_queries(n_queries=150, seed=0):
    """Grades 0 to 4 from 12 features, three of them alike for all documents of a query."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 40, n_queries)
    query = np.repeat(np.arange(n_queries), sizes)
    X = rng.normal(size=(len(query), 12))
    X[:, 6:9] = rng.normal(size=(n_queries, 3))[query]
    signal = X[:, 0] + np.sin(2 * X[:, 1]) * X[:, 2] + 0.7 * X[:, 6] * X[:, 4]
    signal += rng.normal(size=len(query)) + rng.normal(size=n_queries)[query]
    X[rng.random(X.shape) < 0.02] = np.nan
    return X, np.digitize(signal, np.quantile(signal, [0.5, 0.75, 0.9, 0.97])), sizes


@pytest.fixture(scope="module")
def train():
    return make_queries()


@pytest.fixture(scope="module")
def test():
    return make_queries(seed=1)


@pytest.mark.parametrize("loss", ["lambdarank", "softmax"])
def test_ranks_new_queries(train, test, loss):
    X, y, sizes = train
    model = HistGradientBoostingRanker(loss, max_iter=40, random_state=0).fit(X, y, group=sizes)
    chance = HistGradientBoostingRanker(max_iter=1, min_samples_leaf=10_000)
    chance.fit(X, y, group=sizes)
    new, grades, groups = test
    assert model.score(new, grades, group=groups) > chance.score(new, grades, group=groups) + 0.25


def test_score_is_the_mean_of_the_metric(train):
    X, y, sizes = train
    model = HistGradientBoostingRanker(max_iter=5, eval_at=4).fit(X, y, group=sizes)
    found, ends = model.predict(X), np.cumsum(sizes)
    each = [
        ndcg_score([2.0 ** y[a:b] - 1], [found[a:b]], k=4)
        for a, b in zip(ends - sizes, ends, strict=True)
        if y[a:b].any()
    ]
    assert model.score(X, y, group=sizes) == pytest.approx(np.mean(each))


def test_as_good_as_lightgbm(train, test):
    lightgbm = pytest.importorskip("lightgbm")
    X, y, sizes = train
    new, grades, groups = test
    ours = HistGradientBoostingRanker(max_iter=60).fit(X, y, group=sizes)
    peer = lightgbm.LGBMRanker(n_estimators=60, verbose=-1, n_jobs=1).fit(X, y, group=sizes)
    ours_score = ours.score(new, grades, group=groups)
    ours.predict = peer.predict  # scored by the same rule
    assert ours_score > ours.score(new, grades, group=groups) - 0.01


def test_queries_by_size_and_by_name(train):
    """Where the rows of a query stand does not matter."""
    X, y, sizes = train
    names = np.repeat([f"q{k:04d}" for k in range(len(sizes))], sizes)
    by_size = HistGradientBoostingRanker(max_iter=5).fit(X, y, group=sizes)
    by_name = HistGradientBoostingRanker(max_iter=5).fit(X, y, qid=names)
    assert_array_equal(by_size.predict(X), by_name.predict(X))
    assert by_name.n_queries_ == len(sizes)
    order = np.random.default_rng(0).permutation(len(X))
    mixed = HistGradientBoostingRanker(max_iter=1).fit(X[order], y[order], qid=names[order])
    assert mixed.n_queries_ == len(sizes)
    assert (
        abs(
            mixed.score(X, y, group=sizes)
            - HistGradientBoostingRanker(max_iter=1).fit(X, y, qid=names).score(X, y, group=sizes)
        )
        < 0.02
    )  # rows of a query that tie are met in their order


@pytest.mark.parametrize("loss", ["lambdarank", "softmax"])
def test_a_query_of_weight_two_is_the_query_twice(train, loss):
    X, y, sizes = train
    X, y, sizes = X[: sizes[:60].sum()], y[: sizes[:60].sum()], sizes[:60]
    rows = np.repeat(np.arange(60), sizes) < 20
    settings = {"max_iter": 8, "min_samples_leaf": 1, "max_leaf_nodes": 8, "max_bins": 65_000}
    weighted = HistGradientBoostingRanker(loss, **settings)
    weighted.fit(X, y, 1.0 + rows, group=sizes)
    twice = HistGradientBoostingRanker(loss, **settings)
    twice.fit(
        np.concatenate([X, X[rows]]),
        np.concatenate([y, y[rows]]),
        group=np.concatenate([sizes, sizes[:20]]),
    )
    np.testing.assert_allclose(weighted.predict(X), twice.predict(X), rtol=1e-9, atol=1e-12)


def test_rows_of_weight_zero_have_no_rank(train):
    X, y, sizes = train
    weight = (np.random.default_rng(0).random(len(X)) < 0.7).astype(float)
    kept = weight > 0
    query = np.repeat(np.arange(len(sizes)), sizes)
    settings = {"max_iter": 5, "min_samples_leaf": 1, "max_leaf_nodes": 8}
    weighted = HistGradientBoostingRanker(**settings).fit(X, y, weight, group=sizes)
    without = HistGradientBoostingRanker(**settings).fit(X[kept], y[kept], qid=query[kept])
    np.testing.assert_allclose(weighted.predict(X), without.predict(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scoring", ["ndcg", "loss", "function"])
def test_early_stopping_holds_queries_out(train, scoring):
    X, y, sizes = train
    seen = []

    def by_function(grades, score, query):
        seen.append(set(query))
        return -np.square(grades - score).mean()

    model = HistGradientBoostingRanker(
        max_iter=200,
        learning_rate=0.3,
        early_stopping=True,
        scoring=by_function if scoring == "function" else scoring,
        n_iter_no_change=3,
        random_state=0,
    ).fit(X, y, group=sizes)
    assert model.n_iter_ < 200
    assert model.validation_score_.shape == model.train_score_.shape == (model.n_iter_ + 1,)
    if scoring == "ndcg":
        assert (model.validation_score_ <= 1).all()
        assert model.train_score_[-1] > model.train_score_[0]
    if seen:
        assert len(seen[0] | seen[1]) == len(sizes)
        assert not seen[0] & seen[1]


def test_given_validation_queries(train, test):
    X, y, sizes = train
    new, grades, groups = test
    model = HistGradientBoostingRanker(max_iter=15, early_stopping=True, n_iter_no_change=15)
    model.fit(X, y, group=sizes, X_val=new, y_val=grades, group_val=groups)
    assert model.validation_score_[-1] == pytest.approx(model.score(new, grades, group=groups))
    staged = list(model.staged_predict(new))
    assert len(staged) == 15
    assert_array_equal(staged[-1], model.predict(new))


def test_one_query_cannot_be_held_out(train):
    X, y, _ = train
    model = HistGradientBoostingRanker(max_iter=5, early_stopping=True).fit(X, y)
    assert model.n_queries_ == 1
    assert len(model.train_score_) == 6
    assert len(model.validation_score_) == 0


def test_a_longer_run_goes_on_where_a_shorter_one_ended(train):
    X, y, sizes = train
    model = HistGradientBoostingRanker(max_iter=4, warm_start=True, random_state=0)
    model.fit(X, y, group=sizes).set_params(max_iter=9).fit(X, y, group=sizes)
    whole = HistGradientBoostingRanker(max_iter=9, random_state=0).fit(X, y, group=sizes)
    assert_array_equal(model.predict(X), whole.predict(X))
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), whole.predict(X))


def test_the_same_for_any_number_of_threads(train, monkeypatch):
    X, y, sizes = train
    X = np.tile(X, (1, 3))
    found = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(
            "mlkit.ensemble._boosting_rounds.n_threads", lambda threads=threads: threads
        )
        model = HistGradientBoostingRanker(max_iter=5).fit(X, y, group=sizes)
        found.append(model.predict(X))
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"group": [3, 4]}, "add up to"),
        ({"group": [3.5, 4.5]}, "numbers of rows"),
        ({"qid": [1, 2]}, "one query for each"),
        ({"group": [8], "qid": [1] * 8}, "one of them"),
    ],
    ids=["short", "fractions", "short names", "both"],
)
def test_queries_that_do_not_fit_are_refused(arguments, message):
    X, y = np.zeros((8, 1)), np.arange(8)
    with pytest.raises(ValueError, match=message):
        HistGradientBoostingRanker().fit(X, y, **arguments)


def test_grades_below_zero_are_refused():
    X = np.zeros((8, 1))
    with pytest.raises(ValueError, match="grades from 0"):
        HistGradientBoostingRanker().fit(X, np.arange(8) - 1)
    with pytest.raises(ValueError, match="to 50"):
        HistGradientBoostingRanker().fit(X, np.arange(8) * 20)
    HistGradientBoostingRanker(gain="linear").fit(X, np.arange(8) * 20)
