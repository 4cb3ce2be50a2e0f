"""Nearest rows with a value: the definition, any number of threads, bad arguments."""

import numpy as np
import pytest

from mlkit._engine.encode._donors import nearest
from mlkit._engine.encode.donors import nan_euclidean

RNG = np.random.default_rng(0)


def problem(n_rows=70, n_donors=1100, p=7):
    X, Y = RNG.normal(size=(n_rows, p)).round(1), RNG.normal(size=(n_donors, p)).round(1)
    X[RNG.random(X.shape) < 0.4] = np.nan
    Y[RNG.random(Y.shape) < 0.4] = np.nan
    X[0] = np.nan
    return X, Y


def asked(X, Y, k, n_threads=1):
    row, column = map(np.ascontiguousarray, np.nonzero(np.isnan(X)))
    starts = np.concatenate([[0], np.cumsum(np.isnan(X).sum(axis=1))])
    there = np.ascontiguousarray(~np.isnan(X), dtype=np.uint8)
    donors = np.nan_to_num(Y).T.copy()
    has = np.ascontiguousarray(~np.isnan(Y).T, dtype=float)
    found = nearest(np.nan_to_num(X), there, donors, has, starts, column, k, n_threads)
    return row, column, *found


@pytest.mark.parametrize("k", [1, 3, 40])
def test_they_are_the_nearest_and_the_first_of_them(k):
    X, Y = problem()
    away = np.nan_to_num(nan_euclidean(X, Y), nan=np.inf)
    row, column, index, distance = asked(X, Y, k)
    for i, j, near, far in zip(row, column, index, distance, strict=True):
        usable = np.flatnonzero(~np.isnan(Y[:, j]) & np.isfinite(away[i]))
        # Rounded values make many distances equal, and rounding may part them.
        ordered = usable[np.argsort(away[i, usable].round(9), kind="stable")][:k]
        finite = np.isfinite(far)
        np.testing.assert_allclose(np.sqrt(far[finite]), away[i, ordered], atol=1e-7)
        assert np.all(np.diff(far[finite]) >= 0)
        same = np.diff(far[finite]) == 0
        assert np.all(np.diff(near[finite])[same] > 0)
        assert finite.sum() == len(ordered)


def test_threads_change_nothing():
    X, Y = problem(400)
    first = asked(X, Y, 5, 1)
    for threads in (2, 7):
        for one, other in zip(first, asked(X, Y, 5, threads), strict=True):
            np.testing.assert_array_equal(one, other)


def test_bad_arguments():
    X, Y = problem(5, 6)
    there, donors = np.ones(X.shape, np.uint8), np.nan_to_num(Y).T.copy()
    rows, has = np.nan_to_num(X), np.ones(donors.shape)
    starts, columns = np.array([0, 1, 1, 1, 1, 1]), np.array([2])
    for bad in (
        (rows, there, donors[:2].copy(), has[:2].copy(), starts, columns, 1),
        (rows, there, donors, has, starts, columns, 0),
        (rows, there, donors, has, starts + 1, columns, 1),
        (rows, there, donors, has, starts, columns + 9, 1),
        (rows, there, donors, has, starts[:3].copy(), columns, 1),
    ):
        with pytest.raises(ValueError, match="shapes|starts|columns"):
            nearest(*bad)
