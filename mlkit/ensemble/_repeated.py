"""Ensembles of one model, fitted again and again to rows drawn or weighted otherwise."""

from abc import ABCMeta, abstractmethod

import numpy as np

from .._core.domains import has_methods, integer, none
from .._core.estimator import Estimator
from .._core.params import clone, fitted, param
from .._core.roles import Meta

MAX_SEED = np.iinfo(np.int32).max


def seed_randomness(estimator, rng):
    """Give every ``random_state`` of an estimator, nested ones too, a number of its own.

    In order of the parameters' names, so that the draws are scikit-learn's.
    """
    names = sorted(estimator.get_params(deep=True))
    random = [name for name in names if name == "random_state" or name.endswith("__random_state")]
    if random:
        estimator.set_params(**{name: rng.randint(MAX_SEED) for name in random})
    return estimator


def held_has(method):
    """Availability of a method: that of the model, fitted or to be."""

    def check(self):
        models = vars(self).get("estimators_")
        getattr(models[0] if models else self._model(), method)
        return True

    return check


class BaseEnsemble(Meta, Estimator, metaclass=ABCMeta):
    """Base of ensembles of one model: a sequence of the fitted ones, and how to make one more.

    Parameters
    ----------
    estimator : estimator, default=None
        The model that is repeated.
    n_estimators : int, default=10
        How many times.
    estimator_params : tuple of str, default=()
        Parameters of the ensemble that each model gets.
    """

    estimator_params = ()

    @abstractmethod
    def __init__(self, estimator=None, *, n_estimators=10, estimator_params=()):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.estimator_params = estimator_params

    def _default_model(self):
        """The model if `estimator` is None."""
        raise ValueError(f"{type(self).__name__}: estimator must not be None")

    def _model(self):
        return self._default_model() if self.estimator is None else self.estimator

    def _validate_estimator(self, default=None):
        """Store in ``estimator_`` the model that is repeated."""
        self.estimator_ = default if self.estimator is None and default else self._model()

    def _make_estimator(self, append=True, random_state=None):
        """Return a new model with seeds of its own; `append` puts it into ``estimators_``."""
        model = clone(self.estimator_)
        model.set_params(**{name: getattr(self, name) for name in self.estimator_params})
        if random_state is not None:
            seed_randomness(model, random_state)
        if append:
            self.estimators_.append(model)
        return model

    def __len__(self):
        """Number of fitted models."""
        return len(self.estimators_)

    def __getitem__(self, index):
        """A fitted model, by position."""
        return self.estimators_[index]

    def __iter__(self):
        """The fitted models one after another."""
        return iter(self.estimators_)


class Repeated(BaseEnsemble):
    """Base of ensembles that declare the model and its number as parameters."""

    estimator: object = param(
        None,
        has_methods("fit", "predict") | none,
        "The model that is repeated; None is a decision tree.",
        kw_only=False,
    )
    n_estimators: int = param(10, integer(1), "Number of models.")

    estimator_ = fitted("estimator", "The model that is repeated, not fitted.")
    estimators_ = fitted("list of estimators", "The fitted models.")
