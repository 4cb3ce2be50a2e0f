"""Points on curved sheets in three dimensions, for manifold learning."""

import numpy as np

from .._core.domains import at_least, boolean, integer
from .._core.domains import random_state as seed
from .._core.params import checked
from .._core.seeds import check_random_state


@checked(n_samples=integer(1), noise=at_least(0), random_state=seed, hole=boolean)
def make_swiss_roll(n_samples=100, *, noise=0.0, random_state=None, hole=False):
    """Draw points (t cos t, h, t sin t) on a rolled-up sheet, t in [1.5π, 4.5π], h in [0, 21].

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    noise : float ≥ 0, default=0.0
        Standard deviation of Gaussian noise added to the points.
    random_state : None, int, RandomState or Generator, default=None
    hole : bool, default=False
        Leave out the middle ninth of the sheet.

    Returns
    -------
    X : ndarray of shape (n_samples, 3), float64
    t : ndarray of shape (n_samples,), float64
        Position along the roll.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    S. Marsland, Machine Learning: An Algorithmic Perspective, 2nd edition, 2014.

    Examples
    --------
    >>> from mlkit.datasets import make_swiss_roll
    >>> X, t = make_swiss_roll(5, random_state=0)
    >>> X.shape
    (5, 3)
    """
    rng = check_random_state(random_state)
    if hole:
        # The sheet is cut into 3 × 3 tiles, numbered by rows; the fifth is left out.
        tile = rng.choice(8, n_samples)
        tile += tile >= 4
        along, across = rng.uniform(size=(2, n_samples))
        t = np.pi * (1.5 + tile // 3) + np.pi * along
        height = 7 * (tile % 3) + 7 * across
    else:
        t = 1.5 * np.pi * (1 + 2 * rng.uniform(size=n_samples))
        height = 21 * rng.uniform(size=n_samples)
    points = np.stack([t * np.cos(t), height, t * np.sin(t)])
    points += noise * rng.standard_normal(size=points.shape)
    return points.T, t


@checked(n_samples=integer(1), noise=at_least(0), random_state=seed)
def make_s_curve(n_samples=100, *, noise=0.0, random_state=None):
    """Draw points (sin t, h, sign(t)(cos t − 1)) on an S-shaped sheet, |t| ≤ 1.5π, h in [0, 2].

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    noise : float ≥ 0, default=0.0
        Standard deviation of Gaussian noise added to the points.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 3), float64
    t : ndarray of shape (n_samples,), float64
        Position along the curve.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    Examples
    --------
    >>> from mlkit.datasets import make_s_curve
    >>> X, t = make_s_curve(5, random_state=0)
    >>> X.shape
    (5, 3)
    """
    rng = check_random_state(random_state)
    t = 3 * np.pi * (rng.uniform(size=n_samples) - 0.5)
    height = 2 * rng.uniform(size=n_samples)
    points = np.stack([np.sin(t), height, np.sign(t) * (np.cos(t) - 1)])
    points += noise * rng.standard_normal(size=points.shape)
    return points.T, t
