"""Classification generators: the geometry and the counts that they promise."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.datasets import (
    make_blobs,
    make_circles,
    make_classification,
    make_gaussian_quantiles,
    make_hastie_10_2,
    make_moons,
    make_multilabel_classification,
)


def columns(X, bunch, kind):
    return X[:, np.array(bunch.feature_info) == kind]


def test_kinds_of_features():
    bunch = make_classification(
        n_samples=400,
        n_features=12,
        n_informative=4,
        n_redundant=3,
        n_repeated=2,
        random_state=0,
        return_X_y=False,
    )
    informative, redundant, repeated = (
        columns(bunch.X, bunch, kind) for kind in ("informative", "redundant", "repeated")
    )
    assert informative.shape[1] == 4
    weights, *_ = np.linalg.lstsq(informative, redundant, rcond=None)
    assert_allclose(informative @ weights, redundant, atol=1e-10)
    original = np.hstack([informative, redundant])
    for column in repeated.T:
        assert (original == column[:, None]).all(axis=0).any()
    noise = columns(bunch.X, bunch, "random")
    assert noise.shape[1] == 3
    # Correlations of 400 independent rows have standard deviation 0.05.
    assert abs(np.corrcoef(noise.T, original.T)[:3, 3:]).max() < 0.25


def test_bunch_repeats_the_call():
    options = {"n_samples": 30, "weights": [0.3], "shift": None, "scale": None, "random_state": 5}
    X, y = make_classification(**options)
    bunch = make_classification(**options, return_X_y=False)
    assert_array_equal(bunch.X, X)
    assert_array_equal(bunch.y, y)
    assert make_classification.__doc__ == bunch.DESCR
    # The drawn shift and scale are told, so the features can be brought back.
    again = make_classification(**{**bunch.parameters, "random_state": 5, "return_X_y": True})
    assert bunch.parameters["weights"] == [0.3]
    assert bunch.parameters["shift"].shape == bunch.parameters["scale"].shape == (20,)
    assert_allclose(np.sort(again[0], axis=None), np.sort(X, axis=None))


def test_clusters_sit_on_corners():
    """With one row a cluster repeated many times the centres are ±class_sep."""
    X, y = make_classification(
        n_samples=40_000,
        n_features=3,
        n_informative=3,
        n_redundant=0,
        n_classes=8,
        n_clusters_per_class=1,
        class_sep=5.0,
        flip_y=0,
        shuffle=False,
        random_state=0,
    )
    centers = np.array([X[y == k].mean(axis=0) for k in range(8)])
    assert_allclose(abs(centers), 5, atol=0.1)
    assert len({tuple(np.sign(center)) for center in centers}) == 8


@pytest.mark.parametrize("weights", [[0.1, 0.6, 0.3], [0.1, 0.6], np.array([0.1, 0.6])])
def test_weights(weights):
    _, y = make_classification(
        1000, n_informative=4, n_classes=3, weights=weights, flip_y=0, random_state=0
    )
    assert_allclose(np.bincount(y), [100, 600, 300], atol=2)


def test_flip_y():
    options = {"n_samples": 20_000, "n_features": 4, "random_state": 0, "shuffle": False}
    _, y = make_classification(**options, flip_y=0)
    _, flipped = make_classification(**options, flip_y=0.4)
    # Half of what is drawn anew is the same class again; 0.0035 is the standard deviation.
    assert abs((y != flipped).mean() - 0.2) < 0.015


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"n_features": 5, "n_informative": 4}, "n_features=5"),
        ({"n_classes": 5, "n_clusters_per_class": 1}, "5 corners"),
        ({"weights": []}, "weights"),
        ({"weights": [0.1, 0.2, 0.7]}, "weights"),
        ({"n_samples": 0}, "n_samples"),
        ({"class_sep": 0}, "class_sep"),
        ({"flip_y": 1.5}, "flip_y"),
        ({"scale": -1.0}, "scale"),
        ({"shuffle": "yes"}, "shuffle"),
        ({"random_state": "seed"}, "random_state"),
    ],
)
def test_make_classification_refuses(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_classification(**options)


def test_multilabel_forms_agree():
    options = {"n_samples": 40, "n_features": 9, "n_classes": 4, "random_state": 1}
    X, Y = make_multilabel_classification(**options)
    X_sparse, Y_sparse = make_multilabel_classification(
        **options, sparse=True, return_indicator="sparse"
    )
    _, labels = make_multilabel_classification(**options, return_indicator=False)
    assert sp.issparse(X_sparse)
    assert X_sparse.has_canonical_format
    assert_array_equal(X_sparse.toarray(), X)
    assert_array_equal(Y_sparse.toarray(), Y)
    assert [sorted(row) for row in labels] == [np.flatnonzero(row).tolist() for row in Y]


def test_multilabel_words_come_from_the_classes():
    X, Y, p_c, p_w_c = make_multilabel_classification(
        5000, 6, n_classes=3, n_labels=1, return_distributions=True, random_state=0
    )
    assert_allclose(p_c.sum(), 1)
    assert_allclose(p_w_c.sum(axis=0), 1)
    for k in range(3):
        alone = X[(Y.sum(axis=1) == 1) & (Y[:, k] == 1)].sum(axis=0)
        assert_allclose(alone / alone.sum(), p_w_c[:, k], atol=0.01)
    neither = X[Y.sum(axis=1) == 0].sum(axis=0)
    assert_allclose(neither / neither.sum(), 1 / 6, atol=0.01)


def test_multilabel_everyone_has_a_class_if_asked():
    _, Y = make_multilabel_classification(allow_unlabeled=False, n_labels=1, random_state=0)
    assert Y.sum(axis=1).min() == 1
    with pytest.raises(ValueError, match="n_labels=0"):
        make_multilabel_classification(allow_unlabeled=False, n_labels=0)


def test_blobs():
    centers = np.array([[0.0, 10], [20, 0], [-30, 5]])
    X, y, returned = make_blobs(
        [4000, 2000, 0], centers=centers, cluster_std=[1, 3, 1], return_centers=True, random_state=0
    )
    assert_array_equal(returned, centers)
    assert_array_equal(np.bincount(y, minlength=3), [4000, 2000, 0])
    for k, std in ((0, 1), (1, 3)):
        assert_allclose(X[y == k].mean(axis=0), centers[k], atol=0.3)
        assert_allclose(X[y == k].std(axis=0), std, rtol=0.05)


def test_blobs_divide_rows_evenly():
    _, y = make_blobs(11, centers=4, random_state=0)
    assert_array_equal(np.bincount(y), [3, 3, 3, 2])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"n_samples": [3, 3], "centers": 2}, "centers=2"),
        ({"n_samples": [3, 3, 3], "centers": np.eye(2)}, "n_samples"),
        ({"centers": np.eye(2), "cluster_std": [1, 2, 3]}, "cluster_std"),
        ({"cluster_std": -1.0}, "cluster_std"),
        ({"centers": [[np.nan, 1]]}, "NaN"),
        ({"center_box": [0, 1]}, "center_box"),
    ],
)
def test_make_blobs_refuses(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_blobs(**options)


def test_gaussian_quantiles_are_nested_shells():
    mean = [3.0, -1, 2]
    X, y = make_gaussian_quantiles(
        mean=mean, cov=4.0, n_samples=1001, n_features=3, n_classes=4, random_state=0
    )
    assert_array_equal(np.bincount(y), [250, 250, 250, 251])
    distance = ((X - mean) ** 2).sum(axis=1)
    assert (np.diff(y[np.argsort(distance)]) >= 0).all()
    assert_allclose(np.cov(X.T), 4 * np.eye(3), atol=0.7)
    with pytest.raises(ValueError, match="n_classes=5"):
        make_gaussian_quantiles(n_samples=4, n_classes=5)


def test_hastie_classes():
    X, y = make_hastie_10_2(random_state=0)
    assert X.shape == (12000, 10)
    assert_array_equal(y, np.where((X**2).sum(axis=1) > 9.34, 1, -1))
    # The boundary is the median: of 12000 rows half are beyond, give or take 0.0046.
    assert abs(y.mean()) < 0.04


@pytest.mark.parametrize("n_samples", [10, 11, (3, 8), (0, 2)])
def test_circles(n_samples):
    X, y = make_circles(n_samples, factor=0.3, random_state=0)
    wanted = n_samples if isinstance(n_samples, tuple) else (n_samples // 2, -(-n_samples // 2))
    assert_array_equal(np.bincount(y, minlength=2), wanted)
    assert_allclose(np.hypot(*X.T), np.where(y == 0, 1, 0.3))


@pytest.mark.parametrize("n_samples", [10, 11, (3, 8)])
def test_moons(n_samples):
    X, y = make_moons(n_samples, random_state=0)
    wanted = n_samples if isinstance(n_samples, tuple) else (n_samples // 2, -(-n_samples // 2))
    assert_array_equal(np.bincount(y), wanted)
    center = np.where(y[:, None] == 0, [0, 0], [1, 0.5])
    assert_allclose(np.hypot(*(X - center).T), 1)
    assert (X[y == 0, 1] >= 0).all()
    assert (X[y == 1, 1] <= 0.5).all()


@pytest.mark.parametrize("make", [make_circles, make_moons])
def test_curves_refuse_other_tuples(make):
    with pytest.raises(ValueError, match=r"n_samples=\(1, 2, 3\)"):
        make((1, 2, 3))
    with pytest.raises(ValueError, match="n_samples"):
        make([1, 2])


@pytest.mark.parametrize("make", [make_circles, make_moons])
def test_noise(make):
    clean, y = make(2000, shuffle=False)
    noisy, _ = make(2000, shuffle=False, noise=0.2, random_state=0)
    assert_allclose((noisy - clean).std(axis=0), 0.2, rtol=0.1)
    shuffled, classes = make(2000, random_state=0)
    assert (np.diff(y) >= 0).all()
    assert not (np.diff(classes) >= 0).all()
    assert_allclose(np.sort(shuffled, axis=0), np.sort(clean, axis=0))
