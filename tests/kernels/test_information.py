"""Neighbour counts against all pairs of points."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import digamma

from mlkit._engine.neighbors.information import with_classes, with_continuous


def pair_by_definition(x, y, k):
    dx, dy = abs(x[:, None] - x), abs(y[:, None] - y)
    both = np.maximum(dx, dy)
    np.fill_diagonal(both, np.inf)
    radius = np.nextafter(np.sort(both, axis=1)[:, k - 1], 0)[:, None]
    counts = [digamma((d <= radius).sum(1)).mean() for d in (dx, dy)]
    return digamma(len(x)) + digamma(k) - sum(counts)


def classes_by_definition(c, d, k):
    kept = np.isin(d, np.flatnonzero(np.bincount(d) > 1))
    c, d = c[kept], d[kept]
    terms = []
    for i in range(len(c)):
        distance = abs(c - c[i])
        own = np.sort(distance[d == d[i]])
        here = min(k, len(own) - 1)
        m = (distance <= np.nextafter(own[here], 0)).sum()
        terms.append(digamma(here) - digamma(len(own)) - digamma(m))
    return digamma(len(c)) + np.mean(terms) if len(c) else 0.0


@pytest.fixture(params=["smooth", "line", "steps", "grid", "heavy"])
def pair(request):
    rng = np.random.RandomState(3)
    x = rng.randn(400)
    y = {
        "smooth": x + rng.randn(400),
        "line": 2 * x,
        "steps": np.round(x) + 1e-10 * rng.randn(400),
        "grid": np.round(rng.randn(400)),
        "heavy": rng.standard_cauchy(400) ** 3,
    }[request.param]
    return (np.round(x, 1) if request.param == "grid" else x), y


@pytest.mark.parametrize("k", [1, 3, 10])
def test_pairs(pair, k):
    x, y = pair
    expected = pair_by_definition(x, y, k)
    assert_allclose(with_continuous(x[None], y, k), [expected], atol=1e-11)
    assert_allclose(with_continuous(y[None], x, k), [expected], atol=1e-11)


@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("n_classes", [1, 3, 100, 390])
def test_classes(pair, k, n_classes):
    codes = np.random.RandomState(0).randint(0, n_classes, 400)
    for c in pair:
        expected = classes_by_definition(c, codes, k)
        assert_allclose(with_classes(c[None], codes[None], k), [expected], atol=1e-11)


def test_threads_change_nothing():
    rng = np.random.RandomState(0)
    X, y = rng.randn(6, 3000), rng.randn(3000)
    codes = rng.randint(0, 3, (1, 3000))
    assert_array_equal(with_continuous(X, y, 3, 1), with_continuous(X, y, 3, 4))
    assert_array_equal(with_classes(X, codes, 3, 1), with_classes(X, codes, 3, 4))


def test_one_variable_with_many_classes():
    rng = np.random.RandomState(0)
    c, codes = rng.randn(1, 200), rng.randint(0, 4, (3, 200))
    apart = [with_classes(c, row[None], 3)[0] for row in codes]
    assert_array_equal(with_classes(c, codes, 3), apart)


def test_classes_of_one_point_say_nothing():
    assert with_classes(np.arange(4.0)[None], np.arange(4)[None], 3)[0] == 0


def test_the_door():
    with pytest.raises(ValueError, match="n_neighbors=5 must be from 1 to"):
        with_continuous(np.zeros((1, 5)), np.zeros(5), 5)
    with pytest.raises(ValueError, match="y has shape"):
        with_continuous(np.zeros((1, 5)), np.zeros(4), 1)
    with pytest.raises(ValueError, match="negative"):
        with_classes(np.zeros((1, 2)), np.array([[0, -1]]), 1)
    with pytest.raises(ValueError, match="do not go with"):
        with_classes(np.zeros((3, 2)), np.zeros((2, 2), int), 1)
