"""Which fold a row is tested in: functions of labels and groups, without estimators.

Each takes a `numpy.random.RandomState`, or None for no shuffling, and makes the draws that
scikit-learn's splitter of the same purpose makes, so that a seed gives the same folds.
"""

import numpy as np

from ..._core.targets import encode_labels
from .dealing import apart, deal, first_rows, shuffle


def permutation(rng, n_rows):
    """``rng.permutation(n_rows)``, with the same draws in a fraction of the time.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int64
    """
    # Half the bytes go through the cache.
    rows = np.arange(n_rows, dtype=np.int32 if n_rows < 1 << 31 else np.int64)
    shuffle(rng, rows)
    return rows.astype(np.int64, copy=False)


def pairs(fold, n_folds):
    """Yield the train and test rows of each fold, from the number of each row's fold."""
    fold = np.ascontiguousarray(fold, dtype=np.int32)
    return (apart(fold, number) for number in range(n_folds))


def contiguous(n_rows, n_folds, rng=None):
    """Fold of each row, in runs of near-equal length; over shuffled rows if `rng` is given.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int32
    """
    sizes = np.full(n_folds, n_rows // n_folds)
    sizes[: n_rows % n_folds] += 1
    runs = np.repeat(np.arange(n_folds, dtype=np.int32), sizes)
    if rng is None:
        return runs
    fold = np.empty(n_rows, dtype=np.int32)
    fold[permutation(rng, n_rows)] = runs
    return fold


def stratified(labels, n_folds, rng=None):
    """Fold of each row such that folds share the classes as evenly as whole rows allow.

    The labels, sorted by first appearance so that folds do not depend on how classes are called,
    are dealt to the folds like cards, which says how many rows of each class a fold gets; within
    a class the first rows go to the first fold.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int32
    """
    codes, n_codes = codes_of(labels)
    counts, first = first_rows(codes, n_codes)
    cards, begins, start = [], np.zeros(n_codes, dtype=np.int64), 0
    present = np.flatnonzero(counts)
    for code in present[np.argsort(first[present])]:
        end = start + counts[code]
        # Position p of the sorted labels is dealt to fold p mod n_folds.
        share = _dealt_below(end, n_folds) - _dealt_below(start, n_folds)
        pile = np.repeat(np.arange(n_folds, dtype=np.int32), share)
        if rng is not None:
            shuffle(rng, pile)
        cards.append(pile)
        begins[code], start = start, end
    return deal(codes, begins, np.concatenate(cards))


# A table over a range of labels that stays within the cache.
_TABLE = 1 << 16


def codes_of(labels):
    """Numbers from 0 for labels, and a bound above them; some may stand for no row.

    Integers of a small range are taken as they are, less their least.

    Returns
    -------
    codes : ndarray of int64
    n_codes : int
    """
    labels = np.asarray(labels)
    if labels.dtype.kind in "iu" and labels.ndim == 1 and len(labels):
        least, greatest = int(labels.min()), int(labels.max())
        if greatest - least < _TABLE:
            if least >= 0 and greatest < _TABLE:
                return np.ascontiguousarray(labels, dtype=np.int64), greatest + 1
            return labels.astype(np.int64) - least, greatest - least + 1
    classes, codes = encode_labels(labels)
    return codes, len(classes)


def class_counts(labels):
    """Number of rows of each class there is, in no order."""
    codes, n_codes = codes_of(labels)
    counts = first_rows(codes, n_codes)[0]
    return counts[counts > 0]


def _dealt_below(position, n_folds):
    """How many of the first positions each fold gets."""
    return position // n_folds + (np.arange(n_folds) < position % n_folds)


def grouped(groups, n_folds, rng=None):
    """Fold of each row such that no group is in two folds and folds are of near-equal size.

    Largest group first, each to the lightest fold; with `rng`, shuffled groups in equal numbers.
    """
    names, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    home = np.empty(len(names), dtype=int)
    if rng is not None:
        for fold, part in enumerate(
            np.array_split(rng.permutation(np.arange(len(names))), n_folds)
        ):
            home[part] = fold
        return home[codes]
    load = np.zeros(n_folds)
    for group in np.argsort(sizes, kind="stable")[::-1]:
        home[group] = load.argmin()
        load[home[group]] += sizes[group]
    return home[codes]


def stratified_groups(labels, groups, n_folds, rng=None):
    """Fold of each row: groups kept whole, classes shared as evenly as they then can be.

    Greedy: groups with the most uneven classes first, each to the fold that leaves the spread of
    class shares over folds smallest, and among equals the fewest rows.
    """
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    _, group_codes = np.unique(groups, return_inverse=True)
    table = np.zeros((group_codes.max() + 1, len(counts)))
    np.add.at(table, (group_codes, codes), 1)
    shuffled = np.arange(len(table))
    if rng is not None:
        # The table's rows are shuffled, as groups of equal spread keep the order of the table.
        rng.shuffle(shuffled)
    order = np.argsort(-np.std(table[shuffled], axis=1), kind="mergesort")
    filled = np.zeros((n_folds, len(counts)))
    home = np.empty(len(table), dtype=int)
    for group in shuffled[order]:
        home[group] = _evenest(filled, table[group], counts)
        filled[home[group]] += table[group]
    return home[group_codes]


def _evenest(filled, added, counts):
    """The fold that `added` leaves most even."""
    best, spread_of_best, rows_of_best = None, np.inf, np.inf
    for fold in range(len(filled)):
        filled[fold] += added
        spread = np.std(filled / counts, axis=0).mean()
        rows = filled[fold].sum()
        filled[fold] -= added
        equal = np.isclose(spread, spread_of_best)
        if (spread < spread_of_best and not equal) or (equal and rows < rows_of_best):
            best, spread_of_best, rows_of_best = fold, spread, rows
    return best


def proportional_draw(counts, n_draws, rng):
    """Draw how many of `n_draws` rows come from each class: the mode of the hypergeometric law.

    Shares are rounded down; what is left goes to the largest remainders, ties drawn by `rng`.
    """
    wanted = counts / counts.sum() * n_draws
    floored = np.floor(wanted)
    missing = int(n_draws - floored.sum())
    if missing > 0:
        remainder = wanted - floored
        for value in np.sort(np.unique(remainder))[::-1]:
            tied = np.flatnonzero(remainder == value)
            chosen = rng.choice(tied, size=min(len(tied), missing), replace=False)
            floored[chosen] += 1
            missing -= min(len(tied), missing)
            if missing == 0:
                break
    return floored.astype(int)


class _Strata:
    """Rows by class, from which trains and tests are drawn."""

    def __init__(self, classes, codes, counts):
        self.classes = classes
        self.counts = counts
        ends = np.cumsum(counts)
        # The place of each row among the rows sorted by class.
        place = deal(codes, ends - counts, np.arange(len(codes), dtype=np.int32))
        rows = np.empty(len(codes), dtype=np.int64)
        rows[place] = np.arange(len(codes))
        self.rows = np.split(rows, ends[:-1])

    def draw(self, n_train, n_test, rng):
        per_train = proportional_draw(self.counts, n_train, rng)
        per_test = proportional_draw(self.counts - per_train, n_test, rng)
        train, test = [], []
        for rows, of_train, of_test in zip(self.rows, per_train, per_test, strict=True):
            shuffled = rows.take(permutation(rng, len(rows)), mode="clip")
            train.append(shuffled[:of_train])
            test.append(shuffled[of_train : of_train + of_test])
        train, test = np.concatenate(train), np.concatenate(test)
        shuffle(rng, train)
        shuffle(rng, test)
        return train, test


def strata(labels):
    """The classes of `labels` (2-D: distinct rows), from which `draw` takes train and test rows."""
    if labels.ndim == 2:
        labels = np.array([" ".join(row.astype("str")) for row in labels])
    classes, codes = encode_labels(labels)
    return _Strata(classes, codes, np.bincount(codes, minlength=len(classes)))
