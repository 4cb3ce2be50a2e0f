"""Splitters into k folds of which each is tested once."""

import numbers
import warnings
from abc import abstractmethod

import numpy as np

from .._core.arrays import check_array, indexable, num_samples
from .._core.routing import Requests
from .._core.seeds import check_random_state
from .._engine.evaluate import folds
from .._engine.evaluate.cut import check_class_counts, number_of_folds, shares_classes
from ._splitter import (
    BaseCrossValidator,
    GroupsConsumer,
    class_labels,
    group_labels,
    splitter_text,
)


class BaseKFold(BaseCrossValidator):
    """Base of splitters into k folds, each tested once; `_test_fold` numbers the rows."""

    def __init__(self, n_splits, *, shuffle, random_state):
        owner = type(self).__name__
        if not isinstance(n_splits, numbers.Integral) or isinstance(n_splits, bool):
            raise ValueError(f"{owner}(n_splits={n_splits!r}): must be an int")
        if n_splits < 2:
            raise ValueError(f"{owner}(n_splits={n_splits}): k folds need n_splits of 2 or more")
        if not isinstance(shuffle, bool):
            raise TypeError(f"{owner}(shuffle={shuffle!r}): must be True or False")
        if not shuffle and random_state is not None:
            raise ValueError(
                f"{owner}(random_state={random_state!r}) has no effect without shuffle=True; "
                "leave it at None or shuffle"
            )
        self.n_splits = int(n_splits)
        self.shuffle = shuffle
        self.random_state = random_state

    def _check_groups(self, groups):
        n_groups = len(np.unique(groups))
        if self.n_splits > n_groups:
            raise ValueError(
                f"{type(self).__name__}(n_splits={self.n_splits}): there are only {n_groups} "
                "groups, and each fold needs one; lower n_splits"
            )

    def _generator(self):
        return check_random_state(self.random_state) if self.shuffle else None

    @abstractmethod
    def _test_fold(self, n_rows, y, groups):
        """Return the number of the fold in which each row is tested."""

    def _test_masks(self, X=None, y=None, groups=None):
        fold = self._test_fold(num_samples(X), y, groups)
        return (fold == number for number in range(self.n_splits))

    def _pairs(self, X, y, groups):
        if type(self)._test_masks is not BaseKFold._test_masks:
            return super()._pairs(X, y, groups)
        return folds.pairs(self._test_fold(num_samples(X), y, groups), self.n_splits)

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Only its length is used.
        y : array-like of shape (n_samples,), default=None
        groups : array-like of shape (n_samples,), default=None

        Yields
        ------
        train, test : ndarray of int
        """
        X, y, groups = indexable(X, y, groups)
        n_rows = num_samples(X)
        if self.n_splits > n_rows:
            raise ValueError(
                f"{type(self).__name__}(n_splits={self.n_splits}): each fold needs a row, and "
                f"there are only n_samples={n_rows}; lower n_splits"
            )
        yield from super().split(X, y, groups)

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


class KFold(BaseKFold):
    """K folds of near-equal length, in the order of the rows or shuffled.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Shuffle the rows first.
    random_state : None, int, RandomState or Generator, default=None
        Of the shuffle.

    Examples
    --------
    >>> from mlkit.model_selection import KFold
    >>> [test.tolist() for _, test in KFold(2).split([[1], [2], [3]])]
    [[0, 1], [2]]
    """

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def _test_fold(self, n_rows, y, groups):
        return folds.contiguous(n_rows, self.n_splits, self._generator())


class StratifiedKFold(BaseKFold):
    """K folds that share each class evenly.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Shuffle each class's rows first.
    random_state : None, int, RandomState or Generator, default=None
        Of the shuffle.

    Examples
    --------
    >>> from mlkit.model_selection import StratifiedKFold
    >>> [test.tolist() for _, test in StratifiedKFold(2).split([[0]] * 4, [0, 0, 1, 1])]
    [[0, 2], [1, 3]]
    """

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def _test_fold(self, n_rows, y, groups):
        y = class_labels(y, type(self).__name__)
        self._check_counts(y)
        return folds.stratified(y, self.n_splits, self._generator())

    def _check_counts(self, y):
        asked = f"{type(self).__name__}(n_splits={self.n_splits})"
        check_class_counts(folds.class_counts(y), self.n_splits, asked)

    def split(self, X, y, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Only its length is used.
        y : array-like of shape (n_samples,)
            Class labels.
        groups : ignored

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
        y = check_array(y, input_name="y", ensure_2d=False, dtype=None) if y is not None else None
        return super().split(X, y, groups)


class GroupKFold(GroupsConsumer, BaseKFold):
    """K folds of near-equal size that never share a group.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Deal shuffled groups out in equal numbers, instead of the largest to the lightest fold.
    random_state : None, int, RandomState or Generator, default=None
        Of the shuffle.

    Examples
    --------
    >>> from mlkit.model_selection import GroupKFold
    >>> rows = [[0]] * 4
    >>> [test.tolist() for _, test in GroupKFold(2).split(rows, groups=[1, 2, 2, 3])]
    [[1, 2], [0, 3]]
    """

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def _test_fold(self, n_rows, y, groups):
        groups = group_labels(groups, "GroupKFold")
        self._check_groups(groups)
        return folds.grouped(groups, self.n_splits, self._generator())


class StratifiedGroupKFold(GroupsConsumer, StratifiedKFold):
    """K folds that never share a group and share each class as evenly as that allows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Shuffle the groups first.
    random_state : None, int, RandomState or Generator, default=None
        Of the shuffle.
    """

    def _test_fold(self, n_rows, y, groups):
        groups = group_labels(groups, "StratifiedGroupKFold")
        self._check_groups(groups)
        y = class_labels(y, "StratifiedGroupKFold")
        self._check_counts(y)
        return folds.stratified_groups(y, groups, self.n_splits, self._generator())

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold; parameters as in `BaseCrossValidator.split`.

        Yields
        ------
        train, test : ndarray of int
        """
        return BaseKFold.split(self, X, y, groups)


class TimeSeriesSplit(BaseKFold):
    """Tests that move on in time, each behind its training rows.

    Parameters
    ----------
    n_splits : int, default=5
    max_train_size : int, default=None
        Rows to train on at most, the latest.
    test_size : int, default=None
        Rows in a test; by default n_samples // (n_splits + 1).
    gap : int, default=0
        Rows left out between training and test.

    Examples
    --------
    >>> from mlkit.model_selection import TimeSeriesSplit
    >>> for train, test in TimeSeriesSplit(2).split([[0]] * 5):
    ...     print(train, test)
    [0 1 2] [3]
    [0 1 2 3] [4]
    """

    def __init__(self, n_splits=5, *, max_train_size=None, test_size=None, gap=0):
        super().__init__(n_splits, shuffle=False, random_state=None)
        self.max_train_size = max_train_size
        self.test_size = test_size
        self.gap = gap

    def _test_fold(self, n_rows, y, groups):
        raise NotImplementedError("rows of a time series are not all tested")

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the order of time; only their number is used.
        y : ignored
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
        return self._splits(X)

    def _splits(self, X):
        (X,) = indexable(X)
        n_rows = num_samples(X)
        size = self.test_size if self.test_size is not None else n_rows // (self.n_splits + 1)
        if self.n_splits + 1 > n_rows:
            raise ValueError(
                f"TimeSeriesSplit(n_splits={self.n_splits}) needs {self.n_splits + 1} rows at "
                f"least, got {n_rows}"
            )
        first = n_rows - self.n_splits * size
        if first - self.gap <= 0:
            raise ValueError(
                f"TimeSeriesSplit: {self.n_splits} tests of {size} rows and a gap of {self.gap} "
                f"leave nothing of {n_rows} rows to train on; lower n_splits, test_size or gap"
            )
        rows = np.arange(n_rows)
        for start in range(first, n_rows, size):
            end = start - self.gap
            begin = max(0, end - self.max_train_size) if self.max_train_size else 0
            yield rows[begin:end], rows[start : start + size]


class _Repeated(Requests):
    """A splitter run several times with new draws."""

    __metadata_request__split = {"groups": None}
    _splitter = KFold

    def __init__(self, *, n_splits=5, n_repeats=10, random_state=None):
        if not isinstance(n_repeats, numbers.Integral):
            raise ValueError(f"{type(self).__name__}(n_repeats={n_repeats!r}): must be an int")
        if n_repeats <= 0:
            raise ValueError(f"{type(self).__name__}(n_repeats={n_repeats}): must be at least 1")
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.random_state = random_state

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold of each repetition; parameters as in the repeated splitter.

        Yields
        ------
        train, test : ndarray of int
        """
        rng = check_random_state(self.random_state)
        for _ in range(self.n_repeats):
            yield from self._splitter(self.n_splits, shuffle=True, random_state=rng).split(
                X, y, groups
            )

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds of all repetitions.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return self._splitter(self.n_splits).get_n_splits(X, y, groups) * self.n_repeats

    def __repr__(self):
        return splitter_text(self)


class RepeatedKFold(_Repeated):
    """Shuffled `KFold`, repeated.

    Parameters
    ----------
    n_splits : int, default=5
    n_repeats : int, default=10
    random_state : None, int, RandomState or Generator, default=None

    Examples
    --------
    >>> from mlkit.model_selection import RepeatedKFold
    >>> RepeatedKFold(n_splits=2, n_repeats=3).get_n_splits()
    6
    """


class RepeatedStratifiedKFold(_Repeated):
    """Shuffled `StratifiedKFold`, repeated.

    Parameters
    ----------
    n_splits : int, default=5
    n_repeats : int, default=10
    random_state : None, int, RandomState or Generator, default=None
    """

    _splitter = StratifiedKFold

    def split(self, X, y, groups=None):
        """Yield the rows of each fold of each repetition.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Class labels.
        groups : ignored

        Yields
        ------
        train, test : ndarray of int
        """
        y = check_array(y, input_name="y", ensure_2d=False, dtype=None)
        return super().split(X, y, groups)


class _Given(BaseCrossValidator):
    """Pairs of train and test rows from an iterable, which is read once."""

    def __init__(self, cv):
        self.cv = list(cv)

    def split(self, X=None, y=None, groups=None):
        yield from self.cv

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(self.cv)


def check_cv(cv=5, y=None, *, classifier=False, shuffle=False, random_state=None):
    """Return a splitter for what a user may pass as ``cv``.

    Parameters
    ----------
    cv : int, splitter, iterable or None, default=5
        An int is the number of folds of a `StratifiedKFold` for classes (a classifier with a
        binary or multiclass y), else of a `KFold`; None is 5; an iterable yields train and test
        rows.
    y : array-like, default=None
    classifier : bool, default=False
    shuffle : bool, default=False
        Of the folds made for an int.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    splitter

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from mlkit.model_selection import check_cv
    >>> check_cv(3)
    KFold(n_splits=3, random_state=None, shuffle=False)
    """
    n_folds = number_of_folds(cv)
    if n_folds is not None:
        kind = StratifiedKFold if shares_classes(y, classifier) else KFold
        return kind(n_folds, shuffle=shuffle, random_state=random_state)
    return cv if hasattr(cv, "split") else _Given(cv)
