"""Sheets in space: points lie on them, at the position that is returned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit.datasets import make_s_curve, make_swiss_roll


@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize("n_samples", [1, 900])
def test_swiss_roll(n_samples, hole):
    X, t = make_swiss_roll(n_samples, hole=hole, random_state=0)
    assert X.shape == (n_samples, 3)
    assert t.shape == (n_samples,)
    assert_allclose(X[:, 0], t * np.cos(t))
    assert_allclose(X[:, 2], t * np.sin(t))
    assert ((t >= 1.5 * np.pi) & (t <= 4.5 * np.pi)).all()
    assert ((X[:, 1] >= 0) & (X[:, 1] <= 21)).all()


def test_hole_is_the_middle_ninth():
    def tiles(hole):
        X, t = make_swiss_roll(9000, hole=hole, random_state=0)
        along = (t / np.pi - 1.5).astype(int)
        across = (X[:, 1] / 7).astype(int)
        return np.bincount(3 * along + across, minlength=9)

    assert_allclose(tiles(False), 1000, rtol=0.15)
    with_hole = tiles(True)
    assert with_hole[4] == 0
    assert_allclose(np.delete(with_hole, 4), 1125, rtol=0.15)


@pytest.mark.parametrize("n_samples", [1, 900])
def test_s_curve(n_samples):
    X, t = make_s_curve(n_samples, random_state=0)
    assert X.shape == (n_samples, 3)
    assert t.shape == (n_samples,)
    assert_allclose(X[:, 0], np.sin(t))
    # Two unit circles about (0, ∓1): the S.
    assert_allclose(X[:, 0] ** 2 + (abs(X[:, 2]) - 1) ** 2, 1)
    assert (abs(t) <= 1.5 * np.pi).all()
    assert ((X[:, 1] >= 0) & (X[:, 1] <= 2)).all()


@pytest.mark.parametrize("make", [make_s_curve, make_swiss_roll])
def test_noise_moves_points_not_positions(make):
    X, t = make(3000, random_state=0)
    noisy, same = make(3000, noise=0.4, random_state=0)
    assert_allclose(t, same)
    assert_allclose((noisy - X).std(axis=0), 0.4, rtol=0.1)
    with pytest.raises(ValueError, match="noise"):
        make(noise=-1.0)
