"""Exact trees: every cut between two values is looked at.

A tree is grown from what `prepare` made of X, which any number of trees may share::

    columns = prepare(X)
    trees = grow(columns, y, weight, SquaredError(), Limits(max_depth=3), seed=1)

Floats of X are rounded to float32 first, as they are when the tree predicts. The stream of
random numbers of a seed, the order of its draws and the comparison of gains give the trees of
scikit-learn, node by node, wherever no two gains are so close that the order of summation decides.
"""

from dataclasses import dataclass

import numpy as np

from . import _exact
from .exact_bins import coarsen
from .structure import Trees

_LARGEST = 2**31 - 1
# Lists of all columns are kept in order up to this many bytes; beyond it nodes sort for themselves.
_MOST_LIST_BYTES = 8 << 30


@dataclass(frozen=True)
class Gini:
    """``1 − Σ p²`` over the shares p of the classes; mean over outputs."""

    n_classes: tuple


@dataclass(frozen=True)
class Entropy:
    """``−Σ p log₂ p`` over the shares p of the classes; mean over outputs."""

    n_classes: tuple


@dataclass(frozen=True)
class SquaredError:
    """``Σ w (y − ȳ)² / Σ w``; mean over outputs. A leaf predicts the mean."""


@dataclass(frozen=True)
class AbsoluteError:
    """``Σ w |y − m| / Σ w``, m the weighted median, which a leaf predicts; mean over outputs."""


@dataclass(frozen=True)
class Poisson:
    """``Σ w y log(y / ȳ) / Σ w`` of counts y ≥ 0; mean over outputs. A leaf predicts the mean."""


_KINDS = {Gini: 0, Entropy: 1, SquaredError: 2, AbsoluteError: 3, Poisson: 4}


@dataclass(frozen=True)
class Limits:
    """Where growing stops.

    Parameters
    ----------
    max_depth : int, default 2³¹ − 1
    min_samples_split : int, default 2
        Rows that a node needs to be split.
    min_samples_leaf : int, default 1
        Rows that each child needs.
    min_weight_leaf : float, default 0.0
        Weight that each child needs.
    min_impurity_decrease : float, default 0.0
        ``w / w_root (I − w_left/w I_left − w_right/w I_right)`` that a split needs.
    max_leaf_nodes : int, default -1
        If positive, the leaf that gains most is split first, until there are so many.
    max_features : int or None, default None
        Features drawn for each node; None is all.
    random_cuts : bool, default False
        One cut a feature, uniform between its least and greatest value in the node.
    monotonic : ndarray of int8, shape (n_features,), or None
        1 where predictions must not fall with the feature, −1 where they must not rise; of two
        classes, the share of the second. For one output.
    """

    max_depth: int = _LARGEST
    min_samples_split: int = 2
    min_samples_leaf: int = 1
    min_weight_leaf: float = 0.0
    min_impurity_decrease: float = 0.0
    max_leaf_nodes: int = -1
    max_features: int = None
    random_cuts: bool = False
    monotonic: np.ndarray = None


def prepare(X, *, lists=None, random_cuts=False, max_bins=None, categorical=(), n_threads=1):
    """Return the columns of X as ranks, for any number of trees.

    Parameters
    ----------
    X : ndarray of float32 or float64, or CSC matrix, shape (n_rows, n_features)
        NaN is missing.
    lists : bool or None, default None
        True keeps the rows in the order of each column, quickest where nodes look at all
        features; False keeps codes, for random cuts and for nodes that look at some. None is True
        unless X is sparse or very large.
    random_cuts : bool, default False
        Whether all trees will have `Limits.random_cuts`; nothing need be sorted then.
    max_bins : int or None, default None
        Columns of more values than this get so many bins of about as many rows, and are cut
        between bins alone.
    categorical : sequence of int, default ()
        Columns of categories, which are never put into bins.
    n_threads : int, default 1
        The result does not depend on it.

    Returns
    -------
    Columns
        With ``n_rows``, ``n_features``, ``has_lists``, ``has_codes``.
    """
    dense = isinstance(X, np.ndarray)
    if dense and random_cuts:
        return _exact.encode_bits(X, n_threads)
    if lists is None:
        lists = 8 * X.shape[0] * X.shape[1] <= _MOST_LIST_BYTES
    lists = bool(lists) and dense
    columns = _exact.encode(X, lists, not lists, n_threads)
    if max_bins is not None and columns.finite:
        coarsen(columns, max_bins, categorical)
    return columns


def grow(columns, y, weight, criterion, limits, seed=0):
    """Grow one tree.

    Parameters
    ----------
    columns : Columns
        From `prepare`. With lists, every node looks at all features at every cut.
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Class codes 0, 1, ... for `Gini` and `Entropy`, numbers for the others.
    weight : ndarray of float64, shape (n_rows,), or None
        Rows of weight 0 take no part; None is 1 for all.
    criterion : Gini, Entropy, SquaredError, AbsoluteError or Poisson
    limits : Limits
    seed : int, default 0
        In 0 … 2³² − 1; of the draws of features and random cuts.

    Returns
    -------
    Trees
        One tree; values are shares of the classes, or what the criterion says.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.exact import Limits, SquaredError, grow, prepare
    >>> X, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 1.0, 4.0])
    >>> tree = grow(prepare(X), y, None, SquaredError(), Limits())
    >>> tree.threshold[0].item(), tree.value.ravel().tolist()
    (1.5, [2.0, 1.0, 4.0])
    """
    return _grow(columns, y, weight, criterion, limits, seed, None)


def grow_leaves(columns, y, weight, criterion, limits, seed=0):
    """Grow one tree as `grow` does; return it with the leaf of each row, −1 at weight 0.

    Returns
    -------
    trees : Trees
    leaf : ndarray of int32, shape (n_rows,)
    """
    leaf = np.full(columns.n_rows, -1, dtype=np.int32)
    return _grow(columns, y, weight, criterion, limits, seed, leaf), leaf


def _grow(columns, y, weight, criterion, limits, seed, leaf):
    n_classes = getattr(criterion, "n_classes", None)
    y = np.asarray(y)
    y = y[:, None] if y.ndim == 1 else y
    y = np.ascontiguousarray(y, dtype=np.float64 if n_classes is None else np.int32)
    weight = np.ones(len(y)) if weight is None else np.ascontiguousarray(weight, dtype=np.float64)
    _check(columns, y, weight, n_classes, limits)
    max_features = columns.n_features if limits.max_features is None else limits.max_features
    lists = columns.has_lists and not limits.random_cuts and max_features == columns.n_features
    arrays = _exact.grow_one(
        _KINDS[type(criterion)],
        columns,
        lists,
        y,
        weight,
        None if n_classes is None else np.asarray(n_classes, dtype=np.int32),
        _Bounds(limits, max_features),
        seed,
        leaf,
    )
    offset = np.array([0, len(arrays["feature"])], dtype=np.int64)
    return Trees(offset=offset, n_features=columns.n_features, **arrays)


class _Bounds:
    """Limits as the compiled half reads them."""

    def __init__(self, limits, max_features):
        self.__dict__.update(limits.__dict__)
        self.max_features = max_features
        self.max_depth = min(limits.max_depth, _LARGEST)
        if limits.monotonic is not None:
            self.monotonic = np.ascontiguousarray(limits.monotonic, dtype=np.int8)


def _check(columns, y, weight, n_classes, limits):
    n_rows, n_outputs = y.shape
    if n_rows != columns.n_rows or weight.shape != (n_rows,) or n_outputs == 0:
        raise ValueError(
            f"X has {columns.n_rows} rows, y the shape {y.shape}, weight {weight.shape}"
        )
    if not weight.any():
        raise ValueError("all rows have weight 0: there is nothing to grow a tree on")
    if n_classes is not None and (
        len(n_classes) != n_outputs or (y < 0).any() or (y >= np.asarray(n_classes)).any()
    ):
        raise ValueError(f"class codes must be in 0 … n − 1, n of each output being {n_classes}")
    if columns.is_keyed and not limits.random_cuts:
        raise ValueError("columns prepared for random cuts serve no others")
    some = limits.max_features not in (None, columns.n_features)
    if (limits.random_cuts or some) and not columns.has_codes:
        raise ValueError("columns prepared with lists serve trees that look at every cut alone")
    if limits.monotonic is not None and (
        n_outputs > 1
        or len(limits.monotonic) != columns.n_features
        or (n_classes is not None and tuple(n_classes) != (2,))
    ):
        raise ValueError("monotonic needs a sign for each feature, and one output or two classes")
