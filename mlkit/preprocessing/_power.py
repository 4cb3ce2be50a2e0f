"""Columns made more normal by a power."""

import numpy as np

from .._core.arrays import check_array, check_is_fitted, check_n_features
from .._core.domains import array_like, boolean, one_of
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.roles import OneToOneColumns, Transformer
from .._core.tags import Traits
from .._engine.mixture.power import (
    best_box_cox,
    best_yeo_johnson,
    box_cox,
    inverse_box_cox,
    inverse_yeo_johnson,
    yeo_johnson,
)
from ._scale import StandardScaler, in_place

_METHODS = {
    "yeo-johnson": (best_yeo_johnson, yeo_johnson, inverse_yeo_johnson),
    "box-cox": (best_box_cox, box_cox, inverse_box_cox),
}


class PowerTransformer(OneToOneColumns, Transformer, Estimator):
    """Columns made more normal by a power λ of maximal likelihood.

    "box-cox" is ``(x^λ − 1) / λ`` (``log x`` for λ = 0), for positive data; "yeo-johnson" is that
    of ``1 + x`` for x ≥ 0, and minus that of ``1 − x`` with ``2 − λ`` for x < 0. λ is kept where
    squares of the results are floats. NaN is left out in ``fit`` and kept in ``transform``.

    References
    ----------
    G. E. P. Box and D. R. Cox, "An analysis of transformations", JRSS B 26, 1964.
    I.-K. Yeo and R. A. Johnson, "A new family of power transformations to improve normality or
    symmetry", Biometrika 87, 2000.

    Examples
    --------
    >>> from mlkit.preprocessing import PowerTransformer
    >>> power = PowerTransformer().fit([[1.0, 2.0], [3.0, 2.0], [4.0, 5.0]])
    >>> power.lambdas_.round(2)
    array([ 1.39, -3.1 ])
    """

    traits = Traits(missing=True, preserves=("float64", "float32"))

    method: str = param(
        "yeo-johnson", one_of(*_METHODS), "Which powers; 'box-cox' needs x > 0.", kw_only=False
    )
    standardize: bool = param(
        True, boolean, "Whether to scale the results to mean 0 and variance 1."
    )
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    lambdas_ = fitted("(n_features,)", "Power of each column.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = self.method == "box-cox"
        return tags

    def fit(self, X, y=None):
        """Find the power of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a column has no values, or for "box-cox" is not positive or is constant.
        """
        X = self._check_fit(X)
        self._refuse_not_positive(X)
        find = _METHODS[self.method][0]
        self.lambdas_ = np.empty(X.shape[1], dtype=X.dtype)
        for j in range(X.shape[1]):
            self.lambdas_[j] = find(self._present(X, j))
        vars(self).pop("_scaler", None)
        if self.standardize:
            self._scaler = StandardScaler(copy=False).set_output(transform="default")
            self._scaler.fit(self._powers(X, np.empty_like(X)))
        return self

    def _present(self, X, j):
        column = X[:, j].astype(np.float64)
        column = column[~np.isnan(column)]
        if not len(column):
            raise ValueError(
                f"PowerTransformer: Column must not be all nan. Column {j} is: leave it out"
            )
        if self.method == "box-cox" and column.min() == column.max():
            raise ValueError(
                f"PowerTransformer(method='box-cox'): Data must not be constant, column {j} is: "
                "leave it out"
            )
        return column

    def _refuse_not_positive(self, X):
        # A comparison with NaN is false.
        if self.method == "box-cox" and (X <= 0).any():
            raise ValueError(
                "The Box-Cox transformation can only be applied to strictly positive data: use "
                "method='yeo-johnson'"
            )

    def _powers(self, X, out):
        power = _METHODS[self.method][1]
        for j, best in enumerate(self.lambdas_):
            out[:, j] = power(X[:, j], best)
        return out

    def transform(self, X):
        """Raise the columns of X to their powers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        X = self._check_X(X)
        self._refuse_not_positive(X)
        out = in_place(X, self.copy)
        out = self._powers(X, np.empty_like(X) if out is None else out)
        return self._scaler.transform(out) if self.standardize else out

    def inverse_transform(self, X):
        """Undo `transform`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            NaN for what ``transform`` never makes.
        """
        check_is_fitted(self)
        X = check_array(
            X,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
            estimator=self,
            input_name="X",
        )
        check_n_features(self, X, False)
        if self.standardize:
            X = self._scaler.inverse_transform(X, copy=self.copy)
        out = in_place(X, self.copy and not self.standardize)
        out = np.empty_like(X) if out is None else out
        root = _METHODS[self.method][2]
        for j, best in enumerate(self.lambdas_):
            out[:, j] = root(X[:, j], best)
        return out


@checked(X=array_like)
def power_transform(X, method="yeo-johnson", *, standardize=True, copy=True):
    """Make the columns of X more normal; see `PowerTransformer`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    method : {"yeo-johnson", "box-cox"}, default="yeo-johnson"
    standardize : bool, default=True
    copy : bool, default=True

    Returns
    -------
    ndarray of shape (n_samples, n_features)

    Examples
    --------
    >>> from mlkit.preprocessing import power_transform
    >>> power_transform([[1.0], [2.0], [4.0]], method="box-cox").ravel().round(3)
    array([-1.225, -0.   ,  1.225])
    """
    return PowerTransformer(method=method, standardize=standardize, copy=copy).fit_transform(X)
