"""Regression of counts that vary more than Poisson's."""

import numpy as np

from .._core import shared
from .._core.domains import above, integer, one_of
from .._core.params import fitted, param
from .._core.roles import Regressor
from .._core.tags import Traits
from .._engine.loss.families import FamilyLoss, NegativeBinomial
from .._engine.loss.links import Log
from ._base import check_weight, store
from ._generalized import GeneralizedLinearModel
from ._tables import margins_of

# Dispersions within which the likelihood is searched: below, it is Poisson's.
_LEAST, _MOST = 1e-8, 1e6


class NegativeBinomialRegressor(Regressor, GeneralizedLinearModel):
    """Log-linear model of counts with variance ``μ + a μ²``, penalised in any way.

    Minimises ``Σ w ((y + 1/a) log(1 + a e^z) − y z) / Σ w + Ω(β)``, z = Xβ + b. The dispersion a is
    given, or fitted by maximum likelihood in turn with the weights.

    References
    ----------
    Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
    Statistics 15.

    Examples
    --------
    >>> from mlkit.linear_model import NegativeBinomialRegressor
    >>> model = NegativeBinomialRegressor(dispersion=0.5, penalty=None)
    >>> model.fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0]).predict([[3.0]]).round(2)
    array([8.])
    """

    traits = Traits(sparse=("csr", "csc"), positive_y=True)

    dispersion: object = param(
        "estimate", above(0) | one_of("estimate"), 'The factor a; "estimate" fits it.'
    )
    fit_intercept: bool = shared.fit_intercept
    max_rounds: int = param(50, integer(1), "Fits of the weights at most, while a is fitted.")

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    dispersion_ = fitted("float", "The factor a of the variance.")
    n_iter_ = fitted("int", "Iterations run, over all rounds.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights, and the dispersion where that is asked for.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Not negative.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._read_fit(X, y)
        weight = check_weight(sample_weight, X)
        who = type(self).__name__
        if not NegativeBinomial(1.0).admits(y):
            raise ValueError(f"{who}: y must be counts ≥ 0, its least value is {np.min(y)}")
        start = self._start((1, X.shape[1]))
        start = start and (start[0].T, start[1])
        fixed = self.dispersion != "estimate"
        value, before, rounds = (float(self.dispersion) if fixed else 1.0), None, 0
        for _ in range(self.max_rounds):
            loss = FamilyLoss(Log(), NegativeBinomial(value))
            solution = self._solve(X, y, loss, weight, start=start)
            rounds += solution.n_iter
            start = solution.coef, solution.intercept
            if fixed or (before is not None and abs(value - before) <= 1e-7 * value):
                break
            raw = margins_of(X, solution.coef.T, solution.intercept)[:, 0]
            mean = np.exp(raw.astype(np.float64))
            before, value = value, likeliest_dispersion(y, mean, weight)
        self.dispersion_, self.n_iter_ = value, rounds
        return store(self, solution, X, 1)

    def predict(self, X):
        """Return the mean of y, ``exp(X coef_ᵀ + intercept_)``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return np.exp(margins_of(self._read(X), self.coef_, self.intercept_))

    def score(self, X, y, sample_weight=None):
        """Return the share of the deviance of the best constant that is explained, D².

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            At most 1.
        """
        X = self._read(X)
        raw = margins_of(X, self.coef_, self.intercept_)
        y = np.asarray(y, dtype=np.float64)
        weight = check_weight(sample_weight, X)
        weight = np.ones(len(y)) if weight is None else weight.astype(np.float64)
        loss = FamilyLoss(Log(), NegativeBinomial(self.dispersion_))
        constant = np.full(len(y), loss.baseline(y, weight)[0])
        spread = loss.deviance(y, constant, weight)
        return 1.0 - loss.deviance(y, raw, weight) / spread if spread > 0 else 1.0


def likeliest_dispersion(y, mean, weight=None):
    """The a at which ``Σ w log f(y | μ, a)`` is greatest, within 1e-8 and 1e6."""
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    y = np.asarray(y, dtype=np.float64)
    weight = np.ones(len(y)) if weight is None else weight.astype(np.float64)

    def cost(logarithm):
        a = np.exp(logarithm)
        size = 1.0 / a
        each = gammaln(y + size) - gammaln(size) - (y + size) * np.log1p(a * mean)
        return -float(weight @ (each + y * logarithm))

    found = minimize_scalar(
        cost, bounds=(np.log(_LEAST), np.log(_MOST)), method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(found.x))
