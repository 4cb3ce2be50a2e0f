"""Regression by the median of many small fits."""

import warnings
from itertools import combinations
from math import comb

import numpy as np

from .._core import shared
from .._core.domains import at_least, boolean, integer, none
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.linear import LinearRegressor
from .._core.parallel import effective_n_jobs
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.glm.spatial import fits_of_samples, spatial_median


def breakdown_point(n_rows, n_subsamples):
    """The share of rows that may be arbitrarily wrong without spoiling the median of the fits."""
    clean = 0.5 ** (1.0 / n_subsamples) * (n_rows - n_subsamples + 1) + n_subsamples - 1
    return 1.0 - clean / n_rows


class TheilSenRegressor(LinearRegressor, Estimator):
    """The spatial median of least squares fits to small samples of rows.

    Of one column it is close to the median of slopes (Theil; Sen); of several, the point with the
    least sum of distances to the coefficients of `n_subsamples` rows each. All samples are taken
    where there are at most `max_subpopulation`, random ones otherwise. Up to a share `breakdown_`
    of the rows may be outliers, in X as well as in y.

    References
    ----------
    Dang, X., Peng, H., Wang, X. and Zhang, H. (2008). Theil–Sen estimators in a multiple linear
    regression model.

    Vardi, Y. and Zhang, C.-H. (2000). The multivariate L1-median and associated data depth.
    Proceedings of the National Academy of Sciences 97.

    Examples
    --------
    >>> from mlkit.linear_model import TheilSenRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0]], [1.0, 3.0, 5.0, 7.0, 90.0]
    >>> TheilSenRegressor(random_state=0).fit(X, y).coef_.round(1)
    array([2.])
    """

    traits = Traits(single_output=True)

    fit_intercept: bool = shared.fit_intercept
    max_subpopulation: float = param(1e4, at_least(1), "Samples at most.")
    n_subsamples: int = param(
        None,
        integer() | none,
        "Rows of a sample: from the number of coefficients, which None is and which is the most "
        "robust, to all rows, which is least squares.",
    )
    max_iter: int = param(300, integer(0), "Iterations of the median at most.")
    tol: float = shared.tol(1e-3, "Length of a step at which the median's iteration stops.")
    random_state: object = shared.random_state
    n_jobs: int = shared.n_jobs
    verbose: bool = param(False, shared.verbose.domain | boolean, "Whether to print what is done.")

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("float", "Constant term; 0.0 without one.")
    breakdown_ = fitted("float", "Share of rows that may be outliers.")
    n_iter_ = fitted("int", "Iterations of the median run.")
    n_subpopulation_ = fitted("int", "Samples fitted.")

    def fit(self, X, y):
        """Fit the weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y)
        design = X.astype(np.float64, copy=False)
        if self.fit_intercept:
            design = np.hstack([np.ones((len(X), 1)), design])
        samples = self._samples(len(X), X.shape[1])
        n_threads = min(effective_n_jobs(self.n_jobs), len(samples))
        fits = _fits(design, y.astype(np.float64, copy=False), samples, n_threads)
        self.breakdown_ = breakdown_point(len(X), samples.shape[1])
        self.n_subpopulation_ = len(samples)
        self.n_iter_, found, converged = spatial_median(fits, self.max_iter, self.tol)
        if self.verbose:
            print(
                f"TheilSenRegressor: breakdown point {self.breakdown_:.4f}, {len(samples)} samples "
                f"of {samples.shape[1]} rows, {self.n_iter_} iterations of their median"
            )
        if not converged:
            warnings.warn(
                f"TheilSenRegressor: the spatial median did not settle in max_iter={self.max_iter} "
                f"iterations to tol={self.tol:g}; raise either",
                twin(ConvergenceWarning),
                stacklevel=2,
            )
        self.intercept_ = found[0] if self.fit_intercept else 0.0
        self.coef_ = found[1:] if self.fit_intercept else found
        return self

    def _samples(self, n, p):
        """Rows of each sample, (n_subpopulation, n_subsamples)."""
        k = self._n_subsamples(n, p)
        n_all = max(1, comb(n, k))
        if n_all <= self.max_subpopulation:
            return np.array(list(combinations(range(n), k)), dtype=np.intp).reshape(-1, k)
        rng = check_random_state(self.random_state)
        samples = np.empty((int(min(self.max_subpopulation, n_all)), k), dtype=np.intp)
        for each in samples:
            each[:] = rng.permutation(n)[:k]
        return samples

    def _n_subsamples(self, n, p):
        n_unknowns = p + self.fit_intercept
        given = self.n_subsamples
        if given is None:
            return min(n_unknowns, n)
        if given > n:
            raise ValueError(
                f"TheilSenRegressor(n_subsamples={given}): there are {n} samples; use fewer"
            )
        if n >= p and given < n_unknowns:
            raise ValueError(
                f"TheilSenRegressor(n_subsamples={given}): {n_unknowns} coefficients need at least "
                f"as many rows"
            )
        if n < p and given != n:
            raise ValueError(
                f"TheilSenRegressor(n_subsamples={given}): with more columns ({p}) than rows a "
                f"sample is all {n} rows"
            )
        return given


def _fits(design, y, samples, n_threads):
    """Fits of all samples; threads take contiguous parts, since LAPACK releases the interpreter."""
    if n_threads == 1:
        return fits_of_samples(design, y, samples)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(n_threads) as pool:
        parts = np.array_split(samples, n_threads)
        return np.vstack(list(pool.map(lambda part: fits_of_samples(design, y, part), parts)))
