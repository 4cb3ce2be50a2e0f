"""Gradient boosting on binned columns, for regression and classification."""

import numpy as np

from .._core.domains import array_like, between, callable_, mapping, none, one_of
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
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
    (2010). Quantile and probability curves without crossing. Econometrica 78.

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

    loss: object = param(
        "squared_error",
        one_of("squared_error", "absolute_error", "gamma", "poisson", "tweedie", "quantile")
        | callable_,
        "ℓ; gamma, poisson and tweedie predict the exponential of the sum. A function "
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
            return CustomLoss(self.loss, Identity())
        if self.loss == "quantile":
            levels = self._levels()
            return ManyQuantiles(tuple(levels)) if np.ndim(self.quantile) else PinballLoss(*levels)
        return TweedieLoss(self.power) if self.loss == "tweedie" else _LOSSES[self.loss]

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
        several = self.loss == "quantile" and np.ndim(self.quantile)
        self.n_trees_per_iteration_ = len(self._levels()) if several else 1
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

    _encode_more = _encode

    def predict(self, X):
        """Return the prediction of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,), or (n_samples, n_quantiles) for several quantiles
        """
        return self._values(self._raw_predict(X))

    def _values(self, raw):
        if raw.shape[1] > 1:
            # In order, quantiles fit no worse, whatever y is (Chernozhukov et al., 2010).
            return np.sort(raw, axis=1)
        return self._make_loss().link.inverse(raw[:, 0])

    def score(self, X, y, sample_weight=None):
        """Return R², or for several quantiles the mean share of pinball loss that is explained.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if self.n_trees_per_iteration_ == 1:
            return super().score(X, y, sample_weight)
        shares = [
            d2_pinball_score(y, column, sample_weight=sample_weight, alpha=level)
            for level, column in zip(self._levels(), self.predict(X).T, strict=True)
        ]
        return float(np.mean(shares))

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
}


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
        width = self.n_trees_per_iteration_
        loss = BinaryLogistic() if width == 1 else Multinomial(width)
        return CustomLoss(self.loss, loss.link, width) if callable(self.loss) else loss

    def _encode(self, y):
        self.classes_, codes = encode_labels(y)
        n_classes = len(self.classes_)
        self.n_trees_per_iteration_ = 1 if n_classes <= 2 else n_classes
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
