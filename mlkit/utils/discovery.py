"""Find every public estimator, display and function by walking the tables of public names."""

import inspect
import pkgutil
from importlib import import_module

_ROOT = __name__.split(".")[0]
# Ways out of the library: their modules may need packages that are not installed.
_BEYOND = ("accel", "cli", "export", "persist", "serve", "testing", "tracking")

_ROLES = {
    "classifier": ("ClassifierMixin", "classifier"),
    "regressor": ("RegressorMixin", "regressor"),
    "transformer": ("TransformerMixin", None),
    "cluster": ("ClusterMixin", "clusterer"),
}


def _public_modules(package):
    """A package and the public modules below it, in the order of their names."""
    yield package
    if not hasattr(package, "__path__"):
        return
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name.startswith("_") or (package.__name__ == _ROOT and info.name in _BEYOND):
            continue
        try:
            module = import_module(f"{package.__name__}.{info.name}")
        except ImportError:
            # A module over an optional package that is missing has nothing to show.
            continue
        yield from _public_modules(module)


def _public_objects():
    """(name, object) of everything in a table of public names, an object once."""
    met = {}
    for module in _public_modules(import_module(_ROOT)):
        for name in getattr(module, "__all__", ()):
            try:
                value = getattr(module, name, None)
            except ImportError:
                continue
            if getattr(value, "__module__", "").split(".")[0] == _ROOT:
                met.setdefault((name, id(value)), (name, value))
    return sorted(met.values(), key=lambda pair: pair[0])


def _is_public_class(name, value):
    return inspect.isclass(value) and not name.startswith("_") and not inspect.isabstract(value)


def all_estimators(type_filter=None):
    """Every public estimator class.

    Parameters
    ----------
    type_filter : {"classifier", "regressor", "cluster", "transformer"} or list of these, \
            default=None
        Keep the estimators of any of these roles.

    Returns
    -------
    list of (str, type)
        By name.

    Raises
    ------
    ValueError
        For another role.

    Examples
    --------
    >>> from mlkit.utils.discovery import all_estimators
    >>> names = [name for name, _ in all_estimators(type_filter="regressor")]
    >>> names == sorted(names)
    True
    """
    base = import_module(f"{_ROOT}.base")
    roots = ("BaseEstimator", *(mixin for mixin, _ in _ROLES.values()))
    roots = {getattr(base, name) for name in roots}
    found = [
        (name, value)
        for name, value in _public_objects()
        if _is_public_class(name, value)
        and issubclass(value, base.BaseEstimator)
        and value not in roots
        and name not in ("BaseEstimator", "Estimator", "TestEstimator")
        and not _is_foundation(name)
    ]
    if type_filter is None:
        return found
    wanted = type_filter if isinstance(type_filter, (list, tuple)) else [type_filter]
    unknown = [role for role in wanted if not isinstance(role, str) or role not in _ROLES]
    if unknown:
        raise ValueError(f"all_estimators(type_filter={type_filter!r}): must be of {list(_ROLES)}")
    mixins = tuple(getattr(base, _ROLES[role][0]) for role in wanted)
    return [(name, value) for name, value in found if issubclass(value, mixins)]


def _is_foundation(name):
    """Whether a name is that of a class to build on (``BaseEnsemble``), not of an estimator."""
    return name.startswith("Base")


def all_displays():
    """Every public class that plots: those named ``...Display``.

    Returns
    -------
    list of (str, type)
        By name.

    Examples
    --------
    >>> from mlkit.utils.discovery import all_displays
    >>> all(name.endswith("Display") for name, _ in all_displays())
    True
    """
    return [
        (name, value)
        for name, value in _public_objects()
        if inspect.isclass(value) and name.endswith("Display")
    ]


def all_functions():
    """Every public function.

    Returns
    -------
    list of (str, function)
        By name.

    Examples
    --------
    >>> from mlkit.utils.discovery import all_functions
    >>> "shuffle" in [name for name, _ in all_functions()]
    True
    """
    return [
        (name, value)
        for name, value in _public_objects()
        if inspect.isfunction(value) and not name.startswith("_")
    ]
