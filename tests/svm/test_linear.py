"""Linear support vector machines: duality gaps and slopes, weights as copies, parity."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.svm import LinearSVC, LinearSVR

theirs = pytest.importorskip("sklearn.svm")


def _data(n=120, p=5):
    rng = np.random.RandomState(0)
    X = rng.randn(n, p) + 0.3
    two = (X[:, 0] + 0.8 * rng.randn(n) > 0).astype(int)
    three = two + (X[:, 1] + 0.5 * rng.randn(n) > 0.5)
    y = X @ rng.randn(p) + rng.standard_t(2, n)
    return X, two, three, y, rng.randint(0, 3, n).astype(float)


X, TWO, THREE, Y, WEIGHT = _data()


def _bias_weight(model, k=0):
    if not model.fit_intercept:
        return 0.0
    return model.intercept_[k] / model.intercept_scaling


def _hinge_value(model, y, weight, k=0):
    """The objective of `model`'s row `k` of weights, by its definition."""
    positive = y == (1 if len(model.coef_) == 1 else k)
    w, b = model.coef_[k], _bias_weight(model, k)
    margins = X @ w + model.intercept_scaling * b
    loss = np.maximum(0, 1 - np.where(positive, margins, -margins))
    loss = loss if model.loss == "hinge" else loss**2
    penalty = np.abs(w).sum() + abs(b) if model.penalty == "l1" else 0.5 * (w @ w + b * b)
    return penalty + model.C * weight @ loss


CASES = [
    {},
    {"loss": "hinge"},
    {"penalty": "l1", "dual": False},
    {"C": 30.0},
    {"C": 0.01, "loss": "hinge"},
    {"fit_intercept": False},
    {"intercept_scaling": 5.0},
    {"dual": True},
    {"dual": False},
]


@pytest.mark.parametrize("case", CASES, ids=[",".join(map(str, case)) for case in CASES])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, np.float32])
def test_the_minimum_is_liblinears(case, form):
    rows = X.astype(np.float32) if form is np.float32 else form(X)
    for y in (TWO, THREE):
        ours = LinearSVC(**case, tol=1e-7, max_iter=100_000, random_state=0)
        ours.fit(rows, y, sample_weight=WEIGHT)
        other = theirs.LinearSVC(**case, tol=1e-9, max_iter=1_000_000, random_state=0)
        other.fit(X, y, sample_weight=WEIGHT)
        for k in range(len(ours.coef_)):
            best = _hinge_value(other, y, WEIGHT, k)
            assert _hinge_value(ours, y, WEIGHT, k) <= best * (1 + 1e-8)
        assert ours.coef_.shape == other.coef_.shape
        assert ours.coef_.dtype == np.float64
        assert_allclose(ours.decision_function(X), other.decision_function(X), atol=1e-4)


@pytest.mark.parametrize("C", [0.01, 1.0, 1e4])
def test_the_slope_of_the_squared_hinge_is_zero(C):
    model = LinearSVC(C=C).fit(X, TWO, sample_weight=WEIGHT)
    signs = np.where(TWO == 1, 1, -1)
    short = np.maximum(0, 1 - signs * model.decision_function(X))
    pull = 2 * C * WEIGHT * signs * short
    scale = np.abs(X.T) @ np.abs(pull) + 1
    assert (np.abs(model.coef_[0] - X.T @ pull) <= 1e-11 * scale).all()
    assert_allclose(model.intercept_[0], pull.sum(), atol=1e-11 * np.abs(pull).sum())


MACHINES = {
    "hinge": (LinearSVC(loss="hinge"), np.where(TWO, 1.0, -np.inf), np.where(TWO, np.inf, -1.0)),
    "absolute": (LinearSVR(), Y, Y),
    "beyond epsilon": (LinearSVR(epsilon=0.7), Y - 0.7, Y + 0.7),
}


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("name", MACHINES)
def test_the_duality_gap_is_zero(name, C):
    """``w = Σ β x`` with β = C below the interval, −C above, 0 inside, between at an end of it."""
    model, lower, upper = MACHINES[name]
    y = TWO if name == "hinge" else Y
    model.set_params(C=C).fit(X, y, sample_weight=WEIGHT)
    cost = C * WEIGHT
    rows = np.column_stack([X, np.ones(len(X))])
    weights = np.append(model.coef_, model.intercept_)
    z = rows @ weights
    free = (np.minimum(np.abs(z - lower), np.abs(z - upper)) < 1e-8) & (cost > 0)
    beta = np.where(free, 0.0, cost * (z < lower) - cost * (z > upper))
    missing = weights - beta @ rows
    beta[free] = np.linalg.lstsq(rows[free].T, missing, rcond=None)[0]
    assert (np.abs(beta) <= cost * (1 + 1e-7) + 1e-9).all()
    assert_allclose(beta @ rows, weights, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_crammer_and_singer(form, fit_intercept):
    for y in (TWO, THREE):
        arguments = {"multi_class": "crammer_singer", "fit_intercept": fit_intercept}
        arguments |= {"tol": 1e-9, "max_iter": 1_000_000}
        ours = LinearSVC(**arguments).fit(form(X), y, sample_weight=WEIGHT)
        other = theirs.LinearSVC(**arguments, random_state=0).fit(X, y, sample_weight=WEIGHT)
        assert_allclose(ours.coef_, other.coef_, atol=1e-6)
        assert_allclose(ours.intercept_, other.intercept_, atol=1e-6)


REGRESSIONS = [
    {},
    {"epsilon": 0.5, "C": 3.0},
    {"loss": "squared_epsilon_insensitive"},
    {"loss": "squared_epsilon_insensitive", "epsilon": 0.5, "intercept_scaling": 4.0},
    {"fit_intercept": False},
]


@pytest.mark.parametrize("case", REGRESSIONS, ids=[",".join(c) for c in REGRESSIONS])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, np.float32])
def test_the_regressors_minimum_is_liblinears(case, form):
    def value(model):
        w, b = model.coef_, _bias_weight(model)
        error = np.abs(Y - X @ w - model.intercept_scaling * b)
        loss = np.maximum(0, error - model.epsilon)
        loss = loss**2 if model.loss.startswith("squared") else loss
        return 0.5 * (w @ w + b * b) + model.C * WEIGHT @ loss

    rows = X.astype(np.float32) if form is np.float32 else form(X)
    ours = LinearSVR(**case, tol=1e-7, max_iter=100_000, random_state=0)
    ours.fit(rows, Y, sample_weight=WEIGHT)
    other = theirs.LinearSVR(**case, tol=1e-9, max_iter=1_000_000, random_state=0)
    other.fit(X, Y, sample_weight=WEIGHT)
    assert value(ours) <= value(other) * (1 + 1e-7)
    assert np.shape(ours.intercept_) == np.shape(other.intercept_)


def test_weight_of_two_is_a_row_twice_and_class_weights_are_sample_weights():
    copies = np.repeat(np.arange(len(X)), WEIGHT.astype(int))
    for arguments in ({}, {"loss": "hinge"}, {"penalty": "l1", "dual": False}):
        model = LinearSVC(**arguments, tol=1e-9, max_iter=100_000)
        weighted = model.fit(X, THREE, sample_weight=WEIGHT).coef_
        assert_allclose(model.fit(X[copies], THREE[copies]).coef_, weighted, atol=1e-6)
    by_class = LinearSVC(class_weight={0: 0.5, 1: 2.0}).fit(X, TWO).coef_
    by_row = LinearSVC().fit(X, TWO, sample_weight=np.where(TWO == 1, 2.0, 0.5)).coef_
    assert_allclose(by_class, by_row, rtol=1e-8)
    balanced = LinearSVC(class_weight="balanced").fit(X, THREE, sample_weight=WEIGHT)
    other = theirs.LinearSVC(class_weight="balanced", tol=1e-9, max_iter=100_000)
    assert_allclose(balanced.coef_, other.fit(X, THREE, sample_weight=WEIGHT).coef_, atol=1e-5)


def test_wide_data_take_the_dual():
    rng = np.random.RandomState(0)
    wide = sparse.random(40, 3000, 0.02, format="csr", random_state=0)
    y = np.arange(40) % 2
    ours = LinearSVC(tol=1e-8, max_iter=100_000).fit(wide, y)
    other = theirs.LinearSVC(tol=1e-10, max_iter=100_000, random_state=0).fit(wide, y)
    assert_allclose(ours.coef_, other.coef_, atol=1e-6)
    target = rng.randn(40)
    arguments = {"loss": "squared_epsilon_insensitive", "tol": 1e-8, "max_iter": 100_000}
    ours = LinearSVR(**arguments).fit(wide, target)
    assert_allclose(
        ours.coef_, theirs.LinearSVR(**arguments, dual=True).fit(wide, target).coef_, atol=1e-5
    )


def test_degenerate_data():
    rows = np.vstack([X, np.zeros((2, X.shape[1]))])
    y = np.append(TWO, [0, 1])
    for arguments in ({"loss": "hinge"}, {}, {"multi_class": "crammer_singer"}):
        model = LinearSVC(**arguments, fit_intercept=False, max_iter=100_000)
        alone = model.fit(X, TWO).coef_
        assert_allclose(model.fit(rows, y).coef_, alone, atol=1e-3)
    constant = LinearSVC(loss="hinge").fit(np.zeros((6, 2)), [0, 1, 1, 1, 1, 1])
    assert_array_equal(constant.predict(np.zeros((1, 2))), [1])
    one_sided = np.where(TWO == 1, 1.0, 0.0)
    assert LinearSVC().fit(X, TWO, sample_weight=one_sided).score(X, TWO) > 0


def test_same_seed_same_weights():
    fits = [LinearSVC(loss="hinge", random_state=3, tol=0.1).fit(X, TWO).coef_ for _ in range(2)]
    assert_array_equal(*fits)


def test_few_iterations_are_told():
    for arguments in ({"loss": "hinge"}, {"multi_class": "crammer_singer"}, {}):
        with pytest.warns(UserWarning, match="failed to converge"):
            LinearSVC(**arguments, max_iter=1, tol=1e-9).fit(X, THREE)
    with pytest.warns(UserWarning, match="failed to converge"):
        assert LinearSVR(max_iter=0).fit(X, Y).n_iter_ == 0


def test_refused():
    for arguments in (
        {"penalty": "l1", "loss": "hinge"},
        {"penalty": "l1", "dual": True},
        {"loss": "hinge", "dual": False},
    ):
        with pytest.raises(ValueError, match="Unsupported set of arguments"):
            LinearSVC(**arguments).fit(X, TWO)
    with pytest.raises(ValueError, match="Unsupported set of arguments"):
        LinearSVR(dual=False).fit(X, Y)
    with pytest.raises(ValueError, match="only one class"):
        LinearSVC().fit(X, np.ones(len(X)))
    with pytest.raises(ValueError, match="no sample_weight is positive"):
        LinearSVC().fit(X, TWO, sample_weight=-np.ones(len(X)))
