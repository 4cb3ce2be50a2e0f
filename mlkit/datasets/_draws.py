"""Draws that several generators share; each takes the numbers scikit-learn takes, in its order."""

import numpy as np

from .._core.sampling import sample_without_replacement


def shuffled_columns(rng, X):
    """Return `X` with its columns in random order, and that order."""
    order = np.arange(X.shape[1])
    rng.shuffle(order)
    return X[:, order], order


def hypercube_corners(rng, n_corners, n_dimensions):
    """Return `n_corners` distinct corners of {0, 1}ⁿ as rows, in random order.

    A corner is a number written in binary. Numbers are drawn below 2³⁰, so bits beyond the 30th
    are drawn one by one; 30 random bits then keep the corners distinct.
    """
    n_free = max(n_dimensions - 30, 0)
    free = rng.randint(2, size=(n_corners, n_free)) if n_free else np.empty((n_corners, 0))
    n_numbered = n_dimensions - n_free
    numbers = sample_without_replacement(2**n_numbered, n_corners, random_state=rng)
    bits = numbers[:, None] >> np.arange(n_numbered)[::-1] & 1
    return np.hstack([free, bits]).astype(float)
