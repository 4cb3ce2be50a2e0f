"""Every public name resolves, is documented, and shows how it is used."""

import contextlib
import importlib
import inspect
import pkgutil
import re

import pytest

import mlkit
from mlkit.utils.discovery import all_estimators


def _modules():
    """Public modules, by name."""
    found = ["mlkit"]
    for info in pkgutil.walk_packages(mlkit.__path__, "mlkit."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            found.append(info.name)
    return sorted(found)


# Ways out of the library need packages of their own; their tests import them.
BEYOND = ("accel", "cli", "export", "persist", "serve", "tracking")
MODULES = [name for name in _modules() if name.split(".")[1:2] not in [[b] for b in BEYOND]]


def _public(module):
    """(name, object) of what a module lists; what cannot be imported fails a test of its own."""
    found = []
    for name in getattr(module, "__all__", ()):
        with contextlib.suppress(ImportError, AttributeError):
            found.append((name, getattr(module, name)))
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_listed_name_resolves(name):
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    assert len(set(listed)) == len(listed), "a name is listed twice"
    for each in listed:
        assert getattr(module, each) is not None or each == "display", each
        assert each in dir(module), f"dir({name}) lacks {each}"


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_documented(name):
    assert importlib.import_module(name).__doc__, f"{name} has no docstring"


def test_an_unknown_name_is_an_attribute_error():
    for name in ("mlkit", "mlkit.linear_model"):
        with pytest.raises(AttributeError, match=rf"{name}.*no_such_name"):
            importlib.import_module(name).no_such_name


def _objects():
    """Public functions and classes of mlkit, each once, by the shortest path to it."""
    met = {}
    for path in sorted(MODULES, key=lambda each: (each.count("."), each)):
        for name, value in _public(importlib.import_module(path)):
            ours = getattr(value, "__module__", "").startswith("mlkit")
            if ours and (inspect.isclass(value) or inspect.isroutine(value)):
                met.setdefault(id(value), (f"{path}.{name}", value))
    return sorted(met.values(), key=lambda pair: pair[0])


OBJECTS = _objects()
each_object = pytest.mark.parametrize(
    "value", [pytest.param(value, id=path) for path, value in OBJECTS]
)
# Compiled functions show no example of their own; warnings and errors are only named.
SHOWN = [
    (path, value)
    for path, value in OBJECTS
    if not (inspect.isclass(value) and issubclass(value, BaseException))
    and not inspect.isbuiltin(value)
    and not type(value).__name__.startswith("cython")
]
ESTIMATORS = {cls for _, cls in all_estimators()}


def _own_doc(value):
    return vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__


@each_object
def test_it_is_documented(value):
    doc = _own_doc(value)
    assert doc and doc.strip(), "no docstring"
    first = doc.strip().split("\n\n")[0]
    assert first.rstrip().endswith((".", ":", "`", ")", "?")), f"no sentence: {first!r}"


@pytest.mark.parametrize(
    "value",
    [pytest.param(v, id=path) for path, v in SHOWN if v in ESTIMATORS or inspect.isfunction(v)],
)
def test_it_shows_an_example(value):
    assert ">>>" in (_own_doc(value) or ""), "no example"


def _parameters(value):
    try:
        signature = inspect.signature(value.__init__ if inspect.isclass(value) else value)
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in signature.parameters.values() if p.kind in plain and p.name != "self"]


@pytest.mark.parametrize(
    "value",
    [pytest.param(v, id=path) for path, v in SHOWN if v in ESTIMATORS or inspect.isfunction(v)],
)
def test_its_parameters_are_documented(value):
    """Each parameter of the signature is an entry of the section of parameters."""
    names = _parameters(value)
    doc = inspect.cleandoc(_own_doc(value) or "")
    listed = re.findall(r"^([\w*, ]+?) ?(?::|$)", doc, re.MULTILINE)
    listed = {each.strip().lstrip("*") for entry in listed for each in entry.split(",")}
    missing = [name for name in names if name not in listed]
    if "parameters are those of `" in doc:  # what another function documents is not written twice
        missing = []
    assert not missing, f"not documented: {missing}"


@pytest.mark.parametrize("cls", [pytest.param(c, id=n) for n, c in all_estimators()])
def test_methods_are_documented(cls):
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_") and method.__module__.startswith("mlkit"):
            assert method.__doc__, f"{cls.__name__}.{name} has no docstring"


@pytest.mark.parametrize("cls", [pytest.param(c, id=n) for n, c in all_estimators()])
def test_an_estimator_is_found_where_scikit_learn_has_it(cls):
    """Under the same package and name, where scikit-learn has a class of that name."""
    from sklearn.utils import all_estimators as theirs

    module = {name: value.__module__ for name, value in theirs()}.get(cls.__name__)
    if module is not None:
        home = re.sub(r"^sklearn|\._\w+(\.\w+)*$", "", module)
        assert getattr(importlib.import_module(f"mlkit{home}"), cls.__name__) is cls
