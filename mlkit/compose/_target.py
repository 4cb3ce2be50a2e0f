"""Regression on a transformed target."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.domains import boolean, callable_, has_methods, none
from .._core.errors import NotFittedError
from .._core.estimator import Estimator
from .._core.params import clone, fitted, param
from .._core.roles import Meta, Regressor
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.tags import get_tags
from ..linear_model import LinearRegression
from ..preprocessing import FunctionTransformer

# Rows on which the inverse is tried: enough to find a wrong one, few enough to cost nothing.
_TRIED = 10


class TransformedTargetRegressor(Meta, Regressor, Estimator):
    """Fit a regressor to f(y) and predict f⁻¹ of its predictions.

    f and its inverse are a transformer, or two functions; they get and return columns.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.compose import TransformedTargetRegressor
    >>> from mlkit.linear_model import LinearRegression
    >>> X = np.arange(4.0).reshape(-1, 1)
    >>> model = TransformedTargetRegressor(LinearRegression(), func=np.log, inverse_func=np.exp)
    >>> model.fit(X, np.exp(2 * X.ravel())).predict([[0.5]]).round(4)
    array([2.7183])
    """

    regressor: object = param(
        None,
        has_methods("fit", "predict") | none,
        "The regressor; None is `LinearRegression`.",
        kw_only=False,
    )
    transformer: object = param(
        None, has_methods("transform") | none, "f as a transformer; excludes `func`."
    )
    func: object = param(None, callable_ | none, "f as a function; None, without a transformer: y.")
    inverse_func: object = param(None, callable_ | none, "The inverse of `func`.")
    check_inverse: bool = param(
        True, boolean, "Whether to warn if the inverse does not return some rows of y."
    )

    regressor_ = fitted("estimator", "The fitted regressor.")
    transformer_ = fitted("estimator", "The fitted transformer of y.")

    def _make_transformer(self):
        has_functions = self.func is not None, self.inverse_func is not None
        if self.transformer is not None:
            if any(has_functions):
                raise ValueError(
                    "TransformedTargetRegressor: 'transformer' and functions 'func'/'inverse_func' "
                    "cannot both be set; drop one of them"
                )
            return clone(self.transformer)
        if has_functions in ((True, False), (False, True)):
            lacking = "inverse_func" if has_functions[0] else "func"
            raise ValueError(
                "TransformedTargetRegressor: 'func' and 'inverse_func' go together, but "
                f"{lacking} is None; pass it, too"
            )
        made = FunctionTransformer(
            func=self.func,
            inverse_func=self.inverse_func,
            validate=True,
            check_inverse=False,  # done here, for transformers as well
        )
        return made.set_output(transform="default")  # y is no table, whatever is configured for X

    def _fit_transformer(self, y):
        """Fit the transformer to y with two dimensions, and try its inverse."""
        self.transformer_ = self._make_transformer().fit(y)
        if not self.check_inverse:
            return
        rows = y[:: max(1, len(y) // _TRIED)]
        back = self.transformer_.inverse_transform(self.transformer_.transform(rows))
        if not np.allclose(rows, back):
            warnings.warn(
                "TransformedTargetRegressor: the transformation of y and its inverse do not "
                "return y; set check_inverse=False if that is meant",
                UserWarning,
                stacklevel=3,
            )

    def _unfitted(self):
        return LinearRegression() if self.regressor is None else self.regressor

    def fit(self, X, y, **fit_params):
        """Fit the transformer to y and the regressor to X and what it makes of y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        **fit_params : dict
            For the regressor's ``fit``; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        if y is None:
            raise ValueError(
                "TransformedTargetRegressor requires y to be passed, but the target y is None."
            )
        y = check_array(y, input_name="y", ensure_2d=False, allow_nd=True, estimator=self)
        self._training_dim = y.ndim
        columns = y.reshape(-1, 1) if y.ndim == 1 else y
        self._fit_transformer(columns)
        target = self._with_dimensions_of_y(np.asarray(self.transformer_.transform(columns)))
        self.regressor_ = clone(self._unfitted())
        self.regressor_.fit(X, target, **self._params_of("fit", fit_params))
        vars(self).pop("feature_names_in_", None)
        if hasattr(self.regressor_, "feature_names_in_"):
            self.feature_names_in_ = self.regressor_.feature_names_in_
        return self

    def _with_dimensions_of_y(self, columns):
        """Return one column as a vector, if y was one."""
        if self._training_dim == columns.ndim - 1 and columns.shape[1] == 1:
            return columns[:, 0]
        return columns

    def predict(self, X, **predict_params):
        """Return the regressor's predictions, transformed back.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **predict_params : dict
            For the regressor's ``predict``; with metadata routing, metadata.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        if "regressor_" not in self.__dict__:
            check_is_fitted(self)
        if predict_params:
            predict_params = self._params_of("predict", predict_params)
        predicted = np.asarray(self.regressor_.predict(X, **predict_params))
        columns = predicted.reshape(-1, 1) if predicted.ndim == 1 else predicted
        return self._with_dimensions_of_y(np.asarray(self.transformer_.inverse_transform(columns)))

    # ---------------------------------------------------------------------- metadata
    def _params_of(self, method, params):
        if routing_enabled():
            return process_routing(self, method, **params)["regressor"][method]
        return route_directly(regressor={method: params})["regressor"][method]

    def get_metadata_routing(self):
        """Return what metadata the regressor gets.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        mapping.add(caller="predict", callee="predict")
        router = MetadataRouter(owner=self)
        return router.add(regressor=self._unfitted(), method_mapping=mapping)

    # -------------------------------------------------------------------- what it is
    @property
    def n_features_in_(self):
        """The number of columns that the regressor saw in fit."""
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise AttributeError(
                "TransformedTargetRegressor has no attribute n_features_in_ before fit"
            ) from error
        return self.regressor_.n_features_in_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self._unfitted())
        tags.regressor_tags.poor_score = True  # predictions are not least squares in y
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        tags.target_tags.multi_output = held.target_tags.multi_output
        return tags
