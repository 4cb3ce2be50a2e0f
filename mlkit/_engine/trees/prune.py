"""Cost-complexity pruning: ``R(T) + α |T|``, R the risk of the leaves and |T| their number."""

from dataclasses import replace

import numpy as np

from ._prune import collapse


def _risk(trees):
    return trees.impurity * trees.weight / trees.weight[0]


def prune(trees, alpha):
    """Return the smallest subtree of one tree that minimises ``R(T) + alpha |T|``.

    Parameters
    ----------
    trees : Trees
        Of one tree; R is the impurity of its leaves by share of weight.
    alpha : float

    Returns
    -------
    Trees
        Nodes are numbered depth first, left before right.
    """
    leaf, _, _ = collapse(trees.left, trees.right, _risk(trees), alpha)
    return _kept(trees, leaf.astype(bool))


def pruning_path(trees):
    """Return the alphas at which subtrees of one tree change, and the risks of those subtrees.

    Parameters
    ----------
    trees : Trees
        Of one tree.

    Returns
    -------
    alphas, risks : ndarray of float64, shape (n_subtrees,)
        From the whole tree at alpha 0 to the root alone.
    """
    _, alphas, risks = collapse(trees.left, trees.right, _risk(trees), np.inf)
    return alphas, risks


def _kept(trees, leaf):
    """The tree whose nodes in `leaf` are leaves, what lies below left out."""
    old, stack, left, right = [], [(0, -1, False)], [], []
    while stack:
        node, parent, is_left = stack.pop()
        new = len(old)
        old.append(node)
        left.append(-1)
        right.append(-1)
        if parent >= 0:
            (left if is_left else right)[parent] = new
        if not leaf[node]:
            stack.append((trees.right[node], new, False))
            stack.append((trees.left[node], new, True))
    old = np.array(old)
    ends = leaf[old]
    return replace(
        trees,
        offset=np.array([0, len(old)], dtype=np.int64),
        feature=np.where(ends, -2, trees.feature[old]).astype(np.int32),
        threshold=np.where(ends, -2.0, trees.threshold[old]),
        left=np.array(left, dtype=np.int32),
        right=np.array(right, dtype=np.int32),
        missing_left=np.where(ends, 0, trees.missing_left[old]).astype(np.uint8),
        impurity=trees.impurity[old],
        n_samples=trees.n_samples[old],
        weight=trees.weight[old],
        value=np.ascontiguousarray(trees.value[old]),
        category=None if trees.category is None else _inner_only(trees.category[old], ends),
    )


def _inner_only(category, ends):
    return np.where(ends, -1, category).astype(np.int32)
