"""Broken estimators: construction, parameters, tags, signatures."""

import copy

import numpy as np

from mlkit._core.arrays import check_is_fitted
from mlkit._core.tags import Traits

from .broken import breaks
from .toys import Far, Fill, Nearest, One, Spread, Turned


@breaks("constructor_names_its_parameters")
class Starred(Spread):
    """What it is given has no name to be read or set by."""

    def __init__(self, *names):
        pass

    def get_params(self, deep=True):
        return {}

    def set_params(self, **params):
        if params:
            raise ValueError(f"no parameters: {sorted(params)}")
        return self

    def __sklearn_clone__(self):
        return type(self)()


@breaks("constructor_stores", make=lambda: Copying(["a"]))
class Copying(Nearest):
    def __init__(self, names=None):
        self.names = copy.copy(names)

    def __sklearn_clone__(self):
        return type(self)(self.names)


@breaks("constructor_stores_nothing_else")
class Extra(Spread):
    def __init__(self):
        self._extra = 1


@breaks("constructor_validates_nothing", "set_params_sets")
class Looking(Spread):
    def __init__(self, size=1):
        self.size = size

    def __setattr__(self, name, value):
        if name == "size" and not isinstance(value, int):
            raise ValueError("size")
        super().__setattr__(name, value)


@breaks("defaults_are_immutable")
class Shared(Spread):
    def __init__(self, names=[]):  # noqa: B006
        self.names = names


@breaks("get_params_follows_the_signature")
class Forgetful(Spread):
    def __init__(self, size=1):
        self.size = size

    def get_params(self, deep=True):
        return {}

    def __setattr__(self, name, value):
        if name != "size":
            super().__setattr__(name, value)


@breaks("get_params_deep_contains_shallow")
class TwoFaced(Spread):
    def __init__(self, size=1):
        self.size = size

    def get_params(self, deep=True):
        return {"size": self.size} if not deep else {"size": [self.size], "other": 2}

    def set_params(self, **params):
        if set(params) - {"size"}:
            raise ValueError(f"unknown: {params}")
        self.size = params.get("size", self.size)
        return self


@breaks("get_params_reaches_inner_estimators", make=lambda: Shallow(One()))
class Shallow(Turned):
    def get_params(self, deep=True):
        return super().get_params(deep=False)

    def set_params(self, **params):
        own = {name: value for name, value in params.items() if "__" not in name}
        for name, value in params.items():
            if "__" in name:
                setattr(self.inner, name.rpartition("__")[2], value)
        return super().set_params(**own)


@breaks("set_params_sets")
class Stubborn(Spread):
    def __init__(self, size=1):
        self.size = size

    def set_params(self, **params):
        super().set_params(**params)
        return None if "size" in params else self


@breaks("set_params_reaches_inner_estimators", make=lambda: Sealed(One()))
class Sealed(Turned):
    def set_params(self, **params):
        return super().set_params(**{k: v for k, v in params.items() if "inner__" not in k})


@breaks("set_params_refuses_unknown_names")
class Tolerant(Spread):
    def set_params(self, **params):
        return self


@breaks("clone")
class Changing(Spread):
    def __init__(self, size=1):
        self.size = size

    def __sklearn_clone__(self):
        return type(self)(self.size + 1)


@breaks("repr")
class Nameless(Spread):
    def __repr__(self, N_CHAR_MAX=700):
        return "estimator"


@breaks("hashable")
class Equal(Spread):
    def __eq__(self, other):
        return self is other

    __hash__ = None


@breaks("pickle_unfitted")
class Lossy(Spread):
    def __init__(self, size=1):
        self.size = size

    def __getstate__(self):
        return {**super().__getstate__(), "size": 7}


@breaks("tag_types")
class Untyped(Spread):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = 0
        return tags


@breaks("tags_agree_with_the_role")
class Roleless(One):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags


@breaks("tags_agree_with_the_role")
class Untagged(Spread):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags = None
        return tags

    # Without the tag nothing says which dtypes are kept.
    traits = Traits(dtype="any", validates=False)


@breaks("role_has_its_methods")
class Scoreless(Nearest):
    @property
    def score(self):
        raise AttributeError("score")


@breaks("methods_take_y")
class NoY(Spread):
    def fit(self, X, target=None):
        return super().fit(X)


@breaks("unfitted")
class Eager(Far):
    def decision_function(self, X):
        if not hasattr(self, "offset_"):
            return np.zeros(len(X))
        return super().decision_function(X)


@breaks("unfitted_has_no_results", "constructor_stores_nothing_else")
class Early(Spread):
    def __init__(self):
        self.early_ = 1

    def transform(self, X):
        check_is_fitted(self, "mean_")
        return super().transform(X)


@breaks("unfitted_has_no_output_names")
class Named(Fill):
    def get_feature_names_out(self, input_features=None):
        if not hasattr(self, "n_features_in_"):
            return np.array([], dtype=object)
        return super().get_feature_names_out(input_features)


@breaks("set_output_keeps_what_it_is_not_told")
class Resetting(Spread):
    def set_output(self, *, transform=None):
        return super().set_output(transform=transform or "default")
