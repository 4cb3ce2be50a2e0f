"""Predictions that ignore X: the baseline that any model must beat."""

import warnings

import numpy as np

from ._core.arrays import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    check_sample_weight,
    num_samples,
    validate_data,
)
from ._core.domains import anything, array_like, between, none, one_of, real
from ._core.estimator import Estimator
from ._core.params import fitted, param
from ._core.quantiles import weighted_percentile
from ._core.roles import Classifier, MultiOutput, Regressor
from ._core.seeds import check_random_state
from ._core.shared import random_state
from ._core.sparse import issparse
from ._core.tags import Traits
from ._core.targets import class_distribution

__all__ = ["DummyClassifier", "DummyRegressor"]

_TRAITS = Traits(
    validates=False, poor_score=True, multi_label=True, multi_output=True, sparse=("csr",)
)


def _columns(y):
    """y as a 2-D array, its number of outputs."""
    if y is None:
        raise ValueError("a dummy requires y to be passed, but the target y is None")
    y = np.asarray(y)
    if len(y) == 0:
        raise IndexError("y must not be empty")
    return y.reshape(len(y), -1) if y.ndim == 1 else y


class DummyClassifier(MultiOutput, Classifier, Estimator):
    """Predict from the labels alone, whatever X is.

    Examples
    --------
    >>> from mlkit.dummy import DummyClassifier
    >>> DummyClassifier().fit([[0], [0], [0]], ["a", "b", "a"]).predict([[5]])
    array(['a'], dtype='<U1')
    """

    traits = _TRAITS

    strategy: str = param(
        "prior",
        one_of("most_frequent", "prior", "stratified", "uniform", "constant"),
        '"prior" and "most_frequent" predict the commonest class, with the class shares or a '
        'certainty as probabilities; "stratified" draws by the class shares, "uniform" evenly; '
        '"constant" predicts `constant`.',
    )
    random_state: object = random_state
    constant: object = param(None, anything, 'Label, or one an output, for strategy="constant".')

    classes_ = fitted("ndarray of shape (n_classes,), or one an output", "The labels.")
    n_classes_ = fitted("int, or one an output", "Their number.")
    class_prior_ = fitted("ndarray of shape (n_classes,), or one an output", "Their shares.")
    n_outputs_ = fitted("int", "Number of columns of y.")
    sparse_output_ = fitted("bool", "Whether y was sparse, and so `predict` returns CSC.")

    def fit(self, X, y, sample_weight=None):
        """Count the labels.

        Parameters
        ----------
        X : any object
            Only its number of columns and their names are kept.
        y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        self._check_params()
        validate_data(self, X, skip_check_array=True)
        self.sparse_output_ = issparse(y)
        if self.sparse_output_ and self.strategy == "uniform":
            warnings.warn(
                "DummyClassifier: uniform draws are seldom zero, so predictions are dense although "
                "y is sparse; the uniform strategy would not save memory",
                UserWarning,
                stacklevel=2,
            )
            self.sparse_output_, y = False, y.toarray()
        if not self.sparse_output_:
            y = _columns(y)
        check_consistent_length(X, y, sample_weight)
        sample_weight = check_sample_weight(sample_weight, y)
        self.n_outputs_ = y.shape[1]
        classes, counts, priors = class_distribution(y, sample_weight)
        if self.strategy == "constant":
            self._check_constant(classes)
        if self.n_outputs_ == 1:
            classes, counts, priors = classes[0], counts[0], priors[0]
        self.classes_, self.n_classes_, self.class_prior_ = classes, counts, priors
        return self

    def _check_constant(self, classes):
        if self.constant is None:
            raise ValueError(
                "DummyClassifier: the constant target value has to be specified for "
                "strategy='constant'"
            )
        constant = np.ravel(np.asarray(self.constant, dtype=object))
        if len(constant) != self.n_outputs_:
            raise ValueError(
                f"DummyClassifier: constant has {len(constant)} value(s), y has {self.n_outputs_} "
                "output(s); it should have shape (n_outputs,)"
            )
        for value, labels in zip(constant, classes, strict=True):
            if not any(label == value for label in labels):
                raise ValueError(
                    f"DummyClassifier: constant={self.constant} is no label of y; possible values: "
                    f"{list(labels)}"
                )

    def _outputs(self):
        """Classes and shares of each output."""
        if self.n_outputs_ == 1:
            return [(self.classes_, self.class_prior_)]
        return list(zip(self.classes_, self.class_prior_, strict=True))

    def _codes(self, n):
        """Yield for each output the class numbers of n rows; an int if all are equal."""
        rng = check_random_state(self.random_state)
        constant = np.ravel(np.asarray(self.constant, dtype=object))
        for output, (classes, prior) in enumerate(self._outputs()):
            if self.strategy in ("most_frequent", "prior"):
                yield int(prior.argmax())
            elif self.strategy == "stratified":
                yield rng.multinomial(1, prior, size=n).argmax(axis=1)
            elif self.strategy == "uniform":
                yield rng.randint(len(classes), size=n)
            else:
                yield next(i for i, label in enumerate(classes) if label == constant[output])

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : any object with a length

        Returns
        -------
        ndarray or CSC matrix of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        n = num_samples(X)
        columns = [
            np.broadcast_to(classes[codes], n)
            for codes, (classes, _) in zip(self._codes(n), self._outputs(), strict=True)
        ]
        if self.sparse_output_:
            return _sparse_columns(columns, n)
        if self.n_outputs_ == 1:
            return np.array(columns[0])
        return np.column_stack(columns)

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : any object with a length

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of one an output
        """
        check_is_fitted(self)
        n = num_samples(X)
        found = []
        for codes, (classes, prior) in zip(self._codes(n), self._outputs(), strict=True):
            if self.strategy == "prior":
                proba = np.tile(prior, (n, 1))
            elif self.strategy == "uniform":
                proba = np.full((n, len(classes)), 1 / len(classes))
            else:
                proba = np.zeros((n, len(classes)))
                proba[np.arange(n), codes] = 1
            found.append(proba)
        return found[0] if self.n_outputs_ == 1 else found

    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`; minus infinity for 0.

        Parameters
        ----------
        X : any object with a length

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of one an output
        """
        proba = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(proba) if self.n_outputs_ == 1 else [np.log(each) for each in proba]

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of ``predict(X)``.

        Parameters
        ----------
        X : any object with a length, or None
            None stands for as many rows as y has.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if X is None:
            X = np.zeros((len(y), 1))
        return super().score(X, y, sample_weight)


def _sparse_columns(columns, n):
    """A CSC matrix of dense columns, each held only while it is read."""
    from scipy.sparse import csc_matrix

    rows = [np.flatnonzero(column) for column in columns]
    data = [column[index] for column, index in zip(columns, rows, strict=True)]
    indptr = np.cumsum([0, *map(len, rows)])
    shape = (n, len(columns))
    return csc_matrix((np.concatenate(data), np.concatenate(rows), indptr), shape=shape)


class DummyRegressor(MultiOutput, Regressor, Estimator):
    """Predict one number, whatever X is.

    Examples
    --------
    >>> from mlkit.dummy import DummyRegressor
    >>> DummyRegressor().fit([[0], [0]], [1.0, 3.0]).predict([[5]])
    array([2.])
    """

    traits = _TRAITS

    strategy: str = param(
        "mean", one_of("mean", "median", "quantile", "constant"), "What of y is predicted."
    )
    constant: object = param(
        None, real | array_like | none, 'Number, or one an output, for strategy="constant".'
    )
    quantile: float = param(
        None, between(0, 1) | none, 'Share of y below the prediction, for strategy="quantile".'
    )

    constant_ = fitted("ndarray of shape (1, n_outputs)", "What is predicted.")
    n_outputs_ = fitted("int", "Number of columns of y.")

    def fit(self, X, y, sample_weight=None):
        """Compute the statistic of y.

        Parameters
        ----------
        X : any object
            Only its number of columns and their names are kept.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        self._check_params()
        validate_data(self, X, skip_check_array=True)
        y = _columns(check_array(y, ensure_2d=False, ensure_min_samples=0, input_name="y"))
        check_consistent_length(X, y, sample_weight)
        weight = check_sample_weight(sample_weight, y)
        self.n_outputs_ = y.shape[1]
        self.constant_ = np.reshape(self._statistic(y, weight), (1, -1))
        return self

    def _statistic(self, y, weight):
        if self.strategy == "mean":
            return np.average(y, axis=0, weights=weight)
        if self.strategy == "constant":
            return self._given_constant()
        rank = 50.0 if self.strategy == "median" else self.quantile
        if rank is None:
            raise ValueError(
                "DummyRegressor: strategy='quantile' needs the quantile, a number in [0, 1]"
            )
        rank = rank if self.strategy == "median" else 100.0 * rank
        if weight is None:
            return np.percentile(y, rank, axis=0)
        return weighted_percentile(y, weight, rank)

    def _given_constant(self):
        if self.constant is None:
            raise TypeError(
                "DummyRegressor: the constant target value has to be specified for "
                "strategy='constant'"
            )
        constant = check_array(
            self.constant, ensure_2d=False, ensure_min_samples=0, input_name="constant"
        )
        if constant.size != self.n_outputs_:
            raise ValueError(
                f"DummyRegressor: constant has {constant.size} value(s), y has {self.n_outputs_} "
                "output(s); it should have shape (n_outputs,)"
            )
        return constant

    def predict(self, X, return_std=False):
        """Predict the statistic.

        Parameters
        ----------
        X : any object with a length
        return_std : bool, default=False
            Also return standard deviations, which are 0.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), or two of them
        """
        check_is_fitted(self)
        y = np.tile(self.constant_, (num_samples(X), 1))
        y = y[:, 0] if self.n_outputs_ == 1 else y
        return (y, np.zeros_like(y, dtype=np.float64)) if return_std else y

    def score(self, X, y, sample_weight=None):
        """Return R² of ``predict(X)``.

        Parameters
        ----------
        X : any object with a length, or None
            None stands for as many rows as y has.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if X is None:
            X = np.zeros((len(y), 1))
        return super().score(X, y, sample_weight)
