"""Classifiers whose probabilities are calibrated on rows they were not fitted to."""

import numbers
import warnings

import numpy as np

from .._core.arrays import check_is_fitted, check_sample_weight, has_fit_parameter, indexable
from .._core.domains import boolean, has_methods, integer, iterable, none, one_of
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param
from .._core.roles import Classifier, Meta
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.shared import n_jobs
from .._core.tags import get_tags
from .._core.targets import check_classification_targets, encode_labels
from .._engine.evaluate.fit_score import refuse_no_rows, rows_of_params, take_split
from ..isotonic import IsotonicRegression
from ..metrics._response import pick_method, select_response
from ..model_selection import LeaveOneOut, check_cv, cross_val_predict
from ..svm import LinearSVC
from ._maps import SigmoidMap, TemperatureMap

_RESPONSES = ("decision_function", "predict_proba")
_MAPS = {
    "sigmoid": SigmoidMap,
    "isotonic": lambda: IsotonicRegression(out_of_bounds="clip"),
}
_NAMES = ("n_features_in_", "feature_names_in_")


def is_frozen(estimator):
    """Whether fitting leaves the estimator alone: a FrozenEstimator, mlkit's or scikit-learn's."""
    return any(cls.__name__ == "FrozenEstimator" for cls in type(estimator).__mro__)


def _scores(estimator, X):
    """Decisions or probabilities, a column a class; one of the second of two classes."""
    method = pick_method(estimator, _RESPONSES)
    response = select_response(estimator, method, getattr(estimator, method)(X))
    return response.reshape(len(response), -1)


class CalibratedPair(Estimator):
    """A fitted classifier and the maps from its scores to probabilities.

    Attributes
    ----------
    estimator : fitted classifier
    calibrators : list
        One map a column of scores, or the one for all of "temperature".
    classes : ndarray of shape (n_classes,)
        All labels; a fold's classifier may have seen fewer.
    method : str
    """

    def __init__(self, estimator, calibrators, *, classes, method="sigmoid"):
        self.estimator = estimator
        self.calibrators = calibrators
        self.classes = classes
        self.method = method

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        """Calibrated probabilities, (n_samples, n_classes), columns in the order of `classes`."""
        return self.calibrate(_scores(self.estimator, X))

    def calibrate(self, scores):
        """Probabilities of the classifier's scores."""
        columns = known_columns(self.estimator, self.classes)
        shares = np.zeros((len(scores), len(self.classes)))
        if self.method == "temperature":
            shares[:, columns] = self.calibrators[0].predict(scores)
            return shares
        mapped = [
            each.predict(column) for each, column in zip(self.calibrators, scores.T, strict=True)
        ]
        if len(mapped) == 1 and len(columns) == 2:
            shares[:, columns[1]] = mapped[0]
            shares[:, columns[0]] = 1 - mapped[0]
        else:
            shares[:, columns] = np.column_stack(mapped)
            _rescale(shares)
        return shares


def _rescale(shares):
    """Make rows sum to one; a row of zeros says nothing, so all classes are alike."""
    total = shares.sum(axis=1, keepdims=True)
    np.divide(shares, total, out=shares, where=total != 0)
    shares[total[:, 0] == 0] = 1 / shares.shape[1]
    np.minimum(shares, 1.0, out=shares)


def known_columns(estimator, classes):
    """Where in `classes` those are that the classifier knows."""
    return np.searchsorted(classes, estimator.classes_)


def calibrate(estimator, scores, codes, classes, method, weight=None):
    """Fit the maps of a fitted classifier to its scores of rows with the labels ``classes[codes]``.

    Returns
    -------
    CalibratedPair
    """
    columns = known_columns(estimator, classes)
    n_columns = scores.shape[1]
    if n_columns != (1 if len(columns) <= 2 else len(columns)):
        raise ValueError(
            f"CalibratedClassifierCV: {type(estimator).__name__} returns {n_columns} columns of "
            f"scores for {len(columns)} classes; give it one a class, as "
            "decision_function_shape='ovr' does"
        )
    if method == "temperature":
        # A class that the classifier has never seen has no logit.
        known = np.isin(codes, columns)
        place = np.searchsorted(columns, codes[known])
        weight = None if weight is None else weight[known]
        maps = [TemperatureMap().fit(scores[known], place, weight)]
    else:
        targets = columns[-1:] if n_columns == 1 else columns
        make = _MAPS[method]
        maps = [
            make().fit(column, (codes == target).astype(np.float64), weight)
            for column, target in zip(scores.T, targets, strict=True)
        ]
    return CalibratedPair(estimator, maps, classes=classes, method=method)


def _fit_fold(estimator, X, y, train, test, codes, classes, method, fit_params, weight):
    """Fit on `train`, calibrate on `test`."""
    X_train, y_train = take_split(estimator, X, y, train)
    estimator.fit(X_train, y_train, **rows_of_params(X, fit_params, train))
    X_test, _ = take_split(estimator, X, None, test, train)
    weight = None if weight is None else weight[test]
    return calibrate(estimator, _scores(estimator, X_test), codes[test], classes, method, weight)


class CalibratedClassifierCV(Meta, Classifier, Estimator):
    """Turn the scores of a classifier into probabilities, by maps fitted on rows it has not seen.

    "sigmoid" is ``p = 1 / (1 + exp(a f + b))`` of the score f, "isotonic" the best increasing step
    function, "temperature" ``softmax(z / T)`` of all scores z. The first two map each class against
    the rest and scale the sum of a row to 1; of two classes the second is mapped. Scores are those
    of ``decision_function``, else of ``predict_proba``.

    A fitted classifier is calibrated as it is inside a `FrozenEstimator`; the rows should be
    others than it was fitted to.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
    likelihood methods", 1999. Zadrozny and Elkan, "Transforming classifier scores into accurate
    multiclass probability estimates", KDD 2002. Guo, Pleiss, Sun and Weinberger, "On calibration
    of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from mlkit.calibration import CalibratedClassifierCV
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.linear_model import RidgeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = CalibratedClassifierCV(RidgeClassifier(), cv=3).fit(X, y)
    >>> len(model.calibrated_classifiers_)
    3
    >>> model.predict_proba(X[:1]).round(3)
    array([[0.999, 0.001]])
    """

    estimator: object = param(
        None,
        has_methods("fit", "predict_proba") | has_methods("fit", "decision_function") | none,
        "The classifier; None is a `LinearSVC`.",
        kw_only=False,
    )
    method: str = param(
        "sigmoid", one_of("sigmoid", "isotonic", "temperature"), "Kind of the maps."
    )
    cv: object = param(
        None,
        integer(2) | has_methods("split", "get_n_splits") | iterable | none,
        "Folds, stratified for a number of them; None is five.",
    )
    n_jobs: int = n_jobs
    ensemble: object = param(
        "auto",
        one_of("auto") | boolean,
        "True: a classifier and its maps each fold, whose probabilities are averaged. False: maps "
        'of the predictions of all folds, for one classifier fitted to all rows. "auto" is False '
        "for a FrozenEstimator.",
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    calibrated_classifiers_ = fitted(
        "list", "The pairs of a classifier, `estimator`, and its maps, `calibrators`."
    )
    n_features_in_ = fitted("int", "Columns that the classifier saw, if it tells.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if it saw any.")

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Fit and calibrate.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for the classifier if it takes any and for the maps.
        **fit_params : dict
            For the classifier's ``fit``; taken by rows where there is one value a row.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a class has fewer rows than there are folds.
        """
        self._check_params()
        refuse_no_rows(self, X)
        check_classification_targets(y)
        X, y = indexable(X, y)
        weight = check_sample_weight(sample_weight, X)
        estimator = self._held()
        self.classes_, codes = encode_labels(np.asarray(y))
        self._check_folds(codes)
        cv = check_cv(self.cv, y, classifier=True)
        routed = self._routed(estimator, X, y, weight, fit_params)
        ensemble = not is_frozen(estimator) if self.ensemble == "auto" else self.ensemble
        how = (codes, self.classes_, self.method)
        if ensemble:
            fit_params = routed["estimator"]["fit"]
            calls = [
                ((clone(estimator), X, y, train, test, *how, fit_params, weight), {})
                for train, test in cv.split(X, y, **routed["splitter"]["split"])
            ]
            self.calibrated_classifiers_ = run_jobs(_fit_fold, calls, n_jobs=self.n_jobs)
        else:
            scores = self._out_of_fold(estimator, X, y, cv, routed)
            whole = clone(estimator).fit(X, y, **routed["estimator"]["fit"])
            self.calibrated_classifiers_ = [calibrate(whole, scores, *how, weight)]
        first = self.calibrated_classifiers_[0].estimator
        for name in _NAMES:
            vars(self).pop(name, None)
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        return self

    def _held(self):
        if self.estimator is not None:
            return self.estimator
        held = LinearSVC(random_state=0)
        return held.set_fit_request(sample_weight=True) if routing_enabled() else held

    def _check_folds(self, codes):
        """Refuse folds that would leave a class out of a test."""
        name = type(self).__name__
        if isinstance(self.cv, LeaveOneOut) or type(self.cv).__name__ == "LeaveOneOut":
            raise ValueError(
                f"{name}: cv=LeaveOneOut tests one class at a time, and a map needs rows of all "
                "classes; use a stratified splitter"
            )
        n_folds = self.cv
        if not isinstance(n_folds, numbers.Integral):
            n_folds = getattr(self.cv, "n_splits", None) if self.cv is not None else 5
        if n_folds is None:
            return
        least = np.bincount(codes).min()
        if least < n_folds:
            raise ValueError(
                f"{name}: cv={self.cv} makes {n_folds} folds, each with rows of all classes, but "
                f"the rarest class has only {least} sample(s); use at most so many folds"
            )

    def _routed(self, estimator, X, y, weight, fit_params):
        """Metadata of the classifier and of the splitter."""
        if routing_enabled():
            return process_routing(self, "fit", sample_weight=weight, **fit_params)
        if weight is not None:
            if has_fit_parameter(estimator, "sample_weight"):
                fit_params = {**fit_params, "sample_weight": weight}
            elif not is_frozen(estimator):
                warnings.warn(
                    f"{type(self).__name__}: {type(estimator).__name__}.fit takes no "
                    "sample_weight, so weights serve the calibration only and its classifier is "
                    "fitted without",
                    UserWarning,
                    stacklevel=3,
                )
        return route_directly(estimator={"fit": fit_params}, splitter={})

    def _out_of_fold(self, estimator, X, y, cv, routed):
        """Scores of each row by a classifier fitted without its fold."""
        method = pick_method(estimator, _RESPONSES)
        scores = cross_val_predict(
            estimator=estimator,
            X=X,
            y=y,
            cv=cv,
            method=method,
            n_jobs=self.n_jobs,
            params={**routed["splitter"]["split"], **routed["estimator"]["fit"]},
        )
        if len(self.classes_) == 2 and scores.ndim == 2:
            scores = scores[:, -1]
        return scores.reshape(len(scores), -1)

    def predict_proba(self, X):
        """Return the mean of the pairs' calibrated probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        total = 0.0
        for pair in self.calibrated_classifiers_:
            total = total + pair.predict_proba(X)
        return total / len(self.calibrated_classifiers_)

    def predict(self, X):
        """Return the likeliest label, by the calibrated probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def get_metadata_routing(self):
        """Return which metadata goes to the classifier and to the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(
            estimator=self._held(),
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        return router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator) if self.estimator is not None else None
        tags.input_tags.sparse = True if held is None else held.input_tags.sparse
        return tags
