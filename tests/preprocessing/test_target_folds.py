"""Cross-fitted encodings: each row by the other rows, however the folds are given."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.encode.moments import fold_moments, leave_out, look_up
from mlkit.preprocessing import TargetEncoder


def table(n_rows=400, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 7, n_rows), rng.integers(0, 60, n_rows)])
    return X, rng.normal(3.0, 1.0, n_rows) + X[:, 0]


class Given:
    """A splitter of given pairs."""

    def __init__(self, pairs):
        self.pairs = pairs

    def split(self, X, y=None, groups=None):
        return iter(self.pairs)

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(self.pairs)


@pytest.mark.parametrize("smooth", ["auto", 0.0, 5.0])
@pytest.mark.parametrize("kind", ["continuous", "binary", "multiclass"])
def test_rows_are_encoded_by_the_rows_of_other_folds(smooth, kind):
    X, y = table()
    y = {"continuous": y, "binary": y > 6, "multiclass": np.digitize(y, [5.0, 7.0])}[kind]
    fold = np.arange(len(X)) % 4
    pairs = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(4)]
    out = TargetEncoder(smooth=smooth, cv=Given(pairs)).fit_transform(X, y)
    for train, test in pairs:
        alone = TargetEncoder(smooth=smooth, target_type=kind).fit(X[train], y[train])
        assert_allclose(out[test], alone.transform(X[test]), rtol=1e-12, atol=1e-12)


def test_a_split_may_train_on_fewer_rows():
    X, y = table()
    halves = np.arange(len(X)) % 2
    pairs = [(np.flatnonzero(halves != k)[::3], np.flatnonzero(halves == k)) for k in range(2)]
    out = TargetEncoder(cv=pairs).fit_transform(X, y)
    for train, test in pairs:
        alone = TargetEncoder().fit(X[train], y[train])
        assert_allclose(out[test], alone.transform(X[test]), rtol=1e-12)


def test_masks_are_splits_too():
    X, y = table()
    fold = np.arange(len(X)) % 3
    masks = [(fold != k, fold == k) for k in range(3)]
    rows = [(np.flatnonzero(a), np.flatnonzero(b)) for a, b in masks]
    encoded = [TargetEncoder(cv=pairs).fit_transform(X, y) for pairs in (masks, rows)]
    assert_array_equal(*encoded)


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_moments_are_those_of_numpy(offset):
    X, y = table()
    codes = np.ascontiguousarray(X.T, dtype=np.int32)
    codes[0, :5] = -1
    fold = (np.arange(len(y)) % 3).astype(np.int32)
    offsets, targets = [0, 7, 67], np.stack([y + offset, y**2])
    found = fold_moments(codes, offsets, targets, fold, 3)
    for threads in (2, 4):
        again = fold_moments(codes, offsets, targets, fold, 3, n_threads=threads)
        assert_array_equal(found, again)
    others = leave_out(found)
    for rows, moments in (("own", found), ("others", others)):
        for k in range(3):
            here = (fold == k) if rows == "own" else (fold != k)
            for j, c in ((0, 2), (1, 11)):
                values = targets[0, here & (codes[j] == c)]
                count, mean, within = moments[0, k, :, offsets[j] + c]
                assert count == len(values)
                assert_allclose(mean, values.mean(), rtol=1e-14)
                assert_allclose(within, ((values - values.mean()) ** 2).sum(), rtol=1e-6)


def test_look_up_and_its_door():
    codes = np.array([[0, 1, -1]], dtype=np.int32)
    tables, unknown = np.array([[[1.0, 2.0]]]), np.array([[9.0]])
    assert look_up(tables, unknown, codes, [0, 2]).ravel().tolist() == [1.0, 2.0, 9.0]
    with pytest.raises(ValueError, match="a code is 1"):
        look_up(tables, unknown, codes, [0, 1])
    with pytest.raises(ValueError, match="folds must be in"):
        fold_moments(codes, [0, 2], np.ones((1, 3)), np.array([0, 1, 2]), 2)
