"""Sums over groups of rows against a loop over groups."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.native.grouped import grouped_moments, grouped_sums


@pytest.fixture(params=["f8", "f4", "fortran", "strided", "wide", "int"])
def X(request):
    rng = np.random.RandomState(0)
    X = rng.randn(500, 300 if request.param == "wide" else 7) * 3 + 100
    changed = {
        "f4": lambda: X.astype("f4"),
        "fortran": lambda: np.asfortranarray(X),
        "strided": lambda: X[::2, ::2],
        "int": lambda: X.astype(int),
    }
    return changed.get(request.param, lambda: X)()


@pytest.mark.parametrize("n_threads", [1, 4])
def test_groups_by_definition(X, n_threads):
    codes = np.arange(len(X)) ** 2 % 7  # squares: groups 3, 5 and 6 have no rows
    count, mean, squares = grouped_moments(X, codes, 7, n_threads=n_threads)
    sums = grouped_sums(X, codes, 7, n_threads=n_threads)
    for k in range(7):
        part = X[codes == k].astype(np.float64)
        assert count[k] == len(part)
        if len(part):
            assert_allclose(mean[k], part.mean(0), rtol=1e-13)
            assert_allclose(squares[k], ((part - part.mean(0)) ** 2).sum(0), rtol=1e-10)
        else:
            assert not mean[k].any() and not squares[k].any()
        assert_allclose(sums[k], part.sum(0), rtol=1e-13)


def test_threads_change_nothing(X):
    codes = np.random.RandomState(1).randint(0, 3, len(X))
    for one, four in zip(
        grouped_moments(X, codes, 3, n_threads=1),
        grouped_moments(X, codes, 3, n_threads=4),
        strict=True,
    ):
        assert_array_equal(one, four)


def test_what_is_constant_in_a_group_has_no_deviation():
    X = np.repeat([[0.1], [1e9 + 0.3]], 1000, axis=0)
    assert not grouped_moments(X, np.repeat([0, 1], 1000), 2)[2].any()


@pytest.mark.parametrize("function", [grouped_sums, grouped_moments])
def test_the_door(function):
    X = np.zeros((3, 2))
    with pytest.raises(ValueError, match="codes must be in"):
        function(X, [0, 1, 2], 2)
    with pytest.raises(ValueError, match="codes must be in"):
        function(X, [0, -1, 1], 2)
    with pytest.raises(ValueError, match="shape"):
        function(X, [0, 1], 2)
    with pytest.raises(ValueError, match="2 dimensions"):
        function(X[0], [0, 1], 2)
    function(np.zeros((0, 2)), [], 3)
