"""Voting: the label that most models give, the class of the greatest mean probability, a mean."""

import numpy as np

from .._core.arrays import check_input_names, check_is_fitted, check_target
from .._core.available import available_if
from .._core.callbacks import with_callbacks
from .._core.domains import array_like, boolean, none, one_of
from .._core.jobs import run_jobs
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor, is_classifier, is_regressor
from .._core.routing import MetadataRouter, MethodMapping
from .._core.targets import check_classification_targets, type_of_target
from ..preprocessing import LabelEncoder
from ._named import N_JOBS, NamedEnsemble, fit_model, is_dropped


class _Voting(NamedEnsemble):
    """Base of voting: fit all models to the same rows, weigh what they predict."""

    weights: object = param(
        None, array_like | none, "Weight of each model, dropped ones included; None: all the same."
    )
    n_jobs: int = N_JOBS
    verbose: bool = param(False, boolean, "Whether to print the time that each model took to fit.")

    def _weights(self):
        """Weights of the models that are not dropped, or None."""
        if self.weights is None:
            return None
        held = zip(self.weights, self.estimators, strict=True)
        return [weight for weight, (_, each) in held if not is_dropped(each)]

    def _fit_models(self, X, y, role, fit_params):
        self._check_models(role)
        if self.weights is not None and len(self.weights) != len(self.estimators):
            raise ValueError(
                f"{type(self).__name__}: weights must have one number a model, got "
                f"{len(self.weights)} for {len(self.estimators)} models"
            )
        routed = self._route_fit(fit_params)
        held = self._held()
        context = self._init_callback_context(max_subtasks=len(held), sequential_subtasks=False)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        messages = [
            f"({number} of {len(held)}) Processing {name}" if self.verbose else None
            for number, (name, _) in enumerate(held, start=1)
        ]
        calls = self._fit_calls(X, y, routed, context, messages)
        self._store(run_jobs(fit_model, calls, n_jobs=self.n_jobs))
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _predictions(self, X):
        """What each model predicts, a column a model."""
        check_is_fitted(self)
        return np.asarray([each.predict(X) for each in self.estimators_]).T

    def get_metadata_routing(self):
        """Return which metadata goes to which model.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(**dict(self.estimators), method_mapping=mapping)

    def _prefixed(self, suffixes):
        prefix = type(self).__name__.lower()
        names = [f"{prefix}_{name}{end}" for name, _ in self._held() for end in suffixes]
        return np.asarray(names, dtype=object)


class _NotVotedOn(NotImplementedError, ValueError):
    """y is a target of classification, of a kind on which there is no vote."""


def _is_soft(self):
    """Availability of probabilities."""
    if self.voting == "hard":
        raise AttributeError("predict_proba is not available when voting='hard'")
    return True


class VotingClassifier(Classifier, _Voting):
    """Label by ``argmax_k Σ_m w_m 1[ŷ_m = k]``, or by ``argmax_k Σ_m w_m p_m(k)`` (soft voting).

    Of classes with equally many votes the first in sorted order wins.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import VotingClassifier
    >>> from mlkit.linear_model import LogisticRegression, RidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> models = [("logistic", LogisticRegression(max_iter=1000)), ("ridge", RidgeClassifier())]
    >>> VotingClassifier(models).fit(X, y).predict(X[:2])
    array([0, 0])
    """

    voting: str = param(
        "hard", one_of("hard", "soft"), "Whether models vote by labels or by mean probability."
    )
    flatten_transform: bool = param(
        True,
        boolean,
        "Shape of soft voting's `transform`: (n_samples, n_models * n_classes) if true, else "
        "(n_models, n_samples, n_classes).",
    )

    le_ = fitted("LabelEncoder", "Labels to the codes that the models are fitted to, and back.")
    classes_ = fitted("(n_classes,)", "The labels, sorted.")

    def _check_labels(self, y):
        if y is None:
            raise ValueError("VotingClassifier requires y to be passed, but the target y is None.")
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind not in ("binary", "multiclass"):
            raise _NotVotedOn(
                f"VotingClassifier: one label a row can be voted on, got y of kind {kind!r}; "
                "MultiOutputClassifier fits a vote to each column"
            )
        return check_target(self, y)

    @with_callbacks
    def fit(self, X, y, **fit_params):
        """Fit the models.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **fit_params : dict
            ``sample_weight`` for each model; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        y = self._check_labels(y)
        self.le_ = LabelEncoder().fit(y)
        self.classes_ = self.le_.classes_
        codes = self.le_.transform(y)
        return self._fit_models(X, codes, (is_classifier, "classifier"), fit_params)

    def predict(self, X):
        """Return the label with the most votes, or of the greatest mean probability.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        if self.voting == "soft":
            return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        ballots = self._predictions(X)
        weights = self._weights() or [1.0] * ballots.shape[1]
        votes = np.zeros((len(ballots), len(self.classes_)))
        rows = np.arange(len(ballots))
        for codes, weight in zip(ballots.T, weights, strict=True):
            votes[rows, codes] += weight
        return self.classes_[np.argmax(votes, axis=1)]

    def _probabilities(self, X):
        """Probabilities of shape (n_models, n_samples, n_classes)."""
        return np.asarray([each.predict_proba(X) for each in self.estimators_])

    @available_if(_is_soft)
    def predict_proba(self, X):
        """Return the weighted mean of the models' probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return np.average(self._probabilities(X), axis=0, weights=self._weights())

    def transform(self, X):
        """Return what each model says: codes of labels, or probabilities with soft voting.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray
            Of shape (n_samples, n_models); with soft voting as `flatten_transform` says.
        """
        check_is_fitted(self)
        if self.voting == "hard":
            return self._predictions(X)
        probabilities = self._probabilities(X)
        return np.hstack(probabilities) if self.flatten_transform else probabilities

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked.

        Returns
        -------
        ndarray of str objects
            ``votingclassifier_{name}``, and with soft voting the number of the class behind it.
        """
        check_is_fitted(self)
        if input_features is not None:
            check_input_names(self, input_features)
        if self.voting == "hard":
            return self._prefixed([""])
        if not self.flatten_transform:
            raise ValueError(
                "VotingClassifier: get_feature_names_out is not supported when `voting='soft'` and "
                "`flatten_transform=False`: the output has three dimensions; flatten it"
            )
        return self._prefixed(range(len(self.classes_)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


class VotingRegressor(Regressor, _Voting):
    """Predict the weighted mean ``Σ_m w_m ŷ_m / Σ_m w_m`` of several regressors.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import VotingRegressor
    >>> from mlkit.linear_model import LinearRegression, Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = VotingRegressor([("ols", LinearRegression()), ("ridge", Ridge())]).fit(X, y)
    >>> model.predict(X[:2]).round()
    array([194.,  80.])
    """

    estimators_ = fitted("list of regressors", "The fitted regressors, without those dropped.")

    @with_callbacks
    def fit(self, X, y, **fit_params):
        """Fit the models.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **fit_params : dict
            ``sample_weight`` for each model; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        if y is None:
            raise ValueError("VotingRegressor requires y to be passed, but the target y is None.")
        return self._fit_models(X, self._check_y(y), (is_regressor, "regressor"), fit_params)

    def predict(self, X):
        """Return the weighted mean of the models' predictions.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return np.average(self._predictions(X), axis=1, weights=self._weights())

    def transform(self, X):
        """Return the models' predictions.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_models)
        """
        return self._predictions(X)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked.

        Returns
        -------
        ndarray of str objects
            ``votingregressor_{name}``.
        """
        check_is_fitted(self)
        if input_features is not None:
            check_input_names(self, input_features)
        return self._prefixed([""])
