"""Splitters that test each row, each group, or what the user says."""

import math
import warnings
from itertools import combinations

import numpy as np

from .._core.arrays import column_or_1d, num_samples
from ._splitter import BaseCrossValidator, GroupsConsumer, group_labels


class LeaveOneOut(BaseCrossValidator):
    """Each row is tested alone.

    Examples
    --------
    >>> from mlkit.model_selection import LeaveOneOut
    >>> [test.tolist() for _, test in LeaveOneOut().split([[1], [2]])]
    [[0], [1]]
    """

    def _test_rows(self, X, y=None, groups=None):
        n_rows = num_samples(X)
        if n_rows <= 1:
            raise ValueError(f"LeaveOneOut needs at least 2 rows, got {n_rows}")
        return range(n_rows)

    def get_n_splits(self, X, y=None, groups=None):
        """Return the number of folds, which is that of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y, groups : ignored

        Returns
        -------
        int
        """
        if X is None:
            raise ValueError("LeaveOneOut.get_n_splits counts the rows of X, got None")
        return num_samples(X)


class LeavePOut(BaseCrossValidator):
    """Each set of p rows is tested: (n choose p) folds.

    Parameters
    ----------
    p : int
        Rows tested at a time.

    Examples
    --------
    >>> from mlkit.model_selection import LeavePOut
    >>> LeavePOut(2).get_n_splits([[1], [2], [3], [4]])
    6
    """

    def __init__(self, p):
        self.p = p

    def _test_rows(self, X, y=None, groups=None):
        n_rows = num_samples(X)
        if n_rows <= self.p:
            raise ValueError(f"LeavePOut(p={self.p}) needs more than p rows, got {n_rows}")
        return (np.array(rows) for rows in combinations(range(n_rows), self.p))

    def get_n_splits(self, X, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y, groups : ignored

        Returns
        -------
        int
        """
        if X is None:
            raise ValueError("LeavePOut.get_n_splits counts the rows of X, got None")
        return math.comb(num_samples(X), self.p)


class LeaveOneGroupOut(GroupsConsumer, BaseCrossValidator):
    """Each group is tested alone.

    Examples
    --------
    >>> from mlkit.model_selection import LeaveOneGroupOut
    >>> [test.tolist() for _, test in LeaveOneGroupOut().split([[0]] * 3, groups=[1, 2, 1])]
    [[0, 2], [1]]
    """

    def _test_masks(self, X, y, groups):
        groups = group_labels(groups, "LeaveOneGroupOut")
        names = np.unique(groups)
        if len(names) <= 1:
            raise ValueError(f"LeaveOneGroupOut needs at least 2 groups, got {names}")
        return (groups == name for name in names)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of groups.

        Parameters
        ----------
        X, y : ignored
        groups : array-like of shape (n_samples,)

        Returns
        -------
        int
        """
        return len(np.unique(group_labels(groups, "LeaveOneGroupOut")))

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold; parameters as in `BaseCrossValidator.split`.

        Yields
        ------
        train, test : ndarray of int
        """
        return super().split(X, y, groups)


class LeavePGroupsOut(GroupsConsumer, BaseCrossValidator):
    """Each set of p groups is tested.

    Parameters
    ----------
    n_groups : int
        Groups tested at a time.
    """

    def __init__(self, n_groups):
        self.n_groups = n_groups

    def _test_masks(self, X, y, groups):
        groups = group_labels(groups, "LeavePGroupsOut")
        names = np.unique(groups)
        if self.n_groups >= len(names):
            raise ValueError(
                f"LeavePGroupsOut(n_groups={self.n_groups}) needs more groups, got {names}"
            )
        return (np.isin(groups, chosen) for chosen in combinations(names, self.n_groups))

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of sets of groups.

        Parameters
        ----------
        X, y : ignored
        groups : array-like of shape (n_samples,)

        Returns
        -------
        int
        """
        groups = group_labels(groups, "LeavePGroupsOut")
        return math.comb(len(np.unique(groups)), self.n_groups)

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold; parameters as in `BaseCrossValidator.split`.

        Yields
        ------
        train, test : ndarray of int
        """
        return super().split(X, y, groups)


class PredefinedSplit(BaseCrossValidator):
    """Folds given by the user.

    Parameters
    ----------
    test_fold : array-like of int of shape (n_samples,)
        Fold in which each row is tested; -1 is never.

    Examples
    --------
    >>> from mlkit.model_selection import PredefinedSplit
    >>> [test.tolist() for _, test in PredefinedSplit([0, 1, -1, 1]).split()]
    [[0], [1, 3]]
    """

    def __init__(self, test_fold):
        self.test_fold = column_or_1d(np.array(test_fold, dtype=int))
        self.unique_folds = np.unique(self.test_fold)
        self.unique_folds = self.unique_folds[self.unique_folds != -1]

    def split(self, X=None, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X, y : ignored
        groups : ignored, with a warning

        Yields
        ------
        train, test : ndarray of int
        """
        if groups is not None:
            warnings.warn(
                f"{type(self).__name__} does not use groups; those given change nothing",
                UserWarning,
                stacklevel=2,
            )
        return self._splits()

    def _splits(self):
        rows = np.arange(len(self.test_fold))
        for number in self.unique_folds:
            tested = self.test_fold == number
            yield rows[~tested], rows[tested]

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return len(self.unique_folds)
