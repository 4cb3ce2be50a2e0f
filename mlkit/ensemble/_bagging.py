"""Bagging: models of rows, and columns, drawn at random; the mean of what they predict."""

import functools
import warnings

import numpy as np

from .. import tree
from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.available import available_if
from .._core.domains import above, between, boolean, integer, none
from .._core.fitted import has_fit_parameter
from .._core.jobs import run_jobs
from .._core.parallel import effective_n_jobs
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
    refuse_params,
    routing_enabled,
)
from .._core.sampling import sample_without_replacement
from .._core.scores import accuracy, r2
from .._core.seeds import check_random_state
from .._core.shared import n_jobs, random_state, verbose, warm_start
from .._core.tags import Traits, get_tags
from .._core.targets import encode_labels
from .._engine.evaluate.fit_score import rows_of_params
from .._engine.trees.forest import run_side_by_side
from .._engine.trees.forest_draws import RowDraws
from ._repeated import MAX_SEED, Repeated, held_has
from ._shared_columns import as_walked, columns_for, fit_tree, joined, threads_for

# The model's methods behind the ensemble's, the first that it has.
_FALLBACKS = {
    "decision_function": ("decision_function",),
    "predict": ("predict_proba", "predict"),
    "predict_proba": ("predict_proba", "predict"),
    "predict_log_proba": ("predict_log_proba", "predict_proba", "predict"),
}


def _draw(rng, replace, n_population, n_drawn):
    if replace:
        return rng.randint(0, n_population, n_drawn)
    return sample_without_replacement(n_population, n_drawn, random_state=rng)


def _fit_one(ensemble, number, seed, X, y, fit_params, weighs, columns):
    """Fit the model of a seed; return it and its columns.

    Rows drawn become weights where the model takes them, so that X need not be copied.
    """
    if ensemble.verbose > 1:
        print(f"Building estimator {number + 1} of {ensemble.n_estimators}")
    model = ensemble._make_estimator(append=False, random_state=np.random.RandomState(seed))
    picked, rows = ensemble._draws(seed)
    if columns is not None:
        weight = np.bincount(rows, minlength=X.shape[0]).astype(np.float64)
        fit_tree(
            model, columns, y, weight, check_random_state(model.random_state).randint(MAX_SEED)
        )
    elif weighs:
        weight = np.bincount(rows, minlength=X.shape[0])
        model.fit(ensemble._columns(X, picked), y, **{**fit_params, "sample_weight": weight})
    else:
        drawn = ensemble._columns(X, picked)[rows]
        model.fit(drawn, y[rows], **rows_of_params(X, fit_params, rows))
    return model, picked


def _say(function, ensemble, model, picked, X, params):
    """What `function` returns for a model on its columns of X."""
    return function(ensemble, model, ensemble._columns(X, picked), params)


def _predictions(ensemble, model, X, params):
    return np.asarray(model.predict(X, **params), dtype=np.float64)


def _decisions(ensemble, model, X, params):
    return model.decision_function(X, **params)


def _probabilities(ensemble, model, X, params):
    """Probabilities by a model that may lack classes, or votes where it gives none."""
    n_classes = ensemble.n_classes_
    if not hasattr(model, "predict_proba"):
        codes = np.asarray(model.predict(X, **params)).astype(np.intp, copy=False)
        return np.eye(n_classes)[codes]
    own = model.predict_proba(X, **params)
    if own.shape[1] == n_classes:
        return own
    spread = np.zeros((own.shape[0], n_classes))
    spread[:, np.asarray(model.classes_, dtype=np.intp)] = own
    return spread


def _log_probabilities(ensemble, model, X, params):
    own = model.predict_log_proba(X, **params)
    if own.shape[1] == ensemble.n_classes_:
        return own
    spread = np.full((own.shape[0], ensemble.n_classes_), -np.inf)
    spread[:, np.asarray(model.classes_, dtype=np.intp)] = own
    return spread


class _Bagging(Repeated):
    """Base of bagging: draws, fits, sums over models, and estimates out of bag."""

    traits = Traits(sparse=("csr", "csc"), dtype="any")

    n_estimators: int = param(10, integer(1), "Number of models.", kw_only=False)
    max_samples: object = param(
        None,
        integer(1) | above(0) | none,
        "Rows drawn for each model: a number, or a share of the rows, of the sum of weights where "
        "there are any; None is as many as there are.",
    )
    max_features: object = param(
        1.0, integer(1) | between(0, 1, "right"), "Columns drawn for each: a number, or a share."
    )
    bootstrap: bool = param(True, boolean, "Whether rows are drawn with replacement.")
    bootstrap_features: bool = param(False, boolean, "Whether columns are.")
    oob_score: bool = param(
        False, boolean, "Whether to score each row by the models that were fitted without it."
    )
    warm_start: bool = warm_start
    n_jobs: int = n_jobs
    random_state: object = random_state
    verbose: int = verbose

    estimators_features_ = fitted("list of (n_columns,)", "The columns that each model gets.")
    oob_score_ = fitted("float", "Score of predictions out of bag, with `oob_score`.")
    n_features_in_ = fitted("int", "Columns seen in fit.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if they have any.")

    # --------------------------------------------------------------------------- draws
    def _columns(self, X, picked):
        """X with the columns of a model; X itself where all are used in order."""
        return X if self._uses_all_columns() else X[:, picked]

    def _uses_all_columns(self):
        return not self.bootstrap_features and self._max_features == self.n_features_in_

    def _draws(self, seed):
        """Columns and rows of the model of a seed."""
        rng = np.random.RandomState(seed)
        picked = _draw(rng, self.bootstrap_features, self.n_features_in_, self._max_features)
        if self.bootstrap:
            return picked, self._row_draws.bootstrap(rng, self._max_samples)
        return picked, self._row_draws.without_replacement(rng, self._max_samples)

    @property
    def estimators_samples_(self):
        """The rows drawn for each model, drawn again at each call rather than kept."""
        return [self._draws(seed)[1] for seed in self._seeds]

    def _count_rows(self, weight):
        """Rows to draw."""
        max_samples, there = self.max_samples, self._row_draws.total
        if max_samples is None:
            count = self._row_draws.n_draws if self.bootstrap else there
        elif isinstance(max_samples, (int, np.integer)):
            count = int(max_samples)
        else:
            total = self._row_draws.mass
            count = int(max_samples * total)
            if count < 1:
                what = "number of samples" if weight is None else "total sum of sample weights"
                warnings.warn(
                    f"{type(self).__name__}: max_samples={max_samples} of the {what}, {total:g}, "
                    "is less than one row; one is drawn",
                    UserWarning,
                    stacklevel=3,
                )
                count = 1
        if not self.bootstrap and count > there:
            raise ValueError(
                f"{type(self).__name__}: max_samples={max_samples} means {count} rows, more than "
                f"the {there} there are to draw without replacement; lower it or set "
                "bootstrap=True"
            )
        return count

    def _count_columns(self):
        wanted, n_features = self.max_features, self.n_features_in_
        if not isinstance(wanted, (int, np.integer)):
            return max(1, int(wanted * n_features))
        if wanted > n_features:
            raise ValueError(
                f"{type(self).__name__}: max_features={wanted} is more than the {n_features} "
                "columns of X"
            )
        return int(wanted)

    # ----------------------------------------------------------------------------- fit
    def fit(self, X, y, sample_weight=None, **fit_params):
        """Draw rows and columns for each model, and fit it to them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or, of a regressor, (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            A row is drawn with a probability proportional to its weight.
        **fit_params : dict
            Metadata for the model's ``fit``, with metadata routing.

        Returns
        -------
        self
        """
        refuse_params(fit_params, self, "fit")
        X, y = self._check_fit(X, y, **self._door())
        weight = check_sample_weight(sample_weight, X, non_negative=True)
        y = self._encode(y)
        routed = self._routed("fit", fit_params)
        self._validate_estimator()
        self._n_samples = X.shape[0]
        self._row_draws = RowDraws(X, y, weight)
        self._max_samples, self._max_features = self._count_rows(weight), self._count_columns()
        if weight is not None and not self.bootstrap:
            warnings.warn(
                f"{type(self).__name__}: without replacement a row of weight 2 is not drawn as "
                "often as two rows; bootstrap=True is recommended with sample_weight",
                UserWarning,
                stacklevel=2,
            )
        self._check_oob()
        self._grow(X, y, routed)
        if self.oob_score:
            self._set_oob_score(X, y)
        return self

    def _door(self):
        """What X may be: as the default tree wants it, or what the model itself will check."""
        if self.estimator is None:
            return {"dtype": "float", "missing": True}
        return {"ensure_all_finite": False}

    def _check_oob(self):
        if self.oob_score and (not self.bootstrap or self.warm_start):
            need = "warm_start=False" if self.bootstrap else "bootstrap=True"
            raise ValueError(f"{type(self).__name__}: oob_score is available only with {need}")
        if hasattr(self, "oob_score_") and self.warm_start:
            del self.oob_score_

    def _grow(self, X, y, fit_params):
        """Fit the models that are missing."""
        rng = check_random_state(self.random_state)
        if not self.warm_start or not hasattr(self, "estimators_"):
            self.estimators_, self.estimators_features_, self._seeds = [], [], []
        n_old = len(self.estimators_)
        n_more = self.n_estimators - n_old
        if n_more < 0:
            raise ValueError(
                f"{type(self).__name__}: n_estimators={self.n_estimators} must not be less than "
                f"the {n_old} models there are, with warm_start=True"
            )
        if n_more == 0:
            warnings.warn(
                "Warm-start fitting without increasing n_estimators does not fit new trees.",
                UserWarning,
                stacklevel=3,
            )
            return
        if n_old:
            rng.randint(MAX_SEED, size=n_old)  # the seeds of the models there are
        seeds = rng.randint(MAX_SEED, size=n_more)
        weighs = self._takes_weights()
        columns = None
        if weighs and not fit_params and self._uses_all_columns():
            columns = columns_for(self.estimator_, X)
        shared = (X, y, fit_params, weighs, columns)
        calls = [
            ((self, number, seed, *shared), {}) for number, seed in enumerate(seeds, start=n_old)
        ]
        if columns is None:
            fitted_pairs = run_jobs(_fit_one, calls, n_jobs=self.n_jobs, verbose=self._loud)
        else:  # which threads can share, and processes cannot
            n_workers = effective_n_jobs(self.n_jobs)
            fitted_pairs = run_side_by_side(lambda i: _fit_one(*calls[i][0]), n_more, n_workers)
        for model, picked in fitted_pairs:
            self.estimators_.append(model)
            self.estimators_features_.append(picked)
        self._seeds = [*self._seeds, *seeds.tolist()]

    @property
    def _loud(self):
        return int(self.verbose)

    def _takes_weights(self):
        """Whether rows drawn can be told to the model as weights."""
        if routing_enabled():
            routing = get_routing_for_object(self.estimator_)
            return bool(routing.consumes("fit", ["sample_weight"]))
        return has_fit_parameter(self.estimator_, "sample_weight")

    def _out_of_bag(self, X, function, width):
        """Sum of what `function` returns over the models without a row, and their number."""
        total, count = np.zeros((self._n_samples, *width)), np.zeros(self._n_samples)
        for model, picked, rows in zip(
            self.estimators_, self.estimators_features_, self.estimators_samples_, strict=True
        ):
            left_out = np.ones(self._n_samples, dtype=bool)
            left_out[rows] = False
            left_out = np.flatnonzero(left_out)
            if len(left_out):
                total[left_out] += function(self, model, self._columns(X[left_out], picked), {})
                count[left_out] += 1
        if (count == 0).any():
            warnings.warn(
                f"{type(self).__name__}: {int((count == 0).sum())} rows are in the bag of every "
                "model and have no OOB scores; use more models",
                UserWarning,
                stacklevel=4,
            )
        return total, count

    # ------------------------------------------------------------------------- predict
    def _sum(self, function, X, method, params, add=np.add):
        """Sum of ``function`` over all models."""
        check_is_fitted(self)
        refuse_params(params, self, method)
        X = self._check_X(X, **self._door())
        params = self._routed(method, params, self._called(method))
        if function in (_predictions, _probabilities):
            total = self._sum_of_trees(X)
            if total is not None:
                one = function is _predictions and total.shape[1] == 1
                return total[:, 0] if one else total
        pairs = zip(self.estimators_, self.estimators_features_, strict=True)
        calls = [((function, self, model, picked, X, params), {}) for model, picked in pairs]
        # Summed model by model here, whoever made the parts: workers do not change the sums.
        if effective_n_jobs(self.n_jobs) == 1:
            return functools.reduce(add, (_say(*args) for args, _ in calls))
        return functools.reduce(add, run_jobs(_say, calls, n_jobs=self.n_jobs, verbose=self._loud))

    def _sum_of_trees(self, X):
        """What trees of ours on all columns say, summed in one walk; None if they are others."""
        X = as_walked(X) if self._uses_all_columns() else None
        trees = None if X is None else joined(self.estimators_)
        if trees is None:
            return None
        return trees.total(X, n_threads=threads_for(X, trees.n_trees))

    # ------------------------------------------------------------------------ metadata
    def _called(self, method):
        """The model's method behind one of the ensemble's."""
        model = self._model()
        names = _FALLBACKS[method]
        return next((name for name in names if hasattr(model, name)), names[-1])

    def _routed(self, method, params, callee=None):
        if not routing_enabled():
            return {}
        routed = process_routing(self, method, **params)
        return routed["estimator"][callee or method]

    def get_metadata_routing(self):
        """Return which metadata goes to the models.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        for method in _FALLBACKS:
            mapping.add(caller=method, callee=self._called(method))
        return MetadataRouter(owner=self).add(estimator=self._model(), method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self._model())
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        return tags


class BaggingClassifier(Classifier, _Bagging):
    """Mean of the probabilities of classifiers, each fitted to rows drawn with replacement.

    Where a classifier gives no probabilities they are shares of votes. With rows drawn without
    replacement this is pasting, with columns drawn random subspaces, with both random patches.

    Breiman, "Bagging predictors", Machine Learning 24, 1996; Breiman, "Pasting small votes for
    classification in large databases and on-line", Machine Learning 36, 1999; Ho, "The random
    subspace method for constructing decision forests", IEEE PAMI 20, 1998; Louppe and Geurts,
    "Ensembles on random patches", ECML 2012.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import BaggingClassifier
    >>> from mlkit.linear_model import RidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> BaggingClassifier(RidgeClassifier(), random_state=0).fit(X, y).predict(X[:2])
    array([0, 0])
    """

    classes_ = fitted("(n_classes,)", "The labels, sorted.")
    n_classes_ = fitted("int", "Their number.")
    oob_decision_function_ = fitted(
        "(n_samples, n_classes)",
        "Probabilities by the models fitted without the row, NaN where there are none.",
    )

    def _default_model(self):
        return tree.DecisionTreeClassifier()

    def _encode(self, y):
        self.classes_, codes = encode_labels(y)
        self.n_classes_ = len(self.classes_)
        return codes

    def _set_oob_score(self, X, y):
        total, _ = self._out_of_bag(X, _probabilities, (self.n_classes_,))
        with np.errstate(invalid="ignore"):
            self.oob_decision_function_ = total / total.sum(axis=1, keepdims=True)
        self.oob_score_ = accuracy(y, np.argmax(total, axis=1))

    def predict(self, X, **params):
        """Return the class of the greatest mean probability.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the models' ``predict_proba``, or ``predict``, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        share = self._sum(_probabilities, X, "predict", params) / len(self.estimators_)
        return self.classes_[np.argmax(share, axis=1)]

    def predict_proba(self, X, **params):
        """Return the mean of the models' probabilities, or the shares of their votes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the models, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._sum(_probabilities, X, "predict_proba", params) / len(self.estimators_)

    def predict_log_proba(self, X, **params):
        """Return the logarithms of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the models, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        if hasattr(self.estimator_, "predict_log_proba"):
            total = self._sum(_log_probabilities, X, "predict_log_proba", params, np.logaddexp)
            return total - np.log(len(self.estimators_))
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X, **params))

    @available_if(held_has("decision_function"))
    def decision_function(self, X, **params):
        """Return the mean of the models' ``decision_function``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the models, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._sum(_decisions, X, "decision_function", params) / len(self.estimators_)


class BaggingRegressor(Regressor, _Bagging):
    """Mean of the predictions of regressors, each fitted to rows drawn with replacement.

    Breiman, "Bagging predictors", Machine Learning 24, 1996; for columns drawn see
    `BaggingClassifier`.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import BaggingRegressor
    >>> from mlkit.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> BaggingRegressor(Ridge(), random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    traits = Traits(sparse=("csr", "csc"), dtype="any", multi_output=True)

    oob_prediction_ = fitted(
        "(n_samples,) or (n_samples, n_outputs)",
        "Predictions by the models fitted without the row, 0 where there are none.",
    )

    def _default_model(self):
        return tree.DecisionTreeRegressor()

    def _encode(self, y):
        return y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y

    def _set_oob_score(self, X, y):
        total, count = self._out_of_bag(X, _predictions, y.shape[1:])
        count = np.maximum(count, 1)
        self.oob_prediction_ = total / (count if y.ndim == 1 else count[:, None])
        self.oob_score_ = r2(y, self.oob_prediction_)

    def predict(self, X, **params):
        """Return the mean of the models' predictions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the models' ``predict``, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._sum(_predictions, X, "predict", params) / len(self.estimators_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = get_tags(self._model()).target_tags.multi_output
        return tags
