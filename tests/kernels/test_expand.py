"""Distances from inner products against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit._engine.neighbors.expand import finish


@pytest.mark.parametrize("squared", [False, True])
def test_products_become_distances_on_any_number_of_threads(squared):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(33, 5)), rng.normal(size=(17, 5))
    found = []
    for threads in (1, 4):
        part = -2 * X @ Y.T
        finish(part, (X * X).sum(axis=1), (Y * Y).sum(axis=1), squared, n_threads=threads)
        found.append(part)
    expected = ((X[:, None] - Y) ** 2).sum(axis=2)
    assert_allclose(found[0], expected if squared else np.sqrt(expected))
    np.testing.assert_array_equal(*found)


def test_rounding_below_zero_is_zero_and_shapes_must_agree():
    part = np.array([[-2.0 - 1e-9]])
    finish(part, np.ones(1), np.ones(1))
    assert part[0, 0] == 0
    with pytest.raises(ValueError, match="squares"):
        finish(part, np.ones(2), np.ones(1))
