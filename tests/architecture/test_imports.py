"""What an import loads: modules are counted, not milliseconds."""

import os
import subprocess
import sys
from functools import cache

import pytest

from .house import MODULES, PACKAGE, floor

HEAVY = {"sklearn", "pandas", "polars", "pyarrow", "matplotlib", "joblib", "narwhals"}
HEAVY |= {"scipy.stats", "scipy.optimize", "onnx", "threadpoolctl"}

TOLD = "print('LOADED', *sorted(sys.modules))"


@cache
def loaded(code):
    """Names in ``sys.modules`` after `code` in a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys\n{code}\n{TOLD}"],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.rpartition("LOADED ")[2].split())


def public_packages(rank):
    """Public packages and modules of the third floor."""
    wanted = floor(rank)
    names = [n for n in MODULES if n and "/" not in n and not n.startswith("_")]
    return sorted(n for n in names if floor(n) == wanted)


def test_import_loads_no_numpy():
    modules = loaded("import mlkit")
    assert "mlkit" in modules
    assert "numpy" not in modules


def test_a_package_is_a_table():
    """Its names cost nothing until one is used."""
    modules = loaded("import mlkit.linear_model")
    assert not modules & {"numpy", *HEAVY}


@pytest.mark.parametrize("package", public_packages("linear_model"))
def test_the_names_of_a_package_load_nothing_heavy(package):
    code = f"import mlkit.{package} as face\nfor name in dir(face):\n    getattr(face, name)"
    assert not loaded(code) & HEAVY


EVERYTHING = (
    "import importlib\n"
    f"for name in {sorted(MODULES)!r}:\n"
    "    if not name.endswith('__main__'):\n"
    "        importlib.import_module('mlkit.' + name.replace('/', '.') if name else 'mlkit')\n"
)


def test_no_module_loads_scikit_learn_or_frames():
    modules = loaded(EVERYTHING)
    assert not modules & {"sklearn", "pandas", "polars", "pyarrow", "matplotlib", "onnx"}


def test_every_public_name_is_there():
    """The tables of lazy names hold what they promise."""
    faces = sorted(
        name.replace("/", ".")
        for name, file in MODULES.items()
        if file.name == "__init__.py" and not any(p.startswith("_") for p in name.split("/"))
    )
    assert (PACKAGE / "__init__.py").exists()
    code = (
        "import importlib\n"
        f"for face in {faces!r}:\n"
        "    face = importlib.import_module('mlkit.' + face if face else 'mlkit')\n"
        "    for name in dir(face):\n"
        "        getattr(face, name)\n"
    )
    assert "sklearn" not in loaded(code)
