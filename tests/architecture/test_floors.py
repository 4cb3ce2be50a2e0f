"""Imports go down a floor or stay in their package; no cycles; no import of scikit-learn."""

import ast
import graphlib
import re

import pytest

from .house import (
    CYTHON,
    FLOORS,
    MODULES,
    PACKAGE,
    PYTHON,
    floor,
    imports,
    name_of,
    package,
    parse,
)

FILES = [file for file in [*PYTHON, *CYTHON] if file != PACKAGE / "__init__.py"]


def short(file):
    return str(file.relative_to(PACKAGE))


def test_the_table_is_read():
    assert floor("_core/params") < floor("_engine/native/scan") < floor("_engine/loss/losses")
    assert floor("_engine/neighbors") < floor("_engine/glm/lbfgs") < floor("linear_model/_ridge")
    assert floor("tree/_tree") < floor("ensemble/_voting") < floor("cli")
    assert len(set(FLOORS.values())) == 10


@pytest.mark.parametrize("file", FILES, ids=short)
def test_imports_go_down(file):
    here = name_of(file)
    climbing = [
        target
        for target in sorted(imports(file))
        if package(target) != package(here) and floor(target) >= floor(here)
    ]
    assert not climbing, f"{here} imports {climbing} on its own floor or above"


@pytest.mark.parametrize("file", FILES, ids=short)
def test_every_file_has_a_floor(file):
    floor(name_of(file))


@pytest.mark.parametrize("file", PYTHON, ids=short)
def test_imports_within_the_package_are_relative(file):
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            absolute = [a.name for a in node.names if a.name.split(".")[0] == "mlkit"]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            absolute = [node.module] if node.module.split(".")[0] == "mlkit" else []
        else:
            continue
        assert not absolute, f"line {node.lineno}: write {absolute} as a relative import"


def test_no_cycles():
    """Among modules, whether they import at the top or inside a function."""
    graph = {
        name: {t for t in imports(file, lazy=False) if t in MODULES and t != name}
        for name, file in MODULES.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("file", PYTHON, ids=short)
def test_scikit_learn_is_not_imported(file):
    for node in ast.walk(parse(file)):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ("import_module", "__import__", "import_optional"):
                names = [a.value for a in node.args if isinstance(a, ast.Constant)]
        bad = [n for n in names if isinstance(n, str) and re.match(r"sklearn(\.|$)", n)]
        assert not bad, f"line {node.lineno}: {bad}; look in sys.modules instead"


def test_kernels_live_with_engines():
    above = [
        short(f) for f in CYTHON if not short(f).startswith(("_engine/", "_core/")) and f.exists()
    ]
    assert not above, "compiled code belongs to an engine"
