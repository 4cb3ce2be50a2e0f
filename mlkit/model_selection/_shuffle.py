"""Train and test rows drawn at random."""

import warnings
from abc import ABCMeta, abstractmethod
from itertools import chain

import numpy as np

from .._core.arrays import check_array, indexable, num_samples
from .._core.domains import array_like, boolean, none, real
from .._core.domains import random_state as seed
from .._core.params import checked
from .._core.routing import Requests
from .._core.seeds import check_random_state
from .._engine.evaluate import folds
from .._engine.evaluate.rows import take
from ._sizes import split_sizes
from ._splitter import GroupsConsumer, group_labels, splitter_text


class BaseShuffleSplit(Requests, metaclass=ABCMeta):
    """Base of splitters that draw train and test rows anew each time."""

    __metadata_request__split = {"groups": None}
    _default_test_size = 0.1

    def __init__(self, n_splits=10, *, test_size=None, train_size=None, random_state=None):
        self.n_splits = n_splits
        self.test_size = test_size
        self.train_size = train_size
        self.random_state = random_state

    def _sizes(self, n):
        return split_sizes(
            n, self.test_size, self.train_size, self._default_test_size, type(self).__name__
        )

    def split(self, X, y=None, groups=None):
        """Yield the rows of each draw.

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
        yield from self._draws(X, y, groups)

    @abstractmethod
    def _draws(self, X, y=None, groups=None):
        """Yield train and test rows."""

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of draws.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return self.n_splits

    def __repr__(self):
        return splitter_text(self)


def _permuted_draws(n, sizes, n_draws, random_state):
    rng = check_random_state(random_state)
    n_train, n_test = sizes
    for _ in range(n_draws):
        rows = folds.permutation(rng, n)
        yield rows[n_test : n_test + n_train], rows[:n_test]


class ShuffleSplit(BaseShuffleSplit):
    """Rows drawn at random, anew for each split.

    Parameters
    ----------
    n_splits : int, default=10
    test_size, train_size : float, int or None, default=None
        Share or number of rows; what is None is the rest, or 0.1 for the test if both are.
    random_state : None, int, RandomState or Generator, default=None

    Examples
    --------
    >>> from mlkit.model_selection import ShuffleSplit
    >>> train, test = next(ShuffleSplit(1, test_size=0.25, random_state=0).split([[0]] * 4))
    >>> train.tolist(), test.tolist()
    ([3, 1, 0], [2])
    """

    def _draws(self, X, y=None, groups=None):
        n = num_samples(X)
        return _permuted_draws(n, self._sizes(n), self.n_splits, self.random_state)


class GroupShuffleSplit(GroupsConsumer, BaseShuffleSplit):
    """Groups drawn at random; shares and numbers are of groups.

    Parameters
    ----------
    n_splits : int, default=5
    test_size, train_size : float, int or None, default=None
        Share or number of groups; 0.2 for the test if both are None.
    random_state : None, int, RandomState or Generator, default=None
    """

    _default_test_size = 0.2

    def __init__(self, n_splits=5, *, test_size=None, train_size=None, random_state=None):
        super().__init__(
            n_splits, test_size=test_size, train_size=train_size, random_state=random_state
        )

    def _draws(self, X, y=None, groups=None):
        names, codes = np.unique(group_labels(groups, type(self).__name__), return_inverse=True)
        n = len(names)
        for train, test in _permuted_draws(n, self._sizes(n), self.n_splits, self.random_state):
            yield np.flatnonzero(np.isin(codes, train)), np.flatnonzero(np.isin(codes, test))


class StratifiedShuffleSplit(BaseShuffleSplit):
    """Rows drawn at random with the classes in proportion.

    Parameters
    ----------
    n_splits : int, default=10
    test_size, train_size : float, int or None, default=None
        Share or number of rows; 0.1 for the test if both are None.
    random_state : None, int, RandomState or Generator, default=None
    """

    def split(self, X, y, groups=None):
        """Yield the rows of each draw.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
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
        y = check_array(y, input_name="y", ensure_2d=False, dtype=None)
        return super().split(X, y, groups)

    def _draws(self, X, y=None, groups=None):
        n_train, n_test = self._sizes(num_samples(X))
        classes = folds.strata(np.asarray(y))
        least, n_classes = classes.counts.min(), len(classes.counts)
        if least < 2:
            raise ValueError(
                "a class of y has only 1 row, which cannot be both in train and in test: "
                "stratify needs 2 rows of each class"
            )
        for name, size in (("train_size", n_train), ("test_size", n_test)):
            if size < n_classes:
                raise ValueError(
                    f"{type(self).__name__}: {name} of {size} rows cannot hold all "
                    f"{n_classes} classes"
                )
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            yield classes.draw(n_train, n_test, rng)


_SIZE = real | none


@checked(
    test_size=_SIZE,
    train_size=_SIZE,
    random_state=seed,
    shuffle=boolean,
    stratify=array_like | none,
)
def train_test_split(
    *arrays, test_size=None, train_size=None, random_state=None, shuffle=True, stratify=None
):
    """Split arrays into a part to train on and a part to test on.

    Parameters
    ----------
    *arrays : array-likes, sparse matrices or data frames of equal length
    test_size, train_size : float, int or None, default=None
        Share or number of rows; what is None is the rest; 0.25 for the test if both are.
    random_state : None, int, RandomState or Generator, default=None
        Of the shuffle.
    shuffle : bool, default=True
        With False, the first rows train.
    stratify : array-like of shape (n_samples,), default=None
        Labels of which both parts get the same shares.

    Returns
    -------
    list
        Train and test part of each array in turn.

    Examples
    --------
    >>> from mlkit.model_selection import train_test_split
    >>> train_test_split([1, 2, 3, 4], test_size=1, random_state=0)
    [[4, 2, 1], [3]]
    """
    if not arrays:
        raise ValueError("train_test_split needs at least one array")
    arrays = indexable(*arrays)
    n = num_samples(arrays[0])
    n_train, n_test = split_sizes(n, test_size, train_size, 0.25, "train_test_split")
    if shuffle:
        kind = ShuffleSplit if stratify is None else StratifiedShuffleSplit
        cv = kind(1, test_size=n_test, train_size=n_train, random_state=random_state)
        train, test = next(cv.split(arrays[0], stratify))
    elif stratify is not None:
        raise ValueError("train_test_split: stratify needs shuffle=True")
    else:
        train, test = np.arange(n_train), np.arange(n_train, n_train + n_test)
    pairs = ((take(each, train), take(each, test)) for each in arrays)
    return list(chain.from_iterable(pairs))
