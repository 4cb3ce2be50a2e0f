"""Forests: trees that differ by drawn rows, features or cuts; the mean of what they predict."""

import numbers
import time
import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted, check_sample_weight, num_samples
from .._core.domains import above, boolean, callable_, instance_of, integer, mapping, none, one_of
from .._core.parallel import cpu_count, effective_n_jobs
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.scores import accuracy, r2
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import compute_class_weight, compute_sample_weight, type_of_target
from .._engine.trees import exact, forest, honest
from .._engine.trees.dependence import partial_dependence
from .._engine.trees.forest_draws import RowDraws, summable
from .._engine.trees.shap import TreeSum
from .._engine.trees.structure import Trees
from ..tree import _base as tree_parts
from ..tree._categories import CategoricalInput, categorical_features
from ..tree._tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
    class_criterion,
    class_criterion_of,
    encode_classes,
    labels_of,
    logarithms,
    number_criterion,
    number_criterion_of,
    split_outputs,
)
from ..tree._view import Tree
from ._oob_importance import OutOfBagImportances, importances_of_others, oob_importances
from ._prefixes import ForestPrefixes
from ._quantile_forest import ForestQuantiles, keep_targets
from ._repeated import MAX_SEED, BaseEnsemble
from ._shared_columns import threads_for

PARAMS_OF_TREES = (
    "criterion",
    "max_depth",
    "min_samples_split",
    "min_samples_leaf",
    "min_weight_fraction_leaf",
    "max_features",
    "max_leaf_nodes",
    "min_impurity_decrease",
    "random_state",
    "ccp_alpha",
    "monotonic_cst",
    "honest",
    "categorical_features",
)

n_estimators = param(100, integer(1), "Number of trees.", kw_only=False)
max_samples = param(
    None,
    integer(1) | above(0) | none,
    "Rows drawn for each tree: a number, or a share of the rows, of the sum of weights where there "
    "are any; None is as many as there are.",
)
oob_score = param(
    False,
    boolean | callable_,
    "Whether to predict each row by the trees that were grown without it, and score that; a "
    "function ``f(y_true, y_pred)`` is the score.",
)


def workers(n_jobs):
    """Threads that a value of ``n_jobs`` means: one by default, as many as there are at most."""
    return max(1, min(effective_n_jobs(n_jobs), cpu_count()))


def walkers(n_jobs, X, n_trees):
    """Threads for walking: what ``n_jobs`` says, or by default what so many steps are worth."""
    return threads_for(X, n_trees) if n_jobs is None or X.shape[0] == 1 else workers(n_jobs)


class BaseForest(CategoricalInput, BaseEnsemble):
    """What forests share: drawing, growing, and walking all trees at once.

    The nodes of all trees lie in one set of arrays; ``estimators_`` makes trees of it when it is
    asked for.
    """

    traits = Traits(sparse=("csc", "csr"), missing=True, multi_output=True)
    estimator_params = PARAMS_OF_TREES
    _tree_class = None

    n_estimators: int = n_estimators
    max_depth: int = tree_parts.max_depth
    min_samples_split: float = tree_parts.min_samples_split
    min_samples_leaf: float = tree_parts.min_samples_leaf
    min_weight_fraction_leaf: float = tree_parts.min_weight_fraction_leaf
    max_leaf_nodes: int = tree_parts.max_leaf_nodes
    min_impurity_decrease: float = tree_parts.min_impurity_decrease
    n_jobs: int = shared.n_jobs
    random_state: object = shared.random_state
    verbose: int = shared.verbose
    warm_start: bool = shared.warm_start

    estimator_ = fitted("estimator", "The tree that is repeated, not fitted.")
    n_outputs_ = fitted("int", "Number of columns of y.")

    estimator = None  # forests have no parameter of this name
    bootstrap = False
    max_samples = None
    honest = None

    # ------------------------------------------------------------------------- the trees
    def __sklearn_is_fitted__(self):
        return "_trees" in vars(self)

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("_estimators", None)  # made again from the nodes
        return state

    @property
    def estimators_(self):
        """The trees, as fitted estimators."""
        if "_trees" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no estimators_ before fit")
        if "_estimators" not in vars(self):
            self._estimators = [self._tree_model(i) for i in range(self._trees.n_trees)]
        return self._estimators

    @estimators_.setter
    def estimators_(self, models):
        self._trees = Trees.concatenate([model.tree_.trees for model in models])
        self._seeds = np.array([model.random_state for model in models])
        self._estimators = list(models)

    def _tree_model(self, i):
        """Tree i as an estimator; its classes are codes, as its leaves are the forest's."""
        model = self._make_estimator(append=False)
        model.random_state = int(self._seeds[i])
        model.n_features_in_ = self.n_features_in_
        if self._table is not None:
            model._columns, model.is_categorical_ = self._table, self.is_categorical_
            if hasattr(self, "feature_names_in_"):
                model.feature_names_in_ = self.feature_names_in_
        model.n_outputs_ = self.n_outputs_
        model.max_features_ = tree_parts.n_drawn(model.max_features, self.n_features_in_)
        counts = self._counts_of_classes()
        model.tree_ = Tree(self._trees.tree(i), counts or (1,) * self.n_outputs_)
        if counts:
            classes = [np.arange(n, dtype=np.float64) for n in counts]
            model.classes_ = classes[0] if len(counts) == 1 else classes
            model.n_classes_ = counts[0] if len(counts) == 1 else list(counts)
        return model

    def _counts_of_classes(self):
        """Number of classes of each output, None in regression."""
        return

    def __len__(self):
        return self._trees.n_trees

    def _default_model(self):
        return self._tree_class()

    # ------------------------------------------------------------------------- fitting
    def _takes_missing(self, X):
        return not issparse(X)

    def _door(self, X):
        return {} if self._takes_missing(X) else {"missing": False}

    def fit(self, X, y, sample_weight=None):
        """Grow the trees.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rounded to float32. NaN is missing, if X is dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            With `bootstrap`, whole numbers say how often a row is there, and so many rows are drawn
            for each tree; others are the odds of rows.

        Returns
        -------
        self
        """
        tree_parts.refuse_sparse_target(type(self).__name__, y)
        X, y = self._check_table(X, y, **self._door(X))
        weight = check_sample_weight(sample_weight, X, non_negative=self.bootstrap)
        return self._grow_forest(X, y, weight)

    def _grow_forest(self, X, y, weight):
        codes, n_classes, by_class = self._encode(y, weight)
        self._check_draws(X, y, codes, weight, by_class)
        if by_class is not None:
            by_class = summable(by_class, len(codes) if weight is None else weight.sum())
            weight = by_class if weight is None else weight * by_class
        self._validate_estimator()
        known = vars(self).get("_trees") if self.warm_start else None
        n_known = 0 if known is None else known.n_trees
        seeds = self._new_seeds(n_known)
        if len(seeds):
            grown = self._new_trees(X, codes, n_classes, weight, seeds)
            self._trees = Trees.concatenate([*([] if known is None else [known]), *grown])
            self._seeds = np.concatenate([self._seeds, seeds]) if n_known else np.array(seeds)
            vars(self).pop("_estimators", None)
        if getattr(self, "oob_score", False) and (len(seeds) or not hasattr(self, "oob_score_")):
            self._score_out_of_bag(X, y)
        for name in ("_kept_shares", "_kept_targets", "oob_importances_"):
            vars(self).pop(name, None)
        if getattr(self, "oob_importances", False):
            self._set_oob_importances(X, codes, weight, workers(self.n_jobs))
        if getattr(self, "keep_targets", False):
            self._keep(X, codes, weight)
        return self

    def _check_draws(self, X, y, codes, weight, by_class):
        who = type(self).__name__
        if not self.bootstrap and self.max_samples is not None:
            raise ValueError(f"{who}: max_samples is for bootstrap=True; leave it at None")
        if not self.bootstrap and getattr(self, "oob_score", False):
            raise ValueError(f"{who}: without bootstrap=True no row is out of bag: oob_score=False")
        if not self.bootstrap and getattr(self, "oob_importances", False):
            raise ValueError(f"{who}: oob_importances=True is for bootstrap=True: set both or none")
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        if self.bootstrap or self.honest is not None:
            self._draws = RowDraws(X, codes, weight, by_class, single=True)
        if self.bootstrap:
            self._n_drawn = self._count_rows(weight is None and by_class is None)

    def _count_rows(self, even):
        """Rows to draw for each tree."""
        if self.max_samples is None:
            return self._draws.n_draws
        if isinstance(self.max_samples, numbers.Integral):
            return int(self.max_samples)
        total = self._draws.mass
        count = max(int(self.max_samples * total), 1)
        if count < max(10, self._draws.n_rows ** (1 / 3)):
            what = "rows" if even else "sum of weights"
            warnings.warn(
                f"{type(self).__name__}: max_samples={self.max_samples} of the {what}, {total:g}, "
                f"draws {count} for each tree, which is few; give a whole number to be sure",
                UserWarning,
                stacklevel=5,
            )
        return count

    def _new_seeds(self, n_known):
        """Seeds of the trees to come, in the sequence that one fit of all would have."""
        n_more = self.n_estimators - n_known
        who = type(self).__name__
        if n_more < 0:
            raise ValueError(
                f"{who}: n_estimators={self.n_estimators} must be at least the {n_known} trees "
                "there are when warm_start=True"
            )
        if n_more == 0:
            warnings.warn(
                f"{who}: warm_start=True and n_estimators={self.n_estimators} trees are there: "
                "none is grown",
                UserWarning,
                stacklevel=4,
            )
            return []
        rng = check_random_state(self.random_state)
        if n_known:
            rng.randint(MAX_SEED, size=n_known)
        return [rng.randint(MAX_SEED) for _ in range(n_more)]

    def _new_trees(self, X, codes, n_classes, weight, seeds):
        model, who, n_rows = self._make_estimator(append=False), type(self).__name__, len(codes)
        if self.bootstrap:
            total = self._n_drawn
        else:
            total = n_rows if weight is None else weight.sum()
        limits = tree_parts.limits_of(model, n_rows, self.n_features_in_, total)
        signs = tree_parts.signs_of(
            who, model.monotonic_cst, self.n_features_in_, n_classes, codes.shape[1]
        )
        limits = exact.Limits(**{**limits.__dict__, "monotonic": signs})
        n_threads, criterion = workers(self.n_jobs), self._criterion(n_classes)
        ranked = self._ranked(X, signs)
        columns = tree_parts.columns_for(
            who,
            X.tocsc() if issparse(X) else X,
            limits,
            max_bins=getattr(self, "max_bins", None),
            categorical=() if ranked is None else ranked.features,
            n_threads=n_threads,
        )
        started = time.perf_counter()
        grown = forest.grow_many(
            columns,
            codes,
            criterion,
            limits,
            [check_random_state(seed).randint(MAX_SEED) for seed in seeds],
            lambda i: self._parts_of(seeds[i], weight, codes)[0],
            n_threads=n_threads,
            tell=self._tell(len(seeds)) if self.verbose > 1 else None,
            grow=exact.grow if ranked is None else ranked.grow,
        )
        if self.verbose:
            print(f"[{who}] {len(grown)} trees in {time.perf_counter() - started:.2f} s")
        if model.ccp_alpha > 0:
            grown = [tree_parts.prune(tree, model.ccp_alpha) for tree in grown]
        if self.honest is None:
            return grown
        X = X.tocsr() if issparse(X) else X

        def estimated(i):
            own = self._parts_of(seeds[i], weight, codes)[1]
            return honest.estimate(grown[i], X, codes, own, criterion, signs)

        return forest.run_side_by_side(estimated, len(grown), n_threads)

    def _tell(self, n_trees):
        return lambda i: print(f"[{type(self).__name__}] tree {i + 1} of {n_trees}")

    def _drawn_rows(self, seed):
        """The rows drawn for the tree of a seed."""
        return self._draws.bootstrap(check_random_state(int(seed)), self._n_drawn)

    def _weight_of(self, seed, weight, codes):
        """Weights of the rows for the tree of a seed."""
        if not self.bootstrap:
            return weight
        return self._draws.counts(check_random_state(int(seed)), self._n_drawn)

    def _parts_of(self, seed, weight, codes):
        """Weights of the rows for the splits of the tree of a seed, and for its leaves."""
        own = self._weight_of(seed, weight, codes)
        if self.honest is None:
            return own, own
        return honest.halves(self._draws, seed, own, self.honest)

    @property
    def estimators_samples_(self):
        """The rows drawn for each tree, drawn again at each call rather than kept."""
        check_is_fitted(self)
        if not self.bootstrap:
            return [np.arange(self._n_rows, dtype=np.int32) for _ in self._seeds]
        return [self._drawn_rows(seed).astype(np.int32) for seed in self._seeds]

    def _left_out(self, X):
        """Sums of values of the trees grown without each row, and the number of these trees."""
        n_rows = num_samples(X)

        def rows_of(i):
            drawn = np.zeros(n_rows, dtype=bool)
            drawn[self._drawn_rows(self._seeds[i])] = True
            return np.flatnonzero(~drawn)

        X = X.tocsr() if issparse(X) else X
        total, count = forest.out_of_bag(self._trees, X, rows_of, n_threads=workers(self.n_jobs))
        if (count == 0).any():
            warnings.warn(
                f"{type(self).__name__}: {np.sum(count == 0)} rows are in the bag of every tree "
                "and have no out-of-bag prediction; grow more trees",
                UserWarning,
                stacklevel=5,
            )
        return total / np.maximum(count, 1)[:, None]

    # ------------------------------------------------------------------------- walking
    def _rows(self, X):
        check_is_fitted(self)
        if self._table is not None:
            return self._table.transform(self, X)
        if issparse(X) or not self._takes_missing(X):
            return self._check_X(X, sparse=("csr",), **self._door(X))
        return self._check_X(X)

    def _tree_sum(self, X):
        """The model as a sum of trees, for those who explain it."""
        X, trees = self._rows(X), self._trees
        return TreeSum(trees, X, np.zeros(trees.value[0].size), 1 / trees.n_trees)

    def _means(self, X):
        """Means over trees of the values of the rows' leaves."""
        X = self._rows(X)
        return self._trees.mean(X, n_threads=walkers(self.n_jobs, X, self._trees.n_trees))

    def apply(self, X):
        """Return the leaf of each row in each tree.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int64, shape (n_samples, n_estimators)
        """
        X = self._rows(X)
        return self._trees.apply(X, n_threads=workers(self.n_jobs))

    def decision_path(self, X):
        """Return the nodes that each row passes, of all trees side by side.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        indicator : csr_matrix of shape (n_samples, n_nodes)
            1 where a row passes a node.
        n_nodes_ptr : ndarray of int64, shape (n_estimators + 1,)
            Tree t has the columns ``n_nodes_ptr[t]`` to ``n_nodes_ptr[t + 1] − 1``.
        """
        X = self._rows(X)
        path = self._trees.decision_path(X, n_threads=workers(self.n_jobs))
        return path, self._trees.offset.copy()

    @property
    def feature_importances_(self):
        """Decrease of impurity that each feature brought, mean over trees, of a sum of 1."""
        check_is_fitted(self)
        return forest.importances(self._trees)


class _ForestClassifier(ForestPrefixes, OutOfBagImportances, Classifier, BaseForest):
    """Forests of labels."""

    criterion: str = class_criterion
    class_weight: object = param(
        None,
        mapping | instance_of(list) | one_of("balanced", "balanced_subsample") | none,
        'Weight of each class, a list of mappings for several outputs; "balanced" is n_samples / '
        '(n_classes * count), "balanced_subsample" the same of the rows drawn for a tree.',
    )

    classes_ = fitted("(n_classes,) or list of these", "Labels, of each output.")
    n_classes_ = fitted("int or list of int", "Number of labels, of each output.")
    oob_score_ = fitted("float", "Accuracy out of bag, or what `oob_score` says.")
    oob_importances_ = importances_of_others
    oob_decision_function_ = fitted(
        "(n_samples, n_classes) or (n_samples, n_classes, n_outputs)",
        "Shares of the classes by the trees that were grown without the row.",
    )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _counts_of_classes(self):
        counts = self.n_classes_
        return tuple(counts) if isinstance(counts, list) else (int(counts),)

    def _encode(self, y, weight):
        y = np.asarray(y)
        classes, codes = encode_classes(y)
        n_classes = tuple(len(own) for own in classes)
        one = len(classes) == 1
        self.classes_ = classes[0] if one else classes
        self.n_classes_ = n_classes[0] if one else list(n_classes)
        self._n_rows = len(codes)
        return codes, n_classes, self._class_weights(y, classes, weight)

    def _class_weights(self, y, classes, weight):
        """Weight of each row by its class, where it is the same for all trees."""
        wanted = self.class_weight
        if isinstance(wanted, str) and self.warm_start:
            warnings.warn(
                f"{type(self).__name__}: class_weight={wanted!r} is of the rows of each fit, and "
                "warm_start=True may see others: compute_class_weight gives weights to keep",
                UserWarning,
                stacklevel=5,
            )
        if wanted is None or (wanted == "balanced_subsample" and self.bootstrap):
            return None
        if not isinstance(wanted, str):
            return compute_sample_weight(wanted, y)
        columns = y[:, None] if y.ndim == 1 else y
        tables = []
        for k, own in enumerate(classes):
            each = compute_class_weight(
                "balanced", classes=own, y=columns[:, k], sample_weight=weight
            )
            tables.append(dict(zip(own.tolist(), each.tolist(), strict=True)))
        return compute_sample_weight(tables[0] if y.ndim == 1 else tables, y)

    def _weight_of(self, seed, weight, codes):
        if not (self.bootstrap and self.class_weight == "balanced_subsample"):
            return super()._weight_of(seed, weight, codes)
        rows = self._drawn_rows(seed)
        by_class = compute_sample_weight("balanced", codes, indices=rows)
        counts = np.bincount(rows, minlength=len(codes))
        return counts * summable(by_class, len(rows))

    def _criterion(self, n_classes):
        return class_criterion_of(self.criterion, n_classes)

    def _score_out_of_bag(self, X, y):
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"{type(self).__name__}: out-of-bag scores are for one output or several labels, "
                f"and y is of the type {kind}; set oob_score=False"
            )
        shares = self._left_out(X)
        if isinstance(self.classes_, list):
            width = shares.shape[1] // self.n_outputs_
            self.oob_decision_function_ = np.ascontiguousarray(
                shares.reshape(-1, self.n_outputs_, width).transpose(0, 2, 1)
            )
        else:
            self.oob_decision_function_ = shares
        score = self.oob_score if callable(self.oob_score) else accuracy
        self.oob_score_ = score(np.asarray(y), labels_of(shares, self.classes_))

    def predict(self, X):
        """Return the label of each row with the greatest mean share over the trees.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        return labels_of(self._means(X), self.classes_)

    def predict_proba(self, X):
        """Return the mean over trees of the shares of the classes in each row's leaf.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of these for several outputs
        """
        return split_outputs(self._means(X), self.classes_)

    def predict_log_proba(self, X):
        """Return the logarithms of ``predict_proba``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of these for several outputs
        """
        return logarithms(self.predict_proba(X))


class _ForestRegressor(ForestPrefixes, OutOfBagImportances, ForestQuantiles, Regressor, BaseForest):
    """Forests of numbers."""

    criterion: str = number_criterion

    oob_score_ = fitted("float", "R² out of bag, or what `oob_score` says.")
    oob_importances_ = importances_of_others
    oob_prediction_ = fitted(
        "(n_samples,) or (n_samples, n_outputs)",
        "Mean prediction of the trees that were grown without the row.",
    )

    def _encode(self, y, weight):
        y = np.asarray(y, dtype=np.float64)
        tree_parts.check_counts(type(self).__name__, self.criterion, y)
        self._n_rows = len(y)
        return (y[:, None] if y.ndim == 1 else y), None, None

    def _criterion(self, n_classes):
        return number_criterion_of(type(self).__name__, self.criterion)

    def _score_out_of_bag(self, X, y):
        means = self._left_out(X)
        self.oob_prediction_ = means[:, 0] if self.n_outputs_ == 1 else means
        score = self.oob_score if callable(self.oob_score) else r2
        self.oob_score_ = score(
            np.asarray(y).reshape(self.oob_prediction_.shape), self.oob_prediction_
        )

    def predict(self, X):
        """Return the mean over trees of the values of each row's leaves.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_outputs)
        """
        means = self._means(X)
        return means[:, 0] if self.n_outputs_ == 1 else means

    def _compute_partial_dependence_recursion(self, grid, target_features):
        """Averages over the other features at the points of a grid, by weights of nodes."""
        grid = self._grid(grid, target_features)
        total = partial_dependence(self._trees, grid, target_features)
        return total[0] / self._trees.n_trees


class RandomForestClassifier(_ForestClassifier):
    """Mean of classification trees, each grown on rows drawn with replacement.

    Each node looks at a few features drawn anew, so that trees differ and their mean varies less
    than one of them. For the same `random_state` the trees are scikit-learn's, if rows differ and
    weigh the same. Weights that are whole numbers say how often a row is there.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import RandomForestClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(50, oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.9
    True
    """

    _tree_class = DecisionTreeClassifier

    max_features: object = tree_parts.max_features("sqrt")
    bootstrap: bool = param(True, boolean, "Whether each tree gets rows drawn with replacement.")
    oob_score: object = oob_score
    oob_importances: bool = oob_importances
    ccp_alpha: float = tree_parts.ccp_alpha
    max_samples: object = max_samples
    monotonic_cst: object = tree_parts.monotonic_cst
    honest: float = tree_parts.honest
    categorical_features: object = categorical_features
    max_bins: int = tree_parts.max_bins


class RandomForestRegressor(_ForestRegressor):
    """Mean of regression trees, each grown on rows drawn with replacement.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import RandomForestRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = RandomForestRegressor(20, oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.3
    True
    """

    _tree_class = DecisionTreeRegressor

    max_features: object = tree_parts.max_features(1.0)
    bootstrap: bool = param(True, boolean, "Whether each tree gets rows drawn with replacement.")
    oob_score: object = oob_score
    oob_importances: bool = oob_importances
    ccp_alpha: float = tree_parts.ccp_alpha
    max_samples: object = max_samples
    monotonic_cst: object = tree_parts.monotonic_cst
    honest: float = tree_parts.honest
    categorical_features: object = categorical_features
    keep_targets: bool = keep_targets
    max_bins: int = tree_parts.max_bins


class ExtraTreesClassifier(_ForestClassifier):
    """Mean of classification trees whose nodes take the best of a few random cuts.

    References
    ----------
    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import ExtraTreesClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> ExtraTreesClassifier(20, random_state=0).fit(X, y).score(X, y)
    1.0
    """

    _tree_class = ExtraTreeClassifier

    max_features: object = tree_parts.max_features("sqrt")
    bootstrap: bool = param(False, boolean, "Whether each tree gets rows drawn with replacement.")
    oob_score: object = oob_score
    oob_importances: bool = oob_importances
    ccp_alpha: float = tree_parts.ccp_alpha
    max_samples: object = max_samples
    monotonic_cst: object = tree_parts.monotonic_cst
    honest: float = tree_parts.honest
    categorical_features: object = categorical_features


class ExtraTreesRegressor(_ForestRegressor):
    """Mean of regression trees whose nodes take the best of some random cuts.

    References
    ----------
    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import ExtraTreesRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = ExtraTreesRegressor(20, min_samples_leaf=5, random_state=0).fit(X, y)
    >>> forest.score(X, y) > 0.5
    True
    """

    _tree_class = ExtraTreeRegressor

    max_features: object = tree_parts.max_features(1.0)
    bootstrap: bool = param(False, boolean, "Whether each tree gets rows drawn with replacement.")
    oob_score: object = oob_score
    oob_importances: bool = oob_importances
    ccp_alpha: float = tree_parts.ccp_alpha
    max_samples: object = max_samples
    monotonic_cst: object = tree_parts.monotonic_cst
    honest: float = tree_parts.honest
    categorical_features: object = categorical_features
    keep_targets: bool = keep_targets
