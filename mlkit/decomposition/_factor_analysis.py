"""Factor analysis."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted
from .._core.domains import array_like, at_least, boolean, integer, none, one_of
from .._core.domains import random_state as seed
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.seeds import check_random_state
from .._engine.spectral import factor, gaussian
from .._engine.spectral.operator import Operator, threads_for

_UNIFORMITY = {"varimax": 1.0, "quartimax": 0.0}


class FactorAnalysis(PrefixedColumns, Transformer, Estimator):
    """Gaussian with few factors and a noise for each column: ``x ~ N(mean, WᵀW + Ψ)``.

    W holds the loadings of the factors as rows, Ψ is diagonal; both are fitted by maximum
    likelihood. Unlike probabilistic `PCA`, whose noise is the same in all columns, it does not
    change when columns are scaled. Factors are determined up to a rotation.

    References
    ----------
    D. Barber, "Bayesian reasoning and machine learning", algorithm 21.1, Cambridge University
    Press (2012).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import FactorAnalysis
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 1)) @ [[1.0, 2.0, 3.0]] + rng.standard_normal((200, 3)) / 5
    >>> FactorAnalysis(n_components=1).fit_transform(X).shape
    (200, 1)
    """

    n_components: int = param(
        None, integer(0) | none, "Number of factors; None: as many as columns.", kw_only=False
    )
    tol: float = param(1e-2, at_least(0), "Growth of the log-likelihood at which it stops.")
    copy: bool = param(True, boolean, "Whether to leave X as it is, or fit may overwrite it.")
    max_iter: int = shared.max_iter(1000)
    noise_variance_init: object = param(
        None, array_like | none, "First noise variances, one a column; None is 1."
    )
    svd_method: str = param(
        "randomized",
        one_of("lapack", "randomized"),
        "Exact eigenpairs in each iteration, or those of a random range.",
    )
    iterated_power: int = param(3, integer(0), 'Power iterations of "randomized".')
    rotation: str = param(
        None,
        one_of("varimax", "quartimax") | none,
        "Rotation towards few large loadings a factor, or a column.",
    )
    random_state: object = param(0, seed, 'Seed of "randomized".')

    components_ = fitted("(n_components, n_features)", "Loadings of the factors.")
    loglike_ = fitted("list of float", "Log-likelihood at each iteration.")
    noise_variance_ = fitted("(n_features,)", "Noise variance of each column.")
    n_iter_ = fitted("int", "Iterations run.")
    mean_ = fitted("(n_features,)", "Means of the columns.")

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def fit(self, X, y=None):
        """Find loadings and noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        wide = X.astype(np.float64, copy=False)
        operator = Operator(wide, overwrite=not self.copy or wide is not X)
        count = X.shape[1] if self.n_components is None else self.n_components
        noise = self._noise(X)
        with threads_for(X):
            leading = self._spectrum(operator, count)
            model = factor.fit(operator, leading, noise, self.max_iter, self.tol)
        if not model.converged:
            growth = np.diff(model.likelihood[-2:])
            warnings.warn(
                f"FactorAnalysis did not converge in max_iter={self.max_iter} iterations: the "
                f"log-likelihood still grows by {growth.sum():.3g}, tol={self.tol}; increase "
                "max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=2,
            )
        self.components_ = model.loadings
        if self.rotation is not None and len(model.loadings):
            self.components_ = factor.rotate(model.loadings, _UNIFORMITY[self.rotation])
        self.mean_ = operator.mean
        self.noise_variance_ = model.noise
        self.loglike_ = model.likelihood
        self.n_iter_ = len(model.likelihood)
        return self

    def _spectrum(self, operator, count):
        if self.svd_method == "lapack" or count == 0:
            return factor.ExactSpectrum(operator, count)
        rng = check_random_state(self.random_state)
        return factor.spectrum(operator, count, self.iterated_power, rng)

    def _noise(self, X):
        if self.noise_variance_init is None:
            return np.ones(X.shape[1])
        noise = np.asarray(self.noise_variance_init, dtype=np.float64)
        if noise.shape != (X.shape[1],):
            raise ValueError(
                f"FactorAnalysis: noise_variance_init has shape {noise.shape}, but X has "
                f"{X.shape[1]} features; give one value a feature"
            )
        return noise

    def transform(self, X):
        """Return the mean of the factors given each row: ``(I + WΨ⁻¹Wᵀ)⁻¹ WΨ⁻¹(x − mean)``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        return gaussian.posterior_mean(X - self.mean_, self.components_, self.noise_variance_)

    def get_covariance(self):
        """Return the covariance of the model, ``WᵀW + Ψ``.

        Returns
        -------
        ndarray of shape (n_features, n_features)
        """
        check_is_fitted(self)
        return gaussian.covariance(self.components_, self.noise_variance_)

    def get_precision(self):
        """Return the inverse of the covariance, by inverting a matrix of n_components rows.

        Returns
        -------
        ndarray of shape (n_features, n_features)
        """
        check_is_fitted(self)
        return gaussian.precision(self.components_, self.noise_variance_)

    def score_samples(self, X):
        """Return the log-density of each row under the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._check_X(X)
        return gaussian.log_density(X - self.mean_, self.components_, self.noise_variance_)

    def score(self, X, y=None):
        """Return the mean log-density of the rows under the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        float
        """
        return float(np.mean(self.score_samples(X)))
