"""Prediction intervals around any regressor."""

import numpy as np

from .._core.arrays import check_target, num_samples
from .._core.domains import has_methods, none, string
from .._core.params import clone, fitted, param
from .._core.roles import Regressor
from .._core.tags import Traits, get_tags
from ._calibrated import Conformal, bound, rank_of, warn_of_few

# Entries of the table of candidate ends that is looked at in one piece.
_ENTRIES = 1 << 22


def _columns(values):
    values = np.asarray(values, dtype=np.float64)
    return values.reshape(len(values), -1)


class _Intervals(Regressor, Conformal):
    """Base of regressors with intervals; a part answers with lower end, upper end and scale.

    The score of y is ``max(low − y, y − high) / scale``: how far the ends must move out to hold it.
    """

    traits = Traits(multi_output=True)

    calibration_scores_ = fitted(
        "list of ndarray of shape (n_rows, n_outputs)", "Scores of the rows each part had not seen."
    )

    def fit(self, X, y, **params):
        """Fit the model, and score it on rows that it has not seen.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **params : dict
            For the model's ``fit``, those with a value a row by rows, and ``groups`` for the
            splitter; with metadata routing, metadata.

        Returns
        -------
        self
        """
        X, y = self._checked_rows(X, y)
        y = check_target(self, y, multi_output=True, numeric=True)
        self._one_column = y.ndim == 1
        truth = _columns(y)
        self._parts, self.calibration_scores_ = [], []
        for part, rows, (low, high, scale) in self._fit_parts(X, y, params):
            distance = np.maximum(low - truth[rows], truth[rows] - high)
            self._parts.append(part)
            self.calibration_scores_.append(distance / scale)
        return self

    def predict_interval(self, X, coverage=None):
        """Return the ends between which y lies with the probability `coverage`.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        coverage : float, default=None
            None is the parameter of this name.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends; infinite where there are too few calibration rows. Of several
            outputs each lies within its ends with that probability.
        """
        coverage = self._wanted(coverage)
        n_scores = sum(map(len, self.calibration_scores_))
        if rank_of(coverage, n_scores) > n_scores:
            warn_of_few(self, coverage, n_scores)
        answers = [part.answer(X) for part in self._parts]
        if len(answers) == 1:
            low, high, scale = answers[0]
            margin = scale * bound(self.calibration_scores_[0], coverage)
            ends = np.stack([low - margin, high + margin], axis=-1)
        else:
            ends = self._ends_of_parts(answers, coverage, num_samples(X))
        # Ends that have passed one another would hold nothing; exchanged, they hold a little.
        ends.sort(axis=-1)
        return ends[:, 0] if self._one_column else ends

    def _ends_of_parts(self, answers, coverage, n_rows):
        """CV+: quantiles over the scored rows of what each row's own part says."""
        scores = self.calibration_scores_
        n_scores, n_outputs = sum(map(len, scores)), scores[0].shape[1]
        rank = rank_of(coverage, n_scores)
        ends = np.empty((n_rows, n_outputs, 2))
        if rank > n_scores:
            ends[..., 0], ends[..., 1] = -np.inf, np.inf
            return ends
        step = max(1, _ENTRIES // n_scores)
        for output in range(n_outputs):
            for start in range(0, n_rows, step):
                piece = slice(start, start + step)
                low, high = [], []
                for (a, b, scale), each in zip(answers, scores, strict=True):
                    margin = scale[piece, output, None] * each[:, output]
                    low.append(a[piece, output, None] - margin)
                    high.append(b[piece, output, None] + margin)
                low, high = np.hstack(low), np.hstack(high)
                # The rank from below of the one is that from above of the other.
                ends[piece, output, 0] = np.partition(low, n_scores - rank, axis=1)[
                    :, n_scores - rank
                ]
                ends[piece, output, 1] = np.partition(high, rank - 1, axis=1)[:, rank - 1]
        return ends

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        tags.target_tags.multi_output = held.target_tags.multi_output
        if held.regressor_tags is not None:
            tags.regressor_tags.poor_score = held.regressor_tags.poor_score
        return tags


class _Centred:
    """A model's prediction as both ends, and what another says of the size of its errors."""

    def __init__(self, estimator, scale):
        self.estimator, self.scale = estimator, scale

    def fit(self, X, y, params):
        self.estimator.fit(X, y, **params)
        if self.scale is not None:
            errors = np.abs(_columns(y) - _columns(self.estimator.predict(X)))
            # A scale of 0 would make any score infinite.
            self.floor = np.maximum(1e-3 * errors.mean(axis=0), np.finfo(np.float64).tiny)
            self.scale.fit(X, errors[:, 0] if errors.shape[1] == 1 else errors)

    def answer(self, X):
        centre = _columns(self.estimator.predict(X))
        if self.scale is None:
            return centre, centre, np.ones_like(centre)
        return centre, centre, np.maximum(_columns(self.scale.predict(X)), self.floor)


class ConformalRegressor(_Intervals):
    """Intervals around the predictions of a regressor, by its errors on rows it has not seen.

    "split" is ``ŷ ± q`` with q the ⌈(n + 1) c⌉-th smallest of the n calibration rows' ``|y − ŷ|``:
    y lies within with probability c at least. "cv+" takes the quantiles of ``ŷ₋ᵢ ± |yᵢ − ŷ₋ᵢ|``,
    with ŷ₋ᵢ the prediction of the model that has not seen row i: the probability is c in practice
    and ``1 − 2 (1 − c)`` at least. With `LeaveOneOut` as `cv` it is the jackknife+. All this holds
    for rows that are exchangeable, whatever the model.

    With a model of `scale` errors are divided by their expected size, and intervals are as wide
    as a row is difficult.

    A fitted model in a `FrozenEstimator` is left as it is, and all rows serve as calibration rows.

    References
    ----------
    Papadopoulos, H. et al. (2002). Inductive confidence machines for regression. ECML.

    Barber, R. F., Candès, E. J., Ramdas, A. and Tibshirani, R. J. (2021). Predictive inference
    with the jackknife+. Annals of Statistics 49.

    Examples
    --------
    >>> from mlkit.conformal import ConformalRegressor, interval_coverage
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ConformalRegressor(Ridge(0.01), coverage=0.8).fit(X[:300], y[:300])
    >>> ends = model.predict_interval(X[300:])
    >>> bool(0.7 < interval_coverage(y[300:], ends) < 0.9)
    True
    """

    scale: object = param(
        None,
        has_methods("fit", "predict") | none,
        "Regressor of the absolute errors; None takes them to be of one size.",
    )

    def _part(self):
        scale = None if self._frozen or self.scale is None else clone(self.scale)
        if self._frozen and self.scale is not None:
            raise ValueError(
                "ConformalRegressor: a model of scale is fitted with the model it belongs to, and "
                "a frozen one is not fitted; use scale=None"
            )
        return _Centred(clone(self.estimator), scale)


# Names under which regressors take the quantile, and what else must be said for some.
_QUANTILES = ("quantile", "alpha", "q")
_LOSSES = ("loss", "objective", "criterion")


def quantile_name(estimator):
    """The parameter of an estimator, or of one within it, that is the quantile it estimates.

    Raises
    ------
    ValueError
        If there is none, or several.
    """
    params = estimator.get_params()
    for wanted in _QUANTILES:
        found = [name for name in params if name.rpartition("__")[2] == wanted]
        found = [name for name in found if _estimates(params, name, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"ConformalQuantileRegressor: {found} of {type(estimator).__name__} may all be "
                "the quantile; say which as quantile_param"
            )
    raise ValueError(
        f"ConformalQuantileRegressor: {type(estimator).__name__} has no parameter that sets its "
        "quantile; use a quantile regressor (of boosting, with loss='quantile'), or name the "
        "parameter as quantile_param"
    )


def _estimates(params, name, wanted):
    """Whether a parameter of this name is a quantile's: a loss beside it must be of quantiles."""
    prefix = name[: len(name) - len(wanted)]
    losses = [params[prefix + each] for each in _LOSSES if prefix + each in params]
    if not losses:
        return wanted == "quantile"
    return any(isinstance(each, str) and "quantile" in each for each in losses)


class _Quantiles:
    """Two models, of the lower and of the upper quantile, and one of the median."""

    def __init__(self, estimator, name, coverage):
        tail = (1 - coverage) / 2
        self.low = clone(estimator).set_params(**{name: tail})
        self.high = clone(estimator).set_params(**{name: 1 - tail})
        self.estimator = clone(estimator).set_params(**{name: 0.5})

    def fit(self, X, y, params):
        for each in (self.low, self.high, self.estimator):
            each.fit(X, y, **params)

    def answer(self, X):
        low, high = _columns(self.low.predict(X)), _columns(self.high.predict(X))
        return np.minimum(low, high), np.maximum(low, high), np.ones_like(low)


class ConformalQuantileRegressor(_Intervals):
    """Intervals between estimated quantiles, moved until they hold the truth as often as asked.

    A quantile regressor is fitted to the quantiles ``(1 − c) / 2`` and ``(1 + c) / 2``. The score
    of a row it has not seen is ``max(low − y, y − high)``, negative within the ends; both ends move
    out by the ⌈(n + 1) c⌉-th smallest score. Intervals are wide where y is uncertain. `predict` is
    the median.

    References
    ----------
    Romano, Y., Patterson, E. and Candès, E. J. (2019). Conformalized quantile regression. NeurIPS.

    Examples
    --------
    >>> from mlkit.conformal import ConformalQuantileRegressor, interval_coverage
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import HistGradientBoostingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> boosting = HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=20)
    >>> model = ConformalQuantileRegressor(boosting, coverage=0.8)
    >>> ends = model.fit(X[:300], y[:300]).predict_interval(X[300:])
    >>> bool(0.7 < interval_coverage(y[300:], ends) < 0.9)
    True
    """

    quantile_param: str = param(
        "auto",
        string,
        'The model\'s parameter that sets its quantile, such as ``step__quantile``; "auto" looks '
        "for one called quantile, or alpha beside a loss of quantiles.",
    )

    def _checked_rows(self, X, y):
        X, y = super()._checked_rows(X, y)
        self._name = self.quantile_param
        if self._name == "auto":
            self._name = quantile_name(self.estimator)
        return X, y

    def _part(self):
        if self._frozen:
            raise ValueError(
                "ConformalQuantileRegressor: a frozen model has one quantile, and three are "
                "needed; use the model itself"
            )
        return _Quantiles(self.estimator, self._name, self.coverage)

    def _whole(self):
        return clone(self.estimator).set_params(**{self._name: 0.5})
