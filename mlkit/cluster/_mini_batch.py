"""k-means on batches of rows."""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.domains import at_least, boolean, integer, none
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.shared import max_iter, tol
from .._engine.neighbors.lloyd import inertia_of, labels_and_inertia, points_of
from ._centroids import Centroids, say


@dataclass
class _Watch:
    """An exponentially weighted mean of the batches' inertia, and how long it has not fallen."""

    smoothing: float
    patience: int
    mean: float = None
    least: float = None
    stale: int = 0

    def add(self, inertia):
        """Take one more batch; return whether the mean has not fallen for too long."""
        if self.mean is None:
            self.mean = inertia
        else:
            self.mean += self.smoothing * (inertia - self.mean)
        if self.least is None or self.mean < self.least:
            self.least, self.stale = self.mean, 0
        else:
            self.stale += 1
        return self.patience is not None and self.stale >= self.patience


class MiniBatchKMeans(Centroids):
    """k-means on batches: each centre is the mean of the rows it was given so far.

    A batch of rows is labelled, and each centre moves to the weighted mean of all rows that were
    ever its own (D. Sculley, "Web-scale k-means clustering", WWW 2010). Centres with few rows are
    drawn anew from time to time.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.cluster import MiniBatchKMeans
    >>> X = np.repeat([[1.0], [10.0]], 50, axis=0)
    >>> model = MiniBatchKMeans(2, batch_size=20, random_state=0).fit(X)
    >>> sorted(model.cluster_centers_.ravel().tolist())
    [1.0, 10.0]
    """

    _random_starts = 3

    max_iter: int = max_iter(100, "Passes over the rows at most.")
    batch_size: int = param(1024, integer(1), "Rows of a batch.")
    compute_labels: bool = param(
        True, boolean, "Whether to label all rows once the centres are found."
    )
    tol: float = tol(
        0.0, "Sum of squared moves of centres, over the variance, at which to stop; 0 is never."
    )
    max_no_improvement: object = param(
        10,
        integer(0) | none,
        "Batches in a row without a lower smoothed inertia after which to stop; None is never.",
    )
    init_size: object = param(
        None,
        integer(1) | none,
        "Rows drawn for the seeds; None is three batches, or three rows a cluster if more.",
    )
    reassignment_ratio: float = param(
        0.01,
        at_least(0),
        "Centres with less than this share of the rows of the largest are drawn anew at times.",
    )

    n_iter_ = fitted("int", "Passes over the rows.")
    n_steps_ = fitted("int", "Batches.")

    # ------------------------------------------------------------------------ fitting
    def fit(self, X, y=None, sample_weight=None):
        """Find the centres on random batches of the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        points = points_of(X, check_sample_weight(sample_weight, X, dtype=X.dtype))
        given, init_size = self._begin(X)
        n_starts = self._n_starts()
        rng = check_random_state(self.random_state)
        centres = self._best_start(points, given, init_size, n_starts, rng)
        self._random_state, self._counts = rng, np.zeros(self.n_clusters, dtype=X.dtype)
        self._n_since_last_reassign = 0
        self._run(points, centres, rng)
        return self

    def _begin(self, X):
        """Check X against the parameters; return given centres and the rows for seeds."""
        self._check_n_rows(X)
        given = self._given_centres(X)
        self._batch_size = min(self.batch_size, X.shape[0])
        size = self.init_size
        if size is None:
            size = 3 * self._batch_size
            size = size if size >= self.n_clusters else 3 * self.n_clusters
        elif size < self.n_clusters:
            warnings.warn(
                f"{type(self).__name__}: init_size={size} should be larger than "
                f"n_clusters={self.n_clusters}; {min(3 * self.n_clusters, X.shape[0])} rows are "
                "drawn",
                RuntimeWarning,
                stacklevel=3,
            )
            size = 3 * self.n_clusters
        return given, min(size, X.shape[0])

    def _best_start(self, points, given, init_size, n_starts, rng):
        """Of several starts the one with the least inertia on rows drawn for that."""
        judged = points.take(rng.randint(0, points.shape[0], init_size))
        best, least = None, math.inf
        for start in range(n_starts):
            centres = self._first_centres(points, given, rng, init_size=init_size)
            inertia = labels_and_inertia(judged, centres)[1]
            if self.verbose:
                say(f"Inertia for init {start + 1}/{n_starts}: {inertia}")
            if best is None or inertia < least:
                best, least = centres, inertia
        return best

    def _run(self, points, centres, rng):
        n, tol = points.shape[0], self._scaled_tol(points.X)
        watch = _Watch(min(1.0, 2.0 * self._batch_size / (n + 1)), self.max_no_improvement)
        n_steps = self.max_iter * n // self._batch_size
        # Rows are drawn by their weights and then count alike.
        share, alike = points.probability(), points_of(points.X)
        for step in range(1, n_steps + 1):
            batch = alike.take(rng.choice(n, self._batch_size, p=share))
            updated, inertia = self._step(batch, centres, rng)
            shift = float(((updated.astype(np.float64) - centres) ** 2).sum()) if tol else 0.0
            centres = updated
            inertia /= self._batch_size
            if self.verbose:
                say(f"Minibatch step {step}/{n_steps}: mean batch inertia: {inertia}")
            # The first batch's inertia is that of the seeds.
            if step > 1 and (watch.add(inertia) or (tol and shift <= tol)):
                if self.verbose:
                    reason = (
                        "small centers change" if tol and shift <= tol else "lack of improvement"
                    )
                    say(f"Converged ({reason}) at step {step}/{n_steps}")
                break
        self.cluster_centers_, self.n_steps_ = centres, step
        self.n_iter_ = math.ceil(step * self._batch_size / n)
        if self.compute_labels:
            self.labels_, self.inertia_ = labels_and_inertia(points, centres)
        else:
            vars(self).pop("labels_", None)
            self.inertia_ = (watch.mean if watch.mean is not None else inertia) * n

    def _step(self, batch, centres, rng):
        """Centres after one batch, and its inertia under the centres before."""
        reassign = self._is_time_to_reassign() and self.reassignment_ratio > 0
        labels = np.zeros(batch.shape[0], dtype=np.int32)
        centres = np.ascontiguousarray(centres, dtype=batch.X.dtype)
        sums, totals = batch.gather(centres, labels)
        inertia = inertia_of(batch, centres, labels)
        counts = self._counts.astype(np.float64)
        seen = totals > 0
        updated = centres.astype(np.float64)
        updated[seen] = (updated * counts[:, None] + sums)[seen] / (counts + totals)[seen, None]
        updated = updated.astype(centres.dtype)
        self._counts = (counts + totals).astype(self._counts.dtype)
        if reassign:
            self._reassign(batch, updated, rng)
        return updated, inertia

    def _is_time_to_reassign(self):
        self._n_since_last_reassign += self._batch_size
        if (self._counts == 0).any() or self._n_since_last_reassign >= 10 * self.n_clusters:
            self._n_since_last_reassign = 0
            return True
        return False

    def _reassign(self, batch, centres, rng):
        """Draw centres with few rows anew from the batch, in place; half of its rows at most."""
        counts, n = self._counts, batch.shape[0]
        weak = counts < self.reassignment_ratio * counts.max()
        if weak.sum() > n / 2:
            weak[np.argsort(counts)[n // 2 :]] = False
        if weak.any():
            rows = rng.choice(n, replace=False, size=int(weak.sum()))
            if self.verbose:
                say(f"[MiniBatchKMeans] Reassigning {weak.sum()} cluster centers.")
            centres[weak] = batch.values(rows)
        # Not to zero, lest they be drawn anew at once.
        counts[weak] = counts[~weak].min()

    def partial_fit(self, X, y=None, sample_weight=None):
        """Move the centres by one batch.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        first = not hasattr(self, "cluster_centers_")
        X = self._check_fit(X, reset=first)
        points = points_of(X, check_sample_weight(sample_weight, X, dtype=X.dtype))
        if first:
            given, init_size = self._begin(X)
            self._random_state = check_random_state(self.random_state)
            self._counts = np.zeros(self.n_clusters, dtype=X.dtype)
            self._n_since_last_reassign, self.n_steps_ = 0, 0
            centres = self._first_centres(points, given, self._random_state, init_size=init_size)
        else:
            centres = self.cluster_centers_
        self._batch_size = X.shape[0]
        self.cluster_centers_, _ = self._step(points, centres, self._random_state)
        self.n_steps_ += 1
        if self.compute_labels:
            self.labels_, self.inertia_ = labels_and_inertia(points, self.cluster_centers_)
        return self
