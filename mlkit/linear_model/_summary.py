"""What an unpenalised fit tells of its coefficients: errors, tests, intervals, criteria."""

from dataclasses import dataclass

import numpy as np

from .._core.arrays import check_consistent_length, check_is_fitted
from .._core.domains import array_like, between, none, one_of
from .._core.params import checked
from .._engine.glm.inference import Information, Likelihood
from ._base import check_weight

_KINDS = ("nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster")


@dataclass(frozen=True)
class Summary:
    """Estimates and how far they can be trusted; arrays have the intercept first, if there is one.

    Attributes
    ----------
    names : list of str
    coef, std_error, statistic, p_value : ndarray of shape (k,)
        The statistic is ``coef / std_error``, under the hypothesis of no effect.
    interval : ndarray of shape (k, 2)
        Of confidence `level`.
    covariance : ndarray of shape (k, k)
    covariance_type : str
    distribution : {"t", "normal"}
        Of the statistic.
    level : float
    n_samples, df_residual : float
        Rows, or the sum of their counts, and what is left of them by free coefficients.
    dispersion : float
        Estimate of the factor φ of the variance; 1 where the family has none.
    log_likelihood, deviance, aic, bic : float
        NaN where the density has no closed form.
    r_squared : float
        Of least squares R², else the share of the deviance of a constant that is explained.
    """

    names: list
    coef: np.ndarray
    std_error: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    interval: np.ndarray
    covariance: np.ndarray
    covariance_type: str
    distribution: str
    level: float
    n_samples: float
    df_residual: float
    dispersion: float
    log_likelihood: float
    deviance: float
    aic: float
    bic: float
    r_squared: float

    def to_frame(self):
        """Return the table of coefficients as a pandas data frame, a row each."""
        import pandas as pd

        low, high = self.interval.T
        columns = {"coef": self.coef, "std_error": self.std_error, "statistic": self.statistic}
        columns |= {"p_value": self.p_value, "low": low, "high": high}
        return pd.DataFrame(columns, index=self.names)

    def __str__(self):
        width = max(map(len, self.names), default=0)
        letter = "t" if self.distribution == "t" else "z"
        level = f"{100 * self.level:g}% interval"
        head = f"{'':{width}}  {'coef':>11} {'std error':>11} {letter:>8} {'P':>7}  {level:>23}"
        lines = [
            f"n {self.n_samples:g}   residual df {self.df_residual:g}   dispersion "
            f"{self.dispersion:.6g}   R² {self.r_squared:.6g}",
            f"log-likelihood {self.log_likelihood:.6g}   deviance {self.deviance:.6g}   "
            f"AIC {self.aic:.6g}   BIC {self.bic:.6g}   covariance {self.covariance_type}",
            head,
        ]
        rows = zip(
            self.names,
            self.coef,
            self.std_error,
            self.statistic,
            self.p_value,
            self.interval,
            strict=True,
        )
        for name, coef, error, statistic, p, (low, high) in rows:
            lines.append(
                f"{name:{width}}  {coef:11.5g} {error:11.5g} {statistic:8.3f} {p:7.4f}  "
                f"{low:11.5g} {high:11.5g}"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class Fit:
    """What a family says of a fit, for `Summarised`.

    Attributes
    ----------
    score, information : ndarray of shape (n,)
        As of `Likelihood`.
    deviance, null_deviance : float
        Of the fit, and of the best constant (or of none, without an intercept).
    free_dispersion : bool
        Whether φ is estimated, by Pearson's statistic.
    log_likelihood : callable
        Of φ and the rows' factors.
    observed : ndarray of shape (n,) or None
        As of `Likelihood`; None where it is the information.
    """

    score: np.ndarray
    information: np.ndarray
    deviance: float
    null_deviance: float
    free_dispersion: bool
    log_likelihood: object
    observed: np.ndarray | None = None

    def likelihood(self, counts, precision):
        """The rows as `Information` takes them."""
        observed = self.information if self.observed is None else self.observed
        return Likelihood(self.score, self.information, observed, counts, precision)


class Summarised:
    """Models whose `summary` tells of their coefficients.

    A subclass gives a `Fit` by ``_fit_of(X, y, weight)``, and refuses by ``_check_plain()`` what
    has a penalty.
    """

    @checked(
        covariance=one_of(*_KINDS),
        groups=array_like | none,
        level=between(0, 1, "neither"),
        weights=one_of("counts", "precisions"),
    )
    def summary(
        self,
        X,
        y,
        sample_weight=None,
        *,
        covariance="nonrobust",
        groups=None,
        level=0.95,
        weights="counts",
    ):
        """Return standard errors, tests and intervals of the coefficients of an unpenalised fit.

        Parameters
        ----------
        X, y, sample_weight
            What the model was fitted to.
        covariance : {"nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster"}
            That of the model; White's, robust against unequal variances, with the small-sample
            factors of MacKinnon and White; or robust against dependence within `groups`.
        groups : array-like of shape (n_samples,), default=None
            For "cluster".
        level : float, default=0.95
            Of the intervals.
        weights : {"counts", "precisions"}, default="counts"
            Whether a weight of 2 is a row twice, or a row of half the variance.

        Returns
        -------
        Summary

        Raises
        ------
        ValueError
            For a penalised fit, of which no such theory holds.

        Examples
        --------
        >>> from mlkit.linear_model import LinearRegression
        >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 2.0, 4.0, 5.0]
        >>> LinearRegression().fit(X, y).summary(X, y).std_error.round(3)
        array([0.265, 0.141])
        """
        check_is_fitted(self)
        self._check_plain()
        if (covariance == "cluster") != (groups is not None):
            raise ValueError(
                f"{type(self).__name__}.summary: covariance='cluster' and groups go together, got "
                f"covariance={covariance!r} and groups={'None' if groups is None else 'an array'}"
            )
        X = self._check_X(X).astype(np.float64, copy=False)
        check_consistent_length(X, y)
        weight = check_weight(sample_weight, X)
        weight = np.ones(X.shape[0]) if weight is None else weight
        one = np.ones(X.shape[0])
        counts, precision = (weight, one) if weights == "counts" else (one, weight)
        fit = self._fit_of(X, np.asarray(y), weight)
        information = Information(X, fit.likelihood(counts, precision), self.fit_intercept)
        n = float(counts.sum())
        left = n - information.rank
        pearson = np.sum(weight * fit.score**2 / fit.information)
        dispersion = float(pearson / left) if fit.free_dispersion else 1.0
        matrix = _covariance(information, covariance, groups, dispersion, n)
        freedom = left if groups is None else len(np.unique(groups)) - 1
        value = fit.log_likelihood(dispersion, counts, precision)
        coef = np.ravel(self.coef_).astype(np.float64)
        names = [f"x{j}" for j in range(len(coef))]
        names = [str(name) for name in getattr(self, "feature_names_in_", names)]
        if self.fit_intercept:
            coef = np.concatenate([np.ravel(self.intercept_).astype(np.float64), coef])
            names = ["intercept", *names]
        spent = information.rank
        return Summary(
            names,
            coef,
            *_tests(coef, matrix, freedom if fit.free_dispersion else np.inf, level),
            matrix,
            covariance,
            "t" if fit.free_dispersion else "normal",
            level,
            n,
            left,
            dispersion,
            value,
            fit.deviance,
            2.0 * (spent - value),
            float(np.log(n)) * spent - 2.0 * value,
            1.0 - fit.deviance / fit.null_deviance,
        )


def least_squares_fit(y, fitted, weight, centred):
    """`Fit` of the normal distribution; `centred` where a constant is the hypothesis of none."""
    residual = y - fitted
    square = float(weight @ residual**2)
    level = np.average(y, weights=weight) if centred else 0.0

    def log_likelihood(dispersion, counts, precision):
        n = counts.sum()
        value = -0.5 * n * (np.log(2 * np.pi * square / n) + 1.0)
        return float(value + 0.5 * counts @ np.log(precision))

    null = float(weight @ (y - level) ** 2)
    return Fit(residual, np.ones(len(y)), square, null, True, log_likelihood)


def logistic_fit(codes, margins, weight, centred):
    """`Fit` of Bernoulli's distribution for labels 0 and 1."""
    signs = 2.0 * codes - 1.0
    share = 1.0 / (1.0 + np.exp(-np.abs(margins)))
    share = np.where(margins > 0, share, 1.0 - share)
    value = -float(weight @ np.logaddexp(0.0, -signs * margins))
    mean = np.average(codes, weights=weight) if centred else 0.5
    null = weight @ np.log(np.where(codes > 0, mean, 1.0 - mean))
    return Fit(
        codes - share,
        np.maximum(share * (1.0 - share), 1e-300),
        -2.0 * value,
        -2.0 * float(null),
        False,
        lambda *_: value,
    )


def deviance_fit(y, mean, logarithm, power, deviance, null_deviance):
    """`Fit` of a family of variance ``φ μ^power``, with a logarithm or identity for a link."""
    slope = mean if logarithm else np.ones(len(y))
    variance = np.power(mean, power) if power else np.ones(len(y))

    def log_likelihood(dispersion, counts, precision):
        return _log_density(y, mean, power, deviance, dispersion, counts, precision)

    score = (y - mean) * slope / variance
    information = slope**2 / variance
    observed = None
    if power != (1 if logarithm else 0):  # else the link is canonical
        observed = information + ((power - 1) if logarithm else power / mean) * score
    return Fit(score, information, deviance, null_deviance, power != 1, log_likelihood, observed)


def _log_density(y, mean, power, deviance, dispersion, counts, precision):
    """Σ log f of the families whose density has a closed form, else NaN."""
    from scipy.special import gammaln, xlogy

    shape = precision / dispersion
    if power == 0:
        n = counts.sum()
        value = -0.5 * n * (np.log(2 * np.pi * deviance / n) + 1.0)
        return float(value + 0.5 * counts @ np.log(precision))
    if power == 1:
        return float((counts * precision) @ (xlogy(y, mean) - mean - gammaln(y + 1.0)))
    if power == 2:
        ratio = y / mean
        each = shape * (np.log(shape * ratio) - ratio) - np.log(y) - gammaln(shape)
        return float(counts @ each)
    if power == 3:
        each = shape * (y - mean) ** 2 / (y * mean**2) + np.log(2 * np.pi * y**3 / shape)
        return -0.5 * float(counts @ each)
    return float("nan")


def refuse(who, why, remedy):
    """Raise for a fit without a theory of its errors."""
    raise ValueError(f"{who}.summary: {why}; {remedy}")


def _covariance(information, kind, groups, dispersion, n):
    if kind == "nonrobust":
        return dispersion * information.inverse
    if kind == "cluster":
        return information.clustered(np.asarray(groups), n)
    return information.robust(kind, n)


def _tests(coef, covariance, df, level):
    """Standard errors, statistics, p-values and intervals."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    error = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    statistic = np.divide(coef, error, out=np.full(len(coef), np.nan), where=error > 0)
    if np.isinf(df):
        tail, width = ndtr(-np.abs(statistic)), ndtri(0.5 + 0.5 * level)
    else:
        tail, width = stdtr(df, -np.abs(statistic)), stdtrit(df, 0.5 + 0.5 * level)
    interval = np.stack([coef - width * error, coef + width * error], axis=1)
    return error, statistic, 2.0 * tail, interval
