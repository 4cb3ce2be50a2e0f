"""Boosting that leaves out earlier rounds while it grows a new one (DART).

A new tree mends what is wrong without some of the earlier trees, drawn at random, and the k of
them and it are then scaled to share the work: with learning rate η, they by ``k / (k + η)`` and it
by ``1 / (k + η)`` besides η. Rashmi & Gilad-Bachrach, "DART: Dropouts meet Multiple Additive
Regression Trees", AISTATS 2015, where η is 1.
"""

from dataclasses import replace

import numpy as np


class Dropping:
    """Leaves of all trees so far in all tables, and what was left out.

    Parameters
    ----------
    rate : float
        Chance of each earlier round.
    learning_rate : float
    seed : int
    """

    def __init__(self, rate, learning_rate, seed):
        self.rate, self.learning_rate, self.seed = rate, learning_rate, seed
        self._rounds = []  # of each: its trees as (values of nodes, leaves of rows by table)
        self._scale = []  # of the values in _rounds
        self._ratio = []  # the same since `rescaled` was called last

    def remember(self, trees, width, inputs):
        """Take the rounds of an earlier fit, of `width` trees each; `inputs` are X by table."""
        leaves = [small_numbers(trees.apply(X)) for X in inputs]
        for first in range(0, trees.n_trees, width):
            values = [trees.tree(first + k).value[:, :, 0] for k in range(width)]
            of_round = [
                (value, [leaf[:, first + k] for leaf in leaves]) for k, value in enumerate(values)
            ]
            self._keep(of_round)

    def _keep(self, of_round):
        self._rounds.append(of_round)
        self._scale.append(1.0)
        self._ratio.append(1.0)

    def leave_out(self, tables):
        """Take some rounds off the raw predictions of the tables; return which."""
        n = len(self._rounds)
        rng = np.random.default_rng([self.seed, n])
        out = np.flatnonzero(rng.random(n) < self.rate)
        self._add(out, tables, -1.0)
        return out

    def share(self, n_out):
        """What a new tree is multiplied by besides the learning rate."""
        return 1.0 / (n_out + self.learning_rate) if n_out else 1.0

    def put_back(self, out, tables, grown):
        """Add rounds that were left out again, scaled, and keep the trees of the new one.

        Parameters
        ----------
        out : ndarray of int
            From `leave_out`.
        tables : sequence of Table
        grown : list of (values of nodes, leaves of rows by table)
        """
        for r in out:
            shrink = len(out) / (len(out) + self.learning_rate)
            self._scale[r] *= shrink
            self._ratio[r] *= shrink
        self._add(out, tables, 1.0)
        self._keep(grown)

    def _add(self, rounds, tables, sign):
        for r in rounds:
            first = 0
            for value, leaves in self._rounds[r]:
                step = sign * self._scale[r] * value
                last = first + value.shape[1]
                for table, leaf in zip(tables, leaves, strict=True):
                    table.raw[:, first:last] += step[leaf]
                first = last

    def rescaled(self, trees):
        """The trees of all rounds with what was done to them since the last call."""
        per_tree = np.repeat(self._ratio, trees.n_trees // len(self._ratio))
        self._ratio = [1.0] * len(self._ratio)
        factor = np.repeat(per_tree, np.diff(trees.offset))
        return replace(trees, value=trees.value * factor[:, None, None])


def small_numbers(nodes):
    """Numbers of nodes in as few bytes as they need: there is one for each row and tree."""
    most = nodes.max(initial=0)
    return nodes.astype(np.uint8 if most < 256 else np.uint16 if most < 65_536 else np.int32)
