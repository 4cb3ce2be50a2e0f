"""What selectors share: a mask of columns, taking them, and putting zeros in their place."""

import warnings
from abc import ABCMeta, abstractmethod

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted, validate_data
from .._core.config import current
from .._core.door import is_plain
from .._core.frames import is_dataframe
from .._core.indexing import take_columns
from .._core.roles import Transformer
from .._core.sparse import issparse
from .._core.tags import get_tags


class SelectorMixin(Transformer, metaclass=ABCMeta):
    """Mixin for transformers that keep some columns: a subclass writes ``_get_support_mask``.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.base import BaseEstimator
    >>> from mlkit.feature_selection import SelectorMixin
    >>> class Even(SelectorMixin, BaseEstimator):
    ...     def fit(self, X, y=None):
    ...         self.n_features_in_ = np.shape(X)[1]
    ...         return self
    ...     def _get_support_mask(self):
    ...         return np.arange(self.n_features_in_) % 2 == 0
    >>> Even().fit_transform(np.array([[1.0, 2.0, 3.0]]))
    array([[1., 3.]])
    """

    def get_support(self, indices=False):
        """Return which columns are kept.

        Parameters
        ----------
        indices : bool, default=False
            Return their numbers instead of a mask.

        Returns
        -------
        ndarray of bool, shape (n_features,), or of int, shape (n_selected,)
        """
        mask = self._get_support_mask()
        return np.flatnonzero(mask) if indices else mask

    @abstractmethod
    def _get_support_mask(self):
        """Return a mask of the columns that are kept."""

    def _is_plain(self, X):
        """Whether X is an array that ``transform`` may take as it is."""
        if hasattr(self, "feature_names_in_"):
            return False
        width = getattr(self, "n_features_in_", None)
        return width is not None and is_plain(X, width, False)

    def transform(self, X):
        """Return the columns of X that are kept.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray, sparse matrix or data frame of shape (n_samples, n_selected)
            A frame is kept as one where `set_output` asks for frames, with the dtypes of its
            columns.

        Warns
        -----
        UserWarning
            If no column is kept.
        """
        if not self._is_plain(X):
            X = validate_data(
                self,
                X,
                dtype=None,
                accept_sparse="csr",
                ensure_all_finite="allow-nan" if get_tags(self).input_tags.allow_nan else True,
                skip_check_array=is_dataframe(X) and self._makes_frames(),
                reset=False,
            )
        return self._transform(X)

    def _makes_frames(self):
        container = vars(self).get("_sklearn_output_config", {}).get("transform")
        return (container or current()["transform_output"]) != "default"

    def _transform(self, X):
        mask = self.get_support()
        if not mask.any():
            warnings.warn(
                f"{type(self).__name__} keeps no column: none is good enough for what it "
                "demands; demand less",
                UserWarning,
                stacklevel=3,
            )
            return (
                take_columns(X, slice(0))
                if hasattr(X, "iloc")
                # A frame of polars forgets its rows with its last column.
                else np.empty((X.shape[0], 0), getattr(X, "dtype", float))
            )
        if type(X) is np.ndarray:
            return X[:, mask]
        return take_columns(X, mask)

    def inverse_transform(self, X):
        """Put the columns of X back in their places, and zeros where columns were dropped.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_selected)

        Returns
        -------
        ndarray or CSC matrix of shape (n_samples, n_features)
        """
        kept = self.get_support(indices=True)
        n_features = len(self.get_support())
        if not issparse(X):
            X = check_array(X, dtype=None, ensure_2d=False, ensure_min_features=0)
            X = X[np.newaxis, :] if X.ndim == 1 else X
        if X.shape[1] != len(kept):
            raise ValueError(
                f"{type(self).__name__}.inverse_transform: X has {X.shape[1]} columns, but "
                f"{len(kept)} were selected"
            )
        if not issparse(X):
            back = np.zeros((X.shape[0], n_features), dtype=X.dtype)
            back[:, kept] = X
            return back
        X = X.tocsc()
        stored = np.zeros(n_features + 1, dtype=X.indptr.dtype)
        stored[kept + 1] = np.diff(X.indptr)
        parts = (X.data, X.indices, np.cumsum(stored, dtype=stored.dtype))
        return type(X)(parts, shape=(X.shape[0], n_features))

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that are kept.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in ``fit``, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        return check_input_names(self, input_features)[self.get_support()]
