"""Shares and numbers of rows for train and test."""

import math
import numbers
import warnings

import numpy as np


def _rows(name, size, n, round_share, owner):
    """Number of rows that a share or a number stands for."""
    if isinstance(size, numbers.Integral) and not isinstance(size, bool):
        if not 0 < size < n:
            raise ValueError(
                f"{owner}({name}={size}): a number of rows must be at least 1 and less than the "
                f"number of samples {n}"
            )
        return int(size)
    if not isinstance(size, numbers.Real) or isinstance(size, bool):
        raise ValueError(f"Invalid value for {name}: {owner} takes a float or an int, got {size!r}")
    if not 0 < size < 1:
        raise ValueError(f"{owner}({name}={size}): a share must be in the (0, 1) range")
    return round_share(size * n)


def split_sizes(n, test_size, train_size, default_test_size, owner):
    """Return the number of train and of test rows among `n`.

    A share is rounded up for the test and down for the train; what is None is the rest, and
    `default_test_size` the test if both are.
    """
    if test_size is None and train_size is None:
        test_size = default_test_size
    given = [size for size in (test_size, train_size) if isinstance(size, float)]
    if len(given) == 2 and sum(given) > 1:
        raise ValueError(
            f"{owner}: test_size={test_size} and train_size={train_size} make more than all rows; "
            "reduce one"
        )
    n_test = None if test_size is None else _rows("test_size", test_size, n, math.ceil, owner)
    n_train = None if train_size is None else _rows("train_size", train_size, n, math.floor, owner)
    n_test = n - n_train if n_test is None else n_test
    n_train = n - n_test if n_train is None else n_train
    if n_train + n_test > n:
        raise ValueError(
            f"{owner}: test_size={test_size} and train_size={train_size} make {n_train + n_test} "
            f"rows of {n}; reduce one"
        )
    if n_train == 0:
        raise ValueError(
            f"{owner}: with n_samples={n}, test_size={test_size} and train_size={train_size} the "
            "train part is empty; adjust one of them"
        )
    return n_train, n_test


def training_sizes(given, n_most):
    """Distinct numbers of training rows that shares in (0, 1] or numbers in [1, n_most] mean.

    Parameters
    ----------
    given : array-like of shape (n_ticks,)
    n_most : int
        Training rows that there are.

    Returns
    -------
    ndarray of int, ascending
    """
    given = np.asarray(given)
    least, greatest = given.min(), given.max()
    if given.dtype.kind == "f":
        if least <= 0 or greatest > 1:
            raise ValueError(
                f"learning_curve: train_sizes that are shares must be in (0, 1], got {least} to "
                f"{greatest}; numbers of rows are ints"
            )
        rows = np.clip((given * n_most).astype(int), 1, n_most)
    else:
        if least <= 0 or greatest > n_most:
            raise ValueError(
                f"learning_curve: train_sizes that are numbers of rows must be in [1, {n_most}], "
                f"got {least} to {greatest}"
            )
        rows = given
    distinct = np.unique(rows)
    if len(distinct) < len(rows):
        warnings.warn(
            f"learning_curve: {len(rows) - len(distinct)} of the train_sizes amount to the same "
            f"number of rows as another and are left out: {distinct} remain",
            RuntimeWarning,
            stacklevel=4,
        )
    return distinct
