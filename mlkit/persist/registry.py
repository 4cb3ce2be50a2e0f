"""What a model file may name: mlkit's own classes and functions, NumPy's types and ufuncs.

A name in a file is looked up in what is listed or found here; no other attribute of a module is
ever read, so that a hostile file reaches nothing but data structures of mlkit.
"""

import builtins
import pkgutil
from abc import ABC
from functools import cache
from importlib import import_module
from typing import Generic, Protocol

import numpy as np

from .errors import ModelFileError

_ROOT = __name__.split(".")[0]

# Packages whose classes read and write files, open sockets or run what they are given.
_CLOSED = frozenset(
    ("__main__", "_core", "_version", "accel", "callback", "cli", "datasets", "export", "persist")
    + ("serve", "testing", "tracking")
)
# Functions are called with what a file says, hence those of these packages are closed too: they
# fit models, change settings or import modules.
_NO_FUNCTIONS = _CLOSED | {"base", "exceptions", "inspection", "model_selection", "utils"}
# Of the core only what fitted estimators hold.
_CORE = {
    "_core.blocks": ("Block",),
    "_core.bunch": ("Bunch",),
    "_core.routing_requests": ("MetadataRequest", "MethodRequest"),
}
_FOREIGN_BASES = (ABC, Generic, Protocol, dict, object, tuple)

_BUILTIN_TYPES = ("bool", "bytes", "complex", "dict", "float", "int", "list", "object", "str")
_NUMPY_FUNCTIONS = frozenset(
    ("amax", "amin", "around", "average", "clip", "cumprod", "cumsum", "diff", "max", "mean")
    + ("median", "min", "nan_to_num", "nanmax", "nanmean", "nanmedian", "nanmin", "nanstd")
    + ("nansum", "nanvar", "prod", "ptp", "ravel", "real", "round", "std", "sum", "var")
)


@cache
def _modules():
    """Names below ``mlkit`` of all its modules, found without importing one."""
    package = import_module(_ROOT)
    found = set()

    def walk(path, prefix):
        for info in pkgutil.iter_modules(path):
            name = prefix + info.name
            found.add(name)
            if info.ispkg:
                walk([f"{each}/{info.name}" for each in path], f"{name}.")

    walk(list(package.__path__), "")
    return frozenset(found)


def _open_module(name, closed):
    """Import a module of mlkit by its name below the root, None if it is closed or no module."""
    parts = name.split(".")
    if name in _modules() and (parts[0] not in closed or name in _CORE):
        return import_module(f"{_ROOT}.{name}")
    return None


def _parents(module):
    """A module's name below the root and those of its packages, the nearest last."""
    parts = module.split(".")[1:]
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _public_home(value, closed):
    """The first module from the root down in whose table of public names a value stands."""
    name = getattr(value, "__name__", "")
    for place in _parents(value.__module__):
        if any(part.startswith("_") for part in place.split(".")):
            break
        module = _open_module(place, closed)
        if module is not None and _public(module, name) is value:
            return place
    return None


def _public(module, name):
    return getattr(module, name, None) if name in getattr(module, "__all__", ()) else None


def _is_own(value):
    return str(getattr(value, "__module__", "")).split(".")[0] == _ROOT


def _is_data_class(cls):
    """Whether instances are data of mlkit alone: no base brings code from elsewhere."""
    if not isinstance(cls, type) or issubclass(cls, BaseException):
        return False
    return all(_is_own(base) or base in _FOREIGN_BASES for base in cls.__mro__)


# ---------------------------------------------------------------------------- classes
@cache
def class_name(cls):
    """The name by which a file calls a class of mlkit; None for a class that it cannot hold.

    ``linear_model.Ridge`` for a public class, ``_engine.loss.losses:HuberLoss`` for another.
    """
    if not _is_own(cls) or not _is_data_class(cls):
        return None
    home = _public_home(cls, _CLOSED)
    if home is not None:
        return f"{home}.{cls.__name__}"
    module = ".".join(cls.__module__.split(".")[1:])
    name = f"{module}:{cls.__qualname__}"
    try:
        return name if find_class(name) is cls else None
    except ModelFileError:
        return None


@cache
def find_class(name):
    """The class of a name given by `class_name`.

    Raises
    ------
    ModelFileError
        If no class of mlkit that a file may hold has this name.
    """
    place, private, cls_name = name.rpartition(":")
    if not private:
        place, _, cls_name = name.rpartition(".")
    module = _open_module(place, _CLOSED)
    if module is None:
        found = None
    elif private:
        found = vars(module).get(cls_name)
        allowed = place not in _CORE or cls_name in _CORE[place]
        if not allowed or getattr(found, "__module__", None) != module.__name__:
            found = None
    else:
        found = _public(module, cls_name)
    if found is None or not _is_own(found) or not _is_data_class(found):
        raise ModelFileError(f"{name!r} is no class that a model file may hold")
    return found


# -------------------------------------------------------------------------- functions
def function_name(function):
    """The name by which a file calls a public function of mlkit or NumPy, else None."""
    name = getattr(function, "__name__", None)
    if isinstance(function, np.ufunc) or name in _NUMPY_FUNCTIONS:
        return f"numpy.{name}" if getattr(np, str(name), None) is function else None
    if not _is_own(function) or isinstance(function, type) or not hasattr(function, "__qualname__"):
        return None
    home = _public_home(function, _NO_FUNCTIONS)
    return None if home is None else f"{home}.{name}"


@cache
def find_function(name):
    """The function of a name given by `function_name`.

    Raises
    ------
    ModelFileError
        If no function that a file may hold has this name.
    """
    place, _, short = name.rpartition(".")
    if place == "numpy":
        found = getattr(np, short, None)
        if isinstance(found, np.ufunc) or (short in _NUMPY_FUNCTIONS and callable(found)):
            return found
    else:
        module = _open_module(place, _NO_FUNCTIONS)
        found = None if module is None else _public(module, short)
        if callable(found) and not isinstance(found, type) and _is_own(found):
            return found
    raise ModelFileError(f"{name!r} is no function that a model file may hold")


# ------------------------------------------------------------------------------ types
def type_name(cls):
    """The name of a type that stands as a value (``dtype=np.float64``), else None."""
    if cls.__module__ == "builtins" and cls.__name__ in _BUILTIN_TYPES:
        return cls.__name__
    if issubclass(cls, np.generic) and getattr(np, cls.__name__, None) is cls:
        return f"numpy.{cls.__name__}"
    return None


def find_type(name):
    """The type of a name given by `type_name`.

    Raises
    ------
    ModelFileError
        If it names no such type.
    """
    if name in _BUILTIN_TYPES:
        return getattr(builtins, name)
    place, _, short = name.partition(".")
    found = getattr(np, short, None) if place == "numpy" else None
    if isinstance(found, type) and issubclass(found, np.generic):
        return found
    raise ModelFileError(f"{name!r} is no type that a model file may hold")


def find_distribution(name):
    """The distribution of ``scipy.stats`` by its name (``"loguniform"``).

    Raises
    ------
    ModelFileError
        If there is none.
    """
    from scipy import stats

    found = getattr(stats, name, None) if name.isidentifier() else None
    if isinstance(found, (stats.rv_continuous, stats.rv_discrete)):
        return found
    raise ModelFileError(f"{name!r} is no distribution of scipy.stats")
