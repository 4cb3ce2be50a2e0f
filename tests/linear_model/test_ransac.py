"""RANSAC: scikit-learn's very draws, outliers found, what is refused and routed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import mlkit
from mlkit.linear_model import LinearRegression, RANSACRegressor, Ridge

theirs = pytest.importorskip("sklearn.linear_model")

rng = np.random.RandomState(0)
X = rng.randn(200, 3)
Y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.randn(200)
Y[:60] += 5 + 20 * rng.rand(60)
TWO = np.column_stack([Y, -Y])

CASES = {
    "plain": {},
    "a share": {"min_samples": 0.1},
    "squares": {"loss": "squared_error", "residual_threshold": 0.1},
    "own loss": {"loss": lambda y, z: np.abs(y - z).reshape(len(y), -1).max(axis=1)},
    "all draws": {"max_trials": 15, "stop_probability": 1.0},
    "enough": {"stop_n_inliers": 100},
    "enough score": {"stop_score": 0.9},
    "refusing": {
        "is_data_valid": lambda X, y: X[0, 0] > 0,
        "is_model_valid": lambda model, X, y: np.ravel(model.coef_)[0] > 0.9,
    },
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("targets", [Y, TWO], ids=["one", "two"])
@pytest.mark.parametrize("case", CASES)
def test_the_draws_are_scikit_learns(case, targets):
    ours = RANSACRegressor(random_state=0, **CASES[case]).fit(X, targets)
    other = theirs.RANSACRegressor(random_state=0, **CASES[case]).fit(X, targets)
    assert_array_equal(ours.inlier_mask_, other.inlier_mask_)
    assert_allclose(ours.predict(X), other.predict(X), atol=1e-9)
    assert_allclose(ours.score(X, targets), other.score(X, targets))
    for name in ("trials", "skips_no_inliers", "skips_invalid_data", "skips_invalid_model"):
        assert getattr(ours, f"n_{name}_") == getattr(other, f"n_{name}_")


def test_outliers_are_found_and_left_out():
    model = RANSACRegressor(random_state=0, residual_threshold=1.0).fit(X, Y)
    assert_array_equal(model.inlier_mask_, np.arange(200) >= 60)
    alone = LinearRegression().fit(X[60:], Y[60:])
    assert_allclose(model.estimator_.coef_, alone.coef_, rtol=1e-10)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix])
def test_sparse_is_dense(form):
    dense = RANSACRegressor(random_state=0).fit(X, Y)
    model = RANSACRegressor(random_state=0).fit(form(X), Y)
    assert_array_equal(model.inlier_mask_, dense.inlier_mask_)
    assert_allclose(model.predict(form(X)), dense.predict(X))


def test_another_model_and_weights():
    weight = 1 + rng.rand(200)
    model = RANSACRegressor(Ridge(alpha=0.1), min_samples=8, random_state=1)
    model.fit(X, Y, sample_weight=weight)
    kept = model.inlier_mask_
    alone = Ridge(alpha=0.1).fit(X[kept], Y[kept], sample_weight=weight[kept])
    assert_allclose(model.estimator_.coef_, alone.coef_)
    with pytest.raises(ValueError, match="needs to be explicitly set"):
        RANSACRegressor(Ridge()).fit(X, Y)

    class Unweighted(LinearRegression):
        def fit(self, X, y):
            return super().fit(X, y)

    with pytest.raises(ValueError, match="does not support sample_weight"):
        RANSACRegressor(Unweighted()).fit(X, Y, sample_weight=weight)


def test_routed_weights_are_the_draws_own():
    seen = []

    class Watching(Ridge):
        def fit(self, X, y, sample_weight=None):
            seen.append(len(X) == len(sample_weight))
            return super().fit(X, y, sample_weight)

    with mlkit.config_context(enable_metadata_routing=True):
        inner = Watching().set_fit_request(sample_weight=True)
        inner.set_score_request(sample_weight=True)
        model = RANSACRegressor(inner, min_samples=5, random_state=0)
        model.fit(X, Y, sample_weight=np.ones(200))
        model.score(X, Y, sample_weight=np.ones(200))
    assert len(seen) > 2
    assert all(seen)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_samples": 500}, "may not be larger than number of samples"),
        ({"max_trials": 0}, "could not find a valid consensus set"),
        ({"is_data_valid": lambda X, y: False}, "could not find a valid consensus set"),
        ({"is_data_valid": lambda X, y: False, "max_skips": 3}, "skipped more iterations"),
    ],
)
def test_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RANSACRegressor(**arguments).fit(X, Y)


def test_many_skips_are_told():
    calls = []

    def is_data_valid(X, y):
        calls.append(1)
        return len(calls) == 1

    with pytest.warns(UserWarning, match="skipped more draws than max_skips=3"):
        RANSACRegressor(is_data_valid=is_data_valid, max_skips=3, random_state=0).fit(X, Y)
