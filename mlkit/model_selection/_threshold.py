"""Binary classifiers that say yes above a threshold of their own: given, or tuned on folds."""

import numbers
from collections.abc import MutableMapping

import numpy as np

from .._core.arrays import check_is_fitted, indexable, num_samples
from .._core.available import available_if
from .._core.domains import (
    array_like,
    boolean,
    callable_,
    has_methods,
    instance_of,
    integer,
    none,
    one_of,
    real,
    string,
)
from .._core.errors import NotFittedError
from .._core.estimator import Estimator
from .._core.indexing import safe_indexing
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param, required
from .._core.roles import Classifier, Meta
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
)
from .._core.shared import n_jobs, random_state
from .._core.tags import get_tags
from .._core.targets import type_of_target
from .._engine.evaluate.fit_score import refuse_no_rows, rows_of_params, take_split
from ..metrics import check_scoring
from ..metrics._response import pick_method, select_response
from ._shuffle import StratifiedShuffleSplit
from ._split import check_cv
from ._validate import CV


def _held_has(method):
    """Availability of a method: that of the held estimator, fitted or not."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


def _responses(estimator, X, methods, pos_label):
    """Score of the positive class by the first of `methods` that there is, and that method."""
    method = pick_method(estimator, methods)
    response = getattr(estimator, method)(X)
    return select_response(estimator, method, response, pos_label), method


def _labels(scores, threshold, classes, pos_label):
    """The positive class where the score reaches the threshold, the other elsewhere."""
    positive = 1 if pos_label is None else int(np.flatnonzero(classes == pos_label)[0])
    return classes[np.where(scores >= threshold, positive, 1 - positive)]


class _ThresholdClassifier(Meta, Classifier, Estimator):
    """Base of classifiers that hold a binary one and choose where its scores turn into labels."""

    estimator: object = param(
        required,
        has_methods("fit", "predict_proba") | has_methods("fit", "decision_function"),
        "A binary classifier.",
        kw_only=False,
    )
    response_method: str = param(
        "auto",
        one_of("auto", "predict_proba", "decision_function"),
        'What is compared with the threshold; "auto" is the first of the other two that the '
        "estimator has.",
    )

    estimator_ = fitted("estimator", "The fitted classifier.")
    n_features_in_ = fitted("int", "Columns that `estimator_` saw, if it tells.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if it saw any.")

    def fit(self, X, y, **params):
        """Fit the classifier.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes.
        **params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(params, self, "fit")
        self._check_params()
        refuse_no_rows(self, X)
        X, y = indexable(X, y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}. "
                f"Unknown label type for {type(self).__name__}, which needs a binary y: two labels"
            )
        self._fit(X, y, params)
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _methods(self):
        if self.response_method == "auto":
            return ["predict_proba", "decision_function"]
        return self.response_method

    def _held(self):
        """The fitted estimator: a classifier that was given fitted needs no fit."""
        if "estimator_" not in vars(self):
            try:
                check_is_fitted(self.estimator)
            except NotFittedError:
                check_is_fitted(self, "estimator_")
        return getattr(self, "estimator_", self.estimator)

    @property
    def classes_(self):
        """The two labels."""
        try:
            return self._held().classes_
        except NotFittedError as error:
            raise AttributeError(f"{type(self).__name__} has no classes_ before fit") from error

    @available_if(_held_has("predict_proba"))
    def predict_proba(self, X):
        """Return the classifier's ``predict_proba``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, 2)
        """
        return self._held().predict_proba(X)

    @available_if(_held_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Return the classifier's ``predict_log_proba``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, 2)
        """
        return self._held().predict_log_proba(X)

    @available_if(_held_has("decision_function"))
    def decision_function(self, X):
        """Return the classifier's ``decision_function``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._held().decision_function(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        return tags


class FixedThresholdClassifier(_ThresholdClassifier):
    """Predict the positive class where its score is at least a given threshold.

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.model_selection import FixedThresholdClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticRegression(max_iter=10_000)
    >>> sure = FixedThresholdClassifier(model, threshold=0.99).fit(X, y)
    >>> bool(sure.predict(X).sum() < model.fit(X, y).predict(X).sum())
    True
    """

    threshold: object = param(
        "auto",
        one_of("auto") | real,
        'Where the positive class begins; "auto" is 0.5 for probabilities and 0 for decisions.',
    )
    pos_label: object = param(
        None, real | string | boolean | none, "The positive class; None is the greater label."
    )

    def _fit(self, X, y, params):
        routed = process_routing(self, "fit", **params)
        self.estimator_ = clone(self.estimator).fit(X, y, **routed["estimator"]["fit"])

    def predict(self, X):
        """Predict labels by the threshold.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        estimator = self._held()
        scores, method = _responses(estimator, X, self._methods(), self.pos_label)
        threshold = self.threshold
        if threshold == "auto":
            threshold = 0.5 if method == "predict_proba" else 0.0
        return _labels(scores, threshold, estimator.classes_, self.pos_label)

    def get_metadata_routing(self):
        """Return which metadata goes to the classifier.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)


def _curve(estimator, X, y, scorer, methods, thresholds, params):
    """Score the labels that each threshold makes; return the scores and the thresholds."""
    pos_label = scorer._get_pos_label()
    found, _ = _responses(estimator, X, methods, pos_label)
    if isinstance(thresholds, numbers.Integral):
        thresholds = np.linspace(found.min(), found.max(), thresholds)
    thresholds = np.asarray(thresholds)
    options = {**scorer._kwargs, **params}
    values = [
        scorer._score_func(y, _labels(found, each, estimator.classes_, pos_label), **options)
        for each in thresholds
    ]
    return scorer._sign * np.array(values), thresholds


def _fit_and_try(estimator, X, y, train, test, params, how):
    """Fit on `train`, unless that is None, and score all thresholds on `test`."""
    if train is not None:
        X_train, y_train = take_split(estimator, X, y, train)
        estimator.fit(X_train, y_train, **rows_of_params(X, params["estimator"]["fit"], train))
    X_test, y_test = take_split(estimator, X, y, test, train)
    score_params = rows_of_params(X, params["scorer"]["score"], test)
    return _curve(estimator, X_test, y_test, *how, score_params)


class TunedThresholdClassifierCV(_ThresholdClassifier):
    """Predict the positive class where its score is at least the threshold that scored best.

    On each fold the metric is computed over thresholds between the least and the greatest score;
    the curves are interpolated at common thresholds, and the best mean decides.

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.model_selection import TunedThresholdClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticRegression(max_iter=10_000)
    >>> tuned = TunedThresholdClassifierCV(model, scoring="f1", cv=3).fit(X, y)
    >>> bool(0 < tuned.best_threshold_ < 1), bool(tuned.best_score_ > 0.9)
    (True, True)
    """

    scoring: object = param(
        "balanced_accuracy",
        string | callable_ | instance_of(MutableMapping),
        "A metric of labels, by name or as a scorer.",
    )
    thresholds: object = param(
        100,
        integer(1) | array_like,
        "How many thresholds are tried, evenly over the scores; or which.",
    )
    cv: object = param(
        None,
        CV | one_of("prefit") | real,
        "Folds, as in `check_cv`, always stratified; a share in (0, 1) is one draw of test rows; "
        '"prefit" tunes a fitted estimator on all rows.',
    )
    refit: bool = param(
        True,
        boolean,
        "Whether `estimator_` is fitted to all rows; without, to the training rows of one split.",
    )
    n_jobs: int = n_jobs
    random_state: object = random_state
    store_cv_results: bool = param(False, boolean, "Whether to keep all scores.")

    best_threshold_ = fitted("float", "The threshold.")
    best_score_ = fitted("float", "Its mean score over folds.")
    cv_results_ = fitted("dict", "thresholds and scores; only with `store_cv_results`.")

    def _folds(self, y):
        """The splitter, None for "prefit"."""
        name = type(self).__name__
        if isinstance(self.cv, str):
            if self.refit:
                raise ValueError(
                    f"{name}: refit=True would fit the estimator that cv='prefit' says is fitted; "
                    "set refit=False"
                )
            check_is_fitted(self.estimator, "classes_")
            return None
        if isinstance(self.cv, numbers.Real) and not isinstance(self.cv, numbers.Integral):
            if not 0 < self.cv < 1:
                raise ValueError(f"{name}: a share cv={self.cv} must be in (0, 1)")
            return StratifiedShuffleSplit(
                n_splits=1, test_size=self.cv, random_state=self.random_state
            )
        cv = check_cv(self.cv, y=y, classifier=True)
        if not self.refit and cv.get_n_splits() > 1:
            raise ValueError(
                f"{name}: refit=False keeps the classifier of a split, and cv={self.cv} has "
                "several; refit, or give one split"
            )
        return cv

    def _scorer(self):
        scorer = check_scoring(self.estimator, scoring=self.scoring)
        if not hasattr(scorer, "_score_func"):
            raise TypeError(
                f"{type(self).__name__}: scoring={self.scoring!r} is no metric of labels; pass a "
                "name, or make_scorer of a function"
            )
        return scorer

    def _fit(self, X, y, params):
        cv = self._folds(y)
        routed = process_routing(self, "fit", **params)
        how = self._scorer(), self._methods(), self.thresholds
        if cv is None:
            self.estimator_ = self.estimator
            jobs = [(self.estimator, None, range(num_samples(X)))]
        else:
            splits = list(cv.split(X, y, **routed["splitter"]["split"]))
            self._fit_held(X, y, splits[0][0], routed["estimator"]["fit"])
            jobs = [(clone(self.estimator), train, test) for train, test in splits]
            if not self.refit:  # the one split's classifier is fitted already
                jobs = [(self.estimator_, None, splits[0][1])]
        calls = [((each, X, y, train, test, routed, how), {}) for each, train, test in jobs]
        self._choose(*zip(*run_jobs(_fit_and_try, calls, n_jobs=self.n_jobs), strict=True))

    def _fit_held(self, X, y, train, fit_params):
        """Fit `estimator_` to all rows, or without `refit` to `train`."""
        self.estimator_ = clone(self.estimator)
        if not self.refit:
            fit_params = rows_of_params(X, fit_params, train)
            X, y = safe_indexing(X, train), safe_indexing(y, train)
        self.estimator_.fit(X, y, **fit_params)

    def _choose(self, scores, thresholds):
        """Set the threshold of the best mean score."""
        if any(np.isclose(each[0], each[-1]) for each in thresholds):
            raise ValueError(
                f"{type(self).__name__}: on a fold all scores are the same, so there is no "
                "threshold to choose; is the estimator constant?"
            )
        common = self.thresholds
        if isinstance(common, numbers.Integral):
            least = min(each.min() for each in thresholds)
            greatest = max(each.max() for each in thresholds)
            common = np.linspace(least, greatest, common)
        common = np.asarray(common)
        mean = np.mean(
            [np.interp(common, *fold) for fold in zip(thresholds, scores, strict=True)], axis=0
        )
        best = mean.argmax()
        self.best_score_, self.best_threshold_ = mean[best], common[best]
        vars(self).pop("cv_results_", None)
        if self.store_cv_results:
            self.cv_results_ = {"thresholds": common, "scores": mean}

    def predict(self, X):
        """Predict labels by the tuned threshold.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self, "estimator_")
        pos_label = self._scorer()._get_pos_label()
        scores, _ = _responses(self.estimator_, X, self._methods(), pos_label)
        return _labels(scores, self.best_threshold_, self.estimator_.classes_, pos_label)

    def get_metadata_routing(self):
        """Return which metadata goes to the classifier, the scorer and the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        for name, part, callee in (
            ("estimator", self.estimator, "fit"),
            ("splitter", self.cv, "split"),
            ("scorer", self._scorer(), "score"),
        ):
            mapping = MethodMapping().add(caller="fit", callee=callee)
            router.add(**{name: part}, method_mapping=mapping)
        return router
