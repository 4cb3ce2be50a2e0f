"""A parameter is declared once: name, default, domain and doc in one line.

Signature, ``__init__``, ``get_params``, the check at ``fit`` and the documentation come from
the declaration. A class may also write its own ``__init__``; its signature then is the truth.
"""

import copy
import functools
import inspect
from collections import defaultdict
from dataclasses import dataclass

from . import docs
from .config import current
from .domains import Domain
from .errors import InvalidParameterError


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self):
        return "<required>"


required = _Required()


@dataclass(frozen=True, slots=True)
class Param:
    """A declared parameter; see `param`."""

    default: object
    domain: Domain
    doc: str
    kw_only: bool = True


@dataclass(frozen=True, slots=True)
class Fitted:
    """A declared fitted attribute; see `fitted`."""

    shape: str
    doc: str


def param(default, domain, doc, *, kw_only=True):
    """Declare a parameter in a class body: ``alpha: float = param(1.0, at_least(0), "Penalty.")``.

    Parameters
    ----------
    default : object
        `required` if the caller must give it.
    domain : Domain
        The values that ``fit`` accepts.
    doc : str
        One or two sentences.
    kw_only : bool
        Whether the constructor takes it by keyword only.
    """
    return Param(default, domain, doc, kw_only)


def fitted(shape, doc):
    """Declare an attribute that ``fit`` sets: ``coef_ = fitted("(n_features,)", "Weights.")``."""
    return Fitted(shape, doc)


def _make_init(cls, declared):
    """Compile ``__init__`` that stores each parameter under its name."""
    ordered = sorted(declared.items(), key=lambda item: item[1].kw_only)
    scope = {f"_{name}": each.default for name, each in ordered}
    signature, starred = ["self"], False
    for name, each in ordered:
        if each.kw_only and not starred:
            signature.append("*")
            starred = True
        signature.append(name if each.default is required else f"{name}=_{name}")
    body = "\n".join(f"    self.{name} = {name}" for name, _ in ordered) or "    pass"
    exec(f"def __init__({', '.join(signature)}):\n{body}", scope)
    init = scope["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.generated = True
    return init


def _collect(cls, kind, store):
    """Move declarations of `kind` from the class body to ``cls.<store>``, parents' first."""
    own = {name: value for name, value in vars(cls).items() if isinstance(value, kind)}
    for name in own:
        delattr(cls, name)
    inherited = {}
    for base in reversed(cls.__mro__[1:]):
        inherited.update(vars(base).get(store, {}))
    merged = {**inherited, **own}
    setattr(cls, store, merged)
    return own, merged


def parameter_names(cls):
    """Sorted names of the constructor's parameters."""
    found = vars(cls).get("_parameter_names")
    if found is None:
        found = cls._parameter_names = _read_names(cls)
    return found


def _read_names(cls):
    init = cls.__init__
    if getattr(init, "generated", False):
        return sorted(cls._params)
    if init is object.__init__:
        return []
    parameters = list(inspect.signature(init).parameters.values())[1:]
    for each in parameters:
        if each.kind == each.VAR_POSITIONAL:
            raise RuntimeError(
                f"{cls.__name__}.__init__ takes *{each.name}: an estimator names each parameter in "
                "its signature, so that get_params and clone can find it"
            )
    return sorted(each.name for each in parameters if each.kind != each.VAR_KEYWORD)


class Parameters:
    """Base class of what has declared parameters: constructor, reading, setting, checking."""

    _params = {}
    _fitted = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own, declared = _collect(cls, Param, "_params")
        results, _ = _collect(cls, Fitted, "_fitted")
        if "__init__" not in vars(cls) and (own or _lacks(cls.__init__, declared)):
            cls.__init__ = _make_init(cls, declared)
        if (own or results) and cls.__doc__:
            cls.__doc__ = docs.with_sections(cls.__doc__, declared, cls._fitted)

    @classmethod
    def _get_param_names(cls):
        return parameter_names(cls)

    def get_params(self, deep=True):
        """Return the parameters and their values.

        Parameters
        ----------
        deep : bool, default=True
            Also those of parameters that are estimators, as ``name__parameter``.

        Returns
        -------
        dict
        """
        found = {}
        for name in parameter_names(type(self)):
            value = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                nested = value.get_params().items()
                found.update((f"{name}__{key}", each) for key, each in nested)
            found[name] = value
        return found

    def set_params(self, **params):
        """Set parameters, those of nested estimators as ``name__parameter``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a name that the estimator does not have; nothing is said about values before fit.
        """
        if not params:
            return self
        valid = self.get_params(deep=True)
        nested = defaultdict(dict)
        for key, value in params.items():
            name, delimiter, rest = key.partition("__")
            if name not in valid:
                choices = parameter_names(type(self)) or sorted(valid)
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}: valid parameters are "
                    f"{choices!r}"
                )
            if delimiter:
                nested[name][rest] = value
            else:
                setattr(self, name, value)
                valid[name] = value
        for name, values in nested.items():
            if not hasattr(valid[name], "set_params"):
                raise ValueError(
                    f"Invalid parameter {f'{name}__{next(iter(values))}'!r} for estimator {self}: "
                    f"{name}={valid[name]!r} has no parameters"
                )
            valid[name].set_params(**values)
        return self

    def _check_params(self):
        """Raise InvalidParameterError for the first parameter outside its domain."""
        if current()["skip_parameter_validation"]:
            return
        for name, declared in self._params.items():
            # A subclass with its own constructor may have dropped a parameter.
            value = vars(self).get(name, declared.default)
            if value is not declared.default and not declared.domain.admits(value):
                raise InvalidParameterError(
                    _refusal(type(self).__name__, name, value, declared.domain)
                )


def _lacks(init, declared):
    """Whether a generated constructor, inherited from one of several bases, misses a parameter."""
    if not getattr(init, "generated", False):
        return False
    code = init.__code__
    return {*code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]} != set(declared)


def _refusal(owner, name, value, domain):
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return (
        f"The {name!r} parameter of {owner} must be: {domain.words}. Got {shown} "
        f"({type(value).__name__}) instead."
    )


def checked(**domains):
    """Decorate a function so that arguments outside their domain raise InvalidParameterError.

    ``@checked(normalize=boolean)``; arguments without a domain are not looked at.
    """

    def decorate(function):
        code = function.__code__
        names = code.co_varnames[: code.co_argcount]

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for name, value in (*zip(names, args), *kwargs.items()):  # noqa: B905 the function counts
                domain = domains.get(name)
                if domain is not None and not domain.admits(value):
                    if current()["skip_parameter_validation"]:
                        break
                    owner = function.__qualname__
                    raise InvalidParameterError(_refusal(owner, name, value, domain))
            return function(*args, **kwargs)

        wrapper.domains = domains
        return wrapper

    return decorate


_CARRIED = ("_metadata_request", "_sklearn_output_config")


def clone(estimator, *, safe=True):
    """Return an unfitted estimator with the same parameters, themselves cloned.

    Parameters
    ----------
    estimator : estimator, or list, tuple, set or frozenset of estimators
        An object with ``__sklearn_clone__`` decides for itself.
    safe : bool, default=True
        Refuse what is no estimator; with False it is deep-copied.

    Returns
    -------
    object of the same type

    Raises
    ------
    TypeError
        If `estimator` is a class, or no estimator.
    RuntimeError
        If a constructor does not store a parameter as it is.

    Examples
    --------
    >>> from mlkit.base import clone
    >>> from mlkit.linear_model import Ridge
    >>> clone(Ridge(alpha=2.0))
    Ridge(alpha=2.0)
    """
    if hasattr(estimator, "__sklearn_clone__") and not isinstance(estimator, type):
        return estimator.__sklearn_clone__()
    return clone_parametrized(estimator, safe=safe)


def clone_parametrized(estimator, *, safe=True):
    """`clone` by parameters, whatever ``__sklearn_clone__`` says."""
    if type(estimator) in (list, tuple, set, frozenset):
        return type(estimator)([clone(each, safe=safe) for each in estimator])
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        if not safe:
            return copy.deepcopy(estimator)
        what = "a class; pass an instance" if isinstance(estimator, type) else "not an estimator"
        raise TypeError(
            f"Cannot clone object {estimator!r} (type {type(estimator)}): it is {what}."
        )
    params = {
        name: clone(value, safe=False) for name, value in estimator.get_params(deep=False).items()
    }
    copied = type(estimator)(**params)
    stored = copied.get_params(deep=False)
    for name, value in params.items():
        if stored[name] is not value:
            raise RuntimeError(
                f"Cannot clone {estimator!r}: the constructor of {type(estimator).__name__} does "
                f"not store, or changes, parameter {name}"
            )
    for name in _CARRIED:
        if name in vars(estimator):
            setattr(copied, name, copy.deepcopy(vars(estimator)[name]))
    if "_skl_callbacks" in vars(estimator):  # callbacks gather across clones, so they are shared
        copied._skl_callbacks = estimator._skl_callbacks
    return copied
