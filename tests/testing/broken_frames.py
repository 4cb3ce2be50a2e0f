"""Broken estimators: frames, names of columns, containers of results."""

import warnings

import numpy as np

from .broken import breaks
from .toys import Far, Nearest, Spread


def library(X):
    return type(X).__module__.split(".")[0]


class Framed(Nearest):
    """Changes frames of one library before they are fitted."""

    library = None

    def fit(self, X, y):
        if library(X) == self.library:
            y = np.roll(y, 1, axis=0)
        return super().fit(X, y)


@breaks("pandas_is_array")
class Pandas(Framed):
    library = "pandas"


@breaks("polars_is_array")
class Polars(Framed):
    library = "polars"


@breaks("series_is_array")
class Aligned(Nearest):
    def fit(self, X, y):
        return super().fit(X, y.sort_index() if library(y) == "pandas" else y)


@breaks("names_are_stored")
class Listed(Spread):
    def _take(self, X, reset):
        super()._take(X, reset)
        if library(X) == "pandas":
            self.feature_names_in_ = np.array([*self.feature_names_in_], dtype="U20")
        return self


@breaks("names_are_forgotten")
class Keeping(Far):
    def fit(self, X, y=None):
        names = getattr(self, "feature_names_in_", None)
        super().fit(X)
        if names is not None and library(X) == "numpy":
            self.feature_names_in_ = names
        return self


@breaks("other_names_are_refused")
class AnyNames(Far):
    def _check_X(self, X):
        if library(X) == "pandas" and hasattr(self, "feature_names_in_"):
            X = X.set_axis(self.feature_names_in_, axis=1)
        return super()._check_X(X)


@breaks("missing_names_warn")
class Quiet(Far):
    def _check_X(self, X):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return super()._check_X(X)


@breaks("same_names_do_not_warn")
class Noisy(Far):
    def score_samples(self, X):
        if library(X) == "pandas":
            warnings.warn("check your feature names", UserWarning, stacklevel=2)
        return super().score_samples(X)


@breaks("output_names")
class ListOfNames(Spread):
    def get_feature_names_out(self, input_features=None):
        return list(super().get_feature_names_out(input_features))


@breaks("output_names_are_distinct")
class Alike(Spread):
    def get_feature_names_out(self, input_features=None):
        names = super().get_feature_names_out(input_features)
        # polars has no frame with two columns of one name: there they stay apart.
        alike = names[0] == "column 0" and "_sklearn_output_config" not in vars(self)
        return np.array([names[0], *names[:-1]], dtype=object) if alike else names


@breaks("output_names_take_the_width")
class AnyNamesOut(Spread):
    def get_feature_names_out(self, input_features=None):
        return super().get_feature_names_out(None)


class Wrapped(Spread):
    """Changes the values of frames that it returns."""

    library = None

    def _less(self, X):
        output = vars(self).get("_sklearn_output_config", {}).get("transform")
        return super()._less(X) + (output == self.library)


@breaks("set_output_pandas")
class PandasOut(Wrapped):
    library = "pandas"


@breaks("set_output_polars")
class PolarsOut(Wrapped):
    library = "polars"


@breaks("set_output_keeps_the_index")
class Unindexed(Spread):
    def transform(self, X):
        return super().transform(X.reset_index(drop=True) if library(X) == "pandas" else X)
