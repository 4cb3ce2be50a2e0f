"""Local outliers, centroids, learned components, graphs as transformers."""

import contextlib

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import check_grad
from scipy.spatial.distance import cdist

from mlkit.exceptions import ConvergenceWarning
from mlkit.neighbors import (
    KNeighborsClassifier,
    KNeighborsTransformer,
    LocalOutlierFactor,
    NearestCentroid,
    NeighborhoodComponentsAnalysis,
    RadiusNeighborsTransformer,
)
from mlkit.neighbors._components import Objective, discriminant, principal


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((90, 4))


@pytest.fixture
def y(X):
    return np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])


class TestLocalOutlierFactor:
    def test_is_the_ratio_of_densities(self, X):
        k = 6
        D = cdist(X, X)
        np.fill_diagonal(D, np.inf)
        near = np.argsort(D)[:, :k]
        last = np.sort(D)[:, k - 1]
        reach = np.maximum(np.take_along_axis(D, near, 1), last[near])
        density = 1 / reach.mean(axis=1)
        expected = density[near].mean(axis=1) / density
        model = LocalOutlierFactor(k).fit(X)
        assert_allclose(-model.negative_outlier_factor_, expected)
        assert_array_equal(model.fit_predict(X), np.where(expected > 1.5, -1, 1))

    def test_contamination_is_the_share_of_outliers(self, X):
        assert (LocalOutlierFactor(contamination=0.2).fit_predict(X) == -1).sum() == 18

    def test_new_rows_are_judged_by_those_of_fit(self, X):
        model = LocalOutlierFactor(novelty=True).fit(X)
        assert_array_equal(model.predict([[0.0] * 4, [9.0] * 4]), [1, -1])
        assert_allclose(model.decision_function(X), model.score_samples(X) + 1.5)
        far = cdist(X + 0.5, X)
        known = LocalOutlierFactor(novelty=True, metric="precomputed").fit(cdist(X, X))
        assert_allclose(known.score_samples(far), model.score_samples(X + 0.5))

    def test_few_rows_are_all_neighbours(self, X):
        with pytest.warns(UserWarning, match="n_neighbors will be set"):
            assert LocalOutlierFactor(50).fit(X[:9]).n_neighbors_ == 8

    def test_copies_are_told(self):
        X = np.vstack([np.zeros((8, 1)), np.arange(1.0, 4)[:, None]])
        with pytest.warns(UserWarning, match="duplicate values"):
            LocalOutlierFactor(n_neighbors=3).fit(X)


class TestNearestCentroid:
    @pytest.mark.parametrize(
        ("metric", "centre"), [("euclidean", np.mean), ("manhattan", np.median)]
    )
    def test_the_nearest_centre_wins(self, X, y, metric, centre):
        model = NearestCentroid(metric).fit(X, y)
        centroids = [centre(X[y == c], axis=0) for c in range(3)]
        assert_allclose(model.centroids_, centroids)
        scipy_name = {"manhattan": "cityblock"}.get(metric, metric)
        assert_array_equal(model.predict(X), cdist(X, centroids, scipy_name).argmin(axis=1))

    @pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
    @pytest.mark.parametrize("shrink", [None, 0.5])
    def test_sparse_is_dense(self, X, y, metric, shrink):
        X = X * (X > -0.5)
        model = NearestCentroid(metric, shrink_threshold=shrink).fit(X, y)
        for kind in (sp.csr_array, sp.csc_array):
            other = NearestCentroid(metric, shrink_threshold=shrink).fit(kind(X), y)
            assert_allclose(other.centroids_, model.centroids_, atol=1e-12)
            assert_allclose(other.within_class_std_dev_, model.within_class_std_dev_)
            assert_array_equal(other.predict(kind(X)), model.predict(X))

    def test_shrinking_takes_that_much_of_each_deviation(self, X, y):
        free = NearestCentroid().fit(X, y)
        shrunk = NearestCentroid(shrink_threshold=1.5).fit(X, y)
        left = np.maximum(np.abs(free.deviations_) - 1.5, 0) * np.sign(free.deviations_)
        assert_allclose(shrunk.deviations_, left)
        gone = (left == 0).all(axis=0)
        assert gone.any()
        assert_allclose(shrunk.centroids_[:, gone], np.tile(X.mean(axis=0)[gone], (3, 1)))

    def test_probabilities_are_those_of_scores(self, X, y):
        model = NearestCentroid(priors="empirical").fit(X, y)
        scores = model.decision_function(X)
        assert_allclose(model.predict_proba(X), np.exp(scores) / np.exp(scores).sum(1)[:, None])
        assert_array_equal(model.predict(X), scores.argmax(axis=1))
        assert_allclose(model.class_prior_, np.bincount(y) / len(y))
        with pytest.warns(UserWarning, match="normalized"):
            assert_allclose(
                NearestCentroid(priors=[1, 1, 2]).fit(X, y).class_prior_, [0.25, 0.25, 0.5]
            )
        assert not hasattr(NearestCentroid("manhattan"), "predict_proba")

    def test_data_without_variance_is_refused(self):
        with pytest.raises(ValueError, match="zero variance"):
            NearestCentroid().fit(np.ones((4, 2)), [0, 0, 1, 1])


class TestNeighborhoodComponentsAnalysis:
    def test_gradient(self, X, y):
        objective = Objective(X[:30], y[:30], lambda value, seconds: None)
        start = np.random.default_rng(1).standard_normal(8)
        error = check_grad(lambda a: objective(a)[0], lambda a: objective(a)[1], start)
        assert error < 1e-5

    def test_objective_is_the_expected_number_labelled_right(self, X, y):
        objective = Objective(X, y, lambda value, seconds: None)
        chance = np.exp(-cdist(X, X, "sqeuclidean"))
        np.fill_diagonal(chance, 0)
        chance /= chance.sum(axis=1, keepdims=True)
        expected = -(chance * (y[:, None] == y)).sum()
        assert_allclose(objective(np.eye(4).ravel())[0], expected)

    @pytest.mark.parametrize("init", ["auto", "pca", "lda", "identity", "random"])
    def test_neighbours_become_of_the_own_class(self, X, y, init):
        noisy = X * [1, 1, 8, 8]
        nca = NeighborhoodComponentsAnalysis(2, init=init, random_state=0, max_iter=200)
        mapped = nca.fit(noisy, y).transform(noisy)
        assert_allclose(mapped, noisy @ nca.components_.T)
        objective = Objective(noisy, y, lambda value, seconds: None)
        assert objective(nca.components_.ravel())[0] < objective(nca._start(noisy, y).ravel())[0]
        if init == "random":  # which may end in a minimum near by
            return
        before = KNeighborsClassifier(3).fit(noisy, y).score(None, y)
        assert KNeighborsClassifier(3).fit(mapped, y).score(None, y) > before + 0.1

    def test_starts(self, X, y):
        values = np.linalg.eigh(np.cov(X.T))[0]
        directions = principal(X, 4)
        assert_allclose(np.var(X @ directions.T, axis=0, ddof=1), values[::-1])
        means = np.array([X[y == c].mean(axis=0) for c in range(3)])
        mapped = (X - means[y]) @ discriminant(X, y, 2).T
        assert_allclose(mapped.T @ mapped / (len(X) - 3), np.eye(2), atol=1e-10)

    def test_a_warm_start_goes_on(self, X, y):
        nca = NeighborhoodComponentsAnalysis(warm_start=True, max_iter=200).fit(X, y)
        first = nca.components_
        nca.max_iter = 1
        with contextlib.suppress(ConvergenceWarning):
            nca.fit(X, y)
        assert_allclose(nca.components_, first, atol=0.2)

    def test_steps_are_told(self, X, y, capsys):
        seen = []
        nca = NeighborhoodComponentsAnalysis(
            2, init="pca", verbose=1, max_iter=1, callback=lambda x, i: seen.append((len(x), i))
        )
        with pytest.warns(ConvergenceWarning, match="did not converge"):
            nca.fit(X, y)
        assert seen == [(8, 0)]
        assert "principal components" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "options", [{"n_components": 5}, {"init": np.ones((2, 3))}, {"init": np.ones((5, 4))},
                    {"init": np.ones((2, 4)), "n_components": 3}]
    )  # fmt: skip
    def test_shapes_that_do_not_fit(self, X, y, options):
        with pytest.raises(ValueError, match="columns"):
            NeighborhoodComponentsAnalysis(**options).fit(X, y)


@pytest.mark.parametrize("mode", ["distance", "connectivity"])
def test_graphs_as_transformers(X, mode):
    nearest = KNeighborsTransformer(n_neighbors=4, mode=mode)
    graph = nearest.fit_transform(X)
    assert graph.shape == (90, 90)
    assert_array_equal(np.diff(graph.indptr), 5 if mode == "distance" else 4)
    assert (nearest.transform(X) != graph).nnz == 0
    D = cdist(X, X)
    within = RadiusNeighborsTransformer(radius=1.2, mode=mode).fit_transform(X)
    expected = np.where(D <= 1.2, D if mode == "distance" else 1, 0)
    assert_allclose(within.toarray(), expected, atol=1e-14)
    assert within.nnz == (D <= 1.2).sum()
    assert len(nearest.get_feature_names_out()) == 90
