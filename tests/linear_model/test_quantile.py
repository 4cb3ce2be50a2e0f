"""Quantile regression: optimal by duality, at a vertex, on any scale."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from mlkit.linear_model import QuantileRegressor

theirs = pytest.importorskip("sklearn.linear_model")


def _data(n=150, p=4):
    rng = np.random.RandomState(0)
    X = rng.randn(n, p) * np.exp(rng.randn(p)) + 3
    return X, X @ rng.randn(p) + rng.standard_t(2, n), rng.randint(0, 3, n).astype(float)


X, Y, WEIGHT = _data()
ONES = np.ones(len(X))


def _value(model, weight=ONES):
    residual = Y - model.predict(X)
    q = model.quantile
    loss = np.maximum(q * residual, (q - 1) * residual)
    return weight @ loss / weight.sum() + model.alpha * np.abs(model.coef_).sum()


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [0, 0.01, 1.0])
@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.8])
def test_the_duality_gap_is_zero(quantile, alpha, fit_intercept, weight):
    """A vector u with −(1 − q) w ≤ u ≤ q w, |Xᵀu| ≤ α Σw and Σu = 0 bounds the loss below by uᵀy.

    At a vertex the rows with residuals have u at the bound of their side; those without, and the
    columns without a weight, follow from the equations: least squares finds them.
    """
    model = QuantileRegressor(quantile=quantile, alpha=alpha, fit_intercept=fit_intercept)
    model.fit(X, Y, sample_weight=weight)
    w = ONES if weight is None else weight
    residual = Y - model.predict(X)
    free = (np.abs(residual) < 1e-9) & (w > 0)
    u = np.where(residual > 0, quantile, quantile - 1) * w
    u[free] = 0
    active = model.coef_ != 0
    equations = X[:, active].T
    wanted = alpha * w.sum() * np.sign(model.coef_[active]) - equations @ u
    if fit_intercept:
        equations, wanted = np.vstack([equations, ONES]), np.append(wanted, -u.sum())
    u[free] = np.linalg.lstsq(equations[:, free], wanted, rcond=None)[0]
    assert (u <= quantile * w + 1e-8).all()
    assert (u >= (quantile - 1) * w - 1e-8).all()
    assert (np.abs(X.T @ u) <= alpha * w.sum() + 1e-7).all()
    assert_allclose(u @ Y / w.sum(), _value(model, w), rtol=1e-9)
    assert free.sum() + (~active).sum() >= X.shape[1] + fit_intercept


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_scikit_learns_coefficients(form):
    for alpha in (0, 0.1):
        arguments = {"quantile": 0.3, "alpha": alpha}
        ours = QuantileRegressor(**arguments).fit(form(X), Y, sample_weight=WEIGHT)
        other = theirs.QuantileRegressor(**arguments).fit(X, Y, sample_weight=WEIGHT)
        assert_allclose(ours.coef_, other.coef_, atol=1e-9)
        assert_allclose(ours.intercept_, other.intercept_, atol=1e-9)


def test_more_columns_than_rows():
    wide = np.random.RandomState(0).randn(20, 50)
    y = wide[:, 0] - wide[:, 1]
    assert_allclose(QuantileRegressor(alpha=0).fit(wide, y).predict(wide), y, atol=1e-7)
    ours = QuantileRegressor(alpha=0.05).fit(wide, y)
    other = theirs.QuantileRegressor(alpha=0.05).fit(wide, y)
    assert_allclose(ours.coef_, other.coef_, atol=1e-8)


def test_ties_collinear_and_constant_columns():
    rng = np.random.RandomState(0)
    rows = rng.randint(0, 3, (80, 2)).astype(float)
    rows = np.column_stack([rows, rows[:, 0] + rows[:, 1], np.ones(80)])
    y = np.round(rows[:, 0] + rng.randn(80))
    for alpha in (0, 0.02):
        ours = QuantileRegressor(alpha=alpha).fit(rows, y)
        other = theirs.QuantileRegressor(alpha=alpha).fit(rows, y)

        def value(model, alpha=alpha):
            loss = 0.5 * np.abs(y - model.predict(rows)).mean()
            return loss + alpha * np.abs(model.coef_).sum()

        assert value(ours) <= value(other) * (1 + 1e-8)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_and_offsets_change_nothing(scale):
    plain = QuantileRegressor(alpha=0, quantile=0.7).fit(X, Y)
    scaled = QuantileRegressor(alpha=0, quantile=0.7).fit(X * scale + 5 * scale, Y * scale)
    assert_allclose(scaled.coef_, plain.coef_, rtol=1e-7)


def test_the_share_below_is_the_quantile():
    for quantile in (0.1, 0.5, 0.9):
        model = QuantileRegressor(quantile=quantile, alpha=0).fit(X, Y)
        below = (model.predict(X) > Y + 1e-9).mean()
        assert below <= quantile <= below + (X.shape[1] + 1) / len(X) + 1e-12


def test_weights_are_copies():
    copies = np.repeat(np.arange(len(X)), WEIGHT.astype(int))
    for alpha in (0, 0.05):
        model = QuantileRegressor(alpha=alpha, quantile=0.3)
        weighted = model.fit(X, Y, sample_weight=WEIGHT).coef_
        assert_allclose(model.fit(X[copies], Y[copies]).coef_, weighted, atol=1e-8)


def test_options(capsys):
    for solver in ("highs-ds", "highs-ipm", "highs", "interior-point", "revised simplex"):
        QuantileRegressor(solver=solver).fit(X, Y)
    QuantileRegressor(solver_options={"disp": True, "presolve": True}).fit(X, Y)
    assert "relative gap" in capsys.readouterr().out
    with pytest.warns(UserWarning, match="stopped after 2 steps"):
        QuantileRegressor(solver_options={"maxiter": 2}).fit(X, Y)
    with pytest.raises(ValueError, match=r"solver_options has \['speed'\]"):
        QuantileRegressor(solver_options={"speed": 1}).fit(X, Y)


def test_several_quantiles_are_fitted_each_by_itself_and_do_not_cross():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = X[:, 0] + rng.normal(size=60) * (1 + np.abs(X[:, 1]))
    levels = [0.1, 0.4, 0.5, 0.9]
    model = QuantileRegressor(quantile=levels, alpha=0.01).fit(X, y)
    for k, level in enumerate(levels):
        one = QuantileRegressor(quantile=level, alpha=0.01).fit(X, y)
        assert_allclose(model.coef_[k], one.coef_)
        assert_allclose(model.intercept_[k], one.intercept_)
    far = 10 * rng.normal(size=(200, 3))
    predicted = model.predict(far)
    assert predicted.shape == (200, 4) and (np.diff(predicted, axis=1) >= 0).all()
    assert (np.diff(far @ model.coef_.T + model.intercept_, axis=1) < 0).any()
    assert 0 < model.score(X, y) < 1
    for wrong in ([0.5, 0.1], [0.0, 0.5], []):
        with pytest.raises(ValueError, match="quantile"):
            QuantileRegressor(quantile=wrong).fit(X, y)
