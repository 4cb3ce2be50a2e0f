"""Rows drawn for trees, such that a row of weight 2 is the row twice.

Rows that are all different and weigh the same are drawn by their places, as anyone would. Where
rows are alike, or weights are whole numbers, a draw is a place in the table that has each row as
often as it weighs, ordered by a number that depends on a row's values alone: a table with weights
and the table with its rows repeated have the same such table, whatever the order of their rows.
Other weights are odds.
"""

from copy import copy

import numpy as np

from ..._core.parallel import n_threads
from ..._core.sampling import sample_without_replacement
from ..._core.sparse import issparse
from ._forest_draws import hash_csr, hash_dense

# A table with more rows than this is not there to be equal to: larger weights are odds.
_MOST_ROWS = 2**40
# Weights of halves, quarters, eighths and sixteenths are counts of these.
_MOST_DOUBLINGS = 4
# Few rows that are all there a hundred times are drawn more often than once each.
_LEAST_DRAWS = 4
# Draws of so many times the rows are made for all rows alike at once.
_MANY_TIMES = 8
_SEED_OF_Y = 0x5851F42D4C957F2D


def summable(values, count):
    """Values as multiples of a power of two such that the sum of `count` of them is exact.

    Parameters
    ----------
    values : ndarray of float64
    count : float
        Of values, at most.

    Returns
    -------
    ndarray of float64
        Off by ``count · max|values| · 2⁻⁵²`` at most.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.forest_draws import summable
    >>> third = summable(np.array([1 / 3]), 3)[0]
    >>> bool(3 * third == third + third + third)
    True
    """
    values = np.asarray(values, dtype=np.float64)
    reach = float(np.abs(values).max(initial=0.0)) * max(float(count), 1.0)
    if not 0 < reach < np.inf:
        return values
    exponent = int(np.frexp(reach)[1]) - 52
    return np.ldexp(np.rint(np.ldexp(values, -exponent)), exponent)


def hash_rows(X, *, single=False, seed=0):
    """Return a number for each row of X, equal for rows that are alike.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, ...)
        Of numbers, or of what can be told apart by its `repr`. Zeros that are stored are zeros
        that are not, and all NaN are alike.
    single : bool, default False
        Whether values that float32 cannot tell apart are alike.
    seed : int, default 0

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
    """
    out = np.zeros(X.shape[0], dtype=np.uint64)
    if issparse(X):
        X = X.tocsr()
        data = np.asarray(X.data)
        data = data if data.dtype in (np.float32, np.float64) else data.astype(np.float64)
        indices, indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
        hash_csr(np.ascontiguousarray(data), indices, indptr, seed, single, out)
        return out
    X = _numbers(np.asarray(X).reshape(X.shape[0], -1))
    hash_dense(X, seed, single, out, n_threads() if X.size > 100_000 else 1)
    return out


def _numbers(X):
    """X as an array of floats; what is no number becomes its rank among the others."""
    if X.dtype.kind == "f" and X.dtype.itemsize in (4, 8):
        return X
    if X.dtype.kind in "biuf":
        return X.astype(np.float64)
    if X.dtype.kind == "O":
        words = np.array([repr(value) for value in X.ravel()])
    else:
        words = X.ravel()
    return np.unique(words, return_inverse=True)[1].reshape(X.shape).astype(np.float64)


class RowDraws:
    """Draws of the rows of a table.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, ...)
    y : ndarray of shape (n_rows, ...) or None
        Rows are alike if they are in X and in y.
    weight : ndarray of shape (n_rows,) or None
        Of the rows; whole numbers say how often a row is there.
    factor : ndarray of shape (n_rows,) or None
        Multiplies the odds of a row to be drawn, the same for rows that are alike.
    single : bool, default False
        Whether rows that float32 cannot tell apart are alike.

    Attributes
    ----------
    total : int
        Rows of the table with each row as often as it weighs; of this table if weights are odds.
    n_draws : int
        Rows for a tree: `total`, but for weights that are multiples of some number, which is then
        divided by as long as `_LEAST_DRAWS` are left for each row that differs.
    mass : float
        Sum of weights times factors.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.forest_draws import RowDraws
    >>> X = np.array([[1.0], [2.0], [3.0]])
    >>> count = np.array([0, 3, 1])
    >>> drawn = RowDraws(X, None, count).bootstrap(np.random.RandomState(0), 4)
    >>> repeated = np.repeat(X, count, axis=0)[::-1]
    >>> again = RowDraws(repeated, None, None).bootstrap(np.random.RandomState(0), 4)
    >>> (X[drawn] == repeated[again]).all().item()
    True
    """

    def __init__(self, X, y, weight, factor=None, *, single=False):
        self.n_rows = X.shape[0]
        self.rows = self.ends = self.group = self.cdf = None
        self.mass = _mass(self.n_rows, weight, factor)
        weight, factor = _plain(weight), _plain(factor)
        self.unit = 1  # draws are of this many places, all of rows alike
        self.total = self.n_rows
        weight, whole = _as_counts(weight)
        if whole and weight is not None:
            self.total = int(weight.sum())
            self.rows = np.flatnonzero(weight)
            weight = weight[self.rows]
        if whole:
            weight = self._gather(X, y, weight, single)
        self.n_draws = self._count_draws(weight) if self.group is not None else self.total
        if whole:
            self.ends = None if weight is None else np.cumsum(weight.astype(np.int64))
        else:
            self._set_odds(weight)
        if factor is not None:
            self._multiply(factor)

    def _gather(self, X, y, weight, single):
        """Put rows in order where some are alike, or weights are not all 1; return the weights."""
        own, target = X, y
        if self.rows is not None and len(self.rows) < self.n_rows:
            own = (X.tocsr() if issparse(X) else X)[self.rows]
            target = None if y is None else y[self.rows]
        number = hash_rows(own, single=single)
        if target is not None:
            number += hash_rows(_ranks(target), seed=_SEED_OF_Y)
        if weight is None or (weight == 1).all():
            in_order = np.sort(number)  # far quicker than an order
            if (in_order[1:] != in_order[:-1]).all():
                return None
        order = np.argsort(number, kind="stable")
        number = number[order]
        new = number[1:] != number[:-1]
        self.rows = order if self.rows is None else self.rows[order]
        self.group = np.concatenate([[0], np.cumsum(new)])
        return None if weight is None else weight[order]

    def _count_draws(self, weight):
        """All weights times a number are as many draws, so that only their proportions matter;
        and so are all rows that often."""
        times = np.bincount(self.group, weight).astype(np.int64)
        self.unit = int(np.gcd.reduce(times))
        return max(self.total // self.unit, min(self.total, _LEAST_DRAWS * len(times)))

    def with_odds(self, factor):
        """Return draws of the same rows whose odds are multiplied by a factor, as at first.

        Parameters
        ----------
        factor : ndarray of shape (n_rows,)

        Returns
        -------
        RowDraws
        """
        other = copy(self)
        other._multiply(np.asarray(factor, dtype=np.float64))
        return other

    def _multiply(self, factor):
        factor = factor if self.group is None else summable(factor, self.total)
        factor = factor if self.rows is None else factor[self.rows]
        if self.cdf is not None:
            self._set_odds(factor * np.diff(self.cdf, prepend=0.0))
        else:
            self._set_odds(factor if self.ends is None else factor * np.diff(self.ends, prepend=0))

    def _set_odds(self, odds):
        """Draw by odds that are not whole numbers."""
        # Sums over rows that may be repeated are exact, shares of them are not.
        cdf = np.cumsum(odds / odds.sum() if self.group is None else odds)
        self.cdf = cdf / cdf[-1]

    # ------------------------------------------------------------------------- draws
    def _places(self, at):
        """Rows of the table at places of those that are drawn from."""
        return at if self.rows is None else self.rows[at]

    def bootstrap(self, rng, n_drawn):
        """Return rows drawn with replacement, as often as they are drawn.

        Parameters
        ----------
        rng : RandomState
        n_drawn : int

        Returns
        -------
        ndarray of int64, shape (n_drawn,)
        """
        if self.group is not None and n_drawn > _MANY_TIMES * (self.group[-1] + 1):
            return np.repeat(self.rows, self._shared_out(rng, n_drawn))
        if self.cdf is not None:
            return self._places(np.searchsorted(self.cdf, rng.random_sample(n_drawn), "right"))
        n_places = self.total if self.group is not None else self._n_kept()
        drawn = rng.randint(0, n_places // self.unit, n_drawn)
        if self.unit > 1:  # rows that are alike take turns
            drawn = drawn * self.unit + np.arange(n_drawn) % self.unit
        if self.ends is not None:
            drawn = np.searchsorted(self.ends, drawn, "right")
        return self._places(drawn)

    def _n_kept(self):
        return self.n_rows if self.rows is None else len(self.rows)

    def counts(self, rng, n_drawn):
        """Return how often each row is drawn: `bootstrap`, without a list of many draws.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
        """
        if self.group is not None and n_drawn > _MANY_TIMES * (self.group[-1] + 1):
            out = np.zeros(self.n_rows)
            out[self.rows] = self._shared_out(rng, n_drawn)
            return out
        drawn = self.bootstrap(rng, n_drawn)
        return np.bincount(drawn, minlength=self.n_rows).astype(np.float64)

    def left_out(self, drawn):
        """Return whether neither a row nor one that is alike is among those drawn.

        Parameters
        ----------
        drawn : ndarray of int
            Rows.

        Returns
        -------
        ndarray of bool, shape (n_rows,)
        """
        seen = np.zeros(self.n_rows, dtype=bool)
        seen[drawn] = True
        if self.group is not None:
            groups = np.zeros(self.group[-1] + 1, dtype=bool)
            groups[self.group[seen[self.rows]]] = True
            seen[self.rows] = groups[self.group]
        return ~seen

    def _shared_out(self, rng, n_drawn):
        """Draws of groups of rows that are alike, shared out evenly among these."""
        first = np.flatnonzero(np.diff(self.group, prepend=-1))
        last = np.append(first[1:], len(self.group)) - 1
        ends = np.arange(1, len(self.group) + 1) if self.ends is None else self.ends
        ends = ends.astype(np.float64) if self.cdf is None else self.cdf
        below = np.concatenate([[0.0], ends])[first]
        share = ends[last] - below
        counts = rng.multinomial(n_drawn, share / share.sum())
        upto = (ends - below[self.group]) / share[self.group]
        upto = np.rint(upto * counts[self.group]).astype(np.int64)
        before = np.concatenate([[0], upto[:-1]])
        before[first] = 0
        return upto - before

    def without_replacement(self, rng, n_drawn):
        """Return rows drawn from the table that has each as often as it weighs.

        Parameters
        ----------
        rng : RandomState
        n_drawn : int

        Returns
        -------
        ndarray of int64, shape (n_drawn,)
        """
        if self.cdf is not None:
            n_kept = len(self.cdf)
            share = np.diff(self.cdf, prepend=0.0)
            return self._places(rng.choice(n_kept, n_drawn, replace=False, p=share))
        at = sample_without_replacement(self.total, n_drawn, random_state=rng)
        if self.ends is not None:
            at = np.searchsorted(self.ends, at, "right")
        return self._places(at)

    def numbers(self, rng):
        """Return a uniform random number for each row, the same for rows that are alike.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            0 where a weight of 0 says that the row is not there.
        """
        if self.rows is None:
            return rng.uniform(size=self.n_rows)
        out = np.zeros(self.n_rows)
        if self.group is None:
            out[self.rows] = rng.uniform(size=len(self.rows))
        else:
            out[self.rows] = rng.uniform(size=self.group[-1] + 1)[self.group]
        return out


def _mass(n_rows, weight, factor):
    """Sum of weights times factors, to twelve digits, which the order of rows does not change."""
    if factor is None:
        return float(n_rows if weight is None else np.sum(weight))
    return float(f"{np.sum(factor if weight is None else factor * weight):.12g}")


def _plain(weight):
    """Weights, None if they are all the same and no more than one row each."""
    if weight is None:
        return None
    weight = np.asarray(weight, dtype=np.float64)
    one = weight[0]
    return None if 0 < one <= 1 and (weight == one).all() else weight


def _as_counts(weight):
    """Weights that are counts on some scale of halves, as counts; and whether they are."""
    if weight is None:
        return None, True
    for doublings in range(_MOST_DOUBLINGS + 1):
        scaled = np.ldexp(weight, doublings)
        if are_counts(scaled):
            return scaled, True
    return weight, False


def are_counts(weight):
    """Return whether weights say how often a row is there.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,)

    Returns
    -------
    bool
        True for whole numbers, not all 0.
    """
    whole = (weight >= 0).all() and (weight == np.rint(weight)).all()
    return bool(whole) and 0 < weight.sum() < _MOST_ROWS


def _ranks(y):
    """Whole numbers as ranks among those that are there: codes of classes depend on all rows."""
    if y.dtype.kind not in "iu":
        return y
    return np.unique(y, return_inverse=True)[1].reshape(y.shape)
