"""AdaBoost: rows weigh more for a model the worse those before it predict them."""

import warnings
from abc import abstractmethod

import numpy as np

from .. import tree
from .._core.arrays import check_sample_weight
from .._core.domains import above, integer, one_of
from .._core.fitted import check_is_fitted, has_fit_parameter
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.scores import accuracy, r2
from .._core.seeds import check_random_state
from .._core.shared import random_state
from .._core.tags import Traits, get_tags
from .._engine.trees.forest_draws import RowDraws, are_counts, summable
from .._engine.trees.forest_median import median_of_leaves, median_rows
from ._repeated import MAX_SEED, Repeated
from ._shared_columns import (
    as_walked,
    columns_for,
    counts_rows,
    fit_tree,
    joined,
    threads_for,
)


class _Weights:
    """Weights of rows that change from round to round: of each, and how often it is there.

    Sums are exact, so that a row that is there twice is two rows, in whatever order; unless weights
    are for models that do not keep it so, whose ties scikit-learn's sums should decide.
    """

    def __init__(self, weight, exact):
        counts = exact and are_counts(weight)
        self.times = weight if counts else None
        self.each = np.ones(len(weight)) if counts else weight.copy()
        self._absent = weight == 0
        self.each[self._absent] = 0.0
        self.count = weight.sum() if counts else len(weight)
        self.exact = exact
        self.each /= self.total()

    def settle(self):
        """Prepare a round."""
        # A weight that underflowed would never come back, one that was 0 must not appear.
        np.maximum(self.each, np.finfo(np.float64).eps, out=self.each)
        self.each[self._absent] = 0.0
        self.each = self._summable(self.each)

    def of_rows(self):
        """Of the rows of the table."""
        return self.each if self.times is None else self.each * self.times

    def total(self):
        """Their sum."""
        return float(self._all(self.each).sum())

    def mean(self, values):
        """Weighted mean of values of the rows."""
        return float(self._all(self.each * values).sum() / self.total())

    def _summable(self, values):
        return summable(values, self.count) if self.exact else values

    def _all(self, values):
        own = self._summable(values)
        return own if self.times is None else own * self.times


class _AdaBoost(Repeated):
    """Base of AdaBoost: the rounds, and what the stages tell.

    A subclass says in `_round` what one round does to the weights.
    """

    traits = Traits(sparse=("csr", "csc"), dtype="any")

    n_estimators: int = param(50, integer(1), "Models at most; a perfect fit ends the rounds.")
    learning_rate: float = param(
        1.0, above(0), "Factor of each model's weight; the lower, the more models are needed."
    )
    random_state: object = random_state

    _drawn = False  # whether models see rows drawn by their weights, and not these

    estimator_weights_ = fitted("(n_estimators,)", "Weight of each model's say; 0 if not fitted.")
    estimator_errors_ = fitted("(n_estimators,)", "Weighted error of each; 1 if not fitted.")
    n_features_in_ = fitted("int", "Columns seen in fit.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if they have any.")

    def fit(self, X, y, sample_weight=None):
        """Fit one model after another.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the first round; None is ``1 / n_samples`` for all.

        Returns
        -------
        self
        """
        self._check_params()
        X, y = self._check_fit(X, y, **self._door())
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, non_negative=True)
        weight = np.ones(len(y)) if weight is None else weight
        self._validate_estimator()
        self.estimators_ = []
        self.estimator_weights_ = np.zeros(self.n_estimators)
        self.estimator_errors_ = np.ones(self.n_estimators)
        self._columns = columns_for(self.estimator_, X)
        weight = _Weights(weight, self._drawn or self._columns is not None)
        try:
            self._boost(X, y, weight, check_random_state(self.random_state))
        finally:
            del self._columns
            vars(self).pop("_row_draws", None)
        return self

    def _door(self):
        """What X may be: as the default tree wants it, or what the model itself will check."""
        if self.estimator is None:
            return {"dtype": "float", "missing": True}
        return {"missing": bool(get_tags(self.estimator).input_tags.allow_nan), "allow_nd": True}

    def _boost(self, X, y, weight, rng):
        for number in range(self.n_estimators):
            weight.settle()
            last = number == self.n_estimators - 1
            say, error = self._round(X, y, weight, rng, last)
            if say is None:
                break
            self.estimator_weights_[number], self.estimator_errors_[number] = say, error
            if error == 0:
                break
            total = weight.total()
            if not np.isfinite(total):
                warnings.warn(
                    f"{type(self).__name__}: weights of rows overflow in round {number + 1}, which "
                    "is the last therefore; lower learning_rate",
                    UserWarning,
                    stacklevel=3,
                )
                break
            if total <= 0:
                break
            if not last:
                weight.each /= total

    @abstractmethod
    def _round(self, X, y, weight, rng, last):
        """Fit one model and change `weight`; return its say and its error, None to stop."""

    def _fit_tree(self, model, y, weight):
        """Fit one of our trees on the columns that all share; return the leaves of the rows."""
        seed = check_random_state(model.random_state).randint(MAX_SEED)
        return fit_tree(model, self._columns, y, weight, seed)

    # ---------------------------------------------------------------------- after fit
    def _checked(self, X):
        check_is_fitted(self)
        return self._check_X(X, **self._door())

    @property
    def feature_importances_(self):
        """Mean importance of each feature over the models, weighted by their say."""
        check_is_fitted(self)
        try:
            parts = [each.feature_importances_ for each in self.estimators_]
        except AttributeError as error:
            raise AttributeError(
                f"{type(self).__name__}: {type(self.estimator_).__name__} has no "
                "feature_importances_ to take the mean of"
            ) from error
        say = self.estimator_weights_[: len(parts)]
        return sum(w * part for w, part in zip(say, parts, strict=True)) / say.sum()

    def staged_score(self, X, y, sample_weight=None):
        """Yield the score after each round.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Yields
        ------
        float
        """
        X = self._checked(X)
        for predicted in self.staged_predict(X):
            yield self._score(y, predicted, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self._model())
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        return tags


class AdaBoostClassifier(Classifier, _AdaBoost):
    """Weighted vote of classifiers, each fitted with the errors of those before weighing more.

    SAMME: with e the weighted error of a classifier of K classes, its say is
    ``α = η (log((1 − e)/e) + log(K − 1))``, and rows that it gets wrong have their weights
    multiplied by ``exp(α)``. A classifier no better than chance ends the rounds.

    Freund and Schapire, "A decision-theoretic generalization of on-line learning and an application
    to boosting", JCSS 55, 1997; Zhu, Zou, Rosset and Hastie, "Multi-class AdaBoost", Statistics and
    its Interface 2, 2009.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import AdaBoostClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> AdaBoostClassifier(random_state=0).fit(X, y).predict(X[:2])
    array([0, 0])
    """

    classes_ = fitted("(n_classes,)", "The labels, sorted.")
    n_classes_ = fitted("int", "Their number.")

    _score = staticmethod(accuracy)

    def _default_model(self):
        return tree.DecisionTreeClassifier(max_depth=1)

    def _validate_estimator(self, default=None):
        super()._validate_estimator(default)
        if not has_fit_parameter(self.estimator_, "sample_weight"):
            raise ValueError(
                f"AdaBoostClassifier: {type(self.estimator_).__name__} doesn't support "
                "sample_weight, by which rows are boosted"
            )

    def _round(self, X, y, weight, rng, last):
        model = self._make_estimator(random_state=rng)
        leaf = None
        if self._columns is None:
            model.fit(X, y, sample_weight=weight.of_rows())
        else:
            leaf = self._fit_tree(model, y, weight.of_rows())
        if len(self.estimators_) == 1:
            self.classes_ = getattr(model, "classes_", None)
            self.n_classes_ = len(self.classes_)
        if leaf is None or (leaf < 0).any():
            wrong = model.predict(X) != y
        else:
            labels = model.classes_[model.tree_.trees.value[:, 0].argmax(axis=1)]
            wrong = labels[leaf] != y
        error = weight.mean(wrong)
        if error <= 0:
            return 1.0, 0.0
        if error >= 1.0 - 1.0 / self.n_classes_:
            self.estimators_.pop()
            if not self.estimators_:
                raise ValueError(
                    f"AdaBoostClassifier: {type(model).__name__} is worse than random at the first "
                    f"round, with the error {error:.3g} of {self.n_classes_} classes: it cannot be "
                    "boosted"
                )
            return None, None
        say = self.learning_rate * (np.log((1.0 - error) / error) + np.log(self.n_classes_ - 1.0))
        if not last:
            # In logarithms, where a large say times a small weight stays finite.
            present = weight.each > 0
            weight.each[present] = np.exp(np.log(weight.each[present]) + say * wrong[present])
        return say, error

    # ---------------------------------------------------------------------- after fit
    def _votes(self, X):
        """Yield after each model the decisions so far, (n_samples, n_classes), and its say."""
        total = np.zeros((X.shape[0], self.n_classes_))
        for model, say in zip(self.estimators_, self.estimator_weights_, strict=False):
            hit = model.predict(X)[:, np.newaxis] == self.classes_
            total += np.where(hit, say, -say / max(self.n_classes_ - 1, 1))
            yield total

    def _votes_of_trees(self, X):
        """The votes of all models by one walk through their trees; None if they are others."""
        X = as_walked(X)
        trees = None if X is None else joined(self.estimators_, self._vote, self._key())
        if trees is None:
            return None
        total = np.zeros((X.shape[0], self.n_classes_))
        trees.add_to(total, X, n_threads=threads_for(X, trees.n_trees))
        return total

    def _key(self):
        return self.estimator_weights_.tobytes()

    def _vote(self, number, trees):
        """Votes in place of the shares of the classes at the nodes of a tree."""
        say = self.estimator_weights_[number]
        hit = trees.value[:, 0].argmax(axis=1)[:, np.newaxis] == np.arange(self.n_classes_)
        return np.where(hit, say, -say / max(self.n_classes_ - 1, 1))[:, np.newaxis]

    def _decision(self, total, say):
        """Decisions of shape (n_samples,) for two classes, else (n_samples, n_classes)."""
        if self.n_classes_ == 1:
            return np.zeros((len(total), 1))
        total = total / say
        return total[:, 1] - total[:, 0] if self.n_classes_ == 2 else total

    def _labels(self, decision):
        if self.n_classes_ == 2:
            return self.classes_[(decision > 0).astype(int)]
        return self.classes_[np.argmax(decision, axis=1)]

    def _probabilities(self, decision):
        if self.n_classes_ == 1:
            return np.ones((len(decision), 1))
        if self.n_classes_ == 2:
            decision = np.column_stack([-decision, decision]) / 2.0
        else:
            decision = decision / (self.n_classes_ - 1)
        odds = np.exp(decision - decision.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def decision_function(self, X):
        """Return the weighted mean of the votes: the say for a class, ``−say/(K−1)`` for the rest.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            For two, positive for the second.
        """
        X = self._checked(X)
        total = self._votes_of_trees(X)
        if total is None:
            *_, total = self._votes(X)
        return self._decision(total, self.estimator_weights_.sum())

    def staged_decision_function(self, X):
        """Yield `decision_function` after each round.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
        """
        X = self._checked(X)
        for total, say in zip(self._votes(X), np.cumsum(self.estimator_weights_), strict=False):
            yield self._decision(total, say)

    def predict(self, X):
        """Return the class with the greatest say.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._labels(self.decision_function(X))

    def staged_predict(self, X):
        """Yield `predict` after each round.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        for decision in self.staged_decision_function(X):
            yield self._labels(decision)

    def predict_proba(self, X):
        """Return the softmax of ``decision / (K − 1)``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._probabilities(self.decision_function(X))

    def staged_predict_proba(self, X):
        """Yield `predict_proba` after each round.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples, n_classes)
        """
        for decision in self.staged_decision_function(X):
            yield self._probabilities(decision)

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


# Loss of an error that is 1 for the row predicted worst.
_LOSSES = {
    "linear": lambda error: error,
    "square": lambda error: error**2,
    "exponential": lambda error: 1.0 - np.exp(-error),
}


class AdaBoostRegressor(Regressor, _AdaBoost):
    """Weighted median of regressors, each fitted to rows drawn more often the worse they fit.

    AdaBoost.R2: with L the loss of each row in [0, 1] and e its weighted mean, ``β = e/(1 − e)``;
    the say of a regressor is ``η log(1/β)`` and a row's weight is multiplied by ``β^(η (1 − L))``.
    An e of one half or more ends the rounds.

    Drucker, "Improving regressors using boosting techniques", ICML 1997.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import AdaBoostRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> AdaBoostRegressor(random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    loss: str = param(
        "linear",
        one_of(*_LOSSES),
        "Of the absolute error over its greatest: itself, its square, or ``1 − exp(−error)``.",
    )

    _score = staticmethod(r2)
    _drawn = True

    def _default_model(self):
        return tree.DecisionTreeRegressor(max_depth=3)

    def _round(self, X, y, weight, rng, last):
        model = self._make_estimator(random_state=rng)
        if len(self.estimators_) == 1:
            self._row_draws = RowDraws(X, y, weight.times)
        rows = self._row_draws.with_odds(weight.each).bootstrap(rng, self._row_draws.n_draws)
        if self._columns is None or counts_rows(model):
            model.fit(X[rows], y[rows])
        else:
            self._fit_tree(model, y, np.bincount(rows, minlength=len(y)).astype(np.float64))
        present = weight.each > 0
        error = np.abs(model.predict(X) - y)
        worst = error[present].max()
        loss = _LOSSES[self.loss](np.minimum(error / worst, 1.0) if worst > 0 else error)
        mean = weight.mean(np.where(present, loss, 0.0))
        if mean <= 0:
            return 1.0, 0.0
        if mean >= 0.5:
            if len(self.estimators_) > 1:  # the first is kept, so that there is one
                self.estimators_.pop()
            return None, None
        beta = mean / (1.0 - mean)
        if not last:
            weight.each *= beta ** ((1.0 - loss) * self.learning_rate)
        return self.learning_rate * np.log(1.0 / beta), mean

    # ---------------------------------------------------------------------- after fit
    def _predictions(self, X):
        """Predictions of all models, a column each."""
        leaves = self._leaves(X)
        if leaves is None:
            return np.array([each.predict(X) for each in self.estimators_], dtype=np.float64).T
        value, place = leaves
        return value[place]

    def _leaves(self, X):
        """Values of the nodes of all trees, and the places of each row's; None for other models."""
        X = as_walked(X)
        trees = None if X is None else joined(self.estimators_)
        if trees is None:
            return None
        place = trees.apply(X, n_threads=threads_for(X, trees.n_trees))
        place += trees.offset[:-1]
        return trees.value[:, 0, 0], place

    def _median(self, predictions):
        """Weighted median over the models, a column each."""
        say = self.estimator_weights_[: predictions.shape[1]]
        predictions = np.ascontiguousarray(predictions)
        return median_rows(predictions, say, threads_for(predictions))

    def predict(self, X):
        """Return the median of the models' predictions, weighted by their say.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._checked(X)
        leaves = self._leaves(X)
        if leaves is None:
            return self._median(self._predictions(X))
        value, place = leaves
        say = self.estimator_weights_[: place.shape[1]]
        value = np.ascontiguousarray(value)
        return median_of_leaves(value, place, say, threads_for(X, place.shape[1]))

    def staged_predict(self, X):
        """Yield `predict` after each round.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Yields
        ------
        ndarray of shape (n_samples,)
        """
        predictions = self._predictions(self._checked(X))
        for number in range(1, predictions.shape[1] + 1):
            yield self._median(predictions[:, :number])
