"""What decision trees share: parameters, limits, growing and walking."""

import math
import numbers
from abc import ABCMeta, abstractmethod

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted, check_sample_weight, num_samples
from .._core.bunch import Bunch
from .._core.domains import array_like, at_least, between, integer, none, one_of
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import clone, fitted, param
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.trees import exact
from .._engine.trees.forest_draws import RowDraws
from .._engine.trees.honest import estimate, halves
from .._engine.trees.prune import prune, pruning_path
from .._engine.trees.shap import TreeSum
from ._categories import CategoricalInput
from ._categories import categorical_features as categorical_features_
from ._view import Tree

_SEEDS = 2**31 - 1
# X of fewer values is put in order before other threads have begun.
_MANY_VALUES = 200_000
_SOME = integer(1) | between(0, 1, closed="right") | one_of("sqrt", "log2") | none

# Parameters of trees, for those who grow many of them too.
max_depth = param(None, integer(1) | none, "Greatest depth; None is no limit.")
min_samples_split = param(
    2,
    integer(2) | between(0, 1, closed="right"),
    "Rows that a node needs to be split; a float is a share of all rows, rounded up.",
)
min_samples_leaf = param(
    1,
    integer(1) | between(0, 1, closed="neither"),
    "Rows that each child needs; a float is a share of all rows, rounded up.",
)
min_weight_fraction_leaf = param(
    0.0, between(0, 0.5), "Share of the whole weight that each child needs."
)
max_leaf_nodes = param(
    None,
    integer(2) | none,
    "Leaves at most, the leaf whose split gains most being split first; None is no limit.",
)
min_impurity_decrease = param(
    0.0, at_least(0), "Decrease of impurity, times the node's share of the weight, of a split."
)
ccp_alpha = param(
    0.0, at_least(0), "Cost of a leaf: the subtree that minimises impurity plus this is kept."
)
max_bins = param(
    None,
    integer(2, 65_535) | none,
    "Columns of more values than this are cut between so many bins of about as many rows each, "
    "which is quicker where there are many rows; None looks at every cut.",
)
monotonic_cst = param(
    None,
    array_like | none,
    "For each feature 1 if predictions must not fall with it, -1 if they must not rise, 0 if free.",
)


honest = param(
    None,
    between(0, 1, closed="neither") | none,
    "Share of the rows that have no part in choosing splits, but whose targets alone say what the "
    "leaves predict; a leaf without such rows predicts what the nearest node above it with some "
    "would (Wager and Athey 2018). Other shares of rows and of weight are then of those that "
    "split. None: all rows do both.",
)


def max_features(default):
    """Parameter: number of features looked at in each node."""
    return param(
        default,
        _SOME,
        "Features drawn for each node: a number, a share, their square root or binary logarithm; "
        "None is all.",
    )


def n_drawn(value, n_features):
    """Number of features that a value of ``max_features`` means."""
    if value is None:
        return n_features
    if value == "sqrt":
        return max(1, int(math.sqrt(n_features)))
    if value == "log2":
        return max(1, int(math.log2(n_features)))
    if isinstance(value, numbers.Integral):
        return int(value)
    return max(1, int(value * n_features))


def limits_of(estimator, n_rows, n_features, total_weight):
    """`Limits` from the parameters of an estimator that has those of a tree."""
    e = estimator
    if getattr(e, "honest", None) is not None:
        n_rows, total_weight = n_rows * (1 - e.honest), total_weight * (1 - e.honest)
    fewest = e.min_samples_leaf
    if not isinstance(fewest, numbers.Integral):
        fewest = math.ceil(fewest * n_rows)
    to_split = e.min_samples_split
    if not isinstance(to_split, numbers.Integral):
        to_split = max(2, math.ceil(to_split * n_rows))
    return exact.Limits(
        max_depth=_SEEDS if e.max_depth is None else int(e.max_depth),
        min_samples_split=max(int(to_split), 2 * int(fewest)),
        min_samples_leaf=int(fewest),
        min_weight_leaf=float(e.min_weight_fraction_leaf * total_weight),
        min_impurity_decrease=float(e.min_impurity_decrease),
        max_leaf_nodes=-1 if e.max_leaf_nodes is None else int(e.max_leaf_nodes),
        max_features=min(n_drawn(e.max_features, n_features), n_features),
        random_cuts=e.splitter == "random",
    )


def signs_of(who, monotonic, n_features, n_classes, n_outputs):
    """The signs of ``monotonic_cst``, checked; None if all are 0."""
    if monotonic is None:
        return None
    if n_outputs > 1:
        raise ValueError(f"{who}: monotonic_cst is for one output, y has {n_outputs}")
    if n_classes is not None and n_classes[0] > 2:
        raise ValueError(f"{who}: monotonic_cst is for two classes, y has {n_classes[0]}")
    signs = np.asarray(monotonic)
    if signs.shape != (n_features,):
        raise ValueError(
            f"{who}: monotonic_cst has the shape {signs.shape}, X has {n_features} features"
        )
    if not np.isin(signs, (-1, 0, 1)).all():
        raise ValueError(f"{who}: monotonic_cst must hold -1, 0 and 1, got {np.unique(signs)}")
    signs = signs.astype(np.int8)
    return signs if signs.any() and (n_classes is None or n_classes[0] == 2) else None


def check_counts(who, criterion, y):
    """Raise unless y can be Poisson's, if it should be."""
    if criterion == "poisson" and ((y < 0).any() or not y.sum() > 0):
        raise ValueError(f"{who}: criterion='poisson' needs y ≥ 0 with a positive sum")


def refuse_sparse_target(who, y):
    """Raise if y is a sparse matrix."""
    if issparse(y):
        raise TypeError(f"{who}: y must be dense, and sparse data was passed: use y.toarray()")


def finite_columns(who, X, *, lists, random_cuts=False, max_bins=None, categorical=(), n_threads=1):
    """`prepare`, refusing what float32 cannot hold."""
    columns = exact.prepare(
        X,
        lists=lists,
        random_cuts=random_cuts,
        max_bins=max_bins,
        categorical=categorical,
        n_threads=n_threads,
    )
    if not columns.finite:
        raise ValueError(
            f"{who}: Input X contains infinity or a value too large for dtype('float32')."
        )
    return columns


def threads_for(X):
    """Threads that are worth starting to put the columns of X in order."""
    return n_threads() if X.shape[0] * X.shape[1] > _MANY_VALUES else 1


def columns_for(who, X, limits, *, max_bins=None, categorical=(), n_threads=1):
    """`finite_columns` as trees of some limits are grown from quickest."""
    everything = limits.max_features == X.shape[1] and not limits.random_cuts
    return finite_columns(
        who,
        X,
        lists=None if everything else False,
        random_cuts=limits.random_cuts,
        max_bins=max_bins,
        categorical=categorical,
        n_threads=n_threads,
    )


class BaseDecisionTree(CategoricalInput, Estimator, metaclass=ABCMeta):
    """What decision trees share; see `DecisionTreeClassifier` and `DecisionTreeRegressor`."""

    traits = Traits(sparse=("csc", "csr"), missing=True, multi_output=True)

    splitter: str = param(
        "best",
        one_of("best", "random"),
        "Look at every cut of the drawn features, or at one random cut of each.",
    )
    max_depth: int = max_depth
    min_samples_split: float = min_samples_split
    min_samples_leaf: float = min_samples_leaf
    min_weight_fraction_leaf: float = min_weight_fraction_leaf
    max_features: object = max_features(None)
    random_state: object = shared.random_state
    max_leaf_nodes: int = max_leaf_nodes
    min_impurity_decrease: float = min_impurity_decrease
    ccp_alpha: float = ccp_alpha
    monotonic_cst: object = monotonic_cst
    honest: float = honest
    categorical_features: object = categorical_features_

    n_outputs_ = fitted("int", "Number of columns of y.")
    max_features_ = fitted("int", "Number of features drawn for each node.")
    tree_ = fitted("Tree", "The nodes, as arrays.")

    @abstractmethod
    def __init__(
        self,
        *,
        criterion,
        splitter,
        max_depth,
        min_samples_split,
        min_samples_leaf,
        min_weight_fraction_leaf,
        max_features,
        max_leaf_nodes,
        random_state,
        min_impurity_decrease,
        class_weight=None,
        ccp_alpha=0.0,
        monotonic_cst=None,
        honest=None,
        categorical_features=None,
    ):
        given = dict(locals())
        given.pop("self")
        vars(self).update(given)

    @abstractmethod
    def _encode(self, y):
        """y as codes or numbers of shape (n_samples, n_outputs), and the number of classes."""

    @abstractmethod
    def _criterion(self, n_classes):
        """The engine's criterion."""

    def _takes_missing(self, X):
        return not issparse(X)

    def _door(self, X):
        return {} if self._takes_missing(X) else {"missing": False}

    # ------------------------------------------------------------------------- fitting
    def _fit(self, X, y, sample_weight, check_input):
        refuse_sparse_target(type(self).__name__, y)
        if check_input or self.categorical_features is not None:
            X, y = self._check_table(X, y, **self._door(X))
        else:
            self._check_params()
            vars(self).pop("_columns", None)
            self.n_features_in_ = X.shape[1]
        y, n_classes = self._encode(y)
        weight = check_sample_weight(sample_weight, X)
        by_class = self._class_weights(y)
        if by_class is not None:
            weight = by_class if weight is None else weight * by_class
        self._grow(X, y, n_classes, weight)
        return self

    def _class_weights(self, y):
        return None

    def _grow(self, X, y, n_classes, weight):
        who, n_rows = type(self).__name__, num_samples(X)
        total = n_rows if weight is None else weight.sum()
        limits = limits_of(self, n_rows, self.n_features_in_, total)
        signs = signs_of(who, self.monotonic_cst, self.n_features_in_, n_classes, y.shape[1])
        limits = exact.Limits(**{**limits.__dict__, "monotonic": signs})
        ranked = self._ranked(X, signs)
        columns = columns_for(
            who, X.tocsc() if issparse(X) else X, limits, n_threads=threads_for(X)
        )
        seed = check_random_state(self.random_state).randint(_SEEDS)
        growing, criterion = weight, self._criterion(n_classes)
        if self.honest is not None:
            draws = RowDraws(X, y, weight, single=True)
            growing, estimating = halves(draws, seed, weight, self.honest)
        grow = exact.grow if ranked is None else ranked.grow
        trees = grow(columns, y, growing, criterion, limits, seed)
        if self.ccp_alpha > 0:
            trees = prune(trees, self.ccp_alpha)
        if self.honest is not None:
            rows = X.tocsr() if issparse(X) else X
            trees = estimate(trees, rows, y, estimating, criterion, signs)
        self._keep(trees, n_classes, y.shape[1])

    def _keep(self, trees, n_classes, n_outputs):
        """Store a tree."""
        self.n_outputs_ = n_outputs
        self.max_features_ = n_drawn(self.max_features, trees.n_features)
        self.tree_ = Tree(trees, n_classes or (1,) * n_outputs)

    # ------------------------------------------------------------------------- walking
    def _rows(self, X, check_input):
        if self._table is not None:
            return self._table.transform(self, X)
        if not check_input:
            return X
        if issparse(X) or not self._takes_missing(X):
            check_is_fitted(self)
            return self._check_X(X, sparse=("csr",), **self._door(X))
        return self._check_X(X)

    def _values(self, X, check_input=True):
        """Values of the rows' leaves, shape (n_samples, n_outputs * max_n_classes)."""
        X = self._rows(X, check_input)
        return self.tree_.trees.total(X)

    def _tree_sum(self, X):
        """The model as a sum of trees, for those who explain it."""
        X = self._rows(X, True)
        trees = self.tree_.trees
        return TreeSum(trees, X, np.zeros(trees.value[0].size))

    @abstractmethod
    def predict(self, X, check_input=True):
        """Return what the rows' leaves predict.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """

    def apply(self, X, check_input=True):
        """Return the leaf of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        ndarray of int64, shape (n_samples,)
            Numbers of nodes in ``tree_``.
        """
        X = self._rows(X, check_input)
        return self.tree_.apply(X)

    def decision_path(self, X, check_input=True):
        """Return the nodes that each row passes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        csr_matrix of shape (n_samples, n_nodes)
            1 where a row passes a node.
        """
        X = self._rows(X, check_input)
        return self.tree_.decision_path(X)

    # ------------------------------------------------------------------------- the tree
    def get_depth(self):
        """Return the number of edges from the root to the deepest leaf.

        Returns
        -------
        int
        """
        check_is_fitted(self)
        return self.tree_.max_depth

    def get_n_leaves(self):
        """Return the number of leaves.

        Returns
        -------
        int
        """
        check_is_fitted(self)
        return self.tree_.n_leaves

    @property
    def feature_importances_(self):
        """Decrease of impurity that each feature brought, of a sum of 1; 0 without splits."""
        check_is_fitted(self)
        return self.tree_.compute_feature_importances()

    def cost_complexity_pruning_path(self, X, y, sample_weight=None):
        """Return the values of ``ccp_alpha`` at which the pruned tree changes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        Bunch
            ``ccp_alphas`` and ``impurities``, the impurity of the leaves at each of them.
        """
        whole = clone(self).set_params(ccp_alpha=0.0).fit(X, y, sample_weight=sample_weight)
        alphas, impurities = pruning_path(whole.tree_.trees)
        return Bunch(ccp_alphas=alphas, impurities=impurities)
