"""Regression on a random sample's consensus."""

import math
import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_sample_weight, has_fit_parameter
from .._core.domains import at_least, between, callable_, has_methods, integer, none, one_of
from .._core.domains import real_or_inf as number
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.params import clone, fitted, param
from .._core.roles import Meta, MultiOutput, Regressor
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    route_directly,
    routing_enabled,
)
from .._core.sampling import sample_without_replacement
from .._core.seeds import check_random_state
from .._core.tags import Traits, get_tags
from .._engine.evaluate.fit_score import rows_of_params
from ._least_squares import LinearRegression

_COUNT_OR_INF = integer(0) | one_of(math.inf)


def absolute_error(y, predicted):
    """``|y − ŷ|``, summed over targets."""
    error = np.abs(y - predicted)
    return error if error.ndim == 1 else error.sum(axis=1)


def squared_error(y, predicted):
    """``(y − ŷ)²``, summed over targets."""
    error = np.square(y - predicted)
    return error if error.ndim == 1 else error.sum(axis=1)


_LOSSES = {"absolute_error": absolute_error, "squared_error": squared_error}


def trials_needed(n_inliers, n_rows, min_samples, probability):
    """Draws after which one without outliers was among them with the given probability.

    ``log(1 − probability) / log(1 − e^m)`` with e the share of inliers.
    """
    tiny = np.finfo(float).eps
    miss = max(tiny, 1.0 - probability)
    spoiled = max(tiny, 1.0 - (n_inliers / n_rows) ** min_samples)
    if miss == 1.0:
        return 0
    return math.inf if spoiled == 1.0 else abs(math.ceil(math.log(miss) / math.log(spoiled)))


class RANSACRegressor(Meta, MultiOutput, Regressor, Estimator):
    """Fits a model to the rows that agree with a fit to a few random ones.

    Draws `min_samples` rows, fits the model to them, and counts as inliers the rows whose loss is
    at most `residual_threshold`; of many draws it keeps the one with the most inliers (of equal
    ones the best scored), and fits the model to those. Rows far off do not count, however far.

    References
    ----------
    Fischler, M. A. and Bolles, R. C. (1981). Random sample consensus: a paradigm for model fitting
    with applications to image analysis and automated cartography. Communications of the ACM 24.

    Examples
    --------
    >>> from mlkit.linear_model import RANSACRegressor
    >>> X = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]
    >>> model = RANSACRegressor(random_state=0, residual_threshold=0.5)
    >>> model.fit(X, [0.0, 2.0, 4.0, 6.0, 8.0, 99.0]).inlier_mask_
    array([ True,  True,  True,  True,  True, False])
    """

    traits = Traits(sparse=("csr", "csc"), missing=True, dtype="numeric")

    estimator: object = param(
        None,
        has_methods("fit", "score", "predict") | none,
        "The model, which is cloned; None is `LinearRegression`.",
        kw_only=False,
    )
    min_samples: float = param(
        None,
        integer(1) | between(0, 1) | none,
        "Rows of a draw, or their share; None is one more than there are columns, for "
        "`LinearRegression` alone.",
    )
    residual_threshold: float = param(
        None,
        at_least(0) | none,
        "The greatest loss of an inlier; None is the median of ``|y − median(y)|``.",
    )
    is_data_valid: object = param(
        None, callable_ | none, "``is_data_valid(X, y)``: whether to fit to a draw."
    )
    is_model_valid: object = param(
        None, callable_ | none, "``is_model_valid(model, X, y)``: whether to use a draw's model."
    )
    max_trials: int = param(100, _COUNT_OR_INF, "Draws at most.")
    max_skips: int = param(math.inf, _COUNT_OR_INF, "Draws without a use at most.")
    stop_n_inliers: int = param(math.inf, _COUNT_OR_INF, "Inliers that are enough.")
    stop_score: float = param(math.inf, number, "Score on the inliers that is enough.")
    stop_probability: float = param(
        0.99,
        between(0, 1),
        "Stop when a draw without outliers was met with this probability, by the share of inliers.",
    )
    loss: object = param(
        "absolute_error",
        one_of(*_LOSSES) | callable_,
        "Loss of each row, summed over targets, or a function of y and predictions.",
    )
    random_state: object = shared.random_state

    estimator_ = fitted("estimator", "The model, fitted to the inliers.")
    inlier_mask_ = fitted("(n_samples,)", "Which rows are inliers.")
    n_trials_ = fitted("int", "Draws made.")
    n_skips_no_inliers_ = fitted("int", "Draws with fewer inliers than the best so far.")
    n_skips_invalid_data_ = fitted("int", "Draws that `is_data_valid` refused.")
    n_skips_invalid_model_ = fitted("int", "Draws whose model `is_model_valid` refused.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        own = None if self.estimator is None else get_tags(self.estimator).input_tags
        tags.input_tags.sparse = True if own is None else own.sparse
        tags.input_tags.allow_nan = False if own is None else own.allow_nan
        return tags

    def _check_y(self, y):
        return check_array(y, ensure_2d=False, input_name="y", dtype="numeric")

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Draw until a stop is reached, and fit the model to the best draw's inliers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None
            For the model's ``fit``; draws do not depend on it.
        **fit_params : dict
            With metadata routing, metadata for the model.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no draw was of use.
        """
        refuse_params(fit_params, self, "fit")
        # A model that is given may take NaN, or say itself that it does not.
        X, y = self._check_fit(X, y, missing=self.estimator is not None)
        model = LinearRegression() if self.estimator is None else clone(self.estimator)
        params = self._params_of(model, sample_weight, fit_params, X)
        rng = check_random_state(self.random_state)
        if "random_state" in model.get_params(deep=False):
            model.set_params(random_state=rng)
        best = self._search(model, X, y, params, rng)
        if best is None:
            raise ValueError(self._failure())
        if self._n_skipped() > self.max_skips:
            warnings.warn(
                "RANSACRegressor found a consensus, but skipped more draws than "
                f"max_skips={self.max_skips}; see the attributes n_skips_*",
                twin(ConvergenceWarning),
                stacklevel=2,
            )
        rows = np.flatnonzero(best)
        model.fit(X[rows], y[rows], **rows_of_params(X, params["fit"], rows))
        self.estimator_, self.inlier_mask_ = model, best
        return self

    def _params_of(self, model, sample_weight, fit_params, X):
        """Metadata of the model's methods."""
        if sample_weight is not None:
            fit_params = {**fit_params, "sample_weight": sample_weight}
        if routing_enabled():
            return process_routing(self, "fit", **fit_params)["estimator"]
        if sample_weight is None:
            return route_directly(estimator={})["estimator"]
        if not has_fit_parameter(model, "sample_weight"):
            raise ValueError(
                f"RANSACRegressor: {type(model).__name__} does not support sample_weight; leave it "
                "out or take another estimator"
            )
        weight = check_sample_weight(sample_weight, X)
        return route_directly(estimator={"fit": {"sample_weight": weight}})["estimator"]

    def _n_drawn(self, model, X):
        n, p = X.shape
        if self.min_samples is None:
            if type(model).__name__ != "LinearRegression" and not isinstance(
                model, LinearRegression
            ):
                raise ValueError(
                    f"RANSACRegressor(estimator={type(model).__name__}()): `min_samples` needs to "
                    "be explicitly set when estimator is not a LinearRegression"
                )
            drawn = p + 1
        else:
            share = self.min_samples < 1
            drawn = math.ceil(self.min_samples * n) if share else int(self.min_samples)
        if drawn > n:
            raise ValueError(
                f"RANSACRegressor: `min_samples` may not be larger than number of samples: "
                f"{drawn} rows of n_samples = {n}"
            )
        return drawn

    def _search(self, model, X, y, params, rng):
        """The best draw's mask of inliers; None if there is none."""
        n, n_drawn = X.shape[0], self._n_drawn(model, X)
        loss = _LOSSES.get(self.loss, self.loss) if isinstance(self.loss, str) else self.loss
        threshold = self.residual_threshold
        if threshold is None:
            threshold = np.median(np.abs(y - np.median(y)))
        self.n_trials_ = self.n_skips_no_inliers_ = 0
        self.n_skips_invalid_data_ = self.n_skips_invalid_model_ = 0
        best, n_best, best_score, max_trials = None, 1, -math.inf, self.max_trials
        while self.n_trials_ < max_trials:
            self.n_trials_ += 1
            if self._n_skipped() > self.max_skips:
                break
            rows = sample_without_replacement(n, n_drawn, random_state=rng)
            if not self._fits(model, X, y, rows, params):
                continue
            inliers = loss(y, model.predict(X)) <= threshold
            n_inliers = int(np.count_nonzero(inliers))
            if n_inliers < n_best:
                self.n_skips_no_inliers_ += 1
                continue
            kept = np.flatnonzero(inliers)
            score_params = rows_of_params(X, params["score"], kept)
            score = model.score(X[kept], y[kept], **score_params)
            if n_inliers == n_best and score < best_score:
                continue
            best, n_best, best_score = inliers, n_inliers, score
            needed = trials_needed(n_best, n, n_drawn, self.stop_probability)
            max_trials = min(max_trials, needed)
            if n_best >= self.stop_n_inliers or best_score >= self.stop_score:
                break
        return best

    def _fits(self, model, X, y, rows, params):
        """Fit the model to a draw; false if the draw or the model is refused."""
        X, y, fit_params = X[rows], y[rows], rows_of_params(X, params["fit"], rows)
        if self.is_data_valid is not None and not self.is_data_valid(X, y):
            self.n_skips_invalid_data_ += 1
            return False
        model.fit(X, y, **fit_params)
        if self.is_model_valid is not None and not self.is_model_valid(model, X, y):
            self.n_skips_invalid_model_ += 1
            return False
        return True

    def _n_skipped(self):
        return self.n_skips_no_inliers_ + self.n_skips_invalid_data_ + self.n_skips_invalid_model_

    def _failure(self):
        skips = (
            f"n_skips_no_inliers_={self.n_skips_no_inliers_}, "
            f"n_skips_invalid_data_={self.n_skips_invalid_data_}, "
            f"n_skips_invalid_model_={self.n_skips_invalid_model_}"
        )
        if self._n_skipped() > self.max_skips:
            return (
                "RANSAC skipped more iterations than `max_skips` without finding a valid consensus "
                f"set: max_skips={self.max_skips}, {skips}; raise it or residual_threshold"
            )
        return (
            "RANSAC could not find a valid consensus set: none of the "
            f"{self.n_trials_} draws that `max_trials` allows was of use ({skips}); raise "
            "max_trials or residual_threshold"
        )

    def predict(self, X, **params):
        """Return the fitted model's predictions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            With metadata routing, metadata for the model.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        X, params = self._routed("predict", X, params)
        return self.estimator_.predict(X, **params)

    def score(self, X, y, **params):
        """Return the fitted model's score.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        **params : dict
            With metadata routing, metadata for the model.

        Returns
        -------
        float
        """
        X, params = self._routed("score", X, params)
        return self.estimator_.score(X, y, **params)

    def _routed(self, method, X, params):
        X = self._check_X(X)
        refuse_params(params, self, method)
        if routing_enabled():
            params = process_routing(self, method, **params)["estimator"][method]
        return X, params

    def get_metadata_routing(self):
        """Return what metadata the model gets.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit").add(caller="fit", callee="score")
        mapping.add(caller="score", callee="score").add(caller="predict", callee="predict")
        model = LinearRegression() if self.estimator is None else self.estimator
        return MetadataRouter(owner=self).add(estimator=model, method_mapping=mapping)
