"""Losses of rankings: documents of a query, of which those with more gain are to come first.

A document of grade y has the gain ``2^y − 1`` or y; at rank r it counts ``gain / log₂(1 + r)``
(DCG), over that of the best ranking (NDCG).
"""

from typing import ClassVar

import numpy as np

from ._ranking import Rankings
from .links import Identity


class Queries:
    """Documents by query, with gains and weights.

    Parameters
    ----------
    gain : ndarray of float64, shape (n_rows,)
    group : ndarray of int, shape (n_rows,)
        Number of each row's query.
    weight : ndarray of float64, shape (n_rows,), or None
        A query weighs the mean of its rows, and a pair of rows in it the root of the product of
        theirs over that. Rows of weight 0 are left out.
    """

    def __init__(self, gain, group, weight=None):
        gain = np.ascontiguousarray(gain, dtype=np.float64)
        order = np.argsort(group, kind="stable")
        if weight is not None:
            order = order[weight[order] > 0]
        sizes = np.unique(group[order], return_counts=True)[1]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        scale, root = np.ones(len(sizes)), None
        if weight is not None:
            scale = np.add.reduceat(weight[order], starts[:-1]) / sizes
            root = np.zeros(len(gain))
            root[order] = np.sqrt(weight[order] / np.repeat(scale, sizes))
        self.gain, self.scale = gain, scale
        self.rankings = Rankings(gain, order.astype(np.int32), starts, scale, root)

    def best(self, depth):
        """Discounted gain of the best ranking's first `depth`, of each query."""
        return self.rankings.discounted(self.gain, depth, 1)

    def ndcg(self, score, depth, n_threads=1):
        """Weighted mean of NDCG over the queries that have a gain; 1 if none has."""
        best = self.best(depth)
        some = best > 0
        if not some.any():
            return 1.0
        found = self.rankings.discounted(np.ascontiguousarray(score), depth, n_threads)
        return float(np.average(found[some] / best[some], weights=self.scale[some]))


class RankingLoss:
    """What ranking losses share; y and weights are those of `queries`."""

    link: ClassVar = Identity()
    smooth: ClassVar[bool] = True
    curved: ClassVar[bool] = True
    quadratic: ClassVar[bool] = False
    n_outputs: ClassVar[int] = 1

    def baseline(self, y, weight=None):
        """Zero: a constant ranks nothing."""
        return np.zeros(1)

    def evaluate(self, y, raw, weight=None, *, gradient=None, curvature=None, n_threads=1):
        """Return the loss summed over queries; fill `gradient` and `curvature`, (n_rows, 1).

        Of pairs the loss is NaN where either is given: derivatives are cheaper without it.
        """
        flat = [None if a is None else a.reshape(-1) for a in (raw, gradient, curvature)]
        for array in flat[1:]:
            if array is not None:
                array[:] = 0.0
        return float(self._by_query(*flat, n_threads).sum())


class LambdaLoss(RankingLoss):
    """Σ over pairs of ``|ΔNDCG| log(1 + exp(−σ (z_i − z_j)))``, document i better than j.

    ΔNDCG is what exchanging the two would change, at the ranking by z; it counts as a constant
    where derivatives are taken. Burges, "From RankNet to LambdaRank to LambdaMART: an overview",
    Microsoft Research MSR-TR-2010-82.

    Parameters
    ----------
    queries : Queries
    sigmoid : float
        σ.
    depth : int
        One of a pair is among so many first; so many count for the best ranking.
    even : bool
        Whether a pair counts less the farther its scores are apart, and a query the logarithm of
        what its pairs add up to.
    """

    def __init__(self, queries, sigmoid=1.0, depth=30, even=True):
        self.queries, self.sigmoid, self.depth, self.even = queries, sigmoid, depth, even
        self._best = queries.best(depth)

    def _by_query(self, raw, gradient, curvature, n_threads):
        return self.queries.rankings.lambdas(
            raw, self._best, self.sigmoid, self.depth, self.even, gradient, curvature, n_threads
        )


class SoftmaxLoss(RankingLoss):
    """Σ over queries of ``−Σ_i p_i log softmax(z)_i``, p the documents' shares in the gains.

    Bruch, Wang, Bendersky & Najork, "An analysis of the softmax cross entropy loss for
    learning-to-rank with binary relevance", ICTIR 2019.
    """

    def __init__(self, queries):
        self.queries = queries

    def _by_query(self, raw, gradient, curvature, n_threads):
        return self.queries.rankings.softmax(raw, gradient, curvature, n_threads)
