"""The programming interface: construction, parameters, clones, tags, names of arguments.

Next to nothing here is fitted.
"""

import inspect
import pickle

import numpy as np

from .._core.params import clone
from .._core.tags import (
    ClassifierTags,
    InputTags,
    RegressorTags,
    TargetTags,
    TransformerTags,
    get_tags,
)
from ._claims import is_not_fitted_error, same_value
from ._subject import OUTPUTS, check, has, has_any, needs_fit, optional


class _Anything:
    """A value that no estimator knows."""


def _constructor_parameters(estimator):
    init = type(estimator).__init__
    if init is object.__init__:
        return []
    return [
        each
        for each in list(inspect.signature(init).parameters.values())[1:]
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


# ----------------------------------------------------------------------- construction
@check()
def check_constructor_names_its_parameters(subject):
    """The signature of the constructor has no ``*args``: every parameter has a name."""
    signature = inspect.signature(type(subject.estimator).__init__)
    starred = [p.name for p in signature.parameters.values() if p.kind == p.VAR_POSITIONAL]
    is_default = type(subject.estimator).__init__ is object.__init__
    assert is_default or not starred, (
        f"{subject.name}.__init__ takes *{starred[0]}: get_params cannot know what it holds"
    )


@check()
def check_constructor_stores(subject):
    """The constructor stores each argument as it is, under its own name."""
    made = type(subject.estimator)(**subject.params)
    for name, value in subject.params.items():
        assert made.get_params(deep=False)[name] is value, (
            f"{subject.name}: the constructor copies or changes parameter {name!r}; store it, and "
            "convert in fit"
        )


@check()
def check_constructor_stores_nothing_else(subject):
    """A new estimator has parameters, its own or those of its bases, as attributes; no more."""
    allowed = set(subject.params)
    for base in type(subject.estimator).__mro__:
        if "__init__" in vars(base) and base is not object:
            allowed |= set(inspect.signature(base.__init__).parameters)
    more = sorted(set(vars(type(subject.estimator)(**subject.params))) - allowed)
    assert not more, f"{subject.name}: the constructor sets {more}; set them in fit"


@check()
def check_constructor_validates_nothing(subject):
    """Any value is accepted until ``fit``, by the constructor and by ``set_params``."""
    strange = _Anything()
    for name in subject.params:
        try:
            type(subject.estimator)(**{**subject.params, name: strange})
            clone(subject.estimator).set_params(**{name: strange})
        except Exception as error:
            raise AssertionError(
                f"{subject.name} looks at parameter {name!r} before fit: "
                f"{type(error).__name__}: {error}"
            ) from error


@check()
def check_defaults_are_immutable(subject):
    """No default is a list, dict, set, array or estimator, which all instances would share."""
    for each in _constructor_parameters(subject.estimator):
        shared = isinstance(each.default, (list, dict, set, np.ndarray)) or (
            hasattr(each.default, "get_params") and not isinstance(each.default, type)
        )
        assert not shared, (
            f"{subject.name}: the default {each.default!r} of {each.name!r} is shared by all "
            "instances; make it None and build it in fit"
        )


# -------------------------------------------------------------------------- parameters
@check()
def check_get_params_follows_the_signature(subject):
    """``get_params`` has every parameter of the constructor."""
    wanted = {each.name for each in _constructor_parameters(subject.estimator)}
    missing = sorted(wanted - set(subject.params))
    assert not missing, f"{subject.name}.get_params lacks {missing}"


@check()
def check_get_params_deep_contains_shallow(subject):
    """``get_params(deep=True)`` has all that ``deep=False`` has, the very same values."""
    deep = subject.estimator.get_params(deep=True)
    for name, value in subject.params.items():
        assert name in deep and deep[name] is value, (
            f"{subject.name}: get_params(deep=True) and deep=False disagree about {name!r}"
        )


@check()
def check_get_params_reaches_inner_estimators(subject):
    """Parameters of an estimator held as a parameter are reached as ``name__parameter``."""
    deep = clone(subject.estimator).get_params(deep=True)
    for name, value in subject.params.items():
        if not hasattr(value, "get_params") or isinstance(value, type):
            continue
        missing = [key for key in value.get_params(deep=False) if f"{name}__{key}" not in deep]
        assert not missing, f"{subject.name}: {name}__{missing[0]} is missing from get_params"


@check()
def check_set_params_sets(subject):
    """``set_params`` gives each parameter the value, and returns the estimator itself."""
    copied = clone(subject.estimator)
    for name in subject.params:
        value = _Anything()
        returned = copied.set_params(**{name: value})
        assert returned is copied, f"{subject.name}.set_params does not return self"
        assert copied.get_params(deep=False)[name] is value, (
            f"{subject.name}.set_params({name}=...) has no effect on get_params"
        )
        copied.set_params(**{name: subject.params[name]})


@check()
def check_set_params_reaches_inner_estimators(subject):
    """``set_params(name__parameter=value)`` changes the estimator that is held."""
    copied = clone(subject.estimator)
    for name, value in copied.get_params(deep=False).items():
        if not hasattr(value, "get_params") or isinstance(value, type):
            continue
        for key in value.get_params(deep=False):
            mark = _Anything()
            copied.set_params(**{f"{name}__{key}": mark})
            inner = copied.get_params(deep=False)[name]
            assert inner.get_params(deep=False)[key] is mark, (
                f"{subject.name}.set_params({name}__{key}=...) does not reach {name}"
            )
            break


@check()
def check_set_params_refuses_unknown_names(subject):
    """``set_params`` of a name that is no parameter is a ValueError."""
    name = "no_such_parameter"
    copied = clone(subject.estimator)
    try:
        copied.set_params(**{name: 1})
    except ValueError as error:
        assert name in str(error), f"{subject.name}.set_params: the message does not name {name!r}"
    else:
        raise AssertionError(f"{subject.name}.set_params accepts the unknown name {name!r}")


@check()
def check_clone(subject):
    """A clone is another object of the same class with the same parameters."""
    copied = clone(subject.estimator)
    assert type(copied) is type(subject.estimator), f"{subject.name}: clone has another class"
    held = hasattr(subject.estimator, "__sklearn_clone__") and copied is subject.estimator
    assert held or copied is not subject.estimator, f"{subject.name}: clone returns the original"
    found = copied.get_params(deep=False)
    for name, value in subject.params.items():
        assert same_value(found[name], value), f"{subject.name}: clone changes {name!r}"


# ---------------------------------------------------------------------- representation
@check()
def check_repr(subject):
    """``repr`` names the class."""
    text = repr(subject.estimator)
    assert type(subject.estimator).__name__ in text, (
        f"repr of {subject.name} does not name its class: {text!r}"
    )


@check()
def check_hashable(subject):
    """An estimator can be a key of a dict, as callbacks that follow several fits need."""
    try:
        hash(subject.estimator)
    except TypeError as error:
        raise AssertionError(f"{subject.name} is not hashable: {error}") from error


@check()
def check_pickle_unfitted(subject):
    """A new estimator survives pickling with its parameters."""
    restored = pickle.loads(pickle.dumps(subject.estimator))
    found = restored.get_params(deep=False)
    for name, value in subject.params.items():
        # Functions and classes are pickled by reference, other objects without `==` by value.
        comparable = type(value).__eq__ is not object.__eq__ or value is None
        assert not comparable or same_value(found[name], value), (
            f"{subject.name}: pickling changes {name!r} from {value!r} to {found[name]!r}"
        )


# -------------------------------------------------------------------------------- tags
_FLAGS = (
    ("array_api_support", "no_validation", "non_deterministic", "requires_fit", "_skip_test"),
    ("required", "one_d_labels", "two_d_labels", "positive_only", "multi_output", "single_output"),
    ("one_d_array", "two_d_array", "three_d_array", "sparse", "categorical", "string", "dict",
     "positive_only", "allow_nan", "pairwise"),
)  # fmt: skip


@check()
def check_tag_types(subject):
    """Tags are the documented classes, and each flag in them is a bool."""
    tags = get_tags(subject.estimator)
    kinds = [
        ("target_tags", TargetTags, False),
        ("input_tags", InputTags, False),
        ("transformer_tags", TransformerTags, True),
        ("classifier_tags", ClassifierTags, True),
        ("regressor_tags", RegressorTags, True),
    ]
    for name, wanted, optionally in kinds:
        value = getattr(tags, name)
        assert (optionally and value is None) or isinstance(value, wanted), (
            f"{subject.name}: tags.{name} is {value!r}, not {wanted.__name__}"
        )
    for part, flags in zip((tags, tags.target_tags, tags.input_tags), _FLAGS, strict=True):
        for flag in flags:
            value = getattr(part, flag)
            assert isinstance(value, bool), f"{subject.name}: tag {flag} is {value!r}, not a bool"


@check()
def check_tags_agree_with_the_role(subject):
    """A classifier, a regressor and what transforms have tags of that role."""
    tags = subject.tags
    wanted = {
        "classifier_tags": tags.estimator_type == "classifier",
        "regressor_tags": tags.estimator_type == "regressor",
    }
    if hasattr(subject.estimator, "transform"):
        wanted["transformer_tags"] = True
    for name, due in wanted.items():
        assert not due or getattr(tags, name) is not None, (
            f"{subject.name}: tags.{name} is None; inherit the mixin of the role, before the base"
        )
    # What wraps an estimator takes its role from that one, and y as that one does.
    wraps = any("__" in name for name in subject.estimator.get_params(deep=True))
    supervised = tags.estimator_type in ("classifier", "regressor") and not wraps
    assert not supervised or tags.target_tags.required, (
        f"{subject.name}: a {tags.estimator_type} whose tags say that y is not required"
    )


@check()
def check_role_has_its_methods(subject):
    """Classifiers, regressors and outlier detectors predict; clusterers have ``fit_predict``."""
    methods = {
        "classifier": ("fit", "predict", "score"),
        "regressor": ("fit", "predict", "score"),
        "clusterer": ("fit", "fit_predict"),
        "outlier_detector": ("fit", "fit_predict"),
    }
    wanted = methods.get(subject.kind, ("fit",))
    missing = [name for name in wanted if not hasattr(subject.estimator, name)]
    assert not missing, f"{subject.name}: a {subject.kind or 'estimator'} without {missing}"


# --------------------------------------------------------------------------- signatures
@check()
def check_methods_take_y(subject):
    """``fit`` and its kin take y second, optional where it is not needed."""
    for name in ("fit", "partial_fit", "fit_predict", "fit_transform", "score"):
        method = getattr(subject.estimator, name, None)
        if method is None:
            continue
        found = list(inspect.signature(method).parameters.values())
        if any(each.kind == each.VAR_POSITIONAL for each in found):
            continue
        second = found[1].name if len(found) > 1 else None
        assert second in ("y", "Y"), (
            f"{subject.name}.{name} must take y as its second argument, and takes {second}: a "
            "pipeline passes it by position"
        )


@check(needs_fit, has_any(*OUTPUTS))
def check_unfitted(subject):
    """Methods of an estimator that was not fitted raise NotFittedError."""
    X = subject.problem().X
    for method in OUTPUTS:
        if not hasattr(subject.estimator, method):
            continue
        try:
            getattr(subject.fresh(), method)(X)
        except Exception as error:
            assert is_not_fitted_error(error), (
                f"{subject.name}.{method} before fit raises {type(error).__name__}, not "
                f"NotFittedError: {error}"
            )
        else:
            raise AssertionError(f"{subject.name}.{method} works before fit")


@check(needs_fit)
def check_unfitted_has_no_results(subject):
    """An estimator that was not fitted has no attribute whose name ends in an underscore."""
    held = [
        name
        for name in vars(subject.fresh())
        if name.endswith("_") and not name.startswith("_") and name not in subject.params
    ]
    assert not held, f"{subject.name} has {held} before fit"


@check(has("transform", "get_feature_names_out"), needs_fit)
def check_unfitted_has_no_output_names(subject):
    """``get_feature_names_out`` before ``fit`` raises NotFittedError."""
    try:
        subject.fresh().get_feature_names_out()
    except Exception as error:
        assert is_not_fitted_error(error), (
            f"{subject.name}.get_feature_names_out before fit raises {type(error).__name__}, not "
            f"NotFittedError: {error}"
        )
    else:
        raise AssertionError(f"{subject.name}.get_feature_names_out works before fit")


@check(has("transform", "get_feature_names_out", "set_output"))
def check_set_output_keeps_what_it_is_not_told(subject):
    """``set_output`` returns self, and with None leaves the choice as it is."""
    pandas = optional("pandas")
    problem = subject.problem()
    transformer = subject.fresh()
    assert transformer.set_output(transform="pandas") is transformer, (
        f"{subject.name}.set_output does not return self"
    )
    transformer.set_output(transform=None).fit(problem.X, problem.y)
    try:
        shown = transformer.transform(problem.X)
    except ValueError as error:
        # A frame cannot hold a sparse result; the refusal shows that the choice is remembered.
        assert "sparse" in str(error).lower(), f"{subject.name}: a frame is wanted, yet {error}"
        return
    shown = shown[0] if isinstance(shown, tuple) else shown
    assert isinstance(shown, pandas.DataFrame), (
        f"{subject.name}.set_output(transform=None) forgets the choice made before"
    )
