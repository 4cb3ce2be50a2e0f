"""Transformers side by side."""

import numpy as np

from .._core.arrays import check_is_fitted, num_samples
from .._core.blocks import (
    Block,
    SideBySide,
    fit_block,
    fit_transform_block,
    fit_transform_mapping,
    is_dropped,
    is_passthrough,
    transform_block,
)
from .._core.bunch import Bunch
from .._core.composition import unique_names
from .._core.domains import boolean, mapping, none, sequence
from .._core.errors import NotFittedError
from .._core.params import param, required
from .._core.routing import MetadataRouter
from .._core.shared import n_jobs
from .._core.sparse import issparse
from ..preprocessing import FunctionTransformer


class FeatureUnion(SideBySide):
    """Transformers side by side: each sees X, and what they make of it is put in one table.

    The transformers' parameters are set as ``name__parameter``; one is left out by "drop", and
    "passthrough" is X itself.

    Examples
    --------
    >>> from mlkit.pipeline import FeatureUnion
    >>> from mlkit.preprocessing import MinMaxScaler
    >>> union = FeatureUnion([("raw", "passthrough"), ("scaled", MinMaxScaler())])
    >>> union.fit_transform([[0.0], [4.0]])
    array([[0., 0.],
           [4., 1.]])
    """

    _children_name = "transformer_list"

    transformer_list: list = param(
        required, sequence, "Pairs of name and transformer.", kw_only=False
    )
    n_jobs: int = n_jobs
    transformer_weights: dict = param(
        None, mapping | none, "Factor of each transformer's output, by name."
    )
    verbose: bool = param(False, boolean, "Whether to print the time that each took to fit.")
    verbose_feature_names_out: bool = param(
        True, boolean, "Whether names of columns out begin with the transformer's name."
    )

    # -------------------------------------------------------------- the transformers
    @property
    def named_transformers(self):
        """The transformers by name, as attributes and items."""
        return Bunch(**dict(self.transformer_list))

    def __getitem__(self, name):
        """The transformer called `name`."""
        if not isinstance(name, str):
            raise KeyError(f"FeatureUnion: only names are keys, got {name!r}")
        return self.named_transformers[name]

    def _check_list(self):
        self._check_params()
        self._check_transformers(self.transformer_list)
        names = [name for name, _ in self.transformer_list]
        unknown = set(self.transformer_weights or ()) - set(names)
        if unknown:
            raise ValueError(
                f"FeatureUnion: transformer_weights names {sorted(unknown)}, which are not in "
                f"transformer_list: {names}"
            )

    def _blocks(self, X=None):
        """The blocks of the transformers that are not dropped."""
        weights = self.transformer_weights or {}
        return [
            Block(name, _identity() if is_passthrough(each) else each, X, weights.get(name))
            for name, each in self.transformer_list
            if not is_dropped(each)
        ]

    # --------------------------------------------------------------------- metadata
    def get_metadata_routing(self):
        """Return which transformer gets which metadata.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        for name, each in self.transformer_list:
            if not isinstance(each, str):
                mapping = fit_transform_mapping(each, "fit_transform")
                mapping.add(caller="fit", callee="fit").add(caller="transform", callee="transform")
                router.add(**{name: each}, method_mapping=mapping)
        return router

    # -------------------------------------------------------------------------- fit
    def _fit_all(self, function, X, y, method, params):
        """Fit all transformers; return what `function` made of X for each."""
        self._check_list()
        blocks = self._blocks(X)
        total = len(self.transformer_list)
        messages = [
            f"(step {number} of {total}) Processing {name}"
            for number, (name, each) in enumerate(self.transformer_list, start=1)
            if not is_dropped(each)
        ]
        results = self._run(function, blocks, y, self._route(method, params, True), messages)
        fitted = iter(transformer for _, transformer in results)
        self.transformer_list = [
            (name, each if is_dropped(each) else next(fitted))
            for name, each in self.transformer_list
        ]
        return [data for data, _ in results]

    def fit(self, X, y=None, **fit_params):
        """Fit all transformers to X.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **fit_params : dict
            For each transformer's ``fit``; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._fit_all(fit_block, X, y, "fit", fit_params)
        return self

    def fit_transform(self, X, y=None, **params):
        """Fit all transformers and return what they make of X, side by side.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **params : dict
            For each transformer's ``fit``; with metadata routing, metadata.

        Returns
        -------
        ndarray, sparse matrix or data frame of shape (n_samples, sum of columns)
        """
        return self._joined(X, self._fit_all(fit_transform_block, X, y, "fit_transform", params))

    def transform(self, X, **params):
        """Return what the transformers make of X, side by side.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        ndarray, sparse matrix or data frame of shape (n_samples, sum of columns)
        """
        routed = self._route("transform", params)
        return self._joined(X, self._run(transform_block, self._blocks(X), None, routed))

    def _joined(self, X, parts):
        if not parts:
            return np.zeros((num_samples(X), 0))
        parts = [np.asarray(part) if isinstance(part, list) else part for part in parts]
        names = [block.name for block in self._blocks()]
        self._check_outputs(parts, names)
        return self._stack(parts, names, sparse=any(map(issparse, parts)))

    # ------------------------------------------------------------------ what it is
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None

        Returns
        -------
        ndarray of str objects
        """
        return self._names_out(
            (block.name, block.transformer, input_features) for block in self._blocks()
        )

    @property
    def n_features_in_(self):
        """The number of columns that the first transformer saw in fit."""
        return self._first().n_features_in_

    @property
    def feature_names_in_(self):
        """The names of the columns that the first transformer saw in fit."""
        return self._first().feature_names_in_

    def _first(self):
        """The first transformer; without any, the name "drop", which has no attributes."""
        return next((block.transformer for block in self._blocks()), "drop")

    def set_output(self, *, transform=None):
        """Choose what `transform` returns: "default", "pandas" or "polars"; None changes nothing.

        Returns
        -------
        self
        """
        super().set_output(transform=transform)
        self._output_of((each for _, each in self.transformer_list), transform)
        return self

    def __sklearn_is_fitted__(self):
        for block in self._blocks():
            try:
                check_is_fitted(block.transformer)
            except NotFittedError:
                return False
        return True

    def __sklearn_tags__(self):
        return self._tags_of(block.transformer for block in self._blocks())


def _identity():
    return FunctionTransformer(accept_sparse=True, feature_names_out="one-to-one")


def make_union(*transformers, n_jobs=None, verbose=False, verbose_feature_names_out=True):
    """Return a `FeatureUnion` whose transformers are named after their classes.

    Parameters
    ----------
    *transformers : transformers
    n_jobs, verbose, verbose_feature_names_out
        As in `FeatureUnion`.

    Returns
    -------
    FeatureUnion

    Examples
    --------
    >>> from mlkit.pipeline import make_union
    >>> from mlkit.preprocessing import MinMaxScaler, StandardScaler
    >>> [name for name, _ in make_union(MinMaxScaler(), StandardScaler()).transformer_list]
    ['minmaxscaler', 'standardscaler']
    """
    return FeatureUnion(
        unique_names(transformers),
        n_jobs=n_jobs,
        verbose=verbose,
        verbose_feature_names_out=verbose_feature_names_out,
    )
