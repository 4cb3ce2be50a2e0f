"""Distances d(x, y) of all pairs of rows: one function each, dense or sparse.

Each takes two matrices of floats with the same columns, arrays or CSR, and returns an array of
shape (n, m): float32 where both are, else float64. `distances` finds them by name, and leaves to
SciPy what needs no kernel of ours.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from ..._core.linalg import row_norms, safe_sparse_dot
from ..._core.parallel import blas_threads, n_threads
from ..._core.sparse import issparse
from .expand import finish
from .tiles import distances as tile_distances

# Entries of a block of rows in float64: 8 MiB, a share of the last-level cache.
_BLOCK = 1 << 20
# Up to so many columns differences cost less than a matrix product and the pass after it; of rows
# from themselves each is taken once.
_FEW_COLUMNS, _FEW_COLUMNS_OF_ONE = 256, 512
# Waking threads costs some 10 µs, a difference half a nanosecond.
_MANY = 1 << 17

SPARSE_METRICS = ("euclidean", "l2", "manhattan", "l1", "cityblock", "cosine")
BOOLEAN_METRICS = ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule")
OTHER_METRICS = ("braycurtis", "canberra", "chebyshev", "correlation", "hamming", "mahalanobis",
                 "matching", "minkowski", "seuclidean", "sqeuclidean", "wminkowski")  # fmt: skip

_n_jobs = ContextVar("n_jobs", default=None)


@contextmanager
def jobs(n_jobs):
    """Within, kernels and BLAS run on as many threads as `n_jobs` says; None changes nothing."""
    if n_jobs is None:
        yield
        return
    token = _n_jobs.set(n_jobs)
    try:
        with blas_threads(n_threads(n_jobs)):
            yield
    finally:
        _n_jobs.reset(token)


def _dtype(X, Y):
    return np.float32 if X.dtype == Y.dtype == np.float32 else np.float64


def _blocks(n_rows, width):
    step = max(1, _BLOCK // max(width, 1))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def _dense(X):
    return X.toarray() if issparse(X) else X


def _tiled(X, Y, metric):
    """Distances by differences; of sparse matrices block by block."""
    size = X.shape[0] * Y.shape[0] * X.shape[1]
    threads = n_threads(_n_jobs.get()) if size >= _MANY else 1
    if not issparse(X) and not issparse(Y):
        return tile_distances(X, Y, metric, n_threads=threads).astype(_dtype(X, Y), copy=False)
    out = np.empty((X.shape[0], Y.shape[0]), dtype=_dtype(X, Y))
    for rows in _blocks(*X.shape):
        x = _dense(X[rows])
        for columns in _blocks(*Y.shape):
            out[rows, columns] = tile_distances(x, _dense(Y[columns]), metric, n_threads=threads)
    return out


def euclidean(X, Y, x_squares=None, y_squares=None, squared=False):
    """``‖x − y‖``, or its square.

    Few dense columns are subtracted; for more, and for sparse rows, ``‖x‖² − 2⟨x, y⟩ + ‖y‖²`` is
    computed in float64, block by block, of rows shifted by the mean of Y so that less cancels.

    Parameters
    ----------
    X, Y : ndarray or CSR matrix
    x_squares, y_squares : ndarray of shape (n,) and (m,), default None
        ``‖x‖²`` and ``‖y‖²`` if they are known: they are then used.
    squared : bool, default False
    """
    known = x_squares is not None or y_squares is not None
    dense = not issparse(X) and not issparse(Y)
    if dense and not known and X.shape[1] <= (_FEW_COLUMNS_OF_ONE if X is Y else _FEW_COLUMNS):
        return _tiled(X, Y, "sqeuclidean" if squared else "euclidean")
    same, dtype = X is Y, _dtype(X, Y)
    Y = Y.astype(np.float64, copy=False)
    shift = Y.mean(axis=0) if dense and not known and Y.shape[0] else None
    if shift is not None:
        Y = Y - shift
    if y_squares is None:
        y_squares = row_norms(Y, squared=True)
    out = np.empty((X.shape[0], Y.shape[0]), dtype=dtype)
    for rows in _blocks(X.shape[0], max(X.shape[1], Y.shape[0])):
        x = X[rows].astype(np.float64, copy=False)
        x = x if shift is None else x - shift
        x_here = row_norms(x, squared=True) if x_squares is None else x_squares[rows]
        if dense and dtype == np.float64:
            part = np.matmul(x * -2, Y.T, out=out[rows])
        else:
            part = np.asarray(safe_sparse_dot(x * -2, Y.T, dense_output=True), order="C")
        threads = n_threads(_n_jobs.get()) if part.size >= _MANY else 1
        finish(part, _vector(x_here), _vector(y_squares), squared, n_threads=threads)
        if part.base is not out:
            out[rows] = part
    if same:
        np.fill_diagonal(out, 0)
    return out


def _vector(squares):
    return np.ascontiguousarray(squares, dtype=np.float64).reshape(-1)


def manhattan(X, Y):
    """``Σ |x − y|``."""
    return _tiled(X, Y, "manhattan")


def unit_rows(X):
    """Rows of Euclidean length 1; a row of zeros stays one."""
    norms = row_norms(X)
    norms[norms == 0] = 1
    if issparse(X):
        from scipy.sparse import diags_array

        return (diags_array(1 / norms) @ X).tocsr()
    return X / norms[:, None]


def cosine(X, Y):
    """``1 − ⟨x, y⟩ / (‖x‖ ‖y‖)``; 1 for a row of zeros."""
    same = X is Y
    X = unit_rows(X)
    out = np.asarray(safe_sparse_dot(X, (X if same else unit_rows(Y)).T, dense_output=True))
    np.subtract(1, out, out=out)
    np.clip(out, 0, 2, out=out)
    if same:
        np.fill_diagonal(out, 0)
    return out


def haversine(X, Y):
    """Angle between points on a sphere, (latitude, longitude) in radians.

    ``2 arcsin √(sin²(Δlat / 2) + cos lat₁ cos lat₂ sin²(Δlon / 2))``.
    """
    lat, lon = X[:, :1], X[:, 1:]
    chord = np.sin((lat - Y[:, 0]) / 2) ** 2
    chord += np.cos(lat) * np.cos(Y[:, 0]) * np.sin((lon - Y[:, 1]) / 2) ** 2
    # Rounding carries antipodes above 1.
    return 2 * np.arcsin(np.sqrt(np.minimum(chord, 1, out=chord), out=chord), out=chord)


def nan_euclidean(X, Y, missing=np.nan, squared=False, copy=True):
    """Euclidean over the columns that both rows have, scaled up to all columns; NaN if none.

    ``√(n_columns / n_common · Σ (x − y)²)`` over common columns. Without `copy` the gaps of X and
    Y become zeros in place, where these are of float64.
    """
    same, dtype = X is Y, _dtype(X, Y)
    x_known, y_known = (~_is_missing(each, missing) for each in (X, Y))
    x = _filled(X, x_known, copy)
    y = x if same else _filled(Y, y_known, copy)
    x_weight, y_weight = x_known.astype(np.float64), y_known.astype(np.float64)
    out = (x * x) @ y_weight.T
    out += x_weight @ (y * y).T
    out -= 2 * (x @ y.T)
    np.maximum(out, 0, out=out)
    if same:
        np.fill_diagonal(out, 0)
    common = x_weight @ y_weight.T
    with np.errstate(invalid="ignore", divide="ignore"):
        out *= X.shape[1] / common
    out[common == 0] = np.nan
    return (out if squared else np.sqrt(out, out=out)).astype(dtype, copy=False)


def _filled(X, known, copy):
    """X in float64 with zeros for gaps."""
    if copy or X.dtype != np.float64 or not X.flags.writeable:
        return np.where(known, X, 0).astype(np.float64, copy=False)
    X[~known] = 0
    return X


def _is_missing(X, missing):
    return np.isnan(X) if missing != missing else missing == X


OWN_METRICS = {
    "cityblock": manhattan,
    "cosine": cosine,
    "euclidean": euclidean,
    "haversine": haversine,
    "l2": euclidean,
    "l1": manhattan,
    "manhattan": manhattan,
    "nan_euclidean": nan_euclidean,
}
METRICS = (*OWN_METRICS, *BOOLEAN_METRICS, *OTHER_METRICS)


def distances(X, Y, metric, **options):
    """Distances of all pairs of rows by the name of a metric, or by a function of two rows."""
    if callable(metric):
        return distance_of_pairs(metric, X, Y, **options)
    if metric in OWN_METRICS:
        return OWN_METRICS[metric](X, Y, **options)
    if issparse(X) or issparse(Y):
        raise TypeError(
            f"metric={metric!r} takes no sparse data: convert it with .toarray(), or use one of "
            f"{SPARSE_METRICS}"
        )
    if metric in ("sqeuclidean", "chebyshev") and not options:
        return _tiled(X, Y, metric) if metric == "chebyshev" else euclidean(X, Y, squared=True)
    return _by_scipy(X, Y, metric, options)


def _by_scipy(X, Y, metric, options):
    from scipy.spatial.distance import cdist, pdist, squareform

    metric = "hamming" if metric == "matching" else metric
    if X is Y:
        return squareform(pdist(X, metric, **options))
    return cdist(X, Y, metric, **options)


def distance_of_pairs(function, X, Y, **params):
    """Distance by a function of two rows, called once a pair; of X with itself once for both.

    Parameters
    ----------
    function : callable
        ``function(x, y, **params)`` gives a number.
    X, Y : ndarray or CSR matrix
    **params : dict

    Returns
    -------
    ndarray of float64, shape (n, m)
    """
    out = np.zeros((X.shape[0], Y.shape[0]))
    same = X is Y
    x_rows, y_rows = rows_of(X), rows_of(Y)
    for i, x in enumerate(x_rows):
        for j in range(i if same else 0, len(y_rows)):
            out[i, j] = function(x, y_rows[j], **params)
            if same:
                out[j, i] = out[i, j]
    return out


def rows_of(X):
    """Rows of X one by one, sparse ones as matrices of one row."""
    return [X[[i]] for i in range(X.shape[0])] if issparse(X) else list(X)
