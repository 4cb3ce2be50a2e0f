"""Stochastic gradient descent: each step by its definition, and scikit-learn's very path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.linear_model import SGDClassifier, SGDOneClassSVM, SGDRegressor

theirs = pytest.importorskip("sklearn.linear_model")

LOSSES = ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "squared_error")
LOSSES += ("huber", "epsilon_insensitive", "squared_epsilon_insensitive")


def _data(n=200, p=6, zeros=0.4):
    rng = np.random.RandomState(0)
    X = rng.randn(n, p)
    X[rng.rand(n, p) < zeros] = 0
    two = (X[:, 0] + 0.5 * rng.randn(n) > 0).astype(int)
    three = two + (X[:, 1] > 0.3)
    y = X @ rng.randn(p) + 0.1 * rng.randn(n)
    return X, two, three, y, rng.rand(n) * 2


X, TWO, THREE, Y, WEIGHT = _data()


def _same(ours, other, rtol=1e-7):
    assert ours.coef_.shape == other.coef_.shape
    assert ours.coef_.dtype == other.coef_.dtype
    atol = rtol * max(1.0, np.abs(other.coef_).max())
    assert_allclose(ours.coef_, other.coef_, rtol=rtol, atol=atol)
    level = "offset_" if hasattr(ours, "offset_") else "intercept_"
    assert_allclose(getattr(ours, level), getattr(other, level), rtol=rtol, atol=atol)
    assert (ours.n_iter_, ours.t_) == (other.n_iter_, other.t_)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("average", [False, True, 300])
@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet", None])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_path_is_scikit_learns(loss, penalty, average, form):
    arguments = {"loss": loss, "penalty": penalty, "average": average, "random_state": 3}
    # Short steps: with long ones the least rounding grows to another path.
    arguments |= {"learning_rate": "invscaling", "eta0": 0.01, "alpha": 0.01, "max_iter": 8}
    for y in (TWO, THREE):
        ours = SGDClassifier(**arguments).fit(form(X), y, sample_weight=WEIGHT)
        other = theirs.SGDClassifier(**arguments).fit(form(X), y, sample_weight=WEIGHT)
        _same(ours, other)
        assert_array_equal(ours.predict(form(X)), other.predict(form(X)))
    if loss in LOSSES[5:]:
        ours = SGDRegressor(**arguments).fit(form(X), Y, sample_weight=WEIGHT)
        _same(ours, theirs.SGDRegressor(**arguments).fit(form(X), Y, sample_weight=WEIGHT))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("rate", ["constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"])
def test_rates_and_stops_are_scikit_learns(rate, early_stopping):
    # Without a penalty: with one, scikit-learn scores weights that lack their common scale.
    arguments = {"learning_rate": rate, "early_stopping": early_stopping, "random_state": 5}
    arguments |= {"penalty": None if early_stopping else "l2", "eta0": 0.05}
    for y in (TWO, THREE):
        _same(
            SGDClassifier(class_weight="balanced", **arguments).fit(X, y, sample_weight=WEIGHT),
            theirs.SGDClassifier(class_weight="balanced", **arguments).fit(
                X, y, sample_weight=WEIGHT
            ),
        )
    arguments |= {"loss": "epsilon_insensitive"}
    _same(SGDRegressor(**arguments).fit(X, Y), theirs.SGDRegressor(**arguments).fit(X, Y))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("average", [False, 50])
@pytest.mark.parametrize("rate", ["constant", "optimal", "invscaling", "adaptive"])
def test_one_class_is_scikit_learns(rate, average, form):
    for nu in (0.1, 0.5, 1.0):
        arguments = {"nu": nu, "learning_rate": rate, "average": average, "random_state": 5}
        ours = SGDOneClassSVM(**arguments).fit(form(X), sample_weight=WEIGHT)
        other = theirs.SGDOneClassSVM(**arguments).fit(form(X), sample_weight=WEIGHT)
        _same(ours, other)
        assert_allclose(ours.decision_function(X), other.decision_function(X), atol=1e-7)
        assert_array_equal(ours.predict(X), other.predict(X))


SLOPES = {
    "hinge": lambda y, z: -y * (y * z <= 1),
    "perceptron": lambda y, z: -y * (y * z <= 0),
    "log_loss": lambda y, z: -y / (1 + np.exp(y * z)),
    "squared_hinge": lambda y, z: -2 * y * max(0, 1 - y * z),
    "modified_huber": lambda y, z: -4 * y if y * z < -1 else -2 * y * max(0, 1 - y * z),
    "squared_error": lambda y, z: z - y,
    "huber": lambda y, z: np.clip(z - y, -0.1, 0.1),
    "epsilon_insensitive": lambda y, z: np.sign(z - y) * (abs(z - y) > 0.1),
    "squared_epsilon_insensitive": lambda y, z: 2 * np.sign(z - y) * max(0, abs(z - y) - 0.1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("p", [1, 3, 4, 7, 8, 15, 16, 31, 50])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_is_against_the_slope(loss, p, dtype):
    """w ← (1 − η α) w − η c ℓ′ x and b ← b − η c ℓ′, row after row."""
    rng = np.random.RandomState(1)
    rows, signs = rng.randn(20, p).astype(dtype), np.where(rng.rand(20) < 0.5, -1, 1)
    weight, eta, alpha = rng.rand(20).astype(dtype), 0.1, 0.05
    w, b, means = np.zeros(p), 0.0, []
    for x, y, c in zip(rows.astype(float), signs, weight, strict=True):
        step = -eta * c * SLOPES[loss](y, x @ w + b)
        w, b = (1 - eta * alpha) * w + step * x, b + step
        means.append(w)
    model = SGDClassifier(
        loss, learning_rate="constant", eta0=eta, alpha=alpha, shuffle=False, max_iter=1, tol=None
    )
    model.fit(rows, signs, sample_weight=weight)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert_allclose(model.coef_[0], w, rtol=tolerance, atol=tolerance)
    assert_allclose(model.intercept_, [b], rtol=tolerance, atol=tolerance)
    assert model.coef_.dtype == dtype
    model.set_params(average=True).fit(rows, signs, sample_weight=weight)
    assert_allclose(model.coef_[0], np.mean(means, axis=0), rtol=tolerance, atol=tolerance)


def test_pieces_make_the_whole():
    whole = SGDClassifier(max_iter=3, tol=None, shuffle=False, average=7).fit(X, THREE)
    pieces = SGDClassifier(shuffle=False, average=7)
    for _ in range(3):
        pieces.partial_fit(X[:90], THREE[:90], classes=[0, 1, 2])
        pieces.partial_fit(X[90:], THREE[90:])
    assert_allclose(pieces.coef_, whole.coef_, rtol=1e-10)
    assert_allclose(pieces.intercept_, whole.intercept_, rtol=1e-10)
    assert pieces.t_ == whole.t_
    regressor = SGDRegressor(max_iter=1, tol=None, shuffle=False).fit(X, Y)
    halves = SGDRegressor(shuffle=False).partial_fit(X[:50], Y[:50]).partial_fit(X[50:], Y[50:])
    assert_allclose(halves.coef_, regressor.coef_, rtol=1e-10)
    one = SGDOneClassSVM(max_iter=1, tol=None, shuffle=False).fit(X)
    half = SGDOneClassSVM(shuffle=False).partial_fit(X[:50]).partial_fit(X[50:])
    assert_allclose(half.coef_, one.coef_, rtol=1e-10)


def test_weight_of_zero_is_no_step_and_a_class_weight_is_a_sample_weight():
    # Without a penalty, whose every step shrinks.
    model = SGDClassifier(penalty=None, learning_rate="constant", shuffle=False, tol=None)
    model.set_params(max_iter=4)
    weight = (np.arange(len(X)) % 3 > 0).astype(float)
    kept = weight > 0
    assert_allclose(
        model.fit(X, TWO, sample_weight=weight).coef_, model.fit(X[kept], TWO[kept]).coef_
    )
    by_row = model.fit(X, TWO, sample_weight=np.where(TWO == 1, 3.0, 0.5)).coef_.copy()
    assert_allclose(model.set_params(class_weight={0: 0.5, 1: 3.0}).fit(X, TWO).coef_, by_row)


def test_threads_change_nothing():
    one = SGDClassifier(random_state=0, n_jobs=1).fit(X, THREE)
    two = SGDClassifier(random_state=0, n_jobs=2).fit(X, THREE)
    assert_array_equal(one.coef_, two.coef_)


def test_l1_makes_zeros():
    model = SGDRegressor(penalty="l1", alpha=0.1, random_state=0).fit(X, X[:, 0])
    assert np.count_nonzero(model.coef_) < X.shape[1]
    assert abs(model.coef_[0]) > 0.5


def test_warm_start_goes_on_from_the_weights():
    model = SGDRegressor(max_iter=1, tol=None, shuffle=False, learning_rate="constant")
    twice = SGDRegressor(max_iter=2, tol=None, shuffle=False, learning_rate="constant").fit(X, Y)
    model.set_params(warm_start=True).fit(X, Y).fit(X, Y)
    assert_allclose(model.coef_, twice.coef_, rtol=1e-12)
    given = SGDRegressor(max_iter=1, tol=None, shuffle=False, learning_rate="constant").fit(X, Y)
    given.fit(X, Y, coef_init=given.coef_, intercept_init=given.intercept_)
    assert_allclose(given.coef_, twice.coef_, rtol=1e-12)


def test_probabilities():
    for loss in ("log_loss", "modified_huber"):
        for y in (TWO, THREE):
            arguments = {"loss": loss, "random_state": 0, "learning_rate": "invscaling"}
            ours = SGDClassifier(**arguments).fit(X, y)
            other = theirs.SGDClassifier(**arguments).fit(X, y)
            share = ours.predict_proba(X)
            assert_allclose(share, other.predict_proba(X), atol=1e-7)
            assert_allclose(share.sum(axis=1), 1.0)
            assert_allclose(np.exp(ours.predict_log_proba(X)), share)
    assert not hasattr(SGDClassifier(), "predict_proba")
    far = SGDClassifier("modified_huber", random_state=0).fit(X, THREE)
    far.coef_, far.intercept_ = np.zeros((3, X.shape[1])), np.full(3, -2.0)
    assert_allclose(far.predict_proba(X[:2]), 1 / 3)


def test_verbose_tells_of_each_epoch(capsys):
    SGDClassifier(max_iter=3, tol=None, verbose=1, early_stopping=True).fit(X, TWO)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3
    assert all("objective" in line and "validation score" in line for line in told)


def test_the_one_class_machine_leaves_out_about_nu():
    rng = np.random.RandomState(0)
    rows = rng.randn(1000, 2) + 4
    model = SGDOneClassSVM(nu=0.2, random_state=0, max_iter=300, tol=None, average=True)
    model.set_params(learning_rate="constant", eta0=0.01).fit(rows)
    assert abs((model.predict(rows) == -1).mean() - 0.2) < 0.03
    assert_allclose(model.score_samples(rows) - model.offset_, model.decision_function(rows))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0}, "alpha must be > 0"),
        ({"penalty": "elasticnet", "l1_ratio": None}, "l1_ratio must be set"),
        ({"learning_rate": "pa1", "loss": "log_loss"}, "only work with loss 'hinge'"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "validation_fraction=0.001"),
    ],
)
def test_refused_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        SGDClassifier(**arguments).fit(X, TWO)


def test_refused_data():
    with pytest.raises(ValueError, match="greater than one; got 1 class"):
        SGDClassifier().fit(X, np.ones(len(X)))
    with pytest.raises(ValueError, match="Provided coef_init does not match"):
        SGDClassifier().fit(X, TWO, coef_init=np.zeros(3))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        SGDClassifier().partial_fit(X, TWO)
    model = SGDClassifier().partial_fit(X, TWO, classes=[0, 1])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, TWO, classes=[0, 2])
    with pytest.raises(ValueError, match="not in classes"):
        model.partial_fit(X, THREE)
    with pytest.raises(ValueError, match="early_stopping should be False"):
        SGDClassifier(early_stopping=True).partial_fit(X, TWO, classes=[0, 1])
    with pytest.raises(ValueError, match="'balanced' is not supported"):
        SGDClassifier(class_weight="balanced").partial_fit(X, TWO, classes=[0, 1])
    with pytest.raises(ValueError, match="overflowed in epoch"):
        SGDRegressor(eta0=1e3, learning_rate="constant").fit(1e300 * X, Y)
