"""Cox's partial likelihood of times to events, some of which were not seen."""

from typing import ClassVar

import numpy as np

from .losses import Loss


class CoxLoss(Loss):
    """Σ_events w_i (log Σ_{j at risk} w_j e^{z_j} − z_i); at risk at t_i are all with t_j ≥ t_i.

    Rows are at risk among those of their own stratum alone. Where m events are at the same time,
    Breslow's rule gives each the whole risk set; Efron's takes the share l / m of the tied rows
    out of the set of the l-th, l = 0 … m − 1, and their mean weight.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical Society B
    34.

    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal of the
    American Statistical Association 72.

    Parameters
    ----------
    time : ndarray of shape (n,)
    event : ndarray of bool of shape (n,)
    strata : ndarray of intp of shape (n,), optional
    efron : bool
    """

    shift_free: ClassVar[bool] = True
    curved: ClassVar[bool] = True
    n_classes: ClassVar[int] = 1

    def __init__(self, time, event, strata=None, efron=False):
        event = np.asarray(event, dtype=bool)
        strata = np.zeros(len(event), dtype=np.intp) if strata is None else strata
        order = np.lexsort((-time, strata))
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (np.diff(time[order]) != 0) | (np.diff(strata[order]) != 0)
        moment = np.empty(len(order), dtype=np.intp)
        moment[order] = np.cumsum(fresh) - 1
        stratum = strata[order][fresh]
        first = np.flatnonzero(np.concatenate([[True], np.diff(stratum) != 0]))
        # Moments are numbered from the latest to the earliest of a stratum.
        self.moment, self.event, self.efron = moment, event, efron
        self.times, self.n_moments = time[order][fresh], len(stratum)
        self.stratum, self.first = stratum, np.append(first, len(stratum))
        self._row_stratum = np.searchsorted(first, moment, side="right") - 1

    def __repr__(self):
        return f"CoxLoss(n={len(self.event)})"

    def admits(self, y):
        return True

    def baseline(self, y, weight=None):
        return np.zeros(1)

    def _running(self, values, backward=False):
        """Sums over moments from the first of each stratum, or from the last."""
        out = np.empty_like(values)
        for start, stop in zip(self.first[:-1], self.first[1:], strict=True):
            part = values[start:stop]
            out[start:stop] = part[::-1].cumsum(axis=0)[::-1] if backward else part.cumsum(axis=0)
        return out

    def _sum(self, values, rows=slice(None)):
        return np.bincount(self.moment[rows], weights=values[rows], minlength=self.n_moments)

    def terms(self, z, weight):
        """What the events need of margins z: a dict.

        ``rates`` w e^{z − top}, one ``top`` a stratum; of each event that counts its ``moment``,
        ``weight``, ``tied`` share and ``risk``, the sum at risk.
        """
        weight = np.ones(len(z)) if weight is None else weight.astype(np.float64)
        top = np.full(len(self.first) - 1, -np.inf)
        np.maximum.at(top, self._row_stratum, z)
        rates = weight * np.exp(z - top[self._row_stratum])
        rows = np.flatnonzero(self.event & (weight > 0))
        rows = rows[np.argsort(self.moment[rows], kind="stable")]
        moment, mass = self.moment[rows], weight[rows]
        tied = np.zeros(len(rows))
        if self.efron and len(rows):
            count = np.bincount(moment, minlength=self.n_moments)
            place = np.arange(len(rows)) - (np.cumsum(count) - count)[moment]
            tied = place / count[moment]
            mass = (self._sum(weight, rows) / np.maximum(count, 1))[moment]
        at_risk = self._running(self._sum(rates))
        risk = at_risk[moment] - tied * self._sum(rates, rows)[moment]
        return {
            "rates": rates, "top": top, "rows": rows, "moment": moment, "weight": mass,
            "tied": tied, "risk": risk, "own": weight,
        }  # fmt: skip

    def _hazards(self, of):
        """Each row's rate times the hazard it was exposed to."""
        each = of["weight"] / of["risk"]
        exposed = np.bincount(of["moment"], weights=each, minlength=self.n_moments)
        out = self._running(exposed, backward=True)[self.moment]
        if self.efron:
            back = np.bincount(of["moment"], weights=of["tied"] * each, minlength=self.n_moments)
            out[of["rows"]] -= back[of["moment"]]
        return of["rates"] * out

    def evaluate(
        self, y, raw, weight=None, *, factor=1.0, gradient=None, curvature=None, n_threads=1
    ):
        z = raw[:, 0].astype(np.float64)
        if not np.isfinite(z).all():
            return np.inf
        of = self.terms(z, weight)
        hazards = self._hazards(of) if gradient is not None or curvature is not None else None
        own = np.where(self.event, of["own"], 0.0)
        if gradient is not None:
            gradient[:, 0] = factor * (hazards - own)
        if curvature is not None:
            curvature[:, 0] = factor * hazards
        level = of["top"][self._row_stratum[of["rows"]]]
        value = of["weight"] @ (np.log(of["risk"]) + level) - own @ z
        return factor * float(value)

    def curvatures(self, of, factor):
        """The Hessian in z from its `terms`: a diagonal (n,) less ``Σ_e u_e a_e a_eᵀ``.

        Returns the diagonal, u, and the group of each row whose sums `at_risk` makes a_eᵀX of: the
        groups are moments, twice, for rows without an event and with one.
        """
        groups = 2 * self.moment
        groups[of["rows"]] += 1
        return factor * self._hazards(of), factor * of["weight"], groups

    def at_risk(self, sums, of):
        """Means of columns over each event's risk set, from sums (2 moments, p) over groups."""
        running = self._running(sums[0::2] + sums[1::2])
        out = running[of["moment"]] - of["tied"][:, None] * sums[1::2][of["moment"]]
        return out / of["risk"][:, None]

    def hazard(self, z, weight):
        """Cumulative baseline hazards: (times, sums, strata), times rising within a stratum."""
        of = self.terms(z, weight)
        each = of["weight"] / of["risk"] * np.exp(-of["top"][self._row_stratum[of["rows"]]])
        jumps = np.bincount(of["moment"], weights=each, minlength=self.n_moments)
        return self.times, self._running(jumps, backward=True), self.stratum
