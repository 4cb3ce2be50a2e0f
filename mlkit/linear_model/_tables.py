"""Tables as designs: categories as indicators that are never formed, missing numbers filled."""

import numpy as np

from .._core.arrays import check_consistent_length, check_is_fitted
from .._core.domains import array_like, none, one_of
from .._core.estimator import Estimator
from .._core.input import check_feature_names, check_n_features
from .._core.linear import margins
from .._core.params import param
from .._core.sparse import issparse
from .._core.tables import column_names, frame_library, to_native
from .._engine.encode.categories import Coded, Lookup, find
from .._engine.encode.columns import split_columns
from .._engine.glm.table import TableColumns


def margins_of(X, coef, intercept):
    """``X βᵀ + b`` of an array, a sparse matrix or columns; coef is (p,) or (K, p)."""
    if not hasattr(X, "transposed_times"):
        return margins(X, coef, intercept)
    product = X.times(np.atleast_2d(coef).T)
    return (product[:, 0] if coef.ndim == 1 else product) + intercept


class TableInput(Estimator):
    """Models whose X may have columns of categories, and missing numbers.

    A categorical column stands for an indicator a category; where there is no penalty, the
    first category has none. A missing category is one of its own, and one that fit did not see has
    no indicator.
    """

    categorical_features: object = param(
        None,
        one_of("from_dtype") | array_like | none,
        "Columns of categories: positions, names or a mask; "
        '"from_dtype" takes those of a data frame that are no numbers. None is none.',
    )
    missing: str = param(
        "error",
        one_of("error", "mean", "indicator"),
        "What to do about NaN in a column of numbers: refuse it; put the mean of fit there; or "
        "that, and one more column that tells where it was.",
    )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing != "error"
        tags.input_tags.categorical = self.categorical_features is not None
        tags.input_tags.string = tags.input_tags.categorical
        return tags

    def _read_fit(self, X, y):
        """X of a fit as an array or as columns, and y; neither is copied without a need."""
        self._check_params()
        self._mask = categorical_mask(X, self.categorical_features, type(self).__name__)
        options = {"missing": self.missing != "error"}
        if self._mask is None:
            X, y = self._check_fit(X, y, **options)
            self._labels, parts = [], (X, None)
        else:
            columns = self._columns_of(X, reset=True)
            y = self._check_y(y)
            check_consistent_length(columns[0], y)
            parts = self._learn(columns, X)
        X = self._filled(*parts, reset=True)
        return X, y

    def _read(self, X):
        """X of a prediction as the fit's."""
        check_is_fitted(self)
        if self._mask is None:
            X = self._check_X(X, missing=True) if self.missing != "error" else self._check_X(X)
            return self._filled(X, None, reset=False)
        columns = self._columns_of(X, reset=False)
        codes = [
            np.maximum(Lookup(values).codes(columns[j]) - self._dropped, -1)
            for j, values in zip(np.flatnonzero(self._mask), self._labels, strict=True)
        ]
        return self._filled(self._numbers(columns), codes, reset=False)

    def _columns_of(self, X, *, reset):
        X = to_native(X)
        if frame_library(X) is None:
            check = self._check_fit if reset else self._check_X
            return split_columns(check(X, dtype="any", ensure_all_finite=False))
        check_feature_names(self, X, reset=reset)
        check_n_features(self, X, reset)
        if not X.shape[0]:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
                f"required by {type(self).__name__}."
            )
        return split_columns(X)

    def _learn(self, columns, X):
        # Levels of all columns sum to the intercept's: without a penalty the first is its.
        self._dropped = int(self.penalty is None)
        self._labels, codes = [], []
        for j in np.flatnonzero(self._mask):
            found = find(columns[j])
            self._labels.append(found.values)
            codes.append(found.codes - self._dropped)
        return self._numbers(columns), codes

    def _numbers(self, columns):
        kept = [columns[j] for j in np.flatnonzero(~self._mask)]
        out = np.empty((len(columns[0]), len(kept)))
        for j, column in enumerate(kept):
            values = column.to_array() if isinstance(column, Coded) else column
            try:
                out[:, j] = values
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"{type(self).__name__}: column {np.flatnonzero(~self._mask)[j]} holds what is "
                    f"no number ({error}); name it in categorical_features"
                ) from error
        if np.isinf(out).any() or (self.missing == "error" and np.isnan(out).any()):
            raise ValueError(
                f"Input X of {type(self).__name__} contains NaN or infinity; for NaN use "
                "missing='mean' or missing='indicator'"
            )
        return out

    def _filled(self, numbers, codes, *, reset):
        """The design of numbers and codes, its gaps filled."""
        if self.missing != "error":
            values = numbers.data if issparse(numbers) else numbers
            gaps = np.isnan(values)
            if reset:
                self._fill, self._gappy = column_fill(numbers)
            if gaps.any() or (self.missing == "indicator" and len(self._gappy)):
                numbers = fill(numbers, self._fill, self._gappy, self.missing == "indicator")
        if codes is None:
            return numbers
        sizes = [len(values) - self._dropped for values in self._labels]
        return TableColumns(numbers, [c.astype(np.int32) for c in codes], sizes)

    def design_names(self):
        """Return the names of the columns that `coef_` has a weight for.

        Returns
        -------
        ndarray of str objects
            Names of the columns of numbers, ``name is missing`` where there is an indicator of it,
            ``name=category`` for each category.
        """
        check_is_fitted(self)
        names = [f"x{j}" for j in range(self.n_features_in_)]
        names = [str(name) for name in getattr(self, "feature_names_in_", names)]
        mask = np.zeros(len(names), dtype=bool) if self._mask is None else self._mask
        out = [name for name, categorical in zip(names, mask, strict=True) if not categorical]
        if self.missing == "indicator":
            out += [f"{out[j]} is missing" for j in self._gappy]
        for j, values in zip(np.flatnonzero(mask), self._labels, strict=True):
            out += [f"{names[j]}={value}" for value in values[self._dropped :]]
        return np.array(out, dtype=object)

    def _levels_together(self, p):
        """A label for each column of the design: the levels of a category have one in common."""
        if not getattr(self, "_labels", None):
            return np.arange(p)
        sizes = [len(values) - self._dropped for values in self._labels]
        first = p - sum(sizes)
        return np.concatenate([np.arange(first), first + np.repeat(np.arange(len(sizes)), sizes)])


def categorical_mask(X, chosen, who):
    """Which columns of X hold categories, or None where none does."""
    if chosen is None:
        return None
    X = to_native(X)
    library = frame_library(X)
    if isinstance(chosen, str):
        if library is None:
            return None
        mask = np.array([is_of_words(column) for column in split_columns(X)], dtype=bool)
        return mask if mask.any() else None
    chosen = np.asarray(chosen)
    width = X.shape[1] if hasattr(X, "shape") else np.shape(X)[1]
    if chosen.dtype.kind == "b":
        mask = chosen
    elif chosen.dtype.kind in "iu":
        mask = np.isin(np.arange(width), chosen)
        if len(chosen) and not (chosen.min() >= 0 and chosen.max() < width):
            mask = None
    else:
        names = column_names(X) or []
        mask = np.isin(np.array(names, dtype=object), chosen.astype(object))
        mask = mask if set(chosen.tolist()) <= set(names) else None
    if mask is None or mask.shape != (width,):
        raise ValueError(
            f"{who}: categorical_features={chosen.tolist()} does not name columns of X, which has "
            f"{width}; give positions, names of a frame's columns, or a mask"
        )
    return mask if mask.any() else None


def is_of_words(column):
    """Whether a column of a frame holds categories: coded, text or objects."""
    return isinstance(column, Coded) or column.dtype.kind in "OUS"


def column_fill(X):
    """Means of what is known of each column, and the columns with gaps."""
    if issparse(X):
        data = X.tocsc()
        known = ~np.isnan(data.data)
        place = np.repeat(np.arange(X.shape[1]), np.diff(data.indptr))
        sums = np.bincount(place[known], weights=data.data[known], minlength=X.shape[1])
        gaps = np.bincount(place[~known], minlength=X.shape[1])
    else:
        known = ~np.isnan(X)
        sums = np.where(known, X, 0.0).sum(axis=0, dtype=np.float64)
        gaps = len(X) - known.sum(axis=0)
    count = X.shape[0] - gaps
    mean = np.divide(sums, count, out=np.zeros(X.shape[1]), where=count > 0)
    return mean, np.flatnonzero(gaps)


def fill(X, means, gappy, mark):
    """X with means in its gaps and, to `mark` them, indicators of the columns `gappy`."""
    if not issparse(X):
        gaps = np.isnan(X)
        out = np.where(gaps, means.astype(X.dtype), X)
        return np.hstack([out, gaps[:, gappy].astype(X.dtype)]) if mark else out
    from scipy.sparse import csc_array, hstack

    out = X.tocsc(copy=True)
    place = np.repeat(np.arange(X.shape[1]), np.diff(out.indptr))
    gaps = np.isnan(out.data)
    out.data[gaps] = means[place[gaps]]
    if not mark:
        return out.asformat(X.format)
    marks = csc_array((gaps.astype(X.dtype), out.indices, out.indptr), shape=X.shape)[:, gappy]
    marks.eliminate_zeros()
    return hstack([out, marks], format=X.format)
