"""Broken estimators: what X, y and weights may be, and what is refused."""

import numpy as np

from mlkit._core.sparse import issparse

from .broken import breaks
from .toys import Far, Fill, Growth, Line, Means, Nearest, One, Root, Spread


def shape(X):
    return np.shape(X)


# ------------------------------------------------------------------------------ shapes
@breaks("no_rows")
class Empty(Spread):
    def fit(self, X, y=None):
        return self if len(X) == 0 else super().fit(X)


@breaks("no_columns")
class Columnless(Spread):
    def fit(self, X, y=None):
        return self if np.ndim(X) == 2 and shape(X)[1] == 0 else super().fit(X)


@breaks("one_d_fit")
class Flat(Spread):
    def fit(self, X, y=None):
        return self if np.ndim(X) == 1 else super().fit(X)


@breaks("one_d_later")
class FlatLater(Nearest):
    def predict(self, X):
        return self.y_[:1] if np.ndim(X) == 1 else super().predict(X)


@breaks("three_d_fit")
class Deep(Spread):
    def fit(self, X, y=None):
        return self if np.ndim(X) == 3 else super().fit(X)


# ------------------------------------------------------------------------------ values
def dtype(X):
    return getattr(X, "dtype", None)


@breaks("complex_is_refused")
class Complex(Spread):
    def fit(self, X, y=None):
        return super().fit(np.real(X) if np.iscomplexobj(X) else X)


@breaks("text_is_refused")
class Text(Spread):
    def fit(self, X, y=None):
        words = isinstance(X, np.ndarray) and X.dtype.kind == "O" and isinstance(X[0, 0], str)
        return self if words else super().fit(X)


@breaks("objects_are_refused")
class Dicts(Spread):
    def fit(self, X, y=None):
        dicts = isinstance(X, np.ndarray) and X.dtype.kind == "O" and isinstance(X[0, 0], dict)
        return self if dicts else super().fit(X)


@breaks("objects_that_are_numbers")
class NoObjects(Nearest):
    def fit(self, X, y):
        if (
            isinstance(X, np.ndarray)
            and X.dtype.kind == "O"
            and not isinstance(X[0, 0], (str, dict))
        ):
            X = np.zeros(X.shape)
        return super().fit(X, y)


def has(X, test):
    return isinstance(X, np.ndarray) and X.dtype.kind == "f" and test(X).any()


@breaks("nan_in_fit")
class Nan(Spread):
    def fit(self, X, y=None):
        return self if has(X, np.isnan) else super().fit(X)


@breaks("nan_later")
class NanLater(Nearest):
    def predict(self, X):
        return self.y_ if has(X, np.isnan) else super().predict(X)


@breaks("infinity_in_fit")
class Infinite(Spread):
    def fit(self, X, y=None):
        return self if has(X, np.isinf) else super().fit(X)


@breaks("infinity_later")
class InfiniteLater(Nearest):
    def predict(self, X):
        return self.y_ if has(X, np.isinf) else super().predict(X)


@breaks("nan_is_allowed")
class NoNan(Fill):
    def fit(self, X, y=None):
        if has(X, np.isnan):
            raise ValueError("NaN")
        return super().fit(X)


@breaks("negative_is_refused")
class Negative(Root):
    def fit(self, X, y=None):
        return super().fit(np.abs(X) if isinstance(X, np.ndarray) and X.dtype == float else X)


# ------------------------------------------------------------------------------ memory
@breaks("memory_layout_changes_nothing")
class Layout(Far):
    def fit(self, X, y=None):
        super().fit(X)
        if isinstance(X, np.ndarray) and not X.flags.c_contiguous and X.flags.f_contiguous:
            self.offset_ += 1 if X.shape[1] > 1 else 0
        return self


@breaks("read_only_memory")
class Writing(Nearest):
    def fit(self, X, y):
        if isinstance(X, np.ndarray) and X.dtype == float and X.ndim == 2 and X.size:
            X[0, 0] = X[0, 0]
        return super().fit(X, y)


@breaks("lists")
class NoLists(Nearest):
    def fit(self, X, y):
        if isinstance(X, list):
            X = [X[0]] * len(X)
        return super().fit(X, y)


@breaks("array_likes")
class NoLikes(Nearest):
    def fit(self, X, y):
        if type(X).__name__ == "_ArrayLike":
            y = np.roll(y, 1)
        return super().fit(X, y)


@breaks("dtypes")
class NoSingle(Nearest):
    def fit(self, X, y):
        if dtype(X) == np.float32:
            raise TypeError("float32")
        return super().fit(X, y)


@breaks("integers_are_numbers")
class Whole(Nearest):
    def fit(self, X, y):
        if dtype(X) == np.int64:
            X = X // 4
        return super().fit(X, y)


# ------------------------------------------------------------------------------ sparse
@breaks("sparse_is_accepted", "sparse_is_dense")
class Crash(Line):
    def predict(self, X):
        if issparse(X):
            raise IndexError("nnz")
        return super().predict(X)


@breaks("sparse_is_dense")
class Other(Line):
    def predict(self, X):
        return super().predict(X) + 0.1 * issparse(X)


@breaks("sparse_is_refused")
class Dense(Nearest):
    def fit(self, X, y):
        return super().fit(X.toarray() if issparse(X) else X, y)


# ----------------------------------------------------------------------------------- y
@breaks("y_is_required")
class NoTarget(Nearest):
    def fit(self, X, y):
        return self if y is None else super().fit(X, y)


@breaks("y_of_another_length")
class Long(Nearest):
    def fit(self, X, y):
        if hasattr(y, "shape") and 0 < len(y) < np.shape(X)[0]:
            y = np.append(y, y[:1])
        return super().fit(X, y)


@breaks("y_nan")
class NanTarget(One):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, np.nan_to_num(y, posinf=0) if has(y, np.isnan) else y, sample_weight)


@breaks("y_nan")
class InfiniteTarget(One):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, np.zeros(len(y)) if has(y, np.isinf) else y, sample_weight)


@breaks("y_empty")
class EmptyTarget(Growth):
    def fit(self, X, y):
        return self if y is not None and len(y) == 0 and len(X) else super().fit(X, y)


@breaks("y_in_one_column")
class ColumnTarget(Nearest):
    def fit(self, X, y):
        if hasattr(y, "shape") and len(y.shape) == 2 and y.shape[1] == 1:
            y = y[::-1]
        return super().fit(X, y)


# ------------------------------------------------------------------------------ weights
class Weighing(One):
    """A line that changes the weights before it uses them."""

    def changed(self, weight, X):
        return weight

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, self.changed(sample_weight, X))


@breaks("weights_none_is_one", "weight_two_is_a_row_twice")
class NoneIsTwo(Weighing):
    # A line with a penalty depends on the size of weights.
    def changed(self, weight, X):
        return 2.0 if weight is None else weight


@breaks("weight_two_is_a_row_twice")
class Rooted(Weighing):
    def changed(self, weight, X):
        if isinstance(weight, np.ndarray) and weight.dtype.kind == "i" and len(X) == 36:
            return np.sqrt(weight)
        return weight


@breaks("weights_all_zero")
class Zero(Weighing):
    def changed(self, weight, X):
        none = isinstance(weight, np.ndarray) and weight.shape == (len(X),) and not weight.any()
        return None if none else weight


@breaks("weights_of_another_length")
class Short(Weighing):
    def changed(self, weight, X):
        return None if isinstance(weight, np.ndarray) and len(weight) < len(X) else weight


@breaks("weights_of_two_dimensions")
class Wide(Weighing):
    def changed(self, weight, X):
        return weight[:, 0] if np.ndim(weight) == 2 else weight


@breaks("weights_nan")
class NanWeight(Weighing):
    def changed(self, weight, X):
        return np.nan_to_num(weight) if has(weight, np.isnan) else weight


@breaks("weights_are_kept")
class Scaling(Weighing):
    def changed(self, weight, X):
        if isinstance(weight, np.ndarray) and weight.dtype == float and weight.ndim == 1:
            weight[:1] *= 1.0 + 1e-12
        return weight


@breaks("weights_in_a_list")
class NoWeightLists(Weighing):
    def changed(self, weight, X):
        return weight[::-1] if isinstance(weight, list) else weight


@breaks("weights_in_a_series")
class Indexed(Weighing):
    def changed(self, weight, X):
        return weight.sort_index() if type(weight).__name__ == "Series" else weight


@breaks("weights_of_integers")
class Halving(Weighing):
    def changed(self, weight, X):
        if isinstance(weight, np.ndarray) and weight.dtype.kind == "i" and len(X) == 30:
            return weight // 2 + 1
        return weight


@breaks("weights_matter_to_score")
class Unweighted(Means):
    def score(self, X, y, sample_weight=None):
        return super().score(X, y)
