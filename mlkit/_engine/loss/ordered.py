"""Loss of ordered classes: proportional odds."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .losses import Loss


@dataclass(frozen=True)
class OrderedLogistic(Loss):
    """−log(σ(θ_c − z) − σ(θ_{c−1} − z)) for a class c in 0 … K−1 and cuts θ_0 < … < θ_{K−2}.

    θ_{−1} is −∞ and θ_{K−1} is ∞. It is convex in z and the cuts together (McCullagh, 1980). With
    a and b the two differences, ``σ(a) − σ(b) = σ(a) σ(−b) (1 − e^{b−a})``, free of cancellation.
    """

    n_levels: int = 3

    n_classes: ClassVar[int] = 1
    domain: ClassVar[str] = "a class number"

    @property
    def n_cuts(self):
        return self.n_levels - 1

    def admits(self, y):
        return bool(((y >= 0) & (y < self.n_levels) & (y == np.floor(y))).all())

    def baseline(self, y, weight=None):
        """The cuts that are best for z = 0: logits of the running shares."""
        codes = np.asarray(y).reshape(-1).astype(np.intp)
        counts = np.bincount(codes, weights=weight, minlength=self.n_levels)
        # A class without weight has cuts that meet; a part of a row keeps them apart.
        counts = np.maximum(counts, 1e-3 * counts.sum() / len(codes))
        share = np.cumsum(counts)[:-1] / counts.sum()
        return np.log(share) - np.log1p(-share)

    def _terms(self, y, z, cuts):
        """σ(−a), σ(b), and 1 / (e^{a−b} − 1), by row; the class's number."""
        codes = y.astype(np.intp)
        edges = np.concatenate([[-np.inf], cuts, [np.inf]])
        z = z.astype(np.float64)
        above, below = edges[codes + 1] - z, edges[codes] - z
        return codes, above, below, 1.0 / np.expm1(above - below)

    def value_of(self, y, z, cuts):
        """ℓ of each row."""
        _, above, below, _ = self._terms(y, z, cuts)
        return (
            np.logaddexp(0.0, -above) + np.logaddexp(0.0, below) - np.log(-np.expm1(below - above))
        )

    def gradients(self, y, z, cuts, weight, factor):
        """``factor Σ w ℓ``, its derivatives in z (n,) and in the cuts (K − 1,)."""
        if not (np.diff(cuts) > 0).all():
            return np.inf, np.zeros(len(z)), np.zeros(len(cuts))
        codes, above, below, between = self._terms(y, z, cuts)
        share = np.full(len(z), factor)
        if weight is not None:
            share *= weight
        value = np.logaddexp(0.0, -above) + np.logaddexp(0.0, below)
        value -= np.log(-np.expm1(below - above))
        by_above = -share * (sigmoid(-above) + between)
        by_below = share * (sigmoid(below) + between)
        slopes = np.bincount(codes, weights=by_above, minlength=self.n_levels)[:-1]
        slopes = slopes + np.bincount(codes, weights=by_below, minlength=self.n_levels)[1:]
        return float(share @ value), -(by_above + by_below), slopes

    def curvatures(self, y, z, cuts, weight, factor):
        """Second derivatives: in z (n,), in z and a cut (n, K − 1), in two cuts (K − 1, K − 1)."""
        codes, above, below, between = self._terms(y, z, cuts)
        share = np.full(len(z), factor)
        if weight is not None:
            share *= weight
        one, other = share * sigmoid_slope(above), share * sigmoid_slope(below)
        mixed = share * between * (1.0 + between)
        rows = np.arange(len(z))
        cross = np.zeros((len(z), self.n_levels + 1))
        cross[rows, codes + 1] -= one
        cross[rows, codes] -= other
        own = np.zeros(self.n_levels + 1)
        own += np.bincount(codes + 1, weights=one + mixed, minlength=self.n_levels + 1)
        own += np.bincount(codes, weights=other + mixed, minlength=self.n_levels + 1)
        near = -np.bincount(codes, weights=mixed, minlength=self.n_levels)[1:-1]
        out = np.diag(own[1:-1])
        index = np.arange(len(near))
        out[index, index + 1] = out[index + 1, index] = near
        return one + other, cross[:, 1:-1], out

    def probabilities(self, z, cuts):
        """P of each class, (n, K): differences of the logistic function."""
        z = np.asarray(z, dtype=np.float64)[:, None]
        edges = np.concatenate([[-np.inf], cuts, [np.inf]])
        above, below = edges[1:] - z, edges[:-1] - z
        out = sigmoid(above) * sigmoid(-below) * -np.expm1(edges[:-1] - edges[1:])
        return out / out.sum(axis=1, keepdims=True)


def sigmoid(z):
    """1 / (1 + e^−z), without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def sigmoid_slope(z):
    """σ(z) σ(−z)."""
    small = np.exp(-np.abs(z))
    return small / (1.0 + small) ** 2
