"""Partial least squares and canonical correlation: what defines the directions, and parity."""

import numpy as np
import pytest
import sklearn.cross_decomposition as reference
from numpy.testing import assert_allclose
from sklearn.datasets import load_diabetes, load_linnerud
from sklearn.utils.estimator_checks import check_estimator

import mlkit.cross_decomposition as cross_decomposition
from mlkit.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression
from mlkit.exceptions import ConvergenceWarning

MODELS = ["PLSRegression", "PLSCanonical", "CCA", "PLSSVD"]


def tables(n=60, p=7, q=4, noise=0.4, seed=0):
    """Two tables that share three directions."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, 3))
    X = shared @ rng.normal(size=(3, p)) + noise * rng.normal(size=(n, p)) + 9
    Y = shared @ rng.normal(size=(3, q)) + noise * rng.normal(size=(n, q)) - 4
    return X, Y


def centred(A, scale=True):
    A = A - A.mean(axis=0)
    return A / A.std(axis=0, ddof=1) if scale else A


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_scikit_learn_accepts_it(name):
    model = getattr(cross_decomposition, name)(n_components=1)
    results = check_estimator(model, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 35


SHAPES = [(60, 7, 4), (25, 60, 3), (40, 6, 1), (20, 45, 50)]


@pytest.mark.parametrize(
    "name, shape",
    # Of more columns than rows any direction correlates perfectly.
    [(name, shape) for name in MODELS for shape in SHAPES if name != "CCA" or shape[0] > shape[1]],
)
@pytest.mark.parametrize("scale", [True, False])
def test_equals_scikit_learn(name, scale, shape):
    X, Y = tables(*shape)
    count = min(2, shape[2])
    ours = getattr(cross_decomposition, name)(count, scale=scale).fit(X, Y)
    theirs = getattr(reference, name)(count, scale=scale).fit(X, Y)
    names = [n for n, v in vars(theirs).items() if n[-1] == "_" and isinstance(v, np.ndarray)]
    assert len(names) >= 2
    for attribute in names:
        expected = getattr(theirs, attribute)
        assert_allclose(
            getattr(ours, attribute), expected, atol=1e-9 * abs(expected).max(), err_msg=attribute
        )
    for found, expected in zip(ours.transform(X, Y), theirs.transform(X, Y), strict=True):
        assert_allclose(found, expected, atol=1e-9 * abs(expected).max())
    if name != "PLSSVD":
        assert ours.n_iter_ == theirs.n_iter_
        assert_allclose(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("algorithm", ["nipals", "svd"])
def test_first_directions_have_the_greatest_covariance(algorithm):
    X, Y = tables()
    model = PLSCanonical(1, algorithm=algorithm, tol=1e-24).fit(X, Y)
    A, B = centred(X), centred(Y)
    left, values, right = np.linalg.svd(A.T @ B)
    assert_allclose(abs(left[:, 0] @ model.x_weights_[:, 0]), 1)
    assert_allclose(abs(right[0] @ model.y_weights_[:, 0]), 1)
    t, u = model.transform(X, Y)
    assert_allclose(t[:, 0] @ u[:, 0], values[0])


def test_first_directions_have_the_greatest_correlation():
    """The first canonical correlation is the largest singular value between orthonormal bases."""
    X, Y = tables(noise=1.0)
    t, u = CCA(1, tol=1e-20).fit_transform(X, Y)
    greatest = np.linalg.svd(np.linalg.qr(centred(X))[0].T @ np.linalg.qr(centred(Y))[0])[1]
    assert_allclose(np.corrcoef(t[:, 0], u[:, 0])[0, 1], greatest[0])


@pytest.mark.parametrize("name", ["PLSRegression", "PLSCanonical", "CCA"])
def test_scores_of_x_are_uncorrelated_and_come_from_the_rotations(name):
    X, Y = tables()
    model = getattr(cross_decomposition, name)(3).fit(X, Y)
    t = model.transform(X)
    gram = t.T @ t
    assert_allclose(gram - np.diag(np.diagonal(gram)), 0, atol=1e-8 * gram.max())
    assert_allclose(centred(X) @ model.x_rotations_, t, atol=1e-10)
    if name == "PLSRegression":
        assert_allclose(model.x_scores_, t, atol=1e-8)


def test_svd_directions_are_orthonormal_and_their_scores_have_diagonal_covariance():
    X, Y = tables()
    model = PLSSVD(4).fit(X, Y)
    for weights in (model.x_weights_, model.y_weights_):
        assert_allclose(weights.T @ weights, np.eye(4), atol=1e-12)
    t, u = model.transform(X, Y)
    cross = t.T @ u
    assert_allclose(cross, np.diag(np.diagonal(cross)), atol=1e-9 * cross.max())
    assert (np.diff(np.diagonal(cross)) <= 0).all()


@pytest.mark.parametrize("scale", [True, False])
def test_all_components_make_regression_least_squares(scale):
    X, Y = tables()
    model = PLSRegression(7, scale=scale).fit(X, Y)
    design = np.column_stack([np.ones(len(X)), X])
    fitted = design @ np.linalg.lstsq(design, Y, rcond=None)[0]
    assert_allclose(model.predict(X), fitted, atol=1e-8)
    assert model.score(X, Y) == pytest.approx(model.score(X, fitted) * model.score(X, Y))


@pytest.mark.parametrize("name", ["PLSRegression", "PLSCanonical", "CCA"])
def test_all_components_give_the_table_back(name):
    X, Y = tables(q=7, noise=1.0)
    model = getattr(cross_decomposition, name)(7).fit(X, Y)
    back, y_back = model.inverse_transform(*model.transform(X, Y))
    assert_allclose(back, X, atol=1e-7)
    if name != "PLSRegression":  # there Y is modelled by the scores of X
        assert_allclose(y_back, Y, atol=1e-7)
    assert_allclose(model.inverse_transform(model.transform(X)), X, atol=1e-7)


@pytest.mark.parametrize("name", ["PLSRegression", "PLSCanonical", "CCA", "PLSSVD"])
def test_order_of_rows_does_not_matter(name):
    X, Y = tables()
    order = np.random.default_rng(1).permutation(len(X))
    model = getattr(cross_decomposition, name)
    straight = model(2).fit(X, Y).transform(X)
    assert_allclose(model(2).fit(X[order], Y[order]).transform(X), straight, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_copies_only_when_asked(name):
    X, Y = tables()
    kept = X.copy(), Y.copy()
    model = getattr(cross_decomposition, name)(2).fit(X, Y)
    expected = model.transform(X)
    assert (kept[0] == X).all() and (kept[1] == Y).all()
    spent = X.copy(), Y.copy()
    again = getattr(cross_decomposition, name)(2, copy=False).fit(*spent)
    assert (spent[0] != X).any()
    assert_allclose(again.transform(X), expected)
    if name != "PLSSVD":
        assert_allclose(model.transform(X.copy(), copy=False), expected)
        assert_allclose(model.predict(X.copy(), copy=False), model.predict(X))


@pytest.mark.parametrize("name", MODELS)
def test_float32_is_projected_as_float32(name):
    X, Y = tables()
    model = getattr(cross_decomposition, name)(2).fit(X, Y)
    found = model.transform(X.astype(np.float32), Y.astype(np.float32))
    for scores, expected in zip(found, model.transform(X, Y), strict=True):
        assert scores.dtype == np.float32
        assert_allclose(scores, expected, atol=1e-4)


def test_one_target_may_be_a_vector():
    X, y = load_diabetes(return_X_y=True)
    vector, table = PLSRegression(4).fit(X, y), PLSRegression(4).fit(X, y[:, None])
    assert vector.predict(X).shape == y.shape and table.predict(X).shape == (len(y), 1)
    assert_allclose(vector.predict(X), table.predict(X)[:, 0])
    assert 0.5 < vector.score(X, y) < 0.52


def test_constant_columns_are_ignored():
    X, Y = tables()
    wide = np.column_stack([X, np.full(len(X), 0.1)])
    model = PLSRegression(2).fit(wide, Y)
    assert_allclose(model.predict(wide), PLSRegression(2).fit(X, Y).predict(X))
    assert (model.coef_[:, -1] == 0).all()


def test_nothing_left_of_y_is_said():
    X = tables()[0]
    with pytest.warns(UserWarning, match="nothing is left of y after 0 of n_components=1"):
        model = PLSRegression(1).fit(X, np.ones(len(X)))
    assert_allclose(model.predict(X), 1)
    column = X[:, 0]
    with pytest.warns(UserWarning, match="nothing is left of y after 1 of n_components=3"):
        model = PLSRegression(3).fit(np.column_stack([column] * 3), column)
    assert_allclose(model.predict(np.column_stack([column] * 3)), column)
    assert (model.x_weights_[:, 1:] == 0).all()


def test_too_few_iterations_are_said():
    X, Y = load_linnerud(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="raise it, or tol"):
        PLSCanonical(2, max_iter=1).fit(X, Y)


class Interface:
    """Data that is no array, but becomes one."""

    def __init__(self, data):
        self.data = data

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype)


@pytest.mark.parametrize("name", MODELS)
def test_data_need_not_be_arrays(name):
    X, Y = tables()
    model = getattr(cross_decomposition, name)
    wrapped = model(2).fit(Interface(X), Interface(Y)).transform(Interface(X))
    assert_allclose(wrapped, model(2).fit(X, Y).transform(X))


@pytest.mark.parametrize("name", MODELS)
def test_refusals(name):
    X, Y = tables()
    model = getattr(cross_decomposition, name)
    with pytest.raises(ValueError, match="at most"):
        model(8).fit(X, Y)
    fitted = model(2).fit(X, Y)
    with pytest.raises(ValueError, match="there are 4 targets"):
        fitted.transform(X, Y[:, :2])
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(X, np.full_like(Y, np.nan))
    with pytest.raises(ValueError, match="inconsistent"):
        fitted.transform(X, Y[:5])
    if name != "PLSSVD":
        with pytest.raises(ValueError, match="there are 2 components"):
            fitted.inverse_transform(np.ones((3, 5)))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_scores_in_frames(container):
    X, Y = tables()
    model = CCA(2).set_output(transform=container).fit(X, Y)
    frame = model.transform(X)
    assert list(frame.columns) == ["cca0", "cca1"] == list(model.get_feature_names_out())
    first, second = model.transform(X, Y)
    assert list(first.columns) == ["cca0", "cca1"] and isinstance(second, np.ndarray)
