"""Ensembles of different models, each under a name: what voting and stacking share."""

from contextlib import contextmanager, nullcontext

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.bunch import Bunch
from .._core.callbacks import CallbackSupportMixin
from .._core.composition import Composition
from .._core.domains import instance_of, integer, none
from .._core.elapsed import timed
from .._core.errors import NotFittedError
from .._core.params import clone, fitted, param, required
from .._core.roles import Transformer
from .._core.routing import process_routing, refuse_params, route_directly, routing_enabled
from .._core.sparse import issparse
from .._core.tags import get_tags

N_JOBS = param(None, integer() | none, "Workers, over the models.")


def is_dropped(estimator):
    """True for "drop", the place of a model that is left out."""
    return isinstance(estimator, str) and estimator == "drop"


@contextmanager
def reported(context, caller, estimator, X, y):
    """Run the block as the task `context` of `caller`; its callbacks see the fit of `estimator`."""
    if context is None or not context.watched:
        yield
        return
    plain = not hasattr(estimator, "set_callbacks")
    with nullcontext() if plain else context.propagate_callback_context(estimator):
        context.call_on_fit_task_begin(estimator=caller, X=X, y=y)
        yield
        context.call_on_fit_task_end(estimator=caller, X=X, y=y)


def fit_model(estimator, X, y, params, caller, message=None, context=None):
    """Return `estimator` fitted as the task `context` of `caller`.

    Raises
    ------
    TypeError
        If it gets weights of rows which its ``fit`` does not take.
    """
    with timed("Voting", message), reported(context, caller, estimator, X, y):
        try:
            return estimator.fit(X, y, **params)
        except TypeError as error:
            if "unexpected keyword argument 'sample_weight'" not in str(error):
                raise
            raise TypeError(
                f"{type(caller).__name__}: sample_weight was given, but "
                f"{type(estimator).__name__} does not support sample weights; leave them out, or "
                "drop this model"
            ) from error


class NamedEnsemble(CallbackSupportMixin, Transformer, Composition):
    """Base of ensembles that hold a list of ``(name, model)``, of which some may be dropped."""

    _children_name = "estimators"

    estimators: list = param(
        required,
        instance_of(list),
        'Pairs of name and model; the model may be "drop". `set_params` replaces a model by name.',
        kw_only=False,
    )

    estimators_ = fitted("list of estimators", "The fitted models, without those dropped.")
    named_estimators_ = fitted("Bunch", "The fitted models by name; those dropped are as given.")
    feature_names_in_ = fitted("ndarray of str", "Names of columns, if the first model saw any.")

    @property
    def named_estimators(self):
        """The models by name, as attributes and items."""
        return Bunch(**dict(self.estimators))

    @property
    def n_features_in_(self):
        """The number of columns that the first model saw in fit."""
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise AttributeError(
                f"{type(self).__name__} has no n_features_in_ before fit"
            ) from error
        return self.estimators_[0].n_features_in_

    def __sklearn_is_fitted__(self):
        return "estimators_" in vars(self)

    # --------------------------------------------------------------------------- checks
    def _check_models(self, role=None):
        """Raise for names and models that cannot be.

        `role` is a pair: a function that says whether a model has the role, and its noun.
        """
        owner = type(self).__name__
        pairs = self.estimators
        named = all(
            isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], str)
            for pair in pairs
        )
        if not pairs or not named:
            raise ValueError(
                f"{owner}: estimators must be a list, not empty, of pairs (name, estimator), got "
                f"{pairs!r}"
            )
        self._check_names(name for name, _ in pairs)
        self._check_instances(pairs)
        held = [(name, each) for name, each in pairs if not is_dropped(each)]
        if not held:
            raise ValueError(f"{owner}: all models are dropped, at least one must not be")
        for name, each in held:
            if role is not None and not role[0](each):
                raise ValueError(f"{owner}: {name!r} should be a {role[1]}, got {each!r}")

    def _held(self):
        """Pairs of name and model, without those dropped."""
        return [(name, each) for name, each in self.estimators if not is_dropped(each)]

    # ------------------------------------------------------------------------------ fit
    def _route_fit(self, fit_params):
        """Return keyword arguments of the models' ``fit`` by name."""
        refuse_params(fit_params, self, "fit", allow=["sample_weight"])
        given = {name: value for name, value in fit_params.items() if value is not None}
        if routing_enabled():
            return process_routing(self, "fit", **given)
        return route_directly(**{name: {"fit": given} for name, _ in self.estimators})

    def _fit_calls(self, X, y, routed, context, messages=None):
        """Calls of `fit_model` for a clone of each model that is not dropped."""
        calls = []
        for number, (name, each) in enumerate(self._held()):
            task = context.subcontext(task_name=f"fit-{name}", task_id=number)
            message = messages[number] if messages else None
            calls.append(((clone(each), X, y, routed[name]["fit"], self, message, task), {}))
        return calls

    def _store(self, models):
        """Keep the fitted models, in the order given and by name."""
        self.estimators_ = list(models)
        remaining = iter(self.estimators_)
        self.named_estimators_ = Bunch(
            **{
                name: each if is_dropped(each) else next(remaining)
                for name, each in self.estimators
            }
        )
        vars(self).pop("feature_names_in_", None)
        if hasattr(self.estimators_[0], "feature_names_in_"):
            self.feature_names_in_ = self.estimators_[0].feature_names_in_

    # ------------------------------------------------------------------------ what it is
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        try:
            held = [get_tags(each).input_tags for _, each in self._held()]
        except (AttributeError, TypeError, ValueError):  # no list of models; fit says so
            return tags
        tags.input_tags.sparse = all(each.sparse for each in held)
        tags.input_tags.allow_nan = all(each.allow_nan for each in held)
        return tags


def side_by_side(columns, X=None):
    """Join arrays, and X behind them if it is given; sparse if X is, in X's format."""
    if X is None:
        return np.hstack(columns)
    if not issparse(X):
        return np.hstack([*columns, X])
    from scipy.sparse import hstack

    return hstack([*columns, X], format=X.format)
