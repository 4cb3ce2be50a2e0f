"""Rows in drawn order: NumPy's own draws, and rows by fold against a line of NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkit._engine.evaluate import folds
from mlkit._engine.evaluate.dealing import apart, deal, first_rows, gather, shuffle
from mlkit._engine.evaluate.rows import take

SIZES = [0, 1, 2, 3, 63, 64, 65, 66, 127, 128, 129, 1000, 65_536, 65_537, 100_003]
MAKERS = {
    "legacy": lambda: np.random.RandomState(3),
    "pcg": lambda: np.random.RandomState(np.random.PCG64(3)),
    "generator": lambda: np.random.RandomState(np.random.default_rng(3).bit_generator),
}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("maker", MAKERS)
def test_draws_are_numpys_and_so_is_what_is_left(n, maker):
    ours, theirs = MAKERS[maker](), MAKERS[maker]()
    np.testing.assert_array_equal(folds.permutation(ours, n), theirs.permutation(n))
    for dtype in (np.int32, np.int64):
        mine = np.arange(n, dtype=dtype) * 3
        yours = mine.copy()
        shuffle(ours, mine)
        theirs.shuffle(yours)
        np.testing.assert_array_equal(mine, yours)
    assert ours.randint(10**9) == theirs.randint(10**9)


@given(st.lists(st.integers(0, 4), max_size=40))
def test_counts_and_first_rows(codes):
    codes = np.array(codes, dtype=np.int64)
    counts, first = first_rows(codes, 5)
    np.testing.assert_array_equal(counts, np.bincount(codes, minlength=5))
    for code in np.unique(codes):
        assert first[code] == np.flatnonzero(codes == code)[0]


@pytest.mark.parametrize("bad", [-1, 3])
def test_codes_out_of_range_are_refused(bad):
    codes = np.array([0, bad], dtype=np.int64)
    with pytest.raises(ValueError, match="0 to 2"):
        first_rows(codes, 3)
    with pytest.raises(ValueError, match="no cards"):
        deal(codes, np.zeros(3, dtype=np.int64), np.zeros(2, dtype=np.int32))
    with pytest.raises(ValueError, match="cards are dealt"):
        deal(codes, np.zeros(3, dtype=np.int64), np.zeros(1, dtype=np.int32))


@given(st.lists(st.integers(0, 3), max_size=60))
def test_rows_of_a_fold_and_of_the_others(fold):
    fold = np.array(fold, dtype=np.int32)
    for number in range(5):
        others, own = apart(fold, number)
        np.testing.assert_array_equal(own, np.flatnonzero(fold == number))
        np.testing.assert_array_equal(others, np.flatnonzero(fold != number))
        assert own.dtype == others.dtype == np.int64


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 1, 3, 7],
        [-5, 70_000, -5],
        [2**60, -(2**60), 2**60],
        ["b", "a", "b"],
        [True, False, True],
        [0.5, 0.25, 0.5],
        np.array([200, 3, 200], dtype=np.uint8),
    ],
)
def test_codes_tell_labels_apart(labels):
    labels = np.asarray(labels)
    codes, n_codes = folds.codes_of(labels)
    assert codes.dtype == np.int64 and codes.min() >= 0 and codes.max() < n_codes
    np.testing.assert_array_equal(
        codes[:, None] == codes[None, :], labels[:, None] == labels[None, :]
    )
    expected = np.sort(np.unique(labels, return_counts=True)[1])
    np.testing.assert_array_equal(np.sort(folds.class_counts(labels)), expected)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2", "U3", "M8[s]", "?"])
@pytest.mark.parametrize("shape", [(5000,), (5000, 7), (5000, 2, 3), (5000, 90)])
def test_rows_are_taken_whatever_they_hold(dtype, shape, monkeypatch):
    monkeypatch.setattr("mlkit._engine.evaluate.rows._LARGE", 1)
    monkeypatch.setattr("mlkit._engine.evaluate.rows._WIDE", 1)
    values = np.arange(np.prod(shape)).reshape(shape)
    X = (values % 7).astype(dtype) if dtype == "U3" else values.astype(dtype)
    rows = np.random.RandomState(0).randint(-5000, 5000, 3000)
    for chosen in (rows, np.abs(rows).clip(max=4999), np.arange(0)):
        found = take(X, chosen)
        np.testing.assert_array_equal(found, X[chosen])
        assert found.dtype == X.dtype
    for part in (X[::2], np.asfortranarray(X), X.astype(object)):
        np.testing.assert_array_equal(take(part, rows[:9] % len(part)), part[rows[:9] % len(part)])
    with pytest.raises(IndexError):
        take(X, np.array([5000]))
    with pytest.raises(IndexError):
        take(X, np.array([-5001]))


def test_threads_change_nothing():
    X = np.random.RandomState(0).rand(3000, 5)
    rows = np.random.RandomState(1).randint(0, 3000, 2000)
    for n_threads in (1, 2, 4):
        out = np.empty((2000, 5))
        gather(X.view(np.uint8), rows, out.view(np.uint8), n_threads)
        np.testing.assert_array_equal(out, X[rows])
    with pytest.raises(ValueError, match="bytes"):
        gather(X.view(np.uint8), rows, np.empty((2, 5)).view(np.uint8), 1)
