"""Columns mapped to a uniform or normal distribution by their quantiles."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_is_fitted, check_n_features
from .._core.domains import array_like, boolean, integer, none, one_of, sparse_matrix
from .._core.domains import random_state as seed
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import checked, fitted, param
from .._core.roles import OneToOneColumns, Transformer
from .._core.sampling import resample
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.encode import sketch
from .._engine.encode.locate import interpolate
from .._engine.encode.quantiles import column_quantiles
from .._engine.encode.sketch import Sketch, add_columns
from ._scale import in_place

_FLOATS = (np.float64, np.float32)
# Normal quantiles of levels nearer than this to 0 or 1 would be infinite or rounding alone.
_MARGIN = 1e-7
_NO_SKETCHES = (
    "fit keeps too little of its rows to add others; use partial_fit from the first rows on"
)


class QuantileTransformer(OneToOneColumns, Transformer, Estimator):
    """Columns made uniform or normal: ``z = F(x)`` or ``z = Φ⁻¹(F(x))``.

    F is the broken line through the quantiles of the column; where several quantiles are equal it
    takes the middle of their levels. What lies beyond the values seen is put at the end, and normal
    output is bounded by ±5.2, the quantiles of 10⁻⁷ and 1 − 10⁻⁷. NaN is left out in ``fit`` and
    kept in ``transform``.

    Examples
    --------
    >>> from mlkit.preprocessing import QuantileTransformer
    >>> transformer = QuantileTransformer(n_quantiles=3)
    >>> transformer.fit_transform([[1.0], [10.0], [100.0]]).ravel()
    array([0. , 0.5, 1. ])
    >>> transformer.transform([[55.0]])
    array([[0.75]])
    """

    traits = Traits(sparse=("csc",), missing=True, preserves=("float64", "float32"))

    n_quantiles: int = param(
        1000, integer(1), "Quantiles of a column; no more than there are rows."
    )
    output_distribution: str = param(
        "uniform", one_of("uniform", "normal"), "Distribution of the output."
    )
    ignore_implicit_zeros: bool = param(
        False, boolean, "Whether the zeros that a sparse matrix does not store are left out in fit."
    )
    subsample: int = param(
        10_000,
        integer(1) | none,
        "Rows drawn, without replacement, to find the quantiles of a longer table (of a sparse one "
        "for each column anew); None takes all.",
    )
    random_state: object = param(None, seed, "Draws the rows.")
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    n_quantiles_ = fitted("int", "Quantiles of a column.")
    quantiles_ = fitted("(n_quantiles_, n_features)", "Quantiles of the columns.")
    references_ = fitted("(n_quantiles_,)", "Levels of the quantiles.")
    rank_error_ = fitted("float", "Of rows in pieces: bound of the error of the quantiles' levels.")

    # ---------------------------------------------------------------------- fitting
    def fit(self, X, y=None):
        """Find the quantiles of the columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            A sparse matrix must not hold negative values, unless `ignore_implicit_zeros`.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `n_quantiles` is above `subsample`, or a sparse X has negative values.

        Warns
        -----
        UserWarning
            If there are fewer rows than `n_quantiles`.
        """
        vars(self).pop("_sketches", None)
        self._check_params()
        if self.subsample is not None and self.n_quantiles > self.subsample:
            raise ValueError(
                "The number of quantiles cannot be greater than the number of samples used. Got "
                f"{self.n_quantiles} quantiles and {self.subsample} samples: lower n_quantiles or "
                "raise subsample"
            )
        X = self._check_fit(X)
        self._refuse_negative(X)
        n_rows = X.shape[0]
        if self.n_quantiles > n_rows:
            warnings.warn(
                f"n_quantiles ({self.n_quantiles}) is greater than the total number of samples "
                f"({n_rows}). n_quantiles is set to n_samples.",
                UserWarning,
                stacklevel=2,
            )
        if self.ignore_implicit_zeros and not issparse(X):
            warnings.warn(
                "'ignore_implicit_zeros' takes effect only with sparse matrix: X is dense",
                UserWarning,
                stacklevel=2,
            )
        self.n_quantiles_ = max(1, min(self.n_quantiles, n_rows))
        self.references_ = np.linspace(0, 1, self.n_quantiles_)
        found = self._of_sparse(X) if issparse(X) else self._of_dense(X)
        # Interpolation rounds, so that of equal quantiles a later one could be the lower.
        self.quantiles_ = np.maximum.accumulate(found)
        return self

    def partial_fit(self, X, y=None):
        """Find the quantiles of further rows, as if all had been given at once.

        No rows are drawn, whatever `subsample`: up to 8,192 values of a column the quantiles are
        those of all rows; beyond that they come from a summary of bounded size, and their levels
        are off by no more than `rank_error_`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            A sparse matrix must not hold negative values, unless `ignore_implicit_zeros`.
        y : ignored

        Returns
        -------
        self

        Warns
        -----
        UserWarning
            After `fit`, which keeps too little of its rows: they are forgotten.
        """
        first = "_sketches" not in vars(self)
        if first and "quantiles_" in vars(self):
            warnings.warn(
                f"QuantileTransformer.partial_fit starts afresh: {_NO_SKETCHES}", stacklevel=2
            )
        self._check_params()
        X = self._check_fit(X, reset=first)
        self._refuse_negative(X)
        if first:
            self._sketches = [Sketch() for _ in range(X.shape[1])]
            self._n_rows = 0
        self._n_rows += X.shape[0]
        if issparse(X) and self.ignore_implicit_zeros:
            for j, each in enumerate(self._sketches):
                each.add(X.data[X.indptr[j] : X.indptr[j + 1]])
        else:
            add_columns(self._sketches, X)
        self._from_sketches()
        return self

    def merge(self, other):
        """Take what another transformer has learnt from other rows, as if it had seen them.

        Parameters
        ----------
        other : QuantileTransformer
            Fitted by `partial_fit` to other rows of the same columns; it stays as it is.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the other has other columns, or one was fitted by `fit`.
        """
        check_is_fitted(self)
        check_is_fitted(other)
        if "_sketches" not in vars(self) or "_sketches" not in vars(other):
            raise ValueError(f"QuantileTransformer.merge: {_NO_SKETCHES}")
        if len(other._sketches) != len(self._sketches):
            raise ValueError(
                f"QuantileTransformer.merge: {len(self._sketches)} columns were fitted here, "
                f"{len(other._sketches)} there"
            )
        for mine, more in zip(self._sketches, other._sketches, strict=True):
            mine.merge(more)
        self._n_rows += other._n_rows
        self._from_sketches()
        return self

    def _from_sketches(self):
        self.n_quantiles_ = max(1, min(self.n_quantiles, self._n_rows))
        self.references_ = np.linspace(0, 1, self.n_quantiles_)
        found = sketch.column_quantiles(self._sketches, self.references_)
        self.quantiles_ = np.maximum.accumulate(found)
        self.rank_error_ = sketch.rank_error(self._sketches)

    def _of_dense(self, X):
        if self.subsample is not None and self.subsample < len(X):
            X = resample(X, replace=False, n_samples=self.subsample, random_state=self.random_state)
        return column_quantiles(X, self.references_)

    def _of_sparse(self, X):
        """Quantiles of sparse columns; of a long one, stored values and zeros in proportion."""
        rng = check_random_state(self.random_state)
        n_rows = X.shape[0]
        out = np.zeros((self.n_quantiles_, X.shape[1]))
        for j in range(X.shape[1]):
            stored, size = X.data[X.indptr[j] : X.indptr[j + 1]], n_rows
            if self.subsample is not None and len(stored) > self.subsample:
                size = self.subsample
                drawn = size if self.ignore_implicit_zeros else size * len(stored) // n_rows
                stored = rng.choice(stored, size=drawn, replace=False)
            column = np.zeros(len(stored) if self.ignore_implicit_zeros else size, dtype=X.dtype)
            column[: len(stored)] = stored
            if len(column):
                out[:, j] = column_quantiles(column[:, np.newaxis], self.references_)[:, 0]
        return out

    def _refuse_negative(self, X):
        if issparse(X) and not self.ignore_implicit_zeros and (X.data < 0).any():
            raise ValueError(
                "QuantileTransformer only accepts non-negative sparse matrices: pass X.toarray(), "
                "or set ignore_implicit_zeros=True"
            )

    # ---------------------------------------------------------------------- there and back
    def transform(self, X):
        """Map the columns of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSC matrix of shape (n_samples, n_features)
            Zeros that X does not store stay zeros.
        """
        X = self._check_X(X)
        self._refuse_negative(X)
        return self._mapped(X, inverse=False)

    def inverse_transform(self, X):
        """Undo `transform`, for values within those seen in fit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSC matrix of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(
            X,
            accept_sparse="csc",
            dtype=_FLOATS,
            ensure_all_finite="allow-nan",
            estimator=self,
            input_name="X",
        )
        check_n_features(self, X, False)
        return self._mapped(X, inverse=True)

    def _mapped(self, X, inverse):
        if not issparse(X):
            return self._map(X, self.quantiles_, inverse, in_place(X, self.copy))
        X = X.copy() if self.copy or not X.data.flags.writeable else X
        for j in range(X.shape[1]):
            stored = X.data[X.indptr[j] : X.indptr[j + 1]].reshape(-1, 1)
            stored[:] = self._map(stored, self.quantiles_[:, j : j + 1], inverse, None)
        return X

    def _map(self, X, quantiles, inverse, out):
        from scipy.special import ndtr, ndtri

        normal = self.output_distribution == "normal"
        out = np.empty_like(X) if out is None else out
        if inverse and normal:
            X = ndtr(X)
        edge = _MARGIN - np.spacing(1)
        ends = (ndtri(edge), ndtri(1 - edge))
        margin = _MARGIN if normal else 0.0
        return interpolate(X, quantiles, self.references_, inverse, margin, ends, out, n_threads())


@checked(X=array_like | sparse_matrix, axis=integer(0, 1))
def quantile_transform(
    X,
    *,
    axis=0,
    n_quantiles=1000,
    output_distribution="uniform",
    ignore_implicit_zeros=False,
    subsample=100_000,
    random_state=None,
    copy=True,
):
    """Map the columns or rows of X to a uniform or normal distribution; see `QuantileTransformer`.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    axis : {0, 1}, default=0
        0 maps columns, 1 rows.
    n_quantiles : int, default=1000
    output_distribution : {"uniform", "normal"}, default="uniform"
    ignore_implicit_zeros : bool, default=False
    subsample : int or None, default=100_000
    random_state : int, RandomState, Generator or None, default=None
    copy : bool, default=True

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples, n_features)

    Examples
    --------
    >>> from mlkit.preprocessing import quantile_transform
    >>> quantile_transform([[1.0], [10.0], [100.0]], n_quantiles=3).ravel()
    array([0. , 0.5, 1. ])
    """
    transformer = QuantileTransformer(
        n_quantiles=n_quantiles,
        output_distribution=output_distribution,
        ignore_implicit_zeros=ignore_implicit_zeros,
        subsample=subsample,
        random_state=random_state,
        copy=copy,
    )
    if axis == 0:
        return transformer.fit_transform(X)
    X = check_array(
        X,
        accept_sparse=["csr", "csc"],
        dtype=_FLOATS,
        ensure_all_finite="allow-nan",
        input_name="X",
    )
    return transformer.fit_transform(X.T).T
