"""Evidence models: fixed points by definition, scikit-learn's numbers on real data."""

import numpy as np
import pytest
import sklearn.linear_model as reference

from mlkit.datasets import load_diabetes
from mlkit.linear_model import ARDRegression, BayesianRidge

X, Y = load_diabetes(return_X_y=True)
WIDE = np.random.RandomState(0).randn(12, 30)
NOISY = WIDE[:, 0] + 0.3 * np.random.RandomState(1).randn(12)


@pytest.mark.parametrize("name", ["BayesianRidge", "ARDRegression"])
@pytest.mark.parametrize("params", [{}, {"fit_intercept": False}, {"compute_score": True}])
@pytest.mark.parametrize("data", [(X, Y), (WIDE, NOISY)], ids=["diabetes", "wide"])
def test_numbers_are_those_of_scikit_learn(name, params, data):
    model = {"BayesianRidge": BayesianRidge, "ARDRegression": ARDRegression}[name]
    ours = model(**params).fit(*data)
    theirs = getattr(reference, name)(**params).fit(*data)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(ours.lambda_, theirs.lambda_, rtol=1e-3)
    np.testing.assert_allclose(ours.alpha_, theirs.alpha_, rtol=1e-5)
    assert ours.n_iter_ == theirs.n_iter_
    found, expected = (m.predict(data[0], return_std=True) for m in (ours, theirs))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-4)
    if params.get("compute_score"):
        np.testing.assert_allclose(ours.scores_, theirs.scores_, rtol=1e-4)


def test_a_weight_of_two_is_a_row_twice():
    weight = np.random.RandomState(0).randint(0, 3, len(Y))
    rows = np.repeat(np.arange(len(Y)), weight)
    weighted = BayesianRidge(tol=1e-8).fit(X, Y, weight)
    repeated = BayesianRidge(tol=1e-8).fit(X[rows], Y[rows])
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-8)
    np.testing.assert_allclose(weighted.sigma_, repeated.sigma_, rtol=1e-7)


def test_precisions_are_a_fixed_point():
    """λ ‖β‖² = γ and α ‖y − Xβ‖² = n − γ, with γ the number of directions determined."""
    model = BayesianRidge(tol=1e-12, alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0).fit(X, Y)
    centred = X - X.mean(axis=0)
    eigen = np.linalg.eigvalsh(centred.T @ centred)
    gamma = np.sum(model.alpha_ * eigen / (model.lambda_ + model.alpha_ * eigen))
    residual = np.sum((Y - model.predict(X)) ** 2)
    assert model.lambda_ * np.sum(model.coef_**2) == pytest.approx(gamma, rel=1e-6)
    assert model.alpha_ * residual == pytest.approx(len(Y) - gamma, rel=1e-6)


def test_irrelevant_columns_are_dropped():
    table = np.random.RandomState(1).randn(200, 20)
    noise = np.random.RandomState(2).randn(200)
    model = ARDRegression().fit(table, table[:, :3] @ [3.0, -2.0, 1.0] + 0.1 * noise)
    assert (model.coef_[:3] != 0).all()
    assert (model.coef_[3:] == 0).mean() > 0.5
    assert model.sigma_.shape == (np.count_nonzero(model.coef_),) * 2


@pytest.mark.parametrize(
    ("params", "words"),
    [({"tol": 0}, "tol"), ({"alpha_1": -1}, "alpha_1"), ({"max_iter": 0}, "max")],
)
def test_bad_parameters_are_named(params, words):
    with pytest.raises(ValueError, match=words):
        BayesianRidge(**params).fit(X, Y)
