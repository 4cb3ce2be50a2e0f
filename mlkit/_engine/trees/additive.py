"""Additive boosting: a sum of functions of one column, and of pairs of columns.

The raw prediction is ``z(x) = b + Σ_j f_j(x_j) + Σ_{i,j} f_ij(x_i, x_j)``, each f constant on the
bins of its columns. Rounds visit the terms in turn; a visit adds to f a small tree of Newton
steps, times a low rate, so that no term takes what another explains as well (Lou, Caruana, Gehrke,
"Intelligible models for classification and regression", KDD 2012). Pairs are found by what one tree
on the grid of both takes off the loss (Lou, Caruana, Gehrke, Hooker, "Accurate intelligible models
with pairwise interactions", KDD 2013), and are boosted after the single columns.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ._additive import Terms


@dataclass(frozen=True)
class Pace:
    """How rounds go.

    Attributes
    ----------
    max_rounds : int
    patience : int
        Rounds without a lower loss of the rows held out before the stop.
    tol : float
        How much lower the mean loss must be, relative to it.
    rate : float
        What steps are multiplied by.
    max_leaves : int
        Of the tree of a single column; a pair's has four.
    min_rows : int
        Weight of the rows of a leaf at least.
    l2 : float
    """

    max_rounds: int
    patience: int
    tol: float
    rate: float
    max_leaves: int
    min_rows: int
    l2: float = 0.0


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows: y (n, 1), weight (n,) or None, raw (n, k); all float64."""

    y: np.ndarray
    weight: np.ndarray
    raw: np.ndarray

    def take(self, rows):
        """Some of the rows, copied."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, y=self.y[rows], weight=weight, raw=self.raw[rows])

    def mean_loss(self, loss):
        """``Σ w ℓ / Σ w``."""
        total = len(self.y) if self.weight is None else self.weight.sum()
        return loss.evaluate(self.y, self.raw, self.weight) / total


@dataclass(frozen=True, eq=False)
class Layout:
    """Shapes of terms: (n_bins, 0) of a column with its missing values behind, (a, b) of a grid."""

    shape: np.ndarray
    nominal: np.ndarray

    @property
    def sizes(self):
        """Cells of each term."""
        a, b = self.shape[:, 0], self.shape[:, 1]
        return np.where(b > 0, a * b, a + 1)

    @property
    def start(self):
        """Where the cells of each term begin, and their number."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)


def columns_layout(bins):
    """Layout of the single columns of `Bins`."""
    shape = np.stack([bins.n_bins, np.zeros_like(bins.n_bins)], axis=1)
    return Layout(shape, bins.categorical)


def pairs_layout(bins, pairs):
    """Layout of pairs of columns; the last row and column of a grid are the missing values."""
    size = bins.n_bins.astype(np.int64) + 1
    shape = [(size[i], size[j]) for i, j in pairs]
    return Layout(np.array(shape, dtype=np.int32).reshape(-1, 2), np.zeros(len(pairs), dtype=bool))


def column_codes(bins, X, n_threads=1):
    """Cells of the rows of X, a row a column, uint16 of shape (n_columns, n_rows)."""
    codes = bins.encode(X, n_threads)[:, : bins.n_columns]
    return np.ascontiguousarray(codes.T, dtype=np.uint16)


def pair_codes(bins, codes, pairs):
    """Cells of rows in the grids of pairs, from `column_codes` of the same bins."""
    out = np.empty((len(pairs), codes.shape[1]), dtype=np.uint16)
    for t, (i, j) in enumerate(pairs):
        np.multiply(codes[i], bins.n_bins[j] + 1, out=out[t], casting="unsafe")
        out[t] += codes[j]
    return out


def row_keys(X, y):
    """A number for each row that its values alone decide: equal rows have equal ones.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
    """
    key = np.zeros(len(y), dtype=np.uint64)
    for column in (y, *X.T):
        values = column.astype(np.float64) + 0.0  # one zero of the two
        values[np.isnan(values)] = np.nan  # one NaN of the many
        key = _mixed(key ^ values.view(np.uint64))
    return key


def _mixed(x):
    """Steele, Lea, Flood's SplitMix64: a bijection whose every bit depends on all."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def held_rows(keys, weight, share, seed, groups):
    """Return which rows are held out: at most a share of the weight of each group.

    Rows that are equal stay together, so that a row of weight 2 is a row that stands twice, and
    none is scored by its double.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_rows,)
        From `row_keys`.
    weight : ndarray of shape (n_rows,), or None
    share : float
    seed : int
    groups : list of ndarray of int
        Rows of each group.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    held = np.zeros(len(keys), dtype=bool)
    drawn = _mixed(keys ^ np.uint64(seed))
    for group in groups:
        _, place = np.unique(drawn[group], return_inverse=True)
        mass = np.bincount(place, None if weight is None else weight[group])
        # Weights may differ from whole numbers by rounding; a share of a row does not.
        below = np.cumsum(mass) <= share * mass.sum() * (1 + 1e-12)
        held[group] = (below & (mass > 0))[place]
    return held


def boost(loss, layout, codes, train, held_codes, held, pace):
    """Boost the terms; return their cells' scores and the number of rounds kept.

    Parameters
    ----------
    loss : Loss
        Smooth and with curvature.
    layout : Layout
    codes, held_codes : ndarray of uint16, shape (n_terms, n_rows)
        Of the rows trained on and of those held out.
    train, held : Sample
        Their `raw` move along. Without rows held out all rounds are run.
    pace : Pace

    Returns
    -------
    scores : ndarray of float64, shape (n_cells, k)
    n_rounds : int
    """
    terms = Terms(codes, layout.shape, layout.nominal, train.weight)
    scores = np.zeros((layout.start[-1], train.raw.shape[1]))
    best, best_round, lowest = scores.copy(), 0, np.inf
    watched = len(held.y) > 0
    if watched:
        lowest = held.mean_loss(loss)
    # Progress that counts, so that patience is not spent on the last digits.
    bar = lowest
    since = 0
    steps = (pace.max_leaves, pace.min_rows, pace.l2, pace.rate)
    for number in range(1, pace.max_rounds + 1):
        terms.round(loss, train.y, train.weight, train.raw, scores, held_codes, held.raw, *steps)
        if not watched:
            continue
        now = held.mean_loss(loss)
        if now < lowest:
            lowest, best_round = now, number
            np.copyto(best, scores)
        since = 0 if now < bar - pace.tol * abs(bar) else since + 1
        bar = min(bar, now) if since == 0 else bar
        if since >= pace.patience:
            break
    return (best, best_round) if watched else (scores, pace.max_rounds)


def pair_gains(loss, bins, codes, sample, *, min_rows, most_cells=1 << 26):
    """Return all pairs of columns and what a tree on each takes off the loss.

    Parameters
    ----------
    loss : Loss
    bins : Bins
        Few a column, so that a grid has rows in its cells.
    codes : ndarray of uint16, shape (n_columns, n_rows)
    sample : Sample
    min_rows : int
    most_cells : int
        Entries of the table of codes that is held at a time.

    Returns
    -------
    pairs : list of (int, int)
    gains : ndarray of float64, shape (n_pairs,)
    """
    pairs = list(combinations(range(bins.n_columns), 2))
    gradient, curvature = loss.gradient_curvature(sample.y, sample.raw, sample.weight)
    gradient, curvature = np.atleast_2d(gradient.T).T, np.atleast_2d(curvature.T).T
    gradient, curvature = map(np.ascontiguousarray, (gradient, curvature))
    gains = np.zeros(len(pairs))
    step = max(1, most_cells // max(1, codes.shape[1]))
    for first in range(0, len(pairs), step):
        some = pairs[first : first + step]
        layout = pairs_layout(bins, some)
        cells = pair_codes(bins, codes, some)
        terms = Terms(cells, layout.shape, layout.nominal, sample.weight)
        gains[first : first + step] = terms.gains(gradient, curvature, min_rows, 0.0)
    return pairs, gains


def centred(layout, scores, codes, weight):
    """Move the mean of each term over the rows to the constant.

    Returns
    -------
    scores : ndarray of float64, shape (n_cells, k)
    constant : ndarray of float64, shape (k,)
    """
    scores, constant = scores.copy(), np.zeros(scores.shape[1])
    start = layout.start
    total = codes.shape[1] if weight is None else weight.sum()
    for t, code in enumerate(codes):
        cells = scores[start[t] : start[t + 1]]
        mass = np.bincount(code, weight, minlength=len(cells))
        mean = mass @ cells / total
        cells -= mean
        constant += mean
    return scores, constant


def importances(layout, scores, codes, weight):
    """Mean size of each term's part over the rows, ``Σ w |f| / Σ w``, over outputs too."""
    start = layout.start
    out = np.zeros(len(codes))
    total = codes.shape[1] if weight is None else weight.sum()
    for t, code in enumerate(codes):
        cells = np.abs(scores[start[t] : start[t + 1]]).mean(axis=1)
        out[t] = np.bincount(code, weight, minlength=len(cells)) @ cells / total
    return out


def parts(layout, scores, codes):
    """Each term's part of the raw predictions, shape (n_rows, n_terms, k)."""
    return scores[codes.T + layout.start[:-1]]


def add_parts(layout, scores, codes, raw):
    """Add all terms to `raw`, (n_rows, k)."""
    for first, code in zip(layout.start[:-1], codes, strict=True):
        raw += scores[code + first]
