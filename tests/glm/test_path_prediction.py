"""Paths: predictions of their next point, and columns worth work."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.glm.coordinate import working_set
from mlkit._engine.glm.coordinate_blocks import lifted_factor, square_part
from mlkit._engine.glm.path import predicted


def test_a_line_goes_on_and_ends_at_zero():
    before, here = np.array([[1.0], [0.5], [0.0], [-1.0]]), np.array([[2.0], [0.2], [0.3], [-2.0]])
    there = predicted([3.0, 2.0, 1.0], [before, here], here)
    assert_allclose(there, [[3.0], [0.0], [0.6], [-3.0]])
    assert_allclose(predicted([3.0, 2.0, 1.5], [before, here], here)[0], 2.5)


def test_a_path_that_does_not_fall_predicts_nothing():
    here = np.ones((3, 1))
    for strengths in ([1.0, 1.0, 0.5], [1.0, 2.0, 0.5], [2.0, 1.0, 1.0]):
        assert predicted(strengths, [0.5 * here, here], here) is here
    assert predicted([2.0, 1.0], [here], here) is here


def test_a_working_set_holds_support_and_violators_alone():
    violation = np.zeros(500)
    violation[[3, 400, 77]] = 1.0, 2.0, 3.0
    support = np.zeros(500, dtype=bool)
    support[[5, 77]] = True
    assert_array_equal(working_set(violation, support, 100), [3, 5, 77, 400])
    assert_array_equal(working_set(violation, support, 1000), [3, 5, 77, 400])
    assert_array_equal(working_set(violation, support, 3), [5, 77, 400])
    assert_array_equal(working_set(violation[:10], support[:10], 20), np.arange(10))


def test_a_factor_tells_what_was_added_to_its_matrix():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 9))
    for matrix in (X @ X.T, X.T @ X):
        whole = matrix.copy()
        factor, lift = lifted_factor(matrix)
        assert_allclose(factor @ factor.T, whole + np.diag(lift), atol=1e-12)
        assert (lift > 0).any() == (len(whole) > 5)
    index = np.array([4, 0, 7])
    assert_array_equal(square_part(whole, index), whole[np.ix_(index, index)])
