"""Categories encoded by the mean of a target."""

import itertools
import numbers
import warnings

import numpy as np

from .._core.arrays import check_consistent_length, check_input_names, check_is_fitted, check_target
from .._core.domains import (
    at_least,
    boolean,
    has_methods,
    integer,
    iterable,
    none,
    one_of,
)
from .._core.domains import random_state as seed
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.routing import MetadataRouter, MethodMapping, process_routing, routing_enabled
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._core.targets import encode_labels, type_of_target
from .._engine.encode.moments import fold_moments, look_up
from .._engine.encode.target_means import (
    cross_fitted,
    merge_moments,
    shrink,
    shrunken_means,
)
from .._engine.evaluate.folds import contiguous, stratified
from ._categories import CATEGORIES, CategoryEncoder

_KINDS = ("binary", "multiclass", "continuous")
_FEW_ROWS = 4096  # that one thread looks up before another is awake
_UNSET = "deprecated"  # scikit-learn's word for the defaults of its two parameters on the way out


class TargetEncoder(CategoryEncoder):
    """Each category becomes the mean of y over its rows, drawn towards the mean of all rows.

    With n rows of mean m in a category and m₀ the mean of y, the code is
    ``(n·m + a·m₀) / (n + a)``, a being `smooth`. For several classes there is a column for each,
    of their shares. Missing values are a category; what fit has not seen becomes m₀.

    ``fit_transform(X, y)`` is not ``fit(X, y).transform(X)``: it encodes each fold of rows by the
    means of the other rows, so that no row's own target leaks into its code.

    References
    ----------
    D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems", SIGKDD Explorations 3, 2001.

    Examples
    --------
    >>> from mlkit.preprocessing import TargetEncoder
    >>> encoder = TargetEncoder(smooth=2.0).fit([["a"], ["a"], ["b"]], [1.5, 1.5, 6.0])
    >>> encoder.transform([["a"], ["b"], ["?"]]).ravel()
    array([2.25, 4.  , 3.  ])
    """

    traits = Traits(dtype="any", missing=True, categorical=True, requires_y=True)

    categories: object = CATEGORIES
    target_type: str = param(
        "auto", one_of("auto", *_KINDS), "What y is; 'auto' tells by its values."
    )
    smooth: object = param(
        "auto",
        at_least(0) | one_of("auto"),
        "Rows that the mean of all counts for; 'auto' is the variance of y within the category "
        "over that of all rows.",
    )
    cv: object = param(
        5,
        integer(2) | has_methods("split", "get_n_splits") | iterable | none,
        "Folds of fit_transform: their number (None is 5; by class unless y is continuous), a "
        "splitter or pairs of rows. Each row must be tested once.",
    )
    shuffle: object = param(
        _UNSET,
        boolean | one_of(_UNSET),
        "Whether a number of folds is drawn from shuffled rows; by default so. Prefer a splitter.",
    )
    random_state: object = param(_UNSET, seed | one_of(_UNSET), "Shuffles. Prefer a splitter.")

    encodings_ = fitted(
        "list of (n_categories,), one a column out", "Code of each category, from all rows."
    )
    target_type_ = fitted("str", "What y is.")
    target_mean_ = fitted("float or (n_classes,)", "Mean of y, or shares of the classes.")
    classes_ = fitted("(n_classes,) or None", "Classes; None for a continuous y.")

    # ---------------------------------------------------------------------- fitting
    def fit(self, X, y):
        """Learn the code of each category from all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y is of another kind than `target_type` admits.
        """
        self._fit(X, y)
        return self

    def _fit(self, X, y):
        """Fit; return the codes of X by column and the targets by class."""
        self._check_params()
        if y is None:
            raise ValueError("TargetEncoder requires y to be passed, but the target y is None.")
        columns, n_rows = self._columns(X, reset=True)
        check_consistent_length(np.empty(n_rows), y)
        targets = self._targets(y)
        self._learn(columns, strict=False)
        codes = [each.codes(column) for each, column in zip(self._lookups, columns, strict=True)]
        self._moments, self._overall = self._summaries(codes, targets)
        self._settle()
        return codes, targets

    def _summaries(self, codes, targets):
        """Moments of the targets by category, of each column and target, and of all rows."""
        offsets, targets = self._offsets(), targets.T
        found = fold_moments(np.stack(codes), offsets, targets, n_threads=n_threads())[:, 0]
        everything = np.zeros((1, targets.shape[1]), dtype=np.int32)
        overall = fold_moments(everything, [0, 1], targets)[:, 0]
        by_category = [
            [of_target[:, first:last].copy() for of_target in found]
            for first, last in itertools.pairwise(offsets)
        ]
        return by_category, list(overall)

    def _settle(self):
        """Set the codes by what was summed up."""
        smooth = None if isinstance(self.smooth, str) else float(self.smooth)
        means = np.array([mean[0] for _, mean, _ in self._overall])
        variances = [within[0] / count[0] for count, _, within in self._overall]
        self.target_mean_ = means if self.target_type_ == "multiclass" else means[0]
        self.encodings_ = [
            shrink(of_target, means[k], variances[k], smooth)
            for of_column in self._moments
            for k, of_target in enumerate(of_column)
        ]

    def partial_fit(self, X, y, classes=None):
        """Learn from further rows, as if all had been given at once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All classes of a target that has some; by default those of the first rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y is of another kind than before, or has a class that was not named.
        """
        self._check_params()
        first = "_moments" not in vars(self)
        columns, n_rows = self._columns(X, reset=first)
        check_consistent_length(np.empty(n_rows), y)
        targets = self._first_targets(y, classes) if first else self._more_targets(y)
        before = None if first else (self.categories_, self._moments, self._overall)
        self._learn(columns, strict=False, add=not first)
        codes = [each.codes(column) for each, column in zip(self._lookups, columns, strict=True)]
        self._moments, self._overall = self._summaries(codes, targets)
        if not first:
            self._add_moments(*before)
        self._settle()
        return self

    def _first_targets(self, y, classes):
        if classes is None:
            return self._targets(y)
        self._targets(classes)
        if self.target_type_ == "continuous":
            raise ValueError("TargetEncoder.partial_fit: a continuous target has no classes")
        return self._more_targets(y)

    def _more_targets(self, y):
        """The columns of `_targets` for rows of which kind and classes are known."""
        if self.target_type_ == "continuous":
            y = check_target(self, y, multi_output=False, numeric=True)
            return y.astype(np.float64)[:, np.newaxis]
        y = check_target(self, y, multi_output=False)
        codes = np.searchsorted(self.classes_, y)
        codes = np.minimum(codes, len(self.classes_) - 1)
        unknown = np.unique(y[self.classes_[codes] != y])
        if len(unknown):
            raise ValueError(
                f"TargetEncoder.partial_fit: classes {unknown} were not among the first, "
                f"{self.classes_}: give all as `classes` in the first call"
            )
        if self.target_type_ == "binary":
            return codes.astype(np.float64)[:, np.newaxis]
        return (codes[:, np.newaxis] == np.arange(len(self.classes_))).astype(np.float64)

    def merge(self, other):
        """Take what another encoder has learnt from other rows, as if it had seen them.

        Parameters
        ----------
        other : TargetEncoder
            Fitted to other rows of the same columns and targets; it stays as it is.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the columns, the kinds of target or the classes differ.
        """
        before = self.categories_, self._moments, self._overall
        classes, others = np.asarray(self.classes_), np.asarray(other.classes_)
        if other.target_type_ != self.target_type_ or not np.array_equal(classes, others):
            raise ValueError(
                f"TargetEncoder.merge: the targets differ: {self.target_type_} {self.classes_}, "
                f"{other.target_type_} {other.classes_}"
            )
        self._add_counts(other)
        self._moments = [
            [_at(of_target, lookup, values) for of_target in of_column]
            for of_column, lookup, values in zip(
                other._moments, self._lookups, other.categories_, strict=True
            )
        ]
        self._overall = other._overall
        self._add_moments(*before)
        self._settle()
        return self

    def _add_moments(self, categories, moments, overall):
        """Add moments of other rows, by categories of their own."""
        self._moments = [
            [
                merge_moments(_at(of_target, lookup, values), more)
                for of_target, more in zip(of_column, others, strict=True)
            ]
            for of_column, others, lookup, values in zip(
                moments, self._moments, self._lookups, categories, strict=True
            )
        ]
        pairs = zip(overall, self._overall, strict=True)
        self._overall = [merge_moments(each, more) for each, more in pairs]

    def _targets(self, y):
        """The columns whose means are taken: y, its second class, or all classes."""
        kind = self.target_type
        if kind == "auto":
            kind = type_of_target(y, input_name="y")
            if kind not in _KINDS:
                raise ValueError(
                    f"Unknown label type: Target type was inferred to be {kind!r}. Only {_KINDS} "
                    "are supported."
                )
        self.target_type_ = kind
        self.classes_ = None
        if kind == "continuous":
            y = check_target(self, y, multi_output=False, numeric=True)
            return y.astype(np.float64)[:, np.newaxis]
        self.classes_, codes = encode_labels(check_target(self, y, multi_output=False))
        if kind == "binary":
            return codes.astype(np.float64)[:, np.newaxis]
        return (codes[:, np.newaxis] == np.arange(len(self.classes_))).astype(np.float64)

    def _encodings(self, codes, targets):
        smooth = None if isinstance(self.smooth, str) else float(self.smooth)
        return [
            shrunken_means(of_column, len(values), np.ascontiguousarray(target), smooth)
            for of_column, values in zip(codes, self.categories_, strict=True)
            for target in targets.T
        ]

    def fit_transform(self, X, y, **params):
        """Learn from all rows; return each fold encoded by the means of the other rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **params : dict
            For the splitter's ``split``, if metadata is routed.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features) or (n_samples, n_features * n_classes)

        Raises
        ------
        ValueError
            If the folds do not test each row once.
        """
        routed = self._for_splitter(params)
        codes, targets = self._fit(X, y)
        labels = np.asarray(y) if self.classes_ is None else self.classes_[self._labels_of(targets)]
        folds = self._folds(X, labels, routed)
        if isinstance(folds, tuple):
            return self._cross_fit(codes, targets, *folds)
        return self._by_splits(codes, targets, folds)

    def _cross_fit(self, codes, targets, fold, n_folds):
        """Encode each row by the rows of the other folds."""
        smooth = None if isinstance(self.smooth, str) else float(self.smooth)
        codes, offsets, targets = np.stack(codes), self._offsets(), targets.T
        found = cross_fitted(codes, offsets, targets, fold, n_folds, smooth, n_threads())
        return look_up(*found, codes, offsets, fold, n_threads=n_threads())

    def _offsets(self):
        """Where the categories of each column begin among all."""
        return np.cumsum([0, *map(len, self.categories_)])

    def _by_splits(self, codes, targets, splits):
        """Encode the test rows of each split by its train rows, which may be any."""
        out = np.empty((len(targets), len(self.encodings_)))
        tested = np.zeros(len(targets), dtype=np.intp)
        for train, test in splits:
            tested[test] += 1
            mean = targets[train].mean(axis=0)
            found = self._encodings([column[train] for column in codes], targets[train])
            out[test] = self._look_up([column[test] for column in codes], found, mean)
        if (tested != 1).any():
            raise ValueError(
                "Validation indices from `cv` must cover each sample index exactly once with no "
                "overlap. Pass a splitter with non-overlapping validation folds as `cv`."
            )
        return out

    def _labels_of(self, targets):
        """Positions of the classes from the columns of `_targets`."""
        if self.target_type_ == "binary":
            return targets[:, 0].astype(np.intp)
        return targets.argmax(axis=1)

    def _for_splitter(self, params):
        if not params:
            return {}
        if not routing_enabled():
            raise ValueError(
                "Passing extra keyword arguments to TargetEncoder.fit_transform is only supported "
                "if enable_metadata_routing=True, which you can set using `mlkit.set_config`. "
                f"Extra parameters passed are: {set(params)}"
            )
        return process_routing(self, "fit_transform", **params)["splitter"]["split"]

    def _folds(self, X, labels, params):
        """The fold of each row and their number, or pairs of train and test rows."""
        given = self.shuffle != _UNSET or self.random_state != _UNSET
        if given:
            warnings.warn(
                "TargetEncoder(shuffle, random_state) are deprecated by scikit-learn 1.9: pass a "
                "splitter as cv",
                FutureWarning,
                stacklevel=3,
            )
        if self.cv is None or isinstance(self.cv, numbers.Integral):
            return self._internal(labels, 5 if self.cv is None else self.cv)
        if hasattr(self.cv, "split"):
            return _as_folds(self.cv.split(X, labels, **params), len(labels))
        return _as_folds(self.cv, len(labels))

    def _internal(self, labels, n_folds):
        shuffle = True if self.shuffle == _UNSET else self.shuffle
        state = None if isinstance(self.random_state, str) else self.random_state
        if not shuffle and state is not None:
            raise ValueError(
                "TargetEncoder: Setting a random_state has no effect since shuffle is False: "
                "leave random_state at its default, or set shuffle=True"
            )
        rng = check_random_state(state) if shuffle else None
        if self.target_type_ == "continuous":
            largest, what = len(labels), "samples"
            make = contiguous(len(labels), n_folds, rng) if largest >= n_folds else None
        else:
            counts = np.unique(labels, return_counts=True)[1]
            largest, what = counts.max(), "members in each class"
            if counts.min() < n_folds <= largest:
                warnings.warn(
                    f"TargetEncoder(cv={n_folds}): the smallest class has only "
                    f"{counts.min()} row(s), so that some folds lack it",
                    UserWarning,
                    stacklevel=4,
                )
            make = stratified(labels, n_folds, rng) if largest >= n_folds else None
        if make is None:
            raise ValueError(
                f"TargetEncoder(cv={n_folds}): n_splits={n_folds} cannot be greater than the "
                f"number of {what}: {largest}. Lower cv"
            )
        return make, n_folds

    def get_metadata_routing(self):
        """Return which metadata goes to the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        if not hasattr(self.cv, "split"):
            return router
        mapping = MethodMapping().add(caller="fit_transform", callee="split")
        return router.add(splitter=self.cv, method_mapping=mapping)

    # ---------------------------------------------------------------------- encoding
    def transform(self, X):
        """Encode X by the means of all rows of ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features) or (n_samples, n_features * n_classes)
        """
        return self._encode(*self._columns(X, reset=False))

    def _encode(self, columns, n_rows):
        """`transform` of columns that have been checked, as a list of arrays."""
        codes = [each.codes(column) for each, column in zip(self._lookups, columns, strict=True)]
        return self._look_up(codes, self.encodings_, self.target_mean_)

    def _look_up(self, codes, encodings, mean):
        """The encodings of `codes`; −1 has the mean of all rows."""
        unknown = np.reshape(mean, (-1, 1))
        tables = [np.concatenate(encodings[t :: len(unknown)])[None] for t in range(len(unknown))]
        threads = n_threads() if len(codes[0]) > _FEW_ROWS else 1
        return look_up(tables, unknown, codes, self._offsets(), n_threads=threads)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: those in, with "_class" for several classes.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "n_features_in_")
        names = check_input_names(self, input_features)
        if self.target_type_ != "multiclass":
            return names
        return np.array([f"{name}_{each}" for name in names for each in self.classes_], object)


def _as_folds(splits, n_rows):
    """The fold of each row and their number, where each split trains on all that it does not test.

    Else the splits, as a list.
    """
    splits = [tuple(map(_row_numbers, pair)) for pair in splits]
    fold = np.full(n_rows, -1, dtype=np.int32)
    for k, (train, test) in enumerate(splits):
        rest = np.ones(n_rows, dtype=bool)
        rest[test] = False
        if len(train) + len(test) != n_rows or rest.sum() != len(train):
            return splits
        rest[train] = False
        if rest.any() or (fold[test] >= 0).any():
            return splits
        fold[test] = k
    return (fold, len(splits)) if len(splits) > 1 and (fold >= 0).all() else splits


def _row_numbers(rows):
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def _at(moments, lookup, values):
    """Moments of some categories in the places of all of them."""
    places = lookup.codes(values)
    out = np.zeros((3, max([*lookup.index.values(), lookup.nan], default=-1) + 1))
    out[:, places] = moments
    return out
