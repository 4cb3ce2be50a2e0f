"""Several targets from models of one: each on its own, or in a chain that hands on predictions."""

import numpy as np

from ._core.arrays import check_is_fitted, has_fit_parameter, validate_data
from ._core.available import available_if
from ._core.domains import array_like, boolean, has_methods, integer, none, one_of, sequence
from ._core.elapsed import timed
from ._core.estimator import Estimator
from ._core.jobs import run_jobs
from ._core.params import clone, fitted, param, required
from ._core.roles import Classifier, Meta, Regressor, is_classifier
from ._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    route_directly,
    routing_enabled,
)
from ._core.seeds import check_random_state
from ._core.shared import random_state
from ._core.sparse import issparse
from ._core.tags import Traits, get_tags
from ._core.targets import check_classification_targets
from ._engine.evaluate.fit_score import rows_of_params
from .metrics._response import pick_method, select_response
from .model_selection import cross_val_predict

__all__ = ["ClassifierChain", "MultiOutputClassifier", "MultiOutputRegressor", "RegressorChain"]

_TRAITS = Traits(multi_output=True, single_output=False)
_JOBS = param(None, integer() | none, "Workers, over the targets.")


def _held_has(method):
    """Availability of a method: that of the fitted models of one target, or of the one given."""

    def check(self):
        for each in getattr(self, "estimators_", [self.estimator]):
            getattr(each, method)
        return True

    return check


def _fit(estimator, X, y, params):
    return clone(estimator).fit(X, y, **params)


def _partial_fit(estimator, X, y, classes, params):
    fixed = {} if classes is None else {"classes": classes}
    return estimator.partial_fit(X, y, **fixed, **params)


def _predict(estimator, X):
    return estimator.predict(X)


class _ForSeveral(Meta, Estimator):
    """Base of models of several targets that hold models of one."""

    traits = _TRAITS

    estimator: object = param(
        required, has_methods("fit", "predict"), "The model of one target.", kw_only=False
    )

    estimators_ = fitted("list of estimators", "The fitted models, one a target.")
    n_features_in_ = fitted("int", "Columns seen in fit.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if they have any.")

    _routed_methods = ("fit",)

    def get_metadata_routing(self):
        """Return which metadata goes to the models.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping()
        for method in self._routed_methods:
            mapping.add(caller=method, callee=method)
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        tags.target_tags.single_output = False
        return tags


# --------------------------------------------------------------------------- side by side
class _SideBySide(_ForSeveral):
    """Base of models that fit each target on its own."""

    n_jobs: int = _JOBS

    _routed_methods = ("fit", "partial_fit")

    def _targets(self, X, y):
        y = validate_data(self, y=y, multi_output=True)
        if is_classifier(self):
            check_classification_targets(y)
        if y.ndim == 1:
            raise ValueError(
                f"{type(self).__name__}: y must have at least two dimensions, one column a "
                "target, but has only one; a single target needs no such model"
            )
        return y

    def _route(self, method, X, params, sample_weight):
        """Keyword arguments of the models' `method`."""
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        if routing_enabled():
            return process_routing(self, method, **params)["estimator"][method]
        if sample_weight is not None and not has_fit_parameter(self.estimator, "sample_weight"):
            raise ValueError(
                f"{type(self).__name__}: sample_weight was given, which "
                f"{type(self.estimator).__name__} does not support"
            )
        return rows_of_params(X, params)

    def _take_columns_seen(self):
        """Take over what the first model knows of X."""
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimators_[0], name):
                setattr(self, name, getattr(self.estimators_[0], name))

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Fit a model a target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like or sparse matrix of shape (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        **fit_params : dict
            For ``fit`` of each model.

        Returns
        -------
        self
        """
        self._check_params()
        y = self._targets(X, y)
        params = self._route("fit", X, fit_params, sample_weight)
        calls = [((self.estimator, X, y[:, i], params), {}) for i in range(y.shape[1])]
        self.estimators_ = run_jobs(_fit, calls, n_jobs=self.n_jobs)
        self._take_columns_seen()
        return self

    def _fit_part(self, X, y, classes, sample_weight, params):
        refuse_params(params, self, "partial_fit")
        self._check_params()
        first = not hasattr(self, "estimators_")
        y = self._targets(X, y)
        params = self._route("partial_fit", X, params, sample_weight)
        n_outputs = y.shape[1]
        held = [clone(self.estimator) for _ in range(n_outputs)] if first else self.estimators_
        classes = [None] * n_outputs if classes is None else classes
        calls = [
            ((each, X, y[:, i], labels, params), {})
            for i, (each, labels) in enumerate(zip(held, classes, strict=True))
        ]
        self.estimators_ = run_jobs(_partial_fit, calls, n_jobs=self.n_jobs)
        if first:
            self._take_columns_seen()
        return self

    def predict(self, X):
        """Predict all targets.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        check_is_fitted(self)
        calls = [((each, X), {}) for each in self.estimators_]
        return np.asarray(run_jobs(_predict, calls, n_jobs=self.n_jobs)).T


class MultiOutputRegressor(Regressor, _SideBySide):
    """Fit a regressor to each target on its own.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.multioutput import MultiOutputRegressor
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> MultiOutputRegressor(Ridge(1e-9)).fit(X, np.hstack([X, 2 * X])).predict([[7.0]]).round(3)
    array([[ 7., 14.]])
    """

    estimators_ = fitted("list of regressors", "The fitted regressors, one a target.")

    @available_if(_held_has("partial_fit"))
    def partial_fit(self, X, y, sample_weight=None, **partial_fit_params):
        """Fit further on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        **partial_fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        return self._fit_part(X, y, None, sample_weight, partial_fit_params)


class MultiOutputClassifier(Classifier, _SideBySide):
    """Fit a classifier to each target on its own.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.multioutput import MultiOutputClassifier
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> Y = np.array([["a", "x"], ["a", "y"], ["b", "y"], ["b", "y"]])
    >>> MultiOutputClassifier(LogisticRegression(C=1e3)).fit(X, Y).predict([[0.1]])
    array([['a', 'x']], dtype='<U1')
    """

    classes_ = fitted("list of ndarray of shape (n_classes,)", "The labels of each target.")

    def fit(self, X, Y, sample_weight=None, **fit_params):
        """Fit a classifier a target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        Y : array-like of shape (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        **fit_params : dict
            For ``fit`` of each classifier.

        Returns
        -------
        self
        """
        super().fit(X, Y, sample_weight=sample_weight, **fit_params)
        self.classes_ = [each.classes_ for each in self.estimators_]
        return self

    @available_if(_held_has("partial_fit"))
    def partial_fit(self, X, y, classes=None, sample_weight=None, **partial_fit_params):
        """Fit further on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, n_outputs)
        classes : list of array-like, one a target, default=None
            All labels that will ever come; required at the first call.
        sample_weight : array-like of shape (n_samples,), default=None
        **partial_fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        self._fit_part(X, y, classes, sample_weight, partial_fit_params)
        self.classes_ = [each.classes_ for each in self.estimators_]
        return self

    @available_if(_held_has("predict_proba"))
    def predict_proba(self, X):
        """Return probabilities, target by target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        list of ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return [each.predict_proba(X) for each in self.estimators_]

    def score(self, X, y):
        """Return the share of rows of which all targets are predicted right.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples, n_outputs)

        Returns
        -------
        float
        """
        check_is_fitted(self)
        y = np.asarray(y)
        if y.ndim == 1 or y.shape[1] != len(self.estimators_):
            raise ValueError(
                f"MultiOutputClassifier.score: y must have {len(self.estimators_)} columns, one a "
                f"target seen in fit, got shape {y.shape}"
            )
        return np.mean(np.all(y == self.predict(X), axis=1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Checks of classifiers come with one target.
        tags._skip_test = True
        return tags


# ----------------------------------------------------------------------------- in a chain
def _beside(X, columns):
    """X with further columns, sparse if it is."""
    if columns.shape[1] == 0:
        return X
    if not issparse(X):
        return np.hstack([X, columns.toarray() if issparse(columns) else columns])
    from scipy.sparse import hstack

    return hstack([X, columns], format="csr")


class _Chain(_ForSeveral):
    """Base of chains: each model gets X and the targets before its own."""

    order: object = param(
        None,
        array_like | one_of("random") | none,
        'Which target each link models: a permutation, "random", or None for that of the columns.',
    )
    cv: object = param(
        None,
        integer() | has_methods("split") | array_like | none,
        "Links are fitted to cross-validated predictions of the targets before them, by these "
        "folds; None to the true targets.",
    )
    random_state: object = random_state
    verbose: bool = param(False, boolean, "Whether to print a line a link.")

    order_ = fitted("ndarray or list of int", "The target of each link.")

    def _order(self, n_outputs):
        if self.order is None:
            return np.arange(n_outputs)
        if isinstance(self.order, str):
            return check_random_state(self.random_state).permutation(n_outputs)
        order = np.array(self.order) if isinstance(self.order, tuple) else self.order
        if sorted(order) != list(range(n_outputs)):
            raise ValueError(
                f"{type(self).__name__}: invalid order {self.order!r}, it must be a permutation "
                f"of 0 to {n_outputs - 1}"
            )
        return order

    def _link_method(self):
        """Which method's results are handed on."""
        return "predict"

    def _fit_chain(self, X, Y, fit_params):
        X, Y = validate_data(self, X, Y, multi_output=True, accept_sparse=True)
        if issparse(X):
            X = X.tocsr()
        if issparse(Y):
            Y = Y.tocsc()
        if Y.ndim == 1:
            Y = Y[:, np.newaxis]
        n_outputs = Y.shape[1]
        self.order_ = self._order(n_outputs)
        self.estimators_ = [clone(self.estimator) for _ in range(n_outputs)]
        method = self._link_method()
        handed = np.empty((X.shape[0], 0))
        for link, (output, each) in enumerate(zip(self.order_, self.estimators_, strict=True)):
            message = (
                f"({link + 1} of {n_outputs}) Processing order {output}" if self.verbose else None
            )
            known, y = _beside(X, handed), Y[:, [output]]
            y = (y.toarray() if issparse(y) else y).ravel()
            with timed("Chain", message if self.verbose else None):
                each.fit(known, y, **fit_params)
            if link == n_outputs - 1:
                break
            if self.cv is None:
                column = y
            else:
                column = cross_val_predict(self.estimator, known, y=y, cv=self.cv, method=method)
                column = column[:, 1] if column.ndim > 1 else column
            handed = np.hstack([handed, column[:, np.newaxis]])
        return self

    def _through(self, X, wanted="predict"):
        """What `wanted` returns for each target, in the order of Y's columns."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=True, reset=False)
        method = getattr(self, "chain_method_", "predict")
        n_rows, n_outputs = X.shape[0], len(self.estimators_)
        handed, results = np.zeros((n_rows, n_outputs)), np.zeros((n_rows, n_outputs))
        for link, each in enumerate(self.estimators_):
            known = _beside(X, handed[:, :link])
            handed[:, link] = self._response(each, known, method)
            results[:, self.order_[link]] = (
                handed[:, link] if wanted == method else self._response(each, known, wanted)
            )
        return results

    @staticmethod
    def _response(estimator, X, method):
        return select_response(estimator, method, getattr(estimator, method)(X))

    def predict(self, X):
        """Predict all targets.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        return self._through(X)


class RegressorChain(Regressor, _Chain):
    """Fit a regressor to each target, given X and the targets before it in the chain.

    Predictions take the place of the targets when predicting.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.multioutput import RegressorChain
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> RegressorChain(Ridge(1e-9)).fit(X, np.hstack([X, 2 * X])).predict([[7.0]]).round(3)
    array([[ 7., 14.]])
    """

    estimators_ = fitted("list of regressors", "The fitted regressors, link by link.")

    def fit(self, X, Y, **fit_params):
        """Fit the chain.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        Y : array-like of shape (n_samples, n_outputs)
        **fit_params : dict
            For ``fit`` of each regressor.

        Returns
        -------
        self
        """
        self._check_params()
        if routing_enabled():
            routed = process_routing(self, "fit", **fit_params)
        else:
            routed = route_directly(estimator={"fit": fit_params})
        return self._fit_chain(X, Y, routed["estimator"]["fit"])


class ClassifierChain(Classifier, _Chain):
    """Fit a classifier to each label, given X and the labels before it in the chain.

    Predictions take the place of the labels when predicting.

    References
    ----------
    Read, Pfahringer, Holmes, Frank: Classifier chains for multi-label classification. ECML 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.multioutput import ClassifierChain
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> Y = np.array([[0, 1], [0, 1], [1, 0], [1, 0]])
    >>> ClassifierChain(LogisticRegression()).fit(X, Y).predict([[0.1], [2.9]])
    array([[0., 1.],
           [1., 0.]])
    """

    chain_method: object = param(
        "predict",
        one_of("predict", "predict_proba", "predict_log_proba", "decision_function") | sequence,
        "What is handed on; of several methods the first that the classifier has.",
    )

    classes_ = fitted("list of ndarray", "The labels of each link.")
    chain_method_ = fitted("str", "The method whose results are handed on.")

    def _link_method(self):
        self.chain_method_ = pick_method(self.estimator, self.chain_method)
        return self.chain_method_

    def fit(self, X, Y, **fit_params):
        """Fit the chain.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        Y : array-like or sparse matrix of shape (n_samples, n_outputs)
        **fit_params : dict
            Metadata, while it is routed.

        Returns
        -------
        self
        """
        refuse_params(fit_params, self, "fit")
        self._check_params()
        routed = process_routing(self, "fit", **fit_params)
        self._fit_chain(X, Y, routed["estimator"]["fit"])
        self.classes_ = [each.classes_ for each in self.estimators_]
        return self

    @available_if(_held_has("predict_proba"))
    def predict_proba(self, X):
        """Return the probability of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        return self._through(X, "predict_proba")

    @available_if(_held_has("predict_proba"))
    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        return np.log(self.predict_proba(X))

    @available_if(_held_has("decision_function"))
    def decision_function(self, X):
        """Return the decision for each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        return self._through(X, "decision_function")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Checks of classifiers come with one target.
        tags._skip_test = True
        return tags
