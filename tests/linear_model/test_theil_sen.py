"""Theil–Sen: scikit-learn's samples, the spatial median by its definition, robustness."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit._engine.glm.spatial import fits_of_samples, spatial_median
from mlkit.linear_model import LinearRegression, TheilSenRegressor

theirs = pytest.importorskip("sklearn.linear_model")

rng = np.random.RandomState(0)
X = rng.randn(60, 2)
Y = X @ [1.0, -2.0] + 0.05 * rng.randn(60)
Y[:10] += 30 * rng.rand(10)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize(
    "case",
    [{}, {"n_subsamples": 8}, {"fit_intercept": False}, {"max_subpopulation": 200}, {"n_jobs": 2}],
    ids=lambda case: ",".join(case),
)
def test_scikit_learns_coefficients(case, columns):
    arguments = {"random_state": 0, "max_subpopulation": 2000} | case
    ours = TheilSenRegressor(**arguments).fit(X[:, :columns], Y)
    other = theirs.TheilSenRegressor(**arguments).fit(X[:, :columns], Y)
    assert_allclose(ours.coef_, other.coef_, atol=1e-10)
    assert_allclose(ours.intercept_, other.intercept_, atol=1e-10)
    assert ours.breakdown_ == pytest.approx(other.breakdown_)
    assert (ours.n_iter_, ours.n_subpopulation_) == (other.n_iter_, other.n_subpopulation_)


def test_outliers_do_not_pull():
    model = TheilSenRegressor(random_state=0, tol=1e-8).fit(X, Y)
    assert_allclose(model.coef_, [1.0, -2.0], atol=0.1)
    assert not np.allclose(LinearRegression().fit(X, Y).coef_, [1.0, -2.0], atol=0.5)


def test_all_rows_make_least_squares():
    model = TheilSenRegressor(n_subsamples=len(X)).fit(X, Y)
    assert_allclose(model.coef_, LinearRegression().fit(X, Y).coef_)
    assert model.n_subpopulation_ == 1


def test_fewer_rows_than_columns():
    wide = rng.randn(3, 6)
    model = TheilSenRegressor().fit(wide, [1.0, 2.0, 3.0])
    assert_allclose(model.predict(wide), [1.0, 2.0, 3.0])


def test_the_medians_directions_cancel():
    """At the minimum of Σ ‖x − m‖ the unit vectors to the points sum to zero."""
    points = rng.randn(400, 4) * [1, 2, 3, 4]
    _, median, converged = spatial_median(points, 1000, 1e-12)
    away = points - median
    assert converged
    assert_allclose((away / np.linalg.norm(away, axis=1)[:, None]).sum(axis=0), 0, atol=1e-8)


def test_the_median_may_be_a_point():
    """It is one where the other unit vectors sum to less than the point's multiplicity."""
    points = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.1], [0.0, 1.0], [0.1, -1.0]])
    _, median, _ = spatial_median(points, 1000, 1e-14)
    assert_allclose(median, [0, 0], atol=1e-6)
    _, middle, _ = spatial_median(np.array([[3.0], [1.0], [7.0]]), 10, 1e-3)
    assert_allclose(middle, [3.0])


def test_samples_of_dependent_rows_have_the_shortest_fit():
    design = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0], [2.0, 4.0]])
    y = np.array([1.0, 3.0, 2.0, 4.0])
    samples = np.array([[0, 1], [0, 2], [0, 3]])
    found = fits_of_samples(design, y, samples)
    for rows, fit in zip(samples, found, strict=True):
        assert_allclose(fit, np.linalg.pinv(design[rows]) @ y[rows], atol=1e-12)


def test_told_and_refused(capsys):
    TheilSenRegressor(verbose=True, random_state=0).fit(X, Y)
    assert "breakdown point" in capsys.readouterr().out
    with pytest.warns(UserWarning, match="did not settle in max_iter=1"):
        TheilSenRegressor(max_iter=1, tol=0, random_state=0).fit(X, Y)
    for n_subsamples, message in ((61, "there are 60 samples"), (2, "3 coefficients need")):
        with pytest.raises(ValueError, match=message):
            TheilSenRegressor(n_subsamples=n_subsamples).fit(X, Y)
    with pytest.raises(ValueError, match="with more columns"):
        TheilSenRegressor(n_subsamples=2).fit(np.eye(3, 6), [1.0, 2.0, 3.0])
