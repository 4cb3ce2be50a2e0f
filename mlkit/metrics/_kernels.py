"""Kernels of all pairs of rows, under scikit-learn's names."""

from .._core import domains as d
from .._core.arrays import check_array
from .._core.linalg import safe_sparse_dot
from .._core.parallel import effective_n_jobs
from .._core.params import checked
from .._engine.kernels import functions as engine
from .._engine.neighbors.pairwise import unit_rows
from ._pairwise import by_threads, check_pairwise_arrays

_matrix = d.array_like | d.sparse_matrix
_pair = {"X": _matrix, "Y": _matrix | d.none}
_gamma = d.at_least(0) | d.none | d.array_like


def _product(X, Y, dense_output):
    return safe_sparse_dot(X, Y.T, dense_output=dense_output)


@checked(**_pair, dense_output=d.boolean)
def linear_kernel(X, Y=None, dense_output=True):
    """``⟨x, y⟩`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    dense_output : bool, default=True
        False leaves the product of two sparse matrices sparse.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import linear_kernel
    >>> linear_kernel([[1.0, 2.0]], [[3.0, 4.0]])
    array([[11.]])
    """
    return _product(*check_pairwise_arrays(X, Y), dense_output)


@checked(**_pair, dense_output=d.boolean)
def cosine_similarity(X, Y=None, dense_output=True):
    """``⟨x, y⟩ / (‖x‖ ‖y‖)`` of each pair of rows; 0 for a row of zeros.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    dense_output : bool, default=True
        False leaves the product of two sparse matrices sparse.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import cosine_similarity
    >>> cosine_similarity([[1.0, 0.0]], [[0.0, 2.0], [3.0, 0.0]])
    array([[0., 1.]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    unit = unit_rows(X)
    return _product(unit, unit if X is Y else unit_rows(Y), dense_output)


@checked(**_pair, degree=d.at_least(1), gamma=_gamma, coef0=d.real)
def polynomial_kernel(X, Y=None, degree=3, gamma=None, coef0=1):
    """``(γ⟨x, y⟩ + c)^d`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    degree : float, default=3
        Exponent d, at least 1.
    gamma : float, default=None
        Factor γ; None is 1 / n_features.
    coef0 : float, default=1
        Constant c.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import polynomial_kernel
    >>> polynomial_kernel([[1.0, 1.0]], [[2.0, 0.0]]).round(4)
    array([[8.]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    return engine.polynomial(X, Y, degree, gamma, coef0)


@checked(**_pair, gamma=_gamma, coef0=d.real)
def sigmoid_kernel(X, Y=None, gamma=None, coef0=1):
    """``tanh(γ⟨x, y⟩ + c)`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    gamma : float, default=None
        Factor γ; None is 1 / n_features.
    coef0 : float, default=1
        Constant c.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import sigmoid_kernel
    >>> sigmoid_kernel([[0.0, 0.0]], [[1.0, 1.0]]).round(4)
    array([[0.7616]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    return engine.sigmoid(X, Y, gamma, coef0)


@checked(**_pair, gamma=_gamma)
def rbf_kernel(X, Y=None, gamma=None):
    """``exp(−γ‖x − y‖²)`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    gamma : float, default=None
        Factor γ; None is 1 / n_features.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import rbf_kernel
    >>> rbf_kernel([[0.0, 0.0]], [[1.0, 1.0]]).round(4)
    array([[0.3679]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    return engine.rbf(X, Y, gamma)


@checked(**_pair, gamma=_gamma)
def laplacian_kernel(X, Y=None, gamma=None):
    """``exp(−γ‖x − y‖₁)`` of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    gamma : float, default=None
        Factor γ; None is 1 / n_features.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import laplacian_kernel
    >>> laplacian_kernel([[0.0, 0.0]], [[1.0, 1.0]]).round(4)
    array([[0.3679]])
    """
    X, Y = check_pairwise_arrays(X, Y)
    return engine.laplacian(X, Y, gamma)


@checked(**_pair)
def additive_chi2_kernel(X, Y=None):
    """``−Σ (x − y)² / (x + y)`` of each pair of rows.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
    Y : array-like of shape (n_samples_Y, n_features), default=None
        None is X.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Raises
    ------
    ValueError
        For negative entries.

    References
    ----------
    Zhang, Marszalek, Lazebnik, Schmid. Local features and kernels for classification of texture and
    object categories. IJCV 73 (2007).

    Examples
    --------
    >>> from mlkit.metrics.pairwise import additive_chi2_kernel
    >>> additive_chi2_kernel([[1.0, 0.0]], [[3.0, 0.0]]).round(4)
    array([[-1.]])
    """
    X, Y = check_pairwise_arrays(X, Y, accept_sparse=False)
    return engine.additive_chi2(X, Y)


@checked(**_pair, gamma=_gamma)
def chi2_kernel(X, Y=None, gamma=1.0):
    """``exp(−γ Σ (x − y)² / (x + y))`` of each pair of rows.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
    Y : array-like of shape (n_samples_Y, n_features), default=None
        None is X.
    gamma : float, default=1.0
        Factor γ.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Raises
    ------
    ValueError
        For negative entries.

    References
    ----------
    Zhang, Marszalek, Lazebnik, Schmid. Local features and kernels for classification of texture and
    object categories. IJCV 73 (2007).

    Examples
    --------
    >>> from mlkit.metrics.pairwise import chi2_kernel
    >>> chi2_kernel([[1.0, 0.0]], [[3.0, 0.0]]).round(4)
    array([[0.3679]])
    """
    X, Y = check_pairwise_arrays(X, Y, accept_sparse=False)
    return engine.chi2(X, Y, gamma)


FUNCTIONS = {
    "additive_chi2": additive_chi2_kernel,
    "chi2": chi2_kernel,
    "linear": linear_kernel,
    "polynomial": polynomial_kernel,
    "poly": polynomial_kernel,
    "rbf": rbf_kernel,
    "laplacian": laplacian_kernel,
    "sigmoid": sigmoid_kernel,
    "cosine": cosine_similarity,
}


def kernel_metrics():
    """Names of kernels and their functions.

    Returns
    -------
    dict of str to callable

    Examples
    --------
    >>> from mlkit.metrics.pairwise import kernel_metrics
    >>> kernel_metrics()["poly"].__name__
    'polynomial_kernel'
    """
    return FUNCTIONS


@checked(**_pair, metric=d.one_of(*FUNCTIONS, "precomputed") | d.callable_ | d.has_methods("diag"),
         filter_params=d.boolean, n_jobs=d.integer() | d.none)  # fmt: skip
def pairwise_kernels(X, Y=None, metric="linear", *, filter_params=False, n_jobs=None, **kwds):
    """Kernel k(x, y) of each pair of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples_X, n_features) or (n_samples_X, n_samples_Y)
        Rows, or their kernel if `metric` is "precomputed", which then is returned.
    Y : {array-like, sparse matrix} of shape (n_samples_Y, n_features), default=None
        None is X.
    metric : str or callable, default="linear"
        One of `kernel_metrics`, a kernel object of Gaussian processes, or a function of two rows
        that returns a number.
    filter_params : bool, default=False
        Leave out of `kwds` what the kernel does not take, in place of an error.
    n_jobs : int, default=None
        Threads among which rows are divided for a function; kernels by name use all processors.
    **kwds : dict
        Parameters of the kernel.

    Returns
    -------
    ndarray of shape (n_samples_X, n_samples_Y)

    Examples
    --------
    >>> from mlkit.metrics.pairwise import pairwise_kernels
    >>> pairwise_kernels([[0.0, 1.0], [2.0, 3.0]])
    array([[ 1.,  3.],
           [ 3., 13.]])
    """
    if not isinstance(metric, str) and hasattr(metric, "diag"):
        metric = metric.__call__
        return metric(check_array(X), None if Y is None else check_array(Y))
    if metric == "precomputed":
        return check_pairwise_arrays(X, Y, precomputed=True)[0]
    if not callable(metric):
        if filter_params:
            kwds = {name: kwds[name] for name in engine.KERNELS[metric][1] if name in kwds}
        return FUNCTIONS[metric](X, Y, **kwds)
    X, Y = check_pairwise_arrays(X, Y)
    jobs = effective_n_jobs(n_jobs)
    if jobs == 1 or X.shape[0] < 2:
        return engine.kernel_of_pairs(metric, X, Y, **kwds)
    return by_threads(
        lambda rows: engine.kernel_of_pairs(metric, X[rows], Y, **kwds), X.shape[0], jobs
    )
