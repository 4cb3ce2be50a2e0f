"""Kernels k(x, y) of all pairs of rows: one function each, dense or sparse.

Each takes two matrices of floats with the same columns, arrays or CSR, and returns an array of
shape (n, m): float32 where both are, else float64. `KERNELS` names them as scikit-learn does, with
the parameters of each.
"""

import numpy as np

from ..._core.linalg import row_norms, safe_sparse_dot
from ..._core.parallel import n_threads
from ..._core.sparse import issparse
from .sums import row_distances

# Entries of a block of rows in float64: 8 MiB, a share of the last-level cache.
_BLOCK = 1 << 20


def _dtype(X, Y):
    return np.float32 if X.dtype == Y.dtype == np.float32 else np.float64


def _product(X, Y):
    return np.asarray(safe_sparse_dot(X, Y.T, dense_output=True))


def _gamma(gamma, X):
    return 1.0 / X.shape[1] if gamma is None else gamma


def linear(X, Y):
    """``⟨x, y⟩``."""
    return _product(X, Y)


def polynomial(X, Y, degree=3, gamma=None, coef0=1):
    """``(γ⟨x, y⟩ + c)^d``; γ is 1 / n_columns by default."""
    kernel = _product(X, Y)
    kernel *= _gamma(gamma, X)
    kernel += coef0
    kernel **= degree
    return kernel


def sigmoid(X, Y, gamma=None, coef0=1):
    """``tanh(γ⟨x, y⟩ + c)``; γ is 1 / n_columns by default."""
    kernel = _product(X, Y)
    kernel *= _gamma(gamma, X)
    kernel += coef0
    return np.tanh(kernel, out=kernel)


def _unit_rows(X):
    norms = row_norms(X)
    norms[norms == 0] = 1  # a row of zeros stays one
    if issparse(X):
        from scipy.sparse import diags_array

        return (diags_array(1 / norms) @ X).tocsr()
    return X / norms[:, None]


def cosine(X, Y):
    """``⟨x, y⟩ / (‖x‖ ‖y‖)``, 0 for a row of zeros."""
    same = X is Y
    X = _unit_rows(X)
    return _product(X, X if same else _unit_rows(Y))


def _blocks(n_rows, width):
    step = max(1, _BLOCK // max(width, 1))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def squared_distances(X, Y):
    """``‖x − y‖²`` in float64, by the expansion ``‖x‖² − 2⟨x, y⟩ + ‖y‖²``; 0 for a row itself.

    float32 loses most digits in the differences, so rows are widened block by block.
    """
    same = X is Y
    if _dtype(X, Y) == np.float32:
        Y = Y.astype(np.float64)
    squares = row_norms(Y, squared=True)
    out = np.empty((X.shape[0], Y.shape[0]))
    for rows in _blocks(X.shape[0], max(X.shape[1], Y.shape[0])):
        block = X[rows].astype(np.float64, copy=False)
        part = _product(block, Y)
        part *= -2
        part += row_norms(block, squared=True)[:, None]
        part += squares
        np.maximum(part, 0, out=out[rows])
    if same:
        np.fill_diagonal(out, 0)
    return out


def rbf(X, Y, gamma=None):
    """``exp(−γ‖x − y‖²)``; γ is 1 / n_columns by default."""
    kernel = squared_distances(X, Y)
    kernel *= -_gamma(gamma, X)
    return np.exp(kernel, out=kernel).astype(_dtype(X, Y), copy=False)


def _dense_blocks(X):
    if not issparse(X):
        yield slice(None), X
        return
    for rows in _blocks(X.shape[0], X.shape[1]):
        yield rows, X[rows].toarray()


def _distances(X, Y, kind):
    """Distances that are no product, in float64; of sparse matrices block by block."""
    out = np.empty((X.shape[0], Y.shape[0]))
    # Waking threads costs some 10 µs, a difference half a nanosecond.
    threads = n_threads() if X.shape[0] * Y.shape[0] * X.shape[1] >= 1 << 17 else 1
    for rows, x in _dense_blocks(X):
        for columns, y in _dense_blocks(Y):
            out[rows, columns] = row_distances(x, y, kind, n_threads=threads)
    return out


def laplacian(X, Y, gamma=None):
    """``exp(−γ‖x − y‖₁)``; γ is 1 / n_columns by default."""
    kernel = _distances(X, Y, "manhattan")
    kernel *= -_gamma(gamma, X)
    return np.exp(kernel, out=kernel).astype(_dtype(X, Y), copy=False)


def _require_counts(X, Y):
    for name, data in (("X", X), ("Y", Y)):
        if issparse(data):
            raise ValueError(f"the chi2 kernels take dense data, and {name} is sparse")
        if data.size and data.min() < 0:
            raise ValueError(f"the chi2 kernels take no negative values, and {name} contains some")


def additive_chi2(X, Y):
    """``−Σ (x − y)² / (x + y)``, for entries that are not negative."""
    _require_counts(X, Y)
    kernel = _distances(X, Y, "chi2")
    return np.negative(kernel, out=kernel).astype(_dtype(X, Y), copy=False)


def chi2(X, Y, gamma=1.0):
    """``exp(−γ Σ (x − y)² / (x + y))``, for entries that are not negative."""
    _require_counts(X, Y)
    kernel = _distances(X, Y, "chi2")
    kernel *= -gamma
    return np.exp(kernel, out=kernel).astype(_dtype(X, Y), copy=False)


# Function of each name, and the names of its parameters.
KERNELS = {
    "additive_chi2": (additive_chi2, ()),
    "chi2": (chi2, ("gamma",)),
    "linear": (linear, ()),
    "polynomial": (polynomial, ("gamma", "degree", "coef0")),
    "poly": (polynomial, ("gamma", "degree", "coef0")),
    "rbf": (rbf, ("gamma",)),
    "laplacian": (laplacian, ("gamma",)),
    "sigmoid": (sigmoid, ("gamma", "coef0")),
    "cosine": (cosine, ()),
}


def kernel_of_pairs(function, X, Y, **params):
    """Kernel by a function of two rows, called once a pair; of X with itself once for both.

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
    kernel = np.empty((X.shape[0], Y.shape[0]))
    same = X is Y
    for i in range(X.shape[0]):
        x = X[[i]] if issparse(X) else X[i]
        for j in range(i if same else 0, Y.shape[0]):
            kernel[i, j] = function(x, Y[[j]] if issparse(Y) else Y[j], **params)
            if same:
                kernel[j, i] = kernel[i, j]
    return kernel
