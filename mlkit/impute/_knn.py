"""Missing values filled by the nearest rows."""

import numpy as np

from .._core.arrays import check_input_names, check_is_fitted
from .._core.domains import boolean, callable_, integer, none, one_of
from .._core.params import param
from .._core.tags import Traits
from .._engine.encode.donors import Donors
from ._imputer import Imputer
from ._missing import check_kinds, is_nan_marker, missing_mask


def inverse_distances(distance):
    """``1 / d``; where some are 0, one for those and nothing for the others."""
    with np.errstate(divide="ignore"):
        weight = 1 / distance
    infinite = np.isinf(weight)
    rows = infinite.any(axis=1)
    weight[rows] = infinite[rows]
    return weight


_WEIGHTS = {None: None, "uniform": None, "distance": inverse_distances}


class KNNImputer(Imputer):
    """Missing values replaced by the mean over the nearest rows that have the value.

    Distances are Euclidean over the columns that both rows have, scaled up for those missing:
    ``√(p/c · Σ (xⱼ − yⱼ)²)`` over c of p columns. Of rows equally far those first in fit count. A
    row that shares no column with any other gets the mean of the column (O. Troyanskaya et al.,
    "Missing value estimation methods for DNA microarrays", Bioinformatics 17, 2001).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.impute import KNNImputer
    >>> X = [[1.0, 2.0], [3.0, 4.0], [np.nan, 6.0], [8.0, 8.0]]
    >>> KNNImputer(n_neighbors=2).fit_transform(X)[2]
    array([5.5, 6. ])
    """

    traits = Traits(missing=True, preserves=("float64", "float32"))

    n_neighbors: int = param(5, integer(1), "Rows to take the mean of.")
    weights: object = param(
        "uniform",
        one_of("uniform", "distance") | callable_ | none,
        "Whether neighbours count the same, by the inverse of their distance, or as a function of "
        "distances says, which returns an array of the same shape.",
    )
    metric: object = param(
        "nan_euclidean",
        one_of("nan_euclidean") | callable_,
        "Distance of rows; a function is called as metric(x, y, missing_values=...).",
    )
    copy: bool = param(True, boolean, "Whether to leave the input as it is.")

    def fit(self, X, y=None):
        """Keep the rows that give values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X, missing=is_nan_marker(self.missing_values))
        check_kinds(X, self.missing_values, "KNNImputer")
        self._fit_X = X.copy()
        self._fit_mask = missing_mask(X, self.missing_values)
        self._kept = ~self._fit_mask.all(axis=0)
        self._fit_indicator(self._fit_mask)
        return self

    def transform(self, X):
        """Fill the missing values of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Without the columns that had no value in fit, unless `keep_empty_features`: they are 0.
        """
        check_is_fitted(self)
        X = self._check_X(X, missing=is_nan_marker(self.missing_values))
        if self.copy or not X.flags.writeable:
            X = X.copy()
        mask = missing_mask(X, self.missing_values)
        if mask[:, self._kept].any():
            weigh = self.weights if callable(self.weights) else _WEIGHTS[self.weights]
            distances = self._distances_to_fit if callable(self.metric) else None
            donors = Donors(self._fit_X, self._fit_mask, self.n_neighbors, weigh, distances)
            donors.fill(X, mask, self._kept)
        if not self._kept.all():
            if self.keep_empty_features:
                X[:, ~self._kept] = 0
            else:
                X = X[:, self._kept]
        return self._with_indicator(X, mask)

    def _distances_to_fit(self, X):
        marker = self.missing_values
        away = [[self.metric(x, y, missing_values=marker) for y in self._fit_X] for x in X]
        return np.array(away, dtype=np.float64)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out.

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
        kept = names if self.keep_empty_features else names[self._kept]
        return self._names_with_indicator(kept, names)
