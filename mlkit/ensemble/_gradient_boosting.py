"""Gradient boosting by exact trees: each stage is a step down the loss."""

import time
import warnings
from abc import abstractmethod

import numpy as np

from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.domains import at_least, between, has_methods, integer, none, one_of
from .._core.fitted import has_fit_parameter
from .._core.parallel import n_threads
from .._core.params import clone, fitted, param
from .._core.roles import Classifier, Regressor, is_classifier
from .._core.seeds import check_random_state
from .._core.shared import random_state, tol, verbose, warm_start
from .._core.sparse import issparse
from .._core.tags import Traits, get_tags
from .._core.targets import encode_labels
from .._engine.trees import stages
from .._engine.trees.dependence import partial_dependence
from .._engine.trees.prune import prune
from .._engine.trees.shap import TreeSum
from .._engine.trees.structure import Trees
from ..dummy import DummyClassifier, DummyRegressor
from ..model_selection import train_test_split
from ..tree import DecisionTreeRegressor
from ..tree import _base as of_trees
from ..tree._view import Tree
from ._prefixes import BoostingPrefixes
from ._repeated import BaseEnsemble
from ._shared_columns import ordered, threads_for

# Probabilities of the first model keep this distance from 0 and 1, whose links are infinite.
_SURE = np.finfo(np.float32).eps
# Parameters of each tree.
_OF_TREES = ("min_samples_split", "min_samples_leaf", "min_weight_fraction_leaf", "max_depth")
_OF_TREES += ("min_impurity_decrease", "max_features", "max_leaf_nodes", "ccp_alpha")


class _Progress:
    """Lines of a table while stages go by, fewer and fewer if `verbose` is 1."""

    def __init__(self, model, first):
        self._model, self._first, self._every = model, first, 1
        self._columns = ["Iter", "Train Loss"]
        if model.subsample < 1:
            self._columns.append("OOB Improve")
        self._columns.append("Remaining Time")
        print(f"{self._columns[0]:>10} " + " ".join(f"{each:>16}" for each in self._columns[1:]))
        self._began = time.perf_counter()

    def stage(self, number):
        """Print the line of a stage, if it gets one."""
        model, done = self._model, number + 1 - self._first
        if done % self._every:
            return
        numbers = [model.train_score_[number]]
        if model.subsample < 1:
            numbers.append(model.oob_improvement_[number])
        spent = time.perf_counter() - self._began
        left = (model.n_estimators - number - 1) * spent / done
        shown = f"{left / 60:.2f}m" if left > 60 else f"{left:.2f}s"
        print(f"{number + 1:>10d} " + " ".join(f"{n:>16.4f}" for n in numbers) + f" {shown:>16}")
        if model.verbose == 1 and done // (self._every * 10) > 0:
            self._every *= 10


class _Held:
    """Rows held out, on which boosting that no longer improves is noticed.

    The last stage must beat one of the last `n_iter_no_change` losses by `tol`.
    """

    def __init__(self, X, y, weight, raw, patience, tol):
        self._X, self._y, self._weight, self.raw = X, y, weight, raw
        self._losses, self._tol = np.full(patience, np.inf), tol

    def stalls(self, number, objective, trees, rate):
        """Move on by the trees of a stage; return whether that brought nothing."""
        for k, tree in enumerate(trees):
            leaf = tree.apply(self._X)[:, 0].astype(np.int32)
            stages.advance(self.raw[:, k], leaf, rate * tree.value[:, 0, 0])
        loss = objective.mean_loss(self._y, self.raw, self._weight)
        if (loss + self._tol < self._losses).any():
            self._losses[number % len(self._losses)] = loss
            return False
        return True


class _GradientBoosting(BoostingPrefixes, CallbackSupportMixin, BaseEnsemble):
    """Base of gradient boosting: stages, their scores, and predictions by sums of trees."""

    traits = Traits(sparse=("csr", "csc"), missing=True)
    # What limits of trees depend on beside the parameters.
    splitter = "best"

    learning_rate: float = param(
        0.1, at_least(0), "Share of each step that is gone; the lower, the more trees are needed."
    )
    n_estimators: int = param(100, integer(1), "Number of stages.")
    subsample: float = param(
        1.0,
        between(0, 1, "right"),
        "Share of the rows drawn for each stage, without replacement; below 1 the rest tells how "
        "much each stage improves.",
    )
    criterion: str = param(
        "deprecated",
        one_of("friedman_mse", "squared_error", "deprecated"),
        "Both names mean the same splits; leave it out.",
    )
    min_samples_split: float = of_trees.min_samples_split
    min_samples_leaf: float = of_trees.min_samples_leaf
    min_weight_fraction_leaf: float = of_trees.min_weight_fraction_leaf
    max_depth: int = param(3, integer(1) | none, "Greatest depth of a tree; None is no limit.")
    min_impurity_decrease: float = of_trees.min_impurity_decrease
    init: object = param(
        None,
        has_methods("fit", "predict") | one_of("zero") | none,
        'Where boosting begins: the predictions of a model, or 0 with "zero"; None is the constant '
        "that is best.",
    )
    random_state: object = random_state
    max_features: object = of_trees.max_features(None)
    verbose: int = verbose
    max_leaf_nodes: int = of_trees.max_leaf_nodes
    warm_start: bool = warm_start
    validation_fraction: float = param(
        0.1, between(0, 1, "neither"), "Share of the rows held out if `n_iter_no_change` is given."
    )
    n_iter_no_change: int = param(
        None,
        integer(1) | none,
        "Boosting ends when the loss of rows held out has not improved by `tol` in so many stages; "
        "None holds out nothing.",
    )
    tol: float = tol(1e-4, "Least improvement for `n_iter_no_change`.")
    ccp_alpha: float = of_trees.ccp_alpha

    init_ = fitted('estimator or "zero"', "What boosting began with.")
    n_estimators_ = fitted("int", "Stages fitted.")
    n_trees_per_iteration_ = fitted("int", "Trees of a stage: 1, or as many as classes.")
    train_score_ = fitted("(n_estimators_,)", "Mean loss of the rows in the bag after each stage.")
    oob_improvement_ = fitted(
        "(n_estimators_,)", "Fall of the mean loss of rows out of the bag, if `subsample` < 1."
    )
    oob_scores_ = fitted("(n_estimators_,)", "That loss.")
    oob_score_ = fitted("float", "The last of `oob_scores_`.")
    max_features_ = fitted("int", "Features drawn for each node.")
    n_features_in_ = fitted("int", "Columns seen in fit.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if they have any.")

    # --------------------------------------------------------------------- for subclasses
    @abstractmethod
    def _encode(self, y, weight):
        """y as numbers; sets what is known of it."""

    @abstractmethod
    def _objective(self):
        """The loss and the steps of leaves."""

    @abstractmethod
    def _default_init(self):
        """The model of the best constant."""

    @abstractmethod
    def _raw_of_init(self, X):
        """Raw predictions of ``init_``, of shape (n_samples, n_trees_per_iteration_)."""

    # ------------------------------------------------------------------------------- fit
    @with_callbacks
    def fit(self, X, y, sample_weight=None, monitor=None):
        """Fit the stages one after another.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rounded to float32 by trees. NaN is missing, if X is dense.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        monitor : callable, default=None
            Called after each stage with its number, this estimator and a dictionary of the state
            of the fit; a true result ends boosting.

        Returns
        -------
        self
        """
        X, y = self._check_fit(X, y, missing=not issparse(X))
        weight = check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.criterion != "deprecated":
            warnings.warn(
                f"{type(self).__name__}: criterion={self.criterion!r} is deprecated and changes "
                "nothing: leave it out",
                FutureWarning,
                stacklevel=2,
            )
        y = self._encode(y, weight)
        if not self.warm_start:
            self._forget()
        X = X.tocsr() if issparse(X) else X
        rows, held = self._hold_out(X, y, weight)
        state = self._begin(*rows)
        if held is not None:
            raw = self._raw(held[0])
            held = _Held(*held, raw, self.n_iter_no_change, self.tol)
        context = self._init_callback_context(max_subtasks=self.n_estimators)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        self._boost(state, held, monitor, context)
        self._keep(state)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _forget(self):
        for name in ("_trees", "_growing", "_rng", "train_score_", "oob_improvement_"):
            vars(self).pop(name, None)
        for name in ("oob_scores_", "oob_score_", "_grown_under"):
            vars(self).pop(name, None)

    def _hold_out(self, X, y, weight):
        """Rows to fit, and rows held out or None; of each X, y and weight."""
        if self.n_iter_no_change is None:
            return (X, y, weight), None
        options = {"random_state": self.random_state, "test_size": self.validation_fraction}
        options["stratify"] = y if is_classifier(self) else None
        arrays = [X, y] if weight is None else [X, y, weight]
        parts = train_test_split(*arrays, **options)
        fit, held = parts[::2], parts[1::2]
        if is_classifier(self) and len(np.unique(fit[1])) != self.n_classes_:
            raise ValueError(
                f"{type(self).__name__}: the rows to fit lack a class that the rows held out have; "
                "change random_state or validation_fraction"
            )
        return (*fit, None)[:3], (*held, None)[:3]

    def _begin(self, X, y, weight):
        """The state from which the stages of this fit go on."""
        first = not hasattr(self, "_trees")
        if first:
            self._fit_init(X, y, weight)
            self._rng = check_random_state(self.random_state)
            self._trees = None
            self.n_estimators_ = 0
            self.train_score_ = np.zeros(0)
        if self.n_estimators < self.n_estimators_:
            raise ValueError(
                f"{type(self).__name__}: n_estimators={self.n_estimators} must not be less than "
                f"the {self.n_estimators_} stages there are, with warm_start=True"
            )
        n_rows, n_features = X.shape
        limits = of_trees.limits_of(self, n_rows, n_features, 0.0)
        self.max_features_ = of_trees.n_drawn(self.max_features, n_features)
        alpha = self.ccp_alpha
        columns = ordered(type(self).__name__, X, limits.max_features == n_features)
        return stages.Stages(
            X,
            columns,
            np.ascontiguousarray(y, dtype=np.float64),
            self._raw(X),
            weight,
            self._objective(),
            limits,
            self.learning_rate,
            min_weight_share=self.min_weight_fraction_leaf,
            prune=(lambda trees: prune(trees, alpha)) if alpha > 0 else None,
        )

    def _fit_init(self, X, y, weight):
        if isinstance(self.init, str):
            self.init_ = self.init
            return
        self.init_ = self._default_init() if self.init is None else clone(self.init)
        labels = self._labels(y)
        if weight is None:
            self.init_.fit(X, labels)
        elif has_fit_parameter(self.init_, "sample_weight"):
            self.init_.fit(X, labels, sample_weight=weight)
        else:
            raise ValueError(
                f"{type(self).__name__}: sample_weight was given, but the initial estimator "
                f"{type(self.init_).__name__} does not support sample weights"
            )

    def _labels(self, y):
        """What the model of `init` is fitted to."""
        return y

    def _boost(self, state, held, monitor, context):
        """Run the stages that are missing."""
        first, n_rows = self.n_estimators_, len(state.y)
        n_drawn = max(1, int(self.subsample * n_rows))
        self._resize(self.n_estimators)
        self._growing = state.trees
        options = {name: getattr(self, name) for name in _OF_TREES}
        self._grown_under = [*vars(self).get("_grown_under", ()), (self.n_estimators, options)]
        progress = _Progress(self, first) if self.verbose else None
        for number in range(first, self.n_estimators):
            task = context.subcontext(task_name="stage") if context.watched else None
            if task is not None:
                task.call_on_fit_task_begin(estimator=self, X=state.X, y=state.y)
            mask = None
            if self.subsample < 1:
                mask = stages.draw_rows(self._rng, n_rows, n_drawn)
                if number == 0:
                    before = self._mean_loss(state, ~mask)
                else:
                    before = self.oob_scores_[number - 1]
            state.advance(self._rng, mask)
            self.n_estimators_ = number + 1
            self.train_score_[number] = self._mean_loss(state, mask)
            if mask is not None:
                self.oob_scores_[number] = self.oob_score_ = self._mean_loss(state, ~mask)
                self.oob_improvement_[number] = before - self.oob_score_
            if progress is not None:
                progress.stage(number)
            if self._ends(number, state, held, monitor, mask, task):
                break
        self._resize(self.n_estimators_)

    def _ends(self, number, state, held, monitor, mask, task):
        """Whether boosting ends with this stage."""
        ends = False
        if task is not None:
            ends = task.call_on_fit_task_end(
                estimator=self,
                X=state.X,
                y=state.y,
                reconstruction_attributes=lambda: {"_trees": self._all_trees(), "_growing": []},
            )
        if monitor is not None:
            known = {"i": number, "X": state.X, "y": state.y, "sample_weight": state.weight}
            known.update(raw_predictions=state.raw, sample_mask=mask, random_state=self._rng)
            ends = bool(monitor(number, self, known)) or ends
        if held is not None:
            latest = state.trees[-self.n_trees_per_iteration_ :]
            ends = held.stalls(number, state.objective, latest, self.learning_rate) or ends
        return ends

    @staticmethod
    def _mean_loss(state, mask):
        y, raw, weight = state.y, state.raw, state.weight
        if mask is not None:
            y, raw, weight = y[mask], raw[mask], None if weight is None else weight[mask]
            if not len(y):
                return 0.0
        return state.objective.mean_loss(y, raw, weight)

    def _resize(self, n_stages):
        """Bring what is kept of each stage to a length; new places are 0."""
        names = ["train_score_"]
        if self.subsample < 1 or "oob_scores_" in vars(self):
            names += ["oob_scores_", "oob_improvement_"]
        for name in names:
            old = vars(self).get(name, np.zeros(0))
            new = np.zeros(n_stages)
            new[: min(len(old), n_stages)] = old[:n_stages]
            setattr(self, name, new)

    def _keep(self, state):
        self._trees = self._all_trees()
        del self._growing
        *before, (_, options) = self._grown_under
        self._grown_under = [*before, (self.n_estimators_, options)]
        vars(self).pop("_made", None)

    # ------------------------------------------------------------------------- the trees
    def _all_trees(self):
        """All trees so far, also while they grow."""
        growing = vars(self).get("_growing")
        if not growing:
            return self._trees
        return Trees.concatenate(growing if self._trees is None else [self._trees, *growing])

    @property
    def estimators_(self):
        """The fitted trees, of shape (n_estimators_, n_trees_per_iteration_)."""
        trees = self._all_trees() if "_trees" in vars(self) else None
        if trees is None:
            raise AttributeError(f"{type(self).__name__} has no estimators_ before fit")
        made = vars(self).get("_made")
        if made is None or made.size != trees.n_trees:
            flat = np.empty(trees.n_trees, dtype=object)
            for index in range(trees.n_trees):
                stage = index // self.n_trees_per_iteration_
                options = next(each for end, each in self._grown_under if stage < end)
                flat[index] = self._tree_alone(trees.tree(index), options)
            made = self._made = flat.reshape(-1, self.n_trees_per_iteration_)
        return made

    def _tree_alone(self, trees, options):
        tree = DecisionTreeRegressor(**options)
        tree.n_features_in_ = trees.n_features
        tree.n_outputs_, tree.max_features_ = 1, self.max_features_
        tree.tree_ = Tree(trees, (1,))
        return tree

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.init, "__sklearn_tags__"):
            held = get_tags(self.init).input_tags
            tags.input_tags.sparse, tags.input_tags.allow_nan = held.sparse, held.allow_nan
        return tags

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("_made", None)
        return state

    def __sklearn_is_fitted__(self):
        return vars(self).get("_trees") is not None or bool(vars(self).get("_growing"))

    @property
    def feature_importances_(self):
        """Mean decrease of impurity by each feature over the trees, of a sum of 1."""
        check_is_fitted(self)
        trees = self._all_trees()
        grown = np.diff(trees.offset) > 1
        if not grown.any():
            return np.zeros(trees.n_features)
        mean = trees.importances()[grown].mean(axis=0)
        return mean / mean.sum()

    # --------------------------------------------------------------------------- predict
    def _raw(self, X):
        """Raw predictions by `init_` and all trees there are."""
        raw, trees = self._raw_start(X), self._all_trees()
        if trees is not None:
            self._add(trees, raw, X)
        return raw

    def _tree_sum(self, X):
        """The model as a sum of trees, for those who explain it."""
        X, trees = self._rows(X), self._all_trees()
        base = self._raw_start(X)
        base = base[0] if len(base) and (base == base[0]).all() else base
        return TreeSum(trees, X, base, self.learning_rate, self._column_of(trees))

    def _raw_start(self, X):
        if isinstance(self.init_, str):
            return np.zeros((X.shape[0], self.n_trees_per_iteration_))
        return np.ascontiguousarray(self._raw_of_init(X), dtype=np.float64)

    def _add(self, trees, raw, X):
        """Add the steps of trees, a stage after another, in the order in which they were gone."""
        steps = stages.scaled(trees, self.learning_rate)
        n_workers = threads_for(X, trees.n_trees)
        steps.add_to(raw, X, column=self._column_of(trees), n_threads=n_workers)

    def _column_of(self, trees):
        """The raw prediction that each tree adds to."""
        n_columns = self.n_trees_per_iteration_
        return np.tile(np.arange(n_columns, dtype=np.int32), trees.n_trees // n_columns)

    def _rows(self, X):
        check_is_fitted(self)
        if issparse(X):
            return self._check_X(X, sparse=("csr",), missing=False)
        return self._check_X(X)

    def _staged_raw(self, X):
        """Yield raw predictions after each stage."""
        X = self._rows(X)
        raw, n_columns = self._raw_start(X), self.n_trees_per_iteration_
        steps = stages.scaled(self._trees, self.learning_rate)
        for first in range(0, steps.n_trees, n_columns):
            stage = steps.part(first, first + n_columns)
            stage.add_to(raw, X, column=self._column_of(stage), n_threads=n_threads())
            yield raw.copy()

    def _leaves(self, X):
        X = self._rows(X)
        leaves = self._trees.apply(X, n_threads=n_threads()).astype(np.float64)
        return leaves.reshape(len(leaves), -1, self.n_trees_per_iteration_)

    def _compute_partial_dependence_recursion(self, grid, target_features):
        """Averages over the other features at the points of a grid, by weights of nodes.

        Without what boosting began with, which knows no such average.
        """
        check_is_fitted(self)
        if self.init is not None:
            warnings.warn(
                f"{type(self).__name__}: partial dependence by recursion leaves out the model in "
                "init, and averages the trees alone",
                UserWarning,
                stacklevel=2,
            )
        trees = self._all_trees()
        parts = {"column": self._column_of(trees), "n_columns": self.n_trees_per_iteration_}
        return self.learning_rate * partial_dependence(trees, grid, target_features, **parts)


class GradientBoostingClassifier(Classifier, _GradientBoosting):
    """Classes by a sum of trees: ``z ← z + η f_m(x)``, each f_m grown on the loss's slope at z.

    Of two classes z is the logarithm of their odds (half of it with the exponential loss), of K
    classes there are K sums, whose softmax are the probabilities.

    Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29,
    2001; with `subsample`, "Stochastic gradient boosting", CSDA 38, 2002.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import GradientBoostingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> GradientBoostingClassifier(n_estimators=20).fit(X, y).predict(X[:2])
    array([0, 0])
    """

    loss: str = param(
        "log_loss",
        one_of("log_loss", "exponential"),
        "Deviance, or for two classes the exponential loss of AdaBoost.",
    )
    init: object = param(
        None,
        has_methods("fit", "predict_proba") | one_of("zero") | none,
        'Where boosting begins: the probabilities of a model, or 0 with "zero"; None is the shares '
        "of the classes.",
    )

    classes_ = fitted("(n_classes,)", "The labels, sorted.")
    n_classes_ = fitted("int", "Their number.")

    def _encode(self, y, weight):
        self.classes_, codes = encode_labels(y)
        present = np.unique(codes if weight is None else codes[weight != 0])
        if len(present) < 2:
            raise ValueError(
                f"GradientBoostingClassifier: y contains {len(present)} class after sample_weight "
                "trimmed classes with zero weights, while a minimum of 2 classes are required"
            )
        self.n_classes_ = len(self.classes_)
        self.n_trees_per_iteration_ = 1 if self.n_classes_ == 2 else self.n_classes_
        if self.loss == "exponential" and self.n_classes_ > 2:
            raise ValueError(
                f"GradientBoostingClassifier: loss='exponential' is for two classes, y has "
                f"{self.n_classes_}; use 'log_loss'"
            )
        return codes.astype(np.float64)

    def _labels(self, y):
        return y.astype(np.intp)

    def _objective(self):
        if self.loss == "exponential":
            return stages.Exponential()
        two = self.n_classes_ == 2
        return stages.Logistic() if two else stages.Deviance(self.n_classes_)

    def _default_init(self):
        return DummyClassifier(strategy="prior")

    def _raw_of_init(self, X):
        share = np.asarray(self.init_.predict_proba(X), dtype=np.float64)
        share = np.clip(share, _SURE, 1 - _SURE)
        if self.n_classes_ > 2:
            raw = np.log(share)
            return raw - raw.mean(axis=1, keepdims=True)
        odds = np.log(share[:, 1:] / (1 - share[:, 1:]))
        return odds / 2 if self.loss == "exponential" else odds

    def _decision(self, raw):
        return raw[:, 0] if raw.shape[1] == 1 else raw

    def _label(self, raw):
        codes = (raw[:, 0] >= 0).astype(int) if raw.shape[1] == 1 else raw.argmax(axis=1)
        return self.classes_[codes]

    def _probabilities(self, raw):
        if raw.shape[1] > 1:
            odds = np.exp(raw - raw.max(axis=1, keepdims=True))
            return odds / odds.sum(axis=1, keepdims=True)
        raw = 2 * raw[:, 0] if self.loss == "exponential" else raw[:, 0]
        share = np.empty((len(raw), 2))
        # The exponent is never positive: nothing overflows.
        small = np.exp(-np.abs(raw))
        share[:, 1] = np.where(raw >= 0, 1.0, small) / (1.0 + small)
        share[:, 0] = 1.0 - share[:, 1]
        return share

    def decision_function(self, X):
        """Return the sums of trees: logarithms of odds, or of probabilities up to a constant.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, else (n_samples, n_classes)
        """
        return self._decision(self._raw(self._rows(X)))

    def staged_decision_function(self, X):
        """Yield `decision_function` after each stage.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples, 1) for two classes, else (n_samples, n_classes)
        """
        yield from self._staged_raw(X)

    def predict(self, X):
        """Return the likeliest class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._label(self._raw(self._rows(X)))

    def staged_predict(self, X):
        """Yield `predict` after each stage.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        for raw in self._staged_raw(X):
            yield self._label(raw)

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._probabilities(self._raw(self._rows(X)))

    def predict_log_proba(self, X):
        """Return the logarithms of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return np.log(self.predict_proba(X))

    def staged_predict_proba(self, X):
        """Yield `predict_proba` after each stage.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples, n_classes)
        """
        for raw in self._staged_raw(X):
            yield self._probabilities(raw)

    def apply(self, X):
        """Return the leaf of each row in each tree.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_estimators_, n_trees_per_iteration_)
        """
        return self._leaves(X)


class GradientBoostingRegressor(Regressor, _GradientBoosting):
    """Numbers by a sum of trees: ``z ← z + η f_m(x)``, each f_m grown on the loss's slope at z.

    Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29,
    2001; with `subsample`, "Stochastic gradient boosting", CSDA 38, 2002.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import GradientBoostingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> GradientBoostingRegressor(random_state=0).fit(X, y).score(X, y) > 0.7
    True
    """

    loss: str = param(
        "squared_error",
        one_of("squared_error", "absolute_error", "huber", "quantile"),
        "Squared or absolute error, Huber's mixture of the two, or the pinball loss of a quantile.",
    )
    alpha: float = param(
        0.9,
        between(0, 1, "neither"),
        'The quantile: of y with loss="quantile"; with "huber", of the absolute residuals, those '
        "above it counting linearly.",
    )

    def _encode(self, y, weight):
        self.n_trees_per_iteration_ = 1
        return np.asarray(y, dtype=np.float64)

    def _objective(self):
        return {
            "squared_error": stages.Squared(),
            "absolute_error": stages.Absolute(),
            "huber": stages.Huber(self.alpha),
            "quantile": stages.Pinball(self.alpha),
        }[self.loss]

    def _default_init(self):
        if self.loss == "squared_error":
            return DummyRegressor(strategy="mean")
        level = self.alpha if self.loss == "quantile" else 0.5
        return DummyRegressor(strategy="quantile", quantile=level)

    def _raw_of_init(self, X):
        return np.asarray(self.init_.predict(X), dtype=np.float64).reshape(-1, 1)

    def predict(self, X):
        """Return the sums of the trees.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._raw(self._rows(X))[:, 0]

    def staged_predict(self, X):
        """Yield `predict` after each stage.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        for raw in self._staged_raw(X):
            yield raw[:, 0]

    def apply(self, X):
        """Return the leaf of each row in each tree.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_estimators_)
        """
        return self._leaves(X)[:, :, 0]
