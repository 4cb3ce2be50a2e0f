"""`Estimator`: the protocol that every estimator speaks, without a role."""

import warnings

import numpy as np

from . import arrays
from .available import Conditional
from .config import current
from .door import is_plain
from .errors import twin
from .params import Parameters, clone_parametrized
from .routing import Requests
from .tags import Traits, tags_of

_UNSEEN = object()


class Estimator(Requests, Parameters):
    """Base class of all estimators.

    A subclass declares its parameters with `param` (or writes an ``__init__`` that stores each
    argument under its name) and what it takes as `traits`; it gets ``get_params``, ``set_params``,
    cloning, pickling, tags, representation, metadata requests and the checks of its input.

    Examples
    --------
    >>> from mlkit.base import BaseEstimator
    >>> class Shift(BaseEstimator):
    ...     def __init__(self, *, by=1):
    ...         self.by = by
    >>> Shift(by=2)
    Shift(by=2)
    """

    traits = Traits()

    def __sklearn_tags__(self):
        return tags_of(self.traits)

    def __sklearn_clone__(self):
        return clone_parametrized(self)

    # ------------------------------------------------------------------ the door
    def _check_fit(self, X, y=_UNSEEN, *, reset=True, **overrides):
        """Check parameters, X and, if given, y; remember width and names of X's columns.

        Returns X, or X and y when y is given (even as None). `overrides` replace traits for
        this call: ``dtype="any"``.
        """
        self._check_params()
        if y is _UNSEEN:
            return arrays.check_input(self, X, reset=reset, **overrides)
        y_given = y is not None or self._needs_y()
        if y is None and y_given:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        X = arrays.check_input(self, X, reset=reset, **overrides)
        if y_given:
            y = self._check_y(y)
            arrays.check_consistent_length(X, y)
        return X, y

    def _check_X(self, X, **overrides):
        """Check X against what ``fit`` saw; a plain array of floats passes in a microsecond."""
        state = self.__dict__
        if not overrides and "feature_names_in_" not in state:
            traits = self.traits
            width = state.get("n_features_in_")
            if (
                width is not None
                and not traits.positive
                and is_plain(X, width, traits.missing)
                and (traits.dtype == "float" or X.dtype == np.float64)
                and (traits.order is None or X.flags[f"{traits.order}_CONTIGUOUS"])
                and len(X)
            ):
                return X
        return arrays.check_input(self, X, reset=False, **overrides)

    def _needs_y(self):
        return bool(self.traits.requires_y)

    def _check_y(self, y):
        """Check y; roles refine this."""
        return y

    # Code written against scikit-learn's base class checks parameters by this name.
    _validate_params = Parameters._check_params
    # A subclass written so adds to it; what is declared here is checked by its declaration.
    _parameter_constraints: dict = {}

    # --------------------------------------------------------------- representation
    def __repr__(self, N_CHAR_MAX=700):
        from .text import estimator_text

        return estimator_text(self, N_CHAR_MAX)

    @property
    def _repr_html_(self):
        if current()["display"] != "diagram":
            raise AttributeError("_repr_html_ is defined when the display setting is 'diagram'")
        return self._repr_html_inner

    def _repr_html_inner(self):
        from .html import estimator_html_repr

        return estimator_html_repr(self)

    def _repr_mimebundle_(self, **kwargs):
        bundle = {"text/plain": repr(self)}
        if current()["display"] == "diagram":
            bundle["text/html"] = self._repr_html_inner()
        return bundle

    # -------------------------------------------------------------------- pickling
    def __getstate__(self):
        if getattr(self, "__slots__", None):
            raise TypeError(
                f"{type(self).__name__} defines __slots__, which an estimator cannot: its state "
                "would be lost by pickling"
            )
        state = super().__getstate__()
        state = dict(self.__dict__ if state is None else state)
        if type(self).__module__.startswith("mlkit."):
            state["_mlkit_version"] = _version()
        return state

    def __setstate__(self, state):
        state = dict(state)
        stored = state.pop("_mlkit_version", None)
        if type(self).__module__.startswith("mlkit.") and stored != _version():
            warnings.warn(
                f"{type(self).__name__} was pickled by mlkit {stored or '(unknown)'}, this is "
                f"{_version()}: results may differ; fit again or pin the version",
                twin(UserWarning),
                stacklevel=2,
            )
        try:
            super().__setstate__(state)
        except AttributeError:
            self.__dict__.update(state)

    def __dir__(self):
        """Names of attributes, without the methods that this instance does not have."""
        absent = {
            name
            for cls in type(self).__mro__
            for name, value in vars(cls).items()
            if isinstance(value, Conditional) and not hasattr(self, name)
        }
        return sorted({*super().__dir__()} - absent)


def _version():
    from .. import __version__

    return __version__
