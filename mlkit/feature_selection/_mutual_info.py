"""Mutual information of columns with a target."""

import numpy as np

from .._core.arrays import check_array, check_X_y
from .._core.domains import array_like, boolean, integer, none, one_of, sparse_matrix
from .._core.domains import random_state as seed
from .._core.parallel import n_threads
from .._core.params import checked
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.targets import check_classification_targets, encode_labels
from .._engine.mixture.counts import moments
from .._engine.neighbors.information import with_classes, with_continuous

_DOMAINS = {
    "X": array_like | sparse_matrix,
    "y": array_like | none,  # None is refused in the words of every estimator
    "discrete_features": one_of("auto") | boolean | array_like,
    "n_neighbors": integer(1),
    "copy": boolean,
    "random_state": seed,
    "n_jobs": integer() | none,
}

# Entries that get their noise at a time.
_ENTRIES = 1 << 18
# Noise that parts equal values, relative to the scale of a column.
_NOISE = 1e-10

# Columns handed to the kernel at a time: enough for all threads, few enough for memory.
_BLOCK = 16


def _mask(discrete, X):
    """Which columns are discrete."""
    n_features = X.shape[1]
    if isinstance(discrete, (str, bool, np.bool_)):
        return np.full(n_features, issparse(X) if isinstance(discrete, str) else bool(discrete))
    discrete = check_array(discrete, ensure_2d=False, dtype=None)
    if discrete.dtype == bool:
        if len(discrete) != n_features:
            raise IndexError(
                f"discrete_features is a mask of {len(discrete)} columns, X has {n_features}"
            )
        return discrete
    mask = np.zeros(n_features, dtype=bool)
    mask[discrete] = True
    return mask


def _jitter(values, rng):
    """Scale columns to deviation 1, in place, and part equal values by noise."""
    deviation = np.sqrt(moments(values.reshape(len(values), -1)).variance)
    # A constant is not blown up: a deviation of rounding counts as none.
    deviation[deviation < 10 * np.finfo(np.float64).eps] = 1.0
    values /= deviation if values.ndim == 2 else deviation[0]
    step = max(1, _ENTRIES * len(values) // values.size)
    blocks = [values[first : first + step] for first in range(0, len(values), step)]
    level = np.maximum(1, sum(np.abs(block).sum(axis=0) for block in blocks) / len(values))
    for block in blocks:  # normal numbers are drawn one after another, so blocks change none
        noise = rng.standard_normal(size=block.shape)
        noise *= _NOISE * level
        block += noise
    return values


def _table_information(table):
    """``Σ p_ij log(p_ij / (p_i p_j))`` of a table of counts."""
    total = table.sum()
    rows, columns = np.nonzero(table)
    count = table[rows, columns]
    expected = table.sum(axis=1)[rows] * table.sum(axis=0)[columns]
    return max(0.0, float((count / total * (np.log(count * total) - np.log(expected))).sum()))


def _codes(column):
    """Numbers from 0 for the distinct values; of integers in a short range without sorting."""
    least, greatest = column.min(), column.max()
    if greatest - least < 4 * len(column):
        codes = (column - least).astype(np.intp)
        if (codes == column - least).all():
            return codes
    return np.unique(column, return_inverse=True)[1]


def _of_discrete(column, codes, sizes):
    """Information that a discrete column, an array or a CSC column's entries, has of classes."""
    n_classes = len(sizes)
    if isinstance(column, tuple):
        rows, values = column
        found = np.unique(values, return_inverse=True)[1] + 1
        cells = found * n_classes + codes[rows]
        table = np.bincount(cells, minlength=n_classes * (found.max(initial=0) + 1))
        table = table.reshape(-1, n_classes).astype(np.float64)
        table[0] = sizes - table[1:].sum(axis=0)  # entries that are not stored
    else:
        cells = _codes(column) * n_classes + codes
        table = np.bincount(cells).astype(np.float64)
        table = np.append(table, np.zeros(-len(table) % n_classes)).reshape(-1, n_classes)
    return _table_information(table)


def _discrete_column(X, j):
    if not issparse(X):
        return X[:, j]
    part = slice(X.indptr[j], X.indptr[j + 1])
    stored = X.data[part] != 0
    return X.indices[part][stored], X.data[part][stored]


def _continuous(X, columns, target, n_neighbors, threads, discrete_target):
    """Information of continuous columns, in blocks."""
    found = np.empty(len(columns))
    for start in range(0, len(columns), _BLOCK):
        part = slice(start, start + _BLOCK)
        block = np.ascontiguousarray(X[:, columns[part]].T)
        if discrete_target:
            found[part] = with_classes(block, target[None], n_neighbors, threads)
        else:
            found[part] = with_continuous(block, target, n_neighbors, threads)
    return np.maximum(found, 0)


def _discrete_with_continuous(X, columns, y, n_neighbors, threads):
    """Information of discrete columns on a continuous target."""
    found = np.empty(len(columns))
    for place, j in enumerate(columns):
        column = _discrete_column(X, j)
        if isinstance(column, tuple):
            rows, values = column
            column = np.zeros(X.shape[0], values.dtype)
            column[rows] = values
        codes = _codes(column)
        found[place] = with_classes(y[None], codes[None], n_neighbors, threads)[0]
    return np.maximum(found, 0)


def _estimate(X, y, discrete_features, discrete_target, n_neighbors, copy, random_state, n_jobs):
    X, y = check_X_y(X, y, accept_sparse="csc", y_numeric=not discrete_target)
    discrete = _mask(discrete_features, X)
    if issparse(X) and not discrete.all():
        raise ValueError(
            "Sparse matrix `X` can't have continuous features: pass discrete_features=True, or "
            "dense X"
        )
    rng = check_random_state(random_state)
    smooth, counted = np.flatnonzero(~discrete), np.flatnonzero(discrete)
    if len(smooth):
        X = X.astype(np.float64, copy=copy)
        if counted.size:
            X[:, smooth] = _jitter(X[:, smooth], rng)
        else:
            _jitter(X, rng)
    if not discrete_target:
        y = _jitter(y.astype(np.float64), rng)
    threads = n_threads(n_jobs)
    found = np.empty(X.shape[1])
    if discrete_target:
        classes, target = encode_labels(y)
        sizes = np.bincount(target, minlength=len(classes))
        for j in counted:
            found[j] = _of_discrete(_discrete_column(X, j), target, sizes)
    else:
        target = y
        found[counted] = _discrete_with_continuous(X, counted, y, n_neighbors, threads)
    if len(smooth):
        found[smooth] = _continuous(X, smooth, target, n_neighbors, threads, discrete_target)
    return found


@checked(**_DOMAINS)
def mutual_info_regression(
    X,
    y,
    *,
    discrete_features="auto",
    n_neighbors=3,
    copy=True,
    random_state=None,
    n_jobs=None,
):
    """Mutual information of each column with a continuous target, in nats.

    0 only for independence. Continuous columns: by the distance of the k-th nearest neighbour in
    the plane of column and target, ``ψ(n) + ψ(k) − ⟨ψ(n_x + 1) + ψ(n_y + 1)⟩`` (Kraskov,
    Stögbauer and Grassberger, "Estimating mutual information", Physical Review E 69, 2004).
    Discrete ones: by neighbours of the same value (Ross, "Mutual information between discrete and
    continuous data sets", PLoS ONE 9, 2014).

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    discrete_features : "auto", bool or array-like of bool or int, default="auto"
        Which columns are discrete: all, none, a mask or their numbers; "auto" is those of sparse X.
    n_neighbors : int, default=3
        More give less variance and more bias.
    copy : bool, default=True
        With False a float64 array X is overwritten by its scaled values.
    random_state : int, RandomState, Generator or None, default=None
        Of the tiny noise that parts equal values.
    n_jobs : int, default=None
        Threads; the result does not depend on it. None and -1 use all processors.

    Returns
    -------
    ndarray of shape (n_features,)

    Examples
    --------
    >>> from mlkit.datasets import make_regression
    >>> from mlkit.feature_selection import mutual_info_regression
    >>> X, y = make_regression(50, 3, n_informative=1, noise=1e-4, random_state=42)
    >>> mutual_info_regression(X, y, random_state=0).argmax()
    np.int64(1)
    """
    return _estimate(X, y, discrete_features, False, n_neighbors, copy, random_state, n_jobs)


@checked(**_DOMAINS)
def mutual_info_classif(
    X,
    y,
    *,
    discrete_features="auto",
    n_neighbors=3,
    copy=True,
    random_state=None,
    n_jobs=None,
):
    """Mutual information of each column with a target of classes, in nats.

    0 only for independence. Discrete columns: ``Σ p_ij log(p_ij / (p_i p_j))`` of the counts.
    Continuous ones: by the distance of the k-th nearest neighbour in the point's class,
    ``ψ(n) + ⟨ψ(k) − ψ(n_class) − ψ(m)⟩`` (Ross, "Mutual information between discrete and
    continuous data sets", PLoS ONE 9, 2014).

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Classes.
    discrete_features : "auto", bool or array-like of bool or int, default="auto"
        Which columns are discrete: all, none, a mask or their numbers; "auto" is those of sparse X.
    n_neighbors : int, default=3
        More give less variance and more bias.
    copy : bool, default=True
        With False a float64 array X is overwritten by its scaled values.
    random_state : int, RandomState, Generator or None, default=None
        Of the tiny noise that parts equal values.
    n_jobs : int, default=None
        Threads; the result does not depend on it. None and -1 use all processors.

    Returns
    -------
    ndarray of shape (n_features,)

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import mutual_info_classif
    >>> mutual_info_classif(*load_iris(return_X_y=True), random_state=0).argmax() in (2, 3)
    True
    """
    if y is not None:
        check_classification_targets(y)
    return _estimate(X, y, discrete_features, True, n_neighbors, copy, random_state, n_jobs)
