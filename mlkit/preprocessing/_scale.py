"""Scalers: columns shifted and stretched by statistics that may come in pieces."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_is_fitted, check_sample_weight
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.domains import boolean, instance_of
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.roles import OneToOneColumns, Transformer
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.encode import sketch
from .._engine.encode.quantiles import column_quantiles, quantiles
from .._engine.encode.sketch import Sketch, add_columns
from .._engine.mixture.counts import Extremes, Moments, extremes, moments
from .._engine.mixture.rescale import rescale
from .._engine.native.columns import inplace_column_scale

FLOATS = (np.float64, np.float32, np.float16)
_copy = param(True, boolean, "Whether to leave the input as it is, or it may be overwritten.")
_clip = param(False, boolean, "Whether to clip what leaves the range seen in fit.")
_SEEN = "Rows seen; an array if columns lack different numbers of values."


def keeping_half(X):
    """What the door must be told so that float16, which other estimators widen, is kept."""
    return {"dtype": FLOATS} if isinstance(X, np.ndarray) and X.dtype == np.float16 else {}


def divisors(scale, constant=None):
    """`scale` with 1 where a column does not vary, so that it is divided by safely.

    Parameters
    ----------
    scale : ndarray of shape (n_columns,)
    constant : ndarray of bool, optional
        Columns that do not vary; by default those whose scale is below ten units of rounding.
    """
    scale = np.array(scale, dtype=np.result_type(scale, np.float16))
    if constant is None:
        constant = scale < 10 * np.finfo(scale.dtype).eps
    scale[constant] = 1
    return scale


def in_place(X, copy):
    """The array that takes the result: None for a new one."""
    return None if copy or not X.flags.writeable or X.dtype.kind != "f" else X


# Below this many values two passes of NumPy cost less than setting up the kernel.
_FEW = 1 << 13


def reduced(X, shift, scale, copy):
    """``(X − shift) / scale`` by columns, in the dtype of `X`; None changes nothing."""
    out = in_place(X, copy)
    if X.size < _FEW or not _fits_kernel(X):
        if shift is not None:
            X = out = np.subtract(X, shift.astype(X.dtype, copy=False), out=out)
        if scale is not None:
            X = out = np.divide(X, scale.astype(X.dtype, copy=False), out=out)
        return X.copy() if out is None and copy else X
    return _by_kernel(X, shift, scale, out, expand=False)


def expanded(X, shift, scale, copy):
    """``X · scale + shift`` by columns, in the dtype of `X`; None changes nothing."""
    out = in_place(X, copy)
    if X.size < _FEW or not _fits_kernel(X):
        if scale is not None:
            X = out = np.multiply(X, scale.astype(X.dtype, copy=False), out=out)
        if shift is not None:
            X = out = np.add(X, shift.astype(X.dtype, copy=False), out=out)
        return X.copy() if out is None and copy else X
    return _by_kernel(X, shift, scale, out, expand=True)


def _fits_kernel(X):
    return X.dtype in (np.float64, np.float32) and X.flags.forc


def _by_kernel(X, shift, scale, out, expand):
    shift = np.zeros(X.shape[1]) if shift is None else shift
    scale = np.ones(X.shape[1]) if scale is None else scale
    return rescale(X, shift, scale, np.empty_like(X) if out is None else out, expand, n_threads())


def times_columns(X, factors, copy):
    """Sparse `X` with column j multiplied by ``factors[j]``."""
    X = X.copy() if copy or not X.data.flags.writeable else X
    inplace_column_scale(X, factors.astype(X.dtype, copy=False))
    return X


class _Scaler(OneToOneColumns, Transformer, Estimator):
    """Base of the scalers: the checks of fit, transform and inverse_transform."""

    traits = Traits(missing=True, preserves=("float64", "float32"))

    def _check_back(self, X):
        """Check X, whose columns are those of ``transform``, for the inverse."""
        check_is_fitted(self)
        return check_array(
            X,
            accept_sparse=self.traits.sparse or False,
            dtype=FLOATS,
            ensure_all_finite="allow-nan",
            estimator=self,
            input_name="X",
        )

    def _seen(self):
        """Rows seen so far for each column, None before the first."""
        seen = vars(self).get("n_samples_seen_")
        return None if seen is None else np.broadcast_to(seen, (self.n_features_in_,))

    def _forget(self):
        for name in (*self._fitted, "_sketches"):
            vars(self).pop(name, None)

    def merge(self, other):
        """Take what another scaler has learnt from other rows, as if it had seen them.

        Parameters
        ----------
        other : scaler of the same class
            Fitted to other rows of the same columns; it stays as it is.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the other is of another class or of other columns, or one has not kept what merging
            needs.
        """
        check_is_fitted(self)
        check_is_fitted(other)
        if type(other) is not type(self) or other.n_features_in_ != self.n_features_in_:
            raise ValueError(
                f"{type(self).__name__}.merge takes a scaler of the same class that was fitted to "
                f"{self.n_features_in_} columns, got {other!r}"
            )
        self._merge(other)
        return self


def _scalar_if_equal(counts):
    """One number where all columns have the same count."""
    return counts[0] if len(counts) and (counts == counts[0]).all() else counts


class StandardScaler(CallbackSupportMixin, _Scaler):
    """Columns of mean 0 and variance 1: ``z = (x − mean) / √variance``.

    The variance is ``Σ w (x − mean)² / Σ w``. NaN is left out in ``fit`` and kept in
    ``transform``; a column that does not vary is centred only. Pieces given to ``partial_fit``
    are merged exactly (Chan, Golub and LeVeque, "Algorithms for computing the sample variance",
    The American Statistician 37, 1983).

    Examples
    --------
    >>> from mlkit.preprocessing import StandardScaler
    >>> StandardScaler().fit_transform([[0.0, 1.0], [2.0, 1.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    """

    traits = Traits(sparse=("csr", "csc"), missing=True, preserves=("float64", "float32"))

    copy: bool = _copy
    with_mean: bool = param(True, boolean, "Whether to subtract the mean; not for sparse input.")
    with_std: bool = param(True, boolean, "Whether to divide by the standard deviation.")

    scale_ = fitted("(n_features,) or None", "What columns are divided by; None without with_std.")
    mean_ = fitted("(n_features,) or None", "Means; None where neither mean nor variance is used.")
    var_ = fitted("(n_features,) or None", "Variances; None without with_std.")
    n_samples_seen_ = fitted("int, float or (n_features,)", _SEEN + " The sum of weights, if any.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.with_mean
        return tags

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None):
        """Learn means and variances.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        self._forget()
        return self.partial_fit(X, y, sample_weight)

    @with_callbacks
    def partial_fit(self, X, y=None, sample_weight=None):
        """Learn from further rows, as if all had been given at once.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        before = self._seen()
        X = self._check_fit(X, reset=before is None, **keeping_half(X))
        if issparse(X) and self.with_mean:
            raise ValueError(_CENTRE_SPARSE)
        data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        task = self._init_callback_context()
        task.call_on_fit_task_begin(estimator=self, **data)
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, allow_zero=False)
        found = moments(X, weight)
        if before is not None:
            found = self._known(before).merge(found)
        self._store(found, before, X.dtype, weight is not None)
        task.call_on_fit_task_end(estimator=self, **data, reconstruction_attributes={})
        return self

    def _merge(self, other):
        for each in (self, other):
            if each.mean_ is None:
                raise ValueError(
                    "StandardScaler.merge: with_mean=False, with_std=False keeps no statistics"
                )
        before, more = self._seen(), other._seen()
        weighted = "f" in (before.dtype.kind, more.dtype.kind)
        dtype = np.result_type(before, more) if weighted else None
        found = self._known(before).merge(other._known(more))
        self._store(found, before, dtype, weighted)

    def _known(self, count):
        """The moments that the fitted attributes stand for."""
        count = count.astype(np.float64)
        mean = np.zeros(len(count)) if self.mean_ is None else np.nan_to_num(self.mean_)
        squares = 0 * count if self.var_ is None else np.nan_to_num(self.var_) * count
        return Moments(count, mean, squares)

    def _store(self, found, before, dtype, weighted):
        count = found.count
        if not weighted and (before is None or before.dtype.kind == "i"):
            count = count.astype(np.int64)
        elif weighted:
            count = count.astype(dtype)
        mean = np.where(found.count > 0, found.mean, np.nan)
        variance = found.variance
        self.mean_ = mean if self.with_mean or self.with_std else None
        self.var_ = variance if self.with_std else None
        self.scale_ = None
        if self.with_std:
            self.scale_ = divisors(np.sqrt(variance), _is_rounding(variance, mean, found.count))
        self.n_samples_seen_ = _scalar_if_equal(count)

    def transform(self, X, copy=None):
        """Centre and scale the columns of X.

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
        copy = self.copy if copy is None else copy
        if issparse(X):
            if self.with_mean:
                raise ValueError(_CENTRE_SPARSE)
            return times_columns(X, 1 / self.scale_, copy) if self.with_std else X
        return reduced(X, self.mean_ if self.with_mean else None, self.scale_, copy)

    def inverse_transform(self, X, copy=None):
        """Undo `transform`: ``x = z · scale + mean``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        copy : bool, default=None
            Instead of the parameter `copy`.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_back(X)
        copy = self.copy if copy is None else copy
        if issparse(X):
            if self.with_mean:
                raise ValueError(_CENTRE_SPARSE)
            return times_columns(X, self.scale_, copy) if self.with_std else X
        return expanded(X, self.mean_ if self.with_mean else None, self.scale_, copy)


_CENTRE_SPARSE = (
    "StandardScaler(with_mean=True) cannot center sparse matrices, which would make them dense: "
    "pass with_mean=False, or dense data"
)


def _is_rounding(variance, mean, count):
    """Columns whose variance is no more than what rounding makes of a constant.

    The computed variance of n equal numbers x is at most nε·Var + (nεx)² (Chan, Golub and
    LeVeque, 1983).
    """
    eps = np.finfo(np.float64).eps
    return variance <= count * eps * variance + (count * mean * eps) ** 2


class MinMaxScaler(_Scaler):
    """Columns moved to a range: ``z = low + (x − min) · (high − low) / (max − min)``.

    NaN is left out in ``fit`` and kept in ``transform``.

    Examples
    --------
    >>> from mlkit.preprocessing import MinMaxScaler
    >>> MinMaxScaler().fit_transform([[1.0], [2.0], [5.0]]).ravel()
    array([0.  , 0.25, 1.  ])
    """

    feature_range: tuple = param(
        (0, 1), instance_of(tuple), "Least and greatest value wanted.", kw_only=False
    )
    copy: bool = _copy
    clip: bool = _clip

    min_ = fitted("(n_features,)", "What is added after scaling.")
    scale_ = fitted("(n_features,)", "What columns are multiplied by.")
    data_min_ = fitted("(n_features,)", "Least values seen.")
    data_max_ = fitted("(n_features,)", "Greatest values seen.")
    data_range_ = fitted("(n_features,)", "Their differences.")
    n_samples_seen_ = fitted("int", "Rows seen.")

    def fit(self, X, y=None):
        """Learn the extremes of the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._forget()
        return self.partial_fit(X, y)

    def partial_fit(self, X, y=None):
        """Learn from further rows, as if all had been given at once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        if self.feature_range[0] >= self.feature_range[1]:
            raise ValueError(
                f"MinMaxScaler(feature_range={self.feature_range}): the first must be smaller"
            )
        first = "n_samples_seen_" not in vars(self)
        X = self._check_fit(X, reset=first, **keeping_half(X))
        found = extremes(X)
        if not first:
            found = Extremes(self.data_min_, self.data_max_).merge(found)
        self._store(found, len(X) + (0 if first else self.n_samples_seen_))
        return self

    def _merge(self, other):
        found = Extremes(self.data_min_, self.data_max_)
        found = found.merge(Extremes(other.data_min_, other.data_max_))
        self._store(found, self.n_samples_seen_ + other.n_samples_seen_)

    def _store(self, found, n_seen):
        low, high = self.feature_range
        self.n_samples_seen_ = n_seen
        self.data_min_, self.data_max_ = found.low, found.high
        self.data_range_ = found.high - found.low
        self.scale_ = (high - low) / divisors(self.data_range_)
        self.min_ = low - self.data_min_ * self.scale_

    def transform(self, X):
        """Move the columns of X to the range.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        X = self._check_X(X, **keeping_half(X))
        out = expanded(X, self.min_, self.scale_, self.copy)
        if self.clip:
            np.clip(out, *self.feature_range, out=out)
        return out

    def inverse_transform(self, X):
        """Undo `transform`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        X = self._check_back(X)
        return reduced(X, self.min_, self.scale_, self.copy)


class MaxAbsScaler(_Scaler):
    """Columns divided by their greatest absolute value, which keeps zeros: ``z = x / max|x|``.

    NaN is left out in ``fit`` and kept in ``transform``.

    Examples
    --------
    >>> from mlkit.preprocessing import MaxAbsScaler
    >>> MaxAbsScaler().fit_transform([[1.0], [-4.0]]).ravel()
    array([ 0.25, -1.  ])
    """

    traits = Traits(sparse=("csr", "csc"), missing=True, preserves=("float64", "float32"))

    copy: bool = _copy
    clip: bool = param(False, boolean, "Whether to clip to [-1, 1].")

    scale_ = fitted("(n_features,)", "What columns are divided by.")
    max_abs_ = fitted("(n_features,)", "Greatest absolute values seen.")
    n_samples_seen_ = fitted("int", "Rows seen.")

    def fit(self, X, y=None):
        """Learn the greatest absolute values of the columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._forget()
        return self.partial_fit(X, y)

    def partial_fit(self, X, y=None):
        """Learn from further rows, as if all had been given at once.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        first = "n_samples_seen_" not in vars(self)
        X = self._check_fit(X, reset=first, **keeping_half(X))
        found = extremes(X)
        greatest = np.maximum(np.abs(found.low), np.abs(found.high))
        if not first:
            greatest = np.fmax(self.max_abs_, greatest)
        self.n_samples_seen_ = X.shape[0] + (0 if first else self.n_samples_seen_)
        self.max_abs_ = greatest
        self.scale_ = divisors(greatest)
        return self

    def _merge(self, other):
        self.n_samples_seen_ += other.n_samples_seen_
        self.max_abs_ = np.fmax(self.max_abs_, other.max_abs_)
        self.scale_ = divisors(self.max_abs_)

    def transform(self, X):
        """Divide the columns of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_X(X, **keeping_half(X))
        if issparse(X):
            X = times_columns(X, 1 / self.scale_, self.copy)
            if self.clip:
                np.clip(X.data, -1, 1, out=X.data)
            return X
        out = reduced(X, None, self.scale_, self.copy)
        return np.clip(out, -1, 1, out=out) if self.clip else out

    def inverse_transform(self, X):
        """Undo `transform`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_back(X)
        if issparse(X):
            return times_columns(X, self.scale_, self.copy)
        return expanded(X, None, self.scale_, self.copy)


class RobustScaler(_Scaler):
    """Columns centred at the median and divided by a range of quantiles: outliers move neither.

    NaN is left out in ``fit`` and kept in ``transform``.

    Examples
    --------
    >>> from mlkit.preprocessing import RobustScaler
    >>> RobustScaler().fit_transform([[1.0], [2.0], [3.0], [4.0], [1000.0]]).ravel()
    array([ -1. ,  -0.5,   0. ,   0.5, 498.5])
    """

    traits = Traits(sparse=("csc", "csr"), missing=True, preserves=("float64", "float32"))

    with_centering: bool = param(
        True, boolean, "Whether to subtract the median; not for sparse input."
    )
    with_scaling: bool = param(True, boolean, "Whether to divide by the range of quantiles.")
    quantile_range: tuple = param(
        (25.0, 75.0), instance_of(tuple), "The two quantiles, in percent: 0 < low < high < 100."
    )
    copy: bool = _copy
    unit_variance: bool = param(
        False, boolean, "Whether to scale so that a normal column gets variance 1."
    )

    center_ = fitted("(n_features,) or None", "Medians.")
    scale_ = fitted("(n_features,) or None", "Ranges of quantiles.")
    rank_error_ = fitted("float", "Of rows in pieces: bound of the error of the quantiles' levels.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.with_centering
        return tags

    def fit(self, X, y=None):
        """Learn medians and ranges of quantiles.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._forget()
        X = self._checked(X, reset=True)
        wanted = self._levels()
        found = _sparse_quantiles(X, wanted) if issparse(X) else column_quantiles(X, wanted)
        self._store(found.astype(X.dtype, copy=False))
        return self

    def partial_fit(self, X, y=None):
        """Learn from further rows, as if all had been given at once.

        Up to 8,192 values of a column its quantiles are exact; beyond that they come from a
        summary of bounded size, and their levels are off by no more than `rank_error_`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
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
        if first and "scale_" in vars(self):
            warnings.warn(f"RobustScaler.partial_fit starts afresh: {_NO_SKETCHES}", stacklevel=2)
        X = self._checked(X, reset=first)
        if first:
            self._sketches = [Sketch() for _ in range(X.shape[1])]
        add_columns(self._sketches, X.tocsc() if issparse(X) else X)
        self._from_sketches(X.dtype)
        return self

    def _merge(self, other):
        if "_sketches" not in vars(self) or "_sketches" not in vars(other):
            raise ValueError(f"RobustScaler.merge: {_NO_SKETCHES}")
        for mine, more in zip(self._sketches, other._sketches, strict=True):
            mine.merge(more)
        self._from_sketches(np.float64)

    def _from_sketches(self, dtype):
        found = sketch.column_quantiles(self._sketches, self._levels())
        self._store(found.astype(dtype, copy=False))
        self.rank_error_ = sketch.rank_error(self._sketches)

    def _checked(self, X, reset):
        X = self._check_fit(X, reset=reset, **keeping_half(X))
        if issparse(X) and self.with_centering:
            raise ValueError(
                "RobustScaler(with_centering=True) cannot center sparse matrices, which would make "
                "them dense: pass with_centering=False, or dense data"
            )
        return X

    def _levels(self):
        low, high = self.quantile_range
        if not 0 <= low <= high <= 100:
            raise ValueError(
                f"RobustScaler(quantile_range={self.quantile_range}): give two percentages in order"
            )
        return np.array([low, 50.0, high]) / 100

    def _store(self, found):
        """Set the fitted attributes by the quantiles at the levels."""
        low, high = self.quantile_range
        self.center_ = found[1].copy() if self.with_centering else None
        self.scale_ = None
        if self.with_scaling:
            self.scale_ = divisors(found[2] - found[0])
            if self.unit_variance:
                from scipy.special import ndtri

                self.scale_ = self.scale_ / (ndtri(high / 100) - ndtri(low / 100))

    def transform(self, X):
        """Centre and scale the columns of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_X(X, **keeping_half(X))
        if issparse(X):
            return times_columns(X, 1 / self.scale_, self.copy) if self.with_scaling else X
        return reduced(X, self.center_, self.scale_, self.copy)

    def inverse_transform(self, X):
        """Undo `transform`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        X = self._check_back(X)
        if issparse(X):
            return times_columns(X, self.scale_, self.copy) if self.with_scaling else X
        return expanded(X, self.center_, self.scale_, self.copy)


_NO_SKETCHES = (
    "fit keeps too little of its rows to add others; use partial_fit from the first rows on"
)


def _sparse_quantiles(X, wanted):
    """Quantiles of the columns of a sparse matrix, zeros that are not stored included."""
    X = X.tocsc()
    out = np.empty((len(wanted), X.shape[1]))
    for j in range(X.shape[1]):
        stored = X.data[X.indptr[j] : X.indptr[j + 1]]
        out[:, j] = quantiles(stored, wanted, n_zeros=X.shape[0] - len(stored))
    return out
