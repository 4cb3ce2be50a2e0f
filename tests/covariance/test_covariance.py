"""Covariances: definitions, what shrinking does, and scikit-learn's numbers."""

import numpy as np
import pytest
import scipy.stats
import sklearn.covariance as reference
from numpy.testing import assert_allclose

import mlkit.covariance as ours

ESTIMATORS = ["EmpiricalCovariance", "ShrunkCovariance", "LedoitWolf", "OAS"]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) + 3


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("settings", [{}, {"assume_centered": True}, {"store_precision": False}])
def test_as_scikit_learn(rows, name, settings):
    mine, theirs = (getattr(each, name)(**settings).fit(rows) for each in (ours, reference))
    assert_allclose(mine.covariance_, theirs.covariance_, rtol=1e-8)
    assert_allclose(mine.location_, theirs.location_)
    assert_allclose(mine.get_precision(), theirs.get_precision(), rtol=1e-6, atol=1e-9)
    assert_allclose(mine.score(rows), theirs.score(rows))
    assert_allclose(mine.mahalanobis(rows), theirs.mahalanobis(rows), rtol=1e-7)
    if hasattr(theirs, "shrinkage_"):
        assert_allclose(mine.shrinkage_, theirs.shrinkage_)
    for norm in ("frobenius", "spectral"):
        for scaling in (False, True):
            for squared in (False, True):
                args = np.eye(6), norm, scaling, squared
                assert_allclose(mine.error_norm(*args), theirs.error_norm(*args))


def test_score_is_the_mean_log_density(rows):
    model = ours.LedoitWolf().fit(rows)
    law = scipy.stats.multivariate_normal(model.location_, model.covariance_)
    assert_allclose(model.score(rows), law.logpdf(rows).mean())


def test_shrinking_keeps_the_trace_and_draws_eigenvalues_together(rows):
    C = ours.empirical_covariance(rows)
    for s in (0.0, 0.3, 1.0):
        shrunk = ours.shrunk_covariance(C, s)
        assert_allclose(np.trace(shrunk), np.trace(C))
        values = np.linalg.eigvalsh(C)
        assert_allclose(np.linalg.eigvalsh(shrunk), (1 - s) * values + s * values.mean())
    assert_allclose(ours.shrunk_covariance(np.array([C, 2 * C]))[1], ours.shrunk_covariance(2 * C))


def test_functions_are_the_estimators(rows):
    for function, name in [(ours.ledoit_wolf, "LedoitWolf"), (ours.oas, "OAS")]:
        model = getattr(ours, name)().fit(rows)
        matrix, shrinkage = function(rows)
        assert_allclose(matrix, model.covariance_)
        assert shrinkage == model.shrinkage_
    assert ours.ledoit_wolf_shrinkage(rows) == ours.ledoit_wolf(rows)[1]
    assert_allclose(ours.ledoit_wolf(rows, block_size=2)[0], ours.ledoit_wolf(rows)[0])


def test_one_row_and_one_column(rows):
    with pytest.warns(UserWarning, match="Only one sample available"):
        assert_allclose(ours.EmpiricalCovariance().fit(rows[:1]).covariance_, 0)
    assert ours.ledoit_wolf(rows[:, :1])[1] == ours.oas(rows[:, :1])[1] == 0
    with pytest.raises(NotImplementedError, match="frobenius"):
        ours.OAS().fit(rows).error_norm(np.eye(6), norm="nuclear")
