"""Columns cut into intervals."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted, check_sample_weight
from .._core.domains import array_like, integer, none, one_of
from .._core.domains import random_state as seed
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sampling import resample
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.encode.intervals import (
    around_centres,
    columns_of_equal_weights,
    equal_weights,
    equal_widths,
)
from .._engine.encode.locate import count_edges
from ._onehot import one_hot_dense, one_hot_sparse

_FLOATS = (np.float64, np.float32)
# Bins narrower than this hold but rounding.
_NARROWEST = 1e-8
_WEIGHTED = ("averaged_inverted_cdf", "inverted_cdf")


class KBinsDiscretizer(Transformer, Estimator):
    """Columns cut into bins: ``z = #{k ≥ 1 : edge_k ≤ x}``, or a column of 0 and 1 for each bin.

    Edges are of equal width, at quantiles, or halfway between the centres of a k-means in one
    dimension that starts from evenly spaced centres. What lies beyond the outer edges is in the
    outer bins.

    Examples
    --------
    >>> from mlkit.preprocessing import KBinsDiscretizer
    >>> bins = KBinsDiscretizer(n_bins=3, encode="ordinal", strategy="uniform")
    >>> bins.fit_transform([[0.0], [1.0], [2.5], [3.0]]).ravel()
    array([0., 1., 2., 2.])
    >>> bins.inverse_transform([[0], [2]]).ravel()
    array([0.5, 2.5])
    """

    traits = Traits(preserves=("float64", "float32"))

    n_bins: object = param(
        5,
        integer(2) | array_like,
        "Bins of every column, or of each; at least 2.",
        kw_only=False,
    )
    encode: str = param(
        "onehot",
        one_of("onehot", "onehot-dense", "ordinal"),
        "Whether a bin is a column of 0 and 1 (a sparse matrix or an array) or a number.",
    )
    strategy: str = param(
        "quantile",
        one_of("uniform", "quantile", "kmeans"),
        "Bins of equal width, of equally many rows, or around the centres of a k-means.",
    )
    quantile_method: str = param(
        "averaged_inverted_cdf",
        one_of(
            "averaged_inverted_cdf",
            "inverted_cdf",
            "closest_observation",
            "interpolated_inverted_cdf",
            "hazen",
            "weibull",
            "linear",
            "median_unbiased",
            "normal_unbiased",
        ),
        "How `numpy.percentile` finds quantiles; with weights one of the first two.",
    )
    dtype: object = param(
        None, one_of(np.float64, np.float32) | none, "Dtype of the output; None is that of X."
    )
    subsample: int = param(
        200_000,
        integer(1) | none,
        "Rows drawn, with replacement, to find the edges of a longer table; None takes all.",
    )
    random_state: object = param(None, seed, "Draws the rows.")

    bin_edges_ = fitted("(n_features,) of ndarray of shape (n_bins_[j] + 1,)", "Edges of bins.")
    n_bins_ = fitted("(n_features,)", "Bins of each column.")

    # ---------------------------------------------------------------------- fitting
    def fit(self, X, y=None, sample_weight=None):
        """Find the edges of bins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `n_bins` does not fit X, or `quantile_method` does not take weights.

        Warns
        -----
        UserWarning
            If a column is constant, or bins are too narrow and are removed.
        """
        X = self._check_fit(X, dtype="numeric")
        self._out_dtype = self.dtype or (X.dtype if X.dtype in _FLOATS else np.float64)
        weight = check_sample_weight(sample_weight, X, allow_zero=False)
        wanted = self._wanted(X.shape[1])
        X, weight = self._drawn(X, weight)
        if weight is not None and self.strategy == "quantile":
            self._refuse_method()
        self.bin_edges_ = np.zeros(X.shape[1], dtype=object)
        known = self._quantile_edges(X, weight, wanted)
        for j in range(X.shape[1]):
            edges = None if known is None else known[wanted[j]][j]
            self.bin_edges_[j] = self._edges(X[:, j], weight, wanted[j], j, edges)
        self.n_bins_ = np.array([len(edges) - 1 for edges in self.bin_edges_], dtype=np.int64)
        return self

    def _wanted(self, width):
        if np.ndim(self.n_bins) == 0:
            return np.full(width, self.n_bins, dtype=np.int64)
        wanted = np.array(self.n_bins)
        if wanted.shape != (width,):
            raise ValueError(
                f"KBinsDiscretizer(n_bins={self.n_bins!r}) must be a scalar or array of shape "
                f"(n_features,), here ({width},)"
            )
        bad = [j for j, n in enumerate(wanted.tolist()) if n != n or n < 2 or n != int(n)]
        if bad:
            raise ValueError(
                f"KBinsDiscretizer(n_bins={self.n_bins!r}) has an invalid number of bins at "
                f"indices {', '.join(map(str, bad))}: each must be a whole number of at least 2"
            )
        return wanted.astype(np.int64)

    def _drawn(self, X, weight):
        """The rows that edges are found from; their weights are spent by the draw."""
        if self.subsample is None or len(X) <= self.subsample:
            return X, weight
        drawn = resample(
            X,
            replace=True,
            n_samples=self.subsample,
            random_state=self.random_state,
            sample_weight=weight,
        )
        return drawn, None

    def _refuse_method(self):
        if self.quantile_method not in _WEIGHTED:
            raise ValueError(
                "When fitting with strategy='quantile' and sample weights, quantile_method should "
                "either be set to 'averaged_inverted_cdf' or 'inverted_cdf', got "
                f"quantile_method={self.quantile_method!r} instead."
            )

    def _quantile_edges(self, X, weight, wanted):
        """Edges of all columns by the number of bins, where one selection finds them; or None."""
        quick = self.quantile_method in ("averaged_inverted_cdf", "linear")
        if self.strategy != "quantile" or weight is not None or not quick:
            return None
        return {
            n_bins: columns_of_equal_weights(X, n_bins, self.quantile_method)
            for n_bins in np.unique(wanted)
        }

    def _edges(self, column, weight, n_bins, j, edges=None):
        if edges is None:
            column = np.ascontiguousarray(column)
            counted = column if weight is None else column[weight != 0]
            least, greatest = counted.min(), counted.max()
        else:
            least, greatest = edges[0], edges[-1]
        if least == greatest:
            warnings.warn(
                f"Feature {j} is constant and will be replaced with 0.", UserWarning, stacklevel=3
            )
            return np.array([-np.inf, np.inf])
        if self.strategy == "uniform":
            return equal_widths(least, greatest, n_bins)
        if edges is not None:
            pass
        elif self.strategy == "quantile":
            edges = equal_weights(column, n_bins, self.quantile_method, weight)
        else:
            edges = self._around_centres(column, (least, greatest), weight, n_bins, j)
        wide = np.ediff1d(edges, to_begin=np.inf) > _NARROWEST
        if not wide.all():
            warnings.warn(
                f"Bins whose width are too small (i.e., <= {_NARROWEST}) in feature {j} are "
                "removed. Consider decreasing the number of bins.",
                UserWarning,
                stacklevel=3,
            )
        return edges[wide]

    def _around_centres(self, column, ends, weight, n_bins, j):
        if len(column) < n_bins:
            raise ValueError(
                f"KBinsDiscretizer(n_bins={n_bins}, strategy='kmeans'): n_samples={len(column)} "
                f"should be >= n_clusters={n_bins}: ask for fewer bins in column {j}"
            )
        if weight is not None:  # a row of weight 0 is no row, not even to restart a centre from
            column, weight = column[weight != 0], weight[weight != 0]
        edges, n_distinct = around_centres(column, *ends, n_bins, weight)
        if n_distinct < n_bins:
            warnings.warn(
                f"Number of distinct clusters ({n_distinct}) found smaller than n_clusters "
                f"({n_bins}) in feature {j}, which has equal values: ask for fewer bins",
                twin(ConvergenceWarning),
                stacklevel=4,
            )
        return edges

    # ---------------------------------------------------------------------- there and back
    def transform(self, X):
        """Return the bin of each value.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features) or (n_samples, sum(n_bins_))
            As `encode` says.
        """
        check_is_fitted(self)
        X = self._check_X(X) if self.dtype is None else self._check_X(X, dtype=self.dtype)
        bins = count_edges(X, [edges[1:-1] for edges in self.bin_edges_], n_threads())
        if self.encode == "ordinal":
            return bins.astype(X.dtype)
        bins += np.concatenate([[0], np.cumsum(self.n_bins_)[:-1]]).astype(np.int32)
        made = one_hot_sparse if self.encode == "onehot" else one_hot_dense
        return made(bins, int(self.n_bins_.sum()), X.dtype)

    def inverse_transform(self, X):
        """Return the middle of the bin of each value.

        Parameters
        ----------
        X : array-like or sparse matrix of the shape that ``transform`` returns

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, accept_sparse="csr", dtype=_FLOATS, estimator=self, input_name="X")
        ordinal = self.encode == "ordinal"
        width = self.n_features_in_ if ordinal else int(self.n_bins_.sum())
        if X.shape[1] != width:
            raise ValueError(
                f"Incorrect number of features. Expecting {width}, received {X.shape[1]}: "
                "KBinsDiscretizer.inverse_transform takes what transform returns"
            )
        bins = X.astype(np.int64) if ordinal else self._hot(X)
        out = np.empty((X.shape[0], self.n_features_in_), dtype=X.dtype)
        with np.errstate(invalid="ignore"):  # a constant column has no middle
            for j, edges in enumerate(self.bin_edges_):
                out[:, j] = ((edges[1:] + edges[:-1]) * 0.5)[bins[:, j]]
        return out

    def _hot(self, X):
        """The bin of each column from the columns of 0 and 1."""
        X = X.toarray() if issparse(X) else X
        spans = list(zip(self.n_bins_, np.cumsum(self.n_bins_), strict=True))
        bins = [X[:, end - n : end].argmax(axis=1) for n, end in spans]
        hot = [X[:, end - n : end].any(axis=1) for n, end in spans]
        none_hot = ~np.logical_and.reduce(hot)
        if none_hot.any():
            rows = np.flatnonzero(none_hot)[:10].tolist()
            raise ValueError(
                f"Samples {rows} can not be inverted: KBinsDiscretizer.transform never makes a "
                "feature whose columns are all zeros"
            )
        return np.stack(bins, axis=1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: those of the columns in, with bins as 0.0, 1.0, ...

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        names = check_input_names(self, input_features)
        if self.encode == "ordinal":
            return names
        bins = zip(names, self.n_bins_, strict=True)
        return np.array([f"{name}_{float(k)}" for name, n in bins for k in range(n)], dtype=object)
