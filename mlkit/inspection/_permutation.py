"""How much a score falls when a column is shuffled."""

import numbers

import numpy as np

from .._core.arrays import check_array, check_consistent_length
from .._core.bunch import Bunch
from .._core.domains import (
    array_like,
    between,
    callable_,
    has_methods,
    integer,
    mapping,
    none,
    random_state,
    sequence,
    string,
)
from .._core.indexing import safe_indexing
from .._core.jobs import run_jobs
from .._core.parallel import effective_n_jobs
from .._core.params import checked
from .._core.sampling import sample_without_replacement
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tables import is_dataframe, to_native
from ..metrics import check_scoring
from ._columns import replaceable


def draw_rows(n_rows, n_drawn, n_repeats, seed):
    """Rows that are scored (None for all) and, for each repeat, their order.

    The orders are those of shuffling a column again and again, so that a repeat's depends on the
    repeats before; every column has the same.

    Returns
    -------
    rows : ndarray of shape (n_drawn,), or None
    orders : ndarray of shape (n_repeats, n_drawn)
    """
    rng = np.random.RandomState(seed)
    rows = None
    if n_drawn < n_rows:
        rows = sample_without_replacement(n_rows, n_drawn, random_state=rng)
    shuffled, order = np.arange(n_drawn), np.arange(n_drawn)
    orders = np.empty((n_repeats, n_drawn), dtype=np.intp)
    for repeat in range(n_repeats):
        rng.shuffle(shuffled)
        order = order[shuffled]
        orders[repeat] = order
    return rows, orders


def _score(scorer, estimator, X, y, weight):
    args = () if y is None else (y,)
    if weight is None:
        return scorer(estimator, X, y)
    return scorer(estimator, X, *args, sample_weight=weight)


def _fallen_scores(estimator, X, y, weight, columns, orders, scorer):
    """Scores with each of `columns` in each of `orders`: a list of lists."""
    data = replaceable(X)
    found = []
    for j in columns:
        values = data.column(j)
        scores = []
        for order in orders:
            shuffled = values.take(order) if hasattr(values, "take") else values[order]
            scores.append(_score(scorer, estimator, data.replaced({j: shuffled}), y, weight))
        found.append(scores)
    return found


@checked(
    estimator=has_methods("fit"),
    scoring=string | callable_ | sequence | mapping | none,
    n_repeats=integer(1),
    n_jobs=integer() | none,
    random_state=random_state,
    sample_weight=array_like | none,
    max_samples=integer(1) | between(0, 1, closed="right"),
)
def permutation_importance(
    estimator,
    X,
    y,
    *,
    scoring=None,
    n_repeats=5,
    n_jobs=None,
    random_state=None,
    sample_weight=None,
    max_samples=1.0,
):
    """Importance of a column: by how much the score falls when the column is shuffled.

    Shuffling breaks what the column tells of y and of the other columns, and leaves its
    distribution. Of two columns that tell the same, neither is then important.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        Rows to score; better others than the estimator was fitted to.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
    scoring : str, callable, list, tuple or dict, default=None
        One metric or several, as in `check_scoring`; None is the estimator's ``score``. Several
        share the predictions.
    n_repeats : int, default=5
        How often each column is shuffled.
    n_jobs : int, default=None
        Workers, over the columns.
    random_state : None, int, RandomState or Generator, default=None
    sample_weight : array-like of shape (n_samples,), default=None
        Passed to the scorer.
    max_samples : int or float, default=1.0
        How many rows are drawn, without replacement, to be shuffled and scored; or the share of
        them.

    Returns
    -------
    Bunch, or for several metrics dict of str to Bunch
        ``importances`` of shape (n_features, n_repeats), and ``importances_mean`` and
        ``importances_std`` over repeats.

    Raises
    ------
    ValueError
        If `max_samples` is more than there are rows.

    References
    ----------
    Breiman, "Random forests", Machine Learning 45, 2001.

    Examples
    --------
    >>> from mlkit.inspection import permutation_importance
    >>> from mlkit.linear_model import LogisticRegression
    >>> X = [[1, 9, 9], [1, 9, 9], [1, 9, 9], [0, 9, 9], [0, 9, 9], [0, 9, 9]]
    >>> model = LogisticRegression().fit(X, [1, 1, 1, 0, 0, 0])
    >>> found = permutation_importance(model, X, [1, 1, 1, 0, 0, 0], random_state=0)
    >>> found.importances_mean.round(2)
    array([0.5, 0. , 0. ])
    """
    X = to_native(X)
    if not (is_dataframe(X) or issparse(X)):
        X = check_array(X, ensure_all_finite="allow-nan", dtype=None)
    n_rows, n_columns = X.shape
    check_consistent_length(X, y, sample_weight)
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max + 1)
    n_drawn = _n_drawn(max_samples, n_rows)
    scorer = check_scoring(estimator, scoring=scoring)
    baseline = _score(scorer, estimator, X, y, sample_weight)
    rows, orders = draw_rows(n_rows, n_drawn, n_repeats, seed)
    if rows is not None:
        X, y = safe_indexing(X, rows), None if y is None else safe_indexing(y, rows)
        sample_weight = None if sample_weight is None else safe_indexing(sample_weight, rows)
    # A worker gets the data once, for all of its columns.
    n_parts = min(n_columns, max(1, effective_n_jobs(n_jobs)))
    calls = [
        ((estimator, X, y, sample_weight, part.tolist(), orders, scorer), {})
        for part in np.array_split(np.arange(n_columns), n_parts)
    ]
    scores = [each for part in run_jobs(_fallen_scores, calls, n_jobs=n_jobs) for each in part]
    if not isinstance(baseline, dict):
        return _summary(baseline, np.array(scores))
    return {
        name: _summary(
            baseline[name], np.array([[each[name] for each in repeats] for repeats in scores])
        )
        for name in baseline
    }


def _n_drawn(max_samples, n_rows):
    if not isinstance(max_samples, numbers.Integral):
        return int(max_samples * n_rows)
    if max_samples > n_rows:
        raise ValueError(
            f"permutation_importance: max_samples={max_samples} is more than the {n_rows} rows "
            "there are; it must be <= n_samples"
        )
    return int(max_samples)


def _summary(baseline, scores):
    importances = baseline - scores
    return Bunch(
        importances_mean=importances.mean(axis=1),
        importances_std=importances.std(axis=1),
        importances=importances,
    )
