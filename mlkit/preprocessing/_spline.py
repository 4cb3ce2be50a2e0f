"""Columns spread over B-splines."""

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted, check_sample_weight
from .._core.config import current
from .._core.domains import array_like, boolean, integer, one_of
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.quantiles import weighted_percentile
from .._core.roles import Transformer
from .._core.tags import Traits
from .._engine.encode.quantiles import column_quantiles
from .._engine.encode.splines import spline_bases
from .._engine.native.scan import column_range

# Values of splines that are held apart from a sparse result.
_BLOCK = 1 << 18


class SplineTransformer(Transformer, Estimator):
    """Each column becomes the values of its B-splines: smooth bumps that sum to 1.

    A spline of degree d is a polynomial of that degree between knots, d − 1 times
    differentiable, and not zero over d + 1 intervals. A linear model of them is a smooth curve
    (C. de Boor, "A practical guide to splines", 1978).

    Examples
    --------
    >>> from mlkit.preprocessing import SplineTransformer
    >>> SplineTransformer(n_knots=2, degree=1).fit_transform([[0.0], [1.0], [4.0]])
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.  , 1.  ]])
    """

    traits = Traits(min_rows=2, preserves=("float64", "float32"))

    n_knots: int = param(5, integer(2), "Knots of a column, if they are not given.", kw_only=False)
    degree: int = param(3, integer(0, 63), "Degree of the polynomials.", kw_only=False)
    knots: object = param(
        "uniform",
        one_of("uniform", "quantile") | array_like,
        "Evenly spaced knots, knots at quantiles, or the knots of each column in a table "
        "(n_knots, n_features).",
    )
    extrapolation: str = param(
        "constant",
        one_of("error", "constant", "linear", "continue", "periodic"),
        "What comes before the first and after the last knot: an error, the value there, a line, "
        "the outer polynomials, or the curve again.",
    )
    include_bias: bool = param(
        True, boolean, "Whether the last spline of a column comes out, with which they sum to 1."
    )
    order: str = param("C", one_of("C", "F"), "Memory order of the output, if dense.")
    handle_missing: str = param(
        "error", one_of("error", "zeros"), "Whether NaN is refused, or all its splines are 0."
    )
    sparse_output: bool = param(False, boolean, "Whether the output is a CSR matrix.")

    n_features_out_ = fitted("int", "Columns out.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.handle_missing == "zeros"
        return tags

    # ---------------------------------------------------------------------- fitting
    def fit(self, X, y=None, sample_weight=None):
        """Place the knots.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            For knots at quantiles; rows of weight 0 are left out for evenly spaced ones.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If given knots do not fit X or do not ascend, or are too few for periodic splines.
        """
        X = self._check_fit(X, missing=self.handle_missing == "zeros")
        weight = check_sample_weight(sample_weight, X)
        base = self._base_knots(X, weight)
        periodic = self.extrapolation == "periodic"
        if periodic and len(base) <= self.degree:
            raise ValueError(
                f"SplineTransformer(degree={self.degree}): periodic splines need more knots than "
                f"their degree, got {len(base)}"
            )
        knots = self._extended(base, periodic)
        self._knots, self._ends = np.ascontiguousarray(knots.T), self._at_ends(knots.T, periodic)
        self.n_features_out_ = X.shape[1] * (self._n_splines() - 1 + self.include_bias)
        return self

    def _n_splines(self):
        """Splines of a column; periodic ones share the first and the last."""
        periodic = self.extrapolation == "periodic"
        return self._knots.shape[1] - self.degree - 1 - (self.degree if periodic else 0)

    @property
    def bsplines_(self):
        """The splines of each column, a list of `scipy.interpolate.BSpline`."""
        from scipy.interpolate import BSpline

        weights = np.eye(self._n_splines())
        if self.extrapolation == "periodic":
            weights = np.concatenate([weights, weights[: self.degree]])
        goes_on = self.extrapolation in ("periodic", "continue")
        return [
            BSpline.construct_fast(column, weights, self.degree, extrapolate=goes_on)
            for column in self._knots
        ]

    def _base_knots(self, X, weight):
        if not isinstance(self.knots, str):
            base = check_array(self.knots, dtype=np.float64, input_name="knots")
            if len(base) < 2:
                raise ValueError(
                    f"SplineTransformer: knots must have 2 rows at least, got {len(base)}"
                )
            if base.shape[1] != X.shape[1]:
                raise ValueError(
                    f"SplineTransformer: knots have {base.shape[1]} columns, X has {X.shape[1]}"
                )
            if not (np.diff(base, axis=0) > 0).all():
                raise ValueError("SplineTransformer: knots must ascend, each only once")
            return base
        levels = np.linspace(0, 1, self.n_knots)
        if self.knots == "quantile":
            if weight is None:
                return column_quantiles(X, levels)
            return weighted_percentile(X, weight, 100 * levels).T.astype(np.float64)
        kept = X if weight is None else X[weight > 0]
        low, high = column_range(kept, n_threads=n_threads())
        return np.linspace(low, high, self.n_knots, dtype=np.float64)

    def _extended(self, base, periodic):
        """`degree` more knots at both ends, spaced as the outer two or by periods."""
        d = self.degree
        if periodic:
            period = base[-1] - base[0]
            before, after = base[-(d + 1) : -1] - period, base[1 : d + 1] + period
        else:
            steps = np.arange(1, d + 1)[:, np.newaxis]
            before = base[0] - steps[::-1] * (base[1] - base[0])
            after = base[-1] + steps * (base[-1] - base[-2])
        return np.concatenate([before, base, after])

    def _at_ends(self, knots, periodic):
        """Splines that are not zero at the first and the last knot, and their slopes there."""
        from scipy.interpolate import BSpline

        d = self.degree
        ends = np.zeros((len(knots), 4, d + 1))
        if periodic:
            return ends.reshape(len(knots), -1)
        n_bases = knots.shape[1] - d - 1
        for column, out in zip(knots, ends, strict=True):
            spline = BSpline.construct_fast(np.ascontiguousarray(column), np.eye(n_bases), d)
            for at, part, where in ((d, slice(None, d + 1), 0), (-d - 1, slice(-d - 1, None), 2)):
                out[where] = spline(column[at])[part]
                if self.extrapolation == "linear":
                    out[where + 1] = spline(column[at], nu=1)[part]
        return ends.reshape(len(knots), -1)

    # ---------------------------------------------------------------------- there
    def transform(self, X):
        """Return the values of the splines.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features_out_)
            The splines of the first column, those of the second, ...

        Raises
        ------
        ValueError
            For values beyond the knots, with ``extrapolation="error"``.
        """
        check_is_fitted(self)
        X = self._check_X(X, missing=self.handle_missing == "zeros")
        if self.extrapolation == "error":
            low, high = self._knots[:, self.degree], self._knots[:, -self.degree - 1]
            inside = (low <= X) & (high >= X) | np.isnan(X)
            if not inside.all():
                raise ValueError(
                    "X contains values beyond the limits of the knots: choose another "
                    "extrapolation of SplineTransformer than 'error'"
                )
        return self._sparse(X) if self.sparse_output else self._values(X)[0]

    def _values(self, X):
        beyond = self.extrapolation
        return spline_bases(
            X,
            self._knots,
            self.degree,
            beyond if beyond in ("continue", "periodic") else "ends",
            self._ends,
            self.include_bias,
            not self.sparse_output,
            self.order,
            n_threads(),
        )

    def _sparse(self, X):
        """Fill a CSR matrix block by block: what a block holds beside its entries stays small."""
        import scipy.sparse as sp

        most = X.size * (self.degree + 1)
        index = np.int32 if max(most, self.n_features_out_) <= np.iinfo(np.int32).max else np.int64
        data, indices = np.empty(most, dtype=X.dtype), np.empty(most, dtype=index)
        counts = np.zeros(len(X) + 1, dtype=index)
        step = max(1, _BLOCK // (X.shape[1] * (self.degree + 1)))
        end = 0
        for first in range(0, len(X), step):
            values, columns = self._values(X[first : first + step])
            kept = columns >= 0
            counts[first + 1 : first + step + 1] = kept.sum(axis=1)
            start, end = end, end + np.count_nonzero(kept)
            data[start:end], indices[start:end] = values[kept], columns[kept]
        data.resize(end, refcheck=False)
        indices.resize(end, refcheck=False)
        matrix = sp.csr_array if current()["sparse_interface"] == "sparray" else sp.csr_matrix
        made = matrix(
            (data, indices, counts.cumsum(dtype=index)), shape=(len(X), self.n_features_out_)
        )
        made.sort_indices()
        return made

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: "x0_sp_0", "x0_sp_1", ...

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "n_features_in_")
        names = check_input_names(self, input_features)
        n_splines = self._n_splines() - 1 + self.include_bias
        return np.array([f"{name}_sp_{k}" for name in names for k in range(n_splines)], object)
