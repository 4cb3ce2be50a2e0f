"""What all splitters share."""

import inspect
from abc import ABCMeta, abstractmethod

import numpy as np

from .._core.arrays import check_array, column_or_1d, indexable, num_samples
from .._core.routing import Requests
from .._core.targets import type_of_target


def splitter_text(splitter):
    """The call that makes `splitter`, with all parameters by name."""
    init = type(splitter).__init__
    names = () if init is object.__init__ else sorted(inspect.signature(init).parameters)
    with np.printoptions(threshold=5, edgeitems=2):
        arguments = [
            f"{name}={getattr(splitter, name, None)!r}" for name in names if name != "self"
        ]
    return f"{type(splitter).__name__}({', '.join(arguments)})"


def class_labels(y, owner):
    """y as class labels, or a clear error for numbers that are no classes."""
    if y is None:
        raise ValueError(f"{owner}: y must not be None, its classes are to be shared among folds")
    y = check_array(y, ensure_2d=False, dtype=None)
    kind = type_of_target(y)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"{owner}: y must hold the labels of two or more classes, got a {kind!r} target"
        )
    return column_or_1d(y)


def group_labels(groups, owner):
    if groups is None:
        raise ValueError(f"{owner} splits by groups: pass the group of each row as groups")
    return check_array(groups, input_name="groups", ensure_2d=False, dtype=None)


class BaseCrossValidator(Requests, metaclass=ABCMeta):
    """Base of splitters: `split` yields train and test rows for each fold.

    A subclass defines `get_n_splits` and either `_test_masks` or `_test_rows`.
    """

    # Groups reach a splitter that uses them; the others refuse them only under metadata routing.
    __metadata_request__split = {"groups": None}

    def split(self, X, y=None, groups=None):
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Only its length is used.
        y : array-like of shape (n_samples,), default=None
        groups : array-like of shape (n_samples,), default=None
            Group of each row.

        Yields
        ------
        train, test : ndarray of int
        """
        yield from self._pairs(*indexable(X, y, groups))

    def _pairs(self, X, y, groups):
        rows = np.arange(num_samples(X))
        return ((rows[~tested], rows[tested]) for tested in self._test_masks(X, y, groups))

    def _test_masks(self, X=None, y=None, groups=None):
        """Yield, for each fold, which rows are tested."""
        for rows in self._test_rows(X, y, groups):
            mask = np.zeros(num_samples(X), dtype=bool)
            mask[rows] = True
            yield mask

    def _test_rows(self, X=None, y=None, groups=None):
        """Yield, for each fold, the numbers of the rows that are tested."""
        raise NotImplementedError(
            f"{type(self).__name__} defines neither _test_masks nor _test_rows"
        )

    @abstractmethod
    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds."""

    def __repr__(self):
        return splitter_text(self)


class GroupsConsumer:
    """Mixin for splitters that use groups: metadata routing hands them on without being asked."""

    __metadata_request__split = {"groups": True}
