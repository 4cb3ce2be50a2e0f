"""Many trees: drawn rows, grown side by side, and summed over the rows left out."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .exact import grow


def grow_many(
    columns, y, criterion, limits, seeds, weight_of, *, n_threads=1, tell=None, grow=grow
):
    """Grow a tree for each seed.

    Parameters
    ----------
    columns : Columns
        From `exact.prepare`, shared by all trees.
    y, criterion, limits
        As in `exact.grow`.
    seeds : sequence of int
        Of the draws within each tree.
    weight_of : callable
        ``weight_of(i)`` is the weight of the rows of tree i, or None; called from any thread.
    n_threads : int, default 1
        Trees grown at a time; the result does not depend on it.
    tell : callable or None
        ``tell(i)`` is called before tree i is grown.
    grow : callable, default `exact.grow`
        Takes what that does and returns a tree.

    Returns
    -------
    list of Trees
    """

    def grow_one(i):
        if tell is not None:
            tell(i)
        return grow(columns, y, weight_of(i), criterion, limits, int(seeds[i]))

    return run_side_by_side(grow_one, len(seeds), n_threads)


def run_side_by_side(function, n, n_threads):
    """Return ``[function(0), ..., function(n − 1)]``, some at a time in threads."""
    n_threads = min(n_threads, n)
    if n_threads <= 1:
        return [function(i) for i in range(n)]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(function, range(n)))


def out_of_bag(trees, X, rows_of, *, n_threads=1):
    """Sum, for each row, the values of the trees that were grown without it.

    Parameters
    ----------
    trees : Trees
    X : ndarray of float32 or float64, or CSR matrix, shape (n_rows, n_features)
    rows_of : callable
        ``rows_of(i)`` are the rows that tree i was grown without.
    n_threads : int, default 1

    Returns
    -------
    total : ndarray of float64, shape (n_rows, n_outputs * n_values)
    count : ndarray of int64, shape (n_rows,)
        Trees in each sum.
    """
    total = np.zeros((X.shape[0], trees.value.shape[1] * trees.value.shape[2]))
    count = np.zeros(X.shape[0], dtype=np.int64)
    for i in range(trees.n_trees):
        rows = rows_of(i)
        if len(rows):
            total[rows] += trees.tree(i).total(X[rows], n_threads=n_threads)
            count[rows] += 1
    return total, count


def importances(trees):
    """Mean over trees that were split of their shares of the decrease of impurity, of sum 1.

    Returns
    -------
    ndarray of float64, shape (n_features,)
        0 where no tree was split.
    """
    own = trees.importances()[np.diff(trees.offset) > 1]
    if not len(own):
        return np.zeros(trees.n_features)
    sums = own.sum(axis=1, keepdims=True)
    mean = np.mean(own / np.where(sums > 0, sums, 1.0), axis=0)
    total = mean.sum()
    return mean / total if total > 0 else mean
