"""Gradient boosting of rankings: documents of a query, the best to come first."""

import numpy as np

from .._core import arrays
from .._core.arrays import check_is_fitted, check_sample_weight, num_samples
from .._core.callbacks import with_callbacks
from .._core.domains import above, between, boolean, callable_, integer, none, one_of
from .._core.params import fitted, param
from .._core.tags import Traits
from .._engine.loss.ranking import LambdaLoss, Queries, SoftmaxLoss
from ..model_selection import GroupShuffleSplit
from ._boosting_rounds import HistGradientBoosting

# Grades above it have gains whose differences double precision does not hold.
_MOST_GRADE = 50


class HistGradientBoostingRanker(HistGradientBoosting):
    """Sum of trees that ranks the documents of each query by falling score.

    Pairs of a query are weighed by ``|ΔNDCG|``, what exchanging the two would change of the
    normalised discounted gain ``Σ gain / log₂(1 + rank)``: the loss is
    ``Σ |ΔNDCG| log(1 + exp(−σ (z_i − z_j)))`` over pairs with document i better than j
    (LambdaMART). Trees, bins, missing values and categories are those of
    `HistGradientBoostingRegressor`.

    A query weighs the mean of its rows' sample weights, so that one of weight 2 counts as the
    query twice; a pair in it weighs the geometric mean of its rows' weights, relative to that, and
    rows of weight 0 have no rank. Early stopping holds whole queries out; with one query only it
    scores the training rows.

    References
    ----------
    Burges, C. J. C. (2010). From RankNet to LambdaRank to LambdaMART: an overview. Microsoft
    Research MSR-TR-2010-82. Bruch, S., Wang, X., Bendersky, M. & Najork, M. (2019). An analysis of
    the softmax cross entropy loss for learning-to-rank with binary relevance. ICTIR.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble import HistGradientBoostingRanker
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3))
    >>> y = (X[:, 0] > 0.5).astype(int) + (X[:, 0] > 1)
    >>> model = HistGradientBoostingRanker(max_iter=20).fit(X, y, group=[20] * 20)
    >>> bool(model.score(X, y, group=[20] * 20) > 0.99)
    True
    """

    traits = Traits(missing=True, requires_y=True, positive_y=True)

    loss: str = param(
        "lambdarank",
        one_of("lambdarank", "softmax"),
        'By pairs; or "softmax": −Σ p log softmax(z) of each query, p the shares of its documents '
        "in its gains.",
        kw_only=False,
    )
    gain: str = param(
        "exponential",
        one_of("exponential", "linear"),
        "What a document of grade y is worth: 2^y − 1, or y.",
    )
    truncation: int = param(
        30, integer(1), "Of each pair one ranks among so many first; ``lambdarank`` alone."
    )
    sigmoid: float = param(1.0, above(0), "σ, how steep the loss of a pair is.")
    normalize: bool = param(
        True,
        boolean,
        "Whether a pair counts less the farther its scores are apart, and a query as the logarithm "
        "of what its pairs add up to.",
    )
    eval_at: int = param(10, integer(1), "Ranks that ``score`` and early stopping count.")
    scoring: object = param(
        "ndcg",
        one_of("ndcg", "loss") | callable_,
        "What early stopping looks at: NDCG of the first `eval_at`, the loss, or a function of y, "
        "the scores and the numbers of the queries, higher is better.",
    )
    validation_fraction: object = param(
        0.1,
        between(0, 1, closed="neither") | integer(1) | none,
        "Share or number of queries held out for early stopping; None scores the training rows.",
    )

    n_queries_ = fitted("int", "Queries that were fitted.")

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        group=None,
        qid=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        group_val=None,
        qid_val=None,
    ):
        """Fit the trees.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            NaN is missing.
        y : array-like of shape (n_samples,)
            Grades, at least 0.
        sample_weight : array-like of shape (n_samples,), default=None
        group : array-like of int, default=None
            Number of rows of each query, where rows come query by query.
        qid : array-like of shape (n_samples,), default=None
            Query of each row, in any order. Without either, all rows are of one query.
        X_val, y_val : as X and y, default=None
            Rows on which early stopping scores, in place of some of the queries.
        sample_weight_val, group_val, qid_val : array-like, default=None
            Their weights and queries.

        Returns
        -------
        self
        """
        began_anew = not (self.warm_start and self._has_rounds())
        rows = self._training_rows(X, y, sample_weight)
        rows.groups = self._query_numbers(len(rows.X), group, qid)
        held = self._held_rows(X_val, y_val, sample_weight_val)
        if held is not None:
            held.groups = self._query_numbers(len(held.X), group_val, qid_val, "_val")
        self.n_queries_ = len(np.unique(rows.groups))
        return self._fit_rows(rows, held, began_anew)

    def refit(self, X, y, sample_weight=None, *, decay=0.9, group=None, qid=None):
        """Give the trees' leaves new values for new rows; the splits stay.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        decay : float, default=0.9
            Share of the old values, from 0 to 1.
        group, qid : array-like, default=None
            As in `fit`.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        rows = self._other_rows(X, y, sample_weight)
        rows.groups = self._query_numbers(len(rows.X), group, qid)
        return self._refit_rows(rows, decay)

    def _query_numbers(self, n_rows, group, qid, ending=""):
        who = f"{type(self).__name__}.fit"
        if group is not None and qid is not None:
            raise ValueError(f"{who} got group{ending} and qid{ending}; give one of them")
        if qid is not None:
            labels = np.asarray(qid)
            if labels.shape != (n_rows,):
                raise ValueError(
                    f"{who}: qid{ending} has shape {labels.shape}; one query for each of the "
                    f"{n_rows} rows is wanted"
                )
            return np.unique(labels, return_inverse=True)[1]
        if group is None:
            return np.zeros(n_rows, dtype=np.intp)
        sizes = np.asarray(group)
        whole = sizes.ndim == 1 and sizes.dtype.kind in "iu" and (sizes >= 0).all()
        if not whole or sizes.sum() != n_rows:
            raise ValueError(
                f"{who}: group{ending} must hold the numbers of rows of the queries, in order, "
                f"which add up to {n_rows}; they add up to {sizes.sum()}"
            )
        return np.repeat(np.arange(len(sizes)), sizes)

    def _check_y(self, y):
        return arrays.check_target(self, y, numeric=True)

    def _encode(self, y):
        self._n_outputs = 1
        return self._gains(y)

    _encode_more = _encode

    def _gains(self, y):
        y = np.asarray(y, dtype=np.float64)
        most = _MOST_GRADE if self.gain == "exponential" else np.inf
        if not ((y >= 0) & (y <= most)).all():
            raise ValueError(
                f"{type(self).__name__}: y holds grades from 0"
                + (f" to {most} for gain='exponential'" if np.isfinite(most) else "")
                + f"; they run from {y.min()} to {y.max()}"
            )
        return np.exp2(y) - 1 if self.gain == "exponential" else y

    def _loss_of(self, rows):
        queries = Queries(rows.y, rows.groups, rows.weight)
        if self.loss == "softmax":
            return SoftmaxLoss(queries)
        return LambdaLoss(queries, self.sigmoid, self.truncation, self.normalize)

    def _split(self, rows):
        if self.n_queries_ < 2:
            return rows, None
        splits = GroupShuffleSplit(
            1, test_size=self.validation_fraction, random_state=int(self._random_seed)
        )
        train, held = next(splits.split(rows.y, groups=rows.groups))
        return rows.take(train), rows.take(held)

    def _scores(self, booster, rows, held, table):
        if not self.do_early_stopping_:
            return None
        watched = [(rows, booster.train, booster.loss)]
        if held is not None:
            watched.append((held, table, self._loss_of(held)))
        return _RankingScores(self, watched, booster.n_threads)

    def predict(self, X):
        """Return the score of each row, by whose fall the rows of a query are ranked.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,)
        """
        return self._raw_predict(X)[:, 0]

    def staged_predict(self, X):
        """Yield the scores after each round.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Yields
        ------
        ndarray of float64, shape (n_samples,)
        """
        for raw in self._staged_raw_predict(X):
            yield raw[:, 0]

    def score(self, X, y, sample_weight=None, *, group=None, qid=None):
        """Return the mean NDCG of the first `eval_at` over the queries that have a gain.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            A query weighs the mean of its rows.
        group, qid : array-like, default=None
            As in `fit`.

        Returns
        -------
        float
            1 if no query has a gain.
        """
        score = self.predict(X)
        gain = self._gains(self._check_y(y))
        arrays.check_consistent_length(score, gain)
        weight = check_sample_weight(sample_weight, score, dtype=np.float64)
        groups = self._query_numbers(num_samples(score), group, qid)
        return Queries(gain, groups, weight).ndcg(score, self.eval_at)


class _RankingScores:
    """Scores of training rows, and of those held out, after a round."""

    def __init__(self, model, watched, n_threads):
        self.model, self.watched, self.n_threads = model, watched, n_threads

    def __call__(self, trees):
        """(training score, held-out score or None) after the rounds so far."""
        scores = [self._score(*each) for each in self.watched]
        return (*scores, None)[:2]

    def _score(self, rows, table, loss):
        model = self.model
        if model.scoring == "loss":
            return -table.mean_loss(loss, self.n_threads)
        raw = np.ascontiguousarray(table.raw[:, 0])
        if model.scoring == "ndcg":
            return loss.queries.ndcg(raw, model.eval_at, self.n_threads)
        return model.scoring(rows.labels, raw, rows.groups)
