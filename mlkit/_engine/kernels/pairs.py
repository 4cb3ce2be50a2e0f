"""Classes told apart in pairs: a machine for each, and what they share."""

from dataclasses import dataclass, field

import numpy as np

from .dual import separate, separate_share, solve
from .platt import fit_sigmoid


@dataclass(frozen=True)
class Cost:
    """Errors cost what each row's weight says, times `scale`."""

    scale: float = 1.0

    def solve(self, sign, cost, points, index, settings):
        """β of each row, and the constant, of one pair."""
        found = solve(separate(sign, cost), points, index, settings)
        return found, found.coef, -float(found.levels[0])


@dataclass(frozen=True)
class Share:
    """A share of at least ν of the rows, by weight, supports the machine.

    ν is lowered to what the weights of the smaller class allow.
    """

    nu: float
    scale: float = 1.0

    def _most(self, sign, weight):
        smaller = min(weight[sign > 0].sum(), weight[sign < 0].sum())
        return 2.0 * smaller / weight.sum()

    def solve(self, sign, weight, points, index, settings):
        """As of `Cost`; divided by ρ, so that margins are at ±1."""
        nu = min(self.nu, self._most(sign, weight))
        found = solve(separate_share(sign, weight, nu), points, index, settings)
        up, down = found.levels
        margin = 0.5 * (up - down)
        with np.errstate(divide="ignore", invalid="ignore"):
            return found, found.coef / margin, -0.5 * (up + down) / margin


@dataclass
class Pairs:
    """What `fit_pairs` finds.

    Parameters
    ----------
    coef : ndarray of shape (n_classes − 1, n_rows)
        β of each row in its n_classes − 1 machines: for a row of class i, line j − 1 is that
        against a class j > i, and line j that against a class j < i.
    constants : ndarray of shape (n_pairs,)
    solutions : list of Solution or None
        None for a pair of which a class has no rows.
    slopes, offsets : ndarray of shape (n_pairs,) or (0,)
        a and b of `fit_sigmoid`.
    """

    coef: np.ndarray
    constants: np.ndarray
    solutions: list
    slopes: np.ndarray = field(default_factory=lambda: np.empty(0))
    offsets: np.ndarray = field(default_factory=lambda: np.empty(0))


def fit_pairs(form, codes, cost, n_classes, points, settings, rng=None):
    """Fit a machine to each pair of classes (i, j), i < j; decisions are positive for i.

    Parameters
    ----------
    form : Cost or Share
    codes : ndarray of int, shape (n_rows,)
    cost : ndarray of float64, shape (n_rows,)
        Of rows of each class; rows that cost nothing are left out.
    n_classes : int
    points : DensePoints, SparsePoints or StoredPoints
    settings : Settings
    rng : RandomState or None, default None
        Deals the rows of each pair out to folds, for probabilities; None wants none.

    Returns
    -------
    Pairs
    """
    kept = cost > 0
    members = [np.flatnonzero(kept & (codes == k)).astype(np.int32) for k in range(n_classes)]
    n_pairs = n_classes * (n_classes - 1) // 2
    found = Pairs(np.zeros((n_classes - 1, len(codes))), np.zeros(n_pairs), [])
    sigmoids = []
    for pair, (i, j) in enumerate(zip(*np.triu_indices(n_classes, 1), strict=True)):
        index = np.concatenate([members[i], members[j]])
        sign = np.repeat([1.0, -1.0], [len(members[i]), len(members[j])])
        if not (len(members[i]) and len(members[j])):
            # The class that has rows is the likelier one.
            found.constants[pair] = 1.0 if len(members[i]) else -1.0
            found.solutions.append(None)
            sigmoids.append((0.0, -found.constants[pair]))
            continue
        solution, coef, constant = form.solve(sign, cost[index], points, index, settings)
        found.coef[j - 1, members[i]] = coef[: len(members[i])]
        found.coef[i, members[j]] = coef[len(members[i]) :]
        found.constants[pair] = constant
        found.solutions.append(solution)
        if rng is not None:
            held = held_out_decisions(form, sign, cost[index], points, index, settings, rng)
            sigmoids.append(fit_sigmoid(held, sign > 0))
    if rng is not None:
        found.slopes, found.offsets = np.array(sigmoids).reshape(-1, 2).T.copy()
    return found


def held_out_decisions(form, sign, cost, points, index, settings, rng, n_folds=5):
    """Decision of each row by a machine that was fitted to the other folds."""
    n = len(index)
    order = rng.permutation(n)
    decision = np.zeros(n)
    for fold in range(n_folds):
        held = order[fold * n // n_folds : (fold + 1) * n // n_folds]
        rest = np.sort(np.setdiff1d(order, held))
        sides = np.unique(sign[rest])
        if len(sides) < 2:
            decision[held] = sides.sum()  # one class, or 0 for no row at all
        elif len(held):
            _, coef, constant = form.solve(sign[rest], cost[rest], points, index[rest], settings)
            support = np.flatnonzero(coef)
            sums = points.sums(index[rest[support]], coef[None, support], [len(support)])
            held_rows = points.take(index[held])
            decision[held] = sums(held_rows, settings.n_threads)[:, 0, 0] + constant
    return decision
