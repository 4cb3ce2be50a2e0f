"""Distances of all pairs of rows, or of rows side by side."""

import warnings
from itertools import pairwise

import numpy as np

from .._core import domains as d
from .._core.arrays import check_array, check_non_negative
from .._core.errors import DataConversionWarning, twin
from .._core.linalg import row_norms
from .._core.parallel import effective_n_jobs
from .._core.params import checked
from .._core.sparse import issparse
from .._engine.neighbors import pairwise as engine

_matrix = d.array_like | d.sparse_matrix
_pair = {"X": _matrix, "Y": _matrix | d.none}
# Metrics of rows of truth values, to which others are turned.
PAIRWISE_BOOLEAN_FUNCTIONS = list(engine.BOOLEAN_METRICS)
METRIC_NAMES = (*engine.METRICS, "precomputed")
metric_domain = d.one_of(*METRIC_NAMES) | d.callable_


def float_dtype(X, Y):
    """Return X and Y, arrays or sparse, and float32 if both are of it, else float64."""
    parts = [each if issparse(each) or each is None else np.asarray(each) for each in (X, Y)]
    kinds = {each.dtype for each in parts if each is not None}
    return (*parts, np.float32 if kinds == {np.dtype(np.float32)} else np.float64)


def check_pairwise_arrays(
    X,
    Y,
    *,
    precomputed=False,
    dtype="infer_float",
    accept_sparse="csr",
    ensure_all_finite=True,
    ensure_2d=True,
    copy=False,
):
    """Return two matrices with as many columns; Y is X itself where it is None.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features) or None
    precomputed : bool, default=False
        X is a matrix of distances: it needs a column for each row of Y.
    dtype : "infer_float", dtype, list of dtypes or None, default="infer_float"
        "infer_float" is float32 where both are, else float64.
    accept_sparse : bool, str or list of str, default="csr"
        Sparse formats let through.
    ensure_all_finite : bool or "allow-nan", default=True
    ensure_2d : bool, default=True
    copy : bool, default=False

    Returns
    -------
    X, Y : ndarrays or sparse matrices

    Raises
    ------
    ValueError
        For matrices of different widths.

    Examples
    --------
    >>> from mlkit.metrics.pairwise import check_pairwise_arrays
    >>> X, Y = check_pairwise_arrays([[1, 2]], None)
    >>> X is Y, X.dtype.name
    (True, 'float64')
    """
    same = Y is X or Y is None
    if isinstance(dtype, str) and dtype == "infer_float":
        X, Y, dtype = float_dtype(X, Y)
    options = {
        "accept_sparse": accept_sparse,
        "dtype": dtype,
        "copy": copy,
        "ensure_all_finite": ensure_all_finite,
        "ensure_2d": ensure_2d,
    }
    X = check_array(X, estimator="check_pairwise_arrays", **options)
    Y = X if same else check_array(Y, estimator="check_pairwise_arrays", **options)
    if precomputed:
        if X.shape[1] != Y.shape[0]:
            raise ValueError(
                f"A precomputed X needs a column for each of the {Y.shape[0]} rows that it is "
                f"measured from; its shape is {X.shape}"
            )
    elif ensure_2d and X.shape[1] != Y.shape[1]:
        raise ValueError(
            f"X and Y need as many columns each; X has {X.shape[1]} and Y {Y.shape[1]}"
        )
    return X, Y


def check_paired_arrays(X, Y):
    """Return two matrices of one shape.

    Parameters
    ----------
    X, Y : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    X, Y : ndarrays or sparse matrices

    Examples
    --------
    >>> from mlkit.metrics.pairwise import check_paired_arrays
    >>> X, Y = check_paired_arrays([[1, 2]], [[3, 4]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    if X.shape != Y.shape:
        raise ValueError(f"Rows are paired: X of shape {X.shape} and Y of {Y.shape} must be alike")
    return X, Y


def _squares_of(given, X, name):
    """Squared norms as the caller knows them; those of float32 are too rough to be of use."""
    if given is None:
        return None
    given = check_array(given, ensure_2d=False, dtype=[np.float64, np.float32])
    rows = X.shape[0]
    if given.shape not in ((rows,), (rows, 1), (1, rows)):
        raise ValueError(f"{name} of shape {given.shape} needs a number for each of {rows} rows")
    return None if given.dtype == np.float32 or X.dtype == np.float32 else given.ravel()


@checked(**_pair, Y_norm_squared=d.array_like | d.none, squared=d.boolean,
         X_norm_squared=d.array_like | d.none)  # fmt: skip
def euclidean_distances(X, Y=None, *, Y_norm_squared=None, squared=False, X_norm_squared=None):
    """``‖x − y‖₂`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    Y_norm_squared, X_norm_squared : array-like of shape (n_samples,), default=None
        Squared norms of the rows, if they are known; those in float32 are computed again.
    squared : bool, default=False
        Leave the root out.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import euclidean_distances
    >>> euclidean_distances([[0.0, 0.0]], [[3.0, 4.0]])
    array([[5.]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    x_squares = _squares_of(X_norm_squared, X, "X_norm_squared")
    y_squares = _squares_of(Y_norm_squared, Y, "Y_norm_squared")
    return engine.euclidean(X, Y, x_squares, y_squares, squared)


@checked(**_pair, squared=d.boolean, missing_values=d.real | d.Predicate("NaN", lambda v: v != v),
         copy=d.boolean)  # fmt: skip
def nan_euclidean_distances(X, Y=None, *, squared=False, missing_values=np.nan, copy=True):
    """Euclidean distances of rows with gaps: ``√(n_features / n_common · Σ (x − y)²)``.

    The sum is over the columns that both rows have.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
    Y : array-like of shape (n_samples_Y, n_features), default=None
        None is X.
    squared : bool, default=False
        Leave the root out.
    missing_values : float, default=nan
        What stands for a gap.
    copy : bool, default=True
        False saves memory: gaps of arrays of float64 become zeros in place.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)
        NaN for rows without a common column.

    References
    ----------
    Dixon. Pattern recognition with partly missing data. IEEE Trans. SMC 9 (1979).

    Examples
    --------
    >>> from mlkit.metrics import nan_euclidean_distances
    >>> nan_euclidean_distances([[0.0, float("nan")]], [[3.0, 1.0]]).round(4)
    array([[4.2426]])
    """
    is_nan = missing_values != missing_values
    X, Y = check_pairwise_arrays(
        X, Y, accept_sparse=False, ensure_all_finite="allow-nan" if is_nan else True
    )
    return engine.nan_euclidean(X, Y, missing_values, squared, copy)


@checked(**_pair)
def manhattan_distances(X, Y=None):
    """``Σ |x − y|`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import manhattan_distances
    >>> manhattan_distances([[0.0, 0.0]], [[3.0, 4.0]])
    array([[7.]])
    """
    return engine.manhattan(*check_pairwise_arrays(X, Y))


@checked(**_pair)
def cosine_distances(X, Y=None):
    """``1 − ⟨x, y⟩ / (‖x‖ ‖y‖)`` of each pair of rows; 1 for a row of zeros.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import cosine_distances
    >>> cosine_distances([[1.0, 0.0]], [[0.0, 2.0]])
    array([[1.]])
    """
    return engine.cosine(*check_pairwise_arrays(X, Y))


@checked(**_pair)
def haversine_distances(X, Y=None):
    """Angle, seen from the centre of a sphere, between each pair of points on it.

    ``2 arcsin √(sin²(Δlat / 2) + cos lat₁ cos lat₂ sin²(Δlon / 2))``.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, 2)
        Latitude and longitude, in radians.
    Y : array-like of shape (n_samples_Y, 2), default=None
        None is X.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)
        In radians.

    Examples
    --------
    >>> from mlkit.metrics.pairwise import haversine_distances
    >>> haversine_distances([[0.0, 0.0]], [[0.0, 1.0]])
    array([[1.]])
    """
    X, Y = check_pairwise_arrays(X, Y, accept_sparse=False)
    if X.shape[1] != 2:
        raise ValueError(
            f"haversine needs two columns, latitude and longitude; X has {X.shape[1]}: it is "
            "only valid in 2 dimensions"
        )
    return engine.haversine(X, Y)


# ---------------------------------------------------------------- rows side by side


def _difference_norms(X, Y, manhattan=False):
    X, Y = check_paired_arrays(X, Y)
    away = X - Y
    if not manhattan:
        return row_norms(away)
    return np.asarray(np.abs(away).sum(axis=-1)).ravel()


@checked(**{**_pair, "Y": _matrix})
def paired_euclidean_distances(X, Y):
    """``‖xᵢ − yᵢ‖₂`` of each row.

    Parameters
    ----------
    X, Y : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples,)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import paired_euclidean_distances
    >>> paired_euclidean_distances([[0.0, 0.0]], [[3.0, 4.0]])
    array([5.])
    """
    return _difference_norms(X, Y)


@checked(**{**_pair, "Y": _matrix})
def paired_manhattan_distances(X, Y):
    """``Σ |xᵢ − yᵢ|`` of each row.

    Parameters
    ----------
    X, Y : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples,)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import paired_manhattan_distances
    >>> paired_manhattan_distances([[0.0, 0.0]], [[3.0, 4.0]])
    array([7.])
    """
    return _difference_norms(X, Y, manhattan=True)


@checked(**{**_pair, "Y": _matrix})
def paired_cosine_distances(X, Y):
    """``1 − ⟨xᵢ, yᵢ⟩ / (‖xᵢ‖ ‖yᵢ‖)`` of each row: half the squared distance of unit rows.

    Parameters
    ----------
    X, Y : {array-like, sparse matrix} of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples,)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import paired_cosine_distances
    >>> paired_cosine_distances([[1.0, 0.0]], [[2.0, 0.0]])
    array([0.])
    """
    X, Y = check_paired_arrays(X, Y)
    return row_norms(engine.unit_rows(X) - engine.unit_rows(Y), squared=True) / 2


PAIRED = {
    "cosine": paired_cosine_distances,
    "euclidean": paired_euclidean_distances,
    "l2": paired_euclidean_distances,
    "l1": paired_manhattan_distances,
    "manhattan": paired_manhattan_distances,
    "cityblock": paired_manhattan_distances,
}


@checked(X=_matrix, Y=_matrix, metric=d.one_of(*PAIRED) | d.callable_)
def paired_distances(X, Y, *, metric="euclidean", **kwds):
    """Distance of row i of X from row i of Y.

    Parameters
    ----------
    X, Y : {array-like, sparse matrix} of shape (n_samples, n_features)
    metric : str or callable, default="euclidean"
        "cosine", "euclidean" ("l2"), "manhattan" ("l1", "cityblock"), or a function of two rows.
    **kwds : dict
        Further arguments of the function; the named metrics have none.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    TypeError
        For further arguments of a named metric.

    Examples
    --------
    >>> from mlkit.metrics.pairwise import paired_distances
    >>> paired_distances([[0.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [2.0, 1.0]])
    array([0., 1.])
    """
    if not callable(metric):
        return PAIRED[metric](X, Y, **kwds)
    X, Y = check_paired_arrays(X, Y)
    x_rows, y_rows = engine.rows_of(X), engine.rows_of(Y)
    return np.array([metric(x, y, **kwds) for x, y in zip(x_rows, y_rows, strict=True)])


# ---------------------------------------------------------------- by name


FUNCTIONS = {
    "cityblock": manhattan_distances,
    "cosine": cosine_distances,
    "euclidean": euclidean_distances,
    "haversine": haversine_distances,
    "l2": euclidean_distances,
    "l1": manhattan_distances,
    "manhattan": manhattan_distances,
    "precomputed": None,
    "nan_euclidean": nan_euclidean_distances,
}


def distance_metrics():
    """Names of metrics with a function of their own here, and the functions.

    Returns
    -------
    dict of str to callable

    Examples
    --------
    >>> from mlkit.metrics.pairwise import distance_metrics
    >>> distance_metrics()["l1"].__name__
    'manhattan_distances'
    """
    return FUNCTIONS


def _parameters_of(metric, X, Y, options):
    """Parameters that come from all the data, and must not change with the chunk."""
    if metric == "seuclidean" and "V" not in options:
        if X is not Y:
            raise ValueError("metric='seuclidean' of X and another Y needs the variances V")
        return {"V": np.var(X, axis=0, ddof=1)}
    if metric == "mahalanobis" and "VI" not in options:
        if X is not Y:
            raise ValueError("metric='mahalanobis' of X and another Y needs VI, the inverse of "
                             "their covariance")  # fmt: skip
        return {"VI": np.linalg.inv(np.cov(X.T)).T}
    return {}


def checked_distances(X, Y, metric, ensure_all_finite, options):
    """Return a function of a slice of rows of X that gives their distances, and the checked X."""
    if metric == "precomputed":
        X, _ = check_pairwise_arrays(X, Y, precomputed=True, ensure_all_finite=ensure_all_finite)
        check_non_negative(X, "pairwise_distances with metric='precomputed'")
        return (lambda rows: X if rows == slice(None) else X[rows]), X
    if metric in FUNCTIONS:
        if metric == "nan_euclidean":
            ensure_all_finite = "allow-nan"
        function = FUNCTIONS[metric]
        same = Y is None or Y is X
        X, Y = check_pairwise_arrays(X, Y, ensure_all_finite=ensure_all_finite)

        def block(rows):
            whole = rows == slice(None)
            return function(X if whole else X[rows], None if whole and same else Y, **options)

        return block, X
    # A function may be of words or of truth values: it gets rows as they are.
    dtype = None if callable(metric) else "infer_float"
    if metric in engine.BOOLEAN_METRICS:
        dtype = bool
        _warn_conversion(X, Y, metric)
    X, Y = check_pairwise_arrays(
        X, Y, dtype=dtype, accept_sparse=callable(metric) and "csr",
        ensure_all_finite=ensure_all_finite, ensure_2d=not callable(metric),
    )  # fmt: skip
    options = {**options, **_parameters_of(metric, X, Y, options)}

    def block(rows):
        return engine.distances(X if rows == slice(None) else X[rows], Y, metric, **options)

    return block, X


def _warn_conversion(X, Y, metric):
    given = [getattr(each, "dtype", None) for each in (X, Y) if each is not None]
    if any(dtype is None or dtype.kind != "b" for dtype in given):
        warnings.warn(
            f"metric={metric!r} is of truth values: data was converted to boolean",
            twin(DataConversionWarning),
            stacklevel=4,
        )


@checked(X=_matrix, Y=_matrix | d.none, metric=metric_domain, n_jobs=d.integer() | d.none,
         ensure_all_finite=d.boolean | d.one_of("allow-nan"))  # fmt: skip
def pairwise_distances(
    X, Y=None, metric="euclidean", *, n_jobs=None, ensure_all_finite=True, **kwds
):
    """Distance of each row of X from each row of Y.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features) or (n_samples_X, n_samples_Y)
        Rows, or their distances if `metric` is "precomputed", which then are returned.
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    metric : str or callable, default="euclidean"
        A name: "euclidean" ("l2"), "manhattan" ("l1", "cityblock") and "cosine" take sparse rows;
        "haversine" and "nan_euclidean"; and those of ``scipy.spatial.distance``. Or a function of
        two rows that returns a number.
    n_jobs : int, default=None
        Threads. None is all processors for the metrics that take sparse rows and "chebyshev", one
        for the others.
    ensure_all_finite : bool or "allow-nan", default=True
        Refuse infinity and NaN, neither, or infinity alone.
    **kwds : dict
        Further parameters of the metric.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics import pairwise_distances
    >>> pairwise_distances([[0.0, 0.0], [1.0, 1.0]], metric="manhattan")
    array([[0., 2.],
           [2., 0.]])
    """
    block, X = checked_distances(X, Y, metric, ensure_all_finite, kwds)
    jobs = effective_n_jobs(n_jobs)
    threaded = metric in FUNCTIONS or metric == "chebyshev"
    if jobs == 1 or threaded or X.shape[0] < 2:
        with engine.jobs(n_jobs):
            return block(slice(None))
    out = by_threads(block, X.shape[0], jobs)
    if Y is None and metric in engine.METRICS and out.dtype.kind == "f":
        # By the whole matrix a row is exactly 0 from itself; by blocks rounding may be left.
        diagonal = np.diagonal(out)
        np.fill_diagonal(out, np.where(np.isnan(diagonal), np.nan, 0))
    return out


def by_threads(block, n_rows, jobs):
    """Results of `block` for slices of the rows, one a thread, below one another."""
    from .._core.workers import Parallel, delayed

    edges = np.linspace(0, n_rows, min(jobs, n_rows) + 1).astype(int).tolist()
    rows = [slice(*pair) for pair in pairwise(edges)]
    return np.concatenate(
        Parallel(backend="threading", n_jobs=jobs)(delayed(block)(each) for each in rows)
    )
