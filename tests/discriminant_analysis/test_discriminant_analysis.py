"""Discriminant analysis: its definition, its solvers, shrinkage, and scikit-learn's results."""

import numpy as np
import pytest
import scipy.stats
import sklearn.covariance
import sklearn.discriminant_analysis as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.mixture.covariance import ledoit_wolf, shrunk
from mlkit.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)

LINEAR = [
    {"solver": "svd", "store_covariance": True},
    {"solver": "lsqr"},
    {"solver": "eigen"},
    {"solver": "lsqr", "shrinkage": "auto"},
    {"solver": "eigen", "shrinkage": 0.3},
    {"solver": "eigen", "covariance_estimator": sklearn.covariance.OAS()},
    {"n_components": 1},
]
QUADRATIC = [
    {"store_covariance": True},
    {"reg_param": 0.2},
    {"solver": "eigen", "shrinkage": "auto"},
    {"solver": "eigen", "shrinkage": 0.2, "store_covariance": True},
    {"solver": "eigen", "covariance_estimator": sklearn.covariance.OAS()},
]


def problem(n_classes, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 4)) * [1, 10, 0.1, 1]
    y = rng.integers(0, n_classes, 120)
    return X + y[:, None] * rng.normal(size=4) * [1, 10, 0.1, 1], y


@pytest.mark.parametrize("settings", range(len(LINEAR)))
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("with_priors", [False, True])
def test_linear_as_scikit_learn(settings, n_classes, with_priors):
    X, y = problem(n_classes)
    settings = LINEAR[settings]
    if with_priors:
        settings = {**settings, "priors": np.arange(1, n_classes + 1) / sum(range(n_classes + 1))}
    mine = LinearDiscriminantAnalysis(**settings).fit(X, y)
    theirs = reference.LinearDiscriminantAnalysis(**settings).fit(X, y)
    for name in ("coef_", "intercept_", "means_", "covariance_", "explained_variance_ratio_"):
        assert hasattr(mine, name) == hasattr(theirs, name)
        if hasattr(mine, name):
            assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-7, atol=1e-10)
    assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    if settings.get("solver") != "lsqr":
        # Directions have no sign.
        assert_allclose(abs(mine.transform(X)), abs(theirs.transform(X)), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("settings", range(len(QUADRATIC)))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_quadratic_as_scikit_learn(settings, n_classes):
    X, y = problem(n_classes)
    mine = QuadraticDiscriminantAnalysis(**QUADRATIC[settings]).fit(X, y)
    theirs = reference.QuadraticDiscriminantAnalysis(**QUADRATIC[settings]).fit(X, y)
    assert_allclose(mine.decision_function(X), theirs.decision_function(X), rtol=1e-8)
    assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    assert hasattr(mine, "covariance_") == hasattr(theirs, "covariance_")


@pytest.mark.parametrize("solver", ["svd", "lsqr", "eigen"])
def test_linear_is_bayes_theorem_with_one_covariance(solver):
    X, y = problem(3)
    model = LinearDiscriminantAnalysis(solver, store_covariance=True).fit(X, y)
    density = [scipy.stats.multivariate_normal(m, model.covariance_) for m in model.means_]
    joint = np.column_stack([d.pdf(X) for d in density]) * model.priors_
    assert_allclose(model.predict_proba(X), joint / joint.sum(axis=1, keepdims=True), rtol=1e-6)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


def test_quadratic_is_bayes_theorem():
    X, y = problem(3)
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    joint = np.column_stack(
        [
            scipy.stats.multivariate_normal(X[y == k].mean(axis=0), np.cov(X[y == k].T, ddof=0))
            .pdf(X) * np.mean(y == k)
            for k in range(3)
        ]
    )  # fmt: skip
    assert_allclose(model.predict_proba(X), joint / joint.sum(axis=1, keepdims=True), rtol=1e-6)


def test_directions_whiten_the_rows_within_classes():
    X, y = problem(4)
    model = LinearDiscriminantAnalysis().fit(X, y)
    Z = model.transform(X)
    within = sum(np.cov(Z[y == k].T, ddof=0) * np.mean(y == k) for k in range(4))
    assert_allclose(within, np.eye(3), atol=1e-10)
    between = np.cov(np.array([Z[y == k].mean(axis=0) for k in range(4)]).T,
                     aweights=np.bincount(y), ddof=0)  # fmt: skip
    assert_allclose(between, np.diag(between.diagonal()), atol=1e-10)
    assert_allclose(
        between.diagonal() / between.trace(), model.explained_variance_ratio_, rtol=1e-8
    )


@pytest.mark.parametrize("tol", [1e-4, 1e-9])
def test_dependent_columns_are_left_out(tol):
    X, y = problem(3)
    twice = np.column_stack([X, X @ np.ones(4), np.ones(len(X))])
    plain, more = (LinearDiscriminantAnalysis(tol=tol).fit(each, y) for each in (X, twice))
    assert_allclose(more.predict_proba(twice), plain.predict_proba(X), atol=1e-7)


def test_far_from_the_origin():
    X, y = problem(3)
    for model in (LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis()):
        near = model.fit(X, y).predict_proba(X)
        assert_allclose(model.fit(X + 1e5, y).predict_proba(X + 1e5), near, atol=1e-5)


def test_ledoit_wolf_is_scikit_learns():
    X, _ = problem(2)
    matrix, shrinkage = ledoit_wolf(X)
    theirs, other = sklearn.covariance.ledoit_wolf(X)
    assert_allclose(shrinkage, other)
    assert_allclose(matrix, theirs)
    assert_allclose(shrunk(np.cov(X.T, ddof=0), shrinkage), matrix)


@pytest.mark.filterwarnings("ignore:more than half")
def test_refusals_name_the_remedy():
    X, y = problem(3)
    with pytest.raises(NotImplementedError, match="solver='eigen'"):
        LinearDiscriminantAnalysis(shrinkage="auto").fit(X, y)
    with pytest.raises(ValueError, match="Only one of the two"):
        LinearDiscriminantAnalysis(
            "lsqr", shrinkage=0.1, covariance_estimator=sklearn.covariance.OAS()
        ).fit(X, y)
    with pytest.raises(ValueError, match="n_components=3"):
        LinearDiscriminantAnalysis(n_components=3).fit(X, y)
    with pytest.raises(ValueError, match="more than the number of classes"):
        LinearDiscriminantAnalysis().fit(X, np.arange(len(X)))
    with pytest.raises(NotImplementedError, match="no directions"):
        LinearDiscriminantAnalysis("lsqr").fit(X, y).transform(X)
    with pytest.raises(np.linalg.LinAlgError, match="class 0 is not full rank: raise reg_param"):
        QuadraticDiscriminantAnalysis().fit(X[:, [0, 0]], y)
    with pytest.raises(ValueError, match="only 1 sample in class 9"):
        QuadraticDiscriminantAnalysis().fit(X, np.r_[9, y[1:]])
    with pytest.warns(UserWarning, match="sum to"):
        model = LinearDiscriminantAnalysis(priors=[1, 1, 2]).fit(X, y)
    assert_array_equal(model.priors_, [0.25, 0.25, 0.5])
