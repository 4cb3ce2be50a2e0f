"""Gradient boosting on binned columns, for regression and classification."""

import numpy as np

from .._core.arrays import column_or_1d
from .._core.domains import array_like, between, callable_, mapping, none, one_of
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.tags import Traits
from .._core.targets import compute_sample_weight, encode_labels
from .._engine.loss.links import Identity
from .._engine.loss.losses import (
    AbsoluteError,
    BinaryLogistic,
    GammaLoss,
    Multinomial,
    PinballLoss,
    PoissonLoss,
    SquaredError,
    TweedieLoss,
)
from .._engine.loss.normal import LogScore, RankedScore, moments
from .._engine.trees.boost_losses import CustomLoss, ManyQuantiles
from ..metrics import d2_pinball_score
from ._boosting_rounds import HistGradientBoosting


class HistGradientBoostingRegressor(Regressor, HistGradientBoosting):
    """Sum of trees, each fitted to the derivatives of ``Σ w ℓ(y, z)`` at the sum so far.

    A column is cut into at most `max_bins` bins, so that a node's best split follows from sums
    by bin. A leaf with gradients g and curvatures h predicts ``−Σ g / (Σ h + l2)`` times the
    learning rate; for the absolute error and quantiles, the quantile of its residuals. Missing
    values are sent where the loss falls most; categories are split into two sets.

    Sums are integers in fixed point: the same trees, to the bit, for any number of threads.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of
    Statistics 29. Ke, G. et al. (2017). LightGBM: a highly efficient gradient boosting decision
    tree. NeurIPS. Rashmi, K. V. & Gilad-Bachrach, R. (2015). DART: dropouts meet multiple additive
    regression trees. AISTATS. Ibragimov, B. & Gusev, G. (2019). Minimal variance sampling in
    stochastic gradient boosting. NeurIPS. Chernozhukov, V., Fernández-Val, I. & Galichon, A.
    (2010). Quantile and probability curves without crossing. Econometrica 78. Duan, T. et al.
    (2020). NGBoost: natural gradient boosting for probabilistic prediction. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble import HistGradientBoostingRegressor
    >>> X = np.arange(100.0)[:, None]
    >>> y = np.where(X[:, 0] < 50, 1.0, 3.0)
    >>> model = HistGradientBoostingRegressor().fit(X, y)
    >>> model.predict([[10.0], [80.0], [np.nan]]).round(3)
    array([1., 3., 3.])
    """

    traits = Traits(missing=True, multi_output=True)

    loss: object = param(
        "squared_error",
        one_of(
            "squared_error",
            "absolute_error",
            "gamma",
            "poisson",
            "tweedie",
            "quantile",
            "normal",
            "normal_crps",
        )
        | callable_,
        "ℓ; gamma, poisson and tweedie predict the exponential of the sum. normal and normal_crps "
        "fit the mean and the standard deviation of y's distribution, a tree a round for each, to "
        "the likelihood or to the continuous ranked probability score. A function "
        "``loss(y, raw)`` returns the gradient and the curvature of each row, and as a third, if "
        "early stopping is to look at it, the loss.",
        kw_only=False,
    )
    quantile: object = param(
        None,
        between(0, 1) | array_like | none,
        'Which one, for ``loss="quantile"``; several, ascending, are predicted at once, a column '
        "each, and never cross.",
    )
    power: float = param(
        1.5,
        between(1, 2),
        'For ``loss="tweedie"``: the variance is proportional to this power of the mean, from 1, '
        "Poisson's, to 2, the gamma distribution's.",
    )

    def _make_loss(self):
        if callable(self.loss):
            return CustomLoss(self.loss, Identity(), self._n_outputs)
        if self.loss == "quantile":
            levels = self._levels()
            return ManyQuantiles(tuple(levels)) if np.ndim(self.quantile) else PinballLoss(*levels)
        return TweedieLoss(self.power) if self.loss == "tweedie" else _LOSSES[self.loss]

    def _loss_of(self, rows):
        if self._has_distribution():
            return _SCORES[self.loss](moments(rows.y, rows.weight)[1])
        return self._make_loss()

    def _check_y(self, y):
        y = super()._check_y(y)
        return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _levels(self):
        who = type(self).__name__
        if self.quantile is None:
            raise ValueError(f"{who}: loss='quantile' needs quantile, a number in [0, 1]")
        levels = np.atleast_1d(np.asarray(self.quantile, dtype=np.float64))
        inside = ((levels >= 0) & (levels <= 1)).all()
        if levels.ndim != 1 or not (len(levels) and inside and (np.diff(levels) > 0).all()):
            raise ValueError(
                f"{who}: quantile={self.quantile!r}; several must ascend and lie in [0, 1]"
            )
        return levels.tolist()

    def _encode(self, y):
        several = self._several_quantiles()
        parts = len(self._levels()) if several else 2 if self._has_distribution() else 1
        if y.ndim == 2 and parts > 1:
            raise ValueError(
                f"{type(self).__name__}: y has {y.shape[1]} outputs, and loss={self.loss!r} "
                "predicts several numbers of one; fit a model an output (MultiOutputRegressor)"
            )
        self._n_outputs = y.shape[1] if y.ndim == 2 else parts
        y = y.astype(np.float64)
        if self.loss == "tweedie" and not (
            (y >= 0).all() and y.sum() > 0 and (self.power < 2 or (y > 0).all())
        ):
            raise ValueError(
                f"{type(self).__name__}: loss='tweedie' is for y of 0 and above, not all 0, and "
                f"for y above 0 with power=2; the least is {y.min()}, the sum {y.sum()}"
            )
        if self.loss == "gamma" and not (y > 0).all():
            raise ValueError(
                f"{type(self).__name__}: loss='gamma' is for y above 0; the least is {y.min()}"
            )
        if self.loss == "poisson" and not ((y >= 0).all() and y.sum() > 0):
            raise ValueError(
                f"{type(self).__name__}: loss='poisson' is for y of 0 and above, not all 0; the "
                f"least is {y.min()}, the sum {y.sum()}"
            )
        return y

    def _encode_more(self, y):
        width = self._n_outputs
        y = self._encode(y)
        if self._n_outputs != width:
            got, self._n_outputs = self._n_outputs, width
            raise ValueError(
                f"{type(self).__name__}.fit: y_val has {got} outputs, and y has {width}"
            )
        return y

    def _has_distribution(self):
        return isinstance(self.loss, str) and self.loss in _SCORES

    def _several_quantiles(self):
        return self.loss == "quantile" and np.ndim(self.quantile) > 0

    def _growth(self, n_features):
        if self.monotonic_cst is not None and self._has_distribution():
            raise ValueError(
                f"{type(self).__name__}: with loss={self.loss!r} monotonic_cst would bind the "
                "standard deviation, too; leave it out, or take another loss"
            )
        return super()._growth(n_features)

    def predict(self, X, return_std=False):
        """Return the prediction of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        return_std : bool, default=False
            Return the standard deviation of y, too: for ``loss="normal"`` or ``"normal_crps"``.

        Returns
        -------
        ndarray of float64, shape (n_samples,), or (n_samples, n_quantiles) for several quantiles,
        or (n_samples, n_outputs) for several outputs. The standard deviation, (n_samples,), is the
        second of two.
        """
        return self._distribution(X) if return_std else self._values(self._raw_predict(X))

    def predict_interval(self, X, coverage=0.9):
        """Return the interval around the mean in which y lies with a given probability.

        For ``loss="normal"`` or ``"normal_crps"``.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        coverage : float, default=0.9
            Probability, between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n_samples, 2)
            Lower and upper end.
        """
        if not 0 < coverage < 1:
            raise ValueError(
                f"{type(self).__name__}.predict_interval: coverage={coverage!r} must lie between 0 "
                "and 1"
            )
        from scipy.special import ndtri

        mean, deviation = self._distribution(X)
        half = ndtri(0.5 + 0.5 * coverage) * deviation
        return np.column_stack([mean - half, mean + half])

    def _distribution(self, X):
        """Mean and standard deviation of each row's normal distribution."""
        raw = self._raw_predict(X)
        if not self._has_distribution():
            raise AttributeError(
                f"{type(self).__name__} with loss={self.loss!r} predicts no distribution; fit it "
                "with loss='normal' or 'normal_crps'"
            )
        return raw[:, 0].copy(), np.exp(raw[:, 1])

    def _values(self, raw):
        if self._has_distribution():
            return raw[:, 0].copy()
        if self._several_quantiles():
            # In order, quantiles fit no worse, whatever y is (Chernozhukov et al., 2010).
            return np.sort(raw, axis=1)
        return self._make_loss().link.inverse(_flat(raw))

    def score(self, X, y, sample_weight=None):
        """Return R², or for several quantiles the mean share of pinball loss that is explained.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if not self._several_quantiles():
            return super().score(X, y, sample_weight)
        shares = [
            d2_pinball_score(y, column, sample_weight=sample_weight, alpha=level)
            for level, column in zip(self._levels(), self.predict(X).T, strict=True)
        ]
        return float(np.mean(shares))

    def _compute_partial_dependence_recursion(self, grid, target_features):
        """Partial dependence of what `predict` returns."""
        found = super()._compute_partial_dependence_recursion(grid, target_features)
        return found[:1] if self._has_distribution() else found

    def staged_predict(self, X):
        """Yield the prediction after each round.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Yields
        ------
        ndarray of float64, as `predict` returns
        """
        yield from map(self._values, self._staged_raw_predict(X))


_LOSSES = {
    "squared_error": SquaredError(),
    "absolute_error": AbsoluteError(),
    "gamma": GammaLoss(),
    "poisson": PoissonLoss(),
    "normal": LogScore(),
    "normal_crps": RankedScore(),
}
_SCORES = {"normal": LogScore, "normal_crps": RankedScore}


class HistGradientBoostingClassifier(Classifier, HistGradientBoosting):
    """Sums of trees whose softmax (for two classes, logistic function) are the probabilities.

    A round has one tree for two classes and one a class otherwise. Trees, bins, missing values
    and categories are those of `HistGradientBoostingRegressor`.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of
    Statistics 29. Ke, G. et al. (2017). LightGBM: a highly efficient gradient boosting decision
    tree. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble import HistGradientBoostingClassifier
    >>> X = np.arange(100.0)[:, None]
    >>> model = HistGradientBoostingClassifier().fit(X, X[:, 0] > 50)
    >>> model.predict([[10.0], [80.0]])
    array([False,  True])
    """

    loss: object = param(
        "log_loss",
        one_of("log_loss") | callable_,
        "ℓ, the log loss; or a function as for `HistGradientBoostingRegressor`, of the numbers of "
        "the classes and of raw, (n_samples,) or for 3 classes up (n_samples, n_classes).",
        kw_only=False,
    )
    class_weight: object = param(
        None,
        mapping | one_of("balanced") | none,
        'Weight of each class, ``{class: weight}``; "balanced" is n_samples / (n_classes * count).',
    )

    classes_ = fitted("(n_classes,)", "Labels.")

    def _make_loss(self):
        width = self._n_outputs
        loss = BinaryLogistic() if width == 1 else Multinomial(width)
        return CustomLoss(self.loss, loss.link, width) if callable(self.loss) else loss

    def _encode(self, y):
        self.classes_, codes = encode_labels(y)
        n_classes = len(self.classes_)
        self._n_outputs = 1 if n_classes <= 2 else n_classes
        return codes.astype(np.float64)

    def _encode_more(self, y):
        place = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unseen = np.setdiff1d(y, self.classes_)
        if unseen.size:
            raise ValueError(
                f"{type(self).__name__}.fit: y_val has labels that y has not: {unseen.tolist()}"
            )
        return place.astype(np.float64)

    def _with_class_weight(self, weight, y):
        if self.class_weight is None:
            return weight
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weight is None else weight * by_class

    def _labels(self, raw):
        if raw.shape[1] == 1:
            return self.classes_[(raw[:, 0] > 0).astype(np.intp)]
        return self.classes_[raw.argmax(axis=1)]

    def _probabilities(self, raw):
        positive = self._make_loss().link.inverse(raw)
        return np.hstack([1 - positive, positive]) if raw.shape[1] == 1 else positive

    def predict(self, X):
        """Return the likeliest class of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._labels(self._raw_predict(X))

    def predict_proba(self, X):
        """Return the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
        """
        return self._probabilities(self._raw_predict(X))

    def decision_function(self, X):
        """Return the sums of leaf values: log-odds for two classes.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_classes)
        """
        return _flat(self._raw_predict(X))

    def staged_predict(self, X):
        """Yield the classes predicted after each round.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        yield from map(self._labels, self._staged_raw_predict(X))

    def staged_predict_proba(self, X):
        """Yield the probabilities after each round.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Yields
        ------
        ndarray of float64, shape (n_samples, n_classes)
        """
        yield from map(self._probabilities, self._staged_raw_predict(X))

    def staged_decision_function(self, X):
        """Yield the sums of leaf values after each round.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Yields
        ------
        ndarray of float64, shape (n_samples,) or (n_samples, n_classes)
        """
        yield from map(_flat, self._staged_raw_predict(X))


def _flat(raw):
    return raw[:, 0] if raw.shape[1] == 1 else raw
