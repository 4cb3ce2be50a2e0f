"""Distances by chunks of rows, and the nearest row, in bounded memory."""

import numpy as np

from .._core import domains as d
from .._core.config import current
from .._core.params import checked
from .._core.shape import num_samples
from ._pairwise import checked_distances, metric_domain

_matrix = d.array_like | d.sparse_matrix


def _chunk_rows(n_rows, n_columns, working_memory):
    """Rows whose distances fit into so many MiB; at least one."""
    memory = current()["working_memory"] if working_memory is None else working_memory
    return max(1, min(n_rows, int(memory * 2**20 // (8 * max(n_columns, 1)))))


@checked(X=_matrix, Y=_matrix | d.none, reduce_func=d.callable_ | d.none, metric=metric_domain,
         n_jobs=d.integer() | d.none, working_memory=d.at_least(0) | d.none)  # fmt: skip
def pairwise_distances_chunked(
    X, Y=None, *, reduce_func=None, metric="euclidean", n_jobs=None, working_memory=None, **kwds
):
    """Distances of all pairs of rows, chunk by chunk of rows of X.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features) or (n_samples_X, n_samples_Y)
        Rows, or their distances if `metric` is "precomputed".
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    reduce_func : callable, default=None
        ``reduce_func(chunk, start)`` is called on the distances of the rows from `start` on; what
        it returns, a sequence with an entry a row, a tuple of such, or None, is yielded.
    metric : str or callable, default="euclidean"
        As `pairwise_distances` takes it.
    n_jobs : int, default=None
        As for `pairwise_distances`.
    working_memory : float, default=None
        MiB that a chunk may take; None is the setting ``working_memory``.
    **kwds : dict
        Further parameters of the metric.

    Yields
    ------
    ndarray of shape (n_rows, n_samples_Y), or what `reduce_func` returns

    Raises
    ------
    TypeError, ValueError
        If `reduce_func` returns no sequences, or sequences of another length than its chunk.

    Examples
    --------
    >>> from mlkit.metrics import pairwise_distances_chunked
    >>> [D.shape for D in pairwise_distances_chunked([[0.0], [1.0]], working_memory=0)]
    [(1, 2), (1, 2)]
    """
    n_rows = num_samples(X)
    n_columns = num_samples(X if Y is None else Y)
    step = n_rows if metric == "precomputed" and reduce_func is None else _chunk_rows(
        n_rows, n_columns, working_memory
    )  # fmt: skip
    block, X = checked_distances(X, Y, metric, True, kwds)
    same = (Y is None or Y is X) and metric in ("euclidean", "l2")
    for start in range(0, n_rows, step):
        rows = slice(None) if step >= n_rows else slice(start, min(start + step, n_rows))
        chunk = block(rows)
        if same and rows != slice(None):
            # What rounding leaves of a row's distance from itself.
            chunk[np.arange(chunk.shape[0]), np.arange(start, start + chunk.shape[0])] = 0
        if reduce_func is not None:
            size = chunk.shape[0]
            chunk = reduce_func(chunk, start)
            _check_reduced(chunk, size)
        yield chunk


def _check_reduced(reduced, size):
    if reduced is None:
        return
    parts = reduced if isinstance(reduced, tuple) else (reduced,)
    if any(not hasattr(part, "__iter__") or isinstance(part, tuple) for part in parts):
        raise TypeError(
            f"reduce_func returned {reduced!r}: it must return a sequence with an entry a row, or "
            "a tuple of such"
        )
    lengths = [num_samples(part) for part in parts]
    if any(length != size for length in lengths):
        raise ValueError(f"reduce_func returned lengths {lengths} for a chunk of {size} rows")


_argmin = {
    "X": _matrix,
    "Y": _matrix,
    "axis": d.one_of(0, 1),
    "metric": metric_domain,
    "metric_kwargs": d.mapping | d.none,
}


@checked(**_argmin)
def pairwise_distances_argmin_min(X, Y, *, axis=1, metric="euclidean", metric_kwargs=None):
    """The nearest row of Y to each row of X, and its distance.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features)
    axis : {0, 1}, default=1
        0 finds the nearest row of X to each row of Y.
    metric : str or callable, default="euclidean"
        As `pairwise_distances` takes it.
    metric_kwargs : dict, default=None
        Further parameters of the metric.

    Returns
    -------
    argmin : ndarray of int, shape (n_samples_X,)
        Of equally near rows the first.
    distances : ndarray of shape (n_samples_X,)

    Examples
    --------
    >>> from mlkit.metrics import pairwise_distances_argmin_min
    >>> pairwise_distances_argmin_min([[0.0], [4.0]], [[1.0], [5.0]])
    (array([0, 1]), array([1., 1.]))
    """
    if axis == 0:
        X, Y = Y, X

    def nearest(chunk, start):
        index = np.asarray(chunk.argmin(axis=1)).ravel()
        return index, np.asarray(chunk[np.arange(chunk.shape[0]), index]).ravel()

    parts = pairwise_distances_chunked(
        X, Y, reduce_func=nearest, metric=metric, **(metric_kwargs or {})
    )
    index, values = zip(*parts, strict=True)
    return np.concatenate(index), np.concatenate(values)


@checked(**_argmin)
def pairwise_distances_argmin(X, Y, *, axis=1, metric="euclidean", metric_kwargs=None):
    """The nearest row of Y to each row of X.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features)
    axis : {0, 1}, default=1
        0 finds the nearest row of X to each row of Y.
    metric : str or callable, default="euclidean"
        As `pairwise_distances` takes it.
    metric_kwargs : dict, default=None
        Further parameters of the metric.

    Returns
    -------
    ndarray of int, shape (n_samples_X,)
        Of equally near rows the first.

    Examples
    --------
    >>> from mlkit.metrics import pairwise_distances_argmin
    >>> pairwise_distances_argmin([[0.0], [4.0]], [[1.0], [5.0]])
    array([0, 1])
    """
    return pairwise_distances_argmin_min(
        X, Y, axis=axis, metric=metric, metric_kwargs=metric_kwargs
    )[0]
