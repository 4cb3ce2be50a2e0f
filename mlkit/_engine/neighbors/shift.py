"""Mean shift with a flat kernel: points that climb to the mean of the rows around them."""

import numpy as np

from .index import Rows
from .metric import metric_for

# Steps shorter than this share of the bandwidth are rest.
_REST = 1e-3
# Points whose neighbours are looked up at a time, which bounds the memory of their lists.
_BATCH = 2048


def climb(X, index, seeds, bandwidth, max_iter, n_threads):
    """Where points come to rest, and the rows that are then within `bandwidth`.

    Points that meet go on as one: they have the same way before them.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
    index : index with ``within``
        Of the rows of X.
    seeds : ndarray of shape (n_seeds, n_columns)
    bandwidth : float
    max_iter : int
    n_threads : int

    Returns
    -------
    rest : ndarray of float64, shape (n_points, n_columns)
        Without those that had no row around them.
    count : ndarray of int
    n_iter : int
        Steps of the longest way.
    """
    values, points = X.astype(np.float64), np.unique(np.asarray(seeds, dtype=np.float64), axis=0)
    rest, counts, step = [], [], 0
    while True:
        means, count = _means(values, index, points, bandwidth, n_threads)
        there = count > 0
        points, means, count = points[there], means[there], count[there]
        moved = np.linalg.norm(means - points, axis=1)
        done = (moved <= _REST * bandwidth) | (step == max_iter)
        rest.append(means[done])
        counts.append(count[done])
        if done.all():
            break
        points = np.unique(means[~done], axis=0)
        step += 1
    return np.concatenate(rest), np.concatenate(counts), step


def _means(values, index, points, bandwidth, n_threads):
    means = np.empty(points.shape)
    count = np.empty(len(points), dtype=np.int64)
    for first in range(0, len(points), _BATCH):
        part = slice(first, first + _BATCH)
        indptr, _, near = index.within(points[part], bandwidth, n_threads=n_threads)
        size = np.diff(indptr)
        row = np.repeat(np.arange(len(size)), size)
        for column in range(values.shape[1]):
            total = np.bincount(row, values[near, column], minlength=len(size))
            means[part, column] = total / np.maximum(size, 1)
        count[part] = size
    return means, count


def peaks(points, count, bandwidth):
    """Places of the points that have none with more rows within `bandwidth`, the fullest first."""
    order = np.lexsort((*points.T[::-1], count))[::-1]
    ranked = points[order]
    _, first = np.unique(ranked, axis=0, return_index=True)
    order = order[np.sort(first)]
    ranked = points[order]
    indptr, _, near = Rows(ranked, metric_for("euclidean")).within(ranked, bandwidth)
    kept = np.ones(len(ranked), dtype=bool)
    for place in range(len(ranked)):
        if kept[place]:
            kept[near[indptr[place] : indptr[place + 1]]] = False
            kept[place] = True
    return order[kept]
