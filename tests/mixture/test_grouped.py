"""Moments, tallies and scaled distances of groups against a line of NumPy each."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.mixture.grouped import add_moments, class_moments, spread_of_all
from mlkit._engine.mixture.likelihood import scaled_squares
from mlkit._engine.mixture.tallies import class_tallies, class_totals


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, size=(101, 4)), rng.integers(0, 3, 101), rng.uniform(0, 2, 101)


@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_each_group(data, weighted):
    X, codes, weight = data
    w = weight if weighted else np.ones(len(X))
    count, mean, squares = class_moments(X, codes, 4, weight if weighted else None)
    for k in range(3):
        rows = codes == k
        centre = np.average(X[rows], axis=0, weights=w[rows])
        assert_allclose(count[k], w[rows].sum())
        assert_allclose(mean[k], centre)
        assert_allclose(squares[k], w[rows] @ (X[rows] - centre) ** 2)
    assert_array_equal(np.concatenate([mean[3], squares[3], count[3:]]), 0)
    assert_allclose(spread_of_all(count, mean, squares), np.cov(X.T, aweights=w, ddof=0).diagonal())


def test_merged_parts_are_the_whole(data):
    X, codes, weight = data
    parts = [class_moments(X[r], codes[r], 3, weight[r]) for r in (slice(40), slice(40, None))]
    for mine, whole in zip(add_moments(*parts), class_moments(X, codes, 3, weight), strict=True):
        assert_allclose(mine, whole, rtol=1e-12)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_tallies(data, form, weighted):
    X, codes, weight = data
    w = weight if weighted else None
    each = np.eye(4)[codes] * (1 if w is None else w[:, None])
    assert_allclose(class_tallies(form(X), codes, 4, w), each.T @ X)
    assert_allclose(class_totals(codes, 4, w), each.sum(axis=0))


@pytest.mark.parametrize("rows", [0, 1, 30000])
def test_scaled_squares(rows):
    rng = np.random.default_rng(0)
    X, mean, precision = rng.normal(size=(rows, 3)), rng.normal(size=(5, 3)), rng.random((5, 3))
    expected = (((X[:, None] - mean) ** 2) * precision).sum(axis=2)
    assert_allclose(scaled_squares(X, mean, precision), expected, rtol=1e-12)
