"""Categories in exact trees: ranked by the response of a tree's own rows, and cut as ranks are.

Of two classes, or of numbers under squared error, the partition of the categories that is best at
the root is then one of the cuts (Fisher 1958; Breiman et al. 1984); of more classes it is near it
(Coppersmith, Hong and Hosking 1999). Where there are many categories, those that chance may have
set apart rank as average, in their own order. A grown tree holds sets of categories, not ranks.
"""

from dataclasses import replace

import numpy as np

from . import exact
from .exact_bins import bins_of

# Columns of more categories have cuts between so many groups of neighbours by rank alone: a tree
# keeps a set of all categories for each cut.
_MANY, _GROUPS = 1024, 255
_DIGITS = 52
# Columns of more categories than this are put in order only as far as means differ from that of all
# rows by so many standard errors; the order of rare ones would be that of their rows' noise.
_SOME, _ERRORS = 16, 3.0


class RankedCategories:
    """Columns of categories, for any number of trees.

    Parameters
    ----------
    X : ndarray of floats, shape (n_rows, n_features)
        Categories are 0, 1, ..., each in some row; NaN is missing.
    categorical : ndarray of bool, shape (n_features,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees import exact
    >>> from mlkit._engine.trees.category_ranks import RankedCategories
    >>> X, y = np.array([[0.0], [1.0], [2.0]]), np.array([[5.0], [0.0], [5.0]])
    >>> ranked = RankedCategories(X, np.array([True]))
    >>> tree = ranked.grow(exact.prepare(X), y, None, exact.SquaredError(), exact.Limits(), 0)
    >>> tree.n_nodes, tree.bitsets.tolist(), tree.total(X).ravel().tolist()
    (3, [[2]], [5.0, 0.0, 5.0])
    """

    def __init__(self, X, categorical):
        self.features = np.flatnonzero(categorical)
        codes = X[:, self.features].T
        self._codes = np.where(np.isnan(codes), -1, codes).astype(np.int32)
        self._counts = self._codes.max(axis=1) + 1

    def grow(self, columns, y, weight, criterion, limits, seed):
        """Grow one tree, as `exact.grow` does; `columns` are of X."""
        y = np.asarray(y)
        y = y[:, None] if y.ndim == 1 else y
        weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        n_classes = getattr(criterion, "n_classes", None)
        ranks = [
            _ranks(codes, count, y, weight, n_classes)
            for codes, count in zip(self._codes, self._counts, strict=True)
        ]
        coded = [
            np.append(np.maximum(rank, 0), len(rank)).astype(np.uint32)[codes]  # −1 is the last
            for rank, codes in zip(ranks, self._codes, strict=True)
        ]
        own = columns.with_codes(self.features, coded)
        return _with_sets(exact.grow(own, y, weight, criterion, limits, seed), self.features, ranks)


def _ranks(codes, count, y, weight, n_classes):
    """Rank of each category by its response, −1 where it has no weight."""
    here = (codes >= 0) & (weight != 0)
    codes, y, weight = codes[here], y[here], weight[here]
    weight = _exact_in_sums(weight)
    mass = np.bincount(codes, weight, minlength=count)
    columns, spreads = [], []
    for k in range(y.shape[1]):
        if n_classes is None:
            own = y[:, k] - _exact_in_sums(weight * y[:, k]).sum() / weight.sum()
            sums = _exact_in_sums(weight * own), _exact_in_sums(weight * own**2)
            columns.append(np.bincount(codes, sums[0], minlength=count))
            spreads.append(sums[1].sum())
            continue
        labels = range(1, 2) if n_classes[k] == 2 else range(n_classes[k])
        columns += [np.bincount(codes, weight * (y[:, k] == c), minlength=count) for c in labels]
    seen = np.unique(codes)
    rank = np.full(count, -1, dtype=np.int64)
    if not len(seen):
        return rank
    mass = np.maximum(mass[seen], np.finfo(np.float64).tiny)  # weights may be below 0
    means = np.stack(columns, axis=1)[seen] / mass[:, None]
    response = _one_number(means, mass)
    if count > _SOME:
        squares = np.array(spreads) if n_classes is None else np.sum(columns, axis=1)
        response = np.where(_differ(means, mass, squares), response, 0.0)
    order = np.argsort(response, kind="stable")
    place = np.arange(len(seen)) if count <= _MANY else bins_of(mass[order], _GROUPS)
    rank[seen[order]] = place
    return rank


def _one_number(means, mass):
    """A single response, or the first principal component of several."""
    share = mass / mass.sum()
    centred = means - np.einsum("i,ij->j", share, means)
    if means.shape[1] == 1:
        return centred[:, 0]
    spread = np.einsum("i,ij,ik->jk", share, centred, centred)
    axis = np.linalg.eigh(spread)[1][:, -1]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
    return np.einsum("ij,j->i", centred, axis)


def _differ(means, mass, squares):
    """Which means are further from the mean of all rows than chance explains."""
    share = mass / mass.sum()
    overall = np.einsum("i,ij->j", share, means)
    variance = squares / mass.sum() - overall**2
    away = (means - overall) ** 2 / np.where(variance > 0, variance, np.inf)
    return mass * away.mean(axis=1) > _ERRORS**2


def _exact_in_sums(values):
    """Values rounded to a grid on which sums are exact, in whatever order."""
    total = np.abs(values).sum()
    if not total > 0:
        return values
    step = 2.0 ** (np.ceil(np.log2(total)) + 1 - _DIGITS)
    return np.round(values / step) * step


def _with_sets(tree, features, ranks):
    """A tree whose cuts between ranks are sets of categories; those without rows go as missing."""
    at = np.flatnonzero(np.isin(tree.feature, features))
    if not len(at):
        return tree
    keys = np.column_stack(
        [
            np.searchsorted(features, tree.feature[at]),
            np.floor(tree.threshold[at]),
            tree.missing_left[at],
        ]
    )
    distinct, number = np.unique(keys, axis=0, return_inverse=True)
    n_words = -(-max(len(rank) for rank in ranks) // 32)
    members = np.zeros((len(distinct), 32 * n_words), dtype=bool)
    for own, (place, last, missing_left) in zip(members, distinct, strict=True):
        rank = ranks[int(place)]
        own[: len(rank)] = np.where(rank >= 0, rank <= last, missing_left > 0)
    bitsets = np.packbits(members, axis=1, bitorder="little").view("<u4").astype(np.uint32)
    category = np.full(tree.n_nodes, -1, dtype=np.int32)
    category[at] = number.ravel()
    threshold = tree.threshold.copy()
    threshold[at] = -2.0
    return replace(tree, threshold=threshold, category=category, bitsets=bitsets)
