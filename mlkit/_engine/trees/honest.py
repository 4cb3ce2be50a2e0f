"""Honest trees: some rows choose the splits, others say what the leaves predict.

Given the splits, the values of the leaves are means of rows that had no part in choosing them
(Athey and Imbens 2016; Wager and Athey 2018), so that they are unbiased, and far leaves no longer
follow the noise that they were cut out for.
"""

from dataclasses import replace

import numpy as np

from .compact import Levels
from .exact import AbsoluteError, Poisson
from .node_sums import node_totals, node_weights

_SPLITS_OFF = 1  # so that a tree's seed parts its rows by other numbers than it draws them


def halves(draws, seed, weight, share):
    """Part the rows of a tree.

    Parameters
    ----------
    draws : RowDraws
        Of the table; rows that are alike stay together.
    seed : int
    weight : ndarray of shape (n_rows,), or None
        Of the rows in the tree, 0 for those that are not there; None is 1 for all.
    share : float
        Of the distinct rows, to estimate by; rounded, but at least one and not all.

    Returns
    -------
    growing, estimating : ndarray of float64, shape (n_rows,)
        The weights, 0 for rows of the other part. One row alone is in both.
    """
    weight = np.ones(draws.n_rows) if weight is None else np.asarray(weight, dtype=np.float64)
    number = draws.numbers(np.random.RandomState([int(seed), _SPLITS_OFF]))
    present = weight != 0
    distinct = np.unique(number[present])
    if len(distinct) < 2:
        return weight, weight
    n_estimating = min(max(round(share * len(distinct)), 1), len(distinct) - 1)
    estimating = number <= distinct[n_estimating - 1]
    return np.where(estimating, 0.0, weight), np.where(estimating, weight, 0.0)


def estimate(tree, X, target, weight, criterion, signs=None):
    """Return a tree with the values of other rows than it was grown on.

    Parameters
    ----------
    tree : Trees
        One tree. Its impurities, weights and numbers of rows stay.
    X : ndarray of float32 or float64, or CSR matrix, shape (n_rows, n_features)
    target : ndarray of shape (n_rows, n_outputs)
        Codes of classes as integers, or numbers.
    weight : ndarray of float64, shape (n_rows,)
        0 for rows that take no part.
    criterion : Gini, Entropy, SquaredError, AbsoluteError or Poisson
        Says what is estimated: shares, means or medians.
    signs : ndarray of int8, shape (n_features,), or None
        Of `Limits.monotonic`.

    Returns
    -------
    Trees
        A node without rows (under Poisson, without any count) has the value of its parent.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.exact import Limits, SquaredError, grow, prepare
    >>> from mlkit._engine.trees.honest import estimate
    >>> X, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [1.0], [4.0]])
    >>> tree = grow(prepare(X), y, None, SquaredError(), Limits())
    >>> estimate(tree, X, y + 1, np.array([1.0, 1.0, 0.0]), SquaredError()).value.ravel().tolist()
    [2.0, 2.0, 2.0]
    """
    rows = np.flatnonzero(weight)
    leaf = tree.apply(X[rows])[:, 0]
    levels = Levels(np.diff(tree.offset), tree.left, tree.right)
    parts = leaf, target[rows], weight[rows]
    medians = type(criterion) is AbsoluteError
    value, known = (_medians if medians else _means)(tree, levels, *parts)
    if type(criterion) is Poisson:
        known = known[:, None] & (value[:, :, 0] > 0)
    else:
        known = np.repeat(known[:, None], value.shape[1], axis=1)
    for inner in reversed(levels.levels):
        for child in (levels.left[inner], levels.right[inner]):
            value[child] = np.where(known[child][:, :, None], value[child], value[inner])
    if signs is not None:
        _put_in_order(tree, levels, value, signs)
    return replace(tree, value=value)


def _means(tree, _, leaf, target, weight):
    """Means, or shares of classes, of all nodes, and which have rows."""
    mass = node_weights(tree, leaf, weight)
    known = mass > 0
    total = node_totals(tree, leaf, target, weight)
    return total / np.where(known, mass, 1.0)[:, None, None], known


def _medians(tree, levels, leaf, target, weight):
    """Weighted medians of all nodes, and which have rows."""
    value = np.zeros(tree.value.shape)
    known = np.bincount(leaf, minlength=tree.n_nodes) > 0
    parent = tree.parents()
    for k, own in enumerate(target.T):
        order = np.argsort(own, kind="stable")
        y, w, at = own[order], weight[order], leaf[order]
        _set_medians(value[:, k, 0], y, w, at)
        for inner in levels.levels:
            here = np.zeros(tree.n_nodes, dtype=bool)
            here[inner] = True
            above = parent[at]
            moved = (above >= 0) & here[above]
            at = np.where(moved, above, at)
            _set_medians(value[:, k, 0], y[moved], w[moved], at[moved])
    for inner in levels.levels:
        known[inner] = known[levels.left[inner]] | known[levels.right[inner]]
    return value, known


def _set_medians(out, y, weight, node):
    """Put into `out` the weighted median of each node's targets, which come in order.

    Where weights balance exactly, it is the middle of two, as in growing.
    """
    if not len(node):
        return
    order = np.argsort(node, kind="stable")
    y, weight, node = y[order], weight[order], node[order]
    starts = np.flatnonzero(np.diff(node, prepend=-1))
    ends = np.append(starts[1:], len(node)) - 1
    segment = np.repeat(np.arange(len(starts)), ends + 1 - starts)
    below = np.cumsum(weight)
    below -= (below[starts] - weight[starts])[segment]
    half = below[ends] / 2
    reached = np.flatnonzero(below >= half[segment])
    first = reached[np.flatnonzero(np.diff(segment[reached], prepend=-1))]
    second = np.where(below[first] == half, np.minimum(first + 1, ends), first)
    out[node[starts]] = y[first] + (y[second] - y[first]) / 2


def _put_in_order(tree, levels, value, signs):
    """Clip values such that they rise or fall with features as they must.

    All values on one side of a split on such a feature are kept from those of the other by the
    middle of the two children, as they are in growing.
    """
    own = value[:, 0, -1]  # numbers, or the share of the second of two classes
    low, high = np.full(len(own), -np.inf), np.full(len(own), np.inf)
    for inner in reversed(levels.levels):
        left, right, sign = levels.left[inner], levels.right[inner], signs[tree.feature[inner]]
        for child in (left, right):
            low[child], high[child] = low[inner], high[inner]
            own[child] = np.clip(own[child], low[inner], high[inner])
        middle = (own[left] + own[right]) / 2
        high[left] = np.where(sign > 0, middle, high[left])
        low[right] = np.where(sign > 0, middle, low[right])
        low[left] = np.where(sign < 0, middle, low[left])
        high[right] = np.where(sign < 0, middle, high[right])
        for child in (left, right):
            own[child] = np.clip(own[child], low[child], high[child])
    if value.shape[2] == 2:
        value[:, 0, 0] = 1.0 - own
