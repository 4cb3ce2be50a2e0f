"""Outliers are isolated by few random cuts."""

import math
import numbers
import warnings
from dataclasses import replace

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.domains import between, boolean, integer, one_of
from .._core.params import fitted, param
from .._core.roles import OutlierDetector
from .._core.sampling import sample_without_replacement
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.trees import exact, forest
from .._engine.trees.blocks import add_many
from .._engine.trees.forest_draws import RowDraws
from .._engine.trees.structure import Trees
from ..tree import _base as tree_parts
from ..tree._tree import ExtraTreeRegressor
from ..tree._view import Tree
from ._forest import n_estimators, walkers, workers
from ._repeated import MAX_SEED, BaseEnsemble

_EULER = 0.577215664901532860606512090082402431


def mean_path_length(n):
    """Mean number of cuts that isolate one of n rows: ``2 H(n − 1) − 2 (n − 1) / n``.

    The harmonic number H is taken as ``log(n − 1) + γ``, as Liu, Ting and Zhou have it; 0 for one
    row and 1 for two.

    Parameters
    ----------
    n : ndarray of numbers

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble._isolation import mean_path_length
    >>> mean_path_length(np.array([1, 2, 256])).round(3).tolist()
    [0.0, 1.0, 10.245]
    """
    n = np.asarray(n, dtype=np.float64)
    many = np.maximum(n, 3.0)
    length = 2.0 * (np.log(many - 1.0) + _EULER) - 2.0 * (many - 1.0) / many
    return np.where(n > 2, length, np.where(n == 2, 1.0, 0.0))


def _exact_in_sums(length):
    """Lengths as multiples of 2⁻³⁶, of which thousands add up without rounding.

    A row that is as deep everywhere as rows are on average has the score −0.5 to the bit.
    """
    return np.rint(length * 2.0**36) / 2.0**36


def _quantile(scores, share, weight):
    """The score below which a share of the rows lies, between those of two rows linearly.

    Weights that are whole numbers say how often a row is there; others are not looked at.
    """
    if weight is None or (weight != np.rint(weight)).any():
        return np.percentile(scores, 100.0 * share)
    order = np.argsort(scores)
    ends = np.cumsum(weight[order], dtype=np.float64)
    place = share * (ends[-1] - 1.0)
    first, second = np.searchsorted(ends, [np.floor(place), np.floor(place) + 1.0], "right")
    last = len(scores) - 1
    low, high = scores[order[min(first, last)]], scores[order[min(second, last)]]
    return low + (place - np.floor(place)) * (high - low)


class IsolationForest(OutlierDetector, BaseEnsemble):
    """Outliers as rows that few random cuts isolate: the score is ``−2^(−E h(x) / c(ψ))``.

    Each tree cuts ψ rows at random until they are alone; h(x) is the depth of the leaf of x, with
    the mean depth that its rows would still need, and c(ψ) the mean of h over trees of ψ rows.

    References
    ----------
    Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008). Isolation forest. ICDM.
    Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2012). Isolation-based anomaly detection. ACM
    Transactions on Knowledge Discovery from Data 6.

    Examples
    --------
    >>> from mlkit.ensemble import IsolationForest
    >>> X = [[-1.1], [0.3], [0.5], [100.0]]
    >>> IsolationForest(random_state=0).fit(X).predict([[0.1], [0.0], [90.0]])
    array([ 1,  1, -1])
    """

    traits = Traits(sparse=("csc", "csr"), missing=True)
    estimator = None  # there is no parameter of this name

    n_estimators: int = param(100, integer(1), n_estimators.doc)
    max_samples: object = param(
        "auto",
        one_of("auto") | integer(1) | between(0, 1, closed="right"),
        'Rows drawn for each tree: a number, or a share; "auto" is 256, or all if there are fewer.',
    )
    contamination: object = param(
        "auto",
        one_of("auto") | between(0, 0.5, closed="right"),
        'Share of the training rows that are outliers; "auto" puts the limit of scores at −0.5.',
    )
    max_features: object = param(
        1.0,
        integer(1) | between(0, 1, closed="right"),
        "Features drawn for each tree: a number, or a share.",
    )
    bootstrap: bool = param(False, boolean, "Whether rows are drawn with replacement.")
    n_jobs: int = shared.n_jobs
    random_state: object = shared.random_state
    verbose: int = shared.verbose
    warm_start: bool = shared.warm_start

    estimator_ = fitted("ExtraTreeRegressor", "The tree that is repeated, not fitted.")
    estimators_features_ = fitted("list of (n_features,)", "The features of each tree.")
    max_samples_ = fitted("int", "Rows drawn for each tree.")
    offset_ = fitted("float", "Rows whose `score_samples` are below it are outliers.")

    # ------------------------------------------------------------------------- the trees
    def __sklearn_is_fitted__(self):
        return "_depths" in vars(self)

    def __getstate__(self):
        state = super().__getstate__()
        for made_again in ("_estimators", "_depths"):
            state.pop(made_again, None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_trees" in vars(self):
            self._depths = self._with_depths()

    def _default_model(self):
        return ExtraTreeRegressor(max_features=1, splitter="random")

    @property
    def estimators_(self):
        """The trees, as fitted estimators of their own features."""
        if "_trees" not in vars(self):
            raise AttributeError("IsolationForest has no estimators_ before fit")
        if "_estimators" not in vars(self):
            self._estimators = [self._tree_model(i) for i in range(self._trees.n_trees)]
        return self._estimators

    def _tree_model(self, i):
        model = self._make_estimator(append=False, random_state=_state(self._seeds[i]))
        model.max_depth = self._max_depth()
        own = self._trees.tree(i)
        columns = self.estimators_features_[i]
        place = np.zeros(self.n_features_in_, dtype=np.int32)
        place[columns] = np.arange(len(columns))
        feature = np.where(own.feature < 0, -2, place[own.feature]).astype(np.int32)
        model.n_features_in_ = len(columns)
        model.n_outputs_ = model.max_features_ = 1
        model.tree_ = Tree(replace(own, feature=feature, n_features=len(columns)), (1,))
        return model

    @property
    def estimators_samples_(self):
        """The rows drawn for each tree, drawn again at each call rather than kept."""
        check_is_fitted(self)
        return [self._draws(_state(seed))[1] for seed in self._seeds]

    def _draws(self, rng):
        """Features and rows of the tree of a generator that was just seeded."""
        columns = sample_without_replacement(
            self.n_features_in_, self._max_features, random_state=rng
        )
        if self.bootstrap:
            return columns, self._row_draws.bootstrap(rng, self.max_samples_)
        return columns, self._row_draws.without_replacement(rng, self.max_samples_)

    def __len__(self):
        return self._trees.n_trees

    # ------------------------------------------------------------------------- fitting
    def fit(self, X, y=None, sample_weight=None):
        """Grow the trees, and find the limit of the scores.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rounded to float32. NaN is missing, if X is dense.
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            Whole numbers say how often a row is there; others are odds with which rows are drawn.

        Returns
        -------
        self
        """
        X = self._check_fit(X, **self._door(X))
        weight = check_sample_weight(sample_weight, X, non_negative=True)
        self._row_draws = RowDraws(X, None, weight, single=True)
        target = self._row_draws.numbers(check_random_state(self.random_state))
        self.max_samples_ = self._count_rows(weight)
        self._max_features = self._count_columns()
        self._validate_estimator()
        known = vars(self).get("_trees") if self.warm_start else None
        seeds = self._new_seeds(0 if known is None else known.n_trees)
        if len(seeds):
            self._add_trees(known, X, target, seeds)
        self._depths = self._with_depths()
        if self.contamination == "auto":
            self.offset_ = -0.5
        else:
            scores = self._scores(X.tocsr() if issparse(X) else X)
            self.offset_ = _quantile(scores, self.contamination, weight)
        return self

    def _door(self, X):
        return {"missing": False} if issparse(X) else {}

    def _count_rows(self, weight):
        wanted, n_rows = self.max_samples, self._row_draws.total
        if weight is not None and not self.bootstrap:
            # With odds, no other rows can be drawn than those that have any.
            n_rows = n_rows if self._row_draws.cdf is None else np.count_nonzero(weight)
        if wanted == "auto":
            return min(256, n_rows)
        if not isinstance(wanted, numbers.Integral):
            return max(1, int(wanted * n_rows))
        if wanted > n_rows:
            warnings.warn(
                f"IsolationForest: max_samples={wanted} is more than the {n_rows} rows of X: all "
                "are used",
                UserWarning,
                stacklevel=3,
            )
            return n_rows
        return int(wanted)

    def _count_columns(self):
        wanted, n_features = self.max_features, self.n_features_in_
        if not isinstance(wanted, numbers.Integral):
            return max(1, int(wanted * n_features))
        if wanted > n_features:
            raise ValueError(
                f"IsolationForest: max_features={wanted} is more than the {n_features} columns of X"
            )
        return int(wanted)

    def _new_seeds(self, n_known):
        n_more = self.n_estimators - n_known
        if n_more < 0:
            raise ValueError(
                f"IsolationForest: n_estimators={self.n_estimators} must be at least the {n_known} "
                "trees there are when warm_start=True"
            )
        if n_more == 0:
            warnings.warn(
                f"IsolationForest: warm_start=True and n_estimators={self.n_estimators} trees are "
                "there: none is grown",
                UserWarning,
                stacklevel=3,
            )
            return np.array([], dtype=np.int64)
        rng = check_random_state(self.random_state)
        if n_known:
            rng.randint(MAX_SEED, size=n_known)
        return rng.randint(MAX_SEED, size=n_more)

    def _add_trees(self, known, X, target, seeds):
        rows_of = X.tocsr() if issparse(X) else X
        limits = exact.Limits(
            max_depth=self._max_depth(),
            max_features=1,
            random_cuts=True,
        )

        def grow(i):
            # One generator a tree, seeded anew: to make one takes longer than to search a node.
            rng = _state(seeds[i])
            columns, rows = self._draws(rng)
            rng.seed(seeds[i])
            rng.seed(rng.randint(MAX_SEED))
            seed = rng.randint(MAX_SEED)
            return columns, _grow_on(rows_of, target, rows, columns, limits, seed)

        grown = forest.run_side_by_side(grow, len(seeds), workers(self.n_jobs))
        if known is None:
            self.estimators_features_, self._seeds = [], seeds
        else:
            self._seeds = np.concatenate([self._seeds, seeds])
        self.estimators_features_ += [columns for columns, _ in grown]
        own = [] if known is None else [known]
        self._trees = Trees.concatenate([*own, *(tree for _, tree in grown)])
        vars(self).pop("_estimators", None)

    def _max_depth(self):
        """The mean depth of a tree: what lies deeper is no outlier."""
        return math.ceil(math.log2(max(self.max_samples_, 2)))

    def _with_depths(self):
        """The trees with h at their leaves for values."""
        trees = self._trees
        # A row drawn twice is one row to isolate, as in scikit-learn; where rows are alike it is
        # as many as drawn, so that a row of weight 2 is the row twice.
        rows = trees.n_samples if self._row_draws.group is None else trees.weight
        depth = trees.depths() + _exact_in_sums(mean_path_length(rows))
        return replace(trees, value=depth[:, None, None])

    # ------------------------------------------------------------------------- scores
    def _rows(self, X):
        check_is_fitted(self)
        if issparse(X):
            return self._check_X(X, sparse=("csr",), **self._door(X))
        return self._check_X(X)

    def _scores(self, X):
        depth = np.zeros((X.shape[0], 1))
        add_many(self._depths, depth, X, n_threads=walkers(self.n_jobs, X, self._trees.n_trees))
        depth = depth[:, 0]
        whole = self._trees.n_trees * float(_exact_in_sums(mean_path_length(self.max_samples_)))
        if whole == 0:  # trees of one row tell none apart
            return np.full(len(depth), -0.5)
        return -(2.0 ** (-depth / whole))

    def score_samples(self, X):
        """Return ``−2^(−E h(x) / c(ψ))``: the lower, the more of an outlier.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Between −1 and 0.
        """
        return self._scores(self._rows(X))

    def decision_function(self, X):
        """Return ``score_samples(X) − offset_``, negative for outliers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return −1 for outliers and 1 for the others.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        outlier = self.decision_function(X) < 0
        return np.where(outlier, -1, 1)


def _state(seed):
    return np.random.RandomState(seed)


def _grow_on(X, target, rows, columns, limits, seed):
    """A tree on some rows and columns; its features are columns of X."""
    rows, counts = np.unique(rows, return_counts=True)
    whole = len(columns) == X.shape[1]
    part = X[rows] if whole else X[rows][:, columns]
    part = part.tocsc() if issparse(part) else part
    prepared = tree_parts.columns_for("IsolationForest", part, limits)
    tree = exact.grow(
        prepared,
        target[rows],
        counts.astype(np.float64),
        exact.SquaredError(),
        limits,
        seed,
    )
    if whole:
        return tree
    feature = np.where(tree.feature < 0, -2, columns[tree.feature]).astype(np.int32)
    return replace(tree, feature=feature, n_features=X.shape[1])
