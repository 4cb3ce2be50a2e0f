"""Roles: what an estimator is for, and the public methods that follow from it.

Each is a mixin, to be put before `Estimator`: ``class Ridge(Regressor, Estimator)``.
"""

import functools
import warnings

import numpy as np

from . import arrays, targets
from .available import available_if
from .config import current
from .routing import routing_enabled
from .scores import accuracy, r2
from .tags import get_tags, tag_classes


def _traits(estimator):
    return getattr(type(estimator), "traits", None) and estimator.traits


class Classifier:
    """Mixin for classifiers: accuracy as `score`, labels as y.

    Examples
    --------
    >>> from mlkit.base import BaseEstimator, ClassifierMixin
    >>> class Always(ClassifierMixin, BaseEstimator):
    ...     def predict(self, X):
    ...         return [1] * len(X)
    >>> Always().score([[0], [0]], [1, 0])
    0.5
    """

    _estimator_type = "classifier"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        traits = _traits(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = tag_classes().ClassifierTags(
            **{
                name: getattr(traits, name)
                for name in ("poor_score", "multi_class", "multi_label")
                if traits is not None
            }
        )
        tags.target_tags.required = True
        return tags

    def _needs_y(self):
        return True

    def _check_y(self, y):
        """Return y as labels: 1-D, or as it is where several labels a row are understood."""
        traits = self.traits
        y = arrays.check_target(self, y, multi_output=traits.multi_output or traits.multi_label)
        targets.check_classification_targets(y)
        return y

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of ``predict(X)``: the weighted share of rows predicted right.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True labels; with several columns a row is right if all of it is.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        return accuracy(y, self.predict(X), sample_weight)


class Regressor:
    """Mixin for regressors: R² as `score`, numbers as y.

    Examples
    --------
    >>> from mlkit.base import BaseEstimator, RegressorMixin
    >>> class Zero(RegressorMixin, BaseEstimator):
    ...     def predict(self, X):
    ...         return [0.0] * len(X)
    >>> Zero().score([[0], [0]], [1.0, -1.0])
    0.0
    """

    _estimator_type = "regressor"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        traits = _traits(self)
        tags.estimator_type = "regressor"
        poor = traits is not None and traits.poor_score
        tags.regressor_tags = tag_classes().RegressorTags(poor_score=poor)
        tags.target_tags.required = True
        return tags

    def _needs_y(self):
        return True

    def _check_y(self, y):
        """Return y as finite floats, 1-D unless several outputs are understood."""
        y = arrays.check_target(self, y, numeric=True)
        if y.dtype.kind == "f":
            return y
        try:
            return y.astype(np.float64)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__} needs a numeric y: {error}; labels are for a classifier"
            ) from error

    def score(self, X, y, sample_weight=None):
        """Return R² of ``predict(X)``: ``1 − Σ w(y − ŷ)² / Σ w(y − ȳ)²``, mean over outputs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            At most 1; the constant ȳ has 0.
        """
        return r2(y, self.predict(X), sample_weight)


class Clusterer:
    """Mixin for clusterers: `fit_predict`."""

    _estimator_type = "clusterer"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "clusterer"
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = []
        return tags

    def fit_predict(self, X, y=None, **kwargs):
        """Fit to X and return the label of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        **kwargs : dict
            Passed to ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        self.fit(X, **kwargs)
        return self.labels_


class OutlierDetector:
    """Mixin for outlier detectors: `fit_predict`, which labels inliers 1 and outliers -1."""

    _estimator_type = "outlier_detector"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "outlier_detector"
        return tags

    def fit_predict(self, X, y=None, **kwargs):
        """Fit to X and label its rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        **kwargs : dict
            Passed to ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,)
            1 for inliers, -1 for outliers.
        """
        if routing_enabled():
            _warn_unrouted(self, "fit_predict", "predict", kwargs)
        return self.fit(X, **kwargs).predict(X)


class Density:
    """Mixin for density estimators."""

    _estimator_type = "DensityEstimator"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "density_estimator"
        return tags

    def score(self, X, y=None):
        """Return the score of the model on X; a subclass says which.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        """


class Bicluster:
    """Mixin for biclustering: rows and columns of each from ``rows_`` and ``columns_``."""

    @property
    def biclusters_(self):
        """``(rows_, columns_)``."""
        return self.rows_, self.columns_

    def get_indices(self, i):
        """Return the indices of the rows and columns of bicluster `i`.

        Parameters
        ----------
        i : int

        Returns
        -------
        row_indices, column_indices : ndarray of int
        """
        return np.flatnonzero(self.rows_[i]), np.flatnonzero(self.columns_[i])

    def get_shape(self, i):
        """Return the number of rows and columns of bicluster `i`.

        Parameters
        ----------
        i : int

        Returns
        -------
        tuple of int
        """
        return tuple(len(indices) for indices in self.get_indices(i))

    def get_submatrix(self, i, data):
        """Return the part of `data` that bicluster `i` covers.

        Parameters
        ----------
        i : int
        data : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix
        """
        data = arrays.check_array(data, accept_sparse="csr")
        rows, columns = self.get_indices(i)
        return data[rows[:, np.newaxis], columns]


class MultiOutput:
    """Mixin for estimators that take several targets."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class Meta:
    """Mixin for estimators that hold estimators."""


# ------------------------------------------------------------------------- transformers
def _wrapped(function):
    """Wrap a transform so that its result is the container that `set_output` asks for."""

    @functools.wraps(function)
    def wrapper(self, X, *args, **kwargs):
        data = function(self, X, *args, **kwargs)
        container = self.__dict__.get("_sklearn_output_config", _NO_OUTPUT).get("transform")
        if container is None:
            container = current()["transform_output"]
        if container == "default":
            return data
        return _in_container(self, container, data, X)

    wrapper.wraps_output = True
    return wrapper


_NO_OUTPUT = {}


def _in_container(estimator, container, data, X):
    if not getattr(estimator, "_sklearn_auto_wrap_output_keys", None):
        return data
    if not hasattr(estimator, "get_feature_names_out"):
        return data
    from .frames import wrap_output

    return wrap_output(data, X, container, estimator.get_feature_names_out)


def _has_output_names(estimator):
    keys = getattr(estimator, "_sklearn_auto_wrap_output_keys", ())
    return bool(keys) and hasattr(estimator, "get_feature_names_out")


class Transformer:
    """Mixin for transformers: `fit_transform` and `set_output`.

    Parameters
    ----------
    auto_wrap_output_keys : tuple of str or None, default=("transform",)
        Class keyword; None leaves the output of ``transform`` alone.

    Examples
    --------
    >>> from mlkit.base import BaseEstimator, TransformerMixin
    >>> class Double(TransformerMixin, BaseEstimator):
    ...     def fit(self, X, y=None):
    ...         return self
    ...     def transform(self, X):
    ...         return 2 * X
    >>> Double().fit_transform(21)
    42
    """

    def __init_subclass__(cls, auto_wrap_output_keys=("transform",), **kwargs):
        super().__init_subclass__(**kwargs)
        valid = auto_wrap_output_keys is None or (
            isinstance(auto_wrap_output_keys, tuple)
            and all(key == "transform" for key in auto_wrap_output_keys)
        )
        if not valid:
            raise ValueError(
                f"{cls.__name__}: auto_wrap_output_keys must be None or ('transform',), got "
                f"{auto_wrap_output_keys!r}"
            )
        cls._sklearn_auto_wrap_output_keys = set(auto_wrap_output_keys or ())
        if not auto_wrap_output_keys:
            return
        for method in ("transform", "fit_transform"):
            function = vars(cls).get(method)
            # A descriptor such as available_if wraps at the class that defines the function.
            if callable(function) and not hasattr(function, "wraps_output"):
                setattr(cls, method, _wrapped(function))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        traits = _traits(self)
        preserved = ["float64"] if traits is None else list(traits.preserves)
        tags.transformer_tags = tag_classes().TransformerTags(preserves_dtype=preserved)
        return tags

    @available_if(_has_output_names)
    def set_output(self, *, transform=None):
        """Choose what ``transform`` and ``fit_transform`` return.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None
            None leaves the choice as it is; "default" is what the transformer itself makes.

        Returns
        -------
        self
        """
        if transform is None:
            return self
        if transform not in ("default", "pandas", "polars"):
            raise ValueError(
                f"{type(self).__name__}.set_output(transform={transform!r}): must be 'default', "
                "'pandas' or 'polars'"
            )
        self.__dict__.setdefault("_sklearn_output_config", {})["transform"] = transform
        return self

    def fit_transform(self, X, y=None, **fit_params):
        """Fit to X and y and return X transformed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **fit_params : dict
            Passed to ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_features_new), or as `set_output` says
        """
        if fit_params and routing_enabled():
            _warn_unrouted(self, "fit_transform", "transform", fit_params)
        fitted = self.fit(X, **fit_params) if y is None else self.fit(X, y, **fit_params)
        return fitted.transform(X)


def _warn_unrouted(estimator, method, second, params):
    """Warn that `method` gives all metadata to ``fit`` although `second` asks for some."""
    consumed = estimator.get_metadata_routing().consumes(method=second, params=params.keys())
    if consumed:
        warnings.warn(
            f"{type(estimator).__name__}.{second} asks for the metadata {sorted(consumed)}, which "
            f"{method} does not pass on: define {method}, or call fit and {second}",
            UserWarning,
            stacklevel=3,
        )


class OneToOneColumns:
    """Mixin for transformers whose columns out are their columns in."""

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in ``fit``, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        arrays.check_is_fitted(self, "n_features_in_")
        return arrays.check_input_names(self, input_features)


class PrefixedColumns:
    """Mixin for transformers that make new columns: named after the class, with a number."""

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Must be as many as the columns in; the names out do not depend on them.

        Returns
        -------
        ndarray of str objects
            The class's name in lower case with 0, 1, ... behind it.
        """
        arrays.check_is_fitted(self, "_n_features_out")
        if input_features is not None:
            arrays.check_input_names(self, input_features)
        prefix = type(self).__name__.lower()
        return np.asarray([f"{prefix}{i}" for i in range(self._n_features_out)], dtype=object)


# ----------------------------------------------------------------------- asking for a role
def is_classifier(estimator):
    """Whether `estimator` is a classifier.

    Parameters
    ----------
    estimator : estimator object

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.base import is_classifier
    >>> from mlkit.linear_model import LogisticRegression
    >>> is_classifier(LogisticRegression())
    True
    """
    return get_tags(estimator).estimator_type == "classifier"


def is_regressor(estimator):
    """Whether `estimator` is a regressor.

    Parameters
    ----------
    estimator : estimator object

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.base import is_regressor
    >>> from mlkit.linear_model import Ridge
    >>> is_regressor(Ridge())
    True
    """
    return get_tags(estimator).estimator_type == "regressor"


def is_clusterer(estimator):
    """Whether `estimator` is a clusterer.

    Parameters
    ----------
    estimator : estimator object

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.base import is_clusterer
    >>> from mlkit.linear_model import Ridge
    >>> is_clusterer(Ridge())
    False
    """
    return get_tags(estimator).estimator_type == "clusterer"


def is_outlier_detector(estimator):
    """Whether `estimator` is an outlier detector.

    Parameters
    ----------
    estimator : estimator object

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.base import is_outlier_detector
    >>> from mlkit.linear_model import Ridge
    >>> is_outlier_detector(Ridge())
    False
    """
    return get_tags(estimator).estimator_type == "outlier_detector"
