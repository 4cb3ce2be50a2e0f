"""Bayes' theorem over classes: what all naive Bayes classifiers share."""

from abc import ABCMeta, abstractmethod

import numpy as np

from .._core.arrays import check_sample_weight
from .._core.estimator import Estimator
from .._core.roles import Classifier
from .._core.targets import encode_labels

# Probabilities may miss a sum of one by rounding of decimals such as 1/3 written out.
_SUM_TOLERANCE = 1e-8


def log_sum_exp(values):
    """``log Σⱼ exp(vᵢⱼ)`` of each row, as a column; −inf where all are."""
    greatest = values.max(axis=1, keepdims=True)
    greatest[~np.isfinite(greatest)] = 0
    with np.errstate(divide="ignore"):
        return greatest + np.log(np.exp(values - greatest).sum(axis=1, keepdims=True))


def check_priors(owner, name, priors, n_classes):
    """Return given probabilities of classes as an array; refuse what is no distribution."""
    priors = np.asarray(priors, dtype=np.float64)
    who = f"{type(owner).__name__}: {name}"
    if priors.shape != (n_classes,):
        raise ValueError(
            f"{who} has shape {priors.shape}. Number of priors must match number of classes: "
            f"{n_classes}"
        )
    if (priors < 0).any():
        raise ValueError(f"{who} = {priors}. Priors must be non-negative.")
    if abs(priors.sum() - 1.0) > _SUM_TOLERANCE:
        raise ValueError(f"{who} sums to {priors.sum()}. The sum of the priors should be 1.")
    return priors


class NaiveBayes(Classifier, Estimator, metaclass=ABCMeta):
    """``P(y | x) ∝ P(y) ∏ⱼ P(xⱼ | y)``; a subclass counts, and knows the logarithm."""

    @abstractmethod
    def _joint(self, X):
        """Return ``log P(y) + log P(x | y)`` of each row and class."""

    @abstractmethod
    def _forget(self, n_features):
        """Set all counts to zero."""

    @abstractmethod
    def _learn(self, X, codes, weight):
        """Add rows to the counts and update what follows from them."""

    # ------------------------------------------------------------------------- fitting
    def fit(self, X, y, sample_weight=None):
        """Count the rows of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        return self._take(X, y, None, sample_weight, anew=True)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Count further rows, as if all had been given at once.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels there are; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        anew = "classes_" not in vars(self)
        if anew and classes is None:
            raise ValueError(
                f"{type(self).__name__}: classes must be passed on the first call to partial_fit."
            )
        return self._take(X, y, classes, sample_weight, anew)

    def _take(self, X, y, classes, sample_weight, anew):
        X, y = self._check_fit(X, y, reset=anew)
        weight = check_sample_weight(sample_weight, X)
        if classes is None and anew:
            classes, codes = encode_labels(y)
        else:
            classes = self.classes_ if classes is None else np.unique(np.asarray(classes))
            if not anew and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"{type(self).__name__}: `classes={classes!r}` is not the same as on last "
                    f"call to partial_fit, was: {self.classes_!r}"
                )
            codes = self._places(y, classes)
        if anew:
            self.classes_ = classes
            self._forget(X.shape[1])
        self._learn(X, codes, weight)
        return self

    def _places(self, y, classes):
        """Places of labels among the classes."""
        present, codes = encode_labels(y)
        place = np.searchsorted(classes, present).clip(max=len(classes) - 1)
        unknown = present[classes[place] != present]
        if len(unknown):
            raise ValueError(
                f"{type(self).__name__}: The target label(s) {unknown} in y do not exist in the "
                f"initial classes {classes}"
            )
        return place[codes]

    # ---------------------------------------------------------------------- prediction
    def predict_joint_log_proba(self, X):
        """Return ``log P(x, y)`` of each row and class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._joint(self._check_X(X))

    def predict(self, X):
        """Return the likeliest label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        joint = self.predict_joint_log_proba(X)
        return self.classes_[joint.argmax(axis=1)]

    def predict_log_proba(self, X):
        """Return ``log P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        joint = self.predict_joint_log_proba(X)
        return joint - log_sum_exp(joint)

    def predict_proba(self, X):
        """Return ``P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return np.exp(self.predict_log_proba(X))
