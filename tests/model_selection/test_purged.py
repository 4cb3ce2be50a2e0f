"""Splitters in time: no training row knows what the test asks."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlkit import config_context
from mlkit.base import clone
from mlkit.linear_model import Ridge
from mlkit.model_selection import (
    GroupTimeSeriesSplit,
    PurgedKFold,
    TimeSeriesSplit,
    cross_val_score,
)

ROWS = np.zeros((30, 1))


# ----------------------------------------------------------------------- purged folds
@given(
    st.integers(8, 40),
    st.integers(2, 6),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 5),
    st.integers(0, 10**6),
)
def test_spans_do_not_touch(n, k, gap, embargo, longest, seed):
    assume(k <= n)
    rng = np.random.RandomState(seed)
    times = np.sort(rng.randint(0, 3 * n, n))[rng.permutation(n)]
    ends = times + rng.randint(0, longest + 1, n)
    cv = PurgedKFold(k, times=times, ends=ends, gap=gap, embargo=embargo)
    try:
        folds = list(cv.split(np.zeros(n)))
    except ValueError as error:
        assert "too close" in str(error)
        return
    assert len(folds) == cv.get_n_splits() == k
    tested = np.concatenate([test for _, test in folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(n))
    for train, test in folds:
        first, last = times[test].min(), ends[test].max()
        for row in range(n):
            early = first - ends[row]
            late = times[row] - last
            kept = (early > gap if gap else early > 0) or (
                late > gap + embargo if gap + embargo else late > 0
            )
            assert (row in train) == (kept and row not in test)


def test_without_spans_it_is_k_fold_with_a_gap():
    for train, test in PurgedKFold(5, gap=2).split(ROWS):
        np.testing.assert_array_equal(test, np.arange(test[0], test[0] + 6))
        left_out = set(range(30)) - set(train) - set(test)
        around = set(range(test[0] - 2, test[0])) | set(range(test[-1] + 1, test[-1] + 3))
        assert left_out == around & set(range(30))


def test_combinations_of_blocks():
    cv = PurgedKFold(6, n_tested=2, gap=1)
    folds = list(cv.split(ROWS))
    assert len(folds) == cv.get_n_splits() == math.comb(6, 2)
    counts = np.bincount(np.concatenate([test for _, test in folds]))
    assert (counts == 5).all()
    assert all(abs(a - b) > 1 for train, test in folds for a in train for b in test)


def test_datetimes():
    times = np.datetime64("2024-01-01") + np.arange(30).astype("timedelta64[D]")
    days = np.timedelta64(3, "D")
    dated = PurgedKFold(5, times=times, ends=times + days, gap=np.timedelta64(1, "D"))
    numbered = PurgedKFold(5, ends=np.arange(30) + 3, gap=1)
    for (a, b), (c, d) in zip(dated.split(ROWS), numbered.split(ROWS), strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PurgedKFold(1), "n_splits"),
        (lambda: PurgedKFold(3, n_tested=3), "n_tested"),
        (lambda: list(PurgedKFold(40).split(ROWS)), "n_samples"),
        (lambda: list(PurgedKFold(3, times=[1, 2]).split(ROWS)), "times has 2"),
        (lambda: list(PurgedKFold(3, ends=np.arange(30) - 1).split(ROWS)), "ends"),
        (lambda: list(PurgedKFold(3, gap=30).split(ROWS)), "too close"),
        (lambda: GroupTimeSeriesSplit(0), "n_splits"),
        (lambda: GroupTimeSeriesSplit(gap=-1), "gap"),
        (lambda: list(GroupTimeSeriesSplit(9).split(ROWS, groups=np.arange(30) % 4)), "groups"),
        (lambda: list(GroupTimeSeriesSplit().split(ROWS)), "pass the group"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --------------------------------------------------------------------- groups in time
@pytest.mark.parametrize(
    "options", [{}, {"gap": 1}, {"test_size": 2, "max_train_size": 3}, {"n_splits": 3, "gap": 2}]
)
def test_groups_are_split_as_rows_are(options):
    """With one row a group it is TimeSeriesSplit; with more, each row follows its group."""
    names = {"test_size": "test_groups", "max_train_size": "max_train_groups"}
    cv = GroupTimeSeriesSplit(**{names.get(key, key): value for key, value in options.items()})
    plain = TimeSeriesSplit(**options)
    groups = np.repeat([f"day {i}" for i in range(29, -1, -1)], np.arange(30) % 3 + 1)
    place = np.repeat(np.arange(30), np.arange(30) % 3 + 1)
    found = cv.split(np.zeros(len(groups)), groups=groups)
    for (train, test), (a, b) in zip(found, plain.split(ROWS), strict=True):
        np.testing.assert_array_equal(train, np.flatnonzero(np.isin(place, a)))
        np.testing.assert_array_equal(test, np.flatnonzero(np.isin(place, b)))
    assert cv.get_n_splits() == plain.n_splits


def test_groups_are_routed():
    rng = np.random.RandomState(0)
    X, y, groups = rng.rand(40, 2), rng.rand(40), np.repeat(np.arange(10), 4)
    plain = cross_val_score(Ridge(), X, y, groups=groups, cv=GroupTimeSeriesSplit(3))
    with config_context(enable_metadata_routing=True):
        routed = cross_val_score(
            Ridge(), X, y, params={"groups": groups}, cv=GroupTimeSeriesSplit(3)
        )
    np.testing.assert_array_equal(plain, routed)


@pytest.mark.parametrize("cv", [PurgedKFold(4, gap=1), GroupTimeSeriesSplit(3, gap=1)])
def test_they_are_shown_and_cloned_as_splitters_are(cv):
    assert repr(cv).startswith(f"{type(cv).__name__}(") and "gap=1" in repr(cv)
    assert repr(clone(cv, safe=False)) == repr(cv)
