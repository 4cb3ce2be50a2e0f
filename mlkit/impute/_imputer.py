"""What imputers share: the columns that say where values were missing."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import boolean
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from ._indicator import MissingIndicator
from ._missing import KEEP_EMPTY_FEATURES, MISSING_VALUES, is_nan_marker


class Imputer(Transformer, Estimator):
    """Base of imputers: columns that say where values were missing."""

    missing_values: object = MISSING_VALUES
    add_indicator: bool = param(
        False, boolean, "Whether to append the columns of a `MissingIndicator`."
    )
    keep_empty_features: bool = KEEP_EMPTY_FEATURES

    indicator_ = fitted("MissingIndicator or None", "Makes the columns that are appended.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = is_nan_marker(self.missing_values)
        return tags

    def _fit_indicator(self, mask):
        self.indicator_ = None
        if self.add_indicator:
            marker = self.missing_values
            indicator = MissingIndicator(missing_values=marker, error_on_new=False)
            self.indicator_ = indicator.fit_mask(mask)

    def _with_indicator(self, X, mask):
        """`X` with the indicator's columns behind its own."""
        if self.indicator_ is None:
            return X
        extra = self.indicator_.select(mask)
        if not issparse(X):
            return np.hstack([X, extra])
        import scipy.sparse as sp

        return as_interface(sp.hstack([X, extra], format=X.format))

    def _names_with_indicator(self, names, input_names):
        check_is_fitted(self)
        if self.indicator_ is None:
            return names
        return np.concatenate([names, self.indicator_.get_feature_names_out(input_names)])
