"""Transformers for chosen columns of a table."""

from itertools import chain

import numpy as np

from .._core.arrays import check_array, check_is_fitted, num_samples
from .._core.blocks import (
    Block,
    SideBySide,
    density,
    fit_transform_block,
    fit_transform_mapping,
    is_dropped,
    is_passthrough,
    output_container,
    transform_block,
)
from .._core.bunch import Bunch
from .._core.composition import unique_names
from .._core.domains import (
    between,
    boolean,
    callable_,
    has_methods,
    mapping,
    none,
    one_of,
    sequence,
    string,
)
from .._core.frames import column_index, key_type, take_columns
from .._core.html import VisualBlock
from .._core.input import check_feature_names, check_input_names, check_n_features
from .._core.params import clone, fitted, param, required
from .._core.routing import MetadataRouter
from .._core.shared import n_jobs
from .._core.sparse import issparse
from .._core.tables import (
    column_names,
    is_arrow_array,
    is_dataframe,
    is_pandas,
    to_native,
    uniform_values,
)
from ..preprocessing import FunctionTransformer

# How transformers of either library begin when a column comes in 1-D.
_OF_ONE_DIMENSION = ("Expected 2D array, got 1D array", "Expected a 2-dimensional container")
_NEEDS_A_LIST = (
    "1D data passed to a transformer that expects 2D data: give its columns as a list of one "
    "item instead of a scalar"
)


class ColumnTransformer(SideBySide):
    """Transformers for chosen columns, their outputs side by side in the order of the list.

    The transformers' parameters are set as ``name__parameter``. Columns that no transformer names
    are the `remainder`'s. What was fitted on a data frame finds its columns by name: others may
    be added, and the order may change.

    Examples
    --------
    >>> from mlkit.compose import ColumnTransformer
    >>> from mlkit.preprocessing import MinMaxScaler, OneHotEncoder
    >>> table = ColumnTransformer(
    ...     [("size", MinMaxScaler(), [0]), ("kind", OneHotEncoder(), [1])], remainder="drop"
    ... )
    >>> table.fit_transform([[2.0, 7, 0], [4.0, 8, 0]])
    array([[0., 1., 0.],
           [1., 0., 1.]])
    """

    _children_name = "transformers"

    transformers: list = param(
        required,
        sequence,
        "Triples of name, transformer and columns. A transformer may be 'drop' or 'passthrough'. "
        "Columns are a position, a name, a list or slice of these, a boolean mask, or a function "
        "of X that returns any of these; a single position or name hands on one column in 1-D.",
        kw_only=False,
    )
    remainder: object = param(
        "drop",
        one_of("drop", "passthrough")
        | has_methods("fit", "transform")
        | has_methods("fit_transform", "transform"),
        "What happens to all other columns.",
    )
    sparse_threshold: float = param(
        0.3,
        between(0, 1),
        "Density below which the result is sparse, if any transformer's is; 0: always dense.",
    )
    n_jobs: int = n_jobs
    transformer_weights: dict = param(
        None, mapping | none, "Factor of each transformer's output, by name."
    )
    verbose: bool = param(False, boolean, "Whether to print the time that each took to fit.")
    verbose_feature_names_out: object = param(
        True,
        boolean | string | callable_,
        "Whether names of columns out begin with the transformer's name; or a format with "
        "{transformer_name} and {feature_name}, or a function of both, that gives the names.",
    )

    transformers_ = fitted(
        "list",
        "Triples of name, fitted transformer and columns; last the remainder, if there is one.",
    )
    sparse_output_ = fitted("bool", "Whether `transform` returns a sparse matrix.")
    output_indices_ = fitted("dict", "Slice of the columns out, by name of the transformer.")
    n_features_in_ = fitted("int", "Number of columns in.")
    feature_names_in_ = fitted("(n_features_in_,)", "Names of columns in, if all are strings.")

    # -------------------------------------------------------------- the transformers
    @property
    def _children(self):
        try:
            return [(name, each) for name, each, _ in self.transformers]
        except (TypeError, ValueError):  # no list of triples; fit says so
            return self.transformers

    @_children.setter
    def _children(self, pairs):
        self.transformers = [
            (name, each, columns)
            for (name, each), (_, _, columns) in zip(pairs, self.transformers, strict=True)
        ]

    @property
    def named_transformers_(self):
        """The fitted transformers by name, as attributes and items."""
        return Bunch(**{name: each for name, each, _ in self.transformers_})

    def __getitem__(self, name):
        """The fitted transformer called `name`."""
        if "transformers_" not in self.__dict__:
            raise TypeError(
                "ColumnTransformer: its transformers are items only after fit; call fit first"
            )
        try:
            return self.named_transformers_[name]
        except KeyError as error:
            names = [name for name, _, _ in self.transformers_]
            raise KeyError(f"{name!r} is no transformer of {names}") from error

    # --------------------------------------------------------------------- the columns
    def _resolve(self, X):
        """Find the columns of each transformer in X, once for all calls that follow.

        Returns triples of name, transformer and columns, the remainder among them.
        """
        triples, self._positions, self._keys = [], {}, {}
        for name, each, columns in self.transformers:
            columns = columns(X) if callable(columns) else columns
            triples.append((name, each, columns))
            try:
                self._place(name, columns, column_index(X, columns))
            except ValueError as error:
                raise ValueError(
                    f"ColumnTransformer: transformer {name!r} asks for the columns {columns!r} of "
                    f"X with {self.n_features_in_} feature(s): {error}"
                ) from error
        taken = {*chain.from_iterable(self._positions.values())}
        rest = [j for j in range(self.n_features_in_) if j not in taken]
        self._positions["remainder"] = rest
        if rest:
            columns = self._rest_columns(rest)
            triples.append(("remainder", self.remainder, columns))
            self._place("remainder", columns, rest)
        self._uses_names = any(
            key_type(columns) == "str"
            for name, each, columns in triples
            if self._positions[name] and not is_dropped(each)
        )
        return triples

    def _place(self, name, columns, positions):
        """Store where a transformer's columns are, and what takes them: an int for 1-D."""
        self._positions[name] = positions
        scalar = isinstance(columns, (str, int, np.integer)) and not isinstance(columns, bool)
        self._keys[name] = positions[0] if scalar else _compact(positions)

    def _rest_columns(self, rest):
        """The columns of the remainder, specified as all those of the transformers are."""
        specified = [columns for _, _, columns in self.transformers]
        kinds = {"int" if callable(each) else key_type(each) for each in specified}
        if kinds == {"str"}:
            return self.feature_names_in_[rest].tolist()
        if kinds == {"bool"}:
            return [j in rest for j in range(self.n_features_in_)]
        return rest

    def _blocks(self, X, triples, places=None):
        """The blocks that have columns and are not dropped, "passthrough" as a transformer.

        `places` is where in X the columns seen in fit are, if not at their place.
        """
        weights = self.transformer_weights or {}
        blocks = []
        for name, each, _ in triples:
            if is_dropped(each) or not self._positions[name]:
                continue
            key = self._keys[name]
            if places is not None:
                moved = places[self._positions[name]].tolist()
                key = moved[0] if isinstance(key, int) else _compact(moved)
            blocks.append(Block(name, each, _take(X, key), weights.get(name)))
        return blocks

    # --------------------------------------------------------------------- metadata
    def get_metadata_routing(self):
        """Return which transformer gets which metadata.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        for name, each in [*self._children, ("remainder", self.remainder)]:
            if not isinstance(each, str):
                mapping = fit_transform_mapping(each, "fit", "fit_transform")
                mapping.add(caller="transform", callee="transform")
                router.add(**{name: each}, method_mapping=mapping)
        return router

    # ------------------------------------------------------------------------ fitting
    def fit(self, X, y=None, **params):
        """Fit all transformers to their columns.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        self
        """
        # What comes out says whether it is sparse and how wide each part is.
        self._fit_transform("fit", X, y, params)
        return self

    def fit_transform(self, X, y=None, **params):
        """Fit all transformers and return what they make of their columns, side by side.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        ndarray, sparse matrix or data frame of shape (n_samples, sum of columns)
        """
        parts, names = self._fit_transform("fit_transform", X, y, params)
        return self._joined(X, parts, names)

    def _fit_transform(self, method, X, y, params):
        """Fit; return the parts that come out and the names of their transformers."""
        self._check_params()
        self._check_transformers(self._children)
        check_feature_names(self, X, reset=True)
        X = _as_table(X)
        check_n_features(self, X, reset=True)
        routed = self._route(method, params)
        triples = self._resolve(X)
        blocks = [
            block._replace(transformer=self._fresh(block.transformer))
            for block in self._blocks(X, triples)
        ]
        total = len(blocks)
        messages = [f"({k} of {total}) Processing {b.name}" for k, b in enumerate(blocks, start=1)]
        try:
            results = self._run(fit_transform_block, blocks, y, routed, messages)
        except ValueError as error:
            if any(each in str(error) for each in _OF_ONE_DIMENSION):
                raise ValueError(_NEEDS_A_LIST) from error
            raise
        parts, names = [data for data, _ in results], [block.name for block in blocks]
        fitted_by_name = dict(zip(names, (each for _, each in results), strict=True))
        self.transformers_ = [
            (name, fitted_by_name.get(name, self._fresh(each, cloned=False)), columns)
            for name, each, columns in triples
        ]
        self._record(parts, names)
        return parts, names

    def _fresh(self, transformer, cloned=True):
        """Return what is fitted in place of `transformer`."""
        if is_passthrough(transformer):
            identity = FunctionTransformer(
                accept_sparse=True, check_inverse=False, feature_names_out="one-to-one"
            )
            return identity.set_output(transform=output_container(self))
        return clone(transformer) if cloned else transformer

    def _record(self, parts, names):
        """Check what came out; store which columns are whose, and whether to keep it sparse."""
        self._check_outputs(parts, names)
        self.sparse_output_ = any(map(issparse, parts)) and density(parts) < self.sparse_threshold
        ends = np.cumsum([0, *(part.shape[1] for part in parts)]).tolist()
        self.output_indices_ = {name: slice(0, 0) for name, _ in self._children}
        self.output_indices_["remainder"] = slice(0, 0)
        for name, start, stop in zip(names, ends[:-1], ends[1:], strict=True):
            self.output_indices_[name] = slice(start, stop)

    # ------------------------------------------------------------------------ after fit
    def transform(self, X, **params):
        """Return what the transformers make of their columns, side by side.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
            A data frame may have more columns than in fit, in any order, if fit saw one, too.
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        ndarray, sparse matrix or data frame of shape (n_samples, sum of columns)
        """
        if "transformers_" not in self.__dict__:
            check_is_fitted(self)
        routed = self._route("transform", params)
        X = _as_table(X)
        blocks = self._blocks(X, self.transformers_, self._places(X))
        parts = self._run(transform_block, blocks, None, routed)
        names = [block.name for block in blocks]
        self._check_outputs(parts, names)
        return self._joined(X, parts, names)

    def _places(self, X):
        """Where in X the columns seen in fit are; None if each is at its place."""
        known = self.__dict__.get("feature_names_in_")
        names = None if known is None else column_names(X)
        if names is None:
            check_n_features(self, X, reset=False)
            if self._uses_names and not is_dataframe(X):
                raise ValueError(
                    "columns are named by strings only where X is a data frame: fit "
                    f"saw one, X is {type(X).__name__}"
                )
            return None
        known = known.tolist()
        if names == known:
            return None
        place = {name: j for j, name in enumerate(names)}
        places = np.array([place.get(name, -1) for name in known])
        used = [
            self._positions[name] for name, each, _ in self.transformers_ if not is_dropped(each)
        ]
        missing = {known[j] for j in chain.from_iterable(used) if places[j] < 0}
        if missing:
            raise ValueError(f"columns are missing: {missing}")
        return places

    def _joined(self, X, parts, names):
        if not parts:
            return np.zeros((num_samples(X), 0))
        if output_container(self) == "default":
            _refuse_pandas_na(parts, names)
        return self._stack(parts, names, self.sparse_output_)

    # ------------------------------------------------------------------ what it is
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

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
        return self._names_out(
            (name, each, names[self._positions[name]])
            for name, each, _ in self.transformers_
            if self._positions[name] and not is_dropped(each)
        )

    def set_output(self, *, transform=None):
        """Choose what `transform` returns: "default", "pandas" or "polars"; None changes nothing.

        Returns
        -------
        self
        """
        super().set_output(transform=transform)
        triples = chain(self.transformers, self.__dict__.get("transformers_", ()))
        held = chain((each for _, each, _ in triples), (self.remainder,))
        self._output_of((each for each in held if not isinstance(each, str)), transform)
        return self

    def _sk_visual_block_(self):
        triples = list(self.transformers)
        if not is_dropped(self.remainder):
            triples.append(("remainder", self.remainder, self._shown_rest()))
        names, transformers, columns = zip(*triples, strict=True)
        return VisualBlock("parallel", transformers, names=names, name_details=columns)

    def _shown_rest(self):
        """The remainder's columns, by name where they have one; none are known before fit."""
        if "transformers_" not in self.__dict__:
            return []
        rest = self._positions["remainder"]
        return self.feature_names_in_[rest].tolist() if hasattr(self, "feature_names_in_") else rest

    def __sklearn_tags__(self):
        return self._tags_of([*(each for _, each in self._children), self.remainder])


def _compact(positions):
    """A slice for positions in a row, which takes a view of an array; else an array."""
    count = len(positions)
    if count and positions == list(range(positions[0], positions[0] + count)):
        return slice(positions[0], positions[0] + count)
    return np.array(positions, dtype=np.intp)


def _take(X, key):
    if type(X) is np.ndarray:
        return X[:, key]
    if is_pandas(X) and not isinstance(key, int):  # take needs a third of the time of iloc
        key = np.arange(key.start, key.stop) if isinstance(key, slice) else key
        return X.take(key, axis=1)
    part = take_columns(X, key)
    # Items of an Arrow column are no Python objects, which is what is asked of a column in 1-D.
    return part.to_numpy() if is_arrow_array(part) else part


def _as_table(X):
    """Return X with columns to choose: lists as an array, foreign frames as native ones."""
    if type(X) is np.ndarray or issparse(X):
        if X.ndim != 2:
            raise ValueError(
                f"Expected 2D array, got {X.ndim}D array instead. Reshape your data with "
                "X.reshape(-1, 1) if it is one column or X.reshape(1, -1) if it is one row."
            )
        return X
    if is_dataframe(X):
        return to_native(X)
    if not hasattr(X, "__array__"):
        X = _array_of_rows(X)
    return check_array(X, ensure_all_finite="allow-nan", dtype=None)


def _array_of_rows(rows):
    """An array of numbers if all are; else of objects, so that each column keeps its type."""
    array = np.array(rows, dtype=object)
    kinds = {type(value) for value in array.flat}
    return np.array(rows) if kinds <= {int, float} else array


def _refuse_pandas_na(parts, names):
    """Raise ValueError if a data frame that is about to become an array holds pandas.NA."""
    for part, name in zip(parts, names, strict=True):
        if not is_pandas(part) or uniform_values(part) is not None:
            continue
        for j, dtype in enumerate(part.dtypes.tolist()):
            masked = type(getattr(dtype, "na_value", None)).__name__ == "NAType"
            if masked and part.iloc[:, j].isna().any():
                raise ValueError(
                    f"ColumnTransformer: the output of transformer {name!r} for column "
                    f"{part.columns[j]!r} of dtype {dtype} holds pandas.NA, which an array cannot: "
                    "use set_output(transform='pandas'), or impute or astype(float) before"
                )


def make_column_transformer(
    *transformers,
    remainder="drop",
    sparse_threshold=0.3,
    n_jobs=None,
    verbose=False,
    verbose_feature_names_out=True,
):
    """Return a `ColumnTransformer` whose transformers are named after their classes.

    Parameters
    ----------
    *transformers : tuples of transformer and columns
    remainder, sparse_threshold, n_jobs, verbose, verbose_feature_names_out
        As in `ColumnTransformer`.

    Returns
    -------
    ColumnTransformer

    Examples
    --------
    >>> from mlkit.compose import make_column_transformer
    >>> from mlkit.preprocessing import OneHotEncoder, StandardScaler
    >>> table = make_column_transformer(
    ...     (StandardScaler(), ["age"]), (OneHotEncoder(), ["city"])
    ... )
    >>> [name for name, _, _ in table.transformers]
    ['standardscaler', 'onehotencoder']
    """
    named = unique_names([transformer for transformer, _ in transformers])
    return ColumnTransformer(
        [(*pair, columns) for pair, (_, columns) in zip(named, transformers, strict=True)],
        remainder=remainder,
        sparse_threshold=sparse_threshold,
        n_jobs=n_jobs,
        verbose=verbose,
        verbose_feature_names_out=verbose_feature_names_out,
    )
