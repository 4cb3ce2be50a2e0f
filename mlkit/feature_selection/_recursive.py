"""Recursive elimination: drop the least important columns, fit again, and so on."""

import numbers
import warnings
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from .._core.arrays import check_is_fitted, check_target
from .._core.available import available_if
from .._core.domains import between, callable_, has_methods, integer, iterable, none, string
from .._core.domains import estimator as model
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param, required
from .._core.roles import Meta, is_classifier
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    route_directly,
    routing_enabled,
)
from .._core.shared import n_jobs, verbose
from .._core.tags import Traits, get_tags
from .._engine.evaluate.cut import split_rows
from .._engine.evaluate.fit_score import rows_of_params, take_split
from ..metrics import check_scoring
from ._base import SelectorMixin
from ._importance import getter_param, importances, squares


@dataclass
class _Trace:
    """What was there in each round, before columns were dropped."""

    n_features: list = field(default_factory=list)
    scores: list = field(default_factory=list)
    supports: list = field(default_factory=list)
    rankings: list = field(default_factory=list)

    def add(self, support, ranking, score):
        self.n_features.append(int(support.sum()))
        self.supports.append(support.copy())
        self.rankings.append(ranking.copy())
        self.scores.append(score)


def _delegates(method):
    """Availability of a method: that of the estimator, fitted or not."""

    def check(self):
        getattr(self.estimator_ if "estimator_" in vars(self) else self.estimator, method)
        return True

    return check


class _Elimination(Meta, SelectorMixin, Estimator):
    """Base of RFE and RFECV: the rounds, and the model's methods on the columns that are left."""

    traits = Traits(sparse=("csc",), dtype="numeric", min_columns=2, requires_y=True)

    estimator: object = param(
        required, model, "A model that tells how important columns are.", kw_only=False
    )
    step: object = param(
        1,
        integer(1) | between(0, 1, "neither"),
        "Columns dropped in a round: a number, or a share of all columns, rounded down.",
    )
    verbose: int = verbose
    importance_getter: object = getter_param

    estimator_ = fitted("estimator", "The model, fitted to the columns that are kept.")
    n_features_ = fitted("int", "Columns kept.")
    support_ = fitted("(n_features,) of bool", "Which columns are kept.")
    ranking_ = fitted("(n_features,) of int", "1 for columns kept, 2 for those dropped last, ...")

    @property
    def classes_(self):
        """Labels, if the model is a classifier."""
        return self.estimator_.classes_

    def _check_y(self, y):
        return check_target(self, y, multi_output=True)

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _eliminate(self, X, y, n_kept, fit_params, watch=None):
        """Drop columns until `n_kept` are left; return mask, ranking, fitted model, trace.

        `watch` scores a fitted model on the columns it was fitted to.
        """
        n_features = X.shape[1]
        step = self.step if self.step >= 1 else max(1, int(self.step * n_features))
        support = np.ones(n_features, dtype=bool)
        ranking = np.ones(n_features, dtype=int)
        trace = _Trace()
        while True:
            columns = np.flatnonzero(support)
            if self.verbose > 0 and len(columns) > n_kept:
                print(f"Fitting estimator with {len(columns)} features.")
            fitted_model = clone(self.estimator).fit(X[:, columns], y, **fit_params)
            if watch is not None:
                trace.add(support, ranking, watch(fitted_model, columns))
            if len(columns) <= n_kept:
                return support, ranking, fitted_model, trace
            order = np.argsort(importances(fitted_model, self.importance_getter, squares))
            support[columns[order[: min(step, len(columns) - n_kept)]]] = False
            ranking[~support] += 1

    # --------------------------------------------------------- the model on columns kept
    def _on_columns(self, method, X, *args, **params):
        check_is_fitted(self)
        return getattr(self.estimator_, method)(self.transform(X), *args, **params)

    @available_if(_delegates("predict"))
    def predict(self, X, **predict_params):
        """Return the predictions of the model on the columns that are kept.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **predict_params : dict
            Metadata for the model's ``predict``, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        refuse_params(predict_params, self, "predict")
        check_is_fitted(self)
        routed = process_routing(self, "predict", **predict_params)["estimator"]["predict"]
        return self._on_columns("predict", X, **routed)

    @available_if(_delegates("decision_function"))
    def decision_function(self, X):
        """Return the model's ``decision_function`` of the columns that are kept.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._on_columns("decision_function", X)

    @available_if(_delegates("predict_proba"))
    def predict_proba(self, X):
        """Return the model's probabilities from the columns that are kept.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._on_columns("predict_proba", X)

    @available_if(_delegates("predict_log_proba"))
    def predict_log_proba(self, X):
        """Return the logarithms of the model's probabilities from the columns that are kept.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._on_columns("predict_log_proba", X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        tags.estimator_type = held.estimator_type
        for name in ("classifier_tags", "regressor_tags"):
            setattr(tags, name, deepcopy(getattr(held, name)))
            if getattr(tags, name) is not None:
                getattr(tags, name).poor_score = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = held.target_tags.multi_output
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        return tags

    @property
    def _estimator_type(self):
        return get_tags(self.estimator).estimator_type


class RFE(_Elimination):
    """Recursive feature elimination: fit, drop the columns of least squared weight, repeat.

    Guyon, Weston, Barnhill and Vapnik, "Gene selection for cancer classification using support
    vector machines", Machine Learning 46, 2002.

    Examples
    --------
    >>> from mlkit.datasets import make_regression
    >>> from mlkit.feature_selection import RFE
    >>> from mlkit.linear_model import LinearRegression
    >>> X, y = make_regression(n_features=6, n_informative=2, random_state=0)
    >>> RFE(LinearRegression(), n_features_to_select=2).fit(X, y).ranking_
    array([1, 3, 2, 1, 4, 5])
    """

    n_features_to_select: object = param(
        None,
        integer(1) | between(0, 1, "right") | none,
        "Columns to keep: a number, or a share; None is half of them.",
    )

    def _target(self, n_features):
        """Number of columns to keep."""
        wanted = self.n_features_to_select
        if wanted is None:
            return n_features // 2
        if not isinstance(wanted, numbers.Integral):
            return int(n_features * wanted)
        if wanted > n_features:
            warnings.warn(
                f"RFE(n_features_to_select={wanted}) > n_features={n_features}. There will be no "
                "feature selection and all features will be kept.",
                UserWarning,
                stacklevel=3,
            )
        return int(wanted)

    def fit(self, X, y, **fit_params):
        """Eliminate columns, and fit the model to those that are left.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **fit_params : dict
            For the model's ``fit``; with metadata routing, metadata.

        Returns
        -------
        self
        """
        if routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params)["estimator"]["fit"]
        X, y = self._check_fit(X, y, ensure_all_finite=False)
        n_kept = self._target(X.shape[1])
        found = self._eliminate(X, y, n_kept, fit_params)
        self.support_, self.ranking_, self.estimator_, _ = found
        self.n_features_ = self.support_.sum()
        return self

    @available_if(_delegates("score"))
    def score(self, X, y, **score_params):
        """Return the model's score on the columns that are kept.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **score_params : dict
            For the model's ``score``; with metadata routing, metadata.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        if routing_enabled():
            score_params = process_routing(self, "score", **score_params)["estimator"]["score"]
        return self._on_columns("score", X, y, **score_params)

    def get_metadata_routing(self):
        """Return what metadata the model gets.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping()
        for method in ("fit", "predict", "score"):
            mapping.add(caller=method, callee=method)
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)


def _fold(selector, X, y, train, test, scorer, fit_params, score_params):
    """The rounds of elimination on the rows `train`, each scored on the rows `test`."""
    X_train, y_train = take_split(selector.estimator, X, y, train)
    X_test, y_test = take_split(selector.estimator, X, y, test, train)
    fit_params = rows_of_params(X, fit_params, train)
    score_params = rows_of_params(X, score_params, test)

    def watch(fitted_model, columns):
        return scorer(fitted_model, X_test[:, columns], y_test, **score_params)

    n_kept = selector.min_features_to_select
    return selector._eliminate(X_train, y_train, n_kept, fit_params, watch)[-1]


class RFECV(_Elimination):
    """Recursive feature elimination that keeps as many columns as score best in cross-validation.

    Each fold eliminates on its training rows and scores every round on its test rows; of equally
    good numbers of columns the least is taken.

    Examples
    --------
    >>> from mlkit.datasets import make_regression
    >>> from mlkit.feature_selection import RFECV
    >>> from mlkit.linear_model import LinearRegression
    >>> X, y = make_regression(n_features=6, n_informative=2, noise=20.0, random_state=1)
    >>> RFECV(LinearRegression()).fit(X, y).support_
    array([False, False,  True, False,  True, False])
    """

    min_features_to_select: int = param(1, integer(1), "Columns to keep at least.")
    cv: object = param(
        None,
        integer() | has_methods("split") | iterable | none,
        "Folds: a number (stratified for classes), a splitter, pairs of rows; None is 5.",
    )
    scoring: object = param(
        None,
        string | callable_ | none,
        'Scorer; None is "accuracy" for classifiers and "r2" for the rest.',
    )
    n_jobs: int = n_jobs

    cv_results_ = fitted(
        "dict",
        "By number of columns, ascending: ``n_features``, ``mean_test_score``, ``std_test_score``, "
        "and of each fold k ``split{k}_test_score``, ``split{k}_ranking``, ``split{k}_support``.",
    )

    def _scorer(self):
        default = "accuracy" if is_classifier(self.estimator) else "r2"
        return check_scoring(self.estimator, scoring=self.scoring or default)

    def fit(self, X, y, **params):
        """Find the number of columns by cross-validation, then eliminate on all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **params : dict
            ``groups`` for the splitter; with metadata routing, metadata for model, scorer and
            splitter.

        Returns
        -------
        self
        """
        refuse_params(params, self, "fit", allow=["groups"])
        X, y = self._check_fit(X, y, ensure_all_finite=False)
        routed = self._routed(params)
        fit_params, scorer = routed["estimator"]["fit"], self._scorer()
        self._check_least(X.shape[1])
        splitter = routed["splitter"]["split"]
        folds = split_rows(self.cv, X, y, classifier=is_classifier(self.estimator), **splitter)
        calls = [
            ((self, X, y, train, test, scorer, fit_params, routed["scorer"]["score"]), {})
            for train, test in folds
        ]
        traces = run_jobs(_fold, calls, n_jobs=self.n_jobs)
        n_features = np.array(traces[0].n_features)[::-1]
        scores = np.array([trace.scores[::-1] for trace in traces])
        n_kept = n_features[np.argmax(scores.sum(axis=0))]
        found = self._eliminate(X, y, n_kept, fit_params)
        self.support_, self.ranking_, self.estimator_, _ = found
        self.n_features_ = self.support_.sum()
        self.cv_results_ = _table(n_features, scores, traces)
        return self

    def _check_least(self, n_features):
        if self.min_features_to_select > n_features:
            warnings.warn(
                f"RFECV(min_features_to_select={self.min_features_to_select}) > "
                f"n_features={n_features}. All columns are kept.",
                UserWarning,
                stacklevel=3,
            )

    def _routed(self, params):
        if routing_enabled():
            return process_routing(self, "fit", **params)
        return route_directly(
            estimator={}, splitter={"split": {"groups": params.get("groups")}}, scorer={}
        )

    def score(self, X, y, **score_params):
        """Return the score of the predictions by the scorer in `scoring`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **score_params : dict
            Metadata for the scorer, with metadata routing.

        Returns
        -------
        float
        """
        refuse_params(score_params, self, "score")
        routed = process_routing(self, "score", **score_params)["scorer"]["score"]
        return self._scorer()(self, X, y, **routed)

    def get_metadata_routing(self):
        """Return what metadata the model, the splitter and the scorer get.

        Returns
        -------
        MetadataRouter
        """
        fitting = MethodMapping().add(caller="fit", callee="fit")
        cutting = MethodMapping().add(caller="fit", callee="split")
        scoring = MethodMapping().add(caller="fit", callee="score")
        scoring.add(caller="score", callee="score")
        router = MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=fitting)
        router.add(splitter=self.cv, method_mapping=cutting)
        return router.add(scorer=self._scorer(), method_mapping=scoring)


def _table(n_features, scores, traces):
    """``cv_results_``, by number of columns in ascending order."""
    table = {
        "n_features": n_features,
        "mean_test_score": scores.mean(axis=0),
        "std_test_score": scores.std(axis=0),
    }
    for k, trace in enumerate(traces):
        table[f"split{k}_test_score"] = scores[k]
        table[f"split{k}_ranking"] = np.array(trace.rankings[::-1])
        table[f"split{k}_support"] = np.array(trace.supports[::-1])
    return table
