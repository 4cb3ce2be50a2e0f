"""Which rows a round of boosting sees, and what each of them counts.

A draw leaves the expected sums of gradients and curvatures as they are: a row taken with
probability p counts 1/p times.
"""

from dataclasses import dataclass

import numpy as np

from ._stages import select_rows

# Share of the rows drawn that are those of the largest gradients: LightGBM's 0.2 of 0.3.
_TOP = 2 / 3


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows of a round, ascending, and what each of all rows counts; None is 1."""

    rows: np.ndarray
    factor: np.ndarray = None

    def scaled(self, terms):
        """Gradients or curvatures as they count; None is 1 throughout."""
        if self.factor is None:
            return terms
        if terms is None:
            return self.factor[:, None]
        return terms * self.factor[:, None]


@dataclass(frozen=True)
class UniformRows:
    """A share of the rows without replacement, each as likely as any other.

    Friedman, "Stochastic gradient boosting", Computational Statistics & Data Analysis 38, 2002.
    """

    share: float

    def draw(self, gradient, curvature, rng):
        """Draw rows.

        Parameters
        ----------
        gradient : ndarray of shape (n_rows, n_outputs)
        curvature : ndarray of shape (n_rows, n_outputs), or None
            None: all are 1.
        rng : numpy.random.Generator

        Returns
        -------
        Drawn
        """
        wanted = _n_wanted(self.share, len(gradient))
        return Drawn(_places(select_rows(rng.random(len(gradient)), wanted)))


@dataclass(frozen=True)
class LargeGradients:
    """The rows of the largest gradients, and some of the others, which then count for all of them.

    Two thirds of the rows drawn are those with most ``Σ_k |g_k|`` (GOSS: Ke et al., "LightGBM: a
    highly efficient gradient boosting decision tree", NeurIPS 2017).
    """

    share: float

    def draw(self, gradient, curvature, rng):
        """As `UniformRows.draw`."""
        n = len(gradient)
        wanted = _n_wanted(self.share, n)
        n_top = min(round(_TOP * wanted), n - 1)
        n_others = max(wanted - n_top, 1)
        size = np.abs(gradient).sum(axis=1)
        order = np.argsort(-size, kind="stable")
        others = np.sort(order[n_top:])
        taken = np.zeros(n, dtype=bool)
        taken[order[:n_top]] = True
        factor = np.ones(n)
        factor[others] = len(others) / n_others
        taken[others[select_rows(rng.random(len(others)), n_others)]] = True
        return Drawn(_places(taken), factor)


@dataclass(frozen=True)
class LeastVariance:
    """Rows with probabilities that give the sums by leaf their least variance.

    A row is taken with probability ``min(1, √(Σ_k g_k² + λ h_k²) / μ)``, with μ such that the
    probabilities add up to the rows wanted, and ``λ = (Σ |g| / Σ h)²`` (MVS: Ibragimov & Gusev,
    "Minimal variance sampling in stochastic gradient boosting", NeurIPS 2019).
    """

    share: float

    def draw(self, gradient, curvature, rng):
        """As `UniformRows.draw`."""
        n = len(gradient)
        square = (gradient**2).sum(axis=1)
        total = gradient.size if curvature is None else curvature.sum()
        ratio = (np.abs(gradient).sum() / total) ** 2 if total > 0 else 0.0
        bend = gradient.shape[1] if curvature is None else (curvature**2).sum(axis=1)
        chance = _chances(np.sqrt(square + ratio * bend), _n_wanted(self.share, n))
        taken = rng.random(n) < chance
        if not taken.any():
            taken[np.argmax(chance)] = True
        factor = np.ones(n)
        np.divide(1.0, chance, out=factor, where=taken)
        return Drawn(_places(taken), factor)


def _n_wanted(share, n_rows):
    return max(1, round(share * n_rows))


def _places(taken):
    return np.flatnonzero(taken).astype(np.int32)


def _chances(size, wanted):
    """``min(1, size / μ)`` with μ such that they add up to `wanted`."""
    largest = np.sort(size)[::-1]
    rest = np.cumsum(largest[::-1])[::-1]
    if rest[0] <= 0:
        return np.full(len(size), wanted / len(size))
    # With the j largest certain, μ = (sum of the others) / (wanted − j); right where it is not
    # below the largest of these.
    certain = np.arange(wanted)
    level = rest[:wanted] / (wanted - certain)
    right = np.flatnonzero(level >= largest[:wanted])
    if len(right) == 0 or level[right[0]] <= 0:
        return (size > 0).astype(float)
    return np.minimum(1.0, size / level[right[0]])


ROWS = {"uniform": UniformRows, "goss": LargeGradients, "mvs": LeastVariance}
"""Ways to draw rows by name."""
