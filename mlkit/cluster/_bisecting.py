"""k-means that splits one cluster in two, again and again."""

import warnings
from dataclasses import dataclass

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.domains import callable_, integer, one_of
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._engine.neighbors.lloyd import lloyd, points_of
from ._centroids import Centroids, algorithm, copy_x, say
from ._kmeans import centred

# A start must be better than the best so far by more than its rounding.
_BETTER = 1 - 1e-6


@dataclass
class Branch:
    """A cluster and, once it was split, its halves."""

    rows: np.ndarray
    centre: np.ndarray
    worth: float
    halves: tuple = ()
    label: int = -1

    def leaves(self):
        """Clusters that were not split, from left to right."""
        stack, found = [self], []
        while stack:
            branch = stack.pop()
            if branch.halves:
                stack.extend(reversed(branch.halves))
            else:
                found.append(branch)
        return found


class BisectingKMeans(Centroids):
    """k-means by halves: the worst cluster is split in two until there are `n_clusters`.

    (M. Steinbach, G. Karypis and V. Kumar, "A comparison of document clustering techniques", KDD
    workshop on text mining 2000.) A row is predicted by going down the splits.

    Examples
    --------
    >>> from mlkit.cluster import BisectingKMeans
    >>> model = BisectingKMeans(3, random_state=0).fit([[1.0], [2.0], [10.0], [20.0], [21.0]])
    >>> sorted(model.cluster_centers_.ravel().tolist())
    [1.5, 10.0, 20.5]
    """

    init: object = param(
        "random",
        one_of("k-means++", "random") | callable_,
        "First centres of a split: rows drawn by their distances, at random, or a function of X, "
        "n_clusters and random_state.",
    )
    n_init: int = param(1, integer(1), "Starts of each split, of which the best is kept.")
    copy_x: bool = copy_x
    algorithm: str = algorithm
    bisecting_strategy: str = param(
        "biggest_inertia",
        one_of("biggest_inertia", "largest_cluster"),
        "Which cluster is split: that with the largest sum of squared distances, or most rows.",
    )

    n_iter_ = fitted("int", "Rounds of the split that took most.")

    def fit(self, X, y=None, sample_weight=None):
        """Split the rows until there are `n_clusters` clusters.

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
        self._check_n_rows(X)
        weight = check_sample_weight(sample_weight, X, dtype=X.dtype)
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warnings.warn(
                f"{type(self).__name__}: algorithm='elkan' doesn't make sense for a single "
                "cluster; 'lloyd' is used",
                RuntimeWarning,
                stacklevel=2,
            )
        rng = check_random_state(self.random_state)
        with centred(X, not self.copy_x) as (rows, shift):
            points = points_of(rows, weight)
            mean = np.asarray(rows.mean(axis=0)).ravel().astype(X.dtype)
            self.n_iter_ = 1
            self._tree = Branch(np.arange(X.shape[0]), mean, 0.0)
            for _ in range(self.n_clusters - 1):
                self._split(points, max(self._tree.leaves(), key=lambda leaf: leaf.worth), rng)
            self._store(points, shift)
        return self

    def _split(self, points, branch, rng):
        inside = points.take(branch.rows)
        best = None
        for _ in range(self.n_init):
            first = self._first_centres(inside, None, rng, k=2)
            found = lloyd(
                inside,
                first,
                max_iter=self.max_iter,
                tol=self.tol,
                by_bounds=self.algorithm == "elkan",
                report=say if self.verbose else None,
            )
            if best is None or found.inertia < best.inertia * _BETTER:
                best = found
        self.n_iter_ = max(self.n_iter_, best.n_iter)
        if self.verbose:
            say(f"New centroids from bisection: {best.centres}")
        if self.bisecting_strategy == "largest_cluster":
            worth = np.bincount(best.labels, minlength=2)
        else:
            squares = inside.own_squares(best.centres, best.labels)
            squares = squares if inside.weight is None else squares * inside.weight
            worth = np.bincount(best.labels, squares, minlength=2)
        branch.halves = tuple(
            Branch(branch.rows[best.labels == half], best.centres[half], float(worth[half]))
            for half in range(2)
        )

    def _store(self, points, shift):
        labels = np.full(points.shape[0], -1, dtype=np.int32)
        leaves = self._tree.leaves()
        for label, leaf in enumerate(leaves):
            labels[leaf.rows], leaf.label = label, label
        centres = np.array([leaf.centre for leaf in leaves])
        squares = points.own_squares(centres, labels)
        self.inertia_ = float(
            squares.sum() if points.weight is None else (squares * points.weight).sum()
        )
        self.labels_ = labels
        self.cluster_centers_ = centres if shift is None else centres + shift
        self._shift = shift
        self._forget_rows(self._tree)

    def _forget_rows(self, root):
        """Rows of branches are not needed any more."""
        stack = [root]
        while stack:
            branch = stack.pop()
            branch.rows = None
            stack.extend(branch.halves)

    def predict(self, X):
        """Return the cluster of each row: at each split that of the nearer half.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        X = self._check_X(X)
        if self._shift is not None and not issparse(X):
            X = X - self._shift.astype(X.dtype)
        labels = np.full(X.shape[0], -1, dtype=np.int32)
        stack = [(self._tree, np.arange(X.shape[0]))]
        while stack:
            branch, rows = stack.pop()
            if not branch.halves:
                labels[rows] = branch.label
            elif len(rows):
                side = np.zeros(len(rows), dtype=np.int32)
                centres = np.array([half.centre for half in branch.halves])
                if self._shift is not None and issparse(X):
                    centres = centres + self._shift
                points_of(X[rows]).assign(centres, side)
                for number, half in enumerate(branch.halves):
                    stack.append((half, rows[side == number]))
        return labels
