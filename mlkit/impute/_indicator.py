"""Columns that say where values are missing."""

import numpy as np

from .._core.arrays import check_input_names, check_is_fitted
from .._core.domains import boolean, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from ._missing import MISSING_VALUES, check_kinds, is_nan_marker, missing_mask


class MissingIndicator(Transformer, Estimator):
    """For each column a column that is True where its value is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.impute import MissingIndicator
    >>> MissingIndicator().fit_transform([[np.nan, 1.0], [2.0, 3.0]])
    array([[ True],
           [False]])
    """

    traits = Traits(sparse=("csc", "csr"), missing=True, dtype="any", string=True, preserves=())

    missing_values: object = MISSING_VALUES
    features: str = param(
        "missing-only",
        one_of("missing-only", "all"),
        "Whether to look at the columns that miss values in fit, or at all.",
    )
    sparse: object = param(
        "auto",
        boolean | one_of("auto"),
        "Whether to return a sparse matrix; 'auto' does for sparse input.",
    )
    error_on_new: bool = param(
        True,
        boolean,
        "Whether a column that misses values in transform alone is an error; not for 'all'.",
    )

    features_ = fitted("(n_features_out,)", "Positions of the columns looked at.")

    def fit(self, X, y=None):
        """Find the columns that miss values.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X, missing=is_nan_marker(self.missing_values))
        self.features_ = self._affected(self._mask(X))
        return self

    def fit_mask(self, mask):
        """Fit to a mask of missing values, dense or CSC, in place of data."""
        self.n_features_in_ = mask.shape[1]
        self.features_ = self._affected(mask)
        return self

    def _mask(self, X):
        check_kinds(X, self.missing_values, type(self).__name__)
        if not issparse(X):
            return missing_mask(X, self.missing_values)
        X = X.tocsc()
        mask = type(X)((missing_mask(X.data, self.missing_values), X.indices, X.indptr), X.shape)
        mask = mask.copy()
        mask.eliminate_zeros()
        return mask

    def _affected(self, mask):
        if self.features == "all":
            return np.arange(mask.shape[1])
        return np.flatnonzero(np.asarray(mask.sum(axis=0)).ravel())

    def transform(self, X):
        """Say where values are missing.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSC matrix of bool, of shape (n_samples, n_features_out)

        Raises
        ------
        ValueError
            If a column misses values that did not in ``fit``, with `error_on_new`.
        """
        check_is_fitted(self)
        mask = self._mask(self._check_X(X, missing=is_nan_marker(self.missing_values)))
        if self.features == "missing-only" and self.error_on_new:
            new = np.setdiff1d(self._affected(mask), self.features_)
            if len(new):
                raise ValueError(
                    f"columns {new} have missing values now, and had none in "
                    "fit: set error_on_new=False to pass over them"
                )
        return self.select(mask)

    def select(self, mask):
        """The columns looked at of a mask of all columns, as `sparse` says."""
        sparse = issparse(mask) if self.sparse == "auto" else self.sparse
        if len(self.features_) < mask.shape[1]:
            mask = mask[:, self.features_]
        if issparse(mask):
            return as_interface(mask) if sparse else mask.toarray()
        if not sparse:
            return mask
        import scipy.sparse as sp

        return as_interface(sp.csc_array(mask))

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: "missingindicator_" before that of the column.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        names = check_input_names(self, input_features)[self.features_]
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}_{name}" for name in names], dtype=object)
