"""Quantiles of values that come in pieces, from a summary of bounded size and known error.

Values are kept in levels; one at level h stands for 2ʰ values. A level that is full is sorted and
every other value goes up, from the first or the second on in turn. The rank of any point then
changes by at most the weight of a value of that level, so the sum of those weights bounds the
error of all ranks (J. I. Munro, M. S. Paterson, "Selection and sorting with limited storage",
Theoretical Computer Science 12, 1980; Z. Karnin, K. Lang, E. Liberty, "Optimal quantile
approximation in streams", FOCS 2016). No draws are made: the same pieces give the same summary.
"""

import numpy as np

from .quantiles import quantiles

# Values of a level: 64 KiB of doubles. Of n values all are kept up to here; beyond, ranks are off
# by at most about n·log₂(n / SIZE) / SIZE, which for 10⁸ values is 0.2 %, and far less as a rule.
SIZE = 8192


class Sketch:
    """A summary of one column's values.

    Parameters
    ----------
    size : int
        Values of a level.

    Attributes
    ----------
    count : int
        Values seen, NaN left out.
    slack : int
        Bound of the error of any rank: 0 as long as all values are kept.

    Examples
    --------
    >>> import numpy as np
    >>> sketch = Sketch()
    >>> for piece in np.array_split(np.arange(1_000_001.0), 7):
    ...     sketch.add(piece)
    >>> abs(sketch.quantiles(np.array([0.5]))[0] - 500_000) <= sketch.slack < 2000
    True
    """

    def __init__(self, size=SIZE):
        self.size, self.count, self.slack = size, 0, 0
        self._levels, self._second = [np.empty(0)], [False]
        self._low, self._high = np.inf, -np.inf

    def add(self, values):
        """Take further values, an ndarray; NaN is left out."""
        values = values[~np.isnan(values)].astype(np.float64, copy=False)
        if not len(values):
            return
        self.count += len(values)
        self._low, self._high = min(self._low, values.min()), max(self._high, values.max())
        self._levels[0] = np.concatenate([self._levels[0], values])
        self._compact()

    def add_zeros(self, n_zeros):
        """Take so many zeros."""
        while n_zeros > 0:
            piece = min(n_zeros, self.size)
            self.add(np.zeros(piece))
            n_zeros -= piece

    def merge(self, other):
        """Take the values that another summary has seen."""
        self.count += other.count
        self.slack += other.slack
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)
        for level, values in enumerate(other._levels):
            self._at(level)
            self._levels[level] = np.concatenate([self._levels[level], values])
        self._compact()

    def _at(self, level):
        while len(self._levels) <= level:
            self._levels.append(np.empty(0))
            self._second.append(False)

    def _compact(self):
        level = 0
        while level < len(self._levels):
            values = self._levels[level]
            if len(values) > self.size:
                values = np.sort(values)
                # An odd one stays: it stands for itself where it is.
                paired = len(values) - len(values) % 2
                kept = values[paired:]
                self._at(level + 1)
                risen = values[int(self._second[level]) : paired : 2]
                self._levels[level + 1] = np.concatenate([self._levels[level + 1], risen])
                self._levels[level] = kept
                self._second[level] = not self._second[level]
                self.slack += 1 << level
            level += 1

    def quantiles(self, probabilities):
        """Quantiles, interpolated between the values kept; NaN if there are none.

        Exact as long as all values are kept, and always for 0 and 1.
        """
        if len(self._levels) == 1:
            return quantiles(self._levels[0], probabilities)
        values = np.concatenate(self._levels)
        weights = np.repeat(2.0 ** np.arange(len(self._levels)), [len(v) for v in self._levels])
        order = np.argsort(values, kind="stable")
        values, weights = values[order], weights[order]
        # A value that stands for w values is taken to lie in the middle of their places.
        place = np.cumsum(weights) - (weights + 1) / 2
        found = np.interp(np.asarray(probabilities) * (self.count - 1), place, values)
        found = np.where(probabilities <= 0, self._low, found)
        return np.where(probabilities >= 1, self._high, found)


def add_columns(sketches, X):
    """Let each column of `X` (an ndarray, or a CSC matrix with its zeros) be taken by a sketch."""
    if isinstance(X, np.ndarray):
        for j, sketch in enumerate(sketches):
            sketch.add(X[:, j])
        return
    for j, sketch in enumerate(sketches):
        stored = X.data[X.indptr[j] : X.indptr[j + 1]]
        sketch.add(stored)
        sketch.add_zeros(X.shape[0] - len(stored))


def column_quantiles(sketches, probabilities):
    """Quantiles of each column, as rows of an array."""
    return np.column_stack([sketch.quantiles(probabilities) for sketch in sketches])


def rank_error(sketches):
    """Bound of the error of the levels of quantiles, as a share of the values."""
    return max((sketch.slack / max(sketch.count, 1) for sketch in sketches), default=0.0)
