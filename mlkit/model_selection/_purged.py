"""Splitters for rows in time: groups that come one after the other, tests kept apart from training.

A label that is made of what happens after its row (a return over ten days, a failure within a
month) is known late. A training row whose span touches that of a test row has seen its answer.
"""

import math
import numbers
from itertools import combinations

import numpy as np

from .._core.arrays import column_or_1d, indexable, num_samples
from ._splitter import BaseCrossValidator, GroupsConsumer, group_labels


def _whole(value, name, owner, least):
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{owner}({name}={value!r}): must be an int of {least} or more")
    return int(value)


class GroupTimeSeriesSplit(GroupsConsumer, BaseCrossValidator):
    """Tests that move on in time by whole groups, each behind the groups it is trained on.

    Groups, such as days or sessions, are taken in the order in which they first appear.

    Parameters
    ----------
    n_splits : int, default=5
    max_train_groups : int, default=None
        Groups to train on at most, the latest.
    test_groups : int, default=None
        Groups in a test; by default n_groups // (n_splits + 1).
    gap : int, default=0
        Groups left out between training and test.

    Examples
    --------
    >>> from mlkit.model_selection import GroupTimeSeriesSplit
    >>> days = ["mon", "mon", "tue", "wed", "wed", "wed"]
    >>> for train, test in GroupTimeSeriesSplit(2).split(days, groups=days):
    ...     print(train, test)
    [0 1] [2]
    [0 1 2] [3 4 5]
    """

    def __init__(self, n_splits=5, *, max_train_groups=None, test_groups=None, gap=0):
        owner = type(self).__name__
        self.n_splits = _whole(n_splits, "n_splits", owner, 1)
        for name, value in (("max_train_groups", max_train_groups), ("test_groups", test_groups)):
            if value is not None:
                _whole(value, name, owner, 1)
        self.max_train_groups = max_train_groups
        self.test_groups = test_groups
        self.gap = _whole(gap, "gap", owner, 0)

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the order of time; only their number is used.
        y : ignored
        groups : array-like of shape (n_samples,)
            Group of each row.

        Yields
        ------
        train, test : ndarray of int
        """
        X, y, groups = indexable(X, y, groups)
        groups = group_labels(groups, type(self).__name__)
        _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
        place = np.argsort(np.argsort(first))[codes.reshape(-1)]
        n_groups = len(first)
        size = n_groups // (self.n_splits + 1) if self.test_groups is None else self.test_groups
        start = n_groups - self.n_splits * size
        if size < 1 or start - self.gap < 1:
            raise ValueError(
                f"{self}: {n_groups} groups leave none to train on; lower n_splits, test_groups "
                "or gap"
            )
        for begin in range(start, n_groups, size):
            end = begin - self.gap
            earliest = 0 if self.max_train_groups is None else max(0, end - self.max_train_groups)
            train = np.flatnonzero((place >= earliest) & (place < end))
            yield train, np.flatnonzero((place >= begin) & (place < begin + size))

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return self.n_splits


class PurgedKFold(BaseCrossValidator):
    """K folds of rows in time, without training rows whose labels overlap those of the test.

    The rows, in the order of time, are cut into `n_splits` blocks of near-equal size. A row is
    trained on if its span, from its time to the end of its label, ends more than `gap` before the
    tested block begins, or begins more than ``gap + embargo`` after the last label of the block
    ends. With `n_tested` blocks at a time each combination of blocks is a test.

    Parameters
    ----------
    n_splits : int, default=5
        Number of blocks, at least 2.
    times : array-like of shape (n_samples,), default=None
        Time of each row, numbers or datetimes; None is the row's position.
    ends : array-like of shape (n_samples,), default=None
        When each row's label is known, not before its time; None is its time.
    gap : number or timedelta, default=0
        Left out on both sides of a tested block.
    embargo : number or timedelta, default=0
        Left out in addition behind it, for what the test's features tell of later rows.
    n_tested : int, default=1
        Blocks tested at a time.

    References
    ----------
    López de Prado, M. (2018). Advances in financial machine learning, chapters 7 and 12. Wiley.

    Examples
    --------
    >>> from mlkit.model_selection import PurgedKFold
    >>> for train, test in PurgedKFold(3, gap=1, embargo=1).split(range(9)):
    ...     print(train, test)
    [5 6 7 8] [0 1 2]
    [0 1 8] [3 4 5]
    [0 1 2 3 4] [6 7 8]
    """

    def __init__(self, n_splits=5, *, times=None, ends=None, gap=0, embargo=0, n_tested=1):
        owner = type(self).__name__
        self.n_splits = _whole(n_splits, "n_splits", owner, 2)
        self.n_tested = _whole(n_tested, "n_tested", owner, 1)
        if n_tested >= n_splits:
            raise ValueError(
                f"{owner}(n_tested={n_tested}): must be below n_splits={n_splits}, or nothing is "
                "left to train on"
            )
        self.times = times
        self.ends = ends
        self.gap = gap
        self.embargo = embargo

    def _spans(self, n_rows):
        times = np.arange(n_rows) if self.times is None else column_or_1d(self.times)
        ends = times if self.ends is None else column_or_1d(self.ends)
        for name, values in (("times", times), ("ends", ends)):
            if len(values) != n_rows:
                raise ValueError(
                    f"PurgedKFold: {name} has {len(values)} values for {n_rows} rows of X"
                )
        if (ends < times).any():
            raise ValueError("PurgedKFold: ends must not lie before times")
        return times, ends

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Only its length is used.
        y, groups : ignored

        Yields
        ------
        train, test : ndarray of int
        """
        (X,) = indexable(X)
        n_rows = num_samples(X)
        if self.n_splits > n_rows:
            raise ValueError(
                f"PurgedKFold(n_splits={self.n_splits}): each block needs a row, and there are "
                f"only n_samples={n_rows}"
            )
        times, ends = self._spans(n_rows)
        blocks = np.array_split(np.argsort(times, kind="stable"), self.n_splits)
        apart = [self._apart(times, ends, block) for block in blocks]
        for tested in combinations(range(self.n_splits), self.n_tested):
            trains = np.logical_and.reduce([apart[number] for number in tested])
            test = np.sort(np.concatenate([blocks[number] for number in tested]))
            train = np.flatnonzero(trains)
            if len(train) == 0:
                raise ValueError(
                    "PurgedKFold: every row lies too close to a test to be trained on; lower gap "
                    "or embargo, or use other spans"
                )
            yield train, test

    def _apart(self, times, ends, block):
        """Which rows may be trained on where `block` is tested."""
        before = ends < times[block].min()
        after = times > ends[block].max()
        if self.gap:
            before &= times[block].min() - ends > self.gap
            after &= times - ends[block].max() > self.gap
        if self.embargo:
            wait = self.gap + self.embargo if self.gap else self.embargo
            after &= times - ends[block].max() > wait
        before[block] = after[block] = False
        return before | after

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds: n_splits, or ``n_splits`` choose ``n_tested``.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return math.comb(self.n_splits, self.n_tested)
