"""Covariances shrunk towards a multiple of the identity: ``(1 − s) C + s tr(C)/d I``."""

import numpy as np

from .._core.domains import array_like, between, boolean, integer
from .._core.params import checked, fitted, param
from .._engine.mixture.covariance import covariance, shrunk
from .._engine.mixture.covariance import ledoit_wolf as by_ledoit_wolf
from .._engine.mixture.covariance import oas as by_oas
from ._empirical import EmpiricalCovariance, as_rows


@checked(emp_cov=array_like, shrinkage=between(0, 1))
def shrunk_covariance(emp_cov, shrinkage=0.1):
    """``(1 − s) C + s tr(C)/d I`` of one covariance, or of each of several.

    Parameters
    ----------
    emp_cov : array-like of shape (..., n_features, n_features)
        C.
    shrinkage : float, default=0.1
        s.

    Returns
    -------
    ndarray of shape (..., n_features, n_features)

    Examples
    --------
    >>> from mlkit.covariance import shrunk_covariance
    >>> shrunk_covariance([[4.0, 1.0], [1.0, 2.0]], shrinkage=0.5).tolist()
    [[3.5, 0.5], [0.5, 2.5]]
    """
    return shrunk(np.asarray(emp_cov, dtype=np.float64), shrinkage)


@checked(X=array_like, assume_centered=boolean, block_size=integer(1))
def ledoit_wolf(X, *, assume_centered=False, block_size=1000):
    """The covariance shrunk by as much as Ledoit and Wolf (2004) find best.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    assume_centered : bool, default=False
        Whether the rows have mean 0 already.
    block_size : int, default=1000
        Columns whose products are formed at a time.

    Returns
    -------
    shrunk_cov : ndarray of shape (n_features, n_features)
    shrinkage : float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import ledoit_wolf
    >>> shrunk_cov, shrinkage = ledoit_wolf(np.random.default_rng(0).normal(size=(50, 3)))
    >>> 0 < shrinkage <= 1
    True
    """
    return by_ledoit_wolf(as_rows(X), assume_centered, block_size)


@checked(X=array_like, assume_centered=boolean, block_size=integer(1))
def ledoit_wolf_shrinkage(X, assume_centered=False, block_size=1000):
    """The shrinkage that Ledoit and Wolf (2004) find best.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    assume_centered : bool, default=False
        Whether the rows have mean 0 already.
    block_size : int, default=1000
        Columns whose products are formed at a time.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import ledoit_wolf_shrinkage
    >>> 0 < ledoit_wolf_shrinkage(np.random.default_rng(0).normal(size=(50, 3))) <= 1
    True
    """
    return by_ledoit_wolf(as_rows(X), assume_centered, block_size)[1]


@checked(X=array_like, assume_centered=boolean)
def oas(X, *, assume_centered=False):
    """The covariance shrunk by as much as an oracle would, nearly, were the rows normal.

    Y. Chen, A. Wiesel, Y. C. Eldar and A. O. Hero, "Shrinkage algorithms for MMSE covariance
    estimation", IEEE Transactions on Signal Processing 58, 2010, equation 23 with 1/d left out.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    assume_centered : bool, default=False
        Whether the rows have mean 0 already.

    Returns
    -------
    shrunk_cov : ndarray of shape (n_features, n_features)
    shrinkage : float

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import oas
    >>> shrunk_cov, shrinkage = oas(np.random.default_rng(0).normal(size=(50, 3)))
    >>> 0 < shrinkage <= 1
    True
    """
    return by_oas(as_rows(X), assume_centered)


class ShrunkCovariance(EmpiricalCovariance):
    """``(1 − s) C + s tr(C)/d I`` with a given s.

    Examples
    --------
    >>> from mlkit.covariance import ShrunkCovariance
    >>> X = [[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]]
    >>> ShrunkCovariance(shrinkage=0.5).fit(X).covariance_.tolist()
    [[3.25, 0.0], [0.0, 1.75]]
    """

    shrinkage: float = param(0.1, between(0, 1), "s.")

    def _estimate(self, X):
        return shrunk(covariance(X, self.assume_centered), self.shrinkage)


class LedoitWolf(EmpiricalCovariance):
    """The covariance shrunk by as much as has the least expected squared error.

    (O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance
    matrices", Journal of Multivariate Analysis 88, 2004.)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import LedoitWolf
    >>> model = LedoitWolf().fit(np.random.default_rng(0).normal(size=(50, 3)))
    >>> 0 < model.shrinkage_ <= 1
    True
    """

    block_size: int = param(1000, integer(1), "Columns whose products are formed at a time.")

    shrinkage_ = fitted("float", "Shrinkage found.")

    def _estimate(self, X):
        found, self.shrinkage_ = by_ledoit_wolf(X, self.assume_centered, self.block_size)
        return found


class OAS(EmpiricalCovariance):
    """The covariance shrunk by as much as an oracle would, nearly, were the rows normal.

    (Y. Chen, A. Wiesel, Y. C. Eldar and A. O. Hero, "Shrinkage algorithms for MMSE covariance
    estimation", IEEE Transactions on Signal Processing 58, 2010.)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.covariance import OAS
    >>> model = OAS().fit(np.random.default_rng(0).normal(size=(50, 3)))
    >>> 0 < model.shrinkage_ <= 1
    True
    """

    shrinkage_ = fitted("float", "Shrinkage found.")

    def _estimate(self, X):
        found, self.shrinkage_ = by_oas(X, self.assume_centered)
        return found
