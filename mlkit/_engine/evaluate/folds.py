"""Which fold a row is tested in: functions of labels and groups, without estimators.

Each takes a `numpy.random.RandomState`, or None for no shuffling, and makes the draws that
scikit-learn's splitter of the same purpose makes, so that a seed gives the same folds.
"""

import numpy as np


def contiguous(n_rows, n_folds, rng=None):
    """Fold of each row, in runs of near-equal length; over shuffled rows if `rng` is given.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
    """
    sizes = np.full(n_folds, n_rows // n_folds)
    sizes[: n_rows % n_folds] += 1
    runs = np.repeat(np.arange(n_folds), sizes)
    if rng is None:
        return runs
    rows = np.arange(n_rows)
    rng.shuffle(rows)
    fold = np.empty(n_rows, dtype=int)
    fold[rows] = runs
    return fold


def appearance_codes(labels):
    """Number the distinct labels by first appearance; return the code of each row.

    Folds then do not depend on how classes are called.
    """
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=int)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[codes.reshape(-1)]


def stratified(labels, n_folds, rng=None):
    """Fold of each row such that folds share the classes as evenly as whole rows allow.

    The sorted labels are dealt to the folds like cards, which says how many rows of each class a
    fold gets; within a class the first rows go to the first fold.
    """
    codes = appearance_codes(labels)
    counts = np.bincount(codes)
    ends = np.cumsum(counts)
    # Position p of the sorted labels is dealt to fold p mod n_folds.
    dealt = np.arange(len(codes)) % n_folds
    by_class = np.argsort(codes, kind="stable")
    fold = np.empty(len(codes), dtype=int)
    for start, end in zip(ends - counts, ends, strict=True):
        share = np.bincount(dealt[start:end], minlength=n_folds)
        folds = np.repeat(np.arange(n_folds), share)
        if rng is not None:
            rng.shuffle(folds)
        fold[by_class[start:end]] = folds
    return fold


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
        self.rows = np.split(np.argsort(codes, kind="mergesort"), np.cumsum(counts)[:-1])

    def draw(self, n_train, n_test, rng):
        per_train = proportional_draw(self.counts, n_train, rng)
        per_test = proportional_draw(self.counts - per_train, n_test, rng)
        train, test = [], []
        for rows, of_train, of_test in zip(self.rows, per_train, per_test, strict=True):
            shuffled = rows.take(rng.permutation(len(rows)), mode="clip")
            train.append(shuffled[:of_train])
            test.append(shuffled[of_train : of_train + of_test])
        return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))


def strata(labels):
    """The classes of `labels` (2-D: distinct rows), from which `draw` takes train and test rows."""
    if labels.ndim == 2:
        labels = np.array([" ".join(row.astype("str")) for row in labels])
    classes, codes = np.unique(labels, return_inverse=True)
    return _Strata(classes, codes, np.bincount(codes))
