"""Many classes from classifiers of two: one against the rest, one against one, by codes."""

import contextlib
import warnings
from itertools import combinations

import numpy as np

from ._core.arrays import check_is_fitted, num_samples, validate_data
from ._core.available import available_if
from ._core.domains import above, has_methods, integer, none
from ._core.elapsed import timed
from ._core.estimator import Estimator
from ._core.jobs import run_jobs
from ._core.params import clone, fitted, param, required
from ._core.roles import Classifier, Meta, MultiOutput, is_classifier, is_regressor
from ._core.routing import MetadataRouter, MethodMapping, process_routing, refuse_params
from ._core.seeds import check_random_state
from ._core.shared import random_state, verbose
from ._core.tags import Traits, get_tags
from ._core.targets import check_classification_targets
from ._engine.evaluate.fit_score import refuse_no_rows, rows_of_params, take_split
from .preprocessing import LabelBinarizer

__all__ = ["OneVsOneClassifier", "OneVsRestClassifier", "OutputCodeClassifier"]

_JOBS = param(None, integer() | none, "Workers, over the classifiers of two.")


class _Constant(Classifier, Estimator):
    """What a classifier of two becomes when the training rows have one label only."""

    def fit(self, X, y):
        with contextlib.suppress(TypeError, ValueError):  # X may be texts, which have no columns
            validate_data(self, X, skip_check_array=True)
        self.y_ = y[0]
        return self

    def predict(self, X):
        check_is_fitted(self)
        return np.repeat(self.y_, num_samples(X))

    decision_function = predict

    def predict_proba(self, X):
        check_is_fitted(self)
        share = float(self.y_)
        return np.tile([1 - share, share], (num_samples(X), 1))


def _fit_binary(estimator, X, y, params, names=None, message=None, title=None):
    """Fit a clone to two classes; a constant if there is but one, with a warning."""
    present = np.unique(y)
    if len(present) == 1:
        if names is not None:
            warnings.warn(
                f"{title}: every training row is labelled {names[int(present[0] == 1)]}; the "
                "classifier for it is a constant",
                UserWarning,
                stacklevel=3,
            )
        return _Constant().fit(X, present)
    with timed(title, message):
        return clone(estimator).fit(X, y, **params)


def _confidence(estimator, X):
    """A number a row that is greater the surer the second class is."""
    if is_regressor(estimator):
        return estimator.predict(X)
    if hasattr(estimator, "decision_function"):
        return np.ravel(estimator.decision_function(X))
    return estimator.predict_proba(X)[:, 1]


def _middle(estimator):
    """The confidence at which the second class begins."""
    decides = hasattr(estimator, "decision_function") and is_classifier(estimator)
    return 0.0 if decides else 0.5


def _held_has(method):
    """Availability of a method: that of the fitted classifiers of two, or of the one given."""

    def check(self):
        held = self.estimators_[0] if hasattr(self, "estimators_") else self.estimator
        getattr(held, method)
        return True

    return check


class _OfBinaries(Meta, Classifier, Estimator):
    """Base of classifiers that hold several of two classes."""

    estimator: object = param(
        required, has_methods("fit"), "The classifier of two classes.", kw_only=False
    )
    n_jobs: int = _JOBS

    estimators_ = fitted("list of estimators", "The fitted classifiers of two classes.")
    classes_ = fitted("ndarray of shape (n_classes,)", "The labels.")
    n_features_in_ = fitted("int", "Columns seen in fit.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if they have any.")

    _routed_methods = ("fit",)

    def get_metadata_routing(self):
        """Return which metadata goes to the classifiers.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping()
        for method in self._routed_methods:
            mapping.add(caller=method, callee=method)
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def _take_columns_seen(self):
        """Take over what the first classifier knows of X."""
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimators_[0], name):
                setattr(self, name, getattr(self.estimators_[0], name))

    def _first_call(self, classes):
        """Whether this is the first `partial_fit`; then keep `classes`, which later must agree."""
        name = type(self).__name__
        if classes is not None:
            classes = np.unique(classes)
        if "classes_" not in vars(self):
            if classes is None:
                raise ValueError(
                    f"{name}: classes must be passed on the first call to partial_fit."
                )
            self.classes_ = classes
            return True
        if classes is not None and not np.array_equal(self.classes_, classes):
            raise ValueError(
                f"{name}: partial_fit got the classes {classes}, its first call {self.classes_}"
            )
        return False

    def _check_known(self, y):
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"{type(self).__name__}: y has {unknown}, which are none of the classes "
                f"{self.classes_} of the first call to partial_fit"
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        return tags


def _pairwise_too(self, tags):
    tags.input_tags.pairwise = get_tags(self.estimator).input_tags.pairwise
    return tags


class OneVsRestClassifier(MultiOutput, _OfBinaries):
    """Fit for each class a classifier of it against all others; the surest one decides.

    An indicator matrix y, of several labels a row, is fitted column by column.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.multiclass import OneVsRestClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(X, y)
    >>> len(model.estimators_), model.predict(X[:1])
    (3, array([0]))
    """

    traits = Traits(multi_output=True)
    verbose: int = verbose

    label_binarizer_ = fitted("LabelBinarizer", "Turns labels into columns and back.")

    _routed_methods = ("fit", "partial_fit")

    def fit(self, X, y, **fit_params):
        """Fit a classifier a class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_classes)
            Labels, or indicators of them.
        **fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(fit_params, self, "fit")
        self._check_params()
        routed = process_routing(self, "fit", **fit_params)
        refuse_no_rows(self, X)
        check_classification_targets(y)
        # Columns of zeros and ones, of which one at a time is dense.
        self.label_binarizer_ = LabelBinarizer(sparse_output=True)
        columns = self._columns(self.label_binarizer_.fit_transform(y))
        self.classes_ = self.label_binarizer_.classes_
        title, names = type(self).__name__, self.label_binarizer_.classes_
        calls = []
        for i, column in enumerate(columns):
            message = f"({i + 1} of {len(columns)})" if self.verbose else None
            pair = [f"not {names[i]}", names[i]]
            args = (self.estimator, X, column, routed["estimator"]["fit"], pair, message, title)
            calls.append((args, {}))
        self.estimators_ = run_jobs(
            _fit_binary, calls, n_jobs=self.n_jobs, verbose=int(self.verbose)
        )
        self._take_columns_seen()
        return self

    @staticmethod
    def _columns(Y):
        Y = Y.tocsc()
        return [Y[:, [i]].toarray().ravel() for i in range(Y.shape[1])]

    @available_if(_held_has("partial_fit"))
    def partial_fit(self, X, y, classes=None, **partial_fit_params):
        """Fit further on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_classes)
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; required at the first call.
        **partial_fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(partial_fit_params, self, "partial_fit")
        self._check_params()
        routed = process_routing(self, "partial_fit", **partial_fit_params)
        if self._first_call(classes):
            self.label_binarizer_ = LabelBinarizer(sparse_output=True).fit(self.classes_)
            self.estimators_ = [clone(self.estimator) for _ in self.classes_]
        self._check_known(y)
        columns = self._columns(self.label_binarizer_.transform(y))
        options = {"classes": np.array([0, 1]), **routed["estimator"]["partial_fit"]}
        calls = [
            ((each, X, column, options), {})
            for each, column in zip(self.estimators_, columns, strict=False)
        ]
        self.estimators_ = run_jobs(_partial_fit, calls, n_jobs=self.n_jobs)
        self._take_columns_seen()
        return self

    def predict(self, X):
        """Predict the class whose classifier is surest, or all labels that are likely.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), or sparse or dense indicators as y was
        """
        check_is_fitted(self)
        sure = [_confidence(each, X) for each in self.estimators_]
        if self.label_binarizer_.y_type_ == "multiclass":
            return self.classes_[np.argmax(sure, axis=0)]
        from scipy.sparse import csc_array

        middle = _middle(self.estimators_[0])
        indicators = np.column_stack([each > middle for each in sure]).astype(int)
        return self.label_binarizer_.inverse_transform(csc_array(indicators))

    @available_if(_held_has("predict_proba"))
    def predict_proba(self, X):
        """Return probabilities: of each label on its own, or of classes, scaled to sum 1.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        shares = np.array([each.predict_proba(X)[:, 1] for each in self.estimators_]).T
        if len(self.estimators_) == 1:
            shares = np.concatenate([1 - shares, shares], axis=1)
        if not self.multilabel_:
            total = shares.sum(axis=1, keepdims=True)
            np.divide(shares, total, out=shares, where=total != 0)
        return shares

    @available_if(_held_has("decision_function"))
    def decision_function(self, X):
        """Return how sure the classifier of each class is.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
        """
        check_is_fitted(self)
        if len(self.estimators_) == 1:
            return self.estimators_[0].decision_function(X)
        return np.array([np.ravel(each.decision_function(X)) for each in self.estimators_]).T

    @property
    def multilabel_(self):
        """Whether rows have several labels."""
        return self.label_binarizer_.y_type_.startswith("multilabel")

    @property
    def n_classes_(self):
        """The number of classes."""
        return len(self.label_binarizer_.classes_)

    def __sklearn_tags__(self):
        return _pairwise_too(self, super().__sklearn_tags__())


def _partial_fit(estimator, X, y, options):
    return estimator.partial_fit(X, y, **options)


def _fit_pair(estimator, X, y, first, second, params):
    """Fit to the rows of two classes; return the classifier and the rows."""
    rows = np.flatnonzero((y == first) | (y == second))
    X_pair, y_pair = take_split(estimator, X, (y == second).astype(int), rows)
    fitted_pair = _fit_binary(
        estimator, X_pair, y_pair, rows_of_params(X, params, rows), [first, second]
    )
    return fitted_pair, rows


def _partial_fit_pair(estimator, X, y, first, second, params):
    """Fit further to the rows of two classes, if there are any."""
    rows = np.flatnonzero((y == first) | (y == second))
    if len(rows):
        X_pair, y_pair = take_split(estimator, X, (y == second).astype(int), rows)
        params = rows_of_params(X, params, rows)
        estimator.partial_fit(X_pair, y_pair, classes=np.array([0, 1]), **params)
    return estimator


class OneVsOneClassifier(_OfBinaries):
    """Fit for each pair of classes a classifier of the one against the other; they vote.

    Ties are broken by the sums of the classifiers' confidences.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.multiclass import OneVsOneClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = OneVsOneClassifier(LogisticRegression(max_iter=1000)).fit(X, y)
    >>> len(model.estimators_), model.predict(X[:1])
    (3, array([0]))
    """

    pairwise_indices_ = fitted(
        "list of ndarray of int, or None", "Rows of each pair, for an estimator of pairs of rows."
    )

    _routed_methods = ("fit", "partial_fit")

    def fit(self, X, y, **fit_params):
        """Fit a classifier a pair of classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(fit_params, self, "fit")
        self._check_params()
        routed = process_routing(self, "fit", **fit_params)
        X, y = self._validated(X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) == 1:
            raise ValueError(
                "OneVsOneClassifier can not be fit when only one class is present: "
                f"{self.classes_}; it compares pairs of them"
            )
        calls = [
            ((self.estimator, X, y, *pair, routed["estimator"]["fit"]), {})
            for pair in combinations(self.classes_, 2)
        ]
        found = run_jobs(_fit_pair, calls, n_jobs=self.n_jobs)
        self.estimators_ = [each for each, _ in found]
        pairwise = self.__sklearn_tags__().input_tags.pairwise
        self.pairwise_indices_ = [rows for _, rows in found] if pairwise else None
        return self

    def _validated(self, X, y, reset=True):
        return validate_data(
            self, X, y, reset=reset, accept_sparse=["csr", "csc"], ensure_all_finite=False
        )

    @available_if(_held_has("partial_fit"))
    def partial_fit(self, X, y, classes=None, **partial_fit_params):
        """Fit further on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; required at the first call.
        **partial_fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(partial_fit_params, self, "partial_fit")
        self._check_params()
        routed = process_routing(self, "partial_fit", **partial_fit_params)
        first = self._first_call(classes)
        if first:
            n_pairs = self.n_classes_ * (self.n_classes_ - 1) // 2
            self.estimators_ = [clone(self.estimator) for _ in range(n_pairs)]
        self._check_known(y)
        X, y = self._validated(X, y, reset=first)
        check_classification_targets(y)
        params = routed["estimator"]["partial_fit"]
        calls = [
            ((each, X, y, *pair, params), {})
            for each, pair in zip(self.estimators_, combinations(self.classes_, 2), strict=True)
        ]
        self.estimators_ = run_jobs(_partial_fit_pair, calls, n_jobs=self.n_jobs)
        self.pairwise_indices_ = None
        if hasattr(self.estimators_[0], "n_features_in_"):
            self.n_features_in_ = self.estimators_[0].n_features_in_
        return self

    def decision_function(self, X):
        """Return the votes for each class, with confidences as the fraction.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=True, ensure_all_finite=False, reset=False)
        n_rows, n_classes = num_samples(X), self.n_classes_
        votes = np.zeros((n_rows, n_classes))
        confidence = np.zeros((n_rows, n_classes))
        held = self.pairwise_indices_ or [None] * len(self.estimators_)
        for each, rows, (i, j) in zip(
            self.estimators_, held, combinations(range(n_classes), 2), strict=True
        ):
            X_pair = X if rows is None else X[:, rows]
            for_second, sure = each.predict(X_pair) == 1, _confidence(each, X_pair)
            votes[:, i] += ~for_second
            votes[:, j] += for_second
            confidence[:, i] -= sure
            confidence[:, j] += sure
        # In (-1/3, 1/3): it orders equal votes and never outweighs one.
        decisions = votes + confidence / (3 * (np.abs(confidence) + 1))
        return decisions[:, 1] if n_classes == 2 else decisions

    def predict(self, X):
        """Predict the class with most votes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        decisions = self.decision_function(X)
        if self.n_classes_ == 2:
            return self.classes_[(decisions > _middle(self.estimators_[0])).astype(int)]
        return self.classes_[decisions.argmax(axis=1)]

    @property
    def n_classes_(self):
        """The number of classes."""
        return len(self.classes_)

    def __sklearn_tags__(self):
        return _pairwise_too(self, super().__sklearn_tags__())


class OutputCodeClassifier(_OfBinaries):
    """Give each class a random code of bits, fit a classifier a bit; the nearest code decides.

    Fewer bits than classes compress the model, more correct errors of single classifiers.

    References
    ----------
    Dietterich, Bakiri: Solving multiclass learning problems via error-correcting output codes.
    Journal of Artificial Intelligence Research 2, 1995.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.multiclass import OutputCodeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = OutputCodeClassifier(LogisticRegression(max_iter=1000), random_state=0).fit(X, y)
    >>> model.code_book_.shape
    (3, 4)
    """

    estimator: object = param(
        required,
        has_methods("fit", "decision_function") | has_methods("fit", "predict_proba"),
        "The classifier of two classes.",
        kw_only=False,
    )
    code_size: float = param(1.5, above(0), "Bits for each class.")
    random_state: object = random_state

    code_book_ = fitted("ndarray of shape (n_classes, n_bits)", "The code of each class.")

    def fit(self, X, y, **fit_params):
        """Draw codes and fit a classifier a bit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(fit_params, self, "fit")
        self._check_params()
        routed = process_routing(self, "fit", **fit_params)
        refuse_no_rows(self, X)
        y = validate_data(self, y=y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 0:
            raise ValueError("OutputCodeClassifier: y has 0 sample(s), so there are no classes")
        n_bits = int(len(self.classes_) * self.code_size)
        draws = check_random_state(self.random_state).uniform(size=(len(self.classes_), n_bits))
        # Decisions lie about 0, probabilities about a half.
        zero = -1.0 if hasattr(self.estimator, "decision_function") else 0.0
        self.code_book_ = np.where(draws > 0.5, 1.0, zero)
        bits = self.code_book_.astype(int)[codes]
        calls = [
            ((self.estimator, X, bits[:, i], routed["estimator"]["fit"]), {}) for i in range(n_bits)
        ]
        self.estimators_ = run_jobs(_fit_binary, calls, n_jobs=self.n_jobs)
        self._take_columns_seen()
        return self

    def predict(self, X):
        """Predict the class whose code is nearest to what the classifiers say.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        said = np.array([_confidence(each, X) for each in self.estimators_]).T
        distances = [np.sum((said - code) ** 2, axis=1) for code in self.code_book_]
        return self.classes_[np.argmin(distances, axis=0)]
