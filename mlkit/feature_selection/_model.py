"""Columns that a model finds important."""

import copy
import math
import numbers

import numpy as np

from .._core.arrays import check_feature_names, check_is_fitted, check_scalar, num_features
from .._core.available import available_if
from .._core.domains import Interval, boolean, callable_, estimator, integer, none, one_of, string
from .._core.domains import real_or_inf as number
from .._core.errors import NotFittedError, twin
from .._core.estimator import Estimator
from .._core.params import clone, param, required
from .._core.roles import Meta
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.tags import get_tags
from ._base import SelectorMixin
from ._importance import getter_param, importances, norms

# What an L1 penalty leaves of a coefficient that it meant to be 0, with room for the solver's
# tolerance.
_SPARSE_THRESHOLD = 1e-5


def _has_l1(model):
    """Whether a linear model's penalty is an L1 norm, which makes coefficients exactly 0."""
    name = type(model).__name__
    if "Lasso" in name or getattr(model, "penalty", None) == "l1":
        return True
    ratio = getattr(model, "l1_ratio_", getattr(model, "l1_ratio", None))
    mixes = "ElasticNet" in name or "LogisticRegression" in name
    return mixes and isinstance(ratio, numbers.Real) and math.isclose(ratio, 1.0)


def _cut_off(model, scores, threshold):
    """The importance from which columns are kept, as a number."""
    if threshold is None:
        threshold = _SPARSE_THRESHOLD if _has_l1(model) else "mean"
    if not isinstance(threshold, str):
        return float(threshold)
    factor, _, reference = threshold.rpartition("*")
    statistic = {"mean": np.mean, "median": np.median}.get(reference.strip())
    if statistic is None:
        raise ValueError(
            f"SelectFromModel(threshold={threshold!r}): must be a number, 'mean', 'median' or a "
            "multiple of these such as '1.5*mean'"
        )
    return (float(factor.strip()) if factor else 1.0) * statistic(scores)


def _learns_in_pieces(self):
    return hasattr(getattr(self, "estimator_", self.estimator), "partial_fit")


class SelectFromModel(Meta, SelectorMixin, Estimator):
    """Keep the columns to which a model gives an importance of at least a threshold.

    The importance is ``|coef_|``, its norm over outputs, or ``feature_importances_``.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.feature_selection import SelectFromModel
    >>> from mlkit.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> SelectFromModel(Ridge(), threshold="1.5*mean").fit(X, y).get_support(indices=True)
    array([2, 3, 8])
    """

    estimator: object = param(
        required, estimator, "The model; fitted if `prefit`, else it is cloned.", kw_only=False
    )
    threshold: object = param(
        None,
        number | string | none,
        'Least importance that is kept: a number, "mean", "median", or a multiple such as '
        '"1.25*mean". None is 1e-5 for models with an L1 penalty, else "mean".',
    )
    prefit: bool = param(False, boolean, "Whether `estimator` is fitted already.")
    norm_order: object = param(
        1,
        Interval(-math.inf, -1, kind=numbers.Integral) | integer(1) | one_of(math.inf, -math.inf),
        "Order of the norm over outputs of coefficients in two dimensions.",
    )
    max_features: object = param(
        None,
        integer(0) | callable_ | none,
        "Columns to keep at most, or a function of X that tells. For these alone set "
        "``threshold=-np.inf``.",
    )
    importance_getter: object = getter_param

    # ------------------------------------------------------------------- what is kept
    def _fitted_model(self):
        """The model whose importances count."""
        if "estimator_" in vars(self):
            return self.estimator_
        if not self.prefit:
            check_is_fitted(self)
        try:
            check_is_fitted(self.estimator)
        except NotFittedError as error:
            raise self._not_prefitted() from error
        return self.estimator

    def _not_prefitted(self):
        return twin(NotFittedError)(
            "SelectFromModel(prefit=True): estimator is expected to be fitted; fit it, or set "
            "prefit=False"
        )

    def _scores(self, model):
        return importances(
            model, self.importance_getter, lambda found: norms(found, self.norm_order)
        )

    def _get_support_mask(self):
        model = self._fitted_model()
        scores = self._scores(model)
        mask = np.ones(len(scores), dtype=bool)
        most = getattr(self, "max_features_", self.max_features)
        if callable(most):
            raise twin(NotFittedError)(
                "SelectFromModel(prefit=True): max_features is a function of X; call fit first"
            )
        if most is not None:
            if not isinstance(most, numbers.Integral):
                raise ValueError(f"SelectFromModel(max_features={most!r}): must be an int")
            mask[np.argsort(-scores, kind="stable")[most:]] = False
        mask[scores < _cut_off(model, scores, self.threshold)] = False
        return mask

    @property
    def threshold_(self):
        """The importance from which columns are kept."""
        model = self._fitted_model()
        return _cut_off(model, self._scores(model), self.threshold)

    @property
    def n_features_in_(self):
        """The number of columns that the model saw in fit."""
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise AttributeError(
                f"{type(self).__name__} has no attribute n_features_in_ before fit"
            ) from error
        return self.estimator_.n_features_in_

    # ------------------------------------------------------------------------- fitting
    def _set_max_features(self, X):
        vars(self).pop("max_features_", None)
        if self.max_features is None:
            return
        most = self.max_features(X) if callable(self.max_features) else self.max_features
        check_scalar(most, "max_features", numbers.Integral, min_val=0, max_val=num_features(X))
        self.max_features_ = most

    def _take_prefit(self):
        try:
            check_is_fitted(self.estimator)
        except NotFittedError as error:
            raise self._not_prefitted() from error
        self.estimator_ = copy.deepcopy(self.estimator)

    def _take_names(self, X):
        vars(self).pop("feature_names_in_", None)
        if hasattr(self.estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.estimator_.feature_names_in_
        else:
            check_feature_names(self, X, reset=True)

    def _model_params(self, method, params):
        if routing_enabled():
            return process_routing(self, method, **params)["estimator"][method]
        return route_directly(estimator={method: params})["estimator"][method]

    def fit(self, X, y=None, **fit_params):
        """Fit the model, unless it is fitted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
        **fit_params : dict
            For the model's ``fit``; with metadata routing, metadata. Ignored with `prefit`.

        Returns
        -------
        self
        """
        self._check_params()
        self._set_max_features(X)
        if self.prefit:
            self._take_prefit()
        else:
            self.estimator_ = clone(self.estimator)
            self.estimator_.fit(X, y, **self._model_params("fit", fit_params))
        self._take_names(X)
        return self

    @available_if(_learns_in_pieces)
    def partial_fit(self, X, y=None, **partial_fit_params):
        """Fit the model to further rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
        **partial_fit_params : dict
            For the model's ``partial_fit``; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        first = "estimator_" not in vars(self)
        if first:
            self._set_max_features(X)
        if self.prefit:
            if first:
                self._take_prefit()
            return self
        if first:
            self.estimator_ = clone(self.estimator)
        params = self._model_params("partial_fit", partial_fit_params)
        self.estimator_.partial_fit(X, y, **params)
        if first:
            self._take_names(X)
        else:
            check_feature_names(self, X, reset=False)
        return self

    # ------------------------------------------------------------------------ metadata
    def get_metadata_routing(self):
        """Return what metadata the model gets.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="partial_fit", callee="partial_fit")
        mapping.add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        return tags
