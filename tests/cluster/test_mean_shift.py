"""Mean shift: centres are their own means, whatever the seeds, and scikit-learn's clusters."""

import numpy as np
import pytest
import sklearn.cluster as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.cluster import MeanShift, estimate_bandwidth, get_bin_seeds, mean_shift
from mlkit.datasets import make_blobs


@pytest.fixture(scope="module")
def rows():
    return make_blobs(300, 2, centers=4, cluster_std=0.7, random_state=1)[0]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bandwidth": 1.5},
        {"bandwidth": 1.0, "bin_seeding": True, "min_bin_freq": 2},
        {"bandwidth": 0.8, "cluster_all": False},
        {"bandwidth": 2.0, "seeds": [[-6.0, -3.0], [-7.0, -7.0], [99.0, 99.0]]},
        {"bandwidth": 1.5, "max_iter": 1},
    ],
)
def test_as_scikit_learn(rows, settings):
    mine, theirs = (cls(**settings).fit(rows) for cls in (MeanShift, reference.MeanShift))
    assert_allclose(mine.cluster_centers_, theirs.cluster_centers_, rtol=1e-9)
    assert_array_equal(mine.labels_, theirs.labels_)
    assert_array_equal(mine.predict(rows), theirs.predict(rows))
    assert mine.n_iter_ == theirs.n_iter_


def test_centres_are_the_means_of_the_rows_around_them(rows):
    model = MeanShift(bandwidth=1.5).fit(rows)
    for centre in model.cluster_centers_:
        around = rows[np.linalg.norm(rows - centre, axis=1) <= 1.5]
        assert np.linalg.norm(around.mean(axis=0) - centre) <= 1.5e-2
    apart = np.linalg.norm(model.cluster_centers_[:, None] - model.cluster_centers_, axis=2)
    assert (apart[~np.eye(len(apart), dtype=bool)] > 1.5).all()


def test_far_rows_are_left_out(rows):
    model = MeanShift(bandwidth=0.8, cluster_all=False).fit(rows)
    nearest = np.linalg.norm(rows[:, None] - model.cluster_centers_, axis=2).min(axis=1)
    assert_array_equal(model.labels_ == -1, nearest > 0.8)


@pytest.mark.parametrize("options", [{}, {"quantile": 0.05}, {"n_samples": 50}])
def test_bandwidth(rows, options):
    assert_allclose(estimate_bandwidth(rows, **options),
                    reference.estimate_bandwidth(rows, **options))  # fmt: skip


def test_seeds_on_a_grid(rows):
    for size, least in [(1.0, 1), (0.5, 3)]:
        mine = get_bin_seeds(rows, size, least)
        theirs = {
            tuple(cell) for cell in np.round(rows / size)
            if (np.round(rows / size) == cell).all(axis=1).sum() >= least
        }  # fmt: skip
        assert {tuple(each / size) for each in mine} == theirs
    with pytest.warns(UserWarning, match="Binning data failed"):
        assert_array_equal(get_bin_seeds(rows, 1e-9), rows)


def test_function_and_refusal(rows):
    centers, labels = mean_shift(rows, bandwidth=1.5)
    model = MeanShift(bandwidth=1.5).fit(rows)
    assert_array_equal(centers, model.cluster_centers_)
    assert_array_equal(labels, model.labels_)
    with pytest.raises(ValueError, match="No point was within"):
        MeanShift(bandwidth=0.1, seeds=[[99.0, 99.0]]).fit(rows)
