"""Row norms, products, softmax and running moments on plain and sparse arrays.

Nothing here knows of estimators. Sparse matrices are recognised by their attributes, so that no
dense computation loads `scipy.sparse`.
"""

import warnings
from itertools import accumulate

import numpy as np

# Rows with fewer entries than this are squared tile by tile and summed by one matrix-vector
# product: below it the cost of a call per row exceeds that of the extra pass through the cache.
_NARROW_ROW = 12
# Rows with at least this many entries pay for one BLAS dot each.
_LONG_ROW = 128
# Entries in a tile: 256 KiB of float64, which the second-level cache holds.
_TILE = 32768


def _is_sparse(X):
    return hasattr(X, "nnz") and hasattr(X, "tocsr")


def squared_norm(x):
    """Squared Frobenius norm ``Σ xᵢ²``.

    Parameters
    ----------
    x : array-like of any shape

    Returns
    -------
    float or integer
        Of the dtype of `x`.

    Warns
    -----
    UserWarning
        For integers, whose squares may overflow.

    Examples
    --------
    >>> from mlkit.utils.extmath import squared_norm
    >>> float(squared_norm([[3.0, 4.0]]))
    25.0
    """
    x = np.ravel(x, order="K")
    if np.issubdtype(x.dtype, np.integer):
        warnings.warn(
            f"squared_norm: the squares of {x.dtype} entries may overflow; pass floats",
            UserWarning,
            stacklevel=2,
        )
    return np.dot(x, x)


def row_norms(X, squared=False):
    """Euclidean norm ``√Σⱼ xᵢⱼ²`` of each row.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_rows, n_columns)
        NaN and infinity pass through.
    squared : bool, default=False
        Leave the square root out.

    Returns
    -------
    ndarray of shape (n_rows,)
        Of the dtype of `X`; the root of integers is float64.

    Examples
    --------
    >>> from mlkit.utils.extmath import row_norms
    >>> row_norms([[3.0, 4.0], [0.0, 1.0]])
    array([5., 1.])
    """
    norms = _sparse_squares(X.tocsr()) if _is_sparse(X) else _dense_squares(np.asarray(X))
    if squared:
        return norms
    if norms.dtype.kind == "f":
        return np.sqrt(norms, out=norms)
    return np.sqrt(norms)


def _sparse_squares(X):
    dtype = X.data.dtype if X.data.dtype.kind == "f" else np.float64
    out = np.zeros(X.shape[0], dtype=dtype)
    filled = np.flatnonzero(np.diff(X.indptr))
    if len(filled):
        # In float64: `reduceat` may add one by one, which float32 does not bear.
        squares = np.multiply(X.data, X.data, dtype=np.float64)
        out[filled] = np.add.reduceat(squares, X.indptr[filled])
    return out


def _dense_squares(X):
    if X.ndim != 2 or X.dtype.kind != "f" or not X.flags.c_contiguous:
        return np.einsum("ij,ij->i", X, X)
    n_rows, n_columns = X.shape
    if X.size <= _TILE // 8 or n_columns >= _LONG_ROW:
        return np.vecdot(X, X)
    if n_columns > _NARROW_ROW:
        return np.einsum("ij,ij->i", X, X)
    out = np.empty(n_rows, X.dtype)
    ones = np.ones(n_columns, X.dtype)
    step = _TILE // max(n_columns, 1)
    squares = np.empty((min(step, n_rows), n_columns), X.dtype)
    for start in range(0, n_rows, step):
        tile = X[start : start + step]
        here = squares[: len(tile)]
        np.multiply(tile, tile, out=here)
        np.dot(here, ones, out=out[start : start + step])
    return out


def density(w):
    """Share of entries that are not zero.

    Parameters
    ----------
    w : {ndarray, sparse matrix} or None
        None counts as empty: density 0.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import density
    >>> density(np.array([1, 0, 2, 0]))
    0.5
    """
    if w is None:
        return 0
    if _is_sparse(w):
        return w.nnz / (w.shape[0] * w.shape[1])
    return float(np.count_nonzero(w) / np.size(w))


def fast_logdet(A):
    """``log det A`` for a matrix of positive determinant, else −∞.

    Parameters
    ----------
    A : array-like of shape (n, n)

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import fast_logdet
    >>> round(float(fast_logdet(np.diag([2.0, 3.0]))), 6)
    1.791759
    """
    sign, log_det = np.linalg.slogdet(A)
    return log_det if sign > 0 else -np.inf


def safe_sparse_dot(a, b, *, dense_output=False):
    """Product ``a · b`` over the last axis of `a` and the last but one of `b`, sparse or not.

    Parameters
    ----------
    a : {ndarray, sparse matrix}
    b : {ndarray, sparse matrix}
    dense_output : bool, default=False
        Make the product of two sparse matrices dense.

    Returns
    -------
    {ndarray, sparse matrix}
        Sparse only for two sparse operands and ``dense_output=False``.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.extmath import safe_sparse_dot
    >>> safe_sparse_dot(csr_matrix([[1, 0], [0, 2]]), np.array([1, 1]))
    array([1, 2])
    """
    left, right = _is_sparse(a), _is_sparse(b)
    if left and right:
        product = a @ b
        return product.toarray() if dense_output else product
    if left and np.ndim(b) > 2:
        inner_first = np.moveaxis(b, -2, 0)
        flat = a @ inner_first.reshape(len(inner_first), -1)
        return flat.reshape(a.shape[0], *inner_first.shape[1:])
    if right and np.ndim(a) > 2:
        flat = np.reshape(a, (-1, a.shape[-1])) @ b
        return flat.reshape(*a.shape[:-1], b.shape[1])
    if not left and not right and (np.ndim(a) > 2 or np.ndim(b) > 2):
        return np.dot(a, b)
    return a @ b


def softmax(X, copy=True):
    """``exp(xᵢⱼ) / Σₖ exp(xᵢₖ)`` for each row, shifted by the row's greatest entry.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_columns)
    copy : bool, default=True
        False overwrites `X`, a float array.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        float32 stays float32; integers become float64.

    Examples
    --------
    >>> from mlkit.utils.extmath import softmax
    >>> softmax([[0.0, 0.0]])
    array([[0.5, 0.5]])
    """
    X = np.asarray(X)
    if X.dtype.kind != "f":
        X, copy = X.astype(np.float64), False
    out = np.empty_like(X) if copy else X
    n_rows, n_columns = X.shape
    if n_columns > _NARROW_ROW:
        return _softmax_tile(X, X.max(axis=1), out)
    step = max(1, _TILE // (2 * max(n_columns, 1)))
    for start in range(0, n_rows, step):
        tile = X[start : start + step]
        # A maximum along a short axis costs a call a row; column by column it is vectorised.
        greatest = tile[:, 0].copy() if n_columns else np.zeros(len(tile))
        for column in range(1, n_columns):
            np.maximum(greatest, tile[:, column], out=greatest)
        _softmax_tile(tile, greatest, out[start : start + step])
    return out


def _softmax_tile(X, greatest, out):
    np.subtract(X, greatest[:, None], out=out)
    np.exp(out, out=out)
    total = (
        out @ np.ones(out.shape[1], out.dtype) if out.shape[1] <= _NARROW_ROW else out.sum(axis=1)
    )
    out /= total[:, None]
    return out


def stable_cumsum(arr, axis=None, rtol=1e-05, atol=1e-08):
    """Cumulative sum in float64, checked against the plain sum.

    Kept for scripts that call it; ``numpy.cumulative_sum(arr, dtype=float)`` does as well.

    Parameters
    ----------
    arr : array-like
    axis : int or None, default=None
        None sums over the flattened array.
    rtol, atol : float
        What last entry and sum may differ by.

    Returns
    -------
    ndarray
        float64.

    Warns
    -----
    FutureWarning
        Always.
    RuntimeWarning
        When the last entry and the sum disagree.

    Examples
    --------
    >>> import warnings
    >>> from mlkit.utils.extmath import stable_cumsum
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     stable_cumsum([1, 2, 3])
    array([1., 3., 6.])
    """
    warnings.warn(
        "stable_cumsum is deprecated: call numpy.cumulative_sum(arr, dtype=float) instead",
        FutureWarning,
        stacklevel=2,
    )
    out = np.cumsum(arr, axis=axis, dtype=np.float64)
    if out.size:
        total = np.sum(arr, axis=axis, dtype=np.float64)
        last = out.take(-1, axis=axis)
        if not np.allclose(last, total, rtol=rtol, atol=atol, equal_nan=True):
            warnings.warn(
                f"stable_cumsum: last entry {last} differs from the sum {total}: "
                "the accumulation lost digits",
                RuntimeWarning,
                stacklevel=2,
            )
    return out


def cartesian(arrays, out=None):
    """Every combination of one entry from each array, the last array varying fastest.

    Parameters
    ----------
    arrays : sequence of 1-d array-likes
    out : ndarray of shape (product of lengths, len(arrays)), default=None
        Where to write.

    Returns
    -------
    ndarray of shape (product of lengths, len(arrays))
        Of the common dtype of the arrays.

    Examples
    --------
    >>> from mlkit.utils.extmath import cartesian
    >>> cartesian(([1, 2], [4, 5])).tolist()
    [[1, 4], [1, 5], [2, 4], [2, 5]]
    """
    arrays = [np.asarray(array) for array in arrays]
    lengths = [len(array) for array in arrays]
    n_rows = int(np.prod(lengths, dtype=np.int64))
    if out is None:
        out = np.empty((n_rows, len(arrays)), dtype=np.result_type(*arrays))
    repeats = [1, *accumulate(reversed(lengths), lambda a, b: a * b)][-2::-1]
    for column, (array, repeat) in enumerate(zip(arrays, repeats, strict=True)):
        cycle = np.repeat(array, repeat)
        out[:, column] = np.tile(cycle, n_rows // max(len(cycle), 1))
    return out


def make_nonnegative(X, min_value=0):
    """Shift X so that its least entry is at least `min_value`.

    Parameters
    ----------
    X : ndarray or sparse matrix
    min_value : float, default=0

    Returns
    -------
    ndarray or sparse matrix
        `X` itself where nothing is to be done.

    Raises
    ------
    ValueError
        For a sparse matrix in need of a shift, which would fill it.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.extmath import make_nonnegative
    >>> make_nonnegative(np.array([-1.0, 2.0]))
    array([0., 3.])
    """
    least = X.min()
    if least >= min_value:
        return X
    if _is_sparse(X):
        raise ValueError(
            f"make_nonnegative: the least entry of the sparse matrix is {least}, below "
            f"min_value={min_value}; a shift would make it dense: pass X.toarray()"
        )
    return X + (min_value - least)


def weighted_mode(a, w, *, axis=0):
    """Value whose weights have the greatest sum along an axis, the least such value on ties.

    Parameters
    ----------
    a : array-like of any shape
    w : array-like that broadcasts to the shape of `a`
        Weights.
    axis : int or None, default=0
        None flattens first.

    Returns
    -------
    mode : ndarray
        The axis is kept, with length 1.
    score : ndarray
        Sum of the weights of the mode.

    Examples
    --------
    >>> from mlkit.utils.extmath import weighted_mode
    >>> mode, score = weighted_mode([4, 1, 4, 2], [1, 3, 1, 1.5])
    >>> float(mode[0]), float(score[0])
    (1.0, 3.0)
    """
    a, w = np.asarray(a), np.asarray(w)
    if axis is None:
        w = np.broadcast_to(w, a.shape).ravel() if w.size != a.size else w.ravel()
        a, axis = a.ravel(), 0
    w = np.broadcast_to(w, a.shape) if w.size != a.size else w.reshape(a.shape)
    values, codes = np.unique(a, return_inverse=True)
    codes = np.moveaxis(codes.reshape(a.shape), axis, -1)
    kept = codes.shape[:-1]
    codes = codes.reshape(-1, a.shape[axis])
    n_lines, n_values = len(codes), len(values)
    # One cell for each line and value: the sums of all lines in one pass.
    cells = codes + n_values * np.arange(n_lines)[:, None]
    weight = np.moveaxis(w, axis, -1).reshape(codes.shape)
    size = n_lines * n_values
    score = np.bincount(cells.ravel(), weight.ravel(), size).reshape(n_lines, n_values)
    met = np.bincount(cells.ravel(), minlength=size).reshape(n_lines, n_values)
    score[met == 0] = -np.inf
    best = score.argmax(axis=1)
    mode = values[best].astype(np.float64 if values.dtype.kind in "biuf" else values.dtype)
    score = score[np.arange(n_lines), best]
    return (np.expand_dims(mode.reshape(kept), axis), np.expand_dims(score.reshape(kept), axis))


def safe_sqr(X, *, copy=True):
    """Each entry squared, for arrays and sparse matrices.

    Parameters
    ----------
    X : {array-like, sparse matrix}
    copy : bool, default=True
        False squares in place where `X` allows it.

    Returns
    -------
    {ndarray, sparse matrix}

    Examples
    --------
    >>> from mlkit.utils import safe_sqr
    >>> safe_sqr([1, 2, 3])
    array([1, 4, 9])
    """
    if _is_sparse(X):
        out = X.copy() if copy else X
        out.data *= out.data
        return out
    X = np.asarray(X)
    return X * X if copy else np.multiply(X, X, out=X)


def incremental_mean_and_var(X, last_mean, last_variance, last_sample_count, sample_weight=None):
    """Mean and variance of old and new rows together, column by column, NaN left out.

    The moments of the new rows are taken about their own mean and merged by the rule of
    Chan, Golub and LeVeque, "Algorithms for computing the sample variance" (1983):
    ``M = M_a + M_b + (m_b − m_a)² n_a n_b / (n_a + n_b)``.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    last_mean : ndarray of shape (n_columns,)
    last_variance : ndarray of shape (n_columns,) or None
        None: variances are not wanted.
    last_sample_count : ndarray of shape (n_columns,)
        Rows seen, or the sum of their weights.
    sample_weight : ndarray of shape (n_rows,), default=None

    Returns
    -------
    mean, variance, sample_count : ndarray of shape (n_columns,)
        `variance` is None if `last_variance` is. Sums are float64 whatever the dtype of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.linalg import incremental_mean_and_var
    >>> zero = np.zeros(1)
    >>> mean, variance, count = incremental_mean_and_var(np.array([[1.0], [3.0]]), zero, zero, zero)
    >>> float(mean[0]), float(variance[0]), float(count[0])
    (2.0, 1.0, 2.0)
    """
    mean, scatter, count = _column_moments(X, sample_weight, last_variance is not None)
    last_mean = np.asarray(last_mean, dtype=np.float64)
    total = last_sample_count + count
    share = np.divide(count, total, out=np.zeros_like(mean), where=total > 0)
    shift = np.where(count > 0, mean - last_mean, 0.0)
    merged = last_mean + shift * share
    variance = None
    if last_variance is not None:
        scatter += last_variance * last_sample_count
        # n_a n_b / (n_a + n_b) without the product, which may overflow integer counts.
        scatter += shift**2 * (last_sample_count * share)
        variance = np.divide(scatter, total, out=np.zeros_like(mean), where=total > 0)
    return merged, variance, total


def _column_moments(X, weight, want_scatter):
    """Mean, ``Σ w (x − mean)²`` and ``Σ w`` of each column over the entries that are not NaN."""
    n_rows, n_columns = X.shape
    step = max(1, _TILE // max(n_columns, 1))
    tiles = [slice(start, start + step) for start in range(0, n_rows, step)]
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    total = np.sum(X, axis=0, dtype=np.float64) if weight is None else weight @ X
    missing = bool(np.isnan(total).any())
    if missing:
        total, count = np.zeros(n_columns), np.zeros(n_columns)
        for rows in tiles:
            known, filled = _known(X[rows])
            w = np.ones(len(filled)) if weight is None else weight[rows]
            total += w @ filled
            count += w @ known
    else:
        count = np.full(n_columns, float(n_rows) if weight is None else weight.sum())
    mean = np.divide(total, count, out=np.zeros(n_columns), where=count > 0)
    if not want_scatter:
        return mean, None, count
    scatter, drift = np.zeros(n_columns), np.zeros(n_columns)
    for rows in tiles:
        if missing:
            known, filled = _known(X[rows])
            deviation = (filled - mean) * known
        else:
            deviation = X[rows] - mean
        weighted = deviation if weight is None else deviation * weight[rows, None]
        drift += weighted.sum(axis=0)
        scatter += np.einsum("ij,ij->j", weighted, deviation)
    # The mean is rounded; taking its error out again keeps the variance exact to the last digits.
    scatter -= np.divide(drift**2, count, out=np.zeros(n_columns), where=count > 0)
    return mean, np.maximum(scatter, 0.0), count


def _known(tile):
    """Where a tile is not NaN, as numbers, and the tile with zeros in its gaps."""
    known = (tile == tile).astype(np.float64)
    return known, np.where(known, tile, 0).astype(np.float64, copy=False)
