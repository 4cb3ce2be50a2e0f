"""Weights of neighbours from their distances."""

import numpy as np

from .._core.domains import callable_, none, one_of
from .._core.params import param

weights = param(
    "uniform",
    one_of("uniform", "distance") | callable_ | none,
    'How neighbours count: "uniform" (or None) the same, "distance" by 1/d, where any at distance '
    "0 count alone, or a function of distances that returns weights of the same shape.",
)


def inverse(distance, row=None):
    """``1 / d``; in a row with some at distance 0, one for those and nothing for the others.

    Parameters
    ----------
    distance : ndarray
        A row of a matrix, or entries whose rows are `row`.
    row : ndarray of int, default None
    """
    with np.errstate(divide="ignore"):
        out = 1.0 / distance
    infinite = np.isinf(out)
    if not infinite.any():
        return out
    if row is None:
        rows = infinite.any(axis=1)
        out[rows] = infinite[rows]
        return out
    hit = np.zeros(row[-1] + 1, dtype=bool)
    hit[row[infinite]] = True
    return np.where(hit[row], infinite, out)


def of_nearest(weights, distance):
    """Weights of a matrix of distances, or None where all count the same."""
    if weights in (None, "uniform"):
        return None
    if weights == "distance":
        return inverse(distance)
    return np.asarray(weights(distance), dtype=np.float64)


def of_rows(weights, distance, indptr, in_rows):
    """Weights of distances row by row, or None where all count the same.

    A function gets an array of arrays, as `radius_neighbors` returns it.
    """
    if weights in (None, "uniform"):
        return None
    if weights == "distance":
        return inverse(distance, np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)))
    found = weights(in_rows(distance, indptr))
    parts = [np.asarray(part, dtype=np.float64) for part in found]
    return np.concatenate(parts) if parts else np.empty(0)
