"""k-means and its kin: optimality, the same result however it is reached, scikit-learn's labels."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.cluster as reference
from numpy.testing import assert_allclose, assert_array_equal

import mlkit.cluster as ours
from mlkit.cluster import BisectingKMeans, KMeans, MiniBatchKMeans, k_means, kmeans_plusplus
from mlkit.datasets import make_blobs
from mlkit.exceptions import ConvergenceWarning

NAMES = ["KMeans", "MiniBatchKMeans", "BisectingKMeans"]


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(1500, 6, centers=20, cluster_std=3, random_state=0)[0]


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "settings",
    [{}, {"init": "random", "n_init": 3}, {"algorithm": "elkan"}, {"tol": 0.0, "n_clusters": 40}],
)
def test_kmeans_as_scikit_learn(blobs, dtype, form, weighted, settings):
    X = form(blobs.astype(dtype))
    weight = np.random.default_rng(0).uniform(0, 2, len(blobs)).astype(dtype) if weighted else None
    settings = {"n_clusters": 20, "random_state": 3, **settings}
    mine = KMeans(**settings).fit(X, sample_weight=weight)
    theirs = reference.KMeans(**settings).fit(X, sample_weight=weight)
    assert_array_equal(mine.labels_, theirs.labels_)
    assert_allclose(mine.cluster_centers_, theirs.cluster_centers_, rtol=1e-4, atol=1e-4)
    assert_allclose(mine.inertia_, theirs.inertia_, rtol=1e-5)
    assert mine.n_iter_ == theirs.n_iter_
    assert mine.cluster_centers_.dtype == X.dtype


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_kin_as_scikit_learn(blobs, name, form, weighted):
    weight = np.random.default_rng(0).uniform(0, 2, len(blobs)) if weighted else None
    X = form(blobs)
    mine = getattr(ours, name)(12, random_state=3).fit(X, sample_weight=weight)
    theirs = getattr(reference, name)(12, random_state=3).fit(X, sample_weight=weight)
    assert_array_equal(mine.labels_, theirs.labels_)
    assert_array_equal(mine.predict(X), theirs.predict(X))
    assert_allclose(mine.cluster_centers_, theirs.cluster_centers_, rtol=1e-8)


@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("k", [2, 17, 70])
def test_centres_are_means_and_labels_nearest(blobs, algorithm, dtype, k):
    """The two optimality conditions of a fixed point."""
    X = blobs.astype(dtype)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X)).astype(dtype)
    model = KMeans(k, tol=0, random_state=0, algorithm=algorithm).fit(X, sample_weight=weight)
    means = [np.average(X[model.labels_ == j], axis=0, weights=weight[model.labels_ == j])
             for j in range(k)]  # fmt: skip
    tol = 1e-10 if dtype == "f8" else 1e-4
    assert_allclose(model.cluster_centers_, means, rtol=tol, atol=tol)
    squares = ((X[:, None].astype("f8") - model.cluster_centers_) ** 2).sum(axis=2)
    own = squares[np.arange(len(X)), model.labels_]
    assert (own <= squares.min(axis=1) * (1 + 1e-4)).all()
    assert_allclose(model.inertia_, weight @ own, rtol=1e-5)


def test_bounds_give_what_all_distances_give(blobs):
    for k in (3, 16, 33, 200):
        plain, bounded = (
            KMeans(k, tol=0, random_state=1, algorithm=each).fit(blobs)
            for each in ("lloyd", "elkan")
        )
        assert_array_equal(plain.labels_, bounded.labels_)
        assert plain.n_iter_ == bounded.n_iter_


def test_far_from_the_origin(blobs):
    near, far = KMeans(20, random_state=0).fit(blobs), KMeans(20, random_state=0).fit(blobs + 2**25)
    assert_array_equal(near.labels_, far.labels_)
    assert_array_equal(far.predict(blobs + 2**25), near.labels_)
    assert_allclose(far.inertia_, near.inertia_, rtol=1e-6)


def test_a_cluster_without_rows_takes_the_farthest_row():
    X = np.array([[0.0], [1.0], [2.0], [50.0]])
    model = KMeans(3, init=np.array([[0.0], [1.0], [1000.0]]), n_init=1).fit(X)
    assert len(set(model.labels_)) == 3
    assert model.labels_[3] not in model.labels_[:3]


def test_fewer_distinct_rows_than_clusters():
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\)"):
        KMeans(3, random_state=0).fit([[0.0], [0.0], [1.0], [1.0]])
    with pytest.raises(ValueError, match="n_samples=2 should be >= n_clusters=3"):
        KMeans(3).fit([[0.0], [1.0]])


def test_transform_score_and_predict(blobs):
    model = KMeans(9, random_state=0).fit(blobs)
    distances = model.transform(blobs)
    assert_allclose(
        distances, np.linalg.norm(blobs[:, None] - model.cluster_centers_, axis=2), rtol=1e-8
    )
    assert_array_equal(model.predict(blobs), distances.argmin(axis=1))
    assert_allclose(model.score(blobs), -(distances.min(axis=1) ** 2).sum())
    assert_allclose(model.score(blobs), -model.inertia_)
    assert_allclose(KMeans(9, random_state=0).fit_transform(blobs), distances)


def test_seeds_of_every_kind(blobs):
    given = blobs[:5].copy()
    by_array = KMeans(5, init=given, n_init=1).fit(blobs)
    by_function = KMeans(5, init=lambda X, k, random_state: given - blobs.mean(axis=0)).fit(blobs)
    assert_array_equal(by_array.labels_, by_function.labels_)
    with pytest.warns(RuntimeWarning, match="instead of n_init=4"):
        KMeans(5, init=given, n_init=4).fit(blobs)
    with pytest.raises(ValueError, match="does not match"):
        KMeans(5, init=given[:4]).fit(blobs)
    with pytest.raises(ValueError, match="does not match"):
        KMeans(5, init=lambda X, k, random_state: given[:, :2]).fit(blobs)


def test_in_place_puts_the_rows_back(blobs):
    X = blobs.copy()
    model = KMeans(5, copy_x=False, random_state=0).fit(X)
    assert_allclose(X, blobs, rtol=1e-12, atol=1e-12)
    assert_allclose(model.cluster_centers_, KMeans(5, random_state=0).fit(blobs).cluster_centers_)
    assert_array_equal(blobs, make_blobs(1500, 6, centers=20, cluster_std=3, random_state=0)[0])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_plus_plus_draws_scikit_learns_rows(blobs, weighted, form):
    weight = np.random.default_rng(0).uniform(0, 2, len(blobs)) if weighted else None
    for seed, trials in [(0, None), (1, 1), (2, 9)]:
        options = {"sample_weight": weight, "random_state": seed, "n_local_trials": trials}
        centers, rows = kmeans_plusplus(form(blobs), 30, **options)
        assert_array_equal(rows, reference.kmeans_plusplus(form(blobs), 30, **options)[1])
        assert_array_equal(centers, blobs[rows])


def test_functions(blobs):
    centres, labels, inertia, n_iter = k_means(blobs, 4, random_state=0, return_n_iter=True)
    model = KMeans(4, random_state=0).fit(blobs)
    assert_array_equal(centres, model.cluster_centers_)
    assert_array_equal(labels, model.labels_)
    assert (inertia, n_iter) == (model.inertia_, model.n_iter_)
    with pytest.raises(ValueError, match="x_squared_norms"):
        kmeans_plusplus(blobs, 2, x_squared_norms=np.ones(3))


def test_batches_one_by_one(blobs):
    model = MiniBatchKMeans(20, random_state=0)
    for rows in np.array_split(np.random.default_rng(0).permutation(len(blobs)), 15):
        model.partial_fit(blobs[rows])
    assert model.n_steps_ == 15
    assert -model.score(blobs) < 1.3 * KMeans(20, random_state=0).fit(blobs).inertia_


def test_progress_is_told(blobs, capsys):
    KMeans(4, verbose=1, random_state=0).fit(blobs)
    told = capsys.readouterr().out
    assert "Iteration 0, inertia" in told
    assert "Converged at iteration" in told
    MiniBatchKMeans(4, verbose=1, random_state=0).fit(blobs)
    assert "Minibatch step 1/" in capsys.readouterr().out


def test_halves_are_predicted_as_they_were_split(blobs):
    for strategy in ("biggest_inertia", "largest_cluster"):
        model = BisectingKMeans(7, random_state=0, bisecting_strategy=strategy).fit(blobs)
        assert_array_equal(model.predict(blobs), model.labels_)
        assert_array_equal(model.predict(sp.csr_array(blobs)), model.labels_)
        means = [blobs[model.labels_ == j].mean(axis=0) for j in range(7)]
        assert_allclose(model.cluster_centers_, means, atol=1e-3)


def test_threads_change_no_bit():
    code = (
        "import numpy as np; from mlkit.cluster import KMeans\n"
        "X = np.random.default_rng(0).normal(size=(30000, 8))\n"
        "for a in ('lloyd', 'elkan'):\n"
        "    m = KMeans(40, random_state=0, max_iter=15, algorithm=a).fit(X)\n"
        "    print(m.cluster_centers_.tobytes().hex()[:4000], m.inertia_.hex(), m.labels_.sum())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"OMP_NUM_THREADS": threads, "PATH": ""},
        ).stdout
        for threads in ("1", "2")
    ]
    assert told[0] == told[1] != ""
