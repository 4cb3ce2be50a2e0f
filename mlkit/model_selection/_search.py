"""Searches over candidates: each is cross-validated, the best is fitted to all rows."""

import numbers
import time
from abc import ABCMeta, abstractmethod

import numpy as np

from .._core.arrays import check_is_fitted, indexable
from .._core.available import available_if
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.domains import (
    above,
    boolean,
    callable_,
    has_methods,
    integer,
    mapping,
    none,
    sequence,
    string,
)
from .._core.errors import NotFittedError
from .._core.estimator import Estimator
from .._core.params import clone, fitted, param, required
from .._core.roles import Meta
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.shared import n_jobs, random_state
from .._core.tags import get_tags
from .._engine.evaluate.fit_score import rows_of_params
from ..metrics import check_scoring
from ._candidates import ParameterGrid, ParameterSampler
from ._rounds import Rounds
from ._validate import CV, ERROR_SCORE, PRE_DISPATCH, SCORING


def _best_has(method):
    """Availability of a method: that of the best estimator, or before fit of the candidate."""

    def check(self):
        if not self.refit:
            raise AttributeError(
                f"{type(self).__name__} was made with refit=False: {method} is there only "
                "after the best candidate was fitted to all rows"
            )
        getattr(
            self.best_estimator_ if hasattr(self, "best_estimator_") else self.estimator, method
        )
        return True

    return check


class BaseSearchCV(Meta, CallbackSupportMixin, Estimator, metaclass=ABCMeta):
    """Base of searches: a subclass's `_run_search` says which candidates are tried.

    ``_run_search(evaluate_candidates)`` calls ``evaluate_candidates(candidates, cv=None,
    more_results=None)`` as often as it likes; each call returns the table of all so far.
    """

    estimator: object = param(
        required, has_methods("fit"), "The model of which candidates are tried.", kw_only=False
    )
    scoring: object = param(None, SCORING, "Scorer, or several; None is the estimator's ``score``.")
    n_jobs: int = n_jobs
    refit: object = param(
        True,
        boolean | string | callable_,
        "Fit the best candidate to all rows; with several scorers the name of the one that "
        "decides, or a function of `cv_results_` that returns the index of the best.",
    )
    cv: object = param(None, CV, "Folds, as in `check_cv`.")
    verbose: int = param(0, integer(0) | boolean, "1 says how many fits, more one line a fit.")
    error_score: object = param(
        np.nan, ERROR_SCORE, 'Score of a candidate that fails on a fold, or "raise".'
    )
    return_train_score: bool = param(False, boolean, "Whether to score the training rows too.")
    time_budget: float = param(
        None,
        above(0) | none,
        "Seconds after which no candidate begins; the best of those finished is kept, at least "
        "one is. None is no limit.",
    )
    journal: object = param(
        None,
        string | has_methods("__fspath__") | none,
        "File to which each result is appended as it is there; a search that was killed goes on "
        "from it, with nothing lost and nothing done twice. For the same search only.",
    )
    progress: bool = param(
        False, boolean, "Whether to show fits done, time left and the best score on stderr."
    )

    cv_results_ = fitted("dict of str to array", "A row a candidate; see the guide.")
    best_estimator_ = fitted("estimator", "The best candidate, fitted to all rows.")
    best_score_ = fitted("float", "Its mean score on the folds.")
    best_params_ = fitted("dict", "Its parameters.")
    best_index_ = fitted("int", "Its row in `cv_results_`.")
    scorer_ = fitted("callable or dict", "What scored.")
    n_splits_ = fitted("int", "Number of folds.")
    refit_time_ = fitted("float", "Seconds that the last fit took.")
    multimetric_ = fitted("bool", "Whether there are several scores.")

    # A search that lets its user choose declares it as a parameter.
    pre_dispatch = "2*n_jobs"

    @abstractmethod
    def _run_search(self, evaluate_candidates):
        """Call `evaluate_candidates` with lists of parameters."""

    def _prepare(self, rounds):
        """Look at the data and the folds before the first candidate is fitted."""

    # ------------------------------------------------------------------- scorers
    def _get_scorers(self):
        """The scorer, or several as one, and the name of the score that decides."""
        if callable(self.scoring):
            return self.scoring, "score"
        scorer = check_scoring(
            self.estimator, scoring=self.scoring, raise_exc=(self.error_score == "raise")
        )
        if self.scoring is None or isinstance(self.scoring, str):
            return scorer, "score"
        self._check_refit_for_multimetric(scorer._scorers)
        return scorer, self.refit

    def _check_refit_for_multimetric(self, scores):
        if self.refit is False or callable(self.refit):
            return
        if not isinstance(self.refit, str) or self.refit not in scores:
            raise ValueError(
                f"{type(self).__name__}: with several scorers refit must be the name of one of "
                f"them ({sorted(scores)}), a function or False; got refit={self.refit!r}"
            )

    # ------------------------------------------------------------------ metadata
    def get_metadata_routing(self):
        """Return which metadata goes to the estimator, the scorer and the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        router.add(
            estimator=self.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit")
        )
        scorer, _ = self._get_scorers()
        router.add(
            scorer=scorer,
            method_mapping=MethodMapping()
            .add(caller="score", callee="score")
            .add(caller="fit", callee="score"),
        )
        return router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )

    def _route_fit(self, params):
        if routing_enabled():
            return process_routing(self, "fit", **params)
        params = dict(params)
        groups = params.pop("groups", None)
        weight = params.get("sample_weight")
        score = {} if weight is None else {"sample_weight": weight}
        scorer, _ = self._get_scorers()
        accepts = getattr(scorer, "_accept_sample_weight", None)
        takes_weight = accepts is not None and accepts()
        return route_directly(
            estimator={"fit": params},
            splitter={"split": {"groups": groups}},
            scorer={"score": score if takes_weight else {}},
        )

    # ----------------------------------------------------------------------- fit
    @with_callbacks
    def fit(self, X, y=None, **params):
        """Try the candidates and, if `refit`, fit the best to all rows.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **params : dict
            For the estimator's ``fit``; values with one item a row follow the folds; ``groups``
            goes to the splitter; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        if y is None and get_tags(self.estimator).target_tags.required:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: "
                f"its {type(self.estimator).__name__} learns from y."
            )
        scorer, decides = self._get_scorers()
        X, y = indexable(X, y)
        params = rows_of_params(X, params)
        routed = self._route_fit(params)
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        context = self._init_callback_context(max_subtasks=1 + (self.refit is not False))
        context.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata=metadata)
        rounds = Rounds(self, X, y, scorer, routed, context)
        self.n_splits_ = rounds.n_splits
        rounds.context.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata=metadata)
        with rounds.running():
            self._prepare(rounds)
            self._run_search(rounds.evaluate)
        rounds.context.call_on_fit_task_end(estimator=self, X=X, y=y, metadata=metadata)
        results = rounds.table()
        self.multimetric_ = isinstance(rounds.results[0]["test_scores"], dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(rounds.results[0]["test_scores"])
            decides = self.refit
        self._choose(results, decides)
        if self.refit:
            self._refit(X, y, routed["estimator"]["fit"], context, metadata)
        self.scorer_ = getattr(scorer, "_scorers", scorer)
        self.cv_results_ = results
        context.call_on_fit_task_end(estimator=self, X=X, y=y, metadata=metadata)
        return self

    def _choose(self, results, decides):
        """Set the index, score and parameters of the best candidate."""
        if not self.refit and self.multimetric_:
            return
        self.best_index_ = self._select_best_index(self.refit, decides, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{decides}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    @staticmethod
    def _select_best_index(refit, decides, results):
        if not callable(refit):
            return results[f"rank_test_{decides}"].argmin()
        index = refit(results)
        if not isinstance(index, numbers.Integral):
            raise TypeError(f"refit: the function must return an int, got {index!r}")
        if not 0 <= index < len(results["params"]):
            raise IndexError(
                f"refit: the function returned the index {index}, there are "
                f"{len(results['params'])} candidates"
            )
        return index

    def _refit(self, X, y, fit_params, context, metadata):
        best = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        task = context.subcontext(task_name="refit-with-best-params")
        began = time.perf_counter()
        with task.propagate_callback_context(best):
            task.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata=metadata)
            args = (X,) if y is None else (X, y)
            self.best_estimator_ = best.fit(*args, **fit_params)
            task.call_on_fit_task_end(estimator=self, X=X, y=y, metadata=metadata)
        self.refit_time_ = time.perf_counter() - began
        vars(self).pop("feature_names_in_", None)
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    # ------------------------------------------------------------------ after fit
    def _best(self):
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_

    def score(self, X, y=None, **params):
        """Return the score of the best estimator by the scorer that decided.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **params : dict
            For the scorer.

        Returns
        -------
        float
        """
        _best_has("fit")(self)
        best = self._best()
        if routing_enabled():
            params = process_routing(self, "score", **params)["scorer"]["score"]
        scorer = self.scorer_
        if isinstance(scorer, dict):
            if callable(self.scoring):
                return self.scoring(best, X, y, **params)[self.refit]
            scorer = scorer[self.refit]
        args = (X,) if y is None else (X, y)
        score = scorer(best, *args, **params)
        return score[self.refit] if isinstance(score, dict) else score

    @available_if(_best_has("score_samples"))
    def score_samples(self, X):
        """Return the best estimator's ``score_samples``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._best().score_samples(X)

    @available_if(_best_has("predict"))
    def predict(self, X):
        """Return the best estimator's ``predict``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._best().predict(X)

    @available_if(_best_has("predict_proba"))
    def predict_proba(self, X):
        """Return the best estimator's ``predict_proba``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._best().predict_proba(X)

    @available_if(_best_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Return the best estimator's ``predict_log_proba``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._best().predict_log_proba(X)

    @available_if(_best_has("decision_function"))
    def decision_function(self, X):
        """Return the best estimator's ``decision_function``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._best().decision_function(X)

    @available_if(_best_has("transform"))
    def transform(self, X):
        """Return the best estimator's ``transform``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features_new)
        """
        return self._best().transform(X)

    @available_if(_best_has("inverse_transform"))
    def inverse_transform(self, X):
        """Return the best estimator's ``inverse_transform``.

        Parameters
        ----------
        X : as that method wants it

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features)
        """
        return self._best().inverse_transform(X)

    # ----------------------------------------------------------------- what it is
    @property
    def n_features_in_(self):
        """The number of columns that the best estimator saw in fit."""
        try:
            return self._best().n_features_in_
        except NotFittedError as error:
            raise AttributeError(
                f"{type(self).__name__} object has no n_features_in_ attribute before fit"
            ) from error

    @property
    def classes_(self):
        """The labels of the best estimator, a classifier."""
        _best_has("classes_")(self)
        return self.best_estimator_.classes_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        for name in ("estimator_type", "target_tags", "classifier_tags", "regressor_tags"):
            setattr(tags, name, getattr(held, name))
        tags.transformer_tags = held.transformer_tags
        tags.input_tags.pairwise = held.input_tags.pairwise
        tags.input_tags.sparse = held.input_tags.sparse
        tags.array_api_support = held.array_api_support
        return tags


def refuse_unseeded_journal(search):
    """Raise where a resumed search would draw other candidates."""
    if search.journal is not None and search.random_state is None:
        raise ValueError(
            f"{type(search).__name__}(journal={search.journal!r}, random_state=None): a resumed "
            "search must draw the same candidates; set random_state to an int"
        )


_PRE_DISPATCH = param("2*n_jobs", PRE_DISPATCH, "Fits that joblib prepares ahead.")


class GridSearchCV(BaseSearchCV):
    """Try all combinations of parameter values, and keep the best.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import GridSearchCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> GridSearchCV(Ridge(), {"alpha": [0.01, 1, 100]}).fit(X, y).best_params_
    {'alpha': 0.01}
    """

    param_grid: object = param(
        required,
        mapping | sequence,
        "Values to try by parameter, or several such dicts.",
        kw_only=False,
    )
    pre_dispatch: object = _PRE_DISPATCH

    def _run_search(self, evaluate_candidates):
        evaluate_candidates(ParameterGrid(self.param_grid))


class RandomizedSearchCV(BaseSearchCV):
    """Try draws from distributions of parameters, and keep the best.

    Draws are those of `ParameterSampler`, and so scikit-learn's for the same seed.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import RandomizedSearchCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = RandomizedSearchCV(Ridge(), {"alpha": [0.01, 1, 100]}, n_iter=2, random_state=0)
    >>> search.fit(X, y).n_splits_
    5
    """

    param_distributions: object = param(
        required,
        mapping | sequence,
        "Values or distribution (with ``rvs``) by parameter, or several such dicts.",
        kw_only=False,
    )
    n_iter: int = param(10, integer(1), "Number of draws.")
    pre_dispatch: object = _PRE_DISPATCH
    random_state: object = random_state

    def _run_search(self, evaluate_candidates):
        refuse_unseeded_journal(self)
        evaluate_candidates(
            ParameterSampler(self.param_distributions, self.n_iter, random_state=self.random_state)
        )
