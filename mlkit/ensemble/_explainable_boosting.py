"""Additive boosting: models that are a sum of functions of one or two features."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .._core import shared
from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.bunch import Bunch
from .._core.domains import (
    above,
    array_like,
    at_least,
    between,
    integer,
    mapping,
    none,
    one_of,
    sequence,
)
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._core.targets import compute_sample_weight, encode_labels
from .._engine.loss.losses import (
    BinaryLogistic,
    GammaLoss,
    Multinomial,
    PoissonLoss,
    SquaredError,
)
from .._engine.trees import additive
from .._engine.trees.boost import baseline
from .._engine.trees.codes import find_bins
from ..tree._mixed_columns import MixedInput
from ._shape_plot import plot_shape

# Cells of a grid that 16-bit codes can number.
_MOST_CELLS = 1 << 16
# Features whose pairs are all looked at, which takes the square of their number.
_MOST_PAIRED = 2000


class ExplainableBoosting(MixedInput, Estimator):
    """What additive boosting of classes and of numbers share."""

    traits = Traits(missing=True)

    learning_rate: float = param(0.02, above(0), "What a step is multiplied by.")
    max_iter: int = shared.max_iter(5000, "Rounds at most; a round visits each term once.")
    max_leaf_nodes: int = param(3, integer(2), "Leaves of a step on one feature.")
    min_samples_leaf: int = param(4, integer(1), "Weight of the rows of a leaf at least.")
    l2_regularization: float = param(0.0, at_least(0), "Penalty of squared steps.")
    max_bins: int = param(
        1024, integer(2, _MOST_CELLS - 1), "Bins of a feature at most, missing values apart."
    )
    interactions: object = param(
        0.9,
        between(0, 1, closed="left") | integer(0) | sequence,
        "Pairs of features that get a function of their own: how many, as a number or a share of "
        "the number of features, chosen by what they add, among pairs of the 2,000 features of "
        "greatest importance; or the pairs themselves.",
    )
    max_pair_bins: int = param(32, integer(2, 255), "Bins of a feature of a pair at most.")
    n_bags: int = param(8, integer(1), "Models that are averaged, each with other rows held out.")
    validation_fraction: float = param(
        0.15,
        between(0, 1, closed="left"),
        "Share of the rows that a bag holds out to stop early; with 0 all rounds are run.",
    )
    n_iter_no_change: int = param(50, integer(1), "Rounds without a lower loss before the stop.")
    tol: float = shared.tol(1e-5, "How much lower, relative to it, a loss must be.")
    categorical_features: object = param(
        "from_dtype",
        array_like | one_of("from_dtype") | none,
        'Mask, positions or names of features whose values are categories; "from_dtype" takes '
        "the categorical and text columns of a data frame.",
    )
    n_jobs: int = shared.n_jobs
    random_state: object = shared.random_state

    term_features_ = fitted("list of tuple", "The feature, or two, of each term.")
    term_names_ = fitted("list of str", "Their names; those of a pair are joined by ' & '.")
    term_importances_ = fitted("(n_terms,)", "Mean size of each term's part over the rows.")
    intercept_ = fitted("(1,) or (n_classes,)", "Mean raw prediction over the rows.")
    n_iter_ = fitted("(n_bags,)", "Rounds of the single features that each bag kept.")
    is_categorical_ = fitted("(n_features,) or None", "Which features hold categories.")

    # ------------------------------------------------------------------- fitting
    def fit(self, X, y, sample_weight=None):
        """Fit the terms.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            NaN is missing.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        X, y, weight = self._training_rows(X, y, sample_weight)
        counts = None
        if self._columns is not None:
            counts = [None if c is None else max(1, len(c)) for c in self._columns.categories]
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_bags)
        draw = np.random.RandomState(seeds[0])
        self._bins, self._pair_bins = (
            find_bins(X, most, weight=weight, n_categories=counts, rng=draw)
            for most in (self.max_bins, self.max_pair_bins)
        )
        loss = self._make_loss()
        raw = np.tile(baseline(loss, y, weight), (len(X), 1))
        rows = additive.Sample(np.ascontiguousarray(y, dtype=np.float64)[:, None], weight, raw)
        bags = self._bags(X, y, weight, seeds)
        self._fit_columns(loss, X, rows, bags)
        self._fit_pairs(loss, X, rows, bags)
        self._describe()
        return self

    def _fit_columns(self, loss, X, rows, bags):
        codes = additive.column_codes(self._bins, X, n_threads(self.n_jobs))
        layout = additive.columns_layout(self._bins)
        found = self._boost(loss, layout, codes, [rows] * len(bags), bags)
        self.n_iter_ = np.array([n_iter for _, n_iter in found])
        self._bag_scores = [scores for scores, _ in found]
        self._codes, self._layout = codes, layout
        self._of_columns = self._average(layout, self._bag_scores, codes, rows)
        self.intercept_ = rows.raw[0] + self._of_columns.constant

    def _fit_pairs(self, loss, X, rows, bags):
        codes, of_columns = self.__dict__.pop("_codes"), self.__dict__.pop("_bag_scores")
        layout = self.__dict__.pop("_layout")
        pair_codes = additive.column_codes(self._pair_bins, X, n_threads(self.n_jobs))
        self._pairs = self._choose_pairs(loss, layout, codes, pair_codes, rows)
        grids = additive.pairs_layout(self._pair_bins, self._pairs)
        cells = additive.pair_codes(self._pair_bins, pair_codes, self._pairs)
        found = []
        if self._pairs:
            starts = []
            for scores in of_columns:
                raw = rows.raw.copy()
                additive.add_parts(layout, scores, codes, raw)
                starts.append(additive.replace(rows, raw=raw))
            found = self._boost(loss, grids, cells, starts, bags)
        none = np.zeros((grids.start[-1], rows.raw.shape[1]))
        tables = [scores for scores, _ in found] or [none]
        self._of_pairs = self._average(grids, tables, cells, rows)
        self.intercept_ = self.intercept_ + self._of_pairs.constant

    def _boost(self, loss, layout, codes, starts, bags):
        """Scores and rounds of each bag. The kernels hold no lock, so threads are enough."""
        pace = additive.Pace(
            max_rounds=self.max_iter,
            patience=self.n_iter_no_change,
            tol=self.tol,
            rate=self.learning_rate,
            max_leaves=self.max_leaf_nodes,
            min_rows=self.min_samples_leaf,
            l2=self.l2_regularization,
        )

        def run(start, bag):
            train, held = bag
            cut = (np.ascontiguousarray(codes[:, rows]) for rows in (train, held))
            train_codes, held_codes = cut
            return additive.boost(
                loss, layout, train_codes, start.take(train), held_codes, start.take(held), pace
            )

        workers = min(n_threads(self.n_jobs), len(bags))
        if workers == 1:
            return list(map(run, starts, bags))
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(run, starts, bags))

    def _bags(self, X, y, weight, seeds):
        """For each seed the rows to train on and those held out; classes keep their shares."""
        groups = [np.arange(len(y))]
        if hasattr(self, "classes_"):
            groups = [np.flatnonzero(y == code) for code in range(len(self.classes_))]
        keys = additive.row_keys(X, y)
        bags = []
        for seed in seeds:
            held = additive.held_rows(keys, weight, self.validation_fraction, seed, groups)
            bags.append((np.flatnonzero(~held), np.flatnonzero(held)))
        return bags

    def _choose_pairs(self, loss, layout, codes, pair_codes, rows):
        size = self._pair_bins.n_bins.astype(np.int64) + 1
        given = self.interactions
        n_features = len(size)
        if not np.isscalar(given):
            pairs = [self._pair(pair) for pair in given]
            for i, j in pairs:
                if size[i] * size[j] > _MOST_CELLS:
                    raise ValueError(
                        f"{type(self).__name__}: the pair {(i, j)} of interactions has "
                        f"{size[i] * size[j]} cells; at most {_MOST_CELLS} can be numbered"
                    )
            return pairs
        most = given if isinstance(given, (int, np.integer)) else round(given * n_features)
        if most == 0 or n_features < 2:
            return []
        raw = rows.raw.copy()
        additive.add_parts(layout, self._of_columns.scores, codes, raw)
        raw += self._of_columns.constant
        sample = additive.replace(rows, raw=raw)
        narrow = np.flatnonzero(size * size.max() <= _MOST_CELLS)
        if len(narrow) > _MOST_PAIRED:
            order = np.argsort(-self._of_columns.importances[narrow], kind="stable")
            narrow = np.sort(narrow[order[:_MOST_PAIRED]])
        few = type(self._pair_bins)(
            tuple(self._pair_bins.edges[j] for j in narrow), self._pair_bins.categorical[narrow]
        )
        pairs, gains = additive.pair_gains(
            loss, few, pair_codes[narrow], sample, min_rows=self.min_samples_leaf
        )
        # Equal but for rounding, the first pairs are taken.
        best = np.argsort(-np.round(gains / gains.max(initial=1e-300), 9), kind="stable")[:most]
        return [(int(narrow[pairs[k][0]]), int(narrow[pairs[k][1]])) for k in best if gains[k] > 0]

    def _pair(self, pair):
        """Two positions of features from a pair of positions or names."""
        names = list(getattr(self, "feature_names_in_", ()))
        try:
            i, j = (names.index(f) if isinstance(f, str) else int(f) for f in pair)
        except (TypeError, ValueError):
            i, j = -1, -1
        if not (0 <= i < self.n_features_in_ and 0 <= j < self.n_features_in_ and i != j):
            raise ValueError(
                f"{type(self).__name__}: interactions holds {pair!r}; give pairs of two different "
                f"features, by name or by position below {self.n_features_in_}"
            )
        return i, j

    @staticmethod
    def _average(layout, tables, codes, rows):
        """Mean over bags, centred, with the deviation of bags and the size of terms."""
        pairs = [additive.centred(layout, table, codes, rows.weight) for table in tables]
        scores = np.mean([table for table, _ in pairs], axis=0)
        return Bunch(
            layout=layout,
            scores=scores,
            deviations=np.std([table for table, _ in pairs], axis=0),
            constant=np.mean([constant for _, constant in pairs], axis=0),
            importances=additive.importances(layout, scores, codes, rows.weight),
        )

    def _describe(self):
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{j}" for j in range(self.n_features_in_)]
        self.term_features_ = [(j,) for j in range(self.n_features_in_)] + self._pairs
        self.term_names_ = [" & ".join(str(names[j]) for j in term) for term in self.term_features_]
        self.term_importances_ = np.concatenate(
            [self._of_columns.importances, self._of_pairs.importances]
        )

    # ------------------------------------------------------------------- rows
    def _training_rows(self, X, y, sample_weight):
        """X as numbers, y encoded, weights or None."""
        self._check_params()
        X, y = self._read(X, y, _MOST_CELLS - 1)
        weight = check_sample_weight(sample_weight, X, dtype=np.float64)
        return X, self._encode(y), self._with_class_weight(weight, y)

    def _cells(self, X):
        """Cells of the rows of X in the terms of one feature, and in those of two."""
        X = self._numbers(X)
        pairs = np.empty((0, len(X)), dtype=np.uint16)
        if self._pairs:
            codes = additive.column_codes(self._pair_bins, X)
            pairs = additive.pair_codes(self._pair_bins, codes, self._pairs)
        return additive.column_codes(self._bins, X), pairs

    def _raw_predict(self, X):
        """Sum of the terms, (n_samples, n_outputs)."""
        columns, pairs = self._cells(X)
        raw = np.tile(self.intercept_, (columns.shape[1], 1))
        for part, codes in ((self._of_columns, columns), (self._of_pairs, pairs)):
            additive.add_parts(part.layout, part.scores, codes, raw)
        return raw

    def contributions(self, X):
        """Return what each term adds to the raw prediction of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_terms) or (n_samples, n_terms, n_classes)
            With `intercept_` their sum is the prediction before the inverse link: the log-odds of
            two classes.
        """
        columns, pairs = self._cells(X)
        parts = [
            additive.parts(part.layout, part.scores, codes)
            for part, codes in ((self._of_columns, columns), (self._of_pairs, pairs))
        ]
        out = np.concatenate(parts, axis=1)
        return out[:, :, 0] if out.shape[2] == 1 else out

    def shape(self, term):
        """Return the function of one term.

        Parameters
        ----------
        term : int or str
            Its position or its name in `term_names_`.

        Returns
        -------
        Bunch
            `name`, `features`; `edges`: for each feature the upper edges of its bins but the
            last, or its categories; `scores`: the value in each bin, of each feature missing
            values last, (n_bins + 1,) or (a + 1, b + 1), with an axis of classes behind if there
            are more than two; `deviations`: their standard deviation over bags; `importance`.
        """
        check_is_fitted(self)
        at = self._place(term)
        features = self.term_features_[at]
        one = len(features) == 1
        part = self._of_columns if one else self._of_pairs
        bins = self._bins if one else self._pair_bins
        t = at if one else at - self.n_features_in_
        first, last = part.layout.start[t : t + 2]
        sides = [bins.n_bins[j] + 1 for j in features]
        tables = []
        for values in (part.scores, part.deviations):
            values = values[first:last].reshape(*sides, -1)
            tables.append(values[..., 0] if values.shape[-1] == 1 else values)
        return Bunch(
            name=self.term_names_[at],
            features=features,
            edges=[self._edges(bins, j) for j in features],
            scores=tables[0],
            deviations=tables[1],
            importance=float(self.term_importances_[at]),
        )

    def plot(self, term, *, ax=None, output=None):
        """Draw the function of one term.

        Parameters
        ----------
        term : int or str
            Its position or its name in `term_names_`.
        ax : matplotlib Axes, default=None
            None makes a figure.
        output : int, default=None
            Of more than two classes, which.

        Returns
        -------
        matplotlib Axes
        """
        return plot_shape(self.shape(term), ax, output)

    def _edges(self, bins, j):
        known = None if self._columns is None else self._columns.categories[j]
        return bins.edges[j] if known is None else known

    def _place(self, term):
        if isinstance(term, str) and term in self.term_names_:
            return self.term_names_.index(term)
        if isinstance(term, (int, np.integer)) and 0 <= term < len(self.term_names_):
            return int(term)
        raise ValueError(
            f"{type(self).__name__}: there is no term {term!r}; the terms are {self.term_names_}"
        )

    def _with_class_weight(self, weight, y):
        return weight


class ExplainableBoostingRegressor(Regressor, ExplainableBoosting):
    """Sum of functions of one or two features, boosted: exact, and open to the eye.

    The prediction is ``g⁻¹(b + Σ_j f_j(x_j) + Σ f_ij(x_i, x_j))`` with g the link of the loss. The
    functions are constant on bins; rounds visit them in turn with small trees of Newton steps at a
    low rate, on some of the rows, until the loss of the others rises no more; `n_bags` such models
    are averaged. Pairs are chosen by what a tree on both features adds to the single ones.

    `shape` gives a function, `contributions` the parts of predictions.

    References
    ----------
    Lou, Y., Caruana, R., Gehrke, J., Hooker, G. (2013). Accurate intelligible models with pairwise
    interactions. KDD.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble import ExplainableBoostingRegressor
    >>> X = np.random.default_rng(0).uniform(size=(500, 2))
    >>> y = np.where(X[:, 0] < 0.5, 1.0, 3.0) + 2 * X[:, 1]
    >>> model = ExplainableBoostingRegressor(interactions=0, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.99)
    True
    >>> model.term_names_
    ['x0', 'x1']
    """

    loss: str = param(
        "squared_error",
        one_of("squared_error", "poisson", "gamma"),
        "poisson and gamma predict the exponential of the sum.",
        kw_only=False,
    )

    def _make_loss(self):
        return _LOSSES[self.loss]

    def _encode(self, y):
        y = y.astype(np.float64)
        low = {"gamma": (y > 0).all(), "poisson": (y >= 0).all() and y.sum() > 0}
        if not low.get(self.loss, True):
            need = "positive" if self.loss == "gamma" else "not negative, and not all 0"
            raise ValueError(
                f"{type(self).__name__}: loss={self.loss!r} needs targets that are {need}"
            )
        return y

    def predict(self, X):
        """Return the prediction of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,)
        """
        raw = self._raw_predict(X)
        return self._make_loss().link.inverse(raw[:, 0])


_LOSSES = {"squared_error": SquaredError(), "poisson": PoissonLoss(), "gamma": GammaLoss()}


class ExplainableBoostingClassifier(Classifier, ExplainableBoosting):
    """Log-odds as a sum of functions of one or two features, boosted.

    Terms, rounds, bags and pairs are those of `ExplainableBoostingRegressor`; with more than two
    classes each has its functions, and the softmax of their sums is the probability.

    References
    ----------
    Lou, Y., Caruana, R., Gehrke, J., Hooker, G. (2013). Accurate intelligible models with pairwise
    interactions. KDD.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.ensemble import ExplainableBoostingClassifier
    >>> X = np.random.default_rng(0).uniform(size=(500, 2))
    >>> model = ExplainableBoostingClassifier(random_state=0).fit(X, X.sum(axis=1) > 1)
    >>> model.predict([[0.1, 0.2], [0.9, 0.8]])
    array([False,  True])
    """

    class_weight: object = param(
        None,
        mapping | one_of("balanced") | none,
        'Weight of each class, ``{class: weight}``; "balanced" is n_samples / (n_classes * count).',
    )

    classes_ = fitted("(n_classes,)", "Labels.")

    def _make_loss(self):
        n_classes = len(self.classes_)
        return BinaryLogistic() if n_classes <= 2 else Multinomial(n_classes)

    def _encode(self, y):
        self.classes_, codes = encode_labels(y)
        return codes.astype(np.float64)

    def _with_class_weight(self, weight, y):
        if self.class_weight is None:
            return weight
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weight is None else weight * by_class

    def decision_function(self, X):
        """Return the sums of the terms: the log-odds of the second of two classes.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_classes)
        """
        raw = self._raw_predict(X)
        return raw[:, 0] if raw.shape[1] == 1 else raw

    def predict(self, X):
        """Return the likeliest class of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        raw = self._raw_predict(X)
        best = raw[:, 0] > 0 if raw.shape[1] == 1 else raw.argmax(axis=1)
        return self.classes_[best.astype(np.intp)]

    def predict_proba(self, X):
        """Return the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
        """
        raw = self._raw_predict(X)
        positive = self._make_loss().link.inverse(raw)
        return np.hstack([1 - positive, positive]) if positive.shape[1] == 1 else positive
