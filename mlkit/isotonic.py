"""Isotonic regression: the best monotonic function of one variable."""

import math
import warnings

import numpy as np

from ._core.arrays import check_array, check_consistent_length, check_is_fitted, check_sample_weight
from ._core.domains import array_like, boolean, none, one_of
from ._core.domains import real_or_inf as number
from ._core.estimator import Estimator
from ._core.parallel import n_threads
from ._core.params import checked, fitted, param
from ._core.roles import Regressor, Transformer
from ._core.tags import Traits
from ._engine.native.pava import interpolate, isotonic, unique_means

__all__ = ["IsotonicRegression", "check_increasing", "isotonic_regression"]

_FLOATS = (np.float64, np.float32)


# --------------------------------------------------------------------------- direction
def _ranks(values):
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[codes]


def _rank_correlation(x, y):
    """Spearman's ρ: the correlation of the ranks; NaN if one of them is constant."""
    x, y = (ranks - ranks.mean() for ranks in (_ranks(x), _ranks(y)))
    norm = math.sqrt((x @ x) * (y @ y))
    return min(1.0, max(-1.0, (x @ y) / norm)) if norm > 0 else math.nan


@checked(x=array_like, y=array_like)
def check_increasing(x, y):
    """Whether y rises with x: Spearman's rank correlation is not negative.

    Parameters
    ----------
    x : array-like of shape (n_samples,)
    y : array-like of shape (n_samples,)

    Returns
    -------
    bool

    Warns
    -----
    UserWarning
        If the 95 % interval of the correlation, by Fisher's transform, contains 0.

    Examples
    --------
    >>> from mlkit.isotonic import check_increasing
    >>> check_increasing([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    True
    """
    x, y = np.ravel(x), np.ravel(y)
    check_consistent_length(x, y)
    rho = _rank_correlation(x, y)
    if -1 < rho < 1 and len(x) > 3:
        centre = math.atanh(rho)
        half_width = 1.96 / math.sqrt(len(x) - 3)
        if np.sign(centre - half_width) != np.sign(centre + half_width):
            warnings.warn(
                f"check_increasing: the confidence interval of the Spearman correlation "
                f"coefficient ({rho:.3g}) spans zero. Determination of ``increasing`` may be "
                "suspect.",
                UserWarning,
                stacklevel=2,
            )
    return bool(rho >= 0)


# ------------------------------------------------------------------------ on a vector
def _clipped(y, least, greatest):
    if least is None and greatest is None:
        return y
    least = -np.inf if least is None else least
    return np.clip(y, least, np.inf if greatest is None else greatest, out=y)


@checked(
    y=array_like,
    sample_weight=array_like | none,
    y_min=number | none,
    y_max=number | none,
    increasing=boolean,
)
def isotonic_regression(y, *, sample_weight=None, y_min=None, y_max=None, increasing=True):
    """The monotonic z that minimises ``Σ wᵢ (yᵢ − zᵢ)²``, in linear time.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
    sample_weight : array-like of shape (n_samples,), default=None
        Weights above 0.
    y_min, y_max : float, default=None
        Bounds of z.
    increasing : bool, default=True
        Whether z rises or falls.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If a weight is not above 0.

    References
    ----------
    Best and Chakravarti, "Active set algorithms for isotonic regression: a unifying framework",
    Mathematical Programming 47, 1990.

    Examples
    --------
    >>> from mlkit.isotonic import isotonic_regression
    >>> isotonic_regression([5, 3, 1, 2, 8, 10, 9])
    array([2.75, 2.75, 2.75, 2.75, 8.  , 9.5 , 9.5 ])
    """
    y = check_array(y, ensure_2d=False, input_name="y", dtype=_FLOATS)
    if y.ndim != 1:
        raise ValueError(f"isotonic_regression: y must be a 1d array, got shape {y.shape}")
    weight = check_sample_weight(sample_weight, y)
    if weight is not None and weight.min() <= 0:
        raise ValueError(
            f"isotonic_regression: sample_weight must be above 0, its least is {weight.min()}; "
            "leave rows without weight out"
        )
    return _clipped(isotonic(y, weight, increasing), y_min, y_max).astype(y.dtype, copy=False)


# -------------------------------------------------------------------------- estimator
class _Line:
    """The piecewise linear function through points, with a rule for what lies beyond them."""

    def __init__(self, x, y, out_of_bounds):
        self.x, self.y, self.out_of_bounds = x, y, out_of_bounds

    def __call__(self, t):
        t = np.asarray(t)
        values = interpolate(t.reshape(-1), self.x, self.y, n_threads=_threads(t)).reshape(t.shape)
        # A single point stands for a constant function.
        if self.out_of_bounds == "clip" or len(self.x) == 1:
            return values
        beyond = (t < self.x[0]) | (t > self.x[-1])
        if self.out_of_bounds == "nan":
            values[beyond] = np.nan
        elif beyond.any():
            raise ValueError(
                f"IsotonicRegression(out_of_bounds='raise'): {t[beyond].flat[0]} is outside the "
                f"range seen in fit, [{self.x[0]}, {self.x[-1]}]; 'clip' and 'nan' accept it"
            )
        return values


def _threads(t):
    # A search costs some 20 ns, starting threads some 10 µs.
    return n_threads() if t.size >= 1 << 15 else 1


class IsotonicRegression(Regressor, Transformer, Estimator):
    """The monotonic f that minimises ``Σ wᵢ (yᵢ − f(xᵢ))²``, linear between the points seen.

    Equal x share the weighted mean of their y. What is fitted are the ends of the steps of f,
    found by pooling adjacent violators in linear time after a sort.

    Examples
    --------
    >>> from mlkit.isotonic import IsotonicRegression
    >>> IsotonicRegression().fit([1, 2, 3, 4], [1, 3, 2, 4]).predict([1.5, 3])
    array([1.75, 2.5 ])
    """

    traits = Traits(one_d_array=True, two_d_array=False)

    y_min: float = param(None, number | none, "Least value of f; None is no bound.")
    y_max: float = param(None, number | none, "Greatest value of f; None is no bound.")
    increasing: object = param(
        True,
        boolean | one_of("auto"),
        'Whether f rises or falls; "auto" asks Spearman\'s rank correlation.',
    )
    out_of_bounds: str = param(
        "nan",
        one_of("nan", "clip", "raise"),
        "What x outside of the range seen in fit give: NaN, the value at the end, or an error.",
    )

    X_min_ = fitted("float", "Least x seen.")
    X_max_ = fitted("float", "Greatest x seen.")
    X_thresholds_ = fitted("(n_thresholds,)", "x at the ends of the steps, increasing.")
    y_thresholds_ = fitted("(n_thresholds,)", "f there.")
    f_ = fitted("callable", "The function.")
    increasing_ = fitted("bool", "Whether f rises.")

    def fit(self, X, y, sample_weight=None):
        """Fit f.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Rows without weight are left out.

        Returns
        -------
        self
        """
        self._check_params()
        X = _as_line(X, _FLOATS)
        y = check_array(y, ensure_2d=False, dtype=X.dtype, input_name="y")
        check_consistent_length(X, y, sample_weight)
        y = _ravelled(y)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        self.increasing_ = self.increasing
        if isinstance(self.increasing, str):
            self.increasing_ = check_increasing(X, y)
        x, mean, mass = unique_means(X, y, weight, _order(X, weight), _resolution(X.dtype))
        values = _clipped(isotonic(mean, mass, self.increasing_), self.y_min, self.y_max)
        x, values = x.astype(X.dtype), values.astype(X.dtype, copy=False)
        self.X_min_, self.X_max_ = x[0], x[-1]
        kept = np.ones(len(x), dtype=bool)
        differs = values[1:] != values[:-1]
        kept[1:-1] = differs[1:] | differs[:-1]
        self.X_thresholds_, self.y_thresholds_ = x[kept], values[kept]
        self._make_function()
        return self

    def _make_function(self):
        self.f_ = _Line(self.X_thresholds_, self.y_thresholds_, self.out_of_bounds)

    def transform(self, T):
        """Return f of new data.

        Parameters
        ----------
        T : array-like of shape (n_samples,) or (n_samples, 1)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self, "X_thresholds_")
        T = _as_line(T, self.X_thresholds_.dtype)
        return self.f_(T).astype(T.dtype, copy=False)

    def predict(self, T):
        """Return f of new data.

        Parameters
        ----------
        T : array-like of shape (n_samples,) or (n_samples, 1)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self, "X_thresholds_")
        T = _as_line(T, self.X_thresholds_.dtype)
        return self.f_(T).astype(T.dtype, copy=False)

    def get_feature_names_out(self, input_features=None):
        """Return the name of the one column that ``transform`` returns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str objects, shape (1,)
        """
        check_is_fitted(self, "f_")
        return np.asarray([f"{type(self).__name__.lower()}0"], dtype=object)

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("f_", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "X_thresholds_" in vars(self):
            self._make_function()


def _ravelled(y):
    if y.ndim > 1 and y.shape[1] != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    return y.reshape(-1)


def _as_line(X, dtype):
    """X as a vector of floats; a column is one."""
    X = check_array(X, dtype=dtype, ensure_2d=False, input_name="X")
    if X.ndim == 0 or X.ndim > 2 or (X.ndim == 2 and X.shape[1] != 1):
        raise ValueError(
            "Isotonic regression input X should be a 1d array or 2d array with 1 feature, got "
            f"shape {X.shape}"
        )
    return X.reshape(-1)


def _order(X, weight):
    """Rows of weight above 0, by X."""
    if weight is None or weight.min() > 0:
        return np.argsort(X)
    kept = np.flatnonzero(weight > 0)
    if not len(kept):
        raise ValueError("sample_weight: no weight is above zero, there is nothing to fit")
    return kept[np.argsort(X[kept])]


def _resolution(dtype):
    """Distance below which x are one: what decimal text of that precision tells apart."""
    return float(np.finfo(dtype).resolution)
