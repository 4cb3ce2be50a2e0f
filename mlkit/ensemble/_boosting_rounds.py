"""Rounds of boosting on binned columns: what regression, classification and ranking share."""

from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np

from .._core import shared
from .._core.arrays import check_consistent_length, check_is_fitted, check_sample_weight
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.domains import (
    above,
    array_like,
    at_least,
    between,
    boolean,
    callable_,
    integer,
    mapping,
    none,
    one_of,
    sequence,
    string,
)
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.trees.blocks import add_many
from .._engine.trees.boost import Booster, Growth, Table, baseline
from .._engine.trees.boost_drop import Dropping
from .._engine.trees.boost_linear import LinearLeaves, SlopeFit
from .._engine.trees.boost_refit import refitted
from .._engine.trees.boost_rows import ROWS
from .._engine.trees.codes import find_bins
from .._engine.trees.constraints import interaction_groups, monotone_signs
from .._engine.trees.dependence import partial_dependence
from .._engine.trees.shap import TreeSum
from ..model_selection import train_test_split
from ..tree._mixed_columns import MixedInput
from ._boosting_records import named_sets, record, scorers_of
from ._boosting_watch import LossScores, Progress, Rows, ScorerScores, no_trees, stalled
from ._prefixes import HistogramPrefixes

# Rows from which "auto" stops early.
_MANY_ROWS = 10_000
# Entries of X below which a second thread is not worth its start.
_THREADED = 1 << 16
_LARGEST_SEED = np.iinfo(np.uint32).max


class HistGradientBoosting(MixedInput, HistogramPrefixes, CallbackSupportMixin, Estimator):
    """What boosting of classes and of numbers share: everything but y and the loss."""

    traits = Traits(missing=True)

    learning_rate: float = param(0.1, above(0), "What leaf values are multiplied by.")
    max_iter: int = shared.max_iter(100, "Rounds at most; a round has a tree for each output.")
    max_leaf_nodes: int = param(31, integer(2) | none, "Leaves of a tree at most.")
    max_depth: int = param(None, integer(1) | none, "Edges from a tree's root to a leaf at most.")
    min_samples_leaf: int = param(20, integer(1), "Rows of a leaf at least.")
    l2_regularization: float = param(0.0, at_least(0), "Penalty of squared leaf values.")
    max_features: float = param(
        1.0, between(0, 1, closed="right"), "Share of the features, drawn anew, that a node sees."
    )
    subsample: float = param(
        1.0, between(0, 1, closed="right"), "Share of the rows, drawn anew, that a round sees."
    )
    sampling: str = param(
        "uniform",
        one_of("uniform", "goss", "mvs"),
        'How rows are drawn if subsample is below 1: all alike; "goss" takes those of the largest '
        'gradients, two thirds of the draw, and some others in place of the rest; "mvs" draws by '
        "√(g² + λ h²), for sums of least variance.",
    )
    drop_rate: float = param(
        0.0,
        between(0, 1),
        "Chance of each earlier round to be left out while a new one is fitted "
        "(DART); 0 is boosting as usual. Such a fit learns more slowly, so it wants a higher "
        "learning_rate, and keeps a byte or two for each row and tree.",
    )
    vector_leaves: bool = param(
        False,
        boolean,
        "Whether a round has one tree whose leaves predict all outputs, or classes from 3 up, "
        "rather than a tree for each. Its splits suit all of them together.",
    )
    linear_leaves: bool = param(
        False,
        boolean,
        "Whether a leaf is linear in the numbers that its path compares: a step of Newton's method "
        "for their slopes, too, within the range of its rows.",
    )
    linear_l2: float = param(
        10.0, at_least(0), "Penalty of squared slopes, of columns in units of their spread."
    )
    max_bins: int = param(
        255,
        integer(2, 65_535),
        "Bins of a feature at most, missing values apart; categories, too. Above 255 the table "
        "of bins takes two bytes an entry.",
    )
    categorical_features: object = param(
        "from_dtype",
        array_like | one_of("from_dtype") | none,
        'Mask, positions or names of features whose values are categories; "from_dtype" takes '
        "the categorical and text columns of a data frame.",
    )
    monotonic_cst: object = param(
        None,
        array_like | mapping | none,
        "1, 0 or -1 for each feature, or for some by name: whether predictions must rise with "
        "it, may do anything, or must fall.",
    )
    interaction_cst: object = param(
        None,
        sequence | one_of("pairwise", "no_interactions") | none,
        "Groups of features: those on a path from root to leaf share a group.",
    )
    warm_start: bool = shared.warm_start
    early_stopping: object = param(
        "auto",
        one_of("auto") | boolean,
        'Whether to stop when the score does not rise; "auto": above 10,000 rows.',
    )
    scoring: object = param(
        "loss",
        string | callable_ | none,
        'What early stopping looks at: "loss", a scorer, or None for ``score``.',
    )
    validation_fraction: object = param(
        0.1,
        between(0, 1, closed="neither") | integer(1) | none,
        "Share or number of rows held out for early stopping; None scores the training rows.",
    )
    n_iter_no_change: int = param(10, integer(1), "Rounds without a better score before the stop.")
    tol: float = shared.tol(1e-7, "How much higher a score must be to be better.")
    verbose: int = shared.verbose
    random_state: object = shared.random_state

    n_trees_per_iteration_ = fitted("int", "Trees of a round: one an output, or 3 classes up.")
    train_score_ = fitted("(n_iter_ + 1,)", "Scores of the training rows; empty without stopping.")
    validation_score_ = fitted("(n_iter_ + 1,)", "Scores of the rows held out, if there are any.")
    do_early_stopping_ = fitted("bool", "Whether the fit could stop early.")
    is_categorical_ = fitted("(n_features,) or None", "Which features hold categories.")
    evals_result_ = fitted("dict", "Of each of `eval_sets`, its scores (n_iter_ + 1,) by metric.")

    @property
    def n_iter_(self):
        """Rounds that were run."""
        check_is_fitted(self)
        return self._trees.n_trees // self.n_trees_per_iteration_

    @property
    def feature_importances_(self):
        """Share of the features in what the splits took off the loss."""
        check_is_fitted(self)
        trees = self._trees
        gain = (trees.importances() * trees.weight[trees.offset[:-1], None]).sum(axis=0)
        return gain / gain.sum() if gain.any() else gain

    # ------------------------------------------------------------------- fitting
    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        eval_sets=None,
        eval_scoring=None,
    ):
        """Fit the trees.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            NaN is missing.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        X_val, y_val : as X and y, default=None
            Rows on which early stopping scores, in place of a part of X.
        sample_weight_val : array-like, default=None
            Their weights.
        eval_sets : dict or list of (X, y) or (X, y, sample_weight), default=None
            Tables that are scored after each round, by name; the fit does not depend on them. The
            scores are in ``evals_result_``.
        eval_scoring : str, callable, list of str, or dict of names to either, default=None
            By what; "loss" is minus the mean loss, and the default.

        Returns
        -------
        self
        """
        began_anew = not (self.warm_start and self._has_rounds())
        rows = self._training_rows(X, y, sample_weight)
        held = self._held_rows(X_val, y_val, sample_weight_val)
        tables = {
            name: self._other_rows(*each, name=f"the weights of eval_sets[{name!r}]")
            for name, each in named_sets(() if eval_sets is None else eval_sets).items()
        }
        scorers = scorers_of(self, eval_scoring) if tables else None
        self._fit_rows(rows, held, began_anew)
        self.evals_result_ = {name: record(self, each, scorers) for name, each in tables.items()}
        return self

    def refit(self, X, y, sample_weight=None, *, decay=0.9):
        """Give the trees' leaves new values for new rows; the splits stay.

        Round by round, a leaf's value becomes ``decay`` times itself and ``1 − decay`` times what a
        fit of these rows would give it; a leaf that no row comes to stays as it is.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        decay : float, default=0.9
            Share of the old values, from 0 to 1.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        return self._refit_rows(self._other_rows(X, y, sample_weight), decay)

    def _refit_rows(self, rows, decay):
        who = f"{type(self).__name__}.refit"
        if not 0 <= decay <= 1:
            raise ValueError(f"{who}: decay={decay!r} must lie between 0 and 1")
        if self.drop_rate or self.monotonic_cst is not None or self._linear is not None:
            raise ValueError(
                f"{who} knows neither the shares of rounds that drop_rate has scaled nor the "
                "bounds of monotonic_cst nor the slopes of linear_leaves; fit anew"
            )
        raw = np.tile(self._baseline, (len(rows.X), 1))
        y = np.ascontiguousarray(rows.y).reshape(len(raw), -1)
        self._trees = refitted(
            self._trees,
            rows.X,
            self._loss_of(rows),
            Table(None, y, rows.weight, raw),
            learning_rate=self.learning_rate,
            l2=self.l2_regularization,
            decay=decay,
            n_threads=n_threads() if rows.X.size > _THREADED else 1,
        )
        return self

    def _fit_rows(self, rows, held, began_anew):
        rng = check_random_state(self.random_state)
        if began_anew:
            self._random_seed = rng.randint(_LARGEST_SEED, dtype="u8")
            self._draw_seed = rng.randint(_LARGEST_SEED, dtype="u8")
        growth = self._growth(rows.X.shape[1])
        self.do_early_stopping_ = (
            len(rows.X) > _MANY_ROWS if self.early_stopping == "auto" else self.early_stopping
        )
        if not self.do_early_stopping_:
            held = None
        elif held is None and self.validation_fraction is not None:
            rows, held = self._split(rows)
        self._boost(rows, held, growth, began_anew)
        return self

    def _training_rows(self, X, y, sample_weight):
        """X as numbers, y encoded, weights."""
        self._check_params()
        given = X
        X, y = self._read(X, y, self.max_bins)
        encoded = self._encode(y)
        self.n_trees_per_iteration_ = 1 if self.vector_leaves else self._n_outputs
        weight = check_sample_weight(sample_weight, X, dtype=np.float64)
        self._weighted = weight is not None
        weight = self._with_class_weight(weight, y)
        given = X if self._columns is None and not hasattr(self, "feature_names_in_") else given
        return Rows(X, encoded, weight, given, y)

    def _held_rows(self, X, y, sample_weight):
        """Rows that were given for validation; None where none were."""
        if X is None and y is None:
            return None
        if y is None:
            raise ValueError(
                f"{type(self).__name__}.fit got X_val without y_val; give both or neither"
            )
        if X is None:
            raise ValueError(
                f"{type(self).__name__}.fit got y_val without X_val; give both or neither"
            )
        if self.early_stopping is False:
            raise ValueError(
                f"{type(self).__name__}: early_stopping=False leaves X_val and y_val without use; "
                "set it to True or 'auto', or leave them out"
            )
        return self._other_rows(X, y, sample_weight, name="sample_weight_val")

    def _other_rows(self, X, y, sample_weight=None, *, name="sample_weight"):
        """Rows with the columns, the outputs and the classes that are known already."""
        numbers, y = self._numbers(X), self._check_y(y)
        check_consistent_length(numbers, y)
        weight = check_sample_weight(sample_weight, numbers, dtype=np.float64, name=name)
        return Rows(numbers, self._encode_more(y), weight, X, y)

    def _split(self, rows):
        """Part the rows into those to train on and those held out."""
        train, held = train_test_split(
            np.arange(len(rows.X)),
            test_size=self.validation_fraction,
            stratify=rows.y if hasattr(self, "classes_") else None,
            random_state=self._random_seed,
        )
        return rows.take(train), rows.take(held)

    def _has_vector_leaves(self):
        return self._n_outputs > self.n_trees_per_iteration_

    def _growth(self, n_features):
        who = type(self).__name__
        if self._has_vector_leaves() and self.monotonic_cst is not None:
            raise ValueError(
                f"{who}: monotonic_cst is for leaves of one number; set vector_leaves=False"
            )
        if self.monotonic_cst is not None and len(getattr(self, "classes_", ())) > 2:
            raise ValueError(
                f"{who}: monotonic_cst is for two classes, and y has {len(self.classes_)}; with "
                "more, what rises for one class must fall for others"
            )
        names = getattr(self, "feature_names_in_", None)
        signs = monotone_signs(who, self.monotonic_cst, n_features, names)
        if self.is_categorical_ is not None and signs[self.is_categorical_].any():
            raise ValueError(
                f"{who}: monotonic_cst must be 0 for categorical features, which have no order"
            )
        return Growth(
            learning_rate=self.learning_rate,
            max_leaves=self.max_leaf_nodes,
            max_depth=self.max_depth,
            min_rows=self.min_samples_leaf,
            l2=self.l2_regularization,
            column_share=self.max_features,
            monotone=signs,
            groups=interaction_groups(self.interaction_cst, n_features),
            vector=self._has_vector_leaves(),
        )

    def _find_bins(self, rows):
        counts = None
        if self._columns is not None:
            counts = [None if c is None else max(1, len(c)) for c in self._columns.categories]
        rng = np.random.RandomState(self._random_seed)
        return find_bins(rows.X, self.max_bins, weight=rows.weight, n_categories=counts, rng=rng)

    def _boost(self, rows, held, growth, began_anew):
        """Run the rounds; set the trees and the scores."""
        threads, loss = n_threads() if rows.X.size > _THREADED else 1, self._loss_of(rows)
        if began_anew:
            self.train_score_, self.validation_score_ = [], []
            self._trees = no_trees(rows.X.shape[1])
            self._linear = LinearLeaves.none() if self.linear_leaves else None
            self._baseline = baseline(loss, rows.y, rows.weight)
        else:
            self.train_score_ = list(self.train_score_)
            self.validation_score_ = list(self.validation_score_)
            if (self._linear is not None) != self.linear_leaves:
                raise ValueError(
                    f"{type(self).__name__}: warm_start keeps trees that linear_leaves="
                    f"{not self.linear_leaves} has grown; leave it as it was, or fit anew"
                )
            if self._trees.value.shape[1] != self._n_outputs // self.n_trees_per_iteration_:
                raise ValueError(
                    f"{type(self).__name__}: warm_start keeps trees whose leaves predict "
                    f"{self._trees.value.shape[1]} of {self._n_outputs} outputs; leave y and "
                    "vector_leaves as they were, or fit anew"
                )
            if self.max_iter < self.n_iter_:
                raise ValueError(
                    f"{type(self).__name__}: max_iter={self.max_iter} is less than the n_iter_="
                    f"{self.n_iter_} rounds that warm_start keeps; raise it, or fit anew"
                )
        bins = self._find_bins(rows)
        train = self._table(bins, rows, threads)
        table = None if held is None else self._table(bins, held, threads)
        booster = Booster(
            loss,
            bins,
            train,
            growth,
            int(self._draw_seed),
            threads,
            self.n_iter_,
            rows=ROWS[self.sampling](self.subsample) if self.subsample < 1 else None,
            dropping=self._dropping(rows, held),
            slopes=self._slopes(rows, bins),
        )
        scores = self._scores(booster, rows, held, table)
        trees = partial(self._trees_so_far, booster)
        progress = Progress(self, rows, self.max_iter, lambda: {"_trees": trees()})
        if scores is not None and began_anew:
            self._record(scores(trees))
        self._rounds(booster, table, scores, progress, trees)
        trees()
        self.train_score_ = np.asarray(self.train_score_)
        self.validation_score_ = np.asarray(self.validation_score_)
        progress.close(self._trees.n_trees, int(self._trees.is_leaf.sum()))

    def _dropping(self, rows, held):
        """What leaves out earlier rounds, those of an earlier fit known to it; or None."""
        if self.drop_rate == 0:
            return None
        dropping = Dropping(self.drop_rate, self.learning_rate, int(self._draw_seed))
        inputs = [each.X for each in (rows, held) if each is not None]
        dropping.remember(self._trees, self.n_trees_per_iteration_, inputs)
        return dropping

    def _slopes(self, rows, bins):
        """What fits slopes to leaves; or None."""
        if not self.linear_leaves:
            return None
        loss = self._loss_of(rows)
        refused = {
            "drop_rate": self.drop_rate > 0,
            "vector_leaves": self._has_vector_leaves(),
            "monotonic_cst": self.monotonic_cst is not None,
            "loss": not loss.smooth,
        }
        for name, wrong in refused.items():
            if wrong:
                raise ValueError(
                    f"{type(self).__name__}: linear_leaves=True does not go with {name}="
                    f"{getattr(self, name)!r}; leave one of them out"
                )
        return SlopeFit(rows.X, bins.categorical, self.linear_l2)

    def _trees_so_far(self, booster):
        self._trees = booster.trees_after(self._trees)
        self._linear = booster.linear_after(self._linear)
        return self._trees

    def _rounds(self, booster, table, scores, progress, trees):
        others = () if table is None else (table,)
        for number in range(self.n_iter_ + 1, self.max_iter + 1):
            task = progress.begin()
            booster.advance(others)
            stop = False
            if scores is not None:
                self._record(scores(trees))
                watched = self.train_score_ if table is None else self.validation_score_
                stop = stalled(watched, self.n_iter_no_change, self.tol)
            if progress.end(task, number, booster) or stop:
                break

    def _table(self, bins, rows, threads):
        raw = np.tile(self._baseline, (len(rows.X), 1))
        self._add_trees(self._trees, rows.X, raw)
        weight = None if rows.weight is None else np.ascontiguousarray(rows.weight)
        codes = bins.encode(rows.X, threads)
        y = np.ascontiguousarray(rows.y).reshape(len(raw), -1)
        return Table(codes, y, weight, raw, np.ascontiguousarray(rows.X))

    def _scores(self, booster, rows, held, table):
        if not self.do_early_stopping_:
            return None
        if self.scoring == "loss":
            return LossScores(self, booster, table)
        seed = self._random_seed
        return ScorerScores(self, self.scoring, booster, rows, held, table, seed)

    def _record(self, scores):
        train, held = scores
        self.train_score_.append(train)
        if held is not None:
            self.validation_score_.append(held)

    def _has_rounds(self):
        return "_trees" in self.__dict__ and self._trees.n_trees > 0

    def _with_class_weight(self, weight, y):
        return weight

    def _loss_of(self, rows):
        """The loss of these rows."""
        return self._make_loss()

    # ---------------------------------------------------------------- predicting
    def _add_trees(self, trees, X, raw, first=0):
        """Add the trees, of which the first is number `first` of the model, to `raw`."""
        if trees.n_trees:
            threads, column = n_threads() if X.size > _THREADED else 1, self._column(trees)
            add_many(trees, raw, X, column, threads)
            if self._linear is not None:
                self._linear.add_to(raw, X, trees, first, column, threads)

    def _column(self, trees):
        """The raw prediction at which each tree's values begin; None: all at the first."""
        width = self.n_trees_per_iteration_
        if width == 1:
            return None
        return np.tile(np.arange(width, dtype=np.int32), trees.n_trees // width)

    @contextmanager
    def _predicting(self, raw):
        """Inside, raw predictions are `raw` if it is not None."""
        self._known_raw = raw
        try:
            yield
        finally:
            del self._known_raw

    def _raw_predict(self, X):
        """Sums of leaf values, (n_samples, n_outputs)."""
        known = self.__dict__.get("_known_raw")
        if known is not None:
            return known
        X = self._numbers(X)
        raw = np.empty((len(X), self._n_outputs))
        raw[:] = self._baseline
        self._add_trees(self._trees, X, raw)
        return raw

    def _tree_sum(self, X):
        """The model as a sum of trees, for those who explain it."""
        if self._linear is not None:
            raise NotImplementedError(
                f"{type(self).__name__} with linear_leaves=True is no sum of constant leaves, "
                "which Shapley values of trees are of; leave linear_leaves out"
            )
        X, base = self._numbers(X), np.asarray(self._baseline, dtype=np.float64)
        return TreeSum(self._trees, X, base, 1.0, self._column(self._trees))

    def _staged_raw_predict(self, X):
        X = self._numbers(X)
        width = self.n_trees_per_iteration_
        raw = np.tile(self._baseline, (len(X), 1))
        for first in range(0, self._trees.n_trees, width):
            self._add_trees(self._trees.part(first, first + width), X, raw, first)
            yield raw.copy()

    def _compute_partial_dependence_recursion(self, grid, target_features):
        """Partial dependence at the points of `grid`, (n_outputs, n_points)."""
        if self._linear is not None:
            raise NotImplementedError(
                f"{type(self).__name__}: partial dependence by 'recursion' is of constant leaves; "
                "with linear_leaves=True use method='brute'"
            )
        if self._weighted:
            raise NotImplementedError(
                f"{type(self).__name__} was fitted with sample weights, which its nodes do not "
                "count, as partial dependence by 'recursion' must; use method='brute'"
            )
        trees, column = self._trees, self._column(self._trees)
        firsts = range(self._n_outputs if self._has_vector_leaves() else 1)
        values = [np.ascontiguousarray(trees.value[:, k]) for k in firsts]
        width = self.n_trees_per_iteration_
        return np.vstack(
            [
                partial_dependence(
                    replace(trees, value=value[:, None]),
                    grid,
                    target_features,
                    column=column,
                    n_columns=width,
                )
                for value in values
            ]
        )
