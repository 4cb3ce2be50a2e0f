"""Edges that cut a column into intervals: of equal width, of equal weight, or around centres."""

import numpy as np

from ..._core.quantiles import weighted_percentile
from .quantiles import order_statistics


def equal_widths(least, greatest, n_bins):
    """``n_bins + 1`` evenly spaced edges from `least` to `greatest`."""
    return np.linspace(least, greatest, n_bins + 1)


def equal_weights(column, n_bins, method, weight=None):
    """Edges at the quantiles ``k / n_bins`` of a column.

    Parameters
    ----------
    column : ndarray of shape (n_rows,)
    n_bins : int
    method : str
        As of `numpy.percentile`.
    weight : ndarray of shape (n_rows,), optional
        For the methods that invert the distribution function.

    Returns
    -------
    ndarray of float64, shape (n_bins + 1,)
    """
    ranks = np.linspace(0, 100, n_bins + 1)
    if weight is not None:
        average = method == "averaged_inverted_cdf"
        found = weighted_percentile(column, weight, ranks, average=average)
    else:
        found = np.percentile(column, ranks, method=method)
    return np.asarray(found, dtype=np.float64)


def columns_of_equal_weights(X, n_bins, method):
    """Edges of `equal_weights` for each column of a matrix, by selection of order statistics.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Floats without NaN.
    n_bins : int
    method : {"averaged_inverted_cdf", "linear"}
        The definitions 2 and 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical
        packages", The American Statistician 50, 1996.

    Returns
    -------
    ndarray of float64, shape (n_columns, n_bins + 1)
    """
    n_rows = len(X)
    levels = np.linspace(0, 100, n_bins + 1) / 100
    if method == "linear":
        place = levels * (n_rows - 1)
        low = np.floor(place).astype(np.intp)
        share = place - low
    else:
        place = levels * n_rows - 1
        low = np.floor(place).astype(np.intp)
        share = np.where(place == low, 0.5, 1.0)
    low, high = (np.clip(rank, 0, n_rows - 1) for rank in (low, low + 1))
    both = order_statistics(X, np.concatenate([low, high]))
    below, above = both[: len(low)].T, both[len(low) :].T
    step = above - below
    return np.where(share < 0.5, below + share * step, above - (1 - share) * step)


def around_centres(column, least, greatest, n_bins, weight=None):
    """Edges halfway between the centres of a k-means that starts from evenly spaced ones.

    Parameters
    ----------
    column : ndarray of shape (n_rows,)
    least, greatest : float
        The outer edges.
    n_bins : int
    weight : ndarray of shape (n_rows,), optional

    Returns
    -------
    edges : ndarray of shape (n_bins + 1,)
    n_distinct : int
        Clusters that have a row.

    Examples
    --------
    >>> import numpy as np
    >>> around_centres(np.array([0.0, 1.0, 8.0, 10.0]), 0.0, 10.0, 2)[0]
    array([ 0.  ,  4.75, 10.  ])
    """
    even = np.linspace(least, greatest, n_bins + 1)
    centres, n_distinct = kmeans_on_line(column, (even[1:] + even[:-1]) * 0.5, weight)
    centres.sort()
    inner = (centres[1:] + centres[:-1]) * 0.5
    return np.concatenate([[least], inner, [greatest]]), n_distinct


def kmeans_on_line(column, centres, weight=None, max_iter=300, tol=1e-4):
    """Lloyd's iteration on one column: least ``Σ wᵢ minⱼ (xᵢ − cⱼ)²`` from given centres.

    The rows nearest to a centre are a run of the sorted column, so that a step is a search for
    the ends of runs and differences of running sums. A centre without rows moves to the row
    farthest from its own centre.

    Parameters
    ----------
    column : ndarray of shape (n_rows,)
    centres : ndarray of shape (n_centres,)
    weight : ndarray of shape (n_rows,), optional
    max_iter : int
    tol : float
        Stop when ``Σ (Δcⱼ)²`` is at most so many variances of the column.

    Returns
    -------
    centres : ndarray of shape (n_centres,)
        float32 for a column of it, else float64.
    n_distinct : int
        Clusters that have a row.
    """
    # Moments as of a matrix of one column, whose order of summation differs from a vector's.
    kept = np.float32 if column.dtype == np.float32 else np.float64
    table = np.array(column, dtype=kept)[:, np.newaxis]
    limit = tol * np.var(table, axis=0)[0]
    mean = table.mean(axis=0)[0]
    line = _Line(table[:, 0] - mean, weight)
    centres = centres.astype(kept) - mean
    before = None
    for _ in range(max_iter):
        runs = line.runs(centres)
        moved = line.means(runs, centres)
        shift = ((moved - centres) ** 2).sum()
        centres, settled = moved, before is not None and _same(runs, before)
        if settled or shift <= limit:
            break
        before = runs
    if not settled:
        runs = line.runs(centres)
    return centres + mean, int(np.count_nonzero(np.diff(runs[0])))


def _same(runs, others):
    return all(np.array_equal(a, b) for a, b in zip(runs, others, strict=True))


class _Line:
    """A sorted column with running sums of weights and of weighted values."""

    def __init__(self, column, weight):
        self.column, self.weight = column, weight
        if weight is None:
            self.x = np.sort(column)
            mass = np.ones(len(column))
        else:
            order = np.argsort(column, kind="stable")
            self.x, mass = column[order], weight[order].astype(np.float64)
        # In extended precision, for sums of runs are differences of them.
        self.mass = np.concatenate([[0], np.cumsum(mass, dtype=np.longdouble)])
        self.sum = np.concatenate([[0], np.cumsum(mass * self.x, dtype=np.longdouble)])

    def runs(self, centres):
        """Ends of the run of each distinct centre, from the left, and which centres those are."""
        places, which = np.unique(centres, return_index=True)
        middle = (places[1:] + places[:-1]) / 2
        ends = np.searchsorted(self.x, middle, side="right")
        # Distances are compared as c² − 2xc, whose rounding decides for values this near the
        # middle; equally near, the centre listed first has the row.
        slack = 8 * np.finfo(self.x.dtype).eps * np.abs(places).max() ** 2 / np.diff(places)
        low = np.searchsorted(self.x, middle - slack)
        high = np.searchsorted(self.x, middle + slack, side="right")
        for i in np.flatnonzero(high > low):
            near = self.x[low[i] : high[i]]
            left, right = (
                places[i] ** 2 - 2 * (near * places[i]),
                (places[i + 1] ** 2 - 2 * (near * places[i + 1])),
            )
            ours = (left < right) | ((left == right) & (which[i] < which[i + 1]))
            ends[i] = low[i] + np.count_nonzero(ours)
        return np.concatenate([[0], ends, [len(self.x)]]), which

    def means(self, runs, centres):
        """The mean of the rows of each centre."""
        ends, which = runs
        total, mass = np.zeros(len(centres)), np.zeros(len(centres))
        total[which] = np.diff(self.sum[ends])
        mass[which] = np.diff(self.mass[ends])
        if (mass == 0).any():
            self._relocate(runs, centres, total, mass)
        full = mass > 0
        out = np.empty_like(centres)
        out[full] = total[full] / mass[full]
        out[~full] = total[mass.argmax()] / mass.max()
        return out

    def _relocate(self, runs, centres, total, mass):
        """Give each centre without rows the row farthest from the centre that has it."""
        ends, which = runs
        label = which[np.repeat(np.arange(len(which)), np.diff(ends))]
        order = np.argsort(self.column, kind="stable")
        labels = np.empty(len(order), dtype=np.intp)
        labels[order] = label
        away = (self.column - centres[labels]) ** 2
        if away.max() == 0:
            return
        empty = np.flatnonzero(mass == 0)
        far = np.argpartition(away, -len(empty))[: -len(empty) - 1 : -1]
        for centre, row in zip(empty, far, strict=True):
            weight = 1.0 if self.weight is None else self.weight[row]
            total[labels[row]] -= weight * self.column[row]
            mass[labels[row]] -= weight
            total[centre], mass[centre] = weight * self.column[row], weight
