"""Estimators made of named estimators: their nested parameters and the rules for names."""

from collections import Counter

import numpy as np

from .estimator import Estimator
from .html import VisualBlock
from .params import parameter_names
from .roles import Meta


class Composition(Meta, Estimator):
    """Base of estimators that hold a list of ``(name, estimator)``.

    A subclass says in `_children_name` which parameter is the list; the names then are parameters
    too: ``set_params(scale="passthrough", model__alpha=2)``. `_arrangement` is how a diagram shows
    it: "serial" or "parallel".
    """

    _children_name = "steps"
    _arrangement = "parallel"

    @property
    def _children(self):
        """Pairs of name and estimator."""
        return getattr(self, self._children_name)

    @_children.setter
    def _children(self, pairs):
        setattr(self, self._children_name, pairs)

    def get_params(self, deep=True):
        """Return the parameters, with `deep` also the named estimators and their parameters.

        Parameters
        ----------
        deep : bool, default=True

        Returns
        -------
        dict
        """
        found = super().get_params(deep=deep)
        if not deep:
            return found
        try:
            pairs = [(name, each) for name, each in self._children]
        except (TypeError, ValueError):  # not a list of pairs; fit says so
            return found
        found.update(pairs)
        for name, each in pairs:
            if hasattr(each, "get_params") and not isinstance(each, type):
                nested = each.get_params(deep=True).items()
                found.update((f"{name}__{key}", value) for key, value in nested)
        return found

    def set_params(self, **params):
        """Set parameters, replace named estimators, set their parameters; in that order.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self
        """
        self.__dict__.pop("_known_fitted", None)
        if self._children_name in params:
            setattr(self, self._children_name, params.pop(self._children_name))
        pairs = self._children
        if isinstance(pairs, (list, tuple)) and pairs:
            names = {pair[0] for pair in pairs if isinstance(pair, tuple)}
            replaced = {name: params.pop(name) for name in list(params) if name in names}
            if replaced:
                self._children = [(name, replaced.get(name, each)) for name, each in pairs]
        return super().set_params(**params)

    def _sk_visual_block_(self):
        names, parts = zip(*self._children, strict=True)
        # scikit-learn's diagram iterates over the details, too.
        return VisualBlock(self._arrangement, parts, names, name_details=[None] * len(parts))

    def _check_names(self, names):
        """Raise ValueError for names that are not unique, clash with parameters or contain __."""
        names = list(names)
        owner = type(self).__name__
        if len(set(names)) != len(names):
            raise ValueError(f"{owner}: names must be unique, got {names!r}")
        clashes = set(names) & set(parameter_names(type(self)))
        if clashes:
            raise ValueError(f"{owner}: names clash with its own parameters: {sorted(clashes)!r}")
        marked = [name for name in names if "__" in name]
        if marked:
            raise ValueError(f"{owner}: names must not contain __, got {marked!r}")

    def _check_instances(self, pairs):
        """Raise TypeError for an estimator class where an instance is meant."""
        for name, each in pairs:
            if isinstance(each, type):
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is the class {each.__name__}; pass an "
                    f"instance, {each.__name__}()"
                )


def unique_names(estimators):
    """Name estimators after their classes in lower case, repeated ones with -1, -2, ..."""
    names = [each if isinstance(each, str) else type(each).__name__.lower() for each in estimators]
    counts = {name: names.count(name) for name in names}
    seen = dict.fromkeys(names, 0)
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(f"{name}-{seen[name]}" if counts[name] > 1 else name)
    return list(zip(unique, estimators, strict=True))


def prefixed_names(owner, blocks):
    """Join the column names of blocks, with the block's name before each if `owner` says so.

    Parameters
    ----------
    owner : estimator with ``verbose_feature_names_out``
        True, False, a format string with {transformer_name} and {feature_name}, or a function of
        both.
    blocks : list of (name, sequence of str)

    Returns
    -------
    ndarray of str objects

    Raises
    ------
    ValueError
        If the names are not unique.
    """
    style = owner.verbose_feature_names_out
    if style is True:
        style = "{transformer_name}__{feature_name}"
    if isinstance(style, str):
        named = [
            style.format(transformer_name=name, feature_name=column)
            for name, columns in blocks
            for column in columns
        ]
    elif callable(style):
        named = [style(name, column) for name, columns in blocks for column in columns]
    else:
        named = [column for _, columns in blocks for column in columns]
    _check_unique(owner, named)
    return np.asarray(named, dtype=object)


def _check_unique(owner, names):
    counts = Counter(names)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        shown = repr(sorted(repeated)[:5])
        shown = shown if len(repeated) <= 5 else shown[:-1] + ", ...]"
        raise ValueError(
            f"{type(owner).__name__}: Output feature names: {shown} are not unique. Set "
            "verbose_feature_names_out=True to add the transformers' names before them"
        )
