"""Regression problems with a known response."""

import numpy as np

from .._core.domains import at_least, between, boolean, integer, none, real
from .._core.domains import random_state as seed
from .._core.params import checked
from .._core.sampling import shuffle as shuffle_rows
from .._core.seeds import check_random_state
from ._draws import shuffled_columns
from ._matrices import make_low_rank_matrix


@checked(
    n_samples=integer(1),
    n_features=integer(1),
    n_informative=integer(0),
    n_targets=integer(1),
    bias=real,
    effective_rank=integer(1) | none,
    tail_strength=between(0, 1),
    noise=at_least(0),
    shuffle=boolean,
    coef=boolean,
    random_state=seed,
)
def make_regression(
    n_samples=100,
    n_features=100,
    *,
    n_informative=10,
    n_targets=1,
    bias=0.0,
    effective_rank=None,
    tail_strength=0.5,
    noise=0.0,
    shuffle=True,
    coef=False,
    random_state=None,
):
    """Draw y = Xw + b + ε with Gaussian X and ε, and w uniform in [0, 100) in a few features.

    Parameters
    ----------
    n_samples, n_features : int ≥ 1, default=100
    n_informative : int ≥ 0, default=10
        Features with a non-zero weight.
    n_targets : int ≥ 1, default=1
    bias : float, default=0.0
    effective_rank : int ≥ 1 or None, default=None
        Give X about this rank (see `make_low_rank_matrix`); None: independent features.
    tail_strength : float in [0, 1], default=0.5
        Weight of the noisy tail of singular values, with `effective_rank`.
    noise : float ≥ 0, default=0.0
        Standard deviation of ε.
    shuffle : bool, default=True
        Put rows and features in random order.
    coef : bool, default=False
        Return the weights as well.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,) or (n_samples, n_targets), float64
    coef : ndarray of shape (n_features,) or (n_features, n_targets), float64
        Only with ``coef=True``.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    Examples
    --------
    >>> from mlkit.datasets import make_regression
    >>> X, y, w = make_regression(50, 4, n_informative=2, coef=True, random_state=0)
    >>> bool(abs(X @ w - y).max() < 1e-9)
    True
    """
    rng = check_random_state(random_state)
    if effective_rank is None:
        X = rng.standard_normal(size=(n_samples, n_features))
    else:
        X = make_low_rank_matrix(
            n_samples,
            n_features,
            effective_rank=effective_rank,
            tail_strength=tail_strength,
            random_state=rng,
        )
    weights = np.zeros((n_features, n_targets))
    n_informative = min(n_informative, n_features)
    weights[:n_informative] = 100 * rng.uniform(size=(n_informative, n_targets))
    y = X @ weights + bias
    if noise > 0:
        y += rng.normal(scale=noise, size=y.shape)
    if shuffle:
        X, y = shuffle_rows(X, y, random_state=rng)
        X, order = shuffled_columns(rng, X)
        weights = weights[order]
    return (X, np.squeeze(y), np.squeeze(weights)) if coef else (X, np.squeeze(y))


@checked(n_samples=integer(1), n_features=integer(5), noise=at_least(0), random_state=seed)
def make_friedman1(n_samples=100, n_features=10, *, noise=0.0, random_state=None):
    """Draw y = 10 sin(π x₁x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅ + ε with X uniform in [0, 1).

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    n_features : int ≥ 5, default=10
        Those beyond five do not matter to y.
    noise : float ≥ 0, default=0.0
        Standard deviation of the Gaussian ε.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    J. Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19(1), 1991.

    Examples
    --------
    >>> from mlkit.datasets import make_friedman1
    >>> X, y = make_friedman1(5, random_state=0)
    >>> X.shape
    (5, 10)
    """
    rng = check_random_state(random_state)
    X = rng.uniform(size=(n_samples, n_features))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    y += 10 * X[:, 3]
    y += 5 * X[:, 4]
    return X, y + noise * rng.standard_normal(size=n_samples)


def _circuit(n_samples, rng):
    """Return inputs, resistance and reactance of a random alternating-current circuit.

    Resistance is in [0, 100), angular frequency in [40π, 560π), inductance in [0, 1) and capacity
    in [1, 11).
    """
    X = rng.uniform(size=(n_samples, 4))
    X *= [100, 520 * np.pi, 1, 10]
    X += [0, 40 * np.pi, 0, 1]
    resistance, frequency, inductance, capacity = X.T
    return X, resistance, frequency * inductance - 1 / (frequency * capacity)


@checked(n_samples=integer(1), noise=at_least(0), random_state=seed)
def make_friedman2(n_samples=100, *, noise=0.0, random_state=None):
    """Draw y = √(x₁² + (x₂x₃ − 1/(x₂x₄))²) + ε, the impedance of a circuit.

    x₁ is uniform in [0, 100), x₂ in [40π, 560π), x₃ in [0, 1) and x₄ in [1, 11).

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    noise : float ≥ 0, default=0.0
        Standard deviation of the Gaussian ε.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 4), float64
    y : ndarray of shape (n_samples,), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    J. Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19(1), 1991.

    Examples
    --------
    >>> from mlkit.datasets import make_friedman2
    >>> X, y = make_friedman2(5, random_state=0)
    >>> X.shape
    (5, 4)
    """
    rng = check_random_state(random_state)
    X, resistance, reactance = _circuit(n_samples, rng)
    y = (resistance**2 + reactance**2) ** 0.5
    return X, y + noise * rng.standard_normal(size=n_samples)


@checked(n_samples=integer(1), noise=at_least(0), random_state=seed)
def make_friedman3(n_samples=100, *, noise=0.0, random_state=None):
    """Draw y = arctan((x₂x₃ − 1/(x₂x₄)) / x₁) + ε, the phase shift of a circuit.

    x₁ is uniform in [0, 100), x₂ in [40π, 560π), x₃ in [0, 1) and x₄ in [1, 11).

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    noise : float ≥ 0, default=0.0
        Standard deviation of the Gaussian ε.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 4), float64
    y : ndarray of shape (n_samples,), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    J. Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19(1), 1991.

    Examples
    --------
    >>> from mlkit.datasets import make_friedman3
    >>> X, y = make_friedman3(5, random_state=0)
    >>> bool(abs(y).max() < 1.6)
    True
    """
    rng = check_random_state(random_state)
    X, resistance, reactance = _circuit(n_samples, rng)
    y = np.arctan(reactance / resistance)
    return X, y + noise * rng.standard_normal(size=n_samples)


@checked(n_samples=integer(1), n_features=integer(4), random_state=seed)
def make_sparse_uncorrelated(n_samples=100, n_features=10, *, random_state=None):
    """Draw y = x₁ + 2x₂ − 2x₃ − 1.5x₄ + ε with independent standard normal X and ε.

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    n_features : int ≥ 4, default=10
        Those beyond four do not matter to y.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    G. Celeux, M. El Anbari, J.-M. Marin and C. P. Robert, "Regularization in regression: comparing
    Bayesian and frequentist methods in a poorly informative situation", 2009.

    Examples
    --------
    >>> from mlkit.datasets import make_sparse_uncorrelated
    >>> X, y = make_sparse_uncorrelated(5, random_state=0)
    >>> X.shape
    (5, 10)
    """
    rng = check_random_state(random_state)
    X = rng.standard_normal(size=(n_samples, n_features))
    mean = X[:, :4] @ [1.0, 2.0, -2.0, -1.5]
    return X, rng.normal(loc=mean, scale=np.ones(n_samples))
