"""Regression of times to an event, some of which were not seen."""

import numpy as np

from .._core.arrays import check_consistent_length
from .._core.domains import one_of
from .._core.params import fitted, param
from .._core.roles import Regressor
from .._core.tags import Traits
from .._engine.glm.design import Design
from .._engine.loss.survival import CoxLoss
from ._base import check_weight
from ._generalized import GeneralizedLinearModel
from ._tables import margins_of

# Rows whose pairs are compared at a time.
_PAIRS = 1 << 22


class CoxRegressor(Regressor, GeneralizedLinearModel):
    """Cox's proportional hazards: the hazard at time t is ``h(t) e^{Xβ}``, with h left open.

    Minimises minus the log partial likelihood over ``Σ w``, plus the penalty Ω(β), which is that of
    `GeneralizedLinearRegressor`. y has two columns, the time and whether the event was seen then
    (1) or the row was only watched until then (0); y of one column are times of events.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical Society B
    34.

    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal of the
    American Statistical Association 72.

    Examples
    --------
    >>> from mlkit.linear_model import CoxRegressor
    >>> X = [[0.0], [0.5], [1.0], [1.5], [2.0]]
    >>> y = [[9.0, 1], [8.0, 0], [4.0, 1], [5.0, 1], [2.0, 1]]
    >>> model = CoxRegressor(alpha=0.1).fit(X, y)
    >>> bool(model.coef_[0] > 0), round(model.score(X, y), 2)
    (True, 0.89)
    """

    traits = Traits(sparse=("csr", "csc"), poor_score=True)

    ties: str = param("breslow", one_of("breslow", "efron"), "Rule for events at the same time.")
    fit_intercept = False

    coef_ = fitted("(n_features,)", "Weights: log hazard ratios.")
    event_times_ = fitted("(n_moments,)", "Times at which the baseline hazard jumps, rising.")
    cumulative_hazard_ = fitted("(n_moments,)", "Cumulative hazard of a row of mean X, by then.")
    center_ = fitted("(n_features,)", "Mean of X, at which the baseline hazard is.")
    n_iter_ = fitted("int", "Iterations run.")

    def fit(self, X, y, sample_weight=None, strata=None):
        """Fit the weights and the baseline hazard.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, 2) or (n_samples,)
            Times, and whether the event was seen.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.
        strata : array-like of shape (n_samples,), default=None
            Labels of groups of rows with baseline hazards of their own.

        Returns
        -------
        self
        """
        X, y = self._read_fit(X, y)
        weight = check_weight(sample_weight, X)
        time, event = self._times(y)
        codes = None
        if strata is not None:
            check_consistent_length(X, strata)
            self.strata_, codes = np.unique(np.asarray(strata), return_inverse=True)
        loss = CoxLoss(time, event, codes, self.ties == "efron")
        start = None
        if self.warm_start and hasattr(self, "coef_") and len(self.coef_) == X.shape[1]:
            start = self.coef_[:, None], np.zeros(1)
        solution = self._solve(X, event.astype(X.dtype), loss, weight, start=start)
        self.coef_ = np.ascontiguousarray(solution.coef[:, 0], dtype=X.dtype)
        self.n_iter_ = solution.n_iter
        self.center_ = Design(X).mean(weight)
        self._store_hazard(loss, self._log_risk(X), weight, strata is not None)
        return self

    def _store_hazard(self, loss, risk, weight, by_strata):
        times, hazard, stratum = loss.hazard(risk, weight)
        order = np.lexsort((times, stratum))
        self.event_times_, self.cumulative_hazard_ = times[order], hazard[order]
        self._hazard_stratum = stratum[order] if by_strata else None

    def _check_y(self, y):
        y = np.asarray(y)
        if y.ndim != 2 or y.shape[1] != 2:
            return super()._check_y(y)
        return np.stack([super(CoxRegressor, self)._check_y(each) for each in y.T], axis=1)

    def _times(self, y):
        """Times (n,) and events (n,) of a target."""
        y = np.asarray(y, dtype=np.float64)
        if y.ndim == 1:
            return y, np.ones(len(y), dtype=bool)
        if y.shape[1] == 1:
            return y[:, 0], np.ones(len(y), dtype=bool)
        if y.shape[1] != 2 or not np.isin(y[:, 1], (0, 1)).all():
            raise ValueError(
                f"{type(self).__name__}: y must be times, or times and events of 0 or 1 in two "
                f"columns; got shape {y.shape}"
            )
        return y[:, 0], y[:, 1] > 0

    def _log_risk(self, X):
        return margins_of(X, self.coef_, 0.0).astype(np.float64) - self.center_ @ self.coef_

    def predict(self, X):
        """Return the log hazard ratio to a row of mean X: higher is an earlier event.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._log_risk(self._read(X))

    def predict_cumulative_hazard(self, X, times=None, strata=None):
        """Return the hazard summed up to each time.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        times : array-like of shape (n_times,), default=None
            None is ``event_times_``, sorted.
        strata : array-like of shape (n_samples,), default=None
            Labels as fitted; needed where it was fitted with strata.

        Returns
        -------
        ndarray of shape (n_samples, n_times)
        """
        X = self._read(X)
        times = np.unique(self.event_times_) if times is None else np.asarray(times, dtype=float)
        ratio = np.exp(self._log_risk(X))[:, None]
        if self._hazard_stratum is None:
            return ratio * step_at(self.event_times_, self.cumulative_hazard_, times)
        if strata is None:
            raise ValueError(
                f"{type(self).__name__} was fitted with strata: pass the strata of the rows of X"
            )
        codes = np.searchsorted(self.strata_, np.asarray(strata))
        known = self.strata_[np.minimum(codes, len(self.strata_) - 1)] == np.asarray(strata)
        if not known.all():
            raise ValueError(
                f"{type(self).__name__}: strata has labels that fit did not see; leave them out"
            )
        base = np.empty((len(self.strata_), len(times)))
        for code in range(len(self.strata_)):
            own = self._hazard_stratum == code
            base[code] = step_at(self.event_times_[own], self.cumulative_hazard_[own], times)
        return ratio * base[codes]

    def predict_survival(self, X, times=None, strata=None):
        """Return the probability that the event comes after each time.

        Parameters
        ----------
        X, times, strata
            As of `predict_cumulative_hazard`.

        Returns
        -------
        ndarray of shape (n_samples, n_times)
        """
        return np.exp(-self.predict_cumulative_hazard(X, times, strata))

    def score(self, X, y, sample_weight=None):
        """Return the concordance: of the pairs whose order is known, the share that risks tell.

        A pair is known where the earlier time is that of an event. Equal risks count a half.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, 2) or (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            A pair weighs the product of its rows' weights.

        Returns
        -------
        float
            Within 0 and 1; chance has 0.5.
        """
        risk = self.predict(X)
        time, event = self._times(y)
        weight = check_weight(sample_weight, np.asarray(risk)[:, None])
        weight = np.ones(len(risk)) if weight is None else weight
        return concordance(time, event, risk, weight)


def step_at(moments, values, times):
    """The value at the last moment up to each time; 0 before the first."""
    place = np.searchsorted(moments, times, side="right")
    return np.concatenate([[0.0], values])[place]


def concordance(time, event, risk, weight):
    """Weighted share of ordered pairs among those with an event at the earlier time."""
    rows = np.flatnonzero(event)
    step = max(_PAIRS // max(len(time), 1), 1)
    told = known = 0.0
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        # A row watched until the very time of an event outlived it.
        later = (time > time[some, None]) | ((time == time[some, None]) & ~event)
        pair = later * (weight[some, None] * weight)
        difference = risk[some, None] - risk
        told += float((pair * ((difference > 0) + 0.5 * (difference == 0))).sum())
        known += float(pair.sum())
    return told / known if known > 0 else 0.5
