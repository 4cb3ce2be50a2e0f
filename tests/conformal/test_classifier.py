"""Sets of labels: the definitions, and coverage on real data whatever the model."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB

from mlkit.base import clone
from mlkit.conformal import ConformalClassifier, set_coverage
from mlkit.conformal._classifier import adaptive_scores
from mlkit.frozen import FrozenEstimator
from mlkit.linear_model import LogisticRegression
from mlkit.model_selection import StratifiedKFold, StratifiedShuffleSplit
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler

DATA = {
    "digits": tuple(part[::2] for part in load_digits(return_X_y=True)),
    "breast_cancer": load_breast_cancer(return_X_y=True),
    "wine": load_wine(return_X_y=True),
}
NAIVE = GaussianNB(var_smoothing=1e-3)


def held(model, data, repeats=20):
    """Coverage, and mean size of the sets, over splits into rows to fit and rows to test."""
    x, y = data
    shares, sizes = [], []
    for train, test in StratifiedShuffleSplit(repeats, test_size=0.4, random_state=0).split(x, y):
        fitted = clone(model).fit(x[train], y[train])
        sets = fitted.predict_set(x[test])
        shares.append(set_coverage(y[test], sets, fitted.classes_))
        sizes.append(sets.sum(axis=1).mean())
    return np.mean(shares), np.mean(sizes)


def test_adaptive_scores_are_their_definition():
    rng = np.random.RandomState(0)
    shares = rng.dirichlet(np.ones(5), size=30)
    draws = rng.rand(30)
    for u in (None, draws):
        for penalty, free in ((0, 0), (0.1, 2)):
            found = adaptive_scores(shares, u, penalty, free)
            for i in range(30):
                for k in range(5):
                    p = shares[i]
                    above = p > p[k]
                    score = p[above].sum() + (1 if u is None else u[i]) * p[k]
                    score += penalty * max(above.sum() + 1 - free, 0)
                    assert found[i, k] == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize("score", ["aps", "lac"])
def test_split_is_its_definition(score):
    x, y = DATA["wine"]
    model = ConformalClassifier(
        NAIVE, method="split", label_score=score, coverage=0.8, calibration_size=49, random_state=0
    ).fit(x, y)
    train, test = next(StratifiedShuffleSplit(1, test_size=49, random_state=0).split(x, y))
    base = clone(NAIVE).fit(x[train], y[train])

    def scores(x):
        shares = base.predict_proba(x)
        if score == "lac":
            return 1 - shares
        return np.array([[p[p >= p[k]].sum() for k in range(3)] for p in shares])

    limit = np.sort(scores(x[test])[np.arange(49), y[test]])[39]
    np.testing.assert_array_equal(model.predict_set(x), scores(x) <= limit + 1e-15)


@pytest.mark.parametrize("by_class", [False, True])
def test_cv_plus_is_its_definition(by_class):
    x, y = (part[:150] for part in DATA["digits"])
    model = ConformalClassifier(
        NAIVE, label_score="lac", coverage=0.7, cv=3, by_class=by_class, allow_empty=True
    ).fit(x, y)
    new = DATA["digits"][0][150:200]
    lower = np.zeros((50, 10))
    counts = np.zeros(10)
    for train, test in StratifiedKFold(3).split(x, y):
        part = clone(NAIVE).fit(x[train], y[train])
        true = 1 - part.predict_proba(x[test])[np.arange(len(test)), y[test]]
        for k in range(10):
            used = true[y[test] == k] if by_class else true
            counts[k] += len(used)
            lower[:, k] += (used[None, :] < 1 - part.predict_proba(new)[:, [k]]).sum(axis=1)
    np.testing.assert_array_equal(model.predict_set(new), lower < np.ceil(0.7 * (counts + 1)))


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("method", ["split", "cv+"])
def test_coverage_on_real_data(data, method):
    # A naive model, whose probabilities are far from true.
    exact = {"coverage": 0.85, "method": method, "random_state": 0, "cv": 4}
    share, size = held(ConformalClassifier(NAIVE, label_score="lac", **exact), DATA[data])
    # Probabilities of 0 and 1 tie, and ties are held together.
    assert 0.82 < share < 0.93
    drawn, _ = held(ConformalClassifier(NAIVE, randomized=True, **exact), DATA[data])
    assert 0.82 < drawn < 0.93
    # Without draws sets are larger, and hold more.
    whole, larger = held(ConformalClassifier(NAIVE, **exact), DATA[data])
    assert whole > 0.82 and larger > size - 0.02


def test_any_model():
    x, y = DATA["digits"]
    for base in (
        RandomForestClassifier(20, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    ):
        model = ConformalClassifier(base, method="split", label_score="lac", random_state=0)
        share, size = held(model, (x, y), 5)
        assert 0.86 < share < 0.95 and size < 1.3
        fitted = model.fit(x, y)
        np.testing.assert_array_equal(fitted.predict_proba(x), fitted.estimator_.predict_proba(x))
        np.testing.assert_array_equal(fitted.predict(x), fitted.estimator_.predict(x))


def test_classes_have_their_own_coverage():
    """One class is rare and hard: taken together it is missed, by itself it is not."""
    rng = np.random.RandomState(0)
    y = (rng.rand(3000) < 0.1).astype(int)
    x = rng.normal(size=(3000, 1)) + y[:, None]
    shares = {}
    for by_class in (False, True):
        model = ConformalClassifier(
            NAIVE, label_score="lac", method="split", by_class=by_class, random_state=0
        ).fit(x[:1500], y[:1500])
        rare = y[1500:] == 1
        shares[by_class] = set_coverage(y[1500:][rare], model.predict_set(x[1500:][rare]), [0, 1])
    assert shares[False] < 0.6 and 0.8 < shares[True] <= 1


def test_penalties_bound_the_size():
    x, y = DATA["digits"]
    options = {"method": "split", "coverage": 0.95, "random_state": 0}
    shares = []
    for penalty in (0.0, 0.1):
        model = ConformalClassifier(NAIVE, size_penalty=penalty, size_free=1, **options)
        shares.append(held(model, (x, y), 5))
    assert shares[1][1] < shares[0][1] and shares[1][0] > 0.92


def test_sets_may_not_be_empty():
    x, y = DATA["digits"]
    options = {"label_score": "lac", "method": "split", "coverage": 0.5, "random_state": 0}
    empty = ConformalClassifier(NAIVE, **options).fit(x, y).predict_set(x)
    filled = ConformalClassifier(NAIVE, allow_empty=False, **options).fit(x, y)
    assert (empty.sum(axis=1) == 0).any()
    sets = filled.predict_set(x)
    assert (sets.sum(axis=1) >= 1).all() and (sets >= empty).all()
    likeliest = np.searchsorted(filled.classes_, filled.predict(x))
    assert sets[np.arange(len(x)), likeliest].all()


def test_draws_repeat_and_belong_to_the_row():
    x, y = DATA["wine"]
    model = ConformalClassifier(NAIVE, randomized=True, random_state=0).fit(x, y)
    np.testing.assert_array_equal(model.predict_set(x), model.predict_set(x))


def test_names_as_labels_and_a_frozen_model():
    x, y = DATA["wine"]
    names = np.array(["red", "rosé", "white"])[y]
    base = clone(NAIVE).fit(x[::2], names[::2])
    model = ConformalClassifier(FrozenEstimator(base), label_score="lac", coverage=0.8)
    # Rows of two of the three classes.
    rows = np.flatnonzero(y[1::2] < 2) * 2 + 1
    model.fit(x[rows], names[rows])
    assert list(model.classes_) == ["red", "rosé", "white"]
    limit = np.sort(1 - base.predict_proba(x[rows])[np.arange(len(rows)), y[rows]])
    limit = limit[int(np.ceil(0.8 * (len(rows) + 1))) - 1]
    np.testing.assert_array_equal(model.predict_set(x), 1 - base.predict_proba(x) <= limit)
    with pytest.raises(ValueError, match="does not know"):
        model.fit(x, np.where(y == 0, "blue", names))


def test_labels_that_a_fold_lacks():
    x, y = DATA["wine"]
    y = y.copy()
    y[0] = 3
    model = ConformalClassifier(LogisticRegression(max_iter=20, tol=1), cv=3)
    with pytest.warns(UserWarning, match="smallest class"):
        model.fit(x / x.max(axis=0), y)
    assert model.predict_set(x / x.max(axis=0)).shape == (len(x), 4)


def test_too_few_rows_exclude_nothing():
    x, y = DATA["wine"]
    model = ConformalClassifier(NAIVE, by_class=True, coverage=0.999, method="split").fit(x, y)
    with pytest.warns(UserWarning, match="needed"):
        assert model.predict_set(x).all()
