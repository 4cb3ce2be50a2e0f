"""Rows of X as the kernels read them that meet one at a time."""

import numpy as np

from ..._core.sparse import issparse


class Rows:
    """X as contiguous rows, dense or CSR, float32 or float64; shared with X where it is such."""

    def __init__(self, X):
        self.shape = X.shape
        self.indices = self.indptr = None
        if issparse(X):
            self.data = np.ascontiguousarray(X.data)
            self.indices = np.ascontiguousarray(X.indices, dtype=np.int32)
            self.indptr = np.ascontiguousarray(X.indptr, dtype=np.int64)
        else:
            self.data = np.ascontiguousarray(X).reshape(-1)

    def squares(self):
        """``‖x_i‖²`` of each row, in double."""
        if self.indices is None:
            block = self.data.reshape(self.shape)
            return np.einsum("ij,ij->i", block, block, dtype=np.float64)
        squares = np.square(self.data, dtype=np.float64)
        row = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        return np.bincount(row, squares, minlength=self.shape[0])
