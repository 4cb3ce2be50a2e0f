"""What the tests of the architecture know of the source: files, floors, imports."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mlkit"
PYTHON = sorted(PACKAGE.rglob("*.py"))
CYTHON = sorted([*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.pxd")])
NATIVE = sorted([*PACKAGE.rglob("*.hpp"), *PACKAGE.rglob("*.cc")])
ENGINES = "_engine/"


def name_of(file):
    """A file's name below ``mlkit/``, without suffix; a package's for its ``__init__``."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return "/".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in [*CYTHON, *PYTHON]}


def read_floors(text):
    """The table of floors as a mapping from name to rank, 0 lowest."""
    section = text.split("## Floors", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| *(\w+) *\|([^|]*)\|", section, re.MULTILINE)
    rows = [names for floor, names in rows if floor != "Floor"]
    return {
        name: rank
        for rank, names in enumerate(reversed(rows))
        for name in re.findall(r"`([^`]+)`", names)
    }


FLOORS = read_floors((ROOT / "doc" / "architecture.md").read_text(encoding="utf-8"))


def floor(name):
    """Rank of a module: that of the longest entry of the table that contains it."""
    parts = name.split("/")
    for length in range(len(parts), 0, -1):
        prefix = "/".join(parts[:length])
        if prefix in FLOORS:
            return FLOORS[prefix]
    raise LookupError(f"mlkit/{name} has no floor: add it to the table in doc/architecture.md")


def package(name):
    """The package that may import freely within itself: an engine, or the first part."""
    depth = 2 if name.startswith(ENGINES) else 1
    return "/".join(name.split("/")[:depth])


@cache
def parse(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def resolve(file, level, module, names):
    """Modules that ``from <level dots><module> import <names>`` in `file` refers to."""
    here = list(file.relative_to(PACKAGE).parts[:-1])
    base = here[: len(here) - (level - 1)] + (module.split(".") if module else [])
    targets = set()
    for imported in names:
        deeper = "/".join([*base, imported])
        targets.add(deeper if deeper in MODULES else "/".join(base))
    return targets


def python_imports(file, lazy=True):
    """Modules of mlkit that a Python file imports; with the tables of lazy names where `lazy`."""
    targets = set()
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.ImportFrom) and node.level:
            targets |= resolve(file, node.level, node.module, [a.name for a in node.names])
        elif lazy and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "attach":
            for constant in ast.walk(node):
                value = getattr(constant, "value", None)
                if isinstance(value, str) and re.fullmatch(r"\.+\w[\w.]*", value):
                    level = len(value) - len(value.lstrip("."))
                    targets |= resolve(file, level, value[level:], [""])
    return {target.rstrip("/") for target in targets} - {""}


def cython_imports(file):
    """Modules of mlkit that a .pyx or .pxd imports or cimports."""
    text = file.read_text(encoding="utf-8")
    found = re.findall(r"^\s*from\s+(\.+)([\w.]*)\s+c?import\s+\(?([\w ,\n]+)", text, re.MULTILINE)
    targets = set()
    for dots, module, names in found:
        imported = [n.split(" as ")[0].strip() for n in names.split(",")]
        targets |= resolve(file, len(dots), module, [n for n in imported if n])
    return targets - {""}


def imports(file, lazy=True):
    return python_imports(file, lazy) if file.suffix == ".py" else cython_imports(file)
