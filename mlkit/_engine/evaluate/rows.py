"""Rows of data: copied by all threads where there are many."""

import numpy as np

from ..._core.indexing import safe_indexing
from ..._core.parallel import n_threads
from .dealing import gather

# Bytes from which it is worth the start of threads.
_LARGE = 1 << 20
# Bytes of a row below which NumPy's own loop is as quick.
_WIDE = 64


def take(X, rows):
    """``safe_indexing(X, rows)``: the rows of any container, by their numbers.

    Parameters
    ----------
    X : array, sparse matrix, list or data frame
    rows : ndarray of int, or what `safe_indexing` takes
    """
    if (
        type(X) is not np.ndarray
        or type(rows) is not np.ndarray
        or rows.dtype != np.int64
        or rows.ndim != 1
        or not X.flags.c_contiguous
        or X.dtype.hasobject
        or X.ndim == 0
        or len(X) == 0
        or X.nbytes < _WIDE * len(X)
        or len(rows) * (X.nbytes // len(X)) < _LARGE
    ):
        return safe_indexing(X, rows)
    out = np.empty((len(rows), *X.shape[1:]), dtype=X.dtype)
    places = np.where(rows < 0, rows + len(X), rows) if rows.min() < 0 else rows
    bytes_of = (X.reshape(len(X), -1).view(np.uint8), out.reshape(len(out), -1).view(np.uint8))
    gather(bytes_of[0], np.ascontiguousarray(places), bytes_of[1], n_threads())
    return out
