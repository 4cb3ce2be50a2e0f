"""Transformers that learn nothing: rows to unit norm, values to 0 and 1, a column of ones."""

import numpy as np

from .._core.arrays import check_array
from .._core.domains import array_like, boolean, integer, one_of, real, sparse_matrix
from .._core.estimator import Estimator
from .._core.params import checked, param
from .._core.roles import OneToOneColumns, Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._engine.mixture.counts import coordinates
from ._scale import FLOATS, divisors, in_place, keeping_half

_NORMS = ("l1", "l2", "max")
_table = array_like | sparse_matrix


def _dense_norms(X, norm):
    if norm == "l1":
        return np.abs(X).sum(axis=1)
    if norm == "l2":
        return np.sqrt(np.einsum("ij,ij->i", X, X))
    return np.abs(X).max(axis=1)


def _sparse_norms(data, row, n_rows, norm):
    """Norms of rows from the stored values alone: zeros add nothing to any of the three."""
    if norm == "max":
        norms = np.zeros(n_rows, dtype=data.dtype)
        np.maximum.at(norms, row, np.abs(data))
        return norms
    terms = np.abs(data) if norm == "l1" else data.astype(np.float64) ** 2
    sums = np.bincount(row, weights=terms, minlength=n_rows)
    return (sums if norm == "l1" else np.sqrt(sums)).astype(data.dtype)


def _unit_rows(X, norm, copy, axis=1):
    """`X` with rows (columns if `axis` is 0) of unit norm, and the norms before."""
    if issparse(X):
        across = coordinates(X)[1 if axis == 1 else 0]
        norms = _sparse_norms(X.data, across, X.shape[1 - axis], norm)
        X = X.copy() if copy or not X.data.flags.writeable else X
        X.data /= divisors(norms)[across]
        return X, norms
    norms = _dense_norms(X if axis == 1 else X.T, norm)
    by = divisors(norms)
    by = by[:, np.newaxis] if axis == 1 else by
    return np.divide(X, by, out=in_place(X, copy)), norms


@checked(X=_table, norm=one_of(*_NORMS), axis=integer(0, 1), copy=boolean, return_norm=boolean)
def normalize(X, norm="l2", *, axis=1, copy=True, return_norm=False):
    """Scale rows or columns to unit norm: ``x / ‖x‖``; zeros stay zeros.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    norm : {"l1", "l2", "max"}, default="l2"
        Sum of absolute values, Euclidean, or greatest absolute value.
    axis : {0, 1}, default=1
        1 scales rows, 0 columns.
    copy : bool, default=True
        Whether to leave X as it is.
    return_norm : bool, default=False
        Whether to return the norms too.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples, n_features)
    norms : ndarray of shape (n_samples,) or (n_features,)
        If `return_norm`.

    Examples
    --------
    >>> from mlkit.preprocessing import normalize
    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    form = "csr" if axis == 1 else "csc"
    X = check_array(
        X, accept_sparse=form, dtype=FLOATS, estimator="the normalize function", input_name="X"
    )
    X, norms = _unit_rows(X, norm, copy, axis)
    return (X, norms) if return_norm else X


class _Stateless(OneToOneColumns, Transformer, Estimator):
    """Base of transformers without state: ``fit`` checks and remembers the columns."""

    def fit(self, X, y=None):
        """Check the parameters and X, and remember its columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._check_fit(X)
        return self


class Normalizer(_Stateless):
    """Rows of unit norm: ``x / ‖x‖``; a row of zeros stays as it is.

    Examples
    --------
    >>> from mlkit.preprocessing import Normalizer
    >>> Normalizer().fit_transform([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """

    traits = Traits(sparse=("csr",), requires_fit=False, preserves=("float64", "float32"))

    norm: str = param("l2", one_of(*_NORMS), "The norm.", kw_only=False)
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    def transform(self, X, copy=None):
        """Scale each row of X to unit norm.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        copy : bool, default=None
            Instead of the parameter `copy`.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_X(X, **keeping_half(X))
        return _unit_rows(X, self.norm, self.copy if copy is None else copy)[0]


def _binary(X, threshold, copy):
    """1 where ``x > threshold``, else 0, in the dtype of `X`."""
    if issparse(X):
        if threshold < 0:
            raise ValueError(
                f"Cannot binarize a sparse matrix with threshold={threshold} < 0: every zero would "
                "become 1; pass X.toarray()"
            )
        X = X.copy() if copy or not X.data.flags.writeable else X
        X.data[:] = X.data > threshold
        X.eliminate_zeros()
        return X
    if not copy and X.flags.writeable:
        np.greater(X, threshold, out=X, casting="unsafe")
        return X
    return np.greater(X, threshold).astype(X.dtype)


@checked(X=_table, threshold=real, copy=boolean)
def binarize(X, *, threshold=0.0, copy=True):
    """Set values above a threshold to 1 and the others to 0.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    threshold : float, default=0.0
        At least 0 for a sparse matrix.
    copy : bool, default=True
        Whether to leave X as it is.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples, n_features)

    Examples
    --------
    >>> from mlkit.preprocessing import binarize
    >>> binarize([[0.4, 0.6]], threshold=0.5)
    array([[0., 1.]])
    """
    X = check_array(X, accept_sparse=["csr", "csc"], input_name="X")
    return _binary(X, threshold, copy)


class Binarizer(_Stateless):
    """Values above a threshold become 1, the others 0.

    Examples
    --------
    >>> from mlkit.preprocessing import Binarizer
    >>> Binarizer(threshold=1.0).fit_transform([[0.0, 1.0, 2.0]])
    array([[0., 0., 1.]])
    """

    traits = Traits(sparse=("csr", "csc"), dtype="numeric", requires_fit=False)

    threshold: float = param(0.0, real, "At least 0 for sparse input.")
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    def transform(self, X, copy=None):
        """Compare each value with the threshold.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        copy : bool, default=None
            Instead of the parameter `copy`.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        return _binary(self._check_X(X), self.threshold, self.copy if copy is None else copy)


@checked(X=_table, value=real)
def add_dummy_feature(X, value=1.0):
    """Put a constant column before the others.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    value : float, default=1.0

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples, n_features + 1)
        Sparse in the format of X.

    Examples
    --------
    >>> from mlkit.preprocessing import add_dummy_feature
    >>> add_dummy_feature([[0.0, 2.0]])
    array([[1., 0., 2.]])
    """
    X = check_array(X, accept_sparse=["csc", "csr", "coo"], dtype=FLOATS, input_name="X")
    column = np.full((X.shape[0], 1), value)
    if issparse(X):
        import scipy.sparse as sp

        return as_interface(sp.hstack([column, X], format=X.format))
    return np.hstack([column, X])
