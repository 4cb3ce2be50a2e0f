"""Statistics and in-place changes of the rows and columns of CSR and CSC matrices.

A compressed matrix has a *major* axis, the one `indptr` cuts into runs, and a *minor* one, named
by `indices`. The functions here turn an axis of the matrix into one of the two and go on with
the three arrays, so that CSR and CSC share their code. Stored values may be of any float dtype,
indices of 32 or 64 bits; sums are float64.
"""

import numpy as np

from ..._core import linalg
from ..._core.parallel import n_threads
from ..._core.sparse import canonical
from . import compressed, csr


def _require_compressed(X, caller, formats=("csr", "csc")):
    if getattr(X, "format", None) not in formats or not hasattr(X, "indptr"):
        kind = f"a {X.format} matrix" if hasattr(X, "format") else type(X).__name__
        wanted = " or ".join(name.upper() for name in formats)
        raise TypeError(f"{caller}: X is {kind}; pass {wanted}, as X.to{formats[0]}() gives")


def _require_axis(axis, caller):
    if axis not in (0, 1):
        raise ValueError(f"{caller}(axis={axis!r}): must be 0 or 1")


def _along_minor(X, axis):
    """Whether a reduction along `axis` leaves the minor axis."""
    return (X.format == "csr") == (axis == 0)


def _runs(X):
    return np.diff(X.indptr)


def _per_major(values, X):
    """Values of the major axis, one for each stored entry."""
    return np.repeat(values, _runs(X))


def _parts(X):
    """The arrays that a kernel takes: values of a float dtype, both index arrays of one."""
    data = X.data if X.data.dtype in (np.float32, np.float64) else X.data.astype(np.float64)
    indptr = X.indptr
    if indptr.dtype != X.indices.dtype:
        indptr = indptr.astype(X.indices.dtype)
    return data, X.indices, indptr


def _n_minor(X):
    return X.shape[1 if X.format == "csr" else 0]


def _threads(X):
    """Threads for a pass over the stored entries; few of them are one thread's work."""
    return n_threads() if X.nnz >= _WORTH_THREADS else 1


# Starting threads costs some ten microseconds, a stored entry about one nanosecond.
_WORTH_THREADS = 1 << 17


# ------------------------------------------------------------------------------ moments
def mean_variance_axis(X, axis, weights=None, return_sum_weights=False):
    """Weighted mean and variance along an axis, ``Σ w (x − mean)² / Σ w``; NaN is left out.

    Parameters
    ----------
    X : CSR or CSC matrix of shape (n_rows, n_columns)
    axis : {0, 1}
        0: of each column; 1: of each row.
    weights : ndarray of shape (n_rows,) for axis 0, (n_columns,) for axis 1; default=None
    return_sum_weights : bool, default=False
        Also return ``Σ w`` over the entries that are not NaN.

    Returns
    -------
    mean, variance : ndarray of shape (n_columns,) or (n_rows,)
        Of the dtype of `X`; float64 for integers.
    sum_weights : ndarray, with ``return_sum_weights=True``

    Raises
    ------
    TypeError
        For anything but CSR and CSC.
    ValueError
        For another axis.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import mean_variance_axis
    >>> mean, variance = mean_variance_axis(csr_matrix([[1.0, 0.0], [3.0, 0.0]]), axis=0)
    >>> mean.tolist(), variance.tolist()
    ([2.0, 0.0], [1.0, 0.0])
    """
    _require_axis(axis, "mean_variance_axis")
    _require_compressed(X, "mean_variance_axis")
    mean, scatter, total = _moments(X, axis, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = scatter / total
    dtype = X.dtype if X.dtype.kind == "f" else np.float64
    found = mean.astype(dtype, copy=False), variance.astype(dtype, copy=False)
    return (*found, total.astype(dtype, copy=False)) if return_sum_weights else found


def _moments(X, axis, weights=None):
    """Mean, ``Σ w (x − mean)²`` and ``Σ w`` along an axis, zeros included, NaN not."""
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != (X.shape[axis],):
            raise ValueError(
                f"mean_variance_axis(axis={axis}): weights have shape {weights.shape}, "
                f"X has {X.shape[axis]} entries along the axis"
            )
    major = not _along_minor(X, axis)
    total, mean, scatter = csr.moments(
        *_parts(X), _n_minor(X), weights, major=major, n_threads=_threads(X)
    )
    return mean, scatter, total


def incr_mean_variance_axis(X, *, axis, last_mean, last_var, last_n, weights=None):
    """Mean and variance of what was seen before and of `X` together, NaN left out.

    Merged by ``M = M_a + M_b + (m_b − m_a)² n_a n_b / (n_a + n_b)`` (Chan, Golub and LeVeque,
    1983).

    Parameters
    ----------
    X : CSR or CSC matrix of shape (n_rows, n_columns)
    axis : {0, 1}
    last_mean, last_var : ndarray of shape (n_columns,) for axis 0, (n_rows,) for axis 1
    last_n : float or ndarray of the same shape
        Rows seen before (or the sum of their weights).
    weights : ndarray of shape (n_rows,) for axis 0, (n_columns,) for axis 1; default=None

    Returns
    -------
    mean, variance, n : ndarray of the shape of `last_mean`
        NaN where nothing was ever seen.

    Raises
    ------
    TypeError
        For anything but CSR and CSC.
    ValueError
        For another axis or statistics of another length.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import incr_mean_variance_axis
    >>> X, zero = csr_matrix([[1.0], [3.0]]), np.zeros(1)
    >>> parts = incr_mean_variance_axis(X, axis=0, last_mean=zero, last_var=zero, last_n=0)
    >>> [float(part[0]) for part in parts]
    [2.0, 1.0, 2.0]
    """
    _require_axis(axis, "incr_mean_variance_axis")
    _require_compressed(X, "incr_mean_variance_axis")
    size = X.shape[1 - axis]
    if np.size(last_n) == 1:
        last_n = np.full(size, np.ravel(last_n)[0], dtype=np.float64)
    before = {"last_mean": last_mean, "last_var": last_var, "last_n": last_n}
    for name, part in before.items():
        if np.shape(part) != (size,):
            raise ValueError(
                f"incr_mean_variance_axis(axis={axis}): {name} has shape {np.shape(part)}, "
                f"X asks for ({size},)"
            )
    last_mean, last_var, last_n = (np.asarray(part, np.float64) for part in before.values())
    mean, scatter, total = _moments(X, axis, weights)
    new = total > 0
    both = last_n + total
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(new, total / both, 0.0)
        gap = np.where(new, mean - last_mean, 0.0)
        scatter += last_var * last_n + gap**2 * (last_n * share)
        variance = scatter / both
    dtype = X.dtype if X.dtype.kind == "f" else np.float64
    # Of what was never seen nothing is known, whatever `last_mean` says.
    merged = np.where(last_n == 0, mean, last_mean + gap * share)
    return tuple(part.astype(dtype, copy=False) for part in (merged, variance, both))


# ------------------------------------------------------------------------------ extremes
def min_max_axis(X, axis, ignore_nan=False):
    """Least and greatest entry along an axis, zeros that are not stored included.

    Parameters
    ----------
    X : CSR or CSC matrix of shape (n_rows, n_columns)
    axis : {0, 1} or None
        None: of the whole matrix. Negative axes count from the end.
    ignore_nan : bool, default=False
        False: a NaN makes both NaN. True: NaN is passed over.

    Returns
    -------
    least, greatest : ndarray of shape (n_columns,) or (n_rows,), or scalar for ``axis=None``

    Raises
    ------
    TypeError
        For anything but CSR and CSC.
    ValueError
        For another axis, or an axis of length 0.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import min_max_axis
    >>> least, greatest = min_max_axis(csr_matrix([[1.0, -1.0], [3.0, 0.0]]), axis=0)
    >>> least.tolist(), greatest.tolist()
    ([1.0, -1.0], [3.0, 0.0])
    """
    _require_compressed(X, "min_max_axis")
    if axis not in (0, 1, -1, -2, None):
        raise ValueError(f"min_max_axis(axis={axis!r}): must be 0, 1 or None")
    if axis is None:
        return _whole_extremes(X, ignore_nan)
    axis %= 2
    if X.shape[axis] == 0:
        raise ValueError(f"min_max_axis(axis={axis}): X of shape {X.shape} has no entries there")
    if X.shape[1 - axis] == 0:
        return np.zeros((2, 0), X.dtype)
    X = canonical(X)
    if not _along_minor(X, axis):
        return _run_extremes(X, ignore_nan)
    found = csr.extremes(
        *_parts(X), _n_minor(X), major=False, skip_nan=ignore_nan, n_threads=_threads(X)
    )
    return tuple(extreme.astype(X.dtype, copy=False) for extreme in found)


def _run_extremes(X, ignore_nan):
    """Extremes of each run; NumPy's reduction over runs is vectorised."""
    runs = _runs(X)
    filled = np.flatnonzero(runs)
    found = []
    for extreme in (np.fmin, np.fmax) if ignore_nan else (np.minimum, np.maximum):
        out = np.zeros(len(runs), X.dtype)
        if len(filled):
            out[filled] = extreme.reduceat(X.data, X.indptr[filled])
        found.append(np.where(runs < _n_minor(X), extreme(out, X.dtype.type(0)), out))
    return tuple(found)


def _whole_extremes(X, ignore_nan):
    if 0 in X.shape:
        raise ValueError(f"min_max_axis(axis=None): X of shape {X.shape} has no entries")
    X = canonical(X)
    least_of, greatest_of = (np.fmin, np.fmax) if ignore_nan else (np.minimum, np.maximum)
    zero = X.dtype.type(0)
    if X.nnz == 0:
        return zero, zero
    found = least_of.reduce(X.data), greatest_of.reduce(X.data)
    if X.nnz < X.shape[0] * X.shape[1]:
        return least_of(found[0], zero), greatest_of(found[1], zero)
    return found


def csc_median_axis_0(X):
    """Median of each column, zeros that are not stored included.

    Parameters
    ----------
    X : CSC matrix of shape (n_rows, n_columns)

    Returns
    -------
    ndarray of float64, shape (n_columns,)
        NaN for a matrix without rows; a stored NaN ranks above all numbers.

    Raises
    ------
    TypeError
        For anything but CSC.

    Examples
    --------
    >>> from scipy.sparse import csc_matrix
    >>> from mlkit.utils.sparsefuncs import csc_median_axis_0
    >>> csc_median_axis_0(csc_matrix([[1.0, 0.0], [3.0, 0.0]])).tolist()
    [2.0, 0.0]
    """
    _require_compressed(X, "csc_median_axis_0", ("csc",))
    data, _, indptr = _parts(X)
    return compressed.major_medians(data, indptr, X.shape[0], n_threads=_threads(X))


def count_nonzero(X, axis=None, sample_weight=None):
    """Stored entries along an axis, each counting the weight of its row.

    Parameters
    ----------
    X : CSR matrix of shape (n_rows, n_columns)
    axis : {0, 1, -1, -2} or None, default=None
        None: of the whole matrix.
    sample_weight : array-like of shape (n_rows,), default=None

    Returns
    -------
    int, float or ndarray of shape (n_columns,) or (n_rows,)

    Raises
    ------
    TypeError
        For anything but CSR.
    ValueError
        For another axis.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import count_nonzero
    >>> count_nonzero(csr_matrix([[1, 0], [3, 4]]), axis=0).tolist()
    [2, 1]
    """
    _require_compressed(X, "count_nonzero", ("csr",))
    if axis not in (None, 0, 1, -1, -2):
        raise ValueError(f"count_nonzero(axis={axis!r}): must be 0, 1 or None")
    if axis in (0, -2):
        weight = None if sample_weight is None else _per_major(np.asarray(sample_weight), X)
        return np.bincount(X.indices, weight, minlength=X.shape[1])
    runs = _runs(X).astype(np.intp)
    if axis is None:
        return X.nnz if sample_weight is None else np.dot(runs, sample_weight)
    return runs if sample_weight is None else runs * np.asarray(sample_weight)


# ------------------------------------------------------------------------------ in place
def _scale(X, scale, along_major):
    X.data *= _per_major(scale, X) if along_major else scale.take(X.indices, mode="clip")


def inplace_csr_column_scale(X, scale):
    """Multiply each column of a CSR matrix by its factor.

    Parameters
    ----------
    X : CSR matrix of shape (n_rows, n_columns)
        Overwritten.
    scale : ndarray of shape (n_columns,)

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_csr_column_scale
    >>> X = csr_matrix([[1.0, 2.0]])
    >>> inplace_csr_column_scale(X, np.array([2.0, 3.0]))
    >>> X.toarray().tolist()
    [[2.0, 6.0]]
    """
    _require_length(scale, X.shape[1], "inplace_csr_column_scale")
    _scale(X, scale, along_major=False)


def inplace_csr_row_scale(X, scale):
    """Multiply each row of a CSR matrix by its factor.

    Parameters
    ----------
    X : CSR matrix of shape (n_rows, n_columns)
        Overwritten.
    scale : ndarray of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_csr_row_scale
    >>> X = csr_matrix([[1.0], [2.0]])
    >>> inplace_csr_row_scale(X, np.array([2.0, 3.0]))
    >>> X.toarray().ravel().tolist()
    [2.0, 6.0]
    """
    _require_length(scale, X.shape[0], "inplace_csr_row_scale")
    _scale(X, scale, along_major=True)


def inplace_column_scale(X, scale):
    """Multiply each column by its factor.

    Parameters
    ----------
    X : CSR or CSC matrix of shape (n_rows, n_columns)
        Overwritten.
    scale : ndarray of shape (n_columns,)

    Raises
    ------
    TypeError
        For anything but CSR and CSC.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csc_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_column_scale
    >>> X = csc_matrix([[1.0, 2.0]])
    >>> inplace_column_scale(X, np.array([2.0, 3.0]))
    >>> X.toarray().tolist()
    [[2.0, 6.0]]
    """
    _require_compressed(X, "inplace_column_scale")
    _require_length(scale, X.shape[1], "inplace_column_scale")
    _scale(X, scale, along_major=X.format == "csc")


def inplace_row_scale(X, scale):
    """Multiply each row by its factor.

    Parameters
    ----------
    X : CSR or CSC matrix of shape (n_rows, n_columns)
        Overwritten.
    scale : ndarray of shape (n_rows,)

    Raises
    ------
    TypeError
        For anything but CSR and CSC.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_row_scale
    >>> X = csr_matrix([[1.0], [2.0]])
    >>> inplace_row_scale(X, np.array([2.0, 3.0]))
    >>> X.toarray().ravel().tolist()
    [2.0, 6.0]
    """
    _require_compressed(X, "inplace_row_scale")
    _require_length(scale, X.shape[0], "inplace_row_scale")
    _scale(X, scale, along_major=X.format == "csr")


def _require_length(scale, size, caller):
    if np.shape(scale) != (size,):
        raise ValueError(f"{caller}: scale has shape {np.shape(scale)}, X asks for ({size},)")


def _places(m, n, size, caller):
    """Two line numbers, negative ones from the end, in increasing order."""
    for name, place in (("m", m), ("n", n)):
        if isinstance(place, np.ndarray):
            raise TypeError(f"{caller}({name}={place!r}): must be an int, not an array")
        if not -size <= place < size:
            raise IndexError(f"{caller}({name}={place}): there are {size} lines")
    return sorted((int(m) % size, int(n) % size))


def _swap_runs(X, m, n):
    """Exchange two lines of the major axis: what lies between them moves by their difference."""
    if m == n:
        return
    a, b, c, d = X.indptr[[m, m + 1, n, n + 1]].tolist()
    grown = (d - c) - (b - a)
    for array in (X.indices, X.data):
        first, second = array[a:b].copy(), array[c:d].copy()
        if grown:
            array[b + grown : c + grown] = array[b:c]
        array[a : a + d - c], array[c + grown : d] = second, first
    if grown:
        X.indptr[m + 1 : n + 1] += grown


def _swap_labels(X, m, n):
    """Exchange two lines of the minor axis, by name; entries of a run are then out of order."""
    first, second = X.indices == m, X.indices == n
    X.indices[first], X.indices[second] = n, m
    X.has_sorted_indices = False


def _swap(X, m, n, row, caller):
    m, n = _places(m, n, X.shape[0 if row else 1], caller)
    (_swap_runs if (X.format == "csr") == row else _swap_labels)(X, m, n)


def inplace_swap_row_csr(X, m, n):
    """Exchange rows `m` and `n` of a CSR matrix.

    Parameters
    ----------
    X : CSR matrix
        Overwritten.
    m, n : int
        Negative numbers count from the end.

    Examples
    --------
    >>> import scipy.sparse
    >>> from mlkit.utils.sparsefuncs import inplace_swap_row_csr
    >>> X = scipy.sparse.csr_array([[1.0, 0.0], [0.0, 2.0]])
    >>> inplace_swap_row_csr(X, 0, 1)
    >>> X.toarray()
    array([[0., 2.],
           [1., 0.]])
    """
    _require_compressed(X, "inplace_swap_row_csr", ("csr",))
    _swap(X, m, n, True, "inplace_swap_row_csr")


def inplace_swap_row_csc(X, m, n):
    """Exchange rows `m` and `n` of a CSC matrix.

    Parameters
    ----------
    X : CSC matrix
        Overwritten.
    m, n : int
        Negative numbers count from the end.

    Examples
    --------
    >>> import scipy.sparse
    >>> from mlkit.utils.sparsefuncs import inplace_swap_row_csc
    >>> X = scipy.sparse.csc_array([[1.0, 0.0], [0.0, 2.0]])
    >>> inplace_swap_row_csc(X, 0, 1)
    >>> X.toarray()
    array([[0., 2.],
           [1., 0.]])
    """
    _require_compressed(X, "inplace_swap_row_csc", ("csc",))
    _swap(X, m, n, True, "inplace_swap_row_csc")


def inplace_swap_row(X, m, n):
    """Exchange rows `m` and `n`.

    Parameters
    ----------
    X : CSR or CSC matrix
        Overwritten.
    m, n : int
        Negative numbers count from the end.

    Raises
    ------
    TypeError
        For anything but CSR and CSC.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_swap_row
    >>> X = csr_matrix([[1, 2], [0, 3]])
    >>> inplace_swap_row(X, 0, 1)
    >>> X.toarray().tolist()
    [[0, 3], [1, 2]]
    """
    _require_compressed(X, "inplace_swap_row")
    _swap(X, m, n, True, "inplace_swap_row")


def inplace_swap_column(X, m, n):
    """Exchange columns `m` and `n`.

    Parameters
    ----------
    X : CSR or CSC matrix
        Overwritten.
    m, n : int
        Negative numbers count from the end.

    Raises
    ------
    TypeError
        For anything but CSR and CSC.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import inplace_swap_column
    >>> X = csr_matrix([[1, 2], [0, 3]])
    >>> inplace_swap_column(X, 0, 1)
    >>> X.toarray().tolist()
    [[2, 1], [3, 0]]
    """
    _require_compressed(X, "inplace_swap_column")
    _swap(X, m, n, False, "inplace_swap_column")


def _normalize_rows(X, norm):
    if X.data.dtype not in (np.float32, np.float64):
        raise ValueError(f"inplace_csr_row_normalize_{norm}: X is {X.data.dtype}; make it float")
    csr.normalize(*_parts(X), X.shape[1], norm, n_threads=_threads(X))


def inplace_csr_row_normalize_l1(X):
    """Divide each row of a CSR matrix by the sum of its absolute values; empty rows stay.

    Parameters
    ----------
    X : CSR matrix of float32 or float64
        Overwritten.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs_fast import inplace_csr_row_normalize_l1
    >>> X = csr_matrix([[1.0, 3.0]])
    >>> inplace_csr_row_normalize_l1(X)
    >>> X.toarray().tolist()
    [[0.25, 0.75]]
    """
    _require_compressed(X, "inplace_csr_row_normalize_l1", ("csr",))
    _normalize_rows(X, "l1")


def inplace_csr_row_normalize_l2(X):
    """Divide each row of a CSR matrix by its Euclidean norm; empty rows stay.

    Parameters
    ----------
    X : CSR matrix of float32 or float64
        Overwritten.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs_fast import inplace_csr_row_normalize_l2
    >>> X = csr_matrix([[3.0, 4.0]])
    >>> inplace_csr_row_normalize_l2(X)
    >>> X.toarray().round(3).tolist()
    [[0.6, 0.8]]
    """
    _require_compressed(X, "inplace_csr_row_normalize_l2", ("csr",))
    _normalize_rows(X, "l2")


# ------------------------------------------------------------------------------ norms, product
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
    if not hasattr(X, "tocsr"):
        return linalg.row_norms(X, squared)
    X = X.tocsr()
    parts = _parts(X)
    norms = csr.sums(*parts, X.shape[1], major=True, squared=True, n_threads=_threads(X))
    return (norms if squared else np.sqrt(norms, out=norms)).astype(parts[0].dtype, copy=False)


def csr_row_norms(X):
    """Squared Euclidean norm of each row of a CSR matrix, in the dtype of `X`.

    Parameters
    ----------
    X : CSR matrix of shape (n_rows, n_columns)

    Returns
    -------
    ndarray of shape (n_rows,)

    Examples
    --------
    >>> import scipy.sparse
    >>> from mlkit.utils.sparsefuncs_fast import csr_row_norms
    >>> csr_row_norms(scipy.sparse.csr_array([[3.0, 4.0], [0.0, 2.0]]))
    array([25.,  4.])
    """
    _require_compressed(X, "csr_row_norms", ("csr",))
    return row_norms(X, squared=True)


def assign_rows_csr(X, X_rows, out_rows, out):
    """Write rows of a CSR matrix over rows of an array.

    Parameters
    ----------
    X : CSR matrix of shape (n_rows, n_columns)
    X_rows, out_rows : ndarray of int, of the same length
        Row ``X_rows[i]`` goes to ``out[out_rows[i]]``.
    out : ndarray of shape (any, n_columns)
        Overwritten.

    Raises
    ------
    ValueError
        If the two lists of rows differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> import scipy.sparse
    >>> from mlkit.utils.sparsefuncs_fast import assign_rows_csr
    >>> X, out = scipy.sparse.csr_array([[1.0, 0.0], [0.0, 2.0]]), np.zeros((2, 2))
    >>> assign_rows_csr(X, np.array([1]), np.array([0]), out)
    >>> out
    array([[0., 2.],
           [0., 0.]])
    """
    _require_compressed(X, "assign_rows_csr", ("csr",))
    if len(X_rows) != len(out_rows):
        raise ValueError(
            f"assign_rows_csr: {len(X_rows)} rows of X cannot go to {len(out_rows)} rows of out"
        )
    out[out_rows] = X[X_rows].toarray()


def sparse_matmul_to_dense(A, B, out=None):
    """``A @ B`` of two sparse matrices, as an array.

    Parameters
    ----------
    A : CSR or CSC matrix of shape (n, k), float32 or float64
    B : CSR or CSC matrix of shape (k, m), of the dtype of `A`
    out : ndarray of shape (n, m), default=None
        Where to write.

    Returns
    -------
    ndarray of shape (n, m)

    Raises
    ------
    ValueError
        For other formats or dtypes, or shapes that do not fit.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils.sparsefuncs import sparse_matmul_to_dense
    >>> A = csr_matrix([[1.0, 2.0]])
    >>> sparse_matmul_to_dense(A, A.T).tolist()
    [[5.0]]
    """
    for name, factor in (("A", A), ("B", B)):
        if getattr(factor, "format", None) not in ("csr", "csc"):
            raise ValueError(f"sparse_matmul_to_dense: {name} must be a CSR or CSC matrix")
    if A.dtype != B.dtype or A.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"sparse_matmul_to_dense: A is {A.dtype} and B is {B.dtype}; "
            "both must be float32 or both float64"
        )
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"sparse_matmul_to_dense: shapes {A.shape} and {B.shape} do not fit")
    shape = (A.shape[0], B.shape[1])
    if out is None:
        out = np.empty(shape, A.dtype)
    elif out.shape != shape or out.dtype != A.dtype:
        raise ValueError(
            f"sparse_matmul_to_dense: out is {out.dtype} of shape {out.shape}, "
            f"the product is {A.dtype} of shape {shape}"
        )
    if A.format == B.format == "csc":
        # Two CSC matrices are the CSR ones of the transposed product.
        left, right, target = B.T, A.T, out.T
    else:
        left, right, target = A.tocsr(), B.tocsr(), out
    threads = n_threads() if left.nnz * max(right.nnz, 1) / max(shape[0], 1) > 1e5 else 1
    parts = _parts(left), _parts(right)
    if parts[0][1].dtype != parts[1][1].dtype:
        parts = [(data, a.astype(np.int64), b.astype(np.int64)) for data, a, b in parts]
    compressed.product(*parts[0], *parts[1], target, n_threads=threads)
    return out
