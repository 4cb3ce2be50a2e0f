"""Missing values of each column predicted from the other columns, in turn, until they settle."""

import time
import warnings
from typing import NamedTuple

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted
from .._core.domains import (
    anything,
    array_like,
    boolean,
    estimator,
    integer,
    none,
    one_of,
    real_or_inf,
)
from .._core.errors import ConvergenceWarning, twin
from .._core.indexing import take_rows
from .._core.params import clone, fitted, param
from .._core.roles import Meta
from .._core.routing import MetadataRouter, MethodMapping, process_routing, refuse_params
from .._core.seeds import check_random_state
from .._core.shared import random_state, tol
from .._core.tags import Traits
from ..linear_model import BayesianRidge
from ._chained_ridge import Products, ridge_of_products
from ._imputer import Imputer
from ._missing import check_kinds, is_nan_marker, missing_mask
from ._simple import SimpleImputer

# Correlations below this count as this: every column keeps a chance to be drawn as a neighbour.
_LEAST_CORRELATION = 1e-6

_limit = real_or_inf | array_like | none


class ImputationTriplet(NamedTuple):
    """One regression: of which column, on which columns, by which fitted model."""

    feat_idx: int
    neighbor_feat_idx: np.ndarray
    estimator: object


class IterativeImputer(Meta, Imputer):
    """Missing values predicted by regressions of each column on the others, in rounds.

    Missing values first get a statistic of their column. Then in each round, column by column, a
    model of the column given the others is fitted to the rows that have it, and predicts it in the
    rows that do not. Rounds end when the imputed matrix changes by less than `tol` of the greatest
    value that is there: ``max_i Σ_j |xᵢⱼ − xᵢⱼ'| < tol · max |known|``.

    `transform` replays the fitted models in the same order. With the default model the regressions
    of all columns are done on products of columns which are found once and kept up to date, so
    that a regression with m missing values of p columns costs O(mp² + p³) for any number of rows.

    References
    ----------
    S. van Buuren, K. Groothuis-Oudshoorn (2011). mice: Multivariate imputation by chained equations
    in R. Journal of Statistical Software 45.

    S. F. Buck (1960). A method of estimation of missing values in multivariate data suitable for
    use with an electronic computer. Journal of the Royal Statistical Society B 22.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.impute import IterativeImputer
    >>> X = [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [np.nan, 8.0], [5.0, np.nan]]
    >>> IterativeImputer().fit_transform(X).round(1)[3:]
    array([[ 4.,  8.],
           [ 5., 10.]])
    """

    traits = Traits(missing=True, preserves=("float64", "float32"))

    estimator: object = param(
        None,
        estimator | none,
        "Model of a column given others; None is `BayesianRidge()`. With `sample_posterior` its "
        "``predict`` must take ``return_std=True``.",
        kw_only=False,
    )
    sample_posterior: bool = param(
        False,
        boolean,
        "Whether to draw from the predicted normal distribution, cut to the limits, in place of "
        "its mean: for multiple imputation.",
    )
    max_iter: int = param(10, integer(0), "Rounds at most; 0 leaves the initial imputation.")
    tol: float = tol(1e-3, "Change of the matrix, relative to its greatest value, that ends.")
    n_nearest_features: object = param(
        None,
        integer(1) | none,
        "Columns to regress on, drawn anew each time with probabilities proportional to the "
        "absolute correlation with the target; None is all others.",
    )
    initial_strategy: str = param(
        "mean",
        one_of("mean", "median", "most_frequent", "constant"),
        "First imputation, as `SimpleImputer` does it.",
    )
    fill_value: object = param(None, anything, "What 'constant' fills in; None is 0.")
    imputation_order: str = param(
        "ascending",
        one_of("ascending", "descending", "roman", "arabic", "random"),
        "Columns by number of missing values, up or down; from left to right ('roman') or from "
        "right to left ('arabic'); at random in each round.",
    )
    skip_complete: bool = param(
        False,
        boolean,
        "Whether columns that miss nothing in fit get no model; they then keep the initial "
        "imputation in ``transform``.",
    )
    min_value: object = param(-np.inf, _limit, "Least value imputed; a number, or one a column.")
    max_value: object = param(np.inf, _limit, "Greatest value imputed; a number, or one a column.")
    verbose: int = param(0, integer(0) | boolean, "1 tells of rounds, 2 of columns too.")
    random_state: object = random_state

    initial_imputer_ = fitted("SimpleImputer", "Makes the first imputation.")
    imputation_sequence_ = fitted(
        "list of (feat_idx, neighbor_feat_idx, estimator)",
        "The models in the order in which they were fitted; columns are counted without those "
        "left out.",
    )
    n_iter_ = fitted("int", "Rounds done.")
    n_features_with_missing_ = fitted("int", "Columns that have models.")
    random_state_ = fitted("RandomState or Generator", "Where random draws come from.")

    # ------------------------------------------------------------------------- the start
    def _check_input(self, X, *, reset):
        missing = is_nan_marker(self.missing_values)
        X = self._check_fit(X, missing=missing) if reset else self._check_X(X, missing=missing)
        check_kinds(X, self.missing_values, type(self).__name__)
        return X

    def _start(self, X, mask):
        """The first imputation, and which of its values are to be predicted."""
        filled = self.initial_imputer_.transform(X)
        if self.keep_empty_features:
            return filled, mask & ~self._empty
        return filled, mask[:, ~self._empty]

    def _fit_start(self, X, mask):
        self._empty = mask.all(axis=0)
        first = SimpleImputer(
            missing_values=self.missing_values,
            strategy=self.initial_strategy,
            fill_value=self.fill_value,
            keep_empty_features=self.keep_empty_features,
        )
        # An array, whatever container is asked of all transformers.
        self.initial_imputer_ = first.set_output(transform="default").fit(X)
        return self._start(X, mask)

    def _bounds(self, name):
        """A limit as one number a column that is kept."""
        limit, width = getattr(self, name), len(self._empty)
        if limit is None:
            limit = -np.inf if name == "min_value" else np.inf
        if np.ndim(limit) == 0:
            return np.full(width if self.keep_empty_features else (~self._empty).sum(), limit)
        limit = check_array(limit, ensure_all_finite=False, ensure_2d=False, copy=False)
        if limit.shape != (width,):
            raise ValueError(
                f"IterativeImputer({name}=...): one value for each of the {width} columns is "
                f"wanted, got an array of shape {limit.shape}"
            )
        return limit if self.keep_empty_features else limit[~self._empty]

    def _set_limits(self):
        self._least, self._most = self._bounds("min_value"), self._bounds("max_value")
        if not np.all(np.less(self._least, self._most)):
            raise ValueError(
                "IterativeImputer: min_value must be below max_value in every column, got "
                f"{self.min_value!r} and {self.max_value!r}"
            )

    # ---------------------------------------------------------------------- what is asked
    def _order(self, mask):
        """Columns in the order in which a round goes through them."""
        share = mask.mean(axis=0)
        columns = np.flatnonzero(share) if self.skip_complete else np.arange(len(share))
        if self.imputation_order == "arabic":
            return columns[::-1]
        if self.imputation_order == "random":
            columns = columns.copy()
            self.random_state_.shuffle(columns)
            return columns
        if self.imputation_order == "roman":
            return columns
        ascending = columns[np.argsort(share[columns], kind="stable")]
        return ascending if self.imputation_order == "ascending" else ascending[::-1]

    def _chances(self, filled):
        """For each column (as a column) the chances of the others to be a neighbour; or None."""
        width = filled.shape[1]
        if self.n_nearest_features is None or self.n_nearest_features >= width:
            return None
        with np.errstate(invalid="ignore", divide="ignore"):  # of a constant column
            chances = np.abs(np.corrcoef(filled, rowvar=False))
        chances[np.isnan(chances)] = _LEAST_CORRELATION
        np.clip(chances, _LEAST_CORRELATION, None, out=chances)
        np.fill_diagonal(chances, 0)
        return chances / chances.sum(axis=0)

    def _neighbours(self, column, width, chances):
        if chances is None:
            return np.delete(np.arange(width), column)
        wanted = self.n_nearest_features
        return self.random_state_.choice(width, wanted, replace=False, p=chances[:, column])

    # --------------------------------------------------------------------- one regression
    def _draw(self, model, rows, column):
        """Draws from the predicted normal distribution, cut to the limits."""
        mean, deviation = model.predict(rows, return_std=True)
        least, most = self._least[column], self._most[column]
        drawn = np.clip(mean, least, most).astype(np.float64)
        spread = deviation > 0
        if spread.any():
            drawn[spread] = truncated_normal(
                mean[spread], deviation[spread], least, most, self.random_state_
            )
        return drawn

    def _predict(self, model, rows, column):
        if self.sample_posterior:
            return self._draw(model, rows, column)
        return np.clip(model.predict(rows), self._least[column], self._most[column])

    def _fit_rows(self, model, filled, missing, column, others, params):
        """Fit a model to the rows that have the column."""
        present = ~missing
        if present.all():
            model.fit(filled[:, others], filled[:, column], **params)
            return
        params = {
            name: take_rows(value, present) if _is_by_row(value, len(filled)) else value
            for name, value in params.items()
        }
        model.fit(filled[np.ix_(present, others)], filled[present, column], **params)

    def _fit_products(self, model, products, missing, rows, column, others):
        """Fit a Bayesian ridge to products of columns; False where rows must be looked at."""
        count, sums, gram = products.without(missing, rows)
        found = ridge_of_products(count, sums, gram, column, others, model)
        if found is None:
            return False
        fit, x_mean, y_mean = found
        dtype = products.X.dtype
        x_mean = x_mean + products.centre[others]
        model.coef_ = fit.coef.astype(dtype)
        model.intercept_ = dtype.type(y_mean + products.centre[column] - x_mean @ fit.coef)
        model.alpha_, model.lambda_, model.n_iter_ = fit.alpha, fit.lambda_, fit.n_iter
        model.X_offset_, model.X_scale_ = x_mean.astype(dtype), np.ones(len(others), dtype)
        model.sigma_ = fit.covariance.astype(dtype)
        model.n_features_in_ = len(others)
        return True

    def _products(self, model, filled, params):
        """Products of the columns where the model can be fitted to them, else None."""
        suits = (
            type(model) is BayesianRidge
            and model.fit_intercept
            and not (params or model.compute_score or model.verbose)
            and len(filled) > filled.shape[1]
        )
        if not suits:
            return None
        model._check_params()
        return Products(filled)

    def _impute_column(self, model, filled, missing, column, others, products, params):
        """Fit one model, write what it predicts; return it."""
        model = clone(model)
        if products is None:
            self._fit_rows(model, filled, missing, column, others, params)
            if missing.any():
                predicted = self._predict(model, filled[np.ix_(missing, others)], column)
                filled[missing, column] = predicted
            return model
        rows = filled[missing] - products.centre
        if not self._fit_products(model, products, missing, rows, column, others):
            self._fit_rows(model, filled, missing, column, others, params)
        if missing.any():
            predicted = self._predict(model, filled[np.ix_(missing, others)], column)
            products.replace(missing, rows, column, predicted)
        return model

    # -------------------------------------------------------------------------- rounds
    def _run(self, model, filled, mask, greatest, params):
        """Impute in place, round by round, until the change is below the tolerance."""
        products = self._products(model, filled, params)
        chances = self._chances(filled)
        width, began = filled.shape[1], time.perf_counter()
        order = self._order(mask)
        self.n_features_with_missing_ = len(order)
        before = None if self.sample_posterior else filled[mask]
        rows = np.nonzero(mask)[0]
        for n_iter in range(1, self.max_iter + 1):
            self.n_iter_ = n_iter
            if self.imputation_order == "random":
                order = self._order(mask)
            for column in order:
                others = self._neighbours(column, width, chances)
                fitted_model = self._impute_column(
                    model, filled, mask[:, column], column, others, products, params
                )
                step = ImputationTriplet(column, others, fitted_model)
                self.imputation_sequence_.append(step)
                if self.verbose > 1:
                    print(f"[IterativeImputer] round {self.n_iter_}: column {column}")
            if self.verbose:
                took = time.perf_counter() - began
                print(f"[IterativeImputer] round {self.n_iter_}, after {took:.2f} s")
            if self.sample_posterior:
                continue
            now = filled[mask]
            change = np.bincount(rows, np.abs(now - before)).max() if len(rows) else 0.0
            before = now
            if self.verbose:
                print(f"[IterativeImputer] change {change:.3g}, tolerance {greatest:.3g}")
            if change < greatest:
                return
        if not self.sample_posterior:
            warnings.warn(
                f"IterativeImputer did not converge in max_iter={self.max_iter} rounds: the last "
                f"changed rows by up to {change:.3g}, tol={self.tol} allows {greatest:.3g}; "
                "raise max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=4,
            )

    def fit_transform(self, X, y=None, **params):
        """Fit the models and return the imputed X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        **params : dict
            Metadata for the model's ``fit``, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Without the columns that had no value, unless `keep_empty_features`.

        Raises
        ------
        ValueError
            If a `min_value` is not below its `max_value`.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` rounds were not enough, unless `sample_posterior`.
        UserWarning
            If columns are left out.
        """
        return self._fit_and_fill(X, params)

    def _fit_and_fill(self, X, params):
        self._check_params()
        refuse_params(params, self, "fit")
        routed = dict(process_routing(self, "fit", **params)["estimator"]["fit"])
        X = self._check_input(X, reset=True)
        self.random_state_ = check_random_state(self.random_state)
        model = BayesianRidge() if self.estimator is None else clone(self.estimator)
        self.imputation_sequence_, self.n_iter_, self.n_features_with_missing_ = [], 0, 0
        mask = missing_mask(X, self.missing_values)
        filled, asked = self._fit_start(X, mask)
        self._fit_indicator(mask)
        self._set_limits()
        if self.max_iter and not mask.all() and filled.shape[1] > 1:
            known = {"where": ~mask, "initial": 0}
            greatest = self.tol * max(X.max(**known), -X.min(**known))
            self._run(model, filled, asked, greatest, routed)
        return self._with_indicator(filled, mask)

    def fit(self, X, y=None, **fit_params):
        """Fit the models.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        **fit_params : dict
            Metadata for the model's ``fit``, with metadata routing.

        Returns
        -------
        self
        """
        self._fit_and_fill(X, fit_params)
        return self

    def transform(self, X):
        """Impute by the fitted models, in the order in which they were fitted.

        With `sample_posterior` further calls give further draws.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        X = self._check_input(X, reset=False)
        mask = missing_mask(X, self.missing_values)
        filled, asked = self._start(X, mask)
        if self.n_iter_ and asked.any():
            for column, others, model in self.imputation_sequence_:
                missing = asked[:, column]
                if missing.any():
                    rows = filled[np.ix_(missing, others)]
                    filled[missing, column] = self._predict(model, rows, column)
        return self._with_indicator(filled, mask)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: those kept, then those of the indicator.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        names = check_input_names(self, input_features)
        kept = names if self.keep_empty_features else names[~self._empty]
        return self._names_with_indicator(kept, names)

    def get_metadata_routing(self):
        """Return what metadata the model gets.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)


def truncated_normal(mean, deviation, least, most, random):
    """Draw from normal distributions cut to ``[least, most]``, by inverting their distribution.

    ``Φ⁻¹(Φ(a) + u(Φ(b) − Φ(a)))``, on logarithms of the nearer tail, so that limits far from the
    mean keep their digits.
    """
    from scipy.special import log_ndtr, ndtri_exp

    low, high = (least - mean) / deviation, (most - mean) / deviation
    flipped = low > 0  # where the upper tail is the nearer one, draw its mirror image
    low, high = np.where(flipped, -high, low), np.where(flipped, -low, high)
    share = random.uniform(size=len(mean))
    share = np.where(flipped, 1 - share, share)
    with np.errstate(divide="ignore"):
        level = np.logaddexp(log_ndtr(low) + np.log1p(-share), log_ndtr(high) + np.log(share))
    drawn = ndtri_exp(level)
    return np.clip(mean + deviation * np.where(flipped, -drawn, drawn), least, most)


def _is_by_row(value, n_rows):
    """Whether a metadata has one entry a row."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return len(shape) > 0 and shape[0] == n_rows
    return hasattr(value, "__len__") and not isinstance(value, (str, dict)) and len(value) == n_rows
